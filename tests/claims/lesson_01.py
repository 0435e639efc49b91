"""레슨 1의 글에 있는 수와 그림을 본 말들."""

from __future__ import annotations

import math
import time
from unittest.mock import patch

import torch
from support.lesson_claims import Cells, Claims
from torch import nn

from autograder.exercises import lesson_exercises
from reference import rnn as reference

lesson = Claims("01_background")


def softmax(*scores: float) -> list[float]:
    return torch.tensor(scores, dtype=torch.float64).softmax(0).tolist()


@lesson.holds("함수를 열 개 안팎씩 채우고 나면")
def _(cells: Cells) -> None:
    from autograder.authoring.lesson_source import sources

    assert all(7 <= len(lesson_exercises(name)) <= 13 for name in sources())


# -- 고장 난 번역기 --


lesson.known("2014년의 번역기(seq2seq)처럼", "Sutskever 외 (2014), Cho 외 (2014)")


@lesson.holds("말이 길수록 덜 맞히고, 열여섯 글자에서는 절반도 못 맞혀요.")
def _(cells: Cells) -> None:
    rates = [cells.broken[n].mean().item() for n in cells.lengths]
    assert all(b < a + 0.02 for a, b in zip(rates, rates[1:], strict=False)) and rates[0] - rates[-1] > 0.2
    assert rates[-1] < 0.5


@lesson.holds("먼저 들은 글자일수록 잊어서, 처음 들은 글자는 찍는 것과 다르지 않아요.")
def _(cells: Cells) -> None:
    heard = cells.broken[16].mean(0).flip(0)
    assert abs(heard[0] - 1 / 14) < 0.05
    assert heard[:4].mean() < heard[4:8].mean() + 0.02 < heard[8:12].mean() + 0.04 and heard[12:].mean() > 0.3
    assert heard[8:12].mean() < heard[12:].mean()


WITH_ATTENTION = 1504  # 고친 번역기의 파라미터의 수


def wider(cells: Cells, D: int, rate: float = 0.01) -> tuple[dict[int, float], int]:
    """벡터 하나를 D칸으로 넓혀 같은 놀이를 배웠을 때, 말의 길이마다 맞힌 비율과 파라미터의 수."""
    done = cells.names.setdefault("wider runs", {})
    if (D, rate) not in done:
        done[D, rate] = _train_wider(cells, D, rate)
    return done[D, rate]


def _train_wider(cells: Cells, D: int, rate: float) -> tuple[dict[int, float], int]:
    torch.manual_seed(0)
    encoder, decoder = nn.RNN(15, D, batch_first=True), nn.RNN(1, D, batch_first=True)
    speak = nn.Linear(D, 14)
    parameters = [*encoder.parameters(), *decoder.parameters(), *speak.parameters()]

    def answer(words: torch.Tensor, lengths: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        real = nn.utils.rnn.pack_padded_sequence(cells.letter[words], lengths, batch_first=True, enforce_sorted=False)
        return speak(decoder(torch.zeros(len(words), 16, 1), encoder(real)[1])[0])

    adam = torch.optim.Adam
    with patch.object(torch.optim, "Adam", lambda these, lr: adam(these, lr=lr * rate / 0.01)):
        cells.practise(answer, parameters, "")
    rates = {n: cells.hits(answer, n).mean().item() for n in cells.lengths}
    return rates, sum(p.numel() for p in parameters)


@lesson.holds("벡터를 64칸으로 넓히면 더 버텨요.")
def _(cells: Cells) -> None:
    rates, _ = wider(cells, 64)
    assert rates[4] > 0.98 and rates[16] > cells.broken[16].mean() + 0.2
    assert rates[16] < rates[4] - 0.1  # 그래도 길수록 덜 맞혀요.


@lesson.says("우리가 재 보니 네 글자는 {:.0%}, 열여섯 글자는 {:.0%}쯤이었어요.")
def _(cells: Cells) -> list[float]:
    rates, _ = wider(cells, 64)
    return [rates[4], round(rates[16], 1)]


lesson.known("64칸으로 넓히면", "위에서 재요")
lesson.known("64칸짜리 벡터", "위에서 재요")


@lesson.holds(
    "128칸에는 이 학습률이 너무 커서 오히려 나빠졌고, 3분의 1로 낮추면 더 버티지만 길수록 덜 맞히기는 마찬가지였어요."
)
def _(cells: Cells) -> None:
    narrow, fast, slow = wider(cells, 64)[0], wider(cells, 128)[0], wider(cells, 128, rate=0.01 / 3)[0]
    assert fast[16] < narrow[16] - 0.1 and slow[16] > fast[16] + 0.2
    assert slow[4] > slow[10] > slow[16] and slow[4] - slow[16] > 0.05


# -- 1-1 --


@lesson.says("$x_t W_{{xh}} = [{:.1f},\\, {:.0f}]$")
def _(cells: Cells) -> list[float]:
    return (torch.tensor([1.0, 2.0]) @ torch.tensor([[0.5, -1.0], [0.0, 1.0]])).tolist()


@lesson.says("$h_{{t-1}} W_{{hh}} = [{:.1f},\\, {:.1f}]$")
def _(cells: Cells) -> list[float]:
    return (torch.tensor([0.5, -1.0]) @ torch.tensor([[1.0, 2.0], [0.0, -0.5]])).tolist()


@lesson.says("편향까지 더하면 $[{:.1f},\\, {:.1f}]$, tanh를 씌우면 $[{:.3f},\\, {:.3f}]$")
def _(cells: Cells) -> list[float]:
    inside = [0.5 + 0.5 + 0.1, 1 + 1.5 - 0.2]
    return [*inside, *(math.tanh(v) for v in inside)]


lesson.known(
    "$$x_t = [1,\\, 2],\\quad h_{t-1} = [0.5,\\, -1],\\quad W_{xh} = \\begin{bmatrix} 0.5 & -1 \\\\ 0 & 1 \\end{bmatrix},\\quad "
    "W_{hh} = \\begin{bmatrix} 1 & 2 \\\\ 0 & -0.5 \\end{bmatrix},\\quad b = [0.1,\\, -0.2]$$",
    "손 계산의 입력",
)


@lesson.holds("상태의 크기는 줄기만 해서, 열 스텝 뒤에는 처음의 15분의 1쯤만 남아요.")
def _(cells: Cells) -> None:
    size = cells.size
    assert (size[1:] < size[:-1]).all() and 1 / 18 < size[10] / size[0] < 1 / 12.5
    signs = torch.stack(cells.trace)[:, :3].sign()
    assert (signs[1:] != signs[:-1]).any(dim=0).all()  # 칸들은 출렁여요


# -- 1-2 --

lesson.known("$W_{hh} = 0.5$, $b = 0$", "손 계산의 입력")


@lesson.says("$$h_1 = \\tanh(1) = {:.3f},\\quad h_2 = \\tanh({:.3f}) = {:.3f},\\quad h_3 = \\tanh({:.3f}) = {:.3f}$$")
def _(cells: Cells) -> list[float]:
    first = math.tanh(1)
    second = math.tanh(0.5 * first)
    return [first, 0.5 * first, second, 2 + 0.5 * second, math.tanh(2 + 0.5 * second)]


@lesson.holds("뜻이 같은 두 문장이고 마지막 단어도 같은데, 마지막 줄의 상태가 달라요.")
def _(cells: Cells) -> None:
    assert (cells.ends[0] - cells.ends[1]).norm() > 0.5


# -- 1-3 --

lesson.known("| 문장 0 | 0.1 | 0.4 | 0.9 | | 문장 1 | 0.5 | 0.2 · | 0.3 · |", "손 계산의 입력")


@lesson.says("답은 `[{:.1f}, {:.1f}]`예요. 길이가 3인 문장의 마지막 번호는 2")
def _(cells: Cells) -> list[float]:
    table, lengths = torch.tensor([[0.1, 0.4, 0.9], [0.5, 0.2, 0.3]]), [3, 1]
    return [table[row, length - 1].item() for row, length in enumerate(lengths)]


@lesson.holds("같은 상태들인데 맨 끝 칸을 건네면 찍는 것에 가깝고, `last_state`로 고르면 되살아나요.")
def _(cells: Cells) -> None:
    end, mine, chance = (value.item() for value in cells.found.values())
    assert end < chance + 0.12 and mine > end + 0.25
    assert abs(mine - cells.broken[4].mean().item()) < 0.01  # 고장 난 번역기가 네 글자에서 맞힌 만큼


# -- 1-4 --


@lesson.says("$w_{{xh}} = 2$이고 $w_{{hh}} = 0.5$라면 ${:g}, {:g}, {:g}, {:g}, \\dots$")
def _(cells: Cells) -> list[float]:
    return [2 * 0.5**j for j in range(4)]


lesson.known("$w_{hh} = 0.5$이면 20스텝 앞의 신호는", "예상의 입력")
lesson.known("$w_{hh} = 1.5$라면요?", "예상의 입력")


@lesson.says("$0.5^{{20}}$은 약 {:.0f}만 분의 1이고 $1.5^{{20}}$은 약 {:,.0f}배예요.")
def _(cells: Cells) -> list[float]:
    return [round(2**20 / 1e6) * 100, round(1.5**20, -2)]


@lesson.holds("세로축이 로그라서, 직선은 스텝마다 같은 비율로 변한다는 뜻이에요. 0.9와 0.5의 선이 거의 직선이죠.")
def _(cells: Cells) -> None:
    assert cells.figures[0].axes[0].get_yscale() == "log"
    for scale in (0.9, 0.5):
        log = cells.fading[scale].double().log()
        steps = torch.arange(len(log), dtype=torch.float64)
        assert torch.corrcoef(torch.stack([steps, log]))[0, 1] < -0.995


@lesson.holds("0.5에서는 40스텝 앞의 신호가 마지막 토큰의 1조 분의 1도 안 되고, 2.0에서는 거꾸로 커져요.")
def _(cells: Cells) -> None:
    assert cells.fading[0.5][40] < 1e-12 * cells.fading[0.5][0]
    assert cells.fading[2.0][40] > 5 * cells.fading[2.0][0]


@lesson.holds("1.3에서도 줄어드는 것은 tanh가 스텝마다 신호를 더 눌러서예요.")
def _(cells: Cells) -> None:
    assert cells.fading[1.3][40] < 0.3 * cells.fading[1.3][0]
    # tanh가 없으면 W_hh가 한 스텝에 꼭 1.3배로 키워요.
    ones = torch.ones(4, 64)
    assert torch.allclose((1.3 * ones @ cells.turn.T).norm(), 1.3 * ones.norm(), rtol=1e-4)


# -- 1-5, 1-6 --


@lesson.says(
    "$q \\cdot k_1 = 1 \\cdot 2 + 2 \\cdot 0 = {:.0f}$예요. $k_2 = [-1, 1]$이면 {:.0f}, $k_3 = [2, -1]$이면 {:.0f}이고요."
)
def _(cells: Cells) -> list[float]:
    return (torch.tensor([1.0, 2.0]) @ torch.tensor([[2.0, 0.0], [-1.0, 1.0], [2.0, -1.0]]).T).tolist()


@lesson.says("$e^2 = {:.3f}$, $e^1 = {:.3f}$, 합 ${:.3f}$이니 `[{:.3f}, {:.3f}, 0]`이에요.")
def _(cells: Cells) -> list[float]:
    return [math.exp(2), math.exp(1), math.exp(2) + math.exp(1), *softmax(2, 1)]


@lesson.says("`[{:.3f}, {:.3f}, {:.3f}]`에서 셋째를 지우면 합이 {:.3f}이에요. 관심의 {:.0f}%가 사라졌어요.")
def _(cells: Cells) -> list[float]:
    shares = softmax(2, 1, 0)
    return [*shares, sum(shares[:2]), 100 * shares[2]]


@lesson.holds("왼쪽에서는 패딩이 관심을 받고, 오른쪽에서는 진짜 단어들이 그 몫을 제 비율대로 나눠 가져요.")
def _(cells: Cells) -> None:
    open_, closed = (cells.attention_weights(cells.scores, mask)[0] for mask in (None, cells.mask))
    assert (open_[:, 3:] > 0.05).all() and (closed[:, 3:] == 0).all()
    assert torch.allclose(closed[:, :3], open_[:, :3] / open_[:, :3].sum(dim=1, keepdim=True))


@lesson.holds("'go'는 한국어의 맨 끝 '간다'를 봐요.")
def _(cells: Cells) -> None:
    assert cells.attention_weights(cells.scores, cells.mask)[0, 1].argmax() == 2


lesson.known(
    "가중치가 `[0.7, 0.2, 0.1]`이고 값이 `[1, 0]`, `[0, 2]`, `[10, 10]`이면 $0.7\\,[1, 0] + 0.2\\,[0, 2] + 0.1\\,[10, 10]",
    "손 계산의 입력",
)


@lesson.says("= [{:.1f},\\; {:.1f}]$예요.")
def _(cells: Cells) -> list[float]:
    return (torch.tensor([0.7, 0.2, 0.1]) @ torch.tensor([[1.0, 0.0], [0.0, 2.0], [10.0, 10.0]])).tolist()


@lesson.holds("'go'의 문맥 벡터에는 움직임이, 'school'에는 장소가 가장 많이 담겼어요.")
def _(cells: Cells) -> None:
    assert cells.mixed[1].argmax() == 2 and cells.mixed[3].argmax() == 1


# -- 고치는 실험 --


@lesson.holds("상태의 크기 D는 그대로 16이고, 학습하는 스텝 수도 같아요.")
def _(cells: Cells) -> None:
    assert cells.D == 16 == cells.encoder.hidden_size == cells.decoder.hidden_size


@lesson.says("파라미터가 {:,}개에서 {:,}개로 늘어요. 앞에서 본 64칸짜리 벡터는 {:,}개로도 {:.0%}쯤이었으니")
def _(cells: Cells) -> list[float]:
    modules = (cells.encoder, cells.decoder, cells.speak)
    rates, wide = wider(cells, 64)
    return [sum(p.numel() for m in modules for p in m.parameters()), WITH_ATTENTION, wide, round(rates[16], 1)]


@lesson.holds("개수 덕은 아니에요.")
def _(cells: Cells) -> None:
    assert wider(cells, 64)[0][16] < 0.9 and wider(cells, 64)[1] > 6 * WITH_ATTENTION


@lesson.holds("같은 16칸인데 이제 열여섯 글자도 거의 다 맞혀요. 길이가 늘어도 파란 선은 내려가지 않아요.")
def _(cells: Cells) -> None:
    rates = [cells.cured[n].mean().item() for n in cells.lengths]
    assert min(rates) > 0.95 and rates[-1] > rates[0] - 0.03
    parameters = [*cells.listen, *cells.tell, cells.W_q, cells.W_out]
    assert sum(p.numel() for p in parameters) == WITH_ATTENTION
    assert cells.listen[1].shape == (16, 16)


lesson.known("2014년에 Bahdanau 등이", "Bahdanau 외 (2015), 2014년에 공개")
lesson.known("2014년의 첫 어텐션은", "Bahdanau 외 (2015), 2014년에 공개")


@lesson.holds("첫 글자를 말할 때는 마지막 칸을, 그다음에는 하나 앞 칸을 봐요.")
def _(cells: Cells) -> None:
    for length in (4, 8, 12, 16):
        words, size, _, seen = cells.game(200, torch.Generator().manual_seed(7), length)
        alpha = cells.look(words, size, seen)[-1][:, :length, :length].mean(0)
        assert alpha.argmax(dim=1).tolist() == list(range(length))[::-1]
        assert alpha.flip(1).diag().mean() > 0.8


# -- 셀프 어텐션 --


@lesson.holds("초록 선은 출렁일 뿐 기울지 않아요.")
def _(cells: Cells) -> None:
    line = cells.curves["셀프 어텐션"][1:]
    near, far = line[:15].mean(), line[-15:].mean()
    assert 0.5 < near / far < 2 and line.min() > 0.1


@lesson.holds("0번이 높은 것은 마지막 단어가 쿼리 노릇까지 하기 때문이에요.")
def _(cells: Cells) -> None:
    assert cells.straight[0] > 1.5 * cells.straight[1:].mean()
    x = cells.x.detach().requires_grad_(True)  # 쿼리에서 오는 기울기를 끊으면 0번도 나머지만 해요.
    q, k, v = x.detach() @ cells.W[0], x @ cells.W[1], x @ cells.W[2]
    mixed = cells.context(cells.attention_weights(q @ k.transpose(1, 2) / 32**0.5, None), v)[:, -1]
    (grad,) = torch.autograd.grad(mixed.sum(), x)
    norms = grad.pow(2).sum(dim=(0, 2)).sqrt().flip(0)
    assert norms[0] < norms[1:].max() * 1.5


@lesson.holds("셀프 어텐션은 언제나 곱셈을 더 해요.")
def _(cells: Cells) -> None:
    assert (cells.more > 1.5).all()
    formula = torch.tensor([1.5 + n / 64 for n in cells.sizes])
    assert torch.allclose(cells.more, formula)
    assert torch.equal(cells.count["여러분의 RNN"], cells.count["nn.RNN"])


@lesson.says("100단어에서 RNN의 {:.2f}배예요.")
def _(cells: Cells) -> float:
    return cells.more[cells.sizes.index(100)].item()


lesson.known(
    "우리가 잰 코어 하나에서는 `nn.RNN`보다 다섯 배쯤, 여러분의 RNN보다 열 배쯤이었어요.",
    "잰 값: 4.7~4.9배, 9.6~11.1배",
)


@lesson.says("2000단어에서는 곱셈이 {:.2f}배이고")
def _(cells: Cells) -> float:
    return cells.more[cells.sizes.index(2000)].item()


@lesson.holds("곱셈의 수가 같아도 큰 곱 한 번이 작은 곱 백 번보다 훨씬 빨라요.")
def _(cells: Cells) -> None:
    x, W = torch.randn(100, 64), torch.randn(64, 64)
    rows = list(x[:, None])

    def quickest(work) -> float:
        took = []
        for _ in range(200):
            start = time.perf_counter()
            work()
            took.append(time.perf_counter() - start)
        return min(took)

    assert quickest(lambda: [row @ W for row in rows]) > 4 * quickest(lambda: x @ W)  # 잰 값: 14배


lesson.known("작은 곱을 100번 따로 부르고", "100단어를 읽는 스텝의 수")
lesson.known("2000단어에서는요?", "예상의 입력")
lesson.known('첫 읽기의 "100단어에서 100배"도', "첫 읽기")

lesson.known("100배인 것은 기다리는 스텝이에요", "논문 표 1: RNN은 100스텝, 셀프 어텐션은 1스텝")


lesson.known("100단어를 한 번 읽을 때", "예상의 입력")


@lesson.says(
    "다 세면 셀프 어텐션은 3n·d² + 2n²·d, RNN은 2n·d²이라 {:.1f} + n/d배예요. n = d인 64단어에서도 같아지지 않고 {:.1f}배예요."
)
def _(cells: Cells) -> list[float]:
    n, d = 64, cells.d
    counts = [cells.multiplications(cells.readers[name], n) for name in ("셀프 어텐션", "여러분의 RNN")]
    assert counts == [3 * n * d**2 + 2 * n**2 * d, 2 * n * d**2]
    return [counts[0] / counts[1] - n / d, counts[0] / counts[1]]


lesson.known("Transformer base는 27.3, big은 28.4예요.", "논문 표 2")
lesson.known("앙상블인 GNMT 26.30과 ConvS2S 26.36", "논문 표 2")
lesson.known("27.3을 'Transformer 이전의 최고 점수'라고 했지만, 27.3은", "블로그의 글, 논문 표 2")


# -- 보너스 --


@lesson.says(
    "셀프 어텐션은 $10 \\cdot 10 \\cdot 4 = {}$, RNN은 $10 \\cdot 4 \\cdot 4 = {}$, $k = 3$인 합성곱은 {}이에요."
)
def _(cells: Cells) -> list[int]:
    return [10 * 10 * 4, 10 * 4 * 4, 3 * 10 * 4 * 4]


@lesson.holds("표 1의 식은 64단어에서 1을 지나지만 센 곱셈은 지나지 않아요. 문장이 길어질수록 두 선이 가까워져요.")
def _(cells: Cells) -> None:
    table = dict(zip(cells.lengths, cells.table, strict=True))
    assert table[32] < 1 == table[64] < table[128] and min(cells.counted) > 1.5
    gaps = [math.log(c / t) for c, t in zip(cells.counted, cells.table, strict=True)]
    assert all(b < a for a, b in zip(gaps, gaps[1:], strict=False)) and gaps[-1] < 0.1


lesson.known("$d = 64$일 때 표 1의 두 식은", "예상의 입력")
lesson.known("합성곱은 한 층에 3단어, 두 층에 9단어, 세 층에 27단어를 덮으니", "3, 3의 제곱, 3의 세제곱")
lesson.known("512단어에서 RNN의 길은 셀프 어텐션의 몇 배일까요?", "예상의 입력")


@lesson.says("{}배예요. 셀프 어텐션의 길은 {}이니")
def _(cells: Cells) -> list[int]:
    rnn, self_attention = reference.path_length("rnn", 512), reference.path_length("self_attention", 512)
    return [rnn // self_attention, self_attention]


@lesson.says("곧 {}단어예요. 센 곱셈은 ${:.1f} + n/d$배라 거기서도 {:.1f}배예요.")
def _(cells: Cells) -> list[float]:
    d = cells.d
    counts = [cells.multiplications(cells.readers[name], d) for name in ("셀프 어텐션", "nn.RNN")]
    return [d, counts[0] / counts[1] - 1, counts[0] / counts[1]]


@lesson.says("512단어에서 RNN은 {}스텝, 합성곱은 {}스텝이고 셀프 어텐션은 {}에서 움직이지 않아요.")
def _(cells: Cells) -> list[int]:
    assert set(cells.paths["셀프 어텐션"]) == {1}
    return [path[-1] for path in cells.paths.values()]


lesson.known("$s = 1$, $H = [0, -0.5]$이면", "손 계산의 입력")


@lesson.says("$\\tanh(1 + 0) \\cdot 3 = {:.3f}$, $\\tanh(1 - 1) \\cdot 3 = {:.0f}$")
def _(cells: Cells) -> list[float]:
    return [3 * math.tanh(1), 3 * math.tanh(0)]


@lesson.holds("왼쪽은 상태마다 보는 비율이 다른데, 오른쪽은 네 줄이 모두 똑같아요.")
def _(cells: Cells) -> None:
    assert torch.allclose(cells.without, cells.without[:1].expand(4, 3), atol=1e-5)
    gaps = [(cells.with_tanh[i] - cells.with_tanh[j]).abs().max() for i in range(4) for j in range(i)]
    assert min(gaps) > 0.005 and max(gaps) > 0.2  # 왼쪽은 어느 두 줄도 같지 않아요


# -- 마무리와 돌아보기 --


@lesson.holds("반올림만큼만 달라요.")
def _(cells: Cells) -> None:
    assert len(cells.gaps) == 3 and all(gap.abs().max() < 1e-5 for gap in cells.gaps.values())


lesson.known("상태를 16칸에서 1,000칸으로", "돌아보기의 물음")
lesson.known("칸이 1,000개여도", "돌아보기의 물음")
lesson.known("100단어에서 RNN의 세 배였어요", "위의 3.06배")
