"""주장의 쪽: 커밋해 두는 `reference/claims/`의 JSON에서 README를 만들어요. 손으로 고치지 않아요."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reference.errors import UserError
from reference.experiments import catalogue, runner
from reference.experiments.catalogue import CLAIMS, read
from reference.experiments.experiment import SEEDS, Experiment, Verdict
from reference.files import write_text

GUIDE = """# 주장을 재어 보면

논문, 시리즈, 강의의 주장을 작은 모델로 하나씩 재어 본 결과예요. `course experiment page`가 잰 값에서 만들고, 손으로 고치지 않아요.

- 판정은 사람이 적지 않아요. 시드마다의 값을 실험에 적힌 규칙이 봐요. 차이가 시드끼리의 차이에 묻히거나(95% 구간이 0을 품거나) 적어 둔 여유 안이면 "말할 수 없어요"이고,
  맞는 조건과 다른 조건이 함께 있으면 "조건에 따라요"예요.
- "우리의 물음"이라고 적은 것은 누가 한 주장이 아니라, 주장을 재다가 우리가 함께 물어본 것이에요.
- 값은 시드 셋의 평균이고, 괄호는 가장 작은 시드와 가장 큰 시드예요.
- 시간은 CPU 스레드 하나에서 쟀어요. 1.1배를 넘어야 빠르다고 해요.
- 모두 작은 모델과 작은 데이터예요. 큰 모델에서도 그런지는 말하지 않아요. `--scale 10`은 스텝과 데이터를 열 배로 늘리고, 모델의 크기는 그대로예요.
- 데이터와 장비가 없어 닿지 않는 것은 `course experiment paper`가 까닭과 함께 짚어요.
"""


def publish(source: Path, folder: Path = CLAIMS) -> list[str]:
    """source의 결과를 지금의 규칙으로 다시 판정해 folder에 두고, 쪽을 만들어요. 옮긴 실험의 이름을 돌려줘요.

    크기를 바꾸어 쟀거나, 시드가 셋보다 적거나, 재지 않은 지점이 있으면 UserError예요. 그때는 아무것도 바꾸지 않아요.
    """
    found = read(source)
    if not found:
        raise UserError(f"{source}에 실험의 결과가 없어요. `course experiment all`을 먼저 해 주세요.")
    ready = [(catalogue.load(catalogue.module_of(made["name"])), made) for made in found]
    for experiment, made in ready:
        check(experiment, made)
    for experiment, made in ready:
        header = {name: made[name] for name in ("scale", "seeds", "device", "torch")}
        runner.write(experiment, made["rows"], header, folder)
    write_text(folder / "README.md", render(read(folder)))
    return [experiment.name for experiment, _ in ready]


def check(experiment: Experiment, made: dict[str, Any]) -> None:
    """실을 수 있는 결과인지 봐요. 크기나 시드나 지점이 모자라면 다시 재는 방법을 말하는 UserError예요."""
    again = f"`course experiment {experiment.name}`을 다시 해 주세요."
    if made["scale"] != 1 or len(made["seeds"]) < len(SEEDS):
        raise UserError(f"{experiment.name}은 크기 1과 시드 {len(SEEDS)}개로 잰 것만 실을 수 있어요. {again}")
    wanted = {(json.dumps(point, sort_keys=True), seed) for point in experiment.points for seed in made["seeds"]}
    if wanted != {(json.dumps(row["point"], sort_keys=True), row["seed"]) for row in made["rows"]}:
        raise UserError(f"{experiment.name}의 지점이 그 뒤에 바뀌었어요. {again}")


def render(found: Sequence[dict[str, Any]]) -> str:
    """결과들에서 쪽의 글을 만들어요. 같은 결과에서는 언제나 같은 글이에요."""
    counts = count(found)
    total = sum(made["cpu_seconds"] for made in found) / 60
    lines = [GUIDE, "| 판정 | 주장 |", "|---|---|"]
    lines += [f"| {verdict} | {number} |" for verdict, number in counts.items()]
    lines += [
        "",
        f"실험 {len(found)}개에 주장 {sum(counts.values())}개이고, 모두 다시 재면 CPU {total:.0f}분이에요.",
        "",
    ]
    lines += ["## 모든 주장", "", "| 주장 | 어디서 | 판정 | 값 | 명령 |", "|---|---|---|---|---|"]
    for made in found:
        command = f"`course experiment {made['name']}`"
        for finding in made["findings"]:
            cells = [escaped(finding[key]) for key in ("text", "source", "verdict", "figure")]
            lines.append(f"| {' | '.join([*cells, command])} |")
    for made in found:
        lines += ["", *_section(made)]
    return "\n".join(lines) + "\n"


def count(found: Sequence[dict[str, Any]]) -> dict[str, int]:
    """판정마다 몇 개인지예요. 차례는 `Verdict`와 같아요."""
    numbers = Counter(finding["verdict"] for made in found for finding in made["findings"])
    return {verdict.value: numbers[verdict.value] for verdict in Verdict}


def _section(made: dict[str, Any]) -> list[str]:
    spent = (
        f"시드 {len(made['seeds'])}개, {made['device']}, PyTorch {made['torch']}, CPU {made['cpu_seconds'] / 60:.1f}분"
    )
    head = [f"## {made['name']}: {made['title']}", "", f"{escaped(made['setting'])} ({spent})", ""]
    picture = [f"![{made['title']}]({made['name']}.png)", ""]
    said = [
        f"- **{escaped(item['text'])}** ({item['source']}) {item['verdict']}. {escaped(item['sentence'])}"
        for item in made["findings"]
    ]
    return [*head, *picture, *said]


def escaped(text: str) -> str:
    """마크다운이 다르게 읽는 글자를 그대로 보이게 해요. 물결표 둘 사이는 지운 글이 되고, 세로줄은 표의 칸을 나눠요."""
    return text.replace("~", "\\~").replace("|", "\\|").replace("\n", " ")
