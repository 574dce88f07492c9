"""The run that made the records which are to be corrected, read from their folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from kgtools.corpora.gates import read_vouched_manifest
from kgtools.corpora.record_files import file_of
from kgtools.kg.build.inputs import GraphMetadata, files_of
from kgtools.templates.coverage.ledger import COVERAGE, read_coverage
from kgtools.templates.generate.run import Run, StoredSettings
from kgtools.templates.generate.tables import RecordTables
from kgtools.templates.pack import Pack, find_pack
from kgtools.tools import registry
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import load_table
from kgtools.tools.inputs.files import sha256

COMMANDS = ("generate", "retract")
RETRACTED = "retracted"
"""What a `run.json` has the ids under that are retracted."""


@dataclass(frozen=True)
class Parent:
    """What made the records. `file`: they themselves; `records`, `coverage`: as they are there; `retracted`: ids that they were
    made without."""

    file: Path
    run: Run
    records: pl.DataFrame
    coverage: pl.DataFrame
    retracted: tuple[str, ...]
    hashes: dict[str, str]

    @property
    def known(self) -> set[str]:
        """The ids of all facts of the graph, retracted ones too."""
        return {*self.coverage["triple"].unique().to_list(), *self.retracted}

    def refuse_other(self, again: RecordTables) -> None:
        """Raises InputError where the same run over the same graph does not give these records and this coverage."""
        if not (again.records.equals(self.records) and again.coverage.equals(self.coverage)):
            raise InputError(
                f"{self.file}: made again from this graph, it comes out otherwise: since it was made, the graph was aligned or loaded"
                " in another way, or a template was changed; run generate again, and retract from that"
            )


def read_parent(folder: Path, graph: GraphMetadata, packs: Sequence[str]) -> Parent:
    """The run whose records are in a folder. `packs`: folders of those packs that are not registered.

    Raises InputError where the files are not those that the run wrote, something else made them, or another graph, kgtools or
    pack did."""
    file = file_of(folder)
    manifest = read_vouched_manifest(file)
    if not manifest:
        raise InputError(
            f"{file}: no run.json tells of this file as it is; it may have been edited since. Run generate again"
        )
    if manifest.get("command") not in COMMANDS:
        raise InputError(
            f"{folder}: kgtools {manifest.get('command')} wrote these records; name the folder that generate wrote, retract there,"
            " and do again what came after it"
        )
    stored = _settings(folder, manifest)
    chosen = _find_packs(stored, packs)
    if faults := [*_other_files(manifest, graph), *_other_versions(manifest, stored, chosen)]:
        raise InputError("\n".join(f"{file}: {fault}" for fault in faults))
    coverage = folder / "coverage.parquet"
    rows = COVERAGE.check(read_coverage(folder).collect(), str(coverage))
    if manifest["outputs"].get(coverage.name) != sha256(coverage):
        raise InputError(f"{coverage}: is not what run.json tells of; run generate again")
    run = Run.of(stored, chosen)
    hashes = {name: sha256(file.with_name(name)) for name in (file.name, "run.json")}
    return Parent(file, run, run.plan.table.check(load_table(file), str(file)), rows, _retracted(manifest), hashes)


def _settings(folder: Path, manifest: dict[str, Any]) -> StoredSettings:
    try:
        return StoredSettings.model_validate(manifest.get("settings"))
    except ValidationError as error:
        lines = [f"settings.{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise InputError(
            f"{folder / 'run.json'}: not the settings of generate: {'; '.join(lines)}; did another kgtools write it? Run generate again"
        ) from error


def _retracted(manifest: dict[str, Any]) -> tuple[str, ...]:
    return tuple(map(str, manifest.get(RETRACTED, ())))


def _find_packs(stored: StoredSettings, given: Sequence[str]) -> list[Pack]:
    """The packs of the run, in its order: those that were named, by their name, else the registered ones."""
    named = {pack.info.name: pack for pack in map(find_pack, given)}
    if extra := sorted(set(named) - set(stored.packs)):
        raise UsageError(
            f"--pack {', '.join(extra)}: the records were made with {', '.join(stored.pack_names)}; name no other"
        )
    lost = sorted(set(stored.packs) - set(named) - set(registry.names("packs")))
    if lost:
        raise UsageError(
            f"the records were made with the pack {', '.join(lost)}, which is not registered; name its folder: --pack FOLDER"
        )
    return [named.get(name) or find_pack(name) for name in stored.pack_names]


def _other_files(manifest: dict[str, Any], graph: GraphMetadata) -> list[str]:
    then, now = manifest.get("inputs", {}), files_of(graph)
    return [
        f"was made {_without_or_of(name, name in then, name in now)}; name its graph with --graph, or run generate again"
        for name in sorted({*then, *now})
        if then.get(name) != now.get(name)
    ]


def _without_or_of(name: str, then: bool, now: bool) -> str:
    if then and now:
        return f"of another {name} than the graph was loaded from"
    return f"of {name}, which is not in the graph" if then else f"without {name}, which is in the graph"


def _other_versions(manifest: dict[str, Any], stored: StoredSettings, packs: Sequence[Pack]) -> list[str]:
    now = {"kgtools": version("kgtools")} | {f"the pack {pack.info.name}": pack.info.version for pack in packs}
    then = {"kgtools": manifest.get("versions", {}).get("kgtools")} | {
        f"the pack {name}": each for name, each in stored.packs.items()
    }
    return [
        f"was made by {name} {then.get(name)}, this is {here}; use that version, or run generate again"
        for name, here in now.items()
        if then.get(name) != here
    ]
