"""토크나이저: 어떤 글자도 잃지 않고, 저장했다 읽어도 같아요."""

from __future__ import annotations

import subprocess
import sys

import pytest

from autograder.layout import ROOT
from reference.data import morphemes
from reference.data.corpus import generate
from reference.data.tokenizer import MIN_VOCAB, SPECIALS, Tokenizer, cut_morphemes
from reference.errors import UserError

TEXTS = [text for pair in generate(400) for text in pair]
HARD = [
    "",
    " ",
    "  두  칸  ",
    "漢字와 한자",
    "👨‍👩‍👧 가족 🇰🇷",
    "ㄱㄴㅏ ㅋㅋㅋ",
    "옛글 \u1112\u119e\u11ab",
    "<pad></s><unk>",
    "탭\t과\n줄",
    "폭\u200b없는\ufeff칸",
    "결합 e\u0301 \u1100\u1161",
    "don't 3.14 A_B",
    "\x00\x1f",
    "العربية ไทย",
]


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_nothing_is_ever_lost(kind):
    tokenizer = Tokenizer.train(TEXTS, 800, kind)
    for text in (*HARD, *TEXTS[:100]):
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == text
        assert tokenizer.unk_id not in ids
    assert tokenizer.encode_batch(HARD) == [tokenizer.encode(text) for text in HARD]


def test_special_ids_and_shared_vocabulary():
    tokenizer = Tokenizer.train(TEXTS, 700)
    assert (tokenizer.pad_id, tokenizer.bos_id, tokenizer.eos_id, tokenizer.unk_id) == (0, 1, 2, 3)
    assert tokenizer.vocab_size == len(tokenizer) == 700
    assert tokenizer.pieces([0, 1, 2, 3]) == list(SPECIALS)
    assert tokenizer.decode([1, *tokenizer.encode("빵"), 2, 0, 0]) == "빵"
    assert min(tokenizer.encode("나는 bread를 먹었다.")) >= len(SPECIALS)


def test_pieces_are_readable():
    text = "어제 빵을 먹었어요."
    tokenizer = Tokenizer.train([text] * 2, 400)
    assert "".join(tokenizer.pieces(tokenizer.encode(text))) == text.replace(" ", "")
    assert tokenizer.pieces(tokenizer.encode("龘"))[-3:] == ["<E9>", "<BE>", "<98>"]


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_saved_and_loaded_is_the_same(tmp_path, kind):
    tokenizer = Tokenizer.train(TEXTS, 600, kind)
    assert tokenizer.save(tmp_path / "model").name == "tokenizer.json"
    again = Tokenizer.load(tmp_path / "model")
    assert again.fingerprint() == tokenizer.fingerprint()
    assert again.encode_batch(TEXTS) == tokenizer.encode_batch(TEXTS)
    assert Tokenizer.train(TEXTS, 601, kind).fingerprint() != tokenizer.fingerprint()


def test_pieces_of_morphemes_always_rebuild_the_text():
    """분석기가 원형으로 되돌리거나 없는 글자를 내도 원문은 그대로예요."""
    answers = {
        "갔다": ["가", "았", "다"],
        " 학교에서": ["학교", "에서"],
        "먹었어요": ["먹", "었", "어요"],
        "이상한 답": ["엉뚱", "답", "답"],
    }
    for text, found in answers.items():
        assert "".join(cut_morphemes(text, lambda _, m=found: m)) == text
    assert cut_morphemes(" 학교에서", lambda _: ["학교", "에서"]) == [" 학교", "에서"]
    assert cut_morphemes("먹었어요", lambda _: ["먹", "었", "어요"]) == ["먹", "었", "어요"]


@pytest.mark.parametrize(
    "tagger", ["Okt", pytest.param("Komoran", marks=pytest.mark.slow), pytest.param("Hannanum", marks=pytest.mark.slow)]
)
def test_morpheme_level_with_konlpy(tmp_path, tagger):
    if morphemes.find_java() is None:
        pytest.skip("자바가 없어 형태소 분석기를 켤 수 없어요.")
    tokenizer = Tokenizer.train(TEXTS[:200], 600, level="morpheme", tagger=tagger)
    for text in (*HARD, *TEXTS[:20]):
        assert tokenizer.decode(tokenizer.encode(text)) == text
    tokenizer.save(tmp_path)
    again = Tokenizer.load(tmp_path)
    assert (again.level, again.tagger) == ("morpheme", tagger)
    assert again.encode("친구와 학교에 갔어요.") == tokenizer.encode("친구와 학교에 갔어요.")


def test_a_program_that_used_java_can_end():
    """JVM을 다른 스레드에서 켜면 프로그램이 끝나지 않아요."""
    if morphemes.find_java() is None:
        pytest.skip("자바가 없어 형태소 분석기를 켤 수 없어요.")
    code = "from reference.data.tokenizer import Tokenizer; Tokenizer.train(['나는 간다.'] * 3, 300, level='morpheme')"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300, cwd=ROOT)


def test_wrong_requests_say_what_to_do(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=str(MIN_VOCAB)):
        Tokenizer.train(TEXTS, 100)
    with pytest.raises(UserError, match="한 줄도 없어요"):
        Tokenizer.train(["", "  "], 500)
    with pytest.raises(UserError, match="bpe와 unigram"):
        Tokenizer.train(TEXTS, 500, kind="word")
    with pytest.raises(UserError, match="byte와 morpheme"):
        Tokenizer.train(TEXTS, 500, level="jamo")
    with pytest.raises(UserError, match="Okt"):
        Tokenizer.train(TEXTS, 500, level="morpheme", tagger="Mecab2")
    with pytest.raises(UserError, match="없어요"):
        Tokenizer.load(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{망가진", encoding="utf-8")
    with pytest.raises(UserError, match="읽을 수 없어요"):
        Tokenizer.load(tmp_path)
    monkeypatch.setattr(morphemes, "find_java", lambda: None)
    with pytest.raises(UserError, match="자바를 찾지 못했어요"):
        Tokenizer.train(TEXTS, 500, level="morpheme")
