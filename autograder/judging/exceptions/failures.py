"""학습자의 함수가 낸 예외와 부작용을 한국어로."""

from __future__ import annotations

from torch import Tensor

from autograder.judging.call_runner import GIVEN, Outcome
from autograder.judging.cases import Call
from autograder.judging.exceptions.table import recognise
from autograder.judging.problem import Problem

STUB_TEXT = "여기를 채워 주세요"  # 배포본의 빈칸이 내는 글. 같은 이름의 예외라도 글이 다르면 여느 예외예요.
CODE_STUB = f'raise NotImplementedError("{STUB_TEXT}")'


def explain_failure(outcome: Outcome) -> Problem | None:
    """부르다가 난 예외의 설명. 예외가 없었으면 None이에요."""
    if outcome.error is None:
        return None
    if outcome.error == "NotImplementedError" and outcome.detail == STUB_TEXT:
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
    if outcome.inside == GIVEN:
        return Problem(
            "error",
            f"인자로 받은 함수가, 넘긴 값을 받고 멈췄어요. ({outcome.error})",
            where=outcome.detail,
            why="그 함수에 넘긴 값의 모양이나 형이 약속과 달라요.",
            look="함수에 넘기는 것의 `.shape`를 적고, 독스트링이 말한 모양과 견줘 봐요.",
        )
    found = recognise(outcome)
    why = found.why
    if outcome.inside.isidentifier() and outcome.inside not in found.what:
        why = f"이 줄이 부른 `{outcome.inside}` 안에서 멈췄어요. 넘겨준 값들의 형과 모양부터 봐요. {why}".strip()
    return Problem("error", f"{found.what} ({outcome.error})", where=outcome.detail, why=why, look=found.look)


def changed_signature(outcome: Outcome) -> bool:
    """학습자의 줄에 닿기도 전에 인자가 어긋난 예외인지. 실습의 `def` 줄이 처음과 달라졌을 때예요."""
    return outcome.error is not None and recognise(outcome).entry.id.startswith("signature.")


def explain_changes(outcome: Outcome, call: Call) -> Problem | None:
    """`call`로 받은 인자를 바꿔 놓은 것의 설명. 그대로 두었으면 None이에요."""
    if not outcome.changed:
        return None
    names = ", ".join(f"{i + 1}번째 인자" if isinstance(i, int) else f"`{i}`" for i in outcome.changed)
    first = outcome.changed[0]
    value = (
        call.kwargs.get(first)
        if isinstance(first, str)
        else (*call.args, None)[first]
        if 0 <= first < len(call.args)
        else None
    )
    why, look = _WAYS_TO_CHANGE.get(type(value), _WAYS_TO_CHANGE[Tensor])
    if isinstance(value, list | tuple) and any(isinstance(held, Tensor) for held in value):
        why, look = _LISTS_OF_TENSORS
    return Problem("changed", f"함수가 받은 입력을 바꿔 놓았어요({names}).", why=why, look=look)


_LISTS = (
    "목록의 `append`, `extend`, `+=`와 칸에 넣는 `t[...] = ...`은 받은 목록을 그 자리에서 고쳐요. 부른 쪽의 값까지 달라져요.",
    "받은 목록은 그대로 두고, `a + [b]`나 `list(a)`처럼 새로 만든 목록을 써요.",
)
_LISTS_OF_TENSORS = (
    "목록의 `append`와 `t[...] = ...`은 받은 목록을, 목록에서 꺼낸 텐서의 `+=`나 이름이 `_`로 끝나는 메서드(`requires_grad_`도)는 "
    "그 텐서를 그 자리에서 고쳐요. 부른 쪽이 가진 것까지 달라져요.",
    "받은 목록과 거기 든 텐서는 그대로 두고, `clone()`한 텐서를 새 목록에 담아 써요.",
)
_WAYS_TO_CHANGE: dict[type, tuple[str, str]] = {
    Tensor: (
        "`+=`, 이름이 `_`로 끝나는 메서드, 칸에 넣는 `t[...] = ...`은 텐서를 그 자리에서 고쳐요. 부른 쪽이 가진 것까지 달라져요.",
        "받은 텐서는 그대로 두고, `clone()`한 것이나 새로 계산한 텐서를 써요.",
    ),
    list: _LISTS,
    tuple: _LISTS,  # 튜플에 든 목록이에요.
    dict: (
        "`d[...] = ...`, `del`, `pop`, `update`는 받은 사전을 그 자리에서 고쳐요. 부른 쪽의 값까지 달라져요.",
        "받은 사전은 그대로 두고, `dict(d)`로 베끼거나 새 사전을 만들어요.",
    ),
}
