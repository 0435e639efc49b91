"""앞 제출물이 다음 제출물에, 앞 셀이 채점에 흔적을 남기려는 공격. 다음 사람은 늘 깨끗한 곳에서 시작해요."""

from __future__ import annotations

from support.attacks import LANDLOCK, MARK, Attack, attempt, body, harmless
from support.tiny_lesson import ANSWERS

HONEST = ANSWERS["double"]


def leaves(name: str, do: str, see: str, **more: object) -> Attack:
    """`do`로 흔적을 남기고, 다음 제출물은 `see`가 참이면 틀린 값을 내요."""
    look = body("seen = False", attempt("import os, sys", f"seen = bool({see})"), "return x * (3 if seen else 2)")
    return harmless(name, "import os, sys", attempt(do), sequel=look, **more)


PLACES = ("/tmp", "/dev/shm", "/var/tmp", ".", "/grader", "/grader/home", "~")

ATTACKS = [
    *(
        leaves(
            f"파일로 남기기({place})",
            f"os.close(os.open(os.path.expanduser('{place}/{MARK}'), os.O_CREAT | os.O_WRONLY))",
            f"os.path.lexists(os.path.expanduser('{place}/{MARK}'))",
            needs=frozenset({LANDLOCK}),
        )
        for place in PLACES
    ),
    leaves("폴더의 이름으로 남기기", f"os.mkdir('/tmp/{MARK}')", f"os.path.exists('/tmp/{MARK}')"),
    leaves("링크로 남기기", f"os.symlink('x' * 60, '/tmp/{MARK}')", f"os.path.lexists('/tmp/{MARK}')"),
    leaves("환경 변수로 남기기", "os.environ['COURSE_MARK'] = '7'", "'COURSE_MARK' in os.environ"),
    leaves(
        "C의 환경 변수로 남기기",
        "import ctypes; ctypes.CDLL(None).setenv(b'COURSE_MARK', b'7', 1)",
        "__import__('ctypes').CDLL(None).getenv(b'COURSE_MARK')",
    ),
    leaves("작업 폴더를 옮겨 두기", "os.chdir('/usr')", "os.getcwd() == '/usr'"),
    leaves("umask를 바꿔 두기", "os.umask(0o123)", "os.umask(0o022) == 0o123"),
    leaves("모듈에 남기기", "sys.modules['course_mark'] = sys", "'course_mark' in sys.modules"),
    leaves(
        "모듈을 지워 두기",
        "del sys.modules['math']; sys.modules['random'] = None",
        "'math' not in sys.modules or sys.modules['random'] is None",
    ),
    leaves("torch의 함수를 바꿔 두기", "torch.add = torch.mul = None", "torch.add is None"),
    leaves("torch의 난수 씨앗", "torch.manual_seed(1234567)", "torch.initial_seed() == 1234567"),
    leaves(
        "넘파이의 설정", "import numpy; numpy.seterr(all='raise')", "__import__('numpy').geterr()['divide'] == 'raise'"
    ),
    leaves("재귀의 상한", "sys.setrecursionlimit(77777)", "sys.getrecursionlimit() == 77777"),
    leaves("정수 글자의 상한", "sys.set_int_max_str_digits(0)", "sys.get_int_max_str_digits() == 0"),
    leaves("실을 바꾸는 간격", "sys.setswitchinterval(9)", "sys.getswitchinterval() == 9"),
    leaves("쓰레기 수집을 끄기", "import gc; gc.disable(); gc.set_threshold(1)", "not __import__('gc').isenabled()"),
    leaves("쓰레기 수집의 훅", "import gc; gc.callbacks.append(len)", "len in __import__('gc').callbacks"),
    leaves("끝날 때의 함수", "import atexit; atexit.register(os._exit, 3)", "False"),
    leaves("약한 가리킴의 마무리", "import weakref; weakref.finalize(torch, os._exit, 3)", "False"),
    leaves(
        "사라질 때의 훅을 남기기",
        "class Late:\n    def __del__(self): os._exit(3)\nsys.late = getattr(sys, 'late', None) or Late()",
        "hasattr(sys, 'late')",
    ),
    leaves(
        "예외의 훅",
        "sys.excepthook = sys.unraisablehook = lambda *a: os._exit(3)",
        "sys.excepthook is not sys.__excepthook__ and 'lambda' in repr(sys.excepthook)",
    ),
    leaves("갈라질 때의 훅", "os.register_at_fork(before=lambda: os._exit(3))", "False"),
    leaves(
        "신호 처리기",
        "import signal; signal.signal(signal.SIGUSR1, lambda *a: os._exit(3))",
        "__import__('signal').getsignal(10) not in (0, 1)",
    ),
    leaves(
        "신호 막기",
        "import signal; signal.pthread_sigmask(0, range(1, 32))",
        "__import__('signal').pthread_sigmask(0, [])",
    ),
    leaves(
        "시간대와 말",
        "import locale, time; os.environ['TZ'] = 'Asia/Seoul'; time.tzset()",
        "__import__('time').tzname[0] == 'KST'",
    ),
    leaves(
        "warnings의 거르개",
        "import warnings; warnings.filters.insert(0, ('error', None, Warning, None, 7))",
        "any(f[-1] == 7 for f in __import__('warnings').filters)",
    ),
    leaves(
        "codecs에 등록하기", "import codecs; codecs.register(lambda n: 1 / 0 if n == 'course_mark' else None)", "False"
    ),
    leaves(
        "copyreg에 등록하기",
        "import copyreg; copyreg.pickle(int, lambda i: (int, (7,)))",
        "int in __import__('copyreg').dispatch_table",
    ),
    leaves(
        "linecache에 남기기",
        "import linecache; linecache.cache['course'] = 7",
        "'course' in __import__('linecache').cache",
    ),
    leaves(
        "matplotlib의 설정",
        "import matplotlib; matplotlib.rcParams['font.size'] = 77",
        "__import__('matplotlib').rcParams['font.size'] == 77",
    ),
    leaves("셸의 이름 공간", "get_ipython().user_ns['course_mark'] = 7", "'course_mark' in globals()"),
    leaves(
        "작업자의 객체에 남기기",
        "import gc\nfor o in gc.get_objects():\n    if type(o).__name__ == 'Worker': o.mark = 7",
        "[o for o in __import__('gc').get_objects() if type(o).__name__ == 'Worker' and hasattr(o, 'mark')]",
    ),
    leaves(
        "바른 함수를 남기기",
        "import builtins; builtins.kept = [o for o in __import__('gc').get_objects() if getattr(o, '__module__', '') == 'counterparts']",
        "hasattr(__import__('builtins'), 'kept')",
    ),
    leaves(
        "나눠 갖는 기억에 남기기",
        "import mmap; sys.shared = mmap.mmap(-1, 4096); sys.shared[0] = 7",
        "hasattr(sys, 'shared')",
    ),
    leaves(
        "기술자를 열어 두기",
        "for _ in range(20): os.open(os.__file__, 0)",
        "sum(os.path.realpath(f'/proc/self/fd/{f}') == os.__file__ for f in range(64))",
    ),
    leaves(
        "프로세스의 이름",
        "import ctypes; ctypes.CDLL(None).prctl(15, b'evil')",
        "open('/proc/self/comm').read() == 'evil\\n'",
    ),
    leaves("기억의 방침", "import ctypes; ctypes.CDLL(None).mallopt(-1, 0)", "False"),
    leaves(
        "상한을 낮춰 두기",
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))",
        "__import__('resource').getrlimit(7)[0] == 20",
    ),
    leaves(
        "붙잡힌 실에서 계속 쓰기",
        "import threading\ndef go():\n    while True: sys.counter = getattr(sys, 'counter', 0) + 1\n"
        "threading.Thread(target=go, daemon=True).start()\nsys.counter = 1",
        "hasattr(sys, 'counter')",
        others=None,
    ),
    Attack(
        "앞 실습에서 뒤 실습의 이름을 가로채기",
        HONEST + "\nquadruple = half = lambda x: x * 9",
        ("pass",),
        reaches_out=True,
    ),
    Attack("자기 이름을 두 번 짓기", "def double(x):\n    return x * 3\ndef double(x):\n    return x * 2", ("pass",)),
    Attack(
        "부르는 동안 자기를 바꾸기",
        body("global double", "double = lambda x: x", "return x * 2"),
        ("pass",),
        others=None,
    ),
    Attack(
        "바깥 셀에서 미리 고치기",
        HONEST,
        ("pass",),
        before="import torch\nclass Evil:\n    torch.Tensor.evil = 7",
        sequel=body("return x * (3 if hasattr(torch.Tensor, 'evil') else 2)"),
        reaches_out=True,
    ),
    Attack(
        "기억에 답을 남기는 두 제출물",
        body("import sys", "sys.answers = getattr(sys, 'answers', []) + [x * 2]", "return x * 2"),
        ("pass",),
        sequel=body("import sys", "return x * (3 if hasattr(sys, 'answers') and len(sys.answers) > 9 else 2)"),
    ),
]
