"""닮은 답끼리 모아요. 뜻이 달라질 수 있는 글자는 지우지 않아요.

한 묶음(`Group`)은 빈칸, 문장 부호, 같은 자리의 조사(은/는/이/가, 을/를 …)만 다른 답이라 한 번에 채점해요.
한 무리(`groups`의 안쪽 목록)는 글이 거의 같은 묶음들이라 곁에 놓기만 해요.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process

ALIKE = 80.0  # 글의 닮은 정도(%)가 이만하면 한 무리예요.
COMPARED = 600  # 견줄 글자 수. 아주 긴 답이 시간을 다 쓰지 않게요.

# 받침이나 말버릇에 따라 달라질 뿐 하는 일이 같은 조사. 주어와 목적어처럼 하는 일이 다른 것은 합치지 않아요.
_JOSA = {
    **dict.fromkeys(("은", "는", "이", "가"), "가"),
    **dict.fromkeys(("을", "를"), "를"),
    **dict.fromkeys(("과", "와"), "와"),
    **dict.fromkeys(("으로", "로"), "로"),
}
_ENDING = re.compile(rf"(?<=[가-힣\w])({'|'.join(sorted(_JOSA, key=len, reverse=True))})$")
_BULLET = re.compile(r"(?m)^\s*(?:[-*+•·]|\d+[.)]|#+)\s+")
_POINT = re.compile(r"(?<!\d)\.|\.(?!\d)")  # 소수점은 남겨요.
_DROPPED = re.compile(r"[\s,!?…·'\"‘’“”`*_~$\\{}()\[\]]+")


@dataclass(frozen=True)
class Group:
    """함께 채점하는 답들. `students`는 이름의 차례이고, `texts`는 서로 다르게 적은 글(많은 차례)이에요."""

    students: tuple[str, ...]
    texts: tuple[str, ...]


def normal(text: str) -> str:
    """견줄 글: 정규형, 소문자, 빈칸과 부호를 지우고 조사를 하나로 맞춘 것. 부등호와 숫자는 남아요."""
    plain = _BULLET.sub(" ", unicodedata.normalize("NFKC", text).casefold())
    words = (_DROPPED.sub("", _POINT.sub("", word)) for word in plain.split())
    return "".join(_ENDING.sub(lambda found: _JOSA[found[1]], word) for word in words)


def groups(answers: Mapping[str, str]) -> list[list[Group]]:
    """학생마다의 답을 무리와 묶음으로. 사람이 많은 무리가 먼저이고, 같은 답들이면 언제나 같은 차례예요."""
    same: dict[str, list[str]] = {}
    for student in sorted(answers):
        # 부호뿐인 답은 지우면 모두 같아져서, 적은 그대로 견줘요.
        same.setdefault(normal(answers[student]) or answers[student], []).append(student)
    leaders: dict[str, str] = {}
    crowds: dict[str, list[str]] = {}
    for key in sorted(same, key=lambda key: (-len(same[key]), key)):
        short = key[:COMPARED]
        found = process.extractOne(short, leaders, scorer=fuzz.ratio, score_cutoff=ALIKE)
        leader = found[2] if found else key
        if found is None:
            leaders[key] = short
        crowds.setdefault(leader, []).append(key)
    made = [[_group(same[key], answers) for key in keys] for keys in crowds.values()]
    return sorted(made, key=lambda crowd: -sum(len(group.students) for group in crowd))


def _group(students: list[str], answers: Mapping[str, str]) -> Group:
    texts = [answers[student] for student in students]
    return Group(tuple(students), tuple(sorted(set(texts), key=lambda text: (-texts.count(text), text))))
