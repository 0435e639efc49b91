"""다시 채점하면 누구의 점수가 왜 바뀌었는지 말하는지, 미리 보기는 아무것도 바꾸지 않는지."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from support.classes import LESSON, contents, hand_in, notebook
from support.commands import run
from support.tiny_lesson import needs

from autograder.classroom import fingerprint, grade_class
from autograder.classroom.changes import (
    BEHIND,
    FIRST_EDITION,
    SHOWN_ROWS,
    UNEXPLAINED,
    UNKNOWN,
    Change,
    changes_csv,
    changes_page,
    changes_table,
    what_changed,
)
from autograder.classroom.fingerprint import Parts, parts_of
from autograder.classroom.folder import Classroom, ClassroomError
from autograder.classroom.grade_class import ClassResult
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.progress import GradingProgress
from autograder.exercises import lesson_exercises
from autograder.grading.messages import Graded, Request
from autograder.grading.names import student_name
from autograder.grading.results import Mark
from autograder.layout import ROOT

NAMES = [exercise.name for exercise in lesson_exercises(LESSON)]
SEED = 2


class Paper:
    """답안지 대신, 제출물에 적힌 점수를 그대로 주는 자리. 시드가 홀수면 모두 1점을 더 줘요."""

    def __enter__(self) -> Paper:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def grade(self, requests: Iterable[Request]) -> Generator[Graded, None, None]:
        for request in requests:
            one, content = request.submission, request.submission.read()
            scores = {**dict.fromkeys(NAMES, 5.0), **json.loads(content)}
            marks = tuple(
                Mark(one.student, one.lesson, name, scores[name] + request.seed % 2, 10.0, "partial", None, "글")
                for name in NAMES
            )
            digest = fingerprint.content_digest(one)
            yield Graded(one.student, one.lesson, marks, (), True, request.seed, "full", 0, 0, digest, "{}", {}, {})


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Classroom:
    """세 사람을 한 번 채점한 학급."""
    monkeypatch.setattr(grade_class, "open_station", lambda jobs=None, unsafe=False: Paper())
    made = Classroom(tmp_path / "class")
    made.path.mkdir()
    give_seed(made, SEED)
    for student in ("kim", "lee", "park"):
        hand_in(made.submitted, student, {"softmax": 7.0})
    assert grade(made).changes == () and not made.changes.exists()
    return made


def grade(room: Classroom, dry_run: bool = False) -> ClassResult:
    # 결과를 쥐고 있는 것이 없게, 명령을 새로 한 것처럼 새 객체로 채점해요.
    return grade_class.grade_class(Classroom(room.path), dry_run=dry_run)


def give_seed(room: Classroom, seed: int) -> None:
    (room.path / "classroom.json").write_text(json.dumps({"seed": seed}))


def edit_result(room: Classroom, student: str, **changes: Any) -> None:
    path = room.path / "results" / LESSON / f"{student}.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def give_by_hand(room: Classroom, student: str, exercise: str, score: float) -> None:
    with open_gradebook(room.db_url()) as gradebook:
        found = gradebook.find_grade(f"check_{exercise}", LESSON, LESSON, student)
        found.manual_score, found.needs_manual_grade = score, False
        gradebook.db.commit()


def record(room: Classroom, student: str, exercise: str, score: float) -> None:
    """성적부의 자동 점수만 바꿔요. 결과를 남기고 성적부에 쓰기 전에 멈춘 것과 같아요."""
    with open_gradebook(room.db_url()) as gradebook:
        gradebook.find_grade(f"check_{exercise}", LESSON, LESSON, student).auto_score = score
        gradebook.db.commit()


def told(result: ClassResult) -> set[tuple[Any, ...]]:
    return {(c.student, c.exercise, c.before, c.after, c.reasons) for c in result.changes}


# -- 누구의 무엇이 왜 --


def test_a_changed_hand_in_is_told_for_its_learner_only(room: Classroom) -> None:
    hand_in(room.submitted, "lee", {"softmax": 9.0})
    hand_in(room.submitted, "choi", {})  # 처음 낸 사람은 달라진 것이 아니에요.
    result = grade(room)
    assert told(result) == {("lee", "softmax", 7.0, 9.0, ("제출한 파일이 바뀌었어요",))} and result.kept == 2
    assert grade(room).changes == ()


def test_a_new_seed_is_told_for_everyone(room: Classroom) -> None:
    give_seed(room, SEED + 1)
    result = grade(room)
    assert len(result.changes) == 3 * len(NAMES)
    assert {change.reasons for change in result.changes} == {("학급의 시드가 바뀌었어요",)}
    assert [(change.lesson, change.student) for change in result.changes] == sorted(
        (change.lesson, change.student) for change in result.changes
    )


def test_results_of_the_first_edition_are_read_and_regraded(room: Classroom) -> None:
    marks = [vars(mark) | {"score": 1.0} for mark in room.load("kim", LESSON).marks]
    path = room.path / "results" / LESSON / "kim.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    del stored["parts"]
    path.write_text(json.dumps({**stored, "marks": marks, "key": "옛 지문"}), encoding="utf-8")
    record(room, "kim", "softmax", 1.0)
    assert room.load("kim", LESSON).parts is None
    result = grade(room)
    assert result.kept == 2 and told(result) == {("kim", "softmax", 1.0, 7.0, (FIRST_EDITION,))}
    assert room.load("kim", LESSON).parts is not None


def test_a_gradebook_that_was_behind_says_so(room: Classroom) -> None:
    record(room, "kim", "softmax", 3.0)
    result = grade(room)
    assert result.kept == 3 and told(result) == {("kim", "softmax", 3.0, 7.0, (BEHIND,))}
    # 다시 채점했지만 이 점수는 남겨 둔 것과 같다면, 까닭은 제출물이 아니라 성적부예요.
    record(room, "lee", "softmax", 3.0)
    hand_in(room.submitted, "lee", {"softmax": 7.0, "causal_mask": 6.0})
    assert told(grade(room)) == {
        ("lee", "softmax", 3.0, 7.0, (BEHIND,)),
        ("lee", "causal_mask", 5.0, 6.0, ("제출한 파일이 바뀌었어요",)),
    }


def test_without_a_stored_result_no_reason_is_guessed(room: Classroom) -> None:
    (room.path / "results" / LESSON / "kim.json").write_text("{")
    hand_in(room.submitted, "kim", {})
    assert told(grade(room)) == {("kim", "softmax", 7.0, 5.0, (UNKNOWN,))}


def test_a_mark_that_moves_by_itself_is_for_the_maintainer(room: Classroom) -> None:
    """같은 지문인데 점수가 다르면, 까닭을 지어내지 않아요."""
    marks = [vars(mark) | {"score": 1.0} for mark in room.load("kim", LESSON).marks]
    edit_result(room, "kim", marks=marks)
    record(room, "kim", "softmax", 1.0)
    for name in NAMES:
        record(room, "kim", name, 1.0)
    room.autograded("kim", LESSON).unlink()
    assert {change.reasons for change in grade(room).changes} == {(UNEXPLAINED,)}


def test_a_hand_mark_stays_and_is_never_listed_as_changed(room: Classroom) -> None:
    give_by_hand(room, "kim", "softmax", 6.5)
    hand_in(room.submitted, "kim", {"softmax": 9.0})
    result = grade(room)
    (change,) = result.changes
    assert change.effective == (6.5, 6.5) and (change.before, change.after) == (7.0, 9.0)
    assert "손으로 준 6.5점은 그대로예요" in change.why and "7 → 9" in change.why
    row = list(csv.DictReader(io.StringIO(result.listed.read_text(encoding="utf-8-sig"))))[0]
    assert (row["이전"], row["이후"]) == ("6.5", "6.5")
    page = result.listed.with_suffix(".html").read_text(encoding="utf-8")
    assert "<b>0</b>달라진 점수" in page and "손으로 준 점수가 있어 그대로인 것" in page and "점수마다" not in page


def test_an_exercise_that_left_or_joined_the_lesson_is_told() -> None:
    before = parts_of(LESSON, "", SEED, True, True)
    without = replace(
        before,
        exercises={name: digest for name, digest in before.exercises.items() if name != "softmax"},
        references={name: digest for name, digest in before.references.items() if name != "softmax"},
        points={name: value for name, value in before.points.items() if name != "softmax"},
    )
    assert what_changed(before, without, LESSON, "softmax") == ("레슨에서 빠진 실습이에요",)
    assert what_changed(without, before, LESSON, "softmax") == ("새로 생긴 실습이에요",)


PARTS = Parts(
    content="c",
    seed=1,
    bonus=True,
    sandboxed=True,
    grader="g",
    libraries={"torch": "2.13.0", "numpy": "2.4"},
    files="f",
    lesson="l",
    exercises={"softmax": "1", "attention_scores": "1", "self_attention": "1", "attention_variance": "1"},
    references={"softmax": "1", "attention_scores": "1", "self_attention": "1", "attention_variance": "1"},
    points={"softmax": 12, "attention_scores": 13, "self_attention": 10, "attention_variance": 0},
)


@pytest.mark.parametrize(
    ("exercise", "changes", "reasons"),
    [
        ("softmax", {"content": "x"}, ("제출한 파일이 바뀌었어요",)),
        ("softmax", {"seed": 2, "files": "x"}, ("학급의 시드가 바뀌었어요",)),
        ("attention_variance", {"bonus": False}, ("보너스를 더하는 규칙이 바뀌었어요",)),
        ("softmax", {"bonus": False}, (UNEXPLAINED,)),
        ("softmax", {"grader": "x"}, ("채점기의 코드가 바뀌었어요",)),
        (
            "softmax",
            {"libraries": {"torch": "2.14.0", "numpy": "2.4"}},
            ("라이브러리가 바뀌었어요 (torch 2.13.0 → 2.14.0)",),
        ),
        ("softmax", {"lesson": "x", "files": "x"}, ("레슨의 주어진 셀이나 풀이가 바뀌었어요",)),
        ("softmax", {"files": "x"}, ("레슨의 파일이 바뀌었어요",)),
        ("softmax", {"points": {**PARTS.points, "softmax": 10}}, ("배점이 바뀌었어요 (12점 → 10점)",)),
        ("softmax", {"points": {**PARTS.points, "softmax": 0}}, ("배점이 바뀌었어요 (12점 → 보너스)",)),
        ("softmax", {"points": {**PARTS.points, "attention_scores": 1}}, (UNEXPLAINED,)),
        ("softmax", {"exercises": {**PARTS.exercises, "softmax": "2"}}, ("실습의 정의가 바뀌었어요",)),
        ("softmax", {"references": {**PARTS.references, "softmax": "2"}}, ("기준 구현의 파일이 바뀌었어요",)),
        (
            "softmax",
            {"exercises": {**PARTS.exercises, "self_attention": "2"}},
            ("같은 레슨의 다른 실습의 정의가 바뀌었어요 (self_attention)",),
        ),
        (
            "self_attention",
            {"exercises": {**PARTS.exercises, "attention_scores": "2"}, "content": "x"},
            ("제출한 파일이 바뀌었어요", "이 실습이 부르는 앞 실습의 정의가 바뀌었어요 (attention_scores)"),
        ),
        (
            "softmax",
            {"exercises": {**PARTS.exercises, "attention_scores": "2"}, "content": "x"},
            ("제출한 파일이 바뀌었어요",),
        ),
        ("softmax", {"seed": 2, "grader": "x"}, ("학급의 시드가 바뀌었어요", "채점기의 코드가 바뀌었어요")),
        ("softmax", {"sandboxed": False}, ("이번에는 모래상자 없이 채점했어요",)),
    ],
)
def test_the_reason_is_what_changed(exercise: str, changes: Mapping[str, Any], reasons: tuple[str, ...]) -> None:
    assert what_changed(PARTS, replace(PARTS, **changes), LESSON, exercise) == reasons


def test_marks_that_were_given_without_a_sandbox_are_told() -> None:
    assert what_changed(replace(PARTS, sandboxed=False), PARTS, LESSON, "softmax") == (
        "모래상자 없이 채점했던 결과예요",
    )


# -- 미리 보기 --


def test_a_preview_changes_nothing_and_grading_then_does_what_it_said(room: Classroom) -> None:
    give_seed(room, SEED + 1)
    give_by_hand(room, "park", "softmax", 1.0)
    hand_in(room.submitted, "lee", {"softmax": 2.0})
    hand_in(room.submitted, "choi", {})
    record(room, "kim", "causal_mask", 0.5)
    before = contents(room.path)
    preview = grade(room, dry_run=True)
    after = contents(room.path)
    added = after.keys() - before.keys()
    assert {name: after[name] for name in before} == before
    assert sorted(Path(name).suffix for name in added) == [".csv", ".html"]
    assert all(name.startswith("changes/") and "-preview" in name for name in added)
    assert "미리 보기" in preview.listed.with_suffix(".html").read_text(encoding="utf-8")
    assert len(preview.changes) == 3 * len(NAMES)
    done = grade(room)
    assert done.changes == preview.changes
    assert done.listed.read_bytes() == preview.listed.read_bytes() and "preview" not in done.listed.name
    assert grade(room, dry_run=True).changes == () == grade(room).changes


def test_a_class_that_was_never_graded_has_nothing_to_compare_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    room = Classroom(tmp_path / "class")
    hand_in(room.submitted, "kim", {})
    before = contents(room.path)
    with pytest.raises(ClassroomError, match="견줄 점수가 없어요"):
        grade(room, dry_run=True)
    assert contents(room.path) == before and not room.has_seed
    code, _, said = run(capsys, "grade", "--dry-run", "--classroom", str(room.path))
    assert code == 2 and "견줄 점수가 없어요" in said


def test_a_preview_without_a_gradebook_makes_none(room: Classroom) -> None:
    (room.path / "gradebook.db").unlink()
    assert grade(room, dry_run=True).changes == () and not (room.path / "gradebook.db").exists()


def test_the_command_shows_the_list(room: Classroom, capsys: pytest.CaptureFixture[str]) -> None:
    give_seed(room, SEED + 1)
    where = ("--classroom", str(room.path))
    code, out, _ = run(capsys, "grade", "--dry-run", *where)
    assert code == 0 and "달라질 점수" in out and "아무것도 바꾸지 않았어요" in out and "성적부 " not in out
    assert f"그 밖에 {3 * len(NAMES) - SHOWN_ROWS}개" in out
    code, out, _ = run(capsys, "grade", *where)
    assert code == 0 and "달라진 점수" in out and "성적부 " in out
    code, out, _ = run(capsys, "grade", "--dry-run", *where)
    assert code == 0 and "달라질 점수가 없어요" in out


def test_stopping_midway_leaves_the_list_of_what_was_done(room: Classroom) -> None:
    give_seed(room, SEED + 1)
    seen: list[str] = []

    def stop_after_two(result: Any) -> None:
        seen.append(result.student)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade_class.grade_class(room, on_result=stop_after_two)
    (listed,) = room.changes.glob("*.csv")
    rows = list(csv.DictReader(io.StringIO(listed.read_text(encoding="utf-8-sig"))))
    assert {row["학생"] for row in rows} == set(seen) and len(rows) == 2 * len(NAMES)
    rest = grade(room)
    assert {change.student for change in rest.changes} == {"kim", "lee", "park"} - set(seen)
    assert {change.reasons for change in rest.changes} == {("학급의 시드가 바뀌었어요",)}


# -- 정말로 고친 저장소에서 --

WRONG = "def softmax(x, dim):\n    return torch.softmax(x, dim=-1)"
COPIED = ("autograder", "reference", "solutions", "lessons", "nbgrader_config.py", "pyproject.toml")


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """고쳐도 되는 저장소의 사본. 명령도 심사원도 여기의 파일로 돌아요."""
    needs("full", "reduced", "landlock")
    place = tmp_path / "course"
    place.mkdir()
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, place / name)
    for student, answers in {"kim": {}, "lee": {"softmax": WRONG}, "park": {"softmax": ""}}.items():
        hand_in(place / "classroom" / "submitted", student, notebook(**answers))
    return place


def course(workplace: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "autograder.cli", *arguments]
    done = subprocess.run(command, cwd=workplace, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rows_of(workplace: Path, preview: bool = False) -> list[dict[str, str]]:
    paths = (workplace / "classroom" / "changes").glob("*.csv")
    (path,) = (path for path in paths if ("preview" in path.name) == preview)
    found = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    path.unlink()
    return found


def give_points(workplace: Path, exercise: str, old: int, new: int) -> None:
    """배점을 정의, 원본, 배포한 노트북에서 함께 바꿔요."""
    for path, pattern in (
        (f"autograder/exercises/lesson_{LESSON}.py", rf'(name="{exercise}".*?points=){old}\b'),
        (f"solutions/{LESSON}.py", rf'("check_{exercise}", "locked": true, "points": ){old}\b'),
        (f"lessons/{LESSON}/{LESSON}.ipynb", rf'("grade_id": "check_{exercise}".*?"points": ){old}\b'),
    ):
        text = (workplace / path).read_text(encoding="utf-8")
        changed, times = re.subn(pattern, rf"\g<1>{new}", text, count=1, flags=re.DOTALL)
        assert times == 1, path
        (workplace / path).write_text(changed, encoding="utf-8")


@pytest.mark.slow
def test_new_points_and_a_new_definition_are_told_for_whom_they_moved(workplace: Path) -> None:
    course(workplace, "grade")
    assert not (workplace / "classroom" / "changes").exists()
    give_points(workplace, "softmax", 12, 8)
    give_points(workplace, "attention_scores", 13, 17)
    course(workplace, "grade", "--dry-run")
    expected = rows_of(workplace, preview=True)
    course(workplace, "grade")
    rows = rows_of(workplace)
    assert rows == expected
    moved = {(row["학생"], row["실습"]): (row["이전"], row["이후"], row["까닭"]) for row in rows}
    softmax, scores = "배점이 바뀌었어요 (12점 → 8점)", "배점이 바뀌었어요 (13점 → 17점)"
    assert moved["kim", "softmax"] == ("12", "8", softmax) and moved["lee", "softmax"][2] == softmax
    assert {moved[who, "attention_scores"] for who in ("kim", "lee", "park")} == {("13", "17", scores)}
    assert set(moved) == {(who, "attention_scores") for who in ("kim", "lee", "park")} | {
        ("kim", "softmax"),
        ("lee", "softmax"),
    }

    # 뒤집힌 기준 구현: 바르게 답한 사람이 모두 틀리게 돼요.
    path = workplace / f"autograder/exercises/lesson_{LESSON}.py"
    text = path.read_text(encoding="utf-8")
    old, new = "reference=masks.causal_mask,", "reference=lambda T: ~masks.causal_mask(T),"
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    course(workplace, "grade")
    rows = rows_of(workplace)
    assert {(row["학생"], row["실습"], row["까닭"]) for row in rows} == {
        (who, "causal_mask", "실습의 정의가 바뀌었어요") for who in ("kim", "lee", "park")
    }


# -- 목록의 모양 --

HOSTILE = ("=1+1", "<script>alert(1)</script>", "[red]kim[/red]", "＝cmd", "kim\u202eeel")


def hostile_changes() -> list[Change]:
    return [Change(who, LESSON, "softmax", 1.0, 2.5, ("제출한 파일이 바뀌었어요",)) for who in HOSTILE]


def test_the_csv_opens_in_a_spreadsheet_and_runs_nothing() -> None:
    rows = list(csv.reader(io.StringIO(changes_csv(hostile_changes()))))
    assert rows[0] == ["학생", "레슨", "실습", "이전", "이후", "까닭"] and len(rows) == 6
    assert rows[1][0] == "'=1+1" and rows[4][0] == "'＝cmd" and "\\u202e" in rows[5][0]
    assert rows[1][3:5] == ["1", "2.5"]


def test_the_page_is_dead_paper() -> None:
    page = changes_page(hostile_changes(), False, "2026-03-02 09:00")
    assert "<script>" not in page and "&lt;script&gt;alert(1)" in page and "\\u202e" in page
    assert "default-src 'none'" in page and "http" not in page.replace("http-equiv", "")


def test_the_screen_shows_twenty_rows_as_they_are_written() -> None:
    console = Console(width=160, record=True, file=io.StringIO())
    changes = hostile_changes() + [Change(f"s{n:03}", LESSON, "softmax", 1.0, None, ("까닭",)) for n in range(30)]
    console.print(changes_table(changes, preview=False))
    text = console.export_text()
    assert "[red]kim[/red]" in text and text.count("softmax") == SHOWN_ROWS and "없음" in text


def test_any_name_is_listed(room: Classroom) -> None:
    for name in ("=cmd", "김\u200b철수", "O'Brien & <b>", "-rf"):
        hand_in(room.submitted, name, {})
    grade(room)
    give_seed(room, SEED + 1)
    result = grade(room)
    assert {student_name(name) for name in ("=cmd", "김\u200b철수", "-rf")} <= {one.student for one in result.changes}
    assert result.listed.read_bytes().startswith(b"\xef\xbb\xbf")


# -- 진행 --


def fake_result(student: str) -> Any:
    return type("Result", (), {"student": student, "lesson": LESSON})()


def test_the_progress_tells_learner_rate_and_time_left() -> None:
    now = [100.0]
    out = io.StringIO()
    with GradingProgress(Console(file=out, width=200), lambda: now[0]) as progress:
        progress.start(total=100, kept=40)
        assert progress.line() == "채점 40/100 · 첫 결과를 기다려요"
        for number in range(20):
            now[0] += 3
            progress.step(fake_result(f"[b]s{number}"))
        assert progress.line() == "채점 60/100 · [b]s19 05 · 분당 20개 · 남은 시간 2분 0초"
    assert out.getvalue() == "채점 60/100 · [b]s19 05 · 분당 20개 · 남은 시간 2분 0초\n"


def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """30초를 기다리는 대신 사이를 아주 짧게 두고, 줄이 나올 때까지 기다려요."""
    monkeypatch.setattr("autograder.classroom.progress.EVERY_SECONDS", 0.001)

    class Lines(io.StringIO):
        def write(self, text: str) -> int:
            written = super().write(text)
            if self.getvalue().count("\n") >= 3:
                three.set()
            return written

    three = threading.Event()
    with GradingProgress(Console(file=Lines(), width=200)) as progress:
        progress.start(total=5, kept=0)
        assert three.wait(60)


def test_a_terminal_gets_a_bar_and_nothing_to_do_is_silent() -> None:
    out = io.StringIO()
    with GradingProgress(Console(file=out, width=200, force_terminal=True)) as progress:
        progress.start(total=2, kept=1)
        progress.step(fake_result("[/]kim"))
    assert "[/]kim 05" in out.getvalue() and "2/2" in out.getvalue()
    quiet = io.StringIO()
    with GradingProgress(Console(file=quiet)) as progress:
        progress.start(total=3, kept=3)
    assert quiet.getvalue() == ""
