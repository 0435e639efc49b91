"""학습자 묶음: 풀이와 기준 구현과 숨은 사례가 없고, 그것만으로 확인이 돌고, 늘 같은 바이트."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.authoring import build
from autograder.authoring.bundle import FOLDER, BundleError, chosen_lessons, spoken, write_bundle
from autograder.authoring.simulated_class import solution_cells
from autograder.authoring.solved_notebooks import SolutionsError, write_solutions
from autograder.exercises import lesson_exercises
from autograder.judging import serialisation
from autograder.judging.answer_key import load_keys
from autograder.layout import ROOT

LESSONS = [lesson for lesson in build.sources() if build.lesson_path(lesson).is_file()]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "course.zip"
    if build.check_lessons(LESSONS):
        pytest.fail("lessons/가 원본과 달라요. `course build`로 다시 만들어 주세요.")
    assert write_bundle(path) > 30
    return path


@pytest.fixture(scope="module")
def unpacked(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("learner")
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(out)
    return out / FOLDER


HIDE_REPOSITORY = """
import sys
from pathlib import Path
sys.path[:] = [FOLDER] + [p for p in sys.path if Path(p).resolve() != Path(ROOT)]
sys.meta_path[:] = [f for f in sys.meta_path if "__editable__" not in getattr(f, "__module__", "")]
"""


def run(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """묶음의 폴더에서, 설치된 저장소가 보이지 않는 파이썬으로 코드를 돌려요."""
    lead = f"FOLDER, ROOT = {str(folder)!r}, {str(ROOT)!r}\n{HIDE_REPOSITORY}"
    return subprocess.run(
        [sys.executable, "-I", "-c", lead + code], cwd=folder, capture_output=True, text=True, timeout=300
    )


def test_the_same_repository_makes_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    write_bundle(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()


def test_only_what_learners_need_is_inside(bundle: Path) -> None:
    names = zipfile.ZipFile(bundle).namelist()
    assert all(name.startswith(f"{FOLDER}/") for name in names)
    inner = [name.removeprefix(f"{FOLDER}/") for name in names]
    assert not {name.split("/")[0] for name in inner} & {"reference", "solutions", "tests", "build", "classroom"}
    for room in ("exercises", "authoring", "sandbox", "grading", "classroom"):
        assert (ROOT / "autograder" / room).is_dir()
        assert not [name for name in inner if name.startswith(f"autograder/{room}/")], room
    assert {f"lessons/{lesson}/{lesson}.ipynb" for lesson in LESSONS} <= set(inner)


def code_lines(text: str) -> set[str]:
    """문장 하나씩, 빈칸과 따옴표 모양에 흔들리지 않는 글."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return set()
    lines: set[str] = set()
    for node in ast.walk(tree):
        heads = ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
        if isinstance(node, ast.stmt) and not isinstance(node, heads):
            lines |= {line.strip() for line in ast.unparse(node).splitlines()}
        elif isinstance(node, ast.Lambda):
            lines.add(ast.unparse(node.body))
    return lines


def python_in(unpacked: Path) -> set[str]:
    """묶음의 모든 파이썬 글: 파일과 노트북의 코드 셀."""
    lines: set[str] = set()
    for path in unpacked.rglob("*.py"):
        lines |= code_lines(path.read_text(encoding="utf-8"))
    for path in unpacked.rglob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                lines |= code_lines("".join(cell["source"]))
    return lines


def given_in(lesson: str) -> set[str]:
    """레슨이 학습자에게 보여 주기로 한 코드(주어진 셀과 실험). 풀이가 같은 줄을 써도 새는 것이 아니에요."""
    lines: set[str] = set()
    for cell in build.read_source(lesson).cells:
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            lines |= code_lines(cell.source)
    return lines


def lines_of(function: Callable[..., object]) -> set[str]:
    """함수의 문장들. 내장 함수나 partial에는 소스가 없어요."""
    try:
        return code_lines(inspect.cleandoc("\n" + inspect.getsource(inspect.unwrap(function))))
    except (TypeError, OSError):
        return set()


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_solution_and_no_wrong_answer_is_inside(unpacked: Path, lesson: str) -> None:
    secrets: set[str] = set()
    for text in solution_cells(build.read_source(lesson)).values():
        secrets |= code_lines(text)
    for exercise in lesson_exercises(lesson):
        for function in [exercise.reference, *(f for m in exercise.mistakes for f in m.wrong)]:
            secrets |= lines_of(function)
        secrets |= {line for function in exercise.correct for line in lines_of(function)}
    # 짧은 줄과 반복문의 머리는 어디에나 있어요. 풀이라고 할 만한 줄만 찾아요.
    common = ("'", '"', "r'", "raise ", "assert ", "for ", "if ", "while ")
    telling = {line for line in secrets if len(line) >= 28 and not line.startswith(common)}
    assert telling
    leaked = telling & python_in(unpacked) - given_in(lesson)
    assert not leaked, sorted(leaked)[:5]


@pytest.mark.parametrize("lesson", LESSONS)
def test_recorded_keys_hold_values_only(unpacked: Path, lesson: str) -> None:
    path = unpacked / "autograder" / "recorded" / f"{lesson}.keys"
    keys = load_keys(path)
    assert list(keys) == [exercise.name for exercise in lesson_exercises(lesson)]
    raw = path.read_bytes()
    assert b"def " not in raw and b"import " not in raw and not re.search(rb"lambda[\w ,*]*:", raw)
    for key in keys.values():
        known = {mistake.id for mistake in key.mistakes}
        for case in key.cases:
            # 두 실수를 함께 한 답은 `첫째+둘째`라는 이름으로 적어요.
            assert case.expected and known == {name for name in case.mistakes if "+" not in name}
            assert known >= {part for name in case.mistakes for part in name.split("+")}
    assert serialisation.load(raw, serialisation.Room(items=50_000_000, tensors=1_000_000))


def test_check_runs_from_the_bundle_alone(unpacked: Path) -> None:
    done = run(
        unpacked,
        """
import torch
from autograder import check
def softmax(x, dim):
    e = torch.exp(x)
    return e / e.sum(dim=dim, keepdim=True)
check("softmax")
def softmax(x, dim):
    return torch.softmax(x, dim)
check("softmax")
import importlib.util
print("reference:", importlib.util.find_spec("reference"))
""",
    )
    assert done.returncode == 0, done.stderr
    assert "최댓값" in done.stdout or "inf" in done.stdout
    assert "통과 · softmax" in done.stdout and "reference: None" in done.stdout


def test_every_recorded_check_agrees_with_the_repository(unpacked: Path) -> None:
    """묶음의 답안지로 풀이를 확인하면 모두 통과해요. 풀이는 시험이 밖에서 넣어 줘요."""
    answers: dict[str, tuple[list[str], list[str]]] = {}
    for lesson in LESSONS:
        source = build.read_source(lesson)
        given = [
            cell.source
            for cell in source.cells
            if cell.cell_type == "code" and "given" in cell.metadata.get("tags", ())
        ]
        solved = solution_cells(source)
        answers[lesson] = [*given, *solved.values()], list(solved)
    done = run(
        unpacked,
        f"ANSWERS = {answers!r}\n"
        + """
import json
from autograder.learner.checker import examine
found = {}
for lesson, (cells, names) in ANSWERS.items():
    scope = {"__name__": "__main__"}
    for cell in cells:
        exec(compile(cell, lesson, "exec"), scope)
    found.update({name: examine(name, scope).verdict for name in names})
print("RESULT" + json.dumps(found))
""",
    )
    assert done.returncode == 0, done.stderr[-800:]
    verdicts = json.loads(done.stdout.rpartition("RESULT")[2])
    assert verdicts == {name: "pass" for _, names in answers.values() for name in names}


def test_learner_commands_work_in_the_bundle(unpacked: Path) -> None:
    lead = "import sys; sys.argv = ['course', *ARGS]\nfrom autograder.cli import main\nmain()\n"
    done = run(unpacked, "ARGS = ['--help']\n" + lead)
    assert done.returncode == 0 and "check" in done.stdout and "grade" not in done.stdout and "train" not in done.stdout
    done = run(unpacked, "ARGS = ['reset', 'softmax']\n" + lead)
    assert done.returncode == 0, done.stderr


def test_a_bundle_name_that_is_not_a_zip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=".zip"):
        write_bundle(tmp_path / "course.tar")
    assert not list(tmp_path.iterdir())


# -- 레슨마다 나누어 --


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("1-3", [1, 2, 3]), ("1,2,5", [1, 2, 5]), ("5", [5]), (" 2 , 1", [1, 2]), ("05", [5]), ("05_attention_math", [5])],
)
def test_lessons_are_chosen_by_number_range_and_name(text: str, numbers: list[int]) -> None:
    assert [int(lesson[:2]) for lesson in chosen_lessons(text)] == numbers


@pytest.mark.parametrize("text", ["9", "0", "3-1", "1-9", "", "어텐션", "1;2", "1-", "-1"])
def test_lessons_that_are_not_there_are_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(BundleError, match="번호를"):
        chosen_lessons(text)


def test_lessons_are_said_shortly() -> None:
    assert spoken(chosen_lessons("1,2,3,5,7-8")) == "1-3,5,7-8"


def unpack(path: Path, out: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(out)
    return out / FOLDER


def test_bundles_add_up_and_leave_what_the_learner_wrote(tmp_path: Path) -> None:
    """레슨 1을 받아 풀다가 레슨 5를 그 위에 풀어요. 한글과 빈칸이 든 폴더예요."""
    first, later, place = tmp_path / "첫 묶음.zip", tmp_path / "다음.zip", tmp_path / "내 공부"
    write_bundle(first, chosen_lessons("1"))
    write_bundle(later, chosen_lessons("5"))
    lead = "import sys; sys.argv = ['course', *ARGS]\nfrom autograder.cli import main\nmain()\n"
    folder = unpack(first, place)
    readme, card = ((folder / name).read_text(encoding="utf-8") for name in ("README.md", "lessons/README.md"))
    assert "레슨 1이 들어 있어요" in readme and "check 1" in readme
    assert "(01_background/01_background.ipynb)" in card and card.count("아직 나오지 않았어요") == 7
    status = run(folder, "ARGS = ['status']\n" + lead)
    assert status.returncode == 0 and "01_background" in status.stdout and "05_" not in status.stdout
    missing = run(folder, "ARGS = ['check', '5']\n" + lead)
    assert "레슨이나 실습은 없어요" in missing.stdout + missing.stderr and "Traceback" not in missing.stderr
    mine = folder / "study" / "01_background" / "01_background.ipynb"
    mine.write_text(mine.read_text(encoding="utf-8").replace("여기를 채워 주세요", "내가 쓴 답", 1), encoding="utf-8")
    before = mine.read_bytes()

    assert unpack(later, place) == folder
    status = run(folder, "ARGS = ['status']\n" + lead)
    assert "01_background" in status.stdout and "05_attention_math" in status.stdout
    assert mine.read_bytes() == before
    card = (folder / "lessons" / "README.md").read_text(encoding="utf-8")
    assert "(01_background/01_background.ipynb)" in card and card.count("아직 나오지 않았어요") == 3


def test_the_assembly_works_where_lessons_are_missing(tmp_path: Path) -> None:
    write_bundle(tmp_path / "a.zip", chosen_lessons("8"))
    done = run(
        unpack(tmp_path / "a.zip", tmp_path),
        """
from autograder.kit import assembly, trainer
from autograder.kit.pairs import split_pairs
parts = assembly.gather({})
pairs, _ = split_pairs(40, 5)
vocabulary = trainer.Vocabulary(parts, pairs, 20)
model = trainer.Assembled(parts, len(vocabulary))
print(len(trainer.train(model, vocabulary, pairs, steps=3).losses), parts.yours)
assembly.certificate(parts, {})
""",
    )
    assert done.returncode == 0 and done.stdout.split() == ["3", "[]"], done.stderr[-800:]


# -- 마감 뒤의 풀이 --


def test_solutions_go_to_a_folder_or_a_zip_outside_git(tmp_path: Path) -> None:
    lesson = "05_attention_math"
    for place in (tmp_path / "풀이 5", tmp_path / "풀이 5"):  # 같은 것을 다시 만들어도 돼요.
        assert write_solutions(place, [lesson]) == [f"{lesson}/{lesson}.ipynb"]
    write_solutions(tmp_path / "풀이.zip", [lesson])
    made = (tmp_path / "풀이 5" / lesson / f"{lesson}.ipynb").read_bytes()
    with zipfile.ZipFile(tmp_path / "풀이.zip") as archive:
        assert archive.read(f"transformer-solutions/{lesson}/{lesson}.ipynb") == made
    assert "NotImplementedError" not in made.decode() and b"outputs" in made


def test_solutions_never_replace_another_notebook(tmp_path: Path) -> None:
    lesson = "05_attention_math"
    theirs = tmp_path / lesson / f"{lesson}.ipynb"
    theirs.parent.mkdir()
    theirs.write_text("{}", encoding="utf-8")
    with pytest.raises(SolutionsError, match="이미 있어요"):
        write_solutions(tmp_path, [lesson])
    assert theirs.read_text(encoding="utf-8") == "{}"


@pytest.mark.parametrize(
    "place", ["lessons", "study/05_attention_math", "lessons/../study", "README.md", "답", "docs/a.zip"]
)
def test_solutions_are_refused_where_git_or_learners_look(place: str) -> None:
    with pytest.raises(SolutionsError, match="--out"):
        write_solutions(ROOT / place, ["05_attention_math"])


def test_solutions_are_refused_in_any_repository_that_would_commit_them(tmp_path: Path) -> None:
    if subprocess.run(["git", "init", "-q", str(tmp_path)], capture_output=True).returncode:
        pytest.skip("git이 없어요")
    (tmp_path / ".gitignore").write_text("/가려진/\n", encoding="utf-8")
    with pytest.raises(SolutionsError, match="git에"):
        write_solutions(tmp_path / "모두" / "풀이", ["05_attention_math"])
    assert write_solutions(tmp_path / "가려진" / "풀이", ["05_attention_math"])
