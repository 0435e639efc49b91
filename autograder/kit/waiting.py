"""실험 셀이 아직 풀지 않은 실습을 부르면, 오류 대신 무엇을 먼저 하면 되는지 한 줄로 말해요.

나눠 준 노트북에 있는 실험 셀만 봐요. 글이 같으면 어느 편집기에서나 알아보고, 고쳐 썼으면 셀의 id로 알아봐요.
빈칸이나 실행하지 않은 실습을 기다리는 셀은 돌리지 않고, 틀린 실습 때문에 멈춘 셀은 그 실습의 이름을 말해요.
학습자가 더한 셀과, 실습이 모두 맞는데 난 오류는 파이썬의 오류 그대로예요.
"""

from __future__ import annotations

import ast
import html
import sys
from contextlib import suppress
from functools import cache
from traceback import walk_tb
from types import TracebackType
from typing import Any

from autograder.kit.cell_needs import Experiment, Lesson, read_lesson, tidy
from autograder.kit.standing import NotYetMade, kernel_names, known_verdict, shell, verdict_of
from autograder.learner.study import released_paths
from autograder.notebooks.reading import NotebookError, read_notebook
from autograder.wording import josa

_TO_DO = {"absent": "셀 실행하기", "missing": "풀기"}
_NOT_YET = "통과하고 저장하기(아직 안 됐어요), 꺼내는 셀 다시 실행하기"


class Waiting:
    """이 셀보다 먼저 할 일을 적은 한 줄. `todo`는 할 일("풀기")에서 그렇게 할 것들로 가는 표예요."""

    def __init__(self, todo: dict[str, list[str]], after: str = "") -> None:
        jobs = [f"{', '.join(what)} {job}".replace(", 실습 ", ", ") for job, what in todo.items()]
        self.text = "이 셀보다 먼저: " + " · ".join(jobs) + after

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        parts = html.escape(self.text).split("`")
        words = "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
        return f'<div style="color:var(--jp-ui-font-color2,#757575)">{words}</div>'


def watch() -> None:
    """이 커널의 실험 셀을 지켜봐요. 여러 번 불러도 한 번이고, IPython이 아니면 아무 일도 하지 않아요."""
    running = shell()
    if running is not None and not any(isinstance(t, _Watch) for t in running.ast_transformers):
        watcher = _Watch(running)
        running.ast_transformers.append(watcher)
        running.events.register("pre_run_cell", watcher.begin)
        running.events.register("post_run_cell", watcher.end)
        running.set_custom_exc((Exception,), watcher.failed)


class _Watch(ast.NodeTransformer):
    """IPython이 셀을 돌리는 길목 넷: 시작, 읽은 뒤, 예외, 끝."""

    def __init__(self, running: Any) -> None:
        self.cell: Experiment | None = None
        self.edited = False
        self.excused: BaseException | None = None
        self.broken: dict[str, Any] = {}  # 실험을 멈추게 한 함수. 고치기 전에는 다른 실험도 기다려요.
        self.not_yet: dict[str, tuple[str, Any]] = {}  # 앞 레슨의 것이 아직 없어서 멈춘 함수와, 그때 있던 것
        self.others = running.custom_exceptions, running.CustomTB

    def begin(self, info: Any) -> None:
        """셀을 돌리기 전: 나눠 준 실험 셀인지 알아봐요."""
        experiments, ids, _ = _released()
        self.cell = experiments.get(tidy(info.raw_cell))
        known = ids.get(getattr(info, "cell_id", None) or "")
        self.edited = self.cell is None and known is not None
        if known is not None and self.edited:
            self.cell = known.edited(info.raw_cell)

    def visit(self, node: Any) -> Any:
        """돌리기 직전의 셀. 기다릴 실습이 있으면 그것을 말하고, 아무것도 하지 않는 셀로 바꿔요."""
        todo = self._waits_for(self.cell) if self.cell else {}
        if not todo:
            return node
        _show(Waiting(todo))
        return ast.Module([], [])

    def failed(
        self, running: Any, kind: type[BaseException], error: BaseException, trace: TracebackType, tb_offset: Any = None
    ) -> None:
        """셀이 예외로 멈췄을 때. 틀린 실습 때문이면 그 이름을 말하고, 아니면 오류를 그대로 보여요."""
        todo = self._reasons(self.cell, error) if self.cell and not self.edited else {}
        if todo:
            sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace
            self.excused = error
            if "matplotlib.pyplot" in sys.modules:
                sys.modules["matplotlib.pyplot"].close("all")  # 그리다 만 그림은 보이지 않아요.
            _show(Waiting(todo, " · 오류 그대로 보기: 새 셀에 `%tb`"))
        elif isinstance(error, self.others[0]):
            self.others[1](kind, error, trace)
        else:
            running.showtraceback((kind, error, trace), running_compiled_code=True)

    def end(self, result: Any) -> None:
        """셀이 끝난 뒤. 까닭을 말한 셀은 실패로 세지 않아서, 모두 실행하기가 끝까지 가요."""
        if self.excused is not None and result is not None and result.error_in_exec is self.excused:
            result.error_in_exec = None
        self.cell = self.excused = None

    def _waits_for(self, cell: Experiment) -> dict[str, list[str]]:
        todo: dict[str, list[str]] = {}
        needed, names = cell.at_once(), kernel_names()
        for name, number in _released()[2][cell.lesson].numbers.items():
            if name in needed:
                verdict = known_verdict(name)
                stopped = name in self.broken and self.broken[name] is names.get(name)
                if stopped and name in self.not_yet:
                    what, then = self.not_yet[name]
                    if names.get(_name_in(what)) is then:  # 다시 꺼냈다면 돌려 봐야 알아요.
                        todo[_NOT_YET] = list(dict.fromkeys([*todo.get(_NOT_YET, []), what]))
                elif verdict in _TO_DO or verdict == "timeout" or (stopped and verdict_of(name) != "pass"):
                    todo.setdefault(_TO_DO.get(verdict, "고치기"), []).append(f"{number} `{name}`")
        return todo

    def _reasons(self, cell: Experiment, error: BaseException) -> dict[str, list[str]]:
        todo: dict[str, list[str]] = {}
        needed, names = cell.at_all(), kernel_names()
        missing = getattr(error, "name", None) if isinstance(error, NameError) else None
        if isinstance(error, NotYetMade):
            for name in needed & _called(error):
                self.broken[name] = names.get(name)
                self.not_yet[name] = error.what, names.get(_name_in(error.what))
            return {_NOT_YET: [error.what]}
        for name, number in _released()[2][cell.lesson].numbers.items():
            if name in needed and (name in names or name == missing):
                verdict = verdict_of(name)
                if verdict != "pass":
                    self.broken[name] = names.get(name)
                    self.not_yet.pop(name, None)
                    todo.setdefault(_TO_DO.get(verdict, "고치기"), []).append(f"{number} `{name}`")
        if not todo and missing in cell.before:
            todo["만드는 위의 셀 실행하기"] = [josa(f"`{missing}`", "을/를")]
        return todo


def _name_in(what: str) -> str:
    """ "레슨 6의 `multi_head_attention`"에서 함수의 이름."""
    return what.split("`")[1] if "`" in what else ""


def _called(error: BaseException) -> set[str]:
    """예외가 지나온 함수들의 이름."""
    return {frame.f_code.co_name for frame, _ in walk_tb(error.__traceback__)}


@cache
def _released() -> tuple[dict[str, Experiment], dict[str, Experiment], dict[str, Lesson]]:
    """나눠 준 모든 실험 셀을 글로, 셀의 id로 찾는 표와 레슨들. 읽지 못한 노트북은 건너뛰어요."""
    experiments: dict[str, Experiment] = {}
    ids: dict[str, Experiment] = {}
    lessons: dict[str, Lesson] = {}
    for name, path in released_paths().items():
        with suppress(NotebookError):
            lessons[name] = read_lesson(name, read_notebook(path))
            experiments |= lessons[name].experiments
            ids |= lessons[name].ids
    return experiments, ids, lessons


def _show(line: Waiting) -> None:
    from IPython.display import display

    display(line)
