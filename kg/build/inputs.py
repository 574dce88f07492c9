"""What a graph is made of, before any merging: the tables of each source, tables of English names, decisions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from kgtools.kg.tables import FACTS, LEDGER, NAMED, REJECTS, Facts, Ledger, Named, Names, Rejects
from kgtools.tools.errors import UsageError
from kgtools.tools.registry import suggestion


@dataclass(frozen=True)
class Metadata:
    """What is kept of a source or table of names beside its rows. None: the file that describes it does not say.

    `extra`: keys that this version of kgtools does not know, kept as they are."""

    license: str | None = None
    license_note: str | None = None
    title: str | None = None
    files: dict[str, str] | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The metadata of what `to_dict` gave, by this or another version."""
        names = {each.name for each in fields(cls)} - {"extra"}
        known = {key: value for key, value in values.items() if key in names}
        return cls(**known, extra={key: value for key, value in values.items() if key not in names})

    def hashes(self) -> dict[str, str]:
        """File -> SHA-256."""
        return self.files or {}

    def to_dict(self) -> dict[str, Any]:
        """All that is known, by name in alphabetical order, as `about.json` and `run.json` hold it."""
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "extra"}
        known = {key: value for key, value in values.items() if value is not None}
        return dict(sorted((known | self.extra).items()))


@dataclass(frozen=True)
class SourceMetadata(Metadata):
    """`files`: name -> SHA-256. `reader`: the entry point that read them; `raw`: loaded with --raw. `counts` and `flagged` are those
    of `kgtools load`."""

    reader: str | None = None
    raw: bool | None = None
    counts: list[dict[str, Any]] | None = None
    flagged: dict[str, int] | None = None


@dataclass(frozen=True)
class NamesMetadata(Metadata):
    """`file`, `sha256`: the table of Chinese names; `files`: that and the one that it was joined with. `read`: its rows; `names`: how
    many were kept; `recased`: how many of these got another case; `dropped`: reason -> how many."""

    file: str | None = None
    sha256: str | None = None
    read: int | None = None
    names: int | None = None
    recased: int | None = None
    dropped: dict[str, int] | None = None

    def hashes(self) -> dict[str, str]:
        """File -> SHA-256; older tables name one file alone."""
        return self.files or ({self.file: self.sha256 or ""} if self.file else {})


@dataclass(frozen=True)
class GraphMetadata:
    """What was loaded, by name: the sources, and the tables of English names in order."""

    sources: dict[str, SourceMetadata] = field(default_factory=dict)
    names: dict[str, NamesMetadata] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, values: Mapping[str, Mapping[str, Any]]) -> Self:
        """The metadata of what `to_dict` gave."""
        return cls(
            {name: SourceMetadata.from_dict(each) for name, each in values["sources"].items()},
            {name: NamesMetadata.from_dict(each) for name, each in values["names"].items()},
        )

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """`sources` and `names`, as `run.json` holds them."""
        return {
            "sources": {name: each.to_dict() for name, each in self.sources.items()},
            "names": {name: each.to_dict() for name, each in self.names.items()},
        }


@dataclass(frozen=True)
class SourceTables:
    """One source's part of a graph."""

    name: str
    metadata: SourceMetadata
    named: Named
    facts: Facts
    rejects: Rejects


@dataclass(frozen=True)
class NameTable:
    """A table of English names."""

    name: str
    metadata: NamesMetadata
    names: Names


@dataclass(frozen=True)
class Inputs:
    """All that a graph is made of: what each source says, the tables of English names in order, the ledger of alignment."""

    sources: tuple[SourceTables, ...] = ()
    names: tuple[NameTable, ...] = ()
    ledger: Ledger = field(default_factory=LEDGER.frame)

    def with_sources(self, sources: list[SourceTables]) -> "Inputs":
        """These sources say what they say now, instead of what they said before. Raises InputError for other tables, UsageError
        where a table of English names has a source's name."""
        for source in sources:
            if source.name in [table.name for table in self.names]:
                raise UsageError(
                    f"a table of English names in the graph is called {source.name!r}, as this source; take it out first"
                    f" (kgtools unload {source.name}) and add it under another --name"
                )
            for schema, frame in ((NAMED, source.named), (FACTS, source.facts), (REJECTS, source.rejects)):
                schema.check(frame, f"the source {source.name}")
        new = {source.name for source in sources}
        others = [source for source in self.sources if source.name not in new]
        return replace(self, sources=tuple(sorted([*others, *sources], key=lambda source: source.name)))

    def with_names(self, table: NameTable) -> "Inputs":
        """The table comes last; one of the same name is replaced where it stands. Raises UsageError without sources, and where one
        of them has the table's name."""
        if not self.sources:
            raise UsageError("there is no graph to name; load a source first: kgtools load SOURCE FILE")
        if table.name in [source.name for source in self.sources]:
            raise UsageError(f"a source in the graph is called {table.name!r}; give the table another --name")
        if table.name not in [old.name for old in self.names]:
            return replace(self, names=(*self.names, table))
        return replace(self, names=tuple(table if old.name == table.name else old for old in self.names))

    def with_ledger(self, ledger: Ledger) -> "Inputs":
        """Another ledger instead of this one."""
        return replace(self, ledger=LEDGER.check(ledger, "the ledger").sort("id"))

    def without(self, name: str) -> "Inputs":
        """Without the source or the table of English names of this name. Raises UsageError where there is none."""
        names = [*(source.name for source in self.sources), *(table.name for table in self.names)]
        if name not in names:
            raise UsageError(
                f"the graph holds no source and no table of names called {name!r}; {suggestion(name, names)}"
            )
        return replace(
            self,
            sources=tuple(source for source in self.sources if source.name != name),
            names=tuple(table for table in self.names if table.name != name),
        )

    @property
    def metadata(self) -> GraphMetadata:
        """What was loaded, by name."""
        return GraphMetadata(
            {source.name: source.metadata for source in self.sources},
            {table.name: table.metadata for table in self.names},
        )


def files_of(metadata: GraphMetadata) -> dict[str, str]:
    """SHA-256 of every file that a graph was made from, by source and file, as a manifest has its inputs."""
    hashes = {
        f"{name}/{file}": sha256
        for name, source in sorted(metadata.sources.items())
        for file, sha256 in source.hashes().items()
    }
    for name, table in sorted(metadata.names.items()):
        files = table.hashes()
        hashes |= {
            f"names/{name}/{file}" if len(files) > 1 else f"names/{name}": sha256 for file, sha256 in files.items()
        }
    return hashes
