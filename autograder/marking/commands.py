"""강사의 명령: 아직 없어요."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """서술형을 채점하는 명령을 `app`에 더해요."""
