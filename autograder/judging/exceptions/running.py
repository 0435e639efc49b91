"""예외의 표: 학습자의 `raise`와 `assert`, 끝나지 않거나 너무 큰 실행, 함수 밖의 것, 난수와 설정."""

from __future__ import annotations

import re

from autograder.judging.exceptions.entry import NAME, Entry, N, Seen, Words

# -- 스스로 낸 예외. 다른 어느 것보다 먼저 봐요 --


def _raised_here(seen: Seen, words: Words) -> Words | None:
    """멈춘 줄이 바로 그 예외를 내는 `raise`인지."""
    found = re.search(rf"(?:^|: |; )raise (?:{NAME} \. ){{0,4}}(?P<name>{NAME})(?: \(|$| from | ;)", seen.line.bare)
    return {} if found and found["name"] in seen.names else None


_OWN = (
    Entry(
        "own.earlier",
        "NotYetMade",
        "",
        "앞 레슨에서 만들어 가져올 함수가 아직 없어요.",
        "앞 레슨에서 그 실습을 통과하고 저장한 뒤에, 함수를 가져오는 셀과 이 실습 셀을 다시 실행해요.",
    ),
    Entry(
        "own.not-implemented",
        "NotImplementedError",
        "",
        "여러분의 코드가 `raise NotImplementedError`로 멈췄어요. 아직 적지 않은 갈래가 남아 있어요.",
        "이 줄에 이르는 조건을 보고, 그 갈래를 마저 적거나 지워요.",
        when=_raised_here,
    ),
    Entry(
        "own.raise",
        "Exception",
        "",
        "여러분의 코드가 `raise`로 이 예외를 냈어요.",
        "`raise` 앞의 조건이 이 입력에서는 참이 되지 않아야 하는지 봐요.",
        when=_raised_here,
    ),
    Entry(
        "own.assert-text",
        "AssertionError",
        r".",
        "여러분이 적은 `assert`의 조건이 거짓이라, 적어 둔 글과 함께 멈췄어요.",
        "조건에 쓴 값들을 `assert` 앞에서 적어 봐요.",
        line=r"(?:^|: |; )assert ",
    ),
    Entry(
        "own.assert",
        "AssertionError",
        "",
        "여러분이 적은 `assert`의 조건이 거짓이에요.",
        "조건에 쓴 값들을 `assert` 앞에서 적어 봐요.",
        line=r"(?:^|: |; )assert ",
    ),
    Entry(
        "own.raise-not-exception",
        "TypeError",
        r"exceptions must derive from BaseException",
        "`raise` 뒤에는 예외만 올 수 있어요.",
        "`ValueError(...)`처럼 예외를 만들어 내요. `NotImplemented`는 예외가 아니에요.",
    ),
)

# -- 끝나지 않거나 너무 큰 실행 --

_LIMITS = (
    Entry(
        "limit.recursion",
        "RecursionError",
        "",
        "함수가 자기 자신을 끝없이 불렀어요.",
        "멈추는 조건에 언젠가 닿는지, 같은 이름의 다른 함수(`torch.…`)를 부르려던 것은 아닌지 봐요.",
    ),
    Entry(
        "limit.time",
        "TimeoutError TooSlow",
        "",
        "제한 시간 안에 끝나지 않았어요.",
        "반복문이 멈추는 조건을 확인해요.",
    ),
    Entry(
        "limit.memory-tensor",
        "RuntimeError",
        r"(?:\[enforce fail at .{1,60}\] .{1,30})?.{0,30}(?:can't allocate memory|CUDA out of memory)|Storage size calculation overflowed",
        "텐서가 너무 커서 메모리에 담지 못했어요.",
        "만들려는 텐서의 모양을 적어 봐요. 크기 대신 값을 넣었거나, 축이 뜻밖에 늘어났을 수 있어요.",
    ),
    Entry(
        "limit.memory",
        "MemoryError",
        "",
        "메모리를 너무 많이 썼어요.",
        "필요한 것보다 큰 것을 만들지 않는지, 반복문이 목록을 끝없이 키우지 않는지 봐요.",
    ),
    Entry(
        "limit.generator-end",
        "StopIteration RuntimeError",
        r"$|generator raised StopIteration",
        "더 꺼낼 것이 없는데 `next`로 꺼내려고 했어요.",
        "남은 것이 없을 때 무엇을 할지 정해요. `next`에는 없을 때의 값을 함께 줄 수 있어요.",
        when=lambda seen, words: {} if "StopIteration" in seen.names or seen.detail else None,
    ),
    Entry(
        "exit.program",
        "SystemExit KeyboardInterrupt GeneratorExit",
        "",
        "함수 안에서 프로그램을 끝내려고 했어요.",
        "`exit()`, `quit()`, `sys.exit()`를 지우고 `return`으로 값을 돌려줘요.",
    ),
)

# -- 함수 밖의 것 --

_OUTSIDE = (
    Entry(
        "outside.permission",
        "PermissionError",
        "",
        "허락되지 않은 파일이나 네트워크, 프로세스를 쓰려고 했어요.",
        "함수는 받은 인자만으로 계산해요. 파일, 네트워크, 새 프로세스를 쓰는 줄을 지워요.",
    ),
    Entry(
        "outside.network",
        "ConnectionError URLError gaierror HTTPError BlockingIOError",
        "",
        "네트워크나 새 프로세스를 쓰려다가 실패했어요.",
        "함수는 받은 인자만으로 계산해요. 밖의 것을 쓰는 줄을 지워요.",
    ),
    Entry(
        "outside.missing-file",
        "FileNotFoundError IsADirectoryError NotADirectoryError",
        "",
        "없는 파일이나 폴더를 열려고 했어요.",
        "함수는 받은 인자만으로 계산해요. 파일을 여는 줄을 지워요.",
    ),
    Entry(
        "outside.input",
        "EOFError StdinNotImplementedError",
        r"EOF when reading a line|raw_input was called",
        "`input()`으로 글을 받으려고 했는데 받을 곳이 없어요.",
        "`input()`을 지우고 함수의 인자로 받아요.",
    ),
    Entry(
        "outside.closed",
        "ValueError",
        r"I/O operation on closed file",
        "닫힌 파일이나 없는 입력에서 읽으려고 했어요.",
        "`input()`이나 파일을 읽는 줄을 지우고 함수의 인자로 받아요.",
    ),
    Entry(
        "outside.other",
        "OSError",
        "",
        "파일이나 장치처럼 함수 밖의 것을 쓰다가 실패했어요.",
        "함수는 받은 인자만으로 계산해요. 밖의 것을 쓰는 줄을 지워요.",
    ),
    Entry(
        "outside.file-library",
        "RuntimeError",
        r"\[enforce fail at inline_container|Parent directory .{1,200} does not exist",
        "파일을 쓰거나 읽지 못했어요.",
        "함수는 받은 인자만으로 계산해요. 파일을 쓰는 줄을 지워요.",
    ),
    Entry(
        "syntax.inside",
        "SyntaxError",
        r"",
        "`exec`, `eval`, `compile`에 준 글을 파이썬이 읽지 못했어요.",
        "글을 코드로 실행하지 말고 코드를 바로 적어요.",
        line=r"\b(?:exec|eval|compile) \(",
    ),
    Entry(
        "syntax.text",
        "SyntaxError",
        r"",
        "파이썬이 읽지 못하는 글이 있어요.",
        "괄호와 따옴표의 짝, 콜론, 들여쓰기를 봐요.",
    ),
)

# -- 난수, 확률, 층 --

_SETTINGS = (
    Entry(
        "random.probability",
        "ValueError RuntimeError",
        r"dropout probability has to be between 0 and 1|Expected p_in >= 0 && p_in <= 1",
        "확률은 0부터 1까지여야 하는데 그 밖의 값이 왔어요.",
        "퍼센트로 넣지 않았는지, 인자의 차례가 바뀌지 않았는지 봐요.",
    ),
    Entry(
        "random.weights",
        "RuntimeError",
        r"probability tensor contains either|cannot sample n_sample|multinomial only supports|invalid multinomial distribution",
        "뽑을 확률로 쓸 수 없는 텐서예요. 음수나 nan이 없고, 0이 아닌 것이 뽑을 만큼 있어야 해요.",
        "확률 텐서를 적어 봐요. 로짓이라면 먼저 확률로 바꿔요.",
    ),
    Entry(
        "random.bounds",
        "RuntimeError ValueError",
        r"random_ expects 'from' to be less than 'to'|normal expects std|Sample larger than population",
        "난수의 범위나 표준편차, 뽑을 수가 맞지 않아요.",
        "처음과 끝의 차례, 음수가 된 값이 없는지 봐요.",
    ),
    Entry(
        "random.seed",
        "ValueError TypeError",
        r"Seed must be between|expected non-negative integer|SeedSequence expects|The only supported seed types|Cannot cast scalar from dtype",
        "난수의 시드로 쓸 수 없는 값이에요.",
        "시드는 0 이상의 정수예요.",
        line=r"seed|_rng",
    ),
    Entry(
        "module.forward",
        "NotImplementedError",
        rf"Module \[(?P<name>{NAME})\] is missing the required \"forward\" function",
        "`{name}`에는 `forward`가 없어서 부를 수 없어요.",
        "`forward`의 철자와 들여쓰기(클래스 안인지)를 봐요. `ModuleList`라면 안의 층을 하나씩 불러요.",
    ),
    Entry(
        "function.mode",
        "NotImplementedError",
        r"Unrecognised padding mode|Padding mode",
        "PyTorch의 이 함수에 없는 방식을 골랐어요.",
        "`help(...)`로 고를 수 있는 방식의 이름을 봐요.",
    ),
    Entry(
        "function.clamp",
        "RuntimeError",
        r"torch\.clamp: At least one of",
        "`clamp`에는 아래 끝(`min`)이나 위 끝(`max`) 가운데 하나는 줘야 해요.",
        "어느 쪽을 자르려 했는지 이름을 붙여 줘요.",
    ),
    Entry(
        "function.pad",
        "RuntimeError",
        r"Padding length",
        "`pad`에 줄 수의 개수가 텐서의 축과 맞지 않아요. 축 하나에 앞과 뒤, 두 개씩이에요.",
        "뒤의 축부터 (앞, 뒤)를 둘씩 적어요.",
    ),
    Entry(
        "function.chunks",
        "RuntimeError",
        rf"(?:chunk expects `chunks`|number of sections must be larger than 0).{{0,60}}got:? ?(?P<count>{N})",
        "0개로 나누려고 했어요.",
        "나눌 개수를 계산한 식을 봐요.",
    ),
)

OWN = _OWN
RUNNING = (*_LIMITS, *_OUTSIDE, *_SETTINGS)
