"""학습자의 함수가 낸 예외와 부작용을 한국어로."""

from __future__ import annotations

from autograder.judging.call_runner import Outcome
from autograder.judging.problem import Problem

# 예외의 이름마다 무엇이 잘못됐는지와 다음에 볼 곳
_ERRORS = {
    "RuntimeError": (
        "텐서의 모양이나 dtype이 서로 맞지 않아 예외가 났어요.",
        "연산마다 `.shape`를 적어 보고 축을 맞춰 봐요.",
    ),
    "IndexError": ("없는 자리를 읽으려고 했어요.", "번호가 0부터 시작한다는 점과 각 축의 길이를 확인해요."),
    "NameError": ("정의되지 않은 이름을 썼어요.", "오타가 없는지, 그 이름을 정의한 셀이 위에 있는지 봐요."),
    "UnboundLocalError": ("값을 넣기 전에 변수를 읽었어요.", "그 변수에 값을 넣는 줄이 늘 먼저 실행되는지 봐요."),
    "TypeError": ("자료형이 맞지 않는 연산이나 호출이 있어요.", "인자의 개수와 순서, 텐서와 수가 섞인 곳을 봐요."),
    "AttributeError": ("그 값에 없는 속성이나 메서드를 썼어요.", "값의 형을 `type(...)`으로 확인해 봐요."),
    "KeyError": ("사전에 없는 열쇠를 찾았어요.", "열쇠의 철자와, 처음 보는 열쇠를 어떻게 다룰지 봐요."),
    "ValueError": ("허용되지 않는 값을 만났어요.", "어느 줄에서 났는지 작은 입력으로 따라가 봐요."),
    "ZeroDivisionError": ("0으로 나눴어요.", "나누는 수가 0이 될 수 있는 경우를 따로 생각해요."),
    "RecursionError": (
        "자기 자신을 끝없이 불렀어요.",
        "멈추는 조건과, 같은 이름의 다른 함수를 부르려던 것은 아닌지 봐요.",
    ),
    "SystemExit": ("함수 안에서 프로그램을 끝내려고 했어요.", "`exit()`나 `sys.exit()`를 지워요."),
    "TimeoutError": ("제한 시간 안에 끝나지 않았어요.", "반복문이 멈추는 조건을 확인해요."),
    "MemoryError": ("메모리를 너무 많이 썼어요.", "필요한 것보다 큰 텐서를 만들고 있지 않은지 모양을 확인해요."),
}
_NO_GRAD = (
    "기울기를 계산할 수 없어서 예외가 났어요.",
    "미분할 텐서를 `clone().requires_grad_(True)`로 준비했는지, 넘파이나 `.detach()`가 중간에 그래프를 끊지 않는지 봐요.",
)


def explain_failure(outcome: Outcome) -> Problem | None:
    """부르다가 난 예외의 설명. 예외가 없었으면 None이에요."""
    if outcome.error is None:
        return None
    if outcome.error == "NotImplementedError":
        return Problem(
            "unimplemented",
            "아직 구현 전이에요.",
            look="`raise NotImplementedError` 줄을 지우고 여러분의 코드를 채워요.",
        )
    if outcome.error == "RefError":
        return Problem(
            "error",
            "돌려준 값의 모양이 약속과 달라서 다음 단계로 넘기지 못했어요.",
            look="독스트링의 돌려주는 값과 형을 다시 봐요.",
        )
    what, look = _ERRORS.get(outcome.error, ("실행하다가 예외가 났어요.", "작은 입력으로 함수를 직접 불러 봐요."))
    if outcome.error == "RuntimeError" and " grad" in outcome.detail:
        what, look = _NO_GRAD
    return Problem("error", f"{what} ({outcome.error})", where=outcome.detail, look=look)


def explain_changes(outcome: Outcome) -> Problem | None:
    """받은 인자를 바꿔 놓은 것의 설명. 그대로 두었으면 None이에요."""
    if not outcome.changed:
        return None
    names = ", ".join(f"{i + 1}번째 인자" if isinstance(i, int) else f"`{i}`" for i in outcome.changed)
    return Problem(
        "changed",
        f"함수가 받은 입력을 바꿔 놓았어요({names}).",
        why="`+=`나 이름이 `_`로 끝나는 메서드는 텐서를 그 자리에서 고쳐요. 부른 쪽의 값까지 달라져요.",
        look="새 텐서를 만들어 돌려줘요.",
    )
