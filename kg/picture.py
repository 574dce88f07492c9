"""A neighbourhood as a picture: a tree in the round, from the entity over its relations to the entities beyond, as SVG."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from math import cos, pi, sin
from unicodedata import east_asian_width

from kg.ontology import ontology

LINE, GAP, FEW = 15.0, 1.2, 36.0
"""The height of a label; the gap between two relations, in labels; fewer labels than these do not spread out further."""

MIDDLE, FAN, DEEP, LABEL, TITLE = 58.0, 95.0, 235.0, 15, 400
"""The radius of the entity in the middle; how far apart a relation and its entities stand, and those and the ones beyond;
the longest label in Han characters, the longest tooltip."""

COLOURS = {
    "Disease": "#d1495b", "Symptom": "#e08e2b", "Examination": "#2a7fba", "Treatment": "#2f9e77", "Drug": "#7b5ea7",
    "Product": "#b06fb5", "Food": "#7a9a2e", "Department": "#5f7a8a", "BodyPart": "#b5654a",
}  # fmt: skip
OTHER = "#808080"


@dataclass(frozen=True)
class Leaf:
    """An entity at the end of a branch: what it is called, its type, what its tooltip says, what grows from it."""

    name: str
    type: str
    tip: str
    leaves: tuple["Leaf", ...] = ()

    @property
    def width(self) -> float:
        """How many labels it takes up."""
        return float(max(1, len(self.leaves)))


@dataclass(frozen=True)
class Branch:
    """A relation, out of the entity in the middle or into it, with its entities."""

    words: str
    inward: bool
    tip: str
    leaves: tuple[Leaf, ...]
    more: int = 0

    @property
    def width(self) -> float:
        """How many labels it takes up."""
        return max(1.6, sum(leaf.width for leaf in self.leaves) + bool(self.more))


@dataclass
class _Canvas:
    """What is drawn, words over lines, and how far it reaches: left, top, right, bottom."""

    hub: float
    ring: float
    outer: float
    lines: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    reach: list[float] = field(default_factory=lambda: [-MIDDLE, -MIDDLE, MIDDLE, MIDDLE])

    def include(self, angle: float, radius: float) -> None:
        """Make room for a point."""
        x, y = cos(angle) * radius, sin(angle) * radius
        self.reach = [min(self.reach[0], x), min(self.reach[1], y), max(self.reach[2], x), max(self.reach[3], y)]


def draw(middle: Leaf, branches: tuple[Branch, ...], label: str) -> str:
    """The picture as an SVG element; `label` is what a screen reader says."""
    needed = sum(branch.width + GAP for branch in branches)
    total = max(needed, FEW)
    gap = GAP + (total - needed) / max(1, len(branches))
    deep = any(leaf.leaves for branch in branches for leaf in branch.leaves)
    around = total * LINE / (2 * pi)
    hub = MIDDLE + 40 + 12 * max((_width(branch.words) for branch in branches), default=0)
    ring = max(hub + FAN, FAN + around * (0.75 if deep else 1.0))
    canvas = _Canvas(hub, ring, max(ring + DEEP, around) if deep else ring)
    angle = -pi / 2 - _turn(branches[0].width if branches else 1, total) / 2
    for branch in branches:
        _branch(canvas, branch, angle, total)
        angle += _turn(branch.width + gap, total)
    left, top, right, bottom = (round(edge) for edge in canvas.reach)
    width, height = right - left + 40, bottom - top + 40
    return "\n".join(
        [f'<svg viewBox="{left - 20} {top - 20} {width} {height}" width="{width}" style="min-width:{min(width, 680)}px" '
         f'role="img" aria-label="{escape(label)}">',
         *canvas.lines, *canvas.words, *_middle(middle), "</svg>"]
    )  # fmt: skip


def _turn(width: float, total: float) -> float:
    return width / total * 2 * pi


def _branch(canvas: _Canvas, branch: Branch, start: float, total: float) -> None:
    """A relation from the angle `start` on: its spoke with words, then its entities and what is beyond them."""
    turn = _turn(branch.width, total)
    hub = start + turn / 2
    (x, y), (x0, y0) = _point(hub, canvas.hub), _point(hub, MIDDLE + 4)
    kind = "spoke in" if branch.inward else "spoke"
    canvas.lines.append(f'<path class="{kind}" d="M{x0} {y0}L{x} {y}"/><circle class="hub" cx="{x}" cy="{y}" r="3.5"/>')
    words = f"← {branch.words}" if branch.inward else branch.words
    _write(canvas, words, hub, canvas.hub - 10, branch.tip, "relation")
    taken = sum(leaf.width for leaf in branch.leaves) + bool(branch.more)
    angle = start + (turn - _turn(taken, total)) / 2
    for leaf in branch.leaves:
        at = angle + _turn(leaf.width, total) / 2
        canvas.lines.append(_curve(hub, canvas.hub, at, canvas.ring))
        _leaf(canvas, leaf, at, canvas.ring)
        for place, beyond in enumerate(leaf.leaves):
            beyond_at = angle + _turn(place + 0.5, total)
            canvas.lines.append(_curve(at, canvas.ring, beyond_at, canvas.outer))
            _leaf(canvas, beyond, beyond_at, canvas.outer)
        angle += _turn(leaf.width, total)
    if branch.more:
        at = angle + _turn(0.5, total)
        canvas.lines.append(_curve(hub, canvas.hub, at, canvas.ring))
        _write(canvas, f"… {branch.more:,}", at, canvas.ring + 4, f"{branch.tip}: {branch.more:,} more", "more")


def _leaf(canvas: _Canvas, leaf: Leaf, angle: float, radius: float) -> None:
    x, y = _point(angle, radius)
    colour = COLOURS.get(leaf.type, OTHER)
    canvas.words.append(f'<circle cx="{x}" cy="{y}" r="4.5" fill="{colour}"><title>{_tip(leaf.tip)}</title></circle>')
    _write(canvas, leaf.name, angle, radius + 9, leaf.tip, "leaf")


def _write(canvas: _Canvas, text: str, angle: float, radius: float, tip: str, kind: str) -> None:
    """Words along the ray from the radius on, upright on both sides; those of a relation end there."""
    x, y = _point(angle, radius)
    left = cos(angle) < -1e-6
    degrees = angle * 180 / pi + (180 if left else 0)
    anchor = "end" if left != (kind == "relation") else "start"
    short = text if kind == "relation" else shortened(text, LABEL)
    canvas.include(angle, radius + (0 if kind == "relation" else 12.5 * _width(short)))
    where = f'x="{x}" y="{y}" transform="rotate({degrees:.1f} {x} {y})" text-anchor="{anchor}"'
    canvas.words.append(f'<text class="{kind}" {where} dy="0.35em">{escape(short)}<title>{_tip(tip)}</title></text>')


def _middle(leaf: Leaf) -> Iterator[str]:
    colour = COLOURS.get(leaf.type, OTHER)
    yield f'<circle cx="0" cy="0" r="{MIDDLE:.0f}" fill="{colour}"><title>{_tip(leaf.tip)}</title></circle>'
    lines = _folded(leaf.name)
    for place, line in enumerate(lines):
        y = (place - (len(lines) - 1) / 2) * 19
        yield f'<text class="middle" x="0" y="{y:.1f}" dy="0.35em" text-anchor="middle">{escape(line)}</text>'


def _folded(name: str) -> list[str]:
    """The name in up to three lines of six Han characters."""
    lines = [""]
    for char in name:
        if _width(lines[-1] + char) > 6:
            lines.append("")
        lines[-1] += char
    return [line.strip() for line in lines] if len(lines) <= 3 else [*lines[:2], shortened(lines[2] + lines[3], 5)]


def _curve(angle: float, radius: float, to_angle: float, to_radius: float) -> str:
    """A line that leaves along its own ray and arrives along the other's."""
    middle = (radius + to_radius) / 2
    points = (_point(angle, radius), _point(angle, middle), _point(to_angle, middle), _point(to_angle, to_radius))
    start, first, second, end = (f"{x} {y}" for x, y in points)
    return f'<path d="M{start}C{first} {second} {end}"/>'


def _point(angle: float, radius: float) -> tuple[str, str]:
    return f"{cos(angle) * radius + 0.0:.1f}", f"{sin(angle) * radius + 0.0:.1f}"


def _width(text: str) -> float:
    return sum(1.0 if east_asian_width(char) in "WF" else 0.55 for char in text)


def shortened(text: str, most: float) -> str:
    """The beginning of a text, as wide as so many Han characters."""
    if _width(text[: int(most * 2) + 1]) <= most:
        return text
    kept = ""
    for char in text:
        if _width(kept + char) > most - 1:
            break
        kept += char
    return f"{kept}…"


def _tip(text: str) -> str:
    return escape(text if len(text) <= TITLE else f"{text[:TITLE]}…")


def legend(types: list[str]) -> list[tuple[str, str, str]]:
    """Colour, Chinese and English word of each of these entity types, in the order of the ontology."""
    return [(COLOURS.get(name, OTHER), t.zh, t.en) for name, t in ontology().entities.items() if name in types]
