"""명단 없이 이름으로 잇기와, 사람을 알아보기 전에 모은 폴더를 지금의 이름으로 옮기기."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from support.archives import FILE, OTHER, OTHER_FILE, distinct, put
from support.classes import LESSON, contents
from support.marking import hand_in_answers, hand_marks
from support.marking import scores as scores_of

from autograder.classroom.deadlines import read_deadlines, set_due, set_extension
from autograder.classroom.folder import Classroom
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_reader import by_student, read_scores
from autograder.classroom.identities import carry_results, read_identities
from autograder.classroom.receipts import read_receipts
from autograder.classroom.renamed import carry_moves
from autograder.cli import run
from autograder.collecting.collect import Collected, CollectError, collect

ROSTER = "학번,이름\n20260001,홍길동\n20260002,김하늘\n"


def moodle(folder: Path, lesson: str, *people: tuple[str, int], name: str = "") -> Path:
    file = FILE if lesson == LESSON else OTHER_FILE
    files = {
        f"{who}_{number}_assignsubmission_file_/{file}": distinct(n, lesson) for n, (who, number) in enumerate(people)
    }
    return put(folder, files, name or f"{lesson}.zip")


def roster(folder: Path) -> Path:
    (folder / "명단.csv").write_text(ROSTER, encoding="utf-8")
    return folder / "명단.csv"


def students(room: Classroom) -> set[str]:
    return {"/".join(path.split("/")[:2]) for path in contents(room.submitted)}


def take(folder: Path, room: Classroom, lesson: str, *people: tuple[str, int], **options: object) -> Collected:
    return collect(moodle(folder, lesson, *people), room, **options)


def test_a_unique_name_is_one_person_in_every_lesson(tmp_path: Path) -> None:
    room = Classroom(tmp_path / "class")
    take(tmp_path, room, LESSON, ("홍길동", 11), ("김하늘", 12), by_name=True)
    later = take(tmp_path, room, OTHER, ("홍길동", 21), ("이바다", 22))  # 학급이 기억해요.
    assert students(room) == {f"홍길동/{LESSON}", f"김하늘/{LESSON}", f"홍길동/{OTHER}", f"이바다/{OTHER}"}
    assert read_receipts(room, OTHER)["홍길동"].lms_id == "21"  # 돌려줄 때는 LMS의 번호예요.
    assert "Moodle의 번호" not in " ".join(later.notes)


def test_what_was_collected_before_the_choice_is_carried_over(tmp_path: Path) -> None:
    room = Classroom(tmp_path / "class")
    take(tmp_path, room, LESSON, ("홍길동", 11), ("김하늘", 12))
    take(tmp_path, room, OTHER, ("홍길동", 21))
    assert len(students(room)) == 3
    again = take(tmp_path, room, OTHER, ("홍길동", 21), by_name=True)
    assert students(room) == {f"홍길동/{LESSON}", f"김하늘/{LESSON}", f"홍길동/{OTHER}"}
    assert again.same == [("홍길동", OTHER)] and "홍길동_11 → 홍길동(레슨 05)" in " ".join(again.notes)
    assert set(read_receipts(room, LESSON)) == {"홍길동", "김하늘"} and not list(room.submitted.glob("*_*"))


@pytest.mark.parametrize("other", ["홍길동", "홍 길동", "홍길동."])
def test_two_of_one_name_stop_it_and_nothing_changes(tmp_path: Path, other: str) -> None:
    room = Classroom(tmp_path / "class")
    take(tmp_path, room, LESSON, ("홍길동", 11), by_name=True)
    before = contents(room.path)
    with pytest.raises(CollectError, match=r"홍.?길동.*--roster"):
        take(tmp_path, room, OTHER, ("홍길동", 21), (other, 22))
    assert contents(room.path) == before


def test_namesakes_seen_once_are_never_merged_later(tmp_path: Path) -> None:
    """두 사람이 서로 다른 레슨을 잘못 낸 것처럼, 레슨마다는 하나여도 한 압축 파일에서는 둘이었어요."""
    room = Classroom(tmp_path / "class")
    files = {
        f"홍길동_11_assignsubmission_file_/{FILE}": distinct(1),
        f"홍길동_12_assignsubmission_file_/{OTHER_FILE}": distinct(2, OTHER),
    }
    first = collect(put(tmp_path, files), room)
    assert "이름이 같은 사람이 있어서(홍길동)" in first.notes[-1] and "--by-name" not in first.notes[-1]
    with pytest.raises(CollectError, match="홍길동"):
        take(tmp_path, room, "06_multi_head", ("김하늘", 31), by_name=True)
    # 명단이 있어도 둘 가운데 누구인지 몰라서 앞의 폴더를 옮기지 않아요.
    take(tmp_path, room, LESSON, ("김하늘", 32), roster=roster(tmp_path))
    assert students(room) == {f"홍길동_11/{LESSON}", f"홍길동_12/{OTHER}", f"20260002/{LESSON}"}


def test_two_sections_of_one_lesson_are_not_one_class(tmp_path: Path) -> None:
    room = Classroom(tmp_path / "class")
    take(tmp_path, room, LESSON, ("홍길동", 11), by_name=True)
    with pytest.raises(CollectError, match="홍길동"):
        take(tmp_path, room, LESSON, ("홍길동", 99))
    together = [moodle(tmp_path, LESSON, ("김하늘", number), name=f"{number}.zip") for number in (1, 2)]
    with pytest.raises(CollectError, match="김하늘"):
        collect(together, Classroom(tmp_path / "other"), by_name=True)


def test_a_roster_takes_the_old_folders_over(tmp_path: Path) -> None:
    room = Classroom(tmp_path / "class")
    take(tmp_path, room, LESSON, ("홍길동", 11), ("손님", 12))
    set_due(room, LESSON, datetime(2026, 12, 1, 18).astimezone())
    set_extension(room, LESSON, "홍길동_11", datetime(2026, 12, 8, 18).astimezone())
    done = take(tmp_path, room, OTHER, ("홍길동", 21), roster=roster(tmp_path), by_name=True)
    assert students(room) == {f"20260001/{LESSON}", f"손님_12/{LESSON}", f"20260001/{OTHER}"}
    assert done.moved == (("홍길동_11", "20260001", LESSON),) and any("--by-name" in note for note in done.notes)
    assert read_deadlines(room)[LESSON].extensions["20260001"] == datetime(2026, 12, 8, 18).astimezone()
    assert not read_identities(room).by_name


def test_nothing_is_overwritten_by_carrying(tmp_path: Path) -> None:
    room = Classroom(tmp_path / "class")
    take(tmp_path, room, LESSON, ("홍길동", 11))
    there = room.submitted / "20260001" / LESSON / FILE
    there.parent.mkdir(parents=True)
    there.write_bytes(b"mine")
    done = take(tmp_path, room, OTHER, ("홍길동", 21), roster=roster(tmp_path))
    assert done.doubled == (("홍길동_11", "20260001", LESSON),) and there.read_bytes() == b"mine"
    assert any("홍길동_11 → 20260001(레슨 05)" in note and "두 폴더" in note for note in done.notes)
    assert (room.submitted / "홍길동_11" / LESSON / FILE).exists()


def test_marks_given_by_hand_follow_the_person(tmp_path: Path) -> None:
    room = Classroom(tmp_path / "class")
    take(tmp_path, room, LESSON, ("홍길동", 11), ("김하늘", 12))
    hand_in_answers(room, {"홍길동_11": "평평해져요", "김하늘_12": "몰라요", "20260002": "앞서 채점한 것"})
    room.feedback("홍길동_11", LESSON).parent.mkdir(parents=True)
    room.feedback("홍길동_11", LESSON).write_text("옛 피드백")
    with open_gradebook(room.db_url()) as gradebook:
        grade = gradebook.find_grade("reflection", LESSON, LESSON, "홍길동_11")
        grade.manual_score, grade.needs_manual_grade = 4.0, False
        gradebook.db.commit()
    before = room.load("홍길동_11", LESSON)
    take(tmp_path, room, LESSON, ("홍길동", 11), roster=roster(tmp_path))
    assert hand_marks(room)["홍길동_11"][0] == 4.0  # 성적부는 채점이 옮겨요.
    with open_gradebook(room.db_url()) as gradebook:
        carry_moves(room, gradebook, tmp_path)  # 다른 폴더를 채점하는 것이면 그대로예요.
        assert "홍길동_11" in by_student(read_scores(gradebook))
        carry_results(room, tmp_path)
        assert room.load("홍길동_11", LESSON) == before
        for _ in range(2):
            carry_results(room, room.submitted)
            carry_moves(room, gradebook, room.submitted)
    # 새 이름으로 채점한 것이 이미 있던 김하늘의 옛 점수는 덮어쓰지 않고 남아요.
    assert set(scores_of(room)) == {"20260001", "20260002", "김하늘_12"}
    assert hand_marks(room)["20260001"] == (4.0, "", False)
    # 결과와 사본도 옮겨서 다시 채점하지 않아요.
    after = room.load("20260001", LESSON)
    assert before and after and after.key == before.key and {mark.student for mark in after.marks} == {"20260001"}
    assert room.autograded("20260001", LESSON).is_file() and not (room.path / "autograded" / "홍길동_11").exists()
    assert room.load("홍길동_11", LESSON) is None and not room.feedback("홍길동_11", LESSON).exists()
    assert read_identities(room).moves == ()


def test_the_summary_says_exactly_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    moodle(tmp_path, LESSON, ("홍길동", 11), name="받은 것.zip")
    assert run(["collect", "받은 것.zip", "--lesson", "5", "--classroom", "우리 반"]) == 0
    said = capfd.readouterr().out
    line = "python3 course.py collect '받은 것.zip' --lesson 5 --classroom '우리 반'"
    assert f"`{line} --roster 명단.csv`" in said and f"`{line} --by-name`" in said
    assert run(["collect", "받은 것.zip", "--lesson", "5", "--classroom", "우리 반", "--by-name"]) == 0
    assert "홍길동_11 → 홍길동" in capfd.readouterr().out and (tmp_path / "우리 반/submitted/홍길동").is_dir()
