"""SSSOM/TSV: which entities were found to be the same, and by what rule, for tools that exchange mappings."""

from pathlib import Path

from kg.align.sssom import write_sssom
from kg.exporters import Exporter, Options
from kg.exporters.files import check_file
from kg.licenses import beside, licence_text
from kg.stores import Store
from tools.staging import make_folder, write_whole


def write(store: Store, out: Path, _: Options) -> dict[str, int]:
    """The decisions on alignment of the graph."""
    inputs = store.inputs()
    for place in (out, beside(out)):
        check_file(place)
    make_folder(out.parent)
    write_sssom(out, inputs)
    write_whole(beside(out), licence_text(store, store.entities(), store.triples()))
    return {"decisions": inputs.ledger.height}


FORMAT = Exporter("SSSOM/TSV, the decisions on which entities are the same", (".tsv",), write)
