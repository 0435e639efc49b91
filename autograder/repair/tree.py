"""고칠 자리와 고침을 나무(AST) 위의 데이터로. 고침은 자리의 내용을 잠시 바꿨다가 되돌리는 일이에요."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

Made = Callable[[], Any]  # 자리에 넣을 것을 만드는 함수. 정말로 해 볼 고침만 만들어요.
_PARTS = {f"_{i}_": i for i in range(8)}


@dataclass(frozen=True, eq=False)
class Slot:
    """마디 하나의 칸: `owner.field`나 그 안의 `index`번째."""

    owner: ast.AST
    field: str
    index: int | None = None

    def get(self) -> Any:
        """칸에 든 것."""
        held = getattr(self.owner, self.field)
        return held if self.index is None else held[self.index]

    def put(self, new: Any) -> None:
        """칸의 내용을 바꿔요."""
        if self.index is None:
            setattr(self.owner, self.field, new)
        else:
            getattr(self.owner, self.field)[self.index] = new


@dataclass(frozen=True, eq=False)
class Edit:
    """고침 하나.

    `lines`는 바뀌는 줄, `kind`는 다시 생각할 것("축", "인자의 순서" ...), `cost`는 얼마나 드문 실수인지(작을수록 먼저 해 봐요),
    `tag`는 같은 실수를 여러 곳에서 했는지 알아보는 이름(빈 글이면 혼자만), `added`는 그 줄 곁에 새 줄을 더하는 고침인지예요.
    """

    changes: tuple[tuple[Slot, Made], ...]
    lines: tuple[int, ...]
    kind: str
    cost: float
    tag: str = ""
    added: bool = False


@contextmanager
def applied(edit: Edit) -> Iterator[None]:
    """블록 안에서만 고친 나무예요."""
    old: list[tuple[Slot, Any]] = []
    try:
        for slot, make in edit.changes:
            new = make()
            old.append((slot, slot.get()))
            slot.put(new)
        yield
    finally:
        for slot, before in reversed(old):
            slot.put(before)


def fixed(edit: Edit) -> Edit:
    """몇 번을 해 봐도 같은 마디를 넣는 고침. 그 위에 다른 고침을 더해 볼 때 써요."""
    with applied(edit):
        return replace(edit, changes=tuple((slot, just(slot.get())) for slot, _ in edit.changes))


def one(slot: Slot, make: Made, line: int, kind: str, cost: float, tag: str = "", added: bool = False) -> Edit:
    """자리 하나만 바꾸는 흔한 고침."""
    return Edit(((slot, make),), (line,), kind, cost, tag, added)


# -- 자리에 넣을 것 --


def just(value: Any) -> Made:
    """있는 것 그대로."""
    return lambda: value


def made(template: str, like: ast.AST, *parts: Any) -> Made:
    """`fill`이 만들 식."""
    return partial(fill, template, like, *parts)


def lines_made(template: str, like: ast.stmt, *parts: Any) -> Made:
    """글로 적은 문장들. `_0_`, `_1_` 자리에 마디를 끼워요."""
    return lambda: block(_statements(template, like, parts), like)


def line_before(template: str, statement: ast.stmt) -> Made:
    """글로 적은 문장과 그 뒤의 원래 문장."""
    return lambda: block([*_statements(template, statement, ()), statement], statement)


def line_after(template: str, statement: ast.stmt) -> Made:
    """원래 문장과 그 뒤의, 글로 적은 문장."""
    return lambda: block([statement, *_statements(template, statement, ())], statement)


def _statements(template: str, like: ast.AST, parts: Sequence[Any]) -> list[ast.stmt]:
    return [_grown(statement, like, parts) for statement in _parsed(template, "exec").body]


def fill(template: str, like: ast.AST, *parts: Any) -> Any:
    """글로 적은 식에서 `_0_`, `_1_` 자리에 마디를 끼워요. 새 마디들의 줄은 `like`의 줄이에요."""
    return _grown(_parsed(template, "eval").body, like, parts)


def block(body: Sequence[ast.stmt], like: ast.AST) -> ast.stmt:
    """문장 여럿을 문장 하나로(언제나 참인 `if`). 목록의 길이를 바꾸지 않고 문장을 더하거나 뺄 때 써요."""
    node = fill("_0_ if True else _0_", like, ast.Constant(None))
    held = ast.If(node.test, list(body) or [ast.Pass()], [])
    for each in (held, held.body[0]) if not body else (held,):
        settle_line(each, like)
    return held


def around(call: ast.Call, new: ast.expr) -> ast.Call:
    """부름에서 첫 인자(없으면 메서드 앞의 값)만 `new`로 바꾼 새 부름."""
    if call.args:
        fresh = ast.Call(call.func, [new, *call.args[1:]], call.keywords)
    else:
        assert isinstance(call.func, ast.Attribute)
        func = ast.Attribute(new, call.func.attr, ast.Load())
        settle_line(func, call)
        fresh = ast.Call(func, [], call.keywords)
    settle_line(fresh, call)
    return fresh


def inside(call: ast.Call) -> Slot | None:
    """부름의 첫 인자나 메서드 앞의 값이 든 칸. 꺼낼 것이 없으면 None이에요."""
    if call.args:
        return None if isinstance(call.args[0], ast.Starred) else Slot(call, "args", 0)
    return Slot(call.func, "value") if isinstance(call.func, ast.Attribute) else None


def settle_line(node: ast.AST, like: ast.AST) -> None:
    """새 마디의 자리를 `like`의 자리로 적어요."""
    if node._attributes:
        node.lineno = getattr(like, "lineno", 1)  # type: ignore[attr-defined]
        node.col_offset = getattr(like, "col_offset", 0)  # type: ignore[attr-defined]


@lru_cache(maxsize=4096)
def _parsed(template: str, mode: str) -> Any:
    return ast.parse(template, mode=mode)


def _grown(node: Any, like: ast.AST, parts: Sequence[Any]) -> Any:
    """본의 마디를 베끼며 빈자리에 `parts`를 끼워요. 본은 여러 번 쓰므로 고치지 않아요."""
    if isinstance(node, list):
        return [_grown(each, like, parts) for each in node]
    if not isinstance(node, ast.AST):
        return node
    if isinstance(node, ast.Name) and node.id in _PARTS:
        return parts[_PARTS[node.id]]
    new = type(node)(**{name: _grown(getattr(node, name), like, parts) for name in node._fields if hasattr(node, name)})
    settle_line(new, like)
    return new
