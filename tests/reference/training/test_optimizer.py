"""옵티마이저: 어느 파라미터를 누가 맡는지, Muon이 행렬만 고르게 고치는지, 다른 것으로는 이어 가지 않는지."""

from __future__ import annotations

import pytest
import torch
from support.reference_runs import make_trainer
from torch.optim import Adam, Muon

from reference.config import ModelConfig
from reference.errors import UserError
from reference.training.optimizer import optimizers
from reference.training.progress import Reporter
from reference.training.settings import TrainConfig
from reference.transformer import Transformer

LEARNED = ModelConfig(30, d_model=16, n_heads=2, d_ff=32, n_layers=2, max_len=20, positions="learned")


def test_every_parameter_has_one_keeper():
    model = Transformer(LEARNED)
    adam, muon = optimizers(model, TrainConfig(optimizer="muon", weight_decay=0.1))
    assert isinstance(adam, Adam) and isinstance(muon, Muon)
    kept = [id(one) for found in (adam, muon) for one in found.param_groups[0]["params"]]
    assert sorted(kept) == sorted(map(id, model.parameters()))
    named = {id(one): name for name, one in model.named_parameters()}
    hidden = {named[id(one)] for one in muon.param_groups[0]["params"]}
    # 층마다 인코더는 qkv, out, 두 선형, 디코더는 크로스 어텐션의 둘이 더 있어요.
    assert len(hidden) == 2 * 4 + 2 * 6 and all(".qkv.weight" in n or ".out." in n or ".ffn." in n for n in hidden)
    (only,) = optimizers(model, TrainConfig())
    assert isinstance(only, Adam) and len(only.param_groups[0]["params"]) == len(list(model.parameters()))


def test_muon_moves_every_direction_alike():
    """한 방향의 기울기가 백 배 커도 갱신의 특잇값은 비슷해요. Adam의 첫 갱신은 부호뿐이라 큰 방향 하나로 기울어요."""
    torch.manual_seed(0)
    moved = {}
    left, right = torch.linalg.qr(torch.randn(16, 16))[0], torch.linalg.qr(torch.randn(16, 16))[0]
    slope = left @ torch.diag(torch.linspace(1, 100, 16)) @ right
    for kind in ("adam", "muon"):
        model = Transformer(LEARNED)
        weight = model.encoder[0].self_attn.out.weight
        before = weight.detach().clone()
        weight.grad = slope.clone()
        for optimizer in optimizers(model, TrainConfig(optimizer=kind)):
            optimizer.param_groups[0]["lr"] = 0.01
            optimizer.step()
        values = torch.linalg.svdvals(weight.detach() - before)
        moved[kind] = float(values.max() / values.min())
    assert moved["muon"] < 4 < moved["adam"]


def test_another_optimizer_does_not_go_on(tsv, tmp_path):
    short = {"max_steps": 2, "save_every": 2}
    make_trainer(tmp_path / "run", tsv, optimizer="muon", **short).run(Reporter(tmp_path / "run"))
    with pytest.raises(UserError, match="muon.*--optimizer를 빼거나"):
        make_trainer(tmp_path / "run", tsv, **short).restore()
    assert make_trainer(tmp_path / "run", tsv, optimizer="muon", **short).restore() == 2


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"optimizer": "sgd"}, "adam이나 muon"),
        ({"optimizer": "muon", "weight_decay": -0.1}, "0 이상"),
        ({"optimizer": "adam", "weight_decay": 0.1}, "--optimizer muon과 함께"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, said):
    with pytest.raises(UserError, match=said):
        TrainConfig(**settings)
