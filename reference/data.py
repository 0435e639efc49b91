"""문장 쌍 파일을 읽고, 씻고, 한 번만 토큰으로 바꾸어 메모리 맵에 두고, 길이별 배치로 내줘요.

모양 기호: B 배치의 문장 수, S 원문 길이(EOS 포함), T 번역문 길이(BOS 또는 EOS 포함).
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import re
import shutil
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from .errors import UserError
from .tokenizer import BOS, EOS, PAD, Tokenizer

Pair = tuple[str, str]
Source = str | Path | Sequence["str | Path"] | Sequence[Pair]
CHUNK = 20_000  # 한 번에 씻고 토큰으로 바꾸는 문장 쌍의 수
FILE_ENDINGS = (
    ".tsv",
    ".txt",
    ".gz",
    ".csv",
    ".json",
    ".jsonl",
)  # 이렇게 끝나면 데이터 이름이 아니라 없는 파일로 봐요.
FORMAT = 1  # 캐시 파일의 형식이 바뀌면 올려요.


# ── 읽기 ─────────────────────────────────────────────────────────────────────


def read_pairs(source: Source, report: dict[str, int] | None = None) -> Iterator[Pair]:
    """TSV(원문 TAB 번역문, .gz 가능) 또는 Hugging Face 데이터 이름에서 문장 쌍을 차례로 읽어요.

    이름은 "소유자/이름", "소유자/이름:설정", "소유자/이름:설정#원문열,번역열"로 적어요. 파일이 없거나, UTF-8이
    아니거나, 열이 하나뿐이면 UserError. 가운데에 탭이 빠진 줄은 건너뛰고 report["one_column"]에 세요.
    """
    for item in _items(source):
        if isinstance(item, tuple):
            yield item[0], item[1]
        elif Path(item).is_file():
            yield from _read_tsv(Path(item), report if report is not None else {})
        else:
            yield from _read_hub(str(item))


def _items(source: Source) -> Iterable:
    return [source] if isinstance(source, (str, Path)) else source


@contextlib.contextmanager
def _open(path: Path):
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


# ── 씻기 ─────────────────────────────────────────────────────────────────────

# 제어 문자, 폭 없는 빈칸, BOM, 방향 표시를 지워요. 이모지를 잇는 U+200D만은 글자의 일부라서 남겨요.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u2069\ufeff]|(?<=\\w)\u200d|\u200d(?=\\w)|^\u200d|\u200d$"
)
_SPACES = re.compile(r"\s+")


def clean_text(text: str) -> str:
    """제어 문자와 폭 없는 문자를 지우고, NFC로 합치고, 빈칸을 하나로 줄여요."""
    text = _INVISIBLE.sub("", text)
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return _SPACES.sub(" ", text).strip()


@dataclass(frozen=True)
class Hygiene:
    """데이터를 씻는 기준. 길이의 단위는 토큰이에요."""

    max_tokens: int = 256  # 이보다 긴 문장이 있는 쌍은 버린다(EOS 제외).
    max_ratio: float = 4.0  # 긴 쪽이 짧은 쪽의 max_ratio배 + ratio_slack보다 길면 짝이 맞지 않는다고 봐요.
    ratio_slack: int = 10
    clean: bool = True  # 문자 정리(제어 문자, NFC, 빈칸)
    deduplicate: bool = True


def _hashes(texts: Iterable[str]) -> np.ndarray:
    """대소문자를 무시한 64비트 해시. 문자열 집합보다 메모리를 열 배 넘게 아껴요."""
    digests = (hashlib.blake2b(text.casefold().encode(), digest_size=8).digest() for text in texts)
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


class SeenHashes:
    """지금까지 본 해시의 정렬된 모음. 1000만 개가 80MB다."""

    def __init__(self) -> None:
        self._runs: list[np.ndarray] = []

    def add(self, hashes: np.ndarray) -> np.ndarray:
        """처음 보는 해시는 True인 불 배열을 돌려주고 기억해요. 모양 (N,)."""
        new = np.zeros(len(hashes), dtype=bool)
        new[np.unique(hashes, return_index=True)[1]] = True
        for run in self._runs:
            new &= ~contains(run, hashes)
        self._runs.append(np.sort(hashes[new]))
        # 크기가 비슷한 모음끼리 합쳐 모음의 수를 log N으로 지켜요.
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            last = self._runs.pop()
            self._runs[-1] = np.sort(np.concatenate([self._runs[-1], last]), kind="stable")
        return new


def contains(sorted_hashes: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    """정렬된 해시 안에 있으면 True인 배열. 모양 (N,)."""
    if not len(sorted_hashes):
        return np.zeros(len(hashes), dtype=bool)
    at = np.searchsorted(sorted_hashes, hashes).clip(max=len(sorted_hashes) - 1)
    return sorted_hashes[at] == hashes


REASONS = {
    "one_column": "탭이 없는 줄",
    "cleaned": "보이지 않는 문자나 NFC를 고친 쌍",
    "empty": "한쪽이 빈 쌍",
    "duplicate": "되풀이된 쌍",
    "in_test": "시험 문장이 들어 있는 쌍",
    "too_long": "너무 긴 쌍",
    "bad_ratio": "길이가 맞지 않는 쌍",
}


def describe(report: dict[str, int]) -> str:
    """위생 보고서를 한국어 한 줄로 써요."""
    parts = [f"{text} {report[key]:,}개" for key, text in REASONS.items() if report.get(key)]
    return f"읽은 쌍 {report['read']:,}개 가운데 {report['kept']:,}개 사용" + (
        f" ({', '.join(parts)})" if parts else ""
    )


class _Washer:
    """한 묶음씩 씻고, 무엇을 왜 버렸는지 세요."""

    def __init__(self, hygiene: Hygiene, held_out: Iterable[Pair]) -> None:
        self.hygiene, self.seen = hygiene, SeenHashes()
        test = list(held_out)
        self.test = [np.sort(_hashes(clean_text(pair[side]) for pair in test)) for side in (0, 1)]
        self.report = dict.fromkeys(("read", "kept", *REASONS), 0)

    def texts(self, pairs: list[Pair]) -> list[Pair]:
        """글자만 보고 알 수 있는 것: 문자 정리, 빈 쌍, 되풀이, 시험 문장."""
        self.report["read"] += len(pairs)
        if self.hygiene.clean:
            cleaned = [(clean_text(a), clean_text(b)) for a, b in pairs]
            self.report["cleaned"] += sum(
                (a, b) != (_SPACES.sub(" ", x).strip(), _SPACES.sub(" ", y).strip())
                for (a, b), (x, y) in zip(cleaned, pairs, strict=True)
            )
            pairs = cleaned
        full = [pair for pair in pairs if pair[0].strip() and pair[1].strip()]
        self.report["empty"] += len(pairs) - len(full)
        keep = np.ones(len(full), dtype=bool)
        for side in (0, 1):
            if len(self.test[side]):
                keep &= ~contains(self.test[side], _hashes(pair[side] for pair in full))
        self.report["in_test"] += int((~keep).sum())
        if self.hygiene.deduplicate:
            new = self.seen.add(_hashes(f"{a}\t{b}" for a, b in full))
            self.report["duplicate"] += int((keep & ~new).sum())
            keep &= new
        return [pair for pair, kept in zip(full, keep, strict=True) if kept]

    def lengths(self, src: np.ndarray, tgt: np.ndarray) -> np.ndarray:
        """토큰 수를 보고 알 수 있는 것: 너무 긴 쌍, 길이가 맞지 않는 쌍. 모양 (N,)."""
        long, short = np.maximum(src, tgt), np.minimum(src, tgt)
        too_long = long > self.hygiene.max_tokens
        bad_ratio = ~too_long & (long > self.hygiene.max_ratio * short + self.hygiene.ratio_slack)
        self.report["too_long"] += int(too_long.sum())
        self.report["bad_ratio"] += int(bad_ratio.sum())
        keep = ~(too_long | bad_ratio)
        self.report["kept"] += int(keep.sum())
        return keep


# ── 토큰으로 바꾸어 저장하기 ─────────────────────────────────────────────────


@dataclass
class PairDataset:
    """토큰으로 바꾼 문장 쌍들. 토큰 번호는 이어 붙여 두고 시작 위치(offsets)로 찾아요."""

    src_ids: np.ndarray  # (원문 토큰 수의 합,)
    tgt_ids: np.ndarray  # (번역문 토큰 수의 합,)
    src_offsets: np.ndarray  # (N + 1,)
    tgt_offsets: np.ndarray  # (N + 1,)
    report: dict[str, int] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: str | Path) -> PairDataset:
        """prepare가 만든 폴더를 메모리에 올리지 않고 열어요."""
        folder = Path(folder)
        info = json.loads((folder / "info.json").read_text(encoding="utf-8"))

        def array(name: str, dtype: str) -> np.ndarray:
            return np.memmap(folder / name, dtype=dtype, mode="r")

        return cls(
            array("src.ids", info["dtype"]),
            array("tgt.ids", info["dtype"]),
            array("src.offsets", "int64"),
            array("tgt.offsets", "int64"),
            info["report"],
        )

    def __len__(self) -> int:
        return len(self.src_offsets) - 1

    def src(self, index: int) -> np.ndarray:
        """원문의 토큰 번호. EOS 없음. 모양 (S - 1,)."""
        return self.src_ids[self.src_offsets[index] : self.src_offsets[index + 1]]

    def tgt(self, index: int) -> np.ndarray:
        """번역문의 토큰 번호. BOS와 EOS 없음. 모양 (T - 1,)."""
        return self.tgt_ids[self.tgt_offsets[index] : self.tgt_offsets[index + 1]]

    @property
    def src_lengths(self) -> np.ndarray:
        """원문 토큰 수. 모양 (N,)."""
        return np.diff(self.src_offsets)

    @property
    def tgt_lengths(self) -> np.ndarray:
        """번역문 토큰 수. 모양 (N,)."""
        return np.diff(self.tgt_offsets)


def content_key(source: Source, tokenizer: Tokenizer, hygiene: Hygiene, held_out: Iterable[Pair] = ()) -> str:
    """내용, 토크나이저, 설정이 같으면 같은 캐시 열쇠."""
    digest = hashlib.sha256(json.dumps([FORMAT, tokenizer.fingerprint(), asdict(hygiene)]).encode())
    for item in (*_items(source), "held_out", *held_out):
        if isinstance(item, (str, Path)) and Path(item).is_file():
            with Path(item).open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        else:
            digest.update(repr(item).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:20]


def prepare(
    source: Source,
    tokenizer: Tokenizer,
    cache: str | Path,
    *,
    hygiene: Hygiene = Hygiene(),
    held_out: Iterable[Pair] = (),
    progress: bool = True,
) -> PairDataset:
    """문장 쌍을 한 번만 씻고 토큰으로 바꾸어 cache에 두고 열어요. 다음부터는 열기만 해요.

    source: TSV 경로(들), Hugging Face 이름, 또는 (원문, 번역문) 목록. held_out: 훈련에서 빼야 할 시험 쌍.
    쓸 수 있는 쌍이 없거나 디스크가 모자라면 UserError. 중간에 끊기면 다음 번에 처음부터 깨끗이 다시 만들어요.
    """
    held_out = list(held_out)
    folder = Path(cache) / content_key(source, tokenizer, hygiene, held_out)
    if not (folder / "info.json").is_file():
        building = folder.with_name(f"{folder.name}.{os.getpid()}.tmp")
        for left in Path(cache).glob("*.tmp"):  # 갑자기 꺼진 작업이 남긴 것. 지금 도는 작업의 것일 수 있어 하루는 둬요.
            if left == building or time.time() - left.stat().st_mtime > 86_400:
                shutil.rmtree(left, ignore_errors=True)
        try:
            building.mkdir(parents=True)
            _build(source, tokenizer, building, _Washer(hygiene, held_out), progress)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(building, folder)
        except OSError as error:
            if not (folder / "info.json").is_file():  # 다른 프로세스가 먼저 끝냈다면 그 결과를 써요.
                raise UserError(
                    f"토큰 캐시를 {cache}에 쓰지 못했어요({error.strerror}). 디스크 공간과 쓰기 권한을 확인해 주세요."
                ) from error
        finally:
            shutil.rmtree(building, ignore_errors=True)
    return PairDataset.open(folder)


def _build(source: Source, tokenizer: Tokenizer, folder: Path, washer: _Washer, progress: bool) -> None:
    dtype = np.uint16 if tokenizer.vocab_size <= 1 << 16 else np.uint32
    pairs = read_pairs(source, washer.report)
    ends = [0, 0]
    with contextlib.ExitStack() as stack:
        files = {
            name: stack.enter_context((folder / name).open("wb"))
            for name in ("src.ids", "tgt.ids", "src.offsets", "tgt.offsets")
        }
        for side in ("src", "tgt"):
            files[f"{side}.offsets"].write(np.int64(0).tobytes())
        advance = stack.enter_context(_progress_bar(progress, source))
        while chunk := list(islice(pairs, CHUNK)):
            clean = washer.texts(chunk)
            sides = [tokenizer.encode_batch([pair[side] for pair in clean]) for side in (0, 1)]
            lengths = [np.fromiter(map(len, rows), np.int64, len(rows)) for rows in sides]
            keep = washer.lengths(*lengths)
            for number, (side, rows) in enumerate(zip(("src", "tgt"), sides, strict=True)):
                ids = [token for row, kept in zip(rows, keep, strict=True) if kept for token in row]
                files[f"{side}.ids"].write(np.asarray(ids, dtype=dtype).tobytes())
                offsets = ends[number] + np.cumsum(lengths[number][keep])
                files[f"{side}.offsets"].write(offsets.tobytes())
                ends[number] += len(ids)
            advance(len(chunk))
    report = washer.report
    if not report["read"]:
        raise UserError(
            "말뭉치에 문장 쌍이 하나도 없어요. '원문 TAB 번역문'이 한 줄에 하나씩 들어 있는 파일을 넣어 주세요."
        )
    if not report["kept"]:
        raise UserError(f"쓸 수 있는 문장 쌍이 남지 않았어요. {describe(report)}. 데이터나 위생 기준을 확인해 주세요.")
    info = {"dtype": np.dtype(dtype).name, "report": report}
    (folder / "info.json").write_text(json.dumps(info, ensure_ascii=False), encoding="utf-8")


def _count(source: Source) -> int | None:
    """진행 막대의 끝: 파일의 줄 수나 목록의 길이. 미리 알 수 없는 데이터면 None."""
    total = 0
    for item in _items(source):
        if isinstance(item, tuple):
            total += 1
        elif Path(item).is_file():
            with _open(Path(item)) as file:
                total += sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
        else:
            return None
    return total


@contextlib.contextmanager
def _progress_bar(show: bool, source: Source):
    """처리한 문장 쌍 수와 남은 시간을 보여 주는 진행 막대."""
    if not show:
        yield lambda count: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("토큰으로 바꾸는 중"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("쌍"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("", total=_count(source))
        yield lambda count: bar.advance(task, count)


# ── 배치 ─────────────────────────────────────────────────────────────────────


@dataclass
class Batch:
    """오른쪽을 PAD로 채운 int64 텐서 셋."""

    src: torch.Tensor  # (B, S) 원문 + EOS
    tgt_in: torch.Tensor  # (B, T) BOS + 번역문
    tgt_out: torch.Tensor  # (B, T) 번역문 + EOS
    tokens: int  # PAD를 뺀 src와 tgt_out의 토큰 수

    def to(self, device: torch.device | str) -> Batch:
        """텐서를 장치로 옮긴 배치."""
        move = {"device": device, "non_blocking": True}
        return Batch(self.src.to(**move), self.tgt_in.to(**move), self.tgt_out.to(**move), self.tokens)


def _padded(ids: np.ndarray, offsets: np.ndarray, rows: np.ndarray, width: int) -> np.ndarray:
    """고른 문장들을 PAD로 채운 표. 모양 (B, width)."""
    starts, lengths = offsets[rows], offsets[rows + 1] - offsets[rows]
    columns = np.arange(width)
    inside = columns < lengths[:, None]  # (B, width)
    table = np.full(inside.shape, PAD, dtype=np.int64)
    table[inside] = ids[(starts[:, None] + columns)[inside]]
    return table


def _round_up(length: int, multiple: int | None) -> int:
    return -(-length // multiple) * multiple if multiple else length


def make_batch(dataset: PairDataset, rows: Sequence[int] | np.ndarray, pad_to: int | None = None) -> Batch:
    """고른 문장 쌍들을 한 배치로 묶어요. pad_to가 있으면 길이를 그 배수로 올려요."""
    rows = np.asarray(rows)
    src_lengths = dataset.src_offsets[rows + 1] - dataset.src_offsets[rows]
    tgt_lengths = dataset.tgt_offsets[rows + 1] - dataset.tgt_offsets[rows]
    width_src, width_tgt = (_round_up(int(n.max()) + 1, pad_to) for n in (src_lengths, tgt_lengths))
    lines = np.arange(len(rows))
    src = _padded(dataset.src_ids, dataset.src_offsets, rows, width_src)  # (B, S)
    src[lines, src_lengths] = EOS
    tgt_out = _padded(dataset.tgt_ids, dataset.tgt_offsets, rows, width_tgt)  # (B, T)
    tgt_in = np.concatenate([np.full((len(rows), 1), BOS), tgt_out[:, :-1]], axis=1)  # (B, T)
    tgt_out[lines, tgt_lengths] = EOS
    tokens = int(src_lengths.sum() + tgt_lengths.sum()) + 2 * len(rows)
    return Batch(torch.from_numpy(src), torch.from_numpy(tgt_in), torch.from_numpy(tgt_out), tokens)


def plan_batches(
    dataset: PairDataset, max_tokens: int, seed: int, epoch: int, shuffle: bool = True, pad_to: int | None = None
) -> list[np.ndarray]:
    """한 에폭을 길이가 비슷한 문장끼리 모은 배치들(문장 번호의 목록)로 나눠요.

    배치마다 B·max(S, T) <= max_tokens이므로 긴 문장 배치도 메모리를 더 쓰지 않아요. 같은 (seed, epoch)는 언제나
    같은 순서를 줘요. 한 문장이 max_tokens보다 길면 UserError.
    """
    src, tgt = dataset.src_lengths + 1, dataset.tgt_lengths + 1
    generator = np.random.default_rng([seed, epoch])
    order = generator.permutation(len(dataset)) if shuffle else np.arange(len(dataset))
    # 섞은 뒤 (T, S)로 정렬하면 길이는 같고 구성은 에폭마다 다른 배치가 돼요. T가 하나 늘 때마다 S의 방향을 뒤집어,
    # 두 T에 걸친 배치에서도 S가 이어지게 해요.
    order = order[np.lexsort((np.where(tgt % 2, src, -src)[order], tgt[order]))]
    widths = np.maximum(src, tgt)[order]
    longest = int(widths.max(initial=0))
    if _round_up(longest, pad_to) > max_tokens:
        raise UserError(
            f"가장 긴 문장이 {longest} 토큰이라 배치 한도 {max_tokens} 토큰에 들어가지 않아요. "
            "배치 한도를 늘리거나 max_tokens 위생 기준을 줄여 주세요."
        )
    plan, start = [], 0
    while start < len(order):
        size = _largest_batch(np.maximum.accumulate(widths[start : start + max_tokens]), max_tokens, pad_to)
        plan.append(order[start : start + size])
        start += size
    if shuffle:
        plan = [plan[i] for i in generator.permutation(len(plan))]
    return plan


def _largest_batch(widths: np.ndarray, max_tokens: int, pad_to: int | None) -> int:
    """앞에서부터 몇 문장을 담을 수 있는지. widths는 오름차순."""
    low, high = 1, len(widths)
    while low < high:
        middle = (low + high + 1) // 2
        fits = middle * _round_up(int(widths[middle - 1]), pad_to) <= max_tokens
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def token_batches(
    dataset: PairDataset,
    max_tokens: int,
    seed: int,
    epoch: int,
    shuffle: bool = True,
    rank: int = 0,
    world: int = 1,
    pad_to: int | None = None,
    start: int = 0,
) -> Iterator[Batch]:
    """한 에폭의 배치를 차례로 내줘요. start는 이 프로세스에서 이미 끝낸 배치 수(이어서 학습할 때).

    world개 프로세스가 배치를 나누어 가지며 수가 같아지도록 모자란 만큼 앞의 배치를 되풀이해요.
    """
    plan = plan_batches(dataset, max_tokens, seed, epoch, shuffle, pad_to)
    for step in range(start, steps_per_epoch(len(plan), world)):
        yield make_batch(dataset, plan[(step * world + rank) % len(plan)], pad_to)


def steps_per_epoch(batches: int, world: int = 1) -> int:
    """프로세스 하나가 한 에폭에 밟는 걸음 수."""
    return -(-batches // world)


def useful_share(batches: Iterable[Batch]) -> float:
    """PAD가 아닌 토큰의 비율. 0과 1 사이."""
    tokens = cells = 0
    for batch in batches:
        tokens += batch.tokens
        cells += batch.src.numel() + batch.tgt_out.numel()
    return tokens / cells if cells else 0.0


def fixed_batches(dataset: PairDataset, batch_size: int, seed: int) -> Iterator[Batch]:
    """비교 기준: 길이를 보지 않고 batch_size 문장씩 묶은 배치."""
    order = np.random.default_rng(seed).permutation(len(dataset))
    for start in range(0, len(order), batch_size):
        yield make_batch(dataset, order[start : start + batch_size])
