"""레슨의 글이 하는 말을 시험으로 적는 법과, 풀이가 든 노트북을 차례로 실행하며 그 말을 확인하는 법.

    lesson = Claims("05_attention_math")

    @lesson.says("하나씩 나누면 `[{:.3f}, {:.3f}, {:.3f}, {:.3f}]`")
    def _(cells): return torch.tensor([2, 1, 3, 0.5]).softmax(0).tolist()

    @lesson.holds("나눈 쪽은 어느 크기에서나 1 근처예요")
    def _(cells): assert all(abs(v - 1) < 0.2 for v in cells.divided)

`says`는 글의 수를 다시 계산해 끼워 넣고, 그 글이 레슨에 그대로 있는지 봐요. `holds`는 그림과 결과를 두고 한 말이 참인지, 시드를 바꾸고
스텝을 늘려도 참인지 봐요. `known`은 우리가 계산하지 않는 말(논문과 다른 글에 적힌 수)이에요. 셋 다 `cells`에서 그 말이 있는
셀 바로 위까지 실행한 이름들과, 바로 위 셀이 찍은 글(`printed`), 그린 그림들(`figures`)을 볼 수 있어요.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import matplotlib.pyplot as plt
import torch

from autograder.authoring.lesson_source import read_source

Check = Callable[["Cells"], Any]


class Cells:
    """지금까지 실행한 셀들의 이름. `cells.loss`처럼 꺼내요."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.printed = ""
        self.figures: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        try:
            return self.names[name]
        except KeyError:
            raise AttributeError(f"이 셀까지 실행했을 때 `{name}`이라는 이름이 없어요.") from None


@dataclass(frozen=True)
class Claim:
    """글 한 토막과 그것을 확인하는 함수. `exact`면 시드 하나에서 값까지 맞아야 해요."""

    quote: str
    check: Check
    exact: bool

    def within(self, text: str) -> bool:
        """이 말이 그 글 셀에 있는지. 빈칸에는 어떤 수가 있어도 돼요."""
        return re.search(_pattern(self.quote), text) is not None if self.exact else flat(self.quote) in text


@dataclass
class Claims:
    """한 레슨의 말들."""

    lesson: str
    made: list[Claim] = field(default_factory=list)
    cited: list[str] = field(default_factory=list)

    def says(self, template: str) -> Callable[[Check], Check]:
        """`template`의 빈칸에 함수가 돌려준 값(들)을 끼운 글이 레슨에 있어요. 빈칸이 아닌 중괄호는 두 번 적어요."""
        return self._add(template, exact=True)

    def holds(self, quote: str) -> Callable[[Check], Check]:
        """레슨에 있는 이 말이 참이에요. 함수가 AssertionError를 내면 거짓이에요."""
        return self._add(quote, exact=False)

    def known(self, quote: str, source: str) -> None:
        """우리가 계산하지 않는 말. `source`는 어디에 적힌 것인지예요."""
        assert source
        self.cited.append(flat(quote))

    def _add(self, quote: str, exact: bool) -> Callable[[Check], Check]:
        def add(check: Check) -> Check:
            self.made.append(Claim(quote, check, exact))
            return check

        return add


def flat(text: str) -> str:
    """빈칸과 줄바꿈을 한 칸으로, 굵은 글씨의 별표와 HTML의 태그는 빼고."""
    text = re.sub(r"</?(?:div|b|i|br|span|details|summary|sub|sup)\b[^>]*>", "", text)
    return re.sub(r"\s+", " ", text.replace("**", "")).strip()


def whole_prose(lesson: str) -> list[str]:
    """레슨의 글 셀들을 제목까지."""
    return [flat(cell.source) for cell in read_source(lesson).cells if cell.cell_type == "markdown"]


def prose(lesson: str) -> list[str]:
    """레슨의 글 셀들. 제목 줄은 빼요."""
    cells = (cell for cell in read_source(lesson).cells if cell.cell_type == "markdown")
    return [flat(re.sub(r"^#+ .*$", "", cell.source, flags=re.MULTILINE)) for cell in cells]


def examine(claims: Claims, seed: int = 0, steps: int = 1) -> tuple[list[str], list[str]]:
    """노트북을 실행하며 말을 확인해요. (틀린 말들, 확인한 글들)을 돌려줘요. `seed`가 0이 아니면 `says`는 보지 않아요."""
    wrong: list[str] = []
    seen: list[str] = []
    left = list(claims.made) if seed == 0 and steps == 1 else [c for c in claims.made if not c.exact]
    for cells, text in run_cells(claims.lesson, seed, steps):
        for claim in list(left):
            trouble, quote = _tried(claim, cells, text)
            if trouble is None:
                continue
            left.remove(claim)
            seen.append(quote)
            if trouble:
                wrong.append(f"{quote}\n    {trouble}")
    wrong += [f"{claim.quote}\n    레슨에 이 글이 없어요." for claim in left]
    return wrong, seen


def _tried(claim: Claim, cells: Cells, text: str) -> tuple[str | None, str]:
    """확인한 결과: 이 셀의 말이 아니면 None, 맞으면 빈 글, 틀리면 까닭."""
    quote = flat(claim.quote)
    if not claim.within(text):
        return None, quote
    try:
        values = claim.check(cells)
        if claim.exact:
            quote = flat(claim.quote.format(*(values if isinstance(values, list | tuple) else [values])))
    except Exception as error:
        return f"{type(error).__name__}: {error}", quote
    found = re.search(_pattern(claim.quote), text) if claim.exact else None
    return ("" if quote in text else f"계산하면 「{quote}」, 글에는 「{found.group() if found else ''}」"), quote


def _pattern(template: str) -> str:
    """빈칸 자리에 무엇이 있든 맞는 정규식."""
    pieces = re.split(r"\{[^{}]*\}", flat(template).replace("{{", "\0").replace("}}", "\1"))
    return r"[^\s]{1,30}?".join(re.escape(p.replace("\0", "{").replace("\1", "}")) for p in pieces) + r"(?![\d])"


def run_cells(lesson: str, seed: int, steps: int) -> Iterator[tuple[Cells, str]]:
    """풀이가 든 노트북의 코드 셀을 차례로 실행하다가, 글 셀을 만날 때마다 (지금까지의 이름들, 그 글)을 내요."""
    cells = Cells()
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    torch.set_num_threads(1)
    try:
        with patch.dict(os.environ, {"COURSE_STEPS": str(steps)}):
            for cell in read_source(lesson).cells:
                if cell.cell_type == "markdown":
                    yield cells, flat(cell.source)
                elif not (cell.metadata.get("nbgrader", {}).get("grade_id") or "").startswith("check_"):
                    plt.close("all")
                    out = io.StringIO()
                    with contextlib.redirect_stdout(out):
                        exec(compile(_shifted(cell.source, seed), f"{lesson}: {cell.id}", "exec"), cells.names)
                    cells.printed, cells.figures = out.getvalue(), [plt.figure(n) for n in plt.get_fignums()]
    finally:
        plt.close("all")
        torch.set_num_threads(threads)
        torch.set_rng_state(state)


def _shifted(source: str, seed: int) -> str:
    """셀이 정해 둔 시드를 모두 같은 만큼 옮겨요."""
    if not seed:
        return source
    return re.sub(
        r"\b(manual_seed\(|random\.seed\(|default_rng\(|seed=)(\d+)",
        lambda found: f"{found[1]}{int(found[2]) + 1000 * seed}",
        source,
    )


# -- 글에 있는데 아무도 확인하지 않은 수 --

# 차례와 자리를 가리키는 수. 계산하지 않아도 되는 것만 적어요.
_PLACES = (
    r"(?:레슨|실습|힌트|표|그림|식|헤드|논문|장) ?\(?\d[\d.,·~-]*\)?",
    r"§ ?\d[\d.]*",
    r"\d+-\d+",
    r"\d+편",
    r"\d+(?:[~-]\d+)?분",
    r"\d+점",
    r"\b(?:19|20)\d\d\b",
    r"UTF-8|utf-8|float(?:16|32|64)|bfloat16|cp949",
    r"```.*?```",
    r"(?:\bGPT|Qwen|Llama|T)-?\d[\w.]*",
)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:\s?(?:%|퍼센트|배|분의))?")


def unchecked_numbers(claims: Claims, seen: Sequence[str]) -> list[str]:
    """어느 말에도 들지 않은 수들. 12까지의 정수는 세는 말이라 지나가고, 비율과 소수와 큰 수는 모두 봐요."""
    found = []
    for text in prose(claims.lesson):
        covered = [False] * len(text)
        for quote in (*seen, *claims.cited):
            _cover(covered, text, re.escape(quote))
        for place in _PLACES:
            _cover(covered, text, place)
        for number in _NUMBER.finditer(text):
            plain = number.group().replace(",", "")
            if covered[number.start()] or (plain.isdigit() and int(plain) <= 12):
                continue
            found.append(f"{number.group()}: …{text[max(number.start() - 30, 0) : number.end() + 20]}…")
    return found


def _cover(covered: list[bool], text: str, pattern: str) -> None:
    for match in re.finditer(pattern, text):
        covered[match.start() : match.end()] = [True] * (match.end() - match.start())
