"""노트북의 `check`: 지금 커널에 있는 함수를 공개 사례로 바로 확인해요. 점수는 매기지 않아요.

채점과 같은 답안지 모양, 같은 판정(`judge`)을 쓰되 어디가 다른지 두 값을 보여 줘요. 커널에만 남은 이름에 기대는 코드는 통과시키지 않아요.
"""

from __future__ import annotations

import difflib
import linecache
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.judging.answer_key import AnswerKey
from autograder.judging.call_runner import run_cases
from autograder.judging.judge import Verdict, judge
from autograder.learner.cell_state import is_stub, not_run_again, renamed_function, unreadable_cell
from autograder.learner.course_material import public_key, public_lessons, public_names
from autograder.learner.kernel_names import explain_stale_names, global_names
from autograder.learner.report import LessonReport, Report
from autograder.learner.time_limit import TIME_LIMIT, TooSlow, time_limit
from autograder.repair.search import locate
from autograder.repair.slips import first_words

SEARCH_SECONDS = 1.0  # CPU 초. 틀린 줄을 찾는 데 쓰는 시간

last_verdicts: dict[str, tuple[Any, str]] = {}  # 실습의 이름에서, 마지막으로 확인한 함수와 그 판정으로


def check(name: str | None = None) -> None:
    """실습 `name`을 확인하고 결과를 보여 줘요. 이름을 주지 않으면 이 레슨의 실습 전부예요. 예외를 밖으로 내지 않아요."""
    space, notebook = _namespace(), notebook_path()
    report = examine_lesson(space, notebook) if name is None else examine(name, space, notebook)
    shown = _show(report)
    # 카드를 먼저 보여 주고, 틀린 줄은 찾는 대로 같은 카드에 더해요.
    located = with_located_line(report, space) if isinstance(report, Report) else report
    if located is not report:
        shown.update(located)


class _Printed:
    """터미널에 이미 적은 카드. 나중에 온 줄만 덧붙여 적어요."""

    def __init__(self, report: object) -> None:
        self.lines = str(report).splitlines()
        print("\n".join(self.lines))

    def update(self, report: Report) -> None:
        print("\n".join(str(report).splitlines()[len(self.lines) :]))


def _show(report: object) -> Any:
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return _Printed(report)
    # 이미 보인 것을 바꿔 그리는 것은 노트북뿐이에요. 터미널의 IPython은 처음부터 한 번 더 적어요.
    in_notebook = getattr(get_ipython(), "kernel", None) is not None
    return display(report, display_id=True) if in_notebook else _Printed(report)


def with_located_line(report: Report, namespace: Mapping[str, Any]) -> Report:
    """코드에서 바로 보이는 것과, 까닭에 이름이 없다면 고치면 모든 확인을 통과하는 줄을 카드에 더해요. 더할 것이 없으면 받은 카드예요."""
    if report.verdict not in ("fail", "partial", "error"):
        return report
    function = namespace.get(report.name)
    source = "".join(linecache.getlines(getattr(getattr(function, "__code__", None), "co_filename", "")))
    words, search = first_words(source, report.name, report.named)
    if search:
        with suppress(KeyboardInterrupt, KeyError):  # 새 레슨에서 없어진 실습에는 답안지가 없어요.
            found = locate(source, report.name, namespace, public_key(report.name), SEARCH_SECONDS)
            words += [found.sentence()] if found else []
    return replace(report, message="\n".join([report.message, *words])) if words else report


def examine_lesson(namespace: Mapping[str, Any], notebook: Path | None = None) -> Report | LessonReport:
    """지금 커널에 있는 레슨의 실습을 모두 확인해요. 어느 레슨인지는 노트북의 이름이나, 함수가 가장 많이 겹치는 레슨으로 알아요."""
    lessons = public_lessons()
    here = notebook.stem if notebook else ""
    most = max(lessons, key=lambda lesson: sum(name in namespace for name in lessons[lesson]), default="")
    lesson = here if here in lessons else most
    if not lesson or not (here in lessons or any(name in namespace for name in lessons[lesson])):
        return Report("check", "", "missing", "확인할 실습이 아직 커널에 없어요. 구현 셀을 먼저 실행해요.")
    return LessonReport(lesson, [examine(name, namespace, notebook) for name in lessons[lesson]])


def examine(name: object, namespace: Mapping[str, Any], notebook: Path | None = None) -> Report:
    """`namespace`에 있는 함수를 확인해요. `notebook`은 저장된 노트북의 자리(커널에만 남은 이름을 가려내요)."""
    if not isinstance(name, str):
        return Report(str(name), "", "fail", '실습의 이름을 따옴표로 감싸서 `check("softmax")`처럼 불러요.')
    try:
        key = public_key(name)
    except KeyError:
        return Report(name, "", "fail", _unknown(name))
    if unreadable := unreadable_cell(name, namespace):
        return Report(name, key.title, "error", unreadable)
    if name not in namespace:
        renamed = renamed_function(name, namespace, notebook)
        if renamed:
            return Report(name, key.title, "error", renamed)
        return Report(name, key.title, "missing", f"`{name}` 함수가 아직 커널에 없어요. 위의 구현 셀을 먼저 실행해요.")
    function = namespace[name]
    if not callable(function):
        return Report(
            name,
            key.title,
            "fail",
            f"`{name}`에 함수가 아닌 {type(function).__name__} 형 값이 들어 있어요. "
            "구현 셀을 다시 실행해서 함수로 되돌려요.",
        )
    verdict = evaluate(key, function)
    last_verdicts[name] = function, verdict.verdict
    if verdict.verdict == "missing" and is_stub(function):
        # 커널의 함수는 빈칸이지만, 셀은 벌써 채웠거나 이름을 바꿨을 수 있어요.
        unlike = renamed_function(name, namespace, notebook) or not_run_again(name, notebook)
        if unlike:
            return Report(name, key.title, "error", unlike)
    stale = explain_stale_names(name, function, notebook) if verdict.verdict == "pass" else None
    return Report(
        name,
        key.title,
        "held" if stale else verdict.verdict,
        stale or verdict.message + _earlier(key, function, namespace, verdict),
        verdict.score(key.points),
        key.points,
        key.bonus,
        named=verdict.mistake is not None,
    )


def evaluate(key: AnswerKey, function: Callable[..., Any]) -> Verdict:
    """공개 답안지로 함수를 판정해요. 너무 오래 걸리거나 사람이 멈추면 그렇게 말해요."""
    try:
        with time_limit(TIME_LIMIT):
            outcomes = run_cases(function, [case.calls for case in key.cases])
    except TooSlow:
        return Verdict(
            key.exercise,
            "timeout",
            (),
            tuple(key.groups),
            None,
            f"{TIME_LIMIT:.0f}초를 계산해도 끝나지 않아서 멈췄어요. 맞고 틀림은 아직 몰라요.\n"
            "다음에 볼 곳: 반복문이 멈추는 조건을 확인해요.",
        )
    except KeyboardInterrupt:
        return Verdict(
            key.exercise,
            "timeout",
            (),
            tuple(key.groups),
            None,
            "실행을 멈췄어요. 다시 확인하려면 이 셀을 한 번 더 실행해요.",
        )
    return judge(key, outcomes, reveal=True)


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
    """이 커널이 딸린 노트북 파일. 알 수 없으면 None이에요.

    주피터 서버(JupyterLab, Notebook 7, nbclassic)는 환경 변수로, VS Code는 커널에 넣어 둔 이름으로 알려 줘요.
    """
    for name in (_namespace().get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")):
        if isinstance(name, str) and name.endswith(".ipynb") and Path(name).is_file():
            return Path(name)
    return None


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name, public_names(), n=1)
    hint = f" 혹시 `{close[0]}` 실습인가요?" if close else " 이름의 철자를 다시 봐요."
    return f"`{name}`이라는 실습은 없어요." + hint


def _earlier(key: AnswerKey, function: Callable[..., Any], namespace: Mapping[str, Any], verdict: Verdict) -> str:
    """앞 실습이 아직 틀렸다면 거기부터 보라고 알려 줘요."""
    if verdict.verdict in ("pass", "missing"):
        return ""
    for used in sorted(global_names(function) & set(key.uses)):
        if callable(namespace.get(used)) and evaluate(public_key(used), namespace[used]).verdict != "pass":
            return f"\n이 실습이 부르는 `{used}`도 아직 통과하지 못했어요. 그쪽을 먼저 고치면 함께 풀릴 수 있어요."
    return ""
