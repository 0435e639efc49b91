"""레슨 3의 그림: 넓혔다가 되돌리기, 꺾임을 더해 곡선 만들기, 모든 위치의 같은 피드포워드."""

from __future__ import annotations

from autograder.kit.drawings.canvas import Canvas, Point

# 토큰 하나의 FFN: 펼친 값 열둘(D = 3의 네 배). 음수인 곳의 스위치는 꺼져요.
WIDE = (1.2, -0.4, -0.7, 0.9, -1.5, 0.3, -0.2, 2.1, -0.9, -0.1, 0.6, -1.1)


def wide_and_back() -> Canvas:
    """D개를 4D개로 펼치고, 스위치를 지나, D개로 돌아와요."""
    on = sum(value > 0 for value in WIDE)
    canvas = Canvas(
        660,
        400,
        "토큰 하나가 지나는 피드포워드. 왼쪽의 세 칸(D)이 W1과 b1을 지나 가운데의 열두 칸(4D)으로 펼쳐져요. 칸마다 스위치가 하나씩 있어서 "
        f"값이 양수인 {on}칸은 그대로 지나가고 음수인 {len(WIDE) - on}칸은 0이 돼요(ReLU). 켜진 것만 W2와 b2를 지나 오른쪽의 세 칸(D)으로 모여요.",
    )
    top, cell = 62.0, 27.0
    rows = [top + (i + 0.5) * cell for i in range(len(WIDE))]
    ends = [top + cell * (4.5 + 1.5 * i) for i in range(3)]
    source, wide, cut, out = 70.0, 225.0, 375.0, 575.0
    for y in ends:
        for row in rows:
            canvas.curve((source + 21, y), (wide - 24, row), bend=0, tint="grey", opacity=0.45, thick=1)
    for row, value in zip(rows, WIDE, strict=True):
        if value > 0:
            for y in ends:
                canvas.curve((cut + 24, row), (out - 21, y), bend=0, tint="orange", opacity=0.75, thick=1.2)
    for y, given, back in zip(ends, ("0.8", "-1.1", "0.5"), ("1.4", "-0.6", "0.2"), strict=True):
        canvas.box(source - 21, y - 15, given, width=42, height=30, tint="blue", size=12)
        canvas.box(out - 21, y - 15, back, width=42, height=30, tint="blue", size=12)
    for row, value in zip(rows, WIDE, strict=True):
        _switch(canvas, (wide + 24, row), (cut - 24, row), value > 0)
        for x, shown in ((wide, value), (cut, max(value, 0.0))):
            text = f"{shown:g}"
            canvas.box(
                x - 24,
                row - 11,
                text,
                width=48,
                height=22,
                tint="orange" if value > 0 else "grey",
                lit=value > 0,
                size=12,
            )
    heads = (
        (source, "x", "너비 D"),
        (wide, "xW1 + b1", "너비 4D"),
        (cut, "ReLU를 지난 값", "너비 4D"),
        (out, "FFN(x)", "너비 D"),
    )
    for x, name, width in heads:
        canvas.text(x, 18, name, size=14, bold=True)
        canvas.text(x, 38, width, size=12, faint=True)
    canvas.text((wide + cut) / 2, 38, "스위치", size=12, faint=True)
    canvas.text((source + wide) / 2 - 4, 392, "W1: 펼치기", size=13)
    canvas.text((cut + out) / 2 + 4, 392, "W2: 켜진 것만 모으기", size=13)
    return canvas


def _switch(canvas: Canvas, start: Point, end: Point, on: bool) -> None:
    """닫힌 스위치는 이어진 선, 열린 스위치는 들린 선이에요."""
    tint = "orange" if on else "grey"
    left, right = start[0] + 32, end[0] - 32
    canvas.arrow(start, (left, start[1]), tint=tint, head=False)
    canvas.arrow((right, end[1]), end, tint=tint, head=False)
    canvas.arrow((left, start[1]), (right, end[1] if on else end[1] - 9), tint=tint, head=False, thick=2.2)
    for x in (left, right):
        canvas.dot(x, start[1], 3, tint)


# 하루의 기온을 흉내 내는 스위치: 켜지는 시각과 기울기를 바꾸는 양. 레슨의 셀과 같은 수예요.
SWITCHES = ((0, -1), (6, 3), (13, -2), (16, -1))
BASE = 13


def kinks_add_up() -> Canvas:
    """스위치 넷이 저마다 한 번 꺾은 선을 더하면 하루의 기온이 돼요."""
    canvas = Canvas(
        660,
        380,
        "위에는 스위치 네 개가 내놓는 값이 하나씩 그려져 있어요. 0시 스위치는 처음부터 한 시간에 1도씩 내리고, 6시 스위치는 6시까지 0이다가 그 뒤로 3도씩 올리고, "
        "13시 스위치는 13시부터 2도씩, 16시 스위치는 16시부터 1도씩 내려요. 아래에는 넷과 13을 더한 선이 있어요. 0시의 13도에서 6시의 7도까지 내려가고, "
        "13시의 21도까지 올라갔다가, 16시까지 그대로이고, 24시의 13도까지 내려가요. 꺾이는 자리는 6시, 13시, 16시예요.",
    )
    width, height, tints = 132.0, 96.0, ("blue", "orange", "green", "purple")
    for i, (opens, change) in enumerate(SWITCHES):
        x, y = 20 + i * (width + 26), 34.0
        sign = "-" if change < 0 else ""
        canvas.text(x + width / 2, 16, f"{sign}{abs(change)} × ReLU(h - {opens})", size=13, tint=tints[i], bold=True)
        canvas.arrow((x, y + height / 2), (x + width, y + height / 2), head=False, lit=False, thick=1)

        def place(hour: float, value: float, x: float = x, y: float = y) -> Point:
            return x + hour / 24 * width, y + height / 2 - value / 54 * (height / 2)

        canvas.arrow(
            place(0, 0), place(opens, 0), place(24, change * (24 - opens)), tint=tints[i], head=False, thick=2.6
        )
        if opens:
            canvas.dot(*place(opens, 0), 4, tints[i])
        canvas.text(x, y + height + 12, "0시", size=11, faint=True, anchor="start")
        canvas.text(x + width, y + height + 12, "24시", size=11, faint=True, anchor="end")
        if i < len(SWITCHES) - 1:
            canvas.text(x + width + 13, y + height / 2, "+", size=18)
    canvas.arrow((330, 152), (330, 182), thick=2)
    canvas.text(344, 166, f"모두 더하고 {BASE}도(b2)도 더해요", size=13, anchor="start")

    def sums(hour: float) -> Point:
        total = BASE + sum(change * max(hour - opens, 0) for opens, change in SWITCHES)
        return 110 + hour / 24 * 440, 352 - (total - 5) / 18 * 150

    stops = [*(opens for opens, _ in SWITCHES), 24]
    canvas.arrow((110, 352), (550, 352), head=False, lit=False, thick=1)
    canvas.arrow(*[sums(hour) for hour in stops], head=False, thick=2.6)
    for hour, tint in zip(stops[1:-1], tints[1:], strict=True):
        canvas.arrow((sums(hour)[0], 352), sums(hour), lit=False, head=False, thick=1, dashed=True)
        canvas.dot(*sums(hour), 5.5, tint)
    for hour in stops:
        canvas.text(sums(hour)[0], 367, f"{hour}시", size=12, faint=True)
    for hour, name, shift in ((0, "13도", -28), (24, "13도", 28)):
        canvas.text(sums(hour)[0] + shift, sums(hour)[1], name, size=12)
    canvas.text(sums(6)[0] - 26, sums(6)[1] + 4, "7도", size=12)
    canvas.text((sums(13)[0] + sums(16)[0]) / 2, sums(13)[1] - 16, "21도", size=12)
    return canvas


def ffn_at_every_position() -> Canvas:
    """어텐션은 토큰을 섞고, 같은 피드포워드가 토큰마다 따로 바꿔요."""
    canvas = Canvas(
        660,
        400,
        "아래에 나는, 학교에, 간다 세 토큰이 있어요. 어텐션 층 안에서는 세 토큰 사이를 모든 방향의 선이 이어서 서로 섞여요. 그 위의 피드포워드 층에서는 토큰마다 제 위의 "
        "FFN 상자 하나만 지나고 옆으로 가는 선이 없어요. 세 상자는 모두 같은 W1, b1, W2, b2를 써요.",
    )
    columns, words = (250.0, 400.0, 550.0), ("나는", "학교에", "간다")
    canvas.box(170, 36, width=460, height=110, tint="orange", lit=False, dashed=True)
    canvas.box(170, 184, width=460, height=130, tint="blue", lit=False, dashed=True)
    for y, name, tint, lines in (
        (72, "피드포워드", "orange", ("토큰을 하나씩 바꿔요.", "세 상자는 같은", "W1, b1, W2, b2예요.")),
        (230, "어텐션", "blue", ("토큰끼리 섞어요.",)),
    ):
        canvas.text(158, y, name, size=15, tint=tint, bold=True, anchor="end")
        for row, line in enumerate(lines):
            canvas.text(158, y + 22 + 18 * row, line, size=12, anchor="end")
    for x, word in zip(columns, words, strict=True):
        token = canvas.box(x - 52, 346, word, width=104, tint="grey")
        ffn = canvas.box(x - 52, 68, "FFN", width=104, height=46, tint="orange", size=15)
        canvas.arrow(token.top, (x, 302))
        for other in columns:
            canvas.curve((x, 296), (other, 204), bend=0, tint="blue", opacity=0.9 if x == other else 0.5, thick=1.8)
        canvas.dot(x, 296, 4, "blue")
        canvas.dot(x, 204, 4, "blue")
        canvas.arrow((x, 198), ffn.bottom)
        canvas.arrow(ffn.top, (x, 12))
    return canvas
