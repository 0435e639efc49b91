"""예행연습: LMS에서 받은 것 같은 압축 파일과 명단을 만들고, 한 주를 그대로 해 보고, 점수가 모두 예상과 같은지 견줘요.

모두 연습 학급의 폴더 하나에만 있어요. 다시 하면 그 폴더를 지우고 새로 만들어요.
"""

from __future__ import annotations

import json
import random
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from autograder.authoring.lesson_source import lesson_path, read_source
from autograder.authoring.simulated_class import (
    Answer,
    Learner,
    expected_marks,
    learner_notebook,
    mistaken,
    plan,
    sample_answer,
    solution_cells,
    write_answers,
)
from autograder.classroom.folder import Classroom
from autograder.classroom.marks_table import BOM
from autograder.classroom.practice import refuse_real
from autograder.console import typed
from autograder.errors import CourseError
from autograder.exercises import LESSONS, lesson_exercises
from autograder.files import private_folder, replacing, write_json, write_text
from autograder.layout import EXPECTED

FEWEST = 8  # 안 낸 사람, 다른 레슨을 낸 사람, 늦은 사람, 실수한 사람이 모두 있으려면
_NAMES = (
    "가온",
    "나래",
    "다솜",
    "라온",
    "마루",
    "바다",
    "새봄",
    "아라",
    "자람",
    "채움",
    "코코",
    "터울",
    "푸름",
    "하늘",
)
_SHARED = (1, 2, 3)  # 첫 실수는 모두, 둘째는 두 사람마다, 셋째는 세 사람마다 한 명이 해요.
_ONCE = {"perfect", "half", "untouched", "syntax"}  # 한 명씩만 있어요. 나머지는 모두 실수를 해요.
_NOTHING, _ELSEWHERE, _LATE = 0, 1, 2  # 낸 것이 없는 사람, 다른 레슨을 낸 사람, 늦은 사람의 자리


@dataclass(frozen=True)
class Rehearsal:
    """만든 것: 학급 폴더, 받은 것 같은 압축 파일, 명단, 마감."""

    classroom: Classroom
    lesson: str
    archive: Path
    roster: Path
    due: datetime


def prepare(folder: Path, students: int, lesson: str, seed: int = 0) -> Rehearsal:
    """연습 학급을 만들어요. 폴더가 실제 학급이거나 다른 것이 들어 있으면 CourseError예요."""
    if students < FEWEST:
        raise CourseError(f"연습 학급에는 {FEWEST}명 이상이 있어야 해요: `--students 12`처럼 적어 주세요.")
    room = Classroom(folder)
    _clear(room)
    room.prepare(practice=True)
    cast, elsewhere = _cast(lesson, students, random.Random(f"{seed}:{lesson}"))
    people = [(f"s{number:03d}", _name(number)) for number in range(1, students + 1)]
    # 지난주 금요일 저녁이 마감이에요. 시각은 사람마다 흩어져 있어요.
    due = datetime.now().replace(hour=18, minute=0, second=0, microsecond=0) - timedelta(days=2)
    handed_in: list[tuple[str, datetime, Mapping[str, Any]]] = []
    expected: list[dict[str, Any]] = []
    for number, ((id, name), learner) in enumerate(zip(people, cast, strict=True)):
        if number == _NOTHING:
            continue
        own = elsewhere if number == _ELSEWHERE else lesson
        when = (
            due + timedelta(hours=5) if number == _LATE else due - timedelta(hours=7 * (number % 9) + 1, minutes=number)
        )
        entry = f"{name}_{1000 + 37 * number}_assignsubmission_file_/{own}.ipynb"
        released = json.loads(lesson_path(own).read_text(encoding="utf-8"))
        handed_in.append((entry, when, learner_notebook(released, learner)))
        if own == lesson:
            expected += expected_marks(id, lesson, learner)
    archive, roster = room.path / f"{lesson}-moodle.zip", room.path / "roster.csv"
    _write_archive(archive, handed_in)
    rows = [f"{id},{name},{1 + number % 2}반" for number, (id, name) in enumerate(people)]
    write_text(roster, BOM + "\r\n".join(["학번,이름,분반", *rows, ""]))
    write_json(room.path / EXPECTED, expected)
    return Rehearsal(room, lesson, archive, roster, due.astimezone())


def differences(rehearsal: Rehearsal) -> list[str]:
    """예상과 다른 점수들을 한 줄씩. 모두 같으면 비어 있어요."""
    expected = {_key(mark): mark for mark in json.loads((rehearsal.classroom.path / EXPECTED).read_text("utf-8"))}
    found = {_key(mark.to_dict()): mark.to_dict() for r in rehearsal.classroom.results() for mark in r.marks}
    lines = [f"{who} {exercise}: 채점하지 않았어요." for who, _, exercise in sorted(expected.keys() - found.keys())]
    lines += [
        f"{who} {exercise}: 낸 적이 없는데 점수가 있어요."
        for who, _, exercise in sorted(found.keys() - expected.keys())
    ]
    for key in sorted(expected.keys() & found.keys()):
        wrong = [
            f"{what} {found[key][what]} (예상 {value})"
            for what, value in expected[key].items()
            if found[key][what] != value
        ]
        if wrong:
            lines.append(f"{key[0]} {key[2]}: {', '.join(wrong)}")
    return lines


def _key(mark: Mapping[str, Any]) -> tuple[str, str, str]:
    return mark["student"], mark["lesson"], mark["exercise"]


def _clear(room: Classroom) -> None:
    """전에 만든 연습 학급이면 지워요. 실제 학급이거나 다른 것이 있으면 건드리지 않아요."""
    refuse_real(room.path)
    if room.is_practice:
        with room.lock():  # 다른 명령이 쓰고 있으면 여기서 그쳐요.
            pass
        shutil.rmtree(room.path)
    elif room.path.exists() and (not room.path.is_dir() or any(room.path.iterdir())):
        raise CourseError(
            f"{typed(room.path)}에 다른 것이 있어요. 잃는 것이 없도록 비어 있는 폴더를 적어 주세요: `--out build/practice`"
        )
    private_folder(room.path)


def _cast(lesson: str, students: int, rng: random.Random) -> tuple[list[Learner], str]:
    """사람마다의 답과, 다른 레슨을 낼 사람의 레슨. 몇 사람은 같은 실수를 해서, 수업을 시작할 오해가 생겨요."""
    source = read_source(lesson)
    exercises, solved = lesson_exercises(lesson), solution_cells(source)
    elsewhere = next(one for one in reversed(LESSONS) if one != lesson)
    learners = plan(exercises, solved, students - _LATE, rng).learners
    right = {e.name: Answer(solved[e.name], "pass", 1.0) for e in exercises}
    with_mistakes = [e for e in exercises if e.mistakes and not e.bonus]
    chosen = rng.sample(with_mistakes, min(len(_SHARED), len(with_mistakes)))
    # 여럿이 똑같이 틀려야 다음 수업의 쪽이 그 줄을 보여 줘요.
    shared = [
        (every, e.name, mistaken(e, rng.choice(e.mistakes), rng)) for every, e in zip(_SHARED, chosen, strict=False)
    ]
    for number, learner in enumerate(one for one in learners if one.role not in _ONCE):
        learner.answers = right | {name: answer for every, name, answer in shared if number % every == 0}
    write_answers(learners, sample_answer(source))
    # 낸 것이 없는 사람과 다른 레슨을 낸 사람의 자리예요.
    return [Learner("nothing"), Learner("elsewhere", {}, "다른 레슨의 답이에요."), *learners], elsewhere


def _name(number: int) -> str:
    """지어낸 이름. 열네 사람이 넘으면 번호를 붙여요."""
    word, turn = _NAMES[(number - 1) % len(_NAMES)], (number - 1) // len(_NAMES)
    return f"연습{word}{turn + 1 if turn else ''}"


def _write_archive(path: Path, handed_in: Sequence[tuple[str, datetime, Mapping[str, Any]]]) -> None:
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as opened:
        for entry, when, notebook in handed_in:
            info = zipfile.ZipInfo(entry, when.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            opened.writestr(info, json.dumps(notebook, ensure_ascii=False))
