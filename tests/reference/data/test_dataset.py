"""토큰 캐시: 되돌아오고, 내용이 열쇠이고, 끊겨도 반쪽이 남지 않는지 봐요."""

from __future__ import annotations

import os

import numpy as np
import pytest
from support.reference_corpus import PAIRS, write_tsv

from reference.data.cleaning import Hygiene
from reference.data.dataset import CHUNK, PairDataset, prepare
from reference.data.tokenizer import Tokenizer
from reference.errors import UserError


def test_prepared_tokens_round_trip(dataset, tokenizer):
    assert len(dataset) == len(PAIRS) == dataset.report["kept"]
    for index in (0, 1, 1234, 2999):
        assert (tokenizer.decode(dataset.src(index)), tokenizer.decode(dataset.tgt(index))) == PAIRS[index]
    assert dataset.src_ids.dtype == np.uint16 and isinstance(dataset.src_ids, np.memmap)


def test_cache_is_keyed_by_content_tokenizer_and_settings(tokenizer, tmp_path, monkeypatch):
    path, cache = write_tsv(tmp_path / "a.tsv", PAIRS[:50]), tmp_path / "cache"

    def folders():
        return len(list(cache.iterdir()))

    prepare(path, tokenizer, cache, progress=False)
    monkeypatch.setattr(Tokenizer, "encode_batch", lambda *_: pytest.fail("다시 토큰으로 바꿨다"))
    prepare(path, tokenizer, cache, progress=False)
    os.rename(path, tmp_path / "moved.tsv")  # 이름이 아니라 내용이 열쇠예요.
    prepare(tmp_path / "moved.tsv", tokenizer, cache, progress=False)
    assert folders() == 1
    monkeypatch.undo()
    prepare(tmp_path / "moved.tsv", tokenizer, cache, hygiene=Hygiene(max_tokens=20), progress=False)
    prepare(tmp_path / "moved.tsv", tokenizer, cache, held_out=PAIRS[:1], progress=False)
    prepare(tmp_path / "moved.tsv", Tokenizer.train(["다른 글"], 300), cache, progress=False)
    prepare(write_tsv(path, PAIRS[:51]), tokenizer, cache, progress=False)
    assert folders() == 5


def test_an_interrupted_build_leaves_nothing_and_is_redone(tokenizer, tmp_path, monkeypatch):
    real, calls = Tokenizer.encode_batch, []

    def stop(self, texts):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(self, texts)

    monkeypatch.setattr("reference.data.dataset.CHUNK", 1000)
    monkeypatch.setattr(Tokenizer, "encode_batch", stop)
    with pytest.raises(KeyboardInterrupt):
        prepare(PAIRS, tokenizer, tmp_path, progress=False)
    assert not list(tmp_path.iterdir())
    killed = tmp_path / "죽은 작업.1.tmp"
    killed.mkdir()
    os.utime(killed, (0, 0))
    assert len(prepare(PAIRS, tokenizer, tmp_path, progress=False)) == len(PAIRS) and CHUNK > 1000
    assert not killed.exists()


def test_empty_corpus_and_unwritable_cache(tokenizer, tmp_path):
    empty = tmp_path / "empty.tsv"
    empty.write_bytes(b"\n\n")
    with pytest.raises(UserError, match="하나도 없어요"):
        prepare(empty, tokenizer, tmp_path / "cache", progress=False)
    with pytest.raises(UserError, match="남지 않았어요"):
        prepare([("가", "")], tokenizer, tmp_path / "cache", progress=False)
    assert not any((tmp_path / "cache").iterdir())
    (tmp_path / "file").write_text("폴더가 아니다", encoding="utf-8")
    with pytest.raises(UserError, match="디스크 공간과 쓰기 권한"):
        prepare(PAIRS[:3], tokenizer, tmp_path / "file", progress=False)


def test_progress_bar_runs(tokenizer, tmp_path, capsys):
    assert len(prepare(write_tsv(tmp_path / "a.tsv", PAIRS[:20]), tokenizer, tmp_path / "cache")) == 20


def test_dataset_opens_from_its_folder(tokenizer, tmp_path):
    prepare(PAIRS[:9], tokenizer, tmp_path, progress=False)
    again = PairDataset.open(next(tmp_path.iterdir()))
    assert len(again) == 9 and again.report["kept"] == 9


def test_both_ways_is_the_data_and_its_mirror(tokenizer, tmp_path):
    pairs = [("나는 간다", "I go"), ("너는 온다", "you come")]
    both = prepare(pairs, tokenizer, tmp_path, progress=False).both_ways()
    read = [tuple(tokenizer.decode(side(row)) for side in (both.src, both.tgt)) for row in range(len(both))]
    assert read == [*pairs, *((b, a) for a, b in pairs)]
