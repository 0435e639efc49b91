"""제출물 하나를 점수로 바꿔요.

시트는 (시드, 레슨, 실습)에서 한 번만 뽑고, 사례의 입력만 모래상자로 보내고, 돌아온 값을 이 프로세스에서 판정해요.
학습자의 코드는 이 프로세스에서 한 줄도 돌지 않아요. 그래서 같은 시드면 누구를 언제 몇 명씩 채점해도 같은 점수예요.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.exercises import LESSONS
from autograder.notebook import (
    Master,
    Notebook,
    NotebookError,
    Plan,
    load_master,
    plan_run,
    reachable,
    read_bytes,
    read_notebook,
    used_names,
)

if TYPE_CHECKING:
    from autograder.answer_sheet import AnswerSheet
    from autograder.exercise import Exercise
    from autograder.judge import Verdict
    from autograder.perform import Outcome
    from autograder.sandbox import JobResult, Limits, Pool

VERDICTS = ("pass", "partial", "fail", "error", "timeout", "refused", "missing")
MESSAGE_LENGTH = 1500


@dataclass(frozen=True)
class Mark:
    """실습 하나의 점수. `course grade --json`의 객체 하나와 같아요."""

    student: str
    lesson: str
    exercise: str
    score: float
    max_score: float
    verdict: str
    mistake: str | None
    message: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Submission:
    """채점할 제출물: 누가, 어느 레슨에, 어느 파일(또는 바이트)을 냈는지.

    `problems`는 찾을 때 드러난 문제, `root`는 그 아래에 링크가 없어야 하는 폴더예요.
    """

    student: str
    lesson: str
    source: Path | bytes
    problems: tuple[str, ...] = ()
    root: Path | None = None

    def read(self) -> bytes:
        """제출한 바이트. 링크이거나 읽을 수 없으면 NotebookError."""
        return self.source if isinstance(self.source, bytes) else read_bytes(self.source, self.root)


@dataclass(frozen=True)
class SubmissionResult:
    """제출물 하나의 결과. `readable`이 False면 파일을 읽지 못해 모든 실습이 `refused`예요.

    `notebook`은 읽어 낸 셀들(읽지 못했으면 None), `cpu_seconds`는 모래상자의 자식과 판정에 든 CPU 시간이에요.
    """

    student: str
    lesson: str
    marks: tuple[Mark, ...]
    problems: tuple[str, ...]
    readable: bool
    seed: int
    tier: str
    cpu_seconds: float
    notebook: Notebook | None = None

    @property
    def score(self) -> float:
        return round(sum(mark.score for mark in self.marks), 1)

    @property
    def max_score(self) -> float:
        return sum(mark.max_score for mark in self.marks)


# -- 제출물 찾기 --------------------------------------------------------------------------------------------------


def find_submissions(root: Path, lesson: str | None = None) -> list[Submission]:
    """`root/<학생>/<레슨>/<레슨>.ipynb`를 찾아요. 이름이 바뀐 파일도 찾고, 그 사실을 `problems`에 적어요."""
    found: list[Submission] = []
    for student in sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")):
        for folder in sorted(path for path in student.iterdir() if path.name in LESSONS and path.is_dir()):
            if lesson in (None, folder.name):
                path, problems = _choose_file(folder)
                found.append(Submission(_readable(student.name), folder.name, path, problems, root))
    return found


def _readable(name: str) -> str:
    """폴더의 이름을 적을 수 있는 글로. 옛 윈도에서 압축한 이름은 UTF-8이 아니라 cp949예요."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("ascii", "backslashreplace")


def _choose_file(folder: Path) -> tuple[Path, tuple[str, ...]]:
    expected = folder / f"{folder.name}.ipynb"
    others = sorted(
        path
        for path in folder.iterdir()
        if path != expected and path.name != "timestamp.txt" and not path.name.startswith(".")
    )
    notebooks = [path for path in others if path.suffix.lower() == ".ipynb"]
    path, problems = expected, []
    if not expected.exists() and not expected.is_symlink() and notebooks:
        # 이름에 레슨이 든 것을 먼저, 그다음은 가장 나중에 저장한 것을 골라요.
        path = max(notebooks, key=lambda p: (folder.name in p.name, p.lstat().st_mtime, p.name))
        problems.append(
            f"파일의 이름이 `{_readable(path.name)}`이에요. `{expected.name}`이어야 하지만 이 파일로 채점했어요."
        )
    extra = [_readable(other.name) for other in others if other != path]
    if extra:
        problems.append("함께 낸 파일은 채점에 쓰지 않아요: " + ", ".join(extra[:5]) + (" …" if len(extra) > 5 else ""))
    return path, tuple(problems)


# -- 레슨 하나의 준비 ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LessonSetup:
    """한 반이 함께 쓰는 것: 원본, 실습들, 답안지, 그리고 모래상자로 보낼 사례의 바이트."""

    master: Master
    exercises: tuple[Exercise, ...]
    sheets: Mapping[str, AnswerSheet]
    calls: Mapping[str, bytes]

    @classmethod
    def draw(cls, master: Master, exercises: Sequence[Exercise], seed: int) -> LessonSetup:
        from autograder import wire
        from autograder.answer_sheet import draw_sheet

        sheets = {exercise.name: draw_sheet(exercise, seed) for exercise in exercises}
        calls = {name: wire.dump([case.calls for case in sheet.cases]) for name, sheet in sheets.items()}
        return cls(master, tuple(exercises), sheets, calls)


_drawing = threading.Lock()  # 뽑기는 torch의 전역 난수 상태를 잠깐 빌려 써요.


def prepare(lesson: str, seed: int) -> LessonSetup:
    """레슨의 답안지를 시드에서 뽑아요. 한 번 뽑은 것은 다시 써요."""
    with _drawing:
        return _prepare(lesson, seed)


@lru_cache(maxsize=64)
def _prepare(lesson: str, seed: int) -> LessonSetup:
    from autograder.exercises import lesson_exercises

    return LessonSetup.draw(load_master(lesson), lesson_exercises(lesson), seed)


# -- 제출물 하나 --------------------------------------------------------------------------------------------------


def grade_notebook(
    source: bytes | Path, lesson: str, student: str, seed: int, pool: Pool, problems: Iterable[str] = ()
) -> SubmissionResult:
    """노트북 하나를 채점해요. `pool`은 `sandbox.open_pool()`이 준 것이에요."""
    return grade_submission(Submission(student, lesson, source, tuple(problems)), seed, pool, prepare(lesson, seed))


def grade_submission(submission: Submission, seed: int, pool: Pool, setup: LessonSetup) -> SubmissionResult:
    """준비된 레슨으로 제출물 하나를 채점해요. 읽을 수 없는 제출물도 까닭이 담긴 결과가 돼요."""
    started = time.thread_time()
    notebook = None
    try:
        notebook = read_notebook(submission.read())
        plan = plan_run(notebook, setup.master)
    except NotebookError as error:
        return _refused(submission, seed, pool, setup, str(error), time.thread_time() - started, notebook)
    attempt = _Attempt(setup, plan, pool)
    results = attempt.results()
    marks = tuple(_mark(submission, exercise, results[exercise.name]) for exercise in setup.exercises)
    cpu_seconds = attempt.cpu_seconds + time.thread_time() - started
    return SubmissionResult(
        submission.student,
        submission.lesson,
        marks,
        (*submission.problems, *plan.problems),
        True,
        seed,
        pool.tier.name,
        cpu_seconds,
        notebook,
    )


def _refused(
    submission: Submission,
    seed: int,
    pool: Pool,
    setup: LessonSetup,
    why: str,
    cpu_seconds: float = 0.0,
    notebook: Notebook | None = None,
) -> SubmissionResult:
    """읽을 수 없는 제출물의 결과: 모든 실습이 같은 까닭으로 `refused`예요."""
    marks = tuple(_mark(submission, exercise, _Result("refused", message=why)) for exercise in setup.exercises)
    return SubmissionResult(
        submission.student,
        submission.lesson,
        marks,
        (*submission.problems, why),
        False,
        seed,
        pool.tier.name,
        cpu_seconds,
        notebook,
    )


@dataclass(frozen=True)
class _Result:
    """실습 하나의 판정에서 점수에 필요한 것만."""

    verdict: str
    share: float = 0.0
    mistake: str | None = None
    message: str = ""


def _mark(submission: Submission, exercise: Exercise, result: _Result) -> Mark:
    score = round(exercise.worth * result.share, 1)
    return Mark(
        submission.student,
        submission.lesson,
        exercise.name,
        score,
        exercise.points,
        result.verdict,
        result.mistake,
        _tidy(result.message),
    )


def _tidy(message: str) -> str:
    """보이지 않는 글자를 지우고 길이를 묶어요. 예외와 형의 이름은 학습자가 지은 것일 수 있어요."""
    text = "".join(c for c in message if c == "\n" or c.isprintable())
    return text if len(text) <= MESSAGE_LENGTH else text[:MESSAGE_LENGTH] + " …"


@dataclass
class _Attempt:
    """제출물 하나를 모래상자에서 돌리고 판정해요. 멈춘 곳이 있으면 그 다음부터 새 자식에서 이어 가요."""

    setup: LessonSetup
    plan: Plan
    pool: Pool
    cpu_seconds: float = 0.0
    stopped_cells: dict[int, str] = field(default_factory=dict)
    cell_errors: dict[int, tuple[str, str]] = field(default_factory=dict)

    def results(self) -> dict[str, _Result]:
        names = [exercise.name for exercise in self.setup.exercises]
        answers, stops = self._run(names)
        results = {name: self._result(name, answers.get(name), stops.get(name)) for name in names}
        uses = used_names(step.source for step in self.plan.steps)
        for i, name in enumerate(names):
            if results[name].verdict == "pass":
                continue
            needs = reachable(name, uses) & self.setup.master.counterparts.keys()
            wrong = [earlier for earlier in names[:i] if earlier in needs and results[earlier].verdict != "pass"]
            if wrong:
                results[name] = self._again(name, wrong, results[name])
            results[name] = self._mention_skipped(name, results[name], uses)
        return results

    # -- 돌리기 ---------------------------------------------------------------------------------------------

    def _run(self, names: Sequence[str], replaced: tuple[str, ...] = ()) -> tuple[dict[str, bytes], dict[str, str]]:
        """실습들을 돌려 (답의 바이트, 멈춘 까닭)을 모아요. `replaced`의 함수들은 바른 것으로 바꿔 놓고 불러요."""
        from autograder.sandbox import CellText, Job, Task

        answers: dict[str, bytes] = {}
        stops: dict[str, str] = {}
        pending = list(names)
        while pending:
            if self.cpu_seconds > self.pool.limits.child_cpu:
                stops.update(dict.fromkeys(pending, "budget"))
                break
            cells = [CellText(i, step.source) for i, step in enumerate(self.plan.steps) if i not in self.stopped_cells]
            job = Job(
                cells=tuple(cells),
                tasks=tuple(Task(name, self.setup.calls[name], replaced) for name in pending),
                counterparts=self.setup.master.counterpart_sources(replaced) if replaced else (),
                limits=self.pool.limits,
            )
            result = self.pool.run(job)
            self.cpu_seconds += result.cpu_seconds
            self.cell_errors |= {unit: (error, detail) for unit, (error, detail) in result.cells.items() if error}
            answers.update({pending[unit]: body for unit, body in result.answers.items()})
            pending = self._after(pending, result, stops)
        return answers, stops

    def _after(self, pending: list[str], result: JobResult, stops: dict[str, str]) -> list[str]:
        """한 자식이 끝난 뒤에 남은 실습들. 멈춘 셀은 다음 자식에서 건너뛰고, 멈춘 실습은 그것만 실패예요."""
        if result.reason is None:
            return []
        left = pending[len(result.answers) :]
        if result.stopped is None:
            stops.update(dict.fromkeys(left, result.reason))
            return []
        kind, unit = result.stopped
        if kind == "cell":
            self.stopped_cells[unit] = result.reason
            return left
        stops[pending[unit]] = result.reason
        return left[1:]

    def _again(self, name: str, wrong: Sequence[str], first: _Result) -> _Result:
        """틀린 앞 실습을 바른 것으로 바꿔 한 번 더. 더 나은 쪽이 점수가 돼요."""
        answers, stops = self._run([name], tuple(wrong))
        second = self._result(name, answers.get(name), stops.get(name))
        if (second.share, second.mistake is not None) <= (first.share, first.mistake is not None):
            return first
        listed = ", ".join(f"`{other}`" for other in wrong)
        lead = f"이 실습이 부르는 앞 실습 {listed} 때문에 어긋나서, 그 함수를 바른 것으로 바꿔 다시 채점했어요."
        return replace(second, message=f"{lead}\n{second.message}")

    # -- 판정 -----------------------------------------------------------------------------------------------

    def _result(self, name: str, answer: bytes | None, stop: str | None) -> _Result:
        if answer is None:
            return _stopped(stop or "worker", self.pool.limits)
        from autograder import wire

        limits = self.pool.limits
        try:
            outcomes = wire.load(answer, limits.answer_bytes, limits.answer_tensors)
        except wire.WireError as error:
            return _Result("refused", message=f"돌려준 값을 받을 수 없어요. {error}")
        if outcomes is None:
            return self._undefined(name)
        return _from_verdict(_judge(self.setup.sheets[name], outcomes))

    def _undefined(self, name: str) -> _Result:
        """함수가 만들어지지 않은 까닭을 찾아요."""
        mine = [i for i, step in enumerate(self.plan.steps) if step.exercise == name]
        for i in mine:
            if i in self.stopped_cells:
                return _stopped(self.stopped_cells[i], self.pool.limits, "셀을 실행하다가 ")
        for i in mine:
            if i in self.cell_errors:
                error, detail = self.cell_errors[i]
                return _cell_error(error, detail)
        if mine:
            return _Result("missing", message=f"실습 셀에 `{name}` 함수가 없어요. 함수의 이름을 원래대로 되돌려요.")
        return _Result("missing", message="실습 셀이 없어요. 배포본에서 셀을 복사해 넣어 주세요.")

    def _mention_skipped(self, name: str, result: _Result, uses: Mapping[str, set[str]]) -> _Result:
        """통과하지 못한 까닭이 실행하지 않은 셀에 있을 수 있으면 그 셀을 알려 줘요."""
        lost = sorted(used for used in reachable(name, uses) if used in self.plan.skipped and used not in uses)
        if not lost or result.verdict == "pass":
            return result
        listed = ", ".join(f"`{used}`({self.plan.skipped[used]}번째 셀)" for used in lost)
        return replace(
            result,
            message=f"{result.message}\n이 실습이 쓰는 {listed}: 정의, import, 상수만 담은 셀이 아니라서 "
            "채점에서 실행하지 않았어요.",
        )


def _cell_error(error: str, detail: str) -> _Result:
    if error in ("SyntaxError", "IndentationError", "TabError"):
        where = f"({detail})" if re.fullmatch(r"\d+번째 줄", detail) else ""
        return _Result(
            "error",
            message=f"셀의 문법이 틀려서 함수를 만들지 못했어요{where}.\n다음에 볼 곳: 괄호와 콜론, 들여쓰기를 봐요.",
        )
    extra = f" {_BLOCKED}" if error in _BLOCKED_ERRORS else ""
    return _Result(
        "error",
        message=f"셀을 실행하다가 예외가 나서 함수를 만들지 못했어요({_name(error)}).{extra}\n"
        "다음에 볼 곳: 커널을 새로 시작하고 위에서부터 실행해 봐요.",
    )


_BLOCKED = "채점에서는 파일 쓰기, 네트워크, 새 프로세스를 쓸 수 없어요."
_BLOCKED_ERRORS = {"PermissionError", "BlockingIOError", "OSError", "ConnectionError", "gaierror", "URLError"}


# 멈춘 까닭마다의 판정과 설명.
_STOPS = {
    "timeout": (
        "timeout",
        "제한 시간(CPU {unit:g}초) 안에 끝나지 않아 멈췄어요.\n다음에 볼 곳: 반복문이 멈추는 조건을 확인해요.",
    ),
    "asleep": (
        "timeout",
        "계산은 하지 않고 너무 오래 기다려서 멈췄어요.\n다음에 볼 곳: `sleep`이나 무언가를 기다리는 줄을 지워요.",
    ),
    "budget": ("timeout", "이 노트북이 쓸 수 있는 시간(CPU {total:g}초)을 앞에서 다 써서 채점하지 못했어요."),
    "exit": (
        "error",
        "코드가 파이썬을 통째로 끝냈어요(`os._exit` 같은 것).\n다음에 볼 곳: 프로그램을 끝내는 줄을 지워요.",
    ),
    "crash": ("error", "파이썬이 비정상으로 멈췄어요. 메모리를 너무 많이 썼거나 끝없이 자기를 불렀을 수 있어요."),
    "killed": ("error", "시간이나 메모리를 너무 많이 써서 시스템이 멈췄어요."),
    "forged": (
        "refused",
        "채점과 주고받는 통로에 약속하지 않은 글이 와서 받지 않았어요. 점수는 돌려준 값으로만 정해져요.",
    ),
    "too_big": ("refused", "돌려준 값이 너무 커서 받지 않았어요."),
    "worker": ("refused", "이 코드가 채점 작업자를 두 번 멈추게 해서 받지 않았어요. 강사에게 알려 주세요."),
}


def _stopped(reason: str, limits: Limits, lead: str = "") -> _Result:
    verdict, message = _STOPS[reason]
    return _Result(verdict, message=lead + message.format(unit=limits.unit_cpu, total=limits.child_cpu))


def _judge(sheet: AnswerSheet, outcomes: Any) -> Verdict:
    """돌아온 것의 모양을 먼저 바로잡고 판정해요. 무엇이 와도 예외를 내지 않아요."""
    from autograder.judge import Verdict, judge

    cleaned = _clean(outcomes)
    if cleaned is None:
        return Verdict(
            sheet.exercise, "refused", (), tuple(sheet.groups), None, "약속하지 않은 모양의 답이 와서 받지 않았어요."
        )
    try:
        return judge(sheet, cleaned)
    except Exception:
        # 판정이 예상하지 못한 값(아주 큰 정수 등)이에요. 한 사람의 답이 반 전체의 채점을 멈추게 두지 않아요.
        return Verdict(
            sheet.exercise,
            "fail",
            (),
            tuple(sheet.groups),
            None,
            "돌려준 값을 견줄 수 없어요. 독스트링이 약속한 형과 크기인지 봐요.",
        )


def _from_verdict(verdict: Verdict) -> _Result:
    blocked = verdict.verdict != "pass" and any(f"({name})" in verdict.message for name in _BLOCKED_ERRORS)
    message = f"{verdict.message}\n{_BLOCKED}" if blocked else verdict.message
    return _Result(verdict.verdict, verdict.share, verdict.mistake, message)


def _clean(outcomes: Any) -> list[list[Outcome]] | None:
    from autograder.perform import Outcome

    if not isinstance(outcomes, list) or not all(isinstance(case, list) for case in outcomes):
        return None
    if not all(isinstance(outcome, Outcome) for case in outcomes for outcome in case):
        return None
    return [[_clean_outcome(outcome) for outcome in case] for case in outcomes]


def _clean_outcome(outcome: Outcome) -> Outcome:
    from torch import Tensor

    from autograder.perform import Foreign

    changed = outcome.changed if isinstance(outcome.changed, tuple) else ()
    grads = outcome.grads if isinstance(outcome.grads, tuple) else ()
    error = outcome.error if outcome.error is None else _name(outcome.error)
    detail = outcome.detail if isinstance(outcome.detail, str) else ""
    if error == "RuntimeError" and "allocate" in detail:
        error = "MemoryError"  # torch는 메모리가 모자랄 때 RuntimeError를 내요.
    value = outcome.value
    return replace(
        outcome,
        value=Foreign(_name(value.type_name, dots=True)) if isinstance(value, Foreign) else value,
        error=error,
        detail=detail[:300],
        changed=tuple(place for place in changed if isinstance(place, int | str)),
        grads=tuple(grad if isinstance(grad, Tensor) else None for grad in grads),
    )


def _name(text: Any, dots: bool = False) -> str:
    """파이썬 이름의 모양일 때만 그대로 보여 줘요."""
    pattern = r"[\w.<>]{1,80}" if dots else r"\w{1,60}"
    return text if isinstance(text, str) and re.fullmatch(pattern, text) else "Exception"


# -- 한 반 --------------------------------------------------------------------------------------------------------


def grade_many(
    submissions: Iterable[Submission],
    seed: int,
    jobs: int | None = None,
    on_result: Callable[[SubmissionResult], None] | None = None,
    tier: str | None = None,
) -> Iterator[SubmissionResult]:
    """여러 제출물을 `jobs`개씩 함께 채점해서 끝나는 대로 내놓아요. `tier="none"`은 모래상자 없이 돌려요.

    모래상자를 만들 수 없으면 `sandbox.SandboxRefused`를 내요.
    """
    from autograder.sandbox import open_pool

    jobs = max(1, jobs or _cores())
    with open_pool(unsafe=tier == "none") as pool:
        threads = ThreadPoolExecutor(jobs, "grade")
        running: set[Future[SubmissionResult]] = set()
        try:
            for submission in submissions:
                # 레슨의 답안지는 실을 나누기 전에 뽑아요.
                setup = prepare(submission.lesson, seed)
                running.add(threads.submit(_grade_safely, submission, seed, pool, setup))
                if len(running) >= 2 * jobs:
                    yield from _finished(running, on_result)
            while running:
                yield from _finished(running, on_result)
        finally:
            # Ctrl+C나 오류로 멈출 때는 작업자를 먼저 끝내야, 돌고 있던 무한 반복을 기다리지 않아요.
            pool.close()
            threads.shutdown(cancel_futures=True)


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


def _grade_safely(submission: Submission, seed: int, pool: Pool, setup: LessonSetup) -> SubmissionResult:
    from autograder.sandbox import SandboxRefused

    try:
        return grade_submission(submission, seed, pool, setup)
    except SandboxRefused:
        raise
    except Exception as error:
        return _refused(
            submission,
            seed,
            pool,
            setup,
            f"채점기가 이 제출물에서 멈췄어요({type(error).__name__}). "
            "제출물은 그대로 두었으니 이 사실을 관리자에게 알려 주세요.",
        )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
