"""데워진 기억을 큰 쪽(2 MiB)으로 모으는 일. 갈라질 때마다 커널이 베끼고 지울 쪽의 표가 수백 배 짧아져요.

기억은 그대로이고 자식마다 드는 시간만 줄어요. 커널 6.1부터 되고, 안 되는 곳에서는 아무 일도 하지 않아요.
"""

from __future__ import annotations

import ctypes
import sys

_HUGE = 2 * 1024 * 1024
_MADV_COLLAPSE = 25

Ranges = tuple[tuple[int, int], ...]


def remember_ranges() -> Ranges:
    """파이썬과 torch의 객체가 사는 곳들. 파일을 막은 뒤에는 /proc을 읽지 못하므로 그 전에 불러요."""
    if sys.platform != "linux":
        return ()
    found = []
    with open("/proc/self/maps") as file:
        for line in file:
            addresses, rights, _, _, _, *name = line.split()
            if "w" in rights and name in ([], ["[heap]"]):
                start, end = (int(address, 16) for address in addresses.split("-"))
                found.append((-(-start // _HUGE) * _HUGE, end // _HUGE * _HUGE))
    return tuple((start, end) for start, end in found if start < end)


def gather(ranges: Ranges) -> None:
    """큰 쪽으로 모아요. 그사이에 놓아준 곳이나 빈 곳은 커널이 거절하고 그대로 둬요."""
    if not ranges:
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in ranges:
        for place in range(start, end, _HUGE):
            madvise(place, _HUGE, _MADV_COLLAPSE)
