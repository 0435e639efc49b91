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
# # 레슨 7. 임베딩과 토크나이징: 단어를 숫자로
#
# **지금까지.** 벡터들이 서로를 보고(레슨 5, 6), 순서를 알고(레슨 2), 다듬어지고(레슨 3), 깊이 쌓이는(레슨 4) 법을 만들었어요. 그런데 우리는 늘 벡터에서 시작했어요.
#
# **이번 질문.** "나는 학교에 간다"는 글자예요. 어떤 **조각**으로 자르고, 조각에 어떻게 **번호**를 붙이고, 번호에 어떻게 **뜻**을 새길까요? 그리고 벡터에서 글로는 어떻게 돌아올까요?
#
# $$\text{글} \;\longrightarrow\; \text{조각} \;\longrightarrow\; \text{번호} \;\longrightarrow\; E[\text{번호}]\cdot\sqrt{d_\text{model}} \qquad \text{(논문 §3.4)}$$
#
# {차례}

# %% [markdown] tags=["given"]
# ## 용어
#
# | 한국어 | English | 기호와 모양 |
# |---|---|---|
# | 토큰 | token | 모델이 한 칸으로 세는 조각 |
# | 어절 | | 빈칸으로 나뉜 덩어리. "나는 학교에 간다"는 3어절 |
# | 서브워드 | subword | 글자보다 크고 단어보다 작은 조각 |
# | 바이트 쌍 인코딩 | byte pair encoding, BPE | 잦은 쌍을 되풀이해서 붙이는 서브워드 방법 |
# | 어휘 | vocabulary | 토큰에서 번호로 가는 사전. 크기 V |
# | 임베딩 | embedding | 번호마다의 벡터. 표 $E$: `(V, D)` |
# | 특별한 토큰 | special tokens | `<pad>` 빈자리, `<bos>` 시작, `<eos>` 끝, `<unk>` 모르는 조각 |
# | 로짓 | logit | 소프트맥스에 넣기 전의 점수 `(B, T, V)` |
#
# B는 문장 수, S와 T는 원문과 번역문의 길이, D는 $d_\text{model}$이에요.
#
# **함정 하나.** `▁`(U+2581)는 단어의 시작을 나타내는 글자이고, 자판의 밑줄 `_`과 **달라요**. 아래에서 `START`라는 이름을 붙여 두었으니 그것을 쓰거나 복사해서 써요.

# %% tags=["given"]
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from autograder import check
from autograder.kit import drawing, fast, korean_text, moving, plots, progress, show_reference, steps, text, tsne

torch.set_num_threads(1)  # 이렇게 작은 계산은 스레드 하나가 더 빨라요.
START = "▁"  # 단어의 시작. 밑줄이 아니에요.

# %% tags=["experiment"]
drawing("transformer", lit=("embedding", "output"))

# %% [markdown] tags=["given"]
# ## 실험. 단어 사전은 '학교에서는'을 몰라요
#
# 가장 쉬운 방법은 어절마다 번호를 주는 거예요. 헌법과 법률안의 어절을 모두 외운 다음, 남겨 둔 문장(다섯에 하나)을 읽혀 봐요.

# %% tags=["experiment"]
words = re.findall("[가-힣]+", korean_text.read())  # 대한민국헌법과 법률안 열 편
sentences = korean_text.sentences()  # 헌법에서 고른 문장들
unseen, seen = sentences[::5], [s for i, s in enumerate(sentences) if i % 5]
unseen_words = " ".join(unseen).split()
known = Counter(words) - Counter(unseen_words)  # 배울 글의 어절과 횟수
dictionary = {word: i for i, word in enumerate(known)}
print({word: dictionary.get(word, "몰라요") for word in ("학교", "학교에서는")})
print(f"외운 어절 {len(dictionary):,}가지, 남겨 둔 문장 {len(unseen)}개({len(unseen_words)}어절)")

# %% [markdown] tags=["given"]
# '학교'는 알아도 '학교에서는'은 몰라요. 사전에게 둘은 아무 상관이 없는 번호예요. 그럼 더 잘게 자르면 어떨까요?

# %% tags=["experiment"]
drawing("pieces-of-a-word")


# %% tags=["experiment"]
def compare(ways: dict) -> None:
    """방법마다, 모르는 조각이 든 어절의 비율과 문장 하나의 토큰 수를 그려요."""
    rows = {name: [cut(word) for word in unseen_words] for name, (cut, _) in ways.items()}
    missing = [100 * sum(not ways[k][1].issuperset(row) for row in some) / len(some) for k, some in rows.items()]
    length = [sum(map(len, some)) / len(unseen) for some in rows.values()]
    both = (("모르는 조각이 든 어절", "어절의 비율 (%)", missing), ("문장 하나의 길이", "토큰 수", length))
    for ax, (title, ylabel, y) in zip(plots.panels(2, "처음 보는 글을 자르면", width=5.0), both, strict=True):
        plots.bars(list(ways), {title: y}, title=title, xlabel="방법", ylabel=ylabel, values="{:.1f}", ax=ax)


# %% tags=["experiment"]
letters = {START, *"".join(known)}  # 배운 글에 나온 글자들
jamo = set(unicodedata.normalize("NFD", "".join(known)))  # NFD는 음절을 자모로 풀어 적는 유니코드의 방법
ways = {
    "단어": (lambda word: [word], set(known)),
    "음절": (lambda word: list(word), letters),
    "자모": (lambda word: list(unicodedata.normalize("NFD", word)), jamo),
    "바이트": (lambda word: list(word.encode()), set(range(256))),
}
compare(ways)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 단어 사전은 3,530가지를 외우고도 어절의 31.1%를 몰라요. 잘게 자르면 모르는 것이 거의 없어지지만 문장이 9.4토큰에서 음절 30.0, 자모 74.9, 바이트 89.9토큰으로 길어져요. 어텐션의 점수는 길이의 제곱만큼 있으니, 바이트의 점수는 단어의 91배예요.
#
# **한 줄 정리.** 크게 자르면 모르는 말이, 잘게 자르면 길이가 늘어요. 오늘은 이 그림의 두 칸을 **함께** 낮춰요.

# %% [markdown] tags=["given"]
# ## 실습 7-1 이웃한 쌍 세기 ★☆☆ · Sennrich 외 (2016)
#
# **왜 쌍을 셀까요?** 글자에서 시작해 **가장 자주 붙어 다니는 쌍**을 한 토큰으로 붙이고, 또 세고, 또 붙이면 글자와 단어 사이의 조각이 생겨요. 이것이 BPE예요. 첫 부품은 쌍을 세는 함수예요.
#
# **손으로.** `(▁, 학, 교, 에)`가 5번, `(▁, 집, 에)`가 4번 나왔다면 (▁, 학), (학, 교), (교, 에)가 5번씩, (▁, 집), (집, 에)가 4번씩이에요.
# 단어와 단어 사이, 곧 (에, ▁)는 세지 않아요.
#
# **예상.** `(아, 아, 아)`가 한 번 나왔다면 (아, 아)는 몇 번일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 두 번이에요. 첫째와 둘째, 둘째와 셋째 자리가 모두 이웃이니까요. 셀 때는 겹쳐도 돼요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "count_pairs", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count_pairs(word_freq: dict[tuple[str, ...], int]) -> dict[tuple[str, str], int]:
    """단어 안에서 이웃한 두 토큰이 몇 번 나오는지 단어의 빈도만큼 세요.

    word_freq: 토큰으로 자른 단어 -> 그 단어가 나온 횟수
    예: count_pairs({("집", "에"): 4, ("집",): 2}) -> {("집", "에"): 4}
    겹친 쌍도 모두 세고, 쌍이 하나도 없으면 빈 사전이에요.
    """
    ### BEGIN SOLUTION
    counts = Counter()
    for word, freq in word_freq.items():
        for pair in zip(word, word[1:]):
            counts[pair] += freq
    return dict(counts)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 단어를 하나씩 꺼내, 그 안의 이웃한 두 자리를 모두 봐요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `zip(word, word[1:])`이 이웃한 짝을 차례로 줘요. `Counter`는 없던 이름을 0부터 세어 줘요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 한 번 볼 때마다 1이 아니라 그 단어가 나온 횟수를 더해요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_count_pairs", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("count_pairs")

# %% tags=["experiment"]
frequent = dict(known.most_common(1000))  # 잦은 어절 1,000가지로 배워요.
pairs = Counter(count_pairs({(START, *word): n for word, n in frequent.items()})).most_common(12)
plots.bars(
    [" ".join(pair) for pair, _ in pairs],
    {"횟수": [n for _, n in pairs]},
    values="{:.0f}",
    title="가장 자주 붙어 다니는 쌍",
    xlabel="이웃한 두 글자",
    ylabel="횟수",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 법에 관한 글이라 조항의 '제'와 '조'가 앞에 많고, 어미로 쓰이는 '한다'와 '하여'도 벌써 보여요.
#
# **한 줄 정리.** 쌍의 횟수는 단어 안의 이웃한 자리를 단어의 빈도만큼 센 것이에요.

# %% [markdown] tags=["given"]
# ## 실습 7-2 쌍 붙이기 ★★☆ · Sennrich 외 (2016)
#
# **왜 따로 만들까요?** 배울 때도(7-3) 자를 때도(7-4) 같은 일을 해요. 쌍 하나를 **나올 때마다** 한 토큰으로 붙이는 일이에요.

# %% tags=["experiment"]
drawing("bpe-merges")

# %% [markdown] tags=["given"]
# **손으로.** `(▁, 집, 에, 서, 집, 에)`에서 (집, 에)를 붙이면 `(▁, 집에, 서, 집에)`예요. 여섯 토큰이 네 토큰이 됐어요.
#
# **예상.** `(아, 아, 아)`에서 (아, 아)를 붙이면 어떻게 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 왼쪽부터 읽으므로 `(아아, 아)`예요. 가운데 '아'는 이미 썼어요. 셀 때는 두 번이었는데 붙는 것은 한 번이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "merge_pair", "locked": false, "schema_version": 3, "solution": true, "task": false}
def merge_pair(seq: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    """왼쪽부터 읽으며 pair를 만날 때마다 한 토큰으로 붙여요.

    예: merge_pair(("▁", "집", "에", "서", "집", "에"), ("집", "에")) -> ("▁", "집에", "서", "집에")
        merge_pair(("아", "아", "아"), ("아", "아")) -> ("아아", "아")
    """
    ### BEGIN SOLUTION
    merged = []
    for token in seq:
        if merged and (merged[-1], token) == pair:
            merged[-1] += token
        else:
            merged.append(token)
    return tuple(merged)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 새 줄을 하나 만들고, 왼쪽부터 토큰을 옮기며 지금 둘이 그 쌍인지 봐요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 두 길이 있어요. `while`로 자리를 세며 `seq[i : i + 2]`를 보거나, `for`로 옮기며 새 줄의 마지막 토큰을 봐요. `목록[-1]`이 마지막이에요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 새 줄의 마지막과 지금 토큰이 그 쌍이면 마지막에 이어 붙이고, 아니면 새로 넣어요. `while`이라면 쌍일 때 두 칸, 아닐 때 한 칸이에요. 튜플로 돌려줘요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_merge_pair", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
check("merge_pair")

# %% tags=["experiment"]
start = {(START, *word): n for word, n in frequent.items()}
saved = [sum(n * (len(w) - len(merge_pair(w, pair))) for w, n in start.items()) for pair, _ in pairs[:8]]
top = {"나온 횟수": [n for _, n in pairs[:8]], "줄어든 토큰": saved}
labels = {"title": "쌍 하나만 붙였을 때", "xlabel": "붙인 쌍", "ylabel": "개수", "values": "{:.0f}"}
plots.bars([" ".join(pair) for pair, _ in pairs[:8]], top, **labels, ax=plots.panels(1, width=8.4, height=3.8)[0])

# %% [markdown] tags=["given"]
# **눈으로 보기.** 겹치지 않으면 나온 횟수만큼 토큰이 줄어요. 그래서 한 번에 글을 가장 짧게 만드는 쌍은 가장 잦은 쌍이에요.
#
# **한 줄 정리.** 쌍을 붙이면 토큰이 줄고, 한 번 쓴 토큰은 다시 쓰지 않아요.

# %% [markdown] tags=["given"]
# ## 실습 7-3 BPE 배우기 ★★★ · Sennrich 외 (2016), 논문 §5.1
#
# **왜 이것으로 충분할까요?** 아무도 '학교'가 단어라고 알려 주지 않지만, **자주 함께 다니는 것**이 조각이라고 믿는 거예요.
#
# **논문 §5.1:** 영어와 독일어가 함께 쓰는 약 37,000개 토큰의 BPE 어휘로 문장을 적었다.
#
# 1. 단어마다 `(▁, 글자, 글자, …)`에서 시작해요.
# 2. 쌍을 세고(7-1), 가장 잦은 쌍을 골라요. 횟수가 같으면 **사전에서 앞서는 쌍**(파이썬의 `<`로 작은 쪽)이에요.
# 3. 모든 단어에서 그 쌍을 붙이고(7-2), 2로 돌아가요.
#
# **손으로.** `학교에` 5번, `학교는` 3번, `집에` 4번이라면
#
# | 스텝 | 가장 잦은 쌍 | 까닭 |
# |---|---|---|
# | 1 | (▁, 학) 8번 | (학, 교)도 8번이지만 `▁`가 `학`보다 앞서요 |
# | 2 | (▁학, 교) 8번 | 1에서 이웃이 바뀌었어요 |
# | 3 | (▁학교, 에) 5번 | |
# | 4 | (▁, 집) 4번 | (집, 에)도 4번이지만 `▁`가 앞서요 |
#
# **예상.** 끝까지 계속하면 토큰은 무엇이 되어 있을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 배운 단어가 통째로 토큰 하나가 돼요. 0번이면 글자, 끝까지면 단어 사전이에요. BPE는 그 사이의 어디에서 멈출지 **붙이는 횟수**로 정해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "train_bpe", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_bpe(word_freq: dict[str, int], n_merges: int) -> list[tuple[str, str]]:
    """가장 잦은 쌍을 붙이는 일을 n_merges번 되풀이하고, 붙인 쌍을 차례대로 돌려줘요.

    단어는 ("▁", 글자, 글자, ...)에서 시작해요. 횟수가 같으면 작은 쌍이 먼저예요.
    예: train_bpe({"학교에": 5, "학교는": 3, "집에": 4}, 2) -> [("▁", "학"), ("▁학", "교")]
    한 번만 나온 쌍도 붙이고, 붙일 쌍이 없으면 일찍 끝나요.
    """
    ### BEGIN SOLUTION
    vocabulary = {("▁", *word): freq for word, freq in word_freq.items()}
    merges = []
    for _ in range(n_merges):
        counts = count_pairs(vocabulary)
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        vocabulary = {merge_pair(word, best): freq for word, freq in vocabulary.items()}
        merges.append(best)
    return merges
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 세고, 고르고, 붙이는 세 단계를 n_merges번 되풀이해요. 세는 것도 되풀이의 안에 있어야 해요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `min`이나 `max`에 `key=`를 주면 무엇으로 견줄지 정할 수 있어요. 튜플은 첫째 값부터 견주고, 같으면 둘째 값을 견줘요. 단어의 시작은 `START`예요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 횟수는 큰 쪽, 쌍은 작은 쪽이라 방향이 반대예요. 횟수에 음수 부호를 붙이면 둘 다 작은 쪽이 돼요. 쌍이 하나도 없으면 거기서 멈춰요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_train_bpe", "locked": true, "points": 22, "schema_version": 3, "solution": false, "task": false}
check("train_bpe")

# %% tags=["experiment"]
merges = train_bpe(frequent, fast(400, 60))
print("처음 12개:", "  ".join(a + b for a, b in merges[:12]))
print("마지막 12개:", "  ".join(a + b for a, b in merges[-12:]))
print("'학교'가 든 쌍:", [pair for pair in merges if "학교" in "".join(pair)])

# %% [markdown] tags=["given"]
# **눈으로 보기.** 처음에는 `▁제`, `하여`처럼 짧고 흔한 조각이, 나중에는 `▁발생하지`처럼 더 길고 드문 조각이 나와요. 짧은 조각이 먼저 있어야 긴 조각을 만드니까요. 마지막 줄을 보세요. 아무도 가르치지 않은 '학교'를 찾았고, 그것으로 '초등학교'를 만들었어요.
#
# **한 줄 정리.** BPE는 세고, 고르고, 붙이기를 되풀이해서 글자와 단어 사이의 조각을 스스로 찾아요.

# %% [markdown] tags=["given"]
# ## 실습 7-4 배운 차례대로 자르기 ★☆☆ · Sennrich 외 (2016)
#
# **왜 차례가 중요할까요?** 새 단어를 자를 때 붙일 수 있는 쌍이 여럿이면 **먼저 배운 쌍부터**예요. 배울 때 걸은 길을 그대로 다시 걸어야 배울 때와 같은 조각이 나와요.
#
# **손으로.** 배운 쌍이 차례대로 (집, 에), (에, 서)라면 '집에서'는 먼저 (집, 에)를 붙여 `▁ | 집에 | 서`가 돼요. 이제 '에'가 홀로 있지 않으니 (에, 서)는 붙일 수 없어요.
#
# **예상.** 배운 쌍이 (학, 교), (에, 서), (학교, 에), (▁, 학교에)의 차례라면 '학교에서'는 어떻게 잘릴까요? 배운 차례를 보지 않고, 아는 쌍 가운데 단어에서 가장 왼쪽에 있는 것부터 붙이면요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 차례대로면 `▁ | 학교 | 에서`예요. (에, 서)가 (학교, 에)보다 먼저라서 '에'를 데려갔어요. 왼쪽부터라면 `▁학교에 | 서`예요. 배울 때는 그렇게 잘리지 않아요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "bpe_encode", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bpe_encode(word: str, merges: list[tuple[str, str]]) -> list[str]:
    """단어 하나를 토큰으로 잘라요. 배울 때처럼 ▁에서 시작하고, 먼저 배운 쌍부터 붙여요.

    예: bpe_encode("집에서", [("집", "에"), ("에", "서")]) -> ["▁", "집에", "서"]
    배우지 않은 글자는 글자 하나가 토큰 하나예요.
    """
    ### BEGIN SOLUTION
    tokens = ("▁", *word)
    for pair in merges:
        tokens = merge_pair(tokens, pair)
    return list(tokens)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 배울 때 단어에 한 일을 그대로 다시 해요. 이번에는 쌍이 이미 정해져 있어요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `merges`는 배운 차례대로 놓인 목록이에요. 7-2의 함수를 다시 써요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# `▁`와 글자로 나눈 단어에서 시작해, 목록의 처음부터 끝까지 쌍마다 한 번씩 붙이면 돼요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_bpe_encode", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("bpe_encode")

# %% tags=["experiment"]
for word in ("학교", "학교에", "학교에서는", "초등학교는"):
    print(f"{word}: {' | '.join(bpe_encode(word, merges))}")
ways["나의 BPE"] = (lambda word: bpe_encode(word, merges), letters | {a + b for a, b in merges})
compare(ways)

# %% [markdown] tags=["given"]
# **눈으로 보기.** '학교에서는'이 `▁ | 학교 | 에서 | 는`이 됐어요. 한 번도 못 본 어절인데 명사와 조사가 갈라졌어요. 모르는 어절은 31.1%에서 0.5%로 줄었고, 길이는 음절보다 짧은 24.0토큰이에요. 남은 0.5%는 배운 글에 없던 **글자**예요.
#
# 붙이는 횟수를 움직여 봐요. 문장은 얼마나 짧아지고, 어휘는 얼마나 커질까요?


# %% tags=["experiment"]
def after(횟수: int) -> None:
    """쌍을 몇 개까지 아는지에 따라 달라지는 것들."""
    cut = {word: bpe_encode(word, merges[:횟수]) for word in unseen_words}
    shown = [" · ".join(bpe_encode(word, merges[:횟수])) for word in ("국민은", "학교에서는", "법률을", "배운다")]
    a, b = plots.panels(2, " / ".join(shown), width=5.0, height=3.7)
    length = {name: sum(len(ways[name][0](word)) for word in unseen_words) / len(unseen) for name in ("단어", "음절")}
    length["BPE"] = sum(len(cut[word]) for word in unseen_words) / len(unseen)
    size = {"단어": len(known), "음절": len(letters), "BPE": len(letters) + 횟수}
    axes = {"xlabel": "방법", "ylabel": "개수"}
    plots.bars(list(length), {"": list(length.values())}, title="문장 하나의 토큰 수", values="{:.1f}", ax=a, **axes)
    plots.bars(list(size), {"": list(size.values())}, title="어휘(특별한 토큰은 빼고)", values="{:,}", ax=b, **axes)


moving(after, 횟수=fast([400, 0, 25, 50, 100, 200], [60, 0, 30]))

# %% [markdown] tags=["given"]
# **눈으로 보기.** 0번이면 음절마다 한 토큰에 `▁`까지 39.4토큰이에요. 오른쪽으로 갈수록 문장은 짧아지고 어휘는 한 개씩 커져요. 처음 50번이 마지막 200번보다 더 줄여요. 잦은 쌍부터 붙이니까요.
#
# **한 줄 정리.** 자르기는 배운 차례를 다시 걷는 일이고, 모르는 단어는 더 잘게 잘려요.
#
# 마지막으로 조각마다 번호를 붙인 **어휘**를 만들어요. 앞의 넷은 특별한 토큰이에요. 배운 글에 없던 글자에는 번호가 없어요.

# %% tags=["experiment"]
SPECIAL = ["<pad>", "<bos>", "<eos>", "<unk>"]
PAD, BOS, EOS, UNK = range(4)
tokens = [*SPECIAL, *sorted(letters), *(a + b for a, b in merges)]
vocab = {token: i for i, token in enumerate(tokens)}
print(f"어휘 {len(vocab)}개 = 특별한 토큰 {len(SPECIAL)} + 글자 {len(letters)} + 붙인 쌍 {len(merges)}")
print("펭귄을:", {piece: vocab.get(piece, "번호가 없어요") for piece in bpe_encode("펭귄을", merges)})

# %% [markdown] tags=["given"]
# ## 실습 7-5 (보너스) 글을 번호로 ★☆☆ · Sennrich 외 (2016)
#
# **왜 필요할까요?** 모델은 조각이 아니라 번호를 받아요. 그런데 법률 글에는 '펭'이 없어서 번호가 없어요. 이런 조각은 모두 '모름'을 뜻하는 `<unk>`의 번호로 적어요.
#
# **손으로.** 배운 쌍이 (집, 에)이고 어휘가 `<unk>` 1, `▁` 2, `나` 3, `는` 4, `집에` 7이라면 "나는 집에"는 `[2, 3, 4, 2, 7]`, "너는 집에"는 `[2, 1, 4, 2, 7]`이에요.
#
# **예상.** 번호에서 글로 되돌릴 때 잃는 것은 무엇일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 둘이에요. 모르는 조각은 모두 같은 번호라서 무엇이었는지 알 수 없고, 빈칸으로 나누었으니 빈칸이 몇 개였는지도 몰라요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "encode_text", "locked": false, "schema_version": 3, "solution": true, "task": false}
def encode_text(text: str, merges: list[tuple[str, str]], vocab: dict[str, int], unk_id: int) -> list[int]:
    """글을 번호의 목록으로 바꿔요. 빈칸으로 나눈 단어마다 `bpe_encode`로 자르고, 조각의 번호를 찾아요.

    예: encode_text("너는 집에", [("집", "에")], {"<unk>": 1, "▁": 2, "는": 4, "집에": 7}, 1) -> [2, 1, 4, 2, 7]
    어휘에 없는 조각은 하나마다 unk_id예요. 빈칸이 잇달아 오거나 글의 끝에 있어도 단어만 세요.
    """
    ### BEGIN SOLUTION
    pieces = [piece for word in text.split() for piece in bpe_encode(word, merges)]
    return [vocab.get(piece, unk_id) for piece in pieces]
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 세 단계예요: 글을 단어로, 단어를 조각으로, 조각을 번호로.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 인자 없는 `str.split()`은 잇단 빈칸을 하나로 쳐요. 사전의 `get`은 없는 이름일 때 대신 줄 값을 받아요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 단어마다 나온 조각들을 한 목록에 차례로 모은 다음, 조각 하나에 번호 하나씩 적어요. 모르는 조각도 건너뛰지 않아요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_encode_text", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("encode_text")

# %% tags=["experiment"]
for sentence in ("나는  학교에서는 법률을 배운다", "나는 펭귄을 배운다"):
    ids = encode_text(sentence, merges, vocab, UNK)
    back = "".join(tokens[i] for i in ids).replace(START, " ").strip()
    lost = sorted(set(sentence) - letters - {" "})
    print(f"{ids}\n  되돌리면: {back}   모르는 글자: {lost}")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 첫 문장은 빈칸 하나만 잃고 돌아왔어요. 둘째 문장의 '펭귄'은 `<unk><unk>`가 됐어요. 조용히 빼 버리면 "나는 을 배운다"를 읽고도 모르니, **모른다고 말하는 것**이 정직한 토크나이저예요.
#
# **한 줄 정리.** 번호에 남는 것만 되돌릴 수 있고, 모르는 조각은 버리지 않고 모른다고 적어요.

# %% [markdown] tags=["given"]
# ## 실습 7-6 배치 만들기 ★★☆ · 논문 §3.1, §5.1
#
# **왜 네모여야 할까요?** 번호로 바꾼 문장은 길이가 제각각인데 텐서는 네모예요. 짧은 문장의 오른쪽을 `pad`로 채우고, 시작(`bos`)과 끝(`eos`)을 표시해요.
#
# - `src` (B, S): 원문 + `eos`
# - `tgt_in` (B, T): `bos` + 번역문. 디코더가 받는 것
# - `tgt_out` (B, T): 번역문 + `eos`. 디코더가 맞혀야 하는 것. `tgt_in`보다 한 칸 앞서요(교사 강요, 레슨 8)
#
# **논문 §5.1:** 길이가 비슷한 문장 쌍끼리 한 배치로 묶었다.
#
# **손으로.** `bos` 1, `eos` 2, `pad` 0일 때 번역문이 `[7, 8]`과 `[5, 6, 9]`라면 `tgt_in`은 `[[1, 7, 8, 0], [1, 5, 6, 9]]`, `tgt_out`은 `[[7, 8, 2, 0], [5, 6, 9, 2]]`예요.
#
# **예상.** 문장이 `max_len`보다 길면 잘라야 해요. `eos`를 붙인 **다음에** 자르면 무슨 일이 생길까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 긴 문장에서만 `eos`가 잘려 나가요. 모델은 긴 문장이 끝나는 것을 본 적이 없어서 긴 번역을 멈추지 못해요. 예외도 경고도 없는 버그예요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "make_batch", "locked": false, "schema_version": 3, "solution": true, "task": false}
def make_batch(
    pairs: list[tuple[list[int], list[int]]], bos: int, eos: int, pad: int, max_len: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(원문, 번역문) 번호의 짝들을 (src, tgt_in, tgt_out)으로 만들어요. 빈자리는 오른쪽에 pad로 채워요.

    모양: src (B, S), tgt_in과 tgt_out (B, T). S와 T는 그 배치에서 가장 긴 행의 길이예요.
    어느 행도 max_len보다 길지 않아요. 넘치면 오른쪽을 자르되 src와 tgt_out의 eos는 남겨요.
    예: make_batch([([5], [7, 8])], 1, 2, 0, 9) -> [[5, 2]], [[1, 7, 8]], [[7, 8, 2]]
    """

    ### BEGIN SOLUTION
    def fill(rows):
        width = max(map(len, rows))
        return torch.tensor([row + [pad] * (width - len(row)) for row in rows])

    cut = [(src[: max_len - 1], tgt[: max_len - 1]) for src, tgt in pairs]  # 표시 하나가 들어갈 자리
    src = fill([[*source, eos] for source, _ in cut])
    tgt_in = fill([[bos, *target] for _, target in cut])
    return src, tgt_in, fill([[*target, eos] for _, target in cut])
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 세 가지 일이에요: 자르기, 표시 붙이기, 오른쪽 채우기. 자르기가 먼저예요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 채우는 일은 세 번 되풀이되니 작은 함수로 빼면 편해요. `torch.tensor(네모난 목록)`이나 `torch.nn.utils.rnn.pad_sequence`를 찾아봐요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 표시 하나가 들어갈 자리를 남기려면 `max_len - 1`까지만 써요. 너비는 표시까지 붙인 행들 가운데 가장 긴 것이에요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_make_batch", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
check("make_batch")

# %% tags=["experiment"]
ids = [[vocab[piece] for word in s.split() for piece in bpe_encode(word, merges)] for s in seen]
padding, panels = {}, plots.panels(2, "넷째 배치: 진짜 토큰(파랑)과 PAD(흰색)", height=3.2)
for ax, name, rows in zip(panels, ("차례대로 묶기", "비슷한 길이끼리"), (ids, sorted(ids, key=len)), strict=True):
    batches = [[(row, row) for row in rows[i : i + 12]] for i in range(0, len(rows), 12)]
    made = [make_batch(batch, BOS, EOS, PAD, 128)[0] != PAD for batch in batches]
    padding[name] = 100 - 100 * sum(real.sum().item() for real in made) / sum(real.numel() for real in made)
    title = f"{name}: 모든 배치의 PAD {padding[name]:.0f}%"
    look = {"limits": (0, 1.6), "xlabel": "자리", "ylabel": "문장", "colorbar": False, "apart": False}
    plots.heatmap(made[3].float(), title=title, **look, ax=ax)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 글에 나온 차례대로 묶으면 47%가 PAD인데, 논문처럼 길이가 비슷한 문장끼리 묶으면 10%예요. PAD는 계산만 하고 버리는 칸이에요.
#
# **한 줄 정리.** 배치는 자르고, 표시를 붙이고, 오른쪽을 채운 네모예요.

# %% [markdown] tags=["given"]
# ## 실습 7-7 임베딩 ★☆☆ · 논문 §3.4
#
# **왜 표일까요?** 번호 7이 3보다 큰 것에는 아무 뜻이 없어요. 그래서 번호마다 벡터를 하나씩 주고 **학습해요**.

# %% tags=["experiment"]
drawing("text-and-back")

# %% [markdown] tags=["given"]
# **논문 §3.4:** 토큰을 $d_\text{model}$차원의 벡터로 바꾸는 임베딩을 학습하고, 임베딩 층에서는 가중치에 $\sqrt{d_\text{model}}$을 곱한다.
#
# 까닭은 논문에 없어요. 표는 흔히 표준편차 $1/\sqrt{d_\text{model}}$로 작게 시작하는데(7-8의 로짓에 알맞아요), 그대로 위치 인코딩을 더하면 뜻이 묻혀요.
#
# **손으로.** $d_\text{model} = 4$이고 $E$의 2번 행이 $[0.5, -1, 0, 1.5]$라면 토큰 2의 임베딩은 $\sqrt 4 = 2$를 곱한 $[1, -2, 0, 3]$이에요.
#
# **예상.** $d_\text{model} = 512$일 때, 곱하지 않은 임베딩과 위치 인코딩 벡터의 길이는 각각 얼마쯤일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 표준편차가 $1/\sqrt{512}$인 수 512개의 벡터는 길이가 1쯤이에요. 위치 인코딩은 $\sin^2 + \cos^2 = 1$인 짝이 256개라서 길이가 언제나 $\sqrt{256} = 16$이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "embed", "locked": false, "schema_version": 3, "solution": true, "task": false}
def embed(ids: torch.Tensor, E: torch.Tensor) -> torch.Tensor:
    """토큰 번호마다 표의 행을 꺼내고 크기를 맞춰요. 기울기가 표까지 흘러야 해요.

    식: E[ids] * sqrt(d_model)
    모양: ids (B, T) 정수, E (V, D) -> (B, T, D)
    예: E의 2번 행이 [0.5, -1, 0, 1.5]이면 embed([[2]], E) -> [[[1, -2, 0, 3]]]
    """
    ### BEGIN SOLUTION
    return E[ids] * math.sqrt(E.shape[1])  # (B, T, D)  논문 §3.4: 가중치에 √d_model을 곱한다
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 꺼내고 곱하는 두 단계예요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 텐서를 번호 텐서로 인덱싱하면 번호마다 행이 나와요. `F.embedding`도 같은 일을 해요. 제곱근은 `math.sqrt`예요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# $d_\text{model}$은 표의 두 축 가운데 행의 길이예요. 함수에 따로 주어지지 않았으니 `E`의 모양에서 읽어요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_embed", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("embed")

# %% tags=["experiment"]
torch.manual_seed(0)
sizes, some = [32, 64, 128, 256, 512], torch.arange(100)[None]
plain, scaled, position = [], [], []
for D in sizes:
    E = torch.randn(100, D) / D**0.5
    angles = torch.arange(100.0)[:, None] / 10000 ** (torch.arange(0, D, 2) / D)
    position.append(torch.cat([angles.sin(), angles.cos()], 1).norm(dim=1).mean())
    plain.append(E.norm(dim=1).mean())
    scaled.append(embed(some, E).norm(dim=-1).mean())
curves = {"위치 인코딩": position, "곱하지 않은 것": plain, r"$\sqrt{d_\mathrm{model}}$을 곱한 것": scaled}
labels = {"title": "더하는 두 벡터의 길이", "xlabel": r"$d_\mathrm{model}$", "ylabel": "길이"}
plots.lines(sizes, curves, logx=True, marker="o", **labels)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 곱하지 않은 임베딩은 어느 크기에서나 길이가 1쯤인데, 위치 인코딩은 512차원에서 16이에요. $\sqrt{d_\text{model}}$을 곱하면 22.7이 되어 둘이 나란히 자라요.
#
# **한 줄 정리.** 임베딩은 표의 행을 꺼내 위치 인코딩과 어울리는 크기로 키운 것이에요.

# %% [markdown] tags=["given"]
# ## 실습 7-8 같은 표로 로짓 구하기 ★☆☆ · 논문 §3.4
#
# **왜 같은 표일까요?** 디코더의 마지막 벡터 $h$에서 다음 토큰을 고르려면 토큰마다 점수가 필요해요. $h$와 임베딩의 내적으로 정해요. '학교'를 읽으며 배운 것이 '학교'를 쓸 때에도 쓰여요.
#
# **논문 §3.4:** 두 임베딩 층과 소프트맥스 앞의 선형 변환이 같은 가중치 행렬을 함께 쓴다.
#
# **손으로.** $h = [1, 2]$이고 $E$의 행이 $[1, 0]$, $[0, 1]$, $[3, -1]$이면 로짓은 $[1, 2, 1]$이에요. 가장 큰 것은 1번이에요.
#
# **예상.** 논문의 base 모델(어휘 37,000, $d_\text{model}$ 512)에서 원문, 번역문, 출력이 표를 따로 가지면 파라미터가 얼마나 늘까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 표 하나가 $37{,}000 \times 512 = 18{,}944{,}000$개예요. 두 개가 더 필요하니 37,888,000개가 늘어요. 나머지 층 모두(44,138,496개)에 가까워요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "tied_logits", "locked": false, "schema_version": 3, "solution": true, "task": false}
def tied_logits(h: torch.Tensor, E: torch.Tensor) -> torch.Tensor:
    """벡터마다 모든 토큰의 로짓을 구해요. 임베딩과 같은 표를 쓰고, 기울기가 표까지 흘러야 해요.

    식: h E^T
    모양: h (B, T, D), E (V, D) -> (B, T, V)
    예: h [[[1, 2]]], E [[1, 0], [0, 1], [3, -1]] -> [[[1, 2, 1]]]
    """
    ### BEGIN SOLUTION
    return h @ E.T  # (B, T, V)  논문 §3.4: 임베딩 층과 같은 가중치 행렬
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 모든 토큰의 임베딩과 한꺼번에 내적하면 행렬 곱 하나예요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 모양을 적어 봐요: (B, T, D)와 (V, D)에서 (B, T, V)를 얻으려면 어느 쪽의 두 축을 맞바꿔야 할까요? `F.linear`도 있어요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 곱하기 말고는 아무것도 하지 않아요. 소프트맥스도, 편향도, $\sqrt{d_\text{model}}$도 없어요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_tied_logits", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("tied_logits")

# %% tags=["experiment"]
D, V, d_ff = 512, 37_000, 2048
attention, feed_forward, norm = 4 * (D * D + D), D * d_ff + d_ff + d_ff * D + D, 2 * D
layers = 6 * (attention + feed_forward + 2 * norm) + 6 * (2 * attention + feed_forward + 3 * norm)
print(f"함께 쓸 때: {layers + V * D:,}   따로 둘 때: {layers + 3 * V * D:,}")
plots.bars(
    ["표 하나를 함께", "표 셋을 따로"],
    {"표": [V * D / 1e6, 3 * V * D / 1e6], "나머지 층": [layers / 1e6] * 2},
    values="{:.1f}",
    title="논문의 base 모델에서 표가 차지하는 몫",
    xlabel="임베딩과 출력의 표",
    ylabel="파라미터 (백만)",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 표 하나를 함께 쓰면 63,082,496개, 셋을 따로 두면 100,970,496개예요. 논문의 표 3에는 65M이라고 적혀 있는데, 어휘가 정확히 몇 개인지 적지 않아서 한 자리까지 견줄 수는 없어요.
# 표를 함께 쓰려면 두 언어의 어휘도 하나여야 해요(논문 §5.1).
#
# **한 줄 정리.** 로짓은 임베딩 표와의 내적이고, 표는 읽을 때와 쓸 때 함께 배워요.

# %% [markdown] tags=["given"]
# ## 실험. 빈칸을 채우며 뜻을 배우기
#
# 임베딩은 처음에 무작위이고, 뜻은 **이웃에서** 와요. "나는 ▢ 먹는다"의 빈칸에 올 단어들은 닮은 벡터를 갖는 편이 유리해요.
# 한 단어를 가리고 나머지 둘에서 맞혀요. 여러분의 `embed`로 읽고 `tied_logits`로 골라요.
#
# 벡터는 축이 많아서 그대로는 그릴 수 없어요. **t-SNE**는 서로 가까운 벡터를 종이에서도 가까이 놓으려고 점들을 조금씩 옮기는 방법이에요.

# %% tags=["experiment"]
SCENES = {
    "장소": ("학교에 집에 은행에 시장에 도서관에 공원에", "간다 온다 도착했다"),
    "음식": ("밥을 빵을 국수를 사과를 고기를 라면을", "먹는다 요리한다 주문했다"),
    "읽을거리": ("책을 신문을 편지를 소설을 잡지를 시를", "읽는다 쓴다 펼쳤다"),
}
people = ["나는", "너는", "엄마는", "친구는", "선생님은", "학생은"]
kinds = {kind: things.split() for kind, (things, _) in SCENES.items()} | {"사람": people}
kinds["동사"] = [verb for _, verbs in SCENES.values() for verb in verbs.split()]
group = {word: kind for kind, some in kinds.items() for word in some}
names = ["▢", *group]
scenes = [(thing, verb) for things, verbs in SCENES.values() for thing in things.split() for verb in verbs.split()]
lines = torch.tensor([[names.index(word) for word in (who, *scene)] for who in people for scene in scenes])

# %% tags=["experiment"]
torch.manual_seed(0)
D, shown = 32, lines[torch.randperm(len(lines))[: len(lines) // 2]]  # (162, 3) 절반만 보여 줘요.
E = nn.Parameter(torch.randn(len(names), D) / D**0.5)
W = nn.Parameter(torch.randn(3, D, D) / D)
before, optimizer = E.detach().clone(), torch.optim.Adam([E, W], lr=0.01)
for _ in progress(range(steps(200, 30)), "빈칸 채우기 학습"):
    hole = torch.randint(0, 3, (len(shown), 1))
    context = embed(shown.scatter(1, hole, 0), E)  # 가린 자리는 0번 토큰 ▢
    h = torch.einsum("btd,tde->be", context, W)[:, None]  # 자리마다 다른 행렬로 옮겨 더해요.
    loss = F.cross_entropy(tied_logits(h, E)[:, 0], shown.gather(1, hole)[:, 0])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %% tags=["experiment"]
a, b = plots.panels(2, "t-SNE로 평면에 옮긴 임베딩", columns=1, width=8.0, height=4.4)
axes = {"xlabel": "t-SNE 1축", "ylabel": "t-SNE 2축"}
for ax, title, table in progress(((a, "학습 전", before), (b, "학습 후", E.detach())), "t-SNE"):
    points = tsne.tsne(table[1:], perplexity=10)
    plots.scatter(points, names[1:], groups=list(group.values()), title=title, ax=ax, **axes)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))

# %% [markdown] tags=["given"]
# **눈으로 보기.** 학습 전에는 색이 뒤섞여 있지만, 학습하고 나면 사람, 장소, 음식, 읽을거리가 저마다 모여요. 동사는 함께 나오는 말에 따라 셋으로 갈라져요.
# t-SNE는 가까운 것만 챙겨요. 멀리 떨어진 무리 사이의 거리나 무리의 크기에는 뜻이 없어요.
#
# **한 줄 정리.** 비슷한 자리에 나오는 단어는 빈칸을 채우는 동안 비슷한 벡터가 돼요.

# %% [markdown] tags=["given"]
# ## 실습 7-9 (보너스) 코사인 유사도 ★☆☆
#
# **왜 숫자로도 볼까요?** 지도는 눈을 속일 수 있어서예요. 두 벡터가 얼마나 같은 **방향**인지는 내적을 두 길이로 나눈 코사인이에요. 같은 방향이면 1, 직각이면 0, 반대면 −1이에요.
#
# $$\cos(a, b) = \frac{a \cdot b}{\lVert a \rVert \, \lVert b \rVert}$$
#
# **손으로.** $a = [3, 4]$와 $b = [4, 3]$은 내적이 24, 길이가 5와 5라서 $24/25 = 0.96$이에요. $b$를 열 배로 늘려도 그대로예요.
#
# **예상.** 자주 나오는 단어는 벡터가 길어지기 쉬워요. 길이로 나누지 않고 내적으로만 이웃을 찾으면 어떻게 될까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 벡터가 긴 단어가 누구에게나 가장 가까운 이웃으로 나와요. 심지어 자기 자신보다 더 '닮은' 단어가 생기기도 해요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "cosine_similarity", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cosine_similarity(a: torch.Tensor, B: torch.Tensor) -> torch.Tensor:
    """벡터 하나와 벡터 여럿의 코사인 유사도를 구해요.

    식: a·b / (|a| |b|), b는 B의 행
    모양: a (D,), B (N, D) -> (N,)
    예: cosine_similarity([3, 4], [[4, 3], [6, 8]]) -> [0.96, 1]
    """
    ### BEGIN SOLUTION
    return (B @ a) / (a.norm() * B.norm(dim=1))
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 내적 N개를 한꺼번에 구하고, 두 길이로 나눠요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 행렬과 벡터의 곱은 행마다의 내적이에요. 벡터의 길이는 `Tensor.norm`이고, 축을 정할 수 있어요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# `a`의 길이는 수 하나, `B`의 길이는 행마다 하나씩 N개예요. 둘 다로 나눠요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_cosine_similarity", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("cosine_similarity")

# %% tags=["experiment"]
chosen = ["나는", "너는", "학교에", "공원에", "밥을", "빵을", "간다", "온다"]
table = E.detach()[[names.index(word) for word in chosen]]
similar = torch.stack([cosine_similarity(row, table) for row in table])
plots.heatmap(
    similar,
    rows=chosen,
    columns=chosen,
    title="학습한 임베딩의 코사인 유사도",
    xlabel="단어",
    ylabel="단어",
    values="{:.2f}",
    limits=(-1, 1),
    diverging=True,
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 그림의 여덟 단어에서 같은 무리의 짝은 어느 것이나 다른 무리와의 짝보다 더 닮았어요. 문장의 절반만 보고, 무리의 이름은 한 번도 듣지 않고 배운 결과예요.
#
# **한 줄 정리.** 코사인 유사도는 길이를 지우고 방향만 견준 내적이에요.

# %% [markdown] tags=["given"]
# ## 실습 7-10 (보너스) 어절당 토큰 수 ★☆☆
#
# **왜 셀까요?** 토크나이저를 견줄 때 쓰는 잣대가 **어절당 토큰 수**(fertility)예요. 1에 가까울수록 어절을 쪼개지 않은 것이고, 클수록 같은 글에 칸을 더 써요. 토큰마다 돈을 받는 서비스라면 그만큼 비싸지고요.
#
# $$\text{fertility} = \frac{\text{모든 문장의 토큰 수}}{\text{모든 문장의 어절 수}}$$
#
# **손으로.** 3어절인 문장이 6토큰, 1어절인 문장이 4토큰이면 $(6 + 4)/(3 + 1) = 2.5$예요. 문장마다 나눈 2와 4를 평균하면 3이 되는데, 그러면 짧은 문장이 너무 큰 목소리를 내요.
#
# **예상.** 같은 뜻의 한국어와 영어를 글자와 바이트로 자르면, 어절당 토큰 수는 어느 쪽이 클까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 글자로 세면 영어가 커요. 한글은 글자 하나에 자모 두셋을 모아 적으니까요. 바이트로 세면 한국어가 커져요. 음절 하나가 3바이트라서요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "fertility", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fertility(tokenize: Callable[[str], list], sentences: list[str]) -> float:
    """어절 하나가 평균 몇 토큰이 되는지 구해요. 어절은 빈칸으로 나뉜 덩어리이고, 잇단 빈칸은 하나로 쳐요.

    식: 모든 문장의 토큰 수 / 모든 문장의 어절 수
    예: fertility(list, ["가나 다", "라마바"]) -> 7 / 3 (list는 빈칸까지 글자마다 잘라요)
    """
    ### BEGIN SOLUTION
    n_tokens = sum(len(tokenize(sentence)) for sentence in sentences)
    return n_tokens / sum(len(sentence.split()) for sentence in sentences)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 토큰도 모두, 어절도 모두 더한 다음 한 번만 나눠요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `str.split()`은 빈칸으로 나눈 목록을 줘요. `tokenize(문장)`은 토큰의 목록이에요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 분자와 분모가 저마다 `sum` 하나씩이에요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_fertility", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("fertility")

# %% [markdown] tags=["given"]
# 사람이 만든 사전으로 자르는 **형태소 분석기**(명사와 조사, 어간과 어미를 나눠요)도 함께 견줘요. KoNLPy의 세 분석기는 Java로 돌아가요. Java가 없는 컴퓨터에서는 까닭을 알려 주고 나머지로 이어 가요. 사전을 읽느라, 아래 세 셀은 처음에 모두 합해 1분쯤 걸리기도 해요.


# %% tags=["experiment"]
def whole(cut: Callable) -> Callable:
    """어절을 자르는 함수로 문장을 잘라요."""
    return lambda sentence: [piece for word in sentence.split() for piece in cut(word)]


cutters = {name: whole(cut) for name, (cut, _) in ways.items()}
taggers = fast(("Okt", "Komoran", "Hannanum"), ("Hannanum",))
on = {name: korean_text.tagger(name) for name in progress(taggers, "형태소 분석기 켜기")}
cutters |= {name: tagger.morphs for name, tagger in on.items() if tagger}
for name, cut in cutters.items():
    print(f"{name:9}", *cut(text.SCHOOL)[:14])

# %% tags=["experiment"]
meanings = {
    "나는 학교에 간다": "I go to school",
    "어머니가 시장에서 사과를 샀다": "Mother bought apples at the market",
    "우리는 내일 바다에 갈 것이다": "We will go to the sea tomorrow",
    "친구가 편지를 썼다": "My friend wrote a letter",
}
rows = {
    name: [fertility(cutters[way], some) for way in ("음절", "바이트")]
    for name, some in (("한국어", list(meanings)), ("영어", list(meanings.values())))
}

# %% tags=["experiment"]
left, right = plots.panels(2, "어절 하나의 토큰 수", width=5.2)
labels = {"xlabel": "자르는 방법", "ylabel": "어절당 토큰 수", "values": "{:.1f}"}
plots.bars(["글자", "바이트"], rows, title="같은 뜻의 네 문장", ax=left, **labels)
scores = {name: fertility(cut, unseen) for name, cut in progress(cutters.items(), "방법마다 자르기")}
order = sorted(scores, key=scores.get)
plots.bars(order, {"토큰": [scores[name] for name in order]}, title="남겨 둔 헌법의 문장", ax=right, **labels)
right.tick_params(axis="x", rotation=40)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 글자로 세면 영어가 길지만(3.8과 2.7) 바이트로 세면 한국어가 두 배가 넘어요(8.0과 3.8). 영어 위주로 배운 바이트 토크나이저가 한국어에 토큰을 더 쓰는 까닭이에요.
# 오른쪽에서 형태소 분석기들은 2 언저리이고, 여러분의 BPE는 사전도 Java도 없이 2.5까지 왔어요. 다만 BPE의 경계는 뜻이 아니라 횟수가 정해요.

# %% tags=["experiment"]
forms = [word for word in dict.fromkeys(words) if re.match("법률(?!안|상)", word) and word != "법률"]
print(f"'법률'에 조사가 붙은 어절 {len(forms)}가지:", *forms)
tagger = on.get(fast("Komoran", "Hannanum"))  # 조사의 품사는 J로, 어미는 E로 시작해요.
tagged = [pair for sentence in sentences for pair in tagger.pos(sentence)] if tagger else []
a, b = plots.panels(2, "헌법에서 가장 잦은 조사와 어미" if tagger else "Java가 없어서 비워 둔 그림")
for ax, title, letter in ((a, "조사", "J"), (b, "어미", "E")):
    top = Counter(morpheme for morpheme, tag in tagged if tag.startswith(letter)).most_common(8)
    count = {"횟수": [n for _, n in top]}
    plots.bars([name for name, _ in top], count, title=title, xlabel="형태소", ylabel="횟수", values="{:.0f}", ax=ax)

# %% [markdown] tags=["given"]
# **눈으로 보기.** '법률' 하나에 조사가 붙어 열한 가지 어절이 됐어요. 어절마다 번호를 주면 서로 아무 상관이 없는 번호가 되고, 조각으로 자르면 '법률'의 뜻도 조사의 뜻도 한 번만 배우면 돼요.
#
# **한 줄 정리.** 어절당 토큰 수는 모두 더한 다음 한 번만 나눈 비율이에요.

# %% [markdown] tags=["given"]
# ## 실습 7-11 (보너스) 음절을 자모로 ★★☆ · 유니코드 §3.12
#
# **왜 자모일까요?** 한글 음절은 초성, 중성, 종성을 조립한 것이고, 유니코드는 음절을 **조립한 차례 그대로** 늘어놓았어요. 그래서 사전 없이 산수만으로 풀 수 있어요. '가'를 0번으로 세면
#
# $$\text{번호} = \text{초성} \times 588 + \text{중성} \times 28 + \text{종성}, \qquad 588 = 21 \times 28$$
#
# 종성이 가장 빨리 바뀌고(가, 각, 갂, …), 28개가 다 돌면 중성이, 588개가 다 돌면 초성이 하나 넘어가요. 시계의 초, 분, 시와 같아요.
#
# **손으로.** '한'은 ㅎ(18번), ㅏ(0번), ㄴ(4번)이니까 $18 \times 588 + 0 \times 28 + 4 = 10588$번이에요. 거꾸로 10588에서 세 번호를 꺼내는 것은 10588초가 몇 시간 몇 분 몇 초인지 구하는 것과 같아요.
#
# **예상.** 현대 한글로 조립할 수 있는 음절은 모두 몇 개일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $19 \times 21 \times 28 = 11{,}172$개예요. 마지막 음절 '힣'의 번호는 11,171이에요.
#
# </details>

# %% tags=["given"]
FIRST = 0xAC00  # '가'의 유니코드 번호
INITIALS = list("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")  # 초성
VOWELS = list("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ")  # 중성
FINALS = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]  # 종성, 0번은 받침 없음


# %% nbgrader={"grade": false, "grade_id": "decompose", "locked": false, "schema_version": 3, "solution": true, "task": false}
def decompose(syllable: str) -> tuple[str, str, str]:
    """한글 음절 하나를 (초성, 중성, 종성)으로 풀어요. 받침이 없으면 종성은 빈 글이에요.

    식: 번호 = 초성 * 588 + 중성 * 28 + 종성, 번호는 '가'부터 세요.
    예: decompose("한") -> ("ㅎ", "ㅏ", "ㄴ"), decompose("가") -> ("ㄱ", "ㅏ", "")
    한글 음절 하나가 아니면(a, ㄱ, 한글) ValueError예요.
    """
    ### BEGIN SOLUTION
    number = ord(syllable) - FIRST if len(syllable) == 1 else -1
    if not 0 <= number < 19 * 588:
        raise ValueError(f"한글 음절 하나가 아니에요: {syllable!r}")
    return INITIALS[number // 588], VOWELS[number % 588 // 28], FINALS[number % 28]
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 먼저 글자의 번호를 '가'부터 센 번호로 바꿔요. 그다음은 초를 시, 분, 초로 바꾸는 산수예요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `ord(글자)`가 유니코드 번호를 알려 줘요. 몫은 `//`, 나머지는 `%`예요. 위의 표 셋은 0번부터 세요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 초성은 588로 나눈 몫, 종성은 28로 나눈 나머지예요. 중성은 초성을 덜어 낸 나머지에서 구해요. 번호가 0 이상 11172 미만인지도 봐요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_decompose", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("decompose")

# %% tags=["experiment"]
finals = Counter(decompose(syllable)[2] or "없음" for word in words for syllable in word)
total = sum(finals.values())
top = finals.most_common(8)
plots.bars(
    [name for name, _ in top],
    {"비율": [100 * n / total for _, n in top]},
    values="{:.1f}",
    title=f"음절 {total:,}개의 받침",
    xlabel="종성",
    ylabel="비율 (%)",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 헌법과 법률안의 음절을 모두 풀었어요. 절반 넘게 받침이 없고, 있는 것 가운데서는 ㄴ과 ㅇ이 가장 많아요.
#
# **한 줄 정리.** 음절의 번호는 588과 28로 세는 시계라서, 몫과 나머지로 자모를 꺼낼 수 있어요.

# %% [markdown] tags=["given"]
# ## 실습 7-12 (보너스) 자모를 음절로 ★☆☆ · 유니코드 §3.12
#
# **왜 되돌려야 할까요?** 한국어에서는 조각의 경계가 **음절 안을** 지나가기도 해요. '간다'는 '가'에 'ㄴ다'가 붙은 말이에요. 이어 붙이려면 자모를 다시 조립해야 해요.
#
# **손으로.** ㄱ(0번), ㅜ(13번), ㅇ(21번)은 $0 \times 588 + 13 \times 28 + 21 = 385$번이고, '가'에서 385번 뒤의 글자는 '궁'이에요.
#
# **예상.** 자모 하나를 토큰 하나로 쓰면 토큰의 종류가 아주 적어져요. 무엇이 나빠질까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 처음 그림에서 본 것처럼 문장이 음절의 두 배 넘게 길어져요. 게다가 'ㅎ' 하나에는 뜻이 없어서, 뜻을 조립하는 일까지 모델이 떠맡아요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "compose", "locked": false, "schema_version": 3, "solution": true, "task": false}
def compose(jamo: tuple[str, str, str]) -> str:
    """(초성, 중성, 종성)을 음절 하나로 조립해요. `decompose`의 반대예요.

    식: 글자의 번호 = '가'의 번호 + 초성 * 588 + 중성 * 28 + 종성
    예: compose(("ㅎ", "ㅏ", "ㄴ")) -> "한", compose(("ㄱ", "ㅏ", "")) -> "가"
    음절이 될 수 없는 자모면(모음이 먼저 오거나, 받침이 될 수 없거나) ValueError예요.
    """
    ### BEGIN SOLUTION
    initial, vowel, final = jamo
    number = INITIALS.index(initial) * 588 + VOWELS.index(vowel) * 28 + FINALS.index(final)
    return chr(FIRST + number)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 자모마다 표에서 몇 번째인지 찾고, 식에 넣고, 글자로 바꿔요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# `list.index(값)`은 몇 번째인지 알려 주고, 없으면 저절로 ValueError를 내요. 번호를 글자로 바꾸는 함수는 `chr`예요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 세 번호에 588, 28, 1을 곱해 더한 다음, '가'의 번호를 더해서 `chr`에 넣어요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_compose", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("compose")

# %% tags=["experiment"]
everything = [chr(FIRST + n) for n in range(11172)]
print("풀었다가 조립해도 그대로인 음절:", sum(compose(decompose(s)) == s for s in everything), "개")
initial, vowel, _ = decompose("가")
print("가 + ㄴ다 =", compose((initial, vowel, "ㄴ")) + "다")
taken_apart = unicodedata.normalize("NFD", "한")  # 유니코드가 자모를 적는 또 다른 방법
print("NFD로 적은 '한':", len(taken_apart), "글자,", [hex(ord(c)) for c in taken_apart])

# %% [markdown] tags=["given"]
# **눈으로 보기.** 11,172개가 모두 제자리로 돌아왔어요. 마지막 줄은 눈에는 똑같은 '한'이지만 세 글자예요. 이 **첫가끝 자모**(0x1112…)는 표에 있는 자모(0x314E…)와 코드가 달라요.
# 맥에서 만든 한글 파일 이름이 풀어져 보이는 것도 이것 때문이에요. 토크나이저에 넣기 전에 `unicodedata.normalize("NFC", 글)`로 모아 적어요.
#
# **한 줄 정리.** 조립은 풀기와 같은 식을 반대로 읽은 것이에요.

# %% [markdown] tags=["given"]
# ## 실습 7-13 (보너스) 바이트 토큰을 글로 ★★☆ · Radford 외 (2019)
#
# **왜 바이트일까요?** 우리의 BPE는 '펭'을 몰라요. GPT 계열은 글자가 아니라 **UTF-8 바이트**에서 시작해요. 바이트는 256가지뿐이라 모르는 것이 없어요. 대신 토큰의 경계가 글자의 **가운데**를 지날 수 있어서, 되돌릴 때 조심해야 해요.
#
# **손으로.** '한'은 UTF-8로 세 바이트 `ED 95 9C`예요. 토큰이 `ED 95`와 `9C`로 나뉘었다면, 따로따로는 글자가 아니에요. 이어야 '한'이 돼요.
#
# **예상.** "나는 학교에 간다"는 UTF-8로 몇 바이트일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 한글 일곱 글자에 3바이트씩 21, 빈칸 둘에 1바이트씩 2, 모두 23바이트예요. 영어 "I go to school"은 14바이트이고요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "bpe_decode", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bpe_decode(tokens: list[bytes]) -> str:
    """바이트 토큰들을 글로 되돌려요. 글자 하나가 여러 토큰에 걸쳐 있어도 깨지지 않아요.

    예: bpe_decode([b"\xed\x95", b"\x9c"]) -> "한"
    빈칸은 그대로 두고, 글자가 될 수 없는 바이트는 '\ufffd'(U+FFFD)로 바꿔요.
    """
    ### BEGIN SOLUTION
    return b"".join(tokens).decode("utf-8", errors="replace")
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 바이트를 글자로 바꾸는 일과 토큰을 잇는 일, 두 가지예요. 차례가 중요해요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 바이트의 목록은 `bytes.join`으로 이어요. `bytes.decode`에는 틀린 바이트를 어떻게 할지 정하는 인자가 있어요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 먼저 모두 이은 다음, 한 번만 바꿔요. 인자의 이름은 `errors`이고, 버리지도 멈추지도 않는 값을 골라요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_bpe_decode", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check("bpe_decode")

# %% tags=["experiment"]
data = "한글".encode()
cut_in_two = [data[i : i + 2] for i in range(0, len(data), 2)]
print("토큰:", [token.hex(" ") for token in cut_in_two])
print("이어서 한 번에:", bpe_decode(cut_in_two), "  토큰마다 따로:", *[bpe_decode([token]) for token in cut_in_two])
print("펭귄:", list("펭귄".encode()), "->", bpe_decode([bytes([byte]) for byte in "펭귄".encode()]))

# %% [markdown] tags=["given"]
# **눈으로 보기.** 토큰마다 따로 바꾸면 글자가 깨져서 �가 나와요. 답을 조금씩 보여 주는 프로그램에서 한글이 잠깐 깨져 보이는 버그가 이것이에요. 바이트로는 '펭귄'도 적을 수 있어요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 7편은 GPT-4o가 유니코드를 '직접' 다루고 GPT-3.5는 바이트를 다룬다고 해요. 사실은 <b>둘 다 바이트 BPE</b>예요. 달라진 것은 어휘의 크기예요.
# 어휘가 약 10만에서 약 20만으로 커지면서 한국어 쌍이 더 많이 들어갔고, 같은 한국어 글이 더 적은 토큰이 돼요. 7-4의 손잡이를 오른쪽으로 민 셈이에요.</div>
#
# **한 줄 정리.** 바이트에서 시작하면 모르는 글자가 없고, 되돌릴 때는 모두 이은 다음 한 번만 글자로 바꿔요.

# %% [markdown] tags=["given"]
# ## 마무리. PyTorch와 같아요
#
# 글 → 조각 → 번호 → 벡터 → 로짓 → 번호 → 글. 여러분의 어휘와 쌍을 실제 모델들이 쓰는 `tokenizers` 라이브러리에 넣고, 여러분의 임베딩을 PyTorch의 모듈과 견주며 한 바퀴 돌아요.

# %% tags=["experiment"]
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

library = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>"))
mark = {"replacement": START, "prepend_scheme": "always"}
spaces = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(**mark)]
library.pre_tokenizer, library.decoder = pre_tokenizers.Sequence(spaces), decoders.Metaspace(**mark)
readable = [word for word in unseen_words if letters.issuperset(word)]
same = sum(bpe_encode(word, merges) == library.encode(word).tokens for word in readable)
print(f"아는 글자로 된 어절 {len(readable)}개 가운데 조각이 라이브러리와 같은 것: {same}개")

# %% tags=["experiment"]
torch.manual_seed(0)
table, linear = nn.Embedding(len(vocab), 64), nn.Linear(64, len(vocab), bias=False)
linear.weight = table.weight  # 표 하나를 함께 써요.
ids = torch.tensor([library.encode(unseen[0]).ids])
x = embed(ids, table.weight)
print(f"embed와 nn.Embedding의 차이: {(x - table(ids) * 64**0.5).abs().max().item():.1e}")
print(f"tied_logits와 nn.Linear의 차이: {(tied_logits(x, table.weight) - linear(x)).abs().max().item():.1e}")

# %% tags=["experiment"]
for sentence in ("나는 학교에서는 법률을 배운다", "나는 펭귄을 배운다"):
    read = library.encode(sentence)
    x = embed(torch.tensor([read.ids]), table.weight)  # (1, T, 64)
    logits = tied_logits(x, table.weight)  # (1, T, V)
    chosen = logits.argmax(-1)[0].tolist()
    print(f"글    {sentence}\n조각  {' | '.join(read.tokens)}\n번호  {read.ids}")
    print(f"벡터  {tuple(x.shape)}\n로짓  {tuple(logits.shape)}\n번호  {chosen}\n글    {library.decode(chosen)}\n")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 처음에 사전이 몰랐던 '학교에서는'이 한 바퀴를 돌아 그대로 돌아왔어요. 무작위로 뽑은 긴 벡터들이라 토큰마다 자기 행과의 내적이 가장 커요. '펭귄'은 `<unk><unk>`로 돌아왔어요. 배운 글에 없던 글자라고 정직하게 말한 거예요.
# 레슨 8에서는 벡터와 로짓 사이에 Transformer를 끼워요. 그러면 돌아오는 것은 같은 글이 아니라 **번역**이에요.

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# 법률 글로 토크나이저와 번역 모델을 함께 학습했더니, 사용자들은 채팅 글을 넣었어요. 그래서 모델은 그대로 두고, 채팅 글로 새로 배운 토크나이저로 **바꿔 끼웠어요**. 문장은 짧아졌는데 번역은 엉망이 됐어요.
#
# 바꾸기 전에는 무엇이 불편했고(오늘 본 숫자를 하나 이상), 왜 엉망이 됐고, 무엇을 다시 배워야 할까요? 네다섯 문장으로 적어 주세요. 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# 바꾸기 전에는 채팅 말이 법률 글에 드물어서 잘게 잘렸어요. 붙일 쌍이 없으면 24.0토큰이 39.4토큰이 되고, 못 본 글자는 `<unk>`예요.
# 토크나이저를 바꾸면 같은 번호가 다른 조각을 가리켜요. 모델의 표는 옛 번호의 뜻이라 엉뚱한 벡터를 꺼내고, 로짓으로 고른 번호도 새 어휘로 읽으면 엉뚱한 글이에요.
# 그래서 표를 새 어휘로 다시 배우고, 나머지 층도 이어서 학습해야 해요.
#
# 채점 기준
#
# - 1점: 같은 번호가 다른 조각을 가리키게 된다고 했어요.
# - 1점: 옛 번호로 학습한 임베딩 표에서 엉뚱한 벡터를 꺼낸다고 했어요.
# - 1점: 출력도 옛 번호라 엉뚱한 글이 된다고 했어요.
# - 1점: 바꾸기 전의 불편을 오늘 본 숫자를 들어 설명했어요.
# - 1점: 임베딩 표를 다시 배워야 한다고 했어요.

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# 글이 번호가 되고, 뜻을 품은 벡터가 되고, 다시 글이 됐어요. 이제 부품이 모두 모였어요. 레슨 8에서 조립해서 정말로 한국어를 번역해 봐요.
#
# 저장소째로 받았다면 아래 두 셀은 오늘의 실습을 모두 통과한 뒤 이 코스의 기준 구현을 보여 줘요(나눠 받은 묶음에는 없어요).

# %% tags=["experiment"]
show_reference("bpe.py")

# %% tags=["experiment"]
show_reference("embedding.py")
