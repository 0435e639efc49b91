"""끝까지 돌지 못한 까닭마다의 판정과 설명."""

from __future__ import annotations

import re

from autograder.grading.untrusted_answer import BLOCKED, BLOCKED_ERRORS, python_name
from autograder.judging.call_runner import Outcome
from autograder.judging.exceptions.failures import explain_failure
from autograder.judging.judge import Verdict
from autograder.sandbox import Limits

# 멈춘 까닭마다의 판정과 설명
_STOPS = {
    "timeout": (
        "timeout",
        "제한 시간(CPU {unit:g}초) 안에 끝나지 않아 멈췄어요.\n다음에 볼 곳: 반복문이 멈추는 조건을 확인해요.",
    ),
    "asleep": (
        "timeout",
        "계산은 하지 않고 너무 오래 기다려서 멈췄어요.\n다음에 볼 곳: `sleep`이나 무언가를 기다리는 줄을 지워요.",
    ),
    "budget": (
        "timeout",
        "이 노트북이 쓸 수 있는 시간(CPU {total:g}초, 잠든 {asleep:g}초)을 앞에서 다 써서 채점하지 못했어요.",
    ),
    "exit": (
        "error",
        "코드가 파이썬을 통째로 끝냈어요(`os._exit` 같은 것).\n다음에 볼 곳: 프로그램을 끝내는 줄을 지워요.",
    ),
    "crash": ("error", "파이썬이 비정상으로 멈췄어요. 메모리를 너무 많이 썼거나 끝없이 자기를 불렀을 수 있어요."),
    "forged": (
        "refused",
        "채점과 주고받는 통로에 약속하지 않은 글이 와서 받지 않았어요. 점수는 돌려준 값으로만 정해져요.",
    ),
    "too_big": ("refused", "돌려준 값이 너무 커서 받지 않았어요."),
}


def explain_cell_error(exercise: str, error: str, detail: str) -> Verdict:
    """셀이 예외로 끝나 함수가 만들어지지 않은 실습의 판정."""
    if error in ("SyntaxError", "IndentationError", "TabError"):
        where = f"({detail})" if re.fullmatch(r"\d+번째 줄", detail) else ""
        return Verdict(
            exercise,
            "error",
            message=f"셀의 문법이 틀려서 함수를 만들지 못했어요{where}.\n다음에 볼 곳: 괄호와 콜론, 들여쓰기를 봐요.",
        )
    extra = f" {BLOCKED}" if error in BLOCKED_ERRORS else ""
    named = python_name(error)
    # 셀에는 숨은 값이 들어가지 않아요. 줄의 번호는 모르지만 학습자의 줄에서 난 것이라 1로 적어요.
    problem = explain_failure(Outcome(error=named, bases=(named,), detail=detail[:300], line=1))
    assert problem is not None
    return Verdict(
        exercise,
        "error",
        message=f"셀을 실행하다가 예외가 나서 함수를 만들지 못했어요. {problem.what}{extra}\n다음에 볼 곳: {problem.look}",
    )


def explain_stop(exercise: str, reason: str, limits: Limits, lead: str = "") -> Verdict:
    """끝까지 돌지 못한 실습의 판정. `reason`은 `sandbox.JobResult.reason`의 말이나 "budget"이에요."""
    verdict, message = _STOPS[reason]
    return Verdict(
        exercise,
        verdict,
        message=lead + message.format(unit=limits.unit_cpu, total=limits.total_cpu, asleep=limits.total_asleep),
    )
