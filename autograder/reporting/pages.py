"""이 방의 화면을 그리는 jinja 환경. 바탕과 안전 규칙은 피드백의 것과 같아요."""

from __future__ import annotations

from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader

from autograder.classroom.feedback import templates


@cache
def pages() -> Environment:
    """`reporting/templates`를 먼저 찾고, 바탕(`base.html.j2`)은 `classroom/templates`에서 찾는 환경."""
    ours = templates()
    assert ours.loader is not None
    return ours.overlay(loader=ChoiceLoader([PackageLoader("autograder.reporting"), ours.loader]))
