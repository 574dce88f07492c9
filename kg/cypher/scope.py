"""What the compiler knows at a place of the query: names, parameters, and the SQL of the rows so far."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kgtools.kg.cypher.analysis import names_in
from kgtools.kg.cypher.grammar import tree
from kgtools.kg.cypher.grammar.tree import fault
from kgtools.kg.cypher.types import NULL, Type
from kgtools.kg.cypher.values import Value, box
from kgtools.tools.errors import CypherError
from kgtools.tools.registry import suggestion


@dataclass
class Context:
    """What is the same all through a query. `node`, `link`: the types with the columns that it may ask of a node or relationship;
    `with_columns`: names of nodes of which more is asked than which they are; `with_elements`: names of paths of which
    more is asked than their length; `count`: how many triples of
    these relations there are; `notes`: what is to be said on stderr; `subquery`: compiles
    a query within an expression; `functions`: those that SQL does not have; `one_by_one`: whether rows come
    in the order in which one thread finds them."""

    text: str
    params: Mapping[str, Any]
    node: Type
    link: Type
    with_columns: frozenset[str]
    with_elements: frozenset[str]
    labels: frozenset[str]
    relations: frozenset[str]
    attributes: tuple[str, ...]
    subquery: Callable[[tree.Query, "Env"], "Select"]
    count: Callable[[frozenset[str] | None], int]
    notes: list[str] = field(default_factory=list)
    bound: dict[str, Any] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)
    one_by_one: bool = False
    counter: int = 0

    def bind(self, value: Any) -> str:
        """The name under which a value goes to the engine, beside the SQL."""
        name = next((name for name, known in self.bound.items() if known is value), None)
        if name is None:
            self.bound[name := f"p{len(self.bound) + 1}"] = value
        return name

    def name(self, kind: str = "t") -> str:
        """A name that nothing else in the SQL has."""
        self.counter += 1
        return f"{kind}{self.counter}"

    def fault(self, at: int, why: str) -> CypherError:
        """An error at a place of the text."""
        return fault(self.text, at, why)


@dataclass(frozen=True)
class Env:
    """What an expression may name. `known`: expressions that are columns already, each with its value; `within`: in a lambda of SQL,
    where no subquery may stand."""

    context: Context
    scope: Mapping[str, Value]
    known: tuple[tuple[tree.Expr, Value], ...] = ()
    within: bool = False

    def bind(self, names: Mapping[str, Value]) -> "Env":
        """With more names, which hide those around them."""
        known = tuple((expr, value) for expr, value in self.known if not names_in(expr) & names.keys())
        return replace(self, scope={**self.scope, **names}, known=known)

    def find(self, name: str, at: int) -> Value:
        """What a name stands for. Raises CypherError."""
        if name in self.scope:
            return self.scope[name]
        known = [each for each in self.scope if not each.startswith("\0")]
        raise self.context.fault(
            at, f"{name} is not defined here; {suggestion(name, known) if known else 'no name is'}"
        )


@dataclass(frozen=True)
class Select:
    """A query in SQL with the columns that it gives: name -> value, whose SQL is a column of `sql`."""

    sql: str
    columns: Mapping[str, Value]
    order: tuple[str, ...] = ()


@dataclass
class Block:
    """Rows under construction: FROM and WHERE, and what the names stand for in them. `outer`: names of a query around this one, in
    whose SQL they stand; `order`: what their order goes by, where it is promised; `asks`: whether a subquery is among the conditions."""

    context: Context
    scope: dict[str, Value] = field(default_factory=dict)
    outer: Mapping[str, Value] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    where: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    asks: bool = False

    @property
    def env(self) -> Env:
        """What an expression may name here."""
        return Env(self.context, {**self.outer, **self.scope})

    def select(self, columns: Iterable[str], rest: str = "", distinct: bool = False) -> str:
        """A SELECT of these columns from the rows."""
        tables = f" FROM {', '.join(self.tables)}" if self.tables else ""
        where = f" WHERE {' AND '.join(f'({each})' for each in self.where)}" if self.where else ""
        return f"SELECT {'DISTINCT ' if distinct else ''}{', '.join(columns) or '1 AS one'}{tables}{where}{rest}"

    def flush(self, scope: Mapping[str, Value] | None = None, distinct: bool = False) -> None:
        """Make a table of the rows, with a column for each part of each value."""
        named = dict(self.scope if scope is None else scope)
        columns, values = export(self.context, named)
        order = []
        if not distinct:
            for key in self.order:
                columns.append(f"{key} AS {(name := self.context.name('o'))}")
                order.append(name)
        table = self.context.name("q")
        self.tables, self.where = [f"({self.select(columns, distinct=distinct)}) AS {table}"], []
        self.scope = {name: within(value, table) for name, value in values.items()}
        self.order = [f"{table}.{name}" for name in order]
        self.asks = False


def export(context: Context, named: Mapping[str, Value]) -> tuple[list[str], dict[str, Value]]:
    """Columns of a SELECT for values (`sql AS name`), and the values as those columns, by their bare names."""
    columns: list[str] = []
    values: dict[str, Value] = {}
    for name, value in named.items():
        if value.parts is None:
            column = context.name("c")
            columns.append(f"{value.sql if value.kind != 'null' else 'CAST(NULL AS VARCHAR)'} AS {column}")
            values[name] = replace(value, sql=column)
        else:
            parts = {key: context.name("c") for key in value.parts}
            columns += [f"{value.parts[key]} AS {column}" for key, column in parts.items()]
            values[name] = replace(value, parts=parts)
    return columns, values


def within(value: Value, table: str) -> Value:
    """A value whose columns are those of a table."""
    if value.parts is None:
        return replace(value, sql=f"{table}.{value.sql}")
    return replace(value, parts={key: f"{table}.{column}" for key, column in value.parts.items()})


def sort_keys(values: Iterable[Value]) -> list[str]:
    """What makes the order of rows certain: every value that can be compared."""
    keys = []
    for value in values:
        if value.constant is not None:
            continue
        if value.parts is not None and "id" in value.parts:
            keys.append(value.parts["id"])
        elif value.type is not NULL and value.kind != "null":
            keys.append(box(value))
    return keys
