"""The mapping files of the sources `table` and `rdf`: an entry of `sources` in `ontology.yaml`, with the source's name.

`docs/how-to/own-table.md` says what every key means, with an example of each form."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import polars as pl
from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from kgtools.kg.build.name_rules import clean_words
from kgtools.kg.ontology import SourceInfo, ontology
from kgtools.kg.source import Options
from kgtools.tools.config import Settings, load_yaml
from kgtools.tools.errors import InputError
from kgtools.tools.inputs.packings import unpacked_name
from kgtools.tools.registry import suggestion


def _one_byte(text: str) -> str:
    if len(text.encode()) != 1:
        raise ValueError("give one ASCII character")
    return text


def _regex(pattern: str) -> str:
    try:
        pl.Series([""]).str.replace_all(pattern, "")
    except pl.exceptions.ComputeError as error:
        what = " ".join(str(error).split("\n\n")[0].split())
        raise ValueError(f"not a regular expression of Rust's kind: {what}") from error
    return pattern


PREFIXES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "owl": "http://www.w3.org/2002/07/owl#",
}
Name = Annotated[str, AfterValidator(lambda name: clean_words([name])[0])]
"""What a column, a key, a relation or a type is called."""
Character = Annotated[str, AfterValidator(_one_byte)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Regex = Annotated[str, AfterValidator(_regex)]


class Mapping(SourceInfo):
    """A source that a user describes: everything of a built-in one, and its name."""

    source: Identifier

    @model_validator(mode="after")
    def _in_the_ontology(self) -> Self:
        ontology().check_source(self.source, self)
        kinds: dict[str, str] = {}
        for kind, words in self.classes.items():
            for word in words:
                if kinds.setdefault(word, kind) != kind:
                    raise ValueError(f"classes: {word!r} stands for {kinds[word]} and for {kind}")
        return self

    def types(self) -> dict[str, str]:
        """The source's word -> entity type."""
        entities = ontology().entities
        names = {word: name for name, kind in entities.items() for word in (kind.en, kind.zh, name)}
        return names | {word: kind for kind, words in self.classes.items() for word in clean_words(words)}


class Constant(Settings):
    """A cell that is the same in all rows."""

    value: str


Cell = Name | Constant


class TripleRows(Settings):
    """One triple per row; with a `separator`, the type stands behind the last one in the cells of head and tail."""

    head: Cell
    relation: Cell
    tail: Cell
    head_type: Cell | None = None
    tail_type: Cell | None = None
    separator: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _typed_once(self) -> Self:
        if self.separator and (self.head_type or self.tail_type):
            raise ValueError("give a separator, or head_type and tail_type")
        return self


class Column(Settings):
    """What a column of typed rows says: its field (the column's own name, if not said), and how to cut its cells."""

    field: Name | None = None
    split: Regex | None = None


class EntityRows(Settings):
    """One entity per row."""

    name: Name
    type: Cell
    id: Name | None = None
    name_en: Name | None = None
    columns: dict[Name, Column] = Field(default_factory=dict)


class EdgeRows(Settings):
    """One triple per row, between the ids of rows."""

    head: Name
    relation: Cell
    tail: Name


class Table(Settings):
    """Which files, how they are cut into cells, and what the cells say."""

    files: tuple[str, ...] = Field(min_length=1)
    triples: TripleRows | None = None
    rows: EntityRows | None = None
    edges: EdgeRows | None = None
    header: tuple[str, ...] | None = None
    delimiter: Character | None = None
    quote: str = Field(default='"', max_length=1)
    sheet: str | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if sum(form is not None for form in (self.triples, self.rows, self.edges)) != 1:
            raise ValueError("give exactly one of triples, rows, edges")
        return self

    def reads(self, path: Path) -> bool:
        """Whether the file's name, with or without the ending of its packing, fits one of the patterns."""
        names = {path.name, unpacked_name(path)}
        return any(fnmatchcase(name, pattern) for name in names for pattern in self.files)


class TableMapping(Mapping):
    """A mapping file of the source `table`."""

    tables: tuple[Table, ...]

    @field_validator("fields", mode="before")
    @classmethod
    def _clean_words(cls, fields: Any) -> Any:
        """Fields by their names as they look, for so are those of the files."""
        if not isinstance(fields, dict) or not all(isinstance(name, str) for name in fields):
            return fields
        names = clean_words(fields)
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two fields look like {twice[0]!r}")
        return dict(zip(names, fields.values(), strict=True))

    @model_validator(mode="after")
    def _fields_are_read(self) -> Self:
        """Rows read the columns that they name, and no others; triples and edges read whatever relation stands in them."""
        if any(table.rows is None for table in self.tables):
            return self
        read = {
            column.field or name for table in self.tables if table.rows for name, column in table.rows.columns.items()
        }
        lost = sorted(set(self.fields) - read)
        if lost:
            column = f"columns: {{{lost[0]}: {{}}}}"
            raise ValueError(
                f"fields: no table reads {', '.join(map(repr, lost))}: rows take the columns that they name under `columns`"
                f" (here {', '.join(map(repr, sorted(read))) or 'none'}); write {column} into rows, with"
                f" `field: {lost[0]}` where the column is called otherwise"
            )
        return self


class RdfMapping(Mapping):
    """A mapping file of the source `rdf`."""

    prefixes: dict[str, str] = Field(default_factory=dict)
    labels: tuple[str, ...] = Field(default=("rdfs:label", "skos:prefLabel"), min_length=1)

    @model_validator(mode="after")
    def _prefixes_are_known(self) -> Self:
        for name in (*self.labels, *self.fields, *(word for words in self.classes.values() for word in words)):
            self.iri(name)
        return self

    def iri(self, name: str) -> str:
        """The IRI of a CURIE, or of an IRI itself. Raises ValueError for an unknown prefix."""
        prefix, colon, local = name.partition(":")
        prefixes = PREFIXES | self.prefixes
        if colon and prefix in prefixes:
            return prefixes[prefix] + local
        if colon and (local.startswith("//") or prefix == "urn"):
            return name
        raise ValueError(f"{name!r} is neither an IRI nor has it a known prefix; {suggestion(prefix, list(prefixes))}")

    def curie(self, iri: str) -> str:
        """The IRI as a CURIE by the longest namespace that fits, or as it is."""
        prefixes = PREFIXES | self.prefixes
        fitting = [prefix for prefix, namespace in prefixes.items() if namespace and iri.startswith(namespace)]
        if not fitting:
            return iri
        prefix = max(fitting, key=lambda each: (len(prefixes[each]), each))
        return f"{prefix}:{iri.removeprefix(prefixes[prefix])}"


M = TypeVar("M", bound=Mapping)


def load_mapping(options: Options, model: type[M], source: str, example: str) -> M:
    """The mapping file that the user named. Raises InputError with an example where none is named."""
    if options.mapping is None:
        raise InputError(f"the source {source} needs --mapping FILE, a YAML file such as:\n{example}")
    return load_yaml(options.mapping, model)
