"""레슨 8의 조립: 학습자의 노트북들에서 함수를 꺼내 Transformer 하나로 잇고, 빠진 곳은 PyTorch의 모듈로 채우거나 비워 둬요.

레슨 2~7은 저장된 노트북에서 정의만 실행해서 꺼내고, 레슨 8은 지금 커널에 있는 것을 써요. 공개 확인을 통과하지 못했거나,
기울기가 끊기거나, 학습에 쓰기에는 너무 느린 것은 쓰지 않고 그 까닭을 표에 적어요.
"""

from __future__ import annotations

import ast
import contextlib
import html
import io
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import torch

from autograder.kit.assembly_gradients import cut_or_slow
from autograder.kit.pytorch_parts import LESSON, PARTS, Part, Tap
from autograder.layout import LESSONS, STUDY
from autograder.learner.checker import evaluate, notebook_path
from autograder.learner.course_material import public_key
from autograder.notebooks.cell_code import only_definitions, parse
from autograder.notebooks.reading import NotebookError, read_notebook

# 나눠 준 노트북은 이 이름들을 `assembly.`를 붙여 불러요.
__all__ = [
    "PARTS",
    "Choice",
    "Part",
    "Parts",
    "Tap",
    "certificate",
    "from_earlier_lesson",
    "gather",
    "one_thread",
    "read_definitions",
    "stand_ins",
]

Namespace = dict[str, Any]

MINE = "여러분의 것"
FAILED = "공개 확인을 통과하지 못했어요"
EMPTY, NOT_RUN = "아직 구현 전", "셀을 아직 실행하지 않았어요"
LEFT_OUT = (EMPTY, NOT_RUN)
NOTHING = ("쓰지 않아요", "세지 않아요", "캐시 없이 써요")  # 대신하는 것이 없는 자리
# 쓰지 않은 까닭에서 할 일로
_NEXT = {
    "노트북에서 찾지 못했어요": "노트북을 열어 풀고 저장해요",
    NOT_RUN: "실습 셀을 실행해요(비어 있으면 먼저 풀어요)",
    EMPTY: "비어 있는 함수를 채우고 저장해요",
    FAILED: "`check`를 다시 실행해서 무엇이 다른지 봐요",
    "기울기가 끊겨요": "넘파이, `.item()`, `.detach()` 없이 텐서로 계산해요",
    "학습에는 너무 느려요": "반복문을 텐서 계산으로 바꿔요",
}


def lessons_folder() -> Path:
    """다른 레슨의 노트북이 있는 곳: 이 노트북의 옆, 없으면 학습자의 자리 `study/`. 나눠 준 `lessons/`에는 푼 것이 없어요."""
    here = notebook_path()
    for folder in (here.parent.parent if here else None, Path.cwd().parent):
        if (
            folder
            and folder.resolve() != LESSONS
            and any((folder / part.lesson / f"{part.lesson}.ipynb").is_file() for part in PARTS[:-1])
        ):
            return folder
    return STUDY


def read_definitions(path: Path) -> Namespace:
    """저장된 노트북의 주어진 셀과, 실습 셀과 학습자가 더한 셀의 정의만 실행한 이름들. 읽을 수 없으면 빈 것."""
    names: Namespace = {"__name__": f"lesson_{path.stem}"}
    try:
        cells = read_notebook(path).cells
    except NotebookError:
        return names
    for cell in cells:
        if cell.code and (cell.given or cell.solution or (cell.grade_id is None and not cell.tags)):
            for statement in definitions(cell.source):
                # 한 줄이 실패해도 나머지 정의는 살려요. 무엇이 빠졌는지는 공개 확인이 말해 줘요.
                with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(statement, str(path), "exec"), names)
    return names


def definitions(source: str) -> Iterator[ast.Module]:
    """셀에서 import, 함수와 클래스, 상수의 정의만 하나씩. 부르고 찍고 도는 문장은 지나가요."""
    tree = parse(source)
    for node in tree.body if tree else ():
        if only_definitions(ast.unparse(node)):
            yield ast.Module([node], [])


def _copied(names: Mapping[str, Any]) -> Namespace:
    """지금 커널의 이름들을 베껴요. 함수는 베낀 이름들을 보게 다시 묶어서, 조립이 커널을 건드리지 않게 해요."""
    copy: Namespace = dict(names)
    for name, value in names.items():
        if isinstance(value, FunctionType) and value.__globals__ is names:
            bound = FunctionType(value.__code__, copy, value.__name__, value.__defaults__, value.__closure__)
            bound.__kwdefaults__ = value.__kwdefaults__
            copy[name] = bound
    return copy


@dataclass
class Choice:
    """부품 하나에 대한 결정. `reason`이 비었으면 학습자의 것이에요.

    `calls`는 조립한 모델이 부른 횟수, `broken`은 확인을 통과하지 못해서 쓰지 않은 학습자의 함수예요.
    """

    part: Part
    reason: str = ""
    calls: int = 0
    broken: Callable[..., Any] | None = None

    @property
    def yours(self) -> bool:
        """학습자의 함수인지."""
        return not self.reason

    @property
    def next_step(self) -> str:
        """이 부품을 쓰려면 할 일."""
        todo = _NEXT.get(self.reason, "그것을 풀고 나서 이 셀을 다시 실행해요")
        if not self.reason:
            return ""
        if self.part.lesson == LESSON:  # 지금 이 노트북의 것이라 저장하지 않아도 돼요.
            todo = todo.replace("저장해요", "실행해요")
            return f"{todo}. 보너스라 비워 둬도 돼요" if self.reason in LEFT_OUT and _bonus(self.part.name) else todo
        return f"레슨 {self.part.lesson[1]}: {todo}"


class Parts:
    """골라 놓은 부품들. `parts["ffn"]`처럼 꺼내 쓰고, 셀 끝에 두면 표로 보여요. 없는 부품은 `get`이 None이에요.

    `attention`은 학습자의 층이 멀티 헤드 어텐션을 부르는 자리예요.
    """

    def __init__(
        self, functions: Mapping[str, Callable[..., Any]], choices: Mapping[str, Choice], attention: Tap | None = None
    ) -> None:
        self.functions, self.choices = dict(functions), dict(choices)
        self.attention = attention or Tap(self.get("multi_head_attention"), self.get("attend_with_cache"))

    def __getitem__(self, name: str) -> Callable[..., Any]:
        return self.functions[name]

    def get(self, name: str) -> Callable[..., Any] | None:
        """부품 하나. 없으면 None이고, 그 자리는 PyTorch의 모듈이 채우거나 비어 있어요."""
        return self.functions.get(name)

    def replaced(self, **functions: Callable[..., Any]) -> Parts:
        """몇 개만 바꾼 부품들. 일부러 고장 내 보는 실험에 써요."""
        same_attention = None if "multi_head_attention" in functions else self.attention
        return Parts({**self.functions, **functions}, self.choices, same_attention)

    @property
    def yours(self) -> list[str]:
        """학습자가 만든 부품의 이름들."""
        return [name for name, choice in self.choices.items() if choice.yours]

    @property
    def broken(self) -> dict[str, Callable[..., Any]]:
        """확인을 통과하지 못해서 쓰지 않은 학습자의 함수들."""
        return {name: choice.broken for name, choice in self.choices.items() if choice.broken is not None}

    def _rows(self) -> list[tuple[str, str, str, str, str]]:
        return [
            (
                c.part.lesson[1],
                name,
                c.part.title,
                MINE if c.yours else f"{c.part.instead} ({c.reason})",
                c.next_step,
            )
            for name, c in self.choices.items()
        ]

    def __repr__(self) -> str:
        return "\n".join(
            f"레슨 {lesson}  {name:<30}{source}" + (f" → {todo}" if todo else "")
            for lesson, name, _, source, todo in self._rows()
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td>{lesson}</td><td style="text-align:left"><code>{name}</code></td><td style="text-align:left">{title}</td>'
            f'<td style="text-align:left;color:{"#2e7d32" if source == MINE else "#7a8794"}">{html.escape(source)}</td>'
            f'<td style="text-align:left">{html.escape(todo)}</td></tr>'
            for lesson, name, title, source, todo in self._rows()
        )
        head = "".join(
            f'<th style="text-align:left">{title}</th>'
            for title in ("레슨", "함수", "하는 일", "누구의 것", "여러분의 것으로 바꾸려면")
        )
        return f"<p><b>부품 {len(self.choices)}개 가운데 {len(self.yours)}개가 여러분의 것이에요.</b></p><table><tr>{head}</tr>{rows}</table>"


def stand_ins() -> Parts:
    """부품이 하나도 없어서 모두 PyTorch의 모듈인 조립. 고장 실험은 누구에게나 같은 결과가 나오게 이것으로 해요."""
    return Parts({}, {})


def gather(kernel: Mapping[str, Any], folder: Path | None = None) -> Parts:
    """레슨 2~7의 노트북(`folder`)과 지금 커널(`kernel`)에서 부품을 모아요. 없는 노트북은 건너뛰어요."""
    folder = folder or lessons_folder()
    spaces: dict[str, Namespace] = {LESSON: _copied(kernel)}
    functions: dict[str, Callable[..., Any]] = {}
    choices: dict[str, Choice] = {}
    for part in PARTS:
        if part.lesson not in spaces:
            spaces[part.lesson] = read_definitions(folder / part.lesson / f"{part.lesson}.ipynb")
        function = spaces[part.lesson].get(part.name)
        choice = choices[part.name] = Choice(part, _why_not(part, function))
        if callable(function) and choice.reason == FAILED:
            waits = [name for name in _calls(function) if name in choices and not choices[name].yours]
            if waits:
                choice.reason = f"`{waits[0]}`의 차례가 먼저예요"
            else:
                choice.broken = function
        if callable(function) and choice.yours:
            functions[part.name] = _counted(function, choice)
    # 레슨 8의 층이 부르는 어텐션: 학습자의 것, 없으면 그 노트북에 주어진 것이에요.
    given = spaces[LESSON].get("multi_head_attention")
    attention = Tap(functions.get("multi_head_attention", given), functions.get("attend_with_cache"))
    for space in spaces.values():
        _connect(space, functions)
    if callable(given):
        spaces[LESSON]["multi_head_attention"] = attention
    return Parts(functions, choices, attention)


def _calls(function: Callable[..., Any]) -> list[str]:
    """함수와 그 안의 람다가 읽는 이름들."""
    codes, names = [getattr(function, "__code__", None)], list[str]()
    while codes:
        code = codes.pop()
        if code is not None:
            names += [name for name in code.co_names if name not in names]
            codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    return names


def from_earlier_lesson(name: str) -> tuple[Any, str]:
    """앞 레슨의 노트북에 있는 학습자의 함수와, 그것을 쓸 수 없는 까닭(쓸 수 있으면 빈 글)."""
    part = next(part for part in PARTS if part.name == name)
    function = read_definitions(lessons_folder() / part.lesson / f"{part.lesson}.ipynb").get(name)
    reason = _why_not(part, function)
    if not reason:
        return function, ""
    return None, (
        f"레슨 {part.lesson[1]}의 `{name}`: {reason}. 그 레슨에서 통과하고 저장한 뒤에 이 셀을 다시 실행해요."
    )


def _why_not(part: Part, function: Any) -> str:
    """학습자의 함수를 쓸 수 없는 까닭. 쓸 수 있으면 빈 글."""
    if not callable(function):
        return NOT_RUN if part.lesson == LESSON else "노트북에서 찾지 못했어요"
    try:
        key = public_key(part.name)
    except KeyError:
        return "확인할 답안지가 없어요"
    verdict = evaluate(key, function)
    if verdict.verdict != "pass":
        return EMPTY if verdict.verdict == "missing" else FAILED
    return cut_or_slow(part.name, function)


def _bonus(name: str) -> bool:
    with contextlib.suppress(KeyError):
        return public_key(name).bonus
    return False


def _counted(function: Callable[..., Any], choice: Choice) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        choice.calls += 1
        return function(*args, **kwargs)

    return call


def _connect(space: Namespace, functions: Mapping[str, Callable[..., Any]]) -> None:
    """레슨마다 주어졌던 앞 레슨의 것을 고른 부품으로 바꿔 끼워요. 레슨 6의 `attend`는 레슨 5의 어텐션이에요."""
    for name in functions.keys() & space.keys():
        space[name] = functions[name]
    if "attend" in space and "scaled_dot_product_attention" in functions:
        space["attend"] = lambda q, k, v, mask=None: functions["scaled_dot_product_attention"](q, k, v, mask)[0]


def certificate(parts: Parts, facts: Mapping[str, str]) -> Any:
    """무엇을 만들었는지 한 장으로 보여 줘요. `facts`는 함께 적을 결과(이름과 값)예요. 학습자의 것이 아닌 것도 적어요."""
    from IPython.display import HTML

    used = [c for c in parts.choices.values() if c.yours and c.calls]
    lessons = sorted({c.part.lesson for c in used})
    lines = "".join(
        f"<li>레슨 {lesson[1]}: {', '.join(_called(c) for c in used if c.part.lesson == lesson)}</li>"
        for lesson in lessons
    )
    idle = [f"<code>{c.part.name}</code>" for c in parts.choices.values() if c.yours and not c.calls]
    results = "".join(
        f"<tr><td style='text-align:left'>{html.escape(k)}</td><td style='text-align:left'><b>{html.escape(v)}</b></td></tr>"
        for k, v in facts.items()
    )
    headline = (
        f"부품 {len(parts.choices)}개 가운데 {len(parts.yours)}개를 여러분이 만들었고, 이번에 {len(used)}개가 불렸어요."
    )
    others = ["가중치의 처음 값과 함수들을 묶은 모듈", "자동 미분과 Adam", "문장 쌍을 만든 표", "그림"]
    others += [c.part.instead for c in parts.choices.values() if not c.yours and c.part.instead not in NOTHING]
    rest = f"<p>여러분의 것이 아닌 것: {', '.join(html.escape(name) for name in dict.fromkeys(others))}</p>"
    spare = f"<p>만들었지만 이번 조립에서 쓰이지 않은 것: {', '.join(idle)}</p>" if idle else ""
    return HTML(
        '<div style="border:2px solid #2F6DB5;border-radius:8px;padding:1em 1.6em;max-width:46em;line-height:1.7">'
        f'<div style="font-size:1.3em;font-weight:700;color:#2F6DB5">조립 증명서</div><p><b>{headline}</b></p>'
        f"<table>{results}</table><ul>{lines}</ul>{spare}{rest}<p>{time.strftime('%Y-%m-%d')}</p></div>"
    )


def _called(choice: Choice) -> str:
    return f'<span style="white-space:nowrap"><code>{choice.part.name}</code> {choice.calls:,}번</span>'


def one_thread() -> None:
    """이렇게 작은 모델은 스레드 하나가 더 빨라요. 이 커널에서만 바꿔요."""
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
