"""빠른 디코딩: 가중치를 미리 곱하기 좋은 차례로 늘어놓아요. 값은 그대로라서 처음 읽을 때는 건너뛰어도 돼요.

디코딩의 행렬곱은 몇 행뿐이라, 가중치를 곱하기 좋은 차례로 옮기는 데도 곱하는 만큼 시간이 들어요. 디코딩하는 동안에는 가중치가
바뀌지 않으므로 한 번만 옮겨 두면 돼요. K 들어오는 크기, N 나가는 크기.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from reference.embedding import Embedding
from reference.multi_head import Projection
from reference.transformer import Transformer


def pack(model: Transformer) -> Transformer:
    """디코딩만 할 모델의 행렬곱을 빠른 것으로 갈아 끼우고 그 모델을 돌려줘요. 가중치의 값과 이름은 그대로예요.

    그 뒤에 가중치를 바꾸면 안 돼요. 기울기를 구할 때는 보통의 행렬곱을 하고, 빠른 길이 없는 기계에서는 아무것도 바꾸지 않아요.
    """
    if not can_pack(model.embedding.E):
        return model
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Linear):
                setattr(module, name, PackedLinear(child))
    model.embedding = PackedEmbedding(model.embedding)
    return model


def can_pack(weight: Tensor) -> bool:
    """weight (N, K)를 늘어놓는 길(oneDNN)이 있는지 알려 줘요. CPU의 fp32와, bf16을 셈하는 CPU의 bf16에만 있어요."""
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    if not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        return False
    if weight.dtype == torch.bfloat16:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return weight.dtype == torch.float32


def product(weight: Tensor, bias: Tensor | None) -> Callable[[Tensor], Tensor]:
    """늘어놓은 가중치로 곱하는 함수를 만들어요. 식: xWᵀ + b. weight (N, K), bias (N,), 함수는 (..., K) → (..., N)."""
    ready = torch.ops.mkldnn._reorder_linear_weight(weight.detach().contiguous())
    multiply = torch.ops.mkldnn._linear_pointwise.default
    return lambda x: multiply(x, ready, bias, "none", [], "")


class PackedLinear(Projection):
    """늘어놓은 가중치로 곱하는 nn.Linear예요. 크로스 어텐션은 일부만 쓰므로, 쓰는 조각마다 처음 쓸 때 한 번 늘어놓아요."""

    def __init__(self, linear: nn.Linear) -> None:
        nn.Module.__init__(self)
        self.out_features, self.in_features = linear.weight.shape
        self.weight, self.bias = linear.weight, linear.bias
        self.products: dict[tuple[int, int], Callable[[Tensor], Tensor]] = {}

    def part(self, x: Tensor, start: int, stop: int) -> Tensor:
        """나가는 칸 start부터 stop 앞까지만 구해요. x (..., K) → (..., stop − start)."""
        if torch.is_grad_enabled():
            return super().part(x, start, stop)
        if (start, stop) not in self.products:
            bias = None if self.bias is None else self.bias[start:stop]
            self.products[start, stop] = product(self.weight[start:stop], bias)
        return self.products[start, stop](x)


class PackedEmbedding(Embedding):
    """늘어놓은 표로 로짓을 구하는 임베딩이에요."""

    def __init__(self, embedding: Embedding) -> None:
        nn.Module.__init__(self)
        self.E = embedding.E
        self.product = product(self.E, None)

    def logits(self, hidden: Tensor) -> Tensor:
        """hidden (..., D) → (..., V)."""
        return super().logits(hidden) if torch.is_grad_enabled() else self.product(hidden)
