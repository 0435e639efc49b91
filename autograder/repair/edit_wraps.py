"""고침: 식에 빠진 한 단계. 전치, 지수와 루트, 축 더하기, 자료형, 꺼내는 자리."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.repair.cell import POWER
from autograder.repair.context import NUMBERS, TENSORS, Context
from autograder.repair.spots import Spot
from autograder.repair.tree import Edit

_COPIED = "받은 입력을 고치지 않는 방법"
# (식, 다시 생각할 것, 값). `_0_`이 원래의 식이에요.
_FLOATS = (
    ("_torch_.relu(_0_)", "활성화", 1.5),
    ("_torch_.tanh(_0_)", "활성화", 1.5),
    ("_torch_.sigmoid(_0_)", "활성화", 1.9),
    ("_torch_.softmax(_0_, dim=-1)", "소프트맥스", 1.6),
    ("_torch_.exp(_0_)", "지수와 로그", 1.7),
    ("_torch_.log(_0_)", "지수와 로그", 1.8),
    ("_torch_.sqrt(_0_)", "제곱과 제곱근", 1.4),
    ("(_0_) * (_0_)", "제곱과 제곱근", 1.5),
    ("_torch_.abs(_0_)", "부호", 1.8),
    ("1 / (_0_)", "곱하거나 나누는 수", 1.7),
    ("1 - _0_", "빼는 순서", 1.7),
    ("_torch_.nan_to_num(_0_)", "0으로 나누는 곳", 1.9),
    ("(_0_) / (_0_).sum(dim=-1, keepdim=True)", "합으로 나누기", 1.9),
    ("(_0_) - (_0_).amax(dim=-1, keepdim=True)", "큰 값을 빼기", 1.9),
    ("(_0_) - (_0_).mean(dim=-1, keepdim=True)", "평균을 빼기", 1.9),
    ("(_0_).norm()", "크기를 재는 방법", 2.0),
    ("(_0_) / (_0_).norm(dim=-1, keepdim=True)", "크기로 나누기", 2.0),
)
_TENSORS = (
    ("(_0_).transpose(-2, -1)", "축", 1.3),
    ("(_0_).transpose(1, 2)", "축", 1.4),
    ("(_0_).transpose(0, 1)", "축", 1.6),
    ("(_0_).T", "축", 1.5),
    ("(_0_).sum(dim=-1)", "축", 1.7),
    ("(_0_).sum(dim=-1, keepdim=True)", "축", 1.8),
    ("(_0_).mean(dim=-1)", "축", 1.8),
    ("(_0_).mean(dim=-1, keepdim=True)", "축", 1.8),
    ("(_0_).sum()", "축", 1.8),
    ("(_0_).mean()", "축", 1.8),
    ("(_0_).flip(0)", "차례", 1.5),
    ("(_0_).flip(-1)", "차례", 1.8),
    ("(_0_).contiguous()", "RAM에 놓인 차례", 1.6),
    ("(_0_).clone()", _COPIED, 1.4),
    ("(_0_).float()", "자료형", 1.7),
    ("(_0_).long()", "자료형", 1.9),
    ("(_0_).bool()", "자료형", 1.5),
    ("(_0_).item()", "돌려주는 값의 형", 1.4),
    ("(_0_).tolist()", "돌려주는 값의 형", 1.7),
    ("bool(_0_)", "돌려주는 값의 형", 1.4),
    ("int(_0_)", "돌려주는 값의 형", 1.4),
    ("float(_0_)", "돌려주는 값의 형", 1.5),
    ("(_0_).clone().requires_grad_(True)", "기울기", 1.5),
    ("(_0_).flatten(1)", "모양", 1.7),
    ("(_0_).flatten(-2)", "모양", 1.6),
    ("(_0_).flatten(2)", "모양", 1.6),
    ("(_0_)[-1]", "꺼내는 자리", 1.7),
    ("(_0_)[0]", "꺼내는 자리", 1.7),
    ("(_0_)[..., 0]", "꺼내는 자리", 1.9),
    ("(_0_)[:, -1]", "꺼내는 자리", 1.8),
    ("(_0_)[:, 0]", "꺼내는 자리", 1.8),
    ("(_0_)[:, :-1]", "자르는 범위", 1.7),
    ("(_0_)[:, 1:]", "자르는 범위", 1.7),
    ("(_0_)[1:]", "자르는 범위", 1.8),
    ("(_0_)[:-1]", "자르는 범위", 1.8),
)
_SHORT = tuple((f"(_0_){index}", "축", 1.6) for index in ("[:, None, None]", "[None, None]", "[:, None, None, :]"))
_NUMBERS = (
    ("(_0_) + 1", "더하거나 빼는 수", 1.5),
    ("(_0_) - 1", "더하거나 빼는 수", 1.5),
    ("2 * (_0_)", "곱하거나 나누는 수", 1.6),
    ("(_0_) / 2", "곱하거나 나누는 수", 1.8),
    ("int(_0_)", "돌려주는 값의 형", 1.7),
    ("float(_0_)", "돌려주는 값의 형", 1.8),
    ("_math_.sqrt(_0_)", "제곱과 제곱근", 1.3),
    ("_math_.log(_0_)", "지수와 로그", 1.6),
    ("_math_.exp(_0_)", "지수와 로그", 1.8),
    ("max(_0_, 1)", "가장 작은 값", 1.6),
    ("min(_0_, 1)", "가장 큰 값", 1.8),
    ("1 / (_0_)", "곱하거나 나누는 수", 1.7),
    ("1 - _0_", "빼는 순서", 1.6),
    (f"{POWER}(_0_, 2)", "제곱과 제곱근", 1.5),
)
_SEQUENCES = (
    ("list(_0_)", "돌려주는 값의 형", 1.3),
    ("tuple(_0_)", "돌려주는 값의 형", 1.3),
    ("dict(_0_)", _COPIED, 1.4),
    ("[*_0_]", _COPIED, 1.9),
    ("(_0_)[1:]", "자르는 범위", 1.3),
    ("(_0_)[:-1]", "자르는 범위", 1.3),
    ("(_0_)[0]", "꺼내는 자리", 1.3),
    ("(_0_)[1]", "꺼내는 자리", 1.5),
    ("(_0_)[-1]", "꺼내는 자리", 1.5),
    ("[_0_]", "목록을 몇 겹으로 감쌌는지", 1.9),
    ("len(_0_)", "길이", 1.5),
    ("reversed(_0_)", "차례", 1.6),
    ("sorted(_0_)", "차례", 1.6),
    ("set(_0_)", "되풀이하는 것", 1.9),
    ('"".join(_0_)', "잇는 방법", 1.5),
)
_STRINGS = (
    ("(_0_).split()", "나누는 방법", 1.4),
    ("(_0_).strip()", "빈칸", 1.6),
    ("list(_0_)", "담는 그릇의 종류", 1.6),
    ("tuple(_0_)", "담는 그릇의 종류", 1.6),
    ("len(_0_)", "길이", 1.7),
    ("ord(_0_)", "글자의 번호", 1.8),
    ("[_0_]", "목록을 몇 겹으로 감쌌는지", 1.8),
)
_BYTES = (('(_0_).decode("utf-8", errors="replace")', "글과 바이트", 1.4),)
_BY_KIND = (
    (TENSORS, _TENSORS),
    ("T", _FLOATS),
    (NUMBERS, _NUMBERS),
    ("ltdoc", _SEQUENCES),
    ("s", _STRINGS),
    ("y", _BYTES),
)


def wrap_edits(spot: Spot, context: Context) -> Iterator[Edit]:
    """식 하나에 한 단계를 더해요."""
    node = spot.node
    if isinstance(node, ast.Constant):
        if type(node.value) in (int, float):
            yield from (wrap(spot, text, "지수와 로그", 1.7) for text in ("_math_.log(_0_)", "_math_.sqrt(_0_)"))
        return
    if spot.callee:
        return
    extra = extra_cost(spot)
    for kinds, table in _BY_KIND:
        for text, kind, cost in table if spot.has(kinds) else ():
            if not (text == "[_0_]" and spot.slot.field == "iter"):  # `for x in [목록]`은 아무도 하지 않는 실수예요.
                yield wrap(spot, text, kind, cost + (0.1 if kind == _COPIED else extra))
    if spot.has(TENSORS):
        yield from _axes(spot, extra)
    for axis in context.axes if spot.has("T") else ():
        yield wrap(spot, f"_0_ - (_0_).amax(dim={axis}, keepdim=True)", "큰 값을 빼기", 1.4)
        yield wrap(spot, f"(_0_) / (_0_).sum(dim={axis}, keepdim=True)", "합으로 나누기", 1.5)
    for word in context.quoted if spot.has("lts") else ():
        for text in (f"({word!r}, *_0_)", f"[{word!r}, *_0_]", f"{word!r} + _0_"):
            yield wrap(spot, text, "빠진 시작", 1.6)
    if spot.has("f") and isinstance(spot.slot.owner, ast.Return):
        yield wrap(spot, "100 * (_0_)", "곱하거나 나누는 수", 1.6)


def extra_cost(spot: Spot) -> float:
    """한 단계를 빠뜨리기 쉬운 자리(돌려주는 값, 받는 값, 항과 인자)가 아니면 더 드문 것으로 쳐요."""
    if isinstance(spot.slot.owner, ast.Assign) and isinstance(spot.node, ast.Name):
        return 0.6  # `h = x`는 이름을 하나 더 붙인 줄이에요. 거기서 한 단계를 빠뜨리는 일은 드물어요.
    usual = (ast.Return, ast.Assign, ast.BinOp, ast.Call, ast.AugAssign, ast.comprehension)
    return 0.1 if isinstance(spot.slot.owner, usual) else 0.4


def wrap(spot: Spot, text: str, kind: str, cost: float) -> Edit:
    """자리의 식을 감싸요. 꼬리표가 `wrap`으로 시작해요."""
    return spot.to(text, kind, cost, tag=f"wrap {text}")


def _axes(spot: Spot, extra: float) -> Iterator[Edit]:
    most = max(spot.seen.dims, default=0)
    for axis in range(-2, most + 1):
        yield wrap(spot, f"(_0_).unsqueeze({axis})", "축", 1.4 + extra)
    for axis in range(-2, most):
        yield wrap(spot, f"(_0_).squeeze({axis})", "축", 1.8 + extra)
    for text, kind, cost in _SHORT if most <= 2 else ():
        yield wrap(spot, text, kind, cost + extra)
