"""레슨 3의 말들: 곧은 선, 꺾임, 안쪽 너비, 위치마다 따로, 파라미터의 몫, 드롭아웃."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from support.lesson_claims import Claims

lesson = Claims("03_feed_forward")

D_MODEL, D_FF = 512, 2048


def degrees(cells, depth):
    return 15 + 6 * cells.stacks[depth](cells.x_day).detach()


def kinks_of(x, y):
    """꺾은 점들: 기울기가 바뀌는 x."""
    slope = np.diff(np.asarray(y)) / np.diff(np.asarray(x))
    return np.asarray(x)[1:-1][np.abs(np.diff(slope)) > 1e-3 * np.abs(slope).max()]


def drawn(figure, panel=0):
    """그림의 선들: 이름에서 (가로, 세로)로."""
    return {line.get_label(): line.get_data() for line in figure.axes[panel].get_lines()}


# -- 시작 --


@lesson.holds("새벽까지 내려갔다가 낮에 오르고 밤에 다시 내려가는 곡선이에요")
def _(cells):
    t = cells.temperature.flatten()
    low, high = cells.clock[t.argmin()], cells.clock[t.argmax()]
    assert 4 <= low <= 7 and 13 <= high <= 16 and t[-1] < t.max() - 5


@lesson.holds("세 칸의 직선이 똑같아요")
def _(cells):
    (figure,) = cells.figures
    lines = [drawn(figure, i)["모델"] for i in range(3)]
    for _, y in lines:
        assert np.abs(np.diff(y, 2)).max() < 1e-4 * np.ptp(y)  # 곧아요
        assert np.abs(y - lines[0][1]).max() < 0.1  # 그림에서 구별되지 않는 도


@lesson.says("숫자를 {:,}개 배운 여섯 층도, {}개 배운 한 층과 똑같이 {:.2f}도씩 어긋나요")
def _(cells):
    counts = [sum(w.numel() for w in cells.stacks[depth].parameters()) for depth in (6, 1)]
    missed = [cells.miss(cells.stacks[depth](cells.x_day)) for depth in (6, 1)]
    assert abs(missed[0] - missed[1]) < 0.005
    return *counts, missed[0]


@lesson.holds("더 오래 학습해도 그대로예요")
def _(cells):
    """어떤 직선도 최소제곱의 직선보다 나을 수 없고, 세 모델이 이미 거기에 있어요."""
    X = torch.cat([cells.x_day[0], torch.ones_like(cells.x_day[0])], dim=1)
    best = cells.miss((X @ torch.linalg.lstsq(X, cells.y_day[0]).solution)[None])
    assert all(best <= cells.miss(stack(cells.x_day)) + 1e-5 < best + 0.005 for stack in cells.stacks.values())


# -- 3-1 --


@lesson.holds("선형은 아무리 쌓아도 선형이에요")
def _(cells):
    x, W = torch.randn(3, 5, dtype=torch.float64), torch.randn(7, 5, 5, dtype=torch.float64)
    y = x
    for one in W:
        y = y @ one + 1.0
    middle = (x[0] + x[1]) / 2
    for one in W:
        middle = middle @ one + 1.0
    assert torch.allclose(middle, (y[0] + y[1]) / 2)


@lesson.says(r"\end{{bmatrix}} - 1 = (3 + 2)x + 3 - 1 = {}x + {}$$")
def _(cells):
    W1, b1, W2 = torch.tensor([[1.0, 2.0]]), torch.tensor([1.0, 0.0]), torch.tensor([[3.0], [1.0]])
    return int(W1 @ W2), int(b1 @ W2 - 1)


@lesson.says(r"{:,}개면 돼요. 두 층의 가중치 행렬에는 {:,}개, 여덟 배가 있고요")
def _(cells):
    assert 2 * D_MODEL * D_FF == 8 * D_MODEL**2
    return D_MODEL**2, 2 * D_MODEL * D_FF


@lesson.says("숫자 {}개로 만든 두 층이 숫자 둘로 줄었고, 차이는 반올림뿐이에요")
def _(cells):
    assert cells.W.numel() + cells.b.numel() == 2
    assert (cells.merged - cells.stacked).abs().max() < 1e-5
    return sum(w.numel() for w in cells.weights)


# -- 3-2 --


@lesson.says("음수 자리만 0이 되어 `[{:g}, {:g}, {:g}, {:g}]`이에요")
def _(cells):
    return torch.tensor([-2, 0.5, 3, -0.1]).relu().tolist()


@lesson.says("괄호 안이 0인 {}시에서 꺾이고, **뒤**가 0이에요")
def _(cells):
    hours = torch.arange(25)
    value = (13 - hours).clamp(min=0)
    assert value[14:].sum() == 0 and (value[:13] > 0).all()
    return int(hours[value == 0][0])


lesson.known(r"시각 $h$를 0부터 24까지 바꾸며 $\mathrm{ReLU}(13 - h)$", "손 계산에 고른 수")


@lesson.holds("선마다 꼭 한 번 꺾여요")
def _(cells):
    (figure,) = cells.figures
    for x, y in drawn(figure).values():
        assert len(kinks_of(x, y)) == 1


# -- 3-3 --


@lesson.says("$xW_1 = [{:g}, {:g}, {:g}]$, 편향을 더하면 $[{:g}, {:g}, {:g}]$")
def _(cells):
    x, W1, b1, *_ = by_hand()
    return *(x @ W1).tolist(), *(x @ W1 + b1).tolist()


@lesson.says("ReLU를 지나면 $[{:g}, {:g}, {:g}]$. 스위치 셋 가운데 하나만 켜졌어요")
def _(cells):
    x, W1, b1, *_ = by_hand()
    return (x @ W1 + b1).relu().tolist()


@lesson.says("$W_2$를 곱하면 $[{:g}, {:g}]$, 편향을 더하면 $[{:g}, {:g}]$")
def _(cells):
    x, W1, b1, W2, b2 = by_hand()
    out = (x @ W1 + b1).relu() @ W2
    return *out.tolist(), *(out + b2).tolist()


@lesson.says("W_2 = [{:g}, {:g}]$, 편향을 더하면 $[{:g}, {:g}]$, 그 뒤에 ReLU를 걸면 $[{:g}, {:g}]$이에요")
def _(cells):
    x, W1, b1, W2, b2 = by_hand()
    out = (x @ W1 + b1) @ W2
    return *out.tolist(), *(out + b2).tolist(), *(out + b2).relu().tolist()


def by_hand():
    return (
        torch.tensor([1.0, -2.0]),
        torch.tensor([[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]]),
        torch.tensor([0.0, 1.0, 0.5]),
        torch.tensor([[2.0, 1.0], [1.0, -1.0], [0.0, 3.0]]),
        torch.tensor([0.5, 0.0]),
    )


lesson.known("들어오고 나가는 벡터의 너비는 512, 안쪽은 2048이에요", "논문 §3.3")
lesson.known("논문은 512 |", "논문 §3.3")
lesson.known("논문은 2048 (네 배)", "논문 §3.3")
lesson.known(r"b_1 = [0,\, 1,\, 0.5]", "손 계산에 고른 수")
lesson.known(r"b_2 = [0.5,\, 0]", "손 계산에 고른 수")
lesson.known("`[-2, 0.5, 3, -0.1]`을 넣으면", "손 계산에 고른 수")
lesson.known("$D = 512$, $F = 2048$이라면", "논문 §3.3")
lesson.known("$[1, -1, -2.5]W_2", "위의 손 계산에서 나온 수")


@lesson.says("{:.2f}도이던 어긋남이 {:.2f}도로 줄었어요")
def _(cells):
    return cells.miss(cells.stacks[1](cells.x_day)), cells.by_hand


@lesson.holds("6시 스위치를 끄면 6시의 꺾임이 사라져 기온이 종일 내려가요. 6시 전은 그대로고요")
def _(cells):
    on = torch.tensor([1.0, 0.0, 1.0, 1.0])
    full, off = (cells.made_by_hand(cells.hours, o).flatten() for o in (torch.ones(4), on))
    assert 6.0 in kinks_of(cells.clock, full) and 6.0 not in kinks_of(cells.clock, off)
    assert (off.diff() < 0).all()
    assert torch.equal(full[cells.clock <= 6], off[cells.clock <= 6]) and not torch.equal(full, off)


# 그림 "kinks-add-up"의 수
@lesson.holds("$W_2$는 그때부터 기울기를 얼마나 바꿀지예요")
def _(cells):
    from autograder.kit.drawings.lesson_03 import BASE, SWITCHES

    relu = torch.relu
    total = BASE + sum(change * relu(torch.arange(25.0) - opens) for opens, change in SWITCHES)
    assert [total[h].item() for h in (0, 6, 13, 16, 24)] == [13, 7, 21, 21, 13]


@lesson.holds("FFN은 한 번씩 꺾인 선들을 더해요")
def _(cells):
    from autograder.kit.drawings.lesson_03 import BASE, SWITCHES

    assert [(int(h), int(c)) for h, c in zip(cells.opens, cells.turns, strict=True)] == list(SWITCHES)
    assert cells.made_by_hand(torch.zeros(1, 1, 1), torch.ones(4)).item() == BASE
    (figure,) = cells.figures or [None]
    assert figure is None or len(figure.axes) == 2


# -- d_ff --


@lesson.holds(
    "운 나쁘게 시작하면 스위치 몇 개가 끝내 켜지지 않기도 해서, 서로 다른 16곳에서 출발해 가장 나은 것을 골라요"
)
def _(cells):
    """두 스위치로 16번 따로 학습하면, 하루 내내 꺼진 스위치가 있는 것도 나와요."""
    torch.manual_seed(0)
    W1 = (3.0 * torch.randint(0, 2, (16, 1, 2)) - 1.5).requires_grad_()
    b1 = (-W1.detach() * (2 * torch.rand(16, 1, 2) - 1)).requires_grad_()
    W2, b2 = torch.randn(16, 2, 1, requires_grad=True), torch.zeros(16, 1, 1, requires_grad=True)
    cells.learn(lambda: torch.relu(cells.x_day @ W1 + b1) @ W2 + b2, [W1, b1, W2, b2])
    alive = (cells.x_day @ W1 + b1 > 0).any(dim=1)  # (16, 2)
    assert not alive.all()


@lesson.holds("스위치 하나면 한 번 꺾고, 둘이면 봉우리가 서서 벌써 1도 아래")
def _(cells):
    one, two = (15 + 6 * cells.ffn(cells.x_day, *cells.trained[n]).flatten() for n in (1, 2))
    assert len(kinks_of(cells.clock, one)) <= 2  # 재는 자리 사이에서 꺾이면 이웃한 두 곳에서 보여요.
    top = cells.clock[two.argmax()]
    assert 12 < top < 17 and two.max() > two[0] + 5 and two.max() > two[-1] + 5
    assert cells.errors[1] > 1 > cells.errors[2]


@lesson.holds("넷이면 새벽의 골짜기까지 따라가요")
def _(cells):
    four = 15 + 6 * cells.ffn(cells.x_day, *cells.trained[4]).flatten()
    dawn = cells.clock[four.argmin()]
    assert 4 < dawn < 8 and four.min() < four[0] - 3


@lesson.says("벌써 1도 아래({:.2f}도)이고")
def _(cells):
    return cells.errors[2]


@lesson.holds("16개면 곡선과 구별하기 어려워요")
def _(cells):
    assert cells.errors[16] < 0.2 and cells.errors[16] < cells.errors[4] < cells.errors[2] < cells.errors[1]


@lesson.says("ReLU가 없으면 안쪽 너비가 얼마든 {:.2f}도에서 움직이지 않아요")
def _(cells):
    assert cells.straight > cells.errors[1]
    return cells.straight


lesson.known(r"$d_\text{ff}$만 1, 2, 4, 8, 16으로", "실험에서 고른 크기")


# -- 키와 값 --


@lesson.holds("선형이면 '안'은 누구 옆에서나 똑같은 것을 더해요")
def _(cells):
    """어떤 W, b도 f(안 좋다) - f(좋다) = f(안 싫다) - f(싫다)라서, 뜻을 뒤집는 표를 맞히지 못해요."""
    said = torch.tensor([[0.0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 1]])
    meant = torch.tensor([1.0, -1, -1, 1])[:, None]  # 좋다 쪽이면 1
    X = torch.cat([said, torch.ones(4, 1)], dim=1)
    guess = X @ (torch.linalg.pinv(X) @ meant)
    assert guess.abs().max() < 1e-5  # 가장 나은 직선은 넷 다 0이에요.


@lesson.holds("혼자서는 아무 스위치도 켜지 못하고, '안'이 짝을 만났을 때만 뜻이 뒤집혔어요")
def _(cells):
    alone = torch.relu(torch.eye(3) @ cells.keys + cells.both_needed)
    assert alone.sum() == 0
    assert cells.meant[0].round().tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 1, 0]]


# -- 3-4 --


@lesson.holds("FFN은 바꾼 토큰 하나만 움직이고, 나머지는 다른 자리를 움직여요")
def _(cells):
    ours, *others = cells.change
    assert (ours > 1e-4).tolist() == [word == "돈을" for word in cells.words]
    for row in others:
        where = [word for word, moved in zip(cells.words, row > 0.01 * row.max(), strict=True) if moved]
        assert where != ["돈을"]
    assert [cells.is_position_wise(f, cells.said) for f in cells.candidates.values()] == [True] + [False] * 4


@lesson.holds("어텐션은 토큰을 섞고, FFN은 토큰을 하나씩 바꿔요")
def _(cells):
    assert (cells.ours - cells.theirs).abs().max() < 1e-5


@lesson.holds("FFN은 방금 네 마디를, 아까는 시각 97개를 섞지 않고 하나씩 바꿨어요")
def _(cells):
    assert len(cells.phrases) == 4 and cells.hours.shape == (1, 97, 1)


lesson.known("아까는 시각 97개를", "위에서 센 것")


# -- 3-5 --


@lesson.says(r"$W_1$ {}개, $b_1$ {}개, $W_2$ {}개, $b_2$ {}개, 모두 {}개예요")
def _(cells):
    counts = [2 * 3, 3, 3 * 2, 2]
    return *counts, sum(counts)


@lesson.says(
    r"어텐션의 네 행렬이 $4 \times 512^2 = {}$개, FFN의 두 행렬이 $2 \times 512 \times 2048 = {}$개라 층의 3분의 2가 FFN이에요."
)
def _(cells):
    attention, feed_forward = 4 * 512**2, 2 * 512 * 2048
    assert 3 * feed_forward == 2 * (attention + feed_forward)
    return tuple(f"{n:,}".replace(",", "{,}") for n in (attention, feed_forward))


@lesson.holds("인코더 한 층의 3분의 2, 어텐션이 둘인 디코더 한 층에서도 절반이 FFN이에요")
def _(cells):
    encoder, decoder = (cells.layers[name][1] for name in ("인코더 한 층", "디코더 한 층"))
    assert abs(encoder - 200 / 3) < 0.5 and abs(decoder - 50) < 0.5


@lesson.holds("임베딩 표까지 넣은 모델 전체로 보아도 40%쯤이고요")
def _(cells):
    assert abs(100 * cells.total / cells.whole - 40) < 0.5
    attention, norm = 4 * (D_MODEL**2 + D_MODEL), 2 * D_MODEL
    layers = 6 * (3 * attention + 5 * norm) + cells.total
    assert cells.whole == layers + 37_000 * D_MODEL  # 37,000개 토큰의 표 하나를 함께 써요.


lesson.known("1024, 2048, 4096일 때 번역 점수(BLEU)는 25.4, 25.8, 26.2이고", "논문 표 3 (C)와 base")
lesson.known("파라미터는 53M, 65M, 90M이에요", "논문 표 3 (C)와 base")
lesson.known("논문의 크기(512, 2048)라면", "논문 §3.3")


# -- 3-6 --


@lesson.says("버려졌다면 $[{:g}, {:g}, {:g}, {:g}]$이에요. 합이 {:g}에서 {:g}이 됐지만, 되풀이해 평균 내면 {:g}이에요")
def _(cells):
    h, kept = torch.tensor([1.0, 0, 2, 4]), torch.tensor([1.0, 0, 0, 1])
    now = h * kept / (1 - 0.5)
    patterns = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 4)
    return *now.tolist(), h.sum(), now.sum(), (patterns * h * 2).sum(1).mean()


lesson.known("$h = [1, 0, 2, 4]$, $p = 0.5$인데", "손 계산에 고른 수")


@lesson.holds("학습할 때의 출력은 흔들리지만, 평균(주황)은 평가할 때의 값(점선)과 거의 겹쳐요")
def _(cells):
    assert cells.draws.std() > 0.1
    assert abs(cells.draws.mean() - cells.still) < 4 * cells.draws.std() / len(cells.draws) ** 0.5
    (figure,) = cells.figures
    assert {"그 평균", "평가할 때의 값"} <= set(drawn(figure))


@lesson.holds("배를 빠뜨리면 둘이 어긋나요")
def _(cells):
    W1, b1, W2, b2 = cells.given
    h = torch.relu(cells.token @ W1 + b1)
    unscaled = torch.stack([((h * (torch.rand_like(h) >= 0.3)) @ W2 + b2)[0, 0, 0] for _ in range(2000)])
    error = unscaled.std() / len(unscaled) ** 0.5
    assert abs(unscaled.mean() - cells.still) > 4 * error or abs(cells.still) < 15 * error
    assert abs(unscaled.mean() - 0.7 * cells.still) < 4 * error


@lesson.holds("모두 켜면 드롭아웃 없이 배운 쪽이 더 정확해요. 하지만 가장 아픈 스위치 하나를 끄면 몇 도나 어긋나요")
def _(cells):
    (best, hurt), (_, _) = cells.hurts.values()
    assert best < 0.2 and hurt > 2


@lesson.holds("드롭아웃으로 배운 쪽은 덜 정확한 대신 하나쯤 빠져도 버텨요")
def _(cells):
    (best, hurt), (dropped, spared) = cells.hurts.values()
    assert best < dropped < spared < 1 < hurt and spared < 2.2 * dropped


lesson.known("$p$가 0.0, 0.1, 0.2일 때 BLEU는 24.6, 25.8, 25.5예요", "논문 표 3 (D)와 base")


lesson.known("이제 스위치 64개에게", "실험에서 고른 크기")


# -- 3-7 --


@lesson.says(
    r"$\sigma(0) = {:.1f}$, $\sigma(2) = {:.3f}$이라 문은 $\mathrm{{SiLU}}([0, 2]) = [0 \cdot {:.1f},\; 2 \cdot {:.3f}] = [0,\, {:.3f}]$"
)
def _(cells):
    closed, opened = torch.tensor([0.0, 2.0]).sigmoid().tolist()
    return closed, opened, closed, opened, F.silu(torch.tensor(2.0))


@lesson.says(r"원소끼리 곱하면 $[0,\, {:.3f}]$. 문이 닫힌 3은 사라졌어요")
def _(cells):
    return -F.silu(torch.tensor(2.0))


@lesson.says(r"$W_2$를 곱하면 ${:.3f}$")
def _(cells):
    return -2 * F.silu(torch.tensor(2.0))


@lesson.says("3분의 2인 {}쯤이에요")
def _(cells):
    return 2 * D_FF // 3


@lesson.holds("행렬이 셋이라 안쪽 너비가 같으면 파라미터가 1.5배예요")
def _(cells):
    assert 3 * D_MODEL * D_FF == 1.5 * 2 * D_MODEL * D_FF


lesson.known("안쪽 너비가 2048인 ReLU FFN과", "논문 §3.3")
lesson.known(r"$3 \cdot D \cdot 1365 \approx 2 \cdot D \cdot 2048$", "바로 앞에서 셈한 것")


@lesson.holds("곱셈처럼 얽힌 관계를 훨씬 쉽게 배워요")
def _(cells):
    for bent, gated in zip(*cells.products.values(), strict=True):
        assert gated < bent / 4


# -- 마무리 --


@lesson.holds("여러분의 `ffn`이 번역 모델 속의 바로 그 부품이에요")
def _(cells):
    assert all((cells.ours - output).abs().max() < 1e-5 for output in cells.theirs.values())
    assert cells.count == cells.ffn_param_count(D_MODEL, D_FF)


@lesson.holds("곧은 여섯 층이 못 하던 일을 꺾임이 해냈어요")
def _(cells):
    assert cells.errors[16] < 0.05 * cells.miss(cells.stacks[6](cells.x_day))
