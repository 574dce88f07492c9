"""What a tree tells without being compiled: the aggregates and subqueries in it, and what it asks of nodes."""

from typing import Any

from kgtools.kg.cypher.grammar import tree

AGGREGATES = ("count", "collect", "sum", "avg", "min", "max", "stdev", "stdevp", "percentilecont", "percentiledisc")


def children(expr: Any) -> list[Any]:
    """The expressions that stand in one directly; those of subqueries and patterns are not counted."""
    if isinstance(expr, tree.Subquery | tree.PatternPredicate | tree.PatternComprehension):
        return []
    if isinstance(expr, tuple):
        return list(expr)
    if not hasattr(expr, "__dataclass_fields__") or isinstance(expr, tree.Labels):
        return []
    return [
        value
        for key in expr.__dataclass_fields__
        if isinstance(value := getattr(expr, key), tuple) or hasattr(value, "__dataclass_fields__")
    ]


def has_aggregate(expr: Any) -> bool:
    """Whether a call of an aggregating function stands in it, not counting those in subqueries."""
    if isinstance(expr, tree.Call) and expr.name in AGGREGATES:
        return True
    return any(map(has_aggregate, children(expr)))


def has_query(expr: Any) -> bool:
    """Whether a subquery or a pattern stands in it."""
    return isinstance(expr, tree.Subquery | tree.PatternPredicate | tree.PatternComprehension) or any(
        map(has_query, children(expr))
    )


def has_lookup(expr: Any) -> bool:
    """Whether something is looked up for it in other tables: it is asked of the rows that are left, for the engine would ask it of all
    that could be joined."""
    if isinstance(expr, tree.Path) or (isinstance(expr, tree.Call) and expr.name in ("startnode", "endnode")):
        return True
    return has_query(expr) or any(map(has_lookup, children(expr)))


def properties_in(part: Any) -> set[str]:
    """Every property that the query names."""
    own: set[str] = set()
    if isinstance(part, tree.Property):
        own.add(part.name)
    if isinstance(part, tree.Map):
        own.update(name for name, _ in part.items)
    if isinstance(part, tree.Index) and isinstance(part.key, tree.Literal) and isinstance(part.key.value, str):
        own.add(part.key.value)
    return own.union(*map(properties_in, _parts(part)))


def _parts(part: Any) -> list[Any]:
    """Everything that stands in a part of the tree directly."""
    if isinstance(part, tuple):
        return list(part)
    fields = getattr(part, "__dataclass_fields__", {})
    return [getattr(part, key) for key in fields]


def asks_all(part: Any) -> bool:
    """Whether all properties of a node or relationship may be asked for, by a name or without one; not counting those that are returned."""
    if isinstance(part, tree.Call) and part.name in ("properties", "keys"):
        return True
    if isinstance(part, tree.Projected) and part.everything:
        return True
    if isinstance(part, tree.Index) and not isinstance(part.key, tree.Literal):
        return True
    if isinstance(part, tree.Node | tree.Link) and isinstance(part.properties, tree.Param):
        return True
    return any(map(asks_all, _parts(part)))


def names_with_columns(part: Any) -> set[str]:
    """Names of which more is asked than which node they are: what is only counted, compared and joined needs no table."""
    if isinstance(part, tree.Variable):
        return {part.name}
    if (
        isinstance(part, tree.Call)
        and part.name == "count"
        and all(isinstance(arg, tree.Variable) for arg in part.args)
    ):
        return set()
    if (
        isinstance(part, tree.Binary)
        and part.op in ("=", "<>")
        and isinstance(part.left, tree.Variable)
        and isinstance(part.right, tree.Variable)
    ):
        return set()
    if isinstance(part, tree.Property) and part.name == "id" and isinstance(part.of, tree.Variable):
        return set()
    if isinstance(part, tree.IsNull) and isinstance(part.of, tree.Variable):
        return set()
    if isinstance(part, tree.Item) and isinstance(part.of, tree.Variable) and part.of.name == part.name:
        return set()
    if isinstance(part, tree.Project) and part.kind == "RETURN":
        shown = {item.of.name for item in part.items if isinstance(item.of, tree.Variable)}
        return shown.union(*map(names_with_columns, _parts(part)))
    return set().union(*map(names_with_columns, _parts(part)))


STAR = "*"


def names_with_elements(part: Any) -> set[str]:
    """Names that are more than counted: of a path of which only the length is asked nothing is looked up. STAR: all of them."""
    if isinstance(part, tree.Variable):
        return {part.name}
    if (
        isinstance(part, tree.Call)
        and part.name in ("length", "size", "count")
        and all(isinstance(arg, tree.Variable) for arg in part.args)
    ):
        return set()
    own = {STAR} if isinstance(part, tree.Project) and part.star and part.kind == "RETURN" else set()
    return own.union(*map(names_with_elements, _parts(part)))


def names_in(expr: object) -> set[str]:
    """Every name that an expression uses."""
    if isinstance(expr, tree.Variable):
        return {expr.name}
    if isinstance(expr, tuple):
        return set().union(*map(names_in, expr))
    fields = getattr(expr, "__dataclass_fields__", {})
    return set().union(*(names_in(getattr(expr, key)) for key in fields))


def split_and(expr: tree.Expr | None) -> list[tree.Expr]:
    """The parts of a condition that must all be true."""
    if isinstance(expr, tree.Binary) and expr.op == "AND":
        return [*split_and(expr.left), *split_and(expr.right)]
    return [expr] if expr is not None else []
