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
#
# **이번 질문.** 모두 조립하면 정말 번역이 될까요? 남은 조각을 만들고, 여러분의 함수들을 노트북에서 꺼내 **나만의 번역기**로 이어요.
#
# {차례} 8-1과 8-2는 레슨 3, 4, 6의 셋을 불러요. 조립에서는 빠진 부품을 PyTorch의 것으로 채우거나 비워 두고 표로 보여 드려요.

# %% tags=["given"]
from autograder.kit import drawing

drawing("transformer")

# %% [markdown] tags=["given"]
# 오늘은 그림의 모든 조각이 켜져요. 왼쪽이 원문을 읽는 **인코더**, 오른쪽이 번역문을 쓰는 **디코더**예요.
#
# ## 용어
#
# | 한국어 | English | 기호와 모양 |
# |---|---|---|
# | 원문, 번역문 | source, target | `src (B, S)`, `tgt (B, T)` 정수 |
# | 메모리 | memory | 인코더의 출력 `(B, S, D)` |
# | 교사 강요 | teacher forcing | 학습할 때 디코더에 정답의 앞부분을 넣어 주는 것 |
# | 로짓 | logits | 소프트맥스를 하기 전의 점수 `(…, V)` |
# | 특별한 토큰 | special tokens | `BOS` 시작, `EOS` 끝, `PAD` 패딩 |

# %% tags=["given"]
import math

import torch
import torch.nn.functional as F

from autograder import check
from autograder.kit import assembly, fast, moving, plots, progress, show_reference, steps, text, trainer
from autograder.kit.pairs import split_pairs

# %% [markdown] tags=["given"]
# ## 열며. 손실은 0인데 번역을 못 해요
#
# 친구가 PyTorch의 조각만으로 번역기를 만들었어요. 손실이 0이래요. 학습을 구경하고 번역을 시켜 봐요.

# %% tags=["experiment"]
assembly.one_thread()
train_pairs, test_pairs = split_pairs(fast(5000, 300), fast(200, 20))
words = trainer.Vocabulary(assembly.stand_ins(), train_pairs, n_merges=fast(300, 60))
friend = trainer.friends_translator(words, train_pairs, steps(100, 3), seed=0)

# %% tags=["experiment"]
few = test_pairs[:8]
few_src, few_tgt = (trainer.padded(rows) for rows in zip(*trainer.encode_pairs(words, few), strict=True))
loss, forced = trainer.batch_loss(friend, few_src, few_tgt)
print(f"손실 {loss.item():.3f}, 정답을 넣어 주면 {len(few)}문장 가운데 {int(forced.sum())}문장을 맞혀요.")
said = [trainer.translate_one(friend, words, pair.ko) for pair in few]
for pair, sentence in zip(few[:3], said):
    print(f"{pair.ko} → {sentence}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 처음 보는 문장인데 손실은 0에 가깝고, 정답을 넣어 주면 모두 맞혀요. 그런데 스스로 쓰게 하면 한 문장도 옮기지 못해요.
# 왜 그런지는 실습 8-4에서 밝혀져요.
#
# 아래 셀은 앞 레슨에서 **여러분이** 만든 셋을 꺼내요.


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
# ## 실습 8-1 인코더의 층 ★☆☆ · 논문 §3.1, 그림 1 왼쪽
#
# **왜 이 순서일까요?** 먼저 서로를 보고(어텐션) 그다음 저마다 생각해요(피드포워드).
# 논문 §3.1: 부분층이 둘이고, 부분층마다 그 출력은 입력을 더해 층 정규화한 것이에요.
#
# $$x \leftarrow \mathrm{LN}_1(x + \mathrm{MHA}(x, x)), \qquad x \leftarrow \mathrm{LN}_2(x + \mathrm{FFN}(x))$$
#
# 가중치는 사전 `p`에 담겨 와요. `p["attn"]`에는 `W_q W_k W_v W_o`, `p["ffn"]`에는 `W1 b1 W2 b2`, `p["norm1"]`과 `p["norm2"]`에는 `gamma beta`가 있어요.
#
# **손으로.** $x = [1, 2, 6]$이고 어텐션이 $[2, 4, 0]$을 내놓으면 더해서 $[3, 6, 6]$이에요. 평균 5를 빼면 $[-2, 1, 1]$, 표준편차 $\sqrt{2}$로 나누면 $[-1.414, 0.707, 0.707]$이에요.
#
# **예상.** 이 층을 여섯 번 지나도 토큰의 개수와 너비는 그대로일까요?
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
from autograder.kit.pytorch_parts import Weights  # 층 하나의 가중치 한 벌

torch.manual_seed(0)
names = text.BANK.split()
x = torch.randn(1, len(names), 32)
moved = x.clone()
moved[0, 1] += torch.randn(32)  # '은행에'만 바꿔요.
rows = [(moved - x).norm(dim=-1)[0]]
with torch.no_grad():
    for layer in (Weights(32, 128, 2, "attn") for _ in range(3)):
        x, moved = (encoder_layer(h, layer.p, 4, None) for h in (x, moved))
        rows.append((moved - x).norm(dim=-1)[0])
depth = ["입력", "1층 뒤", "2층 뒤", "3층 뒤"]
title = "'은행에' 하나를 바꿨을 때 움직인 크기"
plots.heatmap(torch.stack(rows), rows=depth, columns=names, values="{:.2f}", title=title, colorbar=False)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 입력에서는 한 토큰만 달랐는데 한 층만 지나도 모든 토큰이 움직여요. 한 층 안에 모든 토큰에서 모든 토큰으로 가는 길이 있으니까요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 8편의 표에는 Pre-LN이라고 적혀 있지만, 그 옆의 코드는 더한 다음에 정규화하는 Post-LN이에요. 논문(2017)의 층도 Post-LN이에요.</div>
#
# **한 줄 정리.** 인코더의 층은 서로 보고, 저마다 생각하고, 그때마다 더하고 정규화해요.

# %% [markdown] tags=["given"]
# ## 실습 8-2 디코더의 층 ★★☆ · 논문 §3.1, 그림 1 오른쪽
#
# **왜 하나가 더 있을까요?** 번역문을 쓰는 쪽은 두 곳을 봐야 해요. **내가 쓴 앞부분**과 **원문**이요.
# 논문 §3.1: 디코더의 층에는 인코더의 출력을 보는 부분층이 가운데에 하나 더 들어가요.
#
# | 부분층 | 쿼리 | 키와 값 | 마스크 | 정규화 |
# |---|---|---|---|---|
# | 셀프 어텐션 `self_attn` | 번역문 | 번역문 | `tgt_mask` | `norm1` |
# | 크로스 어텐션 `cross_attn` | 번역문 | 메모리 | `src_mask` | `norm2` |
# | 피드포워드 `ffn` | | | | `norm3` |

# %% tags=["given"]
drawing("memory-wiring")

# %% [markdown] tags=["given"]
# **손으로.** 번역문이 3토큰, 원문이 5토큰이면 셀프 어텐션 가중치는 3×3, 크로스 어텐션 가중치는 3×5예요.
#
# **예상.** 번역문의 셋째 토큰을 바꾸면 첫째 자리의 출력이 달라질까요? 원문의 셋째 토큰을 바꾸면요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 번역문의 뒤는 마스크가 가려서 첫째 자리의 출력은 그대로예요. 원문은 다 볼 수 있어서 어느 토큰을 바꿔도 모든 자리가 달라져요.
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
    attend = multi_head_attention
    x = post_norm(x, lambda h: attend(h, h, **p["self_attn"], n_heads=n_heads, mask=tgt_mask), **p["norm1"])
    x = post_norm(x, lambda h: attend(h, memory, **p["cross_attn"], n_heads=n_heads, mask=src_mask), **p["norm2"])
    return post_norm(x, lambda h: ffn(h, **p["ffn"]), **p["norm3"])  # (B, T, D)
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

# %% nbgrader={"grade": true, "grade_id": "check_decoder_layer", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
check("decoder_layer")

# %% tags=["experiment"]
torch.manual_seed(1)
source, target = text.SCHOOL.split(), ["<bos>", "I", "go", "to", "school"]
T, S, p = len(target), len(source), Weights(32, 128, 3, "self_attn", "cross_attn").p
both, causal = torch.randn(1, T + S, 32), torch.ones(T, T).tril().bool()  # 앞 T개가 번역문, 뒤 S개가 메모리
effect = torch.zeros(T, T + S)
with torch.no_grad():
    run = lambda h: decoder_layer(h[:, :T], h[:, T:], p, 4, None, causal)
    for j in range(T + S):
        other = both.clone()
        other[0, j] += torch.randn(32)
        effect[:, j] = (run(other) - run(both)).norm(dim=-1)[0]
axes = {"xlabel": "바꾼 토큰 (왼쪽 번역문, 오른쪽 메모리)", "ylabel": "움직인 출력", "colorbar": False}
title = "무엇을 바꾸면 어디가 움직일까"
plots.heatmap(effect, rows=target, columns=target + source, values="{:.1f}", title=title, **axes)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 왼쪽 다섯 열(번역문)은 계단 모양이에요. 바꾼 자리보다 **앞**의 출력은 0.0이에요. 오른쪽 세 열(메모리)은 모든 자리를 움직여요.
#
# **한 줄 정리.** 디코더의 층은 쓴 데까지를 보고, 원문을 보고, 저마다 생각해요.

# %% [markdown] tags=["given"]
# ## 실습 8-3 두 마스크 ★★☆ · 논문 §3.2.3
#
# **왜 한곳에서 만들까요?** 마스크가 틀리면 예외도 없이 조금씩 틀린 모델이 돼요. 그래서 한 함수에서 만들어 모든 층이 함께 써요. **True가 볼 수 있음**이에요.
# 논문 §3.2.3이 말하는 것은 미래를 가리는 마스크예요. PAD를 가리는 것은 문장을 묶어 학습하는 코드의 약속이고요.
#
# - 원문의 마스크 `(B, 1, 1, S)`: PAD가 아닌 키
# - 번역문의 마스크 `(B, 1, T, T)`: PAD가 아니고 **그리고** 미래가 아닌 키
#
# **손으로.** 번역문이 `[7, 0, 8]`이고 0이 PAD라면 (보통 PAD는 끝에 오지만 시험 삼아 가운데 뒀어요)
#
# $$\begin{bmatrix} ○ & × & × \\ ○ & × & × \\ ○ & × & ○ \end{bmatrix}$$
#
# 둘째 **열**이 모두 ×예요. PAD를 보지 못하게 하는 것이니 행이 아니라 열이 지워져요.
#
# **예상.** PAD가 언제나 오른쪽 끝에만 있다면, 번역문의 패딩 마스크를 빠뜨려도 진짜 토큰의 출력이 달라질까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 달라지지 않아요. 진짜 토큰보다 뒤에 있는 PAD는 인과 마스크가 이미 가려요. 그래서 이 실수는 왼쪽을 채우는 배치를 만났을 때 드러나요.
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
# PAD가 아닌지를 토큰마다 구하고, 문장 축과 토큰 축 사이에 길이 1인 축을 둘 끼워 마지막 축이 키가 되게 해요. 인과 마스크는 대각선을 남긴 아래쪽 세모예요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_make_masks", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
check("make_masks")

# %% tags=["experiment"]
two_src, two_tgt = torch.tensor([[5, 6, 7, 2], [8, 9, 2, 0]]), torch.tensor([[1, 5, 6, 7, 2], [1, 8, 2, 0, 0]])
src_mask, tgt_mask = make_masks(two_src, two_tgt, 0)
axes = plots.panels(2, "둘째 문장의 두 마스크", width=4.2, height=3.4)
queries, keys = ["<bos>", "we", "<eos>", "PAD", "PAD"], ["우리는", "뛴다", "<eos>", "PAD"]
plots.mask_map(src_mask[1, 0].expand(5, 4), queries, keys, title="원문을 볼 때", ax=axes[0])
plots.mask_map(tgt_mask[1, 0], queries, title="번역문을 볼 때", ax=axes[1])

# %% [markdown] tags=["given"]
# **눈으로 보기.** 왼쪽은 PAD 열 하나만 가려졌고, 오른쪽은 계단 위에 PAD 열까지 가려졌어요. PAD인 **행**은 무엇이 보이든 상관없어요. 그 자리의 출력은 손실에서 빠지니까요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 인과 마스크를 "상삼각 행렬"이라고만 하면 대각선까지 가리기 쉬워요. 가리는 곳은 $j > i$인 <b>대각선보다 위</b>뿐이에요. 자기 자신은 봐도 돼요.</div>
#
# **한 줄 정리.** 번역문의 마스크는 "PAD가 아니고, 미래도 아닌" 키예요.

# %% [markdown] tags=["given"]
# ## 실습 8-4 한 칸 밀기 ★☆☆ · 논문 §3.1
#
# **왜 밀까요?** 디코더는 앞의 토큰을 보고 **다음** 토큰을 맞혀요. 학습할 때는 정답을 이미 알고 있으니, 정답을 한 칸 밀어 넣어 모든 자리를 한꺼번에 맞히게 해요(교사 강요).
# 논문 §3.1: 번역문을 한 자리 밀어 넣고 미래를 가리므로, 어느 자리의 예측도 그보다 앞의 것만 보고 해요.

# %% tags=["given"]
drawing("teacher-forcing")

# %% [markdown] tags=["given"]
# **손으로.** 정답이 `[5, 6, 7, 2]`이고 `BOS`가 1이면 입력은 `[1, 5, 6, 7]`이에요.
#
# **예상.** 밀지 않고 정답을 그대로 넣으면 손실은 어떻게 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 0에 가까워져요. 자리마다 맞힐 토큰이 바로 그 자리의 입력에 있으니 베끼기만 하면 되거든요. 맨 앞에서 본 친구의 번역기가 이랬어요.
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
# `tgt[:, :-1]`, `torch.full_like`, `torch.cat(..., dim=1)`을 써요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# BOS로 채운 `(B, 1)`을 만들어 앞에 이어 붙여요. `tgt`와 같은 정수 형이어야 해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_shift_right", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("shift_right")

# %% [markdown] tags=["given"]
# 친구의 번역기에 여러분의 `shift_right`를 끼우고 다시 학습해요. 이제는 베낄 것이 없어서 세 배 오래 배워요.

# %% tags=["experiment"]
mended = trainer.friends_translator(words, train_pairs, steps(300, 3), seed=0, shift=shift_right)
better, _ = trainer.batch_loss(mended, few_src, few_tgt)
print(f"손실: 밀기 전 {loss.item():.3f}, 민 다음 {better.item():.3f}")
for pair, before in zip(few[:3], said):
    print(f"{pair.ko}\n    밀기 전: {before}\n    민 다음: {trainer.translate_one(mended, words, pair.ko)}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 손실은 똑같이 0에 가까운데, 이번에는 번역을 해요. 베낄 정답이 없어지니 원문을 보고 맞히는 수밖에 없거든요. 손실은 두 모델을 구별해 주지 못했어요.
#
# **한 줄 정리.** 한 칸 밀면 문장 하나가 "앞을 보고 다음을 맞히는" 문제 여럿이 돼요.

# %% [markdown] tags=["given"]
# ## 실험. 관문 셋과 고장 난 모델 넷
#
# 손실만 봐서는 고장을 알 수 없었어요. 그래서 학습을 오래 시키기 전에 **성질**을 봐요.
#
# 1. **외워서 쓰기.** 문장 여덟 개를 외우게 한 뒤, 정답 없이 **스스로** 끝까지 쓰게 해요.
# 2. **미래를 보지 않기.** 번역문의 뒤를 바꿔도 앞의 로짓이 그대로인가요?
# 3. **배치가 달라도 같은 답.** 혼자일 때와 다른 문장들과 묶여 PAD가 붙었을 때 같은가요?
#
# 조각은 PyTorch의 것으로 두고 한 군데씩 고장 내요.
#
# - **밀지 않음:** 친구의 번역기처럼 정답을 그대로 넣어요.
# - **다음 토큰이 보임:** 번역문의 마스크가 미래를 한 칸 더 보여 줘요.
# - **헤드를 잘못 합침:** 축을 되돌리지 않고 모양만 맞춰요(레슨 6-2의 실수).
# - **원문의 PAD가 보임:** 원문의 마스크가 아무것도 가리지 않아요.
#
# **예상.** 넷을 저마다 어느 관문이 막을까요? 표를 보기 전에 적어 봐요.


# %% tags=["experiment"]
def merged_badly(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    """헤드를 (B, T, H, K)로 되돌리지 않고 끊어 읽어요 (레슨 6-2의 실수)."""
    q, k, v = (
        (x @ W).unflatten(-1, (n_heads, -1)).transpose(1, 2) for x, W in ((q_in, W_q), (kv_in, W_k), (kv_in, W_v))
    )
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask).reshape(q_in.shape) @ W_o


def ladder(T, up):  # 대각선보다 up칸 위까지 보이는 마스크
    return torch.ones(1, 1, T, T).tril(up).bool()


# %% tags=["experiment"]
right = assembly.stand_ins()
broken = {
    "밀지 않음": right.replaced(shift_right=lambda tgt, bos: tgt),
    "다음 토큰이 보임": right.replaced(make_masks=lambda s, t, pad: (None, ladder(t.shape[1], 1))),
    "헤드를 잘못 합침": right.replaced(multi_head_attention=merged_badly),
    "원문의 PAD가 보임": right.replaced(make_masks=lambda s, t, pad: ((s >= 0)[:, None, None], ladder(t.shape[1], 0))),
}
table = trainer.GateTable({"바른 모델": right, **broken}, len(words), few_src, few_tgt, steps(150, 3), seed=0)
table

# %% [markdown] tags=["given"]
# **눈으로 보기.** 밀지 않은 모델은 첫째 관문만 막아요. 마스크는 멀쩡해서 미래를 보지 않고, 배치가 달라도 같은 답을 하니까요. 원문의 PAD가 보이는 모델은 **셋째만** 막아요. 여덟 문장쯤은 PAD를 보면서도 외우거든요.
# 다음 토큰이 보이거나 헤드를 잘못 합친 모델은 뒤의 값이 새어 들어와서 셋이 다 막아요. 둘째와 셋째는 학습하지 않고도 볼 수 있어요.
#
# **한 줄 정리.** 낮은 손실은 바른 모델이라는 증거가 못 돼요. 스스로 쓰게 하고, 바꿔 넣어 봐요.

# %% [markdown] tags=["given"]
# ## 실습 8-5 레이블 스무딩 손실 ★★☆ · 논문 §5.4
#
# **왜 정답을 흐릴까요?** 정답의 확률을 정확히 1로 만들려면 로짓을 끝없이 키워야 해요. 그래서 정답에 $1 - \epsilon$만 주고 $\epsilon$을 어휘 **V칸 모두에** 고르게 나눠 줘요.
# 논문 §5.4: $\epsilon = 0.1$을 썼고, 확신은 줄지만 정확도와 BLEU는 올라갔어요.
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
# 도로 커져요. 나머지 칸의 확률이 너무 작아져서 그 몫의 벌이 커지거든요. 손실은 정답의 확률이 위의 분포(0.925)와 같을 때 가장 작아요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "label_smoothed_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def label_smoothed_loss(logits: torch.Tensor, target: torch.Tensor, eps: float, pad_id: int) -> torch.Tensor:
    """eps를 어휘 V칸 모두에 나눈 정답 분포와의 교차 엔트로피를 PAD가 아닌 자리에서 평균해요.

    모양: logits (N, V), target (N,) 정수 -> 스칼라 텐서. 기울기가 logits까지 흘러야 해요.
    예: V가 4이고 로짓이 모두 같으면, eps가 얼마든 손실은 log 4예요.
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
# 로그 확률은 `F.log_softmax`, 자리마다 정답의 칸 하나를 꺼내는 것은 `gather`예요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# $\frac{\epsilon}{V}\sum_v$는 $\epsilon$ 곱하기 평균이에요. 마지막에 PAD가 아닌 자리만 골라 평균해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_label_smoothed_loss", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
check("label_smoothed_loss")

# %% tags=["experiment"]
chance = torch.linspace(0.30, 0.999, 200)
guess = torch.stack([(1 - chance) / 3, chance, (1 - chance) / 3, (1 - chance) / 3], dim=1).log()  # 정답은 1번
curves = {
    f"$\\epsilon$ = {eps}": [label_smoothed_loss(row[None], torch.tensor([1]), eps, 0).item() for row in guess]
    for eps in (0.0, 0.1, 0.3)
}
plots.lines(chance, curves, title="너무 확신하면 벌을 받아요", xlabel="정답에 준 확률", ylabel="손실 (nat)")
for name, curve in curves.items():
    print(f"ε {name[-3:]}: 가장 작은 손실 {min(curve):.3f}, 그때의 확률 {chance[curve.index(min(curve))]:.3f}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** ε이 0이면 오른쪽 끝까지 내려가고, 0.1이면 0.925 근처에서 바닥을 찍고 다시 올라가요. 이때의 바닥은 0이 아니에요. 그래서 ε이 다른 두 모델은 손실로 견줄 수 없어요.
#
# **한 줄 정리.** 레이블 스무딩은 정답 분포를 조금 흐려서 지나친 확신을 막아요.

# %% [markdown] tags=["given"]
# ## 실습 8-6 워밍업 학습률 ★☆☆ · 논문 §5.3
#
# **왜 천천히 시작할까요?** Adam은 처음에 기울기의 크기를 가늠하지 못해요.
# 논문 §5.3: warmup(4000)스텝까지 곧게 올렸다가 스텝의 제곱근에 반비례해 내려요.
#
# $$lr = d_\text{model}^{-0.5} \cdot \min(step^{-0.5},\; step \cdot warmup^{-1.5})$$
#
# **손으로.** $d_\text{model} = 4$, $warmup = 4$라면 1스텝에는 $0.5 \cdot \min(1, 1/8) = 0.0625$, 4스텝에는 $0.5 \cdot \min(1/2, 4/8) = 0.25$예요.
#
# **예상.** 논문의 설정(512, 4000)에서 꼭대기는 0.001보다 높을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 낮아요. 약 0.0007이에요.
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

# %% nbgrader={"grade": true, "grade_id": "check_noam_lr", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("noam_lr")


# %% tags=["experiment"]
def draw_rate(워밍업: int, 너비: int) -> None:
    at, top = list(range(1, 20001, 50)), noam_lr(워밍업, 너비, 워밍업)
    curve = {"": [noam_lr(s, 너비, 워밍업) for s in at]}
    plots.lines(at, curve, title=f"꼭대기 {top:.5f}", xlabel="스텝", ylabel="학습률")
    plots.plt.gca().set_ylim(0, 0.0032)


moving(draw_rate, 워밍업=[4000, 1000, 8000], 너비=[512, 128])

# %% [markdown] tags=["given"]
# **눈으로 보기.** 워밍업이 길수록 꼭대기가 낮고 늦어요. 너비가 작을수록 높아요.
#
# **한 줄 정리.** 워밍업은 처음을 조심스럽게 밟는 거예요.

# %% [markdown] tags=["given"]
# ## 실습 8-7 그리디 디코딩 ★★☆ · 논문 §3.1
#
# **왜 한 토큰씩일까요?** 번역할 때는 정답이 없으니 자기가 쓴 것을 다시 입력에 넣어야 해요.
# 논문 §3.1: 모델은 앞서 만든 것을 덧붙여 받으며 한 번에 하나씩 만들어요. 그리디는 스텝마다 가장 그럴듯한 토큰을 고르고, `EOS`가 나오면 끝내요.
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

# %% nbgrader={"grade": true, "grade_id": "check_greedy_decode", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
check("greedy_decode")

# %% tags=["experiment"]
WORDS = ["<bos>", "<eos>", "나는", "학교에", "집에", "간다", "뛰어", "있다"]
NEXT = {"나는": {"학교에": 0.55, "집에": 0.45}, "학교에": {"간다": 0.4, "뛰어": 0.35, "있다": 0.25}}
NEXT |= {"<bos>": {"나는": 1.0}, "집에": {"간다": 0.95, "있다": 0.05}, "뛰어": {"간다": 1.0}}
table = torch.full((len(WORDS), len(WORDS)), 1e-9)
for word in WORDS:
    for other, probability in NEXT.get(word, {"<eos>": 1.0}).items():
        table[WORDS.index(word), WORDS.index(other)] = probability
toy = lambda tokens: table[tokens].log()  # 바로 앞의 단어만 보는 장난감 모델: (n, t) -> (n, t, V)
print("그리디:", " ".join(WORDS[i] for i in greedy_decode(toy, 0, 1, 10)))
drawing("beam-tree")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 그리디는 '학교에'(0.55)를 고르고 '간다'로 가서 확률 0.55 × 0.4 = 0.22인 문장을 써요. 그런데 '집에'로 갔다면 0.45 × 0.95 = 0.43이에요. 첫 갈림길에서 조금 나은 쪽을 골랐다가 더 좋은 문장을 놓쳤어요.
#
# **한 줄 정리.** 그리디는 스텝마다 가장 좋은 하나만 골라요.

# %% [markdown] tags=["given"]
# ## 실습 8-8 (보너스) 앞으로 한 번 ★★★ · 논문 §3, §3.4, 그림 1
#
# **왜 직접 쓸까요?** 층과 마스크는 다 있어요. 원문과 번역문에서 로짓까지, 모델의 **전부**를 열 줄쯤으로 이으면 조립은 온전히 여러분의 것이 돼요. 건너뛰면 코스가 대신 이어요.
#
# 맨 앞의 그림을 아래에서 위로 읽어요. 논문 §3.4: 임베딩 표 하나를 원문, 번역문, 출력이 함께 쓰고, 임베딩에는 $\sqrt{d_\text{model}}$을 곱해요. 논문 §3.1: 디코더의 모든 층이 인코더 **맨 위**의 출력을 봐요.
#
# 레슨 2와 7에서 만든 셋을 더 꺼내요. `make_masks`, `encoder_layer`, `decoder_layer`는 위에서 만든 것을 그대로 불러요.


# %% tags=["given", "earlier"]
def sinusoidal_pe(max_len, d_model):
    """레슨 2. 위치 0부터 max_len - 1까지 -> (max_len, D)"""
    angles = torch.arange(max_len)[:, None] * 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def embed(ids, E):
    """레슨 7. ids (B, T), E (V, D) -> √D를 곱한 (B, T, D)"""
    return E[ids] * E.shape[1] ** 0.5


def tied_logits(h, E):
    """레슨 7. h (B, T, D), E (V, D) -> (B, T, V)"""
    return h @ E.T


# %% [markdown] tags=["given"]
# **손으로.** 층이 하나도 없고 $E = [[1, 0], [0, 1], [1, 1]]$이면 번역문 `[[1, 2]]`의 첫 자리는 $\sqrt{2} \cdot [0, 1] + [0, 1] = [0, 2.414]$, 로짓은 $[0, 2.414, 2.414]$예요.
#
# **예상.** 원문이 5토큰, 번역문이 3토큰일 때 로짓의 모양은요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# `(B, 3, V)`예요. 로짓은 번역문의 자리마다 나와요. 원문은 메모리로만 들어가요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "transformer_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def transformer_forward(src: torch.Tensor, tgt_in: torch.Tensor, p: dict, n_heads: int, pad_id: int) -> torch.Tensor:
    """원문과 한 칸 민 번역문에서 로짓까지. 드롭아웃은 없어요.

    가중치: p["E"]는 임베딩 표 (V, D), p["encoder"]와 p["decoder"]는 층마다의 가중치(사전)의 목록이에요.
    모양: src (B, S), tgt_in (B, T) 정수 -> 로짓 (B, T, V)
    """
    ### BEGIN SOLUTION
    E = p["E"]
    start = lambda ids: embed(ids, E) + sinusoidal_pe(ids.shape[1], E.shape[1])
    src_mask, tgt_mask = make_masks(src, tgt_in, pad_id)
    memory, x = start(src), start(tgt_in)  # (B, S, D), (B, T, D)
    for layer in p["encoder"]:
        memory = encoder_layer(memory, layer, n_heads, src_mask)
    for layer in p["decoder"]:
        x = decoder_layer(x, memory, layer, n_heads, src_mask, tgt_mask)
    return tied_logits(x, E)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 다섯 토막이에요. 마스크, 시작(임베딩과 위치), 인코더의 층들, 디코더의 층들, 로짓이요. 시작은 두 쪽이 똑같이 해요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 마스크는 `make_masks`, 시작은 `embed`와 `sinusoidal_pe`, 마지막은 `tied_logits`예요. 층은 `for`로 목록을 돌며 결과를 같은 이름에 다시 담아요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 위치의 개수는 그 문장의 길이, 너비는 표의 둘째 축이에요. 디코더를 돌기 **전에** 인코더를 끝까지 돌고, 그 결과를 디코더의 모든 층에 메모리로 넘겨요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_transformer_forward", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("transformer_forward")

# %% tags=["experiment"]
torch.manual_seed(2)
layers = {"encoder": [Weights(32, 128, 2, "attn").p], "decoder": [Weights(32, 128, 3, "self_attn", "cross_attn").p]}
p = {"E": torch.randn(len(words), 32) / 32**0.5, **layers}
with torch.no_grad():
    logits = transformer_forward(few_src, shift_right(few_tgt, trainer.BOS), p, 4, trainer.PAD)
    first = label_smoothed_loss(logits.flatten(0, 1), few_tgt.flatten(), 0.1, trainer.PAD).item()
print(f"로짓 {tuple(logits.shape)}, 학습 전의 손실 {first:.2f}, 아무것이나 찍을 때 {math.log(len(words)):.2f}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 학습 전이라 손실은 어휘에서 아무것이나 찍는 것보다도 조금 높아요. 이제 이 수를 내려가게 하면 돼요.
#
# **한 줄 정리.** Transformer는 임베딩에서 시작해 두 탑을 지나 같은 표로 끝나요.

# %% [markdown] tags=["given"]
# ## 실습 8-9 (보너스) 빔 서치 ★★★ · 논문 §6.1
#
# **왜 여럿을 데리고 갈까요?** 방금 나무에서 그리디는 확률 0.22인 문장을 골랐고, 0.43인 문장을 놓쳤어요. 빔 서치는 후보를 `beam`개까지 함께 키워요.
# 논문 §6.1: 빔 4, $\alpha = 0.6$을 썼어요.
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
# **손으로.** 장난감 모델에서 `beam = 2`라면, 둘째 스텝의 후보는 "나는 학교에"(0.55)와 "나는 집에"(0.45) 둘 다 살아남아요.
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

# %% nbgrader={"grade": true, "grade_id": "check_beam_search", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("beam_search")

# %% tags=["experiment"]
for beam in (1, 2, 3):
    tokens, score = beam_search(toy, 0, 1, beam, 0.0, 10)
    print(f"빔 {beam}: {' '.join(WORDS[i] for i in tokens)} (확률 {math.exp(score):.3f})")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 빔이 1이면 그리디와 같은 문장, 2부터는 확률이 두 배쯤 높은 "나는 집에 간다"를 찾아요. 진짜 번역에서도 이기는지는 조립한 뒤에 봐요.
#
# **한 줄 정리.** 빔 서치는 조금 못한 시작도 버리지 않고 데리고 가요.

# %% [markdown] tags=["given"]
# ## 실습 8-10 (보너스) 전체 파라미터 수 ★★☆ · 논문 표 3
#
# **왜 셀까요?** 파라미터 수를 한 자리까지 맞히려면 모델의 모든 조각을 알아야 해요. 조립한 뒤에 진짜 모델과 견줘요.
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

# %% nbgrader={"grade": true, "grade_id": "check_transformer_param_count", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("transformer_param_count")

# %% tags=["experiment"]
D, F_ = 512, 2048
attention, feed_forward = 4 * D * D + 4 * D, 2 * D * F_ + F_ + D
share = {"임베딩 표": 37000 * D, "어텐션 18개": 18 * attention, "FFN 12개": 12 * feed_forward, "정규화 30개": 60 * D}
millions = {"": [n / 1e6 for n in share.values()]}
plots.bars(list(share), millions, ylabel="백만 개", values="{:.2f}", title="논문 base의 파라미터는 어디에 있을까")
print(
    f"base {transformer_param_count(37000, 512, 6, 2048):,}개, big {transformer_param_count(37000, 1024, 6, 4096):,}개"
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** FFN이 25.2, 임베딩 표가 18.9, 어텐션이 18.9백만 개예요. 논문의 표 3에는 65M과 213M이라고 적혀 있어요. 어휘가 정확히 몇 개인지 적지 않아서 한 자리까지 견줄 수는 없어요.
#
# **한 줄 정리.** 파라미터는 FFN에 가장 많고, 표 하나를 셋이 함께 써서 큰 몫을 아껴요.

# %% [markdown] tags=["given"]
# ## 실습 8-11 (보너스) BLEU ★★☆ · 논문 §6.1
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
# **예상.** 맨 앞에서 본 친구의 번역기에 정답을 넣어 주고, 받아 적은 것으로 BLEU를 재면 몇 점쯤일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 100점에 가까워요. 입력의 정답을 그대로 베끼니까요. 번역을 잘한다는 뜻이 아니에요.
#
# </details>


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
# n그램은 `zip(words, words[1:], ...)`으로 만들 수 있어요. 네 비율을 곱해 0.25제곱하고, 짧은 번역의 벌점을 곱해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_bleu", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("bleu")

# %% tags=["experiment"]
answers, many = [pair.en for pair in few], [pair.ko for pair in few]
with torch.no_grad():
    copied = (
        friend(few_src, few_tgt).argmax(-1).masked_fill(few_tgt == trainer.PAD, trainer.PAD)
    )  # 정답을 넣어 주고 받아 적은 것
fake = bleu([words.decode(row) for row in copied.tolist()], answers)
real = bleu(said, answers)
labels = ["정답을 넣어 주고 잰 'BLEU'", "스스로 쓰게 하고 잰 BLEU"]
plots.bars(labels, {"": [fake, real]}, ylabel="BLEU", title="친구의 번역기", values="{:.1f}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 번역을 전혀 못 하는데 정답을 넣어 주고 재면 만점에 가까워요. 인터넷의 구현 가운데는 이렇게 잰 숫자를 BLEU라고 적은 것도 있어요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 논문을 처음 읽은 글에는 27.3 BLEU가 Transformer 이전의 최고 기록으로 나오지만, 27.3은 Transformer <b>base 모델</b>의 점수예요(big은 28.4).
# 논문 표 2에서 그 이전의 가장 좋은 영어-독일어 결과는 여러 모델을 묶은 것으로 26.3~26.4쯤이에요.</div>
#
# **한 줄 정리.** BLEU는 스스로 쓴 번역에만 매겨요.

# %% [markdown] tags=["given"]
# ## 조립. 나만의 번역기
#
# 레슨 2부터 8까지 여러분이 쓴 함수를 노트북에서 꺼내요. 빈 것, 공개 확인을 통과하지 못한 것, 넘파이처럼 기울기를 끊는 것은
# PyTorch의 것으로 바꾸거나 비워 두고, 어떻게 하면 여러분의 것이 되는지 표에 적어요. 다른 레슨을 방금 고쳤다면 **저장**하고 여기부터 다시 실행해요.

# %% tags=["experiment"]
parts = assembly.gather(globals())
parts

# %% [markdown] tags=["given"]
# **재료.** 문장은 단어 표를 엮은 11,520쌍에서 뽑았고, 시험 문장은 학습에 한 번도 나오지 않아요. "나는 학교에 간다"도 시험에 있어요. 조각은 레슨 7에서 만든 BPE로 나누고 `make_batch`로 묶어요.
# 묶은 배치로 세 관문부터 지나요. 고장 난 부품이 남아 있으면 그것을 끼웠을 때의 일도 보여 드려요.

# %% tags=["experiment"]
vocabulary = trainer.Vocabulary(parts, train_pairs, n_merges=fast(300, 60))
print(f"어휘 {len(vocabulary)}개:", " ".join(vocabulary.pieces(test_pairs[1].ko)), "→ …")
src, tgt = next(trainer.batches(parts, vocabulary, few, size=8))
passed = trainer.gates(parts, len(vocabulary), src, tgt, steps(150, 3))
for gate in passed:
    print(gate)
trainer.effects(parts, len(vocabulary), src, tgt, steps(150, 3))

# %% [markdown] tags=["given"]
# **학습.** 2층씩, 너비 64, 헤드 4개인 작은 모델이에요. 아래의 반복문이 학습의 **전부**예요. 감춘 배율도, 기울기를 자르는 일도 없어요. `shift`, `loss_of`, `rate_at`은
# 여러분의 `shift_right`, `label_smoothed_loss`($\epsilon = 0.1$), `noam_lr`(워밍업 400)이고, 없으면 PyTorch의 것이에요. 두 코어에서 1~2분이면 돼요. ■을 눌러 멈춰도 배운 데까지는 남아요.

# %% tags=["experiment"]
N, SHOW = steps(800, 6), (1, 25, 50, 75, 100, 150, 800)
batches = trainer.batches(parts, vocabulary, train_pairs, size=64, seed=0)
model, losses = trainer.Assembled(parts, len(vocabulary), seed=0), []
shift, loss_of = trainer.shift_of(parts), trainer.loss_of(parts, eps=0.1)
rate_at = trainer.rate_of(parts, d_model=64, warmup=400, steps=N)
optimizer = torch.optim.Adam(model.parameters(), betas=(0.9, 0.98), eps=1e-9)

# %% tags=["experiment"]
for step in progress(range(1, N + 1), "학습"):
    src, tgt = next(batches)  # (B, S), (B, T)
    optimizer.param_groups[0]["lr"] = rate_at(step)
    logits = model(src, shift(tgt))  # (B, T, V)
    loss = loss_of(logits.flatten(0, 1), tgt.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    if step in SHOW:
        now = trainer.translate_one(model, vocabulary, text.SCHOOL, max_len=12)
        print(f"{step:>4}스텝 · 손실 {loss.item():.2f} · {now}")
    if step == min(100, N):
        early = model.snapshot()  # 덜 배운 모델도 남겨 둬요.

# %% tags=["experiment"]
axes = plots.panels(2, "학습의 기록", width=4.8)
at = list(range(1, len(losses) + 1))
plots.lines(at, {"손실": losses}, title="손실", xlabel="스텝", ylabel="nat/토큰", ax=axes[0])
plots.lines(at, {"학습률": [rate_at(s) for s in at]}, title="학습률", xlabel="스텝", ylabel="학습률", ax=axes[1])
result = trainer.scores(model, vocabulary, test_pairs)
print(", ".join(f"{name} {value:.3g}" for name, value in result.items()))

# %% [markdown] tags=["given"]
# **눈으로 보기.** 처음에는 뜻 없이 되풀이하다가 영어 단어가 늘어서고, 마지막에는 "I go to school"을 써요. 손실은 0까지 내려가지 않아요. 레이블 스무딩이 있으면 완벽한 모델도 0이 아니니까요.
# 높이 튄 곳은 대개 아주 짧거나 긴 문장만 모인 배치예요. 드물어서 늦게 배워요.
# 번역 정확도와 BLEU는 모델이 **스스로 쓴** 문장으로 쟀어요. 단어 표로 만든 쉬운 자료라서 점수가 높아요.
#
# **빔 서치는 언제 이길까요?** 다 배운 모델은 자신이 있어서 그리디와 빔이 거의 같아요. 100스텝만 배운 모델에서 그리디가 지는 시험 문장을 찾아봐요.

# %% tags=["experiment"]
found = trainer.where_greedy_loses(early, vocabulary, test_pairs)
if found is None:
    print("보여 드릴 것이 없어요. greedy_decode나 beam_search가 아직 없거나, 그런 문장을 찾지 못했어요.")
else:
    pair, greedy, beam = found
    print(f"{pair.ko}\n    그리디: {greedy}\n    빔 4:   {beam}\n빔 4가 본 끝난 문장 넷:")
    for sentence, probability in trainer.candidates(early, vocabulary, pair.ko):
        print(f"    {probability:.3f}  {sentence}")
    moving(lambda 빔: trainer.beam_tree(early, vocabulary, pair.ko, 빔), 빔=[4, 1, 2, 3])

# %% [markdown] tags=["given"]
# **눈으로 보기.** 찾은 문장이 있다면, 파란 길이 빔 서치가 고른 문장이에요. 빔을 1로 줄이면 그리디처럼 길이 하나뿐이라 다른 곳에 닿아요.
#
# **이제 여러분의 문장이에요.** 바꿔 써 봐요. 모르는 조각이 있으면 무엇인지 말하고, 아는 단어를 보여 줘요. 지도는 마지막 층이 원문의 어디를 보며 조각을 골랐는지예요(네 헤드의 평균).

# %% tags=["experiment"]
trainer.say(model, vocabulary, "고양이가 잔다")
trainer.say(model, vocabulary, "지영은 어제 학교에서 편지를 읽었다")  # 바꿔 써 보세요.

# %% [markdown] tags=["given"]
# **눈으로 보기.** 'letter'의 행은 '편지를'을, 'yesterday'의 행은 '어제'를 가장 짙게 봐요. 두 언어의 어순이 달라서 짙은 칸이 대각선으로 늘어서지 않아요.

# %% [markdown] tags=["given"]
# **KV 캐시.** 여러분의 `attend_with_cache`로 쓰면 결과는 같고 시간만 달라요.

# %% tags=["experiment"]
src = trainer.padded([vocabulary.encode(text.SCHOOL)])
same = torch.equal(model.generate(src, 20, use_cache=True), model.generate(src, 20))
longer, eight, sizes = (
    trainer.Assembled(parts, len(vocabulary), max_len=300),
    src.expand(8, -1),
    fast([16, 48, 128], [4, 8]),
)
took = {
    name: [trainer.seconds_to_write(longer, eight, n, cache) for n in progress(sizes, f"{name}: 시간 재기")]
    for name, cache in (("캐시 없음", False), ("캐시 있음", True))
}
print(f"두 방법의 번역이 {'같아요' if same else '달라요'}.")
scales = {"logx": True, "logy": True, "marker": "o"}
plots.lines(sizes, took, title="길이와 걸린 시간", xlabel="만든 토큰 수", ylabel="CPU 시간 (초)", **scales)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 길어질수록 벌어져요. 캐시가 없으면 스텝마다 앞의 토큰을 모두 다시 계산하니까요. (표에 KV 캐시나 멀티 헤드 어텐션이 비어 있으면 두 선이 겹쳐요.)

# %% tags=["experiment"]
weights, count = sum(w.numel() for w in model.parameters()), parts.get("transformer_param_count")
counted = f" (여러분이 센 것은 {count(len(vocabulary), 64, 2, 256, bias=False):,}개)" if count else ""
facts = {
    "파라미터": f"{weights:,}개{counted}",
    "관문": f"{sum(gate.passed for gate in passed)} / {len(passed)} 통과",
    "처음 보는 문장": f"{result['번역 정확도']:.1%} 정확히 일치, BLEU {result['BLEU']:.1f}",
    text.SCHOOL: trainer.translate_one(model, vocabulary, text.SCHOOL),
}
assembly.certificate(parts, facts)

# %% [markdown] tags=["given"]
# ## 마무리. PyTorch와 같아요
#
# PyTorch의 층과 손실에서 가중치를 꺼내 여러분의 함수에 넣고, 결과가 가장 크게 다른 곳을 재요.

# %% tags=["experiment"]
gaps = trainer.differences(encoder_layer, decoder_layer, label_smoothed_loss)
for name, gap in gaps.items():
    print(f"{name:<20} {gap:.1e}")

# %% [markdown] tags=["given"]
# 달라도 float32의 반올림만큼이에요. `nn.TransformerEncoderLayer`와 `nn.TransformerDecoderLayer` 안에 든 것을 이제 다 알아요.
#
# **속 들여다보기.** 링크를 누르면 여러분의 번역기가 새 탭에서 열려요. 문장을 적으면 모든 층과 헤드의 지도, 빔의 나무, 임베딩 지도가 함께 보여요.

# %% tags=["experiment"]
from autograder.kit.inside import play

play(model, vocabulary, [text.SCHOOL, "지영은 어제 학교에서 편지를 읽었다", "고양이가 잔다"])

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# 원문 없이 **다음 단어를 이어 쓰는** 모델을 만들고 싶어요. 오늘의 모델에서 무엇을 빼고 무엇을 남길까요? 한 칸 밀기와 세 관문은 그대로 쓸 수 있을까요?
# 까닭과 함께 서너 문장으로 적어 주세요. 이 문제는 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# 볼 원문이 없으니 인코더와, 디코더의 크로스 어텐션을 빼요. 임베딩, 위치, 가린 셀프 어텐션, 피드포워드, 출력은 남겨요. 앞을 보고 다음을 맞히는 문제는 그대로라서 한 칸 밀기와 인과 마스크도 있어야 해요.
# 외워서 쓰기와 미래를 보지 않기는 그대로 쓸 수 있어요. 배치 관문도 쓸 수 있지만 원문의 PAD가 없어서, 번역문 쪽의 PAD를 봐야 해요.
#
# 채점 기준
#
# - 1점: 인코더나 크로스 어텐션을 빼야 한다고 했어요.
# - 1점: 남는 것(가린 셀프 어텐션, 피드포워드, 임베딩과 출력)을 말했어요.
# - 1점: 한 칸 밀기나 인과 마스크가 여전히 있어야 하는 까닭을 말했어요.
# - 1점: 외워서 쓰기나 미래를 보지 않기를 그대로 쓸 수 있다고 했어요.
# - 1점: 배치 관문에서 무엇이 달라지는지(원문의 PAD가 없음)나, 그대로 쓸 수 있는 까닭을 말했어요.

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# 코스는 여기서 끝나지만 여러분의 모델은 시작이에요. 인코더만 남기면 BERT, 디코더만 남기면 GPT, 글자 대신 그림 조각을 넣으면 ViT가 돼요.
# 큰 자료로 학습시키고 싶다면 `python3 course.py train`을, 교실에서 처음부터 끝까지 보고 싶다면 `python3 course.py demo`를 실행해요.
#
# 저장소째로 받았다면 아래 셀은 오늘의 실습을 모두 통과한 뒤 이 코스의 기준 구현을 보여 줘요(나눠 받은 묶음에는 없어요). 오늘의 손실, 학습률, 디코딩은 같은 폴더의 `loss.py`, `schedule.py`, `decoding.py`에 있어요.

# %% tags=["experiment"]
show_reference("transformer.py")
