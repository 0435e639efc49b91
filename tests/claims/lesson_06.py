"""레슨 6의 글에 있는 수와 말."""

from __future__ import annotations

from math import sqrt

import torch
import torch.nn.functional as F
from support.lesson_claims import Claims

from reference.multi_head import mha_param_count, multi_head_attention, split_heads

lesson = Claims("06_multi_head")

# -- 시선 하나 --


def shares(weights):
    """비율 `weights`로 섞은 것 하나가 이웃마다 설명하는 몫."""
    squares = torch.tensor(weights, dtype=torch.float64) ** 2
    return squares / squares.sum()


@lesson.holds(
    "$m$에 가장 알맞은 수를 곱해 $x_k$를 어림하면, 설명한 몫은 $m$과 $x_k$의 상관계수를 제곱한 것이고 "
    "이것은 $m$의 분산에서 $x_k$가 차지하는 몫과 같아요"
)
def _(cells):
    """무작위 비율로 섞은 것에서 최소제곱으로 어림한 몫이 상관계수의 제곱과도, 식과도 같아요."""
    torch.manual_seed(7)
    x = torch.randn(200_000, 4, dtype=torch.float64)
    for _ in range(5):
        a = torch.rand(4, dtype=torch.float64)
        m = (x @ a)[:, None]
        wrong = (x - m @ torch.linalg.lstsq(m, x).solution).var(0)
        assert torch.allclose(1 - wrong / x.var(0), shares(a.tolist()), atol=0.01)
        assert torch.allclose(torch.corrcoef(torch.cat([m, x], 1).T)[0, 1:] ** 2, 1 - wrong / x.var(0), atol=1e-3)


@lesson.holds("네 몫의 합은 1이니 평균은 **어떻게 섞어도 4분의 1**이에요(다른 토큰까지 섞으면 더 작아져요)")
def _(cells):
    torch.manual_seed(8)
    for _ in range(100):
        a = torch.rand(10).tolist()
        assert abs(shares(a[:4]).mean() - 1 / 4) < 1e-9 and shares(a)[:4].mean() < 1 / 4


@lesson.holds(
    r"비율이 $[0.7, 0.1, 0.1, 0.1]$이면 제곱은 $49 : 1 : 1 : 1$이라 네 몫은 "
    r"$\frac{49}{52}, \frac{1}{52}, \frac{1}{52}, \frac{1}{52}$이에요. 더하면 1이고 평균은 $\frac14$이에요"
)
def _(cells):
    assert torch.allclose(shares([0.7, 0.1, 0.1, 0.1]) * 52, torch.tensor([49, 1, 1, 1], dtype=torch.float64))


@lesson.holds(r"한 이웃만 보면 몫이 $1, 0, 0, 0$이고, 골고루 보면 모두 $\frac14$이에요")
def _(cells):
    assert shares([1.0, 0, 0, 0]).tolist() == [1, 0, 0, 0] and shares([0.25] * 4).tolist() == [0.25] * 4


@lesson.holds("비율을 바꾸면 네 막대의 키가 바뀌지만 평균은 0.25에서 움직이지 않아요")
def _(cells):
    values = (0.25, 0.4, 0.55, 0.7, 0.85, 1.0)
    bars = [cells.explained(value) for value in values]
    for value, measured in zip(values, bars, strict=True):
        assert torch.allclose(measured.double(), shares([value] + [(1 - value) / 3] * 3), atol=0.02)
        assert f"{measured.mean():.2f}" == "0.25"
    assert all(one[0] < other[0] for one, other in zip(bars, bars[1:], strict=False))


@lesson.holds("자리만 보면 이론 그대로 0.25예요. 든 수까지 보면 0.25를 조금 넘기도 하지만 0.3에도 못 미쳐요")
def _(cells):
    by_place, by_content = cells.single
    assert 0.24 < by_place < 0.26 and 0.24 < by_content < 0.3


@lesson.holds("이웃이 든 수에 따라 비율이 달라지면, 비율이 그 수를 살짝 알려 주거든요. 오래 학습해도 마찬가지예요")
def _(cells):
    """내용까지 볼 때 얻은 것은, 비율을 자리마다의 평균으로 굳히면 사라져요. 오래 학습한 것은 열 배 스텝의 시험이 봐요."""
    read, place, (W_q, W_k, W_v, W_o), report = model = cells.learn(cells.by_content)
    x = read(cells.neighbours(4000)[0]) + place
    weights = cells.attend(x @ W_q, x @ W_k, torch.eye(10).expand(len(x), 10, 10))
    fixed = weights.mean(0).detach()

    def still(x, place, *Ws):
        return fixed @ (x + place) @ W_v @ W_o

    assert cells.share(model, cells.by_content) < 0.3
    assert cells.share(model, still) < 0.26
    if cells.single[1] > 0.26:
        assert weights.std(0).mean() > 0.005


# -- 나누고 합치기 --


@lesson.holds("헤드 1은 $[1, 2]$, 헤드 2는 $[3, 4]$, 헤드 3은 $[5, 6]$을 가져요")
def _(cells):
    assert split_heads(torch.arange(1, 7).reshape(1, 1, 6), 3).tolist() == [[[[1, 2]], [[3, 4]], [[5, 6]]]]


@lesson.holds("왼쪽은 토큰 1의 칸에 0~5만, 토큰 2의 칸에 6~11만 있어요")
def _(cells):
    right, wrong = cells.right, cells.wrong
    assert right[:, :2].max() == 5 and right[:, 2:].min() == 6
    assert wrong[0, 2:].tolist() == [2, 3]  # 헤드 1의 '토큰 2' 자리


@lesson.holds("두 번 다 끊어 읽기만 했으니까요")
def _(cells):
    x = torch.arange(24.0).reshape(1, 4, 6)
    assert torch.equal(x.reshape(1, 3, 4, 2).reshape(1, 4, 6), x)


@lesson.holds("인과 마스크를 씌웠으니 왼쪽은 대각선과 그 아래만 칠해졌어요. 오른쪽은 대각선 위에도 칠해졌어요")
def _(cells):
    right, wrong = cells.leaks.values()
    assert torch.equal(right, torch.ones(6, 6).tril().bool())
    assert wrong.triu(1).any()


@lesson.says(r"점수를 나누는 수는 $\sqrt 4 = {:g}$가 아니라 $\sqrt 2 \approx {:.3f}$예요")
def _(cells):
    return sqrt(4), sqrt(2)


@lesson.says(
    r"$\sqrt{{512}} / \sqrt{{64}} = \sqrt {:g}$이니 약 {:.2f}분의 1로 작아져요. 레슨 5의 말로 하면 온도를 {:.2f}배 올린 셈"
)
def _(cells):
    return 512 / 64, sqrt(512) / sqrt(64), sqrt(512) / sqrt(64)


lesson.known("논문 크기(D 512, H 8)", "논문의 표 3: d_model 512, h 8")


@lesson.holds(
    "헤드가 몇이든 들어온 모양 그대로 나와요. 가중치 행렬이 같은데도 값이 다른 것은 시선이 달라졌기 때문이에요"
)
def _(cells):
    one, four = (cells.multi_head_attention(cells.x, cells.x, *cells.Ws, n, None) for n in (1, 4))
    assert one.shape == four.shape == cells.x.shape and (one - four).abs().mean() > 0.01


# -- 파라미터 수 --


@lesson.says(
    "행렬 하나가 {}개, 네 개면 {}개예요. 편향까지 있으면 $64 + 16 = {}$개고요. 헤드가 1개든 2개든 4개든 같아요"
)
def _(cells):
    assert len({mha_param_count(4, n, True) for n in (1, 2, 4)}) == 1
    return 4 * 4, mha_param_count(4, 2, False), mha_param_count(4, 2, True)


lesson.known("논문 크기(512)에서 편향이 없다면", "논문의 표 3: d_model 512")


@lesson.holds(r"$4 \times 512^2 = 1{,}048{,}576$개예요. 같은 층의 FFN(레슨 3)의 절반쯤이에요")
def _(cells):
    ffn = 512 * 2048 + 2048 + 2048 * 512 + 512
    assert 4 * 512**2 == 1_048_576 and 0.49 < 1_048_576 / ffn < 0.51


@lesson.holds("파란 막대는 헤드가 몇이든 높이가 같아요")
def _(cells):
    shared, own = cells.millions.values()
    assert len(set(shared)) == 1 and [value / own[0] for value in own] == cells.heads


# -- 헤드 넷이면 --


@lesson.holds("서로 다른 식이라면 모르는 넷 가운데 $H$개 몫까지 풀려요")
def _(cells):
    """서로 무관한 넷을 H번 섞은 것으로 어림하면, 네 몫의 합은 H예요."""
    torch.manual_seed(9)
    for n in (1, 2, 3, 4):
        A = torch.rand(n, 4, dtype=torch.float64)
        assert abs(torch.linalg.pinv(A).mul(A.T).sum() - n) < 1e-6  # 어림한 것의 몫들을 더한 것


lesson.known("$D$를 두 배(64)로 늘리면요? 헤드는 넷인데 $D$를 반(16)으로 줄이면요?", "실험에서 고른 크기")
lesson.known("$D = 32$를 헤드 32개로 나누면", "실험에서 고른 크기")


@lesson.holds(
    r"보고할 수가 $4 \times 8 = 32$개이니 $D$가 32보다 작으면 몫은 $\frac{D}{32}$를 넘지 못해요. 헤드가 넷이어도 $D = 16$이면 반이에요. "
    "이론으로는 헤드 32개도 1이에요"
)
def _(cells):
    """자리마다 D개의 수로 서로 무관한 32개를 어림하면, 몫들을 더한 것은 D예요. 학습한 것은 아래의 말이 봐요."""
    assert len(cells.OFFSETS) * cells.neighbours(1)[0].shape[-1] == cells.neighbours(1)[1].shape[-1] == 32
    torch.manual_seed(10)
    for D in (16, 24):
        A = torch.rand(D, 32, dtype=torch.float64)
        assert abs(torch.linalg.pinv(A).mul(A.T).sum() - D) < 1e-6


@lesson.holds(
    "1, 2, 4, 8개는 이론과 거의 같아요(조금 넘는 것은 앞에서 본 까닭이에요). 헤드 넷이면 이웃 넷을 다 맞혀요. "
    "$D$를 두 배로 늘린 헤드 하나는 여전히 4분의 1 근처이고, $D$를 반으로 줄인 헤드 넷은 반만 맞혀요. "
    "32개는 도로 1에서 멀어졌어요"
)
def _(cells):
    measured = cells.measured
    assert all(abs(measured[n] - min(n, 4) / 4) < 0.06 for n in (1, 2, 4, 8)), measured
    assert measured[4] > 0.98 and measured[8] > 0.98
    assert 0.24 < cells.wide < 0.31 and measured[32] < 0.7, (cells.wide, measured)
    middle = cells.share(cells.learn(cells.with_heads(4), D=24), cells.with_heads(4))
    assert abs(cells.narrow - 16 / 32) < 0.05 and abs(middle - 24 / 32) < 0.05, (cells.narrow, middle)
    counts = {sum(W.numel() for W in cells.learned[n][2]) for n in measured}
    assert len(counts) == 1


@lesson.holds("가장 큰 키나 가장 작은 키가 이길 뿐 가운데 키를 콕 집어 볼 수 없어요")
def _(cells):
    key = torch.linspace(-1, 1, 10)
    winners = {int((q * key).argmax()) for q in torch.linspace(-50, 50, 100)}
    assert winners == {0, 9}


lesson.known("논문의 표 3 (A)도 헤드가 1개면 BLEU 24.9, 8개와 16개면 25.8, 32개면 25.4예요", "논문의 표 3 (A)")
lesson.known("그 32개는 $d_k = 16$이고 논문은 까닭을 적지 않았어요", "논문의 표 3 (A)와 §6.2")
lesson.known("PaLM의 헤드는 128개가 아니라 48개예요", "PaLM 논문의 표 1 (540B: 헤드 48개)과 블로그 6편")


lesson.known("스텝을 열 배로 늘려도 그대로인지 확인했어요", "이 파일의 말들을 스텝을 열 배로 늘려 다시 보는 시험")


@lesson.holds(
    "학습한 네 헤드는 대각선에서 한두 칸 비킨 곳, 곧 이웃 넷만 봐요(둥글게 앉아서 1과 10도 이웃이라 "
    "줄이 모서리에서 이어져요)"
)
def _(cells):
    near = torch.zeros(10, 10)
    for offset in cells.OFFSETS:
        near += torch.eye(10).roll(offset, dims=1)
    after, before = cells.maps["학습 후", 4], cells.maps["학습 전", 4]
    assert (after * near).sum() / after.sum() > 0.95 and near[0, 9] == 1
    assert (before * near).sum() / before.sum() < 0.7


@lesson.holds(
    "대개 헤드마다 이웃 하나를 도맡아요. 섞어 보는 헤드가 있어도 네 비율이 서로 다른 식이면 넷이 다 풀려요. "
    "단추로 학습 전을 보면 그런 줄이 없어요"
)
def _(cells):
    rows = torch.arange(10)
    after = cells.maps["학습 후", 4]
    shares = torch.stack([after[:, rows, (rows + offset) % 10].mean(-1) for offset in cells.OFFSETS], 1)  # (H, 이웃)
    assert (shares.amax(1) > 0.8).sum() >= 3, shares
    for t in rows.tolist():
        columns = [(t + offset) % 10 for offset in cells.OFFSETS]
        assert torch.linalg.svdvals(after[:, t, columns])[-1] > 0.05
    assert cells.measured[4] > 0.98
    before = cells.maps["학습 전", 4]
    for head in range(4):
        bands = [before[head][rows, (rows + offset) % 10].min() for offset in range(10)]
        assert max(bands) < 0.5


# -- 크로스 어텐션 --


@lesson.holds("'go'의 행은 맨 끝의 '간다'를, 'to school'의 행은 가운데의 '학교에'를 가장 많이 봐요")
def _(cells):
    assert cells.weights.argmax(-1).tolist() == [0, 2, 1]


@lesson.holds("네 행 모두 끝의 두 칸이 0이에요. 첫 토큰도 원문의 넷째를 봐요")
def _(cells):
    torch.manual_seed(3)
    q, k, seen = torch.randn(4, 8), torch.randn(6, 8), torch.arange(6) < 4
    weights = cells.attend(q, k, torch.eye(6), seen)
    assert (weights[:, 4:] == 0).all() and (weights[:, :4] > 0).all()


# -- KV 캐시 --


@lesson.holds("두 방법의 결과는 반올림만큼만 달라요.")
def _(cells):
    assert cells.gap < 1e-5


@lesson.holds("키와 값 헤드를 64개에서 8개로 줄이면 캐시도 8분의 1이에요")
def _(cells):
    assert cells.gib[0] == 8 * cells.gib[1] == 10


# -- 마무리 --


@lesson.holds("차이는 float32의 반올림뿐이고 파라미터 수도 같아요")
def _(cells):
    assert all(gap.abs().max() < 1e-5 for gap in cells.differences.values())
    assert cells.counted[0] == cells.counted[1]


@lesson.holds("4분의 1에서 시작한 과제를 이제 여러분의 네 헤드도, 그것을 옮겨 담은 PyTorch도 다 풀어요")
def _(cells):
    assert cells.single[1] < 0.3 and cells.measured[4] > 0.98 and cells.moved_over > 0.98


# -- 돌아보기의 모범 답안 --


def share_of_six(D):
    """이웃 여섯을 헤드 넷으로 보고하게 학습한 몫."""
    torch.manual_seed(0)
    embed, place = torch.nn.Linear(8, D), torch.nn.Parameter(torch.randn(10, D))
    Ws, report = [torch.nn.Parameter(torch.randn(D, D) / D**0.5) for _ in range(4)], torch.nn.Linear(D, 48)
    optimizer = torch.optim.Adam([place, *Ws, *embed.parameters(), *report.parameters()], lr=5e-3)
    for _ in range(1000):
        x = torch.randn(64, 10, 8)
        y = torch.cat([x.roll(-offset, dims=1) for offset in (-3, -2, -1, 1, 2, 3)], dim=-1)
        seen = embed(x) + place
        loss = F.mse_loss(report(multi_head_attention(seen, seen, *Ws, 4, None)), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return 1 - loss.item()


@lesson.says("모르는 여섯에 식이 넷이라 몫은 6분의 4, 약 {:.2f}까지예요")
def _(cells):
    return 4 / 6


@lesson.says("몫이 6분의 4(약 {:.2f})까지라고 했어요")
def _(cells):
    return 4 / 6


@lesson.holds("너비를 두 배로 늘려도 식의 수는 그대로라 거의 달라지지 않아요")
def _(cells):
    narrow, wide = share_of_six(32), share_of_six(64)
    assert abs(narrow - 4 / 6) < 0.05 and abs(wide - 4 / 6) < 0.05


@lesson.holds("진짜 문장이라면 헤드 하나도 4분의 1보다 잘할 수 있어요. 단어들은 서로 관계가 있어서")
def _(cells):
    """서로 닮은 넷은 평균 하나로도 4분의 1보다 많이 설명돼요."""
    torch.manual_seed(6)
    x = torch.randn(10_000, 1) + torch.randn(10_000, 4)
    assert (torch.corrcoef(torch.cat([x.mean(1, keepdim=True), x], 1).T)[0, 1:] ** 2).mean() > 0.5
