"""레슨 7의 글이 하는 말."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from itertools import combinations

import torch
from support.lesson_claims import Claims

from reference import bpe
from reference.config import ModelConfig
from reference.transformer import Transformer

lesson = Claims("07_embedding_tokenizing")


def missing(cells, name: str) -> float:
    """모르는 조각이 든 어절의 비율(%)."""
    cut, pieces = cells.ways[name]
    return 100 * sum(any(piece not in pieces for piece in cut(w)) for w in cells.unseen_words) / len(cells.unseen_words)


def length(cells, name: str) -> float:
    """문장 하나의 평균 토큰 수."""
    return sum(len(cells.ways[name][0](word)) for word in cells.unseen_words) / len(cells.unseen)


# -- 실험. 단어 사전 --


@lesson.holds("'학교'는 알아도 '학교에서는'은 몰라요.")
def _(cells):
    assert "학교" in cells.dictionary and "학교에서는" not in cells.dictionary
    assert "'학교에서는': '몰라요'" in cells.printed


@lesson.says("단어 사전은 {:,}가지를 외우고도 어절의 {:.1f}%를 몰라요.")
def _(cells):
    return len(cells.dictionary), missing(cells, "단어")


@lesson.says("문장이 {:.1f}토큰에서 음절 {:.1f}, 자모 {:.1f}, 바이트 {:.1f}토큰으로 길어져요.")
def _(cells):
    return [length(cells, name) for name in ("단어", "음절", "자모", "바이트")]


@lesson.says("바이트의 점수는 단어의 {:.0f}배예요.")
def _(cells):
    return (length(cells, "바이트") / length(cells, "단어")) ** 2


@lesson.holds("잘게 자르면 모르는 것이 거의 없어지지만")
def _(cells):
    assert missing(cells, "음절") < 1 and missing(cells, "자모") == missing(cells, "바이트") == 0
    assert missing(cells, "단어") > 30


@lesson.holds("크게 자르면 모르는 말이, 잘게 자르면 길이가 늘어요.")
def _(cells):
    longer = [length(cells, name) for name in ("단어", "음절", "자모", "바이트")]
    fewer = [missing(cells, name) for name in ("단어", "음절", "자모", "바이트")]
    assert longer == sorted(longer) and fewer == sorted(fewer, reverse=True)


# -- 7-1, 7-2 --


@lesson.holds("(▁, 학), (학, 교), (교, 에)가 5번씩, (▁, 집), (집, 에)가 4번씩이에요.")
def _(cells):
    counts = bpe.count_pairs({("▁", "학", "교", "에"): 5, ("▁", "집", "에"): 4})
    assert Counter(counts.values()) == {5: 3, 4: 2} and counts["▁", "집"] == counts["집", "에"] == 4
    assert ("에", "▁") not in counts


@lesson.holds("두 번이에요. 첫째와 둘째, 둘째와 셋째 자리가 모두 이웃이니까요.")
def _(cells):
    assert bpe.count_pairs({("아",) * 3: 1}) == {("아", "아"): 2}


@lesson.holds("조항의 '제'와 '조'가 앞에 많고, 어미로 쓰이는 '한다'와 '하여'도 벌써 보여요.")
def _(cells):
    order = [pair for pair, _ in cells.pairs]
    assert order[0] == ("▁", "제") and ("▁", "조") in order[:3]
    assert ("한", "다") in order and ("하", "여") in order
    assert len(cells.frequent) == 1000


@lesson.holds("(집, 에)를 붙이면 `(▁, 집에, 서, 집에)`예요. 여섯 토큰이 네 토큰이 됐어요.")
def _(cells):
    assert bpe.merge_pair(tuple("▁집에서집에"), ("집", "에")) == ("▁", "집에", "서", "집에")


@lesson.holds("왼쪽부터 읽으므로 `(아아, 아)`예요.")
def _(cells):
    assert bpe.merge_pair(("아",) * 3, ("아", "아")) == ("아아", "아")


@lesson.holds("나온 횟수만큼 토큰이 줄어요.")
def _(cells):
    assert len(cells.saved) == 8 and cells.saved == [n for _, n in cells.pairs[:8]]


@lesson.holds("한 번에 글을 가장 짧게 만드는 쌍은 가장 잦은 쌍이에요.")
def _(cells):
    def total(pair):
        return sum(n * len(bpe.merge_pair(word, pair)) for word, n in cells.start.items())

    every = bpe.count_pairs(cells.start)
    rest = sorted(every, key=every.get, reverse=True)[1:40]
    assert all(total(cells.pairs[0][0]) < total(pair) for pair in rest)


# -- 7-3, 7-4 --

lesson.known("약 37,000개 토큰", "논문 §5.1")


@lesson.holds("| 1 | (▁, 학) 8번 |")
def _(cells):
    words, merges = {("▁", *word): n for word, n in {"학교에": 5, "학교는": 3, "집에": 4}.items()}, []
    for pair, count in ((("▁", "학"), 8), (("▁학", "교"), 8), (("▁학교", "에"), 5), (("▁", "집"), 4)):
        counts = bpe.count_pairs(words)
        assert counts[pair] == count == max(counts.values())
        words, merges = {bpe.merge_pair(word, pair): n for word, n in words.items()}, [*merges, pair]
    assert bpe.train_bpe({"학교에": 5, "학교는": 3, "집에": 4}, 4) == merges


@lesson.holds("배운 단어가 통째로 토큰 하나가 돼요.")
def _(cells):
    words = {"학교에": 5, "학교는": 3, "집에": 4}
    merges = bpe.train_bpe(words, 1000)
    assert all(bpe.bpe_encode(word, merges) == ["▁" + word] for word in words)


@lesson.holds("처음에는 `▁제`, `하여`처럼 짧고 흔한 조각이, 나중에는 `▁발생하지`처럼 더 길고 드문 조각이 나와요.")
def _(cells):
    made = [a + b for a, b in cells.merges]
    assert {"▁제", "하여"} <= set(made[:12]) and "▁발생하지" in made[-12:]

    def mean(some, measure):
        return sum(map(measure, some)) / len(some)

    def times(piece):
        return sum(n for word, n in cells.frequent.items() if piece in "▁" + word)

    assert mean(made[:100], len) + 0.5 < mean(made[-100:], len)
    assert mean(made[:100], times) > 3 * mean(made[-100:], times)


@lesson.holds("'학교'를 찾았고, 그것으로 '초등학교'를 만들었어요.")
def _(cells):
    assert cells.merges.index(("학", "교")) < cells.merges.index(("▁초등", "학교"))


@lesson.holds("'집에서'는 먼저 (집, 에)를 붙여 `▁ | 집에 | 서`가 돼요.")
def _(cells):
    assert bpe.bpe_encode("집에서", [("집", "에"), ("에", "서")]) == ["▁", "집에", "서"]


@lesson.holds("차례대로면 `▁ | 학교 | 에서`예요.")
def _(cells):
    merges = [("학", "교"), ("에", "서"), ("학교", "에"), ("▁", "학교에")]
    assert bpe.bpe_encode("학교에서", merges) == ["▁", "학교", "에서"]


@lesson.holds("'학교에서는'이 `▁ | 학교 | 에서 | 는`이 됐어요. 한 번도 못 본 어절인데 명사와 조사가 갈라졌어요.")
def _(cells):
    assert "학교에서는" not in cells.words
    assert cells.bpe_encode("학교에서는", cells.merges) == ["▁", "학교", "에서", "는"]


@lesson.says("모르는 어절은 {:.1f}%에서 {:.1f}%로 줄었고, 길이는 음절보다 짧은 {:.1f}토큰이에요.")
def _(cells):
    assert length(cells, "나의 BPE") < length(cells, "음절")
    return missing(cells, "단어"), missing(cells, "나의 BPE"), length(cells, "나의 BPE")


@lesson.says("남은 {:.1f}%는 배운 글에 없던 글자예요.")
def _(cells):
    unknown = [w for w in cells.unseen_words if not cells.letters.issuperset(w)]
    return 100 * len(unknown) / len(cells.unseen_words)


def tokens_after(cells, n: int) -> int:
    return sum(len(cells.bpe_encode(word, cells.merges[:n])) for word in cells.unseen_words)


@lesson.says("0번이면 음절마다 한 토큰에 `▁`까지 {:.1f}토큰이에요.")
def _(cells):
    assert tokens_after(cells, 0) == sum(len(word) + 1 for word in cells.unseen_words)
    return tokens_after(cells, 0) / len(cells.unseen)


@lesson.holds("오른쪽으로 갈수록 문장은 짧아지고 어휘는 한 개씩 커져요.")
def _(cells):
    sizes = [tokens_after(cells, n) for n in (0, 25, 50, 100, 200, 400)]
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) == 6
    assert len({a + b for a, b in cells.merges} | cells.letters) == len(cells.letters) + len(cells.merges)


@lesson.says("처음 {}번이 마지막 {}번보다 더 줄여요.")
def _(cells):
    first, last = (tokens_after(cells, a) - tokens_after(cells, b) for a, b in ((0, 50), (200, 400)))
    assert first > last
    return 50, 200


@lesson.holds("배운 글에 없던 글자에는 번호가 없어요.")
def _(cells):
    assert not {"펭", "귄"} & set("".join(cells.known))


# -- 7-5 --


@lesson.holds('"나는 집에"는 `[2, 3, 4, 2, 7]`, "너는 집에"는 `[2, 1, 4, 2, 7]`이에요.')
def _(cells):
    vocab = {"<unk>": 1, "▁": 2, "나": 3, "는": 4, "집에": 7}
    assert bpe.encode_text("나는 집에", [("집", "에")], vocab, 1) == [2, 3, 4, 2, 7]
    assert bpe.encode_text("너는 집에", [("집", "에")], vocab, 1) == [2, 1, 4, 2, 7]


@lesson.holds("첫 문장은 빈칸 하나만 잃고 돌아왔어요. 둘째 문장의 '펭귄'은 `<unk><unk>`가 됐어요.")
def _(cells):
    assert "되돌리면: 나는 학교에서는 법률을 배운다 " in cells.printed
    assert "되돌리면: 나는 <unk><unk>을 배운다 " in cells.printed and "['귄', '펭']" in cells.printed


@lesson.holds('조용히 빼 버리면 "나는 을 배운다"를 읽고도 모르니')
def _(cells):
    ids = [i for i in cells.ids if i != cells.UNK]
    assert "".join(cells.tokens[i] for i in ids).replace("▁", " ").strip() == "나는 을 배운다"


# -- 7-6 --


@lesson.holds("`tgt_in`은 `[[1, 7, 8, 0], [1, 5, 6, 9]]`, `tgt_out`은 `[[7, 8, 2, 0], [5, 6, 9, 2]]`예요.")
def _(cells):
    _, tgt_in, tgt_out = bpe.make_batch([([4], [7, 8]), ([4], [5, 6, 9])], 1, 2, 0, 9)
    assert tgt_in.tolist() == [[1, 7, 8, 0], [1, 5, 6, 9]] and tgt_out.tolist() == [[7, 8, 2, 0], [5, 6, 9, 2]]


@lesson.says("글에 나온 차례대로 묶으면 {:.0f}%가 PAD인데, 논문처럼 길이가 비슷한 문장끼리 묶으면 {:.0f}%예요.")
def _(cells):
    return list(cells.padding.values())


@lesson.holds("길이가 비슷한 문장끼리 묶으면")
def _(cells):
    assert cells.padding["차례대로 묶기"] > 3 * cells.padding["비슷한 길이끼리"]


# -- 7-7, 7-8 --


@lesson.says("$E$의 2번 행이 $[{}, -1, 0, {}]$라면 토큰 2의 임베딩은 $\\sqrt 4 = 2$를 곱한 $[1, -2, 0, 3]$이에요.")
def _(cells):
    row = torch.tensor([0.5, -1, 0, 1.5])
    assert (row * math.sqrt(4)).tolist() == [1, -2, 0, 3]
    return 0.5, 1.5


@lesson.says("표준편차가 $1/\\sqrt{{{}}}$인 수 {}개의 벡터는 길이가 1쯤이에요.")
def _(cells):
    torch.manual_seed(0)
    assert abs((torch.randn(1000, 512) / 512**0.5).norm(dim=1).mean().item() - 1) < 0.01
    return 512, 512


@lesson.says("짝이 {}개라서 길이가 언제나 $\\sqrt{{{}}} = {}$이에요.")
def _(cells):
    return 512 // 2, 512 // 2, round(math.sqrt(256))


lesson.known("$d_\\text{model} = 512$일 때", "논문의 base")


@lesson.says(
    "위치 인코딩은 {}차원에서 {:.0f}이에요. $\\sqrt{{d_\\text{{model}}}}$을 곱하면 {:.1f}이 되어 둘이 나란히 자라요."
)
def _(cells):
    return cells.sizes[-1], cells.position[-1], cells.scaled[-1]


@lesson.holds("곱하지 않은 임베딩은 어느 크기에서나 길이가 1쯤인데")
def _(cells):
    assert all(abs(v - 1) < 0.06 for v in cells.plain)
    ratios = [s / p for s, p in zip(cells.scaled, cells.position, strict=True)]
    assert max(ratios) < 1.05 * min(ratios)


@lesson.holds("로짓은 $[1, 2, 1]$이에요. 가장 큰 것은 1번이에요.")
def _(cells):
    logits = torch.tensor([1.0, 2.0]) @ torch.tensor([[1.0, 0.0], [0.0, 1.0], [3.0, -1.0]]).T
    assert logits.tolist() == [1, 2, 1] and logits.argmax() == 1


lesson.known("어휘 37,000, $d_\\text{model}$ 512", "논문 §3, §5.1")


def base_sizes() -> tuple[int, int]:
    """기준 구현의 base에서 (모두, 표 하나). 메모리를 쓰지 않는 모양뿐인 모델이에요."""
    with torch.device("meta"):
        model = Transformer(ModelConfig.preset("base", 37_000))
    return sum(p.numel() for p in model.parameters()), 37_000 * 512


@lesson.says(
    "표 하나가 $37{{,}}000 \\times 512 = {}$개예요. 두 개가 더 필요하니 {:,}개가 늘어요. 나머지 층 모두({:,}개)에 가까워요."
)
def _(cells):
    whole, table = base_sizes()
    return f"{table:,}".replace(",", "{,}"), 2 * table, whole - table


@lesson.says("표 하나를 함께 쓰면 {:,}개, 셋을 따로 두면 {:,}개예요.")
def _(cells):
    whole, table = base_sizes()
    assert whole == cells.layers + cells.V * cells.D
    return whole, whole + 2 * table


lesson.known("논문의 표 3에는 65M이라고", "논문의 표 3")


# -- 빈칸 채우기, 코사인 --


def similarities(cells) -> torch.Tensor:
    table = torch.nn.functional.normalize(cells.E.detach()[1:], dim=-1)
    return table @ table.T


@lesson.holds("학습하고 나면 사람, 장소, 음식, 읽을거리가 저마다 모여요.")
def _(cells):
    words = cells.names["names"][1:]
    nearest = {w: words[row.argsort(descending=True)[1]] for w, row in zip(words, similarities(cells), strict=True)}
    same = [cells.group[a] == cells.group[b] for a, b in nearest.items() if cells.group[a] != "동사"]
    assert sum(same) / len(same) >= 0.95, nearest
    before = torch.nn.functional.normalize(cells.before[1:], dim=-1)
    first = {w: words[row.argsort(descending=True)[1]] for w, row in zip(words, before @ before.T, strict=True)}
    mixed = [cells.group[a] == cells.group[b] for a, b in first.items()]
    assert sum(mixed) / len(mixed) < 0.5


@lesson.holds("동사는 함께 나오는 말에 따라 셋으로 갈라져요.")
def _(cells):
    words, table = cells.names["names"][1:], similarities(cells)
    of = {verb: verbs for _, verbs in cells.SCENES.values() for verb in verbs.split()}
    for one, other in combinations(of, 2):
        value = table[words.index(one), words.index(other)].item()
        assert value > 0.3 if of[one] == of[other] else value < 0.3, (one, other, value)


@lesson.says("내적이 {}, 길이가 5와 5라서 $24/25 = {}$이에요.")
def _(cells):
    return 3 * 4 + 4 * 3, 24 / 25


@lesson.holds("같은 무리의 짝은 어느 것이나 다른 무리와의 짝보다 더 닮았어요.")
def _(cells):
    inside = [cells.similar[i, i + 1].item() for i in range(0, 8, 2)]
    across = [cells.similar[i, j].item() for i, j in combinations(range(8), 2) if i // 2 != j // 2]
    assert min(inside) > max(across), (inside, across)


# -- 어절당 토큰 수 --


@lesson.says("$(6 + 4)/(3 + 1) = {}$예요.")
def _(cells):
    return (6 + 4) / (3 + 1)


@lesson.says("글자로 세면 영어가 길지만({:.1f}과 {:.1f}) 바이트로 세면 한국어가 두 배가 넘어요({:.1f}과 {:.1f}).")
def _(cells):
    (ko, ko_bytes), (en, en_bytes) = cells.rows["한국어"], cells.rows["영어"]
    assert ko_bytes > 2 * en_bytes
    return en, ko, ko_bytes, en_bytes


@lesson.says("여러분의 BPE는 사전도 Java도 없이 {:.1f}까지 왔어요.")
def _(cells):
    return cells.scores["나의 BPE"]


@lesson.holds("오른쪽에서 형태소 분석기들은 2 언저리이고")
def _(cells):
    found = [cells.scores[name] for name, tagger in cells.on.items() if tagger]
    assert all(1.6 < value < 2.3 for value in found), cells.scores


@lesson.holds("'법률' 하나에 조사가 붙어 열한 가지 어절이 됐어요.")
def _(cells):
    assert len(cells.forms) == len(set(cells.forms)) == 11 and "법률" not in cells.forms
    ends = {"로", "이", "에", "과", "로써", "로서", "을", "은", "에서", "의", "이나"}
    assert {form.removeprefix("법률") for form in cells.forms} == ends


# -- 자모, 바이트 --


@lesson.says("\\qquad {} = 21 \\times 28$$")
def _(cells):
    assert len(bpe.VOWELS) == 21 and len(bpe.FINALS) == 28
    return 21 * 28


lesson.known("초성} \\times 588 + \\text{중성} \\times 28 +", "유니코드 §3.12")
lesson.known("588과 28로 세는 시계라서", "위의 식")


@lesson.says("{}개가 다 돌면 중성이, {}개가 다 돌면 초성이 하나 넘어가요.")
def _(cells):
    return len(bpe.FINALS), len(bpe.VOWELS) * len(bpe.FINALS)


@lesson.says(
    "'한'은 ㅎ({}번), ㅏ(0번), ㄴ(4번)이니까 $18 \\times 588 + 0 \\times 28 + 4 = {}$번이에요. 거꾸로 10588에서"
)
def _(cells):
    assert bpe.VOWELS[0] == "ㅏ" and bpe.FINALS[4] == "ㄴ"
    return bpe.INITIALS.index("ㅎ"), ord("한") - ord("가")


lesson.known("10588초가", "위의 수")


@lesson.says("$19 \\times 21 \\times 28 = {}$개예요. 마지막 음절 '힣'의 번호는 {:,}이에요.")
def _(cells):
    assert len(bpe.INITIALS) == 19
    return f"{19 * 21 * 28:,}".replace(",", "{,}"), ord("힣") - ord("가")


@lesson.holds("절반 넘게 받침이 없고, 있는 것 가운데서는 ㄴ과 ㅇ이 가장 많아요.")
def _(cells):
    assert cells.finals["없음"] > cells.total / 2
    assert [name for name, _ in cells.finals.most_common(3)] == ["없음", "ㄴ", "ㅇ"]


@lesson.says(
    "ㅜ({}번), ㅇ({}번)은 $0 \\times 588 + 13 \\times 28 + 21 = {}$번이고, '가'에서 {}번 뒤의 글자는 '궁'이에요."
)
def _(cells):
    number = ord("궁") - ord("가")
    return bpe.VOWELS.index("ㅜ"), bpe.FINALS.index("ㅇ"), 13 * 28 + 21, number


@lesson.holds("처음 그림에서 본 것처럼 문장이 음절의 두 배 넘게 길어져요.")
def _(cells):
    assert length(cells, "자모") > 2 * length(cells, "음절")


@lesson.says("{:,}개가 모두 제자리로 돌아왔어요.")
def _(cells):
    return sum(bpe.compose(bpe.decompose(chr(0xAC00 + n))) == chr(0xAC00 + n) for n in range(11172))


@lesson.holds("이 첫가끝 자모(0x1112…)는 표에 있는 자모(0x314E…)와 코드가 달라요.")
def _(cells):
    assert hex(ord(unicodedata.normalize("NFD", "한")[0])) == "0x1112" and hex(ord("ㅎ")) == "0x314e"


lesson.known("(0x1112…)는 표에 있는 자모(0x314E…)", "바로 위에서 확인해요")
lesson.known("바이트는 256가지뿐이라", "한 바이트는 8비트")


@lesson.holds("'한'은 UTF-8로 세 바이트 `ED 95 9C`예요.")
def _(cells):
    assert "한".encode().hex(" ").upper() == "ED 95 9C"


lesson.known("`ED 95 9C`예요. 토큰이 `ED 95`와 `9C`로", "바로 위에서 확인해요")


@lesson.says(
    '한글 일곱 글자에 3바이트씩 {}, 빈칸 둘에 1바이트씩 2, 모두 {}바이트예요. 영어 "I go to school"은 {}바이트이고요.'
)
def _(cells):
    return 3 * len(re.findall("[가-힣]", "나는 학교에 간다")), len("나는 학교에 간다".encode()), len("I go to school")


@lesson.holds("토큰마다 따로 바꾸면 글자가 깨져서 �가 나와요.")
def _(cells):
    assert all("�" in cells.bpe_decode([token]) for token in cells.cut_in_two)
    assert cells.bpe_decode(cells.cut_in_two) == "한글" and "-> 펭귄" in cells.printed


lesson.known("어휘가 약 10만에서 약 20만으로", "두 모델의 공개된 어휘 cl100k와 o200k")


# -- 마무리, 돌아보기 --


@lesson.holds("처음에 사전이 몰랐던 '학교에서는'이 한 바퀴를 돌아 그대로 돌아왔어요.")
def _(cells):
    rounds = cells.printed.strip().split("\n\n")
    first, second = ([line.split(None, 1)[1] for line in one.splitlines()] for one in rounds)
    assert first[0] == first[-1] == "나는 학교에서는 법률을 배운다" and first[2] == first[5]
    assert second[-1] == "나는 <unk><unk>을 배운다"
    assert cells.same == len(cells.readable) > 380


@lesson.holds("무작위로 뽑은 긴 벡터들이라 토큰마다 자기 행과의 내적이 가장 커요.")
def _(cells):
    E = cells.table.weight
    assert ((E @ E.T).argmax(-1) == torch.arange(len(E))).float().mean() == 1


@lesson.says("붙일 쌍이 없으면 {:.1f}토큰이 {:.1f}토큰이 되고")
def _(cells):
    return length(cells, "나의 BPE"), tokens_after(cells, 0) / len(cells.unseen)


@lesson.holds("`▁`(U+2581)는 단어의 시작을 나타내는 글자이고, 자판의 밑줄 `_`과 달라요.")
def _(cells):
    assert ord("▁") == 0x2581 != ord("_")


# 힌트에 다시 나오는 수들
lesson.known("(U+2581)", "바로 위에서 확인해요")
lesson.known("초성은 588로 나눈 몫, 종성은 28로 나눈 나머지예요.", "위의 식")
lesson.known("번호가 0 이상 11172 미만인지도 봐요.", "위의 식")
lesson.known("세 번호에 588, 28, 1을 곱해 더한 다음", "위의 식")
