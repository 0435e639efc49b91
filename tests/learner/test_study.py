"""학습자의 자리: 처음 열 때 만들고, 풀던 것을 가져오고, 새 레슨으로 옮기고, 아무것도 덮어쓰지 않아요."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.utils import compute_checksum
from support.commands import run

from autograder.authoring.lesson_source import lesson_path
from autograder.learner import notebooks, progress, study
from autograder.learner.update import carry
from autograder.notebooks import work as work_room
from autograder.notebooks.reading import NotebookError

LESSON = "05_attention_math"
OTHER = "03_feed_forward"
ANSWER = "def softmax(x, dim):\n    return x.softmax(dim)\n"

Document = dict[str, Any]


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """두 레슨을 나눠 준 코스."""
    for lesson in (LESSON, OTHER):
        place = tmp_path / "lessons" / lesson / f"{lesson}.ipynb"
        place.parent.mkdir(parents=True)
        place.write_bytes(lesson_path(lesson).read_bytes())
    monkeypatch.setattr(study, "LESSONS", tmp_path / "lessons")
    monkeypatch.setattr(study, "STUDY", tmp_path / "study")
    return tmp_path


def released(lesson: str = LESSON) -> Document:
    return json.loads(lesson_path(lesson).read_text(encoding="utf-8"))


def edit(path: Path, change: Callable[[Document], object]) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def cell(document: Document, name: str) -> Document:
    return next(c for c in document["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


def answer(name: str, text: str) -> Callable[[Document], object]:
    return lambda document: cell(document, name).update(source=text.splitlines(keepends=True))


def publish(document: Document) -> None:
    """새 배포본으로: 빈칸의 지문을 nbgrader처럼 다시 적어요."""
    for raw in document["cells"]:
        if raw["metadata"].get("nbgrader"):
            raw["metadata"]["nbgrader"]["checksum"] = compute_checksum(
                nbformat.from_dict({**raw, "source": "".join(raw["source"])})
            )


def texts(document: Document) -> list[str]:
    return ["".join(c["source"]) for c in document["cells"]]


def own(text: str) -> Document:
    return json.loads(json.dumps(nbformat.v4.new_code_cell(text)))


# -- 처음 열 때 --


def test_a_copy_is_made_once_and_never_overwritten(course: Path) -> None:
    places = study.open_places()
    assert list(places) == sorted([LESSON, OTHER])
    assert places[LESSON] == course / "study" / LESSON / f"{LESSON}.ipynb"
    assert places[LESSON].read_bytes() == lesson_path(LESSON).read_bytes()
    edit(places[LESSON], answer("softmax", ANSWER))
    before = places[LESSON].read_bytes()
    (course / "lessons" / LESSON / f"{LESSON}.ipynb").write_bytes(lesson_path(OTHER).read_bytes())
    assert study.open_places() == places and places[LESSON].read_bytes() == before


def test_every_command_uses_that_place(course: Path) -> None:
    assert {path.parents[1] for path in notebooks.lesson_paths().values()} == {course / "study"}
    assert notebooks.find_exercise("softmax") == study.place_of(LESSON)


def test_a_copy_made_by_hand_is_new_until_the_lesson_changes(course: Path) -> None:
    """`lab`을 거치지 않고 베껴 온 노트북에도, 이미 새것인데 새로워졌다고 하지 않아요."""
    released = course / "lessons" / LESSON / f"{LESSON}.ipynb"
    place = study.place_of(LESSON)
    place.parent.mkdir(parents=True)
    place.write_bytes(released.read_bytes())
    edit(place, answer("softmax", ANSWER))
    assert study.outdated() == []

    def teach(document: Document) -> None:
        document["cells"][0]["id"] = "another-text"
        publish(document)

    edit(released, teach)
    assert study.outdated() == [LESSON]


def test_work_in_lessons_is_taken_over_and_git_sees_nothing(course: Path) -> None:
    def git(*words: str) -> str:
        who = ("-c", "user.name=kim", "-c", "user.email=kim@example.com")
        return subprocess.run(["git", *who, *words], cwd=course, check=True, capture_output=True, text=True).stdout

    (course / ".gitignore").write_text("/study/\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "course")
    edit(course / "lessons" / LESSON / f"{LESSON}.ipynb", answer("softmax", ANSWER))
    assert git("status", "--porcelain")
    places = study.open_places()
    assert ANSWER in texts(json.loads(places[LESSON].read_text(encoding="utf-8")))
    assert git("status", "--porcelain") == "" and study.outdated() == []


@pytest.mark.parametrize(
    "work",
    [
        answer("softmax", ANSWER),
        answer("reflection", "제 생각에는"),
        lambda document: document["cells"].append(own("x = 1")),
        lambda document: cell(document, "check_softmax").update(execution_count=3),
        lambda document: cell(document, "check_softmax").update(outputs=[{"output_type": "stream", "text": "x"}]),
    ],
)
def test_what_somebody_did_is_seen(course: Path, work: Callable[[Document], object]) -> None:
    path = course / "lessons" / LESSON / f"{LESSON}.ipynb"
    assert not work_room.worked_on(path.read_bytes())
    edit(path, work)
    assert work_room.worked_on(path.read_bytes())


@pytest.mark.parametrize("lesson", sorted(path.stem for path in lesson_path(LESSON).parents[1].glob("*/*.ipynb")))
def test_a_released_notebook_is_nobodys_work(lesson: str) -> None:
    assert not work_room.worked_on(lesson_path(lesson).read_bytes())


def test_work_in_lessons_after_the_copy_is_put_aside(course: Path) -> None:
    study.open_places()
    path = course / "lessons" / LESSON / f"{LESSON}.ipynb"
    edit(path, answer("softmax", ANSWER))
    ((lesson, backup),) = study.strays().items()
    assert lesson == LESSON and ANSWER in texts(json.loads(backup.read_text(encoding="utf-8")))
    assert path.read_bytes() == lesson_path(LESSON).read_bytes() and study.strays() == {}


def test_the_first_unfinished_lesson_is_opened(course: Path) -> None:
    lessons = [OTHER, LESSON]
    assert progress.first_unfinished([]) == ""
    assert progress.first_unfinished(lessons) == OTHER
    progress.write_state({"lessons": {OTHER: {"results": [{"verdict": "pass"}]}}})
    assert progress.first_unfinished(lessons) == LESSON
    progress.write_state({"lessons": {name: {"results": [{"verdict": "pass"}]} for name in lessons}})
    assert progress.first_unfinished(lessons) == LESSON


# -- 레슨이 바뀌었을 때 --


def test_answers_and_own_cells_go_to_the_new_lesson(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place, new = study.open_places()[LESSON], course / "lessons" / LESSON / f"{LESSON}.ipynb"

    def learn(document: Document) -> None:
        answer("softmax", ANSWER)(document)
        at = document["cells"].index(cell(document, "check_softmax"))
        document["cells"].insert(at + 1, own("my_note = 1"))

    edit(place, learn)
    before = place.read_bytes()

    def teach(document: Document) -> None:
        document["cells"][0]["source"] = ["# 새 머리말"]
        answer("attention_scores", "def attention_scores(q, k, scale):\n    raise NotImplementedError\n")(document)
        publish(document)

    edit(new, teach)
    assert study.outdated() == [LESSON]
    code, out, _ = run(capsys, "update")
    found = json.loads(place.read_text(encoding="utf-8"))
    assert code == 0 and "옮긴 답 1개: softmax" in out and "셀 1개도 제자리" in out
    assert "글이 달라진 실습: attention_scores" in out
    said = texts(found)
    assert said[0] == "# 새 머리말" and "".join(cell(found, "softmax")["source"]) == ANSWER
    assert said.index("my_note = 1") == said.index('check("softmax")') + 1
    assert "scale" in "".join(cell(found, "attention_scores")["source"])
    (backup,) = (course / "study" / LESSON / "backup").iterdir()
    assert backup.read_bytes() == before and study.outdated() == []
    nbformat.validate(nbformat.from_dict(found))
    assert run(capsys, "update")[1].strip() == "모든 레슨이 이미 새것이에요."


def test_answers_to_a_gone_exercise_stay_as_cells() -> None:
    base, new, mine = released(), released(), released()
    answer("softmax", ANSWER)(mine)
    gone = cell(new, "softmax")
    new["cells"].remove(gone)
    moved = carry(mine, base, new)
    assert moved.gone == ("softmax",) and moved.own == 1
    kept = next(c for c in moved.notebook["cells"] if "".join(c["source"]) == ANSWER)
    assert kept["metadata"] == {}


def test_an_edited_experiment_is_kept_beside_the_new_one() -> None:
    base, new, mine = released(), released(), released()
    (where, experiment) = next(
        (i, c) for i, c in enumerate(mine["cells"]) if "experiment" in c["metadata"].get("tags", ())
    )
    original = "".join(experiment["source"])
    experiment["source"] = ["temperature = 99"]
    moved = carry(mine, base, new)
    said = texts(moved.notebook)
    assert said[where : where + 2] == [original, "temperature = 99"] and moved.own == 1


def test_an_untouched_copy_becomes_the_new_lesson() -> None:
    new = released()
    new["cells"][0]["source"] = ["# 새 머리말"]
    moved = carry(released(), released(), new)
    assert moved.notebook == new and (moved.answers, moved.own, moved.fresh, moved.changed) == ((), 0, (), ())


def test_the_same_cell_twice_and_cells_without_an_anchor() -> None:
    base, new, mine = released(), released(), released()
    answer("softmax", ANSWER)(mine)
    again = json.loads(json.dumps(cell(mine, "softmax"))) | {"source": ["def softmax(x, dim):\n", "    return 1"]}
    mine["cells"] = [own("first = 1"), *mine["cells"], again, own("last = 1"), own("   ")]
    moved = carry(mine, base, new)
    said = texts(moved.notebook)
    assert said[0] == "first = 1" and said[-1] == "last = 1" and "def softmax(x, dim):\n    return 1" in said
    assert "".join(cell(moved.notebook, "softmax")["source"]) == ANSWER
    assert len({c["id"] for c in moved.notebook["cells"]}) == len(moved.notebook["cells"])


def test_nothing_is_lost_when_the_old_lesson_is_unknown() -> None:
    new, mine = released(), released()
    answer("softmax", ANSWER)(mine)
    mine["cells"].append(own("last = 1"))
    moved = carry(mine, None, new)
    assert "".join(cell(moved.notebook, "softmax")["source"]) == ANSWER and texts(moved.notebook)[-1] == "last = 1"
    assert len(moved.notebook["cells"]) == len(new["cells"]) + 1


def test_a_broken_notebook_stays_and_the_others_are_updated(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = study.open_places()
    places[OTHER].write_text("{")
    for lesson in (LESSON, OTHER):
        edit(
            course / "lessons" / lesson / f"{lesson}.ipynb",
            lambda document: document["cells"][0].update(source=["# 새 머리말"]),
        )
    code, out, _ = run(capsys, "update")
    assert code == 1 and "그대로 두었어요" in out and places[OTHER].read_text() == "{"
    assert study.outdated() == [OTHER]
    with pytest.raises(NotebookError):
        notebooks.read_notebook(places[OTHER])
    assert "# 새 머리말" in texts(json.loads(places[LESSON].read_text(encoding="utf-8")))


# -- 남의 도구, 깨진 것, 겹친 것 --


def bare(document: Document) -> None:
    """다른 도구가 셀의 꼬리표와 id를 모두 지웠어요."""
    for raw in document["cells"]:
        raw.pop("id")
        raw["metadata"] = {}


def test_answers_survive_a_tool_that_drops_every_tag() -> None:
    base, new, mine = released(), released(), released()
    answer("softmax", ANSWER)(mine)
    answer("reflection", "제 생각에는")(mine)
    cell(mine, "reflection")["attachments"] = {"a.png": {"image/png": "iVBORw0KGgo="}}
    mine["cells"].insert(9, own("mine = 1"))
    bare(mine)
    new["cells"][0]["source"] = ["# 새 머리말"]
    moved = carry(mine, base, new)
    assert moved.answers == ("softmax", "reflection") and moved.own == 1
    assert "".join(cell(moved.notebook, "reflection")["source"]) == "제 생각에는"
    assert cell(moved.notebook, "reflection")["attachments"] == {"a.png": {"image/png": "iVBORw0KGgo="}}
    assert len(moved.notebook["cells"]) == len(new["cells"]) + 1


def test_a_copied_cell_keeps_its_text_although_it_copied_the_tags_too() -> None:
    base, mine = released(), released()
    where, experiment = next(
        (i, c) for i, c in enumerate(mine["cells"]) if "experiment" in c["metadata"].get("tags", ())
    )
    mine["cells"].insert(where + 1, {**experiment, "id": "copied", "source": ["mine = 77"]})
    cell(mine, "check_softmax")["source"] = ['check("softmax")\n', "print(1)"]
    moved = carry(mine, base, released())
    assert {"mine = 77", 'check("softmax")\nprint(1)'} <= set(texts(moved.notebook)) and moved.own == 2


def test_a_second_update_after_a_crash_changes_nothing(course: Path) -> None:
    place = study.open_places()[LESSON]
    edit(place, answer("softmax", ANSWER))
    new = released()
    answer("attention_scores", "def attention_scores(q, k, scale):\n    raise NotImplementedError\n")(new)
    once = carry(json.loads(place.read_text("utf-8")), released(), new)
    again = carry(once.notebook, released(), new)  # 노트북은 썼는데 어느 배포본인지는 적지 못하고 멈췄어요.
    assert again.notebook == once.notebook and again.answers == ("softmax",)


def test_untouched_copies_give_way_to_work_in_lessons_and_conflicts_are_put_aside(course: Path) -> None:
    places = study.open_places()
    path = course / "lessons" / LESSON / f"{LESSON}.ipynb"
    edit(path, lambda document: cell(document, "softmax")["source"].insert(-1, "    # 반쯤 쓴 것\n"))
    assert study.strays() == {LESSON: places[LESSON]} and study.outdated() == []
    assert "반쯤 쓴 것" in places[LESSON].read_text("utf-8") and "반쯤" not in path.read_text("utf-8")
    broken = course / "lessons" / OTHER / f"{OTHER}.ipynb"
    broken.write_text("<<<<<<< HEAD\n{")
    ((lesson, backup),) = study.strays().items()
    assert lesson == OTHER and backup.read_text() == "<<<<<<< HEAD\n{"
    assert broken.read_bytes() == places[OTHER].read_bytes() == lesson_path(OTHER).read_bytes()


def test_reset_brings_a_removed_exercise_back(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = study.open_places()[LESSON]
    edit(place, answer("softmax", ANSWER))
    edit(place, lambda document: document["cells"].remove(cell(document, "causal_mask")))
    assert [item.name for item in notebooks.listed(LESSON)].count("causal_mask") == 1
    assert run(capsys, "reset", "causal_mask", "--yes")[0] == 0
    after = json.loads(place.read_text("utf-8"))
    assert cell(after, "causal_mask")["source"] and "".join(cell(after, "softmax")["source"]) == ANSWER


def test_given_cells_are_read_as_grading_reads_them(course: Path) -> None:
    place = study.open_places()[LESSON]
    edit(place, lambda document: document["cells"][2]["source"].append("\nimport numpy as np"))
    assert "numpy" not in "".join(raw.source for raw in notebooks.read_mine(place).cells)
