"""성적부: nbgrader와 같은 행, 손 채점 지키기, 반쪽 파일 고치기, 감점, 점수표."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

import pytest
from nbgrader import api
from traitlets.config import Config

from autograder.classroom.gradebook import Entry, GradebookError, open_gradebook
from autograder.classroom.gradebook_reader import read_scores
from autograder.classroom.gradebook_writer import apply_late_penalties, register_lesson, save_entries
from autograder.classroom.marks_table import marks_csv
from autograder.grading.lesson_cells import lesson_cells
from autograder.grading.results import Mark

LESSON = "05_attention_math"
CELLS = lesson_cells(LESSON)
EXERCISES = [cell.exercise for cell in CELLS.graded if cell.exercise]


def entry(student: str, score: float = 5.0, answered: bool = True, **options: object) -> Entry:
    marks = [Mark(student, LESSON, name, score, 10.0, "partial", None, f"{name} 메시지") for name in EXERCISES]
    return Entry(student, LESSON, marks, {"reflection": answered}, **options)


@pytest.fixture
def gradebook(tmp_path: Path):
    with open_gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as found:
        register_lesson(found, CELLS)
        yield found


def test_the_released_notebook_fills_the_gradebook(gradebook: api.Gradebook) -> None:
    register_lesson(gradebook, CELLS)  # 두 번 올려도 같아요.
    notebook = gradebook.find_notebook(LESSON, LESSON)
    assert {cell.name for cell in notebook.grade_cells} == {f"check_{name}" for name in EXERCISES} | {"reflection"}
    assert {cell.name for cell in notebook.solution_cells} == {*EXERCISES, "reflection"}
    assert notebook.max_score == 100
    assert all(cell.checksum for cell in notebook.source_cells)
    assert {cell.name for cell in notebook.source_cells if cell.locked} == {f"check_{name}" for name in EXERCISES}


def test_rows_are_those_that_nbgrader_makes(gradebook: api.Gradebook) -> None:
    gradebook.update_or_create_student("stock")
    stock = gradebook.update_or_create_submission(LESSON, "stock")
    save_entries(gradebook, CELLS, [entry("ours")])
    ours = gradebook.find_submission(LESSON, "ours")

    def shape(submission: api.SubmittedAssignment) -> tuple[set[str], set[str]]:
        (notebook,) = submission.notebooks
        return {grade.name for grade in notebook.grades}, {comment.name for comment in notebook.comments}

    assert shape(ours) == shape(stock)
    assert gradebook.find_grade("check_softmax", LESSON, LESSON, "ours").auto_score == 5.0
    assert not gradebook.find_grade("check_softmax", LESSON, LESSON, "ours").needs_manual_grade
    assert gradebook.find_comment("softmax", LESSON, LESSON, "ours").comment == "softmax 메시지"
    assert [row["id"] for row in gradebook.submission_dicts(LESSON)]  # formgrader의 목록이 읽는 물음


def test_an_unanswered_reflection_is_zero_and_an_answered_one_waits(gradebook: api.Gradebook) -> None:
    save_entries(gradebook, CELLS, [entry("yes"), entry("no", answered=False)])
    waiting = gradebook.find_grade("reflection", LESSON, LESSON, "yes")
    empty = gradebook.find_grade("reflection", LESSON, LESSON, "no")
    assert (waiting.auto_score, waiting.needs_manual_grade) == (None, True)
    assert (empty.auto_score, empty.needs_manual_grade) == (0.0, False)
    assert gradebook.find_comment("reflection", LESSON, LESSON, "no").comment == "답이 비어 있어요."


def test_manual_marks_survive_a_regrade(gradebook: api.Gradebook) -> None:
    save_entries(gradebook, CELLS, [entry("kim", 3.0)])
    for cell, score in (("reflection", 4.0), ("check_softmax", 9.0)):
        grade = gradebook.find_grade(cell, LESSON, LESSON, "kim")
        grade.manual_score, grade.needs_manual_grade = score, False
    gradebook.find_comment("softmax", LESSON, LESSON, "kim").manual_comment = "좋은 시도예요."
    gradebook.db.commit()

    save_entries(gradebook, CELLS, [entry("kim", 3.0, fresh=False)])
    (kept,) = read_scores(gradebook)
    assert kept.cells["reflection"].score == 4.0 and kept.cells["check_softmax"].score == 9.0
    assert not kept.needs_manual  # 바뀌지 않은 제출을 다시 보라고 하지 않아요.

    save_entries(gradebook, CELLS, [entry("kim", 7.0)])
    (new,) = read_scores(gradebook)
    assert new.cells["check_softmax"].score == 9.0 and new.cells["check_softmax"].auto_score == 7.0
    assert new.cells["check_softmax"].needs_manual and new.cells["reflection"].needs_manual  # nbgrader와 같은 규칙
    assert new.comments == {"softmax": "좋은 시도예요."}


def test_a_failed_batch_writes_nothing(gradebook: api.Gradebook) -> None:
    bad = entry("bad", timestamp="시각이 아니에요")
    with pytest.raises(ValueError):
        save_entries(gradebook, CELLS, [entry("good"), bad])
    assert read_scores(gradebook) == [] and gradebook.students == []


def test_many_submissions_in_one_go(gradebook: api.Gradebook) -> None:
    save_entries(gradebook, CELLS, [entry(f"s{i:04d}") for i in range(1200)])
    save_entries(gradebook, CELLS, [entry(f"s{i:04d}", 6.0) for i in range(1200)])
    scores = read_scores(gradebook)
    assert len(scores) == 1200 and {score.score for score in scores} == {6.0 * len(EXERCISES)}


def test_late_penalty_follows_the_configuration(gradebook: api.Gradebook) -> None:
    gradebook.update_or_create_assignment(LESSON, duedate="2026-03-02 00:00:00 UTC")
    late = entry("late", timestamp="2026-03-03 09:00:00 KST")
    save_entries(gradebook, CELLS, [late, entry("early", timestamp="2026-03-01 09:00:00 UTC")])
    apply_late_penalties(gradebook, LESSON)
    assert [score.late_penalty for score in read_scores(gradebook)] == [0.0, 0.0]
    apply_late_penalties(gradebook, LESSON, Config({"LateSubmissionPlugin": {"penalty_method": "zero"}}))
    early, late_score = read_scores(gradebook)
    assert early.score > 0 and late_score.score == 0 and late_score.timestamp == datetime(2026, 3, 3, 9)


# -- 반쪽이거나 깨진 파일 --


def version(path: Path) -> list[tuple[str]]:
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchall()


def test_a_half_made_gradebook_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    engine = api.create_engine(f"sqlite:///{path}")
    api.Base.metadata.create_all(bind=engine)  # nbgrader가 `alembic`을 찾지 못하면 여기서 멈춰요.
    engine.dispose()
    with pytest.raises(sqlite3.OperationalError):
        version(path)
    with open_gradebook(f"sqlite:///{path}"):
        pass
    assert version(path) == [(api.get_alembic_version(),)]


def test_a_gradebook_is_made_without_alembic_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with open_gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        assert gradebook.students == []
    assert len(version(tmp_path / "gradebook.db")) == 1


def test_an_empty_file_becomes_a_gradebook_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    empty, broken = tmp_path / "empty.db", tmp_path / "broken.db"
    empty.touch()
    broken.write_bytes(b"not a database at all" * 100)
    with open_gradebook(f"sqlite:///{empty}") as gradebook:
        assert gradebook.students == []
    before = broken.read_bytes()
    with pytest.raises(GradebookError, match="깨졌어요"):
        open_gradebook(f"sqlite:///{broken}")
    assert broken.read_bytes() == before


# -- 점수표 --


def test_the_marks_table_is_safe_for_a_spreadsheet(gradebook: api.Gradebook) -> None:
    save_entries(gradebook, CELLS, [entry("=1+2", 2.5), entry("김하늘", 10.0, answered=False)])
    lines = marks_csv(read_scores(gradebook)).splitlines()
    assert lines[0] == f"학생,{LESSON},합계,손 채점 남음"
    assert lines[1].startswith("'=1+2,") and lines[1].endswith(",1")
    assert lines[2] == f"김하늘,{10 * len(EXERCISES)},{10 * len(EXERCISES)},"
    detail = marks_csv(read_scores(gradebook), detail=True).splitlines()
    assert detail[0].split(",")[1] == f"{LESSON}/softmax" and detail[1].split(",")[1] == "2.5"
