"""터미널 화면."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def make_console() -> Console:
    """수와 경로에 저절로 색을 입히지 않고, 긴 줄을 마음대로 자르지 않는 화면."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)
