"""자식에게 걸 시스템 호출 거름망.

필요한 것만 열어요. 막을 것을 적으면, 적지 않은 것과 앞으로 커널에 생길 것이 열린 채로 남아요.
남에게 닿을 수 있는 인자를 받는 것(`fcntl`의 주인 정하기, 다른 프로세스의 번호 등)은 제 것일 때만 열어요.
"""

from __future__ import annotations

import errno
import platform
import tempfile
from functools import lru_cache
from typing import Any

_ALLOWED = (
    # 파일과 서술자. 어느 파일인지는 Landlock이 정해요.
    *("read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2"),
    *("open", "openat", "openat2", "close", "close_range", "lseek", "dup", "dup2", "dup3", "sendfile"),
    *("stat", "fstat", "lstat", "newfstatat", "statx", "statfs", "fstatfs", "access", "faccessat", "faccessat2"),
    *("readlink", "readlinkat", "getdents", "getdents64", "getcwd", "chdir", "fchdir", "umask", "fsync"),
    *("fdatasync", "ftruncate"),
    # 쓰는 일: 파일의 크기 상한이 0이고 Landlock이 막지만, 오류의 이름이 바르게 나오게 커널에 닿게 둬요.
    *("mkdir", "mkdirat", "unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2", "symlink", "symlinkat"),
    *("link", "linkat", "chmod", "fchmod", "fchmodat", "utimensat"),
    # 메모리
    *("mmap", "munmap", "mprotect", "mremap", "madvise", "brk", "mincore", "membarrier", "msync"),
    # 제 실과 제 시간
    *("futex", "futex_waitv", "futex_wake", "futex_wait", "set_robust_list", "rseq", "set_tid_address", "gettid"),
    *("getpid", "getppid", "sched_yield", "nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres"),
    *("gettimeofday", "time", "times", "getitimer", "setitimer", "alarm", "pause", "getrusage", "getcpu", "getrandom"),
    *("exit", "exit_group", "restart_syscall", "arch_prctl"),
    # 제게 오는 신호
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait", "rt_sigsuspend"),
    *("sigaltstack",),
    # 제가 누구인지
    *("getuid", "geteuid", "getgid", "getegid", "getgroups", "getresuid", "getresgid", "getpgrp", "getrlimit"),
    *("uname", "sysinfo"),
    # 기다리기와 제 안의 관
    *("select", "pselect6", "poll", "ppoll", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait"),
    *("epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "timerfd_create", "timerfd_settime", "timerfd_gettime"),
    *("pipe", "pipe2", "shutdown", "sendto", "recvfrom", "sendmsg", "recvmsg", "getsockopt"),
    *("setsockopt", "getsockname", "getpeername", "wait4", "waitid"),
)

# 닫힌 것 가운데 학습자가 부를 만한 것. 없는 호출(ENOSYS)이 아니라 막힌 일(EPERM)이라고 답해요.
_DENIED = (
    *("socket", "connect", "bind", "listen", "accept", "accept4"),
    *("execve", "execveat", "fork", "vfork", "kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"),
    *("pidfd_open", "pidfd_getfd", "pidfd_send_signal", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp"),
    *("setpriority", "ioprio_set", "sched_setscheduler", "sched_setattr", "sched_setparam", "setpgid", "setsid"),
    *("memfd_create", "memfd_secret", "shmget", "shmat", "msgget", "semget", "mq_open", "keyctl", "add_key"),
    *("request_key", "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "bpf", "perf_event_open"),
    *("io_uring_setup", "userfaultfd", "inotify_init", "inotify_init1", "fanotify_init", "flock", "mlock", "mlockall"),
    "fadvise64",  # 함께 쓰는 라이브러리를 기억에서 내려 이웃을 느리게 할 수 있어요.
    *(
        "setrlimit",
        "chown",
        "fchown",
        "lchown",
        "fchownat",
        "mknod",
        "mknodat",
        "truncate",
        "fallocate",
        "setuid",
        "setresuid",
    ),
    *("timer_create",),
)

# 파일의 주인과 신호(F_SETOWN, F_SETSIG), 빌림(F_SETLEASE), 잠금, 알림은 남을 끝내거나 기다리게 할 수 있어요.
_FCNTL = (0, 1, 2, 3, 4, 1030, 1032, 1034)  # DUPFD, GETFD, SETFD, GETFL, SETFL, DUPFD_CLOEXEC, GETPIPE_SZ, GET_SEALS
# 터미널인지(TCGETS), 남은 글자 수(FIONREAD), 막지 않기(FIONBIO), 실행할 때 닫기(FIOCLEX, FIONCLEX), 창의 크기(TIOCGWINSZ)
_IOCTL = (0x5401, 0x541B, 0x5421, 0x5450, 0x5451, 0x5413)
_PRCTL = (15, 16, 3, 39)  # SET_NAME, GET_NAME, GET_DUMPABLE, GET_NO_NEW_PRIVS
_STREAM, _OTHER_TYPES, _TYPE_MASK = 1, (2, 3, 5), 0xF  # 이어 보내는 소켓, 낱개로 보내는 소켓들, 깃발을 뺀 종류
_CLONE_THREAD = 0x00010000


@lru_cache(maxsize=1)
def call_filter() -> bytes:
    """자식에게 걸 seccomp 프로그램. libseccomp이 없으면 빈 바이트예요."""
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError):
        return b""
    # 모르는 호출은 "없다"고 답해요. 새 glibc는 그러면 옛 호출로 돌아가요.
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))
    for name in _ALLOWED:
        _add(rules, pyseccomp.ALLOW, name)
    for name in _DENIED:
        _add(rules, pyseccomp.ERRNO(errno.EPERM), name)
    for name, values in (("fcntl", _FCNTL), ("ioctl", _IOCTL)):
        for value in values:
            _add(rules, pyseccomp.ALLOW, name, pyseccomp.Arg(1, pyseccomp.EQ, value))
    for value in _PRCTL:
        _add(rules, pyseccomp.ALLOW, "prctl", pyseccomp.Arg(0, pyseccomp.EQ, value))
    # 번호 0은 저 자신이에요. 다른 프로세스의 것은 보지도 바꾸지도 못해요.
    own = pyseccomp.Arg(0, pyseccomp.EQ, 0)
    for name in ("sched_getaffinity", "sched_getscheduler", "sched_getparam"):
        _add(rules, pyseccomp.ALLOW, name, own)
    # 제 상한을 보기만 해요. 낮추면 스스로 끝나서 우리 쪽의 일처럼 보이게 할 수 있어요.
    _add(rules, pyseccomp.ALLOW, "prlimit64", own, pyseccomp.Arg(2, pyseccomp.EQ, 0))
    # 이어 보내는 한 쌍만 열어요. 낱개로 보내는(datagram) 소켓은 이어져 있어도 받을 곳을 따로 적어 기계의 다른 소켓에 보낼 수 있어요.
    _add(rules, pyseccomp.ALLOW, "socketpair", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, _TYPE_MASK, _STREAM))
    for kind in _OTHER_TYPES:
        _add(rules, pyseccomp.ERRNO(errno.EPERM), "socketpair", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, _TYPE_MASK, kind))
    # 실은 되고 프로세스는 안 돼요. clone3은 깃발이 기억 속에 있어 볼 수 없으므로 없다고 답해 clone을 쓰게 해요.
    flags = 1 if platform.machine() == "s390x" else 0
    thread = pyseccomp.Arg(flags, pyseccomp.MASKED_EQ, _CLONE_THREAD, _CLONE_THREAD)
    process = pyseccomp.Arg(flags, pyseccomp.MASKED_EQ, _CLONE_THREAD, 0)
    _add(rules, pyseccomp.ALLOW, "clone", thread)
    _add(rules, pyseccomp.ERRNO(errno.EPERM), "clone", process)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _add(rules: Any, action: Any, name: str, *arguments: Any) -> None:
    try:
        rules.add_rule(action, name, *arguments)
    except OSError:
        return  # 이 기계의 구조에는 없는 호출이에요.
