"""지금 커널에서 실습이 어디까지 되었는지. 실험 셀과 기준 구현을 보여 줄지 정할 때 물어요."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from autograder.errors import CourseError


class NotYetMade(CourseError):
    """앞 레슨의 함수를 불렀는데 학습자가 아직 만들지 않았어요. `what`은 그 함수("레슨 6의 `multi_head_attention`")예요."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.what = reason.partition(":")[0]


def shell() -> Any:
    """이 코드를 돌리는 IPython. 없으면 None이에요."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def kernel_names() -> Mapping[str, Any]:
    """학습자의 이름들. IPython이 아니면 비어 있어요."""
    running = shell()
    return running.user_ns if running else {}


def known_verdict(name: str) -> str:
    """계산하지 않고 바로 아는 판정: 커널에 없음("absent"), 빈칸("missing"), 이 함수를 마지막으로 확인한 결과. 모르면 빈 글이에요."""
    from autograder.learner.cell_state import is_stub
    from autograder.learner.checker import last_verdicts

    names = kernel_names()
    if name not in names:
        return "absent"
    if is_stub(names[name]):
        return "missing"
    function, verdict = last_verdicts.get(name, (None, ""))
    return verdict if function is names[name] else ""


def verdict_of(name: str) -> str:
    """실습의 판정. 통과한 것이 아니면 다시 확인해요. 함수는 그대로인데 그것이 부르는 앞 실습을 고쳤을 수 있어요."""
    from autograder.learner.checker import examine

    known = known_verdict(name)
    return known if known in ("absent", "missing", "pass") else examine(name, kernel_names()).verdict


def unsolved(names: Iterable[str]) -> list[str]:
    """이 커널에서 아직 통과하지 못한 실습들."""
    return [name for name in names if verdict_of(name) != "pass"]
