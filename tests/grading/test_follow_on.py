"""틀린 앞 실습 때문에 어긋난 실습은 앞 실습을 바른 것으로 바꿔 다시 채점해요."""

from __future__ import annotations

import pytest
from support.tiny_lesson import UNFINISHED, grade, verdicts

from autograder.sandbox import Child, Limits
from autograder.sandbox.worker_process import Line


def test_follow_on_is_not_punished_twice() -> None:
    found = grade(double="def double(x):\n    return x * 3")
    assert verdicts(found) == {"double": "fail", "quadruple": "pass", "half": "pass"}
    assert found["quadruple"].score == 50 and "바른 것으로 바꿔" in found["quadruple"].message


@pytest.mark.parametrize(
    "broken",
    [
        UNFINISHED.format("double"),
        "def double(x):\n    while True: pass",
        "def double(x):\n    import os\n    os._exit(0)",
        "def double(x)\n    return x",
        "raise ValueError",
        "",
    ],
)
def test_follow_on_whatever_became_of_the_earlier_one(broken: str) -> None:
    found = grade(double=broken)
    assert found["double"].score == 0 and found["quadruple"].verdict == "pass"


def test_follow_on_through_a_helper() -> None:
    found = grade(
        "def twice(x):\n    return double(double(x))",
        double="def double(x):\n    return x",
        quadruple="def quadruple(x):\n    return twice(x)",
    )
    assert found["quadruple"].verdict == "pass"


def test_follow_on_keeps_the_learners_own_mistake() -> None:
    found = grade(double="def double(x):\n    return x * 3", quadruple="def quadruple(x):\n    return double(x)")
    mark = found["quadruple"]
    assert (mark.verdict, mark.mistake, mark.score) == ("fail", "quadruple.once", 0)


def test_follow_on_only_when_it_calls_the_earlier_one() -> None:
    found = grade(double="def double(x):\n    return x", quadruple="def quadruple(x):\n    return x * 5")
    assert found["quadruple"].verdict == "fail" and "바꿔" not in found["quadruple"].message


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[Child]:
    """채점하는 동안 갈라진 자식들."""
    seen: list[Child] = []
    start = Line.start

    def note(line: Line, limits: Limits) -> Child:
        seen.append(start(line, limits))
        return seen[-1]

    monkeypatch.setattr(Line, "start", note)
    return seen


def test_follow_on_goes_on_in_the_same_child(children: list[Child]) -> None:
    found = grade(double="def double(x):\n    return x * 3 + 0 * x.abs()")
    assert found["quadruple"].verdict == "pass" and "바꿔" in found["quadruple"].message
    searches = "고치면" in found["double"].message
    assert len(children) == 1 + searches


SPOILS = "def double(x):\n    global spoiled\n    spoiled = True\n    return x * 3"
SPOILED = "spoiled = False\ndef quadruple(x):\n    return double(double(x)) + (1 if spoiled else 0)"


def test_what_an_earlier_call_spoiled_is_asked_again_in_a_fresh_child(children: list[Child]) -> None:
    """앞 실습의 틀린 함수가 무언가를 바꿔 놓아도, 그 함수가 없는 새 자식에서 통과하면 통과예요."""
    found = grade(double=SPOILS, quadruple=SPOILED)
    assert found["quadruple"].verdict == "pass" and len(children) >= 2


@pytest.mark.parametrize(
    "mischief",
    [
        # 끝까지 한 뒤에 다음 일의 대답인 척하는 말을 미리 보내 둬요.
        "import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'\\x05' + bytes(8))\n    except OSError: pass",
        "import threading, time\ndef later():\n    time.sleep(0.05)\n    import os\n    os._exit(0)\nthreading.Thread(target=later).start()",
    ],
)
def test_a_child_that_spoils_the_follow_on_only_loses_its_head_start(mischief: str) -> None:
    inside = "\n".join(f"        {line}" for line in mischief.splitlines())
    half = f"done = []\ndef half(x):\n    if not done:\n        done.append(1)\n{inside}\n    return x / 2"
    found = grade(double="def double(x):\n    return x * 3", half=half)
    assert found["quadruple"].verdict == "pass" and found["double"].verdict == "fail"


def test_two_wrongs_that_make_a_right_still_pass() -> None:
    """먼저 학습자의 것으로 돌려 통과하면 그대로 통과예요."""
    found = grade(double="def double(x):\n    return x * 4", quadruple="def quadruple(x):\n    return double(x)")
    assert verdicts(found) == {"double": "fail", "quadruple": "pass", "half": "pass"}
