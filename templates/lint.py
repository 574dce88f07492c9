"""Lint: what is wrong with a pack, a line each; none is a pass."""

import re
from collections.abc import Iterator

from templates.pack import LANGUAGES, Pack, Template, variables
from templates.render import render
from tools.errors import InputError

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
ENDS = {"zh": "。？！", "en": ".?!"}
ASKS = {"zh": "？", "en": "?"}
ALLOWED_NAMES = {"head", "tails"}
SAMPLE_HEADS, SAMPLE_TAILS = ["sample name"] * 2, [["one"], ["a", "b", "c"]]
"""In Latin letters for both languages, so that Chinese in a text is the template's own."""


def lint(pack: Pack) -> list[str]:
    """Every fault of the pack as `file: what`."""
    faults = [fault for template in pack.templates for fault in _template(template)]
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


def _parity(pack: Pack, name: str, both: dict[str, Template]) -> Iterator[str]:
    for variant, other in zip(both["zh"].variants, both["en"].variants, strict=False):
        for role in ("user", "assistant"):
            zh, en = variables(getattr(variant, role)), variables(getattr(other, role))
            if zh != en:
                yield f"{pack.folder}: {name}: {role}_{variant.number}: zh reads {sorted(zh)}, en reads {sorted(en)}"


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
