"""예외의 표: 텐서의 축과 자리의 번호, einsum, 정규화의 모양."""

from __future__ import annotations

from autograder.judging.exceptions.entry import NAME, SHAPE, Entry, N, any_of

# -- 축과 자리의 번호 --


_PLACES = (
    Entry(
        "dim.cat",
        "IndexError",
        rf"Dimension out of range \(expected to be in range of \[(?P<low>{N}), (?P<high>{N})\], but got (?P<dim>{N})\)",
        "잇는 텐서 가운데 하나에는 {dim}번 축이 없어요. 그 텐서의 축은 {low}부터 {high}까지예요.",
        "잇는 텐서들의 `.shape`를 하나씩 적어 봐요. 차원의 수가 서로 같아야 이어 붙일 수 있어요.",
        line=r"^(?!.*\b(?:transpose|permute|sum|mean|softmax|max|min|squeeze|unsqueeze|size|chunk|split|flatten|norm)\b)"
        r".*\b(?:cat|concat|concatenate) \(",
    ),
    Entry(
        "dim.range",
        "IndexError",
        rf"Dimension out of range \(expected to be in range of \[(?P<low>{N}), (?P<high>{N})\], but got (?P<dim>{N})\)",
        "이 텐서에 없는 축 {dim}{dim:을/를} 골랐어요. 쓸 수 있는 축은 {low}부터 {high}까지예요.",
        "텐서가 몇 차원인지 `.shape`를 적어 봐요. 이 줄 앞에서 축이 사라졌을 수도 있어요.",
    ),
    Entry(
        "index.too-many",
        "IndexError",
        rf"too many indices for (?:tensor of dimension|array: array is) (?P<dim>{N})",
        "{dim}차원인데 번호를 그보다 많이 적었어요.",
        "이 줄 앞에서 사라진 축이 있는지 `.shape`를 적어 봐요.",
    ),
    Entry(
        "index.scalar",
        "IndexError",
        r"invalid index of a 0-dim tensor",
        "축이 없는 텐서(수 하나)에서 자리를 고르려고 했어요.",
        "앞에서 모든 축을 합치거나(`sum`, `max`) 이미 하나를 골라냈는지 봐요.",
    ),
    Entry(
        "index.tensor-first",
        "IndexError RuntimeError",
        rf"index -?\d{{1,18}} is out of bounds for (?:dimension|axis) 0 with size (?P<size>{N})",
        "길이가 {size}인 축에서 그 밖의 번호를 골랐어요.",  # 텐서로 고르면 PyTorch는 어느 축이든 0번이라고 해요.
        "번호는 0부터예요. 어느 축에서 고르는지, 그 축의 길이로 센 번호인지 봐요.",
    ),
    Entry(
        "index.tensor",
        "IndexError RuntimeError",
        rf"index -?\d{{1,18}} is out of bounds for (?:dimension|axis) (?P<dim>{N}) with size (?P<size>{N})",
        "{dim}번 축의 길이는 {size}인데 그 밖의 번호를 골랐어요.",
        "번호는 0부터예요. 어느 축의 길이로 센 번호인지 봐요.",
    ),
    Entry(
        "index.embedding",
        "IndexError",
        r"index out of range in self",
        "표에 없는 번호를 찾았어요.",
        "번호의 최댓값과 표의 행의 수(`.shape[0]`)를 견줘 봐요.",
    ),
    Entry(
        "index.select",
        "IndexError",
        r"select\(\): index -?\d{1,18} out of range|out of range: tried to access index",
        "그 축에 없는 번호를 골랐어요.",
        "고르려는 축의 길이와 번호들의 최댓값을 견줘 봐요.",
    ),
    Entry(
        "index.select-vector",
        "IndexError",
        r"index_select\(\): Index is supposed to be a vector",
        "`index_select`의 번호는 1차원 텐서여야 하는데, 축이 더 있는 텐서가 왔어요.",
        "여러 축의 번호로 한 번에 꺼내는 방법(대괄호)을 찾거나, 번호를 한 줄로 폈다가 되돌려요.",
    ),
    Entry(
        "index.mask-shape",
        "IndexError",
        rf"The shape of the mask (?P<a>{SHAPE}) at index {N} does not match the shape of the indexed tensor (?P<b>{SHAPE})",
        "모양이 {a}인 마스크로 모양이 {b}인 텐서를 골랐어요. 마스크의 축은 텐서의 축과 길이가 같아야 해요.",
        "마스크를 만든 축과 고르려는 축이 같은지 봐요.",
    ),
    Entry(
        "index.assign-shape",
        "RuntimeError",
        rf"shape mismatch: value tensor of shape (?P<a>{SHAPE}) cannot be broadcast to indexing result of shape (?P<b>{SHAPE})",
        "고른 자리는 {b}인데 넣을 값은 {a}{a:이에요/예요}.",
        "고른 자리의 수와 넣을 값의 수가 왜 다른지 봐요.",
    ),
    Entry(
        "index.pair-shape",
        "IndexError",
        rf"shape mismatch: indexing tensors could not be broadcast together with shapes (?P<a>{SHAPE}), (?P<b>{SHAPE})",
        "함께 쓴 두 번호 텐서의 모양 {a}{a:과/와} {b}{b:이/가} 맞지 않아요.",
        "번호 텐서들은 짝을 지어 자리를 골라요. 모든 조합을 고르려던 것인지 봐요.",
    ),
    Entry(
        "index.gather",
        "RuntimeError",
        any_of(
            r"Index tensor must have the same number of dimensions as",
            r"Size does not match at dimension \d{1,9} expected index",
            r"index_add_\(\): Number of indices",
        ),
        "번호 텐서의 모양이 값을 고를 텐서와 맞지 않아요.",
        "`gather`와 `scatter`의 번호 텐서는 값 텐서와 차원 수가 같아야 해요. 두 `.shape`를 나란히 적어 봐요.",
    ),
    Entry(
        "topk.range",
        "RuntimeError",
        r"selected index k out of range",
        "`topk`로 그 축의 길이보다 많이 골랐어요.",
        "고를 축의 길이와 k를 견줘 봐요.",
    ),
    Entry(
        "reduce.empty",
        "IndexError RuntimeError ValueError",
        rf"{NAME}\(\): Expected reduction dim|zero-size array to reduction operation|attempt to get arg(?:max|min) of an empty",
        "비어 있는 축에서 가장 큰(작은) 값을 찾으려고 했어요.",
        "텐서가 왜 비었는지, 앞에서 자른 범위와 `.shape`를 봐요.",
    ),
    Entry(
        "slice.negative-step",
        "ValueError",
        r"step must be greater than zero",
        "텐서는 `[::-1]`처럼 거꾸로 자를 수 없어요.",
        "텐서를 뒤집는 것은 `.flip(축)`이에요.",
    ),
)

# -- einsum, 정규화 --

_EINSUM = (
    Entry(
        "einsum.size",
        "RuntimeError",
        rf"einsum\(\): subscript (?P<letter>\w) has size (?P<a>{N}) for operand (?P<at>{N}) "
        rf"which does not broadcast with previously seen size (?P<b>{N})",
        "einsum의 글자 `{letter}`의 길이가 한 텐서에서는 {b}, 다른 텐서에서는 {a}{a:이에요/예요}.",
        "같은 글자는 같은 길이의 축이어야 해요. 텐서마다 `.shape`와 글자를 나란히 적어 봐요.",
    ),
    Entry(
        "einsum.count",
        "RuntimeError",
        rf"einsum\(\): the number of subscripts in the equation \((?P<a>{N})\) does not match "
        rf"the number of dimensions \((?P<b>{N})\) for operand (?P<at>{N})",
        "einsum의 {at}번 텐서(0부터)는 {b}차원인데 글자를 {a}개 적었어요.",
        "축마다 글자를 하나씩 적었는지 봐요.",
    ),
    Entry(
        "einsum.output",
        "RuntimeError",
        r"einsum\(\): output subscript (?P<letter>\w) does not appear in the equation",
        "einsum의 결과에 적은 글자 `{letter}`{letter:이/가} 입력 쪽에 없어요.",
        "화살표 오른쪽의 글자는 왼쪽 어딘가에 있어야 해요.",
    ),
    Entry(
        "einsum.text",
        "RuntimeError",
        r"einsum\(\): ",
        "einsum의 식과 넘긴 텐서가 맞지 않아요.",
        "쉼표로 나눈 덩어리의 수가 텐서의 수와 같은지, 식에 로마자와 `,`, `->`만 있는지 봐요.",
    ),
    Entry(
        "einsum.order",
        "TypeError",
        r"'>=' not supported between instances of 'str' and 'int'",
        "einsum에는 식(글)이 먼저, 텐서가 그 뒤예요.",
        "인자의 차례를 바꿔요.",
        line=r"\beinsum \(",
    ),
    Entry(
        "norm.shape",
        "RuntimeError",
        rf"Given normalized_shape=(?P<a>{SHAPE}), expected input with shape \[\*, [\d, ]{{1,40}}\], but got input of size(?P<b>{SHAPE})",
        "정규화할 축은 {a}인데 입력은 {b}{b:이에요/예요}. 입력의 마지막 축과 같아야 해요.",
        "`normalized_shape`에 무엇을 넣었는지 봐요.",
    ),
    Entry(
        "norm.weight",
        "RuntimeError",
        rf"Expected (?:weight|bias) to be of same shape as normalized_shape, but got "
        rf"(?:weight|bias) of shape (?P<a>{SHAPE}) and normalized_shape = (?P<b>{SHAPE})",
        "gamma나 beta의 모양은 {a}인데 정규화할 축은 {b}{b:이에요/예요}.",
        "인자의 차례가 바뀌지 않았는지 봐요.",
    ),
    Entry(
        "heads.divide",
        "AssertionError",
        r"embed_dim must be divisible by num_heads",
        "모델의 차원이 헤드 수로 나누어떨어지지 않아요.",
        "두 수를 적어 보고, 인자의 차례가 바뀌지 않았는지 봐요.",
    ),
)

PLACES = (*_PLACES, *_EINSUM)
