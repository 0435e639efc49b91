"""이 가상 환경의 JupyterLab을 코스에 맞춰요: 한국어 화면, 알맞은 환경의 `python3` 커널.

`course.py`가 설치의 마지막에 `python -m autograder.environment.jupyter`로 불러요. 사용자가 JupyterLab에서 직접 고른 설정이 늘 먼저예요.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from autograder.environment import java
from autograder.environment.fonts import use_hangul_font
from autograder.files import write_json

# 사용자가 고르기 전까지의 기본값이에요. 새 소식과 새 버전을 묻지 않아 인터넷 없이도 조용해요.
LAB_SETTINGS = {
    "@jupyterlab/translation-extension:plugin": {"locale": "ko_KR"},
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": False,
    },
    "@jupyterlab/docmanager-extension:plugin": {"autosaveInterval": 20},
}

# 쓰지 않는 nbgrader와 jupytext의 단추들이에요. 특히 Validate는 우리의 확인 셀을 언제나 성공이라고 해요.
# 강사가 쓰는 formgrader 메뉴는 남겨요.
DISABLED = (
    "@jupyter/nbgrader:assignment-list",
    "@jupyter/nbgrader:course-list",
    "@jupyter/nbgrader:create-assignment",
    "@jupyter/nbgrader:validate-assignment",
    "jupyterlab-jupytext",
)


def lab_settings_path() -> Path:
    """JupyterLab 기본 설정의 자리."""
    return Path(sys.prefix) / "share/jupyter/lab/settings/overrides.json"


def page_config_path() -> Path:
    """끌 확장의 목록을 적는 자리."""
    return Path(sys.prefix) / "etc/jupyter/labconfig/page_config.json"


def kernel_path() -> Path:
    """`python3` 커널 명세의 자리."""
    return Path(sys.prefix) / "share/jupyter/kernels/python3/kernel.json"


def kernel_spec() -> dict[str, Any]:
    """`python3` 커널의 명세를 만들어요. VS Code처럼 `course`를 거치지 않고 열어도 Java와 한글 경로가 돼요."""
    from ipykernel.kernelspec import get_kernel_dict

    chosen = java.home()
    variables = {"PYTHONUTF8": "1", **({"JAVA_HOME": str(chosen)} if chosen else {}), **java.environment()}
    return {**get_kernel_dict(), "display_name": "Python 3 (Transformer)", "env": variables}


def configure() -> None:
    """설정과 커널 명세를 쓰고, 처음 한 번 오래 걸리는 글꼴 목록과 PyTorch 읽기를 미리 해 둬요."""
    write_json(lab_settings_path(), LAB_SETTINGS)
    write_json(page_config_path(), {"disabledExtensions": dict.fromkeys(DISABLED, True)})
    write_json(kernel_path(), kernel_spec())
    # 불러오는 것만으로 목록이 만들어져요. 이것이 실패해도 설정은 이미 써 두었어요.
    import matplotlib.font_manager
    import torch

    use_hangul_font()
    print("torch", torch.__version__, "·", "글꼴", len(matplotlib.font_manager.fontManager.ttflist))


if __name__ == "__main__":
    configure()
