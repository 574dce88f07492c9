"""Coverage as a plot: bars of each relation or source, or a heat map of both; a panel a language."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kgtools.kg.report.charts import HEAT, percent
from kgtools.kg.report.drawing import FAINT, FIRST, STEP, Spec, finish, title_of
from kgtools.templates.coverage.ledger import CoverageRow
from kgtools.tools.errors import InputError

if TYPE_CHECKING:
    import altair as alt

BAR, CELL = 260, 92
"""Width of a panel of bars, and of a column of the heat map."""


def plot(rows: Sequence[CoverageRow], by: Sequence[str]) -> Spec:
    """The plot of these rows, which are those of `count_coverage(coverage, by)`; the largest relations and sources come first.

    Raises InputError where there is nothing to draw."""
    import altair as alt

    if not rows:
        raise InputError("the coverage has no fact, so there is nothing to draw; was the graph empty?")
    both = len(by) > 1
    langs = list(dict.fromkeys(row.lang for row in rows))
    panels = [
        (_cells if both else _bars)([row for row in rows if row.lang == lang], _order(rows), not at).properties(
            title=title_of(lang)
        )
        for at, lang in enumerate(langs)
    ]
    what = f"The share of facts that stand in a record, by {' and '.join(by)}, in each language."
    return finish(alt.hconcat(*panels, spacing=24), what) | {
        "title": {"text": "Facts that stand in a record", "anchor": "start"}
    }


def _name(row: CoverageRow) -> str:
    return row.relation or row.source or ""


def _order(rows: Sequence[CoverageRow]) -> list[str]:
    """What the rows of the plot are called, triples before values, the one of most facts first."""
    sizes: dict[tuple[bool, str], int] = {}
    for row in rows:
        key = (row.kind not in (None, "relation"), _name(row))
        sizes[key] = sizes.get(key, 0) + row.facts
    return list(dict.fromkeys(name for _, name in sorted(sizes, key=lambda key: (key[0], -sizes[key], key[1]))))


def _values(rows: Sequence[CoverageRow]) -> list[dict[str, Any]]:
    return [
        {
            "name": _name(row), "source": row.source, "share": row.share, "track": 1, "facts": row.facts, "exported": row.exported,
            "heat": math.ceil(row.share * HEAT), "percent": percent(row.exported, row.facts),
            "shown": f"{percent(row.exported, row.facts)} of {row.facts:,}",
        }
        for row in rows
    ]  # fmt: skip


def _axis(order: list[str], labels: bool) -> "alt.Y":
    import altair as alt

    axis = alt.Axis(domain=False, ticks=False, labelPadding=8) if labels else None
    return alt.Y("name:N", title=None, scale=alt.Scale(domain=order, paddingInner=0.12), axis=axis)


def _bars(rows: Sequence[CoverageRow], order: list[str], labels: bool) -> "alt.LayerChart | alt.FacetChart":
    """The share of each row as a bar on a track, with its number and of how many facts it is behind."""
    import altair as alt

    share, track = (
        alt.X(f"{name}:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False)) for name in ("share", "track")
    )
    base = alt.Chart(alt.InlineData(values=_values(rows))).encode(y=_axis(order, labels))
    return alt.layer(
        base.mark_bar(color=FAINT, height=14, cornerRadiusEnd=2).encode(x=track),
        base.mark_bar(color=FIRST, height=14, cornerRadiusEnd=2).encode(x=share),
        base.mark_text(align="left", dx=8).encode(x=track, text="shown:N"),
    ).properties(width=BAR, height=STEP * len(order))


def _cells(rows: Sequence[CoverageRow], order: list[str], labels: bool) -> "alt.LayerChart | alt.FacetChart":
    """A cell for each relation and source with the share in it; none where the source says nothing."""
    import altair as alt

    sources, steps = sorted({str(row.source) for row in rows}), list(range(HEAT + 1))
    above = alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False, labelPadding=4)
    base = alt.Chart(alt.InlineData(values=_values(rows))).encode(
        x=alt.X("source:N", title=None, scale=alt.Scale(domain=sources, paddingInner=0.02), axis=above),
        y=_axis(order, labels),
    )
    fill, ink = (
        alt.Scale(domain=steps, range=[f"var(--{name}-{step})" for step in steps]) for name in ("heat", "heat-ink")
    )
    return alt.layer(
        base.mark_rect(cornerRadius=2).encode(color=alt.Color("heat:O", scale=fill, legend=None)),
        base.mark_text(fontSize=11).encode(text="percent:N", fill=alt.Fill("heat:O", scale=ink, legend=None)),
    ).properties(width=CELL * len(sources), height=STEP * len(order))  # fmt: skip
