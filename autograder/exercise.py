"""실습 하나의 정의. 데이터로 한 번 적고 다섯 곳(확인, 채점, 실수 표 시험, 가상 학급, 학급 보고서)에서 써요.

이 파일은 모양만 정해요. 실습의 내용은 `exercises/`에, 판정은 `judge.py`에 있어요.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BONUS_SCORE = 5.0


@dataclass(frozen=True)
class Probe:
    """학습자의 코드가 도는 곳에서 데이터로 만들어지는 인자(부분층, 한 걸음 함수, 난수 생성기).

    함수는 프로세스를 넘지 못하므로 `probes.py`의 만드는 법 이름(`kind`)과 재료(`data`)만 보내요.
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

    인자로는 텐서, bool, int, float, str, None, list, tuple, dict, `Probe`, `Ref`만 와요.
    `grad_of`는 기울기를 돌려받을 위치 인자의 번호예요. 이때 손실은 (출력 * cotangent)의 합이에요.
    """

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    grad_of: tuple[int, ...] = ()
    cotangent: Any = None


@dataclass(frozen=True)
class Case:
    """부르는 방법 한 벌과 판정 규칙.

    `group`은 점수를 나누는 단위, `rule`은 `rules.py`의 이름이에요. 기본 규칙 "equal"은 기준 구현의 값, 모양, dtype과 견주고
    "raises"는 `params["error"]` 예외를 기다려요. `atol`, `rtol`이 None이면 dtype에 맞는 기본값을 써요.
    """

    group: str
    calls: tuple[Call, ...]
    rule: str = "equal"
    params: Mapping[str, Any] = field(default_factory=dict)
    atol: float | None = None
    rtol: float | None = None


def case(
    group: str,
    *args: Any,
    rule: str = "equal",
    params: Mapping[str, Any] | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    **kwargs: Any,
) -> Case:
    """한 번만 부르는 흔한 사례의 줄임 표기."""
    return Case(group, (Call(args, kwargs),), rule, params or {}, atol, rtol)


@dataclass(frozen=True)
class Mistake:
    """널리 알려진 실수 하나: 틀린 계산, 이름, 한국어 설명.

    `wrong`은 틀린 구현들이에요. 결과로 구별되지 않거나 한 오해에서 나온 것들은 한 항목에 함께 둬요.
    `title`은 학급 보고서의 짧은 이름, `why`는 왜 그런 값이 나왔는지, `look`은 다음에 볼 곳이에요. 정답은 적지 않아요.
    `groups`는 이 실수가 떨어뜨리는 그룹 이름이에요(시험이 실제와 같은지 확인해요).
    """

    id: str
    title: str
    why: str
    look: str
    wrong: tuple[Callable[..., Any], ...]
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Exercise:
    """실습 하나.

    `reference`는 바른 계산, `draw(rng)`는 시드 하나에서 사례들을 뽑는 함수, `groups`는 그룹 이름에서 "무엇을 확인했는지"로 가는 표,
    `correct`는 다르게 쓴 바른 답들(시험용), `uses`는 이 실습이 불러도 되는 앞 실습들이에요.
    `points`가 0이면 보너스예요.
    """

    name: str
    lesson: str
    title: str
    points: float
    groups: Mapping[str, str]
    reference: Callable[..., Any]
    draw: Callable[[Any], Sequence[Case]]
    mistakes: tuple[Mistake, ...]
    correct: tuple[Callable[..., Any], ...] = ()
    uses: tuple[str, ...] = ()

    @property
    def bonus(self) -> bool:
        return self.points == 0

    @property
    def worth(self) -> float:
        """모두 통과하면 받는 자동 점수. 보너스는 배점이 0이라 만점에는 들지 않지만 점수는 더해 줘요."""
        return self.points or BONUS_SCORE
