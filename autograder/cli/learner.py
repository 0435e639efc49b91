"""배우는 사람의 명령: 설치, JupyterLab, 시험, 진찰, 확인, 진도, 힌트, 되돌리기."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.notebook import Notebook
    from autograder.terminal import Result

ROOT = Path(__file__).resolve().parents[2]
FIRST_LESSON = "lessons/01_background/01_background.ipynb"
MARKS = {"pass": "[green]✔[/]", "missing": "[dim]·[/]", "partial": "[yellow]◐[/]", "held": "[yellow]◐[/]"}


def register(app: typer.Typer) -> None:
    """학습자 명령들을 `app`에 더해요."""
    app.command("lab")(lab)
    app.command("check")(check)
    app.command("status")(status)
    app.command("hint")(hint)
    app.command("reset")(reset)
    app.command("doctor")(doctor)
    app.command("setup")(setup)
    app.command("test")(test)


# ── 설치와 JupyterLab ────────────────────────────────────────────────────────────────────────────


def setup(
    fresh: Annotated[bool, typer.Option("--fresh", help="지금의 .venv를 비우고 처음부터 설치해요.")] = False,
    test: Annotated[bool, typer.Option("--test", help="시험에만 쓰는 패키지까지 설치해요.")] = False,
) -> int:
    """필요한 것을 모두 설치하고, 망가진 것을 고쳐요."""
    # 가상 환경을 비울 수도 있으므로, 그 바깥의 Python이 course.py를 돌려야 해요.
    outer = getattr(sys, "_base_executable", None) or sys.executable
    flags = [flag for flag, chosen in (("--fresh", fresh), ("--test", test)) if chosen]
    return run_child([outer, str(ROOT / "course.py"), "setup", *flags])


def lab(
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="쓸 포트. 이미 쓰고 있으면 다음 빈 포트를 찾아요.")
    ] = 8888,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="브라우저를 열지 않고 주소만 보여 줘요.")] = False,
) -> int:
    """JupyterLab을 한국어로 열어요. 레슨 1이 먼저 보여요."""
    free = free_port(port)
    if free is None:
        print(f"{port}번부터 50개 포트가 모두 쓰이고 있어요. `--port`로 다른 번호를 적어 주세요.", file=sys.stderr)
        return 1
    if free != port:
        print(f"{port}번 포트를 이미 쓰고 있어서 {free}번으로 열어요.")
    page = f"lab/tree/{FIRST_LESSON}" if (ROOT / FIRST_LESSON).exists() else "lab/tree/lessons"
    token = secrets.token_hex(16)
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "-y", "--log-level=ERROR", "--LabApp.log_level=ERROR",
        f"--ServerApp.port={free}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/{page}",
        "--MappingKernelManager.transport_encryption=auto",  # 같은 컴퓨터의 다른 사용자가 커널과의 대화를 엿듣지 못하게 해요.
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    # 토큰은 다른 사용자가 볼 수 있는 명령줄이 아니라 환경 변수로 넘겨요.
    environment = dict(os.environ, JUPYTER_TOKEN=token, JUPYTER_PREFER_ENV_PATH="1")
    print("JupyterLab을 여는 중이에요 …", flush=True)
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    if wait_for_server(process, free):
        url = f"http://localhost:{free}/{page}?token={token}"
        print(f"\n  {url}\n\n끝낼 때는 이 창에서 Ctrl+C를 눌러요. 노트북은 저장한 데까지 남아요.", flush=True)
        if not no_browser:
            open_browser(url)
    return wait(process)


def free_port(port: int) -> int | None:
    """`port`부터 50개 가운데 처음으로 비어 있는 포트를 찾아요."""
    for candidate in range(port, min(port + 50, 65536)):
        with socket.socket() as probe:
            if os.name != "nt":  # Windows에서는 이 설정이 쓰는 중인 포트도 비었다고 하게 만들어요.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
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
    import webbrowser

    if not webbrowser.open(url):
        print("브라우저를 열지 못했어요. 위의 주소를 복사해서 열어 주세요.")


def run_child(command: list[str]) -> int:
    return wait(subprocess.Popen(command))


def wait(process: subprocess.Popen[bytes]) -> int:
    """자식이 끝날 때까지 기다려요. Ctrl+C는 자식도 함께 받으므로 기다리기만 하고, 종료 신호는 자식에게 전해요."""
    signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
    while True:
        try:
            code = process.wait()
            return code if code >= 0 else 128 - code
        except KeyboardInterrupt:
            continue


# ── 진찰과 시험 ──────────────────────────────────────────────────────────────────────────────────


def doctor(as_json: Annotated[bool, typer.Option("--json", help="결과를 JSON으로 내보내요.")] = False) -> int:
    """빠지거나 고장 난 것과 고치는 법을 알려 줘요."""
    from dataclasses import asdict

    from autograder import doctor as clinic

    findings = []
    console = _console()
    for finding in clinic.examine():
        findings.append(finding)
        if not as_json:
            color, sign = {"ok": ("green", "✔"), "warn": ("yellow", "!"), "error": ("red", "✘")}[finding.status]
            console.print(f"[{color}]{sign}[/] [bold]{finding.name}[/]", end="  ")
            console.print(finding.detail, markup=False)
            if finding.remedy:
                console.print(f"    → {finding.remedy}", markup=False)
    errors = sum(finding.status == "error" for finding in findings)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    elif errors:
        console.print(f"\n꼭 고쳐야 할 것이 {errors}개 있어요.")
    else:
        console.print("\n모두 갖춰졌어요.")
    return 1 if errors else 0


def test(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[파일]...", help="이 시험 파일들만 돌려요.")] = None,
    slow: Annotated[bool, typer.Option("--slow", help="오래 걸리는 시험까지 돌려요.")] = False,
) -> int:
    """시험을 돌리고, 이 컴퓨터에서 돌리지 못한 것을 알려 줘요."""
    if not (ROOT / "tests").is_dir():
        print(
            "학습자 묶음에는 시험이 들어 있지 않아요. 설치를 확인하려면 `python3 course.py doctor`를 실행해요.",
            file=sys.stderr,
        )
        return 1
    if find_spec("pytest") is None or find_spec("xdist") is None:
        code = setup(fresh=False, test=True)
        if code:
            return code
    # 일꾼마다 torch를 따로 불러와요(한 번에 2초쯤, 메모리 0.5 GB쯤). 코어보다 많으면 서로 느려져요.
    workers = str(max(1, min(os.cpu_count() or 1, 8)))
    command = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "loadfile", *(["--slow"] if slow else [])]
    command += [str(path.resolve()) for path in paths or [ROOT / "tests"]]
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    return wait(subprocess.Popen(command, cwd=ROOT, env=environment))


# ── 확인과 진도 ──────────────────────────────────────────────────────────────────────────────────


def check(
    lesson: Annotated[
        str | None,
        typer.Argument(metavar="[레슨]", help="레슨의 번호나 이름(5, 05_attention_math). 적지 않으면 모두예요."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="노트북을 저장할 때마다 다시 확인해요. Ctrl+C로 끝내요.")
    ] = False,
) -> int:
    """저장된 노트북의 실습을 터미널에서 확인해요."""
    paths = _choose(lesson)
    if not paths:
        return 2
    console = _console()
    passed = [_check_one(path, console) for path in paths]
    if watch:
        return _watch(paths, console)
    return 0 if all(passed) else 1


def status() -> int:
    """여덟 레슨의 진도를 표로 보여 줘요."""
    from rich.table import Table

    from autograder import terminal
    from autograder.notebook import NotebookError

    paths = _choose(None)
    if not paths:
        return 2
    console = _console()
    table = Table("레슨", "진도", "통과", "다음 실습", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    with console.status("저장된 노트북을 확인하고 있어요 …"):
        for path in paths:
            try:
                results = terminal.check_cached(path)
            except NotebookError as error:
                table.add_row(path.stem, "", "", f"[red]{error}[/]")
                continue
            done = sum(result.verdict == terminal.PASSED for result in results)
            following = next((result for result in results if result.verdict != terminal.PASSED), None)
            color = "green" if done == len(results) else "yellow" if done else "dim"
            filled = round(20 * done / max(1, len(results)))
            bar = f"[{color}]{'━' * filled}[/][dim]{'─' * (20 - filled)}[/]"
            table.add_row(
                path.stem, bar, f"{done}/{len(results)}", f"{following.name}" if following else "모두 통과했어요"
            )
    console.print(table)
    return 0


def hint(
    exercise: Annotated[str, typer.Argument(metavar="실습", help="실습의 이름(함수 이름).")],
    again: Annotated[bool, typer.Option("--again", help="첫 힌트부터 다시 봐요.")] = False,
) -> int:
    """실습의 다음 힌트를 하나 보여 줘요."""
    from rich.markdown import Markdown

    from autograder import terminal
    from autograder.notebook import hints

    found = _find(exercise)
    if found is None:
        return 2
    available = hints(found[1], exercise)
    if not available:
        print(
            f"`{exercise}`의 힌트를 노트북에서 찾지 못했어요. 힌트 셀을 지웠다면 배포본에서 다시 복사해 주세요.",
            file=sys.stderr,
        )
        return 1
    number = terminal.next_hint(exercise, len(available), again)
    title, body = available[number]
    console = _console()
    console.print(f"[bold]{title}[/]")
    console.print(Markdown(terminal.plain_text(body)))
    left = len(available) - number - 1
    console.print(
        f"[dim]힌트가 {left}개 더 있어요.[/]"
        if left
        else "[dim]마지막 힌트예요. `--again`을 붙이면 처음부터 다시 볼 수 있어요.[/]"
    )
    return 0


def reset(
    exercise: Annotated[str, typer.Argument(metavar="실습", help="실습의 이름(함수 이름).")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="묻지 않고 되돌려요.")] = False,
) -> int:
    """실습 셀을 빈칸으로 되돌려요. 지금까지 쓴 것은 백업해 둬요."""
    from autograder import terminal
    from autograder.notebook import NotebookError, reset_exercise

    found = _find(exercise)
    if found is None:
        return 2
    path = found[0]
    stub = terminal.stub(path.stem, exercise)
    if stub is None:
        print(f"`{exercise}`의 처음 모습을 찾지 못했어요. 배포본에서 그 셀을 복사해 주세요.", file=sys.stderr)
        return 1
    if (
        not yes
        and sys.stdin.isatty()
        and not typer.confirm(f"{path.name}의 `{exercise}` 셀을 처음 모습으로 되돌릴까요?")
    ):
        return 1
    try:
        backup = reset_exercise(path, exercise, stub)
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"`{exercise}` 셀을 되돌렸어요. 앞서 쓴 노트북은 {backup}에 있어요.")
    print("JupyterLab에서 이 노트북이 열려 있다면 파일 메뉴의 '디스크에서 노트북 다시 불러오기'를 눌러요.")
    return 0


def _find(exercise: str) -> tuple[Path, Notebook] | None:
    from difflib import get_close_matches

    from autograder import terminal

    try:
        return terminal.find_exercise(exercise)
    except KeyError:
        close = get_close_matches(exercise, terminal.exercise_names(), n=1)
        guess = f"혹시 `{close[0]}`인가요?" if close else "`python3 course.py status`에서 이름을 볼 수 있어요."
        print(f"`{exercise}` 실습은 없어요. {guess}", file=sys.stderr)
        return None


def _choose(lesson: str | None) -> list[Path]:
    """확인할 노트북들을 골라요. 없으면 까닭을 말하고 빈 목록을 돌려줘요."""
    from autograder import terminal

    paths = terminal.lesson_paths()
    if not paths:
        print(
            f"{terminal.LESSONS}에 노트북이 없어요. 코스를 다시 받아 주세요(강사라면 `python3 course.py build`).",
            file=sys.stderr,
        )
        return []
    try:
        return [paths[terminal.find_lesson(lesson)]] if lesson else list(paths.values())
    except KeyError:
        print(f"`{lesson}` 레슨은 없어요. 있는 레슨: {', '.join(paths)}", file=sys.stderr)
        return []


def _check_one(path: Path, console: Console) -> bool:
    """노트북 하나를 확인하며 실습마다 한 줄씩, 고칠 것에는 설명까지 보여 줘요. 모두 통과했는지 돌려줘요."""
    from rich.text import Text

    from autograder import terminal
    from autograder.notebook import NotebookError

    console.print(f"\n[bold]{path.stem}[/]")

    def show(result: Result) -> None:
        line = Text.from_markup(f"  {MARKS.get(result.verdict, '[red]✘[/]')} ")
        console.print(line.append(result.name, "bold").append(f"  {result.title}", "dim"))
        if result.verdict not in (terminal.PASSED, terminal.UNTOUCHED):
            for sentence in result.message.splitlines():
                console.print("      " + sentence, markup=False, highlight=False)

    try:
        results = terminal.check_cached(path, show)
    except NotebookError as error:
        console.print(f"  {error}", markup=False)
        return False
    done = sum(result.verdict == terminal.PASSED for result in results)
    left = [result.name for result in results if result.verdict != terminal.PASSED]
    following = f" 다음은 `{left[0]}`예요." if left else ""
    console.print(f"  {len(results)}개 가운데 {done}개를 통과했어요.{following}", highlight=False)
    return done == len(results)


def _watch(paths: list[Path], console: Console) -> int:
    """노트북이 저장될 때마다 다시 확인해요."""
    from watchfiles import watch as changes

    wanted = {path.resolve(): path for path in paths}
    console.print("\n[dim]저장할 때마다 다시 확인해요. 끝내려면 Ctrl+C를 눌러요.[/]")
    try:
        for batch in changes(*{path.parent for path in paths}, recursive=False):
            changed = {Path(name).resolve() for _, name in batch} & set(wanted)
            for path in sorted(changed):
                if path.exists():
                    _check_one(wanted[path], console)
    except KeyboardInterrupt:
        console.print("그만 볼게요.")
    return 0


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)
