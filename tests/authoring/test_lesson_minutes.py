"""차례와 시간은 레슨의 글과 코드에서 셈해요. 한 번 앉아 마칠 수 있고, 어려운 실습이 더 많은 점수를 받아요."""

from __future__ import annotations

import itertools
import re

import pytest

from autograder.authoring.lesson_minutes import Section, sections, total_minutes
from autograder.authoring.lesson_source import read_source, sources
from autograder.exercises import lesson_exercises


@pytest.mark.parametrize("lesson", sources())
def test_the_main_path_takes_an_hour_to_an_hour_and_a_half(lesson: str) -> None:
    said = re.search(r"보너스를 빼면 (\d+)분쯤 걸려요", read_source(lesson).cells[0].source)
    assert said and 60 <= int(said[1]) <= 90


def test_minutes_grow_with_words_code_and_stars() -> None:
    plain = Section("실습 1-1 시험 ★☆☆", words=80, given=0, written=0)
    assert plain.minutes == 5
    for more in (
        Section(plain.title, words=400),
        Section(plain.title, words=80, given=100),
        Section("실습 1-1 시험 ★★★", 80),
    ):
        assert more.minutes > plain.minutes
    bonus = Section("실습 1-2 (보너스) 시험 ★★★", words=800)
    assert bonus.bonus and total_minutes([plain, bonus]) == 5


@pytest.mark.parametrize("lesson", sources())
def test_points_follow_difficulty(lesson: str) -> None:
    """별이 많은 실습은 별이 적은 어느 실습보다 점수가 낮지 않고, 보너스는 0점이에요."""
    stars: dict[str, tuple[int, bool]] = {}
    for section in sections(read_source(lesson)):
        for cell in section.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if section.exercise and cell.cell_type == "code" and not name.startswith("check_"):
                stars[name] = section.exercise["stars"].count("★"), section.bonus
    exercises = lesson_exercises(lesson)
    assert [e.name for e in exercises if (e.points == 0) != stars[e.name][1]] == []
    core = [e for e in exercises if e.points]
    wrong = [
        f"{easy.name} ({easy.points}) > {hard.name} ({hard.points})"
        for easy, hard in itertools.permutations(core, 2)
        if stars[easy.name][0] < stars[hard.name][0] and easy.points > hard.points
    ]
    assert wrong == []


@pytest.mark.parametrize("lesson", sources())
def test_a_check_calls_an_exercise_what_its_heading_calls_it(lesson: str) -> None:
    titles = {exercise.name: exercise.title for exercise in lesson_exercises(lesson)}
    checked = 0
    for section in sections(read_source(lesson)):
        names = re.findall(r'^check\("(\w+)"', "\n".join(cell.source for cell in section.cells), re.MULTILINE)
        if section.exercise and names:
            parts = [section.exercise["name"]] if len(names) == 1 else re.split("[과와] ", section.exercise["name"])
            assert [titles[name] for name in names] == parts
            checked += len(names)
    assert checked == len(titles)


@pytest.mark.parametrize("lesson", sources())
def test_the_plan_names_every_exercise_with_its_minutes(lesson: str) -> None:
    notebook = read_source(lesson)
    plan = notebook.cells[0].source
    headings = [line for cell in notebook.cells for line in cell.source.splitlines() if line.startswith("## 실습")]
    rows = [line for line in plan.splitlines() if line.startswith("| ") and "분 |" in line]
    assert headings and "{차례}" not in plan
    for heading in headings:
        number, minutes = heading.split()[2], heading.split(" · ")[1]
        assert any(row.startswith(f"| {number} |") and row.endswith(f"| {minutes} |") for row in rows), heading
