"""사용자에게 한 문장으로 말할 잘못."""

from __future__ import annotations


class CourseError(Exception):
    """명령을 이어 갈 수 없는 까닭. 내용은 다음 걸음까지 적은 한국어 문장이고, 명령은 이것을 보이고 코드 2로 끝나요."""
