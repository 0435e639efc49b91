"""레슨의 그림들. `drawing("이름")`을 셀 끝에 두면 보여요.

그림 하나는 함수 하나이고, 이름은 함수 이름의 `_`를 `-`로 바꾼 것이에요. 레슨마다 파일 하나, 여러 레슨이 쓰는 전체 그림은 `whole_model.py`예요.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from autograder.kit.drawings.canvas import Canvas


def drawings() -> dict[str, Callable[..., Canvas]]:
    """이름에서 그림을 그리는 함수로 가는 표."""
    found: dict[str, Callable[..., Canvas]] = {}
    for module in iter_modules(__path__):
        if module.name != "canvas":
            members = vars(import_module(f"{__name__}.{module.name}"))
            found |= {
                name.replace("_", "-"): value
                for name, value in members.items()
                if callable(value) and getattr(value, "__annotations__", {}).get("return") == "Canvas"
            }
    return found


def drawing(name: str, **options: Any) -> Canvas:
    """이름의 그림 한 장. 없는 이름은 있는 이름들을 알려 주는 KeyError예요."""
    known = drawings()
    if name not in known:
        raise KeyError(f"`{name}` 그림은 없어요. 있는 것: {', '.join(sorted(known))}")
    return known[name](**options)
