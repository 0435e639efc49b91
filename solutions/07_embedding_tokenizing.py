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
# **지금까지.** 벡터들이 서로를 보고(레슨 5, 6), 순서를 알고(레슨 2), 다듬어지고(레슨 3), 깊이 쌓이는(레슨 4) 법을 모두 만들었어요. 그런데 우리는 늘 벡터에서 시작했어요.
#
# **이번 질문.** "나는 학교에 간다"는 글자예요. 이 글자들을 어떤 **조각**으로 자르고, 조각에 어떻게 **숫자**를 붙이고, 숫자에 어떻게 **뜻**을 새길까요?
# 한국어는 여기에 문제가 하나 더 있어요. '학교는', '학교에', '학교에서'가 모두 다른 덩어리인데, 우리는 그 안에 같은 '학교'가 있다는 것을 알아요. 기계도 알 수 있을까요?
#
# $$\text{글} \;\longrightarrow\; \text{토큰} \;\longrightarrow\; \text{번호} \;\longrightarrow\; E[\text{번호}]\cdot\sqrt{d_\text{model}} \qquad \text{(논문 §3.4)}$$
#
# {차례}

# %% [markdown] tags=["given"]
# ## 용어
#
# | 한국어 | English | 기호와 모양 |
# |---|---|---|
# | 토큰 | token | 모델이 한 칸으로 세는 조각 |
# | 토크나이징 | tokenizing | 글을 토큰의 목록으로 자르는 일 |
# | 자모 | jamo | 초성 19개, 중성 21개, 종성 28개('없음' 포함) |
# | 어절 | | 빈칸으로 나뉜 덩어리. "나는 학교에 간다"는 3어절 |
# | 형태소 | morpheme | 뜻이 있는 가장 작은 조각. 학교+에, 가+ㄴ다 |
# | 조사, 어미 | josa, eomi | 체언에 붙는 말(는, 에), 용언에 붙는 말(ㄴ다, 었) |
# | 서브워드 | subword | 글자보다 크고 단어보다 작은 조각 |
# | 바이트 쌍 인코딩 | byte pair encoding, BPE | 잦은 쌍을 되풀이해서 붙이는 서브워드 방법 |
# | 임베딩 | embedding | 토큰 번호마다의 벡터. 표 $E$: `(V, D)` |
# | 로짓 | logit | 소프트맥스에 넣기 전의 점수 `(B, T, V)` |
# | 가중치 공유 | weight tying | 임베딩과 출력이 표 하나를 함께 써요 |
#
# B는 문장 수, S와 T는 원문과 번역문의 길이, D는 $d_\text{model}$, V는 어휘 크기예요. `▁`는 단어의 시작을 나타내는 글자예요(밑줄과 다른 글자라서 복사해서 써요).
#
# 함수를 채운 뒤 바로 아래의 `check("이름")`을 실행하면 무엇이 맞고 다른지 바로 알려 줘요. 먼저 아래 두 셀을 실행해 주세요.

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
from autograder.kit import fast, korean_text, plots, progress, show_reference, text, tsne

torch.set_num_threads(1)  # 이렇게 작은 계산은 스레드 하나가 더 빨라요.

# %% tags=["given"]
FIRST = 0xAC00  # '가'의 유니코드 번호
INITIALS = list("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")  # 초성
VOWELS = list("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ")  # 중성
FINALS = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]  # 종성, 0번은 받침 없음

# %% [markdown] tags=["given"]
# ## 실습 7-1 음절을 자모로 ★★☆ · 유니코드 §3.12
#
# **왜 자모부터일까요?** 가장 작은 조각에서 시작해 봐요. 한글 음절은 초성, 중성, 종성을 조립한 것이고, 유니코드는 음절을 **조립한 차례 그대로** 늘어놓았어요.
# 그래서 사전 없이 산수만으로 음절을 풀 수 있어요. '가'를 0번으로 세면
#
# $$\text{번호} = \text{초성} \times 588 + \text{중성} \times 28 + \text{종성}, \qquad 588 = 21 \times 28$$
#
# 종성이 가장 빨리 바뀌고(가, 각, 갂, …), 28개가 다 돌면 중성이, 588개가 다 돌면 초성이 하나 넘어가요. 시계의 초, 분, 시와 같아요.
#
# **손으로.** '한'은 ㅎ(18번), ㅏ(0번), ㄴ(4번)이니까 $18 \times 588 + 0 \times 28 + 4 = 10588$번이에요. 거꾸로 10588에서 세 번호를 어떻게 꺼낼까요? 10588초가 몇 시간 몇 분 몇 초인지 구하는 것과 같아요.
#
# **예상.** 현대 한글로 조립할 수 있는 음절은 모두 몇 개일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# $19 \times 21 \times 28 = 11{,}172$개예요. 마지막 음절 '힣'의 번호는 11,171이에요.
#
# </details>


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

# %% nbgrader={"grade": true, "grade_id": "check_decompose", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("decompose")

# %% tags=["experiment"]
words = re.findall("[가-힣]+", korean_text.read())  # 대한민국헌법과 법률안 열 편
finals = Counter(decompose(syllable)[2] or "없음" for word in words for syllable in word)
total = sum(finals.values())
top = finals.most_common(8)
plots.bars(
    [name for name, _ in top],
    {"비율": [100 * n / total for _, n in top]},
    values="{:.0f}",
    title=f"음절 {total:,}개의 받침",
    xlabel="종성",
    ylabel="비율 (%)",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** KoNLPy가 들고 오는 글(헌법과 법률안, 약 65,000자)의 음절을 모두 풀었어요. 절반은 받침이 없고, 있는 것 가운데서는 ㄴ과 ㅇ이 가장 많아요. 받침은 27가지나 되지만 여섯 가지가 거의 다 차지해요.
#
# **한 줄 정리.** 음절의 번호는 588과 28로 세는 시계라서, 몫과 나머지로 자모를 꺼낼 수 있어요.

# %% [markdown] tags=["given"]
# ## 실습 7-2 자모를 음절로 ★☆☆ · 유니코드 §3.12
#
# **왜 되돌려야 할까요?** 모델이 자모를 내놓는다면 사람이 읽을 글로 다시 조립해야 해요. 그리고 한국어에서는 조각의 경계가 **음절 안을** 지나가기도 해요. '간다'는 '가'에 'ㄴ다'가 붙은 말이에요.
#
# **손으로.** ㄱ(0번), ㅜ(13번), ㅇ(21번)은 $0 \times 588 + 13 \times 28 + 21 = 385$번이고, '가'에서 385번 뒤의 글자는 '궁'이에요.
#
# **예상.** 자모 하나를 토큰 하나로 쓰면 토큰의 종류가 아주 적어져요. 무엇이 나빠질까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 문장이 두세 배 길어져요. 레슨 5에서 본 것처럼 어텐션의 비용은 길이의 제곱으로 늘어요. 게다가 'ㅎ' 하나에는 뜻이 없어서, 뜻을 조립하는 일까지 모델이 떠맡아요.
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

# %% nbgrader={"grade": true, "grade_id": "check_compose", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("compose")

# %% tags=["experiment"]
everything = [chr(FIRST + n) for n in range(11172)]
print("풀었다가 조립해도 그대로인 음절:", sum(compose(decompose(s)) == s for s in everything), "개")

initial, vowel, _ = decompose("가")
print("가 + ㄴ다 =", compose((initial, vowel, "ㄴ")) + "다")
for word in ("학교", "학생"):
    print(word + ("은" if decompose(word[-1])[2] else "는"), end="  ")

taken_apart = unicodedata.normalize("NFD", "한")  # 유니코드가 자모를 적는 또 다른 방법
print("\nNFD로 적은 '한':", len(taken_apart), "글자,", [hex(ord(c)) for c in taken_apart])

# %% [markdown] tags=["given"]
# 위에서 11,172개가 모두 제자리로 돌아왔어요. 조사 '은/는'도 받침이 있는지만 보면 고를 수 있고요.
# 마지막 줄은 눈에는 똑같은 '한'이지만 세 글자예요. 이 **첫가끝 자모**(0x1112…)는 표에 있는 자모(0x314E…)와 코드가 달라요. 맥에서 만든 한글 파일 이름이 풀어져 보이는 것도 이것 때문이에요.
# 토크나이저에 넣기 전에 `unicodedata.normalize("NFC", 글)`로 모아 적어 두면 안전해요.

# %% tags=["experiment"]
used = Counter("".join(words))
met = [[sum(used[compose((i, v, f))] for f in FINALS) for v in VOWELS] for i in INITIALS]
plots.heatmap(
    torch.tensor(met).add(1).log10(),
    rows=INITIALS,
    columns=VOWELS,
    xlabel="중성",
    ylabel="초성",
    title=f"글에 나온 음절 {len(used)}가지: log10(횟수 + 1)",
    ax=plots.panels(1, width=8.4, height=6.0)[0],
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 조립할 수 있는 음절은 11,172가지지만 이 글에 정말로 나온 것은 445가지뿐이에요. 짙은 칸(ㅎ과 ㅏ, ㅇ과 ㅣ 등)에 몰려 있고, 흰 칸은 한 번도 만나지 않은 짝이에요. 글자들은 골고루 쓰이지 않아요. 다음 실습의 씨앗이에요.
#
# **한 줄 정리.** 조립은 풀기와 같은 식을 반대로 읽은 것이고, 조사와 어미는 받침을 보고 모습을 바꿔요.

# %% [markdown] tags=["given"]
# ## 실습 7-3 이웃한 쌍 세기 ★☆☆ · Sennrich 외 (2016)
#
# **왜 쌍을 셀까요?** 글자는 너무 작고, 어절은 너무 많아요. 어절마다 번호를 주면 '학교에서는'을 처음 보는 순간 모르는 말이 돼요. 그래서 논문은 **서브워드**를 써요(논문 §5.1).
# 만드는 법은 놀랄 만큼 단순해요. 글자에서 시작해 **가장 자주 붙어 다니는 쌍**을 한 토큰으로 붙이고, 또 세고, 또 붙여요. 이것이 BPE예요. 첫 부품은 쌍을 세는 함수예요.
#
# **손으로.** `(▁, 학, 교, 에)`가 5번, `(▁, 집, 에)`가 4번 나왔다면 (▁, 학), (학, 교), (교, 에)가 5번씩이고 (▁, 집), (집, 에)가 4번씩이에요.
# 단어와 단어 사이, 곧 (에, ▁)는 세지 않아요.
#
# **예상.** `(아, 아, 아)`가 한 번 나왔다면 (아, 아)는 몇 번일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 두 번이에요. 첫째-둘째, 둘째-셋째 자리가 모두 이웃이니까요. 세는 것은 겹쳐도 돼요. 붙일 때는 다르고요(7-4).
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
# `zip(word, word[1:])`이 이웃한 짝을 차례로 줘요. `Counter`는 없던 열쇠를 0부터 세어 줘요.
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
sentences = korean_text.sentences()  # 헌법에서 고른 문장들
unseen, seen = sentences[::5], [s for i, s in enumerate(sentences) if i % 5]  # 다섯에 하나는 남겨 둬요.
unseen_words = " ".join(unseen).split()
frequent = dict((Counter(words) - Counter(unseen_words)).most_common(1000))
print(f"배울 단어 {len(frequent)}가지, 남겨 둔 문장 {len(unseen)}개({len(unseen_words)}어절)")

pairs = Counter(count_pairs({tuple("▁" + word): n for word, n in frequent.items()})).most_common(12)
plots.bars(
    [" ".join(pair) for pair, _ in pairs],
    {"횟수": [n for _, n in pairs]},
    values="{:.0f}",
    title="가장 자주 붙어 다니는 쌍",
    ylabel="횟수",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 법에 관한 글이라 조항의 '제', '조'가 앞에 많아요. '한다', '하여'처럼 어미로 쓰이는 쌍과 '휴직'처럼 이 글에 많은 단어도 벌써 보여요. 남겨 둔 문장은 7-6에서 '처음 보는 글'로 써요.
#
# **한 줄 정리.** 쌍의 횟수는 단어 안의 이웃한 자리를 단어의 빈도만큼 센 것이에요.

# %% [markdown] tags=["given"]
# ## 실습 7-4 쌍 붙이기 ★★☆ · Sennrich 외 (2016)
#
# **왜 따로 만들까요?** 배울 때도(7-5) 자를 때도(7-6) 같은 일을 해요. 쌍 하나를 정하면 토큰의 줄에서 **나올 때마다** 한 토큰으로 붙이는 일이에요.
#
# **손으로.** `(▁, 집, 에, 서, 집, 에)`에서 (집, 에)를 붙이면 `(▁, 집에, 서, 집에)`예요. 여섯 토큰이 네 토큰이 됐어요.
#
# **예상.** `(아, 아, 아)`에서 (아, 아)를 붙이면 어떻게 될까요? 앞의 둘일까요, 뒤의 둘일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 왼쪽부터 읽으므로 `(아아, 아)`예요. 가운데 '아'는 이미 썼으니 또 쓸 수 없어요. 셀 때는 두 번이었는데 붙는 것은 한 번이에요.
#
# </details>


# %% nbgrader={"grade": false, "grade_id": "merge_pair", "locked": false, "schema_version": 3, "solution": true, "task": false}
def merge_pair(seq: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    """왼쪽부터 읽으며 pair를 만날 때마다 한 토큰으로 붙여요.

    예: merge_pair(("▁", "집", "에", "서", "집", "에"), ("집", "에")) -> ("▁", "집에", "서", "집에")
        merge_pair(("아", "아", "아"), ("아", "아")) -> ("아아", "아")
    """
    ### BEGIN SOLUTION
    merged, i = [], 0
    while i < len(seq):
        if seq[i : i + 2] == pair:
            merged.append(pair[0] + pair[1])
            i += 2
        else:
            merged.append(seq[i])
            i += 1
    return tuple(merged)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 지금 자리와 다음 자리를 함께 보고, 쌍이면 붙여서, 아니면 그대로 새 줄에 옮겨요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 몇 칸 나아갈지가 그때그때 다르니 `for`보다 `while`이 편해요. `seq[i : i + 2]`는 끝을 넘어도 예외가 나지 않아요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 쌍이면 두 칸, 아니면 한 칸 나아가요. 마지막에 튜플로 바꾸는 것을 잊지 마세요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_merge_pair", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("merge_pair")

# %% tags=["experiment"]
start = tuple("▁학교에서")
first = merge_pair(start, ("에", "서"))
second = merge_pair(first, ("학", "교"))
third = merge_pair(second, ("▁", "학교"))
for line in (start, first, second, third):
    print(len(line), "토큰:", " | ".join(line))

# %% tags=["experiment"]
start = {tuple("▁" + word): n for word, n in frequent.items()}
top = Counter(count_pairs(start)).most_common(8)
saved = [sum(n * (len(w) - len(merge_pair(w, pair))) for w, n in start.items()) for pair, _ in top]
plots.bars(
    [" ".join(pair) for pair, _ in top],
    {"나온 횟수": [n for _, n in top], "줄어든 토큰": saved},
    title="쌍 하나만 붙였을 때",
    values="{:.0f}",
    ax=plots.panels(1, width=8.4, height=3.8)[0],
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 위에서는 다섯 토큰이 세 번 붙어 `▁학교 | 에서` 두 토큰이 됐어요. 그림에서는 나온 횟수만큼 토큰이 줄어요. 그래서 가장 잦은 쌍을 붙이는 것이 지금 글을 가장 짧게 만드는 길이에요. 명사와 조사의 경계에서 멈추면 사람이 자른 것과 같아요. 기계도 이런 쌍을 고를까요? 이제 배우게 해 봐요.
#
# **한 줄 정리.** 쌍을 붙이면 토큰이 줄어들고, 한 번 쓴 토큰은 다시 쓰지 않아요.

# %% [markdown] tags=["given"]
# ## 실습 7-5 BPE 배우기 ★★★ · Sennrich 외 (2016), 논문 §5.1
#
# **왜 이것으로 충분할까요?** 아무도 '학교'가 단어라고 알려 주지 않았지만, 학 다음에는 교가 자주 와요. **자주 함께 다니는 것**이 곧 조각이라고 믿는 거예요.
#
# 1. 단어마다 `(▁, 글자, 글자, …)`에서 시작해요. `▁`가 있어야 단어의 처음과 가운데를 구별해요.
# 2. 쌍을 세고(7-3), 가장 잦은 쌍을 골라요. 횟수가 같으면 **사전에서 앞서는 쌍**(파이썬의 `<`로 작은 쪽)이에요. 규칙을 정해 두어야 언제 어디서 배워도 같은 결과가 나와요.
# 3. 모든 단어에서 그 쌍을 붙이고(7-4), 2로 돌아가요.
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
# **예상.** 스텝을 계속하면 언젠가 더 붙일 것이 없어져요. 그때 토큰은 무엇이 되어 있을까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 단어가 통째로 토큰 하나가 돼요. 0번 붙이면 글자, 끝까지 붙이면 어절이에요. BPE는 그 사이의 어디에서 멈출지 **붙이는 횟수**로 정하는 방법이에요.
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
# `min`이나 `max`에 `key=`를 주면 무엇으로 견줄지 정할 수 있어요. 튜플은 첫째 값부터 견주고, 같으면 둘째 값을 견줘요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 횟수는 큰 쪽, 쌍은 작은 쪽이라 방향이 반대예요. 횟수에 음수 부호를 붙이면 둘 다 작은 쪽이 돼요. 쌍이 하나도 없으면 거기서 멈춰요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_train_bpe", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
check("train_bpe")

# %% tags=["experiment"]
merges = train_bpe(frequent, fast(400, 60))
print("처음 12개:", "  ".join(a + b for a, b in merges[:12]))
print("마지막 12개:", "  ".join(a + b for a, b in merges[-12:]))

# %% tags=["experiment"]
quarter = len(merges) // 4
lengths = {
    name: Counter(len((a + b).lstrip("▁")) for a, b in some)
    for name, some in (("처음 1/4", merges[:quarter]), ("마지막 1/4", merges[-quarter:]))
}
counts = {name: [n[k] for k in range(1, 7)] for name, n in lengths.items()}
plots.bars(
    list("123456"),
    counts,
    title=f"배운 토큰의 길이 (쌍 {len(merges)}개)",
    xlabel="글자 수 (▁는 빼고)",
    ylabel="토큰의 수",
    values="{:.0f}",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 처음에는 `▁법`, `하여`처럼 짧고 흔한 조각이, 나중에는 더 길고 드문 단어가 나와요. 처음 100개는 절반이 `▁법` 같은 한 글자이고, 마지막 100개는 셋에 하나가 세 글자 이상이에요. 짧은 조각이 먼저 있어야 그것을 붙여 긴 조각을 만드니까요.
#
# **한 줄 정리.** BPE는 세고, 고르고, 붙이기를 되풀이해서 글자와 어절 사이의 조각을 스스로 찾아요.

# %% [markdown] tags=["given"]
# ## 실습 7-6 배운 차례대로 자르기 ★★☆ · Sennrich 외 (2016)
#
# **왜 차례가 중요할까요?** 배운 쌍들로 새 단어를 자를 때, 붙일 수 있는 쌍이 여럿이면 어느 것부터일까요? **먼저 배운 쌍부터**예요. 배울 때 거친 길을 그대로 다시 걸어야 배울 때와 같은 조각이 나와요.
#
# **손으로.** 배운 쌍이 차례대로 (집, 에), (에, 서)라면 '집에서'는 먼저 (집, 에)를 붙여 `▁ | 집에 | 서`가 돼요. 이제 '에'가 홀로 있지 않으니 (에, 서)는 붙일 수 없어요.
#
# **예상.** 배운 쌍이 (학, 교), (에, 서), (학교, 에), (▁, 학교에)의 차례라면 '학교에서'는 어떻게 잘릴까요? 왼쪽부터 붙이면요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 차례대로면 `▁ | 학교 | 에서`예요. (에, 서)가 (학교, 에)보다 먼저라서 '에'를 데려갔어요. 왼쪽부터 붙이면 `▁학교에 | 서`가 되는데, 배울 때는 한 번도 없던 자름이에요.
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
# `merges`는 배운 차례대로 놓인 목록이에요. 7-4의 함수를 다시 써요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 글자로 나눈 단어에서 시작해, 목록의 처음부터 끝까지 쌍마다 한 번씩 붙이면 돼요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_bpe_encode", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("bpe_encode")

# %% tags=["experiment"]
steps = fast([0, 25, 50, 100, 200, 300, 400], [0, 20, 60])
seen_words = " ".join(seen).split()


def per_word(some: list[str], n: int) -> float:
    """쌍 n개만 알 때, 어절 하나가 평균 몇 토큰이 되는지."""
    return sum(len(bpe_encode(word, merges[:n])) for word in some) / len(some)


curves = {
    "배운 글": [per_word(seen_words[:400], n) for n in steps],
    "처음 보는 글": [per_word(unseen_words, n) for n in steps],
}

# %% tags=["experiment"]
plots.lines(
    steps,
    curves,
    title="붙인 횟수와 어절당 토큰 수",
    xlabel="붙인 횟수",
    ylabel="어절당 토큰 수",
    marker="o",
    dashed=["처음 보는 글"],
)
print(*[" | ".join(bpe_encode(word, merges)) for word in text.SCHOOL.split()], sep="   ")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 글자에서 시작할 때 어절당 4.2토큰이던 '처음 보는 글'이 400번 붙인 뒤에는 2.5토큰이 됐어요. 배운 글은 2.4토큰으로 조금 더 짧아요.
# 배운 쌍이 처음 보는 글에도 거의 그대로 쓸모가 있다는 뜻이에요.
# 우리의 예문 "나는 학교에 간다"는 법전에 드문 말이라 잘게 잘려요. 그래도 **모르는 단어는 하나도 없어요.** 잘게 잘릴 뿐이에요. 토크나이저는 자기가 배운 글을 닮아요.
#
# **한 줄 정리.** 자르기는 배운 차례를 그대로 다시 걷는 일이고, 모르는 단어는 더 잘게 잘려요.

# %% [markdown] tags=["given"]
# ## 실습 7-7 바이트 토큰을 글로 ★★☆ · Radford 외 (2019)
#
# **왜 바이트일까요?** 우리의 BPE는 한 번도 못 본 **글자**(이모지, 옛한글)를 만나면 번호가 없어요. 그래서 GPT 계열은 글자가 아니라 **UTF-8 바이트**에서 시작해요. 바이트는 256가지뿐이라 모르는 것이 없어요.
# 대신 토큰의 경계가 글자의 **가운데**를 지날 수 있어요. 되돌릴 때 조심해야 해요.
#
# **손으로.** '한'은 UTF-8로 세 바이트 `ED 95 9C`예요. 토큰이 `ED 95`와 `9C`로 나뉘었다면, 따로따로는 글자가 아니에요. 이어야 '한'이 돼요.
#
# **예상.** "나는 학교에 간다"는 UTF-8로 몇 바이트일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 한글 일곱 글자에 3바이트씩 21, 빈칸 둘에 1바이트씩 2, 모두 23바이트예요. 영어 "I go to school"은 14바이트이고요. 바이트에서 시작하면 한국어는 출발선부터 길어요.
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

# %% nbgrader={"grade": true, "grade_id": "check_bpe_decode", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("bpe_decode")

# %% tags=["experiment"]
data = "한글".encode()
tokens = [data[i : i + 2] for i in range(0, len(data), 2)]
print("토큰:", [token.hex(" ") for token in tokens])
print("이어서 한 번에:", bpe_decode(tokens), "  토큰마다 따로:", *[bpe_decode([token]) for token in tokens])

kinds = {"영어 a": "a", "라틴 é": "é", "한글": "한", "한자": "韓", "이모지": "\U0001f642"}
plots.bars(
    list(kinds),
    {"바이트": [len(char.encode()) for char in kinds.values()]},
    values="{:.0f}",
    title="글자 하나의 UTF-8 바이트 수",
    ylabel="바이트",
)
print("한글 음절의 바이트 수:", {len(syllable.encode()) for syllable in everything})


# %% tags=["experiment"]
def as_bytes(word: str) -> str:
    """바이트마다 글자 하나로 적은 글. 여러분의 BPE를 바이트에도 그대로 쓸 수 있어요."""
    return word.encode().decode("latin-1")


# %% tags=["experiment"]
byte_merges = train_bpe({as_bytes(w): n for w, n in frequent.items()}, fast(600, 40))
steps = fast([0, 50, 100, 200, 400, 600], [0, 40])
sizes = [sum(len(bpe_encode(as_bytes(w), byte_merges[:n])) for w in unseen_words) for n in steps]
plots.lines(
    steps,
    {"바이트 BPE": [size / len(unseen_words) for size in sizes]},
    marker="o",
    title="한국어 쌍을 더 배울수록 (처음 보는 글)",
    xlabel="붙인 횟수",
    ylabel="어절당 토큰 수",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 한글 음절은 11,172개가 모두 3바이트예요. 토큰마다 따로 바꾸면 글자가 깨져서 �가 나와요. 스트리밍으로 답을 보여 주는 프로그램에서 한글이 잠깐 깨져 보이는 것이 바로 이 버그예요.
# 둘째 그림에서는 같은 `train_bpe`에 글자 대신 바이트를 넣었어요. 배우기 전에 어절당 10.5토큰이던 처음 보는 글이 600번 붙인 뒤에는 2.9토큰이 돼요. 음절 하나를 만드는 데 두 번을 붙여야 하니 글자에서 시작할 때(400번에 2.5토큰)보다는 더 많이 배워야 해요.
#
# <div class="alert alert-warning"><b>블로그와 다른 점</b><br>
# 블로그 7편은 GPT-4o가 유니코드를 '직접' 다루고 GPT-3.5는 바이트를 다룬다고 해요. 사실은 <b>둘 다 바이트 BPE</b>예요. 달라진 것은 어휘의 크기예요.
# 어휘가 약 10만에서 약 20만으로 커지면서 한국어 쌍이 더 많이 들어갔고, 그래서 같은 한국어 글이 더 적은 토큰이 돼요. 위의 곡선에서 오른쪽으로 옮겨 간 셈이에요.</div>
#
# **한 줄 정리.** 바이트에서 시작하면 모르는 글자가 없고, 되돌릴 때는 모두 이은 다음 한 번만 글자로 바꿔요.

# %% [markdown] tags=["given"]
# ## 실험. 같은 글, 다른 조각
#
# 사람이 만든 사전으로 자르는 방법도 있어요. **형태소 분석기**는 명사와 조사, 어간과 어미를 나눠요. KoNLPy의 네 분석기(Okt, Komoran, Hannanum, Kkma)와 음절, 자모, 바이트, 그리고 여러분의 BPE를 한자리에서 견줘요.
#
# 분석기는 Java로 돌아가요. Java가 없는 컴퓨터에서는 까닭을 알려 주고 나머지로 이어 가요. 처음 켤 때는 몇 초에서 수십 초가 걸려요.
#
# **예상.** 문장 하나가 가장 많은 토큰이 되는 방법과 가장 적은 토큰이 되는 방법은 무엇일까요?


# %% tags=["experiment"]
def jamo_of(sentence: str) -> list[str]:
    """빈칸을 뺀 음절들의 자모를 한 줄로."""
    return [jamo for s in sentence.replace(" ", "") for jamo in decompose(s) if jamo]


# %% tags=["experiment"]
cutters = {
    "음절": lambda s: list(s.replace(" ", "")),
    "자모": jamo_of,
    "바이트": lambda s: list(s.replace(" ", "").encode()),
    "나의 BPE": lambda s: [token for word in s.split() for token in bpe_encode(word, merges)],
}
names = fast(korean_text.TAGGERS, ("Hannanum",))
taggers = {name: korean_text.tagger(name) for name in progress(names, "형태소 분석기 켜기")}
cutters |= {name: tagger.morphs for name, tagger in taggers.items() if tagger}
for name, cut in cutters.items():
    print(f"{name:9}", *cut(text.SCHOOL)[:16])

# %% tags=["experiment"]
tokens = {}
for name, cut in progress(cutters.items(), "방법마다 문장 자르기"):
    tokens[name] = sum(map(len, map(cut, unseen))) / len(unseen)
order = sorted(tokens, key=tokens.get)
plots.bars(
    order,
    {"토큰": [tokens[name] for name in order]},
    values="{:.0f}",
    ylabel="토큰 수",
    title=f"문장 하나의 평균 토큰 수 (처음 보는 {len(unseen)}문장)",
    ax=plots.panels(1, width=8.4, height=3.8)[0],
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 자모(75)와 바이트(90)가 훨씬 길고, 형태소 분석기 넷이 17에서 20으로 가장 짧아요. 여러분의 BPE(24)는 사전 없이 쌍 400개만 배우고도 음절(30)보다 짧아졌어요.
#
# 첫 출력도 눈여겨봐요. '간다'를 Okt와 Komoran은 통째로 두고, Hannanum과 Kkma는 'ㄴ다'를 떼어 내요. 음절 안을 지나는 경계예요(7-2의 '가 + ㄴ다'). 그런데 이 둘은 어간을 '가'가 아니라 '갈'(칼을 갈다)로 읽었어요. 사전이 있는 도구도 문맥을 놓치면 틀려요.
# BPE는 형태소를 모르지만 사전도, 도구도, Java도 필요 없고, 되돌리면 언제나 원래 글이에요. 그래서 논문도 요즘의 큰 모델도 BPE 계열을 써요.

# %% tags=["experiment"]
forms = [word for word in dict.fromkeys(words) if re.match("법률(?!안|상)", word)]
print(f"'법률'과 조사로 된 어절 {len(forms)}가지:", *forms)

tagger = korean_text.tagger(fast("Komoran", "Hannanum"))  # 조사의 품사는 J로, 어미는 E로 시작해요.
tagged = [pair for sentence in sentences for pair in tagger.pos(sentence)] if tagger else []
a, b = plots.panels(2, "헌법에서 가장 잦은 조사와 어미" if tagger else "Java가 없어서 비워 둔 그림")
for ax, title, letter in ((a, "조사", "J"), (b, "어미", "E")):
    top = Counter(morpheme for morpheme, tag in tagged if tag.startswith(letter)).most_common(8)
    plots.bars([name for name, _ in top], {"횟수": [n for _, n in top]}, title=title, values="{:.0f}", ax=ax)

# %% [markdown] tags=["given"]
# **눈으로 보기.** '법률' 하나가 조사에 따라 열두 가지 어절이 됐어요. 조사는 '의', '에', '을', 어미는 'ㄴ다', 'ㄴ', '아'가 가장 잦아요. 어절마다 번호를 주면 이것들은 서로 아무 상관이 없는 번호가 돼요. 조각으로 자르면 '법률'의 뜻을 한 번만 배우면 되고, 조사의 뜻도 한 번만 배우면 돼요.
#
# **한 줄 정리.** 형태소는 사람의 사전으로, BPE는 글의 횟수로 조사와 어미를 떼어 내요.

# %% [markdown] tags=["given"]
# ## 실습 7-8 배치 만들기 ★★☆ · 논문 §3.1, §5.1
#
# **왜 네모여야 할까요?** 토큰을 번호로 바꾼 문장들은 길이가 제각각인데 텐서는 네모예요. 짧은 문장의 오른쪽을 `pad`로 채워요. 그리고 번역을 가르치려면 문장의 시작(`bos`)과 끝(`eos`)을 알려 줘야 해요.
#
# - `src` (B, S): 원문 + `eos`
# - `tgt_in` (B, T): `bos` + 번역문. 디코더가 받는 것
# - `tgt_out` (B, T): 번역문 + `eos`. 디코더가 맞혀야 하는 것. `tgt_in`보다 한 칸 앞서 있어요(교사 강요, 레슨 8)
#
# **손으로.** `bos` 1, `eos` 2, `pad` 0일 때 번역문이 `[7, 8]`과 `[5, 6, 9]`라면 `tgt_in`은 `[[1, 7, 8, 0], [1, 5, 6, 9]]`, `tgt_out`은 `[[7, 8, 2, 0], [5, 6, 9, 2]]`예요.
#
# **예상.** 문장이 `max_len`보다 길면 잘라야 해요. `eos`를 붙인 **다음에** 자르면 무슨 일이 생길까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 긴 문장에서만 `eos`가 잘려 나가요. 모델은 긴 문장은 끝나지 않는다고 배우고, 번역할 때 멈추지 못해요. 예외도 경고도 없어서 찾기 어려운 버그예요.
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
# 표시 하나가 들어갈 자리를 남기려면 `max_len - 1`까지만 써요. 폭은 표시까지 붙인 행들 가운데 가장 긴 것이에요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_make_batch", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("make_batch")

# %% tags=["experiment"]
vocabulary = ["<pad>", "<s>", "</s>", *dict.fromkeys(cutters["나의 BPE"](" ".join(sentences)))]
number = {token: i for i, token in enumerate(vocabulary)}
ids = [[number[token] for token in cutters["나의 BPE"](sentence)] for sentence in sentences]

# %% tags=["experiment"]
a, b = plots.panels(2, "진짜 토큰(파랑)과 PAD(흰색)", height=3.2)
groups = {"아무렇게나 묶기": ids[::14][:14], "길이가 비슷하게 묶기": sorted(ids, key=len)[146:160]}
for ax, (title, chosen) in zip((a, b), groups.items(), strict=True):
    src = make_batch([(row, row) for row in chosen], 1, 2, 0, 128)[0]
    real = (src != 0).float()
    plots.heatmap(
        real,
        title=f"{title}: PAD {100 * (1 - real.mean()):.0f}%",
        limits=(0, 1.6),
        xlabel="자리",
        ylabel="문장",
        colorbar=False,
        ax=ax,
    )

# %% [markdown] tags=["given"]
# **눈으로 보기.** 아무렇게나 묶은 배치는 절반이 넘게(54%) PAD인데, 길이가 비슷한 문장끼리 묶으면 5%로 줄어요. PAD는 계산만 하고 버리는 칸이라서, 길이가 비슷한 문장끼리 묶기만 해도 학습이 그만큼 빨라져요.
#
# **한 줄 정리.** 배치는 자르고, 표시를 붙이고, 오른쪽을 채운 네모이고, `tgt_out`은 `tgt_in`보다 한 칸 앞서요.

# %% [markdown] tags=["given"]
# ## 실습 7-9 임베딩 ★☆☆ · 논문 §3.4
#
# **왜 표일까요?** 번호 7이 번호 3보다 큰 것에는 아무 뜻이 없어요. 그래서 번호마다 벡터를 하나씩 주고, 그 벡터를 **학습해요**. 임베딩은 표 $E$에서 그 번호의 행을 꺼내는 일이에요.
#
# 논문은 꺼낸 벡터에 $\sqrt{d_\text{model}}$을 곱해요. 표의 값은 보통 폭이 $1/\sqrt{d_\text{model}}$이 되게 작게 시작하는데(7-10에서 로짓을 만들 때 알맞은 크기예요), 그대로 위치 인코딩을 더하면 뜻이 위치에 묻히거든요.
#
# **손으로.** $d_\text{model} = 4$이고 $E$의 2번 행이 $[0.5, -1, 0, 1.5]$라면 토큰 2의 임베딩은 $\sqrt 4 = 2$를 곱한 $[1, -2, 0, 3]$이에요.
#
# **예상.** $d_\text{model} = 512$일 때, 곱하지 않은 임베딩과 위치 인코딩 벡터의 길이는 각각 얼마쯤일까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 폭이 $1/\sqrt{512}$인 수 512개의 벡터는 길이가 1쯤이에요. 위치 인코딩은 $\sin^2 + \cos^2 = 1$인 짝이 256개라서 길이가 언제나 $\sqrt{256} = 16$이에요. 더하면 뜻은 16분의 1이에요.
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
    return E[ids] * math.sqrt(E.shape[1])  # (B, T, D)
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

# %% nbgrader={"grade": true, "grade_id": "check_embed", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("embed")

# %% tags=["experiment"]
torch.manual_seed(0)
sizes, ids = [32, 64, 128, 256, 512], torch.arange(100)[None]
lengths = {"위치 인코딩": [], "곱하지 않은 임베딩": [], "√d_model을 곱한 임베딩": []}
for D in sizes:
    E = torch.randn(100, D) / D**0.5
    angles = torch.arange(100.0)[:, None] / 10000 ** (torch.arange(0, D, 2) / D)
    lengths["위치 인코딩"].append(torch.cat([angles.sin(), angles.cos()], 1).norm(dim=1).mean())
    lengths["곱하지 않은 임베딩"].append(E.norm(dim=1).mean())
    lengths["√d_model을 곱한 임베딩"].append(embed(ids, E).norm(dim=-1).mean())
plots.lines(sizes, lengths, title="더하는 두 벡터의 길이", xlabel="d_model", ylabel="길이", logx=True, marker="o")

# %% [markdown] tags=["given"]
# **눈으로 보기.** 곱하지 않은 임베딩은 어느 크기에서나 길이가 1쯤인데, 위치 인코딩은 차원이 늘수록 길어져 512차원에서는 16이에요. $\sqrt{d_\text{model}}$을 곱하면 둘이 나란히 자라요(22.6과 16).
# 여기서는 길이만 보니까 사인과 코사인의 차례는 상관없어요.
#
# **한 줄 정리.** 임베딩은 표의 행을 꺼내 $\sqrt{d_\text{model}}$을 곱한 것이고, 그래야 위치 인코딩과 크기가 어울려요.

# %% [markdown] tags=["given"]
# ## 실습 7-10 같은 표로 로짓 구하기 ★☆☆ · 논문 §3.4
#
# **왜 같은 표일까요?** 디코더의 마지막 벡터 $h$에서 다음 토큰을 고르려면 토큰마다 점수가 필요해요. 그 점수를 $h$와 토큰의 임베딩이 **닮은 정도**, 곧 내적으로 정해요. 새 행렬을 두는 대신 들어올 때 쓴 표를 뒤집어 다시 쓰는 거예요.
# '학교'를 읽으며 배운 것이 '학교'를 쓸 때에도 쓰여요.
#
# **손으로.** $h = [1, 2]$이고 $E$의 행이 $[1, 0]$, $[0, 1]$, $[3, -1]$이면 로짓은 $[1, 2, 1]$이에요. 가장 닮은 것은 1번이에요.
#
# **예상.** 논문의 base 모델(어휘 37,000, $d_\text{model}$ 512)에서 원문, 번역문, 출력이 표를 따로 가지면 파라미터가 얼마나 늘까요?
#
# <details><summary>예상해 본 뒤 열기</summary>
#
# 표 하나가 $37{,}000 \times 512 = 18{,}944{,}000$개예요. 셋을 따로 두면 두 개가 더 필요해서 37,888,000개가 늘어요. 나머지 층을 모두 합친 것(44,138,496개)과 맞먹어요.
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
    return h @ E.T  # (B, T, V)
    ### END SOLUTION


# %% [markdown] tags=["hint"]
# <details><summary>힌트 1 · 방향</summary>
#
# 모든 토큰의 임베딩과 한꺼번에 내적하면 행렬 곱 하나예요.
#
# </details>
# <details><summary>힌트 2 · 도구</summary>
#
# 모양을 적어 봐요: (B, T, D)와 (V, D)에서 (B, T, V)를 얻으려면 어느 쪽을 뒤집어야 할까요? `F.linear`도 있어요.
#
# </details>
# <details><summary>힌트 3 · 거의 다</summary>
#
# 곱하기 말고는 아무것도 하지 않아요. 소프트맥스도, 편향도, $\sqrt{d_\text{model}}$도 없어요.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "check_tied_logits", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("tied_logits")

# %% tags=["experiment"]
D, V, d_ff = 512, 37_000, 2048
attention, feed_forward, norm = 4 * (D * D + D), D * d_ff + d_ff + d_ff * D + D, 2 * D
encoder = 6 * (attention + feed_forward + 2 * norm)
decoder = 6 * (2 * attention + feed_forward + 3 * norm)
totals = [encoder + decoder + tables * V * D for tables in (1, 3)]
print("함께 쓸 때:", f"{totals[0]:,}", "  따로 둘 때:", f"{totals[1]:,}")
plots.bars(
    ["표 하나를 함께", "표 셋을 따로"],
    {"표": [V * D / 1e6, 3 * V * D / 1e6], "나머지 층": [(encoder + decoder) / 1e6] * 2},
    values="{:.1f}",
    title="논문의 base 모델에서 표가 차지하는 몫",
    ylabel="파라미터 (백만)",
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 표 하나를 함께 쓰면 63,082,496개(논문의 65M은 이것을 어림한 수예요), 셋을 따로 두면 100,970,496개예요. 원문과 번역문이 표를 함께 쓰려면 두 언어가 어휘도 함께 써야 해요. 그래서 논문은 두 언어를 섞어 BPE 하나를 배워요(§5.1).
#
# **한 줄 정리.** 출력의 로짓은 임베딩 표와의 내적이고, 표를 함께 쓰면 파라미터도 줄고 양쪽에서 함께 배워요.

# %% [markdown] tags=["given"]
# ## 실험. 빈칸을 채우며 뜻을 배우기
#
# 임베딩은 처음에 무작위예요. 뜻은 어디서 올까요? **이웃에서** 와요. "나는 ▢ 먹는다"의 빈칸에 올 수 있는 단어들은 서로 닮은 벡터를 갖는 편이 유리해요.
# 짧은 문장을 만들어 한 단어를 가리고, 나머지 둘에서 그 단어를 맞히게 해 봐요. 여러분의 `embed`로 읽고 `tied_logits`로 맞혀요. 무리의 이름은 모델에게 알려 주지 않아요.

# %% tags=["experiment"]
SCENES = {
    "장소": ("학교에 집에 은행에 시장에 도서관에 공원에", "간다 온다 도착했다"),
    "음식": ("밥을 빵을 국수를 사과를 고기를 라면을", "먹는다 요리한다 주문했다"),
    "읽을거리": ("책을 신문을 편지를 소설을 잡지를 시를", "읽는다 쓴다 펼쳤다"),
}
people = ["나는", "너는", "엄마는", "친구는", "선생님은", "학생은"]
group = dict.fromkeys(people, "사람")
for kind, (things, verbs) in SCENES.items():
    group |= dict.fromkeys(things.split(), kind) | dict.fromkeys(verbs.split(), "동사")

# %% tags=["experiment"]
vocabulary = ["▢", *group]
lines = [
    [vocabulary.index(word) for word in (who, thing, verb)]
    for who in people
    for things, verbs in SCENES.values()
    for thing in things.split()
    for verb in verbs.split()
]
print(f"문장 {len(lines)}개, 단어 {len(vocabulary) - 1}가지")

# %% tags=["experiment"]
torch.manual_seed(0)
D, lines = 32, torch.tensor(lines)[torch.randperm(len(lines))[:162]]  # (162, 3) 절반만 보여 줘요.
E = nn.Parameter(torch.randn(len(vocabulary), D) / D**0.5)
W = nn.Parameter(torch.randn(3, D, D) / D)
before, optimizer = E.detach().clone(), torch.optim.Adam([E, W], lr=0.01)
for _ in progress(range(fast(200, 30)), "빈칸 채우기 학습"):
    hole = torch.randint(0, 3, (len(lines), 1))
    context = embed(lines.scatter(1, hole, 0), E)  # 가린 자리는 0번 토큰 ▢
    h = torch.einsum("btd,tde->be", context, W)[:, None]  # 자리마다 다른 행렬로 옮겨 더해요.
    loss = F.cross_entropy(tied_logits(h, E)[:, 0], lines.gather(1, hole)[:, 0])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"손실 {math.log(len(vocabulary)):.2f}(찍을 때) -> {loss.item():.2f}")

# %% tags=["experiment"]
kinds = [group[word] for word in vocabulary[1:]]
a, b = plots.panels(2, "t-SNE로 평면에 옮긴 임베딩", columns=1, width=8.0, height=4.4)
for ax, title, table in progress(((a, "학습 전", before), (b, "학습 후", E.detach())), "t-SNE"):
    points = tsne.tsne(table[1:], perplexity=10)
    plots.scatter(points, vocabulary[1:], groups=kinds, title=title, ax=ax)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    ax.set_xticks([])
    ax.set_yticks([])

# %% [markdown] tags=["given"]
# **눈으로 보기.** 학습 전에는 색이 뒤섞여 있지만, 학습하고 나면 사람, 장소, 음식, 읽을거리가 저마다 모여요. 동사는 한 무리가 아니라 셋으로 갈라졌어요. 함께 나오는 단어가 서로 다르니까요.
# t-SNE는 **가까운 것을 가깝게** 놓는 데만 애쓰는 방법이에요(여기서는 `autograder.kit`에 있는 짧은 구현을 써요). 그래서 무리와 무리 사이의 거리나 무리의 크기에는 뜻을 두지 않아요.
#
# **한 줄 정리.** 비슷한 자리에 나오는 단어는 빈칸을 채우는 동안 비슷한 벡터가 돼요.

# %% [markdown] tags=["given"]
# ## 실습 7-11 (보너스) 코사인 유사도 ★☆☆
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
shown = ["나는", "너는", "학교에", "공원에", "밥을", "빵을", "간다", "온다"]
table = E.detach()[[vocabulary.index(word) for word in shown]]
similar = torch.stack([cosine_similarity(row, table) for row in table])
plots.heatmap(
    similar,
    rows=shown,
    columns=shown,
    title="학습한 임베딩의 코사인 유사도",
    values="{:.2f}",
    limits=(-1, 1),
    diverging=True,
)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 같은 무리끼리는 파랗고(양수), 다른 무리와는 0 근처이거나 음수예요. 문장의 절반만 보고, 무리의 이름은 한 번도 듣지 않고 배운 결과예요.
#
# **한 줄 정리.** 코사인 유사도는 길이를 지우고 방향만 견준 내적이에요.

# %% [markdown] tags=["given"]
# ## 실습 7-12 (보너스) 어절당 토큰 수 ★☆☆
#
# **왜 셀까요?** 토크나이저를 견줄 때 쓰는 잣대가 **어절당 토큰 수**(fertility)예요. 1에 가까울수록 어절을 쪼개지 않은 것이고, 클수록 같은 글에 칸을 더 써요. 토큰마다 돈을 받는 서비스라면 그만큼 비싸지고요.
#
# $$\text{fertility} = \frac{\text{모든 문장의 토큰 수}}{\text{모든 문장의 어절 수}}$$
#
# **손으로.** 3어절인 문장이 6토큰, 1어절인 문장이 4토큰이면 $(6 + 4)/(3 + 1) = 2.5$예요. 문장마다 나눈 2와 4를 평균하면 3이 되는데, 그러면 짧은 문장이 너무 큰 목소리를 내요.
#
# **예상.** 같은 뜻의 한국어와 영어를 음절(글자)과 바이트로 자르면, 어절당 토큰 수는 어느 쪽이 클까요?
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
plots.bars(["글자", "바이트"], rows, title="같은 뜻의 네 문장", values="{:.1f}", ax=left)
scores = {name: fertility(cut, unseen) for name, cut in progress(cutters.items(), "방법마다 자르기")}
order = sorted(scores, key=scores.get)
plots.bars(order, {"토큰": [scores[name] for name in order]}, title="남겨 둔 헌법의 문장", values="{:.1f}", ax=right)
right.tick_params(axis="x", rotation=40)

# %% [markdown] tags=["given"]
# **눈으로 보기.** 글자로 세면 영어가 길지만(3.8과 2.7) 바이트로 세면 한국어가 두 배가 넘어요(8.0과 3.8). 이것이 영어 위주로 배운 토크나이저가 한국어에 더 많은 토큰을 쓰는 까닭이에요. 한국어 쌍을 충분히 배우면(7-7의 곡선) 다시 줄어들고요.
#
# **한 줄 정리.** 어절당 토큰 수는 모두 더한 다음 한 번만 나눈 비율이고, 토크나이저의 값을 재는 잣대예요.

# %% [markdown] tags=["given"]
# ## 돌아보기
#
# '학교는', '학교에', '학교에서'를 저마다 토큰 하나로 삼으면 무엇이 나쁠까요? 반대로 모두 바이트로 쪼개면요? 오늘 실험에서 본 숫자를 하나 이상 들어, BPE가 그 사이에서 무엇을 고르는지 설명해 보세요.
# 서너 문장으로 적어 주세요. 이 문제는 사람이 읽고 채점해요(5점).

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# 어절을 통째로 토큰으로 삼으면 '학교'의 뜻을 조사마다 따로 배워야 하고, '법률' 하나가 열두 가지 어절로 나타났듯 어휘가 끝없이 늘고, 처음 보는 어절에는 번호가 없어요.
# 바이트로 쪼개면 모르는 것은 없어지지만 문장이 음절의 세 배로 길어져서, 길이의 제곱으로 늘어나는 어텐션의 비용이 커지고 조각 하나에 뜻이 없어요.
# BPE는 잦은 조각부터 붙여서 흔한 말은 짧게, 드문 말은 잘게 적어요. 400번만 붙여도 처음 보는 글이 어절당 4.2토큰에서 2.5토큰으로 줄었고, 못 자르는 단어는 없었어요. 몇 번 붙일지가 어휘의 크기와 문장의 길이를 맞바꾸는 손잡이예요.
#
# 채점 기준
#
# - 1점: 어절을 통째로 토큰으로 삼으면 같은 말의 뜻을 조사마다 따로 배워야 한다고 했어요.
# - 1점: 그러면 어휘가 끝없이 늘거나, 처음 보는 어절에는 번호가 없다고 했어요.
# - 1점: 모두 바이트로 쪼개면 문장이 길어져 비용이 커지거나 조각 하나에 뜻이 없다고 했어요.
# - 1점: BPE가 잦은 조각부터 붙여 그 사이를 고른다고, 곧 어휘의 크기와 문장의 길이를 맞바꾼다고 했어요.
# - 1점: 오늘 실험에서 본 숫자를 하나 이상 맞게 들었어요(어절당 4.2토큰에서 2.5토큰으로 준 것 등).

# %% [markdown] tags=["given"]
# ## 다음 질문
#
# 글자가 토큰이 되고, 번호가 되고, 뜻을 품은 벡터가 됐어요. 이제 부품이 모두 모였어요. 위치 인코딩, 피드포워드, 잔차 연결과 층 정규화, 멀티 헤드 어텐션, 그리고 임베딩까지요.
# 레슨 8에서 여러분이 만든 것을 조립해서 정말로 한국어를 번역해 봐요.
#
# 아래 두 셀은 오늘의 실습을 모두 통과하면 이 코스의 기준 구현을 보여 줘요. 오늘 만든 함수들이 거기에 같은 이름으로 있어요.

# %% tags=["experiment"]
show_reference("bpe.py")

# %% tags=["experiment"]
show_reference("embedding.py")
