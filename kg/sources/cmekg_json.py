"""CMeKG's JSON: three answers of the site, one record per line, one file per type; each told by its keys."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from kgtools.kg.ontology import ontology
from kgtools.kg.source import NOT_TEXT
from kgtools.tools.errors import InputError
from kgtools.tools.inputs.files import TOO_DEEP, shallow
from kgtools.tools.inputs.json_keys import refuse_repeated_key
from kgtools.tools.registry import suggestion

FieldValues = list[tuple[str, list[str]]]
Refuse = Callable[[int, str, str, str], None]


class Head(NamedTuple):
    """An entity and what one place of a file says of it; `type` where the file itself gives it."""

    row: int
    name: str
    type: str | None
    fields: FieldValues


def types_of_classes() -> dict[str, str]:
    """Class -> entity type."""
    classes = ontology().sources["cmekg"].classes
    return {word: kind for kind, words in classes.items() for word in words}


def heads(path: Path, text: str, refuse: Refuse) -> Iterator[Head]:
    """The entities of JSON lines, of one object or of a list of objects; the row is the line or the place in a list.

    `refuse` is told of each cell, or row, that cannot be read: row, field, text, reason."""
    for row, record in _documents(path, text):
        where = f"{path}:{row}"
        if not isinstance(record, dict):
            raise InputError(f"{where}: expected a JSON object, found {_kind(record)}")
        if "中心词" in record:
            yield from _record(row, record, "中心词", None, refuse)
        elif "node" in record and "link" in record:
            yield from _knowledge(where, row, record)
        elif "nodes" in record:
            yield from _tree(where, row, record["nodes"])
        elif isinstance(record.get("data"), dict):
            yield _tree_map(where, row, record["data"])
        elif "size" in record:
            lists = {key: value for key, value in record.items() if key != "size"}
            yield from _lists_by_type(path, lists, refuse)
        else:
            keys = ", ".join(list(record)[:5]) or "none"
            raise InputError(
                f"{where}: the keys are {keys}; expected 中心词, node and link, nodes, data, or size and a class"
            )


def _documents(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """Each line if the first is an object in itself, else the whole text: one value, or the items of a list."""
    lines = [(row, line) for row, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if _is_object(lines[0][1]):
        yield from ((row, _parse(path, row, line)) for row, line in lines)
    else:
        value = _parse(path, 1, text)
        yield from enumerate(value if isinstance(value, list) else [value], start=1)


def _is_object(line: str) -> bool:
    try:
        return isinstance(_loads(line), dict)
    except ValueError:
        return False


def _parse(path: Path, row: int, text: str) -> Any:
    try:
        value = _loads(text)
        refuse_repeated_key(path, row, text, value)
    except ValueError as error:
        line = row + getattr(error, "lineno", 1) - 1
        message = getattr(error, "msg", error)
        raise InputError(f"{path}:{line}: not valid JSON: {message}; was the download cut off?") from error
    return value


def _loads(text: str) -> Any:
    """JSON; half a surrogate pair, which orjson refuses, is left in the text that holds it."""
    try:
        return shallow(text, orjson.loads(text))
    except orjson.JSONDecodeError:
        try:
            return shallow(text, json.loads(text))
        except RecursionError as error:
            raise ValueError(TOO_DEEP) from error


def _record(row: int, record: dict[str, Any], name_key: str, type_: str | None, refuse: Refuse) -> Iterator[Head]:
    """`{中心词: X, class: C, relation: [value, ...], ...}`; none where X is no text."""
    name, class_ = record.get(name_key), record.get("class")
    if not isinstance(name, str):
        refuse(row, "row", json.dumps(record, ensure_ascii=False), "nameless")
        return
    by_class = types_of_classes().get(class_.strip()) if isinstance(class_, str) else None
    fields = [(key, _values(row, key, value, refuse)) for key, value in record.items() if key != name_key]
    yield Head(row, name, by_class or type_, fields)


def _lists_by_type(path: Path, lists: dict[str, Any], refuse: Refuse) -> Iterator[Head]:
    """`{size: N, 疾病: [{名称: X, relation: [value, ...]}, ...]}`."""
    types = types_of_classes()
    for key, records in lists.items():
        if key not in types:
            raise InputError(f"{path}:1: {key!r} is no class of CMeKG; {suggestion(key, list(types))}")
        for row, record in enumerate(_objects(f"{path}:1", key, records), start=1):
            yield from _record(row, record, "名称", types[key], refuse)


def _knowledge(where: str, row: int, answer: dict[str, Any]) -> Iterator[Head]:
    """A star of stars: the centre, its relation nodes (category 关系), their values (an empty answer has none)."""
    nodes, links = _objects(where, "node", answer["node"]), _objects(where, "link", answer["link"])
    categories = [each.get("name") for each in _objects(where, "categories", answer.get("categories", []))]
    centre = categories.index("中心词") if "中心词" in categories else 0
    relation = categories.index("关系") if "关系" in categories else 1
    named = {node.get("name"): (node.get("category"), _text(where, "label", node.get("label"))) for node in nodes}
    values: dict[str, list[str]] = {label: [] for kind, label in named.values() if kind == relation}
    for link in links:
        ends = [named[link.get(end)] for end in ("source", "target") if link.get(end) in named]
        if len(ends) == 2 and ends[0][0] == relation:
            values[ends[0][1]].append(ends[1][1])
        elif len(ends) == 2 and ends[0][0] == centre:
            if ends[1][0] != relation:
                values.setdefault(_text(where, "value", link.get("value")), []).append(ends[1][1])
        else:
            raise InputError(
                f"{where}: the link {link} does not join the centre, a relation and a value; was the answer cut off?"
            )
    names = [label for kind, label in named.values() if kind == centre]
    if nodes and not names:
        raise InputError(f"{where}: no node of the category 中心词; was the answer cut off?")
    yield from (Head(row, name, None, list(values.items())) for name in names)


def _tree_map(where: str, row: int, data: dict[str, Any]) -> Head:
    """`{data: {name: X, children: [{name: relation, children: [{name: value}]}]}}`."""
    fields: FieldValues = []
    for relation in _objects(where, "children", data.get("children", [])):
        values = _objects(where, "children", relation.get("children", []))
        fields.append(
            (_text(where, "name", relation.get("name")), [_text(where, "name", each.get("name")) for each in values])
        )
    return Head(row, _text(where, "name", data.get("name")), None, fields)


def _tree(where: str, row: int, answer: Any) -> Iterator[Head]:
    """`{nodes: [{id, pId, name}]}`: the leaves are entities, the nearest class above gives the type."""
    nodes, types = _objects(where, "nodes", answer), types_of_classes()
    above = {node.get("id"): (node.get("pId"), _text(where, "name", node.get("name"))) for node in nodes}
    parents = {parent for parent, _ in above.values()}
    for id_, (parent, name) in above.items():
        if id_ in parents:
            continue
        for _ in above:  # no more steps than nodes: the ids may go round in a circle
            if parent not in above or above[parent][1] in types:
                break
            parent = above[parent][0]
        class_ = above[parent][1] if parent in above else ""
        yield Head(row, name, types.get(class_), [("class", [class_])] if class_ in types else [])


def _text(where: str, key: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise InputError(f'{where}: "{key}" is {_kind(value)}, expected a text')


def _values(row: int, key: str, value: Any, refuse: Refuse) -> list[str]:
    """The texts of a field, numbers among them; what else stands there is refused."""
    texts = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            texts.append(item)
        elif isinstance(item, int | float) and not isinstance(item, bool):
            texts.append(json.dumps(item))
        else:
            refuse(row, key, json.dumps(item, ensure_ascii=False), "missing-value" if item is None else NOT_TEXT)
    return texts


def _objects(where: str, key: str, value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    raise InputError(f'{where}: "{key}" is {_kind(value)}, expected a list of objects')


def _kind(value: Any) -> str:
    words = {"str": "a text", "list": "a list of other things", "dict": "an object", "NoneType": "null or missing"}
    return words.get(type(value).__name__, f"{json.dumps(value, default=str)}")
