"""How a question ends: with a question mark, or as a request with a full stop."""

import re

from kgtools.templates.lint.text import CLOSING

ENDS = {"zh": "。？！", "en": ".?!"}
ASKS = {"zh": ("？", "？！"), "en": ("?", "?!")}
CLOSED = "".join(CLOSING) + '"'
"""What may stand behind the end of a sentence: 他说“多喝水。”"""
VERBS = {
    "zh": (
        "列举|列出|罗列|说出|说明(?![：:])|说说|谈谈|讲讲|讲述|介绍|描述|解释|指出|给出|写出|举出|举例|告诉我|试述|简述|概述|阐述|论述|叙述|"
        "陈述|概括|归纳|总结|查询|查找|查一?查|找一?找|看一?看|想一?想|数一?数|帮我|帮忙|麻烦|劳驾"
    ),
    "en": (
        "list|name|tell|give|describe|explain|state|say|show|enumerate|mention|identify|provide|summari[sz]e|outline|specify|write|"
        "cite|recall|suggest|discuss|define|compare|advise|indicate|find|report|compile|share|elaborate|teach|remind|help me|let me know|"
        "point out|set out|draw up|make|prepare|put together|look up|go through|run through|walk me through|note|jot down|check|pick out|"
        "gather|collect"
    ),
}
REQUESTS = {
    "zh": re.compile(
        rf"(?:^|[，：；、“（\s])(?:你|您|试|再|并|也|分别|逐一|简要|简单|详细|尽量|能否)?(?:{VERBS['zh']})"
        rf"|(?:针对|关于|根据|按照?|就|对)[^，。]{{1,40}}(?<!的)(?:{VERBS['zh']}|进行(?:说明|描述|介绍|总结))"
        r"|^求|请(?![问教])|想(?:知道|了解|弄清|听听|问问|问一下|咨询|请教)|把[^，。]{1,40}(?:列|说|写|讲)(?:出|清|一)"
    ),
    "en": re.compile(
        rf"(?:^|[,;:(“\"]\s*)(?:(?:please|kindly|briefly|simply|now|then|and|in short,?)\s)?(?:{VERBS['en']})\b(?!\s(?:of|for|is|are|was)\b)"
        r"|\bplease\b|\bI(?:['’]d like| would like| want| need| wish) to (?:know|hear|learn|see|understand)\b",
        re.IGNORECASE,
    ),
}  # fmt: skip
"""What makes a sentence a request: 请列举…, 说说…, 我想知道…; List ..., For a patient with fever, name ..., I would like to know ..."""


THANKS = re.compile(r"(?:多谢|非常感谢|谢谢(?:您|你|大家|医生)?|(?:many )?thanks|thank you)[。！.!]?$", re.IGNORECASE)
"""What may stand behind a question: 谢谢！"""


def find_wrong_end(text: str, lang: str, role: str) -> str | None:
    """The sign with which a text ends, where it may not end so."""
    bare = text.rstrip(CLOSED) or text
    if role == "assistant":
        return None if bare[-1] in ENDS[lang] else bare[-1]
    bare = THANKS.sub("", bare).rstrip() or bare
    return None if bare.endswith(ASKS[lang]) or is_request(bare, lang) else bare[-1]


def is_request(text: str, lang: str) -> bool:
    """Whether the last sentence of a text asks in another way than by a question, and ends."""
    marks = ENDS[lang]
    if text[-1] not in marks:
        return False
    *_, last = re.split(f"[{marks}]", text.rstrip(marks))
    return REQUESTS[lang].search(last.strip()) is not None
