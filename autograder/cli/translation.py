"""명령줄 도구가 스스로 하는 말(도움말의 제목, 잘못 쓴 명령의 설명)을 한국어로 바꿔요."""

from __future__ import annotations

import gettext
import re
from typing import Any

# typer가 gettext로 찾는 말들이에요.
_WORDS = {
    "Arguments": "받는 값",
    "Options": "옵션",
    "Commands": "명령",
    "Error": "잘못 쓴 명령",
    "[default: {}]": "[기본값: {}]",
    "default: {default}": "기본값: {default}",
    "[env var: {}]": "[환경 변수: {}]",
    "env var: {var}": "환경 변수: {var}",
    "[required]": "[꼭 필요해요]",
    "required": "꼭 필요해요",
    "(dynamic)": "(그때그때 달라요)",
    "(deprecated) ": "(곧 없어져요) ",
    "Aborted.": "멈췄어요.",
    "Aborted!": "멈췄어요.",
}

# typer와 pydantic이 영어로만 하는 말과 우리말이에요.
_DETAILS = (
    (r"Input should be a valid integer.*", "정수를 적어 주세요."),
    (r"Input should be a valid number.*", "수를 적어 주세요."),
    (r"Input should be greater than or equal to (\S+)", "{0} 이상인 수를 적어 주세요."),
    (r"Input should be less than or equal to (\S+)", "{0} 이하인 수를 적어 주세요."),
    (r".* is not one of (.+)\.", "{0} 가운데 하나를 적어 주세요."),
    (r"\S+ '(.+)' does not exist\.", "`{0}`에는 아무것도 없어요."),
    (r"\S+ '(.+)' is a directory\.", "`{0}`에 폴더가 있어요. 파일을 적어 주세요."),
    (r"\S+ '(.+)' is a file\.", "`{0}`에 파일이 있어요. 폴더를 적어 주세요."),
    (r"No such command '(.+)'\. Did you mean (.+)\?", "`{0}` 명령은 없어요. 혹시 {1}인가요?"),
    (r"No such command '(.+)'\.", "`{0}` 명령은 없어요."),
    (r"Missing command\.", "명령을 적어 주세요."),
    (r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)", "쓰이지 않는 값이 더 있어요: {0}."),
    (r"Option '(.+)' requires an argument\.", "`{0}` 뒤에 값을 적어 주세요."),
    (r"Option '(.+)' does not take a value\.", "`{0}`에는 값을 붙이지 않아요."),
)


class _Never(Exception):
    """아직 typer를 불러오지 않았을 때의 자리표예요."""


CLICK_ERROR: type[Exception] = _Never  # 명령을 잘못 썼을 때의 예외. `install`이 정해요.


def install() -> None:
    """typer를 불러오기 전에 한 번 부르면 도움말이 한국어로 나와요."""
    global CLICK_ERROR
    original = gettext.gettext
    gettext.gettext = lambda message: _WORDS.get(message) or original(message)
    import typer
    from typer.core import TyperCommand, TyperGroup

    if CLICK_ERROR is not _Never:
        return
    # 사용법 오류의 가장 윗 조상은 typer가 밖으로 내놓지 않아서, 내놓은 것의 조상에서 찾아요.
    CLICK_ERROR = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
    _keep_full_lines()
    for kind in (TyperCommand, TyperGroup):
        wrapped = (
            ("get_usage", _korean_usage),
            ("get_help_option", _korean_help_option),
            ("format_help", _whole_lines),
        )
        for method, translated in wrapped:
            setattr(kind, method, translated(getattr(kind, method)))


def _keep_full_lines() -> None:
    """rich는 줄 끝의 빈칸을 글자의 수로 세어, 폭이 두 칸인 글로 꽉 찬 줄의 끝을 "…"로 잘라요. 칸의 수로 세게 해요."""
    from rich.text import Text

    original = Text.rstrip_end

    def rstrip_end(self: Text, size: int) -> None:
        while self.cell_len > size and self.plain.endswith(" "):
            self.right_crop()
        original(self, size)

    Text.rstrip_end = rstrip_end  # type: ignore[method-assign]  # 라이브러리의 모자란 곳을 고쳐 끼워요.


def _korean_usage(original: Any) -> Any:
    def get_usage(self: Any, ctx: Any) -> str:
        usage = original(self, ctx)
        for english, korean in (("Usage: ", "사용법: "), ("[OPTIONS]", "[옵션]"), ("COMMAND [ARGS]...", "명령 ...")):
            usage = usage.replace(english, korean, 1)
        return usage

    return get_usage


def _korean_help_option(original: Any) -> Any:
    def get_help_option(self: Any, ctx: Any) -> Any:
        option = original(self, ctx)
        if option is not None:
            option.help = "이 도움말을 보여 줘요."
        return option

    return get_help_option


def _whole_lines(original: Any) -> Any:
    """rich는 줄 끝의 빈칸을 화면의 칸이 아니라 글자의 수로 덜어 내서, 한글이 많은 줄의 끝을 `…`로 잘라요. 칸으로 세게 해요."""

    def format_help(command: Any, ctx: Any, formatter: Any) -> None:
        from rich.text import Text

        def rstrip_end(self: Text, size: int) -> None:
            excess = min(len(self.plain) - len(self.plain.rstrip()), self.cell_len - size)
            if excess > 0:
                self.right_crop(excess)

        # 도움말을 보이고 끝나는 프로세스에서만 바꿔요.
        Text.rstrip_end = rstrip_end  # type: ignore[method-assign]
        original(command, ctx, formatter)

    return format_help


def explain(error: Any) -> str:
    """잘못 쓴 명령을 무엇이 틀렸고 무엇을 보면 되는지 한 문장으로 말해요."""
    kind = type(error).__name__
    parameter = getattr(error, "param", None)
    named = " ".join(f"`{name}`" for name in getattr(parameter, "opts", ()) or ())
    if parameter is not None and parameter.param_type_name == "argument":
        named = f"`{parameter.name.upper()}`"
    if kind == "NoArgsIsHelpError":
        return str(error.format_message())
    if kind == "NoSuchOption":
        guess = f" 혹시 `{error.possibilities[0]}`인가요?" if error.possibilities else ""
        sentence = f"`{error.option_name}` 옵션은 없어요.{guess}"
    elif kind == "MissingParameter":
        sentence = f"{named or '필요한 값'}에 넣을 값을 적어 주세요."
    elif kind == "BadParameter":
        sentence = f"{named or '받은 값'}의 값이 맞지 않아요: {_detail(error.message)}"
    else:
        sentence = _detail(error.format_message())
    path = error.ctx.command_path if getattr(error, "ctx", None) is not None else "course"
    return f"{sentence} 쓰는 법은 `{path} --help`로 볼 수 있어요."


def _detail(message: str) -> str:
    for pattern, sentence in _DETAILS:
        found = re.fullmatch(pattern, message.strip())
        if found:
            return sentence.format(*found.groups())
    return message
