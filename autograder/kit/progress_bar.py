"""오래 걸리는 셀의 진행 막대: 무엇을 얼마나 했고 얼마나 남았는지 한 줄로 보여 줘요.

노트북에서는 출력 한 줄을 고쳐 쓰기만 해서 JupyterLab, VS Code, 콜랩에서 확장 없이 보이고, 저장한 노트북에는 마지막 줄만 남아요.
시각만 보고 난수를 쓰지 않으므로 실험의 결과는 그대로예요.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterator
from typing import Any, TypeVar

_T = TypeVar("_T")

EVERY = 0.5  # 초. 이보다 자주 고쳐 쓰지 않아요.
WIDTH = 20  # 막대의 칸

_outer: list[_Bar] = []  # 지금 도는 맨 바깥의 막대


def progress(items: Collection[_T], doing: str) -> Iterator[_T]:
    """`items`를 하나씩 내놓으며 `doing`이 얼마나 되었는지 보여 줘요. 안쪽에서 다시 부르면 새 줄 없이 바깥 막대의 한 칸을 나눠 채워요."""
    run = _execution_count()
    outer = _outer[0] if _outer and _outer[0].run == run else None
    bar = outer or _Bar(doing, len(items), run)
    _outer[:] = [bar]
    done, start = 0, bar.done
    try:
        for item in items:
            yield item
            done += 1
            bar.move(start + (done / len(items) if outer else done))
    finally:
        if outer:
            outer.done = start
        else:
            if _outer == [bar]:
                _outer.clear()
            bar.finish()


class _Bar:
    """진행 막대 하나. `run`은 몇 번째로 실행한 셀인지예요. 예외로 끝난 셀의 막대를 다음 셀이 이어받지 않아요."""

    def __init__(self, doing: str, total: int, run: int) -> None:
        self.doing, self.total, self.run = doing, total, run
        self.done, self.begun = 0.0, time.perf_counter()
        self.drawn = self.begun
        self.line = _Line(self._text())

    def move(self, done: float) -> None:
        """여기까지 했어요."""
        self.done = done
        if time.perf_counter() - self.drawn >= EVERY:
            self.line.write(self._text())
            self.drawn = time.perf_counter()

    def finish(self) -> None:
        """저장되는 마지막 줄을 남겨요."""
        took, whole = _spell(time.perf_counter() - self.begun), self.done >= self.total
        self.line.write(
            f"{self.doing} · {took}" if whole else f"{self.doing} · {self.done / self.total:.0%}에서 멈춤 · {took}",
            last=True,
        )

    def _text(self) -> str:
        share, took = self.done / max(self.total, 1), time.perf_counter() - self.begun
        full = int(share * WIDTH)
        left = f" · {_spell(took * (1 - share) / share)} 남음" if share else ""
        return f"{self.doing} {'█' * full}{'░' * (WIDTH - full)} {share:.0%} · {_spell(took)} 지남{left}"


class _Line:
    """고쳐 쓰는 한 줄. 노트북이면 출력 하나, 터미널이면 그 자리의 글이고, 파일로 보낼 때는 아무것도 적지 않아요."""

    def __init__(self, text: str) -> None:
        self._handle: Any = None
        self._wide = 0
        if _in_kernel():
            from IPython.display import display

            self._handle = display({"text/plain": text}, raw=True, display_id=True)
        else:
            self.write(text)

    def write(self, text: str, last: bool = False) -> None:
        if self._handle is not None:
            self._handle.update({"text/plain": text}, raw=True)
        elif sys.stderr.isatty():
            sys.stderr.write(f"\r{text}{' ' * (self._wide - len(text))}" + ("\n" if last else ""))
            sys.stderr.flush()
            self._wide = len(text)


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def _in_kernel() -> bool:
    return getattr(_shell(), "kernel", None) is not None


def _execution_count() -> int:
    return getattr(_shell(), "execution_count", 0)


def _spell(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}분 {rest}초" if minutes else f"{seconds:.1f}초" if seconds < 9.95 else f"{rest}초"
