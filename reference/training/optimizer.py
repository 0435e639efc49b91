"""옵티마이저: 모두 Adam이거나(논문 §5.3), 층 안의 행렬만 Muon이에요 (Jordan 외 2024).

Muon은 행렬의 모멘텀을 뉴턴-슐츠 반복으로 직교 행렬에 가깝게 바꿔서, 기울기가 작은 방향도 큰 방향만큼 고쳐요. 임베딩은 나온 토큰의
줄만 고치고 편향과 정규화의 파라미터는 벡터라서 Adam에 남겨요. 갱신의 크기를 Adam에 맞추므로 학습률은 함께 써요 (Liu 외 2025).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Adam, Muon, Optimizer

from reference.training.settings import TrainConfig
from reference.transformer import Transformer


def optimizers(model: Transformer, config: TrainConfig) -> list[Optimizer]:
    """모델의 파라미터를 나눠 맡는 옵티마이저들이에요. 학습률은 스텝마다 정하므로 0으로 시작해요."""
    hidden = hidden_matrices(model) if config.optimizer == "muon" else []
    taken = set(map(id, hidden))
    rest = [parameter for parameter in model.parameters() if parameter.requires_grad and id(parameter) not in taken]
    found: list[Optimizer] = [Adam(rest, lr=0.0, betas=config.betas, eps=config.eps, fused=True)]
    if hidden:
        found.append(Muon(hidden, lr=0.0, weight_decay=config.weight_decay, adjust_lr_fn="match_rms_adamw"))
    return found


def hidden_matrices(model: Transformer) -> list[Tensor]:
    """층 안에서 벡터를 벡터로 보내는 행렬들이에요. 임베딩과 위치의 표는 행렬로 곱하지 않아서 빠져요."""
    linear = [module for module in model.modules() if isinstance(module, nn.Linear)]
    return [module.weight for module in linear if module.weight.requires_grad]


def moments(model: Transformer, optimizers: Sequence[Optimizer]) -> dict[str, Tensor]:
    """이어 달리려면 남겨야 하는 옵티마이저의 상태예요: {"exp_avg.embedding.E": 텐서, ...}."""
    found: dict[str, Tensor] = {}
    for name, parameter in model.named_parameters():
        for optimizer in optimizers:
            found |= {f"{kind}.{name}": value for kind, value in optimizer.state.get(parameter, {}).items()}
    return found


def restore_moments(
    model: Transformer, optimizers: Sequence[Optimizer], saved: Mapping[str, Tensor], device: torch.device
) -> None:
    """`moments`가 준 상태를 그 파라미터를 맡은 옵티마이저에 되돌려 놓아요."""
    named = dict(model.named_parameters())
    keeper = {id(owned): one for one in optimizers for owned in one.param_groups[0]["params"]}
    for key, value in saved.items():
        kind, name = key.split(".", 1)
        keeper[id(named[name])].state[named[name]][kind] = value.to(device)
