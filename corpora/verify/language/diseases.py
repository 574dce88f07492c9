"""What diseases are called, by how their names end, and whether one is another than a question is about."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

HAN = (
    r"(?:(?:其[他它]|别的|另1种)疾?病"
    r"|(?![这此该本同重轻早晚急慢各])[^,。;:!?\n的、]{0,12}?(?=[病症综炎癌瘤感流哮梗甲减亢结中贫高痛麻水风疟痢霍伤破脊变硬衰心缺溃栓骨过畸障脑卒湿癫])(?:(?<=[^发疾患生])病(?![人因情史程变例理菌毒房原])"
    r"|(?<![发遗重轻危急])症(?![状候])|综合征|炎|癌|瘤|感冒|流感|哮喘|梗[死阻塞]|甲亢|甲减|减退|亢进|结核|中毒|贫血|高血压|痛风|麻疹|水痘|风疹"
    r"|疟疾|痢疾|霍乱|伤寒|破伤风|脊柱裂|变性|硬化|衰竭|心衰|缺乏|感染|溃疡|结石|栓塞|骨折|过敏|畸形|障碍|脑出血|卒中|中风|中暑|湿疹|癫痫))"
)
LATIN = (
    r"(?:(?:other|another|different|unrelated|similar) (?:[a-z]{1,20} )?(?:diseases?|conditions?|illness(?:es)?|disorders?)"
    r"|(?!(?:the |an? )?(?:severe|advanced|early|late|mild|acute|chronic|active|this|these|such|same|any|each|most|many|both|all)\b)"
    r"(?:[a-z']{1,20} ){0,3}?[a-z]{0,20}(?:isms?|itis|(?<!gn)osis|a?emia|oma|iasis|diseases?|syndrome|disorders?|deficiency|failure|infections?"
    r"|influenza|flu|asthma|diabetes|pneumonia|tuberculosis|cancers?|tumou?rs?|ulcers?|stroke|infarction|embolism|sclerosis|pals(?:y|ies)|gout"
    r"|measles"
    r"|mumps|rickets|scurvy|cholera|malaria|rabies|tetanus|lupus|angina|migraines?|eczema|dementia|glaucoma|pox|polio|hypertension|poisoning"
    r"|obstruction|[a-z]{3,20} fever|common cold|bifida|allerg(?:y|ies)|hernias?|fractures?|epilepsy|psoriasis)\b)"
)
"""A stage or degree of a disease is none of its own."""
GENERIC = frozenset([
    "the", "a", "an", "of", "and", "or", "with", "in", "for", "to", "from", "by", "is", "are", "be", "would", "this",
    "that", "some", "any", "its", "severe", "mild", "acute", "chronic", "active", "early", "late", "advanced", "primary",
    "secondary", "untreated", "classic", "typical", "characteristic", "common", "seen", "found", "sign", "signs", "symptom",
    "symptoms", "feature", "features", "suggestive", "occur", "occurs", "suggests", "suggest", "indicates", "indicate",
    "points", "point", "belongs", "belong", "more", "usually", "typically", "rather", "instead", "mainly", "disease",
    "diseases", "disorder", "disorders", "syndrome", "syndromes", "infection", "infections", "deficiency", "failure",
    "condition", "conditions", "patient", "patients", "people",
])  # fmt: skip
"""Words that tell no disease from another."""
OTHERS = re.compile(r"其[他它]疾?病|别的疾?病|另1种疾?病|(?:other|another|different|unrelated|similar) ")
WORDS = re.compile(r"[a-z0-9]+")
LEADS = re.compile(r"^[^,。;:!?\n]{0,24}(?:见于|出现[在于]|发生[在于]|属于|提示|[是为])")
CJK = re.compile(r"[\u3400-\u9fff]")


class Topics(NamedTuple):
    """What a question is about: Chinese names, the words of others, and the question itself."""

    han: tuple[str, ...]
    latin: tuple[frozenset[str], ...]
    question: str


def topics_of(names: Sequence[str], question: str) -> Topics:
    """Made of folded names and a folded question."""
    return Topics(
        tuple(name for name in names if CJK.search(name)),
        tuple(filter(None, (_content(name) for name in names if not CJK.search(name)))),
        question,
    )


@lru_cache(16_384)
def _content(name: str) -> frozenset[str]:
    words = (word.replace("ae", "e").replace("oe", "e") for word in WORDS.findall(name) if word not in GENERIC)
    return frozenset(word[:-1] if len(word) > 4 and word[-1] == "s" and word[-2:] != "ss" else word for word in words)


def is_another(name: str, topics: Topics) -> bool:
    """Whether a disease is none that a question is about: neither more nor less of one of its names. What is told in a language in which
    the question has no name cannot be compared, and is none."""
    if OTHERS.search(name):
        return True
    if CJK.search(name):
        name = LEADS.sub("", name)
        return bool(topics.han) and not (
            name in topics.question or any(name in each or each in name for each in topics.han)
        )
    words = _content(name)
    return (
        bool(topics.latin)
        and bool(words)
        and not (name in topics.question or any(words <= each or each <= words for each in topics.latin))
    )
