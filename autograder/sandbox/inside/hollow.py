"""채점에서 학습자의 노트북이 보는 빈 `autograder`: 무엇을 부르든 아무 일도 하지 않아요."""

from __future__ import annotations

from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class _Nothing:
    """아무 일도 하지 않는 값. 채점에서 `check`와 그림 도구가 이것이 돼요."""

    def __call__(self, *args: Any, **kwargs: Any) -> _Nothing:
        return self

    def __getattr__(self, name: str) -> _Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __iter__(self) -> Any:
        return iter(())


class StubFinder(MetaPathFinder, Loader):
    """`autograder`와 그 아래 어떤 이름을 불러와도 빈 모듈을 줘요."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """`autograder`로 시작하는 이름이면 우리가 맡아요."""
        if name.split(".")[0] == "autograder":
            return ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """어떤 이름을 꺼내도 아무 일도 하지 않는 값을 주는 모듈."""

        class Stub(ModuleType):
            def __getattr__(self, name: str) -> Any:
                if name.startswith("__"):
                    raise AttributeError(name)
                return _Nothing()

        return Stub(spec.name)

    def exec_module(self, module: Any) -> None:
        """실행할 것이 없어요. 하위 모듈도 찾을 수 있게 묶음으로만 만들어요."""
        module.__path__ = []
