"""체크포인트: 언제 멈추더라도 같은 자리에서 이어 가도록 상태를 한 파일에 담아요.

파일 하나가 체크포인트 하나예요. 텐서(모델, EMA, 옵티마이저)는 safetensors에, 나머지(스텝, 배치 위치, 설정)는 그 머리말의 JSON에 있어요.
피클을 쓰지 않으므로 남의 체크포인트를 열어도 코드가 실행되지 않아요.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from reference.errors import UserError
from reference.files import replacing, write_text

FORMAT = "1"  # 저장 형식이 바뀌면 올려요. 다른 판의 파일은 열지 않고 알려 줘요.


def save_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """텐서를 safetensors로 저장해요. 도중에 실패하면 임시 파일만 지우고 원래 파일은 그대로 둬요."""
    try:
        with replacing(path) as temporary:
            own = {name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()}
            save_file(own, temporary, metadata)
    except (OSError, SafetensorError) as error:
        raise UserError(
            f"{path.name}을 저장하지 못했어요({error}). 디스크 공간을 비운 뒤 --resume으로 이어 가세요. "
            "앞서 저장한 체크포인트는 그대로 있어요."
        ) from None


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """safetensors 파일의 텐서와 머리말을 읽어요. 손상된 파일이면 UserError를 내요."""
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except FileNotFoundError:
        raise UserError(f"{path} 파일이 없어요. 경로를 확인해 주세요.") from None
    except (OSError, SafetensorError):
        raise UserError(f"{path} 파일이 손상됐거나 safetensors가 아니에요. 다른 체크포인트를 골라 주세요.") from None


def save(folder: Path, step: int, groups: dict[str, dict[str, Tensor]], state: dict[str, Any], keep: int) -> Path:
    """체크포인트를 folder/step-00001200.safetensors로 저장하고, 가장 새로운 keep개만 남겨요."""
    path = folder / f"step-{step:08d}.safetensors"
    tensors = {f"{group}.{name}": tensor for group, named in groups.items() for name, tensor in named.items()}
    save_tensors(path, tensors, {"format": FORMAT, "state": json.dumps({**state, "step": step})})
    for old in steps(folder)[:-keep]:
        old.unlink(missing_ok=True)
    return path


def load(path: Path) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]]:
    """체크포인트를 읽어 (묶음별 텐서, 상태)를 돌려줘요. 다른 프로그램이나 다른 판의 파일이면 UserError를 내요."""
    tensors, metadata = load_tensors(path)
    if metadata.get("format") != FORMAT or "state" not in metadata:
        raise UserError(f"{path}는 이 과정의 체크포인트(형식 {FORMAT})가 아니에요. course train이 만든 폴더를 주세요.")
    groups: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        group, name = key.split(".", 1)
        groups.setdefault(group, {})[name] = tensor
    return groups, json.loads(metadata["state"])


def steps(folder: Path) -> list[Path]:
    """폴더의 체크포인트를 오래된 것부터 늘어놓아요."""
    return sorted(folder.glob("step-*.safetensors"))


def load_latest(folder: Path) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]] | None:
    """읽을 수 있는 가장 새로운 체크포인트를 줘요. 하나도 없으면 None, 있는데 모두 못 읽으면 UserError예요."""
    problem: UserError | None = None
    for path in reversed(steps(folder)):
        try:
            return load(path)
        except UserError as error:
            problem = problem or error
    if problem:
        raise problem
    return None


def average(paths: list[Path]) -> dict[str, Tensor]:
    """체크포인트 여러 개의 모델 가중치를 평균해요 (논문 §6.1)."""
    total: dict[str, Tensor] = {}
    for path in paths:
        for name, tensor in load(path)[0]["model"].items():
            total[name] = total[name] + tensor.double() if name in total else tensor.double()
    return {name: (tensor / len(paths)).to(torch.float32) for name, tensor in total.items()}


def load_weights(model: torch.nn.Module, weights: dict[str, Tensor], origin: Path) -> None:
    """가중치를 모델에 넣어요. 이름이나 크기가 다르면 무엇이 다른지 UserError로 알려요."""
    own = model.state_dict()
    for name in sorted(own.keys() | weights.keys()):
        mine, given = own.get(name), weights.get(name)
        if mine is None or given is None or mine.shape != given.shape:
            here, there = ("없음" if tensor is None else tuple(tensor.shape) for tensor in (mine, given))
            raise UserError(
                f"{origin}의 가중치가 모델과 맞지 않아요. {name}: 모델 {here}, 파일 {there}. "
                "같은 설정으로 학습한 폴더인지 확인해 주세요."
            )
    model.load_state_dict(weights)


def truncate_metrics(path: Path, step: int) -> None:
    """metrics.jsonl에서 step 뒤의 줄과 쓰다 만 줄을 지워, 이어 달릴 때 곡선이 겹치지 않게 해요."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            if json.loads(line)["step"] <= step:
                kept.append(line + "\n")
        except (json.JSONDecodeError, KeyError, TypeError):
            continue
    write_text(path, "".join(kept))
