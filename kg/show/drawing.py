"""A neighbourhood as a picture: a tree in the round, from the entity over its relations to the entities beyond, as SVG.

The tree is a graph of networkx, whose circular layout gives the places."""

from cmath import phase
from html import escape
from math import degrees, pi
from typing import Any

import networkx as nx
from rich.cells import cell_len, chop_cells, set_cell_size

from kgtools.kg.ontology import ontology
from kgtools.kg.show.profile import Link, Profile
from kgtools.tools.errors import MissingExtraError

LINE, CELL, LABEL, FOLD, TITLE = 15.0, 7.0, 30, 12, 400
"""The height of a label and the width of half a Han character, in pixels; the longest label and the longest line in the
middle, in halves of a Han character; the longest tooltip."""

GAP, FEW = 2, 36
"""The least room between two relations, in labels; fewer labels than these do not spread out further."""

MIDDLE, FAN, DEEP, BESIDE, EDGE = 58.0, 95.0, 235.0, 9.0, 20
"""The radius of the entity in the middle; how far apart a relation and its entities stand, and those and the ones beyond;
how far a label stands from its dot, and the picture's edge from the longest label."""

COLOURS = {
    "Disease": "#d1495b", "Symptom": "#e08e2b", "Examination": "#2a7fba", "Treatment": "#2f9e77", "Drug": "#7b5ea7",
    "Product": "#b06fb5", "Food": "#7a9a2e", "Department": "#5f7a8a", "BodyPart": "#b5654a",
}  # fmt: skip
OTHER = "#808080"


Beyond = dict[str, list[tuple[str, Link]]]
"""For an entity one step away, by its id, relations and links of its own."""


def tree(profile: Profile, beyond: Beyond) -> nx.DiGraph:
    """A profile as a tree: the entity (node 0), its relations, their entities, and what is `beyond` these.

    Each node has its `kind` (middle, relation, entity, more), `name`, `tip`, `type` ("" for what is no entity), `inward`."""
    grown = nx.DiGraph()
    names = (profile.id, profile.name_en, "、".join(profile.aliases))
    _grow(grown, None, "middle", profile.name, "\n".join(filter(None, names)), profile.type)
    for relation in profile.relations:
        arrow, mark = ("→", "") if relation.direction == "out" else ("←", "← ")
        words = f"{relation.zh} {relation.en}"
        tip = f"{relation.relation} {arrow} {words}: {relation.count:,}"
        spoke = _grow(grown, 0, "relation", mark + words, tip, inward=bool(mark))
        for link in relation.triples:
            near = _grow(grown, spoke, "entity", link.label, _origins(link), link.type or "")
            for name, far in beyond.get(link.other, ()):
                _grow(grown, near, "entity", far.label, f"{name}\n{_origins(far)}", far.type or "")
        if more := relation.count - len(relation.triples):
            _grow(grown, spoke, "more", f"… {more:,}", f"{tip}: {more:,} more")
    return grown


def _grow(
    grown: nx.DiGraph, parent: int | None, kind: str, name: str, tip: str, type_: str = "", inward: bool = False
) -> int:
    node = len(grown)
    grown.add_node(node, kind=kind, name=name, tip=tip, type=type_, inward=inward)
    if parent is not None:
        grown.add_edge(parent, node)
    return node


def _origins(link: Link) -> str:
    return "\n".join(text for text in (link.other, link.name_en, *link.origins) if text)


def draw(grown: nx.DiGraph, label: str) -> str:
    """The tree as an SVG element; `label` is what a screen reader says. Raises MissingExtraError without numpy."""
    rays, slots = _rays(grown)
    depths = nx.single_source_shortest_path_length(grown, 0)
    rings = _rings(grown, slots, max(depths.values()))
    points = {node: rays[node] * rings[depth] for node, depth in depths.items()}
    lines, words, ends = [], [], [complex(-MIDDLE, -MIDDLE), complex(MIDDLE, MIDDLE)]
    for node, data in grown.nodes.items():
        for below in grown[node] if node else ():
            bend = (rings[depths[node]] + rings[depths[below]]) / 2
            curve = f"C{_at(rays[node] * bend)} {_at(rays[below] * bend)} {_at(points[below])}"
            lines.append(f'<path d="M{_at(points[node])}{curve}"/>')
        if data["kind"] == "relation":
            spoke = "spoke in" if data["inward"] else "spoke"
            lines.append(f'<path class="{spoke}" d="M{_at(rays[node] * (MIDDLE + 4))}L{_at(points[node])}"/>')
            lines.append(_dot(points[node], 3.5, 'class="hub"', data["tip"]))
            words.append(_text(data, rays[node], points[node] - BESIDE * rays[node]))
        elif node:
            if data["kind"] == "entity":
                words.append(_dot(points[node], 4.5, _fill(data), data["tip"]))
            words.append(_text(data, rays[node], points[node] + BESIDE * rays[node]))
            ends.append(points[node] + rays[node] * (BESIDE + CELL * cell_len(shorten(data["name"]))))
    xs, ys = [end.real for end in ends], [end.imag for end in ends]
    left, top = round(min(xs)) - EDGE, round(min(ys)) - EDGE
    width, height = round(max(xs)) + EDGE - left, round(max(ys)) + EDGE - top
    return "\n".join(
        [f'<svg viewBox="{left} {top} {width} {height}" width="{width}" style="min-width:{min(width, 680)}px" '
         f'role="img" aria-label="{escape(label)}">', *lines, *words, *_middle(grown.nodes[0]), "</svg>"]
    )  # fmt: skip


def _rays(grown: nx.DiGraph) -> tuple[dict[int, complex], int]:
    """Where each node stands as seen from the middle, and among how many slots: leaves in the order of the tree with
    spacers between relations on a circle, all else at the mean of its leaves, the first relation above."""
    leaves = {spoke: [n for n in nx.dfs_preorder_nodes(grown, spoke) if not grown[n]] for spoke in grown[0]}
    gap = max(GAP, (FEW - sum(map(len, leaves.values()))) // len(leaves))
    slots = [slot for spoke, below in leaves.items() for slot in (*below, *((spoke, number) for number in range(gap)))]
    try:
        circle = nx.circular_layout(slots)
    except ImportError as error:
        raise MissingExtraError(f"--html needs {error.name or 'numpy'}: pip install 'kgtools[html]'") from error
    sums = {slot: complex(*point) for slot, point in circle.items()}
    for node in nx.dfs_postorder_nodes(grown, 0):
        if grown[node]:
            sums[node] = sum(sums[below] for below in grown[node])
    first = sums[next(iter(grown[0]))]
    turn = -1j * abs(first) / first
    return {node: sums[node] / abs(sums[node]) * turn if node else 0j for node in grown}, len(slots)


def _rings(grown: nx.DiGraph, slots: int, deepest: int) -> list[float]:
    """The radius of each depth: so far out that neither leaves nor the words of relations with one leaf each overlap."""
    around = slots * LINE / (2 * pi)
    spoke = CELL * max(cell_len(grown.nodes[node]["name"]) for node in grown[0])
    hub = max(MIDDLE + 20, around / (GAP + 1)) + spoke + BESIDE
    near = max(hub + FAN, around * (0.9 if deepest > 2 else 1.0) + FAN)
    return [0, hub, near, max(near + DEEP, around)]


def _at(point: complex) -> str:
    return f"{point.real:z.1f} {point.imag:z.1f}"


def _fill(data: dict[str, Any]) -> str:
    return f'fill="{COLOURS.get(data["type"], OTHER)}"'


def _dot(point: complex, radius: float, attributes: str, tip: str) -> str:
    return f'<circle cx="{point.real:z.1f}" cy="{point.imag:z.1f}" r="{radius}" {attributes}>{_title(tip)}</circle>'


def _text(data: dict[str, Any], ray: complex, point: complex) -> str:
    """The name along the ray, upright on both sides: outwards from the point, that of a relation inwards."""
    left, relation = ray.real < -1e-6, data["kind"] == "relation"
    turn = degrees(phase(-ray if left else ray))
    anchor = "end" if left != relation else "start"
    where = f'transform="translate({_at(point)}) rotate({turn:z.1f})" text-anchor="{anchor}" dy="0.35em"'
    name = data["name"] if relation else shorten(data["name"])
    return f'<text class="{data["kind"]}" {where}>{escape(name)}{_title(data["tip"])}</text>'


def _middle(data: dict[str, Any]) -> list[str]:
    """The entity in its disc, the name in up to three lines."""
    lines = chop_cells(data["name"], FOLD)
    lines = [*lines[:2], *([shorten("".join(lines[2:]), FOLD)] if lines[2:] else [])]
    texts = [
        f'<text class="middle" x="0" y="{(number - (len(lines) - 1) / 2) * 19:.1f}" dy="0.35em" text-anchor="middle">'
        f"{escape(line.strip())}</text>"
        for number, line in enumerate(lines)
    ]
    return [_dot(0j, MIDDLE, _fill(data), data["tip"]), *texts]


def shorten(text: str, most: int = LABEL) -> str:
    """The beginning of a text, as wide as so many halves of a Han character."""
    return text if cell_len(text) <= most else f"{set_cell_size(text, most - 1).rstrip()}…"


def _title(tip: str) -> str:
    return f"<title>{escape(tip if len(tip) <= TITLE else f'{tip[:TITLE]}…')}</title>"


def legend(types: set[str]) -> list[tuple[str, str, str]]:
    """Colour, Chinese and English word of each of these entity types, in the order of the ontology."""
    return [(COLOURS.get(name, OTHER), t.zh, t.en) for name, t in ontology().entities.items() if name in types]
