"""LMS마다의 모양: 압축 파일 전체를 보고 하나로 정하고, 알 수 없으면 아무것도 바꾸지 않고 물어요."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.archives import FILE, OTHER, OTHER_FILE, class_of, course_folder, distinct, put, solved, take, zipped
from support.classes import LESSON, contents

from autograder.classroom.folder import Classroom
from autograder.collecting.collect import CollectError, collect

BLACKBOARD = "과제 5_{}_attempt_2026-11-20-10-11-1{}"
NOTICES = {
    BLACKBOARD.format(id, n) + ".txt": f"이름: 누구 ({id})\n".encode() for n, id in enumerate(("hong", "kim_02"))
}

# 모양의 이름: (파일들, LMS, 사람들)
LAYOUTS = {
    "moodle, 폴더로": (
        class_of(*(f"{who}_{n}_assignsubmission_file_/{FILE}" for who, n in (("홍 길동", 1), ("김하늘", 2), ("김하늘", 3)))),
        "moodle",
        ["홍 길동_1", "김하늘_2", "김하늘_3"],
    ),
    "moodle, 한 폴더에": (
        class_of(f"CS1-과제 5-77/홍길동_1_assignsubmission_file_{FILE}", f"CS1-과제 5-77/김하늘_2_assignsubmission_file_{FILE}"),
        "moodle",
        ["홍길동_1", "김하늘_2"],
    ),
    "moodle, 압축해서 낸 사람": (
        {"홍길동_1_assignsubmission_file_/hw.zip": zipped({f"김하늘/{FILE}": solved()})},
        "moodle",
        ["홍길동_1"],
    ),
    "moodle, 피드백과 함께": (
        {f"홍_1_assignsubmission_file_/{FILE}": solved(), f"홍_1_assignfeedback_file_/{FILE}": solved() + b" "},
        "moodle",
        ["홍_1"],
    ),
    "canvas": (
        class_of(f"honggildong_3321_881_{FILE}", f"kimhaneul_LATE_3322_882_{FILE}", f"kimhaneul_3323_883_{LESSON}-1.ipynb"),
        "canvas",
        ["honggildong_3321", "kimhaneul_3322", "kimhaneul_3323"],
    ),
    "canvas, 옛 모양": (
        class_of(f"hong-gildong-late_3321_881_{FILE}", f"kim-haneul_3322_882_{FILE}"),
        "canvas",
        ["hong-gildong_3321", "kim-haneul_3322"],
    ),
    "google, 앞에 이름": (
        class_of(*(f"레슨 5/{who} - {FILE}" for who in ("홍길동", "김하늘", "이바다"))),
        "google",
        ["홍길동", "김하늘", "이바다"],
    ),
    "google, 사본들": (
        class_of(
            f"과제함/{FILE}의 사본 - 홍길동",
            f"과제함/Copy of {LESSON}_김하늘.ipynb",
            f"과제함/사본 - 이바다 {FILE}",
            f"과제함/박 - {FILE}의 사본",
        ),
        "google",
        ["홍길동", "김하늘", "이바다", "박"],
    ),
    "google, 한 사람": ({f"5주차 모음/홍길동 - {FILE}": solved()}, "google", ["홍길동"]),
    "blackboard": (
        {**class_of(*(BLACKBOARD.format(id, n) + f"_{FILE}" for n, id in enumerate(("hong", "kim_02")))), **NOTICES},
        "blackboard",
        ["hong", "kim_02"],
    ),
    "blackboard, 알림 없이": (
        class_of(f"hw_kim_1_attempt_2026-11-20-10-11-12_{FILE}", f"hw_lee_1_attempt_2026-11-20-10-11-12_{FILE}"),
        "blackboard",
        ["kim_1", "lee_1"],
    ),
    "폴더": (class_of(f"submitted/s001/{LESSON}/{FILE}", f"submitted/s002/{LESSON}/{FILE}"), "folders", ["s001", "s002"]),
    "모두 든 폴더": (class_of(f"가을반/김하늘/{FILE}", f"가을반/이바다/sub/{FILE}"), "folders", ["김하늘", "이바다"]),
    "레슨마다의 폴더": (
        {**class_of(f"{LESSON}/김하늘/{FILE}", f"{LESSON}/이바다/{FILE}"), f"{OTHER}/김하늘/{OTHER_FILE}": solved(OTHER)},
        "folders",
        ["김하늘", "이바다"],
    ),
    "분반마다의 폴더": (class_of(*(f"{n}분반/{who}/{FILE}" for n, who in ((1, "kim"), (1, "lee"), (2, "park")))), "folders", ["kim", "lee", "park"]),
    "분반마다의 파일": (class_of(*(f"{n}분반/{who} - {FILE}" for n, who in ((1, "홍"), (1, "김"), (2, "이")))), "google", ["홍", "김", "이"]),
    "파일": (class_of(f"20260001_{FILE}", f"{LESSON}_20260002.ipynb"), "files", ["20260001", "20260002"]),
    "레슨을 적지 않은 파일": (class_of("5주차과제_홍길동.ipynb", "5주차과제_김철수.ipynb"), "files", ["홍길동", "김철수"]),
    "사람마다의 압축 파일": (
        {"홍길동.zip": zipped({f"내 것/{FILE}": solved()}), "김하늘.zip": zipped({FILE: distinct(1)})},
        "files",
        ["홍길동", "김하늘"],
    ),
    "한 번 더 묶은 것": (
        {"download.zip": zipped(class_of(*(f"{who}_{n}_assignsubmission_file_/{FILE}" for n, who in enumerate("홍김"))))},
        "moodle",
        ["홍_0", "김_1"],
    ),
    "코스 폴더째": ({**course_folder("s001/transformer-study/"), **course_folder("s002/")}, "folders", ["s001", "s002"]),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_each_layout_gives_its_people(tmp_path: Path, name: str) -> None:
    files, lms, people = LAYOUTS[name]
    taken, room = take(tmp_path, files)
    assert dict(taken.layouts) == {"in.zip": lms}
    assert sorted({student for student, _ in taken.taken}) == sorted(people)
    assert sorted(path.name for path in room.submitted.iterdir()) == sorted(people)


UNCLEAR = {
    "이름 없는 파일들": (class_of(f"과제방/{FILE}", f"과제방/{LESSON} (1).ipynb", f"과제방/{LESSON} (2).ipynb"), "--student"),
    "공동 폴더": ({f"과제5/{FILE}": solved()}, "--student"),
    "사람일 수 있는 폴더가 둘": (class_of(f"A/kim/{FILE}", f"A/lee/{FILE}", f"B/park/{FILE}"), "--layout folders2: 3명 (kim, lee, park)"),
    "통째로 낸 코스": (course_folder("transformer-study-main/"), "--student"),
    "이름을 바꾼 코스": (course_folder("attention2026/"), "--student"),
    "폴더 셋 아래의 하나": ({f"etc/outside/{FILE}": solved()}, "--layout folders1: 1명 (etc)"),
    "폴더와 파일의 이름이 다른 한 사람": ({f"drafts/홍길동 - {FILE}": solved()}, "--layout files: 1명 (홍길동)"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNCLEAR)
def test_what_cannot_be_known_is_asked_and_nothing_changes(tmp_path: Path, name: str) -> None:
    files, said = UNCLEAR[name]
    with pytest.raises(CollectError) as asked:
        take(tmp_path, files, lesson=LESSON)
    assert said in str(asked.value) and "아무것도 넣지 않았어요" in str(asked.value)
    assert contents(tmp_path / "class").keys() <= {".lock", ".gitignore"}


def test_the_answer_to_the_question_is_an_option(tmp_path: Path) -> None:
    files, _ = UNCLEAR["사람일 수 있는 폴더가 둘"]
    assert len(take(tmp_path, files, layout="folders2")[0].taken) == 3
    taken, _ = take(tmp_path, UNCLEAR["통째로 낸 코스"][0], student="s009")
    assert taken.taken == [("s009", LESSON)]
    with pytest.raises(CollectError, match="여러 사람"):
        take(tmp_path, LAYOUTS["폴더"][0], student="s009")
    for wrong in ("moodle", "folder", "folders9x"):
        with pytest.raises(CollectError, match="--layout"):
            take(tmp_path, LAYOUTS["폴더"][0], layout=wrong)


def test_a_folder_or_a_notebook_is_as_good_as_an_archive(tmp_path: Path) -> None:
    for name, content in LAYOUTS["분반마다의 폴더"][0].items():
        path = tmp_path / "받은 것" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content[0])
    (tmp_path / "받은 것/1분반/링크.ipynb").symlink_to(tmp_path / "in.zip")
    one = tmp_path / f"홍길동 - {FILE}"
    one.write_bytes(solved())
    taken = collect([tmp_path / "받은 것", one], Classroom(tmp_path / "class"))
    assert sorted(student for student, _ in taken.taken) == ["kim", "lee", "park", "홍길동"]
    assert [name for names in taken.skipped.values() for name in names] == ["1분반/링크.ipynb"]


def test_archives_of_one_name_stay_apart(tmp_path: Path) -> None:
    paths = []
    for number, section in enumerate("가나"):
        (tmp_path / section).mkdir()
        paths.append(put(tmp_path / section, {f"s00{number}/{FILE}": distinct(number)}))
    taken = collect(paths, Classroom(tmp_path / "class"))
    assert [source for source, _ in taken.layouts] == ["가/in.zip", "나/in.zip"] and len(taken.taken) == 2
