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
# # 레슨 5. 셀프 어텐션의 수학
#
# **지금까지.** 순서대로 읽는 RNN의 한계를 보았고(레슨 1), 순서를 위치 인코딩으로 적어 넣었고(레슨 2), 토큰 하나하나를 다듬는
# 피드포워드(레슨 3)와 그것을 깊게 쌓게 해 주는 잔차 연결, 층 정규화(레슨 4)를 만들었어요. 아직 비어 있는 곳이 하나 있어요.
# 토큰끼리 서로를 **보는** 부분이에요.
#
# **이번 질문.** "나는 은행에 가서 돈을 찾았다"에서 '찾았다'는 '돈을'을 얼마나, '은행에'를 얼마나 봐야 할까요?
# 그 '얼마나'를 숫자로 정하는 식 하나를 오늘 처음부터 끝까지 손으로 만들어요.
#
# $$\mathrm{Attention}(Q, K, V) = \mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right)V \qquad \text{(논문 식 (1))}$$
#
# {차례}

# %% [markdown] tags=["given"]
# ## 용어
#
# | 한국어 | English | 기호와 모양 |
# |---|---|---|
# | 쿼리 | query | $q$: `(…, T, K)`, 묻는 쪽 |
# | 키 | key | $k$: `(…, S, K)`, 이름표를 내건 쪽 |
# | 값 | value | $v$: `(…, S, Kv)`, 실제로 건네주는 내용 |
# | 어텐션 점수 | attention score | `(…, T, S)`, 쿼리와 키가 닮은 정도 |
# | 어텐션 가중치 | attention weight | `(…, T, S)`, 한 행의 합이 1 |
# | 소프트맥스 | softmax | 점수를 비율로 바꾸는 함수 |
# | 패딩 마스크 | padding mask | `(B, 1, 1, S)`, True가 볼 수 있음 |
# | 인과 마스크 | causal mask | `(T, T)`, True가 볼 수 있음 |
#
# B는 문장 수(배치), T는 쿼리의 길이, S는 키의 길이, K는 $d_k$예요. 마스크는 이 코스 어디서나 **True = 볼 수 있음**이에요.
#
# 함수를 채운 뒤 바로 아래의 `check("이름")`을 실행하면 무엇이 맞고 다른지 바로 알려 줘요. 먼저 아래 두 셀을 실행해 주세요.

# %% tags=["given"]
import math
import time

import torch
import torch.nn.functional as F

from autograder import check
from autograder.kit import fast, plots, show_reference, text

# %% [markdown] tags=["given"]
# ## 실습 5-1 소프트맥스 ★☆☆ · 논문 §3.2.1
#
# **왜 필요할까요?** '찾았다'가 다른 토큰들에 매긴 점수가 `[2, 1, 3, 0.5]`라고 해 봐요. 점수만으로는 얼마씩 섞을지 알 수 없어요.
# 음수일 수도 있고 합도 제각각이니까요. 그래서 **모두 양수이고 합이 1인 비율**로 바꿔요. 큰 점수는 더 크게, 순서는 그대로요.
#
# $$\mathrm{softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}$$
#
# **손으로.** `[2, 1, 3, 0.5]`에 지수 함수를 취하면 `[7.389, 2.718, 20.086, 1.649]`, 합은 `31.842`예요.
# 하나씩 나누면 `[0.232, 0.085, 0.631, 0.052]`이고, 더해 보면 1이에요.
#
# **예상.** 점수가 `[1000, 1001, 1002]`라면 $e^{1000}$은 얼마일까요? 이 점수들의 소프트맥스는 무엇이어야 할까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# float32가 담을 수 있는 가장 큰 수는 약 $3.4 \times 10^{38}$인데 $e^{89}$만 되어도 그것을 넘어서 `inf`가 돼요. `inf / inf`는 `nan`이에요.
# 그런데 답은 멀쩡히 있어요. 모든 점수에 같은 수를 더하거나 빼도 비율은 그대로라서 `[0, 1, 2]`의 소프트맥스와 같아요: `[0.090, 0.245, 0.665]`.
#
# </details>
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 5편에 실린 소프트맥스 값들은 조금씩 어긋나 있어요(<code>[2, 1, 3, 0.5]</code>의 결과를 모두 더하면 1.13이 돼요). 다시 계산하면 이래요.<br>
# <code>softmax([10, 8, 12, 9]) = [0.112, 0.015, 0.831, 0.041]</code><br>
# <code>softmax([1, 0.8, 1.2, 0.9]) = [0.253, 0.208, 0.310, 0.229]</code><br>
# <code>softmax([2, 1, 3, 0.5]) = [0.232, 0.085, 0.631, 0.052]</code><br>
# 합이 1인지 더해 보는 것만으로도 이런 실수는 잡혀요.</div>


# %% nbgrader={"grade": false, "grade_id": "softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    """점수를 `dim` 축의 합이 1인 비율로 바꿔요. 아주 큰 점수가 들어와도 nan이 나오면 안 돼요.

    식: softmax(x)_i = exp(x_i) / Σ_j exp(x_j)
    모양: 무엇이든 받고 같은 모양으로 돌려줘요. dtype도 그대로예요.
    예: softmax(torch.tensor([2.0, 1.0, 3.0, 0.5]), dim=0) -> [0.232, 0.085, 0.631, 0.052]
    """
    ### BEGIN SOLUTION
    exps = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return exps / exps.sum(dim=dim, keepdim=True)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 두 단계예요. 지수를 취하고, 그 합으로 나눠요. 그 전에 한 단계를 더하면 큰 점수에도 안전해져요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `torch.exp`, `Tensor.amax(dim=..., keepdim=...)`, `Tensor.sum(dim=..., keepdim=...)`을 찾아봐요.
# `keepdim=True`가 왜 필요한지 모양을 적어 보면 보여요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# `dim` 축에서 가장 큰 값을 모든 점수에서 빼면 지수에 들어가는 수가 0 이하가 되어 넘칠 일이 없어요. 그다음은 식 그대로예요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_softmax", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("softmax")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 소프트맥스에 넣기 전에 점수를 온도 $\tau$로 나누면 비율이 뾰족해지거나 평평해져요. 여러분의 `softmax`로 그려 봐요.

# %% tags=["experiment"]
scores = torch.tensor([2.0, 1.0, 3.0, 0.5])
words = ["나는", "은행에", "돈을", "가서"]
rows = {f"온도 {tau:g}": softmax(scores / tau, dim=0) for tau in (0.25, 1.0, 4.0)}
plots.bars(words, rows, title="같은 점수, 다른 온도", ylabel="비율")

# %% [markdown] tags=["given"]
# 온도가 낮으면(0.25) 가장 큰 점수가 거의 다 가져가고, 높으면(4) 골고루 나눠요. 순서는 한 번도 바뀌지 않아요.
# 곧 만날 $\sqrt{d_k}$도 사실은 온도예요.
#
# **한 줄 정리.** 소프트맥스는 점수의 순서를 지키면서 합이 1인 비율로 바꾸고, 최댓값을 빼 두면 넘치지 않아요.

# %% [markdown] tags=["given"]
# ## 실습 5-2 어텐션 점수 ★★☆ · 논문 §3.2.1
#
# **왜 내적일까요?** 두 벡터가 같은 방향을 보면 내적이 크고, 직각이면 0, 반대면 음수예요. 그래서 쿼리(찾는 것)와 키(이름표)가
# 얼마나 닮았는지를 곱셈과 덧셈만으로 잴 수 있어요. 쿼리 T개와 키 S개를 한꺼번에 재면 행렬 곱 하나가 되고요.
#
# $$\text{점수} = \frac{QK^\top}{\sqrt{d_k}}$$
#
# **손으로.** 쿼리 `[1, 0, 2, 1]`과 키 세 개 `[2, 1, 1, 0]`, `[0, 3, 1, 0]`, `[1, 0, 3, 1]`의 내적은 `4, 2, 8`이에요.
# 여기서는 $d_k = 4$이니 $\sqrt{4} = 2$로 나눠서 점수는 `[2, 1, 4]`예요.
#
# **예상.** 성분이 모두 평균 0, 분산 1로 흩어진 쿼리와 키가 있어요. $d_k$가 4에서 256으로 64배가 되면 내적이 흩어지는 폭(표준편차)은 몇 배가 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 곱 $q_i k_i$ 하나의 평균은 0, 분산은 1이에요. 서로 독립인 것을 $d_k$개 더하면 분산도 더해져서 $d_k$가 돼요.
# 분산이 64배이니 표준편차는 8배예요. 그래서 $d_k$가 아니라 $\sqrt{d_k}$로 나눠야 폭이 1로 돌아와요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "attention_scores", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_scores(q: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
    """쿼리마다 모든 키와의 닮은 정도를 구해요.

    식: Q Kᵀ / √d_k
    모양: q (..., T, K), k (..., S, K) -> (..., T, S). K가 d_k이고, 앞의 ...은 배치나 헤드예요.
    예: q가 [[1, 0, 2, 1]], k가 [[2, 1, 1, 0], [0, 3, 1, 0], [1, 0, 3, 1]]이면 [[2, 1, 4]]
    """
    ### BEGIN SOLUTION
    return q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# `(T, K)`와 `(S, K)`를 곱해 `(T, S)`를 얻으려면 한쪽을 뒤집어야 해요. 앞에 배치 축이 몇 개든 **마지막 두 축만** 뒤집어요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `@`(행렬 곱), `Tensor.transpose(축, 축)`, `math.sqrt`. `.T`는 축이 셋 이상이면 모든 축을 뒤집어서 여기에는 맞지 않아요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 뒤에서 첫째 축과 둘째 축은 `-1`과 `-2`예요. 나눌 수는 쿼리의 마지막 축 길이에서 나와요. 문장 길이 T와 헷갈리지 않게 조심해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_attention_scores", "locked": true, "points": 13, "schema_version": 3, "solution": false, "task": false}
check("attention_scores")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 손으로 계산한 것을 그림으로 확인해요. 쿼리를 하나 더 넣어서 `(2, 3)`짜리 점수를 만들어요.

# %% tags=["experiment"]
q = torch.tensor([[1.0, 0.0, 2.0, 1.0], [0.0, 1.0, -1.0, 0.0]])
k = torch.tensor([[2.0, 1.0, 1.0, 0.0], [0.0, 3.0, 1.0, 0.0], [1.0, 0.0, 3.0, 1.0]])
queries, keys = ["쿼리 1", "쿼리 2"], ["키 1", "키 2", "키 3"]
plots.heatmap(
    attention_scores(q, k),
    rows=queries,
    columns=keys,
    values="{:.1f}",
    diverging=True,
    title="점수: 파랑은 닮음, 주황은 반대",
)

# %% [markdown] tags=["given"]
# 쿼리 1은 키 3과 가장 닮았고(4), 쿼리 2는 그 키 3과 반대 방향이에요(-1.5).
#
# **한 줄 정리.** 점수는 닮음이고, $\sqrt{d_k}$로 나누면 $d_k$가 얼마든 점수의 폭이 1 근처에 머물러요.

# %% [markdown] tags=["given"]
# ## 실험. 나누지 않으면 무슨 일이 생길까
#
# 표본 하나로는 아무 말도 할 수 없어요. 크기마다 쌍을 1만 개씩 뽑아서 $q \cdot k$가 어떻게 흩어지는지 봐요.

# %% tags=["experiment"]
samples, sizes = fast(10_000, 500), [4, 16, 64, 256, 1024]
generator = torch.Generator().manual_seed(5)
for d_k in (4, 16, 64):
    q, k = torch.randn(2, 3, d_k, generator=generator)
    print(f"d_k = {d_k:>2}: 한 쌍씩 세 번 뽑은 |q·k|는", [round(abs(dot), 1) for dot in (q * k).sum(-1).tolist()])

# %% tags=["experiment"]
dots = {d_k: torch.randn(2, samples, d_k, generator=generator).prod(0).sum(-1) for d_k in sizes}
plain = [dots[d_k].var() for d_k in sizes]
scaled = [(dots[d_k] / math.sqrt(d_k)).var() for d_k in sizes]

# %% tags=["experiment"]
left, right = plots.panels(2, "쌍 1만 개로 본 q·k")
shown = {f"d_k = {d_k}": dots[d_k] for d_k in (4, 16, 64)}
plots.histogram(shown, xlabel="q·k", title="d_k가 크면 넓게 흩어져요", ax=left)
plots.lines(
    sizes,
    {"q·k": plain, "q·k ÷ √d_k": scaled},
    colors=(plots.ORANGE, plots.BLUE),
    marker="o",
    xlabel="d_k",
    ylabel="분산",
    logx=True,
    logy=True,
    title="분산은 d_k에 비례해요",
    ax=right,
)

# %% [markdown] tags=["given"]
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 5편은 크기마다 무작위 벡터를 <b>한 쌍씩</b> 뽑아서 보여 줘요. 위에 찍힌 값처럼 한 쌍의 결과는 우연이라서, 작은 <code>d_k</code>가 더 크게
# 나오기도 해요. √d_k 이야기는 표본 하나가 아니라 <b>많은 표본의 분산</b>에 대한 이야기예요.</div>
#
# 폭이 커지면 왜 곤란할까요? 소프트맥스가 한쪽으로 쏠리고(포화), 쏠린 소프트맥스는 **기울기가 거의 0**이라 배우지 못해요.
# 키 8개에 대한 점수로 확인해 봐요. 소프트맥스의 야코비 행렬은 $\mathrm{diag}(p) - pp^\top$예요.


# %% tags=["experiment"]
def saturation(d_k: int, scale: float) -> tuple[torch.Tensor, torch.Tensor]:
    """쿼리 1,000개, 키 8개에서 (가장 큰 가중치의 평균, 야코비 행렬 크기의 평균)."""
    q = torch.randn(fast(1000, 50), d_k, generator=generator)
    k = torch.randn(8, d_k, generator=generator)
    p = torch.softmax(q @ k.T * scale, dim=-1)
    jacobian = torch.diag_embed(p) - p.unsqueeze(-1) * p.unsqueeze(-2)
    return p.amax(-1).mean(), jacobian.flatten(1).norm(dim=1).mean()


# %% tags=["experiment"]
plain = list(zip(*[saturation(d_k, 1.0) for d_k in sizes], strict=True))
scaled = list(zip(*[saturation(d_k, 1 / math.sqrt(d_k)) for d_k in sizes], strict=True))
titles = ["가장 큰 가중치 (1이면 한 곳만)", "기울기의 크기 (0이면 배우지 못함)"]
for i, ax in enumerate(plots.panels(2, "포화: 나누지 않으면 한 곳만 보고, 배우지 못해요")):
    plots.lines(
        sizes,
        {"나누지 않음": plain[i], "√d_k로 나눔": scaled[i]},
        colors=(plots.ORANGE, plots.BLUE),
        xlabel="d_k",
        logx=True,
        marker="o",
        title=titles[i],
        ax=ax,
    )
    ax.set_ylim(0)

# %% [markdown] tags=["given"]
# 나누지 않으면 $d_k$가 커질수록 키 하나가 거의 모든 가중치를 가져가고 기울기는 0 쪽으로 떨어져요.
# $\sqrt{d_k}$로 나누면 두 값이 $d_k$와 상관없이 거의 그대로예요.
#
# **한 줄 정리.** $\sqrt{d_k}$는 소프트맥스가 배울 수 있는 구간에 머물게 하는 온도예요.

# %% [markdown] tags=["given"]
# ## 실습 5-3 패딩 마스크 ★☆☆ · 논문 §3.2.3
#
# **왜 필요할까요?** 길이가 다른 문장을 한 배치에 담으려면 짧은 문장 뒤를 패딩(PAD)으로 채워요. 패딩도 벡터를 가지니까,
# 가만두면 어텐션이 패딩을 봐요. 그래서 **키 쪽에서** PAD인 자리를 가려요.
#
# **손으로.** PAD의 번호가 0이고 '나는 학교에 간다'가 `[5, 8, 3]`, '나는 간다'가 `[5, 3, 0]`이라면 마스크는
# `[[T, T, T], [T, T, F]]`예요. 점수는 `(B, H, T, S)`이니 가운데에 길이 1인 축 둘을 끼워 `(2, 1, 1, 3)`으로 만들어요.
# 그러면 모든 헤드와 모든 쿼리에 같은 열이 가려져요.
#
# **예상.** 그냥 `(B, S)`로 돌려주면 어떻게 될까요? 하필 배치 크기 B와 쿼리 길이 T가 같다면요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 브로드캐스팅은 뒤쪽 축부터 맞추므로 `(B, S)`는 `(T, S)` 자리에 놓여요. B와 T가 다르면 오류가 나서 다행이지만, 같으면
# **조용히** 0번 문장의 마스크가 모든 문장의 0번 쿼리에 쓰여요. 오류 없이 틀리는 가장 흔한 길이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "padding_mask", "locked": false, "schema_version": 3, "solution": true, "task": false}
def padding_mask(ids: torch.Tensor, pad_id: int) -> torch.Tensor:
    """PAD가 아닌 키만 보게 하는 마스크예요. True가 볼 수 있음이에요.

    모양: ids (B, S) 정수 -> (B, 1, 1, S) 참/거짓
    예: padding_mask(torch.tensor([[5, 8, 3], [5, 3, 0]]), 0) -> [[[[T, T, T]]], [[[T, T, F]]]]
    """
    ### BEGIN SOLUTION
    return (ids != pad_id)[:, None, None, :]
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 비교 하나로 참/거짓 표를 만들고, 축 두 개를 끼워 넣으면 끝이에요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 텐서를 숫자와 비교하면 참/거짓 텐서가 나와요. 길이 1인 축은 `Tensor.unsqueeze`나 `None` 색인으로 끼워요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# '같다'가 아니라 '다르다'예요. B는 맨 앞, S는 맨 뒤에 남고 가운데 둘이 1이에요. `pad_id`는 0이 아닐 수도 있어요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_padding_mask", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("padding_mask")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 두 문장의 마스크를 나란히 그려요. 회색 열은 어떤 쿼리도 보지 못해요.

# %% tags=["experiment"]
mask = padding_mask(torch.tensor([[5, 8, 3], [5, 3, 0]]), pad_id=0)
sentences = [["나는", "학교에", "간다"], ["나는", "간다", "[PAD]"]]
for ax, row, words in zip(plots.panels(2, "패딩 마스크: 열이 가려져요"), mask, sentences, strict=False):
    plots.mask_map(row[0].expand(3, 3), words, title=" ".join(words), ax=ax)

# %% [markdown] tags=["given"]
# **한 줄 정리.** 패딩 마스크는 행이 아니라 열을 가려요. 패딩은 아무에게도 보이지 않아야 하니까요.

# %% [markdown] tags=["given"]
# ## 실습 5-4 인과 마스크 ★☆☆ · 논문 §3.2.3
#
# **왜 필요할까요?** 문장을 만들어 내는 쪽(디코더)은 다음 단어를 맞히는 연습을 해요. 정답인 미래가 보이면 연습이 아니라 베끼기예요.
# 그래서 t번째 토큰은 **자기 자신과 그 앞**만 봐요.
#
# **손으로.** T = 4라면 아래와 같아요. T가 볼 수 있음, F가 가림이에요.
#
# ```
# T F F F
# T T F F
# T T T F
# T T T T
# ```
#
# **예상.** 대각선까지 가리면 첫째 토큰은 무엇을 볼 수 있을까요? 반대로 대각선 한 칸 오른쪽까지 열어 두면요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 대각선을 가리면 첫째 토큰은 볼 것이 하나도 없어서 소프트맥스가 0을 0으로 나눠요. 한 칸 더 열면 바로 다음 정답이 보여서
# 학습 손실은 아주 잘 떨어지는데 혼자 번역을 시키면 아무것도 못 해요. 두 번째가 더 무서운 실수예요.
#
# </details>
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그는 인과 마스크가 가리는 곳을 '상삼각 행렬'이라고만 불러요. 가려지는 것은 대각선을 <b>뺀</b> 상삼각(j &gt; i)이에요.
# 대각선까지 가리는 코드로 이어지기 쉬워서 정확히 적어 둬요.</div>


# %% nbgrader={"grade": false, "grade_id": "causal_mask", "locked": false, "schema_version": 3, "solution": true, "task": false}
def causal_mask(T: int) -> torch.Tensor:
    """자기 자신과 앞쪽만 보게 하는 마스크예요. True가 볼 수 있음이에요.

    식: mask[t, s] = (s <= t)
    모양: (T, T) 참/거짓
    예: causal_mask(2) -> [[True, False], [True, True]]
    """
    ### BEGIN SOLUTION
    return torch.ones(T, T, dtype=torch.bool).tril()
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 행 번호와 열 번호를 비교한 표예요. 아래쪽 삼각형(대각선 포함)이 True예요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `torch.tril`은 아래쪽 삼각형을 남겨요. `torch.arange`로 행 번호와 열 번호를 만들어 비교해도 돼요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 모두 True인 `(T, T)` 표에서 시작해 위쪽만 False로 지워요. `diagonal`을 따로 주지 않으면 대각선은 남아요. dtype이 bool인지 확인해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_causal_mask", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("causal_mask")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 두 마스크는 `&` 하나로 합쳐져요. 디코더는 패딩도 미래도 보지 않아요.

# %% tags=["experiment"]
words = ["나는", "학교에", "간다", "[PAD]"]
padding = padding_mask(torch.tensor([[5, 8, 3, 0]]), pad_id=0)[0, 0].expand(4, 4)
masks = {"패딩": padding, "인과": causal_mask(4), "패딩 & 인과": padding & causal_mask(4)}
for ax, (name, mask) in zip(plots.panels(3, height=3.2), masks.items(), strict=True):
    plots.mask_map(mask, words, title=name, ax=ax)

# %% [markdown] tags=["given"]
# **한 줄 정리.** 인과 마스크는 대각선을 남기고 그 오른쪽 위만 가려요.

# %% [markdown] tags=["given"]
# ## 실습 5-5 마스크를 씌운 소프트맥스 ★★★ · 논문 §3.2.3
#
# **왜 어려울까요?** 가려진 자리의 가중치는 정확히 0이어야 하고, 남은 자리의 합은 1이어야 해요. 그래서 소프트맥스 **전에**
# 가려진 점수를 $-\infty$(또는 아주 작은 수)로 바꿔요. $e^{-\infty} = 0$이니까요.
#
# **손으로.** 점수 `[2, 1, 3]`에서 가운데가 가려졌다면 $e^2 = 7.389$와 $e^3 = 20.086$만 나눠 가져요: `[0.269, 0, 0.731]`.
#
# **예상.** 가려진 점수를 $-\infty$가 아니라 0으로 바꾸면 어떻게 될까요? 그리고 한 행이 **전부** 가려졌다면 소프트맥스는 무엇을 내놓을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $e^0 = 1$이라 가려진 자리도 몫을 받아요: `[0.259, 0.035, 0.705]`. 점수 0은 '안 봄'이 아니라 '보통으로 봄'이에요.
# 전부 $-\infty$인 행은 0을 0으로 나눠 `nan`이 돼요. 이 코스에서는 볼 것이 없으면 아무것도 가져오지 않도록 그 행을 0으로 약속해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "masked_softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
def masked_softmax(scores: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """볼 수 있는 키(True)에만 비율을 나눠 줘요. 마지막 축의 합이 1이에요.

    모양: scores (..., T, S), mask는 (..., T, S)로 브로드캐스트되는 참/거짓 또는 None -> (..., T, S)
    mask가 None이면 보통의 소프트맥스예요. 전부 가려진 행은 nan이 아니라 0이에요.
    예: 점수 [2, 1, 3], 마스크 [T, F, T] -> [0.269, 0, 0.731]
    """
    ### BEGIN SOLUTION
    if mask is None:
        return torch.softmax(scores, dim=-1)
    weights = torch.softmax(scores.masked_fill(~mask, -1e9), dim=-1)
    return weights * mask
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 세 가지를 따로 생각해요. 마스크가 없을 때, 일부가 가려졌을 때, 한 행이 모두 가려졌을 때.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `Tensor.masked_fill(조건, 값)`은 조건이 True인 자리를 채워요. 참/거짓을 뒤집는 연산자는 `~`예요. 소프트맥스는 5-1의 것을 써도 좋아요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# $-\infty$ 대신 `-1e9`를 쓰면 전부 가려진 행도 `nan`이 아니라 고른 비율이 돼요. 거기에 마스크를 한 번 더 곱하면 그 행만 0이 되고 다른 행은 그대로예요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_masked_softmax", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
check("masked_softmax")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 가려진 점수를 무엇으로 채우느냐에 따라 가려진 자리로 얼마나 새는지 비교해요. 점수는 `[2, 1, 3]`, 가운데가 가려진 자리예요.

# %% tags=["experiment"]
scores, mask = torch.tensor([2.0, 1.0, 3.0]), torch.tensor([True, False, True])
fills = {f"{fill}로 채움": torch.softmax(torch.tensor([2.0, fill, 3.0]), dim=-1) for fill in (0, -1)}
plots.bars(
    ["키 1", "키 2 (가려짐)", "키 3"],
    fills | {"여러분의 함수": masked_softmax(scores, mask)},
    values="{:.3f}",
    ylabel="가중치",
    title="가려진 키에 새어 나간 가중치",
    colors=(plots.RED, plots.ORANGE, plots.BLUE),
)

# %% [markdown] tags=["given"]
# 0이나 -1은 충분히 작지 않아서 가려진 키가 몫을 챙겨요. 여러분의 함수는 정확히 0이에요.
#
# **한 줄 정리.** 마스크는 소프트맥스 앞에서 씌우고, 채우는 값은 지수를 취하면 0이 될 만큼 작아야 해요.

# %% [markdown] tags=["given"]
# ## 실습 5-6 스케일드 닷 프로덕트 어텐션 ★★☆ · 논문 §3.2.1
#
# **왜 값이 따로 있을까요?** 데이터베이스에서 검색어(쿼리)와 색인(키)이 맞으면 색인이 아니라 **내용**(값)을 가져오죠.
# 어텐션은 하나만 고르지 않고, 맞는 만큼씩 섞어서 가져와요. 지금까지 만든 조각을 이으면 논문의 식 (1)이 완성돼요.
#
# **손으로.** 5-2의 점수 `[2, 1, 4]`에 소프트맥스를 씌우면 `[0.114, 0.042, 0.844]`예요. 값이 `[1, 0]`, `[0, 1]`, `[2, 3]`이라면
# 결과는 $0.114 \cdot [1, 0] + 0.042 \cdot [0, 1] + 0.844 \cdot [2, 3] = [1.802, 2.573]$이에요.
#
# **예상.** 모든 점수가 같다면 출력은 무엇이 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 가중치가 모두 $1/S$이니 값들의 평균이에요. 어텐션은 '무엇을 볼지 배우는 평균'이라고 할 수 있어요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "scaled_dot_product_attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def scaled_dot_product_attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """쿼리와 키가 닮은 만큼 값을 섞어요.

    식: softmax(Q Kᵀ / √d_k) V (논문 식 (1)). 마스크가 False인 키는 보지 않고, 전부 가려진 행은 0이에요.
    모양: q (..., T, K), k (..., S, K), v (..., S, Kv) -> (출력 (..., T, Kv), 가중치 (..., T, S))
    앞에서 만든 attention_scores와 masked_softmax를 불러 써도 좋아요.
    """
    ### BEGIN SOLUTION
    weights = masked_softmax(attention_scores(q, k), mask)
    return weights @ v, weights
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 점수, 비율, 섞기의 세 단계예요. 앞의 두 단계는 이미 함수로 있어요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 섞기는 `(T, S)`와 `(S, Kv)`의 행렬 곱이에요. 결과의 모양이 `(T, Kv)`인지 확인해요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 가중치를 변수에 담아 두고, (출력, 가중치) 차례의 튜플을 돌려줘요. 마스크를 넘기는 것을 잊지 말아요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_scaled_dot_product_attention", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
check("scaled_dot_product_attention")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 손으로 한 계산을 점수, 가중치, 출력의 차례로 펼쳐 놓아요. 마지막 줄에서는 PyTorch에 들어 있는 함수와도 견줘요.

# %% tags=["experiment"]
q = torch.tensor([[1.0, 0.0, 2.0, 1.0], [0.0, 1.0, -1.0, 0.0]])
k = torch.tensor([[2.0, 1.0, 1.0, 0.0], [0.0, 3.0, 1.0, 0.0], [1.0, 0.0, 3.0, 1.0]])
v = torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 3.0]])
out, weights = scaled_dot_product_attention(q, k, v)
first, second, third = plots.panels(3, "점수에서 출력까지", height=2.6)
plots.heatmap(
    attention_scores(q, k), rows=queries, columns=keys, values="{:.1f}", diverging=True, title="점수", ax=first
)
plots.heatmap(weights, rows=queries, columns=keys, values="{:.3f}", limits=(0, 1), title="가중치", ax=second)
plots.heatmap(out, rows=queries, columns=["성분 1", "성분 2"], values="{:.3f}", title="출력", ax=third)
print("PyTorch와의 차이:", (out - F.scaled_dot_product_attention(q, k, v)).abs().max().item())

# %% [markdown] tags=["given"]
# **한 줄 정리.** 어텐션은 점수로 비율을 정하고 그 비율로 값을 섞는, 행렬 곱 두 번과 소프트맥스 한 번이에요.

# %% [markdown] tags=["given"]
# ## 실습 5-7 셀프 어텐션 ★★☆ · 논문 §3.2.3
#
# **왜 가중치가 셋일까요?** 셀프 어텐션에서는 쿼리, 키, 값이 모두 같은 문장 `x`에서 나와요. 그런데 '찾는 것'과 '내거는 이름표'가
# 같다면 누구나 자기와 닮은 토큰, 곧 자기 자신을 가장 많이 볼 거예요. 동사가 목적어를 보려면 **찾는 눈**($W_q$)과
# **이름표**($W_k$)와 **건넬 내용**($W_v$)이 서로 달라야 해요.
#
# $$Q = xW_q, \quad K = xW_k, \quad V = xW_v$$
#
# **손으로.** 토큰 둘이 `[1, 0]`과 `[0, 1]`이고 $W_q = I$예요. $W_k = I$이면 점수($\sqrt{2}$로 나누기 전)는 `[[1, 0], [0, 1]]`이라 서로 자기만 봐요.
# $W_k$의 두 열을 맞바꾸면 `[[0, 1], [1, 0]]`이 되어 서로 상대를 봐요. `x`는 그대로인데 보는 곳이 뒤집혔어요.
#
# **예상.** $W_q = W_k$라면 점수 행렬은 어떤 모양의 대칭을 가질까요? 그러면 무엇을 표현할 수 없을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $xW(xW)^\top$는 대칭 행렬이에요. '찾았다가 돈을 보는 정도'와 '돈이 찾았다를 보는 정도'의 점수가 늘 같아서, 한쪽만 바라보는 관계를 점수에 담지 못해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "self_attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def self_attention(
    x: torch.Tensor,
    W_q: torch.Tensor,
    W_k: torch.Tensor,
    W_v: torch.Tensor,
    mask: torch.Tensor | None = None,
) -> torch.Tensor:
    """한 문장이 자기 자신에게 묻고 답해요. 출력만 돌려줘요.

    식: Attention(x W_q, x W_k, x W_v). 전부 가려진 행은 여기서도 0이에요.
    모양: x (B, T, D), W_q와 W_k (D, K), W_v (D, Kv), mask (T, T)나 (B, T, T)나 None -> (B, T, Kv)
    """
    ### BEGIN SOLUTION
    out, _ = scaled_dot_product_attention(x @ W_q, x @ W_k, x @ W_v, mask)
    return out
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 같은 `x`에 서로 다른 가중치 셋을 곱해 쿼리, 키, 값을 만들고 5-6에 넘겨요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 이 코스의 가중치는 `(들어오는 크기, 나가는 크기)` 모양이라 `x @ W`로 곱해요. 전치는 필요 없어요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 5-6은 튜플을 돌려주죠. 여기서는 그중 출력만 돌려줘요. `mask`도 함께 넘겼는지 확인해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_self_attention", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
check("self_attention")

# %% [markdown] tags=["given"]
# **눈으로 보기: 한국어 어텐션 지도.** 아직 학습한 모델이 없으니 뜻을 읽을 수 있는 임베딩을 손으로 적어요. 특징은 다섯 가지
# (사람, 장소, 돈, 이동, 찾기)예요. '은행에'는 장소이면서 돈과도 조금 가까워요. $W_k$는 앞의 세 특징을 이름표로 내걸고,
# $W_q$는 "이동하는 말은 장소를, 찾는 말은 돈을 찾는다"를 적은 표예요.

# %% tags=["experiment"]
tokens = text.BANK.split()  # 나는 은행에 가서 돈을 찾았다
meanings = [
    # 사람 장소 돈  이동 찾기
    [1.0, 0.0, 0.0, 0.0, 0.0],  # 나는
    [0.0, 1.0, 0.5, 0.0, 0.0],  # 은행에
    [0.0, 0.0, 0.0, 1.0, 0.0],  # 가서
    [0.0, 0.0, 1.0, 0.0, 0.0],  # 돈을
    [0.0, 0.0, 0.0, 0.0, 1.0],  # 찾았다
]
x = torch.tensor(meanings)  # (5, 5)

# %% tags=["experiment"]
wanted = [
    # 사람 장소 돈 (찾는 것)
    [2.0, 0.0, 0.0],  # 사람은 사람을
    [0.0, 2.0, 0.0],  # 장소는 장소를
    [0.0, 0.0, 2.0],  # 돈은 돈을
    [0.0, 5.0, 0.0],  # 이동은 장소를
    [1.0, 0.0, 5.0],  # 찾기는 돈을, 그리고 사람도 조금
]
W_q, W_k = torch.tensor(wanted), torch.eye(5, 3)

# %% tags=["experiment"]
maps = {
    "W 없이: 닮은 것끼리": scaled_dot_product_attention(x, x, x)[1],
    "W_q, W_k를 거쳐서": scaled_dot_product_attention(x @ W_q, x @ W_k, x)[1],
    "인과 마스크까지": scaled_dot_product_attention(x @ W_q, x @ W_k, x, causal_mask(5))[1],
}
for ax, (title, weights) in zip(plots.panels(3), maps.items(), strict=True):
    plots.attention_map(weights, tokens, title=title, ax=ax)

# %% [markdown] tags=["given"]
# 왼쪽에서는 누구나 자기와 닮은 것을 조금 더 볼 뿐이에요. 가운데에서는 '가서'가 '은행에'를, '찾았다'가 '돈을' 가장 많이 봐요. 임베딩은 그대로이고
# $W_q$와 $W_k$만 끼웠어요. 오른쪽에서는 대각선 오른쪽 위가 모두 0이에요. 이 표는 우리가 손으로 적었지만, 진짜 모델은 $W_q, W_k, W_v$를 데이터에서 배워요. 레슨 6과 8에서
# 배운 지도를 봐요.
#
# **한 줄 정리.** 셀프 어텐션은 같은 문장을 세 가지 눈으로 보고, 찾는 눈과 이름표가 맞는 곳의 내용을 섞어 와요.

# %% [markdown] tags=["given"]
# ## 실험. 문장이 길어지면 얼마나 비싸질까
#
# 점수표는 `(n, n)`이에요. 길이가 두 배가 되면 칸은 네 배가 되죠. 표가 차지하는 메모리와 여러분의 함수가 걸리는 시간을 재요.


# %% tags=["experiment"]
def milliseconds(n: int) -> float:
    """길이 n, d_k 64인 어텐션 한 번의 시간(밀리초). 스무 번 가운데 가장 빠른 것."""
    q, k, v = torch.randn(3, n, 64)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        scaled_dot_product_attention(q, k, v)
        times.append(time.perf_counter() - start)
    return min(times) * 1000


# %% tags=["experiment"]
lengths = fast([64, 128, 256, 512, 1024], [16, 32, 64])
memory = [n * n * 4 / 2**20 for n in lengths]
elapsed = [milliseconds(n) for n in lengths]
squared = [elapsed[-1] * (n / lengths[-1]) ** 2 for n in lengths]

# %% tags=["experiment"]
style = {"xlabel": "문장 길이 n", "logx": True, "logy": True, "marker": "o"}
left, right = plots.panels(2, "길이 n과 어텐션의 비용")
plots.lines(lengths, {"가중치 (n, n)": memory}, title="메모리", ylabel="MiB (float32)", ax=left, **style)
times = {"잰 시간": elapsed, "n²에 비례한다면": squared}
plots.lines(lengths, times, dashed=["n²에 비례한다면"], title="시간", ylabel="밀리초", ax=right, **style)

# %% [markdown] tags=["given"]
# 메모리는 길이가 두 배가 될 때마다 정확히 네 배예요. n = 4096이면 헤드 하나, 문장 하나의 가중치만 64 MiB이고, 헤드 8개에 문장 32개라면 16 GiB예요.
# 시간은 기계마다 달라요. 짧은 문장에서는 준비하는 시간이 섞이지만 길어질수록 기울기가 점선(n²)을 닮아 가요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# "어텐션이 RNN보다 계산이 적다"는 길이에 따라 달라지는 말이에요. 층 하나의 계산량은 셀프 어텐션이 n²·d, RNN이 n·d²이에요.
# d = 512라면 n = 32에서는 어텐션이 16분의 1이지만 n = 2048에서는 오히려 4배예요. 둘이 같아지는 곳은 n = d고요.
# Transformer가 언제나 이기는 것은 <b>차례로 기다려야 하는 스텝 수</b>와 <b>두 토큰 사이의 거리</b>예요. RNN은 n에 비례하고 어텐션은 1이에요.</div>
#
# **한 줄 정리.** 어텐션은 모든 쌍을 한 번에 보는 대신 길이의 제곱만큼 값을 치러요.

# %% [markdown] tags=["given"]
# ## 실습 5-8 (보너스) 분산을 직접 재기 ★★☆ · 논문 §3.2.1 각주 4
#
# **왜 직접 잴까요?** 앞의 실험에서 그림으로 본 '분산은 $d_k$'를 이번에는 여러분의 함수로 확인해요. 논문은 이 이야기를 각주 하나로 끝냈어요.
#
# **손으로.** $d_k = 3$이면 $q \cdot k = q_1k_1 + q_2k_2 + q_3k_3$이고 곱 하나의 분산이 1이니 합의 분산은 3, $\sqrt{3}$으로 나누면 1이에요.
#
# **예상.** 표본을 100개에서 10,000개로 늘리면 잰 분산은 3에서 얼마나 덜 흔들릴까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 흔들림은 표본 수의 제곱근에 반비례해요. 표본이 100배면 흔들림은 10분의 1쯤이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "attention_variance", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_variance(d_k: int, n_samples: int, generator: torch.Generator) -> tuple[float, float]:
    """표준정규분포에서 쿼리와 키를 n_samples쌍 뽑아 (q·k의 분산, q·k/√d_k의 분산)을 돌려줘요.

    난수는 모두 generator로 뽑아요: torch.randn(모양, generator=generator)
    돌려주는 값: 파이썬 float 둘의 튜플
    예: attention_variance(64, 2_000, torch.Generator().manual_seed(0)) -> (약 64, 약 1)
    """
    ### BEGIN SOLUTION
    q = torch.randn(n_samples, d_k, generator=generator)
    k = torch.randn(n_samples, d_k, generator=generator)
    dots = (q * k).sum(-1)
    return dots.var().item(), (dots / math.sqrt(d_k)).var().item()
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 쌍을 한꺼번에 뽑고, 쌍마다 내적 하나씩을 구하고, 그 내적들의 분산을 재요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `torch.randn(n, d, generator=...)`, 성분끼리 곱해서 더하기, `Tensor.var()`, `Tensor.item()`.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# `(n_samples, d_k)` 텐서 둘을 곱해 마지막 축으로 더하면 내적 n_samples개예요. 표준편차(`std`)가 아니라 분산(`var`)이에요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_attention_variance", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("attention_variance")

# %% [markdown] tags=["given"]
# **눈으로 보기.** $d_k = 64$에서 표본 수를 늘려 가며 20번씩 재요.

# %% tags=["experiment"]
counts = fast([30, 100, 300, 1000, 3000, 10_000], [30, 100])
trials = torch.tensor([[attention_variance(64, n, generator)[0] for _ in range(20)] for n in counts])
spread = {"가장 큰 값": trials.amax(1), "평균": trials.mean(1), "가장 작은 값": trials.amin(1)}
plots.lines(
    counts,
    spread,
    dashed=["가장 큰 값", "가장 작은 값"],
    colors=(plots.GREY, plots.BLUE, plots.GREY),
    logx=True,
    marker="o",
    xlabel="표본 수",
    ylabel="q·k의 분산 (d_k = 64)",
    title="표본이 많을수록 64로 모여요",
)

# %% [markdown] tags=["given"]
# **한 줄 정리.** 분산은 많은 표본의 이야기예요. 표본이 적으면 같은 식도 제각각인 값을 내놓아요.

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# 점수를 $\sqrt{d_k}$가 아니라 $d_k$로 나눴다면 $d_k$가 클 때 어텐션 가중치는 어떤 모양이 될까요?
# 오늘 그린 그림 가운데 하나를 근거로 들어 세 문장쯤으로 적어 주세요. 이 문제는 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# $q \cdot k$의 분산은 $d_k$이니 $d_k$로 나누면 점수의 분산이 $1/d_k$가 돼요(분산을 그린 그림). $d_k$가 크면 점수가 모두 0 근처로 모이고,
# 온도를 크게 올린 것과 같아서(온도를 바꿔 그린 그림) 가중치가 $1/S$에 가까운 평평한 모양이 돼요. 그러면 어떤 키도 골라 보지 못하고 값들의 평균만 가져오게 돼요.
#
# 채점 기준
#
# - 1점: $q \cdot k$의 분산이 $d_k$(표준편차가 $\sqrt{d_k}$)라는 것에서 시작했어요.
# - 1점: $d_k$로 나누면 점수의 분산이 $1/d_k$가 되어, $d_k$가 클수록 점수가 0 근처로 모인다고 했어요.
# - 1점: 가중치가 $1/S$에 가까운 평평한 모양이 된다고 했어요.
# - 1점: 그 모양의 뜻을 말했어요. 어느 키도 골라 보지 못하고 값들의 평균에 가까운 것을 가져와요.
# - 1점: 오늘 그린 그림 하나(분산, 온도 등)를 짚고, 거기서 본 것을 근거로 들었어요.

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# '찾았다'는 **무엇을** 찾았는지도 봐야 하고 **누가** 찾았는지도 봐야 해요. 그런데 소프트맥스 하나는 비율 한 벌만 내놓아서, '돈을'을 더 보면 '나는'을 덜 볼 수밖에 없어요.
# 한 토큰이 여러 곳을 저마다의 이유로 보게 할 수는 없을까요? 레슨 6에서 어텐션을 여러 헤드로 나눠요.
#
# 아래 셀은 오늘의 실습을 모두 통과하면 이 코스의 기준 구현을 보여 줘요. 오늘 만든 함수들이 거기에 같은 이름으로 있어요.

# %% tags=["experiment"]
show_reference("masks.py")
show_reference("attention.py")
