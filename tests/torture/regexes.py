"""Every regex of the code: what modules hold compiled, what they give to `re` as text, and what YAML says."""

import ast
import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel

FOLDERS = ("kg", "templates", "corpora", "tools", "train")
HOME = Path(__file__).parents[2]
HEAVY = {"torch", "transformers", "peft", "trl", "accelerate", "datasets", "deepspeed", "vllm"}
METHODS = {"match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split"}
EVERYWHERE = {"finditer", "findall", "sub", "subn", "split"}
"""Methods that look for all matches."""


class Regex(NamedTuple):
    """A pattern with its flags and a method it is called by."""

    pattern: str
    flags: int
    method: str


def regexes() -> dict[Regex, str]:
    """All of them, each with a place that has it."""
    found: dict[Regex, str] = {}

    def add(pattern: str, flags: int, methods: set[str], place: str) -> None:
        methods = {"finditer" if method in EVERYWHERE else method for method in methods}
        for method in {"finditer"} if "finditer" in methods else methods:
            found.setdefault(Regex(pattern, flags & ~(re.UNICODE | re.DEBUG), method), place)

    trees = _trees()
    used = {name: _used(tree) for name, tree in trees.items()}
    held: dict[tuple[str, int], tuple[str, set[str]]] = {}
    for name in trees:
        for key, value in vars(importlib.import_module(name)).items():
            alone = isinstance(value, re.Pattern)
            for each in _compiled(value, set()):
                if isinstance(each.pattern, str):
                    methods = used[name].get(key, set()) if alone else {"finditer"}
                    held.setdefault((each.pattern, each.flags), (f"{name}.{key}", set()))[1].update(methods)
    for (pattern, flags), (place, methods) in held.items():
        add(pattern, flags, methods or {"finditer"}, place)
    for name, tree in trees.items():
        for pattern, flags, method, line in _given(tree, vars(importlib.import_module(name))):
            add(pattern, flags, {method}, f"{name}:{line}")
    for path in sorted(path for folder in FOLDERS for path in (HOME / folder).rglob("*.yaml")):
        for text in _texts(yaml.safe_load(path.read_text(encoding="utf-8"))):
            if re.search(r"[*+?}]", text) and _compiles(text):
                add(text, re.IGNORECASE, {"search"}, str(path.relative_to(HOME)))
    return found


def _trees() -> dict[str, ast.Module]:
    """The modules that are imported without torch and its kind."""
    trees = {}
    for folder in FOLDERS:
        for path in sorted((HOME / folder).rglob("*.py")):
            parts = ("kgtools", *path.relative_to(HOME).with_suffix("").parts)
            trees[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = ast.parse(path.read_bytes())
    needs = {name: set(_imports(tree)) for name, tree in trees.items()}
    heavy = set(HEAVY)
    while more := {name for name, needed in needs.items() if needed & heavy} - heavy:
        heavy |= more
    return {name: tree for name, tree in trees.items() if name not in heavy}


def _imports(tree: ast.Module) -> Iterator[str]:
    """What a module imports as it is imported."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (word for each in node.names for word in (each.name, each.name.partition(".")[0]))
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, node.module.partition(".")[0])
            yield from (f"{node.module}.{each.name}" for each in node.names)


def _compiled(value: Any, seen: set[int]) -> Iterator[re.Pattern[Any]]:
    """The patterns in a value of a module: in containers and records too, and what functions without arguments keep."""
    if id(value) in seen or isinstance(value, str | int | ModuleType):
        return
    seen.add(id(value))
    if isinstance(value, re.Pattern):
        yield value
        return
    inner: list[Any] = []
    if isinstance(value, Mapping):
        inner = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        inner = list(value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        inner = [getattr(value, field.name, None) for field in dataclasses.fields(value)]
    elif isinstance(value, BaseModel):
        inner = list(dict(value).values())
    elif hasattr(value, "cache_info") and not inspect.signature(value).parameters:
        inner = [value()]
    for each in inner:
        yield from _compiled(each, seen)


def _used(tree: ast.Module) -> dict[str, set[str]]:
    """By which methods a module calls its names; `finditer` stands for whatever else it does with them."""
    methods: dict[str, set[str]] = {}
    called: set[int] = set()
    for node in ast.walk(tree):  # a call comes before the name in it
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in METHODS:
            methods.setdefault(node.value.id, set()).add(node.attr)
            called.add(id(node.value))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in called:
            methods.setdefault(node.id, set()).add("finditer")
    return methods


def _given(tree: ast.Module, names: dict[str, Any]) -> Iterator[tuple[str, int, str, int]]:
    """Pattern, flags, method and line where a text is given to `re`; what only a function knows stands as `x` in it."""
    kept = {id(node.value) for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and node.value}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        if ast.unparse(node.func.value) != "re" or node.func.attr not in {*METHODS, "compile"} or id(node) in kept:
            continue
        pattern = _text(node.args[0], names)
        if pattern is not None and _compiles(pattern):
            flags = re.IGNORECASE if re.search(r"\bre\.I\b|IGNORECASE", ast.unparse(node)) else 0
            flags |= re.MULTILINE if "MULTILINE" in ast.unparse(node) else 0
            yield pattern, flags, "finditer" if node.func.attr == "compile" else node.func.attr, node.lineno


def _text(node: ast.expr, names: dict[str, Any]) -> str | None:
    if isinstance(node, ast.JoinedStr):
        parts = [
            _text(part.value, names) or "x" if isinstance(part, ast.FormattedValue) else part for part in node.values
        ]
        return "".join(str(part.value) if isinstance(part, ast.Constant) else str(part) for part in parts)
    try:
        value = eval(compile(ast.Expression(node), "", "eval"), dict(names))  # noqa: S307 - an expression of our own code
    except Exception:  # noqa: BLE001 - a name that only a function knows
        return None
    return value if isinstance(value, str) else None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for each in (
        (*value.keys(), *value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from _texts(each)


def _compiles(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, OverflowError):
        return False
    return True
