"""여러 제출물을 함께 채점해요."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from autograder.grading.attempt import grade_submission, refuse
from autograder.grading.intake import Intake
from autograder.grading.lesson_setup import LessonSetup, prepare
from autograder.grading.results import SubmissionResult
from autograder.grading.submissions import Submission
from autograder.sandbox import Pool, SandboxRefused, open_pool


def grade_many(
    submissions: Iterable[Submission],
    seed: int,
    jobs: int | None = None,
    on_result: Callable[[SubmissionResult], None] | None = None,
    tier: str | None = None,
) -> Generator[SubmissionResult, None, None]:
    """여러 제출물을 `jobs`개씩 함께 채점해서 끝나는 대로 내놓아요. `tier="none"`은 모래상자 없이 돌려요.

    중간에 닫으면 작업자도 바로 끝나요. 모래상자를 만들 수 없으면 `sandbox.SandboxRefused`를 내요.
    """
    jobs = max(1, jobs or _cores())
    with open_pool(unsafe=tier == "none") as pool:
        threads = ThreadPoolExecutor(jobs, "grade")
        running: set[Future[SubmissionResult]] = set()
        try:
            for submission in submissions:
                # 레슨의 답안지는 실을 나누기 전에 만들어요.
                setup = prepare(submission.lesson, seed)
                running.add(threads.submit(grade_safely, submission, seed, pool, setup))
                if len(running) >= 2 * jobs:
                    yield from _finished(running, on_result)
            while running:
                yield from _finished(running, on_result)
        finally:
            # Ctrl+C나 오류로 멈출 때는 작업자를 먼저 끝내야, 돌고 있던 무한 반복을 기다리지 않아요.
            pool.close()
            threads.shutdown(cancel_futures=True)


def grade_safely(submission: Submission, seed: int, pool: Pool, setup: LessonSetup) -> SubmissionResult:
    """제출물 하나를 채점해요. 채점기가 넘어져도 그 사실이 담긴 결과가 되어, 나머지 제출물은 채점돼요."""
    try:
        return grade_submission(submission, seed, pool, setup)
    except SandboxRefused:
        raise
    except Exception as error:
        why = (
            f"채점기가 이 제출물에서 멈췄어요({type(error).__name__}). "
            "제출물은 그대로 두었으니 이 사실을 관리자에게 알려 주세요."
        )
        return refuse(submission, seed, pool, setup, Intake(refusal=why))


def _finished(
    running: set[Future[SubmissionResult]], on_result: Callable[[SubmissionResult], None] | None
) -> Iterator[SubmissionResult]:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        running.discard(future)
        result = future.result()
        if on_result:
            on_result(result)
        yield result


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
