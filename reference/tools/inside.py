"""번역하는 모델의 속: 조각, 빔 서치의 스텝, 어텐션 지도, 임베딩 표를 평범한 사전과 목록으로 보여 줘요.

화면이 무엇인지는 몰라요. 사전의 `kind`는 read(읽은 원문), step(빔 서치의 스텝), done(번역), maps(어텐션 지도)예요.
S 원문의 조각 수(EOS까지), T 번역문의 조각 수(EOS까지), L 층, H 헤드, V 어휘, D = d_model. 점수는 로그 확률(nat)이에요.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from reference.data.cleaning import clean_text
from reference.data.known_words import no_list
from reference.decoding import length_penalty
from reference.errors import UserError
from reference.masks import causal_mask, padding_mask
from reference.multi_head import attention_maps
from reference.tools.readable_pieces import load_frequent, readable
from reference.tools.saved_model import SavedModel, read_info
from reference.transformer import Transformer

LONGEST = 80  # 지도를 눈으로 볼 만한 원문의 조각 수
BEAMS = [1, 2, 4, 8]
POINTS = 600  # 임베딩 지도의 점
END, START = "끝", "시작"
EXAMPLES = [
    "어제 친구와 카페에서 커피를 마셨어요.",
    "안녕하세요. 만나서 반가워요.",
    "지하철역까지 어떻게 가요?",
    "비가 오면 택시를 타세요.",
    "도토리를 먹었어요.",
]


@dataclass(frozen=True)
class Grown:
    """후보 하나를 한 토큰 늘린 것. `to`는 다음 스텝의 자리(−1이면 잘림), `final`은 끝난 문장의 점수예요."""

    token: int
    score: float
    to: int = -1
    final: float | None = None


@torch.inference_mode()
def search(
    model: Transformer, src: Tensor, n: int, alpha: float, limit: int
) -> Iterator[tuple[list[list[Grown]], list[list[int]], tuple[float, list[int]]]]:
    """문장 하나의 `decoding.beam`을 한 스텝씩, 버린 후보까지 내줘요. n이 1이면 그리디예요. src (1, S).

    스텝마다 (살아 있던 후보마다 늘려 본 것들, 살아남은 토큰들, 지금까지의 으뜸 (점수, 토큰들))이고, 마지막 것의 으뜸이 번역이에요.
    """
    config, src_mask = model.config, padding_mask(src, model.config.pad_id)
    memory = model.encode(src, src_mask)
    live: list[tuple[float, list[int]]] = [(0.0, [])]
    best: tuple[float, list[int]] = (float("-inf"), [])
    for length in range(1, limit + 1):
        tokens = torch.tensor([[config.bos_id, *row] for _, row in live], device=src.device)  # (b, t)
        seen = causal_mask(length).to(src.device)
        hidden = model.decode(tokens, memory.expand(len(live), -1, -1), seen, src_mask)[:, -1]  # (b, D)
        logits = model.logits(hidden)
        logits[:, [config.pad_id, config.bos_id]] = -torch.inf
        log_p = logits.log_softmax(-1, dtype=torch.float32)  # (b, V)
        top, words = log_p.topk(min(n + 2, log_p.size(1)))
        tried = [
            [(score + step, token) for step, token in zip(row, names, strict=True)]
            for (score, _), row, names in zip(live, top.tolist(), words.tolist(), strict=True)
        ]
        ends = [score + end for (score, _), end in zip(live, log_p[:, config.eos_id].tolist(), strict=True)]
        order = sorted(
            (-score, i, token) for i, row in enumerate(tried) for score, token in row if token != config.eos_id
        )[:n]
        lowest = -order[-1][0]
        places = {(i, token): place for place, (_, i, token) in enumerate(order)}
        rows: list[list[Grown]] = []
        for i, row in enumerate(tried):
            grown = [Grown(token, score, places.get((i, token), -1)) for score, token in row if token != config.eos_id]
            if ends[i] >= lowest:  # 살아남은 것들만큼 좋아야 끝난 문장으로 쳐요.
                final = ends[i] / length_penalty(length, alpha)
                grown.append(Grown(config.eos_id, ends[i], final=final))
                best = max(best, (final, live[i][1]), key=lambda found: found[0])
            rows.append(sorted(grown, key=lambda one: -one.score))
        greedy_end = n == 1 and rows[0][0].token == config.eos_id
        live = [(-cost, [*live[i][1], token]) for cost, i, token in order]
        if length == limit:
            best = max(best, (live[0][0] / length_penalty(length, alpha), live[0][1]), key=lambda found: found[0])
        yield rows, [row for _, row in live], best
        if greedy_end or live[0][0] / length_penalty(limit, alpha) <= best[0]:
            return  # 로그 확률은 줄기만 해서, 끝까지 가도 으뜸을 넘지 못해요.


class Inside:
    """실행 폴더 하나를 열어 둔 것. 지도와 점수가 흐려지지 않게 CPU에서는 fp32로 계산해요. 열 수 없으면 UserError예요."""

    def __init__(self, folder: Path, device: str = "auto", precision: str = "fp32") -> None:
        self.info, self.opened = read_info(folder), SavedModel.open(folder, device, precision)
        self.model, self.tokenizer, self.machine = self.opened.model, self.opened.tokenizer, self.opened.machine
        self.longest = min(LONGEST, self.model.config.max_len - 1)

    def about(self) -> dict[str, Any]:
        """모델의 소개."""
        config, data = self.model.config, self.info.get("data", {})
        size = sum(parameter.numel() for parameter in self.model.parameters())
        pairs = self.info.get("pairs")
        facts = [
            ["파라미터", f"{size:,}개"],
            ["층", f"인코더 {config.n_layers} + 디코더 {config.n_layers}"],
            ["헤드", f"{config.n_heads}개"],
            ["너비", f"{config.d_model}"],
            ["어휘", f"{config.vocab_size:,}개"],
            *([["훈련 데이터", f"{pairs:,}쌍"]] if pairs else []),
        ]
        generated = not data.get("train") and not data.get("reverse")
        return {
            "name": self.opened.folder.resolve().name,
            "facts": facts,
            "examples": EXAMPLES if generated else [],
            "beams": BEAMS,
            "beam": 4,
            "longest": self.longest,
            "note": "" if self.opened.known else no_list(self.opened.folder),
        }

    def show(self, sentence: str, beam: int, emit: Callable[[dict[str, Any]], None]) -> None:
        """문장 하나를 번역하며 일어나는 일을 차례로 `emit`해요. 너무 길거나 비었으면 UserError예요."""
        sentence = clean_text(sentence)
        ids = self.tokenizer.encode(sentence)
        if not sentence:
            raise UserError("번역할 글자가 없어요. 문장을 적어 주세요.")
        if len(ids) > self.longest:
            raise UserError(
                f"문장이 너무 길어요(조각 {len(ids)}개). {self.longest}개까지 볼 수 있으니 나눠서 적어 주세요."
            )
        emit({"kind": "read", **self.read(sentence, ids)})
        src = self.machine.to_device(torch.tensor([[*ids, self.tokenizer.eos_id]]))  # (1, S)
        limit, config = min(len(ids) + 51, self.model.config.max_len), self.model.config
        history: list[list[list[int]]] = [[[]]]  # 스텝마다 살아 있던 후보들. 처음에는 빈 문장 하나예요.
        score, found = 0.0, list[int]()
        for rows, live, best in search(self.model, src, beam, self.opened.alpha, limit):
            score, found = best
            shown = [self._choices(row, written) for row, written in zip(rows, history[-1], strict=True)]
            history.append(live)
            emit({"kind": "step", "rows": shown, **self._lead(live[0])})
        lanes = [history[t].index(found[:t]) for t in range(1, len(found) + 1)]
        pieces = self._pieces(found)
        text = self.tokenizer.decode(found)
        unsure = self.opened.unsure(sentence, text)
        emit({"kind": "done", "text": text, "pieces": pieces, "score": score, "lanes": lanes, "unsure": unsure})
        with torch.inference_mode(), attention_maps(self.model) as maps:
            self.model(src, self.machine.to_device(torch.tensor([[config.bos_id, *found]])))
        emit({"kind": "maps", **self._maps(maps, ids, found)})

    def read(self, sentence: str, ids: Sequence[int]) -> dict[str, Any]:
        """읽은 원문: 단어마다 훈련 데이터에 있었는지, 조각마다 어느 단어의 것인지."""
        words = sentence.split()
        missing = [bool(self.opened.unknown_words(word)) for word in words]
        pieces = [*self._pieces(ids), {"text": END, "word": -1, "id": self.tokenizer.eos_id}]
        named = [{"text": word, "unknown": lost} for word, lost in zip(words, missing, strict=True)]
        return {"words": named, "pieces": pieces, "note": self.opened.unknown_words(sentence)}

    def table(self) -> tuple[list[int], list[str], Tensor]:
        """임베딩 지도에 놓을 (번호, 글, 벡터 (N, D)): 이름을 적을 만한 조각을 자주 나온 것부터 POINTS개까지."""
        found = dict(list(load_frequent(self.opened.folder, self.tokenizer).items())[:POINTS])
        return list(found), list(found.values()), self.model.embedding.E.detach()[list(found)].float().cpu()

    def _choices(self, row: list[Grown], written: list[int]) -> list[dict[str, Any]]:
        made = []
        for one in row:
            ended = one.final is not None
            text = END if ended else self.tokenizer.pieces([one.token])[0]
            made.append({"piece": text, "score": round(one.score, 4), "to": one.to, "final": one.final})
            if ended:
                made[-1]["text"] = self.tokenizer.decode(written)
        return made

    def _lead(self, tokens: list[int]) -> dict[str, Any]:
        return {"lead": readable(self.tokenizer, tokens)[1], "text": self.tokenizer.decode(tokens)}

    def _pieces(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        """조각들. 바이트로 나뉜 한 글자는 한 조각이고, 몇 번째 단어인지는 앞에서부터 이어 읽어서 알아요."""
        table, texts = readable(self.tokenizer, list(ids))
        pieces, words = [], len(self.tokenizer.decode(ids).split())
        for group, text in zip(table, texts, strict=True):
            members = group.nonzero().squeeze(1).tolist()
            so_far = self.tokenizer.decode(ids[: members[-1] + 1])
            word = len(f"{so_far}x".split()) - 1 if so_far[-1:].isspace() else len(so_far.split()) - 1
            pieces.append({"text": text, "word": min(max(word, 0), words - 1), "id": int(ids[members[0]])})
        return pieces

    def _maps(self, maps: dict[str, list[Tensor]], src: Sequence[int], tgt: Sequence[int]) -> dict[str, Any]:
        """기록한 가중치를 조각마다의 것으로. 묻는 쪽은 조각의 평균, 보이는 쪽은 조각의 합이라 줄의 합은 그대로 1이에요."""
        one = torch.ones(1, 1)
        source, target = readable(self.tokenizer, list(src))[0], readable(self.tokenizer, list(tgt))[0]
        # 번역문의 줄은 그때 고른 조각이고(마지막은 EOS), 칸은 그때까지 쓴 조각이에요(처음은 BOS).
        S, asked, written = (torch.block_diag(*parts) for parts in ((source, one), (target, one), (one, target)))
        sides = {
            "encoder": ("encoder.{}.self_attn", S, S),
            "decoder": ("decoder.{}.self_attn", asked, written),
            "cross": ("decoder.{}.cross_attn", asked, S),
        }
        found = {}
        for kind, (name, left, below) in sides.items():
            layers = [maps[name.format(layer)][0][0].float().cpu() for layer in range(self.model.config.n_layers)]
            grouped = [(left / left.sum(1, keepdim=True)) @ layer @ below.T for layer in layers]
            found[kind] = [rounded(layer) for layer in grouped]
        return found


def rounded(weights: Tensor) -> list[Any]:
    """가중치 (H, T, S)를 소수 넷째 자리까지의 목록으로."""
    return [[[round(w, 4) for w in row] for row in head] for head in weights.tolist()]
