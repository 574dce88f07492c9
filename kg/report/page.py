"""The page of a report: figures, findings and trends in one HTML file that asks no network."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kgtools.kg.audit import SEVERITIES, Audit, Finding, inline_parameters
from kgtools.kg.report import tables
from kgtools.kg.report.bars import CHANGES, SETS
from kgtools.kg.report.charts import charts, percent
from kgtools.kg.report.drawing import need_altair
from kgtools.kg.report.earlier import Change, Numbers, changes
from kgtools.kg.report.figures import Figures, count_figures, numbers
from kgtools.kg.report.tables import Column, Table
from kgtools.kg.report.words import column, word
from kgtools.kg.stores import Store
from kgtools.tools.outputs.atomic import check_file, write_file
from kgtools.tools.page.html import embed_json, policy
from kgtools.tools.page.html import style as page_style
from kgtools.tools.page.words import Words

EXAMPLES = 8
"""Rows of a finding that a page shows at least: it has more room than a terminal."""
HERE = Path(__file__).parent
SECTIONS = ("holdings", "coverage", "overlap", "degrees", "findings", "trends")


@dataclass(frozen=True)
class FindingView:
    """A finding as the page shows it; no table: nothing was found."""

    name: str
    severity: str
    title: Words
    why: Words
    count: Words
    cypher: str
    table: Table | None
    more: Words | None
    open: bool


@dataclass(frozen=True)
class Tile:
    """One of the large figures at the top."""

    label: Words
    figure: str
    note: Words
    kind: str = ""


def check(path: Path) -> None:
    """Raises UsageError where no page can be written, MissingExtraError where nothing can be drawn."""
    check_file(path, "--html")
    need_altair()


def write(
    path: Path, store: Store, findings: list[Finding], examples: int, earlier: tuple[str, Numbers] | None = None
) -> None:
    """Write the page, whole or not at all. `earlier`: what it is compared with, by its name."""
    write_file(path, page(store, findings, examples, earlier).encode("utf-8"), "--html")


def page(store: Store, findings: list[Finding], examples: int, earlier: tuple[str, Numbers] | None = None) -> str:
    """The page as text: the same for the same graph, findings and earlier report."""
    figures = count_figures(store)
    counts = numbers(figures, findings)
    differences = changes(earlier[1], counts) if earlier else []
    titles = {finding.audit.name: _title(finding.audit) for finding in findings}
    drawn = charts(figures, differences, titles)
    shown = [_view(finding, examples) for finding in sorted(findings, key=_rank)]
    style, script = Markup(page_style()), Markup((HERE / "page.js").read_text(encoding="utf-8"))
    bundle = _bundle()
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template("page.html.j2").render(
        word=word,
        policy=policy(style, [bundle, script]),
        style=style,
        script=script,
        bundle=bundle,
        sections=[name for name in SECTIONS if name != "trends" or earlier],
        tiles=_tiles(figures, findings),
        sources=figures.statistics.sources,
        titles={name: source.title or "" for name, source in figures.metadata.sources.items()},
        types=tables.types(figures),
        relations=tables.relations(figures),
        names=tables.names(figures),
        coverage=tables.coverage(figures),
        overlap=tables.overlap(figures),
        overlap_more=word("overlap_more", number=SETS) if figures.overlap.height > SETS else None,
        hubs=tables.hubs(figures),
        findings=shown,
        clean=sum(not finding.rows for finding in findings),
        earlier=earlier[0] if earlier else None,
        trends=tables.trends(differences, titles) if earlier else None,
        trends_more=word("trends_more", number=CHANGES) if _is_crowded(differences) else None,
        version=version("kgtools"),
        numbers=embed_json(counts),
        charts=drawn,
        charts_json=embed_json(drawn),
    )


def _rank(finding: Finding) -> tuple[bool, int, int, str]:
    return not finding.rows, -SEVERITIES.index(finding.audit.severity), -len(finding.rows), finding.audit.name


def _view(finding: Finding, examples: int) -> FindingView:
    audit, number = finding.audit, len(finding.rows)
    title = _title(audit)
    rows = finding.rows[: 10 * examples if audit.severity == "info" and number <= 10 * examples else examples]
    numeric = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(finding.columns))]
    columns = [Column(column(name), numeric=n, long=not n) for name, n in zip(finding.columns, numeric, strict=True)]
    return FindingView(
        audit.name,
        audit.severity,
        title,
        Words(audit.why, audit.why_zh or audit.why),
        word("row" if number == 1 else "rows", number=number),
        inline_parameters(audit),
        tables.example_rows(word("examples", title=title), columns, rows) if number else None,
        word("shown_rows", shown=len(rows), number=number) if len(rows) < number else None,
        audit.severity == "error" and number > 0,
    )


def _title(audit: Audit) -> Words:
    return Words(audit.title, audit.title_zh)


def _tiles(figures: Figures, findings: list[Finding]) -> list[Tile]:
    stats = figures.statistics
    total, shared = stats.totals, sum(row.shared for row in stats.relations)
    tiles = [
        Tile(word("entities"), f"{total.entities:,}", word("tile_entities", number=len(stats.entities))),
        Tile(word("triples"), f"{total.triples:,}", word("tile_triples", number=len(stats.relations))),
        Tile(word("sources"), f"{len(stats.sources)}", word("tile_sources", number=shared)),
        Tile(word("english"), percent(total.with_english, total.entities), word("tile_english", number=total.with_english)),
    ]  # fmt: skip
    for severity in ("error", "warning"):
        hits = [len(finding.rows) for finding in findings if finding.audit.severity == severity and finding.rows]
        note = word(f"tile_{severity}s", number=len(hits))
        tiles.append(Tile(word(f"{severity}s"), f"{sum(hits):,}", note, severity if hits else ""))
    return tiles


def _is_crowded(changes: list[Change]) -> bool:
    return any(sum(c.group == group and c.by != 0 for c in changes) > CHANGES for group in {c.group for c in changes})


def _bundle() -> Markup:
    """Vega, Vega-Lite and Vega-Embed as one script, of the version that altair writes for."""
    import altair
    import vl_convert

    wanted = "_".join(altair.SCHEMA_VERSION.split(".")[:2])
    text = vl_convert.javascript_bundle(vl_version=wanted)  # type: ignore[call-arg]  # its stub knows no default
    return Markup(text.replace("</script", "<\\/script").replace("<!--", "<\\!--"))
