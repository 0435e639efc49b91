"""자식에게 걸 시스템 호출 거름망."""

from __future__ import annotations

import tempfile
from functools import lru_cache

_DENIED = (
    # 밖과 이어지는 길
    "socket",
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    # 다른 프로세스
    "execve",
    "execveat",
    "fork",
    "vfork",
    "kill",
    "tkill",
    "tgkill",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "pidfd_open",
    "pidfd_getfd",
    "pidfd_send_signal",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "kcmp",
    "setpriority",
    "sched_setscheduler",
    "sched_setattr",
    # 상한에 걸리지 않는 메모리
    "memfd_create",
    "memfd_secret",
    "shmget",
    "shmat",
    "shmctl",
    "shmdt",
    "msgget",
    "msgsnd",
    "msgrcv",
    "msgctl",
    "semget",
    "semop",
    "semctl",
    "semtimedop",
    "mq_open",
    "mq_unlink",
    "userfaultfd",
    # 커널의 넓은 면
    "unshare",
    "setns",
    "mount",
    "umount2",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "pivot_root",
    "chroot",
    "bpf",
    "perf_event_open",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "keyctl",
    "add_key",
    "request_key",
    "open_by_handle_at",
    "name_to_handle_at",
    "personality",
    "syslog",
    "reboot",
    "swapon",
    "swapoff",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "acct",
    "quotactl",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "sethostname",
    "setdomainname",
    "iopl",
    "ioperm",
    "modify_ldt",
    "lookup_dcookie",
    "vhangup",
    "nfsservctl",
    "fanotify_init",
    "inotify_init",
    "inotify_init1",
)


_CLONE_THREAD = 0x00010000


@lru_cache(maxsize=1)
def call_filter() -> bytes:
    """자식에게 걸 seccomp 프로그램. libseccomp이 없으면 빈 바이트예요."""
    import errno
    import platform

    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError):
        return b""
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    no = pyseccomp.ERRNO(errno.EPERM)
    for name in _DENIED:
        try:
            rules.add_rule(no, name)
        except OSError:
            continue  # 이 기계의 구조에는 없는 호출이에요.
    # 자기 상한은 볼 수 있지만(glibc의 getrlimit도 이것을 써요) 다른 프로세스의 것은 안 돼요.
    rules.add_rule(no, "prlimit64", pyseccomp.Arg(0, pyseccomp.NE, 0))
    # 실은 되고 프로세스는 안 돼요. clone3은 깃발이 기억 속에 있어 볼 수 없으므로 없다고 답해 clone을 쓰게 해요.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    flags = 1 if platform.machine() == "s390x" else 0
    rules.add_rule(no, "clone", pyseccomp.Arg(flags, pyseccomp.MASKED_EQ, _CLONE_THREAD, 0))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
