"""레슨 8의 그림: 메모리가 가는 길, 교사 강요와 한 칸 밀기, 빔 서치의 나무."""

from __future__ import annotations

from autograder.kit.drawings.canvas import Box, Canvas

LAYER = 170.0


def memory_wiring() -> Canvas:
    """인코더를 끝까지 지난 메모리를 디코더의 층마다 넘겨요."""
    canvas = Canvas(
        700,
        296,
        "원문은 인코더의 1층, 2층을 차례로 지나 메모리가 돼요. 번역문은 디코더의 1층, 2층을 지나요. 메모리에서 나온 화살표가 디코더의 1층과 2층 "
        "모두의 크로스 어텐션으로 가고, 키와 값이 돼요. 쿼리는 디코더의 것이에요. 인코더의 층마다 src_mask가, 디코더의 층마다 셀프 어텐션에는 tgt_mask가, "
        "크로스 어텐션에는 src_mask가 쓰여요.",
    )
    heights = (182.0, 96.0)
    encoder = [
        canvas.box(50, y, f"인코더 {i}층", width=LAYER, height=44, tint="orange") for i, y in enumerate(heights, 1)
    ]
    decoder = [
        canvas.box(410, y, f"디코더 {i}층", width=LAYER, height=44, tint="blue") for i, y in enumerate(heights, 1)
    ]
    memory = canvas.box(50, 20, "메모리 (B, S, D)", width=LAYER, height=36, tint="green")
    logits = canvas.box(410, 20, "로짓 (B, T, V)", width=LAYER, height=36, tint="purple")
    for tower, end, words in ((encoder, memory, "원문 + 위치"), (decoder, logits, "번역문 + 위치")):
        canvas.arrow((tower[0].bottom[0], 262), tower[0].bottom)
        canvas.arrow(tower[0].top, tower[1].bottom)
        canvas.arrow(tower[1].top, end.bottom)
        canvas.text(tower[0].bottom[0], 278, words)
    middle = 316.0
    canvas.arrow(
        memory.right, (middle, memory.right[1]), (middle, decoder[0].left[1]), decoder[0].left, tint="green", thick=2
    )
    canvas.arrow((middle, decoder[1].left[1]), decoder[1].left, tint="green", thick=2)
    canvas.dot(middle, decoder[1].left[1], tint="green")
    for y in heights:
        canvas.text(330, y + 36, "키와 값", size=12, anchor="start")
        canvas.text(228, y + 22, "src_mask", size=12, anchor="start", faint=True)
        canvas.text(588, y + 13, "셀프: tgt_mask", size=12, anchor="start", faint=True)
        canvas.text(588, y + 31, "크로스: src_mask", size=12, anchor="start", faint=True)
    return canvas


def teacher_forcing() -> Canvas:
    """정답을 한 칸 밀어 넣고, 자리마다 다음 토큰을 맞혀요."""
    canvas = Canvas(
        640,
        300,
        "교사 강요. 정답 I, go, home, EOS를 오른쪽으로 한 칸 밀면 디코더의 입력 BOS, I, go, home이 돼요. 네 자리가 한꺼번에 계산되고, "
        "자리마다 그 자리까지의 입력만 보고 다음 토큰을 맞혀요. 첫 자리는 BOS를 보고 I를, 둘째 자리는 BOS와 I를 보고 go를 맞혀요. "
        "밀지 않으면 맞힐 토큰이 바로 아래의 입력에 있어요.",
    )
    answers, inputs = ("I", "go", "home", "EOS"), ("BOS", "I", "go", "home")
    xs = [130 + 125 * i for i in range(4)]
    tops = [canvas.box(x, 36, word, width=86, tint="purple") for x, word in zip(xs, answers, strict=True)]
    middle = canvas.box(xs[0], 112, "디코더 (미래는 가려요)", width=xs[3] + 86 - xs[0], height=38, tint="blue")
    bottoms = [
        canvas.box(x, 192, word, width=86, tint="orange" if i else "red")
        for i, (x, word) in enumerate(zip(xs, inputs, strict=True))
    ]
    for top, bottom in zip(tops, bottoms, strict=True):
        canvas.arrow(bottom.top, (bottom.top[0], middle.bottom[1]))
        canvas.arrow((top.bottom[0], middle.top[1]), top.bottom)
    answer = [canvas.box(x, 258, word, width=86, height=28, tint="grey") for x, word in zip(xs, answers, strict=True)]
    for i in range(3):
        canvas.arrow(answer[i].top, bottoms[i + 1].bottom, tint="orange", dashed=True)
    for y, words in ((53, "맞힐 것"), (209, "입력"), (272, "정답")):
        canvas.text(112, y, words, anchor="end")
    canvas.text(xs[3] + 92, 272, "빠져요", size=12, anchor="start", faint=True)
    return canvas


def beam_tree() -> Canvas:
    """장난감 모델의 갈림길과 확률. 그리디의 길과 가장 좋은 길."""
    canvas = Canvas(
        640,
        330,
        "장난감 모델의 나무. '나는' 다음은 '학교에' 0.55와 '집에' 0.45예요. '학교에' 다음은 '간다' 0.40, '뛰어' 0.35, '있다' 0.25라서 문장의 확률이 "
        "0.22, 0.19, 0.14가 돼요. '집에' 다음은 '간다' 0.95, '있다' 0.05라서 0.43과 0.02예요. 그리디는 주황 길로 0.22에 닿고, "
        "가장 좋은 문장은 파란 길의 0.43이에요.",
    )
    root = canvas.box(30, 148, "나는", width=80)
    school = canvas.box(220, 76, "학교에", width=90, tint="orange")
    home = canvas.box(220, 232, "집에", width=90, tint="blue")
    leaves = (
        (school, 26, "간다", 0.40, 0.55, "orange"),
        (school, 86, "뛰어", 0.35, 0.55, "grey"),
        (school, 146, "있다", 0.25, 0.55, "grey"),
        (home, 214, "간다", 0.95, 0.45, "blue"),
        (home, 274, "있다", 0.05, 0.45, "grey"),
    )
    _branch(canvas, root, school, "0.55", "orange")
    _branch(canvas, root, home, "0.45", "blue")
    for parent, y, word, chance, before, tint in leaves:
        leaf = canvas.box(430, y, word, width=80, tint=tint, lit=tint != "grey")
        _branch(canvas, parent, leaf, f"{chance:.2f}", tint if tint != "grey" else "")
        canvas.text(524, y + 17, f"= {chance * before:.2f}", anchor="start", bold=tint == "blue", faint=tint == "grey")
    canvas.text(576, 43, "그리디", size=12, anchor="start", tint="orange")
    canvas.text(576, 231, "빔 2", size=12, anchor="start", tint="blue")
    return canvas


def _branch(canvas: Canvas, start: Box, end: Box, chance: str, tint: str) -> None:
    """부모에서 자식으로 가는 화살표와 그 확률."""
    canvas.arrow(start.right, end.left, tint=tint, lit=bool(tint), thick=2.2 if tint else 1.3)
    across, down = end.left[0] - start.right[0], end.left[1] - start.right[1]
    above = 8 + 13 * abs(down) / across  # 기운 선일수록 글을 더 올려야 겹치지 않아요.
    canvas.text(start.right[0] + 0.62 * across, start.right[1] + 0.62 * down - above, chance, size=12)
