"""레슨 4의 실습: 층 정규화, 잔차 연결, Post-LN과 Pre-LN, 인코더 층의 뼈대, 잔차의 드롭아웃, 깊이별 기울기, RMSNorm과 DeepNorm."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from autograder.exercises.schema import Exercise, Mistake
from autograder.judging.cases import BuiltArgument, case
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


def _layer_norm_cases(rng):
    x = _spread_tokens(rng, 3, 4, 7)
    tiny = rng.normal(2, 5, 8, scale=1e-3) + 2e-3
    double = _spread_tokens(rng, 2, 3, 6, dtype=torch.float64)
    double[1, 1] += 1000
    gamma, beta = _scale_shift(rng, 7)
    gamma8, beta8 = _scale_shift(rng, 8)
    return [
        case("values", x, gamma, beta),
        # T = D이고 문장이 하나면 keepdim을 잊어도 모양이 맞아 조용히 틀려요.
        case("square", _spread_tokens(rng, 1, 6, 6), *_scale_shift(rng, 6)),
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


def _ln_eps_outside(x, gamma, beta, eps=1e-5):
    mean = x.mean(-1, keepdim=True)
    return gamma * (x - mean) / (x.std(-1, keepdim=True, unbiased=False) + eps) + beta


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


def _ln_no_mean(x, gamma, beta, eps=1e-5):
    return _normalize(x, gamma, beta, eps, mean=False)


def _ln_rms(x, gamma, beta, eps=1e-5):
    return gamma * x / torch.sqrt(x.square().mean(-1, keepdim=True) + eps) + beta


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


_LN_ALL = ("values", "square", "tiny", "float64")

LAYER_NORM = Exercise(
    name="layer_norm",
    lesson=LESSON,
    title="층 정규화",
    points=25,
    groups={
        "values": "값이 맞아요",
        "square": "토큰 수와 차원이 같을 때도 맞아요",
        "tiny": "값이 거의 같은 토큰에서도 맞아요(eps의 자리)",
        "float64": "float64를 넣으면 float64로 맞아요",
    },
    reference=layer_norm,
    sample_cases=_layer_norm_cases,
    mistakes=(
        Mistake(
            "layer_norm.unbiased-variance",
            "D-1로 나눈 분산",
            "분산을 D가 아니라 D-1로 나눴어요. `Tensor.var`와 `Tensor.std`는 따로 말하지 않으면 그렇게 나눠요. 블로그 4편의 코드도 그래요.",
            "표본으로 짐작하는 것이 아니라 이 토큰의 D개 값 전부를 쓰는 계산이에요. 무엇으로 나누는 것이 평균인지 봐요.",
            (_ln_unbiased, _ln_blog),
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
            (_ln_over_batch, _ln_over_time, _ln_over_sentence, _ln_over_all, _ln_over_batch_time),
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
            "정규화한 값에 다시 늘이고 옮기는 단계가 빠졌어요.",
            "인자 가운데 쓰이지 않은 것이 있는지 봐요.",
            (_ln_no_affine, _ln_no_gamma, _ln_no_beta),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.beta-before-gamma",
            "beta를 먼저 더함",
            "beta를 더한 뒤에 gamma를 곱해서 beta까지 커졌어요.",
            "식에서 곱하기와 더하기 가운데 무엇이 먼저인지 봐요.",
            (_ln_beta_first,),
            _LN_ALL,
        ),
        Mistake(
            "layer_norm.no-mean-subtraction",
            "평균을 빼지 않음",
            "결과의 평균이 0 근처가 아니에요. 평균을 빼지 않고 나누기만 했어요.",
            "gamma가 1, beta가 0이라면 결과의 평균이 얼마여야 하는지 생각해 봐요.",
            (_ln_no_mean, _ln_rms),
            _LN_ALL,
        ),
    ),
    correct=(_ln_functional, _ln_moments, _ln_loop, _ln_numpy),
)


# -- residual --


def _affine(rng, d, dtype=torch.float32, kind="tanh_affine"):
    return BuiltArgument(kind, {"W": rng.normal(d, d, dtype=dtype), "b": rng.normal(d, dtype=dtype)})


def _residual_cases(rng):
    return [
        case("values", rng.normal(2, 4, 5), _affine(rng, 5)),
        case("values", rng.normal(3, 2, 6), _affine(rng, 6, kind="affine")),
        case("float64", rng.normal(2, 3, 7, dtype=torch.float64), _affine(rng, 7, torch.float64)),
    ]


def _residual_dropped(x, sublayer):
    return sublayer(x)


def _residual_doubled(x, sublayer):
    return x + x


def _residual_in_place(x, sublayer):
    x += sublayer(x)
    return x


def _residual_add(x, sublayer):
    return torch.add(sublayer(x), x)


def _residual_stack(x, sublayer):
    return torch.stack([x, sublayer(x)]).sum(0)


RESIDUAL = Exercise(
    name="residual",
    lesson=LESSON,
    title="잔차 연결",
    points=8,
    groups={"values": "값이 맞아요", "float64": "float64를 넣으면 float64로 맞아요"},
    reference=norm.residual,
    sample_cases=_residual_cases,
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
            (_residual_in_place,),
            ("values", "float64"),
        ),
    ),
    correct=(_residual_add, _residual_stack),
)


# -- post_norm, pre_norm --


def _norm_cases(rng):
    tiny = rng.normal(2, 3, 8, scale=1e-3)
    still = BuiltArgument("affine", {"W": rng.normal(8, 8, scale=0.1), "b": torch.zeros(8)})
    return [
        case("values", rng.normal(2, 4, 6, scale=2.0), _affine(rng, 6), *_scale_shift(rng, 6)),
        case("eps", tiny, still, *_scale_shift(rng, 8), 1e-3),
        case(
            "float64",
            rng.normal(3, 2, 5, dtype=torch.float64, scale=2.0),
            _affine(rng, 5, torch.float64),
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


def _post_without_eps(x, sublayer, gamma, beta, eps=1e-5):
    return layer_norm(x + sublayer(x), gamma, beta)


def _pre_without_eps(x, sublayer, gamma, beta, eps=1e-5):
    return x + sublayer(layer_norm(x, gamma, beta))


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
    points=14,
    groups=_NORM_GROUPS,
    reference=norm.post_norm,
    sample_cases=_norm_cases,
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
            (_normalised_residual, _residual_of_norm),
            _NORM_ALL,
        ),
        Mistake(
            "post_norm.eps-not-passed",
            "eps를 넘기지 않음",
            "넘겨받은 eps가 층 정규화까지 가지 않았어요.",
            "인자 가운데 쓰이지 않은 것이 있는지 봐요.",
            (_post_without_eps,),
            ("eps",),
        ),
    ),
    correct=(_post_functional, _post_by_hand),
    uses=("layer_norm", "residual"),
)

PRE_NORM = Exercise(
    name="pre_norm",
    lesson=LESSON,
    title="Pre-LN",
    points=12,
    groups=_NORM_GROUPS,
    reference=norm.pre_norm,
    sample_cases=_norm_cases,
    mistakes=(
        Mistake(
            "pre_norm.norm-after",
            "Post-LN을 씀",
            "정규화가 더한 뒤에 걸렸어요. 이것은 논문의 Post-LN이에요.",
            "이번 식에서는 LayerNorm의 괄호 안에 x만 있어요.",
            (_post, _add_after_norm),
            _NORM_ALL,
        ),
        Mistake(
            "pre_norm.normalised-residual",
            "정규화한 입력을 더함",
            "정규화한 x가 지름길로 지나갔어요. 그러면 지름길에도 정규화가 끼어들어 기울기의 길이 막혀요.",
            "지름길을 지나는 x는 어느 단계의 x인지 봐요.",
            (_normalised_residual, _residual_of_norm),
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
            (_pre_without_eps,),
            ("eps",),
        ),
    ),
    correct=(_pre_functional, _pre_by_hand),
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
    ),
    correct=(_sub_loop, _sub_nested),
    uses=("residual",),
)


# -- dropout_residual --

_P = 0.3


def _dropout_residual_cases(rng):
    x, s = rng.normal(6, 8, 9) + 3, rng.normal(6, 8, 9)
    double = (rng.normal(2, 3, 5, dtype=torch.float64), rng.normal(2, 3, 5, dtype=torch.float64))
    return [
        case(
            "training",
            x,
            s,
            _P,
            True,
            comparator="dropout",
            params={
                "kept": x + s / (1 - _P),
                "dropped": x,
                "p": _P,
                "alternatives": [
                    ("dropout_residual.on-the-sum", (x + s) / (1 - _P), torch.zeros_like(x)),
                    ("dropout_residual.not-rescaled", x + s, x),
                ],
            },
        ),
        case("eval", x, s, _P, False),
        case("eval", *double, 0.6, False),
    ]


def _dr_on_sum(x, sublayer_out, p, training):
    return F.dropout(x + sublayer_out, p, training)


def _dr_in_eval(x, sublayer_out, p, training):
    return x + F.dropout(sublayer_out, p, True)


def _dr_not_rescaled(x, sublayer_out, p, training):
    return x + sublayer_out * (torch.rand_like(x) >= p) if training else x + sublayer_out


def _dr_own_mask(x, sublayer_out, p, training):
    if not training:
        return x + sublayer_out
    return x + sublayer_out * (torch.rand_like(x) >= p) / (1 - p)


def _dr_module(x, sublayer_out, p, training):
    return x + torch.nn.Dropout(p).train(training)(sublayer_out)


DROPOUT_RESIDUAL = Exercise(
    name="dropout_residual",
    lesson=LESSON,
    title="잔차의 드롭아웃",
    points=10,
    groups={"training": "학습할 때 부분층의 출력에만 걸려요", "eval": "평가할 때는 아무것도 버리지 않아요"},
    reference=norm.dropout_residual,
    sample_cases=_dropout_residual_cases,
    mistakes=(
        Mistake(
            "dropout_residual.on-the-sum",
            "더한 뒤에 버림",
            "더한 결과에 드롭아웃이 걸려서 지름길의 x까지 0이 됐어요.",
            "논문 §5.4는 더하기 '전에' 부분층의 출력에 건다고 적어요.",
            (_dr_on_sum,),
            ("training",),
        ),
        Mistake(
            "dropout_residual.active-in-eval",
            "평가에서도 버림",
            "`training`이 False인데도 값이 버려졌어요.",
            "`training` 인자가 드롭아웃까지 전달되는지 봐요.",
            (_dr_in_eval,),
            ("eval",),
        ),
        Mistake(
            "dropout_residual.not-rescaled",
            "1/(1-p)배를 하지 않음",
            "살아남은 값이 커지지 않아서 학습할 때와 평가할 때의 평균이 달라져요.",
            "레슨 3의 드롭아웃에서 남은 값을 어떻게 했는지 떠올려 봐요.",
            (_dr_not_rescaled,),
            ("training",),
        ),
    ),
    correct=(_dr_own_mask, _dr_module),
)


# -- grad_norm_by_depth --


def _depth_cases(rng):
    def weights(n, d, dtype=torch.float32):
        return [rng.normal(d, d, dtype=dtype, scale=0.4) for _ in range(n)]

    x = rng.normal(3, 5)
    return [
        case("plain", x, weights(6, 5), False),
        case("residual", x, weights(6, 5), True),
        case("plain", rng.normal(2, 4, dtype=torch.float64), weights(4, 4, torch.float64), False),
        case("residual", rng.normal(2, 4, dtype=torch.float64), weights(4, 4, torch.float64), True),
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


GRAD_NORM_BY_DEPTH = Exercise(
    name="grad_norm_by_depth",
    lesson=LESSON,
    title="깊이별 기울기",
    points=12,
    groups={"plain": "잔차가 없을 때 맞아요", "residual": "잔차가 있을 때 맞아요"},
    reference=norm.grad_norm_by_depth,
    sample_cases=_depth_cases,
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
    ),
    correct=(_depth_backward, _depth_by_chain),
)


# -- rms_norm, deep_norm (보너스) --


def _rms_cases(rng):
    gamma8 = rng.uniform(8, low=1.5, high=2.5)
    tiny = rng.normal(2, 3, 8, scale=1e-3)
    return [
        case("values", rng.normal(2, 4, 7, scale=2.0) + 1, rng.uniform(7, low=1.5, high=2.5)),
        case("tiny", tiny, gamma8),
        case("tiny", tiny, gamma8, 1e-5),
    ]


def _rms_mean_subtracted(x, gamma, eps=1e-6):
    centered = x - x.mean(-1, keepdim=True)
    return gamma * centered / torch.sqrt(centered.square().mean(-1, keepdim=True) + eps)


def _rms_eps_outside(x, gamma, eps=1e-6):
    return gamma * x / (torch.sqrt(x.square().mean(-1, keepdim=True)) + eps)


def _rms_functional(x, gamma, eps=1e-6):
    return F.rms_norm(x, x.shape[-1:], gamma, eps)


def _rms_rsqrt(x, gamma, eps=1e-6):
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + eps) * gamma


RMS_NORM = Exercise(
    name="rms_norm",
    lesson=LESSON,
    title="RMSNorm",
    points=0,
    groups={"values": "값이 맞아요", "tiny": "값이 아주 작은 토큰에서도 맞아요(eps의 자리)"},
    reference=norm.rms_norm,
    sample_cases=_rms_cases,
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
    ),
    correct=(_rms_functional, _rms_rsqrt),
)


def _deep_cases(rng):
    return [
        case("values", rng.normal(2, 4, 6), rng.normal(2, 4, 6), 2.5, *_scale_shift(rng, 6)),
        case(
            "float64",
            rng.normal(3, 2, 5, dtype=torch.float64),
            rng.normal(3, 2, 5, dtype=torch.float64),
            3.0,
            *_scale_shift(rng, 5, torch.float64),
            atol=1e-4,
            rtol=1e-4,
        ),
    ]


def _deep_wrong_branch(x, sublayer_out, alpha, gamma, beta):
    return layer_norm(x + alpha * sublayer_out, gamma, beta)


def _deep_both(x, sublayer_out, alpha, gamma, beta):
    return layer_norm(alpha * (x + sublayer_out), gamma, beta)


def _deep_functional(x, sublayer_out, alpha, gamma, beta):
    return F.layer_norm(torch.add(sublayer_out, x, alpha=alpha), x.shape[-1:], gamma, beta)


def _deep_by_hand(x, sublayer_out, alpha, gamma, beta):
    y = alpha * x + sublayer_out
    y = y - y.mean(-1, keepdim=True)
    return gamma * y / (y.square().mean(-1, keepdim=True) + 1e-5).sqrt() + beta


DEEP_NORM = Exercise(
    name="deep_norm",
    lesson=LESSON,
    title="DeepNorm",
    points=0,
    groups={"values": "값이 맞아요", "float64": "float64를 넣으면 float64로 맞아요"},
    reference=norm.deep_norm,
    sample_cases=_deep_cases,
    mistakes=(
        Mistake(
            "deep_norm.alpha-on-wrong-branch",
            "알파가 부분층 쪽에",
            "부분층의 출력까지(또는 그쪽만) 커졌어요. DeepNorm은 지름길을 더 믿게 하는 방법이에요.",
            "알파가 두 갈래 가운데 어느 쪽에만 붙어 있는지 식을 봐요.",
            (_deep_wrong_branch, _deep_both),
            ("values", "float64"),
        ),
    ),
    correct=(_deep_functional, _deep_by_hand),
    uses=("layer_norm",),
)

EXERCISES: tuple[Exercise, ...] = (
    LAYER_NORM,
    RESIDUAL,
    POST_NORM,
    PRE_NORM,
    ENCODER_SUBLAYERS,
    DROPOUT_RESIDUAL,
    GRAD_NORM_BY_DEPTH,
    RMS_NORM,
    DEEP_NORM,
)
