"""Transformer 이전: 차례로 읽는 RNN과 그 위의 어텐션 (레슨 1, 논문 §1, §2, 표 1).

B 배치, T 길이, S 소스 길이, I 입력 크기, D 상태 크기, A 어텐션 크기. 마스크는 True = 볼 수 있음.
"""

from __future__ import annotations

import torch
from torch import Tensor

from reference.attention import masked_softmax


def rnn_step(x_t: Tensor, h: Tensor, W_xh: Tensor, W_hh: Tensor, b: Tensor) -> Tensor:
    """한 스텝이에요. 식: h_t = tanh(x_t W_xh + h_{t−1} W_hh + b) (Elman 1990). x_t (B, I), h (B, D) → (B, D)."""
    return torch.tanh(x_t @ W_xh + h @ W_hh + b)  # (B, D)


def rnn_forward(x: Tensor, h0: Tensor, W_xh: Tensor, W_hh: Tensor, b: Tensor) -> Tensor:
    """왼쪽부터 한 스텝씩 읽어요. 앞 스텝이 끝나야 다음 스텝을 시작할 수 있어요 (논문 §1).

    x (B, T, I), h0 (B, D) → 모든 상태 (B, T, D).
    """
    h, states = h0, []
    for x_t in x.unbind(dim=1):
        h = rnn_step(x_t, h, W_xh, W_hh, b)
        states.append(h)
    return torch.stack(states, dim=1)  # (B, T, D)


def last_state(outputs: Tensor, lengths: Tensor) -> Tensor:
    """문장마다 마지막 진짜 토큰의 상태예요. 식: outputs[b, lengths[b] − 1]. (B, T, D), (B,) → (B, D).

    길이가 1 이상 T 이하가 아니면 ValueError예요.
    """
    if lengths.min() < 1 or lengths.max() > outputs.size(1):
        raise ValueError(f"길이는 1 이상 {outputs.size(1)} 이하여야 해요: {lengths.tolist()}")
    return outputs[torch.arange(len(outputs), device=outputs.device), lengths.to(outputs.device) - 1]  # (B, D)


def path_length(kind: str, n: int, k: int = 3) -> int:
    """가장 먼 두 토큰 사이를 정보가 몇 스텝에 건너는지예요 (논문 표 1의 Maximum Path Length). 단위는 스텝이에요.

    "rnn" n − 1, "self_attention" 1, "conv" k^c ≥ n인 가장 작은 c (팽창 합성곱). 모르는 종류나 맞지 않는 크기는 ValueError예요.
    """
    _check_sizes(n=n)
    if kind == "rnn":
        return n - 1
    if kind == "self_attention":
        return 1
    if kind == "conv":
        if k < 2:
            raise ValueError(f"합성곱의 너비 k는 2 이상이어야 해요: {k}")
        layers, reach = 0, 1
        while reach < n:  # 로그를 실수로 구하면 27 같은 경계에서 틀려요
            layers, reach = layers + 1, reach * k
        return layers
    raise ValueError(f"모르는 종류예요: {kind!r}. rnn, conv, self_attention 가운데에서 골라 주세요.")


def layer_cost(kind: str, n: int, d: int, k: int = 3) -> int:
    """층 하나의 계산량이에요 (논문 표 1의 Complexity per Layer, O(·) 안의 식): n²d, nd², knd².

    곱셈 수가 아니에요. 앞에 붙는 수와 입력에 곱하는 가중치 행렬(셀프 어텐션 3nd², RNN nd²)이 빠져 있어서, 다 세면 셀프 어텐션은
    3nd² + 2n²d, RNN은 2nd²이에요. 모르는 종류나 1보다 작은 크기는 ValueError예요.
    """
    _check_sizes(n=n, d=d, k=k)
    costs = {"self_attention": n * n * d, "rnn": n * d * d, "conv": k * n * d * d}
    if kind not in costs:
        raise ValueError(f"모르는 종류예요: {kind!r}. {', '.join(costs)} 가운데에서 골라 주세요.")
    return costs[kind]


def grad_norm_by_distance(x: Tensor, h0: Tensor, W_xh: Tensor, W_hh: Tensor, b: Tensor) -> Tensor:
    """j스텝 앞의 입력이 마지막 상태에 얼마나 닿는지예요. 식: ‖∂ sum(h_T) / ∂x_{T−j}‖. x (B, T, I) → (T,).

    0번이 마지막 입력이에요. 멀수록 0에 가까워지는 것이 기울기 소실이에요.
    """
    with torch.enable_grad():
        x = x.detach().clone().requires_grad_()
        (grad,) = torch.autograd.grad(rnn_forward(x, h0, W_xh, W_hh, b)[:, -1].sum(), x)  # (B, T, I)
    return grad.norm(dim=(0, 2)).flip(0)  # (T,)


def attention_weights(scores: Tensor, mask: Tensor | None) -> Tensor:
    """점수를 어디를 얼마나 볼지로 바꿔요. 식: softmax(점수), 가린 곳은 0 (Bahdanau 외 2015).

    scores (B, T, S), mask (B, 1, S)나 (B, T, S)나 None → (B, T, S).
    """
    return masked_softmax(scores, mask)


def context(weights: Tensor, values: Tensor) -> Tensor:
    """본 만큼 섞어요. 식: c_t = Σ_s α_ts v_s (Bahdanau 외 2015 식 (5)). (B, T, S), (B, S, D) → (B, T, D)."""
    return weights @ values  # (B, T, D)


def additive_scores(s: Tensor, H: Tensor, W_s: Tensor, W_h: Tensor, v: Tensor) -> Tensor:
    """첫 어텐션의 점수예요. 식: e_s = vᵀ tanh(sW_s + h_s W_h) (Bahdanau 외 2015 §A.1.2).

    s (B, D), H (B, S, D), W_s W_h (D, A), v (A,) → (B, S).
    """
    return torch.tanh((s @ W_s)[:, None] + H @ W_h) @ v  # (B, S)


def _check_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name}은(는) 1 이상이어야 해요: {size}")
