"""Entities with their types, as answers give them: headings and lists, JSON, tables, tags, a name with its type beside it, sentences.

What stands in the text that was asked about is a name, whatever signs it holds; else lists are taken apart and remarks taken off."""

import re
from ast import literal_eval
from collections.abc import Iterator, Sequence
from typing import Any

from kgtools.train.evaluate.entities.names import (
    BETWEEN,
    BULLET,
    FENCE,
    PROSE,
    clean,
    fold,
    is_name,
    read_json,
    says_none,
    without_bullet,
)
from kgtools.train.evaluate.entities.types import TypeNames

Entity = tuple[str, str]
"""The type, as it is asked for, and the name, as the answer writes it."""
HEAD = re.compile(r"([^:：\n]{1,40})[:：](.*)")
BESIDE = re.compile(
    r"(.{1,60}?)(?:[ \t]*+[(（\[【]([^()（）\[\]【】]{1,40})[)）\]】]|[ \t]++[-–—|/→][->]{0,2}[ \t]++(.{1,40})|\t++(.{1,40}))"
)
"""`糖尿病（疾病）`, `diabetes - Disease`, `diabetes -> disease`."""
PAIR = re.compile(r"[(（<]([^()（）<>,，、\n]{1,60})[,，][ ]?([^()（）<>,，、\n]{1,40})[)）>]")
"""`(糖尿病, 疾病)`"""
TAG = re.compile(r"<([^<>/\n]{1,40})>([^<>\n]{1,80})</\1>")
RULE = re.compile(r"[-:|=\s]+")
NUMBERED = re.compile(r"(?<!\s)\s+(?=\(?\d{1,2}[.、)）]\s*[^\d\s])")
"""Between the items of `1. 糖尿病 2. 高血压`."""
AND = re.compile(r"以及|[和及与或/]|[ ](?:and|or)[ ]|[ ]")
LEADS, TRAILS = (
    re.compile(r"(?:and|or|以及|和|及|与|或)[ ]?(?=\S)"),
    re.compile(r"(?:等(?:等|症状|疾病|药物)?|[ ]?etc)$"),
)
REMARK = re.compile(r"[(（][^()（）]*[)）]$")
LISTS = re.compile(r"实体|结果|如下|答案|以下|列表|entit|follow|answer|result|list|found", re.IGNORECASE)
"""Headings of a whole answer; another heading that is no type begins what was not asked for."""
NOTHING = "无"
"""What a heading of a whole answer with nothing behind it heads, if no line below says more."""
DENIES = re.compile(
    r"没有|未|无(?!法)|不(?:涉及|包含|存在|含|包括|属于)|找不到|\b(?:no|none|not|neither|without)\b|n't\b",
    re.IGNORECASE,
)
NAME_KEYS = ("entity", "name", "text", "mention", "span", "word", "value", "实体", "名称", "文本", "实体名称")
TYPE_KEYS = ("type", "label", "category", "class", "entity_type", "label_type", "类型", "实体类型", "类别", "标签")


def read_entities(answer: str, types: Sequence[str], text: str = "") -> list[Entity] | None:
    """The entities that an answer gives, each as often as it does; none where it says that there is none, or names types with nothing behind; None
    where nothing can be read. Of one type alone a bare list will do. What is of no type that is asked for is left out. `text`: what was
    asked about."""
    names = TypeNames(types)
    source = fold(text)
    plain = FENCE.sub("", answer).strip()
    value = _value(plain)
    if value is not None:
        typed = [one for one in _of_json(value, names, None) if one[1]]
        return [
            (type_, name)
            for type_, whole in typed
            for piece in BETWEEN.split(whole)
            for name in _names(piece, source, names)[0]
        ]
    for shape in (TAG, PAIR):
        if found := [one for match in shape.finditer(plain) if (one := _pair(match[1], match[2], names))]:
            return found
    return _of_lines(plain, names, source)


def _value(text: str) -> Any:
    """JSON, or what Python prints for a dictionary or a list."""
    value = read_json(text)
    if value is None and text[:1] in ("{", "[") and len(text) < 20_000:
        try:
            value = literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    return value if isinstance(value, dict | list) else None


def _pair(one: str, other: str, names: TypeNames) -> Entity | None:
    for type_, name in ((names.find(other), one), (names.find(one), other)):
        if type_:
            return type_, clean(name)
    return None


def _of_lines(plain: str, names: TypeNames, source: str) -> list[Entity] | None:
    found: list[Entity] = []
    understood = False
    alone = names.types[0] if len(names.types) == 1 else None
    heading = alone
    said = gap = False
    """Whether the heading has its names on its own line, or a blank line behind them: what follows is no list of it."""
    for whole in plain.split("\n"):
        bullet = BULLET.match(whole)
        line = whole[bullet.end() :] if bullet else whole
        if not line.strip() or RULE.fullmatch(line):
            gap = True
            continue
        if "|" in line and (row := _of_row(line, names)) is not None:
            understood, found = True, found + row
            continue
        if heading != alone and not bullet and (said or (gap and any(type_ == heading for type_, _ in found))):
            heading, said = alone, False
        gap = False
        for type_, rest in _headed(line, names, source):
            if type_:
                understood, heading, said = True, type_, bool((rest or "").strip(" *_"))
            elif rest is None:
                heading = None
                continue
            read, none = _of_list(rest or "", names, heading, source)
            understood = understood or none or bool(read)
            found += read
    return found if understood else None


def _headed(line: str, names: TypeNames, source: str) -> Iterator[tuple[str | None, str | None]]:
    """A type and what it heads; no type and a text; neither, where a heading begins what was not asked for."""
    for type_, rest in names.parts(line):
        head = None if type_ else HEAD.match(rest)
        if type_ or not head:
            single = None if type_ else names.find(rest) or _dashed(rest, names)
            yield (single, "") if isinstance(single, str) else single or (type_, rest)
        elif loose := names.find_heading(head[1]):
            yield loose, head[2]
        elif behind := names.find(head[2]):
            yield None, f"{head[1]}（{behind}）"
        elif fold(BETWEEN.split(rest)[0]) in source and source:
            yield None, rest
        elif LISTS.search(head[1]):
            yield None, head[2] if head[2].strip() else NOTHING
        elif head[2][:1].isalnum() and head[2][:1].isascii():  # HLA-A*02:01
            yield None, rest
        else:
            yield None, None


def _dashed(line: str, names: TypeNames) -> tuple[str, str] | None:
    """`疾病 - 糖尿病、高血压`"""
    found = BESIDE.fullmatch(line.strip())
    behind = found and (found[3] or found[4])
    type_ = names.find(found[1]) if found and behind else None
    return (type_, behind) if type_ and behind else None


def _of_list(line: str, names: TypeNames, heading: str | None, source: str) -> tuple[list[Entity], bool]:
    """The entities of a line, of the type that stands beside each or of its heading; and whether it says that there is none."""
    if _denies(line, names):
        return [], True
    found: list[Entity] = []
    none = False
    for piece in BETWEEN.split(line):
        beside = BESIDE.fullmatch(piece.strip(" \t。."))
        type_ = names.find(beside[2] or beside[3] or beside[4]) if beside else None
        if beside and type_:
            found.append((type_, clean(beside[1])))
            continue
        head = None if _stands(clean(piece), source) else HEAD.fullmatch(piece.strip())
        if head and (loose := names.find_heading(head[1])):
            found += [(loose, name) for name in _names(head[2], source, names)[0]]
            continue
        read, says = _names(piece, source, names)
        none = none or says
        found += [(heading, name) for name in read if heading and is_name(name)]
    return found, none


def _denies(line: str, names: TypeNames) -> bool:
    """`文中没有疾病或药物。`, `I couldn't find any diseases.`; of what is not told at all nothing is known: `我无法找到`."""
    plain = clean(line)
    about = names.mentioned(plain) or "实体" in plain or "entit" in plain.lower()
    return (
        len(plain) <= 60
        and about
        and DENIES.search(plain) is not None
        and not re.search(r"无法|抱歉|sorry", plain, re.IGNORECASE)
    )


def _names(piece: str, source: str, names: TypeNames) -> tuple[list[str], bool]:
    """The names in a piece of a list, and whether it says that there is none."""
    name = clean(piece.strip().strip("[]"))
    if says_none(name) or (piece.strip() and not any(map(str.isalnum, name))) or _denies(name, names):
        return [], True
    if not name or _stands(name, source):
        return [name] if name else [], False
    if len(parts := [part for one in BETWEEN.split(name) if (part := clean(one))]) > 1:
        return [known for part in parts for known in _names(part, source, names)[0]], False
    if len(parts := NUMBERED.split(f" {name}")) > 2:
        return [clean(without_bullet(part)) for part in parts if part.strip()], False
    name = TRAILS.sub("", LEADS.sub("", name, count=1) if LEADS.match(name) else name)
    if (short := clean(REMARK.sub("", name))) != name and _stands(short, source):
        name = short
    parts = [part for one in AND.split(name) if (part := clean(one))]
    if len(parts) > 1 and not _stands(name, source) and all(_stands(part, source) for part in parts):
        return parts, False
    return ([] if PROSE.match(name) and not _stands(name, source) else [name]), False


def _stands(name: str, source: str) -> bool:
    return bool(name) and fold(name) in source


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
            yield from _of_json(one, names, names.find_heading(str(key)) or heading)
    elif isinstance(value, list | tuple):
        if len(value) == 2 and all(isinstance(one, str) for one in value) and heading is None:
            for type_, name in ((names.find(value[1]), value[0]), (names.find(value[0]), value[1])):
                if type_:
                    yield type_, clean(name)
                    return
        for one in value:
            yield from _of_json(one, names, heading if len(names.types) > 1 else names.types[0])
