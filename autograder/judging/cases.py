"""학습자의 함수를 부르는 방법: 사례(`Case`), 부름(`Call`), 부르는 곳에서 만드는 인자(`BuiltArgument`).

여기 있는 것은 모두 데이터예요. 프로세스를 넘고, 학습자 묶음에 기록돼요. 정답과 틀린 구현은 `exercises/`에만 있어요.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class BuiltArgument:
    """학습자의 코드가 도는 곳에서 데이터로 만들어지는 인자(부분층, 한 스텝 함수, 난수 생성기).

    함수는 프로세스를 넘지 못하므로 `argument_builders.py`의 만드는 법 이름(`kind`)과 재료(`data`)만 보내요.
    """

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ref:
    """같은 사례에서 앞서 부른 `call`번째 결과(또는 그 안의 `path`)를 인자로 넘기라는 표시예요."""

    call: int
    path: tuple[int | str, ...] = ()


@dataclass(frozen=True)
class Call:
    """학습자의 함수를 한 번 부르는 방법.

    인자로는 텐서, bool, int, float, str, None, list, tuple, dict, `BuiltArgument`, `Ref`만 와요.
    `grad_of`는 기울기를 돌려받을 위치 인자의 번호예요. 이때 손실은 (출력 * cotangent)의 합이에요.
    """

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    grad_of: tuple[int, ...] = ()
    cotangent: Any = None


@dataclass(frozen=True)
class Case:
    """부르는 방법 한 벌과 비교기.

    `group`은 점수를 나누는 단위, `comparator`는 `comparators.py`의 이름이에요. 기본인 "equal"은 기준 구현의 값, 모양, dtype과 견주고
    "raises"는 `params["error"]` 예외를 기다려요. `atol`, `rtol`이 None이면 dtype에 맞는 기본값을 써요.
    """

    group: str
    calls: tuple[Call, ...]
    comparator: str = "equal"
    params: Mapping[str, Any] = field(default_factory=dict)
    atol: float | None = None
    rtol: float | None = None


# 프로그램이 하나하나 뽑은 사례 말고, 모든 실습이 함께 갖는 사례의 종류(`KeyCase.probe`)
EXAMPLE = "example"  # 레슨의 글에서 손으로 계산한 보기. 채점에서도 값을 그대로 보여 줘요.
OTHER_VALUES = "other_values"  # 앞선 사례와 모양은 같고 값만 다른 사례. 모양만 보고 답을 기억하면 드러나요.
ONCE_MORE = "once_more"  # 첫 사례를 난수만 바꿔 그대로 다시. 부를 때마다 다르거나 앞의 부름이 남으면 드러나요.


def case(
    group: str,
    *args: Any,
    comparator: str = "equal",
    params: Mapping[str, Any] | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    **kwargs: Any,
) -> Case:
    """한 번만 부르는 흔한 사례의 줄임 표기."""
    return Case(group, (Call(args, kwargs),), comparator, params or {}, atol, rtol)
