"""구조로 찾는 까닭(모양과 목록): 형과 dtype, 축의 차례, 글과 목록과 사전, 세는 답, 맞는지 아닌지."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from support.observed import ids, key_for, normal, on, seen, words
from torch import Tensor

from autograder.judging.cases import BuiltArgument, case

Answer = Callable[..., Any]


def double(x: Tensor) -> Tensor:
    return 2 * x


DOUBLE = key_for(double, on(normal(2, 3, 4)), on(normal(3, 4, 5)))
MATRIX = key_for(double, on(normal(3, 4)), on(normal(4, 6)))
ONE_ROW = key_for(double, on(normal(1, 4)), on(normal(1, 6)))


def past(T: int) -> Tensor:
    return torch.ones(T, T, dtype=torch.bool).tril()


PAST = key_for(past, on(5), on(7))


def both(x: Tensor) -> tuple[Tensor, Tensor]:
    return x.sum(-1), x * 3


BOTH = key_for(both, on(normal(3, 4)), on(normal(4, 6)))


def mean(x: Tensor) -> float:
    return float(x.mean())


MEAN = key_for(mean, on(normal(4)), on(normal(6)), on(normal(8)))


def split(text: str) -> list[str]:
    return text.split()


def merged(text: str) -> str:
    return text.replace("_", " ").strip()


def lengths(text: str) -> tuple[int, ...]:
    return tuple(len(word) for word in text.split())


TEXTS = ("가나 다 라마바 사", "하나 둘 셋 넷 다섯", "나는 밥을 먹고 나서 집에 갔다")
SPLIT = key_for(split, *map(on, TEXTS))
MERGED = key_for(merged, *(on(text.replace(" ", "_")) for text in TEXTS))
LENGTHS = key_for(lengths, *map(on, TEXTS))


def counted(words: list[str]) -> dict[str, int]:
    return {word: words.count(word) for word in words}


COUNTED = key_for(counted, on(["가", "나", "가"]), on(["다", "라", "마", "다", "다"]))


def pairs(words: list[str]) -> dict[tuple[str, str], int]:
    return {(a, b): i for i, (a, b) in enumerate(zip(words, words[1:], strict=False))}


PAIRS = key_for(pairs, on(["가", "나", "다"]), on(["라", "마", "바", "사"]))


def listed(words: list[str], end: int) -> list[int]:
    return [len(word) for word in words]


LISTED = key_for(listed, on(["가나", "다라마", "바", "사아자차"], 9), on(["가나다라마", "바", "사아"], 7))


def parameters(d: int, f: int) -> int:
    return 2 * d * f + d + f


COUNT = key_for(parameters, on(8, 32), on(13, 50), on(512, 2048))

# (이야기, 답안지, 그런 답, 닮았지만 그렇지 않은 답, 글에 든 말)
TABLE: dict[str, tuple[Any, Answer, Answer, str]] = {
    "only-dtype": (DOUBLE, lambda x: 2 * x.double(), lambda x: 2.1 * x.double(), "dtype만 float32여야 하는데 float64"),
    "only-dtype bool": (PAST, lambda T: past(T).float(), lambda T: past(T).float() * 2, "1과 0으로"),
    "additive-mask": (
        PAST,
        lambda T: torch.zeros(T, T).masked_fill(~past(T), -torch.inf),
        lambda T: torch.zeros(T, T) - 1e9,
        "더하는 마스크",
    ),
    "mask-opposite": (PAST, lambda T: ~past(T), lambda T: ~past(T).T, "모두 반대"),
    "only-type": (DOUBLE, lambda x: (2 * x).tolist(), lambda x: (3 * x).tolist(), "torch.Tensor여야 하는데 list"),
    "only-type number": (MEAN, lambda x: x.mean(), lambda x: x.mean() + 1, "float여야 하는데"),
    "only-type int": (
        COUNT,
        lambda d, f: float(parameters(d, f)),
        lambda d, f: parameters(d, f) + 0.5,
        "int여야 하는데 float",
    ),
    "only-type tuple": (SPLIT, lambda t: tuple(split(t)), lambda t: tuple(split(t)[1:]), "list여야 하는데 tuple"),
    "only-type bytes": (MERGED, lambda t: merged(t).encode(), lambda t: merged(t).encode()[1:], "str여야 하는데 bytes"),
    "not-stacked": (DOUBLE, lambda x: list((2 * x).unbind(1)), lambda x: list((3 * x).unbind(1)), "텐서들의 목록"),
    "extra-axis": (DOUBLE, lambda x: (2 * x)[:, None], lambda x: (3 * x)[:, None], "크기가 1인 축이 더"),
    "missing-axis": (ONE_ROW, lambda x: (2 * x).squeeze(), lambda x: (3 * x).squeeze(), "크기가 1인 축이 없어졌어요"),
    "moved-axis": (ONE_ROW, lambda x: 2 * x.T, lambda x: 3 * x.T, "축의 자리"),
    "only-shape": (DOUBLE, lambda x: (2 * x).flatten(), lambda x: (2 * x).transpose(0, 1).flatten(), "묶거나 나눈"),
    "not-expanded": (
        key_for(lambda x: x.mean(0, keepdim=True).expand_as(x).clone(), on(normal(3, 4)), on(normal(4, 5))),
        lambda x: x.mean(0),
        lambda x: x[0],
        "되풀이될 축",
    ),
    "tuple-order": (BOTH, lambda x: both(x)[::-1], lambda x: (both(x)[1], both(x)[1]), "차례가 달라요"),
    "tuple-part": (BOTH, lambda x: both(x)[1], lambda x: both(x)[1] + 1, "1번째 값만"),
    "wrapped": (DOUBLE, lambda x: (2 * x, x), lambda x: (3 * x, x), "0번째가 기대한 값"),
    "axes-exchanged": (
        DOUBLE,
        lambda x: (2 * x).transpose(0, 1),
        lambda x: (2 * x).transpose(0, 1) + 1,
        "dim=-3, dim=-2",
    ),
    "axes-reordered": (DOUBLE, lambda x: (2 * x).permute(1, 2, 0), lambda x: (2 * x).permute(1, 2, 0) + 1, "축의 차례"),
    "flipped": (DOUBLE, lambda x: 2 * x.flip(1), lambda x: 2.1 * x.flip(1), "dim=-2를 따라 순서가 거꾸로"),
    "shifted": (DOUBLE, lambda x: 2 * x.roll(1, 1), lambda x: 2.1 * x.roll(1, 1), "한 자리씩 뒤로"),
    "reordered": (
        DOUBLE,
        lambda x: 2 * x[..., [2, 0, 3, 1, *range(4, x.size(-1))]],
        lambda x: 2 * x[..., [0, 0, 3, 1, *range(4, x.size(-1))]],
        "순서가 바뀌어",
    ),
    "places-mixed": (
        MATRIX,
        lambda x: (2 * x).T.reshape(x.shape),
        lambda x: (2 * x + 1).T.reshape(x.shape),
        "놓인 자리가 섞여",
    ),
    "longer": (
        DOUBLE,
        lambda x: torch.cat([2 * x, x[:, :1]], 1),
        lambda x: torch.cat([3 * x, x[:, :1]], 1),
        "뒤쪽으로 더 길어요",
    ),
    "shorter": (DOUBLE, lambda x: 2 * x[:, 1:], lambda x: 3 * x[:, 1:], "앞쪽이 모자라요"),
    "joined": (SPLIT, lambda t: "".join(split(t)), lambda t: "".join(split(t)[:-1]), "이어 붙였어요"),
    "not-joined": (MERGED, lambda t: merged(t).split(), lambda t: merged(t).split()[:-1], "이어 붙이지 않았어요"),
    "outer-spaces": (MERGED, lambda t: merged(t) + " ", lambda t: merged(t) + "!", "앞이나 끝에 붙은 빈칸"),
    "inner-spaces": (MERGED, lambda t: merged(t).replace(" ", ""), lambda t: merged(t).replace(" ", "-"), "빈칸만"),
    "cut-finer": (
        SPLIT,
        lambda t: [c for word in split(t) for c in (word[:1], word[1:]) if c],
        lambda t: list(reversed("".join(split(t)))),
        "더 잘게",
    ),
    "cut-coarser": (
        SPLIT,
        lambda t: [split(t)[0] + split(t)[1], *split(t)[2:]],
        lambda t: [split(t)[1] + split(t)[0], *split(t)[2:]],
        "덜 나뉘었어요",
    ),
    "reversed": (SPLIT, lambda t: split(t)[::-1], lambda t: [w + "!" for w in split(t)[::-1]], "순서가 거꾸로"),
    "sorted": (LISTED, lambda w, end: sorted(listed(w, end)), lambda w, end: sorted(listed(w, end))[1:], "크기순"),
    "other-order": (SPLIT, lambda t: [*split(t)[1:], split(t)[0]], lambda t: [*split(t)[1:], "새"], "순서가 달라요"),
    "last-missing": (SPLIT, lambda t: split(t)[:-1], lambda t: split(t)[:-2], "마지막 하나가 빠졌고"),
    "first-missing": (SPLIT, lambda t: split(t)[1:], lambda t: split(t)[2:], "맨 앞의 하나가 빠졌고"),
    "one-more-at-end": (
        LISTED,
        lambda w, end: [*listed(w, end), end],
        lambda w, end: [*listed(w, end)[:-1], end, end],
        "`end`와 같은 값이 하나",
    ),
    "one-more-at-start": (
        LISTED,
        lambda w, end: [0, *listed(w, end)],
        lambda w, end: [0, 0, *listed(w, end)],
        "하나가 더 있고",
    ),
    "repeats": (
        SPLIT,
        lambda t: [w for w in split(t) for _ in (0, 1)],
        lambda t: [w for w in split(t)[1:] for _ in (0, 1)],
        "여러 번 들어",
    ),
    "repeats-lost": (
        key_for(split, on("가 나 가 다 나"), on("다 다 라 라 다")),
        lambda t: list(dict.fromkeys(split(t))),
        lambda t: [*dict.fromkeys(split(t)), "새"],
        "한 번씩만",
    ),
    "stops-early": (SPLIT, lambda t: split(t)[:2], lambda t: ["새", split(t)[1]], "너무 일찍"),
    "goes-on": (SPLIT, lambda t: [*split(t), "더", "더더"], lambda t: ["더", *split(t), "더더"], "그 뒤로도"),
    "only-last": (
        SPLIT,
        lambda t: [*split(t)[:-1], "새"],
        lambda t: [*split(t)[:-2], "새", "새"],
        "마지막 하나만 다르고",
    ),
    "only-first": (SPLIT, lambda t: ["새", *split(t)[1:]], lambda t: ["새", "새", *split(t)[2:]], "맨 앞의 하나만"),
    "only-second": (
        key_for(split, on("가 나 다"), on("라 마 바")),
        lambda t: [split(t)[0], "새", split(t)[2]],
        lambda t: [split(t)[0], "새", "새"],
        "둘째만",
    ),
    "keys-missing": (
        PAIRS,
        lambda w: dict(list(pairs(w).items())[1:]),
        lambda w: {k: v + 1 for k, v in list(pairs(w).items())[1:]},
        "빠진 열쇠",
    ),
    "keys-extra": (
        COUNTED,
        lambda w: {**counted(w), "": 0},
        lambda w: {**dict.fromkeys(w, 0), "": 0},
        "없어야 할 열쇠",
    ),
    "keys-reversed": (
        PAIRS,
        lambda w: {k[::-1]: v for k, v in pairs(w).items()},
        lambda w: {k[::-1]: v + 1 for k, v in pairs(w).items()},
        "앞뒤가",
    ),
    "values-off": (
        COUNTED,
        lambda w: {k: v - 1 for k, v in counted(w).items()},
        lambda w: {k: 2 * v + 3 for k, v in counted(w).items()},
        "1만큼 작아요",
    ),
    "values-alike": (
        COUNTED,
        lambda w: dict.fromkeys(w, 7),
        lambda w: {k: 7 + i for i, k in enumerate(counted(w))},
        "값이 모두 똑같아요",
    ),
    "only-values": (
        COUNTED,
        lambda w: {k: v * 2 for k, v in counted(w).items()},
        lambda w: {k + "!": v * 2 for k, v in counted(w).items()},
        "값만",
    ),
    "offset": (
        COUNT,
        lambda d, f: parameters(d, f) + 3,
        lambda d, f: parameters(d, f) + 3 * d + f * f,
        "똑같이 3만큼 커요",
    ),
    "offset list": (
        LENGTHS,
        lambda t: tuple(n + 1 for n in lengths(t)),
        lambda t: tuple(n + i for i, n in enumerate(lengths(t))),
        "1만큼 커요",
    ),
    "offset-size": (COUNT, lambda d, f: 2 * d * f + f, lambda d, f: 2 * d * f + f - d * f * f, "`d`만큼 작아요"),
    "offset-size sum": (COUNT, lambda d, f: 2 * d * f, lambda d, f: 2 * d * f - 7, "(`d` + `f`)만큼 작아요"),
    "factor": (COUNT, lambda d, f: 3 * parameters(d, f), lambda d, f: 3 * parameters(d, f) + d % 5, "꼭 3배"),
    "factor-size": (COUNT, lambda d, f: d * parameters(d, f), lambda d, f: d * parameters(d, f) + 1, "`d`를 곱한"),
    "all-zero": (COUNT, lambda d, f: 0, lambda d, f: 1, "0이에요"),
    "sign": (COUNT, lambda d, f: -parameters(d, f), lambda d, f: 1 - parameters(d, f), "부호만 반대"),
}


@pytest.mark.parametrize("name", TABLE)
def test_what_is_true_is_said_and_what_only_looks_alike_is_not(name: str) -> None:
    key, showing, other, piece = TABLE[name]
    observed = name.split()[0]
    assert observed in ids(showing, key) and piece in words(showing, key, observed)
    assert observed not in ids(other, key)


def test_values_that_are_all_alike_have_no_layout() -> None:
    key = key_for(lambda n, m: torch.ones(n, m), on(3, 4), on(5, 2))
    assert ids(lambda n, m: torch.ones(m, n), key) == []


# -- 맞는지 아닌지 --


def keeps_order(f: Callable[[Tensor], Tensor], x: Tensor) -> bool:
    return torch.allclose(f(x.flip(1)), f(x).flip(1), atol=1e-5)


def _words(form: int) -> BuiltArgument:
    return BuiltArgument("words", {"W": normal(4, 4), "P": normal(5, 4), "form": form})


YES_NO = key_for(keeps_order, *(case("all", _words(form), normal(2, 5, 4)) for form in (0, 1, 3, 4, 5, 7)))


@pytest.mark.parametrize(
    ("answer", "name", "piece"),
    [
        (lambda f, x: True, "always-true", "False여야 하는 사례도"),
        (lambda f, x: False, "always-false", "True여야 하는 사례도"),
        (lambda f, x: not keeps_order(f, x), "all-opposite", "꼭 반대"),
        (
            lambda f, x: keeps_order(f, x) or torch.equal(f(x)[:, 0], f(x)[:, 1]),
            "wrong-for-functions",
            "모든 자리에 첫 단어를 두는 함수 (False여야 해요)",
        ),
    ],
)
def test_a_yes_or_no_says_for_which_functions_it_is_wrong(answer: Answer, name: str, piece: str) -> None:
    (observation,) = [o for o in seen(answer, YES_NO) if o.id == name]
    assert piece in observation.why


def test_functions_called_alike_are_not_told_apart() -> None:
    """같은 말로 부르는 함수에서 맞기도 하고 틀리기도 하면 어느 함수라고 말하지 않아요."""
    key = key_for(
        keeps_order, *(case("all", _words(form), normal(2, 5, 4, seed=s)) for form in (0, 3, 4) for s in (1, 2))
    )
    first = float(normal(2, 5, 4, seed=1)[0, 0, 0])
    assert ids(lambda f, x: keeps_order(f, x) or float(x[0, 0, 0]) == first, key) == []
