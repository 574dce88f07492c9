"""A report: a paper's tables with the figures of runs, as a page, as Markdown, as LaTeX and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kgtools.tools.errors import UsageError
from kgtools.tools.inputs.files import sha256, to_json
from kgtools.tools.outputs.staging import manifest, staging
from kgtools.tools.registry import suggestion
from kgtools.train.evaluate.parts import ALL
from kgtools.train.evaluate.report.page import make_page
from kgtools.train.evaluate.report.published import load_paper, papers
from kgtools.train.evaluate.report.runs import Run, describe, read_runs
from kgtools.train.evaluate.report.tables import Filled, Ours, fill_tables
from kgtools.train.evaluate.report.text import notes_of, reasons_of, rule_of, write_run, write_table

COMMAND = "evaluate report"


@dataclass(frozen=True)
class Report:
    """`tables`: those of papers; `others`: runs that none of them has a column for; `out`: the folder, where one was written."""

    tables: tuple[Filled, ...]
    others: tuple[Run, ...]
    out: Path

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return {
            "tables": [_table(one) for one in self.tables],
            "others": [
                {
                    "run": run.name,
                    "model": run.model,
                    "header": describe(run),
                    "cells": [asdict(cell) for cell in run.cells if cell.by == ALL],
                }
                for run in self.others
            ],
        }

    def to_text(self, style: str, empty: bool = True) -> str:
        """All tables, one below the other, in one of `report.text.STYLES`; with `empty` also those that no run fills."""
        texts = [write_table(one, style) for one in self.tables if one.rows or empty]
        return "\n".join([*texts, *(write_run(run, style) for run in self.others)])


def write_report(
    folders: Sequence[Path], names: Sequence[str], out: Path, against: str | None = None, matters: float | None = None
) -> Report:
    """Write the report of runs into `out`: report.html, report.md, report.tex, report.json and run.json, all or nothing.

    `names`: papers, all of whose tables are shown; without them, the tables of any paper that a run fills. `against`: the published row
    that verdicts are about, where a table has it; `matters`: the difference that matters, as a share of 1. Raises InputError, UsageError."""
    if not folders and not names:
        raise UsageError(f"name folders of scores, or --paper: {', '.join(papers())}")
    runs = read_runs(folders)
    chosen = [(load_paper(name), bool(names)) for name in names or papers()]
    if against is not None:
        rows = {row for paper, _ in chosen for table in paper.tables.values() for row in table.rows}
        if against not in rows:
            raise UsageError(f"--against {against}: no table has such a row; {suggestion(against, sorted(rows))}")
    tables, others = fill_tables(chosen, runs, against, matters)
    report = Report(tuple(tables), tuple(others), out)
    values = report.to_dict()
    with staging(out) as folder:
        (folder / "report.html").write_text(make_page(tables, others, values), encoding="utf-8")
        (folder / "report.md").write_text(report.to_text("markdown"), encoding="utf-8")
        (folder / "report.tex").write_text(report.to_text("latex"), encoding="utf-8")
        (folder / "report.json").write_bytes(to_json(values))
        outputs = {file.name: sha256(file) for file in sorted(folder.iterdir())}
        inputs = {
            f"{number}/{run.name}/cells.json": sha256(run.folder / "cells.json") for number, run in enumerate(runs)
        }
        settings = {"papers": [paper.short for paper, _ in chosen], "against": against, "matters": matters}
        (folder / "run.json").write_bytes(
            manifest(COMMAND, settings, inputs, verdicts=_counts(tables), outputs=outputs)
        )
    return report


def _counts(tables: Sequence[Filled]) -> dict[str, int]:
    found = [
        cell.verdict.judgement for one in tables for row in one.rows for cell in row.cells if cell and cell.verdict
    ]
    return {judgement: found.count(judgement) for judgement in ("reproduced", "not reproduced", "unknowable")}


def _table(filled: Filled) -> dict[str, Any]:
    table = filled.table
    columns = [
        {
            "name": column.name.en,
            **table.measured(column).model_dump(include={"set", "metric", "by", "prompts", "scoring"}),
            "value": column.value,
            "mean_of": column.mean_of,
            "n": column.n,
            "n_from": column.n_from,
        }
        for column in table.columns
    ]
    return {
        "paper": filled.paper.short,
        "cite": filled.paper.cite,
        "number": table.number,
        "title": table.title.en,
        "task": table.task,
        "unit": table.unit,
        "against": filled.against,
        "matters": filled.matters,
        "rule": rule_of(filled).en,
        "columns": columns,
        "published": table.rows,
        "ours": [
            {
                "label": row.label,
                "runs": [{"run": run.name, "header": describe(run)} for run in row.runs],
                "cells": [cell and _cell(cell) for cell in row.cells],
            }
            for row in filled.rows
        ],
        "notes": [note.en for note in notes_of(filled, reasons_of(filled))],
    }  # fmt: skip


def _cell(cell: Ours) -> dict[str, Any]:
    return {
        "figure": cell.figure,
        "low": cell.low,
        "high": cell.high,
        "n": cell.n,
        "verdict": cell.verdict.judgement if cell.verdict else None,
        "needs": cell.verdict.needs if cell.verdict else None,
        "why": cell.why.en if cell.why else None,
    }
