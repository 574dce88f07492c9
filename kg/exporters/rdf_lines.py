"""RDF a line at a time: N-Triples, or Turtle in the layout that `kgtools export rdf` writes, as tables of statements."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import polars as pl

from kgtools.kg.exporters.rdf_terms import BACK, OURS, WORDS, Syntax
from kgtools.tools.errors import InputError, MissingExtraError
from kgtools.tools.inputs.files import read_text

CHUNK = 1 << 26
"""Bytes that are parsed at a time, up to the next line end."""
OBJECT = r'"((?:[^"\\]|\\.)*)"(?:@([A-Za-z0-9-]+)|\^\^\S+)?'
"""`"感冒"@zh`, `"90%"`, `"1"^^<type>`: a literal, its text and its language."""
NTRIPLES = rf"^\s*(<\S+>|_:\S+)\s*(<\S+>)\s*(?:(<\S+>|_:\S+)|{OBJECT})\s*(\.)\s*(?:#.*)?$"
"""`<subject> <predicate> "object" .`"""
TURTLE = rf"^(?:(\S+) |  )([A-Za-z]+:\S+) (?:([A-Za-z_]+:\S*|<\S+>)|{OBJECT}) ([.;])$"
"""`Disease:感冒 kgo:HAS_SYMPTOM Symptom:头痛 ;`, and the lines below it, which begin with two blanks instead of a subject."""
NOTHING = r"^\s*(#.*|@prefix .*)?$"
"""An empty line, a comment, a prefix: they say nothing."""
ONTOLOGY = re.compile(
    rf"^<([^>]*){OURS['kgo']}>.*<{re.escape(WORDS['owl'])}Ontology>|^@prefix kgo: <(.*){OURS['kgo']}>"
)
"""What our IRIs begin with, told by the node of the ontology, or by its prefix."""
ESCAPED = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([tbnrf"\'\\]))')
"""`\\u4E2D`, `\\U0001F600`, `\\n`."""
COLUMNS = ["subject", "predicate", "object", "value", "language"]


def statements(path: Path) -> Iterator[pl.DataFrame]:
    """`subject`, `predicate`, `object` (IRIs and blank nodes), `value` and `language` (of a literal), part by part.

    IRIs come as `prefix:name`, with our prefixes whatever the base. Turtle that somebody has written anew goes through
    rdflib. Raises InputError, with the line where there is one."""
    with path.open("rb") as file:
        lines: BinaryIO = file
        base, layout = _base(file), NTRIPLES
        header = Syntax(base, True).header().encode()
        if path.suffix.lower() == ".ttl" and file.read(len(header)) == header:
            layout = TURTLE
        elif path.suffix.lower() == ".ttl":
            lines = io.BytesIO(_as_ntriples(path))
            base = _base(lines)
        if not base:
            raise InputError(f"{path}: no graph that kgtools export rdf wrote; to load RDF of others: kgtools load rdf")
        lines.seek(0)
        starts = {f"<{iri}": f"{prefix}:" for prefix, iri in Syntax(base, True).prefixes.items()}
        for part in _parts(path, lines, layout):
            yield part.with_columns(_short(part[name], starts) for name in COLUMNS[:3])


def _short(iris: pl.Series, starts: dict[str, str]) -> pl.Series:
    """The IRIs with prefixes."""
    full = iris.filter(iris.str.starts_with("<")).unique()
    return iris.replace(full, full.str.replace_many(list(starts), list(starts.values())).str.strip_suffix(">"))


def _base(file: BinaryIO) -> str:
    """What our IRIs begin with in this file; empty where it has no ontology of ours."""
    for line in file:
        if b"ntology" in line and (match := ONTOLOGY.search(line.decode("utf-8", "replace"))):
            file.seek(0)
            return str(match[1] or match[2])
    file.seek(0)
    return ""


def _parts(path: Path, file: BinaryIO, layout: str) -> Iterator[pl.DataFrame]:
    subject, end, row = "", ".", 0
    while data := file.read(CHUNK):
        try:
            text = (data + file.readline()).decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: not UTF-8; kgtools export writes nothing else") from error
        lines = pl.DataFrame({"whole": [text]}).select(pl.col("whole").str.split("\n").explode())
        terms = pl.col("whole").str.extract_groups(layout).struct.rename_fields([*COLUMNS, "end"])
        parts = lines.select(terms, pl.col("whole").alias("line")).unnest("whole")
        missed = (parts["predicate"].is_null() & ~parts["line"].str.contains(NOTHING)).arg_true()
        if not missed.is_empty():
            raise InputError(f"{path}:{row + missed[0] + 1}: not a line of RDF; was the download cut off?")
        row += lines.height - 1
        rows = parts.drop_nulls("predicate")
        if not rows.is_empty():
            rows = rows.with_columns(pl.col("subject").forward_fill().fill_null(subject), _unescape(rows["value"]))
            subject, end = rows["subject"][-1], rows["end"][-1]
            yield rows.select(COLUMNS)
    if end != ".":
        raise InputError(f"{path}:{row}: ends in the middle of a statement; was the download cut off?")


def _unescape(values: pl.Series) -> pl.Series:
    spelled = {value: ESCAPED.sub(_char, value) for value in values.filter(values.str.contains("\\", literal=True))}
    return values.replace(spelled) if spelled else values


def _char(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else BACK[match[3]]


def _as_ntriples(path: Path) -> bytes:
    """Turtle in any layout as N-Triples. Raises InputError where it is none, MissingExtraError without rdflib."""
    from kgtools.kg.sources.rdf import parse

    try:
        import rdflib  # noqa: F401 - missing, it is named before the file is read
    except ImportError as error:
        raise MissingExtraError(
            f"{path}: Turtle that was not written by kgtools needs one more package: pip install 'kgtools[rdf]'"
        ) from error
    ntriples: bytes = parse(path, read_text(path), "turtle").serialize(format="nt", encoding="utf-8")
    return ntriples
