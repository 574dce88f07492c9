"""The files that the benchmark reads: the three public graphs where they are, else the samples in the checkout."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kgtools.kg.build.english_names import OUR_LICENSE, OUR_NAME, OURS, read_names
from kgtools.kg.build.inputs import Inputs, NameTable, SourceTables
from kgtools.kg.build.load import Report, prepare
from kgtools.kg.graph import change
from kgtools.kg.source import Options
from kgtools.kg.stores.folder.store import FolderStore

CHECKOUT = Path(__file__).parents[2]
DATA = CHECKOUT.parent / "shared" / "data" / "kg"
SAMPLES = CHECKOUT / "kg" / "samples"
FILES = {"xywy": "xywy/medical.json", "health39": "39health/disease.csv", "cmekg": "cmekg/*.*"}


@dataclass(frozen=True)
class Graphs:
    """The files of each source, and tables of English names; aims are for the `whole` graphs."""

    whole: bool
    files: dict[str, list[Path]]
    names: list[NameTable]

    def arguments(self) -> list[str]:
        """`SOURCE FILE... SOURCE FILE...`, as `kgtools load` takes them."""
        return [word for source, paths in self.files.items() for word in (source, *map(str, paths))]

    def prepared(self) -> list[tuple[SourceTables, Report]]:
        """Every source read, cleaned and counted."""
        return [prepare(source, paths, Options()) for source, paths in self.files.items()]

    def loaded(self, inputs: Inputs) -> Inputs:
        """The inputs of a graph with every source, read and cleaned now."""
        return inputs.with_sources([tables for tables, _ in self.prepared()])

    def store(self, folder: Path) -> FolderStore:
        """A graph of every source and table of names, loaded into a folder."""
        store = FolderStore(folder)
        change(store, self.loaded)
        for table in self.names:
            change(store, lambda inputs, table=table: inputs.with_names(table))
        return store


def find_graphs(data: Path) -> Graphs:
    """The graphs in `data`; those in the samples, said on stdout, where a file of them is missing."""
    folder = data if _complete(data) else SAMPLES
    whole = folder == data
    size = "the whole graphs" if whole else f"{data} lacks the graphs: SAMPLES ONLY, the figures say little"
    print(f"files: {folder} ({size})")
    files = {source: sorted(folder.glob(pattern)) for source, pattern in FILES.items()}
    return Graphs(whole, files, list(_names(folder)))


def _complete(data: Path) -> bool:
    return all(any(data.glob(pattern)) for pattern in FILES.values())


def _names(folder: Path) -> Iterator[NameTable]:
    hpo = folder.parent / "glossary" / "hpo-zh.babelon.tsv"
    diseases = folder / "bilingual-triples" / "disease-zh-en.json"
    sample = folder / "names.tsv"
    yield read_names(OURS, None, None, None, (), OUR_NAME, OUR_LICENSE)
    if hpo.is_file():
        yield read_names(hpo, None, None, None, ("Symptom", "Disease"), "hpo", "LicenseRef-HPO")
    if diseases.is_file():
        yield read_names(diseases, "key", "value", None, ("Disease",), "bilingual", "MIT")
    if sample.is_file():
        yield read_names(sample, None, None, None, (), "sample", "Apache-2.0")
