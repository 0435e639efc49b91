"""훈련 데이터에 있던 단어: 번역할 문장에서 모델이 한 번도 배우지 못한 단어를 이름으로 말해 줘요.

모르는 단어를 받아도 모델은 말없이 지어내요. 그래서 학습할 때 원문에 나온 단어를 적어 두고 견줘요.
한국어의 단어는 어간과 어미예요. 처음 보는 어절이라도 어간도 어미도 배운 것이면 아는 단어이고, 배운 조사가 붙어도 어간이 처음이면 모르는 단어예요.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from reference.data.cleaning import clean_text
from reference.data.korean_forms import NOUN, VERB, Form, forms, numeral_parts, particles
from reference.errors import UserError
from reference.files import replacing

FILE_NAME = "known_words.json.gz"
FORMAT = 1
# 한글, 띄어 쓰지 않는 한자와 가나는 한 글자씩, 숫자, 그 밖의 글자(don't처럼 이은 것까지), 그리고 나머지는 하나씩
_ALONE = "぀-ヿ㐀-鿿豈-﫿"
_WORD = re.compile(
    rf"[가-힣]+|[{_ALONE}]|\d+|(?:(?![가-힣{_ALONE}])[^\W\d_])+(?:['’](?:(?![가-힣])[^\W\d_])+)*"
    "|\\S[\ufe0f\u20e3\U0001f3fb-\U0001f3ff]*(?:\u200d\\S[\ufe0f\u20e3\U0001f3fb-\U0001f3ff]*)*"  # 이은 이모지까지 하나
)
_HANGUL = re.compile(r"[가-힣]")


class KnownWords:
    """훈련 데이터의 원문에 있던 것: 한국어의 어간과 어미, 수를 이루는 말, 다른 말의 단어와 글자."""

    def __init__(self, stems: Iterable[str], endings: Iterable[str], numerals: Iterable[str], others: Iterable[str]):
        self.stems, self.endings = frozenset(stems), frozenset(endings)
        self.numerals, self.others = frozenset(numerals), frozenset(others)

    @classmethod
    def learn(cls, texts: Iterable[str]) -> KnownWords:
        """글들에 나온 단어를 모아요. 한 어절의 나눔이 여럿이면 더 많은 어절을 설명하는 어간을 골라요."""
        words: set[str] = set()
        for text in texts:
            words.update(word for word, _ in split(text))
        korean = sorted(word for word in words if _HANGUL.match(word))
        numerals = {part for word in korean for part in numeral_parts(word) or ()}
        explained: dict[str, set[tuple[str, ...]]] = defaultdict(set)  # 어간이 쓰인 꼴
        for word in korean:
            for form in forms(word):
                explained[form.stem].add(form.endings)
        stems, endings = set[str](), set[str]()
        for word in korean:
            for form in _best(forms(word), explained):
                stems.add(form.stem)
                endings.update(form.endings)
        others = {other for word in words.difference(korean) for other in _stored(word)}
        return cls(stems, endings, numerals, others)

    def unknown(self, text: str) -> list[str]:
        """글에 있는 모르는 단어들을 나온 차례로. 조사가 붙은 단어는 붙은 그대로예요."""
        found = [word for word, joined in split(text) if not self._knows(word, joined)]
        return list(dict.fromkeys(found))

    def _knows(self, word: str, joined: bool) -> bool:
        if not _HANGUL.match(word):
            return self.others.issuperset(_stored(word)) or self._inflected(word.casefold())
        if joined and any(self.endings.issuperset(names) for names in particles(word, "")):
            return True  # 'KTX를'의 '를'처럼 다른 글자에 이어 쓴 조사
        return any(
            (form.stem in self.stems or self._counted(form.stem)) and all(map(self._attached, form.endings))
            for form in forms(word)
        )

    def _attached(self, part: str) -> bool:
        """배운 조사나 어미인지. '공부하다'의 '하다'처럼 붙어서 쓰인 용언은 홀로 배웠어도 돼요."""
        return part in self.endings or (part.endswith("다") and f"{part[:-1]}-" in self.stems)

    def _counted(self, stem: str) -> bool:
        parts = numeral_parts(stem)
        return bool(parts) and self.numerals.issuperset(parts or ())

    def _inflected(self, word: str) -> bool:
        """영어의 규칙 변화(-s, -ed, -ing, 's)만 다른 단어를 배웠는지."""
        return any(other in self.others for base in english_bases(word) for other in (base, *english_forms(base)))

    def note(self, text: str) -> str:
        """글에 있는 모르는 단어를 말하는 한 줄. 다 아는 단어면 빈 글이에요."""
        found = self.unknown(text)
        return f"훈련 데이터에 없던 단어: {', '.join(found)}" if found else ""

    def save(self, folder: Path) -> None:
        """실행 폴더에 적어요. 쓰지 못하면 UserError예요."""
        saved = {"format": FORMAT} | {name: sorted(value) for name, value in vars(self).items()}
        data = json.dumps(saved, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            with replacing(folder / FILE_NAME) as temporary:
                temporary.write_bytes(gzip.compress(data, mtime=0))
        except OSError as error:
            raise UserError(
                f"{folder / FILE_NAME}에 쓰지 못했어요({error.strerror}). 디스크를 확인해 주세요."
            ) from None

    @classmethod
    def load(cls, folder: Path) -> KnownWords | None:
        """실행 폴더의 목록. 이 파일이 생기기 전의 실행이거나 읽을 수 없으면 None이에요."""
        try:
            saved = json.loads(gzip.decompress((folder / FILE_NAME).read_bytes()))
            if saved.pop("format") != FORMAT:
                return None
            return cls(**saved)
        except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError):
            return None


def split(text: str) -> Iterator[tuple[str, bool]]:
    """글을 단어로. 둘째 값은 한글이 아닌 앞의 단어에 띄지 않고 이어 썼는지예요."""
    text, end = clean_text(text), 0
    for found in _WORD.finditer(text):
        start, before = found.start(), text[end - 1 : end]
        yield found.group(), bool(before) and start == end and before.isalnum() and not _HANGUL.match(before)
        end = found.end()


def _best(found: Iterable[Form], explained: Mapping[str, set[tuple[str, ...]]]) -> Iterator[Form]:
    """나눔들 가운데 가장 많은 꼴로 쓰인 어간의 것. 체언과 조사, 체언과 '이다', 용언에서 저마다 하나씩(같으면 모두) 골라요.

    '고양이'는 '고양이를, 고양이는'으로도 쓰여서, 모르는 체언 '고양'에 조사가 붙은 것으로 배우지 않아요.
    """
    kinds: dict[str, list[Form]] = defaultdict(list)
    for form in found:
        kinds[form.kind].append(form)
    most = {kind: max(len(explained[form.stem]) for form in rivals) for kind, rivals in kinds.items()}
    if 2 * most.get(VERB, 0) < most[NOUN]:
        kinds.pop(VERB, None)  # '문은'은 '먹은'처럼도 보이지만 '문을, 문이'가 있어 체언이에요.
    for kind, rivals in kinds.items():
        yield from (form for form in rivals if len(explained[form.stem]) == most[kind])


def _stored(word: str) -> list[str]:
    """한글이 아닌 단어를 적는 꼴. 대소문자는 가리지 않고, 수는 숫자 하나하나예요."""
    return [f"#{digit}" for digit in word] if word.isdigit() else [word.casefold()]


_SHORTEST = 3  # 이보다 짧은 것은 영어의 기본형로 보지 않아요.


def english_bases(word: str) -> Iterator[str]:
    """영어의 규칙 변화를 벗긴 꼴들. 그 자신이 처음이에요: studies → study, running → run, makes → make."""
    yield word
    for ending in ("'s", "’s", "ies", "ied", "es", "s", "ed", "ing"):
        base = word.removesuffix(ending)
        if base == word or len(base) < _SHORTEST:
            continue
        if ending in ("ies", "ied"):
            yield base + "y"
            continue
        yield base
        if ending in ("ed", "ing"):
            yield base + "e"
            if base[-1] == base[-2]:
                yield base[:-1]


def english_forms(base: str) -> Iterator[str]:
    """기본형의 규칙 변화들: study → studies, studied, studying."""
    if len(base) < _SHORTEST or not base.isascii():
        return
    stem, doubled = base.removesuffix("e"), base + base[-1]
    yield from (base + ending for ending in ("s", "es", "'s", "ed", "ing"))
    yield from (stem + ending for ending in ("ed", "ing"))
    yield from (doubled + ending for ending in ("ed", "ing"))
    if base.endswith("y"):
        yield from (base[:-1] + ending for ending in ("ies", "ied"))


def no_list(folder: Path) -> str:
    """단어의 목록이 없는 실행 폴더에 대해 할 말."""
    return (
        f"{folder}에는 훈련 데이터의 단어 목록이 없어서 모르는 단어를 알려 드릴 수 없어요. 새로 학습한 실행에는 있어요."
    )
