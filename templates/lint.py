"""Lint: what is wrong with a pack, a line each; none is a pass."""

import re
from collections.abc import Iterator

from kgtools.kg.ontology import ontology
from kgtools.templates.pack import LANGUAGES, Pack, Template, TemplateInfo, find_pack, variables, words
from kgtools.templates.render import question_of, render
from kgtools.templates.tasks.ask import LONGEST
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.registry import suggestion

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
"""A Chinese character, of the rare blocks too: no English template may hold one."""
ENDS = {"zh": "。？！", "en": ".?!"}
ASKS = {"zh": "？", "en": "?"}
ALLOWED_NAMES = {"head", "tails"}
DENIED = {
    "zh": re.compile(r"(?:不代表|不是|并非|不等于|不说明|不保证|不意味|是否|能否)[^，。；、？]*"),
    "en": re.compile(r"(?:\b(?:no|not|whether)\b)[^,.;?]*", re.IGNORECASE),
}
"""What a text says that it does not claim."""
SAMPLE_HEADS, SAMPLE_TAILS = ["sample name"] * 2, [["one"], ["a", "b", "c"]]
"""In Latin letters for both languages, so that Chinese in a text is the template's own."""


def lint(pack: Pack) -> list[str]:
    """Every fault of the pack as `file: what`."""
    faults = [fault for template in pack.templates for fault in _template(template)]
    faults += [*_same_questions(pack), *([] if pack.info.verbatim else _claims(pack)), *_paths(pack)]
    for name, info in pack.info.templates.items():
        both = {t.lang: t for t in pack.templates if t.name == name}
        faults += [
            f"{pack.folder / 'pack.yaml'}: {name}: says nothing about why there is no {lang}"
            for lang, why in info.missing.items()
            if not why
        ]
        if len(both) == len(LANGUAGES) and len({len(t.variants) for t in both.values()}) > 1:
            counts = ", ".join(f"{lang} {len(t.variants)}" for lang, t in both.items())
            faults.append(
                f"{pack.folder / 'pack.yaml'}: {name}: the languages differ in their number of variants ({counts})"
            )
        if len(both) == len(LANGUAGES):
            faults += _parity(pack, name, both)
        for lang, origins in info.origin.items():
            if lang in both and len(origins) != len(both[lang].variants):
                faults.append(
                    f"{pack.folder / 'pack.yaml'}: {name}: origin.{lang} has {len(origins)} entries for {len(both[lang].variants)} variants"
                )
            faults += [
                f"{pack.folder / 'pack.yaml'}: {name}: origin {o!r}; expected paper or ours"
                for o in origins
                if o not in ("paper", "ours")
            ]
    return faults


def _paths(pack: Pack) -> Iterator[str]:
    """Paths whose templates do not lead one to the next."""
    for name in pack.info.paths:
        where, steps = f"{pack.folder / 'pack.yaml'}: path {name}", pack.info.path_templates(name)
        infos = []
        for owner, template in steps:
            known = pack.info.templates if owner == pack.info.name else _templates_of(owner)
            if known is None:
                yield f"{where}: there is no pack {owner!r}"
            elif template not in known:
                yield f"{where}: {owner} has no template {template!r}; {suggestion(template, sorted(known))}"
            else:
                infos.append((template, known[template]))
        if not 2 <= len(steps) <= LONGEST:
            yield f"{where}: goes over {len(steps)} templates; 2 to {LONGEST} make a path"
        if len(infos) < len(steps):
            continue
        for template, info in infos[:-1]:
            if info.tail is None:
                yield f"{where}: {template} asks about an attribute, from which no path leads on"
        ends = [infos[0][1].head, *(info.tail for _, info in infos[1:])]
        for (template, info), end in zip(infos[1:], ends, strict=False):
            if end is not None and info.head != end:
                yield f"{where}: {template} asks about a {info.head}, but the path has come to a {end}"


def _templates_of(pack: str) -> dict[str, TemplateInfo] | None:
    """The templates of another pack, by name; None where none is called so."""
    try:
        return find_pack(pack).info.templates
    except (UsageError, InputError):
        return None


def _parity(pack: Pack, name: str, both: dict[str, Template]) -> Iterator[str]:
    for variant, other in zip(both["zh"].variants, both["en"].variants, strict=False):
        for role in ("user", "assistant"):
            zh, en = variables(getattr(variant, role)), variables(getattr(other, role))
            if zh != en:
                yield f"{pack.folder}: {name}: {role}_{variant.number}: zh reads {sorted(zh)}, en reads {sorted(en)}"


def _same_questions(pack: Pack) -> Iterator[str]:
    """Two answers to one question cannot both be taught: `generate` leaves the later one out."""
    asked: dict[tuple[str, str], str] = {}
    for template in pack.templates:
        for variant in template.variants:
            try:
                question = question_of(template, variant)
            except InputError:
                continue
            where = f"{template.file.name}: user_{variant.number}"
            first = asked.setdefault((template.lang, question), where)
            if first != where:
                yield f"{template.file}: user_{variant.number}: asks the same as {first}; say the type of thing, or ask otherwise"


def _claims(pack: Pack) -> Iterator[str]:
    """Strong words of a template whose relation does not say so much."""
    forward = {relation.inverse: name for name, relation in ontology().relations.items()}
    for template in pack.templates:
        said = [forward.get(name, name) for name in template.info.relations] or [str(template.info.attribute)]
        for name, claim in ontology().claims.items():
            weaker = [relation for relation in said if relation not in claim.of]
            entitled = f"{', '.join(claim.of)} alone" if claim.of else "no relation"
            for variant in template.variants if weaker else ():
                for role in ("user", "assistant"):
                    text = DENIED[template.lang].sub("", words(getattr(variant, role)))
                    found = re.search(getattr(claim, template.lang), text, re.IGNORECASE)
                    if found:
                        yield (
                            f"{template.file}: {role}_{variant.number}: {found[0]!r} claims more than {', '.join(weaker)} says"
                            f" ({name}: {entitled}); take weaker words"
                        )


def _template(template: Template) -> Iterator[str]:
    for variant in template.variants:
        unknown = {role: variables(getattr(variant, role)) - ALLOWED_NAMES for role in ("user", "assistant")}
        for role, names in unknown.items():
            if names:
                yield f"{template.file}: {role}_{variant.number}: unknown variable {', '.join(sorted(names))}; there are: head, tails"
        if "head" not in variables(variant.user):
            yield f"{template.file}: user_{variant.number}: asks about no head"
        if "tails" not in variables(variant.assistant):
            yield f"{template.file}: assistant_{variant.number}: answers with no tails"
        if any(unknown.values()):
            continue
        try:
            users, assistants = render(template, variant, SAMPLE_HEADS, SAMPLE_TAILS)
        except InputError as error:
            yield str(error)
            continue
        yield from _text(template, f"user_{variant.number}", users, ASKS[template.lang])
        yield from _text(template, f"assistant_{variant.number}", assistants, ENDS[template.lang])


def _text(template: Template, block: str, texts: list[str], ends: str) -> Iterator[str]:
    for text in dict.fromkeys(texts):
        if not text:
            yield f"{template.file}: {block}: renders to nothing"
            continue
        han = HAN.search(text)
        if template.lang == "zh" and not han:
            yield f"{template.file}: {block}: no Chinese in {text!r}"
        if template.lang == "en" and han:
            yield f"{template.file}: {block}: Chinese in {text!r}"
        if text[-1] not in ends:
            yield f"{template.file}: {block}: ends in {text[-1]!r}, expected one of {' '.join(ends)}"
        if template.lang == "en" and text[0].isalpha() and not text[0].isupper():
            yield f"{template.file}: {block}: begins in lower case: {text!r}; use head | first_upper"
        if "  " in text or "\n" in text:
            yield f"{template.file}: {block}: a double space or a line break in {text!r}"
