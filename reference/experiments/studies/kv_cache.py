"""KV 캐시가 있을 때와 없을 때의 토큰당 시간과 곱셈 수를 길이를 바꾸며 견줘요 (레슨 6, 8)."""

from __future__ import annotations

import torch
from matplotlib.figure import Figure
from torch import Tensor

from reference.config import ModelConfig
from reference.decoding import greedy
from reference.experiments.costs import Job, alternating_seconds, capped, growth, middle, paired_ratio
from reference.experiments.drawing import curve, log_ticks
from reference.experiments.experiment import (
    Claim,
    Experiment,
    Finding,
    Measured,
    Point,
    Results,
    Setup,
    Spread,
)
from reference.experiments.rules import all_of, at_least, at_most, faster, same_values, under_conditions
from reference.masks import causal_mask
from reference.pictures import BLUE, INK, ORANGE
from reference.transformer import Transformer

LENGTHS = (16, 32, 64, 128, 256, 512)
SOURCE = 16  # 원문의 토큰 수


@torch.inference_mode()
def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """문장 하나를 length토큰까지 쓰는 시간과, length번째 토큰 하나의 시간이에요. 단위는 초이고 곱셈은 개수예요."""
    length = capped(point["length"], setup)
    model = never_ending(seed, length).to(setup.device)
    src = torch.randint(3, model.config.vocab_size, (1, SOURCE), device=setup.device)
    whole: dict[str, Job] = {
        "cached": lambda: greedy(model, src, length),
        "plain": lambda: greedy(model, src, length, use_cache=False),
    }
    # 학습하지 않은 모델은 토큰 하나만 되풀이해 쓰므로, 값을 견줄 때는 아무 토큰이나 섞어서 읽혀요.
    once = last_token(model, src, torch.randint(3, model.config.vocab_size, (1, length), device=setup.device))
    logits, again = once["plain"](), once["cached"]()
    measured: Measured = {"difference": ((again - logits).abs().max() / logits.abs().max()).item()}
    for part, jobs, rounds in (("whole", whole, 3), ("token", once, 15)):
        times = alternating_seconds(jobs, max(2, setup.steps(rounds)), setup.device)
        measured[f"{part}_faster"] = paired_ratio(times["plain"], times["cached"])
        for name, seconds in middle(times).items():
            measured[f"{part}_{name}_seconds"] = seconds
    # 캐시로 한 토큰씩 갈 때의 점수는 행렬 곱이 아니라 곱해서 더한 것이라 계수기가 세지 못해요. 그래서 식으로 세어요.
    for name, cached in (("cached", True), ("plain", False)):
        measured[f"{name}_multiplications"] = sentence_multiplications(model.config, length, SOURCE, cached)
    return measured


def never_ending(seed: int, length: int) -> Transformer:
    """끝나는 토큰을 고르지 않는 모델이에요. EOS의 임베딩이 0이면 로짓이 0이고, 나머지 천 개 가운데 가장 큰 로짓은 0보다 커요."""
    torch.manual_seed(seed)
    model = Transformer(ModelConfig(1000, 128, 4, 512, 3, max_len=max(length, SOURCE))).eval()
    model.embedding.E.mul_(
        0.1
    )  # 학습하지 않은 모델은 방금 쓴 토큰만 되풀이해요. 임베딩이 작으면 위치마다 다른 토큰을 골라요.
    model.embedding.E[model.config.eos_id] = 0
    return model


def token_multiplications(config: ModelConfig, t: int, source: int, cached: bool) -> int:
    """t번째 토큰 하나를 고르는 곱셈 수예요. 캐시가 없으면 t개를 처음부터 다시 읽고, 기억의 키와 값도 다시 만들어요.

    층마다: 셀프 어텐션의 행렬 넷과 2td, 크로스 어텐션의 행렬 둘과 2Sd, 피드포워드 2d·d_ff. 끝에 로짓 dV.
    """
    d, rows = config.d_model, 1 if cached else t
    layer = rows * (6 * d * d + 2 * d * t + 2 * d * source + 2 * d * config.d_ff) + (
        0 if cached else 2 * source * d * d
    )
    return config.n_layers * layer + d * config.vocab_size


def sentence_multiplications(config: ModelConfig, length: int, source: int, cached: bool) -> int:
    """문장 하나를 length토큰까지 쓰는 곱셈 수예요. 인코더와, 캐시에 한 번만 만드는 기억의 키와 값까지 세어요."""
    d = config.d_model
    encoder = source * (4 * d * d + 2 * d * source + 2 * d * config.d_ff)
    memory = 2 * source * d * d if cached else 0
    tokens = sum(token_multiplications(config, t, source, cached) for t in range(1, length + 1))
    return config.n_layers * (encoder + memory) + tokens


def last_token(model: Transformer, src: Tensor, tokens: Tensor) -> dict[str, Job]:
    """앞의 것이 다 있을 때 마지막 토큰 하나를 고르는 일이에요. 캐시가 없으면 처음부터 다시 읽어요. tokens (1, T)."""
    memory = model.encode(src, None)  # (1, S, D)
    cache = model.start_cache(memory)
    for t in range(tokens.size(1) - 1):
        model.decode(tokens[:, t : t + 1], None, None, None, cache)
    used, step = cache[0].used, cache[0].step

    def cached() -> Tensor:
        for layer in cache:
            layer.used, layer.step = used, step  # 되풀이해서 재려고 방금 적은 칸을 지워요.
        return model.logits(model.decode(tokens[:, -1:], None, None, None, cache)[:, -1])

    def plain() -> Tensor:
        mask = causal_mask(tokens.size(1)).to(tokens.device)
        return model.logits(model.decode(tokens, memory, mask, None)[:, -1])

    return {"cached": cached, "plain": plain}


POINTS = tuple({"length": length} for length in LENGTHS)


def _all(results: Results, key: str) -> list[Spread]:
    return [results.spread(key, length=length) for length in LENGTHS]


def _growths(results: Results, key: str, first: int = 0) -> Spread:
    """시드마다 맞춘 자라는 차수예요. first번째 길이부터 봐요."""
    columns = [spread.values for spread in _all(results, key)[first:]]
    return Spread(tuple(growth(LENGTHS[first:], values) for values in zip(*columns, strict=True)))


def judge_faster(results: Results) -> Finding:
    """문장 하나를 다 쓰는 시간이 길이마다 짧은지 봐요."""
    seen = {f"{length}토큰": ratio for length, ratio in zip(LENGTHS, _all(results, "whole_faster"), strict=True)}
    verdict, said = under_conditions({place: faster(ratio) for place, ratio in seen.items()})
    low, high = (pick(ratio.mean for ratio in seen.values()) for pick in (min, max))
    listed = ", ".join(f"{place} {ratio:.1f}배" for place, ratio in seen.items())
    return Finding(
        verdict,
        f"{low:.1f}~{high:.1f}배",
        f"문장 하나를 다 쓰는 데 캐시가 있으면 빠른 정도는 {listed}예요. 1.1배를 넘어야 빠르다고 판정해요. {said}",
    )


def judge_grows(results: Results) -> Finding:
    """빠른 정도가 길이의 0.3제곱보다 빨리 자라는지 봐요. 길이마다 흔들리는 것보다 훨씬 커요."""
    gain, power = _all(results, "whole_faster"), _growths(results, "whole_faster")
    return Finding(
        at_least(power, 0.3),
        f"{gain[0].mean:.1f}배에서 {gain[-1].mean:.1f}배로",
        f"캐시의 이득은 {LENGTHS[0]}토큰에서 {gain[0]:.1f}배, {LENGTHS[-1]}토큰에서 {gain[-1]:.1f}배로, 길이의 {power:.2f}제곱으로 자랐어요.",
    )


def judge_flat(results: Results) -> Finding:
    """토큰 하나의 시간이 자라는 차수예요. 캐시가 있으면 0.3 아래이고 없으면 0.7보다 커야 맞아요."""
    cached, plain = (_growths(results, f"token_{name}_seconds", 2) for name in ("cached", "plain"))
    first, last = (results.spread("token_cached_seconds", length=length) for length in (LENGTHS[2], LENGTHS[-1]))
    return Finding(
        all_of((at_most(cached, 0.3), at_least(plain, 0.7))),
        f"차수 {cached:.2f}, 없으면 {plain:.2f}",
        f"{LENGTHS[2]}토큰부터 {LENGTHS[-1]}토큰까지 토큰 하나의 시간은 캐시가 있으면 길이의 {cached:.2f}제곱으로, 없으면 {plain:.2f}제곱으로 "
        f"자랐어요. 캐시가 있을 때의 시간은 {last.mean / first.mean:.1f}배가 되었어요.",
    )


def judge_counted(results: Results) -> Finding:
    """문장 하나를 다 쓸 때의 곱셈이 길이의 제곱 가까이에서 한 제곱 가까이로 내려오는지 세어 봐요."""
    cached, plain = (_growths(results, f"{name}_multiplications", 2) for name in ("cached", "plain"))
    last = [results.spread(f"{name}_multiplications", length=LENGTHS[-1]).mean for name in ("plain", "cached")]
    return Finding(
        all_of((at_most(cached, 1.3), at_least(plain, 1.7))),
        f"{plain:.2f} → {cached:.2f}",
        f"문장 하나를 다 쓰는 곱셈은 캐시가 없으면 길이의 {plain:.2f}제곱으로, 있으면 {cached:.2f}제곱으로 늘어나요. "
        f"{LENGTHS[-1]}토큰에서는 {last[0] / last[1]:.0f}배 차이예요.",
    )


def judge_same(results: Results) -> Finding:
    """마지막 토큰의 로짓이 모든 길이와 시드에서 float32의 반올림만큼만 다른지 봐요."""
    verdict, worst = same_values(_all(results, "difference"), 1e-4)
    return Finding(
        verdict,
        f"가장 큰 차이 {worst:.0e}",
        f"{LENGTHS[0]}토큰부터 {LENGTHS[-1]}토큰까지 캐시가 있을 때와 없을 때 로짓의 차이는 커도 가장 큰 로짓의 {worst:.0e}배쯤이에요.",
    )


def draw(figure: Figure, results: Results) -> None:
    """왼쪽은 토큰 하나의 시간, 오른쪽은 문장 하나를 다 쓸 때 몇 배 빠른지예요."""
    token, whole = figure.subplots(1, 2)
    for name, label, color in (("plain", "캐시 없음", ORANGE), ("cached", "캐시 있음", BLUE)):
        seconds = _all(results, f"token_{name}_seconds")
        curve(token, LENGTHS, [spread.times(1000) for spread in seconds], color, label)
    token.set(title="토큰 하나를 고르는 시간", xlabel="앞에 있는 토큰 수", ylabel="밀리초")
    token.legend()
    curve(whole, LENGTHS, _all(results, "whole_faster"), BLUE, "시간")
    counts = [
        [results.spread(f"{name}_multiplications", length=length).mean for length in LENGTHS]
        for name in ("plain", "cached")
    ]
    ratios = [plain / cached for plain, cached in zip(*counts, strict=True)]
    whole.plot(LENGTHS, ratios, color=INK, linestyle="--", label="곱셈 수")
    whole.set(title="캐시가 있으면 몇 배 빠른지", xlabel="쓴 토큰 수", ylabel="배")
    whole.legend()
    for axis in (token, whole):
        log_ticks(axis, at=LENGTHS)


EXPERIMENT = Experiment(
    name="kv-cache",
    title="KV 캐시는 얼마나 빠를까",
    setting="CPU 스레드 하나에서 3층, d_model 128인 모델이 문장 하나를 16토큰에서 512토큰까지 그리디로 쓰는 시간을 번갈아 재고 곱셈을 세어요.",
    points=POINTS,
    measure=measure,
    claims=(
        Claim("faster", "CPU 스레드 하나에서 KV 캐시를 쓰면 생성이 빨라요", "강의", judge_faster),
        Claim("gain-grows", "CPU 스레드 하나에서 문장이 길수록 캐시의 이득이 커요", "시리즈 8편", judge_grows),
        Claim(
            "flat-latency",
            "CPU 스레드 하나에서 캐시가 있으면 토큰 하나의 시간이 길이를 거의 타지 않아요",
            "시리즈 8편",
            judge_flat,
        ),
        Claim("counted", "캐시는 제곱으로 늘던 계산을 길이에 비례하게 줄여요", "강의", judge_counted),
        Claim("same-tokens", "캐시는 결과를 바꾸지 않아요", "강의", judge_same),
    ),
    draw=draw,
    alone=True,
    figure_size=(9.0, 4.0),
)
