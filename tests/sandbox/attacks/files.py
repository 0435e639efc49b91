"""파일을 읽고 쓰는 공격. 쓸 수 있는 곳은 어디에도 없고, 읽을 수 있는 것은 라이브러리뿐이에요."""

from __future__ import annotations

import sys
from pathlib import Path

from support.attacks import LANDLOCK, MARK, Attack, attempt, blocked, body

from autograder.layout import ROOT

FILES = (LANDLOCK,)


def joined(path: Path) -> str:
    """길을 이어 붙이는 식. 학습자의 줄은 말에 그대로 나오므로, 우리가 흘린 길과 섞이지 않게 해요."""
    return " + '/' + ".join(map(repr, path.parts[1:])).join(("'/' + ", ""))


def write(name: str, *lines: str) -> Attack:
    """아무것도 쓰지 못해야 해요."""
    return blocked(name, "import os", *lines, needs=FILES)


def read(name: str, path: str, how: str = "open({path!r}, 'rb').read(1)") -> Attack:
    """읽히면 바른 값을 내는 공격. 읽지 못해서 틀려야 해요."""
    look = attempt("import os", f"found = {how.format(path=path)}")
    return Attack(name, body("found = None", look, "return x * (2 if found else 3)"), ("fail",), reaches_out=True)


HOME = str(Path.home())

ATTACKS = [
    write("파일 쓰기", f"open('/tmp/{MARK}', 'w').write('x')"),
    write("여기에 쓰기", f"open('{MARK}', 'w').write('x')"),
    write("빈 파일 만들기", f"os.close(os.open('/tmp/{MARK}', os.O_CREAT | os.O_WRONLY))"),
    write("이름 없는 파일", "os.close(os.open('/tmp', os.O_TMPFILE | os.O_RDWR))"),
    write("공유 메모리 폴더에 쓰기", f"open('/dev/shm/{MARK}', 'w').write('x')"),
    write("집에 쓰기", f"open(os.path.expanduser('~/{MARK}'), 'w').write('x')"),
    write("저장소에 쓰기", f"open({joined(ROOT / MARK)}, 'w').write('x')"),
    write("파이썬의 폴더에 쓰기", f"open({sys.prefix!r} + '/{MARK}', 'w').write('x')"),
    write("임시 파일 도구", "import tempfile", "tempfile.NamedTemporaryFile(dir='/tmp').write(b'x')"),
    write("폴더 만들기", f"os.mkdir('/tmp/{MARK}')"),
    write("링크 만들기", f"os.symlink('/etc/passwd', '/tmp/{MARK}')"),
    write("굳은 링크 만들기", f"os.link(os.__file__, '/tmp/{MARK}')"),
    write("이름 있는 파이프", f"os.mkfifo('/tmp/{MARK}')"),
    write("장치 파일", f"os.mknod('/tmp/{MARK}', 0o600 | 0o020000, os.makedev(1, 3))"),
    write("소켓 파일", "import socket", f"socket.socket(socket.AF_UNIX).bind('/tmp/{MARK}')"),
    write("이름 바꾸기", f"os.rename(os.__file__, '/tmp/{MARK}')"),
    write("라이브러리 지우기", "os.unlink(os.__file__)"),
    write("라이브러리의 권한 바꾸기", "os.chmod(os.__file__, 0o777)"),
    write("라이브러리의 주인 바꾸기", "os.chown(os.__file__, os.getuid(), os.getgid())"),
    write("라이브러리의 시각 바꾸기", "os.utime(os.__file__, (0, 0))"),
    write("라이브러리에 꼬리표 달기", "os.setxattr(os.__file__, 'user.mark', b'7')"),
    write("라이브러리를 쓰기로 열기", "open(os.__file__, 'r+b')"),
    write("라이브러리를 자르기", "os.truncate(os.__file__, 0)"),
    write("torch로 저장하기", f"torch.save(x, '/tmp/{MARK}')"),
    write("넘파이로 저장하기", "import numpy as np", f"np.save('/tmp/{MARK}', x.numpy())"),
    write("그림으로 저장하기", "import matplotlib.pyplot as plt", f"plt.figure().savefig('/tmp/{MARK}')"),
    write(
        "데이터베이스 만들기",
        "import sqlite3",
        "try:",
        f"    sqlite3.connect('/tmp/{MARK}').execute('create table t(a)')",
        "except sqlite3.OperationalError as error: raise PermissionError(str(error))",
    ),
    write("뿌리 폴더에 쓰기", f"open('/{MARK}', 'w')"),
    write("위로 거슬러 쓰기", f"open('../../../../../../tmp/{MARK}', 'w')"),
    write(
        "폴더 기술자로 쓰기",
        "top = os.open('/usr', os.O_RDONLY)",
        f"os.open('../tmp/{MARK}', os.O_CREAT | os.O_WRONLY, dir_fd=top)",
    ),
    read("비밀번호 파일", "/etc/passwd"),
    read("그림자 비밀번호", "/etc/shadow"),
    read("기계의 이름표", "/etc/machine-id"),
    read("이름 풀이 설정", "/etc/resolv.conf"),
    read("원본 레슨", str(ROOT / "solutions" / "05_attention_math.py")),
    read("기준 구현", str(ROOT / "reference" / "attention.py")),
    read("실습 표", str(ROOT / "autograder" / "exercises" / "lesson_05_attention_math.py")),
    read("판정", str(ROOT / "autograder" / "judging" / "judge.py")),
    read("저장소의 목록", str(ROOT), "[n for n in os.listdir({path!r}) if n in ('solutions', 'reference')]"),
    read(
        "저장소의 이력",
        str(ROOT / ".git"),
        "os.listdir({path!r}) if os.path.isdir({path!r}) else open({path!r}).read(1)",
    ),
    read("학급 폴더", str(ROOT / "classroom"), "os.listdir({path!r})"),
    read("집의 목록", HOME, "[n for n in os.listdir({path!r}) if n in ('.bashrc', '.profile', '.cache', '.ssh')]"),
    read("임시 폴더의 목록", "/tmp", "[n for n in os.listdir({path!r}) if 'pytest' in n or 'course-grader' in n]"),
    read("시동 폴더의 목록", "/boot", "os.listdir({path!r})"),
    read("거슬러 올라가 읽기", f"/usr/../{ROOT}/course.py"),
    read("프로세스의 뿌리로 읽기", f"/proc/self/root{ROOT}/course.py"),
    read("기술자의 길로 읽기", f"/proc/self/cwd/../../..{ROOT}/course.py"),
    read("작업자의 뿌리로 읽기", f"/proc/1/root{ROOT}/course.py"),
    read("원시 디스크", "/dev/vda"),
    read("커널의 기억", "/dev/mem"),
    read("커널의 말", "/dev/kmsg"),
    read("단말기", "/dev/tty"),
    read("도커의 소켓", "/var/run/docker.sock", "os.stat({path!r})"),
    read("남의 메일과 일정", "/var/spool", "os.listdir({path!r})"),
]
