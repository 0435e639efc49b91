"""고칠 자리를 찾고, 틀린 답을 한 번 돌리며 자리마다 어떤 값이 지나갔는지 봐요.

지나간 적이 없는 자리는 고쳐도 그 사례의 결과가 달라지지 않으므로 해 볼 까닭이 없어요.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from autograder.repair.tree import Edit, Slot, fill, just, made, one

SEE, ENTER, LEAVE = "_see_", "_enter_", "_leave_"


@dataclass
class Seen:
    """자리를 지나간 값들: 종류의 글자들, 텐서의 축의 수, 사전의 열쇠."""

    kinds: set[str] = field(default_factory=set)
    dims: set[int] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    def note(self, value: Any) -> None:
        """값 하나를 적어요."""
        self.kinds.add(kind_of(value))
        if isinstance(value, torch.Tensor):
            self.dims.add(value.dim())
        elif isinstance(value, dict):
            self.words |= {key for key in value if isinstance(key, str)}


def kind_of(value: Any) -> str:
    """값의 종류 한 글자: 텐서는 T(실수) L(정수) M(참/거짓), 나머지는 소문자."""
    if isinstance(value, torch.Tensor):
        return "M" if value.dtype == torch.bool else "T" if value.is_floating_point() else "L"
    for kind, types in _KINDS:
        if isinstance(value, types):
            return kind
    return "c" if callable(value) else "o"


_KINDS: tuple[tuple[str, Any], ...] = (
    ("n", type(None)),
    ("b", bool),
    ("i", int),
    ("f", float),
    ("s", str),
    ("y", bytes),
    ("l", list),
    ("t", tuple),
    ("d", dict),
)


@dataclass(eq=False)
class Spot:
    """식이 놓인 자리. `above`는 바깥에서 안으로의 마디들, `statement`는 그 식이 든 문장이에요."""

    slot: Slot
    above: tuple[ast.AST, ...]
    statement: ast.stmt
    function: ast.AST
    seen: Seen = field(default_factory=Seen)
    reached: bool = False

    @property
    def node(self) -> Any:
        """자리에 든 식."""
        return self.slot.get()

    @property
    def line(self) -> int:
        """식이 놓인 줄의 번호."""
        return int(self.node.lineno)

    @property
    def callee(self) -> bool:
        """부르는 것의 자리인지(`f(x)`의 f)."""
        return self.slot.field == "func"

    def to(self, text: str, kind: str, cost: float, *parts: Any, tag: str = "") -> Edit:
        """자리의 식을, 글로 적은 다른 식으로. `_0_`은 원래의 식(또는 `parts`의 첫째)이에요."""
        return one(self.slot, made(text, self.node, *(parts or (self.node,))), self.line, kind, cost, tag)

    def put(self, new: ast.expr, kind: str, cost: float, tag: str = "") -> Edit:
        """자리의 식을 다른 식으로."""
        return one(self.slot, just(new), self.line, kind, cost, tag)

    def has(self, kinds: str) -> bool:
        """지나간 값이 이 종류들 가운데 하나인지."""
        return bool(self.seen.kinds & set(kinds))


@dataclass(eq=False)
class Block:
    """문장의 목록 하나. `loop`는 반복문의 안인지예요."""

    owner: ast.AST
    field: str
    function: ast.AST
    loop: bool

    @property
    def body(self) -> list[ast.stmt]:
        """목록의 문장들."""
        held: list[ast.stmt] = getattr(self.owner, self.field)
        return held


def spots_and_blocks(roots: Sequence[ast.AST]) -> tuple[list[Spot], list[Block]]:
    """정의들 안의 모든 식의 자리와 문장의 목록."""
    spots: list[Spot] = []
    blocks: list[Block] = []
    for root in roots:
        _walk(root, (), root, root, spots, blocks, False)
    return spots, blocks


def _walk(
    node: ast.AST,
    above: tuple[ast.AST, ...],
    statement: Any,
    function: ast.AST,
    spots: list[Spot],
    blocks: list[Block],
    loop: bool,
) -> None:
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.arguments | ast.Import | ast.ImportFrom):
        return
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        function = node
    loop = loop or isinstance(node, ast.For | ast.While)
    for name, value in ast.iter_fields(node):
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            blocks.append(Block(node, name, function, loop))
        for index, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if not isinstance(child, ast.AST) or isinstance(child, ast.expr_context | ast.operator | ast.cmpop):
                continue
            if isinstance(child, ast.expr) and _readable(child, name):
                spots.append(Spot(Slot(node, name, index), (*above, node), statement, function))
            inner = child if isinstance(child, ast.stmt) else statement
            _walk(child, (*above, node), inner, function, spots, blocks, loop)


def _readable(node: ast.expr, name: str) -> bool:
    if name in ("decorator_list", "annotation", "returns", "bases"):
        return False
    return isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and not isinstance(node, ast.Slice | ast.Starred)


# -- 지나가는 값 보기 --


class Watcher:
    """나무에 보는 눈을 달았다 떼요. `names`는 함수마다, 그 인자와 변수의 값들이에요."""

    def __init__(self, spots: Sequence[Spot]) -> None:
        self.spots = spots
        self.nodes = [spot.node for spot in spots]
        self.names: dict[str, Seen] = {}

    def see(self, number: int, value: Any) -> Any:
        """식의 값을 적고 그대로 돌려줘요."""
        self.spots[number].seen.note(value)
        return value

    def enter(self, values: dict[str, Any]) -> None:
        """함수에 들어올 때의 인자들을 적어요."""
        for name, value in values.items():
            self.names.setdefault(name, Seen()).note(value)

    def settle(self) -> None:
        """여기까지 지나간 자리를 정해요. 예외를 낸 식은 값을 남기지 못하므로, 안의 식이 지나갔으면 거기까지 온 거예요."""
        seen = [number for number, spot in enumerate(self.spots) if spot.seen.kinds]
        reached = {id(node) for number in seen for node in (self.nodes[number], *self.spots[number].above)}
        for spot, node in zip(self.spots, self.nodes, strict=True):
            spot.reached = id(node) in reached

    def leave(self, values: dict[str, Any], value: Any) -> Any:
        """함수에서 나올 때의 변수들을 적고, 돌려주는 값을 그대로 돌려줘요."""
        self.enter(values)
        return value

    def __enter__(self) -> Watcher:
        self._old: list[tuple[Slot, Any]] = []
        entered: set[int] = set()
        for number, spot in enumerate(self.spots):
            node = spot.node
            if id(spot.function) not in entered and isinstance(spot.function, ast.FunctionDef):
                entered.add(id(spot.function))
                self._hide(Slot(spot.function, "body"), self._greeted(spot.function))
            if spot.callee or (isinstance(node, ast.Tuple) and _has_slices(node)):
                continue
            seen = f"{SEE}({number}, _0_)"
            if isinstance(spot.slot.owner, ast.Return):
                seen = f"{LEAVE}(locals(), {seen})"
            self._hide(spot.slot, fill(seen, node, node))
        return self

    def _hide(self, slot: Slot, new: Any) -> None:
        self._old.append((slot, slot.get()))
        slot.put(new)

    def _greeted(self, function: ast.FunctionDef) -> list[ast.stmt]:
        hello = ast.Expr(fill(f"{ENTER}(locals())", function.body[0]))
        return [ast.copy_location(hello, function.body[0]), *function.body]

    def __exit__(self, *_: object) -> None:
        for slot, node in reversed(self._old):
            slot.put(node)


def _has_slices(node: ast.Tuple) -> bool:
    return any(isinstance(part, ast.Slice | ast.Starred) for part in node.elts)


def stored(function: ast.AST) -> Iterator[tuple[str, int]]:
    """함수 안에서 값을 받는 이름과 그 줄(인자는 0)."""
    if isinstance(function, ast.FunctionDef | ast.Lambda):
        spec = function.args
        for arg in [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *filter(None, (spec.vararg, spec.kwarg))]:
            yield arg.arg, 0
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
