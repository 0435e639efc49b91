"""레슨 4의 실습: 잔차 연결, 층 정규화, Post-LN과 Pre-LN, 깊이별 기울기, 인코더 층의 뼈대, 잔차의 드롭아웃, RMSNorm과 DeepNorm."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from autograder.exercises.schema import Both, Exercise, Mistake
from autograder.judging.argument_builders import build
from autograder.judging.cases import BuiltArgument, Call, Case, case
from reference import norm
from reference.norm import layer_norm

LESSON = "04_residual_layernorm"


# -- layer_norm --


def _scale_shift(rng, d, dtype=torch.float32):
    """gamma는 1이 아니고 beta는 0이 아니에요. 둘 다 빠뜨리면 값이 달라지도록 멀리 둬요."""
    return rng.uniform(d, low=1.5, high=2.5, dtype=dtype), rng.uniform(d, low=0.5, high=1.5, dtype=dtype)


def _spread_tokens(rng, *shape, dtype=torch.float32):
    """토큰마다 값이 충분히 흩어진 입력. 우연히 거의 같은 토큰이 나오면 eps의 실수가 tiny 밖의 그룹까지 떨어뜨려요."""
    while (x := rng.normal(*shape, dtype=dtype, scale=2.0)).var(-1, unbiased=False).min() < 1:
        pass
    return x


# 실습 4-2의 손 계산
_TOKEN = torch.tensor([1.0, 5.0, 3.0, 7.0])


def _layer_norm_cases(rng):
    tiny = rng.normal(2, 5, 8, scale=1e-3) + 2e-3
    tiny[0, 1] = 0  # 값이 모두 같은 토큰. eps가 없으면 0을 0으로 나눠요.
    double = _spread_tokens(rng, 2, 3, 6, dtype=torch.float64)
    double[1, 1] += 1000
    double[0, 2] += 100_000  # 중간에 float32로 바꾸면 토큰 안의 작은 차이가 사라져요.
    gamma8, beta8 = _scale_shift(rng, 8)
    return [
        # eps의 자리와 크기는 tiny만 봐요. 여기서는 그 차이를 봐줘요.
        case("values", _spread_tokens(rng, 3, 4, 7), *_scale_shift(rng, 7), atol=1e-4, rtol=1e-4),
        case("values", _spread_tokens(rng, 2, 3, 2, 5), *_scale_shift(rng, 5), atol=1e-4, rtol=1e-4),  # 축이 넷
        # T = D이고 문장이 하나면 keepdim을 잊어도 모양이 맞아 조용히 틀려요.
        case("square", _spread_tokens(rng, 1, 6, 6), *_scale_shift(rng, 6), atol=1e-4, rtol=1e-4),
        case("tiny", tiny, gamma8, beta8),
        case("tiny", tiny, gamma8, beta8, 1e-4),
        case("float64", double, *_scale_shift(rng, 6, torch.float64), atol=1e-4, rtol=1e-4),
    ]


def _normalize(x, gamma, beta, eps=1e-5, *, dim=-1, unbiased=False, mean=True, root=True):
    center = x.mean(dim, keepdim=True)
    var = x.var(dim, keepdim=True, unbiased=unbiased)
    scale = torch.sqrt(var + eps) if root else var + eps
    return gamma * (x - (center if mean else 0)) / scale + beta


def _ln_unbiased(x, gamma, beta, eps=1e-5):
    return _normalize(x, gamma, beta, eps, unbiased=True)


def _ln_blog(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + eps) + beta


def _ln_blog_eps_1e6(x, gamma, beta, eps=1e-5):
    return _ln_blog(x, gamma, beta, 1e-6)


def _ln_eps_outside(x, gamma, beta, eps=1e-5):
    mean = x.mean(-1, keepdim=True)
    return gamma * (x - mean) / (x.std(-1, keepdim=True, unbiased=False) + eps) + beta


def _ln_no_eps(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True, unbiased=False) + beta


def _ln_no_eps_rsqrt(x, gamma, beta, eps=1e-5):
    centered = x - x.mean(-1, keepdim=True)
    return gamma * centered * torch.rsqrt(centered.square().mean(-1, keepdim=True)) + beta


def _ln_eps_1e6(x, gamma, beta, eps=1e-5):
    return _normalize(x, gamma, beta, 1e-6)


def _ln_eps_1e12(x, gamma, beta, eps=1e-5):
    return _normalize(x, gamma, beta, 1e-12)


def _ln_eps_ignored(x, gamma, beta, eps=1e-5):
    return _normalize(x, gamma, beta, 1e-5)


def _ln_no_root(x, gamma, beta, eps=1e-5):
    return _normalize(x, gamma, beta, eps, root=False)


def _ln_over_batch(x, gamma, beta, eps=1e-5):
    return _normalize(x, gamma, beta, eps, dim=0)


def _ln_over_time(x, gamma, beta, eps=1e-5):
    return _normalize(x, gamma, beta, eps, dim=1)


def _ln_over_sentence(x, gamma, beta, eps=1e-5):
    return _normalize(x, gamma, beta, eps, dim=(1, 2))


def _ln_over_all(x, gamma, beta, eps=1e-5):
    return _normalize(x, gamma, beta, eps, dim=(0, 1, 2))


def _ln_one_mean(x, gamma, beta, eps=1e-5):
    centered = x - x.mean()
    return gamma * centered / torch.sqrt(centered.square().mean(-1, keepdim=True) + eps) + beta


def _ln_one_mean_own_variance(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean()) / torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + eps) + beta


def _ln_one_variance(x, gamma, beta, eps=1e-5):
    centered = x - x.mean(-1, keepdim=True)
    return gamma * centered / torch.sqrt(centered.square().mean() + eps) + beta


def _ln_one_variance_of_all(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(unbiased=False) + eps) + beta


def _ln_one_mean_and_variance(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean()) / torch.sqrt((x - x.mean()).square().mean() + eps) + beta


def _ln_mean_squared(x, gamma, beta, eps=1e-5):
    mean = x.mean(-1, keepdim=True)
    return gamma * (x - mean) / torch.sqrt((x - mean**2).mean(-1, keepdim=True) + eps) + beta


def _ln_x_squared(x, gamma, beta, eps=1e-5):
    mean = x.mean(-1, keepdim=True)
    return gamma * (x - mean) / torch.sqrt((x**2 - mean).mean(-1, keepdim=True) + eps) + beta


def _ln_only_mean_divided(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, unbiased=False)
    return gamma * x - mean / torch.sqrt(var + eps) + beta


def _ln_only_mean_divided_then_scaled(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, unbiased=False)
    return gamma * (x - mean / torch.sqrt(var + eps)) + beta


def _ln_only_mean_divided_and_scaled(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, unbiased=False)
    return x - mean / torch.sqrt(var + eps) * gamma + beta


def _ln_python_sum(x, gamma, beta, eps=1e-5):
    """파이썬의 `sum`은 첫 축을 따라 더해요."""
    D = x.shape[-1]
    mean = sum(x) / D
    return gamma * (x - mean) / torch.sqrt(sum((x - mean) ** 2) / D + eps) + beta


def _ln_over_batch_time(x, gamma, beta, eps=1e-5):
    return _normalize(x, gamma, beta, eps, dim=(0, 1))


def _ln_no_keepdim(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(-1)) / torch.sqrt(x.var(-1, unbiased=False) + eps) + beta


def _ln_no_affine(x, gamma, beta, eps=1e-5):
    return (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + eps)


def _ln_no_gamma(x, gamma, beta, eps=1e-5):
    return _ln_no_affine(x, gamma, beta, eps) + beta


def _ln_no_beta(x, gamma, beta, eps=1e-5):
    return _ln_no_affine(x, gamma, beta, eps) * gamma


def _ln_beta_first(x, gamma, beta, eps=1e-5):
    return (_ln_no_affine(x, gamma, beta, eps) + beta) * gamma


def _ln_exchanged(x, gamma, beta, eps=1e-5):
    return F.layer_norm(x, x.shape[-1:], beta, gamma, eps)


def _ln_no_mean(x, gamma, beta, eps=1e-5):
    return _normalize(x, gamma, beta, eps, mean=False)


def _ln_rms(x, gamma, beta, eps=1e-5):
    return gamma * x / torch.sqrt(x.square().mean(-1, keepdim=True) + eps) + beta


def _ln_rms_eps_1e6(x, gamma, beta, eps=1e-5):
    return _ln_rms(x, gamma, beta, 1e-6)


def _ln_rms_no_beta(x, gamma, beta, eps=1e-5):
    return _ln_rms(x, gamma, 0.0, eps)


def _ln_sum(x, gamma, beta, eps=1e-5):
    centered = x - x.mean(-1, keepdim=True)
    return gamma * centered / torch.sqrt(centered.square().sum(-1, keepdim=True) + eps) + beta


def _ln_by_length(x, gamma, beta, eps=1e-5):
    centered = x - x.mean(-1, keepdim=True)
    return gamma * centered / (centered.norm(dim=-1, keepdim=True) + eps) + beta


def _ln_by_length_no_eps(x, gamma, beta, eps=1e-5):
    centered = x - x.mean(-1, keepdim=True)
    return gamma * centered / centered.norm(dim=-1, keepdim=True) + beta


def _ln_by_normalize(x, gamma, beta, eps=1e-5):
    return gamma * F.normalize(x - x.mean(-1, keepdim=True), dim=-1) + beta


def _ln_by_normalize_eps(x, gamma, beta, eps=1e-5):
    return gamma * F.normalize(x - x.mean(-1, keepdim=True), dim=-1, eps=eps) + beta


def _ln_min_max(x, gamma, beta, eps=1e-5):
    low, high = x.amin(-1, keepdim=True), x.amax(-1, keepdim=True)
    return gamma * (x - low) / (high - low + eps) + beta


def _ln_min_max_no_eps(x, gamma, beta, eps=1e-5):
    low, high = x.amin(-1, keepdim=True), x.amax(-1, keepdim=True)
    return gamma * (x - low) / (high - low) + beta


def _ln_beta_in_root(x, gamma, beta, eps=1e-5):
    centered = x - x.mean(-1, keepdim=True)
    return gamma * centered / torch.sqrt(centered.square().mean(-1, keepdim=True) + eps + beta)


def _ln_axis_2(x, gamma, beta, eps=1e-5):
    return _normalize(x, gamma, beta, eps, dim=2)


def _ln_three_names(x, gamma, beta, eps=1e-5):
    B, T, D = x.shape
    return F.layer_norm(x.reshape(B * T, D), (D,), gamma, beta, eps).reshape(B, T, D)


def _ln_einsum(x, gamma, beta, eps=1e-5):
    mean = torch.einsum("btd->bt", x)[..., None] / x.shape[-1]
    var = torch.einsum("btd,btd->bt", x - mean, x - mean)[..., None] / x.shape[-1]
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


def _ln_functional(x, gamma, beta, eps=1e-5):
    return F.layer_norm(x, x.shape[-1:], gamma, beta, eps)


def _ln_moments(x, gamma, beta, eps=1e-5):
    centered = x - x.mean(-1, keepdim=True)
    return centered * torch.rsqrt((centered * centered).mean(-1, keepdim=True) + eps) * gamma + beta


def _ln_loop(x, gamma, beta, eps=1e-5):
    rows = []
    for row in x.reshape(-1, x.shape[-1]):
        mean = row.sum() / len(row)
        var = ((row - mean) ** 2).sum() / len(row)
        rows.append((row - mean) / (var + eps) ** 0.5 * gamma + beta)
    return torch.stack(rows).reshape(x.shape)


def _ln_numpy(x, gamma, beta, eps=1e-5):
    import numpy as np

    a = x.numpy()
    y = (a - a.mean(-1, keepdims=True)) / np.sqrt(a.var(-1, keepdims=True) + eps)
    return torch.from_numpy((y * gamma.numpy() + beta.numpy()).astype(a.dtype))


def _ln_unbiased_no_affine(x, gamma, beta, eps=1e-5):
    return (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, keepdim=True) + eps)


def _ln_blog_no_affine(x, gamma, beta, eps=1e-5):
    return (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + eps)


def _ln_unbiased_no_eps(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True) + beta


def _ln_module(x, gamma, beta, eps=1e-5):
    layer = torch.nn.LayerNorm(x.shape[-1], eps=eps, dtype=x.dtype)
    layer.load_state_dict({"weight": gamma, "bias": beta})
    return layer(x)


def _ln_one_pass(x, gamma, beta, eps=1e-5):
    """분산을 제곱의 평균에서 평균의 제곱을 빼서 구해요."""
    mean = x.mean(-1, keepdim=True)
    var = (x * x).mean(-1, keepdim=True) - mean * mean
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


def _ln_in_place_on_a_copy(x, gamma, beta, eps=1e-5):
    y = x.clone()
    y -= y.mean(-1, keepdim=True)
    y /= (y.square().mean(-1, keepdim=True) + eps).sqrt_()
    return y.mul_(gamma).add_(beta)


_LN_ALL = ("values", "square", "tiny", "float64")

LAYER_NORM = Exercise(
    name="layer_norm",
    lesson=LESSON,
    title="층 정규화",
    points=22,
    groups={
        "values": "값이 맞아요(축이 하나나 넷이어도)",
        "square": "토큰 수와 차원이 같을 때도 맞아요",
        "tiny": "값이 거의 같은 토큰에서도 맞아요(eps의 자리)",
        "float64": "float64를 넣으면 float64로 맞아요",
    },
    reference=layer_norm,
    sample_cases=_layer_norm_cases,
    examples=(case("values", _TOKEN, torch.ones(4), torch.zeros(4)),),
    mistakes=(
        Mistake(
            "layer_norm.unbiased-variance",
            "D-1로 나눈 분산",
            "분산을 D가 아니라 D-1로 나눴어요. `Tensor.var`와 `Tensor.std`는 따로 말하지 않으면 그렇게 나눠요.",
            "표본으로 짐작하는 것이 아니라 이 토큰의 D개 값 전부를 쓰는 계산이에요. 무엇으로 나누는 것이 평균인지 봐요.",
            (_ln_unbiased,),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.unbiased-eps-outside",
            "D-1로 나눈 표준편차에 eps를 더함",
            "D-1로 나눈 표준편차를 썼고 eps도 제곱근 밖에서 더했어요. "
            "블로그 4편과 널리 베껴진 The Annotated Transformer의 코드가 이래요. 학습은 되지만 `nn.LayerNorm`과는 다른 값이에요.",
            "`Tensor.std`가 따로 말하지 않으면 무엇으로 나누는지 문서에서 찾고, 식에서 제곱근이 eps까지 덮는지 봐요.",
            (_ln_blog, _ln_blog_eps_1e6),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.eps-outside",
            "eps가 루트 밖에",
            "eps가 제곱근 밖에서 더해졌어요. 값이 거의 같은 토큰에서만 차이가 드러나요.",
            "식에서 제곱근 기호가 어디까지 덮고 있는지 봐요.",
            (_ln_eps_outside,),
            ("tiny",),
        ),
        Mistake(
            "layer_norm.wrong-eps",
            "eps 인자를 쓰지 않음",
            "eps가 넘겨받은 값과 달라요. 값이 거의 같은 토큰에서만 차이가 드러나요.",
            "함수 안에 숫자로 적어 둔 eps가 없는지 봐요.",
            (_ln_eps_1e6, _ln_eps_1e12, _ln_eps_ignored),
            ("tiny",),
        ),
        Mistake(
            "layer_norm.eps-missing",
            "eps가 없음",
            "값이 모두 같은 토큰에서 분산이 0이라 0을 0으로 나눴어요. eps가 더해지지 않았어요.",
            "분모가 0이 되는 것을 식의 어느 글자가 막아 주는지 봐요.",
            (_ln_no_eps, _ln_no_eps_rsqrt),
            ("tiny",),
        ),
        Mistake(
            "layer_norm.divided-by-variance",
            "표준편차 대신 분산으로 나눔",
            "분산으로 나눠서 결과의 크기가 1로 맞춰지지 않았어요.",
            "결과의 표준편차가 1이 되려면 무엇으로 나눠야 하는지 단위를 생각해 봐요.",
            (_ln_no_root,),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.wrong-axes",
            "다른 축에서 정규화",
            "평균과 분산을 다른 축에서 구했어요. 토큰 하나의 결과에 다른 토큰이나 다른 문장이 섞여요.",
            "층 정규화는 토큰 하나 안에서 끝나요. 평균을 낸 뒤의 모양이 무엇이어야 하는지 적어 봐요.",
            (_ln_over_batch, _ln_over_time, _ln_over_sentence, _ln_over_all, _ln_over_batch_time, _ln_python_sum),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.whole-tensor",
            "텐서 전체에서 하나만 구함",
            "평균이나 분산을 토큰마다가 아니라 텐서 전체에서 하나만 구했어요. 축을 말하지 않은 `.mean()`이나 `.var()`가 그래요. "
            "토큰이 하나뿐인 보기에서는 티가 나지 않아요.",
            "평균과 분산의 `.shape`를 찍어 봐요. 토큰마다 하나씩이라면 어떤 모양이어야 하는지 적고 견줘요.",
            (
                _ln_one_mean,
                _ln_one_mean_own_variance,
                _ln_one_variance,
                _ln_one_variance_of_all,
                _ln_one_mean_and_variance,
            ),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.squared-before-subtracting",
            "빼기 전에 제곱함",
            "차이를 제곱한 것이 아니라 x와 μ 가운데 하나만 제곱하고 뺐어요. 파이썬은 빼기보다 제곱을 먼저 계산해요.",
            "식에서 제곱이 괄호의 안에 있는지 밖에 있는지 보고, 코드의 괄호와 견줘 봐요.",
            (_ln_mean_squared, _ln_x_squared),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.divided-before-subtracting",
            "빼기 전에 나눔",
            "x - μ를 나눈 것이 아니라 μ만 나눈 다음 뺐어요. 파이썬은 빼기보다 나누기를 먼저 계산해요.",
            "식에서 분수의 위쪽에 있는 것을 모두 적고, 코드의 괄호가 그것을 다 묶는지 봐요.",
            (_ln_only_mean_divided, _ln_only_mean_divided_then_scaled, _ln_only_mean_divided_and_scaled),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.keepdim-forgotten",
            "keepdim을 잊음",
            "평균의 축이 사라져서 다른 축에 맞춰 늘어났어요. 토큰 수와 차원이 같으면 예외도 없이 틀려요.",
            "평균을 낸 뒤에도 축의 개수가 그대로인지 봐요.",
            (_ln_no_keepdim,),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.gamma-beta-missing",
            "gamma나 beta를 빠뜨림",
            "정규화한 값을 다시 늘이거나 옮기는 단계가 빠졌어요.",
            "인자 가운데 쓰이지 않은 것이 있는지 봐요.",
            (_ln_no_affine, _ln_no_gamma, _ln_no_beta),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.beta-before-gamma",
            "gamma와 beta의 차례나 자리",
            "gamma는 곱하고 beta는 그 뒤에 더하는데, 둘의 차례나 자리가 바뀌었어요.",
            "식에서 gamma와 beta가 놓인 곳을 하나씩 짚어 봐요.",
            (_ln_beta_first, _ln_exchanged),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.no-mean-subtraction",
            "평균을 빼지 않음",
            "결과의 평균이 0 근처가 아니에요. 평균을 빼지 않고 나누기만 했어요.",
            "gamma가 1, beta가 0이라면 결과의 평균이 얼마여야 하는지 생각해 봐요.",
            (_ln_no_mean,),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.rms",
            "RMSNorm을 씀",
            "평균을 빼지 않고 제곱의 평균으로만 크기를 맞췄어요. 이것은 이 레슨의 끝에서 만날 RMSNorm이에요.",
            "식의 분자와 분산에 μ가 몇 번 나오는지 세어 봐요.",
            (_ln_rms, _ln_rms_eps_1e6, _ln_rms_no_beta),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.sum-instead-of-mean",
            "제곱의 합으로 나눔",
            "차이의 제곱을 더하기만 하고 D로 나누지 않았어요. 그래서 결과가 너무 작아요.",
            "분산은 차이의 제곱의 합일까요, 평균일까요? 식의 1/D를 봐요.",
            (_ln_sum, _ln_by_length, _ln_by_length_no_eps, _ln_by_normalize, _ln_by_normalize_eps),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.min-max",
            "최솟값과 최댓값으로 맞춤",
            "평균과 표준편차가 아니라 최솟값과 최댓값으로 맞췄어요. 0과 1 사이로 옮기는 다른 정규화예요.",
            "식에서 빼는 것과 나누는 것이 무엇인지 하나씩 적어 봐요.",
            (_ln_min_max, _ln_min_max_no_eps),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.beta-inside-root",
            "beta를 제곱근 안에서 더함",
            "beta가 제곱근 안에서 분산에 더해졌어요. 정규화한 값은 옮겨지지 않았어요.",
            "식에서 beta가 제곱근의 안에 있는지 밖에 있는지 봐요.",
            (_ln_beta_in_root,),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.three-axes-only",
            "축이 셋인 입력만 받음",
            "축이 셋인 입력에서만 맞아요. 토큰 하나나 축이 넷인 입력에서는 예외가 나거나 다른 축에서 평균을 냈어요.",
            "독스트링의 (..., D)는 앞의 축이 몇 개든 된다는 뜻이에요. 축의 번호나 개수를 적어 둔 곳을 찾아요.",
            (_ln_axis_2, _ln_three_names, _ln_einsum),
            ("values",),
        ),
    ),
    both=(
        Both(("layer_norm.unbiased-variance", "layer_norm.gamma-beta-missing"), (_ln_unbiased_no_affine,), _LN_ALL),
        Both(("layer_norm.unbiased-eps-outside", "layer_norm.gamma-beta-missing"), (_ln_blog_no_affine,), _LN_ALL),
        Both(("layer_norm.unbiased-variance", "layer_norm.eps-missing"), (_ln_unbiased_no_eps,), _LN_ALL),
    ),
    correct=(
        _ln_functional,
        _ln_moments,
        _ln_loop,
        _ln_numpy,
        _ln_module,
        _ln_one_pass,
        _ln_in_place_on_a_copy,
    ),
)


# -- residual --


def _affine(rng, d, dtype=torch.float32, kind="tanh_affine"):
    return BuiltArgument(kind, {"W": rng.normal(d, d, dtype=dtype), "b": rng.normal(d, dtype=dtype)})


def _blend(rng, B, T, d):
    """어텐션처럼 토큰을 섞는 부분층. 여러 문장을 이어 붙여 넣은 답도 예외 없이 값이 달라져요."""
    W, b, mix = rng.normal(d, d), rng.normal(d), rng.uniform(B * T, B * T, low=0.5)
    return BuiltArgument("blend", {"W": W, "b": b, "mix": mix})


def _residual_cases(rng):
    return [
        case("values", rng.normal(2, 4, 5), _affine(rng, 5)),
        case("values", rng.normal(1, 3, 6), _affine(rng, 6, kind="affine")),
        case("values", rng.normal(2, 4, 5), _blend(rng, 2, 4, 5)),  # 어텐션처럼 토큰을 섞는 부분층
        case("float64", rng.normal(2, 3, 7, dtype=torch.float64), _affine(rng, 7, torch.float64)),
    ]


def _residual_dropped(x, sublayer):
    return sublayer(x)


def _residual_doubled(x, sublayer):
    return x + x


def _residual_in_place(x, sublayer):
    x += sublayer(x)
    return x


def _residual_in_place_add(x, sublayer):
    return x.add_(sublayer(x))


def _residual_input_twice(x, sublayer):
    return 2 * x + sublayer(x)


def _residual_normalised(x, sublayer):
    return F.layer_norm(x + sublayer(x), x.shape[-1:])


def _residual_norm_first(x, sublayer):
    return x + sublayer(F.layer_norm(x, x.shape[-1:]))


def _residual_subtracted(x, sublayer):
    return x - sublayer(x)


def _residual_difference(x, sublayer):
    return sublayer(x) - x


def _residual_multiplied(x, sublayer):
    return x * sublayer(x)


def _residual_concatenated(x, sublayer):
    return torch.cat([x, sublayer(x)], dim=-1)


def _token_by_token(sublayer):
    """문장이 아니라 토큰을 하나씩 부분층에 넣어요."""
    return lambda x: torch.cat([sublayer(x[:, t : t + 1]) for t in range(x.shape[1])], dim=1)


def _token_by_token_without_axis(sublayer):
    return lambda x: torch.stack([sublayer(x[:, t]) for t in range(x.shape[1])], dim=1)


def _residual_by_token(x, sublayer):
    return x + _token_by_token(sublayer)(x)


def _residual_by_bare_token(x, sublayer):
    return x + _token_by_token_without_axis(sublayer)(x)


def _residual_add(x, sublayer):
    return torch.add(sublayer(x), x)


def _residual_stack(x, sublayer):
    return torch.stack([x, sublayer(x)]).sum(0)


def _residual_on_a_copy(x, sublayer):
    y = x.clone()
    y += sublayer(x)
    return y


def _residual_numpy(x, sublayer):
    return torch.from_numpy(x.numpy() + sublayer(x).numpy())


def _still(*values):
    """무엇을 넣어도 `values`를 내놓는 부분층."""
    D = len(values)
    return BuiltArgument("affine", {"W": torch.zeros(D, D), "b": torch.tensor(values)})


RESIDUAL = Exercise(
    name="residual",
    lesson=LESSON,
    title="잔차 연결",
    points=8,
    groups={"values": "값이 맞아요", "float64": "float64를 넣으면 float64로 맞아요"},
    reference=norm.residual,
    sample_cases=_residual_cases,
    examples=(case("values", torch.tensor([[[1.0, -2.0]]]), _still(0.5, 0.5)),),
    mistakes=(
        Mistake(
            "residual.dropped",
            "입력을 더하지 않음",
            "부분층의 출력만 나왔어요. 입력이 지나가는 지름길이 끊겼어요.",
            "식에서 더하기 기호의 양쪽에 무엇이 있는지 봐요.",
            (_residual_dropped,),
            ("values", "float64"),
        ),
        Mistake(
            "residual.doubled",
            "입력을 두 번 더함",
            "입력의 두 배가 나왔어요. 부분층을 부르지 않았어요.",
            "`sublayer`도 함수예요. 어디에서 부르는지 봐요.",
            (_residual_doubled,),
            ("values", "float64"),
        ),
        Mistake(
            "residual.in-place",
            "입력을 그 자리에서 고침",
            "`+=`가 받은 텐서를 그 자리에서 고쳤어요. 같은 텐서를 쓰는 다른 층까지 값이 달라져요.",
            "새 텐서를 만들어 돌려주는 연산을 써요.",
            (_residual_in_place, _residual_in_place_add),
            ("values", "float64"),
        ),
        Mistake(
            "residual.input-twice",
            "입력을 한 번 더 더함",
            "부분층의 출력에 입력이 두 번 더해졌어요.",
            "식에 x가 부분층 바깥에서 몇 번 나오는지 세어 봐요.",
            (_residual_input_twice,),
            ("values", "float64"),
        ),
        Mistake(
            "residual.normalised",
            "정규화까지 함",
            "더하기 말고 정규화까지 했어요. 정규화는 다음 실습들에서 따로 붙여요.",
            "이 함수의 식에는 더하기 하나뿐이에요. 더 한 일이 없는지 봐요.",
            (_residual_normalised, _residual_norm_first),
            ("values", "float64"),
        ),
        Mistake(
            "residual.subtracted",
            "더하지 않고 뺌",
            "입력과 부분층의 출력을 더하지 않고 뺐어요.",
            "식에서 x와 부분층 사이에 있는 기호를 봐요.",
            (_residual_subtracted, _residual_difference),
            ("values", "float64"),
        ),
        Mistake(
            "residual.multiplied",
            "더하지 않고 곱함",
            "입력과 부분층의 출력을 더하지 않고 곱했어요.",
            "식에서 x와 부분층 사이에 있는 기호를 봐요.",
            (_residual_multiplied,),
            ("values", "float64"),
        ),
        Mistake(
            "residual.concatenated",
            "더하지 않고 이어 붙임",
            "입력과 부분층의 출력을 이어 붙여서 마지막 축이 두 배가 됐어요.",
            "결과의 모양이 x와 같은지 봐요.",
            (_residual_concatenated,),
            ("values", "float64"),
        ),
        Mistake(
            "residual.token-by-token",
            "부분층에 토큰을 하나씩 넣음",
            "부분층이 문장을 토큰 하나씩 받았어요. 어텐션처럼 토큰을 섞는 부분층은 섞을 다른 토큰을 보지 못해요.",
            "독스트링에서 `sublayer`가 받는 것의 모양을 봐요.",
            (_residual_by_token, _residual_by_bare_token),
            ("values",),
        ),
    ),
    correct=(_residual_add, _residual_stack, _residual_on_a_copy, _residual_numpy),
)


# -- post_norm, pre_norm --


def _spread_and_sublayer(rng, *shape, dtype=torch.float32):
    """입력과 부분층. x도 x + Sublayer(x)도 토큰마다 충분히 흩어져 있어서, eps의 실수는 eps 그룹만 떨어뜨려요."""
    while True:
        x, f = _spread_tokens(rng, *shape, dtype=dtype), _affine(rng, shape[-1], dtype)
        y = x + torch.tanh(x @ f.data["W"] + f.data["b"])
        if y.var(-1, unbiased=False).min() >= 1:
            return x, f


def _spread_and_blend(rng, B, T, D):
    """`_spread_and_sublayer`와 같지만, 부분층이 어텐션처럼 토큰을 섞어요."""
    while True:
        x, f = _spread_tokens(rng, B, T, D), _blend(rng, B, T, D)
        if (x + build(f.kind, f.data)(x)).var(-1, unbiased=False).min() >= 1:
            return x, f


def _norm_cases(rng):
    tiny = rng.normal(1, 6, 8, scale=0.02)  # 분산이 넘겨줄 eps와 비슷해요.
    still = BuiltArgument("affine", {"W": rng.normal(8, 8, scale=0.1), "b": torch.zeros(8)})
    return [
        case("values", *_spread_and_sublayer(rng, 2, 4, 6), *_scale_shift(rng, 6), atol=1e-4, rtol=1e-4),
        case("values", *_spread_and_blend(rng, 2, 3, 7), *_scale_shift(rng, 7), atol=1e-4, rtol=1e-4),
        case("eps", tiny, still, *_scale_shift(rng, 8), 1e-3),
        case(
            "float64",
            *_spread_and_sublayer(rng, 3, 2, 5, dtype=torch.float64),
            *_scale_shift(rng, 5, torch.float64),
            atol=1e-4,
            rtol=1e-4,
        ),
    ]


def _post(x, sublayer, gamma, beta, eps=1e-5):
    return layer_norm(x + sublayer(x), gamma, beta, eps)


def _pre(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(layer_norm(x, gamma, beta, eps))


def _add_after_norm(x, sublayer, gamma, beta, eps=1e-5):
    return x + layer_norm(sublayer(x), gamma, beta, eps)


def _norm_only(x, sublayer, gamma, beta, eps=1e-5):
    return layer_norm(sublayer(x), gamma, beta, eps)


def _sublayer_of_norm_only(x, sublayer, gamma, beta, eps=1e-5):
    return sublayer(layer_norm(x, gamma, beta, eps))


def _normalised_residual(x, sublayer, gamma, beta, eps=1e-5):
    n = layer_norm(x, gamma, beta, eps)
    return n + sublayer(n)


def _residual_of_norm(x, sublayer, gamma, beta, eps=1e-5):
    return layer_norm(x, gamma, beta, eps) + sublayer(x)


def _norm_of_normalised_residual(x, sublayer, gamma, beta, eps=1e-5):
    return layer_norm(_normalised_residual(x, sublayer, gamma, beta, eps), gamma, beta, eps)


def _norm_of_residual_of_norm(x, sublayer, gamma, beta, eps=1e-5):
    return layer_norm(_residual_of_norm(x, sublayer, gamma, beta, eps), gamma, beta, eps)


def _norm_on_both_sides(x, sublayer, gamma, beta, eps=1e-5):
    return layer_norm(_pre(x, sublayer, gamma, beta, eps), gamma, beta, eps)


def _no_norm(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(x)


def _post_no_affine(x, sublayer, gamma, beta, eps=1e-5):
    return F.layer_norm(x + sublayer(x), x.shape[-1:], eps=eps)


def _post_fresh_module(x, sublayer, gamma, beta, eps=1e-5):
    return torch.nn.LayerNorm(x.shape[-1], dtype=x.dtype)(x + sublayer(x))


def _pre_no_affine(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(F.layer_norm(x, x.shape[-1:], eps=eps))


def _pre_fresh_module(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(torch.nn.LayerNorm(x.shape[-1], dtype=x.dtype)(x))


def _post_no_gamma(x, sublayer, gamma, beta, eps=1e-5):
    return layer_norm(x + sublayer(x), torch.ones_like(gamma), beta, eps)


def _post_no_beta(x, sublayer, gamma, beta, eps=1e-5):
    return layer_norm(x + sublayer(x), gamma, torch.zeros_like(beta), eps)


def _pre_no_gamma(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(layer_norm(x, torch.ones_like(gamma), beta, eps))


def _pre_no_beta(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(layer_norm(x, gamma, torch.zeros_like(beta), eps))


def _post_unbiased(x, sublayer, gamma, beta, eps=1e-5):
    return _ln_unbiased(x + sublayer(x), gamma, beta, eps)


def _post_blog(x, sublayer, gamma, beta, eps=1e-5):
    return _ln_blog(x + sublayer(x), gamma, beta, eps)


def _post_blog_eps_1e6(x, sublayer, gamma, beta, eps=1e-5):
    return _ln_blog(x + sublayer(x), gamma, beta, 1e-6)


def _pre_unbiased(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(_ln_unbiased(x, gamma, beta, eps))


def _pre_blog(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(_ln_blog(x, gamma, beta, eps))


def _pre_blog_eps_1e6(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(_ln_blog(x, gamma, beta, 1e-6))


def _post_rms(x, sublayer, gamma, beta, eps=1e-5):
    return _ln_rms(x + sublayer(x), gamma, beta, eps)


def _post_rms_no_beta(x, sublayer, gamma, beta, eps=1e-5):
    return _ln_rms(x + sublayer(x), gamma, 0.0, eps)


def _pre_rms(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(_ln_rms(x, gamma, beta, eps))


def _pre_rms_no_beta(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(_ln_rms(x, gamma, 0.0, eps))


def _post_without_eps(x, sublayer, gamma, beta, eps=1e-5):
    return layer_norm(x + sublayer(x), gamma, beta)


def _pre_without_eps(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(layer_norm(x, gamma, beta))


def _post_eps_1e6(x, sublayer, gamma, beta, eps=1e-5):
    return layer_norm(x + sublayer(x), gamma, beta, 1e-6)


def _post_eps_1e12(x, sublayer, gamma, beta, eps=1e-5):
    return layer_norm(x + sublayer(x), gamma, beta, 1e-12)


def _pre_eps_1e6(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(layer_norm(x, gamma, beta, 1e-6))


def _pre_eps_1e12(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(layer_norm(x, gamma, beta, 1e-12))


def _post_eps_outside(x, sublayer, gamma, beta, eps=1e-5):
    return _ln_eps_outside(x + sublayer(x), gamma, beta, eps)


def _pre_eps_outside(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(_ln_eps_outside(x, gamma, beta, eps))


def _post_by_token(x, sublayer, gamma, beta, eps=1e-5):
    return _post(x, _token_by_token(sublayer), gamma, beta, eps)


def _post_by_bare_token(x, sublayer, gamma, beta, eps=1e-5):
    return _post(x, _token_by_token_without_axis(sublayer), gamma, beta, eps)


def _pre_by_token(x, sublayer, gamma, beta, eps=1e-5):
    return _pre(x, _token_by_token(sublayer), gamma, beta, eps)


def _pre_by_bare_token(x, sublayer, gamma, beta, eps=1e-5):
    return _pre(x, _token_by_token_without_axis(sublayer), gamma, beta, eps)


def _sum_of_two_norms(x, sublayer, gamma, beta, eps=1e-5):
    return layer_norm(x, gamma, beta, eps) + layer_norm(sublayer(x), gamma, beta, eps)


def _norm_and_residual(x, sublayer, gamma, beta, eps=1e-5):
    return layer_norm(x, gamma, beta, eps) + x + sublayer(x)


def _post_functional(x, sublayer, gamma, beta, eps=1e-5):
    y = sublayer(x) + x
    return F.layer_norm(y, (y.shape[-1],), gamma, beta, eps)


def _post_by_hand(x, sublayer, gamma, beta, eps=1e-5):
    y = x + sublayer(x)
    y = y - y.mean(-1, keepdim=True)
    return y / (y.pow(2).mean(-1, keepdim=True) + eps).sqrt() * gamma + beta


def _pre_functional(x, sublayer, gamma, beta, eps=1e-5):
    return sublayer(F.layer_norm(x, (x.shape[-1],), gamma, beta, eps)) + x


def _pre_by_hand(x, sublayer, gamma, beta, eps=1e-5):
    y = x - x.mean(-1, keepdim=True)
    return x + sublayer(y / (y.pow(2).mean(-1, keepdim=True) + eps).sqrt() * gamma + beta)


def _post_module(x, sublayer, gamma, beta, eps=1e-5):
    layer = torch.nn.LayerNorm(x.shape[-1], eps=eps, dtype=x.dtype)
    layer.load_state_dict({"weight": gamma, "bias": beta})
    return layer(x + sublayer(x))


def _post_numpy(x, sublayer, gamma, beta, eps=1e-5):
    import numpy as np

    y = x.numpy() + sublayer(x).numpy()
    y = (y - y.mean(-1, keepdims=True)) / np.sqrt(y.var(-1, keepdims=True) + eps)
    return torch.from_numpy((y * gamma.numpy() + beta.numpy()).astype(y.dtype))


def _pre_module(x, sublayer, gamma, beta, eps=1e-5):
    layer = torch.nn.LayerNorm(x.shape[-1], eps=eps, dtype=x.dtype)
    layer.load_state_dict({"weight": gamma, "bias": beta})
    with torch.no_grad():
        return x + sublayer(layer(x))


_NORM_GROUPS = {
    "values": "값이 맞아요",
    "eps": "넘겨받은 eps를 써요",
    "float64": "float64를 넣으면 float64로 맞아요",
}
_NORM_ALL = tuple(_NORM_GROUPS)

POST_NORM = Exercise(
    name="post_norm",
    lesson=LESSON,
    title="Post-LN",
    points=13,
    groups=_NORM_GROUPS,
    reference=norm.post_norm,
    sample_cases=_norm_cases,
    # 실습 4-3의 손 계산
    examples=(
        case(
            "values",
            torch.tensor([[[0.0, 4.0, 1.0, 8.0]]]),
            _still(1.0, 1.0, 2.0, -1.0),
            torch.ones(4),
            torch.zeros(4),
        ),
    ),
    mistakes=(
        Mistake(
            "post_norm.pre-norm",
            "Pre-LN을 씀",
            "정규화가 부분층 앞에 있어요. 이것은 나중에 나온 Pre-LN이에요. 블로그 4편도 표와 코드가 서로 달라요.",
            "논문 §3.1의 식에서 LayerNorm의 괄호 안에 무엇이 들어 있는지 봐요.",
            (_pre,),
            _NORM_ALL,
        ),
        Mistake(
            "post_norm.residual-after-norm",
            "정규화한 뒤에 더함",
            "부분층의 출력만 정규화하고 그 뒤에 입력을 더했어요.",
            "더하기와 정규화 가운데 무엇이 먼저인지 괄호를 봐요.",
            (_add_after_norm,),
            _NORM_ALL,
        ),
        Mistake(
            "post_norm.no-residual",
            "입력을 더하지 않음",
            "잔차 연결 없이 정규화만 했어요.",
            "괄호 안에 더하기가 있는지 봐요.",
            (_norm_only,),
            _NORM_ALL,
        ),
        Mistake(
            "post_norm.normalised-residual",
            "정규화한 입력을 더함",
            "정규화한 x가 지름길로 지나갔어요. 지름길의 x는 손대지 않은 그대로예요.",
            "정규화가 몇 번, 어디에 걸리는지 식에서 세어 봐요.",
            (_normalised_residual, _residual_of_norm, _norm_of_normalised_residual, _norm_of_residual_of_norm),
            _NORM_ALL,
        ),
        Mistake(
            "post_norm.eps-not-passed",
            "eps를 넘기지 않음",
            "넘겨받은 eps가 층 정규화까지 가지 않았어요.",
            "인자 가운데 쓰이지 않은 것이 있는지 봐요.",
            (_post_without_eps, _post_eps_1e6, _post_eps_1e12),
            ("eps",),
        ),
        Mistake(
            "post_norm.eps-outside",
            "eps가 루트 밖에",
            "정규화의 자리는 맞았는데, eps가 제곱근 밖에서 더해졌어요.",
            "앞 실습의 `layer_norm`을 그대로 불러 쓰는지 봐요.",
            (_post_eps_outside,),
            ("eps",),
        ),
        Mistake(
            "post_norm.norm-missing",
            "정규화하지 않음",
            "더하기만 하고 정규화하지 않았어요.",
            "식의 맨 바깥에 무엇이 있는지 봐요.",
            (_no_norm,),
            _NORM_ALL,
        ),
        Mistake(
            "post_norm.norm-on-both-sides",
            "앞뒤에서 정규화함",
            "더한 뒤에도 정규화했지만, 부분층에 들어가는 x까지 먼저 정규화했어요.",
            "부분층의 괄호 안에 무엇이 들어 있는지 식에서 봐요.",
            (_norm_on_both_sides,),
            _NORM_ALL,
        ),
        Mistake(
            "post_norm.gamma-beta-missing",
            "gamma나 beta를 쓰지 않음",
            "정규화한 값에 넘겨받은 gamma나 beta가 쓰이지 않았어요.",
            "인자 가운데 쓰이지 않은 것이 있는지 봐요. 함수 안에서 새로 만든 `nn.LayerNorm`은 저만의 gamma와 beta를 가져요.",
            (_post_no_affine, _post_fresh_module, _post_no_gamma, _post_no_beta),
            _NORM_ALL,
        ),
        Mistake(
            "post_norm.unbiased-variance",
            "D-1로 나눈 분산",
            "더하는 자리는 맞았는데, 정규화할 때 분산을 D가 아니라 D-1로 나눴어요. 널리 베껴진 공개 구현에 그런 코드가 많아요.",
            "앞 실습의 `layer_norm`을 그대로 불러 쓰는지 봐요.",
            (_post_unbiased, _post_blog, _post_blog_eps_1e6),
            _NORM_ALL,
        ),
        Mistake(
            "post_norm.rms",
            "RMSNorm을 씀",
            "더하는 자리는 맞았는데, 평균을 빼지 않는 정규화(RMSNorm)를 썼어요.",
            "앞 실습의 `layer_norm`을 그대로 불러 쓰는지 봐요.",
            (_post_rms, _post_rms_no_beta),
            _NORM_ALL,
        ),
        Mistake(
            "post_norm.token-by-token",
            "부분층에 토큰을 하나씩 넣음",
            "부분층이 문장을 토큰 하나씩 받았어요. 어텐션처럼 토큰을 섞는 부분층은 섞을 다른 토큰을 보지 못해요.",
            "정규화와 달리 부분층은 토큰을 섞을 수 있어요. `sublayer`의 괄호 안에 무엇이 들어가는지 식에서 봐요.",
            (_post_by_token, _post_by_bare_token),
            ("values",),
        ),
        Mistake(
            "post_norm.normalised-apart",
            "따로 정규화해서 더함",
            "x와 부분층의 출력을 따로따로 정규화하고 그 결과를 더했어요.",
            "LN의 괄호 안에 더하기가 있는지, LN이 몇 번 나오는지 식에서 봐요.",
            (_sum_of_two_norms,),
            _NORM_ALL,
        ),
    ),
    correct=(_post_functional, _post_by_hand, _post_module, _post_numpy),
    uses=("layer_norm", "residual"),
)

PRE_NORM = Exercise(
    name="pre_norm",
    lesson=LESSON,
    title="Pre-LN",
    points=13,
    groups=_NORM_GROUPS,
    reference=norm.pre_norm,
    sample_cases=_norm_cases,
    # 실습 4-4의 손 계산: 받은 것을 그대로 돌려주는 부분층
    examples=(
        case(
            "values",
            torch.tensor([[[1.0, 3.0]]]),
            BuiltArgument("affine", {"W": torch.eye(2), "b": torch.zeros(2)}),
            torch.ones(2),
            torch.zeros(2),
        ),
    ),
    mistakes=(
        Mistake(
            "pre_norm.norm-after",
            "Post-LN을 씀",
            "정규화가 더한 뒤에 걸렸어요. 이것은 논문의 Post-LN이에요.",
            "이번 식에서는 LayerNorm의 괄호 안에 x만 있어요.",
            (_post,),
            _NORM_ALL,
        ),
        Mistake(
            "pre_norm.output-normalised",
            "부분층의 출력을 정규화함",
            "부분층에 들어가는 것이 아니라 부분층에서 나온 것을 정규화했어요.",
            "LayerNorm의 괄호와 Sublayer의 괄호 가운데 어느 것이 안쪽인지 봐요.",
            (_add_after_norm,),
            _NORM_ALL,
        ),
        Mistake(
            "pre_norm.normalised-residual",
            "정규화한 입력을 더함",
            "정규화한 x가 지름길로 지나갔어요. 그러면 비워 두려던 지름길에 정규화가 끼어들어요.",
            "지름길을 지나는 x는 어느 단계의 x인지 봐요.",
            (_normalised_residual, _residual_of_norm, _norm_of_normalised_residual, _norm_of_residual_of_norm),
            _NORM_ALL,
        ),
        Mistake(
            "pre_norm.no-residual",
            "입력을 더하지 않음",
            "부분층의 출력만 나왔어요.",
            "식의 맨 앞에 무엇이 있는지 봐요.",
            (_sublayer_of_norm_only,),
            _NORM_ALL,
        ),
        Mistake(
            "pre_norm.eps-not-passed",
            "eps를 넘기지 않음",
            "넘겨받은 eps가 층 정규화까지 가지 않았어요.",
            "인자 가운데 쓰이지 않은 것이 있는지 봐요.",
            (_pre_without_eps, _pre_eps_1e6, _pre_eps_1e12),
            ("eps",),
        ),
        Mistake(
            "pre_norm.eps-outside",
            "eps가 루트 밖에",
            "정규화의 자리는 맞았는데, eps가 제곱근 밖에서 더해졌어요.",
            "앞 실습의 `layer_norm`을 그대로 불러 쓰는지 봐요.",
            (_pre_eps_outside,),
            ("eps",),
        ),
        Mistake(
            "pre_norm.norm-missing",
            "정규화하지 않음",
            "정규화하지 않은 x가 부분층에 들어갔어요.",
            "부분층의 괄호 안에 무엇이 들어 있는지 식에서 봐요.",
            (_no_norm,),
            _NORM_ALL,
        ),
        Mistake(
            "pre_norm.norm-on-both-sides",
            "앞뒤에서 정규화함",
            "부분층의 앞에서 정규화한 것은 맞는데, 더한 결과까지 또 정규화했어요.",
            "식의 맨 바깥에 LayerNorm이 있는지 봐요.",
            (_norm_on_both_sides,),
            _NORM_ALL,
        ),
        Mistake(
            "pre_norm.gamma-beta-missing",
            "gamma나 beta를 쓰지 않음",
            "정규화한 값에 넘겨받은 gamma나 beta가 쓰이지 않았어요.",
            "인자 가운데 쓰이지 않은 것이 있는지 봐요. 함수 안에서 새로 만든 `nn.LayerNorm`은 저만의 gamma와 beta를 가져요.",
            (_pre_no_affine, _pre_fresh_module, _pre_no_gamma, _pre_no_beta),
            _NORM_ALL,
        ),
        Mistake(
            "pre_norm.unbiased-variance",
            "D-1로 나눈 분산",
            "정규화하는 자리는 맞았는데, 분산을 D가 아니라 D-1로 나눴어요. 널리 베껴진 공개 구현에 그런 코드가 많아요.",
            "앞 실습의 `layer_norm`을 그대로 불러 쓰는지 봐요.",
            (_pre_unbiased, _pre_blog, _pre_blog_eps_1e6),
            _NORM_ALL,
        ),
        Mistake(
            "pre_norm.rms",
            "RMSNorm을 씀",
            "정규화하는 자리는 맞았는데, 평균을 빼지 않는 정규화(RMSNorm)를 썼어요.",
            "앞 실습의 `layer_norm`을 그대로 불러 쓰는지 봐요.",
            (_pre_rms, _pre_rms_no_beta),
            _NORM_ALL,
        ),
        Mistake(
            "pre_norm.token-by-token",
            "부분층에 토큰을 하나씩 넣음",
            "부분층이 문장을 토큰 하나씩 받았어요. 어텐션처럼 토큰을 섞는 부분층은 섞을 다른 토큰을 보지 못해요.",
            "정규화와 달리 부분층은 토큰을 섞을 수 있어요. `sublayer`의 괄호 안에 무엇이 들어가는지 식에서 봐요.",
            (_pre_by_token, _pre_by_bare_token),
            ("values",),
        ),
        Mistake(
            "pre_norm.normalised-input-added",
            "정규화한 값을 따로 더함",
            "정규화한 x를 부분층에 넣지 않고 결과에 따로 더했어요. 부분층은 정규화하지 않은 x를 받았어요.",
            "식에서 LN(x)가 어느 괄호 안에 있는지, 더하기가 몇 번인지 봐요.",
            (_norm_and_residual,),
            _NORM_ALL,
        ),
    ),
    correct=(_pre_functional, _pre_by_hand, _pre_module),
    uses=("layer_norm", "residual"),
)


# -- encoder_sublayers --


def _standardize(rng, d, dtype=torch.float32):
    gamma, beta = _scale_shift(rng, d, dtype)
    return BuiltArgument("standardize", {"gamma": gamma, "beta": beta})


def _mixing(rng, T, d, dtype=torch.float32):
    return BuiltArgument(
        "tokens",
        {"W": rng.normal(d, d, dtype=dtype), "b": rng.normal(d, dtype=dtype), "mix": rng.uniform(T, T, dtype=dtype)},
    )


def _sublayers_case(rng, group, B, T, d, dtype=torch.float32, **tolerance):
    return case(
        group,
        rng.normal(B, T, d, dtype=dtype, scale=2.0),
        _mixing(rng, T, d, dtype),
        _affine(rng, d, dtype),
        _standardize(rng, d, dtype),
        _standardize(rng, d, dtype),
        **tolerance,
    )


def _sublayers_cases(rng):
    return [
        _sublayers_case(rng, "values", 2, 4, 6),
        _sublayers_case(rng, "values", 1, 3, 5),
        _sublayers_case(rng, "float64", 3, 2, 5, torch.float64),
    ]


def _sub_second_residual_from_input(x, attn, ffn, norm1, norm2):
    h = norm1(x + attn(x))
    return norm2(x + ffn(h))


def _sub_norm1_twice(x, attn, ffn, norm1, norm2):
    h = norm1(x + attn(x))
    return norm1(h + ffn(h))


def _sub_norm2_twice(x, attn, ffn, norm1, norm2):
    h = norm2(x + attn(x))
    return norm2(h + ffn(h))


def _sub_ffn_of_x(x, attn, ffn, norm1, norm2):
    h = norm1(x + attn(x))
    return norm2(h + ffn(x))


def _sub_pre(x, attn, ffn, norm1, norm2):
    h = x + attn(norm1(x))
    return h + ffn(norm2(h))


def _sub_order(x, attn, ffn, norm1, norm2):
    h = norm1(x + ffn(x))
    return norm2(h + attn(h))


def _sub_no_residual(x, attn, ffn, norm1, norm2):
    return norm2(ffn(norm1(attn(x))))


def _sub_no_first_residual(x, attn, ffn, norm1, norm2):
    h = norm1(attn(x))
    return norm2(h + ffn(h))


def _sub_no_second_residual(x, attn, ffn, norm1, norm2):
    return norm2(ffn(norm1(x + attn(x))))


def _sub_no_norm1(x, attn, ffn, norm1, norm2):
    h = x + attn(x)
    return norm2(h + ffn(h))


def _sub_no_norm2(x, attn, ffn, norm1, norm2):
    h = norm1(x + attn(x))
    return h + ffn(h)


def _sub_no_norm(x, attn, ffn, norm1, norm2):
    h = x + attn(x)
    return h + ffn(h)


def _sub_norms_exchanged(x, attn, ffn, norm1, norm2):
    h = norm2(x + attn(x))
    return norm1(h + ffn(h))


def _sub_outputs_normalised(x, attn, ffn, norm1, norm2):
    h = x + norm1(attn(x))
    return h + norm2(ffn(h))


def _sub_first_half(x, attn, ffn, norm1, norm2):
    return norm1(x + attn(x))


def _sub_residual_not_normalised(x, attn, ffn, norm1, norm2):
    h = x + attn(x)
    return norm2(h + ffn(norm1(h)))


def _sub_without_attention(x, attn, ffn, norm1, norm2):
    return norm2(x + ffn(x))


def _sub_side_by_side(x, attn, ffn, norm1, norm2):
    return norm1(x + attn(x)) + norm2(x + ffn(x))


def _sub_each_twice(x, attn, ffn, norm1, norm2):
    for sublayer in (attn, ffn):
        for normalize in (norm1, norm2):
            x = normalize(x + sublayer(x))
    return x


def _sub_ffn_of_attention(x, attn, ffn, norm1, norm2):
    return norm2(norm1(x + attn(x)) + ffn(attn(x)))


def _sub_loop(x, attn, ffn, norm1, norm2):
    for sublayer, normalize in ((attn, norm1), (ffn, norm2)):
        x = normalize(x + sublayer(x))
    return x


def _sub_nested(x, attn, ffn, norm1, norm2):
    return (lambda h: norm2(ffn(h) + h))(norm1(attn(x) + x))


_SUB_ALL = ("values", "float64")

ENCODER_SUBLAYERS = Exercise(
    name="encoder_sublayers",
    lesson=LESSON,
    title="인코더 한 층의 뼈대",
    points=14,
    groups={"values": "값이 맞아요", "float64": "float64를 넣으면 float64로 맞아요"},
    reference=norm.encoder_sublayers,
    sample_cases=_sublayers_cases,
    # 실습 4-6의 손 계산: 어텐션은 언제나 1을, FFN은 받은 값의 두 배를 내놓고 정규화는 아무것도 하지 않아요.
    examples=(
        case(
            "values",
            torch.tensor([[[3.0]]]),
            *(
                BuiltArgument("affine", {"W": torch.tensor([[slope]]), "b": torch.tensor([shift])})
                for slope, shift in ((0.0, 1.0), (2.0, 0.0), (1.0, 0.0), (1.0, 0.0))
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "encoder_sublayers.second-residual-from-input",
            "둘째 잔차가 처음 입력에서",
            "두 번째로 더한 것이 층의 맨 처음 입력이에요. 첫 부분층의 결과가 지름길에서 사라졌어요.",
            "두 번째 더하기의 왼쪽에 어느 단계의 값이 와야 하는지 그림에 화살표로 그려 봐요.",
            (_sub_second_residual_from_input,),
            _SUB_ALL,
        ),
        Mistake(
            "encoder_sublayers.same-norm-twice",
            "정규화 하나를 두 번 씀",
            "두 자리에 같은 정규화를 썼어요. 두 정규화는 저마다의 gamma와 beta를 배워요.",
            "`norm1`과 `norm2`가 한 번씩 나오는지 봐요.",
            (_sub_norm1_twice, _sub_norm2_twice),
            _SUB_ALL,
        ),
        Mistake(
            "encoder_sublayers.ffn-fed-with-input",
            "FFN에 처음 입력을 넣음",
            "FFN이 어텐션을 지나기 전의 x를 받았어요. 섞은 것을 바꾸는 것이 아니라 섞기 전을 바꿨어요.",
            "FFN의 괄호 안에 무엇이 들어가야 하는지 봐요.",
            (_sub_ffn_of_x,),
            _SUB_ALL,
        ),
        Mistake(
            "encoder_sublayers.ffn-fed-with-attention",
            "FFN에 어텐션의 출력을 그대로 넣음",
            "FFN이 어텐션의 출력을 그대로 받았어요. 잔차 연결과 정규화를 지나지 않은 값이에요.",
            "FFN의 괄호 안에 무엇이 들어가야 하는지 봐요.",
            (_sub_ffn_of_attention,),
            _SUB_ALL,
        ),
        Mistake(
            "encoder_sublayers.side-by-side",
            "두 부분층을 나란히 둠",
            "두 부분층이 이어지지 않았어요. 저마다 처음의 x를 받고, 정규화한 두 결과를 더했어요.",
            "둘째 줄에 쓰인 h가 어디에서 온 값인지 식에서 화살표로 그려 봐요.",
            (_sub_side_by_side,),
            _SUB_ALL,
        ),
        Mistake(
            "encoder_sublayers.each-twice",
            "부분층을 두 번씩 지남",
            "어텐션을 두 번, FFN을 두 번 지났어요. 부분층마다 `norm1`과 `norm2`가 모두 쓰였어요.",
            "식에 `attn`과 `ffn`이 몇 번씩 나오는지 세고, 반복문이 모두 몇 번 도는지와 견줘 봐요.",
            (_sub_each_twice,),
            _SUB_ALL,
        ),
        Mistake(
            "encoder_sublayers.pre-norm",
            "Pre-LN을 씀",
            "정규화가 부분층 앞에 있어요. 이번 실습은 논문의 Post-LN이에요.",
            "더한 뒤에 정규화하는지, 정규화한 뒤에 더하는지 봐요.",
            (_sub_pre,),
            _SUB_ALL,
        ),
        Mistake(
            "encoder_sublayers.order-exchanged",
            "FFN이 먼저",
            "FFN이 어텐션보다 먼저 나왔어요.",
            "논문 그림 1의 인코더를 아래에서 위로 읽어 봐요.",
            (_sub_order,),
            _SUB_ALL,
        ),
        Mistake(
            "encoder_sublayers.residual-missing",
            "더하지 않은 잔차 연결",
            "잔차 연결이 빠진 부분층이 있어요. 부분층의 출력에 그 입력을 더하지 않았어요.",
            "식에 더하기가 몇 번 나오는지, 코드에서 모두 했는지 세어 봐요.",
            (_sub_no_residual, _sub_no_first_residual, _sub_no_second_residual),
            _SUB_ALL,
        ),
        Mistake(
            "encoder_sublayers.norm-missing",
            "빠진 정규화",
            "정규화가 빠진 부분층이 있어요.",
            "`norm1`과 `norm2`가 한 번씩 불리는지, 부른 결과를 다음 계산에서 쓰는지 봐요.",
            (_sub_no_norm1, _sub_no_norm2, _sub_no_norm),
            _SUB_ALL,
        ),
        Mistake(
            "encoder_sublayers.norms-exchanged",
            "두 정규화를 맞바꿈",
            "첫 자리에 `norm2`를, 둘째 자리에 `norm1`을 썼어요.",
            "식에서 어텐션을 감싼 정규화의 번호를 봐요.",
            (_sub_norms_exchanged,),
            _SUB_ALL,
        ),
        Mistake(
            "encoder_sublayers.outputs-normalised",
            "정규화한 뒤에 더함",
            "부분층의 출력만 정규화하고 그 뒤에 입력을 더했어요.",
            "더하기와 정규화 가운데 어느 것이 괄호 안에 있는지 식에서 봐요.",
            (_sub_outputs_normalised,),
            _SUB_ALL,
        ),
        Mistake(
            "encoder_sublayers.residual-not-normalised",
            "둘째 지름길이 정규화를 건너뜀",
            "FFN에는 정규화한 값을 넣었는데, 지름길에는 정규화하기 전의 값이 지나갔어요.",
            "두 번째 더하기의 왼쪽과 FFN의 괄호 안에 같은 것이 들어가는지 식에서 봐요.",
            (_sub_residual_not_normalised,),
            _SUB_ALL,
        ),
        Mistake(
            "encoder_sublayers.first-half-only",
            "절반만 계산함",
            "어텐션 부분층까지만 계산하고 돌려줬어요.",
            "`ffn`과 `norm2`가 쓰였는지 봐요.",
            (_sub_first_half,),
            _SUB_ALL,
        ),
    ),
    both=(
        Both(
            ("encoder_sublayers.second-residual-from-input", "encoder_sublayers.ffn-fed-with-input"),
            (_sub_without_attention,),
            _SUB_ALL,
        ),
    ),
    correct=(_sub_loop, _sub_nested),
    uses=("residual",),
)


# -- dropout_residual --

_P = 0.3


def _dropout_residual_cases(rng):
    x, s = rng.normal(8, 16, 4) + 3, rng.normal(8, 16, 4)
    s[:3], s[..., :2] = 0, 0  # 앞쪽은 버릴 것이 없어요. 앞에서부터 버린 답은 아무것도 버리지 못해요.
    double = (rng.normal(2, 3, 5, dtype=torch.float64), rng.normal(2, 3, 5, dtype=torch.float64))
    nothing = torch.zeros_like(x)
    return [
        case("eval", x, s, _P, False),
        case("eval", *double, 0.6, False),
        _dropout_case(
            "eval",
            (x, s, _P, False),
            (x + s, x + s + 1000, 0.0),  # 하나도 버려지지 않아야 해요. 버려졌을 때의 값은 나올 수 없는 값이에요.
            ("no-residual", s, s),
            ("scaled-in-eval", x + s * (1 - _P), x + s * (1 - _P)),
            ("scaled-in-eval", (x + s) * (1 - _P), (x + s) * (1 - _P)),
            # 하나도 버려지지 않았거나 부분층이 통째로 빠졌어요. 드롭아웃이 버린 것이 아니에요.
            ("rescaled-in-eval", x + s / (1 - _P), x + s / (1 - _P)),
            ("rescaled-in-eval", (x + s) / (1 - _P), (x + s) / (1 - _P)),
            ("output-missing-in-eval", x, x),
            ("active-in-eval", x + s / (1 - _P), x),
            ("active-in-eval", x + s, x),
            ("active-in-eval", (x + s) / (1 - _P), nothing),
        ),
        _dropout_case(
            "training",
            (x, s, _P, True),
            (x + s / (1 - _P), x, _P),
            ("never-drops", x + s, x + s),
            ("keep-probability", x + s, x, _P),
            ("not-rescaled", x + s, x),
            ("rescaled-twice", x + s / (1 - _P) ** 2, x, 1 - _P),
            ("on-the-sum", (x + s) / (1 - _P), nothing, 1 - _P),
            ("on-the-sum", x + s, nothing, 1 - _P),
            ("on-the-shortcut", x / (1 - _P) + s, s, 1 - _P),
            ("no-residual", s / (1 - _P), nothing),
            ("keep-probability", x + s / _P, x, _P),
            ("multiplied-by-keep", x + s * (1 - _P), x, 1 - _P),
            ("scaled-by-p", x + s / _P, x, 1 - _P),
            ("scaled-by-p", x + s * _P, x, 1 - _P),
        ),
        *(_one_axis(rng, shape) for shape in ((1, 1, 64), (1, 64, 1), (64, 1, 1))),
    ]


def _dropout_case(group, args, right, *others):
    """`right`는 (살았을 때의 값, 버려졌을 때의 값, 버릴 확률), `others`는 알려진 실수의 (이름, 살았을 때, 버려졌을 때, 있다면 산 비율)이에요."""
    kept, dropped, p = right
    alternatives = [(f"dropout_residual.{name}", *values) for name, *values in others]
    params = {"kept": kept, "dropped": dropped, "p": p, "alternatives": alternatives}
    params["repeated"] = "dropout_residual.same-every-time"
    # 학습할 때는 두 번 불러요. 부를 때마다 다른 자리가 버려져야 해요.
    return Case(group, (Call(args),) * (2 if group == "training" else 1), "dropout", params)


def _one_axis(rng, shape):
    """축 하나만 긴 입력. 원소마다 뽑지 않고 축 하나를 건너뛴 마스크는 모두 버리거나 모두 살려요.

    앞의 절반(문장이 여럿이면 하나 건너 하나)은 0이라 버릴 것이 없어요. 성분의 축은 앞에서부터 버린 답을 위의 사례가 알아봐요.
    """
    x, s = rng.normal(*shape) + 3, rng.uniform(*shape, low=0.5, high=2.0)
    if shape[1] > 1:
        s[:, : shape[1] // 2] = 0
    elif shape[0] > 1:
        s[::2] = 0
    return _dropout_case("training", (x, s, 0.5, True), (x + 2 * s, x, 0.5))


def _dr_on_sum(x, sublayer_out, p, training):
    return F.dropout(x + sublayer_out, p, training)


def _dr_on_sum_not_rescaled(x, sublayer_out, p, training):
    return (x + sublayer_out) * (torch.rand_like(x) >= p) if training else x + sublayer_out


def _dr_in_eval(x, sublayer_out, p, training):
    return x + F.dropout(sublayer_out, p, True)


def _dr_in_eval_own_mask(x, sublayer_out, p, training):
    return x + sublayer_out * (torch.rand_like(x) >= p) / (1 - p)


def _dr_not_rescaled(x, sublayer_out, p, training):
    return x + sublayer_out * (torch.rand_like(x) >= p) if training else x + sublayer_out


def _dr_rescaled_twice(x, sublayer_out, p, training):
    s = F.dropout(sublayer_out, p, training)
    return x + (s / (1 - p) if training else s)


def _dr_scaled_in_eval(x, sublayer_out, p, training):
    return x + (sublayer_out * (torch.rand_like(x) > p) if training else sublayer_out * (1.0 - p))


def _dr_rescaled_in_eval(x, sublayer_out, p, training):
    keep = torch.rand_like(x) >= p if training else torch.ones_like(x)
    return x + sublayer_out * keep / (1 - p)


def _dr_always_rescaled(x, sublayer_out, p, training):
    return x + sublayer_out / (1 - p)


def _dr_output_missing_in_eval(x, sublayer_out, p, training):
    return x + F.dropout(sublayer_out, p) if training else x


def _dr_output_missing_in_eval_clone(x, sublayer_out, p, training):
    y = x.clone()
    if training:
        y += sublayer_out * (torch.rand_like(x) >= p) / (1 - p)
    return y


def _dr_never(x, sublayer_out, p, training):
    return x + sublayer_out


def _dr_only_rescaled(x, sublayer_out, p, training):
    return x + sublayer_out / (1 - p if training else 1)


def _dr_on_shortcut(x, sublayer_out, p, training):
    return F.dropout(x, p, training) + sublayer_out


def _dr_no_residual(x, sublayer_out, p, training):
    return F.dropout(sublayer_out, p, training)


def _dr_keep_p(x, sublayer_out, p, training):
    return x + F.dropout(sublayer_out, 1 - p, training)


def _dr_keep_p_own_mask(x, sublayer_out, p, training):
    return x + (sublayer_out * (torch.rand_like(x) < p) / (1 - p) if training else sublayer_out)


def _dr_keep_p_not_rescaled(x, sublayer_out, p, training):
    return x + (sublayer_out * (torch.rand_like(x) < p) if training else sublayer_out)


def _dr_times_keep(x, sublayer_out, p, training):
    return x + (sublayer_out * (torch.rand_like(x) >= p) * (1 - p) if training else sublayer_out)


def _dr_times_keep_where(x, sublayer_out, p, training):
    kept = torch.where(torch.rand_like(x) < p, torch.zeros_like(x), sublayer_out * (1 - p))
    return x + (kept if training else sublayer_out)


def _dr_over_p(x, sublayer_out, p, training):
    return x + (sublayer_out * (torch.rand_like(x) >= p) / p if training else sublayer_out)


def _dr_times_p(x, sublayer_out, p, training):
    return x + (sublayer_out * (torch.rand_like(x) >= p) * p if training else sublayer_out)


def _dr_shared(x, sublayer_out, p, training, shape):
    return x + (sublayer_out * (torch.rand(shape, dtype=x.dtype) >= p) / (1 - p) if training else sublayer_out)


def _dr_whole_tokens(x, sublayer_out, p, training):
    return _dr_shared(x, sublayer_out, p, training, (*x.shape[:2], 1))


def _dr_whole_features(x, sublayer_out, p, training):
    return _dr_shared(x, sublayer_out, p, training, x.shape[-1:])


def _dr_whole_sentences(x, sublayer_out, p, training):
    """문장마다 부분층을 통째로 건너뛰어요(층 건너뛰기, stochastic depth)."""
    return _dr_shared(x, sublayer_out, p, training, (x.shape[0], 1, 1))


def _dr_all_or_nothing(x, sublayer_out, p, training):
    return _dr_shared(x, sublayer_out, p, training, (1,))


def _dr_same_for_sentences(x, sublayer_out, p, training):
    return _dr_shared(x, sublayer_out, p, training, x.shape[1:])


def _dr_same_for_tokens(x, sublayer_out, p, training):
    return _dr_shared(x, sublayer_out, p, training, (x.shape[0], 1, x.shape[2]))


def _dr_first_features(x, sublayer_out, p, training):
    s = sublayer_out / (1 - p if training else 1)
    if training:
        s[..., : int(p * s.shape[-1])] = 0
    return x + s


def _dr_first_elements(x, sublayer_out, p, training):
    s = sublayer_out / (1 - p if training else 1)
    if training:
        s.view(-1)[: int(p * s.numel())] = 0
    return x + s


def _dr_reseeded(x, sublayer_out, p, training):
    torch.manual_seed(0)
    return x + F.dropout(sublayer_out, p, training)


def _dr_own_generator(x, sublayer_out, p, training):
    keep = torch.rand(x.shape, generator=torch.Generator().manual_seed(42)) >= p
    return x + (sublayer_out * keep / (1 - p) if training else sublayer_out)


def _dr_first_tokens(x, sublayer_out, p, training):
    s = sublayer_out / (1 - p if training else 1)
    if training:
        s[:, : int(p * s.shape[1])] = 0
    return x + s


def _dr_inverted(x, sublayer_out, p, training):
    return x + F.dropout(sublayer_out, p, not training)


def _dr_own_mask(x, sublayer_out, p, training):
    if not training:
        return x + sublayer_out
    return x + sublayer_out * (torch.rand_like(x) >= p) / (1 - p)


def _dr_module(x, sublayer_out, p, training):
    return x + torch.nn.Dropout(p).train(training)(sublayer_out)


def _dr_numpy(x, sublayer_out, p, training):
    import numpy as np

    s = sublayer_out.numpy()
    if training:
        s = s * (np.random.default_rng().random(s.shape) >= p).astype(s.dtype) / s.dtype.type(1 - p)
    return torch.from_numpy(x.numpy() + s)


DROPOUT_RESIDUAL = Exercise(
    name="dropout_residual",
    lesson=LESSON,
    title="잔차의 드롭아웃",
    points=8,
    groups={
        "training": "학습할 때 부분층의 출력에만, 원소마다 따로 걸려요",
        "eval": "평가할 때는 아무것도 버리지 않아요",
    },
    reference=norm.dropout_residual,
    sample_cases=_dropout_residual_cases,
    examples=(case("eval", torch.tensor([[[1.0, 2.0]]]), torch.tensor([[[4.0, 6.0]]]), 0.5, False),),
    mistakes=(
        Mistake(
            "dropout_residual.on-the-sum",
            "더한 뒤에 버림",
            "더한 결과에 드롭아웃이 걸려서 지름길의 x까지 0이 됐어요.",
            "논문 §5.4는 더하기 '전에' 부분층의 출력에 건다고 적어요.",
            (_dr_on_sum, _dr_on_sum_not_rescaled),
            ("training",),
        ),
        Mistake(
            "dropout_residual.active-in-eval",
            "평가에서도 버림",
            "`training`이 False인데도 값이 버려졌어요.",
            "`training` 인자가 드롭아웃까지 전달되는지 봐요.",
            (_dr_in_eval, _dr_in_eval_own_mask),
            ("eval",),
        ),
        Mistake(
            "dropout_residual.not-rescaled",
            "1/(1-p)배를 하지 않음",
            "버리기는 했는데 살아남은 값이 커지지 않았어요. 그러면 부분층이 더해 주는 값의 평균이 (1-p)배로 줄어요.",
            "레슨 3의 드롭아웃에서 남은 값을 어떻게 했는지 떠올려 봐요.",
            (_dr_not_rescaled,),
            ("training",),
        ),
        Mistake(
            "dropout_residual.multiplied-by-keep",
            "1-p로 나누지 않고 곱함",
            "버린 비율은 맞는데 살아남은 값이 커지지 않고 (1-p)배로 작아졌어요. 버려서 줄어든 평균이 한 번 더 줄어요.",
            "1/(1-p)배는 1보다 클까요, 작을까요? p에 0.5를 넣어 코드가 하는 계산과 견줘 봐요.",
            (_dr_times_keep, _dr_times_keep_where),
            ("training",),
        ),
        Mistake(
            "dropout_residual.scaled-by-p",
            "1-p 대신 p를 씀",
            "버린 비율은 맞는데 살아남은 값에 곱하거나 나눈 수가 p예요. 살아남는 비율은 p가 아니에요.",
            "p가 0.1이라면 몇 할이 살아남고, 평균을 지키려면 몇 배여야 하는지 생각해 봐요.",
            (_dr_over_p, _dr_times_p),
            ("training",),
        ),
        Mistake(
            "dropout_residual.rescaled-twice",
            "1/(1-p)배를 두 번 함",
            "버린 비율은 맞는데 살아남은 값이 1/(1-p)배를 두 번 지나 너무 커졌어요.",
            "`F.dropout`이나 `nn.Dropout`이 살아남은 값을 이미 어떻게 하는지 문서에서 봐요.",
            (_dr_rescaled_twice,),
            ("training",),
        ),
        Mistake(
            "dropout_residual.scaled-in-eval",
            "평가할 때 (1-p)배를 함",
            "평가할 때 값에 (1-p)를 곱했어요. 《밑바닥부터 시작하는 딥러닝》의 드롭아웃은 이렇게 평가할 때 줄이지만, "
            "이 실습과 PyTorch는 평가할 때 아무것도 하지 않아요.",
            "평균을 지키는 일을 평가할 때가 아니라 학습할 때 하려면, 살아남은 값을 어떻게 해야 하는지 생각해 봐요.",
            (_dr_scaled_in_eval,),
            ("training", "eval"),
        ),
        Mistake(
            "dropout_residual.rescaled-in-eval",
            "평가할 때도 1/(1-p)배를 함",
            "`training`이 False일 때 버린 것이 하나도 없는데도 값이 1/(1-p)배로 커졌어요.",
            "1/(1-p)배는 버린 만큼을 메우는 일이에요. 그 나눗셈이 `training`이 True일 때만 실행되는지 봐요.",
            (_dr_rescaled_in_eval,),
            ("eval",),
        ),
        Mistake(
            "dropout_residual.output-missing-in-eval",
            "평가할 때 부분층의 출력이 빠짐",
            "`training`이 False일 때 x만 나왔어요. 부분층의 출력이 하나도 더해지지 않았어요.",
            "평가할 때 하지 않는 것은 드롭아웃뿐이에요. `training`이 False일 때 돌려주는 것이 무엇인지 봐요.",
            (_dr_output_missing_in_eval, _dr_output_missing_in_eval_clone),
            ("eval",),
        ),
        Mistake(
            "dropout_residual.never-drops",
            "학습할 때 버리지 않음",
            "`training`이 True인데도 값이 하나도 버려지지 않았어요.",
            "드롭아웃을 거는 줄이 `training`이 True일 때 실행되는지, 그 결과를 다음 줄에서 쓰는지 봐요.",
            (_dr_never, _dr_only_rescaled),
            ("training",),
        ),
        Mistake(
            "dropout_residual.on-the-shortcut",
            "지름길에서 버림",
            "부분층의 출력이 아니라 지름길의 x가 버려졌어요.",
            "식에서 Dropout의 괄호 안에 무엇이 들어 있는지 봐요.",
            (_dr_on_shortcut,),
            ("training",),
        ),
        Mistake(
            "dropout_residual.no-residual",
            "입력을 더하지 않음",
            "부분층의 출력만 나왔어요. 지름길의 x가 더해지지 않았어요.",
            "식의 맨 앞에 무엇이 있는지 봐요.",
            (_dr_no_residual,),
            ("training", "eval"),
        ),
        Mistake(
            "dropout_residual.keep-probability",
            "p를 살릴 확률로 씀",
            "p만큼 버려져야 하는데 p만큼 살아남았어요. p를 살릴 확률로 읽었어요.",
            "p가 0이라면 몇 개가 버려져야 하는지 생각해 봐요.",
            (_dr_keep_p, _dr_keep_p_own_mask, _dr_keep_p_not_rescaled),
            ("training",),
        ),
        Mistake(
            "dropout_residual.shared-mask",
            "여럿이 한꺼번에 버려짐",
            "난수를 원소마다 뽑지 않아서, 여러 원소가 함께 버려지고 함께 살아남았어요.",
            "난수로 만든 마스크의 모양이 부분층의 출력과 같은지 봐요.",
            (
                _dr_whole_tokens,
                _dr_whole_features,
                _dr_whole_sentences,
                _dr_all_or_nothing,
                _dr_same_for_sentences,
                _dr_same_for_tokens,
            ),
            ("training",),
        ),
        Mistake(
            "dropout_residual.same-every-time",
            "늘 같은 자리를 버림",
            "두 번 불렀는데 똑같은 자리가 버려졌어요. 부를 때마다 새로 골라야 어느 하나에 기대지 않게 돼요.",
            "함수 안에서 시드를 정하거나, 버릴 자리를 난수 없이 정하거나, 한 번 만든 마스크를 다시 쓰는 곳이 있는지 봐요.",
            (_dr_reseeded, _dr_own_generator, _dr_first_features, _dr_first_elements, _dr_first_tokens),
            ("training",),
        ),
    ),
    both=(
        Both(
            ("dropout_residual.active-in-eval", "dropout_residual.never-drops"),
            (_dr_inverted,),
            ("training", "eval"),
        ),
        Both(
            ("dropout_residual.rescaled-in-eval", "dropout_residual.never-drops"),
            (_dr_always_rescaled,),
            ("training", "eval"),
        ),
    ),
    correct=(_dr_own_mask, _dr_module, _dr_numpy),
)


# -- grad_norm_by_depth --


def _depth_cases(rng):
    def weights(n, d, dtype=torch.float32):
        return [rng.normal(d, d, dtype=dtype, scale=0.4) for _ in range(n)]

    x = rng.normal(3, 5)
    double = rng.normal(2, 4, dtype=torch.float64)
    # float32에서는 곱하는 차례에 따라 이만큼은 달라져요.
    atol, rtol = 1e-6, 1e-4
    return [
        case("plain", x, weights(6, 5), False, atol=atol, rtol=rtol),
        case("residual", x, weights(6, 5), True, atol=atol, rtol=rtol),
        case("plain", double, weights(4, 4, torch.float64), False),
        case("residual", double, weights(4, 4, torch.float64), True),
        case("residual", x[:1], weights(1, 5), True, atol=atol, rtol=rtol),
    ]


def _depth_grads(x, weights, residual):
    leaves = [W.clone().requires_grad_() for W in weights]
    h = x
    for W in leaves:
        h = torch.tanh(h @ W) + (h if residual else 0)
    return torch.autograd.grad(h.sum(), leaves)


def _depth_reversed(x, weights, residual):
    return [g.norm().item() for g in reversed(_depth_grads(x, weights, residual))]


def _depth_last_only(x, weights, residual):
    return [_depth_grads(x, weights, residual)[-1].norm().item()]


def _depth_first_only(x, weights, residual):
    return [_depth_grads(x, weights, residual)[0].norm().item()]


def _depth_no_residual(x, weights, residual):
    return [g.norm().item() for g in _depth_grads(x, weights, False)]


def _depth_always_residual(x, weights, residual):
    return [g.norm().item() for g in _depth_grads(x, weights, True)]


def _depth_mean(x, weights, residual):
    return [g.norm().item() / (len(x) * len(weights[0])) for g in _depth_grads(x, weights, residual)]


def _depth_of_states(x, weights, residual):
    """가중치 행렬이 아니라 층의 출력에 대한 기울기."""
    states, h = [], x.clone().requires_grad_()
    for W in weights:
        h = torch.tanh(h @ W) + (h if residual else 0)
        states.append(h)
    return [g.norm().item() for g in torch.autograd.grad(h.sum(), states)]


def _depth_of_inputs(x, weights, residual):
    """가중치 행렬이 아니라 층의 입력에 대한 기울기."""
    states, h = [], x.clone().requires_grad_()
    for W in weights:
        states.append(h)
        h = torch.tanh(h @ W) + (h if residual else 0)
    return [g.norm().item() for g in torch.autograd.grad(h.sum(), states)]


def _depth_abs_sum(x, weights, residual):
    return [g.abs().sum().item() for g in _depth_grads(x, weights, residual)]


def _depth_abs_mean(x, weights, residual):
    return [g.abs().mean().item() for g in _depth_grads(x, weights, residual)]


def _depth_largest(x, weights, residual):
    return [g.abs().max().item() for g in _depth_grads(x, weights, residual)]


def _depth_squared(x, weights, residual):
    return [g.square().sum().item() for g in _depth_grads(x, weights, residual)]


def _stacked(x, weights, layer):
    leaves = [W.clone().requires_grad_() for W in weights]
    h = x
    for W in leaves:
        h = layer(h, W)
    return [g.norm().item() for g in torch.autograd.grad(h.sum(), leaves)]


def _depth_no_tanh(x, weights, residual):
    return _stacked(x, weights, lambda h, W: h @ W + (h if residual else 0))


def _depth_inside_tanh(x, weights, residual):
    return _stacked(x, weights, lambda h, W: torch.tanh(h @ W + (h if residual else 0)))


def _depth_from_first_input(x, weights, residual):
    return _stacked(x, weights, lambda h, W: torch.tanh(h @ W) + (x if residual else 0))


def _depth_of_own_sum(x, weights, residual):
    """층을 하나 지날 때마다 그때의 h를 더해 미분해요."""
    norms, h = [], x
    for W in weights:
        leaf = W.clone().requires_grad_()
        h = torch.tanh(h @ leaf) + (h if residual else 0)
        norms.append(torch.autograd.grad(h.sum(), leaf, retain_graph=True)[0].norm().item())
    return norms


def _depth_plain_skips_layers(x, weights, residual):
    return _stacked(x, weights, lambda h, W: torch.tanh(h @ W) + h if residual else h)


def _depth_updated_added(x, weights, residual):
    return _stacked(x, weights, lambda h, W: torch.tanh(h @ W) * (2 if residual else 1))


def _depth_asks_the_given(x, weights, residual):
    for W in weights:
        W.requires_grad_()
    return [g.norm().item() for g in torch.autograd.grad(_stacked_sum(x, weights, residual), weights)]


def _depth_asks_the_given_first(x, weights, residual):
    for W in weights:
        W.requires_grad = True
    _stacked_sum(x, weights, residual).backward()
    return [W.grad.norm().item() for W in weights]


def _depth_replaces_the_given(x, weights, residual):
    for i, W in enumerate(weights):
        weights[i] = W.clone().requires_grad_()
    return [g.norm().item() for g in torch.autograd.grad(_stacked_sum(x, weights, residual), weights)]


def _stacked_sum(x, weights, residual):
    h = x
    for W in weights:
        h = torch.tanh(h @ W) + (h if residual else 0)
    return h.sum()


def _depth_backward(x, weights, residual):
    leaves = [torch.nn.Parameter(W.clone()) for W in weights]
    h = x
    for W in leaves:
        update = torch.tanh(h @ W)
        h = h + update if residual else update
    h.sum().backward()
    return [float(W.grad.pow(2).sum().sqrt()) for W in leaves if W.grad is not None]


def _depth_by_chain(x, weights, residual):
    """자동 미분 없이 연쇄 법칙을 손으로 풀어요."""
    inputs, outputs, h = [], [], x
    for W in weights:
        inputs.append(h)
        outputs.append(torch.tanh(h @ W))
        h = outputs[-1] + (h if residual else 0)
    g, norms = torch.ones_like(h), []
    for W, a, y in zip(reversed(weights), reversed(inputs), reversed(outputs), strict=True):
        local = g * (1 - y * y)
        norms.append((a.T @ local).norm().item())
        g = local @ W.T + (g if residual else 0)
    return norms[::-1]


def _depth_numeric(x, weights, residual):
    """미분하지 않고 float64에서 조금씩 흔들어 봐요."""

    def total(changed):
        h = x.double()
        for W in changed:
            h = torch.tanh(h @ W) + (h if residual else 0)
        return float(h.sum())

    exact, step, norms = [W.double() for W in weights], 1e-5, []
    for layer, W in enumerate(exact):
        slopes = []
        for place in range(W.numel()):
            nudge = torch.zeros(W.numel(), dtype=torch.float64)
            nudge[place] = step
            up, down = (total([*exact[:layer], W + sign * nudge.view_as(W), *exact[layer + 1 :]]) for sign in (1, -1))
            slopes.append((up - down) / (2 * step))
        norms.append(sum(slope**2 for slope in slopes) ** 0.5)
    return norms


GRAD_NORM_BY_DEPTH = Exercise(
    name="grad_norm_by_depth",
    lesson=LESSON,
    title="깊이별 기울기를 재기",
    points=17,
    groups={"plain": "잔차가 없을 때 맞아요", "residual": "잔차가 있을 때 맞아요"},
    reference=norm.grad_norm_by_depth,
    sample_cases=_depth_cases,
    # 실습 4-5의 너비가 1인 두 층. 어림하지 않고 tanh까지 계산하면 [0.373, 0.438]이에요.
    examples=(
        case(
            "plain",
            torch.tensor([[1.0]]),
            [torch.tensor([[0.5]]), torch.tensor([[0.5]])],
            False,
            atol=1e-6,
            rtol=1e-4,
        ),
    ),
    mistakes=(
        Mistake(
            "grad_norm_by_depth.wrong-end",
            "마지막 층부터 적음",
            "순서가 뒤집혀서 첫 층의 자리에 마지막 층의 값이 있어요.",
            "목록의 0번이 어느 층이어야 하는지 독스트링을 봐요.",
            (_depth_reversed,),
            ("plain", "residual"),
        ),
        Mistake(
            "grad_norm_by_depth.one-layer-only",
            "한 층만 돌려줌",
            "층마다 하나씩이 아니라 한 층의 값만 돌려줬어요.",
            "돌려준 목록의 길이가 층의 수와 같은지 봐요.",
            (_depth_last_only, _depth_first_only),
            ("plain", "residual"),
        ),
        Mistake(
            "grad_norm_by_depth.residual-ignored",
            "residual 인자를 쓰지 않음",
            "`residual`이 True일 때도 지름길이 없는 계산이 나왔어요.",
            "`residual`이 True이면 한 층을 지날 때 h에 무엇이 더해지는지 봐요.",
            (_depth_no_residual,),
            ("residual",),
        ),
        Mistake(
            "grad_norm_by_depth.always-residual",
            "늘 잔차를 더함",
            "`residual`이 False일 때도 지름길이 있는 계산이 나왔어요.",
            "`residual`이 False이면 h에 무엇이 더해지지 않아야 하는지 봐요.",
            (_depth_always_residual,),
            ("plain",),
        ),
        Mistake(
            "grad_norm_by_depth.mean",
            "합 대신 평균을 미분함",
            "h_N의 합이 아니라 평균을 미분해서, 모든 층의 값이 h_N의 원소 수만큼 나뉘었어요.",
            "식에서 미분되는 것이 sum(h_N)인지 봐요.",
            (_depth_mean,),
            ("plain", "residual"),
        ),
        Mistake(
            "grad_norm_by_depth.of-own-sum",
            "층마다 그때의 h를 미분함",
            "h_N의 합이 아니라, 층마다 그 층을 막 지난 h의 합을 미분했어요. 그 뒤의 층들이 하는 일이 빠졌어요.",
            "식에서 미분되는 것이 어느 층의 h인지, 그 h가 언제 정해지는지 봐요.",
            (_depth_of_own_sum,),
            ("plain", "residual"),
        ),
        Mistake(
            "grad_norm_by_depth.of-the-states",
            "h의 기울기를 잼",
            "가중치 행렬 W_i가 아니라 층을 오가는 h에 대한 기울기를 쟀어요.",
            "식의 분모에 무엇이 적혀 있는지 봐요.",
            (_depth_of_states, _depth_of_inputs),
            ("plain", "residual"),
        ),
        Mistake(
            "grad_norm_by_depth.other-size",
            "L2가 아닌 크기",
            "층의 차례는 맞는데 크기를 L2로 재지 않았어요. 절댓값이나 제곱으로 다른 크기를 쟀어요.",
            "L2 크기는 제곱해서 더한 다음 무엇을 하는지 떠올려 봐요.",
            (_depth_abs_sum, _depth_abs_mean, _depth_largest, _depth_squared),
            ("plain", "residual"),
        ),
        Mistake(
            "grad_norm_by_depth.no-tanh",
            "tanh가 없음",
            "h에 W를 곱하기만 하고 tanh를 씌우지 않았어요.",
            "식에서 hW를 감싸고 있는 함수를 봐요.",
            (_depth_no_tanh,),
            ("plain", "residual"),
        ),
        Mistake(
            "grad_norm_by_depth.residual-inside-tanh",
            "잔차를 tanh 안에서 더함",
            "h를 tanh 안에서 더했어요. 지름길이 tanh에 눌려요.",
            "식에서 + h가 tanh의 괄호 안에 있는지 밖에 있는지 봐요.",
            (_depth_inside_tanh,),
            ("residual",),
        ),
        Mistake(
            "grad_norm_by_depth.residual-from-input",
            "잔차가 처음 입력에서",
            "층마다 그 층의 h가 아니라 맨 처음의 x를 더했어요.",
            "둘째 층에서 더해지는 것이 어느 단계의 값인지 봐요.",
            (_depth_from_first_input,),
            ("residual",),
        ),
        Mistake(
            "grad_norm_by_depth.updated-state-added",
            "지난 값을 두 번 더함",
            "층에 들어온 h가 아니라 tanh를 지난 값이 한 번 더 더해졌어요. 지름길이 없어요.",
            "더하는 줄에서 h가 층을 지나기 전의 값인지 지난 뒤의 값인지 봐요.",
            (_depth_updated_added,),
            ("residual",),
        ),
        Mistake(
            "grad_norm_by_depth.given-weights-changed",
            "받은 weights를 바꿈",
            "돌려준 값은 맞는데 받은 `weights`가 바뀌었어요. 받은 가중치 행렬에 바로 `requires_grad`를 켜거나 받은 목록의 텐서를 갈아 끼우면, "
            "부른 쪽이 가진 것까지 바뀌어요.",
            "`requires_grad`를 켜는 텐서가 받은 것인지 베낀 것인지, 그것을 담는 목록이 새 목록인지 봐요.",
            (_depth_asks_the_given, _depth_asks_the_given_first, _depth_replaces_the_given),
            ("plain", "residual"),
        ),
        Mistake(
            "grad_norm_by_depth.plain-skips-layers",
            "잔차가 없으면 층을 지나지 않음",
            "`residual`이 False일 때 h가 어느 층도 지나지 않아서, 손실이 가중치 행렬과 이어지지 않았어요.",
            "`residual`이 False일 때 h에 무엇이 들어가는지 봐요. `A + B if 조건 else C`라면 if가 어디까지를 고르는지도 봐요.",
            (_depth_plain_skips_layers,),
            ("plain",),
        ),
    ),
    correct=(_depth_backward, _depth_by_chain, _depth_numeric),
)


# -- rms_norm (보너스) --


def _rms_cases(rng):
    gamma8 = rng.uniform(8, low=1.5, high=2.5)
    tiny = rng.normal(2, 3, 8, scale=1e-3)
    tiny[1, 0] = 0  # 모두 0인 토큰. eps가 없으면 0을 0으로 나눠요.
    return [
        case("values", _spread_tokens(rng, 2, 4, 7) + 1, rng.uniform(7, low=1.5, high=2.5)),
        case(
            "values",
            _spread_tokens(rng, 1, 5, 6, dtype=torch.float64) + 1,
            rng.uniform(6, low=1.5, high=2.5, dtype=torch.float64),
            atol=1e-4,
            rtol=1e-4,
        ),
        case("tiny", tiny, gamma8),
        case("tiny", tiny, gamma8, 1e-5),
    ]


def _rms_mean_subtracted(x, gamma, eps=1e-6):
    centered = x - x.mean(-1, keepdim=True)
    return gamma * centered / torch.sqrt(centered.square().mean(-1, keepdim=True) + eps)


def _rms_eps_outside(x, gamma, eps=1e-6):
    return gamma * x / (torch.sqrt(x.square().mean(-1, keepdim=True)) + eps)


def _rms_no_eps(x, gamma, eps=1e-6):
    return gamma * x / torch.sqrt(x.square().mean(-1, keepdim=True))


def _rms_eps_1e8(x, gamma, eps=1e-6):
    return _rms_rsqrt(x, gamma, 1e-8)


def _rms_eps_ignored(x, gamma, eps=1e-6):
    return _rms_rsqrt(x, gamma, 1e-6)


def _rms_no_root(x, gamma, eps=1e-6):
    return gamma * x / (x.square().mean(-1, keepdim=True) + eps)


def _rms_sum(x, gamma, eps=1e-6):
    return gamma * x / torch.sqrt(x.square().sum(-1, keepdim=True) + eps)


def _rms_normalize(x, gamma, eps=1e-6):
    return gamma * F.normalize(x, dim=-1)


def _rms_normalize_eps(x, gamma, eps=1e-6):
    return gamma * F.normalize(x, dim=-1, eps=eps)


def _rms_length(x, gamma, eps=1e-6):
    return gamma * x / (x.norm(dim=-1, keepdim=True) + eps)


def _rms_length_no_eps(x, gamma, eps=1e-6):
    return gamma * x / x.norm(dim=-1, keepdim=True)


def _rms_std(x, gamma, eps=1e-6):
    return gamma * x / torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + eps)


def _rms_no_gamma(x, gamma, eps=1e-6):
    return _rms_rsqrt(x, 1.0, eps)


def _rms_over_batch(x, gamma, eps=1e-6):
    return gamma * x / torch.sqrt(x.square().mean(0, keepdim=True) + eps)


def _rms_over_time(x, gamma, eps=1e-6):
    return gamma * x / torch.sqrt(x.square().mean(-2, keepdim=True) + eps)


def _rms_over_all(x, gamma, eps=1e-6):
    return gamma * x / torch.sqrt(x.square().mean() + eps)


def _rms_functional(x, gamma, eps=1e-6):
    return F.rms_norm(x, x.shape[-1:], gamma, eps)


def _rms_rsqrt(x, gamma, eps=1e-6):
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + eps) * gamma


def _rms_by_length(x, gamma, eps=1e-6):
    return gamma * x / torch.sqrt(x.norm(dim=-1, keepdim=True) ** 2 / x.shape[-1] + eps)


def _rms_in_float32(x, gamma, eps=1e-6):
    """LLaMA의 공개된 코드처럼 float32에서 계산하고 되돌려요."""
    h = x.to(torch.float32)
    return gamma * (h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + eps)).to(x.dtype)


RMS_NORM = Exercise(
    name="rms_norm",
    lesson=LESSON,
    title="RMSNorm",
    points=0,
    groups={"values": "값이 맞아요", "tiny": "값이 아주 작은 토큰에서도 맞아요(eps의 자리)"},
    reference=norm.rms_norm,
    sample_cases=_rms_cases,
    examples=(case("values", torch.tensor([3.0, 4.0]), torch.ones(2)),),
    mistakes=(
        Mistake(
            "rms_norm.mean-subtracted",
            "평균을 뺌",
            "평균을 빼고 나눠서 층 정규화와 거의 같아졌어요.",
            "RMSNorm이 층 정규화에서 무엇을 덜어 냈는지 식을 견줘 봐요.",
            (_rms_mean_subtracted,),
            ("values", "tiny"),
        ),
        Mistake(
            "rms_norm.eps-outside",
            "eps가 루트 밖에",
            "eps가 제곱근 밖에서 더해졌어요.",
            "제곱근 기호가 어디까지 덮고 있는지 봐요.",
            (_rms_eps_outside,),
            ("tiny",),
        ),
        Mistake(
            "rms_norm.eps-missing",
            "eps가 없음",
            "모두 0인 토큰에서 0을 0으로 나눴어요. eps가 더해지지 않았어요.",
            "분모가 0이 되는 것을 식의 어느 글자가 막아 주는지 봐요.",
            (_rms_no_eps,),
            ("tiny",),
        ),
        Mistake(
            "rms_norm.wrong-eps",
            "eps 인자를 쓰지 않음",
            "eps가 넘겨받은 값과 달라요. 값이 아주 작은 토큰에서만 차이가 드러나요.",
            "함수 안에 숫자로 적어 둔 eps가 없는지 봐요.",
            (_rms_eps_1e8, _rms_eps_ignored),
            ("tiny",),
        ),
        Mistake(
            "rms_norm.no-root",
            "제곱근을 씌우지 않음",
            "제곱의 평균으로 바로 나눴어요. 결과의 크기가 1로 맞춰지지 않아요.",
            "RMS의 R이 무엇의 첫 글자인지 떠올려 봐요.",
            (_rms_no_root,),
            ("values", "tiny"),
        ),
        Mistake(
            "rms_norm.sum-instead-of-mean",
            "제곱의 합으로 나눔",
            "제곱을 더하기만 하고 D로 나누지 않았어요. 그래서 결과가 너무 작아요.",
            "RMS의 M이 무엇의 첫 글자인지 떠올려 봐요.",
            (_rms_sum, _rms_normalize, _rms_normalize_eps, _rms_length, _rms_length_no_eps),
            ("values", "tiny"),
        ),
        Mistake(
            "rms_norm.standard-deviation",
            "표준편차로 나눔",
            "평균을 빼고 잰 표준편차로 나눴어요. 분자만 평균을 빼지 않았어요.",
            "식의 분모에 평균 μ가 나오는지 봐요.",
            (_rms_std,),
            ("values", "tiny"),
        ),
        Mistake(
            "rms_norm.gamma-missing",
            "gamma를 빠뜨림",
            "크기를 맞춘 값에 gamma를 곱하지 않았어요.",
            "인자 가운데 쓰이지 않은 것이 있는지 봐요.",
            (_rms_no_gamma,),
            ("values", "tiny"),
        ),
        Mistake(
            "rms_norm.wrong-axes",
            "다른 축에서 계산",
            "제곱의 평균을 다른 축에서 구했어요. 토큰 하나의 결과에 다른 토큰이나 다른 문장이 섞여요.",
            "평균을 낸 뒤의 모양이 (..., 1)인지 봐요.",
            (_rms_over_batch, _rms_over_time, _rms_over_all),
            ("values", "tiny"),
        ),
    ),
    correct=(_rms_functional, _rms_rsqrt, _rms_by_length, _rms_in_float32),
)


# -- deep_norm (보너스) --


def _spread_pair(rng, *shape, alpha, dtype=torch.float32):
    """더한 값이 토큰마다 충분히 흩어진 x와 부분층의 출력. eps의 차이는 tiny만 봐요."""
    while True:
        x, out = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype)
        if (alpha * x + out).var(-1, unbiased=False).min() >= 1:
            return x, out


def _deep_cases(rng):
    x, out = rng.normal(2, 3, 8, scale=1e-3) + 2e-3, rng.normal(2, 3, 8, scale=1e-3)
    x[0, 1], out[0, 1] = 0, 0  # 더한 값이 모두 같은 토큰. eps가 없으면 0을 0으로 나눠요.
    return [
        case("values", *_spread_pair(rng, 2, 4, 6, alpha=2.5), 2.5, *_scale_shift(rng, 6), atol=1e-4, rtol=1e-4),
        case(
            "float64",
            *_spread_pair(rng, 1, 5, 5, alpha=3.0, dtype=torch.float64),
            3.0,
            *_scale_shift(rng, 5, torch.float64),
            atol=1e-4,
            rtol=1e-4,
        ),
        # 알파가 1이면 통째로 알파로 나눈 바른 답도 eps의 무게가 같아요.
        case("tiny", x, out, 1.0, *_scale_shift(rng, 8)),
        # 알파가 1이면 알파의 자리는 드러나지 않아요.
        case("tiny", *_spread_pair(rng, 1, 3, 8, alpha=2.0), 2.0, *_scale_shift(rng, 8), atol=1e-4, rtol=1e-4),
    ]


def _deep_wrong_branch(x, sublayer_out, alpha, gamma, beta):
    return layer_norm(x + alpha * sublayer_out, gamma, beta)


def _deep_both(x, sublayer_out, alpha, gamma, beta):
    return layer_norm(alpha * (x + sublayer_out), gamma, beta)


def _deep_no_alpha(x, sublayer_out, alpha, gamma, beta):
    return layer_norm(x + sublayer_out, gamma, beta)


def _deep_after_norm(x, sublayer_out, alpha, gamma, beta):
    return alpha * layer_norm(x + sublayer_out, gamma, beta)


def _deep_no_norm(x, sublayer_out, alpha, gamma, beta):
    return alpha * x + sublayer_out


def _deep_output_normalised(x, sublayer_out, alpha, gamma, beta):
    return alpha * x + layer_norm(sublayer_out, gamma, beta)


def _deep_normalised_input(x, sublayer_out, alpha, gamma, beta):
    return alpha * layer_norm(x, gamma, beta) + sublayer_out


def _deep_no_residual(x, sublayer_out, alpha, gamma, beta):
    return layer_norm(sublayer_out, gamma, beta)


def _deep_unbiased(x, sublayer_out, alpha, gamma, beta):
    return _ln_unbiased(alpha * x + sublayer_out, gamma, beta)


def _deep_blog(x, sublayer_out, alpha, gamma, beta):
    return _ln_blog(alpha * x + sublayer_out, gamma, beta)


def _deep_rms(x, sublayer_out, alpha, gamma, beta):
    return _ln_rms(alpha * x + sublayer_out, gamma, beta)


def _deep_rms_eps_1e6(x, sublayer_out, alpha, gamma, beta):
    return _ln_rms_eps_1e6(alpha * x + sublayer_out, gamma, beta)


def _deep_rms_no_beta(x, sublayer_out, alpha, gamma, beta):
    return _ln_rms(alpha * x + sublayer_out, gamma, 0.0)


def _deep_alpha_on_gamma(x, sublayer_out, alpha, gamma, beta):
    return layer_norm(x, alpha * gamma, beta) + sublayer_out


def _deep_beta_on_the_sublayer(x, sublayer_out, alpha, gamma, beta):
    return layer_norm(alpha * x + beta * sublayer_out, gamma, beta)


def _deep_beta_only_on_the_sublayer(x, sublayer_out, alpha, gamma, beta):
    return layer_norm(alpha * x + beta * sublayer_out, gamma, torch.zeros_like(beta))


def _deep_power(x, sublayer_out, alpha, gamma, beta):
    return layer_norm(x**alpha + sublayer_out, gamma, beta)


def _deep_eps_1e6(x, sublayer_out, alpha, gamma, beta):
    return layer_norm(alpha * x + sublayer_out, gamma, beta, 1e-6)


def _deep_eps_1e8(x, sublayer_out, alpha, gamma, beta):
    return layer_norm(alpha * x + sublayer_out, gamma, beta, 1e-8)


def _deep_eps_1e12(x, sublayer_out, alpha, gamma, beta):
    return layer_norm(alpha * x + sublayer_out, gamma, beta, 1e-12)


def _deep_no_eps(x, sublayer_out, alpha, gamma, beta):
    return layer_norm(alpha * x + sublayer_out, gamma, beta, 0.0)


def _deep_eps_outside(x, sublayer_out, alpha, gamma, beta):
    return _ln_eps_outside(alpha * x + sublayer_out, gamma, beta)


def _deep_functional(x, sublayer_out, alpha, gamma, beta):
    return F.layer_norm(torch.add(sublayer_out, x, alpha=alpha), x.shape[-1:], gamma, beta)


def _deep_by_hand(x, sublayer_out, alpha, gamma, beta):
    y = alpha * x + sublayer_out
    y = y - y.mean(-1, keepdim=True)
    return gamma * y / (y.square().mean(-1, keepdim=True) + 1e-5).sqrt() + beta


def _deep_divided(x, sublayer_out, alpha, gamma, beta):
    """통째로 알파로 나눠도 정규화하면 같아요."""
    return layer_norm(x + sublayer_out / alpha, gamma, beta)


_DEEP_ALL = ("values", "tiny", "float64")

DEEP_NORM = Exercise(
    name="deep_norm",
    lesson=LESSON,
    title="DeepNorm",
    points=0,
    groups={
        "values": "값이 맞아요",
        "tiny": "값이 거의 같은 토큰에서도 맞아요(eps)",
        "float64": "float64를 넣으면 float64로 맞아요",
    },
    reference=norm.deep_norm,
    sample_cases=_deep_cases,
    # 실습 4-8의 손 계산
    examples=(
        case(
            "values",
            torch.tensor([[[1.0, 3.0]]]),
            torch.tensor([[[1.0, -1.0]]]),
            2.0,
            torch.ones(2),
            torch.zeros(2),
        ),
    ),
    mistakes=(
        Mistake(
            "deep_norm.alpha-on-wrong-branch",
            "알파가 부분층 쪽에",
            "지름길의 x가 아니라 부분층의 출력이 커졌어요. DeepNorm은 지름길을 더 믿게 하는 방법이에요.",
            "알파가 두 갈래 가운데 어느 쪽에 붙어 있는지 식을 봐요.",
            (_deep_wrong_branch,),
            _DEEP_ALL,
        ),
        Mistake(
            "deep_norm.alpha-without-effect",
            "알파가 아무 일도 하지 않음",
            "알파가 없을 때와 같은 값이에요. 알파를 쓰지 않았거나, 썼더라도 정규화가 지워 버렸어요(두 갈래에 똑같이 곱하면 그렇게 돼요).",
            "알파가 두 갈래 가운데 어느 쪽에만 붙어 있는지 식을 봐요.",
            (_deep_no_alpha, _deep_both),
            _DEEP_ALL,
        ),
        Mistake(
            "deep_norm.alpha-after-norm",
            "정규화한 뒤에 알파를 곱함",
            "알파가 정규화한 결과에 곱해졌어요. 지름길이 아니라 출력이 통째로 커졌어요.",
            "알파가 LN의 괄호 안에 있는지 밖에 있는지 봐요.",
            (_deep_after_norm,),
            _DEEP_ALL,
        ),
        Mistake(
            "deep_norm.norm-missing",
            "정규화하지 않음",
            "더하기만 하고 정규화하지 않았어요.",
            "식의 맨 바깥에 무엇이 있는지 봐요.",
            (_deep_no_norm,),
            _DEEP_ALL,
        ),
        Mistake(
            "deep_norm.norm-on-one-branch",
            "한 갈래만 정규화함",
            "더한 값이 아니라 두 갈래 가운데 하나만 정규화했어요.",
            "LN의 괄호 안에 더하기가 들어 있는지 봐요.",
            (_deep_output_normalised, _deep_normalised_input),
            _DEEP_ALL,
        ),
        Mistake(
            "deep_norm.no-residual",
            "지름길이 없음",
            "부분층의 출력만 정규화했어요. 지름길의 x가 더해지지 않았어요.",
            "식에서 더하기의 왼쪽에 무엇이 있는지 봐요.",
            (_deep_no_residual,),
            _DEEP_ALL,
        ),
        Mistake(
            "deep_norm.unbiased-variance",
            "D-1로 나눈 분산",
            "알파의 자리는 맞았는데, 정규화할 때 분산을 D가 아니라 D-1로 나눴어요.",
            "앞 실습의 `layer_norm`을 그대로 불러 쓰는지 봐요.",
            (_deep_unbiased, _deep_blog),
            _DEEP_ALL,
        ),
        Mistake(
            "deep_norm.rms",
            "RMSNorm을 씀",
            "알파의 자리는 맞았는데, 평균을 빼지 않는 정규화(RMSNorm)를 썼어요.",
            "앞 실습의 `layer_norm`을 그대로 불러 쓰는지 봐요.",
            (_deep_rms, _deep_rms_eps_1e6, _deep_rms_no_beta),
            _DEEP_ALL,
        ),
        Mistake(
            "deep_norm.input-normalised-with-alpha",
            "알파를 gamma에 곱하고 x만 정규화함",
            "더한 값이 아니라 x만 정규화했고, 알파는 x가 아니라 gamma에 곱했어요.",
            "알파가 붙어 있는 글자와, LN의 괄호 안에 들어 있는 것을 식에서 짚어 봐요.",
            (_deep_alpha_on_gamma,),
            _DEEP_ALL,
        ),
        Mistake(
            "deep_norm.beta-on-the-sublayer",
            "부분층의 출력에 beta를 곱함",
            "부분층의 출력에 beta를 곱했어요. 넘겨받은 beta는 정규화가 끝에 더하는 것이고, 처음 크기에 곱하는 β와는 글자만 같아요.",
            "독스트링의 식에서 부분층의 출력에 무엇이 곱해져 있는지 봐요.",
            (_deep_beta_on_the_sublayer, _deep_beta_only_on_the_sublayer),
            _DEEP_ALL,
        ),
        Mistake(
            "deep_norm.power",
            "알파를 곱하지 않고 거듭제곱함",
            "x에 알파를 곱하지 않고 x를 알파번 거듭제곱했어요. 음수를 2.5제곱처럼 정수가 아닌 수로 거듭제곱하면 nan이에요.",
            "식에서 알파와 x 사이에 있는 기호를 봐요. 파이썬에서 `*`와 `**`는 다른 계산이에요.",
            (_deep_power,),
            _DEEP_ALL,
        ),
        Mistake(
            "deep_norm.other-eps",
            "다른 eps",
            "eps가 독스트링에 적힌 값이 아니에요. 값이 거의 같은 토큰에서만 차이가 드러나요.",
            "정규화에 어떤 eps가 쓰였는지 코드에서 찾고, 독스트링의 eps와 견줘 봐요.",
            (_deep_eps_1e6, _deep_eps_1e8, _deep_eps_1e12),
            ("tiny",),
        ),
        Mistake(
            "deep_norm.eps-missing",
            "eps가 없음",
            "값이 모두 같은 토큰에서 분산이 0이라 0을 0으로 나눴어요. eps가 없거나 0이에요.",
            "분모가 0이 되는 것을 무엇이 막아 주는지 봐요. 독스트링이 eps를 정해 뒀어요.",
            (_deep_no_eps,),
            ("tiny",),
        ),
        Mistake(
            "deep_norm.eps-outside",
            "eps가 루트 밖에",
            "알파의 자리는 맞았는데, eps가 제곱근 밖에서 더해졌어요.",
            "앞 실습의 `layer_norm`을 그대로 불러 쓰는지 봐요.",
            (_deep_eps_outside,),
            ("tiny",),
        ),
    ),
    correct=(_deep_functional, _deep_by_hand, _deep_divided),
    uses=("layer_norm",),
)

EXERCISES: tuple[Exercise, ...] = (
    RESIDUAL,
    LAYER_NORM,
    POST_NORM,
    PRE_NORM,
    GRAD_NORM_BY_DEPTH,
    ENCODER_SUBLAYERS,
    DROPOUT_RESIDUAL,
    RMS_NORM,
    DEEP_NORM,
)
