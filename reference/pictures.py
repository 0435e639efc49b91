"""그림의 모양: 한글 글꼴, 색, 안전한 저장. 창을 띄우지 않고 파일로만 저장해요."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure

from reference.errors import UserError
from reference.files import replacing

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

INK, MUTED, BLUE, ORANGE = "#1F2933", "#9AA5B1", "#1F5FA8", "#D9730D"
STYLE: dict[RcKeyType, Any] = {
    "font.family": ["NanumGothic", "DejaVu Sans"],
    "axes.unicode_minus": False,
    "figure.constrained_layout.use": True,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E7EB",
    "legend.frameon": False,
}


@contextlib.contextmanager
def style() -> Iterator[None]:
    """한글 글꼴과 과정의 그림 모양을 쓰는 구역이에요. 글꼴은 koreanize-matplotlib에 든 나눔고딕을 써요."""
    spec = importlib.util.find_spec("koreanize_matplotlib")
    if spec and spec.origin:  # 불러오면 distutils가 없는 파이썬에서 실패하므로 글꼴 파일만 등록해요.
        for path in (Path(spec.origin).parent / "fonts").glob("NanumGothic*.ttf"):
            font_manager.fontManager.addfont(str(path))
    with matplotlib.rc_context(STYLE):
        yield


def save(figure: Figure, path: Path) -> Path:
    """그림을 임시 파일에 그린 뒤 이름을 바꿔요."""
    try:
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=110, format="png")
    except OSError as error:
        raise UserError(f"그림 {path}를 저장하지 못했어요({error.strerror}). 디스크 공간을 확인해 주세요.") from None
    return path
