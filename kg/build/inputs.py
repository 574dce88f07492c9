"""What a graph is made of, before any merging: the tables of each source, tables of English names, decisions."""

from dataclasses import dataclass, field, replace
from typing import Any

from kgtools.kg.tables import FACTS, LEDGER, NAMED, REJECTS, Facts, Ledger, Named, Names, Rejects
from kgtools.tools.errors import UsageError
from kgtools.tools.registry import suggestion


@dataclass(frozen=True)
class SourceTables:
    """One source's part of a graph; `about`: its files with SHA-256, licence and counts."""

    name: str
    about: dict[str, Any]
    named: Named
    facts: Facts
    rejects: Rejects


@dataclass(frozen=True)
class NameTable:
    """A table of English names; `about`: its file with SHA-256, licence and counts."""

    name: str
    about: dict[str, Any]
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
        kept = [source for source in self.sources if source.name not in new]
        return replace(self, sources=tuple(sorted([*kept, *sources], key=lambda source: source.name)))

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
        known = [*(source.name for source in self.sources), *(table.name for table in self.names)]
        if name not in known:
            raise UsageError(
                f"the graph holds no source and no table of names called {name!r}; {suggestion(name, known)}"
            )
        return replace(
            self,
            sources=tuple(source for source in self.sources if source.name != name),
            names=tuple(table for table in self.names if table.name != name),
        )

    @property
    def about(self) -> dict[str, dict[str, Any]]:
        """`sources` and `names`: what was loaded, by name: files with SHA-256, licence, counts."""
        return {
            "sources": {source.name: source.about for source in self.sources},
            "names": {table.name: table.about for table in self.names},
        }


def files_of(about: dict[str, dict[str, Any]]) -> dict[str, str]:
    """SHA-256 of every file that a graph was made from, by source and file, as a manifest has its inputs."""
    found = {
        f"{name}/{file}": value
        for name, told in sorted(about["sources"].items())
        for file, value in told["files"].items()
    }
    for name, told in sorted(about["names"].items()):
        files = told.get("files") or {told["file"]: told["sha256"]} if "file" in told else {}
        found |= {f"names/{name}/{file}" if len(files) > 1 else f"names/{name}": value for file, value in files.items()}
    return found
