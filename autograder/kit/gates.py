"""학습하기 전의 세 관문: 배치 하나를 외우는지, 미래를 보지 않는지, 혼자일 때와 배치 안에서 같은지."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from autograder.kit.model import Assembled
from autograder.kit.vocabulary import BOS, EOS, PAD


def batch_loss(model: Assembled, src: Tensor, tgt: Tensor, eps: float = 0.0) -> tuple[Tensor, Tensor]:
    """교사 강요로 한 번: 손실과, 문장마다 모든 자리를 맞혔는지 (B,)."""
    parts = model.parts
    shift, loss = parts.get("shift_right"), parts.get("label_smoothed_loss")
    logits = model(src, begun(tgt) if shift is None else shift(tgt, BOS))
    scores, right = logits.flatten(0, 1), tgt.flatten()
    if loss is None:
        lost = nn.CrossEntropyLoss(label_smoothing=eps, ignore_index=PAD)(scores, right)
    else:
        lost = loss(scores, right, eps, PAD)
    return lost, ((logits.argmax(-1) == tgt) | (tgt == PAD)).all(1)


def begun(tgt: Tensor) -> Tensor:
    """문장마다 EOS와 PAD를 떼고 BOS로 시작하는 줄을 새로 만들어요."""
    rows = [[BOS, *(token for token in row if token not in (EOS, PAD))] for row in tgt.tolist()]
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=PAD)


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
    tgt_in = begun(tgt)
    changed = tgt_in.clone()
    changed[:, at:] = (changed[:, at:] + 7) % (model.vocab - 3) + 3
    moved = (model(src, tgt_in)[:, :at] - model(src, changed)[:, :at]).abs().max().item()
    return Gate("미래를 보지 않기", moved < 1e-4, f"{at + 1}번째부터 바꿨을 때 앞의 로짓이 움직인 크기 {moved:.1e}")


@torch.no_grad()
def batch_gate(model: Assembled, src: Tensor, tgt: Tensor) -> Gate:
    """가장 짧은 문장을 혼자 넣은 결과와 배치 안에서의 결과가 같은지."""
    model.eval()
    row = int((src != PAD).sum(1).argmin())
    S, T = int((src[row] != PAD).sum()), int((tgt[row] != PAD).sum())
    tgt_in = begun(tgt)
    alone = model(src[row : row + 1, :S], tgt_in[row : row + 1, :T])[0]
    moved = (alone - model(src, tgt_in)[row, :T]).abs().max().item()
    return Gate(
        "배치가 달라도 같은 답", moved < 1e-4, f"PAD {src.shape[1] - S}개를 붙였을 때 로짓이 움직인 크기 {moved:.1e}"
    )
