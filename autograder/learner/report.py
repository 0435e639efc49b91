"""확인 한 번의 결과를 보여 줘요: 노트북에서는 접을 수 있는 카드로, 터미널에서는 글로."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.judging.card import FAILED, inline_html, to_html

ALMOST = 0.75  # 배점의 이만큼을 벌써 받았으면 거의 다 온 거예요.
FOLDED = ("인자:", FAILED, "확인한 것:")  # 처음에는 접어 두는 줄

# 판정마다의 첫 줄과 색. 색은 JupyterLab의 것을 써서 밝은 화면과 어두운 화면에 모두 맞아요.
_STATES = {
    "pass": ("통과", "success"),
    "partial": ("일부만 맞아요", "warn"),
    "held": ("보류", "warn"),
    "timeout": ("시간 안에 끝나지 않았어요", "warn"),
    "error": ("실행하다가 멈췄어요", "error"),
    "missing": ("아직 구현 전", "neutral"),
    "gone": ("셀이 없어요", "error"),
}
_COLORS = {
    "success": "var(--jp-success-color1, #2e7d32)",
    "warn": "var(--jp-warn-color1, #b26a00)",
    "error": "var(--jp-error-color1, #c62828)",
    "neutral": "var(--jp-ui-font-color2, #757575)",
}
_STYLE = (
    "<style>.tc-card{border-left:4px solid var(--tc);padding:.4em .9em;line-height:1.65;color:var(--jp-content-font-color1,inherit)}"
    ".tc-head{color:var(--tc);font-weight:600}.tc-card pre{margin:.1em 0 .3em 1.2em;padding:0;background:none;line-height:1.4}"
    ".tc-card code{background:var(--jp-layout-color2,rgba(128,128,128,.15));padding:0 .25em;border-radius:3px}"
    ".tc-card details{margin-top:.3em;color:var(--jp-content-font-color2,inherit)}.tc-card summary{cursor:pointer}</style>"
)


@dataclass(frozen=True)
class Report:
    """`check` 한 번의 결과. `earned`는 지금까지 받은 점수, `points`는 배점이에요(모르면 0). `named`는 알려진 실수로 알아봤는지예요."""

    name: str
    title: str
    verdict: str
    message: str
    earned: float = 0.0
    points: float = 0.0
    bonus: bool = False
    named: bool = False

    @property
    def headline(self) -> str:
        """결과와 실습의 이름, 점수를 담은 첫 줄."""
        state = _STATES.get(self.verdict, ("아직이에요", "error"))[0]
        if self.verdict == "partial" and self.earned >= ALMOST * self.points:
            state = "거의 다 왔어요"
        title = f" ({self.title})" if self.title else ""
        return f"{state} · {self.name}{title}{self._score()}"

    def _score(self) -> str:
        if not self.points or self.verdict in ("missing", "held", "timeout"):
            return ""
        kind = "보너스 " if self.bonus else ""
        return f" · {kind}{number(self.points)}점 가운데 {number(self.earned)}점"

    def __repr__(self) -> str:
        return "\n".join([self.headline, *(f"  {line}" for line in self.message.splitlines())])

    def _repr_html_(self) -> str:
        color = _COLORS[_STATES.get(self.verdict, ("", "error"))[1]]
        lines = self.message.splitlines()
        shown = "\n".join(line for line in lines if not _folds(line))
        folded = "\n".join(filter(_folds, lines))
        details = f"<details><summary>자세히</summary>{to_html(folded)}</details>" if folded else ""
        return (
            f'{_STYLE}<div class="tc-card" style="--tc:{color}"><div class="tc-head">{html.escape(self.headline)}</div>'
            f"{to_html(shown)}{details}</div>"
        )


def _folds(line: str) -> bool:
    """처음에는 접어 둘 줄인지. 어느 함수를 넘겼는지는 말로만 알 수 있어서 펴 둬요."""
    return line.startswith(FOLDED) and not (line.startswith("인자:") and "함수" in line)


@dataclass(frozen=True)
class LessonReport:
    """레슨 하나의 실습 전부를 확인한 결과. 줄 하나에 실습 하나, 그리고 먼저 고칠 것 하나예요."""

    lesson: str
    reports: Sequence[Report]

    @property
    def headline(self) -> str:
        """통과한 수와 점수를 담은 첫 줄."""
        passed = sum(report.verdict == "pass" for report in self.reports)
        graded = [report for report in self.reports if not report.bonus]
        earned, total = sum(report.earned for report in self.reports), sum(report.points for report in graded)
        return (
            f"실습 {len(self.reports)}개 가운데 {passed}개 통과 · "
            f"지금까지 {number(total)}점 가운데 {number(round(earned, 1))}점(자동으로 채점하는 몫)"
        )

    @property
    def following(self) -> Report | None:
        """먼저 고칠 실습."""
        return next((report for report in self.reports if report.verdict != "pass"), None)

    def __repr__(self) -> str:
        lines = [self.headline, *(f"  {_mark(report)} {report.headline}" for report in self.reports)]
        return "\n".join([*lines, *([repr(self.following)] if self.following else [])])

    def _repr_html_(self) -> str:
        rows = "".join(f"<div>{_mark(report)} {inline_html(report.headline)}</div>" for report in self.reports)
        head = f'<div style="font-weight:600;line-height:1.65">{html.escape(self.headline)}</div>'
        return head + rows + (self.following._repr_html_() if self.following else "")


def number(value: float) -> str:
    """점수의 글: 10.0은 10, 7.5는 7.5."""
    return f"{value:.1f}".removesuffix(".0")


def _mark(report: Report) -> str:
    return {"pass": "✔", "missing": "·", "partial": "◐", "held": "◐", "timeout": "◔"}.get(report.verdict, "✘")
