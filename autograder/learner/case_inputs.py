"""확인이 쓴 입력을 노트북에 꺼내 줘요. 실패 카드의 한 줄을 옮겨 실행할 때 쓰여요."""

from __future__ import annotations

from typing import Any

from autograder.judging.call_runner import materialize
from autograder.learner.course_material import public_key


def inputs(name: str, case: int, call: int = 1) -> list[Any]:
    """실습 `name`의 `case`번째 사례(1부터)가 `call`번째로 부를 때 넘긴 인자들. 부를 때마다 새로 베껴 줘요.

    앞의 결과를 이어받는 인자는 바른 결과로 채워요. 없는 번호면 ValueError예요.
    """
    try:
        chosen = public_key(name).cases[case - 1] if case > 0 else None
        wanted = chosen.calls[call - 1] if chosen and call > 0 else None
    except KeyError:
        raise ValueError(f"`{name}`이라는 실습은 없어요.") from None
    except IndexError:
        wanted = None
    if chosen is None or wanted is None:
        raise ValueError(f"`{name}`의 확인에는 {case}번째 사례의 {call}번째 부름이 없어요.")
    done = [outcome.value for outcome in chosen.expected]
    return [materialize(arg, done) for arg in [*wanted.args, *wanted.kwargs.values()]]
