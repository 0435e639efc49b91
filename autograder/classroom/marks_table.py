"""점수표: 학생 한 줄의 CSV. 엑셀에서 바로 열려요."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from autograder.classroom.folder import Classroom, ClassroomError
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_reader import CellScore, SubmissionScore, by_student, read_scores
from autograder.exercises import LESSONS
from autograder.files import write_text
from autograder.grading.lesson_cells import lesson_cells
from autograder.grading.names import visible

BOM = "\ufeff"  # 엑셀은 이것이 있어야 한글을 UTF-8로 읽어요.


def marks_csv(scores: Iterable[SubmissionScore], detail: bool = False) -> str:
    """학생 한 줄의 점수표. 열은 레슨의 합계, `detail`이면 레슨의 셀마다의 점수예요. 엑셀에서 수식으로 읽힐 이름은 따옴표를 붙여요."""
    table = by_student(scores)
    lessons = [lesson for lesson in LESSONS if any(lesson in row for row in table.values())]
    out = io.StringIO()
    table_writer = csv.writer(out, lineterminator="\r\n")
    columns = [(lesson, cell.name) for lesson in lessons for cell in lesson_cells(lesson).graded] if detail else []
    titles = [f"{lesson}/{name.removeprefix('check_')}" for lesson, name in columns] if detail else lessons
    table_writer.writerow(["학생", *titles, "합계", "손 채점 남음"])
    for student, row in sorted(table.items()):
        found: list[CellScore | SubmissionScore | None]
        if detail:
            found = [row[lesson].cells.get(name) if lesson in row else None for lesson, name in columns]
        else:
            found = [row.get(lesson) for lesson in lessons]
        scores_shown = ["" if item is None else f"{item.score:g}" for item in found]
        total = round(sum(score.score for score in row.values()), 1)
        waiting = sum(score.needs_manual for score in row.values())
        table_writer.writerow([safe_cell(student), *scores_shown, f"{total:g}", waiting or ""])
    return out.getvalue()


def export(classroom: Classroom, out: Path | None = None, detail: bool = False) -> tuple[Path, int]:
    """성적부의 점수표를 UTF-8(BOM) CSV로 쓰고 (경로, 학생 수)를 돌려줘요. 채점한 것이 없으면 ClassroomError예요."""
    if not any(classroom.results()):
        raise ClassroomError(f"{classroom.path}에 채점한 결과가 없어요. `course grade`를 먼저 해 주세요.")
    with open_gradebook(classroom.db_url()) as gradebook:
        scores = read_scores(gradebook)
    path = out or classroom.marks_csv
    write_text(path, BOM + marks_csv(scores, detail))
    return path, len(by_student(scores))


def safe_cell(name: str) -> str:
    """엑셀이 수식으로 읽지 않을 글. 빈칸 뒤의 것과 전각 글자도 수식의 시작이 돼요."""
    shown = visible(name).replace("\n", " ").replace("\t", " ")
    return f"'{shown}" if shown.lstrip()[:1] in tuple("=+-@＝＋－＠") else shown
