"""레슨 3의 실습: 선형층의 붕괴, ReLU, 피드포워드, 위치마다 따로, 파라미터 수, 드롭아웃, SwiGLU."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from autograder.exercises.schema import Both, Exercise, Mistake
from autograder.judging.cases import BuiltArgument, Call, Case, case
from reference import feed_forward

LESSON = "03_feed_forward"


def _ffn_weights(rng, d_model, d_ff, dtype=torch.float32):
    return (
        rng.normal(d_model, d_ff, dtype=dtype, scale=0.5),
        rng.normal(d_ff, dtype=dtype),
        rng.normal(d_ff, d_model, dtype=dtype, scale=0.5),
        rng.normal(d_model, dtype=dtype),
    )


# -- collapse --


def _collapse_cases(rng):
    # 모양이 같고 값만 다른 둘을 물어요. 모양만 보고 답을 기억하면 드러나요.
    several = (
        _ffn_weights(rng, 5, 8),
        _ffn_weights(rng, 5, 8),
        _ffn_weights(rng, 6, 6),
        _ffn_weights(rng, 4, 7, torch.float64),
    )
    return [_collapse_case(item, weights) for item in (0, 1) for weights in several]


def _collapse_case(item, weights):
    return case(("weight", "bias")[item], *weights, comparator="item", params={"item": item})


# 실습 3-1의 손 계산
_TWO_LAYERS = (
    torch.tensor([[1.0, 2.0]]),
    torch.tensor([1.0, 0.0]),
    torch.tensor([[3.0], [1.0]]),
    torch.tensor([-1.0]),
)


def _collapse_order(W1, b1, W2, b2):
    return W2 @ W1, b1 @ W2 + b2


def _collapse_bias_b2(W1, b1, W2, b2):
    return W1 @ W2, b2


def _collapse_bias_sum(W1, b1, W2, b2):
    return W1 @ W2, (b1 + b2 if b1.shape == b2.shape else b2)


def _collapse_transposed(W1, b1, W2, b2):
    return (W1 @ W2).T, b1 @ W2 + b2


def _collapse_no_b2(W1, b1, W2, b2):
    return W1 @ W2, b1 @ W2


def _collapse_no_bias(W1, b1, W2, b2):
    return W1 @ W2, torch.zeros_like(b2)


def _collapse_b1_on_the_right(W1, b1, W2, b2):
    return W1 @ W2, W2 @ b1 + b2


def _collapse_W1_on_b1(W1, b1, W2, b2):
    return W1 @ W2, W1 @ b1 + b2


def _collapse_b1_through_W1(W1, b1, W2, b2):
    return W1 @ W2, b1 @ W1.T + b2


def _collapse_biases_added(W1, b1, W2, b2):
    return W1 @ W2, b1 + b2


def _collapse_biases_added_function(W1, b1, W2, b2):
    return W1 @ W2, torch.add(b1, b2)


def _collapse_biases_added_backwards(W1, b1, W2, b2):
    return W1 @ W2, b2 + b1


def _collapse_b1_times_W2(W1, b1, W2, b2):
    return W1 @ W2, b1 * W2 + b2


def _collapse_W2_times_b1(W1, b1, W2, b2):
    return W1 @ W2, W2 * b1 + b2


def _collapse_b1_times_W2_rows(W1, b1, W2, b2):
    return W1 @ W2, b1 * W2.T + b2


def _collapse_b2_through_W2(W1, b1, W2, b2):
    return W1 @ W2, (b1 + b2) @ W2


def _collapse_b2_first_through_W2(W1, b1, W2, b2):
    return W1 @ W2, (b2 + b1) @ W2


def _collapse_bias_in_weight(W1, b1, W2, b2):
    """항등행렬을 넣어 보고, 함께 나온 편향을 빼지 않아요."""
    eye = torch.eye(W1.shape[0], dtype=W1.dtype)
    return (eye @ W1 + b1) @ W2 + b2, b1 @ W2 + b2


def _collapse_bias_in_weight_float32(W1, b1, W2, b2):
    return (torch.eye(W1.shape[0]) @ W1 + b1) @ W2 + b2, b1 @ W2 + b2


def _collapse_last_product(W1, b1, W2, b2):
    return W1[:, -1:] * W2[-1], b1 @ W2 + b2


def _collapse_last_product_loop(W1, b1, W2, b2):
    D = W1.shape[0]
    W = torch.zeros(D, D)
    for i in range(D):
        for j in range(D):
            W[i, j] = W1[i, -1] * W2[-1, j]  # 안쪽의 반복문이 앞의 곱을 덮고 마지막 곱만 남겨요.
    return W, b1 @ W2 + b2


def _collapse_swapped(W1, b1, W2, b2):
    return b1 @ W2 + b2, W1 @ W2


def _collapse_order_and_bias(W1, b1, W2, b2):
    return W2 @ W1, b2


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
    title="꺾이지 않으면 두 층도 한 층",
    points=16,
    groups={"weight": "합친 가중치 행렬 W가 맞아요", "bias": "합친 편향 b가 맞아요"},
    reference=feed_forward.collapse,
    sample_cases=_collapse_cases,
    examples=(_collapse_case(0, _TWO_LAYERS), _collapse_case(1, _TWO_LAYERS)),
    mistakes=(
        Mistake(
            "collapse.order",
            "곱하는 순서가 반대",
            "두 가중치 행렬을 반대 순서로 곱했어요. 행렬 곱은 순서를 바꾸면 다른 행렬이 돼요.",
            "x에 먼저 닿는 행렬이 어느 것인지 괄호를 풀어 봐요.",
            (_collapse_order,),
            ("weight",),
        ),
        Mistake(
            "collapse.b1-not-carried",
            "b1이 둘째 층을 지나지 않음",
            "첫 층의 편향이 둘째 층의 가중치 행렬을 지나지 않았어요.",
            "(xW1 + b1)W2를 전개했을 때 b1이 무엇과 곱해지는지 봐요.",
            (_collapse_bias_b2, _collapse_bias_sum),
            ("bias",),
        ),
        Mistake(
            "collapse.transposed",
            "합친 행렬의 행과 열을 맞바꿈",
            "합친 W의 행과 열이 맞바뀌었어요. 이 코스에서는 `x @ W` 그대로 곱하는 모양이에요.",
            "W의 0번째 줄이 x의 어느 성분과 만나는지 손으로 따라가 봐요.",
            (_collapse_transposed,),
            ("weight",),
        ),
        Mistake(
            "collapse.b2-missing",
            "b2를 더하지 않음",
            "합친 편향에 b2가 들어 있지 않아요.",
            "괄호를 풀었을 때 x가 붙지 않은 항이 몇 개인지 세어 봐요.",
            (_collapse_no_b2,),
            ("bias",),
        ),
        Mistake(
            "collapse.no-bias",
            "합친 편향이 0",
            "합친 편향이 모두 0이에요. 두 층의 편향이 사라졌어요.",
            "x에 0을 넣으면 두 층을 지나 무엇이 나오는지 계산해 봐요.",
            (_collapse_no_bias,),
            ("bias",),
        ),
        Mistake(
            "collapse.b1-on-the-right",
            "b1을 W2의 오른쪽에 곱함",
            "b1을 W2의 오른쪽에 곱했어요. 길이가 맞지 않으면 예외가 나고, d_ff = d_model이면 예외도 없이 틀려요.",
            "x W1이 W2의 어느 쪽에 곱해지는지 보고, b1도 같은 쪽인지 견줘 봐요.",
            (_collapse_b1_on_the_right,),
            ("weight", "bias"),
        ),
        Mistake(
            "collapse.b1-through-first-layer",
            "b1에 W1을 곱함",
            "b1에 W2가 아니라 W1을 곱했어요. b1은 W1을 곱한 다음에 더해지는 편향이에요.",
            "(xW1 + b1)W2에서 b1이 든 괄호의 바깥에 어느 행렬이 있는지 봐요.",
            (_collapse_W1_on_b1, _collapse_b1_through_W1),
            ("bias",),
        ),
        Mistake(
            "collapse.biases-added",
            "두 편향을 그대로 더함",
            "b1과 b2를 그대로 더했어요. 첫 층의 편향이 둘째 층의 가중치 행렬을 지나지 않았어요. "
            "b1은 (F,), b2는 (D,)라 길이가 다르면 더하지도 못해요.",
            "(xW1 + b1)W2를 전개했을 때 b1이 무엇과 곱해지는지, 그 결과의 길이가 얼마인지 봐요.",
            (_collapse_biases_added, _collapse_biases_added_function, _collapse_biases_added_backwards),
            ("weight", "bias"),
        ),
        Mistake(
            "collapse.b1-elementwise",
            "b1과 W2를 원소끼리 곱함",
            "b1과 W2를 `*`로 곱했어요. `*`는 원소끼리 곱하기만 하고 더하지 않아서 결과가 벡터가 되지 않아요.",
            "x와 W1이 어떤 기호로 곱해지는지 보고, b1과 W2도 같은 곱인지 견줘 봐요.",
            (_collapse_b1_times_W2, _collapse_W2_times_b1, _collapse_b1_times_W2_rows),
            ("weight", "bias"),
        ),
        Mistake(
            "collapse.b2-through-second-layer",
            "b2까지 W2를 지남",
            "b2까지 W2를 지나게 했어요. b2는 둘째 층에서 W2를 곱한 다음에 더해지는 편향이에요.",
            "(xW1 + b1)W2 + b2에서 괄호 밖에 있는 것이 무엇인지 봐요.",
            (_collapse_b2_through_W2, _collapse_b2_first_through_W2),
            ("weight", "bias"),
        ),
        Mistake(
            "collapse.bias-in-weight",
            "W에 편향이 섞임",
            "편향 b는 맞았는데, 그 편향이 합친 W의 모든 줄에도 더해졌어요. W는 x에 곱해지는 것만이에요.",
            "항등행렬을 넣은 결과를 W로 썼다면, 그 결과에 W 말고 무엇이 더해져 있는지 봐요.",
            (_collapse_bias_in_weight,),
            ("weight",),
        ),
        Mistake(
            "collapse.bias-in-weight-and-dtype",
            "W에 편향이 섞이고 dtype도 다름",
            "편향 b가 합친 W의 모든 줄에도 더해졌어요. 새로 만든 텐서의 dtype도 W1과 달라서, float64를 넣으면 예외가 나요.",
            "항등행렬을 넣은 결과를 W로 썼다면, 그 결과에 W 말고 무엇이 더해져 있는지 봐요. 그 행렬의 dtype도 봐요.",
            (_collapse_bias_in_weight_float32,),
            ("weight", "bias"),
        ),
        Mistake(
            "collapse.last-product-only",
            "마지막 곱만 남음",
            "행렬 곱의 칸 하나는 곱한 것 여럿의 합인데, 합친 W의 칸마다 마지막 곱 하나만 남았어요.",
            "반복문 안의 대입이 앞에서 구한 것을 덮지 않는지 봐요.",
            (_collapse_last_product, _collapse_last_product_loop),
            ("weight",),
        ),
        Mistake(
            "collapse.exchanged",
            "W와 b의 차례가 바뀜",
            "돌려준 튜플의 차례가 바뀌어서 W의 자리에 b가 있어요.",
            "독스트링이 돌려주라고 한 차례를 봐요.",
            (_collapse_swapped,),
            ("weight", "bias"),
        ),
    ),
    both=(Both(("collapse.order", "collapse.b1-not-carried"), (_collapse_order_and_bias,), ("weight", "bias")),),
    correct=(_collapse_probe, _collapse_einsum, _collapse_numpy),
)


# -- relu --


def _relu_min(x):
    return torch.minimum(x, torch.zeros_like(x))


def _relu_clamp_max(x):
    return x.clamp(max=0)


def _relu_leaky(x):
    return torch.where(x > 0, x, 0.01 * x)


def _relu_leaky_steep(x):
    return F.leaky_relu(x, 0.2)


def _relu_abs(x):
    return x.abs()


def _relu_zero_to_one(x):
    return x.clamp(0, 1)


def _relu_six(x):
    return F.relu6(x)


def _relu_gelu(x):
    return F.gelu(x)


def _relu_silu(x):
    return F.silu(x)


def _relu_softplus(x):
    return F.softplus(x)


def _relu_step(x):
    return (x > 0).to(x.dtype)


def _relu_step_float32(x):
    return (x > 0).float()


def _relu_comparison(x):
    return x > 0


def _relu_comparison_with_zero(x):
    return x >= 0


def _relu_comparison_function(x):
    return torch.gt(x, torch.zeros_like(x))


def _relu_truth_of_the_rest(x):
    return x.clamp(min=0).bool()


def _relu_filtered(x):
    return x[x > 0]


def _relu_in_place(x):
    x[x < 0] = 0
    return x


def _relu_clamp_in_place(x):
    return x.clamp_(min=0)


def _relu_cases(rng):
    mixed = rng.normal(2, 4, 5, scale=2.0)
    mixed[0, 0] = torch.tensor([-0.01, 0.01, 0.0, 9.0, -9.0])  # 0의 바로 곁과 아주 먼 값
    positive = rng.uniform(4, 3, low=0.5, high=4.0)
    positive[1, 2], positive[2, 1] = 8.0, 0.25
    double = rng.normal(1, 3, 7, dtype=torch.float64, scale=2.0)
    double[0, 2, 1] = 7.5
    return [
        case("negative", mixed),
        case("negative", -rng.uniform(3, 5, low=0.5, high=4.0)),
        case("positive", positive),
        case("negative", double),
        case("negative", rng.normal(2, 3).half()),  # float32로 새로 만든 0과 섞으면 dtype이 바뀌어요.
    ]


def _relu_where(x):
    return torch.where(x > 0, x, torch.zeros_like(x))


def _relu_mask(x):
    return x * (x > 0)


def _relu_loop(x):
    return torch.tensor([max(v, 0.0) for v in x.flatten().tolist()], dtype=x.dtype).reshape(x.shape)


def _relu_functional(x):
    return F.relu(x)


def _relu_numpy(x):
    import numpy as np

    return torch.from_numpy(np.maximum(x.numpy(), 0))


def _relu_on_a_copy(x):
    y = x.clone()
    y[y < 0] = 0
    return y


RELU = Exercise(
    name="relu",
    lesson=LESSON,
    title="ReLU",
    points=8,
    groups={"negative": "음수는 0이 돼요", "positive": "양수는 그대로예요"},
    reference=feed_forward.relu,
    sample_cases=_relu_cases,
    examples=(case("negative", torch.tensor([-2.0, 0.5, 3.0, -0.1])),),
    mistakes=(
        Mistake(
            "relu.min",
            "max 대신 min",
            "0보다 큰 값이 사라지고 음수만 남았어요. 0과 견줘 작은 쪽을 골랐기 때문이에요.",
            "0과 x 가운데 어느 쪽을 남겨야 하는지 식의 함수 이름을 다시 봐요.",
            (_relu_min, _relu_clamp_max),
            ("negative", "positive"),
        ),
        Mistake(
            "relu.leaky",
            "음수를 조금 남김",
            "음수가 0이 되지 않고 작은 값으로 남았어요. 이것은 Leaky ReLU라는 다른 함수예요.",
            "x가 음수일 때 식의 값이 정확히 얼마인지 손으로 계산해 봐요.",
            (_relu_leaky, _relu_leaky_steep),
            ("negative",),
        ),
        Mistake(
            "relu.abs",
            "절댓값",
            "음수가 0이 되지 않고 양수로 바뀌었어요.",
            "-2를 넣으면 무엇이 나와야 하는지 먼저 적어 봐요.",
            (_relu_abs,),
            ("negative",),
        ),
        Mistake(
            "relu.capped",
            "큰 값까지 자름",
            "음수는 0이 됐는데 큰 값까지 잘렸어요. 위쪽에도 한계를 뒀기 때문이에요.",
            "100을 넣으면 무엇이 나와야 하는지 식에서 봐요.",
            (_relu_zero_to_one, _relu_six),
            ("negative", "positive"),
        ),
        Mistake(
            "relu.smooth",
            "부드러운 활성화",
            "0 근처가 부드럽게 휘고 양수도 조금씩 달라졌어요. 이것은 ReLU 뒤에 나온 다른 활성화예요.",
            "0.5를 넣으면 식의 값이 정확히 얼마인지 적어 봐요.",
            (_relu_gelu, _relu_silu, _relu_softplus),
            ("negative", "positive"),
        ),
        Mistake(
            "relu.step",
            "켜졌는지만 남김",
            "양수가 모두 1이 됐어요. 0보다 큰지만 남고 값의 크기가 사라졌어요.",
            "3을 넣으면 1이 아니라 무엇이 나와야 하는지 식에서 봐요.",
            (_relu_step, _relu_step_float32),
            ("negative", "positive"),
        ),
        Mistake(
            "relu.comparison-returned",
            "견준 결과를 그대로 돌려줌",
            "값이 아니라 True와 False가 나왔어요. 0과 견준 결과만 남고 값의 크기가 사라졌어요.",
            "3을 넣으면 True가 아니라 무엇이 나와야 하는지 식에서 봐요. 견준 결과는 어느 값을 남길지 고르는 데 쓸 수 있어요.",
            (_relu_comparison, _relu_comparison_with_zero, _relu_comparison_function, _relu_truth_of_the_rest),
            ("negative", "positive"),
        ),
        Mistake(
            "relu.filtered",
            "양수만 골라냄",
            "0보다 큰 원소만 뽑아서 한 줄로 늘어놓았어요. 음수의 자리가 사라져 모양이 달라졌어요.",
            "독스트링이 약속한 결과의 모양과 견줘 봐요.",
            (_relu_filtered,),
            ("negative", "positive"),
        ),
        Mistake(
            "relu.in-place",
            "입력을 그 자리에서 고침",
            "새 텐서를 만들지 않고 받은 x의 음수를 그 자리에서 0으로 고쳤어요. 부른 쪽의 x까지 달라져요.",
            "`x[...] = 0`처럼 x에 대입하거나 이름이 `_`로 끝나는 메서드를 쓴 줄을 찾아요.",
            (_relu_in_place, _relu_clamp_in_place),
            ("negative",),
        ),
    ),
    correct=(_relu_where, _relu_mask, _relu_loop, _relu_functional, _relu_numpy, _relu_on_a_copy),
)


# -- ffn --


# 실습 3-3의 손 계산
_BY_HAND = (
    torch.tensor([[[1.0, -2.0]]]),
    torch.tensor([[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]]),
    torch.tensor([0.0, 1.0, 0.5]),
    torch.tensor([[2.0, 1.0], [1.0, -1.0], [0.0, 3.0]]),
    torch.tensor([0.5, 0.0]),
)


def _ffn_cases(rng):
    x = rng.normal(2, 5, 6)
    W1, b1, W2, b2 = _ffn_weights(rng, 6, 11)
    square = _ffn_weights(rng, 6, 6)
    double, (V1, c1, V2, c2) = rng.normal(3, 4, 7, dtype=torch.float64), _ffn_weights(rng, 7, 13, torch.float64)
    # 큰 값이 편향과 지워져요. 중간에 float32로 바꾸면 지워지고 남는 작은 값이 틀려요.
    double[..., 0] += 100_000
    c1 -= 100_000 * V1[0]
    return [
        case("values", x, W1, b1, W2, b2),
        # 편향을 키워 모든 활성화가 양수가 되게 하면 ReLU가 하는 일이 없어요. 행렬과 편향의 자리만 남아요.
        case("affine", x, W1, b1 + 14, W2, b2 + 300),
        case("square", rng.normal(1, 4, 6), *square),
        case("float64", double, V1, c1, V2, c2),
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


def _ffn_norm_inside(x, W1, b1, W2, b2):
    return F.layer_norm(_ffn_residual(x, W1, b1, W2, b2), x.shape[-1:])


def _ffn_norm_first(x, W1, b1, W2, b2):
    return _ffn_residual(F.layer_norm(x, x.shape[-1:]), W1, b1, W2, b2)


def _ffn_norm_last(x, W1, b1, W2, b2):
    return F.layer_norm(torch.relu(x @ W1 + b1) @ W2 + b2, x.shape[-1:])


def _ffn_bias_after_relu(x, W1, b1, W2, b2):
    return (torch.relu(x @ W1) + b1) @ W2 + b2


def _ffn_biases_exchanged(x, W1, b1, W2, b2):
    return torch.relu(x @ W1 + b2) @ W2 + b1


def _ffn_sigmoid(x, W1, b1, W2, b2):
    return torch.sigmoid(x @ W1 + b1) @ W2 + b2


def _ffn_tanh(x, W1, b1, W2, b2):
    return torch.tanh(x @ W1 + b1) @ W2 + b2


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


def _ffn_flat(x, W1, b1, W2, b2):
    """모든 토큰을 한 줄로 세워 계산하고 되돌려요."""
    flat = x.reshape(-1, x.shape[-1])
    return torch.addmm(b2, torch.addmm(b1, flat, W1).relu_(), W2).reshape(x.shape)


_FFN_ALL = ("values", "affine", "square", "float64")
_FFN_CURVED = ("values", "square", "float64")

FFN = Exercise(
    name="ffn",
    lesson=LESSON,
    title="피드포워드",
    points=20,
    groups={
        "values": "값이 맞아요",
        "affine": "행렬과 편향의 자리가 맞아요",
        "square": "d_ff = d_model일 때도 맞아요",
        "float64": "float64를 넣으면 float64로 맞아요",
    },
    reference=feed_forward.ffn,
    sample_cases=_ffn_cases,
    examples=(case("values", *_BY_HAND),),
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
            "가중치 행렬의 행과 열을 맞바꿈",
            "가중치 행렬의 행과 열을 맞바꿔서 곱했어요. 이 코스의 가중치 행렬은 (들어오는 크기, 나가는 크기) 모양이라 `x @ W` 그대로 곱해요.",
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
        Mistake(
            "ffn.norm-inside",
            "층 정규화를 안에서 함",
            "FFN 안에서 층 정규화까지 했어요. 공개된 구현 가운데 그렇게 묶어 둔 것이 있지만, 이 코스는 다음 레슨에서 FFN 바깥에 둬요.",
            "이 함수가 계산할 것은 식 (2)까지예요. 더 한 일이 없는지 봐요.",
            (_ffn_norm_inside, _ffn_norm_first, _ffn_norm_last),
            _FFN_ALL,
        ),
        Mistake(
            "ffn.bias-after-relu",
            "b1을 자른 뒤에 더함",
            "0에서 자른 다음에 b1을 더했어요. b1은 스위치가 켜질지를 정하는 데 쓰이지 못했어요.",
            "max(0, ·)의 괄호 안에 b1이 들어 있는지 식 (2)에서 봐요.",
            (_ffn_bias_after_relu,),
            _FFN_ALL,
        ),
        Mistake(
            "ffn.biases-exchanged",
            "b1과 b2를 맞바꿈",
            "첫째 층에 b2를, 둘째 층에 b1을 더했어요. d_ff = d_model이면 예외도 없이 틀려요.",
            "층마다 나가는 크기와 편향의 길이를 나란히 적어 봐요.",
            (_ffn_biases_exchanged,),
            _FFN_ALL,
        ),
        Mistake(
            "ffn.squashed",
            "시그모이드나 tanh",
            "활성화한 값이 아무리 커도 1을 넘지 못해요. 시그모이드나 tanh를 쓰면 이렇게 돼요.",
            "앞 실습에서 만든 함수가 논문의 활성화예요.",
            (_ffn_sigmoid, _ffn_tanh),
            _FFN_ALL,
        ),
    ),
    correct=(_ffn_loop, _ffn_einsum, _ffn_linear, _ffn_numpy, _ffn_flat),
    uses=("relu",),
)


# -- is_position_wise --


def _position_cases(rng):
    """한 군데에서만 티가 나는 함수들이 있어요: 마지막 위치, 첫 위치, 가운데, 한 문장, 한 성분, 아주 작은 차이.

    모두 작은 정수나 2의 거듭제곱으로 나눈 수라 계산이 정확해요. `torch.equal`로 견준 답도 억울하지 않아요.
    섞는 함수의 가중치 행렬은 양수라 0에서 잘리는 곳이 없어요. 기울기로 섞임을 찾은 답도 놓치지 않아요.
    """
    B, T, D, E = 2, 5, 4, 6
    x = rng.ids(B, T, D, low=1, high=2).float()
    x[..., 0] = 8 * torch.stack([rng.perm(T), rng.perm(T)]) + 8.0  # 토큰이 서로 달라야 자리를 옮긴 것이 드러나요.
    same_first, same_last = x.clone(), x.clone()
    same_first[0], same_last[1] = x[0, :1], x[1, :1]  # 토큰이 모두 같은 문장에서는 옮기거나 평균 내도 티가 나지 않아요.

    def weights(out, low=1):
        return rng.ids(D, out, low=low, high=2).float(), rng.ids(out, low=1, high=4).float()

    def signed(out):
        W, b = weights(out, low=-2)
        W[:, 0] = W[:, 0].abs() + 1  # 이 성분은 0에서 잘리지 않아요. 토큰을 키우면 그 토큰의 출력이 꼭 달라져요.
        return {"W": W, "b": b}

    def rounded(out):
        """토큰을 따로 다루지만 끝자리가 문장의 길이에 따라 달라요. 한 성분은 늘 0에서 잘려, 상대 오차만으로는 봐줄 수 없어요."""
        data = signed(out)
        data["W"][:, -1] = -1.0
        return BuiltArgument("tokens", {**data, "rounding": 1e-7})

    def affine(out):
        return BuiltArgument("affine", signed(out))

    def alike(out):
        return BuiltArgument("tokens", signed(out))

    def tokens(out, mix=None, scale=None, flip=False, feature=None):
        W, b = weights(out)
        if feature is not None:
            W *= torch.eye(out)[feature]  # 이 성분에서만 티가 나요.
        return BuiltArgument("tokens", {"W": W, "b": b, "mix": mix, "scale": scale, "flip": flip})

    own, middle = torch.eye(T), torch.ones(T)
    middle[T // 2] = 2

    replaced = own.clone()
    replaced[T // 2] = own[-1]

    def hears(t, other):
        mix = own.clone()
        mix[t, other] = 1
        return mix

    # 모든 토큰을 아주 조금씩 섞어요. 두 결과의 차이는 가장 큰 곳이 0.02와 0.04 사이예요.
    small, (W, b) = rng.ids(B, T, D, low=1, high=2).float(), weights(D)
    others = float(((small.sum(1, keepdim=True) - small) @ W).max())
    slightly = own + (1 - own) * 2.0 ** math.floor(math.log2(0.04 / others))
    with_previous = (own + own.roll(-1, 1)) / 2
    with_previous[0] = own[0]  # 첫 토큰은 앞이 없어요.
    return [
        case("all", f, given)
        for f, given in (
            (alike(D), x),  # 자리마다 따로
            (alike(E), x),  # 너비가 달라져도 자리마다 따로
            (affine(D), x),  # 자르지 않아도 자리마다 따로
            (rounded(D), x),  # 반올림만 달라도 자리마다 따로
            (tokens(D), x),  # 섞는 함수들처럼 가중치가 모두 양수여도 자리마다 따로. 부호만 보고 답하면 드러나요.
            (alike(D), x[:1]),  # 문장 하나
            (tokens(D, mix=torch.full((T, T), 2.0)), x[:1]),  # 모두 더하기
            (tokens(D, mix=torch.tril(torch.ones(T, T)), feature=D - 1), x),  # 앞에서부터 쌓기, 마지막 성분만
            (tokens(D, flip=True), same_last),  # 자리 뒤집기, 첫 문장만
            (tokens(D, mix=replaced), x),  # 가운데 자리에 제 토큰 대신 마지막 토큰
            (tokens(D, scale=torch.arange(1.0, T + 1)), x),  # 자리마다 다른 배율
            (tokens(E, mix=with_previous), same_first),  # 앞 토큰과의 평균, 둘째 문장만
            (BuiltArgument("tokens", {"W": W, "b": b, "mix": slightly}), small),  # 아주 조금씩
            (tokens(D, mix=hears(T - 1, 0)), x),  # 마지막 위치만
            (tokens(D, mix=hears(0, 1)), x),  # 첫 위치만
            (tokens(D, mix=hears(0, T - 1)), x),  # 첫 위치가 맨 끝 토큰만. 첫 토큰을 떼어 내면 사라져요.
            (tokens(D, mix=hears(T // 2, T - 1), feature=0), x),  # 가운데 위치의 첫 성분만
            (tokens(D, scale=middle), x),  # 가운데의 배율만
        )
    ]


def _alone(f, x):
    return torch.cat([f(x[:, t : t + 1]) for t in range(x.shape[1])], dim=1)


def _position_mean(f, x):
    return torch.allclose(f(x).mean(1), _alone(f, x).mean(1), atol=1e-4)


def _position_sum(f, x):
    return torch.allclose(f(x).sum(1), _alone(f, x).sum(1), atol=1e-4)


def _position_shape(f, x):
    return f(x).shape == x.shape


def _position_shape_prefix(f, x):
    return f(x).shape[:2] == x.shape[:2]


def _position_first(f, x):
    return torch.allclose(f(x)[:, :1], f(x[:, :1]), atol=1e-4)


def _position_first_loose(f, x):
    return torch.allclose(f(x)[:, :1], f(x[:, :1]), atol=0.1)


def _position_first_looser(f, x):
    return bool((f(x)[:, 0] - f(x[:, :1])[:, 0]).abs().max() < 1)


def _position_first_exact(f, x):
    return torch.equal(f(x)[:, :1], f(x[:, :1]))


def _position_first_default_slack(f, x):
    return torch.allclose(f(x)[:, 0], f(x[:, :1])[:, 0])


def _position_last(f, x):
    return torch.allclose(f(x)[:, -1:], f(x[:, -1:]), atol=1e-4)


def _position_last_verdict(f, x):
    """위치마다 견줬지만 앞의 판단을 뒤의 판단이 덮어요."""
    same = False
    for t in range(x.shape[1]):
        same = torch.allclose(f(x)[:, t : t + 1], f(x[:, t : t + 1]), atol=1e-4)
    return same


def _position_all_but_last(f, x):
    return all(torch.allclose(f(x)[:, t : t + 1], f(x[:, t : t + 1]), atol=1e-4) for t in range(x.shape[1] - 1))


def _position_all_but_first(f, x):
    return all(torch.allclose(f(x)[:, t : t + 1], f(x[:, t : t + 1]), atol=1e-4) for t in range(1, x.shape[1]))


def _position_first_sentence(f, x):
    return torch.allclose(f(x)[0], _alone(f, x)[0], atol=1e-4)


def _position_loose(f, x):
    return torch.allclose(f(x), _alone(f, x), atol=0.1)


def _position_looser(f, x):
    return bool((f(x) - _alone(f, x)).abs().max() < 0.5)


def _position_nudge(f, x):
    """토큰 하나를 바꾸고, 다른 자리의 출력이 그대로인지만 봐요."""
    before = f(x)
    for t in range(x.shape[1]):
        nudged = x.clone()
        nudged[:, t] += 1
        moved = (f(nudged) - before).abs().amax(dim=(0, 2)) > 1e-4
        moved[t] = False
        if moved.any():
            return False
    return True


def _position_any_verdict(f, x):
    """한 위치라도 같으면 바로 True예요."""
    whole = f(x)
    return any(torch.allclose(whole[:, t : t + 1], f(x[:, t : t + 1]), atol=1e-4) for t in range(x.shape[1]))


def _position_exact(f, x):
    return torch.equal(f(x), _alone(f, x))


def _position_default_slack(f, x):
    return torch.allclose(f(x), _alone(f, x))


def _position_relative_slack(f, x):
    """rtol만 키우면 0 곁의 반올림은 그대로 다르고, 큰 값은 많이 달라도 같아요."""
    return torch.allclose(f(x), _alone(f, x), rtol=0.1)


def _position_own_output(f, x):
    """토큰 하나를 바꾸고, 바로 그 자리의 출력이 달라지는지만 봐요."""
    moved = x.clone()
    moved[:, 2] += 1
    return bool((f(moved) - f(x)).abs().sum(-1)[0, 2] > 0)


def _position_causal(f, x):
    """뒤를 잘라 내도 앞의 출력이 그대로인지만 봐요."""
    return all(torch.allclose(f(x)[:, :t], f(x[:, :t]), atol=1e-4) for t in range(1, x.shape[1]))


def _position_without_first(f, x):
    """앞을 잘라 내도 뒤의 출력이 그대로인지만 봐요."""
    return all(torch.allclose(f(x)[:, t:], f(x[:, t:]), atol=1e-4) for t in range(1, x.shape[1]))


def _position_without_only_first(f, x):
    return torch.allclose(f(x)[:, 1:], f(x[:, 1:]), atol=1e-4)


def _position_order(f, x):
    return torch.allclose(f(x.flip(1)), f(x).flip(1), atol=1e-4)


def _position_order_roll(f, x):
    return torch.allclose(f(x.roll(1, 1)), f(x).roll(1, 1), atol=1e-4)


def _position_order_random(f, x):
    perm = torch.randperm(x.shape[1])
    return torch.allclose(f(x[:, perm]), f(x)[:, perm], atol=1e-4)


def _position_by_token(f, x):
    whole = f(x)
    return all(torch.allclose(whole[:, t : t + 1], f(x[:, t : t + 1]), atol=1e-4) for t in range(x.shape[1]))


def _position_as_batch(f, x):
    """모든 토큰을 길이 1인 문장 B·T개로 바꿔 한꺼번에 넣어요."""
    B, T, D = x.shape
    whole, alone = f(x), f(x.reshape(B * T, 1, D))
    return torch.allclose(whole.reshape(B * T, 1, -1), alone, atol=1e-6)


def _position_stack(f, x):
    whole = f(x)
    alone = torch.stack(
        [torch.stack([f(x[b : b + 1, t : t + 1])[0, 0] for t in range(x.shape[1])]) for b in range(x.shape[0])]
    )
    return bool((whole - alone).abs().max() < 1e-4)


def _position_numpy(f, x):
    import numpy as np

    return bool(np.allclose(f(x).numpy(), _alone(f, x).numpy(), atol=1e-2))


def _position_by_moving(f, x):
    """토큰을 하나씩 바꿔 보고(따로), 자리를 옮겨 봐요(똑같이)."""
    shifts = [torch.allclose(f(x.roll(k, 1)), f(x).roll(k, 1), atol=1e-5) for k in range(1, x.shape[1])]
    return _position_nudge(f, x) and all(shifts)


def _position_by_gradient(f, x):
    """다른 토큰에 대한 기울기가 없고(따로), 자리를 옮겨도 같아요(똑같이)."""
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    for t in range(x.shape[1]):
        (slope,) = torch.autograd.grad(y[:, t].sum(), leaf, retain_graph=True)
        slope[:, t] = 0
        if slope.abs().max() > 1e-6:
            return False
    return torch.allclose(f(x.flip(1)), y.detach().flip(1)) and torch.allclose(f(x.roll(1, 1)), y.detach().roll(1, 1))


IS_POSITION_WISE = Exercise(
    name="is_position_wise",
    lesson=LESSON,
    title="위치마다 따로, 똑같이",
    points=22,
    groups={"all": "여러 함수를 모두 바르게 가려내요"},
    reference=feed_forward.is_position_wise,
    sample_cases=_position_cases,
    # 독스트링의 보기: ReLU는 True, 순서를 뒤집는 함수는 False
    examples=tuple(
        case(
            "all",
            BuiltArgument("tokens", {"W": torch.eye(2), "b": torch.zeros(2), "flip": flip}),
            torch.tensor([[[1.0, -2.0], [3.0, 1.0], [-2.0, 5.0]]]),
        )
        for flip in (False, True)
    ),
    mistakes=(
        Mistake(
            "is_position_wise.mean-over-positions",
            "위치를 평균 내고 견줌",
            "위치를 더하거나 평균 내고 견줘서, 토큰의 자리가 뒤바뀐 것을 놓쳤어요.",
            "위치마다 하나씩 견줘야 놓치지 않아요.",
            (_position_mean, _position_sum),
            ("all",),
        ),
        Mistake(
            "is_position_wise.always-true",
            "언제나 True",
            "어떤 함수에든 True라고 답했어요. 토큰을 섞는 함수도 (B, T, E) 모양은 그대로예요.",
            "토큰 하나만 넣은 결과와 문장째 넣은 결과의 값을 견줘요.",
            (_position_shape_prefix,),
            ("all",),
        ),
        Mistake(
            "is_position_wise.only-shape",
            "모양만 봄",
            "입력과 출력의 모양이 같은지만 봤어요. 토큰을 섞는 함수도 모양은 그대로예요.",
            "토큰 하나만 넣은 결과와 문장째 넣은 결과의 값을 견줘요.",
            (_position_shape,),
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
        Mistake(
            "is_position_wise.some-positions",
            "몇 위치를 빠뜨림",
            "판단에 들어가지 않은 위치가 있어요. 그 위치에서만 티가 나는 함수를 놓쳤어요.",
            "반복문이 첫 위치에서 시작해 마지막 위치까지 도는지, 위치마다의 판단을 모두 모으는지 봐요.",
            (
                _position_last,
                _position_last_verdict,
                _position_any_verdict,
                _position_all_but_last,
                _position_all_but_first,
            ),
            ("all",),
        ),
        Mistake(
            "is_position_wise.first-sentence-only",
            "첫 문장만 봄",
            "배치의 첫 문장만 견줬어요. 둘째 문장에서만 티가 나는 함수를 놓쳤어요.",
            "값을 견줄 때 배치의 모든 문장이 들어가는지 봐요.",
            (_position_first_sentence,),
            ("all",),
        ),
        Mistake(
            "is_position_wise.too-loose",
            "너무 너그럽게 견줌",
            "다른 토큰을 조금만 섞는 함수를 True라고 했어요. 두 결과가 0.01보다 더 달랐는데도 같다고 봤어요.",
            "반올림 때문에 생기는 차이가 얼마쯤인지 보고, 봐주는 크기를 거기에 맞춰요.",
            (_position_loose, _position_looser),
            ("all",),
        ),
        Mistake(
            "is_position_wise.same-weights-unchecked",
            "'따로'만 보고 '똑같이'는 보지 않음",
            "출력이 다른 토큰에 따라 달라지는지만 봤어요. 토큰을 섞지 않아도 자리마다 다른 배율을 곱하는 함수를 놓쳤어요.",
            "같은 토큰이 다른 자리에 있을 때도 결과가 같은지 확인할 길을 찾아요.",
            (_position_nudge,),
            ("all",),
        ),
        Mistake(
            "is_position_wise.no-slack",
            "반올림까지 같기를 바람",
            "반올림만 다른 두 결과를 다르다고 했어요. 문장째 넣을 때와 하나씩 넣을 때는 더하는 차례가 달라서 끝자리가 조금 다를 수 있어요.",
            "두 결과의 차이가 가장 큰 곳을 찍어 보고, `allclose`가 봐주는 크기(atol)의 기본값과 견줘 봐요.",
            (_position_exact, _position_default_slack),
            ("all",),
        ),
        Mistake(
            "is_position_wise.own-output-only",
            "바꾼 자리의 출력만 봄",
            "토큰 하나를 바꾸고 바로 그 자리의 출력이 달라지는지만 봤어요. 다른 자리의 출력이 그대로인지는 보지 않았어요.",
            "토큰 하나를 바꿨을 때 달라지지 말아야 할 것이 무엇인지 생각해 봐요.",
            (_position_own_output,),
            ("all",),
        ),
        Mistake(
            "is_position_wise.order-only",
            "순서만 바꿔 봄",
            "토큰의 순서를 바꾸면 출력도 같은 순서로 바뀌는지만 봤어요. 모든 토큰을 더하는 함수도 그 검사는 통과해요.",
            "토큰을 혼자 넣었을 때와 문장 속에 있을 때를 견줘 봐요.",
            (_position_order, _position_order_roll, _position_order_random),
            ("all",),
        ),
        Mistake(
            "is_position_wise.later-tokens-only",
            "뒤의 토큰만 가려 봄",
            "뒤의 토큰이 앞의 출력을 바꾸는지만 봤어요. 앞의 토큰을 섞는 함수는 그 검사를 통과해요.",
            "앞의 토큰이 없을 때도 출력이 그대로인지 봐요.",
            (_position_causal,),
            ("all",),
        ),
        Mistake(
            "is_position_wise.earlier-tokens-only",
            "앞의 토큰만 가려 봄",
            "앞의 토큰이 뒤의 출력을 바꾸는지만 봤어요. 첫 토큰이 뒤의 토큰을 섞는 함수는 그 검사를 통과해요.",
            "뒤의 토큰이 없을 때도 출력이 그대로인지 봐요.",
            (_position_without_first, _position_without_only_first),
            ("all",),
        ),
    ),
    both=(
        Both(
            ("is_position_wise.first-position-only", "is_position_wise.too-loose"),
            (_position_first_loose, _position_first_looser),
            ("all",),
        ),
        Both(
            ("is_position_wise.first-position-only", "is_position_wise.no-slack"),
            (_position_first_exact, _position_first_default_slack),
            ("all",),
        ),
        Both(
            ("is_position_wise.no-slack", "is_position_wise.too-loose"),
            (_position_relative_slack,),
            ("all",),
        ),
    ),
    correct=(
        _position_by_token,
        _position_as_batch,
        _position_stack,
        _position_numpy,
        _position_by_moving,
        _position_by_gradient,
    ),
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


def _count_first_layer(d_model, d_ff):
    _guard(d_model, d_ff)
    return d_model * d_ff + d_ff


def _count_second_layer(d_model, d_ff):
    _guard(d_model, d_ff)
    return d_ff * d_model + d_model


def _count_matrix_once(d_model, d_ff):
    _guard(d_model, d_ff)
    return d_model * d_ff + d_ff + d_model


def _count_d_ff_twice(d_model, d_ff):
    _guard(d_model, d_ff)
    return 2 * (d_model * d_ff + d_ff)


def _count_d_model_twice(d_model, d_ff):
    _guard(d_model, d_ff)
    return 2 * (d_model * d_ff + d_model)


def _count_four_times(d_model, d_ff):
    _guard(d_model, d_ff)
    return 8 * d_model * d_model + 5 * d_model


def _count_shapes_added(d_model, d_ff):
    _guard(d_model, d_ff)
    return 3 * (d_model + d_ff)


def _count_by_layers(d_model, d_ff):
    if min(d_model, d_ff) <= 0:
        raise ValueError("크기는 1 이상이어야 해요.")
    return (d_model + 1) * d_ff + (d_ff + 1) * d_model


def _count_by_module(d_model, d_ff):
    if d_model < 1 or d_ff < 1:
        raise ValueError("크기는 1 이상이어야 해요.")
    shapes = [(d_model, d_ff), (d_ff,), (d_ff, d_model), (d_model,)]
    return sum(torch.empty(shape, device="meta").numel() for shape in shapes)


def _count_by_linear(d_model, d_ff):
    if not (d_model >= 1 and d_ff >= 1):
        raise ValueError("크기는 1 이상이어야 해요.")
    layers = [torch.nn.Linear(d_model, d_ff, device="meta"), torch.nn.Linear(d_ff, d_model, device="meta")]
    return sum(p.numel() for layer in layers for p in layer.parameters())


def _count_cases(rng):
    # d_ff가 d_model의 네 배인 것은 논문의 비율인 곳뿐이에요. 네 배라고 정해 둔 답이 드러나요.
    wide = 64 * rng.int(9, 30)
    return [
        case("values", rng.int(3, 9), rng.int(41, 60)),
        case("values", rng.int(100, 200), rng.int(210, 390)),
        case("values", 1, rng.int(11, 30)),
        case("paper", 512, 2048),
        case("paper", wide, 4 * wide),  # 공개된 수를 적어 둔 답은 여기서 드러나요.
        # 어느 한쪽이나 둘 다. 둘 다 음수면 곱은 양수예요.
        *(
            case("guard", *sizes, comparator="raises", params={"error": "ValueError"})
            for sizes in ((0, rng.int(2, 9)), (rng.int(2, 9), -1), (rng.int(2, 9), 0), (-rng.int(2, 9), -rng.int(2, 9)))
        ),
    ]


FFN_PARAM_COUNT = Exercise(
    name="ffn_param_count",
    lesson=LESSON,
    title="파라미터 수",
    points=10,
    groups={
        "paper": "논문 크기의 답이 맞아요",
        "values": "다른 크기에서도 맞아요",
        "guard": "1보다 작은 크기는 ValueError예요",
    },
    reference=feed_forward.ffn_param_count,
    sample_cases=_count_cases,
    examples=(case("values", 2, 3),),
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
            "선형층 하나만 세었어요. FFN에는 선형층이 하나 더 있어요.",
            "FFN에 행렬 곱이 몇 번 나오는지 세어 봐요.",
            (_count_first_layer, _count_second_layer),
            ("paper", "values"),
        ),
        Mistake(
            "ffn_param_count.matrix-once",
            "행렬을 하나만 셈",
            "편향은 둘 다 세었는데 가중치 행렬은 하나만 세었어요.",
            "W1과 W2의 모양을 따로 적고 원소를 세어 봐요.",
            (_count_matrix_once,),
            ("paper", "values"),
        ),
        Mistake(
            "ffn_param_count.equal-biases",
            "두 편향의 길이를 같게 셈",
            "두 편향의 길이를 같다고 보고 세었어요.",
            "편향은 층에서 나가는 값마다 하나씩이에요. 층마다 몇 개가 나가는지 적어 봐요.",
            (_count_d_ff_twice, _count_d_model_twice),
            ("paper", "values"),
        ),
        Mistake(
            "ffn_param_count.shapes-added",
            "축의 크기를 곱하지 않고 더함",
            "가중치 행렬의 원소를 행의 수와 열의 수의 합으로 세었어요. 편향은 맞게 세었어요.",
            "2×3 행렬을 그려 원소를 하나씩 세고, 두 축의 크기로 그 수를 어떻게 얻는지 봐요.",
            (_count_shapes_added,),
            ("paper", "values"),
        ),
        Mistake(
            "ffn_param_count.four-times-assumed",
            "안쪽 너비를 네 배로 정해 둠",
            "논문의 크기에서만 맞아요. d_ff를 쓰지 않고 d_model의 네 배로 정해 뒀어요.",
            "받은 인자 가운데 계산에 쓰이지 않은 것이 있는지 봐요.",
            (_count_four_times,),
            ("values",),
        ),
    ),
    correct=(_count_by_layers, _count_by_module, _count_by_linear),
)


# -- ffn_dropout --

_P = 0.3


def _dropout_cases(rng):
    x, d = rng.normal(8, 24, 8), 8
    W1, b1, b2 = rng.normal(d, d, scale=0.5), rng.normal(d, scale=0.5) + 1, rng.normal(d) + 3
    # 앞쪽의 문장과 성분은 스위치가 모두 꺼져 있어요. 앞에서부터 버린 답은 켜진 것을 하나도 버리지 못해요.
    W1[0] = W1[0].abs() + 0.5
    x[:3, :, 0] = b1[:3] = -100
    h = torch.relu(x @ W1 + b1)
    weights = (W1, b1, torch.eye(d), b2)  # W2가 항등행렬이면 버려진 자리가 출력에 그대로 보여요.
    general = _ffn_weights(rng, 8, 13)
    double = _ffn_weights(rng, 5, 9, torch.float64)
    rest = b2.expand_as(h).clone()
    return [
        case("eval", x, *general, _P, False),
        case("eval", rng.normal(2, 3, 5, dtype=torch.float64), *double, 0.6, False),
        _dropout_case(
            "eval",
            (x, *weights, _P, False),
            (h + b2, h + b2 + 1000, 0.0),  # 하나도 버려지지 않아야 해요. 버려졌을 때의 값은 나올 수 없는 값이에요.
            ("scaled-in-eval", h * (1 - _P) + b2, h * (1 - _P) + b2),
            ("scaled-in-eval", (h + b2) * (1 - _P), (h + b2) * (1 - _P)),
            ("rescaled-in-eval", h / (1 - _P) + b2, h / (1 - _P) + b2),  # 하나도 버려지지 않았어요.
            ("active-in-eval", h / (1 - _P) + b2, rest),
            ("active-in-eval", h + b2, rest),
        ),
        _dropout_case(
            "training",
            (x, *weights, _P, True),
            (h / (1 - _P) + b2, rest, _P),
            ("never-drops", h + b2, h + b2),
            ("keep-probability", h + b2, rest, _P),
            ("not-rescaled", h + b2, rest),
            ("rescaled-twice", h / (1 - _P) ** 2 + b2, rest, 1 - _P),
            ("keep-probability", h / _P + b2, rest, _P),
            ("multiplied-by-keep", h * (1 - _P) + b2, rest, 1 - _P),
            ("scaled-by-p", h / _P + b2, rest, 1 - _P),
            ("scaled-by-p", h * _P + b2, rest, 1 - _P),
            ("after-second-layer", (h + b2) / (1 - _P), torch.zeros_like(h), 1 - _P),
        ),
        *(_one_axis(rng, shape) for shape in ((1, 1, 32), (1, 64, 1), (64, 1, 1))),
        case("zero", x, *general, 0.0, True),
    ]


def _dropout_case(group, args, right, *others):
    """`right`는 (살았을 때의 값, 버려졌을 때의 값, 버릴 확률), `others`는 알려진 실수의 (이름, 살았을 때, 버려졌을 때, 있다면 산 비율)이에요."""
    kept, dropped, p = right
    alternatives = [(f"ffn_dropout.{name}", *values) for name, *values in others]
    params = {"kept": kept, "dropped": dropped, "p": p, "alternatives": alternatives}
    params["repeated"] = "ffn_dropout.same-every-time"
    # 학습할 때는 두 번 불러요. 부를 때마다 다른 자리가 버려져야 해요.
    return Case(group, (Call(args),) * (2 if group == "training" else 1), "dropout", params)


def _one_axis(rng, shape):
    """축 하나만 긴 입력. 원소마다 뽑지 않고 축 하나를 건너뛴 마스크는 모두 버리거나 모두 살려요.

    앞의 절반(문장이 여럿이면 하나 건너 하나)은 음수라 ReLU를 지나면 0이에요. 앞에서부터 버린 답은 버린 것이 없어요.
    """
    x = rng.uniform(*shape, low=0.5, high=2.0)
    if shape[1] > 1:
        x[:, : shape[1] // 2] *= -1
    elif shape[0] > 1:
        x[::2] *= -1
    one, b2 = torch.eye(shape[2]), rng.normal(shape[2]) + 3
    kept, dropped = x.clamp(min=0) * 2 + b2, b2.expand(shape).clone()
    return _dropout_case("training", (x, one, torch.zeros(shape[2]), one, b2, 0.5, True), (kept, dropped, 0.5))


def _dropout_after_second(x, W1, b1, W2, b2, p, training):
    return F.dropout(torch.relu(x @ W1 + b1) @ W2 + b2, p, training)


def _dropout_in_eval(x, W1, b1, W2, b2, p, training):
    return F.dropout(torch.relu(x @ W1 + b1), p, True) @ W2 + b2


def _dropout_in_eval_own_mask(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1)
    return (h * (torch.rand_like(h) >= p) / (1 - p)) @ W2 + b2


def _dropout_not_rescaled(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1)
    keep = torch.rand_like(h) >= p if training else torch.ones_like(h)
    return (h * keep) @ W2 + b2


def _dropout_rescaled_twice(x, W1, b1, W2, b2, p, training):
    h = F.dropout(torch.relu(x @ W1 + b1), p, training)
    return (h / (1 - p) if training else h) @ W2 + b2


def _dropout_never(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1)
    return h @ W2 + b2


def _dropout_only_rescaled(x, W1, b1, W2, b2, p, training):
    return torch.relu(x @ W1 + b1) / (1 - p if training else 1) @ W2 + b2


def _dropout_scaled_in_eval(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1)
    return (h * (torch.rand_like(h) > p) if training else h * (1.0 - p)) @ W2 + b2


def _dropout_rescaled_in_eval(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1)
    if training:
        h = h * (torch.rand_like(h) >= p)
    return h / (1 - p) @ W2 + b2


def _dropout_always_rescaled(x, W1, b1, W2, b2, p, training):
    return torch.relu(x @ W1 + b1) / (1 - p) @ W2 + b2


def _dropout_keep_p(x, W1, b1, W2, b2, p, training):
    return F.dropout(torch.relu(x @ W1 + b1), 1 - p, training) @ W2 + b2


def _dropout_keep_p_own_mask(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1)
    return (h * (torch.rand_like(h) < p) / (1 - p) if training else h) @ W2 + b2


def _dropout_keep_p_divided_by_p(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1)
    return (h * (torch.rand_like(h) < p) / p if training else h) @ W2 + b2


def _dropout_keep_p_not_rescaled(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1)
    return (h * (torch.rand_like(h) < p) if training else h) @ W2 + b2


def _dropout_times_keep(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1)
    return (h * (torch.rand_like(h) >= p) * (1 - p) if training else h) @ W2 + b2


def _dropout_times_keep_where(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1)
    kept = torch.where(torch.rand_like(h) < p, torch.zeros_like(h), h * (1 - p))
    return (kept if training else h) @ W2 + b2


def _dropout_over_p(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1)
    return (h * (torch.rand_like(h) >= p) / p if training else h) @ W2 + b2


def _dropout_times_p(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1)
    return (h * (torch.rand_like(h) >= p) * p if training else h) @ W2 + b2


def _dropout_on_input(x, W1, b1, W2, b2, p, training):
    return torch.relu(F.dropout(x, p, training) @ W1 + b1) @ W2 + b2


def _dropout_twice(x, W1, b1, W2, b2, p, training):
    return F.dropout(F.dropout(torch.relu(x @ W1 + b1), p, training) @ W2 + b2, p, training)


def _shared_mask(x, W1, b1, W2, b2, p, training, shape):
    h = torch.relu(x @ W1 + b1)
    return (h * (torch.rand(shape, dtype=h.dtype) >= p) / (1 - p) if training else h) @ W2 + b2


def _dropout_whole_tokens(x, W1, b1, W2, b2, p, training):
    return _shared_mask(x, W1, b1, W2, b2, p, training, (*x.shape[:2], 1))


def _dropout_whole_features(x, W1, b1, W2, b2, p, training):
    return _shared_mask(x, W1, b1, W2, b2, p, training, b1.shape)


def _dropout_whole_sentences(x, W1, b1, W2, b2, p, training):
    return _shared_mask(x, W1, b1, W2, b2, p, training, (x.shape[0], 1, 1))


def _dropout_all_or_nothing(x, W1, b1, W2, b2, p, training):
    return _shared_mask(x, W1, b1, W2, b2, p, training, (1,))


def _dropout_same_for_sentences(x, W1, b1, W2, b2, p, training):
    return _shared_mask(x, W1, b1, W2, b2, p, training, (x.shape[1], b1.shape[0]))


def _dropout_same_for_tokens(x, W1, b1, W2, b2, p, training):
    return _shared_mask(x, W1, b1, W2, b2, p, training, (x.shape[0], 1, b1.shape[0]))


def _dropout_first_features(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1) / (1 - p if training else 1)
    if training:
        h[..., : int(p * h.shape[-1])] = 0
    return h @ W2 + b2


def _dropout_first_elements(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1) / (1 - p if training else 1)
    if training:
        h.view(-1)[: int(p * h.numel())] = 0
    return h @ W2 + b2


def _dropout_reseeded(x, W1, b1, W2, b2, p, training):
    torch.manual_seed(0)
    return F.dropout(torch.relu(x @ W1 + b1), p, training) @ W2 + b2


def _dropout_own_generator(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1)
    keep = torch.rand(h.shape, generator=torch.Generator().manual_seed(42)) >= p
    return (h * keep / (1 - p) if training else h) @ W2 + b2


def _dropout_first_tokens(x, W1, b1, W2, b2, p, training):
    h = torch.relu(x @ W1 + b1) / (1 - p if training else 1)
    if training:
        h[:, : int(p * h.shape[1])] = 0
    return h @ W2 + b2


def _dropout_inverted(x, W1, b1, W2, b2, p, training):
    return F.dropout(torch.relu(x @ W1 + b1), p, not training) @ W2 + b2


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


def _dropout_numpy(x, W1, b1, W2, b2, p, training):
    import numpy as np

    h = np.maximum(x.numpy() @ W1.numpy() + b1.numpy(), 0)
    if training:
        h = h * np.random.default_rng().binomial(1, 1 - p, h.shape).astype(h.dtype) / h.dtype.type(1 - p)
    return torch.from_numpy(h @ W2.numpy() + b2.numpy())


def _dropout_before_relu(x, W1, b1, W2, b2, p, training):
    """ReLU는 0과 양수배를 그대로 지나 보내므로 앞에서 버려도 결과가 같아요."""
    return torch.relu(F.dropout(x @ W1 + b1, p, training)) @ W2 + b2


FFN_DROPOUT = Exercise(
    name="ffn_dropout",
    lesson=LESSON,
    title="FFN의 드롭아웃",
    points=19,
    groups={
        "training": "학습할 때 활성화를 원소마다 따로 버리고 남은 값을 1/(1-p)배 해요",
        "eval": "평가할 때는 아무것도 버리지 않아요",
        "zero": "p가 0이면 드롭아웃이 없는 것과 같아요",
    },
    reference=feed_forward.ffn_dropout,
    sample_cases=_dropout_cases,
    examples=(case("eval", *_BY_HAND, 0.5, False),),
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
            (_dropout_in_eval, _dropout_in_eval_own_mask),
            ("eval",),
        ),
        Mistake(
            "ffn_dropout.not-rescaled",
            "1/(1-p)배를 하지 않음",
            "버리기는 했는데 살아남은 값이 커지지 않았어요. 그러면 활성화의 평균이 (1-p)배로 줄어요.",
            "값을 p의 비율로 버리고도 평균을 지키려면 남은 값이 어떻게 되어야 하는지 생각해 봐요.",
            (_dropout_not_rescaled,),
            ("training",),
        ),
        Mistake(
            "ffn_dropout.multiplied-by-keep",
            "1-p로 나누지 않고 곱함",
            "버린 비율은 맞는데 살아남은 값이 커지지 않고 (1-p)배로 작아졌어요. 버려서 줄어든 평균이 한 번 더 줄어요.",
            "1/(1-p)배는 1보다 클까요, 작을까요? p에 0.5를 넣어 코드가 하는 계산과 견줘 봐요.",
            (_dropout_times_keep, _dropout_times_keep_where),
            ("training",),
        ),
        Mistake(
            "ffn_dropout.scaled-by-p",
            "1-p 대신 p를 씀",
            "버린 비율은 맞는데 살아남은 값에 곱하거나 나눈 수가 p예요. 살아남는 비율은 p가 아니에요.",
            "p가 0.1이라면 몇 할이 살아남고, 평균을 지키려면 몇 배여야 하는지 생각해 봐요.",
            (_dropout_over_p, _dropout_times_p),
            ("training", "zero"),
        ),
        Mistake(
            "ffn_dropout.rescaled-twice",
            "1/(1-p)배를 두 번 함",
            "버린 비율은 맞는데 살아남은 값이 1/(1-p)배를 두 번 지나 너무 커졌어요.",
            "`F.dropout`이나 `nn.Dropout`이 살아남은 값을 이미 어떻게 하는지 문서에서 봐요.",
            (_dropout_rescaled_twice,),
            ("training",),
        ),
        Mistake(
            "ffn_dropout.scaled-in-eval",
            "평가할 때 (1-p)배를 함",
            "평가할 때 값에 (1-p)를 곱했어요. 《밑바닥부터 시작하는 딥러닝》의 드롭아웃은 이렇게 평가할 때 줄이지만, "
            "이 실습과 PyTorch는 평가할 때 아무것도 하지 않아요.",
            "평균을 지키는 일을 평가할 때가 아니라 학습할 때 하려면, 살아남은 값을 어떻게 해야 하는지 생각해 봐요.",
            (_dropout_scaled_in_eval,),
            ("training", "eval"),
        ),
        Mistake(
            "ffn_dropout.rescaled-in-eval",
            "평가할 때도 1/(1-p)배를 함",
            "`training`이 False일 때 버린 것이 하나도 없는데도 활성화가 1/(1-p)배로 커졌어요.",
            "1/(1-p)배는 버린 만큼을 메우는 일이에요. 그 나눗셈이 `training`이 True일 때만 실행되는지 봐요.",
            (_dropout_rescaled_in_eval,),
            ("eval",),
        ),
        Mistake(
            "ffn_dropout.never-drops",
            "학습할 때 버리지 않음",
            "`training`이 True인데도 값이 하나도 버려지지 않았어요.",
            "드롭아웃을 거는 줄이 `training`이 True일 때 실행되는지, 그 결과를 다음 줄에서 쓰는지 봐요.",
            (_dropout_never, _dropout_only_rescaled),
            ("training",),
        ),
        Mistake(
            "ffn_dropout.keep-probability",
            "p를 살릴 확률로 씀",
            "p만큼 버려져야 하는데 p만큼 살아남았어요. p를 살릴 확률로 읽었어요.",
            "p가 0이라면 몇 개가 버려져야 하는지 생각해 봐요.",
            (
                _dropout_keep_p,
                _dropout_keep_p_own_mask,
                _dropout_keep_p_divided_by_p,
                _dropout_keep_p_not_rescaled,
            ),
            ("training", "zero"),
        ),
        Mistake(
            "ffn_dropout.on-input",
            "입력에서 버림",
            "첫째 층에 들어가기 전의 x에 드롭아웃이 걸렸어요.",
            "식에서 Dropout의 괄호 안에 무엇이 들어 있는지 봐요.",
            (_dropout_on_input,),
            ("training",),
        ),
        Mistake(
            "ffn_dropout.twice",
            "두 번 버림",
            "활성화에 한 번, 둘째 층의 출력에 또 한 번 버렸어요.",
            "식에 Dropout이 몇 번 나오는지 세어 봐요.",
            (_dropout_twice,),
            ("training",),
        ),
        Mistake(
            "ffn_dropout.shared-mask",
            "여럿이 한꺼번에 버려짐",
            "난수를 원소마다 뽑지 않아서, 여러 원소가 함께 버려지고 함께 살아남았어요.",
            "난수로 만든 마스크의 모양이 활성화의 모양과 같은지 봐요.",
            (
                _dropout_whole_tokens,
                _dropout_whole_features,
                _dropout_whole_sentences,
                _dropout_all_or_nothing,
                _dropout_same_for_sentences,
                _dropout_same_for_tokens,
            ),
            ("training",),
        ),
        Mistake(
            "ffn_dropout.same-every-time",
            "늘 같은 자리를 버림",
            "두 번 불렀는데 똑같은 자리가 버려졌어요. 부를 때마다 새로 골라야 어느 하나에 기대지 않게 돼요.",
            "함수 안에서 시드를 정하거나, 버릴 자리를 난수 없이 정하거나, 한 번 만든 마스크를 다시 쓰는 곳이 있는지 봐요.",
            (
                _dropout_reseeded,
                _dropout_own_generator,
                _dropout_first_features,
                _dropout_first_elements,
                _dropout_first_tokens,
            ),
            ("training",),
        ),
    ),
    both=(
        Both(("ffn_dropout.active-in-eval", "ffn_dropout.never-drops"), (_dropout_inverted,), ("training", "eval")),
        Both(
            ("ffn_dropout.rescaled-in-eval", "ffn_dropout.never-drops"),
            (_dropout_always_rescaled,),
            ("training", "eval"),
        ),
    ),
    correct=(_dropout_own_mask, _dropout_bernoulli, _dropout_module, _dropout_numpy, _dropout_before_relu),
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


def _swiglu_no_activation(x, W, V, W2):
    return ((x @ W) * (x @ V)) @ W2


def _swiglu_relu(x, W, V, W2):
    return (F.relu(x @ W) * (x @ V)) @ W2


def _swiglu_gelu(x, W, V, W2):
    return (F.gelu(x @ W) * (x @ V)) @ W2


def _swiglu_added(x, W, V, W2):
    return (F.silu(x @ W) + x @ V) @ W2


def _swiglu_no_value(x, W, V, W2):
    return F.silu(x @ W) @ W2


def _swiglu_on_product(x, W, V, W2):
    return F.silu((x @ W) * (x @ V)) @ W2


def _swiglu_activation_on_input(x, W, V, W2):
    return ((F.silu(x) @ W) * (x @ V)) @ W2


def _swiglu_sigmoid_of_value(x, W, V, W2):
    return (x @ W * torch.sigmoid(x @ V)) @ W2


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
    examples=(
        case(
            "values",
            torch.tensor([[[1.0]]]),
            torch.tensor([[0.0, 2.0]]),
            torch.tensor([[3.0, -1.0]]),
            torch.tensor([[1.0], [2.0]]),
        ),
    ),
    mistakes=(
        Mistake(
            "swiglu.wrong-branch",
            "문이 다른 쪽에",
            "활성화가 V 쪽 갈래에 걸렸어요.",
            "식에서 SiLU의 괄호 안에 어느 가중치 행렬이 있는지 봐요.",
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
        Mistake(
            "swiglu.no-activation",
            "활성화 없음",
            "두 갈래를 곱하기만 했어요. 문을 여닫는 활성화가 빠졌어요.",
            "식에서 xW를 감싸고 있는 함수를 찾아요.",
            (_swiglu_no_activation,),
            ("values", "float64"),
        ),
        Mistake(
            "swiglu.activation-on-input",
            "W를 곱하기 전에 활성화",
            "W를 곱하기도 전에 입력 x에 활성화를 걸었어요.",
            "식에서 SiLU의 괄호 안에 무엇이 들어 있는지 봐요.",
            (_swiglu_activation_on_input,),
            ("values", "float64"),
        ),
        Mistake(
            "swiglu.sigmoid-of-value",
            "V 쪽 갈래를 시그모이드로",
            "xW에 xV의 시그모이드만 곱했어요. 시그모이드의 괄호 안에 다른 갈래가 들어갔고, xV 자신은 곱해지지 않았어요.",
            "SiLU(z)의 z 두 개가 같은 것인지, 식의 인자가 모두 곱해졌는지 봐요.",
            (_swiglu_sigmoid_of_value,),
            ("values", "float64"),
        ),
        Mistake(
            "swiglu.other-gate",
            "ReLU나 GELU로 만든 문",
            "문의 활성화가 SiLU가 아니에요. ReLU나 GELU를 쓰면 ReGLU, GEGLU라는 다른 함수가 돼요.",
            "식에 적힌 SiLU(z)에 2를 넣어 손으로 계산해 봐요.",
            (_swiglu_relu, _swiglu_gelu),
            ("values", "float64"),
        ),
        Mistake(
            "swiglu.added",
            "두 갈래를 더함",
            "두 갈래를 곱하지 않고 더했어요. 문이 닫혀도 다른 갈래의 값이 그대로 지나가요.",
            "식에서 두 갈래 사이에 있는 기호를 봐요.",
            (_swiglu_added,),
            ("values", "float64"),
        ),
        Mistake(
            "swiglu.value-branch-missing",
            "V 갈래가 없음",
            "V가 쓰이지 않아서 문 하나만 지나갔어요.",
            "받은 가중치 행렬 셋이 모두 쓰였는지 세어 봐요.",
            (_swiglu_no_value,),
            ("values", "float64"),
        ),
        Mistake(
            "swiglu.activation-on-product",
            "곱한 뒤에 활성화",
            "두 갈래를 곱한 다음에 활성화를 걸었어요.",
            "SiLU의 괄호가 어디에서 닫히는지 식에서 봐요.",
            (_swiglu_on_product,),
            ("values", "float64"),
        ),
    ),
    correct=(_swiglu_silu, _swiglu_einsum),
)

EXERCISES: tuple[Exercise, ...] = (COLLAPSE, RELU, FFN, IS_POSITION_WISE, FFN_PARAM_COUNT, FFN_DROPOUT, SWIGLU)
