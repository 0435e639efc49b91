"""답안지: 실습 하나를 시드 하나에서 펼친 사례와 정답, 그리고 알려진 실수들의 결과.

값만 있고 코드는 없어요. 저장소에서는 `exercises/answer_key_maker.py`가 기준 구현으로 만들고, 학습자 묶음에는 만들어 둔 것을 담아요.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from autograder.files import write_bytes
from autograder.judging import serialisation
from autograder.judging.call_runner import Outcome
from autograder.judging.cases import Call


@dataclass(frozen=True)
class KeyCase:
    """시드에서 뽑은 사례와 그 정답: 부르는 방법, 비교기, 기준 구현의 결과, 실수마다의 결과.

    `probe`는 모든 실습이 함께 갖는 사례의 종류(`cases.EXAMPLE` 등)예요. 빈 글이면 실습이 뽑은 사례예요.
    """

    group: str
    calls: tuple[Call, ...]
    comparator: str
    params: Mapping[str, Any]
    atol: float | None
    rtol: float | None
    expected: tuple[Outcome, ...]
    mistakes: Mapping[str, tuple[tuple[Outcome, ...], ...]] = field(default_factory=dict)
    probe: str = ""


@dataclass(frozen=True)
class MistakeText:
    """알려진 실수의 이름과 설명(틀린 구현은 빼고)."""

    id: str
    title: str
    why: str
    look: str


@dataclass(frozen=True)
class AnswerKey:
    """실습 하나의 답안지.

    `groups`는 그룹 이름에서 "무엇을 확인했는지"로 가는 표, `roles`는 그룹의 구실(`value`, `behaviour`, `guard`),
    `parameters`는 함수의 인자 이름들, `points`는 모두 통과하면 받는 점수, `bonus`는 만점에 들지 않는 실습인지예요.
    """

    exercise: str
    lesson: str
    title: str
    groups: Mapping[str, str]
    uses: tuple[str, ...]
    mistakes: tuple[MistakeText, ...]
    cases: tuple[KeyCase, ...]
    roles: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    points: float = 0.0
    bonus: bool = False


def save_keys(path: Path, keys: Sequence[AnswerKey]) -> None:
    """답안지 여러 장을 한 파일에 적어요. 코드는 한 줄도 들어가지 않아요."""
    write_bytes(path, dump_keys(keys))


def dump_keys(keys: Sequence[AnswerKey]) -> bytes:
    """답안지 여러 장을 바이트로."""
    return serialisation.dump(
        [
            {
                "exercise": key.exercise,
                "lesson": key.lesson,
                "title": key.title,
                "groups": dict(key.groups),
                "uses": key.uses,
                "mistakes": [(m.id, m.title, m.why, m.look) for m in key.mistakes],
                "cases": [tuple(_plain(getattr(c, f.name)) for f in fields(KeyCase)) for c in key.cases],
                "roles": dict(key.roles),
                "parameters": key.parameters,
                "points": key.points,
                "bonus": key.bonus,
            }
            for key in keys
        ]
    )


def load_keys(path: Path) -> dict[str, AnswerKey]:
    """`save_keys`가 쓴 파일을 실습의 이름으로 찾는 표로."""
    return parse_keys(path.read_bytes())


# 우리가 만든 답안지는 학습자의 답보다 훨씬 클 수 있어요.
_OUR_OWN = serialisation.Room(items=50_000_000, keys=1_000_000, tensors=1_000_000)


def parse_keys(data: bytes) -> dict[str, AnswerKey]:
    """`dump_keys`가 만든 바이트를 실습의 이름으로 찾는 표로."""
    # 우리가 만든 것이라 텐서 개수의 상한은 넉넉히 잡아요.
    records = serialisation.load(data, _OUR_OWN)
    return {
        record["exercise"]: AnswerKey(
            record["exercise"],
            record["lesson"],
            record["title"],
            record["groups"],
            record["uses"],
            tuple(MistakeText(*texts) for texts in record["mistakes"]),
            tuple(KeyCase(*values) for values in record["cases"]),
            record["roles"],
            record["parameters"],
            record["points"],
            record["bonus"],
        )
        for record in records
    }


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
