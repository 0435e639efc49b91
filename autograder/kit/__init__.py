"""레슨의 셀이 실습 말고 더 쓰는 것들: 그림, 글꼴, 작은 자료.

학습자 묶음에도 들어가고 `reference` 없이 돌아가요. 채점에서는 쓰이지 않아요.
그림은 `from autograder.kit import plots`로 불러와요.
"""

from __future__ import annotations

import os
from typing import TypeVar

from autograder.kit import text
from autograder.layout import REFERENCE

__all__ = ["fast", "show_reference", "text"]

_T = TypeVar("_T")


def fast(full: _T, small: _T) -> _T:
    """실험의 크기를 골라요. 보통은 `full`, 환경 변수 `COURSE_FAST=1`이면 `small`이에요(시험에서만 켜요)."""
    return small if os.environ.get("COURSE_FAST") == "1" else full


def show_reference(filename: str) -> None:
    """`reference/` 안의 파일 하나를 셀 아래에 보여 줘요. 학습자 묶음처럼 그 폴더가 없으면 그렇다고 알려 줘요."""
    from IPython.display import Markdown, display

    path = REFERENCE / filename
    if path.is_file():
        code = path.read_text(encoding="utf-8")
        display(Markdown(f"**reference/{filename}**\n\n```python\n{code}\n```"))
    else:
        display(
            Markdown(
                f"이 묶음에는 기준 구현 `reference/{filename}`이 들어 있지 않아요. 전체 저장소를 받으면 여기서 볼 수 있어요."
            )
        )
