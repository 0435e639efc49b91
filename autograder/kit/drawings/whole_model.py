"""Transformer 전체. 레슨마다 그 레슨이 만드는 조각만 환하게 칠해요(논문의 그림 1을 우리 식으로)."""

from __future__ import annotations

from autograder.kit.drawings.canvas import Box, Canvas, Point

# 조각의 이름, 글, 색. 아래에서 위로 쌓아요.
ENCODER = (
    ("attention", "멀티 헤드 셀프 어텐션", "blue"),
    ("norm", "더하고 정규화", "green"),
    ("ffn", "피드포워드", "orange"),
    ("norm", "더하고 정규화", "green"),
)
DECODER = (
    ("attention", "가린 셀프 어텐션", "blue"),
    ("norm", "더하고 정규화", "green"),
    ("cross", "크로스 어텐션", "blue"),
    ("norm", "더하고 정규화", "green"),
    ("ffn", "피드포워드", "orange"),
    ("norm", "더하고 정규화", "green"),
)
NAMES = {
    "embedding": "임베딩",
    "positions": "위치 인코딩",
    "attention": "셀프 어텐션",
    "cross": "크로스 어텐션",
    "norm": "잔차와 정규화",
    "ffn": "피드포워드",
    "output": "출력층",
}
WIDTH, HEIGHT, STEP = 190.0, 32.0, 46.0


def transformer(lit: str | tuple[str, ...] = tuple(NAMES)) -> Canvas:
    """인코더와 디코더. `lit`은 환하게 칠할 조각의 이름들이에요(NAMES의 열쇠)."""
    chosen = (lit,) if isinstance(lit, str) else lit
    here = ", ".join(NAMES[name] for name in chosen)
    what = "" if set(chosen) == set(NAMES) else f" 이 레슨에서 만드는 {here} 조각이 환하게 칠해져 있어요."
    canvas = Canvas(
        660,
        540,
        "Transformer 전체 그림. 왼쪽 인코더는 아래에서 위로 임베딩, 위치 인코딩, 셀프 어텐션, 피드포워드가 이어지고, 오른쪽 디코더는 가린 셀프 어텐션, "
        f"인코더의 출력을 보는 크로스 어텐션, 피드포워드를 지나 다음 토큰의 확률을 내요.{what}",
    )
    left, right, floor = 90.0, 400.0, 440.0
    source = _column(canvas, left, floor, "원문: 나는 학교에 간다", ENCODER, chosen, "인코더 ×N")
    target = _column(canvas, right, floor, "번역문: <bos> I go to school", DECODER, chosen, "디코더 ×N")
    memory = source[-1].top
    cross = target[4]  # 입력 둘, 셀프 어텐션과 정규화 다음이 크로스 어텐션이에요.
    bend = memory[1] - 22
    canvas.arrow(memory, (memory[0], bend), (346, bend), (346, cross.left[1]), cross.left, tint="blue", thick=2)
    canvas.text(318, bend - 12, "메모리 (B, S, D)", size=12)
    output = canvas.box(
        right, 46, "출력층과 소프트맥스", width=WIDTH, height=HEIGHT, tint="purple", lit="output" in chosen
    )
    canvas.arrow(target[-1].top, output.bottom)
    canvas.arrow(output.top, (output.top[0], 30))
    canvas.text(output.top[0], 18, "다음 토큰의 확률: I go to school <eos>", size=12)
    return canvas


def _column(
    canvas: Canvas,
    x: float,
    floor: float,
    words: str,
    parts: tuple[tuple[str, str, str], ...],
    chosen: tuple[str, ...],
    name: str,
) -> list[Box]:
    """한 기둥: 아래의 입력에서 위로. 놓인 상자들을 아래부터 돌려줘요."""
    middle = x + WIDTH / 2
    canvas.text(middle, floor + 88, words, size=12)
    embedding = canvas.box(
        x, floor + 40, "임베딩", width=WIDTH, height=HEIGHT, tint="purple", lit="embedding" in chosen
    )
    position = canvas.box(
        x, floor - 4, "+ 위치 인코딩", width=WIDTH, height=HEIGHT, tint="purple", lit="positions" in chosen
    )
    canvas.arrow(embedding.top, position.bottom)
    boxes = [embedding, position]
    top = floor - 24 - STEP * len(parts)
    canvas.box(x - 32, top - 8, width=WIDTH + 50, height=STEP * len(parts) + 22, tint="grey", lit=False, dashed=True)
    canvas.text(x - 26, top - 20, name, size=12, anchor="start", faint=True)
    y = floor - 24 - STEP
    entered: Point = position.top
    for part, text, tint in parts:
        box = canvas.box(x, y, text, width=WIDTH, height=HEIGHT, tint=tint, lit=part in chosen)
        canvas.arrow(boxes[-1].top, box.bottom)
        if part == "norm":  # 부분층을 건너뛰는 길
            skip = x - 16
            start = entered[1] - 4
            canvas.arrow(
                (middle, start),
                (skip, start),
                (skip, box.left[1]),
                box.left,
                tint="green",
                lit="norm" in chosen,
                thick=1.3,
            )
            entered = box.top
        boxes.append(box)
        y -= STEP
    return boxes
