"""RDF as text: terms and statements in Turtle or N-Triples, made a column at a time."""

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, unquote

import polars as pl

from kgtools.kg.build.ledger import name_of, type_of
from kgtools.kg.ontology import ontology

BASE = "urn:kgtools:"
WORDS = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "prov": "http://www.w3.org/ns/prov#",
    "dcterms": "http://purl.org/dc/terms/",
}
"""The vocabularies of others, by prefix."""

OURS = {
    "kgo": "ontology:",
    "fact": "fact:",
    "source": "source:",
    "names": "names:",
    "file": "file:",
    "licence": "licence:",
}
OURS |= {type_: f"{type_}:" for type_ in ontology().entities}
"""Our own prefixes, and what they add to the base: an entity is `Disease:糖尿病` here as everywhere."""

SPELLED = [*map(chr, (*range(0x20), *range(0x7F, 0xA0))), "\u2028", "\u2029", "\ufeff", "\ufffe", "\uffff"]
"""Characters that are written by their code: controls, ends of lines, a byte order mark."""
ESCAPES = {char: f"\\u{ord(char):04X}" for char in SPELLED} | {
    "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"
}  # fmt: skip
BACK = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


UNSAFE = re.compile(r"[^\w.~-]")
"""A sign that an IRI may not hold as it is, such as a blank or a bracket."""

PLAIN = re.compile(
    "(?:[A-Za-z0-9_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u2c00-\u2fef\u3001-\ud7ff]|%[0-9A-F]{2})*"
)
"""What may stand behind a prefix in Turtle as it is; anything else is written in full."""


def local(text: str) -> str:
    """Any text as the last part of an IRI; `text_of` undoes it."""
    return quote(text, safe="")


def curie(id_: str) -> str:
    """`Disease:糖尿病` for the entity of that id; signs that an IRI may not hold are percent-encoded."""
    return f"{type_of(id_)}:{UNSAFE.sub(lambda sign: local(sign[0]), name_of(id_))}"


def text_of(part: str) -> str:
    """The text that `local` or `curie` made into a part of an IRI."""
    return unquote(part)


def literal(value: str, language: str = "") -> str:
    """A text as an RDF literal."""
    tag = f"@{language}" if language else ""
    return f'"{"".join(ESCAPES.get(char, char) for char in value)}"{tag}'


def literals(values: pl.Expr, language: str = "") -> pl.Expr:
    """Texts as RDF literals; null stays null."""
    return pl.concat_str(
        pl.lit('"'),
        values.str.replace_many(list(ESCAPES), list(ESCAPES.values())),
        pl.lit(f'"@{language}' if language else '"'),
    )


@dataclass(frozen=True)
class Syntax:
    """How terms and statements are written: with prefixes in Turtle, in full in N-Triples."""

    base: str
    turtle: bool

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """Prefix -> what it stands for."""
        return WORDS | {prefix: self.base + more for prefix, more in OURS.items()}

    def header(self) -> str:
        """What a file begins with."""
        return "".join(f"@prefix {p}: <{iri}> .\n" for p, iri in self.prefixes.items()) if self.turtle else ""

    def term(self, prefix: str, name: str) -> str:
        """An IRI; `name` is its last part as `local` gives it."""
        return f"{prefix}:{name}" if self.turtle and PLAIN.fullmatch(name) else f"<{self.prefixes[prefix]}{name}>"

    def entity(self, id_: str) -> str:
        """The IRI of an entity."""
        return self.word(curie(id_))

    def word(self, curie: str) -> str:
        """The IRI of `prefix:name`."""
        return self.term(*curie.split(":", 1))

    def terms(self, prefix: str, names: pl.Expr) -> pl.Expr:
        """A column of IRIs; the names are plain words."""
        before, _, after = self.term(prefix, "_").rpartition("_")
        return pl.concat_str(pl.lit(before), names, pl.lit(after))

    def says(self, curie: str, objects: pl.Expr) -> pl.Expr:
        """Predicate and object; null stays null."""
        return pl.concat_str(pl.lit(self.word(curie) + " "), objects)

    def says_each(self, curie: str, objects: pl.Expr) -> pl.Expr:
        """Predicate and object for each element of a list column of terms."""
        return objects.list.eval(self.says(curie, pl.element()))

    def describe(self, subject: pl.Expr, *properties: pl.Expr) -> pl.Expr:
        """All that is said of each subject, ended by a line break; what is null or an empty list is left out."""
        between = pl.lit(" ;\n  ") if self.turtle else pl.concat_str(pl.lit(" .\n"), subject, pl.lit(" "))
        everything = pl.concat_list(properties).list.drop_nulls()
        return pl.concat_str(subject, pl.lit(" "), everything.list.join(between), pl.lit(" .\n"))

    def lines(self, subject: str, *properties: tuple[str, str]) -> str:
        """All that is said of one subject, as (predicate, object)."""
        between = " ;\n  " if self.turtle else f" .\n{subject} "
        return f"{subject} {between.join(f'{self.word(curie)} {thing}' for curie, thing in properties)} .\n"
