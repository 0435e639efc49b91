"""레슨 2의 그림: 시계 바늘로 적은 위치, 단어에 더한 위치, k칸 옮기는 회전."""

from __future__ import annotations

import math

from autograder.kit.drawings.canvas import Canvas, Point

TURNS = 48  # 원 하나를 그리는 꺾은선의 마디


def position_clocks() -> Canvas:
    """위치 여섯을 저마다 빠르기가 다른 바늘 셋으로 적어요(d_model = 6)."""
    positions, hands = (0, 1, 2, 5, 20, 100), (("blue", "6.3칸"), ("orange", "135칸"), ("green", "2916칸"))
    canvas = Canvas(
        660,
        352,
        "위치 0, 1, 2, 5, 20, 100을 바늘 셋으로 적은 그림. 세로 한 줄이 위치 하나의 이름표예요. 바늘은 모두 오른쪽을 가리키며 출발해 "
        "시계 반대 방향으로 돌아요. 짝 0은 6.3칸에 한 바퀴라 위치마다 크게 달라지고, 짝 1은 135칸에 한 바퀴라 위치 20에서 "
        "53도쯤 위를 가리키고 위치 100에서는 반 바퀴를 훌쩍 넘겼고, 짝 2는 2916칸에 한 바퀴라 위치 100에서야 12도쯤 올라가요.",
    )
    canvas.text(74, 18, "한 바퀴", size=12, faint=True)
    for row, (tint, lap) in enumerate(hands):
        y = 84 + 94 * row
        canvas.text(74, y - 10, f"짝 {row}", size=14, bold=True, tint=tint)
        canvas.text(74, y + 10, lap, size=12)
    for column, position in enumerate(positions):
        x = 168 + 88 * column
        canvas.box(x - 40, 34, width=80, height=288, tint="purple", lit=False)
        canvas.text(x, 18, f"위치 {position}", size=13, bold=True)
        for row, (tint, _) in enumerate(hands):
            _clock(canvas, (x, 84 + 94 * row), 32, position * 10000 ** (-row / 3), tint)
    canvas.text(388, 338, "세로 한 줄이 그 위치의 이름표예요", size=12, faint=True)
    return canvas


def adding_positions() -> Canvas:
    """같은 단어 셋을 두 차례로 놓고 위치를 더해요."""
    canvas = Canvas(
        660,
        350,
        "문장 둘을 위아래로 견준 그림. '안 먹고 잤다'와 '먹고 안 잤다'는 단어 셋이 같아요. 첫 자리의 단어에는 위치 0, 둘째에는 위치 1, "
        "셋째에는 위치 2를 더해요. 위 문장은 '안 + 위치 0', '먹고 + 위치 1', '잤다 + 위치 2'가 되고 아래 문장은 '먹고 + 위치 0', '안 + 위치 1', '잤다 + 위치 2'가 돼요. "
        "더하기 전에는 단어의 모음이 같지만 더한 뒤에는 '안'과 '먹고'의 벡터가 두 문장에서 서로 달라요.",
    )
    tints = {"안": "blue", "먹고": "orange", "잤다": "green"}
    for half, words in enumerate((("안", "먹고", "잤다"), ("먹고", "안", "잤다"))):
        top = 34 + 180 * half
        for row, name in enumerate(("임베딩", "위치 표의 줄", "어텐션이 받는 것")):
            canvas.text(150, top + 16 + 48 * row, name, size=12, anchor="end", faint=row < 2)
        for place, word in enumerate(words):
            x = 170 + 160 * place
            meaning = canvas.box(x, top, word, width=126, height=32, tint=tints[word])
            position = canvas.box(x, top + 48, f"위치 {place}", width=126, height=32, tint="purple")
            both = canvas.box(x, top + 96, f"{word} + 위치 {place}", width=126, size=13, height=32, tint=tints[word])
            canvas.text(x + 63, top + 40, "+", size=15, bold=True)
            canvas.arrow(position.bottom, both.top)
            assert meaning.bottom[0] == both.top[0]
    canvas.text(395, 16, "안 먹고 잤다", size=14, bold=True)
    canvas.text(395, 196, "먹고 안 잤다", size=14, bold=True)
    return canvas


def shift_rotation() -> Canvas:
    """빠른 바늘과 느린 바늘. 어느 위치에서 출발해도 k칸은 같은 각도예요."""
    canvas = Canvas(
        660,
        322,
        "원 둘. 왼쪽은 빠른 바늘, 오른쪽은 느린 바늘이에요. 원마다 위치 p에서 p+k로 가는 굽은 화살표와 위치 q에서 q+k로 가는 굽은 화살표가 있어요. "
        "한 원 안에서 두 화살표의 각도는 같아요. 왼쪽은 두 각도가 모두 k 곱하기 빠른 바늘의 빠르기, 오른쪽은 더 작은 각도로 "
        "k 곱하기 느린 바늘의 빠르기예요. 각도는 바늘마다 다르고, 어느 위치에서 출발했는지와는 상관없어요.",
    )
    clocks = (
        ((180, 166), "blue", 80.0, (10.0, 150.0), "빠른 바늘"),
        ((480, 166), "orange", 28.0, (25.0, 110.0), "느린 바늘"),
    )
    for center, tint, turn, starts, name in clocks:
        _ring(canvas, center, 92)
        canvas.text(center[0], 20, name, size=14, bold=True, tint=tint)
        for start, letter in zip(starts, "pq", strict=True):
            for angle, label in ((start, letter), (start + turn, f"{letter}+k")):
                tip = _at(center, 92, angle)
                canvas.arrow(center, tip, head=False, tint=tint, thick=1.3, dashed=label != letter)
                canvas.dot(*tip, 4, tint)
                x, y = _at(center, 114, angle)
                canvas.text(x, y, label, size=13)
            arc = [_at(center, 52, start + turn * step / 16) for step in range(17)]
            canvas.arrow(*arc, tint=tint, thick=2)
            canvas.text(*_at(center, 68, start + turn / 2), "φ", size=14, bold=True)
    canvas.text(180, 302, "φ = k × 빠른 바늘의 빠르기", size=12)
    canvas.text(480, 302, "φ = k × 느린 바늘의 빠르기", size=12)
    return canvas


def _clock(canvas: Canvas, center: Point, radius: float, angle: float, tint: str) -> None:
    """`angle`라디안만큼 돈 바늘. 오른쪽에서 출발해 시계 반대 방향으로 돌아요."""
    _ring(canvas, center, radius)
    canvas.arrow(center, (center[0] + radius, center[1]), head=False, lit=False, thick=1, dashed=True)
    canvas.arrow(center, _at(center, radius - 2, math.degrees(angle)), tint=tint, thick=2.4)


def _ring(canvas: Canvas, center: Point, radius: float) -> None:
    canvas.arrow(*(_at(center, radius, 360 * n / TURNS) for n in range(TURNS + 1)), head=False, lit=False, thick=1.2)


def _at(center: Point, radius: float, degrees: float) -> Point:
    angle = math.radians(degrees)
    return center[0] + radius * math.cos(angle), center[1] - radius * math.sin(angle)
