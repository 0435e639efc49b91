"""메모리: 다 쓴 메모리를 운영체제에 돌려주지 않고 다시 써요. 학습의 값은 그대로이고 빨라지기만 해요."""

from __future__ import annotations

import ctypes
import sys


def keep_freed_memory() -> bool:
    """커다란 텐서를 만들고 버릴 때마다 운영체제를 부르지 않게 해요. → 바뀌었는지 여부. 리눅스의 glibc에서만 돼요.

    glibc는 큰 조각을 mmap으로 빌렸다가 바로 돌려줘요. 그러면 스텝마다 수만 번의 페이지 폴트가 나서 학습 시간의 5분의 1이
    사라져요. 상수는 <malloc.h>의 M_MMAP_MAX(-4), M_TRIM_THRESHOLD(-1)예요.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # musl 같은 다른 C 라이브러리
        return False
    return bool(mallopt(-4, 0) and mallopt(-1, 2**31 - 1))
