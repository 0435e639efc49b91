"""실험의 목록: `studies/`의 파일 하나가 실험 하나예요. 파일 이름 `silent_bugs.py`가 명령줄의 `silent-bugs`예요."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reference.errors import UserError
from reference.experiments import studies

if TYPE_CHECKING:
    from reference.experiments.experiment import Experiment

FOLDER = Path(studies.__path__[0])
KEYS = {"name", "title", "setting", "scale", "seeds", "device", "torch", "cpu_seconds", "findings", "rows"}
CLAIMS = FOLDER.parents[1] / "claims"  # 커밋해 두는 결과


def names() -> list[str]:
    """모든 실험의 이름이에요. torch를 불러오지 않아요."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(studies.__path__))


def module_of(name: str) -> str:
    """실험이 든 모듈의 이름이에요. 모르는 실험은 아는 것들을 말하는 UserError예요."""
    if name not in names():
        raise UserError(f"모르는 실험이에요: {name}. {', '.join(names())} 가운데에서 골라 주세요.")
    return f"{studies.__name__}.{name.replace('-', '_')}"


def load(module: str) -> Experiment:
    """모듈을 불러와 그 실험을 돌려줘요."""
    experiment: Experiment = importlib.import_module(module).EXPERIMENT
    return experiment


def title(name: str) -> str:
    """실험의 물음 한 줄이에요. 목록이 바로 뜨도록 모듈을 불러오지 않고 글로만 읽어요."""
    path = FOLDER / f"{name.replace('-', '_')}.py"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Experiment":
            for keyword in node.keywords:
                if keyword.arg == "title":
                    return str(ast.literal_eval(keyword.value))
    return load(module_of(name)).title


def read(folder: Path) -> list[dict[str, Any]]:
    """폴더에 있는 결과들을 이름 차례로 읽어요. 모르는 실험의 것은 빼요. 결과가 아닌 파일이 있으면 그 이름을 말하는 UserError예요."""
    paths = (folder / f"{name}.json" for name in names())
    return [_result(path) for path in paths if path.is_file()]


def _result(path: Path) -> dict[str, Any]:
    try:
        made = json.loads(path.read_text(encoding="utf-8"))
        if made.keys() >= KEYS:
            return dict(made)
    except (OSError, ValueError, AttributeError):
        pass
    name = path.stem
    raise UserError(
        f"{path}는 실험의 결과가 아니거나 쓰다 만 파일이에요. 지우고 `course experiment {name}`을 다시 해 주세요."
    )


def minutes(folder: Path = CLAIMS) -> dict[str, float]:
    """실험마다 들었던 CPU 시간(분)이에요. 아직 재지 않은 것은 없어요."""
    return {found["name"]: found["cpu_seconds"] / 60 for found in read(folder)}
