"""레슨 1의 실습: RNN 한 스텝부터 기울기의 거리, 어텐션 가중치, 층의 값까지."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F

from autograder.exercises.schema import Exercise, Mistake
from autograder.judging.cases import case
from reference import rnn

LESSON = "01_background"


def _weights(rng, i, d, dtype=torch.float32):
    """RNN 하나의 가중치. tanh가 포화하지 않도록 작게 뽑아요."""
    return (
        rng.normal(i, d, dtype=dtype, scale=i**-0.5),
        rng.normal(d, d, dtype=dtype, scale=0.7 * d**-0.5),
        rng.normal(d, dtype=dtype, scale=0.5),
    )


# -- rnn_step --


def _step_cases(rng):
    i, d = rng.choice([(3, 4), (2, 5), (5, 3)])
    n = 7
    return [
        case("values", rng.normal(6, i), rng.normal(6, d), *_weights(rng, i, d)),
        case("square", rng.normal(5, n), rng.normal(5, n), *_weights(rng, n, n)),
        case(
            "double",
            rng.normal(4, i, dtype=torch.float64),
            rng.normal(4, d, dtype=torch.float64),
            *_weights(rng, i, d, torch.float64),
        ),
    ]


_STEP_EXAMPLE = case(
    "values",
    torch.tensor([[1.0, 2.0]]),
    torch.tensor([[0.5, -1.0]]),
    torch.tensor([[0.5, -1.0], [0.0, 1.0]]),
    torch.tensor([[1.0, 2.0], [0.0, -0.5]]),
    torch.tensor([0.1, -0.2]),
)


def _step_loop(x_t, h, W_xh, W_hh, b):
    rows = []
    for x_row, h_row in zip(x_t, h, strict=True):
        rows.append(
            torch.stack(
                [torch.tanh((x_row * W_xh[:, j]).sum() + (h_row * W_hh[:, j]).sum() + b[j]) for j in range(len(b))]
            )
        )
    return torch.stack(rows)


def _step_in_place(x_t, h, W_xh, W_hh, b):
    out = x_t @ W_xh
    out += h @ W_hh
    out += b
    return out.tanh_()


def _step_by_exp(x_t, h, W_xh, W_hh, b):
    shrunk = torch.exp(-2 * (b + h.matmul(W_hh) + x_t.matmul(W_xh)))
    return (1 - shrunk) / (1 + shrunk)


def _step_module(x_t, h, W_xh, W_hh, b):
    cell = torch.nn.RNNCell(*W_xh.shape).to(x_t.dtype)
    weights = {"weight_ih": W_xh.T, "weight_hh": W_hh.T, "bias_ih": torch.zeros_like(b), "bias_hh": b}
    return torch.func.functional_call(cell, weights, (x_t, h))


RNN_STEP = Exercise(
    name="rnn_step",
    lesson=LESSON,
    title="RNN 한 스텝",
    points=12,
    groups={
        "values": "값과 모양이 맞아요",
        "square": "입력과 상태의 크기가 같아도 두 가중치 행렬을 헷갈리지 않아요",
        "double": "float64를 주면 float64로 돌려줘요",
    },
    reference=rnn.rnn_step,
    sample_cases=_step_cases,
    examples=(_STEP_EXAMPLE,),
    mistakes=(
        Mistake(
            id="rnn_step.no-tanh",
            title="tanh가 없음",
            why="더하기까지는 맞았는데 값을 -1과 1 사이로 눌러 주는 함수가 빠졌어요.",
            look="식에서 괄호를 감싸고 있는 함수를 다시 봐요.",
            wrong=(lambda x_t, h, W_xh, W_hh, b: x_t @ W_xh + h @ W_hh + b,),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_step.sigmoid",
            title="tanh 대신 시그모이드",
            why="tanh 대신 시그모이드를 씌워서 결과가 모두 0과 1 사이예요.",
            look="식의 함수는 음수도 내보내요.",
            wrong=(lambda x_t, h, W_xh, W_hh, b: torch.sigmoid(x_t @ W_xh + h @ W_hh + b),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_step.hh-transposed",
            title="W_hh의 행과 열을 맞바꿈",
            why="상태에 곱한 W_hh의 행과 열이 바뀌었어요. 정사각 행렬이라 모양으로는 드러나지 않아요.",
            look="이 코스는 언제나 `x @ W` 꼴이에요. h도 같은 쪽에서 곱해지는지 봐요.",
            wrong=(lambda x_t, h, W_xh, W_hh, b: torch.tanh(x_t @ W_xh + h @ W_hh.T + b),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_step.weights-exchanged",
            title="W_xh와 W_hh를 맞바꿈",
            why="입력에 상태의 가중치 행렬을, 상태에 입력의 가중치 행렬을 곱했어요. I와 D가 같으면 오류 없이 지나가요.",
            look="W_xh는 'x에서 h로', W_hh는 'h에서 h로'라고 읽어 봐요.",
            wrong=(lambda x_t, h, W_xh, W_hh, b: torch.tanh(x_t @ W_hh + h @ W_xh + b),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_step.bias-twice",
            title="편향을 두 번 더함",
            why="b가 두 번 들어갔어요. 두 곱셈에 하나씩 붙인 것 같아요.",
            look="식에서 b가 몇 번 나오는지 세어 봐요.",
            wrong=(lambda x_t, h, W_xh, W_hh, b: torch.tanh((x_t @ W_xh + b) + (h @ W_hh + b)),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_step.no-bias",
            title="편향이 빠짐",
            why="두 곱은 맞았는데 b가 더해지지 않았어요.",
            look="다섯 인자를 모두 썼는지 세어 봐요.",
            wrong=(lambda x_t, h, W_xh, W_hh, b: torch.tanh(x_t @ W_xh + h @ W_hh),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_step.no-state",
            title="옛 상태를 쓰지 않음",
            why="단어와 편향만 들어가고 옛 상태 h가 빠졌어요. 앞에서 읽은 것을 모두 잊는 스텝이에요.",
            look="식의 괄호 안에서 h가 들어가는 항을 찾아봐요.",
            wrong=(lambda x_t, h, W_xh, W_hh, b: torch.tanh(x_t @ W_xh + b),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_step.tanh-too-early",
            title="다 더하기 전에 tanh",
            why="더하기를 끝내기 전에 tanh를 씌웠어요. tanh를 지난 뒤에 더해진 것이 있어서 결과가 -1과 1을 벗어날 수 있어요.",
            look="tanh의 여는 괄호와 닫는 괄호가 식의 어디에 있는지 짚어 봐요.",
            wrong=(
                lambda x_t, h, W_xh, W_hh, b: torch.tanh(x_t @ W_xh + h @ W_hh) + b,
                lambda x_t, h, W_xh, W_hh, b: torch.tanh(x_t @ W_xh) + torch.tanh(h @ W_hh) + b,
                lambda x_t, h, W_xh, W_hh, b: torch.tanh(x_t @ W_xh) + h @ W_hh + b,
                lambda x_t, h, W_xh, W_hh, b: torch.tanh(x_t @ W_xh + b) + h @ W_hh,
                lambda x_t, h, W_xh, W_hh, b: x_t @ W_xh + torch.tanh(h @ W_hh + b),
                lambda x_t, h, W_xh, W_hh, b: torch.tanh(x_t @ W_xh + b) + torch.tanh(h @ W_hh + b),
            ),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_step.sinh",
            title="tanh의 윗부분만 계산함",
            why="tanh를 지수로 풀어 쓴 분수에서 나누는 쪽이 빠졌어요. 값이 -1과 1 사이로 눌리지 않아요.",
            look="그 분수의 분자와 분모를 나란히 적어 봐요.",
            wrong=(
                lambda x_t, h, W_xh, W_hh, b: torch.sinh(x_t @ W_xh + h @ W_hh + b),
                lambda x_t, h, W_xh, W_hh, b: 2 * torch.sinh(x_t @ W_xh + h @ W_hh + b),
            ),
            groups=(
                "values",
                "square",
                "double",
            ),
        ),
        Mistake(
            id="rnn_step.relu",
            title="tanh 대신 ReLU",
            why="더한 값의 음수를 모두 0으로 잘랐어요. tanh가 아니라 ReLU예요.",
            look="식의 함수는 음수도 내보내고, 크기는 1을 넘지 않아요.",
            wrong=(lambda x_t, h, W_xh, W_hh, b: torch.relu(x_t @ W_xh + h @ W_hh + b),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_step.xh-transposed",
            title="W_xh의 행과 열을 맞바꿈",
            why="입력에 곱한 W_xh의 행과 열이 바뀌었어요. I와 D가 다르면 모양이 맞지 않고, 같으면 오류 없이 지나가요.",
            look="W_xh의 모양은 (I, D)예요. `F.linear`는 (나가는 크기, 들어오는 크기)를 받으니 `@`로 곱해 봐요.",
            wrong=(
                lambda x_t, h, W_xh, W_hh, b: torch.tanh(x_t @ W_xh.T + h @ W_hh + b),
                lambda x_t, h, W_xh, W_hh, b: torch.tanh(F.linear(x_t, W_xh) + F.linear(h, W_hh) + b),
            ),
            groups=("values", "square", "double"),
        ),
    ),
    correct=(
        _step_loop,
        _step_in_place,
        _step_by_exp,
        _step_module,
        lambda x_t, h, W_xh, W_hh, b: torch.tanh(torch.cat([x_t, h], 1) @ torch.cat([W_xh, W_hh], 0) + b),
        lambda x_t, h, W_xh, W_hh, b: torch.tanh(F.linear(x_t, W_xh.T, b) + torch.einsum("be,ed->bd", h, W_hh)),
        lambda x_t, h, W_xh, W_hh, b: torch.from_numpy(
            np.tanh(x_t.numpy() @ W_xh.numpy() + h.numpy() @ W_hh.numpy() + b.numpy())
        ),
    ),
)


# -- rnn_forward --


def _forward_cases(rng):
    b, t = rng.choice([(2, 5), (3, 6), (4, 5)])
    i, d, n = 7, 8, 4
    return [
        case("values", rng.normal(b, t, i), rng.normal(b, d), *_weights(rng, i, d)),
        case("values", rng.normal(3, 1, 4), rng.normal(3, 5), *_weights(rng, 4, 5)),
        case("square", rng.normal(n, n, 3), rng.normal(n, 5), *_weights(rng, 3, 5)),
        case(
            "double",
            rng.normal(5, 3, 2, dtype=torch.float64),
            rng.normal(5, 4, dtype=torch.float64),
            *_weights(rng, 2, 4, torch.float64),
        ),
    ]


_FORWARD_EXAMPLE = case(
    "values",
    torch.tensor([[[1.0], [0.0], [2.0]]]),
    torch.tensor([[0.0]]),
    torch.tensor([[1.0]]),
    torch.tensor([[0.5]]),
    torch.tensor([0.0]),
)


def _states(x, h0, W_xh, W_hh, b, *, frozen=False):
    """h0부터 마지막 상태까지 T+1개의 목록."""
    states = [h0]
    for t in range(x.shape[1]):
        states.append(torch.tanh(x[:, t] @ W_xh + (h0 if frozen else states[-1]) @ W_hh + b))
    return states


def _unroll_from_the_second(x, h0, *weights):
    """h0을 첫 상태로 담고 둘째 단어부터 읽어요."""
    return torch.stack(_states(x[:, 1:], h0, *weights), dim=1)


def _unroll_rows(x, h0, W_xh, W_hh, b):
    h, outputs = h0, []
    for row in x:
        h = torch.tanh(row @ W_xh + h @ W_hh + b)
        outputs.append(h)
    return torch.stack(outputs, dim=1)


def _unroll_sentence_count(x, h0, W_xh, W_hh, b):
    h, outputs = h0, []
    for t in range(x.shape[0]):
        h = torch.tanh(x[:, t] @ W_xh + h @ W_hh + b)
        outputs.append(h)
    return torch.stack(outputs, dim=1)


def _unroll_backwards(x, h0, *weights):
    return torch.stack(_states(x.flip(1), h0, *weights)[1:], dim=1).flip(1)


def _forward_numpy(x, h0, W_xh, W_hh, b):
    h, W, U, c = (value.numpy() for value in (h0, W_xh, W_hh, b))
    out = np.zeros((*x.shape[:2], h.shape[1]), dtype=h.dtype)
    for t in range(x.shape[1]):
        h = np.tanh(x.numpy()[:, t] @ W + h @ U + c)
        out[:, t] = h
    return torch.from_numpy(out)


def _forward_torch(x, h0, W_xh, W_hh, b):
    cell = torch.nn.RNN(x.shape[2], h0.shape[1], batch_first=True).to(x.dtype)
    weights = {"weight_ih_l0": W_xh.T, "weight_hh_l0": W_hh.T, "bias_ih_l0": b, "bias_hh_l0": torch.zeros_like(b)}
    return torch.func.functional_call(cell, weights, (x, h0[None]))[0]


def _forward_buffer(x, h0, W_xh, W_hh, b):
    out = torch.empty(*x.shape[:2], h0.shape[1], dtype=x.dtype)
    h = h0
    for t, projected in enumerate((x @ W_xh + b).unbind(1)):
        h = out[:, t] = torch.tanh(projected + h @ W_hh)
    return out


def _forward_sentences(x, h0, W_xh, W_hh, b):
    sentences = []
    for words, h in zip(x, h0, strict=True):
        states = []
        for word in words:
            h = rnn.rnn_step(word[None], h[None], W_xh, W_hh, b)[0]
            states.append(h)
        sentences.append(torch.stack(states))
    return torch.stack(sentences)


RNN_FORWARD = Exercise(
    name="rnn_forward",
    lesson=LESSON,
    title="문장을 차례로 읽기",
    points=18,
    groups={
        "values": "모든 시각의 상태가 맞아요",
        "square": "문장 수와 단어 수가 같아도 축을 헷갈리지 않아요",
        "double": "문장이 단어보다 많아도, float64여도 맞아요",
    },
    reference=rnn.rnn_forward,
    sample_cases=_forward_cases,
    examples=(_FORWARD_EXAMPLE,),
    uses=("rnn_step",),
    mistakes=(
        Mistake(
            id="rnn_forward.h0-reused",
            title="스텝마다 h0을 다시 씀",
            why="모든 시각이 처음 상태 h0에서 출발했어요. 앞 단어의 기억이 다음 단어로 넘어가지 않아요.",
            look="한 스텝의 결과가 다음 스텝의 입력이 되는지 변수 이름을 따라가 봐요.",
            wrong=(lambda *a: torch.stack(_states(*a, frozen=True)[1:], dim=1),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_forward.stored-before-update",
            title="갱신하기 전의 상태를 담음",
            why="결과의 첫 칸이 h0이고 모든 상태가 한 칸씩 밀렸어요. 마지막 단어를 읽은 상태는 빠졌어요.",
            look="목록에 담는 줄과 상태를 새로 만드는 줄의 순서를 봐요.",
            wrong=(lambda *a: torch.stack(_states(*a)[:-1], dim=1),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_forward.time-first",
            title="(T, B, D)로 돌려줌",
            why="값은 맞지만 시간 축이 맨 앞에 왔어요. 문장 수와 단어 수가 같으면 모양만 봐서는 알 수 없어요.",
            look="목록을 쌓을 때 새 축이 몇 번째에 생기는지 봐요.",
            wrong=(lambda *a: torch.stack(_states(*a)[1:]),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_forward.loops-over-batch",
            title="시간이 아니라 배치 축을 돎",
            why="한 문장의 단어를 차례로 읽지 않고, 서로 다른 문장을 이어 읽었어요.",
            look="`for`가 꺼내는 것이 (B, I)인지 모양을 찍어 봐요.",
            wrong=(_unroll_rows, lambda *a: _unroll_rows(*a).transpose(0, 1)),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_forward.counts-sentences",
            title="문장 수만큼만 돎",
            why="단어의 수 T가 아니라 문장의 수 B만큼 되풀이했어요. 둘이 같은 배치에서는 드러나지 않아요.",
            look="`range(...)`에 넣은 크기가 x의 몇 번째 축인지 봐요.",
            wrong=(_unroll_sentence_count,),
            groups=("values", "double"),
        ),
        Mistake(
            id="rnn_forward.last-only",
            title="마지막 상태만 돌려줌",
            why="문장 끝의 상태 하나만 왔어요. 시각마다의 상태를 모두 모아야 해요.",
            look="반복문 안에서 상태를 목록에 담아 두었는지 봐요.",
            wrong=(lambda *a: _states(*a)[-1],),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_forward.h0-ignored",
            title="받은 h0 대신 0에서 출발",
            why="첫 스텝이 받은 h0이 아니라 0벡터에서 출발했어요. h0이 0일 때만 맞아요.",
            look="반복문에 들어가기 전에 상태에 무엇을 넣는지 봐요.",
            wrong=(lambda x, h0, *weights: torch.stack(_states(x, torch.zeros_like(h0), *weights)[1:], dim=1),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_forward.first-word-unread",
            title="첫 단어를 읽지 않음",
            why="첫 칸에 아무것도 읽지 않은 h0이 들어갔고, 첫 단어를 읽지 않은 채 둘째 단어부터 읽었어요.",
            look="반복문이 몇 번 단어에서 시작하는지, 담는 것이 그 단어를 읽은 다음의 상태인지 봐요.",
            wrong=(_unroll_from_the_second,),
            groups=(
                "values",
                "square",
                "double",
            ),
        ),
        Mistake(
            id="rnn_forward.read-backwards",
            title="문장을 끝에서부터 읽음",
            why="문장을 마지막 단어부터 거꾸로 읽었어요. 첫 단어를 읽을 때는 이미 뒤의 단어를 다 읽은 다음이에요.",
            look="반복문이 가장 먼저 꺼내는 단어가 몇 번째인지 찍어 봐요.",
            wrong=(
                _unroll_backwards,
                lambda *a: _unroll_backwards(*a).flip(1),
            ),
            groups=(
                "values",
                "square",
                "double",
            ),
        ),
        Mistake(
            id="rnn_forward.same-tensor",
            title="모든 시각에 마지막 상태",
            why="모든 시각의 자리에 마지막 상태가 들어갔어요. 텐서 하나를 제자리에서 고치며 여러 번 담으면, 목록의 칸이 모두 그 텐서를 가리켜서 이렇게 돼요.",
            look="목록에 담은 텐서를 나중에 `[:]`에 넣거나 `+=`로 다시 고치지 않는지 봐요.",
            wrong=(lambda x, *rest: _states(x, *rest)[-1][:, None].repeat(1, x.shape[1], 1),),
            groups=(
                "values",
                "square",
                "double",
            ),
        ),
        Mistake(
            id="rnn_forward.h0-included",
            title="h0까지 담음",
            why="결과의 맨 앞에 h0이 들어가 상태가 T+1개예요. h0은 아직 아무것도 읽지 않은 상태예요.",
            look="목록을 빈 채로 시작했는지 봐요.",
            wrong=(lambda *a: torch.stack(_states(*a), dim=1),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_forward.reshaped",
            title="축을 바꾸지 않고 모양만 맞춤",
            why="(T, B, D)로 쌓은 것을 모양만 (B, T, D)로 고쳐서, 다른 문장의 상태가 섞여 들어갔어요. "
            "`reshape`나 `view`는 값의 차례를 그대로 둬요.",
            look="처음부터 시간 축이 가운데에 오게 쌓거나, 축의 차례를 바꾸는 메서드를 찾아봐요.",
            wrong=(lambda x, h0, *weights: torch.stack(_states(x, h0, *weights)[1:]).reshape(*x.shape[:2], -1),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="rnn_forward.concatenated",
            title="쌓지 않고 이어 붙임",
            why="시각마다의 상태를 있던 축에 이어 붙여서 시간 축이 따로 생기지 않았어요.",
            look="`torch.cat`과 `torch.stack`이 돌려주는 모양을 견줘 봐요.",
            wrong=(lambda *a: torch.cat(_states(*a)[1:], dim=1), lambda *a: torch.cat(_states(*a)[1:])),
            groups=("values", "square", "double"),
        ),
    ),
    correct=(
        _forward_torch,
        _forward_buffer,
        _forward_sentences,
        _forward_numpy,
        lambda *a: torch.stack(_states(*a)[1:]).transpose(0, 1),
    ),
)


# -- last_state --


def _last_cases(rng):
    b, t, d = rng.choice([(3, 7, 5), (4, 7, 5), (5, 9, 7)])
    short = torch.tensor([1 + (2 * n + rng.int(0, 1)) % (t - 1) for n in range(b)])
    full = short.clamp(min=2)  # 1부터 고르게 벌어진 길이에서는 축만 바꿔 읽어도(`view(T, B, D)`) 같은 값이 나와요.
    full[rng.int(0, b - 1)] = t
    return [
        case("short", rng.normal(b, t, d), short),
        case("short", rng.normal(1, 9, 4), torch.tensor([rng.int(3, 4)])),
        case("full", rng.normal(b, t, d), full),
        case("full", rng.normal(3, 1, 4), torch.tensor([1, 1, 1])),
        case("double", rng.normal(2, 5, 9, dtype=torch.float64), torch.tensor([4, 2])),
    ]


_LAST_EXAMPLE = case("short", torch.tensor([[[0.1], [0.4], [0.9]], [[0.5], [0.2], [0.3]]]), torch.tensor([3, 1]))


def _column(outputs, lengths):
    """문장마다 고를 시각을 `gather`의 번호 텐서 (B, 1, D)로."""
    return (lengths - 1).view(-1, 1, 1).expand(-1, 1, outputs.shape[2])


def _last_gather(outputs, lengths):
    return outputs.gather(1, _column(outputs, lengths)).squeeze(1)


def _last_one_hot(outputs, lengths):
    chosen = (torch.arange(outputs.shape[1]) == (lengths - 1)[:, None]).to(outputs.dtype)
    return torch.einsum("bt,btd->bd", chosen, outputs)


def _last_next_or_zero(outputs, lengths):
    chosen = (torch.arange(outputs.shape[1]) == lengths[:, None]).to(outputs.dtype)
    return (outputs * chosen[:, :, None]).sum(dim=1)


def _max_pool_valid(outputs, lengths):
    return torch.stack([row[:n].max(dim=0).values for row, n in zip(outputs, lengths.tolist(), strict=True)])


LAST_STATE = Exercise(
    name="last_state",
    lesson=LESSON,
    title="마지막 상태에 문장을 담기",
    points=16,
    groups={
        "short": "패딩이 있는 문장에서 진짜 마지막 단어의 상태를 꺼내요",
        "full": "패딩이 하나도 없는 문장도 꺼내요",
        "double": "float64에서도 맞아요",
    },
    reference=rnn.last_state,
    sample_cases=_last_cases,
    examples=(_LAST_EXAMPLE,),
    mistakes=(
        Mistake(
            id="last_state.last-column",
            title="모든 문장에서 같은 칸을 꺼냄",
            why="모든 문장에서 같은 칸을 꺼냈어요. 길이가 다른 문장에서는 패딩을 읽은 뒤나 아직 덜 읽은 상태가 와요.",
            look="문장마다 끝나는 칸이 달라요. `lengths`의 어느 수가 그 문장의 것인지 봐요.",
            wrong=(
                lambda outputs, lengths: outputs[:, -1],
                lambda outputs, lengths: outputs[:, lengths.max() - 1],
                lambda outputs, lengths: outputs[:, lengths.min() - 1],
                lambda outputs, lengths: outputs[:, lengths[0] - 1],
                lambda outputs, lengths: outputs[:, 0],
            ),
            groups=("short", "full", "double"),
        ),
        Mistake(
            id="last_state.length-as-index",
            title="길이를 그대로 번호로 씀",
            why="마지막 단어의 바로 다음 칸을 꺼냈어요. 패딩이 없는 문장이라면 범위를 벗어나요.",
            look="길이가 3인 문장에서 마지막 단어의 번호는 몇인지 0부터 세어 봐요.",
            wrong=(
                lambda outputs, lengths: outputs[torch.arange(len(outputs)), lengths],
                lambda outputs, lengths: _last_gather(outputs, lengths + 1),
            ),
            groups=("short", "full", "double"),
        ),
        Mistake(
            id="last_state.counted-from-the-end",
            title="끝에서부터 셈",
            why="길이만큼 앞에서 센 칸이 아니라 끝에서부터 센 칸을 꺼냈어요. 음수 번호는 패딩까지 넣은 맨 끝에서 거꾸로 세요.",
            look="단어가 2개이고 칸이 5개인 문장에서 -2번이 어느 칸인지 짚어 봐요.",
            wrong=(lambda outputs, lengths: outputs[torch.arange(len(outputs)), -lengths],),
            groups=(
                "short",
                "full",
                "double",
            ),
        ),
        Mistake(
            id="last_state.next-column-or-zero",
            title="다음 칸, 없으면 0",
            why="마지막 단어의 바로 다음 칸을 골랐어요. 패딩이 없는 문장은 다음 칸이 없어서 아무것도 고르지 못하고 0이 됐어요.",
            look="길이가 3인 문장에서 마지막 단어의 번호는 몇인지 0부터 세어 봐요.",
            wrong=(_last_next_or_zero,),
            groups=(
                "short",
                "full",
                "double",
            ),
        ),
        Mistake(
            id="last_state.padding-not-counted",
            title="문장들을 이어 놓고 패딩을 빼고 셈",
            why="문장들을 한 줄로 이어 놓고 길이를 쌓아 더한 번호로 꺼냈어요. 그 줄에는 패딩도 칸을 차지해서, 패딩이 한 번 나온 뒤로는 번호가 어긋나요.",
            look="0번 문장의 길이가 2이고 칸이 5개라면, 이어 놓은 줄에서 1번 문장이 몇 번 칸부터 시작하는지 세어 봐요.",
            wrong=(lambda outputs, lengths: outputs.flatten(0, 1)[lengths.cumsum(0) - 1],),
            groups=(
                "short",
                "full",
                "double",
            ),
        ),
        Mistake(
            id="last_state.viewed-time-first",
            title="모양만 (T, B, D)로 바꿈",
            why="시각의 축을 앞으로 옮기려고 모양만 (T, B, D)로 고쳐서, 다른 문장의 상태가 섞였어요. `view`와 `reshape`는 값의 차례를 그대로 둬요.",
            look="축의 차례를 바꾸는 메서드를 찾아보거나, (B, T, D)인 채로 골라 봐요.",
            wrong=(
                lambda outputs, lengths: outputs.reshape(outputs.shape[1], len(outputs), -1)[
                    lengths - 1, torch.arange(len(outputs))
                ],
            ),
            groups=(
                "short",
                "full",
                "double",
            ),
        ),
        Mistake(
            id="last_state.first-sentence-only",
            title="첫 문장의 상태를 모든 문장에",
            why="첫 문장의 마지막 상태를 모든 문장에 그대로 돌려줬어요. 반복문 안에서 `return`을 하면 첫 문장에서 끝나요.",
            look="`return`이 몇 번째 문장에서 불리는지 `print`로 찍어 봐요.",
            wrong=(lambda outputs, lengths: outputs[0, lengths[0] - 1].expand(len(outputs), -1),),
            groups=(
                "short",
                "full",
                "double",
            ),
        ),
        Mistake(
            id="last_state.max-pool",
            title="시간 축의 최댓값",
            why="한 시각의 상태가 아니라, 칸마다 시간을 통틀어 가장 큰 값을 모았어요.",
            look="문장마다 시각 하나를 골라 그 줄을 통째로 꺼내요.",
            wrong=(lambda outputs, lengths: outputs.max(dim=1).values, _max_pool_valid),
            groups=("short", "full", "double"),
        ),
        Mistake(
            id="last_state.mean-pool",
            title="시간 축의 평균",
            why="한 시각의 상태가 아니라 여러 시각의 평균이 왔어요.",
            look="문장마다 시각 하나를 골라 그 줄을 통째로 꺼내요.",
            wrong=(
                lambda outputs, lengths: outputs.mean(dim=1),
                lambda outputs, lengths: torch.stack(
                    [outputs[b, : lengths[b]].mean(dim=0) for b in range(len(lengths))]
                ),
            ),
            groups=("short", "full", "double"),
        ),
        Mistake(
            id="last_state.every-pair",
            title="모든 문장에서 모든 길이를 꺼냄",
            why="(B, B, D)가 됐어요. `:`와 길이 목록을 함께 쓰면 문장마다 모든 길이의 칸을 꺼내요.",
            look="몇 번째 문장인지를 나타내는 번호도 목록으로 만들어 짝지어 봐요.",
            wrong=(lambda outputs, lengths: outputs[:, lengths - 1],),
            groups=("short", "full", "double"),
        ),
        Mistake(
            id="last_state.sentence-axis",
            title="시각이 아니라 문장의 축에서 고름",
            why="길이로 만든 번호를 첫 축에 넣었어요. 0번 축은 시각이 아니라 문장이에요.",
            look="outputs의 모양 (B, T, D)에서 시각은 몇 번 축인지 봐요.",
            wrong=(
                lambda outputs, lengths: outputs[lengths - 1],
                lambda outputs, lengths: outputs.gather(0, _column(outputs, lengths)).squeeze(1),
            ),
            groups=("short", "full", "double"),
        ),
        Mistake(
            id="last_state.one-too-early",
            title="한 칸 앞을 꺼냄",
            why="마지막 단어의 바로 앞 단어를 읽은 상태를 꺼냈어요. 단어가 하나뿐인 문장에서는 번호가 -1이 돼요.",
            look="길이가 3인 문장에서 마지막 단어의 번호는 몇인지 0부터 세어 봐요.",
            wrong=(
                lambda outputs, lengths: outputs[torch.arange(len(outputs)), lengths - 2],
                lambda outputs, lengths: _last_gather(outputs, lengths - 1),
            ),
            groups=("short", "full", "double"),
        ),
        Mistake(
            id="last_state.first-unit-only",
            title="상태의 첫 칸만 꺼냄",
            why="고른 시각은 맞지만 상태의 칸을 D개가 아니라 하나만 꺼냈어요. `gather`는 번호 텐서의 모양만큼만 꺼내므로, 번호 텐서의 마지막 축이 1이면 칸도 하나예요.",
            look="번호 텐서의 모양을 찍어 보고, D칸을 모두 꺼내려면 마지막 축이 얼마여야 하는지 봐요.",
            wrong=(
                lambda outputs, lengths: outputs.gather(1, (lengths - 1)[:, None, None]).squeeze(1),
                lambda outputs, lengths: outputs.gather(1, (lengths - 1)[:, None, None]),
                lambda outputs, lengths: outputs.gather(1, (lengths - 1)[:, None, None]).flatten(),
            ),
            groups=("short", "full", "double"),
        ),
    ),
    correct=(
        _last_gather,
        _last_one_hot,
        lambda outputs, lengths: torch.stack([outputs[n, lengths[n] - 1] for n in range(len(outputs))]),
        lambda outputs, lengths: torch.cat([row[: int(n)][-1:] for row, n in zip(outputs, lengths, strict=True)]),
        lambda outputs, lengths: torch.from_numpy(outputs.numpy()[np.arange(len(outputs)), lengths.numpy() - 1]),
    ),
)


# -- path_length (보너스) --


def _path_cases(rng):
    width = rng.int(6, 30)
    n = rng.int(40, 80)  # 81은 3의 거듭제곱이라, 딱 떨어지는 길이에서만 하는 실수가 여기서도 드러나요.
    return [
        case("rnn", "rnn", n),
        case("rnn", "rnn", 2),
        case("self_attention", "self_attention", n + 3),
        case("self_attention", "self_attention", 9, k=4),
        case("conv", "conv", n),
        case("conv", "conv", 100 + n, k=2),
        case("conv", "conv", 2, k=4),
        # 실수 로그로 세면 쓰는 로그와 올림, 내림에 따라 이 가운데 하나에서 어긋나요. log(125, 5)은 3보다 조금 커요.
        case("conv_exact", "conv", 125, k=5),
        case("conv_exact", "conv", 126, k=5),
        case("conv_exact", "conv", 243),
        case("conv_exact", "conv", 244),
        case("conv_exact", "conv", 512, k=8),
        case("conv_exact", "conv", 1332, k=11),
        case("conv_exact", "conv", width**2 + rng.int(0, 1), k=width),
        case("errors", "lstm", n, comparator="raises", params={"error": "ValueError"}),
        case("errors", "rnn", 0, comparator="raises", params={"error": "ValueError"}),
        case("errors", "conv", -n, comparator="raises", params={"error": "ValueError"}),
        case("errors", "self_attention", 0, comparator="raises", params={"error": "ValueError"}),
        *(
            case("errors", kind, n, comparator="raises", params={"error": "ValueError"})
            for kind in ("", "attention", "conv2d", "birnn", "rnn2")  # 아는 종류의 일부이거나 아는 종류를 품은 글
        ),
    ]


def _path(kind, n, k=3, *, rnn_extra=0, conv=None):
    if kind not in ("rnn", "self_attention", "conv") or n < 1:
        raise ValueError(kind)
    if kind == "rnn":
        return n - 1 + rnn_extra
    if kind == "self_attention":
        return 1
    return conv(n, k) if conv else rnn.path_length("conv", n, k)


def _layers_by_division(n, k):
    layers = 0
    while n > 1:
        n, layers = n // k, layers + 1
    return layers


def _path_table(kind, n, k=3):
    if n < 1:
        raise ValueError(n)
    steps = [1]
    while steps[-1] < n:
        steps.append(steps[-1] * k)
    table = {"rnn": n - 1, "self_attention": 1, "conv": len(steps) - 1}
    if kind not in table:
        raise ValueError(kind)
    return table[kind]


def _path_recursive(kind, n, k=3):
    if kind == "conv" and n > 0:
        return 0 if n == 1 else 1 + _path_recursive("conv", (n + k - 1) // k, k)
    if kind in ("rnn", "self_attention") and n > 0:
        return 1 if kind.startswith("self") else n - 1
    raise ValueError(f"{kind}, {n}")


PATH_LENGTH = Exercise(
    name="path_length",
    lesson=LESSON,
    title="두 단어 사이의 길",
    points=0,
    groups={
        "rnn": "RNN에서 가장 먼 두 단어 사이의 스텝 수가 맞아요",
        "self_attention": "셀프 어텐션에서는 문장이 길어져도 그대로예요",
        "conv": "합성곱은 층을 쌓은 만큼만 멀어져요",
        "conv_exact": "딱 떨어지는 길이에서 한 층도 틀리지 않아요",
        "errors": "모르는 종류와 0 이하의 길이는 ValueError로 알려요",
    },
    reference=rnn.path_length,
    sample_cases=_path_cases,
    examples=(case("rnn", "rnn", 10), case("conv", "conv", 10), case("self_attention", "self_attention", 10)),
    mistakes=(
        Mistake(
            id="path_length.conv-linear",
            title="합성곱을 한 줄로 늘어놓음",
            why="한 층이 볼 수 있는 너비가 층마다 k배씩 커지는데, 같은 너비만큼씩 더해 나갔어요.",
            look="간격을 벌린(dilated) 합성곱 두 층이 단어 몇 개를 덮는지 그려 봐요.",
            wrong=(
                lambda kind, n, k=3: _path(kind, n, k, conv=lambda n, k: -(-n // k)),
                lambda kind, n, k=3: _path(kind, n, k, conv=lambda n, k: -(-(n - 1) // (k - 1))),
                lambda kind, n, k=3: _path(kind, n, k, conv=lambda n, k: n // k),
            ),
            groups=("conv", "conv_exact"),
        ),
        Mistake(
            id="path_length.floating-log",
            title="실수 로그로 셈",
            why="실수 로그는 딱 떨어지는 길이에서 아주 조금 넘치거나 모자라요. 올리거나 내리면 한 층이 틀려요.",
            look="정수로 세어 봐요. 너비를 k배씩 키우면서 몇 번 만에 n을 덮는지요.",
            wrong=(
                lambda kind, n, k=3: _path(kind, n, k, conv=lambda n, k: math.ceil(math.log(n) / math.log(k))),
                lambda kind, n, k=3: _path(kind, n, k, conv=lambda n, k: math.ceil(math.log(n, k))),
                lambda kind, n, k=3: _path(kind, n, k, conv=lambda n, k: math.ceil(math.log2(n) / math.log2(k))),
                lambda kind, n, k=3: _path(kind, n, k, conv=lambda n, k: math.ceil(math.log10(n) / math.log10(k))),
                lambda kind, n, k=3: _path(kind, n, k, conv=lambda n, k: math.floor(math.log(n - 1, k)) + 1),
            ),
            groups=("conv_exact",),
        ),
        Mistake(
            id="path_length.conv-rounded-down",
            title="모자라는 층 수",
            why="문장 끝까지 닿기 전에 층을 그만 쌓았어요.",
            look="k의 c제곱이 n보다 작으면 양 끝의 두 단어는 아직 만나지 못해요.",
            wrong=(
                lambda kind, n, k=3: _path(kind, n, k, conv=lambda n, k: int(math.log(n, k))),
                lambda kind, n, k=3: _path(kind, n, k, conv=lambda n, k: rnn.path_length("conv", n, k) - 1),
            ),
            groups=("conv", "conv_exact"),
        ),
        Mistake(
            id="path_length.rnn-counts-words",
            title="스텝이 아니라 단어를 셈",
            why="단어의 수를 셌어요. 길은 단어와 단어 사이를 건너는 횟수예요.",
            look="단어가 2개일 때 몇 번 건너는지 세어 봐요.",
            wrong=(lambda kind, n, k=3: _path(kind, n, k, rnn_extra=1),),
            groups=("rnn",),
        ),
        Mistake(
            id="path_length.one-layer-too-many",
            title="딱 떨어질 때 한 층 더 쌓음",
            why="너비가 n과 똑같아졌는데도 한 층을 더 쌓았어요. 너비가 n이면 양 끝의 두 단어가 이미 만나요.",
            look="n이 9이고 k가 3일 때 반복문이 몇 번 도는지 세어 봐요.",
            wrong=(
                lambda kind, n, k=3: _path(kind, n, k, conv=lambda n, k: next(c for c in range(n + 1) if k**c > n)),
            ),
            groups=("conv_exact",),
        ),
        Mistake(
            id="path_length.k-fixed",
            title="k 대신 정해 둔 수",
            why="받은 k를 쓰지 않고 늘 같은 수를 거듭 곱했어요. k가 달라져도 층 수가 그대로예요.",
            look="합성곱의 갈래에 인자 `k`가 들어 있는지 봐요.",
            wrong=(
                lambda kind, n, k=3: _path(kind, n, k, conv=lambda n, k: rnn.path_length("conv", n, 3)),
                lambda kind, n, k=3: _path(kind, n, k, conv=lambda n, k: rnn.path_length("conv", n, 2)),
            ),
            groups=("conv", "conv_exact"),
        ),
        Mistake(
            id="path_length.remainder-dropped",
            title="나누며 나머지를 버림",
            why="n을 k로 거듭 나누며 나머지를 버렸어요. 나머지로 남은 단어도 덮어야 하므로, 딱 나누어떨어지지 않으면 층이 모자랄 수 있어요.",
            look="k가 3일 때 n이 9인 문장과 10인 문장의 층 수를 손으로 세어 견줘 봐요.",
            wrong=(lambda kind, n, k=3: _path(kind, n, k, conv=_layers_by_division),),
            groups=("conv", "conv_exact"),
        ),
    ),
    correct=(
        _path_table,
        _path_recursive,
        lambda kind, n, k=3: _path(kind, n, k, conv=lambda n, k: next(c for c in range(n + 1) if k**c >= n)),
    ),
)


# -- grad_norm_by_distance --


def _grad_cases(rng):
    b, t = rng.choice([(2, 5), (3, 6), (4, 7)])
    return [
        case("values", rng.normal(b, t, 8), rng.normal(b, 9), *_weights(rng, 8, 9)),
        case("values", rng.normal(2, 1, 3), rng.normal(2, 4), *_weights(rng, 3, 4)),
        case("square", rng.normal(3, 4, 4), rng.normal(3, 4), *_weights(rng, 4, 4)),
        case(
            "double",
            rng.normal(2, 5, 3, dtype=torch.float64),
            rng.normal(2, 4, dtype=torch.float64),
            *_weights(rng, 3, 4, torch.float64),
        ),
    ]


# 입력과 상태가 모두 0이면 tanh의 기울기가 1이라, 레슨에서 손으로 계산한 2, 1, 0.5가 그대로 나와요.
_GRAD_EXAMPLE = case(
    "values",
    torch.zeros(1, 3, 1),
    torch.tensor([[0.0]]),
    torch.tensor([[2.0]]),
    torch.tensor([[0.5]]),
    torch.tensor([0.0]),
)


def _grad_inputs(x, h0, W_xh, W_hh, b, *, loss=lambda out: out[:, -1].sum()):
    x = x.clone().requires_grad_(True)
    return torch.autograd.grad(loss(rnn.rnn_forward(x, h0, W_xh, W_hh, b)), x)[0]


def _grad_marked(x, h0, W_xh, W_hh, b):
    """받은 x에 바로 표시해요."""
    x.requires_grad_(True)
    return _norms(torch.autograd.grad(rnn.rnn_forward(x, h0, W_xh, W_hh, b)[:, -1].sum(), x)[0])


def _norms(grad):
    return grad.pow(2).sum(dim=(0, 2)).sqrt().flip(0)


def _grad_params(pick):
    def wrong(x, h0, W_xh, W_hh, b):
        params = [p.clone().requires_grad_(True) for p in (W_xh, W_hh, b)]
        loss = rnn.rnn_forward(x, h0, *params)[:, -1].sum()
        return pick(*torch.autograd.grad(loss, params))

    return wrong


def _grad_detached(x, h0, W_xh, W_hh, b):
    x = x.clone().requires_grad_(True)
    h = h0
    for t in range(x.shape[1]):
        h = rnn.rnn_step(x[:, t], h.detach(), W_xh, W_hh, b)
    return _norms(torch.autograd.grad(h.sum(), x)[0])


def _grad_states(x, h0, W_xh, W_hh, b):
    states = [h0.clone().requires_grad_(True)]
    for t in range(x.shape[1]):
        states.append(rnn.rnn_step(x[:, t], states[-1], W_xh, W_hh, b))
    grads = torch.autograd.grad(states[-1].sum(), states[1:])
    return torch.stack([g.norm() for g in grads]).flip(0)


def _grad_backward(x, h0, W_xh, W_hh, b):
    leaves = [word.clone().requires_grad_(True) for word in x.unbind(1)]
    h = h0
    for word in leaves:
        h = torch.tanh(word @ W_xh + h @ W_hh + b)
    h.sum().backward()
    return torch.stack([leaf.grad.norm() for leaf in reversed(leaves)])


def _grad_by_hand(x, h0, W_xh, W_hh, b):
    """자동미분 없이: tanh의 기울기 1 - h²를 따라 뒤로 걸어요."""
    states = rnn.rnn_forward(x, h0, W_xh, W_hh, b)
    flow, norms = torch.ones_like(states[:, -1]), []
    for t in reversed(range(x.shape[1])):
        inner = flow * (1 - states[:, t] ** 2)
        norms.append((inner @ W_xh.T).norm())
        flow = inner @ W_hh.T
    return torch.stack(norms)


GRAD_NORM = Exercise(
    name="grad_norm_by_distance",
    lesson=LESSON,
    title="멀수록 약해지는 기울기",
    points=20,
    groups={
        "values": "거리마다 입력의 기울기 크기가 맞아요",
        "square": "모든 크기가 비슷해도 축을 헷갈리지 않아요",
        "double": "float64에서도 맞아요",
    },
    reference=rnn.grad_norm_by_distance,
    sample_cases=_grad_cases,
    examples=(_GRAD_EXAMPLE,),
    uses=("rnn_step", "rnn_forward"),
    mistakes=(
        Mistake(
            id="grad_norm_by_distance.parameters",
            title="입력이 아니라 가중치 행렬의 기울기",
            why="가중치 행렬이 받은 기울기를 쟀어요. 가중치 행렬은 모든 시각이 함께 쓰므로 거리를 나눠 볼 수 없어요.",
            look="단어마다 하나씩 있는 텐서는 무엇인지 떠올려 봐요.",
            wrong=(
                _grad_params(lambda W, U, b: torch.stack([W.norm(), U.norm(), b.norm()])),
                _grad_params(lambda W, U, b: U.norm()),
                _grad_params(lambda W, U, b: W.norm()),
                _grad_params(lambda W, U, b: U.norm(dim=0)),
                _grad_params(lambda W, U, b: U.norm(dim=1)),
                _grad_params(lambda W, U, b: W.norm(dim=0)),
                _grad_params(lambda W, U, b: W.norm(dim=1)),
            ),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="grad_norm_by_distance.detached",
            title="상태를 끊고 이어 감",
            why="마지막 입력만 기울기를 받고 나머지는 0이에요. 스텝 사이에서 계산 그래프가 끊겼어요.",
            look="스텝마다 `detach`나 `.data`, `torch.tensor(...)`로 상태를 새로 만들지 않았는지 봐요.",
            wrong=(_grad_detached,),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="grad_norm_by_distance.input-marked",
            title="받은 x에 바로 requires_grad를 켬",
            why="돌려준 값은 맞고 x의 값도 그대로예요. 하지만 `requires_grad_`나 `x.requires_grad = True`는 받은 x 자체에 표시를 남겨서, "
            "부른 쪽이 그 뒤에 x로 하는 계산까지 모두 그래프에 기록돼요.",
            look="기울기를 받을 텐서를 x와 값이 같은 새 텐서로 만들 수 있는지 봐요.",
            wrong=(_grad_marked,),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="grad_norm_by_distance.reversed",
            title="축이 거꾸로",
            why="0번 칸에 첫 단어가 왔어요. 0번 칸은 거리가 0인 마지막 단어의 자리예요.",
            look="시각 t인 단어가 마지막에서 몇 스텝 앞인지 적어 봐요.",
            wrong=(lambda *a: _norms(_grad_inputs(*a)).flip(0),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="grad_norm_by_distance.first-word-in-front",
            title="0번 칸에 첫 단어, 나머지는 한 칸씩 밀림",
            why="0번 칸에 첫 단어가 왔고, 나머지는 한 칸씩 뒤로 밀렸어요. `-j`로 세면 j가 0일 때 맨 뒤가 아니라 맨 앞이에요.",
            look="j가 0일 때와 1일 때 몇 번째 단어를 꺼내는지 적어 봐요.",
            wrong=(
                lambda *a: _norms(_grad_inputs(*a)).roll(1),
                lambda *a: _norms(_grad_inputs(*a)).roll(1).float(),
            ),
            groups=(
                "values",
                "square",
                "double",
            ),
        ),
        Mistake(
            id="grad_norm_by_distance.gradients-piled-up",
            title="기울기가 쌓임",
            why="뒤의 칸일수록 기울기가 여러 번 더해졌어요. `backward()`를 되풀이해 부르면 `.grad`는 지워지지 않고 쌓여요.",
            look="`backward()`나 그 앞의 계산이 반복문 안에 있는지 봐요.",
            wrong=(lambda *a: _norms(_grad_inputs(*a)) * torch.arange(1, a[0].shape[1] + 1),),
            groups=(
                "values",
                "square",
                "double",
            ),
        ),
        Mistake(
            id="grad_norm_by_distance.all-outputs",
            title="모든 시각의 출력을 더함",
            why="마지막 상태가 아니라 모든 상태의 합에서 거꾸로 갔어요. 가까운 길이 섞여 거리가 보이지 않아요.",
            look="거꾸로 출발하는 곳은 마지막 상태 하나예요.",
            wrong=(lambda *a: _norms(_grad_inputs(*a, loss=lambda out: out.sum())),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="grad_norm_by_distance.hidden-states",
            title="입력이 아니라 상태의 기울기",
            why="단어 x가 아니라 상태 h가 받은 기울기를 쟀어요. 그래서 0번 칸이 단어나 가중치 행렬과 상관없이 늘 같은 값이에요.",
            look="무엇으로 미분했는지, 그 텐서의 끝 크기가 I인지 봐요.",
            wrong=(_grad_states,),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="grad_norm_by_distance.squared",
            title="제곱근을 씌우지 않음",
            why="제곱합까지만 했어요. L2 크기는 제곱합의 제곱근이에요.",
            look="피타고라스 정리의 마지막 단계를 떠올려 봐요.",
            wrong=(lambda *a: _norms(_grad_inputs(*a)).pow(2),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="grad_norm_by_distance.norm-per-sentence",
            title="문장마다 잰 크기를 모음",
            why="문장마다 크기를 잰 다음 더하거나 평균 냈어요. 문장이 하나일 때만 맞아요.",
            look="배치와 입력 칸의 제곱을 모두 모은 다음에 제곱근을 한 번 씌워요.",
            wrong=(
                lambda *a: _grad_inputs(*a).norm(dim=2).sum(dim=0).flip(0),
                lambda *a: _grad_inputs(*a).norm(dim=2).mean(dim=0).flip(0),
                lambda *a: _grad_inputs(*a).norm(dim=2).sum(dim=0).flip(0).float(),
                lambda *a: _grad_inputs(*a).norm(dim=2).mean(dim=0).flip(0).float(),
            ),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="grad_norm_by_distance.averaged",
            title="더할 곳에서 평균을 냄",
            why="합을 써야 할 곳에서 평균을 냈어요. 그래서 모든 값이 같은 비율로 작아졌어요.",
            look="`mean`을 쓴 곳이 있는지, 식의 그 자리가 합인지 봐요.",
            wrong=(
                lambda *a: _norms(_grad_inputs(*a, loss=lambda out: out[:, -1].mean())),
                lambda *a: _grad_inputs(*a).pow(2).mean(dim=(0, 2)).sqrt().flip(0),
            ),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="grad_norm_by_distance.not-l2",
            title="L2 크기가 아니라 그냥 더함",
            why="기울기를 그대로, 또는 절댓값으로 바꿔 더했어요. L2 크기는 제곱해서 더하고 제곱근을 씌운 것이에요.",
            look="벡터 [3, -4]의 L2 크기가 얼마인지 손으로 계산해 봐요.",
            wrong=(
                lambda *a: _grad_inputs(*a).abs().sum(dim=(0, 2)).flip(0),
                lambda *a: _grad_inputs(*a).sum(dim=(0, 2)).flip(0),
            ),
            groups=("values", "square", "double"),
        ),
    ),
    correct=(
        _grad_backward,
        _grad_by_hand,
        lambda *a: torch.linalg.vector_norm(_grad_inputs(*a), dim=(0, 2)).flip(0),
        lambda *a: torch.stack([g.norm() for g in _grad_inputs(*a).unbind(1)][::-1]),
        lambda *a: torch.from_numpy(np.sqrt((_grad_inputs(*a).numpy() ** 2).sum((0, 2)))[::-1].copy()),
    ),
)


# -- attention_weights --


def _visible(rng, *shape):
    """행마다 보이는 칸과 가린 칸이 적어도 하나씩 있고, 이웃한 두 행이 같지 않은 마스크."""
    mask = rng.uniform(*shape) < 0.6
    s = shape[-1]
    flat = mask.view(-1, s)
    start = int(rng.ids(1, low=0, high=s - 1))
    for row in range(len(flat)):
        # 앞의 행에서 가린 칸이 다음 행에서는 보여요.
        flat[row, (start + row) % s], flat[row, (start + row + 1) % s] = True, False
    return mask


def _seen_zero(scores, mask):
    """마지막 쿼리의 보이는 칸 하나는 점수가 꼭 0이에요. 마스크를 곱해 0이 된 칸과 값으로는 구별되지 않아요."""
    first = mask[:, -1].int().argmax(dim=-1)
    scores[torch.arange(len(scores)), -1, first] = 0.0
    return scores, mask


def _weights_cases(rng):
    b, t, s = rng.choice([(2, 3, 5), (3, 2, 6), (2, 4, 7)])
    # 첫 쿼리의 점수는 모두 낮아요. 가린 칸을 -1이나 -10으로 채우면 그 칸이 관심을 다 가져가요.
    low = torch.zeros(t, s)
    low[0] = -30.0
    return [
        case("values", rng.normal(b, t, s, scale=1.5), None),
        case("double", rng.normal(3, 2, 4, dtype=torch.float64), None),
        case("padding", *_seen_zero(rng.normal(b, t, s) + low, _visible(rng, b, 1, s))),
        case("pairs", *_seen_zero(rng.normal(b, t, s) + low, _visible(rng, b, t, s))),
        case("pairs", rng.normal(2, 4, 4), _visible(rng, 2, 4, 4)),
        # 점수가 아주 낮아요. float64라서 가장 큰 점수를 빼지 않고 지수를 취해도 0이 되지 않아요.
        case("pairs", rng.normal(2, 3, 4, dtype=torch.float64) - 600.0, _visible(rng, 2, 3, 4)),
    ]


_WEIGHTS_EXAMPLES = (
    case("values", torch.tensor([[[2.0, 1.0, 0.0]]]), None),
    case("padding", torch.tensor([[[2.0, 1.0, 0.0]]]), torch.tensor([[[True, True, False]]])),
)


def _masked(fill):
    def weights(scores, mask):
        return torch.softmax(scores if mask is None else scores.masked_fill(~mask, fill), dim=-1)

    return weights


def _weights_renormalised(scores, mask):
    weights = torch.softmax(scores, dim=-1)
    if mask is None:
        return weights
    weights = weights * mask
    return weights / weights.sum(dim=-1, keepdim=True)


def _weights_loop(scores, mask):
    rows = torch.zeros_like(scores)
    full = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask.expand_as(scores)
    for b in range(scores.shape[0]):
        for t in range(scores.shape[1]):
            seen = full[b, t]
            e = torch.exp(scores[b, t][seen] - scores[b, t][seen].max())
            rows[b, t, seen] = e / e.sum()
    return rows


def _weights_numpy(scores, mask):
    e = scores.numpy().copy()
    if mask is not None:
        e = np.where(mask.numpy(), e, -np.inf)
    e = np.exp(e - e.max(axis=-1, keepdims=True))
    return torch.from_numpy((e / e.sum(axis=-1, keepdims=True)).astype(scores.numpy().dtype))


def _weights_plain_exp(scores, mask):
    """가장 큰 점수를 먼저 빼는 일은 레슨 5에서 배워요. 여기서는 없어도 맞아요."""
    e = scores.exp() if mask is None else scores.exp() * mask
    return e / e.sum(dim=-1, keepdim=True)


def _weights_zero_hidden(scores, mask):
    if mask is not None:
        scores = scores * mask
        scores = scores.masked_fill(scores == 0, -torch.inf)
    return torch.softmax(scores, dim=-1)


def _weights_added(scores, mask):
    return F.softmax(scores if mask is None else scores + torch.where(mask, 0.0, -1e9).to(scores.dtype), dim=2)


ATTENTION_WEIGHTS = Exercise(
    name="attention_weights",
    lesson=LESSON,
    title="어텐션 가중치",
    points=19,
    groups={
        "values": "행마다 합이 1인 가중치예요",
        "double": "float64에서도 맞아요",
        "padding": "가린 단어는 0이고 남은 단어의 합이 1이에요",
        "pairs": "쿼리마다 다른 마스크도 지켜요",
    },
    reference=rnn.attention_weights,
    sample_cases=_weights_cases,
    examples=_WEIGHTS_EXAMPLES,
    mistakes=(
        Mistake(
            id="attention_weights.softmax-over-batch",
            title="배치 축으로 소프트맥스",
            why="서로 다른 문장끼리 합이 1이 됐어요. `dim`을 적지 않아도 이런 일이 생겨요.",
            look="한 쿼리가 나눠 주는 관심의 합이 1이어야 해요. 그 축은 몇 번째인가요?",
            wrong=(
                lambda scores, mask: torch.softmax(
                    scores if mask is None else scores.masked_fill(~mask, -torch.inf), dim=0
                ),
                lambda scores, mask: torch.softmax(scores if mask is None else scores.masked_fill(~mask, -1e9), dim=0),
            ),
            groups=("values", "double", "padding", "pairs"),
        ),
        Mistake(
            id="attention_weights.softmax-over-queries",
            title="쿼리 축으로 소프트맥스",
            why="키 하나를 두고 쿼리들이 나눠 가졌어요. 세로로 더해야 1이 되는 표예요.",
            look="`weights.sum(dim=-1)`을 찍어 봐요. 모두 1이어야 해요.",
            wrong=(
                lambda scores, mask: torch.softmax(
                    scores if mask is None else scores.masked_fill(~mask, -torch.inf), dim=1
                ),
                lambda scores, mask: torch.softmax(scores if mask is None else scores.masked_fill(~mask, -1e9), dim=1),
            ),
            groups=("values", "double", "padding", "pairs"),
        ),
        Mistake(
            id="attention_weights.mask-after-softmax",
            title="소프트맥스 뒤에 가림",
            why="가린 칸은 0이 됐지만 남은 칸의 합이 1보다 작아졌어요. 가린 단어가 이미 제 몫을 가져간 뒤예요.",
            look="가리는 일과 나누는 일 가운데 무엇을 먼저 해야 할지 생각해 봐요.",
            wrong=(lambda scores, mask: torch.softmax(scores, -1) * (1 if mask is None else mask),),
            groups=("padding", "pairs"),
        ),
        Mistake(
            id="attention_weights.score-times-mask",
            title="점수에 마스크를 곱함",
            why="마스크를 곱했든 0이나 0에 아주 가까운 수로 채웠든, 가린 칸의 점수가 0이 됐을 뿐이에요. 소프트맥스에서 0점은 아직 관심을 받아요.",
            look="지수를 취했을 때 0이 되는 점수는 얼마인가요?",
            wrong=(
                lambda scores, mask: torch.softmax(scores * (1 if mask is None else mask), -1),
                _masked(0.0),
                _masked(1e-9),
            ),
            groups=("padding", "pairs"),
        ),
        Mistake(
            id="attention_weights.fill-too-small",
            title="덜 작은 수로 채움",
            why="가린 칸을 음수로 채웠지만 충분히 작지 않아요. 보이는 점수가 낮은 행에서는 가린 칸이 관심을 받아요.",
            look="보이는 점수가 아무리 낮아도 지수를 취해 0이 되는 수를 골라요.",
            wrong=(_masked(-1.0), _masked(-5.0), _masked(-10.0), _masked(-20.0)),
            groups=("padding", "pairs"),
        ),
        Mistake(
            id="attention_weights.fill-above-low-scores",
            title="점수가 아주 낮은 행에서는 모자라는 수로 채움",
            why="가린 칸을 작아 보이는 음수로 채웠지만, 점수의 크기에는 정해진 끝이 없어요. 보이는 점수가 모두 그보다 낮은 행에서는 가린 칸이 관심을 다 가져가요.",
            look="보이는 점수가 아무리 낮아도 지수를 취해 0이 되는 수를 골라요.",
            wrong=(_masked(-50.0), _masked(-100.0), _masked(-500.0)),
            groups=("pairs",),
        ),
        Mistake(
            id="attention_weights.zero-means-hidden",
            title="점수가 0인 칸을 모두 가림",
            why="점수가 0인 칸을 모두 가린 칸으로 봤어요. 보아도 되는데 점수가 꼭 0인 칸까지 함께 가려져요.",
            look="어느 칸을 가릴지 정할 때 점수를 보는지 `mask`를 보는지 봐요.",
            wrong=(_weights_zero_hidden,),
            groups=("padding", "pairs"),
        ),
        Mistake(
            id="attention_weights.inf-times-zero",
            title="마스크를 주면 모두 nan",
            why="마스크를 주면 칸이 모두 nan이에요. 0에 inf를 곱하거나 inf에서 inf를 빼면 nan이 돼요.",
            look="보이는 칸의 점수에 무엇을 곱하거나 더했는지 한 칸만 찍어 봐요.",
            wrong=(
                lambda scores, mask: torch.softmax(scores if mask is None else scores + ~mask * -torch.inf, -1),
                lambda scores, mask: torch.softmax(
                    scores if mask is None else scores * mask + (1 - mask.to(scores.dtype)) * -torch.inf, dim=-1
                ),
            ),
            groups=("padding", "pairs"),
        ),
        Mistake(
            id="attention_weights.inverted-mask",
            title="마스크를 거꾸로 읽음",
            why="보아도 되는 칸을 가리고 가릴 칸을 봤어요. 이 코스의 마스크는 True가 '보아도 됨'이에요.",
            look="`masked_fill`이 True인 칸을 채우는지 False인 칸을 채우는지 확인해 봐요.",
            wrong=(lambda scores, mask: _masked(-torch.inf)(scores, None if mask is None else ~mask),),
            groups=("padding", "pairs"),
        ),
        Mistake(
            id="attention_weights.no-mask",
            title="마스크를 쓰지 않음",
            why="마스크를 주어도 결과가 그대로예요. 가려야 할 단어가 관심을 받고 있어요.",
            look="`mask`가 None이 아닐 때의 갈래를 봐요.",
            wrong=(lambda scores, mask: torch.softmax(scores, -1),),
            groups=("padding", "pairs"),
        ),
        Mistake(
            id="attention_weights.no-exp",
            title="지수 없이 합으로 나눔",
            why="점수를 그대로 합으로 나눴어요. 점수가 음수면 가중치도 음수가 되고, 합이 0에 가까우면 값이 터져요.",
            look="식의 분자와 분모에서 점수가 어디에 올라가 있는지 봐요.",
            wrong=(
                lambda scores, mask: (
                    (scores * (1 if mask is None else mask))
                    / (scores * (1 if mask is None else mask)).sum(dim=-1, keepdim=True)
                ),
            ),
            groups=("values", "double", "padding", "pairs"),
        ),
        Mistake(
            id="attention_weights.softmax-over-all",
            title="문장 전체에서 합이 1",
            why="한 문장의 모든 쿼리와 키를 통틀어 합이 1이 됐어요. 쿼리마다 저마다 합이 1이어야 해요.",
            look="`weights.sum(dim=-1)`을 찍어 봐요. 모두 1이어야 해요.",
            wrong=(
                lambda scores, mask: torch.softmax(
                    (scores if mask is None else scores.masked_fill(~mask, -torch.inf)).flatten(1), dim=-1
                ).view_as(scores),
            ),
            groups=("values", "double", "padding", "pairs"),
        ),
    ),
    correct=(
        _masked(-torch.inf),
        _masked(-1e9),
        _weights_renormalised,
        _weights_loop,
        _weights_numpy,
        _weights_plain_exp,
        _weights_added,
    ),
)


# -- context --


def _nothing_seen(weights):
    """한 쿼리는 모두 가려서 가중치가 모두 0이에요. 그 쿼리의 문맥도 0이에요."""
    weights[-1, 1] = 0.0
    return weights


def _context_cases(rng):
    b, t, s, d = rng.choice([(2, 3, 5, 4), (3, 2, 4, 6), (2, 5, 3, 7)])

    def weights(*shape, dtype=torch.float32):
        return torch.softmax(rng.normal(*shape, dtype=dtype, scale=1.5), dim=-1)

    return [
        case("values", weights(b, t, s), rng.normal(b, s, d)),
        case("square", weights(2, 4, 4), rng.normal(2, 4, 4)),
        case("double", weights(2, 3, 4, dtype=torch.float64), rng.normal(2, 4, 5, dtype=torch.float64)),
        case("values", _nothing_seen(weights(2, 3, 4)), rng.normal(2, 4, 3)),
    ]


_CONTEXT_EXAMPLE = case(
    "values", torch.tensor([[[0.7, 0.2, 0.1]]]), torch.tensor([[[1.0, 0.0], [0.0, 2.0], [10.0, 10.0]]])
)


def _context_loop(weights, values):
    rows = [
        [sum(weights[b, t, s] * values[b, s] for s in range(values.shape[1])) for t in range(weights.shape[1])]
        for b in range(len(values))
    ]
    return torch.stack([torch.stack(row) for row in rows])


CONTEXT = Exercise(
    name="context",
    lesson=LESSON,
    title="문맥 벡터",
    points=10,
    groups={
        "values": "쿼리마다 값들을 가중치만큼 섞어요",
        "square": "쿼리와 키의 수가 같아도 축을 헷갈리지 않아요",
        "double": "float64에서도 맞아요",
    },
    reference=rnn.context,
    sample_cases=_context_cases,
    examples=(_CONTEXT_EXAMPLE,),
    mistakes=(
        Mistake(
            id="context.plain-mean",
            title="가중치 없이 평균",
            why="모든 값을 똑같이 섞었어요. 어느 단어에 관심을 두는지가 결과에 나타나지 않아요.",
            look="`weights`가 식 어디에 들어가는지 봐요.",
            wrong=(
                lambda weights, values: values.mean(1, keepdim=True).expand(-1, weights.shape[1], -1),
                lambda weights, values: values.mean(1),
            ),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="context.wrong-axis",
            title="가중치의 두 축을 맞바꿈",
            why="쿼리 축과 키 축이 바뀐 채로 섞였어요. T와 S가 같으면 오류 없이 지나가요.",
            look="사라져야 하는 축은 값이 늘어선 S축이에요.",
            wrong=(lambda weights, values: weights.transpose(1, 2) @ values,),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="context.plain-sum",
            title="가중치 없이 더함",
            why="값을 그냥 모두 더했어요. 어느 단어에 관심을 두는지가 결과에 나타나지 않아요.",
            look="더하기 전에 값마다 무엇을 곱해야 하는지 식을 봐요.",
            wrong=(
                lambda weights, values: values.sum(1, keepdim=True).expand(-1, weights.shape[1], -1),
                lambda weights, values: values.sum(1),
            ),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="context.elementwise",
            title="같은 자리의 원소끼리 곱함",
            why="가중치와 값을 같은 자리의 원소끼리 곱했어요. 가중치의 뒤의 두 축은 (쿼리, 키)이고 값의 뒤의 두 축은 (키, 칸)이라, 같은 자리에 있는 둘은 짝이 아니에요.",
            look="식의 s가 `weights`와 `values`에서 각각 몇 번째 축인지 적어 봐요. 두 축이 만나 사라져야 해요.",
            wrong=(
                lambda weights, values: weights * values,
                lambda weights, values: (weights * values).sum(-1),
                lambda weights, values: (weights * values).sum(1),
                lambda weights, values: (weights * values).sum(1, keepdim=True),
            ),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="context.other-axis-summed",
            title="키의 축이 아닌 축을 더함",
            why="가중치를 값에 곱한 것까지는 맞았는데, 키가 늘어선 축 S가 아니라 다른 축을 더해서 없앴어요.",
            look="더하기 전의 네 축에 B, T, S, D를 적고, 더한 뒤에 어느 것이 남았는지 봐요.",
            wrong=(
                lambda weights, values: (weights[..., None] * values[:, None]).sum(dim=1),
                lambda weights, values: (weights[..., None] * values[:, None]).sum(dim=3),
                lambda weights, values: (weights[..., None] * values[:, None]).sum(dim=0),
            ),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="context.averaged-again",
            title="섞은 다음 또 나눔",
            why="가중치를 곱한 값들을 더하지 않고 평균 냈어요. 가중치의 합이 이미 1이라, 더하기만 해도 평균이에요.",
            look="식의 Σ를 `mean`으로 옮긴 곳이 있는지 봐요.",
            wrong=(lambda weights, values: (weights[..., None] * values[:, None]).mean(dim=2),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="context.softmax-again",
            title="가중치에 소프트맥스를 또 씌움",
            why="받은 가중치에 소프트맥스를 한 번 더 씌웠어요. 한 번 더 하면 모두 고르게 섞는 쪽으로 뭉개져요.",
            look="`weights`는 이미 합이 1인 비율이에요. 그대로 곱해 봐요.",
            wrong=(lambda weights, values: torch.softmax(weights, dim=-1) @ values,),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="context.renormalised",
            title="가중치를 합으로 다시 나눔",
            why="받은 가중치를 합으로 또 나눴어요. 모두 가려서 가중치가 모두 0인 쿼리에서는 0을 0으로 나눠 nan이 돼요.",
            look="식에 나누기가 있는지 보고, `weights`를 받은 그대로 곱해 봐요.",
            wrong=(lambda weights, values: (weights / weights.sum(dim=-1, keepdim=True)) @ values,),
            groups=("values",),
        ),
        Mistake(
            id="context.hardest-only",
            title="가중치가 가장 큰 값 하나만",
            why="가중치가 가장 큰 단어의 값만 가져왔어요. 어텐션은 한 줄만 고르지 않고 비율대로 섞어요.",
            look="나머지 단어의 값에는 무엇을 곱해야 하는지 식을 봐요.",
            wrong=(
                lambda weights, values: torch.stack(
                    [v[w.argmax(dim=-1)] for w, v in zip(weights, values, strict=True)]
                ),
            ),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="context.order-exchanged",
            title="곱하는 순서가 반대",
            why="값을 왼쪽에, 가중치를 오른쪽에 두고 곱했어요. T, S, D가 모두 같으면 오류 없이 지나가요.",
            look="`(B, T, S)`와 `(B, S, D)` 가운데 무엇이 왼쪽에 와야 S가 만나는지 봐요.",
            wrong=(lambda weights, values: values @ weights,),
            groups=("values", "square", "double"),
        ),
    ),
    correct=(
        lambda weights, values: torch.einsum("bts,bsd->btd", weights, values),
        lambda weights, values: (weights[..., None] * values[:, None]).sum(dim=2),
        _context_loop,
        lambda weights, values: torch.from_numpy(weights.numpy() @ values.numpy()),
    ),
)


# -- layer_cost (보너스) --


def _cost_cases(rng):
    n, d = rng.int(20, 60), 64 * rng.int(2, 8)
    return [
        case("self_attention", "self_attention", n, d),
        case("self_attention", "self_attention", d + 1, n),
        case("layers", "rnn", n, d),
        case("layers", "conv", n, d),
        case("layers", "conv", n + 1, d, k=rng.int(5, 9)),
        case("errors", "gru", n, d, comparator="raises", params={"error": "ValueError"}),
        case("errors", "rnn", 0, d, comparator="raises", params={"error": "ValueError"}),
        case("errors", "self_attention", n, 0, comparator="raises", params={"error": "ValueError"}),
        case("errors", "conv", n, -d, comparator="raises", params={"error": "ValueError"}),
        case("errors", "rnn", -n, -d, comparator="raises", params={"error": "ValueError"}),
        *(
            case("errors", kind, n, d, comparator="raises", params={"error": "ValueError"})
            for kind in ("", "r", "conv2d", "attention", "birnn", "rnn2")  # 아는 종류의 일부이거나 아는 종류를 품은 글
        ),
    ]


def _cost(kind, n, d, k=3, **changed):
    costs = {"self_attention": n * n * d, "rnn": n * d * d, "conv": k * n * d * d, **changed}
    if kind not in costs or n < 1 or d < 1:
        raise ValueError(kind)
    return costs[kind]


def _cost_branches(kind, n, d, k=3):
    if min(n, d) <= 0:
        raise ValueError("n과 d는 1 이상")
    if kind == "conv":
        return k * _cost_branches("rnn", n, d)
    if kind == "rnn":
        return n * d**2
    if kind == "self_attention":
        return n**2 * d
    raise ValueError(kind)


def _cost_count(kind, n, d, k=3):
    if kind not in ("self_attention", "rnn", "conv") or not n > 0 or not d > 0:
        raise ValueError(kind)
    per_pair = {"self_attention": n, "rnn": d, "conv": d * k}[kind]
    return sum(per_pair * d for _ in range(n))


LAYER_COST = Exercise(
    name="layer_cost",
    lesson=LESSON,
    title="표 1의 계산량",
    points=0,
    groups={
        "self_attention": "셀프 어텐션의 계산량이 표 1과 같아요",
        "layers": "RNN과 합성곱의 계산량이 표 1과 같아요",
        "errors": "모르는 종류와 0 이하의 크기는 ValueError로 알려요",
    },
    reference=rnn.layer_cost,
    sample_cases=_cost_cases,
    examples=(
        case("self_attention", "self_attention", 10, 4),
        case("layers", "rnn", 10, 4),
        case("layers", "conv", 10, 4),
    ),
    mistakes=(
        Mistake(
            id="layer_cost.n-d-exchanged",
            title="n과 d를 맞바꿈",
            why="문장의 길이와 벡터의 크기가 바뀌었어요. 문장이 길어질 때 무엇이 비싸지는지가 뒤집혀요.",
            look="셀프 어텐션은 단어의 모든 쌍을 봐요. 쌍의 수는 n과 d 가운데 무엇으로 정해지나요?",
            wrong=(
                lambda kind, n, d, k=3: _cost(kind, n, d, k, self_attention=n * d * d, rnn=n * n * d),
                lambda kind, n, d, k=3: _cost(kind, d, n, k),
            ),
            groups=("self_attention", "layers"),
        ),
        Mistake(
            id="layer_cost.attention-like-rnn",
            title="셀프 어텐션에 RNN의 계산량",
            why="셀프 어텐션의 값이 RNN의 값과 같아요. 단어 하나가 모든 단어와 견주는 일이 빠졌어요.",
            look="점수 행렬의 칸 수와, 칸 하나를 채우는 데 드는 곱셈의 수를 곱해 봐요.",
            wrong=(lambda kind, n, d, k=3: _cost(kind, n, d, k, self_attention=n * d * d),),
            groups=("self_attention",),
        ),
        Mistake(
            id="layer_cost.kernel-forgotten",
            title="합성곱의 너비 k가 빠짐",
            why="합성곱 한 번이 단어 하나만 보는 것으로 계산됐어요. 실제로는 k개를 봐요.",
            look="`k` 인자가 결과에 들어가는지 봐요.",
            wrong=(lambda kind, n, d, k=3: _cost(kind, n, d, 1),),
            groups=("layers",),
        ),
        Mistake(
            id="layer_cost.kernel-fixed",
            title="k 대신 3을 적음",
            why="합성곱의 너비를 늘 3으로 계산했어요. k를 다르게 주면 틀려요.",
            look="합성곱의 식에 인자 `k`가 들어 있는지 봐요.",
            wrong=(lambda kind, n, d, k=3: _cost(kind, n, d, 3),),
            groups=("layers",),
        ),
        Mistake(
            id="layer_cost.kernel-squared",
            title="k를 두 번 곱함",
            why="너비 k를 두 번 곱했어요. 그림을 훑는 합성곱은 가로와 세로가 있지만, 문장은 한 줄이에요.",
            look="한 자리를 계산할 때 단어를 몇 개 보는지 세어 봐요.",
            wrong=(lambda kind, n, d, k=3: _cost(kind, n, d, k * k),),
            groups=("layers",),
        ),
        Mistake(
            id="layer_cost.counted-exactly",
            title="표 1보다 많이 셈",
            why="셀프 어텐션에서 표 1의 식에 없는 곱까지 셌어요. 실제로 하는 곱에는 더 가깝지만, "
            "표 1은 가장 빨리 커지는 항 하나만 앞의 상수 없이 적어요.",
            look="표에서 셀프 어텐션의 계산량을 그대로 옮겨요.",
            wrong=(
                lambda kind, n, d, k=3: _cost(kind, n, d, k, self_attention=2 * n * n * d),
                lambda kind, n, d, k=3: _cost(kind, n, d, k, self_attention=n * n * d + n * d * d),
                lambda kind, n, d, k=3: _cost(kind, n, d, k, self_attention=2 * n * n * d + 3 * n * d * d),
                lambda kind, n, d, k=3: _cost(kind, n, d, k, self_attention=2 * n * n * d + 4 * n * d * d),
            ),
            groups=("self_attention",),
        ),
    ),
    correct=(_cost, _cost_branches, _cost_count),
)


# -- additive_scores (보너스) --


def _additive_cases(rng):
    b, s, d, a = rng.choice([(2, 5, 3, 4), (3, 4, 5, 2), (2, 6, 4, 5)])

    def arguments(b, s, d, a, dtype=torch.float32):
        return (
            rng.normal(b, d, dtype=dtype),
            rng.normal(b, s, d, dtype=dtype),
            rng.normal(d, a, dtype=dtype),
            rng.normal(d, a, dtype=dtype),
            rng.normal(a, dtype=dtype),
        )

    return [
        case("values", *arguments(b, s, d, a)),
        case("square", *arguments(4, 4, 3, 2)),
        case("double", *arguments(2, 3, 4, 5, torch.float64)),
    ]


_ADDITIVE_EXAMPLE = case(
    "values",
    torch.tensor([[1.0]]),
    torch.tensor([[[0.0], [-0.5]]]),
    torch.tensor([[1.0]]),
    torch.tensor([[2.0]]),
    torch.tensor([3.0]),
)


def _additive_loop(s, H, W_s, W_h, v):
    return torch.stack([torch.stack([torch.tanh(s[n] @ W_s + word @ W_h) @ v for word in H[n]]) for n in range(len(s))])


def _additive_overwritten(s, H, W_s, W_h, v):
    scores = []
    for i in range(H.shape[1]):
        s = torch.tanh(s @ W_s + H[:, i] @ W_h)
        scores.append(s @ v)
    return torch.stack(scores, dim=1)


def _additive_v_early(s, H, W_s, W_h, v, stacked=False):
    q = s @ W_s
    scores = [torch.tanh(q + H[:, i] @ W_h @ v) for i in range(H.shape[1])]
    if stacked:
        return torch.stack(scores, dim=1)
    out = torch.zeros(H.shape[:2])
    for i, score in enumerate(scores):
        out[:, i] = score
    return out


ADDITIVE_SCORES = Exercise(
    name="additive_scores",
    lesson=LESSON,
    title="더하기 어텐션의 점수",
    points=0,
    groups={
        "values": "값과 모양이 맞아요",
        "square": "문장 수와 단어 수가 같아도 축을 헷갈리지 않아요",
        "double": "float64에서도 맞아요",
    },
    reference=rnn.additive_scores,
    sample_cases=_additive_cases,
    examples=(_ADDITIVE_EXAMPLE,),
    mistakes=(
        Mistake(
            id="additive_scores.no-tanh",
            title="tanh가 없음",
            why="두 벡터를 더하고 바로 v를 곱했어요. tanh가 없으면 s가 어떤 단어를 고를지에 아무 영향도 못 줘요.",
            look="식에서 v를 곱하기 전에 무엇을 씌우는지 봐요.",
            wrong=(lambda s, H, W_s, W_h, v: ((s @ W_s)[:, None] + H @ W_h) @ v,),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="additive_scores.one-weight-for-both",
            title="두 상태에 같은 가중치 행렬",
            why="디코더의 상태와 인코더의 상태에 같은 가중치 행렬을 곱했어요.",
            look="인자 다섯 개가 모두 쓰였는지 세어 봐요.",
            wrong=(
                lambda s, H, W_s, W_h, v: torch.tanh((s @ W_s)[:, None] + H @ W_s) @ v,
                lambda s, H, W_s, W_h, v: torch.tanh((s @ W_h)[:, None] + H @ W_h) @ v,
            ),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="additive_scores.dot-product",
            title="내적으로 점수를 냄",
            why="두 벡터를 곱해서 더했어요. 그것은 레슨 5에서 만날 내적 어텐션이에요.",
            look="Bahdanau의 식은 더하기로 시작해요.",
            wrong=(
                lambda s, H, W_s, W_h, v: torch.einsum("bd,bsd->bs", s, H),
                lambda s, H, W_s, W_h, v: torch.einsum("ba,bsa->bs", s @ W_s, H @ W_h),
            ),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="additive_scores.wrong-broadcast",
            title="s가 문장이 아니라 단어에 붙음",
            why="s의 문장 축이 H의 단어 축과 맞춰졌어요. 문장 수와 단어 수가 같으면 단어마다 다른 문장의 s가 붙은 채 오류 없이 지나가요.",
            look="(B, A)를 (B, S, A)에 더하려면 어디에 크기 1인 축이 있어야 하나요?",
            wrong=(lambda s, H, W_s, W_h, v: torch.tanh(s @ W_s + H @ W_h) @ v,),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="additive_scores.weights-exchanged",
            title="W_s와 W_h를 맞바꿈",
            why="디코더의 상태 s에 W_h를, 인코더의 상태 H에 W_s를 곱했어요. 두 행렬의 모양이 같아 오류 없이 지나가요.",
            look="W_s의 s와 W_h의 h가 무엇의 이름인지 봐요.",
            wrong=(lambda s, H, W_s, W_h, v: torch.tanh((s @ W_h)[:, None] + H @ W_s) @ v,),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="additive_scores.softmaxed",
            title="점수에 소프트맥스까지 씌움",
            why="점수가 아니라 합이 1인 가중치가 나왔어요. 비율로 바꾸는 일은 `attention_weights`가 해요.",
            look="식의 마지막은 v를 곱하는 것이에요.",
            wrong=(lambda s, H, W_s, W_h, v: torch.softmax(torch.tanh((s @ W_s)[:, None] + H @ W_h) @ v, dim=-1),),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="additive_scores.tanh-outside",
            title="tanh를 다른 곳에 씌움",
            why="두 벡터를 더한 바로 다음이 아니라 다른 곳에 tanh를 씌웠어요.",
            look="식에서 tanh의 괄호가 어디에서 열리고 닫히는지 봐요.",
            wrong=(
                lambda s, H, W_s, W_h, v: torch.tanh(((s @ W_s)[:, None] + H @ W_h) @ v),
                lambda s, H, W_s, W_h, v: (torch.tanh(s @ W_s)[:, None] + torch.tanh(H @ W_h)) @ v,
                lambda s, H, W_s, W_h, v: (torch.tanh(s @ W_s)[:, None] + H @ W_h) @ v,
                lambda s, H, W_s, W_h, v: ((s @ W_s)[:, None] + torch.tanh(H @ W_h)) @ v,
            ),
            groups=("values", "square", "double"),
        ),
        Mistake(
            id="additive_scores.state-overwritten",
            title="s를 덮어씀",
            why="단어를 하나 볼 때마다 s를 새 값으로 바꿨어요. 다음 단어는 디코더의 상태가 아니라 앞 단어까지 계산한 값과 더해져요.",
            look="반복문 안에서 왼쪽에 `s`가 오는 줄이 있는지 봐요.",
            wrong=(_additive_overwritten,),
            groups=(
                "values",
                "square",
                "double",
            ),
        ),
        Mistake(
            id="additive_scores.v-on-the-words-only",
            title="단어 쪽에만 v를 곱함",
            why="두 벡터를 더하기 전에 단어 쪽에만 v를 곱했어요. 그래서 s의 벡터에 벡터가 아니라 수 하나가 더해져요.",
            look="`@`와 `+` 가운데 무엇을 먼저 계산하는지, tanh의 괄호가 어디에서 닫히는지 봐요.",
            wrong=(
                _additive_v_early,
                partial(_additive_v_early, stacked=True),
            ),
            groups=(
                "values",
                "square",
                "double",
            ),
        ),
        Mistake(
            id="additive_scores.v-missing",
            title="v를 곱하지 않음",
            why="tanh를 씌운 벡터의 칸을 그냥 더하거나 평균 냈어요. 어느 칸이 중요한지 정하는 v가 빠졌어요.",
            look="인자 다섯 개가 모두 쓰였는지 세어 봐요.",
            wrong=(
                lambda s, H, W_s, W_h, v: torch.tanh((s @ W_s)[:, None] + H @ W_h).sum(dim=-1),
                lambda s, H, W_s, W_h, v: torch.tanh((s @ W_s)[:, None] + H @ W_h).mean(dim=-1),
            ),
            groups=("values", "square", "double"),
        ),
    ),
    correct=(
        _additive_loop,
        lambda s, H, W_s, W_h, v: torch.einsum("bsa,a->bs", torch.tanh(H @ W_h + (s @ W_s).unsqueeze(1)), v),
        lambda s, H, W_s, W_h, v: (torch.tanh(F.linear(H, W_h.T) + (s @ W_s)[:, None]) * v).sum(-1),
        lambda s, H, W_s, W_h, v: torch.tanh(
            torch.cat([s[:, None].expand_as(H), H], dim=-1) @ torch.cat([W_s, W_h])
        ).matmul(v[:, None])[..., 0],
        lambda s, H, W_s, W_h, v: torch.from_numpy(
            np.tanh((s.numpy() @ W_s.numpy())[:, None] + H.numpy() @ W_h.numpy()) @ v.numpy()
        ),
    ),
)

EXERCISES: tuple[Exercise, ...] = (
    RNN_STEP,
    RNN_FORWARD,
    LAST_STATE,
    GRAD_NORM,
    ATTENTION_WEIGHTS,
    CONTEXT,
    LAYER_COST,
    PATH_LENGTH,
    ADDITIVE_SCORES,
)
