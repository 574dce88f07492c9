"""The shortest paths between two nodes: a breadth-first search over the relationships, as a function of the engine."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.tools.frames import scan_table

SAME = "a shortest path between a node and itself is not defined; add WHERE a <> b, or let it begin with a length of 0, as in *0..3"
MOST = 10_000
"""Paths of one length between two nodes, after which no more are given: an error, and no part of them."""

Edges = dict[str, list[tuple[str, str]]]
"""A node's id -> (relationship's id, the node at its other end)."""


def register(connection: Any, triples: Path) -> None:
    """Give the engine `shortest(types, direction, most, all, lone, from, to, no nodes, no links)`: a list of `{nodes, links}`, lists of
    ids; none of the path's nodes and relationships are among the last two. `lone`: from a node to itself it is that node, else an error."""
    from duckdb.func import FunctionNullHandling
    from duckdb.sqltypes import BIGINT, BOOLEAN, VARCHAR

    @cache
    def edges(types: str, direction: str) -> Edges:
        rows = scan_table(triples).select("id", "head", "relation", "tail").sort("id")
        if types:
            rows = rows.filter(pl.col("relation").is_in(types.split("|")))
        found: Edges = defaultdict(list)
        for id_, head, tail in rows.select("id", "head", "tail").collect().iter_rows():
            if direction != "in":
                found[head].append((id_, tail))
            if direction != "out" and (direction == "in" or head != tail):
                found[tail].append((id_, head))
        return found

    def shortest(
        types: str,
        direction: str,
        most: int,
        every: bool,
        lone: bool,
        begin: str | None,
        end: str | None,
        no_nodes: list[str],
        no_links: list[str],
    ) -> list[dict[str, list[str]]]:
        if begin is None or end is None:
            return []
        if begin == end and not lone:
            raise ValueError(SAME)
        avoid = frozenset(no_nodes).union(no_links)
        if begin in avoid or end in avoid:
            return []
        paths = search(edges(types, direction), begin, end, most, avoid)
        found = []
        for nodes, links in paths:
            found.append({"nodes": nodes, "links": links})
            if not every:
                break
            if len(found) > MOST:
                raise ValueError(
                    f"more than {MOST:,} shortest paths between two nodes; name types, or use shortestPath"
                )
        return found

    kind = connection.sql("SELECT [{'nodes': ['a'], 'links': ['b']}] AS x").types[0]
    ids = connection.sql("SELECT ['a'] AS x").types[0]
    given = [VARCHAR, VARCHAR, BIGINT, BOOLEAN, BOOLEAN, VARCHAR, VARCHAR, ids, ids]
    connection.create_function("shortest", shortest, given, kind, null_handling=FunctionNullHandling.SPECIAL)


def search(
    edges: Edges, begin: str, end: str, most: int, avoid: frozenset[str] = frozenset()
) -> Iterator[tuple[list[str], list[str]]]:
    """The shortest paths as (nodes, links), in the order of the ids of their links, from the last back; `most` -1: of any length;
    `avoid`: ids of nodes and links that are in none."""
    before: dict[str, list[tuple[str, str]]] = {begin: []}
    level, length = [begin], 0
    while level and end not in before and (most < 0 or length < most):
        length += 1
        reached: dict[str, list[tuple[str, str]]] = {}
        for node in level:
            for link, other in edges.get(node, ()):
                if other not in before and not (avoid and (other in avoid or link in avoid)):
                    reached.setdefault(other, []).append((link, node))
        before |= reached
        level = list(reached)
    if end not in before:
        return

    def back(node: str) -> Iterator[tuple[list[str], list[str]]]:
        if node == begin:
            yield [begin], []
        for link, earlier in sorted(before[node]):
            for nodes, links in back(earlier):
                yield [*nodes, node], [*links, link]

    yield from back(end)
