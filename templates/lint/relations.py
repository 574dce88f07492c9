"""Whether the words of a template say its relation, the right way round: what is a complication of what, what leads to what."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from kgtools.kg.ontology import ontology
from kgtools.templates.findings import Finding
from kgtools.templates.lint.claims import without_denied
from kgtools.templates.lint.declared import fits
from kgtools.templates.lint.ends import HEAD, TAIL, is_known, shown, texts_of
from kgtools.templates.pack import Template
from kgtools.templates.variants import Variant

ENDS = f"[{HEAD}{TAIL}]"
ASKED = re.compile(
    r"(?:哪(?:些|种|个|类|几[种个类]?)|什么|何种)(?:疾病|病症|病(?![理因史变])(?:人)?|患者|人群|药[品物]?|治疗方法|疗法|食[物品]|科室?|产品)"
)
"""What a Chinese question asks for stands where the answer does: 糖尿病是哪些疾病的并发症."""
MORE = "(?:主要|常见|常用|常规|典型|临床|早期|晚期|可能|具体|所有|全部|各种|部分|一[个种些]|已知|好评|药物|治疗)"
"""May stand before a Chinese noun."""
CLOSES = rf"(?=[，。；：？！有是为包都会可主通如怎吗呢及、]|一般|应该|需要|{ENDS}|$)"
"""Stands behind a Chinese noun that is no part of a longer one: 症状有, but not 药物剂型."""
FREE = (
    "(?:^|(?<=[，。；：？！“《是问出述绍说谈讲道解对])|(?<=属于)|(?<=得了)|(?<=患了)"
    "|(?<=药物)(?<!常用药物)|(?<=药品)|(?<=疾病)|(?<=症状)|(?<=检查)|(?<=产品))"
)
"""Stands before a Chinese name that no verb governs: not in 可能发展成X的症状, where the symptom is not X's."""
WHO = (
    "(?:(?:the|an?|this|people|patients?|those|someone|persons?|drug|medicine|disease|symptom|examination|test|treatment|product|"
    "named|called|with|who|have|having|has) ){0,4}"
)
"""May stand between an English noun and the name: symptoms of people with X."""
TYPES = {
    "Disease": ("疾病|病症", "diseases?"),
    "Symptom": ("症状|表现", "symptoms?"),
    "Examination": ("检查|化验", "examinations?|tests?"),
    "Treatment": ("治疗方法|疗法|治疗手段", "treatments?|therap(?:y|ies)"),
    "Drug": ("药(?!.?食)", "drugs?|medicines?|medications?"),
    "Product": ("在售药品|产品", "products?"),
    "Food": ("食物|食品", "foods?"),
    "Department": ("科室|科(?!目)", "departments?"),
    "BodyPart": ("部位", "body parts?|parts? of the body"),
}
"""The words, in Chinese and English, by which a question asks for something of a type."""
ALIKE = {"Product": "Drug", "Drug": "Product"}
"""A type whose words may ask for another."""
CLAUSE = {"zh": re.compile("[，。；：？！]"), "en": re.compile(r"[,;:.?!]")}


def check_relations(template: Template) -> Iterator[Finding]:
    """A finding for each block whose words say another relation than the template's, or say it the wrong way round."""
    declared = set(template.info.relations) or {str(template.info.attribute)}
    for variant in template.variants if is_known(template) and fits(template.info) else ():
        said = [(role, _shorten(text, template.lang)) for role, _, text in texts_of(template, variant)]
        for role, line, _ in variant.blocks:
            texts = dict.fromkeys(text for of, text in said if of == role)
            faults = (fault for text in texts if (fault := _fault(text, template.lang, declared)))
            fault = next(faults, None) or (role == "user" and _other_type(template, variant)) or None
            if fault:
                yield Finding(template.file, line, f"{role}_{variant.number}: {fault[0]}", fault[1])


def _other_type(template: Template, variant: Variant) -> tuple[str, str] | None:
    """What a question asks for by the name of another type than that of its tails."""
    tail = template.info.tail
    if tail is None:
        return None
    for role, _, text in texts_of(template, variant):
        for type_, found in _asked_types(text, template.lang) if role == "user" else ():
            if type_ not in (tail, ALIKE.get(tail)):
                way_out = f"ask for {ontology().entities[tail].plural}, or declare the tail that is asked for"
                return f"{shown(found)} asks for {ontology().entities[type_].plural}, and the tail is {tail}", way_out
    return None


def _asked_types(text: str, lang: str) -> Iterator[tuple[str, str]]:
    """The entity types that a question asks for, each with its words: 哪些药, which tests."""
    for type_, nouns in TYPES.items():
        noun = nouns[lang == "en"]
        form = rf"(?:哪(?:些|种|个|类|几[种个类]?)|什么)(?:{noun})(?!品?物?[^，。？]{{0,2}}的)" if lang == "zh" else (
            rf"\b(?:which|what) (?:\w+ ){{0,1}}?(?:{noun})\b(?= (?:is|are|was|were|do|does|can|may|could|should|must|will|would|has|have|\w+s)\b)"
        )  # fmt: skip
        yield from ((type_, found[0]) for found in re.finditer(form, text, re.IGNORECASE))


def _shorten(text: str, lang: str) -> str:
    return without_denied(ASKED.sub(TAIL, text) if lang == "zh" else text, lang)


def _fault(text: str, lang: str, declared: set[str]) -> tuple[str, str] | None:
    """What is wrong with the relation that a text says, and the way out."""
    for name, wording in ontology().roles.items():
        for pattern, whose in _nouns(name, lang):
            for found in pattern.finditer(text):
                of_head = (found["end"] == HEAD) is whose
                said = set(wording.of) if of_head else set(filter(None, map(_backwards, wording.of)))
                if said and not said & declared:
                    return _explain(found[0], said, declared)
    for wording in ontology().verbs.values():
        pattern = getattr(wording, lang)
        for found in (
            re.finditer(rf"\b(?:{pattern})\b" if lang == "en" else pattern, text, re.IGNORECASE) if pattern else ()
        ):
            forward = _runs_forward(text, found, lang)
            if forward is not None:
                said = set(wording.of if forward else filter(None, map(_backwards, wording.of)))
                if not said & declared and set(filter(None, map(_backwards, said))) & declared:
                    return _explain(_around(text, found), said, declared)
    return None


def _explain(words: str, said: set[str], declared: set[str]) -> tuple[str, str]:
    turned = sorted(said & set(filter(None, map(_backwards, declared))))
    asked = " or ".join(sorted(declared))
    if turned:
        return (
            f"{shown(words)} says {asked} the wrong way round",
            f"exchange head and tails in the words, or declare {turned[0]}",
        )
    return (
        f"{shown(words)} says {' or '.join(sorted(said))}, not {asked}",
        "say what the template asks, or declare what it says",
    )


@cache
def _backwards(name: str) -> str | None:
    """A relation read the other way round; None for an attribute."""
    ways = {key: each.inverse for key, each in ontology().relations.items()}
    return (ways | {inverse: key for key, inverse in ways.items()}).get(name)


@cache
def _nouns(role: str, lang: str) -> Sequence[tuple[re.Pattern[str], bool]]:
    """The forms in which a noun is said of an end, with whether this end is the one that has it (X的并发症), or the one that it is
    (并发症包括X)."""
    noun = getattr(ontology().roles[role], lang)
    if not noun:
        return ()
    end = f"(?P<end>{ENDS})"
    if lang == "zh":
        forms = [
            (rf"{FREE}{end}(?:的|(?:患者|病人|这种病|该病)的?){MORE}{{0,2}}(?:{noun}){CLOSES}", True),
            (
                rf"{end}(?:患者|病人)?(?:可能|可以|可|会)?(?:有|存在)(?:哪些|什么|以下|下列)+{MORE}{{0,2}}(?:{noun}){CLOSES}",
                True,
            ),
            (rf"(?:^|[，。；：？！])(?:主要|常见)?的?(?:{noun})(?:可能|通常|主要)?(?:包括|有|是|为|包含){end}", False),
        ]
    else:
        said = rf"\b(?:{noun})\b"
        forms = [
            (rf"{said} (?:of|for|to|in) {WHO}{end}", True),
            (
                rf"{said} (?:that )?(?:is|are|can be|may be) (?:\w+ )?(?:used|done|needed|ordered|given|made|performed) (?:for|in) {WHO}{end}",
                True,
            ),
            (rf"{said} (?:does|do|can|may|could|might) {WHO}{end} have\b", True),
            (rf"{said} that {WHO}{end} (?:may |can |could |might )?(?:have|has|causes?|shows?)\b", True),
            (rf"{end} (?:has|have|may have|can have) (?:the |these |this |following )*{said}", True),
        ]
        asked = rf"(?P<end>\b(?:of|for|to|in) (?:which|what) \w+(?: \w+){{0,2}} (?:is|are|can|may|could|might) {ENDS}) (?:be )?(?:recorded )?(?:as )?"
        forms.append((rf"{asked}an? (?:\w+ ){{0,2}}{said}(?! (?:of|for|to|in)\b)", True))
    return [(re.compile(form, re.IGNORECASE), whose) for form, whose in forms]


def _runs_forward(text: str, found: re.Match[str], lang: str) -> bool | None:
    """Whether a verb leads from head to tail; None where its clause does not say, or says both."""
    before = CLAUSE[lang].split(text[: found.start()])[-1]
    behind = CLAUSE[lang].split(text[found.end() :])[0]
    if lang == "zh" and (re.search("[由因被]", before) or behind.startswith("（")):
        return None
    first = re.search(ENDS, behind)
    last = re.findall(ENDS, before)[-1:]
    if lang == "en" and last and re.search(r"\b(?:which|what|who)\b", before.split(last[0])[-1], re.IGNORECASE):
        last = []
    to = first[0] if first else None
    ways = {to == TAIL} if to else set()
    ways |= {last[0] == HEAD} if last else set()
    return ways.pop() if len(ways) == 1 else None


def _around(text: str, found: re.Match[str]) -> str:
    """A verb with the ends beside it."""
    begin = max((at for at, sign in enumerate(text[: found.start()]) if sign in (HEAD, TAIL)), default=found.start())
    end = next((at + 1 for at in range(found.end(), len(text)) if text[at] in (HEAD, TAIL)), found.end())
    return text[begin:end]
