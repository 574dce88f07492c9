"""What a function may be asked of, and what it gives for null."""

from kgtools.kg.cypher.scope import Env
from kgtools.kg.cypher.types import Type, sql_type
from kgtools.kg.cypher.values import Value


def needs(env: Env, at: int, value: Value, kinds: tuple[str, ...], what: str) -> None:
    if value.kind != "null" and value.kind not in kinds:
        raise env.context.fault(at, f"{what} is asked of {value.type.word}")


def null_of(type_: Type) -> Value:
    return Value(type_, f"CAST(NULL AS {sql_type(type_)})")
