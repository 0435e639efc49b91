"""레슨 3의 실습: ReLU, 피드포워드, 선형층의 붕괴, 위치마다 따로, 파라미터 수, 드롭아웃, SwiGLU."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from autograder.exercises.schema import Exercise, Mistake
from autograder.judging.cases import BuiltArgument, case
from reference import feed_forward

LESSON = "03_feed_forward"


# -- relu --


def _relu_min(x):
    return torch.minimum(x, torch.zeros_like(x))


def _relu_leaky(x):
    return torch.where(x > 0, x, 0.01 * x)


def _relu_abs(x):
    return x.abs()


def _relu_cases(rng):
    negative = -rng.uniform(3, 5, low=0.5, high=4.0)
    mixed = rng.normal(2, 4, 5, scale=2.0)
    return [
        case("negative", negative),
        case("negative", mixed),
        case("positive", rng.uniform(4, 3, low=0.5, high=4.0)),
        case("negative", rng.normal(3, 7, dtype=torch.float64, scale=2.0)),
    ]


def _relu_where(x):
    return torch.where(x > 0, x, torch.zeros_like(x))


def _relu_mask(x):
    return x * (x > 0)


def _relu_loop(x):
    return torch.tensor([max(v, 0.0) for v in x.flatten().tolist()], dtype=x.dtype).reshape(x.shape)


def _relu_functional(x):
    return F.relu(x)


RELU = Exercise(
    name="relu",
    lesson=LESSON,
    title="ReLU",
    points=9,
    groups={"negative": "음수는 0이 돼요", "positive": "양수는 그대로예요"},
    reference=feed_forward.relu,
    sample_cases=_relu_cases,
    mistakes=(
        Mistake(
            "relu.min",
            "max 대신 min",
            "0보다 큰 값이 사라지고 음수만 남았어요. 0과 견줘 작은 쪽을 골랐기 때문이에요.",
            "0과 x 가운데 어느 쪽을 남겨야 하는지 식의 함수 이름을 다시 봐요.",
            (_relu_min,),
            ("negative", "positive"),
        ),
        Mistake(
            "relu.leaky",
            "음수를 조금 남김",
            "음수가 0이 되지 않고 작은 값으로 남았어요. 이것은 Leaky ReLU라는 다른 함수예요.",
            "x가 음수일 때 식의 값이 정확히 얼마인지 손으로 계산해 봐요.",
            (_relu_leaky,),
            ("negative",),
        ),
        Mistake(
            "relu.abs",
            "절댓값",
            "음수가 0이 되지 않고 양수로 뒤집혔어요.",
            "-2를 넣으면 무엇이 나와야 하는지 먼저 적어 봐요.",
            (_relu_abs,),
            ("negative",),
        ),
    ),
    correct=(_relu_where, _relu_mask, _relu_loop, _relu_functional),
)


# -- ffn --


def _ffn_weights(rng, d_model, d_ff, dtype=torch.float32):
    return (
        rng.normal(d_model, d_ff, dtype=dtype, scale=0.5),
        rng.normal(d_ff, dtype=dtype),
        rng.normal(d_ff, d_model, dtype=dtype, scale=0.5),
        rng.normal(d_model, dtype=dtype),
    )


def _ffn_cases(rng):
    x = rng.normal(2, 5, 6)
    W1, b1, W2, b2 = _ffn_weights(rng, 6, 11)
    square = _ffn_weights(rng, 6, 6)
    return [
        case("values", x, W1, b1, W2, b2),
        # 편향을 키워 모든 활성화가 양수가 되게 하면 ReLU가 하는 일이 없어요. 행렬과 편향의 자리만 남아요.
        case("affine", x, W1, b1 + 14, W2, b2 + 300),
        case("square", x, *square),
        case("float64", rng.normal(3, 4, 7, dtype=torch.float64), *_ffn_weights(rng, 7, 13, torch.float64)),
    ]


def _ffn_no_activation(x, W1, b1, W2, b2):
    return (x @ W1 + b1) @ W2 + b2


def _ffn_activation_last(x, W1, b1, W2, b2):
    return torch.relu((x @ W1 + b1) @ W2 + b2)


def _ffn_activation_twice(x, W1, b1, W2, b2):
    return torch.relu(torch.relu(x @ W1 + b1) @ W2 + b2)


def _ffn_activation_first(x, W1, b1, W2, b2):
    return (torch.relu(x) @ W1 + b1) @ W2 + b2


def _ffn_gelu(x, W1, b1, W2, b2):
    return F.gelu(x @ W1 + b1) @ W2 + b2


def _ffn_gelu_tanh(x, W1, b1, W2, b2):
    return F.gelu(x @ W1 + b1, approximate="tanh") @ W2 + b2


def _ffn_W1_transposed(x, W1, b1, W2, b2):
    return torch.relu(x @ W1.T + b1) @ W2 + b2


def _ffn_W2_transposed(x, W1, b1, W2, b2):
    return torch.relu(x @ W1 + b1) @ W2.T + b2


def _ffn_both_transposed(x, W1, b1, W2, b2):
    return F.linear(torch.relu(F.linear(x, W1, b1)), W2, b2)


def _ffn_no_b1(x, W1, b1, W2, b2):
    return torch.relu(x @ W1) @ W2 + b2


def _ffn_no_b2(x, W1, b1, W2, b2):
    return torch.relu(x @ W1 + b1) @ W2


def _ffn_no_biases(x, W1, b1, W2, b2):
    return torch.relu(x @ W1) @ W2


def _ffn_residual(x, W1, b1, W2, b2):
    return x + torch.relu(x @ W1 + b1) @ W2 + b2


def _ffn_loop(x, W1, b1, W2, b2):
    rows = [[torch.clamp(token @ W1 + b1, min=0) @ W2 + b2 for token in sentence] for sentence in x]
    return torch.stack([torch.stack(row) for row in rows])


def _ffn_einsum(x, W1, b1, W2, b2):
    hidden = torch.einsum("btd,df->btf", x, W1) + b1
    return torch.einsum("btf,fd->btd", hidden * (hidden > 0), W2) + b2


def _ffn_linear(x, W1, b1, W2, b2):
    return F.linear(F.relu(F.linear(x, W1.T, b1)), W2.T, b2)


def _ffn_numpy(x, W1, b1, W2, b2):
    import numpy as np

    hidden = np.maximum(x.numpy() @ W1.numpy() + b1.numpy(), 0)
    return torch.from_numpy(hidden @ W2.numpy() + b2.numpy())


_FFN_ALL = ("values", "affine", "square", "float64")
_FFN_CURVED = ("values", "square", "float64")

FFN = Exercise(
    name="ffn",
    lesson=LESSON,
    title="피드포워드",
    points=24,
    groups={
        "values": "값이 맞아요",
        "affine": "행렬과 편향의 자리가 맞아요",
        "square": "d_ff = d_model일 때도 맞아요",
        "float64": "float64를 넣으면 float64로 맞아요",
    },
    reference=feed_forward.ffn,
    sample_cases=_ffn_cases,
    mistakes=(
        Mistake(
            "ffn.no-activation",
            "활성화 없음",
            "두 선형층이 그대로 이어져서, 결국 선형층 하나와 같은 계산이 됐어요.",
            "첫 번째 층과 두 번째 층 사이에 무엇이 있어야 하는지 식 (2)를 다시 봐요.",
            (_ffn_no_activation,),
            _FFN_CURVED,
        ),
        Mistake(
            "ffn.activation-last",
            "활성화가 맨 뒤에",
            "활성화가 두 번째 층 뒤에 걸려서 출력에 음수가 하나도 없어요.",
            "max(0, ·)의 괄호가 어디에서 닫히는지 식 (2)에서 찾아요.",
            (_ffn_activation_last,),
            _FFN_CURVED,
        ),
        Mistake(
            "ffn.activation-twice",
            "활성화를 두 번",
            "출력에도 활성화가 걸려서 음수가 모두 0이 됐어요.",
            "식 (2)에 max가 몇 번 나오는지 세어 봐요.",
            (_ffn_activation_twice,),
            _FFN_CURVED,
        ),
        Mistake(
            "ffn.activation-first",
            "첫 층 앞에서 활성화",
            "첫 번째 층에 들어가기도 전에 입력의 음수가 사라졌어요.",
            "max(0, ·) 안에 무엇이 들어 있는지 식 (2)를 다시 봐요.",
            (_ffn_activation_first,),
            _FFN_ALL,
        ),
        Mistake(
            "ffn.gelu",
            "GELU",
            "0 근처의 값이 부드럽게 휘었어요. GELU를 쓰면 이렇게 돼요. 논문은 다른 활성화를 써요.",
            "앞 실습에서 만든 함수가 논문의 활성화예요.",
            (_ffn_gelu, _ffn_gelu_tanh),
            _FFN_CURVED,
        ),
        Mistake(
            "ffn.weight-transposed",
            "가중치를 뒤집음",
            "가중치 행렬의 행과 열이 뒤집혔어요. 이 책의 가중치는 (들어오는 크기, 나가는 크기) 모양이라 `x @ W` 그대로 곱해요.",
            "곱할 때 맞닿는 두 축의 이름이 같은지 적어 봐요. `nn.Linear`와 `F.linear`는 거꾸로인 (나가는 크기, 들어오는 크기) 모양을 써요.",
            (_ffn_W1_transposed, _ffn_W2_transposed, _ffn_both_transposed),
            _FFN_ALL,
        ),
        Mistake(
            "ffn.bias-missing",
            "편향을 빠뜨림",
            "편향이 더해지지 않은 층이 있어요.",
            "식 (2)에 b가 몇 번 나오는지, 코드에서 모두 쓰였는지 세어 봐요.",
            (_ffn_no_b1, _ffn_no_b2, _ffn_no_biases),
            _FFN_ALL,
        ),
        Mistake(
            "ffn.residual-inside",
            "잔차를 안에서 더함",
            "출력에 입력 x가 더해져 있어요. 잔차 연결은 다음 레슨에서 FFN 바깥에 둬요.",
            "이 함수가 계산할 것은 식 (2)까지예요.",
            (_ffn_residual,),
            _FFN_ALL,
        ),
    ),
    correct=(_ffn_loop, _ffn_einsum, _ffn_linear, _ffn_numpy),
    uses=("relu",),
)


# -- collapse --


def _collapse_cases(rng):
    wide = _ffn_weights(rng, 5, 8)
    square = _ffn_weights(rng, 6, 6)
    double = _ffn_weights(rng, 4, 7, torch.float64)
    return [
        case(group, *weights, comparator="item", params={"item": i})
        for i, group in enumerate(("weight", "bias"))
        for weights in (wide, square, double)
    ]


def _collapse_order(W1, b1, W2, b2):
    return W2 @ W1, b1 @ W2 + b2


def _collapse_bias_b2(W1, b1, W2, b2):
    return W1 @ W2, b2


def _collapse_bias_sum(W1, b1, W2, b2):
    return W1 @ W2, (b1 + b2 if b1.shape == b2.shape else b2)


def _collapse_probe(W1, b1, W2, b2):
    """항등행렬과 0을 넣어 보고 알아내요."""
    b = b1 @ W2 + b2
    eye = torch.eye(W1.shape[0], dtype=W1.dtype)
    return (eye @ W1 + b1) @ W2 + b2 - b, b


def _collapse_einsum(W1, b1, W2, b2):
    return torch.einsum("df,fe->de", W1, W2), torch.einsum("f,fe->e", b1, W2) + b2


def _collapse_numpy(W1, b1, W2, b2):
    return (torch.from_numpy(W1.numpy() @ W2.numpy()), torch.from_numpy(b1.numpy() @ W2.numpy() + b2.numpy()))


COLLAPSE = Exercise(
    name="collapse",
    lesson=LESSON,
    title="ReLU 없는 두 층은 한 층",
    points=14,
    groups={"weight": "합친 가중치 W가 맞아요", "bias": "합친 편향 b가 맞아요"},
    reference=feed_forward.collapse,
    sample_cases=_collapse_cases,
    mistakes=(
        Mistake(
            "collapse.order",
            "곱하는 순서가 반대",
            "두 가중치를 반대 순서로 곱했어요. 행렬 곱은 순서를 바꾸면 다른 행렬이 돼요.",
            "x에 먼저 닿는 가중치가 어느 것인지 괄호를 풀어 봐요.",
            (_collapse_order,),
            ("weight",),
        ),
        Mistake(
            "collapse.b1-not-carried",
            "b1이 둘째 층을 지나지 않음",
            "첫 층의 편향이 둘째 층의 가중치를 지나지 않았어요.",
            "(xW1 + b1)W2를 전개했을 때 b1이 무엇과 곱해지는지 봐요.",
            (_collapse_bias_b2, _collapse_bias_sum),
            ("bias",),
        ),
    ),
    correct=(_collapse_probe, _collapse_einsum, _collapse_numpy),
)


# -- is_position_wise --


def _whole_numbers(rng, *shape, reach=3):
    """작은 정수로만 된 실수 텐서. 계산이 정확해서 `torch.equal`로 견준 답도 억울하지 않아요."""
    return rng.ids(*shape, low=-reach, high=reach).float()


def _position_cases(rng):
    B, T, D, E = 2, 5, 4, 6
    x = _whole_numbers(rng, B, T, D)
    x[0, 1] = x[0, 0] + 1  # 토큰이 모두 같으면 섞여도 티가 나지 않아요.

    def tokens(out, mix=None, scale=None, flip=False):
        W, b = _whole_numbers(rng, D, out), _whole_numbers(rng, out).abs() + 1
        return BuiltArgument("tokens", {"W": W, "b": b, "mix": mix, "scale": scale, "flip": flip})

    return [
        case("all", f, x)
        for f in (
            tokens(D),  # 자리마다 따로
            tokens(E),  # 폭이 달라져도 자리마다 따로
            tokens(D, mix=torch.full((T, T), 2.0)),  # 모두 더하기
            tokens(D, mix=torch.tril(torch.ones(T, T))),  # 앞에서부터 쌓기
            tokens(D, flip=True),  # 자리 뒤집기
            tokens(D, scale=torch.arange(1.0, T + 1)),  # 자리마다 다른 배율
            tokens(E, mix=torch.eye(T) + torch.eye(T).roll(1, 0)),  # 옆 토큰 섞기
            tokens(D, scale=torch.full((T,), 3.0)),  # 자리마다 같은 배율
        )
    ]


def _position_mean(f, x):
    whole = f(x)
    alone = torch.cat([f(x[:, t : t + 1]) for t in range(x.shape[1])], dim=1)
    return torch.allclose(whole.mean(1), alone.mean(1), atol=1e-4)


def _position_shape(f, x):
    return f(x).shape == x.shape


def _position_shape_prefix(f, x):
    return f(x).shape[:2] == x.shape[:2]


def _position_first(f, x):
    return torch.allclose(f(x)[:, :1], f(x[:, :1]), atol=1e-4)


def _position_by_token(f, x):
    whole = f(x)
    return all(torch.allclose(whole[:, t : t + 1], f(x[:, t : t + 1]), atol=1e-4) for t in range(x.shape[1]))


def _position_as_batch(f, x):
    """모든 토큰을 길이 1인 문장 B·T개로 바꿔 한꺼번에 넣어요."""
    B, T, D = x.shape
    whole, alone = f(x), f(x.reshape(B * T, 1, D))
    return torch.equal(whole.reshape(B * T, 1, -1), alone)


def _position_stack(f, x):
    whole = f(x)
    alone = torch.stack(
        [torch.stack([f(x[b : b + 1, t : t + 1])[0, 0] for t in range(x.shape[1])]) for b in range(x.shape[0])]
    )
    return bool((whole - alone).abs().max() < 1e-4)


IS_POSITION_WISE = Exercise(
    name="is_position_wise",
    lesson=LESSON,
    title="위치마다 따로, 똑같이",
    points=16,
    groups={"all": "여덟 가지 함수를 모두 바르게 가려내요"},
    reference=feed_forward.is_position_wise,
    sample_cases=_position_cases,
    mistakes=(
        Mistake(
            "is_position_wise.mean-over-positions",
            "위치를 평균 내고 견줌",
            "위치를 평균 내고 견줘서, 토큰의 자리가 뒤바뀐 것을 놓쳤어요.",
            "위치마다 하나씩 견줘야 놓치지 않아요.",
            (_position_mean,),
            ("all",),
        ),
        Mistake(
            "is_position_wise.only-shape",
            "모양만 봄",
            "모양이 같은지만 봤어요. 토큰을 섞는 함수도 모양은 그대로예요.",
            "토큰 하나만 넣은 결과와 문장째 넣은 결과의 값을 견줘요.",
            (_position_shape, _position_shape_prefix),
            ("all",),
        ),
        Mistake(
            "is_position_wise.first-position-only",
            "첫 위치만 봄",
            "첫 번째 위치만 견줬어요. 앞의 토큰만 보는 함수는 첫 위치에서 아무 티가 나지 않아요.",
            "나머지 위치도 모두 견줘요.",
            (_position_first,),
            ("all",),
        ),
    ),
    correct=(_position_by_token, _position_as_batch, _position_stack),
)


# -- ffn_param_count --


def _guard(d_model, d_ff):
    if d_model < 1 or d_ff < 1:
        raise ValueError("크기는 1 이상이어야 해요.")


def _count_no_bias(d_model, d_ff):
    _guard(d_model, d_ff)
    return 2 * d_model * d_ff


def _count_b1_only(d_model, d_ff):
    _guard(d_model, d_ff)
    return 2 * d_model * d_ff + d_ff


def _count_b2_only(d_model, d_ff):
    _guard(d_model, d_ff)
    return 2 * d_model * d_ff + d_model


def _count_one_matrix(d_model, d_ff):
    _guard(d_model, d_ff)
    return d_model * d_ff + d_ff


def _count_by_layers(d_model, d_ff):
    if min(d_model, d_ff) <= 0:
        raise ValueError("크기는 1 이상이어야 해요.")
    return (d_model + 1) * d_ff + (d_ff + 1) * d_model


def _count_by_module(d_model, d_ff):
    if d_model < 1 or d_ff < 1:
        raise ValueError("크기는 1 이상이어야 해요.")
    shapes = [(d_model, d_ff), (d_ff,), (d_ff, d_model), (d_model,)]
    return sum(torch.empty(shape, device="meta").numel() for shape in shapes)


def _count_cases(rng):
    return [
        case("paper", 512, 2048),
        case("values", rng.int(3, 9), rng.int(20, 40)),
        case("values", rng.int(100, 200), rng.int(300, 900)),
        case("guard", 0, rng.int(2, 9), comparator="raises", params={"error": "ValueError"}),
        case("guard", rng.int(2, 9), -1, comparator="raises", params={"error": "ValueError"}),
    ]


FFN_PARAM_COUNT = Exercise(
    name="ffn_param_count",
    lesson=LESSON,
    title="파라미터 수",
    points=12,
    groups={
        "paper": "논문 크기의 답이 맞아요",
        "values": "다른 크기에서도 맞아요",
        "guard": "1보다 작은 크기는 ValueError예요",
    },
    reference=feed_forward.ffn_param_count,
    sample_cases=_count_cases,
    mistakes=(
        Mistake(
            "ffn_param_count.no-bias",
            "편향을 세지 않음",
            "가중치 행렬만 세었어요. 각 층에는 편향도 있어요.",
            "식 (2)에 나오는 문자마다 모양을 적고 원소를 모두 더해요.",
            (_count_no_bias,),
            ("paper", "values"),
        ),
        Mistake(
            "ffn_param_count.one-bias",
            "편향을 하나만 셈",
            "편향 두 개 가운데 하나가 빠졌어요.",
            "b1과 b2의 길이는 서로 달라요. 둘 다 들어갔는지 봐요.",
            (_count_b1_only, _count_b2_only),
            ("paper", "values"),
        ),
        Mistake(
            "ffn_param_count.one-layer",
            "한 층만 셈",
            "선형층 하나만 세었어요. 돌아오는 층이 하나 더 있어요.",
            "FFN에 행렬 곱이 몇 번 나오는지 세어 봐요.",
            (_count_one_matrix,),
            ("paper", "values"),
        ),
    ),
    correct=(_count_by_layers, _count_by_module),
)


# -- ffn_dropout --

_P = 0.3


def _dropout_cases(rng):
    x, d = rng.normal(6, 9, 8), 8
    W1, b1, b2 = rng.normal(d, d, scale=0.5), rng.normal(d), rng.normal(d) + 3
    eye = torch.eye(d)
    h = torch.relu(x @ W1 + b1)
    general = _ffn_weights(rng, 8, 13)
    double = _ffn_weights(rng, 5, 9, torch.float64)
    return [
        case(
            "training",
            x,
            W1,
            b1,
            eye,
            b2,
            _P,
            True,
            comparator="dropout",
            params={
                "kept": h / (1 - _P) + b2,
                "dropped": b2.expand_as(h).clone(),
                "p": _P,
                "alternatives": [
                    ("ffn_dropout.not-rescaled", h + b2, b2.expand_as(h).clone()),
                    ("ffn_dropout.after-second-layer", (h + b2) / (1 - _P), torch.zeros_like(h)),
                ],
            },
        ),
        case("eval", x, *general, _P, False),
        case("eval", rng.normal(2, 3, 5, dtype=torch.float64), *double, 0.6, False),
        case("zero", x, *general, 0.0, True),
    ]


def _dropout_after_second(x, W1, b1, W2, b2, p, training):
    return F.dropout(torch.relu(x @ W1 + b1) @ W2 + b2, p, training)


def _dropout_in_eval(x, W1, b1, W2, b2, p, training):
    return F.dropout(torch.relu(x @ W1 + b1), p, True) @ W2 + b2


def _dropout_not_rescaled(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1)
    keep = torch.rand_like(h) >= p if training else torch.ones_like(h)
    return (h * keep) @ W2 + b2


def _dropout_own_mask(x, W1, b1, W2, b2, p, training):
    h = (x @ W1 + b1).clamp(min=0)
    if training:
        h = h * (torch.rand_like(h) >= p) / (1 - p)
    return h @ W2 + b2


def _dropout_bernoulli(x, W1, b1, W2, b2, p, training):
    h = F.relu(F.linear(x, W1.T, b1))
    if training and p > 0:
        h = torch.where(torch.bernoulli(torch.full_like(h, 1 - p)).bool(), h / (1 - p), torch.zeros_like(h))
    return F.linear(h, W2.T, b2)


def _dropout_module(x, W1, b1, W2, b2, p, training):
    layer = torch.nn.Dropout(p)
    layer.train(training)
    return layer(torch.relu(x @ W1 + b1)) @ W2 + b2


FFN_DROPOUT = Exercise(
    name="ffn_dropout",
    lesson=LESSON,
    title="FFN의 드롭아웃",
    points=20,
    groups={
        "training": "학습할 때 활성화만 버리고 남은 값을 1/(1-p)배 해요",
        "eval": "평가할 때는 아무것도 버리지 않아요",
        "zero": "p가 0이면 드롭아웃이 없는 것과 같아요",
    },
    reference=feed_forward.ffn_dropout,
    sample_cases=_dropout_cases,
    mistakes=(
        Mistake(
            "ffn_dropout.after-second-layer",
            "둘째 층 뒤에서 버림",
            "둘째 층의 출력이 통째로 0이 된 자리가 있어요. 드롭아웃이 출력에 걸렸어요.",
            "이 실습은 활성화 바로 다음 자리를 물어요. 논문의 부분층 드롭아웃은 레슨 4에서 만들어요.",
            (_dropout_after_second,),
            ("training",),
        ),
        Mistake(
            "ffn_dropout.active-in-eval",
            "평가에서도 버림",
            "`training`이 False인데도 값이 버려졌어요.",
            "`training` 인자가 드롭아웃까지 전달되는지 봐요.",
            (_dropout_in_eval,),
            ("eval",),
        ),
        Mistake(
            "ffn_dropout.not-rescaled",
            "1/(1-p)배를 하지 않음",
            "살아남은 값이 커지지 않아서 학습할 때와 평가할 때의 평균이 달라져요.",
            "값을 p의 비율로 버리고도 평균을 지키려면 남은 값이 어떻게 되어야 하는지 생각해 봐요.",
            (_dropout_not_rescaled,),
            ("training",),
        ),
    ),
    correct=(_dropout_own_mask, _dropout_bernoulli, _dropout_module),
    uses=("relu", "ffn"),
)


# -- swiglu (보너스) --


def _swiglu_cases(rng):
    return [
        case("values", rng.normal(2, 5, 6), rng.normal(6, 9), rng.normal(6, 9), rng.normal(9, 6)),
        case("float64", *(rng.normal(*s, dtype=torch.float64) for s in ((3, 4, 5), (5, 7), (5, 7), (7, 5)))),
    ]


def _swiglu_other_branch(x, W, V, W2):
    return ((x @ W) * F.silu(x @ V)) @ W2


def _swiglu_sigmoid(x, W, V, W2):
    return (torch.sigmoid(x @ W) * (x @ V)) @ W2


def _swiglu_silu(x, W, V, W2):
    return F.linear(F.silu(F.linear(x, W.T)) * F.linear(x, V.T), W2.T)


def _swiglu_einsum(x, W, V, W2):
    gate, value = torch.einsum("btd,df->btf", x, W), torch.einsum("btd,df->btf", x, V)
    return torch.einsum("btf,fd->btd", gate / (1 + torch.exp(-gate)) * value, W2)


SWIGLU = Exercise(
    name="swiglu",
    lesson=LESSON,
    title="SwiGLU",
    points=0,
    groups={"values": "값이 맞아요", "float64": "float64를 넣으면 float64로 맞아요"},
    reference=feed_forward.swiglu,
    sample_cases=_swiglu_cases,
    mistakes=(
        Mistake(
            "swiglu.wrong-branch",
            "문이 다른 쪽에",
            "활성화가 V 쪽 갈래에 걸렸어요.",
            "식에서 SiLU의 괄호 안에 어느 가중치가 있는지 봐요.",
            (_swiglu_other_branch,),
            ("values", "float64"),
        ),
        Mistake(
            "swiglu.sigmoid",
            "SiLU 대신 시그모이드",
            "문이 0과 1 사이에만 있어요. 시그모이드만 쓰면 GLU라는 다른 함수가 돼요.",
            "SiLU(z)는 z에 무엇을 곱한 것인지 식을 다시 봐요.",
            (_swiglu_sigmoid,),
            ("values", "float64"),
        ),
    ),
    correct=(_swiglu_silu, _swiglu_einsum),
)

EXERCISES: tuple[Exercise, ...] = (RELU, FFN, COLLAPSE, IS_POSITION_WISE, FFN_PARAM_COUNT, FFN_DROPOUT, SWIGLU)
