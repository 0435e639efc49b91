"""레슨 4의 글이 하는 말."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from support.lesson_claims import Claims

lesson = Claims("04_residual_layernorm")

TOKEN = torch.tensor([1.0, 5.0, 3.0, 7.0])


def normalized(values, eps=1e-5):
    x = torch.as_tensor(values, dtype=torch.float64)
    return F.layer_norm(x, x.shape[-1:], eps=eps).tolist()


def stack(cells, name, depth=24, scale=0.7):
    """오늘의 그림의 한 줄: (층마다의 신호, 층마다의 기울기)."""
    return cells.climb(cells.ways[name], depth, scale)


def last(run):
    """마지막 열 스텝의 손실."""
    return sum(run["손실"][-10:]) / 10


# -- 24층을 그냥 쌓으면 --


@lesson.says("$0.5^{{24}}$, 약 {:,.0f}만분의 1이에요")
def _(cells):
    return 2**24 / 10_000


@lesson.holds("층마다 절반쯤으로 줄어요. 신호는 맨 위에, 기울기는 맨 아래에 백만 분의 일도 닿지 않아요.")
def _(cells):
    signal, slope = stack(cells, "그냥 쌓기")
    assert signal[-1] < 1e-6 and slope[0] < 1e-6
    assert abs(signal[0] - 1) < 0.05 and abs(slope[-1] - 1) < 0.05  # 둘 다 크기 1에서 출발해요.
    for small, large in ((signal[-1], signal[0]), (slope[0], slope[-1])):
        assert 0.4 < (small / large) ** (1 / 24) < 0.6


lesson.known("24층", "레슨이 고른 층 수")
lesson.known("24번 이은 다음", "레슨이 고른 층 수")
lesson.known("0이 맨 아래, 24가 맨 위예요", "레슨이 고른 층 수")
lesson.known("24번째 층이", "레슨이 고른 층 수")

# -- 잔차 연결 --


@lesson.says("$[0.5, 0.5]$를 내놓으면 결과는 $[{:.1f}, {:.1f}]$예요")
def _(cells):
    return [1 + 0.5, -2 + 0.5]


@lesson.holds(
    "기울기가 맨 아래까지 살아서 닿아요. 그런데 더하기만 하니 신호는 24층 뒤에 수백 배로, 기울기는 맨 아래에서 수십 배로 불어났어요."
)
def _(cells):
    signal, slope = stack(cells, "잔차만")
    assert min(slope) > 0.9 and 200 < signal[-1] < 1000 and 20 < slope[0] < 200


# -- 층 정규화 --


@lesson.says("층마다 1.3배만 커져도 24층이면 {:.0f}배예요")
def _(cells):
    return 1.3**24


@lesson.says(
    "$\\sigma^2 = (9 + 1 + 1 + 9)/4 = {:.0f}$예요. $\\sqrt 5 \\approx {:.3f}$으로 나누면 $[{:.3f}, {:.3f}, {:.3f}, {:.3f}]$예요"
)
def _(cells):
    return [TOKEN.var(unbiased=False), 5**0.5, *normalized(TOKEN)]


@lesson.holds("둘 다 똑같아요(둘째는 $\\varepsilon$만큼의 차이를 빼면요)")
def _(cells):
    first = torch.tensor(normalized(TOKEN))
    assert (torch.tensor(normalized(TOKEN + 1000)) - first).abs().max() < 1e-9
    assert 0 < (torch.tensor(normalized(TOKEN * 10)) - first).abs().max() < 1e-5


@lesson.says("<code>[1, 5, 3, 7]</code>에서 ±{:.3f}, ±{:.3f}이 나와요. 글에 적힌 ±{:.3f}, ±{:.3f}은 $D$로 나눈 것이고")
def _(cells):
    wrong = (TOKEN - TOKEN.mean()) / (TOKEN.std() + 1e-6)
    return [wrong[3], wrong[1], normalized(TOKEN)[3], normalized(TOKEN)[1]]


lesson.known("$[1001, 1005, 1003, 1007]$을 넣으면 결과가 어떻게 달라질까요? $[10, 50, 30, 70]$은요?", "고른 입력")


@lesson.holds("토큰마다 제각각이던 자리와 퍼진 정도가 오른쪽에서는 한데 겹쳐요.")
def _(cells):
    assert cells.x.std(-1).max() > 5 * cells.x.std(-1).min() and cells.x.mean(-1).abs().max() > 1
    assert cells.y.mean(-1).abs().max() < 1e-4 and (cells.y.std(-1, unbiased=False) - 1).abs().max() < 1e-3


@lesson.holds("신호는 어느 층에서나 1로 곧게 펴졌어요. 그런데 기울기는 내려오며 수십 배가 넘게 불어나요.")
def _(cells):
    signal, slope = stack(cells, "정규화만")
    assert max(abs(s - 1) for s in signal) < 0.05 and slope[0] > 40


def after_relu():
    """크기가 0.7인 수들이 ReLU를 지난 뒤."""
    g = torch.Generator().manual_seed(0)
    return torch.relu(0.7 * torch.randn(1_000_000, generator=g, dtype=torch.float64))


@lesson.says("신호의 크기도 기울기도 $0.7/\\sqrt 2 \\approx {:.2f}$배가 돼요")
def _(cells):
    out = after_relu()
    assert abs((out > 0).double().mean() - 0.5) < 0.01  # 절반의 자리만 기울기를 지나 보내요.
    assert abs(out.square().mean().sqrt() - 0.7 / 2**0.5) < 0.01
    return 0.7 / 2**0.5


lesson.known("(0.7은 $W$의 처음 크기예요)", "코드에 적은 값")


@lesson.says("평균을 빼고 남는 표준편차는 {:.2f}뿐이에요. 정규화는 그것을 1로 되돌리려고 {:.2f}배로 키워요.")
def _(cells):
    return [after_relu().std(), 1 / after_relu().std()]


@lesson.says("$0.49 \\times 2.45$, 층마다 {:.1f}배쯤 불어나요.")
def _(cells):
    grows, measured = 0.7 / 2**0.5 / after_relu().std().item(), stack(cells, "정규화만")[1]
    assert abs((measured[0] / measured[-1]) ** (1 / 24) - grows) < 0.1
    return grows


@lesson.holds("배치 정규화는 이웃이 바뀔 때마다 우리 문장의 결과까지 흔들리고, 층 정규화는 꿈쩍하지 않아요.")
def _(cells):
    assert min(cells.moved["배치 정규화"][1:]) > 0.1 and max(cells.moved["층 정규화"]) < 1e-6


# -- Post-LN, Pre-LN --


@lesson.says("정규화하면 4-2에서 본 $[{:.3f}, {:.3f}, {:.3f}, {:.3f}]$예요")
def _(cells):
    return normalized([0 + 1, 4 + 1, 1 + 2, 8 - 1])


@lesson.holds("평균 0, 분산 1이에요($\\varepsilon$만큼의 차이와, D개 값이 모두 같아 0만 남는 토큰을 빼면요).")
def _(cells):
    x = torch.randn(50, 16)
    out = F.layer_norm(x + 0.3 * x.flip(-1), (16,))
    assert out.mean(-1).abs().max() < 1e-5 and (out.var(-1, unbiased=False) - 1).abs().max() < 1e-3
    assert F.layer_norm(torch.full((1, 4), 3.0), (4,)).abs().max() == 0


@lesson.holds("보라색 점선을 봐요. 신호는 어느 층에서나 1이고, 기울기는 맨 아래에서도 두세 배예요.")
def _(cells):
    signal, slope = stack(cells, "Post-LN")
    assert list(cells.ways).index("Post-LN") == 3  # 넷째 색이 보라색이에요.
    assert max(abs(s - 1) for s in signal) < 0.05 and 1.5 < slope[0] < 3.5


@lesson.holds("Pre-LN(빨강)의 신호는 조금씩 자라 24층에서 일곱 배쯤이고, 기울기는 맨 아래에서 서너 배예요.")
def _(cells):
    signal, slope = stack(cells, "Pre-LN")
    assert list(cells.ways).index("Pre-LN") == 4
    assert all(b > 0.99 * a for a, b in zip(signal, signal[1:], strict=False))
    assert 6 < signal[-1] < 8 and 2.8 < slope[0] < 4.5


@lesson.holds("층 48. 그냥 쌓기는 끝없이 내려가고 잔차만은 끝없이 올라가요.")
def _(cells):
    assert stack(cells, "그냥 쌓기", 48)[0][-1] < 1e-12 and stack(cells, "잔차만", 48)[0][-1] > 5e4


@lesson.holds("Post-LN과 Pre-LN은 여전히 열 배 안팎에 머물러요.")
def _(cells):
    for name in ("Post-LN", "Pre-LN"):
        assert max(map(max, stack(cells, name, 48))) < 16 and min(map(min, stack(cells, name, 48))) > 0.9


@lesson.holds("배율 1.4. 그냥 쌓기가 살아나요! ReLU에 꼭 맞는 배율이 $\\sqrt 2$라서예요(He 초기화).")
def _(cells):
    signal, slope = stack(cells, "그냥 쌓기", scale=1.4)
    assert min(signal) > 0.3 and min(slope) > 0.2


@lesson.holds("정규화가 있는 셋은 배율이 얼마든 신호가 터지지 않아요.")
def _(cells):
    for name in ("정규화만", "Post-LN", "Pre-LN"):
        for scale in (0.4, 0.7, 1.0, 1.4):
            assert max(stack(cells, name, scale=scale)[0]) < 20
    assert stack(cells, "잔차만", scale=1.4)[0][-1] > 1e4


# -- 깊이별 기울기 --


@lesson.says(
    "두 층일 때 $\\partial h_2/\\partial W_1 = W_2 \\cdot h = {:.1f}$이고 $\\partial h_2/\\partial W_2 = h_1 = {:.1f}$예요. "
    "층이 늘 때마다 0.5가 한 번 더 곱해져서, 열 층이면 $0.5^9$, {:.0f}분의 1이에요."
)
def _(cells):
    def slopes(depth):
        W = torch.full((depth,), 0.5, dtype=torch.float64, requires_grad=True)
        (grad,) = torch.autograd.grad(W.prod(), W)
        return grad.tolist()

    assert len(set(slopes(10))) == 1
    return [*slopes(2), 1 / slopes(10)[0]]


lesson.known("$W$는 모두 0.5이고 잔차가 없어요", "고른 값")
lesson.known("잔차가 있으면 0.5 대신 $1 + 0.5$가 곱해져요", "고른 값의 도함수")


@lesson.holds(
    "신호와 기울기가 X자로 엇갈려요. 그 곱인 $W$의 기울기는 어느 층이나 비슷하게 작아요. "
    "처음 그림만 보면 기울기가 닿지 않는 아래층만 못 배울 것 같았죠. 실은 위층도 똑같이 못 배워요. "
    "기울기는 넉넉해도 신호가 닿지 않으니까요. 잔차가 있으면 어느 층에서나 그 십만 배가 넘어요."
)
def _(cells):
    signal, slope = cells.both["올라온 신호"], cells.both["내려온 기울기"]
    assert signal[-1] < 1e-4 * signal[0] and slope[0] < 1e-4 * slope[-1]
    assert max(cells.no_way) < 6 * min(cells.no_way) and max(cells.no_way) < 0.01
    assert min(b / a for a, b in zip(cells.no_way, cells.shortcut, strict=True)) > 1e5


# -- 첫 스텝이 너무 크면 --

lesson.known("학습률을 처음 4,000스텝 동안 0에서 천천히 올려요", "논문 §5.3")
lesson.known("학습률은 모두 0.03이고, 워밍업은 100스텝에 걸쳐 거기까지 올려요.", "코드에 적은 값")


@lesson.says("여덟 토큰을 찍는 수준($\\ln 8 = {:.3f}$)에서 끝까지 벗어나지 못해요")
def _(cells):
    return math.log(8)


def at_160(run):
    """160스텝에 이르는 열 스텝의 손실."""
    return sum(run["손실"][150:160]) / 10


@lesson.says("160스텝에 {:.1f}쯤으로, 찍는 수준의 절반 아래이고")
def _(cells):
    return at_160(cells.runs["Post-LN, 워밍업 100"])


@lesson.holds("에서 끝까지 벗어나지 못해요. 같은 모델도 학습률을 천천히 올리면 배워요.")
def _(cells):
    assert last(cells.runs["Post-LN, 워밍업 없음"]) > 0.95 * math.log(8)
    assert last(cells.runs["Post-LN, 워밍업 100"]) < 0.5 * math.log(8)


@lesson.holds("찍는 수준의 절반 아래이고 아직 내려가는 중이에요. Pre-LN은 그냥도 거의 0까지 내려가요.")
def _(cells):
    warm = cells.runs["Post-LN, 워밍업 100"]
    assert 0.25 * math.log(8) < at_160(warm) < 0.5 * math.log(8)
    assert at_160(warm) < 0.9 * sum(warm["손실"][110:120]) / 10
    assert at_160(cells.runs["Pre-LN, 워밍업 없음"]) < 0.02 and last(cells.runs["Pre-LN, 워밍업 없음"]) < 0.02


@lesson.holds("Adam의 첫 스텝은 기울기가 크든 작든 값을 학습률만큼 옮겨요.")
def _(cells):
    for slope in (1e-5, 1.0, -1e3):
        w = torch.zeros(1, requires_grad=True)
        w.grad = torch.tensor([slope])
        torch.optim.Adam([w], lr=0.03, betas=(0.9, 0.98)).step()
        assert abs(abs(w.item()) - 0.03) < 1e-4


@lesson.holds("첫 스텝의 기울기는 Post-LN이 Pre-LN의 두 배쯤이에요.")
def _(cells):
    post, pre = (sum(cells.runs[f"{name}, 워밍업 없음"]["W2"]) for name in ("Post-LN", "Pre-LN"))
    assert 1.5 < post / pre < 2.8


@lesson.says("{:.2f}이면 $W_1$의 처음 크기인 {:.3f}의 {:.0f}%나 돼요.")
def _(cells):
    return [0.03, 32**-0.5, 100 * 0.03 * 32**0.5]


@lesson.holds("서른 스텝 만에 처음의 그림이 되살아났어요. 워밍업 없는 Post-LN의 기울기가 맨 아래에서 거의 죽었어요.")
def _(cells):
    broken, warm, pre = (run["h"] for run in cells.runs.values())
    assert broken[0] < broken[-1] / 100 and broken[0] < min(warm[0], pre[0]) / 30
    assert warm[0] > warm[-1] / 5 and pre[0] > pre[-1]


@lesson.holds("워밍업이 없으면 1.3쯤이던 나누는 수가 4를 넘어요.")
def _(cells):
    assert 1.2 < cells.gates[0][0] < 1.4 and 4 < cells.gates[0][1] < 5.5


@lesson.holds("기울기가 지름길만 따라 내려오면 정규화 24개에 모두 나눠져서 1조분의 1도 남지 않아요.")
def _(cells):
    assert len(cells.divisors) == 24 * 30 and cells.gates[0][2] > 1e12


@lesson.holds("그림에 남은 것은 부분층을 돌아온 기울기인데, 그것으로는 맨 아래가 맨 위의 100분의 1도 되지 않아요.")
def _(cells):
    h = cells.runs["Post-LN, 워밍업 없음"]["h"]
    assert 1e4 * h[-1] / cells.gates[0][2] < h[0] < h[-1] / 100  # 지름길만 따라온 것보다 훨씬 커요.


@lesson.holds("학습률을 천천히 올리면 그 수가 1.5 안팎에 머물러요.")
def _(cells):
    assert 1.3 < cells.gates[100][1] < 1.65


@lesson.holds("그만큼은 부분층을 돌아온 기울기가 메워서, 맨 아래에도 맨 위의 절반쯤은 닿아요.")
def _(cells):
    h = cells.runs["Post-LN, 워밍업 100"]["h"]
    assert 0.4 < h[0] / h[-1] < 1


# -- 인코더의 층, 드롭아웃 --


@lesson.says("$x = 3$이면 $h = 3 + 1 = {:.0f}$, 출력은 $4 + 8 = {:.0f}$예요.")
def _(cells):
    h = 3 + 1
    return [h, h + 2 * h]


@lesson.holds("어텐션 자리에 0을 넣으면 바꾼 토큰만 움직이고, 어텐션이 있으면 모두 움직여요.")
def _(cells):
    alone, mixed = cells.change.values()
    assert [bool(a > 1e-5) for a in alone] == [t == 2 for t in range(6)] and mixed.min() > 0.02


@lesson.says("첫째만 버려졌다면 $[1, 2] + [0, 12] = [{:.0f}, {:.0f}]$예요")
def _(cells):
    return [1 + 0, 2 + 6 / (1 - 0.5)]


lesson.known("$p = 0.5$이고", "고른 확률")


@lesson.holds(
    "x 그대로예요. 층을 통째로 건너뛴 셈이에요. 더한 뒤에 걸었다면 0만 남아요. `F.dropout`은 이때를 따로 챙겨요."
)
def _(cells):
    x, out = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    assert torch.equal(x + F.dropout(out, 1.0, True), x) and not F.dropout(x + out, 1.0, True).any()


@lesson.holds("오른쪽의 흰 칸에서는 지름길의 x까지 0이 됐어요. 왼쪽은 어디에도 흰 칸이 없어요.")
def _(cells):
    left, right = (torch.tensor(ax.images[0].get_array()) for ax in cells.figures[0].axes[:2])
    assert 0.25 < (right == 0).double().mean() < 0.75 and left.min() > 0.2


# -- RMSNorm과 DeepNorm --


@lesson.says(
    "$[3, 4]$라면 제곱의 평균이 ${:.1f}$, 제곱근이 ${:.3f}$이라 $[{:.3f}, {:.3f}]$이에요.",
)
def _(cells):
    return [12.5, 12.5**0.5, 3 / 12.5**0.5, 4 / 12.5**0.5]


@lesson.says("$[{:.3f}, {:.3f}, {:.3f}, {:.3f}]$이 나와요. 평균을 빼지 않으니")
def _(cells):
    x = TOKEN + 1000
    return (x / x.square().mean().sqrt()).tolist()


lesson.known("$[1001, 1005, 1003, 1007]$을 넣으면 이번에도", "고른 입력")


@lesson.says("$N = 8$이면 $\\alpha = 16^{{1/4}} = {:.0f}$예요.")
def _(cells):
    return 16**0.25


@lesson.says("$[2, 6] + [1, -1] = [3, 5]$, 정규화하면 $[{:.0f}, {:.0f}]$이에요.")
def _(cells):
    return normalized([2 * 1 + 1, 2 * 3 - 1])


@lesson.holds("$\\alpha$가 없었다면 더한 값이 $[2, 2]$라서 $[0, 0]$만 남아요.")
def _(cells):
    assert normalized([1 + 1, 3 - 1]) == [0, 0]


@lesson.holds(
    "워밍업 없이도 배우고, 서른 번째 스텝의 기울기도 맨 아래까지 살아 있어요. 첫 스텝의 기울기는 Post-LN의 4분의 1도 되지 않아요."
)
def _(cells):
    deep, post = cells.runs["DeepNorm, 워밍업 없음"], cells.runs["Post-LN, 워밍업 없음"]
    assert last(deep) < 0.2 * math.log(8) and deep["h"][0] > deep["h"][-1] / 5
    assert sum(deep["W2"]) < sum(post["W2"]) / 4


# -- 마무리와 돌아보기 --


@lesson.holds("float32의 반올림만큼만 달라요.")
def _(cells):
    assert max(cells.apart.values()) < 5e-6


@lesson.holds("그래서 첫 층은 h를 절반쯤 바꾸지만, h가 일곱 배로 자란 24번째 층은 10분의 1도 바꾸지 못해요.")
def _(cells):
    shares = []

    def watched(h, sublayer):
        out = cells.pre_norm(h, sublayer, cells.one, cells.zero)
        shares.append(cells.size(out - h) / cells.size(h))
        return out

    cells.climb(watched)
    assert 0.4 < shares[0] < 0.6 and shares[-1] < 0.1
