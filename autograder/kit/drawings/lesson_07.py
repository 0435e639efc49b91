"""레슨 7의 그림: 한 어절을 자르는 네 가지 크기, BPE가 붙이는 차례, 글에서 글까지의 한 바퀴."""

from __future__ import annotations

import unicodedata

from autograder.kit.drawings.canvas import Box, Canvas

WORD = "학교에서는"


def pieces_of_a_word() -> Canvas:
    """어절 하나를 단어, 음절, 자모, 바이트로. 음절마다 한 기둥이에요."""
    canvas = Canvas(
        720,
        312,
        "'학교에서는'을 네 가지 크기로 자른 그림. 단어로는 한 칸이지만 사전에 없으면 통째로 몰라요. 음절로는 학, 교, 에, 서, 는 다섯 칸, "
        "자모로는 ㅎㅏㄱ, ㄱㅛ, ㅇㅔ, ㅅㅓ, ㄴㅡㄴ 열두 칸, 바이트로는 음절마다 세 칸씩 열다섯 칸이에요. 바이트는 자모가 아니라 음절을 적은 것이에요. "
        "아래로 갈수록 모르는 것은 없어지고 칸은 늘어나요.",
    )
    left, width, gap = 96.0, 96.0, 8.0
    whole = width * len(WORD) - gap
    for row, (name, many) in enumerate((("단어", 1), ("음절", 5), ("자모", 12), ("바이트", 15))):
        y = 34.0 + 68 * row
        canvas.text(84, y + 17, name, size=14, anchor="end", bold=True)
        canvas.text(left + whole + 56, y + 17, f"{many}칸", size=14)
    canvas.text(left + whole + 56, 14, "토큰", size=12, faint=True)
    word = canvas.box(left, 34, WORD, width=whole, tint="red", size=16)
    for number, syllable in enumerate(WORD):
        x = left + width * number
        one = canvas.box(x, 102, syllable, width=width - gap, tint="orange", size=16)
        canvas.arrow((one.top[0], word.y + word.height), one.top, lit=False, head=False)
        letters = [_letter(part) for part in unicodedata.normalize("NFD", syllable)]
        codes = [f"{byte:02X}" for byte in syllable.encode()]
        _split(canvas, one, letters, y=170, tint="green", size=15)
        _split(canvas, one, codes, y=238, tint="blue", size=12)
    note = "바이트는 자모가 아니라 음절을 적은 거예요. 한글 음절은 어느 것이나 세 바이트예요."
    canvas.text(left, 296, note, size=12, anchor="start", faint=True)
    return canvas


def _letter(part: str) -> str:
    """첫가끝 자모를 눈에 보이는 자모로."""
    return unicodedata.lookup("HANGUL LETTER " + unicodedata.name(part).rpartition(" ")[2])


def _split(canvas: Canvas, above: Box, parts: list[str], *, y: float, tint: str, size: float) -> None:
    gap = 3.0
    width = (above.width - gap * (len(parts) - 1)) / len(parts)
    for number, part in enumerate(parts):
        canvas.box(above.x + (width + gap) * number, y, part, width=width, tint=tint, size=size)


def bpe_merges() -> Canvas:
    """토큰 다섯이 세 번 붙어 둘이 되는 차례. 붙을 쌍은 환하게."""
    steps = (
        (("▁", "학", "교", "에", "서"), (3, 4), "(에, 서)를 붙여요"),
        (("▁", "학", "교", "에서"), (1, 2), "(학, 교)를 붙여요"),
        (("▁", "학교", "에서"), (0, 1), "(▁, 학교)를 붙여요"),
        (("▁학교", "에서"), (), "명사와 조사가 남았어요"),
    )
    canvas = Canvas(
        660,
        292,
        "'학교에서'에 쌍을 세 번 붙이는 그림. 처음에는 ▁, 학, 교, 에, 서 다섯 토큰이에요. (에, 서)를 붙이면 네 토큰, (학, 교)를 붙이면 세 토큰, "
        "(▁, 학교)를 붙이면 ▁학교와 에서 두 토큰이 남아요.",
    )
    unit, left = 62.0, 96.0
    for row, (tokens, pair, said) in enumerate(steps):
        y, x = 20.0 + 72 * row, left
        canvas.text(84, y + 17, f"{len(tokens)}토큰", size=14, anchor="end", bold=True)
        boxes = []
        for number, token in enumerate(tokens):
            chosen = number in pair
            whole = len(token) > 1
            tint = "orange" if chosen else "green" if whole else "grey"
            boxes.append(canvas.box(x, y, token, width=unit * len(token) - 8, tint=tint, size=16))
            x += unit * len(token)
        canvas.text(430, y + 17, said, size=14, anchor="start")
        if pair:
            first, second = boxes[pair[0]], boxes[pair[1]]
            middle = (first.x + second.x + second.width) / 2
            canvas.arrow((middle, y + 38), (middle, y + 68), tint="orange")
    return canvas


def text_and_back() -> Canvas:
    """글에서 벡터까지 가는 윗길과 로짓에서 글로 오는 아랫길. 표 E 하나를 함께 써요."""
    canvas = Canvas(
        760,
        300,
        "글에서 글까지의 한 바퀴. 윗길은 글 '학교에서는'을 bpe_encode로 조각 ▁, 학교, 에서, 는으로 자르고, 어휘로 번호를 찾고, embed가 표 E의 행을 꺼내 벡터로 만들어요. "
        "벡터는 모델을 지나요. 아랫길은 tied_logits가 같은 표 E와 내적해 로짓을 만들고, 가장 큰 로짓의 번호를 골라, 어휘로 조각을 찾고 이어서 글로 돌아와요. "
        "어휘에 없는 글자는 <unk>로 돌아와요.",
    )
    xs, top, bottom, width = (16.0, 176.0, 356.0, 536.0), 42.0, 222.0, 116.0
    upper = [
        canvas.box(xs[0], top, "글\n학교에서는", width=width, height=48, tint="grey"),
        canvas.box(xs[1], top, "조각\n▁ 학교 에서 는", width=width + 20, height=48, tint="orange", size=13),
        canvas.box(xs[2], top, "번호\n(B, T)", width=width, height=48, tint="green"),
        canvas.box(xs[3], top, "벡터\n(B, T, D)", width=width, height=48, tint="blue"),
    ]
    lower = [
        canvas.box(xs[0], bottom, "글\n학교에서는", width=width, height=48, tint="grey"),
        canvas.box(xs[1], bottom, "조각\n▁ 학교 에서 는", width=width + 20, height=48, tint="orange", size=13),
        canvas.box(xs[2], bottom, "번호\n(B, T)", width=width, height=48, tint="green"),
        canvas.box(xs[3], bottom, "로짓\n(B, T, V)", width=width, height=48, tint="blue"),
    ]
    for start, end in zip(upper, upper[1:], strict=False):
        canvas.arrow(start.right, end.left)
    for start, end in zip(lower, lower[1:], strict=False):
        canvas.arrow(end.left, start.right)
    for x, said in ((154, "bpe_encode"), (334, "어휘"), (504, "embed")):
        canvas.text(x, 26, said, size=12)
    for x, said in ((154, "이어 붙이기"), (334, "어휘"), (504, "가장 큰 것")):
        canvas.text(x, 288, said, size=12)
    model = canvas.box(690, 130, "모델\n(레슨 8)", width=66, height=52, tint="purple", size=13, dashed=True)
    canvas.arrow(upper[3].right, (model.top[0], upper[3].right[1]), model.top)
    canvas.arrow(model.bottom, (model.bottom[0], lower[3].right[1]), lower[3].right)
    table = canvas.box(540, 138, "표 E (V, D)", width=108, height=36, tint="purple")
    canvas.arrow(table.top, upper[3].bottom, tint="purple")
    canvas.arrow(table.bottom, lower[3].top, tint="purple")
    canvas.text(526, 156, "표 하나를 함께: embed와 tied_logits", size=12, anchor="end")
    canvas.text(16, 156, "모르는 글자는 <unk>로 남아요", size=12, anchor="start", faint=True)
    return canvas
