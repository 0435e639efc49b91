"""작업자를 쥐고 있다가, 죽으면 새로 띄우고 하던 일을 다시 맡겨요."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from autograder.limits import Limits
from autograder.sandbox.launch import prepare
from autograder.sandbox.probe import choose_tier
from autograder.sandbox.protocol import Job
from autograder.sandbox.tier import SandboxRefused, Tier
from autograder.sandbox.worker_process import JobResult, Worker, WorkerLost, start_worker

TRIES_TOGETHER = 2  # 작업자를 잃었을 때, 다른 일들과 함께 해 보는 횟수. 그래도 안 되면 혼자 한 번 더 해요.


class Pool:
    """제출물의 일을 맡길 작업자를 갖고 있어요. `with open_pool() as pool:`로 쓰고, 여러 실이 함께 `run`을 불러도 돼요."""

    def __init__(self, tier: Tier, limits: Limits) -> None:
        self.tier, self.limits = tier, limits
        self._worker: Worker | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()
        self._turns = Turns()
        self._closed = False

    def __enter__(self) -> Pool:
        self._ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, job: Job) -> JobResult:
        """일 하나를 자식에게 맡겨요.

        작업자를 잃는 것은 우리 쪽의 일이라 학습자의 탓으로 돌리지 않아요. 새 작업자에게 다시 맡기고, 또 잃으면 다른 일이 없을 때
        혼자 한 번 더 해요. 그래도 안 되면 WorkerLost예요.
        """
        for _ in range(TRIES_TOGETHER):
            with self._turns.together():
                try:
                    return self._try(job)
                except WorkerLost:
                    continue
        with self._turns.alone():
            return self._try(job)

    def close(self) -> None:
        """작업자를 끝내요. 다른 실이 기다리던 일도 곧 끝나요."""
        self._closed = True
        worker = self._worker
        if worker is not None:
            self._drop(worker)

    def _try(self, job: Job) -> JobResult:
        worker = self._ready()
        try:
            return worker.line.run(job)
        except WorkerLost:
            self._drop(worker)
            raise

    def _ready(self) -> Worker:
        with self._lock:
            if self._closed:
                raise SandboxRefused("채점을 멈추는 중이에요.")
            if self._worker is None:
                self._worker = self._start()
            return self._worker

    def _start(self) -> Worker:
        self._folder = tempfile.TemporaryDirectory(prefix="course-grader-", ignore_cleanup_errors=True)
        try:
            worker = start_worker(prepare(self.tier, Path(self._folder.name)))
            found = [] if self.tier.name == "none" else worker.line.escapes()
        except WorkerLost as error:
            raise SandboxRefused(
                f"채점 작업자를 띄우지 못했어요: {error}. `course doctor`로 무엇이 빠졌는지 봐요."
            ) from error
        if not self.tier.tolerates(found):
            worker.close()
            raise SandboxRefused("데운 작업자가 갇히지 않아 채점을 시작하지 않았어요: " + ", ".join(found))
        return worker

    def _drop(self, worker: Worker) -> None:
        with self._lock:
            if self._worker is worker:
                self._worker = None
                worker.close()
                if self._folder is not None:
                    self._folder.cleanup()


class Turns:
    """함께 하는 일들과 혼자 하는 일의 차례. 혼자 하려는 일이 있으면 새 일은 그것이 끝날 때까지 기다려요."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._together = 0
        self._alone = 0  # 혼자 하려고 기다리거나 하고 있는 일의 수
        self._one = threading.Lock()

    @contextmanager
    def together(self) -> Iterator[None]:
        """다른 일들과 함께 해요."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._together += 1
        try:
            yield
        finally:
            with self._changed:
                self._together -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """하던 일들이 모두 끝나기를 기다렸다가 혼자 해요."""
        with self._changed:
            self._alone += 1
        try:
            with self._one:
                with self._changed:
                    self._changed.wait_for(lambda: not self._together)
                yield
        finally:
            with self._changed:
                self._alone -= 1
                self._changed.notify_all()


def open_pool(unsafe: bool = False, limits: Limits | None = None) -> Pool:
    """이 기계에서 되는 가장 높은 단계의 풀. 안 되면 SandboxRefused."""
    return Pool(choose_tier(unsafe), limits or Limits())
