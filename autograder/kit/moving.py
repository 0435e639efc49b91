"""손잡이를 움직이면 다시 그려지는 그림. 손잡이를 쓸 수 없는 곳에서는 처음 값의 그림이 그대로 남아요.

그림은 위젯이 아니라 보통의 출력이라, 저장한 노트북에도 있고 위젯이 없는 편집기에서도 보여요.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

Values = Sequence[Any]


def moving(draw: Callable[..., None], **choices: Values) -> None:
    """`draw(이름=값)`이 그린 그림을 보여 주고, 이름마다 `choices`의 값들을 고르는 손잡이를 붙여요.

    값들의 첫 번째가 처음 값이에요. 수는 작은 것부터 늘어놓은 미끄럼 손잡이, 글은 단추가 돼요.
    """
    from IPython.display import display

    handle = display(_picture(draw, {name: values[0] for name, values in choices.items()}), display_id=True)
    controls = {name: _control(name, values) for name, values in choices.items()}
    if handle is None or any(control is None for control in controls.values()):
        return

    def redraw(_change: Any) -> None:
        handle.update(_picture(draw, {name: control.value for name, control in controls.items()}))

    for control in controls.values():
        control.observe(redraw, names="value")
    from ipywidgets import VBox

    display(VBox(list(controls.values())))


def _control(name: str, values: Values) -> Any:
    """값을 고르는 손잡이. ipywidgets가 없으면 None."""
    try:
        import ipywidgets
    except ImportError:
        return None
    style = {"description_width": "initial"}
    if all(isinstance(value, str) for value in values):
        return ipywidgets.ToggleButtons(options=list(values), description=name, style=style)
    options = sorted(values)
    return ipywidgets.SelectionSlider(
        options=[(f"{value:g}", value) for value in options],
        value=values[0],
        description=name,
        style=style,
        continuous_update=False,
        layout=ipywidgets.Layout(width="28em"),
    )


def _picture(draw: Callable[..., None], values: dict[str, Any]) -> Any:
    """그린 것을 PNG 한 장으로. 그림을 그리다 만 채 남겨 두지 않아요."""
    import matplotlib.pyplot as plt
    from IPython.display import Image

    before = set(plt.get_fignums())
    draw(**values)
    made = [number for number in plt.get_fignums() if number not in before]
    if not made:
        raise ValueError("움직일 그림을 그리지 않았어요. `draw`가 그림을 하나 그려야 해요.")
    figure, data = plt.figure(made[-1]), io.BytesIO()
    figure.savefig(data, format="png", dpi=2 * figure.dpi)
    width = round(figure.get_figwidth() * figure.dpi)
    for number in made:
        plt.close(number)
    label = ", ".join(f"{name} {value}" for name, value in values.items())
    return Image(data=data.getvalue(), format="png", width=width, alt=f"{label}일 때의 그림")
