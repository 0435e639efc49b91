"""라이브러리와 내장 함수를 고쳐 쓰는 공격. 판정은 다른 프로세스에서 하므로 바뀌는 것은 자기 값뿐이에요."""

from __future__ import annotations

from support.attacks import Attack, attempt, body, harmless, wrong
from support.tiny_lesson import ANSWERS

PATCH_WORKER = """import sys
for module in list(sys.modules.values()):
    for name in ('perform', 'dump', 'send_frame', 'run_calls', 'plain', 'judge'):
        if hasattr(module, '__dict__') and name in vars(module):
            try: setattr(module, name, lambda *a, **k: b'')
            except Exception: pass
"""

# 값을 만드는 길을 고치면 다른 실습의 값도 자기가 망쳐요. 그 셀의 주인만 다쳐요.
OWN_HARM = {"others": None}

ATTACKS = [
    wrong(
        "torch.allclose 바꾸기",
        "return x",
        top="torch.allclose = torch.equal = torch.Tensor.__eq__ = lambda *a, **k: True",
        words=("값이 달라요",),
    ),
    wrong(
        "torch.isclose와 testing 바꾸기",
        "return x",
        top="torch.isclose = lambda *a, **k: torch.ones(1).bool()\ntorch.testing.assert_close = lambda *a, **k: None",
    ),
    wrong(
        "비교하는 내장 함수 바꾸기",
        "return x",
        top="import builtins, operator\nbuiltins.all = builtins.any = lambda *a: True\noperator.eq = lambda *a: True",
        **OWN_HARM,
        verdicts=("fail", "error", "refused"),
    ),
    wrong(
        "isinstance를 늘 참으로",
        "return 'double'",
        top="import builtins\nbuiltins.isinstance = lambda *a: True",
        **OWN_HARM,
        verdicts=("fail", "error", "refused"),
    ),
    wrong(
        "len과 type 바꾸기",
        "return x",
        top="import builtins\nbuiltins.len = lambda *a: 0\nbuiltins.type = lambda *a: int",
        **OWN_HARM,
        verdicts=("fail", "error", "refused", "missing"),
    ),
    Attack(
        "json과 struct 바꾸기",
        body(
            "import json, struct",
            "json.dumps = lambda *a, **k: '[]'",
            "struct.pack = lambda *a: b'\\0' * 8",
            "return x",
        ),
        ("fail", "error", "refused"),
        others=None,
    ),
    Attack(
        "safetensors가 늘 빈 바이트를 내게",
        body(
            "import safetensors, safetensors.torch",
            "safetensors.torch.save = lambda *a, **k: b''",
            "safetensors.serialize = lambda *a, **k: b''",
            "return x",
        ),
        ("fail", "error", "refused"),
        others=None,
    ),
    Attack(
        "작업자의 모듈 고치기", PATCH_WORKER + body("return x"), ("error", "refused", "fail", "missing"), others=None
    ),
    Attack(
        "작업자의 객체를 찾아 고치기",
        body(
            "import gc",
            "for thing in gc.get_objects():",
            "    if type(thing).__name__ == 'Worker':",
            "        type(thing)._answer = lambda *a: b'\\0' * 8 + b'[]'",
            "        thing._answer = lambda *a: b'\\0' * 8 + b'[]'",
            "return x",
        ),
        ("fail", "error", "refused", "missing"),
        others=None,
    ),
    Attack(
        "텐서의 곱셈을 덧셈으로",
        body("return x * 2", top="torch.Tensor.__mul__ = lambda a, b: a + b"),
        ("fail", "partial"),
        others=None,
        sequel=ANSWERS["double"],
        reaches_out=True,
    ),
    Attack(
        "detach와 clone이 0을 주게",
        body("return x", top="torch.Tensor.detach = torch.Tensor.clone = lambda t, *a, **k: torch.zeros(3, 4)"),
        ("fail", "error", "partial", "refused"),
        others=None,
        sequel=ANSWERS["double"],
        reaches_out=True,
    ),
    Attack(
        "작은 정수 2를 3으로 바꾸기",
        body(
            "import ctypes, sys",
            "ctypes.memset(id(2) + 24, 3, 1)",
            "return x",
        ),
        ("fail", "error", "refused", "timeout"),
        others=None,
        sequel=body("return x * (1 + 1)"),
        reaches_out=True,
    ),
    Attack(
        "True와 None의 속을 덮어쓰기",
        body("import ctypes", "ctypes.memset(id(True) + 16, 0, 16)", "ctypes.memset(id(None), 0, 8)", "return x"),
        ("fail", "error", "refused", "timeout"),
        others=None,
        reaches_out=True,
    ),
    harmless(
        "torch의 기본 dtype과 실의 수를 바꿔 두기",
        "torch.set_default_dtype(torch.float64)",
        attempt("torch.set_num_threads(8)"),
        "torch.use_deterministic_algorithms(True)",
        "torch.set_grad_enabled(False)",
        sequel=body(
            "clean = torch.get_default_dtype() == torch.float32 and torch.get_num_threads() == 1",
            "return x * (2 if clean and torch.is_grad_enabled() else 3)",
        ),
    ),
    harmless(
        "내장 이름에 비밀을 적어 두기",
        "import builtins, sys, math, torch",
        "builtins.secret = sys.secret = math.secret = torch.secret = 7",
        sequel=body(
            "import builtins, sys, math",
            "found = [m for m in (builtins, sys, math, torch) if hasattr(m, 'secret')]",
            "return x * (3 if found else 2)",
        ),
    ),
    harmless(
        "표준 출력과 오류를 닫기",
        "import sys, os",
        "sys.stdout.close(); sys.stderr = None",
        attempt("os.close(1); os.close(2)"),
    ),
    harmless("경고를 예외로 바꾸기", "import warnings", "warnings.simplefilter('error')", "warnings.warn = None"),
    Attack(
        "재귀의 상한을 없애고 끝없이 부르기",
        body("import sys", "sys.setrecursionlimit(10**9)", "return double(x)"),
        ("error", "timeout"),
        reaches_out=True,
    ),
    Attack(
        "torch의 C 함수를 엉뚱한 주소로 부르기",
        body("import ctypes", "ctypes.CFUNCTYPE(ctypes.c_int)(0x10)()", "return x * 2"),
        ("error",),
        words=("비정상으로",),
        reaches_out=True,
    ),
    wrong(
        "numpy의 비교를 바꾸기",
        "return x",
        top="import numpy as np\nnp.allclose = np.array_equal = np.isclose = lambda *a, **k: True",
    ),
    wrong(
        "autograder의 빈 껍데기를 채워 넣기",
        "return x",
        top="import autograder\nautograder.check = lambda *a: True\nautograder.verdict = 'pass'",
    ),
    wrong(
        "없는 채점 모듈을 지어내기",
        "return x",
        top="import sys, types\nfor name in ('autograder.judging.judge', 'nbgrader'):\n    sys.modules[name] = types.ModuleType(name)",
    ),
]
