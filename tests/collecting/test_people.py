"""명단: 학번, 이메일, 이름의 차례로 잇고, 하나로 정해지지 않으면 잇지 않고 그렇게 말해요."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.archives import FILE, class_of, put, take
from support.classes import LESSON

from autograder.classroom.folder import Classroom, ClassroomError
from autograder.classroom.receipts import read_receipts
from autograder.classroom.roster import Person, find_by_name, find_person, read_people, read_roster
from autograder.collecting.collect import collect
from autograder.collecting.matching import CONTRADICTION, NAMESAKE, SHARED, STRANGER
from autograder.collecting.pieces import CollectError

ROSTER = """학번,이름,분반,이메일
20260001,홍길동,1,hong@snu.ac.kr
20260002,김하늘,1,
20260003,김하늘,2,
20260004,Gildong Lee,2,
"""


def roster(folder: Path, text: str | bytes = ROSTER) -> Path:
    path = folder / "명단.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "written",
    [
        "학번,이름,분반\n20260001,홍길동,1\n".encode("utf-8-sig"),
        "학번;이름;분반\r\n20260001;홍길동;1\r\n".encode("cp949"),
        "id\tname\tsection\n20260001\t홍길동\t1".encode(),
        "\n이름,SIS User ID,Section\n홍길동,20260001,1\n\n".encode(),
        "First name,Last name,ID number,Group\n길동,홍,20260001,1\n".encode(),
        '"학번","이름","분반"\n"20260001"," 홍길동 ","1"\n'.encode("utf-16"),
    ],
)
def test_rosters_of_many_kinds_are_read(tmp_path: Path, written: bytes) -> None:
    assert read_people(roster(tmp_path, written)) == (Person("20260001", "홍길동", "1"),)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("이름,분반\n홍길동,1\n", "1번째 줄에 학번"),
        ("학번,이름\n1,가\n,나\n", "3번째 줄에 학번"),
        ("학번,이름\n1,가\n2,나\n1,다\n", "4번째 줄: 학번 `1`"),
        ('학번,이름\n1,"가\n', "2번째 줄을 CSV로"),
        ("학번,이름\n", "1번째 줄(제목) 다음에 사람이 없어요"),
        (b"\x81\x00\xff\xfe\x00", "CSV UTF-8"),
    ],
)
def test_a_roster_that_cannot_be_read_names_the_line(tmp_path: Path, written: str | bytes, said: str) -> None:
    with pytest.raises(ClassroomError) as error:
        read_people(roster(tmp_path, written))
    assert said in str(error.value)


def test_an_ambiguous_name_is_never_guessed(tmp_path: Path) -> None:
    people = read_people(roster(tmp_path))
    assert find_by_name(people, "김하늘") is None and find_person(people, "20260002") == people[1]
    assert find_person(people, "HONG@snu.ac.kr") == find_person(people, " 홍 길동") == people[0]
    assert find_by_name(people, "leegildong") == people[3] and read_roster(Classroom(tmp_path)) == ()


def test_people_are_found_on_the_roster(tmp_path: Path) -> None:
    names = (
        "홍길동_11_assignsubmission_file_",
        "leegildong_12_assignsubmission_file_",
        "20260002 김하늘_13_assignsubmission_file_",
        "김하늘_14_assignsubmission_file_",
        "손님_15_assignsubmission_file_",
        "20260004 홍길동_16_assignsubmission_file_",
    )
    taken, room = take(
        tmp_path, class_of(*(f"{name}/{FILE}" for name in names)), roster=roster(tmp_path), lesson=LESSON
    )
    students = {student for student, _ in taken.taken}
    assert students == {"20260001", "20260004", "20260002", "김하늘_14", "손님_15", "20260004 홍길동_16"}
    assert taken.strangers == {"김하늘_14": NAMESAKE, "손님_15": STRANGER, "20260004 홍길동_16": CONTRADICTION}
    assert [person.id for person in taken.missing[LESSON]] == ["20260003"]
    receipt = read_receipts(room, LESSON)["20260001"]
    assert (receipt.lms, receipt.lms_id, receipt.name, receipt.archive) == ("moodle", "11", "홍길동", "in.zip")
    assert receipt.entry == f"{names[0]}/{FILE}" and read_roster(room)[0].name == "홍길동"


def test_a_class_that_nobody_on_the_roster_is_in_is_asked_about(tmp_path: Path) -> None:
    files = class_of(f"박남남_11_assignsubmission_file_/{FILE}", f"최남남_12_assignsubmission_file_/{FILE}")
    with pytest.raises(CollectError, match="아무와도 이어지지 않아서 아무것도 넣지 않았어요.*--strangers"):
        take(tmp_path, files, roster=roster(tmp_path))
    room = Classroom(tmp_path / "class")
    assert not room.submitted.exists() and read_roster(room) == ()
    taken, _ = take(tmp_path, files, roster=roster(tmp_path), strangers=True)
    assert len(taken.taken) == 2 and set(taken.strangers.values()) == {STRANGER}


def test_two_of_one_name_in_the_lms_are_never_one_person(tmp_path: Path) -> None:
    files = class_of(f"홍길동_11_assignsubmission_file_/{FILE}", f"홍길동_12_assignsubmission_file_/{FILE}")
    taken, _ = take(tmp_path, files, roster=roster(tmp_path))
    assert taken.strangers == {"홍길동_11": SHARED, "홍길동_12": SHARED} and len(taken.taken) == 2
    # 다른 과제의 압축 파일에서는 같은 사람도 번호가 달라요.
    room = Classroom(tmp_path / "other")
    paths = [put(tmp_path, {name: content}, f"{n}.zip") for n, (name, content) in enumerate(files.items())]
    assert {student for student, _ in collect(paths, room, roster=roster(tmp_path)).taken} == {"20260001"}


def test_the_roster_decides_between_two_readings(tmp_path: Path) -> None:
    files = class_of(f"A/20260001/{FILE}", f"A/20260002/{FILE}", f"B/20260003/{FILE}")
    assert len(take(tmp_path, files, roster=roster(tmp_path))[0].taken) == 3


def test_a_stranger_never_gets_a_place_of_the_roster(tmp_path: Path) -> None:
    """모순된 이름이 명단의 학번과 같은 폴더가 되지 않아요."""
    text = "학번,이름\nkim,홍길동\nlee,kim\n"
    taken, _ = take(tmp_path, class_of(f"kim/{FILE}", f"홍길동/{FILE}"), roster=roster(tmp_path, text))
    assert len({student for student, _ in taken.taken}) == 2 and len(taken.taken) == 2


def test_a_new_roster_keeps_the_old_one(tmp_path: Path) -> None:
    _, room = take(tmp_path, class_of(f"20260001/{FILE}"), roster=roster(tmp_path))
    again = roster(tmp_path, "학번\n20260001\n20260009\n")
    taken = collect([tmp_path / "in.zip"], room, roster=again)
    assert [person.id for person in taken.missing[LESSON]] == ["20260009"]
    assert [path.read_text() for path in (room.path / "replaced").glob("roster-*.csv")] == [ROSTER]
