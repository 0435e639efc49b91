"""후손들: 같은 층을 다르게 쌓으면 BERT, GPT, ViT가 돼요 (레슨 8의 다음 이야기).

B 배치, T 길이, D = d_model, V 어휘 크기, P 조각의 한 변, N 조각 수. 층은 transformer.py의 것을 그대로 써요.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reference.config import ModelConfig
from reference.dropout import dropout
from reference.embedding import Embedding
from reference.masks import causal_mask, mask_bias, padding_mask
from reference.norm import deep_norm_scales, make_norm
from reference.positional import Positions
from reference.transformer import EncoderLayer


class Stack(nn.Module):
    """인코더 층만 쌓은 몸통이에요. Pre-LN이면 끝에 정규화가 하나 더 있어요."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        scales = deep_norm_scales(config.n_layers) if config.deep_norm else (1.0, 1.0)
        self.layers = nn.ModuleList(EncoderLayer(config, *scales) for _ in range(config.n_layers))
        self.norm = make_norm(config) if config.norm_first else nn.Identity()

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """x (B, T, D), mask는 (B, 1, T, T)로 브로드캐스트되는 참/거짓 또는 None → (B, T, D)."""
        bias = mask_bias(mask, x.dtype)
        for layer in self.layers:
            x = layer(x, bias)
        return self.norm(x)


class EncoderOnly(nn.Module):
    """BERT처럼 양쪽을 다 보고 가려진 토큰을 맞혀요 (Devlin 외 2019)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding, self.positions, self.stack = Embedding(config), Positions(config), Stack(config)

    def forward(self, ids: Tensor) -> Tensor:
        """ids (B, T) 정수 → 로짓 (B, T, V)."""
        return self.embedding.logits(self.stack(self.start(ids), self.mask(ids)))

    def start(self, ids: Tensor) -> Tensor:
        """임베딩 + 위치 인코딩, 그리고 드롭아웃이에요. ids (B, T) → (B, T, D)."""
        return dropout(self.positions(self.embedding(ids)), self.config.dropout, self.training)

    def mask(self, ids: Tensor) -> Tensor:
        """누가 누구를 볼 수 있는지예요. ids (B, T) → (B, 1, 1, T)."""
        return padding_mask(ids, self.config.pad_id)


class DecoderOnly(EncoderOnly):
    """GPT처럼 앞만 보고 다음 토큰을 맞혀요 (Radford 외 2018). EncoderOnly와 다른 것은 마스크뿐이에요."""

    def mask(self, ids: Tensor) -> Tensor:
        """PAD와 미래를 함께 가려요. ids (B, T) → (B, 1, T, T)."""
        return super().mask(ids) & causal_mask(ids.size(1)).to(ids.device)


def image_patches(images: Tensor, size: int) -> Tensor:
    """그림을 겹치지 않는 조각으로 잘라 펴요. images (B, C, H, W) → (B, N, C·P·P). 나누어떨어지지 않으면 ValueError예요."""
    if images.size(-2) % size or images.size(-1) % size:
        raise ValueError(f"그림의 크기 {tuple(images.shape[-2:])}이 조각의 한 변 {size}로 나누어떨어져야 해요.")
    return F.unfold(images, size, stride=size).transpose(1, 2)  # (B, N, C·P·P)


class VisionTransformer(nn.Module):
    """그림 조각을 단어처럼 읽고, 맨 앞의 [CLS] 토큰이 종류를 답해요 (ViT, Dosovitskiy 외 2021).

    image_size와 patch_size의 단위는 화소예요.
    """

    def __init__(
        self, config: ModelConfig, image_size: int, patch_size: int, n_classes: int, channels: int = 3
    ) -> None:
        super().__init__()
        self.config, self.patch_size = config, patch_size
        n_patches = (image_size // patch_size) ** 2
        self.patch = nn.Linear(channels * patch_size**2, config.d_model)
        self.cls = nn.Parameter(torch.zeros(1, 1, config.d_model))
        self.table = nn.Parameter(torch.randn(n_patches + 1, config.d_model) * 0.02)  # 배우는 위치 인코딩
        self.stack = Stack(config)
        self.head = nn.Linear(config.d_model, n_classes)

    def forward(self, images: Tensor) -> Tensor:
        """images (B, C, H, W) → 로짓 (B, n_classes)."""
        x = self.patch(image_patches(images, self.patch_size))  # (B, N, D)
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], dim=1) + self.table  # (B, N + 1, D)
        x = self.stack(dropout(x, self.config.dropout, self.training), None)
        return self.head(x[:, 0])  # (B, n_classes)
