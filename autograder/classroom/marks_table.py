"""점수표: 학습자 한 줄의 CSV. 엑셀에서 바로 열려요."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from autograder.classroom.folder import Classroom, ClassroomError
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_reader import SubmissionScore, by_student, read_scores
from autograder.classroom.gradebook_troubles import shown
from autograder.classroom.options import chosen_class
from autograder.classroom.people import People, read_people
from autograder.exercises import LESSONS
from autograder.files import write_text
from autograder.grading.lesson_cells import lesson_cells
from autograder.grading.names import visible

BOM = "\ufeff"  # 엑셀은 이것이 있어야 한글을 UTF-8로 읽어요.
FULL_MARKS = "만점"


def marks_csv(scores: Iterable[SubmissionScore], detail: bool = False, people: People | None = None) -> str:
    """학습자 한 줄의 점수표. 첫 줄은 만점이고, 명단이 있으면 아무것도 내지 않은 사람도 한 줄이에요.

    열은 레슨의 합계, `detail`이면 레슨의 셀마다의 점수예요. 엑셀에서 수식으로 읽힐 글은 앞에 따옴표를 붙여요.
    """
    table, people = by_student(scores), people or People()
    lessons = [lesson for lesson in LESSONS if any(lesson in row for row in table.values())]
    columns = [(lesson, cell) for lesson in lessons for cell in lesson_cells(lesson).graded]
    names = [f"{lesson}/{cell.name.removeprefix('check_')}" for lesson, cell in columns] if detail else lessons
    full = [cell.points for _, cell in columns]
    whole = [sum(cell.points for cell in lesson_cells(lesson).graded) for lesson in lessons]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["제출 폴더", "이름", "학번", "분반", *names, "합계", "손 채점 남음"])
    writer.writerow([FULL_MARKS, "", "", "", *map(_number, full if detail else whole), _number(sum(whole)), ""])
    for student in people.everyone(table):
        row = table.get(student, {})
        if detail:
            found = [(row[lesson].cells.get(cell.name) if lesson in row else None) for lesson, cell in columns]
            shown = ["" if one is None else _number(one.score) for one in found]
        else:
            shown = [_number(row[lesson].score) if lesson in row else "" for lesson in lessons]
        who = map(safe_cell, (student, people.name(student), people.id(student), people.section(student)))
        total = _number(round(sum(score.score for score in row.values()), 1))
        writer.writerow([*who, *shown, total, sum(score.needs_manual for score in row.values()) or ""])
    return out.getvalue()


def write_marks(classroom: Classroom, scores: Iterable[SubmissionScore]) -> None:
    """학급 폴더의 점수표를 다시 써요. 점수를 적은 명령이 끝날 때 불러요."""
    write_text(classroom.marks_csv, BOM + marks_csv(scores, people=read_people(classroom)))


def export(classroom: Classroom, out: Path | None = None, detail: bool = False) -> tuple[Path, int]:
    """성적부의 점수표를 UTF-8(BOM) CSV로 쓰고 (경로, 학습자 수)를 돌려줘요. 채점한 것이 없으면 ClassroomError예요."""
    scores = graded_scores(classroom)
    path = out or classroom.marks_csv
    write_text(path, BOM + marks_csv(scores, detail, read_people(classroom)))
    return path, len(by_student(scores))


def graded_scores(classroom: Classroom) -> list[SubmissionScore]:
    """성적부의 점수 모두. 채점한 것이 없으면 ClassroomError예요."""
    if not any(classroom.results()):
        raise ClassroomError(
            f"{classroom.path}에 채점한 결과가 없어요. "
            f"`python3 course.py grade{chosen_class(classroom.path)}`를 먼저 해 주세요."
        )
    with open_gradebook(classroom.db_url()) as gradebook:
        scores = read_scores(gradebook)
    if not scores:  # 성적부가 지워졌어요. 있던 점수표를 빈 것으로 덮어쓰지 않아요.
        raise ClassroomError(
            f"성적부({shown(classroom.db_url())})에 점수가 없어요. 손으로 준 점수는 그 파일에만 있으니 백업이 있으면 되돌리고, "
            f"없으면 `python3 course.py grade{chosen_class(classroom.path)}`로 자동 채점을 되살려 주세요."
        )
    return scores


def safe_cell(name: str) -> str:
    """엑셀이 수식으로 읽지 않을 글. 빈칸 뒤의 것과 전각 글자도 수식의 시작이 돼요."""
    shown = visible(name).replace("\n", " ").replace("\t", " ")
    return f"'{shown}" if shown.lstrip()[:1] in tuple("=+-@＝＋－＠") else shown


def _number(value: float) -> str:
    return f"{value:g}"
