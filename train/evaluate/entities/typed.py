"""Entities with their types, as answers give them: headings and lists, JSON, tables, a name with its type behind."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from kgtools.train.evaluate.entities.names import BETWEEN, BULLET, FENCE, clean, fold, is_name, read_json, says_none

Entity = tuple[str, str]
"""The type, as it is asked for, and the name, as the answer writes it."""
HEAD = re.compile(r"([^:：\n]{1,40})[:：](.*)")
BESIDE = re.compile(
    r"(.{1,60}?)[ \t]*(?:[(（\[【]([^()（）\[\]【】]{1,40})[)）\]】]|[ \t][-–—|/→][->]{0,2}[ \t]+(.{1,40}))"
)
"""`糖尿病（疾病）`, `diabetes - Disease`, `diabetes -> disease`."""
SEMICOLON = re.compile("[;；]")
RULE = re.compile(r"[-:|=\s]+")
NAME_KEYS = ("entity", "name", "text", "mention", "span", "word", "value", "实体", "名称", "文本", "实体名称")
TYPE_KEYS = ("type", "label", "category", "class", "entity_type", "label_type", "类型", "实体类型", "类别", "标签")


class TypeNames:
    """The types that are asked for, by all that answers call them: upper and lower case alike, with 实体 or `entities` behind, in the plural."""

    def __init__(self, types: Sequence[str]) -> None:
        self.types = tuple(types)
        self._by_name = {_plain(name): name for name in types}

    def find(self, text: str) -> str | None:
        """The type that a text is called by, as a whole."""
        plain = _plain(text)
        return self._by_name.get(plain) or self._by_name.get(plain.removesuffix("s")) or self._by_name.get(f"{plain}s")


def _plain(text: str) -> str:
    plain = fold(clean(text)).strip("#()（）[]【】<>。 ")
    for behind in ("实体", "类型", " entities", " entity", " names"):
        plain = plain.removesuffix(behind).strip() or plain
    return plain


def read_entities(text: str, types: Sequence[str]) -> list[Entity] | None:
    """The entities that an answer gives, each as often as it does; none where it says that there is none, or names types with nothing behind; None
    where nothing can be read. Of one type alone a bare list will do. What is of no type that is asked for is left out."""
    names = TypeNames(types)
    plain = FENCE.sub("", text).strip()
    value = read_json(plain)
    if value is not None:
        return [one for one in _of_json(value, names, None) if one[1]]
    found: list[Entity] = []
    understood = False
    heading = types[0] if len(types) == 1 else None
    for line in _lines(plain, names):
        line = BULLET.sub("", line, count=1) if BULLET.match(line) else line
        if not line.strip() or RULE.fullmatch(line):
            continue
        if "|" in line and (row := _of_row(line, names)) is not None:
            understood, found = True, found + row
            continue
        rest, head = line, HEAD.match(line)
        if head and (type_ := names.find(head[1])):
            understood, heading, rest = True, type_, head[2]
        elif alone := names.find(line):
            understood, heading, rest = True, alone, ""
        elif head and (behind := names.find(head[2])):
            understood, found = True, [*found, (behind, clean(head[1]))]
            continue
        read, none = _of_list(rest, names, heading)
        understood = understood or none or bool(read)
        found += read
    return found if understood else None


def _lines(text: str, names: TypeNames) -> Iterator[str]:
    """The lines; of one that holds several headings, what each of them heads."""
    for line in text.split("\n"):
        parts = SEMICOLON.split(line)
        heads = [head and names.find(head[1]) for head in map(HEAD.match, parts)]
        yield from parts if len(parts) > 1 and all(heads) else [line]


def _of_list(text: str, names: TypeNames, heading: str | None) -> tuple[list[Entity], bool]:
    """The entities of a line, of the type that stands beside each or of its heading; and whether it says that there is none."""
    found: list[Entity] = []
    none = False
    for piece in BETWEEN.split(text):
        beside = BESIDE.fullmatch(piece.strip(" \t。."))
        type_ = names.find(beside[2] or beside[3]) if beside else None
        if beside and type_:
            found.append((type_, clean(beside[1])))
        elif says_none(clean(piece)):
            none = True
        elif heading and is_name(name := clean(piece)):
            found.append((heading, name))
    return found, none


def _of_row(line: str, names: TypeNames) -> list[Entity] | None:
    """The entities of a row of a table, one of whose cells is a type; nothing of a row of heads."""
    cells = [cell for cell in map(clean, line.strip().strip("|").split("|")) if cell]
    types = [type_ for cell in cells if (type_ := names.find(cell))]
    others = [cell for cell in cells if not names.find(cell)]
    if len(types) != 1:
        return [] if len(cells) > 1 and not types and line.strip().startswith("|") else None
    return [
        (types[0], name)
        for cell in others
        for name in map(clean, BETWEEN.split(cell))
        if is_name(name) and not says_none(name)
    ]


def _of_json(value: Any, names: TypeNames, heading: str | None) -> Iterator[Entity]:
    """Lists by type, objects with a name and a type, pairs of them in either order; within what stands around them."""
    if isinstance(value, str):
        if heading and (name := clean(value)) and not says_none(name):
            yield heading, name
    elif isinstance(value, dict):
        type_ = next((names.find(str(value[key])) for key in TYPE_KEYS if isinstance(value.get(key), str)), None)
        called = next((value[key] for key in NAME_KEYS if isinstance(value.get(key), str)), None)
        if type_ and called:
            yield type_, clean(called)
            return
        for key, one in value.items():
            yield from _of_json(one, names, names.find(key) or heading)
    elif isinstance(value, list):
        if len(value) == 2 and all(isinstance(one, str) for one in value) and heading is None:
            for type_, name in ((names.find(value[1]), value[0]), (names.find(value[0]), value[1])):
                if type_:
                    yield type_, clean(name)
                    return
        for one in value:
            yield from _of_json(one, names, heading if len(names.types) > 1 else names.types[0])
