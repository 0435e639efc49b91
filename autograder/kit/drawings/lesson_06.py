"""레슨 6의 그림: 헤드로 나누고 합치기, 셀프와 크로스 어텐션, 자라는 KV 캐시."""

from __future__ import annotations

from autograder.kit.drawings.canvas import Box, Canvas

HEADS = ("blue", "orange", "green")
CELL = 25.0


def heads_split_and_merged() -> Canvas:
    """토큰 둘, 너비 6, 헤드 셋: 나누고, 따로 보고, 합쳐서 W_o로 섞어요."""
    canvas = Canvas(
        760,
        316,
        "헤드로 나누고 합치는 그림. 왼쪽에 토큰 둘이 0부터 5까지, 6부터 11까지 여섯 칸씩 들고 있고 모양은 (B, T, D)예요. 앞의 두 칸은 헤드 1, "
        "가운데 두 칸은 헤드 2, 뒤의 두 칸은 헤드 3이 가져가서 헤드마다 두 토큰의 두 칸짜리 조각만 남아요. 모양은 (B, H, T, K)예요. "
        "헤드마다 따로 어텐션을 하고, 토큰마다 세 헤드의 결과를 차례로 옆에 이어 붙여 다시 (B, T, D)가 되면 W_o가 섞어요.",
    )
    whole = _numbers(canvas, 58, 132, range(6), rows=("토큰 1", "토큰 2"))
    canvas.text(whole.bottom[0], 198, "(B, T, D)", size=12, faint=True)
    joined = _numbers(canvas, 500, 132, range(6), mark="′")
    canvas.text(joined.bottom[0], 198, "(B, T, D)", size=12, faint=True)
    for head, tint in enumerate(HEADS):
        piece = _numbers(canvas, 272, 48 + 84 * head, range(2 * head, 2 * head + 2))
        middle = piece.left[1]
        canvas.text(piece.top[0], piece.y - 14, f"헤드 {head + 1}", size=13, tint=tint, bold=True)
        attention = canvas.box(348, middle - 20, "어텐션", width=78, height=40, tint=tint)
        there = whole.x + CELL * (2 * head + 1), joined.x + CELL * (2 * head + 1)  # 이 헤드의 두 칸 가운데
        edge = (whole.y - 4, 0, whole.y + whole.height + 4)[head]
        away = [(there[0], edge), (there[0], middle)] if edge else [(whole.right[0] + 4, middle)]
        back = [(there[1], middle), (there[1], edge)] if edge else [(joined.x - 4, middle)]
        canvas.arrow(*away, (piece.x - 4, middle), tint=tint)
        canvas.arrow((piece.right[0] + 4, middle), attention.left, tint=tint)
        canvas.arrow(attention.right, *back, tint=tint)
    canvas.text(341, 298, "(B, H, T, K)", size=12, faint=True)
    canvas.text(196, 24, "나누기", bold=True)
    canvas.text(466, 24, "합치기", bold=True)
    mix = canvas.box(684, 137, "× W_o", width=64, height=40, tint="purple")
    canvas.arrow((joined.right[0] + 4, joined.right[1]), mix.left)
    canvas.text(mix.bottom[0], 198, "(B, T, D)", size=12, faint=True)
    return canvas


def _numbers(canvas: Canvas, x: float, y: float, columns: range, rows: tuple[str, ...] = (), mark: str = "") -> Box:
    """두 토큰의 칸들. 칸의 색은 가져가는 헤드의 색이에요."""
    cells = [[f"{6 * token + column}{mark}" for column in columns] for token in range(2)]
    tints = {f"{6 * token + column}{mark}": HEADS[column // 2] for token in range(2) for column in columns}
    return canvas.grid(x, y, cells, rows=rows, cell=CELL, tints=tints, size=11)


def self_and_cross_attention() -> Canvas:
    """셀프 어텐션은 한 문장에서, 크로스 어텐션은 두 문장에서 쿼리와 키, 값을 만들어요."""
    canvas = Canvas(
        760,
        330,
        "셀프 어텐션과 크로스 어텐션을 나란히 놓은 그림. 왼쪽 셀프 어텐션은 쿼리와 키와 값이 모두 같은 문장 x에서 나오고 가중치는 (T, T)예요. "
        "오른쪽 크로스 어텐션은 쿼리가 디코더의 x에서, 키와 값이 인코더의 출력인 메모리에서 나오고 가중치는 (T, S)예요. "
        "출력은 둘 다 쿼리의 길이를 따라 (T, D)예요.",
    )
    _attention(canvas, 30, "셀프 어텐션", "가중치 (T, T)", ((30, 288, "x (T, D)", "blue"),), (0, 0, 0))
    two = ((410, 96, "x (T, D)", "blue"), (526, 172, "메모리 (S, D)", "orange"))
    _attention(canvas, 410, "크로스 어텐션", "가중치 (T, S)", two, (0, 1, 1))
    canvas.text(458, 314, "디코더가 물어요", size=12, faint=True)
    canvas.text(612, 314, "인코더가 답해요", size=12, faint=True)
    canvas.text(174, 314, "한 문장이 묻고 답해요", size=12, faint=True)
    return canvas


def _attention(
    canvas: Canvas,
    x: float,
    title: str,
    weights: str,
    inputs: tuple[tuple[float, float, str, str], ...],
    source: tuple[int, int, int],
) -> None:
    """어텐션 하나. `inputs`는 입력 상자의 (왼쪽, 너비, 글, 색), `source`는 쿼리, 키, 값이 나오는 입력의 번호예요."""
    canvas.text(x + 144, 18, title, size=15, bold=True)
    middle = canvas.box(x, 92, f"어텐션: {weights}", width=288, height=38, tint="purple")
    canvas.arrow(middle.top, (middle.top[0], 58))
    canvas.text(middle.top[0], 46, "출력 (T, D)", size=13)
    given = [canvas.box(left, 260, text, width=width, height=36, tint=tint) for left, width, text, tint in inputs]
    for place, (name, W) in enumerate((("쿼리", "W_q"), ("키", "W_k"), ("값", "W_v"))):
        left = x + 96 * place
        whose = source[place]
        box = canvas.box(left + 8, 170, name, width=80, height=34, tint=inputs[whose][3])
        canvas.arrow(box.top, (box.top[0], 130))
        canvas.arrow((box.bottom[0], given[whose].y), box.bottom, tint=inputs[whose][3])
        canvas.text(box.bottom[0] + 8, 232, W, size=12, anchor="start", faint=True)


def kv_cache_growing() -> Canvas:
    """스텝마다 새 쿼리, 키, 값은 하나뿐이고, 지난 키와 값은 캐시에서 꺼내 앞에 이어요."""
    canvas = Canvas(
        700,
        262,
        "KV 캐시가 자라는 그림. 첫째 스텝에는 쿼리 q1, 키 k1, 값 v1을 새로 만들어요. 둘째 스텝에는 q2, k2, v2만 새로 만들고 k1과 v1은 캐시에서 꺼내요. "
        "셋째와 넷째 스텝도 마찬가지라 새로 만드는 것은 언제나 하나씩이고, 캐시의 키와 값은 한 칸씩 길어져요. 지난 쿼리는 담아 두지 않아요.",
    )
    canvas.text(142, 20, "쿼리", bold=True)
    canvas.text(304, 20, "키", bold=True)
    canvas.text(540, 20, "값", bold=True)
    for step in range(1, 5):
        y = 38 + 44 * (step - 1)
        canvas.text(24, y + 17, f"{step}스텝", anchor="start")
        canvas.grid(120, y, [[f"q{step}"]], cell=36, tints={f"q{step}": "orange"})
        for x, name in ((232, "k"), (468, "v")):
            row = [f"{name}{t}" for t in range(1, step + 1)]
            canvas.grid(x, y, [row], cell=36, tints={row[-1]: "blue" if name == "k" else "green"})
        canvas.arrow((162, y + 18), (226, y + 18), lit=False)
    canvas.text(350, 240, "색칠한 칸은 이번에 새로 계산한 것, 흐린 칸은 캐시에서 꺼낸 것", size=13)
    return canvas
