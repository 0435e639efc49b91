"""파일과 폴더의 이름에서 사람의 이름만 남겨요: 레슨의 이름, 사본의 표시, `최종`이나 `과제` 같은 말을 빼요."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from autograder.exercises import LESSONS

# 드라이브, 주피터, 브라우저, 운영체제가 사본에 붙이는 말
COPY = re.compile(
    r"(?:^copy of |^사본\s*-\s*|\s*의 사본|\s*-\s*(?:복사본|사본|copy)\b|-copy\d+|\s*\(\d+\)|-checkpoint)",
    re.IGNORECASE,
)
_EXTENSION = re.compile(r"(?:\.ipynb|\.txt|\.json|\.zip)", re.IGNORECASE)
_LESSON = {lesson: re.compile(lesson.replace("_", r"[_\- ]?"), re.IGNORECASE) for lesson in LESSONS}
_LESSON_WORDS = {word for lesson in LESSONS for word in lesson.split("_")}
_SEPARATOR = re.compile(r"[\s_\-–—()\[\],+~]+")
# 사람의 이름이 아니라 과제, 분반, 판을 말하는 말
_GENERIC = re.compile(
    r"(?:제?\d{1,2}|\d{1,2}(?:주차?|차시?|장|회차?|번)|(?:과제|숙제|실습|레슨|주차|차시)물?\d*|\d*(?:과제|숙제|실습|레슨)물?|"
    r"\d{1,2}(?:분반|반|조)|[가-하a-z]반|분반\d*|\d{4}(?:학?년도?)?|\d{4}[.-]?\d?학기|[12]학기|학기|"
    r"제출물?|제출함|최종본?|진짜|찐|완성본?|완료|수정본?|재제출|답안?|풀이|노트북|파일|폴더|다운로드|받은|모음|학급|수업|강의|자료|새|"
    r"(?:assignment|homework|hw|lab|week|lesson|section|group|class|submission|submit)s?\d*|"
    r"submitted|final\d*|done|copy\d*|version|ver\d*|v\d+|untitled\d*|notebooks?|downloads?|desktop|documents|files?|"
    r"temp|tmp|new|my|works?|data|drive|course|study|transformer|main|master|project|ipynb)",
    re.IGNORECASE,
)
# 코스의 폴더들. 사람의 이름이 아니고, 이 아래는 낸 사람의 것이에요.
COURSE_FOLDERS = {
    "study", "lessons", "build", "solutions", "backup", "backups", "recorded", "release", "autograder", "reference",
    "tests", "runs", "classroom", "replaced", "autograded", "feedback", "source", ".ipynb_checkpoints",
}  # fmt: skip
_HANDED_IN = {"submitted", "submissions"}


def lesson_of_name(name: str) -> str | None:
    """이름에 적힌 레슨. 없거나 둘이면 None이에요."""
    found = [lesson for lesson, pattern in _LESSON.items() if pattern.search(name)]
    return found[0] if len(found) == 1 else None


def is_copy(file: str) -> bool:
    """사본의 표시가 붙은 이름인지."""
    return bool(COPY.search(_EXTENSION.sub("", PurePosixPath(file).name)))


def is_generic(word: str) -> bool:
    """사람이 아니라 과제나 분반을 말하는 이름인지."""
    parts = [part for part in _SEPARATOR.split(word) if part]
    return all(_GENERIC.fullmatch(part) or part.casefold() in _LESSON_WORDS for part in parts)


def person_in(file: str, shared: Collection[str] = ()) -> str:
    """파일 이름에 적힌 사람. `shared`는 모든 파일에 있어서 사람을 가리지 못하는 말이에요. 없으면 빈 글이에요."""
    stem = COPY.sub(" ", _EXTENSION.sub("", PurePosixPath(file).name))
    for pattern in _LESSON.values():
        stem = pattern.sub(lambda found: "/" * len(found.group()), stem)  # 파일 이름에 없는 글자로 지워 자리를 지켜요.
    kept = [
        match
        for match in re.finditer(r"[^\s_\-–—()\[\],+~/]+", stem)
        if not is_generic(match.group()) and match.group().casefold() not in shared
    ]
    if not kept:
        return ""
    whole = stem[kept[0].start() : kept[-1].end()]
    if re.sub(r"[\s_\-–—()\[\],+~]", "", whole) == "".join(match.group() for match in kept):
        return whole.strip()
    return "_".join(match.group() for match in kept)


def shared_words(files: Sequence[str]) -> frozenset[str]:
    """레슨의 이름이 적히지 않은 파일들의 이름에 모두 있는 말(`5주차과제_홍길동`의 5주차과제)."""
    if len(set(files)) < 2 or any(lesson_of_name(file) for file in files):
        return frozenset()
    words = [{word.casefold() for word in _SEPARATOR.split(_EXTENSION.sub("", file)) if word} for file in files]
    return frozenset(set.intersection(*words))


def folders_of(path: str) -> list[str]:
    """경로에서 사람일 수 있는 폴더들. 코스의 폴더를 만나면 그 아래는 보지 않아요."""
    found = []
    for part in PurePosixPath(path).parts[:-1]:
        if part.casefold() in COURSE_FOLDERS:
            break
        if part.casefold() not in _HANDED_IN and not lesson_of_name(part):
            found.append(part)
    return found
