"""채점하는 자리: 함께 해도 한 사람씩과 같고, 우리 쪽의 실패는 점수가 되지 않고, 한 제출물이 반 전체를 붙잡지 못해요."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from support.classes import LESSON, hand_in, notebook, shared_station
from support.tiny_lesson import LIMITS, SEED, as_bytes, cells_of, needs, shared_pool, tiny_setup

from autograder.grading import judge_process, judges, station
from autograder.grading.lesson_setup import prepare
from autograder.grading.messages import Graded, Request
from autograder.grading.results import Ungraded
from autograder.grading.station import Station
from autograder.grading.submissions import Submission, content_digest
from autograder.sandbox import WorkerLost

TEXTS = {
    "right": {},
    "wrong": {"softmax": "def softmax(x, dim):\n    return x"},
    "endless": {"softmax": "while True: pass"},
    "broken": {"softmax": "def softmax(x:\n  x"},
    "exit": {"softmax": "import os\nos._exit(0)"},
}


def as_json(text: dict[str, str]) -> bytes:
    return json.dumps(notebook(**text), ensure_ascii=False).encode()


def submissions() -> list[Submission]:
    good = [Submission(name, LESSON, as_json(text)) for name, text in TEXTS.items()]
    return [*good, Submission("bad", LESSON, b"{"), Submission("gone", LESSON, Path("/no/such/file.ipynb"))]


def requests(order: int = 1) -> list[Request]:
    return [Request(one, SEED) for one in submissions()[::order]]


def found(outcomes: list[Graded | Ungraded]) -> dict[str, Graded]:
    assert all(isinstance(one, Graded) for one in outcomes), outcomes
    return {one.student: one for one in outcomes if isinstance(one, Graded)}


def test_a_class_gets_the_same_marks_in_any_order() -> None:
    alone = {
        one.student: judge_process._grade(Request(one, SEED), shared_pool(), prepare(LESSON, SEED))
        for one in submissions()
    }
    for order in (1, -1):
        together = found(list(shared_station().grade(requests(order))))
        assert {name: one.marks for name, one in together.items()} == {n: one.marks for n, one in alone.items()}
        assert {name: one.copy for name, one in together.items()} == {n: one.copy for n, one in alone.items()}
        assert {name for name, one in together.items() if not one.readable} == {"bad", "gone"}
    assert {name: one.digest for name, one in together.items()} == {
        one.student: content_digest(one) for one in submissions()
    }


def test_a_lost_judge_or_worker_is_tried_again_alone(tmp_path: Path) -> None:
    needs("full", "reduced", "landlock")
    with Station(jobs=1, limits=LIMITS) as own:
        graded = own.grade(requests()[:3])
        first = next(graded)
        for pid in children(own._judges.server.process.pid):
            os.kill(pid, signal.SIGKILL)  # 심사원
        own._pool._worker.server.process.kill()  # 모래상자의 작업자
        rest = list(graded)
    assert {one.student for one in [first, *rest]} == {"right", "wrong", "endless"}
    assert all(isinstance(one, Graded) for one in rest)
    honest = found(list(shared_station().grade(requests()[:3])))
    assert {one.student: one.marks for one in [first, *rest]} == {n: one.marks for n, one in honest.items()}


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Unlucky(Station):
    """심사원이 대답하지 못하는 자리."""

    def __init__(self, answers: list[str | None]) -> None:
        super().__init__(1, limits=LIMITS)
        self.answers, self.refusals = answers, []

    def _open(self, subject: tuple[str, int]) -> judges.Lane:
        return self  # type: ignore[return-value]  심사원과 자리를 하나로 흉내 내요.

    def take(self, turn: judges.Turn) -> None:
        self.turn = turn

    def _listen(self, lanes: list[judges.Lane]):
        self.refusals.append(self.turn.request.refusal)
        answer = self.answers.pop(0)
        refused = Graded("s", LESSON, (), (), False, SEED, "full", 0.0, 0.0, "", "")
        yield self.turn, refused if answer is None else answer


@pytest.mark.parametrize(
    ("answers", "refusals"),
    [
        ([None], [""]),
        (["잃었어요", None], ["", ""]),
        (["", None], ["", station._OVER]),
        (["잃었어요", "", None], ["", "", ""]),
        (["잃었어요", "", "", None], ["", "", "", station._OVER]),
    ],
)
def test_what_fails_is_tried_again_and_a_twice_exceeded_limit_is_refused(answers, refusals) -> None:
    unlucky = Unlucky(list(answers))
    turn = judges.Turn(Request(submissions()[0], SEED), over=answers[0] == "")
    assert isinstance(unlucky._alone(turn), Graded) and unlucky.refusals == refusals


def test_a_job_lost_every_time_is_named_and_no_mark() -> None:
    turn = judges.Turn(Request(submissions()[0], SEED))
    assert Unlucky(["작업자가 죽었어요"] * 4)._alone(turn) == Ungraded("right", LESSON, "작업자가 죽었어요")


def test_a_bug_in_the_grader_costs_one_submission_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(*_: object) -> None:
        raise SystemError("두 줄에\n걸친 \x1b[31m말" + "!" * 500)

    monkeypatch.setattr(judge_process, "prepare", lambda lesson, seed: tiny_setup(seed))
    monkeypatch.setattr(judge_process, "grade_submission", trip)
    tiny = Submission("s001", "tiny", as_bytes(cells_of({})))
    why = judge_process._answer(Request(tiny, SEED), shared_pool())[0]["ungraded"]["why"]
    # 관리자가 손댈 수 있게 이름, 글, 자리를 한 줄로 적어요.
    assert "SystemError: 두 줄에 걸친 [31m말!!!" in why and "test_station.py:" in why
    assert why.isprintable() and len(why) < 320

    def lose(*_: object) -> None:
        raise WorkerLost("작업자가 죽었어요")

    monkeypatch.setattr(judge_process, "grade_submission", lose)
    assert "작업자가 죽었어요" in judge_process._answer(Request(tiny, SEED), shared_pool())[0]["again"]


def test_a_submission_over_the_judges_budget_is_refused_alone(tmp_path: Path) -> None:
    """읽는 데 정해 둔 시간을 다 쓰는 제출물: 그것만 물리치고 이웃은 그대로 채점돼요."""
    needs("full", "reduced", "landlock")
    slow = notebook()
    slow["cells"] += [
        {"cell_type": "code", "id": f"x{i}", "metadata": {}, "outputs": [], "execution_count": None, "source": text}
        for i, text in enumerate([f"a{i} = [" + "[1], " * 15_000 + "]" for i in range(5)])
    ]
    big = hand_in(tmp_path, "big", slow)
    with Station(jobs=2, limits=replace(LIMITS, judge_cpu=1)) as own:
        asked = [Request(Submission("big", LESSON, big), SEED), *requests()[:1]]
        both = found(list(own.grade(asked)))
    assert {mark.verdict for mark in both["big"].marks} == {"refused"} and "다 썼어요" in both["big"].marks[0].message
    assert {mark.verdict for mark in both["right"].marks} == {"pass"}
