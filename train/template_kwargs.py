"""What a chat template is given beside messages, written into it: whoever loads it later gets the texts that were trained on."""

import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import TemplateError, meta, nodes

from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.registry import suggestion

NAME = re.compile(r"(?!(?:messages|add_generation_prompt|\w+_tokens?)$)[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
"""A name that an argument may have, as `enable_thinking`: none of what each template is given anyway, as `messages` or `bos_token`."""
TODAY = datetime.date(2024, 7, 26)
"""The date that the templates of Llama 3 fall back to."""
CODES = (
    "a", "A", "b", "B", "c", "d", "-d", "e", "F", "H", "I", "j", "m", "-m", "M", "p", "S", "U", "W", "w", "x", "X", "y", "Y",
)  # fmt: skip
"""What may stand for a part of a date in a format, behind %."""
ARGUMENT = re.compile(r"\{% set (\w+) = (.*) %\}\{# template_arguments #\}\n")
"""A line that `bake` writes for an argument: `{% set enable_thinking = false %}{# template_arguments #}`."""
DATE = re.compile(r"\{% macro strftime_now\(format\) %\}.*\{% endmacro %\}\{# date (\S+) #\}\n")
"""The line that `bake` writes for a date: `{% macro strftime_now(format) %}...{% endmacro %}{# date 2024-07-26 #}`."""


def bake(template: str, arguments: Mapping[str, Any], today: datetime.date | None) -> str:
    """The template with values for what it asks for, and with a date for what it takes for now: without `today` the one that it was
    given before, else TODAY. Later arguments take the place of earlier ones.

    Raises UsageError for an argument that the template does not ask for, InputError for a template that cannot be read or draws
    at random."""
    values, before, bare = _split_baked(template)
    tree = _parse(bare)
    _refuse_chance(tree)
    known = sorted(name for name in meta.find_undeclared_variables(tree) if NAME.fullmatch(name))
    for name in arguments:
        if name not in known:
            way = suggestion(name, known) if known else "it asks for none"
            raise UsageError(f"template_arguments.{name}: the chat template does not ask for it; {way}")
    values |= {name: literal(value) for name, value in arguments.items()}
    lines = [f"{{% set {name} = {value} %}}{{# template_arguments #}}\n" for name, value in sorted(values.items())]
    if any(name.name == "strftime_now" for name in tree.find_all(nodes.Name)):
        lines.append(_calendar(today or before or TODAY))
    return "".join(lines) + bare


def _split_baked(template: str) -> tuple[dict[str, str], datetime.date | None, str]:
    """The arguments and the date that were written into a template, and the template without them."""
    values = {}
    while match := ARGUMENT.match(template):
        values[match[1]], template = match[2], template[match.end() :]
    if match := DATE.match(template):
        return values, datetime.date.fromisoformat(match[1]), template[match.end() :]
    return values, None, template


def _parse(template: str) -> nodes.Template:
    from transformers.utils.chat_template_utils import _compile_jinja_template

    try:
        tree: nodes.Template = _compile_jinja_template(template).environment.parse(template)
    except TemplateError as error:
        raise InputError(f"the chat template cannot be read: {error}; another template: chat_template=plain") from error
    return tree


def _refuse_chance(tree: nodes.Template) -> None:
    if what := next(_find_random(tree), None):
        raise InputError(
            f"the chat template draws at random, with {what}: the same rows would give another text each time; another template: "
            "chat_template=plain"
        )


def _find_random(tree: nodes.Template) -> Iterator[str]:
    for one in tree.find_all(nodes.Filter):
        if one.name == "random" or any(isinstance(arg, nodes.Const) and arg.value == "random" for arg in one.args):
            yield "the filter random"
    for name in tree.find_all(nodes.Name):
        if name.name == "lipsum":
            yield "lipsum"


def _calendar(today: datetime.date) -> str:
    """A macro in place of the function that gives the time of rendering, midnight of a day."""
    midnight = datetime.datetime.combine(today, datetime.time())
    parts = [(f"%{code}", midnight.strftime(f"%{code}")) for code in CODES]
    pairs = [("%%", "\0"), *parts, ("\0", "%")]
    steps = " | ".join(f"replace({literal(code)}, {literal(text)})" for code, text in pairs)
    return f"{{% macro strftime_now(format) %}}{{{{ format | {steps} }}}}{{% endmacro %}}{{# date {today} #}}\n"


def literal(value: Any) -> str:
    """A value of JSON as Jinja writes it."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(map(_sign, value)) + '"'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return repr(value)


def _sign(sign: str) -> str:
    """A character within quotes; what means something to Jinja, or is not seen, by its number."""
    if sign.isprintable() and sign not in "\\\"'{}%#":
        return sign
    return f"\\U{ord(sign):08x}"
