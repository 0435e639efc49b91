"""문장을 조각과 번호로: 부품의 BPE로 나눈 어휘. 부품이 없으면 `tokenizers` 라이브러리가 문장을 통째로 나눠요."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from autograder.kit.assembly import Parts
from autograder.kit.pairs import Pair

PAD, BOS, EOS = 0, 1, 2
SPECIAL = ("<pad>", "<bos>", "<eos>")
_SPACE = decoders.Metaspace(replacement="▁", prepend_scheme="always")


class Vocabulary:
    """부품의 BPE로 나눈 조각과 번호. 한국어와 영어가 표 하나를 함께 써요."""

    def __init__(self, parts: Parts, pairs: Sequence[Pair], n_merges: int) -> None:
        sentences = [f"{pair.ko} {pair.en}" for pair in pairs]
        counts = Counter(word for sentence in sentences for word in sentence.split())
        letters = {"▁", *(letter for word in counts for letter in word)}
        learn, self._split = parts.get("train_bpe"), parts.get("bpe_encode")
        self._library = _tokenizer(models.BPE())
        if learn is not None:
            merges = learn(dict(counts), n_merges)
            joined = dict.fromkeys([*sorted(letters), *(part for pair in merges for part in (*pair, "".join(pair)))])
            self._library = _tokenizer(models.BPE({piece: i for i, piece in enumerate(joined)}, list(merges)))
        else:
            size = len(letters) + n_merges
            self._library.train_from_iterator(sentences, trainers.BpeTrainer(vocab_size=size, show_progress=False))
            merges = [tuple(merge) for merge in json.loads(self._library.to_str())["model"]["merges"]]
        self._merges, self._words = merges, dict[str, list[str]]()
        self.words = sorted({word for pair in pairs for word in pair.ko.split()})  # 학습한 원문의 단어들
        self.index: dict[str, int] = {}
        known = letters.union(*(self._pieces(word) for word in counts))
        self.tokens = [*SPECIAL, *sorted(known)]
        self.index = {token: i for i, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def _pieces(self, word: str) -> list[str]:
        if word not in self._words:
            split = self._split
            self._words[word] = list(split(word, self._merges)) if split else self._library.encode(word).tokens
        return self._words[word]

    def pieces(self, sentence: str) -> list[str]:
        """문장을 조각으로. 표에 없는 조각은 빠져요. 무엇이 빠지는지는 `unknown`이 알려 줘요."""
        return [piece for word in sentence.split() for piece in self._pieces(word) if piece in self.index]

    def unknown(self, sentence: str) -> list[str]:
        """문장의 조각 가운데 표에 없는 것들. 라이브러리는 모르는 글자를 말없이 지우므로, 남은 조각에 없는 글자도 봐요."""
        found: list[str] = []
        for word in sentence.split():
            pieces = self._pieces(word)
            kept = "".join(piece for piece in pieces if piece in self.index)
            found += [p for p in pieces if p not in self.index]
            found += [letter for letter in word if letter not in kept and not any(letter in p for p in found)]
        return list(dict.fromkeys(piece.replace("▁", "") or piece for piece in found))

    def encode(self, sentence: str) -> list[int]:
        """문장을 번호로."""
        return [self.index[piece] for piece in self.pieces(sentence)]

    def decode(self, ids: Sequence[int]) -> str:
        """번호를 문장으로. 특수 토큰은 빼요."""
        return str(_SPACE.decode([self.tokens[i] for i in ids if i >= len(SPECIAL)])).strip()


def _tokenizer(model: models.BPE) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    return tokenizer
