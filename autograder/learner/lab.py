"""JupyterLab을 코스에 맞게 열어요: 빈 포트, 한국어, 레슨의 노트북."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from autograder.environment.child import wait
from autograder.errors import CourseError
from autograder.layout import PACKAGE, ROOT, STUDY
from autograder.learner import progress, study

FORMGRADER = ROOT / "nbgrader_config.py"  # formgrader의 설정. 학습자 묶음에는 없어요.
WITHOUT_FORMGRADER = PACKAGE / "learner" / "jupyter"  # formgrader를 끄는 설정


def lab(
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="쓸 포트. 이미 쓰고 있으면 다음 빈 포트를 찾아요.")
    ] = 8888,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="브라우저를 열지 않고 주소만 보여 줘요.")] = False,
    classroom: Annotated[
        Path | None,
        typer.Option(
            "--classroom",
            hidden=not FORMGRADER.is_file(),
            help="formgrader로 볼 학급 폴더예요. 기본은 classroom이에요.",
        ),
    ] = None,
) -> int:
    """JupyterLab을 한국어로 열어요. 아직 다 풀지 않은 첫 레슨이 보여요."""
    room = find_class(classroom)
    places = study.open_places()
    for lesson, backup in study.strays().items():
        print(f"나눠 준 lessons/에서 풀던 {lesson}을 {shown(backup)}에 옮겨 두었어요. 이제 study/의 노트북에서 풀어요.")
    if waiting := study.outdated():
        print(f"새로워진 레슨이 있어요: {', '.join(waiting)}. `python3 course.py update`가 답을 그대로 옮겨 줘요.")
    free = free_port(port)
    if free is None:
        raise CourseError(f"{port}번부터 50개 포트가 모두 쓰이고 있어요. `--port`로 다른 번호를 적어 주세요.")
    if free != port:
        print(f"{port}번 포트를 이미 쓰고 있어서 {free}번으로 열어요.")
    # formgrader는 학급이 JupyterLab이 여는 폴더 안에 있어야 돌아요.
    folder = ROOT if room is None or room.is_relative_to(ROOT) else room.parent
    page = f"lab/tree/{shown(places[progress.first_unfinished(places)])}" if places and folder == ROOT else "lab"
    token = secrets.token_hex(16)
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "-y", "--log-level=ERROR", "--LabApp.log_level=ERROR",
        f"--ServerApp.port={free}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/{page}",
        f"--LabApp.workspaces_dir={STUDY / '.workspaces'}",  # 다른 폴더의 코스에서 열어 둔 탭이 보이지 않게 해요.
        "--MappingKernelManager.transport_encryption=auto",  # 같은 컴퓨터의 다른 사용자가 커널과의 대화를 엿듣지 못하게 해요.
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    # 토큰은 다른 사용자가 볼 수 있는 명령줄이 아니라 환경 변수로 넘겨요.
    environment = dict(os.environ, JUPYTER_TOKEN=token, JUPYTER_PREFER_ENV_PATH="1")
    if room is None:
        # 볼 학급이 없으면 formgrader의 메뉴와 서버를 모두 꺼요. 설정이 없다는 nbgrader의 경고도 나오지 않아요.
        paths = [str(WITHOUT_FORMGRADER), environment.get("JUPYTER_CONFIG_PATH", "")]
        environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    else:
        environment["COURSE_CLASSROOM"] = str(room)  # nbgrader_config.py가 읽어요.
    print("JupyterLab을 여는 중이에요 …", flush=True)
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    if wait_for_server(process, free):
        url = f"http://localhost:{free}/{page}?token={token}"
        if room is not None:
            print(f"\n학급 {room}의 formgrader (메뉴 Nbgrader → Formgrader에도 있어요):")
            print(f"\n  http://localhost:{free}/formgrader?token={token}")
        print(f"\n  {url}\n\n끝낼 때는 이 창에서 Ctrl+C를 눌러요. 노트북은 저장한 데까지 남아요.", flush=True)
        if not no_browser:
            open_browser(url)
    return wait(process)


def find_class(chosen: Path | None) -> Path | None:
    """formgrader로 볼 학급의 폴더. 고르지 않았으면 있을 때만 classroom/이고, 고른 것이 학급이 아니면 CourseError예요."""
    room = (chosen or ROOT / "classroom").resolve()
    if FORMGRADER.is_file() and any((room / name).exists() for name in ("classroom.json", "submitted")):
        return room
    if chosen is None:
        return None
    if not FORMGRADER.is_file():
        raise CourseError("이 묶음은 학습자의 것이라 학급을 열 수 없어요. `--classroom` 없이 열어 주세요.")
    raise CourseError(
        f"{chosen}에 제출물도 채점한 것도 없어요. 폴더의 이름을 확인하거나 "
        f"`python3 course.py grade --classroom {chosen}`으로 먼저 채점해 주세요."
    )


def shown(path: Path) -> str:
    """코스 폴더에서 본 경로."""
    return path.relative_to(ROOT).as_posix()


def free_port(port: int) -> int | None:
    """`port`부터 50개 가운데 처음으로 비어 있는 포트를 찾아요."""
    for candidate in range(port, min(port + 50, 65536)):
        with socket.socket() as attempt:
            if os.name != "nt":  # Windows에서는 이 설정이 쓰는 중인 포트도 비었다고 하게 만들어요.
                attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(("127.0.0.1", candidate))
                return candidate
            except OSError:
                continue
    return None


def wait_for_server(process: subprocess.Popen[bytes], port: int, seconds: float = 90) -> bool:
    """서버가 대답할 때까지 기다려요. 그 전에 끝나 버리면 False예요."""
    deadline = time.monotonic() + seconds
    try:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=2).close()
                return True
            except OSError:
                time.sleep(0.2)
    except KeyboardInterrupt:
        pass
    return False


def open_browser(url: str) -> None:
    """브라우저에서 열어요. 열 수 없으면 주소를 쓰라고 말해요."""
    if not webbrowser.open(url):
        print("브라우저를 열지 못했어요. 위의 주소를 복사해서 열어 주세요.")
