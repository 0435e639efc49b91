"""풀리퀘스트로 낸 노트북을 채점하고 한국어 요약을 써요.

풀리퀘스트에서 가져오는 것은 바뀐 노트북의 바이트뿐이에요. 작업 폴더에 풀지 않고 git의 저장고에서 글로만 읽어서,
링크도, 서브모듈도, 함께 바꾼 코드나 설정도 아무 일을 하지 못해요. 코드는 모래상자에서만 돌아요.
"""

from __future__ import annotations

import hashlib
import html
import re
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.classroom.feedback import LABELS, points
from autograder.errors import CourseError
from autograder.exercises import LESSONS, lesson_exercises
from autograder.grading.messages import Graded, Request
from autograder.grading.names import student_name, visible
from autograder.grading.results import Mark, Ungraded
from autograder.grading.station import open_station
from autograder.grading.submissions import Submission
from autograder.limits import LIMITS

_FILE = "100"  # 보통 파일의 모드는 100644나 100755예요. 링크(120000)와 서브모듈(160000)은 읽지 않아요.


class PullRequestError(CourseError):
    """풀리퀘스트에서 바뀐 것을 알 수 없어요."""


@dataclass
class Changed:
    """풀리퀘스트가 더하거나 고친 노트북: 레슨에서 바이트로. `skipped`는 (경로, 채점하지 않은 까닭)이에요."""

    notebooks: dict[str, bytes] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)


def seed_of(text: str) -> int | None:
    """반마다 정해 둔 글에서 시드를. 수는 그대로, 다른 글은 그 지문으로 써요. 비어 있으면 None이에요."""
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,15}", text):
        return int(text)
    return int(hashlib.sha256(text.encode()).hexdigest()[:13], 16) if text else None


def changed_notebooks(repository: Path, base: str, head: str) -> Changed:
    """`base`에서 갈라진 `head`가 더하거나 고친 노트북들. 커밋을 찾지 못하면 PullRequestError예요."""
    fork = _git(repository, "merge-base", *(_commit(repository, name) for name in (base, head))).decode().strip()
    listing = ("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=AMT")
    words = _git(repository, *listing, fork, _commit(repository, head)).decode("utf-8", "surrogateescape").split("\0")
    found: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    changed = Changed()
    for facts, path in zip(words[:-1:2], words[1::2], strict=True):
        _, mode, _, blob, _ = facts.split(" ")
        if not path.lower().endswith(".ipynb") or ".ipynb_checkpoints/" in path:
            continue
        lesson = next((lesson for part in reversed(path.split("/")) for lesson in LESSONS if lesson in part), None)
        if not mode.startswith(_FILE):
            changed.skipped.append((path, "보통 파일이 아니에요(링크나 서브모듈)."))
        elif lesson is None:
            changed.skipped.append((path, "파일이나 폴더의 이름에 레슨의 이름(05_attention_math 같은)이 없어요."))
        elif int(_git(repository, "cat-file", "-s", blob)) > LIMITS.notebook_bytes:
            changed.skipped.append(
                (path, f"너무 커요({LIMITS.notebook_bytes // 1024**2}MB까지예요). 출력을 지워 주세요.")
            )
        else:
            found[lesson].append((path, _git(repository, "cat-file", "blob", blob)))
    for lesson in sorted(found):
        if len(found[lesson]) == 1:
            changed.notebooks[lesson] = found[lesson][0][1]
        else:
            why = f"레슨 {int(lesson[:2])}의 노트북이 {len(found[lesson])}개예요. 낼 것 하나만 남겨 주세요."
            changed.skipped += [(path, why) for path, _ in found[lesson]]
    return changed


def _commit(repository: Path, name: str) -> str:
    """커밋의 온전한 이름."""
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return _git(repository, *words).decode().strip()


def _git(repository: Path, *words: str) -> bytes:
    done = subprocess.run(["git", "-C", str(repository), *words], capture_output=True)
    if done.returncode:
        raise PullRequestError(
            "풀리퀘스트에서 바뀐 것을 알 수 없어요. 두 커밋을 모두 받았는지(`git fetch`) 보고 다시 실행해 주세요."
        )
    return done.stdout


def grade_notebooks(student: str, notebooks: dict[str, bytes], seed: int) -> list[Graded | Ungraded]:
    """노트북들을 모래상자에서 채점해 레슨의 차례로. 모래상자를 만들 수 없으면 SandboxRefused예요."""
    if not notebooks:
        return []
    name = student_name(student)
    requests = [Request(Submission(name, lesson, data), seed) for lesson, data in notebooks.items()]
    with open_station() as station:
        return sorted(station.grade(requests), key=lambda outcome: outcome.lesson)


def summary(
    student: str, outcomes: Sequence[Graded | Ungraded], skipped: Sequence[tuple[str, str]], fixed_seed: bool
) -> str:
    """풀리퀘스트의 작업 요약(마크다운). 학습자가 쓴 글은 울타리 안에 글자로만 담아요."""
    parts = [f"# {_text(student)}의 채점 결과"]
    if not outcomes and not skipped:
        parts.append("바뀐 노트북이 없어서 채점할 것이 없어요.")
    for outcome in outcomes:
        title = f"레슨 {int(outcome.lesson[:2])}. {LESSONS[outcome.lesson]}"
        if isinstance(outcome, Ungraded):
            parts += [f"## {title}: 채점하지 못했어요", _fenced(outcome.why), "작업을 다시 실행해 주세요."]
        else:
            parts += [f"## {title}: {points(outcome.score)} / {points(outcome.max_score)}점", *_lesson(outcome)]
    if skipped:
        parts += ["## 채점하지 않은 노트북", _fenced("\n".join(f"{path}\n    {why}" for path, why in skipped))]
    notes = ["돌아보기(서술형)는 강사가 읽고 점수를 줘요. 그래서 위의 만점에 들지 않아요."]
    if not fixed_seed:
        notes.append("시드를 정해 두지 않은 반이라, 숨은 사례를 이번 실행에서만 쓰는 시드로 뽑았어요.")
    return "\n\n".join([*parts, *(f"- {note}" for note in notes)]) + "\n"


def _lesson(graded: Graded) -> list[str]:
    titles = {exercise.name: exercise.title for exercise in lesson_exercises(graded.lesson)}
    rows = ["| 실습 | 판정 | 점수 |", "|---|---|---:|"]
    rows += [f"| {titles[m.exercise]} `{m.exercise}` | {LABELS[m.verdict]} | {_score(m)} |" for m in graded.marks]
    parts = ["\n".join(rows)]
    for mark in graded.marks:
        if mark.verdict not in ("pass", "missing"):
            parts += [f"### {titles[mark.exercise]}: {LABELS[mark.verdict]}", _fenced(mark.message)]
    if graded.problems:
        parts += ["### 살펴볼 것", _fenced("\n".join(graded.problems))]
    return parts


def _score(mark: Mark) -> str:
    return f"{points(mark.score)} / {points(mark.max_score)}" if mark.max_score else f"{points(mark.score)} (보너스)"


def _text(words: str) -> str:
    """한 줄의 글로만 보이게: 꺾쇠는 이스케이프하고 마크다운의 기호는 글자로 둬요."""
    return re.sub(r"([\\`*_\[\]()#|@!~])", r"\\\1", html.escape(visible(words.replace("\n", " "))))


def _fenced(text: str) -> str:
    """글에 있는 어떤 울타리보다 긴 울타리로 감싸요. 링크도 그림도 HTML도 글자로 남아요."""
    shown = visible(text)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", shown)), default=0))
    return f"{fence}text\n{shown}\n{fence}"
