"""제출물을 읽고 계획을 세워요. 제출물 하나에 한 번이고, 그 뒤의 방들은 이 결과(`Intake`)를 받아 써요."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.grading.lesson_master import Master
from autograder.grading.plan import Plan, plan_run
from autograder.grading.submissions import Submission
from autograder.notebooks.reading import Notebook, NotebookError, read_notebook


@dataclass(frozen=True)
class Intake:
    """읽어 낸 제출물. 읽지 못했거나 이 레슨의 것이 아니면 `refusal`에 까닭이 있고 `plan`이 None이에요."""

    notebook: Notebook | None = None
    plan: Plan | None = None
    refusal: str = ""


def take_in(submission: Submission, master: Master) -> Intake:
    """제출물을 읽고 무엇을 실행할지 정해요. 예외를 내지 않아요."""
    notebook = None
    try:
        notebook = read_notebook(submission.read())
        return Intake(notebook, plan_run(notebook, master))
    except NotebookError as error:
        return Intake(notebook, refusal=str(error))
