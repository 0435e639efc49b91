"""상한: 학습자가 무엇을 적거나 돌려주어도, 읽고 판정하는 쪽이 쓰는 CPU와 메모리는 정직한 제출물의 몇 배를 넘지 않아요.

진짜 심사원이 한 제출물씩 채점하고, 커널이 센 CPU 시간과 가장 컸던 메모리를 정직한 것과 견줘요.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from support.tiny_lesson import (
    ANSWERS,
    LIMITS,
    SEED,
    as_bytes,
    cells_of,
    code,
    markdown,
    needs,
    shared_pool,
    tiny_setup,
)

from autograder.grading import judges
from autograder.grading.attempt import grade_submission
from autograder.grading.messages import Graded, Request
from autograder.grading.station import Station
from autograder.grading.submissions import Submission
from autograder.layout import ROOT
from autograder.sandbox import Child

CPU_TIMES, CPU_FLOOR = 30, 0.05  # 정직한 것의 몇 배까지, 그리고 정직한 것이 아무리 빨라도 이만큼(초)은 든다고 봐요.
MEMORY = 400  # MiB. 정직한 것보다 이만큼까지 더 써도 돼요.
WALL = 120.0  # 초. 시험이 무한히 기다리지 않게 해요.

Cost = tuple[float, float, dict[str, str]]
Measure = Callable[[bytes], Cost]


@pytest.fixture(scope="module")
def measure() -> Iterator[Measure]:
    """제출물의 바이트에서 (CPU 초, 늘어난 메모리 MiB, 실습마다의 판정). 제출물마다 새로 갈라진 심사원이에요."""
    needs("full", "reduced", "landlock")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judges, "SERVER", "support.tiny_judge")
        patch.setenv("PYTHONPATH", str(ROOT / "tests"))
        with Station(jobs=1, limits=replace(LIMITS, wall=WALL)) as station:

            def cost(data: bytes) -> Cost:
                (graded,) = station.grade([Request(Submission("s", "tiny", data), SEED)])
                assert isinstance(graded, Graded), graded
                found = {mark.exercise: mark.verdict for mark in graded.marks}
                return graded.judge_seconds, json.loads(graded.copy)["grown"], found

            yield cost


@pytest.fixture(scope="module")
def honest(measure: Measure) -> Cost:
    measure(as_bytes(cells_of(ANSWERS)))
    return measure(as_bytes(cells_of(ANSWERS)))


def body(*lines: str) -> str:
    return "def double(x):\n" + "".join(f"    {line}\n" for line in lines)


def returning(*lines: str) -> bytes:
    return as_bytes(cells_of({**ANSWERS, "double": body(*lines)}))


def with_cells(*cells: dict[str, Any]) -> bytes:
    return as_bytes([*cells_of(ANSWERS), *cells])


def forging(frames: str) -> bytes:
    """셀이 작업자의 소켓을 찾아 약속의 틀을 흉내 낸 글을 흘려보내요."""
    forge = (
        "import os, struct, socket, stat\n"
        "def _forge():\n"
        "    for fd in range(3, 64):\n"
        "        try:\n"
        "            if not stat.S_ISSOCK(os.fstat(fd).st_mode): continue\n"
        "            s = socket.socket(fileno=os.dup(fd))\n"
        f"            {frames}\n"
        "        except OSError: pass\n"
        "_forge()\n"
    )
    return as_bytes(cells_of({**ANSWERS, "double": forge + ANSWERS["double"]}))


FORGED = "s.sendall(struct.pack('>BII', {kind}, {unit}, {size}) + b'[' * {size})"

ATTACKS: dict[str, Callable[[], bytes]] = {
    "넓은 셀 결과": lambda: forging(FORGED.format(kind=2, unit=1, size=4_000_000)),
    "끝없는 셀 결과": lambda: forging(
        "\n            ".join(["while True:", "    s.sendall(struct.pack('>BII', 2, 1, 4000) + b'x' * 4000)"])
    ),
    "예외가 긴 셀 수백 개": lambda: with_cells(
        *(
            code(
                f"class E{i}(Exception): pass\nX{i} = lambda: 1\ndef f{i}(a=(_ for _ in ()).throw(E{i}('x' * 10**6))): pass"
            )
            for i in range(300)
        )
    ),
    "글이 긴 코드 셀": lambda: with_cells(*(code(f"a{i} = [" + "[1], " * 15_000 + "]") for i in range(100))),
    "덧셈이 긴 코드 셀": lambda: with_cells(code("a = " + "+".join(["1"] * 40_000))),
    "깊게 겹친 코드 셀": lambda: with_cells(*(code("a = " + "(" * 90 + "1" + ")" * 90) for _ in range(1500))),
    "정의가 많은 코드 셀": lambda: with_cells(code("\n".join(f"def f{i}(): return f{i + 1}()" for i in range(3000)))),
    "서로 부르는 정의": lambda: with_cells(
        code("\n".join(f"def f{i}(): return " + "+".join(f"f{j}" for j in range(100)) for i in range(180)))
    ),
    "빈칸 뒤의 명령": lambda: with_cells(code("x = (\n" + " " * 99_000 + "%")),
    "물음표가 많은 줄": lambda: with_cells(code("x = (\n" + "? " * 49_000)),
    "큰 글 셀": lambda: with_cells(*(markdown("가" * 99_000, id=f"m{i}") for i in range(100))),
    "셀이 많은 노트북": lambda: with_cells(*(code("", id=f"e{i}") for i in range(1900))),
    "넓은 목록의 노트북": lambda: b'{"cells": [], "x": [' + b"[],[]," * 2_000_000 + b"1]}",
    "넓은 사전의 노트북": lambda: b'{"cells": [], "x": {' + b'"a":{},' * 1_500_000 + b'"b":1}}',
    "깊은 노트북": lambda: b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "아주 긴 수의 노트북": lambda: b'{"cells": [], "x": [' + b",".join([b"7" * 4000] * 5000) + b"]}",
    "열쇠가 긴 노트북": lambda: b'{"cells": [], "' + b"k" * 30_000_000 + b'": 1}',
    "서른 메가바이트의 노트북": lambda: b'{"cells": [], "x": "' + b"\\u1100" * 5_000_000 + b'"}',
    "상한보다 큰 노트북": lambda: b" " * (LIMITS.notebook_bytes + 1),
    "꼬리표가 많은 셀": lambda: with_cells({**code("x = 1", id="t"), "metadata": {"tags": ["given"] * 200_000}}),
    "이름이 긴 셀": lambda: with_cells({**code("x = 1"), "metadata": {"nbgrader": {"grade_id": "a" * 10_000_000}}}),
    "해시가 겹치는 사전": lambda: returning("return {i * (2**61 - 1): 0 for i in range(1, 60_000)}"),
    "해시가 겹치는 실수": lambda: returning("return {float(i) * 2.0**61: 0 for i in range(1, 20_000)}"),
    "해시가 겹치는 묶음": lambda: returning("return {(i * 2**20, i): 0 for i in range(60_000)}"),
    "큰 사전": lambda: returning("return {str(i): i for i in range(200_000)}"),
    "큰 목록": lambda: returning("return list(range(1_000_000))"),
    "상한 바로 아래의 목록": lambda: returning("return list(range(15_000))"),
    "겹친 목록": lambda: returning("return [[[i], [i]] for i in range(300_000)]"),
    "겹친 묶음": lambda: returning("return tuple((i, (i,)) for i in range(300_000))"),
    "텐서가 많은 목록": lambda: returning("return [torch.zeros(1) for _ in range(3000)]"),
    "큰 텐서": lambda: returning("return torch.zeros(1_900_000)"),
    "차원이 많은 텐서": lambda: returning("return torch.zeros([1] * 60)"),
    "nan으로 가득한 텐서": lambda: returning("return torch.full((600_000,), float('nan'))"),
    "긴 글": lambda: returning("return '가' * 1_300_000"),
    "뒤섞인 긴 글": lambda: returning("return ''.join(chr(0x4e00 + i % 20_000) for i in range(1_000_000))"),
    "긴 바이트": lambda: returning("return b'x' * 3_000_000"),
    "아주 큰 정수": lambda: returning("return [10**4000] * 400"),
    "긴 예외의 글": lambda: returning("raise ValueError('<' * 10_000_000)"),
    "이름이 긴 예외": lambda: returning("raise type('E' * 1_000_000, (Exception,), {})('x')"),
    "까닭이 긴 예외": lambda: returning("raise KeyError(tuple(range(1_000_000)))"),
    "이름이 긴 형": lambda: returning("return type('T' * 1_000_000, (), {})()"),
    "조상이 많은 예외": lambda: returning(
        "e = Exception", "for i in range(3000): e = type(f'E{i}', (e,), {})", "raise e('x')"
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_costs_the_judge_more_than_a_few_honest_submissions(name: str, measure: Measure, honest: Cost) -> None:
    cpu, grown, found = measure(ATTACKS[name]())
    own_cpu, own_grown, own = honest
    print(f"{name}: {cpu:.2f} CPU초({cpu / max(own_cpu, 1e-3):.0f}배), {grown:.0f} MiB · 정직한 것 {own_cpu:.3f} CPU초")
    assert set(own.values()) == {"pass"} and set(found) == set(own), found
    assert cpu <= CPU_TIMES * max(own_cpu, CPU_FLOOR), f"{cpu:.2f}초, 정직한 것은 {own_cpu:.3f}초"
    assert grown <= own_grown + MEMORY, f"{grown:.0f} MiB, 정직한 것은 {own_grown:.0f} MiB"


def test_sleeping_in_every_cell_ends_with_the_total(monkeypatch: pytest.MonkeyPatch) -> None:
    """셀마다 상한 아래로 잠들어도, 모두 더한 잠은 상한을 넘지 못해요."""
    sleepy = as_bytes(
        [
            *cells_of(ANSWERS)[:1],
            *(code(f"import time\nx{i} = 1\ndef f{i}(a=time.sleep(1.5)): pass") for i in range(40)),
            *cells_of(ANSWERS)[1:],
        ]
    )
    pool = shared_pool()
    slept: list[float] = []
    run = Child.run
    monkeypatch.setattr(Child, "run", lambda *given: slept.append((found := run(*given)).asleep_seconds) or found)
    monkeypatch.setattr(pool, "limits", replace(pool.limits, total_asleep=4.0))
    graded = grade_submission(Submission("s", "tiny", sleepy), SEED, pool, tiny_setup())
    assert {mark.verdict for mark in graded.marks} == {"timeout"} and "앞에서 다 써서" in graded.marks[-1].message
    assert 4.0 < sum(slept) < 4.0 + 2 * len(slept)
