"""제출물 찾기."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.grading.submissions import find_submissions
from autograder.notebooks.reading import NotebookError

LESSON = "05_attention_math"


def test_finding_submissions(tmp_path: Path) -> None:
    lesson = "05_attention_math"

    def put(student: str, name: str, folder: str = lesson) -> Path:
        path = tmp_path / student / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
        return path

    put("s1", f"{lesson}.ipynb")
    put("s2", "내 과제 05.ipynb")
    put("s3", f"{lesson}-Copy1.ipynb")
    put("s3", "old.ipynb")
    put("s4", f"{lesson}.ipynb")
    put("s4", "torch.py")
    put("s5", "notes.txt")
    put("s6", f"{lesson}.ipynb", "something_else")
    put("s7", "02_positional_encoding.ipynb", "02_positional_encoding")
    (tmp_path / ".hidden" / lesson).mkdir(parents=True)
    (tmp_path / "s1" / lesson / "timestamp.txt").write_text("2026-03-02 09:00:00 UTC")
    (tmp_path / "stray.txt").write_text("x")
    found = {s.student: s for s in find_submissions(tmp_path, lesson)}
    assert set(found) == {"s1", "s2", "s3", "s4", "s5"}
    assert found["s1"].problems == ()
    assert "내 과제 05.ipynb" in found["s2"].problems[0] and found["s2"].read() == b"{}"
    assert found["s3"].source == tmp_path / "s3" / lesson / f"{lesson}-Copy1.ipynb"
    assert "torch.py" in found["s4"].problems[0]
    with pytest.raises(NotebookError):
        found["s5"].read()
    assert "s7" in {s.student for s in find_submissions(tmp_path)}


def test_a_closed_folder_costs_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for student in ("가", "나"):
        (tmp_path / student / LESSON).mkdir(parents=True)
        (tmp_path / student / LESSON / f"{LESSON}.ipynb").write_text("{}")
    usual = Path.iterdir
    closed = PermissionError(13, "Permission denied")

    def locked(path: Path):
        if path.name == "가":
            raise closed
        return usual(path)

    monkeypatch.setattr(Path, "iterdir", locked)
    told: list[tuple[str, OSError]] = []
    found = find_submissions(tmp_path, on_closed=lambda name, error: told.append((name, error)))
    assert [one.student for one in found] == ["나"] and told == [("가", closed)]
