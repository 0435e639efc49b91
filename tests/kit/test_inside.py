"""레슨 8의 번역기를 들여다보기: 학습자의 부품이 한 일이 그대로 보이고, 커널이 하던 일과 섞이지 않아요."""

from __future__ import annotations

import threading
from itertools import pairwise

import nbformat
import pytest
import torch
from support.play import ask

from autograder.authoring.lesson_source import read_source, sources
from autograder.kit import assembly, inside, trainer
from autograder.kit.cloud import points
from autograder.kit.pairs import split_pairs
from autograder.play.protocol import Done, Maps, PlayError, Read

LESSON = "08_full_transformer"


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """모두 학습자의 것인 부품들."""
    folder = tmp_path_factory.mktemp("solved")
    for lesson in sources():
        (folder / lesson).mkdir()
        nbformat.write(read_source(lesson), folder / lesson / f"{lesson}.ipynb")
    return assembly.gather(assembly.read_definitions(folder / LESSON / f"{LESSON}.ipynb"), folder)


def learned(parts, steps=25):
    pairs, _ = split_pairs(200, 5)
    vocabulary = trainer.Vocabulary(parts, pairs, 80)
    model = trainer.Assembled(parts, len(vocabulary), seed=0)
    trainer.train(model, vocabulary, pairs, steps=steps, warmup=10)
    return model, vocabulary, pairs


def shown(opened, sentence, beam):
    events: list = []
    opened.show(sentence, beam, events.append)
    return events


def test_what_the_parts_did_is_what_is_shown(whole) -> None:
    model, vocabulary, pairs = learned(whole)
    opened = inside.Inside(model, vocabulary, [])
    about, sentence = opened.about(), pairs[0].ko
    assert (
        about.beams == [1, 2, 3, 4]
        and ["여러분의 부품", f"{len(assembly.PARTS)} / {len(assembly.PARTS)}"] in about.facts
    )
    for beam in about.beams:
        read, *steps, done, maps = shown(opened, sentence, beam)
        assert isinstance(read, Read) and isinstance(done, Done) and isinstance(maps, Maps)
        assert done.text == trainer.translate_one(model, vocabulary, sentence, beam=beam, max_len=inside.LONGEST)
        assert not any(word.unknown for word in read.words) and read.note == ""
        S, T = len(read.pieces), len(done.pieces) + 1
        for weights, rows, columns in ((maps.encoder, S, S), (maps.decoder, T, T), (maps.cross, T, S)):
            assert torch.tensor(weights).shape == (2, 4, rows, columns)
        for now, after in pairwise(steps):
            assert sorted(one.to for row in now.rows for one in row if one.to >= 0) == list(range(len(after.rows)))
            assert len(after.rows) <= beam
        row = 0
        for step, lane, piece in zip(steps, done.lanes, done.pieces, strict=False):
            (chosen,) = [one for one in step.rows[row] if one.to == lane]
            assert chosen.piece == piece.text
            row = lane


def test_without_a_beam_search_or_any_part_it_still_opens() -> None:
    model, vocabulary, pairs = learned(assembly.stand_ins(), 10)
    opened = inside.Inside(model, vocabulary, [])
    assert opened.about().beams == [1] and "beam_search" in opened.about().note
    read, *_, done, maps = shown(opened, pairs[0].ko, 1)
    assert len(maps.cross[0][0]) == len(done.pieces) + 1 and len(maps.cross[0][0][0]) == len(read.pieces)


def test_what_cannot_be_read_is_said(whole) -> None:
    model, vocabulary, pairs = learned(whole, 1)
    opened = inside.Inside(model, vocabulary, [])
    for text in ("고양이가 😀", "<script>"):
        with pytest.raises(PlayError, match="어휘에 없는 조각"):
            shown(opened, text, 1)
    with pytest.raises(PlayError, match="너무 길어요"):
        shown(opened, " ".join([pairs[0].ko] * 20), 1)
    word = next(w for w in vocabulary.words if w[:-1] not in vocabulary.words and not vocabulary.unknown(w[:-1]))[:-1]
    read = shown(opened, word, 1)[0]
    assert read.words[0].unknown and word in read.note


def test_the_page_and_the_kernel_do_not_mix(whole) -> None:
    """화면이 지도를 엿듣는 동안 커널이 같은 부품으로 학습해도, 서로의 것을 듣지 않아요."""
    model, vocabulary, pairs = learned(whole, 1)
    opened = inside.Inside(model, vocabulary, [])
    alone = shown(opened, pairs[0].ko, 4)
    tap, found, failed = whole.attention, list[bool](), list[BaseException]()
    stop = threading.Event()

    def train() -> None:
        try:
            while not stop.is_set():
                trainer.train(model, vocabulary, pairs, steps=1, warmup=10)
                found.append(tap.heard is None and tap.caches is None)
        except BaseException as error:
            failed.append(error)

    tap.heard = []  # 커널이 지도를 그리던 도중이에요.
    worker = threading.Thread(target=train)
    worker.start()
    try:
        assert [shown(opened, pairs[0].ko, 4) for _ in range(3)] == [alone] * 3  # 가중치는 베껴 둔 것이라 그대로예요.
    finally:
        stop.set()
        worker.join(60)
        tap.heard = None
    assert failed == [] and found and all(found)


def test_play_opens_one_page_and_closes_the_last(whole) -> None:
    model, vocabulary, pairs = learned(whole, 1)
    first = inside.play(model, vocabulary, [pairs[0].ko], port=8770)
    old = inside._open[0]
    try:
        second = inside.play(model, vocabulary, port=8770)
        show = inside._open[0]
        assert first.url != second.url and second.url in repr(second) and second.url in second._repr_html_()
        status, lines = ask(show, "/api/show", {"text": pairs[0].ko, "beam": 4})
        assert status == 200 and lines[-1]["kind"] == "maps" and len(inside._open) == 1
        with pytest.raises(OSError):
            ask(old, "/api/about") if old.port != show.port else (_ for _ in ()).throw(OSError)
    finally:
        while inside._open:
            inside._open.pop().close()


def test_neighbours_on_the_map_are_neighbours_in_the_table() -> None:
    torch.manual_seed(0)
    centres = torch.randn(4, 16)
    vectors = torch.cat([centre + 0.05 * torch.randn(8, 16) for centre in centres])
    made = points(list(range(100, 132)), [f"말{n}" for n in range(32)], vectors)
    assert [point.id for point in made] == list(range(100, 132))
    for n, point in enumerate(made):
        assert all(other // 8 == n // 8 for other in point.near) and point.cosine == sorted(point.cosine, reverse=True)
        assert 0 <= point.x <= 1 and 0 <= point.y <= 1 and n not in point.near
    assert (
        points([1, 2], ["가", "나"], torch.eye(2)) == [] and len(points([1, 2, 3], list("가나다"), torch.eye(3))) == 3
    )
