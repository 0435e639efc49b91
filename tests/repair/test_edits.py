"""고침들: 되돌리면 처음의 나무이고, 실습의 이름과 풀이를 모르고, 종류가 넉넉해요."""

from __future__ import annotations

import ast
import re

import pytest
from support.small_keys import CUBE, A, B, key_for, space

from autograder.exercises import LESSONS, lesson_exercises
from autograder.layout import PACKAGE
from autograder.repair import search
from autograder.repair.cell import read
from autograder.repair.limits import Watch, fenced
from autograder.repair.tree import Edit, applied, fill, fixed
from autograder.repair.trial import Trials

SOURCES = {
    "tensors": (
        """
def answer(x, y, mask, flag):
    z = x @ y.T / 2.0 ** 2
    w = torch.softmax(z.masked_fill(~mask, -1e9) if mask is not None else z, dim=0)
    out = torch.zeros_like(w)
    out[:, 1:] = w[:, :-1] + x.mean()
    if flag and not x.sum() < 0 or x.shape[0] > 9:
        return out.transpose(0, 1), w
    return out, w
""",
        lambda x, y, mask, flag: (x @ y.T, x @ y.T),
        ((A, B, None, True), (B, A, None, False)),
    ),
    "lists": (
        """
def answer(words, n):
    counts, i = {}, 0
    for word in words:
        counts[word] = counts.get(word, 0) + 1
        i += 1
    best = max(counts, key=lambda w: (-counts[w], w))
    while i < n:
        i = i + 1
    text = " ".join([w.strip() for w in counts if w[0] != "x"])
    return text, best, i, [j for j in range(1, n, 2)]
""",
        lambda words, n: (),
        ((["b", "a", "b"], 5), (["c", "xa"], 2)),
    ),
    "unnamed": (
        """
def answer(x, y):
    z = torch.relu(x @ y.T)
    zero = torch.zeros_like(z)
    return torch.maximum(hidden, zeros)
""",
        lambda x, y: (x @ y.T).relu(),
        ((A, B), (B, A)),
    ),
    "nested": (
        """
SCALE = 3

class Box:
    def __init__(self, held):
        self.held = held

def answer(x):
    def inner(y, *rest, deep=1):
        assert deep
        with torch.no_grad():
            y = y.clone()
        return Box(y[0, ..., None].sum(-1) * SCALE).held
    try:
        return inner(x, *[1], deep=True)
    except ValueError:
        return None
""",
        lambda x: x,
        ((A,), (CUBE,)),
    ),
}


def all_edits(name: str) -> tuple[search._Search, list[Edit]]:
    source, right, inputs = SOURCES[name]
    key = key_for(right, *inputs)
    cell = read(source, "answer", space(source))
    assert cell is not None
    watch = Watch(60.0)
    found = search._Search(cell, key, watch, 60.0)
    with fenced(watch):
        failing = found.trials.first()
        found.trials.mark_inputs(failing)
        return found, found.edits(failing)


@pytest.mark.parametrize("name", SOURCES)
def test_every_edit_is_undone(name: str) -> None:
    found, edits = all_edits(name)
    before = ast.dump(found.cell.module)
    assert len(edits) > (20 if name == "unnamed" else 200)
    for edit in edits:
        with applied(edit):
            pass
        assert ast.dump(found.cell.module) == before, edit.kind


@pytest.mark.parametrize("name", SOURCES)
def test_every_edit_changes_something_and_names_a_line_of_the_cell(name: str) -> None:
    found, edits = all_edits(name)
    before, length = ast.dump(found.cell.module), len(SOURCES[name][0].splitlines())
    idle = 0
    for edit in edits:
        assert edit.lines and all(1 <= line <= length for line in edit.lines)
        with applied(edit):
            idle += ast.dump(found.cell.module) == before
    assert idle <= len(edits) / 500


def test_a_name_that_does_not_exist_is_wrong_where_it_is_used() -> None:
    _, edits = all_edits("unnamed")
    assert edits and all(5 in edit.lines for edit in edits)


def test_there_are_at_least_sixty_kinds() -> None:
    kinds = {edit.kind for name in SOURCES for edit in all_edits(name)[1]}
    assert len(kinds) >= 60, sorted(kinds)
    assert all(re.fullmatch(r"[가-힣A-Za-z0-9 ()\-]+", kind) and len(kind) <= 20 for kind in kinds)


def test_a_template_is_not_used_up() -> None:
    like, part = ast.parse("x + 1", mode="eval").body, ast.Name("y", ast.Load())
    first, second = fill("(_0_) * 2", like, part), fill("(_0_) * 2", like, like)
    assert (ast.unparse(first), ast.unparse(second)) == ("y * 2", "(x + 1) * 2")


def test_a_fixed_edit_puts_the_same_nodes_again() -> None:
    found, edits = all_edits("tensors")
    edit = fixed(next(edit for edit in edits if edit.tag.startswith("wrap")))
    slot = edit.changes[0][0]
    with applied(edit):
        first = slot.get()
    with applied(edit):
        assert slot.get() is first


def test_trying_an_edit_twice_is_skipped() -> None:
    source, right, inputs = SOURCES["tensors"]
    cell = read(source, "answer", space(source))
    assert cell is not None
    trials = Trials(cell, key_for(right, *inputs), Watch(60.0))
    with fenced(trials.watch):
        trials.first()
        assert trials.now() is not None and trials.now() is None


def test_an_answer_that_passes_only_in_another_order_does_not_count() -> None:
    """틀렸던 사례부터 돌려 보지만, 통과했다고 말하려면 처음부터 차례대로도 통과해야 해요."""
    source = """
def answer(n, seen=[]):
    seen.append(n)
    return n + 1 + (n == 5 and len(seen) > 1)
"""
    cell = read(source, "answer", space(source))
    assert cell is not None
    trials = Trials(cell, key_for(lambda n: n + 1, (3,), (5,)), Watch(60.0))
    with fenced(trials.watch):
        assert [number for number, _, _ in trials.first()] == [1]
        score = trials.now()
    assert score is not None and score.passed == 2 and not score.done


def test_the_room_knows_no_exercise() -> None:
    """묶음에 들어가는 방이에요. 실습의 이름도, 레슨의 상수도 적혀 있지 않아요."""
    text = "\n".join(path.read_text("utf-8") for path in (PACKAGE / "repair").glob("*.py"))
    names = {exercise.name for lesson in LESSONS for exercise in lesson_exercises(lesson)}
    ordinary = {"softmax", "relu", "context", "embed", "residual"}  # 흔한 영어이거나 PyTorch의 이름이에요.
    assert not {name for name in names - ordinary if re.search(rf"\b{name}\b", text)}
    assert not re.search(r"10000|0xAC00|588|512|2048|▁|W_q|d_model", text)
