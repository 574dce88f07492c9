"""What the plots of a report share.

Colours are CSS variables of the page, so that dark mode and print need no other plot. What the page must know to make
a plot as wide as its box stands in `usermeta`: `shares` (the views that stretch, with their part of what is free;
`least`: never below) or `panel` (the least room of a facet)."""

from typing import TYPE_CHECKING, Any

from kgtools.tools.errors import MissingExtraError

if TYPE_CHECKING:
    import altair as alt

Spec = dict[str, Any]
STEP = 26
"""Height of a row."""
INK, MUTED, FAINT, FIRST, SECOND = (f"var(--{name})" for name in ("ink", "muted", "line", "series-1", "series-2"))


def need_altair(option: str = "--html") -> None:
    """Raises MissingExtraError where the packages that draw are not installed."""
    try:
        import altair  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(f"{option} needs {error.name or 'altair'}: pip install 'kgtools[html]'") from error


def title_of(text: str) -> "alt.TitleParams":
    """A title at the left edge of a view."""
    import altair as alt

    return alt.TitleParams(text, anchor="start", frame="group", offset=6)


def room(texts: list[str]) -> int:
    """Pixels that the longest of these numbers needs beside its bar."""
    return 10 + 7 * max(map(len, texts))


def stack(chart: Any, description: str, views: int, least: int) -> Spec:
    """The specification of views one above the other, named view0, view1, ..., that are all as wide as the box."""
    return finish(chart, description, shares={f"view{number}": 1 for number in range(views)}, least=least)


def finish(chart: Any, description: str, **usermeta: Any) -> Spec:
    """The specification, with its words for who cannot see it; the page decides on fonts and colours."""
    spec: Spec = chart.to_dict()
    spec.pop("config", None)
    return spec | {"description": description, "usermeta": usermeta}
