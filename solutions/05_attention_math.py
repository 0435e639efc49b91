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
# **지금까지.** RNN의 한계(레슨 1), 위치 인코딩(레슨 2), 피드포워드(레슨 3), 잔차 연결과 층 정규화(레슨 4)를 지나왔어요.
# 아직 비어 있는 곳이 하나 있어요. 토큰끼리 서로를 **보는** 부분이에요.
#
# **이번 질문.** "나는 은행에 가서 돈을 찾았다"에서 '찾았다'는 '돈을'을 얼마나, '은행에'를 얼마나 봐야 할까요?
# 평균을 내 보고(실패해요), 세 겹의 반복문으로 적어 보고(한 칸이 고장 나 있어요), 그 반복문을 조각조각 행렬 계산으로 바꾼 다음,
# 마지막에 고장 난 칸을 찾아 고쳐요.
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
# | 키 | key | $k$: `(…, S, K)`, 이름표 |
# | 값 | value | $v$: `(…, S, Kv)`, 내용 |
# | 점수 | score | `(…, T, S)`, 쿼리와 키가 맞는 정도 |
# | 어텐션 가중치 | attention weight | `(…, T, S)`, 한 행의 합이 1 |
#
# B는 문장 수, T와 S는 쿼리와 키의 길이, K는 $d_k$, Kv는 값의 너비예요. 마스크는 **True = 볼 수 있음**(○)이에요.

# %% tags=["given"]
import math
import timeit

import torch
import torch.nn.functional as F

from autograder import check
from autograder.kit import drawing, fast, moving, plots, show_reference, steps, text

# %% tags=["given"]
drawing("transformer", lit="attention")

# %% [markdown] tags=["given"]
# ## 시작. 평균은 누가 묻는지 몰라요
#
# 뜻을 읽을 수 있는 임베딩을 손으로 적었어요. 특징은 다섯이에요. '은행에'는 장소이면서 돈과도 조금 가까워요.

# %% tags=["experiment"]
tokens = text.BANK.split()  # 나는 은행에 가서 돈을 찾았다
features = ["사람", "장소", "돈", "이동", "찾기"]
meanings = [
    [1.0, 0.0, 0.0, 0.0, 0.0],  # 나는
    [0.0, 1.0, 0.5, 0.0, 0.0],  # 은행에
    [0.0, 0.0, 0.0, 1.0, 0.0],  # 가서
    [0.0, 0.0, 1.0, 0.0, 0.0],  # 돈을
    [0.0, 0.0, 0.0, 0.0, 1.0],  # 찾았다
]
x = torch.tensor(meanings)  # (T, D) = (5, 5)

# %% tags=["experiment"]
mean = x.mean(0).expand(5, 5)  # 토큰마다 문장 전체의 평균을 받아요
received = {"'가서'가 받은 것": mean[2], "'찾았다'가 받은 것": mean[4]}
plots.bars(features, received, xlabel="특징", ylabel="받은 양", title="평균: 누가 물어도 같은 것을 받아요")

# %% [markdown] tags=["given"]
# '가서'에게는 **장소**가, '찾았다'에게는 **돈**이 필요한데 둘이 받은 것이 똑같아요. 묻는 쪽마다 섞는 비율이 달라야 해요.
#
# 그래서 토큰마다 **찾는 것**(쿼리 $xW_q$)과 **이름표**(키 $xW_k$)를 만들고, 둘이 맞는 만큼 **내용**(값)을 가져와요.
# 말 그대로 반복문으로 적으면 이래요: 묻는 토큰마다(t), 보이는 토큰마다(s), 성분마다(i).

# %% tags=["given"]
drawing("attention-loops")


# %% tags=["experiment"]
def attention_by_loops(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """어텐션을 정의 그대로 적은 것. q (T, K), k (S, K), v (S, Kv) -> (점수, 가중치, 출력)."""
    T, S, K = len(q), len(k), q.size(-1)
    scores, weights, out = torch.zeros(T, S), torch.zeros(T, S), torch.zeros(T, v.size(-1))
    for t in range(T):
        for s in range(S):
            for i in range(K):
                scores[t, s] += q[t, i] * k[s, i] / math.sqrt(K)  # 5-2 점수
        total = sum(math.exp(score) for score in scores[t])
        for s in range(S):
            weights[t, s] = math.exp(scores[t, s]) / total  # 5-1 비율
            out[t] += weights[t, s] * v[s]  # 5-6 섞기
    return scores, weights, out


# %% tags=["experiment"]
wanted = [  # 행: 묻는 토큰의 특징. 열: 그 특징이 찾는 것 (사람, 장소, 돈)
    [2.0, 0.0, 0.0],  # 사람
    [0.0, 2.0, 0.0],  # 장소
    [0.0, 0.0, 2.0],  # 돈
    [0.0, 5.0, 0.0],  # 이동: 장소를 5만큼 찾아요
    [1.0, 0.0, -5.0],  # 찾기
]
W_q, W_k = torch.tensor(wanted), torch.eye(5, 3)  # 이름표는 앞의 세 특징
bank_q, bank_k, bank_v = x @ W_q, x @ W_k, x
loop_scores, loop_weights, loop_out = attention_by_loops(bank_q, bank_k, bank_v)
plots.attention_map(loop_weights, tokens, title="세 겹의 반복문이 그린 지도")

# %% [markdown] tags=["given"]
# **눈으로 보기.** '가서'는 '은행에'를 가장 많이 봐요. 이제 묻는 쪽마다 보는 곳이 달라요.
# 그런데 '찾았다'는 '돈을'을 가장 적게 봐요! $W_q$의 한 칸이 고장 났어요. 위의 표에 눈에 띄는 칸이 하나 있죠? 정말 그 칸인지는 끝에서 고쳐 보고, 경사 하강법에도 물어봐요.
# 고치기 전에 이 느린 반복문을 아래 그림의 조각으로 하나씩 바꿔요. 조각을 만들 때마다 반복문과 같은지 견줘요.

# %% tags=["given"]
drawing("attention-flow")

# %% [markdown] tags=["given"]
# ## 실습 5-1 소프트맥스 ★☆☆ · 논문 §3.2.1
#
# **왜 필요할까요?** 점수는 음수일 수도 있고 합도 제각각이라 얼마씩 섞을지 알 수 없어요.
# 그래서 **모두 양수이고 합이 1인 비율**로 바꿔요. 큰 점수는 더 큰 몫을 받고 순서는 그대로예요.
#
# $$\mathrm{softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}$$
#
# > 논문 §3.2.1: 내적을 $\sqrt{d_k}$로 나눈 것에 **소프트맥스를 씌워** 값의 가중치를 얻어요.
#
# **손으로.** 간단한 수로, '찾았다'가 문장의 차례대로 `[1, 2, 0, 3, 0]`이라는 점수를 매겼다고 해 봐요. 지수를 취하면
# `[2.7183, 7.3891, 1, 20.0855, 1]`, 합은 `32.1929`예요. 나누면 `[0.0844, 0.2295, 0.0311, 0.6239, 0.0311]`이고, 더하면 1이에요.
#
# **예상.** 점수가 `[1000, 1001, 1002]`라면 $e^{1000}$은 얼마일까요? 이 점수들의 소프트맥스는 무엇이어야 할까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# float32에서는 $e^{89}$만 되어도 `inf`이고, `inf / inf`는 `nan`이에요. 그런데 답은 멀쩡히 있어요.
# 모든 점수에 같은 수를 더하거나 빼도 비율은 그대로라서 `[0, 1, 2]`의 소프트맥스 `[0.090, 0.245, 0.665]`와 같아요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    """점수를 `dim` 축의 합이 1인 비율로 바꿔요. 아주 큰 점수가 들어와도 nan이 나오면 안 돼요.

    식: softmax(x)_i = exp(x_i) / Σ_j exp(x_j)
    모양: 무엇이든 받고 같은 모양으로 돌려줘요. dtype도 그대로예요.
    예: softmax(torch.tensor([1.0, 2.0, 0.0, 3.0, 0.0]), dim=0) -> [0.0844, 0.2295, 0.0311, 0.6239, 0.0311]
    torch.softmax를 불러도 확인은 통과하지만, 여기서는 그 속을 적어 봐요. 뒤의 실습에서는 불러 써도 좋아요.
    """
    ### BEGIN SOLUTION
    exps = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return exps / exps.sum(dim=dim, keepdim=True)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 지수를 취하고 그 합으로 나누는 두 단계예요. 그 앞에 한 단계를 더하면 큰 점수에도 안전해져요. 예상의 답을 다시 읽어 봐요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `torch.exp`, `Tensor.amax(dim=..., keepdim=...)`, `Tensor.sum(dim=..., keepdim=...)`을 찾아봐요.
# `keepdim=True`가 왜 필요한지는 모양을 적어 보면 보여요.
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
# **반복문과 같은가요?** 그리고 점수를 온도 $\tau$로 나눈 다음 소프트맥스를 씌우면 어떻게 되는지, 손잡이를 움직여 봐요.

# %% tags=["experiment"]
difference = (softmax(loop_scores, dim=-1) - loop_weights).abs().max().item()
print(f"반복문의 가중치와 가장 크게 다른 곳: {difference:.0e}")
assert difference < 1e-6


# %% tags=["experiment"]
def heated(온도: float) -> None:
    shares = softmax(torch.tensor([1.0, 2.0, 0.0, 3.0, 0.0]) / 온도, dim=0)
    plots.bars(tokens, {"비율": shares}, xlabel="보는 곳 (키)", ylabel="비율", title=f"온도 {온도:g}")
    plots.plt.ylim(0, 1.1)


moving(heated, 온도=[1.0, 0.25, 0.5, 2.0, 4.0, 16.0])

# %% [markdown] tags=["given"]
# **눈으로 보기.** 온도를 0.25로 낮추면 '돈을'이 거의 다 가져가고, 16으로 높이면 다섯이 거의 똑같이 나눠요. 순서는 한 번도 바뀌지 않아요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 5편이 <code>softmax([2, 1, 3, 0.5])</code>의 답이라고 적은 네 값은 더하면 1이 아니라 1.13이에요. 다시 계산하면 <code>[0.232, 0.085, 0.631, 0.052]</code>이고 더하면 1이에요.
# 더해 보는 것만으로도 이런 실수는 잡혀요.</div>
#
# **한 줄 정리.** 소프트맥스는 점수의 순서를 지키면서 합이 1인 비율로 바꿔요. 최댓값을 빼 두면 넘치지 않아요.

# %% [markdown] tags=["given"]
# ## 실습 5-2 어텐션 점수 ★★☆ · 논문 §3.2.1
#
# **왜 내적일까요?** 두 벡터가 같은 쪽을 보면 내적이 크고, 직각이면 0, 반대면 음수예요. 찾는 것과 이름표가 맞는 정도를
# 곱셈과 덧셈만으로 잴 수 있어요. 반복문의 세 겹이 모두 여기 있고, 셋이 **행렬 곱 하나**가 돼요.
#
# $$\text{점수} = \frac{QK^\top}{\sqrt{d_k}}$$
#
# > 논문 §3.2.1: 쿼리와 **모든 키의 내적**을 구하고, 저마다 $\sqrt{d_k}$로 나눠요. $d_k$가 크면 내적이 커져서 소프트맥스가 기울기가 아주 작은 곳으로 밀려날 것 같아서예요.
#
# **손으로.** 쿼리 `[1, 0, 2, 1]`과 키 세 개 `[2, 1, 1, 0]`, `[0, 3, 1, 0]`, `[1, 0, 3, 1]`의 내적은 `4, 2, 8`이에요.
# $d_k = 4$이니 2로 나눠서 점수는 `[2, 1, 4]`예요.
#
# **예상.** 성분이 모두 평균 0, 분산 1로 흩어진 쿼리와 키가 있어요. $d_k$가 4에서 256으로 64배가 되면 내적의 표준편차는 몇 배가 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 곱 $q_i k_i$ 하나의 평균은 0, 분산은 1이에요. 서로 독립인 것을 $d_k$개 더하면 분산도 더해져서 $d_k$가 돼요.
# 분산이 64배이니 표준편차는 8배예요. 그래서 $d_k$가 아니라 $\sqrt{d_k}$로 나눠야 표준편차가 1로 돌아와요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "attention_scores", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_scores(q: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
    """쿼리마다 모든 키와 얼마나 맞는지 점수를 매겨요.

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
# `(T, K)`와 `(S, K)`를 곱해 `(T, S)`를 얻으려면 한쪽의 두 축을 맞바꿔야 해요. 앞에 배치 축이 몇 개든 **마지막 두 축만** 맞바꿔요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `@`(행렬 곱), `Tensor.transpose(축, 축)`, `math.sqrt`. `.T`는 축이 셋 이상이면 모든 축의 차례를 거꾸로 놓아서 여기에는 맞지 않아요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 뒤에서 첫째 축과 둘째 축은 `-1`과 `-2`예요. 나눌 수는 쿼리의 마지막 축 길이에서 나와요. 문장 길이 T와 헷갈리지 않게 조심해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_attention_scores", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
check("attention_scores")

# %% tags=["experiment"]
difference = (attention_scores(bank_q, bank_k) - loop_scores).abs().max().item()
print(f"반복문의 점수와 가장 크게 다른 곳: {difference:.0e}")
assert difference < 1e-5
plots.heatmap(
    attention_scores(bank_q, bank_k),
    rows=tokens,
    columns=tokens,
    xlabel="보는 곳 (키)",
    ylabel="보는 쪽 (쿼리)",
    values="{:.2f}",
    diverging=True,
    title="행렬 곱 하나로 구한 점수",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 칸마다 파랑은 맞음, 주황은 반대예요. '찾았다' 줄에서 '돈을' 칸이 가장 짙은 주황이에요. 고장은 소프트맥스보다 앞에 있어요.
#
# **한 줄 정리.** 세 겹의 반복문은 $QK^\top$ 하나이고, $\sqrt{d_k}$로 나누면 점수의 표준편차가 $d_k$를 따라 커지지 않아요.

# %% [markdown] tags=["given"]
# ## 실험. 나누지 않으면 무슨 일이 생길까
#
# 논문의 "~일 것 같아서"를 재요. 무작위 쿼리 하나가 키 8개를 봐요.


# %% tags=["experiment"]
def sampled(d_k: int, divided: bool, count: int) -> torch.Tensor:
    """표준정규분포에서 뽑은 쿼리 count개가 저마다 키 8개에 매긴 점수 (count, 8)."""
    generator = torch.Generator().manual_seed(5)
    q = torch.randn(count, 1, d_k, generator=generator)
    k = torch.randn(count, 8, d_k, generator=generator)
    return attention_scores(q, k)[:, 0] * (1 if divided else math.sqrt(d_k))


# %% tags=["experiment"]
def one_query(d_k: int, 나누기: str) -> None:
    shares = torch.softmax(sampled(d_k, 나누기 == "나눔", 1)[0], dim=-1)
    title = rf"$d_k$ = {d_k}, $\sqrt{{d_k}}$로 {나누기}"
    plots.bars("12345678", {"가중치": shares}, xlabel="키", ylabel="가중치", title=title)
    plots.plt.ylim(0, 1.1)


moving(one_query, d_k=[64, 4, 16, 256, 1024], 나누기=["나누지 않음", "나눔"])

# %% [markdown] tags=["given"]
# 나누지 않으면 $d_k$가 클 때 대개 키 하나가 거의 다 가져가요(**포화**). 왜 곤란할까요? 키가 둘이고 가중치가 $p$와 $1-p$라면,
# 점수를 조금 올릴 때 가중치가 늘어나는 빠르기(기울기)는 $p(1-p)$예요. $p = 0.5$면 0.25인데 $p = 0.99$면 0.0099예요.
# 한쪽에 쏠리면 점수를 고쳐도 가중치가 거의 꿈쩍하지 않아요. 쿼리 1,000개로 재요.

# %% tags=["experiment"]
sizes, count = [4, 16, 64, 256, 1024], fast(1000, 100)
measured = {}
for name, divided in {"나누지 않음": False, "나눔": True}.items():
    points = [sampled(d_k, divided, count) for d_k in sizes]
    largest = [torch.softmax(row, dim=-1).amax(-1) for row in points]
    slopes = [(p * (1 - p)).mean() for p in largest]
    measured[name] = [[row.var() for row in points], [p.mean() for p in largest], slopes]
titles = ["점수의 분산", "가장 큰 가중치 $p$", "그 기울기 $p(1-p)$"]
labels = ["분산", "가중치", "기울기"]
for i, ax in enumerate(plots.panels(3, height=3.2)):
    series = {name: rows[i] for name, rows in measured.items()}
    style = {"colors": (plots.ORANGE, plots.BLUE), "marker": "o", "logx": True, "logy": i == 0}
    plots.lines(sizes, series, xlabel="$d_k$", ylabel=labels[i], title=titles[i], ax=ax, **style)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 나누지 않으면 분산은 $d_k$를 따라 커지고, 가장 큰 가중치는 1로, 기울기는 0으로 가요. 나누면 셋 다 거의 그대로예요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 5편은 크기마다 무작위 벡터를 <b>한 쌍씩</b> 뽑아서 보여 줘요. 한 쌍은 우연이에요. √d_k는 <b>많은 표본의 분산</b>에 대한 이야기예요.</div>
#
# **한 줄 정리.** $\sqrt{d_k}$는 소프트맥스를 배울 수 있는 곳에 두는 온도예요.

# %% [markdown] tags=["given"]
# ## 실습 5-3 패딩 마스크 ★☆☆ · 논문에 없는 실전의 약속
#
# **왜 필요할까요?** 길이가 다른 문장을 한 배치에 담으려면 짧은 문장 뒤를 패딩(PAD)으로 채워요. 패딩도 벡터를 가지니까,
# 가만두면 어텐션이 패딩을 봐요. 그래서 **키 쪽에서** PAD인 자리를 가려요. 논문에는 패딩 마스크 이야기가 없지만 배치로 학습하려면 꼭 있어야 해요.
#
# **손으로.** 이제부터 끝까지 이 두 문장을 데리고 다녀요. PAD의 번호가 0이고 '나는 학교에 간다'가 `[5, 8, 3]`, '나는 간다 [PAD]'가 `[5, 3, 0]`이라면
# 마스크는 `[[○, ○, ○], [○, ○, ×]]`예요. 레슨 6에서 점수에 헤드의 축이 하나 더 생겨 `(B, H, T, S)`가 되니, 가운데에 길이 1인 축 둘을 끼워 `(2, 1, 1, 3)`으로 만들어요.
# 그러면 모든 헤드와 모든 쿼리에 같은 열이 가려져요.
#
# **예상.** 그냥 `(B, S)`로 돌려주면 어떻게 될까요? 하필 배치 크기 B와 쿼리 길이 T가 같다면요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 브로드캐스팅은 뒤쪽 축부터 맞추므로 `(B, S)`는 `(T, S)` 자리에 놓여요. B와 T가 다르면 대개 오류가 나서 다행이지만, 같으면
# **조용히** 0번 문장의 마스크가 모든 문장의 0번 쿼리에 쓰여요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "padding_mask", "locked": false, "schema_version": 3, "solution": true, "task": false}
def padding_mask(ids: torch.Tensor, pad_id: int) -> torch.Tensor:
    """PAD가 아닌 키만 보게 하는 마스크예요. True가 볼 수 있음이에요.

    모양: ids (B, S) 정수 -> (B, 1, 1, S) 참/거짓
    예: padding_mask(torch.tensor([[5, 8, 3], [5, 3, 0]]), 0) -> [[[[True, True, True]]], [[[True, True, False]]]]
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

# %% nbgrader={"grade": true, "grade_id": "check_padding_mask", "locked": true, "points": 11, "schema_version": 3, "solution": false, "task": false}
check("padding_mask")

# %% tags=["experiment"]
ids = torch.tensor([[5, 8, 3], [5, 3, 0]])
sentences = [["나는", "학교에", "간다"], ["나는", "간다", "[PAD]"]]
padding = padding_mask(ids, pad_id=0)
print("패딩 마스크:", tuple(padding.shape))
for ax, row, words in zip(plots.panels(2, "패딩 마스크"), padding, sentences, strict=True):
    plots.mask_map(row[0].expand(3, 3), words, title=" ".join(words), ax=ax)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 둘째 문장에서는 `[PAD]` 열이 위에서 아래까지 ×예요. 어떤 쿼리도 패딩을 보지 못해요.
# 맨 아래 `[PAD]` 행은 진짜 토큰을 보며 무언가를 내놓지만 그 출력은 버려져요. 다음 층에서도 그 열이 가려지고, 손실을 잴 때도 빼거든요(레슨 8).
#
# **한 줄 정리.** 패딩 마스크는 행이 아니라 열을 가려요. 패딩은 아무에게도 보이지 않아야 하니까요.

# %% [markdown] tags=["given"]
# ## 실습 5-4 인과 마스크 ★☆☆ · 논문 §3.2.3
#
# **왜 필요할까요?** 문장을 만들어 내는 디코더는 다음 토큰을 맞히는 연습을 해요. 정답인 미래가 보이면 연습이 아니라 베끼기예요.
#
# > 논문 §3.2.3: 디코더에서 정보가 **왼쪽으로**(뒤의 토큰에서 앞의 자리로) **흐르지 않게** 막아요.
#
# **손으로.** t번째 토큰은 자기와 그 앞만 봐요. 길이가 3이면 `[[○, ×, ×], [○, ○, ×], [○, ○, ○]]`예요.
#
# **예상.** 대각선까지 가리면 첫째 토큰은 무엇을 볼 수 있을까요? 반대로 대각선 한 칸 오른쪽까지 열어 두면요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 대각선을 가리면 첫째 토큰은 볼 것이 하나도 없어요. 한 칸 더 열면 바로 다음 정답이 보여서 학습 손실은 잘 떨어지는데
# 혼자 번역을 시키면 아무것도 못 해요. 두 번째가 더 무서운 실수예요.
#
# </details>


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

# %% nbgrader={"grade": true, "grade_id": "check_causal_mask", "locked": true, "points": 11, "schema_version": 3, "solution": false, "task": false}
check("causal_mask")

# %% [markdown] tags=["given"]
# 디코더에는 두 마스크가 다 필요해요. `&` 하나로 합쳐져요. 둘째 문장 '나는 간다 [PAD]'로 보면 이래요.

# %% tags=["given"]
drawing("attention-masks")

# %% tags=["experiment"]
seen = padding & causal_mask(3)
print("패딩", tuple(padding.shape), "& 인과", tuple(causal_mask(3).shape), "->", tuple(seen.shape))
print("둘째 문장에서 토큰마다 보이는 수:", seen[1, 0].sum(-1).tolist())

# %% [markdown] tags=["given"]
# **눈으로 보기.** 합친 마스크는 두 문장에 저마다 `(T, S)` 표가 하나씩이고, 둘째 문장의 토큰은 차례로 1, 2, 2개를 봐요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그는 인과 마스크가 가리는 곳을 '상삼각 행렬'이라고만 불러요. 가려지는 것은 대각선을 <b>뺀</b> 상삼각(s &gt; t)이에요.</div>
#
# **한 줄 정리.** 인과 마스크는 대각선을 남기고 그 오른쪽 위만 가려요.

# %% [markdown] tags=["given"]
# ## 실습 5-5 마스크를 씌운 소프트맥스 ★★★ · 논문 §3.2.3
#
# **왜 어려울까요?** 가려진 가중치는 정확히 0, 남은 것의 합은 1이어야 해요. 그래서 가려진 점수를
# $-\infty$나 `-1e9` 같은 **아주 큰 음수**로 바꿔요(0에 가까운 `1e-9`가 아니에요). $e^{-\infty} = 0$이니까요.
#
# > 논문 §3.2.3: 막을 연결은 **소프트맥스의 입력에서** $-\infty$로 바꿔요.
#
# **손으로.** 점수 `[2, 1, 3]`에서 가운데가 가려졌다면 $e^2 = 7.3891$과 $e^3 = 20.0855$만 나눠 가져요: `[0.2689, 0, 0.7311]`.
#
# **예상.** 가려진 점수를 0으로 바꾸면요? 한 행이 **전부** 가려졌다면요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $e^0 = 1$이라 가려진 자리도 몫을 받아요: `[0.2595, 0.0351, 0.7054]`. 점수 0은 '안 봄'이 아니에요.
# 전부 $-\infty$인 행은 최댓값도 $-\infty$라 $-\infty - (-\infty)$, 곧 `nan`이에요. 그런 행은 0으로 약속해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "masked_softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
def masked_softmax(scores: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """볼 수 있는 키(True)에만 비율을 나눠 줘요. 마지막 축의 합이 1이에요.

    모양: scores (..., T, S), mask는 (..., T, S)로 브로드캐스트되는 참/거짓 또는 None -> (..., T, S)
    mask가 None이면 보통의 소프트맥스예요. 전부 가려진 행은 nan이 아니라 0이에요.
    소프트맥스는 5-1에서 만든 것도, torch.softmax도 좋아요.
    예: 점수 [2, 1, 3], 마스크 [True, False, True] -> [0.2689, 0, 0.7311]
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
# `Tensor.masked_fill(조건, 값)`은 조건이 True인 자리를 채워요. 참/거짓을 뒤집는 연산자는 `~`예요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# $-\infty$ 대신 `-1e9`를 쓰면 전부 가려진 행도 `nan`이 아니라 고른 비율이 돼요. 거기에 마스크를 한 번 더 곱하면 그 행만 0이 되고 다른 행은 그대로예요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_masked_softmax", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
check("masked_softmax")

# %% [markdown] tags=["given"]
# 점수가 모두 0인 두 문장에 앞의 마스크를 씌워요. 그림은 `[2, 1, 3]`의 가운데를 여러 수로 채운 거예요.

# %% tags=["experiment"]
weights = masked_softmax(torch.zeros(2, 1, 3, 3), seen)
print("점수 (2, 1, 3, 3)과 마스크", tuple(seen.shape), "-> 가중치", tuple(weights.shape))
print("둘째 문장:", weights[1, 0].tolist())
mine = masked_softmax(torch.tensor([2.0, 1.0, 3.0]), torch.tensor([True, False, True]))
fills = {f"{fill}로 채움": torch.softmax(torch.tensor([2.0, fill, 3.0]), dim=-1) for fill in (0, -1)}
plots.bars(
    ["키 1", "키 2 (가려짐)", "키 3"],
    fills | {"여러분의 함수": mine},
    values="{:.4f}",
    xlabel="보는 곳",
    ylabel="가중치",
    title="가려진 키에 새어 나간 가중치",
    colors=(plots.RED, plots.ORANGE, plots.BLUE),
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 둘째 문장의 어느 행도 `[PAD]`에 몫을 주지 않아요. 0이나 -1로 채우면 가려진 키로 새요.
#
# **한 줄 정리.** 마스크는 소프트맥스 앞에서 아주 큰 음수로 씌워요.

# %% [markdown] tags=["given"]
# ## 실습 5-6 스케일드 닷 프로덕트 어텐션 ★★☆ · 논문 §3.2.1
#
# **왜 값이 따로 있을까요?** 데이터베이스에서 검색어(쿼리)와 색인(키)이 맞으면 색인이 아니라 **내용**(값)을 가져오죠.
# 어텐션은 하나만 고르지 않고, 맞는 만큼씩 섞어서 가져와요. 지금까지 만든 조각을 이으면 논문의 식 (1)이에요.
#
# > 논문 §3.2: 출력은 **값들의 가중합**이고, 값마다의 가중치는 쿼리와 그 값의 키가 얼마나 맞는지로 정해요.
#
# **손으로.** 5-2의 점수 `[2, 1, 4]`에 소프트맥스를 씌우면 `[0.1142, 0.0420, 0.8438]`이에요. 값이 `[1, 0]`, `[0, 1]`, `[2, 3]`이라면
# 결과는 $0.1142 \cdot [1, 0] + 0.0420 \cdot [0, 1] + 0.8438 \cdot [2, 3] = [1.8018, 2.5734]$예요.
#
# **예상.** 모든 점수가 같다면 출력은 무엇이 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 가중치가 모두 $1/S$이니 값들의 평균이에요. 맨 처음의 평균은 '누구에게나 똑같은 점수를 매긴 어텐션'이었어요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "scaled_dot_product_attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def scaled_dot_product_attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """쿼리와 키가 맞는 만큼 값을 섞어요.

    식: softmax(Q Kᵀ / √d_k) V (논문 식 (1)). 마스크가 False인 키는 보지 않아요.
    전부 가려진 행은 nan도 고른 비율도 아니고, 출력과 가중치가 모두 0이에요.
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

# %% nbgrader={"grade": true, "grade_id": "check_scaled_dot_product_attention", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
check("scaled_dot_product_attention")

# %% tags=["experiment"]
difference = (scaled_dot_product_attention(bank_q, bank_k, bank_v)[0] - loop_out).abs().max().item()
print(f"반복문의 출력과 가장 크게 다른 곳: {difference:.0e}")
assert difference < 1e-5
torch.set_num_threads(1)  # 반복문처럼 코어 하나로 재요
q, k, v = torch.randn(3, 16, 16, generator=torch.Generator().manual_seed(1))
slow = timeit.timeit(lambda: attention_by_loops(q, k, v), number=1)
quick = min(timeit.repeat(lambda: scaled_dot_product_attention(q, k, v), number=1, repeat=20))
print(f"토큰 {len(q)}개: 여러분의 함수가 {slow / quick:,.0f}배 빨라요 (텐서의 칸을 하나씩 꺼내는 값까지예요)")

# %% tags=["experiment"]
vectors = torch.randn(9, 4, generator=torch.Generator().manual_seed(2))  # 토큰 번호마다 벡터 하나
heads = vectors[ids][:, None]  # 헤드(레슨 6)가 하나인 (2, 1, 3, 4)
out, weights = scaled_dot_product_attention(heads, heads, heads, seen)
print("q, k, v", tuple(heads.shape), "마스크", tuple(seen.shape), "-> 출력", tuple(out.shape))
for ax, table, words in zip(plots.panels(2, "두 문장의 어텐션 가중치"), weights[:, 0], sentences, strict=True):
    plots.attention_map(table, words, title=" ".join(words), ax=ax)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 세 겹의 반복문과 값은 같고 훨씬 빨라요. 두 지도에서 대각선 오른쪽 위와 `[PAD]` 열은 모두 0.00이고, 행마다 합은 1이에요.
#
# **한 줄 정리.** 어텐션은 점수로 비율을 정하고 그 비율로 값을 섞는, 행렬 곱 두 번과 소프트맥스 한 번이에요.

# %% [markdown] tags=["given"]
# ## 실습 5-7 셀프 어텐션 ★☆☆ · 논문 §3.2.3
#
# **왜 가중치 행렬이 셋일까요?** 쿼리와 키가 모두 같은 벡터 `x`라면 닮은 것끼리 많이 보게 돼요. 동사가 목적어를 보려면 **찾는 것**($W_q$)과 **이름표**($W_k$)와 **내용**($W_v$)이 저마다 달라야 해요.
#
# $$Q = xW_q, \quad K = xW_k, \quad V = xW_v$$
#
# > 논문 §3.2.3: 셀프 어텐션에서는 키, 값, 쿼리가 **모두 같은 곳**에서 와요. §3.2.2: 저마다 **다른, 배우는 행렬**로 옮겨요.
#
# **손으로.** 토큰 둘이 `[1, 0]`과 `[0, 1]`이고 $W_q = W_k = I$이면 $\sqrt{2}$로 나누기 전의 점수는 `[[1, 0], [0, 1]]`, 가중치는 자기에게 0.6698, 상대에게 0.3302예요.
# $W_k$의 두 열을 맞바꾸면 점수가 `[[0, 1], [1, 0]]`이라 이번에는 상대에게 0.6698이에요. `x`는 그대로인데 더 많이 보는 곳이 바뀌었어요.
#
# **예상.** 여기에는 헤드가 없어서 점수가 `(B, T, T)`예요. `padding_mask`가 준 `(2, 1, 1, 3)`을 점수 `(2, 3, 3)`에 그대로 씌우면 오류가 날까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 나지 않아요. 조용히 `(2, 2, 3, 3)`으로 퍼져서 문장마다 **모든 문장의** 마스크를 한 번씩 씌워요.
# 헤드 축을 빼고(`[:, 0]`) 쿼리 축을 펼쳐 `(B, T, T)`로 넘겨요.
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

    식: Attention(x W_q, x W_k, x W_v). 5-6의 함수를 불러 써요(F.scaled_dot_product_attention을 불러도 통과해요).
    모양: x (B, T, D), W_q와 W_k (D, K), W_v (D, Kv), mask (T, T)나 (B, T, T)나 None -> (B, T, Kv)
    """
    ### BEGIN SOLUTION
    out, _ = scaled_dot_product_attention(x @ W_q, x @ W_k, x @ W_v, mask)
    return out
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 같은 `x`에 서로 다른 가중치 행렬 셋을 곱해 쿼리, 키, 값을 만들고 5-6에 넘겨요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 이 코스의 가중치 행렬은 `(들어오는 크기, 나가는 크기)` 모양이라 `x @ W`로 곱해요. 축을 맞바꿀 필요가 없어요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 5-6은 튜플을 돌려주죠. 여기서는 그중 출력만 돌려줘요. `mask`도 함께 넘겼는지 확인해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_self_attention", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
check("self_attention")

# %% [markdown] tags=["given"]
# **두 문장의 마지막 이야기.** PAD의 벡터를 바꿔도 진짜 토큰의 출력은 움직이지 않아야 해요.

# %% tags=["experiment"]
print("점수 (2, 3, 3)에 그대로 씌우면:", tuple(torch.broadcast_shapes((2, 3, 3), padding.shape)))
visible = padding[:, 0].expand(2, 3, 3)  # (B, T, T)
print("헤드 축을 빼고 펼치면:", tuple(visible.shape))
matrices = torch.randn(3, 4, 4, generator=torch.Generator().manual_seed(3))  # W_q, W_k, W_v
changed = vectors.clone()
changed[0] += 100  # PAD의 벡터만
moves = {}
for name, mask in {"마스크 없이": None, "패딩 마스크": visible}.items():
    before, after = (self_attention(table[ids], *matrices, mask) for table in (vectors, changed))
    moves[name] = (after - before).abs()[ids != 0].max().item()  # 진짜 토큰의 자리만
    print(f"{name}: 진짜 토큰의 출력이 움직인 크기 {moves[name]:.4f}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 마스크가 없으면 진짜 토큰까지 크게 흔들리고, 패딩 마스크를 씌우면 0.0000, 아무것도 움직이지 않아요.
#
# **한 줄 정리.** 셀프 어텐션은 같은 문장으로 찾는 것, 이름표, 내용을 따로 만들어, 맞는 곳의 내용을 섞어 와요.

# %% [markdown] tags=["given"]
# ## 고치기. '찾았다'에게 '돈을' 돌려줘요
#
# 맨 처음의 고장은 $W_q$의 '찾기 → 돈' 칸이었어요. 5여야 할 것이 **-5**예요. 손잡이를 움직여
# '찾았다'가 '돈을'을 **0.9 이상** 보게 해 보세요. 5로 되돌리면 넉넉할까요?


# %% tags=["experiment"]
def looks(entry: float) -> torch.Tensor:
    repaired = W_q.clone()
    repaired[4, 2] = entry  # 찾기 → 돈
    return scaled_dot_product_attention(x @ repaired, x @ W_k, x)[1]  # (T, T)


# %% tags=["experiment"]
def repair(칸: float) -> None:
    left, right = plots.panels(2, f"찾기 → 돈: {칸:g}", width=5, height=3.9)
    plots.attention_map(looks(칸), tokens, title="어텐션 가중치", ax=left)
    entries = list(range(-6, 13))
    series = {"찾았다 → 돈을": [looks(float(entry))[4, 3] for entry in entries], "목표 0.9": [0.9] * 19}
    plots.lines(entries, series, dashed=["목표 0.9"], xlabel="그 칸의 값", ylabel="가중치", ax=right)
    right.plot(칸, looks(칸)[4, 3], "o", color=plots.RED, markersize=10)


moving(repair, 칸=[-5.0, 0.0, 3.0, 5.0, 7.0, 9.0, 11.0])

# %% [markdown] tags=["given"]
# <details><summary>고쳐 본 뒤 열기</summary>
#
# 5로는 0.69예요. '은행에'도 돈과 0.5만큼 가까워서 함께 커지거든요. 9에서 0.91이 돼요.
#
# </details>
#
# 이번에는 "'찾았다'는 '돈을'을 봐야 해요"만 손실 $-\log(\text{가중치})$로 알려 주고 $W_q$의 열다섯 칸을 모두
# 경사 하강법에 맡겨요. 어느 칸이 고장인지는 말하지 않아요. 값에 단위 행렬을 넣은 PyTorch의 어텐션을 써요. 그러면 출력이 곧 가중치예요.

# %% tags=["experiment"]
learned, path = W_q.clone().requires_grad_(), []
for _ in range(steps(200, 100)):
    weight = F.scaled_dot_product_attention(x @ learned, x @ W_k, torch.eye(5))[4, 3]
    path.append(weight.item())
    (gradient,) = torch.autograd.grad(-weight.log(), learned)
    learned.data -= gradient  # 학습률 1
change = (learned - W_q).detach()
left, right = plots.panels(2, "경사 하강법이 찾은 고장", width=5, height=3.6)
series = {"찾았다 → 돈을": path, "목표 0.9": [0.9] * len(path)}
plots.lines(range(len(path)), series, dashed=["목표 0.9"], xlabel="스텝", ylabel="가중치", title="가중치", ax=left)
axes = {"rows": features, "columns": features[:3], "xlabel": "찾는 것 (열)", "ylabel": "묻는 토큰의 특징 (행)"}
plots.heatmap(change, **axes, values="{:.1f}", diverging=True, title="$W_q$에서 바뀐 만큼", ax=right)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 가중치가 0.9를 넘었고, 가장 많이 바뀐 것은 바로 '찾기 → 돈' 칸이에요. '찾았다'의 벡터에는 찾기 성분뿐이라 나머지 네 줄은 그대로예요.
# 우리가 건드리지 않은 칸도 내렸어요. '장소' 칸을 내리면 '은행에'가, '사람' 칸을 내리면 '나는'이 밀려나요.
#
# **한 줄 정리.** 어디를 볼지는 $W_q$와 $W_k$가 정하고, 그 칸들은 기울기가 찾아요.

# %% [markdown] tags=["given"]
# ## 실험. 문장이 길어지면 얼마나 비싸질까
#
# 점수표는 `(n, n)`이라 길이가 두 배면 칸은 네 배예요.


# %% tags=["experiment"]
def milliseconds(n: int) -> float:
    """길이 n, d_k 64인 어텐션 한 번의 시간(밀리초). 스무 번 가운데 가장 빠른 것."""
    q, k, v = torch.randn(3, n, 64)
    return 1000 * min(timeit.repeat(lambda: scaled_dot_product_attention(q, k, v), number=1, repeat=20))


# %% tags=["experiment"]
lengths = fast([64, 128, 256, 512, 1024], [16, 32, 64])
elapsed = [milliseconds(n) for n in lengths]
measures = {"잰 시간": elapsed, "$n^2$에 비례한다면": [elapsed[-1] * (n / lengths[-1]) ** 2 for n in lengths]}
style = {"dashed": ["$n^2$에 비례한다면"], "logx": True, "logy": True, "marker": "o"}
plots.lines(
    lengths, measures, xlabel="문장 길이 $n$", ylabel="밀리초 (코어 하나)", title="길이와 어텐션의 시간", **style
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 길이가 16배일 때 시간은 16배보다 훨씬 더 늘어요. 가중치 표의 RAM은 $n^2$에 비례해요. n = 4096이면
# float32 한 장이 64 MiB, 헤드 8개에 문장 32개라면 16 GiB예요.
#
# <div class="alert alert-warning"><b>논문의 표 1을 읽을 때</b><br>
# "어텐션이 RNN보다 계산이 적다"고 읽기 쉬워요. 하지만 O(n²·d)와 O(n·d²)은 늘어나는 모양만 적었고, 어텐션 쪽은 가중치 행렬 셋을 곱하는 3nd²을 뺐어요.
# 너비가 d일 때 오늘의 <code>self_attention</code>은 곱셈이 3nd² + 2n²d번, RNN 층은 2nd²번이라 <b>길이가 얼마든 어텐션이 더 많아요</b>(d = 512, n = 32에서 1.56배).
# Transformer가 이기는 것은 <b>차례로 기다리는 스텝 수</b>와 <b>토큰 사이의 거리</b>예요.</div>
#
# **한 줄 정리.** 어텐션은 모든 쌍을 한 번에 보는 대신 길이의 제곱만큼 값을 치러요.

# %% [markdown] tags=["given"]
# ## 실습 5-8 (보너스) 분산을 직접 재기 ★★☆ · 논문 §3.2.1 각주 4
#
# **왜 직접 잴까요?** 앞의 실험에서 그림으로 본 '분산은 $d_k$'를 이번에는 여러분의 함수로 확인해요. 논문은 이 이야기를 각주 하나로 끝냈어요.
#
# > 논문 각주 4: 성분이 서로 독립이고 평균 0, 분산 1이면 $q \cdot k$는 **평균 0, 분산** $d_k$예요.
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
    내적은 쌍마다 하나, 모두 n_samples개면 돼요. 모든 쿼리와 모든 키를 곱하면 n_samples²개라 RAM이 모자랄 수 있어요.
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

# %% tags=["experiment"]
generator = torch.Generator().manual_seed(8)
counts = fast([30, 100, 300, 1000, 3000, 10_000], [30, 100, 300, 1000])
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
    ylabel=r"$q \cdot k$의 분산",
    title="$d_k$ = 64: 스무 번씩 잰 분산",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 표본이 많을수록 스무 번 가운데 가장 큰 값과 가장 작은 값이 64로 모여요.
#
# **값은 같아도 비싼 길.** `(q @ k.T).diagonal()`도 같은 값이라 확인은 통과해요. 하지만 표본 10,000개면 RAM 381 MiB에 1억 칸을 만들어 놓고 만 칸만 써요.
#
# **한 줄 정리.** 분산은 많은 표본의 이야기예요. 표본이 적으면 같은 식도 제각각인 값을 내놓아요.

# %% [markdown] tags=["given"]
# ## 마무리. PyTorch와 같아요
#
# PyTorch의 `nn.MultiheadAttention`을 헤드 하나로 만들고, 그 가중치 행렬을 꺼내 여러분의 함수에 넣어요. 두 문장의 패딩도 그대로예요.
# PyTorch의 `key_padding_mask`는 거꾸로 **True가 가림**이라 `~`를 붙여요.

# %% tags=["experiment"]
torch.manual_seed(4)
module = torch.nn.MultiheadAttention(4, num_heads=1, bias=False, batch_first=True)
torch_q, torch_k, torch_v = (W.detach().T for W in module.in_proj_weight.chunk(3))
torch_o = module.out_proj.weight.detach().T  # 레슨 6에서 만들 마지막 행렬
sentence = vectors[ids]
theirs = module(sentence, sentence, sentence, key_padding_mask=~padding[:, 0, 0])[0]
ours = self_attention(sentence, torch_q, torch_k, torch_v, visible) @ torch_o
gaps = {"nn.MultiheadAttention": (ours - theirs).abs().max().item()}
theirs = F.scaled_dot_product_attention(heads, heads, heads, attn_mask=seen)  # 여기서는 True가 볼 수 있음
ours = scaled_dot_product_attention(heads, heads, heads, seen)[0]
gaps["F.scaled_dot_product_attention"] = (ours - theirs).abs().max().item()
for name, gap in gaps.items():
    print(f"{name}과 가장 크게 다른 곳: {gap:.0e}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 두 차이 모두 float32가 반올림하는 만큼이에요. 오늘 만든 것이 바로 그 어텐션이에요.

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# 점수를 $\sqrt{d_k}$가 아니라 $d_k$로 나눴다면 $d_k$가 클 때 어텐션 가중치는 어떤 모양이 될까요?
# 오늘 본 그림 가운데 하나를 근거로 들어 세 문장쯤으로 적어 주세요. 이 문제는 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# $q \cdot k$의 분산은 $d_k$이니 $d_k$로 나누면 점수의 분산이 $1/d_k$가 돼요(분산을 그린 그림). $d_k$가 크면 점수가 모두 0 근처로 모이고,
# 온도를 크게 올린 것과 같아서(온도 손잡이의 그림) 가중치가 $1/S$에 가까운 평평한 모양이 돼요. 그러면 어떤 키도 골라 보지 못하고 값들의 평균만 가져오게 돼요.
#
# 채점 기준
#
# - 1점: $q \cdot k$의 분산이 $d_k$(표준편차가 $\sqrt{d_k}$)라는 것에서 시작했어요.
# - 1점: $d_k$로 나누면 점수의 분산이 $1/d_k$가 되어, $d_k$가 클수록 점수가 0 근처로 모인다고 했어요.
# - 1점: 가중치가 $1/S$에 가까운 평평한 모양이 된다고 했어요.
# - 1점: 그 모양의 뜻을 말했어요. 어느 키도 골라 보지 못하고 값들의 평균에 가까운 것을 가져와요.
# - 1점: 오늘 본 그림 하나(분산, 온도 등)를 짚고, 거기서 본 것을 근거로 들었어요.

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# '찾았다'는 **무엇을** 찾았는지도 봐야 하고 **누가** 찾았는지도 봐야 해요. 그런데 소프트맥스 하나는 비율 한 벌만 내놓아서, '돈을'을 더 보면 '나는'을 덜 볼 수밖에 없어요.
# 한 토큰이 여러 곳을 저마다의 이유로 보게 할 수는 없을까요? 레슨 6에서 어텐션을 여러 헤드로 나눠요.
#
# 저장소째로 받았다면 아래 셀은 오늘의 실습을 모두 통과한 뒤 이 코스의 기준 구현을 보여 줘요(나눠 받은 묶음에는 없어요). 오늘 만든 함수들이 거기에 같은 이름으로 있어요.

# %% tags=["experiment"]
show_reference("masks.py")
show_reference("attention.py")
