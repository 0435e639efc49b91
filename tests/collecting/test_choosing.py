"""한 사람의 여럿 가운데 하나: 제자리의 답이 적힌 것을 고르고, 나머지는 참된 까닭으로 한 번 말해요."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.archives import FILE, OTHER, OTHER_FILE, course_folder, distinct, solved, take, untouched
from support.classes import LESSON, notebook

from autograder.collecting import choosing
from autograder.collecting.collect import OTHER_LESSON, CollectError
from autograder.collecting.summary import NAMES, summary

LATER, LATEST = (2026, 11, 21, 9, 0, 0), (2026, 11, 22, 9, 0, 0)


def chosen(tmp_path: Path, files: dict, **options: object) -> tuple[bytes, dict[str, list[str]]]:
    taken, room = take(tmp_path, {**files, f"lee/{FILE}": distinct(9)}, **options)
    return (room.submitted / "kim" / LESSON / FILE).read_bytes(), taken.skipped


def test_the_real_file_beats_every_copy(tmp_path: Path) -> None:
    """사본이 더 나중이어도 제자리의 바른 이름이에요."""
    real = solved()
    copies = (
        f"kim/{LESSON}-Copy1.ipynb",
        f"kim/.ipynb_checkpoints/{LESSON}-checkpoint.ipynb",
        f"kim/backup/{FILE}",
        f"kim/recorded/{FILE}",
    )
    files = {name: (distinct(n), LATEST) for n, name in enumerate(copies)}
    got, skipped = chosen(tmp_path, {**files, f"kim/{FILE}": real})
    assert got == real and sorted(n for names in skipped.values() for n in names) == sorted(copies)
    assert set(skipped) == {choosing.SECOND_COPY, choosing.TOOL_COPY}


def test_only_a_checkpoint_is_better_than_nothing(tmp_path: Path) -> None:
    assert chosen(tmp_path, {f"kim/.ipynb_checkpoints/{LESSON}-checkpoint.ipynb": solved()})[0] == solved()


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_equal_times_are_decided_by_name_and_said(tmp_path: Path, order: str) -> None:
    got, skipped = chosen(tmp_path, {f"kim/{name}/{FILE}": distinct(ord(name)) for name in order})
    assert got == distinct(ord("a")) and skipped == {choosing.SECOND_EQUAL: [f"kim/b/{FILE}"]}


def test_a_whole_course_folder_is_one_hand_in(tmp_path: Path) -> None:
    taken, _ = take(tmp_path, {**course_folder("s001/"), **course_folder("s002/")})
    assert taken.taken == [("s001", LESSON), ("s002", LESSON)]
    assert len(taken.skipped[choosing.UNTOUCHED]) == 4
    said = list(summary(taken, Path("classroom")))
    assert len(said) < 15 and all(len(line.split(", ")) <= NAMES + 1 for line in said)


def test_an_untouched_notebook_alone_is_a_hand_in(tmp_path: Path) -> None:
    assert take(tmp_path, {f"kim/{FILE}": untouched()})[0].taken == [("kim", LESSON)]


def test_a_wrong_lesson_is_named_and_kept_aside(tmp_path: Path) -> None:
    files = {
        f"kim/{FILE}": solved(),
        f"lee/{OTHER_FILE}": solved(OTHER),
        f"park/{FILE}": distinct(1, OTHER),
        f"choi/{FILE}": distinct(2),
        f"choi/{OTHER_FILE}": distinct(3, OTHER),
    }
    taken, room = take(tmp_path, files, lesson=LESSON)
    assert taken.taken == [("choi", LESSON), ("kim", LESSON)]
    assert taken.wrong_lesson == [("lee", OTHER), ("park", OTHER)] and taken.renamed == [("park", OTHER, LESSON)]
    assert taken.skipped == {OTHER_LESSON: [f"choi/{OTHER_FILE}"]}
    assert (room.path / "aside" / LESSON / "lee" / OTHER_FILE).read_bytes() == solved(OTHER)
    assert sorted(path.name for path in room.submitted.iterdir()) == ["choi", "kim"]


def test_stripped_metadata_still_names_the_lesson(tmp_path: Path) -> None:
    bare = notebook()
    for cell in bare["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    files = {"kim/과제.ipynb": json.dumps(bare).encode(), f"lee/{FILE}": b"", "park/일기.ipynb": b'{"cells": []}'}
    taken, _ = take(tmp_path, files)
    assert taken.taken == [("kim", LESSON), ("lee", LESSON)]  # 빈 파일도 낸 것이에요. 채점이 읽을 수 없다고 알려요.
    assert taken.skipped == {choosing.UNKNOWN_LESSON: ["park/일기.ipynb"]}


PEOPLE = st.sampled_from(["kim", "lee", "Kim", "김하늘", "김하늘2", "a b"])
SHAPES = st.sampled_from(
    [
        "{}/{}",
        "{}_{}",
        "{}_1_assignsubmission_file_/{}",
        "{}_12_345_{}",
        "반/{}/{}",
        "{} - {}",
        "x_{}_attempt_2026-11-20-10-11-12_{}",
    ]
)
FILES = st.sampled_from([FILE, OTHER_FILE, f"{LESSON}-Copy1.ipynb", f"sub/{FILE}"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shape=SHAPES, hand_ins=st.sets(st.tuples(PEOPLE, FILES), min_size=1, max_size=8))
def test_nobody_is_lost_or_merged(tmp_path_factory: pytest.TempPathFactory, shape: str, hand_ins: set) -> None:
    """받은 파일은 모두 넣었거나 이름을 불러 알렸어요. 다른 사람의 것이 한 사람에게 가지 않아요."""
    flat = "/{}" not in shape
    files = {shape.format(who, file.replace("sub/", "") if flat else file): who for who, file in hand_ins}
    folder = tmp_path_factory.mktemp("class")
    try:
        taken, room = take(
            folder, {name: distinct(n, OTHER if OTHER in name else LESSON) for n, name in enumerate(files)}
        )
    except CollectError:
        assert not (folder / "class" / "submitted").exists()
        return
    named = [name for names in taken.skipped.values() for name in names]
    kept = {path.read_bytes(): path.parts[-3] for path in room.submitted.rglob("*.ipynb")}
    homes: dict[str, set[str]] = {}
    for number, (name, who) in enumerate(files.items()):
        content = distinct(number, OTHER if OTHER in name else LESSON)
        assert (content in kept) != (name in named), name
        if content in kept:
            homes.setdefault(kept[content], set()).add(who)
    assert all(len(people) == 1 for people in homes.values()), homes
