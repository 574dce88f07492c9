"""The plots of a report as Vega-Lite specifications, one for each language."""

import math
from typing import TYPE_CHECKING, Any

import polars as pl

from kgtools.kg.report.bars import overlap, trends
from kgtools.kg.report.drawing import FIRST, SECOND, STEP, Spec, finish, stack, title_of
from kgtools.kg.report.earlier import Change
from kgtools.kg.report.figures import OUT, Figures
from kgtools.kg.report.words import entity_type, relation, word
from kgtools.tools.page.words import LANGS, Lang, Words

if TYPE_CHECKING:
    import altair as alt

HEAT = 7
"""Steps of the heat map's scale; the colours are --heat-0 (nothing) to --heat-7 of style.css."""


def charts(figures: Figures, changes: list[Change], titles: dict[str, Words]) -> dict[str, dict[Lang, Spec]]:
    """Every plot by its name and language; a plot of nothing is left out. `titles`: of the audits, by name."""
    drawn: dict[str, dict[Lang, Spec]] = {}
    for lang in LANGS:
        for name, spec in (
            ("coverage-share", coverage(figures, "share", lang)),
            ("coverage-triples", coverage(figures, "triples", lang)),
            ("overlap", overlap(figures, lang)),
            ("degrees", degrees(figures, lang)),
            ("trends", trends(changes, titles, lang)),
        ):
            if spec:
                drawn.setdefault(name, {})[lang] = spec
    return drawn


def coverage(figures: Figures, measure: str, lang: Lang) -> Spec | None:
    """A heat map: a row a relation, grouped by the type of the head; a column a source; empty where it says nothing."""
    import altair as alt

    if figures.coverage.is_empty():
        return None
    sources = figures.coverage["source"].unique().sort().to_list()
    totals = (
        figures.coverage.group_by("relation").agg(pl.col("triples").sum()).sort("triples", "relation", descending=True)
    )
    order = [relation(name)[lang] for name in totals["relation"]]
    largest = figures.coverage.group_by("type").agg(pl.col("triples").sum()).sort("triples", "type", descending=True)
    views = [
        _cells(_coverage_rows(figures, type_, measure, lang), f"{number}", sources, order, lang).properties(
            title=title_of(entity_type(type_)[lang])
        )
        for number, type_ in enumerate(largest["type"])
    ]
    return stack(alt.vconcat(*views, spacing=14), word("coverage_plot")[lang], len(views), least=58 * len(sources))


def _coverage_rows(figures: Figures, type_: str, measure: str, lang: Lang) -> list[dict[str, Any]]:
    """A row for each relation of a type and each source; `heat` 0 and nothing shown where there is no triple."""
    top = math.log1p(figures.coverage["triples"].max() or 0)  # type: ignore[arg-type]  # a count
    cells = figures.coverage.filter(pl.col("type") == type_)
    grid = cells.select(pl.col("relation").unique()).join(
        figures.coverage.select(pl.col("source").unique()), how="cross"
    )
    rows = []
    for name, source, triples, heads, entities in (
        grid.join(cells.drop("type"), on=["relation", "source"], how="left")
        .fill_null(0)
        .sort("relation", "source")
        .iter_rows()
    ):
        strength = (heads / entities if entities else 0.0) if measure == "share" else math.log1p(triples) / top
        number = percent(heads, entities) if measure == "share" else f"{triples:,}"
        rows.append(
            {
                "relation": relation(name)[lang],
                "source": source,
                "heat": math.ceil(strength * HEAT),
                "shown": number if triples else "",
                "name": f"{type_} {name}",
                "triples": triples,
                "heads": heads,
                "known": entities,
            }
        )
    return rows


def _cells(
    rows: list[dict[str, Any]], number: str, sources: list[str], order: list[str], lang: Lang
) -> "alt.LayerChart | alt.FacetChart":
    import altair as alt

    steps = list(range(HEAT + 1))
    there = {row["relation"] for row in rows}
    above = alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False, labelPadding=4)
    band = alt.Scale(domain=[name for name in order if name in there], paddingInner=0.08)
    base = alt.Chart().encode(
        x=alt.X(
            "source:N",
            title=None,
            scale=alt.Scale(domain=sources, paddingInner=0.015),
            axis=above if number == "0" else None,
        ),
        y=alt.Y("relation:N", title=None, scale=band, axis=alt.Axis(domain=False, ticks=False)),
        tooltip=[
            alt.Tooltip("name:N", title=word("relation")[lang]),
            alt.Tooltip("source:N", title=word("source")[lang]),
            alt.Tooltip("triples:Q", title=word("triples")[lang], format=","),
            alt.Tooltip("heads:Q", title=word("heads")[lang], format=","),
            alt.Tooltip("known:Q", title=word("known")[lang], format=","),
        ],
    )
    colours = alt.Scale(domain=steps, range=[f"var(--heat-{step})" for step in steps])
    inks = alt.Scale(domain=steps, range=[f"var(--heat-ink-{step})" for step in steps])
    cells = base.mark_rect(cornerRadius=2).encode(color=alt.Color("heat:O", scale=colours, legend=None))
    texts = base.mark_text(fontSize=11).encode(text="shown:N", fill=alt.Fill("heat:O", scale=inks, legend=None))
    return alt.layer(cells, texts, data=alt.InlineData(values=rows)).properties(
        width=300, height=STEP * len(there), name=f"view{number}"
    )


def degrees(figures: Figures, lang: Lang) -> Spec | None:
    """For each type a panel with two falling curves: entities with at least a degree, as heads and as tails."""
    import altair as alt

    words = {True: word("direction_out")[lang], False: word("direction_in")[lang]}
    rows = [
        {"type": entity_type(type_)[lang], "way": words[direction == OUT], "degree": degree, "entities": entities}
        for type_, direction, degree, entities in figures.degrees.iter_rows()
    ]
    if not rows:
        return None
    domain = list(words.values())
    sizes = {row.type: row.count for row in figures.statistics.entities}
    order = [entity_type(name)[lang] for name in sorted(sizes, key=lambda name: -sizes[name])]
    legend = alt.Legend(title=None, orient="top", symbolType="stroke", symbolSize=300, symbolStrokeWidth=2)
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(point={"size": 18, "filled": True}, strokeWidth=1.5)
        .encode(
            x=alt.X("degree:Q", title=word("degree")[lang], scale=alt.Scale(type="log"), axis=_powers()),
            y=alt.Y("entities:Q", title=word("entities")[lang], scale=alt.Scale(type="log"), axis=_powers()),
            color=alt.Color("way:N", scale=alt.Scale(domain=domain, range=[FIRST, SECOND]), legend=legend),
            strokeDash=alt.StrokeDash("way:N", scale=alt.Scale(domain=domain, range=[[1, 0], [4, 2]]), legend=legend),
            tooltip=[
                alt.Tooltip("type:N", title=word("type")[lang]),
                alt.Tooltip("way:N", title=word("direction")[lang]),
                alt.Tooltip("degree:Q", title=word("degree")[lang], format=","),
                alt.Tooltip("entities:Q", title=word("entities")[lang], format=","),
            ],
        )
        .properties(width=220, height=150, name="panel")
        .facet(
            facet=alt.Facet(
                "type:N", sort=order, header=alt.Header(title=None, labelFontWeight=600, labelAnchor="start")
            ),
            columns=3,
            spacing=18,
        )
    )
    return finish(chart, word("degrees_plot")[lang], panel=160)


def percent(part: int, total: int) -> str:
    """A share as people read it: what is there is never 0%, and what lacks something never 100%."""
    share = part / total if total else 0.0
    if 0 < share < 0.01:
        return "<1%"
    return ">99%" if 0.99 < share < 1 else f"{share:.0%}"


def _powers() -> "alt.Axis":
    import altair as alt

    return alt.Axis(format="~s", tickCount=4, values=[1, 10, 100, 1_000, 10_000, 100_000, 1_000_000], domain=False)
