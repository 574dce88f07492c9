"""LLaMA-Factory's list of data sets, `dataset_info.json`."""

from typing import Any

from kgtools.corpora.export.card import CardFacts
from kgtools.corpora.export.format import stem_of


def dataset_info(about: CardFacts) -> dict[str, Any]:
    """`NAME` for the training split, `NAME_validation`, `NAME_test`; empty where LLaMA-Factory cannot read the format.

    It takes one file by its name; several, and packed ones, it takes as a folder, whose card says which files are which."""
    if about.format.llama_factory is None or about.format.part:
        return {}
    common = about.format.llama_factory(about.noun)
    entries = {}
    for splits in about.configs().values():
        for split, shards in splits.items():
            alone = len(shards) == 1 and about.ending != "jsonl.zst"
            where = {"file_name": shards[0].name} if alone else {"script_url": ".", "split": split}
            entries[stem_of(about.name) + ("" if split == "train" else f"_{split}")] = where | common
    return entries
