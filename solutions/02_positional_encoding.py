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
# # 레슨 2. 위치 인코딩: 순서 없이 순서 기억하기
#
# **지금까지.** 레슨 1에서 문장을 차례로 읽는 RNN을 떠나, 모든 단어가 모든 단어를 한꺼번에 보는 어텐션을 만났어요. 기다림도 먼 길도 사라졌어요.
#
# **이번 질문.** 그런데 한꺼번에 보면 **누가 앞이고 누가 뒤인지** 어떻게 알까요? 오늘은 순서 실험실에서 어텐션이 순서를 놓치는 것을 두 눈으로 보고,
# 논문이 고른 사인과 코사인으로 하나씩 고쳐 나가요. 끝에는 같은 실험실에 PyTorch의 인코더 층을 넣어요.
#
# {차례}

# %% tags=["given"]
from autograder.kit import drawing

drawing("transformer", lit="positions")

# %% [markdown] tags=["given"]
# ## 용어
#
# | 한국어 | English | 기호와 모양 |
# |---|---|---|
# | 위치 인코딩 | positional encoding | $PE$: `(L, D)`, 위치마다 벡터 하나 |
# | 짝 | pair | 차원 $2i$(사인)와 $2i{+}1$(코사인) |
# | 빠르기 | angle rate | $10000^{-2i/D}$, 한 칸에 도는 각도(라디안) |
# | 파장 | wavelength | 한 바퀴 도는 칸 수, $2\pi$ 나누기 빠르기 |
# | 등변 | equivariant | 입력을 섞으면 출력도 **똑같이 섞여요** |
# | 불변 | invariant | 입력을 섞어도 출력이 **그대로예요** |
#
# B는 문장, T는 토큰, L은 표의 줄의 수, D는 $d_\text{model}$이에요. 위치는 **0부터** 세요. 오늘은 단어 하나가 토큰 하나예요.

# %% tags=["given"]
import math

import torch
import torch.nn.functional as F

from autograder import check
from autograder.kit import moving, plots, progress, show_reference, steps

torch.set_num_threads(1)  # 오늘처럼 작은 텐서는 코어 하나가 더 빨라요.

# %% [markdown] tags=["given"]
# ## 실험. 순서 실험실
#
# 아래의 문장 쌍들은 **같은 단어를 차례만 바꾼** 문장이에요. 뜻은 전혀 달라요. '안 먹고 잤다'는 굶고 잔 것이고, '먹고 안 잤다'는 먹고 나서 깨어 있는 것이니까요.
# 단어마다 임베딩을 하나씩 뽑고, 레슨 1의 어텐션에 넣어요. 묻는 쿼리, 이름표인 키, 가져올 값이 오늘은 모두 $x$예요. 그리고 토큰마다의 출력을 평균 내어 **문장 벡터** 하나로 만들어요.
#
# **예상.** 두 문장 벡터는 얼마나 멀까요?

# %% tags=["experiment"]
PAIRS = [
    ("안 먹고 잤다", "먹고 안 잤다"),
    ("큰 개의 집", "개의 큰 집"),
    ("일찍 자고 늦게 나간다", "늦게 자고 일찍 나간다"),
]
g = torch.Generator().manual_seed(0)
words = sorted({word for pair in PAIRS for sentence in pair for word in sentence.split()})
meaning = {word: 0.5 * torch.randn(32, generator=g) for word in words}  # 단어마다 하나뿐인 임베딩


def embed_words(sentence: str) -> torch.Tensor:
    """문장 -> 임베딩 (1, T, 32)."""
    return torch.stack([meaning[word] for word in sentence.split()])[None]


# %% tags=["experiment"]
def attend(x: torch.Tensor) -> torch.Tensor:
    """위치를 모르는 가장 간단한 셀프 어텐션. x (B, T, D) -> (B, T, D). √D로 나누는 까닭은 레슨 5에서 봐요."""
    return torch.softmax(x @ x.transpose(1, 2) / x.shape[-1] ** 0.5, dim=-1) @ x


# %% tags=["experiment"]
def order_lab(layer) -> None:
    """문장 쌍마다 두 문장 벡터의 거리를 찍고, 첫 쌍은 토큰마다의 출력까지 그려요."""
    for pair in PAIRS:
        one, other = (layer(embed_words(sentence)).mean(dim=1) for sentence in pair)
        print(f"{pair[0]} / {pair[1]}: 문장 벡터의 거리 {(one - other).norm():.3f}")
    style = {"xlabel": "출력의 차원", "diverging": True, "limits": (-1.5, 1.5)}
    for ax, sentence in zip(plots.panels(2, "토큰마다의 출력", width=5, height=2.8), PAIRS[0], strict=True):
        plots.heatmap(layer(embed_words(sentence))[0], rows=sentence.split(), title=sentence, ax=ax, **style)


order_lab(attend)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 거리가 모두 0이에요. 어텐션에게 굶고 잔 사람과 먹고 깨어 있는 사람은 **같은 문장**이에요.
# 두 그림에서 같은 단어의 줄끼리 견주면 까닭이 보여요. 색은 똑같고 줄의 자리만 옮겨 갔으니, 평균을 내면 차이가 사라져요.
#
# 오늘 이 실험실을 고쳐요. 먼저 무엇이 고장 났는지 정확히 말하고(2-1), 위치의 이름표를 만들어(2-2, 2-3) 더한 다음(2-4), 그 이름표로 무엇까지 할 수 있는지 봐요(2-5, 2-6).

# %% [markdown] tags=["given"]
# ## 실습 2-1 순서를 섞으면 따라 섞일까 ★★☆ · 논문 §3.5
#
# **왜 확인할까요?** 실험실은 세 쌍만 봤어요. '어떤 문장을 어떻게 섞어도'라고 말하려면 재는 도구가 필요해요. 토큰을 `perm`의 차례로 새로 늘어놓았을 때, 출력도 **같은 차례로 따라 섞이기만** 하는 함수를 **순열 등변**이라고 해요.
#
# $$f(x[\text{perm}]) = f(x)[\text{perm}]$$
#
# **손으로.** 단어마다 수 하나인 문장 $x = [2, 4, 9]$에 '전체 평균을 더하기'를 해요. 평균이 5이니 $f(x) = [7, 9, 14]$예요.
# `perm = [2, 0, 1]`로 섞은 $[9, 2, 4]$를 넣으면 $[14, 7, 9]$가 나오고, 이것은 $f(x)$를 같은 차례로 섞은 것과 같아요. 등변이에요.
#
# **예상.** '작은 수부터 늘어놓기(정렬)'는 등변일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 아니에요. 어떻게 섞어 넣어도 $[2, 4, 9]$가 나와요. 출력이 따라 섞이지 않고 **그대로**죠. 이것은 불변이에요. 둘을 헷갈리기 쉬워요.
#
# </details>
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 2편은 위치 정보가 없으면 순서가 다른 문장에서 '같은 결과'가 나온다고 적었어요. 정확히는 <b>토큰마다의 출력 벡터는 같고, 그 줄의 차례가 토큰을 따라 섞여요</b>.
# 셀프 어텐션은 불변이 아니라 등변이에요. 평균처럼 차례를 버리는 계산까지 하면 그때 불변이 돼요.</div>


# %% nbgrader={"grade": false, "grade_id": "is_permutation_equivariant", "locked": false, "schema_version": 3, "solution": true, "task": false}
def is_permutation_equivariant(f, x: torch.Tensor, perm: torch.Tensor) -> bool:
    """토큰을 perm의 차례로 섞었을 때 f의 출력도 똑같이 섞이기만 하면 True예요.

    식: f(x[:, perm]) = f(x)[:, perm]  (반올림만큼의 차이는 봐줘요)
    모양: f는 (B, T, D)를 받아 (B, T, D)를 돌려주는 함수, x (B, T, D), perm (T,) 정수 -> 파이썬 bool
    예: f가 tanh처럼 토큰마다 따로 계산하면 True, 앞에서부터 더해 가는 함수면 False
    """
    ### BEGIN SOLUTION
    shuffled_first = f(x[:, perm])  # 섞고 나서 f
    shuffled_last = f(x)[:, perm]  # f 하고 나서 섞기
    return torch.allclose(shuffled_first, shuffled_last, rtol=1e-4, atol=1e-5)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# '섞고 나서 f'와 'f 하고 나서 섞기'를 견줘요. 두 길의 도착점이 같으면 등변이에요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 토큰 축은 1번이에요. 그 축의 차례는 `x[:, 차례]`로 바꿔요. 견주는 데는 `torch.allclose(a, b, atol=...)`가 편하고, 파이썬 bool을 돌려줘요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# f를 두 번 불러요. 한 번은 섞은 x로, 한 번은 그대로인 x로요. 두 번째 결과는 부른 뒤에 섞어요. 계산 차례가 달라지면 끝자리가 조금 다를 수 있으니 `==`는 쓰지 않아요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_is_permutation_equivariant", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
check("is_permutation_equivariant")

# %% tags=["experiment"]
x, perm = torch.randn(1, 5, 8, generator=torch.Generator().manual_seed(0)), torch.tensor([3, 0, 4, 1, 2])
candidates = {
    "셀프 어텐션": attend,
    "토큰마다 tanh": torch.tanh,
    "앞에서부터 더하기": lambda x: x.cumsum(dim=1),
    "정렬하기": lambda x: x.sort(dim=1).values,
}
for name, f in candidates.items():
    print(f"{name}: {'등변' if is_permutation_equivariant(f, x, perm) else '등변이 아님'}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 셀프 어텐션은 토큰마다 따로 계산하는 tanh와 한편이에요. 앞에서부터 차례로 더하는 함수는 순서를 알아서 등변이 아니에요. RNN도 그런 함수였죠.
# 논문도 같은 말을 해요. 되풀이(RNN)도 합성곱도 없으니, 순서를 쓰려면 위치를 **따로 넣어 줘야** 해요(§3.5).
#
# **한 줄 정리.** 셀프 어텐션은 순열 등변이라서, 순서는 우리가 적어 넣어야 해요.

# %% [markdown] tags=["given"]
# ## 실습 2-2 짝마다 다른 빠르기 ★★☆ · 논문 §3.5
#
# **왜 1, 2, 3, …이 아닐까요?** 가장 쉬운 방법은 위치 번호를 그대로 더하는 것이에요. 해 봐요.

# %% tags=["experiment"]
for start in (0, 500):
    x = embed_words("안 먹고 잤다")[0] + (start + torch.arange(3))[:, None]  # 위치 번호를 그대로 더해요.
    alike = F.cosine_similarity(x[0], x[1], dim=0)
    print(f"글의 {start}번째에서 시작하면 '안'과 '먹고'의 코사인 유사도는 {alike:.4f}")

# %% [markdown] tags=["given"]
# 글의 첫머리에서는 괜찮지만, 500번째에서는 1, 곧 **두 단어가 같은 방향**이에요. 커다란 번호에 뜻이 묻혔어요.
# 문장 길이로 나눠 0과 1 사이로 줄이면, 한 칸의 크기가 문장마다 달라져요. 10단어 문장에서는 0.1, 100단어 문장에서는 0.01이 되니까요.
#
# **시계**는 이 문제를 벌써 풀었어요. 초침, 분침, 시침이 저마다 다른 빠르기로 돌아서, 값은 늘 한 바퀴 안에 있으면서 긴 시간을 가리켜요.
# 위치 인코딩은 바늘이 $D/2$개인 시계예요.

# %% tags=["experiment"]
drawing("position-clocks")

# %% [markdown] tags=["given"]
# $i$번째 바늘(짝)은 한 칸(이웃한 두 위치 사이)마다 이만큼 돌아요.
#
# $$\text{rate}_i = \frac{1}{10000^{2i/d_\text{model}}},\qquad i = 0, 1, \dots, \tfrac{d_\text{model}}{2} - 1$$
#
# **손으로.** $d_\text{model} = 6$이면 짝이 셋이에요: $10000^{0} = 1$, $10000^{-1/3} = 0.0464$, $10000^{-2/3} = 0.00215$.
# 한 바퀴 도는 데 각각 6.3칸, 135칸, 2916칸이 걸려요. 위 그림의 세 바늘이에요.
#
# **예상.** $d_\text{model} = 512$일 때 가장 느린 바늘은 512단어를 지나는 동안 몇 바퀴나 돌까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 100분의 1바퀴도 못 돌아요. 마지막 짝 $i = 255$의 파장이 약 60,600칸이라 512단어를 지나도 3도쯤이에요. 그래서 웬만큼 긴 글에서도 처음으로 돌아와 헷갈리는 일이 없어요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "angle_rates", "locked": false, "schema_version": 3, "solution": true, "task": false}
def angle_rates(d_model: int) -> torch.Tensor:
    """짝마다 한 칸에 도는 각도를 돌려줘요.

    식: rate_i = 10000^(-2i/d_model), i는 짝의 번호 0, 1, ..., d_model/2 - 1
    논문 §3.5: 파장은 2π에서 10000·2π 쪽으로 등비수열을 이뤄요.
    모양: -> (d_model/2,) float32, 단위는 라디안. d_model이 홀수면 ValueError예요.
    예: angle_rates(6) -> [1.0, 0.0464, 0.00215]
    """
    ### BEGIN SOLUTION
    if d_model % 2:
        raise ValueError(f"사인과 코사인을 짝지으려면 d_model이 짝수여야 해요: {d_model}")
    i = torch.arange(d_model // 2)  # 짝의 번호
    return 10000.0 ** (-2 * i / d_model)  # (D/2,)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 짝의 번호를 먼저 만들고, 번호마다 지수를 계산하고, 10000을 그만큼 거듭제곱해요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `torch.arange(개수)`로 번호를 만들고, `10000.0 ** (텐서)`는 원소마다 거듭제곱해 줘요. 짝은 D개가 아니라 D/2개예요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 지수는 $-2i/d$예요. `/`만 쓰고 `//`는 지수에 쓰지 않아요. 그 앞에서 `d_model % 2`를 보고 ValueError를 내요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_angle_rates", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
check("angle_rates")

# %% tags=["experiment"]
pairs = torch.arange(256)
waves = {
    "논문: 2i/d (i는 짝의 번호)": 2 * math.pi / angle_rates(512),
    "블로그: i에 차원 번호를 넣은 코드": 2 * math.pi * 10000.0 ** (4 * pairs.double() / 512),
}
labels = {"xlabel": "짝의 번호 i", "ylabel": "한 바퀴에 걸리는 칸 수"}
plots.lines(range(256), waves, title="짝마다의 파장 (d_model = 512)", logy=True, dashed=list(waves)[1:], **labels)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 세로축이 로그라서, 직선은 파장이 **같은 비율로** 길어진다는 뜻이에요(등비수열). 점선은 블로그의 코드예요. 지수가 두 배라 파장이 너무 급하게 길어져서,
# 512단어를 지나도 3도를 못 도는 바늘이 절반이나 돼요.
#
# **한 줄 정리.** 위치 인코딩은 빠르기가 등비수열인 바늘 여럿으로 위치를 가리키는 시계예요.

# %% [markdown] tags=["given"]
# ## 실습 2-3 사인과 코사인의 표 ★★★ · 논문 §3.5
#
# **왜 사인과 코사인 둘 다일까요?** 바늘의 방향은 높이(사인) 하나로 정해지지 않아요. 30도와 150도는 높이가 같거든요. 가로(코사인)까지 적어야 방향이 하나로 정해져요.
# 그래서 바늘마다 수 두 개, **사인은 짝수 차원, 코사인은 홀수 차원**에 번갈아 적어요.
#
# $$PE_{(pos,\,2i)} = \sin(pos \cdot \text{rate}_i),\qquad PE_{(pos,\,2i+1)} = \cos(pos \cdot \text{rate}_i)$$
#
# **손으로.** $d_\text{model} = 6$의 위치 1은 각도가 $[1,\; 0.0464,\; 0.00215]$이니
#
# $$[\sin 1, \cos 1,\; \sin 0.0464, \cos 0.0464,\; \sin 0.00215, \cos 0.00215] = [0.841,\; 0.540,\; 0.046,\; 0.999,\; 0.002,\; 1.000]$$
#
# **예상.** 위치 0의 줄은 어떤 모양일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $[0, 1, 0, 1, 0, 1]$이에요. 모든 바늘이 출발선에 있어요. '위치 0이니 0벡터'라고 생각했다면 코사인을 떠올려 봐요.
#
# </details>
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 2편의 코드는 <code>10000 ** (2*i/d_model)</code>의 i에 <b>차원의 번호</b>를 넣어요. 논문의 i는 사인과 코사인 <b>짝의 번호</b>라서, 0번과 1번 차원이 같은 i를 써요.
# d_model이 6일 때 위치 1은 이래요.<br>
# 논문: <code>[0.841, 0.540, 0.046, 0.999, 0.002, 1.000]</code><br>
# 블로그의 코드: <code>[0.841, 0.999, 0.002, 1.000, 0.000, 1.000]</code><br>
# 작은 모델은 이래도 학습이 잘돼서 오래 숨어 있는 실수예요.</div>


# %% nbgrader={"grade": false, "grade_id": "sinusoidal_pe", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sinusoidal_pe(max_len: int, d_model: int) -> torch.Tensor:
    """위치 0부터 max_len - 1까지의 위치 인코딩 표를 만들어요.

    식: PE(pos, 2i) = sin(pos · rate_i), PE(pos, 2i+1) = cos(pos · rate_i)
    논문 §3.5: 위치 인코딩의 차원 하나하나가 사인파 하나예요.
    모양: -> (max_len, d_model) float32
    예: sinusoidal_pe(2, 6)[1] -> [0.841, 0.540, 0.046, 0.999, 0.002, 1.000]
    """
    ### BEGIN SOLUTION
    angles = torch.arange(max_len)[:, None] * angle_rates(d_model)  # (L, D/2)
    pairs = torch.stack([angles.sin(), angles.cos()], dim=-1)  # (L, D/2, 2)
    return pairs.flatten(1)  # (L, D)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 먼저 모든 (위치, 짝)의 각도를 표로 만들고, 그 표의 사인과 코사인을 번갈아 놓아요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `(L, 1)`과 `(D/2,)`를 곱하면 `(L, D/2)`가 돼요. 번갈아 놓으려면 빈 표를 만들어 `표[:, 0::2] = ...`, `표[:, 1::2] = ...`로 채우거나 `torch.stack(..., dim=-1)`을 펼쳐요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 위치의 번호는 0부터 시작해 max_len 바로 앞에서 끝나요. 같은 각도 하나로 사인과 코사인을 모두 만들어요. `torch.cat`으로 이어 붙이면 번갈아 놓이지 않아요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_sinusoidal_pe", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
check("sinusoidal_pe")

# %% tags=["experiment"]
pe = sinusoidal_pe(64, 64)
labels = {"xlabel": "차원", "ylabel": "위치"}
plots.heatmap(pe, title="위치 인코딩 (위치 64개, d_model = 64)", diverging=True, limits=(-1, 1), **labels)
far = sinusoidal_pe(1000, 64)
print(f"위치 1000개의 값은 {far.min():.3f}부터 {far.max():.3f}까지")
print(f"벡터의 길이: 위치 0은 {far[0].norm():.3f}, 위치 999는 {far[999].norm():.3f} (√(64/2) = {32**0.5:.3f})")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 한 줄이 위치 하나예요. 왼쪽 차원은 몇 칸마다 색이 바뀌는 초침이고, 오른쪽으로 갈수록 천천히 도는 시침이에요.
# 값은 언제나 −1과 1 사이이고, 어느 위치든 벡터의 길이까지 똑같아요. 번호를 그대로 더할 때와 달리, 글의 뒤로 가도 커지지 않아요.
#
# **위치마다 다른** 벡터이기도 할까요? 바늘의 수를 바꿔 가며 위치 100과 닮은 위치를 찾아봐요. 손잡이로 $d_\text{model}$을 옮겨요.


# %% tags=["experiment"]
def look_alike(d_model: int) -> None:
    """위치 100과 다른 위치들의 거리. 0이면 구별할 수 없어요."""
    table = sinusoidal_pe(300, d_model).double()
    gap = (table - table[100]).norm(dim=1)
    gap[100] = math.inf  # 저 자신은 빼요.
    near = f"d_model = {d_model}: 가장 닮은 위치는 {gap.argmin()} (거리 {gap.min():.4f})"
    ax = plots.panels(1, width=7.6, height=3.4)[0]
    plots.lines(range(300), {"거리": gap}, title=near, xlabel="위치", ylabel="위치 100과의 거리", ax=ax)
    ax.set_ylim(bottom=0)


moving(look_alike, d_model=[64, 2, 4, 8, 16, 256])

# %% [markdown] tags=["given"]
# 바늘이 하나뿐이면($d_\text{model} = 2$) 곳곳에서 거리가 0 가까이 떨어져요. 44칸이면 일곱 바퀴를 돌고 1도가 남아서, 거의 같은 자리로 돌아와요.
# 바늘이 늘수록 선이 떠올라서, $d_\text{model} = 64$에서는 가장 닮은 위치가 바로 옆이에요.
#
# **한 줄 정리.** 사인과 코사인의 표는 크기가 일정하면서 위치마다 다른 이름표예요.

# %% [markdown] tags=["given"]
# ## 실습 2-4 임베딩에 위치를 더하기 ★☆☆ · 논문 §3.5
#
# **왜 이어 붙이지 않고 더할까요?** 이어 붙이면 벡터가 길어져 그다음 모든 층이 비싸져요. 논문은 표의 너비를 임베딩과 **같은** $d_\text{model}$로 맞춰서 둘을 더할 수 있게 했어요(§3.5).
# 차원이 수백 개면 '뜻'과 '위치'가 서로 다른 방향을 쓰도록 배울 여유가 있어요.
#
# $$x'_t = x_t + PE_t$$

# %% tags=["experiment"]
drawing("adding-positions")

# %% [markdown] tags=["given"]
# **손으로.** $x = [[1, 2], [3, 4]]$(단어 둘)이고 $PE = [[0, 1], [0.8, 0.5], [0.9, -0.4]]$(줄 셋)이면 $x' = [[1, 3], [3.8, 4.5]]$예요. 셋째 줄은 쓰지 않아요.
#
# **예상.** 인터넷에서 본 코드가 `x + pe[:x.size(0)]`이에요. 우리 x는 `(B, T, D)`인데, 문장이 하나뿐인 배치라면 무슨 일이 생길까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# `x.size(0)`은 문장 수 1이라 표의 첫 줄만 잘려 나와요. 오류 없이 **모든 단어에 위치 0**이 더해져요. 그 코드는 시간이 맨 앞인 `(T, B, D)`를 받는 코드였어요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "add_pe", "locked": false, "schema_version": 3, "solution": true, "task": false}
def add_pe(x: torch.Tensor, pe: torch.Tensor) -> torch.Tensor:
    """모든 문장의 t번째 토큰에 표의 t번째 줄을 더해요.

    논문 §3.5: 표의 너비가 임베딩과 같은 d_model이라 둘을 더할 수 있어요.
    모양: x (B, T, D), pe (L, D) -> (B, T, D). 문장이 표보다 길면(T > L) ValueError예요.
    예: x [[[1, 2], [3, 4]]], pe [[0, 1], [0.8, 0.5], [0.9, -0.4]] -> [[[1, 3], [3.8, 4.5]]]
    """
    ### BEGIN SOLUTION
    T = x.shape[1]
    if T > len(pe):
        raise ValueError(f"문장({T})이 위치 표({len(pe)})보다 길어요.")
    return x + pe[:T]  # (B, T, D)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 표에서 앞의 몇 줄만 잘라 더해요. 몇 줄인지는 문장 길이가 정해요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 표를 앞에서부터 잘라 `(T, D)`로 만들면, `(B, T, D)`와 더할 때 모든 문장에 같은 줄이 더해져요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# T는 x의 세 축 가운데 둘째 축의 길이예요. 자르기 전에 T와 표의 줄 수를 견줘 ValueError를 내요. `+=`는 받은 텐서를 고치니 쓰지 않아요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_add_pe", "locked": true, "points": 11, "schema_version": 3, "solution": false, "task": false}
check("add_pe")


# %% tags=["experiment"]
def placed(layer):
    """위치를 더한 다음에 layer를 지나는 함수."""
    return lambda x: layer(add_pe(x, sinusoidal_pe(x.shape[1], x.shape[2])))


order_lab(placed(attend))
x, perm = embed_words(PAIRS[2][0]), torch.tensor([2, 1, 0, 3])
print("위치를 더한 어텐션은", "등변" if is_permutation_equivariant(placed(attend), x, perm) else "등변이 아님")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 같은 실험실인데 이제 거리가 모두 0보다 커요. 굶고 잔 사람과 먹고 깨어 있는 사람이 **다른 문장**이 됐어요. 같은 단어의 줄도 두 그림에서 색이 달라요(왼쪽 차원을 봐요). 고쳤어요.
# 더하고 **바로** 평균을 냈다면 거리는 도로 0이에요(더하는 차례만 다르니까요). 더한 다음 어텐션이 섞어야 갈라져요.
#
# **한 줄 정리.** 위치는 이어 붙이지 않고 더하며, 더하는 순간 셀프 어텐션은 순서를 알게 돼요.

# %% [markdown] tags=["given"]
# ## 실습 2-5 k칸 옮기는 행렬 ★★★ · 논문 §3.5
#
# **왜 하필 사인과 코사인일까요?** 이름표라면 난수도 위치마다 달라요. 논문이 든 이유는 **상대 위치**예요. $k$를 정하면 $PE_{pos+k}$가 $PE_{pos}$의 **선형 함수**가 되니,
# '몇 칸 앞'을 보는 법을 모델이 쉽게 배우리라는 가설이었어요(§3.5). 곧 행렬 하나로 **어느 위치에서든** k칸 뒤로 옮길 수 있다는 말이에요. 그 행렬을 만들어 확인해요.
#
# $$PE_p\, M_k = PE_{p+k} \qquad \text{(모든 } p \text{에서 같은 } M_k \text{)}$$

# %% tags=["experiment"]
drawing("shift-rotation")

# %% [markdown] tags=["given"]
# **손으로.** 바늘 하나만 보면 줄은 $[\sin\theta, \cos\theta]$이고, k칸 뒤는 각도가 $\phi = k \cdot \text{rate}$만큼 커져요. 덧셈 정리로
#
# $$\sin(\theta + \phi) = \sin\theta\,\cos\phi + \cos\theta\,\sin\phi$$
#
# 이니 행렬의 **첫째 열**은 $[\cos\phi,\; \sin\phi]$예요. $\phi$가 90도라면 $[\sin\theta, \cos\theta]$는 $[\cos\theta, -\sin\theta]$로 가요. 둘째 열은 여러분 몫이에요.
#
# **예상.** $d_\text{model} = 6$이면 $M_k$는 6×6이에요. 0이 아닌 원소는 많아야 몇 개일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 12개예요. 바늘은 서로 상관없이 돌아서, 2×2 회전 셋이 대각선을 따라 놓이고 나머지는 0이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "shift_matrix", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shift_matrix(k: int, d_model: int) -> torch.Tensor:
    """위치 인코딩의 어느 줄에 곱해도 k칸 뒤의 줄이 되는 행렬을 만들어요. k가 음수면 앞의 위치로 옮겨요.

    식: sinusoidal_pe(L, d_model)[p] @ M = sinusoidal_pe(L, d_model)[p + k]
    논문 §3.5: k를 정하면 PE(pos + k)는 PE(pos)의 선형 함수예요.
    모양: -> (d_model, d_model) float32
    예: shift_matrix(0, 6)은 단위 행렬이에요.
    """
    ### BEGIN SOLUTION
    M = torch.zeros(d_model, d_model)
    for i, angle in enumerate(k * angle_rates(d_model)):
        cos, sin = angle.cos(), angle.sin()
        M[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = torch.stack([cos, -sin, sin, cos]).view(2, 2)
    return M
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 짝마다 2×2 행렬을 만들어 대각선에 놓아요. 각도는 'k × 그 짝의 빠르기'예요. 위치 p는 어디에도 나오지 않아요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 영행렬 `torch.zeros(D, D)`에 2×2 블록을 하나씩 채우거나 `torch.block_diag`를 써요. 둘째 열은 $\cos(\theta + \phi)$를 덧셈 정리로 펼치면 나와요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# $\cos(\theta + \phi) = \cos\theta\cos\phi - \sin\theta\sin\phi$예요. 행은 '들어오는 [sin, cos]', 열은 '나가는 [sin, cos]'의 차례예요. 우리는 행 벡터를 왼쪽에 두고 곱해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_shift_matrix", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
check("shift_matrix")

# %% tags=["experiment"]
pe, M = sinusoidal_pe(60, 6), shift_matrix(10, 6)
print("50개 위치에서 잰 가장 큰 차이:", f"{(pe[:50] @ M - pe[10:]).abs().max():.1e}")
style = {"values": "{:.2f}", "diverging": True, "limits": (-1, 1), "colorbar": False}
plots.heatmap(M, title="열 칸 뒤로 옮기는 행렬 (d_model = 6)", xlabel="나가는 차원", ylabel="들어오는 차원", **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 2×2 회전 셋이 대각선에 놓였고, 50개 위치 어디에서나 같은 행렬로 열 칸 뒤에 도착해요(차이는 반올림만큼이에요).
# 이번에는 바늘 두 개의 끝을 위치마다 찍고, 행렬을 곱하면 어디로 가는지 화살표로 그려요. 손잡이로 k를 바꿔 봐요.


# %% tags=["experiment"]
def turn_hands(k: int) -> None:
    """짝 0과 짝 1에서 위치 0, 3, 6의 바늘이 k칸 뒤로 가는 화살표."""
    pe = sinusoidal_pe(10, 16)
    moved, names = pe @ shift_matrix(k, 16), [str(p) for p in range(10)]
    for ax, i in zip(plots.panels(2, f"k = {k}", width=4.4, height=4.4), (0, 1), strict=True):
        degrees = math.degrees(k * angle_rates(16)[i])
        tips, ends = pe[:, [2 * i + 1, 2 * i]], moved[:, [2 * i + 1, 2 * i]]  # 가로 cos, 세로 sin
        plots.scatter(tips, names, title=f"짝 {i}: {degrees:.0f}도", xlabel="cos", ylabel="sin", ax=ax)
        for p in (0, 3, 6):
            arrow = {"arrowstyle": "->", "color": plots.ORANGE, "lw": 2}
            ax.annotate("", ends[p].tolist(), tips[p].tolist(), arrowprops=arrow)
        ax.set(xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), aspect="equal")


moving(turn_hands, k=[2, -2, -1, 1, 3])

# %% [markdown] tags=["given"]
# 짝마다 도는 각도는 달라도 **어느 p에서나 같은 만큼** 돌아요. 그렇다면 '바로 앞을 보는 어텐션'도 행렬 하나면 돼요.
# 쿼리를 만들 때 $M_{-1}$을 곱하고 키는 표를 그대로 쓰면, 위치 $p$의 쿼리는 $PE_{p-1}$과 똑같아져요. 줄의 길이가 모두 같으니 점수는 바로 앞에서 가장 높아요. 학습은 없어요.

# %% tags=["experiment"]
pe = sinusoidal_pe(80, 64)
scores = pe @ shift_matrix(-1, 64) @ pe.T  # 쿼리 PE_p M, 키 PE_n
found = (scores.argmax(dim=1)[1:] == torch.arange(79)).sum()
print(f"점수가 가장 높은 곳이 바로 앞인 위치: 79개 가운데 {found}개")
left, right = plots.panels(2, width=4.9, height=3.8)
labels = {"xlabel": "위치 n", "ylabel": "위치 p"}
plots.heatmap(pe @ pe.T / 32, title="두 위치의 내적 (÷ 32)", diverging=True, limits=(-1, 1), ax=left, **labels)
plots.heatmap(torch.softmax(scores, dim=-1), title="손으로 만든 '바로 앞 보기'", limits=(0, 0.5), ax=right, **labels)

# %% [markdown] tags=["given"]
# 왼쪽은 대각선 방향으로 색이 같아요. 내적이 **몇 칸 떨어졌는지로만** 정해진다는 뜻이에요. 오른쪽의 가장 진한 곳은 맨 첫 단어만 빼고 언제나 바로 앞이에요.
#
# **한 줄 정리.** 위치를 k칸 옮기는 일은 어디서나 똑같은 회전이에요.

# %% [markdown] tags=["given"]
# ## 실습 2-6 학습하는 위치 ★☆☆ · 논문 §3.5, 표 3 (E)
#
# **왜 계산할까요, 학습하면 되지.** 위치마다 줄 하나를 파라미터로 두고 학습에 맡길 수도 있어요. 논문도 해 봤는데 결과가 거의 같았어요
# (개발 세트 BLEU 25.7과 25.8, 표 3의 (E)와 base). BERT와 GPT-2는 학습하는 표를 골랐어요.
#
# 더하는 계산은 2-4와 같아요. 다만 **기울기가 표까지 흘러야** 표가 배워요. 그래서 이 실습은 표의 기울기도 확인해요.
#
# **손으로.** 표가 $[[10], [20], [30]]$이고 문장 둘이 $[[1], [2]]$, $[[5], [6]]$이면 $[[11], [22]]$, $[[15], [26]]$이에요. 출력을 모두 더한 값의 기울기는 표의 줄마다 $[[2], [2], [0]]$이에요.
# 첫 줄과 둘째 줄은 두 문장이 한 번씩 썼고, 셋째 줄은 아무도 쓰지 않았어요.
#
# **예상.** 20단어까지만 보고 배운 표의 30번째 줄에는 무엇이 들어 있을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 처음 뽑은 난수 그대로예요. 한 번도 쓰이지 않은 줄은 기울기가 0이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "learned_pe", "locked": false, "schema_version": 3, "solution": true, "task": false}
def learned_pe(x: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    """학습하는 표의 앞쪽 T줄을 모든 문장에 더해요. 기울기가 x와 table까지 흘러야 해요.

    논문 §3.5: 사인 표 대신 학습하는 위치 임베딩을 써도 결과가 거의 같았어요.
    모양: x (B, T, D), table (L, D) -> (B, T, D)
    문장이 표보다 길면(T > L) ValueError예요. 없는 줄을 꺼내다 저절로 나는 IndexError나 RuntimeError도 괜찮아요.
    예: x [[[1], [2]], [[5], [6]]], table [[10], [20], [30]] -> [[[11], [22]], [[15], [26]]]
    """
    ### BEGIN SOLUTION
    return add_pe(x, table)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 계산은 어디서 본 것과 같아요. 다른 것은 표가 어디서 왔는지뿐이에요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 2-4에서 만든 함수를 다시 써도 되고, 앞쪽 T줄을 잘라 더해도 돼요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 첫 단어의 줄은 1번이 아니라 0번이에요. 표를 새 텐서로 만들거나 `.detach()`로 떼어 내면 기울기가 끊겨요. 받은 표를 그대로 잘라 더하고, 표보다 긴 문장은 ValueError로 막아요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_learned_pe", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("learned_pe")

# %% [markdown] tags=["given"]
# **한 줄 정리.** 학습하는 표는 기울기를 받은 줄만 배워요.

# %% [markdown] tags=["given"]
# ## 실험. 배운 표의 '한 칸'
#
# 표를 정말 학습해 봐요. 어텐션 한 층에게 **바로 앞 단어 맞히기**를 가르쳐요. 순서를 모르면 풀 수 없는 문제예요. 위치를 넣는 방법 `kind`만 바꿀 수 있어요.

# %% tags=["experiment"]
V = 12  # 단어의 가짓수


def predict(ids: torch.Tensor, p: dict, kind: str) -> torch.Tensor:
    """어텐션 한 층. ids (B, T) -> 로짓 (B, T, V)."""
    x, here = p["E"][ids], torch.arange(ids.shape[1])  # (B, T, D), (T,)
    if kind == "사인 표":
        x = add_pe(x, sinusoidal_pe(x.shape[1], x.shape[2]))
    elif kind == "학습하는 표":
        x = learned_pe(x, p["table"])
    q, k, v = x @ p["W_q"], x @ p["W_k"], x @ p["W_v"]
    if kind == "RoPE":
        q, k = rope(q[:, None], here)[:, 0], rope(k[:, None], here)[:, 0]
    return torch.softmax(q @ k.transpose(1, 2) / x.shape[-1] ** 0.5, dim=-1) @ v @ p["W_out"]


# %% tags=["experiment"]
def train(kind: str, D: int, T: int) -> dict[str, torch.Tensor]:
    """T단어 문장으로 '바로 앞 단어 맞히기'를 가르친 파라미터. "start"는 배우기 전의 표예요."""
    torch.manual_seed(0)
    p = {"E": torch.randn(V, D), "table": torch.randn(80, D), "W_out": torch.randn(D, V) / D**0.5}
    p |= {name: torch.randn(D, D) / D**0.5 for name in ("W_q", "W_k", "W_v")}
    start = p["table"].clone()
    optimizer = torch.optim.Adam([w.requires_grad_(True) for w in p.values()], lr=5e-3)
    for _ in progress(range(steps(300, 20)), f"{kind}: 학습"):
        ids = torch.randint(V, (32, T))
        loss = F.cross_entropy(predict(ids, p, kind)[:, 1:].flatten(0, 1), ids[:, :-1].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {name: w.detach() for name, w in p.items()} | {"start": start}


# %% [markdown] tags=["given"]
# 사인 표에서는 '한 칸 뒤'가 회전 하나였어요. 배운 표도 그럴까요? 줄 $p$를 모두 한꺼번에 돌려 줄 $p+1$에 가장 가까이 가는 회전을 찾고, 그래도 빗나간 만큼을 재요(0이면 꼭 맞고, 1이면 줄의 길이만큼 빗나가요).


# %% tags=["experiment"]
def missed(table: torch.Tensor) -> float:
    """가장 잘 맞는 회전 하나로 모든 줄을 다음 줄로 보낼 때 빗나가는 비율."""
    now, then = table[:-1].double(), table[1:].double()
    U, _, Vt = torch.linalg.svd(now.T @ then)  # 가장 잘 맞는 회전을 특잇값 분해로 찾아요.
    U[:, -1] *= (U @ Vt).det().sign()  # 뒤집기는 빼고 회전만
    return ((now @ U @ Vt - then).norm() / then.norm()).item()


learned = train("학습하는 표", D=16, T=40)
tables = {"난수 (배우기 전)": learned["start"], "배운 표": learned["table"], "사인 표": sinusoidal_pe(40, 16)}
bars = {"빗나간 비율": [missed(table[:40]) for table in tables.values()]}
plots.bars(list(tables), bars, title="'한 칸 뒤'는 회전 하나일까", xlabel="위치의 표", ylabel="빗나간 비율")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 사인 표는 0이에요. 배운 표는 난수보다 줄었지만 0과는 거리가 멀어요. 아무도 시키지 않았는데 표가 회전 쪽으로 **조금** 움직인 거예요.
# 모든 위치가 같은 $W_q$와 $W_k$로 바로 앞을 찾아야 하니, '한 칸'의 모양이 서로 닮을수록 유리하기 때문이라고 짐작할 수 있어요. 하지만 그렇게 하라는 규칙은 없어요.
#
# **한 줄 정리.** 배운 표는 '한 칸'의 모양까지 지켜 주지는 않아요.

# %% [markdown] tags=["given"]
# ## 실험. 배운 길이를 넘어서면
#
# 논문은 사인 표를 고른 까닭을 하나 더 적었어요. 학습 때 본 것보다 **긴 문장으로 넘어갈 수도 있어서**예요(§3.5). 정말인지 재 봐요. 같은 문제를 20단어 문장으로 가르치고 80단어 문장으로 시험해요.
#
# **예상.** 위치 없음, 학습하는 표, 사인 표 가운데 20단어 안에서는 누가 맞힐까요? 20단어를 넘으면요?

# %% tags=["experiment"]
runs: dict[str, list[float]] = {}


def compare(*kinds: str) -> None:
    """20단어로 가르치고, 80단어 문장에서 위치마다 맞힌 비율을 재요."""
    for kind in kinds:
        p, ids = train(kind, D=64, T=20), torch.randint(V, (400, 80))
        hits = (predict(ids, p, kind)[:, 1:].argmax(-1) == ids[:, :-1]).float().mean(0)
        runs[kind] = hits.tolist()
        print(f"{kind}: 배운 길이 안에서 {hits[:19].mean():.0%}, 그 뒤에서 {hits[19:].mean():.0%}")
    ax = plots.panels(1, width=7.6, height=3.9)[0]
    plots.lines(range(1, 80), runs, title="20단어로 배우고 80단어로 시험", xlabel="위치", ylabel="맞힌 비율", ax=ax)
    ax.axvline(19.5, color=plots.INK, linestyle=":")


# %% tags=["experiment"]
compare("위치 없음", "학습하는 표", "사인 표")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 위치가 없으면 배운 길이 안에서도 14%쯤이에요(12가지 가운데 찍으면 8%이니, 문장에 많이 나온 단어를 찍는 정도예요). 위치를 넣으면 둘 다 거의 다 맞혀요.
# 그런데 점선(배운 길이의 끝)을 넘으면, 학습하는 표는 평균이 찍는 수준으로 떨어지고 **사인 표도 무너져요.** 평균은 배운 길이 안의 절반에도 못 미쳐요.
# 군데군데 솟은 곳은 어쩌다 바로 앞의 점수가 가장 높아진 자리예요(학습하는 표가 솟았다면 배우지 않은 난수 줄이 맞은 거예요). 시드를 바꿔 배우면 다른 자리가 솟아요.
#
# 논문의 말은 '넘어갈 수도 있다'는 가설이었고, 더하는 사인 표로는 잘 되지 않는다는 것이 그 뒤의 경험이에요. 까닭은 '돌아보기'에서 여러분이 찾아요.

# %% [markdown] tags=["given"]
# ## 실습 2-7 (보너스) RoPE: 더하지 않고 돌리기 ★★★ · Su 외 (2021)
#
# **왜 돌릴까요?** 2-5에서 k칸 옮기기가 회전이라는 것을 봤어요. 그렇다면 위치를 더하지 말고, 아예 **쿼리와 키를 제 위치만큼 돌려** 두면 어떨까요?
# 위치 $p$만큼 돌리는 행렬을 $R_p$라고 하면, 돌린 쿼리와 키의 **내적**(닮은 정도)에는 **차이만큼의 회전**만 남아요. 요즘 언어 모델은 대부분 이 방법을 써요.
#
# $$(q R_m)(k R_n)^\top = q\, R_m R_n^\top\, k^\top = q\, R_{m-n}\, k^\top$$
#
# $K$는 쿼리와 키의 너비예요. 행 벡터의 오른쪽에 곱하고, 짝 하나만 보면 이래요.
#
# $$\begin{bmatrix} x'_{2i} & x'_{2i+1} \end{bmatrix} = \begin{bmatrix} x_{2i} & x_{2i+1} \end{bmatrix}
# \begin{bmatrix} \cos\phi & \sin\phi \\ -\sin\phi & \cos\phi \end{bmatrix},\qquad \phi = pos \cdot 10000^{-2i/K}$$
#
# 2-5의 블록과 부호의 자리가 반대죠. 거기서는 짝이 [세로(sin), 가로(cos)]의 차례였고, 여기서는 [가로, 세로]의 차례라서 그래요.
#
# **손으로.** $K = 2$이고 위치가 1이면 $\phi = 1$라디안이에요. $[1, 0]$은 $[\cos 1, \sin 1] = [0.540, 0.841]$이 되고, $[0, 1]$은 $[-0.841, 0.540]$이 돼요.
#
# **자주 하는 실수.** `x[..., 0::2] = ...`로 앞쪽을 **먼저 고쳐 쓰고** 뒤쪽을 계산하면, 뒤쪽은 이미 돌아간 값을 읽어요. 받은 텐서까지 바뀌고요. 고치기 전의 두 반쪽을 먼저 꺼내 둬요.
#
# **예상.** 같은 쿼리와 키를 위치 (3, 5)에 둘 때와 (10, 12)에 둘 때 내적은 어느 쪽이 클까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 같아요. 둘 다 두 칸 떨어져 있으니까요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "rope", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rope(x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """짝 (2i, 2i+1)을 positions · 10000^(-2i/K)만큼 반시계 방향으로 돌려요. 쿼리와 키에 써요.

    모양: x (B, H, T, K), positions (T,) 정수 -> (B, H, T, K), dtype은 x와 같아요(float16이면 float16).
    H는 레슨 6에서 만날 헤드의 수예요. 헤드마다 똑같이 돌리니 몇이든 상관없어요.
    예: x [[[[1, 0]]]], positions [1] -> [[[[0.540, 0.841]]]]
    """
    ### BEGIN SOLUTION
    angles = positions[:, None] * angle_rates(x.shape[-1])  # (T, K/2)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]  # (B, H, T, K/2)
    turned = torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1)  # (B, H, T, K/2, 2)
    return turned.flatten(-2)  # (B, H, T, K)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 짝수 번째와 홀수 번째를 따로 꺼내 돌린 다음, 다시 번갈아 놓아요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 짝수 번째와 홀수 번째는 하나씩 건너뛰는 자르기(`0::2`, `1::2`)로 꺼내고, 다시 번갈아 놓기는 2-3처럼 `torch.stack(..., dim=-1)`을 펼치면 돼요.
# 각도 표 `(T, K/2)`는 앞의 두 축에 저절로 맞춰져요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 행렬의 첫 열이 새 짝수 번째, 둘째 열이 새 홀수 번째예요. 각도는 `torch.arange`가 아니라 받은 `positions`로 만들고, dtype을 x에 맞춰요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_rope", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("rope")

# %% tags=["experiment"]
g, n = torch.Generator().manual_seed(2), 24
q, k, pe = torch.randn(32, generator=g), torch.randn(32, generator=g), sinusoidal_pe(n, 32)
turned = rope(torch.stack([q, k])[None, :, None].expand(1, 2, n, 32), torch.arange(n))[0]  # (2, 24, 32)
inner = {"더하기 (사인 표)": (q + pe) @ (k + pe).T, "돌리기 (RoPE)": turned[0] @ turned[1].T}
style = {"xlabel": "키의 위치 n", "ylabel": "쿼리의 위치 m", "diverging": True, "limits": (-15, 15)}
axes = plots.panels(2, "위치 m의 쿼리와 위치 n의 키의 내적 (평균을 뺀 것)", width=4.8, height=3.9)
for ax, (name, products) in zip(axes, inner.items(), strict=True):
    plots.heatmap(products - products.mean(), title=name, ax=ax, **style)
compare("RoPE")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 색의 눈금은 두 그림이 같아요. 오른쪽은 대각선 방향으로 색이 똑같아요. **어디에 있든 몇 칸 떨어졌는지만** 봐요. 왼쪽은 그렇지 않아요. 뜻과 위치를 더한 채로 곱하니 (뜻 × 위치) 항이 섞여 들어가요.
# 앞의 실험을 RoPE로 다시 하면 배운 적 없는 길이에서도 거의 다 맞혀요. '바로 앞'이라는 관계가 어느 위치에서나 같은 모양이니까요.
# 다만 이 문제는 아주 작아요. 큰 언어 모델에서는 RoPE도 배운 길이를 크게 넘으면 약해져서, 도는 빠르기를 고쳐 써요.
#
# **한 줄 정리.** RoPE는 위치를 더하는 대신 쿼리와 키를 돌려, 내적에 상대 위치만 남겨요.

# %% [markdown] tags=["given"]
# ## 마무리. PyTorch와 같아요
#
# PyTorch에 사인 표를 더해 주는 모듈은 없어요. 부품은 있어요. 학습하는 표는 `nn.Embedding`, 도는 바늘은 복소수(`torch.polar`)예요. 같은 값에서 여러분의 함수와 견줘 봐요.

# %% tags=["experiment"]
layer = torch.nn.Embedding(40, 64)  # PyTorch의 학습하는 표
x, here = torch.randn(2, 40, 64), torch.arange(40)
hands = torch.polar(torch.ones(40, 32), here[:, None] * torch.logspace(0, -4 * 62 / 64, 32))  # 길이 1인 바늘
ours = sinusoidal_pe(40, 64)
pairs = {
    "learned_pe와 nn.Embedding": (learned_pe(x, layer.weight), x + layer(here)),
    "sinusoidal_pe와 torch.polar": (ours, torch.stack([hands.imag, hands.real], -1).flatten(1)),
    "7칸 옮기기와 복소수의 곱": ((ours @ shift_matrix(7, 64))[:, 0::2], (hands * hands[7]).imag),
}
for name, (mine, theirs) in pairs.items():
    print(f"{name}: 가장 큰 차이 {(mine - theirs).abs().max():.1e}")

# %% [markdown] tags=["given"]
# 이제 순서 실험실에 PyTorch의 **진짜 인코더 층**을 넣어요. 멀티 헤드 어텐션, 피드포워드, 잔차, 정규화가 다 들어 있어요. 이만하면 순서를 알까요?

# %% tags=["experiment"]
torch.manual_seed(0)
encoder_layer = torch.nn.TransformerEncoderLayer(d_model=32, nhead=4, batch_first=True).eval()
blind = is_permutation_equivariant(encoder_layer, embed_words(PAIRS[2][0]), torch.tensor([2, 1, 0, 3]))
print("PyTorch의 인코더 층은", "등변" if blind else "등변이 아님")


def gap(layer, pair: tuple[str, str]) -> float:
    """두 문장 벡터의 거리."""
    return torch.dist(*(layer(embed_words(sentence)).mean(dim=1) for sentence in pair)).item()


for pair in PAIRS:
    without, with_pe = gap(encoder_layer, pair), gap(placed(encoder_layer), pair)
    print(f"{pair[0]} / {pair[1]}: 위치 없이 {without:.3f}, 여러분의 위치를 더하면 {with_pe:.3f}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** PyTorch의 층도 순서를 몰라요. 여러분의 `add_pe`와 `sinusoidal_pe`를 앞에 두자 세 쌍이 모두 갈라져요. `nn.Transformer`를 가져다 쓸 때 빠뜨리기 쉬운 두 줄이에요.

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# 2-5에서 손으로 만든 어텐션은 $M_{-1}$ 하나로 80개 위치 어디서나 바로 앞을 봤어요. 그런데 20단어로 **배운** 모델은 같은 사인 표를 받고도 30번째 위치에서 바로 앞을 찾지 못했어요.
# 표도 같고 답이 되는 행렬도 어디서나 같은데, 왜 그럴까요? 그리고 학습이나 모델의 무엇을 바꾸면 30번째에서도 찾을까요?
# 오늘 본 그림이나 수를 하나 근거로 들어, 네 문장쯤으로 설명해 주세요. 이 문제는 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# 어디서나 통하는 회전이 **있다**는 것은 표의 성질이고, 모델은 그 행렬을 받은 적이 없어요. $W_q$와 $W_k$를 자료에서 배워야 해요.
# 배울 때 본 것은 0번부터 19번 줄뿐이고, 64차원에서 그 줄들을 한 칸 앞의 줄로 보내는 행렬은 회전 말고도 끝없이 많아요. 배운 행렬은 20줄 안에서만 맞으면 됐어요.
# 실제로 사인 표의 선은 점선을 넘자 크게 떨어졌어요.
# 문장이 아무 위치에서나 시작하게 하며 배우거나, 상대 위치만 남는 RoPE를 쓰면 30번째에서도 찾을 거예요.
#
# 채점 기준
#
# - 1점: 같은 행렬이 있다는 표의 성질과, 모델이 $W_q$와 $W_k$(읽는 법)를 자료에서 배운다는 것을 구별했어요.
# - 1점: 배울 때 본 위치가 0번부터 19번 줄뿐이라, 30번 줄은 본 적이 없다고 했어요.
# - 1점: 20줄에서 맞는 행렬이 그 회전 하나가 아니어서 다른 줄에서는 어긋날 수 있다고 했어요. 느린 바늘이 조금 돈 것만 봤다고 해도 맞아요.
# - 1점: 바꿀 것을 하나 들었어요. 더 긴 문장, 시작 위치 옮기기, RoPE 등이에요.
# - 1점: 오늘 본 그림이나 수 하나(점선을 넘으며 떨어진 선 등)를 짚고, 거기서 본 것을 근거로 들었어요.

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# 이제 토큰 벡터에는 뜻과 자리가 함께 들어 있고, 어텐션은 그것들을 비율대로 **섞어요.** 그런데 섞기만 하면 정말 새로운 것이 생길까요?
# 레슨 3에서 섞은 것을 **바꾸는** 부분, 피드포워드를 만들어요.
#
# 저장소째로 받았다면 아래 셀은 오늘의 실습을 보너스까지 모두 통과한 뒤 이 코스의 기준 구현을 보여 줘요(나눠 받은 묶음에는 없어요). 오늘 만든 함수들이 거기에 같은 이름으로 있어요.

# %% tags=["experiment"]
show_reference("positional.py")
