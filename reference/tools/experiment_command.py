"""`course experiment`: 주장을 재어 보고, 논문의 표를 다시 계산하고, 주장의 쪽을 만들어요."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from reference.experiments.runner import Plan

TABLES = {  # 학습하지 않고 다시 계산하는 표들. 목록이 바로 뜨도록 제목만 여기 있어요.
    "table2": "논문 표 2의 학습 비용을 처음부터 다시 계산하면",
    "table3": "논문 표 3의 파라미터를 우리 설정으로 세면",
    "paper": "논문의 그림과 표마다: 재현했는지, 작게 재현했는지, 닿지 않는지",
}


def experiment(
    name: Annotated[
        str | None, typer.Argument(help="실험이나 표의 이름, 또는 list(목록), all(모두), page(주장의 쪽 만들기)")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="그림과 결과를 둘 폴더")] = Path("runs/experiments"),
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="시드의 수. 셋보다 적으면 시험 삼아 보는 것이에요.")] = 3,
    scale: Annotated[
        float, typer.Option("--scale", help="스텝과 데이터의 크기에 곱하는 수. GPU에서는 10이나 100을 줘요.")
    ] = 1.0,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="한꺼번에 잴 수. 0이면 코어 수만큼이에요.")] = 0,
    device: Annotated[str, typer.Option("--device", help="cpu, auto, cuda, mps")] = "cpu",
    source: Annotated[Path | None, typer.Option("--from", help="page가 옮길 결과의 폴더. 없으면 --out이에요.")] = None,
) -> int:
    """논문과 시리즈의 주장을 작은 학습으로 재어 보고, 논문의 표를 다시 계산해요. 멈추면 같은 명령으로 이어 재요."""
    if name in (None, "list"):
        return _list()
    if name == "page":
        return _page(source or out)
    if name in TABLES:
        return _table(name, out)
    from reference.experiments import catalogue
    from reference.experiments.runner import Plan
    from reference.training.machine import pick_device

    chosen = catalogue.names() if name == "all" else [name]
    modules = [catalogue.module_of(each) for each in chosen]
    plan = Plan(out, tuple(range(1, seeds + 1)), scale, pick_device(device), jobs)
    try:
        made = [_run(module, plan) for module in modules]
    except KeyboardInterrupt:
        print("멈췄어요. 잰 것은 남아 있으니, 같은 명령을 다시 하면 남은 것만 재요.", file=sys.stderr)
        return 130
    finished = [found for found in made if found]
    if name == "all":
        for table in TABLES:
            _table(table, out)
        _count(finished)
    return 0 if len(finished) == len(made) else 1


def _list() -> int:
    from reference.experiments import catalogue

    spent = catalogue.minutes()
    for name in catalogue.names():
        note = f" (CPU {spent[name]:.1f}분)" if name in spent else ""
        print(f"{name:<18} {catalogue.title(name)}{note}")
    for name, title in TABLES.items():
        print(f"{name:<18} {title}")
    return 0


def _table(name: str, out: Path) -> int:
    from reference.tools import paper_tables

    print(paper_tables.run(name, out))
    return 0


def _page(source: Path) -> int:
    from reference.experiments import catalogue, page

    names = page.publish(source)
    print(f"{', '.join(names)}: 다시 판정해 {catalogue.CLAIMS}에 두고 쪽을 만들었어요.")
    return 0


def _run(module: str, plan: Plan) -> dict[str, Any] | None:
    """실험 하나를 재고 판정을 보여 줘요. 재지 못한 지점이 있으면 판정하지 않고 None이에요."""
    from reference.experiments import runner

    outcome = runner.measure(module, plan, lambda line: print(line, file=sys.stderr, flush=True))
    if outcome.troubles:
        print(f"{outcome.experiment.name}: 재지 못한 지점이 {len(outcome.troubles)}개라 판정하지 않았어요.")
        return None
    made = runner.conclude(outcome, plan)
    print(f"\n{made['title']}\n{made['setting']}")
    if len(plan.seeds) < 3 or plan.scale != 1:
        print(
            f"시험 삼아 잰 것이에요 (시드 {len(plan.seeds)}개, 크기 {plan.scale:g}). 판정은 시드 셋, 크기 1에서 봐 주세요."
        )
    for finding in made["findings"]:
        print(f"\n[{finding['verdict']}] {finding['text']} ({finding['source']})")
        print(f"  값: {finding['figure']}\n  {finding['sentence']}")
    print(f"\n그림: {plan.out / made['name']}.png\n숫자: {plan.out / made['name']}.json", flush=True)
    return made


def _count(made: list[dict[str, Any]]) -> None:
    from reference.experiments.page import count

    numbers = ", ".join(f"{verdict} {number}" for verdict, number in count(made).items())
    print(f"\n실험 {len(made)}개의 판정: {numbers}")
