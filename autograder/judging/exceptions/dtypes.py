"""예외의 표: 서로 다른 dtype, 실수가 아니면 안 되는 계산, 손실의 정답 번호, 장치."""

from __future__ import annotations

from autograder.judging.exceptions.entry import COMPLEXES, DTYPES, FLOATS, INTEGERS, NAME, TYPE, Entry, N, any_of

# -- 서로 다른 dtype, 정수로는 안 되는 계산 --

_INT = rf"(?P<dtype>{INTEGERS})"
_SAME_DTYPE = (
    r"(?:expected m1 and m2 to have the same dtype, but got: |mat1 and mat2 must have the same dtype, but got |expected scalar type "
    r"|dot : expected both vectors to have same dtype, but found |addmv input tensors must have the same dtype, but got )"
)
_BETWEEN = r"(?: != | and | but found |, )"
_DTYPES = (
    Entry(
        "complex.mixed",
        "RuntimeError",
        rf"{_SAME_DTYPE}(?:(?:{COMPLEXES}){_BETWEEN}|(?:{DTYPES}){_BETWEEN}(?:{COMPLEXES}))",
        "복소수 텐서와 실수 텐서를 곱했어요.",
        "복소수가 어느 줄에서 생겼는지 `.dtype`을 적어 봐요. 이 코스의 계산은 모두 실수예요.",
    ),
    Entry(
        "dtype.matmul-int",
        "RuntimeError",
        rf"{_SAME_DTYPE}(?:(?P<dtype_a>{INTEGERS}){_BETWEEN}(?P<dtype_b>{FLOATS})|(?P<dtype_c>{FLOATS}){_BETWEEN}(?P<dtype_d>{INTEGERS}))",
        "행렬 곱의 한쪽은 실수, 다른 쪽은 정수 텐서예요.",
        "두 쪽의 `.dtype`을 적어 봐요. 정수인 쪽이 번호(id)라면 잘못 온 것이고, 값이라면 `.to(다른 쪽의 dtype)`으로 맞춘 다음에 곱해요.",
    ),
    Entry(
        "dtype.matmul-mixed",
        "RuntimeError",
        rf"{_SAME_DTYPE}(?P<dtype_a>{DTYPES}){_BETWEEN}(?P<dtype_b>{DTYPES})",
        "곱하는 두 텐서의 dtype이 `{dtype_a}`{dtype_a:과/와} `{dtype_b}`{dtype_b:으로/로} 달라요.",
        "새로 만든 텐서(`torch.zeros`, `torch.arange` …)가 입력과 같은 dtype인지 봐요.",
    ),
    Entry(
        "dtype.softmax-int",
        "NotImplementedError",
        rf"\"\w{{0,40}}softmax\w{{0,40}}\" not implemented for '(?P<dtype>{INTEGERS}|Bool)'",
        "소프트맥스는 실수 텐서만 받는데 `{dtype}` 텐서가 왔어요.",
        "점수가 언제 실수가 아니게 됐는지 줄마다 `.dtype`을 적어 봐요.",
    ),
    Entry(
        "dtype.matmul-bool",
        "NotImplementedError",
        r"\"(?:addmm|addmv|bmm|baddbmm|dot)\w{0,30}\" not implemented for 'Bool'",
        "불(bool) 텐서끼리는 행렬 곱을 할 수 없어요.",
        "마스크를 합치려 했다면 `&`를, 개수를 세려 했다면 먼저 실수로 바꿔요.",
    ),
    Entry(
        "dtype.random-int",
        "NotImplementedError",
        rf"\"(?:check_uniform_bounds|\w{{0,20}}(?:normal|uniform|random|exponential)\w{{0,30}})\" not implemented for '(?P<dtype>{INTEGERS}|Bool)'",
        "`{dtype}`{dtype:으로/로}는 이 난수를 뽑을 수 없어요.",
        "`dtype`에 실수 dtype을 넘겼는지 봐요. 정수 난수는 `torch.randint`예요.",
    ),
    Entry(
        "complex.not-implemented",
        "NotImplementedError",
        rf"\"{NAME}\" not implemented for '(?P<dtype>{COMPLEXES})'",
        "PyTorch는 이 계산을 복소수(`{dtype}`) 텐서로는 하지 않아요.",
        "복소수가 어느 줄에서 생겼는지 `.dtype`을 적어 봐요. 이 코스의 계산은 모두 실수예요.",
    ),
    Entry(
        "dtype.not-implemented",
        "NotImplementedError",
        rf"\"{NAME}\" not implemented for '(?P<dtype>{DTYPES})'",
        "PyTorch는 이 계산을 `{dtype}` 텐서로는 하지 않아요.",
        "이 줄에 들어온 텐서들의 `.dtype`을 적어 보고, 실수여야 할 것이 정수나 bool이 아닌지 봐요.",
    ),
    Entry(
        "dtype.mean-int",
        "RuntimeError",
        rf"mean\(\): could not infer output dtype\. Input dtype must be either a floating point or complex dtype\. Got: (?P<dtype>{DTYPES})",
        "`mean`은 실수 텐서만 평균 내는데 `{dtype}` 텐서가 왔어요.",
        "평균 낼 것이 값인지 봐요. 개수나 마스크의 평균이라면 먼저 실수로 바꿔요.",
    ),
    Entry(
        "dtype.float-only",
        "RuntimeError",
        any_of(
            r"std and var only support floating point",
            rf"linalg\.{NAME}: Expected a floating point",
            r"quantile\(\) input tensor must be either float",
            rf"{NAME} only supports floating-point dtypes",
        ),
        "이 계산은 실수 텐서가 필요한데 다른 dtype의 텐서가 왔어요.",
        "이 줄에 들어온 텐서의 `.dtype`을 적어 봐요.",
    ),
    Entry(
        "dtype.result-cast",
        "RuntimeError",
        rf"result type (?P<dtype_from>{DTYPES}) can't be cast to the desired output type (?P<dtype_to>{DTYPES})",
        "`{dtype_from}`{dtype_from:으로/로} 나온 결과를 `{dtype_to}` 텐서에 적을 수 없어요.",
        "결과가 적힐 텐서를 처음 만들 때의 dtype을 봐요.",
        why="`+=`나 이름이 `_`로 끝나는 메서드는 있던 텐서에 적을 뿐, dtype을 바꾸지 못해요.",
    ),
    Entry(
        "dtype.index-put",
        "RuntimeError",
        rf"Index put requires the source and destination dtypes match, got "
        rf"(?P<dtype_to>{DTYPES}) for the destination and (?P<dtype_from>{DTYPES}) for the source",
        "`{dtype_to}` 텐서의 자리에 `{dtype_from}` 값을 넣으려고 했어요.",
        "받는 텐서를 만들 때 넣을 값과 같은 dtype을 줬는지 봐요.",
    ),
    Entry(
        "dtype.overflow-value",
        "RuntimeError",
        r"value cannot be converted to type (?P<dtype>c10::Half|c10::BFloat16|u?int\d{1,2}(?:_t)?) without overflow",
        "`{dtype}` 텐서가 담을 수 없는 값을 넣으려고 했어요.",
        "`-inf`나 아주 큰 수를 정수 텐서에 채우지 않는지, 채울 텐서의 `.dtype`을 봐요.",
    ),
    Entry(
        "dtype.index-float",
        "IndexError RuntimeError",
        any_of(
            r"tensors used as indices must be long",
            rf"{NAME}\(\): Expected dtype int32",
            r"one_hot is only applicable to index tensor",
            r"Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int",
        ),
        "번호로 쓰는 텐서는 정수(int64)여야 하는데 다른 dtype의 텐서가 왔어요.",
        "번호와 값의 자리가 바뀌지 않았는지, 번호가 나누기(`/`)를 거치지 않았는지 봐요.",
    ),
    Entry(
        "dtype.index-number",
        "IndexError",
        rf"only integers, slices \(`:`\), ellipsis \(`\.\.\.`\), .{{1,60}}valid indices(?: \(got (?P<type>{TYPE})\))?",
        "정수가 아닌 것을 자리의 번호로 썼어요.",
        "대괄호 안의 값을 적어 봐요. `/`는 늘 실수라서, 나눈 몫을 번호로 쓰려면 `//`예요.",
    ),
    Entry(
        "dtype.finfo",
        "TypeError",
        r"torch\.(?P<name>finfo|iinfo)\(\) requires",
        "`finfo`는 실수 dtype에만, `iinfo`는 정수 dtype에만 쓸 수 있어요.",
        "넘긴 dtype을 적어 보고, 그 텐서가 언제 그 dtype이 됐는지 봐요.",
    ),
    Entry(
        "dtype.mixed-norm",
        "RuntimeError",
        r"mixed dtype \(CPU\): expect parameter to have scalar type of Float",
        "정규화할 텐서와 gamma, beta의 dtype이 달라요.",
        "셋의 `.dtype`을 나란히 적어 봐요.",
    ),
    Entry(
        "dtype.did-not-match",
        "RuntimeError",
        any_of(
            rf"(?P<dtype_a>{DTYPES}) did not match (?P<dtype_b>{DTYPES})",
            rf"Expected object of scalar type (?P<dtype_c>{DTYPES}) but got scalar type",
            r"scatter\(\): Expected self\.dtype to be equal to src\.dtype",
        ),
        "함께 쓰는 두 텐서의 dtype이 달라요.",
        "두 텐서의 `.dtype`을 나란히 적어 봐요.",
    ),
)

# -- 손실의 정답 번호 --

_TARGETS = (
    Entry(
        "target.dtype",
        "RuntimeError",
        rf"expected target dtype to be Long or Byte, but got (?P<dtype>{DTYPES})",
        "손실의 정답은 번호(int64)여야 하는데 `{dtype}` 텐서가 왔어요.",
        "로짓과 정답의 자리가 바뀌지 않았는지, 정답이 언제 실수가 됐는지 봐요.",
    ),
    Entry(
        "target.shape",
        "RuntimeError",
        r"0D or 1D target tensor expected, multi-target not supported",
        "손실의 정답은 줄 하나(1차원)여야 하는데 축이 더 있어요.",
        "로짓은 (N, V), 정답은 (N,)이 되게 두 텐서의 `.shape`를 맞춰요.",
    ),
    Entry(
        "target.batch",
        "ValueError",
        rf"Expected input batch_size \((?P<got>{N})\) to match target batch_size \((?P<want>{N})\)",
        "로짓은 {got}개, 정답은 {want}개예요. 개수가 같아야 짝지을 수 있어요.",
        "두 텐서를 같은 방법으로 펼쳤는지 `.shape`를 나란히 적어 봐요.",
    ),
    Entry(
        "target.range",
        "IndexError RuntimeError",
        r"Target -?\d{1,18} is out of bounds",
        "정답 번호가 로짓의 클래스 수를 벗어나요.",
        "로짓의 마지막 축이 어휘의 크기인지, PAD 같은 특별한 번호를 걸렀는지 봐요.",
    ),
    Entry(
        "target.one-hot",
        "RuntimeError",
        r"Class values must be (?:smaller than num_classes|non-negative)",
        "`one_hot`에 넣은 번호가 0부터 클래스 수보다 하나 작은 수까지를 벗어나요.",
        "번호의 최댓값과 클래스 수를 견줘 봐요.",
    ),
)

# -- 장치 --

_DEVICES = (
    Entry(
        "device.clash",
        "RuntimeError",
        r"Expected all tensors to be on the same device|Tensor on device [\w:]{1,20} is not on the expected device",
        "함께 쓰는 두 텐서가 서로 다른 장치에 있어요.",
        "새로 만든 텐서에 입력의 장치(`device=x.device`)를 줬는지 봐요.",
    ),
    Entry(
        "device.none",
        "AssertionError RuntimeError",
        any_of(
            r"Torch not compiled with CUDA enabled",
            r"Cannot access accelerator device when none is available",
            r"Found no NVIDIA driver",
            r"No CUDA GPUs are available",
        ),
        "이 컴퓨터에 없는 장치(GPU)를 썼어요.",
        "`.cuda()`나 장치의 이름을 지워요. 장치는 받은 텐서의 것을 그대로 따라요.",
    ),
    Entry(
        "device.name",
        "RuntimeError",
        r"Expected one of cpu, cuda, .{1,200}device string|Invalid device string",
        "장치의 이름이 아닌 글을 줬어요.",
        "dtype을 바꾸려 했다면 글이 아니라 `torch.float32` 같은 dtype을 줘요. 장치라면 철자를 봐요.",
    ),
)

DTYPE_CLASHES = (*_DTYPES, *_TARGETS, *_DEVICES)
