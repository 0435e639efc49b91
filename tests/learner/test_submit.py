"""낼 파일: 언제나 만들고, 빠진 것을 말하고, 채점기가 읽지 못할 것만 만들지 않아요."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.commands import run

from autograder.authoring.lesson_source import lesson_path
from autograder.learner import progress, study, submit
from autograder.learner.notebooks import listed, read_mine
from autograder.learner.report import Report
from autograder.limits import LIMITS
from autograder.notebooks.reading import read_notebook

LESSON = "05_attention_math"
Document = dict[str, Any]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """학습자의 노트북. 확인은 셀의 글만 보고 답하는 것으로 바꿔요."""
    released = tmp_path / "lessons" / LESSON / f"{LESSON}.ipynb"
    released.parent.mkdir(parents=True)
    released.write_bytes(lesson_path(LESSON).read_bytes())
    monkeypatch.setattr(study, "LESSONS", tmp_path / "lessons")
    monkeypatch.setattr(submit, "LESSONS", tmp_path / "lessons")
    monkeypatch.setattr(study, "STUDY", tmp_path / "study")

    def check(path: Path, *_: object) -> list[Report]:
        notebook = read_mine(path)
        return [
            Report(item.name, "", "pass" if notebook.text(item.name) == "# 맞아요" else "fail", "", bonus=item.bonus)
            for item in listed(path.stem)
        ]

    monkeypatch.setattr(progress, "check_notebook", check)
    return study.open_places()[LESSON]


def edit(path: Path, change: Callable[[Document], object]) -> None:
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")


def cell(document: Document, name: str) -> Document:
    return next(c for c in document["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


def solve(document: Document) -> None:
    for item in listed(LESSON):
        if not item.bonus:
            cell(document, item.name)["source"] = ["# 맞아요"]
    cell(document, "reflection")["source"] = ["작아져요."]


def made() -> Path:
    return study.handins() / f"{LESSON}.ipynb"


def test_a_complete_notebook_is_handed_in_byte_for_byte(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(place, solve)
    code, out, _ = run(capsys, "submit", "5")
    assert code == 0 and "다 되었어요" in out and str(made()) in out
    assert made().read_bytes() == place.read_bytes()


def test_an_unfinished_one_is_made_too_and_says_what_is_missing(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(place, solve)
    edit(
        place,
        lambda d: (
            cell(d, "softmax").update(source=["x"]),
            cell(d, "reflection").update(source=["여기에 답을 적어 주세요."]),
        ),
    )
    code, out, _ = run(capsys, "submit")
    assert code == 1 and "통과하지 못한 것: softmax" in out and "서술형: 아직" in out and made().is_file()


def test_nothing_worked_on_and_unknown_lessons_say_what_to_do(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "submit")
    assert code == 2 and "course.py lab" in err and not made().exists()
    assert run(capsys, "submit", "11")[0] == 2
    assert run(capsys, "submit", "5")[0] == 1 and made().is_file()  # 적어서 달라고 하면 빈칸이어도 만들어요.


def test_outputs_beyond_the_limit_are_dropped(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(place, solve)
    long = {"output_type": "stream", "name": "stdout", "text": "0," * LIMITS.notebook_items}
    edit(place, lambda d: cell(d, "softmax").update(outputs=[long]))
    code, out, _ = run(capsys, "submit", "5")
    assert code == 0 and "출력을 지우고" in out
    assert read_notebook(made()).text("softmax") == "# 맞아요"


def test_lost_tags_come_back_in_the_handin_and_doubts_are_said(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def lose(document: Document) -> None:
        solve(document)
        cell(document, "softmax")["source"] = ["def softmax(x, dim):\n", "    return x"]
        document["cells"][2]["source"].append("\nimport numpy")
        document["cells"].append(json.loads(json.dumps(cell(document, "causal_mask"))) | {"id": "again"})
        softmax = cell(document, "softmax")
        softmax["metadata"], softmax["id"] = {}, "other"

    edit(place, lose)
    before = place.read_bytes()
    code, out, _ = run(capsys, "submit", "5")
    assert (
        code == 1 and "꼬리표를 되살렸어요" in out and "`causal_mask` 셀이 2개" in out and "고쳤어요(3번째 셀)" in out
    )
    assert (
        read_notebook(made()).text("softmax") == "def softmax(x, dim):\n    return x" and place.read_bytes() == before
    )


@pytest.mark.parametrize("data", [b"", b"{", b'{"cells": []}', b'{"cells": [{"cell_type": "code", "source": "x"}]}'])
def test_what_a_grader_cannot_read_is_refused(place: Path, data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    place.write_bytes(data)
    code, _, err = run(capsys, "submit", "5")
    assert code == 2 and LESSON in err and "이름을 바꿔요" in err and not made().exists()


def test_the_folder_is_chosen_and_notebooks_are_never_overwritten(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(place, solve)
    out = tmp_path / "낼 것"
    assert run(capsys, "submit", "5", "--out", str(out))[0] == 0
    (out / f"{LESSON}.ipynb").write_text("다른 것")
    assert run(capsys, "submit", "5", "--out", str(out))[0] == 0
    assert [p.read_text("utf-8") for p in study.backups(LESSON).iterdir()] == ["다른 것"]
    for wrong in (place.parent, tmp_path / "lessons", place):
        before = place.read_bytes()
        assert run(capsys, "submit", "5", "--out", str(wrong))[0] == 2 and place.read_bytes() == before
