"""학습으로 재는 실험들: 버그가 정말 그 버그인지, 일정과 기울기가 손으로 센 값과 같은지, 판정의 규칙이 말대로인지 봐요."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from support.experiment_rows import made_up

from reference.experiments.experiment import Point, Setup, Verdict
from reference.experiments.small_training import COPYING, RUINED, build, copying, korean_pairs, write_alone
from reference.experiments.studies import dropout, norms, silent_bugs, warmup
from reference.experiments.studies.silent_bugs import BUGS, CORRECT
from reference.masks import make_masks
from reference.norm import AddNorm

# -- 작은 학습 --


def test_copying_ends_with_eos_and_pads_after_it():
    pairs = copying(200, 6, seed=3)
    assert pairs.src.shape == (200, 7) and torch.equal(pairs.src, pairs.tgt_out)
    for row, begun in zip(pairs.src.tolist(), pairs.tgt_in.tolist(), strict=True):
        end = row.index(2)
        assert 2 <= end <= 6 and all(3 <= letter < COPYING for letter in row[:end]) and set(row[end + 1 :]) <= {0}
        assert begun == [1, *row[:-1]]
    assert {row.tolist().index(2) for row in pairs.src} == {2, 3, 4, 5, 6}
    assert torch.equal(copying(200, 6, 3).src, pairs.src) and not torch.equal(copying(200, 6, 4).src, pairs.src)


def test_only_short_pairs_are_kept():
    short, _, _ = korean_pairs(150, 1, 12)
    whole, _, _ = korean_pairs(150, 1)
    assert short.src.size(1) <= 12 and short.tgt_out.size(1) <= 12
    fits = (whole.src.ne(0).sum(1) <= 12) & (whole.tgt_out.ne(0).sum(1) <= 12)
    assert len(short.src) == fits.sum() > 0


def test_writing_alone_stops_at_the_end():
    class Says(torch.nn.Module):
        """t번째에는 언제나 7, 8, 9, EOS의 t번째를 말해요."""

        def forward(self, src, tgt):
            words = torch.tensor([7, 8, 9, 2, 5])[: tgt.size(1)]
            return torch.nn.functional.one_hot(words, 15).expand(len(src), -1, -1).float()

    src = torch.ones(2, 3, dtype=torch.int64)
    assert write_alone(Says(), src, 5) == [[7, 8, 9]] * 2 and write_alone(Says(), src, 2) == [[7, 8]] * 2


# -- 조용한 버그 --


def later_changes_earlier(name: str) -> bool:
    """타깃의 마지막 글자를 바꾸면 앞자리의 로짓이 달라지는지."""
    pairs = copying(4, 6, 1)
    with BUGS[name].model():
        model = build(COPYING, 1, n_layers=1, dropout=0.0).eval()
        changed = pairs.tgt_in.clone()
        changed[:, 3] = (changed[:, 3] - 2) % 12 + 3
        with torch.no_grad():
            return not torch.allclose(
                model(pairs.src, changed)[:, :3], model(pairs.src, pairs.tgt_in)[:, :3], atol=1e-5
            )


def padding_changes_letters(name: str) -> bool:
    """소스 뒤에 PAD를 더 붙이면 로짓이 달라지는지."""
    pairs = copying(4, 6, 1)
    longer = torch.nn.functional.pad(pairs.src, (0, 4))
    with BUGS[name].model():
        model = build(COPYING, 1, n_layers=1, dropout=0.0).eval()
        with torch.no_grad():
            return not torch.allclose(model(longer, pairs.tgt_in), model(pairs.src, pairs.tgt_in), atol=1e-4)


@pytest.mark.parametrize("name", [name for name, bug in BUGS.items() if not bug.training])
def test_bugs_leak_the_future_or_the_padding_only_where_they_say(name):
    assert later_changes_earlier(name) == (name in ("마스크가 한 칸 샘", "헤드를 transpose 없이 합침"))
    mixes_places = name in ("PAD를 가리지 않음", "헤드를 transpose 없이 합침")
    assert padding_changes_letters(name) == mixes_places


def test_bugs_in_the_data_shift_what_they_say():
    pairs = copying(3, 4, 5)
    twice = BUGS["레이블을 두 번 밂"].data(pairs)
    assert torch.equal(twice.tgt_out[:, :-1], pairs.tgt_out[:, 1:]) and not twice.tgt_out[:, -1].any()
    endless = BUGS["EOS를 가르치지 않음"].data(pairs)
    assert not (endless.tgt_out == 2).any() and (pairs.tgt_out == 2).sum() == 3
    unshifted = BUGS["디코더 입력을 밀지 않음"].data(pairs)
    assert torch.equal(unshifted.tgt_in, unshifted.tgt_out)


def bug_rows(loss: float, forced: float, free: float, name: str = "마스크가 한 칸 샘") -> Any:
    def value(point: Point, seed: int) -> dict[str, Any]:
        right = {"loss": 0.1, "forced": 0.95, "free": 0.95, "padded": 0.95, "reached": 100}
        return right | ({"loss": loss, "forced": forced, "free": free} if point["bug"] == name else {})

    return made_up(silent_bugs.EXPERIMENT, value)


def test_a_bug_hides_only_behind_a_low_loss():
    hidden, seen = bug_rows(0.05, 1.0, 0.0), bug_rows(0.5, 1.0, 0.0)
    found = silent_bugs.judge_loss(hidden)
    assert found.verdict is Verdict.HOLDS and "마스크가 한 칸 샘(손실 0.050, 완전 일치 0%)" in found.sentence
    assert silent_bugs.judge_loss(seen).verdict is Verdict.FAILS
    assert silent_bugs.judge_visible(hidden).verdict is Verdict.FAILS
    assert silent_bugs.judge_visible(seen).verdict is Verdict.DEPENDS
    assert silent_bugs.judge_forced(hidden).verdict is Verdict.HOLDS
    assert silent_bugs.judge_forced(bug_rows(0.05, 0.8, 0.0)).verdict is Verdict.FAILS


def test_no_bug_is_counted_against_the_right_model():
    assert CORRECT not in silent_bugs.judge_visible(bug_rows(0.5, 1.0, 0.0)).sentence.split("버그는")[1]


# -- 워밍업 --


def test_schedules_share_their_peak_and_differ_only_in_the_rise():
    steps, peak = 100, 0.01
    none, short, long, cosine = (warmup.rate(name, peak, steps) for name in ("none", "short", "long", "cosine"))
    for schedule, top in ((none, 1), (short, 10), (long, 50), (cosine, 10)):
        values = [schedule(step) for step in range(1, steps + 1)]
        assert max(values) == pytest.approx(peak) == pytest.approx(values[top - 1])
    assert [none(step) for step in range(10, 101)] == [short(step) for step in range(10, 101)]
    assert none(1) == peak and short(1) == pytest.approx(peak / 10)
    assert long(100) == pytest.approx(peak * 0.5**0.5)  # 식 (3): 워밍업의 두 배에서 1/√2


Three = tuple[float, float, float]


def warmup_rows(last: dict[tuple[str, str, float], Three]) -> Any:
    """첫 손실은 모두 3이고, 적지 않은 지점의 마지막 손실은 1이에요."""

    def value(point: Point, seed: int) -> dict[str, Any]:
        place = (point["norm"], point["schedule"], point["peak"])
        return {"first": 3.0, "last": last.get(place, (1.0, 1.0, 1.0))[seed - 1]}

    return made_up(warmup.EXPERIMENT, value)


def everywhere(norm: str, last: Three) -> dict[tuple[str, str, float], Three]:
    return {(norm, "none", peak): last for peak in warmup.PEAKS}


def test_divergence_is_a_loss_that_grew_or_is_no_number():
    grown: dict[tuple[str, str, float], Three] = {}
    for norm in warmup.NORMS:
        grown |= everywhere(norm, (3.5, 4.0, RUINED))
    assert warmup.judge_divergence(warmup_rows(grown)).verdict is Verdict.HOLDS
    assert warmup.judge_divergence(warmup_rows(everywhere("post", (3.5, 4, 5)))).verdict is Verdict.DEPENDS
    assert warmup.judge_divergence(warmup_rows(everywhere("post", (2.5, 2.5, 2.5)))).verdict is Verdict.FAILS


def test_needing_warmup_is_a_gap_larger_than_the_margin_in_every_seed():
    claims = {claim.id: claim.judge for claim in warmup.EXPERIMENT.claims}
    apart, near = (1.5, 1.45, 1.41), (1.05, 1.1, 1.0)  # 짧은 워밍업은 3에서 1로 2를 줄여요.
    assert claims["post-needs-it"](warmup_rows(everywhere("post", apart))).verdict is Verdict.HOLDS
    assert claims["post-needs-it"](warmup_rows(everywhere("post", (1.5, 1.4, 1.0)))).verdict is Verdict.UNCLEAR
    once = {("post", "none", warmup.PEAKS[1]): apart}
    assert claims["post-needs-it"](warmup_rows(once)).verdict is Verdict.DEPENDS
    assert claims["pre-does-not"](warmup_rows(everywhere("pre", near))).verdict is Verdict.HOLDS
    assert claims["pre-does-not"](warmup_rows(everywhere("pre", apart))).verdict is Verdict.FAILS
    lower = {("post", "cosine", warmup.PEAKS[0]): (0.8, 0.75, 0.7)}
    assert claims["cosine-is-better"](warmup_rows(lower)).verdict is Verdict.HOLDS


# -- 잔차와 정규화 --


def test_stacks_compute_what_their_names_say():
    model = build(COPYING, 1, d_model=8, n_heads=2, d_ff=16, n_layers=1, dropout=0.0).eval()
    wrapped: AddNorm = model.encoder_layers()[0].norm1
    x = torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(0))
    normed = torch.nn.functional.layer_norm(2 * x, (8,))
    wanted = {"neither": 2 * x, "residual": 3 * x, "norm": normed}
    for stack, value in wanted.items():
        forward = norms.STACKS[stack][2]
        assert forward is not None and torch.allclose(forward(wrapped, x, lambda h: 2 * h), value, atol=1e-4)


def test_the_last_gradient_is_that_of_the_memory():
    """마지막 인코더 층의 출력은 디코더가 보는 기억이므로, 기억에서 디코더만 지나 미분한 것과 같아요."""
    pairs = copying(8, 4, 1)
    model = build(COPYING, 1, d_model=8, n_heads=2, d_ff=16, n_layers=3, dropout=0.0).double()
    found = norms.gradients(model, pairs)
    src_mask, tgt_mask = make_masks(pairs.src, pairs.tgt_in, 0)
    memory = model.encode(pairs.src, src_mask).detach().requires_grad_()
    logits = model.logits(model.decode(pairs.tgt_in, memory, tgt_mask, src_mask))
    torch.nn.functional.cross_entropy(logits.flatten(0, 1), pairs.tgt_out.flatten(), ignore_index=0).backward()
    assert memory.grad is not None and len(found) == 3
    assert found[2] == pytest.approx(memory.grad.norm().item(), rel=1e-6)


def norm_rows(**last: float) -> Any:
    reach = {"neither": 1e-5, "residual": 2.0}
    return made_up(
        norms.EXPERIMENT,
        lambda point, seed: {
            "last": last.get(point["stack"], 1.0) + seed / 1000,
            "reach": reach.get(point["stack"], 1.0),
            "before": [1.0, 2.0] if point["stack"] == "post" else [1.0, 1.1],
        },
    )


def test_norm_claims_follow_their_margins():
    assert norms.judge_highway(norm_rows()).verdict is Verdict.HOLDS
    assert norms.judge_even(norm_rows()).verdict is Verdict.HOLDS
    assert norms.judge_residual_alone(norm_rows(residual=1e4)).verdict is Verdict.HOLDS
    assert norms.judge_deep_even(norm_rows()).verdict is Verdict.HOLDS
    assert norms.judge_rms(norm_rows(rms=1.05)).verdict is Verdict.HOLDS
    assert norms.judge_rms(norm_rows(rms=1.2)).verdict is Verdict.FAILS
    assert norms.judge_deep(norm_rows(deep=0.7)).verdict is Verdict.HOLDS
    assert norms.judge_deep(norm_rows(deep=1.2)).verdict is Verdict.FAILS
    assert norms.judge_norm_alone(norm_rows(norm=2.0)).verdict is Verdict.HOLDS


# -- 드롭아웃과 레이블 스무딩 --


def dropout_rows(best: dict[float, tuple[float, float, float]], shift: int = 0) -> Any:
    def value(point: Point, seed: int) -> dict[str, Any]:
        lowest = best.get(point["dropout"], (2.0, 2.0, 2.0))[seed - 1]
        wait = shift if point["dropout"] == 0.2 else 0
        curve = [5.0] * (4 + wait) + [lowest] * (6 - wait)
        return {"train": 0.5, "valid": lowest + 0.2, "best": lowest, "every": 10, "curve": curve}

    return made_up(dropout.EXPERIMENT, value)


def test_the_right_dropout_must_win_in_every_seed():
    assert dropout.judge_right(dropout_rows({0.1: (1.0, 1.0, 1.0)})).verdict is Verdict.HOLDS
    assert dropout.judge_right(dropout_rows({0.2: (1.0, 1.0, 1.0)})).verdict is Verdict.FAILS
    mixed = dropout.judge_right(dropout_rows({0.1: (1.0, 1.9, 1.0), 0.2: (1.5, 1.0, 1.5)}))
    assert mixed.verdict is Verdict.UNCLEAR and mixed.figure == "시드 차례로 0.1, 0.2, 0.1"
    assert dropout.judge_overfit(dropout_rows({})).verdict is Verdict.HOLDS


def test_slow_is_more_than_a_tenth_later():
    found = dropout.judge_slow(dropout_rows({}, shift=2))
    assert found.verdict is Verdict.HOLDS and found.figure == "70스텝 대 50스텝"
    assert dropout.judge_slow(dropout_rows({})).verdict is Verdict.FAILS


def test_setup_shrinks_every_size():
    assert (Setup(0.01).steps(150), Setup(0.01).size(4000, 64), Setup(2).steps(150)) == (2, 64, 300)
