"""matplotlib 그림에 한글 글꼴을 붙여요."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

FAMILY = ["NanumGothic", "DejaVu Sans"]


@cache
def use_hangul_font() -> None:
    """NanumGothic을 등록하고 기본 글꼴로 정해요. 나눔고딕에 없는 기호(₂, ·)는 DejaVu Sans가 그려요."""
    import matplotlib
    from matplotlib import font_manager

    # koreanize_matplotlib을 import하면 3.12부터 없어진 distutils를 찾으므로 글꼴 파일만 빌려 써요.
    spec = find_spec("koreanize_matplotlib")
    if spec and spec.origin:
        for path in sorted((Path(spec.origin).parent / "fonts").glob("NanumGothic*.ttf")):
            font_manager.fontManager.addfont(str(path))
    matplotlib.rcParams["font.family"] = FAMILY
    matplotlib.rcParams["axes.unicode_minus"] = False  # 나눔고딕에는 U+2212가 없어요.
