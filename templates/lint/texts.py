"""The words of a template: what its blocks read, say and sound like, on sample facts."""

import re
from collections.abc import Callable, Iterator
from functools import partial

from jinja2 import nodes

from kgtools.templates.findings import Finding
from kgtools.templates.lint.endings import ASKS, ENDS, find_wrong_end
from kgtools.templates.lint.said import SAMPLE_HEAD, check_said, sample_facts
from kgtools.templates.lint.text import CHINESE, HAN, SPACED, WIDE, essence, find_latin, find_unbalanced, narrow
from kgtools.templates.pack import Pack, Template
from kgtools.templates.render import render, render_loop
from kgtools.templates.variants import NEEDED, Variant, compared, own_texts, variables, walk
from kgtools.tools.errors import InputError

SAMPLES = {
    "zh": [["one"], ["a", "b", "c"], ["80%"], ["好发于老年人"], ["老年人"], ["飞沫传播"]],
    "en": [["one"], ["a", "b", "c"], ["80%"]],
}
"""Tails of sample facts: the first two in Latin letters, so that Chinese in a text is the template's own; the others are what the
tests of values know."""
WESTERN = re.compile(
    rf"(?<![0-9A-Za-z])[,;:]|[,;:](?![0-9A-Za-z ])|[?!]|(?<![0-9A-Za-z])[\"']|\([^()]*{HAN.pattern}[^()]*\)|\($|^\)"
)
"""A sign in half width that stands in no number and no Latin words: 10:30, T1, T2."""
WIDENED = str.maketrans(",;:?!()\"'", "，；：？！（）“‘")
ENGLISH_END = re.compile(r"(?<!\bvs)(?<!\betc)(?<!\bno)(?<!\bapprox)(?<=[a-z][a-z])[.?!] (?=[a-z])")
"""The end of a sentence, behind which another begins in lower case."""
LATIN_SAMPLES = 2
Fault = tuple[str, str] | None
"""What is wrong with a text, and the way out."""


def check_texts(template: Template) -> Iterator[Finding]:
    """What is wrong with the words of each variant of a template."""
    for variant in template.variants:
        yield from _reads(template, variant)
        yield from _own_words(template, variant)
        yield from _rendered(template, variant)


def _reads(template: Template, variant: Variant) -> Iterator[Finding]:
    """Variables that are unknown, and questions and answers without what they are about."""
    for role, line, body in variant.blocks:
        where = f"{role}_{variant.number}"
        for name in sorted(variables(body) - set(NEEDED.values())):
            lines = [
                node.lineno for top in body for node in walk(top) if isinstance(node, nodes.Name) and node.name == name
            ]
            yield Finding(template.file, min(lines), f"{where}: unknown variable {name}", "there are: head, tails")
        if role == "user" and "head" not in variables(body):
            yield Finding(template.file, line, f"{where}: asks about no head", "put {{ head }} into the question")
        if role == "assistant" and "tails" not in variables(body):
            yield Finding(
                template.file, line, f"{where}: answers with no tails", "put {{ tails | listed }} into the answer"
            )


def _own_words(template: Template, variant: Variant) -> Iterator[Finding]:
    """Words of the other language, and signs that its texts do not have."""
    rules = [_foreign_latin, _full_width, _western] if template.lang == "zh" else [_foreign_chinese]
    for role, _, body in variant.blocks:
        texts = list(own_texts(body))
        if template.lang == "en":  # no English value holds what is Chinese, while a Chinese one may hold CT
            texts += [(each.lineno, str(each.value)) for each in compared(body)]
        elif _ends_in_text(body):  # whose last sign is judged as the end
            texts[-1] = (texts[-1][0], re.sub(r"[,;:?!]\s*$", "", texts[-1][1]))
        for line, text in texts:
            for at, what, way_out in (found for rule in rules if (found := rule(text))):
                line_of = line + text.count("\n", 0, at)
                yield Finding(template.file, line_of, f"{role}_{variant.number}: {what}", way_out)


def _ends_in_text(body: list[nodes.Node]) -> bool:
    """Whether the last of a block is a text, in no loop and no branch."""
    return bool(body) and isinstance(body[-1], nodes.Output) and isinstance(body[-1].nodes[-1], nodes.TemplateData)


Place = tuple[int, str, str] | None
"""Where in a text a fault is, what it is, and the way out."""


def _foreign_latin(text: str) -> Place:
    found = find_latin(text)
    way_out = "say it in Chinese; abbreviations as CT and pH may stay"
    return (found.start(), f"the Latin word {found[0]!r}", way_out) if found else None


def _full_width(text: str) -> Place:
    found = WIDE.search(text)
    way_out = f"write {narrow(found[0])!r}" if found else ""
    return (found.start(), f"{found[0]!r} is in full width", way_out) if found else None


def _western(text: str) -> Place:
    found = WESTERN.search(text)
    way_out = f"write {found[0].translate(WIDENED)!r}" if found else ""
    return (found.start(), f"Western punctuation in {_around(text, found.span())!r}", way_out) if found else None


def _foreign_chinese(text: str) -> Place:
    found = CHINESE.search(text)
    return (found.start(), f"Chinese in {_around(text, found.span())!r}", "say it in English") if found else None


def _around(text: str, span: tuple[int, int], more: int = 8) -> str:
    begin, end = span
    return text[max(0, begin - more) : end + more].strip()


def _rendered(template: Template, variant: Variant) -> Iterator[Finding]:
    """What is wrong with the texts of sample facts, each fault of a block once."""
    samples = [(SAMPLE_HEAD, tails) for tails in SAMPLES[template.lang]]
    facts = sample_facts(template, variant)
    plain = [(fact.head, fact.tails) for fact in facts if fact.plain]
    unknown = sorted(set().union(*(variables(body) for _, _, body in variant.blocks)) - set(NEEDED.values()))
    rows = [(head, tails, *unknown) for head, tails in (*samples, *plain, *((each.head, each.tails) for each in facts))]
    try:
        every = render_loop(template.file, template.lang, variant, ("head", "tails", *unknown), rows, len(rows))
    except InputError as error:
        if unknown:  # which may be why
            return
        what = str(error).removeprefix(f"{template.file}: ")
        yield Finding(template.file, variant.user_line, what, "see what a template may use in docs/how-to/own-pack.md")
        return
    first = len(rows) - len(facts)
    users, assistants = every[0][:first], every[1][:first]
    if all((*users, *assistants)):
        yield from check_said(template, variant, facts, every[0][first:], every[1][first:])
    for role, line, body in variant.blocks:
        texts = users if role == "user" else assistants
        rules: list[tuple[Callable[[str], Fault], list[str]]] = [
            (_nothing, texts),
            (_no_chinese, texts[:LATIN_SAMPLES] if template.lang == "zh" else []),
            (_lower_case, texts if template.lang == "en" else []),
            (partial(_ending, template.lang, role), texts),
            (_spaces, texts),
            (_spaced_chinese, texts if template.lang == "zh" else []),
            (_brackets, texts),
        ]
        for rule, judged in rules:
            fault = next((fault for text in judged if (text or rule is _nothing) and (fault := rule(text))), None)
            if fault:
                at = _line_of(fault[0], body) or line
                yield Finding(template.file, at, f"{role}_{variant.number}: {fault[0]}", fault[1])


def _line_of(what: str, body: list[nodes.Node]) -> int | None:
    """The line of the bracket that a finding names, where the block itself has it."""
    sign = what.partition("'")[2][:1] if what.startswith("unbalanced") else ""
    lines = [line + text.count("\n", 0, text.index(sign)) for line, text in own_texts(body) if sign and sign in text]
    return lines[0] if lines else None


def _nothing(text: str) -> Fault:
    return None if text else ("renders to nothing for a sample fact", "say something in every case")


def _no_chinese(text: str) -> Fault:
    return None if HAN.search(text) else (f"no Chinese in {text!r}", "say it in Chinese")


def _lower_case(text: str) -> Fault:
    later = ENGLISH_END.search(text)
    begun = text if text[0].isalpha() and not text[0].isupper() else text[later.end() :] if later else ""
    if not begun:
        return None
    named = any(begun.startswith(name) for name in (SAMPLE_HEAD, "one", "a,"))
    return f"begins in lower case: {begun!r}", "use head | first_upper" if named else "begin it with a capital"


def _ending(lang: str, role: str, text: str) -> Fault:
    expected = ENDS[lang] if role == "assistant" else ASKS[lang][0]
    last = find_wrong_end(text, lang, role)
    return (f"ends in {last!r}", f"expected one of {' '.join(expected)}") if last else None


def _spaces(text: str) -> Fault:
    if "  " in text or "\n" in text:
        return f"a double space or a line break in {text!r}", "keep one space, and each block in one line"
    found = re.search(r"\w ([.,;:?!)])", text)
    return (f"a space before {found[1]!r} in {_around(text, found.span())!r}", "take it out") if found else None


def _spaced_chinese(text: str) -> Fault:
    found = SPACED.search(text)
    if found is None or "  " in text:
        return None
    return f"a space beside Chinese in {_around(text, found.span())!r}", "Chinese has no spaces: take it out"


def _brackets(text: str) -> Fault:
    sign = find_unbalanced(text)
    return (f"unbalanced {sign!r} in {text!r}", "open and close it in one width") if sign else None


def check_repeats(pack: Pack) -> Iterator[Finding]:
    """Variants that say what another says: of two answers to one question `generate` keeps the first."""
    asked: dict[tuple[str, str], tuple[str, str, str]] = {}
    for template in pack.templates:
        for variant in template.variants:
            if variant.unread:
                continue
            try:
                (question,), (answer,) = render(template, variant, [SAMPLE_HEAD], [["one"]])
            except InputError:
                continue
            name = f"{template.name}.{template.lang}"
            mine = (name, essence(answer), f"{template.file.name}: user_{variant.number}")
            first = asked.setdefault((template.lang, essence(question)), mine)
            if first is mine:
                continue
            where, block = f"user_{variant.number}", first[2]
            if first[:2] == mine[:2]:
                what = f"{where}: question and answer are those of {block.partition(': ')[2]}"
                yield Finding(template.file, variant.user_line, what, "phrase it otherwise, or take it out")
            else:
                way_out = "say the type of thing, or ask otherwise"
                yield Finding(template.file, variant.user_line, f"{where}: asks the same as {block}", way_out)
