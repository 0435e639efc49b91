"""노트북을 만드는 일의 시험: 다시 만들면 같은 바이트, 풀이가 새지 않음, 실습 정의와 맞음, 잘못된 원본에는 한 문장."""

from __future__ import annotations

import ast
import itertools
import json
import re
import shutil
from functools import cache

import nbformat
import pytest

from autograder.authoring import lesson_source
from autograder.authoring.build import TEXT_STUB, build_lessons, check_lessons
from autograder.authoring.lesson_source import (
    BuildError,
    lesson_path,
    read_source,
    solved_path,
    source_path,
    sources,
)
from autograder.exercises import lesson_exercises
from autograder.judging.exceptions.failures import CODE_STUB
from autograder.layout import SOLUTIONS
from autograder.learner.checker import examine

SOURCES = sources()
every_lesson = pytest.mark.parametrize("lesson", SOURCES)


@cache
def released(lesson: str):
    return nbformat.read(lesson_path(lesson), as_version=4)


@cache
def source(lesson: str):
    return read_source(lesson)


def grade_id(cell) -> str | None:
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def flat(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_there_are_lessons():
    assert SOURCES


@every_lesson
def test_lessons_are_what_the_source_gives(lesson):
    assert check_lessons([lesson]) == [], "course build를 다시 실행하고 lessons/를 함께 커밋해 주세요."


def test_building_twice_gives_the_same_bytes(tmp_path):
    lesson = SOURCES[0]
    shutil.copytree(source_path(lesson).parent, tmp_path / "solutions")
    contents = [[path.read_bytes() for path in build_lessons([lesson], tmp_path)] for _ in range(2)]
    assert contents[0] == contents[1]
    assert not list(tmp_path.rglob(".*"))  # 임시 파일이 남지 않아요.


@every_lesson
def test_cell_ids_and_outputs(lesson):
    for notebook in (source(lesson), released(lesson)):
        nbformat.validate(notebook)
        ids = [cell.id for cell in notebook.cells]
        assert len(set(ids)) == len(ids)
        for cell in notebook.cells:
            assert grade_id(cell) in (None, cell.id)
            if cell.cell_type == "code":
                assert cell.outputs == [] and cell.execution_count is None
    for mine, theirs in zip(source(lesson).cells, released(lesson).cells, strict=True):
        taken = "earlier" in mine.metadata.get("tags", ())  # 앞 레슨의 답 대신 학습자의 것을 꺼내는 셀
        assert (mine.id == theirs.id) != taken and ("earlier(" in theirs.source) == taken


# 실험 셀과 겹쳐도 답을 알려 주지 않는 줄: 괄호나 이름 하나, 흔한 반복문의 머리.
TRIVIAL = re.compile(
    r"return \w+(, \w+)*|\w+ = (\[\]|0|\w+)|for \w+ in (range\([\w.() -]*\)|\w+):"
    r"|else:|if mask is None:|[\W\d_]*"
)


def solution_lines(cell) -> list[str]:
    """풀이에만 있는 줄들(공백을 뺀 것)."""
    if cell.cell_type == "markdown":
        return [line for line in cell.source.splitlines() if len(line) > 15]
    body = re.search(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.S)
    return [line.strip() for line in body.group(1).splitlines() if not TRIVIAL.fullmatch(line.strip())]


@every_lesson
def test_no_solution_leaks(lesson):
    """풀이의 어느 줄도 배포본의 글이나 코드에 없어요."""
    text = flat("\n".join(cell.source for cell in released(lesson).cells))
    solutions = [cell for cell in source(lesson).cells if cell.metadata.get("nbgrader", {}).get("solution")]
    assert len(solutions) == len(lesson_exercises(lesson)) + 1
    leaked = [line for cell in solutions for line in solution_lines(cell) if flat(line) in text]
    assert leaked == []
    assert sum(len(solution_lines(cell)) for cell in solutions) >= len(solutions)


@every_lesson
def test_no_mistake_and_no_hidden_case_leaks(lesson):
    everything = lesson_path(lesson).read_text(encoding="utf-8")
    for word in (
        "BEGIN SOLUTION",
        "END SOLUTION",
        "autograder.exercises",
        "answer_key",
        "import reference",
        "from reference",
    ):
        assert word not in everything
    text = flat("\n".join(cell.source for cell in released(lesson).cells))
    for exercise in lesson_exercises(lesson):
        for mistake in exercise.mistakes:
            for secret in (mistake.id, mistake.why, mistake.look):
                assert flat(secret) not in text, (mistake.id, secret)
        assert exercise.sample_cases.__name__ not in text
        functions = (*exercise.correct, *(w for m in exercise.mistakes for w in m.wrong))
        names = {getattr(f, "func", f).__name__ for f in functions}  # 인자를 붙여 만든 것은 그 바탕 함수의 이름
        for name in names - {"<lambda>", exercise.name}:
            assert not re.search(rf"\bdef {name}\b", everything), name


@every_lesson
def test_released_cells(lesson):
    """배포본의 실습은 같은 서명의 빈칸이고, 확인 셀은 고치거나 지울 수 없어요."""
    solved = {grade_id(c): c for c in source(lesson).cells if grade_id(c)}
    cells = {grade_id(c): c for c in released(lesson).cells if grade_id(c)}
    assert list(cells) == list(solved)
    names = [e.name for e in lesson_exercises(lesson)]
    assert [name for name in cells if name in names] == names, "노트북의 실습 차례가 정의와 달라요"
    for name in names:
        stub, full = (ast.parse(nb[name].source).body[0] for nb in (cells, solved))
        assert isinstance(stub, ast.FunctionDef) and stub.name == name
        assert ast.dump(stub.args) == ast.dump(full.args) and ast.get_docstring(stub) == ast.get_docstring(full)
        assert len(ast.get_docstring(stub)) > 30
        assert ast.unparse(stub.body[-1]) == ast.unparse(ast.parse(CODE_STUB).body[0]) and len(stub.body) == 2
        assert cells[name].metadata.get("editable") is not False
        check = cells[f"check_{name}"]
        assert check.metadata.editable is False and check.metadata.deletable is False
    assert cells["reflection"].source == TEXT_STUB
    assert sum(c.metadata.nbgrader.get("points", 0) for c in cells.values()) == 100


@every_lesson
def test_rhythm(lesson):
    """실습마다 확인 바로 앞에 접힌 힌트 셋이 있고, 주어진 코드와 실험은 15줄을 넘지 않아요."""
    cells = source(lesson).cells
    for before, cell in itertools.pairwise(cells):
        if (grade_id(cell) or "").startswith("check_"):
            assert "hint" in before.metadata.get("tags", ()), grade_id(cell)
            summaries = re.findall(r"<details><summary>(.*?)</summary>", before.source)
            assert summaries == ["힌트 1 · 방향", "힌트 2 · 도구", "힌트 3 · 거의 다"], grade_id(cell)
            assert before.source.count("</details>") == 3
    for cell in cells:
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            assert len(cell.source.splitlines()) <= 15, cell.source.splitlines()[0]
            ast.parse("\n".join(line for line in cell.source.splitlines() if not line.startswith(("%", "!"))))


@every_lesson
def test_markdown_renders(lesson):
    """굵은 글씨의 별표가 글로 남지 않고(닫는 별표 앞이 괄호나 따옴표이고 뒤가 글자이면 닫히지 않아요), 접힌 칸의 짝이 맞아요."""
    from markdown_it import MarkdownIt

    for cell in source(lesson).cells:
        if cell.cell_type != "markdown":
            continue
        text = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$|<code>.*?</code>", "x", cell.source, flags=re.S)
        tokens = [child for token in MarkdownIt().enable("table").parse(text) for child in token.children or [token]]
        left = [token.content for token in tokens if token.type in ("text", "html_block") and "**" in token.content]
        assert not left, left
        for tag in ("details", "summary", "div"):
            assert len(re.findall(rf"<{tag}[ >]", cell.source)) == cell.source.count(f"</{tag}>"), cell.source[:60]


@every_lesson
def test_stubs_say_they_are_not_written_yet(lesson):
    """빈칸은 '아직 구현 전' 한마디만 들어요."""
    space: dict[str, object] = {}
    names = {exercise.name for exercise in lesson_exercises(lesson)}
    for cell in released(lesson).cells:
        if cell.cell_type == "code" and (grade_id(cell) in names or "given" in cell.metadata.get("tags", ())):
            exec(compile(cell.source, cell.id, "exec"), space)
    for exercise in lesson_exercises(lesson):
        report = examine(exercise.name, space)
        assert report.verdict == "missing" and report.message.startswith("아직 구현 전"), (exercise.name, report)


@pytest.fixture
def workshop(tmp_path):
    """원본을 망가뜨려 볼 수 있는 작은 저장소."""
    lesson = SOURCES[-1]
    shutil.copytree(source_path(lesson).parent, tmp_path / "solutions")
    path = source_path(lesson, tmp_path)

    def broken(old: str, new: str) -> str:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(BuildError) as caught:
            build_lessons([lesson], tmp_path)
        path.write_text(text, encoding="utf-8")
        return str(caught.value)

    name = lesson_exercises(lesson)[0].name
    return tmp_path, lesson, name, broken


def test_bad_sources_get_one_sentence(workshop):
    root, lesson, name, broken = workshop
    build_lessons([lesson], root)
    before = lesson_path(lesson, root).read_bytes(), solved_path(lesson, root).read_bytes()
    messages = [
        broken(f'check("{name}")', f'check("{name}_")'),
        broken(f'"grade_id": "check_{name}"', '"grade_id": "check_nothing"'),
        broken('"grade_id": "reflection"', '"grade_id": "reflected"'),
        broken('"points": 5,', '"points": 6,'),
        broken('# %% tags=["given"]', "# %%"),
        broken("### BEGIN SOLUTION", "### BEGIN"),
    ]
    for message in messages:
        assert lesson in message and re.search(r"[가-힣]", message) and "\n" not in message
    with pytest.raises(BuildError, match="solutions 폴더"):
        build_lessons(["99_nothing"], root)
    # 실패한 만들기는 앞서 만든 것을 건드리지 않아요.
    assert before == (lesson_path(lesson, root).read_bytes(), solved_path(lesson, root).read_bytes())


def test_missing_or_edited_lessons_are_noticed(workshop):
    root, lesson, _, _ = workshop
    assert check_lessons([lesson], root) == [lesson]
    build_lessons([lesson], root)
    assert check_lessons([lesson], root) == []
    notebook = json.loads(lesson_path(lesson, root).read_text(encoding="utf-8"))
    notebook["cells"][0]["source"] = ["고침"]
    lesson_path(lesson, root).write_text(json.dumps(notebook), encoding="utf-8")
    assert check_lessons([lesson], root) == [lesson]


def test_a_lesson_that_is_only_half_there_is_named(tmp_path, monkeypatch):
    """목록, 정의, 원본 가운데 하나만 있는 레슨은 말없이 빠지지 않아요."""
    for path in SOLUTIONS.glob("*.py"):
        (tmp_path / path.name).touch()
    (tmp_path / "09_review.py").touch()
    monkeypatch.setattr(lesson_source, "SOLUTIONS", tmp_path)
    with pytest.raises(BuildError, match=r"09_review에 빠진 것이 있어요: .*lesson_09_review.py, .*LESSONS"):
        lesson_source.check_lesson_files()
    (tmp_path / "09_review.py").unlink()
    lesson_source.check_lesson_files()
    (tmp_path / "05_attention_math.py").unlink()
    with pytest.raises(BuildError, match=r"빠진 것이 있어요: solutions/05_attention_math.py\."):
        lesson_source.check_lesson_files()
