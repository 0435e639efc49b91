"""모래상자의 단계와, 만들 수 없을 때의 까닭.

- full: 제출물마다 따로인 이름 공간 + Landlock + seccomp + 자원 상한
- reduced: 이름 공간은 있지만 제출물마다 따로가 아니거나, Landlock이나 seccomp 가운데 빠진 것이 있어요
- landlock: 이름 공간 없이 Landlock + seccomp + 자원 상한
- none: 아무것도 막지 못해요. `--unsafe-no-sandbox`를 준 때에만 돌아요
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.errors import CourseError

# 이름 공간 안에서는 아무도 닿지 못하는 곳에서 벌어지는 일들. 이것만 남으면 reduced로 돌 수 있어요.
_HARMLESS_INSIDE = {
    *(
        "write",
        "write-tmp",
        "fork",
        "signal",
        "owner",
        "processes",
        "network",
        "datagram",
        "unix-socket",
        "shared-space",
        "unwalled",
    ),
}


class SandboxRefused(CourseError):
    """모래상자를 만들 수 없어 채점을 시작하지 않아요. 문장에 까닭과 고치는 법이 있어요."""


@dataclass(frozen=True)
class Tier:
    """고른 단계. `missing`은 한 단계 위로 가지 못한 까닭과 고치는 법이에요."""

    name: str
    missing: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """무엇이 막는지까지 적은 이름."""
        return {
            "full": "완전(이름 공간 + Landlock + seccomp + 자원 상한)",
            "reduced": "줄임(이름 공간 + 자원 상한)",
            "landlock": "Landlock만(Landlock + seccomp + 자원 상한)",
            "none": "없음(학습자의 코드를 막지 않아요)",
        }[self.name]

    def tolerates(self, escapes: Sequence[str]) -> bool:
        """갇힌 자식이 이만큼 할 수 있어도 이 단계라고 부를 수 있는지."""
        # Landlock만으로는 이웃과 프로세스 공간이 같아요. 그래서 제출물을 하나씩만 맡아요.
        harmless = {"reduced": _HARMLESS_INSIDE, "landlock": {"shared-space"}}.get(self.name, set())
        return self.name == "none" or set(escapes) <= harmless

    @property
    def side_by_side(self) -> bool:
        """여러 제출물을 함께 맡아도 되는지. 서로 떼어 놓을 수 없으면 하나씩만 맡아요."""
        return self.name == "full"

    @property
    def namespaces(self) -> bool:
        """이름 공간 안에서 도는지."""
        return self.name in ("full", "reduced")
