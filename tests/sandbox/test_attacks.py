"""제출물의 공격: 무엇을 해도 점수를 얻지 못하고, 까닭이 적히고, 다른 실습은 그대로 채점돼요."""

from __future__ import annotations

import pytest
from support.tiny_lesson import (
    ANSWERS,
    SEED,
    as_bytes,
    cells_of,
    code,
    grade,
    grade_bytes,
    marks,
    needs,
    shared_pool,
    tiny_setup,
)

from autograder.grading.attempt import grade_submission
from autograder.grading.submissions import Submission

SANDBOXED = ("full", "landlock")


def body(*lines: str) -> str:
    return "def double(x):\n" + "".join(f"    {line}\n" for line in lines)


# 이름: (double의 셀, 받아야 할 판정, 설명에 들어 있어야 할 말)
STOPPING = {
    "무한 반복": (body("while True: pass"), "timeout", "제한 시간"),
    "셀의 무한 반복": (ANSWERS["double"] + "\nwhile True: pass", "timeout", "제한 시간"),
    "신호를 무시하는 무한 반복": (
        "import signal\nsignal.signal(signal.SIGPROF, signal.SIG_IGN)\n" + body("while True: pass"),
        "timeout",
        "제한 시간",
    ),
    "os._exit": (body("import os", "os._exit(0)"), "error", "통째로 끝냈어요"),
    "셀의 os._exit": (ANSWERS["double"] + "\nimport os\nos._exit(0)", "error", "통째로 끝냈어요"),
    "sys.exit": (body("import sys", "sys.exit()"), "error", "SystemExit"),
    "KeyboardInterrupt": (body("raise KeyboardInterrupt"), "error", "KeyboardInterrupt"),
    "잘못된 주소 읽기": (body("import ctypes", "ctypes.string_at(0)"), "error", "비정상으로"),
    "끝없는 재귀": (body("return double(x)"), "error", "RecursionError"),
    "한꺼번에 많은 메모리": (body("return torch.ones(10**12)"), "error", "MemoryError"),
    "너무 큰 답": (body("return 'x' * 20_000_000"), "refused", "너무 커서"),
    "빈 텐서 십만 개": (body("return [torch.empty(0)] * 100_000"), None, ""),
    "깊게 겹친 목록": (body("a = []", "for _ in range(100_000): a = [a]", "return a"), "fail", "형이 달라요"),
    "아주 큰 정수": (body("return 10**4000"), "fail", "형이 달라요"),
    "nan": (body("return x * float('nan')"), "fail", "nan"),
    "무한대": (body("return x / 0"), "fail", "inf"),
    "짝이 없는 글자": (body("return '\\ud800'"), "fail", "형이 달라요"),
    "아무것도 돌려주지 않음": (body("print(x * 2)"), "fail", "None"),
    "통로에 쓰기": (
        body(
            "import os",
            "for fd in range(3, 64):",
            "    try: os.write(fd, b'\\x04' * 4096)",
            "    except OSError: pass",
            "return x * 2",
        ),
        "refused",
        "받지 않았어요",
    ),
    "위조한 답": (
        body(
            "import os, struct",
            "for fd in range(3, 64):",
            "    try: os.write(fd, struct.pack('>BII', 5, 0, 0))",
            "    except OSError: pass",
            "return x * 2",
        ),
        "refused",
        "약속하지 않은",
    ),
    "모든 것과 같은 물건": (
        "class Same:\n    def __eq__(self, other): return True\n"
        "    def __getattr__(self, name): return lambda *a, **k: True\n" + body("return Same()"),
        "fail",
        "Same",
    ),
    "모든 것과 같은 텐서": (
        "class Same(torch.Tensor):\n    def __eq__(self, other): return torch.tensor(True)\n"
        + body("return torch.zeros_like(x).as_subclass(Same)"),
        "fail",
        "값이 달라요",
    ),
    "torch.allclose 바꾸기": (
        "torch.allclose = torch.equal = torch.Tensor.__eq__ = lambda *a, **k: True\n" + body("return x"),
        "fail",
        "값이 달라요",
    ),
    "예외의 이름에 글 싣기": (
        "E = type('<script>alert(1)</script>', (Exception,), {})\n" + body("raise E('x')"),
        "error",
        "Exception",
    ),
}

# 모래상자가 막는 일들: 이름: 함수의 몸
BLOCKED = {
    "네트워크": ("import socket", "socket.socket()"),
    "바깥 기계로 가는 소켓": ("import socket", "socket.socket(getattr(socket, 'AF_VSOCK', 40), 1)"),
    "이웃 프로세스의 소켓": ("import socket", "socket.socket(socket.AF_UNIX)"),
    "프로세스 늘리기": ("import os", "while True: os.fork()"),
    "셸 명령": ("import subprocess", "subprocess.run(['/bin/ls', '/'])"),
    "부모 끝내기": ("import os", "os.kill(os.getppid(), 9)"),
    "파일 쓰기": ("open('/tmp/x', 'w').write('x')",),
    "여기에 쓰기": ("open('x', 'w').write('x')",),
    "프로세스 목록": ("open('/proc/1/environ').read()",),
    "부모의 기억": ("import os", "open(f'/proc/{os.getppid()}/mem', 'rb').read(1)"),
    "비밀번호 파일": ("open('/etc/passwd').read()",),
    "이름 있는 메모리": ("import os", "os.memfd_create('x')"),
    "링크 만들기": ("import os", "os.symlink('/etc/passwd', '/tmp/link')"),
}


def assert_others_pass(found: dict) -> None:
    assert {name: found[name].verdict for name in found if name != "double"} == {"quadruple": "pass", "half": "pass"}


@pytest.mark.parametrize("name", STOPPING)
def test_attack_loses_and_is_named(name: str) -> None:
    cell, verdict, words = STOPPING[name]
    found = grade(double=cell)
    mark = found["double"]
    assert mark.score == 0
    assert mark.verdict == verdict if verdict else mark.verdict in ("refused", "timeout")
    assert words in mark.message
    assert "<script>" not in mark.message
    assert_others_pass(found)


@pytest.mark.parametrize("name", BLOCKED)
def test_sandbox_blocks(name: str) -> None:
    needs(*SANDBOXED)
    found = grade(double=body(*BLOCKED[name], "return x * 2"))
    assert found["double"].verdict == "error" and found["double"].score == 0, found["double"].message
    assert any(error in found["double"].message for error in ("PermissionError", "FileNotFoundError", "OSError"))
    assert_others_pass(found)


def test_memory_hunger_ends_alone() -> None:
    found = grade(double=body("hoard = []", "while True: hoard.append(bytearray(10**8))"))
    assert found["double"].verdict in ("error", "timeout") and found["double"].score == 0
    assert_others_pass(found)


def test_input_transformer_only_hurts_its_owner() -> None:
    found = grade(double="get_ipython().input_transformers_cleanup.append(lambda lines: ['\\n'])\n" + ANSWERS["double"])
    assert found["double"].verdict == "pass"
    assert found["quadruple"].verdict == found["half"].verdict == "missing"


def test_threads_left_running_change_nothing() -> None:
    lingering = (
        "import threading, time\ndef linger():\n    while True:\n        time.sleep(0.01)\n"
        "for _ in range(8): threading.Thread(target=linger, daemon=True).start()\n"
    )
    assert all(mark.verdict == "pass" for mark in grade(double=lingering + ANSWERS["double"]).values())


def test_thread_bomb_is_limited() -> None:
    needs(*SANDBOXED)
    bomb = (
        "import threading, time\n"
        "for _ in range(500): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    found = grade(double=bomb + ANSWERS["double"])
    assert found["double"].verdict == "error" and found["double"].score == 0


def test_patched_worker_modules_change_nothing() -> None:
    """작업자의 모듈을 고쳐도 바뀌는 것은 자기가 보낼 값뿐이에요."""
    patch = (
        "import sys\nours = ('__main__', 'protocol', 'autograder.perform', 'autograder.wire')\n"
        "for module in list(sys.modules.values()):\n    if getattr(module, '__name__', '') in ours:\n"
        "        for name in ('perform', 'dump', 'send_frame'):\n"
        "            setattr(module, name, lambda *a, **k: b'')\n"
    )
    found = grade(double=patch + body("return x"))
    assert found["double"].score == 0 and found["double"].verdict != "pass"


def test_thirty_megabytes_of_output() -> None:
    found = grade(double=body("print('x' * 30_000_000)", "return x * 2"))
    assert all(mark.verdict == "pass" for mark in found.values())


def test_no_answers_inside_the_sandbox() -> None:
    """저장소, 정답, 실수 표, 제출 폴더는 안에서 보이지 않아요. 보인다면 값이 맞아서 통과해요."""
    needs(*SANDBOXED)
    from autograder.sandbox.launch import PACKAGE

    root = PACKAGE.parent
    for path in (PACKAGE / "judge.py", PACKAGE / "exercises" / "__init__.py", root / "reference" / "__init__.py"):
        look = body(
            f"try: found = open({str(path)!r}).read(1)", "except OSError: found = ''", "return x * (2 if found else 3)"
        )
        assert grade(double=look)["double"].verdict == "fail", path
    look = body(
        "import os",
        f"try: found = os.listdir({str(root)!r})",
        "except OSError: found = []",
        "return x * (2 if 'solutions' in found else 3)",
    )
    assert grade(double=look)["double"].verdict == "fail"
    for module in ("reference", "autograder.judge", "autograder.exercises"):
        seek = body(
            "import importlib",
            f"found = importlib.import_module({module!r})",
            "return x * (2 if getattr(found, '__file__', None) else 3)",
        )
        assert grade(double=seek)["double"].verdict in ("fail", "error"), module


def test_next_learner_starts_clean() -> None:
    """앞 제출물이 바꾼 것이 다음 제출물에 남지 않아요."""
    grade(double="import builtins\nbuiltins.secret = 7\ntorch.Tensor.__mul__ = lambda *a: a[0]\n" + body("return x"))
    found = grade(double=body("import builtins", "return x * (3 if hasattr(builtins, 'secret') else 2)"))
    assert found["double"].verdict == "pass"


def test_submitted_torch_py_and_links_have_no_effect(tmp_path) -> None:
    folder = tmp_path / "s001" / "tiny"
    folder.mkdir(parents=True)
    (folder / "torch.py").write_text("raise SystemExit")
    (folder / "tiny.ipynb").write_bytes(as_bytes(cells_of(ANSWERS)))
    honest = Submission("s001", "tiny", folder / "tiny.ipynb", root=tmp_path)
    result = grade_submission(honest, SEED, shared_pool(), tiny_setup())
    assert all(mark.verdict == "pass" for mark in result.marks)

    (tmp_path / "s002").mkdir()
    (tmp_path / "s002" / "tiny").symlink_to(folder)
    (tmp_path / "s003" / "tiny").mkdir(parents=True)
    (tmp_path / "s003" / "tiny" / "tiny.ipynb").symlink_to(folder / "tiny.ipynb")
    for student in ("s002", "s003"):
        stolen = Submission(student, "tiny", tmp_path / student / "tiny" / "tiny.ipynb", root=tmp_path)
        result = grade_submission(stolen, SEED, shared_pool(), tiny_setup())
        assert not result.readable and {mark.verdict for mark in result.marks} == {"refused"}
        assert "링크" in result.marks[0].message


def test_counterparts_are_not_present_in_the_first_run() -> None:
    """바른 앞 실습은, 그것이 틀려서 다시 채점할 때에만 들어와요."""
    cells = cells_of({**ANSWERS, "double": body("return x")})
    cells.append(code("def helper():\n    return 1", id="helper"))
    found = marks(grade_bytes(as_bytes(cells)))
    assert found["double"].verdict == "fail"
    assert found["quadruple"].verdict == "pass" and "`double`" in found["quadruple"].message


def test_counterpart_never_includes_the_exercise_itself() -> None:
    """다시 채점할 때에도 자기 자신의 정답은 안에 없어요."""
    cheat = (
        "def quadruple(x):\n    double\n    import gc, types\n"
        "    for f in [o for o in gc.get_objects() if isinstance(o, types.FunctionType)]:\n"
        "        if f.__module__ == 'counterparts' and f.__name__ == 'quadruple':\n"
        "            return f(x)\n    return x"
    )
    found = grade(double=body("return x"), quadruple=cheat)
    assert found["quadruple"].verdict == "fail"
