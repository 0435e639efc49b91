"""여러 제출물을 함께 채점해요: 모래상자 하나와 심사원 여럿.

이 프로세스는 학습자의 바이트를 읽지 않아요. 누구의 것을 어느 심사원에게 맡길지, 실패하면 어떻게 할지만 정해요.
심사원이나 작업자를 잃는 것은 우리 쪽의 일이라, 다른 일이 없을 때 혼자 다시 해 보고 그래도 안 되면 채점하지 않은 채로 두고 이름을 말해요.
"""

from __future__ import annotations

import os
import select
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from types import TracebackType

from autograder.grading.judges import Judges, Lane, Outcome, Turn
from autograder.grading.messages import Request
from autograder.grading.results import Ungraded
from autograder.limits import LIMITS, Limits
from autograder.sandbox import Pool, SandboxRefused, WorkerLost, choose_tier

LANE_TURNS = 100  # 심사원 하나가 맡는 제출물의 수. 그 뒤에는 새로 갈라져서 메모리가 쌓이지 않아요.
TRIES_ALONE = 4  # 우리 쪽의 일로 실패했을 때 혼자 다시 해 보는 횟수
RESTARTS = 5  # 하나도 채점하지 못하는 사이에 심사원의 서버를 다시 띄우는 횟수
_OVER = "이 제출물을 읽고 판정하는 데 정해 둔 시간이나 메모리를 다 썼어요. 답의 크기와 노트북에 적힌 것을 줄여서 다시 내 주세요."


class Station:
    """채점하는 자리. `with Station(jobs) as station:`으로 열고 `station.grade(부탁들)`로 써요.

    열 때는 띄우기만 하고, 데워지기는 채점을 시작할 때 기다려요. `first`는 그사이에 답안지까지 만들어 둘 (레슨, 시드)예요.
    `keeps_keys`가 거짓이면 답안지를 심사원마다 만들고, 심사원이 끝날 때 함께 버려요.
    """

    def __init__(
        self,
        jobs: int | None = None,
        unsafe: bool = False,
        limits: Limits = LIMITS,
        keeps_keys: bool = True,
        first: tuple[str, int] | None = None,
    ) -> None:
        self.tier = choose_tier(unsafe)
        self.limits = limits
        # 서로 떼어 놓을 수 없는 단계에서는 하나씩만 해요. 함께 도는 이웃이 있으면 건드릴 수 있으니까요.
        # 심사원은 자식이 갈라지고 끝나는 동안 기다려요. 코어보다 하나 많으면 그동안에도 코어가 쉬지 않아요.
        self.jobs = max(1, jobs or cores() + 1) if self.tier.side_by_side else 1
        self._pool = Pool(self.tier, limits)
        self._keeps_keys, self._first = keeps_keys, first
        self._judges: Judges | None = None
        self._restarts = 0

    def __enter__(self) -> Station:
        self._judges = Judges(self.tier.name, self.limits, self._keeps_keys, self._first)
        try:
            self._pool.__enter__()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """작업자와 심사원을 모두 끝내요. 하던 일이 있어도 기다리지 않아요."""
        if self._judges is not None:
            self._judges.close()
            self._judges = None
        self._pool.close()

    def grade(self, requests: Iterable[Request]) -> Generator[Outcome, None, None]:
        """끝나는 대로 내놓아요. 같은 레슨의 것이 이어지게 주면 빨라요. 모래상자를 다시 띄울 수 없으면 SandboxRefused예요."""
        waiting: deque[Turn] = deque(map(Turn, requests))
        again: deque[Turn] = deque()
        lanes: list[Lane] = []
        self._pool.line()
        self._greet()
        try:
            while waiting or any(lane.turn for lane in lanes):
                self._hand_out(waiting, lanes)
                for turn, outcome in self._listen(lanes):
                    if isinstance(outcome, str):
                        turn.why, turn.over = outcome or turn.why, not outcome
                        again.append(turn)
                    else:
                        self._restarts = 0
                        yield outcome
            self._dismiss(lanes)
            for turn in again:
                yield self._alone(turn)
        finally:
            self._dismiss(lanes)

    def _hand_out(self, waiting: deque[Turn], lanes: list[Lane]) -> None:
        """쉬는 심사원에게 나눠 줘요. 모자라면 새로 부르고, 레슨이 다르면 바꿔요."""
        for lane in [lane for lane in lanes if not lane.turn]:
            fits = waiting and lane.subject == waiting[0].subject and lane.line is self._pool.line()
            if not fits or lane.turns >= LANE_TURNS:
                lane.close()
                lanes.remove(lane)
            else:
                lane.take(waiting.popleft())
        while waiting and len(lanes) < self.jobs:
            lanes.append(self._open(waiting[0].subject))
            lanes[-1].take(waiting.popleft())

    def _open(self, subject: tuple[str, int]) -> Lane:
        while True:
            if self._judges is None:
                raise SandboxRefused("채점을 멈추는 중이에요.")
            try:
                return self._judges.open(subject, self._pool.line())
            except WorkerLost:
                # 서버와 함께 심사원들도 끝났어요. 맡고 있던 것은 혼자 다시 해 봐요.
                self._call_again()
                self._greet()

    def _greet(self) -> None:
        """심사원의 서버가 데워질 때까지 기다려요. 그사이에 밖에서 끝냈으면 다시 띄워요."""
        while self._judges is not None:
            try:
                return self._judges.greet()
            except SandboxRefused:
                if not self._judges.killed():
                    raise
                self._call_again()

    def _call_again(self) -> None:
        assert self._judges is not None
        self._restarts += 1
        if self._restarts > RESTARTS:
            raise SandboxRefused(
                f"심사원의 서버가 거듭 끝났어요: {self._judges.last_words()}. `python3 course.py doctor`를 실행해 봐요."
            )
        self._judges.close()
        self._judges = Judges(self.tier.name, self.limits, self._keeps_keys)

    def _listen(self, lanes: list[Lane]) -> Iterator[tuple[Turn, Outcome | str]]:
        """대답이 온 심사원들의 결과. 글이면 다시 해 봐야 하는 까닭이고, 빈 글이면 상한에 닿은 것이에요."""
        nearest = min(lane.deadline for lane in lanes)
        ready, _, _ = select.select(lanes, [], [], max(0.0, nearest - time.monotonic()))
        for lane in ready or [lane for lane in lanes if time.monotonic() >= lane.deadline]:
            turn, outcome = lane.finish(self.limits.result_bytes)
            if isinstance(outcome, str):
                lane.close()
                lanes.remove(lane)
                if outcome:
                    # 작업자를 잃었을 수 있어요. 다른 심사원의 줄도 끊기지만, 그것도 다시 해 봐요.
                    # 그 줄의 작업자가 이미 바뀌었으면 새 작업자는 그대로 둬요.
                    self._pool.renew(lane.line)
            yield turn, outcome

    def _alone(self, turn: Turn) -> Outcome:
        """다른 일이 없을 때 혼자 다시 해 봐요."""
        for _ in range(TRIES_ALONE):
            lane = self._open(turn.subject)
            try:
                lane.take(turn)
                ((_, outcome),) = self._listen([lane])
            finally:
                lane.close()
            if not isinstance(outcome, str):
                return outcome
            if not outcome and turn.over:
                # 두 번 모두 상한에 닿았어요. 읽지 않고 물리쳐요.
                turn.request = replace(turn.request, refusal=_OVER)
            turn.why, turn.over = outcome or turn.why, not outcome
        return Ungraded(turn.request.submission.student, turn.request.submission.lesson, turn.why)

    @staticmethod
    def _dismiss(lanes: list[Lane]) -> None:
        for lane in lanes:
            lane.close()
        lanes.clear()


def open_station(jobs: int | None = None, unsafe: bool = False, first: tuple[str, int] | None = None) -> Station:
    """이 기계에서 되는 가장 높은 단계의 자리. 안 되면 SandboxRefused."""
    return Station(jobs, unsafe, first=first)


def cores() -> int:
    """이 프로세스가 쓸 수 있는 코어의 수."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
