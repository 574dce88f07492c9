"""Columnar rendering: one compiled template renders all the rows of a variant in one call."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import TemplateError

from kgtools.templates.pack import Template
from kgtools.templates.sandbox import environment
from kgtools.templates.variants import Variant
from kgtools.tools.errors import InputError

PLACE = "\u2042"
COMPILED = 1_024
"""Variants that stay compiled: those of all packs of a run, and the tasks' own."""
END = "\x1e"
"""Ends each rendered block; a control character that cleaning keeps out of every name and value."""


def render(
    template: Template, variant: Variant, heads: Sequence[str], tails: Sequence[list[str]]
) -> tuple[list[str], list[str]]:
    """The user's and the assistant's text for each (head, tails). Raises InputError with the template's file, also for no text."""
    both = _render(template, variant, heads, tails)
    for role, texts in zip(("user", "assistant"), both, strict=True):
        if "" in texts:
            where = f"{template.file}: {role}_{variant.number}"
            raise InputError(f"{where}: renders to nothing for {heads[texts.index('')]!r}")
    return both


def _render(
    template: Template, variant: Variant, heads: Sequence[str], tails: Sequence[list[str]]
) -> tuple[list[str], list[str]]:
    rows = zip(heads, tails, strict=True)
    return render_loop(template.file, template.lang, variant, ("head", "tails"), rows, len(heads))


def render_loop(
    file: Path, lang: str, variant: Variant, names: Sequence[str], rows: Iterable[tuple[Any, ...]], count: int
) -> tuple[list[str], list[str]]:
    """The user's and the assistant's text for each of `count` rows, which hold a value for each name. Raises InputError with the
    file."""
    if not count:
        return [], []
    try:
        parts = _compile(lang, variant, tuple(names)).render(rows=rows).split(END)
    except (TemplateError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{file}: variant {variant.number} cannot be rendered: {error}") from error
    if len(parts) != 2 * count + 1:
        raise InputError(
            f"{file}: a name holds the control character U+001E; load its source with the cleaning rules on"
        )
    return [text.strip() for text in parts[0:-1:2]], [text.strip() for text in parts[1::2]]


def question_of(template: Template, variant: Variant) -> str:
    """What a variant asks, with a sign in the place of the name: the same for two that ask in the same words."""
    (question,), _ = _render(template, variant, [PLACE], [["-"]])
    return question.casefold()


@lru_cache(COMPILED)
def _compile(lang: str, variant: Variant, names: tuple[str, ...]) -> Any:
    return environment(lang).from_string(_loop(variant, names))


def _loop(variant: Variant, names: Sequence[str]) -> nodes.Template:
    """`for head, tails in rows`: user block, END, assistant block, END."""
    end = nodes.Output([nodes.TemplateData(END)])
    target = nodes.Tuple([nodes.Name(name, "store") for name in names], "store")
    body = [*variant.user, end, *variant.assistant, end]
    loop = nodes.For(target, nodes.Name("rows", "load"), body, [], None, False)
    tree = nodes.Template([loop])
    tree.set_lineno(1)
    return tree
