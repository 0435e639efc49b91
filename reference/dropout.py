"""드롭아웃: 학습할 때만 값을 확률 p로 버리고 남은 값을 1/(1 − p)배 해요 (레슨 3, 레슨 4, 논문 §5.4).

모델 안의 모든 드롭아웃이 여기를 지나요: 어텐션 가중치, FFN 활성화, 임베딩, 부분층의 출력.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

TOLERANCE = 0.02  # 바이트로 반올림한 확률이 버릴 비율이나 남길 비율의 이만큼까지 빗나가도 괜찮아요 (0.1은 0.1016)


def dropout(x: Tensor, p: float, training: bool) -> Tensor:
    """식: x ⊙ m / (1 − p), m은 확률 1 − p로 1 (Srivastava 외 2014). 모양은 그대로예요."""
    if not training or p == 0.0:
        return x
    return F.dropout(x, p) if x.device.type != "cpu" else x * keep_factor(x, p)


def drop_words(x: Tensor, p: float, training: bool) -> Tensor:
    """토큰을 확률 p로 통째로 지워요. 문맥만 보고 읽는 법을 배워서 적은 데이터를 덜 외워요 (Gal & Ghahramani 2016).

    x (B, T, D) → (B, T, D). 지운 토큰은 0이고, 한 벡터 안에서 고르는 것이 아니라서 남은 토큰은 키우지 않아요.
    """
    if not training or p == 0.0:
        return x
    return x * (torch.rand(x.shape[:-1], device=x.device) >= p)[..., None]


def add_dropout(shortcut: Tensor, x: Tensor, p: float, training: bool) -> Tensor:
    """잔차에 드롭아웃한 값을 더해요. 식: shortcut + Dropout(x) (논문 §5.4). 모양은 모두 같아요."""
    if training and p > 0.0 and x.device.type == "cpu":
        return torch.addcmul(shortcut, x, keep_factor(x, p))
    return shortcut + dropout(x, p, training)


def keep_factor(x: Tensor, p: float) -> Tensor:
    """x에 곱할 표예요: 확률 p로 0, 아니면 1/(1 − p)이라 평균이 1이에요. p가 1이면 모두 0이에요. x와 같은 모양과 자료형이에요.

    CPU의 F.dropout은 원소마다 난수를 하나씩 뽑아 학습 시간의 4분의 1을 써요. 64비트 난수 하나를 바이트 여덟 개로
    나눠 쓰면 여섯 배 빨라요. 바이트를 자르고 빼면 0과 1이 되고, 실수로 바꾸기 전이라 옮기는 메모리가 적어요.
    그 대신 p를 1/256 단위로 반올림하므로, 0.001이나 0.999처럼 반올림이 크게 빗나가는 p는 원소마다 뽑아요.
    """
    dropped = round(p * 256)  # 바이트 256가지 가운데 버릴 가짓수
    if abs(dropped / 256 - p) > TOLERANCE * min(p, 1 - p) or p == 1.0:
        kept = torch.empty_like(x).bernoulli_(1 - p)
        return kept if p == 1.0 else kept.div_(1 - p)
    words = torch.randint(-(2**63), 2**63 - 1, ((x.numel() + 7) // 8,))
    bytes_ = words.view(torch.uint8)[: x.numel()].view(x.shape)
    return bytes_.clamp_(dropped - 1, dropped).sub_(dropped - 1).to(x.dtype).mul_(256 / (256 - dropped))
