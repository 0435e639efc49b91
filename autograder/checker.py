"""노트북의 `check`: 지금 커널에 있는 함수를 공개 사례로 바로 확인해요. 점수는 매기지 않아요.

채점과 같은 답안지 모양, 같은 판정(`judge`)을 쓰되 어디가 다른지 두 값을 보여 줘요. 커널에만 남은 이름에 기대는 코드는 통과시키지 않아요.
"""

from __future__ import annotations

import builtins
import difflib
import html
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from autograder.answer_sheet import AnswerSheet, public_sheet
from autograder.judge import Verdict, judge
from autograder.korean import josa
from autograder.perform import perform

TIME_LIMIT = 10.0  # 초


class TooSlow(BaseException):
    """제한 시간이 지났어요. 학습자의 `except Exception`에 잡히지 않게 BaseException이에요."""


@dataclass(frozen=True)
class Report:
    """`check` 한 번의 결과. 노트북에서는 HTML로, 터미널에서는 글로 보여요."""

    name: str
    title: str
    verdict: str
    message: str

    @property
    def headline(self) -> str:
        state = {"pass": "통과", "partial": "거의 다 왔어요", "missing": "아직 구현 전", "held": "보류"}.get(
            self.verdict, "아직이에요"
        )
        return f"{state} · {self.name}" + (f" ({self.title})" if self.title else "")

    def __repr__(self) -> str:
        return "\n".join([self.headline, *(f"  {line}" for line in self.message.splitlines())])

    def _repr_html_(self) -> str:
        color = {"pass": "#2e7d32", "missing": "#757575", "partial": "#b26a00", "held": "#b26a00"}.get(
            self.verdict, "#c62828"
        )
        lines = "".join(f"<div>{html.escape(line)}</div>" for line in self.message.splitlines())
        return (
            f'<div style="border-left:4px solid {color};padding:.4em .9em;line-height:1.6">'
            f'<div style="color:{color};font-weight:600">{html.escape(self.headline)}</div>{lines}</div>'
        )


def check(name: str) -> None:
    """실습 `name`을 확인하고 결과를 보여 줘요. 예외를 밖으로 내지 않아요."""
    report = examine(name, _namespace(), notebook_path())
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        print(report)
        return
    if get_ipython() is None:
        print(report)
    else:
        display(report)


def examine(name: str, namespace: Mapping[str, Any], notebook: Path | None = None) -> Report:
    """`namespace`에 있는 함수를 확인해요. `notebook`은 저장된 노트북의 자리(커널에만 남은 이름을 가려내요)."""
    if not isinstance(name, str):
        return Report(str(name), "", "fail", '실습의 이름을 따옴표로 감싸서 `check("softmax")`처럼 불러요.')
    try:
        sheet = public_sheet(name)
    except KeyError:
        return Report(name, "", "fail", _unknown(name))
    if name not in namespace:
        return Report(
            name, sheet.title, "missing", f"`{name}` 함수가 아직 커널에 없어요. 위의 구현 셀을 먼저 실행해요."
        )
    function = namespace[name]
    if not callable(function):
        return Report(
            name,
            sheet.title,
            "fail",
            f"`{name}`에 함수가 아닌 {type(function).__name__} 형 값이 들어 있어요. "
            "구현 셀을 다시 실행해서 함수로 되돌려요.",
        )
    verdict = evaluate(sheet, function)
    if verdict.verdict == "pass":
        stale = _stale(name, function, notebook)
        return Report(name, sheet.title, "held" if stale else "pass", stale or verdict.message)
    return Report(name, sheet.title, verdict.verdict, verdict.message + _earlier(sheet, function, namespace, verdict))


def evaluate(sheet: AnswerSheet, function: Callable[..., Any]) -> Verdict:
    """공개 답안지로 함수를 판정해요. 너무 오래 걸리거나 사람이 멈추면 그렇게 말해요."""
    try:
        with time_limit(TIME_LIMIT):
            outcomes = [perform(function, case.calls) for case in sheet.cases]
    except TooSlow:
        return Verdict(
            sheet.exercise,
            "timeout",
            (),
            tuple(sheet.groups),
            None,
            f"{TIME_LIMIT:.0f}초가 지나도 끝나지 않아서 멈췄어요.\n다음에 볼 곳: 반복문이 멈추는 조건을 확인해요.",
        )
    except KeyboardInterrupt:
        return Verdict(
            sheet.exercise,
            "timeout",
            (),
            tuple(sheet.groups),
            None,
            "실행을 멈췄어요. 다시 확인하려면 이 셀을 한 번 더 실행해요.",
        )
    return judge(sheet, outcomes, reveal=True)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield  # Windows에는 타이머 신호가 없어요. 커널 멈춤 단추로 멈출 수 있어요.
        return

    def stop(*_: object) -> None:
        raise TooSlow

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _namespace() -> Mapping[str, Any]:
    try:
        from IPython import get_ipython
    except ImportError:
        get_ipython = None
    shell = get_ipython() if get_ipython else None
    if shell is not None:
        return shell.user_ns
    import __main__

    return vars(__main__)


def notebook_path() -> Path | None:
    """이 커널이 딸린 노트북 파일. 주피터 서버가 환경 변수로 알려 줘요."""
    name = os.environ.get("JPY_SESSION_NAME", "")
    path = Path(name)
    return path if name.endswith(".ipynb") and path.is_file() else None


def _unknown(name: str) -> str:
    from autograder.answer_sheet import public_names

    close = difflib.get_close_matches(name, public_names(), n=1)
    hint = f" 혹시 `{close[0]}` 실습인가요?" if close else " 이름의 철자를 다시 봐요."
    return f"`{name}`이라는 실습은 없어요." + hint


# -- 커널에만 남은 이름 -----------------------------------------------------------------------------------------


def global_names(function: Callable[..., Any]) -> set[str]:
    """함수가 (안쪽 함수까지) 읽는 전역 이름들. 내장 이름은 빼요."""
    names: set[str] = set()
    seen: set[int] = set()

    def walk(code: CodeType, scope: Mapping[str, Any]) -> None:
        if id(code) in seen:
            return
        seen.add(id(code))
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                walk(constant, scope)
        for name in code.co_names:
            if name in scope and not hasattr(builtins, name):
                names.add(name)
                value = scope[name]
                # 노트북에서 정의한 도우미라면 그 안에서 쓰는 이름까지 따라가요.
                if isinstance(value, FunctionType) and value.__globals__ is scope:
                    walk(value.__code__, scope)

    if isinstance(function, FunctionType):
        walk(function.__code__, function.__globals__)
    return names


def _stale(name: str, function: Callable[..., Any], notebook: Path | None) -> str | None:
    """채점에서는 정의되지 않을 이름에 기대고 있으면 그 까닭을 말해요."""
    if notebook is None:
        return None
    from autograder.notebook import NotebookError, graded_names

    try:
        defined = graded_names(notebook)
    except NotebookError:
        return None
    missing = sorted(global_names(function) - defined - {name})
    if not missing:
        return None
    listed = ", ".join(f"`{m}`" for m in missing)
    return (
        f"값은 맞지만, 이 함수가 쓰는 {josa(listed, '은/는')} 지금 커널에만 남아 있어요. 새 커널에서는 NameError가 나요.\n"
        "저장된 노트북에서 정의, import, 상수만 담은 셀에 그 이름이 있어야 해요(계산하는 셀은 채점에서 실행하지 않아요).\n"
        "다음에 볼 곳: 방금 쓴 셀이라면 저장(Ctrl+S)하고, 지운 셀의 이름이라면 함수 안에서 새로 만들어요."
    )


def _earlier(sheet: AnswerSheet, function: Callable[..., Any], namespace: Mapping[str, Any], verdict: Verdict) -> str:
    """앞 실습이 아직 틀렸다면 거기부터 보라고 알려 줘요."""
    if verdict.verdict == "missing":
        return ""
    for used in sorted(global_names(function) & set(sheet.uses)):
        if callable(namespace.get(used)) and evaluate(public_sheet(used), namespace[used]).verdict != "pass":
            return f"\n이 실습이 부르는 `{used}`도 아직 통과하지 못했어요. 그쪽을 먼저 고치면 함께 풀릴 수 있어요."
    return ""
