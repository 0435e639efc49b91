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
# # 레슨 6. 멀티 헤드 어텐션: 여러 시선으로 보기
#
# **지금까지.** 레슨 5에서 쿼리와 키의 닮은 정도로 값을 섞는 셀프 어텐션을 처음부터 끝까지 만들었어요.
#
# **이번 질문.** 어텐션 하나는 토큰마다 섞는 비율, 곧 **시선**을 한 벌만 만들어요. "나는 학교에 간다"에서 '간다'는
# '누가'를 알려면 '나는'을, '어디로'를 알려면 '학교에'를 봐야 하는데, 둘을 반반 섞으면 무엇이 누구의 것인지 흐려져요.
# 시선 하나가 얼마나 모자라는지 먼저 재 보고, 여러 개로 늘려요. 그것도 파라미터를 늘리지 않고요.
#
# $$\mathrm{MultiHead}(Q, K, V) = \mathrm{Concat}(\mathrm{head}_1, \ldots, \mathrm{head}_h)\,W_o, \qquad
# \mathrm{head}_i = \mathrm{Attention}(QW_q^{(i)}, KW_k^{(i)}, VW_v^{(i)}) \qquad \text{(논문 §3.2.2)}$$
#
# {차례}

# %% [markdown] tags=["given"]
# ## 용어
#
# | 한국어 | English | 기호와 모양 |
# |---|---|---|
# | 헤드 | head | 작은 어텐션 하나, 모두 $H$개(논문의 $h = 8$). 번호는 1부터 세요 |
# | 헤드의 너비 | head size | $K = d_k = d_\text{model} / H$ |
# | 출력 투영 | output projection | $W_o$: `(D, D)` |
# | 크로스 어텐션 | cross-attention | 쿼리는 디코더에서, 키와 값은 인코더에서 |
# | 메모리 | memory | 인코더의 출력 `(B, S, D)` |
# | KV 캐시 | KV cache | 지난 토큰들의 키와 값 `(B, H, t, K)` |
#
# B는 문장 수, T는 쿼리의 길이, S는 키의 길이, D는 $d_\text{model}$이에요. 가중치 행렬은 모두 `(D, D)`이고 `x @ W`로 곱해요. 마스크는 **True = 볼 수 있음**이에요.
#
# 함수를 채운 뒤 바로 아래의 `check("이름")`을 실행하면 무엇이 맞고 다른지 바로 알려 줘요. 먼저 아래 셀들을 실행해 주세요.
# `attend`는 레슨 5에서 만든 어텐션 그대로예요($\sqrt{d_k}$로 나누는 것까지요). 가중치는 빼고 출력만 돌려줘요. 레슨 8에서는 이 자리에 여러분의 것이 들어가요.

# %% tags=["given"]
import time

import torch
import torch.nn.functional as F
from torch import nn

from autograder import check
from autograder.kit import drawing, fast, moving, plots, progress, show_reference, steps, text

torch.set_num_threads(1)  # 오늘처럼 작은 텐서는 코어 하나가 더 빨라요.


# %% tags=["given"]
def attend(q, k, v, mask=None):
    """레슨 5의 어텐션이에요. q (..., T, K), k와 v (..., S, K), mask (..., T, S)나 None -> (..., T, K)."""
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    if mask is None:
        return torch.softmax(scores, dim=-1) @ v
    return (torch.softmax(scores.masked_fill(~mask, -1e9), dim=-1) * mask) @ v


# %% tags=["given"]
drawing("transformer", lit=("attention", "cross"))

# %% [markdown] tags=["given"]
# ## 실험. 시선 하나로는 어디까지 · 논문 §3.2.2
#
# 토큰 열 개가 둥글게 앉아 저마다 수 여덟 개를 들고 있어요. 할 일은 **앞뒤로 두 칸까지, 네 이웃이 든 수를 모두 보고하기**예요.
# 수는 전부 따로따로 뽑아서(평균 0, 분산 1) 하나를 안다고 다른 것을 알 수는 없어요. 점수는 **설명한 몫** $R^2$예요.
# 다 맞히면 1, 아무것도 몰라서 0만 보고하면 0이에요.
#
# $$R^2 = 1 - \frac{(\text{보고} - \text{정답})^2\text{의 평균}}{\text{정답의 분산}}$$
#
# **이론.** 어텐션 하나가 자리마다 건네는 것은 비율 한 벌로 섞은 것 하나예요. 여덟 수 가운데 첫째 수만 떼어서 봐요(나머지도 똑같아요).
# 이웃 넷이 든 그 수가 $x_1, \ldots, x_4$이고 비율이 $a_1, \ldots, a_4$라면 $m = a_1x_1 + a_2x_2 + a_3x_3 + a_4x_4$ 하나만 받아요.
# **모르는 것은 넷인데 식은 하나예요.** $m$에 가장 알맞은 수를 곱해 $x_k$를 어림하면, 설명한 몫은 $m$과 $x_k$의 상관계수를 제곱한 것이고
# 이것은 $m$의 분산에서 $x_k$가 차지하는 몫과 같아요.
#
# $$R^2_k = \frac{a_k^2}{a_1^2 + a_2^2 + a_3^2 + a_4^2}$$
#
# **손으로.** 비율이 $[0.7, 0.1, 0.1, 0.1]$이면 제곱은 $49 : 1 : 1 : 1$이라 네 몫은 $\frac{49}{52}, \frac{1}{52}, \frac{1}{52}, \frac{1}{52}$이에요. 더하면 1이고 평균은 $\frac14$이에요.
#
# **예상.** 한 이웃만 보면($a = [1, 0, 0, 0]$) 평균은 더 커질까요? 골고루 보면요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 둘 다 그대로예요. 한 이웃만 보면 몫이 $1, 0, 0, 0$이고, 골고루 보면 모두 $\frac14$이에요.
# 네 몫의 합은 1이니 평균은 **어떻게 섞어도 4분의 1**이에요(다른 토큰까지 섞으면 더 작아져요).
#
# </details>

# %% tags=["experiment"]
torch.manual_seed(0)
held = torch.randn(4, fast(50_000, 500))  # 네 이웃이 든 수를 오만 번 뽑아요.


def explained(비율: float) -> torch.Tensor:
    """첫 이웃을 `비율`만큼, 나머지 셋을 똑같이 나눠 섞은 것 하나로 이웃마다 설명한 몫."""
    mixed = torch.tensor([비율] + [(1 - 비율) / 3] * 3) @ held
    return torch.corrcoef(torch.cat([mixed[None], held]))[0, 1:] ** 2  # 섞은 것과의 상관계수의 제곱


def one_mixture(비율: float) -> None:
    ax, shares = plots.panels(1, width=6.4)[0], explained(비율)
    title = f"첫 이웃의 비율이 {비율:g}일 때: 평균 {shares.mean():.2f}"
    plots.bars([f"이웃 {k}" for k in (1, 2, 3, 4)], {"몫": shares}, title=title, ylabel="설명한 몫", ax=ax)
    ax.set_ylim(0, 1.15)


# %% tags=["experiment"]
moving(one_mixture, 비율=[0.7, 0.25, 0.4, 0.55, 0.85, 1.0])

# %% [markdown] tags=["given"]
# **눈으로 보기.** 비율을 바꾸면 네 막대의 키가 바뀌지만 평균은 0.25에서 움직이지 않아요.
#
# 이번에는 레슨 5의 어텐션 하나가 비율을 스스로 배우게 해요. 토큰마다 든 수에 자리 벡터(레슨 2)를 더해 넣어요. 한 번은 **자리만 보고**, 한 번은 든 수까지 보고 비율을 정해요.


# %% tags=["experiment"]
OFFSETS = (-2, -1, 1, 2)


def neighbours(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """토큰 열 개가 든 수 (n, 10, 8)과, 자리마다 보고할 네 이웃의 수 (n, 10, 32)."""
    x = torch.randn(n, 10, 8)
    return x, torch.cat([x.roll(-offset, dims=1) for offset in OFFSETS], dim=-1)


# %% tags=["experiment"]
def share(model, attention, n: int = 2000) -> float:
    """학습한 층이 처음 보는 토큰 n벌에서 설명한 몫."""
    read, place, Ws, report = model
    x, y = neighbours(n)
    with torch.no_grad():
        wrong = F.mse_loss(report(attention(read(x), place, *Ws)), y)
    return 1 - (wrong / y.var()).item()


# %% tags=["experiment"]
def learn(attention, D: int = 32, rounds: int = steps(1000, 30)):
    """이웃을 보고하는 층 (읽기, 자리 벡터, 가중치 행렬 넷, 보고)을 학습해요. 학습할 어텐션을 받아요."""
    torch.manual_seed(0)
    read, report, place = nn.Linear(8, D), nn.Linear(D, 32), nn.Parameter(torch.randn(10, D))
    Ws = [nn.Parameter(torch.randn(D, D) / D**0.5) for _ in range(4)]
    optimizer = torch.optim.Adam([place, *Ws, *read.parameters(), *report.parameters()], lr=5e-3)
    for _ in progress(range(rounds), "이웃 보고하기: 학습"):
        x, y = neighbours(64)
        loss = F.mse_loss(report(attention(read(x), place, *Ws)), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return read, place, Ws, report


# %% tags=["experiment"]
def by_place(x, place, W_q, W_k, W_v, W_o):
    """쿼리와 키를 자리 벡터로만 만들어서, 비율이 든 수에 따라 달라지지 않아요."""
    place = place.expand_as(x)
    return attend(place @ W_q, place @ W_k, (x + place) @ W_v) @ W_o


def by_content(x, place, W_q, W_k, W_v, W_o):
    """레슨 5의 셀프 어텐션 그대로예요."""
    x = x + place
    return attend(x @ W_q, x @ W_k, x @ W_v) @ W_o


single = [share(learn(one), one) for one in progress([by_place, by_content], "시선 하나: 학습")]

# %% tags=["experiment"]
names = ["자리만 보고 섞기", "든 수까지 보고 섞기", "다 맞히면"]
plots.bars(names, {"몫": [*single, 1.0]}, title="시선 하나로 네 이웃을 보고하기", ylabel="설명한 몫")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 자리만 보면 이론 그대로 0.25예요. 든 수까지 보면 0.25를 조금 넘기도 하지만 0.3에도 못 미쳐요.
# 이웃이 든 수에 따라 비율이 달라지면, 비율이 그 수를 살짝 알려 주거든요. 오래 학습해도 마찬가지예요.
#
# 논문 §3.2.2: 헤드가 여럿이면 서로 다른 자리의 정보를 함께 볼 수 있는데, 하나뿐이면 **평균 내기가 그것을 막아요.**
#
# **한 줄 정리.** 시선 하나는 식 하나예요. 모르는 것이 넷이면 서로 다른 식도 넷이 있어야 해요.

# %% [markdown] tags=["given"]
# ## 실습 6-1 헤드로 나누기 ★★☆ · 논문 §3.2.2
#
# **왜 나눌까요?** 너비가 $D$인 어텐션을 $H$개 돌리면 계산도 $H$배예요. 그래서 벡터를 $H$조각으로 **나눠** 저마다 어텐션을 해요.
# 논문 §3.2.2: 헤드마다 너비가 줄어서, 모두 합친 계산량은 너비가 그대로인 헤드 하나와 비슷해요.
#
# **손으로.** 토큰 하나가 $[1, 2, 3, 4, 5, 6]$이고 헤드가 3개라면 헤드 1은 $[1, 2]$, 헤드 2는 $[3, 4]$, 헤드 3은 $[5, 6]$을 가져요.
#
# 모양으로는 두 단계예요: `(B, T, D)` → `(B, T, H, K)` → `(B, H, T, K)`. 뒤의 두 축이 `(T, K)`여야 레슨 5의 어텐션을 그대로 써요.
#
# **예상.** 한 번에 `x.view(B, H, T, K)`로 끝내면 어떻게 될까요? 원소 수는 똑같은데요.
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 값이 뒤섞여요. `view`는 RAM에 놓인 순서대로 끊어 읽기만 해서, 토큰 1의 여섯 값을 헤드 1의 (토큰 1, 토큰 2, ...)인 것처럼 읽어요.
#
# </details>

# %% tags=["given"]
drawing("heads-split-and-merged")


# %% nbgrader={"grade": false, "grade_id": "split_heads", "locked": false, "schema_version": 3, "solution": true, "task": false}
def split_heads(x: torch.Tensor, n_heads: int) -> torch.Tensor:
    """마지막 축을 헤드로 나누고 헤드 축을 앞으로 옮겨요. 헤드는 이어진 d_k개를 가져요.

    모양: x (B, T, D) -> (B, H, T, K), K = D / H
    예: x [[[1, 2, 3, 4, 5, 6]]], n_heads 3 -> [[[[1, 2]], [[3, 4]], [[5, 6]]]]
    D가 n_heads로 나누어떨어지지 않으면 ValueError를 내요(PyTorch가 내는 RuntimeError도 받아요. 조용히 틀리지만 않으면 돼요).
    곧 학습에 쓸 함수라 기울기가 x까지 흘러야 해요.
    """
    ### BEGIN SOLUTION
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError(f"d_model {D}은(는) 헤드 {n_heads}개로 나누어떨어지지 않아요.")
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)  # (B, H, T, K)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# D축만 둘로 나누고, 그다음에 축의 순서를 바꿔요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `Tensor.reshape`(또는 `view`)와 `Tensor.transpose`를 차례로 써요. 나머지는 `%`로 봐요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 가운데 모양은 `(B, T, H, K)`예요. 여기서 1번 축과 2번 축을 맞바꾸면 끝이에요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_split_heads", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
check("split_heads")

# %% tags=["experiment"]
x = torch.arange(12.0).reshape(1, 2, 6)  # 토큰 둘, 너비 6
right, wrong = split_heads(x, 3)[0].flatten(1), x.reshape(1, 3, 2, 2)[0].flatten(1)
style = {
    "rows": ["헤드 1", "헤드 2", "헤드 3"],
    "columns": ["토큰1", "토큰1", "토큰2", "토큰2"],
    "values": "{:.0f}",
    "colorbar": False,
}
a, b = plots.panels(2, "0~5는 토큰 1의 값, 6~11은 토큰 2의 값")
plots.heatmap(right, title="나눈 다음 옮기기", xlabel="누구의 자리", ax=a, **style)
plots.heatmap(wrong, title="한 번에 끊어 읽기", xlabel="누구의 자리", ax=b, **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 왼쪽은 토큰 1의 칸에 0~5만, 토큰 2의 칸에 6~11만 있어요. 오른쪽은 헤드 1의 '토큰 2' 자리에 토큰 1의 값(2, 3)이 들어왔어요.
#
# **한 줄 정리.** 마지막 축을 나눈 **다음** 축을 옮겨요.

# %% [markdown] tags=["given"]
# ## 실습 6-2 헤드를 다시 합치기 ★★☆ · 논문 §3.2.2
#
# **왜 조심해야 할까요?** 축을 되돌리지 않고 끊어 읽어도 예외가 나지 않는 **조용한 버그**가 숨어 있어요.
# 논문 §3.2.2의 Concat은 **토큰마다** 헤드들을 옆으로 이어 붙여요.
#
# **손으로.** 헤드 1이 $[1, 2]$, 헤드 2가 $[3, 4]$, 헤드 3이 $[5, 6]$이면 합친 것은 $[1, 2, 3, 4, 5, 6]$이에요.
#
# **예상.** 나누기도 합치기도 축을 옮기지 않으면, 나눴다가 합쳤을 때 원래대로 돌아올까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 돌아와요. 두 번 다 끊어 읽기만 했으니까요. "나눴다 합치면 원래대로"라는 시험으로는 이 버그를 잡지 못해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "merge_heads", "locked": false, "schema_version": 3, "solution": true, "task": false}
def merge_heads(x: torch.Tensor) -> torch.Tensor:
    """헤드들을 토큰마다 차례로 이어 붙여요.

    모양: x (B, H, T, K) -> (B, T, D), D = H * K
    예: x [[[[1, 2]], [[3, 4]], [[5, 6]]]] -> [[[1, 2, 3, 4, 5, 6]]]
    여기서도 기울기가 x까지 흘러야 해요.
    """
    ### BEGIN SOLUTION
    return x.transpose(1, 2).flatten(2)  # (B, T, H, K) -> (B, T, D)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 나누기의 두 단계를 거꾸로 밟아요. 무엇을 나중에 했는지 떠올려요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `transpose`한 텐서는 RAM에서 이어져 있지 않아 `view`가 거절해요. `reshape`, `flatten`, `contiguous`를 찾아봐요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 먼저 `(B, T, H, K)`로 되돌리고, 그다음에 뒤의 두 축을 하나로 펴요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_merge_heads", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
check("merge_heads")

# %% tags=["experiment"]
torch.manual_seed(0)
causal = torch.ones(6, 6).tril().bool()
x, W = torch.randn(1, 6, 12), torch.randn(3, 12, 12) / 12**0.5


def moved(merge) -> torch.Tensor:
    """인과 마스크를 씌우고 `merge`로 합쳐요. s번째 토큰(열)을 바꿨을 때 움직인 출력(행)이 True예요."""
    others = torch.cat([x, x + torch.eye(6)[:, :, None]])  # 처음 것과, 토큰을 하나씩 바꾼 여섯
    outputs = merge(attend(*(split_heads(others @ w, 3) for w in W), causal))
    return ((outputs[1:] - outputs[0]).abs().sum(-1) > 1e-5).T  # (6, 6)


# %% tags=["experiment"]
leaks = {"바르게 합치기": moved(merge_heads), "축을 되돌리지 않고 합치기": moved(lambda y: y.reshape(-1, 6, 12))}
names = [str(t + 1) for t in range(6)]
for ax, (how, seen) in zip(plots.panels(2, "출력(행)이 본 토큰(열)", height=4.2), leaks.items(), strict=True):
    plots.mask_map(seen, names, title=how, ax=ax)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 레슨 5처럼 행이 보는 쪽, 열이 보이는 쪽이에요. 인과 마스크를 씌웠으니 왼쪽은 대각선과 그 아래만 칠해졌어요.
# 오른쪽은 대각선 위에도 칠해졌어요. **미래가 샌 거예요.** 학습할 때는 답을 훔쳐보니 손실이 잘 내려가는데, 한 토큰씩
# 번역할 때는 훔쳐볼 미래가 없어요. 레슨 8에서 학습시켜 봐요.
#
# **한 줄 정리.** 축을 되돌린 **다음** 펴요. 어기면 미래가 새요.

# %% [markdown] tags=["given"]
# ## 실습 6-3 멀티 헤드 어텐션 ★★★ · 논문 §3.2.2
#
# **왜 행렬 하나로 될까요?** 식에는 헤드마다 $W_q^{(i)}$가 있지만, 옆으로 이으면 `(D, D)` 행렬 하나예요. 한 번 곱하고 나누면 같아요.
#
# 1. $q, k, v$를 만들어요: 입력에 $W_q, W_k, W_v$를 곱해요.
# 2. 셋 다 헤드로 나눠요.
# 3. 헤드마다 `attend`로 봐요. 그 안에서 점수를 $\sqrt{d_k}$로 나눠요. $d_k$는 **헤드의** 너비예요.
# 4. 합치고 $W_o$를 곱해요. 따로 놀던 헤드들의 말이 여기서 처음 섞여요.
#
# 논문 §3.2.2: 쿼리와 키와 값을 저마다 다른 행렬로 $h$번 투영하고(1, 2), 투영한 것마다 나란히 어텐션을 하고(3), 이어 붙여서 한 번 더 투영해요(4).
# 곧 학습시킬 함수예요. 기울기가 두 입력과 행렬 넷까지 흐르게 PyTorch의 연산으로만 써요.
#
# **손으로.** $D = 4$, $H = 2$이면 $d_k = 2$예요. 점수를 나누는 수는 $\sqrt 4 = 2$가 아니라 $\sqrt 2 \approx 1.414$예요.
#
# **예상.** 논문 크기(D 512, H 8)에서 $\sqrt{d_k}$ 대신 $\sqrt{d_\text{model}}$로 나누면 점수는 몇 분의 1이 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $\sqrt{512} / \sqrt{64} = \sqrt 8$이니 약 2.83분의 1로 작아져요. 레슨 5의 말로 하면 온도를 2.83배 올린 셈이라 시선이 흐릿해져요.
# 그래도 학습은 돼서 손실만 봐서는 찾기 어려워요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "multi_head_attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def multi_head_attention(
    q_in: torch.Tensor,
    kv_in: torch.Tensor,
    W_q: torch.Tensor,
    W_k: torch.Tensor,
    W_v: torch.Tensor,
    W_o: torch.Tensor,
    n_heads: int,
    mask: torch.Tensor | None,
) -> torch.Tensor:
    """여러 헤드로 나눠 보고, 합쳐서, 섞어요. 쿼리는 q_in에서, 키와 값은 kv_in에서 만들어요.

    식: Concat(head_1, ..., head_H) W_o, head_i = softmax(q_i k_i^T / sqrt(d_k)) v_i
    모양: q_in (B, T, D), kv_in (B, S, D), W_* (D, D), mask는 (B, H, T, S)로 늘어나는 참/거짓 텐서나 None -> (B, T, D)
    """
    ### BEGIN SOLUTION
    q = split_heads(q_in @ W_q, n_heads)  # (B, H, T, K)
    k = split_heads(kv_in @ W_k, n_heads)  # (B, H, S, K)
    v = split_heads(kv_in @ W_v, n_heads)  # (B, H, S, K)
    return merge_heads(attend(q, k, v, mask)) @ W_o  # (B, T, D)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 네 단계가 네 줄이에요. 앞의 두 실습과 `attend`를 잇기만 하면 돼요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `attend(q, k, v, mask)`는 마지막 축의 길이로 알아서 나눠요. 직접 계산한다면 √의 안이 무엇인지 확인해요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 키와 값은 `kv_in`에서 나와요. 합친 다음 `W_o`를 곱하는 것까지가 식이에요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_multi_head_attention", "locked": true, "points": 25, "schema_version": 3, "solution": false, "task": false}
check("multi_head_attention")

# %% tags=["experiment"]
torch.manual_seed(0)
x, Ws = torch.randn(2, 5, 32), [torch.randn(32, 32) / 32**0.5 for _ in range(4)]
for n_heads in (1, 4):
    out = multi_head_attention(x, x, *Ws, n_heads, None)
    print(f"헤드 {n_heads}개: 나온 모양 {tuple(out.shape)}, 첫 토큰의 첫 수 {out[0, 0, 0]:.3f}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 헤드가 몇이든 들어온 모양 그대로 나와요. 가중치 행렬이 같은데도 값이 다른 것은 시선이 달라졌기 때문이에요.
#
# **한 줄 정리.** 멀티 헤드 어텐션은 나누고, 따로 보고, 합쳐서, $W_o$로 섞어요.

# %% [markdown] tags=["given"]
# ## 실습 6-4 파라미터 수 ★☆☆ · 논문 §3.2.2
#
# **왜 공짜일까요?** 헤드를 여덟로 늘려도 파라미터는 늘지 않아요. 너비를 나눠 가지니까요(논문 §3.2.2: $d_k = d_v = d_\text{model}/h$). 직접 세어 확인해요.
#
# **손으로.** $d_\text{model} = 4$라면 행렬 하나가 16개, 네 개면 64개예요. 편향까지 있으면 $64 + 16 = 80$개고요. 헤드가 1개든 2개든 4개든 같아요.
#
# **예상.** 논문 크기(512)에서 편향이 없다면 백만 개를 넘을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 조금 넘어요. $4 \times 512^2 = 1{,}048{,}576$개예요. 같은 층의 FFN(레슨 3)의 절반쯤이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "mha_param_count", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mha_param_count(d_model: int, n_heads: int, bias: bool) -> int:
    """멀티 헤드 어텐션 하나의 학습되는 수를 모두 세요.

    예: mha_param_count(4, 2, False) -> 64, mha_param_count(4, 2, True) -> 80
    d_model이 n_heads로 나누어떨어지지 않거나 n_heads가 1보다 작으면 ValueError예요.
    """
    ### BEGIN SOLUTION
    if n_heads < 1 or d_model % n_heads:
        raise ValueError(f"d_model {d_model}은(는) 헤드 {n_heads}개로 나누어떨어지지 않아요.")
    return 4 * d_model * d_model + (4 * d_model if bias else 0)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 행렬이 몇 개이고 하나에 원소가 몇 개인지 세어요. 헤드의 개수는 총수에 나타나지 않아요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 헤드 하나로 세면 `3 * d_model * d_k`이고, 이것을 헤드 수만큼 더하면 무엇이 되는지 봐요. $W_o$도 있어요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 편향은 행렬마다 길이 d_model인 것이 하나씩이에요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_mha_param_count", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("mha_param_count")

# %% tags=["experiment"]
heads = [1, 2, 4, 8]
millions = {
    "너비를 나눠 가지면": [mha_param_count(512, h, False) / 1e6 for h in heads],
    "헤드마다 너비가 512라면": [4 * h * 512 * 512 / 1e6 for h in heads],
}
plots.bars([f"헤드 {h}개" for h in heads], millions, title="헤드를 늘리면 파라미터는 (d_model = 512)", ylabel="백만 개")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 파란 막대는 헤드가 몇이든 높이가 같아요. 너비를 나누지 않고 헤드를 늘렸다면 주황 막대처럼 헤드 수만큼 불어나요.
#
# **한 줄 정리.** 헤드는 너비를 나눠 가지므로 몇 개로 나누든 파라미터 수가 같아요.

# %% [markdown] tags=["given"]
# ## 실험. 헤드 넷이면 · 논문 §3.2.2, 표 3 (A)
#
# 처음 과제로 돌아가 여러분의 `multi_head_attention`을 학습시켜요. $D$가 같으면 `n_heads`를 바꿔도 파라미터 수는 같아요.
#
# **예상.** 헤드가 1, 2, 4, 8개일 때의 몫을 적어 봐요. 헤드는 하나인데 $D$를 두 배(64)로 늘리면요? 헤드는 넷인데 $D$를 반(16)으로 줄이면요?
# $D = 32$를 헤드 32개로 나누면($d_k = 1$)요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 헤드가 $H$개면 식도 $H$개예요. 서로 다른 식이라면 모르는 넷 가운데 $H$개 몫까지 풀려요. 몫은 $\frac{H}{4}$, 넷부터는 1이에요.
# 다만 한 자리가 건네는 수는 모두 $D$개예요. 보고할 수가 $4 \times 8 = 32$개이니 $D$가 32보다 작으면 몫은 $\frac{D}{32}$를 넘지 못해요.
# 헤드가 넷이어도 $D = 16$이면 반이에요. 이론으로는 헤드 32개도 1이에요. 재 봐요.
#
# </details>


# %% tags=["experiment"]
def with_heads(n_heads: int):
    """여러분의 멀티 헤드 어텐션으로 보는 층."""
    return lambda x, place, *Ws: multi_head_attention(x + place, x + place, *Ws, n_heads, None)


learned, measured = {}, {}
for n in progress([1, 2, 4, 8, 32], "헤드의 수마다 학습"):
    learned[n] = learn(with_heads(n))
    measured[n] = share(learned[n], with_heads(n))

# %% tags=["experiment"]
wide = share(learn(with_heads(1), D=64), with_heads(1))
narrow = share(learn(with_heads(4), D=16), with_heads(4))
names = [f"{n}개" for n in measured] + ["1개, D 64", "4개, D 16"]
both = {
    "이론 (H ÷ 4와 D ÷ 32 가운데 작은 것)": [*(min(n, 4) / 4 for n in measured), 0.25, 0.5],
    "잰 것": [*measured.values(), wide, narrow],
}
ax = plots.panels(1, width=8.4)[0]
ax.set_ylim(0, 1.35)
colors = (plots.GREY, plots.BLUE)
plots.bars(names, both, title="헤드의 수와 설명한 몫", xlabel="헤드", ylabel="설명한 몫", colors=colors, ax=ax)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 1, 2, 4, 8개는 이론과 거의 같아요(조금 넘는 것은 앞에서 본 까닭이에요). 헤드 넷이면 이웃 넷을 다 맞혀요.
# $D$를 두 배로 늘린 헤드 하나는 여전히 4분의 1 근처이고, $D$를 반으로 줄인 헤드 넷은 반만 맞혀요.
#
# 32개는 도로 1에서 멀어졌어요. $d_k = 1$이면 키가 수 하나라서, 쿼리를 곱해 봐야 가장 큰 키나 가장 작은 키가 이길 뿐 가운데 키를 콕 집어 볼 수 없어요.
# 논문의 표 3 (A)도 헤드가 1개면 BLEU 24.9, 8개와 16개면 25.8, 32개면 25.4예요. 하지만 그 32개는 $d_k = 16$이고 논문은 까닭을 적지 않았어요. 우리의 까닭을 그대로 옮겨 갈 수는 없어요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 6편의 '헤드 수에 따른 품질' 그림은 학습한 결과가 아니라 공식으로 만든 숫자예요. 학습한 결과라도 일찍 멈추면 그림이 달라지기 쉬워서,
# 여기서는 이론을 먼저 세우고 스텝을 열 배로 늘려도 그대로인지 확인했어요. 블로그는 학습하지 않은 무작위 헤드에서 역할을 읽는데,
# 역할은 학습하면서 생겨요. PaLM의 헤드는 128개가 아니라 48개예요.</div>


# %% tags=["experiment"]
def looks(model, n_heads: int) -> torch.Tensor:
    """헤드마다 평균 어텐션 가중치 (H, 10, 10). 값의 자리에 단위행렬을 넣으면 섞는 비율이 그대로 나와요."""
    read, place, (W_q, W_k, *_), _ = model
    x = read(neighbours(500)[0]) + place
    q, k = split_heads(x @ W_q, n_heads), split_heads(x @ W_k, n_heads)
    return attend(q, k, torch.eye(10).expand(500, n_heads, 10, 10)).mean(0).detach()


# %% tags=["experiment"]
maps = {}
for n in progress([1, 2, 4, 8], "헤드가 보는 곳 모으기"):
    maps["학습 후", n] = looks(learned[n], n)
    maps["학습 전", n] = looks(learn(with_heads(n), rounds=0), n)


# %% tags=["experiment"]
def seen(때: str, 헤드: int) -> None:
    places = [str(t + 1) for t in range(10)]
    axes = plots.panels(헤드, f"{때}, 헤드 {헤드}개가 보는 곳", width=2.6, height=2.9, columns=min(헤드, 4))
    for h, ax in enumerate(axes):
        labels = {"xlabel": "보는 곳 (키)", "ylabel": "보는 쪽 (쿼리)" if h % 4 == 0 else ""}
        style = {"rows": places, "columns": places, "limits": (0, 1), "colorbar": False, **labels}
        plots.heatmap(maps[때, 헤드][h], title=f"헤드 {h + 1}", ax=ax, **style)


moving(seen, 때=["학습 후", "학습 전"], 헤드=[4, 1, 2, 8])

# %% [markdown] tags=["given"]
# **눈으로 보기.** 학습한 네 헤드는 대각선에서 한두 칸 비킨 곳, 곧 이웃 넷만 봐요(둥글게 앉아서 1과 10도 이웃이라 줄이 모서리에서 이어져요).
# 대개 헤드마다 이웃 하나를 도맡아요. 섞어 보는 헤드가 있어도 네 비율이 서로 다른 식이면 넷이 다 풀려요. 단추로 학습 전을 보면 그런 줄이 없어요.
#
# **한 줄 정리.** 헤드의 수는 식의 수이고, 헤드의 역할은 학습하면서 생겨요.

# %% [markdown] tags=["given"]
# ## 실습 6-5 크로스 어텐션 ★☆☆ · 논문 §3.2.3
#
# **왜 따로 이름이 있을까요?** 번역하는 디코더는 **원문**도 봐야 해요. 셀프 어텐션과 다른 점은 입력이 둘이라는 것뿐이에요.
# 논문 §3.2.3: 쿼리는 디코더의 앞 층에서, 키와 값은 인코더의 출력(메모리)에서 와요. 그래서 디코더의 어느 자리든 원문의 모든 자리를 봐요.
#
# | | 쿼리 | 키와 값 | 마스크 |
# |---|---|---|---|
# | 셀프 어텐션 | x | x | 패딩, 디코더라면 인과 |
# | 크로스 어텐션 | x (디코더) | 메모리 (인코더) | **원문의** 패딩 |
#
# **손으로.** 번역문이 4토큰, 원문이 6토큰이면 어텐션 가중치는 `(B, H, 4, 6)`, 출력은 4토큰이에요. 출력의 길이는 언제나 묻는 쪽을 따라가요.
#
# **예상.** 그 6토큰 가운데 끝의 둘이 패딩이라면, 어텐션 가중치의 `(4, 6)` 표에서 어느 칸이 0일까요? 번역문의 첫 토큰은 원문의 넷째 토큰을 볼까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 네 행 모두 끝의 두 칸이 0이에요. 첫 토큰도 원문의 넷째를 봐요. 숨겨야 할 미래는 번역문 쪽에만 있어서 인과 마스크는 씌우지 않아요.
#
# </details>

# %% tags=["given"]
drawing("self-and-cross-attention")


# %% nbgrader={"grade": false, "grade_id": "cross_attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cross_attention(
    x: torch.Tensor,
    memory: torch.Tensor,
    W_q: torch.Tensor,
    W_k: torch.Tensor,
    W_v: torch.Tensor,
    W_o: torch.Tensor,
    n_heads: int,
    src_mask: torch.Tensor | None,
) -> torch.Tensor:
    """디코더(x)가 묻고 인코더(memory)가 답해요.

    모양: x (B, T, D), memory (B, S, D), src_mask (B, 1, 1, S)나 None -> (B, T, D)
    """
    ### BEGIN SOLUTION
    return multi_head_attention(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 이미 만든 함수에 무엇을 어느 자리에 넣을지만 정하면 돼요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `multi_head_attention`의 첫째와 둘째 인자가 왜 따로 있었는지 떠올려요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 쿼리 쪽에는 x, 키와 값 쪽에는 memory예요. 마스크는 그대로 넘겨요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_cross_attention", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("cross_attention")


# %% tags=["experiment"]
def sentences(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """한국어 (주어, 장소, 동사)와 영어 (주어, 동사, 장소)의 짝 n개. 단어는 아홉 가지이고, 자리를 봐야 풀리게 아무렇게나 뽑아요."""
    source = torch.randint(0, 9, (n, 3))
    return source, source[:, [0, 2, 1]]


torch.manual_seed(1)
embed, src_place, tgt_place = (nn.Parameter(torch.randn(n, 16)) for n in (9, 3, 3))
Ws, out = [nn.Parameter(torch.randn(16, 16) / 4) for _ in range(4)], nn.Linear(16, 9)
optimizer = torch.optim.Adam([embed, src_place, tgt_place, *Ws, *out.parameters()], lr=0.01)

# %% tags=["experiment"]
for _ in range(steps(250, 20)):  # 번역문의 자리가 묻고, 원문의 토큰이 답해요. 헤드는 하나예요.
    source, target = sentences(64)
    memory = embed[source] + src_place
    answer = out(cross_attention(tgt_place.expand(64, 3, 16), memory, *Ws, 1, None))
    loss = F.cross_entropy(answer.flatten(0, 1), target.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

memory = embed[torch.tensor([0, 3, 6])] + src_place  # 0번, 3번, 6번 단어가 '나는', '학교에', '간다'라면
weights = attend(tgt_place @ Ws[0], memory @ Ws[1], torch.eye(3))
plots.attention_map(weights, ["I", "go", "to school"], text.SCHOOL.split(), title="크로스 어텐션이 배운 어순")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 한국어는 동사가 끝에, 영어는 가운데에 있어요. 'go'의 행은 맨 끝의 '간다'를, 'to school'의 행은 가운데의 '학교에'를 가장 많이 봐요.
# 어순을 적어 준 적은 없어요. 짝지은 문장만 보고 찾았어요.
#
# **한 줄 정리.** 크로스 어텐션은 번역문이 묻고 원문이 답하는 어텐션이에요.

# %% [markdown] tags=["given"]
# ## 실습 6-6 KV 캐시 ★★★ · 논문 §3의 자기회귀
#
# **왜 저장할까요?** 번역은 한 토큰씩 나와요. 논문 §3: 스텝마다 앞서 만든 토큰들을 다시 입력으로 받아 다음 토큰을 만들어요(자기회귀).
# 앞의 토큰은 뒤를 보지 않으니 한 번 만든 키와 값은 변하지 않아요. **담아 두고** 새 토큰 하나만 계산해요. 캐시는 논문에 없는 요령이에요.
#
# - 담아 두는 것: 지난 토큰들의 키와 값. 새 쿼리가 이들을 봐야 하니까요.
# - 담지 않는 것: 지난 쿼리. 이미 물어보고 답을 받았으니 다시 쓸 일이 없어요.
#
# **손으로.** 캐시에 3토큰이 들어 있을 때 새 토큰 하나를 넣으면, 쿼리는 1개, 키와 값은 4개, 어텐션 가중치는 `(B, H, 1, 4)`예요. 돌려줄 캐시의 길이는 4예요.
#
# **예상.** 인과 마스크는 어디로 갔을까요? 이 함수에는 마스크 인자가 없어요.
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 필요 없어요. 캐시에는 과거만 들어 있어서 볼 미래가 없어요. 한 스텝씩 가는 것 자체가 인과 마스크예요.
#
# </details>

# %% tags=["given"]
drawing("kv-cache-growing")


# %% nbgrader={"grade": false, "grade_id": "attend_with_cache", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attend_with_cache(
    x_t: torch.Tensor,
    cache: dict[str, torch.Tensor] | None,
    W_q: torch.Tensor,
    W_k: torch.Tensor,
    W_v: torch.Tensor,
    W_o: torch.Tensor,
    n_heads: int,
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """새 토큰 하나만 계산하고, 지난 키와 값은 캐시에서 꺼내요. 받은 캐시는 바꾸지 않아요.

    모양: x_t (B, 1, D), cache는 None이나 {"k": (B, H, t, K), "v": (B, H, t, K)}
          -> 출력 (B, 1, D)와 새 캐시 {"k": (B, H, t+1, K), "v": (B, H, t+1, K)}
    """
    ### BEGIN SOLUTION
    q, k, v = (split_heads(x_t @ W, n_heads) for W in (W_q, W_k, W_v))  # (B, H, 1, K)
    if cache is not None:
        k = torch.cat([cache["k"], k], dim=2)  # (B, H, t+1, K)
        v = torch.cat([cache["v"], v], dim=2)
    return merge_heads(attend(q, k, v)) @ W_o, {"k": k, "v": v}
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# `multi_head_attention`과 같은 네 단계인데, 키와 값을 만든 뒤 캐시에 있던 것을 앞에 이어요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `torch.cat([...], dim=2)`로 토큰 축을 따라 이어 붙여요. 캐시가 None인 첫 스텝을 따로 생각해요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 오래된 것이 앞, 새것이 뒤예요. 받은 사전에 넣지 말고 사전을 새로 만들어요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_attend_with_cache", "locked": true, "points": 24, "schema_version": 3, "solution": false, "task": false}
check("attend_with_cache")


# %% tags=["experiment"]
torch.manual_seed(0)
Ws = [torch.randn(128, 128) / 128**0.5 for _ in range(4)]


def without_cache(x: torch.Tensor) -> torch.Tensor:
    """스텝마다 처음부터 다시 계산하고 마지막 토큰의 출력만 써요."""
    rows = []
    for t in range(1, x.shape[1] + 1):
        past, causal = x[:, :t], torch.ones(t, t).tril().bool()
        rows.append(multi_head_attention(past, past, *Ws, 4, causal)[:, -1:])
    return torch.cat(rows, dim=1)


# %% tags=["experiment"]
def with_cache(x: torch.Tensor) -> torch.Tensor:
    """스텝마다 새 토큰 하나만 계산해요."""
    cache, rows = None, []
    for t in range(x.shape[1]):
        row, cache = attend_with_cache(x[:, t : t + 1], cache, *Ws, 4)
        rows.append(row)
    return torch.cat(rows, dim=1)


x = torch.randn(1, 64, 128)
gap = (without_cache(x) - with_cache(x)).abs().max().item()
print(f"두 방법의 가장 큰 차이: {gap:.1e}")


# %% tags=["experiment"]
def seconds(work, x: torch.Tensor) -> float:
    """세 번 돌려 가장 빠른 시간(초)."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work(x)
        times.append(time.perf_counter() - start)
    return min(times)


# %% tags=["experiment"]
lengths, ways = fast([32, 64, 128, 256], [8, 16]), {"캐시 없음": without_cache, "캐시 있음": with_cache}
took = {name: [seconds(way, torch.randn(1, n, 128)) for n in lengths] for name, way in ways.items()}
style = {"xlabel": "만든 토큰 수", "ylabel": "시간 (초)", "logx": True, "logy": True, "marker": "o"}
plots.lines(lengths, took, title="문장 하나를 한 토큰씩 만드는 시간", **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 두 방법의 결과는 반올림만큼만 달라요. 그런데 긴 문장에서는 캐시가 없는 쪽이 훨씬 오래 걸려요. 스텝마다 앞의 토큰을 모두 다시 계산하니까요.
#
# **한 줄 정리.** 지난 키와 값을 담아 두면 새 토큰 하나만 계산하면 돼요.

# %% [markdown] tags=["given"]
# ## 실습 6-7 (보너스) 묶음 쿼리 어텐션 ★★☆ · Ainslie 외 (2023)
#
# **왜 나눠 쓸까요?** 캐시는 빠르지만 RAM을 먹어요. 그래서 요즘 모델은 쿼리 헤드 여럿이 키/값 헤드 하나를 **나눠 써요**. 키/값 헤드가 $G$개면 캐시가 $H/G$분의 1로 줄어요.
# $G = H$면 보통의 멀티 헤드, $G = 1$이면 멀티 쿼리 어텐션(MQA)이에요.
#
# **손으로.** $H = 6$, $G = 3$이면 둘씩 묶어요. 쿼리 헤드 1, 2는 묶음 1을, 3, 4는 묶음 2를, 5, 6은 묶음 3을 봐요.
# 코드에서는 번호를 0부터 세니 $h$번 헤드가 $h \,//\, (H/G)$번 묶음을 봐요.
#
# **예상.** $H = 8$, $G = 2$라면 여섯째 쿼리 헤드(코드의 5번)는 몇째 묶음을 볼까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $H/G = 4$이니 넷씩 묶어요. $5 \,//\, 4 = 1$, 코드의 1번이니 둘째 묶음이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "grouped_query_attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def grouped_query_attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None
) -> torch.Tensor:
    """이웃한 쿼리 헤드들이 키/값 헤드 하나를 나눠 써요. h번 헤드는 h // (H/G)번 묶음을 봐요(번호는 0부터).

    모양: q (B, H, T, K), k와 v (B, G, S, K), mask는 (B, H, T, S)로 늘어나는 참/거짓 텐서나 None -> (B, H, T, K)
    """
    ### BEGIN SOLUTION
    share = q.shape[1] // k.shape[1]  # H / G
    k, v = k.repeat_interleave(share, dim=1), v.repeat_interleave(share, dim=1)  # (B, H, S, K)
    return attend(q, k, v, mask)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 키와 값의 헤드를 H개로 늘린 다음 보통의 어텐션을 해요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 늘리는 메서드가 둘 있어요. `repeat`는 `0 1 2 0 1 2`, `repeat_interleave`는 `0 0 1 1 2 2`예요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 이웃한 헤드가 같은 묶음을 보려면 어느 쪽인지 손 계산과 견줘 봐요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_grouped_query_attention", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("grouped_query_attention")

# %% tags=["experiment"]
layers, d_k, tokens, bytes_each = 80, 128, 4096, 2  # 80층, 16비트, 4,096토큰인 큰 모델이라면
groups = {"MHA (G = 64)": 64, "GQA (G = 8)": 8, "MQA (G = 1)": 1}
gib = [2 * layers * g * d_k * tokens * bytes_each / 2**30 for g in groups.values()]
plots.bars(list(groups), {"KV 캐시": gib}, title="문장 하나의 KV 캐시 (쿼리 헤드 64개)", ylabel="GiB", values="{:.2f}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 키와 값 헤드를 64개에서 8개로 줄이면 캐시도 8분의 1이에요. 같은 크기의 캐시에 여덟 배 긴 글을 담을 수 있어요.
#
# **한 줄 정리.** 묶음 쿼리 어텐션은 쿼리 헤드의 수는 그대로 두고 키와 값만 나눠 써요.

# %% [markdown] tags=["given"]
# ## 마무리. PyTorch와 같아요
#
# `nn.MultiheadAttention`의 가중치 행렬을 꺼내 여러분의 함수에 넣어요. 그쪽의 행렬은 `(나가는 너비, 들어오는 너비)`라서 맞바꾸고(`.T`), 마스크는 True가 **가림**이라 뒤집어요.

# %% tags=["experiment"]
torch.manual_seed(0)
theirs = nn.MultiheadAttention(32, 4, bias=False, batch_first=True)
Ws = [*(W.T for W in theirs.in_proj_weight.chunk(3)), theirs.out_proj.weight.T]
x, memory = torch.randn(2, 5, 32), torch.randn(2, 7, 32)
visible = torch.arange(7) < torch.tensor([[7], [4]])  # 둘째 원문은 4토큰이고 나머지는 패딩이에요.
causal = torch.ones(5, 5).tril().bool()
differences = {
    "셀프": multi_head_attention(x, x, *Ws, 4, causal) - theirs(x, x, x, attn_mask=~causal)[0],
    "크로스": cross_attention(x, memory, *Ws, 4, visible[:, None, None])
    - theirs(x, memory, memory, key_padding_mask=~visible)[0],
}
print({name: f"{gap.abs().max():.1e}" for name, gap in differences.items()})

# %% tags=["experiment"]
counted = mha_param_count(32, 4, False), sum(W.numel() for W in theirs.parameters())
print("파라미터 수:", *counted)

# %% [markdown] tags=["given"]
# 거꾸로, 여러분의 함수로 학습한 **네 헤드의 가중치 행렬**을 PyTorch의 모듈에 옮겨 담아요.

# %% tags=["experiment"]
W_q, W_k, W_v, W_o = learned[4][2]
with torch.no_grad():
    theirs.in_proj_weight.copy_(torch.cat([W_q, W_k, W_v], dim=1).T)
    theirs.out_proj.weight.copy_(W_o.T)
moved_over = share(learned[4], lambda x, place, *_: theirs(x + place, x + place, x + place)[0])
print(f"시선 하나의 몫 {single[1]:.2f} → 네 헤드의 몫 {measured[4]:.2f}, PyTorch에 옮겨 담은 네 헤드 {moved_over:.2f}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 차이는 float32의 반올림뿐이고 파라미터 수도 같아요. 4분의 1에서 시작한 과제를 이제 여러분의 네 헤드도, 그것을 옮겨 담은 PyTorch도 다 풀어요.

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# 이웃 **여섯**을 보고해야 하는데 헤드는 **넷**이라고 해 봐요. 몫은 얼마까지 될까요? 너비 $D$를 두 배로 늘리면 달라질까요? 그리고 수를 따로따로 뽑는 대신
# 진짜 문장의 단어를 맞히는 일이라면, 헤드 하나도 4분의 1보다 잘할 수 있을까요? 까닭과 함께 네 문장쯤으로 적어 주세요. 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# 헤드 하나는 비율 한 벌로 섞은 것 하나, 곧 식 하나를 줘요. 모르는 여섯에 식이 넷이라 몫은 6분의 4, 약 0.67까지예요. 너비를 두 배로 늘려도 식의 수는 그대로라 거의 달라지지 않아요.
# 진짜 문장이라면 헤드 하나도 4분의 1보다 잘할 수 있어요. 단어들은 서로 관계가 있어서, '학교에'를 알면 '간다'도 어느 정도 짐작할 수 있으니까요.
#
# 채점 기준
#
# - 1점: 몫이 6분의 4(약 0.67)까지라고 했어요.
# - 1점: 그 까닭을 헤드 하나가 섞은 것(식, 시선) 하나를 준다는 것으로 설명했어요.
# - 1점: 너비를 두 배로 늘려도 (거의) 그대로라고 했어요.
# - 1점: 진짜 문장에서는 헤드 하나도 4분의 1보다 잘할 수 있다고 했어요.
# - 1점: 그 까닭으로 단어들이 서로 관계가 있어 하나로 다른 것을 짐작할 수 있다는 것을 들었어요.

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# 벡터가 들어오면 보고, 섞고, 바꾸고, 쌓는 법을 다 만들었어요. 그런데 "나는 학교에 간다"는 아직 글자예요. 글자는 어떻게 벡터가 될까요?
# 레슨 7에서 한국어를 토큰으로 자르는 법과, 토큰에 뜻을 새기는 임베딩을 만들어요.
#
# 저장소째로 받았다면 아래 셀은 오늘의 실습을 모두 통과한 뒤 이 코스의 기준 구현을 보여 줘요(나눠 받은 묶음에는 없어요). 오늘 만든 함수들이 거기에 같은 이름으로 있어요.

# %% tags=["experiment"]
show_reference("multi_head.py")
