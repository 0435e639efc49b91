"""실습 표 전체의 시험: 모든 실수가 잡히고, 이름이 하나로 붙고, 정답에서 멀고, 다르게 쓴 바른 답은 통과해요."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest
import torch
from support.separation import separation

from autograder.exercises import finished_lessons, lesson_exercises
from autograder.exercises.answer_key_maker import PUBLIC_SEED, make_answer_key
from autograder.exercises.schema import Exercise
from autograder.judging import serialisation
from autograder.judging.answer_key import AnswerKey, load_keys, save_keys
from autograder.judging.call_runner import Outcome, run_cases
from autograder.judging.judge import judge

EXERCISES = [exercise for lesson in finished_lessons() for exercise in lesson_exercises(lesson)]
SEEDS = [PUBLIC_SEED, *range(1, 20)]

every_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)


def run(key: AnswerKey, function) -> list[list[Outcome]]:
    return run_cases(function, [case.calls for case in key.cases])


def test_there_are_exercises():
    assert EXERCISES


@pytest.mark.parametrize("lesson", finished_lessons())
def test_points_add_up_to_95(lesson):
    exercises = lesson_exercises(lesson)
    assert sum(e.points for e in exercises) == 95, f"{lesson}: 배점의 합이 95여야 해요"
    assert all(e.lesson == lesson for e in exercises)


def test_names_and_ids_are_unique():
    names = Counter(e.name for e in EXERCISES)
    ids = Counter(m.id for e in EXERCISES for m in e.mistakes)
    assert [name for name, count in (names + ids).items() if count > 1] == [], "같은 이름이나 id가 둘이에요"
    for exercise in EXERCISES:
        for mistake in exercise.mistakes:
            assert mistake.title and mistake.why and mistake.look and mistake.wrong


@every_exercise
def test_reference_passes_for_every_seed(exercise: Exercise):
    for seed in SEEDS:
        key = make_answer_key(exercise, seed)
        drawn = {c.group for c in key.cases}
        assert drawn == set(exercise.groups), (
            f"사례가 없는 그룹: {set(exercise.groups) - drawn}, 표에 없는 그룹: {drawn - set(exercise.groups)}"
        )
        verdict = judge(key, run(key, exercise.reference), reveal=True)
        assert verdict.verdict == "pass", (seed, verdict)


@every_exercise
def test_differently_written_answers_pass(exercise: Exercise):
    assert exercise.correct, "다르게 쓴 바른 답이 하나는 있어야 해요"
    for seed in SEEDS[:8]:
        key = make_answer_key(exercise, seed)
        for i, answer in enumerate(exercise.correct):
            verdict = judge(key, run(key, answer), reveal=True)
            assert verdict.verdict == "pass", (i, seed, verdict.message)


@every_exercise
def test_every_mistake_is_caught_and_named(exercise: Exercise):
    for seed in SEEDS:
        key = make_answer_key(exercise, seed)
        for mistake in exercise.mistakes:
            for i, wrong in enumerate(mistake.wrong):
                verdict = judge(key, run(key, wrong))
                where = f"{mistake.id}의 {i}번째 wrong, 시드 {seed}"
                assert verdict.mistake == mistake.id, (
                    f"{where}: {verdict.mistake}로 불렸어요. 결과가 같다면 한 항목의 wrong에 함께 넣어요. {verdict}"
                )
                assert set(verdict.failed) == set(mistake.groups), (
                    f"{where}: groups를 {verdict.failed}로 고치거나 사례를 키워요"
                )


@every_exercise
def test_mistakes_stay_away_from_the_right_answer(exercise: Exercise):
    """떨어지는 그룹마다, 허용 오차의 열 배 넘게 어긋난 사례가 하나는 있어요."""
    for seed in SEEDS[:5]:
        key = make_answer_key(exercise, seed)
        for mistake in exercise.mistakes:
            for i in range(len(mistake.wrong)):
                for group in mistake.groups:
                    cases = [c for c in key.cases if c.group == group]
                    best = max((separation(c, c.mistakes[mistake.id][i]) for c in cases), default=0.0)
                    assert best >= 10, (
                        f"{mistake.id}의 {i}번째 wrong이 {group}에서 허용 오차의 {best:.1f}배만 어긋나요(시드 {seed}). 사례를 키워요"
                    )


@every_exercise
def test_stub_none_print_and_foreign_values_have_their_own_words(exercise: Exercise):
    key = make_answer_key(exercise, PUBLIC_SEED)

    def stub(*args, **kwargs):
        raise NotImplementedError("여기를 채워 주세요")

    def explode(*args, **kwargs):
        raise OSError("boom")

    assert judge(key, run(key, stub)).verdict == "missing"
    assert judge(key, run(key, stub)).message.startswith("아직 구현 전")
    for function in (lambda *a, **k: None, lambda *a, **k: torch, lambda *a, **k: "답", explode):
        verdict = judge(key, run(key, function), reveal=True)
        assert verdict.verdict in ("fail", "error") and verdict.mistake is None, verdict
        assert re.search(r"[가-힣]", verdict.message)
    assert "None" in judge(key, run(key, lambda *a, **k: None)).message
    assert "OSError" in judge(key, run(key, explode)).message


@every_exercise
def test_messages_do_not_show_hidden_values(exercise: Exercise):
    """채점의 말에는 숨은 사례의 값이 없어요. 노트북에서는 두 값을 보여 줘요."""
    # 레슨의 보기는 채점에서도 값을 보여 주므로 빼고 봐요.
    key = make_answer_key(replace(exercise, examples=()), 3)
    for mistake in exercise.mistakes:
        outcomes = run(key, mistake.wrong[0])
        if judge(key, outcomes).verdict == "pass":
            continue  # 이 시드에서는 보기만 알아보는 실수예요.
        hidden, shown = judge(key, outcomes).message, judge(key, outcomes, reveal=True).message
        assert mistake.why in hidden and mistake.look in hidden
        assert "나온 값" not in hidden and "나온 길이" not in hidden
        assert len(shown) >= len(hidden)


@every_exercise
def test_the_same_seed_makes_the_same_key_and_a_saved_key_judges_the_same(exercise: Exercise, tmp_path):
    first, second = make_answer_key(exercise, 7), make_answer_key(exercise, 7)
    assert serialisation.dump([c.calls for c in first.cases]) == serialisation.dump([c.calls for c in second.cases])
    assert serialisation.dump([c.calls for c in first.cases]) != serialisation.dump(
        [c.calls for c in make_answer_key(exercise, 8).cases]
    )
    save_keys(tmp_path / "x.keys", [first])
    loaded = load_keys(tmp_path / "x.keys")[exercise.name]
    assert judge(loaded, run(loaded, exercise.reference)).verdict == "pass"
    for mistake in exercise.mistakes:
        assert judge(loaded, run(loaded, mistake.wrong[0])).mistake == mistake.id


def test_a_mistake_costs_the_same_under_every_seed():
    """학급의 시드는 아무 수나 될 수 있어요. eps의 실수는 우연히 값이 거의 같은 토큰이 나와도 tiny만 떨어뜨려요."""
    exercise = next(e for e in EXERCISES if e.name == "layer_norm")
    (mistake,) = (m for m in exercise.mistakes if m.id == "layer_norm.wrong-eps")
    for seed in range(100, 400, 5):
        key = make_answer_key(exercise, seed)
        for wrong in mistake.wrong:
            assert set(judge(key, run(key, wrong)).failed) == {"tiny"}, seed
