"""Answers that answer nothing: what comes before an answer, and what is of other things altogether."""

import re

from kgtools.corpora.verify.forms.abstain import FILLER, says_nothing
from kgtools.corpora.verify.forms.plans import Plan

EXPLICIT = re.compile(  # each alternative begins with a character of its own, by which re skips what is no beginning
    r"答案(?:应该?)?[是为:]|结论(?:应该?)?[是为:]|更正(?:1下)?[,:为成]|不对(?<![^,。;!?\n哦啊噢]不对)[,。!]|说错了[,。!]|我错了[,。!]|改[为成]"
    r"|修正[为成]"
    r"|订正[为成]|answer(?: should be| would be| is|:)|wait(?<![a-z]wait)[,.! ]|correction(?<![a-z]correction)|actually,"
    r"|so no[:,.]|but no[:,.]|, no[:,.]|change[a-z ]{1,24} to |switch[a-z ]{0,24} to |revise[a-z ]{1,24} to "
)
TALK = re.compile(r"分析|思考|看看|有意思|复杂|需要|here is|let me|i will|i'll|interesting|the question|需|请稍|稍等")
LONG = 60
ASK = frozenset("就是的问即为有在于了也")
WORDS = re.compile(r"[a-z]+|[^\sa-z]")
SAID_AGAIN = 8
"""Characters from which on words of the question alone are the question said again."""


def _is_of(text: str, question: str) -> bool:
    """Whether a text has no words but those of the question."""
    return ASK.union(WORDS.findall(question)).issuperset(WORDS.findall(text))


def is_talk(read: str, plan: Plan) -> bool:
    """Whether an answer without a name that anybody knows answers nothing: what is short is a name that nobody knows."""
    if says_nothing(read, plan.question):
        return True
    rest = read.replace(plan.question, "") if plan.question else read
    if len(rest) >= SAID_AGAIN and plan.question and _is_of(FILLER.sub("", rest), plan.question):
        return True
    for one in reversed(plan.names.find(rest)):
        rest = rest[: one.begin] + rest[one.end :]
    if says_nothing(rest):
        return True
    return not EXPLICIT.search(rest) and (
        len(rest) > LONG or TALK.search(rest) is not None or not re.search(r"\w{2}", rest)
    )


MEDICAL = re.compile(
    r"[病症炎癌瘤药疗医诊患疾毒菌胎孕血骨肝肾肺脾脑胃肠胆胰膀皮肤疹痛热酸素酶胞基蛋免疫突变染遗传剂量型率岁%]|治|检查|手术|\d ?(?:号|例"
    r"|/|‰|位)|[a-z]\d"
    r"|(?:itis|osis|oma|emia|pathy|ectomy|ase|mab|nib|cillin|azole|statin)\b"
    r"|\b(?:gene|protein|muta|receptor|enzyme|disease|patient|drug|dose|treat|therap|cell|blood|virus|bacter|syndrome|percent|incidence|prevalence"
    r"|years?|symptom|cause|risk|clinic|medic|doctor|hospital|health|pain|hormone|acid|vitamin|chromosome)"
)
LEAST, LEAST_WORDS = 8, 5
"""Characters, and English words, of what is no name."""
OF_ANY = frozenset("的了是在有和与也都很就不我你您他她它这那个们请会要可以一1什么哪些吗呢吧对于关")
OF_ANY_WORDS = frozenset([
    "the", "a", "an", "of", "and", "or", "to", "in", "is", "are", "was", "were", "it", "this", "that", "i", "you", "my", "your",
    "we", "for", "on", "with", "be", "at", "by", "as", "do", "does", "have", "has", "not", "what", "which", "how",
])  # fmt: skip


def is_off_topic(read: str, question: str) -> bool:
    """Whether a text is some sentence without any word of the question or of medicine: what is short may be a name that nobody knows."""
    if not question or MEDICAL.search(read):
        return False
    if read.isascii():
        words = re.findall(r"[a-z]+", read)
        return len(words) >= LEAST_WORDS and (set(words) - OF_ANY_WORDS).isdisjoint(re.findall(r"[a-z]+", question))
    signs = set(re.findall(r"[\u3400-\u9fff]", read)) - OF_ANY
    return len(re.findall(r"\w", read)) >= LEAST and len(signs & set(question)) <= len(signs) // 6
