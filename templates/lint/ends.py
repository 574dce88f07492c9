"""A template's texts with signs in place of its names, so that every word that is left is the template's own."""

import re
from collections.abc import Iterator

from kgtools.kg.ontology import ontology
from kgtools.templates.pack import Template
from kgtools.templates.render import render_loop
from kgtools.templates.sandbox import Tails
from kgtools.templates.variants import Variant
from kgtools.tools.errors import InputError

HEAD, TAIL = "\ue000", "\ue001"
"""Stand where the head is said, and the tails."""
LIST = {
    "zh": re.compile(rf"{TAIL}(?:(?:[、，,；;]|[和及或与]|以及)+{TAIL})*等?"),
    "en": re.compile(rf"{TAIL}(?:(?:[,;] |,? (?:and|or|as well as) )+{TAIL})*(?:, among others)?"),
}
"""The tails, however many, joined as a template may join them."""
COUNTS = (1, 2, 3)
"""Tails of the sample facts."""


def texts_of(
    template: Template, variant: Variant, head: str = HEAD, tail: str = TAIL
) -> Iterator[tuple[str, int, str]]:
    """Role, number of tails (one more where not all are said) and text of each sample fact, a list of `TAIL` one of it.

    Nothing where a variant cannot be rendered."""
    counts = COUNTS[:1] if template.info.single else COUNTS
    rows = [(head, Tails.of([tail] * count, partial)) for count in counts for partial in (False, True)[: len(counts)]]
    try:
        both = render_loop(template.file, template.lang, variant, ("head", "tails"), rows, len(rows))
    except InputError:
        return  # which is a finding of its own
    for role, _, _ in variant.blocks:
        for (_, tails), text in zip(rows, both[role == "assistant"], strict=True):
            yield role, len(tails) + tails.partial, LIST[template.lang].sub(TAIL, text)


def is_known(template: Template) -> bool:
    """Whether the ontology knows what the template asks by."""
    known = {name for key, each in ontology().relations.items() for name in (key, each.inverse)} | set(
        ontology().attributes
    )
    return {*template.info.relations, *filter(None, [template.info.attribute])} <= known


def shown(text: str) -> str:
    """A text as its template writes it."""
    return repr(text.strip().replace(HEAD, "{{ head }}").replace(TAIL, "{{ tails }}"))
