"""모래상자에서 돌아온 답을 믿지 않고 판정해요. 무엇이 와도 예외를 내지 않아요."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from torch import Tensor

from autograder.judging import serialisation
from autograder.judging.answer_key import AnswerKey
from autograder.judging.call_runner import Foreign, Outcome
from autograder.judging.judge import Verdict, judge
from autograder.repair.finding import Finding
from autograder.sandbox import Limits

BLOCKED = "채점에서는 파일 쓰기, 네트워크, 새 프로세스를 쓸 수 없어요."
BLOCKED_ERRORS = {"PermissionError", "BlockingIOError", "OSError", "ConnectionError", "gaierror", "URLError"}


def judge_answer(key: AnswerKey, answer: bytes, limits: Limits) -> Verdict | None:
    """답의 바이트를 풀고 판정해요. 함수가 만들어지지 않았다는 답이면 None이에요."""
    try:
        outcomes = serialisation.load(answer, _room(limits))
    except serialisation.SerialisationError as error:
        return Verdict(key.exercise, "refused", message=f"돌려준 값을 받을 수 없어요. {error}")
    if outcomes is None:
        return None
    verdict = judge_outcomes(key, outcomes)
    blocked = verdict.verdict != "pass" and any(f"({name})" in verdict.message for name in BLOCKED_ERRORS)
    return replace(verdict, message=f"{verdict.message}\n{BLOCKED}") if blocked else verdict


def _room(limits: Limits) -> serialisation.Room:
    return serialisation.Room(limits.answer_bytes, limits.answer_items, limits.answer_keys, limits.answer_tensors)


def judge_outcomes(key: AnswerKey, outcomes: Any) -> Verdict:
    """돌아온 것의 모양을 먼저 바로잡고 판정해요."""
    groups = tuple(key.groups)
    cleaned = _clean(outcomes)
    if cleaned is None:
        why = "약속하지 않은 모양의 답이 와서 받지 않았어요."
        return Verdict(key.exercise, "refused", (), groups, None, why)
    try:
        return judge(key, cleaned)
    except Exception:
        # 판정이 예상하지 못한 값(아주 큰 정수 등)이에요. 한 사람의 답이 반 전체의 채점을 멈추게 두지 않아요.
        why = "돌려준 값을 견줄 수 없어요. 독스트링이 약속한 형과 크기인지 봐요."
        return Verdict(key.exercise, "fail", (), groups, None, why)


def _clean(outcomes: Any) -> list[list[Outcome]] | None:
    if not isinstance(outcomes, list) or not all(isinstance(case, list) for case in outcomes):
        return None
    if not all(isinstance(outcome, Outcome) for case in outcomes for outcome in case):
        return None
    return [[_clean_outcome(outcome) for outcome in case] for case in outcomes]


def _clean_outcome(outcome: Outcome) -> Outcome:
    changed = outcome.changed if isinstance(outcome.changed, tuple) else ()
    grads = outcome.grads if isinstance(outcome.grads, tuple) else ()
    error = outcome.error if outcome.error is None else python_name(outcome.error)
    detail = outcome.detail if isinstance(outcome.detail, str) else ""
    if error == "RuntimeError" and "allocate" in detail:
        error = "MemoryError"  # torch는 메모리가 모자랄 때 RuntimeError를 내요.
    value = outcome.value
    return replace(
        outcome,
        value=Foreign(python_name(value.type_name, dots=True)) if isinstance(value, Foreign) else value,
        error=error,
        detail=detail[:300],
        changed=tuple(place for place in changed if isinstance(place, int | str)),
        grads=tuple(grad if isinstance(grad, Tensor) else None for grad in grads),
        bases=tuple(python_name(base) for base in outcome.bases) if isinstance(outcome.bases, tuple) else (),
        line=outcome.line if type(outcome.line) is int and 0 < outcome.line < 10**6 else None,
        code=outcome.code[:200] if isinstance(outcome.code, str) else "",
        function=python_name(outcome.function) if outcome.function else "",
        inside=python_name(outcome.inside) if outcome.inside else "",
    )


def read_finding(body: bytes, source: str) -> Finding | None:
    """모래상자가 찾은 줄. 번호만 받고 글은 우리가 가진 셀에서 꺼내요. 약속과 다르면 None이에요."""
    try:
        facts = json.loads(body)
        lines, kind, edits, added = facts["lines"], facts["kind"], facts["edits"], facts["added"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    texts = source.splitlines()
    if not isinstance(lines, list) or not 1 <= len(lines) <= 3 or edits not in (1, 2, 3) or not isinstance(kind, str):
        return None
    if not all(type(line) is int and 1 <= line <= len(texts) for line in lines) or not re.fullmatch(
        r"[\w (),-]{0,30}", kind
    ):
        return None
    return Finding(tuple(lines), tuple(texts[line - 1].strip()[:120] for line in lines), kind, edits, added is True)


def python_name(text: Any, dots: bool = False) -> str:
    """파이썬 이름의 모양일 때만 그대로 보여 줘요."""
    pattern = r"[\w.<>]{1,80}" if dots else r"\w{1,60}"
    return text if isinstance(text, str) and re.fullmatch(pattern, text) else "Exception"
