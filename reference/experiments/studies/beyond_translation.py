"""번역 너머의 일: 말로 읽은 식에 괄호를 쳐서 구조를 드러내요. 논문이 구문 분석(§6.3, 표 4)으로 보인 것의 작은 판이에요.

곱하기와 나누기가 먼저, 같은 것끼리는 왼쪽부터, 거듭제곱만 오른쪽부터예요. 입력에는 괄호가 없어요.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import torch
from matplotlib.figure import Figure

from reference.config import ModelConfig
from reference.decoding import greedy
from reference.experiments.experiment import Claim, Experiment, Finding, Measured, Point, Results, Setup
from reference.experiments.language_learning import padded
from reference.experiments.rules import all_of, less
from reference.experiments.small_training import EOS, Pairs, learn, teacher_forcing
from reference.pictures import BLUE, INK, MUTED, ORANGE
from reference.schedule import cosine_lr
from reference.transformer import Transformer

NUMBERS = ["일", "이", "삼", "사", "오", "육", "칠", "팔", "구"]
POWER = {"더하기": 1, "빼기": 1, "곱하기": 2, "나누기": 2, "거듭제곱": 3}  # 클수록 먼저 묶여요.
WORDS = ["<pad>", "<s>", "</s>", "(", ")", *NUMBERS, *POWER]
NUMBER_OF = {word: number for number, word in enumerate(WORDS)}

TRAIN, ASKED, STEPS, BATCH = 6000, 200, 1200, 24  # 훈련 식의 수, 시험 식의 수(길이마다), 학습 스텝, 배치
SHORT, LONG = range(3, 7), range(7, 9)  # 배우는 식과 더 긴 식의 연산 수
MODELS = ("Transformer", "가장 비슷한 식", "왼쪽부터")

Words = tuple[str, ...]


def bracketed(words: Sequence[str]) -> Words:
    """식에 괄호를 모두 쳐요. 우선순위 오르기(precedence climbing)예요.

    "일 더하기 이 곱하기 삼" → "( 일 더하기 ( 이 곱하기 삼 ) )". 수와 연산이 번갈아 나오지 않으면 ValueError예요.
    """
    if len(words) % 2 == 0 or any((word in POWER) != (at % 2 == 1) for at, word in enumerate(words)):
        raise ValueError(f"수와 연산이 번갈아 나와야 해요: {' '.join(words)}")
    tree, end = _climb(list(words), 0, 1)
    assert end == len(words)
    return tree


def _climb(words: list[str], at: int, weakest: int) -> tuple[Words, int]:
    tree: Words = (words[at],)
    at += 1
    while at < len(words) and POWER[words[at]] >= weakest:
        operator = words[at]
        # 거듭제곱은 오른쪽부터 묶으므로 같은 세기도 오른쪽에 넘겨요.
        right, at = _climb(words, at + 1, POWER[operator] + (operator != "거듭제곱"))
        tree = ("(", *tree, operator, *right, ")")
    return tree, at


def expression(draw: random.Random, operators: int) -> Words:
    """연산이 operators개인 식 하나를 지어요."""
    words = [draw.choice(NUMBERS)]
    for _ in range(operators):
        words += [draw.choice(list(POWER)), draw.choice(NUMBERS)]
    return tuple(words)


def expressions(
    draw: random.Random, count: int, operators: range, avoid: frozenset[Words] = frozenset()
) -> list[Words]:
    """서로 다른 식 count개예요. 연산의 수는 operators에서 고르고, avoid에 있는 식은 빼요."""
    found: dict[Words, None] = {}
    while len(found) < count:
        made = expression(draw, draw.choice(operators))
        if made not in avoid:
            found[made] = None
    return list(found)


def spans(tree: Sequence[str]) -> Counter[tuple[int, int]] | None:
    """괄호 하나가 묶은 단어의 범위(처음, 끝 + 1)를 세요. 괄호의 짝이 맞지 않으면 None이에요."""
    found, opened, words = Counter[tuple[int, int]](), [], 0
    for word in tree:
        if word == "(":
            opened.append(words)
        elif word == ")":
            if not opened:
                return None
            found[opened.pop(), words] += 1
        else:
            words += 1
    return None if opened else found


def bracket_f1(guesses: Sequence[Words], answers: Sequence[Words]) -> float:
    """모든 식의 괄호를 모아 잰 F1(0~1)이에요 (논문 표 4의 점수). 단어가 바뀌었거나 짝이 틀린 답에서는 하나도 맞지 않은 것으로 쳐요."""
    right = guessed = wanted = 0
    for guess, answer in zip(guesses, answers, strict=True):
        mine, theirs = spans(guess) or Counter(), spans(answer) or Counter()
        if _words(guess) == _words(answer):
            right += sum((mine & theirs).values())
        guessed, wanted = guessed + sum(mine.values()), wanted + sum(theirs.values())
    return 2 * right / (guessed + wanted) if guessed + wanted else 1.0


def _words(tree: Sequence[str]) -> list[str]:
    return [word for word in tree if word not in "()"]


def left_branching(words: Sequence[str]) -> Words:
    """언제나 왼쪽부터 묶는 답이에요. 괄호를 생각하지 않는 사람의 읽기예요."""
    tree: Words = (words[0],)
    for operator, number in zip(words[1::2], words[2::2], strict=True):
        tree = ("(", *tree, operator, number, ")")
    return tree


def nearest(words: Sequence[str], known: Sequence[Words]) -> Words:
    """연산이 가장 비슷한 훈련 식의 괄호를 베껴요. 길이가 같은 식이 없으면 왼쪽부터 묶어요."""
    same = [other for other in known if len(other) == len(words)]
    if not same:
        return left_branching(words)
    best = max(same, key=lambda other: sum(a == b for a, b in zip(other[1::2], words[1::2], strict=True)))
    copied = iter(words)
    return tuple(word if word in "()" else next(copied) for word in bracketed(best))


def _numbers(words: Sequence[str]) -> list[int]:
    return [*map(NUMBER_OF.__getitem__, words), EOS]


def _pairs(sentences: Sequence[Words]) -> Pairs:
    return teacher_forcing(
        padded([_numbers(words) for words in sentences]), padded([_numbers(bracketed(words)) for words in sentences])
    )


def _bracket(model: Transformer, sentences: Sequence[Words], device: torch.device) -> list[Words]:
    """모델이 스스로 끝까지 쓴 답이에요."""
    model.eval()
    src = padded([_numbers(words) for words in sentences]).to(device)
    # 답에는 연산마다 괄호 둘이 더 붙어요. 가장 긴 정답보다 여유를 조금 더 줘요.
    decoded = greedy(model, src, max_len=2 * src.size(1) + 8)
    return [tuple(WORDS[token] for token in tokens) for tokens in decoded]


def _scores(guesses: Sequence[Words], sentences: Sequence[Words], kind: str) -> Measured:
    answers = [bracketed(words) for words in sentences]
    exact = sum(guess == answer for guess, answer in zip(guesses, answers, strict=True)) / len(answers)
    return {f"exact_{kind}": exact, f"f1_{kind}": bracket_f1(guesses, answers)}


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """처음 보는 식의 완전 일치와 괄호 F1(0~1)이에요. exact_same은 배운 길이, exact_long은 더 긴 식의 값이에요."""
    draw = random.Random(seed)
    train = expressions(draw, setup.size(TRAIN, least=20), SHORT)
    asked = {
        "same": expressions(draw, setup.size(ASKED, least=5), SHORT, frozenset(train)),
        "long": expressions(draw, setup.size(ASKED, least=5), LONG),
    }
    result: Measured = {}
    if point["model"] == "Transformer":
        torch.manual_seed(seed)
        model = Transformer(
            ModelConfig(len(WORDS), d_model=64, n_heads=4, d_ff=256, n_layers=2, max_len=128, norm_first=True)
        ).to(setup.device)
        steps = setup.steps(STEPS)
        learn(
            model,
            _pairs(train).to(setup.device),
            steps,
            lambda step: cosine_lr(step, 3e-3, max(1, steps // 10), steps),
            0.0,
            seed,
            BATCH,
        )
        for kind, sentences in asked.items():
            result |= _scores(_bracket(model, sentences, setup.device), sentences, kind)
        return result
    for kind, sentences in asked.items():
        if point["model"] == "가장 비슷한 식":
            guesses = [nearest(words, train) for words in sentences]
        else:
            guesses = [left_branching(words) for words in sentences]
        result |= _scores(guesses, sentences, kind)
    return result


def _learns_structure(results: Results) -> Finding:
    ours, copied, left = (results.spread("exact_same", model=model) for model in MODELS)
    return Finding(
        all_of((less(copied, ours), less(left, ours))),
        f"완전 일치 {ours:.1%}",
        f"처음 보는 식에서 완전 일치는 Transformer {ours:.1%}, 가장 비슷한 훈련 식의 괄호 베끼기 {copied:.1%}, "
        f"언제나 왼쪽부터 묶기 {left:.1%}예요.",
    )


def _reaches_longer(results: Results) -> Finding:
    same, long = (results.spread(key, model="Transformer") for key in ("exact_same", "exact_long"))
    return Finding(
        less(same.times(0.5), long),
        f"긴 식의 완전 일치 {long:.1%}",
        f"연산이 {SHORT[0]}~{SHORT[-1]}개인 식으로 배운 모델의 완전 일치는 같은 길이에서 {same:.1%}, "
        f"연산이 {LONG[0]}~{LONG[-1]}개인 식에서 {long:.1%}예요. 절반은 지켜야 통한다고 판정해요.",
    )


def draw(figure: Figure, results: Results) -> None:
    """길이마다 세 방법의 완전 일치와 괄호 F1이에요. 막대는 평균, 점은 시드마다의 값이에요."""
    for axes, (score, name) in zip(
        figure.subplots(1, 2, sharey=True), (("exact", "완전 일치"), ("f1", "괄호 F1")), strict=True
    ):
        for shift, (model, colour) in enumerate(zip(MODELS, (BLUE, ORANGE, MUTED), strict=True)):
            for at, kind in enumerate(("same", "long")):
                spread, x = results.spread(f"{score}_{kind}", model=model), at + 0.27 * (shift - 1)
                axes.bar(x, 100 * spread.mean, 0.25, color=colour, alpha=0.75, label=None if at else model)
                axes.plot([x] * len(spread.values), [100 * v for v in spread.values], ".", color=INK, ms=4)
        axes.set_xticks((0, 1), ("배운 길이", "더 긴 식"))
        axes.set_title(name)
        axes.set_ylabel("점수(%)" if score == "exact" else "")
        axes.set_ylim(0, 105)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)


EXPERIMENT = Experiment(
    name="beyond-translation",
    title="번역이 아닌 일도 같은 모델로 배울까",
    setting=f"말로 읽은 식(연산 {SHORT[0]}~{SHORT[-1]}개) {TRAIN:,}개로 괄호 치기를 {STEPS}스텝 배우고, 처음 보는 식과 더 긴 식 {ASKED}개씩으로 채점해요. "
    "인코더와 디코더 2층씩, d_model 64예요.",
    points=tuple({"model": model} for model in MODELS),
    measure=measure,
    claims=(
        Claim(
            "structure",
            "번역이 아닌 구조 출력도 베끼는 것보다 잘 배워요",
            "논문 §6.3",
            _learns_structure,
        ),
        Claim("structure-longer", "배운 것보다 긴 입력에도 통할 수 있어요", "논문 §3.5", _reaches_longer),
    ),
    draw=draw,
)
