"""레슨의 셀이 실습 말고 더 쓰는 것들: 그림, 글꼴, 작은 자료.

학습자 묶음에도 들어가고 `reference` 없이 돌아가요. 채점에서는 쓰이지 않아요.
그림은 `from autograder.kit import plots`로 불러와요.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from typing import Any, TypeVar

from autograder.kit import text
from autograder.kit.drawings import drawing
from autograder.kit.moving import moving
from autograder.kit.progress_bar import progress
from autograder.kit.standing import NotYetMade, unsolved
from autograder.kit.waiting import watch
from autograder.layout import REFERENCE

__all__ = ["NotYetMade", "drawing", "earlier", "fast", "moving", "progress", "show_reference", "steps", "text"]

_T = TypeVar("_T")

# 레슨의 첫 셀이 이것을 불러오는 때부터, 실험 셀은 무엇을 먼저 풀지 말해 줘요.
watch()


def fast(full: _T, small: _T) -> _T:
    """실험의 크기를 골라요. 보통은 `full`, 환경 변수 `COURSE_FAST=1`이면 `small`이에요(시험에서만 켜요)."""
    return small if os.environ.get("COURSE_FAST") == "1" else full


def steps(full: int, small: int) -> int:
    """학습의 스텝 수. `fast`와 같고, 시험에서는 환경 변수 `COURSE_STEPS`만큼 곱해 오래 학습해도 같은 말이 참인지 봐요."""
    return fast(full, small) * int(os.environ.get("COURSE_STEPS", "1"))


def earlier(name: str) -> Callable[..., Any]:
    """앞 레슨에서 학습자가 만든 함수를 그 노트북에서 꺼내요. 쓸 수 없으면 까닭을 말하고, 불렀을 때 알려 주는 것을 돌려줘요."""
    from autograder.kit.assembly import from_earlier_lesson

    function, reason = from_earlier_lesson(name)
    if not reason:
        return function
    print(reason)

    def not_yet(*args: Any, **kwargs: Any) -> Any:
        raise NotYetMade(reason)

    return not_yet


def show_reference(filename: str, anyway: bool = False) -> None:
    """`reference/` 안의 파일 하나를 셀 아래에 보여 줘요. 거기에 답이 있는 실습을 모두 통과했거나, `anyway=True`일 때예요."""
    from IPython.display import Markdown, display

    path = REFERENCE / filename
    if not path.is_file():
        display(
            Markdown(
                f"`reference/{filename}`에는 실습의 답이 있어서 나눠 받은 묶음에는 넣지 않았어요. 강사가 저장소를 열어 주면 이 셀에서 볼 수 있어요."
            )
        )
        return
    code = path.read_text(encoding="utf-8")
    left = [] if anyway else unsolved(_answered_in(code))
    if left:
        display(
            Markdown(
                f"`reference/{filename}`에는 아직 통과하지 못한 실습의 답이 있어요: {', '.join(f'`{name}`' for name in left)}. "
                f'풀고 나서 이 셀을 다시 실행해요. 지금 보려면 `show_reference("{filename}", anyway=True)`예요.'
            )
        )
    else:
        display(Markdown(f"**reference/{filename}**\n\n```python\n{code}\n```"))


def _answered_in(code: str) -> list[str]:
    """이 파일에 같은 이름의 함수가 있는 실습들. 여러 레슨의 것이 있으면 가장 많은 레슨의 것이에요."""
    from autograder.learner.course_material import public_lessons

    made = {node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)}
    return max(([name for name in names if name in made] for names in public_lessons().values()), key=len, default=[])
