"""성적부: nbgrader와 같은 행, 손으로 준 것 지키기, 감점, 점수표. 탈이 난 성적부는 test_gradebook_troubles.py에 있어요."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nbgrader import api
from support.gradebooks import CELLS, EXERCISES, LESSON, entry, rows
from traitlets.config import Config

from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_reader import read_scores
from autograder.classroom.gradebook_writer import apply_late_penalties, register_lesson, save_entries
from autograder.classroom.marks_table import marks_csv
from autograder.grading.lesson_cells import LessonCells


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


# -- 사람이 정한 것 --


def changed(change: str) -> LessonCells:
    """배포한 노트북이 이렇게 바뀌었을 때의 셀들."""
    softmax, others = CELLS.graded[0], CELLS.graded[1:]
    assert softmax.name == "check_softmax" and others[-1].name == "reflection"
    graded, solutions = CELLS.graded, CELLS.solutions
    if change == "배점":
        graded = tuple(replace(cell, points=cell.points / 2) for cell in graded)
    elif change == "이름":
        new = [replace(softmax, name="check_soft_max"), *others[:-1], replace(others[-1], name="thoughts")]
        graded, solutions = (
            tuple(new),
            tuple({"softmax": "soft_max", "reflection": "thoughts"}.get(n, n) for n in solutions),
        )
    elif change == "사라짐":
        graded, solutions = others[:-1], tuple(name for name in solutions if name not in ("softmax", "reflection"))
    return replace(CELLS, graded=graded, solutions=solutions)


@pytest.mark.parametrize("change", ["그대로", "다시 냄", "배점", "이름", "사라짐"])
def test_what_a_person_set_survives(gradebook: api.Gradebook, change: str) -> None:
    rule = Config({"LateSubmissionPlugin": {"penalty_method": "zero"}})
    late = "2026-03-03 00:00:00 UTC"
    save_entries(gradebook, CELLS, [entry(who, 3.0, timestamp=late, key="1") for who in ("kim", "lee")])
    gradebook.update_or_create_assignment(LESSON, duedate="2026-03-02 00:00:00 UTC")
    gradebook.update_or_create_student("kim", last_name="김", email="kim@example.com", lms_user_id="7")
    gradebook.grant_extension(LESSON, "kim", days=2)
    gradebook.find_submission_notebook(LESSON, LESSON, "kim").flagged = True
    for cell, score, extra in (("reflection", 4.0, None), ("check_softmax", 9.0, 1.5)):
        grade = gradebook.find_grade(cell, LESSON, LESSON, "kim")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = score, extra, False
        gradebook.find_comment(cell.removeprefix("check_"), LESSON, LESSON, "kim").manual_comment = f"{cell} 의견"
    gradebook.db.commit()
    before = set(rows(gradebook)["student"])

    cells, again = changed(change), change != "그대로"
    score = 6.0 if again else 3.0
    for _ in range(2):  # 같은 것을 두 번 채점해도 같아요.
        register_lesson(gradebook, cells)
        stamp = "2026-03-03 12:00:00 UTC" if change == "다시 냄" else late
        key = "2" if again else "1"
        save_entries(
            gradebook, cells, [entry(who, score, timestamp=stamp, fresh=again, key=key) for who in ("kim", "lee")]
        )
        apply_late_penalties(gradebook, LESSON, rule)

    assert set(rows(gradebook)["student"]) == before and gradebook.find_student("kim").lms_user_id == "7"
    assert gradebook.find_submission(LESSON, "kim").extension == timedelta(days=2)
    assert gradebook.find_submission_notebook(LESSON, LESSON, "kim").flagged
    softmax = gradebook.find_grade("check_softmax", LESSON, LESSON, "kim")
    reflection = gradebook.find_grade("reflection", LESSON, LESSON, "kim")
    assert (softmax.manual_score, softmax.extra_credit, reflection.manual_score) == (9.0, 1.5, 4.0)
    assert gradebook.find_comment("softmax", LESSON, LESSON, "kim").comment == "check_softmax 의견"
    assert gradebook.find_comment("reflection", LESSON, LESSON, "kim").comment == "reflection 의견"
    kim, lee = read_scores(gradebook)
    assert kim.late_penalty == 0 and lee.late_penalty > 0 and lee.score == 0
    # 사라진 셀에서는 사람이 준 것만 세고, 남은 셀은 새 점수를 세요. 제출물에 없는 새 이름의 실습은 0점이에요.
    gone = change in ("이름", "사라짐")
    assert kim.score == 9.0 + 1.5 + 4.0 + score * (len(EXERCISES) - 1)
    assert lee.late_penalty == score * (len(EXERCISES) - gone)
    waiting = {name for name, cell in kim.cells.items() if cell.needs_manual}
    assert waiting == ({"reflection", "check_softmax"} if change in ("다시 냄", "배점") else set())


def test_a_cell_that_comes_back_is_whole_again(gradebook: api.Gradebook) -> None:
    save_entries(gradebook, CELLS, [entry("kim")])
    before = rows(gradebook)
    register_lesson(gradebook, changed("사라짐"))
    assert gradebook.find_notebook(LESSON, LESSON).max_score < 100
    register_lesson(gradebook, CELLS)
    save_entries(gradebook, CELLS, [entry("kim")])
    assert rows(gradebook) == before


def test_a_verdict_that_the_gradebook_has_not_seen_is_looked_at_again(gradebook: api.Gradebook) -> None:
    """결과는 남았지만 성적부에 쓰기 전에 멈춘 채점: 다음 채점은 그것을 바뀌지 않은 것으로 알아요."""

    def person_marks() -> None:
        grade = gradebook.find_grade("reflection", LESSON, LESSON, "kim")
        grade.manual_score, grade.needs_manual_grade = 4.0, False
        gradebook.db.commit()

    save_entries(gradebook, CELLS, [entry("kim", key="처음")])
    person_marks()
    save_entries(gradebook, CELLS, [entry("kim", fresh=False, key="다시 낸 것")])
    assert read_scores(gradebook)[0].cells["reflection"].needs_manual
    person_marks()
    save_entries(gradebook, CELLS, [entry("kim", fresh=False, key="다시 낸 것")])
    assert not read_scores(gradebook)[0].needs_manual


def test_a_flag_that_a_person_raised_stays_until_the_work_changes(gradebook: api.Gradebook) -> None:
    save_entries(gradebook, CELLS, [entry("kim", answered=False, key="1")])
    gradebook.find_grade("check_softmax", LESSON, LESSON, "kim").needs_manual_grade = True
    gradebook.db.commit()
    save_entries(gradebook, CELLS, [entry("kim", answered=False, fresh=False, key="1")])
    assert read_scores(gradebook)[0].cells["check_softmax"].needs_manual
    save_entries(gradebook, CELLS, [entry("kim", answered=False, key="2")])
    assert not read_scores(gradebook)[0].needs_manual  # 새로 채점하면 nbgrader처럼 지워져요.


def test_a_penalty_goes_when_its_deadline_goes(gradebook: api.Gradebook) -> None:
    rule = Config({"LateSubmissionPlugin": {"penalty_method": "zero"}})
    save_entries(gradebook, CELLS, [entry("kim", timestamp="2026-03-03 00:00:00 UTC")])
    gradebook.update_or_create_assignment(LESSON, duedate="2026-03-02 00:00:00 UTC")
    apply_late_penalties(gradebook, LESSON, rule)
    assert read_scores(gradebook)[0].score == 0
    gradebook.update_or_create_assignment(LESSON, duedate=None)
    gradebook.grant_extension(LESSON, "kim", days=1)  # 마감이 없는데 미뤄 준 것도 탈이 아니에요.
    apply_late_penalties(gradebook, LESSON, rule)
    assert read_scores(gradebook)[0].late_penalty == 0


# -- 점수표 --


def test_the_marks_table_is_safe_for_a_spreadsheet(gradebook: api.Gradebook) -> None:
    save_entries(gradebook, CELLS, [entry("=1+2", 2.5), entry("김하늘", 10.0, answered=False)])
    lines = marks_csv(read_scores(gradebook)).splitlines()
    assert lines[0] == f"제출 폴더,이름,학번,분반,{LESSON},합계,손 채점 남음" and lines[1] == "만점,,,,100,100,"
    assert lines[2].startswith("'=1+2,") and lines[2].endswith(",1")
    assert lines[3] == f"김하늘,김하늘,,,{10 * len(EXERCISES)},{10 * len(EXERCISES)},"
    detail = marks_csv(read_scores(gradebook), detail=True).splitlines()
    assert detail[0].split(",")[4] == f"{LESSON}/softmax" and detail[2].split(",")[4] == "2.5"
