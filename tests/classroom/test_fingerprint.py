"""판정의 지문: 심사원과 작업자가 정말로 읽는 것이 모두 들어 있는지, 바뀐 것만 바뀌었다고 하는지."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import source_from_cache
from pathlib import Path

import pytest
from support.classes import LESSON, hand_in, notebook
from support.tiny_lesson import LIMITS, needs

from autograder.authoring.lesson_source import lesson_path
from autograder.classroom import fingerprint
from autograder.classroom.fingerprint import (
    LIBRARIES,
    exercise_digests,
    library_versions,
    parts_of,
    verdict_files,
)
from autograder.exercises import LESSONS, lesson_exercises
from autograder.grading.messages import Graded, Request
from autograder.grading.station import Station
from autograder.grading.submissions import Submission, content_digest
from autograder.import_graph import PACKAGES
from autograder.layout import ROOT
from autograder.sandbox.launch import prepare

# 파이썬이 뜨자마자 불러 주는 모듈. 이 프로세스와 갈라진 자식들이 여는 파일의 이름을 모두 적어요.
WATCH = """
import os, sys
log = os.open(os.environ["OPENED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
def watch(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)):
        os.write(log, os.fsencode(os.path.abspath(args[0])) + b"\\0")
sys.addaudithook(watch)
"""

# 심사원이 가는 길이 저마다 다른 답들: 바른 답, 틀린 답, 아는 실수, 예외, 문법 오류, 끝나지 않는 것, 빈칸, 읽을 수 없는 것
WRONG = {
    "wrong": {"softmax": "def softmax(x, dim):\n    return x"},
    "mistake": {"softmax": "def softmax(x, dim):\n    e = torch.exp(x)\n    return e / e.sum(dim=dim, keepdim=True)"},
    "raises": {"causal_mask": "def causal_mask(T):\n    return torch.ones(T, T) @ torch.ones(T + 1)"},
    "syntax": {"causal_mask": "def causal_mask(T)\n    return 1"},
    "endless": {"padding_mask": "def padding_mask(ids, pad_id):\n    while True:\n        pass"},
    "blank": {"attention_scores": ""},
}


def handed_in(folder: Path) -> list[Submission]:
    contents = {"right": notebook(), **{who: notebook(**answers) for who, answers in WRONG.items()}, "broken": b"{"}
    return [Submission(who, LESSON, hand_in(folder, who, content)) for who, content in contents.items()]


def opened_by_the_judge(
    submissions: list[Submission], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[set[Path], list[str]]:
    """정말로 채점하는 동안 심사원의 서버와 심사원들이 연 저장소의 파일들과, 받은 판정들."""
    log = folder / "opened"
    (folder / "watch").mkdir()
    (folder / "watch" / "sitecustomize.py").write_text(WATCH)
    monkeypatch.setenv("OPENED", str(log))
    monkeypatch.setenv("PYTHONPATH", str(folder / "watch"))
    with Station(jobs=2, limits=LIMITS) as station:
        results = list(station.grade(Request(one, 7) for one in submissions))
    assert all(isinstance(result, Graded) for result in results)
    paths = {Path(os.fsdecode(name)) for name in log.read_bytes().split(b"\0") if name}
    sources = {Path(source_from_cache(path)) if path.suffix == ".pyc" else path for path in paths}
    ours = {path for path in sources if path.is_relative_to(ROOT) and ".venv" not in path.parts and path.is_file()}
    return ours, [mark.verdict for result in results for mark in result.marks]


def test_every_file_the_judge_opens_is_in_the_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs("full", "reduced", "landlock")
    opened, verdicts = opened_by_the_judge(handed_in(tmp_path / "in"), tmp_path, monkeypatch)
    assert {"pass", "partial", "error", "timeout", "missing", "refused"} <= set(verdicts)
    assert len(opened) > 100 and ROOT / "autograder/grading/judge_process.py" in opened
    # 배포한 노트북은 통째로가 아니라 채점 셀만 들어가요(아래의 시험).
    assert opened - {*verdict_files(LESSON), lesson_path(LESSON)} == set()


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_file_the_judge_opens_is_in_the_fingerprint_of_each_lesson(
    lesson: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("full", "reduced", "landlock")
    path = hand_in(tmp_path / "in", "right", notebook(lesson), f"{lesson}.ipynb", lesson)
    opened, verdicts = opened_by_the_judge([Submission("right", lesson, path)], tmp_path, monkeypatch)
    assert set(verdicts) == {"pass"}
    assert opened - {*verdict_files(lesson), lesson_path(lesson)} == set()


def test_every_file_of_the_worker_is_in_the_fingerprint(tmp_path: Path) -> None:
    tier = needs("full", "reduced", "landlock")
    prepare(tier, tmp_path)
    known = {path.relative_to(ROOT): path.read_bytes() for path in verdict_files(LESSON)}
    placed = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.py")}
    filled = {path: data for path, data in placed.items() if data}  # 패키지의 `__init__.py`는 빈 것이에요.
    assert Path("autograder/sandbox/inside/worker.py") in filled and len(filled) > 5
    assert {path for path, data in filled.items() if known.get(path) != data} == set()


def test_every_library_under_the_judge_is_in_the_fingerprint() -> None:
    used: set[str] = set()
    for path in {path for lesson in LESSONS for path in verdict_files(lesson) if "solutions" not in path.parts}:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                used |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                used.add(node.module.split(".")[0])
    outside = used - set(sys.stdlib_module_names) - set(PACKAGES)
    assert outside >= {"torch", "numpy", "safetensors", "IPython", "matplotlib"} and outside <= set(LIBRARIES)
    assert set(library_versions()) == {"python", *LIBRARIES}
    assert library_versions()["torch"] == import_module("torch").__version__


def edited(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    assert before.keys() == after.keys() == {exercise.name for exercise in lesson_exercises(LESSON)}
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("    points=12,", "    points=99,", set()),
        ("# -- softmax --", "# -- 소프트맥스 --", set()),
        ("rng.normal(3, 4, 5, scale=1.5)", "rng.normal(3, 4, 5, scale=2.5)", {"softmax"}),
        ("def _squares(q, k):\n", "def _squares(q, k):\n    k = k + 0\n", {"attention_scores"}),
        (
            "def _renormalised(total):\n",
            "def _renormalised(total):\n    total = total or 1\n",
            {"masked_softmax", "scaled_dot_product_attention", "self_attention"},
        ),
    ],
)
def test_an_edit_shows_in_the_exercises_that_read_it(
    old: str, new: str, changed: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, references = exercise_digests(LESSON)
    module = import_module(f"autograder.exercises.lesson_{LESSON}")
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "lesson.py").write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(module, "__file__", str(tmp_path / "lesson.py"))
    after, same = exercise_digests.__wrapped__(LESSON)
    assert edited(before, after) == changed and same == references


def test_a_new_reference_shows_in_the_exercises_that_call_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before, references = exercise_digests(LESSON)
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + b"#" * (path == ROOT / "reference/masks.py"))
    after, moved = exercise_digests.__wrapped__(LESSON)
    changed = edited(references, moved)
    assert {"padding_mask", "causal_mask"} <= changed and not changed & {"softmax", "attention_scores"}
    assert after == before


def test_the_parts_make_the_key() -> None:
    """조각 하나만 달라도 다른 지문이에요."""
    plain = parts_of(LESSON, "내용", 7, True, True)
    assert plain.key == parts_of(LESSON, "내용", 7, True, True).key
    others = [
        parts_of("06_multi_head", "내용", 7, True, True),
        parts_of(LESSON, "다른 내용", 7, True, True),
        parts_of(LESSON, "내용", 8, True, True),
        parts_of(LESSON, "내용", 7, False, True),
        parts_of(LESSON, "내용", 7, True, False),
    ]
    assert len({plain.key, *(one.key for one in others)}) == 6


def test_the_released_notebook_counts_by_what_is_graded_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """강사가 배포한 노트북을 열어 저장해도 그대로이고, 손 채점 셀의 글이 바뀌면 달라져요."""
    caches = (fingerprint._lesson_files_digest, fingerprint.lesson_cells)
    text = lesson_path(LESSON).read_text(encoding="utf-8")
    stub = next(
        source["source"] for source in fingerprint.lesson_cells(LESSON).sources if source["name"] == "reflection"
    )

    def after(content: str) -> str:
        from autograder.grading import lesson_cells

        (tmp_path / "released.ipynb").write_text(content, encoding="utf-8")
        with monkeypatch.context() as patch:
            patch.setattr(lesson_cells, "lesson_path", lambda lesson: tmp_path / "released.ipynb")
            for cache in (*caches, lesson_cells.released):
                cache.cache_clear()
            found = parts_of(LESSON, "내용", 7, True, True).key
        for cache in (*caches, lesson_cells.released):
            cache.cache_clear()
        return found

    last = stub.splitlines()[-1]
    assert after(text) == after(text + "\n\n") == parts_of(LESSON, "내용", 7, True, True).key
    assert text.count(last) == 1 and after(text.replace(last, last + " 더")) != after(text)


def test_what_cannot_be_read_has_a_digest_that_any_file_can_hold(tmp_path: Path) -> None:
    """링크가 가리키는 이름이 글자가 아니어도 적어 둘 수 있고, 가리키는 곳이 바뀌면 달라져요."""
    path = tmp_path / "kim" / LESSON / f"{LESSON}.ipynb"
    path.parent.mkdir(parents=True)
    found = set()
    for target in (b"\xff\xfe", b"somewhere"):
        path.unlink(missing_ok=True)
        os.symlink(target, os.fsencode(path))
        found.add(content_digest(Submission("kim", LESSON, path)))
    assert len(found) == 2 and all(digest.isascii() for digest in found)
