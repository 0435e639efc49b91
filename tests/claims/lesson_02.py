"""레슨 2의 글이 하는 말. 수는 다시 계산하고, 그림을 두고 한 말은 시드와 스텝을 바꿔도 참이에요."""

from __future__ import annotations

import math
from unittest.mock import patch

import torch
import torch.nn.functional as F
from support.lesson_claims import Claims

lesson = Claims("02_positional_encoding")

lesson.known("10000", "논문 §3.5의 밑")
lesson.known("(개발 세트 BLEU 25.7과 25.8, 표 3의 (E)와 base)", "논문 표 3")
lesson.known("d_\\text{model} = 512", "고른 보기")
lesson.known("512단어를 지나는 동안", "고른 보기")
lesson.known("글의 뒤로 가도", "고른 보기")
lesson.known("30도와 150도는 높이가 같거든요", "sin 30° = sin 150°")
lesson.known("10단어 문장에서는 0.1, 100단어 문장에서는 0.01이 되니까요", "1/10과 1/100")
lesson.known("$PE = [[0, 1], [0.8, 0.5], [0.9, -0.4]]$", "고른 보기")
lesson.known("표가 $[[10], [20], [30]]$", "고른 보기")
lesson.known("위치 100과 닮은 위치", "고른 보기")
lesson.known("20단어까지만 보고 배운 표의 30번째 줄", "고른 보기")
lesson.known("20단어 문장으로 가르치고 80단어 문장으로 시험해요", "실험의 크기")
lesson.known("20단어 안에서는 누가 맞힐까요? 20단어를 넘으면요?", "실험의 크기")
lesson.known("20단어로 배운 모델은 같은 사인 표를 받고도 30번째 위치", "실험의 크기")
lesson.known("30번째에서도 찾을", "실험의 크기")
lesson.known("30번 줄은 본 적이 없다", "실험의 크기")
lesson.known("배울 때 본 것은 0번부터 19번 줄뿐이고, 64차원에서", "실험의 크기")
lesson.known("배운 행렬은 20줄 안에서만 맞으면 됐어요", "실험의 크기")
lesson.known("배울 때 본 위치가 0번부터 19번 줄뿐이라", "실험의 크기")
lesson.known("20줄에서 맞는 행렬", "실험의 크기")


def pair_gaps(cells, layer) -> list[float]:
    mean = lambda sentence: layer(cells.embed_words(sentence)).mean(dim=1)  # noqa: E731
    return [(mean(one) - mean(other)).norm().item() for one, other in cells.PAIRS]


def printed_numbers(cells) -> list[float]:
    return [float(line.rsplit(" ", 1)[1]) for line in cells.printed.splitlines() if "거리 " in line]


# -- 순서 실험실 --


@lesson.holds("거리가 모두 0이에요")
def _(cells):
    assert all(sorted(a.split()) == sorted(b.split()) and a != b for a, b in cells.PAIRS)
    assert printed_numbers(cells) == [0.0, 0.0, 0.0] and max(pair_gaps(cells, cells.attend)) < 1e-6


@lesson.holds("색은 똑같고 줄의 자리만 옮겨 갔으니, 평균을 내면 차이가 사라져요")
def _(cells):
    one, other = (cells.attend(cells.embed_words(sentence))[0] for sentence in cells.PAIRS[0])
    assert torch.allclose(one[[1, 0, 2]], other, atol=1e-6) and not torch.allclose(one, other, atol=0.1)
    assert len(cells.figures[0].axes) >= 2
    left, right = (ax.images[0] for ax in cells.figures[0].axes[:2])
    assert left.get_clim() == right.get_clim() and max(one.abs().max(), other.abs().max()) < 2.5


# -- 2-1 --


@lesson.says("평균이 {:.0f}이니 $f(x) = [{:.0f}, {:.0f}, {:.0f}]$예요")
def _(cells):
    x = torch.tensor([2.0, 4, 9])
    return [x.mean().item(), *(x + x.mean()).tolist()]


@lesson.says("섞은 $[{:.0f}, {:.0f}, {:.0f}]$를 넣으면 $[{:.0f}, {:.0f}, {:.0f}]$가 나오고")
def _(cells):
    x = torch.tensor([2.0, 4, 9])[[2, 0, 1]]
    return [*x.tolist(), *(x + x.mean()).tolist()]


@lesson.holds("어떻게 섞어 넣어도 $[2, 4, 9]$가 나와요")
def _(cells):
    x = torch.tensor([2, 4, 9])
    assert all(x[p].sort().values.tolist() == [2, 4, 9] for p in ([2, 0, 1], [1, 0, 2], [2, 1, 0]))


@lesson.holds("토큰마다의 출력 벡터는 같고, 그 줄의 차례가 토큰을 따라 섞여요")
def _(cells):
    x, perm = torch.randn(2, 7, 5), torch.randperm(7)
    assert torch.allclose(cells.attend(x[:, perm]), cells.attend(x)[:, perm], atol=1e-5)


@lesson.holds(
    "셀프 어텐션은 토큰마다 따로 계산하는 tanh와 한편이에요. 앞에서부터 차례로 더하는 함수는 순서를 알아서 등변이 아니에요"
)
def _(cells):
    assert [line.rsplit(": ")[1] for line in cells.printed.splitlines()] == [
        "등변",
        "등변",
        "등변이 아님",
        "등변이 아님",
    ]


# -- 2-2 --


@lesson.holds("500번째에서는 1, 곧 두 단어가 같은 방향이에요")
def _(cells):
    near, far = (float(line.rsplit(" ", 1)[1]) for line in cells.printed.splitlines())
    assert far > 0.9999 and near < 0.95


@lesson.says("$10000^{{0}} = {:.0f}$, $10000^{{-1/3}} = {:.4f}$, $10000^{{-2/3}} = {:.5f}$")
def _(cells):
    return [10000 ** (-2 * i / 6) for i in range(3)]


@lesson.says("한 바퀴 도는 데 각각 {:.1f}칸, {:.0f}칸, {:.0f}칸이 걸려요")
def _(cells):
    return [2 * math.pi * 10000 ** (2 * i / 6) for i in range(3)]


@lesson.says(
    "{:d}분의 1바퀴도 못 돌아요. 마지막 짝 $i = {:d}$의 파장이 약 {:,.0f}칸이라 512단어를 지나도 {:.0f}도쯤이에요"
)
def _(cells):
    wave = 2 * math.pi * 10000 ** (510 / 512)
    assert 512 / wave < 1 / 100
    return [100, 512 // 2 - 1, round(wave, -2), 360 * 512 / wave]


@lesson.holds("세로축이 로그라서, 직선은 파장이 같은 비율로 길어진다는 뜻이에요(등비수열)")
def _(cells):
    for wave in cells.waves.values():
        ratio = wave.double()[1:] / wave.double()[:-1]
        assert ratio.max() / ratio.min() < 1.0001 and ratio.min() > 1
    assert cells.figures[0].axes[0].get_yscale() == "log"


@lesson.says("{:d}단어를 지나도 {:d}도를 못 도는 바늘이 절반이나 돼요")
def _(cells):
    ours, blog = cells.waves.values()
    slow = (360 * 512 / blog < 3).double().mean().item()
    assert slow == 0.5 and (360 * 512 / ours < 3).double().mean() < 0.01
    # 지수가 두 배인 것이 블로그의 사인 쪽 코드와 같아요(차원 번호 2i를 i 자리에).
    assert torch.allclose(blog.double(), 2 * math.pi * 10000 ** (2 * torch.arange(0, 512, 2).double() / 512))
    return 512, 3


# -- 2-3 --


@lesson.says("위치 1은 각도가 $[{:.0f},\\; {:.4f},\\; {:.5f}]$이니")
def _(cells):
    return [10000 ** (-2 * i / 6) for i in range(3)]


@lesson.says(
    "$$[\\sin 1, \\cos 1,\\; \\sin 0.0464, \\cos 0.0464,\\; \\sin 0.00215, \\cos 0.00215] = "
    "[{:.3f},\\; {:.3f},\\; {:.3f},\\; {:.3f},\\; {:.3f},\\; {:.3f}]$$"
)
def _(cells):
    return right_row()


def right_row() -> list[float]:
    angles = [10000 ** (-2 * i / 6) for i in range(3)]
    return [f(a) for a in angles for f in (math.sin, math.cos)]


@lesson.says("논문: <code>[{:.3f}, {:.3f}, {:.3f}, {:.3f}, {:.3f}, {:.3f}]</code>")
def _(cells):
    return right_row()


@lesson.says("블로그의 코드: <code>[{:.3f}, {:.3f}, {:.3f}, {:.3f}, {:.3f}, {:.3f}]</code>")
def _(cells):
    return [(math.cos if j % 2 else math.sin)(10000 ** (-2 * j / 6)) for j in range(6)]


@lesson.holds("$[0, 1, 0, 1, 0, 1]$이에요. 모든 바늘이 출발선에 있어요")
def _(cells):
    angles = torch.zeros(3)
    assert torch.stack([angles.sin(), angles.cos()], -1).flatten().tolist() == [0, 1, 0, 1, 0, 1]


@lesson.holds("작은 모델은 이래도 학습이 잘돼서")
def _(cells):
    assert previous_word_accuracy(blog_table(20, 64)) > 0.9


def blog_table(length: int, width: int) -> torch.Tensor:
    dims = torch.arange(width)
    angles = torch.arange(length)[:, None] / 10000 ** (2 * dims / width)
    return torch.where(dims % 2 == 0, angles.sin(), angles.cos())


def previous_word_accuracy(table: torch.Tensor, starts: int = 1, steps: int = 300, at: int = 0) -> float:
    """이 레슨의 '바로 앞 단어 맞히기'를 표 하나로 가르치고, `at`부터 20칸에서 맞힌 비율. `starts`는 배울 때 시작할 수 있는 자리의 수예요."""
    g = torch.Generator().manual_seed(0)
    V, D = 12, table.shape[1]
    p = {"E": torch.randn(V, D, generator=g), "W_out": torch.randn(D, V, generator=g) / D**0.5}
    p |= {name: torch.randn(D, D, generator=g) / D**0.5 for name in ("W_q", "W_k", "W_v")}
    optimizer = torch.optim.Adam([w.requires_grad_(True) for w in p.values()], lr=5e-3)

    def logits(ids, start):
        x = p["E"][ids] + table[start : start + ids.shape[1]]
        weights = torch.softmax((x @ p["W_q"]) @ (x @ p["W_k"]).transpose(1, 2) / D**0.5, dim=-1)
        return weights @ (x @ p["W_v"]) @ p["W_out"]

    for _ in range(steps):
        ids, start = torch.randint(V, (32, 20), generator=g), int(torch.randint(starts, (1,), generator=g))
        loss = F.cross_entropy(logits(ids, start)[:, 1:].flatten(0, 1), ids[:, :-1].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    ids = torch.randint(V, (300, min(len(table), at + 20)), generator=g)
    return (logits(ids, 0)[:, 1:].argmax(-1) == ids[:, :-1]).float()[:, max(at - 1, 0) :].mean().item()


@lesson.holds("왼쪽 차원은 몇 칸마다 색이 바뀌는 초침이고, 오른쪽으로 갈수록 천천히 도는 시침이에요")
def _(cells):
    changes = (cells.pe[1:].sign() != cells.pe[:-1].sign()).sum(dim=0)[0::2]
    assert changes[0] > 15 and (changes.diff() <= 1).all() and changes[-1] <= 1


@lesson.holds("값은 언제나 −1과 1 사이이고, 어느 위치든 벡터의 길이까지 똑같아요")
def _(cells):
    assert cells.far.abs().max() <= 1 and torch.allclose(cells.far.norm(dim=1), torch.tensor(32**0.5), atol=1e-4)


def gaps(cells, d_model: int, length: int = 300) -> torch.Tensor:
    table = cells.sinusoidal_pe(length, d_model).double()
    return torch.cdist(table, table) + 100 * torch.eye(length)


@lesson.holds("바늘이 하나뿐이면($d_\\text{model} = 2$) 곳곳에서 거리가 0 가까이 떨어져요")
def _(cells):
    assert (gaps(cells, 2)[100] < 0.3).sum() > 20 and gaps(cells, 2)[100].min() < 0.02


@lesson.says("{:d}칸이면 일곱 바퀴를 돌고 {:.0f}도가 남아서, 거의 같은 자리로 돌아와요")
def _(cells):
    assert abs(int(gaps(cells, 2)[100].argmin()) - 100) == 44
    return 44, math.degrees(44) - 7 * 360


@lesson.says("바늘이 늘수록 선이 떠올라서, $d_\\text{{model}} = {:d}$에서는 가장 닮은 위치가 바로 옆이에요")
def _(cells):
    assert gaps(cells, 64)[100].argmin() in (99, 101)
    least = [gaps(cells, d)[100].min().item() for d in (2, 4, 8, 16, 64, 256)]
    assert least == sorted(least)
    return 64


# -- 2-4 --


@lesson.says("이면 $x' = [[{:g}, {:g}], [{:g}, {:g}]]$예요")
def _(cells):
    x, pe = torch.tensor([[1.0, 2], [3, 4]]).double(), torch.tensor([[0, 1], [0.8, 0.5], [0.9, -0.4]]).double()
    return (x + pe[:2]).flatten().tolist()


@lesson.holds("표의 첫 줄만 잘려 나와요. 오류 없이 모든 단어에 위치 0이 더해져요")
def _(cells):
    x, pe = torch.zeros(1, 5, 6), cells.sinusoidal_pe(9, 6)
    assert torch.equal((x + pe[: x.size(0)])[0], pe[:1].expand(5, 6))


@lesson.holds("같은 실험실인데 이제 거리가 모두 0보다 커요")
def _(cells):
    assert min(printed_numbers(cells)) > 0.02 and min(pair_gaps(cells, cells.placed(cells.attend))) > 0.02
    assert cells.printed.splitlines()[-1].endswith("등변이 아님")


@lesson.holds("같은 단어의 줄도 두 그림에서 색이 달라요(왼쪽 차원을 봐요)")
def _(cells):
    one, other = (cells.placed(cells.attend)(cells.embed_words(sentence))[0] for sentence in cells.PAIRS[0])
    apart = (one[[1, 0]] - other[[0, 1]]).abs()
    assert apart[:, :8].max() > 0.3 and apart[:, :8].mean() > 3 * apart[:, 24:].mean()


@lesson.holds("더하고 바로 평균을 냈다면 거리는 도로 0이에요")
def _(cells):
    assert max(pair_gaps(cells, cells.placed(lambda x: x))) < 1e-6


# -- 2-5 --


@lesson.holds(
    "첫째 열은 $[\\cos\\phi,\\; \\sin\\phi]$예요. $\\phi$가 90도라면 $[\\sin\\theta, \\cos\\theta]$는 $[\\cos\\theta, -\\sin\\theta]$로 가요"
)
def _(cells):
    theta, phi = torch.tensor(0.7), torch.tensor(math.pi / 2)
    column = torch.stack([phi.cos(), phi.sin()])
    assert torch.isclose(torch.stack([theta.sin(), theta.cos()]) @ column, (theta + phi).sin())
    assert torch.isclose((theta + phi).sin(), theta.cos()) and torch.isclose((theta + phi).cos(), -theta.sin())


lesson.known("가 90도라면", "고른 보기")


@lesson.says("{:d}개예요. 바늘은 서로 상관없이 돌아서")
def _(cells):
    return 3 * 2 * 2


@lesson.holds(
    "2×2 회전 셋이 대각선에 놓였고, 50개 위치 어디에서나 같은 행렬로 열 칸 뒤에 도착해요(차이는 반올림만큼이에요)"
)
def _(cells):
    assert (cells.pe[:50] @ cells.M - cells.pe[10:]).abs().max() < 1e-5
    assert torch.equal(cells.M, torch.block_diag(*(cells.M[i : i + 2, i : i + 2] for i in (0, 2, 4))))


lesson.known("50개 위치 어디에서나", "위에서 확인해요")


@lesson.holds("짝마다 도는 각도는 달라도 어느 p에서나 같은 만큼 돌아요")
def _(cells):
    pe = torch.view_as_complex(cells.sinusoidal_pe(50, 16).view(50, 8, 2).flip(-1).contiguous())
    turned = (pe[2:] / pe[:-2]).angle()
    assert (turned - turned[0]).abs().max() < 1e-4 and (turned[0].diff() < 0).all()


@lesson.holds("위치 $p$의 쿼리는 $PE_{p-1}$과 똑같아져요")
def _(cells):
    pe = cells.sinusoidal_pe(80, 64)
    assert torch.allclose(pe[1:] @ cells.shift_matrix(-1, 64), pe[:-1], atol=1e-4)


@lesson.holds("왼쪽은 대각선 방향으로 색이 같아요. 내적이 몇 칸 떨어졌는지로만 정해진다는 뜻이에요")
def _(cells):
    products = cells.pe @ cells.pe.T / 32
    assert all(products.diagonal(k).max() - products.diagonal(k).min() < 1e-4 for k in range(-79, 80))


@lesson.holds("오른쪽의 가장 진한 곳은 맨 첫 단어만 빼고 언제나 바로 앞이에요")
def _(cells):
    assert cells.scores.argmax(dim=1).tolist() == [0, *range(79)] and cells.found == 79


# -- 2-6 --


@lesson.says(
    "이면 $[[{:g}], [{:g}]]$, $[[{:g}], [{:g}]]$이에요. 출력을 모두 더한 값의 기울기는 표의 줄마다 $[[{:g}], [{:g}], [{:g}]]$이에요"
)
def _(cells):
    x, table = torch.tensor([[[1.0], [2]], [[5], [6]]]), torch.tensor([[10.0], [20], [30]], requires_grad=True)
    out = x + table[:2]
    out.sum().backward()
    return [*out.flatten().tolist(), *table.grad.flatten().tolist()]


@lesson.holds("처음 뽑은 난수 그대로예요. 한 번도 쓰이지 않은 줄은 기울기가 0이에요")
def _(cells):
    table = torch.randn(31, 4, requires_grad=True)
    (cells.attend(torch.randn(2, 20, 4) + table[:20])).pow(2).sum().backward()
    assert (table.grad[20:] == 0).all() and (table.grad[:20].norm(dim=1) > 0).all()


@lesson.holds("사인 표는 0이에요. 배운 표는 난수보다 줄었지만 0과는 거리가 멀어요")
def _(cells):
    random, learned, sines = cells.bars["빗나간 비율"]
    assert sines < 1e-5 and 0.4 < learned < random - 0.1 and random > 0.85
    # 사인 표의 한 칸은 꼭 회전 하나이고, 쓰지 않은 줄은 난수 그대로예요.
    assert torch.equal(cells.learned["table"][40:], cells.learned["start"][40:])
    ids = torch.randint(12, (300, 40))
    hits = cells.predict(ids, cells.learned, "학습하는 표")[:, 1:].argmax(-1) == ids[:, :-1]
    assert hits.float().mean() > 0.95


# -- 실험. 배운 길이를 넘어서면 --


def within_and_beyond(run: list[float]) -> tuple[float, float]:
    return sum(run[:19]) / 19, sum(run[19:]) / len(run[19:])


@lesson.says("위치가 없으면 배운 길이 안에서도 {:.0%}쯤이에요(12가지 가운데 찍으면 {:.0%}이니")
def _(cells):
    return [within_and_beyond(cells.runs["위치 없음"])[0], 1 / 12]


@lesson.holds("문장에 많이 나온 단어를 찍는 정도예요). 위치를 넣으면 둘 다 거의 다 맞혀요")
def _(cells):
    assert 0.09 < within_and_beyond(cells.runs["위치 없음"])[0] < 0.2
    assert all(within_and_beyond(cells.runs[kind])[0] > 0.97 for kind in ("학습하는 표", "사인 표"))


@lesson.holds(
    "학습하는 표는 평균이 찍는 수준으로 떨어지고 사인 표도 무너져요. 평균은 배운 길이 안의 절반에도 못 미쳐요"
)
def _(cells):
    assert within_and_beyond(cells.runs["학습하는 표"])[1] < 0.13
    inside, beyond = within_and_beyond(cells.runs["사인 표"])
    assert beyond < 0.45 * inside


def highest_beyond(run: list[float]) -> int:
    """배운 길이를 넘은 곳에서 가장 많이 맞힌 위치."""
    return max(range(24, 80), key=lambda position: run[position - 1])


@lesson.holds(
    "군데군데 솟은 곳은 어쩌다 바로 앞의 점수가 가장 높아진 자리예요(학습하는 표가 솟았다면 배우지 않은 난수 줄이 맞은 거예요)"
)
def _(cells):
    assert max(cells.runs["사인 표"][23:]) > 1.8 * within_and_beyond(cells.runs["사인 표"])[1]
    for kind in ("사인 표", "학습하는 표"):
        top = highest_beyond(cells.runs[kind])
        if cells.runs[kind][top - 1] < 0.3:
            continue  # 학습하는 표는 솟지 않을 때가 더 많아요.
        p = cells.train(kind, 64, 20)
        table = cells.sinusoidal_pe(80, 64) if kind == "사인 표" else p["table"]
        scores = (table @ p["W_q"]) @ (table @ p["W_k"]).T  # 뜻을 빼고 위치끼리만 견준 점수
        assert int(scores[top].argmax()) == top - 1, (kind, top)
        assert kind == "사인 표" or torch.equal(table[20:], p["start"][20:])


@lesson.holds("시드를 바꿔 배우면 다른 자리가 솟아요")
def _(cells):
    tops = {highest_beyond(cells.runs["사인 표"])}
    for seed in (11, 12, 13):
        with patch("torch.manual_seed"):  # 학습이 저마다의 시드로 되돌리지 못하게 해요.
            torch.random.default_generator.manual_seed(seed)
            p = cells.train("사인 표", 64, 20)
        ids = torch.randint(cells.V, (400, 80))
        run = (cells.predict(ids, p, "사인 표")[:, 1:].argmax(-1) == ids[:, :-1]).float().mean(0).tolist()
        tops.add(highest_beyond(run))
    assert max(tops) - min(tops) > 3, tops


# -- 2-7 --


@lesson.says("$[1, 0]$은 $[\\cos 1, \\sin 1] = [{:.3f}, {:.3f}]$이 되고, $[0, 1]$은 $[{:.3f}, {:.3f}]$이 돼요")
def _(cells):
    turn = torch.tensor([[math.cos(1), math.sin(1)], [-math.sin(1), math.cos(1)]]).double()
    return (torch.eye(2).double() @ turn).flatten().tolist()


@lesson.holds(
    "2-5의 블록과 부호의 자리가 반대죠. 거기서는 짝이 [세로(sin), 가로(cos)]의 차례였고, 여기서는 [가로, 세로]의 차례라서 그래요"
)
def _(cells):
    block = cells.shift_matrix(1, 2)
    turn = torch.tensor([[math.cos(1), math.sin(1)], [-math.sin(1), math.cos(1)]])
    assert torch.allclose(block, turn.T) and torch.allclose(block.flip(0, 1), turn)


@lesson.holds("뒤쪽은 이미 돌아간 값을 읽어요. 받은 텐서까지 바뀌고요")
def _(cells):
    x = torch.tensor([1.0, 1.0])
    x[0::2] = x[0::2] * math.cos(1) - x[1::2] * math.sin(1)
    x[1::2] = x[0::2] * math.sin(1) + x[1::2] * math.cos(1)
    assert abs(x[1].item() - (math.sin(1) + math.cos(1))) > 0.1


@lesson.holds("같아요. 둘 다 두 칸 떨어져 있으니까요")
def _(cells):
    turn = lambda p: torch.tensor([[math.cos(p), math.sin(p)], [-math.sin(p), math.cos(p)]])  # noqa: E731
    q, k = torch.randn(2), torch.randn(2)
    assert torch.isclose((q @ turn(3)) @ (k @ turn(5)), (q @ turn(10)) @ (k @ turn(12)), atol=1e-4)


@lesson.holds(
    "색의 눈금은 두 그림이 같아요. 오른쪽은 대각선 방향으로 색이 똑같아요. 어디에 있든 몇 칸 떨어졌는지만 봐요. 왼쪽은 그렇지 않아요"
)
def _(cells):
    spread = lambda m: max((m.diagonal(k).max() - m.diagonal(k).min()).item() for k in range(-20, 21))  # noqa: E731
    added, turned = cells.inner.values()
    assert spread(turned) < 1e-3 and spread(added) > 5
    left, right = (ax.images[0] for ax in cells.figures[0].axes[:2])
    assert left.get_clim() == right.get_clim()


@lesson.holds("앞의 실험을 RoPE로 다시 하면 배운 적 없는 길이에서도 거의 다 맞혀요")
def _(cells):
    assert min(within_and_beyond(cells.runs["RoPE"])) > 0.93


# -- 마무리와 돌아보기 --


@lesson.holds("이제 순서 실험실에 PyTorch의 진짜 인코더 층을 넣어요")
def _(cells):
    assert len(cells.printed.splitlines()) == 3
    assert all(float(line.rsplit(" ", 1)[1]) < 2e-6 for line in cells.printed.splitlines())


@lesson.holds("PyTorch의 층도 순서를 몰라요. 여러분의 `add_pe`와 `sinusoidal_pe`를 앞에 두자 세 쌍이 모두 갈라져요")
def _(cells):
    assert cells.blind and not hasattr(torch.nn, "PositionalEncoding")
    assert max(pair_gaps(cells, cells.encoder_layer)) < 1e-5
    assert min(pair_gaps(cells, cells.placed(cells.encoder_layer))) > 0.03


lesson.known("$M_{-1}$ 하나로 80개 위치 어디서나", "2-5에서 확인해요")


@lesson.holds("20단어로 배운 모델은 같은 사인 표를 받고도 30번째 위치에서 바로 앞을 찾지 못했어요")
def _(cells):
    assert max(cells.runs["사인 표"][28:31]) < 0.4  # 위치 29, 30, 31


@lesson.holds("그 줄들을 한 칸 앞의 줄로 보내는 행렬은 회전 말고도 끝없이 많아요")
def _(cells):
    pe = cells.sinusoidal_pe(80, 64).double()
    other = torch.linalg.pinv(pe[1:20], rtol=1e-4) @ pe[:19]  # 20줄에 꼭 맞는 다른 행렬
    assert torch.linalg.matrix_rank(pe[1:20]) < 64
    assert (pe[1:20] @ other - pe[:19]).norm() < 1e-4 * pe[:19].norm()
    assert (pe[30] @ other - pe[29]).norm() > 0.3 * pe[29].norm()


@lesson.holds("실제로 사인 표의 선은 점선을 넘자 크게 떨어졌어요")
def _(cells):
    assert cells.runs["사인 표"][18] > 0.9 > 2 * cells.runs["사인 표"][22]


@lesson.holds("문장이 아무 위치에서나 시작하게 하며 배우거나, 상대 위치만 남는 RoPE를 쓰면 30번째에서도 찾을 거예요")
def _(cells):
    table = cells.sinusoidal_pe(80, 64)
    assert previous_word_accuracy(table, starts=61, at=30) > 0.9 > 2 * previous_word_accuracy(table, at=30)
    assert min(cells.runs["RoPE"][28:31]) > 0.9
