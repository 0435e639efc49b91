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
# **이번 질문.** 그런데 한꺼번에 보면 **누가 앞이고 누가 뒤인지** 어떻게 알까요? "개가 사람을 물었다"의 단어들을 흔들어 섞어도 어텐션은 똑같이 일해요.
# 오늘은 먼저 순서가 정말 사라지는지 확인하고, 논문이 고른 사인과 코사인으로 순서를 되찾아요.
#
# $$PE_{(pos,\,2i)} = \sin\!\left(\frac{pos}{10000^{2i/d_\text{model}}}\right),\qquad
# PE_{(pos,\,2i+1)} = \cos\!\left(\frac{pos}{10000^{2i/d_\text{model}}}\right) \qquad \text{(논문 §3.5)}$$
#
# {차례}

# %% [markdown] tags=["given"]
# ## 용어
#
# | 한국어 | English | 기호와 모양 |
# |---|---|---|
# | 위치 인코딩 | positional encoding | $PE$: `(L, D)`, 위치마다 벡터 하나 |
# | 짝 | pair | 차원 $2i$(사인)와 $2i{+}1$(코사인), $i = 0, \dots, D/2 - 1$ |
# | 빠르기 | angle rate | $10000^{-2i/D}$, 한 칸에 도는 각도(라디안) |
# | 파장 | wavelength | $2\pi / $ 빠르기, 한 바퀴 도는 데 필요한 칸 수 |
# | 순열 | permutation | 토큰을 새로 늘어놓는 차례, `perm`: `(T,)` |
# | 등변 | equivariant | 입력을 섞으면 출력도 **똑같이 섞여요** |
# | 불변 | invariant | 입력을 섞어도 출력이 **그대로예요** |
# | 외삽 | extrapolation | 배운 적 없는 길이에서도 맞히는 일 |
#
# B는 문장 수(배치), T는 토큰 수, L은 표의 줄 수, D는 $d_\text{model}$이에요. 위치는 언제나 **0부터** 세요.
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
# ## 실습 2-1 순서를 섞으면 따라 섞일까 ★★☆ · 논문 §3.5
#
# **왜 확인할까요?** '어텐션은 순서를 모른다'는 말을 정확하게 해 두려고요. 토큰을 `perm`의 차례로 새로 늘어놓았을 때, 출력도 **같은 차례로 따라 섞이기만** 하는 함수를 **순열 등변**이라고 해요.
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
# 아니에요. 어떻게 섞어 넣어도 $[2, 4, 9]$가 나와요. 출력이 따라 섞이지 않고 **그대로**죠. 이것은 등변이 아니라 불변이에요. 둘을 헷갈리기 쉬워요.
#
# </details>
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 2편은 위치 정보가 없으면 순서가 다른 문장에서 '같은 결과'가 나온다고 적었어요. 정확히는 <b>토큰마다의 출력 벡터는 같고, 그 줄의 차례가 토큰을 따라 섞여요</b>.
# 셀프 어텐션은 불변이 아니라 등변이에요. 아래 그림에서 확인해요.</div>


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
# 토큰 축은 1번이에요: `x[:, perm]`. 견주는 데는 `torch.allclose(a, b, atol=...)`가 편하고, 파이썬 bool을 돌려줘요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# f를 두 번 불러요. 한 번은 섞은 x로, 한 번은 그대로인 x로요. 두 번째 결과는 부른 뒤에 섞어요. 계산 차례가 달라지면 끝자리가 조금 다를 수 있으니 `==`는 쓰지 않아요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_is_permutation_equivariant", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
check("is_permutation_equivariant")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 위치를 모르는 셀프 어텐션에 같은 문장을 두 가지 차례로 넣어요. 임베딩은 난수예요.


# %% tags=["experiment"]
def attend(x: torch.Tensor) -> torch.Tensor:
    """위치를 모르는 가장 간단한 셀프 어텐션. x (B, T, D) -> (B, T, D)."""
    return torch.softmax(x @ x.transpose(1, 2) / x.shape[-1] ** 0.5, dim=-1) @ x


# %% tags=["experiment"]
g = torch.Generator().manual_seed(0)
words, perm = text.SCHOOL.split(), torch.tensor([2, 0, 1])
x = torch.randn(1, 3, 10, generator=g)
axes = plots.panels(2, "셀프 어텐션의 출력", width=4.9, height=2.8)
for ax, order in zip(axes, [torch.arange(3), perm], strict=True):
    rows = [words[i] for i in order]
    plots.heatmap(
        attend(x[:, order])[0],
        rows=rows,
        title=" ".join(rows),
        xlabel="출력의 차원",
        diverging=True,
        limits=(-2.5, 2.5),
        ax=ax,
    )

# %% tags=["experiment"]
candidates = {
    "셀프 어텐션": attend,
    "토큰마다 tanh": torch.tanh,
    "앞에서부터 더하기": lambda x: x.cumsum(dim=1),
    "정렬하기": lambda x: x.sort(dim=1).values,
}
for name, f in candidates.items():
    print(f"{name}: {'등변' if is_permutation_equivariant(f, x, perm) else '등변이 아님'}")

# %% [markdown] tags=["given"]
# 두 그림에서 같은 단어의 줄끼리 견줘 봐요. 색이 똑같고 줄의 자리만 옮겨 갔어요. '나는'은 자기가 첫째인지 둘째인지 **알 길이 없어요.**
#
# **한 줄 정리.** 셀프 어텐션은 순열 등변이라서, 순서는 우리가 적어 넣어야 해요.

# %% [markdown] tags=["given"]
# ## 실습 2-2 짝마다 다른 빠르기 ★★☆ · 논문 §3.5
#
# **왜 1, 2, 3, …이 아닐까요?** 가장 쉬운 방법은 위치 번호를 그대로 더하는 것이에요. 그런데 500번째 단어에는 500이 더해져 임베딩(크기가 1쯤)이 묻혀 버려요.
# 문장 길이로 나눠 0과 1 사이로 줄이면, 이번에는 한 칸의 크기가 문장마다 달라져요. '바로 옆'이 10단어 문장에서는 0.1, 100단어 문장에서는 0.01이 되니까요.
#
# **시계**는 이 문제를 벌써 풀었어요. 초침, 분침, 시침이 저마다 다른 빠르기로 돌아서, 값은 언제나 한 바퀴 안에 있으면서 긴 시간을 정확히 가리켜요.
# 위치 인코딩은 바늘이 $D/2$개인 시계예요. $i$번째 바늘(짝)은 한 칸마다 이만큼 돌아요.
#
# $$\text{rate}_i = \frac{1}{10000^{2i/d_\text{model}}},\qquad i = 0, 1, \dots, \tfrac{d_\text{model}}{2} - 1$$
#
# **손으로.** $d_\text{model} = 6$이면 짝이 셋이에요: $10000^{0} = 1$, $10000^{-1/3} = 0.0464$, $10000^{-2/3} = 0.00215$.
# 한 바퀴 도는 데 각각 6.3칸, 135칸, 2916칸이 걸려요. 초침, 분침, 시침이죠.
#
# **예상.** $d_\text{model} = 512$일 때 가장 느린 바늘은 512단어를 지나는 동안 몇 바퀴나 돌까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 마지막 짝 $i = 255$의 파장은 $2\pi \cdot 10000^{510/512}$로 약 60,600칸이에요. 512단어를 지나도 100분의 1바퀴가 안 돼요(3도쯤). 아주 긴 문장에서도 처음으로 돌아와 헷갈리는 일이 없어요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "angle_rates", "locked": false, "schema_version": 3, "solution": true, "task": false}
def angle_rates(d_model: int) -> torch.Tensor:
    """짝마다 한 칸에 도는 각도를 돌려줘요.

    식: rate_i = 10000^(-2i/d_model), i는 짝의 번호 0, 1, ..., d_model/2 - 1
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

# %% nbgrader={"grade": true, "grade_id": "check_angle_rates", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
check("angle_rates")

# %% tags=["experiment"]
pairs = torch.arange(256)
waves = {
    "논문: 2i/d (i는 짝의 번호)": 2 * math.pi / angle_rates(512),
    "블로그: i에 차원 번호를 넣은 코드": 2 * math.pi * 10000.0 ** (4 * pairs.double() / 512),
}
plots.lines(
    range(256),
    waves,
    title="짝마다의 파장 (d_model = 512)",
    xlabel="짝의 번호 i",
    ylabel="한 바퀴에 걸리는 칸 수",
    logy=True,
    dashed=["블로그: i에 차원 번호를 넣은 코드"],
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 세로축이 로그인데 직선이니, 파장은 **같은 비율로** 길어져요(등비수열). 점선은 블로그의 코드예요. 지수가 두 배라 파장이 너무 급하게 길어져서,
# 512단어를 다 지나도 3도조차 돌지 못하는 바늘이 절반이나 돼요.
#
# **한 줄 정리.** 위치 인코딩은 빠르기가 등비수열인 바늘 여럿으로 위치를 가리키는 시계예요.

# %% [markdown] tags=["given"]
# ## 실습 2-3 사인과 코사인의 표 ★★★ · 논문 §3.5
#
# **왜 사인과 코사인 둘 다일까요?** 바늘 끝의 자리는 높이(사인) 하나로 정해지지 않아요. 30도와 150도는 높이가 같거든요. 가로(코사인)까지 적어야 바늘의 방향이 하나로 정해져요.
# 그래서 바늘마다 두 칸, **사인은 짝수 차원, 코사인은 홀수 차원**에 번갈아 적어요.
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
# d_model이 6일 때 위치 1을 다시 계산하면 이래요.<br>
# 논문: <code>[0.841, 0.540, 0.046, 0.999, 0.002, 1.000]</code><br>
# 블로그의 코드: <code>[0.841, 0.999, 0.002, 1.000, 0.000, 1.000]</code><br>
# 작은 모델의 학습에서는 티가 나지 않아서 오래 숨어 있는 실수예요.</div>


# %% nbgrader={"grade": false, "grade_id": "sinusoidal_pe", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sinusoidal_pe(max_len: int, d_model: int) -> torch.Tensor:
    """위치 0부터 max_len - 1까지의 위치 인코딩 표를 만들어요.

    식: PE(pos, 2i) = sin(pos · rate_i), PE(pos, 2i+1) = cos(pos · rate_i)
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
# 위치는 `torch.arange(max_len)`이고 0부터예요. 같은 각도 하나로 사인과 코사인을 모두 만들어요. `torch.cat`으로 이어 붙이면 번갈아 놓이지 않아요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_sinusoidal_pe", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
check("sinusoidal_pe")

# %% tags=["experiment"]
pe = sinusoidal_pe(64, 64)
plots.heatmap(
    pe, title="위치 인코딩 (64칸, d_model = 64)", xlabel="차원", ylabel="위치", diverging=True, limits=(-1, 1)
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 한 줄이 위치 하나예요. 왼쪽 차원은 몇 칸마다 색이 바뀌는 초침이고, 오른쪽으로 갈수록 천천히 도는 시침이에요.
# 오른쪽 끝의 사인은 거의 흰색(0), 코사인은 거의 파란색(1)이라 줄무늬로 보여요.
#
# 이 표가 위치를 적기에 좋은 까닭을 두 가지 재 봐요. **값이 늘 [-1, 1] 안**에 있는지, 그리고 **위치마다 다른 벡터**인지예요.

# %% tags=["experiment"]
pe = sinusoidal_pe(1000, 64)
print(f"가장 작은 값 {pe.min():.3f}, 가장 큰 값 {pe.max():.3f}")
print(f"벡터의 길이: 위치 0은 {pe[0].norm():.3f}, 위치 999는 {pe[999].norm():.3f} (√(64/2) = {32**0.5:.3f})")


def closest(d_model: int) -> float:
    """위치 1000개 가운데 가장 가까운 두 위치의 거리. 0이면 구별할 수 없어요."""
    table = sinusoidal_pe(1000, d_model).double()
    gap = torch.cdist(table, table) + 100 * torch.eye(1000)
    return gap.min().item()


# %% tags=["experiment"]
sizes = [2, 4, 8, 16, 64, 256]
plots.bars(
    [str(d) for d in sizes],
    {"거리": [closest(d) for d in sizes]},
    title="가장 가까운 두 위치의 거리 (위치 1000개)",
    xlabel="d_model",
    ylabel="거리",
    values="{:.4f}",
)

# %% [markdown] tags=["given"]
# 값은 언제나 −1과 1 사이이고, 어느 위치든 벡터의 길이까지 똑같아요. 위치가 아무리 멀어도 단어의 뜻을 덮지 않아요.
# 바늘이 하나뿐이면($d_\text{model} = 2$) 710칸 뒤에 거의 같은 자리로 돌아와 위치가 겹치지만, 바늘이 늘면 1000개가 모두 또렷하게 떨어져요.
#
# **한 줄 정리.** 사인과 코사인의 표는 크기가 일정하면서 위치마다 다른 이름표예요.

# %% [markdown] tags=["given"]
# ## 실습 2-4 임베딩에 위치를 더하기 ★☆☆ · 논문 §3.5
#
# **왜 이어 붙이지 않고 더할까요?** 이어 붙이면 벡터가 두 배로 길어져 그다음 모든 층이 비싸져요. 차원이 수백 개면 '뜻'과 '위치'가 서로 다른 방향을 쓰도록 모델이 배울 여유가 있어서, 더해도 나중에 가려낼 수 있어요.
#
# $$x'_t = x_t + PE_t$$
#
# **손으로.** $x = [[1, 2], [3, 4]]$(단어 둘)이고 $PE = [[0, 1], [0.8, 0.5], [0.9, -0.4]]$(줄 셋)이면 $x' = [[1, 3], [3.8, 4.5]]$예요. 셋째 줄은 쓰지 않아요.
#
# **예상.** 인터넷에서 본 코드가 `x + pe[:x.size(0)]`이에요. 우리 x는 `(B, T, D)`인데, 문장이 하나뿐인 배치라면 무슨 일이 생길까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# `x.size(0)`은 문장 수 1이라 표의 첫 줄만 잘려 나와요. 오류 없이 **모든 단어에 위치 0**이 더해져요. 그 코드는 시간이 맨 앞인 `(T, B, D)`를 받는 코드였어요. 축의 차례는 늘 확인해야 해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "add_pe", "locked": false, "schema_version": 3, "solution": true, "task": false}
def add_pe(x: torch.Tensor, pe: torch.Tensor) -> torch.Tensor:
    """모든 문장의 t번째 토큰에 표의 t번째 줄을 더해요.

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
# `pe[:T]`는 `(T, D)`예요. `(B, T, D)`와 더하면 모든 문장에 같은 줄이 더해져요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# T는 `x.shape[1]`이에요. 자르기 전에 T와 표의 줄 수를 견줘 ValueError를 내요. `x += ...`는 받은 텐서를 고치니 쓰지 않아요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_add_pe", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
check("add_pe")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 속담 "산 넘어 산"에는 같은 단어가 두 번 나와요. 위치가 없으면 두 '산'은 구별되지 않아요.

# %% tags=["experiment"]
g = torch.Generator().manual_seed(0)
tokens = ["산", "넘어", "산"]
mountain, over = torch.randn(2, 16, generator=g)
x = torch.stack([mountain, over, mountain])[None]  # (1, 3, 16)
placed = add_pe(x, sinusoidal_pe(3, 16))
axes = plots.panels(2, "셀프 어텐션의 출력", width=4.9, height=2.8)
for ax, (name, inputs) in zip(axes, {"위치 없이": x, "위치를 더하고": placed}.items(), strict=True):
    plots.heatmap(
        attend(inputs)[0], rows=tokens, title=name, xlabel="출력의 차원", diverging=True, limits=(-3, 3), ax=ax
    )

# %% tags=["experiment"]
perm = torch.tensor([2, 0, 1])
for name, f in {"위치 없이": attend, "위치를 더하고": lambda x: attend(add_pe(x, sinusoidal_pe(3, 16)))}.items():
    print(f"{name}: {'등변' if is_permutation_equivariant(f, x, perm) else '등변이 아님'}")

# %% [markdown] tags=["given"]
# 왼쪽은 첫째 줄과 셋째 줄이 똑같아요. 오른쪽은 두 '산'이 달라졌고, 이제 어텐션이 순서에 따라 다르게 일하니 등변이 아니에요. 순서를 되찾았어요.
#
# **한 줄 정리.** 위치는 이어 붙이지 않고 더하며, 더하는 순간 셀프 어텐션은 순서를 알게 돼요.

# %% [markdown] tags=["given"]
# ## 실습 2-5 k칸 옮기는 행렬 ★★★ · 논문 §3.5
#
# **왜 하필 사인과 코사인일까요?** 논문은 이유를 이렇게 적었어요. "정해진 k에 대해 $PE_{pos+k}$를 $PE_{pos}$의 **선형 함수**로 나타낼 수 있으니, 모델이 상대 위치를 쉽게 배울 것이다."
# 곧 행렬 하나로 **어느 위치에서든** k칸 뒤로 옮길 수 있어요. 그 행렬을 만들어 논문의 말을 확인해요.
#
# $$PE_p\, M_k = PE_{p+k} \qquad \text{(모든 } p \text{에서 같은 } M_k \text{)}$$
#
# **손으로.** 바늘 하나만 보면 줄은 $[\sin\theta, \cos\theta]$이고, k칸 뒤는 각도가 $\phi = k \cdot \text{rate}$만큼 커져요. 덧셈 정리로
#
# $$\sin(\theta + \phi) = \sin\theta\,\cos\phi + \cos\theta\,\sin\phi$$
#
# 이니 행렬의 **첫째 열**은 $[\cos\phi,\; \sin\phi]$예요. $\phi$가 90도라면 $[\sin\theta, \cos\theta]$는 $[\cos\theta, -\sin\theta]$로 가요. 둘째 열은 여러분 몫이에요.
#
# **예상.** $d_\text{model} = 6$이면 $M_k$는 6×6이에요. 0이 아닌 칸은 많아야 몇 개일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 12개예요. 바늘은 서로 상관없이 돌아서, 2×2 회전 셋이 대각선을 따라 놓이고 나머지 24칸은 0이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "shift_matrix", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shift_matrix(k: int, d_model: int) -> torch.Tensor:
    """위치 인코딩의 어느 줄에 곱해도 k칸 뒤의 줄이 되는 행렬을 만들어요. k가 음수면 앞으로 옮겨요.

    식: sinusoidal_pe(L, d_model)[p] @ M = sinusoidal_pe(L, d_model)[p + k]
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

# %% nbgrader={"grade": true, "grade_id": "check_shift_matrix", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
check("shift_matrix")

# %% tags=["experiment"]
pe, M = sinusoidal_pe(60, 6), shift_matrix(10, 6)
print("50개 위치에서 잰 가장 큰 차이:", f"{(pe[:50] @ M - pe[10:]).abs().max():.1e}")
plots.heatmap(
    M,
    title="열 칸 뒤로 옮기는 행렬 (d_model = 6)",
    xlabel="나가는 차원",
    ylabel="들어오는 차원",
    values="{:.2f}",
    diverging=True,
    limits=(-1, 1),
    colorbar=False,
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 2×2 회전 셋이 대각선에 놓였고, 50개 위치 어디에서나 같은 행렬로 열 칸 뒤에 도착해요(차이는 반올림만큼이에요).
# 이번에는 바늘 두 개의 끝을 위치 0부터 9까지 찍고, 두 칸 뒤로 옮기는 행렬을 곱했을 때 어디로 가는지 화살표로 그려요.

# %% tags=["experiment"]
pe = sinusoidal_pe(10, 16)
moved = pe @ shift_matrix(2, 16)
for ax, i in zip(plots.panels(2, "두 칸 뒤로 옮기는 회전", width=4.4, height=4.3), (0, 1), strict=True):
    turn = math.degrees(2 * angle_rates(16)[i])
    tips, ends = pe[:, [2 * i + 1, 2 * i]], moved[:, [2 * i + 1, 2 * i]]  # 가로 cos, 세로 sin
    names = [str(p) for p in range(10)]
    plots.scatter(tips, names, title=f"짝 {i}: 두 칸에 {turn:.0f}도", xlabel="cos", ylabel="sin", ax=ax)
    for p in range(3):
        arrow = {"arrowstyle": "->", "color": plots.ORANGE, "lw": 2}
        ax.annotate("", ends[p].tolist(), tips[p].tolist(), arrowprops=arrow)
    ax.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal")

# %% [markdown] tags=["given"]
# 짝마다 도는 각도는 달라도 **어느 p에서나 같은 만큼** 돌아요. '두 칸 뒤'라는 관계가 행렬 하나에 담긴 셈이에요. 그래서 두 위치의 내적도 얼마나 떨어져 있는지로만 정해져요.

# %% tags=["experiment"]
pe = sinusoidal_pe(80, 64)
left, right = plots.panels(2, "두 위치의 내적", width=4.9, height=3.8)
plots.heatmap(
    pe @ pe.T / 32, title="모든 두 위치", xlabel="위치", ylabel="위치", diverging=True, limits=(-1, 1), ax=left
)
curves = {f"위치 {p}에서": (pe[p] @ pe[p : p + 40].T) / 32 for p in (0, 20, 40)}
plots.lines(
    range(40),
    curves,
    title="떨어진 칸 수로만 정해져요",
    xlabel="몇 칸 떨어졌나",
    ylabel="내적 ÷ (D/2)",
    dashed=["위치 20에서", "위치 40에서"],
    ax=right,
)

# %% [markdown] tags=["given"]
# 왼쪽 그림은 대각선 방향으로 색이 같아요. 오른쪽의 세 선은 완전히 겹쳐요. 군데군데 출렁이지만, 대체로 가까운 위치일수록 닮았어요.
#
# **한 줄 정리.** 위치를 k칸 옮기는 일은 어디서나 똑같은 회전이에요.

# %% [markdown] tags=["given"]
# ## 실습 2-6 배우는 위치 ★☆☆ · 논문 §3.5, 표 3 (E)
#
# **왜 계산할까요, 배우면 되지.** 위치마다 줄 하나를 파라미터로 두고 학습에 맡길 수도 있어요. 논문도 해 봤는데 결과가 거의 같았어요
# (개발 세트 BLEU 25.7과 25.8, 표 3의 (E)와 base). BERT와 GPT-2는 배우는 표를 골랐어요.
#
# **손으로.** 표가 $[[10], [20], [30]]$이고 문장 둘이 $[[1], [2]]$, $[[5], [6]]$이면 $[[11], [22]]$, $[[15], [26]]$이에요. 어느 문장이든 첫 단어는 첫 줄을 받아요.
#
# **예상.** 20단어까지만 보고 배운 표의 30번째 줄에는 무엇이 들어 있을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 처음 뽑은 난수 그대로예요. 한 번도 쓰이지 않은 줄은 기울기를 받은 적이 없어요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "learned_pe", "locked": false, "schema_version": 3, "solution": true, "task": false}
def learned_pe(x: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    """배우는 표의 앞쪽 T줄을 모든 문장에 더해요.

    모양: x (B, T, D), table (L, D) -> (B, T, D). 문장이 표보다 길면(T > L) ValueError예요.
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
# 첫 단어의 줄은 1번이 아니라 0번이에요. 문장이 달라도 같은 줄을 더하고, 표보다 긴 문장은 ValueError로 막아요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_learned_pe", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
check("learned_pe")

# %% tags=["experiment"]
table = torch.randn(30, 8, generator=torch.Generator().manual_seed(0)).requires_grad_(True)
sentence = torch.randn(1, 20, 8, generator=torch.Generator().manual_seed(1))
attend(learned_pe(sentence, table)).pow(2).sum().backward()
plots.bars(
    [str(p) if p % 5 == 0 else "" for p in range(30)],
    {"기울기": table.grad.norm(dim=1)},
    title="20단어 문장이 표에 준 기울기",
    xlabel="표의 줄",
    ylabel="기울기의 크기",
    values="",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 20번 줄부터는 기울기가 정확히 0이에요. 배우지 않은 위치는 모르는 위치예요.
#
# **한 줄 정리.** 배우는 표는 배운 길이까지만 위치를 알아요.

# %% [markdown] tags=["given"]
# ## 실험. 배운 길이를 넘어서면
#
# 논문은 사인 표를 고른 까닭을 하나 더 적었어요. "학습 때 본 것보다 **긴 문장으로 넘어갈 수도 있어서**." 정말인지 재 봐요.
# 어텐션 한 층에게 **바로 앞 단어 맞히기**를 가르쳐요. 순서를 모르면 풀 수 없는 문제예요. 20단어 문장으로 가르치고 80단어 문장으로 시험해요.
#
# **예상.** 위치 없음, 배우는 표, 사인 표 가운데 20단어 안에서는 누가 맞힐까요? 20단어를 넘으면요?

# %% tags=["experiment"]
V, D, LONG = 12, 64, 80
sines = sinusoidal_pe(LONG, D)


def predict(ids: torch.Tensor, p: dict, kind: str) -> torch.Tensor:
    """어텐션 한 층. 위치를 넣는 방법 kind만 달라요. ids (B, T) -> 로짓 (B, T, V)."""
    x, here = p["E"][ids], torch.arange(ids.shape[1])  # (B, T, D), (T,)
    if kind == "사인 표":
        x = add_pe(x, sines)
    elif kind == "배우는 표":
        x = learned_pe(x, p["table"])
    q, k, v = x @ p["W_q"], x @ p["W_k"], x @ p["W_v"]
    if kind == "RoPE":
        q, k = rope(q[:, None], here)[:, 0], rope(k[:, None], here)[:, 0]
    return torch.softmax(q @ k.transpose(1, 2) / D**0.5, dim=-1) @ v @ p["W_out"]


# %% tags=["experiment"]
def previous_word(kind: str, steps: int = fast(300, 20), seed: int = 0) -> list[float]:
    """20단어로 '바로 앞 단어 맞히기'를 가르치고, 80단어 문장에서 위치마다 맞힌 비율을 재요."""
    torch.manual_seed(seed)
    p = {"E": torch.randn(V, D), "table": torch.randn(LONG, D), "W_out": torch.randn(D, V) / D**0.5}
    p.update({name: torch.randn(D, D) / D**0.5 for name in ("W_q", "W_k", "W_v")})
    optimizer = torch.optim.Adam([w.requires_grad_(True) for w in p.values()], lr=3e-3)
    for _ in progress(range(steps), f"{kind}: 학습"):
        ids = torch.randint(V, (32, 20))
        loss = F.cross_entropy(predict(ids, p, kind)[:, 1:].flatten(0, 1), ids[:, :-1].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    ids = torch.randint(V, (400, LONG))
    return (predict(ids, p, kind)[:, 1:].argmax(-1) == ids[:, :-1]).float().mean(0).tolist()


# %% tags=["experiment"]
def draw(runs: dict[str, list[float]]) -> None:
    """위치마다 맞힌 비율을, 배운 길이가 끝나는 곳의 점선과 함께 그려요."""
    ax = plots.panels(1, width=7.6, height=3.9)[0]
    plots.lines(
        range(1, LONG),
        runs,
        title="바로 앞 단어 맞히기 (20단어로 배우고 80단어로 시험)",
        xlabel="위치",
        ylabel="맞힌 비율",
        colors=(plots.GREY, plots.ORANGE, plots.BLUE, plots.GREEN),
        ax=ax,
    )
    ax.axvline(19.5, color=plots.INK, linestyle=":")
    ax.text(20.5, 0.92, "여기부터 배운 적 없는 위치", fontsize=10)


# %% tags=["experiment"]
runs = {}


def compare(*kinds: str) -> None:
    for kind in kinds:
        run = runs[kind] = previous_word(kind)
        print(f"{kind}: 배운 길이 안에서 {sum(run[:19]) / 19:.0%}, 그 뒤에서 {sum(run[19:]) / len(run[19:]):.0%}")
    draw(runs)


compare("위치 없음", "배우는 표", "사인 표")

# %% [markdown] tags=["given"]
# 위치가 없으면 배운 길이 안에서도 14%쯤이에요(12가지 가운데 찍으면 8%이니, 문장에 많이 나온 단어를 찍는 정도예요). 위치를 넣으면 둘 다 거의 다 맞혀요.
# 그런데 점선을 넘는 순간, 배우는 표는 찍는 수준으로 떨어지고 **사인 표도 무너져요.** 군데군데 솟을 뿐 평균은 20% 안팎이에요.
#
# 사인 표는 80줄까지 계산할 수 있었지만, 모델이 **그 줄을 쓰는 법**은 20단어 안에서만 배웠기 때문이에요. 논문의 말은 '넘어갈 수도 있다'는 가설이었고, 더하는 위치 인코딩으로는 잘 되지 않는다는 것이 그 뒤의 경험이에요.
# 그래서 다음 보너스의 RoPE가 나왔어요.
#
# **한 줄 정리.** 사인 표는 긴 문장의 줄을 만들어 줄 뿐, 그 줄을 읽는 법까지 주지는 않아요.

# %% [markdown] tags=["given"]
# ## 실습 2-7 (보너스) RoPE: 더하지 않고 돌리기 ★★★ · Su 외 (2021)
#
# **왜 돌릴까요?** 2-5에서 k칸 옮기기가 회전이라는 것을 봤어요. 그렇다면 위치를 더하지 말고, 아예 **쿼리와 키를 제 위치만큼 돌려** 두면 어떨까요?
# 위치 m의 쿼리와 위치 n의 키를 내적하면, 두 회전이 만나 **차이 $m - n$만큼의 회전**만 남아요. 상대 위치가 저절로 나와요. 요즘 언어 모델은 대부분 이 방법을 써요.
#
# $$\begin{bmatrix} x'_{2i} \\ x'_{2i+1} \end{bmatrix} = \begin{bmatrix} \cos\phi & -\sin\phi \\ \sin\phi & \cos\phi \end{bmatrix}
# \begin{bmatrix} x_{2i} \\ x_{2i+1} \end{bmatrix},\qquad \phi = pos \cdot 10000^{-2i/K}$$
#
# **손으로.** $K = 2$이고 위치가 1이면 $\phi = 1$라디안이에요. $[1, 0]$은 $[\cos 1, \sin 1] = [0.540, 0.841]$이 되고, $[0, 1]$은 $[-0.841, 0.540]$이 돼요.
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

    모양: x (B, H, T, K), positions (T,) 정수 -> (B, H, T, K), dtype은 x와 같아요.
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
# 꺼내기는 `x[..., 0::2]`와 `x[..., 1::2]`, 다시 번갈아 놓기는 2-3처럼 `torch.stack(..., dim=-1)`을 펼치면 돼요.
# 각도 표 `(T, K/2)`는 앞의 두 축에 저절로 맞춰져요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 행렬의 첫 줄이 새 짝수 번째, 둘째 줄이 새 홀수 번째예요. 각도는 `torch.arange`가 아니라 받은 `positions`로 만들고, dtype을 x에 맞춰요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_rope", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("rope")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 쿼리 하나와 키 하나를 모든 위치 (m, n)에 놓아 보며 내적을 그려요. 왼쪽은 위치를 더했을 때, 오른쪽은 돌렸을 때예요.

# %% tags=["experiment"]
g = torch.Generator().manual_seed(2)
q, k, n = torch.randn(32, generator=g), torch.randn(32, generator=g), 24
pe, here = sinusoidal_pe(n, 32), torch.arange(n)
added = (q + pe) @ (k + pe).T  # (24, 24)
turned = rope(torch.stack([q, k])[None, :, None].expand(1, 2, n, 32), here)[0]  # (2, 24, 32)
left, right = plots.panels(2, "위치 m의 쿼리와 위치 n의 키의 내적", width=4.8, height=3.9)
plots.heatmap(added, title="더하기 (사인 표)", xlabel="키의 위치 n", ylabel="쿼리의 위치 m", diverging=True, ax=left)
plots.heatmap(
    turned[0] @ turned[1].T,
    title="돌리기 (RoPE)",
    xlabel="키의 위치 n",
    ylabel="쿼리의 위치 m",
    diverging=True,
    ax=right,
)

# %% tags=["experiment"]
compare("RoPE")

# %% [markdown] tags=["given"]
# 오른쪽 그림은 대각선 방향으로 색이 똑같아요. **어디에 있든 몇 칸 떨어졌는지만** 봐요. 왼쪽은 그렇지 않고요. 뜻과 위치가 더해진 채로 곱해지면서 (뜻 × 위치) 항이 섞여 들어가서예요.
# 앞의 실험을 RoPE로 다시 하면 배운 적 없는 길이에서도 거의 다 맞혀요. '바로 앞'이라는 관계가 어느 위치에서나 같은 모양이니까요.
# 다만 이 문제는 아주 작아요. 큰 언어 모델에서는 RoPE도 배운 길이를 크게 넘으면 약해져서, 도는 빠르기를 고쳐 써요.
#
# **한 줄 정리.** RoPE는 위치를 더하는 대신 쿼리와 키를 돌려, 내적에 상대 위치만 남겨요.

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# 20단어짜리 문장으로만 학습한 모델에 80단어 문장이 들어왔어요. 위치를 넣는 방법(없음, 배우는 표, 사인 표)마다 무슨 일이 생길지 적고,
# 사인 표의 모든 줄을 계산할 수 있는데도 왜 그런 일이 생기는지, 오늘 그린 그림 가운데 하나를 근거로 들어 세 문장쯤으로 설명해 주세요.
# 이 문제는 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# 위치가 없으면 길이와 상관없이 순서를 모르고, 배우는 표는 20번 줄부터 기울기를 받은 적이 없어서(기울기를 그린 막대) 난수가 더해져 맞힌 비율이 찍는 수준으로 떨어져요.
# 사인 표는 80줄을 모두 계산할 수 있지만 그 줄을 쓰는 $W_q$와 $W_k$는 20단어 안의 줄만 보고 배웠기 때문에, 점선을 넘자마자 맞힌 비율이 크게 떨어졌어요.
# 표가 위치를 구별해 준다는 것과 모델이 처음 보는 위치를 읽을 줄 안다는 것은 다른 이야기예요.
#
# 채점 기준
#
# - 1점: 위치가 없으면 길이와 상관없이 순서를 구별하지 못한다고 했어요.
# - 1점: 배우는 표는 20번 줄부터 배운 적이 없어 쓸모가 없다고 했어요. 그 줄이 아예 없어 읽지 못한다고 해도 맞아요.
# - 1점: 사인 표는 80줄을 모두 계산할 수 있지만 배운 길이를 넘으면 맞힌 비율이 크게 떨어진다고 했어요.
# - 1점: 그 까닭을 표가 아니라 읽는 쪽에서 찾았어요. $W_q$와 $W_k$, 곧 모델은 20단어 안의 줄만 보고 배웠어요.
# - 1점: 오늘 그린 그림 하나(줄마다의 기울기, 길이마다 맞힌 비율 등)를 짚고, 거기서 본 것을 근거로 들었어요.

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# 이제 토큰 벡터에는 뜻과 자리가 함께 들어 있고, 어텐션은 그것들을 비율대로 **섞어요.** 그런데 섞기만 하면 정말 새로운 것이 생길까요?
# 레슨 3에서 섞은 것을 **바꾸는** 부분, 피드포워드를 만들어요.
#
# 아래 셀은 오늘의 실습을 모두 통과하면 이 코스의 기준 구현을 보여 줘요. 오늘 만든 함수들이 거기에 같은 이름으로 있어요.

# %% tags=["experiment"]
show_reference("positional.py")
