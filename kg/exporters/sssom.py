"""SSSOM/TSV: which entities were found to be the same, and by what rule, for tools that exchange mappings."""

from pathlib import Path

from kgtools.kg.align.sssom import write_sssom
from kgtools.kg.exporters import Exporter, ExportOptions
from kgtools.kg.licenses import licence_path, licence_text
from kgtools.kg.stores import Store
from kgtools.tools.outputs.atomic import check_file, is_stream, write_file
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.outputs.staging import make_folder


def write(store: Store, out: Path, options: ExportOptions) -> dict[str, int]:
    """The decisions on alignment of the graph."""
    inputs = store.inputs()
    make_folder(out.parent)
    check_file(out)
    refuse_empty(inputs.ledger.height, f"{out}: the graph holds no decisions on alignment", options.allow_empty)
    if not is_stream(out):
        check_file(licence_path(out))
        write_file(licence_path(out), licence_text(store, store.entities(), store.triples()))
    write_sssom(out, inputs)
    return {"decisions": inputs.ledger.height}


FORMAT = Exporter("SSSOM/TSV, the decisions on which entities are the same", (".tsv",), write)
