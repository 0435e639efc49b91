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
# **지금까지.** 레슨 1에서 RNN을 떠나 모든 토큰이 모든 토큰을 한 번에 보는 어텐션을 만났고, 레슨 2에서 그러느라 잃어버린 순서를
# 위치 인코딩으로 되찾았어요. 이제 토큰 벡터에는 뜻과 자리가 함께 들어 있어요.
#
# **이번 질문.** 어텐션은 토큰들의 값을 비율대로 섞어요. 그런데 섞기만 하면 정말 새로운 것이 생길까요? 레몬즙과 물과 설탕을 섞는 일과,
# 그것을 끓여서 시럽으로 **바꾸는** 일은 달라요. Transformer에서 바꾸는 쪽을 맡은 부분이 피드포워드(Feed-Forward Network, FFN)예요.
#
# $$\mathrm{FFN}(x) = \max(0,\; xW_1 + b_1)\,W_2 + b_2 \qquad \text{(논문 식 (2))}$$
#
# {차례}

# %% [markdown] tags=["given"]
# ## 용어
#
# | 한국어 | English | 기호와 모양 |
# |---|---|---|
# | 피드포워드 | feed-forward network | `(B, T, D)`를 받아 `(B, T, D)`를 돌려줘요 |
# | 모델의 폭 | model width | $D = d_\text{model}$, 논문은 512 |
# | 안쪽 폭 | inner width | $F = d_\text{ff}$, 논문은 2048 (네 배) |
# | 활성화 함수 | activation function | 여기서는 ReLU, $\max(0, z)$ |
# | 가중치, 편향 | weight, bias | $W_1$: `(D, F)`, $b_1$: `(F,)`, $W_2$: `(F, D)`, $b_2$: `(D,)` |
# | 위치마다 따로 | position-wise | 토큰 하나의 결과가 다른 토큰과 무관해요 |
# | 드롭아웃 | dropout | 학습할 때 값을 확률 $p$로 0으로 만들어요 |
#
# B는 문장 수(배치), T는 토큰 수예요. 가중치는 이 코스 어디서나 `x @ W`로 곱하고 모양은 **(들어오는 크기, 나가는 크기)** 예요.
#
# 함수를 채운 뒤 바로 아래의 `check("이름")`을 실행하면 무엇이 맞고 다른지 바로 알려 줘요. 먼저 아래 두 셀을 실행해 주세요.

# %% tags=["given"]
import math

import torch
import torch.nn.functional as F

from autograder import check
from autograder.kit import fast, plots, progress, show_reference, text

torch.set_num_threads(1)  # 오늘처럼 작은 텐서는 코어 하나가 더 빨라요.

# %% [markdown] tags=["given"]
# ## 실습 3-1 ReLU ★☆☆ · 논문 §3.3
#
# **왜 필요할까요?** 식 (2)에서 행렬 곱과 덧셈을 빼면 $\max(0, \cdot)$ 하나만 남아요. 이 한 조각이 FFN에서 유일하게 **곧지 않은** 부분이에요.
# 얼마나 중요한지는 실습 3-3에서 직접 보게 돼요.
#
# $$\mathrm{ReLU}(z) = \max(0, z)$$
#
# **손으로.** `[-2, 0.5, 3, -0.1]`을 넣으면 음수 자리만 0이 되어 `[0, 0.5, 3, 0]`이에요.
#
# **예상.** 평균이 0인 정규분포에서 뽑은 수 1,000개를 넣으면 0이 아닌 것이 몇 개쯤 남을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 절반쯤이에요. 0을 가운데 두고 양쪽에 고르게 퍼져 있으니까요. 그래서 ReLU를 지난 벡터는 절반쯤이 0인 **성긴** 벡터가 돼요.
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

# %% nbgrader={"grade": true, "grade_id": "check_relu", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("relu")

# %% tags=["experiment"]
z = torch.linspace(-3, 3, 121)
curves = {"ReLU": relu(z), "GELU": F.gelu(z), "SiLU": F.silu(z)}
plots.lines(z, curves, title="ReLU와 그 뒤에 나온 활성화들", xlabel="z", ylabel="활성화(z)", dashed=["GELU", "SiLU"])

# %% [markdown] tags=["given"]
# **눈으로 보기.** 점선은 그 뒤에 널리 쓰인 GELU(BERT, GPT)와 SiLU(LLaMA)예요. 셋 다 오른쪽은 거의 그대로, 왼쪽은 0에 가까워요.
# 크게 다른 곳은 0 근처예요. ReLU는 각지게, 나머지 둘은 부드럽게 꺾여요.
#
# **한 줄 정리.** ReLU는 음수를 0으로 잘라 곧은 계산을 한 번 꺾어요.

# %% [markdown] tags=["given"]
# ## 실습 3-2 피드포워드 ★★☆ · 논문 §3.3
#
# **왜 넓혔다가 되돌릴까요?** 폭 $D$인 토큰 벡터를 먼저 더 넓은 $F$차원으로 펼쳐요. 넓은 곳에서는 특징 하나하나가 스위치 하나씩을 가질 수 있어요.
# ReLU가 그 스위치를 켜고 끈 뒤, 켜진 것만 모아 다시 $D$차원으로 돌아와요. 논문은 $D = 512$, $F = 2048$로 네 배를 펼쳐요.
#
# $$\mathrm{FFN}(x) = \max(0,\; xW_1 + b_1)\,W_2 + b_2$$
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
# **예상.** ReLU를 2번이 아니라 맨 끝에 걸면 이 토큰의 출력은 무엇이 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $[1, -1, -2.5]W_2 = [1, -5.5]$, 편향을 더하면 $[1.5, -5.5]$, 그 뒤에 ReLU를 걸면 $[1.5, 0]$이에요. 출력에서 음수가 사라지는 것도 문제예요.
# 이 출력은 곧 다른 벡터에 더해질 텐데, 음수가 없으면 키우기만 하고 줄이지는 못해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "ffn", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ffn(x: torch.Tensor, W1: torch.Tensor, b1: torch.Tensor, W2: torch.Tensor, b2: torch.Tensor) -> torch.Tensor:
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

# %% nbgrader={"grade": true, "grade_id": "check_ffn", "locked": true, "points": 24, "schema_version": 3, "solution": false, "task": false}
check("ffn")

# %% tags=["experiment"]
tokens = text.SCHOOL.split()  # ["나는", "학교에", "간다"]
g = torch.Generator().manual_seed(3)
x = torch.randn(1, len(tokens), 8, generator=g)
W1, b1 = torch.randn(8, 32, generator=g) / 8**0.5, 0.1 * torch.randn(32, generator=g)
W2, b2 = torch.randn(32, 8, generator=g) / 32**0.5, torch.zeros(8)
on = relu(x @ W1 + b1)[0]
for token, row in zip(tokens, on, strict=False):
    print(f"{token}: 스위치 {len(row)}개 가운데 {int((row > 0).sum())}개가 켜짐")
plots.heatmap(on, rows=tokens, title="토큰마다 켜진 스위치가 달라요", xlabel="안쪽 차원 (F = 32)")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 흰 칸이 꺼진 스위치예요. 아직 학습하지 않은 가중치인데도 토큰마다 켜지는 자리가 달라요. 학습이란 이 스위치들에 쓸모를 주는 일이에요.
#
# **한 줄 정리.** FFN은 넓은 곳에서 스위치를 켜고 끈 뒤 켜진 것만 모아 돌아와요.

# %% [markdown] tags=["given"]
# ## 실습 3-3 ReLU가 없으면 ★★☆ · 논문 §3.3
#
# **왜 꺾어야 할까요?** ReLU를 빼고 괄호를 풀어 봐요.
#
# $$(xW_1 + b_1)W_2 + b_2 = x\,\underbrace{W}_{?} + \underbrace{b}_{?}$$
#
# 두 층을 쌓았는데 결국 층 하나예요. 백 층을 쌓아도 마찬가지고요. 2048차원으로 펼친 수고가 통째로 사라져요.
#
# **손으로.** $D = 1$, $F = 2$이고 $W_1 = [1, 2]$, $b_1 = [1, 0]$, $W_2 = [3, 1]^\top$, $b_2 = -1$이면
#
# $$([1, 2]x + [1, 0])\begin{bmatrix} 3 \\ 1 \end{bmatrix} - 1 = (3 + 2)x + 3 - 1 = 5x + 2$$
#
# **예상.** 합친 $W$에는 숫자가 몇 개 필요할까요? $D = 512$, $F = 2048$일 때 두 층이 가진 숫자와 견줘 봐요.
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $W$는 $D \times D$라서 262,144개면 돼요. 두 층의 가중치는 2,097,152개, 여덟 배예요. ReLU 하나가 없으면 그 여덟 배가 아무 일도 하지 않아요.
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

# %% nbgrader={"grade": true, "grade_id": "check_collapse", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
check("collapse")

# %% tags=["experiment"]
g = torch.Generator().manual_seed(1)
W1, b1 = torch.randn(1, 16, generator=g), torch.randn(16, generator=g)
W2, b2 = torch.randn(16, 1, generator=g) / 4, torch.zeros(1)
line = torch.linspace(-3, 3, 200)[:, None]
straight = (line @ W1 + b1) @ W2 + b2
W, b = collapse(W1, b1, W2, b2)
print("두 층과 한 층의 가장 큰 차이:", f"{(straight - (line @ W + b)).abs().max():.1e}")

# %% tags=["experiment"]
bent, merged = relu(line @ W1 + b1) @ W2 + b2, line @ W + b
curves = {"ReLU 있음": bent[:, 0], "ReLU 없음(두 층)": straight[:, 0], "합친 한 층": merged[:, 0]}
plots.lines(
    line[:, 0],
    curves,
    title="ReLU가 없으면 두 층은 직선 하나예요",
    xlabel="입력 x",
    ylabel="출력",
    dashed=["합친 한 층"],
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 같은 가중치인데 ReLU가 있으면 스위치가 켜지고 꺼지는 자리마다 꺾이고, 없으면 두 층과 합친 한 층이 한 직선으로 겹쳐요.
#
# **한 줄 정리.** 사이에 꺾는 것이 없으면 선형층은 몇 개를 쌓아도 하나예요.

# %% [markdown] tags=["given"]
# ## 실험. d_ff가 커지면 무엇을 더 배울까
#
# 선형층이 절대 못 하는 일을 시켜 봐요. 입력은 두 수 $a, b$이고 맞혀야 할 답은 그 **곱** $a \cdot b$예요.
# 직선과 평면으로는 곱셈을 흉내 낼 수 없어요. 안쪽 폭 $d_\text{ff}$만 바꿔 가며 같은 시간 동안 학습시켜요.
#
# **예상.** 스위치 1개, 4개, 16개, 64개 가운데 어디서부터 쓸 만해질까요?


# %% tags=["experiment"]
def learn_product(d_ff: int, activation=torch.relu, steps: int = fast(1000, 60)) -> float:
    """a·b를 배우게 하고, 답의 분산을 1로 본 남은 오차를 돌려줘요."""
    torch.manual_seed(0)
    first, second = torch.nn.Linear(2, d_ff), torch.nn.Linear(d_ff, 1)
    parameters = [*first.parameters(), *second.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=0.01)
    x = torch.rand(1024, 2) * 2 - 1
    y = x.prod(dim=1, keepdim=True)
    for _ in range(steps):
        loss = F.mse_loss(second(activation(first(x))), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item() / y.var().item()


# %% tags=["experiment"]
widths = [1, 4, 16, 64]
with_relu = [learn_product(d_ff) for d_ff in progress(widths, "ReLU가 있는 네 모델의 학습")]
without = [learn_product(d_ff, activation=lambda z: z) for d_ff in progress(widths, "ReLU가 없는 네 모델의 학습")]
for d_ff, bent, straight in zip(widths, with_relu, without, strict=True):
    print(f"d_ff {d_ff:>2}: ReLU {bent:.4f}, ReLU 없이 {straight:.4f}")

# %% tags=["experiment"]
errors = {"ReLU 있음": with_relu, "ReLU 없음": without}
plots.lines(
    widths,
    errors,
    title="곱셈 배우기: 안쪽 폭과 남은 오차",
    xlabel="안쪽 폭 d_ff",
    ylabel="남은 오차 (1이면 하나도 못 배움)",
    logx=True,
    logy=True,
    marker="o",
    dashed=["ReLU 없음"],
)

# %% [markdown] tags=["given"]
# ReLU가 없으면 폭을 아무리 늘려도 오차가 1에서 꼼짝하지 않아요. 앞 실습에서 본 대로 선형층 하나일 뿐이라서요.
# ReLU가 있어도 스위치 하나로는 배우지 못해요. 네 개부터 오차가 3%쯤으로 떨어지고, 폭이 넓어질수록 더 줄어요. 꺾을 자리가 많아지니까요.
#
# **한 줄 정리.** 안쪽 폭은 꺾을 수 있는 자리의 수, 곧 스위치의 수예요.

# %% [markdown] tags=["given"]
# ## 실습 3-4 위치마다 따로, 똑같이 ★★★ · 논문 §3.3
#
# **왜 position-wise라고 부를까요?** 논문은 FFN이 "각 위치에 따로, 똑같이" 적용된다고 적어요. 두 가지 말이에요.
#
# - **따로**: 토큰 하나의 결과는 옆에 어떤 토큰이 있든 같아요.
# - **똑같이**: 어느 자리에 있든 같은 가중치를 써요.
#
# 그래서 토큰을 섞는 일은 어텐션만 하고, FFN은 토큰을 하나씩 바꾸기만 해요. 역할이 깨끗하게 나뉘어요.
# 어떤 함수가 정말 그런지 가려내는 검사를 만들어요.
#
# **손으로.** 문장이 $[x_1, x_2, x_3]$일 때 '앞에서부터 더하기'는 $[x_1,\; x_1{+}x_2,\; x_1{+}x_2{+}x_3]$을 내놓아요.
# $x_2$만 따로 넣으면 $x_2$가 나오는데 문장째 넣으면 $x_1 + x_2$가 나오니 위치마다 따로가 **아니에요**. 그런데 첫 위치만 보면 둘 다 $x_1$이라 들키지 않아요.
#
# **예상.** 토큰의 순서를 뒤집는 함수는 어떨까요? 출력들의 평균은 그대로인데요.
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 위치마다 따로가 아니에요. 첫 자리의 출력이 마지막 토큰에서 왔으니까요. 평균이나 모양만 보면 놓치므로 위치마다 하나씩 견줘야 해요.
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
# 문장째 넣은 결과와, 토큰을 하나씩 넣어 모은 결과를 견줘요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `x[:, t : t + 1]`은 t번째 토큰만 남긴 `(B, 1, D)`예요. 모으는 데는 `torch.cat(..., dim=1)`, 견주는 데는 `torch.allclose`가 편해요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 토큰마다 `f`를 불러 목록을 만들고, 이어 붙여 문장째 넣은 결과와 값으로 견줘요. 모든 위치를 봐야 해요. 작은 반올림 차이는 봐주고요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_is_position_wise", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
check("is_position_wise")

# %% tags=["experiment"]
g = torch.Generator().manual_seed(5)
x = torch.randn(2, 6, 8, generator=g)
W1, b1 = torch.randn(8, 32, generator=g) / 3, torch.zeros(32)
W2, b2 = torch.randn(32, 8, generator=g) / 6, torch.zeros(8)
candidates = {
    "피드포워드": lambda x: ffn(x, W1, b1, W2, b2),
    "앞에서부터 더하기": lambda x: x.cumsum(dim=1),
    "순서 뒤집기": lambda x: x.flip(1),
    "어텐션(비율대로 섞기)": lambda x: torch.softmax(x @ x.transpose(1, 2) / 8, dim=-1) @ x,
}
for name, f in candidates.items():
    print(f"{name}: {'위치마다 따로' if is_position_wise(f, x) else '토큰을 섞어요'}")

# %% tags=["experiment"]
moved = x.clone()
moved[:, 2] += 1.0  # 세 번째 토큰만 바꿔요.
change = {name: (f(moved) - f(x)).abs().sum(-1)[0] for name, f in candidates.items()}
rows = torch.stack([row / row.max() for row in change.values()])
names = [f"토큰 {t + 1}" for t in range(6)]
plots.heatmap(
    rows, rows=list(change), columns=names, title="토큰 3만 바꿨을 때 움직인 출력", values="{:.2f}", colorbar=False
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 줄마다 가장 많이 움직인 칸을 1로 맞췄어요. FFN은 바꾼 토큰 하나만 움직이고, 다른 함수들은 다른 자리까지 움직여요(뒤집기는 네 번째 자리로 옮겨 갔어요).
#
# **한 줄 정리.** 어텐션은 토큰을 섞고, FFN은 토큰을 하나씩 바꿔요.

# %% [markdown] tags=["given"]
# ## 실습 3-5 파라미터 수 ★☆☆ · 논문 §3.3
#
# **왜 세어 볼까요?** "Attention Is All You Need"라는 제목과 달리, Transformer 한 층의 파라미터는 FFN에 많이 모여 있어요. 얼마나 되는지 직접 세어 봐요.
#
# **손으로.** $d_\text{model} = 2$, $d_\text{ff} = 3$이면 $W_1$ 6개, $b_1$ 3개, $W_2$ 6개, $b_2$ 2개, 모두 17개예요.
#
# **예상.** 논문의 크기(512, 2048)라면 백만 개를 넘을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 넘어요. 두 행렬만으로도 $2 \times 512 \times 2048 = 2{,}097{,}152$개예요. 여기에 편향을 더한 것이 답이에요.
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
# $W_1$과 $W_2$는 모양만 뒤집혔을 뿐 원소 수가 같고, $b_1$과 $b_2$는 길이가 달라요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_ffn_param_count", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("ffn_param_count")

# %% tags=["experiment"]
d_model, d_ff = 512, 2048
attention = 4 * d_model * d_model + 4 * d_model  # W_q W_k W_v W_o와 편향, 레슨 6에서 다시 세요.
norm = 2 * d_model  # 층 정규화 하나, 레슨 4에서 만나요.
parts = ["어텐션", "피드포워드", "층 정규화"]
encoder = [attention, ffn_param_count(d_model, d_ff), 2 * norm]
decoder = [2 * attention, ffn_param_count(d_model, d_ff), 3 * norm]
layers = {"인코더 한 층": encoder, "디코더 한 층": decoder}
shares = {name: [100 * n / sum(layer) for n in layer] for name, layer in layers.items()}
plots.bars(parts, shares, title="한 층의 파라미터는 어디에 있을까 (논문의 base)", ylabel="비율 (%)", values="{:.1f}")

# %% tags=["experiment"]
whole = 63_082_496  # 37,000개 토큰의 표 하나를 함께 쓰는 base 모델. 레슨 8에서 여러분이 직접 세요.
total = 12 * ffn_param_count(d_model, d_ff)
print(f"FFN 하나 {ffn_param_count(d_model, d_ff):,}개, 열두 개면 {total:,}개, 모델 전체의 {100 * total / whole:.1f}%")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 인코더 한 층의 3분의 2, 어텐션이 둘인 디코더 한 층에서도 절반이 FFN이에요. 임베딩 표까지 넣은 모델 전체로 보아도 40%쯤이고요.
#
# **한 줄 정리.** 제목은 어텐션이지만, 한 층의 파라미터는 절반에서 3분의 2가 FFN에 있어요.

# %% [markdown] tags=["given"]
# ## 실습 3-6 FFN의 드롭아웃 ★★☆ · Srivastava 외 (2014)
#
# **왜 일부러 버릴까요?** 스위치 몇 개에만 기대면 처음 보는 문장에서 무너져요. 학습하는 동안 활성화를 확률 $p$로 무작위로 꺼 두면 여러 스위치가 일을 나눠 갖게 돼요.
# 평가할 때는 아무것도 버리지 않아요. 논문 §5.4가 말하는 것은 부분층의 출력에 거는 드롭아웃이고(레슨 4에서 만들어요), FFN의 안쪽에도 거는 것은
# 그 뒤의 여러 구현이 따르는 방법이에요.
#
# 한 가지 더. 값을 $p$만큼 버리면 합의 평균이 $(1-p)$배로 줄어요. 그래서 살아남은 값을 $\frac{1}{1-p}$배로 키워 평균을 지켜요.
#
# $$h = \max(0, xW_1 + b_1), \qquad \mathrm{FFN}(x) = \mathrm{Dropout}_p(h)\,W_2 + b_2$$
#
# **손으로.** $h = [1, 0, 2, 4]$, $p = 0.5$인데 두 번째와 세 번째가 버려졌다면 $[2, 0, 0, 8]$이에요. 원래의 합은 7, 지금은 10이지만 여러 번 되풀이한 평균은 7이에요.
#
# **예상.** `training=False`로 두 번 부르면 결과가 같을까요, 다를까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 같아요. 평가할 때는 난수가 끼어들 자리가 없어요. 번역기가 부를 때마다 다른 말을 한다면 이 스위치를 의심해 봐요.
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

# %% nbgrader={"grade": true, "grade_id": "check_ffn_dropout", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
check("ffn_dropout")

# %% tags=["experiment"]
torch.manual_seed(0)
x = torch.randn(1, 1, 8)
still = ffn_dropout(x, W1, b1, W2, b2, 0.3, False)[0, 0, 0]
draws = torch.stack([ffn_dropout(x, W1, b1, W2, b2, 0.3, True)[0, 0, 0] for _ in range(fast(2000, 200))])
print(f"평가할 때 {still:.3f}, 학습할 때의 평균 {draws.mean():.3f}, 표준편차 {draws.std():.3f}")
plots.histogram(
    {"학습할 때의 출력": draws}, title="드롭아웃은 흔들지만 평균은 지켜요", xlabel="출력의 첫 번째 값", bins=40
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 학습할 때의 출력은 부를 때마다 흔들리지만, 평균은 평가할 때의 값 가까이에 모여요. $\frac{1}{1-p}$배를 빠뜨리면 이 둘이 어긋나요.
#
# **한 줄 정리.** 드롭아웃은 학습할 때만 활성화를 버리고, 남은 값을 키워 평균을 지켜요.

# %% [markdown] tags=["given"]
# ## 실습 3-7 (보너스) SwiGLU ★★☆ · Shazeer (2020)
#
# **왜 문을 달까요?** 요즘의 큰 언어 모델(LLaMA, PaLM)은 ReLU 대신 **문**(gate)을 단 FFN을 써요. 한 갈래가 얼마나 열지를 정하고, 다른 갈래가 무엇을 보낼지를 정해요.
#
# $$\mathrm{SwiGLU}(x) = \big(\mathrm{SiLU}(xW) \odot xV\big)\,W_2, \qquad \mathrm{SiLU}(z) = z \cdot \sigma(z)$$
#
# **손으로.** $D = 1$, $F = 2$이고 $x = 1$, $W = [0,\, 2]$, $V = [3,\, -1]$, $W_2 = [1,\, 2]^\top$이면
#
# 1. 문은 $\mathrm{SiLU}([0, 2]) = [0,\, 1.762]$
# 2. 보낼 것 $[3, -1]$과 원소끼리 곱하면 $[0,\, -1.762]$. 문이 닫힌 3은 사라졌어요.
# 3. $W_2$를 곱하면 $-3.523$
#
# **예상.** 행렬이 셋이라 안쪽 폭이 같으면 파라미터가 1.5배예요. 안쪽 폭이 2048인 ReLU FFN과 크기를 맞추려면 SwiGLU의 안쪽 폭은 얼마여야 할까요(편향은 빼고요)?
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
def learn_gated(d_ff: int, steps: int = fast(1000, 60)) -> float:
    """learn_product와 같은 문제를 SwiGLU로 풀어요."""
    torch.manual_seed(0)
    x = torch.rand(1024, 2) * 2 - 1
    y = x.prod(dim=1, keepdim=True)
    shapes = (2, d_ff), (2, d_ff), (d_ff, 1)
    W, V, W2 = (torch.nn.Parameter(torch.randn(*s) / s[0] ** 0.5) for s in shapes)
    optimizer = torch.optim.Adam([W, V, W2], lr=0.01)
    for _ in range(steps):
        loss = F.mse_loss((F.silu(x @ W) * (x @ V)) @ W2, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item() / y.var().item()


# %% tags=["experiment"]
relu_error = [learn_product(d_ff) for d_ff in (6, 24)]
gated_error = [learn_gated(d_ff) for d_ff in (4, 16)]
for name, bent, gated in zip(("작은 것", "큰 것"), relu_error, gated_error, strict=True):
    print(f"{name}: ReLU {bent:.1e}, SwiGLU {gated:.1e}")
errors = {"ReLU": relu_error, "SwiGLU": gated_error}
plots.bars(
    ["안쪽 폭 6 대 4", "안쪽 폭 24 대 16"],
    errors,
    values="{:.0e}",
    logy=True,
    title="비슷한 크기의 두 FFN이 곱셈을 배우면",
    ylabel="남은 오차",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 문은 두 갈래를 곱하기 때문에 곱셈처럼 얽힌 관계를 훨씬 쉽게 배워요. 이 문제는 곱셈 그 자체라 SwiGLU에 아주 유리해요.
# 실제 언어 모델에서의 차이는 이보다 훨씬 작고, 만든 사람도 논문에서 왜 좋은지 설명하지 못한 채 "신의 은총" 덕으로 돌렸어요.
#
# **한 줄 정리.** SwiGLU는 한 갈래가 다른 갈래의 문을 여닫는 FFN이에요.

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# 어텐션 층만 여러 개 쌓고 FFN을 모두 빼면 모델은 무엇을 잃을까요? 오늘 본 '섞기'와 '바꾸기', 그리고 실습 3-3의 결과를 근거로 들어
# 세 문장쯤으로 설명해 주세요. 이 문제는 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# 어텐션은 값 벡터들을 비율대로 더하기만 해요. 비율이 정해지고 나면 값에 대해서는 선형이라, 토큰 벡터를 꺾어서 새로운 특징을 만들 곳이 없어요.
# FFN이 빠지면 토큰마다 스위치를 켜고 끄며 **바꾸는** 일이 사라지고, 실습 3-3처럼 여러 층의 값 변환이 서로 합쳐져 쌓는 보람이 크게 줄어요.
# 또 한 층의 파라미터 가운데 3분의 2가 없어지니 외워 둘 자리도 줄어요.
#
# 채점 기준
#
# - 1점: 어텐션은 값 벡터들을 비율대로 섞기(더하기)만 한다고 했어요.
# - 1점: 비율이 정해지고 나면 값에 대해서는 선형이라 꺾는 곳이 없다고 했어요.
# - 1점: FFN이 맡던 '바꾸기', 곧 토큰마다 새로운 특징을 만드는 일을 잃는다고 했어요.
# - 1점: 실습 3-3의 결과를 근거로 들었어요. 꺾지 않으면 층을 여럿 쌓아도 하나로 합쳐져요.
# - 1점: 그래서 생기는 손해를 하나 더 말했어요. 쌓는 보람이 줄거나, 파라미터의 3분의 2가 없어져 외워 둘 자리가 줄어요.

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# 섞는 부분과 바꾸는 부분이 생겼으니 이제 여섯 층, 백 층으로 쌓고 싶어요. 그런데 그냥 쌓으면 학습이 되지 않아요. 아래층까지 기울기가 닿지 않거든요.
# 레슨 4에서 기울기가 다니는 길을 내고 값의 크기를 다잡는 두 가지 장치, 잔차 연결과 층 정규화를 만들어요.
#
# 아래 셀은 오늘의 실습을 모두 통과하면 이 코스의 기준 구현을 보여 줘요. 오늘 만든 함수들이 거기에 같은 이름으로 있어요.

# %% tags=["experiment"]
show_reference("feed_forward.py")
