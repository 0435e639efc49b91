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
# # 레슨 1. Transformer의 등장 배경
#
# **이 코스에서 할 일.** "Attention Is All You Need"라는 논문 한 편을 읽으며 Transformer를 처음부터 끝까지 손으로 만들어요. 레슨은 여덟 개이고,
# 레슨마다 함수를 여섯 개에서 열 개쯤 채워요. 마지막 레슨에서는 여러분이 만든 함수들이 그대로 한국어를 번역하는 모델이 돼요.
#
# **이번 질문.** 2017년 이전에도 번역기는 있었어요. 문장을 사람처럼 **앞에서부터 차례로** 읽는 RNN이었죠. 잘 돌아가던 것을 왜 버렸을까요?
# 오늘은 RNN을 직접 만들어 어디가 아픈지 재 보고, 그 아픈 곳에서 **어텐션**이 어떻게 나왔는지 따라가요.
#
# {차례} 파이썬과 PyTorch의 텐서를 조금 써 봤다면 충분하고, GPU는 없어도 돼요.

# %% [markdown] tags=["given"]
# ## 이 노트북을 쓰는 법
#
# 1. 설명을 읽고 **예상**에 답해 본 뒤, `raise NotImplementedError(...)`라고 적힌 줄을 지우고 함수를 채워요. 여덟 줄을 넘는 일은 드물어요.
# 2. 바로 아래의 `check("함수 이름")`을 실행해요. 통과하면 무엇이 맞았는지를, 아니면 **무엇이, 어디가, 왜 다른지, 다음에 볼 곳**을 알려 줘요. 정답은 알려 주지 않아요.
# 3. 막히면 접혀 있는 **힌트**를 하나씩 열어요. 방향, 도구, 거의 다의 순서예요. 몇 번을 틀려도, 힌트를 열어도 점수는 줄지 않아요.
# 4. 그 아래의 그림 셀은 여러분의 함수로 그려요. 함수를 채운 다음에 실행해요.
#
# 다르게 써도 값이 맞으면 모두 통과해요. 반복문이든 `einsum`이든 넘파이든 괜찮아요. 다만 **받은 텐서를 고치지 말고**(`+=`나 `_`로 끝나는 메서드) 새 텐서를 돌려주세요.

# %% [markdown] tags=["given"]
# ## 용어
#
# | 한국어 | English | 기호와 모양 |
# |---|---|---|
# | 토큰 | token | 모델이 읽는 단위. 오늘은 단어 하나 |
# | 임베딩 | embedding | 토큰을 나타내는 벡터, $x_t$: `(B, I)` |
# | 은닉 상태 | hidden state | 지금까지 읽은 것의 요약, $h_t$: `(B, D)` |
# | 어텐션 | attention | 어디를 얼마나 볼지 정해 섞는 일 |
# | 쿼리 / 키 / 값 | query / key / value | 묻는 쪽 / 이름표 / 내용 |
# | 어텐션 가중치 | attention weight | `(B, T, S)`, 한 행의 합이 1 |
# | 마스크 | mask | **True = 볼 수 있음**. 이 코스 어디서나 같아요 |
# | 기울기 소실 | vanishing gradient | 거꾸로 가는 신호가 멀수록 0에 가까워지는 일 |
#
# B는 문장 수(배치), T는 읽는 문장의 길이, S는 보이는 문장의 길이, I는 입력의 크기, D는 상태의 크기예요.
# 가중치는 이 코스 어디서나 `x @ W`로 곱하고 모양은 **(들어오는 크기, 나가는 크기)** 예요. 먼저 아래 두 셀을 실행해 주세요.

# %% tags=["given"]
import time

import torch
import torch.nn.functional as F

from autograder import check
from autograder.kit import fast, plots, progress, show_reference, text

torch.set_num_threads(1)  # 오늘처럼 작은 텐서는 코어 하나가 더 빨라요. 시간도 공평하게 잴 수 있어요.

# %% [markdown] tags=["given"]
# ## 실습 1-1 RNN 한 스텝 ★☆☆ · 논문 §1
#
# **왜 이런 모양일까요?** 문장은 길이가 제각각인데 신경망의 입력은 크기가 정해져 있어요. RNN(recurrent neural network)의 답은 간단해요.
# **지금까지 읽은 것을 벡터 하나로 요약해 두고**, 새 단어가 올 때마다 그 요약을 고쳐 써요. 요약이 은닉 상태 $h$예요.
#
# $$h_t = \tanh(x_t W_{xh} + h_{t-1} W_{hh} + b)$$
#
# **손으로.** $I = 2$, $D = 2$이고
#
# $$x_t = [1,\, 2],\quad h_{t-1} = [0.5,\, -1],\quad W_{xh} = \begin{bmatrix} 0.5 & -1 \\ 0 & 1 \end{bmatrix},\quad
# W_{hh} = \begin{bmatrix} 1 & 2 \\ 0 & -0.5 \end{bmatrix},\quad b = [0.1,\, -0.2]$$
#
# 1. $x_t W_{xh} = [0.5,\, 1]$
# 2. $h_{t-1} W_{hh} = [0.5,\, 1.5]$
# 3. 편향까지 더하면 $[1.1,\, 2.3]$, tanh를 씌우면 $[0.800,\, 0.980]$
#
# **예상.** 단어를 만 개 읽으며 상태를 만 번 고쳐 쓰면 상태의 값은 얼마까지 커질 수 있을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 아무리 읽어도 −1과 1 사이예요. 마지막에 늘 tanh를 지나니까요. 값이 넘치지 않는 대신, 새 단어가 들어올 때마다 옛 요약이 조금씩 눌려요. 조금 뒤에 이 값을 치러요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "rnn_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_step(
    x_t: torch.Tensor, h: torch.Tensor, W_xh: torch.Tensor, W_hh: torch.Tensor, b: torch.Tensor
) -> torch.Tensor:
    """단어 하나를 읽고 상태를 고쳐 써요.

    식: h_t = tanh(x_t W_xh + h_{t-1} W_hh + b)
    모양: x_t (B, I), h (B, D), W_xh (I, D), W_hh (D, D), b (D,) -> (B, D)
    예: 위의 손 계산이라면 [[0.800, 0.980]]
    """
    ### BEGIN SOLUTION
    return torch.tanh(x_t @ W_xh + h @ W_hh + b)  # (B, D)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 곱하기 두 번, 더하기 두 번, 활성화 함수 한 번이에요. 식을 왼쪽부터 그대로 옮겨요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 행렬 곱은 `@`, 활성화 함수는 `torch.tanh`예요. `(B, D)`에 `(D,)`를 더하면 문장마다 같은 편향이 더해져요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 단어에는 '단어에서 상태로' 가는 가중치를, 옛 상태에는 '상태에서 상태로' 가는 가중치를 곱해요. 둘을 더하고 편향을 한 번 더한 뒤 tanh를 씌워요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_rnn_step", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("rnn_step")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 첫 스텝에만 단어를 넣고, 그다음부터는 아무것도(0벡터) 넣지 않아요. 첫 단어의 흔적이 상태에 얼마나 남아 있을까요?

# %% tags=["experiment"]
g = torch.Generator().manual_seed(0)
D = 8
W_xh = torch.randn(4, D, generator=g)
W_hh = 0.8 * torch.linalg.qr(torch.randn(D, D, generator=g))[0]  # 길이를 0.8배로 줄이는 회전
h, trace = torch.zeros(1, D), []
for t in range(21):
    x_t = torch.randn(1, 4, generator=g) if t == 0 else torch.zeros(1, 4)
    h = rnn_step(x_t, h, W_xh, W_hh, torch.zeros(D))
    trace.append(h[0])
units = {f"칸 {i + 1}": torch.stack(trace)[:, i] for i in range(4)}
plots.lines(
    range(21), units, title="첫 단어의 흔적이 사라져요", xlabel="첫 단어를 읽은 뒤 지난 스텝", ylabel="상태의 값"
)

# %% [markdown] tags=["given"]
# 상태의 네 칸을 그렸어요. 열 스텝쯤 지나면 거의 0이에요. 스텝마다 조금씩 줄어드는 일이 되풀이되니까요.
#
# **한 줄 정리.** RNN은 요약 하나를 스텝마다 고쳐 쓰고, 고쳐 쓸 때마다 옛것은 흐려져요.

# %% [markdown] tags=["given"]
# ## 실습 1-2 문장을 차례로 읽기 ★★☆ · 논문 §1
#
# **왜 차례로?** "나는 학교에 간다"를 읽으려면 한 스텝을 세 번 해요. 둘째 스텝에는 첫째 스텝의 결과가 필요하고, 셋째 스텝에는 둘째의 결과가 필요해요.
# 그래서 **앞 스텝이 끝나야 다음 스텝을 시작할 수 있어요.** 코어가 만 개 있어도 소용이 없어요. 논문이 RNN을 떠난 첫째 이유예요.
#
# $$h_1 = \mathrm{step}(x_1, h_0),\quad h_2 = \mathrm{step}(x_2, h_1),\quad h_3 = \mathrm{step}(x_3, h_2)$$
#
# **손으로.** $I = D = 1$, $W_{xh} = 1$, $W_{hh} = 0.5$, $b = 0$, $h_0 = 0$이고 단어가 $[1, 0, 2]$라면
#
# $$h_1 = \tanh(1) = 0.762,\quad h_2 = \tanh(0.381) = 0.363,\quad h_3 = \tanh(2.182) = 0.975$$
#
# **예상.** 돌려줄 텐서에는 $h_0$도 들어가야 할까요? 상태는 모두 몇 개일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 단어 하나를 읽을 때마다 하나씩, T개예요. $h_0$은 아직 아무것도 읽지 않은 상태라 넣지 않아요. 첫 칸이 $h_1$, 마지막 칸이 $h_T$예요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "rnn_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_forward(
    x: torch.Tensor, h0: torch.Tensor, W_xh: torch.Tensor, W_hh: torch.Tensor, b: torch.Tensor
) -> torch.Tensor:
    """문장을 왼쪽부터 읽으며 시각마다의 상태를 모두 돌려줘요.

    모양: x (B, T, I), h0 (B, D), W_xh (I, D), W_hh (D, D), b (D,) -> (B, T, D)
    예: 위의 손 계산이라면 [[[0.762], [0.363], [0.975]]]
    """
    ### BEGIN SOLUTION
    h, states = h0, []
    for t in range(x.shape[1]):
        h = rnn_step(x[:, t], h, W_xh, W_hh, b)  # (B, D)
        states.append(h)
    return torch.stack(states, dim=1)  # (B, T, D)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 상태 하나를 들고 시간 축을 따라가면서, 스텝마다 나온 상태를 목록에 모아요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `x[:, t]`는 모든 문장의 t번째 단어 `(B, I)`예요. 모은 `(B, D)` 텐서들은 `torch.stack(목록, dim=...)`으로 쌓아요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 반복문 안은 두 줄이에요. `rnn_step`의 결과를 다시 같은 이름의 상태에 넣고, 그것을 목록에 담아요. 쌓을 때 시간 축이 가운데에 오게 해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_rnn_forward", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
check("rnn_forward")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 같은 단어 셋을 순서만 바꿔 읽혀 봐요. 한국어는 조사가 있어서 순서를 바꿔도 뜻이 통하지만, RNN의 마지막 상태는 어떨까요?

# %% tags=["experiment"]
g = torch.Generator().manual_seed(1)
word = {w: torch.randn(6, generator=g) for w in text.SCHOOL.split()}
W_xh, W_hh = torch.randn(6, 10, generator=g) / 2, torch.randn(10, 10, generator=g) / 4
orders = [["나는", "학교에", "간다"], ["간다", "학교에", "나는"]]
for ax, order in zip(plots.panels(2, "순서가 다르면 상태도 달라요", width=4.8, height=2.8), orders, strict=True):
    x = torch.stack([word[w] for w in order])[None]  # (1, 3, 6)
    states = rnn_forward(x, torch.zeros(1, 10), W_xh, W_hh, torch.zeros(10))[0]
    plots.heatmap(states, rows=order, title=" ".join(order), xlabel="상태의 칸", diverging=True, limits=(-1, 1), ax=ax)

# %% [markdown] tags=["given"]
# 위에서 아래로 읽은 차례예요. 마지막 줄이 두 그림에서 다르죠. RNN은 **순서를 저절로 알아요.** 차례로 읽으니까요. 이 장점은 레슨 2에서 다시 아쉬워져요.
#
# **한 줄 정리.** RNN은 순서를 공짜로 알지만, 그 값으로 한 스텝씩 기다려야 해요.

# %% [markdown] tags=["given"]
# ## 실습 1-3 마지막 상태에 문장을 담기 ★★☆
#
# **왜 마지막 상태일까요?** 옛 번역기는 문장을 다 읽은 마지막 상태를 그 문장의 뜻으로 삼아 번역을 시작했어요(seq2seq). 그런데 여러 문장을 한 번에 계산하려면
# 짧은 문장의 뒤를 **패딩**(빈 토큰)으로 채워 길이를 맞춰요. 그러면 맨 끝 칸은 패딩을 읽은 뒤의 상태예요. 문장마다 **진짜 마지막 단어**를 찾아야 해요.
#
# **손으로.** 문장 둘의 상태가 아래와 같고 길이가 `[3, 1]`이면(`·`는 패딩)
#
# | | 0 | 1 | 2 |
# |---|---|---|---|
# | 문장 0 | 0.1 | 0.4 | **0.9** |
# | 문장 1 | **0.5** | 0.2 · | 0.3 · |
#
# 답은 `[0.9, 0.5]`예요. 길이가 3인 문장의 마지막 번호는 2, 길이가 1인 문장의 마지막 번호는 0이에요.
#
# **예상.** 64칸짜리 상태 하나로 몇 단어 앞까지 정확히 기억할 수 있을까요? 5개, 20개, 64개?


# %% nbgrader={"grade": false, "grade_id": "last_state", "locked": false, "schema_version": 3, "solution": true, "task": false}
def last_state(outputs: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """문장마다 진짜 마지막 단어를 읽은 직후의 상태를 골라요.

    모양: outputs (B, T, D), lengths (B,) 정수, 1 이상 T 이하 -> (B, D)
    예: 위의 손 계산이라면 outputs (2, 3, 1), lengths [3, 1] -> [[0.9], [0.5]]
    """
    ### BEGIN SOLUTION
    return outputs[torch.arange(len(outputs)), lengths - 1]  # (B, D)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 문장마다 골라야 할 시각이 달라요. '몇 번째 문장의 몇 번째 시각'이라는 짝을 B개 만들어요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 텐서에는 번호 텐서 두 개를 나란히 넣을 수 있어요: `outputs[문장 번호들, 시각 번호들]`. 문장 번호는 `torch.arange`로 만들어요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 시각 번호는 길이보다 하나 작아요. 문장 번호와 시각 번호의 길이가 모두 B이면 결과가 `(B, D)`예요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_last_state", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("last_state")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 예상을 확인해 봐요. 단어가 10가지인 문장을 RNN에 읽히고, 마지막 상태만 보고 j스텝 앞에 있던 단어를 맞히게 해요.
# 맞히는 쪽은 선형 회귀라서 상태에 흔적이 남아 있기만 하면 찾아내요.


# %% tags=["experiment"]
def recall(scale: float, T: int = 20, D: int = 64, n: int = fast(3000, 600)) -> list[float]:
    """마지막 상태에서 j스텝 앞의 단어(10가지)를 맞힌 비율. j = 0, 1, …, T-1."""
    g = torch.Generator().manual_seed(0)
    words = torch.randint(10, (n, T), generator=g)
    x = F.one_hot(words, 10).float()
    W_xh = torch.randn(10, D, generator=g) / 2
    W_hh = scale * torch.linalg.qr(torch.randn(D, D, generator=g))[0]
    states = rnn_forward(x, torch.zeros(n, D), W_xh, W_hh, torch.zeros(D))
    h = F.pad(last_state(states, torch.full((n,), T)), (0, 1), value=1.0)
    train, test = slice(0, n * 2 // 3), slice(n * 2 // 3, n)
    guess = [h[test] @ torch.linalg.lstsq(h[train], x[train, T - 1 - j]).solution for j in range(T)]
    return [(p.argmax(1) == words[test, T - 1 - j]).float().mean().item() for j, p in enumerate(guess)]


# %% tags=["experiment"]
curves = {"W_hh 크기 0.5": recall(0.5), "W_hh 크기 0.9": recall(0.9), "찍어서 맞힐 확률": [0.1] * 20}
plots.lines(
    range(20),
    curves,
    title="마지막 상태는 몇 단어 앞까지 기억할까",
    xlabel="몇 스텝 앞의 단어인가",
    ylabel="맞힌 비율",
    dashed=["찍어서 맞힐 확률"],
    colors=(plots.ORANGE, plots.BLUE, plots.GREY),
)

# %% [markdown] tags=["given"]
# 상태가 64칸이나 되는데도 네다섯 단어 앞부터 흐려지고, 열 단어쯤 앞은 찍는 것과 다르지 않아요. 학습하지 않은 RNN이라 학습하면 나아지지만,
# **문장이 아무리 길어도 벡터 하나에 눌러 담아야 한다**는 병목은 그대로예요. LSTM과 GRU는 무엇을 지울지 배우는 문을 달아 이것을 늦췄지만, 병목과 기다림은 남았어요.
#
# **한 줄 정리.** 마지막 상태 하나는 긴 문장을 담기에 좁아요.

# %% [markdown] tags=["given"]
# ## 실습 1-4 두 단어 사이의 길 ★☆☆ · 논문 §4, 표 1
#
# **왜 길을 잴까요?** "**10년 전** 파리에서 샀던 빵"에서 '샀던'이 지난 일인 까닭은 '10년 전'에 있어요. 한 단어의 신호가 다른 단어에 닿기까지
# 계산을 몇 번 건너야 하는지를 **경로 길이**라고 해요. 길이 길수록 신호가 흐려져요. 가장 먼 두 단어, 곧 문장의 처음과 끝 사이를 재요.
#
# | 종류 | 길이 | 까닭 |
# |---|---|---|
# | RNN | $n - 1$ | 옆 단어로 한 스텝씩 |
# | 합성곱(간격을 벌리며 쌓음) | $k^c \ge n$인 가장 작은 $c$ | 한 층마다 보이는 너비가 $k$배 |
# | 셀프 어텐션 | $1$ | 모든 단어를 바로 봐요 |
#
# **손으로.** $n = 10$, $k = 3$이면 RNN은 9스텝이에요. 합성곱은 한 층에 3단어, 두 층에 9단어, 세 층에 27단어를 덮으니 3층이 필요해요. 셀프 어텐션은 1이에요.
#
# **예상.** 문장이 512단어라면 RNN의 길은 셀프 어텐션의 길보다 몇 배나 길까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 511배예요. 합성곱은 $3^5 = 243 < 512 \le 729 = 3^6$이라 여섯 층이면 돼요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "path_length", "locked": false, "schema_version": 3, "solution": true, "task": false}
def path_length(kind: str, n: int, k: int = 3) -> int:
    """길이 n인 문장에서 가장 먼 두 단어 사이를 몇 스텝에 건너는지 돌려줘요.

    kind: "rnn", "conv"(너비 k, 간격을 k배씩 벌리며 쌓음), "self_attention". 그 밖의 종류나 0 이하의 n은 ValueError예요.
    예: path_length("rnn", 10) -> 9, path_length("conv", 10) -> 3, path_length("self_attention", 10) -> 1
    합성곱은 실수 로그 대신 정수로 세어 주세요.
    """
    ### BEGIN SOLUTION
    if kind not in ("rnn", "conv", "self_attention") or n < 1:
        raise ValueError(f"모르는 종류이거나 길이가 맞지 않아요: {kind}, {n}")
    if kind == "rnn":
        return n - 1
    if kind == "self_attention":
        return 1
    return next(c for c in range(n) if k**c >= n)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 종류마다 갈래를 하나씩 만들어요. 어느 갈래에도 들지 않으면 예외를 내요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 합성곱은 너비 1에서 시작해 k를 곱해 나가며, n 이상이 될 때까지 몇 번 곱했는지 세요. `while`이 편해요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 맨 앞에서 `if kind not in (...) or n < 1: raise ValueError(...)`로 막아요. n이 딱 k의 거듭제곱일 때(9, 27 등) 한 번 더 곱하지 않는지 봐요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_path_length", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("path_length")

# %% tags=["experiment"]
lengths = [2, 4, 8, 16, 32, 64, 128, 256, 512]
names = {"RNN": "rnn", "합성곱 (k=3)": "conv", "셀프 어텐션": "self_attention"}
paths = {label: [path_length(kind, n) for n in lengths] for label, kind in names.items()}
plots.lines(
    lengths,
    paths,
    title="문장이 길어질 때 가장 먼 두 단어 사이의 길",
    xlabel="문장 길이 n",
    ylabel="스텝 수",
    logx=True,
    logy=True,
    marker="o",
    colors=(plots.ORANGE, plots.GREEN, plots.BLUE),
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 두 축 모두 로그예요. RNN의 길은 문장과 똑같이 길어지고, 합성곱은 계단처럼 천천히 늘고, 셀프 어텐션은 1에서 움직이지 않아요.
#
# **한 줄 정리.** 셀프 어텐션에서는 어느 두 단어든 한 스텝 거리예요.

# %% [markdown] tags=["given"]
# ## 실습 1-5 멀수록 약해지는 기울기 ★★★
#
# **왜 기울기를 볼까요?** 학습은 틀린 만큼의 신호를 거꾸로 보내는 일이에요. 그 신호가 첫 단어까지 닿지 못하면, 첫 단어가 중요하다는 사실을 **배울 수가 없어요.**
# 마지막 상태에서 거꾸로 걸어가며 단어마다 신호가 얼마나 남았는지 재요.
#
# $$g_j = \left\lVert \frac{\partial \sum h_T}{\partial x_{T-j}} \right\rVert_2 \qquad j = 0 \text{이 마지막 단어}$$
#
# **손으로.** $I = D = 1$이고 tanh가 없다면 $h_T = \dots + w_{hh}^{\,j}\, w_{xh}\, x_{T-j}$라서 $g_j = |w_{hh}^{\,j}\, w_{xh}|$예요.
# $w_{xh} = 2$이고 $w_{hh} = 0.5$라면 $g$는 $2, 1, 0.5, 0.25, \dots$ 스텝마다 반으로 줄어요.
#
# **예상.** $w_{hh} = 0.5$이면 20스텝 앞의 단어는 신호를 얼마나 받을까요? $w_{hh} = 1.5$라면요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $0.5^{20}$은 약 100만 분의 1이고 $1.5^{20}$은 약 3,300배예요. 같은 수를 거듭 곱하면 사라지거나 터지거나 둘 중 하나예요. 딱 1을 지키기는 아주 어려워요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "grad_norm_by_distance", "locked": false, "schema_version": 3, "solution": true, "task": false}
def grad_norm_by_distance(
    x: torch.Tensor, h0: torch.Tensor, W_xh: torch.Tensor, W_hh: torch.Tensor, b: torch.Tensor
) -> torch.Tensor:
    """마지막 상태의 합을 단어마다 미분해, 거리별 기울기의 크기를 재요.

    식: 결과[j] = ∂ sum(h_T) / ∂ x_{T-j} 의 L2 크기. 배치와 입력 칸을 모두 모아 하나로 재요. 0번이 마지막 단어예요.
    모양: x (B, T, I), h0 (B, D), W_xh (I, D), W_hh (D, D), b (D,) -> (T,)
    """
    ### BEGIN SOLUTION
    x = x.clone().requires_grad_(True)
    last = rnn_forward(x, h0, W_xh, W_hh, b)[:, -1]  # (B, D)
    (grad,) = torch.autograd.grad(last.sum(), x)  # (B, T, I)
    return grad.pow(2).sum(dim=(0, 2)).sqrt().flip(0)  # (T,)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 세 단계예요. 기울기를 받을 수 있는 x를 준비하고, 마지막 상태의 합을 만들고, 그 합을 x로 미분해요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `x.clone().requires_grad_(True)`, `torch.autograd.grad(합, x)`, `Tensor.flip(0)`을 찾아봐요. `autograd.grad`는 튜플을 돌려줘요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 기울기의 모양은 x와 같은 `(B, T, I)`예요. 제곱해서 0번과 2번 축으로 더하고 제곱근을 씌우면 `(T,)`가 남아요. 마지막 단어가 0번에 오게 뒤집어요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_grad_norm_by_distance", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
check("grad_norm_by_distance")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 상태를 돌리는 $W_{hh}$의 크기만 바꿔 가며 50단어짜리 문장에서 재요.

# %% tags=["experiment"]
g = torch.Generator().manual_seed(0)
T, D = 50, 64
x, h0 = torch.randn(4, T, 32, generator=g) / 2, torch.zeros(4, D)
W_xh, turn = torch.randn(32, D, generator=g) / 32**0.5, torch.linalg.qr(torch.randn(D, D, generator=g))[0]
fading = {
    f"W_hh 크기 {s:g}": grad_norm_by_distance(x, h0, W_xh, s * turn, torch.zeros(D)) for s in (2.0, 1.3, 0.9, 0.5)
}
for name, norms in fading.items():
    print(f"{name}: 마지막 단어 {norms[0]:.2g}, 20스텝 앞 {norms[20]:.1e}, 40스텝 앞 {norms[40]:.1e}")

# %% tags=["experiment"]
plots.lines(
    range(T),
    fading,
    title="멀수록 사라지거나 터지는 기울기",
    xlabel="마지막 단어에서 몇 스텝 앞인가",
    ylabel="기울기의 크기",
    logy=True,
    colors=(plots.RED, plots.PURPLE, plots.BLUE, plots.ORANGE),
)

# %% [markdown] tags=["given"]
# 세로축이 로그인데도 직선으로 떨어져요. 스텝마다 **같은 비율로** 줄어든다는 뜻이에요. 0.5에서는 40스텝 앞의 신호가 마지막 단어의 $10^{-15}$배쯤이라 없는 것과 같고,
# 2.0에서는 거꾸로 커져요. 1.3에서도 줄어드는 것은 tanh가 스텝마다 신호를 더 눌러서예요.
#
# **한 줄 정리.** RNN의 신호는 거리만큼 거듭 곱해져서, 멀면 사라지거나 터져요.

# %% [markdown] tags=["given"]
# ## 실습 1-6 어텐션 가중치 ★★☆ · 논문 §3.2
#
# **왜 모두를 볼까요?** 병목도 먼 길도 '차례로 읽고 하나로 요약한다'에서 나왔어요. 그렇다면 요약하지 말고 **모든 상태를 남겨 두었다가, 필요할 때 필요한 것을 찾아보면** 어떨까요?
# 데이터베이스에서 찾는 일과 닮았어요.
#
# ```sql
# SELECT 값 FROM 문장 WHERE 키 = '가는 곳'
# ```
#
# 묻는 말이 **쿼리**, 이름표가 **키**, 꺼내 오는 내용이 **값**이에요. 다만 말에는 딱 맞는 키가 없을 때가 많아요. 그래서 어텐션은 한 줄만 고르지 않고,
# 쿼리와 키가 **닮은 만큼의 비율로 모든 줄을 조금씩** 가져와요. 닮은 정도가 점수, 그 점수를 합이 1인 비율로 바꾼 것이 어텐션 가중치예요.
#
# $$\alpha_{ts} = \frac{e^{\text{score}_{ts}}}{\sum_{s'} e^{\text{score}_{ts'}}} \qquad (\text{보아도 되는 } s' \text{만 더해요})$$
#
# **손으로.** 점수가 `[2, 1, 0]`이고 셋째가 패딩이라 보면 안 된다면, 남은 둘만 나눠 가져요: $e^2 = 7.389$, $e^1 = 2.718$, 합 $10.107$이니 `[0.731, 0.269, 0]`이에요.
#
# **예상.** 셋 모두로 비율을 낸 **다음에** 셋째를 0으로 지우면 어떻게 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# `[0.665, 0.245, 0.090]`에서 셋째를 지우면 `[0.665, 0.245, 0]`이고 합이 0.910이에요. 9%의 관심이 패딩에 쓰이고 사라졌어요. 남은 것을 다시 합으로 나누면 괜찮아져요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "attention_weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_weights(scores: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """점수를 행마다 합이 1인 가중치로 바꿔요. 가린 칸은 0이에요.

    모양: scores (B, T, S), mask (B, 1, S)나 (B, T, S)의 참/거짓(True = 볼 수 있음)이나 None -> (B, T, S)
    행마다 볼 수 있는 칸이 적어도 하나는 있어요.
    예: scores [[[2, 1, 0]]], mask [[[True, True, False]]] -> [[[0.731, 0.269, 0]]]
    """
    ### BEGIN SOLUTION
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return torch.softmax(scores, dim=-1)  # (B, T, S)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 가릴 칸의 점수를 먼저 손본 다음 소프트맥스를 해요. 소프트맥스를 지난 뒤 0이 되려면 점수가 얼마여야 할까요?
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `Tensor.masked_fill(참/거짓 텐서, 값)`은 True인 칸을 채워요. 우리 마스크는 True가 '볼 수 있음'이니 뒤집어야 해요(`~mask`). 소프트맥스는 `torch.softmax(..., dim=...)`예요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# $e^{-\infty} = 0$이에요. 채운 뒤, 한 쿼리가 나눠 주는 몫의 합이 1이 되도록 마지막 축으로 소프트맥스를 해요. `mask`가 None이면 채우는 일을 건너뛰어요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_attention_weights", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
check("attention_weights")

# %% [markdown] tags=["given"]
# **눈으로 보기.** "I go to school"이라고 옮기면서 한국어 문장의 어디를 볼지 그려요. 점수는 아직 학습한 것이 아니라 우리가 손으로 적었어요. 한국어 쪽 뒤의 두 칸은 패딩이에요.

# %% tags=["experiment"]
source = [*text.SCHOOL.split(), "[PAD]", "[PAD]"]
target = ["I", "go", "to", "school"]
scores = torch.tensor(
    [[3.0, 0.0, 0.5, 1.0, 1.0], [0.5, 0.5, 3.0, 1.0, 1.0], [0.0, 2.0, 1.5, 1.0, 1.0], [0.0, 3.0, 0.5, 1.0, 1.0]]
)[None]  # (1, 4, 5)
mask = torch.tensor([True, True, True, False, False]).view(1, 1, 5)
left, right = plots.panels(2, "한국어의 어디를 보며 옮길까", width=4.9, height=3.7)
plots.attention_map(attention_weights(scores, None)[0], target, source, title="마스크 없이", ax=left)
plots.attention_map(attention_weights(scores, mask)[0], target, source, title="패딩을 가리고", ax=right)

# %% [markdown] tags=["given"]
# 왼쪽에서는 패딩이 관심을 받아 가요. 오른쪽에서는 진짜 단어들이 그 몫을 **제 비율대로** 나눠 가져서 행의 합이 다시 1이에요.
# 'go'는 영어로 둘째지만 한국어의 맨 끝 '간다'를 봐요. 어순이 다른 두 언어 사이를 한 스텝에 건너요.
#
# **한 줄 정리.** 어텐션 가중치는 '어디를 얼마나 볼까'를 합이 1인 비율로 적은 표예요.

# %% [markdown] tags=["given"]
# ## 실습 1-7 문맥 벡터 ★☆☆
#
# **왜 섞을까요?** 어디를 얼마나 볼지 정했으니 이제 내용을 가져와요. 값들을 가중치만큼 섞은 벡터가 **문맥 벡터**예요. 문장을 통째로 눌러 담은 요약이 아니라, **지금 이 단어를 위한** 요약이에요.
#
# $$c_t = \sum_s \alpha_{ts}\, v_s$$
#
# **손으로.** 가중치가 `[0.7, 0.2, 0.1]`이고 값이 `[1, 0]`, `[0, 2]`, `[10, 10]`이면
# $0.7\,[1, 0] + 0.2\,[0, 2] + 0.1\,[10, 10] = [1.7,\; 1.4]$예요.
#
# **예상.** 가중치가 모두 같으면 문맥 벡터는 무엇과 같을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 값들의 평균이에요. 어텐션은 '똑똑한 평균'이라고 불러도 좋아요. 무엇에 무게를 둘지 그때그때 정하는 평균이니까요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "context", "locked": false, "schema_version": 3, "solution": true, "task": false}
def context(weights: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """값들을 가중치만큼 섞어요.

    식: c_t = Σ_s weights[t, s] · values[s]
    모양: weights (B, T, S), values (B, S, D) -> (B, T, D)
    예: weights [[[0.7, 0.2, 0.1]]], values [[[1, 0], [0, 2], [10, 10]]] -> [[[1.7, 1.4]]]
    """
    ### BEGIN SOLUTION
    return weights @ values  # (B, T, D)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# s를 따라 곱해서 더해요. 그것이 바로 행렬 곱의 뜻이에요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `(B, T, S)`와 `(B, S, D)`를 `@`로 곱하면 문장마다 `(T, S) @ (S, D)`를 해 줘요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 순서가 중요해요. 가중치의 마지막 축 S와 값의 가운데 축 S가 만나 사라져야 해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_context", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("context")

# %% tags=["experiment"]
meanings = ["사람", "장소", "움직임"]
contents = [
    [1.0, 0.0, 0.0],  # 나는
    [0.0, 1.0, 0.2],  # 학교에
    [0.0, 0.1, 1.0],  # 간다
    *[[0.0, 0.0, 0.0]] * 2,  # 패딩 둘
]
values = torch.tensor(contents)[None]  # (1, 5, 3)
mixed = context(attention_weights(scores, mask), values)[0]
plots.heatmap(mixed, rows=target, columns=meanings, title="영어 단어마다 가져온 내용", values="{:.2f}", colorbar=False)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 값의 세 칸에 '사람, 장소, 움직임'이라는 뜻을 손으로 적어 두었어요. 'go'의 문맥 벡터에는 움직임이, 'school'에는 장소가 가장 많이 담겼어요.
#
# **한 줄 정리.** 문맥 벡터는 본 만큼 섞은 내용이고, 단어마다 따로 만들어요.

# %% [markdown] tags=["given"]
# ## 실험. 어텐션의 기울기는 어떨까
#
# 1-5에서 본 그림에 어텐션을 얹어 봐요. 마지막 단어가 쿼리가 되어 50단어를 모두 보고, 그 문맥 벡터의 합을 단어마다 미분해요.

# %% tags=["experiment"]
g = torch.Generator().manual_seed(0)
words = torch.randn(16, T, 32, generator=g).requires_grad_(True)
W_q, W_k = torch.randn(2, 32, 32, generator=g) / 32**0.5
scores = (words @ W_q) @ (words @ W_k).transpose(1, 2) / 32**0.5  # (16, T, T)
last = context(attention_weights(scores, None), words)[:, -1]
(grad,) = torch.autograd.grad(last.sum(), words)
straight = grad.pow(2).sum(dim=(0, 2)).sqrt().flip(0)

# %% tags=["experiment"]
curves = {"셀프 어텐션": straight / straight[1:].mean()}
for s in ("0.9", "0.5"):
    norms = fading[f"W_hh 크기 {s}"]
    curves[f"RNN, W_hh 크기 {s}"] = norms / norms[0]
plots.lines(
    range(T),
    curves,
    title="어텐션의 기울기는 거리를 모르고 와요",
    xlabel="마지막 단어에서 몇 스텝 앞인가",
    ylabel="기울기의 크기 (기준 = 1)",
    logy=True,
    colors=(plots.GREEN, plots.BLUE, plots.ORANGE),
)

# %% [markdown] tags=["given"]
# RNN은 마지막 단어를 1로, 어텐션은 나머지 단어들의 평균을 1로 맞춰 그렸어요. 어텐션의 선은 조금 출렁일 뿐 기울지 않아요. 바로 옆 단어든 49스텝 앞의 단어든 **길이가 같아서**예요.
# 0번만 높은 것은 마지막 단어가 쿼리 노릇까지 하기 때문이에요.

# %% [markdown] tags=["given"]
# ## 실험. 모든 쌍을 행렬 곱 하나로
#
# "나는 학교에 간다"의 모든 단어가 모든 단어와 닮은 정도를 재려면 3 × 3번 견줘야 해요. 반복문으로 쓸 수도 있지만, 행렬 곱 **하나**가 같은 표를 통째로 내놓아요.

# %% tags=["experiment"]
g = torch.Generator().manual_seed(2)
x = torch.randn(3, 8, generator=g)  # 단어 셋, 벡터 8칸
pairs = torch.tensor([[float(x[i] @ x[j]) for j in range(3)] for i in range(3)])  # 쌍마다 하나씩
at_once = x @ x.T  # (3, 3) 한꺼번에
print("가장 큰 차이:", f"{(pairs - at_once).abs().max():.1e}")
plots.heatmap(
    at_once,
    rows=text.SCHOOL.split(),
    columns=text.SCHOOL.split(),
    title="모든 쌍의 내적, 행렬 곱 하나로",
    values="{:.1f}",
    diverging=True,
    colorbar=False,
)

# %% [markdown] tags=["given"]
# 두 표가 같아요(기계에 따라 반올림만큼 다를 수는 있어요). 칸마다 서로를 기다릴 일이 없으니 코어가 많을수록 한꺼번에 더 많이 채울 수 있어요. 어텐션이 GPU와 잘 맞는 까닭이에요.
#
# 그러면 얼마나 빨라질까요? 블로그 1편은 100단어에서 **100배**라고 말해요. 재 봐요. 공평하게 코어 하나만 쓰고, 학습 한 스텝(앞으로 갔다가 기울기까지)의 시간을 재요.
# RNN은 여러분의 `rnn_forward`와, 반복문까지 C++로 된 PyTorch의 `nn.RNN` 둘 다예요.
#
# **예상.** 100단어에서 몇 배일까요? 2000단어에서는요?


# %% tags=["experiment"]
def seconds(model, x: torch.Tensor) -> float:
    """학습 한 스텝을 여러 번 해 보고 가장 빠른 시간(초)을 돌려줘요. 짧을수록 흔들리니 더 많이 재요."""
    times = []
    for _ in range(fast(max(6, 6000 // x.shape[1]), 3)):
        start = time.perf_counter()
        model(x).sum().backward()
        times.append(time.perf_counter() - start)
    return min(times)


# %% tags=["experiment"]
D = 64
g = torch.Generator().manual_seed(0)
W_xh, W_hh, W_v = ((torch.randn(D, D, generator=g) / D**0.5).requires_grad_(True) for _ in range(3))
cell = torch.nn.RNN(D, D, batch_first=True)


def self_attention(x: torch.Tensor) -> torch.Tensor:
    scores = (x @ W_xh) @ (x @ W_hh).transpose(1, 2) / D**0.5  # (1, n, n)
    return context(attention_weights(scores, None), x @ W_v)


# %% tags=["experiment"]
models = {
    "여러분의 RNN": lambda x: rnn_forward(x, torch.zeros(1, D), W_xh, W_hh, torch.zeros(D)),
    "PyTorch의 nn.RNN": lambda x: cell(x)[0],
    "셀프 어텐션": self_attention,
}

# %% tags=["experiment"]
lengths = fast([10, 30, 100, 300, 1000, 2000], [10, 30, 100])
times = {
    name: [seconds(model, torch.randn(1, n, D)) for n in progress(lengths, name)] for name, model in models.items()
}
base = times["셀프 어텐션"]
ratio = {name: [t / a for t, a in zip(times[name], base, strict=True)] for name in ("여러분의 RNN", "PyTorch의 nn.RNN")}
for n, mine, theirs in zip(lengths, *ratio.values(), strict=True):
    print(f"{n:>5}단어: 셀프 어텐션이 여러분의 RNN보다 {mine:.1f}배, nn.RNN보다 {theirs:.1f}배 빨라요")

# %% tags=["experiment"]
colors = (plots.ORANGE, plots.PURPLE, plots.GREEN)
style = {"xlabel": "문장 길이 n", "logx": True, "logy": True, "marker": "o"}
left, right = plots.panels(2, "학습 한 스텝의 시간 (코어 하나, D = 64)", width=5.2, height=3.8)
took = {name: [1000 * t for t in ts] for name, ts in times.items()}
plots.lines(lengths, took, title="걸린 시간", ylabel="밀리초", colors=colors, ax=left, **style)
blog, colors = "블로그의 100배", (*colors[:2], plots.GREY)
ratio[blog] = [100] * len(lengths)
plots.lines(lengths, ratio, title="어텐션이 몇 배 빠른가", ylabel="배", dashed=[blog], colors=colors, ax=right, **style)

# %% [markdown] tags=["given"]
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 1편의 "100단어에서 100배"는 CPU에서 나오지 않아요. 우리가 잰 CPU 코어 하나에서는 100단어에서 <b>열 배 안팎</b>이었어요.
# 300단어까지는 비슷하거나 조금 더 벌어지지만, 문장이 더 길어지면 차이가 도로 줄어 2000단어에서는 <b>한두 배</b>로 내려왔어요. 여러분의 숫자는 위에 있어요.<br>
# 100이라는 수는 시간이 아니라 <b>차례로 기다려야 하는 스텝 수</b>예요. RNN은 100스텝, 어텐션은 1스텝이죠. 코어가 아주 많은 GPU일수록 스텝 수가 곧 시간이 되지만,
# CPU 하나라면 어차피 계산을 나눠 맡을 곳이 없어서 계산량도 함께 값을 치러요.</div>
#
# **한 줄 정리.** 어텐션이 늘 빠른 것이 아니라, **기다리지 않아도 되는** 거예요.

# %% [markdown] tags=["given"]
# ## 실습 1-8 한 층의 계산량 ★☆☆ · 논문 §4, 표 1
#
# **왜 뒤집혔을까요?** 방금 긴 문장에서 차이가 줄어든 까닭을 논문의 표 1이 알려 줘요. 층 하나의 곱셈 수를 문장 길이 $n$과 벡터 크기 $d$로 적으면 이래요.
#
# | 층 | 계산량 | 차례로 기다리는 스텝 | 가장 먼 길 |
# |---|---|---|---|
# | 셀프 어텐션 | $n^2 \cdot d$ | $1$ | $1$ |
# | RNN | $n \cdot d^2$ | $n$ | $n$ |
# | 합성곱 (너비 $k$) | $k \cdot n \cdot d^2$ | $1$ | $\log_k n$ |
#
# **손으로.** $n = 10$, $d = 4$이면 셀프 어텐션은 $10 \cdot 10 \cdot 4 = 400$, RNN은 $10 \cdot 4 \cdot 4 = 160$, 너비 3인 합성곱은 480이에요.
#
# **예상.** $d = 512$일 때 셀프 어텐션과 RNN의 계산량이 같아지는 문장 길이는요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $n^2 d = n d^2$이려면 $n = d$, 곧 512단어예요. 그보다 짧으면 셀프 어텐션이, 길면 RNN이 적게 계산해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "layer_cost", "locked": false, "schema_version": 3, "solution": true, "task": false}
def layer_cost(kind: str, n: int, d: int, k: int = 3) -> int:
    """길이 n, 벡터 크기 d인 층 하나의 계산량(논문 표 1)을 돌려줘요.

    kind: "self_attention", "rnn", "conv"(너비 k). 그 밖의 종류나 0 이하의 n, d는 ValueError예요.
    예: layer_cost("self_attention", 10, 4) -> 400, layer_cost("rnn", 10, 4) -> 160, layer_cost("conv", 10, 4) -> 480
    """
    ### BEGIN SOLUTION
    costs = {"self_attention": n * n * d, "rnn": n * d * d, "conv": k * n * d * d}
    if kind not in costs or n < 1 or d < 1:
        raise ValueError(f"모르는 종류이거나 크기가 맞지 않아요: {kind}, n={n}, d={d}")
    return costs[kind]
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 표의 둘째 칸을 그대로 옮겨요. 종류가 셋이니 갈래도 셋이에요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 종류에서 값으로 가는 사전을 만들어 두면 갈래를 하나하나 쓰지 않아도 돼요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 사전에 없는 종류이거나 n이나 d가 1보다 작으면 ValueError를 내고, 아니면 사전에서 꺼내요. KeyError가 아니라 ValueError예요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_layer_cost", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("layer_cost")

# %% tags=["experiment"]
lengths = [16, 32, 64, 128, 256, 512, 1024, 2048]
costs = {label: [layer_cost(kind, n, 512) / 1e6 for n in lengths] for label, kind in names.items()}
plots.lines(
    lengths,
    costs,
    title="층 하나의 계산량 (d = 512)",
    xlabel="문장 길이 n",
    ylabel="곱셈 (백만 번)",
    logx=True,
    logy=True,
    marker="o",
    colors=(plots.ORANGE, plots.GREEN, plots.BLUE),
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 파란 선이 더 가파르고, $n = 512$에서 RNN과 만나요. 앞 실험은 $d = 64$라서 64단어만 넘어도
# 어텐션이 곱셈을 더 많이 해요. 그런데도 300단어까지 훨씬 빨랐던 것은 기다리지 않아서예요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# "어텐션은 계산이 적어서 빠르다"고 읽히기 쉬운데, 층 하나의 계산량은 셀프 어텐션이 O(n²·d), RNN이 O(n·d²)이에요. 어느 쪽이 적은지는 n과 d에 달렸어요.
# d = 512라면 50단어에서 어텐션이 약 10분의 1이지만, 2048단어에서는 4배예요.<br>
# Transformer가 언제나 이기는 것은 <b>차례로 기다리는 스텝이 O(1)</b>이고 <b>두 단어 사이의 길이 O(1)</b>이라는 점이에요.</div>
#
# **한 줄 정리.** 짧은 문장에서는 계산도 적고, 긴 문장에서는 계산을 더 하는 대신 기다리지 않아요.

# %% [markdown] tags=["given"]
# ## 그래서 결과는? · 논문 표 2
#
# 논문의 표 2에서 영어를 독일어로 옮긴 점수(BLEU, 높을수록 좋아요)를 옮겨 그렸어요. 회색은 모델 여러 개의 답을 모은 앙상블이에요.

# %% tags=["experiment"]
systems = ["GNMT", "ConvS2S", "MoE", "GNMT\n앙상블", "ConvS2S\n앙상블", "Transformer\nbase", "Transformer\nbig"]
bleu = [24.6, 25.16, 26.03, 26.30, 26.36, 27.3, 28.4]
ax = plots.panels(1, width=8.6, height=3.6)[0]
plots.bars(
    systems,
    {"BLEU": bleu},
    title="영어 → 독일어 번역 점수 (논문 표 2, WMT 2014)",
    ylabel="BLEU",
    values="{:.1f}",
    ax=ax,
)
ax.set_ylim(22, 30)
for bar, name in zip(ax.patches, systems, strict=True):
    bar.set_color(plots.BLUE if "Transformer" in name else plots.GREY if "앙상블" in name else plots.ORANGE)

# %% [markdown] tags=["given"]
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 논문을 처음 읽은 글에서는 27.3을 'Transformer 이전의 최고 점수'라고 했지만, 27.3은 <b>Transformer base 자신</b>의 점수예요.
# 그 전까지 가장 높았던 것은 앙상블인 GNMT 26.30과 ConvS2S 26.36이에요. 모델 하나인 base가 여럿을 모은 앙상블을 넘었고, big은 28.4예요.</div>
#
# 막대의 세로축이 22에서 시작하는 것도 봐 주세요. 차이를 보려고 아래를 잘랐어요. 점수 차이는 2점 남짓이지만, base는 GPU 여덟 장으로 **12시간** 만에 학습했어요. 기다리지 않는 구조가 준 선물이에요.

# %% [markdown] tags=["given"]
# ## 실습 1-9 (보너스) 더하기 어텐션의 점수 ★★★ · Bahdanau 외 (2015)
#
# **왜 여기서?** 어텐션은 Transformer가 처음 만든 것이 아니에요. 3년 앞선 2014년에 Bahdanau 등이 RNN 번역기의 병목을 풀려고 만들었어요(이듬해 학회에서 발표했어요). 점수를 내적이 아니라 작은 신경망으로 냈죠.
#
# $$\text{score}_s = \tanh(s\,W_s + H_s W_h)\, v$$
#
# $s$는 디코더의 지금 상태(쿼리), $H_s$는 인코더의 s번째 상태(키)예요. Transformer는 이 어텐션만 남기고 RNN을 통째로 들어냈어요. 제목 그대로 '어텐션이면 충분하다'고요.
#
# **손으로.** $D = A = 1$, $W_s = 1$, $W_h = 2$, $v = 3$이고 $s = 1$, $H = [0, -0.5]$이면
# $\tanh(1 + 0) \cdot 3 = 2.285$, $\tanh(1 - 1) \cdot 3 = 0$이에요.
#
# **예상.** tanh를 빼면 점수가 $sW_sv + H_sW_hv$로 쪼개져요. 그러면 $s$가 바뀔 때 **어느 단어를 볼지**가 바뀔 수 있을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 바뀌지 않아요. $sW_sv$는 모든 단어에 똑같이 더해지는 수라서 소프트맥스를 지나면 사라져요. 누가 묻든 같은 곳만 보는 어텐션이 돼요. 꺾는 함수 하나가 쿼리와 키를 만나게 해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "additive_scores", "locked": false, "schema_version": 3, "solution": true, "task": false}
def additive_scores(
    s: torch.Tensor, H: torch.Tensor, W_s: torch.Tensor, W_h: torch.Tensor, v: torch.Tensor
) -> torch.Tensor:
    """디코더 상태 하나와 인코더의 모든 상태 사이의 점수를 내요.

    식: score_s = tanh(s W_s + H_s W_h) · v
    모양: s (B, D), H (B, S, D), W_s (D, A), W_h (D, A), v (A,) -> (B, S)
    예: 위의 손 계산이라면 [[2.285, 0.0]]
    """
    ### BEGIN SOLUTION
    query = (s @ W_s)[:, None]  # (B, 1, A)
    return torch.tanh(query + H @ W_h) @ v  # (B, S)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 쿼리는 문장마다 하나, 키는 단어마다 하나예요. 쿼리 하나를 모든 단어에 더해야 해요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `(B, A)`를 `(B, 1, A)`로 만들려면 `[:, None]`이나 `unsqueeze(1)`을 써요. 그러면 `(B, S, A)`와 더할 수 있어요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# tanh를 씌운 `(B, S, A)`에 `(A,)`인 v를 `@`로 곱하면 마지막 축이 사라져요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_additive_scores", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("additive_scores")

# %% tags=["experiment"]
g = torch.Generator().manual_seed(14)
H, W_s, W_h = torch.randn(1, 3, 6, generator=g), torch.randn(6, 8, generator=g), torch.randn(6, 8, generator=g)
v, queries = torch.randn(8, generator=g), torch.randn(4, 6, generator=g)  # 디코더의 상태 네 가지
with_tanh = attention_weights(additive_scores(queries, H.expand(4, 3, 6), W_s, W_h, v)[:, None], None)[:, 0]
without = attention_weights((((queries @ W_s)[:, None] + H @ W_h) @ v)[:, None], None)[:, 0]
left, right = plots.panels(2, "묻는 쪽이 바뀌면 보는 곳도 바뀔까", width=4.4, height=3.4)
states = [f"상태 {i + 1}" for i in range(4)]
plots.attention_map(with_tanh, states, text.SCHOOL.split(), title="tanh 있음", ax=left)
plots.attention_map(without, states, text.SCHOOL.split(), title="tanh 없음", ax=right)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 왼쪽은 상태마다 다른 단어를 보는데, 오른쪽은 네 줄이 모두 똑같아요. 누가 물어도 같은 대답이에요.
#
# **한 줄 정리.** 더하기 어텐션은 쿼리와 키를 더한 뒤 꺾어서 점수를 내요. 레슨 5의 내적 어텐션은 곱해서 만나게 해요.

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# 200단어짜리 문장이 400단어로 두 배가 됐어요. RNN과 셀프 어텐션에서 **(1) 차례로 기다리는 스텝 수, (2) 가장 먼 두 단어 사이의 길, (3) 층 하나의 계산량**이
# 저마다 몇 배가 되는지 적고, 오늘 그린 그림 가운데 하나를 근거로 들어 주세요. 그리고 $d = 512$인 모델이라면 어느 쪽을 고를지 까닭과 함께 세 문장쯤으로 적어 주세요.
# 이 문제는 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# RNN은 기다리는 스텝과 가장 먼 길이 모두 두 배쯤(399/199)이 되고 계산량도 두 배예요. 셀프 어텐션은 스텝과 길이 1 그대로이고 계산량만 네 배예요(계산량 그림의 파란 선이 더 가파른 것이 근거예요).
# $d = 512$라면 400단어에서도 아직 $n < d$라 셀프 어텐션의 계산이 더 적고 기다릴 필요도 없으니 셀프 어텐션을 고르겠어요. 문장이 수천 단어가 되면 계산량이 걱정이라 다시 생각해 보겠어요.
#
# 채점 기준
#
# - 1점: RNN은 기다리는 스텝도 가장 먼 두 단어의 길도 두 배쯤이 된다고 했어요.
# - 1점: 셀프 어텐션은 기다리는 스텝과 길이 그대로 1이라고 했어요.
# - 1점: 층 하나의 계산량이 RNN은 두 배, 셀프 어텐션은 네 배가 된다고 했어요.
# - 1점: 오늘 그린 그림 하나를 짚고, 거기서 본 것을 근거로 들었어요.
# - 1점: $d = 512$에서 고른 쪽과 까닭이 서로 맞아요. 셀프 어텐션이라면 $n < d$라 계산이 더 적다거나 기다릴 필요가 없다는 까닭이에요.

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# 어텐션은 모든 단어를 **한꺼번에** 봐요. 그런데 한꺼번에 보면, 누가 앞이고 누가 뒤인지는 어떻게 알까요? '개가 사람을 물었다'와 '사람이 개를 물었다'의 차이는요?
# RNN이 공짜로 주던 순서를 우리는 방금 버렸어요. 레슨 2에서 되찾아요.
#
# 아래 셀은 오늘의 실습을 모두 통과하면 이 코스의 기준 구현을 보여 줘요. 오늘 만든 함수들이 거기에 같은 이름으로 있어요.

# %% tags=["experiment"]
show_reference("rnn.py")
