"""Strong words of a template whose relation does not say so much."""

import re
from collections.abc import Iterator

from kgtools.kg.ontology import ontology
from kgtools.templates.findings import Finding
from kgtools.templates.lint.ends import is_known
from kgtools.templates.pack import Template
from kgtools.templates.variants import words

DENIED = {
    "zh": re.compile(
        r"(?:不代表|不是|并非|不等于|不说明|不保证|不意味|不能|无法|不足以|不可以|是否|能否)[^，。；、？]*"
    ),
    "en": re.compile(
        r"\b(?:no|(?:(?:must|should|may|can) )?not(?! (?:eat|take|use|drink|be (?:eaten|taken|used|given)))|cannot|whether"
        r"|how (?:common|frequent|often))\b[^,.;?]*",
        re.IGNORECASE,
    ),
}
"""What a text says that it does not claim: cannot confirm it. What is not to be eaten or taken is a claim of its own."""
DESCRIBED = {
    "zh": re.compile(
        r"(?:已经?|刚刚?|新近?)(?:临床|医生)?(?:确诊|证实)|被(?:临床|医生)?(?:确诊|证实)(?=[为患有得了])"
        r"|(?<![能以来于法可够何样步会要么靠据才怎])(?:确诊|证实)[^，。；：、？！]{0,30}?(?:患者|病人|病例|人群|的人|之后|以后|后)"
        r"|我[^，。；？]{0,6}总是"
    ),
    "en": re.compile(
        r"\bwith(?: (?:an?|the|newly|recently|already|clinically)){0,3} confirmed\b"
        r"|\bconfirmed (?:cases?|patients?|diagnos[ie]s|to (?:have|suffer))\b|\b(?:was|were|been) (?:\w+ly )?confirmed (?:as|with)\b"
        r"|(?<!do )\bI (?:need|have) to\b|\bto be sure\b",
        re.IGNORECASE,
    ),
}
"""What it says of the patient, of whom a diagnosis is known (确诊为糖尿病的患者, a patient with confirmed diabetes), and of who asks."""


def without_denied(text: str, lang: str) -> str:
    """A text without what it says is not so."""
    return DENIED[lang].sub("", text)


def check_claims(template: Template) -> Iterator[Finding]:
    """A finding for each claim that a block makes and none of the template's relations does."""
    forward = {relation.inverse: name for name, relation in ontology().relations.items()}
    said = [forward.get(name, name) for name in template.info.relations] or [str(template.info.attribute)]
    for name, claim in ontology().claims.items() if is_known(template) else ():
        weaker = [relation for relation in said if relation not in claim.of]
        entitled = f"{', '.join(claim.of)} alone" if claim.of else "no relation"
        for variant in template.variants if weaker else ():
            for role, line, body in variant.blocks:
                text = DESCRIBED[template.lang].sub("", without_denied(words(body), template.lang))
                found = re.search(getattr(claim, template.lang), text, re.IGNORECASE)
                if found:
                    what = f"{found[0]!r} claims more than {', '.join(weaker)} says ({name}: {entitled})"
                    yield Finding(template.file, line, f"{role}_{variant.number}: {what}", "take weaker words")
