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
# **이번 질문.** 논문은 이런 층을 여섯 겹, 요즘 모델은 백 겹 가까이 쌓아요. 그런데 그냥 쌓으면 배우지 못해요. 무엇을 더하면 깊이 쌓아도 무너지지 않을까요?
#
# 오늘은 망가진 24층짜리 모델 하나를 앞에 두고 시작해요. 그림 한 장을 실습마다 한 줄씩 고쳐서, 끝에는 논문의 식에 닿아요.
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
# | 잔차 연결 | residual connection | $x + \mathrm{Sublayer}(x)$, 입력이 그대로 지나가는 **지름길** |
# | 층 정규화 | layer normalization | 토큰마다 마지막 축의 평균을 0, 분산을 1로 |
# | 늘이기와 옮기기 | gain, bias | $\gamma, \beta$: `(D,)`, 학습되는 값 |
# | 모분산 | population variance | $D$로 나눈 분산 ($D-1$이 아니에요) |
# | Post-LN, Pre-LN | post-norm, pre-norm | 정규화가 더한 뒤에, 부분층 앞에 |
#
# B는 문장 수(배치), T는 토큰 수, D는 $d_\text{model}$, $h$는 층 사이를 오가는 벡터예요. 부분층은 **함수**로 넘어와요. `sublayer(x)`처럼 부르면 돼요.
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
drawing("transformer", lit="norm")

# %% [markdown] tags=["given"]
# ## 실험. 24층을 그냥 쌓으면
#
# 부분층을 가장 단순한 $\mathrm{ReLU}(hW)$로 두고 24번 이은 다음, 층마다 두 가지를 재요.
#
# - **신호**: 층을 지나는 $h$의 크기. 맨 아래에서 1로 출발해 올라가요.
# - **기울기**: $\partial L / \partial h$의 크기. 맨 위에서 1로 출발해 내려와요. 기울기가 닿지 않는 층은 배우지 못해요.
#
# 그림에서 0이 맨 아래, 24가 맨 위예요.
#
# **예상.** 층마다 절반으로 준다면 24층 뒤에는 얼마가 남을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $0.5^{24}$, 약 1,678만분의 1이에요.
#
# </details>

# %% tags=["experiment"]
D = 64


def size(values: torch.Tensor) -> float:
    """제곱의 평균의 제곱근."""
    return values.square().mean().sqrt().item()


# %% tags=["experiment"]
def climb(way, depth: int = 24, scale: float = 0.7) -> tuple[list[float], list[float]]:
    """way(h, 부분층)를 depth번 쌓고, 층마다 신호와 기울기의 크기를 재요. scale은 W의 처음 크기예요."""
    g = torch.Generator().manual_seed(0)
    states, goal = [torch.randn(32, D, generator=g).requires_grad_()], torch.randn(32, D, generator=g)
    for _ in range(depth):
        W = scale * torch.randn(D, D, generator=g) / D**0.5
        states.append(way(states[-1], lambda h, W=W: torch.relu(h @ W)))
    slopes = torch.autograd.grad((states[-1] * goal).sum(), states)  # 맨 위의 기울기는 goal, 크기는 1쯤이에요.
    return [size(h) for h in states], [size(slope) for slope in slopes]


# %% tags=["experiment"]
def show(ways: dict, depth: int = 24, scale: float = 0.7) -> None:
    """오늘의 그림. 쌓는 방법마다 한 줄이에요."""
    curves = {name: climb(way, depth, scale) for name, way in ways.items()}
    style = {"xlabel": "층", "ylabel": "크기", "logy": True, "dashed": ["Post-LN"]}
    for part, ax in enumerate(plots.panels(2, f"{depth}층을 쌓으면")):
        title = ("신호: 아래에서 위로", "기울기: 위에서 아래로")[part]
        plots.lines(range(depth + 1), {name: c[part] for name, c in curves.items()}, title=title, ax=ax, **style)


def plain(h: torch.Tensor, sublayer) -> torch.Tensor:
    return sublayer(h)


ways = {"그냥 쌓기": plain}
show(ways)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 신호는 올라가며, 기울기는 내려오며 층마다 절반쯤으로 줄어요. 신호는 맨 위에, 기울기는 맨 아래에 백만 분의 일도 닿지 않아요.
# 출력은 입력이 무엇이었는지 모르고, 아래층은 손실이 무엇인지 듣지 못해요. 이 그림을 고쳐 봐요.

# %% [markdown] tags=["given"]
# ## 실습 4-1 잔차 연결 ★☆☆ · 논문 §3.1, He 외 (2015)
#
# **왜 그대로 더할까요?** 층이 "무엇으로 바꿀까"를 통째로 배우는 대신 "**얼마나 고칠까**"만 배우게 해요. 고칠 것이 없으면 0을 내놓으면 돼요.
#
# $$y = x + \mathrm{Sublayer}(x), \qquad y' = 1 + \mathrm{Sublayer}'(x)$$
#
# 미분해도 **1이 남아요**. 이 1이 기울기의 지름길이에요.

# %% tags=["given"]
drawing("gradient-highway")

# %% [markdown] tags=["given"]
# **손으로.** $x = [1, -2]$이고 부분층이 $[0.5, 0.5]$를 내놓으면 결과는 $[1.5, -1.5]$예요.
#
# **예상.** 부분층이 언제나 0만 내놓는 층을 백 개 쌓으면 출력은 무엇일까요? 잔차가 없다면요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 입력이 그대로 나와요. 잔차가 없으면 0이에요. 잔차가 있는 깊은 모델은 적어도 '아무것도 안 하기'에서 출발해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "residual", "locked": false, "schema_version": 3, "solution": true, "task": false}
def residual(x: torch.Tensor, sublayer) -> torch.Tensor:
    """부분층의 출력에 입력을 그대로 더해요. 받은 x는 바꾸지 않아요.

    논문 §3.1: 두 부분층의 둘레에 저마다 잔차 연결을 둬요.
    식: x + sublayer(x)
    모양: x (B, T, D), sublayer는 (B, T, D)를 받아 (B, T, D)를 돌려주는 함수 -> (B, T, D)
    """
    ### BEGIN SOLUTION
    return x + sublayer(x)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 그림의 오른쪽에서 굵은 길이 지름길 $x$, 층을 돌아오는 가는 길이 부분층이에요. 앞으로 갈 때 이 둘이 다시 합쳐지는 곳이 이 함수예요. 두 길로 온 것이 각각 무엇인지 봐요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `sublayer`는 부를 수 있는 함수예요. `+`는 새 텐서를 만들고, `+=`는 받은 텐서를 그 자리에서 고쳐요.
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
ways["잔차만"] = residual
show(ways)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 기울기가 맨 아래까지 살아서 닿아요. 그런데 더하기만 하니 신호는 24층 뒤에 수백 배로, 기울기는 맨 아래에서 수십 배로 불어났어요.
#
# **한 줄 정리.** 잔차 연결은 신호와 기울기가 다니는 지름길이고, 층은 고칠 만큼만 배워요.

# %% [markdown] tags=["given"]
# ## 실습 4-2 층 정규화 ★★★ · 논문 §3.1, Ba 외 (2016)
#
# **왜 다잡아야 할까요?** 층마다 1.3배만 커져도 24층이면 543배예요. 토큰마다 평균 0, 분산 1로 되돌려 놓고,
# $\gamma$와 $\beta$로 필요하면 다시 늘이고 옮길 자유를 줘요.
#
# $$\mathrm{LN}(x) = \gamma \odot \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta, \qquad
# \mu = \frac{1}{D}\sum_i x_i,\quad \sigma^2 = \frac{1}{D}\sum_i (x_i - \mu)^2$$
#
# $\varepsilon$은 0으로 나누지 않게 하는 작은 수, $\odot$는 원소끼리 곱하기예요. 평균과 분산은 아래 그림의 왼쪽처럼 **토큰 하나의** $D$개에서 구해요.

# %% tags=["given"]
drawing("normalization-axes")

# %% [markdown] tags=["given"]
# **손으로.** $x = [1, 5, 3, 7]$이면 $\mu = 4$, 평균과의 차이는 $[-3, 1, -1, 3]$, $\sigma^2 = (9 + 1 + 1 + 9)/4 = 5$예요.
# $\sqrt 5 \approx 2.236$으로 나누면 $[-1.342, 0.447, -0.447, 1.342]$예요($\gamma = 1, \beta = 0$).
#
# **예상.** $[1, 5, 3, 7]$ 대신 $[1001, 1005, 1003, 1007]$을 넣으면 결과가 어떻게 달라질까요? $[10, 50, 30, 70]$은요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 둘 다 똑같아요(둘째는 $\varepsilon$만큼의 차이를 빼면요). 통째로 옮긴 것은 평균을 뺄 때, 늘인 것은 나눌 때 사라져요. 토큰 안의 **상대적인 모양**만 남아요.
#
# </details>
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 4편의 코드는 <code>x.std()</code>로 나누고 eps를 루트 밖에서 더해요. PyTorch의 <code>std</code>는 기본으로 $D-1$로 나누므로
# 그대로 돌리면 <code>[1, 5, 3, 7]</code>에서 ±1.162, ±0.387이 나와요. 글에 적힌 ±1.342, ±0.447은 $D$로 나눈 것이고,
# 이쪽이 Ba 외 (2016)와 <code>nn.LayerNorm</code>의 정의예요.<br>
# 널리 읽히는 The Annotated Transformer의 코드도 같아서, 이어받은 프로젝트가 많아요. 배율이 거의 일정하게 다를 뿐이라
# $\gamma$가 메우니 학습은 잘 돼요. 다만 학습된 값을 <code>nn.LayerNorm</code>과 주고받으면 조금 어긋나요.</div>


# %% nbgrader={"grade": false, "grade_id": "layer_norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
def layer_norm(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float = 1e-5) -> torch.Tensor:
    """토큰마다 마지막 축을 평균 0, 분산 1로 맞추고 gamma를 곱해 beta를 더해요.

    Ba 외 (2016): 평균과 분산을 배치가 아니라 사례 하나의 층 안에서 구해요. 여기서는 토큰 하나의 D개예요.
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
# 식의 오른쪽에 있는 $\mu$와 $\sigma^2$부터 구하고, 둘을 왼쪽의 분수에 넣어요. 손으로 푼 차례와 같아요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `Tensor.mean(dim=-1, keepdim=True)`가 두 번 쓰여요. `Tensor.var`를 쓰려면 무엇으로 나누는지 문서에서 확인해요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 평균과의 차이를 제곱해 다시 평균을 내면 분산이에요. eps는 분산에 더한 다음 제곱근을 취하고, 나눈 값에 gamma를 곱하고 나서 beta를 더해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_layer_norm", "locked": true, "points": 22, "schema_version": 3, "solution": false, "task": false}
check("layer_norm")

# %% tags=["experiment"]
g = torch.Generator().manual_seed(4)
tokens = text.SCHOOL.split()  # ["나는", "학교에", "간다"]
spread, shift = torch.tensor([[0.3], [1.0], [4.0]]), torch.tensor([[2.0], [0.0], [-3.0]])
x = torch.randn(3, 64, generator=g) * spread + shift
y = layer_norm(x, torch.ones(64), torch.zeros(64))
left, right = plots.panels(2, "토큰마다 제각각이던 값이 같은 크기로")
plots.histogram(dict(zip(tokens, x, strict=True)), title="정규화 전", xlabel="값", bins=40, ax=left)
plots.histogram(dict(zip(tokens, y, strict=True)), title="정규화 후", xlabel="값", bins=40, ax=right)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 토큰마다 제각각이던 자리와 퍼진 정도가 오른쪽에서는 한데 겹쳐요. 이제 잔차는 잠시 빼고 24층에 걸어 봐요.

# %% tags=["experiment"]
one, zero = torch.ones(D), torch.zeros(D)
ways["정규화만"] = lambda h, sublayer: layer_norm(sublayer(h), one, zero)
show(ways)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 신호는 어느 층에서나 1로 곧게 펴졌어요. 그런데 기울기는 내려오며 수십 배가 넘게 불어나요. 왜일까요?
#
# - 부분층의 ReLU가 절반의 자리를 0으로 만들어서, 신호의 크기도 기울기도 $0.7/\sqrt 2 \approx 0.49$배가 돼요(0.7은 $W$의 처음 크기예요).
# - 그런데 ReLU를 지난 신호는 음수가 없어서, 평균을 빼고 남는 표준편차는 0.41뿐이에요. 정규화는 그것을 1로 되돌리려고 2.45배로 키워요.
# - 이 나눗셈이 기울기에도 걸려요. $0.49 \times 2.45$, 층마다 1.2배쯤 불어나요.
#
# **한 줄 정리.** 층 정규화는 신호를 다잡지만, 기울기에는 지름길이 필요해요.

# %% [markdown] tags=["given"]
# ## 실험. 왜 배치 정규화가 아닐까
#
# 위 그림의 오른쪽, 이미지에서 널리 쓰던 배치 정규화는 같은 차원의 값을 **배치 전체에서** 모아요. 문장에서는 왜 곤란할까요?
# 같은 문장을 서로 다른 이웃 문장들과 함께 넣어 봐요.
#
# **예상.** 두 정규화 가운데 어느 쪽의 결과가 이웃에 따라 달라질까요?

# %% tags=["experiment"]
g = torch.Generator().manual_seed(7)
sentence = torch.randn(1, 3, D, generator=g)
others = [2 * torch.randn(3, 3, D, generator=g) + i for i in range(5)]  # 함께 넣을 이웃 문장들
moves = {"배치 정규화": [], "층 정규화": []}
for other in others:
    x = torch.cat([sentence, other])  # (4, 3, D), 우리 문장은 0번이에요.
    batch = (x - x.mean(dim=(0, 1))) / torch.sqrt(x.var(dim=(0, 1), unbiased=False) + 1e-5)
    moves["배치 정규화"].append(batch[0])
    moves["층 정규화"].append(layer_norm(x, one, zero)[0])
moved = {name: [float((y - ys[0]).abs().mean()) for y in ys] for name, ys in moves.items()}
labels = [f"이웃 {i + 1}" for i in range(5)]
plots.bars(labels, moved, xlabel="함께 넣은 문장", ylabel="평균 차이", title="같은 문장의 결과가 달라진 정도")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 이웃 1과 함께일 때를 기준으로 쟀어요. 배치 정규화는 이웃이 바뀔 때마다 우리 문장의 결과까지 흔들리고, 층 정규화는 꿈쩍하지 않아요.
# 학습이 끝나면 배치 정규화는 모아 둔 평균을 대신 쓰지만, 그 평균도 어떤 문장들과 배웠는지에 달렸어요.
#
# **한 줄 정리.** 층 정규화는 이웃을 보지 않아서, 배치와 길이가 어떻든 같은 결과를 내요.

# %% [markdown] tags=["given"]
# ## 실습 4-3 Post-LN ★☆☆ · 논문 §3.1
#
# **왜 순서가 문제일까요?** 잔차만으로는 터지고 정규화만으로는 기울기가 불어났어요. 둘을 함께 쓰되, 논문은 **더한 다음** 정규화해요. 아래 그림의 왼쪽이에요.

# %% tags=["given"]
drawing("post-and-pre")

# %% [markdown] tags=["given"]
# $$\mathrm{PostLN}(x) = \mathrm{LN}\big(x + \mathrm{Sublayer}(x)\big)$$
#
# **손으로.** $x = [0, 4, 1, 8]$, 부분층의 출력이 $[1, 1, 2, -1]$이면 더해서 $[1, 5, 3, 7]$, 정규화하면 4-2에서 본 $[-1.342, 0.447, -0.447, 1.342]$예요.
# 정규화가 지름길 **위에** 있어서 x까지 함께 줄었어요.
#
# **예상.** Post-LN의 출력은 $\gamma = 1, \beta = 0$일 때 토큰마다 평균과 분산이 얼마일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 평균 0, 분산 1이에요($\varepsilon$만큼의 차이와, D개 값이 모두 같아 0만 남는 토큰을 빼면요). 마지막에 한 일이 정규화니까요. 그래서 Post-LN 모델은 맨 끝에 정규화를 따로 두지 않아요.
#
# </details>
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 4편과 8편의 표에는 Pre-LN이라고 적혀 있는데 그 옆의 코드는 Post-LN이에요. 논문의 식은 Post-LN이고, 이 코스도 Post-LN을 기본으로 해요.
# 또 RMSNorm이 "GPT-3부터" 쓰였다고 하지만 GPT-3은 층 정규화를 쓰고, RMSNorm은 T5와 LLaMA를 거치며 널리 쓰이게 됐어요.</div>


# %% nbgrader={"grade": false, "grade_id": "post_norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
def post_norm(x: torch.Tensor, sublayer, gamma: torch.Tensor, beta: torch.Tensor, eps: float = 1e-5) -> torch.Tensor:
    """논문의 순서: 더한 다음 정규화해요.

    논문 §3.1: 부분층마다 그 출력은 LayerNorm(x + Sublayer(x))이에요.
    식: LN(x + sublayer(x))
    모양: x (B, T, D), gamma와 beta (D,) -> (B, T, D)
    """
    ### BEGIN SOLUTION
    return layer_norm(residual(x, sublayer), gamma, beta, eps)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 그림의 왼쪽을 아래에서 위로 따라가요. 더하기와 정규화 가운데 무엇을 먼저 만나나요?
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

# %% nbgrader={"grade": true, "grade_id": "check_post_norm", "locked": true, "points": 13, "schema_version": 3, "solution": false, "task": false}
check("post_norm")

# %% tags=["experiment"]
ways["Post-LN"] = lambda h, sublayer: post_norm(h, sublayer, one, zero)
show(ways)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 보라색 점선을 봐요. 신호는 어느 층에서나 1이고, 기울기는 맨 아래에서도 두세 배예요. 둘이 서로의 빈틈을 메웠어요.
#
# **한 줄 정리.** Post-LN은 지름길까지 함께 정규화해서, 신호도 기울기도 알맞은 크기로 지켜요.

# %% [markdown] tags=["given"]
# ## 실습 4-4 Pre-LN ★☆☆ · Xiong 외 (2020)
#
# **왜 순서를 바꿨을까요?** Post-LN에서는 기울기가 내려올 때마다 지름길 위의 정규화를 지나야 해요. Pre-LN은 정규화를 부분층 **앞으로** 옮겨 지름길을 비워요. 그림의 오른쪽이에요.
#
# $$\mathrm{PreLN}(x) = x + \mathrm{Sublayer}\big(\mathrm{LN}(x)\big)$$
#
# **손으로.** $x = [1, 3]$이면 $\mathrm{LN}(x) = [-1, 1]$이에요. 부분층이 받은 것을 그대로 돌려준다면 결과는 $[1, 3] + [-1, 1] = [0, 4]$예요. 지름길의 $[1, 3]$은 그대로 살아 있어요.
#
# **예상.** Pre-LN을 여러 층 쌓으면 신호의 크기는 어떻게 될까요?
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
# 그림의 오른쪽에서 정규화는 부분층으로 들어가는 길에만 있어요.
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

# %% nbgrader={"grade": true, "grade_id": "check_pre_norm", "locked": true, "points": 13, "schema_version": 3, "solution": false, "task": false}
check("pre_norm")

# %% tags=["experiment"]
ways["Pre-LN"] = lambda h, sublayer: pre_norm(h, sublayer, one, zero)


def stack(층: int, 배율: float) -> None:
    show(ways, 층, 배율)


moving(stack, 층=[24, 6, 12, 48], 배율=[0.7, 0.4, 1.0, 1.4])  # 배율은 W의 처음 크기예요.

# %% [markdown] tags=["given"]
# **눈으로 보기.** Pre-LN(빨강)의 신호는 조금씩 자라 24층에서 일곱 배쯤이고, 기울기는 맨 아래에서 서너 배예요. 손잡이도 움직여 봐요.
#
# - **층 48.** 그냥 쌓기는 끝없이 내려가고 잔차만은 끝없이 올라가요. Post-LN과 Pre-LN은 여전히 열 배 안팎에 머물러요.
# - **배율 1.4.** 그냥 쌓기가 살아나요! ReLU에 꼭 맞는 배율이 $\sqrt 2$라서예요(He 초기화). 하지만 배우기 시작하면 $W$는 그 값에 머물지 않아요. 정규화가 있는 셋은 배율이 얼마든 신호가 터지지 않아요.
#
# **한 줄 정리.** Pre-LN은 지름길을 비우고 부분층의 입구만 다잡아요.

# %% [markdown] tags=["given"]
# ## 실습 4-5 깊이별 기울기를 재기 ★★★ · He 외 (2015)
#
# **왜 다시 잴까요?** 학습이 쓰는 것은 $h$가 아니라 **가중치 행렬**의 기울기예요.
#
# $$h \leftarrow \tanh(hW_i)\;(+\,h), \qquad \text{층 } i\text{의 기울기} = \left\lVert \frac{\partial \sum h_N}{\partial W_i} \right\rVert_2$$
#
# **손으로.** 너비가 1, $h = 1$, $W$는 모두 0.5이고 잔차가 없어요. $\tanh$를 빼고 어림하면 두 층일 때
# $\partial h_2/\partial W_1 = W_2 \cdot h = 0.5$이고 $\partial h_2/\partial W_2 = h_1 = 0.5$예요. 층이 늘 때마다 0.5가 한 번 더 곱해져서, 열 층이면 $0.5^9$, 512분의 1이에요.
#
# **예상.** 잔차가 없는 24층에서 첫 층과 마지막 층 가운데 $W$의 기울기가 더 작은 쪽은 어디일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 비슷해요! **아래에서 온 신호 × 위에서 온 기울기**라서요. 첫 층은 신호가 크고 기울기가 작고, 마지막 층은 그 반대예요.
# 잔차가 있으면 0.5 대신 $1 + 0.5$가 곱해져요.
#
# </details>
#
# 여기의 `residual`은 참·거짓이에요. 같은 이름인 4-1의 함수를 가리니, 이 안에서는 `+`로 직접 더해요.


# %% nbgrader={"grade": false, "grade_id": "grad_norm_by_depth", "locked": false, "schema_version": 3, "solution": true, "task": false}
def grad_norm_by_depth(x: torch.Tensor, weights: list[torch.Tensor], residual: bool) -> list[float]:
    """층마다 가중치 행렬의 기울기의 L2 크기를, 첫 층부터 차례로 돌려줘요.

    식: h <- tanh(h W_i) (residual이 True이면 + h), i번째 값 = ||d sum(h_N) / d W_i||
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
# 세 토막이에요. 가중치 행렬들을 기울기를 잴 수 있는 사본으로 만들고, 그 사본으로 끝까지 계산하고, 마지막 h의 합을 미분해요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `W.clone().requires_grad_()`로 사본을 만들고 `torch.autograd.grad(h.sum(), 사본들)`을 쓰면 층 순서대로 기울기가 나와요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 되풀이할 때마다 tanh의 결과에 이름을 붙이고, `residual`이 True일 때만 지나기 전의 h를 더해요. 나온 기울기마다 `.norm().item()`을 부르면 파이썬 수가 돼요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_grad_norm_by_depth", "locked": true, "points": 17, "schema_version": 3, "solution": false, "task": false}
check("grad_norm_by_depth")

# %% tags=["experiment"]
g = torch.Generator().manual_seed(11)
x = torch.randn(16, 32, generator=g)
weights = [torch.randn(32, 32, generator=g) * 0.6 / 32**0.5 for _ in range(24)]
states = [x.clone().requires_grad_()]
for W in weights:
    states.append(torch.tanh(states[-1] @ W))  # 잔차 없이
slopes = torch.autograd.grad(states[-1].sum(), states[1:])
no_way, shortcut = grad_norm_by_depth(x, weights, False), grad_norm_by_depth(x, weights, True)
both = {"올라온 신호": [size(h) for h in states[:-1]], "내려온 기울기": [size(s) for s in slopes]}
left, right = plots.panels(2, "24층에서 W의 기울기")
style = {"xlabel": "층", "ylabel": "크기", "logy": True}
plots.lines(range(1, 25), {**both, "W의 기울기": no_way}, title="잔차 없음", ax=left, **style)
plots.lines(range(1, 25), {"잔차 없음": no_way, "잔차 있음": shortcut}, title="W의 기울기", ax=right, **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 왼쪽에서 신호와 기울기가 X자로 엇갈려요. 그 곱인 $W$의 기울기는 어느 층이나 비슷하게 작아요.
# 처음 그림만 보면 기울기가 닿지 않는 아래층만 못 배울 것 같았죠. 실은 위층도 똑같이 못 배워요. 기울기는 넉넉해도 신호가 닿지 않으니까요.
# 잔차가 있으면 어느 층에서나 그 십만 배가 넘어요.
#
# **한 줄 정리.** 가중치 행렬은 올라온 신호와 내려온 기울기가 둘 다 살아 있어야 배워요.

# %% [markdown] tags=["given"]
# ## 실험. 첫 스텝이 너무 크면
#
# 그림만 보면 Post-LN도 건강해요. 그런데 그것은 **한 번도 배우기 전**의 그림이에요. 논문 §5.3은 학습률을 처음 4,000스텝 동안 0에서 천천히 올려요(워밍업). 정말 필요할까요?
#
# 12층짜리 작은 모델에게 '바로 이전 토큰을 답하기'를 가르쳐요(첫 토큰은 맨 끝 토큰을 답해요). 한 층은 토큰을 섞는 행렬 $M$(어텐션 대신이에요)과 레슨 3의 FFN이고, 여러분의 `post_norm`이나 `pre_norm`으로 감싸요.
# 학습률은 모두 0.03이고, 워밍업은 100스텝에 걸쳐 거기까지 올려요.
#
# **예상.** 워밍업 없는 Post-LN, 워밍업 있는 Post-LN, 워밍업 없는 Pre-LN. 하나는 끝까지 배우지 못해요. 어느 것일까요?
#
# 아래의 접어 둔 셀 셋은 처음 값 만들기, 한 스텝, 그림이라 실행만 하면 돼요. 펼쳐 둔 `forward`에서 여러분의 함수가 `order`로 불려요.


# %% tags=["experiment"] jupyter={"source_hidden": true} cellView="form"
def matrix(rows: int, columns: int, shrink: float = 1.0) -> torch.Tensor:
    return (shrink * torch.randn(rows, columns) / rows**0.5).requires_grad_()


def new_model(shrink: float = 1.0) -> dict:
    """토큰이 여덟 가지, 문장이 여덟 토큰, D가 32인 12층 모델의 학습되는 값들."""
    table, place = torch.randn(8, 32).requires_grad_(), torch.randn(8, 32).requires_grad_()
    layers = [(matrix(8, 8, shrink), matrix(32, 64, shrink), matrix(64, 32, shrink)) for _ in range(12)]
    return {"table": table, "place": place, "layers": layers, "out": matrix(32, 8)}


# %% tags=["experiment"]
def forward(model: dict, tokens: torch.Tensor, order) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """로짓과, 층마다의 h. order는 여러분의 post_norm이나 pre_norm이에요."""
    one, zero, states = torch.ones(32), torch.zeros(32), [model["table"][tokens] + model["place"]]  # (B, T, D)
    for M, W1, W2 in model["layers"]:
        h = order(states[-1], lambda z, M=M: M @ z, one, zero)  # 토큰을 섞어요.
        states.append(order(h, lambda z, W1=W1, W2=W2: torch.relu(z @ W1) @ W2, one, zero))  # 토큰마다 바꿔요.
    return layer_norm(states[-1], one, zero) @ model["out"], states  # Post-LN에는 이미 되어 있어 아무 일도 안 해요.


# %% tags=["experiment"] jupyter={"source_hidden": true} cellView="form"
def one_step(model: dict, optimizer, order) -> tuple[float, list[float], list[float]]:
    """한 스텝 배우고 손실, 층마다 W2의 기울기, 층마다 h의 기울기를 돌려줘요."""
    x = torch.randint(0, 8, (32, 8))
    logits, states = forward(model, x, order)
    for h in states:
        h.retain_grad()  # h의 기울기도 남겨 둬요.
    loss = F.cross_entropy(logits.flatten(0, 1), x.roll(1, 1).flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item(), [W2.grad.norm().item() for _, _, W2 in model["layers"]], [h.grad.norm().item() for h in states]


# %% tags=["experiment"]
def train(order, warmup: int, shrink: float = 1.0, count: int = steps(160, 8)) -> dict[str, list[float]]:
    """가르치고, 스텝마다의 손실, 첫 스텝의 W2의 기울기, 서른 번째 스텝의 h의 기울기를 돌려줘요.

    steps와 fast의 둘째 수는 코스를 시험할 때만 써요.
    """
    torch.manual_seed(0)
    model, log = new_model(shrink), []
    learned = [model["table"], model["place"], model["out"], *(W for layer in model["layers"] for W in layer)]
    optimizer = torch.optim.Adam(learned, betas=(0.9, 0.98))
    for step in progress(range(1, count + 1), f"{order.__name__}, 워밍업 {warmup}스텝: 학습"):
        optimizer.param_groups[0]["lr"] = 0.03 * min(1.0, step / max(1, warmup))
        log.append(one_step(model, optimizer, order))
    losses, weights, hidden = zip(*log, strict=True)
    return {"손실": losses, "W2": weights[0], "h": hidden[fast(29, 3)]}


# %% tags=["experiment"] jupyter={"source_hidden": true} cellView="form"
def compare(runs: dict) -> None:
    """손실, 첫 스텝에서 층마다 W2의 기울기, 서른 번째 스텝에서 층마다 h의 기울기."""
    titles = {"손실": "손실", "W2": r"첫 스텝: $W_2$의 기울기", "h": "서른 번째 스텝: $h$의 기울기"}
    for (key, title), ax in zip(titles.items(), plots.panels(3, "12층 모델을 가르치면"), strict=True):
        series, first = {name: log[key] for name, log in runs.items()}, int(key != "h")
        x, axis = range(first, first + len(next(iter(series.values())))), "스텝" if key == "손실" else "층"
        style = {"xlabel": axis, "ylabel": "손실" if key == "손실" else "크기", "dashed": ["Post-LN, 워밍업 100"]}
        plots.lines(x, series, title=title, logy=key == "h", ax=ax, **style)
        ax.get_legend().remove()
    ax.figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2)


# %% tags=["experiment"]
runs = {"Post-LN, 워밍업 없음": train(post_norm, 0), "Post-LN, 워밍업 100": train(post_norm, 100)}
runs["Pre-LN, 워밍업 없음"] = train(pre_norm, 0)
compare(runs)
print(f"찍기만 하면 손실은 {math.log(8):.3f}")

# %% [markdown] tags=["given"]
# **눈으로 보기.**
#
# - **왼쪽.** 워밍업 없는 Post-LN은 여덟 토큰을 찍는 수준($\ln 8 = 2.079$)에서 끝까지 벗어나지 못해요.
#   같은 모델도 학습률을 천천히 올리면 배워요. 160스텝에 0.9쯤으로, 찍는 수준의 절반 아래이고 아직 내려가는 중이에요. Pre-LN은 그냥도 거의 0까지 내려가요.
# - **가운데.** 첫 스텝의 기울기는 Post-LN이 Pre-LN의 두 배쯤이에요. 그런데 Adam의 첫 스텝은 기울기가 크든 작든 값을 학습률만큼 옮겨요.
#   0.03이면 $W_1$의 처음 크기인 0.177의 17%나 돼요. **첫 스텝은 Pre-LN도 똑같이 커요.** 다른 것은 그 뒤를 견디는 힘이에요.
# - **오른쪽.** 서른 스텝 만에 처음의 그림이 되살아났어요. 워밍업 없는 Post-LN의 기울기가 맨 아래에서 거의 죽었어요.
#
# **왜 Post-LN만 죽었을까요?** 한 번에 많이 옮기면 부분층의 출력이 갑자기 커져요. Post-LN의 정규화는 더한 값을 나누니 **지름길까지** 그만큼 나눠요. 그 수를 재 봐요.


# %% tags=["experiment"]
def watched(h, sublayer, gamma, beta):
    """post_norm을 부르며, 더한 값의 표준편차(정규화가 나누는 수)를 적어 둬요."""
    divisors.append((h + sublayer(h)).std(-1, correction=0).mean().item())
    return post_norm(h, sublayer, gamma, beta)


gates = {}
for warmup in (0, 100):
    divisors = []  # 한 스텝에 24개씩, 부분층의 차례로 쌓여요.
    train(watched, warmup, count=fast(30, 4))
    gates[warmup] = [sum(divisors[24 * i : 24 * (i + 1)]) / 24 for i in (0, fast(29, 3))]
    print(f"워밍업 {warmup}스텝: 나누는 수가 첫 스텝 {gates[warmup][0]:.2f}, 서른 번째 {gates[warmup][1]:.2f}")
    gates[warmup].append(math.prod(divisors[-24:]))
    print(f"  서른 번째 스텝의 24개를 모두 곱하면 {gates[warmup][2]:.0e}")

# %% [markdown] tags=["given"]
# 워밍업이 없으면 1.3쯤이던 나누는 수가 4를 넘어요. 기울기가 지름길만 따라 내려오면 정규화 24개에 모두 나눠져서 1조분의 1도 남지 않아요.
# 그림에 남은 것은 부분층을 돌아온 기울기인데, 그것으로는 맨 아래가 맨 위의 100분의 1도 되지 않아요.
# 학습률을 천천히 올리면 그 수가 1.5 안팎에 머물러요. 그만큼은 부분층을 돌아온 기울기가 메워서, 맨 아래에도 맨 위의 절반쯤은 닿아요.
#
# Pre-LN의 지름길에는 나눌 정규화가 없어요. 논문의 워밍업은 장식이 아니라 **Post-LN의 지름길을 지키는 장치**였어요. 그 학습률 식은 레슨 8에서 직접 만들어요.
#
# **한 줄 정리.** 깊은 Post-LN은 처음 스텝이 작아야 배우고, Pre-LN은 큰 스텝도 견뎌요.

# %% [markdown] tags=["given"]
# ## 실습 4-6 인코더 한 층의 뼈대 ★★☆ · 논문 §3.1, 그림 1
#
# **왜 두 번일까요?** 인코더 한 층은 어텐션으로 섞고, 피드포워드로 바꿔요. 정규화는 **저마다 제 것**을 가져요. 4-3 그림의 왼쪽 전체예요.
#
# $$h = \mathrm{norm}_1\big(x + \mathrm{attn}(x)\big), \qquad \text{출력} = \mathrm{norm}_2\big(h + \mathrm{ffn}(h)\big)$$
#
# **손으로.** 정규화는 아무것도 하지 않고, 어텐션은 언제나 1을, FFN은 받은 값의 두 배를 내놓는다고 해요. $x = 3$이면 $h = 3 + 1 = 4$, 출력은 $4 + 8 = 12$예요.
#
# **예상.** 두 번째 더하기의 왼쪽에 $x$를 쓰면 답은 무엇이 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $3 + 8 = 11$이에요. 어텐션이 더해 준 1이 사라졌어요. 예외가 나지 않아 찾기 어려워요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "encoder_sublayers", "locked": false, "schema_version": 3, "solution": true, "task": false}
def encoder_sublayers(x: torch.Tensor, attn, ffn, norm1, norm2) -> torch.Tensor:
    """인코더 한 층: 섞고, 다잡고, 바꾸고, 다잡아요(Post-LN).

    논문 §3.1: 층마다 부분층이 둘이에요. 첫째는 셀프 어텐션, 둘째는 위치마다 같은 피드포워드예요.
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
# 4-3 그림의 왼쪽을 아래에서 위로 따라가요. 두 번째 갈림길에서 갈라지는 것은 무엇인가요?
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 식 두 개가 코드 두 줄이에요. 네 인자는 모두 함수라서 `norm1(...)`처럼 불러요.
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
plots.heatmap(rows, rows=list(change), columns=names, title="토큰 3만 바꿨을 때 출력의 변화", values="{:.2f}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 어텐션 자리에 0을 넣으면 바꾼 토큰만 움직이고, 어텐션이 있으면 모두 움직여요.
#
# **한 줄 정리.** 인코더 한 층은 섞기와 바꾸기를 잔차와 정규화로 감싼 것이에요.

# %% [markdown] tags=["given"]
# ## 실습 4-7 잔차의 드롭아웃 ★☆☆ · 논문 §5.4
#
# **왜 더하기 전일까요?** 레슨 3의 드롭아웃은 FFN의 안쪽에 있었어요. 논문은 부분층의 **출력**에도, 더하고 정규화하기 **전**에 드롭아웃을 걸어요. 더한 뒤에 걸면 x까지 버려져요.
#
# $$x + \mathrm{Dropout}_p\big(\mathrm{Sublayer}(x)\big)$$
#
# **손으로.** $x = [1, 2]$, 부분층의 출력이 $[4, 6]$, $p = 0.5$이고 첫째만 버려졌다면 $[1, 2] + [0, 12] = [1, 14]$예요. x는 다치지 않았어요.
#
# **예상.** $p = 1$이면 결과는 무엇일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# x 그대로예요. 층을 통째로 건너뛴 셈이에요. 더한 뒤에 걸었다면 0만 남아요. `F.dropout`은 이때를 따로 챙겨요. $\frac{1}{1-p}$배를 직접 적었다면 0으로 나누게 되는데, 다 버리며 학습하는 일은 없으니 확인에서도 묻지 않아요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "dropout_residual", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dropout_residual(x: torch.Tensor, sublayer_out: torch.Tensor, p: float, training: bool) -> torch.Tensor:
    """부분층의 출력에만 드롭아웃을 걸고 x를 더해요.

    논문 §5.4: 부분층의 출력에, 입력과 더해 정규화하기 전에 드롭아웃을 걸어요.
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
# 드롭아웃이 걸릴 것은 둘 가운데 하나뿐이에요. 지름길은 언제나 온전해요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 레슨 3에서 쓴 `F.dropout(입력, p, training)`이에요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 먼저 부분층의 출력에서 버리고, 그 결과를 x에 더해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_dropout_residual", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
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
# **예상.** 4-2의 $[1001, 1005, 1003, 1007]$을 넣으면 이번에도 $[1, 5, 3, 7]$을 넣었을 때와 같을까요?
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
# `layer_norm`의 식과 나란히 놓고, 없어진 것 둘을 찾아요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `x.square().mean(dim=-1, keepdim=True)`가 제곱의 평균이에요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# x를 제곱의 평균의 제곱근으로 나누고 gamma를 곱해요. eps는 이번에도 루트 안쪽이고, beta는 없어요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_rms_norm", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("rms_norm")

# %% [markdown] tags=["given"]
# **DeepNorm**은 Post-LN을 천 층까지 쌓으려는 방법이에요. 정규화가 지름길을 나누는 것이 문제였으니, 지름길을 $\alpha$배로 키우고 부분층은 작게 시작해요.
#
# $$\mathrm{DeepNorm}(x) = \mathrm{LN}\big(\alpha\, x + \mathrm{Sublayer}(x)\big), \qquad \alpha = (2N)^{1/4}, \quad \beta = (8N)^{-1/4}$$
#
# $\beta$는 값을 옮기는 가중치 행렬의 처음 크기에 곱하는 수예요. FFN의 $W_1$과 $W_2$, 그리고 레슨 5와 6에서 만날 어텐션의 $W_v$와 $W_o$가 그런 행렬이에요. 어텐션에서 누구를 볼지만 정하는 $W_q$와 $W_k$는 그대로 둬요. 정규화의 $\beta$와 글자만 같아요.
# 이 식은 인코더만 $N$층인 모델의 것이고, 인코더와 디코더가 함께 있으면 식이 달라요(기준 구현의 `deep_norm_pair_scales`).
#
# **손으로.** $N = 8$이면 $\alpha = 16^{1/4} = 2$예요. $x = [1, 3]$, 부분층의 출력이 $[1, -1]$이면 $[2, 6] + [1, -1] = [3, 5]$, 정규화하면 $[-1, 1]$이에요.
# $\alpha$가 없었다면 더한 값이 $[2, 2]$라서 $[0, 0]$만 남아요. $\alpha$ 덕분에 x의 모양이 살아남았어요.


# %% nbgrader={"grade": false, "grade_id": "deep_norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
def deep_norm(
    x: torch.Tensor, sublayer_out: torch.Tensor, alpha: float, gamma: torch.Tensor, beta: torch.Tensor
) -> torch.Tensor:
    """지름길을 alpha배로 키운 Post-LN이에요. 여기의 beta는 정규화의 beta예요.

    식: LN(alpha * x + sublayer_out), eps는 1e-5
    모양: x와 sublayer_out (B, T, D) -> (B, T, D)
    """
    ### BEGIN SOLUTION
    return layer_norm(alpha * x + sublayer_out, gamma, beta)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# Post-LN의 식과 나란히 놓고, 늘어난 글자 하나를 찾아요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `layer_norm`을 그대로 쓰면 돼요. eps는 적지 않아도 1e-5예요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 지름길의 x에만 alpha를 곱하고, 부분층의 출력을 더한 다음 정규화해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_deep_norm", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("deep_norm")


# %% tags=["experiment"]
def deep(h, sublayer, gamma, beta):
    """12층의 DeepNorm. 지름길은 alpha배예요."""
    return deep_norm(h, sublayer(h), (2 * 12) ** 0.25, gamma, beta)


runs["DeepNorm, 워밍업 없음"] = train(deep, 0, shrink=(8 * 12) ** -0.25)
compare(runs)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 순서는 Post-LN 그대로인데 워밍업 없이도 배우고, 서른 번째 스텝의 기울기도 맨 아래까지 살아 있어요. 첫 스텝의 기울기는 Post-LN의 4분의 1도 되지 않아요.
# 지름길을 더 믿게 하고(알파) 처음에는 조금씩만 고치게 한(베타) 덕분이에요.
#
# **한 줄 정리.** 정규화는 지금도 다듬어지고 있지만, 지름길을 지키고 크기를 다잡는다는 뜻은 그대로예요.

# %% [markdown] tags=["given"]
# ## 마무리. PyTorch와 같아요
#
# 여러분의 함수에 PyTorch의 인코더 층이 가진 값들을 그대로 넣고, 결과가 얼마나 다른지 재요. `norm_first`가 False면 Post-LN, True면 Pre-LN이에요.


# %% tags=["experiment"]
def ours(layer: nn.TransformerEncoderLayer, x: torch.Tensor) -> torch.Tensor:
    """PyTorch의 인코더 층이 가진 값들로 여러분의 함수가 낸 결과."""

    def attn(h):
        return layer.self_attn(h, h, h, need_weights=False)[0]

    def ffn(h):
        return layer.linear2(torch.relu(layer.linear1(h)))

    first, second = ((part.weight, part.bias) for part in (layer.norm1, layer.norm2))
    if layer.norm_first:
        return pre_norm(pre_norm(x, attn, *first), ffn, *second)
    return encoder_sublayers(x, attn, ffn, lambda h: layer_norm(h, *first), lambda h: layer_norm(h, *second))


# %% tags=["experiment"]
torch.manual_seed(0)
x, apart = torch.randn(2, 5, 32), {}
for name, norm_first in {"Post-LN": False, "Pre-LN": True}.items():
    layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True, norm_first=norm_first)
    for part in (layer.norm1, layer.norm2):  # 처음 값 1과 0이면 gamma와 beta를 빠뜨려도 티가 안 나요.
        nn.init.normal_(part.weight)
        nn.init.normal_(part.bias)
    apart[name] = (ours(layer, x) - layer(x)).abs().max().item()
    print(f"nn.TransformerEncoderLayer({name})와의 가장 큰 차이: {apart[name]:.1e}")

# %% [markdown] tags=["given"]
# float32의 반올림만큼만 달라요. 망가진 24층에서 시작해 PyTorch의 인코더 층과 똑같은 뼈대에 닿았어요.

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# 4-4의 그림에서 Pre-LN의 신호는 위로 갈수록 커져요. 그런데 부분층은 언제나 크기가 1로 맞춰진 입력을 받아요.
# 그렇다면 24번째 층이 $h$를 바꾸는 **비율**은 첫 층과 견주어 어떨까요? 그것은 왜 좋고, 왜 아쉬울까요? 세 문장쯤으로 답해 주세요. 이 문제는 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# 부분층이 받는 것은 어느 층에서나 크기가 1이라 내놓는 것의 크기도 층마다 비슷한데, 지름길의 h는 위로 갈수록 커져요.
# 그래서 첫 층은 h를 절반쯤 바꾸지만, h가 일곱 배로 자란 24번째 층은 10분의 1도 바꾸지 못해요.
# 층을 더 얹어도 출력이 조금만 달라지니 학습이 안정된다는 점은 좋지만, 위층일수록 하는 일이 적어서 층을 늘린 만큼 똑똑해지지는 않는다는 점이 아쉬워요.
#
# 채점 기준
#
# - 1점: 부분층의 입력이 정규화되어 있어 부분층의 출력은 층마다 크기가 비슷하다고 했어요.
# - 1점: 지름길의 h는 더해지기만 해서 위로 갈수록 커진다고 했어요.
# - 1점: 그래서 위층이 h를 바꾸는 비율은 첫 층보다 작다고 답했어요.
# - 1점: 좋은 점을 들었어요. 층을 더해도 출력과 기울기가 크게 흔들리지 않아 안정되게 배워요.
# - 1점: 아쉬운 점을 들었어요. 위층이 하는 일이 적어 깊이를 늘린 보람이 줄어요.

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# 뼈대는 튼튼해졌는데, 그 안의 `attn`은 아직 비어 있어요. 토큰이 다른 토큰을 "얼마나" 볼지 정하는 식, 셀프 어텐션을 레슨 5에서 처음부터 끝까지 손으로 만들어요.
#
# 저장소째로 받았다면 아래 셀은 오늘의 실습을 모두 통과한 뒤 이 코스의 기준 구현을 보여 줘요(나눠 받은 묶음에는 없어요). 오늘 만든 함수들이 거기에 같은 이름으로 있어요.

# %% tags=["experiment"]
show_reference("norm.py")
