"""레슨 5의 글이 하는 말."""

from __future__ import annotations

import math

import torch
from support.lesson_claims import Claims
from torch.utils.flop_counter import FlopCounterMode

lesson = Claims("05_attention_math")
FOUND, MONEY, BANK, WENT = 4, 3, 1, 2  # 찾았다, 돈을, 은행에, 가서

lesson.known("점수가 `[1000, 1001, 1002]`라면 $e^{1000}$은 얼마일까요?", "물음에서 고른 수")
lesson.known("<code>softmax([2, 1, 3, 0.5])</code>의 답이라고 적은 네 값은 더하면 1이 아니라 1.13이에요.", "블로그 5편")
lesson.known("$d_k$가 4에서 256으로 64배가 되면", "물음에서 고른 수")
lesson.known("쿼리 1,000개로 재요.", "아래 셀이 고른 수. 다음 말에서 확인해요")
lesson.known("표본을 100개에서 10,000개로 늘리면", "물음에서 고른 수")

# -- 시작 --


@lesson.holds("'가서'에게는 장소가, '찾았다'에게는 돈이 필요한데 둘이 받은 것이 똑같아요.")
def _(cells):
    assert torch.equal(*cells.received.values())


@lesson.holds("'가서'는 '은행에'를 가장 많이 봐요.")
def _(cells):
    assert cells.x[BANK].tolist() == [0, 1, 0.5, 0, 0]
    assert cells.loop_weights[WENT].argmax() == BANK


@lesson.holds("'찾았다'는 '돈을'을 가장 적게 봐요!")
def _(cells):
    assert cells.loop_weights[FOUND].argmin() == MONEY
    assert torch.allclose(cells.loop_weights.sum(-1), torch.ones(5))


# -- 5-1 --


@lesson.says("`[{:.4f}, {:.4f}, {:.0f}, {:.4f}, {:.0f}]`, 합은 `{:.4f}`예요.")
def _(cells):
    exps = torch.tensor([1.0, 2.0, 0.0, 3.0, 0.0]).exp()
    return [*exps.tolist(), exps.sum().item()]


@lesson.says("나누면 `[{:.4f}, {:.4f}, {:.4f}, {:.4f}, {:.4f}]`이고, 더하면 1이에요.")
def _(cells):
    shares = torch.tensor([1.0, 2.0, 0.0, 3.0, 0.0]).softmax(0).tolist()
    assert round(sum(round(share, 4) for share in shares), 4) == 1
    return shares


@lesson.says("float32에서는 $e^{{{}}}$만 되어도 `inf`이고, `inf / inf`는 `nan`이에요.")
def _(cells):
    assert math.isnan(math.inf / math.inf)
    return next(n for n in range(200) if torch.tensor(float(n)).exp().isinf())


@lesson.says("`[0, 1, 2]`의 소프트맥스 `[{:.3f}, {:.3f}, {:.3f}]`와 같아요.")
def _(cells):
    return torch.tensor([1000.0, 1001.0, 1002.0]).softmax(0).tolist()


@lesson.holds(
    "온도를 0.25로 낮추면 '돈을'이 거의 다 가져가고, 16으로 높이면 다섯이 거의 똑같이 나눠요. 순서는 한 번도 바뀌지 않아요."
)
def _(cells):
    scores = torch.tensor([1.0, 2.0, 0.0, 3.0, 0.0])
    cold, hot = cells.softmax(scores / 0.25, dim=0), cells.softmax(scores / 16, dim=0)
    assert cells.tokens[int(cold.argmax())] == "돈을" and cold.max() > 0.95
    assert hot.max() - hot.min() < 0.05
    for shares in (cold, hot):
        assert torch.equal(shares.argsort(stable=True), scores.argsort(stable=True))


@lesson.says("다시 계산하면 <code>[{:.3f}, {:.3f}, {:.3f}, {:.3f}]</code>이고 더하면 1이에요.")
def _(cells):
    shares = torch.tensor([2, 1, 3, 0.5]).softmax(0).tolist()
    assert round(sum(round(share, 3) for share in shares), 3) == 1
    return shares


# -- 5-2와 나누기 --


@lesson.says("키 세 개 `[2, 1, 1, 0]`, `[0, 3, 1, 0]`, `[1, 0, 3, 1]`의 내적은 `{:.0f}, {:.0f}, {:.0f}`이에요.")
def _(cells):
    return (torch.tensor([[2, 1, 1, 0], [0, 3, 1, 0], [1, 0, 3, 1]]) @ torch.tensor([1, 0, 2, 1])).tolist()


@lesson.says("분산이 {:.0f}배이니 표준편차는 {:.0f}배예요.")
def _(cells):
    return 256 / 4, math.sqrt(256 / 4)


@lesson.holds("'찾았다' 줄에서 '돈을' 칸이 가장 짙은 주황이에요.")
def _(cells):
    scores = cells.attention_scores(cells.bank_q, cells.bank_k)
    assert scores[FOUND].argmin() == MONEY and scores.min() == scores[FOUND, MONEY] < 0


@lesson.holds("나누지 않으면 $d_k$가 클 때 대개 키 하나가 거의 다 가져가요(포화).")
def _(cells):
    largest = torch.softmax(cells.sampled(1024, False, 500), dim=-1).amax(-1)
    assert (largest > 0.9).double().mean() > 0.75
    divided = torch.softmax(cells.sampled(1024, True, 500), dim=-1).amax(-1)
    assert (divided > 0.9).double().mean() < 0.05


@lesson.says("$p = 0.5$면 {:.2f}인데 $p = 0.99$면 {:.4f}예요.")
def _(cells):
    slopes = []
    for p in (0.5, 0.99):
        scores = torch.tensor([math.log(p / (1 - p)), 0.0], dtype=torch.float64, requires_grad=True)
        (gradient,) = torch.autograd.grad(scores.softmax(0)[0], scores)
        slopes.append(gradient[0].item())
    return slopes


@lesson.holds(
    "나누지 않으면 분산은 $d_k$를 따라 커지고, 가장 큰 가중치는 1로, 기울기는 0으로 가요. 나누면 셋 다 거의 그대로예요."
)
def _(cells):
    assert cells.count == 1000
    variances, weights, slopes = cells.measured["나누지 않음"]
    for d_k, variance in zip(cells.sizes, variances, strict=True):
        assert 0.8 * d_k < variance < 1.2 * d_k
    assert sorted(weights) == weights and weights[-1] > 0.95
    assert sorted(slopes, reverse=True) == slopes and slopes[-1] < 0.04
    variances, weights, slopes = cells.measured["나눔"]
    assert all(0.8 < variance < 1.2 for variance in variances)
    assert max(weights) - min(weights) < 0.05 and max(slopes) - min(slopes) < 0.03


# -- 마스크 --


@lesson.holds("둘째 문장에서는 `[PAD]` 열이 위에서 아래까지 ×예요.")
def _(cells):
    assert cells.padding.shape == (2, 1, 1, 3)
    assert cells.padding.tolist() == [[[[True] * 3]], [[[True, True, False]]]]
    marks = [[text.get_text() for text in ax.texts] for ax in cells.figures[-1].axes]
    assert marks == [["○"] * 9, ["○", "○", "×"] * 3]


@lesson.holds("맨 아래 `[PAD]` 행은 진짜 토큰을 보며 무언가를 내놓지만 그 출력은 버려져요.")
def _(cells):
    """다음 층에서도 그 열을 가리므로, 그 행의 출력을 바꿔도 진짜 토큰의 다음 출력은 그대로예요."""
    assert cells.padding[1, 0].expand(3, 3)[2].tolist() == [True, True, False]
    torch.manual_seed(2)
    first, changed = torch.randn(3, 4), torch.randn(3, 4)
    changed[:2] = first[:2]
    seen = cells.padding[1, 0]
    second = [torch.softmax((x @ x.T).masked_fill(~seen, -math.inf), -1) @ x for x in (first, changed)]
    assert torch.equal(second[0][:2], second[1][:2])


@lesson.holds("합친 마스크는 두 문장에 저마다 `(T, S)` 표가 하나씩이고, 둘째 문장의 토큰은 차례로 1, 2, 2개를 봐요.")
def _(cells):
    assert cells.seen.shape == (2, 1, 3, 3)
    assert cells.seen[1, 0].sum(-1).tolist() == [1, 2, 2]


@lesson.says(
    "점수 `[2, 1, 3]`에서 가운데가 가려졌다면 $e^2 = {:.4f}$과 $e^3 = {:.4f}$만 나눠 가져요: `[{:.4f}, 0, {:.4f}]`."
)
def _(cells):
    return math.exp(2), math.exp(3), *torch.tensor([2.0, 3.0]).softmax(0).tolist()


@lesson.holds("$-\\infty$나 `-1e9` 같은 아주 큰 음수로 바꿔요(0에 가까운 `1e-9`가 아니에요).")
def _(cells):
    hidden = [torch.tensor([2.0, fill, 3.0]).softmax(0)[1].item() for fill in (-math.inf, -1e9, 1e-9)]
    assert hidden[0] == hidden[1] == 0 and hidden[2] > 0.03


@lesson.says("$e^0 = 1$이라 가려진 자리도 몫을 받아요: `[{:.4f}, {:.4f}, {:.4f}]`.")
def _(cells):
    return torch.tensor([2.0, 0.0, 3.0]).softmax(0).tolist()


@lesson.holds("전부 $-\\infty$인 행은 최댓값도 $-\\infty$라 $-\\infty - (-\\infty)$, 곧 `nan`이에요.")
def _(cells):
    row = torch.full((3,), -math.inf)
    assert row.max() == -math.inf and (row - row.max()).isnan().all() and row.softmax(0).isnan().all()


@lesson.holds("둘째 문장의 어느 행도 `[PAD]`에 몫을 주지 않아요. 0이나 -1로 채우면 가려진 키로 새요.")
def _(cells):
    assert cells.weights[1, 0, :, 2].tolist() == [0, 0, 0]
    assert torch.allclose(cells.weights.sum(-1), torch.ones(2, 1, 3))
    assert all(shares[1] > 0.01 for shares in cells.fills.values()) and cells.mine[1] == 0


# -- 5-6 --


@lesson.says("5-2의 점수 `[2, 1, 4]`에 소프트맥스를 씌우면 `[{:.4f}, {:.4f}, {:.4f}]`이에요.")
def _(cells):
    return torch.tensor([2.0, 1.0, 4.0]).softmax(0).tolist()


@lesson.says("결과는 ${:.4f} \\cdot [1, 0] + {:.4f} \\cdot [0, 1] + {:.4f} \\cdot [2, 3] = [{:.4f}, {:.4f}]$예요.")
def _(cells):
    weights = torch.tensor([2.0, 1.0, 4.0], dtype=torch.float64).softmax(0)
    mixed = weights @ torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 3.0]], dtype=torch.float64)
    rounded = [round(weight, 4) for weight in weights.tolist()]
    by_hand = rounded[0] + 2 * rounded[2], rounded[1] + 3 * rounded[2]
    assert all(abs(hand - exact) < 5e-5 for hand, exact in zip(by_hand, mixed.tolist(), strict=True))
    return *weights.tolist(), *mixed.tolist()


@lesson.holds("세 겹의 반복문과 값은 같고")
def _(cells):
    ours, weights = cells.scaled_dot_product_attention(cells.bank_q, cells.bank_k, cells.bank_v)
    assert torch.allclose(ours, cells.loop_out, atol=1e-6) and torch.allclose(weights, cells.loop_weights, atol=1e-6)


@lesson.holds("두 지도에서 대각선 오른쪽 위와 `[PAD]` 열은 모두 0.00이고, 행마다 합은 1이에요.")
def _(cells):
    assert (cells.weights[:, 0].triu(1) == 0).all() and (cells.weights[1, 0, :, 2] == 0).all()
    assert torch.allclose(cells.weights.sum(-1), torch.ones(2, 1, 3))
    assert cells.out.shape == (2, 1, 3, 4)


# -- 5-7 --


@lesson.says("가중치는 자기에게 {:.4f}, 상대에게 {:.4f}예요.")
def _(cells):
    return (torch.eye(2) / math.sqrt(2)).softmax(-1)[0].tolist()


@lesson.says("점수가 `[[0, 1], [1, 0]]`이라 이번에는 상대에게 {:.4f}이에요.")
def _(cells):
    x, W_k = torch.eye(2), torch.eye(2)[:, [1, 0]]
    scores = x @ (x @ W_k).T
    assert scores.tolist() == [[0, 1], [1, 0]]
    return (scores / math.sqrt(2)).softmax(-1)[0, 1].item()


@lesson.holds("조용히 `(2, 2, 3, 3)`으로 퍼져서 문장마다 모든 문장의 마스크를 한 번씩 씌워요.")
def _(cells):
    wrong = cells.masked_softmax(torch.zeros(2, 3, 3), cells.padding)
    assert wrong.shape == (2, 2, 3, 3)
    for mask, shares in enumerate(wrong):
        for sentence in shares:
            assert torch.equal(sentence > 0, cells.padding[mask, 0].expand(3, 3))


@lesson.holds("마스크가 없으면 진짜 토큰까지 크게 흔들리고, 패딩 마스크를 씌우면 0.0000, 아무것도 움직이지 않아요.")
def _(cells):
    assert cells.moves["마스크 없이"] > 0.5 and cells.moves["패딩 마스크"] == 0
    assert "0.0000" in cells.printed


# -- 고치기 --


@lesson.says("5로는 {:.2f}예요.")
def _(cells):
    return cells.looks(5.0)[FOUND, MONEY].item()


@lesson.says("9에서 {:.2f}이 돼요.")
def _(cells):
    assert cells.looks(7.0)[FOUND, MONEY] < 0.9
    return cells.looks(9.0)[FOUND, MONEY].item()


@lesson.holds("'은행에'도 돈과 0.5만큼 가까워서 함께 커지거든요.")
def _(cells):
    with_bank, without = cells.looks(5.0)[FOUND], cells.looks(0.0)[FOUND]
    assert cells.x[BANK, 2] == 0.5
    others = [token for token in range(5) if token not in (MONEY, BANK)]
    assert with_bank[BANK] > max(with_bank[token] for token in others)
    assert with_bank[BANK] / with_bank[WENT] > without[BANK] / without[WENT]


@lesson.holds("'찾았다'가 '돈을'을 0.9 이상 보게 해 보세요.")
def _(cells):
    assert cells.W_q[FOUND, 2] == -5


@lesson.holds("가중치가 0.9를 넘었고, 가장 많이 바뀐 것은 바로 '찾기 → 돈' 칸이에요.")
def _(cells):
    assert cells.path[0] < 0.05 and cells.path[-1] > 0.9
    assert cells.change.abs().argmax() == FOUND * 3 + 2 and cells.change[4, 2] > 2 * cells.change[4, :2].abs().max()


@lesson.holds("'찾았다'의 벡터에는 찾기 성분뿐이라 나머지 네 줄은 그대로예요.")
def _(cells):
    assert (cells.change[:4] == 0).all()


@lesson.holds(
    "우리가 건드리지 않은 칸도 내렸어요. '장소' 칸을 내리면 '은행에'가, '사람' 칸을 내리면 '나는'이 밀려나요."
)
def _(cells):
    assert cells.change[4, 0] < -1 and cells.change[4, 1] < -1


# -- 비용 --


@lesson.holds("길이가 16배일 때")  # 시간은 기계의 것이라 묻지 않아요.
def _(cells):
    assert cells.lengths[-1] == 16 * cells.lengths[0]


lesson.known("시간은 16배보다 훨씬 더 늘어요", "잰 값: 코어 하나에서 32배보다 컸어요")


@lesson.says("n = 4096이면 float32 한 장이 {:.0f} MiB, 헤드 8개에 문장 32개라면 {:.0f} GiB예요.")
def _(cells):
    one = torch.empty(4096, 4096, device="meta").untyped_storage().nbytes()
    return one / 2**20, 8 * 32 * one / 2**30


@lesson.says(
    "오늘의 <code>self_attention</code>은 곱셈이 3nd² + 2n²d번, RNN 층은 2nd²번이라 <b>길이가 얼마든 어텐션이 더 많아요</b>(d = 512, n = 32에서 {:.2f}배)."
)
def _(cells):
    def counted(run):
        with FlopCounterMode(display=False) as counter:
            run()
        return counter.get_total_flops() / 2

    d, ratios = 512, {}
    matrices = torch.randn(3, d, d)
    for n in (1, 32, 256):
        x = torch.randn(1, n, d)
        attention = counted(lambda x=x: cells.self_attention(x, *matrices))
        rnn = n * counted(lambda x=x: (x[0, :1] @ matrices[0], x[0, :1] @ matrices[1]))
        assert attention == 3 * n * d * d + 2 * n * n * d and rnn == 2 * n * d * d
        ratios[n] = attention / rnn
    assert min(ratios.values()) > 1
    return ratios[32]


# -- 보너스와 마무리 --


@lesson.holds("표본이 100배면 흔들림은 10분의 1쯤이에요.")
def _(cells):
    spread = []
    for n in (100, 10_000):
        generator = torch.Generator().manual_seed(3)
        q, k = torch.randn(2, 200, n, 3, generator=generator)
        spread.append((q * k).sum(-1).var(-1).std())
    assert 7 < spread[0] / spread[1] < 14


@lesson.holds("표본이 많을수록 스무 번 가운데 가장 큰 값과 가장 작은 값이 64로 모여요.")
def _(cells):
    widths = (cells.trials.amax(1) - cells.trials.amin(1)).tolist()
    assert widths[-1] < widths[0] / 5
    assert (cells.trials[-1] - 64).abs().max() < 6.4


@lesson.says("하지만 표본 10,000개면 RAM {:.0f} MiB에 {:.0f}억 칸을 만들어 놓고 만 칸만 써요.")
def _(cells):
    q, k = torch.randn(2, 50, 8)
    assert torch.allclose((q @ k.T).diagonal(), (q * k).sum(-1), atol=1e-4)
    table = torch.empty(10_000, 10_000, device="meta")
    return table.untyped_storage().nbytes() / 2**20, table.numel() / 1e8


@lesson.holds("두 차이 모두 float32가 반올림하는 만큼이에요.")
def _(cells):
    assert len(cells.gaps) == 2 and all(gap < 2e-6 for gap in cells.gaps.values())
