"""`course submit`: 낼 파일을 만들고 빠진 것을 말해요. 틀린 답이나 빈칸이 있어도 만들고, 채점기가 읽지 못할 것만 만들지 않아요.

낼 파일은 저장된 노트북 그대로예요. 둘만 손봐요: 다른 도구가 지운 꼬리표를 되살리고, 상한보다 크면 출력을 지워요(출력은 채점하지 않아요).
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from autograder.console import make_console
from autograder.errors import CourseError
from autograder.files import write_bytes
from autograder.layout import LESSONS
from autograder.learner import progress, study
from autograder.learner.choosing import all_places, one_lesson, own_file
from autograder.learner.notebooks import listed
from autograder.learner.recognition import Document, items, load, recognised
from autograder.learner.screen import PASSED, UNTOUCHED, report_line
from autograder.learner.status import REFLECTION, broken_step
from autograder.learner.study import edition, shown
from autograder.notebooks.cell_code import same_code
from autograder.notebooks.reading import NotebookError, decode, read_notebook
from autograder.notebooks.work import answered, is_ours, keep, written

MOST = 512 * 1024**2  # 바이트. 이보다 큰 파일은 출력을 지우려고 열어 보는 것도 하지 않아요.


@dataclass
class Handin:
    """낼 파일 하나. `mended`는 만들면서 손본 것, `doubts`는 낸 뒤에 후회할 수 있는 것이에요."""

    lesson: str
    data: bytes
    reflected: bool
    mended: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def submit(
    lessons: Annotated[
        list[str] | None,
        typer.Argument(metavar="레슨", help="낼 레슨의 번호나 이름(5). 적지 않으면 푼 것이 있는 레슨 모두예요."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="폴더", help="낼 파일을 둘 폴더예요. 적지 않으면 study/submit이에요."),
    ] = None,
) -> int:
    """낼 파일을 만들고, 다 되었는지 말해요. 틀린 답이 있어도 만들어요."""
    places = all_places()
    chosen = {one_lesson(text): own_file(text) or places[one_lesson(text)] for text in lessons or ()}
    if not lessons:
        chosen = {lesson: path for lesson, path in places.items() if path.exists() and written(path.read_bytes())}
        if not chosen:
            raise CourseError(
                "아직 푼 레슨이 없어요. `python3 course.py lab`으로 레슨을 열어 풀고 저장한 뒤에 다시 해요."
            )
    folder = _folder(out)
    complete, refused = True, []
    for lesson, path in chosen.items():
        try:
            handin = prepare(lesson, path)
        except NotebookError as error:
            refused.append(f"{lesson}: {error} {broken_step(path)}")
            continue
        target = folder / f"{lesson}.ipynb"
        if target.exists() and target.read_bytes() != handin.data:
            keep(target, "submit", study.backups(lesson))
        write_bytes(target, handin.data)
        complete = _say(handin, path, target) and complete
    if refused:
        raise CourseError("\n".join(["낼 파일을 만들지 못한 레슨이 있어요.", *refused]))
    return 0 if complete else 1


def _folder(out: Path | None) -> Path:
    """낼 파일을 둘 폴더. 노트북을 덮어쓸 자리면 CourseError예요."""
    folder = out or study.handins()
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"`{out}`은 폴더가 아니라 파일이에요. `--out`에는 폴더를 적어 주세요.")
    inside = folder.resolve()
    places = {study.place_of(lesson).parent.resolve() for lesson in study.released_paths()}
    if inside.is_relative_to(LESSONS) or inside in places:
        raise CourseError(f"`{out}`은 노트북이 사는 폴더예요. `--out`에는 다른 폴더를 적어 주세요.")
    return folder


def prepare(lesson: str, path: Path) -> Handin:
    """노트북을 읽어 낼 파일로 만들어요. 채점기가 읽지 못할 파일이면 까닭을 말하는 NotebookError예요."""
    data = _bytes(path)
    mended: list[str] = []
    given = load(edition(lesson).read_bytes())
    try:
        read_notebook(data)
    except NotebookError:
        lighter = _without_outputs(data)
        if lighter is None:
            raise
        data = lighter
        mended.append("상한보다 커서 출력을 지우고 담았어요. 출력은 채점하지 않으니 점수는 그대로예요.")
    document = _json(data)
    whole = recognised(document, given)
    if whole is not document:
        data = _dump(whole)
        mended.append("다른 도구가 지운 셀의 꼬리표를 되살렸어요. 다음에는 JupyterLab에서 저장해요.")
    notebook = read_notebook(data)
    asked = {item.name for item in listed(lesson)}
    if not asked & {cell.grade_id for cell in notebook.cells if cell.code} and not notebook.too_long.keys() & asked:
        raise NotebookError(f"{lesson} 레슨의 실습 셀이 하나도 없어요. 다른 레슨의 노트북이 아닌지 확인해요.")
    doubts = [*notebook.problems, *_doubts(whole, given)]
    reflected = any(cell.grade_id == REFLECTION and answered(cell) for cell in notebook.cells)
    return Handin(lesson, data, reflected, mended, doubts)


def _bytes(path: Path) -> bytes:
    """노트북의 바이트. 상한보다 커도 출력을 지우면 낼 수 있을지 모르니 읽어 봐요."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise NotebookError(f"{shown(path)}을 찾지 못했어요.") from error
    if not path.is_file():
        raise NotebookError(f"{shown(path)} 자리에 있는 것은 파일이 아니에요. 그것을 옮겨 주세요.")
    if size > MOST:
        raise NotebookError(f"낼 수 있는 노트북이 아니에요({size // 2**20} MiB). 출력을 모두 지우고 저장해요.")
    return path.read_bytes()


def _without_outputs(data: bytes) -> bytes | None:
    """출력을 지운 노트북. 그래도 읽을 수 없으면 None이에요."""
    try:
        document = _json(data)
        for cell in document["cells"]:
            if cell.get("cell_type") == "code":
                cell["outputs"], cell["execution_count"] = [], None
        lighter = _dump(document)
        read_notebook(lighter)
    except (NotebookError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return lighter


def _doubts(document: Document, given: Document) -> Iterator[str]:
    """지운 셀, 두 번 있는 실습, 고쳐 쓴 주어진 셀."""
    mine, original = list(items(document)), {item.key: item.cell for item in items(given)}
    count = Counter(item.key for item in mine if item.cell.solution and is_ours(item.cell))
    for key, times in count.items():
        if times > 1:
            yield f"`{key}` 셀이 {times}개 있어요. 마지막 것까지 차례로 실행해서 채점하니, 하나만 남기고 지우는 것이 좋아요."
    if REFLECTION in original and not count[REFLECTION]:
        yield "서술형 셀을 지웠어요. `python3 course.py update`나 나눠 준 노트북에서 되살려요."
    edited = [
        str(item.cell.number)
        for item in mine
        if item.cell.given and item.key in original and not same_code(item.cell.source, original[item.key].source)
    ]
    if edited:
        yield f"레슨이 준 코드 셀을 고쳤어요({', '.join(edited)}번째 셀). 채점은 처음의 글로 해요."
    missing = [cell for key, cell in original.items() if cell.given and key not in {item.key for item in mine}]
    if missing:
        yield f"레슨이 준 코드 셀 {len(missing)}개를 지웠어요. 채점은 처음의 글로 하니 점수는 그대로예요."


def _json(data: bytes) -> Any:
    return json.loads(decode(data)[0])


def _dump(document: Document) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _say(handin: Handin, path: Path, target: Path) -> bool:
    """만든 파일과 빠진 것을 말하고, 다 되었는지 돌려줘요."""
    from rich.markup import escape

    console = make_console()
    console.print(f"\n[bold]{handin.lesson}[/]")
    try:
        with console.status("낼 파일을 확인하고 있어요 …"):
            results = progress.standing(target)
    except CourseError as error:
        console.print(f"  확인하지는 못했어요: {error}", markup=False)
        results = []
    for result in results:
        console.print(report_line(result))
    needed = [result for result in results if not result.bonus]
    undone = {
        "아직 풀지 않은 것": [result.name for result in needed if result.verdict == UNTOUCHED],
        "통과하지 못한 것": [result.name for result in needed if result.verdict not in (PASSED, UNTOUCHED)],
        "서술형": [] if handin.reflected else ["아직 적지 않았어요"],
    }
    for what, names in undone.items():
        if names:
            console.print(f"  {what}: {', '.join(names)}", markup=False)
    for sentence in (*handin.mended, *handin.doubts):
        console.print(f"  {sentence}", markup=False)
    saved = time.strftime("%m월 %d일 %H:%M", time.localtime(path.stat().st_mtime))
    complete = bool(results) and not any(undone.values())
    verdict = "다 되었어요. 이 파일을 내요" if complete else "빠진 것이 있지만 이대로도 낼 수 있어요"
    console.print(f"  {saved}에 저장한 노트북이에요. {verdict}: [bold]{escape(shown(target.resolve()))}[/]")
    return complete
