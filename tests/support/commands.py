"""`course` 명령을 시험 안에서 돌려요."""

from __future__ import annotations

import pytest

from autograder import cli


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """명령 하나를 돌리고 (종료 코드, 표준 출력, 표준 오류)를 돌려줘요."""
    code = cli.run(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err
