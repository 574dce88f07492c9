"""Diagnoses as records write them: numbered lists, ICD codes, `？` and `待查`; and the labels by which a text gives them away."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kgtools.corpora.ehr.headings import HAN, find, key_of

ICD = re.compile(r"[\[(（]?(?<![A-Za-z0-9])([A-TV-Z]\d{2}(?:\.[\dA-Za-z]{1,5})?)(?:[+*†])?(?![A-Za-z0-9.])[\])）]?")
"""`J18.9`, also in brackets: `(E11.9+)`."""
ONLY_ICD = re.compile(r"[A-TV-Z]\d{2}(?:\.?[\dA-Za-z]{1,5})?")
"""A text that is a code and no more: `J18.9`."""
ITEM = re.compile(r"(?<![A-Za-z\d.])(?:[（(]\d{1,2}[)）]|\d{1,2}[.、．)）](?!\d+(?![\d型期级度.]))|[①-⑳])[ \t\u3000]*")
"""The number of an item: `1.`, `（2）`, `③`, but not `2.5` or `1.5型`."""
RULE = re.compile(r"[\s=_*~#-]*")
"""A line that only parts others: `-----`."""
SIGNED = re.compile(
    r"\S{0,6}(?:签名|签字)|\S{0,6}(?:医师|医生|记录者?|日期|时间)\s*[：:]|(?:dr|signed|attending|date)\b.{0,12}[：:.]",
    re.IGNORECASE,
)
COLON = re.compile("[：:]")
"""Either form of it."""
UNSURE = r"考虑|疑似|可疑|疑诊|疑|拟诊|possible|probable|suspected|suspicion of|likely|rule out|r/o"
UNSURE_END = r"(?:(?<![?？])[?？]++|待查|待排除?|可能性?大?|查因|possible|probable|suspected){1,9}"
"""Some of these words behind each other; more than nine is no doubt."""
DOUBT = re.compile(rf"^(?:{UNSURE})\s*|(?:(?<!\s)\s+)?(?:[(（]{UNSURE_END}[)）]|{UNSURE_END})\s*$", re.IGNORECASE)
TRAILING = re.compile(r",? unspecified$|,? initial encounter$|,? not otherwise specified$|,? nos$", re.IGNORECASE)
"""Words of ICD-10-CM that say nothing of the disease: `, unspecified`."""
BRACKETS = re.compile(r"(?:(?<!\s)\s+)?(?:（[^（）]*）|\([^()]*\)|\[[^\[\]]*\])\s*")
"""What stands in brackets, with the blanks around it: `肺炎（轻度）`."""
PARTS = re.compile(r"[，,、+＋/]|(?:合并|并发|伴有|伴|并)(?=[\u3400-\u9fff]{3})| (?:with|and|due to|secondary to) ")
"""What parts two diagnoses of one line: `、`, `合并`, ` with `."""
NOTHING = re.compile(
    r"(?:无|暂无|暂缺|未见|不详|未知|待查|待定|正常|null|nan|none|n/?a|unknown|nil|not available|none at the moment|[-/_.\s]+|not applicable)[.。]?",
    re.I,
)
STAGE = re.compile(
    r"(?:急性|慢性|亚急性)?(?:加重|发作|稳定|缓解|恢复|进展|早|中|晚|活动|静止|失代偿|代偿)期?|术后|左侧|右侧|双侧|[^，]{0,4}危|.*级|.*期"
)
MODIFIERS = re.compile(
    r"^(?:急性|慢性|亚急性|左侧|右侧|双侧|单侧|轻度|中度|重度|重症|原发性?|继发性?)+"
    r"|^(?:(?:acute|chronic|subacute|left|right|bilateral|severe|mild|moderate|recurrent|primary|secondary)(?:[- ]sided)?[- ]+)+",
    re.IGNORECASE,
)
LEVELS = ("principal", "discharge", "plain", "preliminary", "impression")


@dataclass(frozen=True)
class Diagnosis:
    """One diagnosis. `kind`: principal, discharge, secondary, plain, preliminary or impression; `order`: from 1, in the record;
    `certainty`: sure, suspected, or empty where the record does not say."""

    text: str
    kind: str = "plain"
    order: int = 0
    icd10: str = ""
    certainty: str = ""


def parse(text: str, kind: str = "plain") -> list[Diagnosis]:
    """The diagnoses of a section or field: one a line, a number or a semicolon; codes apart. Stops where another label begins."""
    diagnoses: list[Diagnosis] = []
    for line in text.splitlines():
        if RULE.fullmatch(line) or SIGNED.match(line.strip()):
            continue
        label, rest = _label_of(ITEM.sub("", line, count=1) if ITEM.match(line) else line)
        if label:
            known = find(label)
            if known and known[1]:
                line, kind = rest, known[1]
            elif diagnoses and not ITEM.match(line) and (known or len(label) <= 6):
                break
        for part in re.split(r"[；;]", ITEM.sub("；", line)):
            if diagnosis := one(part, kind):
                diagnoses.append(diagnosis)
    return diagnoses


def _label_of(line: str) -> tuple[str, str]:
    """The label that a line begins with, up to its first colon, and what stands behind it; nothing where it has none."""
    before, *rest = COLON.split(line, maxsplit=1)
    label = before.lstrip(" \t\u3000").rstrip(" \t")
    label = label if len(label) > 1 else before[-2:]
    if not rest or not 2 <= len(label) <= 30 or set(label) & set("，。；\n"):
        return "", ""
    return label, rest[0].lstrip(" \t\u3000")


def one(text: str, kind: str = "plain", icd10: str = "") -> Diagnosis | None:
    """One diagnosis, without numbers, codes and question marks; None where it says nothing."""
    text = text.strip(" \t\u3000。.，,、：:*")
    match = ICD.search(text)
    if match and (match[0] == text or "." in match[1] or match[0][0] in "([（"):
        rest = (text[: match.start()] + text[match.end() :]).strip(" \t\u3000。.，,、：:")
        if rest:
            text, icd10 = rest, icd10 or match[1]
    if not text or NOTHING.fullmatch(text):
        return None
    sure = "suspected" if DOUBT.search(text) else "sure" if text.startswith(("确诊", "confirmed")) else ""
    return Diagnosis(text.rstrip("?？ "), kind, 0, icd10, sure)


def number_diagnoses(diagnoses: Iterable[Diagnosis]) -> tuple[Diagnosis, ...]:
    """Numbered from 1, each said once in a kind."""
    seen: dict[tuple[str, str], Diagnosis] = {}
    for diagnosis in diagnoses:
        seen.setdefault((key_of(diagnosis.text), diagnosis.kind), diagnosis)
    return tuple(replace(diagnosis, order=order) for order, diagnosis in enumerate(seen.values(), start=1))


def answers(diagnoses: Sequence[Diagnosis]) -> list[Diagnosis]:
    """Those that are the answer: principal and discharge diagnoses, else the first kind of LEVELS that there is; then the
    secondary ones. Primary first."""
    kinds = {diagnosis.kind for diagnosis in diagnoses}
    final = [kind for kind in LEVELS[:2] if kind in kinds] or [kind for kind in LEVELS if kind in kinds][:1]
    wanted = [*final, "secondary"] if final else ["secondary"]
    found: dict[str, Diagnosis] = {}
    for kind in wanted:
        for diagnosis in diagnoses:
            if diagnosis.kind == kind:
                found.setdefault(key_of(diagnosis.text), diagnosis)
    return list(found.values())


def labels(diagnosis: Diagnosis) -> tuple[set[str], set[str]]:
    """How a text says this diagnosis: what must not stay in it, and what is cut where it can be: its
    parts, itself without `急性` and `左侧`, its code."""
    text = diagnosis.text
    short = BRACKETS.sub("", text)
    whole = [variant for variant in (text, short) if _tells(variant)]
    must = {*whole, *map(_sure, whole)}
    inside = BRACKETS.sub(lambda match: f"，{match[0].strip(' ()（）[]')}，", text)
    parts = {_sure(part.strip()) for part in PARTS.split(inside)}
    soft = (
        parts | {MODIFIERS.sub("", part) for part in parts | must} | {diagnosis.icd10 if "." in diagnosis.icd10 else ""}
    )
    return {label for label in must if _tells(label)}, {part for part in soft - must if _tells(part, 3)}


def _sure(text: str) -> str:
    """Without what says that it is not sure, or not more than it is: `考虑肺炎？` is `肺炎`."""
    return TRAILING.sub("", DOUBT.sub("", DOUBT.sub("", text)))


def _tells(label: str, least: int = 1) -> bool:
    """Whether a label is more than a stage or a letter."""
    letters = [character for character in label if character.isalnum()]
    if STAGE.fullmatch(label) or len(letters) < (least if HAN.search(label) else max(least, 2)):
        return False
    return not label.isdigit()
