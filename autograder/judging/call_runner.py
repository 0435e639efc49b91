"""학습자의 함수를 사례대로 불러 결과를 데이터로 남겨요. 노트북의 커널과 채점 작업자가 같은 코드를 써요.

여기서는 아무것도 판정하지 않아요. 판정은 `judge.py`가, 채점에서는 다른 프로세스에서 해요.
"""

from __future__ import annotations

import linecache
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autograder.judging import argument_builders
from autograder.judging.cases import BuiltArgument, Call, Ref

MAX_DEPTH = 20
GIVEN = "받은_함수"  # 우리가 인자로 준 함수 안에서 멈췄다는 표시(`Outcome.inside`)


@dataclass(frozen=True)
class Foreign:
    """데이터로 받을 수 없는 값(넘파이 배열, 함수, 모듈 ...). 형의 이름만 남겨요."""

    type_name: str


@dataclass(frozen=True)
class Outcome:
    """한 번 부른 결과.

    `error`는 예외 클래스의 이름, `detail`은 그 내용(공개 사례에서만 보여요), `changed`는 함수가 바꿔 놓은 인자의 자리,
    `grads`는 `Call.grad_of`가 부탁한 기울기(흐르지 않으면 None)예요.
    예외가 났다면 `bases`는 그 클래스의 조상까지의 이름들, `line`과 `code`는 멈춘 학습자의 줄의 번호와 글,
    `function`은 그 줄이 든 함수의 이름, `inside`는 그 줄이 불렀다가 그 안에서 멈춘 노트북의 다른 함수예요(없으면 None과 빈 글).
    """

    value: Any = None
    error: str | None = None
    detail: str = ""
    changed: tuple[int | str, ...] = ()
    grads: tuple[Tensor | None, ...] = ()
    bases: tuple[str, ...] = ()
    line: int | None = None
    code: str = ""
    function: str = ""
    inside: str = ""


def plain(value: Any, depth: int = 0) -> Any:
    """결과를 텐서, 수, 문자열, 목록만 남은 데이터로 바꿔요. 뷰는 베껴요."""
    if depth > MAX_DEPTH:
        return Foreign("too deep")
    if isinstance(value, Tensor):
        if value.layout is not torch.strided or value.is_quantized or value.is_complex():
            return Foreign("special tensor")
        # 부분 클래스(Parameter 등)와 장치의 차이를 지우고, 저장 공간을 따로 가져요.
        return value.detach().as_subclass(Tensor).cpu().clone(memory_format=torch.contiguous_format)
    if value is None or isinstance(value, bool | str | bytes):
        return value if type(value) in (type(None), bool, str, bytes) else Foreign(type(value).__name__)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, list):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, tuple):
        return tuple(plain(item, depth + 1) for item in value)
    if isinstance(value, dict):
        return {plain(key, depth + 1): plain(item, depth + 1) for key, item in value.items()}
    kind = type(value)
    return Foreign(f"{kind.__module__}.{kind.__qualname__}")


def materialize(value: Any, done: Sequence[Any]) -> Any:
    """사례의 인자 하나를 실제 값으로. 텐서는 베껴서 넘겨 사례가 다치지 않게 해요."""
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, BuiltArgument):
        return argument_builders.build(value.kind, {key: materialize(item, done) for key, item in value.data.items()})
    if isinstance(value, Ref):
        found = done[value.call]
        for step in value.path:
            found = found[step]
        return materialize(found, done)
    if isinstance(value, list):
        return [materialize(item, done) for item in value]
    if isinstance(value, tuple):
        return tuple(materialize(item, done) for item in value)
    if isinstance(value, dict):
        return {key: materialize(item, done) for key, item in value.items()}
    return value


def _snapshot(value: Any) -> Any:
    """부르기 전의 모습. 바뀌었는지 나중에 견줘요."""
    if isinstance(value, Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, list | tuple):
        return type(value)(_snapshot(item) for item in value)
    if isinstance(value, dict):
        return {key: _snapshot(item) for key, item in value.items()}
    return None if callable(value) or isinstance(value, torch.Generator) else value


def _same(before: Any, after: Any) -> bool:
    """부르기 전과 뒤가 같은지. 함수와 난수 생성기는 견주지 않아요."""
    if isinstance(before, Tensor):
        return (
            isinstance(after, Tensor)
            and before.shape == after.shape
            and before.dtype == after.dtype
            and before.requires_grad == after.requires_grad
            and torch.equal(torch.nan_to_num(before.detach()), torch.nan_to_num(after.detach()))
        )
    if isinstance(before, list | tuple):
        return (
            type(before) is type(after)
            and len(before) == len(after)
            and all(_same(b, a) for b, a in zip(before, after, strict=True))
        )
    if isinstance(before, dict):
        return (
            isinstance(after, dict)
            and before.keys() == after.keys()
            and all(_same(before[k], after[k]) for k in before)
        )
    return before is None or before == after


def _grads(value: Any, call: Call, args: Sequence[Any]) -> tuple[Tensor | None, ...]:
    """부탁받은 인자들의 기울기. 흐르지 않는 것은 None이에요."""
    wanted = [args[i] for i in call.grad_of]
    if not isinstance(value, Tensor) or not value.requires_grad:
        return tuple(None for _ in wanted)
    if call.cotangent is not None and call.cotangent.shape != value.shape:
        return tuple(None for _ in wanted)  # 모양이 다른 것은 값을 견줄 때 말해요.
    loss = value.sum() if call.cotangent is None else (value * call.cotangent).sum()
    grads = torch.autograd.grad(loss, wanted, allow_unused=True)
    # `F.embedding(..., sparse=True)`의 기울기는 성긴 텐서예요.
    return tuple(None if g is None else plain(g if g.layout is torch.strided else g.to_dense()) for g in grads)


def failure(error: BaseException, space: Mapping[str, Any] | None, file: str = "") -> Outcome:
    """예외를 데이터로. `space`(학습자의 이름 공간)에서 도는 가장 안쪽의 줄을 함께 적어요.

    `file`(실습의 셀)을 주면 그 셀에서 가장 안쪽의 줄이에요. 주어진 함수 안에서 멈췄어도 고칠 곳은 부른 줄이니까요.
    빈칸이 낸 예외만은 빈칸이 있는 함수를 적어요.
    """
    frame, line, trace = None, None, error.__traceback__
    own, inside = False, ""
    while trace is not None:
        if space is not None and trace.tb_frame.f_globals is space:
            here = trace.tb_frame.f_code.co_filename == file
            if here or not own or isinstance(error, NotImplementedError):
                frame, line, inside = trace.tb_frame, trace.tb_lineno, ""
            else:
                inside = inside or trace.tb_frame.f_code.co_name
            own = own or here
        elif own and trace.tb_frame.f_code.co_filename == argument_builders.__file__:
            inside = inside or GIVEN
        trace = trace.tb_next
    return Outcome(
        error=type(error).__name__,
        detail=str(error)[:300],
        bases=tuple(base.__name__ for base in type(error).__mro__ if base not in (object, BaseException)),
        line=line,
        code=linecache.getline(frame.f_code.co_filename, line or 0).strip()[:200] if frame else "",
        function=frame.f_code.co_name if frame else "",
        inside=inside,
    )


def run_call(func: Callable[..., Any], call: Call, done: Sequence[Any] = ()) -> Outcome:
    """한 번 불러요. 학습자의 예외는 결과가 되고, KeyboardInterrupt는 그대로 지나가요."""
    try:
        args = [materialize(arg, done) for arg in call.args]
        kwargs = {key: materialize(arg, done) for key, arg in call.kwargs.items()}
    except (IndexError, KeyError, TypeError):
        return Outcome(error="RefError", detail="앞에서 부른 결과를 이어서 쓸 수 없었어요.")
    for i in call.grad_of:
        args[i].requires_grad_(True)
    before_args, before_kwargs = _snapshot(args), _snapshot(kwargs)
    code = getattr(func, "__code__", None)
    try:
        value = func(*args, **kwargs)
        grads = _grads(value, call, args) if call.grad_of else ()
        value = plain(value)
    except (Exception, SystemExit) as error:
        return failure(error, getattr(func, "__globals__", None), getattr(code, "co_filename", ""))
    changed: list[int | str] = [i for i, (b, a) in enumerate(zip(before_args, args, strict=True)) if not _same(b, a)]
    changed += [key for key in kwargs if not _same(before_kwargs[key], kwargs[key])]
    return Outcome(value=value, changed=tuple(changed), grads=grads)


def run_calls(func: Callable[..., Any], calls: Sequence[Call], seed: int = 0) -> list[Outcome]:
    """사례 하나의 부름들을 차례로 해요. 전역 난수는 `seed`에서 시작하고, 밖의 난수 상태는 건드리지 않아요.

    `seed`로는 사례의 번호를 줘요. 같은 사례는 늘 같은 난수에서, 다시 부르는 사례는 다른 난수에서 시작해요.
    """
    outcomes: list[Outcome] = []
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.default_generator.manual_seed(seed)  # torch.manual_seed는 없는 GPU까지 챙기느라 백 배 느려요.
        for call in calls:
            outcomes.append(run_call(func, call, [o.value for o in outcomes]))
    return outcomes


def run_cases(func: Callable[..., Any], cases: Iterable[Sequence[Call]]) -> list[list[Outcome]]:
    """사례들을 차례로 불러요. 사례마다 전역 난수가 제 번호에서 시작해요."""
    return [run_calls(func, calls, number) for number, calls in enumerate(cases)]
