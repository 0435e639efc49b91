"""다른 프로세스를 만들고, 알리고, 멈추고, 늦추는 공격."""

from __future__ import annotations

from support.attacks import RAW, Attack, attempt, blocked, body, call, harmless
from support.tiny_lesson import ANSWERS

FORK = """import os
def born(pid):
    if pid == 0: os._exit(0)
"""

# 신호를 대신 보내 주는 길들은 고른 상대에게 닿지 않아야 해요. 닿으면 이웃이 죽어요(test_siblings.py가 정말로 해 봐요).
OWN = "one, other = os.pipe()\nimport fcntl"

ATTACKS = [
    blocked("프로세스 늘리기", "import os", "while True: os.fork()"),
    blocked("fork", "born(os.fork())", top=FORK),
    blocked("가짜 단말기로 fork", "import pty", "born(pty.fork()[0])", top=FORK),
    *call("vfork", "vfork"),
    *call("깃발 없는 clone", "clone", "signal.SIGCHLD, 0, 0, 0, 0"),
    *call("새 이름 공간의 clone", "clone", "0x10000000 | signal.SIGCHLD, 0, 0, 0, 0"),
    *call("clone3", "clone3", "ctypes.create_string_buffer(88), 88"),
    *call("execveat", "execveat", "-100, b'/bin/true', 0, 0, 0"),
    blocked("exec", "import os", "os.execv('/bin/true', ['true'])"),
    blocked("셸 명령", "import subprocess", "subprocess.run(['/bin/ls', '/'])"),
    blocked("os.system", "import os", "if os.system('true') != 0: raise OSError('blocked')"),
    blocked("popen", "import os", "os.popen('true').read()"),
    blocked("posix_spawn", "import os", "os.posix_spawn('/bin/true', ['true'], {})"),
    blocked("새 프로세스 무리", "import multiprocessing as m", "m.get_context('fork').Process(target=print).start()"),
    blocked(
        "새로 띄우는 프로세스 무리",
        "import multiprocessing as m",
        "m.get_context('spawn').Process(target=print).start()",
    ),
    blocked(
        "프로세스 풀",
        "from concurrent.futures import ProcessPoolExecutor",
        "list(ProcessPoolExecutor(2).map(abs, [1]))",
    ),
    blocked("자료 적재기의 일꾼", "list(torch.utils.data.DataLoader([1, 2], num_workers=2))"),
    blocked(
        "데몬이 되기",
        "pid = os.fork()",
        "if pid == 0:",
        "    os.setsid()",
        "    if os.fork() == 0:",
        "        import time; time.sleep(120)",
        "    os._exit(0)",
        top="import os",
    ),
    blocked("부모 끝내기", "import os", "os.kill(os.getppid(), 9)"),
    blocked("모두에게 신호", "import os", "os.kill(-1, 9)"),
    blocked("무리에게 신호", "import os", "os.killpg(os.getpgid(0), 9)"),
    blocked("이름 공간의 첫 프로세스에 신호", "import os", "os.kill(1, 15)"),
    blocked("pidfd로 신호", "import os, signal", "signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 9)"),
    *call("tkill", "tkill", "os.getppid(), 9"),
    *call("tgkill", "tgkill", "os.getppid(), os.getppid(), 9"),
    *call("값을 실은 신호", "rt_sigqueueinfo", "os.getppid(), 9, ctypes.create_string_buffer(128)"),
    *call(
        "실에 값을 실은 신호", "rt_tgsigqueueinfo", "os.getppid(), os.getppid(), 9, ctypes.create_string_buffer(128)"
    ),
    *call("pidfd로 값을 실은 신호", "pidfd_send_signal", "0, 9, 0, 0"),
    *call("ptrace 붙기", "ptrace", "16, os.getppid(), 0, 0"),
    *call("남의 기억 읽기", "process_vm_readv", "os.getppid(), 0, 0, 0, 0, 0"),
    *call("남의 기억 쓰기", "process_vm_writev", "os.getppid(), 0, 0, 0, 0, 0"),
    *call("남의 기억 버리게 하기", "process_madvise", "0, 0, 0, 21, 0"),
    *call("남의 기억 거두기", "process_mrelease", "0, 0"),
    *call(
        "남의 기억 옮기기",
        "migrate_pages",
        "os.getppid(), 8, ctypes.create_string_buffer(b'\\1', 8), ctypes.create_string_buffer(b'\\1', 8)",
    ),
    *call("남의 쪽 옮기기", "move_pages", "os.getppid(), 0, 0, 0, 0, 0"),
    *call("남과 견주기", "kcmp", "os.getpid(), os.getppid(), 0, 0, 0"),
    *call(
        "남의 실 목록 얻기",
        "get_robust_list",
        "os.getppid(), ctypes.create_string_buffer(8), ctypes.create_string_buffer(8)",
    ),
    *call("남의 우선순위", "setpriority", "0, os.getppid(), 19"),
    *call("사용자 전체의 우선순위", "setpriority", "2, 0, 19"),
    *call("무리의 우선순위", "setpriority", "1, 0, 19"),
    *call("남의 입출력 우선순위", "ioprio_set", "1, os.getppid(), 3 << 13"),
    *call("사용자 전체의 입출력 우선순위", "ioprio_set", "3, os.getuid(), 3 << 13"),
    *call("무리의 입출력 우선순위", "ioprio_set", "2, os.getpgrp(), 3 << 13"),
    *call("남의 코어", "sched_setaffinity", "os.getppid(), 8, ctypes.create_string_buffer(b'\\1', 8)"),
    *call("남의 순번 방식", "sched_setscheduler", "os.getppid(), 5, ctypes.create_string_buffer(8)"),
    *call("남의 순번 값", "sched_setparam", "os.getppid(), ctypes.create_string_buffer(8)"),
    *call(
        "남의 순번 속성",
        "sched_setattr",
        "os.getppid(), ctypes.create_string_buffer(struct.pack('=IIQiIQQQ', 48, 5, 0, 0, 0, 0, 0, 0)), 0",
    ),
    *call("남의 상한", "prlimit64", "os.getppid(), 0, ctypes.create_string_buffer(struct.pack('QQ', 1, 1)), 0"),
    *call("자기 상한 늘리기", "prlimit64", "0, 7, ctypes.create_string_buffer(struct.pack('QQ', 4096, 4096)), 0"),
    blocked("파이프의 주인을 남으로", OWN, "fcntl.fcntl(one, fcntl.F_SETOWN, os.getppid())", top=RAW),
    blocked("파이프의 주인을 무리로", OWN, "fcntl.fcntl(one, fcntl.F_SETOWN, -os.getpgrp())", top=RAW),
    blocked("파이프의 주인을 값으로", OWN, "fcntl.fcntl(one, 15, struct.pack('ii', 1, os.getppid()))", top=RAW),
    blocked("알림을 끝내는 신호로", OWN, "fcntl.fcntl(one, 10, 9)", top=RAW),
    blocked(
        "입출력 제어로 주인을 남으로",
        OWN,
        "fcntl.ioctl(pair()[0], 0x8901, struct.pack('i', os.getppid()))",
        top=RAW + "def pair(): return socket.socketpair()\n",
    ),
    blocked(
        "입출력 제어로 주인을 남으로(소켓)",
        OWN,
        "fcntl.ioctl(pair()[0], 0x8902, struct.pack('i', os.getppid()))",
        top=RAW + "def pair(): return socket.socketpair()\n",
    ),
    blocked(
        "폴더의 알림", "import os, fcntl", "fcntl.fcntl(os.open('/usr', os.O_RDONLY), fcntl.F_NOTIFY, fcntl.DN_ACCESS)"
    ),
    blocked(
        "파일의 임대",
        "import os, fcntl",
        "fcntl.fcntl(os.open(os.__file__, os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK)",
    ),
    blocked(
        "라이브러리 파일 잠그기",
        "import os, fcntl",
        "held = fcntl.flock(os.open(os.__file__, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)",
    ),
    blocked(
        "라이브러리 파일의 한 자리 잠그기",
        "import os, fcntl",
        "fcntl.lockf(os.open(os.__file__, os.O_RDONLY), fcntl.LOCK_SH | fcntl.LOCK_NB, 1, 7)",
    ),
    *call("파일 지켜보기", "inotify_init1", "0"),
    *call("파일 체계 지켜보기", "fanotify_init", "0, 0"),
    *call("이름 공간 나누기", "unshare", "0x10000000"),
    *call("이름 공간 들어가기", "setns", "0, 0"),
    *call("뿌리 바꾸기", "chroot", "b'/'"),
    *call("새 세션", "setsid"),
    *call("무리 옮기기", "setpgid", "0, 0"),
    *call("root가 되기", "setresuid", "0, 0, 0"),
    harmless("부모가 죽으면 받을 신호를 끄기", "raw", attempt("libc.prctl(1, 0)", "libc.prctl(36, 1)"), top=RAW),
    harmless("누구나 붙게 하기", attempt("libc.prctl(0x59616d61, -1)", "libc.prctl(4, 1)"), top=RAW),
    harmless("이름을 grade로 바꾸기", attempt("libc.prctl(15, b'course grade')"), top=RAW),
    Attack(
        "신호 처리기를 모두 무시로",
        body(
            "for number in range(1, 65):",
            "    try: signal.signal(number, signal.SIG_IGN)",
            "    except (OSError, ValueError): pass",
            "while True: pass",
            top="import signal",
        ),
        ("timeout", "error"),
        others=None,
        slow=True,
    ),
    Attack(
        "시계를 끄고 끝없이 돌기",
        body(
            "signal.setitimer(signal.ITIMER_PROF, 0)",
            "signal.setitimer(signal.ITIMER_REAL, 0)",
            "while True: pass",
            top="import signal",
        ),
        ("timeout", "error"),
        others=None,
        slow=True,
    ),
    Attack(
        "신호를 막고 끝없이 돌기",
        body("signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))", "while True: pass", top="import signal"),
        ("timeout", "error"),
        others=None,
        slow=True,
    ),
    Attack(
        "자기를 멈추기",
        body("import signal", "signal.raise_signal(signal.SIGSTOP)", "return x * 2"),
        ("error", "timeout"),
        reaches_out=True,
        slow=True,
    ),
    Attack(
        "자기를 끝내기",
        body("import signal", "signal.raise_signal(signal.SIGKILL)", "return x * 2"),
        ("error",),
        reaches_out=True,
    ),
    Attack(
        "끝날 때의 함수로 더 돌기",
        f"import atexit\ndef more():\n    while True: pass\natexit.register(more)\n{ANSWERS['double']}",
        ("pass",),
        reaches_out=True,
    ),
    Attack(
        "돌아가는 실을 남기기",
        "import threading, time\ndef linger():\n    while True: time.sleep(0.01)\n"
        "for _ in range(8): threading.Thread(target=linger, daemon=True).start()\n" + ANSWERS["double"],
        ("pass",),
        reaches_out=True,
    ),
    Attack(
        "끝나지 않는 실을 남기기",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n" + ANSWERS["double"],
        ("pass",),
        reaches_out=True,
    ),
    Attack(
        "바쁜 실을 남기기",
        "import threading\ndef spin():\n    while True: pass\nthreading.Thread(target=spin, daemon=True).start()\n"
        + ANSWERS["double"],
        ("pass", "timeout"),
        others=None,
        reaches_out=True,
    ),
]
