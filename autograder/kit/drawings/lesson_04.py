"""레슨 4의 그림들: 기울기의 지름길, 정규화하는 축, Post-LN과 Pre-LN."""

from __future__ import annotations

from collections.abc import Callable

from autograder.kit.drawings.canvas import Box, Canvas, Point

FRACTIONS = ("1", "1/2", "1/4", "1/8", "1/16")
MARK = "●"


def gradient_highway() -> Canvas:
    """기울기가 네 층을 내려오는 길. 왼쪽은 지름길이 없고 오른쪽은 있어요."""
    canvas = Canvas(
        680,
        460,
        "네 층을 내려오는 기울기. 층 하나의 기울기가 0.5일 때, 잔차가 없는 왼쪽에서는 위에서 1이던 기울기가 층마다 절반이 되어 "
        "1/2, 1/4, 1/8, 1/16으로 가늘어져요. 잔차가 있는 오른쪽에는 층을 거치지 않고 곧게 내려오는 지름길이 있어서, 그 길로 온 1이 "
        "맨 아래까지 1로 닿고 층마다 층을 거쳐 온 0.5배가 거기에 더해져요.",
    )
    canvas.text(150, 22, "잔차 없이: 층을 거쳐야만", bold=True, size=15)
    canvas.text(490, 22, "잔차와 함께: 지름길로 곧장", bold=True, size=15)
    for row in range(4):
        y = 84 + 88 * row
        layer = canvas.box(90, y, f"층 {4 - row}", width=120, height=38, tint="blue")
        top = 52 if row == 0 else y - 50
        canvas.arrow((150, top), (150, y), tint="red", thick=5.4 / 2**row + 0.5)
        canvas.text(176, y - 25, FRACTIONS[row], size=14, tint="red", anchor="start", bold=True)
        _detour(canvas, layer.y, f"층 {4 - row}")
    canvas.arrow((150, 386), (150, 426), tint="red", thick=1)
    canvas.text(176, 402, FRACTIONS[4], size=14, tint="red", anchor="start", bold=True)
    canvas.text(150, 442, "맨 아래에 닿는 기울기: 1/16", size=13)
    canvas.arrow((430, 52), (430, 426), tint="red", thick=5.4)
    canvas.text(412, 66, "1", size=14, tint="red", anchor="end", bold=True)
    canvas.text(412, 402, "1", size=14, tint="red", anchor="end", bold=True)
    canvas.text(490, 442, "맨 아래에 닿는 기울기: 1 + 층을 거쳐 온 것", size=13)
    return canvas


def _detour(canvas: Canvas, y: float, name: str) -> None:
    """지름길 옆의 층 하나와, 거기를 다녀오는 가는 길."""
    layer = canvas.box(500, y, name, width=110, height=38, tint="blue")
    upper, lower = y - 16, y + 54
    canvas.arrow((430, upper), (layer.top[0], upper), layer.top, tint="red", thick=2.4)
    canvas.arrow(layer.bottom, (layer.bottom[0], lower), (434, lower), tint="red", thick=1.5)
    canvas.text(layer.right[0] + 8, y + 19, "× 0.5", size=13, tint="red", anchor="start")


def normalization_axes() -> Canvas:
    """층 정규화와 배치 정규화가 평균을 내는 칸."""
    canvas = Canvas(
        670,
        300,
        "문장 둘, 문장마다 토큰 셋, 토큰마다 차원 넷인 표 두 벌. 층 정규화는 한 토큰의 한 줄, 곧 첫 문장 '학교에'의 네 차원만 모아 평균과 분산을 구해요. "
        "배치 정규화는 한 차원의 한 열을 두 문장의 모든 토큰에서 모아 구해요.",
    )
    _sentences(canvas, 80, "층 정규화: 토큰 하나의 D개", "green", lambda s, t, d: s == 0 and t == 1)
    _sentences(canvas, 440, "배치 정규화: 차원 하나의 B×T개", "orange", lambda s, t, d: d == 2)
    return canvas


def _sentences(canvas: Canvas, x: float, title: str, tint: str, chosen: Callable[[int, int, int], bool]) -> None:
    """문장 둘의 표를 위아래로. `chosen(문장, 토큰, 차원)`이 참인 칸에 표시해요."""
    canvas.text(x + 68, 20, title, bold=True, size=15)
    canvas.text(x + 68, 46, "차원 D →", size=12, faint=True)
    for sentence, tokens in enumerate((("나는", "학교에", "간다"), ("눈이", "많이", "온다"))):
        cells = [[MARK if chosen(sentence, t, d) else "" for d in range(4)] for t in range(3)]
        y = 62 + 122 * sentence
        canvas.grid(x, y, cells, rows=tokens, cell=34, tints={MARK: tint})
        canvas.text(x + 146, y + 51, f"문장 {sentence + 1}", size=12, anchor="start", faint=True)


def post_and_pre() -> Canvas:
    """부분층 둘을 Post-LN과 Pre-LN으로 이은 것."""
    canvas = Canvas(
        700,
        492,
        "아래에서 위로 오르는 두 기둥. 왼쪽 Post-LN에서는 x가 갈라져 한쪽이 부분층을 지나 다시 더해지고, 더한 값이 지름길 위에 놓인 정규화 상자를 지나요. "
        "부분층이 둘이면 지름길 위의 상자도 둘이에요. 오른쪽 Pre-LN에서는 정규화가 부분층으로 들어가는 갈림길에만 있어서 지름길은 더하기만 지나 곧게 비어 있고, "
        "맨 위에 정규화가 하나 더 있어요.",
    )
    canvas.text(165, 20, "Post-LN (논문)", bold=True, size=15)
    canvas.text(535, 20, "Pre-LN", bold=True, size=15)
    _tower(canvas, 90, gate_on_the_way=True)
    _tower(canvas, 440, gate_on_the_way=False)
    canvas.text(165, 480, "지름길 위에 정규화가 부분층마다", size=13)
    canvas.text(535, 480, "지름길은 비어 있고, 끝에 하나", size=13)
    return canvas


def _tower(canvas: Canvas, x: float, *, gate_on_the_way: bool) -> None:
    """부분층 둘. `gate_on_the_way`면 정규화가 지름길 위에, 아니면 부분층 앞에 있어요."""
    canvas.text(x, 452, "x", size=15)
    start: Point = (x, 438)
    for floor, name in ((412, "어텐션"), (250, "피드포워드")):
        plus_y = floor - (90 if gate_on_the_way else 132)
        split = (x, floor)
        if gate_on_the_way:
            sublayer = canvas.box(x + 62, floor - 62, name, width=110, height=34, tint="blue")
            canvas.arrow(split, (sublayer.bottom[0], floor), sublayer.bottom, thick=1.6)
        else:
            entry = canvas.box(x + 62, floor - 48, "정규화", width=110, height=30, tint="green")
            sublayer = canvas.box(x + 62, floor - 106, name, width=110, height=34, tint="blue")
            canvas.arrow(split, (entry.bottom[0], floor), entry.bottom, thick=1.6)
            canvas.arrow(entry.top, sublayer.bottom, thick=1.6)
        plus = _plus(canvas, x, plus_y)
        canvas.arrow(sublayer.top, (sublayer.top[0], plus_y), plus.right, thick=1.6)
        canvas.arrow(start, plus.bottom, tint="purple", thick=4)
        start = plus.top
        if gate_on_the_way:
            gate = canvas.box(x - 50, plus_y - 58, "정규화", width=100, height=30, tint="green")
            canvas.arrow(start, gate.bottom, tint="purple", thick=4)
            start = gate.top
    if gate_on_the_way:
        canvas.arrow(start, (x, 44), tint="purple", thick=4)
        return
    last = canvas.box(x - 50, 56, "정규화", width=100, height=30, tint="green", dashed=True)
    canvas.arrow(start, last.bottom, tint="purple", thick=4)
    canvas.arrow(last.top, (x, 36), tint="purple", thick=4)


def _plus(canvas: Canvas, x: float, y: float) -> Box:
    """더하는 자리."""
    return canvas.box(x - 14, y - 14, "+", width=28, height=28, tint="purple", size=18)
