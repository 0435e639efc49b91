"""풀리퀘스트에서 바뀐 노트북 찾기, 시드, 요약."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.commands import run

from autograder.grading.messages import Graded
from autograder.grading.results import Mark, Ungraded
from autograder.sandbox import SandboxRefused
from autograder.teaching import pull_request
from autograder.teaching.pull_request import PullRequestError, changed_notebooks, seed_of, summary

LESSON = "05_attention_math"


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=시험", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(folder), *who, *words]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout.strip()


def commit(folder: Path, files: dict[str, str | None]) -> str:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "한 번")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def test_only_what_this_pull_request_changed(repository: Path) -> None:
    start = commit(repository, {"03_feed_forward.ipynb": "옛것", "01_background.ipynb": "지울 것"})
    head = commit(
        repository,
        {
            f"제출/{LESSON}/내 것.ipynb": "다섯",
            "03_feed_forward.ipynb": "새것",
            "01_background.ipynb": None,
            "02_positional_encoding.txt": "노트북이 아님",
            ".ipynb_checkpoints/08_full_transformer.ipynb": "사본",
        },
    )
    git(repository, "checkout", "-q", start)
    base = commit(repository, {"06_multi_head.ipynb": "그사이 합쳐진 남의 것"})
    changed = changed_notebooks(repository, base, head)
    assert changed.notebooks == {"03_feed_forward": "새것".encode(), LESSON: "다섯".encode()} and not changed.skipped


def test_two_notebooks_of_one_lesson_are_not_guessed_about(repository: Path) -> None:
    base = commit(repository, {"README.md": ""})
    head = commit(repository, {f"a/{LESSON}.ipynb": "가", f"b/{LESSON}.ipynb": "나"})
    changed = changed_notebooks(repository, base, head)
    assert not changed.notebooks and [path[0] for path, _ in changed.skipped] == ["a", "b"]


@pytest.mark.parametrize("name", ["0" * 40, "없는-가지", "--output=여기", ""])
def test_unknown_commits_are_one_sentence(repository: Path, name: str) -> None:
    base = commit(repository, {"README.md": ""})
    with pytest.raises(PullRequestError, match="두 커밋을 모두"):
        changed_notebooks(repository, base, name)
    assert [path.name for path in repository.iterdir() if path.name != ".git"] == ["README.md"]


def test_the_seed_of_a_class() -> None:
    assert seed_of("20260302") == seed_of(" 20260302\n") == 20260302
    assert seed_of("우리 반") == seed_of("우리 반") != seed_of("너희 반")
    assert 0 <= seed_of("9" * 400) < 2**53  # type: ignore[operator]  # 빈 글이 아니면 None이 아니에요.
    assert seed_of("") is seed_of("  ") is None


def graded(verdict: str, message: str, problems: tuple[str, ...] = ()) -> Graded:
    marks = (Mark("s", LESSON, "softmax", 3.0, 10.0, verdict, None, message),)
    return Graded("s", LESSON, marks, problems, True, 1, "full", 0.0, 0.0, "", "")


def test_the_summary_is_dead_paper() -> None:
    nasty = "값이 ```\n# 만점\n<img src=x> [여기](https://example.org)\u202e"
    text = summary(
        "`|**@누구**", [graded("fail", nasty, (nasty,)), Ungraded("s", "06_multi_head", nasty)], [(nasty, "까닭")], True
    )
    fence = "````"
    pieces = text.split(fence)
    assert len(pieces) == 9 and "\u202e" not in text
    outside = "".join(pieces[::2])
    assert "만점\n" not in outside and "example.org" not in outside and "<img" not in outside
    assert outside.startswith("# \\`\\|\\*\\*\\@누구\\*\\*의 채점 결과")
    assert "이번 실행에서만" not in text and "3 / 10" in text
    assert "채점할 것이 없어요" in summary("나", [], [], True)


def test_without_a_sandbox_nothing_is_graded(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        raise SandboxRefused("만들 수 없어요.")

    base = commit(repository, {"README.md": ""})
    head = commit(repository, {f"{LESSON}.ipynb": "{}"})
    monkeypatch.setattr(pull_request, "open_station", refuse)
    monkeypatch.chdir(repository)
    page = repository / ".git" / "summary.md"
    page.write_text("앞 단계의 요약\n")
    code, _, error = run(
        capsys, "grade-pull-request", "--base", base, "--head", head, "--student", "나", "--summary", str(page)
    )
    assert code == 2 and "만들 수 없어요" in error
    assert page.read_text().startswith("앞 단계의 요약\n안전한 모래상자를 만들 수 없어서")
