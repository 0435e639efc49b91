"""서브워드 토크나이저: 바이트 단위 BPE·유니그램, 그리고 한국어 형태소로 먼저 자르는 방식.

글자를 모두 UTF-8 바이트로 바꿔 다루므로 처음 보는 글자(이모지, 한자, 옛한글)도 잃지 않아요. 알고리즘을 한 줄씩
따라가는 교육용 BPE는 reference/bpe.py에 있고, 여기서는 Rust로 만든 `tokenizers` 라이브러리가 같은 일을 빠르게 해요.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from reference.data.morphemes import load_tagger
from reference.errors import UserError
from reference.files import write_text

PAD, BOS, EOS, UNK = 0, 1, 2, 3
SPECIALS = ("<pad>", "<s>", "</s>", "<unk>")
FILE_NAME = "tokenizer.json"
MIN_VOCAB = len(SPECIALS) + 256  # 특수 토큰과 바이트 256개는 언제나 들어가요.

# 단어 앞의 빈칸을 단어에 붙여 잘라요. 조각을 이으면 원문이 그대로 나와요.
_PIECE = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\w\s]|_)+|\s+(?!\S)|\s+")
_HANGUL = re.compile(r"[가-힣]")


class Tokenizer:
    """두 언어가 함께 쓰는 서브워드 사전 하나. `decode(encode(x)) == x`가 모든 문자열에서 성립해요."""

    pad_id, bos_id, eos_id, unk_id = PAD, BOS, EOS, UNK

    def __init__(self, backend: tokenizers.Tokenizer, kind: str, level: str, tagger: str | None) -> None:
        self.kind, self.level, self.tagger = kind, level, tagger
        self._backend = backend
        # 본문에 "<pad>"라고 적혀 있어도 특수 토큰이 아니라 보통 글자로 읽어요.
        self._backend.encode_special_tokens = True

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        vocab_size: int = 8000,
        kind: str = "bpe",
        level: str = "byte",
        tagger: str = "Okt",
        progress: bool = False,
    ) -> Tokenizer:
        """글에서 사전을 배워요 (논문 §5.1의 공유 BPE 사전).

        kind: "bpe" 또는 "unigram". level: "byte" 또는 "morpheme"(KoNLPy의 tagger로 먼저 자름).
        사전 크기가 260보다 작거나, 글이 비었거나, 자바가 없으면 UserError.
        """
        if kind not in ("bpe", "unigram"):
            raise UserError(f"토크나이저 종류 '{kind}'는 없어요. bpe와 unigram 가운데 하나를 골라 주세요.")
        if level not in ("byte", "morpheme"):
            raise UserError(f"자르는 단위 '{level}'은 없어요. byte와 morpheme 가운데 하나를 골라 주세요.")
        if vocab_size < MIN_VOCAB:
            raise UserError(
                f"사전 크기 {vocab_size}은 너무 작아요. 바이트 256개와 특수 토큰 4개가 들어가도록 "
                f"{MIN_VOCAB} 이상으로 정해 주세요."
            )
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        options: dict[str, Any] = {
            "vocab_size": vocab_size,
            "special_tokens": list(SPECIALS),
            "initial_alphabet": alphabet,
            "show_progress": progress,
        }
        if kind == "bpe":
            backend = tokenizers.Tokenizer(models.BPE(unk_token=SPECIALS[UNK]))
            trainer: trainers.Trainer = trainers.BpeTrainer(min_frequency=2, **options)
        else:
            backend = tokenizers.Tokenizer(models.Unigram())
            trainer = trainers.UnigramTrainer(unk_token=SPECIALS[UNK], **options)
        # 형태소로 자를 때는 우리가 조각을 넘기므로 바이트로 바꾸기만 해요.
        backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=level == "byte")
        backend.decoder = decoders.ByteLevel()
        self = cls(backend, kind, level, tagger if level == "morpheme" else None)
        if level == "morpheme":
            # 라이브러리는 아래 pieces()를 다른 스레드에서 돌려요. JVM을 거기서 켜면 끝날 때 그 스레드를 영원히 기다려요.
            _ = self._morphs
        seen = 0

        def pieces() -> Iterator[list[str]]:
            nonlocal seen
            for text in texts:
                if text.strip():
                    seen += 1
                    yield [" " + text] if level == "byte" else self._split(text)

        backend.train_from_iterator(pieces(), trainer)
        if not seen:
            raise UserError("토크나이저가 배울 글이 한 줄도 없어요. 문장이 들어 있는 말뭉치를 넣어 주세요.")
        return self

    def __len__(self) -> int:
        return self._backend.get_vocab_size()

    @property
    def vocab_size(self) -> int:
        """특수 토큰까지 센 사전 크기."""
        return len(self)

    @cached_property
    def _morphs(self) -> Callable[[str], list[str]]:
        if self.tagger is None:
            raise UserError(
                "이 토크나이저에는 형태소 분석기의 이름이 없어요. 파일이 망가진 것 같으니 다시 학습해 주세요."
            )
        return load_tagger(self.tagger).morphs

    def _split(self, text: str) -> list[str]:
        """형태소 경계로 자른 조각들. 이으면 " " + text와 똑같아요."""
        pieces: list[str] = []
        for piece in _PIECE.findall(" " + text):
            pieces += cut_morphemes(piece, self._morphs) if _HANGUL.search(piece) else [piece]
        return pieces

    def encode(self, text: str) -> list[int]:
        """문자열을 토큰 번호로 바꿔요. BOS와 EOS는 붙이지 않아요."""
        return self.encode_batch([text])[0]

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """여러 문자열을 한꺼번에 바꿔요. 라이브러리가 CPU 코어를 나누어 써요."""
        byte_level = self.level == "byte"
        # 앞에 빈칸을 하나 붙이면 문장 첫 단어와 가운데 단어가 같은 토큰을 써요. decode가 다시 떼요.
        inputs = [" " + text for text in texts] if byte_level else [self._split(text) for text in texts]
        encoded = self._backend.encode_batch_fast(inputs, is_pretokenized=not byte_level, add_special_tokens=False)
        return [item.ids for item in encoded]

    def decode(self, ids: Sequence[int]) -> str:
        """토큰 번호를 문자열로 되돌려요. 특수 토큰은 건너뛰어요."""
        text = self._backend.decode([i for i in ids if i >= len(SPECIALS)], skip_special_tokens=False)
        return text[1:] if text.startswith(" ") else text

    def merges(self) -> dict[tuple[int, int], int]:
        """BPE가 배운 (왼쪽 토큰, 오른쪽 토큰) → 붙인 토큰이에요. 먼저 배운 쌍부터 놓여 있고, 유니그램이면 비어 있어요."""
        number, learned = self._backend.get_vocab(), json.loads(self._backend.to_str())["model"].get("merges", [])
        return {(number[left], number[right]): number[left + right] for left, right in learned}

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """사람이 읽을 토큰 이름들(그림의 이름표). 글자가 중간에 끊긴 토큰은 바이트를 16진수로 적어요."""
        return [self._piece(int(i)) for i in ids]

    def _piece(self, index: int) -> str:
        token = self._backend.id_to_token(index)
        if token is None or index < len(SPECIALS):
            return token or SPECIALS[UNK]
        raw = bytes(_BYTE_OF[char] for char in token)
        try:
            return raw.decode("utf-8").strip(" ") or "␣"
        except UnicodeDecodeError:
            return "".join(f"<{byte:02X}>" for byte in raw.lstrip(b" "))

    def to_json(self) -> str:
        """사전과 설정을 담은 JSON 문자열."""
        meta = {"kind": self.kind, "level": self.level, "tagger": self.tagger}
        return json.dumps({"course": meta, "tokenizer": json.loads(self._backend.to_str())}, ensure_ascii=False)

    def fingerprint(self) -> str:
        """사전이 같으면 같고 다르면 다른 16자리 해시. 캐시의 열쇠로 써요."""
        # 유니그램 점수는 저장했다 읽으면 마지막 자리가 달라질 수 있어 반올림해서 비교해요.
        rounded = json.loads(self.to_json(), parse_float=lambda number: round(float(number), 6))
        return hashlib.sha256(json.dumps(rounded).encode()).hexdigest()[:16]

    def save(self, folder: str | Path) -> Path:
        """모델 폴더에 tokenizer.json으로 저장하고 그 경로를 돌려줘요."""
        path = Path(folder) / FILE_NAME
        write_text(path, self.to_json())
        return path

    @classmethod
    def load(cls, folder: str | Path) -> Tokenizer:
        """저장한 토크나이저를 열어요. 파일이 없거나 망가졌으면 UserError."""
        path = Path(folder) / FILE_NAME if Path(folder).is_dir() else Path(folder)
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
            backend = tokenizers.Tokenizer.from_str(json.dumps(saved["tokenizer"]))
            return cls(backend, **saved["course"])
        except FileNotFoundError:
            raise UserError(
                f"토크나이저 파일 {path}이 없어요. 모델을 저장한 폴더를 가리키는지 확인해 주세요."
            ) from None
        except Exception as error:  # 라이브러리는 망가진 파일에 맨 Exception을 던져요.
            raise UserError(
                f"토크나이저 파일 {path}을 읽을 수 없어요. 파일이 망가진 것 같으니 "
                "다시 학습하거나 원본을 복사해 주세요."
            ) from error


def cut_morphemes(text: str, morphs: Callable[[str], list[str]]) -> list[str]:
    """형태소 경계에서 text를 잘라요. 조각을 이으면 언제나 text예요.

    '갔'을 '가+았'으로 되돌리는 분석기도 있으므로, 원문에 그대로 나타나는 형태소의 경계에서만 잘라요.
    """
    cuts, position = [], 0
    for morpheme in morphs(text):
        start = text.find(morpheme, position)
        if start < 0:
            continue
        cuts += [start, start + len(morpheme)]
        position = start + len(morpheme)
    first = len(text) - len(text.lstrip())  # 빈칸은 홀로 두지 않고 첫 형태소에 붙여요.
    edges = sorted({0, *(cut for cut in cuts if cut > first), len(text)})
    return [text[a:b] for a, b in pairwise(edges)]


def _byte_table() -> dict[str, int]:
    """ByteLevel이 바이트마다 배정한 '보이는 글자'의 역표: 보이는 라틴 글자는 그대로, 나머지는 U+0100부터."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in set(visible)]
    return {chr(byte): byte for byte in visible} | {chr(256 + n): byte for n, byte in enumerate(hidden)}


_BYTE_OF = _byte_table()
