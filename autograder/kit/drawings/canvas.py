"""그림판: 상자, 화살표, 표를 놓으면 SVG 한 장이 돼요.

글자와 선은 편집기의 글자색을 따르고 바탕은 비치는 색이라, 밝은 화면과 어두운 화면에서 모두 읽혀요. 좌표와 크기의 단위는 px예요.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree

from autograder.kit.plots import BLUE, GREEN, GREY, ORANGE, PURPLE, RED

# JupyterLab, VS Code, 그 밖의 차례로 찾는 글자색
INK = "var(--jp-content-font-color1, var(--vscode-editor-foreground, currentColor))"
FAINT = "var(--jp-content-font-color2, var(--vscode-descriptionForeground, #7A8794))"
FONT = "NanumGothic, 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', sans-serif"
TINTS = {"blue": BLUE, "orange": ORANGE, "green": GREEN, "purple": PURPLE, "red": RED, "grey": GREY}

Point = tuple[float, float]


def text_width(text: str, size: float) -> float:
    """글의 너비를 어림해요. 한글은 글자 크기만큼, 나머지는 그 0.6배예요."""
    return size * sum(1.0 if "\u1100" <= ch <= "\uffdc" else 0.6 for ch in text)


@dataclass(frozen=True)
class Box:
    """놓인 상자 하나. 화살표를 이을 네 자리를 알려 줘요."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> Point:
        """왼쪽 변의 가운데."""
        return self.x, self.y + self.height / 2

    @property
    def right(self) -> Point:
        """오른쪽 변의 가운데."""
        return self.x + self.width, self.y + self.height / 2

    @property
    def top(self) -> Point:
        """위쪽 변의 가운데."""
        return self.x + self.width / 2, self.y

    @property
    def bottom(self) -> Point:
        """아래쪽 변의 가운데."""
        return self.x + self.width / 2, self.y + self.height


@dataclass
class Canvas:
    """그림 한 장. `alt`는 그림을 보지 못하는 사람에게 읽어 줄 글이고, 셀 끝에 두면 그림이 보여요."""

    width: float
    height: float
    alt: str
    _svg: ElementTree.Element = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._svg = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {self.width:g} {self.height:g}",
                "role": "img",
                "aria-label": self.alt,
                "style": f"width:100%;max-width:{self.width:g}px;height:auto;font-family:{FONT}",
            },
        )

    def box(
        self,
        x: float,
        y: float,
        text: str = "",
        *,
        width: float = 120,
        height: float = 34,
        tint: str = "grey",
        lit: bool = True,
        size: float = 14,
        dashed: bool = False,
    ) -> Box:
        """모서리가 둥근 상자. `lit`이 거짓이면 흐리게 그려요. 글은 `\\n`으로 줄을 나눠요. 글이 넘치면 ValueError예요."""
        color = TINTS[tint]
        style = {
            "fill": color,
            "fill-opacity": "0.22" if lit else "0.05",
            "stroke": color,
            "stroke-opacity": "1" if lit else "0.45",
            "stroke-width": "1.6",
        }
        if dashed:
            style["stroke-dasharray"] = "5 4"
        self._add("rect", x=x, y=y, width=width, height=height, rx=7, **style)
        lines = text.split("\n") if text else []
        if any(text_width(line, size) > width - 4 for line in lines) or len(lines) * size * 1.25 > height:
            raise ValueError(f"상자보다 글이 커요: {text!r}")
        for row, line in enumerate(lines):
            middle = y + height / 2 + (row - (len(lines) - 1) / 2) * size * 1.25
            self.text(x + width / 2, middle, line, size=size, faint=not lit)
        return Box(x, y, width, height)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 13,
        anchor: str = "middle",
        faint: bool = False,
        bold: bool = False,
        tint: str = "",
    ) -> None:
        """한 줄의 글. `(x, y)`가 글의 세로 가운데이고, `anchor`는 start, middle, end예요."""
        color = TINTS[tint] if tint else FAINT if faint else INK
        mixed = f";fill:color-mix(in srgb, {color} 60%, {INK})" if tint else ""  # 어두운 화면에서는 밝은 쪽으로
        element = self._add("text", x=x, y=y, style=f"fill:{color}{mixed}")
        element.attrib |= {
            "font-size": f"{size:g}",
            "text-anchor": anchor,
            "dominant-baseline": "central",
            "font-weight": "700" if bold else "400",
        }
        element.text = text

    def arrow(
        self,
        *points: Point,
        tint: str = "",
        lit: bool = True,
        head: bool = True,
        thick: float = 1.6,
        dashed: bool = False,
    ) -> None:
        """점들을 잇는 꺾은 화살표. `head`가 거짓이면 촉 없이 선만 그려요."""
        color = TINTS[tint] if tint else INK if lit else FAINT
        *_, before, end = points
        length = max(((end[0] - before[0]) ** 2 + (end[1] - before[1]) ** 2) ** 0.5, 1e-6)
        along = (end[0] - before[0]) / length, (end[1] - before[1]) / length
        tip = 8 if head else 0
        stop = end[0] - along[0] * tip, end[1] - along[1] * tip
        self._add(
            "polyline",
            points=" ".join(f"{x:.1f},{y:.1f}" for x, y in (*points[:-1], stop)),
            style=f"fill:none;stroke:{color};stroke-width:{thick:g};stroke-linejoin:round"
            + (";stroke-dasharray:5 4" if dashed else "")
            + ("" if lit else ";stroke-opacity:0.6"),
        )
        if head:
            side = -along[1] * 4.5, along[0] * 4.5
            corners = (end, (stop[0] + side[0], stop[1] + side[1]), (stop[0] - side[0], stop[1] - side[1]))
            self._add("polygon", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in corners), style=f"fill:{color}")

    def curve(
        self, start: Point, end: Point, *, bend: float, tint: str = "", opacity: float = 1.0, thick: float = 1.6
    ) -> None:
        """두 점을 잇는 굽은 선. `bend`만큼 위(음수)나 아래(양수)로 휘어요."""
        middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + bend
        color = TINTS[tint] if tint else INK
        self._add(
            "path",
            d=f"M{start[0]:.1f},{start[1]:.1f} Q{middle[0]:.1f},{middle[1]:.1f} {end[0]:.1f},{end[1]:.1f}",
            style=f"fill:none;stroke:{color};stroke-width:{thick:g};stroke-opacity:{opacity:g}",
        )

    def dot(self, x: float, y: float, radius: float = 4, tint: str = "") -> None:
        """채운 점 하나."""
        self._add("circle", cx=x, cy=y, r=radius, style=f"fill:{TINTS[tint] if tint else INK}")

    def grid(
        self,
        x: float,
        y: float,
        cells: Sequence[Sequence[str]],
        *,
        rows: Sequence[str] = (),
        columns: Sequence[str] = (),
        cell: float = 34,
        tints: dict[str, str] | None = None,
        size: float = 13,
    ) -> Box:
        """칸마다 글이 든 표. `tints`는 글에서 칸의 색으로 가는 표이고, 없는 글의 칸은 비어 보여요."""
        for column, name in enumerate(columns):
            self.text(x + (column + 0.5) * cell, y - 12, name, size=size)
        for row, line in enumerate(cells):
            if rows:
                self.text(x - 8, y + (row + 0.5) * cell, rows[row], size=size, anchor="end")
            for column, mark in enumerate(line):
                tint = (tints or {}).get(mark)
                self._add(
                    "rect",
                    x=x + column * cell,
                    y=y + row * cell,
                    width=cell,
                    height=cell,
                    fill=TINTS[tint or "grey"],
                    **{"fill-opacity": "0.3" if tint else "0.06", "stroke": TINTS["grey"], "stroke-opacity": "0.7"},
                )
                self.text(x + (column + 0.5) * cell, y + (row + 0.5) * cell, mark, size=size, faint=tint is None)
        return Box(x, y, cell * max(map(len, cells)), cell * len(cells))

    def _add(self, tag: str, **attributes: object) -> ElementTree.Element:
        return ElementTree.SubElement(
            self._svg, tag, {name: f"{v:g}" if isinstance(v, float | int) else str(v) for name, v in attributes.items()}
        )

    def _repr_html_(self) -> str:
        return ElementTree.tostring(self._svg, encoding="unicode")

    def __repr__(self) -> str:
        return self.alt
