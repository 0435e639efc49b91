# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (Transformer)
#     language: python
#     name: python3
# ---

# %% [markdown] tags=["given"]
# # 레슨 3. 피드포워드: 정보 변환의 핵심
#
# **지금까지.** 레슨 1에서 모든 토큰이 모든 토큰을 한 번에 보는 어텐션을 만났고, 레슨 2에서 순서를 되찾았어요. 이제 토큰 벡터에는 뜻과 자리가 함께 들어 있어요.
#
# **이번 질문.** 어텐션은 토큰들의 값을 비율대로 **섞어요**. 섞은 것을 다른 것으로 **바꾸는** 일은 누가 할까요? 아래 그림에서 환하게 칠한
# 피드포워드(feed-forward network, FFN)가 그 일을 해요. 수식은 한 줄이에요.
#
# $$\mathrm{FFN}(x) = \max(0,\; xW_1 + b_1)\,W_2 + b_2 \qquad \text{(논문 §3.3, 식 (2))}$$
#
# 이 줄에서 가장 중요한 것은 행렬이 아니라 $\max(0, \cdot)$이에요. 그것이 없으면 무슨 일이 벌어지는지부터 눈으로 보고, 빠진 조각을 하나씩 채워요.
#
# {차례}

# %% [markdown] tags=["given"]
# ## 용어
#
# | 한국어 | English | 기호와 모양 |
# |---|---|---|
# | 피드포워드 | feed-forward network | `(B, T, D)`를 받아 `(B, T, D)`를 돌려줘요 |
# | 모델의 너비 | model width | $D = d_\text{model}$, 논문은 512 |
# | 안쪽 너비 | inner width | $F = d_\text{ff}$, 논문은 2048 (네 배) |
# | 선형, 비선형 | linear, nonlinear | 곧은 계산, 곧지 않은 계산 |
# | 활성화 함수 | activation function | 여기서는 ReLU, $\max(0, z)$ |
# | 가중치 행렬, 편향 | weight, bias | $W_1$: `(D, F)`, $b_1$: `(F,)`, $W_2$: `(F, D)`, $b_2$: `(D,)` |
# | 위치마다 따로 | position-wise | 토큰 하나의 결과가 다른 토큰과 무관해요 |
# | 드롭아웃 | dropout | 학습할 때 값을 확률 $p$로 0으로 만들어요 |
#
# B는 문장 수(배치), T는 토큰 수예요. 이 코스에서는 어디서나 `x @ W`로 곱하고, 가중치 행렬의 모양은 **(들어오는 크기, 나가는 크기)** 예요.
# 글과 모양의 $F$는 안쪽 너비이고, 코드에서 `F.dropout`처럼 쓰는 `F`는 `torch.nn.functional`이에요.
#
# 함수를 채운 뒤 바로 아래의 `check("이름")`을 실행하면 무엇이 맞고 다른지 바로 알려 줘요. 먼저 아래 셀들을 실행해 주세요.

# %% tags=["given"]
import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder import check
from autograder.kit import drawing, fast, moving, plots, progress, show_reference, steps, text

torch.set_num_threads(1)  # 오늘처럼 작은 텐서는 코어 하나가 더 빨라요.

# %% tags=["given"]
drawing("transformer", lit="ffn")

# %% tags=["given"]
hours = torch.arange(0, 24.1, 0.25)[None, :, None]  # 15분마다 잰 시각 97개를 토큰 97개로, (1, 97, 1)
turn = 2 * math.pi * (hours - 10) / 24
temperature = 15 + 6 * (torch.sin(turn) + torch.sin(2 * turn) / 4)  # 우리가 지어낸 하루의 기온
x_day, y_day, clock = hours / 12 - 1, (temperature - 15) / 6, hours.flatten()  # 작은 수로 맞춰 학습해요.


def show_day(model, title: str, ax, kinks=()) -> None:
    """model(시각)이 내놓는 기온을 하루의 기온(점선)과 함께 그려요. kinks는 꺾이는 시각이에요."""
    curves = {"하루의 기온": temperature.flatten(), "모델": model(hours).detach().flatten()}
    axes = {"xlabel": "시각", "ylabel": "기온 (도)"}
    plots.lines(clock, curves, title=title, **axes, dashed=["하루의 기온"], ax=ax)
    ax.set_xticks(range(0, 25, 6))
    if len(kinks):
        ax.plot(kinks, model(kinks[None, :, None]).flatten(), "o", color=plots.RED)


# %% [markdown] tags=["given"]
# ## 시작. 곡선을 따라가게 하기
#
# 시각을 넣으면 기온을 내놓는 모델을 학습시켜요. 새벽까지 내려갔다가 낮에 오르고 밤에 다시 내려가는 곡선이에요.
# 모델은 `nn.Linear`(행렬을 곱하고 편향을 더하는 선형층) 하나, 둘, 여섯 개를 쌓은 것이에요.
#
# **예상.** 여섯 층이면 곡선을 얼마나 잘 따라갈까요?


# %% tags=["experiment"]
def miss(output: torch.Tensor) -> float:
    """y_day와 어긋난 크기를 도로: 차이를 제곱해 평균 내고 제곱근을 씌워요."""
    return 6 * ((output.detach() - y_day) ** 2).mean().sqrt().item()


def learn(guess, weights, count: int = steps(500, 60)) -> None:
    """guess()가 y_day에 가까워지도록 weights를 count번 고쳐요. steps와 fast의 둘째 수는 코스를 시험할 때만 써요."""
    optimizer = torch.optim.Adam(weights, lr=0.02)
    for step in range(count):
        optimizer.param_groups[0]["lr"] = 0.02 * (1 - step / count)  # 갈수록 조금씩 고쳐요.
        loss = ((guess() - y_day) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


# %% tags=["experiment"]
torch.manual_seed(0)
stacks = {}
for depth in progress([1, 2, 6], "선형층을 1개, 2개, 6개 쌓은 모델의 학습"):
    sizes = [1] + [32] * (depth - 1) + [1]
    stack = nn.Sequential(*[nn.Linear(size, sizes[i + 1]) for i, size in enumerate(sizes[:-1])])
    learn(lambda model=stack: model(x_day), [*stack.parameters()])
    stacks[depth] = stack

# %% tags=["experiment"]
for ax, (depth, stack) in zip(plots.panels(3), stacks.items(), strict=True):
    show_day(lambda h, model=stack: 15 + 6 * model(h / 12 - 1), f"선형층 {depth}개", ax)
    count = sum(w.numel() for w in stack.parameters())
    print(f"선형층 {depth}개: 숫자 {count:,}개를 배웠고, {miss(stack(x_day)):.2f}도 어긋나요")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 세 칸의 직선이 똑같아요. 숫자를 4,321개 배운 여섯 층도, 2개 배운 한 층과 똑같이 3.49도씩 어긋나요. 더 오래 학습해도 그대로예요.
# 한 번도 꺾이지 못했어요. 무엇이 빠졌을까요?

# %% [markdown] tags=["given"]
# ## 실습 3-1 꺾이지 않으면 두 층도 한 층 ★★☆ · 논문 §3.3
#
# **왜 직선뿐일까요?** 쌓은 두 선형층의 괄호를 풀어 봐요.
#
# $$(xW_1 + b_1)W_2 + b_2 = x\,\underbrace{W}_{?} + \underbrace{b}_{?}$$
#
# 두 층인데 결국 한 층이에요. 여섯 층이든 백 층이든 마찬가지고요. 이렇게 정해 둔 수를 곱하고 더하기만 해서 곧은 선이나 평면으로 그려지는 계산을 **선형**(linear),
# 꺾이거나 휘는 계산을 **비선형**(nonlinear)이라고 해요(편향을 더한 것은 엄밀히는 아핀이지만, 딥러닝에서 하듯 함께 선형이라고 불러요).
# 선형은 아무리 쌓아도 선형이에요.
#
# **손으로.** $D = 1$, $F = 2$이고 $W_1 = [1, 2]$, $b_1 = [1, 0]$, $W_2 = [3, 1]^\top$, $b_2 = -1$이면
#
# $$([1, 2]x + [1, 0])\begin{bmatrix} 3 \\ 1 \end{bmatrix} - 1 = (3 + 2)x + 3 - 1 = 5x + 2$$
#
# **예상.** $D = 512$, $F = 2048$이라면 합친 $W$에는 숫자가 몇 개 필요할까요? 두 층의 가중치 행렬이 가진 숫자와 견줘 봐요.
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $W$는 $D \times D$라서 262,144개면 돼요. 두 층의 가중치 행렬에는 2,097,152개, 여덟 배가 있고요. 비선형이 없으면 그 여덟 배가 헛일이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "collapse", "locked": false, "schema_version": 3, "solution": true, "task": false}
def collapse(
    W1: torch.Tensor, b1: torch.Tensor, W2: torch.Tensor, b2: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """ReLU가 없는 두 층과 똑같은 한 층 (W, b)를 돌려줘요.

    식: (x W1 + b1) W2 + b2 = x W + b 가 모든 x에서 성립해요.
    모양: W1 (D, F), b1 (F,), W2 (F, D), b2 (D,) -> W (D, D), b (D,)
    예: 위의 손 계산이라면 W [[5.0]], b [2.0]
    """
    ### BEGIN SOLUTION
    return W1 @ W2, b1 @ W2 + b2
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 왼쪽 식의 괄호를 풀어 x가 붙은 항과 붙지 않은 항으로 나눠요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 행렬 곱의 분배법칙이에요. 벡터 `(F,)`와 행렬 `(F, D)`도 `@`로 곱할 수 있고 결과는 `(D,)`예요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 첫 층의 편향도 둘째 층의 행렬을 지나가요. 그 뒤에 둘째 층의 편향이 더해지고요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_collapse", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
check("collapse")

# %% tags=["experiment"]
first, second = stacks[2]  # 위에서 학습한 두 층. nn.Linear의 W는 (나가는 크기, 들어오는 크기)라 맞바꿔 꺼내요.
weights = (first.weight.T, first.bias, second.weight.T, second.bias)
W, b = collapse(*[w.detach() for w in weights])
merged, stacked = x_day @ W + b, stacks[2](x_day).detach()
print(f"합친 한 층: 가중치 행렬 {W.item():.3f}, 편향 {b.item():.3f}")
print(f"두 층과 합친 한 층의 가장 큰 차이: {(merged - stacked).abs().max():.1e}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 숫자 97개로 만든 두 층이 숫자 둘로 줄었고, 차이는 반올림뿐이에요.
#
# **한 줄 정리.** 사이에 비선형이 없으면 선형층은 몇 개를 쌓아도 하나예요.

# %% [markdown] tags=["given"]
# ## 실습 3-2 ReLU ★☆☆ · 논문 §3.3
#
# **왜 필요할까요?** 꺾을 것이 있어야 해요. 가장 단순한 것이 "음수는 0, 나머지는 그대로"예요.
#
# $$\mathrm{ReLU}(z) = \max(0, z)$$
#
# > **논문 §3.3.** FFN은 선형 변환 둘이고, 그 사이에 ReLU가 하나 있어요.
#
# **손으로.** `[-2, 0.5, 3, -0.1]`을 넣으면 음수 자리만 0이 되어 `[0, 0.5, 3, 0]`이에요.
#
# **예상.** 시각 $h$를 0부터 24까지 바꾸며 $\mathrm{ReLU}(13 - h)$를 그리면 어디에서 꺾이고, 어느 쪽이 0일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 괄호 안이 0인 13시에서 꺾이고, **뒤**가 0이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "relu", "locked": false, "schema_version": 3, "solution": true, "task": false}
def relu(x: torch.Tensor) -> torch.Tensor:
    """음수를 0으로 바꾸고 나머지는 그대로 둬요.

    식: ReLU(x) = max(0, x)
    모양: 무엇이든 받고 같은 모양, 같은 dtype으로 돌려줘요. 입력은 바꾸지 않아요.
    예: relu(torch.tensor([-2.0, 0.5, 3.0, -0.1])) -> [0, 0.5, 3, 0]
    """
    ### BEGIN SOLUTION
    return x.clamp(min=0)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 원소마다 0과 견줘 큰 쪽을 남겨요. 원소를 하나씩 돌 필요는 없어요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `Tensor.clamp`, `torch.maximum`, `torch.where` 가운데 어느 것으로도 쓸 수 있어요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# `clamp`는 최솟값을 정해 주면 그보다 작은 값을 모두 그 값으로 끌어올려요. 이름이 `_`로 끝나는 것은 입력을 고치니 쓰지 않아요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_relu", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("relu")

# %% tags=["experiment"]
hinges = {
    r"$\mathrm{ReLU}(h - 6)$": relu(clock - 6),
    r"$\mathrm{ReLU}(13 - h)$": relu(13 - clock),
    r"$3\,\mathrm{ReLU}(h - 16)$": 3 * relu(clock - 16),
}
plots.lines(clock, hinges, title="ReLU 하나에 꺾임이 하나", xlabel=r"시각 $h$", ylabel="스위치가 내놓는 값")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 선마다 꼭 한 번 꺾여요. 괄호 안이 양수일 때만 **켜지는 스위치**예요.
#
# **한 줄 정리.** ReLU는 음수를 0으로 잘라, 곧은 계산을 한 번 꺾어요. 오늘의 비선형은 이것 하나예요.

# %% [markdown] tags=["given"]
# ## 실습 3-3 피드포워드 ★★☆ · 논문 §3.3
#
# **왜 넓혔다가 되돌릴까요?** 꺾임 하나로는 모자라요. 그래서 $D$차원의 토큰 벡터를 더 넓은 $F$차원으로 펼쳐 스위치를 $F$개 만들고, 켜진 것만 모아 돌아와요.

# %% tags=["given"]
drawing("wide-and-back")

# %% [markdown] tags=["given"]
# $$\mathrm{FFN}(x) = \underbrace{\max(0,\; xW_1 + b_1)}_{\text{넓히고 꺾기: } (B,\,T,\,F)}\,W_2 + b_2$$
#
# > **논문 §3.3.** 들어오고 나가는 벡터의 너비는 512, 안쪽은 2048이에요.
#
# **손으로.** $D = 2$, $F = 3$이고 토큰 하나가 $x = [1, -2]$라고 해요.
#
# $$W_1 = \begin{bmatrix} 1 & 0 & -1 \\ 0 & 1 & 1 \end{bmatrix},\; b_1 = [0,\, 1,\, 0.5],\quad
# W_2 = \begin{bmatrix} 2 & 1 \\ 1 & -1 \\ 0 & 3 \end{bmatrix},\; b_2 = [0.5,\, 0]$$
#
# 1. $xW_1 = [1, -2, -3]$, 편향을 더하면 $[1, -1, -2.5]$
# 2. ReLU를 지나면 $[1, 0, 0]$. 스위치 셋 가운데 하나만 켜졌어요.
# 3. $W_2$를 곱하면 $[2, 1]$, 편향을 더하면 $[2.5, 1]$
#
# **예상.** ReLU를 둘째 단계가 아니라 맨 끝에 걸면 이 토큰의 출력은 무엇이 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $[1, -1, -2.5]W_2 = [1, -5.5]$, 편향을 더하면 $[1.5, -5.5]$, 그 뒤에 ReLU를 걸면 $[1.5, 0]$이에요. 출력에서 음수가 사라져요.
# 이 출력은 곧 다른 벡터에 더해질 텐데(레슨 4), 그러면 키우기만 하고 줄이지는 못해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "ffn", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ffn(
    x: torch.Tensor,
    W1: torch.Tensor,
    b1: torch.Tensor,
    W2: torch.Tensor,
    b2: torch.Tensor,
) -> torch.Tensor:
    """토큰마다 넓혔다가 자르고 되돌려요.

    식: FFN(x) = max(0, x W1 + b1) W2 + b2  (논문 식 (2))
    모양: x (B, T, D), W1 (D, F), b1 (F,), W2 (F, D), b2 (D,) -> (B, T, D)
    예: 위의 손 계산이라면 x [[[1, -2]]] -> [[[2.5, 1.0]]]
    """
    ### BEGIN SOLUTION
    hidden = relu(x @ W1 + b1)  # (B, T, F)
    return hidden @ W2 + b2  # (B, T, D)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 식 (2)를 왼쪽부터 읽으며 세 단계로 나눠요: 넓히기, 자르기, 되돌리기.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 행렬 곱은 `@`, 자르기는 방금 만든 `relu`예요. `(B, T, D) @ (D, F)`는 앞의 두 축을 그대로 두고 곱해 줘요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 중간 결과에 이름을 붙이고 모양을 적어 봐요. `(B, T, F)`가 나왔다면 절반은 온 거예요. 편향은 두 번 더해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_ffn", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
check("ffn")

# %% [markdown] tags=["given"]
# 이제 하루의 기온을 따라가요. 스위치 넷을 손으로 만들어요. $W_1$은 모두 1, $-b_1$은 켜지는 시각, $W_2$는 그때부터 기울기를 **얼마나 바꿀지**예요.

# %% tags=["given"]
drawing("kinks-add-up")

# %% tags=["experiment"]
opens = torch.tensor([0.0, 6.0, 13.0, 16.0])  # 켜지는 시각
turns = torch.tensor([-1.0, 3.0, -2.0, -1.0])  # 기울기를 바꾸는 양. 고쳐서 다시 실행해 봐요!


def made_by_hand(h: torch.Tensor, on: torch.Tensor) -> torch.Tensor:
    """여러분의 ffn에 손으로 지은 스위치를 넣어요. on이 0인 스위치는 W2의 줄이 0이 돼요."""
    return ffn(h, torch.ones(1, 4), -opens, (on * turns)[:, None], torch.tensor([13.0]))


def draw_switches(끄기: str) -> None:
    on = torch.tensor([float(끄기 != f"{hour:g}시") for hour in opens])
    pieces = {f"{hour:g}시": relu(clock - hour) * turns[i] * on[i] for i, hour in enumerate(opens)}
    left, right = plots.panels(2)
    plots.lines(clock, pieces, title="스위치마다 더하는 값", xlabel="시각", ylabel="기온 (도)", ax=left)
    show_day(lambda h: made_by_hand(h, on), "모두 더하고 13도를 더하면", right, opens[on > 0])


# %% tags=["experiment"]
moving(draw_switches, 끄기=["없음", "0시", "6시", "13시", "16시"])
by_hand = miss((made_by_hand(hours, torch.ones(4)) - 15) / 6)
print(f"손으로 지은 FFN은 {by_hand:.2f}도 어긋나요")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 3.49도이던 어긋남이 0.36도로 줄었어요. 단추로 하나를 꺼 봐요. 6시 스위치를 끄면 6시의 꺾임이 사라져 기온이 종일 내려가요. 6시 **전**은 그대로고요.
#
# **한 줄 정리.** FFN은 한 번씩 꺾인 선들을 더해요. 스위치가 넉넉하면 어떤 굽은 선이든 가까이 따라가요.

# %% [markdown] tags=["given"]
# ## 실험. d_ff가 커지면 꺾임도 늘어요
#
# 이번에는 스위치의 자리까지 학습으로 찾게 해요. 안쪽 너비 $d_\text{ff}$만 1, 2, 4, 8, 16으로 바꾸고, 모두 **같은 스텝 수만큼** 학습해요.
# 운 나쁘게 시작하면 스위치 몇 개가 끝내 켜지지 않기도 해서, 서로 다른 16곳에서 출발해 가장 나은 것을 골라요.
#
# **예상.** 어긋남이 1도 아래로 내려가려면 스위치가 몇 개 필요할까요?


# %% tags=["experiment"]
def spread_switches(d_ff: int, runs: int = 1) -> list[torch.Tensor]:
    """켜지는 자리를 하루에 고루 흩어 놓은 처음 가중치 runs벌."""
    W1 = 3.0 * torch.randint(0, 2, (runs, 1, d_ff)) - 1.5
    b1 = -W1 * (2 * torch.rand(runs, 1, d_ff) - 1)
    return [W1, b1, torch.randn(runs, d_ff, 1) / d_ff**0.5, torch.zeros(runs, 1, 1)]


def best_of_sixteen(d_ff: int) -> list[torch.Tensor]:
    """16곳에서 학습해 가장 덜 어긋난 W1 (1, F), b1 (F,), W2 (F, 1), b2 (1,)를 돌려줘요."""
    W1, b1, W2, b2 = weights = [w.requires_grad_() for w in spread_switches(d_ff, 16)]
    learn(lambda: torch.relu(x_day @ W1 + b1) @ W2 + b2, weights, steps(1500, 60))
    missed = (torch.relu(x_day @ W1 + b1) @ W2 + b2 - y_day).square().mean((1, 2))
    i = missed.argmin()
    return [w.detach() for w in (W1[i], b1[i, 0], W2[i], b2[i, 0])]


# %% tags=["experiment"]
torch.manual_seed(0)
widths = [1, 2, 4, 8, 16]
trained = {d_ff: best_of_sixteen(d_ff) for d_ff in progress(widths, "안쪽 너비 다섯 가지의 학습")}


def draw_day(d_ff: int) -> None:
    W1, b1, _, _ = trained[d_ff]
    kinks = 12 * (1 - b1 / W1[0])  # 괄호 안이 0이 되는 시각
    kinks = kinks[(kinks >= 0) & (kinks <= 24)]
    ax = plots.panels(1, width=6.4, height=3.8)[0]
    show_day(lambda h: 15 + 6 * ffn(h / 12 - 1, *trained[d_ff]), f"스위치 {d_ff}개", ax, kinks)


moving(draw_day, d_ff=[4, 1, 2, 8, 16])

# %% tags=["experiment"]
errors = {d_ff: miss(ffn(x_day, *trained[d_ff])) for d_ff in widths}
print(", ".join(f"{d_ff}개 {error:.2f}도" for d_ff, error in errors.items()))
straight = miss(stacks[1](x_day))
curves = {"ReLU 있음": list(errors.values()), "ReLU 없음": [straight] * len(widths)}
plots.lines(
    widths,
    curves,
    title="안쪽 너비와 남은 어긋남",
    xlabel=r"안쪽 너비 $d_\mathrm{ff}$ (스위치의 수)",
    ylabel="어긋남 (도)",
    logx=True,
    logy=True,
    marker="o",
    dashed=["ReLU 없음"],
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 손잡이를 움직여 봐요. 빨간 점이 꺾이는 자리예요. 스위치 하나면 한 번 꺾고, 둘이면 봉우리가 서서 벌써 1도 아래(0.92도)이고,
# 넷이면 새벽의 골짜기까지 따라가요. 16개면 곡선과 구별하기 어려워요.
# ReLU가 없으면 안쪽 너비가 얼마든 3.49도에서 움직이지 않아요. 실습 3-1에서 본 대로 직선 하나라서요.
#
# **한 줄 정리.** 안쪽 너비는 꺾을 수 있는 자리의 수, 곧 스위치의 수예요.

# %% [markdown] tags=["given"]
# ## 실험. 스위치는 키, 적는 것은 값
#
# 시각 대신 말을 넣어 봐요. 식 (2)를 스위치마다 나눠 쓰면 이래요. $k_i$는 $W_1$의 $i$번째 열, $v_i$는 $W_2$의 $i$번째 행이에요.
#
# $$\mathrm{FFN}(x) = \sum_{i} \max(0,\; x \cdot k_i + b_{1,i})\; v_i + b_2$$
#
# 스위치 하나가 "이런 무늬($k_i$)가 보이면 이것($v_i$)을 적어라"라는 쪽지예요. 학습된 언어 모델에서 정말 열마다 반응하는 글의 무늬가 있다는 것을
# Geva 외 (2021)가 보이고, FFN을 **키-값 저장소**(key-value memory)라고 불렀어요. 어텐션의 키와 값은 그때그때 문장에서 오지만, 여기의 키와 값은 배워서 굳힌 가중치예요.
#
# 어텐션이 '안'을 뒤의 말에 섞어 두었다고 하고, 쪽지 두 장을 손으로 적어요. 차원은 (안, 좋다, 싫다)이고 있으면 1이라, '안 좋다'는 토큰 하나 $[1, 1, 0]$이에요.
#
# **예상.** 이 일을 꺾지 않는 선형층 하나로 할 수 있을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 할 수 없어요. 선형이면 '안'은 누구 옆에서나 **똑같은 것**을 더해요. '좋다'를 '싫다' 쪽으로 미는 그 힘이 '싫다'도 같은 쪽으로 밀어요. 반대로 밀려면 옆에 무엇이 있는지에 따라 켜지고 꺼져야 해요.
#
# </details>

# %% tags=["experiment"]
keys = torch.tensor([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])  # 열 하나가 키 하나: 안+좋다, 안+싫다
values = torch.tensor([[-1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]])  # 안과 좋다를 지우고 싫다를 적기, 그 반대
phrases = {"좋다": [0.0, 1, 0], "안 좋다": [1.0, 1, 0], "싫다": [0.0, 0, 1], "안 싫다": [1.0, 0, 1]}
said = torch.tensor([list(phrases.values())])  # (1, 4, 3)
both_needed = torch.tensor([-1.0, -1.0])  # 하나만 있으면 1 - 1 = 0이라 꺼져 있어요.
meant = said + ffn(said, keys, both_needed, values, torch.zeros(3))  # 더하는 까닭은 레슨 4에서
for phrase, row in zip(phrases, meant[0], strict=True):
    print(f"{phrase} → {['안', '좋다', '싫다'][row.argmax()]}  {[round(v) for v in row.tolist()]}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 혼자서는 아무 스위치도 켜지 못하고, '안'이 짝을 만났을 때만 뜻이 뒤집혔어요. 섞는 일은 어텐션이, 섞인 것을 보고 뜻을 바꾸는 일은 FFN이 했어요.
#
# **한 줄 정리.** FFN의 스위치 하나는 키(언제 켜질지)와 값(무엇을 적을지)의 짝이에요.

# %% [markdown] tags=["given"]
# ## 실습 3-4 위치마다 따로, 똑같이 ★★★ · 논문 §3.3
#
# **왜 position-wise라고 부를까요?** FFN은 방금 네 마디를, 아까는 시각 97개를 섞지 않고 하나씩 바꿨어요.

# %% tags=["given"]
drawing("ffn-at-every-position")

# %% [markdown] tags=["given"]
# > **논문 §3.3.** FFN은 위치마다 따로, 똑같이 적용돼요. 층이 다르면 파라미터도 달라요.
#
# - **따로**: 토큰 하나의 결과는 옆에 어떤 토큰이 있든 같아요.
# - **똑같이**: 어느 자리에 있든 같은 가중치 행렬을 써요.
#
# 어떤 함수가 그런지 가려내요.
#
# **손으로.** 문장이 $[x_1, x_2, x_3]$일 때 '앞에서부터 더하기'는 $[x_1,\; x_1{+}x_2,\; x_1{+}x_2{+}x_3]$을 내놓아요.
# $x_2$만 따로 넣으면 $x_2$가 나오는데 문장째 넣으면 $x_1 + x_2$가 나오니 위치마다 따로가 **아니에요**. 그런데 첫 위치만 보면 둘 다 $x_1$이라 들키지 않아요.
#
# **예상.** 토큰의 순서를 거꾸로 하는 함수는요? 출력들의 평균은 그대로예요.
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 아니에요. 첫 자리의 출력이 마지막 토큰에서 왔으니까요. 평균만 보면 놓쳐요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "is_position_wise", "locked": false, "schema_version": 3, "solution": true, "task": false}
def is_position_wise(f, x: torch.Tensor) -> bool:
    """함수 f가 모든 위치를 따로, 똑같이 다루면 True예요.

    f는 (B, T, D)를 받아 (B, T, E)를 돌려주는 함수이고, 토큰이 하나인 (B, 1, D)도 받을 수 있어요.
    1e-6쯤의 차이는 더하는 차례가 달라 생기는 반올림이라, 같은 것으로 봐요.
    모양: x (B, T, D) -> 파이썬 bool
    예: is_position_wise(relu, x) -> True, is_position_wise(lambda x: x.flip(1), x) -> False
    """
    ### BEGIN SOLUTION
    whole = f(x)  # (B, T, E)
    alone = [f(x[:, t : t + 1]) for t in range(x.shape[1])]  # T개의 (B, 1, E)
    return torch.allclose(whole, torch.cat(alone, dim=1), atol=1e-5)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 문장 속에 있을 때의 출력과 혼자 넣었을 때의 출력을 견줘요. 어느 자리를 견줘야 속지 않을까요?
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `x[:, t]`로 꺼내면 위치의 축이 사라져 `(B, D)`가 돼요. `x[:, t : t + 1]`은 축을 남겨 `(B, 1, D)`예요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 혼자 넣은 출력들을 위치의 축을 따라 이어 붙이면 문장째 넣은 출력과 모양이 같아져요. 그 둘이 반올림만큼만 다른지가 답이에요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_is_position_wise", "locked": true, "points": 22, "schema_version": 3, "solution": false, "task": false}
check("is_position_wise")

# %% tags=["experiment"]
words = text.BANK.split()  # 나는 은행에 가서 돈을 찾았다
torch.manual_seed(5)
said = torch.randn(1, len(words), 8)
small = [torch.randn(8, 32) / 3, torch.randn(32), torch.randn(32, 8) / 6, torch.randn(8)]
wide = nn.Conv1d(8, 8, kernel_size=3, padding=1).requires_grad_(False)  # 이웃까지 셋을 보는 합성곱
candidates = {
    "피드포워드": lambda x: ffn(x, *small),
    "이웃을 보는 합성곱": lambda x: wide(x.transpose(1, 2)).transpose(1, 2),
    "앞에서부터 더하기": lambda x: x.cumsum(dim=1),
    "순서를 거꾸로": lambda x: x.flip(1),
    "어텐션(비율대로 섞기)": lambda x: torch.softmax(x @ x.transpose(1, 2) / 8, dim=-1) @ x,
}
for name, f in candidates.items():
    print(f"{name}: {'위치마다 따로, 똑같이' if is_position_wise(f, said) else '그렇지 않아요'}")

# %% tags=["experiment"]
moved = said.clone()
moved[:, words.index("돈을")] += 1.0  # 토큰 하나만 바꿔요.
change = torch.stack([(f(moved) - f(said)).abs().sum(-1)[0] for f in candidates.values()])
plots.heatmap(
    change / change.amax(dim=1, keepdim=True),
    rows=list(candidates),
    columns=words,
    values="{:.2f}",
    title="'돈을'만 바꿨을 때 움직인 출력",
    xlabel="위치",
    ylabel="함수",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 줄마다 가장 많이 움직인 칸이 1이에요. FFN은 바꾼 토큰 하나만 움직이고, 나머지는 다른 자리를 움직여요.
#
# 논문은 이것을 **커널 크기 1인 합성곱 둘**이라고도 설명해요. 한 번에 위치 하나만 보는 합성곱이에요. 확인해 봐요.

# %% tags=["experiment"]
torch.manual_seed(6)
one, two = nn.Conv1d(8, 32, kernel_size=1), nn.Conv1d(32, 8, kernel_size=1)
sentence = torch.randn(2, 6, 8)  # (B, T, D). 합성곱은 (B, D, T)를 받아요.
theirs = two(torch.relu(one(sentence.transpose(1, 2)))).transpose(1, 2).detach()
weights = (one.weight[:, :, 0].T, one.bias, two.weight[:, :, 0].T, two.bias)
ours = ffn(sentence, *[w.detach() for w in weights])
print(f"커널 크기 1인 합성곱 둘과의 가장 큰 차이: {(ours - theirs).abs().max():.1e}")

# %% [markdown] tags=["given"]
# **한 줄 정리.** 어텐션은 토큰을 섞고, FFN은 토큰을 하나씩 바꿔요.

# %% [markdown] tags=["given"]
# ## 실습 3-5 파라미터 수 ★☆☆ · 논문 §3.3
#
# **왜 세어 볼까요?** "Attention Is All You Need"라는 제목과 달리, Transformer 한 층의 파라미터는 FFN에 많이 모여 있어요. 얼마나 되는지 직접 세어 봐요.
#
# **손으로.** $d_\text{model} = 2$, $d_\text{ff} = 3$이면 $W_1$ 6개, $b_1$ 3개, $W_2$ 6개, $b_2$ 2개, 모두 17개예요.
#
# **예상.** 논문의 크기(512, 2048)라면 층 하나(어텐션과 FFN)에서 FFN은 절반을 넘을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 넘어요. 편향을 빼고 어텐션의 네 행렬이 $4 \times 512^2 = 1{,}048{,}576$개, FFN의 두 행렬이 $2 \times 512 \times 2048 = 2{,}097{,}152$개라 층의 3분의 2가 FFN이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "ffn_param_count", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ffn_param_count(d_model: int, d_ff: int) -> int:
    """FFN 하나의 학습되는 수(가중치와 편향)를 모두 세요.

    모양: 정수 둘 -> 정수
    예: ffn_param_count(2, 3) -> 17
    어느 한쪽이라도 1보다 작으면 ValueError예요.
    """
    ### BEGIN SOLUTION
    if d_model < 1 or d_ff < 1:
        raise ValueError(f"크기는 1 이상이어야 해요: d_model={d_model}, d_ff={d_ff}")
    return d_model * d_ff + d_ff + d_ff * d_model + d_model
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 식 (2)의 문자 넷, 곧 두 가중치와 두 편향의 모양을 적고 원소를 세어요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 곱셈과 덧셈이면 돼요. 허용되지 않는 크기는 `raise ValueError(...)`로 막아요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# $W_1$과 $W_2$는 행과 열이 맞바뀌었을 뿐 원소 수가 같고, $b_1$과 $b_2$는 길이가 달라요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_ffn_param_count", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("ffn_param_count")


# %% tags=["experiment"]
def shares(attentions: int, norms: int) -> list[float]:
    """논문의 base 크기에서 어텐션, 피드포워드, 층 정규화가 한 층의 몇 %인지."""
    attention = 4 * 512 * 512 + 4 * 512  # W_q W_k W_v W_o와 편향, 레슨 6에서 다시 세요.
    counts = [attentions * attention, ffn_param_count(512, 2048), norms * 2 * 512]
    return [100 * count / sum(counts) for count in counts]


layers = {"인코더 한 층": shares(1, 2), "디코더 한 층": shares(2, 3)}
axes = {"xlabel": "부품", "ylabel": "비율 (%)"}
plots.bars(["어텐션", "피드포워드", "층 정규화"], layers, title="한 층의 파라미터", **axes, values="{:.1f}")
whole, total = 63_082_496, 12 * ffn_param_count(512, 2048)  # 모델 전체는 레슨 8에서 여러분이 직접 세요.
print(f"FFN 열두 개면 {total:,}개, 모델 전체의 {100 * total / whole:.1f}%")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 인코더 한 층의 3분의 2, 어텐션이 둘인 디코더 한 층에서도 절반이 FFN이에요. 임베딩 표까지 넣은 모델 전체로 보아도 40%쯤이고요.
#
# **왜 하필 네 배일까요?** 논문은 까닭을 적지 않았어요. 대신 표 3에서 $d_\text{ff}$만 바꿔 봐요. 1024, 2048, 4096일 때 번역 점수(BLEU)는 25.4, 25.8, 26.2이고
# 파라미터는 53M, 65M, 90M이에요. 넓을수록 나아지지만 $d_\text{ff}$를 두 배씩 키워도 점수는 조금씩만 올라요. 네 배는 법칙이 아니라 점수와 크기 사이의 타협으로 읽을 수 있어요.
#
# **한 줄 정리.** 제목은 어텐션이지만, 한 층의 파라미터는 절반에서 3분의 2가 FFN에 있어요.

# %% [markdown] tags=["given"]
# ## 실습 3-6 FFN의 드롭아웃 ★★☆ · Srivastava 외 (2014)
#
# **왜 일부러 버릴까요?** 앞에서 스위치 하나를 끄니 하루가 무너졌어요. 몇 개에만 기대면 처음 보는 문장에서도 쉽게 무너져요.
# 학습하는 동안 스위치의 값을 확률 $p$로 꺼 두면 여러 스위치가 일을 나눠 가져요. 평가할 때는 버리지 않아요.
#
# 버리기만 하면 합의 평균이 $(1-p)$배로 줄어요. 그래서 살아남은 값을 $\frac{1}{1-p}$배로 키워 평균을 지켜요.
#
# $$h = \max(0, xW_1 + b_1), \qquad \mathrm{FFN}(x) = \mathrm{Dropout}_p(h)\,W_2 + b_2$$
#
# > **논문 §5.4.** 드롭아웃은 부분층(어텐션이나 FFN 하나, 레슨 4)의 출력에 걸어요. FFN의 안쪽에는 그 뒤의 여러 구현이 걸어요.
#
# **손으로.** $h = [1, 0, 2, 4]$, $p = 0.5$인데 두 번째와 세 번째가 버려졌다면 $[2, 0, 0, 8]$이에요. 합이 7에서 10이 됐지만, 되풀이해 평균 내면 7이에요.
#
# **예상.** `training=False`로 두 번 부르면 결과가 같을까요, 다를까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 같아요. 번역기가 매번 다른 말을 한다면 이것을 의심해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "ffn_dropout", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ffn_dropout(
    x: torch.Tensor,
    W1: torch.Tensor,
    b1: torch.Tensor,
    W2: torch.Tensor,
    b2: torch.Tensor,
    p: float,
    training: bool,
) -> torch.Tensor:
    """활성화 바로 다음에 드롭아웃을 한 번 거는 FFN이에요.

    식: Dropout_p(max(0, x W1 + b1)) W2 + b2. 버릴 자리는 원소마다 따로, 부를 때마다 새로 골라요.
    살아남은 값은 1/(1-p)배, training이 False면 버리지 않아요.
    모양: x (B, T, D), W1 (D, F), b1 (F,), W2 (F, D), b2 (D,) -> (B, T, D)
    """
    ### BEGIN SOLUTION
    hidden = relu(x @ W1 + b1)  # (B, T, F)
    return F.dropout(hidden, p, training) @ W2 + b2  # (B, T, D)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# `ffn`과 거의 같아요. 어디에 한 단계를 끼울지만 정하면 돼요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `F.dropout(입력, p, training)`이 버리기와 키우기를 함께 해 줘요. `torch.rand_like`로 직접 만들어도 좋아요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# ReLU를 지난 값에 걸고, 그다음에 두 번째 행렬을 곱해요. `training`을 꼭 넘겨 주세요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_ffn_dropout", "locked": true, "points": 19, "schema_version": 3, "solution": false, "task": false}
check("ffn_dropout")

# %% tags=["experiment"]
torch.manual_seed(0)
token = torch.randn(1, 1, 8)
given = [torch.randn(8, 32) / 3, torch.zeros(32), torch.randn(32, 8) / 6, torch.zeros(8)]
still = ffn_dropout(token, *given, 0.3, False)[0, 0, 0]
draws = torch.stack([ffn_dropout(token, *given, 0.3, True)[0, 0, 0] for _ in range(fast(2000, 200))])
print(f"평가할 때 {still:.3f}, 학습할 때의 평균 {draws.mean():.3f}, 표준편차 {draws.std():.3f}")
ax = plots.panels(1, width=6.4, height=3.8)[0]
title = "드롭아웃은 흔들지만 평균은 지켜요"
plots.histogram({"학습할 때의 출력": draws}, bins=40, ax=ax, title=title, xlabel="출력의 첫 번째 값")
ax.axvline(draws.mean(), color=plots.ORANGE, linewidth=4, label="그 평균")
ax.axvline(still, color=plots.INK, linestyle="--", label="평가할 때의 값")
_ = ax.legend()

# %% [markdown] tags=["given"]
# **눈으로 보기.** 학습할 때의 출력은 흔들리지만, 평균(주황)은 평가할 때의 값(점선)과 거의 겹쳐요. $\frac{1}{1-p}$배를 빠뜨리면 둘이 어긋나요.
#
# 이제 스위치 64개에게 기온을 가르치고, 가장 아픈 하나를 꺼요.


# %% tags=["experiment"]
def raised_with(p: float) -> list[torch.Tensor]:
    """여러분의 ffn_dropout으로 학습한 스위치 64개."""
    torch.manual_seed(0)
    W1, b1, W2, b2 = spread_switches(64)
    weights = [w.clone().requires_grad_() for w in (W1[0], b1[0, 0], W2[0], b2[0, 0])]
    learn(lambda: ffn_dropout(x_day, *weights, p, True), weights)
    return [w.detach() for w in weights]


def worst_without_one(W1: torch.Tensor, b1: torch.Tensor, W2: torch.Tensor, b2: torch.Tensor) -> float:
    """스위치를 하나씩 꺼 보고, 가장 크게 어긋난 것."""
    return max(miss(ffn(x_day, W1, b1, W2 * (torch.arange(64) != off)[:, None], b2)) for off in range(64))


# %% tags=["experiment"]
rates = {"드롭아웃 없이": 0.0, r"$p = 0.1$": 0.1}
raised = {name: raised_with(p) for name, p in progress(rates.items(), "두 FFN의 학습")}
hurts = {name: [miss(ffn(x_day, *weights)), worst_without_one(*weights)] for name, weights in raised.items()}
plots.bars(
    ["모두 켰을 때", "가장 아픈 하나를 껐을 때"],
    hurts,
    title="드롭아웃은 일을 나눠 갖게 해요",
    xlabel="평가할 때의 스위치 64개",
    ylabel="어긋남 (도)",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 모두 켜면 드롭아웃 없이 배운 쪽이 더 정확해요. 하지만 가장 아픈 스위치 하나를 끄면 몇 도나 어긋나요. 드롭아웃으로 배운 쪽은 덜 정확한 대신 하나쯤 빠져도 버텨요.
# 얼마나 버릴지도 타협이에요. 논문이 드롭아웃을 거는 곳(부분층의 출력)에서 잰 표 3을 보면 $p$가 0.0, 0.1, 0.2일 때 BLEU는 24.6, 25.8, 25.5예요.
#
# **한 줄 정리.** 드롭아웃은 학습할 때만 활성화를 버리고, 남은 값을 키워 평균을 지켜요.

# %% [markdown] tags=["given"]
# ## 실습 3-7 (보너스) SwiGLU ★★☆ · Shazeer (2020)
#
# **왜 문을 달까요?** 활성화도 그 뒤로 발전했어요. BERT와 GPT는 0 근처가 둥근 GELU를, 요즘의 큰 언어 모델(LLaMA, PaLM)은 **문**(gate)을 단 SwiGLU를 써요.
# 한 갈래가 얼마나 열지를, 다른 갈래가 무엇을 보낼지를 정해요.
#
# $$\mathrm{SwiGLU}(x) = \big(\mathrm{SiLU}(xW) \odot xV\big)\,W_2, \qquad \mathrm{SiLU}(z) = z \cdot \sigma(z)$$
#
# $\sigma(z) = \frac{1}{1 + e^{-z}}$는 어떤 수든 0과 1 사이로 누르는 **시그모이드**, $\odot$는 원소끼리 곱하기예요.
#
# **손으로.** $D = 1$, $F = 2$이고 $x = 1$, $W = [0,\, 2]$, $V = [3,\, -1]$, $W_2 = [1,\, 2]^\top$이면
#
# 1. $\sigma(0) = 0.5$, $\sigma(2) = 0.881$이라 문은 $\mathrm{SiLU}([0, 2]) = [0 \cdot 0.5,\; 2 \cdot 0.881] = [0,\, 1.762]$
# 2. 보낼 것 $[3, -1]$과 원소끼리 곱하면 $[0,\, -1.762]$. 문이 닫힌 3은 사라졌어요.
# 3. $W_2$를 곱하면 $-3.523$
#
# **예상.** 행렬이 셋이라 안쪽 너비가 같으면 파라미터가 1.5배예요. 안쪽 너비가 2048인 ReLU FFN과 크기를 맞추려면 SwiGLU의 안쪽 너비는 얼마여야 할까요(편향은 빼고요)?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 3분의 2인 1365쯤이에요. $3 \cdot D \cdot 1365 \approx 2 \cdot D \cdot 2048$이니까요. LLaMA도 이렇게 줄여 써요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "swiglu", "locked": false, "schema_version": 3, "solution": true, "task": false}
def swiglu(x: torch.Tensor, W: torch.Tensor, V: torch.Tensor, W2: torch.Tensor) -> torch.Tensor:
    """문이 달린 피드포워드예요.

    식: (SiLU(x W) * x V) W2, SiLU(z) = z · sigmoid(z)
    모양: x (B, T, D), W와 V (D, F), W2 (F, D) -> (B, T, D)
    """
    ### BEGIN SOLUTION
    gate = x @ W  # (B, T, F)
    return (gate * torch.sigmoid(gate) * (x @ V)) @ W2  # (B, T, D)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 두 갈래를 따로 계산해 원소끼리 곱하고, 마지막 행렬로 되돌아와요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `torch.sigmoid`나 `F.silu`를 쓸 수 있어요. 원소끼리 곱하기는 `*`예요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# SiLU는 W 쪽 갈래에만 걸려요. V 쪽 갈래는 행렬 곱 그대로예요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_swiglu", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("swiglu")

# %% tags=["experiment"]
z = torch.linspace(-4, 4, 161)
curves = {"ReLU": relu(z), "GELU": F.gelu(z), "SiLU": F.silu(z)}
axes = {"xlabel": "$z$", "ylabel": "활성화를 지난 값"}
plots.lines(z, curves, title="ReLU와 그 뒤에 나온 활성화들", **axes, dashed=["GELU", "SiLU"])

# %% tags=["experiment"]
pairs = torch.rand(1, 1024, 2, generator=torch.Generator().manual_seed(0)) * 2 - 1
product = pairs.prod(dim=-1, keepdim=True)


def learn_product(f, *shapes: tuple[int, ...]) -> float:
    """두 수의 곱을 배우게 하고, 답의 분산을 1로 본 남은 오차를 돌려줘요."""
    torch.manual_seed(0)
    weights = [nn.Parameter(torch.randn(*shape) / shape[0] ** 0.5) for shape in shapes]
    optimizer = torch.optim.Adam(weights, lr=0.01)
    for _ in range(steps(1000, 60)):
        loss = F.mse_loss(f(pairs, *weights), product)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item() / product.var().item()


# %% tags=["experiment"]
sizes = [(6, 4), (24, 16)]
products = {
    "ReLU": [learn_product(ffn, (2, F_), (F_,), (F_, 1), (1,)) for F_, _ in progress(sizes, "ReLU FFN의 학습")],
    "SwiGLU": [learn_product(swiglu, (2, F_), (2, F_), (F_, 1)) for _, F_ in progress(sizes, "SwiGLU의 학습")],
}
plots.bars(
    ["6 대 4", "24 대 16"],
    products,
    values="{:.0e}",
    logy=True,
    title="비슷한 크기의 두 FFN이 곱셈을 배우면",
    xlabel="안쪽 너비 (ReLU 대 SwiGLU)",
    ylabel="남은 오차",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 문은 두 갈래를 곱하기 때문에 곱셈처럼 얽힌 관계를 훨씬 쉽게 배워요. 이 문제는 곱셈 그 자체라 SwiGLU에 아주 유리해요.
# 실제 언어 모델에서의 차이는 이보다 훨씬 작고, 만든 사람도 왜 좋은지 설명하지 못한 채 "신의 은총" 덕으로 돌렸어요.
#
# **한 줄 정리.** SwiGLU는 한 갈래가 다른 갈래의 문을 여닫는 FFN이에요.

# %% [markdown] tags=["given"]
# ## 마무리. PyTorch와 같아요
#
# 논문 크기의 인코더 층을 PyTorch로 만들고, 그 피드포워드의 가중치를 여러분의 `ffn`에 넣어요. `eval()`은 드롭아웃을 끄고 평가하겠다는 뜻이에요.

# %% tags=["experiment"]
torch.manual_seed(0)
layer = nn.TransformerEncoderLayer(512, nhead=8, dim_feedforward=2048, batch_first=True).eval()
first, second = layer.linear1, layer.linear2
sentence = torch.randn(2, 7, 512)
weights = (first.weight.T, first.bias, second.weight.T, second.bias)
ours = ffn(sentence, *[w.detach() for w in weights])
theirs = {"nn.Linear 둘": second(F.relu(first(sentence))), "인코더 층의 피드포워드": layer._ff_block(sentence)}
for name, output in theirs.items():
    print(f"{name}: 가장 큰 차이 {(ours - output.detach()).abs().max():.1e}")
count = sum(w.numel() for w in weights)
print(f"파라미터: PyTorch {count:,}개, 여러분의 ffn_param_count {ffn_param_count(512, 2048):,}개")

# %% [markdown] tags=["given"]
# 여러분의 `ffn`이 번역 모델 속의 바로 그 부품이에요. 곧은 여섯 층이 못 하던 일을 꺾임이 해냈어요.

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# FFN 없이 **어텐션 층만** 열 개 쌓은 모델에 토큰이 **하나뿐인** 문장을 넣어요. 어텐션 층은 토큰마다 값 벡터 $xW_v$를 만들고, 그것들을 합이 1인 비율로 더해요.
# 비율은 토큰들의 벡터를 보고 소프트맥스로 정하고요. 이 모델은 오늘의 기온 곡선을 따라갈 수 있을까요? 토큰이 여럿이면 무엇이 달라지고, 무엇이 그대로일까요?
# 실습 3-1을 근거로 세 문장쯤 적어 주세요. 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# 따라갈 수 없어요. 토큰이 하나면 비율이 언제나 1이라 층의 출력은 선형인 $xW_v$이고, 실습 3-1처럼 열 층이 한 층으로 합쳐져 직선만 남아요.
# 토큰이 여럿이면 비율이 토큰들에 따라 바뀌므로 전체는 비선형이고 한 층으로 합쳐지지 않아요.
# 그때도 값 벡터를 섞기만 할 뿐, 꺾어서 바꾸는 곳은 없어요.
#
# 채점 기준
#
# - 1점: 토큰이 하나면 비율이 언제나 1이라고 했어요.
# - 1점: 그래서 층 하나의 출력이 $xW_v$, 곧 선형이라고 했어요.
# - 1점: 실습 3-1처럼 열 층이 한 층으로 합쳐져 곡선을 따라가지 못한다고 했어요.
# - 1점: 토큰이 여럿이면 비율이 토큰들에 따라 달라져 한 층으로 합쳐지지 않는다고 했어요.
# - 1점: 그때도 섞기만 할 뿐 값 벡터를 꺾어 바꾸는 곳은 없다고 했어요.

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# 섞는 부분과 바꾸는 부분이 생겼으니 이제 여섯 층, 백 층으로 쌓고 싶어요. 그런데 그냥 쌓으면 학습이 되지 않아요.
# 레슨 4에서 기울기가 다니는 길을 내고 값의 크기를 다잡는 두 가지 장치, 잔차 연결과 층 정규화를 만들어요.
#
# 저장소째로 받았다면 아래 셀은 오늘의 실습을 모두 통과한 뒤 이 코스의 기준 구현을 보여 줘요(나눠 받은 묶음에는 없어요). 오늘 만든 함수들이 거기에 같은 이름으로 있어요.

# %% tags=["experiment"]
show_reference("feed_forward.py")
