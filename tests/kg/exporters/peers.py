"""Run beside sssom-py, Oxigraph and igraph: what they read of the exports in this folder, as one line of JSON."""

import json
import logging
from pathlib import Path

ENDS = ("subject_id", "subject_label", "predicate_modifier", "object_id", "object_label", "confidence")


def sssom(file: Path) -> dict[str, object]:
    """The mappings of a file and what its schema says against it."""
    from curies import Converter
    from sssom.parsers import parse_sssom_table
    from sssom.validators import validate

    warnings: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda line: warnings.append(line.getMessage()) if "linkml" not in line.name else None  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    mappings = parse_sssom_table(file)
    converter: Converter = mappings.converter
    reports = validate(mappings, fail_on_error=False)
    return {
        "rows": mappings.df[list(ENDS)].to_dict("records"),
        "iris": sorted({converter.expand(id_) for end in ("subject_id", "object_id") for id_ in mappings.df[end]}),
        "set": mappings.metadata["mapping_set_id"],
        "faults": [result.message for report in reports.values() for result in report.results],
        "warnings": warnings,
    }


def oxigraph(file: Path, form: str) -> list[str]:
    """Every statement without a blank node as N-Triples has it."""
    import pyoxigraph

    parsed = pyoxigraph.parse(path=file, format=getattr(pyoxigraph.RdfFormat, form))
    statements = {str(quad.triple) for quad in parsed if pyoxigraph.BlankNode not in map(type, quad.triple)}
    return sorted(statements)


def igraph(file: Path) -> dict[str, object]:
    """The entities of a file by type and name, and its triples. (igraph 1.0 gives edges the id of their head, and leaves
    `&` in ids as `&#38;`.)"""
    from igraph import Graph

    graph = Graph.Read_GraphML(str(file))
    entities = list(zip(graph.vs["type"], graph.vs["name"], strict=True))
    triples = [(*entities[edge.source], edge["relation"], *entities[edge.target]) for edge in graph.es]
    return {"entities": sorted(entities), "triples": sorted(triples)}


if __name__ == "__main__":
    read = {
        "sssom": sssom(Path("map.tsv")),
        "turtle": oxigraph(Path("graph.ttl"), "TURTLE"),
        "n_triples": oxigraph(Path("graph.nt"), "N_TRIPLES"),
        "igraph": igraph(Path("graph.graphml")),
    }
    print(json.dumps(read))
