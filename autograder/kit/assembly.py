"""레슨 8의 조립: 학습자의 노트북들에서 함수를 꺼내 Transformer 하나로 잇고, 빠진 곳은 PyTorch의 것으로 채워요.

레슨 2~7은 저장된 노트북에서 정의만 실행해서 꺼내고, 레슨 8은 지금 커널에 있는 것을 써요. 공개 확인을 통과하지 못했거나,
기울기가 끊기거나, 학습에 쓰기에는 너무 느린 것은 대신할 것으로 바꾸고 그 까닭을 표에 적어요.
"""

from __future__ import annotations

import ast
import contextlib
import html
import io
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.kit.assembly_gradients import cut_or_slow
from autograder.layout import LESSONS

LESSON = "08_full_transformer"
Namespace = dict[str, Any]


# -- PyTorch의 것 -------------------------------------------------------------------------------------------------


def attention_with_weights(
    q_in: Tensor,
    kv_in: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
    mask: Tensor | None,
    need_weights: bool = True,
) -> tuple[Tensor, Tensor | None]:
    """PyTorch의 멀티 헤드 어텐션. q_in (B, T, D), kv_in (B, S, D) -> 출력 (B, T, D)와 가중치 (B, H, T, S)."""
    (B, T, D), S = q_in.shape, kv_in.shape[1]
    # PyTorch의 불 마스크는 True가 가림이라 뒤집어요.
    hidden = None if mask is None else ~mask.expand(B, n_heads, T, S).reshape(B * n_heads, T, S)
    query, memory = q_in.transpose(0, 1), kv_in.transpose(0, 1)
    out, weights = F.multi_head_attention_forward(
        query,
        memory,
        memory,
        D,
        n_heads,
        None,
        None,
        None,
        None,
        False,
        0.0,
        W_o.T,
        None,
        need_weights=need_weights,
        attn_mask=hidden,
        use_separate_proj_weight=True,
        q_proj_weight=W_q.T,
        k_proj_weight=W_k.T,
        v_proj_weight=W_v.T,
        average_attn_weights=False,
    )
    return out.transpose(0, 1), weights


def _attention(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return attention_with_weights(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask, need_weights=False)[0]


def _feed_forward(x, W1, b1, W2, b2):
    inner = F.relu(F.linear(x, W1.T, b1))  # (B, T, F)
    return F.linear(inner, W2.T, b2)


def _layer_norm(x, gamma, beta, eps=1e-5):
    return F.layer_norm(x, gamma.shape, gamma, beta, eps)


def _post_norm(x, sublayer, gamma, beta, eps=1e-5):
    return F.layer_norm(x + sublayer(x), gamma.shape, gamma, beta, eps)


def _dot_product_attention(q, k, v, mask):
    eye = torch.eye(k.shape[-2], dtype=k.dtype).expand(*k.shape[:-1], k.shape[-2])
    return (F.scaled_dot_product_attention(q, k, v, mask), F.scaled_dot_product_attention(q, k, eye, mask))


def _cached_attention(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    B, _, D = x_t.shape
    q, k, v = (F.linear(x_t, W.T).view(B, 1, n_heads, D // n_heads).transpose(1, 2) for W in (W_q, W_k, W_v))
    if cache is not None:
        k, v = torch.cat((cache["k"], k), 2), torch.cat((cache["v"], v), 2)
    out = F.scaled_dot_product_attention(q, k, v)  # (B, H, 1, K)
    return F.linear(out.reshape(B, 1, D), W_o.T), {"k": k, "v": v}


def _sinusoid(max_len, d_model):
    rate = torch.logspace(0, -4 * (1 - 2 / d_model), d_model // 2)
    angle = torch.outer(torch.arange(max_len, dtype=torch.float32), rate)
    return torch.stack((angle.sin(), angle.cos()), -1).flatten(1)  # (L, D)


def _embedding(ids, E):
    return F.embedding(ids, E) * math.sqrt(E.shape[1])


def stacked(x: Tensor, p: Mapping[str, Any], sublayers: list[Callable[[Tensor], Tensor]]) -> Tensor:
    """부분층들을 차례로, 저마다 잔차와 `F.layer_norm`으로 감싸요."""
    for i, sublayer in enumerate(sublayers, 1):
        x = _post_norm(x, sublayer, **p[f"norm{i}"])
    return x


def layers_with(attention: Callable[..., Tensor]) -> dict[str, Callable[..., Tensor]]:
    """`attention`을 쓰는 인코더와 디코더의 층. 다른 어텐션을 끼워 보는 실험에도 써요."""

    def encoder_layer(x, p, n_heads, src_mask):
        return stacked(
            x,
            p,
            [
                lambda h: attention(h, h, **p["attn"], n_heads=n_heads, mask=src_mask),
                lambda h: _feed_forward(h, **p["ffn"]),
            ],
        )

    def decoder_layer(x, memory, p, n_heads, src_mask, tgt_mask):
        return stacked(
            x,
            p,
            [
                lambda h: attention(h, h, **p["self_attn"], n_heads=n_heads, mask=tgt_mask),
                lambda h: attention(h, memory, **p["cross_attn"], n_heads=n_heads, mask=src_mask),
                lambda h: _feed_forward(h, **p["ffn"]),
            ],
        )

    return {"encoder_layer": encoder_layer, "decoder_layer": decoder_layer}


def _both_masks(src, tgt, pad_id):
    T = tgt.shape[1]
    hidden = torch.nn.Transformer.generate_square_subsequent_mask(T, dtype=torch.float32).isinf()
    return src.ne(pad_id)[:, None, None], tgt.ne(pad_id)[:, None, None].logical_and(~hidden)


def _smoothed(logits, target, eps, pad_id):
    return F.cross_entropy(logits, target, label_smoothing=eps, ignore_index=pad_id)


def _rate(step, d_model, warmup):
    step = max(step, 1)
    return min(step / warmup, math.sqrt(warmup / step)) / math.sqrt(d_model * warmup)


def _greedy(step_fn, bos, eos, max_len):
    row = torch.tensor([[bos]])
    while row.shape[1] <= max_len and row[0, -1] != eos:
        row = F.pad(row, (0, 1), value=int(step_fn(row)[0, -1].argmax()))
    return [token for token in row[0, 1:].tolist() if token != eos]


def _merges(word_freq, n_merges):
    """`tokenizers` 라이브러리로 배운 병합 목록."""
    import json

    from tokenizers import Tokenizer, models, trainers

    tokenizer = Tokenizer(models.BPE())
    characters = {c for word in word_freq for c in word} | {"▁"}
    trainer = trainers.BpeTrainer(vocab_size=len(characters) + n_merges, show_progress=False)
    tokenizer.train_from_iterator((f"▁{word}" for word, n in word_freq.items() for _ in range(n)), trainer)
    return [tuple(merge) for merge in json.loads(tokenizer.to_str())["model"]["merges"]]


def _bpe(word, merges):
    """`tokenizers` 라이브러리의 BPE로 나눈 조각들."""
    from tokenizers import models

    pieces = dict.fromkeys([*"▁", *word, *(part for merge in merges for part in (*merge, "".join(merge)))])
    return [
        token.value for token in models.BPE({p: i for i, p in enumerate(pieces)}, list(merges)).tokenize(f"▁{word}")
    ]


@dataclass(frozen=True)
class Part:
    """조립에 쓰는 함수 하나와, 없을 때 대신할 것."""

    name: str
    lesson: str
    title: str
    stand_in: Callable[..., Any] | None
    source: str


PARTS = (
    Part("sinusoidal_pe", "02_positional_encoding", "사인 위치 인코딩", _sinusoid, "torch.logspace로 만든 표"),
    Part("add_pe", "02_positional_encoding", "위치 더하기", lambda x, pe: x + pe[: x.shape[1]], "텐서의 덧셈"),
    Part("ffn", "03_feed_forward", "피드포워드", _feed_forward, "F.linear와 F.relu"),
    Part("layer_norm", "04_residual_layernorm", "층 정규화", _layer_norm, "F.layer_norm"),
    Part("post_norm", "04_residual_layernorm", "잔차와 정규화", _post_norm, "F.layer_norm"),
    Part(
        "scaled_dot_product_attention",
        "05_attention_math",
        "어텐션",
        _dot_product_attention,
        "F.scaled_dot_product_attention",
    ),
    Part("multi_head_attention", "06_multi_head", "멀티 헤드 어텐션", _attention, "F.multi_head_attention_forward"),
    Part(
        "attend_with_cache", "06_multi_head", "KV 캐시", _cached_attention, "torch.cat과 F.scaled_dot_product_attention"
    ),
    Part("train_bpe", "07_embedding_tokenizing", "BPE 학습", _merges, "tokenizers 라이브러리"),
    Part("bpe_encode", "07_embedding_tokenizing", "BPE로 나누기", _bpe, "tokenizers 라이브러리"),
    Part("embed", "07_embedding_tokenizing", "임베딩", _embedding, "F.embedding"),
    Part("tied_logits", "07_embedding_tokenizing", "출력 로짓", F.linear, "F.linear"),
    Part("encoder_layer", LESSON, "인코더의 층", layers_with(_attention)["encoder_layer"], "PyTorch 함수로 쌓은 층"),
    Part("decoder_layer", LESSON, "디코더의 층", layers_with(_attention)["decoder_layer"], "PyTorch 함수로 쌓은 층"),
    Part("make_masks", LESSON, "두 마스크", _both_masks, "nn.Transformer의 마스크"),
    Part("shift_right", LESSON, "한 칸 밀기", lambda tgt, bos: F.pad(tgt, (1, -1), value=bos), "F.pad"),
    Part("label_smoothed_loss", LESSON, "손실", _smoothed, "F.cross_entropy"),
    Part("noam_lr", LESSON, "학습률", _rate, "키트의 일정"),
    Part("greedy_decode", LESSON, "그리디 디코딩", _greedy, "키트의 그리디"),
    Part("beam_search", LESSON, "빔 서치", None, "쓰지 않아요"),
)


# -- 노트북에서 꺼내기 ------------------------------------------------------------------------------------------------


def lessons_folder() -> Path:
    """다른 레슨의 노트북이 있는 곳: 이 노트북의 옆, 없으면 `lessons/`."""
    from autograder.learner.checker import notebook_path

    here = notebook_path()
    for folder in (here.parent.parent if here else None, Path.cwd().parent):
        if folder and any((folder / part.lesson / f"{part.lesson}.ipynb").is_file() for part in PARTS[:-1]):
            return folder
    return LESSONS


def read_definitions(path: Path) -> Namespace:
    """저장된 노트북의 주어진 셀과, 실습 셀과 학습자가 더한 셀의 정의만 실행한 이름들. 읽을 수 없으면 빈 것."""
    from autograder.notebooks.reading import NotebookError, read_notebook

    names: Namespace = {"__name__": f"lesson_{path.stem}"}
    try:
        cells = read_notebook(path).cells
    except NotebookError:
        return names
    for cell in cells:
        if cell.code and (cell.given or cell.solution or (cell.grade_id is None and not cell.tags)):
            for statement in definitions(cell.source):
                # 한 줄이 실패해도 나머지 정의는 살려요. 무엇이 빠졌는지는 공개 확인이 말해 줘요.
                with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(statement, str(path), "exec"), names)
    return names


def definitions(source: str) -> Iterator[ast.Module]:
    """셀에서 import, 함수와 클래스, 상수의 정의만 하나씩. 부르고 찍고 도는 문장은 지나가요."""
    from autograder.notebooks.cell_code import only_definitions, parse

    tree = parse(source)
    for node in tree.body if tree else ():
        if only_definitions(ast.unparse(node)):
            yield ast.Module([node], [])


def _copied(names: Mapping[str, Any]) -> Namespace:
    """지금 커널의 이름들을 베껴요. 함수는 베낀 이름들을 보게 다시 묶어서, 조립이 커널을 건드리지 않게 해요."""
    copy: Namespace = dict(names)
    for name, value in names.items():
        if isinstance(value, FunctionType) and value.__globals__ is names:
            bound = FunctionType(value.__code__, copy, value.__name__, value.__defaults__, value.__closure__)
            bound.__kwdefaults__ = value.__kwdefaults__
            copy[name] = bound
    return copy


# -- 고르기 -------------------------------------------------------------------------------------------------------


@dataclass
class Choice:
    """부품 하나에 대한 결정. `reason`이 비었으면 학습자의 것이에요. `calls`는 조립한 모델이 부른 횟수예요."""

    part: Part
    reason: str = ""
    calls: int = 0

    @property
    def yours(self) -> bool:
        return not self.reason


class Parts:
    """골라 놓은 부품들. `parts["ffn"]`처럼 꺼내 쓰고, 셀 끝에 두면 표로 보여요."""

    def __init__(self, functions: Mapping[str, Callable[..., Any]], choices: Mapping[str, Choice]) -> None:
        self.functions, self.choices = dict(functions), dict(choices)

    def __getitem__(self, name: str) -> Callable[..., Any]:
        return self.functions[name]

    def replaced(self, **functions: Callable[..., Any]) -> Parts:
        """몇 개만 바꾼 부품들. 일부러 고장 내 보는 실험에 써요."""
        return Parts({**self.functions, **functions}, self.choices)

    @property
    def yours(self) -> list[str]:
        return [name for name, choice in self.choices.items() if choice.yours]

    def _rows(self) -> list[tuple[str, str, str, str]]:
        return [
            (c.part.lesson[1], name, c.part.title, "여러분의 것" if c.yours else f"{c.part.source} ({c.reason})")
            for name, c in self.choices.items()
        ]

    def __repr__(self) -> str:
        return "\n".join(f"레슨 {lesson}  {name:<30}{source}" for lesson, name, _, source in self._rows())

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td>{lesson}</td><td style="text-align:left"><code>{name}</code></td><td style="text-align:left">{title}</td>'
            f'<td style="text-align:left;color:{"#2e7d32" if source == "여러분의 것" else "#7a8794"}">{html.escape(source)}</td></tr>'
            for lesson, name, title, source in self._rows()
        )
        head = "".join(
            f'<th style="text-align:left">{title}</th>' for title in ("레슨", "함수", "하는 일", "누구의 것")
        )
        return f"<p><b>부품 {len(self.choices)}개 가운데 {len(self.yours)}개가 여러분의 것이에요.</b></p><table><tr>{head}</tr>{rows}</table>"


def stand_ins() -> Parts:
    """모두 대신할 것으로 채운 부품들. 고장 실험은 누구에게나 같은 결과가 나오게 이것으로 해요."""
    return Parts({p.name: p.stand_in for p in PARTS if p.stand_in}, {})


def gather(kernel: Mapping[str, Any], folder: Path | None = None) -> Parts:
    """레슨 2~7의 노트북(`folder`)과 지금 커널(`kernel`)에서 부품을 모아요. 없는 노트북은 건너뛰어요."""
    folder = folder or lessons_folder()
    spaces: dict[str, Namespace] = {LESSON: _copied(kernel)}
    functions: dict[str, Callable[..., Any]] = {}
    choices: dict[str, Choice] = {}
    for part in PARTS:
        if part.lesson not in spaces:
            spaces[part.lesson] = read_definitions(folder / part.lesson / f"{part.lesson}.ipynb")
        function = spaces[part.lesson].get(part.name)
        choice = choices[part.name] = Choice(part, _why_not(part, function))
        chosen = function if choice.yours else part.stand_in
        if chosen is not None:
            functions[part.name] = _counted(chosen, choice)
    for space in spaces.values():
        _connect(space, functions)
    return Parts(functions, choices)


def _why_not(part: Part, function: Any) -> str:
    """학습자의 함수를 쓸 수 없는 까닭. 쓸 수 있으면 빈 글."""
    from autograder.learner.checker import evaluate
    from autograder.learner.course_material import public_key

    if not callable(function):
        return "노트북에서 찾지 못했어요"
    try:
        key = public_key(part.name)
    except (KeyError, ImportError):
        return "확인할 답안지가 없어요"
    verdict = evaluate(key, function)
    if verdict.verdict != "pass":
        return "아직 구현 전" if verdict.verdict == "missing" else "공개 확인을 통과하지 못했어요"
    return cut_or_slow(part.name, function)


def _counted(function: Callable[..., Any], choice: Choice) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        choice.calls += 1
        return function(*args, **kwargs)

    return call


def _connect(space: Namespace, functions: Mapping[str, Callable[..., Any]]) -> None:
    """레슨마다 주어졌던 앞 레슨의 것을 고른 부품으로 바꿔 끼워요. 레슨 6의 `attend`는 레슨 5의 어텐션이에요."""
    for name in functions.keys() & space.keys():
        space[name] = functions[name]
    if "attend" in space:
        space["attend"] = lambda q, k, v, mask=None: functions["scaled_dot_product_attention"](q, k, v, mask)[0]


def certificate(parts: Parts, facts: Mapping[str, str]) -> Any:
    """무엇을 만들었는지 한 장으로 보여 줘요. `facts`는 함께 적을 결과(이름과 값)예요."""
    from IPython.display import HTML

    used = [c for c in parts.choices.values() if c.yours and c.calls]
    lines = "".join(f"<li><code>{c.part.name}</code> {c.part.title} · {c.calls:,}번 불렸어요</li>" for c in used)
    idle = [f"<code>{c.part.name}</code>" for c in parts.choices.values() if c.yours and not c.calls]
    results = "".join(
        f"<tr><td style='text-align:left'>{html.escape(k)}</td><td style='text-align:left'><b>{html.escape(v)}</b></td></tr>"
        for k, v in facts.items()
    )
    headline = (
        "이 Transformer는 처음부터 끝까지 여러분이 만들었어요."
        if len(used) + len(idle) == len(parts.choices)
        else f"이 Transformer의 부품 {len(parts.choices)}개 가운데 {len(parts.yours)}개를 여러분이 만들었어요."
    )
    spare = f"<p>만들었지만 이번 조립에서 쓰이지 않은 것: {', '.join(idle)}</p>" if idle else ""
    return HTML(
        '<div style="border:2px solid #2F6DB5;border-radius:8px;padding:1em 1.6em;max-width:46em;line-height:1.7">'
        f'<div style="font-size:1.3em;font-weight:700;color:#2F6DB5">조립 증명서</div><p><b>{headline}</b></p>'
        f"<table>{results}</table><ul>{lines}</ul>{spare}<p>{time.strftime('%Y-%m-%d')}</p></div>"
    )


def one_thread() -> None:
    """이렇게 작은 모델은 스레드 하나가 더 빨라요. 이 커널에서만 바꿔요."""
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
