"""The plots that are bars: the overlap of the sources, and what changed since an earlier report."""

from typing import TYPE_CHECKING, Any

from kgtools.kg.report.drawing import FAINT, FIRST, INK, SECOND, STEP, Spec, finish, room, stack, title_of
from kgtools.kg.report.earlier import Change
from kgtools.kg.report.figures import Figures
from kgtools.kg.report.words import entity_type, relation, word
from kgtools.tools.page.words import Lang, Words

if TYPE_CHECKING:
    import altair as alt

SETS, CHANGES = 20, 15
"""Rows of a plot at most; the tables have all."""


def overlap(figures: Figures, lang: Lang) -> Spec | None:
    """Sets of sources as dots in a row, with a bar for the entities and one for the triples of exactly this set."""
    import altair as alt

    sources = sorted({source for row in figures.overlap["sources"] for source in row})
    sets = list(figures.overlap.head(SETS).iter_rows())
    if not sets:
        return None
    dots = [
        {"set": rank, "source": source, "in": source in names}
        for rank, (names, _, _) in enumerate(sets)
        for source in sources
    ]
    lines = [{"set": rank, "from": min(names), "to": max(names)} for rank, (names, _, _) in enumerate(sets) if names]
    bars = [
        {"set": rank, "sources": " + ".join(names), "entities": entities, "triples": triples}
        for rank, (names, entities, triples) in enumerate(sets)
    ]
    height = STEP * len(sets)
    y = alt.Y("set:O", axis=None)
    x = alt.X(
        "source:N",
        title=None,
        scale=alt.Scale(domain=sources),
        axis=alt.Axis(orient="top", labelAngle=-45, domain=False, ticks=False),
    )
    dot = (
        alt.Chart(alt.InlineData(values=dots))
        .mark_circle(size=110, opacity=1)
        .encode(x=x, y=y, color=alt.condition(alt.datum["in"], alt.value(INK), alt.value(FAINT)))
    )
    line = (
        alt.Chart(alt.InlineData(values=lines))
        .mark_rule(strokeWidth=2, color=INK)
        .encode(x=alt.X("from:N", scale=alt.Scale(domain=sources)), x2="to:N", y=y)
    )
    views: list[Any] = [alt.layer(dot, line).properties(width=alt.Step(30), height=height)]
    for noun, colour in (("entities", FIRST), ("triples", SECOND)):
        most = max(row[noun] for row in bars) or 1
        free = room([f"{most:,}"])
        base = alt.Chart(alt.InlineData(values=bars)).encode(
            x=alt.X(
                f"{noun}:Q",
                axis=None,
                scale=alt.Scale(domain=[0, most], nice=False, rangeMax=alt.ExprRef(f"{noun}_width - {free}")),
            ),
            y=y,
            tooltip=[
                alt.Tooltip("sources:N", title=word("overlap_sets")[lang]),
                alt.Tooltip(f"{noun}:Q", title=word(noun)[lang], format=","),
            ],
        )
        views.append(
            alt.layer(
                base.mark_bar(color=colour, height=14, cornerRadiusEnd=2),
                base.mark_text(align="left", dx=5).encode(text=alt.Text(f"{noun}:Q", format=",")),
            ).properties(
                width=200, height=height, name=noun, title=alt.TitleParams(word(noun)[lang], anchor="start", offset=12)
            )
        )
    chart = alt.hconcat(*views, spacing=14)
    return finish(chart, word("overlap_plot")[lang], shares={"entities": 0.5, "triples": 0.5}, least=110)


def trends(changes: list[Change], titles: dict[str, Words], lang: Lang) -> Spec | None:
    """Bars to the left and the right of zero: what shrank, what grew, the largest changes of each group.

    `titles`: of the audits, by name. A number stands on the other side of zero, where its bar is not."""
    import altair as alt

    groups = {}
    for group in dict.fromkeys(change.group for change in changes):
        moved = sorted((c for c in changes if c.group == group and c.by), key=lambda c: (-abs(c.by), c.name))
        if moved:
            groups[group] = [_bar(change, titles, lang) for change in moved[:CHANGES]]
    if not groups:
        return None
    every = [row for rows in groups.values() for row in rows]
    reach, free = max(abs(row["by"]) for row in every), room([row["shown"] for row in every])
    views = [
        _bars(rows, f"view{number}", reach, lang).properties(title=title_of(word(f"group_{group}")[lang]))
        for number, (group, rows) in enumerate(groups.items())
    ]
    return stack(alt.vconcat(*views, spacing=14), word("trends_plot")[lang], len(views), least=2 * free)


def _bar(change: Change, titles: dict[str, Words], lang: Lang) -> dict[str, Any]:
    return {
        "name": change_words(change, titles)[lang],
        "by": change.by,
        "shown": format_change(change.by),
        "way": word("grew" if change.by > 0 else "shrank")[lang],
        "before": change.before,
        "now": change.now,
    }


def _bars(rows: list[dict[str, Any]], name: str, reach: int, lang: Lang) -> "alt.LayerChart | alt.FacetChart":
    import altair as alt

    names = list(dict.fromkeys(row["name"] for row in rows))
    ways = [word("grew")[lang], word("shrank")[lang]]
    scale = alt.Scale(type="symlog", domain=[-reach, reach], nice=False)
    base = alt.Chart().encode(
        x=alt.X("by:Q", axis=None, scale=scale),
        y=alt.Y("name:N", title=None, scale=alt.Scale(domain=names), axis=alt.Axis(domain=False, ticks=False)),
        tooltip=[
            alt.Tooltip("name:N", title=word("what")[lang]),
            alt.Tooltip("before:Q", title=word("before")[lang], format=","),
            alt.Tooltip("now:Q", title=word("now")[lang], format=","),
            alt.Tooltip("shown:N", title=word("change")[lang]),
        ],
    )
    legend = alt.Legend(title=None, orient="top")
    colour = alt.Color("way:N", scale=alt.Scale(domain=ways, range=[FIRST, SECOND]), legend=legend)
    return alt.layer(
        base.mark_bar(height=14).encode(color=colour),
        base.mark_text(align="right", dx=-5).transform_filter("datum.by > 0").encode(text="shown:N", x=alt.XDatum(0)),
        base.mark_text(align="left", dx=5).transform_filter("datum.by < 0").encode(text="shown:N", x=alt.XDatum(0)),
        data=alt.InlineData(values=rows),
    ).properties(width=300, height=STEP * len(names), name=name)


def format_change(number: int) -> str:
    """A change with its sign; a minus as long as the plus."""
    return f"{number:+,}".replace("-", "−")


def change_words(change: Change, titles: dict[str, Words]) -> Words:
    """What a change is about, in words."""
    if change.group == "types":
        return entity_type(change.name)
    if change.group == "relations":
        return relation(change.name)
    if change.group == "totals":
        return word(change.name)
    plain = Words(change.name, change.name)
    return titles.get(change.name, plain) if change.group == "findings" else plain
