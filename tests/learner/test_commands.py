"""배우는 사람의 명령: check, status, hint, reset."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from support.commands import run

from autograder.learner import notebooks, progress, saved_check, study
from autograder.learner.report import Report


def code_cell(source: str, grade_id: str = "", tags: tuple[str, ...] = ()):
    cell = nbformat.v4.new_code_cell(source)
    if grade_id:
        cell.metadata["nbgrader"] = {"grade_id": grade_id, "solution": True, "grade": False, "locked": False,
                                     "schema_version": 3, "task": False}  # fmt: skip
    cell.metadata["tags"] = list(tags)
    return cell


SOFTMAX = """def softmax(x, dim):
    e = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return e / e.sum(dim=dim, keepdim=True)
"""
HINTS = "\n".join(f"<details><summary>힌트 {n}</summary>\n\n{n}번째 <code>말</code>\n</details>" for n in (1, 2))


def check_cell(name: str, points: float):
    cell = code_cell(f'check("{name}")', f"check_{name}")
    cell.metadata["nbgrader"] |= {"solution": False, "grade": True, "locked": True, "points": points}
    return cell


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    """레슨 5 하나를 나눠 준 임시 폴더. 주어진 셀들로 학습자의 노트북을 쓰는 함수를 돌려줘요. 배포본에는 같은 실습의 빈칸이 있어요."""
    released = tmp_path / "lessons" / "05_attention_math" / "05_attention_math.ipynb"
    base = tmp_path / "study" / ".released" / "05_attention_math.ipynb"
    folder = tmp_path / "study" / "05_attention_math"
    for place in (released.parent, folder, base.parent):
        place.mkdir(parents=True)
    monkeypatch.setattr(study, "LESSONS", released.parents[1])
    monkeypatch.setattr(study, "STUDY", folder.parent)

    def write(*cells) -> Path:
        hint = nbformat.v4.new_markdown_cell(HINTS)
        hint.metadata["tags"] = ["hint"]
        given = code_cell("import torch\nprint('셀의 출력은 결과에 섞이지 않아요')", tags=("given",))
        path = folder / "05_attention_math.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[given, *cells, hint]), path)
        names = [cell.metadata["nbgrader"]["grade_id"] for cell in cells if "nbgrader" in cell.metadata]
        stubs = [
            cell
            for name in names
            for cell in (code_cell("raise NotImplementedError('여기를 채워 주세요')", name), check_cell(name, 12))
        ]
        for place in (released, base):
            nbformat.write(nbformat.v4.new_notebook(cells=[given, *stubs, hint]), place)
        return path

    return write


def test_check_names_what_passed_and_what_did_not(lessons, capsys):
    lessons(
        code_cell(SOFTMAX, "softmax"),
        code_cell(
            "def attention_scores(q, k):\n    raise NotImplementedError('여기를 채워 주세요')", "attention_scores"
        ),
        code_cell("def padding_mask(ids, pad_id):\n    return (ids == pad_id)[:, None, None, :]", "padding_mask"),
        code_cell("def causal_mask(T)\n    return T", "causal_mask"),
    )
    code, out, _ = run(capsys, "check", "5")
    lines = {line.split()[1]: line.split()[0] for line in out.splitlines() if re.match(r"  \S \w+(  |$)", line)}
    assert code == 1
    assert lines == {"softmax": "✔", "attention_scores": "·", "padding_mask": "✘", "causal_mask": "✘"}
    assert "4개 가운데 1개를 통과했어요. 다음은 `attention_scores`예요." in out
    assert "셀의 출력" not in out and "Traceback" not in out


def test_endless_and_dying_cells_cost_only_themselves(lessons, capsys, monkeypatch):
    monkeypatch.setattr(saved_check, "SILENCE", 60.0)
    lessons(
        code_cell("import os\nos._exit(0)\ndef softmax(x, dim): ...", "softmax"),
        code_cell("import sys\nsys.exit(0)", "attention_scores"),
        code_cell("def causal_mask(T):\n    return torch.ones(T, T, dtype=torch.bool).tril()", "causal_mask"),
    )
    results = {
        result.name: result.verdict
        for result in saved_check.check_notebook(notebooks.lesson_paths()["05_attention_math"])
    }
    assert results == {"softmax": "timeout", "attention_scores": "error", "causal_mask": "pass"}


def test_a_path_may_be_relative_to_where_the_command_is_run(lessons, monkeypatch):
    lessons(code_cell("def causal_mask(T):\n    return torch.ones(T, T, dtype=torch.bool).tril()", "causal_mask"))
    path = notebooks.lesson_paths()["05_attention_math"]
    monkeypatch.chdir(path.parent.parent)
    (result,) = saved_check.check_notebook(path.relative_to(Path.cwd()))
    assert result.verdict == "pass"


def test_a_fault_of_the_course_is_not_blamed_on_the_learner(lessons, monkeypatch):
    lessons(code_cell("def causal_mask(T):\n    return T", "causal_mask"))
    path = notebooks.lesson_paths()["05_attention_math"]
    notebook = saved_check.read_mine(path)
    monkeypatch.setattr(saved_check, "read_mine", lambda _: notebook)
    path.unlink()  # 자식만 읽지 못해요.
    with pytest.raises(saved_check.CheckFailedError, match="코스의 확인 프로그램이 잘못돼서"):
        saved_check.check_notebook(path)


def test_unchanged_notebook_is_not_run_again(lessons, monkeypatch):
    path = lessons(code_cell(SOFTMAX, "softmax"))
    ran = []
    monkeypatch.setattr(progress, "check_notebook", lambda *_: ran.append(1) or [Report("softmax", "", "pass", "")])
    first, second = progress.check_cached(path), progress.check_cached(path)
    assert first == second and len(ran) == 1
    lessons(code_cell(SOFTMAX + "\n# 고침", "softmax"))
    progress.check_cached(path)
    assert len(ran) == 2


def test_status_shows_the_next_exercise_and_survives_a_broken_file(lessons, capsys, monkeypatch):
    path = lessons(code_cell(SOFTMAX, "softmax"), code_cell("def causal_mask(T):\n    return T", "causal_mask"))
    results = [Report("softmax", "", "pass", "", 12.0, 12.0), Report("causal_mask", "", "fail", "", 0.0, 12.0)]
    monkeypatch.setattr(progress, "check_notebook", lambda *_: results)
    code, out, _ = run(capsys, "status")
    assert code == 0 and "12/24" in out and "2개 가운데 1개 통과" in out
    assert "`causal_mask`를 풀어요" in out.splitlines()[-1]
    path.write_bytes(b"")
    code, out, _ = run(capsys, "status")
    assert code == 0 and "확인하지 못했어요" in out and "빼고 셌어요" in out
    assert "다시 저장해요" in out.splitlines()[-1]


@pytest.mark.parametrize("name", ["5", "05", "05_attention_math", "lessons/05_attention_math/05_attention_math.ipynb"])
def test_lessons_go_by_many_names(lessons, name):
    lessons(code_cell(SOFTMAX, "softmax"))
    assert notebooks.find_lesson(name) == "05_attention_math"


def test_unknown_lesson_lists_what_there_is(lessons, capsys):
    lessons(code_cell(SOFTMAX, "softmax"))
    code, _, err = run(capsys, "check", "11")
    assert code == 2 and "05_attention_math" in err


def test_hints_come_one_at_a_time(lessons, capsys):
    lessons(code_cell(SOFTMAX, "softmax"))
    first, second, third, again = (run(capsys, "hint", "softmax", *more)[1] for more in ([], [], [], ["--again"]))
    assert "1번째" in first and "1개 더" in first
    assert "2번째" in second and "마지막" in second and "2번째" in third
    assert "1번째" in again
    code, _, err = run(capsys, "hint", "softmx")
    assert code == 2 and "혹시 `softmax`인가요?" in err


def test_reset_gives_a_stub_and_keeps_a_backup(lessons, capsys):
    path = lessons(code_cell(SOFTMAX, "softmax"))
    code, out, _ = run(capsys, "reset", "softmax", "--yes")
    text = path.read_text(encoding="utf-8")
    backups = list((path.parent / "backup").glob("*.ipynb"))
    assert code == 0 and "NotImplementedError" in text and "torch.exp" not in text
    assert len(backups) == 1 and "torch.exp" in backups[0].read_text(encoding="utf-8") and str(backups[0]) in out
