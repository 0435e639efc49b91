"""낸 폴더와 압축 파일로 하는 공격: 링크를 따라가지 않고, 밖에 쓰지 않고, 풀리지 않는 것은 그 하나만 물리쳐요."""

from __future__ import annotations

import io
import os
import socket
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from support.attacks import Archive, Layout
from support.classes import LESSON
from support.tiny_lesson import ANSWERS, as_bytes, cells_of

HONEST = as_bytes(cells_of(ANSWERS))
NAME = f"{LESSON}.ipynb"


def link(target: str) -> Callable[[Path, Path], None]:
    return lambda room, path: path.symlink_to(target.format(room=room))


def beside(build: Callable[[Path], object]) -> Callable[[Path, Path], None]:
    """정직한 노트북 곁에 다른 것을 함께 내요."""

    def make(room: Path, path: Path) -> None:
        path.write_bytes(HONEST)
        build(path.parent)

    return make


def linked_folder(room: Path, path: Path) -> None:
    path.parent.rmdir()
    path.parent.symlink_to(room / "s001" / "tiny")


def linked_student(room: Path, path: Path) -> None:
    path.parent.rmdir()
    path.parent.parent.rmdir()
    path.parent.parent.symlink_to(room / "s001")


def unix_socket(room: Path, path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)  # 소켓의 이름은 108바이트까지라서 긴 경로로는 만들 수 없어요.
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(f"/proc/self/fd/{folder}/{path.name}")
    os.close(folder)


def sparse(room: Path, path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(8 * 2**30)


LAYOUTS = [
    Layout("남의 노트북을 가리키는 링크", link("{room}/s001/tiny/tiny.ipynb"), words="링크"),
    Layout("거슬러 올라가는 링크", link("../../s001/tiny/tiny.ipynb"), words="링크"),
    Layout("비밀번호 파일을 가리키는 링크", link("/etc/passwd"), words="링크"),
    Layout("없는 곳을 가리키는 링크", link("/no/such/file"), words="링크"),
    Layout("자기를 가리키는 링크", link("tiny.ipynb"), words="링크"),
    Layout("장치를 가리키는 링크", link("/dev/zero"), words="링크"),
    Layout("부모의 기억을 가리키는 링크", link("/proc/self/mem"), words="링크"),
    Layout("부모의 기술자를 가리키는 링크", link("/dev/stdin"), words="링크"),
    Layout("링크인 레슨 폴더", linked_folder, words="링크"),
    Layout("링크인 학생 폴더", linked_student, words="링크"),
    Layout("파이프인 노트북", lambda room, path: os.mkfifo(path), words="파일"),
    Layout("소켓인 노트북", unix_socket, words="파일"),
    Layout("폴더인 노트북", lambda room, path: path.mkdir(), words="파일"),
    Layout("8 GiB의 구멍 난 노트북", sparse, words="너무 커요"),
    Layout("곁에 낸 torch.py", beside(lambda folder: (folder / "torch.py").write_text("raise SystemExit")), "pass"),
    Layout(
        "곁에 낸 sitecustomize.py", beside(lambda folder: (folder / "sitecustomize.py").write_text("1 / 0")), "pass"
    ),
    Layout("곁에 낸 설정", beside(lambda folder: (folder / "nbgrader_config.py").write_text("1 / 0")), "pass"),
    Layout("곁에 낸 링크", beside(lambda folder: (folder / "passwd").symlink_to("/etc/passwd")), "pass"),
    Layout("곁에 낸 ipython 시작 파일", beside(lambda folder: (folder / ".ipython").mkdir()), "pass"),
]


# -- 압축 파일 --


def entries(*files: tuple[str | zipfile.ZipInfo, bytes], mode: int = zipfile.ZIP_STORED) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", mode) as opened:
            for name, content in files:
                opened.writestr(name, content)

    return make


def of_kind(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.create_system = 3
    return info


def zipped(*files: tuple[str, bytes], mode: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", mode) as opened:
        for name, content in files:
            opened.writestr(name, content)
    return held.getvalue()


def patched(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(change(zipped((f"kim/{NAME}", HONEST), mode=zipfile.ZIP_STORED)))


def lie_about_size(data: bytes) -> bytes:
    """가운데 목록의 크기를 4 GiB라고 거짓으로 적어요."""
    at = data.rindex(b"PK\x01\x02") + 24
    return data[:at] + struct.pack("<I", 2**32 - 2) + data[at + 4 :]


def with_field(local: int, central: int, value: int) -> Callable[[bytes], bytes]:
    """두 머리의 같은 칸을 함께 고쳐요."""

    def change(data: bytes) -> bytes:
        for mark, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
            at = data.rindex(mark) + offset
            data = data[:at] + struct.pack("<H", value) + data[at + 2 :]
        return data

    return change


def escapes(name: str) -> Archive:
    return Archive(f"밖을 가리키는 이름 {name!r}", entries((name, HONEST)), frozenset({"outside", "tmp", "etc", "kim"}))


FIFTY = zipped((f"kim/{NAME}", bytes(50_000_000)))

ARCHIVES = [
    escapes(f"../../outside/{NAME}"),
    escapes(f"/etc/outside/{NAME}"),
    escapes(f"..\\..\\outside\\{NAME}"),
    escapes(f"C:\\outside\\{NAME}"),
    escapes(f"//server/outside/{NAME}"),
    escapes(f"kim/../../../outside/{NAME}"),
    escapes(f"kim/./.././outside/{NAME}"),
    Archive("점뿐인 사람", entries((f"../{NAME}", HONEST), (f"./{NAME}", HONEST), (f".../{NAME}", HONEST))),
    Archive("이름이 아주 긴 사람", entries((f"{'가' * 3000}/{NAME}", HONEST))),
    Archive("널 글자가 든 이름", entries((f"ki\0m/{NAME}", HONEST)), frozenset({"ki", "kim"})),
    Archive("화면 글자가 든 이름", entries((f"\x1b[31mkim\u202e/{NAME}", HONEST))),
    Archive("태그가 든 이름", entries((f"<script>alert(1)</script>/{NAME}", HONEST))),
    Archive("윈도가 쓰는 이름", entries((f"CON/{NAME}", HONEST))),
    Archive("링크인 항목", entries((of_kind(f"kim/{NAME}", stat.S_IFLNK | 0o777), b"/etc/passwd")), frozenset({"kim"})),
    Archive("장치인 항목", entries((of_kind(f"kim/{NAME}", stat.S_IFCHR | 0o666), HONEST)), frozenset({"kim"})),
    Archive("setuid인 항목", entries((of_kind(f"kim/{NAME}", stat.S_IFREG | 0o6777), HONEST)), frozenset({"kim"})),
    Archive("0으로 채운 폭탄", lambda path: path.write_bytes(FIFTY), frozenset({"kim"})),
    Archive("100 MB로 풀리는 폭탄", entries((f"kim/{NAME}", bytes(100_000_000)), mode=zipfile.ZIP_DEFLATED)),
    Archive("압축 속의 압축", entries((f"kim/{NAME}.zip", zipped((f"kim/{NAME}", HONEST)))), frozenset({"kim"})),
    Archive("세 겹의 압축", entries(("kim/a.zip", zipped(("b.zip", zipped((f"kim/{NAME}", HONEST))))))),
    Archive(
        "압축 속의 폭탄 여럿",
        entries(*((f"kim{i}/a.zip", FIFTY) for i in range(8))),
        frozenset(f"kim{i}" for i in range(8)),
    ),
    Archive("빈 항목 십만 개", entries(*((f"{i}.txt", b"") for i in range(100_000)))),
    Archive("같은 이름의 항목 천 개", entries(*((f"kim/{NAME}", HONEST) for _ in range(1_000))), frozenset({"kim"})),
    Archive("크기를 속인 항목", patched(lie_about_size), frozenset({"kim"})),
    Archive("암호가 걸린 항목", patched(with_field(6, 8, 1))),
    Archive("합이 틀린 항목", patched(lambda data: data.replace(b'"nbformat"', b'"nbformaX"', 1))),
    Archive("끊긴 압축 파일", patched(lambda data: data[: len(data) // 2]), refused=True),
    Archive("압축 파일이 아닌 것", lambda path: path.write_bytes(b"PK" + bytes(1000)), refused=True),
    Archive("모르는 압축 방법", patched(with_field(8, 10, 99))),
    Archive("앞에 쓰레기를 붙인 것", patched(lambda data: b"#!/bin/sh\n" * 100 + data), frozenset({"kim"})),
]
