"""글 배우기의 부품과 한국어를 자르는 방법을 손으로 센 값과 견줘요."""

from __future__ import annotations

from itertools import islice

import pytest
import torch

from reference.experiments.language_learning import Recipe, learn, next_token_batches, next_token_losses, small_config
from reference.experiments.language_learning import windows as make_windows
from reference.experiments.studies.digits import split
from reference.experiments.studies.korean_tokens import Cutter, jamo, lengths
from reference.variants import DecoderOnly

CPU = torch.device("cpu")


def tiny_model() -> DecoderOnly:
    torch.manual_seed(4)
    return DecoderOnly(small_config(12, d_model=16, n_heads=2, d_ff=32, n_layers=1, dropout=0.0))


def test_windows_are_pieces_of_the_text():
    rows = [[1, *range(10, 60)], [1, *range(60, 90)]]
    stream = [token for row in rows for token in row]
    for window in islice(make_windows(rows, torch.Generator().manual_seed(2), length=7, batch=3), 5):
        assert window.shape == (3, 8)
        for row in window.tolist():
            start = (
                stream.index(row[0])
                if row[0] != 1
                else next(at for at, token in enumerate(stream) if token == 1 and stream[at : at + 8] == row)
            )
            assert stream[start : start + 8] == row


def test_short_text_still_fills_a_window():
    window = next(make_windows([[1, 5, 6]], torch.Generator().manual_seed(2), length=10, batch=2))
    assert window.shape == (2, 11) and set(window.flatten().tolist()) == {1, 5, 6}


def test_the_answer_is_the_next_token():
    given, wanted = next(next_token_batches([[1, *range(2, 400)]], seed=3))
    assert (wanted[:, :-1] == given[:, 1:]).all() and (wanted == given + 1).sum() == wanted.numel() - (
        wanted == 1
    ).sum()


def test_losses_do_not_depend_on_the_neighbours_in_the_batch():
    """짧은 글의 손실은 긴 글과 함께 채워도 같고, 로그 소프트맥스에서 손으로 고른 값이에요."""
    model, short, long = tiny_model().eval(), [1, 5, 7], [1, 6, 6, 8, 9, 5]
    together = next_token_losses(model, [short, long], CPU)
    assert [len(row) for row in together] == [2, 5]
    with torch.no_grad():
        log_p = model(torch.tensor([short[:-1]]))[0].log_softmax(-1)
    assert together[0] == pytest.approx([-float(log_p[0, 5]), -float(log_p[1, 7])], abs=1e-5)


def test_learning_goes_back_to_the_best_check():
    model = tiny_model()
    kept, scores = [], iter([3.0, 1.0, 2.0, *[5.0] * 20])

    def check() -> float:
        kept.append(model.embedding.E.detach().clone())
        return next(scores)

    curve = learn(model, next_token_batches([[1, *[5, 6, 7] * 80]], seed=1), check, Recipe(12), CPU)
    assert curve[:3] == [3.0, 1.0, 2.0] and not model.training
    assert model.embedding.E.equal(kept[1]) and not model.embedding.E.equal(kept[-1])


def test_jamo_and_lengths_by_hand():
    assert jamo("한글 A") == "ㅎㅏㄴㄱㅡㄹ A" and jamo("가") == "ㄱㅏ"
    letters = Cutter(lambda text: [3 if letter == "?" else 4 for letter in text], 5)
    assert lengths(letters, ["가 나?", "다라"]) == pytest.approx((3.0, 1 / 6))  # 토큰 여섯, 글 둘, 모름 하나


def test_digits_are_split_without_overlap():
    images, labels, test, answers = split(300, seed=1)
    fewer, *_ = split(100, seed=1)
    assert (
        images.shape == (300, 1, 8, 8) and test.shape == (500, 1, 8, 8) and len(labels) == 300 and len(answers) == 500
    )
    assert images[:100].equal(fewer) and float(images.min()) >= 0 and float(images.max()) <= 1
    assert not split(100, seed=2)[0].equal(fewer)
