"""예외의 표: 텐서의 모양. 행렬 곱, 브로드캐스팅, 모양 바꾸기, 이어 붙이기."""

from __future__ import annotations

from autograder.judging.exceptions.entry import NAME, SHAPE, TYPE, Entry, N, any_of

# -- 행렬 곱 --

_MATMUL = (
    Entry(
        "matmul.inner",
        "RuntimeError",
        rf"mat1 and mat2 shapes cannot be multiplied \((?P<a>{N}x{N}) and (?P<b>{N}x{N})\)",
        "행렬 곱의 안쪽 크기가 달라요: ({a}){a:과/와} ({b}){b:을/를} 곱하려고 했어요.",
        "왼쪽의 마지막 축과 오른쪽의 앞 축이 같은 뜻인지 봐요. 한쪽의 두 축을 맞바꿔야(전치) 하는지, 두 쪽의 차례가 바뀌었는지도요.",
        why="`A @ B`에서 A의 마지막 축과 B의 끝에서 둘째 축은 길이가 같아야 해요. 축이 셋이 넘으면 앞의 축들을 합친 크기로 적혀요.",
    ),
    Entry(
        "matmul.vector",
        "RuntimeError",
        rf"size mismatch, got input \({N}\), mat \((?P<a>{N}x{N})\), vec \((?P<b>{N})\)",
        "행렬과 벡터의 곱에서 안쪽 크기가 달라요: 행렬은 ({a}), 벡터는 길이 {b}{b:이에요/예요}.",
        "행렬의 마지막 축과 벡터의 길이가 같은 뜻인지 봐요.",
    ),
    Entry(
        "matmul.batch",
        "RuntimeError",
        rf"Expected size for first two dimensions of batch2 tensor to be: (?P<want>{SHAPE}) but got: (?P<got>{SHAPE})",
        "묶음 행렬 곱의 오른쪽 앞 두 축은 {want}{want:이어야/여야} 하는데 {got}{got:이에요/예요}.",
        "두 텐서의 `.shape`를 나란히 적어 봐요. 끝 두 축의 길이가 식의 어느 글자인지 하나씩 적어 보고, 곱하려던 두 텐서가 맞는지 봐요.",
        why="앞의 수는 묶음의 크기, 뒤의 수는 왼쪽의 마지막 축과 맞아야 하는 안쪽 크기예요.",
    ),
    Entry(
        "matmul.dot",
        "RuntimeError",
        rf"1D tensors expected, but got (?P<a>{N})D and (?P<b>{N})D tensors",
        "`dot`은 벡터 둘만 받는데 {a}차원과 {b}차원 텐서가 왔어요.",
        "행렬의 곱은 `@`예요.",
    ),
    Entry(
        "matmul.dot-size",
        "RuntimeError",
        rf"inconsistent tensor size, expected tensor (?P<a>{SHAPE}) and src (?P<b>{SHAPE})",
        "내적하는 두 벡터의 길이가 {a}{a:과/와} {b}{b:으로/로} 달라요.",
        "두 벡터가 같은 축에서 왔는지 봐요.",
    ),
    Entry(
        "matmul.dims",
        "RuntimeError",
        any_of(
            r"batch[12] must be a 3D tensor",
            r"(?:self|mat2) must be a matrix",
            r"vector \+ matrix @ vector expected",
            r"outer: Expected 1-D argument",
            rf"both arguments to matmul need to be at least 1D, but they are (?P<a>{N})D and (?P<b>{N})D",
        ),
        "이 곱셈이 바라는 차원 수와 다른 텐서가 왔어요.",
        "두 텐서의 `.dim()`을 적어 봐요. `mm`은 행렬 둘, `bmm`은 3차원 둘만 받고, `@`는 앞의 축들을 알아서 맞춰요.",
    ),
    Entry(
        "linalg.square",
        "RuntimeError",
        rf"linalg\.{NAME}: A must be batches of square matrices, but they are (?P<a>{N}) by (?P<b>{N})",
        "정사각 행렬만 받는 계산인데 {a}×{b} 행렬이 왔어요.",
        "이 줄에 넣은 텐서가 정말 정사각 행렬이어야 하는 것인지 봐요.",
    ),
)

# -- 자리를 맞추어 계산하기(브로드캐스팅) --

_BROADCAST = (
    Entry(
        "broadcast.sizes",
        "RuntimeError",
        rf"The size of tensor a \((?P<a>{N})\) must match the size of tensor b \((?P<b>{N})\) at non-singleton dimension (?P<dim>{N})",
        "두 텐서의 모양을 맞출 수 없어요. {dim}번 축의 길이가 {a}{a:과/와} {b}{b:으로/로} 달라요.",
        "두 텐서의 `.shape`를 오른쪽 끝에서부터 나란히 적어 봐요.",
        why="모양은 오른쪽 끝의 축부터 맞추고, 길이가 1인 축만 늘어나요.",
    ),
    Entry(
        "broadcast.inplace",
        "RuntimeError",
        rf"output with shape (?P<a>{SHAPE}) doesn't match the broadcast shape (?P<b>{SHAPE})",
        "제자리에서 고치려는 텐서는 {a}인데 계산한 결과는 {b}{b:이에요/예요}. 있던 텐서는 커지지 못해요.",
        "`+=`나 `_`로 끝나는 메서드 대신 새 텐서를 만들고, 두 쪽의 모양이 뜻한 대로인지 봐요.",
    ),
    Entry(
        "expand.sizes",
        "RuntimeError",
        rf"The expanded size of the tensor \((?P<want>{N})\) must match the existing size \((?P<got>{N})\) at non-singleton dimension (?P<dim>{N})",
        "{dim}번 축의 길이 {got}{got:이/가} {want}{want:과/와} 달라서 맞출 수 없어요. 길이가 1인 축만 늘어나요.",
        "받는 자리와 넣을 텐서의 `.shape`를 나란히 적고, 길이 1인 축이 어디에 있어야 하는지 봐요.",
    ),
    Entry(
        "expand.dims",
        "RuntimeError",
        rf"expand\(torch\.{NAME}\{{(?P<a>{SHAPE})\}}, size=(?P<b>{SHAPE})\)",
        "모양이 {a}인 텐서를 축이 더 적은 {b}에 맞추려고 했어요.",
        "넣을 텐서에 남는 축이 왜 있는지, 없애야 할 축인지 봐요.",
    ),
    Entry(
        "repeat.dims",
        "RuntimeError",
        r"Number of dimensions of repeat dims can not be smaller",
        "`repeat`에는 텐서의 축만큼, 또는 더 많이 수를 줘야 해요.",
        "되풀이하지 않을 축에는 1을 적어요.",
    ),
    Entry(
        "repeat.interleave",
        "RuntimeError",
        r"repeats must have the same size as input along dim",
        "`repeat_interleave`에 준 되풀이 횟수의 개수가 그 축의 길이와 달라요.",
        "모두 같은 횟수라면 수 하나만 줘요.",
    ),
)

# -- 모양 바꾸기 --

_VIEW = (
    Entry(
        "view.size",
        "RuntimeError",
        rf"shape '(?P<shape>\[[\d, -]{{0,60}}\])' is invalid for input of size (?P<size>{N})",
        "원소가 {size}개인 텐서를 모양 {shape}{shape:으로/로} 바꿀 수 없어요. 원소의 수가 달라요.",
        "바꾸기 전의 `.shape`를 적고, 어느 축을 나누거나 합치려 했는지 봐요.",
    ),
    Entry(
        "view.stride",
        "RuntimeError",
        r"view size is not compatible with input tensor's size and stride",
        "`view`는 RAM에 놓인 차례대로만 모양을 바꿔요. 이 텐서는 축을 바꾸거나(전치) 잘라 내서 그 차례가 아니에요.",
        "합치려는 두 축이 곁에 있는지 먼저 보고, 맞다면 `.reshape`나 `.contiguous()`를 써요.",
    ),
    Entry(
        "view.minus-one",
        "RuntimeError",
        r"only one dimension can be inferred|invalid shape dimension -\d{1,9} at index|cannot reshape tensor of 0 elements into shape",
        "모양에서 -1(알아서 정하기)은 한 번만, 남은 크기가 하나로 정해질 때만 쓸 수 있어요.",
        "-1을 하나만 남기고 나머지 축의 길이를 적어요.",
    ),
    Entry(
        "permute.count",
        "RuntimeError",
        rf"permute\(sparse_coo\): .{{1,150}}input\.dim\(\) = (?P<a>{N}) is not equal to len\(dims\) = (?P<b>{N})",
        "`permute`에는 모든 축을 적어야 해요. 텐서는 {a}차원인데 {b}개를 적었어요.",
        "텐서의 `.shape`를 적고 축마다 새 자리를 하나씩 적어요.",
    ),
    Entry(
        "permute.twice",
        "RuntimeError",
        r"permute\(\): duplicate dims are not allowed",
        "`permute`에 같은 축을 두 번 적었어요.",
        "축마다 한 번씩만 적어요. 음수 번호는 뒤에서 세요.",
    ),
    Entry(
        "transpose.dims",
        "RuntimeError",
        any_of(
            rf"t\(\) expects a tensor with <= 2 dimensions, but self is (?P<dim>{N})D",
            r"tensor\.m[TH] is only supported on matrices",
            r"(?:triu|tril): input tensor must have at least 2 dimensions",
            r"diag\(\): Supports 1D or 2D tensors",
        ),
        "행렬의 계산인데 차원 수가 맞지 않는 텐서가 왔어요.",
        "텐서의 `.dim()`을 적어 봐요. 축이 셋이 넘으면 `.transpose(…)`로 어느 두 축인지 말해요.",
    ),
    Entry(
        "flatten.order",
        "RuntimeError",
        r"flatten\(\) has invalid args|unflatten: Provided sizes",
        "축을 합치거나 나누는 인자가 텐서의 모양과 맞지 않아요.",
        "`.shape`를 적고, 나눈 크기들의 곱이 그 축의 길이인지 봐요.",
    ),
    Entry(
        "split.sizes",
        "RuntimeError",
        rf"split_with_sizes expects split_sizes to sum exactly to (?P<size>{N}) \(input tensor's size at dimension (?P<dim>{N})\)",
        "나눈 크기들의 합이 {dim}번 축의 길이 {size}{size:과/와} 달라요.",
        "어느 축을 나누려 했는지 `dim`을 봐요.",
    ),
    Entry(
        "narrow.size",
        "RuntimeError",
        r"start \(-?\d{1,9}\) \+ length \(\d{1,9}\) exceeds dimension size|maximum size for tensor at dimension",
        "그 축의 길이를 넘는 범위를 잘라 내려고 했어요.",
        "자르려는 축의 길이를 적어 봐요.",
    ),
)

# -- 이어 붙이고 쌓기 --

_JOIN = (
    Entry(
        "cat.sizes",
        "RuntimeError",
        rf"Sizes of tensors must match except in dimension (?P<dim>{N})\. Expected size "
        rf"(?P<a>{N}) but got size (?P<b>{N}) for tensor number (?P<at>{N})",
        "{dim}번 축으로 이어 붙이려면 나머지 축의 길이가 같아야 하는데 {a}{a:과/와} {b}{b:이에요/예요}.",
        "이어 붙일 텐서들의 `.shape`를 나란히 적고 `dim`이 맞는지 봐요.",
    ),
    Entry(
        "cat.dims",
        "RuntimeError",
        rf"Tensors must have same number of dimensions: got (?P<a>{N}) and (?P<b>{N})",
        "이어 붙이는 텐서들이 {a}차원과 {b}차원으로 서로 달라요.",
        "두 텐서의 `.shape`를 나란히 적어 봐요. 한쪽이 아직 나누거나 합치지 않은 것인지, 길이 1인 축이 빠진 것(`unsqueeze`)인지 봐요.",
    ),
    Entry(
        "cat.scalar",
        "RuntimeError",
        r"zero-dimensional tensor \(at position \d{1,9}\) cannot be concatenated",
        "축이 없는 텐서(수 하나)는 이어 붙일 수 없어요.",
        "수들을 모아 새 축을 만드는 것은 `torch.stack`이에요.",
    ),
    Entry(
        "stack.sizes",
        "RuntimeError",
        rf"stack expects each tensor to be equal size, but got (?P<a>{SHAPE}) at entry {N} and (?P<b>{SHAPE}) at entry",
        "쌓으려는 텐서들의 모양이 {a}{a:과/와} {b}{b:으로/로} 달라요.",
        "길이가 다른 것을 모으려면 먼저 같은 길이로 채워요. 있던 축으로 잇는 것은 `torch.cat`이에요.",
    ),
    Entry(
        "join.empty",
        "ValueError RuntimeError",
        r"torch\.cat\(\): expected a non-empty list|stack expects a non-empty TensorList",
        "이어 붙이거나 쌓을 텐서가 하나도 없어요.",
        "목록을 채우는 반복문이 한 번이라도 도는지 봐요.",
    ),
    Entry(
        "join.whole-list",
        "TypeError",
        rf"expected Tensor as element {N} in argument 0, but got (?P<type>list|tuple)",
        "텐서를 하나씩 받는 함수에 `{type}`{type:을/를} 통째로 넘겼어요.",
        "이 함수의 인자는 텐서 여럿이에요. 목록에 든 것을 인자로 풀어 넘기는 기호를 찾아봐요.",
        line=r"\b(?:block_diag|cartesian_prod|broadcast_tensors|atleast_2d) \(",
    ),
    Entry(
        "join.not-tensor",
        "TypeError",
        rf"expected Tensor as element (?P<at>{N}) in argument 0, but got (?P<type>{TYPE})",
        "이어 붙이거나 쌓을 것들 가운데 텐서가 아닌 `{type}`{type:이/가} 있어요.",
        "목록에 담는 것이 텐서인지 `type(...)`으로 봐요. `.item()`, `.tolist()`, `.numpy()`로 꺼냈을 수 있어요.",
    ),
)

# -- 넘파이 --

_TUPLE = r"\([\d, ]{0,40}\)"
_NUMPY = (
    Entry(
        "numpy.matmul",
        "ValueError",
        rf"matmul: Input operand 1 has a mismatch in its core dimension|shapes {_TUPLE} and {_TUPLE} not aligned",
        "넘파이 행렬 곱의 안쪽 크기가 달라요.",
        "왼쪽의 마지막 축과 오른쪽의 끝에서 둘째 축의 길이를 나란히 적어 봐요.",
    ),
    Entry(
        "numpy.broadcast",
        "ValueError",
        rf"operands could not be broadcast together with shapes (?P<shapes>{_TUPLE}(?: {_TUPLE}){{0,2}})",
        "넘파이 배열들의 모양 {shapes}{shapes:을/를} 서로 맞출 수 없어요.",
        "모양은 오른쪽 끝의 축부터 맞추고, 길이가 1인 축만 늘어나요. 어느 축이 남거나 모자란지 봐요.",
    ),
    Entry(
        "numpy.reshape",
        "ValueError",
        rf"cannot reshape array of size (?P<size>{N}) into shape (?P<shape>{_TUPLE})|can only specify one unknown dimension",
        "넘파이 배열을 그 모양으로 바꿀 수 없어요. 원소의 수가 달라요.",
        "바꾸기 전의 `.shape`를 적고, 어느 축을 나누거나 합치려 했는지 봐요.",
    ),
    Entry(
        "numpy.join",
        "ValueError",
        r"all the input arrays? (?:must have same number of dimensions|dimensions)|all input arrays must have the same shape",
        "이어 붙이거나 쌓으려는 넘파이 배열들의 모양이 맞지 않아요.",
        "배열들의 `.shape`를 나란히 적어 봐요.",
    ),
    Entry(
        "numpy.axis",
        "AxisError",
        rf"(?:\w{{1,20}}: )?axis (?P<dim>{N}) is out of bounds for array of dimension (?P<dims>{N})",
        "{dims}차원 배열에 없는 축 {dim}{dim:을/를} 골랐어요.",
        "배열의 `.shape`를 적어 봐요. 축은 0부터예요.",
    ),
)

SHAPES = (*_MATMUL, *_BROADCAST, *_VIEW, *_JOIN, *_NUMPY)
