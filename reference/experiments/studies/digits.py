"""손글씨 숫자: 그림 조각을 단어처럼 읽는 분류기(ViT)를 로지스틱 회귀와 견줘요.

scikit-learn에 든 8×8 그림 1,797장이에요. 시드마다 훈련과 시험을 새로 나누고, 두 모델은 같은 나눔을 써요.
"""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from reference.config import ModelConfig
from reference.experiments.experiment import Claim, Experiment, Finding, Measured, Point, Results, Setup
from reference.experiments.rules import less, under_conditions
from reference.pictures import BLUE, ORANGE
from reference.variants import VisionTransformer

TRAIN = (100, 300, 1200)  # 훈련 그림의 수
TEST = 500
NAIVE = "가장 흔한 숫자"
PATCH, BATCH, STEPS = 2, 64, 600


@cache
def _digits() -> tuple[Tensor, Tensor]:
    """그림 (1797, 1, 8, 8), 값은 0~1이고, 숫자 (1797,)이에요."""
    data = load_digits()
    return torch.tensor(data.images, dtype=torch.float32)[:, None] / 16, torch.tensor(data.target)


def split(count: int, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(훈련 그림, 훈련 답, 시험 그림, 시험 답). 같은 시드면 시험 500장이 같고, 작은 훈련은 큰 훈련의 앞부분이에요."""
    images, labels = _digits()
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    test, train = order[:TEST], order[TEST : TEST + count]
    return images[train], labels[train], images[test], labels[test]


def _logistic(images: Tensor, labels: Tensor, test: Tensor) -> Tensor:
    model = LogisticRegression(max_iter=2000).fit(images.flatten(1).numpy(), labels.numpy())
    return torch.tensor(model.predict(test.flatten(1).numpy()))


def _patches(images: Tensor, labels: Tensor, test: Tensor, steps: int, seed: int, device: torch.device) -> Tensor:
    torch.manual_seed(seed)
    config = ModelConfig(3, d_model=64, n_heads=4, d_ff=128, n_layers=3, norm_first=True, activation="gelu")
    model = VisionTransformer(config, image_size=8, patch_size=PATCH, n_classes=10, channels=1).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    images, labels = images.to(device), labels.to(device)
    model.train()
    for _ in range(steps):
        index = torch.randint(len(images), (BATCH,), device=device)
        loss = F.cross_entropy(model(images[index]), labels[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    model.eval()
    with torch.no_grad():
        return model(test.to(device)).argmax(-1).cpu()


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """시험 그림의 틀린 비율(0~1)이에요. point는 모델의 이름과 훈련 그림의 수예요."""
    images, labels, test, answers = split(point["train"], seed)
    if point["model"] == "조각":
        guesses = _patches(images, labels, test, setup.steps(STEPS), seed, setup.device)
    elif point["model"] == "로지스틱":
        guesses = _logistic(images, labels, test)
    else:  # 훈련에서 가장 흔한 숫자만 답하기
        guesses = labels.mode().values.expand(len(test))
    return {"error": float(guesses.ne(answers).float().mean())}


def _reads(results: Results) -> Finding:
    error, naive = (results.spread("error", model=model, train=TRAIN[-1]) for model in ("조각", NAIVE))
    return Finding(
        less(error, naive.times(0.1)),
        f"오류 {error:.1%}",
        f"훈련 그림 {TRAIN[-1]:,}장에서 조각 분류기의 시험 오류는 {error:.1%}, {NAIVE}만 답하면 {naive:.1%}예요. "
        "그 10분의 1보다 낮아야 읽는다고 판정해요.",
    )


def _needs_data(results: Results) -> Finding:
    patches, logistic = (results.spread("error", model=model, train=TRAIN[0]) for model in ("조각", "로지스틱"))
    return Finding(
        less(logistic, patches),
        f"{patches:.1%} 대 {logistic:.1%}",
        f"훈련 그림이 {TRAIN[0]}장뿐이면 시험 오류는 조각 분류기 {patches:.1%}, 로지스틱 회귀 {logistic:.1%}예요.",
    )


def _beats_logistic(results: Results) -> Finding:
    verdicts, figures = {}, []
    for count in TRAIN:
        patches, logistic = (results.spread("error", model=model, train=count) for model in ("조각", "로지스틱"))
        verdicts[f"{count:,}장"] = less(patches, logistic)
        figures.append(f"{count:,}장에서 {patches:.1%} 대 {logistic:.1%}")
    verdict, condition_said = under_conditions(verdicts)
    return Finding(
        verdict, figures[-1], f"조각 분류기와 로지스틱 회귀의 시험 오류는 {', '.join(figures)}예요. {condition_said}"
    )


def draw(figure: Figure, results: Results) -> None:
    """훈련 그림의 수에 따른 시험 오류를 그려요. 점은 시드마다의 값이에요."""
    axes = figure.subplots()
    for model, name, colour in (("로지스틱", "로지스틱 회귀", ORANGE), ("조각", "조각 분류기(ViT)", BLUE)):
        spreads = [results.spread("error", model=model, train=count) for count in TRAIN]
        axes.plot(TRAIN, [100 * spread.mean for spread in spreads], color=colour, label=name)
        for count, spread in zip(TRAIN, spreads, strict=True):
            axes.plot([count] * len(spread.values), [100 * value for value in spread.values], "o", color=colour, ms=5)
    axes.set(yscale="log", xscale="log", xlabel="훈련 그림의 수(장)", ylabel="시험 오류(%)", xlim=(85, 1600))
    axes.set_xticks(TRAIN, [f"{count:,}" for count in TRAIN])
    axes.set_yticks((2, 3, 5, 10, 20), ("2", "3", "5", "10", "20"))
    axes.minorticks_off()
    axes.legend()


EXPERIMENT = Experiment(
    name="digits",
    title="그림 조각을 단어처럼 읽어도 숫자를 알아볼까",
    setting=f"scikit-learn의 8×8 손글씨 숫자를 {PATCH}×{PATCH} 조각 16개로 읽는 ViT(3층, d_model 64, {STEPS}스텝)와 로지스틱 회귀를 견줘요. "
    f"시험 {TEST}장이고, 시드마다 훈련과 시험을 새로 나눠요.",
    points=(
        *({"model": model, "train": count} for count in TRAIN for model in ("조각", "로지스틱")),
        {"model": NAIVE, "train": TRAIN[-1]},
    ),
    measure=measure,
    claims=(
        Claim("digits-reads", "조각만으로도 그림을 읽어요", "강의 (ViT)", _reads),
        Claim("digits-needs-data", "데이터가 적으면 조각 분류기가 로지스틱 회귀에 져요", "우리의 물음", _needs_data),
        Claim(
            "digits-beats-logistic",
            "작은 그림에서도 조각 분류기가 로지스틱 회귀를 이겨요",
            "우리의 물음",
            _beats_logistic,
        ),
    ),
    draw=draw,
)
