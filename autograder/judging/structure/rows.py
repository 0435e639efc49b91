"""구조: 줄마다의 이야기. 합이 1이어야 하는 줄, 줄마다 다른 배수, 모든 줄에 똑같이 더해진 것, 모두 같은 값."""

from __future__ import annotations

from torch import Tensor

from autograder.judging.structure.evidence import Evidence, Numbers, Observation, everywhere, subject, weight
from autograder.judging.structure.scale import ENOUGH
from autograder.wording import josa

_SUM_SLACK = 1e-3


def constant(evidence: Evidence) -> Observation | None:
    """모두 같은 수나 0이에요."""
    if not evidence.clear or weight(evidence) < ENOUGH or not everywhere(evidence, lambda n: n.got.numel() >= 3):
        return None
    if not everywhere(evidence, lambda n: n.near(n.got[n.seen][0].expand_as(n.got), n.got)):
        return None
    zero = everywhere(evidence, lambda n: not bool(n.got[n.seen].any()))
    why = f"{subject(evidence)} 0이에요." if zero else "한 사례 안에서 나온 수가 모두 똑같아요."
    look = "자리마다 계산한 결과를 담는지, 만들어 두기만 한 텐서를 돌려주지 않는지 봐요."
    return Observation("all-zero" if zero else "all-alike", why, look)


def rows_alike(evidence: Evidence) -> Observation | None:
    """한 축을 따라 모두 같은 값이에요. 기대한 값은 그렇지 않아요."""
    for axis in (-2, -1, -3, -4):
        if everywhere(evidence, lambda n, a=axis: _alike(n.got, a) and not _alike(n.expected, a)):  # type: ignore[misc]
            why = f"{josa(f'dim={axis}', '을/를')} 따라 나온 값이 모두 똑같아요. 자리마다 달라야 해요."
            look = (
                "자리마다 달라야 하는 것이 계산에 들어가는지, 들어가도 너무 작아지지 않는지, 어느 축을 모으는지 봐요."
            )
            return Observation("rows-alike", why, look)
    return None


def _alike(values: Tensor, axis: int) -> bool:
    if values.dim() < -axis or values.size(axis) < 2:
        return False
    first = values.narrow(axis, 0, 1)
    return bool(((values - first).abs() <= 1e-6 * (1 + first.abs())).all())


def probabilities(evidence: Evidence) -> Observation | None:
    """줄마다 합이 1이어야 하는 값인데 음수가 있거나, 다른 축이나 전체의 합이 1이에요."""
    if not everywhere(
        evidence, lambda n: _sums_to_one(n.expected, -1) and bool(n.seen.all() and n.got.isfinite().all())
    ):
        return None
    look = "softmax를 어느 축(`dim`)에 거는지, 그 뒤에 값을 바꾸는 줄이 있는지 봐요."
    if everywhere(evidence, lambda n: bool((n.got[n.seen] < -_SUM_SLACK).any())):
        why = "줄마다 합이 1인 확률이어야 하는데 음수가 섞여 있어요."
        return Observation("negative-probability", why, "softmax를 거쳤는지, 거친 뒤에 값을 바꾸는 줄이 있는지 봐요.")
    for axis in (-2, -3, -4):
        if everywhere(evidence, lambda n, a=axis: n.got.dim() >= -a and _sums_to_one(n.got, a)):  # type: ignore[misc]
            other = josa(f"dim={axis}", "을/를")
            why = f"마지막 축을 따라 더한 합이 1이어야 하는데, {other} 따라 더한 합이 1이에요."
            return Observation("sums-along-other-axis", why, look)
    if everywhere(evidence, lambda n: abs(float(n.got.sum()) - 1) < _SUM_SLACK):
        return Observation("sums-over-everything", "줄마다 합이 1이어야 하는데, 전체를 더한 합이 1이에요.", look)
    return None


def row_sums(evidence: Evidence) -> Observation | None:
    """줄마다 합이 1이어야 하는 값인데 합이 1이 아니에요."""
    if not everywhere(evidence, lambda n: _sums_to_one(n.expected, -1) and bool(n.seen.all())):
        return None
    if everywhere(evidence, lambda n: _sums_to_one(n.got, -1)):
        return None
    sums = [(n.got.sum(-1), n.expected.sum(-1)) for _, n in evidence.numbers]
    low = all(bool((got <= wanted + _SUM_SLACK).all()) for got, wanted in sums)
    high = all(bool((got >= wanted - _SUM_SLACK).all()) for got, wanted in sums)
    way = "1보다 작은 줄이 있어요" if low else "1보다 큰 줄이 있어요" if high else "1이 아닌 줄이 있어요"
    why = f"줄(마지막 축)마다 합이 1이어야 하는데, 합이 {way}."
    return Observation("rows-do-not-sum", why, "가린 다음에 다시 나누는지, 나누는 합이 같은 줄의 합인지 봐요.")


def _sums_to_one(values: Tensor, axis: int) -> bool:
    """음수가 없고, 축을 따라 더하면 1인 줄이 있으며 나머지 줄은 모두 0인지."""
    if values.dim() < -axis or values.size(axis) < 2 or bool((values < -_SUM_SLACK).any()):
        return False
    sums = values.sum(axis)
    ones = (sums - 1).abs() < _SUM_SLACK
    return bool((ones | (sums.abs() < _SUM_SLACK)).all()) and bool(ones.any())


def normalised_later(evidence: Evidence) -> Observation | None:
    """나온 값을 줄마다의 합으로 나누면 기대한 값이에요."""
    if not _enough_rows(evidence, 1):
        return None
    if not everywhere(evidence, lambda n: n.near(n.expected, n.got / n.got.sum(-1, keepdim=True))):
        return None
    why = f"{subject(evidence, '을')} 줄(마지막 축)마다의 합으로 나누면 기대한 값과 같아져요."
    return Observation(
        "not-normalised", why, "마지막에 합이 1이 되게 나누는 줄이 있는지, 가린 다음에 다시 나누는지 봐요."
    )


def row_factor(evidence: Evidence) -> Observation | None:
    """줄마다 다른 수를 곱한 만큼 달라요."""
    if not _enough_rows(evidence, 1) or not everywhere(evidence, lambda n: n.near(_row_fit(n), n.got)):
        return None
    if empty := _rows_left_zero(evidence):
        return empty
    factors = [(n.expected * n.got).sum(-1) / n.expected.square().sum(-1).clamp_min(1e-30) for _, n in evidence.numbers]
    alike = all(bool(((f - f.flatten()[0]).abs() <= 1e-3 * f.flatten()[0].abs()).all()) for f in factors)
    differs = "그 배수는 사례마다 달라요" if alike else "그 배수는 줄마다 달라요"
    why = f"{subject(evidence)} 줄(마지막 축)마다 기대한 줄의 일정한 배수예요. {differs}."
    return Observation(
        "row-factor", why, "줄마다 나누거나 곱하는 수(합, 표준편차, 길이)를 봐요. 그 수를 재는 축도 확인해요."
    )


def _rows_left_zero(evidence: Evidence) -> Observation | None:
    """줄마다 맞거나 통째로 0이에요. 0배도 배수라서 그렇게 말하면 엉뚱한 곳을 찾아요."""

    def untouched(n: Numbers) -> bool:
        zero = (_seen(n, n.got) == 0).all(-1, keepdim=True)
        return bool((n.got.size(-1) > 1) and zero.any()) and n.near(n.expected.masked_fill(zero, 0.0), n.got)

    if not everywhere(evidence, untouched):
        return None
    why = "0으로 남은 줄(마지막 축)이 있어요. 나머지 줄은 모두 맞아요."
    look = "미리 만들어 둔 텐서를 채운다면 모든 줄을 채우는지, 반복문과 자르는 범위가 빠뜨린 줄이 있는지 봐요."
    return Observation("rows-left-zero", why, look)


def row_offset(evidence: Evidence) -> Observation | None:
    """줄마다 다른 수를 더한 만큼, 또는 모든 줄에 같은 벡터를 더한 만큼 달라요."""
    gap = [(numbers, numbers.got - numbers.expected) for _, numbers in evidence.numbers]
    if not _enough_rows(evidence, 2) or not everywhere(evidence, lambda n: bool(n.seen.all())):
        return None
    if all(n.near(n.expected + d.mean(-1, keepdim=True), n.got) for n, d in gap):
        why = f"{subject(evidence)} 줄(마지막 축)마다 일정한 수만큼 달라요. 그 수는 줄마다 달라요."
        return Observation("row-offset", why, "줄마다 빼거나 더하는 수(평균, 최댓값)를 봐요.")
    flat = [(n, d, d.reshape(-1, d.size(-1)).mean(0)) for n, d in gap]
    if all(d.numel() // d.size(-1) >= 3 and n.near(n.expected + mean, n.got) for n, d, mean in flat):
        why = f"{subject(evidence)}, 자리마다 기대한 값과 똑같은 벡터만큼 달라요."
        return Observation("same-vector", why, "편향처럼 모든 자리에 똑같이 더하는 벡터를 봐요.")
    return None


def _row_fit(numbers: Numbers) -> Tensor:
    e, g = (_seen(numbers, value) for value in (numbers.expected, numbers.got))
    return numbers.expected * ((e * g).sum(-1, keepdim=True) / (e * e).sum(-1, keepdim=True).clamp_min(1e-30))


def _seen(numbers: Numbers, value: Tensor) -> Tensor:
    """견주지 않는 자리를 0으로."""
    return value.masked_fill(~numbers.seen, 0.0)


def _enough_rows(evidence: Evidence, axes: int) -> bool:
    """줄마다 정할 수 하나를 빼고도 남는 값이 넉넉한지. 0뿐인 줄은 세지 않아요."""
    if not everywhere(evidence, lambda n: n.got.dim() >= axes and n.got.size(-1) >= 2 and bool(n.got.isfinite().all())):
        return False
    spare = 0
    for _, numbers in evidence.numbers:
        live = (numbers.expected.abs() > 10 * numbers.atol) & numbers.seen
        spare += int((live.sum(-1) - 1).clamp_min(0).sum())
    return spare >= 3 * ENOUGH
