"""코드, 영어, 숫자 뒤의 조사는 읽는 소리의 받침을 따라요."""

from __future__ import annotations

import re

import pytest
from support.korean_text import raw_texts

from autograder.wording import has_final, josa

WITH_FINAL = {"이에요", "을", "은", "이", "과", "으로"}
JOSA = re.compile(
    r"(?P<word>`[^`\n{}]+`|(?<![\w.`-])[A-Za-z][\w.-]*|(?<![\w.,])\d[\d.,]*)"
    r"(?P<josa>이에요|예요|을|를|은|는|이|가|과|와|으로|로)(?![가-힣])"
)


def wrong_josa(text: str) -> list[str]:
    """앞말과 어긋난 조사들."""
    return [found.group() for found in JOSA.finditer(text) if not _fits(found["word"].strip("`"), found["josa"])]


def _fits(word: str, mark: str) -> bool:
    if word.endswith(")"):  # 부르는 꼴은 함수의 이름으로도, 마지막 인자로도 읽어요.
        opened = _opening(word)
        readings = [word[:opened], re.split(r"[,=( ]", word[opened + 1 : -1])[-1]]
    else:
        readings = [re.split(r"\s", word)[-1]]
    readings = [one.strip("\"'_") for one in readings if re.search(r"[A-Za-z0-9가-힣][\"'_]*$", one)]
    return not readings or any(_agrees(one, mark) for one in readings)


def _opening(word: str) -> int:
    """마지막 괄호와 짝인 여는 괄호의 자리."""
    depth = 0
    for place in range(len(word) - 1, -1, -1):
        depth += (word[place] == ")") - (word[place] == "(")
        if depth == 0:
            return place
    return 0


def _agrees(word: str, mark: str) -> bool:
    if mark in ("으로", "로") and (word[-1] in "178lL" or word.endswith("le")):
        return mark == "로"  # 'ㄹ'로 끝나요.
    return has_final(word) == (mark in WITH_FINAL)


def test_every_josa_after_code_and_figures_agrees() -> None:
    wrong = sorted({f"{where}: {word}" for where, text in raw_texts() for word in wrong_josa(text)})
    assert wrong == []


@pytest.mark.parametrize("text", ["`x`을", "`len`를", "GPU을", "3를", "7으로", "`dtype`가", "softmax을", "`check`은"])
def test_a_wrong_josa_is_found(text: str) -> None:
    assert wrong_josa(f"여기 {text} 봐요.") == [text]


@pytest.mark.parametrize(
    ("word", "pair", "expected"),
    [
        ("`out`", "이/가", "`out`이"),
        ("`x.dtype`", "을/를", "`x.dtype`을"),
        ("`check`", "은/는", "`check`는"),
        ("`loop`", "과/와", "`loop`와"),
        ("README", "을/를", "README를"),
        ("t-SNE", "은/는", "t-SNE는"),
        ("NanumGothic", "을/를", "NanumGothic을"),
        ("week", "이/가", "week가"),
    ],
)
def test_messages_read_the_words_of_the_course(word: str, pair: str, expected: str) -> None:
    assert josa(word, pair) == expected
