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
# # 레슨 4. 잔차 연결과 층 정규화: 안정성의 기둥
#
# **지금까지.** 토큰에 순서를 적어 넣었고(레슨 2), 토큰을 하나씩 바꾸는 피드포워드를 만들었어요(레슨 3). 재료는 쌓을 준비가 됐어요.
#
# **이번 질문.** 논문은 이런 층을 여섯 겹, 요즘 모델은 백 겹 가까이 쌓아요. 그런데 그냥 쌓으면 학습이 되지 않아요.
# 신호는 올라가면서 사라지거나 터지고, 기울기는 내려오면서 똑같은 일을 겪어요. 무엇을 더하면 깊이 쌓아도 무너지지 않을까요?
#
# 답은 두 가지 장치예요. 입력을 그대로 흘려 보내는 **지름길**(잔차 연결)과, 토큰마다 값의 크기를 다잡는 **층 정규화**예요.
#
# $$\mathrm{LayerNorm}\big(x + \mathrm{Sublayer}(x)\big) \qquad \text{(논문 §3.1)}$$
#
# {차례}

# %% [markdown] tags=["given"]
# ## 용어
#
# | 한국어 | English | 기호와 모양 |
# |---|---|---|
# | 부분층 | sublayer | 어텐션이나 피드포워드 하나, `(B, T, D)` → `(B, T, D)` |
# | 잔차 연결 | residual connection | $x + \mathrm{Sublayer}(x)$ |
# | 층 정규화 | layer normalization | 토큰마다 마지막 축의 평균을 0, 분산을 1로 |
# | 늘이기와 옮기기 | gain, bias | $\gamma, \beta$: `(D,)`, 학습되는 값 |
# | 엡실론 | epsilon | $\varepsilon = 10^{-5}$, 0으로 나누지 않게 하는 작은 수 |
# | 모분산 | population variance | $D$로 나눈 분산 ($D-1$이 아니에요) |
# | Post-LN, Pre-LN | post-norm, pre-norm | 정규화가 더한 뒤에, 부분층 앞에 |
#
# B는 문장 수(배치), T는 토큰 수, D는 $d_\text{model}$이에요. 부분층은 **함수**로 넘어와요. `sublayer(x)`처럼 부르면 돼요.
#
# 함수를 채운 뒤 바로 아래의 `check("이름")`을 실행하면 무엇이 맞고 다른지 바로 알려 줘요. 먼저 아래 두 셀을 실행해 주세요.

# %% tags=["given"]
import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder import check
from autograder.kit import fast, plots, progress, show_reference, text

torch.set_num_threads(1)  # 오늘처럼 작은 텐서는 코어 하나가 더 빨라요.

# %% [markdown] tags=["given"]
# ## 실습 4-1 층 정규화 ★★★ · 논문 §3.1, Ba 외 (2016)
#
# **왜 다잡아야 할까요?** 층을 지날 때마다 값이 두 배가 된다면 열 층 뒤에는 천 배예요. 토큰마다 평균을 0, 분산을 1로 되돌려 놓으면
# 다음 층은 언제나 익숙한 크기의 입력을 받아요. 그런 다음 $\gamma$와 $\beta$로, 필요하면 다시 늘이고 옮길 자유를 줘요.
#
# $$\mathrm{LN}(x) = \gamma \odot \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta, \qquad
# \mu = \frac{1}{D}\sum_i x_i,\quad \sigma^2 = \frac{1}{D}\sum_i (x_i - \mu)^2$$
#
# **손으로.** $x = [1, 5, 3, 7]$이면 $\mu = 4$, 평균과의 차이는 $[-3, 1, -1, 3]$, $\sigma^2 = (9 + 1 + 1 + 9)/4 = 5$예요.
# $\sqrt 5 \approx 2.236$으로 나누면 $[-1.342, 0.447, -0.447, 1.342]$예요($\gamma = 1, \beta = 0$).
#
# **예상.** $[1, 5, 3, 7]$ 대신 $[1001, 1005, 1003, 1007]$을 넣으면 결과가 어떻게 달라질까요? $[10, 50, 30, 70]$은요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 둘 다 똑같아요(둘째는 $\varepsilon$만큼의 차이를 빼면요). 통째로 옮긴 것은 평균을 뺄 때, 통째로 늘인 것은 나눌 때 사라져요. 남는 것은 토큰 안에서의 **상대적인 모양**뿐이에요.
#
# </details>
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 4편의 코드는 <code>x.std()</code>로 나누고 eps를 루트 밖에서 더해요. PyTorch의 <code>std</code>는 따로 말하지 않으면 $D-1$로 나누므로
# 그 코드를 그대로 돌리면 <code>[1, 5, 3, 7]</code>에서 ±1.162, ±0.387이 나와요. 글에 적힌 결과 ±1.342, ±0.447은 $D$로 나눈 것이고,
# 이쪽이 논문과 <code>torch.nn.LayerNorm</code>의 정의예요.</div>


# %% nbgrader={"grade": false, "grade_id": "layer_norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
def layer_norm(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float = 1e-5) -> torch.Tensor:
    """토큰마다 마지막 축을 평균 0, 분산 1로 맞추고 gamma를 곱해 beta를 더해요.

    식: gamma * (x - 평균) / sqrt(모분산 + eps) + beta
    모양: x (..., D), gamma와 beta (D,) -> (..., D). dtype은 x와 같아요.
    예: x = [1, 5, 3, 7], gamma = 1, beta = 0 -> [-1.342, 0.447, -0.447, 1.342]
    """
    ### BEGIN SOLUTION
    mean = x.mean(dim=-1, keepdim=True)  # (..., 1)
    var = ((x - mean) ** 2).mean(dim=-1, keepdim=True)  # (..., 1)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 평균, 차이의 제곱의 평균, 나누기, 늘이고 옮기기. 식을 왼쪽 아래부터 네 줄로 옮겨요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `Tensor.mean(dim=-1, keepdim=True)`가 두 번 쓰여요. `Tensor.var`를 쓰려면 무엇으로 나누는지 문서에서 확인해요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 차이를 먼저 변수에 담아 두면 그 제곱의 평균이 곧 분산이에요. eps는 분산에 더한 다음 제곱근을 취해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_layer_norm", "locked": true, "points": 25, "schema_version": 3, "solution": false, "task": false}
check("layer_norm")

# %% tags=["experiment"]
g = torch.Generator().manual_seed(4)
tokens = text.SCHOOL.split()  # ["나는", "학교에", "간다"]
width, shift = torch.tensor([[0.3], [1.0], [4.0]]), torch.tensor([[2.0], [0.0], [-3.0]])
x = torch.randn(3, 64, generator=g) * width + shift
y = layer_norm(x, torch.ones(64), torch.zeros(64))
left, right = plots.panels(2, "토큰마다 제각각이던 값이 같은 크기로")
plots.histogram(dict(zip(tokens, x, strict=True)), title="정규화 전", xlabel="값", bins=40, ax=left)
plots.histogram(dict(zip(tokens, y, strict=False)), title="정규화 후", xlabel="값", bins=40, ax=right)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 왼쪽에서는 토큰마다 자리와 폭이 제각각인데, 오른쪽에서는 셋이 한데 겹쳐요. 토큰 안의 상대적인 모양은 그대로 남아요.
#
# **한 줄 정리.** 층 정규화는 토큰 하나의 D개 값을 평균 0, 분산 1로 맞추고 늘이고 옮길 자유를 남겨요.

# %% [markdown] tags=["given"]
# ## 실험. 왜 배치 정규화가 아닐까
#
# 이미지에서 널리 쓰던 배치 정규화는 같은 차원의 값을 **배치 전체에서** 모아 평균과 분산을 구해요. 문장에서는 왜 곤란할까요?
# 같은 문장 "나는 학교에 간다"를 서로 다른 이웃 문장들과 함께 넣어 봐요.
#
# **예상.** 두 정규화 가운데 어느 쪽의 결과가 이웃에 따라 달라질까요?

# %% tags=["experiment"]
g = torch.Generator().manual_seed(7)
sentence = torch.randn(1, 3, 16, generator=g)


def batch_norm(x: torch.Tensor) -> torch.Tensor:
    """문장과 자리를 통틀어 차원마다 정규화해요."""
    return (x - x.mean(dim=(0, 1))) / torch.sqrt(x.var(dim=(0, 1), unbiased=False) + 1e-5)


def wobble(normalize) -> list[float]:
    """이웃 문장을 바꿔 가며, 우리 문장의 결과가 처음과 얼마나 달라지는지 재요."""
    others = [2 * torch.randn(3, 3, 16, generator=g) + i for i in range(5)]
    results = [normalize(torch.cat([sentence, other]))[0] for other in others]
    return [float((r - results[0]).abs().mean()) for r in results]


# %% tags=["experiment"]
def token_norm(x: torch.Tensor) -> torch.Tensor:
    return layer_norm(x, torch.ones(16), torch.zeros(16))


moves = {"배치 정규화": wobble(batch_norm), "층 정규화": wobble(token_norm)}
plots.bars(
    [f"이웃 {i + 1}" for i in range(5)], moves, ylabel="평균 차이", title="같은 문장의 결과가 이웃 때문에 달라진 정도"
)

# %% [markdown] tags=["given"]
# 이웃 1과 함께일 때의 결과를 기준으로 쟀어요. 배치 정규화는 이웃이 바뀔 때마다 우리 문장의 결과까지 흔들려요. 문장 길이가 제각각이라 패딩이 섞이면 더 심해지고,
# 한 문장씩 번역할 때는 모을 배치도 없어요. 층 정규화는 토큰 하나 안에서 끝나므로 이웃이 누구든 같아요.
#
# **한 줄 정리.** 층 정규화는 이웃을 보지 않아서, 배치와 길이가 어떻든 같은 결과를 내요.

# %% [markdown] tags=["given"]
# ## 실습 4-2 잔차 연결 ★☆☆ · 논문 §3.1, He 외 (2015)
#
# **왜 그대로 더할까요?** 층이 "무엇으로 바꿀까"를 통째로 배우는 대신 "**얼마나 고칠까**"만 배우게 해요. 고칠 것이 없으면 0을 내놓으면 돼요.
# 기울기로 보면 더 분명해요. $y = x + f(x)$를 미분하면 $1 + f'(x)$라서, $f'$이 아무리 작아도 **1이 남아요**. 이 1이 기울기의 지름길이에요.
#
# **손으로.** $x = [1, -2]$이고 부분층이 $[0.5, 0.5]$를 내놓으면 결과는 $[1.5, -1.5]$예요.
#
# **예상.** 부분층이 언제나 0만 내놓는 층을 백 개 쌓으면 출력은 무엇일까요? 잔차가 없다면요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 잔차가 있으면 입력이 그대로 나와요. 없으면 0이에요. 잔차가 있는 깊은 모델은 적어도 '아무것도 안 하기'에서 출발할 수 있어요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "residual", "locked": false, "schema_version": 3, "solution": true, "task": false}
def residual(x: torch.Tensor, sublayer) -> torch.Tensor:
    """부분층의 출력에 입력을 그대로 더해요. 받은 x는 바꾸지 않아요.

    식: x + sublayer(x)
    모양: x (B, T, D), sublayer는 (B, T, D)를 받아 (B, T, D)를 돌려주는 함수 -> (B, T, D)
    """
    ### BEGIN SOLUTION
    return x + sublayer(x)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 식이 곧 코드예요. `sublayer`는 함수라는 것만 기억해요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `+`로 새 텐서를 만들어요. `+=`는 받은 텐서를 그 자리에서 고쳐요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 더하기 왼쪽은 손대지 않은 x, 오른쪽은 `sublayer`에 x를 넣은 결과예요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_residual", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("residual")

# %% tags=["experiment"]
g = torch.Generator().manual_seed(2)
weights = [torch.randn(32, 32, generator=g) * 0.7 / 32**0.5 for _ in range(24)]
x = torch.randn(1, 1, 32, generator=g)
plain, short = [x], [x]
for W in weights:
    plain.append(torch.relu(plain[-1] @ W))
    short.append(residual(short[-1], lambda h, W=W: torch.relu(h @ W)))
sizes = {"잔차 없음": [h.norm() for h in plain], "잔차 있음": [h.norm() for h in short]}
plots.lines(range(25), sizes, title="층을 지날수록 신호의 크기는", xlabel="층", ylabel="벡터의 길이", logy=True)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 지름길이 없으면 신호가 층마다 줄어 24층 뒤에는 거의 사라져요. 지름길이 있으면 사라지지 않아요. 대신 점점 **자라요**. 그래서 정규화가 함께 필요해요.
#
# **한 줄 정리.** 잔차 연결은 신호와 기울기가 다니는 지름길이고, 층은 고칠 만큼만 배워요.

# %% [markdown] tags=["given"]
# ## 실습 4-3 Post-LN ★★☆ · 논문 §3.1
#
# **왜 순서가 문제일까요?** 부분층, 더하기, 정규화. 세 가지를 잇는 방법은 여럿이에요. 논문은 **더한 다음** 정규화해요.
#
# $$\mathrm{PostLN}(x) = \mathrm{LN}\big(x + \mathrm{Sublayer}(x)\big)$$
#
# **손으로.** $x = [1, 3]$, 부분층의 출력이 $[1, -1]$이면 더해서 $[2, 2]$, 정규화하면 $[0, 0]$이에요. 정규화가 지름길 **위에** 있어서 x까지 함께 눌렸어요.
#
# **예상.** Post-LN의 출력은 $\gamma = 1, \beta = 0$일 때 토큰마다 평균과 분산이 얼마일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 언제나 평균 0, 분산 1이에요. 마지막에 한 일이 정규화니까요. 그래서 Post-LN 모델은 맨 끝에 정규화를 따로 두지 않아요.
#
# </details>
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 4편과 8편의 표에는 Pre-LN이라고 적혀 있는데 그 옆의 코드는 Post-LN이에요. 논문의 식은 Post-LN이고, 이 코스도 Post-LN을 기본으로 해요.
# 또 RMSNorm이 "GPT-3부터" 쓰였다고 하지만 GPT-3은 층 정규화를 쓰고, RMSNorm은 T5와 LLaMA를 거치며 널리 쓰이게 됐어요.</div>


# %% nbgrader={"grade": false, "grade_id": "post_norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
def post_norm(x: torch.Tensor, sublayer, gamma: torch.Tensor, beta: torch.Tensor, eps: float = 1e-5) -> torch.Tensor:
    """논문의 순서: 더한 다음 정규화해요.

    식: LN(x + sublayer(x))
    모양: x (B, T, D), gamma와 beta (D,) -> (B, T, D)
    """
    ### BEGIN SOLUTION
    return layer_norm(residual(x, sublayer), gamma, beta, eps)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 괄호를 안쪽부터 읽어요. 무엇이 먼저 계산되나요?
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 앞에서 만든 `residual`과 `layer_norm`을 이으면 한 줄이에요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# `residual`의 결과를 `layer_norm`에 넣어요. eps도 잊지 말고 넘겨요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_post_norm", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
check("post_norm")


# %% tags=["experiment"]
def sublayer(h: torch.Tensor) -> torch.Tensor:
    return 0.5 * h.flip(-1)


g = torch.Generator().manual_seed(9)
x = torch.randn(3, 12, generator=g) * torch.tensor([[0.3], [1.0], [3.0]])
steps = {
    "x": x,
    "x + 부분층": residual(x, sublayer),
    "정규화까지": post_norm(x, sublayer, torch.ones(12), torch.zeros(12)),
}
axes = plots.panels(3, "더한 다음 정규화하기", height=2.3)
for ax, (name, values) in zip(axes, steps.items(), strict=True):
    plots.heatmap(values, rows=tokens, title=name, xlabel="차원", diverging=True, limits=(-4, 4), colorbar=False, ax=ax)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 더하기까지는 '간다'의 줄만 진하고 '나는'의 줄은 거의 보이지 않아요. 정규화를 지나면 세 줄의 진하기가 비슷해져요.
#
# **한 줄 정리.** Post-LN은 지름길까지 함께 정규화해요.

# %% [markdown] tags=["given"]
# ## 실습 4-4 Pre-LN ★★☆ · Xiong 외 (2020)
#
# **왜 순서를 바꿨을까요?** Post-LN에서는 지름길 위에 정규화가 층마다 하나씩 놓여 있어요. 기울기가 내려갈 때마다 그 문을 지나야 해요.
# Pre-LN은 정규화를 부분층 **앞으로** 옮겨 지름길을 비워요.
#
# $$\mathrm{PreLN}(x) = x + \mathrm{Sublayer}\big(\mathrm{LN}(x)\big)$$
#
# **손으로.** $x = [1, 3]$이면 $\mathrm{LN}(x) = [-1, 1]$이에요. 부분층이 받은 것을 그대로 돌려준다면 결과는 $[1, 3] + [-1, 1] = [0, 4]$예요. 지름길의 $[1, 3]$은 그대로 살아 있어요.
#
# **예상.** Pre-LN을 여러 층 쌓으면 출력의 크기는 어떻게 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 층마다 더해지기만 하므로 조금씩 커져요. 그래서 Pre-LN 모델은 맨 끝에 정규화를 하나 더 둬요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "pre_norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pre_norm(x: torch.Tensor, sublayer, gamma: torch.Tensor, beta: torch.Tensor, eps: float = 1e-5) -> torch.Tensor:
    """나중에 널리 쓰인 순서: 정규화한 것을 부분층에 넣고, 손대지 않은 x에 더해요.

    식: x + sublayer(LN(x))
    모양: x (B, T, D), gamma와 beta (D,) -> (B, T, D)
    """
    ### BEGIN SOLUTION
    return x + sublayer(layer_norm(x, gamma, beta, eps))
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 정규화는 부분층으로 들어가는 길에만 있어요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `layer_norm`의 결과를 `sublayer`에 넣고, 원래의 x와 더해요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 더하기 왼쪽의 x는 정규화하지 않은 x예요. 정규화한 값에 이름을 붙였다면 어느 쪽을 더하는지 다시 봐요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_pre_norm", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("pre_norm")

# %% tags=["experiment"]
g = torch.Generator().manual_seed(6)
layers = [(torch.randn(32, 64, generator=g) / 32**0.5, torch.randn(64, 32, generator=g) / 8) for _ in range(24)]
one, zero = torch.ones(32), torch.zeros(32)
sizes = {"Post-LN": [], "Pre-LN": []}
for name, order in (("Post-LN", post_norm), ("Pre-LN", pre_norm)):
    h = torch.randn(4, 3, 32, generator=torch.Generator().manual_seed(8))
    for W1, W2 in layers:
        h = order(h, lambda z, W1=W1, W2=W2: torch.relu(z @ W1) @ W2, one, zero)
        sizes[name].append(h.std().item())
plots.lines(range(1, 25), sizes, title="층을 지날수록 출력의 크기는", xlabel="층", ylabel="표준편차")

# %% [markdown] tags=["given"]
# **눈으로 보기.** Post-LN은 층마다 1로 되돌려지고, Pre-LN은 지름길이 비어 있는 대신 층이 쌓일수록 커져요.
#
# **한 줄 정리.** Pre-LN은 지름길을 비우고 부분층의 입구만 다잡아요.

# %% [markdown] tags=["given"]
# ## 실습 4-5 인코더 한 층의 뼈대 ★★☆ · 논문 §3.1, 그림 1
#
# **왜 두 번일까요?** 인코더 한 층은 부분층이 둘이에요. 어텐션으로 섞고, 피드포워드로 바꿔요. 둘 다 잔차와 정규화로 감싸고, 정규화는 **저마다 제 것**을 가져요.
#
# $$h = \mathrm{norm}_1\big(x + \mathrm{attn}(x)\big), \qquad \text{출력} = \mathrm{norm}_2\big(h + \mathrm{ffn}(h)\big)$$
#
# **손으로.** 정규화가 아무것도 하지 않고, 어텐션이 언제나 1을, FFN이 언제나 받은 값의 두 배를 내놓는다고 해요. $x = 3$이면 $h = 3 + 1 = 4$, 출력은 $4 + 8 = 12$예요.
#
# **예상.** 두 번째 더하기의 왼쪽에 $h$가 아니라 $x$를 쓰면 위의 답은 무엇이 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $3 + 8 = 11$이에요. 어텐션이 더해 준 1이 지름길에서 사라졌어요. 예외도 나지 않고 손실도 내려가서 찾기 어려운 실수예요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "encoder_sublayers", "locked": false, "schema_version": 3, "solution": true, "task": false}
def encoder_sublayers(x: torch.Tensor, attn, ffn, norm1, norm2) -> torch.Tensor:
    """인코더 한 층: 섞고, 다잡고, 바꾸고, 다잡아요(Post-LN).

    식: h = norm1(x + attn(x)), 출력 = norm2(h + ffn(h))
    모양: x (B, T, D), 네 인자는 모두 (B, T, D) -> (B, T, D)인 함수 -> (B, T, D)
    """
    ### BEGIN SOLUTION
    mixed = norm1(x + attn(x))
    return norm2(mixed + ffn(mixed))
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 식 두 개가 코드 두 줄이에요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 네 인자는 모두 함수예요. `norm1(...)`처럼 불러요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 첫 줄의 결과에 이름을 붙이고, 둘째 줄에서는 x 대신 그 이름만 써요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_encoder_sublayers", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
check("encoder_sublayers")


# %% tags=["experiment"]
def norm(h: torch.Tensor) -> torch.Tensor:
    return layer_norm(h, torch.ones(8), torch.zeros(8))


def mean(h: torch.Tensor) -> torch.Tensor:
    """모든 토큰을 고르게 섞는 가장 단순한 어텐션."""
    return h.mean(dim=1, keepdim=True).expand_as(h)


# %% tags=["experiment"]
g = torch.Generator().manual_seed(10)
x, W = torch.randn(1, 6, 8, generator=g), torch.randn(8, 8, generator=g) / 8**0.5
moved = x.clone()
moved[:, 2] += torch.randn(8, generator=g)  # 세 번째 토큰만 바꿔요.
change = {}
for name, attn in {"어텐션 없이": torch.zeros_like, "어텐션까지": mean}.items():
    before, after = (encoder_sublayers(z, attn, lambda h: torch.relu(h @ W), norm, norm) for z in (x, moved))
    change[name] = (after - before).abs().sum(-1)[0]
rows, names = torch.stack(list(change.values())), [f"토큰 {t + 1}" for t in range(6)]
plots.heatmap(
    rows, rows=list(change), columns=names, title="토큰 3만 바꿨을 때 움직인 출력", values="{:.2f}", colorbar=False
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 어텐션 자리에 0을 넣으면 바꾼 토큰만 움직여요. 어텐션이 있으면 토큰 3의 소식이 모든 토큰에 닿아요.
#
# **한 줄 정리.** 인코더 한 층은 섞기와 바꾸기를 각각 잔차와 정규화로 감싼 것이에요. 레슨 8에서 여기에 진짜 어텐션을 끼워요.

# %% [markdown] tags=["given"]
# ## 실습 4-6 잔차의 드롭아웃 ★★☆ · 논문 §5.4
#
# **왜 더하기 전일까요?** 레슨 3의 드롭아웃은 FFN의 안쪽에 있었어요. 논문은 부분층의 **출력**에도 드롭아웃을 걸어요. 자리가 중요해요. 더하기 **전**이에요.
# 더한 뒤에 걸면 지름길의 x까지 버려져요.
#
# $$x + \mathrm{Dropout}_p\big(\mathrm{Sublayer}(x)\big)$$
#
# **손으로.** $x = [1, 2]$, 부분층의 출력이 $[4, 6]$, $p = 0.5$이고 첫째만 버려졌다면 $[1, 2] + [0, 12] = [1, 14]$예요. x는 하나도 다치지 않았어요.
#
# **예상.** $p = 1$이면 결과는 무엇일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# x 그대로예요. 그 층을 통째로 건너뛴 셈이에요. 더한 뒤에 걸었다면 0만 남았을 거예요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "dropout_residual", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dropout_residual(x: torch.Tensor, sublayer_out: torch.Tensor, p: float, training: bool) -> torch.Tensor:
    """부분층의 출력에만 드롭아웃을 걸고 x를 더해요.

    식: x + Dropout_p(sublayer_out). 버릴 자리는 원소마다 따로, 부를 때마다 새로 골라요.
    살아남은 값은 1/(1-p)배, training이 False면 버리지 않아요.
    모양: x와 sublayer_out (B, T, D) -> (B, T, D)
    """
    ### BEGIN SOLUTION
    return x + F.dropout(sublayer_out, p, training)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 드롭아웃이 걸릴 것은 둘 가운데 하나뿐이에요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 레슨 3에서 쓴 `F.dropout(입력, p, training)`이에요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 먼저 버리고, 그다음에 더해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_dropout_residual", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("dropout_residual")

# %% tags=["experiment"]
torch.manual_seed(0)
x, out = torch.ones(4, 12), 0.1 * torch.randn(4, 12)
left, right = plots.panels(2, "x가 모두 1일 때 절반을 버리면", width=4.6, height=2.4)
style = {"xlabel": "차원", "ylabel": "토큰", "limits": (0, 2.5), "colorbar": False}
plots.heatmap(dropout_residual(x, out, 0.5, True), title="더하기 전에 버리기", ax=left, **style)
plots.heatmap(F.dropout(x + out, 0.5), title="더한 뒤에 버리기", ax=right, **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 오른쪽의 흰 칸에서는 지름길의 x까지 0이 됐어요. 왼쪽은 어디에도 흰 칸이 없어요.
#
# **한 줄 정리.** 드롭아웃은 부분층의 출력에 걸고, 지름길은 언제나 온전해요.

# %% [markdown] tags=["given"]
# ## 실습 4-7 깊이별 기울기를 재기 ★★★ · He 외 (2015)
#
# **왜 직접 재어 볼까요?** "기울기가 사라진다"는 말은 많이 듣지만 숫자로 본 사람은 드물어요. 층마다 기울기의 크기를 재는 자를 만들어요.
#
# $$h \leftarrow \tanh(hW_i)\;(+\,h), \qquad \text{층 } i\text{의 기울기} = \left\lVert \frac{\partial \sum h_N}{\partial W_i} \right\rVert_2$$
#
# **손으로.** 폭이 1이고 $h = 1$, $W_1 = W_2 = 0.5$, 잔차가 없다고 해요. $\tanh$를 그냥 곱셈으로 어림하면 $\partial h_2/\partial W_1 = W_2 \cdot h = 0.5$예요.
# 층이 하나 늘 때마다 0.5가 한 번씩 더 곱해져요. 열 층이면 천분의 일이에요.
#
# **예상.** 잔차가 있으면 한 층을 지날 때 무엇이 곱해질까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $0.5$ 대신 $1 + 0.5$가 곱해져요. 1이 있어서 사라지지 않아요(대신 자랄 수는 있어요).
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "grad_norm_by_depth", "locked": false, "schema_version": 3, "solution": true, "task": false}
def grad_norm_by_depth(x: torch.Tensor, weights: list[torch.Tensor], residual: bool) -> list[float]:
    """층마다 가중치 기울기의 L2 크기를, 첫 층부터 차례로 돌려줘요.

    식: h <- tanh(h W_i) (residual이면 + h), i번째 값 = ||d sum(h_N) / d W_i||
    모양: x (B, D), weights는 (D, D)의 목록 -> 층 수만큼의 float 목록. 받은 텐서들은 바꾸지 않아요.
    """
    ### BEGIN SOLUTION
    leaves = [W.detach().clone().requires_grad_() for W in weights]
    h = x
    for W in leaves:
        update = torch.tanh(h @ W)
        h = h + update if residual else update
    grads = torch.autograd.grad(h.sum(), leaves)
    return [grad.norm().item() for grad in grads]
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 가중치들을 기울기를 잴 수 있는 사본으로 만들고, 앞으로 계산하고, 합을 미분해요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `W.clone().requires_grad_()`로 사본을 만들고 `torch.autograd.grad(h.sum(), 사본들)`을 쓰면 층 순서대로 기울기가 나와요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 기울기마다 `.norm().item()`을 부르면 파이썬 수가 돼요. 목록의 0번이 첫 층이에요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_grad_norm_by_depth", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("grad_norm_by_depth")

# %% tags=["experiment"]
g = torch.Generator().manual_seed(11)
x = torch.randn(16, 32, generator=g)
weights = [torch.randn(32, 32, generator=g) * 0.6 / 32**0.5 for _ in range(24)]
plain, short = grad_norm_by_depth(x, weights, False), grad_norm_by_depth(x, weights, True)
print(f"첫 층의 기울기: 잔차 없음 {plain[0]:.1e}, 잔차 있음 {short[0]:.1e}")
plots.lines(
    range(1, 25),
    {"잔차 없음": plain, "잔차 있음": short},
    xlabel="층",
    title="24층 모델에서 층마다의 기울기",
    ylabel="기울기의 크기",
    logy=True,
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 지름길이 없는 쪽은 모든 층의 기울기가 있는 쪽의 수십만 분의 일이에요. 신호가 끝까지 가는 동안 거의 사라져서, 어느 층을 고쳐도 출력이 움직이지 않아요.
#
# 이제 잔차와 정규화의 네 가지 조합을 한자리에 놓아요.


# %% tags=["experiment"]
def four_ways(residual_on: bool, norm_on: bool, depth: int = 24, d: int = 64) -> list[float]:
    """피드포워드 모양의 층을 쌓고, 층마다 가중치 기울기의 크기를 재요."""
    g = torch.Generator().manual_seed(0)
    h = torch.randn(32, d, generator=g)
    Ws = [(0.7 * torch.randn(d, d, generator=g) / d**0.5).requires_grad_() for _ in range(depth)]
    target = torch.randn(32, d, generator=g)
    for W in Ws:
        update = torch.relu(h @ W)
        h = h + update if residual_on else update
        h = F.layer_norm(h, (d,)) if norm_on else h
    return [grad.norm().item() for grad in torch.autograd.grad((h * target).sum(), Ws)]


# %% tags=["experiment"]
curves = {
    "둘 다 없음": four_ways(False, False),
    "정규화만": four_ways(False, True),
    "잔차만": four_ways(True, False),
    "둘 다 (Post-LN)": four_ways(True, True),
}
for name, curve in curves.items():
    print(
        f"{name}: 첫 층 {curve[0]:.1e}, 마지막 층 {curve[-1]:.1e}, "
        f"가장 큰 층은 가장 작은 층의 {max(curve) / min(curve):.1f}배"
    )
plots.lines(range(1, 25), curves, title="네 가지 조합의 층별 기울기", xlabel="층", ylabel="기울기의 크기", logy=True)

# %% [markdown] tags=["given"]
# - **둘 다 없음**: 모든 층이 거의 0이에요. 배울 수가 없어요.
# - **정규화만**: 신호는 살지만, 아래로 갈수록 기울기가 수십 배로 불어나요.
# - **잔차만**: 신호가 층마다 커져서 기울기도 아주 커요.
# - **둘 다**: 크기도 알맞고 층마다 고르기도 가장 나아요.
#
# **한 줄 정리.** 잔차는 기울기를 살리고 정규화는 크기를 다잡아요. 둘은 서로의 빈틈을 메워요.

# %% [markdown] tags=["given"]
# ## 실험. 워밍업 없이 Post-LN과 Pre-LN
#
# 논문은 학습률을 0에서 천천히 올리는 **워밍업**을 꼭 써요. 정말 필요할까요? 12층짜리 작은 모델에게 '한 칸 앞 토큰을 답하기'를 가르쳐요.
# 모양은 셋이에요. 워밍업 없는 Post-LN, 워밍업 있는 Post-LN, 워밍업 없는 Pre-LN. 학습률은 모두 0.008로 같아요.
#
# **예상.** 셋 가운데 하나는 끝까지 아무것도 배우지 못해요. 어느 것일까요?


# %% tags=["experiment"]
class Layer(nn.Module):
    """어텐션과 피드포워드를 고른 순서(post, pre, deep)로 감싼 한 층."""

    def __init__(self, d: int, order: str, alpha: float = 1.0) -> None:
        super().__init__()
        self.attn = nn.MultiheadAttention(d, 4, batch_first=True)
        self.ffn = nn.Sequential(nn.Linear(d, 2 * d), nn.ReLU(), nn.Linear(2 * d, d))
        self.norms = nn.ModuleList([nn.LayerNorm(d), nn.LayerNorm(d)])
        self.order, self.alpha = order, alpha

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for norm, sub in zip(self.norms, (lambda h: self.attn(h, h, h)[0], self.ffn), strict=True):
            x = x + sub(norm(x)) if self.order == "pre" else norm(self.alpha * x + sub(x))
        return x


# %% tags=["experiment"]
def build(order: str, depth: int = 12) -> tuple[nn.Module, nn.Module, nn.Module, nn.Parameter]:
    """임베딩, 몸통, 출력층, 자리 벡터를 만들어요."""
    torch.manual_seed(0)
    alpha = (2 * depth) ** 0.25 if order == "deep" else 1.0
    embed, place, out = nn.Embedding(8, 32), nn.Parameter(torch.randn(8, 32)), nn.Linear(32, 8)
    last = nn.LayerNorm(32) if order == "pre" else nn.Identity()
    body = nn.Sequential(*[Layer(32, order, alpha) for _ in range(depth)], last)
    if order == "deep":
        shrink(body, depth)
    return embed, body, out, place


# %% tags=["experiment"]
def train(order: str, warmup: int, steps: int = fast(160, 8), lr: float = 0.008) -> list[float]:
    """한 칸 앞 토큰을 답하게 가르치고 스텝마다의 손실을 돌려줘요."""
    embed, body, out, place = build(order)
    parameters = [*nn.ModuleList([embed, out, body]).parameters(), place]
    optimizer = torch.optim.Adam(parameters, lr=lr, betas=(0.9, 0.98))
    losses = []
    for step in progress(range(1, steps + 1), f"{order}, 워밍업 {warmup}스텝: 학습"):
        optimizer.param_groups[0]["lr"] = lr * min(1.0, step / max(1, warmup))
        x = torch.randint(0, 8, (32, 8))
        losses.append(one_step(optimizer, out(body(embed(x) + place)), x.roll(1, 1)))
    return losses


# %% tags=["experiment"]
def one_step(optimizer, logits: torch.Tensor, target: torch.Tensor) -> float:
    """손실을 재고 한 스텝 내려가요."""
    loss = F.cross_entropy(logits.flatten(0, 1), target.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


# %% tags=["experiment"]
def shrink(body: nn.Module, depth: int) -> None:
    """DeepNorm의 초기화: 값을 옮기는 가중치들을 (8N)^(-1/4)배로 줄여 시작해요."""
    with torch.no_grad():
        for layer in body[:depth]:
            value = layer.attn.in_proj_weight[2 * 32 :]  # 쿼리와 키는 그대로 둬요.
            for W in (value, layer.attn.out_proj.weight, layer.ffn[0].weight, layer.ffn[2].weight):
                W.mul_((8 * depth) ** -0.25)


# %% tags=["experiment"]
runs = {
    "Post-LN, 워밍업 없음": train("post", 0),
    "Post-LN, 워밍업 100스텝": train("post", 100),
    "Pre-LN, 워밍업 없음": train("pre", 0),
}
print(f"찍기만 하면 {math.log(8):.3f}")
for name, losses in runs.items():
    print(f"{name}: 마지막 열 스텝의 손실 {sum(losses[-10:]) / len(losses[-10:]):.3f}")
plots.lines(range(1, len(losses) + 1), runs, title="12층 모델, 학습률 0.008", xlabel="스텝", ylabel="손실")

# %% [markdown] tags=["given"]
# 워밍업이 없는 Post-LN은 여덟 글자를 찍는 수준($\ln 8 = 2.079$)에서 끝까지 벗어나지 못해요. 같은 모델도 학습률을 천천히 올리면 배우고,
# Pre-LN은 워밍업 없이도 배워요(주황 선은 학습률이 다 올라온 100스텝 무렵에 한 번 휘청였다가 돌아와요). 논문의 워밍업은 장식이 아니라 **Post-LN을 살리는 장치**였어요. 그 학습률 식은 레슨 8에서 직접 만들어요.
#
# **한 줄 정리.** 깊은 Post-LN은 워밍업이 있어야 배우고, Pre-LN은 없어도 배워요.

# %% [markdown] tags=["given"]
# ## 실습 4-8 (보너스) RMSNorm과 DeepNorm ★★☆ · Zhang과 Sennrich (2019), Wang 외 (2022)
#
# **왜 또 고쳤을까요?** 정규화는 층마다 두 번씩 하는 일이라 조금만 가벼워져도 크고, Post-LN은 아주 깊어지면 여전히 까다로워요.
#
# **RMSNorm**은 평균 빼기를 덜어 낸 정규화예요. 크기만 맞추면 충분하더라는 발견이고, T5와 LLaMA가 써요.
#
# $$\mathrm{RMSNorm}(x) = \gamma \odot \frac{x}{\sqrt{\frac{1}{D}\sum_i x_i^2 + \varepsilon}}$$
#
# **손으로.** $[3, 4]$라면 제곱의 평균이 $12.5$, 제곱근이 $3.536$이라 $[0.849, 1.131]$이에요.
#
# **예상.** 4-1의 $[1001, 1005, 1003, 1007]$을 넣으면 이번에도 $[1, 5, 3, 7]$을 넣었을 때와 같을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 달라요. $[0.997, 1.001, 0.999, 1.003]$이 나와요. 평균을 빼지 않으니 통째로 옮긴 것이 사라지지 않아요. 통째로 늘인 것만 사라져요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "rms_norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rms_norm(x: torch.Tensor, gamma: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    """평균을 빼지 않고 크기만 맞춰요.

    식: gamma * x / sqrt(mean(x^2) + eps), 평균은 마지막 축에서
    모양: x (..., D), gamma (D,) -> (..., D)
    """
    ### BEGIN SOLUTION
    return gamma * x / torch.sqrt(x.square().mean(dim=-1, keepdim=True) + eps)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# `layer_norm`에서 평균을 빼는 줄만 지운 모양이에요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `x.square().mean(dim=-1, keepdim=True)`가 제곱의 평균이에요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# eps는 이번에도 루트 안쪽이에요. beta는 없어요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_rms_norm", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("rms_norm")

# %% [markdown] tags=["given"]
# **DeepNorm**은 Post-LN을 천 층까지 쌓으려고 지름길을 $\alpha$배로 키우고, 시작할 때의 가중치를 줄여요. 인코더만 있는 $N$층이라면 $\alpha = (2N)^{1/4}$이에요.
#
# $$\mathrm{DeepNorm}(x) = \mathrm{LN}\big(\alpha\, x + \mathrm{Sublayer}(x)\big)$$
#
# **손으로.** $N = 8$이면 $\alpha = 16^{1/4} = 2$예요. 4-3처럼 $x = [1, 3]$, 부분층의 출력이 $[1, -1]$이면 $[2, 6] + [1, -1] = [3, 5]$, 정규화하면 $[-1, 1]$이에요.
# 4-3에서는 $[0, 0]$으로 지워졌던 x의 모양이 살아남았어요.


# %% nbgrader={"grade": false, "grade_id": "deep_norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
def deep_norm(
    x: torch.Tensor, sublayer_out: torch.Tensor, alpha: float, gamma: torch.Tensor, beta: torch.Tensor
) -> torch.Tensor:
    """지름길을 alpha배로 키운 Post-LN이에요.

    식: LN(alpha * x + sublayer_out), eps는 1e-5
    모양: x와 sublayer_out (B, T, D) -> (B, T, D)
    """
    ### BEGIN SOLUTION
    return layer_norm(alpha * x + sublayer_out, gamma, beta)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# Post-LN에서 한 글자만 늘어난 식이에요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `layer_norm`을 그대로 쓰면 돼요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# alpha는 더하기의 두 쪽 가운데 지름길 쪽에만 붙어요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_deep_norm", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("deep_norm")

# %% tags=["experiment"]
runs["DeepNorm, 워밍업 없음"] = train("deep", 0)
plots.lines(
    range(1, len(losses) + 1), runs, xlabel="스텝", ylabel="손실", title="Post-LN의 순서 그대로, 알파와 초기화만 바꾸면"
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 순서는 Post-LN 그대로인데 워밍업 없이도 셋보다 먼저 배웠어요. 지름길을 더 믿게 하고(알파) 처음에는 조금씩만 고치게 한(초기화) 덕분이에요.
#
# **한 줄 정리.** 정규화는 지금도 다듬어지고 있지만, 지름길을 지키고 크기를 다잡는다는 뜻은 그대로예요.

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# 동료가 "잔차가 있으니 정규화는 빼도 되지 않나요?"라고 물어요. 오늘 그린 네 가지 조합의 그림을 근거로 들어
# 세 문장쯤으로 답해 주세요. 이 문제는 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# 잔차만 있으면 기울기가 사라지지는 않아요. 하지만 층마다 더해지기만 하니 신호가 점점 커지고, 네 조합의 그림에서도 '잔차만'의 기울기가 '둘 다'보다 수십 배 넘게 컸어요.
# 학습률 하나로 그렇게 큰 기울기와 작은 기울기를 함께 다루기 어렵고, 조금만 크게 걸어도 터져요. 정규화가 토큰마다 크기를 되돌려 놓아야 층을 더 쌓아도 기울기가 알맞은 크기로 고르게 남아요.
#
# 채점 기준
#
# - 1점: 동료의 말에서 맞는 데를 짚었어요. 잔차만 있어도 기울기가 사라지지는 않아요.
# - 1점: 잔차만 있으면 층마다 더해지기만 해서 신호가 점점 커진다고 했어요.
# - 1점: 네 조합의 그림에서 '잔차만'의 기울기가 '둘 다'보다 훨씬 크다는 것을 근거로 들었어요.
# - 1점: 그것이 왜 어려움인지 말했어요. 학습률 하나로 다루기 어렵거나 학습이 터져요.
# - 1점: 정규화는 토큰마다 크기를 되돌려 놓는 일을 하니 빼지 말아야 한다고 답했어요.

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# 뼈대는 튼튼해졌는데, 그 안의 `attn`은 아직 비어 있어요. 토큰이 다른 토큰을 "얼마나" 볼지 정하는 식, 셀프 어텐션을 레슨 5에서 처음부터 끝까지 손으로 만들어요.
#
# 아래 셀은 오늘의 실습을 모두 통과하면 이 코스의 기준 구현을 보여 줘요. 오늘 만든 함수들이 거기에 같은 이름으로 있어요.

# %% tags=["experiment"]
show_reference("norm.py")
