"""작은 레슨의 심사원 서버: `python -m support.tiny_judge`로 떠요. 진짜 심사원이 하던 그대로이고, 늘어난 메모리만 더 적어 줘요.

시험 프로세스에서 갈라지면 안 돼요. 앞선 시험이 켠 Java의 실은 자식에게 없어서, Java 객체를 치우던 자식은 없는 실을 영영 기다려요.
심사원은 늘 실이 하나인 서버에서 갈라져요.
"""

from __future__ import annotations

import resource
from typing import Any

from autograder.grading import judge_process
from autograder.limits import Limits
from support.tiny_lesson import tiny_setup

_bind_memory = judge_process._bind_memory
_before = 0


class GrownCopy:
    """작은 레슨은 배포한 노트북이 없어요. 사본의 자리에 늘어난 메모리(MiB)를 적어요."""

    answered: dict[str, bool] = {}
    code: dict[str, str] = {}

    def __init__(self, *_: Any) -> None:
        self.notebook = {"grown": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - _before) / 1024}


def bind_memory_and_remember(limits: Limits) -> None:
    """심사원이 일을 받기 바로 전이에요."""
    global _before
    _bind_memory(limits)
    _before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    judge_process.prepare = lambda lesson, seed: tiny_setup(seed)
    judge_process.make_copy = GrownCopy
    judge_process._bind_memory = bind_memory_and_remember
    tiny_setup()
    judge_process.main()
