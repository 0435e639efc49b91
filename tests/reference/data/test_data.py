"""데이터: 읽기, 씻기, 캐시, 길이별 배치."""

from __future__ import annotations

import gzip
import os
import sys

import numpy as np
import pytest
import torch

from reference.data.batches import fixed_batches, plan_batches, steps_per_epoch, token_batches, useful_share
from reference.data.cleaning import Hygiene, SeenHashes, clean_text, contains, describe
from reference.data.corpus import generate
from reference.data.dataset import CHUNK, PairDataset, prepare
from reference.data.pairs import read_pairs
from reference.data.tokenizer import Tokenizer
from reference.errors import UserError

PAIRS = list(generate(3000, seed=5))


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train((text for pair in PAIRS for text in pair), 1000)


@pytest.fixture(scope="module")
def dataset(tokenizer, tmp_path_factory):
    return prepare(PAIRS, tokenizer, tmp_path_factory.mktemp("cache"), progress=False)


def write(path, pairs, encoding="utf-8"):
    path.write_bytes("".join(f"{a}\t{b}\n" for a, b in pairs).encode(encoding))
    return path


# -- 읽기 --


def test_reads_tsv_gzip_bom_crlf_and_several_files(tmp_path):
    plain = write(tmp_path / "a.tsv", PAIRS[:3])
    packed = tmp_path / "b.tsv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    windows = tmp_path / "c.tsv"
    windows.write_bytes(b"\xef\xbb\xbf" + "가\tA\textra\r\n\r\n나\tB\r\n".encode())
    assert list(read_pairs([plain, str(packed), windows])) == [*PAIRS[:3], *PAIRS[:3], ("가", "A"), ("나", "B")]


def test_bad_files_get_one_clear_sentence(tmp_path):
    with pytest.raises(UserError, match="찾을 수 없어요"):
        list(read_pairs(tmp_path / "없는.tsv"))
    (tmp_path / "one.tsv").write_text("탭이 없는 줄\n또\n", encoding="utf-8")
    with pytest.raises(UserError, match="1번째 줄에 열이 하나뿐"):
        list(read_pairs(tmp_path / "one.tsv"))
    (tmp_path / "mixed.tsv").write_bytes("가\tA\n".encode() + "나는 간다\tB\n".encode("cp949"))
    with pytest.raises(UserError, match="2번째 줄이 UTF-8이 아니에요.*cp949"):
        list(read_pairs(tmp_path / "mixed.tsv"))
    (tmp_path / "cut.tsv.gz").write_bytes(gzip.compress("가\tA\n".encode() * 9999)[:-20])
    with pytest.raises(UserError, match="압축 파일"):
        list(read_pairs(tmp_path / "cut.tsv.gz"))


def test_a_line_without_tab_in_the_middle_is_counted(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("가\tA\n탭 없음\n나\tB\n", encoding="utf-8")
    report = {}
    assert list(read_pairs(path, report)) == [("가", "A"), ("나", "B")] and report == {"one_column": 1}


def test_hugging_face_name_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(UserError, match="datasets"):
        list(read_pairs("someone/korean-english"))


def test_hugging_face_rows_and_columns(monkeypatch):
    class Library:
        @staticmethod
        def load_dataset(name, config, split, streaming):
            assert (name, config, split, streaming) == ("a/b", "ko-en", "train", True)
            return [{"translation": {"en": "A", "ko": "가"}}]

    monkeypatch.setitem(sys.modules, "datasets", Library)
    assert list(read_pairs("a/b:ko-en#ko,en")) == [("가", "A")]
    assert list(read_pairs("a/b:ko-en")) == [("A", "가")]
    with pytest.raises(UserError, match="열이 없어요"):
        list(read_pairs("a/b:ko-en#ko,fr"))
    Library.load_dataset = staticmethod(lambda *a, **k: (_ for _ in ()).throw(ConnectionError()))
    with pytest.raises(UserError, match="받지 못했어요"):
        list(read_pairs("a/b:ko-en"))


# -- 씻기 --


def test_clean_text():
    assert clean_text("\ufeff가\u200b나\x07 \t 다\u00a0라\u2028") == "가나 다 라"
    assert clean_text("\u1100\u1161") == "가"  # 풀어 쓴 한글을 NFC로
    assert clean_text("👨‍👩‍👧") == "👨‍👩‍👧" and clean_text("a\u200db") == "ab"


def test_hygiene_report_names_every_reason(tokenizer, tmp_path):
    pairs = [
        ("빵을 샀다.", "I bought bread."),
        ("빵을\u200b 샀다.", "I bought bread."),
        ("", "Nothing."),
        ("시험 문장이다.", "It is a test."),
        ("가 " * 300, "b " * 300),
        ("안녕", "word " * 60),
        ("새 문장이다.", "It is a test."),
        ("물을 마셨다.", "I drank water."),
    ]
    data = prepare(pairs, tokenizer, tmp_path, held_out=[("시험 문장이다.", "It is a test.")], progress=False)
    assert data.report == {
        "read": 8,
        "kept": 2,
        "one_column": 0,
        "cleaned": 1,
        "empty": 1,
        "duplicate": 1,
        "in_test": 2,
        "too_long": 1,
        "bad_ratio": 1,
    }
    assert [tokenizer.decode(data.src(i)) for i in range(2)] == ["빵을 샀다.", "물을 마셨다."]
    assert describe(data.report).startswith("읽은 쌍 8개 가운데 2개 사용")


def test_hygiene_can_be_turned_off(tokenizer, tmp_path):
    pairs = [("가\u200b 나", "x"), ("가\u200b 나", "x")]
    data = prepare(pairs, tokenizer, tmp_path, hygiene=Hygiene(clean=False, deduplicate=False), progress=False)
    assert len(data) == 2 and tokenizer.decode(data.src(1)) == "가\u200b 나"


def test_seen_hashes_agree_with_a_set():
    generator, seen, known = np.random.default_rng(0), SeenHashes(), set()
    for _ in range(40):
        chunk = generator.integers(0, 3000, 100, dtype=np.uint64)
        expected = []
        for value in chunk.tolist():
            expected.append(value not in known)
            known.add(value)
        assert seen.add(chunk).tolist() == expected
    assert contains(np.array([], dtype=np.uint64), chunk).sum() == 0


# -- 캐시 --


def test_prepared_tokens_round_trip(dataset, tokenizer):
    assert len(dataset) == len(PAIRS) == dataset.report["kept"]
    for index in (0, 1, 1234, 2999):
        assert (tokenizer.decode(dataset.src(index)), tokenizer.decode(dataset.tgt(index))) == PAIRS[index]
    assert dataset.src_ids.dtype == np.uint16 and isinstance(dataset.src_ids, np.memmap)


def test_cache_is_keyed_by_content_tokenizer_and_settings(tokenizer, tmp_path, monkeypatch):
    path, cache = write(tmp_path / "a.tsv", PAIRS[:50]), tmp_path / "cache"

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
    prepare(write(path, PAIRS[:51]), tokenizer, cache, progress=False)
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
    assert len(prepare(write(tmp_path / "a.tsv", PAIRS[:20]), tokenizer, tmp_path / "cache")) == 20


# -- 배치 --


def test_batches_have_the_promised_shape(dataset):
    for batch in token_batches(dataset, 512, seed=1, epoch=0):
        rows, width = batch.src.shape
        assert batch.src.dtype == batch.tgt_in.dtype == batch.tgt_out.dtype == torch.int64
        assert batch.tgt_in.shape == batch.tgt_out.shape and rows * max(width, batch.tgt_out.shape[1]) <= 512
        for source, shifted, target in zip(
            batch.src.tolist(), batch.tgt_in.tolist(), batch.tgt_out.tolist(), strict=True
        ):
            end, stop = source.index(2), target.index(2)
            assert 0 not in source[:end] and not any(source[end + 1 :]) and not any(target[stop + 1 :])
            assert shifted[0] == 1 and shifted[1 : stop + 1] == target[:stop] and not any(shifted[stop + 1 :])
        assert batch.tokens == int((batch.src != 0).sum() + (batch.tgt_out != 0).sum())


def test_an_epoch_visits_every_pair_once(dataset):
    plan = plan_batches(dataset, 512, seed=1, epoch=0)
    assert sorted(np.concatenate(plan).tolist()) == list(range(len(dataset)))


def test_order_depends_on_seed_and_epoch_only(dataset):
    def first(seed, epoch):
        return [batch.src.tolist() for batch in token_batches(dataset, 512, seed, epoch)][:5]

    assert first(1, 0) == first(1, 0)
    assert first(1, 0) != first(1, 1) and first(1, 0) != first(2, 0)
    lengths = [batch.tgt_out.shape[1] for batch in token_batches(dataset, 512, 1, 0, shuffle=False)]
    assert lengths == sorted(lengths)


def test_resuming_at_batch_k_continues_the_same_epoch(dataset):
    whole = list(token_batches(dataset, 512, 1, 3))
    rest = list(token_batches(dataset, 512, 1, 3, start=7))
    assert len(rest) == len(whole) - 7
    assert all(torch.equal(a.src, b.src) for a, b in zip(whole[7:], rest, strict=True))


@pytest.mark.parametrize("world", [2, 3])
def test_ranks_share_the_epoch_equally(dataset, world):
    plan = plan_batches(dataset, 512, 1, 0)
    ranks = [list(token_batches(dataset, 512, 1, 0, rank=rank, world=world)) for rank in range(world)]
    assert {len(batches) for batches in ranks} == {steps_per_epoch(len(plan), world)}
    single = list(token_batches(dataset, 512, 1, 0))
    assert all(torch.equal(ranks[i % world][i // world].src, batch.src) for i, batch in enumerate(single))


def test_padding_to_a_multiple(dataset):
    for batch in token_batches(dataset, 512, 1, 0, pad_to=8):
        assert batch.src.shape[1] % 8 == batch.tgt_out.shape[1] % 8 == 0
        assert batch.src.shape[0] * max(batch.src.shape[1], batch.tgt_out.shape[1]) <= 512


def test_a_sentence_longer_than_the_budget(dataset):
    with pytest.raises(UserError, match="배치 한도 8 토큰"):
        next(token_batches(dataset, 8, 1, 0))


def test_length_buckets_waste_half_as_little(tokenizer, tmp_path):
    """길이가 고르지 않은 진짜 말뭉치처럼 문장을 이어 붙여 비교해요."""
    generator = np.random.default_rng(0)
    long = []
    for index, repeat in enumerate(np.minimum(generator.geometric(0.4, 1500), 8)):
        chosen = PAIRS[index : index + int(repeat)]
        long.append((" ".join(p.ko for p in chosen), " ".join(p.en for p in chosen)))
    data = prepare(long, tokenizer, tmp_path, progress=False)
    ours, fixed = useful_share(token_batches(data, 2048, 1, 0)), useful_share(fixed_batches(data, 128, 0))
    assert ours > 0.85 and ours > 2 * fixed


def test_dataset_opens_from_its_folder(tokenizer, tmp_path):
    prepare(PAIRS[:9], tokenizer, tmp_path, progress=False)
    again = PairDataset.open(next(tmp_path.iterdir()))
    assert len(again) == 9 and again.report["kept"] == 9
