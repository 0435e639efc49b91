"""문장 쌍을 한 번만 씻고 토큰으로 바꾸어 메모리 맵에 두고 열어요."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from reference.data.cleaning import Hygiene, Washer, describe
from reference.data.pairs import Pair, Source, count_pairs, read_pairs, source_items
from reference.data.tokenizer import Tokenizer
from reference.errors import UserError
from reference.files import write_text

CHUNK = 20_000  # 한 번에 씻고 토큰으로 바꾸는 문장 쌍의 수
FORMAT = 1  # 캐시 파일의 형식이 바뀌면 올려요.


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

    def both_ways(self) -> PairDataset:
        """뒤에 원문과 번역문을 맞바꾼 쌍들을 이어 붙인 데이터예요. 쌍의 수가 두 배예요."""
        src_end, tgt_end = self.src_offsets[-1], self.tgt_offsets[-1]
        return PairDataset(
            np.concatenate([self.src_ids, self.tgt_ids]),
            np.concatenate([self.tgt_ids, self.src_ids]),
            np.concatenate([self.src_offsets, src_end + self.tgt_offsets[1:]]),
            np.concatenate([self.tgt_offsets, tgt_end + self.src_offsets[1:]]),
            self.report,
        )

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
    for item in (*source_items(source), "held_out", *held_out):
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
    hygiene: Hygiene | None = None,
    held_out: Iterable[Pair] = (),
    progress: bool = True,
) -> PairDataset:
    """문장 쌍을 한 번만 씻고 토큰으로 바꾸어 cache에 두고 열어요. 다음부터는 열기만 해요.

    source: TSV 경로(들), Hugging Face 이름, 또는 (원문, 번역문) 목록. held_out: 훈련에서 빼야 할 시험 쌍. hygiene: 씻는 기준(없으면 기본값).
    쓸 수 있는 쌍이 없거나 디스크가 모자라면 UserError. 중간에 끊기면 다음 번에 처음부터 깨끗이 다시 만들어요.
    """
    hygiene, held_out = hygiene or Hygiene(), list(held_out)
    folder = Path(cache) / content_key(source, tokenizer, hygiene, held_out)
    if not (folder / "info.json").is_file():
        building = folder.with_name(f"{folder.name}.{os.getpid()}.tmp")
        for left in Path(cache).glob("*.tmp"):  # 갑자기 꺼진 작업이 남긴 것. 지금 도는 작업의 것일 수 있어 하루는 둬요.
            if left == building or time.time() - left.stat().st_mtime > 86_400:
                shutil.rmtree(left, ignore_errors=True)
        try:
            building.mkdir(parents=True)
            _build(source, tokenizer, building, Washer(hygiene, held_out), progress)
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


def _build(source: Source, tokenizer: Tokenizer, folder: Path, washer: Washer, progress: bool) -> None:
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
    write_text(folder / "info.json", json.dumps(info, ensure_ascii=False))


@contextlib.contextmanager
def _progress_bar(show: bool, source: Source) -> Iterator[Callable[[int], None]]:
    """처리한 문장 쌍 수와 남은 시간을 보여 주는 진행 막대."""
    if not show:
        yield lambda count: None
        return
    columns = (
        TextColumn("토큰으로 바꾸는 중"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("쌍"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("", total=count_pairs(source))
        yield lambda count: bar.advance(task, count)
