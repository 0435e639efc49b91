"""레슨 8의 조립: 학습자의 노트북에서 꺼내고, 못 쓸 것은 바꾸고, 이어서 배우고 번역해요."""

from __future__ import annotations

import json

import nbformat
import pytest
import torch

from autograder.authoring.lesson_source import read_source, sources
from autograder.kit import assembly, trainer
from autograder.kit.pairs import every_pair, split_pairs

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
    assert all("찾지 못했어요" in choice.reason for choice in parts.choices.values())
    vocabulary, src, tgt = small_batch(parts)
    model = trainer.Assembled(parts, len(vocabulary))
    assert trainer.causal_gate(model, src, tgt).passed and trainer.batch_gate(model, src, tgt).passed
    assert isinstance(trainer.translate_one(model, vocabulary, "나는 학교에 간다", beam=4), str)


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


# -- 같은 값 --


def test_your_parts_and_the_stand_ins_compute_the_same(solved, kernel):
    mine, theirs = assembly.gather(kernel, solved), assembly.stand_ins()
    vocabulary, src, tgt = small_batch(mine)
    outputs = [trainer.Assembled(parts, len(vocabulary), seed=3)(src, tgt) for parts in (mine, theirs)]
    torch.testing.assert_close(*outputs, atol=1e-4, rtol=1e-4)


def test_stand_in_attention_gives_its_weights():
    torch.manual_seed(0)
    x, memory, W = torch.randn(2, 3, 8), torch.randn(2, 5, 8), [torch.randn(8, 8) for _ in range(4)]
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]).bool()[:, None, None]
    out, weights = assembly.attention_with_weights(x, memory, *W, 2, mask)
    assert out.shape == (2, 3, 8) and weights.shape == (2, 2, 3, 5)
    assert torch.all(weights[1, :, :, 2:] == 0)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 2, 3))


def test_cached_writing_equals_writing_again_from_the_start():
    parts = assembly.stand_ins()
    vocabulary, src, _ = small_batch(parts)
    model = trainer.Assembled(parts, len(vocabulary))
    with_cache, without = (model.generate(src, 12, use_cache=cache, stop=False) for cache in (True, False))
    assert torch.equal(with_cache, without)


def test_attention_maps_follow_the_masks():
    parts = assembly.stand_ins()
    vocabulary, src, tgt = small_batch(parts)
    maps = trainer.Assembled(parts, len(vocabulary)).attention_maps(src[:1], tgt[:1])
    assert {kind: len(found) for kind, found in maps.items()} == {"encoder": 2, "decoder": 2, "cross": 2}
    assert torch.all(maps["decoder"][0].triu(1) == 0)
    assert maps["cross"][0].shape == (4, tgt.shape[1], src.shape[1])


# -- 관문과 학습 --


def test_gates_pass_a_right_model_and_stop_a_leaking_one():
    right = assembly.stand_ins()
    vocabulary, src, tgt = small_batch(right)
    model = trainer.Assembled(right, len(vocabulary))
    assert trainer.overfit_gate(model, src, tgt, 120).passed
    assert trainer.causal_gate(model, src, tgt).passed
    assert trainer.batch_gate(model, src, tgt).passed

    def leaking(src, tgt, pad_id):
        return right["make_masks"](src, tgt, pad_id)[0], torch.ones(1, 1, tgt.shape[1], tgt.shape[1]).tril(1).bool()

    def blind(src, tgt, pad_id):
        return torch.ones(len(src), 1, 1, src.shape[1]).bool(), right["make_masks"](src, tgt, pad_id)[1]

    assert not trainer.causal_gate(
        trainer.Assembled(right.replaced(make_masks=leaking), len(vocabulary)), src, tgt
    ).passed
    assert not trainer.batch_gate(trainer.Assembled(right.replaced(make_masks=blind), len(vocabulary)), src, tgt).passed


def test_missing_shift_learns_to_copy_and_cannot_write():
    parts = assembly.stand_ins().replaced(shift_right=lambda tgt, bos: tgt)
    result = trainer.copy_task(parts, 120)
    assert result["교사 강요"] > 0.95 and result["스스로 쓰기"] < 0.05


def test_training_lowers_the_loss_and_stops_on_time():
    parts = assembly.stand_ins()
    pairs, _ = split_pairs(200, 5)
    vocabulary = trainer.Vocabulary(parts, pairs, 60)
    model = trainer.Assembled(parts, len(vocabulary), d_model=32, d_ff=64)
    history = trainer.train(model, vocabulary, pairs, steps=40, watch="나는 학교에 간다", warmup=20)
    assert history.losses[-1] < 0.7 * history.losses[0] and history.samples and not history.stopped
    short = trainer.train(model, vocabulary, pairs, steps=40, budget=0.0)
    assert len(short.losses) == 1 and "멈췄어요" in short.stopped


@pytest.mark.slow
def test_the_assembled_model_learns_to_translate():
    parts = assembly.stand_ins()
    train, test = split_pairs(5000, 100)
    vocabulary = trainer.Vocabulary(parts, train, 300)
    model = trainer.Assembled(parts, len(vocabulary), dropout=0.1)
    trainer.train(model, vocabulary, train, steps=800)
    assert trainer.scores(model, vocabulary, test)["번역 정확도"] > 0.8


# -- 자료 --


def test_pairs_are_distinct_and_the_splits_do_not_meet():
    pairs = list(every_pair())
    assert len({pair.ko for pair in pairs}) == len(pairs) == 11520
    train, test = split_pairs(5000, 200)
    assert (len(train), len(test)) == (5000, 200)
    assert not set(train) & set(test) and test[0].ko == "나는 학교에 간다"
    assert (train, test) == split_pairs(5000, 200)


def test_every_sentence_survives_the_vocabulary():
    parts = assembly.stand_ins()
    pairs, _ = split_pairs(300, 5)
    vocabulary = trainer.Vocabulary(parts, pairs, 80)
    for pair in pairs:
        assert vocabulary.decode(vocabulary.encode(pair.ko)) == pair.ko
        assert vocabulary.decode(vocabulary.encode(pair.en)) == pair.en
    assert vocabulary.encode("쀍") in ([], [vocabulary.index["▁"]])
