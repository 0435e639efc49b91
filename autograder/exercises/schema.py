"""실습 하나의 정의. 데이터로 한 번 적고 다섯 곳(확인, 채점, 실습 표의 시험, 가상 학급, 학급 보고서)에서 써요.

이 파일은 모양만 정해요. 실습의 내용은 곁의 레슨 파일에, 판정은 `judging/`에 있어요.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor
from typing import TYPE_CHECKING, Any

from autograder.judging.cases import Case

if TYPE_CHECKING:
    from autograder.exercises.sampling import Sampler

BONUS_SCORE, LESSON_BONUS = 5.0, 10.0  # 보너스 하나가, 한 레슨의 보너스가 모두 합쳐 더해 줄 수 있는 점수


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
class Both:
    """알려진 실수 둘을 함께 한 구현들. `ids`는 두 실수의 id, `groups`는 떨어뜨리는 그룹이에요."""

    ids: tuple[str, str]
    wrong: tuple[Callable[..., Any], ...]
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Exercise:
    """실습 하나.

    `reference`는 바른 계산, `sample_cases(rng)`는 시드 하나에서 사례들을 뽑는 함수, `groups`는 그룹 이름에서 "무엇을 확인했는지"로 가는 표,
    `correct`는 다르게 쓴 바른 답들(시험용), `uses`는 이 실습이 불러도 되는 앞 실습들이에요.
    `examples`는 레슨의 글에서 손으로 계산한 보기예요. 확인에서도 채점에서도 맨 먼저 오고, 값을 그대로 보여 줘요.
    `behaviour`는 값이 아니라 성질만 보는 그룹들이에요. 값을 보는 그룹을 하나는 통과해야 점수가 돼요. 예외만 보는 그룹은 적지 않아도 알아요.
    `both`는 두 실수를 함께 한 구현들이에요.
    `points`가 0이면 보너스예요. `bonus_score`는 그때 더해 주는 점수이고, 레슨을 읽을 때 정해져요.
    """

    name: str
    lesson: str
    title: str
    points: float
    groups: Mapping[str, str]
    reference: Callable[..., Any]
    sample_cases: Callable[[Sampler], Sequence[Case]]
    mistakes: tuple[Mistake, ...]
    correct: tuple[Callable[..., Any], ...] = ()
    uses: tuple[str, ...] = ()
    examples: tuple[Case, ...] = ()
    behaviour: tuple[str, ...] = ()
    both: tuple[Both, ...] = ()
    bonus_score: float = BONUS_SCORE

    @property
    def bonus(self) -> bool:
        """보너스 실습인지."""
        return self.points == 0

    @property
    def worth(self) -> float:
        """모두 통과하면 받는 자동 점수. 보너스는 배점이 0이라 만점에는 들지 않지만 점수는 더해 줘요."""
        return self.points or self.bonus_score


def share_bonus(exercises: Sequence[Exercise]) -> tuple[Exercise, ...]:
    """한 레슨의 보너스가 여럿이면 `LESSON_BONUS`를 나눠 가져요. 쉬운 보너스를 모아 틀린 실습을 덮을 수는 없어요."""
    count = sum(exercise.bonus for exercise in exercises)
    each = min(BONUS_SCORE, floor(10 * LESSON_BONUS / count) / 10) if count else 0.0
    return tuple(replace(one, bonus_score=each) if one.bonus else one for one in exercises)
