"""호출 틀과 통로를 뒤져 답을 꾸미거나 판정을 앞당기는 공격. 정답은 안에 없고, 약속에 없는 글은 받지 않아요."""

from __future__ import annotations

from support.attacks import Attack, attempt, body, harmless
from support.tiny_lesson import ANSWERS

FDS = "for fd in range(3, 64):"
LOSS = ("error", "refused", "fail")
# 통로에 거짓을 적으면 그 제출물의 남은 실습을 믿을 수 없어요. 그 사람만 다치면 돼요.
CHANNEL = {"verdicts": LOSS, "others": None, "reaches_out": True}

UP = """import sys
def frames():
    frame = sys._getframe()
    while frame:
        yield frame
        frame = frame.f_back
"""

SOCKET = """import gc, socket
def channels():
    return [s for s in gc.get_objects() if isinstance(s, socket.socket)]
"""


def write(name: str, data: str, **more: object) -> Attack:
    lines = (
        "import os, struct",
        FDS,
        f"    try: os.write(fd, {data})",
        "    except OSError: pass",
        "return x * 2",
    )
    return Attack(name, body(*lines), **{**CHANNEL, **more})


REFUSED = {"verdicts": ("refused",), "others": "pass"}

ATTACKS = [
    write("통로에 쓰기", "b'\\x04' * 4096", words=("받지 않았어요",), **REFUSED),
    write("위조한 답", "struct.pack('>BII', 5, 0, 0)", words=("약속하지 않은",), **REFUSED),
    write("길이가 거짓인 틀", "struct.pack('>BII', 4, 0, 2**32 - 1)", **REFUSED),
    write("음수처럼 보이는 단위 번호", "struct.pack('>BII', 4, 2**32 - 1, 0)", **REFUSED),
    write("시작하지 않은 실습의 답", "struct.pack('>BII', 4, 1, 8) + b'\\0' * 8", **REFUSED),
    write("빈 답", "struct.pack('>BII', 4, 0, 0)"),
    write("꼬리표가 어긋난 답", "struct.pack('>BII', 4, 0, 20) + struct.pack('>Q', 12) + b'{\"evil\":[1]}'"),
    write("길이만 긴 JSON", "struct.pack('>BII', 4, 0, 8) + struct.pack('>Q', 2**63)"),
    write("끝났다는 말을 미리", "struct.pack('>BII', 4, 0, 8) + b'\\0' * 8 + struct.pack('>BII', 5, 0, 0)"),
    write("셀이 끝났다는 말", "struct.pack('>BII', 2, 0, 2) + b'{}'", **REFUSED),
    write("반쪽만 쓰고 죽기", "struct.pack('>BII', 4, 0, 100) + b'x' * 7) and os._exit(0"),
    Attack(
        "통로를 닫기",
        body("import os", FDS, "    try: os.close(fd)", "    except OSError: pass", "return x * 2"),
        **CHANNEL,
    ),
    Attack(
        "통로를 다른 것으로 바꾸기",
        body(
            "import os",
            "zero = os.open('/dev/zero', os.O_RDONLY)",
            FDS,
            "    try: os.dup2(zero, fd)",
            "    except OSError: pass",
            "return x * 2",
        ),
        **CHANNEL,
    ),
    Attack(
        "통로를 한쪽만 끊기",
        body("for s in channels():", "    s.shutdown(2)", "return x * 2", top=SOCKET),
        **CHANNEL,
    ),
    Attack(
        "보내는 함수를 가로채 빈 답 보내기",
        body(
            "for frame in frames():",
            "    protocol = frame.f_globals.get('protocol')",
            "    if protocol is not None:",
            "        send = protocol.send_frame",
            "        protocol.send_frame = lambda sock, kind, unit, body=b'': send(sock, kind, unit, b'')",
            "return x * 2",
            top=UP,
        ),
        ("refused", "error", "fail", "missing"),
        others=None,
        reaches_out=True,
    ),
    Attack(
        "틀에서 결과의 자리를 바꾸기",
        body(
            "for frame in frames():",
            "    for value in list(frame.f_locals.values()):",
            "        if isinstance(value, list) and value is not x:",
            "            try: value[:] = ['pass'] * 5",
            "            except Exception: pass",
            "return x",
            top=UP,
        ),
        ("fail", "error", "refused", "missing", "timeout"),
        others=None,
        reaches_out=True,
    ),
    Attack(
        "기억에서 답안지를 찾기",
        body(
            "import gc",
            "kinds = {type(thing).__name__ for thing in gc.get_objects()}",
            "return x * (2 if kinds & {'AnswerKey', 'KeyCase', 'Exercise', 'Mistake', 'LessonSetup'} else 3)",
        ),
        ("fail",),
    ),
    Attack(
        "쓰레기 수집기에서 정답을 찾기",
        body(
            "import gc",
            "near = [t for t in gc.get_objects() if isinstance(t, torch.Tensor) and t.shape == x.shape]",
            "for t in near:",
            "    if t.dtype == x.dtype and torch.equal(t, x + x) and not torch.equal(t, x): return t",
            "return x",
        ),
        ("fail",),
    ),
    Attack(
        "실습에 앞서 돌아갈 바른 함수를 훔치기",
        body("return x"),
        ("fail",),
        answers={
            "quadruple": "def quadruple(x):\n    double\n    import gc, types\n"
            "    for f in [o for o in gc.get_objects() if isinstance(o, types.FunctionType)]:\n"
            "        if f.__module__ == 'counterparts' and f.__name__ == 'quadruple':\n"
            "            return f(x)\n    return x"
        },
        others=None,
        reaches_out=True,
    ),
    Attack(
        "판정의 이름을 거짓으로 붙이기",
        body(
            "for frame in frames():",
            "    runner = getattr(frame.f_locals.get('self'), 'runner', None)",
            "    if runner: return runner.Outcome(value=x * 2)",
            "return x",
            top=UP,
        ),
        ("fail", "error", "refused"),
        reaches_out=True,
    ),
    harmless(
        "추적 함수를 남기기",
        "import sys, threading",
        "sys.settrace(lambda *a: None)",
        "sys.setprofile(lambda *a: None)",
        "threading.settrace(lambda *a: None)",
        sequel=body("import sys", "return x * (2 if sys.gettrace() is None and sys.getprofile() is None else 3)"),
    ),
    harmless(
        "감사 훅을 걸기",
        "import sys",
        "sys.addaudithook(lambda event, args: None)",
        sequel=ANSWERS["double"],
    ),
    Attack(
        "감사 훅으로 모든 것을 막기",
        body("return x * 2", top="import sys\ndef hook(*a): raise SystemExit\nsys.addaudithook(hook)"),
        ("pass", "error", "missing", "refused", "timeout"),
        others=None,
        sequel=ANSWERS["double"],
        reaches_out=True,
    ),
    harmless(
        "통로를 크게 늘리기", attempt("import socket", "for s in channels(): s.setsockopt(1, 7, 2**30)"), top=SOCKET
    ),
    Attack(
        "통로로 큰 글을 쏟기",
        body(
            "import os",
            "for fd in range(3, 64):",
            "    try:",
            "        for _ in range(64): os.write(fd, b'\\x04' * 1_000_000)",
            "    except OSError: pass",
            "return x * 2",
        ),
        ("refused", "error"),
        reaches_out=True,
    ),
    Attack(
        "셀의 보고를 넓게 위조하기",
        ANSWERS["double"]
        + "\nimport gc, json, struct, socket\nfor s in [o for o in gc.get_objects() if isinstance(o, socket.socket)]:\n"
        "    wide = json.dumps({'error': None, 'detail': 'x' * 6_000_000}).encode()\n"
        "    try: s.sendall(struct.pack('>BII', 2, 1, len(wide)) + wide)\n    except OSError: pass",
        ("refused", "error", "missing", "pass"),
        others=None,
        reaches_out=True,
    ),
    Attack(
        "셀의 보고를 여러 번 위조하기",
        ANSWERS["double"]
        + "\nimport gc, json, struct, socket\nfor s in [o for o in gc.get_objects() if isinstance(o, socket.socket)]:\n"
        "    for unit in range(2000):\n        wide = json.dumps({'error': None, 'detail': [0] * 2000}).encode()\n"
        "        try: s.sendall(struct.pack('>BII', 2, unit, len(wide)) + wide)\n        except OSError: break",
        ("refused", "error", "missing", "pass"),
        others=None,
        reaches_out=True,
    ),
    Attack(
        "위조한 보고에 사전의 폭포 담기",
        body(
            "import struct",
            "for s in channels():",
            "    wide = b'[' + b'{},' * 2_000_000 + b'{}]'",
            "    text = struct.pack('>Q', len(wide)) + wide",
            "    s.sendall(struct.pack('>BII', 4, 0, len(text)) + text)",
            "return x * 2",
            top=SOCKET,
        ),
        ("refused", "error"),
        others=None,
        reaches_out=True,
    ),
]
