"""이상한 물건을 돌려주는 공격. 프로세스를 넘는 것은 값뿐이라, 물건의 행동은 밖에 닿지 않아요."""

from __future__ import annotations

from support.attacks import Attack, body, wrong

SAME = """class Same:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __bool__(self): return True
    def __getattr__(self, name): return lambda *a, **k: True
"""

ANY_LOSS = ("fail", "error", "refused", "timeout")

ATTACKS = [
    wrong("모든 것과 같은 물건", "return Same()", top=SAME, words=("Same",)),
    wrong("모든 것과 같은 물건의 목록", "return [Same()] * 3", top=SAME),
    wrong("모든 것과 같은 물건을 열쇠로", "return {Same(): x * 2}", top=SAME, verdicts=("fail", "error")),
    wrong(
        "모든 것과 같은 텐서",
        "return torch.zeros_like(x).as_subclass(Same)",
        top="class Same(torch.Tensor):\n    def __eq__(self, other): return torch.tensor(True)",
        words=("값이 달라요",),
    ),
    wrong(
        "__torch_function__이 늘 참을 주는 텐서",
        "return torch.zeros_like(x).as_subclass(Liar)",
        top="class Liar(torch.Tensor):\n    @classmethod\n    def __torch_function__(cls, f, t, a=(), k=None):\n"
        "        return True",
        verdicts=("fail", "error"),
    ),
    wrong(
        "모양을 속이는 텐서",
        "return torch.zeros(1).as_subclass(Liar)",
        top="class Liar(torch.Tensor):\n    shape = property(lambda self: torch.Size((3, 4)))\n"
        "    dtype = property(lambda self: torch.float32)",
    ),
    wrong(
        "__class__를 속이는 물건",
        "return Liar()",
        top="class Liar:\n    __class__ = torch.Tensor\n    layout = torch.strided\n    is_quantized = False",
        verdicts=("fail", "error"),
    ),
    wrong(
        "isinstance를 속이는 메타클래스",
        "return M('Tensor', (), {})()",
        top="class M(type):\n    def __instancecheck__(cls, o): return True\n    def __subclasscheck__(cls, o): return True",
    ),
    wrong(
        "형의 이름을 고칠 수 없는 물건으로",
        "return T()",
        top="class M(type):\n    __module__ = property(lambda c: 1 / 0)\nclass T(metaclass=M): pass",
        verdicts=("fail", "error"),
    ),
    wrong(
        "형의 이름이 글이 아닌 물건",
        "return T()",
        top="class M(type):\n    __qualname__ = 7\nclass T(metaclass=M):\n    pass",
        verdicts=("fail", "error"),
    ),
    wrong(
        "정수의 부분 클래스",
        "return Two(2)",
        top="class Two(int):\n    def __eq__(self, other): return True\n    def __int__(self): return 5",
    ),
    wrong("글의 부분 클래스", "return S('x')", top="class S(str):\n    def __eq__(self, other): return True"),
    wrong(
        "끝나지 않는 목록",
        "return Endless()",
        top="class Endless(list):\n    def __iter__(self):\n        while True: yield 0",
        verdicts=("timeout", "refused", "error"),
    ),
    wrong(
        "끝나지 않는 사전",
        "return Endless()",
        top="class Endless(dict):\n    def items(self):\n        i = 0\n        while True:\n            i += 1\n            yield i, i",
        verdicts=("timeout", "refused", "error"),
    ),
    wrong("자기를 담은 목록", "a = []", "a.append(a)", "return a"),
    wrong("자기를 담은 사전", "a = {}", "a['x'] = a", "return a", verdicts=("fail", "error")),
    wrong("생성기", "return (x * 2 for _ in range(3))", words=("형이 달라요",)),
    wrong("함수", "return lambda: x * 2", words=("형이 달라요",)),
    wrong("모듈", "import torch", "return torch"),
    wrong("예외 물건", "return ValueError('x')"),
    wrong("예외 클래스", "return KeyboardInterrupt"),
    wrong(
        "무엇을 물어도 끝내는 물건",
        "return Bomb()",
        top="class Bomb:\n    def __getattribute__(self, name):\n        raise SystemExit",
        verdicts=("fail", "error"),
    ),
    wrong(
        "사라질 때 프로세스를 끝내는 물건",
        "Bomb()",
        "return x * 2",
        top="import os\nclass Bomb:\n    def __del__(self): os._exit(0)",
        verdicts=("error",),
        words=("통째로 끝냈어요",),
    ),
    wrong(
        "풀 때 명령을 실행하는 물건",
        "return Evil()",
        top="class Evil:\n    def __reduce__(self): return (print, ('x',))",
    ),
    wrong("모의 물건", "from unittest.mock import MagicMock", "return MagicMock(spec=torch.Tensor)"),
    wrong("넘파이 배열", "return (x * 2).numpy()", words=("형이 달라요",)),
    wrong("넘파이 물건 배열", "import numpy as np", "return np.array([SystemExit, x], dtype=object)"),
    Attack(
        "저장 공간이 거짓인 텐서",
        body("return torch.empty(1).as_strided((3, 4), (0, 0), 0)"),
        ("fail",),
    ),
    Attack(
        "해제된 기억을 가리키는 텐서",
        body("import numpy as np, ctypes", "a = x * 3", "a.untyped_storage().resize_(0)", "return a"),
        ANY_LOSS,
    ),
    Attack("기울기가 끊기지 않는 Parameter", body("return torch.nn.Parameter(x * 2)"), ("pass",)),
    wrong(
        "복사할 때 다른 값을 주는 텐서",
        "return x.as_subclass(Turn)",
        top="class Turn(torch.Tensor):\n    def clone(self, *a, **k): return torch.ones(3)\n"
        "    def detach(self): return torch.ones(3)",
        verdicts=("fail", "error"),
    ),
    wrong(
        "부를 때마다 다른 물건이 되는 함수",
        "return x",
        top="class Chameleon:\n    __code__ = None\n    def __call__(self, x): return x",
        verdicts=("fail",),
    ),
]
