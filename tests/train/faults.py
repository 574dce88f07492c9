"""Models made with a fault, for the tests of what is found of a model before it is trained."""

from pathlib import Path
from typing import Any

import orjson
import torch

from kgtools.train.models.resolve import tiny
from tests.train.conftest import GOOD, TEXTS


def model_of(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder)


def tokenizer_of(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def matrices(model: Any) -> list[Any]:
    """Those of embeddings and head, one where they are tied."""
    both = [model.get_input_embeddings().weight, model.get_output_embeddings().weight]
    return both[:1] if both[0] is both[1] else both


def write_faulty(kind: str, out: Path, how: str, shift: float = 0.0) -> Path:
    """A random model whose row of </s> was never trained: zero, the same as that of <pad>, or the mean; `shift` is added to all rows."""
    tiny(kind, [*TEXTS, GOOD], out, 0)
    model, ids = model_of(out), tokenizer_of(out)
    with torch.no_grad():
        for matrix in matrices(model):
            matrix += shift
            matrix[ids.eos_token_id] = {"zero": 0, "same": matrix[ids.pad_token_id], "mean": matrix.mean(dim=0)}[how]
    model.save_pretrained(out)
    return out


def configure(folder: Path, **own: Any) -> None:
    path = folder / "config.json"
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | own))


def config(kind: str, **own: Any) -> Any:
    import transformers

    return getattr(transformers, f"{kind}Config")(**own)
