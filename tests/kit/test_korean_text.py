"""KoNLPy의 글과 형태소 분석기를 빌려 오는 일, 그리고 t-SNE의 시험."""

from __future__ import annotations

import re
import signal
import sys
import threading
import time

import pytest
import torch

from autograder.environment import java
from autograder.errors import CourseError
from autograder.kit import korean_text, tsne
from reference.data.morphemes import load_tagger


@pytest.fixture(autouse=True)
def fresh():
    for remembered in (korean_text.read, korean_text.sentences, korean_text.tagger, korean_text._law):
        remembered.cache_clear()
    yield


def test_text_is_read_without_java(monkeypatch):
    monkeypatch.setattr(java, "home", lambda: None)
    assert 60_000 < len(korean_text.read()) < 70_000
    sentences = korean_text.sentences()
    assert len(sentences) > 150 and sentences[0].startswith("대한민국의 주권은 국민에게 있고")
    for sentence in sentences:
        assert re.fullmatch(r"[가-힣 ]+", sentence) and len(sentence.split()) >= 4, sentence


def test_without_java_one_kind_sentence_and_none(monkeypatch, capsys):
    monkeypatch.setattr(java, "home", lambda: None)
    assert korean_text.tagger("Okt") is None
    said = capsys.readouterr().out
    assert "Java가 없어서" in said and "이어 갈 수 있어요" in said and said.count("\n") == 1


def test_a_broken_java_is_one_kind_sentence_too(monkeypatch, capsys):
    import konlpy.tag

    def broken():
        raise OSError("libjvm")

    monkeypatch.setattr(java, "home", lambda: "/")
    monkeypatch.setattr(java, "prepare", lambda: None)
    monkeypatch.setattr(konlpy.tag, "Komoran", broken)
    assert korean_text.tagger("Komoran") is None
    said = capsys.readouterr().out
    assert "켜지 못해서" in said and "python3 course.py doctor" in said and "Traceback" not in said


def test_unknown_tagger_and_missing_konlpy(monkeypatch):
    with pytest.raises(ValueError, match="Okt, Komoran, Hannanum, Kkma"):
        korean_text.tagger("Mecab")
    monkeypatch.setattr(korean_text, "find_spec", lambda name: None)
    with pytest.raises(CourseError, match="course.py setup"):
        korean_text.read()


def test_a_tagger_cuts_morphemes():
    if java.home() is None:
        pytest.skip("이 컴퓨터에는 Java가 없어서 형태소 분석기를 시험하지 못했어요.")
    hannanum = korean_text.tagger("Hannanum")
    assert hannanum.morphs("나는 학교에 간다")[:4] == ["나", "는", "학교", "에"]
    assert ("에", "J") in hannanum.pos("나는 학교에 간다")
    assert korean_text.tagger("Hannanum") is hannanum  # 한 번만 켜요.


def press_stop() -> None:
    """멈춤 단추. Java가 Ctrl+C를 쥐고 있으면 제 실에도 표시를 남기므로, 남길 시간을 줘요."""
    with pytest.raises(KeyboardInterrupt):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        time.sleep(0.5)
    time.sleep(0.2)


@pytest.mark.parametrize("name", ["Hannanum", "Komoran"])
def test_a_stop_button_pressed_before_does_not_stop_the_tagger(name):
    """켜기 전에 누른 것도, 켠 뒤에 누른 것도요. Hannanum은 그대로 두면 예외 없이 빈 목록을 줘요."""
    if java.home() is None:
        pytest.skip("이 컴퓨터에는 Java가 없어서 형태소 분석기를 시험하지 못했어요.")
    korean_text.tagger("Hannanum")
    korean_text.tagger.cache_clear()
    sys.modules["jpype"].JClass("java.lang.Thread").currentThread().interrupt()  # KoNLPy로 먼저 켠 Java에 남은 것
    tagger = korean_text.tagger(name)
    press_stop()
    assert tagger.morphs("나는 학교에 간다")[:4] == ["나", "는", "학교", "에"]
    press_stop()
    assert tagger.pos("나는 학교에 간다")[0][0] == "나"


@pytest.mark.parametrize("start", [lambda: korean_text.tagger("Okt"), lambda: load_tagger("Okt")])
def test_the_stop_button_wakes_a_waiting_cell_after_java_started(start):
    """Java는 켜지며 Ctrl+C를 가져가요. 그러면 기다리던 파이썬은 다 기다린 뒤에야 멈춰요."""
    if java.home() is None:
        pytest.skip("이 컴퓨터에는 Java가 없어서 형태소 분석기를 시험하지 못했어요.")
    start()
    held, released = threading.Lock(), []
    held.acquire()

    def stop() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        if not woken.wait(30):
            released.append(True)
            held.release()

    woken = threading.Event()
    button = threading.Timer(0.2, stop)
    button.start()
    with pytest.raises(KeyboardInterrupt):
        held.acquire()
    woken.set()
    button.join()
    assert not released


def test_neighbours_have_the_asked_perplexity():
    points = torch.randn(30, 8, generator=torch.Generator().manual_seed(3)) * 100
    for perplexity in (3.0, 10.0, 25.0):
        p = tsne.neighbours(points, perplexity)
        assert torch.allclose(p.sum(1), torch.ones(30), atol=1e-5) and p.diagonal().eq(0).all()
        assert torch.allclose((-torch.xlogy(p, p).sum(1)).exp(), torch.full((30,), perplexity), rtol=1e-3)
    with pytest.raises(ValueError, match="perplexity"):
        tsne.neighbours(points, 40.0)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_tsne_keeps_groups_together(seed):
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(4, 1, 16, generator=generator) * 4
    points = (centres + torch.randn(4, 7, 16, generator=generator)).flatten(0, 1)
    group = torch.arange(4).repeat_interleave(7)
    flat = tsne.tsne(points, seed=seed)
    assert flat.shape == (28, 2) and flat.isfinite().all()
    distance = torch.cdist(flat, flat)
    distance.fill_diagonal_(float("inf"))
    nearest = distance.topk(5, largest=False).indices  # (28, 5)
    assert (group[nearest] == group[:, None]).float().mean() > 0.95
    assert torch.equal(flat, tsne.tsne(points, seed=seed))
