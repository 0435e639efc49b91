"""고침: 막아야 하는 입력. 예외를 낼 조건과 그 자리, 예외의 종류.

어떤 조건이어야 하는지는 찾지 않아요. 막아야 하는 입력만 골라 막으면 모두 통과하는지를 봐요.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.repair.context import Context
from autograder.repair.edit_steps import before
from autograder.repair.spots import Block
from autograder.repair.tree import Edit, Slot, lines_made, made, one

BLOCKED, ALLOWED = "_blocked_", "_allowed_"  # 막아야 하는데 막지 않은 입력인지, 막지 말아야 하는데 막은 입력인지
_KIND = "막아야 하는 입력"


def guard_edits(part: Block, context: Context) -> Iterator[Edit]:
    """확인하는 함수의 몸통에서, 입력을 막는 줄을 더하거나 달리."""
    main = context.main
    if main is None or part.owner is not main:
        return
    names = ", ".join(arg.arg for arg in [*main.args.posonlyargs, *main.args.args, *main.args.kwonlyargs])
    guards = [node for node in ast.walk(main) if isinstance(node, ast.If) and _raises(node)]
    if context.raises:
        text = f"if {BLOCKED}({names}):\n    raise {context.raises}"
        yield before(Slot(main, "body", 0), main.body[0], text, _KIND, 1.9 if guards else 1.3)
        yield from _raised(main, context)
    for node in guards:
        slot = Slot(node, "test")
        for text in (f"_0_ or {BLOCKED}({names})", f"{BLOCKED}({names}) or _0_") if context.raises else ():
            yield one(slot, made(text, node, node.test), node.lineno, _KIND, 1.4)
        if "error" in context.problems:
            text = f"(_0_) and not {ALLOWED}({names})"
            yield one(slot, made(text, node, node.test), node.lineno, _KIND, 1.6)


def _raises(node: ast.If) -> bool:
    return any(isinstance(inside, ast.Raise) for inside in [*node.body, *node.orelse])


def _raised(main: ast.FunctionDef, context: Context) -> Iterator[Edit]:
    """`assert`, 가지 안의 `return`, 다른 예외를 기다리는 예외로."""
    for owner in ast.walk(main):
        for field in ("body", "orelse"):
            held = getattr(owner, field, None)
            for at, node in enumerate(held if isinstance(held, list) else ()):
                slot, text = Slot(owner, field, at), f"raise {context.raises}"
                if isinstance(node, ast.Assert):
                    make = lines_made(f"if not _0_:\n    {text}", node, node.test)
                    yield one(slot, make, node.lineno, "예외의 종류", 1.0)
                elif isinstance(node, ast.Raise):
                    yield one(slot, lines_made(text, node), node.lineno, "예외의 종류", 1.0)
                elif isinstance(node, ast.Return | ast.Pass | ast.Expr):
                    yield one(slot, lines_made(text, node), node.lineno, _KIND, 1.3)
