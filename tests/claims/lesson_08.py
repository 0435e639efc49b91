"""레슨 8의 글이 하는 말."""

from __future__ import annotations

import math
import statistics
from collections import Counter

import torch
import torch.nn.functional as F
from support.lesson_claims import Claims

from autograder.kit import assembly, trainer
from autograder.kit.pairs import every_pair

lesson = Claims("08_full_transformer")


# -- 열며 --


@lesson.holds(
    "처음 보는 문장인데 손실은 0에 가깝고, 정답을 넣어 주면 모두 맞혀요. 그런데 스스로 쓰게 하면 한 문장도 옮기지 못해요."
)
def _(cells):
    assert cells.loss.item() < 0.05 and cells.forced.all()
    assert not any(sentence == pair.en for sentence, pair in zip(cells.said, cells.few, strict=True))
    assert not {pair.ko for pair in cells.few} & {pair.ko for pair in cells.train_pairs}


# -- 8-1 인코더의 층 --


@lesson.says("평균 5를 빼면 $[-2, 1, 1]$, 표준편차 $\\sqrt{{2}}$로 나누면 $[{:.3f}, {:.3f}, {:.3f}]$이에요")
def _(cells):
    total = torch.tensor([1.0, 2, 6]) + torch.tensor([2.0, 4, 0])
    assert total.tolist() == [3, 6, 6] and total.mean() == 5 and math.isclose(total.var(correction=0).item(), 2)
    return F.layer_norm(total, (3,)).tolist()


@lesson.holds("그대로예요. 들어온 모양 `(B, S, D)`로 나가니까 같은 층을 몇 번이든 쌓을 수 있어요.")
def _(cells):
    layer = trainer.Assembled(assembly.stand_ins(), 9).encoder[0]
    x = torch.randn(2, 5, 64)
    for _ in range(6):
        x = layer(x)
    assert x.shape == (2, 5, 64)


@lesson.holds("입력에서는 한 토큰만 달랐는데 한 층만 지나도 모든 토큰이 움직여요.")
def _(cells):
    moved = torch.stack(cells.rows)
    assert (moved[0] > 0).sum() == 1 and (moved[1:] > 1e-3).all()


# -- 8-2 디코더의 층 --


@lesson.says("번역문이 3토큰, 원문이 5토큰이면 셀프 어텐션 가중치는 {}×{}, 크로스 어텐션 가중치는 {}×{}예요")
def _(cells):
    parts = assembly.stand_ins()
    src, tgt = torch.full((1, 5), 4), torch.full((1, 3), 5)
    maps = trainer.Assembled(parts, 9).attention_maps(src, tgt)
    return (*maps["decoder"][0].shape[1:], *maps["cross"][0].shape[1:])


@lesson.holds("바꾼 자리보다 앞의 출력은 0.0이에요. 오른쪽 세 열(메모리)은 모든 자리를 움직여요.")
def _(cells):
    left, right = cells.effect[:, : cells.T], cells.effect[:, cells.T :]
    assert cells.T == 5 and right.shape == (5, 3)
    assert (left.triu(1) == 0).all() and (left.diagonal() > 0.05).all() and (right > 0.05).all()


# -- 8-3 두 마스크 --


@lesson.holds("왼쪽은 PAD 열 하나만 가려졌고, 오른쪽은 계단 위에 PAD 열까지 가려졌어요.")
def _(cells):
    assert cells.src_mask[1, 0, 0].tolist() == [True, True, True, False]
    steps = torch.ones(5, 5).tril().bool()
    steps[:, 3:] = False
    assert torch.equal(cells.tgt_mask[1, 0], steps)


@lesson.holds("달라지지 않아요. 진짜 토큰보다 뒤에 있는 PAD는 인과 마스크가 이미 가려요.")
def _(cells):
    tgt = torch.tensor([[1, 8, 2, 0, 0]])
    causal = torch.ones(5, 5).tril().bool()
    both = (tgt != 0)[:, None, None] & causal
    assert torch.equal(both[0, 0, :3], causal[:3])


# -- 8-4 한 칸 밀기 --


@lesson.holds("정답이 `[5, 6, 7, 2]`이고 `BOS`가 1이면 입력은 `[1, 5, 6, 7]`이에요.")
def _(cells):
    assert trainer.BOS == 1 and torch.tensor([[1, 5, 6, 7]]).equal(
        F.pad(torch.tensor([[5, 6, 7, 2]])[:, :-1], (1, 0), value=1)
    )


@lesson.holds("손실은 똑같이 0에 가까운데, 이번에는 번역을 해요.")
def _(cells):
    assert cells.better < 0.1 and cells.loss < 0.1
    right = [trainer.translate_one(cells.mended, cells.words, pair.ko) == pair.en for pair in cells.test_pairs[:40]]
    before = [trainer.translate_one(cells.friend, cells.words, pair.ko) == pair.en for pair in cells.test_pairs[:40]]
    assert sum(right) >= 30 and sum(before) == 0, (sum(right), sum(before))


# -- 관문 --


@lesson.holds("밀지 않은 모델은 첫째 관문만 막아요.")
def _(cells):
    table = cells.table
    assert table.caught("바른 모델") == []
    assert table.caught("밀지 않음") == [1]


@lesson.holds("원문의 PAD가 보이는 모델은 셋째만 막아요. 여덟 문장쯤은 PAD를 보면서도 외우거든요.")
def _(cells):
    assert cells.table.caught("원문의 PAD가 보임") == [3]


@lesson.holds(
    "다음 토큰이 보이거나 헤드를 잘못 합친 모델은 뒤의 값이 새어 들어와서 셋이 다 막아요. 둘째와 셋째는 학습하지 않고도 볼 수 있어요."
)
def _(cells):
    for name in ("다음 토큰이 보임", "헤드를 잘못 합침"):
        assert cells.table.caught(name) == [1, 2, 3]
        fresh = trainer.Assembled(cells.broken[name], len(cells.words))
        assert not trainer.causal_gate(fresh, cells.few_src, cells.few_tgt).passed
    fresh = trainer.Assembled(cells.broken["원문의 PAD가 보임"], len(cells.words))
    assert not trainer.batch_gate(fresh, cells.few_src, cells.few_tgt).passed


# -- 8-5 손실 --


@lesson.says("한 칸의 몫은 $0.1 / 4 = {:.3f}$예요. 정답 칸은 $0.9 + {:.3f} = {:.3f}$, 나머지 세 칸은 {:.3f}씩")
def _(cells):
    return 0.1 / 4, 0.1 / 4, 0.9 + 0.1 / 4, 0.1 / 4


@lesson.holds(
    "도로 커져요. 나머지 칸의 확률이 너무 작아져서 그 몫의 벌이 커지거든요. 손실은 정답의 확률이 위의 분포(0.925)와 같을 때 가장 작아요."
)
def _(cells):
    assert _smoothed(0.999) > _smoothed(0.925) < min(_smoothed(0.92), _smoothed(0.93))


@lesson.holds(
    "ε이 0이면 오른쪽 끝까지 내려가고, 0.1이면 0.925 근처에서 바닥을 찍고 다시 올라가요. 이때의 바닥은 0이 아니에요."
)
def _(cells):
    curves = list(cells.curves.values())
    assert curves[0] == sorted(curves[0], reverse=True)
    assert abs(cells.chance[curves[1].index(min(curves[1]))] - 0.925) < 0.01 and min(curves[1]) > 0.1


lesson.known("$\\epsilon = 0.1$을 썼고, 확신은 줄지만 정확도와 BLEU는 올라갔어요.", "논문 §5.4")
lesson.known("$\\epsilon = 0.1$일 때 정답의 확률을 0.999까지 올리면", "물음")
lesson.known("$V = 4$, $\\epsilon = 0.1$이면", "보기로 고른 값")


def _smoothed(p: float, eps: float = 0.1) -> float:
    rest = (1 - p) / 3
    return -(1 - eps) * math.log(p) - eps / 4 * (math.log(p) + 3 * math.log(rest))


# -- 8-6 학습률 --


def _rate(step: int, d: int, warmup: int) -> float:
    return d**-0.5 * min(step**-0.5, step * warmup**-1.5)


@lesson.says("1스텝에는 $0.5 \\cdot \\min(1, 1/8) = {:g}$, 4스텝에는 $0.5 \\cdot \\min(1/2, 4/8) = {:g}$예요")
def _(cells):
    return _rate(1, 4, 4), _rate(4, 4, 4)


@lesson.says("낮아요. 약 {:.4f}이에요")
def _(cells):
    return _rate(4000, 512, 4000)


@lesson.holds("워밍업이 길수록 꼭대기가 낮고 늦어요. 너비가 작을수록 높아요.")
def _(cells):
    peaks = [cells.noam_lr(w, 512, w) for w in (1000, 4000, 8000)]
    assert peaks == sorted(peaks, reverse=True) and cells.noam_lr(4000, 128, 4000) > peaks[1]
    for w in (1000, 4000):
        assert max(range(1, 9000), key=lambda s, w=w: cells.noam_lr(s, 512, w)) == w


lesson.known("warmup(4000)스텝까지 곧게", "논문 §5.3")
lesson.known("논문의 설정(512, 4000)에서 꼭대기는 0.001보다 높을까요?", "논문 §5.3과 물음")


# -- 8-7 그리디 --


@lesson.says("확률 0.55 × 0.4 = {:.2f}인 문장을 써요. 그런데 '집에'로 갔다면 0.45 × 0.95 = {:.2f}이에요")
def _(cells):
    assert cells.NEXT["나는"] == {"학교에": 0.55, "집에": 0.45}
    assert cells.NEXT["학교에"]["간다"] == 0.4 and cells.NEXT["집에"]["간다"] == 0.95
    return 0.55 * 0.4, 0.45 * 0.95


@lesson.holds("그리디는 '학교에'(0.55)를 고르고 '간다'로 가서")
def _(cells):
    assert "그리디: 나는 학교에 간다" in cells.printed


# -- 8-8 앞으로 한 번 --


@lesson.says(
    "번역문 `[[1, 2]]`의 첫 자리는 $\\sqrt{{2}} \\cdot [0, 1] + [0, 1] = [0, {:.3f}]$, 로짓은 $[0, {:.3f}, {:.3f}]$예요"
)
def _(cells):
    E = torch.tensor([[1.0, 0], [0, 1], [1, 1]])
    x = E[1] * 2**0.5 + torch.tensor([0.0, 1])
    assert x[0] == 0 and (E @ x)[0] == 0
    return x[1].item(), *(E @ x)[1:].tolist()


@lesson.holds("`(B, 3, V)`예요. 로짓은 번역문의 자리마다 나와요.")
def _(cells):
    model = trainer.Assembled(assembly.stand_ins(), 9)
    assert model(torch.full((2, 5), 4), torch.full((2, 3), 5)).shape == (2, 3, 9)


@lesson.holds("학습 전이라 손실은 어휘에서 아무것이나 찍는 것보다도 조금 높아요.")
def _(cells):
    assert 0 < cells.first - math.log(len(cells.words)) < 3


# -- 8-9 빔 서치 --


@lesson.says("그리디는 확률 {:.2f}인 문장을 골랐고, {:.2f}인 문장을 놓쳤어요")
def _(cells):
    return 0.55 * 0.4, 0.45 * 0.95


@lesson.holds('빔이 1이면 그리디와 같은 문장, 2부터는 확률이 두 배쯤 높은 "나는 집에 간다"를 찾아요.')
def _(cells):
    one, two, three = cells.printed.splitlines()
    assert "나는 학교에 간다" in one and "나는 집에 간다" in two and "나는 집에 간다" in three
    assert "0.220" in one and "0.427" in two


lesson.known("논문 §6.1: 빔 4, $\\alpha = 0.6$을 썼어요.", "논문 §6.1")
lesson.known('"나는 학교에"(0.55)와 "나는 집에"(0.45) 둘 다 살아남아요.', "그림에 적힌 값")


@lesson.says('셋째 스텝에는 "나는 집에 간다"({:.2f})와 "나는 학교에 간다"({:.2f})가 남고')
def _(cells):
    return 0.45 * 0.95, 0.55 * 0.4


# -- 8-10 파라미터 수 --


@lesson.says(
    "어텐션은 $4 \\cdot 4 + 4 \\cdot 2 = {}$개, FFN은 {}개(레슨 3), 정규화는 {}개예요. 인코더의 층은 $24 + 17 + 8 = {}$개예요"
)
def _(cells):
    attention, feed, norm = 4 * 4 + 4 * 2, 2 * 2 * 3 + 3 + 2, 4
    return attention, feed, norm, attention + feed + 2 * norm


@lesson.says("표가 {:,}개, 전체가 6천3백만 개쯤이니 3분의 1이 조금 안 돼요")
def _(cells):
    table, total = (
        37000 * 512,
        cells.transformer_param_count(37000, 512, 6, 2048) if "transformer_param_count" in cells.names else 63082496,
    )
    assert 0.28 < table / total < 1 / 3 and round(total / 1e6) == 63
    return table


@lesson.says("FFN이 {:.1f}, 임베딩 표가 {:.1f}, 어텐션이 {:.1f}백만 개예요")
def _(cells):
    table, attention, feed, _ = (n / 1e6 for n in cells.share.values())
    assert "63,082,496" in cells.printed and "214,245,376" in cells.printed
    return feed, table, attention


lesson.known("논문의 표 3에는 65M과 213M이라고 적혀 있어요.", "논문 표 3")
lesson.known("논문의 base(V = 37,000, D = 512, 6층)에서", "논문 §5.1, 표 3")


# -- 8-11 BLEU --


@lesson.holds("100점에 가까워요. 입력의 정답을 그대로 베끼니까요.")
def _(cells):
    assert cells.forced.all()


@lesson.holds("번역을 전혀 못 하는데 정답을 넣어 주고 재면 만점에 가까워요.")
def _(cells):
    assert cells.fake > 95 and cells.real < 30


lesson.known(
    "27.3 BLEU가 Transformer 이전의 최고 기록으로 나오지만, 27.3은 Transformer base 모델의 점수예요(big은 28.4).",
    "논문 표 2",
)
lesson.known("여러 모델을 묶은 것으로 26.3~26.4쯤이에요.", "논문 표 2")


# -- 조립 --


@lesson.says("단어 표를 엮은 {:,}쌍에서 뽑았고")
def _(cells):
    return len(list(every_pair()))


@lesson.holds("손실은 0까지 내려가지 않아요. 레이블 스무딩이 있으면 완벽한 모델도 0이 아니니까요.")
def _(cells):
    assert min(cells.losses) > 0.3


@lesson.holds("높이 튄 곳은 대개 아주 짧거나 긴 문장만 모인 배치예요.")
def _(cells):
    losses = cells.losses
    for seed in (0, 1000, 2000):  # 시드를 바꿔 돌리기도 하므로, 마지막 배치가 같은 차례를 찾아요.
        again = trainer.batches(cells.parts, cells.vocabulary, cells.train_pairs, size=64, seed=seed)
        made = [next(again)[0] for _ in losses]
        if torch.equal(made[-1], cells.src):
            break
    assert torch.equal(made[-1], cells.src)
    lengths = [src.shape[1] for src in made]
    often = Counter(lengths)
    above = [loss - statistics.median(losses[max(0, i - 10) : i + 11]) for i, loss in enumerate(losses)]
    highest = sorted(range(60, len(losses)), key=lambda i: -above[i])[:5]
    middle = often.most_common(1)[0][0]
    rare = [i for i in highest if often[lengths[i]] < len(losses) / 20 and abs(lengths[i] - middle) > 1]
    assert above[highest[0]] > 0.3 and len(rare) >= 4


@lesson.holds('처음에는 뜻 없이 되풀이하다가 영어 단어가 늘어서고, 마지막에는 "I go to school"을 써요.')
def _(cells):
    assert all(choice.yours or choice.part.lesson[:2] != "08" for choice in cells.parts.choices.values())
    assert trainer.translate_one(cells.model, cells.vocabulary, "나는 학교에 간다") == "I go to school"
    assert cells.result["번역 정확도"] > 0.75 and cells.result["BLEU"] > 85
    hundred = trainer.translate_one(cells.early, cells.vocabulary, "나는 학교에 간다").split()
    assert 2 <= len(hundred) <= 12 and hundred[0].isascii()


@lesson.holds("다 배운 모델은 자신이 있어서 그리디와 빔이 거의 같아요.")
def _(cells):
    if cells.parts.get("beam_search") is None:
        return
    few = cells.test_pairs[:40]
    same = sum(
        trainer.translate_one(cells.model, cells.vocabulary, pair.ko)
        == trainer.translate_one(cells.model, cells.vocabulary, pair.ko, beam=4)
        for pair in few
    )
    assert same >= 32, same


@lesson.holds(
    "찾은 문장이 있다면, 파란 길이 빔 서치가 고른 문장이에요. 빔을 1로 줄이면 그리디처럼 길이 하나뿐이라 다른 곳에 닿아요."
)
def _(cells):
    if cells.found is None:
        return
    pair, greedy, beam = cells.found
    assert greedy != pair.en == beam
    best = trainer.candidates(cells.early, cells.vocabulary, pair.ko)
    assert len(best) == 4 and pair.en in [sentence for sentence, _ in best]
    assert trainer.translate_one(cells.early, cells.vocabulary, pair.ko, beam=1) == greedy


@lesson.holds("'letter'의 행은 '편지를'을, 'yesterday'의 행은 '어제'를 가장 짙게 봐요.")
def _(cells):
    ax = cells.figures[-1].axes[0]
    shown = ax.images[0].get_array()
    rows, columns = ([label.get_text() for label in labels] for labels in (ax.get_yticklabels(), ax.get_xticklabels()))
    for row, column in (("letter", "편지를"), ("yesterday", "어제")):
        at = next(i for i, name in enumerate(rows) if row in name)
        assert column in columns[int(shown[at].argmax())], (row, columns[int(shown[at].argmax())])


@lesson.holds("길어질수록 벌어져요. 캐시가 없으면 스텝마다 앞의 토큰을 모두 다시 계산하니까요.")
def _(cells):
    slow, quick = cells.took["캐시 없음"], cells.took["캐시 있음"]
    assert cells.same
    if cells.parts.get("attend_with_cache") is not None and cells.sizes[-1] >= 256:
        assert slow[-1] / quick[-1] > slow[0] / quick[0] and slow[-1] > 1.5 * quick[-1]


@lesson.holds("달라도 float32의 반올림만큼이에요.")
def _(cells):
    assert max(cells.gaps.values()) < 5e-6


lesson.known("lr = d_\\text{model}^{-0.5} \\cdot \\min(step^{-0.5},\\; step \\cdot warmup^{-1.5})", "논문 식 (3)")
lesson.known("0의 -0.5제곱은 예외가 나요.", "식에서")
lesson.known("\\mathrm{BLEU} = 100 \\cdot", "BLEU의 정의")
lesson.known("네 비율을 곱해 0.25제곱하고", "BLEU의 정의")


@lesson.holds("2층씩, 너비 64, 헤드 4개인 작은 모델이에요.")
def _(cells):
    model = trainer.Assembled(cells.parts, 9)
    assert (len(model.encoder), len(model.decoder), model.d_model, model.n_heads) == (2, 2, 64, 4)


lesson.known("`label_smoothed_loss`($\\epsilon = 0.1$), `noam_lr`(워밍업 400)이고", "아래 셀에 적힌 값")
lesson.known("100스텝만 배운 모델에서 그리디가 지는 시험 문장을", "위 셀이 남긴 모델")
