"""계산하지 않고 기억하거나 알아맞히는 공격. 숨은 사례는 값이 다르고, 다시 부르고, 차례가 정해져 있지 않아요."""

from __future__ import annotations

from support.attacks import Attack, body

LOSS = ("fail", "partial", "error")


def guess(name: str, *lines: str, top: str = "", verdicts: tuple[str, ...] = LOSS, **more: object) -> Attack:
    return Attack(name, body(*lines, top=top), verdicts, **more)


ATTACKS = [
    guess("처음 답을 늘 다시", "kept.append(x * 2)", "return kept[0]", top="kept = []"),
    guess("모양마다 처음 답을 다시", "return kept.setdefault(x.shape, x * 2)", top="kept = {}"),
    guess("모양과 dtype마다 처음 답을 다시", "return kept.setdefault((x.shape, x.dtype), x * 2)", top="kept = {}"),
    guess("함수에 답을 붙여 두기", "double.kept = getattr(double, 'kept', x * 2)", "return double.kept"),
    guess(
        "기본 인자에 답을 쌓기",
        "return kept(x)",
        top="def kept(x, table=[]):\n    table.append(x * 2)\n    return table[0]",
    ),
    guess(
        "모양으로만 기억하는 캐시",
        "return table(tuple(x.shape), x.dtype)",
        top="from functools import lru_cache\n@lru_cache\ndef table(shape, dtype):\n    return torch.ones(shape, dtype=dtype) * 2",
    ),
    guess("첫 원소로 기억하기", "return kept.setdefault(float(x.flatten()[0]) > 0, x * 2)", top="kept = {}"),
    guess("처음 한 번만 바르게", "calls.append(1)", "return x * 2 if len(calls) == 1 else x", top="calls = []"),
    guess("처음 네 번만 바르게", "calls.append(1)", "return x * 2 if len(calls) <= 4 else x", top="calls = []"),
    guess("두 번째부터 바르게", "calls.append(1)", "return x * 2 if len(calls) > 1 else x", top="calls = []"),
    guess("부를 때마다 번갈아", "calls.append(1)", "return x * 2 if len(calls) % 2 else x", top="calls = []"),
    guess("알려진 모양에서만 바르게", "return x * 2 if x.shape == (3, 4) else x"),
    guess("양수에서만 바르게", "return x.abs() * 2"),
    guess("float32에서만 바르게", "return (x.float() * 2) if x.dtype == torch.float32 else x.float() * 2"),
    guess(
        "한 번 본 값이면 옛 답을",
        "key = float(x.sum())",
        "seen.append(key)",
        "return x * 2 if seen.count(key) == 1 else x",
        top="seen = []",
    ),
    guess("값의 범위로 사례를 알아보기", "return x * 2 if float(x.abs().max()) < 2 else x"),
    guess("난수로 고르기", "return x * 2 if float(torch.rand(1)) < 0.5 else x"),
    guess("운에 맡기기", "import os", "return x * 2 if os.urandom(1)[0] < 2 else x"),
    guess("늘 같은 텐서", "return torch.ones(3, 4)"),
    guess("받은 것을 그대로", "return x"),
    guess("0으로 채우기", "return torch.zeros_like(x)"),
    guess("받은 것을 고쳐서 돌려주기", "x.mul_(2)", "return x", verdicts=("fail", "partial", "pass")),
    guess("받은 것을 비우고 돌려주기", "y = x * 2", "x.zero_()", "return y", verdicts=("fail", "partial", "pass")),
    guess("늘 예외", "raise ValueError('x')", verdicts=("error",)),
    guess(
        "공개 답을 적어 둔 표",
        "for key, value in TABLE:\n    if key.shape == x.shape: return value.to(x.dtype)",
        "return x",
        top="TABLE = [(torch.zeros(3, 4), torch.ones(3, 4)), (torch.zeros(2, 5), torch.ones(2, 5))]",
    ),
]
