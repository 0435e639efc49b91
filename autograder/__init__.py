"""학습자가 보는 얼굴. 노트북에서는 `from autograder import check` 하나면 돼요."""

from __future__ import annotations


def check(name: str) -> None:
    """실습 `name`을 바로 확인하고 결과를 한국어로 보여 줘요."""
    from autograder.learner.checker import check as run

    run(name)


__all__ = ["check"]
