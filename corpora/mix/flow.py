"""A mix as a picture: how much flows from each source to each task and each split (a Sankey diagram), as SVG."""

from collections import Counter
from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT, BAR, GAP, TOP, SIDE = 1000.0, 560.0, 16.0, 10.0, 76.0, 190.0
"""Pixels of the picture: its size, the width of a bar and what is between bars, room for the title and the names."""
LEAST = 1.5
"""The least height of a bar, so that a small source is still seen."""

COLOURS = ("#2a7fba", "#e08e2b", "#2f9e77", "#d1495b", "#7b5ea7", "#7a9a2e", "#b5654a", "#5f7a8a", "#b06fb5", "#c2a12a")

STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #222; } .title { font-size: 17px; font-weight: 600; }
.count { fill: #666; } .band { opacity: .38; } .band:hover { opacity: .7; } .paper { fill: #fff; }
@media (prefers-color-scheme: dark) { text { fill: #eee; } .count { fill: #aaa; } .paper { fill: #16181c; } }"""

Flow = tuple[tuple[str, ...], int]
"""The names that so many records go through, from left to right."""


def picture(flows: Sequence[Flow], heads: Sequence[str], title: str) -> str:
    """The flows as an SVG document, a column for each of `heads`; a band has the colour of the first name it came from."""
    columns = [_column(flows, at) for at in range(len(heads))]
    scale = min(_scale(column) for column in columns)
    places = [_places(column, scale) for column in columns]
    colours = {name: COLOURS[at % len(COLOURS)] for at, name in enumerate(columns[0])}
    xs = [SIDE + (WIDTH - 2 * SIDE - BAR) * at / max(1, len(heads) - 1) for at in range(len(heads))]
    bands = [band for at in range(len(heads) - 1) for band in _bands(flows, at, places, xs, scale, colours)]
    bars = [
        bar
        for at, column in enumerate(columns)
        for bar in _bars(column, places[at], xs[at], scale, {} if at else colours)
    ]
    ends = [
        ys[name] + max(LEAST, column[name] * scale)
        for ys, column in zip(places, columns, strict=True)
        for name in column
    ]
    tops = [
        f'<text x="{x + BAR / 2:.1f}" y="{TOP - 12:.1f}" text-anchor="middle" class="count">{escape(head)}</text>'
        for x, head in zip(xs, heads, strict=True)
    ]
    total = sum(number for _, number in flows)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {max(ends) + 24:.0f}" role="img" aria-label="{escape(title)}">',
        f"<style>{STYLE}</style>", '<rect class="paper" width="100%" height="100%"/>',
        f'<text class="title" x="24" y="28">{escape(title)} <tspan class="count">{total:,}</tspan></text>',
        *tops, *bands, *bars, "</svg>", "",
    ])  # fmt: skip


def _column(flows: Sequence[Flow], at: int) -> dict[str, int]:
    """Name -> records, the largest first."""
    counts: Counter[str] = Counter()
    for names, number in flows:
        counts[names[at]] += number
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _scale(column: dict[str, int]) -> float:
    return (HEIGHT - GAP * (len(column) - 1)) / max(1, sum(column.values()))


def _places(column: dict[str, int], scale: float) -> dict[str, float]:
    """Name -> where its bar begins, from above."""
    places, y = {}, TOP
    for name, number in column.items():
        places[name] = y
        y += max(LEAST, number * scale) + GAP
    return places


def _bands(
    flows: Sequence[Flow],
    at: int,
    places: list[dict[str, float]],
    xs: list[float],
    scale: float,
    colours: dict[str, str],
) -> list[str]:
    """The bands between two columns, in the order of both, so that they cross as little as they can."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for names, number in flows:
        counts[names[at], names[at + 1], names[0]] += number
    left, right = dict(places[at]), dict(places[at + 1])
    order = sorted(counts, key=lambda names: (places[at][names[0]], places[at + 1][names[1]], places[0][names[2]]))
    starts = {}
    for names in order:
        starts[names] = left[names[0]]
        left[names[0]] += counts[names] * scale
    bands = []
    for names in sorted(
        counts, key=lambda names: (places[at + 1][names[1]], places[at][names[0]], places[0][names[2]])
    ):
        a, b, height = starts[names], right[names[1]], counts[names] * scale
        right[names[1]] += height
        x1, x2 = xs[at] + BAR, xs[at + 1]
        middle = (x1 + x2) / 2
        path = (
            f"M{x1:.1f},{a:.2f} C{middle:.1f},{a:.2f} {middle:.1f},{b:.2f} {x2:.1f},{b:.2f} "
            f"V{b + height:.2f} C{middle:.1f},{b + height:.2f} {middle:.1f},{a + height:.2f} {x1:.1f},{a + height:.2f} Z"
        )
        tip = (
            f"{names[2]}: {names[0]} → {names[1]}: {counts[names]:,}"
            if at
            else f"{names[0]} → {names[1]}: {counts[names]:,}"
        )
        bands.append(f'<path class="band" fill="{colours[names[2]]}" d="{path}"><title>{escape(tip)}</title></path>')
    return bands


def _bars(
    column: dict[str, int], places: dict[str, float], x: float, scale: float, colours: dict[str, str]
) -> list[str]:
    """The names of a column with their bars; without `colours` they are grey and named on the right."""
    bars = []
    for name, number in column.items():
        y, height = places[name], max(LEAST, number * scale)
        fill, label, anchor = (colours[name], x - 8, "end") if colours else ("#808890", x + BAR + 8, "start")
        bars.append(f'<rect x="{x:.1f}" y="{y:.2f}" width="{BAR:.0f}" height="{height:.2f}" fill="{fill}"/>')
        bars.append(
            f'<text x="{label:.1f}" y="{y + height / 2 + 4:.1f}" text-anchor="{anchor}">{escape(name)} '
            f'<tspan class="count">{number:,}</tspan></text>'
        )
    return bars
