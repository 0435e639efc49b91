"""실습 셀의 지금 모습을 가려요: 읽히지 않는 셀, 이름이 바뀐 함수, 아직 실행하지 않은 셀. 빈칸 그대로인 것과 헷갈리지 않게요."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from types import FunctionType
from typing import Any

from autograder.judging.exceptions.failures import STUB_TEXT
from autograder.learner.course_material import public_names
from autograder.learner.notebooks import read_mine
from autograder.notebooks.cell_code import defined_names, python_text
from autograder.notebooks.reading import NotebookError
from autograder.wording import josa


def unreadable_cell(name: str, namespace: Mapping[str, Any]) -> str:
    """마지막으로 실행한 `name`의 셀을 파이썬이 읽지 못했으면 그 설명, 아니면 빈 글. 커널에는 그 전의 함수가 남아 있을 수 있어요."""
    defines = re.compile(rf"^[ \t]*def[ \t]+{re.escape(name)}\b", re.MULTILINE)
    inputs = namespace.get("In")
    runs = (
        [text for text in inputs if isinstance(text, str) and defines.search(text)] if isinstance(inputs, list) else []
    )
    try:
        ast.parse(python_text(runs[-1]) if runs else "")
    except SyntaxError as error:
        return (
            f"마지막에 실행한 `{name}` 셀을 파이썬이 읽지 못해서 함수가 새로 만들어지지 않았어요({error.lineno}번째 줄).\n"
            "다음에 볼 곳: 괄호와 따옴표의 짝, 콜론, 들여쓰기를 고치고 셀을 다시 실행해요."
        )
    return ""


def renamed_function(name: str, namespace: Mapping[str, Any], notebook: Path | None) -> str:
    """실습 셀이 다른 이름의 함수를 만들면 그 설명, 아니면 빈 글."""
    cell = saved_cell(name, notebook)
    made = defined_names(cell) if cell else set()
    if cell and name not in made:
        other = sorted(made)[:3]
    else:
        made_here = (key for key, value in namespace.items() if isinstance(value, FunctionType) and key[0] != "_")
        mine = set(made_here) - set(public_names())  # 이름이 닮은 다른 실습과 헷갈리지 않아요.
        other = difflib.get_close_matches(name, mine, 1, 0.8) if name not in namespace else []
    if not other:
        return ""
    listed = ", ".join(f"`{found}`" for found in other)
    return (
        f"`{name}` 함수가 없고 {josa(listed, '이/가')} 있어요.\n"
        f"다음에 볼 곳: `def` 줄의 이름을 `{name}`{josa(name, '으로/로')[len(name) :]} 되돌리고 셀을 다시 실행해요."
    )


def is_stub(function: object) -> bool:
    """배포본의 빈칸 그대로인 함수인지. 부르는 앞 실습이 빈칸인 것과 가려요."""
    return STUB_TEXT in getattr(getattr(function, "__code__", None), "co_consts", ())


def not_run_again(name: str, notebook: Path | None) -> str:
    """저장된 셀은 채웠는데 커널에는 빈칸이 남아 있으면 그 설명, 아니면 빈 글."""
    cell = saved_cell(name, notebook)
    if not cell or name not in defined_names(cell) or STUB_TEXT in cell:
        return ""
    return (
        f"노트북의 `{name}` 셀은 채웠지만 커널에는 아직 빈칸이 있어요.\n"
        "다음에 볼 곳: 구현 셀을 실행한 뒤에 확인 셀을 실행해요."
    )


def saved_cell(name: str, notebook: Path | None) -> str:
    """저장된 노트북에서 그 실습 셀의 글. 알 수 없으면 빈 글이에요."""
    try:
        return (read_mine(notebook).text(name) or "") if notebook else ""
    except NotebookError:
        return ""
