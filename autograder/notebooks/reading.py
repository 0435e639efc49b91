"""학습자의 노트북 파일을 믿지 않고 읽어요.

nbformat으로 읽지 않아요. 깨진 파일 하나가 반 전체의 채점을 멈추지 않게, JSON에서 필요한 것만 조심해서 꺼내요.
출력은 읽자마자 버려요. 점수는 셀의 글에서만 나와요.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.limits import LIMITS


class NotebookError(CourseError):
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
        """코드 셀인지."""
        return self.kind == "code"

    @property
    def given(self) -> bool:
        """레슨이 준 코드 셀인지."""
        return self.code and "given" in self.tags


@dataclass(frozen=True)
class Notebook:
    """읽어 낸 노트북과, 읽으면서 드러난 문제들. `too_long`은 글이 너무 길어 건너뛴 셀의 번호와 배포할 때의 이름이에요."""

    cells: tuple[Cell, ...]
    problems: tuple[str, ...] = ()
    too_long: Mapping[str, int] = field(default_factory=dict)

    def text(self, grade_id: str) -> str | None:
        """그 이름의 첫 셀의 글. 없으면 None."""
        return next((cell.source for cell in self.cells if cell.grade_id == grade_id), None)


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
        if info.st_size > LIMITS.notebook_bytes:
            raise NotebookError(
                f"파일이 너무 커요({info.st_size // 2**20} MiB). 출력을 모두 지우고 저장해서 다시 내 주세요."
            )
        with open(handle, "rb", closefd=False) as file:
            # 읽는 동안 길어지는 파일도 상한까지만 읽어요.
            return file.read(LIMITS.notebook_bytes + 1)
    finally:
        os.close(handle)


def read_notebook(source: bytes | Path) -> Notebook:
    """파일이나 바이트를 노트북으로. 읽을 수 없으면 까닭을 말하는 NotebookError."""
    data = source if isinstance(source, bytes) else read_bytes(source)
    if not data.strip():
        raise NotebookError("빈 파일이에요. 저장이 끝난 노트북을 다시 내 주세요.")
    _refuse_bombs(data)
    text, problems = decode(data)
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
        parts = [part.get("cells") for part in document["worksheets"] if isinstance(part, dict)]
        raw = [cell for part in parts if isinstance(part, list) for cell in part]
    if not isinstance(raw, list):
        raise NotebookError("셀 목록이 없어요. 노트북이 아니거나 저장하다가 끊긴 파일이에요.")
    if len(raw) > LIMITS.cells:
        raise NotebookError(f"셀이 너무 많아요({len(raw):,}개). 배포받은 노트북에서 다시 시작해 주세요.")
    cells: list[Cell] = []
    room, code_room = LIMITS.source_chars, LIMITS.code_chars
    too_long: dict[str, int] = {}
    for number, item in enumerate(raw, 1):
        cell = read_cell(number, item)
        if cell is None:
            problems.append(f"{number}번째 셀이 깨져 있어 건너뛰었어요.")
            continue
        size = len(cell.source)
        if size > LIMITS.cell_chars:
            problems.append(f"{number}번째 셀의 글이 너무 길어({size:,}자) 건너뛰었어요.")
            too_long[cell.grade_id or ""] = number
        elif size > room or (cell.code and size > code_room):
            problems.append(f"노트북의 글이 모두 합쳐 너무 길어서 {number}번째 셀을 건너뛰었어요.")
            too_long[cell.grade_id or ""] = number
        else:
            room -= size
            code_room -= size if cell.code else 0
            cells.append(cell)
    return Notebook(tuple(cells), tuple(_some(problems)), too_long)


def _refuse_bombs(data: bytes) -> None:
    """풀기 전에 크기를 어림해요. 값이 몇 개인지는 쉼표와 여는 괄호의 수를 넘지 않아요."""
    if len(data) > LIMITS.notebook_bytes:
        raise NotebookError("파일이 너무 커요. 출력을 모두 지우고 저장해서 다시 내 주세요.")
    if sum(map(data.count, (b",", b"[", b"{"))) > LIMITS.notebook_items:
        raise NotebookError("노트북에 든 값이 너무 많아요. 출력을 모두 지우고 저장해서 다시 내 주세요.")


def _some(problems: list[str]) -> list[str]:
    """문제가 수백 개여도 몇 가지만 말해요."""
    extra = len(problems) - LIMITS.problems
    return problems if extra <= 0 else [*problems[: LIMITS.problems], f"그 밖에 비슷한 문제가 {extra}개 더 있어요."]


def decode(data: bytes) -> tuple[str, list[str]]:
    """바이트를 글로, 그러면서 알릴 문제와 함께. 어떤 인코딩으로도 읽히지 않으면 NotebookError."""
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


def read_cell(number: int, item: Any) -> Cell | None:
    """JSON의 셀 하나. 셀의 모양이 아니면 None."""
    if not isinstance(item, dict):
        return None
    source = item.get("source", item.get("input", ""))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    # JSON은 짝이 없는 대리 문자를 담을 수 있지만 파일에는 쓸 수 없어요.
    source = source.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\r\n", "\n")
    metadata = _dict(item.get("metadata"))
    graded = _dict(metadata.get("nbgrader"))
    tags = metadata.get("tags")
    tags = tags[:20] if isinstance(tags, list) else []
    return Cell(
        number=number,
        kind=_text(item.get("cell_type")) or "raw",
        source=source,
        id=_text(item.get("id")),
        grade_id=_text(graded.get("grade_id")),
        solution=graded.get("solution") is True,
        tags=tuple(tag for tag in tags if isinstance(tag, str)),
    )


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and len(value) <= 200 else None
