"""낸 폴더와 압축 파일로 하는 공격의 증거."""

from __future__ import annotations

import re
from pathlib import Path

from autograder.classroom.folder import Classroom
from autograder.collecting.collect import CollectError, collect
from autograder.grading.attempt import grade_submission
from autograder.grading.submissions import Submission
from support.attack_evidence import HONEST, honest_marks, measured, scored
from support.attacks import Archive, Layout
from support.tiny_lesson import SEED, shared_pool, tiny_setup


def prove_layout(attack: Layout, room: Path) -> None:
    """공격하는 폴더는 정해진 판정을 받고, 곁의 정직한 제출물은 그대로예요."""
    honest = room / "s001" / "tiny" / "tiny.ipynb"
    path = room / "s002" / "tiny" / "tiny.ipynb"
    for place in (honest, path):
        place.parent.mkdir(parents=True)
    honest.write_bytes(HONEST)
    attack.build(room, path)
    cost: dict[str, float] = {}
    with measured(cost):
        found = grade_submission(Submission("s002", "tiny", path, root=room), SEED, shared_pool(), tiny_setup())
    assert {mark.verdict for mark in found.marks} == {attack.verdict}, found.marks[0].message
    assert attack.words in found.marks[0].message
    assert cost["memory"] <= 64 and honest.read_bytes() == HONEST
    again = grade_submission(Submission("s001", "tiny", honest, root=room), SEED, shared_pool(), tiny_setup())
    assert {mark.exercise: scored(mark) for mark in again.marks} == {n: scored(m) for n, m in honest_marks().items()}


def prove_archive(attack: Archive, folder: Path) -> None:
    """압축 파일은 정해진 사람의 것만 남기고, 학급 폴더 밖에는 아무것도 쓰지 않아요."""
    inner = folder / "deep" / "deeper"
    inner.mkdir(parents=True)
    attack.build(inner / "in.zip")
    cost: dict[str, float] = {}
    room = Classroom(inner / "class")
    with measured(cost):
        try:
            taken = collect(inner / "in.zip", room).taken
        except CollectError as error:
            assert attack.refused or "--layout" in str(error)  # 누구의 것인지 알 수 없으면 아무것도 넣지 않고 물어요.
            taken = []
    # 어디서나 쓸 수 없는 이름은 지문을 붙인 이름이 되어(`grading/names.py`) 누구와도 섞이지 않아요.
    plain = {student for student, _ in taken if not re.search("~[0-9a-f]{16}$", student)}
    assert plain <= attack.taken, plain
    files = [path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()]
    assert not [path for path in files if path.is_symlink() or not path.is_file()]
    # 학급 폴더에 우리가 적는 것은 이뿐이에요: 낸 시각, 받은 기록, 잠금, git이 보지 않게 하는 파일.
    ours = {inner / "in.zip", room.path / ".gitignore", room.path / ".lock", *(room.path / "receipts").glob("*.json")}
    handed_in = {room.submitted / student / lesson / f"{lesson}.ipynb" for student, lesson in taken}
    stamps = {path.with_name("timestamp.txt") for path in handed_in}
    assert handed_in <= set(files) <= handed_in | stamps | ours, set(files) - handed_in - stamps - ours
    assert not [path for path in files if path.stat().st_mode & 0o6111]
    assert cost["memory"] <= 320, f"부모의 기억이 {cost['memory']:.0f} MiB 늘었어요."
