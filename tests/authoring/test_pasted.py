"""학습자 묶음에는 붙여 넣어 점수가 되는 것이 없어요: 함수, 힌트의 조각, 공개 답안지의 값."""

from __future__ import annotations

import textwrap

import pytest
import torch
from support.bundle_functions import Found, functions_in, functions_of
from support.pasted import (
    TooSlowToPaste,
    earned_by,
    fragments,
    naive_score,
    named,
    paste,
)

from autograder.authoring.bundle import bundle_files
from autograder.authoring.lesson_source import sources
from autograder.exercises import find_exercise, lesson_exercises
from autograder.exercises.answer_key_maker import PUBLIC_SEED, make_answer_key
from autograder.judging import serialisation
from autograder.judging.judge import judge

HIDDEN_SEED = 4242
LESSONS = sources()


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return dict(bundle_files(LESSONS))


@pytest.fixture(scope="module")
def functions(files) -> list[Found]:
    found = list(functions_in(files))
    assert len(found) > 500
    return found


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_function_of_the_bundle_earns_a_point(functions, lesson) -> None:
    """예외는 연산자나 PyTorch의 함수 하나로도 받는 점수뿐이에요."""
    earned = []
    for exercise in lesson_exercises(lesson):
        key = make_answer_key(exercise, HIDDEN_SEED)
        free = naive_score(exercise, key)
        for found in list(functions):
            try:
                got = paste(found, exercise, key)
            except TooSlowToPaste:
                functions.remove(found)
                continue
            if got and got.score > free:
                earned.append(got)
    assert earned == [] and len(functions) > 500


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_hint_is_a_whole_answer(files, lesson) -> None:
    answers = fragments(files, lesson)
    for exercise in lesson_exercises(lesson):
        assert answers[exercise.name], exercise.name
        key = make_answer_key(exercise, HIDDEN_SEED)
        free = naive_score(exercise, key)
        earned = [
            (code, score)
            for code, f in answers[exercise.name]
            if (score := earned_by(named(f, exercise), key)[0]) > free
        ]
        assert earned == [], exercise.name


@pytest.mark.parametrize("lesson", LESSONS)
def test_recorded_values_looked_up_earn_nothing(lesson) -> None:
    """공개 답안지에서 같은 인자를 찾아 적힌 값을 돌려주는 답: 노트북의 확인은 통과해도, 숨은 사례에서는 0점이에요."""
    for exercise in lesson_exercises(lesson):
        public = make_answer_key(exercise, PUBLIC_SEED)
        table = {
            serialisation.dump([call.args, call.kwargs]): expected
            for case in public.cases
            for call, expected in zip(case.calls, case.expected, strict=True)
        }

        def look_up(case, table=table):
            return [table.get(serialisation.dump([call.args, call.kwargs])) for call in case.calls]

        key = make_answer_key(exercise, HIDDEN_SEED)
        outcomes = [[found for found in look_up(case) if found is not None] for case in key.cases]
        assert judge(key, outcomes).score(key.points) == 0, exercise.name


# -- 재는 도구가 정말 찾는지 --

ANSWERS = {
    "ffn": "def feed(h, W1, b1, W2, b2):\n    return torch.relu(h @ W1 + b1) @ W2 + b2",
    "post_norm": "class Kit:\n    def run(self, sublayer, x, gamma, beta, eps):\n"
    "        return torch.nn.functional.layer_norm(x + sublayer(x), gamma.shape, gamma, beta, eps)",
    "shift_right": "moved = {'a': lambda ids, start: torch.nn.functional.pad(ids, (1, -1), value=start)}",
    "noam_lr": "def outer(warmup):\n    def rate(d_model, step):\n        step = max(step, 1)\n"
    "        return d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)\n    return rate",
    "layer_norm": "def both(x, gamma, beta):\n    y = torch.nn.functional.layer_norm(x, gamma.shape, gamma, beta)\n"
    "    return y, x",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_measure_finds_an_answer_in_disguise(name) -> None:
    """이름, 인자의 차례와 이름, 메서드, 안쪽 함수, 함께 돌려준 값이 달라도 찾아요."""
    exercise = find_exercise(name)
    key = make_answer_key(exercise, HIDDEN_SEED)
    found = functions_of("disguised.py", textwrap.dedent(ANSWERS[name]), {"torch": torch})
    earned = [got for one in found if (got := paste(one, exercise, key))]
    assert max(got.score for got in earned) > 0.5 * exercise.points


def test_the_measure_follows_a_function_that_takes_a_function() -> None:
    """안쪽 함수가 바깥에서 받던 함수는 파일에 든 닮은 이름으로 채워요."""
    source = (
        "def _attention(q, k, v):\n    return torch.nn.functional.scaled_dot_product_attention(q, k, v)\n"
        "def with_(attention):\n    def make(q, k, v, mask):\n        return attention(q, k, v), mask\n    return make"
    )
    space = {"torch": torch}
    exec(source, space)
    made = [found.make({}) for found in functions_of("layers.py", source, space) if found.name == "make"]
    x = torch.randn(2, 3, 4)
    assert [torch.equal(make(x, x, x, None)[0], space["_attention"](x, x, x)) for make in made] == [True]
