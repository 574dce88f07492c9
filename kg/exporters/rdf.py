"""RDF, as Turtle or N-Triples: SKOS for names, OWL for the ontology, PROV for sources, a statement for every fact.

An entity is a skos:Concept and of its class (kgo:Disease), with skos:prefLabel in both languages, skos:altLabel for
its aliases, and its attributes and triples as properties. Each fact is an rdf:Statement besides, whose IRI holds its
id: it has what the property cannot have, sources (prov:wasDerivedFrom) and places (kgo:origin)."""

import re
from pathlib import Path
from typing import BinaryIO

import polars as pl

from kgtools.kg.build.normalize import SEPARATOR
from kgtools.kg.exporters import Exporter, ExportOptions
from kgtools.kg.exporters.attributes import unpack
from kgtools.kg.exporters.files import Terms, Witnesses, open_export_file, refuse_nothing, terms, witnesses, write_text
from kgtools.kg.exporters.rdf_read import read
from kgtools.kg.exporters.rdf_terms import BASE, Syntax, literal, literals, local
from kgtools.kg.licenses import licence_text
from kgtools.kg.ontology import Relation, ontology
from kgtools.kg.stores import Store
from kgtools.kg.tables import Entities, Triples
from kgtools.tools.errors import UsageError
from kgtools.tools.frames import digests
from kgtools.tools.licenses.check import describe_license, parts
from kgtools.tools.licenses.spdx import categories

PAGE = "http://spdx.org/licenses/{}"
"""The IRI of a licence of SPDX's list."""

IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*[:/#]")
"""An absolute IRI to which a name can be added: `https://example.org/kg/`, `urn:kgtools:`."""
ABOUT = {
    "class": ("类", "class as stated"),
    "origin": ("出处", "origin: source/file:row#field"),
    "nameFrom": ("英文名来源", "source of the English name"),
    "contradicts": ("矛盾", "contradicts"),
    "doubt": ("存疑", "why it is not taught"),
    "sha256": ("SHA-256", "SHA-256"),
}
"""Our words beside those of the ontology."""


def write(store: Store, out: Path, options: ExportOptions) -> dict[str, int]:
    """The graph as RDF, by the ending of `out`; Raises UsageError for a bad base."""
    base = BASE if options.base is None else options.base
    if not IRI.fullmatch(base):
        raise UsageError(
            f"--base {base}: expected an IRI that ends in / or # or :, such as https://example.org/kg/ or {BASE}"
        )
    syntax = Syntax(base, out.suffix.lower() == ".ttl")
    entities, triples, givers = store.entities(), store.triples(), witnesses(store)
    refuse_nothing(entities, out, options.allow_empty)
    with open_export_file(out, licence_text(store, entities, triples)) as file:
        file.write(syntax.header().encode())
        file.write(_ontology(syntax).encode())
        file.write(_licences(syntax, givers, terms(store)).encode())
        file.write(_witnesses(syntax, givers).encode())
        values = unpack(entities)
        iris = _iris(syntax, entities)
        _entities(file, syntax, entities, iris, set(givers.sources))
        _values(file, syntax, values, iris)
        _triples(file, syntax, triples, iris)
    return {"entities": entities.height, "triples": triples.height, "values": values.height}


def _iris(syntax: Syntax, entities: Entities) -> pl.DataFrame:
    names = pl.Series("iri", [syntax.entity(id_) for id_ in entities["id"]], dtype=pl.String)
    return entities.select("id", names)


def _ontology(syntax: Syntax) -> str:
    words = ontology()
    node = syntax.term("kgo", "")
    text = [
        syntax.lines(node, ("rdf:type", syntax.word("owl:Ontology")), ("owl:versionInfo", literal(str(words.version))))
    ]
    for name, type_ in words.entities.items():
        properties = _label(syntax, "owl:Class", type_.zh, type_.en)
        text.append(
            syntax.lines(syntax.term("kgo", name), *properties, ("rdfs:subClassOf", syntax.word("skos:Concept")))
        )
    unions = {types for r in words.relations.values() for types in (r.domain, r.range) if len(types) > 1}
    text += [_union(syntax, types) for types in sorted(unions)]
    text += [_relation(syntax, name, relation) for name, relation in words.relations.items()]
    for name, attribute in words.attributes.items():
        properties = _label(syntax, "owl:DatatypeProperty", attribute.zh, attribute.en)
        text.append(syntax.lines(syntax.term("kgo", name), *properties))
    for name, (zh, en) in ABOUT.items():
        text.append(syntax.lines(syntax.term("kgo", name), *_label(syntax, "rdf:Property", zh, en)))
    return "".join(text)


def _label(syntax: Syntax, kind: str, zh: str, en: str) -> list[tuple[str, str]]:
    return [
        ("rdf:type", syntax.word(kind)),
        ("rdfs:label", literal(zh, "zh")),
        ("rdfs:label", literal(en, "en")),
    ]


def _relation(syntax: Syntax, name: str, relation: Relation) -> str:
    """A property with labels, domain, range and inverse; several types are the union of them."""
    this = syntax.term("kgo", name)
    properties = _label(syntax, "owl:ObjectProperty", relation.zh, relation.en)
    for curie, types in (("rdfs:domain", relation.domain), ("rdfs:range", relation.range)):
        properties.append((curie, syntax.term("kgo", "Or".join(types))))
    if relation.symmetric:
        properties.append(("rdf:type", syntax.word("owl:SymmetricProperty")))
    if relation.contradicts:
        properties.append(("owl:propertyDisjointWith", syntax.term("kgo", relation.contradicts)))
    text = syntax.lines(this, *properties)
    if relation.inverse != name:
        inverse = [("rdf:type", syntax.word("owl:ObjectProperty")), ("owl:inverseOf", this)]
        text += syntax.lines(syntax.term("kgo", relation.inverse), *inverse)
    return text


def _union(syntax: Syntax, types: tuple[str, ...]) -> str:
    """The class of what is of any of the types, as an RDF list."""
    name = "Or".join(types)
    cells = [f"_:{name}{number}" for number in range(len(types))]
    text = syntax.lines(syntax.term("kgo", name), ("rdf:type", syntax.word("owl:Class")), ("owl:unionOf", cells[0]))
    for cell, type_, rest in zip(cells, types, [*cells[1:], syntax.word("rdf:nil")], strict=True):
        text += syntax.lines(cell, ("rdf:first", syntax.term("kgo", type_)), ("rdf:rest", rest))
    return text


def _licences(syntax: Syntax, givers: Witnesses, whole_graph: Terms) -> str:
    """The licences of the whole, at the node of the ontology: each of them, and all in one expression with what it means."""
    licences = sorted({giver.license for giver in (*givers.sources.values(), *givers.names.values())})
    if not licences:
        return ""
    under = [("dcterms:license", syntax.term("licence", local(licence))) for licence in licences]
    rights = literal(f"SPDX-License-Identifier: {whole_graph.license}\n{whole_graph.rights}", "en")
    return syntax.lines(syntax.term("kgo", ""), *under, ("dcterms:rights", rights))


def _witnesses(syntax: Syntax, givers: Witnesses) -> str:
    text: list[str] = []
    licences: dict[str, str] = {}
    for prefix, part in (("source", givers.sources), ("names", givers.names)):
        for name, giver in part.items():
            licences.setdefault(giver.license, giver.license_note)
            files = {file: syntax.term("file", local(f"{name}/{file}")) for file in sorted(giver.files)}
            properties = [
                ("rdf:type", syntax.word("prov:Entity")),
                ("dcterms:title", literal(giver.title)),
                ("dcterms:license", syntax.term("licence", local(giver.license))),
                *(("prov:wasDerivedFrom", iri) for iri in files.values()),
            ]
            text.append(syntax.lines(syntax.term(prefix, local(name)), *properties))
            for file, iri in files.items():
                title, sha256 = ("dcterms:title", literal(file)), ("kgo:sha256", literal(giver.files[file]))
                text.append(syntax.lines(iri, ("rdf:type", syntax.word("prov:Entity")), title, sha256))
    text += [_licence(syntax, licence, note) for licence, note in sorted(licences.items())]
    return "".join(text)


def _licence(syntax: Syntax, licence: str, note: str) -> str:
    """A licence, or an expression of several: what each of them lets one do, and where it stands."""
    properties = [("rdf:type", syntax.word("dcterms:LicenseDocument")), ("dcterms:identifier", literal(licence))]
    properties += [
        ("dcterms:description", literal(f"{name}: {describe_license(name)}", "en")) for name in parts(licence)
    ]
    properties += [("rdfs:seeAlso", f"<{PAGE.format(name)}>") for name in parts(licence) if name in categories()]
    if note:
        properties.append(("rdfs:comment", literal(note, "en")))
    return syntax.lines(syntax.term("licence", local(licence)), *properties)


def _entities(file: BinaryIO, syntax: Syntax, entities: Entities, iris: pl.DataFrame, sources: set[str]) -> None:
    givers = {
        name: syntax.term("source" if name in sources else "names", local(name))
        for name in entities["name_en_from"].drop_nulls().unique()
    }
    rows = entities.with_columns(
        iris["iri"],
        pl.col("name_en_from").replace_strict(givers, default=None, return_dtype=pl.String).alias("giver"),
        _sources(syntax, entities["sources"]),
    )
    text = syntax.describe(
        pl.col("iri"),
        pl.lit(f"{syntax.word('rdf:type')} {syntax.word('skos:Concept')}"),
        syntax.says("rdf:type", syntax.terms("kgo", pl.col("type"))),
        syntax.says("skos:prefLabel", literals(pl.col("name"), "zh")),
        syntax.says("skos:prefLabel", literals(pl.col("name_en"), "en")),
        syntax.says("kgo:nameFrom", pl.col("giver")),
        syntax.says_each("prov:wasDerivedFrom", pl.col("sources")),
        syntax.says_each("kgo:doubt", pl.col("doubts").list.eval(literals(pl.element()))),
    )
    write_text(file, rows, text)


def _sources(syntax: Syntax, sources: pl.Series) -> pl.Series:
    iris = {name: syntax.term("source", local(name)) for name in sources.explode().drop_nulls().unique()}
    return pl.DataFrame(sources).select(pl.col("sources").list.eval(pl.element().replace(iris))).to_series()


def _values(file: BinaryIO, syntax: Syntax, values: pl.DataFrame, iris: pl.DataFrame) -> None:
    """Attribute values, aliases and classes: the property, and the statement with its places."""
    keys = values.select(pl.concat_str("head", "relation", "tail", separator=SEPARATOR)).to_series()
    predicates = {
        name: syntax.word("skos:altLabel") if name == "alias" else syntax.term("kgo", local(name))
        for name in values["relation"].unique()
    }
    sources = pl.col("origins").list.eval(pl.element().str.extract(r"^([^/]*)/")).list.unique().list.sort()
    rows = values.join(iris, left_on="head", right_on="id", how="left", maintain_order="left").with_columns(
        digests(keys).alias("id"),
        pl.col("relation").replace(predicates).alias("predicate"),
        pl.when(pl.col("relation") == "alias").then(literals(pl.col("tail"), "zh")).otherwise(literals(pl.col("tail"))).alias("object"),
        sources.alias("sources"),
    )  # fmt: skip
    rows = rows.with_columns(_sources(syntax, rows["sources"]), pl.lit(None, pl.String).alias("against"))
    _statements(file, syntax, rows)


def _triples(file: BinaryIO, syntax: Syntax, triples: Triples, iris: pl.DataFrame) -> None:
    """Triples: the property, and the statement with its sources and places."""
    rows = triples.join(iris, left_on="head", right_on="id", how="left", maintain_order="left").join(
        iris.rename({"iri": "object"}), left_on="tail", right_on="id", how="left", maintain_order="left"
    )
    rows = rows.with_columns(
        syntax.terms("kgo", pl.col("relation")).alias("predicate"),
        syntax.terms("fact", pl.col("contradicts")).alias("against"),
        _sources(syntax, rows["sources"]),
    )
    _statements(file, syntax, rows)


def _statements(file: BinaryIO, syntax: Syntax, rows: pl.DataFrame) -> None:
    """The property and the statement of each row: `iri`, `predicate`, `object`, `sources`, `origins`, `against`."""
    statement = syntax.describe(
        syntax.terms("fact", pl.col("id")),
        pl.lit(f"{syntax.word('rdf:type')} {syntax.word('rdf:Statement')}"),
        syntax.says("rdf:subject", pl.col("iri")),
        syntax.says("rdf:predicate", pl.col("predicate")),
        syntax.says("rdf:object", pl.col("object")),
        syntax.says_each("prov:wasDerivedFrom", pl.col("sources")),
        syntax.says_each("kgo:origin", pl.col("origins").list.eval(literals(pl.element()))),
        syntax.says("kgo:contradicts", pl.col("against")),
    )
    property_ = pl.concat_str("iri", pl.lit(" "), "predicate", pl.lit(" "), "object", pl.lit(" .\n"))
    write_text(file, rows, pl.concat_str(property_, statement))


FORMAT = Exporter("RDF: SKOS, OWL and PROV", (".ttl", ".nt"), write, read, takes_base=True)
