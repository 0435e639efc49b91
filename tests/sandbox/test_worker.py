"""따뜻한 작업자: 셀을 실행하고, 값을 돌려주고, 멈추고, 되살아나요."""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
import time

import pytest
import torch
from support.sandbox import answer, run
from support.tiny_lesson import LIMITS, needs, shared_pool

from autograder.judging import serialisation
from autograder.judging.cases import Call
from autograder.sandbox import (
    CellText,
    Job,
    Limits,
    Task,
    fork_server,
    protocol,
    watch,
    worker_process,
)

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="모래상자는 Linux에만 있어요.")


def test_cells_run_like_in_a_notebook() -> None:
    result = run(
        "import math, inspect, asyncio",
        "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'\nx = 3",
        "y = await asyncio.sleep(0, 5)",
        "def f(t):\n    return t * x + y + len(inspect.getsource(f).strip())",
        "1 / 0",
        "def g(:",
        call="f",
    )
    assert result.reason is None
    assert {i: error for i, (error, _) in result.cells.items()} == {
        0: None,
        1: None,
        2: None,
        3: None,
        4: "ZeroDivisionError",
        5: "SyntaxError",
    }
    assert result.cells[5][1] == "1번째 줄"
    source = "def f(t):\n    return t * x + y + len(inspect.getsource(f).strip())"
    assert answer(result).value.tolist() == [3.0 + 5 + len(source), 6.0 + 5 + len(source)]
    assert 0 < result.cpu_seconds < 5


def test_no_shell_commands_and_no_history() -> None:
    result = run("!ls", "files = !ls", "%%bash\nls", "assert get_ipython().history_manager.hist_file == ':memory:'")
    assert [result.cells[i][0] is None for i in range(4)] == [False, False, False, True]


@pytest.mark.parametrize(
    "line",
    [
        "from autograder import check",
        "from autograder.kit import fast, plots",
        "import autograder.kit.plots as p",
        "from autograder.any.thing import at_all\nat_all.x(1).y",
        "import autograder\nautograder.check('f')",
        "from autograder import check\ncheck('softmax')\nfor _ in check: pass",
    ],
)
def test_autograder_inside_is_an_empty_shell(line: str) -> None:
    assert run(line).cells[0][0] is None


def test_a_missing_function_answers_nothing() -> None:
    assert serialisation.load(run("x = 1", call="f").answers[0]) is None
    assert serialisation.load(run("f = 3", call="f").answers[0]) is None


def test_counterparts_replace_only_during_the_call() -> None:
    cells = ("def g(t):\n    return t", "def f(t):\n    return g(t) + 1")
    right = ("def g(t):\n    return h(t)", "def h(t):\n    return 10 * t")
    assert answer(run(*cells, call="f", replace=("g",), counterparts=right)).value.tolist() == [11.0, 21.0]
    assert answer(run(*cells, call="f")).value.tolist() == [2.0, 3.0]
    # 학습자가 지운 함수도 채워 줘요.
    assert answer(run(cells[1], call="f", replace=("g",), counterparts=right)).value.tolist() == [11.0, 21.0]


def test_randomness_starts_at_the_same_place() -> None:
    cell = "import random, numpy as np\ndef f(t):\n    return [torch.rand(2), float(np.random.rand())]"
    first, second = (answer(run("import torch", cell, call="f")).value for _ in range(2))
    assert first[0].tolist() == second[0].tolist() and first[1] == second[1]


def test_gradients_work_in_the_child() -> None:
    calls = serialisation.dump([(Call((torch.tensor([1.0, 2.0]),), grad_of=(0,)),)])
    job = Job((CellText(0, "def f(t):\n    return (t * t).sum()"),), (Task("f", calls),), (), LIMITS)
    assert answer(shared_pool().run(job)).grads[0].tolist() == [2.0, 4.0]


def test_submissions_side_by_side() -> None:
    results: dict[int, list[float]] = {}

    def work(i: int) -> None:
        results[i] = answer(run(f"def f(t):\n    return t + {i}", call="f")).value.tolist()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {i: [1.0 + i, 2.0 + i] for i in range(8)}


def test_pytorchs_own_attention_is_warm() -> None:
    """PyTorch로 쓴 바른 답이, 자식마다 큰 모듈을 새로 불러오느라 바쁜 기계에서 시간을 다 쓰지 않게 해요."""
    cell = (
        "import sys, torch\nfrom torch import nn\ndef f(t):\n    before = set(sys.modules)\n"
        "    x, hidden = torch.randn(2, 3, 8), torch.tensor([[False, False, True]] * 2)\n"
        "    y = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)(x, src_key_padding_mask=hidden)\n"
        "    nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)(x, y, memory_key_padding_mask=hidden)\n"
        "    nn.MultiheadAttention(8, 2, batch_first=True)(x, x, x, key_padding_mask=hidden, attn_mask=torch.ones(3, 3).triu(1).bool())\n"
        "    nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True)\n"
        "    return sorted(set(sys.modules) - before)"
    )
    assert answer(run(cell, call="f")).value == []


def test_where_it_stopped_is_reported() -> None:
    result = run("x = 1", "import os\nos._exit(3)", "y = 2", call="f")
    assert (result.stopped, result.reason) == (("cell", 1), "exit") and 0 in result.cells
    result = run("def f(t):\n    while True: pass", call="f")
    assert (result.stopped, result.reason) == (("exercise", 0), "timeout")


def test_sleeping_forever_is_woken() -> None:
    short = Limits(unit_cpu=1.5, unit_asleep=1.0, total_cpu=30)
    result = shared_pool().run(Job((CellText(0, "import time\ntime.sleep(600)"),), (), (), short))
    assert (result.stopped, result.reason) == (("cell", 0), "asleep")


def test_a_child_that_outlives_its_signals_is_killed() -> None:
    stubborn = (
        "import signal, time\nfor timer in (signal.ITIMER_REAL, signal.ITIMER_PROF):\n"
        "    signal.setitimer(timer, 0)\ntime.sleep(600)"
    )
    short = Limits(unit_cpu=1.5, unit_asleep=1.0, total_cpu=30)
    result = shared_pool().run(Job((CellText(0, stubborn),), (), (), short))
    assert (result.stopped, result.reason) == (("cell", 0), "asleep")


@linux
def test_worker_is_confined_and_not_root() -> None:
    tier = needs("full", "reduced", "landlock")
    assert tier.tolerates(shared_pool()._ready().line.escapes())
    uid = run("import os", "def f(t):\n    return [os.getuid(), os.geteuid(), os.getgroups()]", call="f")
    real, effective, groups = answer(uid).value
    assert real == effective != 0 and 0 not in groups


@linux
def test_limits_are_set_in_the_child() -> None:
    needs("full", "reduced", "landlock")
    cell = (
        "import resource\ndef f(t):\n    return {n: list(resource.getrlimit(getattr(resource, n))) for n in "
        "('RLIMIT_NPROC', 'RLIMIT_NOFILE', 'RLIMIT_FSIZE', 'RLIMIT_CORE', 'RLIMIT_CPU')}"
    )
    found = answer(run(cell, call="f")).value
    assert found == {
        "RLIMIT_NPROC": [64, 64],
        "RLIMIT_NOFILE": [64, 64],
        "RLIMIT_FSIZE": [0, 0],
        "RLIMIT_CORE": [0, 0],
        "RLIMIT_CPU": [30, 30],
    }


@linux
def test_only_its_own_socket_is_open() -> None:
    """다른 제출물이나 부모에게 이어지는 것은 하나도 물려받지 않아요. 글꼴 파일만 읽기로 열려 있어요."""
    needs("full", "reduced", "landlock")
    cell = (
        "import os, stat\ndef f(t):\n    found = []\n    for fd in range(3, 64):\n"
        "        try: mode = os.fstat(fd).st_mode\n        except OSError: continue\n"
        "        if not stat.S_ISREG(mode): found.append(stat.S_ISSOCK(mode))\n    return found"
    )
    with open("/etc/hostname") as leak:
        os.set_inheritable(leak.fileno(), True)
        assert answer(run(cell, call="f")).value == [True]


class Patient(watch.Watch):
    """거짓 자식의 시계. 끝내지 않아요."""

    def kill(self) -> None:
        self.close()


def converse(*frames: bytes) -> worker_process.JobResult:
    """거짓 자식이 보낸 바이트를 부모가 어떻게 듣는지."""
    ours, theirs = socket.socketpair()
    job = Job((CellText(0, "x"),), (Task("f", b"12345678"),), (), Limits(answer_bytes=100_000))
    theirs.sendall(b"".join(frames))
    theirs.shutdown(socket.SHUT_WR)
    result, _ = worker_process._converse(ours, job, Patient(os.getpid(), job.limits), time.monotonic() + 5)
    ours.close()
    theirs.close()
    return result


def frame(kind: int, unit: int, body: bytes = b"") -> bytes:
    return protocol.FRAME.pack(kind, unit, len(body)) + body


GOOD_CELL = frame(protocol.BEGIN_CELL, 0) + frame(protocol.END_CELL, 0, b'{"error": null, "detail": ""}')


GOOD_TASK = frame(protocol.BEGIN_EXERCISE, 0) + frame(protocol.END_EXERCISE, 0, b"answer")


def test_an_honest_conversation() -> None:
    result = converse(GOOD_CELL, GOOD_TASK, frame(protocol.DONE, 0))
    assert result == worker_process.JobResult({0: (None, "")}, {0: b"answer"})


@pytest.mark.parametrize(
    "frames",
    [
        frame(99, 0),
        frame(0, 0),
        frame(protocol.HELLO, 0),
        frame(protocol.BEGIN_CELL, 0, b"x"),
        frame(protocol.BEGIN_CELL, 0)
        + frame(protocol.END_CELL, 0, b'{"error": null, "detail": "' + b"x" * 5000 + b'"}'),
        GOOD_CELL + GOOD_CELL,
        frame(protocol.END_CELL, 0, b"{}"),
        frame(protocol.BEGIN_CELL, 7),
        frame(protocol.BEGIN_CELL, 0) + frame(protocol.END_CELL, 0, b"not json"),
        frame(protocol.BEGIN_CELL, 0) + frame(protocol.END_CELL, 0, b'{"error": 3, "detail": ""}'),
        frame(protocol.BEGIN_CELL, 0) + frame(protocol.END_CELL, 0, b"[" * 50_000 + b"]" * 50_000),
        frame(protocol.BEGIN_CELL, 0) + frame(protocol.END_EXERCISE, 0, b"x"),
        frame(protocol.DONE, 0),
        GOOD_CELL + frame(protocol.BEGIN_EXERCISE, 1),
        GOOD_CELL + GOOD_TASK + GOOD_TASK,
    ],
)
def test_forged_messages_are_refused(frames: bytes) -> None:
    assert converse(frames).reason == "forged"


def test_noise_is_refused() -> None:
    for _ in range(200):
        result = converse(b"\x07" + os.urandom(300))
        assert result.reason in ("forged", "too_big") and not result.answers


def test_oversized_and_cut_messages() -> None:
    begun = GOOD_CELL + frame(protocol.BEGIN_EXERCISE, 0)
    result = converse(begun, protocol.FRAME.pack(protocol.END_EXERCISE, 0, 2**32 - 1))
    assert (result.reason, result.stopped) == ("too_big", ("exercise", 0))
    result = converse(begun, protocol.FRAME.pack(protocol.END_EXERCISE, 0, 100), b"half")
    assert (result.reason, result.stopped, result.answers) == (None, ("exercise", 0), {})


def test_job_crosses_unchanged() -> None:
    tasks = (Task("f", b"\x00" * 300_000, ("g",)), Task("h", b""))
    job = Job((CellText(3, "한글 = 1"),), tasks, ("def g(): pass",), Limits(unit_cpu=2.5))
    ours, theirs = socket.socketpair()
    sender = threading.Thread(target=protocol.send_job, args=(ours, job))
    sender.start()
    assert protocol.receive_job(theirs) == job
    sender.join()
    ours.close()
    with pytest.raises(EOFError):
        protocol.receive_exactly(theirs, 1)
    theirs.close()


def test_frame_header_is_fixed() -> None:
    assert protocol.FRAME.size == 9 and struct.calcsize(">iiId") == fork_server.STATUS.size
