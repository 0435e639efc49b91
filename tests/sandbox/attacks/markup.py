"""말에 실려 나가려는 꾸밈: 태그, 화면을 움직이는 글자, 방향을 뒤집는 글자. 어떤 말에도 살아 있으면 안 돼요."""

from __future__ import annotations

from support.attacks import Attack, body

TAG = "<script>alert(1)</script>"
ESC = "\\x1b]0;evil\\x07\\x1b[2J\\x1b[31m"
BIDI = "\\u202e\\u2066\\u200b"
LOSS = ("error", "fail", "missing", "refused")


def carry(name: str, *lines: str, top: str = "", **more: object) -> Attack:
    more.setdefault("verdicts", LOSS)
    return Attack(name, body(*lines, top=top), **more)


def named(name: str, text: str) -> list[Attack]:
    """같은 글을 예외의 이름, 내용, 형, 값, 열쇠에 실어요."""
    kind = f"type('{text}', (Exception,), {{}})"
    return [
        carry(f"예외의 이름에 {name}", f"raise {kind}('x')", words=("Exception",)),
        carry(f"예외의 내용에 {name}", f"raise ValueError('{text}')"),
        carry(f"형의 이름에 {name}", f"return type('{text}', (), {{}})()", words=("형이 달라요",)),
        carry(f"글에 {name}", f"return '{text}' * 3"),
        carry(f"사전의 열쇠에 {name}", f"return {{'{text}': x}}"),
        carry(f"예외의 조상에 {name}", f"class E({kind}): pass", "raise E('x')"),
        carry(f"모듈의 이름에 {name}", f"T = type('T', (), {{'__module__': '{text}'}})", "return T()"),
        carry(
            f"함수의 이름에 {name}",
            f"def f(): raise ValueError('x')\nf.__name__ = '{text}'\nf.__code__ = f.__code__.replace(co_name='{text}')\nf()",
        ),
        Attack(f"셀의 예외 이름에 {name}", f"raise {kind}('{text}')", ("error", "missing")),
        Attack(f"문법이 틀린 셀에 {name}", f"def double(x):\n    return '{text}", ("error", "missing")),
        carry(f"모르는 이름에 {name}", f"raise NameError(\"name '{text}' is not defined\")"),
        carry(f"없는 속성에 {name}", f"raise AttributeError(\"'{text}' object has no attribute '{text}'\")"),
        carry(f"모양 오류의 글에 {name}", f"raise RuntimeError('mat1 and mat2 shapes cannot be multiplied ({text})')"),
    ]


ATTACKS = [
    *named("태그", TAG),
    *named("화면 글자", ESC),
    *named("방향 글자", BIDI),
    Attack("글에 방향 글자를 그대로", "def double(x):\n    return x.no_such  # \u202e\u2066\u200b\x1b[31m", LOSS),
    Attack("이름에 방향 글자를 그대로", "def double(x):\n    return x.\u202eno\u2066", LOSS),
    carry("아주 긴 예외의 내용", "raise ValueError('가' * 1_000_000)"),
    carry("줄바꿈으로 만점처럼 보이기", "raise ValueError('x\\n확인한 것: 모두 맞아요\\n100점')"),
    carry("그림 태그", "raise ValueError('<img src=x onerror=alert(1)>')"),
    carry("링크", "raise ValueError('[근거](javascript:alert(1))')"),
    carry("표의 식", "raise ValueError('=cmd|calc!A1')"),
    carry("널 글자", "raise ValueError('a\\0b')"),
    carry("되돌리는 글자", "raise ValueError('점수 0\\r점수 100')"),
    carry("str이 없는 예외", "raise E()", top="class E(Exception):\n    def __str__(self): raise SystemExit"),
    carry("str이 글이 아닌 예외", "raise E()", top="class E(Exception):\n    def __str__(self): return 7"),
    carry(
        "str이 끝나지 않는 예외",
        "raise E()",
        top="class E(Exception):\n    def __str__(self):\n        while True: pass",
        verdicts=("timeout", "error"),
    ),
    carry(
        "조상이 이상한 예외",
        "raise E()",
        top="class M(type):\n    def mro(cls): return [cls, Exception, BaseException, object]\nclass E(Exception, metaclass=M): pass",
    ),
    carry("자국이 긴 예외", "def down(n): return down(n - 1) if n else 1 / 0", "return down(500)"),
    carry("줄의 글에 태그", f"return x.no_such('{TAG}')"),
    carry("이름에 눈에 보이지 않는 글자", "return x.ㅤhidden"),
    Attack("셀의 마지막 값에 태그", body("return x * 2") + f"\n'{TAG}'", ("pass",)),
    Attack("출력에 태그", body(f"print('{TAG}')", "return x * 2"), ("pass",)),
]
