"""채점 화면의 서버: 비밀 주소, 적을 수 없는 값, 함께 적는 두 사람, 나쁜 글, 다시 낸 답."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from support.classes import LESSON
from support.commands import run
from support.hostile import LINES, NAMES, TEXT
from support.marking import class_at, hand_in_answers, hand_marks, mark_of, opened, scores

from autograder.classroom.folder import Classroom
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.marks_table import export
from autograder.classroom.question import question
from autograder.cli.app import build_app
from autograder.grading.names import visible
from autograder.layout import ROOT
from autograder.marking.refresh import Refresher, rewrite

ANSWERS = {
    "김하늘": "가중치가 평평해져요.",
    "이바다": "가중치가  평평해져요",
    "박나무": "점수가 0 근처로 모여요.",
    "빈답": "",
}


@pytest.fixture
def room(tmp_path: Path) -> Classroom:
    return class_at(tmp_path / "학급 하나", ANSWERS)


def test_marks_reach_the_gradebook_the_table_the_feedback_and_the_report(room: Classroom) -> None:
    build_app()  # 명령을 더할 때 보고서를 다시 만들게 걸어 둬요.
    with opened(room, "조교") as desk:
        page = desk.lesson()
        assert page["blanks"] == ["빈답"] and set(page["states"]) == {"김하늘", "이바다", "박나무"}
        (pair,), (single,) = page["crowds"]
        assert len(pair["ids"]) == 2 and pair["texts"] == ["가중치가  평평해져요", "가중치가 평평해져요."]
        assert single["texts"] == ["점수가 0 근처로 모여요."]
        state = page["states"]["김하늘"]
        status, answer = desk.mark(mark_of(state, 3.5, comment="그림도 들어 주세요.", rubric=[0, 2]))
        (now,) = answer["states"]
        assert status == 200 and (now["score"], now["rubric"], now["who"], now["changed"]) == (
            3.5,
            [0, 2],
            "조교",
            False,
        )
        assert desk.lesson()["snippets"] == ["그림도 들어 주세요."]
        assert desk.ask("/api/lessons")[1]["lessons"][0] | {"title": ""} == {
            "lesson": LESSON, "title": "", "answers": 3, "done": 1, "again": 0,
        }  # fmt: skip
    assert hand_marks(room)["김하늘"] == (3.5, "그림도 들어 주세요.", False)
    assert hand_marks(room)["이바다"] == (None, "", True)
    feedback = room.feedback("김하늘", LESSON).read_text("utf-8")
    assert "3.5 / 5점" in feedback and "그림도 들어 주세요." in feedback
    met = [line.text for n, line in enumerate(question(LESSON).rubric) if line.text in feedback]
    assert met == [question(LESSON).rubric[n].text for n in (0, 2)] and "5줄 가운데 2줄" in feedback
    assert "기준을 더한 점수와 다르게" in feedback  # 두 줄이면 2점인데 3.5점이에요.
    report = (room.path / "report.html").read_text("utf-8")
    assert "서술형 3.5 / 5점" in report and "98.5" in report and met[1] in report
    assert "김하늘,김하늘,,,98.5,98.5," in room.marks_csv.read_text("utf-8-sig")
    assert export(room)[0].read_text("utf-8") == room.marks_csv.read_text("utf-8")


def test_only_who_knows_the_address_comes_in(room: Classroom) -> None:
    with opened(room) as desk:
        for token in (None, "", "x" * 32, "가"):
            status, answer = desk.ask(f"/api/lesson/{LESSON}", token=token and urllib.request.quote(token))
            assert status == 403 and "token" in answer["message"]
        assert desk.ask("/mark.js", token=None)[0] == 403
        assert desk.ask("/", Host="evil.example")[0] == 403  # 다른 이름으로 이 컴퓨터를 가리키는 곳
        for path in ("/ledger.py", "/..%2fdesk.py", "/api/lesson/09_none", f"/api/lesson/{LESSON}/x"):
            assert desk.ask(path)[0] == 404, path
        state = desk.lesson()["states"]["김하늘"]
        sent = {"marks": [mark_of(state, 5)]}
        assert desk.ask(f"/api/lesson/{LESSON}/states", sent, **{"Content-Type": "text/plain"})[0] == 415
        assert desk.ask(f"/api/lesson/{LESSON}/states", sent, method="POST")[0] == 405
    assert hand_marks(room)["김하늘"] == (None, "", True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"score": -0.5}, {"score": 5.5}, {"score": 1.25}, {"score": "5"}, {"score": True}, {"score": float("nan")}, {"score": [1]},
        {"score": 1e400}, {"comment": 3}, {"comment": "가" * 5001}, {"rubric": [5]}, {"rubric": [-1]}, {"rubric": "01"},
        {"rubric": [True]}, {"seen": None}, {"id": "없는 답"}, {"id": None},
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused_whole(room: Classroom, wrong: dict) -> None:
    with opened(room) as desk:
        states = desk.lesson()["states"]
        right = mark_of(states["박나무"], 2)
        status, answer = desk.mark(right, mark_of(states["김하늘"], 4) | wrong)
        assert status == 400 and answer["message"].endswith("요.")
    assert {found[0] for found in hand_marks(room).values()} == {None}


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'{"marks": []}', b'{"marks": [3]}', b"\xff", b"[" * 99999])
def test_what_cannot_be_read_is_refused(room: Classroom, body: bytes) -> None:
    with opened(room) as desk:
        status, answer = desk.ask(f"/api/lesson/{LESSON}/states", body)
        assert status == 400 and "새로 고친" in answer["message"]


def test_two_graders_do_not_overwrite_each_other(room: Classroom) -> None:
    with opened(room, "조교") as one, opened(room, "강사") as other:
        mine, theirs = one.lesson()["states"], other.lesson()["states"]
        assert one.mark(mark_of(mine["김하늘"], 4, comment="좋아요"))[0] == 200
        status, answer = other.mark(mark_of(theirs["김하늘"], 1), mark_of(theirs["박나무"], 1))
        seen = {state["student"]: (state["score"], state["who"]) for state in answer["states"]}
        assert status == 409 and seen == {"김하늘": (4.0, "조교"), "박나무": (None, "")}  # 하나도 적지 않았어요.
        now = other.lesson()["states"]["김하늘"]
        assert other.mark(mark_of(now, 1))[0] == 200  # 본 뒤에는 바꿀 수 있어요.
        assert other.mark(mark_of(now, 1))[0] == 200  # 답장을 잃고 다시 보낸 것은 괜찮아요.
        assert one.lesson()["states"]["김하늘"]["who"] == "강사"
    assert hand_marks(room)["김하늘"] == (1.0, "좋아요", False)
    assert hand_marks(room)["박나무"] == (None, "", True)


def test_a_new_hand_in_keeps_the_mark_and_asks_to_look_again(room: Classroom) -> None:
    with opened(room) as desk:
        before = desk.lesson()["states"]
        for student in ("김하늘", "이바다", "박나무"):
            assert desk.mark(mark_of(before[student], 4, comment="말"))[0] == 200
        stale = desk.lesson()["states"]["박나무"]
        hand_in_answers(room, {"김하늘": ANSWERS["김하늘"], "박나무": "다시 썼어요"}, key="둘째 제출")
        # 아직 앞의 답을 보고 있는 화면은 새 답에 점수를 줄 수 없어요.
        assert desk.mark(mark_of(stale, 5))[0] == 409
        now = desk.lesson()["states"]
        shown = {s: (now[s]["score"], now[s]["review"], now[s]["changed"]) for s in now}
        assert shown == {"김하늘": (4.0, True, False), "이바다": (4.0, False, False), "박나무": (4.0, True, True)}
        assert desk.ask("/api/lessons")[1]["lessons"][0]["again"] == 2
        assert desk.mark(mark_of(now["박나무"], 4))[0] == 200  # 같은 점수로 확인했어요.
        assert desk.mark(mark_of(now["김하늘"], None, comment=""))[0] == 200  # 지웠어요.
    assert hand_marks(room)["박나무"] == (4.0, "말", False)
    assert hand_marks(room)["김하늘"] == (None, "", True)


def test_a_mark_from_another_page_is_seen_and_has_no_name(room: Classroom) -> None:
    with opened(room) as desk:
        assert desk.mark(mark_of(desk.lesson()["states"]["김하늘"], 4, rubric=[0, 1, 2, 3]))[0] == 200
        with open_gradebook(room.db_url()) as gradebook:
            gradebook.find_grade("reflection", LESSON, LESSON, "김하늘").manual_score = 2.0
            gradebook.db.commit()
        status, answer = desk.ask(f"/api/lesson/{LESSON}/states")
        (state,) = [s for s in answer["states"] if s["student"] == "김하늘"]
        assert (status, state["score"], state["who"], state["rubric"]) == (200, 2.0, "", [])
    # 다른 화면에서 바꾼 점수의 피드백에는 앞의 점수를 설명하던 기준이 없어요.
    rewrite(room, [("김하늘", LESSON)])
    feedback = room.feedback("김하늘", LESSON).read_text("utf-8")
    assert "2 / 5점" in feedback and question(LESSON).rubric[0].text not in feedback


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    name = visible(NAMES[-1])
    room = class_at(tmp_path / "반", {name: TEXT, "정직": "\ud800 짝 없는 글자".encode("utf-8", "replace").decode()})
    with opened(room) as desk:
        page = desk.lesson()
        ((group,),) = [crowd for crowd in page["crowds"] if page["states"][name]["id"] in crowd[0]["ids"]]
        assert group["texts"] == [visible(TEXT)] and "\u202e" not in group["texts"][0]
        said = "\0" + "\n".join(LINES) + "\ud83d"
        assert desk.mark(mark_of(page["states"][name], 0, comment=said))[0] == 200
    kept = hand_marks(room)[name][1]
    assert "\0" not in kept and kept.startswith("\ufffd<script>") and kept.endswith("?")
    feedback = room.feedback(name, LESSON).read_text("utf-8")
    assert "<script>" not in feedback and "&lt;script&gt;alert(1)" in feedback


def test_pages_wait_while_the_class_is_being_graded(room: Classroom) -> None:
    refresher = Refresher(room)
    with room.lock():
        refresher.note([("김하늘", LESSON)], after=60)
        refresher.flush()
        assert "다른 명령이 쓰고 있어요" in refresher.trouble and not room.feedback("김하늘", LESSON).exists()
    refresher.close()
    assert refresher.trouble == "" and room.feedback("김하늘", LESSON).exists()


def test_a_class_without_a_gradebook_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (tmp_path / "없는 반", tmp_path):
        code, _, err = run(capsys, "mark", "--classroom", str(path), "--no-browser")
        assert code == 2 and "python3 course.py grade" in err and not (path / "gradebook.db").exists()
    assert run(capsys, "mark", "9", "--no-browser")[0] == 2


def test_the_command_opens_and_ends(room: Classroom) -> None:
    command = [sys.executable, "-m", "autograder.cli", "mark", "5", "--classroom", str(room.path), "--no-browser"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=room.path) as process:
        assert process.stdout is not None
        url = next(line.strip() for line in process.stdout if "http://" in line)
        assert url.endswith(f"#{LESSON}")
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(url.split("#")[0]) as answer:
            page, headers = answer.read().decode(), answer.headers
        assert "서술형 채점" in page and "token" not in answer.url
        assert "script-src 'self'" in headers["Content-Security-Policy"] and headers["Cache-Control"] == "no-store"
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(60) == 0 and "채점 화면을 닫았어요" in rest
    assert scores(room)["김하늘"].cells["reflection"].manual_score is None
