"""문장 쌍을 읽어요: TSV(원문 TAB 번역문, .gz 가능) 또는 Hugging Face의 데이터 이름에서."""

from __future__ import annotations

import contextlib
import gzip
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from reference.errors import UserError

Pair = tuple[str, str]
Source = str | Path | Sequence["str | Path"] | Sequence[Pair]

# 이렇게 끝나면 데이터 이름이 아니라 없는 파일로 봐요.
FILE_ENDINGS = (".tsv", ".txt", ".gz", ".csv", ".json", ".jsonl")


def read_pairs(source: Source, report: dict[str, int] | None = None) -> Iterator[Pair]:
    """TSV(원문 TAB 번역문, .gz 가능) 또는 Hugging Face 데이터 이름에서 문장 쌍을 차례로 읽어요.

    이름은 "소유자/이름", "소유자/이름:설정", "소유자/이름:설정#원문열,번역열"로 적어요. 파일이 없거나, UTF-8이
    아니거나, 열이 하나뿐이면 UserError. 가운데에 탭이 빠진 줄은 건너뛰고 report["one_column"]에 세요.
    """
    for item in source_items(source):
        if isinstance(item, tuple):
            yield item[0], item[1]
        elif Path(item).is_file():
            yield from _read_tsv(Path(item), report if report is not None else {})
        else:
            yield from _read_hub(str(item))


def source_items(source: Source) -> Iterable[str | Path | Pair]:
    """데이터를 이루는 것들: 경로나 이름, 또는 문장 쌍 하나하나."""
    return [source] if isinstance(source, (str, Path)) else source


@contextlib.contextmanager
def _open(path: Path) -> Iterator[io.BufferedIOBase]:
    """보통 파일과 gzip을 같은 모양으로 열어요. 압축이 망가졌으면 UserError."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        try:
            yield gzip.GzipFile(fileobj=raw) if packed else raw
        except (EOFError, gzip.BadGzipFile) as error:
            raise UserError(f"압축 파일 {path}이 중간에 끊겼거나 망가졌어요. 파일을 다시 받아 주세요.") from error


def _read_tsv(path: Path, report: dict[str, int]) -> Iterator[Pair]:
    with _open(path) as lines:
        found = False
        for number, line in enumerate(lines, 1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError:
                raise UserError(_encoding_message(path, number, line)) from None
            if not text.strip():
                continue
            columns = text.split("\t")
            if len(columns) >= 2:
                found = True
                yield columns[0], columns[1]
            elif found:
                report["one_column"] = report.get("one_column", 0) + 1
            else:
                raise UserError(
                    f"{path}의 {number}번째 줄에 열이 하나뿐이에요. 한 줄에 '원문 TAB 번역문'이 "
                    "오도록 탭으로 나누어 주세요."
                )


def _encoding_message(path: Path, number: int, line: bytes) -> str:
    try:
        line.decode("cp949")
        looks, remedy = " cp949(EUC-KR)로 보여요.", f"`iconv -f cp949 -t utf-8 {path.name}`처럼"
    except UnicodeDecodeError:
        looks, remedy = "", "편집기에서"
    return f"{path}의 {number}번째 줄이 UTF-8이 아니에요.{looks} {remedy} 파일 전체를 UTF-8로 바꾸어 주세요."


def _read_hub(spec: str) -> Iterator[Pair]:
    if not re.fullmatch(r"[\w.-]+/[\w.-]+(:[\w.-]+)?(#\w+,\w+)?", spec) or Path(spec).suffix in FILE_ENDINGS:
        raise UserError(f"데이터 파일 {spec}을 찾을 수 없어요. 경로와 이름을 확인해 주세요.")
    name, _, columns = spec.partition("#")
    name, _, config = name.partition(":")
    try:
        import datasets
    except ImportError:
        raise UserError(
            f"'{spec}'이라는 파일이 없고, Hugging Face에서 받으려면 datasets가 필요해요. "
            "경로를 확인하거나 `pip install datasets`로 설치해 주세요."
        ) from None
    try:
        rows = datasets.load_dataset(name, config or None, split="train", streaming=True)
        for row in rows:
            row = row.get("translation", row)
            keys = columns.split(",") if columns else list(row)[:2]
            yield row[keys[0]], row[keys[1]]
    except KeyError as error:
        raise UserError(
            f"데이터 '{name}'에 {error} 열이 없어요. '{name}#원문열,번역열'처럼 열 이름을 적어 주세요."
        ) from error
    except Exception as error:  # 네트워크, 이름, 권한 오류가 라이브러리마다 다른 예외로 와요.
        raise UserError(
            f"Hugging Face에서 '{name}'을 받지 못했어요({type(error).__name__}). 인터넷 연결과 이름을 "
            "확인하거나 TSV 파일을 쓰세요."
        ) from error


def count_pairs(source: Source) -> int | None:
    """진행 막대의 끝: 파일의 줄 수나 목록의 길이. 미리 알 수 없는 데이터면 None."""
    total = 0
    for item in source_items(source):
        if isinstance(item, tuple):
            total += 1
        elif Path(item).is_file():
            with _open(Path(item)) as file:
                total += sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
        else:
            return None
    return total
