"""학급 폴더(`classroom/`) 하나: 시드, 이미 채점한 결과, 성적부, 피드백이 사는 곳.

submitted/<학생>/<레슨>/<레슨>.ipynb   받은 그대로의 제출물. 읽기만 해요.
autograded/…                           formgrader가 보여 줄, 판정을 적어 넣은 사본
feedback/<학생>/<레슨>.html            학습자에게 줄 피드백. 윈도우와 맥에서 풀어도 겹치지 않아요
results/<레슨>/<학생>.json             제출물마다의 판정. 다시 돌릴 때 바뀌지 않은 것은 이걸 써요.
replaced/<때>/<학생>/<레슨>.ipynb      새로 받아 바뀐 옛 제출물
aside/<레슨>/<학생>/…                  그 레슨을 모을 때 받은 다른 레슨의 노트북
receipts/<레슨>.json                   누구의 것이 LMS의 어느 이름에서 왔는지
roster.csv deadlines.json              명단, 마감과 연장
changes/<때>.csv, .html                다시 채점해서 달라진 점수의 목록. 이름에 preview가 있으면 미리 본 것이에요
classroom.json gradebook.db marks.csv  시드, 성적부, 점수표
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url

from autograder.classroom.fingerprint import Parts, parts_of
from autograder.errors import CourseError
from autograder.exercises import LESSONS
from autograder.files import create_text, write_json
from autograder.grading.messages import Graded
from autograder.grading.names import folded, tagged
from autograder.grading.results import Mark, Scored
from autograder.layout import ROOT


class ClassroomError(CourseError):
    """학급 폴더를 쓸 수 없어요. 내용은 강사에게 보일 한국어 문장이에요."""


@dataclass(frozen=True)
class StoredResult(Scored):
    """디스크에 남기는 제출물 하나의 결과.

    `key`는 내용, 시드, 실습 정의가 모두 같은지 가리는 지문, `answered`는 손 채점 셀에 답을 적었는지,
    `code`는 피드백에 보여 줄 학습자의 셀, `parts`는 지문의 조각들이에요(첫 판의 결과에는 없어요).
    """

    key: str
    student: str
    lesson: str
    marks: tuple[Mark, ...]
    problems: tuple[str, ...]
    readable: bool
    seed: int
    tier: str
    graded_at: str
    answered: Mapping[str, bool] = field(default_factory=dict)
    code: Mapping[str, str] = field(default_factory=dict)
    parts: Parts | None = None

    @classmethod
    def of(cls, graded: Graded, parts: Parts) -> StoredResult:
        """채점의 결과에서 디스크에 남길 것만 골라요."""
        return cls(
            parts.key,
            graded.student,
            graded.lesson,
            graded.marks,
            graded.problems,
            graded.readable,
            graded.seed,
            graded.tier,
            datetime.now().strftime("%Y-%m-%d %H:%M"),
            graded.answered,
            graded.code,
            parts,
        )

    def without_code(self) -> StoredResult:
        """피드백에만 쓰는 학습자의 글을 뺀 것."""
        return replace(self, code={})


class Classroom:
    """학급 폴더. 만들 때는 아무것도 쓰지 않아요."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.submitted = self.path / "submitted"
        self.changes = self.path / "changes"
        self.marks_csv = self.path / "marks.csv"

    def autograded(self, student: str, lesson: str) -> Path:
        """판정을 적어 넣은 사본의 자리."""
        return self.path / "autograded" / student / lesson / f"{lesson}.ipynb"

    def feedback(self, student: str, lesson: str) -> Path:
        """학습자에게 줄 피드백의 자리.

        대소문자나 정규형만 다른 이름은 윈도우와 맥에서 한 폴더가 돼요. 먼저 받은 사람이 그 이름을 갖고, 다른 사람의 폴더에는 지문이 붙어요.
        """
        owner = self._feedback_folders.setdefault(folded(student), student)
        folder = student if owner == student else tagged(student, student.encode())
        return self.path / "feedback" / folder / f"{lesson}.html"

    @cached_property
    def _feedback_folders(self) -> dict[str, str]:
        """이미 있는 피드백의 폴더: 겹치는 이름끼리 같은 글에서 그 이름을 가진 사람으로."""
        names = sorted(path.name for path in (self.path / "feedback").glob("*/"))
        return {folded(name): name for name in reversed(names)}

    def _result(self, student: str, lesson: str) -> Path:
        return self.path / "results" / lesson / f"{student}.json"

    def config(self) -> Any:
        """저장소와 학급 폴더의 `nbgrader_config.py`를 읽은 설정. 성적부 주소와 감점 규칙이 여기서 와요."""
        from traitlets.config.loader import Config, PyFileConfigLoader

        config = Config()
        for folder in (ROOT, self.path):
            if (folder / "nbgrader_config.py").is_file():
                config.merge(PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config())
        config.CourseDirectory.root = str(self.path)
        return config

    @cached_property
    def adds_bonus(self) -> bool:
        """보너스 실습의 점수를 더하는 학급인지. 학급의 nbgrader_config.py에 `c.Classroom.bonus = False`라고 적으면 더하지 않아요."""
        return self.config().Classroom.get("bonus", True) is not False

    def db_url(self) -> URL:
        """성적부의 주소. 설정이 없으면 `classroom/gradebook.db`예요. 경로에 `?`, `#`, `%`가 있어도 그 파일이에요."""
        configured = self.config().CourseDirectory.get("db_url")
        if isinstance(configured, str) and configured:
            return make_url(configured)
        return URL.create("sqlite", database=str(self.path / "gradebook.db"))

    @property
    def has_seed(self) -> bool:
        """한 번이라도 채점을 시작한 학급인지."""
        return (self.path / "classroom.json").exists()

    def seed(self) -> int:
        """이 학급의 시드. 처음 부를 때 한 번 뽑아 적어 두고, 그다음부터는 늘 같아요."""
        path = self.path / "classroom.json"
        if not path.exists():
            self.path.mkdir(parents=True, exist_ok=True)
            facts = {"seed": secrets.randbelow(2**53), "created": f"{datetime.now():%Y-%m-%d}"}
            # 두 채점이 함께 시작해도 시드는 하나예요: 이미 있으면 링크가 실패해요.
            create_text(path, json.dumps(facts) + "\n")
        try:
            seed = json.loads(path.read_text(encoding="utf-8"))["seed"]
        except (ValueError, KeyError, TypeError) as error:
            raise ClassroomError(
                f"시드를 적어 둔 {path} 파일이 깨졌어요. 백업을 되돌리거나, 지우면 새 시드로 모두 다시 채점해요."
            ) from error
        if not isinstance(seed, int):
            raise ClassroomError(f"{path}의 seed는 정수여야 해요.")
        return seed

    def parts(self, content: str, lesson: str, sandboxed: bool = True) -> Parts:
        """이 학급에서 그 내용(`content_digest`)을 지금 채점하면 판정을 정할 것들의 지문."""
        return parts_of(lesson, content, self.seed(), self.adds_bonus, sandboxed)

    def load(self, student: str, lesson: str) -> StoredResult | None:
        """남겨 둔 결과. 없거나 깨졌으면 None이라 다시 채점하게 돼요."""
        try:
            data = json.loads(self._result(student, lesson).read_text(encoding="utf-8"))
            data["marks"] = tuple(Mark(**mark) for mark in data["marks"])
            data["problems"] = tuple(data["problems"])
            data["parts"] = Parts(**data["parts"]) if data.get("parts") else None
            return StoredResult(**data)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def store(self, result: StoredResult) -> None:
        """결과를 남겨요. 다음에 바뀌지 않은 제출물이면 `load`가 돌려줘요."""
        write_json(self._result(result.student, result.lesson), asdict(result))

    def forget(self, student: str, lesson: str | None = None) -> None:
        """그 이름으로(레슨을 주면 그것만) 남겨 둔 결과를 지워요. 다음 채점에서 다시 만들어져요."""
        for one in LESSONS if lesson is None else (lesson,):
            self._result(student, one).unlink(missing_ok=True)

    def results(self) -> Iterator[StoredResult]:
        """남겨 둔 모든 결과를 (레슨, 학생) 차례로."""
        for path in sorted((self.path / "results").glob("*/*.json")):
            # 점으로 시작하는 것은 쓰다 만 임시 파일이에요. 학습자의 이름은 점으로 시작하지 않아요.
            found = None if path.name.startswith(".") else self.load(path.stem, path.parent.name)
            if found is not None:
                yield found

    @contextmanager
    def lock(self) -> Iterator[None]:
        """같은 학급을 두 명령이 함께 쓰지 않게 잠가요. 프로세스가 죽으면 저절로 풀려요."""
        import fcntl  # Windows에는 없어요. 거기서는 채점하지 않아요.

        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.path / ".lock", "w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ClassroomError(
                    f"{self.path} 학급을 다른 명령이 쓰고 있어요(채점이나 모으기). 끝난 뒤에 다시 해 봐요."
                ) from error
            yield
