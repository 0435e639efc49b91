"""레슨 5의 그림: 세 겹의 반복문과 행렬 곱 하나, 어텐션의 흐름과 모양, 두 마스크와 그 교집합."""

from __future__ import annotations

from autograder.kit.drawings.canvas import Canvas

WORDS = ("나는", "은행에", "가서", "돈을", "찾았다")
MARKS = {"○": "blue"}


def attention_loops() -> Canvas:
    """같은 점수표: 왼쪽은 한 칸씩 채우는 반복문, 오른쪽은 한꺼번에 채우는 행렬 곱."""
    canvas = Canvas(
        720,
        300,
        "같은 점수표를 채우는 두 길. 왼쪽은 세 겹의 반복문이에요. 묻는 토큰 t마다, 보이는 토큰 s마다, 성분 i마다 q[t, i]와 k[s, i]를 곱해 더해서 한 칸씩 채워요. "
        "지금은 '찾았다' 행, '돈을' 열의 칸이에요. 오른쪽은 행렬 곱 하나예요. Q (T, K)와 K의 두 축을 맞바꾼 (K, S)를 곱하면 (T, S)의 모든 칸이 한꺼번에 채워져요.",
    )
    canvas.text(20, 20, "세 겹의 반복문: 한 칸씩", size=15, anchor="start", bold=True)
    loops = (("t마다: 묻는 토큰", 20, 208), ("s마다: 보이는 토큰", 34, 180), ("i마다: 성분", 48, 152))
    for depth, (name, x, width) in enumerate(loops):
        canvas.box(x, 46 + 36 * depth, width=width, height=200 - 50 * depth, tint="orange", lit=False)
        canvas.text(x + 10, 62 + 36 * depth, name, size=13, anchor="start")
    canvas.text(124, 174, "q[t, i] × k[s, i]", size=13)
    canvas.text(124, 200, "를 더해요", size=13)

    cells = [[""] * 5 for _ in WORDS]
    cells[4][3] = "●"
    table = canvas.grid(306, 84, cells, rows=WORDS, cell=28, tints={"●": "orange"}, size=12)
    canvas.text(table.top[0], 50, "점수 (T, S)", size=13)
    canvas.text(404, 73, "돈을", size=12)
    canvas.arrow((228, 238), (404, 238), (404, 224), tint="orange")

    canvas.text(476, 20, "행렬 곱 하나: 모든 칸을 함께", size=15, anchor="start", bold=True)
    queries = canvas.box(478, 112, "Q\n(T, K)", width=64, height=112, tint="blue")
    canvas.text(558, 168, "×", size=20)
    keys = canvas.box(574, 84, "Kᵀ\n(K, S)", width=116, height=58, tint="blue")
    filled = canvas.box(574, 156, "QKᵀ (T, S)", width=116, height=112, tint="green")
    canvas.arrow((542, 200), (574, 200), tint="blue")
    canvas.arrow(keys.bottom, filled.top, tint="blue")
    canvas.text(queries.top[0], 96, "행: 쿼리", size=12)
    canvas.text(keys.top[0], 68, "열: 키", size=12)
    canvas.text(360, 284, "칸의 값은 같아요. 오른쪽은 곱셈과 덧셈을 컴퓨터가 한꺼번에 해요.", size=13)
    return canvas


def attention_flow() -> Canvas:
    """x에서 출력까지, 모양과 그것을 만드는 실습의 번호."""
    canvas = Canvas(
        720,
        430,
        "셀프 어텐션의 흐름, 왼쪽에서 오른쪽으로. 입력 x (B, T, D)에 가중치 행렬 W_q, W_k, W_v를 곱해 쿼리 Q (B, T, K), 키 K (B, T, K), 값 V (B, T, Kv)를 만들어요. "
        "Q와 K로 점수를 구해 √d_k로 나누고(실습 5-2), 패딩 마스크와 인과 마스크(5-3, 5-4)로 가린 다음 소프트맥스로 가중치를 얻고(5-1, 5-5), 가중치로 V를 섞어 출력 (B, T, Kv)를 내요(5-6). "
        "전체가 셀프 어텐션(5-7)이고, 점수와 가중치의 모양은 (B, T, T)예요.",
    )
    canvas.box(8, 44, width=704, height=378, tint="grey", lit=False, dashed=True)
    canvas.text(20, 24, "5-7 셀프 어텐션", size=14, anchor="start", bold=True)
    source = canvas.box(24, 212, "x\n(B, T, D)", width=84, height=52, tint="purple")
    rows = (("W_q", "쿼리 Q", "(B, T, K)", 80), ("W_k", "키 K", "(B, T, K)", 168), ("W_v", "값 V", "(B, T, Kv)", 352))
    made = []
    for matrix, name, shape, y in rows:
        weights = canvas.box(146, y, matrix, width=54, height=52, tint="orange")
        result = canvas.box(226, y, f"{name}\n{shape}", width=96, height=52, tint="blue")
        canvas.arrow(source.right, (126, source.right[1]), (126, weights.left[1]), weights.left)
        canvas.arrow(weights.right, result.left)
        made.append(result)
    query, key, value = made

    scores = canvas.box(360, 112, "점수 QKᵀ ÷ √d_k\n(B, T, T)", width=140, height=64, tint="green")
    canvas.text(scores.top[0], 98, "5-2", size=13, bold=True)
    canvas.arrow(query.right, (342, query.right[1]), (342, 130), (360, 130))
    canvas.arrow(key.right, (342, key.right[1]), (342, 158), (360, 158))
    masks = canvas.box(360, 214, "마스크 ○ ×\n(B, T, T)", width=140, height=52, tint="grey")
    canvas.text(masks.bottom[0], 280, "5-3, 5-4", size=13, bold=True)
    weights = canvas.box(548, 140, "소프트맥스\n가중치 (B, T, T)", width=148, height=64, tint="green")
    canvas.text(weights.top[0], 126, "5-1, 5-5", size=13, bold=True)
    canvas.arrow(scores.right, (524, scores.right[1]), (524, 158), (548, 158))
    canvas.arrow(masks.right, (524, masks.right[1]), (524, 188), (548, 188))
    mixed = canvas.box(548, 272, "가중치 × V", width=148, height=44, tint="green")
    canvas.text(538, 284, "5-6", size=13, bold=True, anchor="end")
    canvas.arrow(weights.bottom, mixed.top)
    canvas.arrow(value.right, (524, value.right[1]), (524, 304), (548, 304))
    output = canvas.box(548, 352, "출력\n(B, T, Kv)", width=148, height=52, tint="purple")
    canvas.arrow(mixed.bottom, output.top)
    return canvas


def attention_masks() -> Canvas:
    """'나는 간다 [PAD]'의 패딩 마스크, 인과 마스크, 둘의 &."""
    canvas = Canvas(
        720,
        250,
        "길이 3인 문장 '나는 간다 [PAD]'의 마스크 셋. 동그라미는 볼 수 있음, 가위표는 가림이에요. 패딩 마스크는 모든 행에서 [PAD] 열만 가위표예요. "
        "인과 마스크는 대각선과 그 왼쪽 아래가 동그라미이고 오른쪽 위가 가위표예요. 둘을 &로 합치면 둘 다 동그라미인 곳만 남아, 행마다 차례로 1, 2, 2개를 볼 수 있어요.",
    )
    words = ("나는", "간다", "[PAD]")
    padding, causal = ["○○×"] * 3, ["○××", "○○×", "○○○"]
    both = [
        "".join("○" if a == b == "○" else "×" for a, b in zip(p, c, strict=True))
        for p, c in zip(padding, causal, strict=True)
    ]
    panels = (
        (70, "패딩 마스크", "(B, 1, 1, S)", padding),
        (314, "인과 마스크", "(T, T)", causal),
        (558, "패딩 & 인과", "(B, 1, T, S)", both),
    )
    for x, name, shape, marks in panels:
        canvas.text(x + 66, 20, name, size=15, bold=True)
        canvas.text(x + 66, 42, shape, size=13, faint=True)
        canvas.grid(x, 84, [list(row) for row in marks], rows=words, columns=words, cell=44, tints=MARKS, size=13)
    canvas.text(244, 150, "&", size=22, bold=True)
    canvas.text(488, 150, "=", size=22, bold=True)
    canvas.text(360, 236, "행은 보는 쪽(쿼리), 열은 보는 곳(키). ○ 볼 수 있음, × 가림", size=13)
    return canvas
