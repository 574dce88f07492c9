"""Croissant 1.0: what an export is, as JSON-LD that dataset searches and `mlcroissant` read."""

from typing import Any

import polars as pl

from kgtools.corpora.export.card import CardFacts, privacy
from kgtools.corpora.export.format import Shard
from kgtools.tools.licenses.check import inside

MIME = {
    "parquet": "application/x-parquet", "csv": "text/csv",
    "jsonl": "application/jsonlines", "jsonl.zst": "application/zstd", "json": "application/json",
}  # fmt: skip
CONTEXT = {
    "@language": "en", "@vocab": "https://schema.org/", "citeAs": "cr:citeAs", "column": "cr:column",
    "conformsTo": "dct:conformsTo", "cr": "http://mlcommons.org/croissant/", "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"}, "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/", "examples": {"@id": "cr:examples", "@type": "@json"}, "extract": "cr:extract",
    "field": "cr:field", "fileProperty": "cr:fileProperty", "fileObject": "cr:fileObject", "fileSet": "cr:fileSet",
    "format": "cr:format", "includes": "cr:includes", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath",
    "key": "cr:key", "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path", "recordSet": "cr:recordSet",
    "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated", "replace": "cr:replace",
    "sc": "https://schema.org/", "separator": "cr:separator", "source": "cr:source", "subField": "cr:subField",
    "transform": "cr:transform",
}  # fmt: skip


def croissant(about: CardFacts) -> dict[str, Any]:
    """The document: every file with its SHA-256, and a record set for each file whose rows Croissant can name.

    A packed file is listed without its rows: Croissant unpacks no zstd."""
    counts = about.exported
    rows = [] if about.ending == "jsonl.zst" or about.format.rows_in else [_record_set(about, s) for s in about.shards]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": about.name,
        "description": f"{counts['written']:,} {about.noun} of medicine in the format {counts['format']}, made by kgtools.",
        "license": inside(counts["licenses"]),
        "inLanguage": list(counts["langs"]),
        "version": "1.0.0",
        "isLiveDataset": False,
        "rai:personalSensitiveInformation": privacy(about).replace("**", ""),
        "rai:dataCollection": "; ".join(f"{source}: {number:,}" for source, number in counts["sources"].items()),
        "distribution": [_file(shard, MIME[about.ending]) for shard in about.shards],
        "recordSet": rows,
    }


def _file(shard: Shard, mime: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": shard.name,
        "name": shard.name,
        "contentUrl": shard.name,
        "contentSize": f"{shard.bytes} B",
        "encodingFormat": mime,
        "sha256": shard.sha256,
    }


def _record_set(about: CardFacts, shard: Shard) -> dict[str, Any]:
    own = shard.name.split(".")[0]
    fields = [_field(f"{own}/{name}", shard.name, name, kind) for name, kind in about.columns.items()]
    return {"@type": "cr:RecordSet", "@id": own, "name": own, "field": fields}


def _field(name: str, file: str, column: str, kind: Any) -> dict[str, Any]:
    source = {"fileObject": {"@id": file}, "extract": {"column": column}}
    repeated = isinstance(kind, pl.List)
    inner = kind.inner if isinstance(kind, pl.List) else kind
    field = {"@type": "cr:Field", "@id": name, "name": name} | ({"repeated": True} if repeated else {})
    if isinstance(inner, pl.Struct):
        parts = [
            {
                "@type": "cr:Field", "@id": f"{name}/{part.name}", "name": f"{name}/{part.name}", "dataType": "sc:Text",
                "source": source | {"transform": {"jsonPath": part.name}},
            }
            for part in inner.fields
        ]  # fmt: skip
        return field | {"subField": parts}
    return field | {"dataType": "sc:Integer" if inner.is_integer() else "sc:Text", "source": source}
