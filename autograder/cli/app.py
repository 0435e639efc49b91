"""`course`의 모든 명령을 한 앱에 모아요.

무거운 것(torch, nbgrader, matplotlib)은 명령 안에서만 불러와 `course --help`가 바로 떠요.
"""

from __future__ import annotations

from importlib import import_module, metadata
from importlib.util import find_spec
from typing import Annotated

import typer
from typer.models import CommandInfo, DefaultPlaceholder, TyperInfo

from autograder.cli import play

# 방마다 제 명령을 `commands.py`에 적어요. 여기 적은 차례와 칸으로 도움말에 나와요.
ROOMS = {
    "autograder.learner": "배우기",
    "autograder.environment": "배우기",
    "autograder.authoring": "가르치기",
    "autograder.teaching": "가르치기",
    "autograder.collecting": "가르치기",
    "autograder.classroom": "가르치기",
    "autograder.marking": "가르치기",
    "autograder.reporting": "가르치기",
    "reference.tools": "기준 Transformer",
}


def build_app() -> typer.Typer:
    """앱을 만들어요. 학습자 묶음에 없는 방의 명령은 빠져요."""
    app = typer.Typer(
        name="course",
        help="Transformer를 직접 만들며 배우는 코스예요.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    app.callback()(options)
    for room, panel in ROOMS.items():
        if _exists(room):
            _register(app, room, panel)
    play.register(app)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"transformer-study {metadata.version('transformer-study')}")
        raise typer.Exit


def options(
    debug: Annotated[bool, typer.Option("--debug", help="뜻밖의 오류가 나면 자세한 내용을 화면에 보여 줘요.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="코스의 판을 보여 줘요.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """모든 명령에 붙일 수 있는 옵션. `--debug`는 시작할 때 이미 걷어 갔으므로 여기서는 도움말에만 보이면 돼요."""


def _exists(room: str) -> bool:
    package = room.split(".")[0]
    return find_spec(package) is not None and find_spec(room) is not None


def _register(app: typer.Typer, room: str, panel: str) -> None:
    """방 하나의 명령들을 더하고, 따로 정하지 않았다면 도움말의 같은 칸에 모아요."""
    commands, groups = len(app.registered_commands), len(app.registered_groups)
    import_module(f"{room}.commands").register(app)
    added: list[CommandInfo | TyperInfo] = [*app.registered_commands[commands:], *app.registered_groups[groups:]]
    for info in added:
        if info.rich_help_panel is None or isinstance(info.rich_help_panel, DefaultPlaceholder):
            info.rich_help_panel = panel
