"""작업자를 쥐고 있다가, 죽으면 새로 띄워요."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from types import TracebackType

from autograder.sandbox.launch import prepare
from autograder.sandbox.probe import choose_tier
from autograder.sandbox.protocol import Job, Limits
from autograder.sandbox.tier import SandboxRefused, Tier
from autograder.sandbox.worker_process import JobResult, Worker, WorkerLost, start_worker


class Pool:
    """작업자를 쥐고 있다가, 죽으면 새로 띄워요. `with open_pool() as pool:`로 써요."""

    def __init__(self, tier: Tier, limits: Limits) -> None:
        self.tier, self.limits = tier, limits
        self._worker: Worker | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Pool:
        self._ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ready(self) -> Worker:
        with self._lock:
            if self._closed:
                raise SandboxRefused("채점을 멈추는 중이에요.")
            if self._worker is None:
                self._folder = tempfile.TemporaryDirectory(prefix="course-grader-", ignore_cleanup_errors=True)
                try:
                    worker = start_worker(prepare(self.tier, Path(self._folder.name)))
                    found = [] if self.tier.name == "none" else worker.escapes()
                except WorkerLost as error:
                    raise SandboxRefused(
                        f"채점 작업자를 띄우지 못했어요: {error}. `course doctor`로 무엇이 빠졌는지 봐요."
                    ) from error
                if not self.tier.tolerates(found):
                    worker.close()
                    raise SandboxRefused("데운 작업자가 갇히지 않아 채점을 시작하지 않았어요: " + ", ".join(found))
                self._worker = worker
            return self._worker

    def _drop(self, worker: Worker) -> None:
        with self._lock:
            if self._worker is worker:
                self._worker = None
                worker.close()
                if self._folder is not None:
                    self._folder.cleanup()

    def run(self, job: Job) -> JobResult:
        """일 하나를 자식에게 맡겨요. 작업자가 죽으면 한 번 더 해 보고, 또 죽으면 `reason="worker"`예요."""
        for _ in range(2):
            worker = self._ready()
            try:
                return worker.run(job)
            except WorkerLost:
                self._drop(worker)
        return JobResult(reason="worker")

    def close(self) -> None:
        """작업자를 끝내요. 다른 실이 기다리던 일도 곧 끝나요."""
        self._closed = True
        worker = self._worker
        if worker is not None:
            self._drop(worker)


def open_pool(unsafe: bool = False, limits: Limits | None = None) -> Pool:
    """이 기계에서 되는 가장 높은 단계의 풀. 안 되면 SandboxRefused."""
    return Pool(choose_tier(unsafe), limits or Limits())
