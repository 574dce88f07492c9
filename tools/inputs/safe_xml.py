"""XML from anybody, looked through before it is read: no entities that grow or come from elsewhere, nothing nested deeply."""

from collections.abc import Callable
from pathlib import Path
from typing import IO
from xml.parsers import expat

from kgtools.tools.errors import InputError

DEEPEST = 100
"""Elements in each other, at most."""
ENTITIES, LONGEST = 200, 200
"""Entities that a file may declare and characters of each: the shortcuts for namespaces that ontologies have."""
Start = Callable[[str, dict[str, str]], None]


def look_through(path: Path | str, file: IO[bytes], start: Start | None = None) -> None:
    """Read XML once without keeping it; `start` sees the name and the attributes of each element.

    Raises InputError, with the line, for entities other than short texts, and where elements are nested too deeply. What is no
    XML is left for the reader to say."""
    parser = expat.ParserCreate(namespace_separator="}")
    depth = declared = 0

    def refuse(what: str) -> None:
        raise InputError(f"{path}:{parser.CurrentLineNumber}: {what}")

    def entity(name: str, is_parameter: bool, value: str | None, *_: str | None) -> None:
        nonlocal declared
        declared += 1
        if is_parameter or value is None:
            refuse(f"the entity {name[:40]} comes from elsewhere; write what it stands for in its place")
        elif "&" in value or "%" in value or len(value) > LONGEST or declared > ENTITIES:
            refuse(f"the entity {name[:40]} is long or made of others; write what it stands for in its place")

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            refuse(f"elements are nested more than {DEEPEST} deep")
        if start:
            start(name, attributes)

    def closed(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.EntityDeclHandler = entity
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    try:
        parser.ParseFile(file)
    except expat.ExpatError:
        return
