"""읽는 것마다의 폭탄: 노트북의 JSON, 문법 나무, 직렬화한 답. 부모가 쓰는 기억과 CPU가 크기에 맞게 작아야 해요."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from support.attacks import Attack, body
from support.tiny_lesson import ANSWERS, as_bytes, cells_of, code

HONEST = ANSWERS["double"]
REFUSED = {"verdicts": ("refused",), "others": "refused"}
READ = {"verdicts": ("pass",)}
# 값이 상한보다 많은 노트북은 풀어 보지 않고 통째로 물리쳐요.
TOO_WIDE = {"verdicts": ("refused",), "others": "refused", "words": ("너무 많아요",)}


def raw(name: str, make: Callable[[], bytes], **more: Any) -> Attack:
    return Attack(name, notebook=make, **{**REFUSED, **more})


def extended(name: str, make: Callable[[], list[dict[str, Any]]], **more: Any) -> Attack:
    """정직한 노트북에 셀을 더해요."""
    return Attack(name, notebook=lambda: as_bytes([*cells_of(ANSWERS), *make()]), **{**READ, **more})


def with_field(name: str, text: Callable[[], str], **more: Any) -> Attack:
    """정직한 노트북의 메타데이터 자리에 JSON 조각을 끼워요."""

    def make() -> bytes:
        return as_bytes(cells_of(ANSWERS)).replace(
            b'"metadata": {}, "nbformat"', f'"metadata": {text()}, "nbformat"'.encode()
        )

    return Attack(name, notebook=make, **{**READ, **more})


def cell(name: str, make: Callable[[], str], *verdicts: str, **more: Any) -> Attack:
    """실습 셀의 글이 폭탄이에요."""
    return Attack(
        name,
        notebook=lambda: as_bytes(cells_of({**ANSWERS, "double": make()})),
        verdicts=verdicts or ("pass", "error", "missing", "timeout"),
        **more,
    )


def added(index: int, source: str) -> dict[str, Any]:
    return code(source, id=f"added{index}")


# 위조한 답: 함수 안에서 통로에 약속한 틀로 쓰되 본문이 폭탄이에요.
FORGE = """import gc, json, os, socket, struct
def forge(text, tensors=b''):
    data = struct.pack('>Q', len(text)) + text + tensors
    for s in [o for o in gc.get_objects() if isinstance(o, socket.socket)]:
        try: s.sendall(struct.pack('>BII', 4, 0, len(data)) + data)
        except OSError: pass
    os._exit(0)
def header(fields, size=0):
    text = json.dumps(fields).encode() if not isinstance(fields, bytes) else fields
    return struct.pack('<Q', len(text)) + text + bytes(size)
OUTCOME = b'{"outcome":[%s,null,"",{"tuple":[]},{"tuple":[]},{"tuple":[]},null,"","",""]}'
def answer(value, count=5):
    return b'[' + b','.join([b'[' + OUTCOME % value + b']'] * count) + b']'
"""


def forged(name: str, *lines: str, verdicts: tuple[str, ...] = ("refused", "fail", "error"), **more: Any) -> Attack:
    return Attack(name, body(*lines, top=FORGE), verdicts, others=None, reaches_out=True, **more)


ATTACKS = [
    # -- 노트북의 바이트 --
    raw("빈 파일", lambda: b"", words=("빈 파일",)),
    raw("빈칸뿐인 큰 파일", lambda: b" " * 20_000_000, words=("빈 파일",)),
    raw("JSON이 아닌 글", lambda: b"\x89PNG\r\n" * 1000),
    raw("널 바이트만", lambda: bytes(1_000_000)),
    raw("끊긴 JSON", lambda: as_bytes(cells_of(ANSWERS))[:900], words=("JSON",)),
    raw("목록인 JSON", lambda: b"[1, 2, 3]", words=("노트북의 모양",)),
    raw("글인 JSON", lambda: b'"x"'),
    raw("셀이 사전인 노트북", lambda: b'{"cells": {"0": 1}}'),
    raw("셀이 없는 노트북", lambda: b'{"nbformat": 4}'),
    raw(
        "셀이 이상한 것들인 노트북",
        lambda: json.dumps({"cells": [None, 1, "x", [], {}, {"cell_type": 7, "source": {}}]}).encode(),
    ),
    raw("깊은 목록", lambda: b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    raw("깊은 사전", lambda: b'{"cells": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}"),
    raw("닫지 않은 깊은 목록", lambda: b"[" * 2_000_000),
    raw("셀이 너무 많은 노트북", lambda: as_bytes([code("x = 1", id="x")] * 3000), words=("너무 많아요",)),
    with_field("넓은 목록의 메타데이터", lambda: "{" + '"a":[' + "[],".join([""] * 400_000) + "[]]}", **TOO_WIDE),
    with_field(
        "넓은 사전의 메타데이터", lambda: "{" + ",".join(f'"{i}":{{}}' for i in range(300_000)) + "}", **TOO_WIDE
    ),
    with_field("같은 열쇠가 되풀이되는 JSON", lambda: "{" + ",".join(['"a":1'] * 500_000) + "}", **TOO_WIDE),
    with_field("자릿수가 많은 정수", lambda: '{"a":' + "9" * 4_000 + "}"),
    raw("자릿수가 지나치게 많은 정수", lambda: b'{"cells": ' + b"9" * 1_000_000 + b"}"),
    with_field("지수가 큰 수", lambda: '{"a":[' + ",".join(["1e999999999"] * 10_000) + "]}"),
    with_field("수가 아닌 수", lambda: '{"a":[NaN,Infinity,-Infinity]}'),
    with_field("짝이 없는 글자의 JSON", lambda: '{"a":"' + "\\ud800" * 100_000 + '"}'),
    with_field("커다란 글", lambda: '{"a":"' + "x" * 8_000_000 + '"}'),
    raw("두 번 적은 셀 목록", lambda: as_bytes(cells_of(ANSWERS))[:-1] + b', "cells": []}', words=("비어",)),
    Attack("UTF-16 노트북", notebook=lambda: as_bytes(cells_of(ANSWERS)).decode().encode("utf-16"), **READ),
    Attack("BOM이 있는 노트북", notebook=lambda: b"\xef\xbb\xbf" + as_bytes(cells_of(ANSWERS)), **READ),
    Attack(
        "cp949 노트북",
        notebook=lambda: as_bytes([*cells_of(ANSWERS), code("# 한글", id="k")]).decode().encode("cp949"),
        **READ,
    ),
    raw("UTF-16인 척하는 바이트", lambda: b"\xff\xfe" + b"\x00\xd8" * 10_000),
    raw("어느 글자도 아닌 바이트", lambda: b"\xff\xff\xfe\x81" * 10_000, words=("인코딩",)),
    raw("UTF-7과 섞은 바이트", lambda: b"+AHs-" * 1000 + b"\x80"),
    # -- 셀과 문법 나무 --
    cell("아주 긴 식", lambda: HONEST + "\ny = " + "+".join(["1"] * 60_000), others=None, memory=160),
    cell("깊은 괄호", lambda: HONEST + "\ny = " + "(" * 5_000 + "1" + ")" * 5_000, "pass", "error"),
    cell("깊은 단항 연산", lambda: HONEST + "\ny = " + "-" * 90_000 + "1", "pass", "error"),
    cell("깊은 속성", lambda: HONEST + "\ny = lambda: a" + ".b" * 90_000, "pass", "error"),
    cell("깊은 부름", lambda: HONEST + "\ny = lambda: " + "f(" * 900 + ")" * 900, "pass", "error"),
    cell(
        "깊은 들여쓰기",
        lambda: HONEST + "\n" + "".join(" " * i + "if 1:\n" for i in range(95)) + " " * 95 + "pass",
        "pass",
        "error",
    ),
    cell("깊은 f 글", lambda: HONEST + "\ny = " + "f'{" * 200 + "1" + "}'" * 200, "pass", "error"),
    cell("아주 긴 한 줄", lambda: HONEST + "\ny = '" + "x" * 190_000 + "'", "pass"),
    cell("글이 너무 긴 셀", lambda: HONEST + "\n#" + "x" * 300_000, "refused", "missing", others=None),
    cell("줄이 아주 많은 셀", lambda: HONEST + "\n" + "\n" * 190_000, "pass", "timeout"),
    cell(
        "이름이 아주 많은 셀",
        lambda: HONEST + "\n" + "\n".join(f"a{i}=1" for i in range(20_000)),
        "pass",
        "timeout",
        memory=160,
    ),
    cell("아주 큰 정수의 셀", lambda: HONEST + "\ny = " + "9" * 100_000, "pass", "error"),
    cell("아주 큰 거듭제곱", lambda: HONEST + "\ny = 9 ** 9 ** 9", "timeout", "error"),
    cell("접어서 계산하는 글", lambda: HONEST + "\ny = 'x' * 10 ** 10", "pass", "error", "timeout"),
    cell("빈칸 뒤의 줄 명령", lambda: HONEST + "\n" + " " * 150_000 + "%time", others=None),
    cell("물음표 앞의 긴 글", lambda: HONEST + "\n" + "x " * 70_000 + "?", others=None),
    cell("빈칸뿐인 줄들 뒤의 줄 명령", lambda: HONEST + "\n" + (" " * 300 + "\n") * 600 + "%time", others=None),
    cell("되풀이되는 줄 명령", lambda: HONEST + "\n" + "%time\n" * 30_000, others=None),
    cell("역빗금의 폭포", lambda: HONEST + "\n" + "\\\n" * 90_000 + "1", others=None),
    cell("널 글자의 셀", lambda: HONEST + "\n\0", others=None),
    cell("짝이 없는 글자의 셀", lambda: HONEST + "\n'\\ud800'", "pass"),
    cell("탭과 빈칸을 섞은 셀", lambda: "def double(x):\n\treturn x * 2\n        # x", "pass", "error"),
    cell("꾸미는 것의 폭포", lambda: "def d(f): return f\n" + "@d\n" * 3_000 + HONEST, "pass", "error"),
    cell(
        "많은 갈래의 match",
        lambda: HONEST + "\nmatch 1:\n" + "".join(f"    case {i}: pass\n" for i in range(9_000)),
        "pass",
        "error",
    ),
    extended("정의만 담은 셀 천 개", lambda: [added(i, f"a{i} = 1") for i in range(1_000)], slow=True),
    extended(
        "큰 정의의 셀 아흔 개",
        lambda: [added(i, f"a{i} = [" + "1," * 2_000 + "]") for i in range(90)],
        slow=True,
        memory=400,
    ),
    extended("빈 셀 천구백 개", lambda: [added(i, "") for i in range(1_900)]),
    extended("주석뿐인 셀 천구백 개", lambda: [added(i, f"# {i}") for i in range(1_900)]),
    extended("같은 셀 천 개", lambda: [added(i, "def f(): pass") for i in range(1_000)], slow=True),
    extended("문법이 틀린 셀 천 개", lambda: [added(i, f"def ({i}") for i in range(1_000)]),
    extended(
        "돌지 않는 긴 셀 오십 개",
        lambda: [added(i, f"print({i})\n" + "print(1)\n" * 4_000) for i in range(50)],
        memory=400,
        cost=400,
        slow=True,
    ),
    extended(
        "실습 셀을 천 번", lambda: [code(f"# {i}\n{HONEST}", "double", id=f"d{i}") for i in range(300)], slow=True
    ),
    extended(
        "잠드는 셀 여럿",
        lambda: [code(f"import time\ntime.sleep(15)\n{HONEST}", "double", id=f"s{i}") for i in range(4)],
        verdicts=("pass", "timeout"),
        others=None,
        slow=True,
    ),
    extended(
        "큰 출력의 노트북",
        lambda: [
            {**added(0, "x = 1"), "outputs": [{"output_type": "stream", "name": "stdout", "text": "가" * 5_000_000}]}
        ],
        memory=160,
    ),
    extended(
        "출력이 아주 많은 노트북",
        lambda: [{**added(0, "x = 1"), "outputs": [{"output_type": "stream", "name": "s", "text": "x"}] * 20_000}],
    ),
    # -- 직렬화한 답 --
    forged("길이가 끝을 넘는 JSON", "forge(b'[]', b'')", "return x"),
    forged("깊은 답", "forge(b'[' * 3_000_000 + b']' * 3_000_000)"),
    forged("조금 깊은 답", "forge(answer(b'[' * 50 + b']' * 50))"),
    forged("넓은 목록의 답", "forge(answer(b'[' + b','.join([b'[]'] * 300_000) + b']'))"),
    forged("넓은 사전의 답", "forge(answer(b'{\"dict\":[' + b','.join([b'[1,2]'] * 200_000) + b']}'))"),
    forged(
        "부딪히는 열쇠의 답",
        "keys = b','.join(b'[%d,0]' % (i * (2**61 - 1)) for i in range(1, 40_000))",
        "forge(answer(b'{\"dict\":[' + keys + b']}', 1))",
    ),
    forged("자릿수가 많은 정수의 답", "forge(answer(b'9' * 4_000_000, 1))"),
    forged("지수가 큰 수의 답", "forge(answer(b'1e400'))"),
    forged("수가 아닌 수의 답", "forge(answer(b'NaN'))"),
    forged("같은 열쇠의 답", "forge(answer(b'{' + b','.join([b'\"t\":\"0\"'] * 100_000) + b'}'))"),
    forged("짝이 없는 글자의 답", "forge(answer(b'\"' + b'\\\\ud800' * 1000 + b'\"'))"),
    forged("없는 텐서의 답", 'forge(answer(b\'{"t":"9"}\'))'),
    forged("결과가 아닌 답", "forge(b'[[1,2,3]]')"),
    forged("없는 꼬리표의 답", "forge(answer(b'{\"pickle\":[1]}'))"),
    forged("사례가 모자란 답", "forge(b'[]')"),
    forged("사례가 아주 많은 답", "forge(answer(b'1', 40_000))", cost=150),
    forged("결과 안의 결과", "inner = b'1'", "for _ in range(20): inner = OUTCOME % inner", "forge(answer(inner))"),
    forged(
        "긴 말이 든 답", "forge(answer(b'1').replace(b'null,\"\"', b'\"ValueError\",\"' + b'x' * 1_000_000 + b'\"'))"
    ),
    forged(
        "긴 바뀜의 목록",
        "forge(answer(b'1', 1).replace(b'\"\",{\"tuple\":[]}', b'\"\",{\"tuple\":[' + b'0,' * 500_000 + b'0]}', 1))",
    ),
    forged("머리가 거짓인 safetensors", "forge(answer(b'{\"t\":\"0\"}'), struct.pack('<Q', 2**62))"),
    forged("머리가 빈 safetensors", "forge(answer(b'{\"t\":\"0\"}'), header(b''))"),
    forged("머리가 목록인 safetensors", 'forge(answer(b\'{"t":"0"}\'), header([1, 2]))'),
    forged("머리가 깊은 safetensors", "forge(answer(b'{\"t\":\"0\"}'), header(b'[' * 500_000))"),
    forged(
        "머리가 넓은 safetensors",
        "forge(answer(b'1'), header({str(i): {'dtype': 'F32', 'shape': [0], 'data_offsets': [0, 0]} for i in range(20_000)}))",
    ),
    forged(
        "겹친 자리의 safetensors",
        "forge(answer(b'{\"t\":\"0\"}'), header({str(i): {'dtype': 'F32', 'shape': [4], 'data_offsets': [0, 16]} for i in range(4)}, 16))",
    ),
    forged(
        "모양이 큰 safetensors",
        "forge(answer(b'{\"t\":\"0\"}'), header({'0': {'dtype': 'F32', 'shape': [2**40], 'data_offsets': [0, 16]}}, 16))",
    ),
    forged(
        "모양을 곱하면 넘치는 safetensors",
        "forge(answer(b'{\"t\":\"0\"}'), header({'0': {'dtype': 'F32', 'shape': [2**33, 2**33], 'data_offsets': [0, 0]}}))",
    ),
    forged(
        "음수 모양의 safetensors",
        "forge(answer(b'{\"t\":\"0\"}'), header({'0': {'dtype': 'F32', 'shape': [-1], 'data_offsets': [0, 0]}}))",
    ),
    forged(
        "0이 든 큰 모양의 safetensors",
        "forge(answer(b'{\"t\":\"0\"}'), header({'0': {'dtype': 'F32', 'shape': [0, 2**60], 'data_offsets': [0, 0]}}))",
    ),
    forged(
        "축이 아주 많은 safetensors",
        "forge(answer(b'{\"t\":\"0\"}'), header({'0': {'dtype': 'F32', 'shape': [1] * 5000, 'data_offsets': [0, 4]}}, 4))",
    ),
    forged(
        "모르는 dtype의 safetensors",
        "forge(answer(b'{\"t\":\"0\"}'), header({'0': {'dtype': 'OBJ', 'shape': [1], 'data_offsets': [0, 4]}}, 4))",
    ),
    forged(
        "메타데이터가 큰 safetensors",
        "forge(answer(b'1'), header({'__metadata__': {str(i): 'x' * 50 for i in range(20_000)}}))",
    ),
    forged(
        "같은 텐서를 여러 번",
        "one = header({'0': {'dtype': 'F32', 'shape': [250_000], 'data_offsets': [0, 1_000_000]}}, 1_000_000)",
        "forge(answer(b'[' + b','.join([b'{\"t\":\"0\"}'] * 20_000) + b']', 1), one)",
    ),
]
