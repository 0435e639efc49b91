"""여러 컴퓨터에서 채점해요: dask.distributed의 작업 프로세스들에 제출물을 묶음으로 나눠 줘요.

성적부도 학급 폴더도 이 컴퓨터에만 있어요. 보내는 것은 제출물의 바이트와 시드이고, 받는 것은 판정이에요.
작업 프로세스는 일을 받을 때마다 같은 판의 채점기인지, 모래상자의 단계가 무엇인지 먼저 밝혀요. 답안지는 묶음 하나를 채점하는 동안에만
그 묶음의 심사원 안에 있어요.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from types import TracebackType
from typing import Any

from autograder.classroom.fingerprint import edition
from autograder.errors import CourseError
from autograder.grading.judges import Outcome
from autograder.grading.messages import (
    Graded,
    Request,
    outcome_words,
    pack,
    read_reply,
    read_request,
    request_words,
    unpack,
)
from autograder.grading.results import Ungraded
from autograder.grading.station import Station
from autograder.notebooks.reading import NotebookError

LOCAL = "local"
BATCH = 25  # 묶음 하나의 제출물 수. 작업 프로세스를 잃으면 이만큼을 다른 곳에서 다시 해요.
_AHEAD = 2  # 작업 프로세스마다 미리 보내 두는 묶음의 수
_START_SECONDS = 60


class ClusterError(CourseError):
    """여러 컴퓨터에서 채점할 수 없어요. 내용은 강사에게 보일 한국어 문장이에요."""


class Cluster:
    """dask의 스케줄러 하나. `Station`처럼 `with Cluster(주소) as cluster:`로 열고 `cluster.grade(부탁들)`로 써요.

    `address`가 "local"이면 이 컴퓨터에 작업 프로세스를 `jobs`개 띄워 봐요.
    """

    def __init__(self, address: str, jobs: int | None = None) -> None:
        try:
            import distributed  # 여러 컴퓨터에서 채점할 때만 필요해요.
        except ImportError as error:
            raise ClusterError(
                "여러 컴퓨터에서 채점하려면 dask가 있어야 해요. "
                "`.venv/bin/pip install -c constraints.txt distributed`로 설치한 뒤 다시 실행해 주세요."
            ) from error
        self._dask, self._address, self._jobs = distributed, address, jobs
        self._client: Any = None
        self._own: Any = None

    def __enter__(self) -> Cluster:
        try:
            if self._address == LOCAL:
                count = self._jobs or len(os.sched_getaffinity(0))
                self._own = self._dask.LocalCluster(
                    n_workers=count, threads_per_worker=1, memory_limit=0, dashboard_address=":0"
                )
            self._client = self._dask.Client(self._own or self._address, timeout=_START_SECONDS)
            self._client.wait_for_workers(1, timeout=_START_SECONDS)
        except (OSError, ValueError, TimeoutError) as error:
            self.close()
            raise ClusterError(
                f"dask 스케줄러({self._address})나 그 작업 프로세스와 이어지지 않아요. 주소를 확인하고, "
                "컴퓨터마다 `dask worker 주소 --nthreads 1`을 켠 뒤 다시 실행해 주세요."
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """스케줄러와 끊어요. 이 컴퓨터에 띄운 것이면 함께 끝나요."""
        for thing in (self._client, self._own):
            if thing is not None:
                thing.close()
        self._client = self._own = None

    def tiers(self) -> dict[str, str]:
        """작업 프로세스의 주소에서, 스스로 해 보고 밝힌 모래상자의 단계로. 채점할 수 없는 곳이면 까닭이에요."""
        return dict(self._client.run(_prove))

    def grade(self, requests: Iterable[Request]) -> Generator[Outcome, None, None]:
        """끝나는 대로 내놓아요. 작업 프로세스를 잃으면 그 묶음은 다른 곳에서 다시 해요."""
        waiting = deque(_batches(requests))
        able = [address for address, told in self.tiers().items() if told in _ABLE]
        if not able:
            told = "; ".join(f"{address}: {why}" for address, why in self.tiers().items())
            raise ClusterError(f"모래상자를 만들 수 있는 작업 프로세스가 하나도 없어요. {told}")
        results = self._dask.as_completed()
        sent: dict[str, list[Request]] = {}

        def send_more() -> None:
            while waiting and len(sent) < _AHEAD * max(1, len(able)):
                batch = waiting.popleft()
                future = self._client.submit(
                    grade_batch,
                    [_read(one) for one in batch],
                    edition(batch[0].submission.lesson),
                    pure=False,
                    retries=3,
                    workers=able,
                    allow_other_workers=True,
                )
                sent[future.key] = batch
                results.add(future)

        send_more()
        while sent:
            future = next(results)
            batch = sent.pop(future.key)
            try:
                replies = [unpack(words) for words in future.result()]
            except Exception as error:
                why = f"작업 프로세스에서 채점하지 못했어요({type(error).__name__}: {str(error)[:200]})"
                yield from (Ungraded(one.submission.student, one.submission.lesson, why) for one in batch)
            else:
                for reply in replies:
                    outcome = read_reply(*reply)
                    assert isinstance(outcome, Graded | Ungraded)  # 다시 해 보는 일은 저쪽에서 끝났어요.
                    yield outcome
            send_more()


_ABLE = ("full", "reduced", "landlock")


def _batches(requests: Iterable[Request]) -> Generator[list[Request], None, None]:
    for _, group in groupby(requests, key=lambda one: (one.submission.lesson, one.seed)):
        same = list(group)
        for start in range(0, len(same), BATCH):
            yield same[start : start + BATCH]


def _read(request: Request) -> bytes:
    """다른 컴퓨터에는 이 컴퓨터의 파일이 없어요. 바이트를 담아 보내고, 읽을 수 없으면 그 까닭을 보내요."""
    try:
        content, refusal = request.submission.read(), request.refusal
    except NotebookError as error:
        content, refusal = b"", str(error)
    carried = replace(request.submission, source=content, root=None)
    return pack(request_words(replace(request, submission=carried, refusal=refusal)))


# -- 작업 프로세스에서 도는 것 --

_station: Station | None = None
_one_at_a_time = threading.Lock()


def _prove() -> str:
    """이 컴퓨터에서 되는 모래상자의 단계를 정말로 해 보고 말해요. 안 되면 까닭이에요."""
    from autograder.sandbox import SandboxRefused, choose_tier

    try:
        return choose_tier().name
    except SandboxRefused as refused:
        return str(refused)


def grade_batch(packed: Sequence[bytes], wanted: str) -> list[bytes]:
    """묶음 하나를 채점해요. 다른 판의 채점기이거나 모래상자를 만들 수 없으면 예외라, 다른 곳에서 다시 해요."""
    global _station
    found = [read_request(*unpack(words)) for words in packed]
    with _one_at_a_time:
        if edition(found[0].submission.lesson) != wanted:
            raise RuntimeError("이 컴퓨터의 채점기가 다른 판이에요. 같은 저장소와 같은 라이브러리로 맞춰 주세요.")
        if _station is None:
            # 작업자와 서버는 다음 묶음에서도 쓰지만, 답안지는 심사원이 끝날 때 함께 사라져요.
            _station = Station(jobs=1, keeps_keys=False).__enter__()
        return [pack(outcome_words(outcome)) for outcome in _station.grade(found)]
