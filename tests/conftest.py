"""시험 전체에 걸친 약속: 느린 시험 고르기, 돌리지 못한 것의 한국어 요약, 아무것도 돌지 않으면 실패."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator

# torch를 불러오기 전에 정해요. 일꾼 여럿이 코어를 두고 다투지 않게 하고, 그림 창은 열지 않아요.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest

from autograder.cli import prepare_environment

# `course`로 시작하지 않아도(편집기의 pytest 단추) 같은 환경이에요: alembic이 있는 PATH, Java, UTF-8.
prepare_environment()

# 배경에서 시작한 시험(`nohup ... &`)은 Ctrl+C를 무시하고, 무시는 자식에게 물려져요. 그러면 Ctrl+C를 보내 보는 시험이 끝나지 않아요.
if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

NOTHING_RAN = pytest.ExitCode.NO_TESTS_COLLECTED


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="오래 걸리는 시험(slow)까지 돌려요.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """바이트에는 만든 시각이 섞여요(gzip). 시험의 이름이 일꾼마다 다르면 xdist는 아무 시험도 돌리지 않아요."""
    return argname if isinstance(val, bytes) else None


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    stats = terminalreporter.stats
    skipped = Counter(_reason(report) for report in stats.get("skipped", []))
    if skipped:
        terminalreporter.section("이 컴퓨터에서 돌리지 못한 시험")
        for reason, count in skipped.most_common():
            terminalreporter.write_line(f"- {count}개: {reason}")
    if not config.getoption("--slow"):
        terminalreporter.write_line(
            "오래 걸리는 시험은 빼고 돌렸어요. 모두 돌리려면 `python3 course.py test --slow`예요."
        )
    if not stats.get("passed"):
        terminalreporter.write_line("통과한 시험이 하나도 없어요. 시험이 돌지 않은 것도 실패로 쳐요.", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """모두 건너뛰고 끝난 것을 성공으로 치지 않아요. xdist의 일꾼에게는 묻지 않아요."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and exitstatus == pytest.ExitCode.OK and not reporter.stats.get("passed"):
        session.exitstatus = NOTHING_RAN


def _state() -> dict[str, object]:
    """시험 하나가 끝난 뒤 다음 시험이 물려받는 것이에요. torch는 불러온 뒤에만 봐요."""
    torch = sys.modules.get("torch")
    settings = {"기울기 스위치": torch.is_grad_enabled(), "기본 dtype": str(torch.get_default_dtype())} if torch else {}
    return {"작업 폴더": os.getcwd(), **settings}


@pytest.fixture(autouse=True)
def leaves_nothing_behind() -> Iterator[None]:
    """프로세스의 상태를 바꿔 둔 시험은 그 자리에서 틀려요. 뒤따르는 남의 시험 서른 개가 아니라요."""
    before = _state()
    yield
    after = _state()
    changed = {name: after[name] for name, value in before.items() if after[name] != value}
    if changed:
        os.chdir(str(before["작업 폴더"]))
        if "기울기 스위치" in before:
            sys.modules["torch"].set_grad_enabled(before["기울기 스위치"])
    assert not changed, f"시험이 끝났는데 되돌리지 않은 것이 있어요: {changed}"
