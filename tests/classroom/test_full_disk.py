"""가득 찬 디스크와 읽기 전용 디스크: 한 문장으로 말하고, 자리가 나면 아무 일도 없었던 것처럼 끝나요.

작은 tmpfs를 이 시험만 보는 마운트 이름 공간에 붙여서 채워요. 그럴 수 없는 곳에서도 파일 크기의 한도로 같은 것을 봐요.
이 파일을 프로그램으로 돌리면 그 안에서 명령들을 하나씩 해 보고 결과를 JSON으로 내요.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from support.classes import hand_in, notebook
from support.gradebooks import CELLS, LESSON, entry, grade_in_batches, rows

from autograder import cli
from autograder.authoring import build
from autograder.classroom.folder import Classroom, StoredResult
from autograder.classroom.gradebook import RECORDED, open_gradebook
from autograder.classroom.gradebook_writer import register_lesson, save_entries
from autograder.files import create_text
from autograder.layout import ROOT

MEGABYTE = 2**20
CLASS = 4
SAYS = "디스크가 가득 차서"


@cache
def namespace() -> tuple[str, ...] | None:
    """작은 디스크를 붙일 수 있는 이름 공간으로 들어가는 명령."""
    for options in ([], ["--user", "--map-root-user"]):
        enter = ("unshare", *options, "--mount", "--propagation", "private")
        probe = [*enter, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        with contextlib.suppress(OSError):
            if subprocess.run(probe, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                return enter
    return None


def environment() -> dict[str, str]:
    """자식도 이 저장소의 `autograder`와 시험의 도우미를 불러요."""
    folders = [str(ROOT), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}


def run_inside(folder: Path, how: str, what: str, size: int = 0) -> dict[str, dict]:
    """이 파일의 `what`을 작은 디스크가 붙은 `folder`에서(또는 한도 안에서) 돌려요."""
    command = [sys.executable, __file__, what, how, str(folder)]
    if how == "tmpfs":
        enter = namespace()
        if enter is None:
            pytest.skip("마운트 이름 공간을 만들 수 없어서 작은 디스크를 붙이지 못했어요.")
        command = [*enter, "sh", "-c", f'mount -t tmpfs -o size={size} tmpfs "$0" && exec "$@"', str(folder), *command]
    done = subprocess.run(command, env=environment(), cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


COMMANDS = (
    "grade",
    "report",
    "export-marks",
    "collect",
    "simulate",
    "release",
    "build",
    "train",
    "experiment",
)


@pytest.fixture(scope="module", params=["tmpfs", "한도"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    return run_inside(tmp_path_factory.mktemp("disk"), request.param, "every_command", 16 * MEGABYTE)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_one_sentence(told: dict[str, dict], command: str) -> None:
    found = told[command]
    assert found["code"] != 0 and len(found["err"].strip().splitlines()) == 1, found
    # SQLite는 파일 크기의 한도에 걸린 것을 가득 찬 것과 가리지 못해서, 두 가지를 함께 말해요.
    assert any(words in found["err"] for words in (SAYS, "디스크 공간", "디스크를 비운", "남은 자리")), found
    assert "Traceback" not in found["out"] + found["err"] and found["torn"] == [], found


def test_output_onto_a_full_disk_is_one_sentence() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "autograder.cli", "--help"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2 and SAYS in done.stderr.decode() and len(done.stderr.decode().splitlines()) == 1


def test_marks_are_those_of_an_undisturbed_run(tmp_path: Path) -> None:
    found = run_inside(tmp_path, "tmpfs" if namespace() else "한도", "a_class", MEGABYTE * 3 // 8)
    assert found["full"]["code"] == 2 and (SAYS in found["full"]["err"] or "남은 자리" in found["full"]["err"])
    assert len(found["full"]["err"].strip().splitlines()) == 1 and found["full"]["torn"] == []
    assert found["again"]["code"] == 0, found["again"]
    assert found["again"]["rows"] == found["calm"]["rows"] and found["again"]["marks"] == found["calm"]["marks"]
    assert len(found["calm"]["rows"]["submitted_notebook"]) == CLASS


@pytest.mark.parametrize("link", [True, False], ids=["링크가 있는 곳", "링크가 없는 곳"])
def test_what_is_made_once_is_never_half_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: bool) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(OSError):
            create_text(tmp_path / "seed.json", "1")
        assert list(tmp_path.iterdir()) == []
    if not link:
        monkeypatch.setattr(os, "link", no_links)
    create_text(tmp_path / "seed.json", "1")
    create_text(tmp_path / "seed.json", "2")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"seed.json": "1"}


# -- 쓸 수 없는 곳 --

READ_ONLY = """
import sys
from pathlib import Path
from support.gradebooks import CELLS, entry
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_reader import read_scores
from autograder.classroom.gradebook_troubles import GradebookError
from autograder.classroom.gradebook_writer import register_lesson, save_entries

old, new = sys.argv[1:]
with open_gradebook(old) as gradebook:
    print(len(read_scores(gradebook)))
    for work in (lambda: save_entries(gradebook, CELLS, [entry("new")]), lambda: open_gradebook(new)):
        try:
            work()
        except GradebookError as error:
            print(error)
"""


@pytest.mark.parametrize("what", ["folder", "mount"])
def test_a_read_only_gradebook_is_read_and_says_why_it_is_not_written(tmp_path: Path, what: str) -> None:
    path = tmp_path / "room" / "gradebook.db"
    grade_in_batches(f"sqlite:///{path}", [LESSON], ["kim", "lee"], rounds=1)
    command = [sys.executable, "-c", READ_ONLY, f"sqlite:///{path}", f"sqlite:///{path.parent}/new/gradebook.db"]
    if what == "mount":
        enter = namespace()
        if enter is None:
            pytest.skip("마운트 이름 공간을 만들 수 없어서 읽기 전용 디스크를 붙이지 못했어요.")
        script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
        command = [*enter, "sh", "-c", script, str(path.parent), *command]
    elif os.getuid() == 0:
        pytest.skip("root는 폴더의 권한에 막히지 않아요.")
    path.chmod(0o444)
    path.parent.chmod(0o555)
    done = subprocess.run(command, env=environment(), capture_output=True, encoding="utf-8", check=False)
    path.parent.chmod(0o755)
    path.chmod(0o644)
    read, *said = done.stdout.splitlines()
    assert done.returncode == 0 and read == "2", done.stderr[-2000:]
    assert len(said) == 2 and all("읽기만" in line or "권한" in line for line in said), said
    grade_in_batches(f"sqlite:///{path}", [LESSON], ["kim", "new"], rounds=1)


# -- 여기부터는 작은 디스크 안에서 돌아요 --


def fill(folder: Path, how: str) -> Callable[[], None]:
    """디스크를 마지막 바이트까지 채우고(또는 아무 파일도 커지지 못하게 하고), 되돌리는 함수를 돌려줘요."""
    if how == "한도":
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"0" * 4096)
    return filler.unlink


@contextlib.contextmanager
def heard() -> Iterator[tuple[io.StringIO, io.StringIO]]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield out, err


def every_command(folder: Path, how: str) -> dict[str, dict]:
    """쓰는 명령을 하나씩, 디스크가 가득 찬 채로 돌려요."""
    room, submitted, sources = Classroom(folder / "room"), folder / "submitted", folder / "repository"
    hand_in(submitted, "kim", notebook())
    with zipfile.ZipFile(folder / "lms.zip", "w") as archive:
        archive.writestr("kim/05_attention_math.ipynb", json.dumps(notebook()))
    room.store(StoredResult("", "kim", LESSON, (), (), True, 0, "full", "2026-03-02 09:00"))
    with open_gradebook(room.db_url()) as gradebook:
        register_lesson(gradebook, CELLS)
        save_entries(gradebook, CELLS, [entry("kim")])
    shutil.copytree(ROOT / "solutions", sources / "solutions")
    make = build.build_lessons
    build.build_lessons = lambda: make([LESSON], sources)  # 저장소 자신의 lessons/에는 쓰지 않아요.
    new, out = str(folder / "new"), str(folder / "out")
    tries = {
        "grade": ["grade", str(submitted), "--classroom", new],
        "report": ["report", "--classroom", str(room.path), "--out", out],
        "export-marks": ["export-marks", "--classroom", str(room.path), "--out", f"{out}.csv"],
        "collect": ["collect", str(folder / "lms.zip"), "--classroom", new],
        "simulate": ["simulate", "--students", "1", "--out", str(folder / "simulated")],
        "release": ["release", "--bundle", f"{out}.zip"],
        "build": ["build"],
        "train": ["train", "--preset", "tiny", "--max-steps", "2", "--out", str(folder / "run")],
        "experiment": [
            "experiment",
            "silent-bugs",
            "--out",
            str(folder / "experiments"),
            "--scale",
            "0.01",
            "--jobs",
            "1",
        ],
    }
    free = fill(folder, how)
    told = {}
    for name, arguments in tries.items():
        with heard() as (said, complained):
            code = cli.run(arguments)
        told[name] = {"code": code, "out": said.getvalue(), "err": complained.getvalue(), "torn": torn(folder)}
    free()
    return told


def a_class(folder: Path, how: str) -> dict[str, dict]:
    """한 반을 채점하다 디스크가 차고, 자리가 난 뒤 다시 채점하고, 곁의 넓은 자리에서 방해 없이 채점해요."""
    outside = Path(tempfile.mkdtemp())
    for number in range(CLASS):
        hand_in(
            outside / "submitted",
            f"learner{number}",
            notebook(softmax=f"def softmax(x, dim):\n    return x * {number}"),
        )
    crowded, calm = Classroom(folder / "room"), Classroom(outside / "room")
    crowded.seed()
    calm.path.mkdir()
    shutil.copy(crowded.path / "classroom.json", calm.path)
    told: dict[str, dict] = {}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    if how == "한도":
        # 사본과 결과는 들어가지만 자라는 성적부는 들어가지 않는 크기예요.
        resource.setrlimit(resource.RLIMIT_FSIZE, (160 * 2**10, limits[1]))
    for name, room in (("full", crowded), ("again", crowded), ("calm", calm)):
        with heard() as (said, complained):
            code = cli.run(["grade", str(outside / "submitted"), "--classroom", str(room.path), "--jobs", "1"])
        told[name] = {"code": code, "out": said.getvalue(), "err": complained.getvalue(), "torn": torn(folder)}
        if name == "full":
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            if how == "tmpfs":
                subprocess.run(["mount", "-o", f"remount,size={64 * MEGABYTE}", str(folder)], check=True)
            continue
        with open_gradebook(room.db_url()) as gradebook:
            told[name] |= {"rows": rows(gradebook), "marks": room.marks_csv.read_text(encoding="utf-8")}
            told[name]["rows"].pop(RECORDED.name)
    shutil.rmtree(outside)
    return told


def torn(folder: Path) -> list[str]:
    """쓰다 만 것: 임시 파일과, 열리지 않는 JSON과 압축 파일."""
    found = [str(path) for path in folder.rglob(".writing-*")]
    for path in folder.rglob("*.json"):
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            found.append(str(path))
    return found + [str(path) for path in folder.rglob("*.zip") if not zipfile.is_zipfile(path)]


if __name__ == "__main__":
    task, how, where = sys.argv[1:]
    print(json.dumps(globals()[task](Path(where), how)))
