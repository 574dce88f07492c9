"""What does not agree: a and an, one and several."""

import re
from collections.abc import Iterator
from functools import cache

from kgtools.kg.ontology import ontology
from kgtools.templates.findings import Finding
from kgtools.templates.lint.ends import HEAD, TAIL, shown, texts_of
from kgtools.templates.pack import Template
from kgtools.templates.sandbox import with_article

ARTICLE = re.compile(r"(?:\b(an?)|(?:^|(?<=[.?!:;] ))(An?)) ([\w-]+)")
"""An article with what follows it; a capital A within a sentence (vitamin A) is none."""
NAMES = ("fevere", "ulcere")
"""Names that take a and an, and are no words."""
NO_NOUN = frozenset(["and", "are", "as", "at", "by", "for", "if", "in", "is", "of", "on", "or", "to", "with"])
"""What follows a that is no article: options a and b."""
NOUNS = (
    "case", "code", "complaint", "complication", "condition", "contraindication", "dish", "effect", "finding", "form", "group", "indication",
    "ingredient", "interaction", "investigation", "kind", "manifestation", "medication", "medicine", "name", "organ", "patient", "reaction",
    "recipe", "region", "sign", "site", "specialty", "strength", "subtype", "test", "type", "unit", "ward", "clinic",
)  # fmt: skip
"""What templates count, beside the words for entity types."""
MASS = ("cost", "diagnosis", "incidence", "prevalence", "prognosis", "rate")
"""Speak of one, whatever the number of values: the differential diagnosis is a, b and c."""
ENDINGS = (("y", "ies"), ("s", "ses"), ("h", "hes"), ("x", "xes"), ("", "s"))
SINGULAR = ["is", "was", "has", "does", "includes"]
PLURAL = ["are", "were", "have", "do", "include"]
MODALS = frozenset(["can", "could", "may", "might", "must", "should", "to", "will", "would"])
DETERMINERS = {
    "a": 1,
    "an": 1,
    "this": 1,
    "each": 1,
    "every": 1,
    "another": 1,
    "these": 2,
    "those": 2,
    "several": 2,
    "many": 2,
}
"""Words that say of how many a noun speaks: 1 or more."""
OF_NOUN = r"(?:(?!(?:of|for|in|with|to|on|at|by|from|and|or|that|which|who)\b)\w+ )"
"""A word before a noun that belongs to it: these *common* signs, but not a list *of* signs."""
LEADS = re.compile(r"^(?:After|Among|As|At|Besides|By|Beyond|For|From|If|In|On|To|Under|When|With|Within)\b[^,]*, ")
"""What may stand before a sentence's subject: For fever, ..."""
STOPS = "(?: (?:of|for|in|with|to|from|at|by|on|under|that|which|who|known|seen|done|given|taken|found|\\w+ed|\\w+ly)\\b| [,:]|$)"
"""What ends the words of a subject that have its number: the *types* of X, a *symptom* related to X."""


def _plural(noun: str) -> str:
    begin, ending = next(
        (end, more) for end, more in ENDINGS if noun.endswith(end) and noun[-2:] not in ("ay", "ey", "oy")
    )
    return noun[: len(noun) - len(begin)] + ending


@cache
def counted() -> dict[str, int]:
    """The nouns that templates count, in singular (1) and plural (2)."""
    types = {
        each.en.split()[-1]: each.plural.split()[-1] for each in ontology().entities.values() if each.en != "body part"
    }
    both = types | {noun: _plural(noun) for noun in NOUNS}
    return dict.fromkeys(both, 1) | dict.fromkeys(both.values(), 2) | dict.fromkeys(MASS, 1) | {"diagnoses": 2}


def check_grammar(template: Template) -> Iterator[Finding]:
    """A finding for each block with an article or a number that does not fit."""
    if template.lang == "zh":
        yield from _check_chinese(template)
        return
    for variant in template.variants:
        named = [text for name in NAMES for text in texts_of(template, variant, name, name)]
        said = list(dict.fromkeys(texts_of(template, variant)))
        for role, line, _ in variant.blocks:
            articles = (fault for of, _, text in named if of == role and (fault := find_article(text)))
            numbers = (fault for of, count, text in said if of == role and (fault := find_disagreement(text, count)))
            for what, way_out in filter(None, (next(articles, None), next(numbers, None))):
                yield Finding(template.file, line, f"{role}_{variant.number}: {what}", way_out)


def _check_chinese(template: Template) -> Iterator[Finding]:
    for variant in template.variants:
        of_one = {role: text for role, count, text in reversed(list(texts_of(template, variant))) if count == 1}
        for role, line, _ in variant.blocks:
            if found := re.search("分别|各自", of_one.get(role, "") if role == "assistant" else ""):
                way_out = f"write {{% if tails is several %}}{found[0]}{{% endif %}}"
                yield Finding(template.file, line, f"{role}_{variant.number}: {found[0]!r} with one tail", way_out)


def find_article(text: str) -> tuple[str, str] | None:
    """An article that does not fit the word behind it, or stands before a name, which may begin with any letter."""
    for found in ARTICLE.finditer(text):
        article, word = found[1] or found[2], found[3]
        if word in NO_NOUN or with_article(word).split()[0] == article.lower():
            continue
        if word in NAMES:
            return f"{article!r} before a name", "write {{ ... | with_article }}, which chooses between a and an"
        return f"{found[0]!r}", f"write {with_article(word)!r}"
    return None


def find_disagreement(text: str, count: int) -> tuple[str, str] | None:
    """Words of one where several are meant, or the other way round, in a text with `count` tails."""
    for sentence in re.findall(r"[^.?!]+[.?!]?", text):
        found = next(_disagreements(sentence.strip(), count), None)
        if found:
            where = f" with {'one tail' if count == 1 else 'several tails'}" if TAIL in sentence else ""
            return (
                f"{shown(found)} does not agree{where}",
                "let it agree: include, or {% if tails is several %}are{% else %}is{% endif %}",
            )
    return None


FINITE = dict.fromkeys(SINGULAR, 1) | dict.fromkeys(PLURAL, 2)
"""Verbs that agree with their subject."""
TURNED = "|".join(verb for verb in FINITE if verb not in ("has", "have", "include", "includes"))
"""Those that stand before it in a question: What are the symptoms?"""
SOMEBODY = rf"(?! (?:the|an?|this|these|those|it|they|people|patients?|some\w*|any\w*)\b| {HEAD})"
"""Not before the subject of a question, which then is not the noun before the verb: which symptoms does the patient have."""


@cache
def _nouns() -> str:
    return "|".join(sorted(counted(), key=len, reverse=True))


def _number(noun: str) -> int:
    return counted()[noun.lower()]


def _disagreements(sentence: str, count: int) -> Iterator[str]:
    """The words of a sentence that do not agree, from any of the forms that are known."""
    yield from _of_determiners(sentence)
    yield from _of_clauses(sentence)
    yield from _of_objects(sentence)
    if count > 1:
        yield from _of_lists(sentence)
    yield from _of_questions(sentence) if sentence.endswith("?") else _of_statements(sentence, count)


def _of_determiners(sentence: str) -> Iterator[str]:
    """These symptom, each signs."""
    words = "|".join(DETERMINERS)
    form = rf"\b({words}) {OF_NOUN}{{0,2}}?({_nouns()})\b(?! (?:{_nouns()})\b)"
    for found in re.finditer(form, sentence, re.IGNORECASE):
        if DETERMINERS[found[1].lower()] != _number(found[2]):
            yield found[0]


def _of_clauses(sentence: str) -> Iterator[str]:
    """Symptoms that is, a drug which are."""
    form = rf"\b({_nouns()}) (?:that|which) ({'|'.join(FINITE)})\b(?! {HEAD})"
    for found in re.finditer(form, sentence, re.IGNORECASE):
        if _number(found[1]) != FINITE[found[2].lower()]:
            yield found[0]


def _of_objects(sentence: str) -> Iterator[str]:
    """Has symptom of, includes test for."""
    form = rf"\b(has|have|includes?) ({_nouns()})(?= (?:of|in|for|with|on|that)\b|[:.,])"
    for found in re.finditer(form, sentence, re.IGNORECASE):
        if _number(found[2]) == 1:
            yield found[0]


def _of_lists(sentence: str) -> Iterator[str]:
    """This symptom: a, b and c."""
    before, _, behind = sentence.rpartition(": ")
    form = rf"\b(?:this|one) (?:\w+ )?({_nouns()})\b|^the (?:\w+ )?({_nouns()})(?={STOPS})"
    found = re.search(form, before, re.IGNORECASE) if behind.rstrip(".!") == TAIL else None
    noun = (found[1] or found[2]).lower() if found else ""
    if found and noun not in MASS and _number(noun) == 1:
        yield found[0]


def _of_questions(sentence: str) -> Iterator[str]:
    """What are the symptom, which test are."""
    subject = rf"(?:(?:the|an?|this|these|those) )?(?:\w+ )?(?:{_nouns()})(?={STOPS}|\?)|people|{HEAD}"
    asked = rf"(?:^|\b(?:what|which|how|where|when|why|who|whom)\b(?: \w+){{0,3}}? )({TURNED}) ({subject})"
    for found in re.finditer(asked, sentence, re.IGNORECASE):
        if MODALS & set(sentence[: found.start(1)].lower().split()[-1:]):
            continue
        words = found[2].lower().split()
        number = DETERMINERS.get(words[0]) or (2 if words[-1] == "people" else counted().get(words[-1], 1))
        if number != FINITE[found[1].lower()]:
            yield found[0]
    which = rf"\b(?:which|what) {OF_NOUN}{{0,2}}?({_nouns()}) ({'|'.join(FINITE)})\b{SOMEBODY}"
    for found in re.finditer(which, sentence, re.IGNORECASE):
        if _number(found[1]) != FINITE[found[2].lower()]:
            yield found[0]


def _of_statements(sentence: str, count: int) -> Iterator[str]:
    """The symptoms of X is, the symptom is a, b and c; by the first verb that has a subject of its own."""
    sentence = LEADS.sub("", sentence).strip()
    for found in re.finditer(rf"\b({'|'.join(FINITE)})\b", sentence):
        before = re.split("[;:] ", sentence[: found.start()])[-1].strip()
        if not before or before.split()[-1].lower() in MODALS or _is_of_relative(before):
            continue
        number, noun = _number_of(before, count)
        behind = re.match(rf" (?:the following: )?{TAIL}(?=\W*$)", sentence[found.end() :])
        if number and number != FINITE[found[1]]:
            yield f"{before} {found[1]}"
        elif noun not in ("", *MASS) and found[1] in ("is", "are") and behind and (number == 1) != (count == 1):
            yield f"{before} {found[0]} {TAIL}"
        return


def _is_of_relative(before: str) -> bool:
    """Whether the verb behind these words belongs to what they say of a noun: diseases for which X *is* used."""
    *_, behind = re.split(r"\b(?:that|which|who|whom|where)\b", before)
    return behind != before and not re.search(rf"\b(?:{'|'.join((*SINGULAR, *PLURAL, *MODALS))})\b", behind)


def _number_of(subject: str, count: int) -> tuple[int, str]:
    """1 or 2 for one or several, with the noun that says so; 0 where nothing tells."""
    if subject in (HEAD, TAIL):
        return (1 if subject == HEAD or count == 1 else 2), ""
    found = re.match(rf"(?:\w+ ){{0,5}}?({_nouns()})(?={STOPS})", subject, re.IGNORECASE)
    if (
        not found
        or " and " in found[0]
        or re.search(rf"[{HEAD}{TAIL},]|\b(?:of|for|with|that)\b", found[0][: found.start(1)])
    ):
        return 0, ""
    return _number(found[1]), found[1].lower()
