"""저장된 노트북이 아니라 지금 커널에만 남은 이름을 가려내요."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from autograder.learner.notebooks import read_mine
from autograder.notebooks.cell_code import defined_names, runs_in_grading
from autograder.notebooks.reading import NotebookError
from autograder.wording import josa


def graded_names(path: Path) -> set[str]:
    """저장된 노트북을 채점하면 정의될 이름들. 읽을 수 없으면 NotebookError예요."""
    cells = [cell for cell in read_mine(path).cells if runs_in_grading(cell)]
    return set().union(*(defined_names(cell.source) for cell in cells))


def global_names(function: Callable[..., Any]) -> set[str]:
    """함수가 (안쪽 함수까지) 읽는 전역 이름들. 내장 이름은 빼요."""
    names: set[str] = set()
    seen: set[int] = set()

    def walk(code: CodeType, scope: Mapping[str, Any]) -> None:
        if id(code) in seen:
            return
        seen.add(id(code))
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                walk(constant, scope)
        for name in code.co_names:
            if name in scope and not hasattr(builtins, name):
                names.add(name)
                value = scope[name]
                # 노트북에서 정의한 도우미라면 그 안에서 쓰는 이름까지 따라가요.
                if isinstance(value, FunctionType) and value.__globals__ is scope:
                    walk(value.__code__, scope)

    if isinstance(function, FunctionType):
        walk(function.__code__, function.__globals__)
    return names


def explain_stale_names(name: str, function: Callable[..., Any], notebook: Path | None) -> str | None:
    """채점에서는 정의되지 않을 이름에 기대고 있으면 그 까닭을 말해요."""
    if notebook is None:
        return None
    try:
        defined = graded_names(notebook)
    except NotebookError:
        return None
    missing = sorted(global_names(function) - defined - {name})
    if not missing:
        return None
    listed = ", ".join(f"`{m}`" for m in missing)
    return (
        f"값은 맞지만, 이 함수가 쓰는 {josa(listed, '은/는')} 지금 커널에만 남아 있어요. 새 커널에서는 NameError가 나요.\n"
        "저장된 노트북에서 정의, import, 상수만 담은 셀에 그 이름이 있어야 해요(계산하는 셀은 채점에서 실행하지 않아요).\n"
        "다음에 볼 곳: 방금 쓴 셀이라면 저장(Ctrl+S)하고, 지운 셀의 이름이라면 함수 안에서 새로 만들고, 레슨이 준 셀에 더했다면 새 셀로 옮겨요."
    )
