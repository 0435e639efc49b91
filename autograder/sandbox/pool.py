"""작업자를 쥐고 있다가, 잃으면 다음 일에 새로 띄워요."""

from __future__ import annotations

import threading
from types import TracebackType

from autograder.limits import LIMITS, Limits
from autograder.sandbox.launch import prepare
from autograder.sandbox.protocol import Job
from autograder.sandbox.scratch import Scratch
from autograder.sandbox.tier import SandboxRefused, Tier
from autograder.sandbox.worker_process import JobResult, Line, Worker, WorkerLost, start_worker


class Pool:
    """제출물의 일을 맡길 작업자를 갖고 있어요. `with Pool(단계) as pool:`로 쓰고, 여러 실이 함께 `run`을 불러도 돼요."""

    def __init__(self, tier: Tier, limits: Limits = LIMITS) -> None:
        self.tier, self.limits = tier, limits
        self._worker: Worker | None = None
        self._scratch: Scratch | None = None
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Pool:
        self._ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, job: Job) -> JobResult:
        """일 하나를 자식에게 맡겨요. 작업자를 잃으면 WorkerLost이고, 다음 일은 새 작업자가 맡아요."""
        worker = self._ready()
        try:
            return worker.line.run(job)
        except WorkerLost:
            self._drop(worker)
            if self._closed:
                raise SandboxRefused("채점을 멈추는 중이에요.") from None
            raise

    def line(self) -> Line:
        """작업자와 이어진 줄. 다른 프로세스에 넘겨줄 때 써요."""
        return self._ready().line

    def renew(self, line: Line | None = None) -> None:
        """지금의 작업자를 끝내요. 다음에 쓸 때 새로 띄워요. `line`을 주면 그 줄의 작업자가 아직 지금의 것일 때만이에요."""
        worker = self._worker
        if worker is not None and line in (None, worker.line):
            self._drop(worker)

    def close(self) -> None:
        """작업자를 끝내요. 다른 실이 기다리던 일도 곧 끝나요."""
        self._closed = True
        self.renew()

    def _ready(self) -> Worker:
        with self._lock:
            if self._closed:
                raise SandboxRefused("채점을 멈추는 중이에요.")
            if self._worker is None:
                self._worker = self._start()
            return self._worker

    def _start(self) -> Worker:
        self._scratch = Scratch("course-grader-")
        try:
            worker = start_worker(prepare(self.tier, self._scratch.folder), ask=self.tier.name != "none")
        except WorkerLost as error:
            raise SandboxRefused(
                f"채점 작업자를 띄우지 못했어요: {error}. `course doctor`로 무엇이 빠졌는지 봐요."
            ) from error
        if not self.tier.tolerates(worker.escaped):
            worker.close()
            raise SandboxRefused("데운 작업자가 갇히지 않아 채점을 시작하지 않았어요: " + ", ".join(worker.escaped))
        return worker

    def _drop(self, worker: Worker) -> None:
        with self._lock:
            if self._worker is worker:
                self._worker = None
                worker.close()
                if self._scratch is not None:
                    self._scratch.close()
