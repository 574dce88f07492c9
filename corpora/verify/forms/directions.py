"""Whether a text says a triple the other way round: that B causes A, where A causes B."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from kgtools.corpora.verify.item import Item
from kgtools.corpora.verify.language.names import Mention
from kgtools.corpora.verify.language.scripts import HAN, of_script

_VERBS = {
    # the first is the cause, or has the other
    "cause": r"(?:导致|引起|引发|造成|诱发|致使|招致|招来|带来|催生|(?<!的)传播(?!媒介|途径|方式|者|源)|传染"
    r"|并发|继发(?!于)|伴有|表现为|可见|(?:发展|进展|演变|转变|恶化)[为成到])(?!于|因素"
    r"|原因)|是(?=[^,。;\n]{1,20}?的(?:病因|原因|诱因|起因)(?:[,。;\n]|$))|\bcauses?\b(?! of)|\b(?:is|are) (?:an? "
    r"|the )?(?:main |common )?causes? of\b|\b(?:can|may"
    r"|might|could|will) cause\b|\bleads? to\b"
    r"|\b(?:provokes?|induces?|brings? on|sets? off|underlies|underlie|transmits?|carry|carries)\b|\b(?:is|are) (?:responsible for|behind)\b"
    r"|\bspreads?\b(?! by| through| via| from)|\bends? (?:up )?in\b"
    r"|\bresults? in\b|\btriggers?\b|\bproduces?\b|\bbrings? about\b|\b(?:develops?|progress(?:es)?|evolves?|turns?"
    r"|grows?) (?:in)?to\b|\b(?:gives?|giving) rise to\b|\bpresents? with\b|\bis complicated by\b|\bis accompanied by\b"
    r"|的(?:常见|主要|典型)?(?:症状|并发症|表现|临床表现|不良反应|副作用)(?:是|为|有|包括|:)",
    "effect": r"(?:由|被|经|通过|靠|是)(?=[^,。;\n]{1,30}?(?:引起|导致|引发|造成|诱发|所致|传播|传染|带来|招来)的?(?:[,。;\n]|$))"
    r"|由(?=[^,。;\n]{1,30}?(?:引起|导致|引发|造成|诱发|所致))|(?:的)?(?:传播媒介|传播途径|传染源)(?:是|为|有|包括|:)"
    r"|因(?=[^,。;\n]{1,30}?(?:引起|所致))|源于|继发于|归因于"
    r"|的(?:病因|原因|诱因|起因)(?:是|为|有|包括|:)|是(?=[^,。;\n]{1,20}?的(?:后果|结果|并发症|症状|表现)(?:[,。;\n]|$))"
    r"|\b(?:caused|triggered|induced|produced|brought (?:about|on)|transmitted|spread|carried|provoked|set off) (?:by|through|via)\b"
    r"|\bspreads (?:by|through|via)\b"
    r"|\b(?:arises?|stems?|comes?|develops?|originates?|derives?) (?:from|out of)\b|\bdue to\b|\bresults? from\b|\bsecondary to\b|\bbecause of\b"
    r"|\bfollows? from\b|\bfollows\b"
    r"|\b(?:is|are) (?:an? |the )?(?:common |typical )?(?:symptoms?|complications?|signs?|side effects?|results?|effects?) of\b",
    "remedy": r"(?<!的)(?:治疗|治愈|缓解)(?!药|方|手段|措施|上|可|首|应|宜|常|用|选|原则|包括|有|是|为|:|以|时|期)|用于(?:治疗)?"
    r"|适用于|的适应症(?:是|为|有|包括|:)"
    r"|\b(?:treats?|cures?|relieves?)\b|\b(?:is|are) (?:used|indicated|given|prescribed) (?:for|to treat|in)\b",
    "ailment": r"(?:可|常|宜|应)?(?:服用|使用|选用|采用|用)(?=[^,。;\n]{1,30}?治疗)|的(?:治疗|首选|常用)?(?:药物|药品|用药|药"
    r"|疗法|治疗方法|治疗)(?:是|为|有|包括|:)"
    r"|\b(?:treated|cured|relieved|managed) (?:with|by)\b",
}
VERB_HAN, VERB_LATIN = of_script(_VERBS, han=True), of_script(_VERBS, han=False)
BEGINS = re.compile(
    r"[导引造诱致招带催传并继伴表可发进演转恶是的由被经通靠因源归治缓用适常宜应服使选采]|\b[abcdefgiloprstuw]"
)
"""With these begin the verbs."""
CLAUSE = re.compile(r"[,。;!?\n]|\.(?=\s|$)")
WHICH = re.compile(r",? (?:which|that|who) ?")
AHEAD = 60
"""Characters behind the second name in which the rest of a verb is looked for: 由肺炎引起."""
NEAR = {True: 40, False: 14}
"""Characters between the verb and a name, in English and in Chinese."""

_CAUSE = re.compile(
    r"CAUS|LEAD|COMPLIC|SYMPTOM|REACTION|FOLLOW|INDUC|RESULT|MANIFEST|SIDE_EFFECT|TRIGGER|TRANSMIT|SPREAD|PROVOK|PRODUC"
    r"|引起|导致|引发|造成|诱发|所致|并发症|症状|表现|体征|传播|传染|病因|后果|不良反应|副作用"
)
_REMEDY = re.compile(
    r"TREAT|DRUG|INDICAT|MEDIC|CURE|RECOMMENDED_FOR|LISTED_FOR|THERAP|药物|用药|首选药|适应症|适应证|用于治疗|用.{0,4}治疗"
)
_TURNED = {
    "cause": re.compile(r"_OF$|_BY$|FROM$|^HAS_CAUSE|^[由被因]|所致$|病因|传播媒介|传播途径"),
    "remedy": re.compile(r"^HAS_|_BY$|_DRUG$|_WITH$|^NEEDS_|^RECOMMENDED_(?!FOR)|^(?!用于|适应).*药|^用(?!于)"),
}
"""Words of a relation, in English, with _ for spaces, and in Chinese: of what kind it is, and whether its tail is what causes or treats."""


Directed = tuple[int, str, bool]
"""The number of a step, its kind, and whether its head is what causes or treats."""


@lru_cache(1_024)
def orientation(relation: str) -> tuple[str, bool] | None:
    """Of a relation its kind, and whether its head is what causes or treats; None where its names cannot be swapped by a verb."""
    relation = relation.upper().replace(" ", "_")
    if "CONTRA" in relation or "RELATED" in relation:
        return None
    kind = "cause" if _CAUSE.search(relation) else "remedy" if _REMEDY.search(relation) else None
    return None if kind is None else (kind, not _TURNED[kind].search(relation))


def oriented(item: Item) -> list[Directed]:
    """The steps of an item that can be said the other way round: number, kind, whether the head comes first."""
    return [(at, *found) for at, step in enumerate(item.steps) if (found := orientation(step.relation))]


def by_head(
    steps: Sequence[tuple[frozenset[str], frozenset[str]]], directed: Sequence[Directed]
) -> dict[str, list[Directed]]:
    """The steps that can be said the other way round by the names of their head."""
    found: dict[str, list[Directed]] = {}
    for each in directed:
        for name in steps[each[0]][0]:
            found.setdefault(name, []).append(each)
    return found


def find_reversed(
    text: str,
    mentions: Sequence[Mention],
    names: Sequence[str],
    denied: Collection[int],
    steps: Sequence[tuple[frozenset[str], frozenset[str]]],
    directed: Mapping[str, list[Directed]],
) -> dict[int, tuple[int, int]]:
    """Of the steps that a text says the other way round their number, and the two mentions that say so. `names`: those that are
    mentioned; `directed`: steps by the names of their head."""
    found: dict[int, tuple[int, int]] = {}
    near = NEAR[text.isascii()]
    for at, (one, other) in enumerate(pairwise(names)):
        if one not in directed and other not in directed:
            continue
        about = [
            each
            for head, tail in ((one, other), (other, one))
            for each in directed.get(head, ())
            if tail in steps[each[0]][1] and tail not in steps[each[0]][0]
        ]
        if not about:
            continue
        first, second = mentions[at], mentions[at + 1]
        if at in denied or at + 1 in denied or second.begin - first.end > 3 * near:
            continue
        if second.begin - first.end < 1:
            continue
        verb = _verb(text, first.end, second.begin)
        if verb is None or verb.end() > second.begin:
            continue
        gaps = (text[first.end : verb.start()], text[verb.end() : second.begin])
        if any(len(gap) > near or CLAUSE.search(WHICH.sub("", gap)) for gap in gaps):
            continue
        kind = "cause" if verb.lastgroup in ("cause", "effect") else "remedy"
        agent, patient = (one, other) if verb.lastgroup in ("cause", "remedy") else (other, one)
        for number, wanted, forward in about:
            head, tail = steps[number] if forward else steps[number][::-1]
            if wanted == kind and agent in tail and patient in head and not (agent in head and patient in tail):
                found[number] = (at, at + 1)
    return found


def _verb(text: str, begin: int, end: int) -> re.Match[str] | None:
    """The first verb that begins there."""
    for sign in BEGINS.finditer(text, begin, end):
        if verb := (VERB_HAN if sign[0] >= HAN else VERB_LATIN).match(text, sign.start(), end + AHEAD):
            return verb
    return None
