"""함수나 난수 생성기처럼 프로세스를 넘지 못하는 인자를, 학습자의 코드가 도는 곳에서 데이터로 만들어요.

이름은 무엇을 재려는지 드러내지 않아요. 학습자의 함수가 이름을 보고 답을 고르지 못하게요.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from autograder.judging.cases import BuiltArgument

_BUILDERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {}


def builder(kind: str) -> Callable[[Callable[[Mapping[str, Any]], Any]], Callable[[Mapping[str, Any]], Any]]:
    """`kind`라는 이름의 만드는 법을 등록하는 장식자."""

    def register(builder: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], Any]:
        if kind in _BUILDERS:
            raise ValueError(f"이미 있는 인자의 이름이에요: {kind}")
        _BUILDERS[kind] = builder
        return builder

    return register


def describe(argument: BuiltArgument) -> str:
    """만들어질 인자를 사람의 말로. 어떤 함수인지 이 글로 알 수 있어야 해요."""
    words = _WORDS.get(argument.kind)
    return words(argument.data) if words else "함수"


def build(kind: str, data: Mapping[str, Any]) -> Any:
    """등록된 만드는 법으로 인자를 만들어요. 모르는 이름이면 KeyError."""
    return _BUILDERS[kind](data)


@builder("generator")
def _generator(data: Mapping[str, Any]) -> torch.Generator:
    return torch.Generator().manual_seed(data["seed"])


@builder("same_numbers")
def _same_numbers(data: Mapping[str, Any]) -> torch.Generator:
    """표준정규분포에서도 고른 분포에서도 늘 0만 나오는 생성기."""
    generator = torch.Generator()
    state = generator.get_state()
    # 앞의 24바이트는 시드와 자리의 번호이고, 그 뒤가 메르센 트위스터의 수 624개예요. 모두 0이면 다음 수도 늘 0이에요.
    state[24 : 24 + 8 * 624] = 0
    return generator.set_state(state)


@builder("affine")
def _affine(data: Mapping[str, Any]) -> Callable[[torch.Tensor], torch.Tensor]:
    def g(x: torch.Tensor) -> torch.Tensor:
        return x @ data["W"] + data["b"]

    return g


@builder("tanh_affine")
def _tanh_affine(data: Mapping[str, Any]) -> Callable[[torch.Tensor], torch.Tensor]:
    def g(x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(x @ data["W"] + data["b"])

    return g


@builder("blend")
def _blend(data: Mapping[str, Any]) -> Callable[[torch.Tensor], torch.Tensor]:
    """x (..., T, D)의 토큰을 `mix` (L, L)의 왼쪽 위 T×T로 섞고, W와 b로 옮겨 tanh를 씌워요."""

    def g(x: torch.Tensor) -> torch.Tensor:
        length = x.shape[-2]
        return torch.tanh(data["mix"][:length, :length] @ x @ data["W"] + data["b"])

    return g


@builder("tokens")
def _tokens(data: Mapping[str, Any]) -> Callable[[torch.Tensor], torch.Tensor]:
    """x (B, T, D)의 토큰을 뒤집거나(`flip`) `mix` (L, L)의 왼쪽 위 T×T로 섞고, 자리마다 `scale` (L,)을 곱하고, W와 b로 옮겨 0에서 잘라요.

    `rounding`이 있으면 길이가 T인 문장의 출력을 그 수의 T-1배만큼 키워요. 더하는 차례가 달라 생기는 반올림과 크기가 같아요.
    """

    def g(x: torch.Tensor) -> torch.Tensor:
        length = x.shape[1]
        if data.get("flip"):
            x = x.flip(1)
        if data.get("mix") is not None:
            x = torch.einsum("ts,bsd->btd", data["mix"][:length, :length], x)
        if data.get("scale") is not None:
            x = x * data["scale"][:length, None]
        return (x @ data["W"] + data["b"]).clamp(min=0) + data.get("rounding", 0.0) * (length - 1)

    return g


@builder("words")
def _words(data: Mapping[str, Any]) -> Callable[[torch.Tensor], torch.Tensor]:
    """x (B, T, D)의 단어들을 `form`번째 방법으로 바꿔요. W (D, D)는 가중치 행렬, P (T, D)나 (B, T, D)는 자리마다 다른 값이에요."""
    W: Any = data.get("W")
    P: Any = data.get("P")

    def attend(x: torch.Tensor, hidden: torch.Tensor | None = None) -> torch.Tensor:
        scores = x @ W @ x.transpose(1, 2)
        if hidden is not None:
            scores = scores.masked_fill(hidden, -torch.inf)
        return torch.softmax(scores, dim=-1) @ x

    def g(x: torch.Tensor) -> torch.Tensor:
        length = x.shape[1]
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        return (
            lambda: attend(x),
            lambda: torch.tanh(x @ W),
            lambda: attend(x + P),
            lambda: attend(x, future),
            lambda: x.cumsum(dim=1),
            lambda: x.mean(dim=1, keepdim=True).expand_as(x),
            lambda: x.sort(dim=1).values,
            lambda: x[:, :1].expand_as(x),
            lambda: torch.relu(x - x.mean(dim=1, keepdim=True)),
            lambda: x.flip(1),
            lambda: x + x.mean(dim=1, keepdim=True),
            lambda: torch.tanh(x @ W) + P,
            lambda: torch.stack([x[:, t].roll(t, dims=-1) for t in range(length)], dim=1),
            lambda: x * (1 - 2 * (torch.arange(length) % 2))[:, None],
        )[data["form"]]()

    return g


@builder("standardize")
def _standardize(data: Mapping[str, Any]) -> Callable[[torch.Tensor], torch.Tensor]:
    def g(x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.layer_norm(x, x.shape[-1:], data["gamma"], data["beta"])

    return g


@builder("next_token")
def _next_token(data: Mapping[str, Any]) -> Callable[[torch.Tensor], torch.Tensor]:
    """토큰 (n, t)에서 로짓 (n, t, V)로. 그 자리와 바로 앞의 토큰(`last`, `before`: (V, V)), 자리의 번호(`place`: (L, V))만 봐요."""

    def g(tokens: torch.Tensor) -> torch.Tensor:
        earlier = torch.cat([tokens[:, :1], tokens[:, :-1]], dim=1)
        return data["last"][tokens] + data["before"][earlier] + data["place"][: tokens.shape[1]]

    return g


@builder("pieces")
def _pieces(data: Mapping[str, Any]) -> Callable[[str], list[str]]:
    """문장을 `size`글자씩 잘라요. `spaces`가 거짓이면 빈칸을 먼저 없애요."""

    def g(sentence: str) -> list[str]:
        text = sentence if data["spaces"] else "".join(sentence.split())
        return [text[i : i + data["size"]] for i in range(0, len(text), data["size"])]

    return g


def _tokens_in_words(data: Mapping[str, Any]) -> str:
    steps = [
        "토큰의 순서를 뒤집고" if data.get("flip") else "",
        "토큰끼리 섞고" if data.get("mix") is not None else "",
        "자리마다 다른 수를 곱하고" if data.get("scale") is not None else "",
    ]
    last = "(문장의 길이에 따라 반올림만 1e-6보다 작게 달라요)" if data.get("rounding") else ""
    return " ".join([*filter(None, steps), f"토큰마다 같은 가중치로 옮겨 0에서 자르는 함수{last}"])


_WORD_FORMS = (
    "마스크 없는 셀프 어텐션",
    "단어마다 같은 가중치 행렬을 곱하고 tanh를 씌우는 함수",
    "자리마다 다른 벡터를 더한 다음의 셀프 어텐션",
    "뒤의 단어를 가린 셀프 어텐션",
    "앞에서부터 쌓아 더하는 함수(누적합)",
    "모든 자리에 단어들의 평균을 두는 함수",
    "성분마다 크기순으로 늘어놓는 함수",
    "모든 자리에 첫 단어를 두는 함수",
    "단어들의 평균을 빼고 0에서 자르는 함수",
    "단어의 순서를 뒤집는 함수",
    "단어마다 단어들의 평균을 더하는 함수",
    "단어마다 같은 가중치 행렬을 곱하고 tanh를 씌운 다음, 자리마다 다른 수(차이는 커야 {gap:.2g})를 더하는 함수",
    "단어의 칸들을 자리의 번호만큼 옆으로 돌려 놓는 함수(끝을 넘어간 칸은 앞으로)",
    "자리의 번호가 홀수인 단어의 부호를 바꾸는 함수",
)


def _form_in_words(data: Mapping[str, Any]) -> str:
    words = _WORD_FORMS[data["form"]]
    if "{gap" not in words:
        return words
    return words.format(gap=float((data["P"].amax(-2) - data["P"].amin(-2)).max()))


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "generator": lambda data: f"시드가 {data['seed']}인 torch.Generator",
    "same_numbers": lambda data: "늘 0만 내는 torch.Generator",
    "affine": lambda data: "x를 x @ W + b로 옮기는 함수",
    "tanh_affine": lambda data: "x를 tanh(x @ W + b)로 옮기는 함수",
    "blend": lambda data: "토큰끼리 섞고 tanh(x @ W + b)로 옮기는 함수",
    "tokens": _tokens_in_words,
    "words": _form_in_words,
    "standardize": lambda data: "층 정규화",
    "next_token": lambda data: "마지막 두 토큰과 자리를 보고 다음 토큰의 로짓을 내는 함수",
    "pieces": lambda data: f"문장을 {data['size']}글자씩 자르는 함수",
}
