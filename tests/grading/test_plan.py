"""제출된 노트북에서 무엇이 어떤 순서로 도는지, 무엇을 알리는지."""

from __future__ import annotations

import pytest
from support.tiny_lesson import ANSWERS, GIVEN, cells_of, code, markdown, plan

from autograder.authoring.build import released_text
from autograder.authoring.lesson_source import cell_id, sources
from autograder.grading.lesson_master import load_master
from autograder.grading.plan import plan_run
from autograder.notebooks.reading import NotebookError, read_notebook


def test_untouched_notebook_has_no_problems() -> None:
    found = plan(cells_of(ANSWERS))
    assert found.problems == ()
    assert [step.exercise for step in found.steps] == [None, "double", "quadruple", "half"]
    assert found.steps[0].source == GIVEN


def test_given_cells_may_be_split_joined_or_tidied_after_release() -> None:
    """앞서 나눠 준 노트북은 원본을 다듬어도 고친 것이 아니에요. 정말로 고친 것은 알려요."""
    first, *rest = GIVEN.splitlines()
    exercises = cells_of(ANSWERS)[1:]
    split = [code(first, tags=("given",), id="a"), code("\n".join(rest), tags=("given",), id="b")]
    assert plan([*split, *exercises]).problems == ()
    tidied = GIVEN.replace(
        "from autograder.kit import fast, plots", "from autograder.kit import (\n    fast,\n    plots,\n)"
    )
    assert tidied != GIVEN and plan([code(tidied, tags=("given",)), *exercises]).problems == ()
    for changed in (first, GIVEN + "\ntorch.allclose = None"):
        (told,) = plan([code(changed, tags=("given",)), *exercises]).problems
        assert "주어진 셀이" in told


def test_an_earlier_edition_is_not_an_edited_notebook() -> None:
    """앞선 판에서 나눠 준 셀은 id가 그때의 글과 맞아요. 글을 고치면 맞지 않아요."""
    old = GIVEN.replace("torch", "torch  # 첫 판", 1) + "\nimport cmath"
    exercises = cells_of(ANSWERS)[1:]
    kept = code(old, tags=("given",), id=cell_id("tiny", "code", old))
    assert plan([kept, *exercises]).problems == ()
    (told,) = plan([{**kept, "source": old + "\ntorch.allclose = None"}, *exercises]).problems
    assert "주어진 셀이" in told
    text = markdown("첫 판의 글")
    text["id"] = cell_id("tiny", "markdown", "첫 판의 글")
    assert plan([text, *exercises]).problems == ()  # 지금 판에서 생긴 주어진 셀은 없는 것이 맞아요.
    assert "주어진 셀이" in plan([markdown("더한 글"), *exercises]).problems[0]
    fewer = [cell for cell in exercises if cell["id"] not in ("half", "check_half")]
    assert plan([text, *fewer]).problems == ()  # 지금 판에서 생긴 실습을 지웠다고 하지 않아요.
    assert any("`half`" in problem for problem in plan(fewer).problems)
    stubless = [cell for cell in exercises if cell["id"] != "half"]
    assert any("`half`" in problem for problem in plan([text, *stubless]).problems)


@pytest.mark.parametrize("lesson", sources())
def test_the_notebook_that_is_handed_out_has_no_problems(lesson: str) -> None:
    assert plan_run(read_notebook(released_text(lesson).encode()), load_master(lesson)).problems == ()


def test_another_courses_notebook_is_refused() -> None:
    with pytest.raises(NotebookError, match="레슨의 노트북이 아니에요"):
        plan([code("import pandas as pd", id="a"), code("df = pd.read_csv('x')", id="b")])
    with pytest.raises(NotebookError, match="비어 있어요"):
        plan([])
    with pytest.raises(NotebookError, match="비어 있어요"):
        plan([code("", id="a"), markdown(" ")])


def test_checks_missing_doubled_edited_are_told_and_harmless() -> None:
    cells = [cell for cell in cells_of(ANSWERS) if cell["id"] != "check_half"]
    cells += [code('check("double")', "check_double", id="copy")]
    cells = [code("print('통과')", "check_quadruple") if cell["id"] == "check_quadruple" else cell for cell in cells]
    found = plan(cells)
    told = "\n".join(found.problems)
    assert "지워진 확인 셀이 있어요(`check_half`)" in told
    assert "겹친 확인 셀이 있어요(`check_double`)" in told
    assert "고쳐진 확인 셀이 있어요(`check_quadruple`)" in told
    assert [step.exercise for step in found.steps if step.exercise] == list(ANSWERS)
    assert not any("check" in step.source for step in found.steps[1:])


def test_exercise_missing_doubled_or_not_code() -> None:
    cells = [cell for cell in cells_of(ANSWERS) if cell["id"] != "half"]
    text = markdown(ANSWERS["quadruple"], "quadruple", id="q")
    cells = [text if cell["id"] == "quadruple" else cell for cell in cells]
    cells.append(code("def double(x):\n    return x + x", "double", id="again"))
    found = plan(cells)
    assert "`quadruple`, `half` 실습 셀이 없어요." in found.problems
    assert any("둘 이상" in problem for problem in found.problems)
    assert [step.exercise for step in found.steps] == [None, "double", "double"]


def test_lost_tags_are_found_by_function_name() -> None:
    cells = [{"cell_type": "code", "source": cell["source"]} for cell in cells_of(ANSWERS)]
    cells[1]["source"] = ["print('시작')\n", *cells[1]["source"]]
    found = plan(cells)
    assert [step.exercise for step in found.steps if step.exercise] == list(ANSWERS)
    assert any("꼬리표가 사라져" in problem for problem in found.problems)


def test_given_cells_are_always_the_masters() -> None:
    cells = cells_of(ANSWERS)
    cells[0]["source"] = ["torch = None"]
    found = plan(cells)
    assert found.steps[0].source == GIVEN and not any("None" in step.source for step in found.steps)
    assert any("원래의 셀로" in problem for problem in found.problems)
    assert plan(cells[1:]).steps[0].source == GIVEN  # 지워도 같아요.
    moved = [*cells_of(ANSWERS)[1:], cells_of(ANSWERS)[0]]
    assert plan(moved).steps[0].source == GIVEN and len([s for s in plan(moved).steps if s.source == GIVEN]) == 1


def test_magics_are_stripped_from_added_cells() -> None:
    cells = cells_of(ANSWERS)
    mixed = "%matplotlib inline\nLIMIT = '%5d?'\n!rm -rf /\ndef helper():\n    %timeit 1\n    return LIMIT"
    cells.insert(1, code(mixed, id="mine"))
    added = plan(cells).steps[1]
    assert added.exercise is None and added.cell == 2
    assert "%matplotlib" not in added.source and "!rm" not in added.source and "LIMIT = '%5d?'" in added.source
    compile(added.source, "x", "exec")


def test_experiment_and_master_cells_never_run() -> None:
    cells = [*cells_of(ANSWERS), code("def extra():\n    return 1", tags=("experiment",), id="e2")]
    assert not any("extra" in step.source or "RuntimeError" in step.source for step in plan(cells).steps)


def test_a_name_only_in_a_skipped_cell_is_told() -> None:
    cells = cells_of({**ANSWERS, "double": "def double(x):\n    return scale(x)"})
    cells.insert(1, code("def scale(x):\n    return 2 * x\nprint(scale(3))", id="mine"))
    found = plan(cells)
    assert found.skipped == {"scale": 2}
    assert any("`scale`" in problem and "2번째 셀" in problem for problem in found.problems)
    cells.insert(1, code("def scale(x):\n    return 2 * x", id="mine2"))
    assert not any("`scale`" in problem for problem in plan(cells).problems)
