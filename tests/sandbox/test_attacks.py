"""공격 말뭉치: 무엇을 해도 정해진 판정을 받고, 다른 일은 하나도 일어나지 않아요."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.attack_evidence import (
    LOWER,
    adopted,
    close_pools,
    prove,
    prove_on_siblings,
)
from support.attack_folders import prove_archive, prove_layout
from support.attacks import Archive, Attack, Layout, corpus, handed_in, on_siblings

from autograder.grading import attempt

CORPUS = corpus()
ON_SIBLINGS, VICTIM = on_siblings()
LAYOUTS, ARCHIVES = handed_in()


# 늘 다 돌리는 집안들. 나머지는 셋에 하나만 늘 돌리고, 모두는 `--slow`에서 돌려요.
ALWAYS = ("bombs", "frames", "network", "proc", "processes")


def listed() -> list:
    chosen = []
    for family, attacks in CORPUS.items():
        for number, attack in enumerate(attacks):
            late = attack.slow or (family not in ALWAYS and number % 3)
            chosen.append(pytest.param(attack, id=f"{family}: {attack.name}", marks=[pytest.mark.slow] if late else []))
    return chosen


@pytest.fixture(scope="module", autouse=True)
def _household() -> Iterator[None]:
    with adopted():
        yield
    close_pools()


@pytest.fixture(autouse=True)
def _no_search(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """틀린 줄 찾기는 하는 말에만 쓰이고 공격마다 0.4초가 들어요. 오래 걸리는 시험(`--slow`)에서만 켜 둬요."""
    if not request.config.getoption("--slow"):
        monkeypatch.setattr(attempt, "SEARCHES", 0)


def test_the_corpus_is_wide() -> None:
    names = [attack.name for attacks in CORPUS.values() for attack in attacks]
    assert len(names) >= 170 and len(set(names)) == len(names)


@pytest.mark.parametrize("attack", listed())
def test_attack_gets_what_it_deserves(attack: Attack) -> None:
    prove(attack, "best")


# 값만으로 정해지는 공격은 단계와 상관없어서, 밖에 손을 뻗는 것만 낮은 단계에서 다시 해 봐요.
# 낮은 단계마다 여덟에 하나는 늘, 가장 흔한 낮은 단계에서 프로세스를 노리는 것은 모두 늘 돌려요.
QUICK, COMMON, EVERY = ("processes",), "landlock", 8


def lower() -> list:
    chosen = []
    for family, attacks in CORPUS.items():
        for number, attack in enumerate(attacks):
            for tier in LOWER if attack.reaches_out else ():
                late = attack.slow or (number % EVERY and not (family in QUICK and tier == COMMON))
                marked = [pytest.mark.slow] if late else []
                chosen.append(pytest.param(attack, tier, id=f"{family}: {attack.name} ({tier})", marks=marked))
    return chosen


@pytest.mark.parametrize(("attack", "tier"), lower())
def test_lower_tiers_keep_what_they_promise(attack: Attack, tier: str) -> None:
    prove(attack, tier)


@pytest.mark.parametrize("attack", LAYOUTS, ids=lambda attack: attack.name)
def test_folders_are_read_with_care(attack: Layout, tmp_path: Path) -> None:
    prove_layout(attack, tmp_path)


@pytest.mark.parametrize("attack", ARCHIVES, ids=lambda attack: attack.name)
def test_archives_are_opened_with_care(attack: Archive, tmp_path: Path) -> None:
    prove_archive(attack, tmp_path)


def beside(slow: bool = False) -> list:
    marked = [(attack, slow or attack.slow) for attack in ON_SIBLINGS]
    return [pytest.param(attack, id=attack.name, marks=[pytest.mark.slow] if late else []) for attack, late in marked]


@pytest.mark.parametrize("attack", beside())
def test_a_neighbour_is_never_touched(attack: Attack) -> None:
    prove_on_siblings(attack, VICTIM, "best", rounds=2)


@pytest.mark.slow
@pytest.mark.parametrize("tier", ("best", *LOWER))
@pytest.mark.parametrize("attack", beside(slow=True))
def test_a_neighbour_is_never_touched_in_any_tier(attack: Attack, tier: str) -> None:
    prove_on_siblings(attack, VICTIM, tier, rounds=10)
