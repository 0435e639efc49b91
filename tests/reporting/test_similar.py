"""닮은 제출물: 따로 쓴 짧은 바른 답은 짝이 되지 않고, 이름과 주석과 차례를 바꾼 드문 코드는 찾아요."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from support.commands import run

from autograder.authoring.function_to_cell import as_cell
from autograder.authoring.lesson_source import lesson_path
from autograder.authoring.simulated_class import simulate
from autograder.classroom.folder import Classroom, ClassroomError
from autograder.classroom.people import People
from autograder.exercises import lesson_exercises
from autograder.reporting.fragments import Code
from autograder.reporting.similar import (
    HandIn,
    find_pairs,
    known_fragments,
    read_hand_ins,
    render_similar,
    write_similar,
)

LESSON = "05_attention_math"

# 한 사람이 제 버릇대로 길게 쓴 답
OWN = """
def softmax(x, dim):
    # 제 방식대로
    order = list(range(x.ndim))
    order.append(order.pop(dim if dim >= 0 else x.ndim + dim))
    moved = x.permute(order)
    rows = []
    for row in moved.reshape(-1, moved.shape[-1]):
        biggest = float("-inf")
        for value in row.tolist():
            biggest = value if value > biggest else biggest
        powers = [math.exp(value - biggest) for value in row.tolist()]
        whole = math.fsum(powers)
        rows.append(torch.tensor([power / whole for power in powers], dtype=x.dtype))
    stacked = torch.stack(rows).reshape(moved.shape)
    back = [order.index(place) for place in range(x.ndim)]
    return stacked.permute(back)


def causal_mask(size):
    table = []
    for line in range(size):
        table.append([1 if column < line + 1 else 0 for column in range(size)])
    return torch.tensor(table, dtype=torch.bool)
"""
# 그것을 베끼고 이름, 주석, 함수의 차례를 바꾼 것
COPY = '''
def causal_mask(n):
    """인과 마스크를 만들어요."""
    grid = []  # 한 줄씩
    for i in range(n):
        grid.append([1 if j < i + 1 else 0 for j in range(n)])
    return torch.tensor(grid, dtype=torch.bool)


def softmax(scores, axis):
    axes = list(range(scores.ndim))
    axes.append(axes.pop(axis if axis >= 0 else scores.ndim + axis))
    t = scores.permute(axes)
    out = []
    # 줄마다
    for r in t.reshape(-1, t.shape[-1]):
        m = float("-inf")
        for v in r.tolist():
            m = v if v > m else m
        e = [math.exp(v - m) for v in r.tolist()]
        s = math.fsum(e)
        out.append(torch.tensor([q / s for q in e], dtype=scores.dtype))
    y = torch.stack(out).reshape(t.shape)
    inverse = [axes.index(k) for k in range(scores.ndim)]
    return y.permute(inverse)
'''

# 같은 문제를 다른 사람이 따로 길게 쓴 답
OTHER = """
def softmax(x, dim):
    shifted = x - torch.amax(x, dim=dim, keepdim=True)
    result = torch.zeros_like(shifted)
    size = shifted.size(dim)
    total = torch.zeros_like(shifted.select(dim, 0))
    for i in range(size):
        total = total + torch.exp(shifted.select(dim, i))
    for i in range(size):
        result.select(dim, i).copy_(torch.exp(shifted.select(dim, i)) / total)
    return result


def causal_mask(size):
    mask = torch.zeros(size, size, dtype=torch.bool)
    for query in range(size):
        for key in range(size):
            if key <= query:
                mask[query, key] = True
    return mask
"""


@pytest.fixture(scope="module")
def known() -> frozenset[int]:
    return known_fragments(LESSON)


@pytest.fixture(scope="module")
def independent() -> list[HandIn]:
    """서른 사람이 실습마다 바른 답이나 알려진 실수 하나를 따로 고른 반."""
    rng, exercises = random.Random(0), lesson_exercises(LESSON)
    answers = {
        e.name: [Code(e.name, as_cell(e.name, f)) for f in (*e.correct, *(m.wrong[0] for m in e.mistakes))]
        for e in exercises
    }
    return [HandIn(f"s{n:03}", tuple(rng.choice(answers[e.name]) for e in exercises)) for n in range(30)]


def test_independent_short_answers_are_no_pair(independent: list[HandIn], known: frozenset[int]) -> None:
    found = find_pairs(LESSON, independent, known)
    assert found.compared == 30 and found.pairs == ()


def test_a_copy_with_other_names_comments_and_order_is_found(independent: list[HandIn], known: frozenset[int]) -> None:
    planted = [HandIn("김하늘", (Code("a", OWN),)), HandIn("이서준", (Code("b", COPY),))]
    found = find_pairs(LESSON, [*independent, *planted], known)
    assert [pair.students for pair in found.pairs] == [("김하늘", "이서준")]
    assert found.pairs[0].lines > 15


def test_two_people_who_wrote_at_length_on_their_own_are_no_pair() -> None:
    assert find_pairs(LESSON, [HandIn("a", (Code("x", OWN),)), HandIn("b", (Code("x", OTHER),))]).pairs == ()


def test_what_many_people_share_is_not_unusual(independent: list[HandIn], known: frozenset[int]) -> None:
    many = [HandIn(f"t{n}", (Code("a", OWN if n % 2 else COPY),)) for n in range(12)]
    assert find_pairs(LESSON, [*independent, *many], known).pairs == ()


def test_code_that_does_not_parse_is_compared_too() -> None:
    halves = [HandIn("a", (Code("x", OWN + "\ndef broken(:\n"),)), HandIn("b", (Code("x", "(((\n" + COPY),))]
    assert len(find_pairs(LESSON, halves).pairs) == 1


def test_given_cells_and_stubs_are_removed(tmp_path: Path, known: frozenset[int]) -> None:
    for student in ("a", "b"):
        path = tmp_path / student / LESSON / f"{LESSON}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(lesson_path(LESSON).read_bytes())
    hand_ins = read_hand_ins(tmp_path)[LESSON]
    assert {fragment for one in hand_ins for cell in one.cells for fragment in cell.fragments} <= known


def test_the_page_shows_both_and_accuses_nobody() -> None:
    nasty = "<script>alert(1)</script>"
    planted = [HandIn(nasty, (Code(nasty, OWN),)), HandIn("이서준", (Code("b", f"{COPY}\n# {nasty}"),))]
    html = render_similar([find_pairs(LESSON, planted)], People())
    assert "<script" not in html and html.count("&lt;script&gt;") >= 3 and 'class="same"' in html
    assert not [word for word in ("표절", "부정", "의심", "베낀", "베꼈", "위반") if word in html]
    assert "짝이 없어요: 레슨 5(1명)" in render_similar([find_pairs(LESSON, planted[:1])], People())


def test_the_command_finds_a_planted_copy_in_a_simulated_class(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    room = Classroom(tmp_path / "반")
    simulate(8, tmp_path / "class", lessons=(LESSON,))
    for student, text in (("s001", OWN), ("s002", COPY)):
        path = tmp_path / "class" / student / LESSON / f"{LESSON}.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        added = {
            "cell_type": "code",
            "source": text,
            "metadata": {},
            "id": "mine",
            "outputs": [],
            "execution_count": None,
        }
        notebook["cells"].append(added)
        path.write_text(json.dumps(notebook), encoding="utf-8")
    path, pairs = write_similar(room, LESSON, directory=tmp_path / "class")
    assert pairs == 1 and path == room.path / "similar.html"
    assert {"s001", "s002"} <= set(path.read_text(encoding="utf-8").replace("<", " ").replace(">", " ").split())
    with pytest.raises(ClassroomError, match="collect"):
        write_similar(room)
    code, _, said = run(capsys, "similar", "9", "--classroom", str(room.path))
    assert code == 2 and "레슨은 없어요" in said
