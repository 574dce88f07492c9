"""The rows of a model's matrices: which were never trained, and more of them."""

import shutil

import pytest
import torch

from kgtools.tools.errors import InputError
from kgtools.train.models.resolve import fingerprint
from kgtools.train.models.vocabulary import add_tokens, find_untrained_rows, grow, vocabulary_of
from tests.train.faults import configure, matrices, model_of, tokenizer_of, write_faulty

WAYS = ("zero", "same", "mean")


def test_weights_of_another_vocabulary_than_the_configuration_says_are_refused(base):
    own = vocabulary_of(base)
    configure(base, vocab_size=own.rows + 8)

    with pytest.raises(
        InputError, match=rf"hold {own.rows} rows of lm_head.weight, and config.json says {own.rows + 8}"
    ):
        find_untrained_rows(base, vocabulary_of(base), "lm_head", [2])


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize(("kind", "shift"), [("llama", 0.0), ("bloom", 3.0)])
def test_a_row_that_was_never_trained_is_found_however_it_was_left(kind, shift, how, tmp_path):
    folder = write_faulty(kind, tmp_path / "model", how, shift)
    own, end = vocabulary_of(folder), tokenizer_of(folder).eos_token_id

    for module in own.matrices:
        found = find_untrained_rows(folder, own, module, range(4, own.rows))
        assert found == {}  # no other row is taken for one
        assert set(find_untrained_rows(folder, own, module, [end, 4])) == {end}
    like = {"zero": "zero", "same": "the same as 1 other", "mean": "the mean of all" if shift else "zero"}
    assert find_untrained_rows(folder, own, own.outputs, [end])[end] == like[how]


def test_a_row_with_the_noise_of_a_resize_is_found(base):
    model = model_of(base)
    had = model.get_output_embeddings().weight.shape[0]
    model.resize_token_embeddings(had + 2)
    model.save_pretrained(base)

    own = vocabulary_of(base)
    assert set(find_untrained_rows(base, own, own.outputs, range(own.rows))) == {had, had + 1}


def test_rows_of_random_and_trained_models_are_not_taken_for_untrained(folder, models):
    for place in (folder, models / "merged"):
        own = vocabulary_of(place)
        fill = tokenizer_of(place).pad_token_id  # zero in the embeddings of those that fill up with it
        for module in own.matrices:
            assert find_untrained_rows(place, own, module, {*range(own.rows)} - {fill}) == {}


def test_a_matrix_is_found_in_parts_of_a_model_and_under_the_names_that_older_files_have(folder, tmp_path):
    from safetensors.torch import load_file, save_file

    shutil.copytree(folder, tmp_path / "old")
    weights = load_file(tmp_path / "old" / "model.safetensors")
    own = vocabulary_of(folder)
    (tmp_path / "old" / "model.safetensors").unlink()
    for number, (name, tensor) in enumerate(weights.items()):
        save_file(
            {name.removeprefix(f"{own.prefix}."): tensor * (0 if tensor.dim() == 2 else 1)},
            tmp_path / "old" / f"{number}.safetensors",
        )

    for module in own.matrices:
        assert set(find_untrained_rows(tmp_path / "old", own, module, [2, 5])) == {2, 5}


def test_a_model_grows_by_rows_that_are_the_mean_and_the_same_bytes_each_time(folder, tmp_path):
    state, had = torch.random.get_rng_state(), vocabulary_of(folder).rows

    for name in ("one", "other"):
        grow(folder, had + 3, tmp_path / name)

    assert torch.equal(torch.random.get_rng_state(), state)
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "other")
    before, after = matrices(model_of(folder)), matrices(model_of(tmp_path / "one"))
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        assert torch.equal(new[:had], old)
        assert torch.allclose(new[had:], old.mean(dim=0).expand(3, -1), atol=1e-6)
    grow(tmp_path / "one", had + 4, tmp_path / "one")  # in its own place
    assert vocabulary_of(tmp_path / "one").rows == had + 4


def test_new_tokens_are_never_split_and_known_ones_keep_their_ids(tokenizer):
    had = len(tokenizer)

    ids = add_tokens(tokenizer, ["</s>", "<|im_end|>"])

    assert ids == [tokenizer.convert_tokens_to_ids("</s>"), had]
    assert tokenizer("头痛<|im_end|>", add_special_tokens=False)["input_ids"][-1] == had
