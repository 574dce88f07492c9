"""The matrices of a model with a row for each token: which of their rows were never trained, and more rows for new tokens. Torch is
imported where it is needed."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgtools.tools.errors import InputError
from kgtools.train.models.load import model_of
from kgtools.train.models.resolve import skeleton

NEAR = 0.1
"""How near a row that was never trained is to nothing, to the mean or to another row, as a part of the spread of all rows: the root of
their mean squared distance from their mean. Rows that were trained, or drawn at random, are about 1 from the mean and 1.4 from each
other. Those that were not are left where they were made (at zero, or where a resize put them: at the mean with a noise of 3e-5),
shrink towards zero by weight decay, or are moved as one by the softmax, which pushes all tokens down that no text has.
What was drawn at random and not trained looks as what was; it is not found."""
CHUNK = 8192
"""Rows that are read at a time."""


@dataclass(frozen=True)
class Vocabulary:
    """The tokens that a model has rows for. `inputs`, `outputs`: the names of the modules of embeddings and head, `tied` where they have
    one matrix; `biased`: the head has a bias too; `prefix`: of the names of modules, which some files leave out."""

    rows: int
    width: int
    inputs: str
    outputs: str
    tied: bool
    biased: bool
    prefix: str

    @property
    def matrices(self) -> tuple[str, ...]:
        """The modules whose matrices are apart."""
        return (self.inputs,) if self.tied else (self.inputs, self.outputs)


def vocabulary_of(folder: Path, trust: Sequence[Path] = ()) -> Vocabulary:
    """The vocabulary of the model in a folder, its weights left alone. Raises InputError for one that has no head for words."""
    model = skeleton(folder, trust)
    table, head = model.get_input_embeddings(), model.get_output_embeddings()
    if head is None:
        raise InputError(f"{folder}: has no head for words, so it cannot learn to say any")
    names = {id(module): name for name, module in model.named_modules(remove_duplicate=False)}
    rows, width = table.weight.shape
    return Vocabulary(
        rows, width, names[id(table)], names[id(head)], head.weight is table.weight,
        getattr(head, "bias", None) is not None, model.base_model_prefix,
    )  # fmt: skip


def find_untrained_rows(folder: Path, vocabulary: Vocabulary, module: str, tokens: Iterable[int]) -> dict[int, str]:
    """Those of some tokens whose rows in a matrix, `own.inputs` or `own.outputs`, were never trained: id -> what the row is like.

    All rows are read once, some at a time. Empty where the matrix is not found under a name that is known, or is no matrix of
    numbers with a fraction, as of a quantized model."""
    import torch

    wanted = sorted(id_ for id_ in set(tokens) if id_ < vocabulary.rows)
    with _matrix(folder, vocabulary, module) as matrix:
        if matrix is None or not wanted:
            return {}
        # near the mean: so that squares do not swallow what they differ by
        origin = matrix[:CHUNK].float().mean(dim=0)
        rows = torch.cat([matrix[id_ : id_ + 1] for id_ in wanted]).float() - origin
        total, squares, away = torch.zeros(vocabulary.width, dtype=torch.float64), 0.0, []
        for begin in range(0, vocabulary.rows, CHUNK):
            part = matrix[begin : begin + CHUNK].float() - origin
            norms = torch.linalg.vector_norm(part, dim=1).square()
            total += part.sum(dim=0)
            squares += float(norms.sum())
            away.append(rows.square().sum(dim=1, keepdim=True) + norms - 2 * rows @ part.T)
    mean = (total / vocabulary.rows).float()
    near = NEAR * max(0.0, squares / vocabulary.rows - float(mean.square().sum())) ** 0.5
    untrained = {}
    for id_, row, others in zip(wanted, rows, torch.cat(away, dim=1), strict=True):
        others[id_] = torch.inf
        same = int((others <= near**2).sum())
        if float((row + origin).norm()) <= near:
            untrained[id_] = "zero"
        elif same:
            untrained[id_] = f"the same as {same:,} other{'s' if same > 1 else ''}"
        elif float((row - mean).norm()) <= near:
            untrained[id_] = "the mean of all"
    return untrained


@contextmanager
def _matrix(folder: Path, vocabulary: Vocabulary, module: str) -> Iterator[Any]:
    """The slices of a matrix of the vocabulary in the files of a model, None where it is not to be found. Raises InputError for one that
    has other rows than config.json says."""
    from safetensors import safe_open

    names = [f"{name}.weight" for name in ((vocabulary.inputs, vocabulary.outputs) if vocabulary.tied else (module,))]
    names += [name.removeprefix(f"{vocabulary.prefix}.") for name in names]
    with ExitStack() as files:
        for file in sorted(folder.glob("*.safetensors")):
            tensors = files.enter_context(safe_open(file, "pt"))
            for name in set(tensors.keys()) & set(names):
                matrix = tensors.get_slice(name)
                if len(shape := matrix.get_shape()) == 2 and shape[0] != vocabulary.rows:
                    raise InputError(
                        f"{folder}: the weights hold {shape[0]:,} rows of {name}, and config.json says {vocabulary.rows:,} (vocab_size); "
                        "they are of two models, or one of them was changed"
                    )
                yield (
                    matrix
                    if shape == [vocabulary.rows, vocabulary.width]
                    and matrix.get_dtype() in ("F64", "F32", "F16", "BF16")
                    else None
                )
                return
        yield None


def add_tokens(tokenizer: Any, tokens: Sequence[str]) -> list[int]:
    """Let a tokenizer know special tokens, those that it knows already as they are; the ids of all of them."""
    from tokenizers import AddedToken

    known = tokenizer.get_vocab()
    fresh = [AddedToken(token, special=True, normalized=False) for token in tokens if token not in known]
    tokenizer.add_tokens(fresh, special_tokens=True)
    return [int(tokenizer.convert_tokens_to_ids(token)) for token in tokens]


def grow(folder: Path, rows: int, out: Path, trust: Sequence[Path] = ()) -> None:
    """Write the model of a folder to `out` with `rows` rows for tokens; the new ones are the mean of those there are, of each matrix.

    The whole model is read into memory and written. Same model, same bytes."""
    import torch
    from transformers import AutoModelForCausalLM

    model = model_of(AutoModelForCausalLM, folder, trust, dtype="auto")
    had = model.get_input_embeddings().weight.shape[0]
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        model.resize_token_embeddings(rows, mean_resizing=False)
        head = model.get_output_embeddings()
        matrices = [model.get_input_embeddings().weight, head.weight, getattr(head, "bias", None)]
        for matrix in {id(matrix): matrix for matrix in matrices if matrix is not None}.values():
            mean = sum(part.double().sum(dim=0) for part in matrix[:had].split(CHUNK)) / had
            matrix[had:] = mean.to(matrix.dtype)
    aside = out.with_name(f"{out.name}-larger")
    shutil.rmtree(aside, ignore_errors=True)
    model.save_pretrained(aside)
    shutil.rmtree(out, ignore_errors=True)
    aside.rename(out)
