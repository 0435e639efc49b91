"""학습자 묶음: 레슨, 공개 확인의 기록, 키트, 시작하는 데 필요한 것만 담은 압축 파일.

풀이, 기준 구현, 틀린 구현, 숨은 사례를 뽑는 정의는 담지 않아요. 묶음의 `check`는 미리 기록한 답안지로 판정해요.
레슨을 몇 개만 골라 담을 수 있고, 다음 묶음을 그 위에 풀면 레슨이 늘어나요. 학습자의 자리 `study/`는 어느 묶음에도 없어서 그대로예요.
같은 저장소에서는 언제나 같은 바이트가 나와요.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.authoring.build import check_lessons
from autograder.authoring.lesson_source import lesson_path, sources
from autograder.errors import CourseError
from autograder.exercises import lesson_exercises
from autograder.exercises.answer_key_maker import PUBLIC_SEED, make_answer_key
from autograder.files import replacing
from autograder.judging.answer_key import dump_keys
from autograder.layout import PACKAGE, ROOT
from autograder.wording import josa

FOLDER = "transformer-study"
TOP = ("LICENSE", "constraints.txt", "course.py", "pyproject.toml")
# 학습자의 것은 방째로 들어가요. 정의(exercises/), 만들기(authoring/), 채점(sandbox/, grading/, classroom/)은 방째로 빠져요.
LEARNERS_ROOMS = ("cli", "environment", "judging", "kit", "learner", "notebooks", "play", "repair")
README = """# Transformer 스터디

Transformer를 직접 만들며 배우는 노트북 묶음이에요. 파이썬 3.10에서 3.13까지에서 돌아요. 이 묶음에는 {lessons} 들어 있어요.

```
python3 course.py lab       # 처음에는 필요한 것을 설치하고, JupyterLab을 첫 레슨에서 열어요
python3 course.py check {first:<3} # 레슨 {first} 노트북을 터미널에서 확인해요
```

- `study/`에 베껴진 노트북을 차례로 열어요. 실습 셀을 채우고 바로 아래의 확인 셀을 실행하면 무엇이 다른지 알려 줘요.
- `python3 course.py status`는 진도를, `hint 실습이름`은 다음 힌트를, `reset 실습이름`은 처음의 빈칸을 돌려줘요.
- 잘 안 되면 `python3 course.py doctor`가 무엇이 빠졌는지 말해 줘요.
- `python3 course.py submit`이 낼 파일을 만들고, 빠진 것이 있으면 말해 줘요. 기준 구현과 풀이는 이 묶음에 들어 있지 않아요.
- 다음 묶음을 받으면 이 폴더가 있는 곳에 풀어서 덮어써요. 새 레슨이 더해지고, 여러분의 `study/`는 그대로 남아요.
"""
_MAP_ROW = re.compile(r"^\| \[(?P<title>[^\]]+)\]\((?P<lesson>[^/)]+)/[^)]+\)", re.MULTILINE)


class BundleError(CourseError):
    """묶음을 만들 수 없어요. 내용은 강사에게 보일 한국어 문장이에요."""


def chosen_lessons(text: str | None) -> list[str]:
    """`1-3`, `1,2,5`, `5`, `05_attention_math`처럼 적은 레슨들을 책 순서대로. None이면 모두예요."""
    known = {int(lesson[:2]): lesson for lesson in sources()}
    if text is None:
        return list(known.values())
    chosen: set[str] = set()
    for piece in (piece.strip() for piece in text.split(",")):
        numbers = re.fullmatch(r"(\d+)(?:\s*[-~]\s*(\d+))?", piece)
        if piece in known.values():
            chosen.add(piece)
            continue
        wanted = range(int(numbers[1]), int(numbers[2] or numbers[1]) + 1) if numbers else range(0)
        if not wanted or wanted[0] not in known or wanted[-1] not in known:
            raise BundleError(
                f"레슨을 `{text}`에서 알아볼 수 없어요. {min(known)}부터 {max(known)}까지의 번호를 `5`, `1-3`, `1,2,5`처럼 적어 주세요."
            )
        chosen |= {known[number] for number in wanted}
    return [lesson for lesson in known.values() if lesson in chosen]


def spoken(lessons: Sequence[str]) -> str:
    """레슨들의 번호를 짧게: `1-3`, `1-2,5`."""
    numbers = [int(lesson[:2]) for lesson in lessons]
    starts = [n for n in numbers if n - 1 not in numbers]
    ends = [n for n in numbers if n + 1 not in numbers]
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))


def write_bundle(path: Path, lessons: Sequence[str] | None = None) -> int:
    """학습자 묶음을 `path`에 쓰고 담은 파일의 수를 돌려줘요. `lessons`가 None이면 모든 레슨이에요. 배포본이 원본과 다르면 BundleError예요."""
    if path.suffix != ".zip":
        raise BundleError("묶음의 이름은 .zip으로 끝나야 해요: --bundle transformer-study.zip처럼 적어 주세요.")
    chosen = [lesson for lesson in lessons or sources() if lesson_path(lesson).is_file()]
    if not chosen:
        raise BundleError("배포할 레슨이 없어요. `python3 course.py build`를 먼저 해 주세요.")
    stale = check_lessons(chosen)
    if stale:
        raise BundleError(
            f"lessons/가 원본과 달라요({', '.join(stale)}). `python3 course.py build`로 다시 만든 뒤에 묶어 주세요."
        )
    files = sorted(bundle_files(chosen))
    with (
        replacing(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
    ):
        for name, content in files:
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", date_time=(2017, 6, 12, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return len(files)


def bundle_files(lessons: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """묶음에 들어갈 (이름, 바이트)들."""
    word = f"레슨 {spoken(lessons).replace(',', ', ').replace('-', '~')}"
    yield "README.md", README.format(lessons=josa(word, "이/가"), first=int(lessons[0][:2])).encode()
    for name in TOP:
        yield name, (ROOT / name).read_bytes()
    for file in [*PACKAGE.glob("*.py"), *(file for room in LEARNERS_ROOMS for file in (PACKAGE / room).rglob("*"))]:
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".md":
            yield file.relative_to(ROOT).as_posix(), file.read_bytes()
    yield "lessons/README.md", _map((ROOT / "lessons" / "README.md").read_text(encoding="utf-8"), lessons).encode()
    for lesson in lessons:
        released = lesson_path(lesson).read_bytes()
        yield f"lessons/{lesson}/{lesson}.ipynb", released
        # `course reset`이 돌려줄 처음의 모습과, `check`가 쓸 공개 답안지.
        yield f"autograder/recorded/{lesson}.ipynb", released
        yield f"autograder/recorded/{lesson}.keys", _public_keys(lesson)


def _map(text: str, lessons: Sequence[str]) -> str:
    """레슨 지도. 아직 나눠 주지 않은 뒤의 레슨은 링크를 떼요. 앞의 레슨은 먼저 받은 묶음에 있어요."""
    last = max(lessons)

    def row(found: re.Match[str]) -> str:
        return found[0] if found["lesson"] <= last else f"| {found['title']} (아직 나오지 않았어요)"

    return _MAP_ROW.sub(row, text)


def _public_keys(lesson: str) -> bytes:
    return dump_keys([make_answer_key(exercise, PUBLIC_SEED) for exercise in lesson_exercises(lesson)])
