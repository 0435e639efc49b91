"""사용자에게 한 문장으로 말할 잘못. 모두 `CourseError`에서 갈라지고, `cli/`의 한 곳에서 문장과 종료 코드가 돼요."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec


class CourseError(Exception):
    """명령을 이어 갈 수 없는 까닭. 내용은 다음에 할 일까지 적은 한국어 문장이고, 명령은 이것을 보이고 코드 2로 끝나요."""


def expected_errors() -> tuple[type[Exception], ...]:
    """문장만 보이고 끝낼 예외들. 기준 구현은 우리를 모르므로 제 뿌리(`UserError`)가 따로 있어요. 학습자 묶음에는 없어요."""
    if find_spec("reference") is None:
        return (CourseError,)
    return CourseError, import_module("reference.errors").UserError
