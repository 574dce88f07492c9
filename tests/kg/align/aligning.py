"""A graph with something for every rule of `kgtools align`, and what its tests ask and decide."""

import csv
from pathlib import Path
from typing import Any

from kgtools.kg.graph import verify
from kgtools.kg.stores.folder.store import FolderStore

ROWS = [
    ("Disease", "poems征", "HAS_SYMPTOM", "乏力"),
    ("Disease", "POEMS征", "HAS_SYMPTOM", "乏力"),
    ("Disease", "POEMS征", "HAS_SYMPTOM", "水肿"),
    ("Disease", "poems征", "HAS_COMPLICATION", "POEMS征"),
    ("Disease", "婴幼儿化脓性...", "HAS_SYMPTOM", "发热"),
    ("Disease", "婴幼儿化脓性淋巴结炎", "HAS_SYMPTOM", "发热"),
    ("Disease", "消渴", "alias", "糖尿病"),
    ("Disease", "糖尿病", "HAS_SYMPTOM", "多饮"),
    ("Disease", "肺痨", "alias", "结核"),
    ("Disease", "结核", "HAS_SYMPTOM", "咳嗽"),
    ("Disease", "特应性皮炎", "icd10", "L20.9"),
    ("Disease", "异位性皮炎", "icd10", "L20.9"),
]
POEMS, SUGAR, LUNG = (
    ("Disease:poems征", "Disease:POEMS征"),
    ("Disease:消渴", "Disease:糖尿病"),
    ("Disease:肺痨", "Disease:结核"),
)


def now(store: FolderStore) -> FolderStore:
    """The graph as it is now; a store keeps to the one that it saw first."""
    return FolderStore(store.folder)


def snapshot(store: FolderStore) -> tuple[list[Any], list[Any], list[Any]]:
    store = now(store)
    outcome = verify(store)
    assert outcome.agrees
    return [row.found_checksum for row in outcome.rows], store.entities().rows(), store.triples().rows()


def generation(store: FolderStore) -> str:
    return (store.folder / "current").read_text(encoding="utf-8")


def review(path: Path = Path("align-review.tsv")) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def decide(
    *rows: tuple[str, str, str], path: Path = Path("decided.tsv"), columns: str = "decision\tbefore\tafter"
) -> Path:
    path.write_text("\n".join([columns, *("\t".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return path
