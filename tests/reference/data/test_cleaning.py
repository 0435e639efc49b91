"""씻기: 문자 정리와, 무엇을 왜 버렸는지 세는 일."""

from __future__ import annotations

import numpy as np

from reference.data.cleaning import Hygiene, SeenHashes, clean_text, contains, describe
from reference.data.dataset import prepare


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
