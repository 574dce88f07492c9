"""Whether a question says its head and an answer each of its tails, whatever they are: proven on sample facts of many kinds."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jinja2 import nodes

from kgtools.templates.findings import Finding
from kgtools.templates.pack import Template
from kgtools.templates.sandbox import Tails, no_stop
from kgtools.templates.variants import NEEDED, Variant, compared, own_texts, variables, walk

SAMPLE_HEAD = "sample name"
COUNTS = (1, 2, 3, 5, 12)
"""Tails of a sample fact; more where a template compares with a number."""
MOST = 60
"""Tails of a sample fact at most."""
COMPARED = 20
"""Texts, and numbers, of a variant's comparisons that are tried."""
KINDS = {
    "zh": ("{}", "{}老年人", "好发于{}", "{}飞沫传播", "%"),
    "en": ("{}", "%"),
}
"""What the tests of values know: plain names (first), people, predicates, routes and quantities. English values are none but the
last."""
LETTERS, FEWEST = 20_000_000, 10
"""So much text of a variant is rendered, of so many facts at least: a template may be long, and its loops longer."""
LONG = 60
"""Letters of an answer that a finding shows."""


class Fact(NamedTuple):
    """A sample fact; `plain`: with nothing but names."""

    head: str
    tails: Tails
    plain: bool = False


def sample_facts(template: Template, variant: Variant) -> list[Fact]:
    """Facts that lead a variant into each of its branches: of each number and kind of tails, all said or some left out, and those that
    hold what the variant compares with."""
    consts = [each.value for _, _, body in variant.blocks for each in compared(body)]
    texts = sorted({each for each in consts if isinstance(each, str) and each.strip() and each.isprintable()})[
        :COMPARED
    ]
    near = {each + more for each in consts if isinstance(each, int) for more in (-1, 0, 1)}
    near = {each for each in near if 0 < each <= MOST}
    counts = [1] if template.info.single else sorted({*COUNTS, *sorted(near)[:COMPARED]})
    plain, *others = KINDS[template.lang]
    kinds = [*others, f"{SAMPLE_HEAD}{{}}", *(form for text in texts for form in _around(text))]
    lists = [list(_tails(mixed, counts)) for kind in kinds for mixed in ([kind], [kind, plain], [plain, kind])]
    plain_lists = list(_tails([plain], counts))
    lists += [[Tails([text, *tails[1:]]) for tails in plain_lists] for text in texts]
    facts = [Fact(SAMPLE_HEAD, tails, True) for tails in plain_lists]
    facts += [Fact(SAMPLE_HEAD, tails) for each in lists for tails in each]
    heads = [*(kind.format("ω") if "{}" in kind else "99%" for kind in others), *texts, *(f"{text}ω" for text in texts)]
    facts += [Fact(head, tails) for head in heads for tails in plain_lists[:2]]
    size = 1 + sum(len(text) for _, _, body in variant.blocks for _, text in own_texts(body))
    return facts[: max(FEWEST, LETTERS // (size * counts[-1]))]


def _around(text: str) -> Iterator[str]:
    """Kinds of tails with a text before and behind the name."""
    escaped = text.replace("{", "{{").replace("}", "}}")
    yield from (f"{escaped}{{}}", f"{{}}{escaped}")


def _tails(kinds: Sequence[str], counts: Sequence[int]) -> Iterator[Tails]:
    """Lists of so many tails, of these kinds in turn, all there are and some of more; none is part of another."""
    for partial in (False, True)[: len(counts)]:  # what may have one tail alone is never partial
        for count in counts:
            yield Tails.of([_tail(kinds[at % len(kinds)], at) for at in range(count)], partial)


def _tail(kind: str, at: int) -> str:
    return f"{11 + at}%" if kind == "%" else kind.format(f"ζ{chr(97 + at // 26)}{chr(97 + at % 26)}ζ")


def check_said(
    template: Template, variant: Variant, facts: list[Fact], users: list[str], assistants: list[str]
) -> Iterator[Finding]:
    """The first sample fact of whose head a question says nothing, and of whose tails an answer leaves some out."""
    for role, line, body in variant.blocks:
        if NEEDED[role] not in variables(body):
            continue  # which is another fault
        at = next((each.lineno for top in body for each in walk(top) if isinstance(each, nodes.If | nodes.For)), line)
        for fact, text in zip(facts, users if role == "user" else assistants, strict=True):
            wanted = [fact.head] if role == "user" else fact.tails
            unsaid = [name for name in wanted if no_stop(name).strip().casefold() not in text.casefold()]
            if not unsaid:
                continue
            shown = text if len(text) <= LONG else f"{text[:LONG]}..."
            if role == "user":
                what, way_out = f"asks about no head in {shown!r}", "write {{ head }} into every branch"
            else:
                what = f"leaves out {len(unsaid)} of {len(wanted)} tails in {shown!r}"
                way_out = "say each in every case: {{ tails | listed }} in every branch, {{ tail }} in a loop without a condition"
            yield Finding(template.file, at, f"{role}_{variant.number}: {what}", way_out)
            break
