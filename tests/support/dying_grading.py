"""채점하다 죽는 프로세스들: `python -m support.dying_grading`.

시험 프로세스에서 갈라지면 자식이 없는 실(앞선 시험이 켠 Java의 것)을 영영 기다릴 수 있어요. 여기는 실이 하나예요.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from autograder.classroom import grade_class, record
from autograder.classroom.folder import Classroom
from autograder.classroom.record import Writer
from support.paper_station import Paper, grade

DIED = 9


def grade_and_die(room: Path, where: str, after: int) -> None:
    """`Writer`의 그 일을 `after`번 더 하고 죽어요. 정리하는 코드는 아무것도 돌지 않아요(kill -9)."""
    real, left = getattr(Writer, where), iter(range(after))

    def then_die(*given: Any, **named: Any) -> None:
        real(*given, **named)
        if next(left, None) is None:
            os._exit(DIED)

    setattr(Writer, where, then_die)
    record.BATCH = 1
    grade_class.open_station = lambda *_: Paper()  # type: ignore[assignment, return-value]
    grade(Classroom(room))


if __name__ == "__main__":
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                room, where, after = json.loads(line)
                grade_and_die(Path(room), where, after)
            finally:
                os._exit(1)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
