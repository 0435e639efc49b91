"""레슨 8의 조립: 학습자의 노트북에서 꺼내고, 못 쓸 것은 바꾸고, 이어서 배우고 번역해요."""

from __future__ import annotations

import json
from types import FunctionType

import nbformat
import pytest
import torch

from autograder.authoring.lesson_source import read_source, sources
from autograder.kit import NotYetMade, assembly, earlier, trainer
from autograder.kit.pairs import split_pairs

LESSON = "08_full_transformer"


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """풀이가 든 노트북들의 폴더."""
    folder = tmp_path_factory.mktemp("solved")
    for lesson in sources():
        (folder / lesson).mkdir()
        nbformat.write(read_source(lesson), folder / lesson / f"{lesson}.ipynb")
    return folder


@pytest.fixture(scope="module")
def kernel(solved):
    return assembly.read_definitions(solved / LESSON / f"{LESSON}.ipynb")


@pytest.fixture(scope="module")
def whole(solved, kernel):
    """모두 학습자의 것인 부품들."""
    return assembly.gather(kernel, solved)


def write_cells(folder, lesson, *sources):
    cells = [
        {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        for source in sources
    ]
    path = folder / lesson / f"{lesson}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")


def small_batch(parts):
    pairs, _ = split_pairs(60, 5)
    vocabulary = trainer.Vocabulary(parts, pairs, 60)
    src, tgt = (trainer.padded(rows) for rows in zip(*trainer.encode_pairs(vocabulary, pairs[:6]), strict=True))
    return vocabulary, src, tgt


# -- 꺼내기 --


def test_every_finished_part_comes_from_the_notebooks(solved, kernel):
    parts = assembly.gather(kernel, solved)
    here = set(sources())
    assert parts.yours == [p.name for p in assembly.PARTS if p.lesson in here]


def test_untouched_or_missing_notebooks_leave_stand_ins_with_a_reason(tmp_path):
    parts = assembly.gather({}, tmp_path)
    assert parts.yours == []
    said = {c.part.lesson == LESSON: c.reason for c in parts.choices.values()}
    assert said == {False: "노트북에서 찾지 못했어요", True: "셀을 아직 실행하지 않았어요"}
    assert "보너스라" in parts.choices["beam_search"].next_step
    vocabulary, src, tgt = small_batch(parts)
    model = trainer.Assembled(parts, len(vocabulary))
    assert trainer.causal_gate(model, src, tgt).passed and trainer.batch_gate(model, src, tgt).passed
    assert isinstance(trainer.translate_one(model, vocabulary, "나는 학교에 간다", beam=4), str)


def test_a_later_lesson_takes_the_learners_own_function(solved, tmp_path, monkeypatch, capsys):
    """주어진 것은 없어요: 통과한 것은 학습자의 함수 그대로, 아니면 까닭을 말하고 불렀을 때 알아볼 수 있게 멈춰요."""
    monkeypatch.setattr(assembly, "lessons_folder", lambda: solved)
    ffn = earlier("ffn")
    assert ffn.__code__.co_filename.endswith("03_feed_forward.ipynb") and capsys.readouterr().out == ""
    write_cells(tmp_path, "03_feed_forward", "def ffn(x, W1, b1, W2, b2):\n    return x")
    monkeypatch.setattr(assembly, "lessons_folder", lambda: tmp_path)
    for name, reason in (("ffn", "통과하지 못했어요"), ("multi_head_attention", "찾지 못했어요")):
        missing = earlier(name)
        said = capsys.readouterr().out.strip()
        assert reason in said and f"`{name}`" in said and "다시 실행해요" in said
        with pytest.raises(NotYetMade) as raised:
            missing(torch.zeros(1))
        assert str(raised.value) == said


def test_only_definitions_of_a_notebook_run(tmp_path):
    write_cells(
        tmp_path,
        "03_feed_forward",
        "import torch\nSIZE = 3\nraise SystemExit",
        "while True:\n    pass",
        "def helper(x):\n    return x + SIZE\nprint(undefined)\nopen('made.txt', 'w')",
        "def broken(:",
    )
    names = assembly.read_definitions(tmp_path / "03_feed_forward" / "03_feed_forward.ipynb")
    assert names["helper"](1) == 4
    assert not list(tmp_path.glob("**/made.txt"))


def test_a_wrong_a_cut_and_a_stubbed_part_are_replaced(tmp_path):
    write_cells(
        tmp_path,
        "03_feed_forward",
        "import torch",
        "def ffn(x, W1, b1, W2, b2):\n    import numpy as np\n    h = np.maximum(x.numpy() @ W1.numpy() + b1.numpy(), 0)\n"
        "    return torch.from_numpy(h @ W2.numpy() + b2.numpy())",
    )
    write_cells(
        tmp_path,
        "02_positional_encoding",
        "def add_pe(x, pe):\n    return x * pe[: x.shape[1]]",
        "def sinusoidal_pe(max_len, d_model):\n    raise NotImplementedError('여기를 채워 주세요')",
    )
    choices = assembly.gather({}, tmp_path).choices
    assert choices["ffn"].reason == "기울기가 끊겨요"
    assert choices["add_pe"].reason == "공개 확인을 통과하지 못했어요"
    assert choices["sinusoidal_pe"].reason == "아직 구현 전"


def test_a_corrupt_notebook_is_only_a_missing_one(tmp_path):
    path = tmp_path / "06_multi_head" / "06_multi_head.ipynb"
    path.parent.mkdir()
    path.write_text("{", encoding="utf-8")
    assert "찾지 못했어요" in assembly.gather({}, tmp_path).choices["multi_head_attention"].reason


def test_assembling_leaves_the_kernel_alone(solved, kernel):
    before = dict(kernel)
    assembly.gather(kernel, solved)
    assert kernel == before


def test_parts_call_each_other_across_lessons(solved, kernel):
    """레슨 8의 층은 레슨 6의 어텐션을, 그것은 레슨 5의 어텐션을 불러요."""
    parts = assembly.gather(kernel, solved)
    vocabulary, src, tgt = small_batch(parts)
    trainer.batch_loss(trainer.Assembled(parts, len(vocabulary)), src, tgt)
    for name in (
        "multi_head_attention",
        "scaled_dot_product_attention",
        "post_norm",
        "layer_norm",
        "ffn",
        "embed",
        "shift_right",
    ):
        if parts.choices[name].yours:
            assert parts.choices[name].calls > 0, name
    shown = parts._repr_html_()
    assert "여러분의 것" in shown and "<code>ffn</code>" in shown
    assert "조립 증명서" in assembly.certificate(parts, {"BLEU": "100"}).data


# transformer_forward가 부르는 것들. 이것이 빠지면 transformer_forward도 확인을 통과할 수 없어요.
FORWARD_CALLS = {"sinusoidal_pe", "embed", "make_masks", "encoder_layer", "decoder_layer", "tied_logits"}


def test_the_cache_needs_no_add_pe(whole):
    parts = assembly.Parts({n: f for n, f in whole.functions.items() if n != "add_pe"}, whole.choices, whole.attention)
    used = whole.choices["attend_with_cache"]
    before, (vocabulary, src, _) = used.calls, small_batch(parts)
    trainer.Assembled(parts, len(vocabulary)).generate(src[:1], 4, use_cache=True, stop=False)
    assert used.calls > before


# -- 같은 값 --


def same_weights(mine, theirs):
    """학습자의 부품으로 만든 모델의 가중치를 PyTorch의 모듈로 만든 모델에 옮겨요."""
    with torch.no_grad():
        theirs.E.copy_(mine.E)
        theirs.table.weight.copy_(mine.E * mine.d_model**0.5)
        theirs.places.weight.copy_(mine.places.weight)
        for ours, layer in zip([*mine.encoder, *mine.decoder], [*theirs.encoder, *theirs.decoder], strict=True):
            p = ours.p
            for name, module in (("attn", "self_attn"), ("self_attn", "self_attn"), ("cross_attn", "multihead_attn")):
                if name in p:
                    attention = getattr(layer, module).torch
                    attention.in_proj_weight.copy_(torch.cat([p[name][w] for w in ("W_q", "W_k", "W_v")], 1).T)
                    attention.out_proj.weight.copy_(p[name]["W_o"].T)
            for linear, W, b in ((layer.linear1, "W1", "b1"), (layer.linear2, "W2", "b2")):
                linear.weight.copy_(p["ffn"][W].T)
                linear.bias.copy_(p["ffn"][b])
            for name in (name for name in p if name.startswith("norm")):
                getattr(layer, name).weight.copy_(p[name]["gamma"])
                getattr(layer, name).bias.copy_(p[name]["beta"])


def test_your_parts_and_the_modules_compute_the_same(solved, kernel):
    parts = assembly.gather(kernel, solved)
    vocabulary, src, tgt = small_batch(parts)
    mine = trainer.Assembled(parts, len(vocabulary), seed=3).eval()
    theirs = trainer.Assembled(assembly.stand_ins(), len(vocabulary), seed=4).eval()
    same_weights(mine, theirs)
    real = tgt != trainer.PAD  # 패딩 자리의 로짓은 손실에서 빠져서 무엇이든 괜찮아요.
    torch.testing.assert_close(mine(src, tgt)[real], theirs(src, tgt)[real], atol=1e-4, rtol=1e-4)
    one_src, one_tgt = src[:1, : int((src[0] != trainer.PAD).sum())], tgt[:1, : int(real[0].sum())]
    for kind, maps in mine.attention_maps(one_src, one_tgt).items():
        for one, other in zip(maps, theirs.attention_maps(one_src, one_tgt)[kind], strict=True):
            torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-3)
    loss, _ = trainer.batch_loss(mine, src, tgt, 0.1)
    torch.testing.assert_close(loss, trainer.batch_loss(theirs, src, tgt, 0.1)[0], atol=1e-4, rtol=1e-4)
    assert torch.equal(trainer.begun(tgt)[real], parts["shift_right"](tgt, trainer.BOS)[real])


@pytest.mark.parametrize("missing", [part.name for part in assembly.PARTS])
def test_whatever_is_missing_the_rest_is_yours(whole, missing):
    """하나만 빠져도 배우고, 미래를 보지 않고, 번역해요. 남은 것은 여전히 학습자의 것이에요."""
    gone = {missing, "transformer_forward"} if missing in FORWARD_CALLS else {missing}
    parts = assembly.Parts(
        {name: function for name, function in whole.functions.items() if name not in gone},
        whole.choices,
        assembly.Tap(
            whole.get("multi_head_attention") if missing != "multi_head_attention" else whole.attention.function,
            whole.get("attend_with_cache") if missing != "attend_with_cache" else None,
        ),
    )
    vocabulary, src, tgt = small_batch(parts)
    model = trainer.Assembled(parts, len(vocabulary))
    assert trainer.causal_gate(model, src, tgt).passed
    # 두 마스크가 없으면 학습자의 층에서는 PAD를 가릴 수 없고, 관문이 그렇다고 말해요.
    assert trainer.batch_gate(model, src, tgt).passed == (missing != "make_masks")
    pairs, _ = split_pairs(60, 5)
    history = trainer.train(model, vocabulary, pairs, steps=12, warmup=5, watch="나는 학교에 간다")
    assert history.losses[-1] < history.losses[0] and history.samples
    assert torch.equal(model.generate(src[:2], 8, use_cache=True), model.generate(src[:2], 8))


def test_the_layers_of_pytorch_hold_your_functions(solved, kernel):
    whole = assembly.gather(kernel, solved)
    kept = {n: f for n, f in whole.functions.items() if n not in ("encoder_layer", "decoder_layer", "make_masks")}
    parts = assembly.Parts(kept, whole.choices, whole.attention)
    vocabulary, src, tgt = small_batch(parts)
    before = {name: whole.choices[name].calls for name in ("multi_head_attention", "ffn", "layer_norm")}
    model = trainer.Assembled(parts, len(vocabulary))
    assert trainer.batch_gate(model, src, tgt).passed and trainer.causal_gate(model, src, tgt).passed
    assert all(whole.choices[name].calls > calls for name, calls in before.items())
    assert torch.equal(model.generate(src, 12, use_cache=True), model.generate(src, 12))


def test_a_layer_that_asks_no_attention_by_name_is_used_without_cache_and_map(solved, kernel):
    """어텐션을 이름으로 부르지 않는 층: 캐시를 끼울 자리도, 엿들을 자리도 없지만 번역은 같아요."""
    parts = assembly.gather(kernel, solved)
    layer = kernel["decoder_layer"]
    apart = type(layer)(layer.__code__, dict(kernel), layer.__name__)  # 주어진 어텐션을 직접 불러요.
    del parts.functions["transformer_forward"]  # 코스의 배선이 이 층을 불러요.
    hidden = parts.replaced(decoder_layer=apart)
    vocabulary, src, tgt = small_batch(hidden)
    model = trainer.Assembled(hidden, len(vocabulary))
    assert torch.equal(model.generate(src[:2], 8, use_cache=True), model.generate(src[:2], 8))
    assert model.attention_maps(src, tgt)["cross"][0].isnan().all()


def test_writing_at_once_equals_writing_one_by_one(solved, kernel):
    parts = assembly.gather(kernel, solved)
    at_once = assembly.Parts({n: f for n, f in parts.functions.items() if n != "greedy_decode"}, {}, parts.attention)
    vocabulary, src, _ = small_batch(parts)
    rows = [trainer.Assembled(p, len(vocabulary), seed=5).generate(src, 12, stop=False) for p in (parts, at_once)]
    assert torch.equal(*rows)


def test_attention_maps_follow_the_masks():
    parts = assembly.stand_ins()
    vocabulary, src, tgt = small_batch(parts)
    maps = trainer.Assembled(parts, len(vocabulary)).attention_maps(src[:1], tgt[:1])
    assert {kind: len(found) for kind, found in maps.items()} == {"encoder": 2, "decoder": 2, "cross": 2}
    assert torch.all(maps["decoder"][0].triu(1) == 0)
    assert maps["cross"][0].shape == (4, tgt.shape[1], src.shape[1])


def test_your_layers_and_pytorch_differ_by_rounding(kernel):
    names = "encoder_layer", "decoder_layer", "label_smoothed_loss"
    assert max(trainer.differences(*(kernel[name] for name in names)).values()) < 1e-5


def test_a_part_without_beam_search_and_an_unknown_word_say_so():
    """없는 빔 서치는 그리디의 글을 대신 보여 주지 않고, 모르는 글자는 말없이 버려지지 않아요."""
    parts = assembly.stand_ins()
    vocabulary, _, _ = small_batch(parts)
    model = trainer.Assembled(parts, len(vocabulary))
    known = split_pairs(60, 5)[0][0].ko
    assert "beam_search" in trainer.translate_one(model, vocabulary, known, beam=4)
    assert vocabulary.unknown(known) == []
    assert vocabulary.unknown("고양이가 쀍") and "쀍" in vocabulary.unknown("고양이가 쀍")
    assert "쀍" in trainer.translate_one(model, vocabulary, "나는 쀍")


def test_the_beam_that_was_watched_is_the_learners(whole):
    vocabulary, _, _ = small_batch(whole)
    model = trainer.Assembled(whole, len(vocabulary))
    best = trainer.candidates(model, vocabulary, "나는 학교에 간다", beam=3)
    assert len(best) == 3 and best == sorted(best, key=lambda one: -one[1])
    trainer.beam_tree(model, vocabulary, "나는 학교에 간다", beam=2)
    pairs, _ = split_pairs(5, 5)
    assert (
        trainer.where_greedy_loses(trainer.Assembled(assembly.stand_ins(), len(vocabulary)), vocabulary, pairs) is None
    )


def test_a_broken_part_is_named_with_what_to_do_and_its_effect_is_shown(kernel, solved, capsys):
    broken = dict(kernel) | {"shift_right": lambda tgt, bos: tgt.clone()}
    parts = assembly.gather(broken, solved)
    assert list(parts.broken) == ["shift_right"]
    assert "check" in parts.choices["shift_right"].next_step and "shift_right" in parts._repr_html_()
    vocabulary, src, tgt = small_batch(parts)
    trainer.effects(parts, len(vocabulary), src, tgt, 60)
    said = capsys.readouterr().out
    assert "`shift_right` 함수를 끼우면" in said and "막힘 · ①" in said
    missing = {"make_masks": lambda src, tgt, pad_id: (None, None)}
    for name, value in kernel.items():
        if isinstance(value, FunctionType):
            value = FunctionType(value.__code__, missing, name, value.__defaults__)
        missing.setdefault(name, value)
    choices = assembly.gather(missing, solved).choices
    assert choices["transformer_forward"].reason == "`make_masks`의 차례가 먼저예요"
    assert choices["transformer_forward"].broken is None


def test_a_forward_pass_alone_writes_as_it_learnt(whole):
    """앞 레슨의 조각 없이 통과한 `transformer_forward`도, 쓸 때에 배울 때와 같은 계산을 해요."""
    parts = assembly.Parts({"transformer_forward": whole["transformer_forward"]}, {})
    vocabulary, src, tgt = small_batch(parts)
    model = trainer.Assembled(parts, len(vocabulary), seed=1)
    names = [name for name, _ in model.named_parameters()]
    assert "E" in names and not any(name.startswith(("table", "output", "places")) for name in names)
    one = src[:1]
    torch.testing.assert_close(model.step_fn(one)(tgt[:1, :4]), model(one, tgt[:1, :4]))
    assert trainer.overfit_gate(model, src, tgt, 150).passed


def test_the_certificate_claims_only_what_is_theirs(whole):
    said = assembly.certificate(whole, {}).data
    assert "처음부터 끝까지" not in said and "여러분의 것이 아닌 것" in said and "Adam" in said
