"""값 견주기: 형마다 같은 것은 넘어가고, 다른 것은 무엇이 다른지 말하고, 수는 사람이 읽게 보여요."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from autograder.judging.answer_key import KeyCase
from autograder.judging.call_runner import Foreign
from autograder.judging.cases import Call
from autograder.judging.comparison import compare, excess, tolerance, wrong_type
from autograder.judging.value_text import readable, value_text

CASE = KeyCase("values", (Call(()),), "equal", {}, None, None, ())
LOOSE = KeyCase("values", (Call(()),), "equal", {}, 0.5, 0.0, ())
NAN, INF = math.nan, math.inf


def difference(expected: Any, value: Any, **options: Any) -> str:
    """어긋남의 종류. 같으면 빈 글이에요."""
    problem = compare(CASE, expected, value, **options)
    return problem.kind if problem else ""


def words(expected: Any, value: Any) -> str:
    """어긋남의 문장 전부."""
    problem = compare(CASE, expected, value)
    assert problem is not None
    values = f"{value_text(problem.values.expected)} {value_text(problem.values.got)}" if problem.values else ""
    return "\n".join([problem.what, problem.where, problem.why, problem.look, values])


# -- 읽기 좋은 수 --


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1,000"),
        (2_097_152, "2,097,152"),
        (-65_000_000, "-65,000,000"),
        (2_097_152.0, "2,097,152"),
        (-0.5, "-0.5"),
        (0.1234567, "0.12346"),
        (12.3456789, "12.346"),
        (12345.678, "12,346"),
        (2_097_152.5, "2,097,200"),
        (1e-7, "1e-07"),
        (1e20, "1e+20"),
        (3.0, "3"),
        (NAN, "nan"),
        (-INF, "-inf"),
        (True, "True"),
        (None, "None"),
        ("가", "'가'"),
        ((1000, 2), "(1000, 2)"),
        (10**5000, "10^5000쯤인 정수"),
    ],
    ids=lambda value: str(value)[:12] if not isinstance(value, int) or abs(value) < 10**9 else "big",
)
def test_numbers_are_readable(value: Any, text: str) -> None:
    assert readable(value) == text


@pytest.mark.parametrize(
    ("expected", "value", "text"),
    [
        (2_097_151, 2_097_152, "2,097,151 2,097,152"),
        (2_097_153, 2_097_152.0, "2,097,153 2,097,152"),
        (1.0, 123456.789, "1 123,460"),
        (torch.tensor(1), torch.tensor(2_097_152), "1 2,097,152"),
        (torch.tensor([0, 1_000_000]), torch.tensor([0, 2_097_152]), "1,000,000, 나온 값은 2,097,152예요."),
        (torch.zeros(2000), torch.ones(2000), "원소 2,000개 중 2,000개가 달라요."),
        ([0] * 1200, [0] * 1100, "1,200이어야 하는데 1,100이에요."),
        ("가" * 1500, "가" * 1200, "1,201번째 글자부터 달라요."),
        ({50257: 1}, {}, "없는 열쇠: 50,257"),
        ({}, {50257: 1}, "더 있는 열쇠: 50,257"),
    ],
)
def test_every_shown_number_is_readable(expected: Any, value: Any, text: str) -> None:
    assert text in words(expected, value)


# -- 형마다 --


@pytest.mark.parametrize(
    "value",
    [0, 3, 1.5, NAN, INF, True, None, "글", b"x", [], [1, [2]], (1, "a"), {}, {"a": [1], ("b", 1): 2.0}],
    ids=repr,
)
def test_a_value_equals_itself(value: Any) -> None:
    assert difference(value, value) == ""


@pytest.mark.parametrize(
    ("expected", "value", "kind"),
    [
        # 정수: 개수를 실수로 돌려주면 안 돼요.
        (3, 3.0, "type"),
        (3, 3.001, "type"),
        (3, 4, "value"),
        (10**6, 10**6 + 0.5, "type"),
        (3, True, "type"),
        (3, "3", "type"),
        (3, torch.tensor(3), "type"),
        (3, None, "type"),
        (3, 10**5000, "value"),
        # 실수
        (1.0, 1, ""),
        (1.0, 1.0 + 5e-6, ""),
        (1.0, 1.001, "value"),
        (1.0, NAN, "nan"),
        (NAN, 1.0, "value"),
        (INF, INF, ""),
        (INF, -INF, "value"),
        (1.0, INF, "value"),
        (1.0, 10**5000, "value"),
        # 판단, 글, 바이트
        (True, False, "value"),
        (True, 1, "type"),
        (None, False, "type"),
        ("가나", "가다", "value"),
        ("가나", "가나다", "value"),
        ("가", b"x", "type"),
        (b"ab", b"ac", "value"),
        # 목록과 튜플
        ([1, 2], [1, 3], "value"),
        ([1, 2], [1], "shape"),
        ([1], [1, 2], "shape"),
        ([1], (1,), "type"),
        ((1,), [1], "type"),
        ([], None, "type"),
        ([[1.0]], [["1"]], "type"),
        # 사전
        ({"a": 1}, {"a": 2}, "value"),
        ({"a": 1}, {"b": 1}, "value"),
        ({"a": 1}, {"a": 1, "b": 2}, "value"),
        ({"a": 1}, [("a", 1)], "type"),
        ({"a": [1]}, {"a": [1, 2]}, "shape"),
    ],
    ids=lambda value: str(value)[:20] if not isinstance(value, int) or abs(value) < 10**9 else "huge",
)
def test_each_type_has_its_own_difference(expected: Any, value: Any, kind: str) -> None:
    assert difference(expected, value) == kind


ROW = torch.tensor([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("expected", "value", "kind"),
    [
        (ROW, ROW.clone(), ""),
        (ROW, ROW + 1e-6, ""),
        (ROW, ROW + 0.01, "value"),
        (ROW, ROW.double(), "dtype"),
        (ROW, ROW[None], "shape"),
        (ROW, ROW.tolist(), "type"),
        (ROW, Foreign("numpy.ndarray"), "type"),
        (ROW, None, "type"),
        (ROW, torch.tensor([1.0, NAN, 3.0]), "nan"),
        (ROW, torch.tensor([1.0, INF, 3.0]), "nan"),
        (torch.tensor([NAN, INF]), torch.tensor([NAN, INF]), ""),
        (torch.tensor([NAN, INF]), torch.tensor([NAN, -INF]), "value"),
        (torch.tensor([True, False]), torch.tensor([True, True]), "value"),
        (torch.tensor([1, 2]), torch.tensor([1, 2]), ""),
        (torch.empty(0, 3), torch.empty(0, 3), ""),
        (torch.empty(0, 3), torch.empty(3, 0), "shape"),
        (ROW.to(torch.bfloat16), (ROW * 1.01).to(torch.bfloat16), ""),
        (ROW.double(), ROW.double() * 1.001, "value"),
    ],
)
def test_tensors(expected: Tensor, value: Any, kind: str) -> None:
    assert difference(expected, value) == kind


def test_a_tensor_says_where_and_both_values() -> None:
    said = words(ROW, torch.tensor([1.0, 2.0, 30.25]))
    assert "결과[2]에서 기대한 값은 3, 나온 값은 30.25예요." in said and "원소 3개 중 1개가" in said


def test_ignored_places_are_not_compared() -> None:
    hidden = torch.tensor([False, True, False])
    changed = torch.tensor([1.0, 99.0, 3.0])
    assert difference(ROW, changed) == "value" and difference(ROW, changed, ignore=hidden) == ""
    assert difference(ROW, changed + 1, ignore=hidden) == "value"
    # 마스크는 뒤의 축에 맞춰 넓혀져요.
    assert difference(torch.ones(2, 3), torch.ones(2, 3) + hidden, ignore=hidden) == ""


def test_the_path_names_the_place_inside() -> None:
    assert "결과[1]['a']" in words([0, {"a": 1}], [0, {"a": 2}])


def test_wrong_types_name_both_and_how_to_convert() -> None:
    assert "float 형이어야 하는데 torch.Tensor가 나왔어요" in wrong_type(1.0, ROW, "결과").what
    assert (
        "튜플" in wrong_type((ROW, ROW), ROW, "결과").look and "`.item()`" not in wrong_type((1, 2), ROW, "결과").look
    )
    assert "불(bool)" in words(torch.tensor([True]), torch.tensor([1.0]))
    assert "`.item()`" in wrong_type(1.0, ROW, "결과").look
    assert "torch.from_numpy" in wrong_type(ROW, Foreign("numpy.ndarray"), "결과").look
    assert "return" in words(ROW, None)


def test_an_expectation_that_cannot_be_compared_is_a_bug_of_ours() -> None:
    with pytest.raises(TypeError, match="set"):
        compare(CASE, {1}, {1})


# -- 허용 오차 --


def test_tolerance_follows_the_dtype_unless_the_case_says_otherwise() -> None:
    assert tolerance(CASE, torch.float64) < tolerance(CASE, torch.float32) < tolerance(CASE, torch.float16)
    assert tolerance(CASE) == tolerance(CASE, torch.int64) == tolerance(CASE, torch.float64)
    assert tolerance(LOOSE, torch.float32) == tolerance(LOOSE) == (0.5, 0.0)
    assert compare(LOOSE, ROW, ROW + 0.4) is None and compare(LOOSE, ROW, ROW + 0.6) is not None


def test_excess_is_one_at_the_tolerance() -> None:
    expected = torch.tensor([0.0, 10.0, NAN, INF, 1.0], dtype=torch.float64)
    value = torch.tensor([1e-3, 10.0 + 2e-3, NAN, INF, NAN], dtype=torch.float64)
    ratio = excess(expected, value, 1e-3, 1e-4)
    assert ratio[:4].tolist() == pytest.approx([1.0, 1.0, 0.0, 0.0]) and ratio[4] == INF
