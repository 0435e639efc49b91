"""KoNLPy가 들고 오는 한국어 글과 형태소 분석기예요. 글은 Java 없이 읽고, 분석기는 Java가 없으면 그렇다고 알려 주고 None이 돼요."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autograder.environment import java
from autograder.errors import CourseError

TAGGERS = ("Okt", "Komoran", "Hannanum", "Kkma")

_HEADING = re.compile(r"^\s*(제\d+조(의\d+)?)?\s*(\([^)]*\))?\s*([①-⑳]|\d+\.)?\s*")  # 제1조, ①, 1.
_PLAIN = re.compile(r"[가-힣]+( [가-힣]+){3,}")


@cache
def read() -> str:
    """대한민국헌법과 법률안 열 편을 이은 글(약 65,000자)이에요. KoNLPy가 설치되지 않았으면 CourseError예요."""
    return (
        _law() + "\n" + "\n".join(path.read_text(encoding="utf-8") for path in sorted(_folder("kobill").glob("*.txt")))
    )


@cache
def sentences() -> list[str]:
    """헌법에서 한글과 빈칸만으로 된 4어절 이상의 문장들이에요. 쉼표와 마침표는 뺐어요."""
    pieces = [piece for line in _law().splitlines() for piece in re.split(r"(?<=다)\.", _HEADING.sub("", line))]
    plain = [piece.replace(",", "").strip() for piece in pieces]
    return [sentence for sentence in plain if _PLAIN.fullmatch(sentence)]


@cache
def tagger(name: str) -> Any | None:
    """형태소 분석기를 켜요(`TAGGERS` 가운데 하나). 켤 수 없으면 까닭을 한 문장으로 보여 주고 None을 돌려줘요.

    돌려준 것의 `morphs(문장)`은 형태소 목록, `pos(문장)`은 (형태소, 품사) 목록이에요. 다른 이름은 ValueError예요.
    """
    if name not in TAGGERS:
        raise ValueError(f"형태소 분석기는 {', '.join(TAGGERS)} 가운데 하나예요: {name!r}")
    if java.home() is None:
        print(
            f"{name}: 형태소 분석기를 돌릴 Java가 없어서 건너뛰어요. 실습은 그대로 이어 갈 수 있어요. 터미널에서 course setup을 실행하면 Java도 함께 설치돼요."
        )
        return None
    java.prepare()
    try:
        import konlpy.tag

        java.give_back_ctrl_c()  # 배우는 사람이 KoNLPy로 먼저 켰을 수 있어요.
        return getattr(konlpy.tag, name)()
    except Exception as error:  # JVM이 켜지다 만나는 오류는 종류가 제각각이에요.
        print(
            f"{name}: 형태소 분석기를 켜지 못해서 건너뛰어요({type(error).__name__}). 실습은 그대로 이어 갈 수 있어요."
            " 까닭은 터미널에서 `python3 course.py doctor`를 실행하면 알 수 있어요."
        )
        return None
    finally:
        java.give_back_ctrl_c()


def _folder(name: str) -> Path:
    spec = find_spec("konlpy")
    if spec is None or spec.origin is None:
        raise CourseError(
            "한국어 글이 들어 있는 KoNLPy가 없어요. 터미널에서 `python3 course.py setup`을 실행해 주세요."
        )
    return Path(spec.origin).parent / "data" / "corpus" / name


@cache
def _law() -> str:
    return (_folder("kolaw") / "constitution.txt").read_text(encoding="utf-8")
