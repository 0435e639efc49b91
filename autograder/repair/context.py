"""고침을 만들 때 보는 것: 자리와 문장의 목록, 이름마다의 값, 틀린 답이 어떻게 틀렸는지."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from autograder.repair.spots import Block, Seen, Spot, stored

NUMBERS, TENSORS = "if", "TLM"


@dataclass(eq=False)
class Context:
    """한 나무에서 고침을 만드는 데 필요한 모든 것.

    `names`는 함수에 들어올 때의 인자들, `parameters`는 확인하는 함수의 인자 이름들,
    `helpers`는 학습자의 이름 공간에 있는 앞 실습들, `constants`는 거기에 대문자로 적은 상수들, `raises`는 막아야 하는 입력이 있을 때 기다리는 예외의 이름,
    `problems`는 어긋남의 종류들(`judging.problem.Problem.kind`), `main`은 확인하는 함수의 정의, `quoted`는 설명글에서 따옴표로 감싼 한두 글자예요.
    """

    spots: Sequence[Spot]
    blocks: Sequence[Block]
    names: dict[str, Seen]
    parameters: tuple[str, ...]
    helpers: tuple[str, ...] = ()
    constants: dict[str, Seen] = field(default_factory=dict)
    raises: str = ""
    quoted: tuple[str, ...] = ()
    problems: frozenset[str] = frozenset()
    main: ast.FunctionDef | None = None

    @cached_property
    def kinds(self) -> dict[str, Seen]:
        """이름마다 지나간 값들. 한 번도 읽지 않은 이름은 값을 받을 때의 것이에요."""
        found = {**self.constants, **self.names}
        for spot in self.spots:
            node = spot.node
            if isinstance(node, ast.Name) and not spot.callee:
                _merge(found, node.id, spot.seen)
            if isinstance(spot.statement, ast.Assign) and spot.slot.owner is spot.statement:
                for target in spot.statement.targets:
                    if isinstance(target, ast.Name):
                        _merge(found, target.id, spot.seen)
        return found

    @cached_property
    def unused(self) -> tuple[str, ...]:
        """함수가 받고도 한 번도 읽지 않는 인자들."""
        read = {s.node.id for s in self.spots if isinstance(s.node, ast.Name)}
        return tuple(name for name in self.parameters if name not in read)

    @cached_property
    def axes(self) -> tuple[str, ...]:
        """축의 번호를 받는 인자들."""
        return tuple(name for name in self.parameters if name in ("dim", "axis", "dims"))

    @cached_property
    def words(self) -> tuple[str, ...]:
        """코드에 적힌 짧은 글과, 지나간 사전의 열쇠들."""
        written = set(self.quoted) | {
            s.node.value for s in self.spots if isinstance(s.node, ast.Constant) and type(s.node.value) is str
        }
        keys = set().union(*(seen.words for seen in self.kinds.values())) if self.kinds else set()
        return tuple(sorted({word for word in written | keys if len(word) <= 12}))

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """코드에 적힌 정수들."""
        return tuple(
            sorted({s.node.value for s in self.spots if isinstance(s.node, ast.Constant) and type(s.node.value) is int})
        )

    @cached_property
    def indices(self) -> dict[str, ast.expr]:
        """코드에 적힌 첨자들을 글에서 마디로."""
        return {ast.unparse(s.node.slice): s.node.slice for s in self.spots if isinstance(s.node, ast.Subscript)}

    @cached_property
    def called(self) -> tuple[str, ...]:
        """값으로 받은 함수와 앞 실습들, 셀에서 부르는 함수들의 이름."""
        given = [name for name, seen in self.kinds.items() if seen.kinds == {"c"}]
        used = [s.node.id for s in self.spots if s.callee and isinstance(s.node, ast.Name)]
        return tuple(dict.fromkeys([*given, *used, *self.helpers]))

    @cached_property
    def _stored(self) -> dict[int, dict[str, int]]:
        return {}

    def visible(self, spot: Spot) -> Iterator[str]:
        """자리에서 읽을 수 있는 이름들."""
        yield from self.constants
        for node in spot.above:
            if isinstance(node, ast.FunctionDef | ast.Lambda):
                if id(node) not in self._stored:
                    lines: dict[str, int] = {}
                    for name, line in stored(node):
                        lines[name] = min(line, lines.get(name, line))
                    self._stored[id(node)] = lines
                yield from (name for name, line in self._stored[id(node)].items() if line <= spot.line)
            elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
                yield from (n for part in node.generators for n, _ in stored(part.target))

    def named(self, spot: Spot, kinds: str) -> list[str]:
        """자리에서 읽을 수 있는 이름 가운데 값의 종류가 `kinds`인 것. 쓰지 않은 인자가 먼저예요."""
        wanted = set(kinds)
        found = [
            name for name in dict.fromkeys(self.visible(spot)) if name in self.kinds and self.kinds[name].kinds & wanted
        ]
        return sorted(found, key=lambda name: name not in self.unused)

    def alike(self, name: str) -> list[str]:
        """값의 종류가 비슷한 다른 이름들."""
        kinds = set(related(self.kinds[name].kinds))
        return [other for other, seen in self.kinds.items() if other != name and seen.kinds & kinds]

    def rare(self, name: str) -> float:
        """이름을 끼워 넣는 고침의 값. 받고도 쓰지 않은 인자라면 빠뜨린 것일 때가 많아요."""
        if name in self.unused:
            return 0.0
        return 0.5 if name in self.kinds and self.kinds[name].kinds == {"f"} else 1.0


def _merge(found: dict[str, Seen], name: str, seen: Seen) -> None:
    old = found.get(name, Seen())
    found[name] = Seen(old.kinds | seen.kinds, old.dims | seen.dims, old.words | seen.words)


def related(kinds: set[str]) -> str:
    """서로 바꿔 써 볼 만한 값의 종류들. 아직 모르면 무엇이든이에요."""
    if not kinds:
        return "TLMifbsyltdnco"
    groups = (TENSORS, NUMBERS + "b", "lt", "s", "y", "d", "c")
    return "".join(group for group in groups if kinds & set(group)) or "".join(kinds - {"n"})
