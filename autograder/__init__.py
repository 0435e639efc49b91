"""학습자가 보는 얼굴. 노트북에서는 `from autograder import check` 하나면 돼요."""

from __future__ import annotations

from typing import Any


class _Check:
    """`check("softmax")`는 실습 하나를, `check()`는 레슨 전부를 확인하고, `check.inputs("softmax", 2)`는 확인이 쓴 입력을 꺼내요."""

    def __call__(self, name: str | None = None) -> None:
        """실습 `name`을 바로 확인하고 결과를 한국어로 보여 줘요. 이름이 없으면 이 레슨의 실습 전부예요."""
        from autograder.learner.checker import check as run

        run(name)

    def inputs(self, name: str, case: int, call: int = 1) -> list[Any]:
        """확인의 `case`번째 사례가 넘긴 인자들."""
        from autograder.learner.case_inputs import inputs

        return inputs(name, case, call)

    def __repr__(self) -> str:
        return 'check("실습이름")처럼 불러요. check()는 이 레슨의 실습을 모두 확인해요.'


check = _Check()

__all__ = ["check"]
