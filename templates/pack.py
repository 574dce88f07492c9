"""A pack: a folder with `pack.yaml` and, for each template, one Jinja file a language with its variants as blocks.

`symptom.zh.j2` holds `{% block user_1 %}...{% endblock %}{% block assistant_1 %}...{% endblock %}`, then `user_2` and so
on. A block sees `head` (a name), `tails` (a list of names or values) and nothing else; it may use `if`, `for`, the filters of
FILTERS and the tests of TESTS. Compute in Python, phrase in Jinja.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from jinja2 import TemplateSyntaxError, nodes
from pydantic import StringConstraints, model_validator

from kgtools.kg.ontology import ontology
from kgtools.templates.sandbox import FILTERS, environment
from kgtools.tools import registry
from kgtools.tools.config import Settings, load_yaml
from kgtools.tools.errors import InputError
from kgtools.tools.licenses.check import LicenseText

LANGUAGES = ("zh", "en")
DEEPEST = 50
"""Nodes of a template in each other; what is nested deeper is refused."""
LONGEST = 100_000
"""Characters."""
BLOCK = re.compile(r"^(user|assistant)_([1-9]\d*)$")
"""`user_1`, `assistant_2`."""
ALLOWED = (
    nodes.Template, nodes.Block, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Filter, nodes.If, nodes.For,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Test, nodes.Keyword, nodes.NSRef,
)  # fmt: skip


class TemplateInfo(Settings):
    """What a template asks about: heads of one type, and either the tails of relations or an attribute's values.

    A relation's inverse name reads it backwards. `single`: one value only, the one most often stated. `origin`: for
    each language, whose words each variant is (`paper` or `ours`). `missing`: why a language is not there."""

    head: str
    tail: str | None = None
    relations: tuple[str, ...] = ()
    attribute: str | None = None
    single: bool = False
    origin: dict[str, tuple[str, ...]] = {}
    missing: dict[str, str] = {}

    @model_validator(mode="after")
    def _known(self) -> Self:
        known = ontology()
        relations = {name for key, r in known.relations.items() for name in (key, r.inverse)}
        if (self.attribute is None) == (not self.relations):
            raise ValueError("give relations (with tail) or attribute")
        for name, all_names in (
            (self.head, known.entities),
            (self.tail or self.head, known.entities),
            (self.attribute or "icd10", known.attributes),
        ):
            if name not in all_names:
                raise ValueError(f"{name!r} is not in the ontology; {registry.suggestion(name, list(all_names))}")
        for name in self.relations:
            if name not in relations:
                raise ValueError(f"no relation or inverse {name!r}; {registry.suggestion(name, sorted(relations))}")
        if self.relations and self.tail is None:
            raise ValueError("relations need the type of their tail")
        return self


Part = Annotated[str, StringConstraints(pattern=r"^[^\s@/#\\]+$")]
"""A part of `pack@version/template.lang#variant`."""


class PackInfo(Settings):
    """`pack.yaml`: the pack's name, version, licence of its words, where they come from, and its templates.

    `verbatim`: the words of a paper, kept as they are: lint does not judge what they claim, and nothing is left out of what they
    ask (`templates/drops.py`) unless the user says so. `paths`: name -> templates, those of other packs as `pack/template`, over which
    the task `path` leads (`templates/tasks/path.py`)."""

    name: Part
    version: Part
    license: LicenseText
    title: str
    source: str = ""
    verbatim: bool = False
    templates: dict[Part, TemplateInfo]
    paths: dict[Part, tuple[str, ...]] = {}

    def path_templates(self, name: str) -> tuple[tuple[str, str], ...]:
        """A path as (pack, template), in order."""
        words = (step.rpartition("/") for step in self.paths[name])
        return tuple((pack or self.name, template) for pack, _, template in words)


@dataclass(frozen=True)
class Variant:
    """One phrasing: the bodies of its two blocks."""

    number: int
    user: list[nodes.Node]
    assistant: list[nodes.Node]


@dataclass(frozen=True)
class Template:
    """One template in one language."""

    pack: str
    version: str
    license: str
    name: str
    lang: str
    info: TemplateInfo
    file: Path
    variants: tuple[Variant, ...]

    @property
    def id(self) -> str:
        """`pack@version/template.lang`, to which a record adds `#variant`."""
        return f"{self.pack}@{self.version}/{self.name}.{self.lang}"


@dataclass(frozen=True)
class Pack:
    """A pack with all its templates, sorted by name and language."""

    info: PackInfo
    folder: Path
    templates: tuple[Template, ...]


def find_pack(name: str) -> Pack:
    """A pack by its registered name, or by its folder. Raises UsageError, InputError."""
    folder = Path(name)
    if not (folder / "pack.yaml").is_file():
        folder = registry.find("packs", name, Path)
    return load_pack(folder)


def every_pack() -> list[Pack]:
    """The registered packs, by name. One of a guest that has a fault is told and passed over."""
    packs = []
    for name, folder in registry.every("packs", Path):
        try:
            packs.append(load_pack(folder))
        except InputError as error:
            registry.pass_over(f"the pack {name!r} cannot be read: {error}")
    return packs


def load_pack(folder: Path) -> Pack:
    """The pack in a folder, every file parsed. Raises InputError with file and line."""
    info = load_yaml(folder / "pack.yaml", PackInfo)
    expected = {
        f"{name}.{lang}.j2" for name, t in info.templates.items() for lang in LANGUAGES if lang not in t.missing
    }
    there = {file.name for file in folder.glob("*.j2")}
    if expected != there:
        lost, extra = sorted(expected - there), sorted(there - expected)
        what = [f"{name} is missing (or say why under missing:)" for name in lost] + [
            f"{name} belongs to no template" for name in extra
        ]
        raise InputError(f"{folder / 'pack.yaml'}: {'; '.join(what)}")
    templates = [
        Template(
            info.name,
            info.version,
            info.license,
            name,
            lang,
            t,
            folder / f"{name}.{lang}.j2",
            parse_variants(folder / f"{name}.{lang}.j2", lang),
        )
        for name, t in sorted(info.templates.items())
        for lang in LANGUAGES
        if lang not in t.missing
    ]
    return Pack(info, folder, tuple(templates))


def parse_variants(file: Path, lang: str) -> tuple[Variant, ...]:
    """The variants of a template's file. Raises InputError with file and line."""
    try:
        text = file.read_text(encoding="utf-8")
        if len(text) > LONGEST:
            raise InputError(f"{file}: {len(text):,} characters; a template may have {LONGEST:,}")
        tree = environment(lang).parse(text, filename=str(file))
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except TemplateSyntaxError as error:
        raise InputError(f"{file}:{error.lineno}: {error.message}") from error
    except (RecursionError, ValueError) as error:
        # of Python's own parser: a number of thousands of digits
        raise InputError(f"{file}: nested too deeply, or with a number that is too long") from error
    _refuse_deep(file, tree)
    for node in _walk(tree):
        _refuse(file, lang, node)
    bodies: dict[tuple[int, str], list[nodes.Node]] = {}
    for node in tree.body:
        if isinstance(node, nodes.Block):
            role, number = _block_name(file, node)
            if (number, role) in bodies:
                raise InputError(f"{file}:{node.lineno}: {node.name} stands twice; number the blocks on")
            for inner in node.find_all(nodes.Block):
                raise InputError(f"{file}:{inner.lineno}: block {inner.name} stands within block {node.name}")
            bodies[number, role] = node.body
        elif not (isinstance(node, nodes.Output) and _blank(node)):
            raise InputError(f"{file}:{node.lineno}: text outside of the blocks user_1, assistant_1, ...")
    numbers = sorted({number for number, _ in bodies})
    if not numbers or numbers != list(range(1, len(numbers) + 1)) or len(bodies) != 2 * len(numbers):
        raise InputError(
            f"{file}: the variants must be pairs of blocks user_1 and assistant_1, user_2 and assistant_2, ..."
        )
    return tuple(Variant(n, bodies[n, "user"], bodies[n, "assistant"]) for n in numbers)


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def _refuse_deep(file: Path, tree: nodes.Node) -> None:
    """Refuse what takes more time and room than it is long: loops in loops, and what is nested deeply."""
    level, depth = [(tree, False)], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise InputError(f"{file}:{level[0][0].lineno}: nested more than {DEEPEST} deep")
        inner = []
        for node, loops in level:
            if loops and isinstance(node, nodes.For):
                raise InputError(f"{file}:{node.lineno}: a loop in a loop; compute in Python, phrase in Jinja")
            inner += [(child, loops or isinstance(node, nodes.For)) for child in node.iter_child_nodes()]
        level = inner


def _refuse(file: Path, lang: str, node: nodes.Node) -> None:
    if not isinstance(node, ALLOWED):
        raise InputError(
            f"{file}:{node.lineno}: {type(node).__name__.lower()} is not for templates; compute in Python, phrase in Jinja"
        )
    if isinstance(node, nodes.Filter) and node.name not in FILTERS[lang]:
        raise InputError(
            f"{file}:{node.lineno}: no filter {node.name!r}; {registry.suggestion(node.name, list(FILTERS[lang]))}"
        )
    if isinstance(node, nodes.Filter) and not all(isinstance(part, nodes.Const) for part in _given(node)):
        raise InputError(
            f"{file}:{node.lineno}: {node.name} takes a text in quotes; compute in Python, phrase in Jinja"
        )


def _given(node: nodes.Filter) -> Iterator[nodes.Node | None]:
    """The arguments of a filter, but for what it is put behind."""
    yield from (*node.args, *(pair.value for pair in node.kwargs), *filter(None, (node.dyn_args, node.dyn_kwargs)))


def _block_name(file: Path, node: nodes.Block) -> tuple[str, int]:
    match = BLOCK.match(node.name)
    if not match:
        raise InputError(
            f"{file}:{node.lineno}: a block is called {node.name!r}; expected user_1, assistant_1, user_2, ..."
        )
    return match[1], int(match[2])


def refuse_general(template: Template) -> None:
    """Raises InputError for a variant whose question names no head or whose answer no tails: one question would have many answers."""
    for variant in template.variants:
        for role, body, name in (("user", variant.user, "head"), ("assistant", variant.assistant, "tails")):
            if name not in variables(body):
                raise InputError(
                    f"{template.file}: {role}_{variant.number}: does not say {name}; see kgtools packs --lint"
                )


def _blank(node: nodes.Output) -> bool:
    return all(isinstance(part, nodes.TemplateData) and not part.data.strip() for part in node.nodes)


def variables(body: list[nodes.Node]) -> set[str]:
    """The names that a block reads, those that it sets itself (a loop's) left out."""
    found = [node for part in body for node in _walk(part) if isinstance(node, nodes.Name)]
    return {node.name for node in found if node.ctx == "load"} - {node.name for node in found if node.ctx == "store"}


def words(body: list[nodes.Node]) -> str:
    """The text of a block as it is written, `{}` in place of what is put in."""
    parts = []
    for part in (node for top in body for node in _walk(top)):
        if isinstance(part, nodes.TemplateData):
            parts.append(part.data)
        elif isinstance(part, nodes.Name):
            parts.append("{}")
    return "".join(parts)
