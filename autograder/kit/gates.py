"""학습하기 전의 세 관문: 배치 하나를 외우는지, 미래를 보지 않는지, 혼자일 때와 배치 안에서 같은지."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.kit.model import BOS, PAD, Assembled


def batch_loss(model: Assembled, src: Tensor, tgt: Tensor, eps: float = 0.0) -> tuple[Tensor, Tensor]:
    """교사 강요로 한 번: 손실과, 문장마다 모든 자리를 맞혔는지 (B,)."""
    logits = model(src, model.parts["shift_right"](tgt, BOS))
    loss = model.parts["label_smoothed_loss"](logits.flatten(0, 1), tgt.flatten(), eps, PAD)
    return loss, ((logits.argmax(-1) == tgt) | (tgt == PAD)).all(1)


@dataclass(frozen=True)
class Gate:
    """학습 전에 지나야 하는 관문 하나의 결과."""

    name: str
    passed: bool
    detail: str

    def __repr__(self) -> str:
        return f"{'통과' if self.passed else '막힘'} · {self.name}: {self.detail}"


def overfit_gate(model: Assembled, src: Tensor, tgt: Tensor, steps: int) -> Gate:
    """작은 배치 하나를 외울 수 있는지. 이것도 못 하면 큰 자료도 못 배워요."""
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses: list[float] = []
    while len(losses) < steps and (not losses or losses[-1] > 0.02):
        loss, right = batch_loss(model, src, tgt)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return Gate(
        "배치 하나 외우기",
        bool(right.all()),
        f"{len(losses)}스텝에 손실 {losses[-1]:.3f}, 문장 {len(src)}개 가운데 {int(right.sum())}개를 통째로 맞힘",
    )


@torch.no_grad()
def causal_gate(model: Assembled, src: Tensor, tgt: Tensor, at: int = 3) -> Gate:
    """번역문의 뒤를 바꿔도 앞의 로짓이 그대로인지."""
    model.eval()
    tgt_in = F.pad(tgt, (1, -1), value=BOS)
    changed = tgt_in.clone()
    changed[:, at:] = (changed[:, at:] + 7) % (model.E.shape[0] - 3) + 3
    moved = (model(src, tgt_in)[:, :at] - model(src, changed)[:, :at]).abs().max().item()
    return Gate("미래를 보지 않기", moved < 1e-4, f"{at + 1}번째부터 바꿨을 때 앞의 로짓이 움직인 크기 {moved:.1e}")


@torch.no_grad()
def batch_gate(model: Assembled, src: Tensor, tgt: Tensor) -> Gate:
    """가장 짧은 문장을 혼자 넣은 결과와 배치 안에서의 결과가 같은지."""
    model.eval()
    row = int((src != PAD).sum(1).argmin())
    S, T = int((src[row] != PAD).sum()), int((tgt[row] != PAD).sum())
    tgt_in = F.pad(tgt, (1, -1), value=BOS)
    alone = model(src[row : row + 1, :S], tgt_in[row : row + 1, :T])[0]
    moved = (alone - model(src, tgt_in)[row, :T]).abs().max().item()
    return Gate(
        "배치가 달라도 같은 답", moved < 1e-4, f"PAD {src.shape[1] - S}개를 붙였을 때 로짓이 움직인 크기 {moved:.1e}"
    )
