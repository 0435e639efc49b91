"""레슨 8에서 조립한 번역기의 속을 들여다보는 화면. 노트북에서 `play(model, vocabulary)`라고 부르면 열려요.

번역은 학습자의 부품이 하고, 여기서는 무엇을 물었는지 엿들어 화면이 아는 값(`play/protocol.py`)으로 옮기기만 해요.
"""

from __future__ import annotations

import html
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

from autograder.kit.cloud import points
from autograder.kit.model import Assembled
from autograder.kit.vocabulary import BOS, EOS, Vocabulary
from autograder.play.protocol import About, Choice, Done, Emit, Maps, Piece, PlayError, Point, Read, Step, Weights, Word
from autograder.play.server import PORT, Show

LONGEST = 24  # 쓸 조각 수
ALPHA = 0.6
TRIED = 4  # 후보마다 함께 보여 줄, 고르지 않은 조각의 수
END, SPACE = "끝", "▁"
_open: list[Show] = []  # 이 커널이 열어 둔 화면. 다시 부르면 앞의 것을 닫아요.

Row = tuple[int, ...]


@dataclass(frozen=True)
class Asked:
    """빔 서치가 물은 후보 하나: 지금까지의 로그 확률, 이어질 조각들 (로그 확률의 합, 번호), 거기서 끝낼 때의 합."""

    total: float
    tried: list[tuple[float, int]]
    end: float


class Inside:
    """조립한 모델과 어휘를 화면이 들여다볼 수 있게 한 것. 지금의 가중치를 베껴서, 원래의 모델은 계속 배워도 돼요."""

    def __init__(self, model: Assembled, vocabulary: Vocabulary, examples: list[str]) -> None:
        self.model, self.vocabulary, self.examples = model.snapshot(), vocabulary, examples
        self.longest = min(LONGEST, model.max_len - 2)
        self.search = model.parts.get("beam_search")

    def about(self) -> About:
        """번역기의 소개. 빔 서치가 아직 없으면 그리디만 있어요."""
        model, parts = self.model, self.model.parts
        facts = [
            ["파라미터", f"{sum(w.numel() for w in model.parameters()):,}개"],
            ["층", f"인코더 {len(model.encoder)} + 디코더 {len(model.decoder)}"],
            ["헤드", f"{model.n_heads}개"],
            ["너비", f"{model.d_model}"],
            ["어휘", f"{len(self.vocabulary)}개"],
            *([["여러분의 부품", f"{len(parts.yours)} / {len(parts.choices)}"]] if parts.choices else []),
        ]
        beams = [1, 2, 3, 4] if self.search else [1]
        note = "" if self.search else "beam_search를 만들면 빔도 볼 수 있어요."
        return About("나만의 번역기", facts, self.examples, beams, beams[-1], self.longest, note)

    @torch.no_grad()
    def show(self, sentence: str, beam: int, emit: Emit) -> None:
        """문장 하나를 번역하며 일어나는 일. 모르는 조각이 있거나 너무 길면 PlayError예요."""
        ids = self.read(sentence, emit)
        self.model.eval()
        src = torch.tensor([[*ids, EOS]])
        score, row = self.greedy(src, emit) if beam == 1 or self.search is None else self.beam(src, beam, emit)
        text = self.vocabulary.decode(row)
        lanes = self.lanes[: len(row)]
        emit(Done(text, self._pieces(row), score, lanes))
        seen = self.model.attention_maps(src, torch.tensor([[BOS, *row]]))
        emit(Maps(*(_weights(seen[kind]) for kind in ("encoder", "decoder", "cross"))))

    def read(self, sentence: str, emit: Emit) -> list[int]:
        """문장을 조각으로 나눠 `emit`하고 번호들을 돌려줘요."""
        known, words = set(self.vocabulary.words), sentence.split()
        if lost := self.vocabulary.unknown(sentence):
            some = " ".join(self.vocabulary.words[:12])
            raise PlayError(
                f"이 번역기의 어휘에 없는 조각이 있어요: {', '.join(lost)}. 아는 단어로 적어 주세요: {some} …"
            )
        ids = self.vocabulary.encode(sentence)
        if not 0 < len(ids) <= self.longest:
            raise PlayError(
                f"문장이 너무 길어요(조각 {len(ids)}개). {self.longest}개까지 볼 수 있으니 나눠서 적어 주세요."
            )
        new = [word for word in words if word not in known]
        note = f"학습한 문장에 없던 단어: {', '.join(dict.fromkeys(new))}" if new else ""
        pieces = [
            Piece(_shown(piece), n, self.vocabulary.index[piece])
            for n, word in enumerate(words)
            for piece in self.vocabulary.pieces(word)
        ]
        emit(Read([Word(word, word in new) for word in words], [*pieces, Piece(END, -1, EOS)], note))
        return ids

    def greedy(self, src: Tensor, emit: Emit) -> tuple[float, Row]:
        """부품의 그리디로 쓴 문장을, 조각마다 함께 견준 것들과 함께. src (1, S)."""
        found = self.model.generate(src, self.longest)[0].tolist()
        row = tuple(found[: found.index(EOS)] if EOS in found else found)
        sure = self.model(src, torch.tensor([[BOS, *row]])).log_softmax(-1)[0]  # (T, V)
        total, self.lanes = 0.0, [0] * len(row)
        for t, chosen in enumerate(found[: len(row) + 1]):  # 끝을 내지 못한 문장에는 EOS가 없어요.
            top, ids = sure[t].topk(min(TRIED, sure.size(1)))
            rivals = [(total + p, i) for p, i in zip(top.tolist(), ids.tolist(), strict=True) if i not in (chosen, EOS)]
            total += float(sure[t, chosen])
            written = row[: t + 1]
            kept = self._choice(total, chosen, 0) if chosen != EOS else self._ended(total, row, len(row) + 1)
            emit(self._step([[kept, *(self._choice(score, i) for score, i in rivals)]], written))
        return total / _penalty(len(row) + 1), row

    def beam(self, src: Tensor, beam: int, emit: Emit) -> tuple[float, Row]:
        """부품의 빔 서치가 지나간 길. 무엇을 물었는지 엿들어서, 다음에 물은 것은 살아남은 후보로 쳐요. src (1, S)."""
        assert self.search is not None
        ask, heard = self.model.step_fn(src), dict[Row, Asked]()

        def listen(tokens: Tensor) -> Tensor:
            logits = ask(tokens)
            sure = logits.log_softmax(-1)  # (n, t, V)
            totals = sure[:, :-1].gather(2, tokens[:, 1:, None]).sum((1, 2))
            top, ids = sure[:, -1].topk(min(beam + TRIED, sure.size(2)))
            for n, row in enumerate(tokens[:, 1:].tolist()):
                total, pairs = float(totals[n]), zip(top[n].tolist(), ids[n].tolist(), strict=True)
                heard[tuple(row)] = Asked(total, [(total + p, i) for p, i in pairs], total + float(sure[n, -1, EOS]))
            return logits

        best, score = self.search(listen, BOS, EOS, beam, ALPHA, self.longest)
        row: Row = tuple(int(token) for token in best)
        levels: dict[int, list[Row]] = defaultdict(list)  # 길이마다, 점수가 높은 것부터
        for length, rows in groupby(sorted(heard, key=len), key=len):
            levels[length] = sorted((r for r in rows if EOS not in r), key=lambda r: -heard[r].total)
        self.lanes = [levels[t].index(row[:t]) if row[:t] in levels[t] else 0 for t in range(1, len(row) + 1)]
        for length in range(min(len(row) + 1, max(levels) + 1)):
            after = levels[length + 1]
            lowest = heard[after[-1]].total if after else -torch.inf
            emit(
                self._step([self._grown(one, heard[one], after, lowest) for one in levels[length]], (after or [row])[0])
            )
        return float(score), row

    def _grown(self, row: Row, asked: Asked, after: list[Row], lowest: float) -> list[Choice]:
        made = [
            self._choice(score, i, after.index((*row, i)) if (*row, i) in after else -1)
            for score, i in asked.tried
            if i != EOS
        ]
        return [*made, self._ended(asked.end, row, len(row) + 1)] if asked.end >= lowest else made

    def _choice(self, score: float, token: int, to: int = -1) -> Choice:
        return Choice(_shown(self.vocabulary.tokens[token]), score, to)

    def _ended(self, total: float, row: Row, length: int) -> Choice:
        return Choice(END, total, final=total / _penalty(length), text=self.vocabulary.decode(row))

    def _step(self, rows: list[list[Choice]], lead: Row) -> Step:
        return Step(rows, [_shown(self.vocabulary.tokens[i]) for i in lead], self.vocabulary.decode(lead))

    def _pieces(self, row: Row) -> list[Piece]:
        pieces, word = list[Piece](), -1
        for i in row:
            word += word < 0 or self.vocabulary.tokens[i].startswith(SPACE)
            pieces.append(Piece(_shown(self.vocabulary.tokens[i]), word, i))
        return pieces

    def cloud(self) -> list[Point]:
        """임베딩 지도: 단어의 처음이 되는, 글자로만 된 조각들."""
        table = self.model.E if self.model.table is None else self.model.table.weight
        named = [(i, t[1:]) for i, t in enumerate(self.vocabulary.tokens) if t.startswith(SPACE) and t[1:].isalpha()]
        return points([i for i, _ in named], [text for _, text in named], table[[i for i, _ in named]])


class Link:
    """열어 둔 화면의 주소. 셀 끝에 두면 누를 수 있는 링크예요."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __repr__(self) -> str:
        return f"번역기의 속을 열었어요. 이 노트북이 도는 컴퓨터의 브라우저에서 여세요: {self.url}"

    def _repr_html_(self) -> str:
        url = html.escape(self.url)
        return (
            f'<p style="font-size:1.1em"><a href="{url}" target="_blank" rel="noopener"><b>번역기의 속 들여다보기 ↗</b></a></p>'
            "<p>이 노트북이 도는 컴퓨터의 브라우저에서만 열리고, 커널을 끄면 닫혀요.</p>"
        )


def play(model: Assembled, vocabulary: Vocabulary, examples: list[str] | None = None, port: int = PORT) -> Link:
    """조립한 번역기의 속을 보는 화면을 이 커널에서 열고 그 주소를 돌려줘요. 다시 부르면 앞의 화면은 닫혀요."""
    while _open:
        _open.pop().close()
    _open.append(Show(Inside(model, vocabulary, examples or []), port))
    return Link(_open[0].url)


def _penalty(length: int) -> float:
    return float(((5 + length) / 6) ** ALPHA)


def _shown(piece: str) -> str:
    return piece.replace(SPACE, "") or SPACE


def _weights(layers: list[Tensor]) -> Weights:
    """층마다의 가중치 (H, T, S)를 목록으로. 한 층이라도 엿볼 수 없었으면 빈 목록이에요."""
    if any(layer.isnan().any() for layer in layers):
        return []
    return [[[[round(w, 4) for w in row] for row in head] for head in layer.tolist()] for layer in layers]
