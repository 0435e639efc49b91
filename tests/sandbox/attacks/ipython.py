"""IPython의 훅과 줄 명령으로 하는 공격. 셸 명령은 돌지 않고, 훅은 그 제출물의 셀만 바꿔요."""

from __future__ import annotations

from support.attacks import MARK, STOPPED, Attack, attempt, body, harmless, wrong
from support.tiny_lesson import ANSWERS

HONEST = ANSWERS["double"]
ALL = ("pass", "fail", "error", "refused", "missing", "timeout")


def magic(name: str, line: str, **more: object) -> Attack:
    """막혀야 하는 줄 명령. 성공하면 함수가 만들어져 통과해요."""
    return Attack(name, f"{line}\n{HONEST}", ("error", "missing"), reaches_out=True, **more)


def hook(name: str, *lines: str, verdicts: tuple[str, ...] = ALL, others: str | None = None) -> Attack:
    """훅을 걸어 두는 셀. 자기 노트북만 다치고 다음 사람은 깨끗해요."""
    top = "\n".join(lines)
    return Attack(name, f"{top}\n{HONEST}", verdicts, others=others, sequel=HONEST, reaches_out=True)


ATTACKS = [
    Attack(
        "글을 바꾸는 훅으로 다음 셀을 지우기",
        f"get_ipython().input_transformers_cleanup.append(lambda lines: ['\\n'])\n{HONEST}",
        ("pass",),
        others="missing",
        sequel=HONEST,
        reaches_out=True,
    ),
    hook(
        "문법 나무를 바꾸는 훅",
        "import ast",
        "class Double(ast.NodeTransformer):\n    def visit_Constant(self, node): return ast.Constant(7)",
        "get_ipython().ast_transformers.append(Double())",
    ),
    hook(
        "셀이 끝날 때의 훅으로 끝내기",
        "import os",
        "get_ipython().events.register('post_run_cell', lambda *a: os._exit(0))",
    ),
    hook(
        "셀이 시작할 때의 훅으로 멈추기",
        "get_ipython().events.register('pre_run_cell', lambda *a: [0 for _ in iter(int, 1)])",
    ),
    hook("예외를 삼키는 훅", "get_ipython().set_custom_exc((BaseException,), lambda *a: None)", "1 / 0"),
    hook("run_cell이 늘 성공이라고 하게", "get_ipython().run_cell = lambda *a, **k: None"),
    hook("이름 공간을 통째로 바꾸기", "get_ipython().user_ns = {'double': lambda x: x * 2}"),
    hook(
        "이름 공간을 거짓 사전으로",
        "class Liar(dict):\n    def get(self, *a): return lambda x: x\n    def __getitem__(self, k): return lambda x: x",
        "get_ipython().user_ns = Liar()",
    ),
    hook("셸의 형을 바꾸기", "class Fake:\n    pass", attempt("get_ipython().__class__ = Fake")),
    hook("보이는 훅 바꾸기", "import sys", "sys.displayhook = sys.excepthook = lambda *a: 1 / 0"),
    hook("새 줄 명령을 등록하기", "get_ipython().register_magic_function(lambda l: 1, 'line', 'time')"),
    hook("셸 명령을 되살리기", "from IPython.utils.process import system", "get_ipython().system = system"),
    magic("느낌표 셸 명령", "!ls /"),
    magic("느낌표 두 개와 받는 이름", "files = !cat /etc/passwd"),
    magic("sx 줄 명령", "%sx ls /"),
    magic("별명 줄 명령", "%alias look ls -la %s\n%look /"),
    magic("pip 설치", "%pip install six"),
    Attack("파일 저장 줄 명령", f"%save /tmp/{MARK} 1\n{HONEST}", ("pass", "error", "missing"), reaches_out=True),
    # 이름 공간이 없는 단계에서는 파일의 이름까지는 보여요. IPython은 열지 못한 까닭을 적고 다음 줄로 가요.
    Attack("열 수 없는 파일을 실행하기", f"%run /etc/passwd\n{HONEST}", ("error", "missing", "pass"), reaches_out=True),
    Attack("bash 셀 명령", f"%%bash\ntouch /tmp/{MARK}", ("error", "missing"), reaches_out=True),
    Attack("script 셀 명령", "%%script python3\nprint(1)", ("error", "missing"), reaches_out=True),
    Attack("perl 셀 명령", "%%perl\nprint 1;", ("error", "missing"), reaches_out=True),
    Attack(
        "파일을 쓰는 셀 명령",
        f"%%writefile /tmp/{MARK}\nx",
        ("error", "missing"),
        one_of=(*STOPPED, "함수"),
        reaches_out=True,
    ),
    Attack("자바스크립트 셀 명령", "%%javascript\nalert(1)", ("error", "missing"), reaches_out=True),
    Attack("이름을 모두 지우는 줄 명령", f"%reset -f\n{HONEST}", ALL, others=None, sequel=HONEST, reaches_out=True),
    harmless(
        "다른 인터프리터를 새로 띄우기",
        attempt("import code", "code.InteractiveInterpreter().runsource('import os; os.system(\"ls\")')"),
    ),
    harmless("기록을 켜기", attempt(f"get_ipython().run_line_magic('logstart', '/tmp/{MARK}')")),
    harmless(
        "저장소에 값을 남기기",
        attempt("get_ipython().db['secret'] = 7"),
        sequel=body(
            attempt("if 'secret' in get_ipython().db: return x * 3"),
            "return x * 2",
        ),
    ),
    harmless("기록 관리자에게 묻기", attempt("list(get_ipython().history_manager.get_range())")),
    harmless(
        "환경 변수를 줄 명령으로 바꾸기",
        "get_ipython().run_line_magic('env', 'COURSE_SECRET=7')",
        sequel=body(
            "import os",
            "return x * (3 if 'COURSE_SECRET' in os.environ else 2)",
        ),
    ),
    wrong("디버거를 기다리기", "import pdb", "pdb.set_trace()", verdicts=("error", "timeout", "pass")),
    wrong("입력을 기다리기", "input('점수를 주세요: ')", "return x", verdicts=("error", "fail", "timeout")),
    Attack(
        "끝없는 비동기 셀",
        f"import asyncio\nasync def go():\n    while True: await asyncio.sleep(0)\nawait go()\n{HONEST}",
        ("timeout",),
    ),
]
