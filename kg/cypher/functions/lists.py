"""Functions of lists, and the first value that is there."""

from collections.abc import Callable

from kgtools.kg.cypher.functions.arguments import needs, null_of
from kgtools.kg.cypher.scope import Env
from kgtools.kg.cypher.types import BOOL, INT, NULL, unify
from kgtools.kg.cypher.values import Value, cast, literal


def _size(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("list", "text"), "size()")
    if value.kind == "null":
        return null_of(INT)
    return Value(INT, f"{'len' if value.kind == 'list' else 'length'}({value.sql})")


def _of_list(name: str, template: str, same: bool = False) -> Callable[..., Value]:
    def function(env: Env, at: int, value: Value) -> Value:
        needs(env, at, value, ("list",), f"{name}()")
        if value.kind == "null":
            return literal(None)
        return Value(value.type if same else value.type.of or NULL, template.format(x=value.sql))

    return function


def _is_empty(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("list", "text", "map"), "isEmpty()")
    if value.kind == "null":
        return null_of(BOOL)
    if value.kind == "map":
        return literal(not value.type.fields)
    return Value(BOOL, f"({'len' if value.kind == 'list' else 'length'}({value.sql}) = 0)")


def _coalesce(env: Env, at: int, *values: Value) -> Value:
    if not values:
        raise env.context.fault(at, "coalesce() needs a value")
    type_ = NULL
    for value in values:
        type_ = unify(type_, value.type)
    given = [cast(value, type_) for value in values if value.kind != "null"]
    return Value(type_, f"coalesce({', '.join(given)})") if given else literal(None)


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "size": _size, "head": _of_list("head", "({x})[1]"), "last": _of_list("last", "({x})[-1]"), "isempty": _is_empty,
    "tail": _of_list("tail", "list_slice({x}, 2, len({x}))", same=True), "coalesce": _coalesce,
}  # fmt: skip
