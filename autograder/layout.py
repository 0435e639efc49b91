"""저장소에서 무엇이 어디에 있는지. 학습자 묶음도 같은 모양이에요."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent  # autograder/
ROOT = PACKAGE.parent
REFERENCE = ROOT / "reference"
LESSONS = ROOT / "lessons"
SOLUTIONS = ROOT / "solutions"
BUILD = ROOT / "build"
EXPECTED = "expected.json"  # 가상 학급의 폴더에 든, 바른 채점기가 내야 할 점수
STUDY = ROOT / "study"  # 학습자의 사본. 커밋하지 않아요.
