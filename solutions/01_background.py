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
# **이 코스에서 할 일.** 논문 "Attention Is All You Need"를 읽으며 Transformer를 처음부터 끝까지 손으로 만들어요. 레슨 여덟 개에서
# 함수를 열 개 안팎씩 채우고 나면, 그 함수들이 한국어를 번역하는 모델이 돼요.
#
# **이번 질문.** Transformer 전의 신경망 번역기는 대개 문장을 사람처럼 **앞에서부터 차례로** 읽는 RNN이었어요. 왜 버렸을까요?
# 고장 난 작은 번역기를 학습시켜 어디가 아픈지 보고, 여러분의 함수로 고쳐요. 고치는 약이 **어텐션**이에요.
#
# {차례} 파이썬과 PyTorch의 텐서를 조금 써 봤다면 충분해요.

# %% [markdown] tags=["given"]
# ## 이 노트북을 쓰는 법
#
# 1. **예상**에 답해 본 뒤, `raise NotImplementedError(...)` 줄을 지우고 함수를 채워요. 여덟 줄을 넘는 일은 드물어요.
# 2. 바로 아래의 `check("함수 이름")`을 실행해요. 틀렸으면 **무엇이, 어디가, 왜 다른지, 다음에 볼 곳**을 알려 줘요.
# 3. 막히면 접혀 있는 **힌트**를 하나씩 열어요. 몇 번을 틀려도, 힌트를 열어도 점수는 줄지 않아요.
#
# 값이 맞으면 반복문이든 `einsum`이든 모두 통과해요. 넘파이도 괜찮지만, 기울기가 끊겨서 학습하는 실험은 돌지 않아요. **받은 텐서는 고치지 말고** 새 텐서를 돌려주세요.
#
# 이 코스는 한국어 블로그 시리즈 'Transformer 스터디'(여덟 편)를 한 편에 한 레슨씩 따라가요. 같은 글쓴이가 논문을 처음 읽으며 쓴 글은 **'첫 읽기'** 라고 불러요.
# 읽지 않고 와도 돼요. 글과 다르게 재어진 것은 노란 상자에 적어요.

# %% [markdown] tags=["given"]
# ## 용어
#
# | 한국어 | English | 기호와 모양 |
# |---|---|---|
# | 토큰 | token | 모델이 읽는 단위. 오늘은 글자나 단어 하나 |
# | 은닉 상태 | hidden state | 지금까지 읽은 것의 요약, $h_t$: `(B, D)` |
# | 인코더 / 디코더 | encoder / decoder | 읽는 쪽 / 말하는 쪽 |
# | 쿼리 / 키 / 값 | query / key / value | 묻는 쪽 / 이름표 / 내용 |
# | 어텐션 가중치 | attention weight | 어디를 얼마나 볼지, `(B, T, S)` |
# | 마스크 | mask | **True = 볼 수 있음**. 이 코스 어디서나 같아요 |
#
# B는 문장 수(배치), T는 문장의 길이, I는 입력의 크기, D는 상태의 크기예요. 어텐션에서는 **T가 묻는 문장, S가 보이는 문장**의 길이예요. 번역이라면 말하는 문장이 T, 들은 문장이 S예요.
# 가중치 행렬은 언제나 `x @ W`로 곱하고 모양은 **(들어오는 크기, 나가는 크기)** 예요.
#
# 아래는 우리가 여덟 레슨에 걸쳐 만들 Transformer예요. 환하게 칠한 어텐션이 오늘 태어나요. 나머지 이름은 아직 몰라도 괜찮아요.

# %% tags=["given"]
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from autograder import check
from autograder.kit import drawing, fast, moving, plots, progress, show_reference, steps, text

torch.set_num_threads(1)  # 오늘처럼 작은 텐서는 코어 하나가 더 빨라요. 시간도 공평하게 잴 수 있어요.

# %% tags=["given"]
drawing("transformer", lit=("attention", "cross"))

# %% [markdown] tags=["given"]
# ## 실험. 고장 난 번역기
#
# 번역기의 가장 작은 꼴로 놀이를 해요. 아무렇게나 늘어놓은 네 글자에서 열여섯 글자를 듣고 **거꾸로** 말하기예요. "가나다라"를 들으면 "라다나가"라고 해요.
# 다 듣고 나서 다른 차례로 말해야 하니 번역과 닮았죠.
#
# 2014년의 번역기(seq2seq)처럼 만들어요. **인코더** RNN이 한 글자씩 읽으며 벡터 하나를 고쳐 써요. 다 읽으면 **마지막 벡터 하나만** **디코더** RNN에 건네고,
# 디코더는 그것만 들고 한 글자씩 말해요. RNN은 1-1에서 만드니, 지금은 코드를 훑기만 하고 고장을 봐요.
# 놀이의 규칙(`game`), 학습(`practise`), 채점(`hits`)은 접어 두었어요. 펼치지 말고 실행만 해도 돼요.

# %% tags=["given"]
drawing("one-vector")

# %% jupyter={"source_hidden": true} tags=["experiment"] cellView="form"
LETTERS, LONGEST, PAD = "가나다라마바사아자차카타파하", 16, 14
letter = torch.eye(15)  # 글자마다 한 칸만 1인 벡터. 14번은 빈자리(패딩)


def game(n: int, g: torch.Generator, length: int = 0):
    """말 n개, 길이(주지 않으면 4~16), 거꾸로 한 말, 글자가 있는 칸(True). 뒤의 빈자리는 PAD로 채워요."""
    lengths = torch.full((n,), length) if length else torch.randint(4, LONGEST + 1, (n,), generator=g)
    place = lengths[:, None] - 1 - torch.arange(LONGEST)  # t번째로 말할 글자가 있던 자리
    words, seen = torch.randint(PAD, (n, LONGEST), generator=g), place >= 0
    return words.masked_fill(~seen, PAD), lengths, words.gather(1, place.clamp(min=0)), seen


def spell(row: torch.Tensor, length: int = LONGEST) -> str:
    return "".join(LETTERS[i] for i in row[:length].tolist())


# %% jupyter={"source_hidden": true} tags=["experiment"] cellView="form"
def practise(answer, parameters: list[torch.Tensor], doing: str) -> None:
    """answer(words, lengths, seen)가 글자마다 매긴 점수 (B, 16, 14)로 거꾸로 말하기를 배워요."""
    g, adam = torch.Generator().manual_seed(0), torch.optim.Adam(parameters, lr=0.01)
    for _ in progress(range(steps(500, 40)), doing):
        words, lengths, reverse, seen = game(64, g)
        adam.zero_grad()
        F.cross_entropy(answer(words, lengths, seen)[seen], reverse[seen]).backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)  # 기울기가 터지지 않게 잘라요. 왜 터지는지는 1-4에서
        adam.step()


# %% jupyter={"source_hidden": true} tags=["experiment"] cellView="form"
def hits(answer, length: int) -> torch.Tensor:
    """새로 뽑은 말 500개를 듣고 맞힌 칸 (500, length)."""
    words, lengths, reverse, seen = game(500, torch.Generator().manual_seed(1), length)
    with torch.no_grad():
        return (answer(words, lengths, seen).argmax(-1) == reverse)[:, :length].float()


# %% tags=["experiment"]
torch.manual_seed(0)
D = 16  # 벡터의 칸 수
encoder, decoder = nn.RNN(15, D, batch_first=True), nn.RNN(1, D, batch_first=True)
speak = nn.Linear(D, 14)


def bottleneck(words, lengths, seen):
    real = nn.utils.rnn.pack_padded_sequence(letter[words], lengths, batch_first=True, enforce_sorted=False)
    _, last = encoder(real)  # (1, B, D) 진짜 마지막 글자를 읽은 뒤의 벡터 하나
    told, _ = decoder(torch.zeros(len(words), LONGEST, 1), last)  # (B, 16, D) 새로 듣는 것은 없어요
    return speak(told)  # (B, 16, 14)


practise(bottleneck, [*encoder.parameters(), *decoder.parameters(), *speak.parameters()], "벡터 하나로 배우기")

# %% tags=["experiment"]
lengths = range(4, LONGEST + 1, 2)
broken = {n: hits(bottleneck, n) for n in lengths}
words, size, reverse, seen = game(1, torch.Generator().manual_seed(2), LONGEST)
print("들은 말:", spell(words[0]), "\n정답:   ", spell(reverse[0]))
print("한 말:  ", spell(bottleneck(words, size, seen).argmax(-1)[0]))
left, right = plots.panels(2, "벡터 하나에 담은 말", width=5.1, height=3.6)
left.set_ylim(0, 1), right.set_ylim(0, 1)
rate = {"맞힌 비율": [broken[n].mean() for n in lengths], "찍으면": [1 / 14] * len(lengths)}
style = {"ylabel": "맞힌 비율", "dashed": ["찍으면"], "colors": (plots.ORANGE, plots.GREY)}
plots.lines(lengths, rate, title="말이 길수록", xlabel="말의 길이 (글자)", ax=left, **style)
order = {"맞힌 비율": broken[16].mean(0).flip(0), "찍으면": [1 / 14] * 16}
plots.lines(range(1, 17), order, title="열여섯 글자일 때", xlabel="몇 번째로 들은 글자인가", ax=right, **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 말이 길수록 덜 맞히고, 열여섯 글자에서는 절반도 못 맞혀요. 오른쪽을 보면 **먼저 들은 글자일수록** 잊어서, 처음 들은 글자는 찍는 것과 다르지 않아요.
#
# 벡터를 64칸으로 넓히면 더 버텨요. 우리가 재 보니 네 글자는 100%, 열여섯 글자는 60%쯤이었어요. 128칸에는 이 학습률이 너무 커서 오히려 나빠졌고, 3분의 1로 낮추면 더 버티지만 길수록 덜 맞히기는 마찬가지였어요.
# 칸 수를 정하는 순간 담을 수 있는 양도 정해지는데, 문장에는 정해진 길이가 없어요. 이 좁은 목을 **병목**이라고 해요.
# 이제 이 기계를 뜯어서 하나씩 다시 만들어요.

# %% [markdown] tags=["given"]
# ## 실습 1-1 RNN 한 스텝 ★☆☆ · 논문 §1
#
# **왜 이런 모양일까요?** 문장은 길이가 제각각인데 신경망의 입력은 크기가 정해져 있어요. RNN(recurrent neural network)은
# **지금까지 읽은 것을 벡터 하나로 요약해 두고**, 새 토큰이 올 때마다 그 요약을 고쳐 써요. 요약이 은닉 상태 $h$예요.
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
# **예상.** 만 번을 고쳐 쓰면 상태의 값은 얼마까지 커질 수 있을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 아무리 읽어도 −1과 1 사이예요. 마지막에 늘 tanh를 지나니까요. 넘치지 않는 대신, 고쳐 쓸 때마다 옛 요약이 조금씩 눌려요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "rnn_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_step(
    x_t: torch.Tensor, h: torch.Tensor, W_xh: torch.Tensor, W_hh: torch.Tensor, b: torch.Tensor
) -> torch.Tensor:
    """토큰 하나를 읽고 상태를 고쳐 써요.

    논문 §1: RNN은 앞 상태 h_{t-1}과 t번째 입력으로 상태 h_t를 만들어요.
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
# 토큰에는 '토큰에서 상태로' 가는 가중치 행렬을, 옛 상태에는 '상태에서 상태로' 가는 가중치 행렬을 곱해요. 둘을 더하고 편향을 한 번 더한 뒤 tanh를 씌워요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_rnn_step", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("rnn_step")

# %% tags=["experiment"]
g = torch.Generator().manual_seed(0)
W_xh = torch.randn(4, 8, generator=g)
W_hh = 0.8 * torch.linalg.qr(torch.randn(8, 8, generator=g))[0]  # 길이를 0.8배로 줄이는 회전
h, trace = torch.zeros(1, 8), []
for t in range(21):
    x_t = torch.randn(1, 4, generator=g) if t == 0 else torch.zeros(1, 4)
    h = rnn_step(x_t, h, W_xh, W_hh, torch.zeros(8))
    trace.append(h[0])
size = torch.stack(trace).norm(dim=1)
units = {"상태의 크기": size, **{f"{i + 1}번 칸": torch.stack(trace)[:, i] for i in range(3)}}
style = {"xlabel": "첫 토큰을 읽은 뒤 지난 스텝", "ylabel": "값"}
plots.lines(range(21), units, title="첫 토큰의 흔적이 사라져요", colors=(plots.INK, *plots.COLORS), **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 첫 스텝에만 토큰을 넣고 그다음에는 0벡터를 넣었어요. 칸들은 출렁이지만 상태의 크기는 줄기만 해서, 열 스텝 뒤에는 처음의 15분의 1쯤만 남아요.
#
# **한 줄 정리.** RNN은 요약 하나를 스텝마다 고쳐 쓰고, 고쳐 쓸 때마다 옛것은 흐려져요.

# %% [markdown] tags=["given"]
# ## 실습 1-2 문장을 차례로 읽기 ★★☆ · 논문 §1
#
# **왜 차례로?** "나는 학교에 간다"를 읽으려면 한 스텝을 세 번 해요. 둘째 스텝에는 첫째의 결과가, 셋째 스텝에는 둘째의 결과가 필요해요.
# 그래서 **앞 스텝이 끝나야 다음 스텝을 시작할 수 있어요.** 코어가 만 개 있어도 소용이 없어요.
#
# $$h_1 = \mathrm{step}(x_1, h_0),\quad h_2 = \mathrm{step}(x_2, h_1),\quad h_3 = \mathrm{step}(x_3, h_2)$$
#
# **손으로.** $I = D = 1$, $W_{xh} = 1$, $W_{hh} = 0.5$, $b = 0$, $h_0 = 0$이고 토큰이 $[1, 0, 2]$라면
#
# $$h_1 = \tanh(1) = 0.762,\quad h_2 = \tanh(0.381) = 0.363,\quad h_3 = \tanh(2.182) = 0.975$$
#
# **예상.** 돌려줄 텐서에 $h_0$도 들어갈까요? 상태는 모두 몇 개일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 토큰 하나에 하나씩, T개예요. $h_0$은 아직 아무것도 읽지 않은 상태라 넣지 않아요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "rnn_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_forward(
    x: torch.Tensor, h0: torch.Tensor, W_xh: torch.Tensor, W_hh: torch.Tensor, b: torch.Tensor
) -> torch.Tensor:
    """문장을 왼쪽부터 읽으며 시각마다의 상태를 모두 돌려줘요.

    논문 §1: 이렇게 차례로 이어지는 성질 때문에, 한 문장 안에서는 여러 시각을 나란히 계산할 수 없어요.
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

# %% nbgrader={"grade": true, "grade_id": "check_rnn_forward", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
check("rnn_forward")

# %% tags=["experiment"]
g = torch.Generator().manual_seed(1)
word = {w: torch.randn(6, generator=g) for w in text.SCHOOL.split()}
W_xh, W_hh = torch.randn(6, 10, generator=g) / 2, torch.randn(10, 10, generator=g) / 4
ends, axes = [], plots.panels(2, "순서가 다르면 상태도 달라요", width=4.8, height=2.8)
for ax, row in zip(axes, [["나는", "학교에", "간다"], ["학교에", "나는", "간다"]], strict=True):
    x = torch.stack([word[w] for w in row])[None]  # (1, 3, 6)
    states = rnn_forward(x, torch.zeros(1, 10), W_xh, W_hh, torch.zeros(10))[0]
    ends.append(states[-1])
    look_at = {"rows": row, "title": " ".join(row), "xlabel": "상태의 칸", "ylabel": "읽은 차례"}
    plots.heatmap(states, diverging=True, limits=(-1, 1), ax=ax, **look_at)
print(f"마지막 상태끼리의 거리: {(ends[0] - ends[1]).norm():.2f}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 뜻이 같은 두 문장이고 마지막 단어도 같은데, 마지막 줄의 상태가 달라요. RNN은 차례로 읽으니까 **순서를 저절로 알아요.** 이 장점은 레슨 2에서 다시 아쉬워져요.
#
# **한 줄 정리.** RNN은 순서를 저절로 아는 대신, 한 스텝씩 기다려야 해요.

# %% [markdown] tags=["given"]
# ## 실습 1-3 마지막 상태에 문장을 담기 ★★☆
#
# **왜 마지막 상태일까요?** 문장을 다 읽은 상태가 디코더에 건넬 벡터 하나예요. 그런데 여러 문장을 한 번에 계산하려면
# 짧은 문장의 뒤를 **패딩**(빈자리)으로 채워 길이를 맞춰요. 그러면 맨 끝 칸은 패딩까지 읽어 버린 상태예요. 문장마다 **진짜 마지막 토큰**을 찾아야 해요.
#
# **손으로.** 문장 둘의 상태가 아래와 같고 길이가 `[3, 1]`이면(`·`는 패딩) 답은 `[0.9, 0.5]`예요. 길이가 3인 문장의 마지막 번호는 2, 길이가 1이면 0이에요.
#
# | | 0 | 1 | 2 |
# |---|---|---|---|
# | 문장 0 | 0.1 | 0.4 | **0.9** |
# | 문장 1 | **0.5** | 0.2 · | 0.3 · |
#
# **예상.** 고장 난 번역기에 네 글자 말을 들려주고 맨 끝 칸(패딩 열두 개를 더 읽은 상태)을 건네면, 디코더는 네 글자를 떠올릴까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 거의 떠올리지 못해요. 패딩을 읽을 때마다 상태를 고쳐 써서 네 글자의 흔적이 흐려져요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "last_state", "locked": false, "schema_version": 3, "solution": true, "task": false}
def last_state(outputs: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """문장마다 진짜 마지막 토큰을 읽은 직후의 상태를 골라요.

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

# %% nbgrader={"grade": true, "grade_id": "check_last_state", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
check("last_state")

# %% tags=["experiment"]
trained = (encoder.weight_ih_l0.T, encoder.weight_hh_l0.T, encoder.bias_ih_l0 + encoder.bias_hh_l0)  # 학습한 인코더


def told_from(pick):
    """pick이 고른 상태 하나에서 시작해 말해요."""

    def answer(words, lengths, seen):
        states = rnn_forward(letter[words], torch.zeros(len(words), D), *trained)
        return speak(decoder(torch.zeros(len(words), LONGEST, 1), pick(states, lengths)[None])[0])

    return answer


# %% tags=["experiment"]
found = {"맨 끝 칸": hits(told_from(lambda states, _: states[:, -1].contiguous()), 4).mean()}
found |= {"last_state": hits(told_from(last_state), 4).mean(), "찍으면": torch.tensor(1 / 14)}
plots.bars(list(found), {"": list(found.values())}, title="네 글자를 듣고 말하기", ylabel="맞힌 비율")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 학습한 인코더의 가중치 행렬을 여러분의 `rnn_forward`에 넣었어요. 같은 상태들인데 맨 끝 칸을 건네면 찍는 것에 가깝고, `last_state`로 고르면 되살아나요.
#
# **한 줄 정리.** 패딩을 읽기 전, 진짜 마지막 상태 하나가 문장을 대신해요. 그리고 그 하나가 병목이에요.

# %% [markdown] tags=["given"]
# ## 실습 1-4 멀수록 약해지는 기울기 ★★★ · 논문 §4
#
# **왜 기울기를 볼까요?** 문장이 수십 단어로 길어지면 아픈 곳이 하나 더 생겨요. 학습은 틀린 만큼의 신호를 거꾸로 보내는 일인데, 그 신호가 첫 토큰까지 닿지 못하면
# 첫 토큰을 어떻게 읽을지 **배우기 어려워요.** 거꾸로 걸으며 신호가 얼마나 남았는지 재요.
#
# $$g_j = \left\lVert \frac{\partial \sum h_T}{\partial x_{T-j}} \right\rVert_2 \qquad j = 0 \text{이 마지막 토큰}$$
#
# **손으로.** $I = D = 1$이고 tanh가 없다면 $g_j = |w_{hh}^{\,j}\, w_{xh}|$예요.
# $w_{xh} = 2$이고 $w_{hh} = 0.5$라면 $2, 1, 0.5, 0.25, \dots$ 스텝마다 반으로 줄어요.
#
# **예상.** $w_{hh} = 0.5$이면 20스텝 앞의 신호는 몇 배가 될까요? $w_{hh} = 1.5$라면요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $0.5^{20}$은 약 100만 분의 1이고 $1.5^{20}$은 약 3,300배예요. 같은 수를 거듭 곱하면 사라지거나(기울기 소실) 터져요. 딱 1을 지키기는 어려워요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "grad_norm_by_distance", "locked": false, "schema_version": 3, "solution": true, "task": false}
def grad_norm_by_distance(
    x: torch.Tensor, h0: torch.Tensor, W_xh: torch.Tensor, W_hh: torch.Tensor, b: torch.Tensor
) -> torch.Tensor:
    """마지막 상태의 합을 토큰마다 미분해, 거리별 기울기의 크기를 재요.

    논문 §4: 먼 관계를 배우기 쉬운지는, 신호가 앞뒤로 오가며 지나는 길의 길이에 달렸어요.
    식: 결과[j] = ∂ sum(h_T) / ∂ x_{T-j} 의 L2 크기. 배치와 입력 칸을 모두 모아 하나로 재요. 0번이 마지막 토큰이에요.
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

# %% nbgrader={"grade": true, "grade_id": "check_grad_norm_by_distance", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
check("grad_norm_by_distance")

# %% tags=["experiment"]
g = torch.Generator().manual_seed(0)
T = 50
x, h0 = torch.randn(4, T, 32, generator=g) / 2, torch.zeros(4, 64)
W_xh, turn = torch.randn(32, 64, generator=g) / 32**0.5, torch.linalg.qr(torch.randn(64, 64, generator=g))[0]
fading = {s: grad_norm_by_distance(x, h0, W_xh, s * turn, torch.zeros(64)) for s in (2.0, 1.3, 0.9, 0.5)}
for s, norms in fading.items():
    print(f"W_hh 크기 {s:g}: 마지막 토큰 {norms[0]:.2g}, 20스텝 앞 {norms[20]:.1e}, 40스텝 앞 {norms[40]:.1e}")
style = {"xlabel": "마지막 토큰에서 몇 스텝 앞인가", "ylabel": "기울기의 크기", "logy": True}
series = {f"W_hh 크기 {s:g}": norms for s, norms in fading.items()}
colors = (plots.RED, plots.PURPLE, plots.BLUE, plots.ORANGE)
plots.lines(range(T), series, title="멀수록 사라지거나 터지는 기울기", colors=colors, **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 세로축이 로그라서, 직선은 스텝마다 **같은 비율로** 변한다는 뜻이에요. 0.9와 0.5의 선이 거의 직선이죠. 0.5에서는 40스텝 앞의 신호가 마지막 토큰의 1조 분의 1도 안 되고,
# 2.0에서는 거꾸로 커져요. 1.3에서도 줄어드는 것은 tanh가 스텝마다 신호를 더 눌러서예요.
#
# LSTM과 GRU는 무엇을 남길지 배우는 문을 달아 이 소실을 늦췄어요. 하지만 병목과 기다림은 그대로예요.
#
# **한 줄 정리.** RNN의 신호는 거리만큼 거듭 곱해져서, 멀면 사라지거나 터져요.

# %% [markdown] tags=["given"]
# ## 실습 1-5 어텐션 가중치 ★★☆ · 논문 §3.2
#
# **왜 모두를 볼까요?** 병목은 '하나로 요약한다'에서 나왔어요. 상태를 **모두 남겨 두었다가, 말할 때마다 필요한 것을 찾아보면** 어떨까요?
# 사전과 닮았어요. 묻는 말이 **쿼리**, 이름표가 **키**, 꺼내 오는 내용이 **값**이에요. 다만 딱 맞는 키는 드물어서,
# **닮은 만큼의 비율로 모든 값을 조금씩** 가져와요. 이것이 **어텐션**이에요.

# %% tags=["given"]
drawing("soft-look-up")

# %% [markdown] tags=["given"]
# 닮은 정도는 **내적**이에요. 쿼리 $q = [1, 2]$와 키 $k_1 = [2, 0]$이면 $q \cdot k_1 = 1 \cdot 2 + 2 \cdot 0 = 2$예요.
# $k_2 = [-1, 1]$이면 1, $k_3 = [2, -1]$이면 0이고요. 이 **점수** `[2, 1, 0]`을 **소프트맥스**로 합이 1인 비율로 바꾼 것이 어텐션 가중치예요.
#
# $$\alpha_{ts} = \frac{e^{\text{score}_{ts}}}{\sum_{s'} e^{\text{score}_{ts'}}} \qquad (\text{보아도 되는 } s' \text{만 더해요})$$
#
# **손으로.** 셋째가 패딩이라 보면 안 된다면 남은 둘만 나눠 가져요: $e^2 = 7.389$, $e^1 = 2.718$, 합 $10.107$이니 `[0.731, 0.269, 0]`이에요.
#
# **예상.** 셋 모두로 비율을 낸 **다음에** 셋째를 0으로 지우면 어떻게 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# `[0.665, 0.245, 0.090]`에서 셋째를 지우면 합이 0.910이에요. 관심의 9%가 사라졌어요. 다시 합으로 나누면 돼요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "attention_weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_weights(scores: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """점수를 행마다 합이 1인 가중치로 바꿔요. 가린 칸은 0이에요.

    논문 §3.2: 값마다의 가중치는 쿼리가 그 키와 얼마나 잘 맞는지로 정해져요.
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

# %% nbgrader={"grade": true, "grade_id": "check_attention_weights", "locked": true, "points": 19, "schema_version": 3, "solution": false, "task": false}
check("attention_weights")

# %% tags=["experiment"]
source, target = [*text.SCHOOL.split(), "[PAD]", "[PAD]"], ["I", "go", "to", "school"]
rows = [[3.0, 0.0, 0.5], [0.5, 0.5, 3.0], [0.0, 2.0, 1.5], [0.0, 3.0, 0.5]]  # 영어 단어마다 손으로 적은 점수
scores = torch.tensor([[*row, 1.0, 1.0] for row in rows])[None]  # (1, 4, 5) 뒤의 두 칸은 패딩
mask = torch.tensor([True, True, True, False, False]).view(1, 1, 5)
left, right = plots.panels(2, "한국어의 어디를 보며 옮길까", width=4.9, height=3.7)
plots.attention_map(attention_weights(scores, None)[0], target, source, title="마스크 없이", ax=left)
plots.attention_map(attention_weights(scores, mask)[0], target, source, title="패딩을 가리고", ax=right)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 왼쪽에서는 패딩이 관심을 받고, 오른쪽에서는 진짜 단어들이 그 몫을 **제 비율대로** 나눠 가져요.
# 'go'는 한국어의 맨 끝 '간다'를 봐요. 점수는 우리가 손으로 적었어요(스스로 찾는 것은 조금 뒤에). 쿼리와 키가 다른 문장에서 오면 **크로스 어텐션**이라고 해요.
#
# **한 줄 정리.** 어텐션 가중치는 '어디를 얼마나 볼까'를 합이 1인 비율로 적은 표예요.

# %% [markdown] tags=["given"]
# ## 실습 1-6 문맥 벡터 ★☆☆ · 논문 §3.2
#
# **왜 섞을까요?** 어디를 볼지 정했으니 내용을 가져와요. 값들을 가중치만큼 섞은 벡터가 **문맥 벡터**예요. 문장 전체가 아니라 **지금 이 글자를 위한** 요약이에요.
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
# 값들의 평균이에요. 어텐션은 그때그때 무게를 정하는 평균이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "context", "locked": false, "schema_version": 3, "solution": true, "task": false}
def context(weights: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """값들을 가중치만큼 섞어요.

    논문 §3.2: 어텐션의 출력은 값들을 가중치만큼 더한 것이에요.
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
values = torch.tensor([[1, 0, 0], [0, 1, 0.2], [0, 0.1, 1], [0, 0, 0], [0, 0, 0]])[None]  # (1, 5, 3)
mixed = context(attention_weights(scores, mask), values)[0]
meanings = ["사람", "장소", "움직임"]
style = {"title": "영어 단어마다 가져온 내용", "xlabel": "값의 칸", "ylabel": "말할 단어"}
plots.heatmap(mixed, rows=target, columns=meanings, values="{:.2f}", **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 값의 세 칸에 '사람, 장소, 움직임'이라는 뜻을 적어 두었어요. 'go'의 문맥 벡터에는 움직임이, 'school'에는 장소가 가장 많이 담겼어요.
#
# **한 줄 정리.** 문맥 벡터는 본 만큼 섞은 내용이고, 글자마다 따로 만들어요.

# %% [markdown] tags=["given"]
# ## 실험. 번역기를 고쳐요
#
# 이제 고장 난 번역기를 여러분의 함수만으로 다시 조립해요. 상태의 크기 D는 그대로 16이고, 학습하는 스텝 수도 같아요. 가장 큰 차이는 디코더가 말할 때마다 **인코더의 모든 상태를 찾아보는 것**이에요.
# 그 밖에 초깃값과 편향의 수가 조금 다르고, 파라미터가 1,070개에서 1,504개로 늘어요. 앞에서 본 64칸짜리 벡터는 10,382개로도 60%쯤이었으니, 개수 덕은 아니에요.

# %% tags=["given"]
drawing("all-states")

# %% tags=["experiment"]
g = torch.Generator().manual_seed(0)


def matrix(*shape: int) -> torch.Tensor:
    return (0.7 * torch.randn(shape, generator=g) / shape[0] ** 0.5).requires_grad_(True)


listen = [matrix(15, D), matrix(D, D), matrix(D)]  # 인코더의 W_xh, W_hh, b
tell = [matrix(1, D), matrix(D, D), matrix(D)]  # 디코더의 W_xh, W_hh, b
W_q, W_out = matrix(D, D), matrix(2 * D, 14)


# %% tags=["experiment"]
def look(words, lengths, seen):
    """쿼리, 상태, 어텐션 가중치를 돌려줘요. 모두 여러분의 함수예요."""
    states = rnn_forward(letter[words], torch.zeros(len(words), D), *listen)  # (B, 16, D) 버리지 않아요
    query = rnn_forward(torch.zeros(len(words), LONGEST, 1), last_state(states, lengths), *tell)  # (B, 16, D)
    scores = query @ W_q @ states.transpose(1, 2)  # (B, 16, 16) 모든 쿼리와 키의 내적
    return query, states, attention_weights(scores, seen[:, None])


# %% tags=["experiment"]
def with_attention(words, lengths, seen):
    query, states, alpha = look(words, lengths, seen)
    return torch.cat([query, context(alpha, states)], dim=-1) @ W_out  # (B, 16, 14)


practise(with_attention, [*listen, *tell, W_q, W_out], "어텐션으로 배우기")

# %% tags=["experiment"]
lengths = range(4, LONGEST + 1, 2)
cured = {n: hits(with_attention, n) for n in lengths}
words, size, reverse, seen = game(1, torch.Generator().manual_seed(2), LONGEST)
print("들은 말:  ", spell(words[0]), "\n벡터 하나:", spell(bottleneck(words, size, seen).argmax(-1)[0]))
print("어텐션:   ", spell(with_attention(words, size, seen).argmax(-1)[0]))
rate = {"어텐션": [cured[n].mean() for n in lengths], "벡터 하나": [broken[n].mean() for n in lengths]}
rate["찍으면"] = [1 / 14] * len(lengths)
style = {"xlabel": "말의 길이 (글자)", "ylabel": "맞힌 비율", "dashed": ["찍으면"]}
colors = (plots.BLUE, plots.ORANGE, plots.GREY)
plots.lines(lengths, rate, title="병목과 그 약 (둘 다 D = 16)", marker="o", colors=colors, **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 같은 16칸인데 이제 열여섯 글자도 거의 다 맞혀요. 길이가 늘어도 파란 선은 내려가지 않아요.
# 아무도 어디를 보라고 가르치지 않았는데, 어디를 보고 있을까요? 길이를 움직여 봐요.


# %% tags=["experiment"]
def show(길이: int) -> None:
    words, size, reverse, seen = game(1, torch.Generator().manual_seed(길이), 길이)
    said = with_attention(words, size, seen).argmax(-1)[0]
    alpha = look(words, size, seen)[-1][0, :길이, :길이]
    ax = plots.panels(1, width=6.4, height=5.2)[0]
    title = f"{spell(words[0], 길이)} → {spell(said, 길이)}"
    plots.attention_map(alpha, list(spell(said, 길이)), list(spell(words[0], 길이)), title=title, ax=ax)


moving(show, 길이=[8, *range(4, 8), *range(9, 17)])

# %% [markdown] tags=["given"]
# **눈으로 보기.** 첫 글자를 말할 때는 마지막 칸을, 그다음에는 하나 앞 칸을 봐요. 오른쪽 위에서 왼쪽 아래로 내려오는 줄이 **스스로 찾아낸 '거꾸로'** 예요.
#
# **한 줄 정리.** 벡터 하나에 눌러 담지 않고, 말할 때마다 찾아봐요. 2014년에 Bahdanau 등이 이렇게 RNN 번역기의 병목을 풀었어요.

# %% [markdown] tags=["given"]
# ## 실험. RNN을 빼면: 셀프 어텐션
#
# 병목은 나았지만 읽는 일은 아직 RNN이라 한 스텝씩 기다려요. Transformer는 **읽는 일도 어텐션으로** 해요. 쿼리와 키와 값이 모두 **같은 문장에서** 나와서
# 문장의 단어들이 서로를 보는 것이 **셀프 어텐션**이에요. 그러면 "10년 전 파리에서 샀던 빵"의 양 끝이 한 스텝에 만나요. 신호가 건너는 이 스텝 수를 **경로 길이**라고 해요.

# %% tags=["given"]
drawing("path-between-words")


# %% tags=["experiment"]
def self_attention(x, W_q, W_k, W_v):
    scores = (x @ W_q) @ (x @ W_k).transpose(1, 2) / x.shape[-1] ** 0.5  # (B, n, n) 나누는 까닭은 레슨 5에서
    return context(attention_weights(scores, None), x @ W_v)  # (B, n, D)


g = torch.Generator().manual_seed(0)
x = torch.randn(16, T, 32, generator=g).requires_grad_(True)
W = torch.randn(3, 32, 32, generator=g) / 32**0.5
(grad,) = torch.autograd.grad(self_attention(x, *W)[:, -1].sum(), x)  # 마지막 단어가 쿼리
straight = grad.pow(2).sum(dim=(0, 2)).sqrt().flip(0)
curves = {"셀프 어텐션": straight / straight[1:].mean()}
curves |= {f"RNN, W_hh 크기 {s:g}": fading[s] / fading[s][0] for s in (0.9, 0.5)}
style = {"xlabel": "마지막 단어에서 몇 스텝 앞인가", "ylabel": "기울기의 크기 (기준 = 1)", "logy": True}
plots.lines(range(T), curves, title="거리를 모르는 기울기", colors=(plots.GREEN, plots.BLUE, plots.ORANGE), **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** RNN은 마지막 단어를, 셀프 어텐션은 나머지 단어들의 평균을 1로 맞췄어요. 초록 선은 출렁일 뿐 기울지 않아요. 어느 단어에서 출발해도 마지막 단어까지의 **경로 길이가 1**이니까요.
# 0번이 높은 것은 마지막 단어가 쿼리 노릇까지 하기 때문이에요.
#
# 그리고 셀프 어텐션에는 기다림이 없어요. 모든 쌍의 점수가 행렬 곱 **하나**로 나와요. 그러면 계산이 적어서 빠를까요? PyTorch의 계수기로 행렬 곱 속의 **곱셈을 세고 시간도 재요.**
# 코어 하나에서, 반복문까지 C++로 된 `nn.RNN`도 함께 재요.
#
# **예상.** 100단어를 한 번 읽을 때 셀프 어텐션의 곱셈은 RNN의 몇 배일까요? 시간은요? 2000단어에서는요? 아래에서 재요.

# %% tags=["experiment"]
d = 64
g = torch.Generator().manual_seed(0)
W = torch.randn(3, d, d, generator=g) / d**0.5
built_in = nn.RNN(d, d, batch_first=True).requires_grad_(False)
readers = {
    "셀프 어텐션": lambda x: self_attention(x, *W),
    "여러분의 RNN": lambda x: rnn_forward(x, torch.zeros(1, d), W[0], W[1], torch.zeros(d)),
    "nn.RNN": lambda x: built_in(x)[0],
}


# %% tags=["experiment"]
def multiplications(read, n: int) -> float:
    with FlopCounterMode(display=False) as counter:
        read(torch.randn(1, n, d))
    return counter.get_total_flops() / 2  # 계수기는 곱하기와 더하기를 따로 세요


def seconds(read, n: int) -> float:
    """여러 번 읽어 보고 가장 빠른 시간을 골라요."""
    x, took = torch.randn(1, n, d), []
    for _ in range(fast(max(5, 3000 // n), 3)):
        start = time.perf_counter()
        read(x)
        took.append(time.perf_counter() - start)
    return min(took)


# %% tags=["experiment"]
sizes = fast([10, 30, 100, 300, 1000, 2000], [10, 30, 100])
count = {name: torch.tensor([multiplications(read, n) for n in sizes]) for name, read in readers.items()}
took = {k: torch.tensor([seconds(read, n) for n in progress(sizes, k)]) for k, read in readers.items()}
more = count["셀프 어텐션"] / count["여러분의 RNN"]
own, built = (took[name] / took["셀프 어텐션"] for name in ("여러분의 RNN", "nn.RNN"))
for n, *row in zip(sizes, more, own, built, strict=True):
    print("{:>5}단어: 곱셈은 {:.2f}배, 빠르기는 여러분의 RNN의 {:.1f}배, nn.RNN의 {:.1f}배".format(n, *row))
ratio = {"곱셈이 몇 배": more, "여러분의 RNN보다 몇 배 빠른가": own, "nn.RNN보다 몇 배 빠른가": built}
ratio["같음"] = [1] * len(sizes)
style = {"xlabel": "문장 길이 n (단어)", "ylabel": "배", "logx": True, "logy": True, "dashed": ["같음"]}
colors = (plots.ORANGE, plots.BLUE, plots.PURPLE, plots.GREY)
plots.lines(sizes, ratio, title="RNN에 견준 셀프 어텐션 (d = 64)", marker="o", colors=colors, **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 주황 선은 1 아래로 내려오는 일이 없어요. 셀프 어텐션은 **언제나 곱셈을 더 해요.** 100단어에서 RNN의 3.06배예요.
# 그런데도 훨씬 빨라요. 우리가 잰 코어 하나에서는 `nn.RNN`보다 다섯 배쯤, 여러분의 RNN보다 열 배쯤이었어요. **세 배 더 계산하고도 다섯 배, 열 배 빨라요.**
#
# 코어가 하나라 나란히 한 일은 없어요. 까닭은 **한 번에 맡기는 일의 크기**예요. RNN은 앞 스텝을 기다려야 해서 작은 곱을 100번 따로 부르고, 기다릴 것이 없는 셀프 어텐션은 큰 행렬 곱 몇 번으로 몰아요.
# 곱셈의 수가 같아도 큰 곱 한 번이 작은 곱 백 번보다 훨씬 빨라요.
#
# 문장이 아주 길어지면 늘어난 곱셈이 끝내 시간을 이겨요. 2000단어에서는 곱셈이 32.75배이고, 우리 코어 하나에서는 RNN보다 느렸어요.
#
# 논문의 표 1은 층 하나를 이렇게 적어요.
#
# | 층 | 계산량 | 차례로 기다리는 스텝 | 가장 먼 길 |
# |---|---|---|---|
# | 셀프 어텐션 | $O(n^2 \cdot d)$ | $O(1)$ | $O(1)$ |
# | RNN | $O(n \cdot d^2)$ | $O(n)$ | $O(n)$ |
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# "어텐션은 계산이 적어서 빠르다"고 읽기 쉬워요. 논문 §4에도 n이 d보다 작으면 셀프 어텐션의 계산이 더 적다고 적혀 있어요. 하지만 표 1은 <b>O(·)</b>, 곧 길이가 늘 때 무엇이 빨리 커지는지를
# 적은 것이라 W_q, W_k, W_v를 곱하는 3n·d²과 앞에 붙는 수를 뺐어요. 다 세면 셀프 어텐션은 3n·d² + 2n²·d, RNN은 2n·d²이라 <b>1.5 + n/d배</b>예요. n = d인 64단어에서도 같아지지 않고 2.5배예요.<br>
# 블로그 1편의 "수십 배"도, 첫 읽기의 "100단어에서 100배"도 기계와 길이에 달렸어요(100배인 것은 기다리는 스텝이에요). 언제나 남는 것은 <b>기다리는 스텝과 경로 길이가 O(1)</b>이라는 점이에요. GPU처럼 코어가 많으면 큰 곱을 나눠 맡기까지 해서 차이가 더 벌어지기 쉬워요.</div>
#
# **한 줄 정리.** 셀프 어텐션은 계산이 적어서가 아니라, 기다리지 않고 **큰 행렬 곱에 몰아서 할 수 있어** 빨라요.

# %% [markdown] tags=["given"]
# ## 결과. 번역 점수 · 논문 표 2
#
# 영어를 독일어로 옮긴 점수(BLEU, 높을수록 좋아요)로 Transformer base는 27.3, big은 28.4예요. 그 전까지 가장 높던 것은 여러 모델의 답을 모은 앙상블인 GNMT 26.30과 ConvS2S 26.36이었어요.
# base는 GPU 여덟 장으로 **12시간** 만에 학습했어요. 기다리지 않는 구조가 준 선물이에요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# '첫 읽기'에서는 27.3을 'Transformer 이전의 최고 점수'라고 했지만, 27.3은 <b>Transformer base 자신</b>의 점수예요.</div>

# %% [markdown] tags=["given"]
# ## 실습 1-7 (보너스) 표 1의 계산량 ★☆☆ · 논문 §4, 표 1
#
# **왜?** 표 1의 식을 함수로 옮겨, 방금 센 곱셈과 견줘요. 합성곱(convolution)은 한 번에 이웃 $k$개를 보는 층이에요.
#
# $$\text{셀프 어텐션 } n^2 d \qquad \text{RNN } n d^2 \qquad \text{합성곱 } k n d^2$$
#
# **손으로.** $n = 10$, $d = 4$이면 셀프 어텐션은 $10 \cdot 10 \cdot 4 = 400$, RNN은 $10 \cdot 4 \cdot 4 = 160$, $k = 3$인 합성곱은 480이에요.
#
# **예상.** $d = 64$일 때 표 1의 두 식은 몇 단어에서 같아질까요? 센 곱셈도 거기서 같아질까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $n^2 d = n d^2$이 되는 $n = d$, 곧 64단어예요. 센 곱셈은 $1.5 + n/d$배라 거기서도 2.5배예요. 함수를 만든 뒤 그려 봐요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "layer_cost", "locked": false, "schema_version": 3, "solution": true, "task": false}
def layer_cost(kind: str, n: int, d: int, k: int = 3) -> int:
    """길이 n, 벡터 크기 d인 층 하나의 계산량, 곧 논문 표 1의 O(·) 안에 적힌 식의 값을 돌려줘요.

    실제 곱셈 수가 아니라, 앞에 붙는 수와 q, k, v를 만드는 곱을 뺀 값이에요.
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
# 위의 식 세 개를 그대로 옮겨요. 종류가 셋이니 갈래도 셋이에요.
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

# %% nbgrader={"grade": true, "grade_id": "check_layer_cost", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("layer_cost")

# %% tags=["experiment"]
lengths = [8, 16, 32, 64, 128, 256, 512, 1024, 2048]
table = [layer_cost("self_attention", n, d) / layer_cost("rnn", n, d) for n in lengths]
counted = [multiplications(readers["셀프 어텐션"], n) / multiplications(readers["nn.RNN"], n) for n in lengths]
both = {"표 1의 식": table, "센 곱셈": counted, "같음": [1] * len(lengths)}
style = {"xlabel": "문장 길이 n", "ylabel": "RNN의 몇 배", "logx": True, "logy": True, "dashed": ["같음"]}
colors = (plots.PURPLE, plots.ORANGE, plots.GREY)
plots.lines(lengths, both, title="표 1과 센 곱셈 (d = 64)", colors=colors, **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 표 1의 식은 64단어에서 1을 지나지만 센 곱셈은 지나지 않아요. 문장이 길어질수록 두 선이 가까워져요. O(·)가 말하는 것은 그 먼 곳의 모양이에요.
#
# **한 줄 정리.** 표 1은 얼마나 빨리 커지는지를 말하고, 몇 번 곱하는지는 세어 봐야 알아요.

# %% [markdown] tags=["given"]
# ## 실습 1-8 (보너스) 두 단어 사이의 길 ★☆☆ · 논문 §4, 표 1
#
# **왜?** 가장 먼 두 단어, 곧 문장의 처음과 끝 사이의 경로 길이를 함수로 적어요. RNN은 $n - 1$, 셀프 어텐션은 $1$이에요.
# 간격을 $k$배씩 벌리며 쌓은 합성곱은 한 층마다 보이는 너비가 $k$배라서 $k^c \ge n$인 가장 작은 $c$예요.
#
# **손으로.** $n = 10$, $k = 3$이면 RNN은 9예요. 합성곱은 한 층에 3단어, 두 층에 9단어, 세 층에 27단어를 덮으니 3이에요.
#
# **예상.** 512단어에서 RNN의 길은 셀프 어텐션의 몇 배일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 511배예요. 셀프 어텐션의 길은 1이니, RNN의 $n - 1$이 그대로 배수예요.
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
# 모르는 종류와 1보다 작은 n은 맨 앞에서 막아요. n이 딱 k의 거듭제곱일 때 한 번 더 곱하지 않는지 봐요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_path_length", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("path_length")

# %% tags=["experiment"]
lengths = [2, 4, 8, 16, 32, 64, 128, 256, 512]
names = {"RNN": "rnn", "합성곱 (k = 3)": "conv", "셀프 어텐션": "self_attention"}
paths = {label: [path_length(kind, n) for n in lengths] for label, kind in names.items()}
style = {"xlabel": "문장 길이 n", "ylabel": "스텝 수", "logx": True, "logy": True, "marker": "o"}
plots.lines(lengths, paths, title="가장 먼 두 단어 사이의 길", colors=(plots.ORANGE, plots.GREEN, plots.BLUE), **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 512단어에서 RNN은 511스텝, 합성곱은 6스텝이고 셀프 어텐션은 1에서 움직이지 않아요.
#
# **한 줄 정리.** 셀프 어텐션에서는 어느 두 단어든 한 스텝 거리예요.

# %% [markdown] tags=["given"]
# ## 실습 1-9 (보너스) 더하기 어텐션의 점수 ★★★ · Bahdanau 외 (2015)
#
# **왜?** 2014년의 첫 어텐션은 점수를 내적이 아니라 작은 신경망으로 냈어요(이듬해 학회에서 발표했어요).
#
# $$\text{score}_j = \tanh(s\,W_s + H_j W_h)\, v$$
#
# $s$는 디코더의 지금 상태(쿼리), $H_j$는 인코더의 $j$번째 상태(키)예요. $W_s$와 $W_h$가 둘을 같은 크기 $A$의 벡터로 바꿔 더하고($A$는 우리가 고르는 크기예요), $v$가 그 벡터를 점수 하나로 만들어요.
#
# **손으로.** $D = A = 1$, $W_s = 1$, $W_h = 2$, $v = 3$이고 $s = 1$, $H = [0, -0.5]$이면
# $\tanh(1 + 0) \cdot 3 = 2.285$, $\tanh(1 - 1) \cdot 3 = 0$이에요.
#
# **예상.** tanh를 빼면 점수가 $sW_sv + H_jW_hv$로 쪼개져요. 그러면 $s$가 바뀔 때 **어느 단어를 볼지**가 바뀔 수 있을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 바뀌지 않아요. $sW_sv$는 모든 단어에 똑같이 더해지는 수라서 소프트맥스를 지나면 사라져요. 꺾는 함수 하나가 쿼리와 키를 만나게 해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "additive_scores", "locked": false, "schema_version": 3, "solution": true, "task": false}
def additive_scores(
    s: torch.Tensor, H: torch.Tensor, W_s: torch.Tensor, W_h: torch.Tensor, v: torch.Tensor
) -> torch.Tensor:
    """디코더 상태 하나와 인코더의 모든 상태 사이의 점수를 내요.

    식: score_j = tanh(s W_s + H_j W_h) · v, j는 인코더의 상태의 번호
    모양: s (B, D), H (B, S, D), W_s (D, A), W_h (D, A), v (A,) -> (B, S). A는 고르기 나름인 크기예요.
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
H, (W_s, W_h) = torch.randn(1, 3, 6, generator=g), torch.randn(2, 6, 8, generator=g)
v, queries = torch.randn(8, generator=g), torch.randn(4, 6, generator=g)  # 디코더의 상태 네 가지
with_tanh = attention_weights(additive_scores(queries, H.expand(4, 3, 6), W_s, W_h, v)[:, None], None)[:, 0]
without = attention_weights((((queries @ W_s)[:, None] + H @ W_h) @ v)[:, None], None)[:, 0]
left, right = plots.panels(2, "묻는 쪽이 바뀌면 보는 곳도 바뀔까", width=4.4, height=3.4)
states = [f"상태 {i + 1}" for i in range(4)]
plots.attention_map(with_tanh, states, text.SCHOOL.split(), title="tanh 있음", ax=left)
plots.attention_map(without, states, text.SCHOOL.split(), title="tanh 없음", ax=right)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 왼쪽은 상태마다 보는 비율이 다른데, 오른쪽은 네 줄이 모두 똑같아요. 누가 물어도 같은 대답이에요.
#
# **한 줄 정리.** 더하기 어텐션은 쿼리와 키를 더한 뒤 꺾고, 내적 어텐션은 곱해서 만나게 해요.

# %% [markdown] tags=["given"]
# ## 마무리. PyTorch와 같아요
#
# 오늘의 함수에 PyTorch 모듈의 가중치 행렬을 그대로 넣고, 결과의 가장 큰 차이를 재요.

# %% tags=["experiment"]
g = torch.Generator().manual_seed(0)
words, size, _, seen = game(8, g)
states = rnn_forward(letter[words], torch.zeros(8, D), *trained)
packed = nn.utils.rnn.pack_padded_sequence(letter[words], size, batch_first=True, enforce_sorted=False)
q, k, v = torch.randn(3, 8, LONGEST, D, generator=g)
mine = context(attention_weights(q @ k.transpose(1, 2), seen[:, None]), v)
theirs = F.scaled_dot_product_attention(q, k, v, attn_mask=seen[:, None], scale=1.0)
gaps = {
    "rnn_forward와 nn.RNN": states - encoder(letter[words])[0],
    "last_state와 nn.RNN의 마지막 상태": last_state(states, size) - encoder(packed)[1][0],
    "context와 F.scaled_dot_product_attention": mine - theirs,
}
for name, gap in gaps.items():
    print(f"{name}: 가장 큰 차이 {gap.abs().max():.0e}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 반올림만큼만 달라요. 여러분이 만든 것이 PyTorch 안에 있는 바로 그 계산이에요.

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# 친구가 말해요. "병목이 문제라면 상태를 16칸에서 1,000칸으로 넓히면 되잖아요. 어텐션은 필요 없어요." 친구의 말이 어디까지 맞고 무엇이 그대로 남는지,
# **담을 수 있는 양**과 **기다림이나 길**을 나눠 적어 주세요. 어텐션이 대신 치르는 것 하나와, 근거가 되는 오늘의 그림이나 숫자 하나도 적어요. 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# 칸을 넓히면 더 긴 말을 담아요. 하지만 칸 수는 정해져 있고 문장의 길이는 정해져 있지 않아서, 더 긴 문장에서는 다시 모자라요.
# 칸이 1,000개여도 한 스텝씩 기다리는 것과 양 끝의 길이 n − 1스텝인 것은 그대로예요(기울기 그림에서 먼 신호가 사라졌어요).
# 어텐션은 모든 쌍을 견주느라 곱셈을 더 해요. 100단어에서 RNN의 세 배였어요.
#
# 채점 기준
#
# - 1점: 칸을 넓히면 담을 수 있는 양이 늘어난다고 했어요.
# - 1점: 문장이 더 길어지면 다시 모자란다고 했어요.
# - 1점: 칸을 넓혀도 차례로 기다리는 것이나 n − 1스텝의 길은 그대로라고 했어요.
# - 1점: 어텐션이 대신 치르는 것(모든 상태, 모든 쌍, 더 많은 곱셈 가운데 하나)을 적었어요.
# - 1점: 오늘의 그림이나 숫자 하나를 말과 맞는 근거로 들었어요.

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# 셀프 어텐션은 모든 단어를 **한꺼번에** 봐요. 그런데 한꺼번에 보면 누가 앞이고 누가 뒤인지는 어떻게 알까요? '안 먹고 잤다'와 '먹고 안 잤다'는 같은 세 단어인데 뜻이 달라요.
# RNN이 공짜로 주던 순서를 우리는 방금 버렸어요. 레슨 2에서 되찾아요.
#
# 저장소째로 받았다면 아래 셀은 오늘의 실습을 보너스까지 모두 통과한 뒤 이 코스의 기준 구현을 보여 줘요(나눠 받은 묶음에는 없어요).

# %% tags=["experiment"]
show_reference("rnn.py")
