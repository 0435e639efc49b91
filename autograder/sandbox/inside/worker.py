"""모래상자 안의 따뜻한 작업자. 무거운 것을 한 번만 불러오고, 제출물마다 갈라져서 그 노트북의 셀을 실행해요.

이 파일과 여기서 불러오는 것만 모래상자로 베껴져요. 여기에는 판정도, 정답도, 저장소도 없어요.
학습자의 코드가 이 프로세스의 무엇을 고치든 바꿀 수 있는 것은 자기가 돌려줄 값뿐이에요.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import socket
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

# 파일로 실행되므로, 베껴 온 `autograder`가 보이게 그 위의 폴더를 길에 더해요.
HERE = str(Path(__file__).resolve().parents[3])
sys.path.insert(0, HERE)

from autograder.limits import Limits  # noqa: E402
from autograder.sandbox import protocol  # noqa: E402
from autograder.sandbox.fork_server import MESSAGE_BYTES, ForkServer, die_with_parent  # noqa: E402
from autograder.sandbox.inside import confine, huge_pages  # noqa: E402
from autograder.sandbox.inside.escapes import escapes  # noqa: E402
from autograder.sandbox.inside.hollow import StubFinder  # noqa: E402
from autograder.sandbox.protocol import Job, Task  # noqa: E402

# 학습자가 흔히 불러오는 것들. 미리 불러 두면 제출물마다 디스크를 읽지 않아요.
_COMMON = (
    "bisect",
    "cmath",
    "collections",
    "copy",
    "decimal",
    "fractions",
    "functools",
    "heapq",
    "itertools",
    "math",
    "operator",
    "random",
    "statistics",
    "string",
    "textwrap",
    "unicodedata",
)


# 이만큼 갈라진 뒤에 기억을 큰 쪽으로 모아요. 모으는 데 드는 0.6초를 작은 반이 치르지 않게요.
_BUSY = 64

_KEPT = (21, 5, 6, 7)  # CAP_SYS_ADMIN, CAP_KILL, CAP_SETGID, CAP_SETUID


class Worker:
    """데워진 프로세스. `shell`은 IPython, `runner`와 `serialisation`은 우리 코드예요."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.program = bytes.fromhex(settings["seccomp"])
        self.readable: list[str] = settings["readable"]
        self.forbidden: list[str] = settings["forbidden"]
        self.first_uid: int | None = settings["first_uid"]
        self.namespaces: bool = settings["namespaces"]
        self.confined: bool = settings["confined"]
        self.light: bool = settings["light"]

    def warm(self) -> None:
        """한 번이면 되는 일을 다 해 둬요. 끝나면 이 프로세스의 실은 하나뿐이어야 해요."""
        if not self.light:
            self._warm_torch()
            self._warm_shell()
        # 이미 있는 객체를 쓰레기 수집에서 빼면, 자식이 그 쪽들을 건드려 베끼는 일이 없어요.
        gc.collect()
        gc.freeze()
        confine.remember_address_space()
        self.ranges = huge_pages.remember_ranges()
        if sys.platform == "linux" and len(os.listdir("/proc/self/task")) != 1:
            raise RuntimeError("데운 뒤에 실이 하나보다 많아요.")
        self.spaces = confine.ProcessSpaces(self.namespaces)
        # 작업자는 학습자의 글을 읽지 않아요. 남기는 권한은 자식을 다른 공간과 다른 사용자로 보내는 데 쓰는 것뿐이에요.
        self.walled = self.confined and confine.confine_files(self.readable)
        confine.drop_capabilities(_KEPT if self.first_uid is not None else _KEPT[:1] if self.namespaces else ())
        confine.hide_memory()

    def _warm_torch(self) -> None:
        import matplotlib
        import numpy
        import torch

        for name in _COMMON:
            import_module(name)

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
        layer = torch.nn.Linear(4, 4)
        optimizer = torch.optim.Adam(layer.parameters())
        torch.softmax(layer(torch.randn(3, 4)), dim=-1).sum().backward()
        optimizer.step()
        torch.linalg.svd(torch.randn(4, 4))
        # 패딩 마스크를 처음 받을 때 PyTorch는 sympy까지 불러와요. 자식마다 CPU 1초 가까이 들던 일이라 여기서 한 번만 해요.
        encoder = torch.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
        encoder(torch.randn(2, 3, 4), src_key_padding_mask=torch.tensor([[False, False, True]] * 2))
        figure, axes = plt.subplots()
        axes.plot([0, 1])
        figure.canvas.draw()
        plt.close(figure)

        # 우리 모듈을 먼저 진짜로 불러와 이 객체에만 남기고, 그 뒤로 `autograder`는 빈 껍데기예요.
        from autograder.judging import answer_key, call_runner, serialisation
        from autograder.judging.cases import Call
        from autograder.repair.search import locate

        self.runner, self.serialisation, self.numpy = call_runner, serialisation, numpy
        self.answer_key, self.locate = answer_key, locate
        cases = serialisation.dump([(Call((torch.randn(2, 3), -1)), Call((torch.randn(2, 3), 0), grad_of=(0,)))])
        self._answer(Task("softmax", cases), {"softmax": torch.softmax}, Limits())
        for name in [name for name in sys.modules if name.split(".")[0] == "autograder"]:
            del sys.modules[name]
        # 파일로 실행한 이 파일의 폴더와 베껴 온 저장소의 폴더를 길에서 지워요.
        ours = {HERE, str(Path(__file__).resolve().parent)}
        sys.path[:] = [path for path in sys.path if path not in ours]
        sys.meta_path.insert(0, StubFinder())

    def _warm_shell(self) -> None:
        from IPython.core.async_helpers import get_asyncio_loop
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        config = Config()
        config.HistoryManager.enabled = False
        config.HistoryManager.hist_file = ":memory:"
        config.InteractiveShell.colors = "NoColor"
        config.InteractiveShell.cache_size = 0
        shell = InteractiveShell.instance(config=config)

        def refuse(*args: Any, **kwargs: Any) -> Any:
            raise PermissionError("채점에서는 셸 명령을 쓸 수 없어요.")

        changed = dict.fromkeys(("system", "system_raw", "system_piped", "getoutput"), refuse)
        changed["enable_gui"] = lambda *args, **kwargs: None
        changed["enable_matplotlib"] = lambda *args, **kwargs: (None, "agg")  # 보여 줄 화면이 없어요.
        # 오류를 예쁘게 그리는 데만 수십 밀리초가 들어요. 읽을 사람이 없으므로 하지 않아요.
        changed["showtraceback"] = changed["showsyntaxerror"] = lambda *args, **kwargs: None
        for name, function in changed.items():
            setattr(shell, name, function)
        shell.run_cell("import inspect\n%pwd\ndef _warm():\n    return 1\ninspect.getsource(_warm)", silent=True)
        shell.run_cell("del _warm, inspect\nimport asyncio\nawait asyncio.sleep(0)\ndel asyncio", silent=True)
        # 이 고리의 소켓을 자식들이 나눠 갖지 않게 닫아요. `await`를 쓰는 자식은 제 것을 새로 만들어요.
        get_asyncio_loop().close()
        self.shell = shell

    # -- 자식 --

    def serve(self, control: socket.socket) -> None:
        """부탁을 받을 때마다 새 프로세스 공간의 자식에게 맡겨요."""
        self.served = 0
        ForkServer(control, self.spaces.fork).serve(self._child, self._count)

    def _count(self, words: bytes) -> None:
        self.served += 1
        if self.served == _BUSY:
            huge_pages.gather(self.ranges)

    def _child(self, sock: socket.socket, words: bytes) -> None:
        nothing = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(nothing, fd)
        os.close(nothing)
        uid = None if self.first_uid is None else self.first_uid + self.served % confine.UIDS
        confine.isolate(uid, self.namespaces, self.walled)
        die_with_parent()
        protocol.send_frame(sock, protocol.HELLO, os.getpid())  # 새 공간이면 1이고, 밖은 커널이 적어 준 번호를 봐요.
        job = protocol.receive_job(sock)
        confine.limit(job.limits)
        confine.confine_calls(self.program)
        while True:
            self._work(sock, job)
            try:
                job = protocol.receive_job(sock)  # 끝까지 하면 이어서 더 맡을 수 있어요. 묶은 것은 그대로예요.
            except EOFError:
                return

    def _work(self, sock: socket.socket, job: Job) -> None:
        if not job.cells and not job.tasks:
            found = {"escapes": [*escapes(self.forbidden), *([] if self.walled else ["unwalled"])]}
            protocol.send_frame(sock, protocol.DONE, 0, json.dumps(found).encode())
            return
        for cell in job.cells:
            confine.start_clock(job.limits)
            protocol.send_frame(sock, protocol.BEGIN_CELL, cell.unit)
            report = self._run_cell(cell.source)
            protocol.send_frame(sock, protocol.END_CELL, cell.unit, json.dumps(report).encode())
        namespace = self.shell.user_ns
        for unit, task in enumerate(job.tasks):
            confine.start_clock(job.limits)
            protocol.send_frame(sock, protocol.BEGIN_EXERCISE, unit)
            right = self._counterparts(job, task.replace)
            own = {name: namespace[name] for name in right if name in namespace}
            namespace.update(right)
            answer = self._search(task, namespace) if task.source else self._answer(task, namespace, job.limits)
            for name in right:
                del namespace[name]
            namespace.update(own)
            protocol.send_frame(sock, protocol.END_EXERCISE, unit, answer)
        protocol.send_frame(sock, protocol.DONE, 0)

    def _run_cell(self, source: str) -> dict[str, str | None]:
        """셀 하나를 실행해요. 실패하면 예외의 이름과 내용을 남겨요."""
        try:
            result = self.shell.run_cell(source, store_history=False, silent=True)
            error = result.error_before_exec or result.error_in_exec
        except BaseException as raised:
            error = raised
        if error is None:
            return {"error": None, "detail": ""}
        detail = f"{error.lineno}번째 줄" if isinstance(error, SyntaxError) and error.lineno else str(error)
        return {"error": type(error).__name__, "detail": detail[:300]}

    def _counterparts(self, job: Job, names: tuple[str, ...]) -> dict[str, Any]:
        """바른 함수들을 따로 된 이름 공간에서 만들어요. 서로를 부를 때에도 학습자의 것을 쓰지 않아요."""
        if not names:
            return {}
        space: dict[str, Any] = {"__name__": "counterparts"}
        for source in job.counterparts:
            exec(compile(source, "<counterpart>", "exec"), space)
        return {name: space[name] for name in names}

    def _search(self, task: Task, names: dict[str, Any]) -> bytes:
        """틀린 줄을 찾아 JSON으로. 점수가 되지 않고 학습자에게 하는 말에만 쓰여요."""
        key = self.answer_key.parse_keys(task.calls)[task.name]
        found = self.locate(task.source, task.name, names, key, task.seconds)
        return json.dumps(asdict(found) if found else {}).encode()

    def _answer(self, task: Task, namespace: dict[str, Any], limits: Limits) -> bytes:
        """함수를 사례마다 불러 결과를 바이트로. 함수가 없으면 None을 보내요."""
        function, cases = namespace.get(task.name), self.serialisation.load(task.calls)
        if not callable(function):
            return self.serialisation.dump(None)
        outcomes = []
        for number, calls in enumerate(cases):
            try:
                self.numpy.random.seed(number)
                outcomes.append(self.runner.run_calls(function, calls, number))
            except BaseException as error:
                outcomes.append([self.runner.Outcome(error=type(error).__name__)] * len(calls))
        try:
            return self.serialisation.dump(outcomes, limits.answer_bytes)
        except self.serialisation.TooBigError:
            return bytes(limits.answer_bytes + 1)  # 부모는 길이만 보고 물리쳐요.
        except BaseException as error:
            lost = self.runner.Outcome(error=type(error).__name__)
            return self.serialisation.dump([[lost] * len(calls) for calls in cases])


def main() -> None:
    """표준 입력의 소켓에서 설정을 받고, 데운 뒤, 일을 기다려요."""
    control = socket.socket(fileno=os.dup(0))
    worker = Worker(json.loads(control.recv(MESSAGE_BYTES)))
    worker.warm()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    control.send(json.dumps({"cpu": usage.ru_utime + usage.ru_stime}).encode())
    worker.serve(control)
    os._exit(0)  # 정리할 것이 없어요. 커다란 라이브러리를 하나씩 내리느라 기다리지 않아요.


if __name__ == "__main__":
    main()
