"""원본과 달라진 곳을 말해요. 점수는 셀의 글에서만 나오므로, 이 가운데 무엇도 점수를 바꾸지 않아요."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from autograder.authoring.lesson_source import as_released, cell_id
from autograder.grading.lesson_master import Master
from autograder.notebooks.cell_code import same_code
from autograder.notebooks.reading import Cell, Notebook


def complaints(notebook: Notebook, master: Master, exercises: Mapping[int, str]) -> list[str]:
    """강사와 학습자에게 알릴 문장들. `exercises`는 셀의 번호에서 그 셀이 답한 실습으로 가는 표예요."""
    found: list[str] = []
    found_cells = Counter(exercises.values())
    untagged = [exercises[c.number] for c in notebook.cells if c.number in exercises and c.grade_id is None]
    if untagged:
        found.append(f"{_listed(untagged)} 셀의 꼬리표가 사라져 함수의 이름으로 찾았어요.")
    copies = Counter(cell.grade_id for cell in notebook.cells if cell.grade_id)
    checks = {name: cell.source.strip() for cell in master.cells if (name := cell.grade_id or "").startswith("check_")}
    earlier = _of_an_earlier_edition(notebook, master)
    # 앞선 판에 없던 실습은 확인 셀도 함께 없어요. 지운 것이 아니에요.
    unknown = {name for name in master.exercises if earlier and not found_cells[name] and not copies[f"check_{name}"]}
    checks = {name: source for name, source in checks.items() if name.removeprefix("check_") not in unknown}
    if missing := [name for name in master.exercises if not found_cells[name] and name not in unknown]:
        found.append(f"{_listed(missing)} 실습 셀이 없어요.")
    if doubled := [name for name, count in found_cells.items() if count > 1]:
        found.append(f"{_listed(doubled)} 실습 셀이 둘 이상이라 위에서부터 모두 실행했어요.")
    for state, names in (
        ("지워진", [name for name in checks if not copies[name]]),
        ("겹친", [name for name in checks if copies[name] > 1]),
        ("고쳐진", [n for n in checks if copies[n] == 1 and (notebook.text(n) or "").strip() != checks[n]]),
    ):
        if names:
            found.append(f"{state} 확인 셀이 있어요({_listed(names)}). 점수에는 쓰이지 않아요.")
    if not _keeps_given(notebook, master, earlier):
        found.append("주어진 셀이 지워졌거나 고쳐져서, 원래의 셀로 채점했어요.")
    return found


def _keeps_given(notebook: Notebook, master: Master, earlier: bool) -> bool:
    """주어진 코드가 나눠 준 그대로인지. 앞선 판의 노트북은 셀이 달라도 그때 나눠 준 글 그대로면 돼요."""
    given = [cell for cell in notebook.cells if cell.given]
    ours = _handed_out(master)
    if all(any(same_code(one, mine.source) for mine in given) for one in ours):
        return True
    if same_code("\n".join(ours), "\n".join(cell.source for cell in given)):  # 셀을 나누거나 합쳤을 뿐이에요.
        return True
    return earlier and all(_untouched(cell, master.lesson) for cell in given)


def _of_an_earlier_edition(notebook: Notebook, master: Master) -> bool:
    """나눠 준 뒤로 고치지 않았는데 지금의 원본에는 없는 셀이 있는지."""
    known = {cell.id for cell in master.cells} | {cell_id(master.lesson, "code", one) for one in _handed_out(master)}
    return any(cell.id not in known and _untouched(cell, master.lesson) for cell in notebook.cells)


def _untouched(cell: Cell, lesson: str) -> bool:
    """제 글과 맞는 id는 나눠 준 그대로라는 뜻이에요."""
    return cell.id == cell_id(lesson, cell.kind, cell.source)


def _handed_out(master: Master) -> list[str]:
    """주어진 셀을 나눠 준 글로."""
    return [as_released(c.source) if "earlier" in c.tags else c.source for c in master.cells if c.given]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))
