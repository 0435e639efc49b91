"""나쁜 글: 화면에서 살아나려는 답, 이름, 예외를 한 학급에 모아요. 맨 끝의 정직한 답은 그대로 읽혀야 해요."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from support.classes import hand_in, notebook

# 화면에 살아 있는 채로 들어가면 창을 띄우거나 바깥을 부르거나 링크가 돼요.
OUTSIDE = "evil.example"
LINES = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "<svg/onload=alert(3)>",
    '<a href="javascript:alert(4)">눌러요</a>',
    f'<iframe src="https://{OUTSIDE}/frame"></iframe>',
    f"<style>@import 'https://{OUTSIDE}/a.css'; body {{ display: none }}</style>",
    "<details open ontoggle=alert(5)>",
    f'<form action="https://{OUTSIDE}"><button>보내기</button></form>',
    f'<meta http-equiv="refresh" content="0;url=https://{OUTSIDE}/">',
    f'<base href="https://{OUTSIDE}/">',
    "[근거](javascript:alert(6))",
    '[근거](javascript:alert(7) "제목")',
    "[근거](&#106;avascript:alert(8))",
    "[근거](java&Tab;script:alert(9))",
    "[근거](data:text/html;base64,PHNjcmlwdD5hbGVydCgxMCk8L3NjcmlwdD4=)",
    "[근거](vbscript:msgbox(11))",
    "[근거][참고] [참고] 그리고 ![그림][참고]",
    "[참고]: javascript:alert(12)",
    f"<https://{OUTSIDE}/auto> https://{OUTSIDE}/plain www.{OUTSIDE} kim@{OUTSIDE}",
    f"![그림](https://{OUTSIDE}/pixel.png) [![겹침](https://{OUTSIDE}/b.png)](javascript:alert(13))",
    "![붙임](attachment:evil.svg)",
    "$\\href{javascript:alert(14)}{누르기}$ $$\\class{x}{\\style{color:red}{y}}$$",
    f"\\(\\href{{https://{OUTSIDE}/math}}{{a}}\\) \\begin{{equation}}\\unicode{{x3c}}img\\end{{equation}}",
    "</pre></code></div><img src=x onerror=alert(15)>",
    "```mermaid",
    'graph TD; A["<img src=x onerror=alert(16)>"]; click A "javascript:alert(17)"',
    "```",
    "````````````````````",
    "~~~",
    "</textarea><script>alert(18)</script>",
    "각주[^1] | 표 | <b onmouseover=alert(19)>칸</b> |",
    "[^1]: <script>alert(20)</script>",
    "\x1b]8;;javascript:alert(21)\x07터미널 링크\x1b]8;;\x07 \x1b[31m붉게\x1b[0m",
    "거꾸로 \u202egnp.exe\u202c 보이지\u200b않게 \u2066숨기기\u2069",
    "{{ 7 * 7 }} {% raw %} ${alert(22)}",
)
TEXT = "\n".join(LINES)
NAMES = (
    "<img src=x onerror=alert(31)>",
    '";alert(32);"',
    "'-alert(33)-'",
    "$\\href{javascript:alert(34)}{x}$",
    "[이름](javascript:alert(35))",
    "`이름`",
    "javascript:alert(36)",
    "&lt;script&gt;alert(37)&lt;&#47;script&gt;",
    "=HYPERLINK(A1)",
    "반 50%25 #1?",
    "\u202e거꾸로",
)
HONEST = """스케일을 나누는 까닭은 두 가지예요.

- 내적의 분산이 $d_k$만큼 커져요: $\\mathrm{Var}(q \\cdot k) = d_k$
- 그러면 softmax가 한쪽으로 쏠려 기울기가 사라져요. 이 줄은 화면의 너비보다 길어서 줄이 바뀌어야 하고, 바뀐 뒤에도 끝까지 읽을 수 있어야 해요. 옆으로 밀어서 보는 글은 채점하기 어려워요.

```python
scores = q @ k.transpose(-2, -1) / math.sqrt(d_k)
```

그래서 $a < b$이고 a > c라면 **나눈 쪽**이 고르게 퍼져요."""


def hostile_notebook() -> dict[str, Any]:
    """어디든 나쁜 글을 적은 노트북: 답, 더한 셀, 셀의 이름과 종류, 출력, 붙임, 예외, 형과 함수의 이름."""
    raising = f"def softmax(x, dim):\n    raise type('<img src=x onerror=alert(41)>', (Exception,), {{}})({TEXT!r})"
    typed = "def entropy(p):\n    return type('<script>alert(42)<\\u002fscript>', (), {'__repr__': lambda s: '<b onclick=alert(43)>'})()"
    found = copy.deepcopy(notebook(softmax=raising))
    found["metadata"] = {
        **found["metadata"],
        "title": TEXT,
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": TEXT}},
    }
    outputs = [
        {
            "output_type": "display_data",
            "data": {"text/html": TEXT, "application/javascript": "alert(44)"},
            "metadata": {},
        }
    ]
    for cell in found["cells"]:
        if (cell["metadata"].get("nbgrader") or {}).get("grade_id") == "reflection":
            cell["source"], cell["attachments"] = TEXT, {"evil.svg": {"image/svg+xml": "PHN2Zy8+"}}
        if cell["cell_type"] == "code":
            cell["outputs"] = outputs
    added = [
        {"cell_type": kind, "id": f'"><img src=x onerror=alert({n})>', "metadata": {"tags": [TEXT]}, "source": text}
        for n, (kind, text) in enumerate(
            [("markdown", TEXT), ("raw", TEXT), ("html", TEXT), ("code", f"{typed}\nWORDS = {TEXT!r}"), *SINGLE], 50
        )
    ]
    found["cells"][1:1] = added
    return found


# 한 줄씩 따로: 다른 줄에 가려지지 않게요.
SINGLE = [("markdown", line) for line in LINES]


def honest_notebook() -> dict[str, Any]:
    """서술형을 성실하게 적은 노트북."""
    found = copy.deepcopy(notebook())
    for cell in found["cells"]:
        if (cell["metadata"].get("nbgrader") or {}).get("grade_id") == "reflection":
            cell["source"] = HONEST
    return found


def hand_in_hostile_class(folder: Path) -> None:
    """나쁜 이름마다 나쁜 노트북 하나와, 정직한 사람 하나."""
    for name in NAMES:
        path = hand_in(folder, name, hostile_notebook())
        path.with_name("timestamp.txt").write_text("<script>alert(60)</script>")
        path.with_name("<img src=x onerror=alert(61)>.py").write_text("")
    hand_in(folder, "정직한 학생", honest_notebook())
