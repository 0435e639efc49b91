"""레슨의 셀이 쓰는 것들의 시험: 기준 구현 없이 돌고, 어떤 값이든 받고, 한글이 빠짐없이 그려져요."""

from __future__ import annotations

import ast
import re
import warnings
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from autograder import kit
from autograder.authoring.lesson_source import source_path, sources
from autograder.exercises import lesson_exercises
from autograder.kit import fast, plots, show_reference, standing, text
from autograder.layout import REFERENCE


@pytest.fixture(autouse=True)
def fresh_figures():
    plt.close("all")
    yield
    plt.close("all")


def draw() -> None:
    """지금 그림을 끝까지 그려요. 빠진 글자는 경고가 되므로 오류로 바꿔요."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plt.gcf().canvas.draw()


def test_kit_never_imports_reference():
    for path in Path(kit.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        assert not any(name.split(".")[0] == "reference" for name in names), path


def test_fast_reads_one_switch(monkeypatch):
    monkeypatch.delenv("COURSE_FAST", raising=False)
    assert fast(100, 3) == 100
    monkeypatch.setenv("COURSE_FAST", "1")
    assert fast(100, 3) == 3
    monkeypatch.setenv("COURSE_FAST", "0")
    assert fast(100, 3) == 100


@pytest.fixture
def shown(monkeypatch):
    import IPython.display

    texts: list[str] = []
    monkeypatch.setattr(IPython.display, "display", lambda markdown: texts.append(markdown.data))
    return texts


def test_the_reference_opens_after_its_exercises_or_on_a_wish(shown, monkeypatch):
    names = {"causal_mask": lambda n: torch.ones(n, n).tril().bool()}
    monkeypatch.setattr(standing, "kernel_names", lambda: names)
    show_reference("masks.py")
    assert "`padding_mask`" in shown[-1] and "`causal_mask`" not in shown[-1] and "def " not in shown[-1]
    assert 'show_reference("masks.py", anyway=True)' in shown[-1] and "\n" not in shown[-1]
    show_reference("masks.py", anyway=True)
    assert "def padding_mask" in shown[-1]
    names["padding_mask"] = lambda ids, pad_id: ids == pad_id
    show_reference("masks.py")
    assert "`padding_mask`" in shown[-1] and "def " not in shown[-1]
    names["padding_mask"] = lambda ids, pad_id: (ids != pad_id)[:, None, None, :]
    show_reference("masks.py")
    assert "def padding_mask" in shown[-1]


def test_every_shown_file_waits_for_exercises_of_its_lesson():
    for source in sources():
        for name in re.findall(r'show_reference\("(.+?)"\)', source_path(source).read_text("utf-8")):
            waits = kit._answered_in((REFERENCE / name).read_text("utf-8"))
            assert waits and set(waits) <= {exercise.name for exercise in lesson_exercises(source)}, name


def test_without_the_reference_it_says_so(shown, tmp_path, monkeypatch):
    monkeypatch.setattr(kit, "REFERENCE", tmp_path / "reference")
    show_reference("attention.py")
    assert "넣지 않았어요" in shown[-1] and "def " not in shown[-1]


def parameter(values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("make", [list, np.array, torch.tensor, parameter])
def test_every_kind_of_number_can_be_drawn(make):
    values = make([0.5, -1.0, 2.0])
    plots.lines(
        [1, 10, 100], {"나": values, "너": values}, title="꺾은선", xlabel="길이", logx=True, marker="o", dashed=["너"]
    )
    draw()
    assert [t.get_text() for t in plt.gca().get_xticklabels()] == ["1", "10", "100"]
    plots.bars(["가", "나", "다"], {"값": values}, title="막대")
    draw()
    plots.histogram({"값": values, "다른 값": values}, title="히스토그램")
    draw()
    plots.scatter(make([[0.0, 1.0], [2.0, 3.0]]), ["강", "남"], groups=["도시", "글자"])
    draw()
    plots.heatmap(make([[0.5, -1.0], [2.0, 3.0]]), values="{:.1f}", diverging=True, title="√d_k · n² − 1")
    draw()


def test_attention_and_mask_maps_name_both_sides():
    words = text.BANK.split()
    plots.attention_map(torch.eye(5), words, title="지도")
    draw()
    axes = plt.gcf().axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == words == [t.get_text() for t in axes.get_yticklabels()]
    assert "키" in axes.get_xlabel() and "쿼리" in axes.get_ylabel()
    assert axes.get_title(loc="left") == "지도"
    plots.mask_map(torch.ones(2, 3).tril().bool(), ["가", "나"], ["다", "라", "마"])
    draw()
    axes = plt.gcf().axes[0]
    assert len(axes.get_xticklabels()) == 3 and [t.get_text() for t in axes.texts] == list("○××○○×")


def test_large_maps_show_colours_not_numbers():
    plots.attention_map(torch.rand(30, 30), [str(i) for i in range(30)])
    draw()
    assert not plt.gcf().axes[0].texts and len(plt.gcf().axes) == 2


def test_panels_hide_what_is_left_over():
    axes = plots.panels(5, "다섯 칸", columns=3)
    assert len(axes) == 5
    assert [ax.get_visible() for ax in plt.gcf().axes] == [True] * 5 + [False]


def test_log_ticks_are_plain_numbers():
    plots.lines([1, 2, 3], {"값": [0.001, 1.0, 1000.0]}, logy=True)
    draw()
    labels = [t.get_text() for t in plt.gca().get_yticklabels()]
    assert "0.001" in labels and not any("$" in label for label in labels)
