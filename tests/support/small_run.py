"""다섯 문장을 외운 모델의 실행 폴더. `course play`와 `course translate`의 시험이 함께 써요."""

from __future__ import annotations

import json
from pathlib import Path

from reference.data.known_words import KnownWords
from reference.tools.readable_pieces import save_frequent
from reference.tools.saved_model import save_model
from support.reference_translator import KOREAN, learn_by_heart


def small_run(folder: Path, known: bool = True) -> Path:
    """`folder`에 몇 초 만에 배운 실행 폴더를 만들어요. `known`이 거짓이면 단어의 목록이 없던 때의 실행이에요."""
    model, tokenizer, data = learn_by_heart(folder.parent / "cache")
    folder.mkdir(parents=True, exist_ok=True)
    save_model(folder, model)
    tokenizer.save(folder)
    if known:
        KnownWords.learn(KOREAN).save(folder)
        save_frequent(folder, tokenizer, data)
    info = {"data": {"train": [], "reverse": False}, "train": {"alpha": 0.6}, "pairs": len(KOREAN)}
    (folder / "run.json").write_text(json.dumps(info), encoding="utf-8")
    return folder
