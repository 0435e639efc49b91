"""공격 말뭉치: 무엇을 해도 정해진 판정을 받고, 다른 일은 하나도 일어나지 않아요."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.attack_evidence import LOWER, adopted, close_pools, prove
from support.attacks import Attack, corpus

CORPUS = corpus()


def listed(*, reaching: bool = False) -> list:
    """시험에 넣을 공격들. `reaching`이면 밖에 손을 뻗는 것만이에요."""
    return [
        pytest.param(attack, id=f"{family}: {attack.name}", marks=[pytest.mark.slow] if attack.slow else [])
        for family, attacks in CORPUS.items()
        for attack in attacks
        if attack.reaches_out or not reaching
    ]


@pytest.fixture(scope="module", autouse=True)
def _household() -> Iterator[None]:
    with adopted():
        yield
    close_pools()


def test_the_corpus_is_wide() -> None:
    names = [attack.name for attacks in CORPUS.values() for attack in attacks]
    assert len(names) >= 170 and len(set(names)) == len(names)


@pytest.mark.parametrize("attack", listed())
def test_attack_gets_what_it_deserves(attack: Attack) -> None:
    prove(attack, "best")


@pytest.mark.parametrize("tier", LOWER)
@pytest.mark.parametrize("attack", listed(reaching=True))
def test_lower_tiers_keep_what_they_promise(attack: Attack, tier: str) -> None:
    """값만으로 정해지는 공격은 단계와 상관없어서, 밖에 손을 뻗는 것만 낮은 단계에서 다시 해 봐요."""
    prove(attack, tier)
