"""지어낸 말뭉치: 맞춤법, 번역의 한결같음, 크기, 시험 묶음의 약속."""

from __future__ import annotations

import hashlib
from itertools import islice

import pytest

from reference.data.corpus import Pair, combinations, generate, is_held_out, sentences, splits
from reference.data.corpus import english as en
from reference.data.corpus.draw import Draw
from reference.data.corpus.grammar import sentence
from reference.data.corpus.hangul import (
    Stem,
    copula,
    eu,
    finish,
    honorific,
    infinitive,
    josa,
    modifier,
    native_number,
    past,
    plain,
    sino_number,
)


@pytest.mark.parametrize(
    "word, pair, expected",
    [
        ("책", "은/는", "책은"),
        ("사과", "은/는", "사과는"),
        ("빵", "이/가", "빵이"),
        ("커피", "을/를", "커피를"),
        ("집", "으로/로", "집으로"),
        ("버스", "으로/로", "버스로"),
        ("지하철", "으로/로", "지하철로"),
        ("서울", "으로/로", "서울로"),
        ("부산", "으로/로", "부산으로"),
        ("친구", "과/와", "친구와"),
        ("선생님", "과/와", "선생님과"),
        ("교실", "을/를", "교실을"),
    ],
)
def test_josa(word, pair, expected):
    assert josa(word, pair) == expected


@pytest.mark.parametrize(
    "stem, expected",
    [
        (("가",), "갔"),
        (("오",), "왔"),
        (("먹",), "먹었"),
        (("마시",), "마셨"),
        (("배우",), "배웠"),
        (("보내",), "보냈"),
        (("주",), "줬"),
        (("보",), "봤"),
        (("하",), "했"),
        (("공부하",), "공부했"),
        (("쉬",), "쉬었"),
        (("쓰",), "썼"),
        (("바쁘",), "바빴"),
        (("예쁘",), "예뻤"),
        (("배가 고프",), "배가 고팠"),
        (("크",), "컸"),
        (("듣", "ㄷ"), "들었"),
        (("걷", "ㄷ"), "걸었"),
        (("부르", "르"), "불렀"),
        (("고르", "르"), "골랐"),
        (("빠르", "르"), "빨랐"),
        (("굽", "ㅂ"), "구웠"),
        (("돕", "ㅂ"), "도왔"),
        (("아름답", "ㅂ"), "아름다웠"),
        (("짓", "ㅅ"), "지었"),
        (("만들",), "만들었"),
        (("살",), "살았"),
        (("읽",), "읽었"),
        (("앉",), "앉았"),
        (("빌려주",), "빌려줬"),
    ],
)
def test_past_by_vowel_harmony_and_irregulars(stem, expected):
    assert past(Stem(*stem)).text == expected


@pytest.mark.parametrize(
    "stem, tense, level, question, expected",
    [
        (("먹",), "present", "해라", False, "먹는다"),
        (("가",), "present", "해라", False, "간다"),
        (("만들",), "present", "해라", False, "만든다"),
        (("만들",), "present", "해라", True, "만드니"),
        (("만들",), "present", "합쇼", False, "만듭니다"),
        (("먹",), "present", "합쇼", True, "먹습니까"),
        (("듣", "ㄷ"), "present", "해요", False, "들어요"),
        (("듣", "ㄷ"), "present", "합쇼", False, "듣습니다"),
        (("듣", "ㄷ"), "future", "해요", False, "들을 거예요"),
        (("굽", "ㅂ"), "future", "해라", False, "구울 것이다"),
        (("짓", "ㅅ"), "future", "합쇼", True, "지을 것입니까"),
        (("팔",), "future", "해라", True, "팔 거니"),
        (("어렵", "ㅂ", "adjective"), "present", "해라", False, "어렵다"),
        (("길", "", "adjective"), "present", "해라", True, "기니"),
        (("멀", "", "adjective"), "present", "합쇼", False, "멉니다"),
        (("있", "", "exist"), "present", "해라", False, "있다"),
        (("갔", "", "past"), "present", "해라", False, "갔다"),
    ],
)
def test_endings(stem, tense, level, question, expected):
    assert finish(Stem(*stem), tense, level, question) == expected


def test_honorific_forms():
    assert finish(honorific(Stem("읽")), "present", "해요", False) == "읽으세요"
    assert finish(honorific(Stem("만들")), "past", "해요", True) == "만드셨어요"
    assert finish(honorific(Stem("돕", "ㅂ")), "present", "해라", False) == "도우신다"
    assert finish(Stem("드시", respect=True), "present", "합쇼", True) == "드십니까"
    assert finish(Stem("마시"), "present", "해요", False) == "마셔요"  # 본래의 '시'는 높임이 아니에요.


@pytest.mark.parametrize(
    "stem, tense, expected",
    [
        (("사",), "past", "산"),
        (("읽",), "present", "읽는"),
        (("먹",), "future", "먹을"),
        (("만들",), "past", "만든"),
        (("만들",), "present", "만드는"),
        (("굽", "ㅂ"), "past", "구운"),
        (("듣", "ㄷ"), "past", "들은"),
        (("예쁘", "", "adjective"), "present", "예쁜"),
        (("가볍", "ㅂ", "adjective"), "present", "가벼운"),
        (("길", "", "adjective"), "present", "긴"),
        (("맛있", "", "exist"), "present", "맛있는"),
    ],
)
def test_modifiers(stem, tense, expected):
    assert modifier(Stem(*stem), tense) == expected


def test_other_joints():
    assert [infinitive(Stem(s)) for s in ("주", "오", "서", "하", "끄")] == ["줘", "와", "서", "해", "꺼"]
    assert (
        eu(Stem("만들"), "면") == "만들면"
        and eu(Stem("듣", "ㄷ"), "면") == "들으면"
        and eu(Stem("춥", "ㅂ"), "면") == "추우면"
    )
    assert plain(Stem("만들"), "고") == "만들고" and plain(Stem("만들"), "는") == "만드는"
    assert copula("의사", "present", "해요", False, False) == "의사예요"
    assert copula("학생", "past", "합쇼", True, False) == "학생이었습니까"
    assert copula("의사", "present", "해요", True, True) == "의사세요"
    assert copula("학생", "present", "합쇼", True, True) == "학생이십니까"


def test_numbers_native_and_sino():
    assert [native_number(n) for n in (1, 2, 3, 4, 5, 11, 20, 21, 30, 99)] == [
        "한",
        "두",
        "세",
        "네",
        "다섯",
        "열한",
        "스무",
        "스물한",
        "서른",
        "아흔아홉",
    ]
    assert [sino_number(n) for n in (5, 10, 15, 30, 110, 3000, 10000, 15000, 38000)] == [
        "오",
        "십",
        "십오",
        "삼십",
        "백십",
        "삼천",
        "만",
        "만 오천",
        "삼만 팔천",
    ]


def test_english_forms():
    assert [en.third(v) for v in ("go", "study", "wash", "have", "play", "listen to")] == [
        "goes",
        "studies",
        "washes",
        "has",
        "plays",
        "listens to",
    ]
    assert [en.gerund(v) for v in ("make", "swim", "see", "take a walk", "study")] == [
        "making",
        "swimming",
        "seeing",
        "taking a walk",
        "studying",
    ]
    assert [en.ordinal(n) for n in (1, 2, 3, 12, 15, 20, 21, 28)] == [
        "first",
        "second",
        "third",
        "twelfth",
        "fifteenth",
        "twentieth",
        "twenty-first",
        "twenty-eighth",
    ]
    assert en.article("old umbrella") == "an old umbrella" and en.number(35000) == "thirty-five thousand"
    assert en.predicate("he", "buy", "bought", tense="past", question=True) == ("did", "buy")
    assert en.predicate("I", "buy", "bought", tense="present", progressive=True, negative=True) == ("am not", "buying")
    assert en.predicate("you", "buy", "bought", tense="future", modal="can", negative=True) == (
        "won't",
        "be able to buy",
    )


def test_same_seed_same_sentences():
    """시드가 같으면 파이썬 판이 달라도 같은 문장이 나와요. 문법을 고치면 지난 점수와 견줄 수 없으니 지문도 함께 고쳐요."""
    assert list(generate(50, seed=3)) == list(generate(50, seed=3)) != list(generate(50, seed=4))
    text = "\n".join(f"{pair.ko}\t{pair.en}" for pair in generate(2_000, seed=0))
    assert hashlib.sha256(text.encode()).hexdigest()[:12] == "0a96e8ec02b8"
    assert all(isinstance(pair, Pair) and pair.ko and pair.en for pair in generate(50))


def test_english_is_a_function_of_korean():
    """한국어 문장 하나에 영어가 둘이면 아무리 배워도 맞힐 수 없어요. 되풀이가 많이 나오도록 넉넉히 뽑아요."""
    draw, known, repeats = Draw("function"), {}, 0
    for _ in range(80_000):
        made = sentence(draw)
        repeats += made.ko in known
        assert known.setdefault(made.ko, made.en) == made.en
    assert repeats > 3_000  # 되풀이가 없었다면 검사한 것이 없어요.


def test_corpus_does_not_run_dry():
    """2만 개를 본 뒤에도 새 문장이 대부분이면 고갈되지 않은 거예요. 100만 개를 다 세는 검사는 아래에 있어요."""
    draw = Draw("size")
    first = {sentence(draw).ko for _ in range(20_000)}
    second = [sentence(draw).ko for _ in range(20_000)]
    assert sum(text not in first for text in second) / len(second) > 0.85


@pytest.mark.slow
def test_a_million_distinct_pairs():
    assert sum(1 for _ in islice(sentences("million"), 1_000_000)) == 1_000_000


def test_every_required_phenomenon_appears():
    korean = "\n".join(pair.ko for pair in generate(20_000))
    for piece in (
        "세 권",
        "두 마리",
        "삼십 분",
        "스무",
        "지하철로",
        "부산으로",
        "안 ",
        "지 않",
        "못 ",
        "지 못",
        "누가",
        "무엇을",
        "언제",
        "왜",
        "몇 ",
        "산 빵",
        "들었",
        "불렀",
        "구웠",
        "도왔",
        "지었",
        "썼",
        "비가 와서",
        "고 싶",
        "수 있",
        "야 해",
        "거예요",
        "것이다",
        "습니까",
        "께 ",
        "던 빵",
        "은행에 가서 돈을",
        "년 전에",
        "드렸",
        "주무",
        "만 원",
    ):
        assert piece in korean, piece


def test_dropped_subject_means_i_or_you():
    for made in islice(sentences(1), 5_000):
        if made.structure.startswith("person/") and made.structure.endswith("True"):  # 주어가 생략된 문장
            expected = ("Are you", "Were you", "Aren't you", "Weren't you") if made.ko.endswith("?") else ("I ",)
            assert made.en.startswith(expected), made


def test_splits_are_disjoint_and_test_combinations_are_unseen():
    parts = splits(train=8_000, valid=200, test=300)
    assert [len(part) for part in parts] == [8_000, 200, 300]
    assert len({pair.ko for part in parts for pair in part}) == 8_500
    assert splits(train=8_000, valid=200, test=300) == parts


def test_held_out_combinations_leave_every_word_in_training():
    """시험 문장의 결합은 훈련에 없고, 단어와 구조는 하나하나 훈련에 있어요."""
    train, test = [], []
    for made in islice(sentences(0), 60_000):
        (test if is_held_out(made) else train).append(made)
    seen = {part for made in train for part in combinations(made)}
    assert all(any(part not in seen for part in combinations(made)) for made in test)
    assert 0.03 < len(test) / 60_000 < 0.12

    def words(made):
        return set(made.en.rstrip(".?").split())

    known = set().union(*map(words, train))
    heads = {made.words[0] for made in train}
    lost = [made for made in test if not words(made) <= known or made.words[0] not in heads]
    assert not lost, lost[:5]
