"""들여다보기 화면의 서버: 비밀 주소, 번역할 수 없는 글, 멈춘 번역기, 떠난 사람, 쓰이고 있는 포트."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import urllib.parse
from pathlib import Path

import pytest
from support.hostile import TEXT
from support.play import Parrot, ask, opened

from autograder.errors import CourseError
from autograder.local_page import bind
from autograder.play import server
from autograder.play.protocol import PlayError


def test_a_sentence_is_shown_line_by_line() -> None:
    with opened(Parrot()) as show:
        status, lines = ask(show, "/api/show", {"text": "  하나\t둘\n", "beam": 4})
        assert status == 200 and [line["kind"] for line in lines] == ["read", "step", "step", "step", "done", "maps"]
        assert lines[-2]["text"] == "하나 둘"
        assert ask(show, "/api/about")[1][0]["name"] == "앵무새"
        assert [point["text"] for point in ask(show, "/api/cloud")[1][0]["points"]] == ["점0", "점1", "점2", "점3"]


def test_only_who_knows_the_address_comes_in() -> None:
    parrot = Parrot()
    with opened(parrot) as show:
        for token in (None, "x" * 32, urllib.parse.quote("가")):
            status, (said,) = ask(show, "/api/show", {"text": "가", "beam": 1}, token=token)
            assert status == 403 and "token" in said["message"]
        assert ask(show, "/play.js", token=None)[0] == 403
        assert ask(show, "/api/about", Host="evil.example")[0] == 403
        for path in ("/server.py", "/..%2fserver.py", "/api/none", "/play.html/x"):
            assert ask(show, path)[0] == 404, path
        assert ask(show, "/api/show", {"text": "가", "beam": 1}, kind="text/plain")[0] == 415
        assert ask(show, "/api/show", method="GET")[0] == 405
    assert parrot.asked == []


def test_the_page_runs_only_our_files() -> None:
    with opened(Parrot()) as show:
        link = http.client.HTTPConnection("localhost", show.port, timeout=30)
        link.request("GET", "/", headers={"Cookie": f"course-play-{show.token[:8]}={show.token}"})
        answer = link.getresponse()
        text, policy = answer.read().decode(), answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"
        assert "style=" not in text and "onclick" not in text and "http" not in text
        link.request("GET", f"/?token={show.token}")
        answer = link.getresponse()
        answer.read()
        assert answer.status == 302 and answer.headers["Location"] == "/"  # 주소에 비밀이 남지 않아요.
        assert "HttpOnly" in answer.headers["Set-Cookie"] and "SameSite=Strict" in answer.headers["Set-Cookie"]
        link.close()
    for file in server.PAGE.iterdir():
        code = file.read_text("utf-8")
        assert "innerHTML" not in code and "eval(" not in code and "document.write" not in code, file.name
        assert "http:" not in code.replace("http://www.w3.org/2000/svg", "") and "https:" not in code, file.name


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"text": "", "beam": 4}, "번역할 문장을 적어"),
        ({"text": " \t\n\u3000", "beam": 4}, "번역할 문장을 적어"),
        ({"text": "\ud800", "beam": 4}, "번역할 문장을 적어"),
        ({"text": "가" * 10_000, "beam": 4}, "10,000자"),
        ({"text": "가", "beam": 3}, "새로 고친"),
        ({"text": "가", "beam": True}, "새로 고친"),
        ({"text": "가", "beam": "4"}, "새로 고친"),
        ({"text": ["가"], "beam": 4}, "새로 고친"),
        ({"text": None, "beam": 4}, "새로 고친"),
        ({"beam": 4}, "새로 고친"),
        ([], "새로 고친"),
        (b"{", "새로 고친"),
        (b"[" * 9999, "새로 고친"),
        (b"\xff", "새로 고친"),
    ],
)
def test_what_cannot_be_translated_is_said_in_one_sentence(sent: object, said: str) -> None:
    parrot = Parrot()
    with opened(parrot) as show:
        status, (answer,) = ask(show, "/api/show", sent)
        assert status == 400 and said in answer["message"] and answer["message"].endswith("요.")
    assert parrot.asked == []


@pytest.mark.parametrize(
    "text", ["😀", "👨‍👩‍👧 안녕", "<script>alert(1)</script>", "\x00\x1b[31m", TEXT[:1900], "ㅋㅋㅋ", "1" * 2000]
)
def test_any_text_comes_back_as_text(text: str) -> None:
    with opened(Parrot()) as show:
        status, lines = ask(show, "/api/show", {"text": text, "beam": 1})
        assert status == 200 and lines[-2]["text"].split() == text.split()


def test_too_much_to_read_is_not_read() -> None:
    with opened(Parrot()) as show:
        link = http.client.HTTPConnection("localhost", show.port, timeout=30)
        link.putrequest("POST", "/api/show")
        link.putheader("Content-Type", "application/json")
        link.putheader("Cookie", f"course-play-{show.token[:8]}={show.token}")
        link.putheader("Content-Length", "100000000")
        link.endheaders()
        assert link.getresponse().status == 400
        link.close()
        assert ask(show, "/api/about")[0] == 200


def test_a_translator_that_stops_says_so_and_the_next_sentence_works(caplog: pytest.LogCaptureFixture) -> None:
    def stop(text: str) -> None:
        if text == "말":
            raise PlayError("이 문장은 번역할 수 없어요.")
        if text == "벌레":
            raise ZeroDivisionError

    with opened(Parrot(stop)) as show:
        status, (told,) = ask(show, "/api/show", {"text": "말", "beam": 1})
        assert status == 200 and told == {"kind": "trouble", "message": "이 문장은 번역할 수 없어요."}
        (told,) = ask(show, "/api/show", {"text": "벌레", "beam": 1})[1]
        assert told == {"kind": "trouble", "message": server.BROKEN} and "ZeroDivisionError" in caplog.text
        assert ask(show, "/api/show", {"text": "다음", "beam": 1})[1][-1]["kind"] == "maps"


def test_who_leaves_does_not_keep_the_translator_busy() -> None:
    begun, go, ended = threading.Event(), threading.Event(), list[bool]()

    class Slow(Parrot):
        def show(self, sentence, beam, emit):
            if sentence != "오래":
                return super().show(sentence, beam, emit)
            begun.set()
            assert go.wait(30)
            try:
                for _ in range(10_000):
                    super().show("오래 걸려요", beam, emit)
                ended.append(True)
            except BaseException:
                ended.append(False)
                raise

    with opened(Slow()) as show:
        body = json.dumps({"text": "오래", "beam": 1}).encode()
        cookie = f"Cookie: course-play-{show.token[:8]}={show.token}"
        head = f"POST /api/show HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{cookie}\r\n"
        link = socket.create_connection(("localhost", show.port))
        link.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert begun.wait(30)
        link.close()
        assert ask(show, "/api/about")[0] == 200  # 서버가 끊긴 것을 알 틈이에요.
        go.set()
        assert ask(show, "/api/show", {"text": "다음", "beam": 1})[1][-2]["text"] == "다음"
    assert ended == [False]


def test_a_taken_port_moves_on_and_none_left_is_said() -> None:
    with opened(Parrot()) as first, opened(Parrot()) as second:
        assert first.port != second.port and first.token != second.token
        assert ask(second, "/api/about", token=first.token)[0] == 403
    taken = []
    try:
        for port in range(65530, 65536):
            with_port = socket.socket()
            with_port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                with_port.bind(("127.0.0.1", port))
                with_port.listen()
            except OSError:
                pass  # 이미 남이 쓰고 있어요.
            taken.append(with_port)
        with pytest.raises(CourseError, match="--port"):
            bind(65530)
    finally:
        for one in taken:
            one.close()


def test_closing_twice_is_closing_once() -> None:
    with opened(Parrot()) as show:
        show.close()
        with pytest.raises(OSError):
            ask(show, "/api/about")


def test_every_file_of_the_page_is_served() -> None:
    assert set(server.FILES) == {file.name for file in Path(server.PAGE).iterdir()}
    with opened(Parrot()) as show:
        link = http.client.HTTPConnection("localhost", show.port, timeout=30)
        for name in server.FILES:
            link.request("GET", f"/{name}", headers={"Cookie": f"course-play-{show.token[:8]}={show.token}"})
            answer = link.getresponse()
            assert answer.status == 200 and answer.read() == (server.PAGE / name).read_bytes()
        link.close()
