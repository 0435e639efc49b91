"""멀티 헤드 어텐션: 작은 어텐션 여러 개가 서로 다른 곳을 봐요 (레슨 6, 논문 §3.2.2).

B 배치, T 쿼리 길이, S 키 길이, D = d_model, H 헤드, G 키/값 헤드, K = d_k. 마스크는 True = 볼 수 있음.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reference.attention import attend, scaled_dot_product_attention
from reference.config import ModelConfig
from reference.fast_rope import turn


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    """특징 축을 헤드로 나눠요 (논문 §3.2.2). x (B, T, D) → (B, H, T, K). 나누어떨어지지 않으면 ValueError예요."""
    B, T, D = x.shape
    if n_heads < 1 or D % n_heads:
        raise ValueError(f"d_model({D})은 n_heads({n_heads})로 나누어떨어져야 해요.")
    return x.view(B, T, n_heads, D // n_heads).transpose(1, 2)  # (B, H, T, K)


def merge_heads(x: Tensor) -> Tensor:
    """헤드를 다시 이어 붙여요. 식: Concat(head_1, ..., head_h) (논문 §3.2.2). x (B, H, T, K) → (B, T, D)."""
    return x.transpose(1, 2).flatten(2)  # (B, T, D)


def multi_head_attention(
    q_in: Tensor, kv_in: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, W_o: Tensor, n_heads: int, mask: Tensor | None
) -> Tensor:
    """식: MultiHead(Q, K, V) = Concat(head_1, ..., head_h) W_o (논문 §3.2.2).

    q_in (B, T, D), kv_in (B, S, D), W_* (D, D), mask는 (B, H, T, S)로 브로드캐스트 또는 None → (B, T, D).
    """
    q, k, v = (split_heads(x, n_heads) for x in (q_in @ W_q, kv_in @ W_k, kv_in @ W_v))  # (B, H, ·, K)
    return merge_heads(scaled_dot_product_attention(q, k, v, mask)[0]) @ W_o  # (B, T, D)


def cross_attention(
    x: Tensor, memory: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, W_o: Tensor, n_heads: int, src_mask: Tensor | None
) -> Tensor:
    """디코더가 묻고 인코더의 기억이 답해요 (논문 §3.2.3). x (B, T, D), memory (B, S, D) → (B, T, D)."""
    return multi_head_attention(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask)


def mha_param_count(d_model: int, n_heads: int, bias: bool) -> int:
    """행렬 네 개와 (있다면) 편향 네 개를 세요. 헤드 수는 총수를 바꾸지 않아요 (논문 §3.2.2).

    나누어떨어지지 않으면 ValueError예요.
    """
    if d_model < 1 or n_heads < 1 or d_model % n_heads:
        raise ValueError(f"d_model({d_model})은 n_heads({n_heads})로 나누어떨어지는 양수여야 해요.")
    return 4 * d_model * d_model + (4 * d_model if bias else 0)


def attend_with_cache(
    x_t: Tensor, cache: dict[str, Tensor] | None, W_q: Tensor, W_k: Tensor, W_v: Tensor, W_o: Tensor, n_heads: int
) -> tuple[Tensor, dict[str, Tensor]]:
    """새 토큰 하나만 계산하고 지난 키와 값은 캐시에서 꺼내요 (논문 §3.1의 자기회귀를 싸게).

    x_t (B, 1, D), cache는 {"k": (B, H, t, K), "v": 같은 모양}이나 None → (B, 1, D)와 새 캐시 (t+1칸).
    받은 캐시는 바꾸지 않아요.
    """
    q, k, v = (split_heads(x_t @ W, n_heads) for W in (W_q, W_k, W_v))  # (B, H, 1, K)
    if cache is not None:
        k, v = torch.cat([cache["k"], k], dim=2), torch.cat([cache["v"], v], dim=2)  # (B, H, t+1, K)
    out = merge_heads(scaled_dot_product_attention(q, k, v, None)[0]) @ W_o
    return out, {"k": k, "v": v}


def grouped_query_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """여러 쿼리 헤드가 키/값 헤드 하나를 나눠 써요: 헤드 h는 h // (H/G)번 묶음을 봐요 (GQA, Ainslie 외 2023).

    q (B, H, T, K), k v (B, G, S, K), mask (B, H, T, S)로 브로드캐스트 또는 None → (B, H, T, K).
    H가 G로 나누어떨어지지 않으면 ValueError예요.
    """
    H, G = q.size(1), k.size(1)
    if H % G:
        raise ValueError(f"쿼리 헤드({H})는 키/값 헤드({G})로 나누어떨어져야 해요.")
    k, v = (x.repeat_interleave(H // G, dim=1) for x in (k, v))  # (B, H, S, K)
    return scaled_dot_product_attention(q, k, v, mask)[0]


class Projection(nn.Linear):
    """nn.Linear와 같고, 나가는 칸의 일부만 구할 수도 있어요. W_q, W_k, W_v를 쌓아 둔 `qkv`에서 하나만 쓸 때 필요해요."""

    def forward(self, x: Tensor) -> Tensor:
        """x (..., D) → (..., 나가는 크기)."""
        return self.part(x, 0, self.out_features)

    def part(self, x: Tensor, start: int, stop: int) -> Tensor:
        """나가는 칸 start부터 stop 앞까지만 구해요. x (..., D) → (..., stop − start)."""
        return F.linear(x, self.weight[start:stop], None if self.bias is None else self.bias[start:stop])


class MultiHeadAttention(nn.Module):
    """`multi_head_attention`에 편향, 드롭아웃, 캐시, GQA를 더한 모듈이에요 (논문 §3.2.2).

    W_q, W_k, W_v를 세로로 쌓은 `qkv` 하나로 두어 행렬곱 한 번으로 셋을 얻어요.
    nn.Linear는 (나가는 크기, 들어오는 크기)로 저장하므로 `W_q` 등은 두 축을 맞바꾸어 (D, ·)로 보여 줘요.
    `gain`은 값을 옮기는 W_v와 W_o의 처음 크기에 곱하는 배율이에요 (DeepNorm의 β).
    """

    def __init__(self, config: ModelConfig, gain: float = 1.0) -> None:
        super().__init__()
        self.n_heads, self.kv_heads, self.d_k = config.n_heads, config.kv_heads, config.d_k
        self.sizes = [config.d_model, self.kv_heads * self.d_k, self.kv_heads * self.d_k]
        self.dropout = config.dropout
        self.rotary = config.positions == "rope"
        self.qkv = Projection(config.d_model, sum(self.sizes))
        self.out = nn.Linear(config.d_model, config.d_model)
        self.record: list[Tensor] | None = None  # 목록을 달아 두면 어텐션 지도가 쌓여요
        W_q, W_k, W_v = self.qkv.weight.split(self.sizes)
        for W, scale in ((W_q, 1.0), (W_k, 1.0), (W_v, gain), (self.out.weight, gain)):
            nn.init.xavier_uniform_(W, scale)
        nn.init.zeros_(self.qkv.bias)
        nn.init.zeros_(self.out.bias)

    W_q = property(lambda self: self.qkv.weight.split(self.sizes)[0].T)  # (D, H·K)
    W_k = property(lambda self: self.qkv.weight.split(self.sizes)[1].T)  # (D, G·K)
    W_v = property(lambda self: self.qkv.weight.split(self.sizes)[2].T)  # (D, G·K)
    W_o = property(lambda self: self.out.weight.T)  # (H·K, D)

    def forward(
        self,
        x: Tensor,
        bias: Tensor | None = None,
        memory: tuple[Tensor, Tensor] | None = None,
        cache: LayerCache | None = None,
    ) -> Tensor:
        """x (B, T, D) → (B, T, D). `memory`(키와 값)를 주면 크로스 어텐션, 없으면 셀프 어텐션이에요.

        bias는 `mask_bias`의 결과예요. 셀프 어텐션에 cache를 주면 지난 키와 값까지 봐요.
        """
        if memory is None:
            H, G = self.n_heads, self.kv_heads
            qk, v = split_heads(self.qkv(x), H + 2 * G).split([H + G, G], dim=1)  # (B, H + G, T, K), (B, G, T, K)
            if self.rotary:
                positions = torch.arange(x.size(1), device=x.device)
                # 캐시가 있으면 x는 다음 자리를 다투는 후보들이라 위치가 모두 같아요.
                qk = turn(qk, positions if cache is None else torch.full_like(positions, cache.step))
            q, k = qk.split([H, G], dim=1)
            if cache is not None:
                k, v = cache.append(k, v)  # (B, G, 자리, K)
        else:
            q = split_heads(self.qkv.part(x, 0, self.sizes[0]), self.n_heads)
            k, v = memory
        if self.kv_heads < self.n_heads:
            k, v = (y.repeat_interleave(self.n_heads // self.kv_heads, dim=1) for y in (k, v))  # (B, H, S, K)
        heads = attend(q, k, v, bias, self.dropout if self.training else 0.0, self.record)
        return self.out(merge_heads(heads))  # (B, T, D)

    def memory_heads(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """인코더의 기억에서 키와 값을 만들어요. 디코딩에서는 문장마다 한 번이면 돼요. (B, S, D) → (B, G, S, K) 둘."""
        k, v = self.qkv.part(memory, self.sizes[0], sum(self.sizes)).chunk(2, dim=-1)
        return split_heads(k, self.kv_heads), split_heads(v, self.kv_heads)


class LayerCache:
    """디코더 한 층의 KV 캐시예요. 새 키와 값을 뒤에 적기만 하고, 자리는 `AHEAD`스텝만큼씩 미리 잡아요.

    아직 적지 않은 칸까지 통째로 내주고 마스크로 가려요. 적은 칸만 잘라 내면 메모리에 띄엄띄엄 놓여서, 행렬곱이 스텝마다 통째로 복사해요.
    `memory`는 크로스 어텐션의 키와 값 (B, G, S, K)이고, 빔이 여럿이어도 문장마다 하나만 둬요.
    """

    AHEAD = 8  # 스텝. 길수록 자리를 덜 옮기지만 가려질 칸도 함께 곱해요.

    def __init__(self, memory: tuple[Tensor, Tensor]) -> None:
        B, G, _, K = memory[0].shape
        self.memory = (memory[0].contiguous(), memory[1].contiguous())  # 스텝마다 다시 읽으므로 한 번 펴 둬요
        self.k = self.v = memory[0].new_empty(B, G, 0, K)
        self.used = self.step = 0  # 적은 칸 수와 스텝 수. 스텝마다 후보 수만큼 적어요.

    def slots(self, n: int) -> int:
        """후보 n개를 더 적은 뒤의 자리 수예요."""
        ready = self.k.size(2)
        return ready if self.used + n <= ready else ready + self.AHEAD * n

    def cover(self, mask: Tensor | None, n: int) -> Tensor:
        """후보 n개를 적을 때의 마스크를 자리 전체에 맞춰요. mask (B, 1, n, used + n), None이면 적은 칸 전부 → (..., 자리)."""
        slots = self.slots(n)
        if mask is not None:
            return F.pad(mask, (0, slots - mask.size(-1)))
        return (torch.arange(slots, device=self.k.device) < self.used + n)[None, None, None]

    def append(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """새 키와 값 (B, G, n, K)를 적고 자리 전체 (B, G, 자리, K)를 돌려줘요."""
        end = self.used + k.size(2)
        more = self.slots(k.size(2)) - self.k.size(2)
        if more:  # 0으로 채워야 가려진 칸이 NaN을 만들지 않아요.
            self.k, self.v = F.pad(self.k, (0, 0, 0, more)), F.pad(self.v, (0, 0, 0, more))
        self.k[:, :, self.used : end], self.v[:, :, self.used : end] = k, v
        self.used, self.step = end, self.step + 1
        return self.k, self.v

    def keep(self, rows: Tensor) -> None:
        """끝난 문장을 빼고 rows (n,)번째 문장만 남겨요."""
        self.memory = (self.memory[0][rows], self.memory[1][rows])
        self.k, self.v = self.k[rows], self.v[rows]


@contextlib.contextmanager
def attention_maps(model: nn.Module) -> Iterator[dict[str, list[Tensor]]]:
    """이 안에서 모델을 부르면 어텐션 가중치가 모여요: {"encoder.0.self_attn": [(B, H, T, S), ...], ...}, 부른 횟수만큼."""
    layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, MultiHeadAttention)}
    maps: dict[str, list[Tensor]] = {name: [] for name in layers}
    for name, layer in layers.items():
        layer.record = maps[name]
    try:
        yield maps
    finally:
        for layer in layers.values():
            layer.record = None
