"""The gain as one picture: on the left what was stated before and after, on the right the difference with its interval and that of the
control set behind it."""

from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from kgtools.tools.errors import MissingExtraError, UsageError
from kgtools.tools.inputs.safe_yaml import read_yaml
from kgtools.tools.outputs.atomic import check_file, write_file
from kgtools.train.evaluate.knowledge import CLASSES, PERMUTED

if TYPE_CHECKING:
    import altair as alt

    from kgtools.train.evaluate.gain import GainCell, GainResult

Lang = Literal["en", "zh"]
Spec = dict[str, Any]
FORMS = (".html", ".svg", ".png")
SCALE = 2
"""Pixels of a PNG for each of the plot."""
STEP, LEFT, RIGHT = 34, 300, 300
"""Height of a row, widths of the panels."""
ROOM = 200
"""Beside the rows for their names, whose width depends on the fonts of who looks."""
LIGHT = {
    "paper": "#ffffff", "ink": "#1b2128", "muted": "#56606b", "line": "#dde2e7", "band": "#f6e3cd", "before": "#8a949e", "after": "#2a6fb0",
    "control": "#b85c00",
}  # fmt: skip
DARK = {
    "paper": "#181e25", "ink": "#e6eaee", "muted": "#a4afba", "line": "#303942", "band": "#4a3a26", "before": "#8a949e", "after": "#6fb0ec",
    "control": "#f0a04b",
}  # fmt: skip
INK, MUTED, LINE, BAND = (f"var(--{name})" for name in ("ink", "muted", "line", "band"))
BEFORE, AFTER, CONTROL = (f"var(--{name})" for name in ("before", "after", "control"))
FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; {light} }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
body {{ margin: 2rem auto; max-width: 1000px; padding: 0 16px; background: var(--paper); color: var(--ink); font: 16px/1.55 {font}; }}
h1 {{ font-size: 1.5rem; margin: 0 0 8px; }}
figure, .wide {{ margin: 16px 0; overflow-x: auto; }}
svg {{ background: none; overflow: visible; }}
table {{ border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }}
th, td {{ padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }}
th:first-child, td:first-child {{ text-align: left; }}
</style>
</head>
<body>
<h1>{title}</h1>
{answers}
<figure role="img" aria-label="{label}">
{svg}
</figure>
<div class="wide"><table>
{rows}
</table></div>
</body>
</html>
"""


@cache
def _words() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_name("gain_words.yaml")
    values, _ = read_yaml(path.read_text(encoding="utf-8"), path)
    return {lang: {key: pair[lang] for key, pair in values.items()} for lang in get_args(Lang)}


def check(path: Path) -> None:
    """Raises UsageError where no picture can be written, MissingExtraError where nothing can be drawn."""
    if path.suffix.lower() not in FORMS:
        raise UsageError(f"--plot {path}: a plot is written as {', '.join(FORMS)}; name a file that ends so")
    check_file(path, "--plot")
    try:
        import altair  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(f"--plot needs {error.name or 'altair'}: pip install 'kgtools[html]'") from error


def write(path: Path, result: "GainResult", lang: Lang) -> None:
    """Write the plot as the ending of its file says, whole or not at all."""
    import vl_convert

    spec, form = plot(result, lang), path.suffix.lower()
    version = _version()
    if form == ".html":
        bare = {key: value for key, value in spec.items() if key != "title"}  # which the page says itself
        svg = str(vl_convert.vegalite_to_svg(bare, vl_version=version))
        data = _page(svg, result, lang).encode()
    elif form == ".svg":
        data = str(vl_convert.vegalite_to_svg(_in_light(spec), vl_version=version)).encode()
    else:
        data = bytes(vl_convert.vegalite_to_png(_in_light(spec), scale=SCALE, vl_version=version))
    write_file(path, data, "--plot")


def plot(result: "GainResult", lang: Lang) -> Spec:
    """The plot; colours are CSS variables of the page."""
    import altair as alt

    words = _words()[lang]
    rows = [_row(cell, words) for cell in map(result.cell, CLASSES) if cell is not None]
    both = alt.hconcat(_shares(rows, words), _gains(rows, result.cell(PERMUTED), words), spacing=28)
    said = answers(result, lang)
    head = {"text": words["title"], "subtitle": said, "anchor": "start", "offset": 16}
    return both.to_dict() | {"title": head, "description": " ".join([words["title"], *said]), "config": CONFIG}


def _shares(rows: list[dict[str, Any]], words: Mapping[str, str]) -> Any:
    """What was stated before and after, a line between the two."""
    import altair as alt

    base, colour = _base(rows, alt.Axis(domain=False, ticks=False, labelPadding=10, minExtent=ROOM)), _colour()
    before = alt.X("before:Q", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(title=words["stated"], tickCount=5))
    point: dict[str, Any] = {"size": 90, "strokeWidth": 2, "filled": True, "opacity": 1}
    title = alt.TitleParams(f"○ {words['before']}   ● {words['after']}", anchor="start")
    return alt.layer(
        base.mark_rule(color=MUTED, strokeWidth=2).encode(x=before, x2="after:Q"),
        base.mark_point(fill="var(--paper)", stroke=BEFORE, **point).encode(x=before),
        base.mark_point(**point).encode(x="after:Q", color=colour, fill=colour),
    ).properties(width=LEFT, height=STEP * len(rows), title=title)


def _gains(rows: list[dict[str, Any]], control: "GainCell | None", words: Mapping[str, str]) -> Any:
    """The gain with its interval; that of the control set behind all."""
    import altair as alt

    base, colour = _base(rows, None), _colour()
    edges = [row[name] for row in rows for name in ("low", "gain", "high") if row[name] is not None]
    reach = alt.Scale(domain=[min(-5.0, *edges), max(5.0, *edges)], nice=5)
    gain, low = (
        alt.X(f"{name}:Q", scale=reach, axis=alt.Axis(title=words["gain"], tickCount=5)) for name in ("gain", "low")
    )
    behind = []
    if control is not None and control.low is not None and control.high is not None:
        ends = alt.InlineData(values=[{"low": 100 * control.low, "high": 100 * control.high}])
        behind.append(alt.Chart(ends).mark_rect(color=BAND).encode(x=low, x2="high:Q"))
    zero = alt.Chart(alt.InlineData(values=[{"gain": 0}])).mark_rule(color=MUTED, strokeDash=[3, 3]).encode(x=gain)
    return alt.layer(
        *behind,
        zero,
        base.mark_rule(strokeWidth=2).encode(x=low, x2="high:Q", color=colour),
        base.mark_point(size=90, filled=True, opacity=1).encode(x=gain, color=colour, fill=colour),
        base.mark_text(dy=-11, fontSize=11, fill=INK).encode(x=gain, text="shown:N"),
    ).properties(
        width=RIGHT, height=STEP * len(rows), title=alt.TitleParams(words["band"] if behind else "", anchor="start")
    )


def _base(rows: list[dict[str, Any]], axis: "alt.Axis | None") -> "alt.Chart":
    """A row for each class, in their order."""
    import altair as alt

    order = alt.Scale(domain=[row["name"] for row in rows])
    return alt.Chart(alt.InlineData(values=rows)).encode(y=alt.Y("name:N", title=None, axis=axis, scale=order))


def _colour() -> Any:
    """That of the control set, or of the others."""
    import altair as alt

    return alt.condition("datum.control", alt.value(CONTROL), alt.value(AFTER))


CONFIG: Spec = {
    "font": FONT, "padding": 12, "background": None, "view": {"stroke": None},
    "axis": {
        "labelColor": INK, "titleColor": MUTED, "gridColor": LINE, "domainColor": LINE, "tickColor": LINE, "labelFontSize": 12,
        "titleFontSize": 12, "titleFontWeight": 400, "labelLimit": 300, "labelFlush": False,
    },
    "title": {"color": INK, "fontSize": 13, "fontWeight": 400, "subtitleColor": MUTED, "subtitleFontSize": 13},
}  # fmt: skip


def answers(result: "GainResult", lang: Lang) -> list[str]:
    """What the picture says, a sentence for each question."""
    from kgtools.train.evaluate.gain import QUESTIONS

    words, said = _words()[lang], []
    for name, of in QUESTIONS.items():
        cell, shown = result.cell(of), result.shown[name]
        sentence = f"{words[name]}{words['colon']}{words[shown]}"
        if cell is not None:
            over, low, high = (
                (cell.gain, cell.low, cell.high) if cell.over is None else (cell.over, cell.over_low, cell.over_high)
            )
            if low is not None and high is not None:
                shape = words["alone" if cell.over is None else "over"]
                sentence += words["stop"] + shape.format(over=_points(over), low=_points(low), high=_points(high))
        said.append(sentence)
    return said


def _row(cell: "GainCell", words: Mapping[str, str]) -> dict[str, Any]:
    low, high = (None if edge is None else 100 * edge for edge in (cell.low, cell.high))
    return {
        "name": f"{words[cell.value]}  (n = {cell.n:,})", "before": 100 * cell.before, "after": 100 * cell.after, "gain": 100 * cell.gain,
        "low": low, "high": high, "shown": _points(cell.gain), "control": cell.value == PERMUTED,
    }  # fmt: skip


def _points(value: float) -> str:
    return f"{100 * value:+.1f}"


def _page(svg: str, result: "GainResult", lang: Lang) -> str:
    words = _words()[lang]
    lines = [[words["prompts"], "n", words["before"], words["after"], words["gain"]]]
    for cell in filter(None, map(result.cell, CLASSES)):
        edges = "" if cell.low is None or cell.high is None else f" ({_points(cell.low)} – {_points(cell.high)})"
        lines.append(
            [
                words[cell.value],
                f"{cell.n:,}",
                f"{100 * cell.before:.1f}",
                f"{100 * cell.after:.1f}",
                _points(cell.gain) + edges,
            ]
        )
    marks = ["th", *("td" for _ in lines[1:])]
    rows = "\n".join(
        f"<tr>{''.join(f'<{mark}>{escape(text)}</{mark}>' for text in line)}</tr>"
        for mark, line in zip(marks, lines, strict=True)
    )
    said = answers(result, lang)
    colours = [" ".join(f"--{name}: {value};" for name, value in each.items()) for each in (LIGHT, DARK)]
    return PAGE.format(
        lang="zh-CN" if lang == "zh" else "en", title=escape(words["title"]), light=colours[0], dark=colours[1], font=FONT,
        answers="\n".join(f"<p>{escape(sentence)}</p>" for sentence in said), label=escape(" ".join(said)), svg=svg.strip(), rows=rows,
    )  # fmt: skip


def _in_light(value: Any) -> Any:
    """The plot with the colours of light mode themselves: what shows a picture need not know CSS."""
    if isinstance(value, dict):
        settled = {key: _in_light(each) for key, each in value.items()}
        return settled | {"background": LIGHT["paper"]} if value.get("background", "") is None else settled
    if isinstance(value, list):
        return [_in_light(each) for each in value]
    if isinstance(value, str):
        for name, colour in LIGHT.items():
            value = value.replace(f"var(--{name})", colour)
    return value


def _version() -> str:
    """The Vega-Lite that altair writes for."""
    import altair

    return "_".join(altair.SCHEMA_VERSION.split(".")[:2])
