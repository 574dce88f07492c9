"""SSSOM/TSV: which entities were found to be the same, and by what rule, for tools that exchange mappings."""

from pathlib import Path

from kg.align.sssom import write_sssom
from kg.exporters import Exporter, Options
from kg.exporters.files import check_file
from kg.stores import Store
from tools.files import make_folder


def write(store: Store, out: Path, _: Options) -> dict[str, int]:
    """The decisions on alignment of the graph."""
    inputs = store.inputs()
    check_file(out)
    make_folder(out.parent)
    write_sssom(out, inputs)
    return {"decisions": inputs.ledger.height}


FORMAT = Exporter("SSSOM/TSV, the decisions on which entities are the same", (".tsv",), write)
