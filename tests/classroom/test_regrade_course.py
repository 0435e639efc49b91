"""정말로 고친 저장소에서 명령으로 다시 채점해요: 배점과 정의가 바뀌면 누구의 점수가 왜 바뀌었는지."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.classes import LESSON, hand_in, notebook
from support.tiny_lesson import needs

from autograder.layout import ROOT

WRONG = "def softmax(x, dim):\n    return torch.softmax(x, dim=-1)"
COPIED = ("autograder", "reference", "solutions", "lessons", "nbgrader_config.py", "pyproject.toml")


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """고쳐도 되는 저장소의 사본. 명령도 심사원도 여기의 파일로 돌아요."""
    needs("full", "reduced", "landlock")
    place = tmp_path / "course"
    place.mkdir()
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, place / name)
    for student, answers in {"kim": {}, "lee": {"softmax": WRONG}, "park": {"softmax": ""}}.items():
        hand_in(place / "classroom" / "submitted", student, notebook(**answers))
    return place


def course(workplace: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "autograder.cli", *arguments]
    done = subprocess.run(command, cwd=workplace, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rows_of(workplace: Path, preview: bool = False) -> list[dict[str, str]]:
    paths = (workplace / "classroom" / "changes").glob("*.csv")
    (path,) = (path for path in paths if ("preview" in path.name) == preview)
    found = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    path.unlink()
    return found


def give_points(workplace: Path, exercise: str, old: int, new: int) -> None:
    """배점을 정의, 원본, 배포한 노트북에서 함께 바꿔요."""
    for path, pattern in (
        (f"autograder/exercises/lesson_{LESSON}.py", rf'(name="{exercise}".*?points=){old}\b'),
        (f"solutions/{LESSON}.py", rf'("check_{exercise}", "locked": true, "points": ){old}\b'),
        (f"lessons/{LESSON}/{LESSON}.ipynb", rf'("grade_id": "check_{exercise}".*?"points": ){old}\b'),
    ):
        text = (workplace / path).read_text(encoding="utf-8")
        changed, times = re.subn(pattern, rf"\g<1>{new}", text, count=1, flags=re.DOTALL)
        assert times == 1, path
        (workplace / path).write_text(changed, encoding="utf-8")


@pytest.mark.slow
def test_new_points_and_a_new_definition_are_told_for_whom_they_moved(workplace: Path) -> None:
    course(workplace, "grade")
    assert not (workplace / "classroom" / "changes").exists()
    give_points(workplace, "softmax", 12, 8)
    give_points(workplace, "attention_scores", 13, 17)
    course(workplace, "grade", "--dry-run")
    expected = rows_of(workplace, preview=True)
    course(workplace, "grade")
    rows = rows_of(workplace)
    assert rows == expected
    moved = {(row["학생"], row["실습"]): (row["이전"], row["이후"], row["까닭"]) for row in rows}
    softmax, scores = "배점이 바뀌었어요 (12점 → 8점)", "배점이 바뀌었어요 (13점 → 17점)"
    assert moved["kim", "softmax"] == ("12", "8", softmax) and moved["lee", "softmax"][2] == softmax
    assert {moved[who, "attention_scores"] for who in ("kim", "lee", "park")} == {("13", "17", scores)}
    assert set(moved) == {(who, "attention_scores") for who in ("kim", "lee", "park")} | {
        ("kim", "softmax"),
        ("lee", "softmax"),
    }

    # 뒤집힌 기준 구현: 바르게 답한 사람이 모두 틀리게 돼요.
    path = workplace / f"autograder/exercises/lesson_{LESSON}.py"
    text = path.read_text(encoding="utf-8")
    old, new = "reference=masks.causal_mask,", "reference=lambda T: ~masks.causal_mask(T),"
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    course(workplace, "grade")
    rows = rows_of(workplace)
    assert {(row["학생"], row["실습"], row["까닭"]) for row in rows} == {
        (who, "causal_mask", "실습의 정의가 바뀌었어요") for who in ("kim", "lee", "park")
    }
