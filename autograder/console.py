"""터미널 화면."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def typed(path: Path) -> str:
    """다음에 칠 명령에 그대로 적을 수 있는 경로. 지금 폴더의 안이면 짧게 적고, 빈칸이 있으면 따옴표로 감싸요."""
    here = os.path.relpath(path)
    return shlex.quote(str(path) if here.startswith(os.pardir) else here)


def make_console() -> Console:
    """수와 경로에 저절로 색을 입히지 않고, 긴 줄을 마음대로 자르지 않는 화면."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)
