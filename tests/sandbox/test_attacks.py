"""공격 말뭉치: 무엇을 해도 정해진 판정을 받고, 다른 일은 하나도 일어나지 않아요."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.attack_evidence import LOWER, adopted, close_pools, prove, prove_on_siblings
from support.attacks import Attack, corpus, on_siblings

CORPUS = corpus()
ON_SIBLINGS, VICTIM = on_siblings()


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
