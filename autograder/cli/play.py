"""`course play`: 학습한 모델의 속을 화면에서 들여다봐요. 기준 Transformer와 화면을 잇는 곳은 여기뿐이에요."""

from __future__ import annotations

import webbrowser
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from autograder.errors import CourseError

PANEL = "기준 Transformer"


def register(app: typer.Typer) -> None:
    """속을 들여다보는 명령을 `app`에 더해요."""
    app.command("play", rich_help_panel=PANEL)(play)


def play(
    run: Annotated[
        Path | None, typer.Argument(metavar="RUN", help="실행 폴더. 없으면 가장 최근에 학습한 것이에요.")
    ] = None,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="쓸 포트. 이미 쓰고 있으면 다음 빈 포트를 찾아요.")
    ] = 8720,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="브라우저를 열지 않고 주소만 보여 줘요.")] = False,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda, mps")] = "auto",
) -> int:
    """학습한 모델의 속을 봐요: 조각, 한 토큰씩 자라는 번역, 모든 헤드의 어텐션, 빔, 임베딩 지도."""
    if find_spec("reference") is None:
        raise CourseError(
            "이 묶음에는 기준 Transformer가 없어요. 레슨 8 노트북에서 번역기를 학습한 뒤 `play(model, vocabulary)` 셀을 실행하면 "
            "여러분의 번역기를 들여다볼 수 있어요."
        )
    from autograder.play.server import Show

    translator = _reference(run, device)
    show = Show(translator, port)
    if show.port != port:
        print(f"{port}번 포트를 이미 쓰고 있어서 {show.port}번으로 열어요.")
    print(
        f"\n  {show.url}\n\n{translator.about().name}의 속을 이 컴퓨터에서만 보여 줘요. 끝낼 때는 이 창에서 Ctrl+C를 눌러요.",
        flush=True,
    )
    if not no_browser and not webbrowser.open(show.url):
        print("브라우저를 열지 못했어요. 위의 주소를 복사해서 열어 주세요.", flush=True)
    try:
        show.wait()
    finally:
        show.close()
    print("\n화면을 닫았어요.")
    return 0


def _reference(run: Path | None, device: str) -> Any:
    """실행 폴더를 화면이 아는 번역기로. 열 수 없으면 까닭을 말하는 UserError예요."""
    from autograder.kit.cloud import points
    from autograder.play.protocol import About, Emit, PlayError, Point, built, parsed

    tools = "reference.tools"  # 학습자 묶음에는 없는 방이라 이름으로 불러요.
    inside = import_module(f"{tools}.inside").Inside(run or import_module(f"{tools}.saved_model").latest_run(), device)
    user_error = import_module("reference.errors").UserError

    class Reference:
        """기준 Transformer의 실행 하나."""

        def about(self) -> About:
            made: About = built(About, inside.about(), "about")
            return made

        def show(self, sentence: str, beam: int, emit: Emit) -> None:
            try:
                inside.show(sentence, beam, lambda event: emit(parsed(event)))
            except user_error as error:
                raise PlayError(str(error)) from None

        def cloud(self) -> list[Point]:
            return points(*inside.table())

    return Reference()
