"""실행 카드: 실행 폴더를 열면 처음 보는 한 장(index.html)이에요. 설정, 점수, 곡선, 번역, 어텐션 지도를 모아요."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from reference.data.cleaning import describe
from reference.files import write_text
from reference.tools.plots import read_metrics
from reference.training.evaluation import WHY_NOT_A_SCORE

CSS = """
:root { color-scheme: light; }
body { font: 16px/1.65 "Pretendard", "Noto Sans KR", NanumGothic, sans-serif; color: #1f2933;
  max-width: 62rem; margin: 2.5rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.7rem; margin-bottom: .2rem; }
h2 { font-size: 1.2rem; margin-top: 2.6rem; border-bottom: 2px solid #e4e7eb; }
.big { display: flex; gap: 1rem; flex-wrap: wrap; margin: 1.2rem 0; }
.big div { background: #f2f6fb; border-radius: .6rem; padding: .7rem 1.1rem; }
.big b { display: block; font-size: 1.6rem; color: #1f5fa8; }
table { border-collapse: collapse; width: 100%; font-size: .93rem; } td, th { text-align: left; padding: .35rem .6rem;
  border-bottom: 1px solid #e4e7eb; vertical-align: top; }
th { color: #52606d; font-weight: 600; white-space: nowrap; }
img { max-width: 100%; } figure { margin: 1rem 0; overflow-x: auto; } .note { color: #52606d; font-size: .93rem; }
details { margin: .8rem 0; }
summary { cursor: pointer; font-weight: 600; }
code { background: #f5f7fa; padding: .1rem .3rem; }
"""


def write(
    folder: Path,
    result: dict[str, Any],
    info: dict[str, Any],
    typed: Sequence[tuple[str, str]],
    examples: Sequence[tuple[str, str, str]],
    maps: Sequence[tuple[str, list[Path]]],
) -> None:
    """folder/index.html을 써요. typed는 (문장, 번역), examples는 (원문, 정답, 번역)이에요."""
    split = {"test": "시험 데이터", "valid": "검증 데이터"}[result["evaluated_on"]]
    big = {
        "BLEU": f"{result['bleu']:.1f}",
        "chrF": f"{result['chrf']:.1f}",
        "완전 일치": f"{result['exact_match']:.1%}",
        "파라미터": f"{result['parameters']:,}개",
        "학습": f"{result['steps']:,}스텝",
        "CPU 시간": minutes(result["cpu_seconds"]),
        "걸린 시간": minutes(result["wall_seconds"]),
        "속도": f"{result['tokens_per_second']:,.0f}토큰/초",
    }
    machine = info["machine"]
    parts = [
        f"<h1>{escape(result['preset'])} 실행 카드</h1>",
        f"<p class=note>{escape(machine['started'])} · 시드 {info['train']['seed']} · 훈련 {info['pairs']:,}쌍</p>",
        "<div class=big>" + "".join(f"<div>{name}<b>{value}</b></div>" for name, value in big.items()) + "</div>",
        f"<p>점수는 {split}를 빔 {result['beam']}개로 끝까지 번역해 쟀어요. <code>{escape(result['signature'])}</code> "
        f"{escape(result['note'])}</p>",
        f"<p class=note>교사 강요 정확도는 {result['teacher_forced_accuracy']:.1%}예요. {WHY_NOT_A_SCORE}</p>",
        f"<p class=note>{escape(result['stopped'])}</p>" if result["stopped"] else "",
        "<h2>직접 넣어 본 문장</h2>",
        table(("문장", "번역"), typed),
        f"<h2>{split}의 앞 열 문장</h2>",
        table(("원문", "정답", "번역"), examples),
        "<h2>학습 곡선</h2>",
        picture("pictures/loss.png", "손실 곡선"),
        picture("pictures/schedule.png", "학습률 곡선"),
        "<h2>배우는 동안의 번역</h2>",
        progress_of(folder),
        "<h2>어텐션 지도</h2>",
        "<p>왼쪽의 토큰이 아래쪽의 토큰을 얼마나 보는지예요. 진할수록 많이 봐요.</p>",
    ]
    for title, paths in maps:
        pictures = "".join(picture(path.relative_to(folder).as_posix(), title) for path in paths)
        parts.append(
            f"<details{' open' if title == maps[0][0] else ''}><summary>{escape(title)}</summary>{pictures}</details>"
        )
    parts += [
        "<h2>다시 하려면</h2>",
        table(("설정", "값"), [(key, plain(value)) for key, value in info["train"].items()]),
        table(("모델", "값"), [(key, plain(value)) for key, value in info["model"].items()]),
        table(
            ("데이터", "값"),
            [(key, plain(value)) for key, value in info["data"].items()] + [("위생 처리", describe(info["report"]))],
        ),
        table(("기계", "값"), [(key, plain(value)) for key, value in machine.items()]),
    ]
    title = f"{result['preset']} · BLEU {result['bleu']:.1f}"
    page = (
        f'<!doctype html><html lang="ko"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{CSS}</style>\n" + "\n".join(parts) + "\n</html>\n"
    )
    write_text(folder / "index.html", page)


def progress_of(folder: Path) -> str:
    """검증할 때마다 남긴 예문 번역을 표로 만들어요."""
    _, valid = read_metrics(folder)
    if not valid:
        return ""
    head = ("문장", *(f"{r['step']:,}스텝 (검증 손실 {r['valid_loss']:.2f})" for r in shown(valid)))
    sources = valid[0].get("sources", [""] * len(valid[0]["translations"]))
    return table(head, zip(sources, *(r["translations"] for r in shown(valid)), strict=True))


def shown(valid: list[dict[str, Any]], count: int = 4) -> list[dict[str, Any]]:
    """검증이 많으면 처음부터 끝까지 고르게 count번만 골라요."""
    if len(valid) <= count:
        return valid
    return [valid[round(index * (len(valid) - 1) / (count - 1))] for index in range(count)]


def minutes(seconds: float) -> str:
    """초를 읽기 좋게 적어요."""
    return f"{seconds / 60:.1f}분" if seconds >= 90 else f"{seconds:.0f}초"


def plain(value: Any) -> str:
    """설정값을 한 줄로 적어요."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def picture(path: str, title: str) -> str:
    """그림 하나예요."""
    return f'<figure><img src="{escape(path)}" alt="{escape(title)}" loading="lazy"></figure>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """표 하나예요. 내용은 모두 글로만 다뤄요."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell)).replace(chr(10), '<br>')}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"
