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
# **이번 질문.** 그런데 소프트맥스는 하나뿐이라, 한 토큰이 한 번에 가질 수 있는 시선도 하나예요. "나는 학교에 간다"에서 '간다'는
# '누가'를 알려면 '나는'을, '어디로'를 알려면 '학교에'를 봐야 하는데, 둘을 반반 섞으면 누가 누구인지 흐려져요.
# 시선을 여러 개 가질 수는 없을까요? 그것도 계산을 늘리지 않고요.
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
# | 헤드 | head | 작은 어텐션 하나, 모두 $H$개(논문의 $h = 8$) |
# | 헤드의 폭 | head size | $K = d_k = d_\text{model} / H$, 논문은 64 |
# | 나누기, 합치기 | split, concat | `(B, T, D)` ↔ `(B, H, T, K)` |
# | 출력 투영 | output projection | $W_o$: `(D, D)`, 헤드들의 말을 섞어요 |
# | 크로스 어텐션 | cross-attention | 쿼리는 디코더에서, 키와 값은 인코더에서 |
# | 메모리 | memory | 인코더의 출력 `(B, S, D)` |
# | KV 캐시 | KV cache | 지난 토큰들의 키와 값 `(B, H, t, K)` |
# | 묶음 쿼리 어텐션 | grouped-query attention, GQA | 쿼리 헤드 여럿이 키/값 헤드 하나를 나눠 써요 |
#
# B는 문장 수, T는 쿼리의 길이, S는 키의 길이, D는 $d_\text{model}$이에요. 가중치는 모두 `(D, D)`이고 `x @ W`로 곱해요. 마스크는 **True = 볼 수 있음**이에요.
#
# 함수를 채운 뒤 바로 아래의 `check("이름")`을 실행하면 무엇이 맞고 다른지 바로 알려 줘요. 먼저 아래 두 셀을 실행해 주세요.
# `attend`는 레슨 5에서 만든 어텐션과 같은 계산을 하는 PyTorch 함수예요. 이 레슨에서는 이것을 부품으로 써요.

# %% tags=["given"]
import math
import time

import torch
import torch.nn.functional as F
from torch import nn

from autograder import check
from autograder.kit import fast, plots, progress, show_reference, text

torch.set_num_threads(1)  # 오늘처럼 작은 텐서는 코어 하나가 더 빨라요.


# %% tags=["given"]
def attend(q, k, v, mask=None):
    """레슨 5의 어텐션이에요. q (..., T, K), k와 v (..., S, K), mask (..., T, S)나 None -> (..., T, K)."""
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


# %% [markdown] tags=["given"]
# ## 실습 6-1 헤드로 나누기 ★★☆ · 논문 §3.2.2
#
# **왜 나눌까요?** 시선이 여러 개 필요하다고 폭이 $D$인 어텐션을 $H$개 돌리면 계산이 $H$배예요. 그래서 벡터를 $H$조각으로 **나눠** 조각마다 따로 어텐션을 해요.
# 조각은 작아졌지만 시선은 $H$개가 됐고, 계산은 거의 그대로예요.
#
# **손으로.** 토큰 하나가 $[1, 2, 3, 4, 5, 6]$이고 헤드가 3개라면 헤드 0은 $[1, 2]$, 헤드 1은 $[3, 4]$, 헤드 2는 $[5, 6]$을 가져요. 이어진 $d_k$개씩이에요.
#
# 모양으로는 두 단계예요: `(B, T, D)` → `(B, T, H, K)` → `(B, H, T, K)`. 뒤의 두 축이 `(T, K)`가 되어야 레슨 5의 어텐션을 그대로 쓸 수 있어요.
#
# **예상.** 두 단계를 한 번에, `x.view(B, H, T, K)`로 끝내면 어떻게 될까요? 원소 수는 똑같은데요.
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 예외는 나지 않지만 값이 뒤섞여요. `view`는 메모리에 놓인 순서 그대로 끊어 읽기만 해요. 첫 토큰의 여섯 값이 다 끝나야 둘째 토큰이 나오는데,
# 그것을 헤드 0의 (토큰 0, 토큰 1, ...)인 것처럼 읽게 돼요. 한 헤드 안에 다른 토큰의 조각이 들어와요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "split_heads", "locked": false, "schema_version": 3, "solution": true, "task": false}
def split_heads(x: torch.Tensor, n_heads: int) -> torch.Tensor:
    """마지막 축을 헤드로 나누고 헤드 축을 앞으로 옮겨요. 헤드는 이어진 d_k개를 가져요.

    모양: x (B, T, D) -> (B, H, T, K), K = D / H
    예: x [[[1, 2, 3, 4, 5, 6]]], n_heads 3 -> [[[[1, 2]], [[3, 4]], [[5, 6]]]]
    D가 n_heads로 나누어떨어지지 않으면 조용히 틀리지 않고 예외(ValueError나 RuntimeError)를 내요.
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
x = torch.arange(12.0).reshape(1, 2, 6)  # 토큰 둘, 폭 6
right, wrong = split_heads(x, 3)[0].flatten(1), x.reshape(1, 3, 2, 2)[0].flatten(1)
style = {
    "rows": ["헤드 1", "헤드 2", "헤드 3"],
    "columns": ["토큰1", "토큰1", "토큰2", "토큰2"],
    "values": "{:.0f}",
    "colorbar": False,
}
a, b = plots.panels(2, "0~5는 토큰 1의 값, 6~11은 토큰 2의 값")
plots.heatmap(right, title="나눈 다음 옮기기", ax=a, **style)
plots.heatmap(wrong, title="한 번에 끊어 읽기", ax=b, **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 왼쪽에서는 토큰 1의 칸에 0~5만, 토큰 2의 칸에 6~11만 있어요. 오른쪽에서는 헤드 1의 '토큰 2' 자리에 토큰 1의 값(2, 3)이 들어왔어요.
#
# **한 줄 정리.** 헤드로 나누기는 마지막 축을 나눈 **다음** 축을 옮기는 두 단계예요.

# %% [markdown] tags=["given"]
# ## 실습 6-2 헤드를 다시 합치기 ★★☆ · 논문 §3.2.2
#
# **왜 조심해야 할까요?** 나누기를 거꾸로 하면 되는데, 여기에 Transformer에서 가장 유명한 **조용한 버그**가 숨어 있어요.
# 축을 되돌리지 않고 끊어 읽어도 예외가 나지 않고, 심지어 학습 손실은 더 잘 내려가요.
#
# **손으로.** 헤드 0이 $[1, 2]$, 헤드 1이 $[3, 4]$, 헤드 2가 $[5, 6]$이면 합친 것은 $[1, 2, 3, 4, 5, 6]$이에요.
#
# **예상.** 나누기도 합치기도 축을 옮기지 않는 잘못된 짝이라면, 나눴다가 합쳤을 때 원래대로 돌아올까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 돌아와요. 두 번 다 끊어 읽기만 했으니까요. 그래서 "나눴다 합치면 원래대로"라는 시험만으로는 이 버그를 잡지 못해요. 이 코스의 확인은 둘을 따로 봐요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "merge_heads", "locked": false, "schema_version": 3, "solution": true, "task": false}
def merge_heads(x: torch.Tensor) -> torch.Tensor:
    """헤드들을 토큰마다 차례로 이어 붙여요.

    모양: x (B, H, T, K) -> (B, T, D), D = H * K
    예: x [[[[1, 2]], [[3, 4]], [[5, 6]]]] -> [[[1, 2, 3, 4, 5, 6]]]
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
# `transpose`한 텐서는 메모리에서 이어져 있지 않아 `view`가 거절해요. `reshape`, `flatten`, `contiguous`를 찾아봐요.
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


def outputs(x: torch.Tensor, merge) -> torch.Tensor:
    """인과 마스크를 씌운 어텐션을 하고, 주어진 방법으로 합쳐요."""
    q, k, v = (split_heads(x @ w, 3) for w in W)
    return merge(attend(q, k, v, causal))


# %% tags=["experiment"]
def moved(merge) -> torch.Tensor:
    """t번째 토큰을 바꿨을 때(행) 움직인 출력 자리(열)."""
    rows = []
    for t in range(6):
        other = x.clone()
        other[:, t] += 1.0
        rows.append(((outputs(other, merge) - outputs(x, merge)).abs().sum(-1)[0] > 1e-5).float())
    return torch.stack(rows)


# %% tags=["experiment"]
names = [f"{t + 1}" for t in range(6)]
style = {"rows": names, "columns": names, "colorbar": False, "ylabel": "바꾼 토큰", "xlabel": "출력"}
a, b = plots.panels(2, "바꾼 토큰(행)이 움직인 출력(열)")
plots.heatmap(moved(merge_heads), title="바르게 합치기", ax=a, **style)
plots.heatmap(moved(lambda y: y.reshape(1, 6, 12)), title="축을 되돌리지 않고 합치기", ax=b, **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 인과 마스크를 씌웠으니 뒤의 토큰이 앞의 출력을 움직여서는 안 돼요. 왼쪽은 대각선 아래로는 한 칸도 칠해지지 않았어요.
# 오른쪽에서는 뒤쪽 토큰(아래 행)이 앞쪽 출력(왼쪽 열)을 움직여요. **미래가 샌 거예요.** 학습할 때는 답을 훔쳐보니 손실이 잘 내려가고, 정작 한 토큰씩 번역할 때는
# 훔쳐볼 미래가 없어서 엉망이 돼요. 레슨 8에서 이 버그를 넣고 정말 학습시켜 봐요.
#
# **한 줄 정리.** 합치기는 축을 되돌린 **다음** 펴는 두 단계이고, 어기면 미래가 새요.

# %% [markdown] tags=["given"]
# ## 실습 6-3 멀티 헤드 어텐션 ★★★ · 논문 §3.2.2
#
# **왜 행렬 하나로 될까요?** 식에는 헤드마다 $W_q^{(i)}$가 따로 있지만, 옆으로 이어 붙이면 `(D, D)` 행렬 하나예요. 한 번 곱하고 나누면 같은 계산이에요.
#
# 1. $q, k, v$를 만들어요: 입력에 $W_q, W_k, W_v$를 곱해요.
# 2. 셋 다 헤드로 나눠요.
# 3. 헤드마다 어텐션을 해요. 점수는 $\sqrt{d_k}$로 나눠요. 여기서 $d_k$는 **헤드의** 폭이에요.
# 4. 합치고 $W_o$를 곱해요. 따로 놀던 헤드들의 말이 여기서 처음 섞여요.
#
# **손으로.** $D = 4$, $H = 2$이면 $d_k = 2$예요. 점수를 나누는 수는 $\sqrt 4 = 2$가 아니라 $\sqrt 2 \approx 1.414$예요.
#
# **예상.** 논문 크기(D 512, H 8)에서 $\sqrt{d_k}$ 대신 $\sqrt{d_\text{model}}$로 나누면 점수는 몇 배로 작아질까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $\sqrt{512} / \sqrt{64} = \sqrt 8 \approx 2.83$배 작아져요. 레슨 5의 말로 하면 온도를 2.83배 올린 셈이라 시선이 흐릿해져요. 그래도 학습은 되기 때문에 손실만 봐서는 찾기 어려워요.
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

# %% nbgrader={"grade": true, "grade_id": "check_multi_head_attention", "locked": true, "points": 27, "schema_version": 3, "solution": false, "task": false}
check("multi_head_attention")

# %% [markdown] tags=["given"]
# **한 줄 정리.** 멀티 헤드 어텐션은 나누고, 따로 보고, 합쳐서, $W_o$로 섞어요.

# %% [markdown] tags=["given"]
# ## 실험. 헤드는 무엇을 보게 될까
#
# 시선이 여러 개 필요한 일을 시켜 봐요. 토큰마다 **두 칸 앞, 한 칸 앞, 한 칸 뒤, 두 칸 뒤**에 무엇이 있는지 네 가지를 한꺼번에 맞혀야 해요(양 끝은 이어져 있어요).
# 층은 어텐션 하나뿐이고, 바꾸는 것은 헤드의 개수뿐이에요. 파라미터 수는 모두 같아요.
#
# **예상.** 헤드가 1, 2, 4, 8, 16개일 때 정확도는 어떻게 될까요?

# %% tags=["experiment"]
OFFSETS = (-2, -1, 1, 2)


def heads_of(x: torch.Tensor, Ws: list, n_heads: int) -> tuple[torch.Tensor, torch.Tensor]:
    """실험용 멀티 헤드 어텐션: 출력과 헤드마다의 가중치를 함께 돌려줘요."""
    n, T, D = x.shape
    q, k, v = ((x @ W).view(n, T, n_heads, -1).transpose(1, 2) for W in Ws[:3])
    weights = torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(D // n_heads), dim=-1)  # (B, H, T, T)
    return (weights @ v).transpose(1, 2).flatten(2) @ Ws[3], weights


def batch(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """글자 여덟 가지로 된 길이 10의 문장과, 자리마다 맞혀야 할 네 이웃."""
    x = torch.randint(0, 8, (n, 10))
    return x, torch.stack([x.roll(-offset, dims=1) for offset in OFFSETS], dim=-1)


# %% tags=["experiment"]
def learn_neighbours(n_heads: int, steps: int, D: int = 32) -> tuple[float, torch.Tensor]:
    """학습한 뒤의 정확도와 헤드마다의 평균 가중치 (H, T, T)를 돌려줘요."""
    torch.manual_seed(0)
    embed, place = (nn.Parameter(torch.randn(n, D)) for n in (8, 10))
    Ws, out = [nn.Parameter(torch.randn(D, D) / D**0.5) for _ in range(4)], nn.Linear(D, 32)
    optimizer = torch.optim.Adam([embed, place, *Ws, *out.parameters()], lr=5e-3)
    for step in progress(range(steps + 1), f"헤드 {n_heads}개: 학습"):  # 마지막 한 번은 재기만 해요.
        x, y = batch(64 if step < steps else 512)
        hidden, weights = heads_of(embed[x] + place, Ws, n_heads)
        logits = out(hidden).view(*y.shape, 8)
        optimizer.zero_grad()
        F.cross_entropy(logits.flatten(0, 2), y.flatten()).backward()
        optimizer.step()
    return (logits.argmax(-1) == y).float().mean().item(), weights.detach().mean(0)


# %% tags=["experiment"]
counts = [1, 2, 4, 8, 16]
accuracy = [learn_neighbours(n, fast(300, 20))[0] for n in progress(counts, "헤드의 개수마다 학습")]
print({n: f"{a:.3f}" for n, a in zip(counts, accuracy, strict=True)})
plots.lines(
    counts,
    {"정확도": accuracy},
    title="헤드의 개수와 정확도 (직접 학습한 결과)",
    xlabel="헤드의 개수",
    ylabel="정확도",
    logx=True,
    marker="o",
)

# %% [markdown] tags=["given"]
# 헤드가 하나면 네 곳을 섞어 볼 수밖에 없어서 40%를 넘기지 못하고, 둘이면 70%쯤, 넷부터는 거의 다 맞혀요. 필요한 시선이 넷이었으니까요.
# 이 작은 문제에서는 그보다 늘려도 더 좋아질 것이 없어요. 논문의 표 3 (A)에서도 헤드가 너무 적거나 너무 많으면 BLEU가 떨어져요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 6편의 '헤드 수에 따른 품질' 그림은 학습한 결과가 아니라 공식으로 만든 숫자예요. 위의 그림은 여러분이 방금 학습해서 얻은 것이에요.
# 또 학습하지 않은 무작위 헤드를 두고 역할이 나뉘었다고 읽는데, 아래에서 보듯 역할은 학습한 <b>뒤에</b> 생겨요. PaLM의 헤드는 128개가 아니라 48개예요.</div>

# %% tags=["experiment"]
before, after = learn_neighbours(4, 0)[1], learn_neighbours(4, fast(300, 20))[1]
names = [str(t + 1) for t in range(10)]
for when, weights in (("학습 전", before), ("학습 후", after)):
    axes = plots.panels(4, f"{when}: 네 헤드가 보는 곳", width=2.9, height=2.9)
    for head, ax in enumerate(axes):
        plots.heatmap(
            weights[head], rows=names, columns=names, title=f"헤드 {head + 1}", limits=(0, 1), colorbar=False, ax=ax
        )

# %% [markdown] tags=["given"]
# **눈으로 보기.** 행은 보는 자리, 열은 보이는 자리예요. 학습 전에는 흐릿한 얼룩뿐이에요. 학습하고 나면 헤드마다 대각선에서 한두 칸 비킨 줄이 하나씩 생겨요.
# 아무도 시키지 않았는데 네 헤드가 네 방향을 나눠 맡았어요.
#
# **한 줄 정리.** 헤드의 역할은 나누자마자 있는 것이 아니라 학습하면서 생겨요.

# %% [markdown] tags=["given"]
# ## 실습 6-4 크로스 어텐션 ★★☆ · 논문 §3.2.3
#
# **왜 따로 이름이 있을까요?** 번역하는 디코더는 자기가 쓴 문장만 봐서는 안 되고 **원문**을 봐야 해요. 묻는 것은 디코더, 답하는 것은 인코더예요.
# 셀프 어텐션과 다른 점은 입력이 둘이라는 것뿐이에요.
#
# | | 쿼리 | 키와 값 | 마스크 |
# |---|---|---|---|
# | 셀프 어텐션 | x | x | 패딩, 디코더라면 인과 |
# | 크로스 어텐션 | x (디코더) | 메모리 (인코더) | **원문의** 패딩 |
#
# **손으로.** 번역문이 4토큰, 원문이 6토큰이면 가중치는 `(B, H, 4, 6)`, 출력은 4토큰이에요. 출력의 길이는 언제나 묻는 쪽을 따라가요.
#
# **예상.** 크로스 어텐션에도 인과 마스크가 필요할까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 필요 없어요. 원문은 처음부터 끝까지 다 주어져 있어요. 숨겨야 할 미래는 번역문 쪽에만 있어요.
#
# </details>


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

# %% nbgrader={"grade": true, "grade_id": "check_cross_attention", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
check("cross_attention")


# %% tags=["experiment"]
# 단어 아홉 개: 주어 0~2(나는 너는 우리는), 장소 3~5(학교에 집에 은행에), 동사 6~8(간다 온다 뛴다)
def sentences(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """한국어 (주어, 장소, 동사)와 영어 (주어, 동사, 장소)의 짝 n개."""
    source = torch.randint(0, 3, (n, 3)) + torch.tensor([0, 3, 6])
    return source, source[:, [0, 2, 1]]


torch.manual_seed(1)
embed, src_place, tgt_place = (nn.Parameter(torch.randn(n, 16)) for n in (9, 3, 3))
Ws, out = [nn.Parameter(torch.randn(16, 16) / 4) for _ in range(4)], nn.Linear(16, 9)
optimizer = torch.optim.Adam([embed, src_place, tgt_place, *Ws, *out.parameters()], lr=0.01)


# %% tags=["experiment"]
def look(source: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """번역문의 자리(쿼리)가 원문의 토큰(키)을 봐요. 헤드는 하나예요."""
    memory = embed[source] + src_place
    q, k, v = tgt_place @ Ws[0], memory @ Ws[1], memory @ Ws[2]
    weights = torch.softmax(q @ k.transpose(-2, -1) / 4, dim=-1)  # (B, 3, 3)
    return out(weights @ v @ Ws[3]), weights


for _ in range(fast(250, 20)):
    source, target = sentences(64)
    loss = F.cross_entropy(look(source)[0].flatten(0, 1), target.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %% tags=["experiment"]
weights = look(torch.tensor([[0, 3, 6]]))[1][0]  # 나는 학교에 간다
plots.attention_map(weights, ["I", "go", "to school"], text.SCHOOL.split(), title="크로스 어텐션이 배운 어순")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 한국어는 동사가 끝에, 영어는 가운데에 있어요. 'go'의 행이 맨 끝의 '간다'를, 'to school'의 행이 가운데의 '학교에'를 봐요.
# 아무도 어순을 알려 주지 않았는데 대각선이 꼬인 자리를 스스로 찾았어요.
#
# **한 줄 정리.** 크로스 어텐션은 번역문이 묻고 원문이 답하는 어텐션이에요.

# %% [markdown] tags=["given"]
# ## 실습 6-5 파라미터 수 ★☆☆ · 논문 §3.2.2
#
# **왜 공짜일까요?** 헤드를 여덟로 늘려도 파라미터는 늘지 않아요. 폭을 나눠 가지니까요. 직접 세어 확인해요.
#
# **손으로.** $d_\text{model} = 4$라면 행렬 하나가 16개, 네 개면 64개예요. 편향까지 있으면 $64 + 16 = 80$개고요. 헤드가 1개든 2개든 4개든 같아요.
#
# **예상.** 논문 크기(512)에서 편향이 없다면 백만 개를 넘을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 조금 넘어요. $4 \times 512^2 = 1{,}048{,}576$개예요. 같은 층의 FFN(레슨 3)의 딱 절반쯤이에요.
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

# %% nbgrader={"grade": true, "grade_id": "check_mha_param_count", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("mha_param_count")

# %% tags=["experiment"]
heads = [1, 2, 4, 8]
millions = {
    "폭을 나눠 가지면": [mha_param_count(512, h, False) / 1e6 for h in heads],
    "헤드마다 폭이 512라면": [4 * h * 512 * 512 / 1e6 for h in heads],
}
plots.bars([f"헤드 {h}개" for h in heads], millions, title="헤드를 늘리면 파라미터는 (d_model = 512)", ylabel="백만 개")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 파란 막대는 헤드가 몇이든 높이가 같아요. 폭을 나누지 않고 헤드를 늘렸다면 주황 막대처럼 헤드 수만큼 불어나요.
#
# **한 줄 정리.** 헤드는 폭을 나눠 가지므로 몇 개로 나누든 파라미터 수가 같아요.

# %% [markdown] tags=["given"]
# ## 실습 6-6 KV 캐시 ★★★ · 논문 §3의 자기회귀
#
# **왜 저장할까요?** 번역은 한 토큰씩 나와요. 100번째 토큰을 만들 때 앞의 99개를 다시 계산하면, 지난번과 똑같은 키와 값을 또 만드는 셈이에요.
# 한 번 만든 키와 값은 변하지 않으니 **담아 두고** 새 토큰 하나만 계산해요.
#
# - 담아 두는 것: 지난 토큰들의 키와 값. 새 쿼리가 이들을 봐야 하니까요.
# - 담지 않는 것: 지난 쿼리. 이미 물어보고 답을 받았으니 다시 쓸 일이 없어요.
#
# **손으로.** 캐시에 3토큰이 들어 있을 때 새 토큰 하나를 넣으면, 쿼리는 1개, 키와 값은 4개, 가중치는 `(B, H, 1, 4)`예요. 돌려줄 캐시의 길이는 4예요.
#
# **예상.** 인과 마스크는 어디로 갔을까요? 이 함수에는 마스크 인자가 없어요.
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 필요 없어요. 캐시에는 과거만 들어 있어서 볼 미래가 없어요. 한 스텝씩 가는 것 자체가 인과 마스크예요.
#
# </details>


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

# %% nbgrader={"grade": true, "grade_id": "check_attend_with_cache", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
check("attend_with_cache")


# %% tags=["experiment"]
def seconds(work) -> float:
    """세 번 돌려 가장 빠른 시간(초)."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


# %% tags=["experiment"]
torch.manual_seed(0)
D, H = 128, 4
Ws = [torch.randn(D, D) / D**0.5 for _ in range(4)]


def without_cache(x: torch.Tensor) -> torch.Tensor:
    """스텝마다 처음부터 다시 계산하고 마지막 토큰의 출력만 써요."""
    rows = []
    for t in range(1, x.shape[1] + 1):
        seen, causal = x[:, :t], torch.ones(t, t).tril().bool()
        rows.append(multi_head_attention(seen, seen, *Ws, H, causal)[:, -1:])
    return torch.cat(rows, dim=1)


# %% tags=["experiment"]
def with_cache(x: torch.Tensor) -> torch.Tensor:
    """스텝마다 새 토큰 하나만 계산해요."""
    cache, rows = None, []
    for t in range(x.shape[1]):
        row, cache = attend_with_cache(x[:, t : t + 1], cache, *Ws, H)
        rows.append(row)
    return torch.cat(rows, dim=1)


# %% tags=["experiment"]
x = torch.randn(1, 64, D)
print("두 방법의 가장 큰 차이:", f"{(without_cache(x) - with_cache(x)).abs().max():.1e}")
sizes = fast([32, 64, 128, 256], [8, 16])
inputs = [torch.randn(1, n, D) for n in sizes]
took = {
    "캐시 없음": [seconds(lambda x=x: without_cache(x)) for x in inputs],
    "캐시 있음": [seconds(lambda x=x: with_cache(x)) for x in inputs],
}

# %% tags=["experiment"]
plots.lines(
    sizes,
    took,
    title="문장 하나를 한 토큰씩 만드는 시간",
    xlabel="만든 토큰 수",
    ylabel="시간 (초)",
    logx=True,
    logy=True,
    marker="o",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 두 방법의 결과는 같은데, 문장이 길어질수록 시간이 벌어져요. 캐시가 없으면 스텝마다 앞의 토큰을 모두 다시 계산하니까요.
# 층이 많은 진짜 모델에서는 차이가 훨씬 더 커요.
#
# **한 줄 정리.** 지난 키와 값을 담아 두면 새 토큰 하나만 계산하면 돼요.

# %% [markdown] tags=["given"]
# ## 실습 6-7 (보너스) 묶음 쿼리 어텐션 ★★☆ · Ainslie 외 (2023)
#
# **왜 나눠 쓸까요?** 캐시는 빠르지만 메모리를 먹어요. 그래서 요즘 모델은 쿼리 헤드 여럿이 키/값 헤드 하나를 **나눠 써요**. 키/값 헤드가 $G$개면 캐시가 $H/G$분의 1로 줄어요.
# $G = H$면 보통의 멀티 헤드, $G = 1$이면 멀티 쿼리 어텐션(MQA)이에요.
#
# **손으로.** $H = 6$, $G = 3$이면 둘씩 묶어요. 쿼리 헤드 0, 1은 묶음 0을, 2, 3은 묶음 1을, 4, 5는 묶음 2를 봐요: $h \,//\, (H/G)$.
#
# **예상.** $H = 8$, $G = 2$라면 쿼리 헤드 5는 몇 번 묶음을 볼까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $H/G = 4$이니 넷씩 묶어요. $5 \,//\, 4 = 1$이라 묶음 1이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "grouped_query_attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def grouped_query_attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None
) -> torch.Tensor:
    """이웃한 쿼리 헤드들이 키/값 헤드 하나를 나눠 써요. 헤드 h는 h // (H/G)번 묶음을 봐요.

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
# **눈으로 보기.** 키와 값 헤드를 64개에서 8개로 줄이면 캐시도 8분의 1이에요. 같은 GPU에서 여덟 배 긴 글이나 여덟 배 많은 사람을 받을 수 있어요.
#
# **한 줄 정리.** 묶음 쿼리 어텐션은 시선은 그대로 두고 기억만 나눠 써요.

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# 오늘의 실험에서 헤드가 하나일 때 정확도가 40% 근처에 머문 까닭을 소프트맥스의 성질로 설명하고, 헤드의 폭을 두 배로 늘리면 해결될지
# 세 문장쯤으로 적어 주세요. 이 문제는 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# 소프트맥스는 합이 1인 비율 하나를 만들기 때문에, 헤드가 하나면 네 이웃을 한꺼번에 섞은 평균 하나만 얻어요. 네 글자가 섞이고 나면 어느 글자가 어느 자리에서 왔는지 출력층이 가려낼 수 없어요.
# 한 곳만 또렷이 보면 그 하나는 맞히지만 나머지 셋은 찍어야 하고요. 문제는 벡터의 폭이 아니라 시선의 개수라서, 폭을 두 배로 늘려도 섞인 것을 나눌 수는 없어요. 헤드를 늘려야 해요.
#
# 채점 기준
#
# - 1점: 소프트맥스는 합이 1인 비율 하나만 만든다고 했어요.
# - 1점: 그래서 헤드가 하나면 네 이웃을 한꺼번에 섞은 평균 하나만 얻는다고 했어요.
# - 1점: 정확도가 낮은 까닭으로 이었어요. 섞인 뒤에는 어느 글자가 어느 자리의 것인지 가려낼 수 없거나, 한 곳만 보면 나머지 셋은 찍어야 해요.
# - 1점: 헤드의 폭을 두 배로 늘려도 해결되지 않는다고 했어요.
# - 1점: 그 까닭이 벡터의 폭이 아니라 시선(헤드)의 수라고 했어요.

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# 벡터가 들어오면 보고, 섞고, 바꾸고, 쌓는 법을 다 만들었어요. 그런데 "나는 학교에 간다"는 아직 글자예요. 글자는 어떻게 벡터가 될까요?
# 레슨 7에서 한국어를 토큰으로 자르는 법과, 토큰에 뜻을 새기는 임베딩을 만들어요.
#
# 아래 셀은 오늘의 실습을 모두 통과하면 이 코스의 기준 구현을 보여 줘요. 오늘 만든 함수들이 거기에 같은 이름으로 있어요.

# %% tags=["experiment"]
show_reference("multi_head.py")
