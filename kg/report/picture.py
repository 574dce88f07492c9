"""One plot as a file of its own: a page of HTML with its numbers, an SVG or a PNG. Drawn here and not by a browser, it needs no
script and no network."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from kgtools.kg.report.drawing import INK, MUTED, Spec, need_altair
from kgtools.tools.errors import UsageError
from kgtools.tools.output import cell
from kgtools.tools.outputs.atomic import check_file, write_file
from kgtools.tools.page.html import style

FORMS = (".html", ".svg", ".png")
SCALE = 2
"""Pixels of a PNG for each of the plot."""
CONFIG: dict[str, Any] = {
    "font": "system-ui, 'Segoe UI', 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif",
    "padding": 12,
    "view": {"stroke": None},
    "axis": {"labelColor": INK, "titleColor": MUTED, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": 400, "labelLimit": 300},
    "title": {"color": INK, "fontSize": 13, "fontWeight": 600, "subtitleColor": MUTED},
    "text": {"color": INK, "fill": INK, "fontSize": 12},
}  # fmt: skip
COLOUR = re.compile(r"--([a-z0-9]+(?:-[a-z0-9]+)*): (#[0-9a-f]{6})")
CLIP = re.compile(r"\bclip[0-9]+\b")
USED = re.compile(r"var\(--([a-z0-9-]+)\)")
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
{{ colours | safe -}}
body { margin: 2rem auto; max-width: 1120px; padding: 0 24px; background: var(--paper); color: var(--ink); font: 16px/1.55 var(--sans); }
h1 { font-size: 1.5rem; margin: 0 0 8px; }
figure { margin: 0 0 24px; padding: 12px; background: var(--surface); border: 1px solid var(--line); border-radius: 10px; overflow-x: auto; }
svg { background: none; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line); text-align: left; }
.n { text-align: right; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
<p>{{ note }}</p>
<figure role="img" aria-label="{{ label }}">
{{ svg | safe }}
</figure>
<table>
<thead><tr>{% for name in columns %}<th scope="col"{% if numeric[loop.index0] %} class="n"{% endif %}>{{ name }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in rows -%}
<tr>{% for text in row %}<td{% if numeric[loop.index0] %} class="n"{% endif %}>{{ text }}</td>{% endfor %}</tr>
{% endfor -%}
</tbody>
</table>
</body>
</html>
"""


def check(path: Path, option: str) -> None:
    """Raises UsageError where no picture can be written, MissingExtraError where nothing can be drawn."""
    if path.suffix.lower() not in FORMS:
        raise UsageError(f"{option} {path}: a plot is written as {', '.join(FORMS)}; name a file that ends so")
    check_file(path, option)
    need_altair(option)


def write(
    path: Path, option: str, spec: Spec, title: str, note: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Write the plot as the ending of its file says, whole or not at all. `note`, `columns` and `rows`: what a page says beside it."""
    form = path.suffix.lower()
    if form == ".html":
        data = _page(spec, title, note, columns, rows).encode()
    elif form == ".svg":
        data = _svg(_in_light(spec)).encode()
    else:
        data = _png(_in_light(spec))
    write_file(path, data, option)


def _page(spec: Spec, title: str, note: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """The page; its colours are those of a report, in dark mode too."""
    numeric = [bool(rows) and all(isinstance(row[i], int | float) for row in rows) for i in range(len(columns))]
    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(PAGE).render(
        title=title, note=note, label=spec["description"], colours=_colours(), svg=_svg(spec).strip(),
        columns=columns, rows=[[cell(value) for value in row] for row in rows], numeric=numeric,
    )  # fmt: skip


def _colours() -> str:
    """The style's colours, those of light and those of dark."""
    text = style()
    dark = text.index("@media screen")
    return text[text.index(":root {") : text.index("\n}\n", dark) + len("\n}\n")]


def _in_light(spec: Spec) -> Spec:
    """The plot on white with the colours of light mode themselves: what shows a picture need not know CSS."""
    colours: dict[str, str] = {}
    for name, colour in COLOUR.findall(style()):
        colours.setdefault(name, colour)

    def settle(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: settle(each) for key, each in value.items()}
        if isinstance(value, list):
            return [settle(each) for each in value]
        return USED.sub(lambda match: colours[match[1]], value) if isinstance(value, str) else value

    settled: Spec = settle(spec | {"config": CONFIG | {"background": "#ffffff"}})
    return settled


def _svg(spec: Spec) -> str:
    import vl_convert

    drawn = str(vl_convert.vegalite_to_svg({"config": CONFIG | {"background": None}} | spec, vl_version=_version()))
    numbers = {name: f"clip{number}" for number, name in enumerate(dict.fromkeys(CLIP.findall(drawn)))}
    return CLIP.sub(lambda match: numbers[match[0]], drawn)  # their numbers go on from one plot to the next


def _png(spec: Spec) -> bytes:
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(spec, scale=SCALE, vl_version=_version()))


def _version() -> str:
    """The Vega-Lite that altair writes for."""
    import altair

    return "_".join(altair.SCHEMA_VERSION.split(".")[:2])
