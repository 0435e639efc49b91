"""디코딩: 한 토큰씩 골라 문장을 만들어요 (레슨 8, 논문 §3.1, §6.1).

앞의 둘은 수업에서 함께 쓰는 가장 단순한 판이고, 뒤의 셋은 같은 일을 배치와 KV 캐시로 빠르게 해요.
B 배치, n 빔, T 지금까지의 길이, V 어휘 크기. 점수는 로그 확률(nat)이에요.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from reference.masks import causal_mask, padding_mask
from reference.top_tokens import first_max, top_k
from reference.transformer import Transformer

StepFn = Callable[[Tensor], Tensor]


def length_penalty(length: int, alpha: float) -> float:
    """긴 문장이 손해 보지 않게 점수를 나눠 줄 값이에요. 식: ((5 + L) / 6)^α (논문 §6.1, Wu 외 2016 식 (14))."""
    return ((5 + length) / 6) ** alpha


def greedy_decode(step_fn: StepFn, bos: int, eos: int, max_len: int) -> list[int]:
    """매번 가장 그럴듯한 토큰을 골라요. 식: y_t = argmax_v p(v | y_<t).

    step_fn은 토큰 (1, t) → 로짓 (1, t, V). → BOS와 EOS를 뺀 토큰 목록, max_len개까지. max_len이 1보다 작으면 ValueError예요.
    """
    _check(max_len)
    tokens = [bos]
    for _ in range(max_len):
        token = int(step_fn(torch.tensor([tokens]))[0, -1].argmax())  # 마지막 자리의 예측만 써요
        if token == eos:
            break
        tokens.append(token)
    return tokens[1:]


def beam_search(step_fn: StepFn, bos: int, eos: int, beam: int, alpha: float, max_len: int) -> tuple[list[int], float]:
    """살아 있는 후보를 beam개까지 함께 키워요. 점수: Σ log p / ((5 + L) / 6)^α, L은 EOS까지 센 길이 (논문 §6.1).

    늘린 후보를 좋은 순서로 보며 EOS로 끝나면 끝난 목록에, 아니면 빔의 자리에 넣고, 자리가 차면 다음 스텝으로 가요.
    max_len까지 끝나지 못한 후보도 함께 겨루고, 같은 점수면 번호가 작은 토큰이 먼저예요.
    step_fn은 토큰 (n, t) → 로짓 (n, t, V). → (BOS와 EOS를 뺀 토큰 목록, 점수). beam이나 max_len이 1보다 작으면 ValueError예요.
    """
    _check(max_len, beam)
    live: list[tuple[float, list[int]]] = [(0.0, [bos])]
    finished: list[tuple[float, list[int]]] = []
    for length in range(1, max_len + 1):
        log_p = step_fn(torch.tensor([tokens for _, tokens in live]))[:, -1].log_softmax(-1)  # (n, V)
        grown = [
            (score + step, token, tokens)
            for (score, tokens), row in zip(live, log_p.tolist(), strict=True)
            for token, step in enumerate(row)
            if step > float("-inf")
        ]
        live = []
        for score, token, tokens in sorted(grown, key=lambda candidate: (-candidate[0], candidate[1])):
            if token == eos:
                finished.append((score / length_penalty(length, alpha), tokens[1:]))
            else:
                live.append((score, [*tokens, token]))
            if len(live) == beam:
                break
        if not live:
            break
    finished += [(score / length_penalty(len(tokens) - 1, alpha), tokens[1:]) for score, tokens in live]
    score, tokens = max(finished, key=lambda candidate: candidate[0])
    return tokens, score


def _check(max_len: int, beam: int = 1) -> None:
    if max_len < 1 or beam < 1:
        raise ValueError(f"max_len과 beam은 1 이상이어야 해요: {max_len}, {beam}")


def greedy(model: Transformer, src: Tensor, max_len: int | None = None, use_cache: bool = True) -> list[list[int]]:
    """`greedy_decode`를 문장 여러 개에 한꺼번에 해요. src (B, S) 정수 → BOS와 EOS를 뺀 토큰 목록 B개.

    max_len이 None이면 문장마다 소스 길이 + 50이에요 (논문 §6.1). `use_cache=False`는 캐시의 값어치를 잴 때만 써요.
    """
    return _decode(model, src, lambda logits: first_max(logits)[1].squeeze(1), max_len, use_cache)


def sample(
    model: Transformer,
    src: Tensor,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    generator: torch.Generator | None = None,
    max_len: int | None = None,
) -> list[list[int]]:
    """확률대로 뽑아요. temperature가 작을수록 무난하고, top_k는 좋은 k개만, top_p는 확률을 더해 p가 될 때까지만 남겨요.

    src (B, S) 정수 → 토큰 목록 B개. top_k 0과 top_p 1은 거르지 않아요. 범위를 벗어나면 ValueError예요.
    """
    if temperature <= 0 or top_k < 0 or not 0 < top_p <= 1:
        raise ValueError(
            f"temperature는 0보다 크고, top_k는 0 이상, top_p는 0 초과 1 이하여야 해요: {temperature}, {top_k}, {top_p}"
        )

    def draw(logits: Tensor) -> Tensor:
        p, token = (logits.float() / temperature).softmax(-1).sort(dim=-1, descending=True)  # (B, V)
        p[:, top_k or p.size(1) :] = 0
        p[p.cumsum(-1) - p >= top_p] = 0  # 앞선 것들만으로 top_p를 채웠으면 버려요. 첫 토큰은 언제나 남아요.
        return token.gather(1, torch.multinomial(p, 1, generator=generator)).squeeze(1)  # (B,)

    return _decode(model, src, draw, max_len, use_cache=True)


@torch.inference_mode()
def _decode(
    model: Transformer, src: Tensor, choose: Callable[[Tensor], Tensor], max_len: int | None, use_cache: bool
) -> list[list[int]]:
    """choose: 로짓 (B, V) → 토큰 (B,)로 한 토큰씩 골라 가요. 끝난 문장은 배치에서 빼요."""
    pad, bos, eos = model.config.pad_id, model.config.bos_id, model.config.eos_id
    limits = _limits(model, src, max_len)  # (B,)
    src_mask = padding_mask(src, pad)
    memory = model.encode(src, src_mask)
    cache = model.start_cache(memory) if use_cache else None
    output = src.new_full((len(src), int(limits.max())), eos)
    tokens = src.new_full((len(src), 1), bos)
    rows = torch.arange(len(src), device=src.device)  # 아직 끝나지 않은 문장
    for t in range(output.size(1)):
        if cache is None:
            mask = causal_mask(t + 1).to(src.device)
            hidden = model.decode(tokens, memory, mask, src_mask)[:, -1]  # (B, D)
        else:
            hidden = model.decode(tokens[:, -1:], None, None, src_mask, cache)[:, -1]
        chosen = choose(_logits(model, hidden))  # (B,)
        output[rows, t] = chosen
        tokens = torch.cat([tokens, chosen[:, None]], dim=1)
        live = ((chosen != eos) & (limits[rows] > t + 1)).nonzero().squeeze(1)
        if len(live) == 0:
            break
        if len(live) < len(rows):
            rows, tokens, src_mask, memory = rows[live], tokens[live], src_mask[live], memory[live]
            for layer in cache or []:
                layer.keep(live)
    return [_until(row, eos) for row in output.tolist()]


@torch.inference_mode()
def beam(
    model: Transformer, src: Tensor, beam_size: int = 4, alpha: float = 0.6, max_len: int | None = None
) -> tuple[list[list[int]], list[float]]:
    """`beam_search`를 문장 여러 개에 한꺼번에 해요 (논문 §6.1: 빔 4, α 0.6). src (B, S) 정수 → 토큰 목록 B개와 점수 B개.

    빔들은 문장마다 나무 하나를 함께 키워요. 모든 빔의 키와 값을 캐시에 스텝 순서로 늘어놓고, 어느 칸이 제 조상인지만
    마스크로 구별해요. 그래서 순서가 바뀌어도 캐시를 복사하지 않고, 크로스 어텐션의 키는 빔 수와 상관없이 문장마다 하나예요.
    """
    limits = _limits(model, src, max_len)  # (B,)
    L, n, V, eos = int(limits.max()), beam_size, model.config.vocab_size, model.config.eos_id
    _check(L, n)
    src_mask = padding_mask(src, model.config.pad_id)
    cache = model.start_cache(model.encode(src, src_mask))
    B, device = len(src), src.device

    rows = torch.arange(B, device=device)  # 아직 끝나지 않은 문장
    tokens = torch.full((B, 1), model.config.bos_id, device=device)  # 처음에는 하나뿐이고 첫 스텝에서 n개로 갈라져요.
    score = torch.zeros(B, 1, device=device)
    history = torch.full((B, 1, L), eos, device=device)
    ancestor = torch.zeros(B, 1, 0, dtype=torch.bool, device=device)
    best = torch.full((B,), -torch.inf, device=device)
    output = torch.full((B, L), eos, device=device)
    for t in range(L):
        myself = torch.eye(tokens.size(1), dtype=torch.bool, device=device).expand(len(rows), -1, -1)
        ancestor = torch.cat([ancestor, myself], dim=2)  # 나도 나의 조상 (B, n, 적은 칸)
        hidden = model.decode(tokens, None, ancestor[:, None], src_mask, cache)  # (B, n, D)
        grown = _logits(model, hidden).log_softmax(-1, dtype=torch.float32).add_(score[..., None])  # (B, n, V)
        ends = grown[..., eos].clone()  # (B, n) 여기서 끝낼 때의 점수
        grown[..., eos] = -torch.inf
        grown = grown.flatten(1)  # 문장마다 빔들이 낳은 n·V개 가운데에서
        score, index = top_k(grown, min(n, grown.size(1)))  # (B, n)
        parent, tokens = index // V, index % V

        ends = ends.masked_fill(ends < score[:, -1:], -torch.inf) / length_penalty(t + 1, alpha)
        end, which = ends.max(1)  # (B,) 이번에 끝난 후보 가운데 으뜸
        best, output = _better(best, output, end, history[torch.arange(len(rows), device=device), which], rows)
        history = history.gather(1, parent[..., None].expand(-1, -1, L))
        history[:, :, t] = tokens
        ancestor = ancestor.gather(1, parent[..., None].expand(-1, -1, ancestor.size(2)))

        last = limits[rows] == t + 1
        unfinished = torch.where(last, score[:, 0] / length_penalty(t + 1, alpha), -torch.inf)
        best, output = _better(best, output, unfinished, history[:, 0], rows)
        # 로그 확률은 줄기만 하므로, 끝까지 가도 으뜸을 못 넘는 문장은 그만 찾아도 결과가 같아요.
        bound = score[:, 0] / ((5 + limits[rows]) / 6) ** alpha
        live = (~last & (bound > best[rows])).nonzero().squeeze(1)
        if len(live) == 0:
            break
        if len(live) < len(rows):
            rows, tokens, score, src_mask = rows[live], tokens[live], score[live], src_mask[live]
            history, ancestor = history[live], ancestor[live]
            for layer in cache:
                layer.keep(live)
    return [_until(row, eos) for row in output.tolist()], best.tolist()


def _logits(model: Transformer, hidden: Tensor) -> Tensor:
    """hidden (..., D) → (..., V). PAD와 BOS는 문장 안에 올 수 없으므로 고르지 못하게 해요."""
    logits = model.logits(hidden)
    logits[..., model.config.pad_id] = logits[..., model.config.bos_id] = -torch.inf
    return logits


def _better(best: Tensor, output: Tensor, score: Tensor, tokens: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """rows번째 문장의 으뜸보다 나은 것으로 바꿔요. score (b,), tokens (b, L)."""
    wins = score > best[rows]
    best[rows] = torch.where(wins, score, best[rows])
    output[rows] = torch.where(wins[:, None], tokens, output[rows])
    return best, output


def _limits(model: Transformer, src: Tensor, max_len: int | None) -> Tensor:
    """문장마다 몇 토큰까지 만들지예요. (B,)"""
    if max_len is None:
        limits = (src != model.config.pad_id).sum(1) + 50
    else:
        _check(max_len)
        limits = torch.full((len(src),), max_len, device=src.device)
    return limits.clamp(max=model.config.max_len)


def _until(tokens: list[int], eos: int) -> list[int]:
    return tokens[: tokens.index(eos)] if eos in tokens else tokens
