"""토크나이징의 원리: 모든 음절이 되돌아오고, 손으로 붙인 토큰과 같은지 봐요."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference import bpe


def test_every_syllable_round_trips():
    for code in range(0xAC00, 0xD7A4):
        assert bpe.compose(bpe.decompose(chr(code))) == chr(code)
    assert bpe.decompose("한") == ("ㅎ", "ㅏ", "ㄴ") and bpe.decompose("가") == ("ㄱ", "ㅏ", "")
    for bad in ("", "ㄱ", "a", "가나", chr(0xAC00 - 1), chr(0xD7A4)):
        with pytest.raises(ValueError):
            bpe.decompose(bad)
    for bad in (("", "ㅏ", ""), ("ㄱ", "", ""), ("ㄱ", "ㅏ", "ㄸ"), ("ㅏ", "ㄱ", ""), ("ㄱㄲ", "ㅏ", ""), ("ㄱ", "ㅏ")):
        with pytest.raises(ValueError):
            bpe.compose(bad)


def test_pairs_and_merges_by_hand():
    counts = bpe.count_pairs({("아", "아", "아"): 3, ("▁", "아"): 2})
    assert counts == {("아", "아"): 6, ("▁", "아"): 2}
    assert bpe.merge_pair(("아", "아", "아"), ("아", "아")) == ("아아", "아")
    assert bpe.merge_pair(("가", "나", "가", "나", "다"), ("가", "나")) == ("가나", "가나", "다")
    assert bpe.merge_pair(("가나", "다"), ("나", "다")) == ("가나", "다")


def test_bpe_learns_in_rank_order_and_encodes_by_rank():
    assert bpe.train_bpe({"낮은": 2, "낮게": 1}, 2) == [("▁", "낮"), ("▁낮", "은")]  # 3번, 그다음 2번
    assert bpe.train_bpe({"나": 1, "가": 1}, 1) == [("▁", "가")]  # 같은 횟수면 사전에서 앞선 쌍
    assert len(bpe.train_bpe({"가": 1}, 10)) == 1
    merges = [("▁", "학"), ("에", "서"), ("▁학", "교"), ("교", "에")]
    assert bpe.bpe_encode("학교에서", merges) == ["▁학교", "에서"]
    with pytest.raises(ValueError):
        bpe.train_bpe({"가": 1}, -1)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.text("가나다라", min_size=1, max_size=5), st.integers(1, 9), min_size=1, max_size=6),
    st.integers(0, 12),
)
def test_bpe_tokens_spell_the_word(word_freq, n_merges):
    merges = bpe.train_bpe(word_freq, n_merges)
    for word in [*word_freq, "라라가나다"]:
        assert "".join(bpe.bpe_encode(word, merges)) == "▁" + word


@given(st.text("가나다 \n", max_size=12))
def test_text_comes_back_from_ids_but_for_spaces_and_unknown_pieces(text):
    merges = [("▁", "가"), ("나", "다")]
    tokens = ["▁", "가", "나", "▁가", "나다", "<unk>"]  # 홀로 있는 '다'는 몰라요.
    ids = bpe.encode_text(text, merges, {token: i for i, token in enumerate(tokens)}, 5)
    back = "".join(tokens[i] for i in ids).replace("▁", " ").strip()
    assert back.replace("나다", "NADA").replace("<unk>", "다").replace("NADA", "나다") == " ".join(text.split())


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=12), st.integers(0, 2**30))
def test_bytes_decode_wherever_they_are_cut(text, seed):
    data, rng = text.encode("utf-8", "surrogatepass"), random.Random(seed)
    cuts = sorted(rng.sample(range(len(data) + 1), min(3, len(data) + 1)))
    tokens = [data[a:b] for a, b in pairwise([0, *cuts, len(data)])]
    assert bpe.bpe_decode(tokens) == text
    assert bpe.bpe_decode(["한".encode()[:2], b"a"]) == "\ufffda"


def test_fertility():
    assert bpe.fertility(list, ["나는 간다", "너도"]) == pytest.approx((5 + 2) / 3)
    with pytest.raises(ValueError):
        bpe.fertility(list, [" "])


def test_batches_keep_their_end():
    src, tgt_in, tgt_out = bpe.make_batch([([5, 6, 7, 8, 9], [3]), ([4], [6, 7])], bos=1, eos=2, pad=0, max_len=4)
    assert src.tolist() == [[5, 6, 7, 2], [4, 2, 0, 0]]
    assert tgt_in.tolist() == [[1, 3, 0], [1, 6, 7]]
    assert tgt_out.tolist() == [[3, 2, 0], [6, 7, 2]]
    for bad in (([], 4), ([([1], [1])], 0)):
        with pytest.raises(ValueError):
            bpe.make_batch(bad[0], 1, 2, 0, bad[1])
