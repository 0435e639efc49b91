"""구조: 파이썬의 정수와 True/False. 몇 배인지, 아는 크기만큼 다른지, 늘 같은 판단인지, 어느 함수에서 틀리는지."""

from __future__ import annotations

from fractions import Fraction

from autograder.judging.argument_builders import describe
from autograder.judging.cases import BuiltArgument
from autograder.judging.structure.evidence import MAX_BITS, Evidence, Observation, Pair, subject
from autograder.judging.structure.quantity import Quantities
from autograder.judging.value_text import readable
from autograder.wording import josa

_LOOK_TERM = "식의 항을 하나씩 세어, 빠졌거나 두 번 센 것이 있는지 봐요."
_LOOK_RANGE = "처음과 끝을 세는지, `range`와 비교의 등호, 나머지를 버리는 나눗셈(`//`)을 봐요."


def counts(evidence: Evidence) -> Observation | None:
    """정수로 세는 답이 기대한 값의 몇 배이거나 얼마만큼 달라요."""
    pairs = [pair for pair in evidence.pairs if _whole(pair.expected) and _whole(pair.got)]
    apart = {pair.expected: pair for pair in pairs}
    if not pairs or len(pairs) < len(evidence.pairs) or len(apart) < 2:
        return None
    who = subject(evidence)
    gaps = {pair.got - pair.expected for pair in pairs}
    if len(gaps) == 1:
        gap = gaps.pop()
        way = "커요" if gap > 0 else "작아요"
        return Observation("offset", f"{who} 기대한 값보다 똑같이 {readable(abs(gap))}만큼 {way}.", _LOOK_RANGE)
    if all(pair.expected for pair in pairs):
        ratios = {Fraction(pair.got, pair.expected) for pair in pairs}
        if len(ratios) == 1 and (found := _ratio(who, ratios.pop())):
            return found
    return _by_quantity(evidence, pairs, who)


def _ratio(who: str, ratio: Fraction) -> Observation | None:
    look = "곱하거나 나누는 수와, 모두 몇 벌을 더하는지 봐요."
    if ratio == -1:
        return Observation("sign", f"{who} 부호만 반대예요.", "빼는 차례를 봐요.")
    if ratio == 0:
        return Observation("all-zero", f"{who} 0이에요.", "센 것을 변수에 더하는 줄이 실행되는지 봐요.")
    if ratio.denominator == 1:
        return Observation("factor", f"{who} 기대한 값의 꼭 {readable(ratio.numerator)}배예요.", look)
    if ratio.numerator == 1:
        part = "절반" if ratio.denominator == 2 else f"1/{readable(ratio.denominator)}"
        return Observation("factor", f"{who} 기대한 값의 꼭 {part}이에요.", look)
    if ratio.denominator > 12 or abs(ratio.numerator) > 12:
        return None
    return Observation("factor", f"{who} 기대한 값의 꼭 {ratio.numerator}/{ratio.denominator}배예요.", look)


def _by_quantity(evidence: Evidence, pairs: list[Pair], who: str) -> Observation | None:
    known = Quantities(evidence)
    for sign, way in ((1, "커요"), (-1, "작아요")):
        if all(sign * (pair.got - pair.expected) > 0 for pair in pairs):
            name = known.terms([(pair.call, sign * (pair.got - pair.expected)) for pair in pairs])
            if name:
                return Observation("offset-size", f"{who} 기대한 값보다 꼭 {name}만큼 {way}.", _LOOK_TERM)
    if not all(pair.expected and pair.got for pair in pairs):
        return None
    if all(pair.got % pair.expected == 0 for pair in pairs):
        if name := known.terms([(pair.call, pair.got // pair.expected) for pair in pairs]):
            return Observation("factor-size", f"{who}, 기대한 값에 {josa(name, '을/를')} 곱한 것과 같아요.", _LOOK_TERM)
        return None
    fits = all(pair.expected % pair.got == 0 for pair in pairs)
    name = known.terms([(pair.call, pair.expected // pair.got) for pair in pairs]) if fits else None
    if name:
        why = f"{subject(evidence, '에')} {josa(name, '을/를')} 곱하면 기대한 값과 같아져요."
        return Observation("factor-size", why, _LOOK_TERM)
    return None


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= MAX_BITS


def verdicts(evidence: Evidence) -> Observation | None:
    """맞는지 아닌지를 답하는 함수: 늘 같은 답인지, 모두 반대인지, 어떤 함수에서만 틀리는지."""
    numbers = [n for n in evidence.cases if len(evidence.outcomes[n]) == 1]
    expected = {n: evidence.key.cases[n].expected[0].value for n in numbers}
    got = {n: evidence.outcomes[n][0].value for n in numbers}
    if (
        len(numbers) < 4
        or len(set(map(type, [*expected.values(), *got.values()])) - {bool})
        or len(set(expected.values())) < 2
    ):
        return None
    if len(set(got.values())) == 1:
        answer = next(iter(got.values()))
        why = f"어느 사례에서나 {answer}예요. {not answer}여야 하는 사례도 있어요."
        look = f"{josa(str(not answer), '을/를')} 돌려주는 줄에 이르는지, 비교가 정말 값을 견주는지 봐요."
        return Observation("always-true" if answer else "always-false", why, look)
    if all(got[n] != expected[n] for n in numbers):
        return Observation(
            "all-opposite", "모든 사례에서 판단이 꼭 반대예요.", "마지막에 돌려주는 비교의 방향과 `not`을 봐요."
        )
    return _by_function(evidence, numbers)


def _by_function(evidence: Evidence, numbers: list[int]) -> Observation | None:
    words = {n: _function(evidence, n) for n in numbers}
    wrong = list(dict.fromkeys(words[n] for n in numbers if evidence.problems[n]))
    right = {words[n] for n in numbers if not evidence.problems[n]}
    # 같은 말로 부르는 함수에서 맞기도 하고 틀리기도 하면 이 말로는 가를 수 없어요.
    if not 1 <= len(wrong) <= 3 or not all(wrong) or right & set(wrong):
        return None
    wanted = {words[n]: evidence.key.cases[n].expected[0].value for n in numbers}
    said = " / ".join(f"{word} ({wanted[word]}여야 해요)" for word in wrong)
    look = "이 함수가 토큰을 어떻게 움직이는지 종이에 그려 보고, 여러분의 비교가 그것을 알아차리는지 따라가요."
    return Observation("wrong-for-functions", f"다음 함수에서만 판단이 반대예요: {said}.", look)


def _function(evidence: Evidence, number: int) -> str:
    call = evidence.key.cases[number].calls[0]
    return next((describe(value) for _, value in evidence.named(call) if isinstance(value, BuiltArgument)), "")
