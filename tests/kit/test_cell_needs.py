"""셀의 글에서 먼저 풀 실습을 읽어 내요: 바로 부르는 것, 앞의 실험이 만든 값, 나중에 부를 함수를 가려요."""

from __future__ import annotations

import pytest

from autograder.authoring.lesson_source import sources
from autograder.kit.cell_needs import Lesson, read_lesson
from autograder.learner.study import released_paths
from autograder.notebooks.reading import Cell, Notebook, read_notebook


def lesson_of(*experiments: str) -> Lesson:
    cells = [Cell(1, "code", "import math\nfrom autograder.kit import plots", tags=("given",))]
    for number, name in enumerate(("first", "second"), 1):
        cells.append(Cell(0, "markdown", f"## 실습 9-{number} 제목"))
        cells.append(Cell(0, "code", f"def {name}(x):\n    ...", id=name, grade_id=name, solution=True))
        cells.append(Cell(0, "code", f'check("{name}")', grade_id=f"check_{name}"))
    cells += [Cell(0, "code", text, id=f"e{i}", tags=("experiment",)) for i, text in enumerate(experiments)]
    return read_lesson("09_made_up", Notebook(tuple(cells)))


def waits(*experiments: str) -> list[str]:
    """마지막 셀이 기다리는 실습들."""
    return sorted(lesson_of(*experiments).ids[f"e{len(experiments) - 1}"].at_once())


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["x = math.pi\nplots.lines([x], {})"], []),
        (["print(first(1))"], ["first"]),
        (["y = [second(i) for i in range(3)]"], ["second"]),
        (["for i in range(first(3)):\n    print(i)"], ["first"]),
        (["def use(x):\n    return first(x)"], []),
        (["f = lambda x: first(x)"], []),
        (["def use(x):\n    return first(x)", "y = use(1)"], ["first"]),
        (["table = {'a': lambda x: first(x)}", "y = [f(1) for f in table.values()]"], ["first"]),
        (["y = first(1)", "plots.lines([0], {'y': y})"], ["first"]),
        (["rows = []\nrows.append(first(1))", "plots.lines([0], {'y': rows})"], ["first"]),
        (["rows = {}\nrows['a'] = first(1)", "print(rows)"], ["first"]),
        (["rows = {}\nrows.update(a=first(1))", "print(rows)"], ["first"]),
        (["x = torch.zeros(2)\nx.add_(first(1))", "print(x)"], ["first"]),
        # 읽기만 하는 메서드는 값을 바꾸지 않아요. 함께 건네진 값은 그대로예요.
        (["x = torch.zeros(2)", "y = first(x.flatten())", "print(x)"], []),
        (["known = {'a': 1}", "y = first(known.items())", "print(known)"], []),
        (["total = 0\ntotal += first(1)", "print(total)"], ["first"]),
        (["y = first(1)", "y = 3", "print(y)"], []),
        (["a = first(1)", "b = second(a)", "print(b)"], ["first", "second"]),
        (["for name in first(2):\n    pass", "for name in ('a',):\n    print(name)"], []),
        (["plots.lines([first(1)], {})", "plots.lines([1], {})"], []),
        # 기다리는 셀은 한 줄도 돌지 않으니, 거기서 함께 만들던 값도 없어요.
        (["words = 'a b'.split()\nprint(first(words))", "print(words)"], ["first"]),
        (["with open('x') as file:\n    y = first(file)", "print(y)"], ["first"]),
        (["if math.pi:\n    y = second(1)", "print(y)"], ["second"]),
        (["y = first(", "print(1)"], []),
    ],
)
def test_what_a_cell_waits_for(cells, expected):
    assert waits(*cells) == expected


def test_exercises_carry_the_number_in_their_heading():
    assert lesson_of("first(1)").numbers == {"first": "실습 9-1", "second": "실습 9-2"}


def test_a_lambda_counts_once_the_cell_has_failed():
    cell = lesson_of("f = lambda x: first(x)").ids["e0"]
    assert cell.at_once() == set() and cell.at_all() == {"first"}


def test_an_edited_cell_is_read_anew():
    cell = lesson_of("print(first(1))").ids["e0"]
    assert cell.edited("print(second(1))").at_once() == {"second"}


@pytest.mark.parametrize("lesson", sources())
def test_every_released_experiment_is_known_by_its_text(lesson):
    notebook = read_notebook(released_paths()[lesson])
    found = read_lesson(lesson, notebook)
    experiments = [cell for cell in notebook.cells if "experiment" in cell.tags]
    assert len(found.experiments) == len(found.ids) == len(experiments)
    assert set(found.numbers) == {cell.grade_id for cell in notebook.cells if cell.code and cell.solution}
    assert all(number.startswith(f"실습 {int(lesson[:2])}-") for number in found.numbers.values())
