"""맞춤법: 사전(hunspell-ko)과 우리의 말(`terms.txt`)에 없는 말은 틀린 말이에요.

`terms.txt`는 본보기의 조사와 어미를 따라가므로 '텐서을'처럼 조사가 틀린 것도 걸려요. 사전이 모르는 이음(뿐이에요, 마다의, -하다, -지다)은 아래의
꼬리를 떼고 다시 물어요. 사전에 없지만 맞는 꼴은 `forms.txt`에 한 줄씩 적어요.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from support.korean_text import spoken

HERE = Path(__file__).parent
TERMS, FORMS = HERE / "terms.txt", HERE / "forms.txt"

COPULA = r"(?:이|인|일|이었|였)?(?:에요|예요|라서요?|라고|라는|라면|라도?|고|거나|어도|어야|든|면|니까요?|지|지만|까요|데|며|던|에서)?"
TAILS = (
    # 명사에 붙는 것들: 뿐이에요, 마다의, 만으로도, 끼리는, 까지예요
    rf"(?:뿐|씩|쯤|마다|만|까지|부터|에서|으로|로|째|짜리|별|용|끼리|당|처럼|만큼|대로|라|이라|들|인지|은지|는지|던지|이나|나|요)+(?:이|은|는|을|를|의|가|와|과|도|에|에서|로|으로|든|나|든지|라도)?{COPULA}",
    r"(?:하|해|했|한|할|함|합|돼|되|된|될|됨|됐|받)[가-힣]{0,5}",  # 명사에 붙는 -하다, -되다, -받다
    r"(?:지|져|진|질|짐|졌)[가-힣]{0,4}",  # -아지다, -어지다
    r"(?:려고|려던|려다가|려는지|느냐에|었|았|던데|더라|구나|기만|게만|게요|고요|네요|면요|다면요|라면요|서요|서예요|도요|지요|까요|을까요)",
)


def words() -> dict[str, str]:
    """낱낱의 말에서 처음 나온 곳으로. 코드나 영어에 붙은 조각과 한 글자는 보지 않아요."""
    found: dict[str, str] = {}
    for where, text in spoken():
        for word in re.findall(r"(?<![\w가-힣`'\")\]}~-])[가-힣]{2,}(?![\w가-힣])", text):
            found.setdefault(word, where)
    return found


def misspelt(asked: Iterable[str]) -> set[str]:
    """사전과 우리의 말로 알아보지 못하는 것들."""
    unknown = _unknown(asked)
    fits = {
        word: {word[:-n] for n in range(1, len(word)) if any(re.fullmatch(tail, word[-n:]) for tail in TAILS)}
        for word in unknown
    }
    strange = _unknown({base for found in fits.values() for base in found})
    return {word for word in unknown if not (fits[word] - strange)}


def _unknown(asked: Iterable[str]) -> set[str]:
    run = subprocess.run(
        ["hunspell", "-d", "ko", "-p", str(TERMS), "-l", "-i", "utf-8"],
        input="\n".join(sorted(asked)),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.split())


def listed(path: Path) -> list[str]:
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


@cache
def _has_dictionary() -> bool:
    return (
        shutil.which("hunspell") is not None
        and b"/ko" in subprocess.run(["hunspell", "-D"], capture_output=True, input=b"", check=False).stderr
    )


@pytest.fixture(autouse=True)
def _dictionary() -> None:
    if not _has_dictionary():
        pytest.skip("한국어 맞춤법 사전(Debian의 hunspell, hunspell-ko)이 없어요.")


def test_everything_we_say_is_spelt_right() -> None:
    where = words()
    wrong = misspelt(where) - set(listed(FORMS))
    assert sorted(f"{word} ({where[word]})" for word in wrong) == []


@pytest.mark.parametrize(
    "word", ["됬어요", "몇일", "갯수", "최대값", "텐서을", "어텐션를", "사과을", "그리디과", "먹은는"]
)
def test_a_misspelt_word_is_found(word: str) -> None:
    assert misspelt([word]) == {word}


def test_the_lists_hold_nothing_dead() -> None:
    said = set(words())
    assert [form for form in listed(FORMS) if form not in said] == []
    terms = [line.split("/")[0] for line in listed(TERMS)]
    assert [term for term in terms if not any(word.startswith(term) for word in said)] == []
    assert terms == sorted(set(terms))
