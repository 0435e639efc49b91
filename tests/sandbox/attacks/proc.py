"""/proc, /dev, 공유 메모리의 이름들을 뒤지는 공격."""

from __future__ import annotations

from support.attacks import LANDLOCK, MARK, NAMES, Attack, attempt, blocked, body

# 새 공간의 첫 프로세스라도 밖의 번호로 자기를 볼 수는 있어요. 자기를 남으로 세지 않게, `/proc`이 부르는 제 번호를 빼요.
LOOK = """import os
def mine():
    try: return int(os.readlink('/proc/self'))
    except OSError: return os.getpid()
def others():
    return [p for p in range(1, 400) if p != mine()]
def near():
    wide = [os.getppid(), 1, *range(max(1, mine() - 60), mine() + 60)]
    return [p for p in wide if p not in (0, mine())]
def numbered():
    return [p for p in [os.getppid(), *range(1, 122)] if p not in (0, os.getpid())]
"""


def peek(name: str, expression: str, needs: tuple[str, ...] = ()) -> Attack:
    """다른 프로세스에서 무엇이든 읽히면 바른 값을 내는 공격."""
    # 시스템 호출은 제 공간의 번호로, `/proc`은 그것을 올린 공간의 번호로 물어요.
    people = "near()" if "/proc" in expression else "numbered()"
    look = [
        "found = None",
        f"for p in {people}:",
        "    try: found = found or " + expression,
        "    except OSError: pass",
    ]
    return Attack(
        name,
        body(*look, "return x * (2 if found else 3)", top=LOOK),
        ("fail",),
        needs=frozenset(needs),
        reaches_out=True,
    )


def denied(name: str, *lines: str, needs: tuple[str, ...] = (LANDLOCK,)) -> Attack:
    return blocked(name, "import os", *lines, needs=needs)


ATTACKS = [
    peek("남의 명령줄", "open(f'/proc/{p}/cmdline').read()", (LANDLOCK,)),
    peek("남의 환경", "open(f'/proc/{p}/environ').read(1)"),
    peek("남의 기억", "open(f'/proc/{p}/mem', 'rb').read(1)"),
    peek("남의 기억 지도", "open(f'/proc/{p}/maps').read(1)"),
    peek("남의 기술자 목록", "os.listdir(f'/proc/{p}/fd')"),
    peek("남의 기술자를 열기", "os.open(f'/proc/{p}/fd/0', os.O_RDONLY)"),
    peek("남의 뿌리", "os.listdir(f'/proc/{p}/root')"),
    peek("남의 작업 폴더", "os.readlink(f'/proc/{p}/cwd')"),
    peek("남의 실행 파일", "os.readlink(f'/proc/{p}/exe')"),
    peek("남의 이름 공간", "os.readlink(f'/proc/{p}/ns/pid')"),
    peek("남의 실", "os.listdir(f'/proc/{p}/task')", (LANDLOCK,)),
    peek("남의 시스템 호출", "open(f'/proc/{p}/syscall').read(1)"),
    peek("남의 커널 쌓임", "open(f'/proc/{p}/stack').read(1)"),
    peek("남의 보안 꼬리표", "open(f'/proc/{p}/attr/current').read(1)", (LANDLOCK,)),
    peek("남의 메모리 부족 점수 쓰기", "open(f'/proc/{p}/oom_score_adj', 'w').write('1000')"),
    peek("남의 이름 쓰기", "open(f'/proc/{p}/comm', 'w').write('x')"),
    peek("남의 시계 여유 쓰기", "open(f'/proc/{p}/timerslack_ns', 'w').write('1000000000')"),
    peek("남의 기억 표시 지우기", "open(f'/proc/{p}/clear_refs', 'w').write('1')"),
    peek("남의 상한 보기", "open(f'/proc/{p}/limits').read(1)", (LANDLOCK,)),
    peek("남의 입출력 수", "open(f'/proc/{p}/io').read(1)"),
    peek("남의 순번 보기", "os.sched_getaffinity(p)", (NAMES,)),
    peek("남의 우선순위 보기", "os.getpriority(os.PRIO_PROCESS, p) is not None", (NAMES,)),
    peek("남의 세션 보기", "os.getsid(p) is not None", (NAMES,)),
    peek("남의 무리 보기", "os.getpgid(p) is not None", (NAMES,)),
    peek("남의 CPU 시계 읽기", "__import__('time').clock_gettime(((~p) << 3) | 2) is not None", (NAMES,)),
    denied("프로세스 목록", "open('/proc/1/environ').read()", needs=()),
    denied("부모의 기억", "open(f'/proc/{os.getppid()}/mem', 'rb').read(1)", needs=()),
    denied("프로세스의 수", "os.listdir('/proc')"),
    denied("자기의 기억을 파일로", "open('/proc/self/mem', 'r+b')"),
    denied("커널의 이름들", "open('/proc/kallsyms').read(1)"),
    denied("마운트 목록", "open('/proc/self/mountinfo').read()"),
    denied("네트워크 목록", "open('/proc/net/unix').read()"),
    denied("기계의 설정 쓰기", "open('/proc/sys/kernel/core_pattern', 'w')"),
    denied("시스템 요청 키", "open('/proc/sysrq-trigger', 'w')"),
    denied("제어 무리 목록", "os.listdir('/sys/fs/cgroup')"),
    denied("기계의 정보", "os.listdir('/sys/class')"),
    denied("커널 설정 파일 체계", "os.listdir('/sys/kernel')"),
    denied("공유 메모리 목록", "os.listdir('/dev/shm')"),
    denied("장치 목록", "os.listdir('/dev')"),
    denied("우편함 목록", "os.listdir('/dev/mqueue')"),
    denied("가짜 단말기 열기", "os.open('/dev/ptmx', os.O_RDWR)"),
    denied("느린 난수 비우기", "open('/dev/random', 'wb').write(b'x')"),
    denied("장치에 쓰기", "open('/dev/zero', 'wb')"),
    denied("파일 이름으로 공유 메모리", f"open('/dev/shm/{MARK}', 'wb')"),
    denied("추적 파일 체계", "os.listdir('/sys/kernel/tracing')"),
    Attack(
        "있는지 없는지로 저장소를 알아내기",
        body("import os", attempt("if os.path.exists('/proc/2'): return x * 2"), "return x * 3"),
        ("fail",),
        needs=frozenset({NAMES}),
        reaches_out=True,
    ),
]
