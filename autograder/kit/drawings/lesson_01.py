"""레슨 1의 그림: 벡터 하나의 병목과 모든 상태를 보는 어텐션, 조금씩 섞는 찾아보기, 두 단어 사이의 길."""

from __future__ import annotations

from autograder.kit.drawings.canvas import Box, Canvas

HEARD, SAID = ("가", "나", "다", "라"), ("라", "다", "나", "가")


def _chain(canvas: Canvas, x: float, y: float, names: tuple[str, ...], tint: str, words: tuple[str, ...]) -> list[Box]:
    """왼쪽에서 오른쪽으로 이어지는 RNN의 상태들. `words`는 상태 아래에 적는 글자예요."""
    boxes: list[Box] = []
    for i, name in enumerate(names):
        boxes.append(canvas.box(x + i * 74, y, name, width=46, height=34, tint=tint))
        if i:
            canvas.arrow(boxes[-2].right, boxes[-1].left)
        if words[i]:
            canvas.text(boxes[-1].bottom[0], y + 74, words[i], size=15)
            canvas.arrow((boxes[-1].bottom[0], y + 62), boxes[-1].bottom)
    return boxes


def one_vector() -> Canvas:
    """병목: 인코더의 마지막 상태 하나만 디코더로 가요."""
    canvas = Canvas(
        700,
        190,
        "병목 그림. 인코더 RNN이 가, 나, 다, 라를 차례로 읽으며 상태 h1에서 h4까지를 만들고, 그 가운데 마지막 h4 하나만 좁은 길을 지나 디코더로 가요. "
        "디코더 RNN은 h4에서 시작해 상태 s1에서 s4까지를 만들며 라, 다, 나, 가를 말해요. h1, h2, h3은 버려져요.",
    )
    canvas.text(30, 22, "인코더: 듣기", size=13, anchor="start", faint=True)
    canvas.text(410, 22, "디코더: 거꾸로 말하기", size=13, anchor="start", faint=True)
    heard = _chain(canvas, 30, 82, ("h1", "h2", "h3", "h4"), "orange", HEARD)
    told = _chain(canvas, 410, 82, ("s1", "s2", "s3", "s4"), "purple", ("", "", "", ""))
    canvas.arrow(heard[-1].right, told[0].left, tint="red", thick=3.2)
    canvas.text(354, 134, "벡터 하나", size=13, bold=True, tint="red")
    for box, letter in zip(told, SAID, strict=True):
        canvas.arrow(box.top, (box.top[0], 58))
        canvas.text(box.top[0], 47, letter, size=15)
    for box in heard[:-1]:
        canvas.text(box.top[0], 64, "버림", size=12, faint=True)
    return canvas


def all_states() -> Canvas:
    """어텐션: 말할 때마다 모든 상태를 다시 봐요."""
    canvas = Canvas(
        700,
        300,
        "어텐션 그림. 인코더의 상태 h1에서 h4까지를 하나도 버리지 않아요. 디코더의 상태 s2가 '다'를 말할 차례에 쿼리가 되어 네 상태를 모두 보는데, "
        "h3에서 오는 선이 가장 굵고 나머지 셋은 가늘어요. 어텐션 가중치는 차례로 0.05, 0.12, 0.75, 0.08이에요. 본 만큼 섞은 문맥 벡터 c2가 s2와 함께 '다'를 말하는 데 쓰여요.",
    )
    canvas.text(30, 22, "인코더: 상태를 모두 남겨요", size=13, anchor="start", faint=True)
    canvas.text(410, 22, "디코더: 말할 때마다 다시 찾아봐요", size=13, anchor="start", faint=True)
    heard = _chain(canvas, 30, 182, ("h1", "h2", "h3", "h4"), "orange", HEARD)
    told = _chain(canvas, 410, 182, ("s1", "s2", "s3", "s4"), "purple", ("", "", "", ""))
    canvas.arrow(heard[-1].right, told[0].left)
    mix = canvas.box(250, 70, "문맥 c2", width=90, height=38, tint="blue")
    for box, share in zip(heard, (0.05, 0.12, 0.75, 0.08), strict=True):
        canvas.arrow(
            box.top, (mix.left[0] + 12 + 20 * heard.index(box), mix.bottom[1]), tint="blue", thick=1 + 6 * share
        )
        canvas.text(box.top[0], 280, f"{share:.2f}", size=13, tint="blue", bold=share > 0.5)
    canvas.text(324, 280, "어텐션 가중치", size=12, anchor="start", tint="blue")
    canvas.arrow((told[1].left[0] + 8, told[1].top[1]), (mix.right[0] - 10, mix.bottom[1]), tint="purple", dashed=True)
    canvas.text(428, 136, "쿼리", size=12, tint="purple")
    canvas.text(527, 240, "s2: '둘째 글자를 말할 차례예요'", size=12)
    word = canvas.box(484, 70, "다", width=46, height=38, tint="blue")
    canvas.arrow(mix.right, word.left, tint="blue", thick=2.4)
    canvas.arrow(told[1].top, word.bottom)
    return canvas


def soft_look_up() -> Canvas:
    """사전에서 한 줄을 꺼내는 일과, 닮은 만큼 섞어 꺼내는 일."""
    canvas = Canvas(
        700,
        250,
        "찾아보기 두 가지. 왼쪽은 보통의 사전이에요. 묻는 말 '학교'와 이름이 꼭 같은 한 줄만 100%이고 나머지는 0%라서 그 값 하나가 나와요. "
        "오른쪽은 어텐션이에요. 쿼리 q와 키 셋의 닮은 정도(내적)가 2, 1, 0이고, 비율로 바꾸면 0.665, 0.245, 0.090이에요. 세 값을 그 비율로 섞은 것이 나와요.",
    )
    _table(canvas, 20, "사전: 꼭 같은 이름 하나", "묻는 말 '학교'", ("학교", "집", "공원"), ("1", "0", "0"), "값 1")
    _table(
        canvas,
        370,
        "어텐션: 닮은 만큼 모두",
        "쿼리 q",
        ("키 k1", "키 k2", "키 k3"),
        ("0.665", "0.245", "0.090"),
        "섞은 값",
    )
    return canvas


def _table(
    canvas: Canvas, x: float, title: str, asked: str, keys: tuple[str, ...], shares: tuple[str, ...], out: str
) -> None:
    canvas.text(x, 18, title, size=14, anchor="start", bold=True)
    query = canvas.box(x, 42, asked, width=130, height=34, tint="purple")
    canvas.box(x + 248, 206, out, width=80, height=34, tint="green")
    for row, (key, share) in enumerate(zip(keys, shares, strict=True)):
        y = 96 + 36 * row
        left = canvas.box(x + 20, y, key, width=76, height=28, tint="blue")
        right = canvas.box(x + 150, y, f"값 {row + 1}", width=60, height=28, tint="orange")
        weak = float(share) == 0
        canvas.arrow(left.right, right.left, lit=not weak, dashed=weak)
        canvas.text(x + 218, y + 14, f"× {share}", size=13, anchor="start", faint=weak)
        canvas.arrow((x + 278, y + 14), (x + 292, y + 14), lit=not weak, head=False)
    canvas.arrow((query.left[0] + 8, 76), (query.left[0] + 8, 182), head=False)
    for row in range(len(keys)):
        canvas.arrow((query.left[0] + 8, 110 + 36 * row), (x + 20, 110 + 36 * row))
    canvas.arrow((x + 292, 110), (x + 292, 206))


def path_between_words() -> Canvas:
    """가장 먼 두 단어 사이: RNN은 n−1스텝, 셀프 어텐션은 한 스텝."""
    canvas = Canvas(
        700,
        230,
        "두 단어 사이의 길. '10년 전 파리에서 샀던 빵'의 다섯 단어가 두 번 놓여 있어요. 왼쪽 RNN에서는 첫 단어 '10년'의 신호가 옆으로 한 스텝씩 네 번 건너야 "
        "마지막 '빵'에 닿아요. 오른쪽 셀프 어텐션에서는 '빵'이 다섯 단어 모두를 바로 봐서 어느 단어든 한 스텝이에요.",
    )
    words = ("10년", "전", "파리에서", "샀던", "빵")
    for x, title in ((10, "RNN: n − 1 = 4스텝"), (365, "셀프 어텐션: 1스텝")):
        canvas.text(x, 22, title, size=14, anchor="start", bold=True)
    row = [
        canvas.box(10 + 68 * i, 150, word, width=50, height=34, tint="orange", size=11) for i, word in enumerate(words)
    ]
    for i, (one, other) in enumerate(zip(row, row[1:], strict=False)):
        canvas.arrow(one.right, other.left, tint="red", thick=2.6)
        canvas.text((one.right[0] + other.left[0]) / 2, 132, str(i + 1), size=13, tint="red", bold=True)
    seen = [
        canvas.box(365 + 68 * i, 150, word, width=50, height=34, tint="blue", size=11) for i, word in enumerate(words)
    ]
    top = canvas.box(365 + 68 * 4, 56, "새 빵", width=50, height=34, tint="green", size=12)
    for i, box in enumerate(seen):
        canvas.arrow(box.top, (top.left[0] + 7 + 9 * i, top.bottom[1]), tint="blue", thick=2)
    canvas.text(167, 206, "앞 스텝이 끝나야 다음 스텝", size=12, faint=True)
    canvas.text(522, 206, "서로 기다리지 않아요", size=12, faint=True)
    return canvas
