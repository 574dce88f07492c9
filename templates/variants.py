"""The variants of a template's file: pairs of blocks `user_1` and `assistant_1`, with what Jinja may do in them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import TemplateSyntaxError, nodes

from kgtools.templates.findings import Finding
from kgtools.templates.refused import PHRASE, find_refused, instead_of_syntax, is_loop_read
from kgtools.templates.sandbox import environment
from kgtools.tools.errors import InputError

DEEPEST = 50
"""Nodes of a template in each other; what is nested deeper is refused."""
LONGEST = 100_000
"""Characters."""
READ = 1_024
"""Files whose variants are kept: those of all packs, in each language, and of the tasks."""
BLOCK = re.compile(r"^(user|assistant)_([1-9]\d*)$")
"""`user_1`, `assistant_2`."""
NEEDED = {"user": "head", "assistant": "tails"}
"""What each block of a pack must say; all that it may read."""


@dataclass(frozen=True, eq=False)
class Variant:
    """One phrasing: the bodies of its two blocks, and the line of each in its file. `unread`: the role of the block in which something
    is not for templates, a stand-in being in its place; empty of every variant that is rendered for records."""

    number: int
    user: list[nodes.Node]
    assistant: list[nodes.Node]
    user_line: int = 1
    assistant_line: int = 1
    unread: str = ""

    @property
    def blocks(self) -> tuple[tuple[str, int, list[nodes.Node]], ...]:
        """Role, line and body of both, or of the one that could be read."""
        both = ("user", self.user_line, self.user), ("assistant", self.assistant_line, self.assistant)
        return tuple(block for block in both if block[0] != self.unread)


def parse_variants(file: Path, lang: str) -> tuple[Variant, ...]:
    """The variants of a template's file. Raises InputError with all that is wrong with it, each with file and line."""
    variants, findings = read_variants(file, lang)
    if findings:
        raise InputError("\n".join(map(str, findings)))
    return variants


def read_variants(file: Path, lang: str) -> tuple[tuple[Variant, ...], list[Finding]]:
    """The variants of which a block at least can be read, and what is wrong with the file."""
    variants, findings = _read(file, lang, file.read_bytes())
    return variants, list(findings)


@lru_cache(READ)
def _read(file: Path, lang: str, data: bytes) -> tuple[tuple[Variant, ...], tuple[Finding, ...]]:
    """The same of what the file holds: a file that is read again as it was is parsed once, and its variants stay compiled."""
    tree = _parse(file, lang, data)
    if isinstance(tree, Finding):
        return (), (tree,)
    if deep := _find_deep(file, tree):
        return (), (deep,)
    findings: list[Finding] = []
    blocks: dict[tuple[int, str], tuple[int, list[nodes.Node]]] = {}
    named: set[tuple[int, str]] = set()
    for node in tree.body:
        found = list(find_refused(file, lang, node))
        if isinstance(node, nodes.Block):
            name = BLOCK.match(node.name)
            if name is None:
                found.append(
                    Finding(
                        file,
                        node.lineno,
                        f"a block is called {node.name!r}",
                        "expected user_1, assistant_1, user_2, ...",
                    )
                )
            elif (key := (int(name[2]), name[1])) in named:
                found.append(Finding(file, node.lineno, f"{node.name} stands twice", "number the blocks on"))
            else:
                named.add(key)
                blocks |= {} if found else {key: (node.lineno, node.body)}
        elif not found and not (isinstance(node, nodes.Output) and _is_blank(node)):
            found.append(_outside(file, node))
        findings += found
    numbers = sorted({number for number, _ in named})
    if (not findings and not numbers) or numbers != list(range(1, len(numbers) + 1)) or len(named) != 2 * len(numbers):
        pairs = "they must be pairs of blocks user_1 and assistant_1, user_2 and assistant_2, ..."
        findings.append(Finding(file, 1, "a variant lacks one of its blocks, or its number is not the next", pairs))
    variants = (_variant(n, blocks) for n in numbers if {(n, "user"), (n, "assistant")} & set(blocks))
    return tuple(variants), tuple(findings)


def _variant(number: int, blocks: Mapping[tuple[int, str], tuple[int, list[nodes.Node]]]) -> Variant:
    unread = next((role for role in ("user", "assistant") if (number, role) not in blocks), "")
    stand_in: tuple[int, list[nodes.Node]] = 1, [nodes.Output([nodes.TemplateData("-")])]
    user, assistant = (blocks.get((number, role), stand_in) for role in ("user", "assistant"))
    return Variant(number, user[1], assistant[1], user[0], assistant[0], unread)


def _parse(file: Path, lang: str, data: bytes) -> nodes.Template | Finding:
    try:
        text = data.decode("utf-8")
        if len(text) > LONGEST:
            return Finding(file, 1, f"{len(text):,} characters", f"a template may have {LONGEST:,}")
        return environment(lang).parse(text, filename=str(file))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Finding(file, line, f"not UTF-8 at byte {error.start}", "save it as UTF-8")
    except TemplateSyntaxError as error:
        return Finding(file, error.lineno, str(error.message), instead_of_syntax(str(error.message)))
    except (RecursionError, ValueError):
        # of Python's own parser: a number of thousands of digits
        return Finding(file, 1, "nested too deeply, or with a number that is too long", PHRASE)


def walk(node: nodes.Node) -> Iterator[nodes.Node]:
    """The node and all within it."""
    yield node
    for child in node.iter_child_nodes():
        yield from walk(child)


def _find_deep(file: Path, tree: nodes.Template) -> Finding | None:
    """What takes more time and room than it is long: loops in loops, and what is nested deeply."""
    level: list[tuple[nodes.Node, bool]] = [(tree, False)]
    depth = 0
    while level:
        depth += 1
        if depth > DEEPEST:
            return Finding(file, level[0][0].lineno, f"nested more than {DEEPEST} deep", PHRASE)
        inner = []
        for node, loops in level:
            if loops and isinstance(node, nodes.For):
                return Finding(file, node.lineno, "a loop in a loop", PHRASE)
            inner += [(child, loops or isinstance(node, nodes.For)) for child in node.iter_child_nodes()]
        level = inner
    return None


def _is_blank(node: nodes.Output) -> bool:
    return all(isinstance(part, nodes.TemplateData) and not part.data.strip() for part in node.nodes)


def _outside(file: Path, node: nodes.Node) -> Finding:
    texts = node.nodes if isinstance(node, nodes.Output) else []
    first = next((part for part in texts if not isinstance(part, nodes.TemplateData) or part.data.strip()), node)
    line = first.lineno
    if isinstance(first, nodes.TemplateData):
        line += first.data[: len(first.data) - len(first.data.lstrip())].count("\n")
    return Finding(
        file,
        line,
        "text outside of the blocks user_1, assistant_1, ...",
        "put it into one of them, or into {# a comment #}",
    )


def variables(body: list[nodes.Node]) -> set[str]:
    """The names that a block reads, those that it sets itself (a loop's) and `loop.last` left out."""
    found = [node for part in body for node in walk(part) if isinstance(node, nodes.Name)]
    loops = {
        id(node.node) for part in body for node in walk(part) if isinstance(node, nodes.Getattr) and is_loop_read(node)
    }
    read = {node.name for node in found if node.ctx == "load" and id(node) not in loops}
    return read - {node.name for node in found if node.ctx == "store"}


def words(body: list[nodes.Node]) -> str:
    """The text of a block as it is written, `{}` in place of what is put in."""
    parts = []
    for part in (node for top in body for node in walk(top)):
        if isinstance(part, nodes.TemplateData):
            parts.append(part.data)
        elif isinstance(part, nodes.Name):
            parts.append("{}")
    return "".join(parts)


def own_texts(body: list[nodes.Node]) -> Iterator[tuple[int, str]]:
    """What a block says of its own, each part with its line: its text, and what `join(" or ")` puts between."""
    for node in body:
        if isinstance(node, nodes.TemplateData):
            yield node.lineno, node.data
        elif isinstance(node, nodes.Const) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif not isinstance(node, nodes.Compare):
            yield from own_texts(list(node.iter_child_nodes()))


def compared(body: list[nodes.Node]) -> Iterator[nodes.Const]:
    """What a block compares with: the number of `loop.index > 3`, the text of `"炎" in head`."""
    for node in (node for top in body for node in walk(top)):
        if isinstance(node, nodes.Compare):
            yield from node.find_all(nodes.Const)


def written_blocks(file: Path, lang: str) -> dict[str, str]:
    """Each block of a file, by its name, as it is written there."""
    found: dict[str, str] = {}
    name, tag, parts = "", list[str](), list[str]()
    for _, kind, value in environment(lang).lex(file.read_text(encoding="utf-8")):
        tag = [value] if kind == "block_begin" else [*tag, value] if tag else []
        if kind != "block_end":
            parts += [] if tag else [value]
            continue
        inner = [word.strip() for word in tag[1:-1] if word.strip()]
        if inner[:1] == ["block"]:
            name, parts = inner[1], []
        elif inner[:1] == ["endblock"]:
            found[name] = "".join(parts)
        else:
            parts += tag
        tag = []
    return found
