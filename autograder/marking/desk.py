"""채점하는 책상: 한 반의 서술형을 화면에 보일 모양으로 모으고, 화면이 보낸 점수를 성적부에 적어요.

성적부의 연결은 만든 실에서만 쓸 수 있어서, 책상의 모든 일은 서버의 실 하나에서 차례로 해요.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from autograder.classroom.folder import Classroom, ClassroomError
from autograder.classroom.gradebook import find_gradebook
from autograder.classroom.question import CELL, question
from autograder.exercises import LESSONS
from autograder.grading.names import visible
from autograder.marking.grouping import groups
from autograder.marking.ledger import Change, MarkError, State, prepare, read_states, write_marks
from autograder.marking.refresh import Refresher

SNIPPETS = 8  # 다시 권할, 자주 쓴 의견의 수


class Desk:
    """한 반의 서술형. 채점한 적이 없는 학급이면 ClassroomError예요."""

    def __init__(self, classroom: Classroom, who: str) -> None:
        self.classroom, self.who = classroom, who
        gradebook = find_gradebook(classroom.db_url()) if classroom.path.is_dir() else None
        if gradebook is None:
            raise ClassroomError(
                f"{classroom.path}에 성적부가 없어요. 제출물을 모은 뒤 `python3 course.py grade`를 먼저 해 주세요. "
                "다른 학급이면 `--classroom 폴더`를 붙여요."
            )
        self.gradebook = gradebook
        self.refresher = Refresher(classroom)
        self._answers: dict[str, dict[str, str | None]] = {}
        prepare(gradebook)

    def close(self) -> None:
        """남은 피드백을 마저 쓰고 성적부를 닫아요."""
        self.gradebook.close()
        self.refresher.close()

    @property
    def practice(self) -> bool:
        """연습 학급인지."""
        return self.classroom.is_practice

    def lessons(self) -> list[dict[str, Any]]:
        """답이 있는 레슨들과 진행."""
        found = []
        for lesson in LESSONS:
            written = [s for s in read_states(self.gradebook, lesson, {}) if _answered(s)]
            if written:
                done = sum(state.score is not None and not state.review for state in written)
                again = sum(state.score is not None and state.review for state in written)
                title = f"레슨 {int(lesson[:2])} · {LESSONS[lesson]}"
                found.append({"lesson": lesson, "title": title, "answers": len(written), "done": done, "again": again})
        return found

    def page(self, lesson: str) -> dict[str, Any]:
        """레슨 하나의 화면: 문제, 모범 답안, 기준, 묶은 답들, 상태들."""
        asked = question(lesson)
        states = read_states(self.gradebook, lesson, {})
        answers = self._read_answers(lesson, states)
        ids = {state.student: state.id for state in states}
        written = {s.student: answers[s.student] or "" for s in states if _answered(s)}
        crowds = [
            [{"ids": [ids[s] for s in group.students], "texts": [visible(t) for t in group.texts]} for group in crowd]
            for crowd in groups({student: text for student, text in written.items() if text})
        ]
        # 점수는 있는데 글을 이 컴퓨터에서 찾지 못한 답도 빠뜨리지 않아요.
        crowds += [[{"ids": [ids[student]], "texts": []}] for student, text in written.items() if not text]
        return {
            "lesson": lesson,
            "title": f"레슨 {int(lesson[:2])} · {asked.title}",
            "max": asked.max_score,
            "prompt": asked.prompt,
            "sample": asked.sample,
            "rubric": [asdict(line) for line in asked.rubric],
            "crowds": crowds,
            "blanks": [visible(state.student) for state in states if not _answered(state)],
            **self.states(lesson),
        }

    def states(self, lesson: str) -> dict[str, Any]:
        """지금 성적부에 있는 것. 다른 화면에서 바꾼 점수도 여기서 보여요."""
        states = [s for s in read_states(self.gradebook, lesson, self._digests(lesson)) if _answered(s)]
        said = Counter(state.comment for state in states if state.comment)
        return {
            "states": [_shown(state) for state in states],
            "snippets": [text for text, _ in said.most_common(SNIPPETS)],
            "trouble": self.refresher.trouble,
        }

    def mark(self, lesson: str, sent: Any) -> tuple[bool, dict[str, Any]]:
        """화면이 보낸 점수들을 적어요. (적었는지, 그 답들의 지금 상태)를 돌려줘요. 적을 수 없는 값이면 MarkError예요."""
        if not isinstance(sent, dict) or not isinstance(sent.get("marks"), list) or not sent["marks"]:
            raise MarkError("화면이 보낸 것을 읽지 못했어요. 새로 고친 뒤 다시 해 주세요.")
        asked, digests = question(lesson), self._digests(lesson)
        owners = {state.id: state.student for state in read_states(self.gradebook, lesson, {}) if _answered(state)}
        changes = []
        for data in sent["marks"]:
            owner = owners.get(str(data.get("id"))) if isinstance(data, dict) else None
            if owner is None:
                raise MarkError("성적부에 없는 답이에요. 새로 고친 뒤 다시 해 주세요.")
            changes.append(Change.of(data, asked.max_score, len(asked.rubric), digests.get(owner, "")))
        conflicts = write_marks(self.gradebook, lesson, digests, changes, self.who)
        touched = {change.id for change in changes}
        if not conflicts:
            self.refresher.note((owners[id], lesson) for id in touched)
        states = read_states(self.gradebook, lesson, digests)
        return not conflicts, {"states": [_shown(state) for state in states if state.id in touched]}

    def _read_answers(self, lesson: str, states: Sequence[State]) -> Mapping[str, str | None]:
        """학생마다의 답의 글. 이 컴퓨터에 채점한 결과가 없으면 None이에요."""
        results = {state.student: self.classroom.load(state.student, lesson) for state in states}
        self._answers[lesson] = {student: found.code.get(CELL) if found else None for student, found in results.items()}
        return self._answers[lesson]

    def _digests(self, lesson: str) -> Mapping[str, str]:
        """화면에 보인 답들의 지문."""
        if lesson not in self._answers:
            self._read_answers(lesson, read_states(self.gradebook, lesson, {}))
        return {student: _digest(text) for student, text in self._answers[lesson].items()}


def _answered(state: State) -> bool:
    """사람이 볼 답인지. 빈 답은 채점이 0점을 적어 둬요. 그래도 사람이 점수를 주었으면 보여요."""
    return state.auto is None or state.score is not None


def _digest(text: str | None) -> str:
    return hashlib.sha256((text or "").encode("utf-8", "surrogatepass")).hexdigest()


def _shown(state: State) -> dict[str, Any]:
    """브라우저에 보낼 상태. 이름의 보이지 않는 글자는 드러내고, 시각은 이 컴퓨터의 것이에요."""
    at = f"{datetime.fromisoformat(state.at).astimezone():%m-%d %H:%M}" if state.at else ""
    return asdict(state) | {"student": visible(state.student), "who": visible(state.who), "at": at}
