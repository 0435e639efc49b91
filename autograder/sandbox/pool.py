"""작업자를 쥐고 있다가, 잃으면 다음 일에 새로 띄워요."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from autograder.limits import LIMITS, Limits
from autograder.sandbox.launch import Launch, prepare
from autograder.sandbox.protocol import Job
from autograder.sandbox.scratch import GRADING, Scratch
from autograder.sandbox.tier import SandboxRefused, Tier
from autograder.sandbox.worker_process import Child, JobResult, Line, Worker, WorkerLost, start_worker


class Pool:
    """제출물의 일을 맡길 작업자를 갖고 있어요. `with Pool(단계) as pool:`로 쓰고, 여러 실이 함께 `run`을 불러도 돼요."""

    def __init__(self, tier: Tier, limits: Limits = LIMITS) -> None:
        self.tier, self.limits = tier, limits
        self._begun: tuple[Launch, Worker] | None = None  # 띄웠지만 아직 데워지기를 기다리지 않은 작업자
        self._worker: Worker | None = None
        self._scratch: Scratch | None = None
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Pool:
        """작업자를 띄우기만 해요. 데워지기를 기다리는 것은 처음 쓸 때예요."""
        with self._lock:
            self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def start(self, limits: Limits) -> Iterator[Child]:
        """자식 하나를 갈라 내요. 작업자를 잃으면 WorkerLost이고, 다음 일은 새 작업자가 맡아요."""
        worker = self._ready()
        try:
            with worker.line.start(limits) as child:
                yield child
        except WorkerLost:
            self._drop(worker)
            if self._closed:
                raise SandboxRefused("채점을 멈추는 중이에요.") from None
            raise

    def run(self, job: Job) -> JobResult:
        """일 하나를 새 자식에게 맡겨요."""
        with self.start(job.limits) as child:
            return child.run(job)

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
        with self._lock:
            if self._begun is not None:
                self._begun[1].close()
            self._begun = None
            self._sweep()

    def _ready(self) -> Worker:
        with self._lock:
            if self._closed:
                raise SandboxRefused("채점을 멈추는 중이에요.")
            if self._worker is None:
                self._worker = self._start()
            return self._worker

    def _begin(self) -> tuple[Launch, Worker]:
        if self._begun is None:
            self._sweep()
            self._scratch = Scratch(GRADING)
            launch = prepare(self.tier, self._scratch.folder)
            try:
                self._begun = launch, Worker(launch)
            except WorkerLost as error:
                raise _refused(error) from error
        return self._begun

    def _start(self) -> Worker:
        launch, begun = self._begin()
        self._begun = None
        try:
            worker = start_worker(launch, self.tier.name != "none", begun)
        except WorkerLost as error:
            raise _refused(error) from error
        if not self.tier.tolerates(worker.escaped):
            worker.close()
            raise SandboxRefused("데운 작업자가 갇히지 않아 채점을 시작하지 않았어요: " + ", ".join(worker.escaped))
        return worker

    def _drop(self, worker: Worker) -> None:
        with self._lock:
            if self._worker is worker:
                self._worker = None
                worker.close()
                self._sweep()

    def _sweep(self) -> None:
        if self._scratch is not None:
            self._scratch.close()
        self._scratch = None


def _refused(error: WorkerLost) -> SandboxRefused:
    return SandboxRefused(f"채점 작업자를 띄우지 못했어요: {error}. `python3 course.py doctor`로 무엇이 빠졌는지 봐요.")
