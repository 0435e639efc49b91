"""`.venv`를 만들고 시험을 마친 버전을 설치해요. `course.py`가 파일로 불러와 쓰므로 표준 라이브러리만 써요.

설치가 끝까지 되어야 확인표(`.venv/course-*.json`)를 남기므로, 도중에 끊긴 설치는 다음 실행이 이어서 고쳐요.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import unicodedata
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
LOG = VENV / "course-setup.log"

SUPPORTED = ((3, 10), (3, 13))
TORCH = "torch==2.13.0"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
DISK_NEEDED_GB, DISK_NEEDED_CUDA_GB = 4, 10

# pip의 출력에서 원인을 알아보는 말과, 그때 보여 줄 문장이에요. 위에서부터 먼저 맞는 것을 써요.
FAILURES = (
    (
        ("No space left on device", "Errno 28", "WinError 112]", "Disk quota exceeded"),
        "디스크가 가득 찼어요. {free:.1f} GB 남아 있는데 설치에는 {need} GB쯤 필요해요. 자리를 비운 뒤 다시 실행해 주세요.",
    ),
    (
        ("Permission denied", "Errno 13", "WinError 5]", "Read-only file system"),
        "{venv} 폴더에 쓸 수 없어요. 폴더의 주인과 권한을 확인하거나, 내 계정이 쓸 수 있는 곳에 코스를 다시 받아 주세요.",
    ),
    (
        ("CERTIFICATE_VERIFY_FAILED", "SSLError"),
        "보안 연결의 인증서를 확인하지 못했어요. 컴퓨터의 시계와 회사 또는 학교의 인증서 설정(PIP_CERT)을 확인해 주세요.",
    ),
    (
        (
            "Temporary failure in name resolution",
            "Name or service not known",
            "getaddrinfo failed",
            "nodename nor servname",
            "Failed to establish a new connection",
            "Max retries exceeded",
            "Connection refused",
            "Network is unreachable",
            "ConnectTimeout",
            "Read timed out",
            "ProxyError",
            "NewConnectionError",
            "IncompleteRead",
            "Connection broken",
            "ConnectionResetError",
        ),
        "패키지 저장소에 연결하지 못했어요. 인터넷 연결과 프록시 설정을 확인한 뒤 다시 실행하면 이어서 설치해요.",
    ),
    (
        ("No matching distribution found", "Could not find a version that satisfies"),
        "이 컴퓨터(Python {python}, {platform})에 맞는 패키지를 저장소에서 찾지 못했어요. 64비트 Python 3.11이나 3.12로 다시 해 보세요.",
    ),
)


class SetupError(Exception):
    """설치가 끝나지 못한 까닭과 다음에 할 일을 담은 한국어 한 문장."""


# -- 확인표: 무엇을 어디에 설치했는지 --


def fingerprint() -> str:
    """의존성 목록, 폴더 위치, 가상 환경의 Python이 바뀌면 달라지는 값을 만들어요."""
    digest = hashlib.sha256()
    for path in (ROOT / "pyproject.toml", ROOT / "constraints.txt", VENV / "pyvenv.cfg"):
        digest.update(path.read_bytes() if path.exists() else b"")
    # 폴더를 옮기면 실행 파일 첫 줄의 경로가, 시스템 Python을 바꾸면 연결 대상이 어긋나요.
    digest.update(str(ROOT).encode("utf-8", "surrogateescape"))
    digest.update(str(PYTHON.resolve()).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def stamp_path(extra: str) -> Path:
    """확인표의 자리."""
    return VENV / "course-{}.json".format(extra or "setup")


def read_stamp(extra: str) -> dict[str, Any]:
    """확인표. 없거나 깨졌으면 빈 사전이에요."""
    try:
        stamp = json.loads(stamp_path(extra).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def is_ready(extra: str = "") -> bool:
    """설치가 끝까지 되었고 그 뒤로 바뀐 것이 없는지."""
    return PYTHON.exists() and read_stamp(extra).get("fingerprint") == fingerprint()


def write_stamp(extra: str, complete: bool) -> None:
    """설치의 시작(미완)과 끝(완료)을 적어요. 폴더가 옮겨졌는지 알 수 있게 위치도 함께 남겨요."""
    path = stamp_path(extra)
    # 설치 전이라 autograder.files를 부를 수 없어요. 같은 방법을 여기에 한 번 더 적어요.
    temporary = path.with_suffix(".tmp")
    stamp = {"fingerprint": fingerprint() if complete else "", "root": str(ROOT)}
    temporary.write_text(json.dumps(stamp), encoding="utf-8")
    os.replace(str(temporary), str(path))


# -- 진행 표시 --


def say(text: str, end: str = "\n") -> None:
    """한 줄을 바로 보여 줘요. `| head`처럼 읽는 쪽이 먼저 닫혀도 설치는 끝까지 해요."""
    try:
        print(text, end=end, flush=True)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 프로그램이 끝날 때까지 써요.


class Progress:
    """한 단계의 진행을 한 줄로 보여 줘요. 터미널이면 그 자리에서 고쳐 쓰고, 아니면 15초마다 한 줄씩 남겨요."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.detail = ""
        self.started = time.monotonic()
        self.live = sys.stdout.isatty()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Progress:
        self._print(self.title)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        if kind is None:
            self._print(f"{self.title} · 끝 ({self._elapsed()})", last=True)
        elif self.live:
            say("")

    def _tick(self) -> None:
        while not self._done.wait(0.5 if self.live else 15):
            self._print(" · ".join(part for part in (self.title, self._elapsed(), self.detail) if part))

    def _elapsed(self) -> str:
        seconds = int(time.monotonic() - self.started)
        return "{}분 {}초".format(*divmod(seconds, 60)) if seconds >= 60 else f"{seconds}초"

    def _print(self, text: str, last: bool = False) -> None:
        if self.live:
            say("\r" + fit(text, shutil.get_terminal_size().columns - 1), end="\n" if last else "")
        else:
            say(text)


def fit(text: str, columns: int) -> str:
    """화면 폭에 맞게 자르거나 빈칸을 채워요. 한글은 두 칸으로 세요."""
    kept, width = "", 0
    for character in text:
        step = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width + step > columns:
            break
        kept, width = kept + character, width + step
    return kept + " " * (columns - width)


# -- 설치 --


def is_venv_usable() -> bool:
    """가상 환경의 Python이 실제로 돌고 pip이 있는지 확인해요."""
    if not (VENV / "pyvenv.cfg").exists() or not PYTHON.exists():
        return False
    if read_stamp("").get("root", str(ROOT)) != str(ROOT):
        return False
    try:
        probe = "import sys, pip; sys.exit(not ({!r} <= sys.version_info[:2] <= {!r}))".format(*SUPPORTED)
        done = subprocess.run([str(PYTHON), "-I", "-c", probe], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        return False
    return done.returncode == 0


def make_venv() -> None:
    """`.venv`를 비우고 새로 만들어요. 다른 폴더를 가리키는 링크라면 링크만 지우고 그 폴더는 건드리지 않아요."""
    if VENV.is_symlink():
        VENV.unlink()
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = done.stdout.decode("utf-8", "replace")
    if done.returncode == 0:
        return
    if "ensurepip" in output:
        raise SetupError(
            "이 Python에는 가상 환경을 만드는 부분(ensurepip)이 없어요. Debian이나 Ubuntu라면 "
            "`sudo apt install python3-venv`를 실행한 뒤 다시 해 주세요."
        )
    raise SetupError(explain(output, "가상 환경(.venv)을 만들지 못했어요"))


def has_nvidia_gpu() -> bool:
    """NVIDIA GPU가 있는 컴퓨터인지."""
    return bool(
        shutil.which("nvidia-smi") or os.path.exists("/proc/driver/nvidia/version") or os.path.exists("/dev/nvidia0")
    )


def torch_arguments() -> list[str]:
    """NVIDIA GPU가 없는 Linux에서는 수 GB를 아끼도록 PyTorch의 CPU 저장소를, 닿을 때만 더해요."""
    if not sys.platform.startswith("linux") or has_nvidia_gpu():
        return [TORCH]
    try:
        request = urllib.request.Request(TORCH_CPU_INDEX + "/torch/", method="HEAD")
        with urllib.request.urlopen(request, timeout=5) as answer:
            reachable = answer.status == 200
    except (OSError, ValueError):
        reachable = False
    return [TORCH, "--extra-index-url", TORCH_CPU_INDEX] if reachable else [TORCH]


def run_logged(command: list[str], progress: Progress, failure: str) -> None:
    """명령을 돌리며 출력은 기록 파일로, 눈에 띌 것만 진행 줄로 보내요."""
    # 사용자의 pip 설정(user = true)이 가상 환경 설치를 막지 않게 하고, 기록은 UTF-8로 맞춰요.
    environment = dict(os.environ, PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1", PYTHONUTF8="1", PIP_NO_INPUT="1")
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment
    )
    lines, seen = [], 0
    try:
        with open(str(LOG), "a", encoding="utf-8") as log:
            assert process.stdout is not None  # 위에서 파이프로 열었어요.
            for raw in process.stdout:
                line = raw.decode("utf-8", "replace").rstrip()
                log.write(line + "\n")
                lines.append(line)
                words = line.split()
                if words[:1] == ["Collecting"]:
                    seen += 1
                    progress.detail = "패키지 {}개째 {}".format(seen, words[1].split(";")[0])
                elif words[:1] == ["Downloading"] and words[-1].endswith("B)"):
                    progress.detail = "패키지 {}개째 내려받기 {}".format(seen, " ".join(words[-2:]))
                elif words[:2] == ["Installing", "collected"]:
                    progress.detail = "내려받은 패키지를 펼치는 중"
        code = process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise
    if code != 0:
        raise SetupError(explain("\n".join(lines), failure))


def explain(output: str, failure: str) -> str:
    """pip이나 venv의 출력에서 원인을 찾아 한 문장으로 말해요."""
    facts = {
        "venv": VENV,
        "free": free_gb(),
        "need": needed_gb(),
        "python": ".".join(map(str, sys.version_info[:3])),
        "platform": sys.platform,
    }
    for marks, sentence in FAILURES:
        if any(mark in output for mark in marks):
            return sentence.format(**facts)
    tail = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "출력 없음")
    again = "다시 실행해도 같으면 `python3 course.py setup --fresh`로 새로 설치해 주세요."
    return f"{failure}(마지막 출력: {tail[:200]}). 자세한 기록은 {LOG}에 있어요. {again}"


def needed_gb() -> int:
    """설치에 필요한 디스크(GB)."""
    return DISK_NEEDED_CUDA_GB if sys.platform.startswith("linux") and has_nvidia_gpu() else DISK_NEEDED_GB


def free_gb() -> float:
    """남은 디스크(GB)."""
    return shutil.disk_usage(str(ROOT)).free / 1e9


def forget_damaged_packages() -> None:
    """파일이 빠졌거나 잘린 패키지의 설치 기록을 지워, 뒤이은 pip이 그 패키지를 다시 설치하게 해요."""
    for information in VENV.glob("Lib/site-packages/*.dist-info" if WINDOWS else "lib/*/site-packages/*.dist-info"):
        if not is_intact(information):
            shutil.rmtree(str(information), ignore_errors=True)


def is_intact(information: Path) -> bool:
    """설치 기록대로 파일이 모두 제 크기로 있는지."""
    try:
        # pip은 RECORD를 맨 마지막에 써요. 없으면 설치가 도중에 끊긴 패키지예요.
        with open(str(information / "RECORD"), encoding="utf-8", newline="") as record:
            for name, _, size in csv.reader(record):
                path = information.parent / name
                # site-packages 밖의 것(커널 설정 등)은 우리가 고쳐 쓰므로 있는지만 봐요.
                expected = size if size and not name.startswith("..") else None
                if expected is None and not name.endswith(".pyc") and not path.exists():
                    return False
                if expected is not None and path.stat().st_size != int(expected):
                    return False
    except (OSError, ValueError):
        return False
    return True


def setup(extra: str = "", fresh: bool = False) -> None:
    """`.venv`를 갖추고 고정한 버전을 설치해요. 다 되었을 때만 확인표를 완료로 바꿔요."""
    say("Transformer 스터디를 준비해요. 처음에는 몇 분 걸리고, 다음부터는 바로 시작해요.")
    usable = not fresh and is_venv_usable()
    if not usable:
        if free_gb() < needed_gb():
            raise SetupError(FAILURES[0][1].format(free=free_gb(), need=needed_gb()))
        with Progress("[1/4] 가상 환경(.venv) 만들기"):
            make_venv()
    write_stamp("", complete=False)
    forget_damaged_packages()

    pip = [str(PYTHON), "-I", "-m", "pip", "install", "--prefer-binary", "-c", str(ROOT / "constraints.txt")]
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    with Progress("[2/4] PyTorch 설치") as progress:
        run_logged(pip + ["setuptools"] + torch_arguments(), progress, "PyTorch를 설치하지 못했어요")
    with Progress("[3/4] 나머지 패키지 설치") as progress:
        # 빌드 도구(setuptools)는 방금 설치한 것을 써서, 설치한 뒤에는 인터넷 없이도 다시 고칠 수 있어요.
        run_logged(pip + ["--no-build-isolation", "-e", target], progress, "패키지를 설치하지 못했어요")
    with Progress("[4/4] JupyterLab 한국어 설정과 커널") as progress:
        run_logged(
            [str(PYTHON), "-I", "-m", "autograder.environment.jupyter"],
            progress,
            "JupyterLab의 한국어 설정과 커널을 갖추지 못했어요",
        )
    for name in {"", extra}:
        write_stamp(name, complete=True)
    say("준비가 끝났어요.")
