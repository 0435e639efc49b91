"""배운 단어: 처음 보는 어절이라도 어간과 어미를 배웠으면 알고, 배운 조사가 붙어도 어간이 처음이면 몰라요."""

from __future__ import annotations

import gzip
import json
import random
import unicodedata

import pytest

from reference.data.corpus import splits
from reference.data.corpus.hangul import Stem, josa, past
from reference.data.known_words import FILE_NAME, KnownWords, split
from reference.data.korean_forms import VERB, forms

TEXTS = [
    "나는 학교에서 빵을 먹었어요.", "고양이가 커피를 마시지 않는다.", "민수는 집에 가고 싶어요.", "어제 책을 읽었다.", "고양이를 보면 웃어요.",
    "의사예요.", "책은 비쌉니다.", "이십오 명이 옵니다.", "삼십 권", "음악을 들어요.", "친구를 도우면 좋다.", "집을 지었다.", "노래를 부르지 마세요.",
    "옷을 고르는 학생이 하얀 꽃을 사니까 예뻤다.", "공부를 했어요.", "나라는 크다.", "아니다.",
]  # fmt: skip


@pytest.fixture(scope="module")
def known() -> KnownWords:
    return KnownWords.learn(TEXTS)


@pytest.mark.parametrize(
    "text",
    [
        "고양이는 책을 먹지 않는다",  # 본 적 없는 어절, 본 어간과 어미
        "빵은 민수를 웃지", "학교를 마셨다", "읽으면 마셔요", "갔다", "커피예요", "책입니다", "학교에서는",
        "듣지 듣고 들었다 들으면", "돕지 도와요 도왔다", "짓고 지으면", "불렀다 불러요 부르면", "골랐어요", "예쁜 예뻐요", "샀다 산 사면",
        "공부하고 공부해요 공부를", "나라를", "아니에요", "오이십", "이십삼", "고양이 명이",
        " 고양이를\u200b  ", "", "   ",
    ],
)  # fmt: skip
def test_a_seen_stem_with_a_seen_ending_is_known(known: KnownWords, text: str) -> None:
    assert known.unknown(text) == [] and known.note(text) == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("토마토를 먹었어요", ["토마토를"]),
        ("나는 강아지가 좋다", ["강아지가"]),
        ("고양에서 먹었어요", ["고양에서"]),  # '고양이'를 '고양'과 '이'로 배우지 않아요.
        ("고양이를 던졌어요", ["던졌어요"]),
        ("빵을 먹느라", ["먹느라"]),  # 어간은 알아도 어미가 처음이에요.
        ("😀 고양이가 😀", ["😀"]),
        ("👨‍👩‍👧", ["👨‍👩‍👧"]),
        ("민수는 Paris에 가고 Paris를 봐요!", ["Paris", "!"]),
        ("12개", ["12", "개"]),
        ("漢字", ["漢", "字"]),
        ("ㅋㅋㅋ", ["ㅋㅋㅋ"]),
        ("<b>빵을</b>", ["<", "b", ">", "/"]),
        ("구십", ["구십"]),
    ],
)
def test_what_was_never_seen_is_named_once_in_order(known: KnownWords, text: str, found: list[str]) -> None:
    assert known.unknown(text) == found
    assert known.note(text) == f"훈련 데이터에 없던 단어: {', '.join(found)}"


def test_decomposed_hangul_is_the_same_word(known: KnownWords) -> None:
    assert known.unknown(unicodedata.normalize("NFD", "고양이를 먹었어요")) == []
    assert known.unknown(unicodedata.normalize("NFD", "토마토를")) == ["토마토를"]


def test_english_words_are_known_in_their_regular_forms() -> None:
    known = KnownWords.learn(["A dog walked home.", "She carries 12 boxes", "They don't stop running, Tom's cat"])
    assert known.unknown("a DOG walks walking; dogs carry carried the box stopped runs ran 21 cats' don't") == [
        ";",
        "the",
        "ran",
        "'",
    ]
    assert known.unknown("33 Hundes walkn") == ["33", "Hundes", "walkn"]


def test_no_false_alarm_on_new_combinations_and_made_up_words_are_found() -> None:
    """문법으로 지은 시험 문장에는 처음 보는 어절이 많고, 그 어간과 어미는 모두 훈련에 나와요."""
    made = splits(6000, 50, 300, seed=3)
    known = KnownWords.learn(pair.ko for pair in made.train)
    seen = {word for pair in made.train for word, _ in split(pair.ko)}
    new = {word for pair in made.test for word, _ in split(pair.ko)} - seen
    assert len(new) > 15
    assert [known.unknown(pair.ko) for pair in made.test if known.unknown(pair.ko)] == []
    rng = random.Random(0)
    nouns = ["".join(chr(rng.randrange(0xAC00, 0xD7A4)) for _ in range(rng.choice([2, 3]))) for _ in range(300)]
    assert sum(not known.unknown(josa(noun, rng.choice(["은/는", "이/가", "을/를"]))) for noun in nouns) <= 3
    assert sum(not known.unknown(past(Stem(noun)).text + "어요") for noun in nouns) <= 3


@pytest.mark.parametrize(
    ("word", "lemma"),
    [
        ("도와주셨어요", "돕다"), ("걸었습니다", "걷다"), ("나았다", "낫다"), ("빨라요", "빠르다"), ("써서", "쓰다"), ("하얘졌다", "하얗다"), ("파랗고", "파랗다"),
        ("그러면", "그렇다"), ("만드세요", "만들다"), ("삽니다", "살다"), ("가겠습니다", "가다"), ("읽으시는", "읽다"), ("추웠지만", "춥다"), ("됐어요", "되다"),
        ("봐도", "보다"), ("먹을게요", "먹다"), ("해야", "하다"), ("켜면서", "켜다"), ("아파서", "아프다"), ("놓친", "놓치다"), ("읽기를", "읽다"),
        ("보내야겠어요", "보내다"), ("화장해야겠다", "화장하다"), ("식사할거예요", "식사하다"), ("먹을거에요", "먹다"),
    ],
)  # fmt: skip
def test_irregular_verbs_lead_back_to_their_stems(word: str, lemma: str) -> None:
    assert f"{lemma[:-1]}-" in {form.stem for form in forms(word) if form.kind == VERB}


def test_the_list_comes_back_from_its_folder_small_and_the_same(known: KnownWords, tmp_path) -> None:
    known.save(tmp_path)
    again = KnownWords.load(tmp_path)
    assert again is not None and vars(again) == vars(known)
    before = (tmp_path / FILE_NAME).read_bytes()
    assert len(before) < 3000
    KnownWords.learn(reversed(TEXTS)).save(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == before  # 문장의 차례도 때도 담기지 않아요.


@pytest.mark.parametrize(
    "content",
    [None, b"", b"x", gzip.compress(b"["), gzip.compress(b"[]"), gzip.compress(json.dumps({"format": 9}).encode()), gzip.compress(b'{"format":1}'),
     gzip.compress(b"{}")[:-4]],
)  # fmt: skip
def test_an_old_or_broken_run_has_no_list(tmp_path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / FILE_NAME).write_bytes(content)
    assert KnownWords.load(tmp_path) is None
