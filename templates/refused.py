"""What a template may not do, and what to write instead: nodes, filters and tests of Jinja, and what Jinja itself cannot read."""

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from jinja2 import nodes

from kgtools.templates.findings import Finding
from kgtools.templates.sandbox import FILTERS, TESTS
from kgtools.tools.registry import suggestion

ALLOWED = (
    nodes.Template, nodes.Block, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Filter, nodes.If, nodes.For,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Test, nodes.Keyword, nodes.NSRef,
)  # fmt: skip
LOOP = ("first", "last", "index", "index0", "revindex", "revindex0", "length")
"""What a loop may be asked: `{% if not loop.last %}`."""
PHRASE = "compute in Python, phrase in Jinja"
"""The way out of whatever is no phrasing."""
SAY_ALL = "say all of them: {{ tails | listed }}, or {% for tail in tails %}{{ tail }}{% endfor %}"
SAY_THERE = "write {{ head }} and {{ tails | listed }} where they are said"
AS_WRITTEN = "names are clean and told as they are: write {{ head }}"
SIDE_BY_SIDE = "texts stand side by side, without a sign between: {{ head }}: {{ tails | listed }}"
WORDS_IN_BLOCK = "write the words into the block itself"
INSTEAD: Mapping[type[nodes.Node], str] = {
    nodes.Getitem: f"it leaves some out; {SAY_ALL}",
    nodes.Getattr: "head is a text and tails is a list of texts, without more in them: write {{ head }}, {{ tails | listed }}",
    nodes.Call: 'write a filter behind the name: {{ tails | join(", ") }}',
    nodes.CondExpr: "write {% if tails is several %}are{% else %}is{% endif %}",
    nodes.FilterBlock: "write the filter behind the name: {{ tails | listed }}",
    **dict.fromkeys((nodes.Assign, nodes.AssignBlock, nodes.With), SAY_THERE),
    **dict.fromkeys((nodes.Concat, nodes.Add), SIDE_BY_SIDE),
    **dict.fromkeys(
        (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Macro, nodes.CallBlock), WORDS_IN_BLOCK
    ),
}
INSTEAD_OF_FILTER = {
    name: way_out
    for names, way_out in (
        ("first last random min max slice batch select reject selectattr rejectattr groupby", INSTEAD[nodes.Getitem]),
        ("length count wordcount sum", f"a count says no tail: ask {{% if tails is several %}}; {SAY_ALL}"),
        ("list map sort dictsort reverse unique items", "tails have an order: write {{ tails | listed }}"),
        ("upper lower title capitalize", "only a first letter becomes a capital: {{ head | first_upper }}"),
        ("default d", "head and tails are always there: write {{ head }}, {{ tails | listed }}"),
        ("e escape forceescape safe string striptags trim truncate tojson urlencode", AS_WRITTEN),
    )
    for name in names.split()
}
"""Filters that Jinja has and we do not."""
CLOSE = "close {{ with }} and {% with %}: {{ tails | listed }}"
HALF_WIDTH = (
    'within {{ }} and {% %} quotes, brackets and commas are half-width and straight: {{ tails | listed("or") }}'
)
TAGS = "there are {% block %}, {% if %} with {% elif %} and {% else %}, and {% for %}"
SYNTAX = tuple(
    (re.compile(what), way_out)
    for what, way_out in (
        (r"needs to be closed is '(if|for)'", r"write {% end\1 %} before {% endblock %}"),
        (r"unknown tag 'end(if|for)'", r"take {% end\1 %} out, or begin it with {% \1 ... %}"),
        (r"unknown tag '(elif|else)'", r"take {% \1 %} out, or begin with {% if ... %}"),
        (r"unknown tag", TAGS),
        (r"needs to be closed is 'block'", "write {% endblock %} at its end"),
        (r"unexpected char '[^\x00-\x7f]'", HALF_WIDTH),
        (r"unexpected char [\"']", 'end a text with the quote that begins it: {{ tails | listed("or") }}'),
        (r"unexpected '[)\]]'", 'open each bracket before you close it: {{ tails | listed("or") }}'),
        (r"Missing end of comment", "close {# with #}"),
        (r"expected token 'in'", "write {% for tail in tails %}"),
        (r"Expected an expression", "write a name into {{ }} and a condition into {% if %}: {{ head }}, {% if tails is several %}"),
        (r"expected token 'name', got 'end of", "write a filter behind |: {{ tails | listed }}"),
        (r"expected token 'end of statement", "write {% if tails is several %} or {% for tail in tails %}"),
        (r"expected token 'end of print", "write one name with its filters, and close it: {{ tails | listed }}"),
        (r"Unexpected end of template|unexpected end", "write {% endblock %} at the end of each block"),
    )
)  # fmt: skip
"""What Jinja says of a text that it cannot read, and what to write; the first that fits."""


def instead_of_syntax(message: str) -> str:
    """What to write where Jinja cannot read a template."""
    for what, way_out in SYNTAX:
        if found := what.search(message):
            return found.expand(way_out)
    return CLOSE


def find_refused(file: Path, lang: str, node: nodes.Node, loops: bool = False) -> Iterator[Finding]:
    """What is not for templates, the outermost of each; `loops`: whether the node stands in a loop."""
    if is_loop_read(node) and loops:
        return
    found = list(_refuse(file, lang, node))
    yield from found
    if found and not isinstance(node, nodes.Block):
        return
    within = node.body if isinstance(node, nodes.For) else []
    for child in node.iter_child_nodes():
        yield from find_refused(file, lang, child, loops or any(child is each for each in within))


def is_loop_read(node: nodes.Node) -> bool:
    """Whether it is one of LOOP: `loop.last`."""
    return (
        isinstance(node, nodes.Getattr)
        and isinstance(node.node, nodes.Name)
        and node.node.name == "loop"
        and node.attr in LOOP
    )


def _refuse(file: Path, lang: str, node: nodes.Node) -> Iterator[Finding]:
    if not isinstance(node, ALLOWED):
        what = f"{type(node).__name__.lower()} is not for templates"
        yield Finding(file, node.lineno, what, _instead_of(node))
    if isinstance(node, nodes.Block):
        for inner in node.find_all(nodes.Block):
            what = f"block {inner.name} stands within block {node.name}"
            yield Finding(file, inner.lineno, what, "end the one before the other")
    if isinstance(node, nodes.Filter):
        yield from _refuse_filter(file, lang, node)
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        yield Finding(file, node.lineno, f"no test {node.name!r}", suggestion(node.name, list(TESTS)))


def _instead_of(node: nodes.Node) -> str:
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == "loop":
        if node.attr in LOOP:
            return "loop is of the inside of {% for tail in tails %}...{% endfor %}"
        return f"a loop has {', '.join(f'loop.{each}' for each in LOOP)}"
    return INSTEAD.get(type(node), PHRASE)


def _refuse_filter(file: Path, lang: str, node: nodes.Filter) -> Iterator[Finding]:
    if node.name not in FILTERS[lang]:
        way_out = INSTEAD_OF_FILTER.get(node.name) or suggestion(node.name, list(FILTERS[lang]))
        yield Finding(file, node.lineno, f"no filter {node.name!r}", way_out)
        return
    signature = inspect.signature(FILTERS[lang][node.name])
    takes_text = len(signature.parameters) > 1
    link = "或" if lang == "zh" else "or"
    way_out = f'write {node.name}("{link}")' if takes_text else f"write | {node.name}"
    if not all(isinstance(part, nodes.Const) and isinstance(part.value, str) for part in _given(node)):
        what = f"{node.name} takes {'a text in quotes' if takes_text else 'nothing'}"
        yield Finding(file, node.lineno, what, way_out)
        return
    try:
        signature.bind("", *node.args, **{str(pair.key): "" for pair in node.kwargs})
    except TypeError as error:
        yield Finding(file, node.lineno, f"{node.name}: {error}", way_out)


def _given(node: nodes.Filter) -> Iterator[nodes.Node | None]:
    """The arguments of a filter, but for what it is put behind."""
    yield from (*node.args, *(pair.value for pair in node.kwargs), *filter(None, (node.dyn_args, node.dyn_kwargs)))
