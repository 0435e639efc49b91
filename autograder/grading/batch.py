"""여러 제출물을 함께 채점해요."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from autograder.grading.attempt import grade_submission
from autograder.grading.lesson_setup import LessonSetup, prepare
from autograder.grading.results import SubmissionResult, Ungraded
from autograder.grading.submissions import Submission
from autograder.sandbox import Pool, SandboxRefused, WorkerLost, open_pool

Graded = SubmissionResult | Ungraded


def grade_many(
    submissions: Iterable[Submission],
    seed: int,
    jobs: int | None = None,
    on_result: Callable[[Graded], None] | None = None,
    tier: str | None = None,
) -> Generator[Graded, None, None]:
    """여러 제출물을 `jobs`개씩 함께 채점해서 끝나는 대로 내놓아요. `tier="none"`은 모래상자 없이 돌려요.

    채점하지 못한 것은 `Ungraded`로 나와요. 제출물의 잘못(읽을 수 없는 파일 등)이 아니라 우리 쪽의 일이에요.
    중간에 닫으면 작업자도 바로 끝나요. 모래상자를 만들 수 없으면 `sandbox.SandboxRefused`를 내요.
    """
    jobs = max(1, jobs or _cores())
    with open_pool(unsafe=tier == "none") as pool:
        threads = ThreadPoolExecutor(jobs, "grade")
        running: set[Future[Graded]] = set()
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


def grade_safely(submission: Submission, seed: int, pool: Pool, setup: LessonSetup) -> Graded:
    """제출물 하나를 채점해요. 채점기가 넘어지거나 작업자를 거듭 잃어도, 그 하나만 채점하지 않은 채로 남아요."""
    try:
        return grade_submission(submission, seed, pool, setup)
    except SandboxRefused:
        raise
    except WorkerLost as error:
        return Ungraded(submission.student, submission.lesson, f"채점 작업자를 거듭 잃었어요({error})")
    except Exception as error:
        why = f"채점기가 이 제출물에서 멈췄어요({_for_the_maintainer(error)}). 관리자에게 알려 주세요"
        return Ungraded(submission.student, submission.lesson, why)


def _for_the_maintainer(error: Exception) -> str:
    """우리 코드의 예외를 한 줄로: 이름, 글, 멈춘 자리. 글에는 학습자가 지은 이름이 섞일 수 있어 한 줄로 줄이고 꾸밈 글자를 없애요."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    text = "".join(c for c in " ".join(str(error).split()) if c.isprintable())[:200]
    return f"{type(error).__name__}: {text}, {Path(place.filename).name}:{place.lineno}"


def _finished(running: set[Future[Graded]], on_result: Callable[[Graded], None] | None) -> Iterator[Graded]:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        running.discard(future)
        result = future.result()
        if on_result:
            on_result(result)
        yield result


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
