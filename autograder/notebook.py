"""학습자의 노트북 파일을 믿지 않고 읽고, 채점에서 어느 셀이 도는지 정해요.

nbformat으로 읽지 않아요. 깨진 파일 하나가 반 전체의 채점을 멈추지 않게, JSON에서 필요한 것만 조심해서 꺼내요.
출력은 읽자마자 버려요. 점수는 셀의 글에서만 나와요.

채점에서 도는 셀은 셋이에요: 강의가 준 `given` 셀(언제나 원본의 글), 실습 셀, 학습자가 더한 셀 가운데 정의, import, 상수만 담은 것.
"""

from __future__ import annotations

import ast
import json
import os
import re
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from autograder.korean import josa

MAX_FILE = 256 * 1024 * 1024
MAX_SOURCE = 200_000
MAX_CELLS = 2000


class NotebookError(ValueError):
    """노트북으로 읽을 수 없어요. 내용은 그대로 보여 줄 한국어 문장이에요."""


@dataclass(frozen=True)
class Cell:
    """셀 하나. `number`는 노트북에서 몇 번째인지(1부터), `id`는 배포할 때 붙은 이름이에요."""

    number: int
    kind: str
    source: str
    id: str | None = None
    grade_id: str | None = None
    solution: bool = False
    tags: tuple[str, ...] = ()

    @property
    def code(self) -> bool:
        return self.kind == "code"

    @property
    def given(self) -> bool:
        return self.code and "given" in self.tags


@dataclass(frozen=True)
class Notebook:
    """읽어 낸 노트북과, 읽으면서 드러난 문제들."""

    cells: tuple[Cell, ...]
    problems: tuple[str, ...] = ()

    def text(self, grade_id: str) -> str | None:
        """그 이름의 첫 셀의 글. 없으면 None."""
        return next((cell.source for cell in self.cells if cell.grade_id == grade_id), None)


# -- 파일에서 셀까지 ----------------------------------------------------------------------------------------------


def read_bytes(path: Path, root: Path | None = None) -> bytes:
    """보통 파일만 읽어요. 링크, 파이프, 너무 큰 파일이면 NotebookError.

    `root`를 주면 그 아래의 폴더들도 링크가 아니어야 해요(남의 제출물을 가리키는 링크를 따라가지 않게요).
    """
    if root is not None:
        for parent in path.relative_to(root).parents:
            if (root / parent).is_symlink() and parent != Path("."):
                raise NotebookError(
                    f"`{parent}` 폴더가 다른 곳을 가리키는 링크예요. 링크가 아닌 폴더로 다시 내 주세요."
                )
    try:
        # 링크를 따라가지 않고, 파이프에서 기다리지 않아요. Windows에는 없는 깃발이에요.
        careful = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        handle = os.open(path, os.O_RDONLY | careful)
    except OSError as error:
        if path.is_symlink():
            raise NotebookError("파일이 다른 곳을 가리키는 링크예요. 노트북 파일 자체를 다시 내 주세요.") from error
        raise NotebookError(f"파일을 열 수 없어요({error.strerror}).") from error
    try:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode):
            raise NotebookError("보통 파일이 아니에요. 노트북 파일(.ipynb)을 다시 내 주세요.")
        if info.st_size > MAX_FILE:
            raise NotebookError(
                f"파일이 너무 커요({info.st_size // 2**20} MiB). 출력을 모두 지우고 저장해서 다시 내 주세요."
            )
        with open(handle, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(handle)


def read_notebook(source: bytes | Path) -> Notebook:
    """파일이나 바이트를 노트북으로. 읽을 수 없으면 까닭을 말하는 NotebookError."""
    data = source if isinstance(source, bytes) else read_bytes(source)
    if not data.strip():
        raise NotebookError("빈 파일이에요. 저장이 끝난 노트북을 다시 내 주세요.")
    text, problems = _decode(data)
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise NotebookError("JSON이 지나치게 깊게 겹쳐 있어요. 노트북을 다시 저장해서 내 주세요.") from error
    except ValueError as error:
        raise NotebookError("JSON이 깨져 있어 노트북으로 읽을 수 없어요. 다시 저장해서 내 주세요.") from error
    if not isinstance(document, dict):
        raise NotebookError("노트북의 모양이 아니에요. 확장자만 .ipynb인 파일이 아닌지 봐 주세요.")
    raw = document.get("cells")
    if raw is None and isinstance(document.get("worksheets"), list):
        problems.append("오래된 형식(nbformat 3)이라 바꿔 읽었어요.")
        sheets = [sheet.get("cells") for sheet in document["worksheets"] if isinstance(sheet, dict)]
        raw = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(raw, list):
        raise NotebookError("셀 목록이 없어요. 노트북이 아니거나 저장하다가 끊긴 파일이에요.")
    if len(raw) > MAX_CELLS:
        raise NotebookError(f"셀이 너무 많아요({len(raw)}개). 배포받은 노트북에서 다시 시작해 주세요.")
    cells: list[Cell] = []
    for number, item in enumerate(raw, 1):
        cell = _cell(number, item)
        if cell is None:
            problems.append(f"{number}번째 셀이 깨져 있어 건너뛰었어요.")
        elif len(cell.source) > MAX_SOURCE:
            problems.append(f"{number}번째 셀의 글이 너무 길어({len(cell.source):,}자) 건너뛰었어요.")
        else:
            cells.append(cell)
    return Notebook(tuple(cells), tuple(problems))


def _decode(data: bytes) -> tuple[str, list[str]]:
    for encoding, marks in (("utf-8-sig", (b"\xef\xbb\xbf",)), ("utf-16", (b"\xff\xfe", b"\xfe\xff"))):
        if data.startswith(marks):
            try:
                return data.decode(encoding), []
            except UnicodeDecodeError:
                break
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp949"), [
            "UTF-8이 아니라 cp949로 저장된 파일이라 바꿔 읽었어요. 다음에는 주피터에서 저장한 파일을 그대로 내 주세요."
        ]
    except UnicodeDecodeError as error:
        raise NotebookError(
            "글자 인코딩을 알 수 없어요(UTF-8도 cp949도 아니에요). 주피터에서 다시 저장해서 내 주세요."
        ) from error


def _cell(number: int, item: Any) -> Cell | None:
    if not isinstance(item, dict):
        return None
    source = item.get("source", item.get("input", ""))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    # JSON은 짝이 없는 대리 문자를 담을 수 있지만 파일에는 쓸 수 없어요.
    source = source.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\r\n", "\n")
    metadata = item.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    graded = metadata.get("nbgrader")
    graded = graded if isinstance(graded, dict) else {}
    tags = metadata.get("tags")
    return Cell(
        number=number,
        kind=item.get("cell_type") if isinstance(item.get("cell_type"), str) else "raw",
        source=source,
        id=item.get("id") if isinstance(item.get("id"), str) else None,
        grade_id=graded.get("grade_id") if isinstance(graded.get("grade_id"), str) else None,
        solution=graded.get("solution") is True,
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
    )


# -- 셀의 글 읽기 -------------------------------------------------------------------------------------------------

_MAGIC = re.compile(r"^([ \t]*)(?:[%!?].*|.*\?[ \t]*)$", re.MULTILINE)


def python_text(source: str) -> str:
    """파이썬으로 읽히면 그대로, 아니면 IPython의 줄 명령(`%`, `!`, `?`)을 지운 글. 줄 번호는 그대로예요."""
    return source if _parses(source) else _MAGIC.sub(r"\1pass", source)


@lru_cache(maxsize=4096)
def parse(source: str) -> ast.Module | None:
    """파이썬으로 읽은 나무. 문법이 틀렸거나 지나치게 깊으면 None."""
    return _parses(source) or _parses(python_text(source))


def _parses(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def only_definitions(source: str) -> bool:
    """import, 함수와 클래스의 정의, 상수만 담은 셀인지. 학습자가 더한 셀은 이것만 채점에서 돌아요."""
    tree = parse(source)
    try:
        return tree is not None and bool(tree.body) and all(_is_definition(node) for node in tree.body)
    except RecursionError:
        return False


def _is_definition(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Pass):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)  # 셀 맨 위의 설명글
    if isinstance(node, ast.Assign):
        return all(_is_target(target) for target in node.targets) and _is_literal(node.value)
    if isinstance(node, ast.AnnAssign):
        return _is_target(node.target) and (node.value is None or _is_literal(node.value))
    return False


def _is_target(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) or (isinstance(node, ast.Tuple | ast.List) and all(map(_is_target, node.elts)))


def _is_literal(node: ast.expr) -> bool:
    """부르는 것 없이 바로 정해지는 값: 수, 글, 그릇, 이름(`torch.float32`처럼), 사칙연산, 람다."""
    if isinstance(node, ast.Constant | ast.Name | ast.Lambda):
        return True
    if isinstance(node, ast.Attribute):
        return _is_literal(node.value)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return all(map(_is_literal, node.elts))
    if isinstance(node, ast.Dict):
        return all(key is not None and _is_literal(key) for key in node.keys) and all(map(_is_literal, node.values))
    if isinstance(node, ast.UnaryOp):
        return _is_literal(node.operand)
    if isinstance(node, ast.BinOp):
        return _is_literal(node.left) and _is_literal(node.right)
    return False


def defined_names(source: str) -> set[str]:
    """셀을 실행하면 전역에 생기는 이름들(함수 안은 빼고)."""
    names: set[str] = set()
    tree = parse(source)
    pending: list[ast.AST] = list(tree.body) if tree else []
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif not isinstance(node, ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
    return names


def used_names(sources: Iterable[str]) -> dict[str, set[str]]:
    """전역 이름마다, 그 정의가 읽는 이름들. 같은 이름이 여러 번 정의되면 마지막 것이에요."""
    uses: dict[str, set[str]] = {}
    for source in sources:
        tree = parse(source)
        for node in tree.body if tree else ():
            read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                uses[node.name] = read
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                for name in (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)):
                    uses[name] = read
    return uses


def reachable(name: str, uses: Mapping[str, set[str]]) -> set[str]:
    """`name`의 정의에서 이어 가며 읽는 모든 이름(자기는 빼고)."""
    seen: set[str] = set()
    pending = [name]
    while pending:
        for used in uses.get(pending.pop(), ()):
            if used not in seen:
                seen.add(used)
                pending.append(used)
    return seen - {name}


# -- 레슨의 원본 --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Master:
    """레슨의 원본: 셀들, 실습의 이름들(노트북에 나오는 순서), 실습마다의 바른 함수의 글."""

    lesson: str
    cells: tuple[Cell, ...]
    exercises: tuple[str, ...]
    counterparts: Mapping[str, str]

    def counterpart_sources(self, names: Collection[str]) -> tuple[str, ...]:
        """`names`의 바른 함수를 만드는 데 필요한 글들: 주어진 셀과, 그 함수들이 부르는 앞 실습의 풀이까지."""
        uses = used_names(self.counterparts.values())
        wanted = set(names).union(*(reachable(name, uses) for name in names))
        given = (cell.source for cell in self.cells if cell.given)
        return (*given, *(text for name, text in self.counterparts.items() if name in wanted))


@cache
def load_master(lesson: str) -> Master:
    """`solutions/`의 원본에서 읽어요. 학습자가 고칠 수 있는 `lessons/`는 보지 않아요. 원본이 없으면 BuildError."""
    from autograder.build import read_source
    from autograder.exercises import lesson_exercises

    source = read_source(lesson)
    cells = tuple(cell for number, item in enumerate(source.cells, 1) if (cell := _cell(number, item)) is not None)
    names = tuple(exercise.name for exercise in lesson_exercises(lesson))
    counterparts = {cell.grade_id: cell.source for cell in cells if cell.code and cell.grade_id in names}
    return Master(lesson, cells, names, counterparts)


# -- 채점에서 도는 셀 ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """채점에서 실행할 셀 하나. `exercise`는 실습 셀의 이름, `cell`은 학습자의 몇 번째 셀인지(주어진 셀이면 None)예요."""

    source: str
    exercise: str | None = None
    cell: int | None = None


@dataclass(frozen=True)
class Plan:
    """채점에서 실행할 셀들과, 강사와 학습자에게 알릴 문제들. `skipped`는 실행하지 않는 셀이 정의하던 이름이에요."""

    steps: tuple[Step, ...]
    problems: tuple[str, ...]
    skipped: Mapping[str, int]


def plan_run(notebook: Notebook, master: Master) -> Plan:
    """제출된 노트북에서 무엇을 어떤 순서로 실행할지 정해요. 이 레슨의 노트북이 아니면 NotebookError."""
    roles = {cell.number: _role(cell, notebook, master) for cell in notebook.cells}
    if not any(role[0] == "exercise" for role in roles.values()):
        raise NotebookError(_not_this_lesson(notebook, master))
    waiting = _given_before(master)
    steps: list[Step] = []
    skipped: dict[str, int] = {}
    # 주어진 셀은 원본에서 그 뒤에 오는 첫 실습보다 먼저 돌아요. 학습자가 지우거나 고치거나 옮겨도 같아요.
    steps += [Step(source) for source in waiting.pop("", ())]
    for cell in notebook.cells:
        role, name = roles[cell.number]
        if role == "exercise":
            for earlier in master.exercises[: master.exercises.index(name) + 1]:
                steps += [Step(source) for source in waiting.pop(earlier, ())]
            steps.append(Step(cell.source, name, cell.number))
        elif role == "added" and only_definitions(cell.source):
            steps.append(Step(python_text(cell.source), None, cell.number))
        elif role == "added":
            skipped.update({defined: cell.number for defined in defined_names(cell.source)})
    problems = [*notebook.problems, *_complaints(notebook, master, roles), *_missed_names(steps, skipped)]
    return Plan(tuple(steps), tuple(problems), skipped)


def graded_names(path: Path) -> set[str]:
    """저장된 노트북을 채점하면 정의될 이름들. `check`가 커널에만 남은 이름을 가려낼 때 써요. 읽을 수 없으면 NotebookError."""
    names: set[str] = set()
    for cell in read_notebook(path).cells:
        plain = cell.code and cell.grade_id is None and not cell.tags
        if cell.given or (cell.code and cell.solution) or (plain and only_definitions(cell.source)):
            names |= defined_names(cell.source)
    return names


def _role(cell: Cell, notebook: Notebook, master: Master) -> tuple[str, str]:
    """셀의 구실: exercise(실습의 이름), added(학습자가 더한 셀), none(채점에서 돌지 않음)."""
    if not cell.code or cell.given or not cell.source.strip():
        return "none", ""
    if cell.grade_id in master.exercises:
        return "exercise", str(cell.grade_id)
    if cell.grade_id is not None or {"experiment", "hint"} & set(cell.tags):
        return "none", ""
    here = {other.grade_id for other in notebook.cells if other.code}
    for name in master.exercises:
        # 다른 도구로 열었다 저장하면 꼬리표가 사라지기도 해요. 그때는 함수의 이름으로 찾아요.
        if name not in here and name in defined_names(cell.source):
            return "exercise", name
    if any(cell.source.strip() == other.source.strip() for other in master.cells if other.code):
        return "none", ""
    return "added", ""


def _given_before(master: Master) -> dict[str, tuple[str, ...]]:
    """주어진 셀의 글을, 원본에서 그 뒤에 오는 첫 실습의 이름으로 묶어요. 첫 실습 앞의 것은 ""이에요."""
    groups: dict[str, list[str]] = {}
    pending: list[str] = []
    first = True
    for cell in master.cells:
        if cell.given:
            pending.append(cell.source)
        elif cell.code and cell.grade_id in master.exercises:
            groups.setdefault("" if first else str(cell.grade_id), []).extend(pending)
            pending, first = [], False
    return {name: tuple(sources) for name, sources in groups.items()}


def _not_this_lesson(notebook: Notebook, master: Master) -> str:
    if not any(cell.source.strip() for cell in notebook.cells):
        return "셀이 모두 비어 있어요. 저장이 끝난 노트북을 다시 내 주세요."
    ids = {cell.grade_id for cell in notebook.cells}.union(*(defined_names(c.source) for c in notebook.cells if c.code))
    for lesson, names in _lesson_names().items():
        if lesson != master.lesson and len(ids & names) > 1:
            return f"`{lesson}` 레슨의 노트북을 `{master.lesson}` 자리에 냈어요. 맞는 파일을 다시 내 주세요."
    return f"`{master.lesson}` 레슨의 노트북이 아니에요. 이 레슨의 실습 셀이 하나도 없어요."


@lru_cache(maxsize=1)
def _lesson_names() -> dict[str, set[str]]:
    from autograder.build import sources
    from autograder.exercises import lesson_exercises

    return {lesson: {exercise.name for exercise in lesson_exercises(lesson)} for lesson in sources()}


def _complaints(notebook: Notebook, master: Master, roles: Mapping[int, tuple[str, str]]) -> list[str]:
    """원본과 달라진 곳. 점수는 셀의 글에서만 나오므로, 이 가운데 무엇도 점수를 바꾸지 않아요."""
    found: list[str] = []
    exercises = Counter(name for role, name in roles.values() if role == "exercise")
    untagged = [name for cell in notebook.cells if (name := roles[cell.number][1]) and cell.grade_id is None]
    if untagged:
        found.append(f"{_listed(untagged)} 셀의 꼬리표가 사라져 함수의 이름으로 찾았어요.")
    if missing := [name for name in master.exercises if not exercises[name]]:
        found.append(f"{_listed(missing)} 실습 셀이 없어요.")
    if doubled := [name for name, count in exercises.items() if count > 1]:
        found.append(f"{_listed(doubled)} 실습 셀이 둘 이상이라 위에서부터 모두 실행했어요.")
    copies = Counter(cell.grade_id for cell in notebook.cells if cell.grade_id)
    checks = {cell.grade_id: cell.source.strip() for cell in master.cells if (cell.grade_id or "").startswith("check_")}
    for state, names in (
        ("지워진", [name for name in checks if not copies[name]]),
        ("겹친", [name for name in checks if copies[name] > 1]),
        ("고쳐진", [n for n in checks if copies[n] == 1 and (notebook.text(n) or "").strip() != checks[n]]),
    ):
        if names:
            found.append(f"{state} 확인 셀이 있어요({_listed(names)}). 점수에는 쓰이지 않아요.")
    given = [cell.source.strip() for cell in notebook.cells if cell.given]
    if any(cell.source.strip() not in given for cell in master.cells if cell.given):
        found.append("주어진 셀이 지워졌거나 고쳐져서, 원래의 셀로 채점했어요.")
    return found


def _missed_names(steps: Sequence[Step], skipped: Mapping[str, int]) -> list[str]:
    """실습이 쓰는데 채점에서 돌지 않는 셀에만 있는 이름들."""
    sources = [step.source for step in steps]
    defined = set().union(*map(defined_names, sources)) if sources else set()
    uses = used_names(sources)
    wanted = {name for step in steps if step.exercise for name in reachable(step.exercise, uses)}
    return [
        f"{josa(f'`{name}`', '은/는')} {skipped[name]}번째 셀에 있지만 정의, import, 상수만 담은 셀이 아니라 실행하지 않았어요."
        for name in sorted(wanted & set(skipped) - defined)
    ]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))


# -- 힌트와 다시 시작 ---------------------------------------------------------------------------------------------

_FOLDED = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)


def hints(notebook: Notebook, exercise: str) -> list[tuple[str, str]]:
    """실습 셀 다음의 힌트 셀에 접혀 있는 힌트들을 (제목, 글)로. 없으면 빈 목록이에요."""
    after = False
    for cell in notebook.cells:
        if cell.grade_id == exercise:
            after = True
        elif after and "hint" in cell.tags:
            return [(title.strip(), body.strip()) for title, body in _FOLDED.findall(cell.source)]
        elif after and cell.grade_id is not None:
            break
    return []


def reset_exercise(path: Path, exercise: str, stub: str) -> Path:
    """실습 셀을 빈칸으로 되돌려요. 고치기 전의 노트북을 `backup/` 폴더에 남기고 그 자리를 돌려줘요."""
    data = read_bytes(path)
    read_notebook(data)  # 읽을 수 없는 파일이면 여기서 까닭을 말해요.
    text, _ = _decode(data)
    document = json.loads(text)
    cells = [
        cell
        for cell in document.get("cells", ())
        if isinstance(cell, dict) and ((cell.get("metadata") or {}).get("nbgrader") or {}).get("grade_id") == exercise
    ]
    if not cells:
        raise NotebookError(f"노트북에 `{exercise}` 실습 셀이 없어요. 이름을 확인하거나 배포본에서 셀을 복사해 주세요.")
    backup = path.parent / "backup" / f"{path.stem}-{exercise}-{datetime.now():%Y%m%d-%H%M%S}.ipynb"
    backup.parent.mkdir(exist_ok=True)
    _replace(backup, data)
    for cell in cells:
        cell["source"] = stub.splitlines(keepends=True)
        if cell.get("cell_type") == "code":
            cell["outputs"], cell["execution_count"] = [], None
    _replace(path, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode())
    return backup


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(data)
    os.replace(temporary, path)
