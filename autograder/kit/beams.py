"""학습자의 빔 서치가 데리고 간 후보를 엿들어 그려요. 찾는 일은 학습자의 함수가 하고, 여기서는 무엇을 물었는지만 적어 둬요."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from autograder.kit import plots
from autograder.kit.model import Assembled
from autograder.kit.pairs import Pair
from autograder.kit.progress_bar import progress
from autograder.kit.vocabulary import BOS, EOS, Vocabulary

LONGEST = 24  # 쓸 토큰 수
WIDEST = 12  # 나무에 그릴 스텝 수


@dataclass(frozen=True)
class Watched:
    """빔 서치 한 번: 고른 문장과, 스텝마다 살아 있던 후보 (토큰들, 로그 확률의 합, 거기서 끝낼 로그 확률)."""

    best: tuple[int, ...]
    steps: list[list[tuple[tuple[int, ...], float, float]]]


@torch.no_grad()
def watch(model: Assembled, vocabulary: Vocabulary, sentence: str, beam: int, alpha: float) -> Watched:
    """부품의 `beam_search`에, 물은 것을 적어 두는 한 스텝 함수를 넘겨요."""
    model.eval()
    ask = model.step_fn(torch.tensor([[*vocabulary.encode(sentence), EOS]]))
    steps: list[list[tuple[tuple[int, ...], float, float]]] = []

    def listen(tokens: Tensor) -> Tensor:
        logits = ask(tokens)
        sure = logits.log_softmax(-1)
        written = sure[:, :-1].gather(2, tokens[:, 1:, None]).sum((1, 2))
        steps.append(
            [
                (tuple(row), total, end)
                for row, total, end in zip(
                    tokens[:, 1:].tolist(), written.tolist(), sure[:, -1, EOS].tolist(), strict=True
                )
            ]
        )
        return logits

    best, _ = model.parts["beam_search"](listen, BOS, EOS, beam, alpha, LONGEST)
    return Watched(tuple(best), steps)


def candidates(
    model: Assembled, vocabulary: Vocabulary, sentence: str, beam: int = 4, alpha: float = 0.6
) -> list[tuple[str, float]]:
    """빔 서치가 본 끝난 문장들 가운데 확률이 높은 `beam`개를 (문장, 확률)로, 높은 것부터."""
    ended = {
        row: total + end for step in watch(model, vocabulary, sentence, beam, alpha).steps for row, total, end in step
    }
    best = sorted(ended.items(), key=lambda item: -item[1])[:beam]
    return [(vocabulary.decode(row), float(torch.tensor(total).exp())) for row, total in best]


def where_greedy_loses(
    model: Assembled, vocabulary: Vocabulary, pairs: Sequence[Pair], beam: int = 4, alpha: float = 0.6
) -> tuple[Pair, str, str] | None:
    """그리디는 다른 문장을 쓰고 빔 서치는 맞는 첫 문장과 두 번역. 두 부품이 없거나 그런 문장이 없으면 None."""
    greedy, search = model.parts.get("greedy_decode"), model.parts.get("beam_search")
    if greedy is None or search is None:
        return None
    endless = None
    for pair in progress(pairs, "그리디가 지는 문장 찾기"):
        with torch.no_grad():
            step = model.step_fn(torch.tensor([[*vocabulary.encode(pair.ko), EOS]]))
            row = greedy(step, BOS, EOS, LONGEST)
            if (one := vocabulary.decode(row)) == pair.en:
                continue
            if (many := vocabulary.decode(search(step, BOS, EOS, beam, alpha, LONGEST)[0])) == pair.en:
                if len(row) < LONGEST:
                    return pair, one, many
                endless = endless or (pair, one, many)  # 그리디가 끝을 내지 못한 문장은 다른 것이 없을 때만
    return endless


def beam_tree(model: Assembled, vocabulary: Vocabulary, sentence: str, beam: int = 4, alpha: float = 0.6) -> None:
    """빔 서치가 지나간 길을 나무로. 세로는 그 스텝에서의 순위, 파란 길이 고른 문장, 적힌 수는 지금까지의 로그 확률이에요."""
    seen = watch(model, vocabulary, sentence, beam, alpha)
    last = min(len(seen.best) + 1, WIDEST)
    ax = plots.panels(1, width=10.2, height=1.6 + 0.75 * beam)[0]
    places: dict[tuple[int, ...], tuple[int, int]] = {}
    for step in seen.steps[: last + 1]:
        for rank, (row, total, _) in enumerate(sorted(step, key=lambda one: -one[1])):
            places[row] = here = (len(row), -rank)
            chosen = seen.best[: len(row)] == row
            color = plots.BLUE if chosen else plots.GREY
            if row and row[:-1] in places:
                before = places[row[:-1]]
                ax.plot(
                    [before[0], here[0]], [before[1], here[1]], color=color, linewidth=2.4 if chosen else 1.2, zorder=1
                )
            word = vocabulary.tokens[row[-1]].replace("▁", "") if row else "<bos>"
            ax.text(
                *here,
                f"{word or '▁'}\n{total:.1f}",
                ha="center",
                va="center",
                fontsize=8.5,
                color=color if chosen else plots.INK,
                bbox={"boxstyle": "round,pad=0.25", "facecolor": plt.rcParams["figure.facecolor"], "edgecolor": color},
            )
    ax.set_xlim(-0.6, last + 0.6)
    ax.set_ylim(-beam + 0.4, 0.6)
    ax.set_xticks(range(last + 1))
    ax.set_yticks([-r for r in range(beam)], [f"{r + 1}위" for r in range(beam)])
    ax.set_xlabel("쓴 조각의 수")
    ax.set_ylabel("그 스텝의 순위")
    ax.set_title(f"빔 {beam}: {vocabulary.decode(seen.best)}")
    ax.grid(visible=False)
