"""모델의 속: 보여 주는 빔 서치가 정말로 쓰는 것과 같고, 지도와 조각과 길이 서로 맞아요."""

from __future__ import annotations

import pytest
import torch
from support.small_run import small_run

from autograder.play.protocol import Done, Maps, Read, Step, parsed
from reference.config import ModelConfig
from reference.decoding import beam, greedy
from reference.errors import UserError
from reference.tools import saved_model
from reference.tools.inside import Inside, search
from reference.tools.readable_pieces import FILE_NAME
from reference.transformer import Transformer


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return small_run(tmp_path_factory.mktemp("runs") / "small")


@pytest.fixture(scope="module")
def inside(run):
    return Inside(run, "cpu")


def shown(inside, sentence, size=4):
    events: list = []
    inside.show(sentence, size, lambda event: events.append(parsed(event)))
    return events


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("n", [1, 2, 4])
def test_the_search_that_is_shown_is_the_search_that_is_used(seed: int, n: int) -> None:
    torch.manual_seed(seed)
    model = Transformer(ModelConfig(14, d_model=16, n_heads=2, d_ff=32, n_layers=1, max_len=40)).eval()
    with torch.no_grad():  # 무작위 모델도 끝을 낼 줄 알게요.
        model.embedding.E[2] *= 2
    src = torch.randint(3, 14, (1, 5))
    *_, (_, _, (score, tokens)) = search(model, src, n, 0.6, 15)
    if n == 1:
        assert tokens == greedy(model, src, 15)[0]
    else:
        (expected,), (best,) = beam(model, src, n, 0.6, 15)
        assert tokens == expected and score == pytest.approx(best, abs=1e-4)


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_every_event_fits_the_others(inside, size) -> None:
    read, *steps, done, maps = shown(inside, "나는 학교에 간다.", size)
    assert (
        isinstance(read, Read)
        and isinstance(done, Done)
        and isinstance(maps, Maps)
        and {type(s) for s in steps} == {Step}
    )
    assert done.text == "I go to school."
    assert "".join(piece.text for piece in read.pieces[:-1]) == "나는학교에간다." and read.pieces[-1].word == -1
    assert [word.text for word in read.words] == ["나는", "학교에", "간다."] and not any(
        word.unknown for word in read.words
    )
    assert [piece.word for piece in read.pieces[:-1]] == sorted(piece.word for piece in read.pieces[:-1])
    S, T = len(read.pieces), len(done.pieces) + 1
    config = inside.model.config
    for weights, rows, columns in ((maps.encoder, S, S), (maps.decoder, T, T), (maps.cross, T, S)):
        found = torch.tensor(weights)
        assert found.shape == (config.n_layers, config.n_heads, rows, columns)
        assert (found.sum(-1) - 1).abs().max() < 0.01
    assert torch.tensor(maps.decoder).triu(1).abs().max() == 0  # 아직 쓰지 않은 것은 보지 않아요.
    # 살아남은 것은 빔의 수를 넘지 않고, 저마다 다음 스텝의 한 줄이에요.
    for now, after in zip(steps, steps[1:], strict=False):
        kept = sorted(one.to for row in now.rows for one in row if one.to >= 0)
        assert kept == list(range(len(after.rows))) and len(kept) <= size
    assert len(done.lanes) <= len(steps)
    ended = [one for step in steps for row in step.rows for one in row if one.final is not None]
    assert max(ended, key=lambda one: one.final).text == done.text
    assert max(one.final for one in ended) == pytest.approx(done.score)


def test_a_doubtful_translation_is_said_to_be_one(tmp_path) -> None:
    """한계를 0보다 높게 적으면 어떤 번역도 자신이 없어요. 모르는 단어가 있으면 그것만 말해요."""
    folder = small_run(tmp_path / "small")
    said = {}
    for limit in (-100.0, 1.0):
        (folder / "result.json").write_text(f'{{"unsure_below": {limit}}}', encoding="utf-8")
        opened = Inside(folder, "cpu")
        for sentence in ("나는 학교에 간다.", "나는 토마토를 먹는다."):
            said[limit, sentence] = [event for event in shown(opened, sentence, 1) if isinstance(event, Done)][0].unsure
    assert list(said.values()) == [False, False, True, False]


def test_the_winning_path_can_be_walked_back(inside) -> None:
    _, *steps, done, _ = shown(inside, "고양이가 잔다.")
    row, words = 0, []
    for step, lane in zip(steps, done.lanes, strict=False):
        (chosen,) = [one for one in step.rows[row] if one.to == lane]
        words.append(chosen.piece)
        row = lane
    assert "".join(words) == "Thecatsleeps."
    assert any(one.final == done.score for one in steps[len(done.lanes)].rows[row])


def test_a_space_of_its_own_belongs_to_the_word_after_it(inside) -> None:
    read = shown(inside, "<b> zz")[0]
    written = ["".join(piece.text for piece in read.pieces if piece.word == n).replace("␣", "") for n in range(2)]
    assert written == ["<b>", "zz"]


def test_words_never_seen_are_marked(inside) -> None:
    read = shown(inside, "나는 토마토를 먹는다.")[0]
    assert [word.unknown for word in read.words] == [
        False,
        True,
        False,
    ] and read.note == "훈련 데이터에 없던 단어: 토마토를"


def test_a_run_without_the_list_still_opens(tmp_path) -> None:
    old = Inside(small_run(tmp_path / "old", known=False), "cpu")
    assert "알려 드릴 수 없어요" in old.about()["note"]
    assert shown(old, "토마토를")[0].note == "" and len(old.table()[0]) > 5


@pytest.mark.parametrize("text", ["😀", "👨‍👩‍👧", "한", "한" * 3, "<s> </s>", "가\u0301각", "a" * 30])
def test_any_letters_are_read_and_written(inside, text) -> None:
    read, *_, done, maps = shown(inside, text)
    assert len(maps.encoder[0][0]) == len(read.pieces) and len(maps.cross[0][0]) == len(done.pieces) + 1


def test_too_long_and_nothing_are_said_in_one_sentence(inside) -> None:
    with pytest.raises(UserError, match="너무 길어요"):
        shown(inside, "나는 학교에 간다. " * 60)
    with pytest.raises(UserError, match="적어 주세요"):
        shown(inside, "\u200b\x07")


def test_the_table_holds_whole_words_from_the_most_frequent(inside, run) -> None:
    ids, texts, vectors = inside.table()
    assert vectors.shape == (len(ids), inside.model.config.d_model) and len(set(texts)) == len(texts)
    assert all(text.isalpha() for text in texts)
    assert torch.equal(vectors[0], inside.model.embedding.E[ids[0]])
    kept = (run / FILE_NAME).read_text("utf-8")
    try:
        (run / FILE_NAME).write_text("[", "utf-8")
        assert len(inside.table()[0]) > 5  # 망가진 목록이면 어휘의 앞에서부터예요.
    finally:
        (run / FILE_NAME).write_text(kept, "utf-8")


def test_only_a_run_opens(tmp_path) -> None:
    with pytest.raises(UserError, match="runs/"):
        Inside(tmp_path, "cpu")
    with pytest.raises(UserError, match="학습한 모델이 아직 없어요"):
        saved_model.latest_run(tmp_path)
