"""예외를 알아보는 표의 한 줄(`Entry`)과 그 재료: 알아볼 거리(`Seen`), 예외의 글에서 잡을 것의 모양, 글에 끼우는 말(`Word`).

예외의 글은 학습자가 지어낼 수 있고, 채점에서는 숨은 값이 섞일 수 있어요. 그래서 잡는 것은 이름, 모양, dtype, 축, 개수뿐이고
모두 길이가 묶여 있어요. 글 그대로는 공개 사례에서만 보이는 `Problem.where`에만 담아요.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from autograder.judging.call_runner import Outcome
from autograder.judging.exceptions.line import Line
from autograder.wording import josa

# -- 예외의 글에서 잡는 것의 모양 --

NAME = r"\w{1,60}"
N = r"-?\d{1,9}"
SHAPE = r"\[[\d, ]{0,60}\]"
TYPE = r"[\w.]{1,60}"
NAMES = rf"'{NAME}'(?:(?:, | and |, and )'{NAME}'){{0,7}}"
# 파이썬이 적는 함수의 이름: `바깥.<locals>.클래스.함수()`
FUNCTION = rf"(?:[\w.<>]{{0,150}}<locals>\.)?(?:(?P<cls>{NAME})\.)?(?P<name>{NAME}|<lambda>)\(\)"
FLOATS = "float|double|Float|Double|Half|BFloat16|c10::Half|c10::BFloat16"
INTEGERS = "Long|Int|Short|Char|Byte|long int|int|short|signed char|unsigned char"
COMPLEXES = "ComplexFloat|ComplexDouble|c10::complex<float>|c10::complex<double>"
DTYPES = rf"{FLOATS}|{INTEGERS}|Bool|bool|{COMPLEXES}"


def any_of(*texts: str) -> str:
    """여럿 가운데 어느 것이든 맞는 정규식."""
    return "|".join(texts)


# PyTorch가 예외에 적는 dtype의 이름에서 학습자가 쓰는 이름으로
_DTYPE_NAMES = {
    **dict.fromkeys(("float", "Float"), "float32"),
    **dict.fromkeys(("double", "Double"), "float64"),
    **dict.fromkeys(("Half", "c10::Half"), "float16"),
    **dict.fromkeys(("BFloat16", "c10::BFloat16"), "bfloat16"),
    **dict.fromkeys(("Long", "long int", "int64_t"), "int64"),
    **dict.fromkeys(("Int", "int", "int32_t"), "int32"),
    **dict.fromkeys(("Short", "short", "int16_t"), "int16"),
    **dict.fromkeys(("Char", "signed char", "int8_t"), "int8"),
    **dict.fromkeys(("Byte", "unsigned char", "uint8_t"), "uint8"),
    **dict.fromkeys(("Bool", "bool"), "bool"),
    **dict.fromkeys(("ComplexFloat", "c10::complex<float>"), "complex64"),
    **dict.fromkeys(("ComplexDouble", "c10::complex<double>"), "complex128"),
}
_TYPE_NAMES = {"NoneType": "None", "torch.Tensor": "Tensor"}


_RIEUL = frozenset("178lL")  # 일, 칠, 팔, 엘: 'ㄹ'로 끝나서 "로"가 붙어요.


class Word(str):
    """설명에 끼우는 말. `{name}`은 말 그대로, `{name:은/는}`은 말 없이 그 말에 맞는 조사만 적어요."""

    def __format__(self, spec: str) -> str:
        if "/" not in spec:
            return str(self)
        if spec == "으로/로" and self.rstrip("]})`")[-1:] in _RIEUL:
            return "로"
        return josa(self, spec)[len(self) :]


def _word(group: str, text: str) -> Word:
    """잡은 글을 학습자가 쓰는 말로. 그룹 이름의 앞머리가 무엇인지 말해 줘요."""
    if group.startswith("dtype"):
        return Word(_DTYPE_NAMES.get(text, text))
    if group.startswith("type"):
        return Word(_TYPE_NAMES.get(text, text))
    if group.startswith("names"):
        return Word(", ".join(f"`{name}`" for name in re.findall(rf"'({NAME})'", text)))
    return Word(text)


# -- 알아볼 거리 --


@dataclass(frozen=True)
class Seen:
    """예외 하나에서 알아볼 거리.

    `ours`는 학습자의 줄에 닿기 전이나 지난 뒤에, 부른 쪽에서 멈췄는지, `inside`는 학습자의 줄이 부른 다른 함수의 이름이에요.
    """

    error: str
    names: frozenset[str]
    detail: str
    line: Line
    ours: bool
    inside: str = ""

    @classmethod
    def of(cls, outcome: Outcome) -> Seen:
        """부른 결과에서. 예외가 났던 결과라야 해요."""
        error = outcome.error or ""
        ours = outcome.line is None
        return cls(error, frozenset({error, *outcome.bases}), outcome.detail, Line(outcome.code), ours, outcome.inside)


Words = Mapping[str, str]
When = Callable[[Seen, Words], "Words | None"]


@dataclass(frozen=True)
class Entry:
    """알아보는 예외 하나.

    `errors`는 예외의 이름(빈칸으로 나눠요. 조상의 이름도 돼요), `text`는 예외의 글이 맞아야 할 정규식(처음부터), `line`은 멈춘 줄에서
    찾을 정규식(`Line.bare`에서), `when`은 글로 적기 어려운 조건이에요. 더 끼울 말을 돌려주고, 맞지 않으면 None을 돌려줘요.
    `what`은 무슨 일이 났는지, `why`는 왜, `look`은 다음에 볼 한 곳이에요. 잡은 그룹을 `{이름}`으로 끼워요.
    """

    id: str
    errors: str
    text: str
    what: str
    look: str
    why: str = ""
    line: str = ""
    when: When | None = None

    @cached_property
    def classes(self) -> frozenset[str]:
        """이 줄이 맡는 예외의 이름들. 비어 있으면 모두예요."""
        return frozenset(self.errors.split())

    @cached_property
    def _text(self) -> re.Pattern[str]:
        return re.compile(self.text)

    @cached_property
    def _line(self) -> re.Pattern[str]:
        return re.compile(self.line)

    def match(self, seen: Seen) -> dict[str, Word] | None:
        """글과 줄이 맞으면 설명에 끼울 말들, 아니면 None. 예외의 이름은 부르는 쪽이 먼저 봐요."""
        found = self._text.match(seen.detail)
        if found is None or not self._line.search(seen.line.bare):
            return None
        # 글의 갈래마다 같은 것을 잡으면 그룹 이름 뒤에 번호가 붙어 있어요(type, type2).
        words: Words = {
            group.rstrip("0123456789"): text for group, text in found.groupdict().items() if text is not None
        }
        if self.when is not None:
            more = self.when(seen, words)
            if more is None:
                return None
            words = {**words, **more}
        return {group: _word(group, text) for group, text in words.items()}


def ours(seen: Seen, words: Words) -> Words | None:
    """부른 쪽에서 멈춘 예외만."""
    return {} if seen.ours else None


def within(seen: Seen, words: Words) -> Words | None:
    """학습자의 줄이 부른 노트북의 다른 함수 안에서 멈춘 예외만. 그 이름을 `{inside}`로 끼워요."""
    return {"inside": seen.inside} if seen.inside.isidentifier() else None


def asks(*allowed: str, alone: tuple[str, ...] = ()) -> When:
    """줄에서 참이나 거짓을 바라는 곳이 `allowed` 가운데 있고, 그 밖에는 `alone`뿐일 때만."""

    def when(seen: Seen, words: Words) -> Words | None:
        found = set(seen.line.asks)
        return {} if found & set(allowed) and found <= {*allowed, *alone} else None

    return when
