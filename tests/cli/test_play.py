"""`course play`와 `course translate`: 화면을 여는 명령, 모르는 단어를 말하는 번역."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from http.cookiejar import CookieJar

import pytest
from support.commands import run
from support.small_run import small_run

from autograder.cli import play
from autograder.errors import CourseError
from autograder.layout import ROOT


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return small_run(tmp_path_factory.mktemp("runs") / "small")


def test_the_page_opens_and_closes(small) -> None:
    command = [sys.executable, "-m", "autograder.cli", "play", str(small), "--no-browser", "--port", "8760"]
    environment = {**os.environ, "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as opened:
        try:
            lines = iter(opened.stdout.readline, "")
            url = next(found[0] for line in lines if (found := re.search(r"http://localhost:\d+/\?token=\w{32}", line)))
            browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
            page = browser.open(url, timeout=60).read().decode()
            assert "속 들여다보기" in page
            assert b'"name": "small"' in browser.open(url.partition("?")[0] + "api/about", timeout=60).read()
        finally:
            opened.send_signal(signal.SIGINT)
        assert "화면을 닫았어요" in opened.stdout.read()
    assert opened.returncode == 0


@pytest.mark.parametrize("folder", ["없는 폴더", "."])
def test_what_is_no_run_is_said_in_one_sentence(capsys, tmp_path, monkeypatch, folder) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "play", folder, "--no-browser")
    assert code == 2 and "runs/" in err and len(err.strip().splitlines()) == 1
    code, _, err = run(capsys, "play", "--no-browser")
    assert code == 2 and "먼저 학습해 주세요" in err


def test_a_bundle_points_to_the_notebook(monkeypatch) -> None:
    monkeypatch.setattr(play, "find_spec", lambda name: None)
    with pytest.raises(CourseError, match=r"play\(model, vocabulary\)"):
        play.play(None)


def test_translations_go_out_and_unknown_words_beside_them(capsys, small) -> None:
    code, out, err = run(
        capsys, "translate", "나는 학교에 간다.", "나는 토마토를 먹는다.", "--model", str(small), "--device", "cpu"
    )
    assert code == 0 and out.splitlines()[0] == "I go to school." and len(out.splitlines()) == 2
    assert err == "훈련 데이터에 없던 단어: 토마토를\n"


def test_a_doubtful_translation_is_said_to_be_one(capsys, tmp_path) -> None:
    """한계를 0보다 높게 적으면 어떤 번역도 자신이 없고, 모르는 단어가 있으면 단어만 말해요."""
    folder = small_run(tmp_path / "small")
    (folder / "result.json").write_text('{"unsure_below": 1.0}', encoding="utf-8")
    code, _, err = run(
        capsys, "translate", "나는 학교에 간다.", "나는 토마토를 먹는다.", "--model", str(folder), "--device", "cpu"
    )
    assert code == 0 and err == "이 번역은 자신이 없어요.\n훈련 데이터에 없던 단어: 토마토를\n"


def test_an_old_run_says_that_it_cannot_name_them(capsys, tmp_path) -> None:
    old = small_run(tmp_path / "old", known=False)
    code, out, err = run(capsys, "translate", "나는 토마토를 먹는다.", "--model", str(old), "--device", "cpu")
    assert code == 0 and len(out.splitlines()) == 1 and "알려 드릴 수 없어요" in err and "토마토" not in err


def test_lines_from_a_pipe_are_answered_one_by_one(capsys, small, monkeypatch) -> None:
    lines = iter(["비가 온다.", "", "눈이 온다."])

    def read(prompt: str = "") -> str:
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", read)
    code, out, err = run(capsys, "translate", "--model", str(small), "--device", "cpu")
    assert code == 0 and out.split("\n")[:2] == ["It rains.", ""] and err == "훈련 데이터에 없던 단어: 눈이\n"
