"""학습하기 전의 세 관문: 배치 하나를 외워서 스스로 쓰는지, 미래를 보지 않는지, 혼자일 때와 배치 안에서 같은지."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from autograder.kit.assembly import Parts
from autograder.kit.model import Assembled
from autograder.kit.progress_bar import progress
from autograder.kit.vocabulary import BOS, EOS, PAD

NAMES = ("① 외워서 쓰기", "② 미래를 보지 않기", "③ 배치가 달라도 같은 답")


def batch_loss(model: Assembled, src: Tensor, tgt: Tensor, eps: float = 0.0) -> tuple[Tensor, Tensor]:
    """교사 강요로 한 번: 손실과, 문장마다 모든 자리를 맞혔는지 (B,)."""
    logits = model(src, shift_of(model.parts)(tgt))
    return loss_of(model.parts, eps)(logits.flatten(0, 1), tgt.flatten()), forced_right(logits, tgt)


def forced_right(logits: Tensor, tgt: Tensor) -> Tensor:
    """정답의 앞부분을 넣어 주었을 때, 문장마다 모든 자리를 맞혔는지 (B,)."""
    return ((logits.argmax(-1) == tgt) | (tgt == PAD)).all(1)


def shift_of(parts: Parts) -> Callable[[Tensor], Tensor]:
    """정답에서 디코더의 입력을 만드는 일: 부품의 `shift_right`, 없으면 BOS를 앞에 적은 줄을 새로 만들어요."""
    shift = parts.get("shift_right")
    return begun if shift is None else lambda tgt: shift(tgt, BOS)


def loss_of(parts: Parts, eps: float) -> Callable[[Tensor, Tensor], Tensor]:
    """로짓과 정답에서 손실을 내는 일: 부품의 `label_smoothed_loss`, 없으면 nn.CrossEntropyLoss."""
    loss = parts.get("label_smoothed_loss")
    if loss is None:
        return nn.CrossEntropyLoss(label_smoothing=eps, ignore_index=PAD)
    return lambda scores, right: loss(scores, right, eps, PAD)


def begun(tgt: Tensor) -> Tensor:
    """문장마다 EOS와 PAD를 떼고 BOS로 시작하는 줄을 새로 만들어요."""
    rows = [[BOS, *(token for token in row if token not in (EOS, PAD))] for row in tgt.tolist()]
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=PAD)


@torch.no_grad()
def writes_alone(model: Assembled, src: Tensor, tgt: Tensor) -> Tensor:
    """문장마다, 스스로 쓴 것이 정답과 끝까지 같은지 (B,).

    스스로 쓴 문장이 모두 맞는 것은, 맞게 쓴 앞부분만 들고 있을 때마다 다음 토큰을 맞히는 것과 같아요.
    """
    model.eval()
    prefix, alone = begun(tgt), torch.ones(len(tgt), dtype=torch.bool)
    for n in range(1, tgt.shape[1] + 1):
        said = model(src, prefix[:, :n])[:, -1].argmax(-1)
        alone &= (said == tgt[:, n - 1]) | (tgt[:, n - 1] == PAD)
    return alone


@dataclass(frozen=True)
class Gate:
    """학습 전에 지나야 하는 관문 하나의 결과."""

    name: str
    passed: bool
    detail: str

    def __repr__(self) -> str:
        return f"{'통과' if self.passed else '막힘'} · {self.name}: {self.detail}"


def overfit_gate(model: Assembled, src: Tensor, tgt: Tensor, steps: int) -> Gate:
    """작은 배치 하나를 외워서 스스로 쓸 수 있는지. 정답을 넣어 주고 재면 베끼기만 하는 모델도 지나가요."""
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses: list[float] = []
    model.train()
    while len(losses) < steps and (not losses or losses[-1] > 0.02):
        loss, forced = batch_loss(model, src, tgt)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    alone = writes_alone(model, src, tgt)
    return Gate(
        NAMES[0],
        bool(alone.all()),
        f"{len(losses)}스텝에 손실 {losses[-1]:.3f}, 문장 {len(src)}개 가운데 정답을 넣어 주면 {int(forced.sum())}개, "
        f"스스로 쓰면 {int(alone.sum())}개를 맞힘",
    )


@torch.no_grad()
def causal_gate(model: Assembled, src: Tensor, tgt: Tensor, at: int = 3) -> Gate:
    """번역문의 뒤를 바꿔도 앞의 로짓이 그대로인지."""
    model.eval()
    tgt_in = begun(tgt)
    changed = tgt_in.clone()
    changed[:, at:] = (changed[:, at:] + 7) % (model.vocab - 3) + 3
    moved = (model(src, tgt_in)[:, :at] - model(src, changed)[:, :at]).abs().max().item()
    return Gate(NAMES[1], moved < 1e-4, f"{at + 1}번째부터 바꿨을 때 앞의 로짓이 움직인 크기 {moved:.1e}")


@torch.no_grad()
def batch_gate(model: Assembled, src: Tensor, tgt: Tensor) -> Gate:
    """가장 짧은 문장을 혼자 넣은 결과와 배치 안에서의 결과가 같은지."""
    model.eval()
    row = int((src != PAD).sum(1).argmin())
    S, T = int((src[row] != PAD).sum()), int((tgt[row] != PAD).sum())
    tgt_in = begun(tgt)
    alone = model(src[row : row + 1, :S], tgt_in[row : row + 1, :T])[0]
    moved = (alone - model(src, tgt_in)[row, :T]).abs().max().item()
    return Gate(NAMES[2], moved < 1e-4, f"PAD {src.shape[1] - S}개를 붙였을 때 로짓이 움직인 크기 {moved:.1e}")


def gates(parts: Parts, vocab: int, src: Tensor, tgt: Tensor, steps: int, seed: int = 0) -> list[Gate]:
    """새 모델 하나를 세 관문에 차례로 세워요."""
    model = Assembled(parts, vocab, seed=seed)
    return [overfit_gate(model, src, tgt, steps), causal_gate(model, src, tgt), batch_gate(model, src, tgt)]


class GateTable:
    """여러 모델의 세 관문을 한 표로. 셀 끝에 두면 보여요."""

    def __init__(
        self, variants: Mapping[str, Parts], vocab: int, src: Tensor, tgt: Tensor, steps: int, seed: int = 0
    ) -> None:
        self.rows = {
            name: gates(parts, vocab, src, tgt, steps, seed)
            for name, parts in progress(variants.items(), "관문 세우기")
        }

    def caught(self, name: str) -> list[int]:
        """이 모델을 막은 관문의 번호들(1부터)."""
        return [number for number, gate in enumerate(self.rows[name], 1) if not gate.passed]

    def _cells(self) -> list[list[str]]:
        return [[name, *("통과" if gate.passed else "막힘" for gate in row)] for name, row in self.rows.items()]

    def __repr__(self) -> str:
        return "\n".join(" | ".join(row) for row in [["모델", *NAMES], *self._cells()])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("모델", *NAMES))
        body = "".join(
            f'<tr><td style="text-align:left">{html.escape(name)}</td>'
            + "".join(
                f'<td style="color:{"#7a8794" if mark == "통과" else "#c62828"}"><b>{mark}</b></td>' for mark in marks
            )
            + "</tr>"
            for name, *marks in self._cells()
        )
        return f"<table><tr>{head}</tr>{body}</table>"


def effects(parts: Parts, vocab: int, src: Tensor, tgt: Tensor, steps: int) -> None:
    """확인을 통과하지 못한 학습자의 함수를 하나씩 끼워 보고, 어느 관문이 막는지 말해요."""
    inside = {name: f for name, f in parts.broken.items() if name in IN_THE_MODEL}
    if not inside:
        print("모델 안에 고장 난 채로 남은 부품은 없어요.")
    for name, function in inside.items():
        try:
            blocked = [
                gate for gate in gates(parts.replaced(**{name: function}), vocab, src, tgt, steps) if not gate.passed
            ]
        except Exception as error:
            print(f"`{name}` 함수를 끼우면: 계산하다가 {type(error).__name__}로 멈춰요.")
            continue
        said = " / ".join(map(repr, blocked)) or "세 관문은 지나가요. 값만 조금 다른 것이라 `check`의 말을 봐야 해요."
        print(f"`{name}` 함수를 끼우면: {said}")


IN_THE_MODEL = (
    *("add_pe", "ffn", "layer_norm", "post_norm", "scaled_dot_product_attention", "multi_head_attention", "embed"),
    *("tied_logits", "encoder_layer", "decoder_layer", "make_masks", "transformer_forward", "shift_right"),
    "label_smoothed_loss",
)
