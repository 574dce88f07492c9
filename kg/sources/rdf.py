"""Turtle, N-Triples and RDF/XML, as a mapping file describes them (`docs/how-to/own-table.md`); rdflib parses."""

import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from kgtools.kg.ontology import Field, ontology
from kgtools.kg.source import UNTYPED, Collector, Options, Reading, short_names
from kgtools.kg.sources.mapping import RdfMapping, load_mapping
from kgtools.tools.errors import InputError, MissingExtraError
from kgtools.tools.inputs.files import read_bytes, read_text
from kgtools.tools.inputs.packings import suffix_of
from kgtools.tools.inputs.safe_xml import look_through

EXAMPLE = """\
source: mykg
title: My knowledge graph
license: CC-BY-4.0
prefixes: {ex: "http://example.org/"}
classes: {Disease: [ex:Disease]}
fields: {ex:hasSymptom: {relation: HAS_SYMPTOM}}"""
FORMATS = {".nt": "nt", ".ttl": "turtle", ".rdf": "xml", ".owl": "xml", ".xml": "xml"}
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LONGEST = 1_000_000
"""Characters of a line of N-Triples at most: the parser takes the square of them."""
TRADITIONAL = re.compile("hant|tw|hk|mo")
"""The language tags of traditional characters: `zh-hant`, `zh-TW` in lower case."""
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Term(NamedTuple):
    """A subject, predicate or object: `kind` is iri, literal or blank; `language` lower case, "" without."""

    kind: str
    text: str
    language: str = ""


class FileTriple(NamedTuple):
    """A triple of a file and its row."""

    row: int
    subject: Term
    predicate: str
    object: Term


class Vocabulary(NamedTuple):
    """The mapping in IRIs: predicate -> its key and field, class -> entity type, label predicates in order."""

    keys: dict[str, str]
    fields: dict[str, Field]
    types: dict[str, str]
    labels: tuple[str, ...]


class Labels(NamedTuple):
    """What an IRI is called: `zh` in Chinese or in no stated language, `en` in English."""

    zh: str | None = None
    en: str | None = None


def read(paths: list[Path], options: Options) -> Reading:
    """What the files say, taken together: a label or type may stand in another file than its use.

    An entity's name is its Chinese label (simplified before traditional), else one without a language; other such
    labels are aliases; one English label is `name_en`. A node without a known class has the types of the fields that
    point to it (`tail`) or start from it (`head`). There is no reasoning: list subclasses in `classes`. The row is the
    line in N-Triples, else the place of the subject among the file's IRIs with statements, sorted, from 1. Refused,
    with reasons: `no-name`, `unknown-type`, `lone-surrogate`. Counted, for they are no values: `blank-node`,
    `unknown-class`, `other-language` (neither zh nor en), `other-label` (English beyond the first)."""
    options.refuse("rdf", "type", "counting")
    mapping = load_mapping(options, RdfMapping, "rdf", EXAMPLE)
    vocabulary = _vocabulary(mapping)
    triples_by_file = {path: list(_read_triples(path)) for path in paths}
    everything = [each for triples in triples_by_file.values() for each in triples]
    names, types = _names(vocabulary, everything), _types(vocabulary, everything)
    files, collect = short_names(paths), Collector()
    for path, triples in triples_by_file.items():
        collect.start(files[path])
        _collect(collect, mapping, vocabulary, triples, names, types)
        collect.finish()
    fields = {vocabulary.keys[iri]: field for iri, field in vocabulary.fields.items()}
    return collect.reading(mapping.source, mapping.model_copy(update={"fields": fields}))


def _vocabulary(mapping: RdfMapping) -> Vocabulary:
    fields = dict.fromkeys((*mapping.labels, "skos:altLabel"), Field(alias=True)) | mapping.fields
    return Vocabulary(
        keys={mapping.iri(key): key for key in fields},
        fields={mapping.iri(key): field for key, field in fields.items()},
        types={mapping.iri(word): kind for kind, words in mapping.classes.items() for word in words},
        labels=tuple(mapping.iri(key) for key in mapping.labels),
    )


def _read_triples(path: Path) -> Iterator[FileTriple]:
    try:
        import rdflib  # noqa: F401 - missing, it is named before the file is read
    except ImportError as error:
        raise MissingExtraError(f"{path}: RDF needs one more package: pip install 'kgtools[rdf]'") from error
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)  # it prints a traceback for "abc"^^xsd:integer and goes on
    form = FORMATS.get(suffix_of(path)) or (
        "xml" if read_bytes(path).lstrip()[:5] in (b"<?xml", b"<rdf:") else "turtle"
    )
    yield from _lines(path) if form == "nt" else _graph(path, form)


def _lines(path: Path) -> Iterator[FileTriple]:
    """N-Triples, a line at a time, for rdflib forgets the lines."""
    from rdflib.exceptions import ParserError
    from rdflib.plugins.parsers.ntriples import W3CNTriplesParser

    terms: list[tuple[Any, Any, Any]] = []

    class Sink:
        def triple(self, *triple: Any) -> None:
            terms.append(triple)

    parser = W3CNTriplesParser(Sink())  # type: ignore[arg-type]  # takes whatever has triple()
    for row, line in enumerate(read_text(path).split("\n"), start=1):
        if len(line) > LONGEST:  # the parser takes the square of its length
            raise InputError(f"{path}:{row}: a line of {len(line):,} characters; a statement may have {LONGEST:,}")
        try:
            parser.parsestring(line)
        except (ParserError, ValueError) as error:
            raise InputError(f"{path}:{row}: not N-Triples: {error}; was the download cut off?") from error
        yield from (FileTriple(row, _term(s), str(p), _term(o)) for s, p, o in terms)
        terms.clear()


def _graph(path: Path, form: str) -> Iterator[FileTriple]:
    data = read_bytes(path) if form == "xml" else read_text(path)
    if isinstance(data, bytes):
        look_through(path, io.BytesIO(data))
    graph = parse(path, data, form)
    triples = sorted((_term(s), str(p), _term(o)) for s, p, o in graph)
    rows = {subject: row for row, subject in enumerate(sorted({s for s, _, _ in triples if s.kind == "iri"}), start=1)}
    yield from (FileTriple(rows.get(s, 0), s, p, o) for s, p, o in triples)


def parse(path: Path, data: str | bytes, form: str) -> Any:
    """The rdflib graph of a file's content, in Turtle or RDF/XML. Raises InputError, with the line where rdflib tells it."""
    from xml.sax import SAXParseException

    from rdflib import Graph
    from rdflib.exceptions import ParserError
    from rdflib.plugins.parsers.notation3 import BadSyntax

    cut = "was the download cut off?"
    try:
        return Graph().parse(data=data, format=form, publicID=f"file:///{path.name}")
    except BadSyntax as error:
        raise InputError(f"{path}:{error.lines + 1}: not Turtle: {error._why}; {cut}") from error
    except SAXParseException as error:
        line, what = error.getLineNumber(), error.getMessage()
        raise InputError(f"{path}:{line}: not RDF/XML: {what}; {cut}") from error
    except RecursionError as error:
        raise InputError(f"{path}: nested too deeply") from error
    except (IndexError, AssertionError) as error:  # how rdflib's parser of Turtle ends within a word or a bracket
        raise InputError(f"{path}: not RDF ({form}): it breaks off within a term; {cut}") from error
    except (ParserError, ValueError) as error:
        raise InputError(f"{path}: not RDF ({form}): {error}; {cut}") from error


def _term(node: Any) -> Term:
    from rdflib import BNode, Literal

    if isinstance(node, Literal):
        return Term("literal", str(node), (node.language or "").lower())
    return Term("blank", "") if isinstance(node, BNode) else Term("iri", LONE_SURROGATE.sub("\ufffd", str(node)))


def _names(vocabulary: Vocabulary, triples: list[FileTriple]) -> dict[str, Labels]:
    """The best label of each IRI: by the order of the label predicates, then language, then alphabet."""
    zh: dict[str, list[tuple[Any, ...]]] = {}
    en: dict[str, list[tuple[Any, ...]]] = {}
    for _, subject, predicate, label in triples:
        if predicate in vocabulary.labels and label.kind == "literal" and not LONE_SURROGATE.search(label.text):
            order, language = vocabulary.labels.index(predicate), _language(label)
            rank = (language != "zh", order, bool(TRADITIONAL.search(label.language)), label.language, label.text)
            if language in ("zh", "none"):
                zh.setdefault(subject.text, []).append(rank)
            elif language == "en":
                en.setdefault(subject.text, []).append(rank)
    best = {iri: min(ranks)[-1] for iri, ranks in zh.items()}, {iri: min(ranks)[-1] for iri, ranks in en.items()}
    return {iri: Labels(best[0].get(iri), best[1].get(iri)) for iri in (*zh, *en)}


def _language(literal: Term) -> str:
    """zh, en, none or other."""
    return {"zh": "zh", "en": "en", "": "none"}.get(literal.language.split("-")[0], "other")


def _types(vocabulary: Vocabulary, triples: list[FileTriple]) -> dict[str, list[str]]:
    """The entity types of each IRI: those of its classes, else those of the fields that it is used in."""
    declared: dict[str, set[str]] = {}
    inferred: dict[str, set[str]] = {}
    for _, subject, predicate, value in triples:
        field = vocabulary.fields.get(predicate)
        if predicate == TYPE and value.text in vocabulary.types:
            declared.setdefault(subject.text, set()).add(vocabulary.types[value.text])
        elif field and field.head:
            inferred.setdefault(subject.text, set()).add(field.head)
        if field and value.kind == "iri" and (tail := ontology().tail_type(field)):
            inferred.setdefault(value.text, set()).add(tail)
    return {iri: sorted(kinds) for iri, kinds in (inferred | declared).items()}


def _collect(
    collect: Collector,
    mapping: RdfMapping,
    vocabulary: Vocabulary,
    triples: list[FileTriple],
    names: dict[str, Labels],
    types: dict[str, list[str]],
) -> None:
    mentioned: set[str] = set()
    for row, subject, predicate, value in triples:
        key = vocabulary.keys.get(predicate) or mapping.curie(predicate)
        if "blank" in (subject.kind, value.kind):
            collect.skip(key, "blank-node")
            continue
        name, kinds = names.get(subject.text, Labels()), types.get(subject.text, [])
        called, refused = name.zh or name.en or mapping.curie(subject.text), None if name.zh else "no-name"
        refused = refused if kinds else "unknown-type"
        for kind in (kinds or [UNTYPED]) if subject.text not in mentioned else ():
            collect.mention(kind, called, mapping.labels[0], row, name.en, refused)
        mentioned.add(subject.text)
        if (skipped := _skip_reason(vocabulary, predicate, value, name)) is not None:
            collect.skip(key, skipped, count=1 if skipped else 0)
            continue
        tail, tail_type, reason = _tail(mapping, vocabulary.fields.get(predicate), value, names, types)
        for kind in kinds or [UNTYPED]:
            collect.say(key, kind, called, [tail], row, tail_type, refused or reason)


def _skip_reason(vocabulary: Vocabulary, predicate: str, value: Term, name: Labels) -> str | None:
    """Why an object is no value; empty for a class that gave the type and a label that gave the name."""
    if predicate == TYPE:
        return "" if value.text in vocabulary.types else "unknown-class"
    if value.kind != "literal" or _language(value) == "other":
        return "other-language" if value.kind == "literal" else None
    if predicate in vocabulary.labels and value.text in name:
        return ""
    field = vocabulary.fields.get(predicate)
    return "other-label" if field and field.alias and _language(value) == "en" else None


def _tail(
    mapping: RdfMapping, field: Field | None, value: Term, names: dict[str, Labels], types: dict[str, list[str]]
) -> tuple[str, str | None, str | None]:
    """The text of an object, its type where it is an entity, and why it is refused."""
    if LONE_SURROGATE.search(value.text):
        return LONE_SURROGATE.sub("\ufffd", value.text), None, "lone-surrogate"
    name = names.get(value.text, Labels()).zh if value.kind == "iri" else value.text
    if not field or field.kind != "relation":
        return name or value.text, None, None
    if value.kind == "literal":
        return value.text, None, "no-name" if _language(value) == "en" else None
    expected, declared = ontology().tail_type(field), types.get(value.text, [])
    allowed = [kind for kind in declared if kind in ontology().relations[field.target].range] or declared
    tail_type = expected if expected in allowed or not allowed else allowed[0]
    return name or mapping.curie(value.text), tail_type, None if name else "no-name"
