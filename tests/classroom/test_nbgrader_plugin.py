"""nbgrader의 단추(formgrader가 부르는 API): 같은 시드, 같은 점수, 손 채점, 안전한 피드백."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from support.classes import LESSON, borrow, contents, hand_in, notebook, shared_station, solved
from traitlets.config import Config

from autograder.classroom import nbgrader_plugin
from autograder.classroom.folder import Classroom
from autograder.classroom.grade_class import grade_class
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_reader import read_scores
from autograder.classroom.gradebook_writer import register_lesson

WRONG = "def softmax(x, dim):\n    e = torch.exp(x)\n    return e / e.sum(dim=dim, keepdim=True)"
SCRIPT = "<script>alert('나쁜 글')</script>"


def with_script() -> dict:
    """돌아보기 답과 새 글 셀에 스크립트를 적은 노트북."""
    found = notebook(softmax=WRONG)
    for cell in found["cells"]:
        if (cell["metadata"].get("nbgrader") or {}).get("grade_id") == "reflection":
            cell["source"] = f"제 답이에요. {SCRIPT}"
    found["cells"].insert(1, {"cell_type": "markdown", "id": "mine", "metadata": {}, "source": f"메모 {SCRIPT}"})
    return found


STUDENTS = ("good", "wrong", "corrupt")


def open_api(room: Classroom) -> NbGraderAPI:
    """저장소의 nbgrader_config.py를 읽은, formgrader가 쓰는 그 API."""
    config: Config = room.config()
    return NbGraderAPI(CourseDirectory(config=config), config=config)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    """formgrader의 단추로 세 사람을 채점한 학급. 고치지 마세요. 고치는 시험은 사본(`room`)에서 해요."""
    made = Classroom(tmp_path_factory.mktemp("nbgrader") / "class")
    hand_in(made.submitted, "good", notebook(reflection="제 답이에요."))
    hand_in(made.submitted, "wrong", with_script())
    hand_in(made.submitted, "corrupt", "{")
    before = contents(made.submitted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nbgrader_plugin, "_station", shared_station())
        api = open_api(made)
        with open_gradebook(made.db_url()) as gradebook:
            register_lesson(gradebook, nbgrader_plugin.lesson_cells(LESSON))
        for student in STUDENTS:
            done = api.autograde(LESSON, student, force=True)
            assert done["success"], done.get("log")
    assert contents(made.submitted) == before
    return made


@pytest.fixture
def room(graded: Classroom, tmp_path: Path) -> Classroom:
    return Classroom(shutil.copytree(graded.path, tmp_path / "class"))


@pytest.fixture
def api(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> NbGraderAPI:
    monkeypatch.setattr(nbgrader_plugin, "_station", shared_station())
    return open_api(room)


def scores(room: Classroom) -> dict[tuple[str, str], tuple[float | None, float, bool]]:
    with open_gradebook(room.db_url()) as gradebook:
        return {
            (score.student, cell.name): (cell.auto_score, cell.score, cell.needs_manual)
            for score in read_scores(gradebook)
            for cell in score.cells.values()
        }


def test_the_button_and_the_command_agree(graded: Classroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = graded
    borrow(monkeypatch)
    other = Classroom(tmp_path / "command")
    other.path.mkdir()
    (other.path / "classroom.json").write_bytes((room.path / "classroom.json").read_bytes())
    grade_class(other, room.submitted)
    assert scores(other) == scores(room)
    for student in STUDENTS:
        ours, theirs = (nbformat.read(where.autograded(student, LESSON), as_version=4) for where in (other, room))
        assert [(cell.source, cell.get("outputs")) for cell in ours.cells] == [
            (cell.source, cell.get("outputs")) for cell in theirs.cells
        ]
        assert other.feedback(student, LESSON).is_file()


def test_formgrader_lists_what_was_graded(room: Classroom, api: NbGraderAPI) -> None:
    found = {row["student"]: row for row in api.get_submissions(LESSON)}
    assert set(found) == set(STUDENTS) and all(row["autograded"] for row in found.values())
    assert found["good"]["needs_manual_grade"] and not found["corrupt"]["needs_manual_grade"]
    assert found["good"]["code_score"] > found["wrong"]["code_score"] > found["corrupt"]["code_score"] == 0
    assert found["good"]["max_score"] == 100


def test_outputs_never_decide(room: Classroom, api: NbGraderAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """nbgrader의 채점은 셀의 출력에서 점수를 읽어요. 우리 것은 출력이 무엇이든 판정만 봐요."""
    before = scores(room)
    original = nbgrader_plugin.Judge.preprocess

    def with_forged_outputs(self, nb, resources):
        made, resources = original(self, nb, resources)
        for cell in made["cells"]:
            if cell["cell_type"] == "code":
                output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}}
                cell["outputs"] = [nbformat.from_dict({**output, "data": {"text/plain": "9999"}})]
        return made, resources

    monkeypatch.setattr(nbgrader_plugin.Judge, "preprocess", with_forged_outputs)
    assert api.autograde(LESSON, "wrong", force=True)["success"]
    assert scores(room) == before


def test_marks_by_hand_stay_and_the_page_is_safe(room: Classroom, api: NbGraderAPI) -> None:
    with api.gradebook as gradebook:
        grade = gradebook.find_grade("reflection", LESSON, LESSON, "wrong")
        grade.manual_score, grade.needs_manual_grade = 4.5, False
        gradebook.db.commit()
    assert api.autograde(LESSON, "wrong", force=True)["success"]
    assert scores(room)["wrong", "reflection"] == (None, 4.5, True)
    done = api.generate_feedback(LESSON, "wrong", force=True)
    assert done["success"], done.get("log")
    page = (room.path / "feedback" / "wrong" / LESSON / f"{LESSON}.html").read_text(encoding="utf-8")
    assert SCRIPT not in page and page.count("&lt;script&gt;alert") == 2 and "4.5" in page


def test_the_feedback_page_holds_no_solution(room: Classroom, api: NbGraderAPI) -> None:
    assert api.generate_feedback(LESSON, "wrong", force=True)["success"]
    page = (room.path / "feedback" / "wrong" / LESSON / f"{LESSON}.html").read_text(encoding="utf-8")
    plain = re.sub(r"<[^>]+>|\s", "", page)
    body = solved()["softmax"].splitlines()[-1].strip().replace(" ", "")
    assert len(body) > 10 and body not in plain
