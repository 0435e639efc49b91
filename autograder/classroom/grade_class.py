"""한 반을 채점해요: 제출물을 모아 `grading/`에 맡기고, 사본, 성적부, 피드백, 점수표에 남겨요.

언제 멈춰도(Ctrl+C, kill) 끝난 제출물의 결과는 `results/`에 남아 있어서, 다시 돌리면 나머지만 채점해요.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.classroom.cluster import Cluster
from autograder.classroom.folder import Classroom, ClassroomError, StoredResult
from autograder.classroom.identities import carry_results
from autograder.grading.messages import Graded, Request
from autograder.grading.results import Ungraded
from autograder.grading.station import Station, open_station
from autograder.grading.submissions import Submission, content_digest, find_submissions
from autograder.sandbox.scratch import GRADING, sweep

if TYPE_CHECKING:
    from autograder.classroom.changes import Change


@dataclass(frozen=True)
class ClassResult:
    """한 번의 채점.

    `kept`는 바뀌지 않아서 그대로 둔 제출물의 수, `ungraded`는 우리 쪽의 일로 채점하지 못한 것들이에요.
    `changes`는 달라진(미리 본 것이면 달라질) 점수이고, 있으면 `listed`가 그 목록의 CSV예요.
    """

    results: tuple[StoredResult, ...]
    kept: int
    ungraded: tuple[Ungraded, ...] = ()
    changes: tuple[Change, ...] = ()
    listed: Path | None = None

    @property
    def unreadable(self) -> tuple[StoredResult, ...]:
        """읽지 못한 제출물들."""
        return tuple(result for result in self.results if not result.readable)


@dataclass(frozen=True)
class _Work:
    """채점할 제출물과 그 내용의 지문. `known`은 이미 남아 있던 결과예요."""

    submission: Submission
    content: str
    known: StoredResult | None


def grade_class(
    classroom: Classroom,
    directory: Path | None = None,
    lesson: str | None = None,
    jobs: int | None = None,
    unsafe: bool = False,
    on_start: Callable[[int, int], None] | None = None,
    on_result: Callable[[StoredResult], None] | None = None,
    *,
    dask: str | None = None,
    dry_run: bool = False,
) -> ClassResult:
    """`directory/<학생>/<레슨>/<레슨>.ipynb`를 모두 채점해요. 제출물은 읽기만 해요.

    `on_start(모두, 그대로 둘 것)`와 `on_result(결과)`는 진행을 보여 줄 때 써요. `dry_run`이면 달라질 점수의 목록만 쓰고 아무것도 덮어쓰지 않아요.
    `dask`는 함께 채점할 스케줄러의 주소예요("local"이면 이 컴퓨터에 띄워 봐요).
    제출물이 없거나 미리 볼 것이 없으면 ClassroomError, 모래상자를 만들 수 없으면 `sandbox.SandboxRefused`예요.
    """
    directory = (directory or classroom.submitted).absolute()  # 심사원은 다른 폴더에서 돌아요.
    if dry_run and not classroom.has_seed:
        raise ClassroomError(
            f"{classroom.path}에서는 아직 채점한 적이 없어서 견줄 점수가 없어요. `--dry-run` 없이 먼저 채점해 주세요."
        )
    ungraded: list[Ungraded] = []

    def closed(student: str, error: OSError) -> None:
        why = f"폴더를 열 수 없어요({error.strerror}). 읽을 수 있게 권한을 바꿔 주세요"
        ungraded.append(Ungraded(student, lesson or "모든 레슨", why))

    submissions = find_submissions(directory, lesson, closed) if directory.is_dir() else []
    if not submissions and not ungraded:
        raise ClassroomError(
            f"{directory} 폴더에서 제출물을 찾지 못했어요. `{directory}/<학생>/<레슨>/<레슨>.ipynb` 모양으로 놓아 주세요."
        )
    with classroom.lock(), ExitStack() as opened:
        if not dry_run:
            carry_results(classroom, directory)
        place: Station | Cluster | None = None
        kept: list[tuple[StoredResult, Submission]] = []
        works: dict[tuple[str, str], _Work] = {}
        for submission in submissions:
            stored = classroom.load(submission.student, submission.lesson)
            work = _Work(submission, content_digest(submission), stored and stored.without_code())
            if stored is not None and _still_holds(classroom, stored, work, unsafe):
                kept.append((stored.without_code(), submission))
            else:
                if place is None:
                    # 채점할 것이 하나라도 있으면 바로 띄워요. 나머지를 읽고 성적부를 여는 동안 데워져요.
                    place = _open_place(classroom, submission.lesson, jobs, unsafe, dask)
                    opened.enter_context(place)
                works[submission.student, submission.lesson] = work
        if on_start:
            on_start(len(submissions), len(kept))
        # 성적부의 것들(nbgrader)은 무거워서, 자리가 데워지는 동안 불러와요.
        from autograder.classroom.changes import Known, find_changes, write_changes
        from autograder.classroom.record import Preview, Writer, stored_result, timestamp_of

        writer = Preview(classroom) if dry_run else Writer(classroom)
        recorded = writer.recorded(directory, submissions)
        changes: list[Change] = []
        listed = None

        def note(stored: StoredResult, known: StoredResult | None, fresh: bool) -> None:
            before = recorded.get(stored.student, {}).get(stored.lesson)
            found = list(find_changes(before, Known.of(known) if known else None, stored, fresh))
            writer.note(found)
            changes.extend(found)

        try:
            graded = _grade_all(classroom, place, [work.submission for work in works.values()], unsafe)
            # 멈출 때 작업자도 바로 끝나게 생성기를 닫아요.
            with closing(graded):
                for result in graded:
                    if isinstance(result, Ungraded):
                        ungraded.append(result)
                        continue
                    work = works[result.student, result.lesson]
                    stored = stored_result(classroom, result, work.content)
                    note(stored, work.known, fresh=True)
                    writer.keep(stored, result.copy)
                    writer.add(stored, timestamp_of(work.submission))
                    if on_result:
                        on_result(stored)
            opened.close()
            # 지난번에 성적부에 쓰기 전에 죽었을 수도 있어서, 그대로 둔 것도 다시 써요(같은 값이면 그대로예요).
            for stored, submission in kept:
                note(stored, None, fresh=False)
                writer.add(stored, timestamp_of(submission), fresh=False)
        finally:
            # 중간에 멈춰도 여기까지의 결과는 성적부에 들어가고, 그 점수들의 목록이 남아요.
            writer.flush()
            changes = sorted(writer.joined(changes), key=lambda change: (change.lesson, change.student))
            listed = write_changes(classroom, changes, dry_run)
            writer.listed()
        results = sorted([*writer.saved, *(stored for stored, _ in kept)], key=lambda r: (r.student, r.lesson))
        writer.finish(results)
    return ClassResult(tuple(results), len(kept), tuple(ungraded), tuple(changes), listed)


def _open_place(
    classroom: Classroom, lesson: str, jobs: int | None, unsafe: bool, dask: str | None
) -> Station | Cluster:
    """채점할 자리. 가장 먼저 채점할 레슨을 미리 알려 줘요."""
    return Cluster(dask, jobs) if dask else open_station(jobs, unsafe, (lesson, classroom.seed()))


def _grade_all(
    classroom: Classroom, place: Station | Cluster | None, submissions: Sequence[Submission], unsafe: bool
) -> Generator[Graded | Ungraded, None, None]:
    """끝나는 대로 내놓아요. 같은 레슨끼리 이어서 맡겨요. 심사원이 레슨의 답안지를 한 번만 준비하게요."""
    if place is None:
        sweep(GRADING)  # 채점할 것이 없어도, 죽은 채점이 남긴 것은 치워요.
        return
    seed, bonus = classroom.seed(), classroom.adds_bonus
    todo = sorted(submissions, key=lambda one: one.lesson)
    # 첫 결과가 오면 바로 적을 수 있게, 자리가 데워지는 동안 지문을 만들어 둬요.
    classroom.parts("", todo[0].lesson, sandboxed=not unsafe)
    with closing(place.grade(Request(one, seed, bonus) for one in todo)) as found:
        yield from found


def _still_holds(classroom: Classroom, stored: StoredResult, work: _Work, unsafe: bool) -> bool:
    """남겨 둔 결과를 그대로 써도 되는지. 읽을 수 없던 것도 바뀌지 않았으면 그대로예요."""
    unchanged = stored.key == classroom.parts(work.content, stored.lesson, sandboxed=not unsafe).key
    return unchanged and classroom.autograded(stored.student, stored.lesson).exists()
