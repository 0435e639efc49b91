"""import를 가로채거나 저장소의 모듈을 불러오려는 공격. 안에는 정답이 담긴 모듈이 없어요."""

from __future__ import annotations

from support.attacks import LANDLOCK, MARK, Attack, attempt, body, harmless
from support.tiny_lesson import ANSWERS

from autograder.layout import ROOT

HONEST = ANSWERS["double"]


def seek(name: str, *lines: str) -> Attack:
    """찾으면 바른 값을 내는 공격. 찾지 못해서 틀려야 해요."""
    return Attack(
        name,
        body("found = None", attempt(*lines), "return x * (2 if found else 3)"),
        ("fail", "error"),
        reaches_out=True,
    )


def real(module: str) -> Attack:
    return seek(
        f"{module} 불러오기",
        "import importlib",
        f"found = getattr(importlib.import_module({module!r}), '__file__', None)",
        "if not isinstance(found, str): found = None",
    )


ATTACKS = [
    *map(
        real,
        (
            "reference",
            "reference.attention",
            "solutions",
            "nbgrader_config",
            "autograder.judging.judge",
            "autograder.exercises",
            "autograder.exercises.lesson_05_attention_math",
            "autograder.grading.attempt",
            "autograder.classroom.gradebook",
            "tests.support.tiny_lesson",
        ),
    ),
    seek("껍데기를 치우고 다시 불러오기", "import sys", "sys.meta_path.pop(0)", "import autograder.exercises as found"),
    seek(
        "저장소를 길에 더하기",
        "import sys",
        f"sys.meta_path.pop(0); sys.path.insert(0, {str(ROOT)!r})",
        "import reference as found",
        "found = found.__file__",
    ),
    seek(
        "고쳐 쓸 수 있는 설치의 표로 찾기",
        "import sys",
        "for name, module in list(sys.modules.items()):",
        "    for path in dict(getattr(module, 'MAPPING', {})).values():",
        "        found = open(path + '/__init__.py').read()",
    ),
    seek(
        "설치 기록으로 정답 찾기",
        "from importlib import metadata",
        "for item in metadata.distribution('transformer-study').files:",
        "    if 'solutions' in str(item) or 'exercises' in str(item): found = item.locate().read_text()",
    ),
    seek("파일에서 바로 실행하기", "import runpy", f"found = runpy.run_path({str(ROOT / 'course.py')!r})"),
    seek(
        "파일 위치로 모듈 만들기",
        "from importlib import util",
        f"spec = util.spec_from_file_location('k', {str(ROOT / 'autograder' / 'judging' / 'judge.py')!r})",
        "module = util.module_from_spec(spec); spec.loader.exec_module(module)",
        "found = module",
    ),
    seek(
        "적재기의 자료로 읽기",
        "import autograder",
        f"found = autograder.__loader__.get_data({str(ROOT / 'course.py')!r})",
    ),
    seek("linecache로 읽기", "import linecache", f"found = linecache.getlines({str(ROOT / 'course.py')!r})"),
    seek("pkgutil로 저장소 훑기", "import pkgutil", f"found = list(pkgutil.iter_modules([{str(ROOT)!r}]))"),
    harmless(
        "torch를 가짜로 바꿔 두기",
        "import sys, types",
        "sys.modules['torch'] = types.ModuleType('torch')",
        sequel=body("import torch", "return x * (2 if hasattr(torch, 'Tensor') else 3)"),
        others="pass",
    ),
    harmless(
        "import를 가로채는 찾개를 남기기",
        "import sys",
        "class Hook:\n    def find_spec(self, *a): raise ImportError('x')",
        "sys.meta_path.insert(0, Hook())",
        sequel=body("import sys", "return x * (3 if any(type(f).__name__ == 'Hook' for f in sys.meta_path) else 2)"),
    ),
    Attack(
        "내장 __import__를 바꾸기",
        body("import builtins", "builtins.__import__ = lambda *a, **k: 1 / 0", "return x * 2"),
        ("pass", "error"),
        others=None,
        sequel=body("import mailbox", "return x * 2"),
        reaches_out=True,
    ),
    harmless(
        "길의 훅과 저장해 둔 찾개를 비우기",
        "import sys",
        "sys.path_hooks.clear(); sys.path_importer_cache.clear(); sys.path.clear()",
        sequel=body("import mailbox", "return x * 2"),
    ),
    Attack(
        "작업 폴더에 torch.py를 두기",
        body("open('torch.py', 'w').write('raise SystemExit')", "return x * 2"),
        ("error",),
        needs=frozenset({LANDLOCK}),
        sequel=HONEST,
        reaches_out=True,
    ),
    harmless(
        "바이트 코드 폴더를 남기기",
        "import sys, os",
        "sys.dont_write_bytecode = False",
        attempt("import py_compile", f"py_compile.compile(os.__file__, cfile='/tmp/{MARK}.pyc')"),
    ),
    Attack(
        "꾸러미 폴더에 pth 파일을 두기",
        body(
            "import site, os",
            f"open(os.path.join(site.getsitepackages()[0], '{MARK}.pth'), 'w').write('import os')",
            "return x * 2",
        ),
        ("error",),
        reaches_out=True,
    ),
    Attack(
        "import하며 프로세스를 끝내기",
        f"import sys\nsys.modules['os']._exit(0)\n{HONEST}",
        ("error",),
        words=("통째로",),
    ),
    Attack(
        "끝나지 않는 import",
        "import importlib, sys\nclass F:\n    def find_spec(self, *a):\n        while True: pass\n"
        f"sys.meta_path.insert(0, F())\nimport course_no_such\n{HONEST}",
        ("timeout",),
    ),
]
