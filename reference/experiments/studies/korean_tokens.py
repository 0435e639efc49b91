"""한국어를 무엇으로 자를까: 바이트, 자모, 음절, BPE, 유니그램, 형태소로 잘라 길이와 번역 점수를 견줘요.

영어 쪽은 언제나 같은 BPE라서 한국어를 자르는 방법만 달라요. 모두 같은 수의 토큰을 보고 배워요(같은 계산량).
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from matplotlib.figure import Figure
from sacrebleu.metrics.chrf import CHRF

from reference.bpe import FIRST, bpe_encode, decompose, train_bpe
from reference.config import ModelConfig
from reference.data.corpus import Splits, splits
from reference.data.tokenizer import EOS, MIN_VOCAB, UNK, Tokenizer
from reference.decoding import greedy
from reference.experiments.experiment import (
    Claim,
    Experiment,
    Finding,
    Measured,
    Point,
    Results,
    Setup,
)
from reference.experiments.korean_text import Characters, blocks
from reference.experiments.language_learning import padded
from reference.experiments.rules import all_of, at_least, at_most, less, under_conditions
from reference.pictures import BLUE, INK, MUTED, ORANGE
from reference.schedule import cosine_lr
from reference.training.translation_loss import translation_loss
from reference.transformer import Transformer

PAIRS, ASKED = 3000, 200
VOCAB, MERGES = 800, 300  # 서브워드 사전의 크기, 음절에서 시작하는 BPE의 병합 수
MARGIN = 0.05
TOKENS, STEPS = 700, 450  # 한 스텝에 보는 토큰(원문과 번역문을 더해)과 스텝 수

Encode = Callable[[str], list[int]]


class Cutter(NamedTuple):
    """한국어를 자르는 방법 하나예요. encode는 번호의 목록을, size는 사전의 크기를 줘요. 3번이 모르는 조각이에요."""

    encode: Encode
    size: int


def jamo(text: str) -> str:
    """한글 음절을 자모로 풀어요. "한글 A" → "ㅎㅏㄴㄱㅡㄹ A". 받침이 없으면 두 글자예요."""
    return "".join("".join(decompose(c)) if 0 <= ord(c) - FIRST < 19 * 588 else c for c in text)


def _characters(texts: Sequence[str]) -> Cutter:
    known = Characters(texts)
    return Cutter(known.encode, len(known))


def _jamo(texts: Sequence[str]) -> Cutter:
    known = Characters([jamo(text) for text in texts])
    return Cutter(lambda text: known.encode(jamo(text)), len(known))


def _syllable_bpe(texts: Sequence[str]) -> Cutter:
    """음절에서 시작해 단어 안에서 붙이는 BPE(레슨 7)예요. 처음 보는 음절은 모르는 조각이에요."""
    words = Counter(word for text in texts for word in text.split())
    merges = train_bpe(dict(words), MERGES)
    pieces = sorted({piece for word in words for piece in ("▁", *word)} | {a + b for a, b in merges})
    number = {piece: at for at, piece in enumerate(pieces, UNK + 1)}

    def encode(text: str) -> list[int]:
        return [number.get(piece, UNK) for word in text.split() for piece in bpe_encode(word, merges)]

    return Cutter(encode, UNK + 1 + len(pieces))


def _library(size: int, **how: Any) -> Callable[[Sequence[str]], Cutter]:
    def train(texts: Sequence[str]) -> Cutter:
        tokenizer = Tokenizer.train(texts, size, **how)
        return Cutter(tokenizer.encode, len(tokenizer))

    return train


CUTTERS: dict[str, Callable[[Sequence[str]], Cutter]] = {
    "자모": _jamo,
    "음절": _characters,
    "음절 BPE": _syllable_bpe,
    "바이트 BPE": _library(VOCAB),
    "유니그램": _library(VOCAB, kind="unigram"),
    "형태소 + BPE": _library(VOCAB, level="morpheme"),
}
BYTES_FIRST = ("바이트 BPE", "유니그램", "형태소 + BPE")  # UTF-8 바이트에서 시작하는 것들
BOTH = "두 언어"  # 번역하지 않고, 같은 뜻의 두 문장이 몇 토큰인지만 세는 지점이에요.


def lengths(cutter: Cutter, texts: Sequence[str]) -> tuple[float, float]:
    """(글 하나의 평균 토큰 수, 모르는 조각의 비율 0~1)이에요."""
    rows = [cutter.encode(text) for text in texts]
    total = sum(map(len, rows))
    return total / len(texts), sum(row.count(UNK) for row in rows) / total


def two_languages(parts: Splits) -> Measured:
    """같은 뜻의 한국어가 영어의 몇 배의 토큰인지예요: 바이트로, 반반으로 배운 BPE로, 영어가 아홉 배 많은 글로 배운 BPE로."""
    korean, english = zip(*parts.train, strict=True)
    few = max(1, len(korean) // 9)
    books = {
        "bytes": (english, MIN_VOCAB),
        "even": (english + korean, VOCAB),
        "mostly": (english + korean[:few], VOCAB),
    }
    result: Measured = {}
    for name, (texts, size) in books.items():
        tokenizer = Tokenizer.train(texts, size)
        ko, en = (sum(len(tokenizer.encode(pair[side])) for pair in parts.test) for side in (0, 1))
        result[name] = ko / en
    return result


def _train(parts: Splits, korean: Cutter, english: Tokenizer, seed: int, setup: Setup) -> Transformer:
    """같은 수의 토큰을 보고 배운 한영 번역 모델이에요. 한국어 번호는 영어 번호 뒤에 이어 붙여요."""
    src = [_source(korean, english, pair.ko) for pair in parts.train]
    tgt = [[*english.encode(pair.en), EOS] for pair in parts.train]
    each = statistics.fmean(len(a) + len(b) for a, b in zip(src, tgt, strict=True))
    batch, steps = max(1, round(TOKENS / each)), setup.steps(STEPS)
    torch.manual_seed(seed)
    config = ModelConfig(
        len(english) + korean.size, d_model=96, n_heads=4, d_ff=192, n_layers=2, max_len=512, norm_first=True
    )
    model = Transformer(config).to(setup.device).train()
    optimizer = torch.optim.Adam(model.parameters(), 0.0, (0.9, 0.98), 1e-9)
    generator = torch.Generator().manual_seed(seed)
    for step in range(1, steps + 1):
        index = torch.randint(len(src), (batch,), generator=generator).tolist()
        rows, out = (padded([side[i] for i in index]).to(setup.device) for side in (src, tgt))
        total, _ = translation_loss(model, rows, torch.nn.functional.pad(out[:, :-1], (1, 0), value=1), out, 0.1)
        optimizer.zero_grad()
        (total / out.ne(0).sum()).backward()
        optimizer.param_groups[0]["lr"] = cosine_lr(step, 4e-3, max(1, steps // 10), steps)
        optimizer.step()
    return model.eval()


def _source(korean: Cutter, english: Tokenizer, text: str) -> list[int]:
    return [*(len(english) + token for token in korean.encode(text)), EOS]


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """시험 문장의 길이, 진짜 글의 모르는 조각, 번역의 chrF(0~100)예요. 지점 BOTH는 두 언어의 토큰 수의 비율이에요."""
    parts = splits(setup.size(PAIRS, least=60), 1, setup.size(ASKED, least=8), seed)
    if point["cut"] == BOTH:
        return two_languages(parts)
    korean = CUTTERS[point["cut"]]([pair.ko for pair in parts.train])
    english = Tokenizer.train((pair.en for pair in parts.train), VOCAB)
    sentence, _ = lengths(korean, [pair.ko for pair in parts.test])
    _, unknown = lengths(korean, blocks(seed).test)
    model = _train(parts, korean, english, seed, setup)
    asked = padded([_source(korean, english, pair.ko) for pair in parts.test]).to(setup.device)
    written = [english.decode(tokens) for tokens in greedy(model, asked, max_len=60)]
    chrf = CHRF().corpus_score(written, [[pair.en for pair in parts.test]]).score
    return {"tokens": sentence, "unknown_real": unknown, "chrf": chrf}


def _costs_more(results: Results) -> Finding:
    ways = {"바이트": "bytes", "영어가 아홉 배 많은 글로 배운 BPE": "mostly", "반반인 글로 배운 BPE": "even"}
    ratios = {name: results.spread(key, cut=BOTH) for name, key in ways.items()}
    verdicts = {name: at_least(ratio, 1.0 + MARGIN) for name, ratio in ratios.items()}
    verdict, said = under_conditions(verdicts)
    figures = ", ".join(f"{name} {ratio:.2f}배" for name, ratio in ratios.items())
    return Finding(
        verdict,
        f"{min(r.low for r in ratios.values()):.2f}~{max(r.high for r in ratios.values()):.2f}배",
        f"같은 뜻의 한국어 문장은 영어 문장의 {figures}의 토큰이에요({MARGIN:.0%} 이상 많아야 더 든다고 판정해요). {said}",
    )


def _never_unknown(results: Results) -> Finding:
    found = {name: results.spread("unknown_real", cut=name) for name in CUTTERS}
    listed = ", ".join(f"{name} {spread:.1%}" for name, spread in found.items())
    return Finding(
        all_of(at_most(found[name], 0.0) for name in BYTES_FIRST),
        f"음절 {found['음절']:.1%}, 바이트 {max(found[name].high for name in BYTES_FIRST):.1%}",
        f"배우지 않은 진짜 글에서 모르는 조각은 {listed}예요. {', '.join(BYTES_FIRST)} 셋이 바이트에서 시작해요.",
    )


def _better(first: str, others: tuple[str, ...]) -> Callable[[Results], Finding]:
    def judge(results: Results) -> Finding:
        mine = results.spread("chrf", cut=first)
        verdict, said = under_conditions({name: less(results.spread("chrf", cut=name), mine) for name in others})
        said = said.replace("에서는", "에 견주면")
        figures = [f"{name} {results.spread('chrf', cut=name):.1f}" for name in others]
        return Finding(
            verdict,
            f"chrF {mine:.1f} 대 {results.spread('chrf', cut=others[0]):.1f}",
            f"같은 계산량에서 번역의 chrF는 {first} {mine:.1f}, {', '.join(figures)}예요. {said}",
        )

    return judge


def draw(figure: Figure, results: Results) -> None:
    """자르는 방법마다 문장의 길이와 번역 점수예요. 막대는 평균, 점은 시드마다의 값이에요."""
    names = list(CUTTERS)
    panels = (
        ("tokens", "문장 하나의 토큰 수", MUTED),
        ("unknown_real", "진짜 글의 모르는 조각(%)", ORANGE),
        ("chrf", "번역 chrF", BLUE),
    )
    for axes, (key, name, colour) in zip(figure.subplots(1, 3, sharey=True), panels, strict=True):
        for at, cut in enumerate(names):
            spread = results.spread(key, cut=cut)
            values = [value * (100 if key == "unknown_real" else 1) for value in spread.values]
            axes.barh(at, sum(values) / len(values), color=colour, alpha=0.75)
            axes.plot(values, [at] * len(values), "o", color=INK, ms=3)
        axes.set(xlabel=name)
        axes.grid(axis="y", visible=False)
    figure.axes[0].set_yticks(range(len(names)), names)
    figure.axes[0].invert_yaxis()


EXPERIMENT = Experiment(
    name="korean-tokens",
    title="한국어는 무엇으로 잘라야 할까",
    setting=f"생성 말뭉치 {PAIRS:,}쌍의 한영 번역. 2층, d_model 96, 스텝마다 토큰 {TOKENS:,}개씩 {STEPS}스텝이라 자르는 방법마다 계산량이 같아요. "
    f"시험 문장 {ASKED}개에는 훈련에 없는 결합이 있고, 진짜 글은 헌법, 의안, 화면 글이에요.",
    points=({"cut": BOTH}, *({"cut": name} for name in CUTTERS)),
    measure=measure,
    claims=(
        Claim("korean-costs-more", "한국어는 같은 뜻에 토큰이 더 들어요", "시리즈 7편", _costs_more),
        Claim("bytes-know-all", "바이트에서 시작하면 모르는 조각이 없어요", "시리즈 7편", _never_unknown),
        Claim(
            "morphemes-help",
            "형태소로 먼저 자르면 번역이 나아져요",
            "우리의 물음",
            _better("형태소 + BPE", ("바이트 BPE",)),
        ),
        Claim(
            "subwords-beat-characters",
            "서브워드가 글자보다 나아요",
            "시리즈 7편, 논문 §5.1",
            _better("바이트 BPE", ("음절", "자모")),
        ),
    ),
    draw=draw,
    figure_size=(9.5, 4.2),
)
