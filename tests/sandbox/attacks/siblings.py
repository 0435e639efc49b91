"""함께 채점되는 이웃, 따뜻한 작업자, 부모를 건드리려는 공격.

공격하는 함수는 정직한 이웃이 도는 동안 가까운 번호의 모든 프로세스에 되풀이해서 손을 뻗어요.
무엇을 읽어 냈으면 틀린 값을 돌려줘서 드러나고, 이웃은 한 글자도 다르지 않은 결과를 받아야 해요.
"""

from __future__ import annotations

from support.attacks import Attack, syscall_number

# 공격이 이웃과 겹치는 동안(CPU 초)
BUSY = 0.25

TOP = f"""import ctypes, errno, fcntl, os, signal, socket, struct, threading, time
libc = ctypes.CDLL(None, use_errno=True)
read = []
done = []
def near():
    me = os.getpid()
    return [p for p in [os.getppid(), *range(me + 40, max(1, me - 40), -1)] if p != me and p > 0]
def raw(number, *values):
    return libc.syscall(ctypes.c_long(number), *[ctypes.c_long(v) if isinstance(v, int) else v for v in values])
def channels():
    import gc
    return [o for o in gc.get_objects() if isinstance(o, socket.socket)]
def arm(fd, owner, number):
    for step in ((10, number), (fcntl.F_SETOWN, owner), (15, struct.pack('ii', 2 if owner < 0 else 1, abs(owner)))):
        try: fcntl.fcntl(fd, *step)
        except OSError: pass
    try: fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | 0o20000 | os.O_NONBLOCK)
    except OSError: pass
pairs = []
def pipe_signal(owner, number):
    if not pairs: pairs.append(os.pipe())
    one, other = pairs[0]
    arm(one, owner, number)
    for step in ((os.write, other, b'x'), (os.read, one, 64)):
        try: step[0](*step[1:])
        except OSError: pass
def attack(step):
    if done: return
    done.append(1)
    end = time.process_time() + {BUSY}
    while time.process_time() < end:
        for p in near():
            try: step(p)
            except BaseException: pass
"""


def each(name: str, step: str, *, top: str = "", slow: bool = False) -> Attack:
    """가까운 프로세스 `p`마다 `step`을 되풀이해요. 읽어 낸 것은 `read`에 담아요."""
    lines = step.replace("\n", "\n    ")
    cell = f"{TOP}{top}\ndef step(p):\n    {lines}\ndef double(x):\n    attack(step)\n    return x * (3 if any(read) else 2)"
    return Attack(name, cell, ("pass", "error", "timeout"), others=None, slow=slow)


def once(name: str, text: str, *, slow: bool = False) -> Attack:
    """한 번 해 두고 이웃이 도는 동안 바쁘게 기다려요."""
    return each(
        name,
        "pass",
        top=f"\ntry:\n    {text.replace(chr(10), chr(10) + '    ')}\nexcept BaseException: pass\n",
        slow=slow,
    )


def system(name: str, call: str, arguments: str, *, read: bool = False, slow: bool = False) -> list[Attack]:
    number = syscall_number(call)
    if number is None:
        return []
    step = f"found = raw({number}, {arguments})"
    return [each(f"{name}({call})", f"{step}\nread.append(found > 0)" if read else step, slow=slow)]


ATTACKS_ON_SIBLINGS = [
    each("파이프의 알림으로 끝내기", "pipe_signal(p, 9)"),
    each("파이프의 알림으로 멈추기", "pipe_signal(p, 19)"),
    each("파이프의 알림으로 시계 흉내", "pipe_signal(p, 27)"),
    each("파이프의 알림으로 깨우기", "pipe_signal(p, 14)", slow=True),
    each("파이프의 알림으로 잘못된 주소 흉내", "pipe_signal(p, 11)", slow=True),
    each("파이프의 알림으로 실시간 신호", "for n in (34, 40, 64): pipe_signal(p, n)", slow=True),
    each("파이프의 알림을 기본 신호로", "pipe_signal(p, 0)"),
    each("무리 전체에 알림", "pipe_signal(-os.getpgrp(), 9); pipe_signal(-p, 9)"),
    once("무리 전체를 한 번에 멈추기", "pipe_signal(-os.getpgrp(), 19)"),
    each("통로의 알림으로 끝내기", "for s in channels(): arm(s.fileno(), p, 9)"),
    each("통로의 알림으로 멈추기", "for s in channels(): arm(s.fileno(), p, 19)"),
    each(
        "소켓 한 쌍의 알림으로 끝내기",
        "one, other = socket.socketpair()\narm(one.fileno(), p, 9)\nother.send(b'x'); one.close(); other.close()",
    ),
    each(
        "급한 글의 알림",
        "one, other = socket.socketpair()\narm(one.fileno(), p, 9)\nother.send(b'x', socket.MSG_OOB); one.close(); other.close()",
        slow=True,
    ),
    each(
        "입출력 제어로 주인을 정한 알림",
        "one, other = socket.socketpair()\nfor code in (0x8901, 0x8902):\n    try: fcntl.ioctl(one, code, struct.pack('i', p))\n"
        "    except OSError: pass\nfcntl.fcntl(one, 10, 9)\nfcntl.ioctl(one, 0x5452, struct.pack('i', 1))\nother.send(b'x')",
    ),
    each(
        "폴더 알림으로 끝내기",
        "d = os.open('/usr/lib', os.O_RDONLY)\ntry:\n    fcntl.fcntl(d, 10, 9); fcntl.fcntl(d, fcntl.F_SETOWN, p)\n"
        "    fcntl.fcntl(d, fcntl.F_NOTIFY, fcntl.DN_ACCESS | fcntl.DN_MULTISHOT); os.listdir('/usr/lib')\nfinally: os.close(d)",
    ),
    each(
        "임대가 깨질 때의 알림",
        "d = os.open(os.__file__, os.O_RDONLY)\ntry:\n    fcntl.fcntl(d, 10, 9); fcntl.fcntl(d, fcntl.F_SETOWN, p)\n"
        "    fcntl.fcntl(d, fcntl.F_SETLEASE, fcntl.F_RDLCK)\nfinally: os.close(d)",
    ),
    each(
        "단말기의 주인을 남으로",
        "one, other = os.openpty()\narm(other, p, 9)\nos.write(one, b'\\x03x\\n'); os.close(one); os.close(other)",
    ),
    once(
        "살아 있는 실에서 계속 알리기",
        "def spin():\n    while True:\n        for p in near(): pipe_signal(p, 9)\nthreading.Thread(target=spin, daemon=True).start()",
    ),
    each("kill", "os.kill(p, 9)"),
    each("kill로 멈추기", "os.kill(p, 19)"),
    once("모두에게 kill", "os.kill(-1, 9)"),
    once("무리에게 kill", "os.kill(-os.getpgid(os.getppid()), 9)"),
    each("pidfd 신호", "signal.pidfd_send_signal(os.pidfd_open(p), 9)"),
    *system("tkill", "tkill", "p, 9"),
    *system("tgkill", "tgkill", "p, p, 9"),
    *system(
        "값을 실은 신호", "rt_sigqueueinfo", "p, 9, ctypes.create_string_buffer(struct.pack('iii', 9, 0, -1), 128)"
    ),
    *system("ptrace 붙기", "ptrace", "16, p, 0, 0"),
    *system("ptrace 붙잡아 멈추기", "ptrace", "0x4206, p, 0, 0"),
    *system("기억 버리게 하기", "process_madvise", "p, 0, 0, 4, 0", slow=True),
    *system("우선순위 낮추기", "setpriority", "0, p, 19"),
    *system("사용자 전체의 우선순위 낮추기", "setpriority", "2, os.getuid(), 19"),
    *system("입출력 우선순위 낮추기", "ioprio_set", "1, p, 3 << 13"),
    *system("사용자 전체의 입출력 우선순위", "ioprio_set", "3, os.getuid(), 3 << 13"),
    *system("무리의 입출력 우선순위", "ioprio_set", "2, os.getpgrp(), 3 << 13"),
    *system("한 코어에 몰기", "sched_setaffinity", "p, 8, ctypes.create_string_buffer(struct.pack('Q', 1), 8)"),
    *system("한가할 때만 돌게 하기", "sched_setscheduler", "p, 5, ctypes.create_string_buffer(4)"),
    *system("순번 값 바꾸기", "sched_setparam", "p, ctypes.create_string_buffer(4)", slow=True),
    *system(
        "순번 속성 바꾸기",
        "sched_setattr",
        "p, ctypes.create_string_buffer(struct.pack('=IIQiIQQQ', 48, 5, 0, 0, 0, 0, 0, 0)), 0",
    ),
    *system("상한 낮추기", "prlimit64", "p, 0, ctypes.create_string_buffer(struct.pack('QQ', 0, 0)), 0"),
    *system("파일 상한 낮추기", "prlimit64", "p, 7, ctypes.create_string_buffer(struct.pack('QQ', 3, 3)), 0"),
    *system("무리 옮기기", "setpgid", "p, 0", slow=True),
    *system(
        "기억의 자리 옮기기",
        "migrate_pages",
        "p, 8, ctypes.create_string_buffer(8), ctypes.create_string_buffer(8)",
        slow=True,
    ),
    *system(
        "기억 읽기",
        "process_vm_readv",
        "p, (ctypes.c_void_p * 2)(ctypes.addressof(ctypes.create_string_buffer(64)), 8), 1, (ctypes.c_void_p * 2)(id(read), 8), 1, 0",
        read=True,
    ),
    *system(
        "기억 쓰기",
        "process_vm_writev",
        "p, (ctypes.c_void_p * 2)(id(read), 8), 1, (ctypes.c_void_p * 2)(id(None), 8), 1, 0",
        read=True,
    ),
    *system("기술자 훔치기", "pidfd_getfd", "os.pidfd_open(p), 3, 0", read=True),
    *system("같은 것을 쥐었는지 묻기", "kcmp", "os.getpid(), p, 0, 3, 3", slow=True),
    each("기억 파일 읽기", "f = open(f'/proc/{p}/mem', 'rb', 0); f.seek(id(read)); read.append(f.read(8))"),
    each("기억 파일 쓰기", "f = open(f'/proc/{p}/mem', 'r+b', 0); f.seek(id(None)); read.append(f.write(bytes(8)))"),
    each("환경 읽기", "read.append(open(f'/proc/{p}/environ').read())"),
    each("기술자 열기", "for fd in os.listdir(f'/proc/{p}/fd'): read.append(os.open(f'/proc/{p}/fd/{fd}', os.O_RDWR))"),
    each("메모리 부족 점수 올리기", "open(f'/proc/{p}/oom_score_adj', 'w').write('1000')"),
    each("자기 실로 자리 다 차지하기", "threading.Thread(target=time.sleep, args=(2,), daemon=True).start()"),
    once(
        "실로 자리를 다 채우고 기다리기",
        "for _ in range(200): threading.Thread(target=time.sleep, args=(2,), daemon=True).start()",
    ),
    once("기술자를 다 차지하기", "while True: pairs.append(os.pipe())"),
    once(
        "파이프의 쪽을 다 차지하기",
        "for _ in range(28):\n    pairs.append(os.pipe())\n    end = pairs[-1][1]\n    fcntl.fcntl(end, 1031, 2**20)\n"
        "    fcntl.fcntl(end, 4, 0o4000)\n    os.write(end, bytes(2**20))",
    ),
    once(
        "잠금을 모두 쥐기",
        "import glob, torch\nfor f in glob.glob(os.path.dirname(torch.__file__) + '/nn/*.py')[:40]:\n"
        "    fcntl.flock(os.open(f, os.O_RDONLY), fcntl.LOCK_EX)",
    ),
    once("많은 기억을 쥐기", "hoard = [bytearray(10**8) for _ in range(8)]"),
    each(
        "많은 실로 코어 차지하기", "threading.Thread(target=lambda: [i * i for i in range(10**5)]).start()", slow=True
    ),
    each("디스크로 쓰게 하기", "os.sync()", slow=True),
    each(
        "라이브러리를 기억에서 내리기",
        "f = os.open(os.__file__, 0); os.posix_fadvise(f, 0, 0, 4); os.close(f)",
        slow=True,
    ),
    each("자식이 아닌 것을 기다리기", "os.waitpid(p, os.WNOHANG); os.waitpid(-1, os.WNOHANG)"),
]

# 정직하고 느린 이웃. 도는 동안 누가 자기를 바꿔 놓았으면 틀린 값을 내요.
VICTIM = f"""import os, resource, signal, threading, time
def self_portrait():
    asks = (
        lambda: os.nice(0), lambda: sorted(os.sched_getaffinity(0)), lambda: os.sched_getscheduler(0),
        lambda: resource.getrlimit(resource.RLIMIT_CPU), lambda: resource.getrlimit(resource.RLIMIT_NOFILE),
        lambda: sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])), lambda: os.getpgrp(), lambda: dict(os.environ),
    )
    seen = []
    for ask in asks:
        try: seen.append(ask())
        except OSError: seen.append(None)
    return seen
waited = []
def double(x):
    if not waited:
        waited.append(self_portrait())
        end = time.process_time() + {BUSY / 2}
        while time.process_time() < end: pass
        worker = threading.Thread(target=waited.append, args=(1,))
        worker.start()
        worker.join()
    return x * (2 if waited[0] == self_portrait() and len(waited) == 2 else 3)"""
