"""기억, 디스크, 출력, 기술자, 실을 다 쓰려는 공격. 그 제출물만 멈추고, 부모와 다음 사람은 그대로예요."""

from __future__ import annotations

from support.attacks import RAW, Attack, attempt, blocked, body, call, harmless
from support.tiny_lesson import ANSWERS

HUNGRY = ("error", "timeout")


def hungry(name: str, *lines: str, top: str = "", **more: object) -> Attack:
    more.setdefault("verdicts", HUNGRY)
    return Attack(name, body(*lines, top=top), reaches_out=True, **more)


ATTACKS = [
    hungry("한꺼번에 많은 메모리", "return torch.ones(10**12)", words=("MemoryError",)),
    hungry("조금씩 모든 메모리", "hoard = []", "while True: hoard.append(bytearray(10**8))"),
    hungry("텐서로 모든 메모리", "hoard = []", "while True: hoard.append(torch.ones(10**7))"),
    hungry("넘파이로 모든 메모리", "import numpy as np", "return np.ones(10**11)"),
    hungry("이름 없는 메모리 지도", "import mmap", "hoard = []", "while True: hoard.append(mmap.mmap(-1, 10**8))"),
    hungry("나눠 갖는 메모리", "torch.ones(10**6).share_memory_()", "return x * 3", verdicts=("error", "fail")),
    hungry("글을 두 배씩 늘리기", "text = 'x'", "while True: text += text"),
    hungry("목록을 두 배씩 늘리기", "hoard = [0]", "while True: hoard += hoard"),
    hungry("사전으로 모든 메모리", "hoard = {}", "i = 0", "while True:", "    hoard[i] = [i]; i += 1"),
    hungry("끝없는 정수", "n = 2", "while True: n = n * n"),
    hungry("쌓이는 예외", "try: return double(x)", "finally: double(x)"),
    harmless(
        "열 수 있는 만큼 파일 열기",
        "import os",
        "hoard = []",
        attempt("while True: hoard.append(open(os.__file__))"),
        others=None,
    ),
    hungry("기술자 베끼기", "import os", "while True: os.dup(0)", verdicts=("error",), others=None),
    harmless(
        "파이프를 가득 모으기", "import os", "hoard = []", attempt("while True: hoard.append(os.pipe())"), others=None
    ),
    blocked("파이프를 크게 늘리기", "import os, fcntl", "fcntl.fcntl(os.pipe()[0], 1031, 2**20)"),
    hungry(
        "많은 실",
        "import threading, time",
        "for _ in range(500): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        verdicts=("error",),
        others=None,
    ),
    Attack(
        "셀의 많은 실",
        "import threading, time\nfor _ in range(500): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        + ANSWERS["double"],
        ("error",),
        others=None,
        reaches_out=True,
    ),
    harmless("삼천만 글자의 출력", "print('x' * 30_000_000)"),
    harmless("오류로 쏟기", "import sys", "sys.stderr.write('x' * 30_000_000)"),
    harmless(
        "기술자로 바로 쏟기",
        "import os",
        "for _ in range(300): os.write(1, b'x' * 100_000); os.write(2, b'x' * 100_000)",
    ),
    harmless("그림을 쏟기", "import matplotlib.pyplot as plt", "for _ in range(8): plt.figure(figsize=(2, 2))"),
    Attack("셀의 출력 홍수", "print('x' * 30_000_000)\n" + ANSWERS["double"], ("pass",), reaches_out=True),
    Attack(
        "보이는 결과의 홍수",
        ANSWERS["double"]
        + "\nfrom IPython.display import display, HTML\nfor i in range(200): display(HTML('<b>x</b>' * 1000))",
        ("pass",),
        reaches_out=True,
    ),
    blocked("이름 있는 메모리", "import os", "os.memfd_create('x')"),
    blocked(
        "나눠 갖는 메모리 조각",
        "from multiprocessing import shared_memory",
        "shared_memory.SharedMemory(create=True, size=10**6)",
    ),
    blocked("여러 프로세스의 빗장", "import multiprocessing as m", "m.Lock()"),
    *call("이름 있는 메모리", "memfd_create", "b'x', 0"),
    *call("숨은 메모리", "memfd_secret", "0"),
    *call("나눠 갖는 메모리(System V)", "shmget", "7, 4096, 0o1600"),
    *call("신호등(System V)", "semget", "7, 1, 0o1600"),
    *call("우편함(System V)", "msgget", "7, 0o1600"),
    *call("우편함(POSIX)", "mq_open", "b'x', 0o102, 0o600, 0"),
    *call("열쇠 더하기", "add_key", "b'user', b'x', b'y', 1, -3"),
    *call("열쇠 다루기", "keyctl", "0, -3, 1"),
    *call("열쇠 청하기", "request_key", "b'user', b'x', 0, -3"),
    *call("기억 못 박기", "mlockall", "3"),
    *call("비동기 입출력 자리 차지하기", "io_setup", "65536, ctypes.create_string_buffer(8)"),
    *call("쪽 처리 가로채기", "userfaultfd", "0"),
    *call("재는 도구", "perf_event_open", "ctypes.create_string_buffer(128), 0, -1, -1, 0"),
    *call("디스크로 모두 쓰게 하기", "sync"),
    *call("한 파일 체계를 쓰게 하기", "syncfs", "0"),
    *call("라이브러리를 기억에서 내리기", "fadvise64", "os.open(os.__file__, 0), 0, 0, 4"),
    *call("캐시 엿보기", "cachestat", "0, 0, 0, 0"),
    *call("실행 방식 바꾸기", "personality", "0x0040000"),
    *call("프로세스 회계", "acct", "0"),
    *call("시계 맞추기", "clock_settime", "0, ctypes.create_string_buffer(16)"),
    *call("이름표 바꾸기", "sethostname", "b'x', 1"),
    *call("스왑 켜기", "swapon", "b'/tmp/x', 0"),
    *call("커널에 모듈 넣기", "init_module", "0, 0, b''"),
    *call("새 커널 넣기", "kexec_load", "0, 0, 0, 0"),
    *call("커널의 말 읽기", "syslog", "3, ctypes.create_string_buffer(64), 64"),
    *call("디스크 몫", "quotactl", "0x800001 << 8, 0, 0, 0"),
    *call("파일 손잡이로 열기", "open_by_handle_at", "-100, ctypes.create_string_buffer(64), 0"),
    *call("새 파일 체계", "fsopen", "b'tmpfs', 0"),
    *call("파일 체계 나무 열기", "open_tree", "-100, b'/', 1"),
    *call("낮은 명령 표", "modify_ldt", "0, ctypes.create_string_buffer(64), 64"),
    *call("입출력 포트", "iopl", "3"),
    Attack(
        "잠들어 기다리기",
        body("import time", "time.sleep(600)", "return x * 2"),
        ("timeout",),
        words=("기다려서",),
        slow=True,
    ),
    Attack(
        "파이프에서 기다리기", body("import os", "os.read(os.pipe()[0], 1)", "return x * 2"), ("timeout",), slow=True
    ),
    Attack(
        "자기 빗장에서 기다리기",
        body("import threading", "lock = threading.Lock()", "lock.acquire(); lock.acquire()"),
        ("timeout",),
        slow=True,
    ),
    Attack("무한 반복", body("while True: pass"), ("timeout",), words=("제한 시간",), reaches_out=True),
    Attack("셀의 무한 반복", ANSWERS["double"] + "\nwhile True: pass", ("timeout",), words=("제한 시간",)),
    Attack(
        "신호를 무시하는 무한 반복",
        "import signal\nsignal.signal(signal.SIGPROF, signal.SIG_IGN)\n" + body("while True: pass"),
        ("timeout",),
        words=("제한 시간",),
    ),
    Attack("os._exit", body("import os", "os._exit(0)"), ("error",), words=("통째로 끝냈어요",)),
    Attack("셀의 os._exit", ANSWERS["double"] + "\nimport os\nos._exit(0)", ("error",), words=("통째로 끝냈어요",)),
    Attack("sys.exit", body("import sys", "sys.exit()"), ("error",), words=("SystemExit",)),
    Attack("KeyboardInterrupt", body("raise KeyboardInterrupt"), ("error",), words=("KeyboardInterrupt",)),
    Attack("잘못된 주소 읽기", body("import ctypes", "ctypes.string_at(0)"), ("error",), words=("비정상으로",)),
    Attack("끝없는 재귀", body("return double(x)"), ("error",), words=("RecursionError",)),
    Attack("되짚는 정규식", body("import re", "re.match('(a+)+$', 'a' * 40 + 'b')"), ("timeout",)),
    Attack("끝나지 않는 C 함수", body("return sum(iter(lambda: 1, 0))"), ("timeout",)),
    Attack("커다란 행렬 곱", body("a = torch.ones(4000, 4000)", "while True: a = a @ a"), ("timeout",)),
    hungry(
        "토치의 실을 많이",
        "torch.set_num_threads(64)",
        "while True: torch.ones(2000, 2000) @ torch.ones(2000, 2000)",
        verdicts=("timeout", "error"),
        others=None,
    ),
    harmless(
        "기술자의 상한 보기", attempt("import resource", "resource.setrlimit(resource.RLIMIT_NOFILE, (10**6, 10**6))")
    ),
    harmless(
        "기억의 상한 풀기",
        "raw",
        attempt("import resource", "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))"),
        top=RAW,
    ),
]
