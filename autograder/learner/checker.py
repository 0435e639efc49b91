"""노트북의 `check`: 지금 커널에 있는 함수를 공개 사례로 바로 확인해요. 점수는 매기지 않아요.

채점과 같은 답안지 모양, 같은 판정(`judge`)을 쓰되 어디가 다른지 두 값을 보여 줘요. 커널에만 남은 이름에 기대는 코드는 통과시키지 않아요.
"""

from __future__ import annotations

import difflib
import html
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.judging.answer_key import AnswerKey
from autograder.judging.call_runner import run_calls
from autograder.judging.judge import Verdict, judge
from autograder.learner.course_material import public_key, public_names
from autograder.learner.kernel_names import explain_stale_names, global_names
from autograder.learner.time_limit import TIME_LIMIT, TooSlow, time_limit


@dataclass(frozen=True)
class Report:
    """`check` 한 번의 결과. 노트북에서는 HTML로, 터미널에서는 글로 보여요."""

    name: str
    title: str
    verdict: str
    message: str

    @property
    def headline(self) -> str:
        """결과와 실습의 이름을 담은 첫 줄."""
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


def examine(name: object, namespace: Mapping[str, Any], notebook: Path | None = None) -> Report:
    """`namespace`에 있는 함수를 확인해요. `notebook`은 저장된 노트북의 자리(커널에만 남은 이름을 가려내요)."""
    if not isinstance(name, str):
        return Report(str(name), "", "fail", '실습의 이름을 따옴표로 감싸서 `check("softmax")`처럼 불러요.')
    try:
        key = public_key(name)
    except KeyError:
        return Report(name, "", "fail", _unknown(name))
    if name not in namespace:
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
    if verdict.verdict == "pass":
        stale = explain_stale_names(name, function, notebook)
        return Report(name, key.title, "held" if stale else "pass", stale or verdict.message)
    return Report(name, key.title, verdict.verdict, verdict.message + _earlier(key, function, namespace, verdict))


def evaluate(key: AnswerKey, function: Callable[..., Any]) -> Verdict:
    """공개 답안지로 함수를 판정해요. 너무 오래 걸리거나 사람이 멈추면 그렇게 말해요."""
    try:
        with time_limit(TIME_LIMIT):
            outcomes = [run_calls(function, case.calls) for case in key.cases]
    except TooSlow:
        return Verdict(
            key.exercise,
            "timeout",
            (),
            tuple(key.groups),
            None,
            f"{TIME_LIMIT:.0f}초가 지나도 끝나지 않아서 멈췄어요.\n다음에 볼 곳: 반복문이 멈추는 조건을 확인해요.",
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
    """이 커널이 딸린 노트북 파일. 주피터 서버가 환경 변수로 알려 줘요."""
    name = os.environ.get("JPY_SESSION_NAME", "")
    path = Path(name)
    return path if name.endswith(".ipynb") and path.is_file() else None


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name, public_names(), n=1)
    hint = f" 혹시 `{close[0]}` 실습인가요?" if close else " 이름의 철자를 다시 봐요."
    return f"`{name}`이라는 실습은 없어요." + hint


def _earlier(key: AnswerKey, function: Callable[..., Any], namespace: Mapping[str, Any], verdict: Verdict) -> str:
    """앞 실습이 아직 틀렸다면 거기부터 보라고 알려 줘요."""
    if verdict.verdict == "missing":
        return ""
    for used in sorted(global_names(function) & set(key.uses)):
        if callable(namespace.get(used)) and evaluate(public_key(used), namespace[used]).verdict != "pass":
            return f"\n이 실습이 부르는 `{used}`도 아직 통과하지 못했어요. 그쪽을 먼저 고치면 함께 풀릴 수 있어요."
    return ""
