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
# # 레슨 8. 전체 구현: 모든 퍼즐 맞추기
#
# **지금까지.** 레슨 2에서 순서를, 3에서 바꾸는 일을, 4에서 깊이 쌓는 법을, 5와 6에서 보는 법을, 7에서 글자를 숫자로 옮기는 법을 만들었어요.
# 조각은 모두 여러분의 노트북에 있어요.
#
# **이번 질문.** 이제 모두 조립하면 정말 번역이 될까요? 층과 마스크와 손실과 디코딩을 만들어 빈자리를 채우고, 레슨 2부터 여기까지 여러분이 쓴
# 함수들을 노트북에서 꺼내 하나로 이어요. 그리고 한국어를 영어로 옮기도록 학습시켜요.
#
# {차례} 앞 레슨을 다 마치지 않았어도 괜찮아요. 빠진 부품은 PyTorch의 것으로 채우고, 어느 것이 여러분의 것인지 표로 보여 드려요.

# %% [markdown] tags=["given"]
# ## 용어
#
# | 한국어 | English | 기호와 모양 |
# |---|---|---|
# | 인코더, 디코더 | encoder, decoder | 원문을 읽는 쪽, 번역문을 쓰는 쪽 |
# | 원문, 번역문 | source, target | `src (B, S)`, `tgt (B, T)` 정수 |
# | 메모리 | memory | 인코더의 출력 `(B, S, D)` |
# | 교사 강요 | teacher forcing | 학습할 때 디코더에 정답의 앞부분을 넣어 주는 것 |
# | 로짓 | logits | 소프트맥스를 하기 전의 점수 `(…, V)` |
# | 레이블 스무딩 | label smoothing | 정답의 확률을 1보다 조금 낮춰 잡는 것, $\epsilon$ |
# | 워밍업 | warm-up | 학습률을 천천히 올리는 처음 몇 스텝 |
# | 그리디 디코딩, 빔 서치 | greedy decoding, beam search | 한 토큰씩 고르는 두 가지 방법 |
# | 특별한 토큰 | special tokens | `BOS` 시작, `EOS` 끝, `PAD` 패딩 |
#
# 함수를 채운 뒤 바로 아래의 `check("이름")`을 실행하면 무엇이 맞고 다른지 바로 알려 줘요. 먼저 아래 두 셀을 실행해 주세요.

# %% tags=["given"]
import math

import torch
import torch.nn.functional as F

from autograder import check
from autograder.kit import fast, plots, progress, show_reference, text

# %% [markdown] tags=["given"]
# 앞 레슨에서 **여러분이** 만든 셋을 노트북에서 꺼내 써요. 아직 통과하지 못한 것이 있으면 아래 셀이 알려 줘요.


# %% tags=["given", "earlier"]
def multi_head_attention(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    """레슨 6. q_in (B, T, D), kv_in (B, S, D), mask는 True = 볼 수 있음이거나 None -> (B, T, D)"""
    split = lambda x: x.unflatten(-1, (n_heads, -1)).transpose(1, 2)  # (B, H, ·, K)
    q, k, v = split(q_in @ W_q), split(kv_in @ W_k), split(kv_in @ W_v)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2) @ W_o


def ffn(x, W1, b1, W2, b2):
    """레슨 3. x (B, T, D) -> (B, T, D)"""
    return torch.relu(x @ W1 + b1) @ W2 + b2


def post_norm(x, sublayer, gamma, beta, eps=1e-5):
    """레슨 4. LayerNorm(x + sublayer(x)). x (B, T, D) -> (B, T, D)"""
    return F.layer_norm(x + sublayer(x), x.shape[-1:], gamma, beta, eps)


# %% [markdown] tags=["given"]
# ## 실습 8-1 인코더의 층 ★★☆ · 논문 §3.1, 그림 1 왼쪽
#
# **왜 이 순서일까요?** 먼저 서로를 보고(어텐션) 그다음 저마다 생각해요(피드포워드). 부분층마다 잔차를 더하고 정규화하고요. 레슨 4에서 본 Post-LN 그대로예요.
#
# $$x \leftarrow \mathrm{LN}_1(x + \mathrm{MHA}(x, x)), \qquad x \leftarrow \mathrm{LN}_2(x + \mathrm{FFN}(x))$$
#
# 가중치는 사전 `p`에 담겨 와요. `p["attn"]`에는 `W_q W_k W_v W_o`, `p["ffn"]`에는 `W1 b1 W2 b2`, `p["norm1"]`과 `p["norm2"]`에는 `gamma beta`가 있어요.
#
# **손으로.** 토큰이 하나뿐이면 어텐션은 자기 값만 돌려줘요. $D = 2$, $x = [1, 3]$이고 어텐션이 $[1, -1]$을 내놓으면 더해서 $[2, 2]$,
# 정규화하면 $[0, 0]$이에요. 두 값이 같아서 남는 것이 없어요. 이 뒤에는 $\beta$만 남아요.
#
# **예상.** 이 층을 여섯 번 지나도 토큰의 개수와 폭은 그대로일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 그대로예요. 들어온 모양 `(B, S, D)`로 나가니까 같은 층을 몇 번이든 쌓을 수 있어요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "encoder_layer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def encoder_layer(x: torch.Tensor, p: dict, n_heads: int, src_mask: torch.Tensor | None) -> torch.Tensor:
    """셀프 어텐션과 피드포워드를 저마다 잔차와 층 정규화로 감싸요 (Post-LN, 드롭아웃 없음).

    식: x = LN1(x + MHA(x, x)), 출력 = LN2(x + FFN(x))
    모양: x (B, S, D), src_mask (B, 1, 1, S)나 None -> (B, S, D)
    예: p["attn"]["W_q"]처럼 꺼내거나 **p["attn"]으로 한꺼번에 넘길 수 있어요.
    """
    ### BEGIN SOLUTION
    attend = lambda h: multi_head_attention(h, h, **p["attn"], n_heads=n_heads, mask=src_mask)
    x = post_norm(x, attend, **p["norm1"])  # (B, S, D)
    return post_norm(x, lambda h: ffn(h, **p["ffn"]), **p["norm2"])
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 부분층이 둘이니 `post_norm`을 두 번 부르면 돼요. 첫 번째의 결과가 두 번째의 입력이에요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `post_norm(x, 부분층, gamma, beta)`의 부분층은 함수예요. `lambda h: ...`로 만들 수 있어요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 어텐션에는 `h`를 쿼리 자리와 키·값 자리에 모두 넣고, 마스크는 `src_mask`예요. 두 번째에는 `norm2`를 써요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_encoder_layer", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("encoder_layer")


# %% tags=["experiment"]
def random_layer(D: int, norms: int, *attentions: str) -> dict:
    """연습용 가중치 한 벌."""
    names = ("W_q", "W_k", "W_v", "W_o")
    layer = {kind: {w: torch.randn(D, D) / D**0.5 for w in names} for kind in attentions}
    layer["ffn"] = {
        "W1": torch.randn(D, 4 * D) / D**0.5,
        "b1": torch.zeros(4 * D),
        "W2": torch.randn(4 * D, D) / (4 * D) ** 0.5,
        "b2": torch.zeros(D),
    }
    norm = {"gamma": torch.ones(D), "beta": torch.zeros(D)}
    return layer | {f"norm{i}": norm for i in range(1, norms + 1)}


# %% tags=["experiment"]
torch.manual_seed(0)
words = text.BANK.split()
x, layers = torch.randn(1, len(words), 32), [random_layer(32, 2, "attn") for _ in range(3)]
moved = x.clone()
moved[0, 1] += torch.randn(32)  # '은행에'만 바꿔요.

# %% tags=["experiment"]
rows = [(moved - x).norm(dim=-1)[0]]
for p in layers:
    x, moved = encoder_layer(x, p, 4, None), encoder_layer(moved, p, 4, None)
    rows.append((moved - x).norm(dim=-1)[0])
plots.heatmap(
    torch.stack(rows),
    rows=["입력", "1층 뒤", "2층 뒤", "3층 뒤"],
    columns=words,
    values="{:.2f}",
    title="'은행에' 하나를 바꿨을 때 움직인 크기",
    colorbar=False,
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 입력에서는 한 토큰만 달랐는데 한 층만 지나도 다섯 토큰이 모두 움직여요. 한 층 안에 모든 토큰에서 모든 토큰으로 가는 길이 있으니까요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 8편의 표에는 Pre-LN이라고 적혀 있지만, 그 옆의 코드는 더한 다음에 정규화하는 Post-LN이에요. 논문(2017)의 층도 Post-LN이에요.
# 여기서는 코드와 논문을 따라요. 두 방식의 차이는 레슨 4에서 직접 재 봤어요.</div>
#
# **한 줄 정리.** 인코더의 층은 서로 보고, 저마다 생각하고, 그때마다 더하고 정규화해요.

# %% [markdown] tags=["given"]
# ## 실습 8-2 디코더의 층 ★★★ · 논문 §3.1, 그림 1 오른쪽
#
# **왜 하나가 더 있을까요?** 번역문을 쓰는 쪽은 두 곳을 봐야 해요. **내가 쓴 앞부분**과 **원문**이요. 그래서 부분층이 셋이에요.
#
# | 부분층 | 쿼리 | 키와 값 | 마스크 | 정규화 |
# |---|---|---|---|---|
# | 셀프 어텐션 `self_attn` | 번역문 | 번역문 | `tgt_mask` | `norm1` |
# | 크로스 어텐션 `cross_attn` | 번역문 | 메모리 | `src_mask` | `norm2` |
# | 피드포워드 `ffn` | | | | `norm3` |
#
# **손으로.** 번역문이 3토큰, 원문이 5토큰이면 셀프 어텐션의 가중치는 3×3, 크로스 어텐션의 가중치는 3×5예요. 출력은 언제나 3토큰이에요.
#
# **예상.** 번역문의 셋째 토큰을 바꾸면 첫째 자리의 출력이 달라질까요? 원문의 셋째 토큰을 바꾸면요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 번역문의 뒤는 마스크가 가려서 첫째 자리의 출력은 그대로예요. 원문은 처음부터 다 볼 수 있어서 어느 토큰을 바꿔도 모든 자리가 달라져요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "decoder_layer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def decoder_layer(
    x: torch.Tensor,
    memory: torch.Tensor,
    p: dict,
    n_heads: int,
    src_mask: torch.Tensor | None,
    tgt_mask: torch.Tensor | None,
) -> torch.Tensor:
    """가린 셀프 어텐션, 크로스 어텐션, 피드포워드를 저마다 잔차와 층 정규화로 감싸요 (Post-LN, 드롭아웃 없음).

    모양: x (B, T, D), memory (B, S, D) -> (B, T, D)
    마스크: src_mask (B, 1, 1, S)나 None, tgt_mask (B, 1, T, T)나 None
    가중치: p["self_attn"], p["cross_attn"], p["ffn"], p["norm1"], p["norm2"], p["norm3"]
    """
    ### BEGIN SOLUTION
    attend, own, other = multi_head_attention, p["self_attn"], p["cross_attn"]
    look_back = lambda h: attend(h, h, **own, n_heads=n_heads, mask=tgt_mask)
    look_across = lambda h: attend(h, memory, **other, n_heads=n_heads, mask=src_mask)
    x = post_norm(x, look_back, **p["norm1"])  # (B, T, D)
    x = post_norm(x, look_across, **p["norm2"])
    return post_norm(x, lambda h: ffn(h, **p["ffn"]), **p["norm3"])
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 인코더의 층에서 한 줄만 늘어요. 표를 위에서 아래로 읽어요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 크로스 어텐션에서 `memory`는 층 안에서 변하지 않아요. `lambda h: ...` 안에서 그대로 쓰면 돼요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 마스크는 **키**의 것이에요. 키가 번역문이면 `tgt_mask`, 키가 메모리면 `src_mask`예요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_decoder_layer", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
check("decoder_layer")

# %% tags=["experiment"]
torch.manual_seed(1)
source, target = text.SCHOOL.split(), ["<bos>", "I", "go", "to", "school"]
T, S, p = len(target), len(source), random_layer(32, 3, "self_attn", "cross_attn")
x, memory, causal = torch.randn(1, T, 32), torch.randn(1, S, 32), torch.ones(T, T).tril().bool()
before = decoder_layer(x, memory, p, 4, None, causal)
effect = torch.zeros(T, T + S)
for j in range(T + S):
    other_x, other_memory = x.clone(), memory.clone()
    (other_x[0, j] if j < T else other_memory[0, j - T]).add_(torch.randn(32))
    after = decoder_layer(other_x, other_memory, p, 4, None, causal)
    effect[:, j] = (after - before).norm(dim=-1)[0]

# %% tags=["experiment"]
plots.heatmap(
    effect,
    rows=target,
    columns=target + source,
    values="{:.1f}",
    colorbar=False,
    xlabel="바꾼 토큰 (왼쪽 번역문, 오른쪽 원문)",
    ylabel="움직인 출력",
    title="무엇을 바꾸면 어디가 움직일까",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 왼쪽 다섯 열(번역문)은 계단 모양이에요. 바꾼 자리보다 **앞**의 출력은 0.0, 조금도 움직이지 않아요. 오른쪽 세 열(원문)은 모든 자리를 움직여요.
#
# **한 줄 정리.** 디코더의 층은 쓴 데까지를 보고, 원문을 보고, 저마다 생각해요.

# %% [markdown] tags=["given"]
# ## 실습 8-3 두 마스크 ★★☆ · 논문 §3.2.3
#
# **왜 한곳에서 만들까요?** 마스크가 틀리면 예외도 없이 조금씩 틀린 모델이 돼요. 그래서 한 함수에서 만들어 모든 층이 함께 써요. 이 코스의 약속은 하나예요: **True가 볼 수 있음**.
#
# - 원문의 마스크 `(B, 1, 1, S)`: PAD가 아닌 키
# - 번역문의 마스크 `(B, 1, T, T)`: PAD가 아니고 **그리고** 미래가 아닌 키
#
# **손으로.** 번역문이 `[7, 0, 8]`이고 0이 PAD라면 (보통 PAD는 끝에 오지만 시험 삼아 가운데 뒀어요)
#
# $$\begin{bmatrix} 1 & 0 & 0 \\ 1 & 0 & 0 \\ 1 & 0 & 1 \end{bmatrix}$$
#
# 둘째 **열**이 모두 0이에요. PAD를 보지 못하게 하는 것이니 행이 아니라 열이 지워져요.
#
# **예상.** PAD가 언제나 오른쪽 끝에만 있다면, 번역문의 패딩 마스크를 빠뜨려도 진짜 토큰의 출력이 달라질까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 달라지지 않아요. 진짜 토큰보다 뒤에 있는 PAD는 인과 마스크가 이미 가려요. 그래서 이 실수는 오래 숨어 있다가 왼쪽을 채우는 배치를 만났을 때 드러나요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "make_masks", "locked": false, "schema_version": 3, "solution": true, "task": false}
def make_masks(src: torch.Tensor, tgt: torch.Tensor, pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    """인코더와 디코더가 쓸 마스크 한 쌍. True가 볼 수 있음이에요.

    모양: src (B, S), tgt (B, T) 정수 -> 원문의 마스크 (B, 1, 1, S), 번역문의 마스크 (B, 1, T, T)
    예: make_masks(src, torch.tensor([[7, 0, 8]]), 0)의 둘째 것 -> 위의 손 계산
    """
    ### BEGIN SOLUTION
    T = tgt.shape[1]
    causal = torch.ones(T, T, dtype=torch.bool).tril()  # (T, T)
    return (src != pad_id)[:, None, None, :], (tgt != pad_id)[:, None, None, :] & causal
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 레슨 5에서 만든 두 마스크를 떠올려요. 번역문에는 둘 다 필요해요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 참/거짓 텐서끼리는 `&`로 이어요. `(B, 1, 1, T) & (T, T)`는 `(B, 1, T, T)`로 늘어나요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# `ids != pad_id`의 마지막 축이 키가 되도록 `[:, None, None, :]`로 축을 늘려요. 인과 마스크는 대각선을 남기는 `tril`이에요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_make_masks", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("make_masks")

# %% tags=["experiment"]
src = torch.tensor([[5, 6, 7, 2], [8, 9, 2, 0]])
tgt = torch.tensor([[1, 5, 6, 7, 2], [1, 8, 2, 0, 0]])
src_mask, tgt_mask = make_masks(src, tgt, 0)
axes = plots.panels(2, "둘째 문장의 두 마스크", width=4.2, height=3.4)
queries = ["<bos>", "we", "<eos>", "PAD", "PAD"]
keys = ["우리는", "뛴다", "<eos>", "PAD"]
plots.mask_map(src_mask[1, 0].expand(5, 4), queries, keys, title="원문을 볼 때", ax=axes[0])
plots.mask_map(tgt_mask[1, 0], queries, title="번역문을 볼 때", ax=axes[1])

# %% [markdown] tags=["given"]
# **눈으로 보기.** 왼쪽은 PAD 열 하나만 회색이고, 오른쪽은 계단 위에 PAD 열까지 회색이에요. PAD인 **행**은 무엇이 보이든 상관없어요. 그 자리의 출력은 손실에서 빠지니까요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 인과 마스크를 "상삼각 행렬"이라고만 하면 대각선까지 가리기 쉬워요. 가리는 곳은 $j > i$인 <b>대각선보다 위</b>뿐이에요. 자기 자신은 봐도 돼요.</div>
#
# **한 줄 정리.** 번역문의 마스크는 "PAD가 아니고, 미래도 아닌" 키예요.

# %% [markdown] tags=["given"]
# ## 실습 8-4 한 칸 밀기 ★☆☆ · 논문 §3.1
#
# **왜 밀까요?** 디코더는 앞의 토큰을 보고 **다음** 토큰을 맞혀요. 학습할 때는 정답을 이미 알고 있으니, 정답을 한 칸 밀어 넣어 모든 자리를 한꺼번에 맞히게 해요.
# 이것이 교사 강요예요. 마스크가 미래를 가리므로 커닝은 되지 않아요.
#
# **손으로.**
#
# | 자리 | 0 | 1 | 2 | 3 |
# |---|---|---|---|---|
# | 입력 | `BOS` | I | go | home |
# | 맞힐 것 | I | go | home | `EOS` |
#
# **예상.** 밀지 않고 정답을 그대로 넣으면 손실은 어떻게 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 0에 가까워져요. 자리마다 맞힐 토큰이 바로 그 자리의 입력에 있으니 베끼기만 하면 되거든요. 그런데 번역은 하나도 못 해요. 바로 아래에서 실험해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "shift_right", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shift_right(tgt: torch.Tensor, bos: int) -> torch.Tensor:
    """정답을 오른쪽으로 한 칸 밀어 디코더의 입력을 만들어요. 맨 앞은 BOS이고 마지막 토큰은 빠져요.

    모양: tgt (B, T) -> (B, T)
    예: shift_right(torch.tensor([[5, 6, 2]]), 1) -> [[1, 5, 6]]
    """
    ### BEGIN SOLUTION
    start = torch.full_like(tgt[:, :1], bos)  # (B, 1)
    return torch.cat([start, tgt[:, :-1]], dim=1)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 맨 앞에 한 칸을 붙이고 맨 뒤의 한 칸을 빼요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `tgt[:, :-1]`, `torch.full_like`, `torch.cat(..., dim=1)`를 써요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# BOS로 채운 `(B, 1)`을 만들어 앞에 이어 붙여요. `tgt`와 같은 정수 형이어야 해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_shift_right", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("shift_right")

# %% tags=["experiment"]
answer = torch.tensor([[5, 6, 7, 2]])
names = {1: "<bos>", 2: "<eos>", 5: "I", 6: "go", 7: "home"}
given, wanted = ([names[i] for i in row[0].tolist()] for row in (shift_right(answer, 1), answer))
for t, word in enumerate(wanted):
    print(f"자리 {t}: 본 것 {' '.join(given[: t + 1]):<18} 맞힐 것 {word}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 문장 하나가 문제 네 개가 됐어요. 네 문제를 한 번의 행렬 계산으로 함께 풀어요. RNN이라면 네 스텝을 기다려야 했을 일이에요.
#
# **한 줄 정리.** 한 칸 밀면 문장 하나가 "앞을 보고 다음을 맞히는" 문제 여럿이 돼요.

# %% [markdown] tags=["given"]
# ## 실험. 손실은 낮은데 번역은 못 하는 세 가지 고장
#
# 받은 번호 여덟 개를 그대로 베껴 쓰는 쉬운 일을 두 층짜리 모델에 시켜요. 모두에게 같은 결과가 나오도록 부품은 PyTorch의 것으로 하고, 한 군데씩 일부러 고장 내요.
#
# 1. **헤드를 축을 되돌리지 않고 합침** (레슨 6-2에서 본 실수)
# 2. **인과 마스크의 대각선을 한 칸 위로** (바로 다음 토큰이 보임)
# 3. **한 칸 밀기를 빠뜨림**
#
# 점수는 두 가지로 매겨요. **교사 강요**는 정답의 앞부분을 넣어 주고 맞힌 비율이고, **스스로 쓰기**는 자기가 쓴 것만 보고 끝까지 쓴 것이 맞은 비율이에요.
#
# **예상.** 손실만 보고 고장 난 것을 가려낼 수 있을까요?

# %% tags=["experiment"]
from autograder.kit import assembly, trainer

assembly.one_thread()
right = assembly.stand_ins()  # 모든 부품이 PyTorch의 것


# %% tags=["experiment"]
def merged_without_transpose(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    """고장 1: 헤드를 (B, T, H, K)로 되돌리지 않고 끊어 읽어요."""
    B, T, D = q_in.shape
    pairs = (q_in, W_q), (kv_in, W_k), (kv_in, W_v)
    q, k, v = ((x @ W).view(B, -1, n_heads, D // n_heads).transpose(1, 2) for x, W in pairs)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask).reshape(B, T, D) @ W_o


def leaking_masks(src, tgt, pad_id):
    """고장 2: 대각선보다 한 칸 위까지 보여요."""
    leak = torch.ones(1, 1, tgt.shape[1], tgt.shape[1]).tril(1).bool()
    return None, leak  # 이 일에는 PAD가 없어서 원문은 가릴 것이 없어요.


# %% tags=["experiment"]
variants = {
    "바른 모델": right,
    "헤드를 잘못 합침": right.replaced(multi_head_attention=merged_without_transpose),
    "다음 토큰이 샘": right.replaced(make_masks=leaking_masks),
    "밀지 않음": right.replaced(shift_right=lambda tgt, bos: tgt),
}
results = {}
for name, variant in progress(variants.items(), "네 모델의 학습"):
    results[name] = trainer.copy_task(variant, fast(400, 20))
columns = {key: [row[key] for row in results.values()] for key in ("교사 강요", "스스로 쓰기")}
ax = plots.panels(1, width=7.2, height=3.8)[0]
plots.bars(list(results), columns, title="통째로 맞힌 비율", ylabel="문장의 비율", ax=ax)
ax.set_ylim(0, 1.5)  # 이름표가 막대를 가리지 않게
for name, row in results.items():
    print(f"{name}: " + ", ".join(f"{key} {value:.4f}" for key, value in row.items()))

# %% [markdown] tags=["given"]
# **눈으로 보기.** 네 모델 모두 교사 강요로는 만점이고 손실도 모두 0에 가까워요. 숫자만 봐서는 어느 것이 고장 났는지 **알 수 없어요**. 그런데 스스로 쓰게 하면 고장 난 셋은 한 문장도 끝까지 맞히지 못해요.
# 셋 다 학습할 때 정답이 어디선가 새어 들어왔고, 모델은 베끼는 법만 배웠어요. 쓸 때는 베낄 정답이 없으니 무너져요.
#
# 그래서 이 코스는 손실만 보지 않고 값과 **성질**(인과성, 배치 불변)을 함께 확인해요. 조립할 때의 관문도 그래서 있어요.
#
# **한 줄 정리.** 낮은 손실과 교사 강요의 만점은 바른 모델이라는 증거가 되지 못해요.

# %% [markdown] tags=["given"]
# ## 실습 8-5 레이블 스무딩 손실 ★★☆ · 논문 §5.4
#
# **왜 정답을 흐릴까요?** 정답의 확률을 정확히 1로 만들려면 로짓을 끝없이 키워야 해요. 논문은 정답에 $1 - \epsilon$만 주고 $\epsilon$을 어휘 **V칸 모두에** 고르게 나눠 줘요.
# 확신은 줄지만 BLEU는 올라가요.
#
# $$L = \frac{1}{N'} \sum_{t:\, y_t \ne \text{PAD}} \Big[(1 - \epsilon)\big(-\log p_t(y_t)\big) + \frac{\epsilon}{V} \sum_v \big(-\log p_t(v)\big)\Big]$$
#
# $N'$은 PAD가 아닌 자리의 수예요.
#
# **손으로.** $V = 4$, $\epsilon = 0.1$이면 한 칸의 몫은 $0.1 / 4 = 0.025$예요. 정답 칸은 $0.9 + 0.025 = 0.925$, 나머지 세 칸은 0.025씩, 모두 더하면 1이에요.
#
# **예상.** $\epsilon = 0.1$일 때 정답의 확률을 0.999까지 올리면 손실이 더 줄어들까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 도로 커져요. 나머지 칸의 확률이 너무 작아져서 그 몫의 벌이 커지거든요. 손실은 정답의 확률이 위의 분포(0.925)와 같을 때 가장 작아요. 아래 그림에서 확인해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "label_smoothed_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def label_smoothed_loss(logits: torch.Tensor, target: torch.Tensor, eps: float, pad_id: int) -> torch.Tensor:
    """eps를 어휘 V칸 모두에 나눈 정답 분포와의 교차 엔트로피를 PAD가 아닌 자리에서 평균해요.

    모양: logits (N, V), target (N,) 정수 -> 스칼라 텐서. 기울기가 logits까지 흘러야 해요.
    예: eps가 0이면 F.cross_entropy(logits, target, ignore_index=pad_id)와 같아요.
    """
    ### BEGIN SOLUTION
    log_p = F.log_softmax(logits, dim=-1)  # (N, V)
    right = log_p.gather(1, target[:, None])[:, 0]  # (N,)
    loss = -(1 - eps) * right - eps * log_p.mean(dim=-1)
    return loss[target != pad_id].mean()
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 식은 두 조각이에요. 정답의 로그 확률, 그리고 모든 칸의 로그 확률의 평균이요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `F.log_softmax`와 `gather`, 또는 `F.cross_entropy`의 `label_smoothing`과 `ignore_index`를 찾아봐요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# $\frac{\epsilon}{V}\sum_v$는 $\epsilon$ 곱하기 평균이에요. 마지막에 `target != pad_id`인 자리만 골라 평균해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_label_smoothed_loss", "locked": true, "points": 13, "schema_version": 3, "solution": false, "task": false}
check("label_smoothed_loss")

# %% tags=["experiment"]
V, target = 4, torch.tensor([1])
chance = torch.linspace(0.30, 0.999, 200)


def loss_at(p: float, eps: float) -> float:
    """정답에 p, 나머지 세 칸에 고르게 나눠 준 예측의 손실."""
    guess = torch.full((1, V), (1 - p) / (V - 1))
    guess[0, 1] = p
    return label_smoothed_loss(guess.log(), target, eps, 0).item()


# %% tags=["experiment"]
curves = {f"ε = {eps}": [loss_at(p.item(), eps) for p in chance] for eps in (0.0, 0.1, 0.3)}
plots.lines(chance, curves, title="너무 확신하면 벌을 받아요", xlabel="정답에 준 확률", ylabel="손실 (nat)")
for name, curve in curves.items():
    best = chance[curve.index(min(curve))]
    print(f"{name}: 손실이 가장 작은 확률 {best:.3f}, 그때의 손실 {min(curve):.3f}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** ε이 0이면 오른쪽 끝까지 내려가고, 0.1이면 0.925 근처에서 바닥을 찍고 다시 올라가요. 이때의 바닥은 0이 아니에요. 그래서 레이블 스무딩을 쓰면 손실의 숫자만 보고 다른 모델과 견줄 수 없어요.
#
# **한 줄 정리.** 레이블 스무딩은 정답 분포를 조금 흐려서 지나친 확신을 막아요.

# %% [markdown] tags=["given"]
# ## 실습 8-6 워밍업 학습률 ★☆☆ · 논문 §5.3, 식 (3)
#
# **왜 천천히 시작할까요?** 처음에는 기울기가 크고 제멋대로예요. Adam이 기울기의 크기를 가늠하기도 전에 크게 움직이면 되돌리기 어려운 곳으로 가 버려요.
# 그래서 곧게 올렸다가 $1/\sqrt{\text{step}}$으로 천천히 내려요.
#
# $$lr = d_\text{model}^{-0.5} \cdot \min(step^{-0.5},\; step \cdot warmup^{-1.5})$$
#
# **손으로.** $d_\text{model} = 4$, $warmup = 4$라면 1스텝에는 $0.5 \cdot \min(1, 1/8) = 0.0625$, 4스텝에는 $0.5 \cdot \min(1/2, 4/8) = 0.25$, 16스텝에는 $0.5 \cdot 1/4 = 0.125$예요.
#
# **예상.** 논문의 설정(512, 4000)에서 가장 큰 학습률은 0.001보다 클까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 작아요. 4000스텝에서 약 0.0007이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "noam_lr", "locked": false, "schema_version": 3, "solution": true, "task": false}
def noam_lr(step: int, d_model: int, warmup: int) -> float:
    """warmup스텝까지 곧게 오르고 그 뒤로는 스텝의 제곱근에 반비례해 내려가는 학습률 (논문 식 (3)).

    스텝은 1부터 세고, 0이 들어오면 1로 쳐요.
    예: noam_lr(4, 4, 4) -> 0.25
    """
    ### BEGIN SOLUTION
    step = max(step, 1)
    return d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 식을 그대로 옮기면 돼요. 0번째 스텝만 조심해요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 파이썬의 `min`, `max`, 거듭제곱 `**`으로 충분해요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 0의 -0.5제곱은 예외가 나요. 식을 계산하기 전에 스텝을 1 이상으로 올려요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_noam_lr", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("noam_lr")

# %% tags=["experiment"]
steps = list(range(1, 20001, 50))
curves = {f"warmup {w}": [noam_lr(s, 512, w) for s in steps] for w in (1000, 4000, 8000)}
plots.lines(steps, curves, title="워밍업의 길이와 학습률 (d_model 512)", xlabel="스텝", ylabel="학습률")
print(f"꼭대기: {max(curves['warmup 4000']):.6f}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 워밍업이 길수록 꼭대기가 낮고 늦어요. 꼭대기를 지나면 세 곡선이 하나로 겹쳐요. 그 뒤의 식에는 warmup이 없으니까요.
#
# **한 줄 정리.** 워밍업은 처음 몇 스텝을 조심스럽게 밟는 거예요.

# %% [markdown] tags=["given"]
# ## 실습 8-7 그리디 디코딩 ★★☆ · 논문 §3.1
#
# **왜 한 토큰씩일까요?** 번역할 때는 정답이 없으니 자기가 쓴 것을 다시 입력에 넣어야 해요. 스텝마다 가장 그럴듯한 토큰을 고르고, `EOS`가 나오면 끝내요.
#
# 모델 대신 **한 스텝 함수** `step_fn`을 받아요. 지금까지의 토큰 `(n, t)`를 넣으면 자리마다 다음 토큰의 로짓 `(n, t, V)`가 나와요.
#
# **손으로.** `BOS` → 로짓이 가장 큰 것이 "나는" → `BOS 나는`을 넣어 "학교에" → … → `EOS`. 돌려줄 것은 "나는 학교에 …"뿐이고 `BOS`와 `EOS`는 빼요.
#
# **예상.** 로짓은 t개의 자리마다 나와요. 그 가운데 몇 개를 쓸까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 마지막 자리 하나만 써요. 앞자리의 예측은 이미 쓴 토큰에 대한 것이라 다시 볼 일이 없어요. 그 낭비를 없애는 것이 KV 캐시예요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "greedy_decode", "locked": false, "schema_version": 3, "solution": true, "task": false}
def greedy_decode(step_fn, bos: int, eos: int, max_len: int) -> list[int]:
    """스텝마다 로짓이 가장 큰 토큰을 골라 이어 써요.

    step_fn은 정수 텐서 (n, t)를 받아 로짓 (n, t, V)를 돌려주는 함수예요. 여기서는 n이 1이에요.
    -> BOS와 EOS를 뺀 토큰의 목록(파이썬 int). EOS가 나오면 멈추고, 나오지 않아도 max_len개에서 멈춰요.
    """
    ### BEGIN SOLUTION
    tokens = [bos]
    for _ in range(max_len):
        token = int(step_fn(torch.tensor([tokens]))[0, -1].argmax())
        if token == eos:
            break
        tokens.append(token)
    return tokens[1:]
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 목록 하나에 BOS를 넣고 시작해서, 최대 max_len번 하나씩 붙여요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `step_fn(torch.tensor([tokens]))`의 모양은 `(1, t, V)`예요. 마지막 자리는 `[0, -1]`이고, 가장 큰 것의 번호는 `argmax()`예요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# EOS인지를 목록에 넣기 **전에** 봐요. 돌려줄 때 맨 앞의 BOS를 떼어요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_greedy_decode", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("greedy_decode")

# %% tags=["experiment"]
WORDS = ["<bos>", "<eos>", "나는", "학교에", "집에", "간다", "뛰어", "있다"]
NEXT = {
    "<bos>": {"나는": 1.0},
    "나는": {"학교에": 0.55, "집에": 0.45},
    "학교에": {"간다": 0.4, "뛰어": 0.35, "있다": 0.25},
    "집에": {"간다": 0.95, "있다": 0.05},
    "뛰어": {"간다": 1.0},
    "간다": {"<eos>": 1.0},
    "있다": {"<eos>": 1.0},
    "<eos>": {"<eos>": 1.0},
}

# %% tags=["experiment"]
table = torch.full((len(WORDS), len(WORDS)), 1e-9)
for word, following in NEXT.items():
    for other, chance in following.items():
        table[WORDS.index(word), WORDS.index(other)] = chance


def toy(tokens: torch.Tensor) -> torch.Tensor:
    """바로 앞의 단어만 보는 장난감 모델: (n, t) -> (n, t, V)"""
    return table[tokens].log()


# %% tags=["experiment"]
found = greedy_decode(toy, 0, 1, 10)
plots.heatmap(table, rows=WORDS, columns=WORDS, values="{:.2f}", title="다음 단어의 확률", ylabel="지금 단어")
print("그리디:", " ".join(WORDS[i] for i in found))

# %% [markdown] tags=["given"]
# **눈으로 보기.** '나는'의 행에서 '학교에'(0.55)가 '집에'(0.45)를 이겼고, '학교에'의 행에서는 '간다'(0.40)가 가장 커요. 그래서 "나는 학교에 간다"예요. 그런데 이 문장의 확률은 얼마일까요?
#
# **한 줄 정리.** 그리디는 스텝마다 가장 좋은 하나만 골라요.

# %% [markdown] tags=["given"]
# ## 실습 8-8 빔 서치 ★★★ · 논문 §6.1
#
# **왜 여럿을 데리고 갈까요?** 방금 그리디가 고른 문장의 확률은 $1 \times 0.55 \times 0.4 = 0.22$예요. 그런데 "나는 집에 간다"는 $0.45 \times 0.95 = 0.43$이에요.
# 첫 갈림길에서 조금 나은 쪽을 골랐다가 더 좋은 문장을 놓쳤어요. 빔 서치는 후보를 `beam`개까지 함께 키워요.
#
# $$\text{점수} = \frac{\sum_t \log p(y_t)}{\big((5 + L)/6\big)^{\alpha}} \qquad L = \text{만든 토큰의 수 (EOS 포함, BOS 제외)}$$
#
# 로그 확률은 음수라서 길수록 작아져요. 나누는 값(길이 벌점)이 긴 문장의 손해를 덜어 줘요.
#
# 약속은 네 가지예요.
#
# 1. 처음에는 후보가 BOS **하나**예요.
# 2. 늘린 후보를 좋은 것부터 보며, EOS로 끝난 것은 끝난 목록으로 옮기고(자리를 쓰지 않아요) 나머지는 `beam`개까지 살려요.
# 3. `max_len`스텝이 되거나 살아 있는 후보가 없을 때까지 해요.
# 4. 마지막에는 끝나지 못한 후보도 함께 겨뤄요.
#
# 아래의 두 도우미를 써도 좋아요.


# %% tags=["given"]
def length_penalty(length: int, alpha: float) -> float:
    """긴 문장의 손해를 덜어 주는 나눗수."""
    return ((5 + length) / 6) ** alpha


# %% tags=["given"]
def grow(live: list, log_p: torch.Tensor) -> list:
    """살아 있는 후보 (점수, 토큰들)마다 모든 다음 토큰을 붙여 좋은 것부터 늘어놓아요. log_p (n, V)

    같은 점수면 번호가 작은 토큰이 먼저예요.
    """
    grown = [
        (score + step, [*tokens, token])
        for (score, tokens), row in zip(live, log_p.tolist())
        for token, step in enumerate(row)
    ]
    return sorted(grown, key=lambda candidate: (-candidate[0], candidate[1][-1]))


# %% [markdown] tags=["given"]
# **손으로.** 위의 장난감 모델에서 `beam = 2`라면, 둘째 스텝의 후보는 "나는 학교에"(0.55)와 "나는 집에"(0.45) 둘 다 살아남아요.
# 셋째 스텝에는 "나는 집에 간다"(0.43)와 "나는 학교에 간다"(0.22)가 남고, 둘 다 EOS를 만나 끝난 목록으로 가요.
#
# **예상.** `beam`을 어휘 크기만큼 늘리면 언제나 가장 좋은 문장을 찾을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 그래도 아니에요. 스텝마다 후보가 어휘 크기의 거듭제곱으로 늘어나므로 어디선가는 버려야 해요. 넉넉할수록 놓칠 일이 줄어들 뿐이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "beam_search", "locked": false, "schema_version": 3, "solution": true, "task": false}
def beam_search(step_fn, bos: int, eos: int, beam: int, alpha: float, max_len: int) -> tuple[list[int], float]:
    """살아 있는 후보를 beam개까지 함께 키워 점수가 가장 높은 문장을 찾아요.

    step_fn은 정수 텐서 (n, t)를 받아 로짓 (n, t, V)를 돌려주는 함수예요.
    -> (BOS와 EOS를 뺀 토큰의 목록, 점수). 점수 = 로그 확률의 합 / length_penalty(L, alpha), L은 EOS까지 세요.
    """
    ### BEGIN SOLUTION
    live, finished = [(0.0, [bos])], []
    for length in range(1, max_len + 1):
        rows = torch.tensor([tokens for _, tokens in live])  # (n, t)
        candidates = grow(live, step_fn(rows)[:, -1].log_softmax(-1))
        live = []
        for score, tokens in candidates:
            if tokens[-1] == eos:
                finished.append((score / length_penalty(length, alpha), tokens[1:-1]))
            else:
                live.append((score, tokens))
            if len(live) == beam:
                break
    finished += [(score / length_penalty(max_len, alpha), tokens[1:]) for score, tokens in live]
    score, tokens = max(finished, key=lambda candidate: candidate[0])
    return tokens, score
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 목록이 둘 필요해요. 살아 있는 후보 `live`와 끝난 후보 `finished`요. 스텝마다 `live`를 늘려 다시 골라요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `grow(live, log_p)`가 좋은 것부터 줄 세워 줘요. `log_p`는 마지막 자리의 로짓에 `log_softmax(-1)`을 한 것이에요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 줄을 앞에서부터 보며 EOS면 나눈 점수로 `finished`에, 아니면 나누지 않은 점수로 `live`에 넣고, `live`가 `beam`개가 되면 그만 봐요. 끝나지 못한 후보의 L은 max_len이에요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_beam_search", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
check("beam_search")

# %% tags=["experiment"]
for beam in (1, 2, 3):
    tokens, score = beam_search(toy, 0, 1, beam, 0.0, 10)
    print(f"빔 {beam}: {' '.join(WORDS[i] for i in tokens)} (확률 {math.exp(score):.3f})")
alphas = [0.0, 0.6, 1.0]
lengths = list(range(1, 31))
plots.lines(
    lengths,
    {f"α = {a}": [length_penalty(n, a) for n in lengths] for a in alphas},
    title="길이 벌점: 로그 확률의 합을 나누는 값",
    xlabel="만든 토큰 수 L",
    ylabel="나누는 값",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 빔이 1이면 그리디와 같은 문장, 2부터는 확률이 두 배쯤 높은 "나는 집에 간다"를 찾아요. 그림에서 α가 클수록 긴 문장을 더 많이 봐줘요. 논문은 빔 4, α = 0.6을 썼어요.
#
# **한 줄 정리.** 빔 서치는 조금 못한 시작도 버리지 않고 데리고 가요.

# %% [markdown] tags=["given"]
# ## 실습 8-9 전체 파라미터 수 ★★☆ · 논문 표 3
#
# **왜 셀까요?** 파라미터 수를 한 자리까지 맞히려면 모델의 모든 조각을 알아야 해요. 조립하기 전의 마지막 점검이에요.
#
# - 표: 원문, 번역문, 출력이 `(V, D)` 하나를 함께 써요(`tied`). 함께 쓰지 않으면 셋이에요.
# - 층: 인코더는 어텐션 1개, FFN, 정규화 2개. 디코더는 어텐션 2개, FFN, 정규화 3개.
# - `bias`는 어텐션의 투영에만 걸려요. FFN과 정규화에는 언제나 편향이 있고, 출력 투영에는 없어요.
#
# **손으로.** $D = 2$, $d_\text{ff} = 3$이면 어텐션은 $4 \cdot 4 + 4 \cdot 2 = 24$개, FFN은 17개(레슨 3), 정규화는 4개예요. 인코더의 층은 $24 + 17 + 8 = 49$개예요.
#
# **예상.** 논문의 base(V = 37,000, D = 512, 6층)에서 표 하나가 전체의 절반을 넘을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 넘지 않아요. 표가 18,944,000개, 전체가 6천3백만 개쯤이니 3분의 1이 조금 안 돼요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "transformer_param_count", "locked": false, "schema_version": 3, "solution": true, "task": false}
def transformer_param_count(
    vocab: int, d_model: int, n_layers: int, d_ff: int, tied: bool = True, bias: bool = True
) -> int:
    """인코더와 디코더가 n_layers층씩인 Transformer의 학습되는 수를 모두 세요. 마지막 정규화는 없어요.

    어느 크기든 1보다 작으면 ValueError예요.
    예: D 2, d_ff 3이면 인코더의 층 하나는 49개, 디코더의 층 하나는 77개예요.
    """
    ### BEGIN SOLUTION
    if min(vocab, d_model, n_layers, d_ff) < 1:
        raise ValueError("크기는 모두 1 이상이어야 해요.")
    attention = 4 * d_model * d_model + (4 * d_model if bias else 0)
    feed_forward = 2 * d_model * d_ff + d_ff + d_model
    encoder = attention + feed_forward + 4 * d_model
    decoder = 2 * attention + feed_forward + 6 * d_model
    return (1 if tied else 3) * vocab * d_model + n_layers * (encoder + decoder)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 표, 인코더의 층, 디코더의 층을 따로 세어 더해요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 어텐션과 FFN은 레슨 6과 3에서 세었어요. 정규화 하나는 γ와 β, 모두 2D개예요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 인코더의 층은 어텐션 1 + FFN 1 + 정규화 2, 디코더의 층은 어텐션 2 + FFN 1 + 정규화 3이에요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_transformer_param_count", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("transformer_param_count")

# %% tags=["experiment"]
D, F_ = 512, 2048
attention, feed_forward = 4 * D * D + 4 * D, 2 * D * F_ + F_ + D
share = {
    "임베딩 표": 37000 * D,
    "어텐션 18개": 18 * attention,
    "FFN 12개": 12 * feed_forward,
    "정규화 30개": 30 * 2 * D,
}
millions = {"": [n / 1e6 for n in share.values()]}
plots.bars(list(share), millions, ylabel="백만 개", values="{:.2f}", title="논문 base의 파라미터는 어디에 있을까")
print(f"base {transformer_param_count(37000, 512, 6, 2048):,}개")
print(f"big  {transformer_param_count(37000, 1024, 6, 4096):,}개")

# %% [markdown] tags=["given"]
# **눈으로 보기.** FFN이 25.2, 임베딩 표가 18.9, 어텐션이 18.9백만 개예요. 논문의 표는 이것을 65M과 213M으로 어림해 적었어요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 논문을 처음 읽은 글에는 27.3 BLEU가 Transformer 이전의 최고 기록으로 나오지만, 27.3은 Transformer <b>base 모델</b>의 점수예요(big은 28.4).
# 논문 표 2에서 그 이전의 가장 좋은 영어-독일어 결과는 여러 모델을 묶은 것으로 26.3~26.4쯤이에요.</div>
#
# **한 줄 정리.** 파라미터는 FFN에 가장 많고, 표 하나를 셋이 함께 써서 큰 몫을 아껴요.

# %% [markdown] tags=["given"]
# ## 조립. 여러분의 Transformer
#
# 이제 마지막 고개예요. 레슨 2부터 8까지 여러분이 쓴 함수를 노트북에서 꺼내 한 모델로 이어요. 공개 확인을 통과하지 못했거나 아직 비어 있는 부품, 넘파이처럼 기울기를 끊는 부품은
# PyTorch의 것으로 바꾸고 표에 적어요. 다른 레슨의 노트북을 방금 고쳤다면 **저장**하고 아래 셀부터 다시 실행해요.

# %% tags=["experiment"]
parts = assembly.gather(globals())
parts

# %% [markdown] tags=["given"]
# ### 1. 재료
#
# 학습할 문장은 단어 표를 엮어 만든 11,520쌍에서 뽑아요. 시험에는 학습에 **한 번도 나오지 않은** 문장만 써요. 책을 함께 걸어온 "나는 학교에 간다"도 시험에 있어요.
# 조각은 레슨 7의 BPE로 나눠요.

# %% tags=["experiment"]
from autograder.kit.pairs import split_pairs

train_pairs, test_pairs = split_pairs(fast(5000, 300), fast(200, 20))
vocabulary = trainer.Vocabulary(parts, train_pairs, n_merges=fast(300, 60))
print(f"학습 {len(train_pairs):,}쌍, 시험 {len(test_pairs)}쌍, 어휘 {len(vocabulary)}개")
for pair in test_pairs[:3]:
    print(" ".join(vocabulary.pieces(pair.ko)), "→", " ".join(vocabulary.pieces(pair.en)))

# %% [markdown] tags=["given"]
# ### 2. 관문 셋
#
# 학습부터 시키지 않아요. 몇 분을 기다린 뒤에야 틀린 줄 아는 것이 가장 아까우니까요. 숫자가 아니라 **성질**을 먼저 봐요.
#
# 1. 배치 하나를 외울 수 있나요? (배울 수 있는 모델인지)
# 2. 번역문의 뒤를 바꿔도 앞의 로짓이 그대로인가요? (미래가 새지 않는지)
# 3. 혼자일 때와 배치 안에서의 답이 같은가요? (PAD가 섞이지 않는지)

# %% tags=["experiment"]
src, tgt = (trainer.padded(rows) for rows in zip(*trainer.encode_pairs(vocabulary, test_pairs[:8]), strict=True))
small = trainer.Assembled(parts, len(vocabulary))
gates = [
    trainer.overfit_gate(small, src, tgt, steps=fast(150, 3)),
    trainer.causal_gate(small, src, tgt),
    trainer.batch_gate(small, src, tgt),
]
for gate in gates:
    print(gate)

# %% [markdown] tags=["given"]
# ### 3. 학습
#
# 2층씩, 폭 64, 헤드 4개인 작은 모델이에요. 여러분의 `noam_lr`로 학습률을 정하고 `label_smoothed_loss`로 배워요. 두 코어에서 보통 1~2분이면 되고, 3분 20초가 지나면 거기까지로 끝내요.
# 중간에 커널 멈춤(■)을 눌러도 그때까지 배운 모델을 쓸 수 있어요.

# %% tags=["experiment"]
model = trainer.Assembled(parts, len(vocabulary), dropout=0.1)
history = trainer.train(model, vocabulary, train_pairs, steps=fast(800, 6), watch=text.SCHOOL)
print(f"{len(history.losses)}스텝, {history.seconds:.0f}초. {history.stopped}")
axes = plots.panels(2, "학습의 기록", width=4.8)
steps = list(range(1, len(history.losses) + 1))
plots.lines(steps, {"손실": history.losses}, title="손실", xlabel="스텝", ylabel="nat/토큰", ax=axes[0])
plots.lines(steps, {"학습률": history.rates}, title="학습률", xlabel="스텝", ax=axes[1])
for step, sentence in history.samples:
    print(f"{step:>4}스텝: {text.SCHOOL} → {sentence}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 손실은 0까지 내려가지 않아요. 레이블 스무딩이 있으면 완벽한 모델도 손실이 0이 아니니까요. 아래의 글은 같은 문장의 번역이 자라는 모습이에요.
#
# ### 4. 번역
#
# 그리디와 빔 서치로 처음 보는 문장을 옮겨요. 마지막 줄에는 여러분의 문장을 넣어 봐도 좋아요(단어는 위의 자료에 나온 것만 알아요).

# %% tags=["experiment"]
result = trainer.scores(model, vocabulary, test_pairs)
print(", ".join(f"{name} {value:.3g}" for name, value in result.items()))
for pair in test_pairs[:6]:
    print(pair.ko)
    print("    그리디:", trainer.translate_one(model, vocabulary, pair.ko))
    print("    빔 4:  ", trainer.translate_one(model, vocabulary, pair.ko, beam=4))
    print("    정답:  ", pair.en)
mine = "우리는 내일 도서관에 가지 않을 것이다"  # 바꿔 써 보세요.
print(mine, "→", trainer.translate_one(model, vocabulary, mine, beam=4))

# %% [markdown] tags=["given"]
# **교사 강요 정확도**는 정답의 앞부분을 넣어 주고 잰 것이라 번역 점수가 아니에요. **번역 정확도**와 **BLEU**는 모델이 스스로 쓴 문장으로 쟀어요.
# 이 자료는 단어 표로 만든 쉬운 문장이라 높은 점수가 나와요. 뉴스나 대화를 옮기려면 10만 쌍은 있어야 하고, 그때는 `course train`을 써요.
#
# ### 5. 어텐션 지도
#
# 크로스 어텐션이 원문의 어디를 보며 단어를 골랐는지 봐요. 마지막 층의 네 헤드예요.

# %% tags=["experiment"]
sentence = "지영은 어제 학교에서 편지를 읽었다"
written = trainer.translate_one(model, vocabulary, sentence)
src = trainer.padded([vocabulary.encode(sentence)])
tgt_in = torch.tensor([[trainer.BOS, *vocabulary.encode(written)]])
maps = model.attention_maps(src, tgt_in)["cross"][-1]
source = [*vocabulary.pieces(sentence), "<eos>"]
target = [*vocabulary.pieces(written), "<eos>"]  # 행마다 이 토큰을 고를 때 본 곳이에요.
axes = plots.panels(4, f"{sentence} → {written}", columns=2, width=5.0, height=4.2)
for head, ax in enumerate(axes):
    plots.heatmap(
        maps[head], rows=target, columns=source, title=f"헤드 {head + 1}", limits=(0, 1), colorbar=False, ax=ax
    )

# %% [markdown] tags=["given"]
# **눈으로 보기.** 'letter'의 행에는 '편지를'을, 'yesterday'의 행에는 '어제'를 짙게 보는 헤드가 있어요. 두 언어의 어순이 달라서 짙은 칸이 대각선으로 늘어서지 않아요.
# 헤드마다 맡은 것이 조금씩 다르고, 누가 무엇을 맡는지는 학습할 때마다 달라져요. 할 일이 없는 헤드는 'EOS'를 보며 쉬기도 해요.
#
# ### 6. KV 캐시
#
# 여러분의 `attend_with_cache`로 같은 문장을 한 토큰씩 써요. 결과는 같고 시간만 달라요.

# %% tags=["experiment"]
longer = trainer.Assembled(parts, len(vocabulary), max_len=300)  # 길이만 늘린 새 모델로 시간만 재요.
same = torch.equal(model.generate(src, 20, use_cache=True), model.generate(src, 20))
eight, sizes = src.expand(8, -1), fast([16, 64, 256], [4, 8])  # 여덟 문장을 함께 써요.
took = {
    name: [trainer.seconds_to_write(longer, eight, n, cache) for n in progress(sizes, f"{name}: 시간 재기")]
    for name, cache in (("캐시 없음", False), ("캐시 있음", True))
}
print(
    "두 방법의 번역이 같나요?",
    "같아요" if same else "달라요",
    f"· {sizes[-1]}토큰에서 {took['캐시 없음'][-1] / took['캐시 있음'][-1]:.1f}배",
)

# %% tags=["experiment"]
plots.lines(
    sizes,
    took,
    title="번역문의 길이와 걸린 시간",
    xlabel="만든 토큰 수",
    ylabel="CPU 시간 (초)",
    logx=True,
    logy=True,
    marker="o",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 짧을 때는 차이가 작다가 길어질수록 벌어져요. 캐시가 없으면 스텝마다 앞의 토큰을 모두 다시 계산하니까요.
#
# ### 7. 증명서

# %% tags=["experiment"]
assembly.certificate(
    parts,
    {
        "파라미터": f"{sum(w.numel() for w in model.parameters()):,}개",
        "관문": f"{sum(gate.passed for gate in gates)} / {len(gates)} 통과",
        "학습": f"{len(history.losses)}스텝, {history.seconds:.0f}초",
        "처음 보는 문장의 번역": f"{result['번역 정확도']:.0%} 정확히 일치, BLEU {result['BLEU']:.1f}",
        text.SCHOOL: trainer.translate_one(model, vocabulary, text.SCHOOL),
    },
)

# %% [markdown] tags=["given"]
# ## 실습 8-10 (보너스) BLEU ★★☆ · 논문 §6.1
#
# **왜 정확도가 아니라 BLEU일까요?** 좋은 번역은 하나가 아니에요. BLEU는 번역에 나온 1~4그램(이어진 단어 1~4개) 가운데 정답에도 나온 것의 비율을 봐요.
#
# $$\mathrm{BLEU} = 100 \cdot \min\!\big(1,\, e^{1 - r/c}\big) \cdot \Big(\prod_{n=1}^{4} p_n\Big)^{1/4}$$
#
# - $p_n$: 맞은 n그램의 수 / 번역의 n그램의 수. 두 수를 **말뭉치 전체에서** 더한 다음 나눠요. 되풀이한 것은 정답에 있는 만큼만 세요.
# - $c$, $r$: 번역과 정답의 단어 수의 합. 번역이 짧으면 벌점을 받아요.
# - 어느 $p_n$이든 0이면 BLEU는 0이에요.
#
# **손으로.** 번역 "나는 나는 나는", 정답 "나는 학교에 간다"라면 1그램은 셋 가운데 **하나**만 맞아요. 정답에 '나는'이 한 번뿐이니까요.
#
# **예상.** 한 칸 밀기를 빠뜨려 베끼기만 배운 모델이 있어요. 정답을 입력에 넣어 주고 받아 적은 것으로 BLEU를 재면 몇 점쯤일까요?


# %% nbgrader={"grade": false, "grade_id": "bleu", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bleu(hypotheses: list[str], references: list[str]) -> float:
    """말뭉치의 BLEU(0~100). 단어는 빈칸으로 나누고, 번역마다 정답이 하나예요.

    예: bleu(["나는 오늘 학교에 간다"], ["나는 오늘 학교에 간다"]) -> 100.0
    """
    ### BEGIN SOLUTION
    from collections import Counter

    hit, total, c, r = [0] * 4, [0] * 4, 0, 0
    for ours, right in zip(map(str.split, hypotheses), map(str.split, references)):
        c, r = c + len(ours), r + len(right)
        for n in range(4):
            grams = [Counter(zip(*(words[i:] for i in range(n + 1)))) for words in (ours, right)]
            hit[n] += sum((grams[0] & grams[1]).values())
            total[n] += sum(grams[0].values())
    if not all(hit):
        return 0.0
    precision = math.prod(h / t for h, t in zip(hit, total)) ** 0.25
    return 100 * min(1.0, math.exp(1 - r / c)) * precision
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# n마다 맞은 개수와 전체 개수를 문장들에 걸쳐 더해 두고, 마지막에 한 번만 나눠요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `collections.Counter`끼리 `&`를 하면 둘 가운데 작은 개수만 남아요. 이것이 '정답에 있는 만큼만'이에요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# n그램은 `zip(words, words[1:], ...)`로 만들 수 있어요. 네 비율을 곱해 0.25제곱하고, 짧은 번역의 벌점을 곱해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_bleu", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("bleu")

# %% tags=["experiment"]
unshifted = right.replaced(shift_right=lambda tgt, bos: tgt)  # 한 칸 밀기를 빠뜨린 부품
broken = trainer.Assembled(unshifted, len(vocabulary))
trainer.train(broken, vocabulary, train_pairs, steps=fast(150, 3), warmup=50)
src, tgt = (trainer.padded(rows) for rows in zip(*trainer.encode_pairs(vocabulary, test_pairs), strict=True))
with torch.no_grad():
    forced = broken(src, tgt).argmax(-1)  # 정답을 넣어 주고 받아 적은 것
forced = forced.masked_fill(tgt == trainer.PAD, trainer.PAD)

# %% tags=["experiment"]
answers = [pair.en for pair in test_pairs]
fake = bleu([vocabulary.decode(row) for row in forced.tolist()], answers)
real = bleu(trainer.translate(broken, vocabulary, [pair.ko for pair in test_pairs]), answers)
plots.bars(
    ["교사 강요로 잰 'BLEU'", "스스로 쓰게 하고 잰 BLEU"],
    {"": [fake, real]},
    ylabel="BLEU",
    title="한 칸 밀기를 빠뜨린 모델",
    values="{:.1f}",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 번역을 전혀 못 하는 모델인데 교사 강요로 재면 만점에 가까워요. 인터넷의 구현 가운데는 이렇게 잰 숫자를 BLEU라고 적은 것도 있어요.
# 논문의 27.3과 견줄 수 있는 것은 **스스로 쓴 번역**을 **단어** n그램으로 잰 것뿐이고, 그마저도 토큰을 나누는 방법을 함께 적어야 해요(sacreBLEU의 signature).
#
# **한 줄 정리.** BLEU는 스스로 쓴 번역에만 매겨요.

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# 친구가 "손실이 0.001까지 떨어졌고 교사 강요 정확도도 100%인데, 번역을 시키면 엉뚱한 말만 해"라고 해요. 무엇이 고장 났을 수 있는지 두 가지를 들고,
# 학습을 다시 하지 않고 확인하는 방법을 서너 문장으로 적어 주세요. 이 문제는 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# 미래의 토큰이 새고 있을 가능성이 커요. 예를 들어 인과 마스크의 대각선이 한 칸 밀렸거나, 한 칸 밀기를 빠뜨렸거나, 헤드를 합칠 때 축을 되돌리지 않아 다른 자리의 값이 섞였을 수 있어요.
# 학습할 때는 답이 입력에 들어 있어 베끼기만 하면 되지만, 번역할 때는 그 답이 없으니 무너져요.
# 확인은 학습 없이도 돼요. 번역문의 t번째 뒤를 바꿔 넣고 그 앞의 로짓이 움직이는지 보고(인과성), 입력과 정답을 나란히 찍어 한 칸 어긋났는지 봐요.
#
# 채점 기준
#
# - 1점: 일어날 만한 고장을 하나 들었어요. 인과 마스크가 밀렸거나, 한 칸 밀기를 빠뜨렸거나, 디코딩이 잘못된 것 등이에요.
# - 1점: 그것과 다른 고장을 하나 더 들었어요.
# - 1점: 학습의 숫자는 좋은데 번역이 무너지는 까닭을 말했어요. 학습할 때는 답이 입력에 들어 있지만 번역할 때는 없어요.
# - 1점: 학습을 다시 하지 않는 확인 방법을 말했어요. 번역문의 뒤를 바꿔 넣어 보거나 입력과 정답을 나란히 찍어 보는 것 등이에요.
# - 1점: 그 확인에서 무엇이 보이면 고장인지 말했어요. 앞의 로짓이 움직이거나, 입력과 정답이 한 칸 어긋나 있지 않은 것 등이에요.

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# 책은 여기서 끝나지만 여러분의 모델은 시작이에요. 인코더만 남기면 BERT, 디코더만 남기면 GPT, 글자 대신 그림 조각을 넣으면 ViT가 돼요. 무엇을 빼고 무엇을 바꾸면 되는지 이제 알고 있어요.
# 더 큰 자료로 제대로 학습시키고 싶다면 `python3 course.py train`을, 교실에서 처음부터 끝까지 보고 싶다면 `python3 course.py demo`를 실행해요.
#
# 아래 셀은 거기에 답이 있는 실습을 모두 통과하면 이 코스의 기준 구현을 보여 줘요. 오늘의 손실, 학습률, 디코딩은 같은 폴더의 `loss.py`, `schedule.py`, `decoding.py`에 있어요.

# %% tags=["experiment"]
show_reference("transformer.py")
