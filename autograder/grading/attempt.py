"""제출물 하나를 점수로 바꿔요.

사례의 입력만 모래상자로 보내고, 돌아온 값을 이 프로세스에서 판정해요. 학습자의 코드는 이 프로세스에서 한 줄도 돌지 않아요.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from typing import Protocol

from autograder.exercises.schema import Exercise
from autograder.grading.intake import Intake, take_in
from autograder.grading.lesson_setup import LessonSetup
from autograder.grading.plan import Plan
from autograder.grading.results import Mark, SubmissionResult
from autograder.grading.stops import explain_cell_error, explain_stop
from autograder.grading.submissions import Submission
from autograder.grading.untrusted_answer import judge_answer, read_finding
from autograder.judging.judge import Verdict
from autograder.limits import LIMITS
from autograder.notebooks.cell_code import defined_names, reachable, used_names
from autograder.repair.finding import Finding
from autograder.repair.slips import first_words
from autograder.sandbox import CellText, Child, Job, JobResult, Limits, Task, Tier
from autograder.wording import josa

SEARCHES, SEARCH_SECONDS = 2, 0.4  # 제출물 하나에서 틀린 줄을 찾아 볼 실습의 수와, 실습 하나에 쓸 CPU 초


class Sandbox(Protocol):
    """제출물의 일을 맡는 것: `Pool`이나, 심사원이 넘겨받은 줄."""

    tier: Tier
    limits: Limits

    def start(self, limits: Limits) -> AbstractContextManager[Child]:
        """자식 하나를 갈라 내요. 작업자를 잃으면 WorkerLost예요."""
        ...


def grade_submission(
    submission: Submission, seed: int, pool: Sandbox, setup: LessonSetup, intake: Intake | None = None
) -> SubmissionResult:
    """준비된 레슨으로 제출물 하나를 채점해요. 읽을 수 없는 제출물도 까닭이 담긴 결과가 돼요.

    이미 읽어 둔 것이 있으면 `intake`로 줘요.
    """
    started = time.thread_time()
    intake = intake or take_in(submission, setup.master)
    if intake.plan is None:
        return refuse(submission, seed, pool, setup, intake, time.thread_time() - started)
    attempt = _Attempt(setup, intake.plan, pool)
    with attempt.stack:
        verdicts = attempt.verdicts()
    marks = tuple(_mark(submission, exercise, verdicts[exercise.name]) for exercise in setup.exercises)
    cpu_seconds = attempt.cpu_seconds + time.thread_time() - started
    problems = (*submission.problems, *intake.plan.problems)
    return _result(submission, seed, pool, marks, problems, True, cpu_seconds, intake)


def refuse(
    submission: Submission, seed: int, pool: Sandbox, setup: LessonSetup, intake: Intake, cpu_seconds: float = 0.0
) -> SubmissionResult:
    """채점할 수 없는 제출물의 결과: 모든 실습이 같은 까닭(`intake.refusal`)으로 `refused`예요."""
    why = intake.refusal
    marks = tuple(_mark(submission, e, Verdict(e.name, "refused", message=why)) for e in setup.exercises)
    return _result(submission, seed, pool, marks, (*submission.problems, why), False, cpu_seconds, intake)


def _result(
    submission: Submission,
    seed: int,
    pool: Sandbox,
    marks: tuple[Mark, ...],
    problems: tuple[str, ...],
    readable: bool,
    cpu_seconds: float,
    intake: Intake,
) -> SubmissionResult:
    student, lesson, tier = submission.student, submission.lesson, pool.tier.name
    return SubmissionResult(student, lesson, marks, problems, readable, seed, tier, cpu_seconds, intake)


def _mark(submission: Submission, exercise: Exercise, verdict: Verdict) -> Mark:
    return Mark(
        submission.student,
        submission.lesson,
        exercise.name,
        verdict.score(exercise.worth),
        exercise.points,
        verdict.verdict,
        verdict.mistake,
        _tidy(verdict.message, LIMITS.message_chars),
    )


def _tidy(message: str, longest: int) -> str:
    """보이지 않는 글자를 지우고 길이를 묶어요. 예외와 형의 이름은 학습자가 지은 것일 수 있어요."""
    text = "".join(c for c in message if c == "\n" or c.isprintable())
    return text if len(text) <= longest else text[:longest] + " …"


@dataclass
class _Attempt:
    """제출물 하나를 모래상자에서 돌리고 판정해요. 멈춘 곳이 있으면 그 다음부터 새 자식에서 이어 가요."""

    setup: LessonSetup
    plan: Plan
    pool: Sandbox
    cpu_seconds: float = 0.0
    asleep_seconds: float = 0.0
    stopped_cells: dict[int, str] = field(default_factory=dict)
    cell_errors: dict[int, tuple[str, str]] = field(default_factory=dict)
    # 실습을 모두 부르고 남은 자식. 다시 채점할 때 셀을 또 돌리지 않고 이어서 써요.
    left: Child | None = None
    stack: ExitStack = field(default_factory=ExitStack)

    def verdicts(self) -> dict[str, Verdict]:
        names = [exercise.name for exercise in self.setup.exercises]
        answers, stops = self._run(names)
        verdicts = {name: self._verdict(name, answers.get(name), stops.get(name)) for name in names}
        uses = used_names(step.source for step in self.plan.steps)
        for i, name in enumerate(names):
            if verdicts[name].verdict == "pass":
                continue
            needs = reachable(name, uses) & self.setup.master.counterparts.keys()
            wrong = [earlier for earlier in names[:i] if earlier in needs and verdicts[earlier].verdict != "pass"]
            if wrong:
                verdicts[name] = self._again(name, wrong, verdicts[name])
            verdicts[name] = self._mention_skipped(name, verdicts[name], uses)
        return verdicts | self._located(verdicts)

    def _located(self, verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
        """코드에서 바로 보이는 것과, 이름 붙이지 못한 실습의 틀린 줄을 모래상자에서 찾아 말에 더해요. 점수는 바꾸지 않아요."""
        sources = {step.exercise: step.source for step in self.plan.steps if step.exercise}
        wrong = {
            name: verdict
            for name, verdict in verdicts.items()
            if verdict.verdict in ("fail", "partial", "error") and name in sources
        }
        first = {name: first_words(sources[name], name, bool(verdict.mistake)) for name, verdict in wrong.items()}
        words = {name: said for name, (said, _) in first.items()}
        lost = [name for name, (_, search) in first.items() if search]
        for name, finding in self._search(lost[:SEARCHES], sources).items():
            words[name].append(finding.sentence())
        return {
            name: replace(verdicts[name], message="\n".join([verdicts[name].message, *said]))
            for name, said in words.items()
            if said
        }

    def _search(self, lost: Sequence[str], sources: Mapping[str, str]) -> dict[str, Finding]:
        """모래상자에서 찾은, 고치면 되는 줄들."""
        if not lost or self._spent():
            return {}
        tasks = [Task(name, self.setup.public[name], (), sources[name], SEARCH_SECONDS) for name in lost]
        result = self._ask(Job(cells=self._cells(), tasks=tuple(tasks), limits=self._rest()))
        found = {lost[unit]: read_finding(body, sources[lost[unit]]) for unit, body in result.answers.items()}
        return {name: finding for name, finding in found.items() if finding}

    def _ask(self, job: Job) -> JobResult:
        """일 하나를 새 자식에게 맡겨요. 끝까지 하면 그 자식이 `left`예요."""
        self.stack.close()
        self.left = self.stack.enter_context(self.pool.start(job.limits))
        return self._ask_left(self.left, job)

    def _ask_left(self, child: Child, job: Job) -> JobResult:
        result = child.run(job)
        if result.reason is not None:
            self.left = None
        self.cpu_seconds += result.cpu_seconds
        self.asleep_seconds += result.asleep_seconds
        return result

    def _spent(self) -> bool:
        """이 제출물의 시간을 다 썼는지."""
        limits = self.pool.limits
        return self.cpu_seconds > limits.total_cpu or self.asleep_seconds > limits.total_asleep

    def _rest(self) -> Limits:
        """남은 시간만 허락하는 상한."""
        limits = self.pool.limits
        return replace(
            limits,
            total_cpu=max(1.0, limits.total_cpu - self.cpu_seconds),
            total_asleep=max(1.0, limits.total_asleep - self.asleep_seconds),
        )

    def _cells(self) -> tuple[CellText, ...]:
        """실행할 셀들. 앞에서 멈춘 셀은 빼요."""
        return tuple(CellText(i, step.source) for i, step in enumerate(self.plan.steps) if i not in self.stopped_cells)

    def _run(self, names: Sequence[str], replaced: tuple[str, ...] = ()) -> tuple[dict[str, bytes], dict[str, str]]:
        """실습들을 돌려 (답의 바이트, 멈춘 까닭)을 모아요. `replaced`의 함수들은 바른 것으로 바꿔 놓고 불러요."""
        answers: dict[str, bytes] = {}
        stops: dict[str, str] = {}
        pending = list(names)
        while pending:
            if self._spent():
                stops.update(dict.fromkeys(pending, "budget"))
                break
            job = Job(
                cells=self._cells(),
                tasks=tuple(Task(name, self.setup.calls[name], replaced) for name in pending),
                counterparts=self.setup.master.counterpart_sources(replaced) if replaced else (),
                limits=self._rest(),
            )
            result = self._ask(job)
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

    def _again(self, name: str, wrong: Sequence[str], first: Verdict) -> Verdict:
        """틀린 앞 실습을 바른 것으로 바꿔 한 번 더. 더 나은 쪽이 점수가 돼요."""
        second = self._once_more(name, wrong)
        if second is None:
            answers, stops = self._run([name], tuple(wrong))
            second = self._verdict(name, answers.get(name), stops.get(name))
        if (second.share, second.mistake is not None) <= (first.share, first.mistake is not None):
            return first
        listed = ", ".join(f"`{other}`" for other in wrong)
        lead = f"이 실습이 부르는 앞 실습 {listed} 때문에 어긋나서, 그 함수를 바른 것으로 바꿔 다시 채점했어요."
        return replace(second, message=f"{lead}\n{second.message}")

    def _once_more(self, name: str, wrong: Sequence[str]) -> Verdict | None:
        """남은 자식에서 해 봐요. 앞서 부른 것이 무언가를 바꿔 놓았을 수 있어서, 통과하지 못하면 None이고 새 자식에서 다시 해요."""
        if self.left is None or self._spent():
            return None
        task = Task(name, self.setup.calls[name], tuple(wrong))
        sources = self.setup.master.counterpart_sources(wrong)
        result = self._ask_left(self.left, Job((), (task,), sources, self._rest()))
        second = self._verdict(name, result.answers.get(0), result.reason or "")
        return second if second.verdict == "pass" else None

    def _verdict(self, name: str, answer: bytes | None, stop: str | None) -> Verdict:
        if answer is None:
            assert stop is not None  # 답이 없으면 멈춘 까닭이 있어요.
            return explain_stop(name, stop, self.pool.limits)
        verdict = judge_answer(self.setup.keys[name], answer, self.pool.limits)
        return verdict or self._undefined(name)

    def _undefined(self, name: str) -> Verdict:
        """함수가 만들어지지 않은 까닭을 찾아요."""
        mine = [i for i, step in enumerate(self.plan.steps) if step.exercise == name]
        for i in mine:
            if i in self.stopped_cells:
                return explain_stop(name, self.stopped_cells[i], self.pool.limits, "셀을 실행하다가 ")
        for i in mine:
            if i in self.cell_errors:
                error, detail = self.cell_errors[i]
                return explain_cell_error(name, error, detail)
        if mine:
            made = sorted(set().union(*(defined_names(self.plan.steps[i].source) for i in mine)))[:3]
            other = f" 없고 {josa(', '.join(f'`{found}`' for found in made), '이/가')} 있어요" if made else " 없어요"
            why = f"실습 셀에 `{name}` 함수가{other}.\n다음에 볼 곳: 함수의 이름을 원래대로 되돌려요."
            return Verdict(name, "missing", message=why)
        if name in self.plan.too_long:
            why = f"{self.plan.too_long[name]}번째 셀의 글이 너무 길어서 읽지 않았어요.\n다음에 볼 곳: 붙여 넣은 출력이나 자료를 지워요."
            return Verdict(name, "refused", message=why)
        return Verdict(name, "missing", message="실습 셀이 없어요. 배포본에서 셀을 복사해 넣어 주세요.")

    def _mention_skipped(self, name: str, verdict: Verdict, uses: Mapping[str, set[str]]) -> Verdict:
        """통과하지 못한 까닭이 실행하지 않은 셀에 있을 수 있으면 그 셀을 알려 줘요."""
        lost = sorted(used for used in reachable(name, uses) if used in self.plan.skipped and used not in uses)
        if not lost or verdict.verdict == "pass":
            return verdict
        listed = ", ".join(f"`{used}`({self.plan.skipped[used]}번째 셀)" for used in lost)
        return replace(
            verdict,
            message=f"{verdict.message}\n이 실습이 쓰는 {listed}: 정의, import, 상수만 담은 셀이 아니라서 "
            "채점에서 실행하지 않았어요.",
        )
