"""번역기가 화면에 보여 줄 것. 어느 모델인지 몰라도 되는 평범한 값들이에요.

화면은 이 값들만 알아요. 기준 Transformer는 같은 모양의 사전을 주고(`parsed`가 읽어요), 레슨 8의 번역기는 이 값들을 바로 만들어요.
S 원문의 조각 수(EOS까지), T 번역문의 조각 수(EOS까지), L 층, H 헤드. 점수는 로그 확률(nat)이에요.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol

from autograder.errors import CourseError

Weights = list[list[list[list[float]]]]  # (L, H, T, S) 줄의 합이 1


class PlayError(CourseError):
    """화면의 부탁을 들어줄 수 없어요. 내용은 다음에 할 일까지 적은 한국어 문장이에요."""


@dataclass(frozen=True)
class Piece:
    """문장의 조각 하나. `word`는 몇 번째 단어에 들었는지(EOS는 −1), `id`는 어휘에서의 번호예요."""

    text: str
    word: int
    id: int


@dataclass(frozen=True)
class Word:
    """원문의 단어 하나. `unknown`이면 훈련 데이터에 없던 단어예요."""

    text: str
    unknown: bool


@dataclass(frozen=True)
class Read:
    """원문을 읽었어요. `note`는 단어에 대해 함께 할 말이고, 없으면 빈 글이에요."""

    words: list[Word]
    pieces: list[Piece]
    note: str = ""


@dataclass(frozen=True)
class Choice:
    """후보 하나를 늘린 것. `score`는 지금까지의 로그 확률의 합이에요.

    `to`는 다음 스텝의 몇 번째 줄이 되었는지(−1이면 잘렸어요), `final`은 여기서 끝난 문장의 마지막 점수(끝나지 않았으면 None)이고
    `text`는 그 문장이에요.
    """

    piece: str
    score: float
    to: int = -1
    final: float | None = None
    text: str = ""


@dataclass(frozen=True)
class Step:
    """빔 서치의 스텝 하나: 살아 있던 후보마다 늘려 본 것들, 그리고 지금 으뜸인 후보의 조각과 글."""

    rows: list[list[Choice]]
    lead: list[str]
    text: str


@dataclass(frozen=True)
class Done:
    """번역이 끝났어요. `lanes`는 고른 문장이 스텝마다 몇 번째 줄에 있었는지, `score`는 길이로 나눈 점수예요.

    `unsure`면 모델이 제 번역에 자신이 없어요.
    """

    text: str
    pieces: list[Piece]
    score: float
    lanes: list[int]
    unsure: bool = False


@dataclass(frozen=True)
class Maps:
    """어텐션 지도 셋. 줄은 묻는 조각이에요: 인코더는 원문 (S), 디코더와 크로스는 그때 고른 번역문의 조각 (T).

    칸은 보이는 조각이에요: 인코더와 크로스는 원문 (S), 디코더는 시작과 앞서 쓴 조각 (T). 볼 수 없으면 빈 목록이에요.
    """

    encoder: Weights
    decoder: Weights
    cross: Weights


@dataclass(frozen=True)
class Point:
    """임베딩 지도의 점 하나: 어휘의 번호, 글, 자리(0과 1 사이), 가장 가까운 점들의 차례와 코사인."""

    id: int
    text: str
    x: float
    y: float
    near: list[int]
    cosine: list[float]


@dataclass(frozen=True)
class About:
    """번역기의 소개. `facts`는 (이름, 값)들, `longest`는 받을 수 있는 원문의 조각 수예요."""

    name: str
    facts: list[list[str]]
    examples: list[str]
    beams: list[int]
    beam: int
    longest: int
    note: str = ""


Event = Read | Step | Done | Maps
Emit = Callable[[Event], None]
_EVENTS: dict[str, type[Any]] = {"read": Read, "step": Step, "done": Done, "maps": Maps}


class Translator(Protocol):
    """화면이 들여다볼 수 있는 것."""

    def about(self) -> About:
        """소개."""

    def show(self, sentence: str, beam: int, emit: Emit) -> None:
        """문장 하나를 번역하며 일어나는 일을 차례로 `emit`해요. 번역할 수 없으면 PlayError예요."""

    def cloud(self) -> list[Point]:
        """임베딩 지도의 점들. 오래 걸릴 수 있어요."""


def plain(event: Event) -> dict[str, Any]:
    """화면에 보낼 사전. 어떤 일인지를 `kind`에 적고, 유한하지 않은 수는 None으로 적어요(JSON에는 없으니까요)."""
    kind = next(name for name, made in _EVENTS.items() if type(event) is made)
    return {"kind": kind, **_finite(asdict(event))}


def parsed(given: Mapping[str, Any]) -> Event:
    """`kind`가 든 사전을 값으로 읽어요. 모양이 다르면 어디가 다른지 말하는 TypeError예요."""
    rest = dict(given)
    kind = rest.pop("kind", None)
    if kind not in _EVENTS:
        raise TypeError(f"모르는 kind예요: {kind!r}")
    made: Event = built(_EVENTS[kind], rest, str(kind))
    return made


def built(kind: Any, given: Any, place: str) -> Any:
    """사전이나 목록 `given`을 형 `kind`의 값으로. 모양이 다르면 자리를 말하는 TypeError예요."""
    if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__"):
        if not isinstance(given, Mapping) or not given.keys() <= {field.name for field in fields(kind)}:
            raise TypeError(f"{place}: {kind.__name__}의 항목이 아니에요")
        hints = typing.get_type_hints(kind)
        try:
            return kind(**{name: built(hints[name], value, f"{place}.{name}") for name, value in given.items()})
        except TypeError as error:
            raise TypeError(f"{place}: {error}") from None
    inside = typing.get_args(kind)
    if typing.get_origin(kind) is list:
        if not isinstance(given, list | tuple):
            raise TypeError(f"{place}: 목록이 아니에요")
        return [built(inside[0], value, f"{place}[{i}]") for i, value in enumerate(given)]
    if isinstance(kind, types.UnionType):
        return None if given is None else built(inside[0], given, place)
    if kind is float and isinstance(given, int) and not isinstance(given, bool):
        return float(given)
    if not isinstance(given, kind) or (kind is int and isinstance(given, bool)):
        raise TypeError(f"{place}: {kind.__name__}여야 해요: {given!r}")
    return given


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value
