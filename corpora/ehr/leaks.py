"""The diagnosis kept out of what a model is to diagnose from: impressions of reports, stated diagnoses, the label itself.

What is found is cut at the clause or the report's end and counted by kind; what cannot be cut safely is a fault."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from kgtools.corpora.ehr.headings import HAN, TESTS, Section

LONGEST_CLAUSE = 400
"""Characters of a clause that may be cut out; a longer one is a text without punctuation, of which too much would go."""
NEAR = 2 * LONGEST_CLAUSE

ENDS = re.compile(r"[，。；！？;!?\n]|,(?!\d)|\.(?=\s|$)")
"""What ends a clause; not the comma of `1,000` nor the point of `1.5`."""
NUMBERED = re.compile(r"(?:^|(?<=[\n。；;]))[ \t\u3000]*(?:[（(]?\d{1,2}[)）.、．]|[-•*])[ \t\u3000]*$")
"""The number of an item of which nothing is left: `2. `."""
UNITS = re.compile(r"[^。！？!?；;\n]*(?:[。！？!?；;]+[ \t\u3000]*\n?|\n|$)")
"""A sentence with what ends it."""

DIAGNOSIS = (
    r"(?:初步|入院|出院|临床|门诊|急诊|病理|影像|超声|内镜|胃镜|肠镜|镜下|心电图|CT|MRI?|X线|放射|最后|最终|术前|术后|目前|疾病){0,9}诊断"
    r"|诊断(?:印象|意见|结果|提示)|(?:初步|影像|诊断|检查|临床)?印象"
    r"|\b(?:impressions?|(?:\w+ )?diagnos[ie]s|dx|assessment)"
)
RESULTS = r"(?<!常规)(?<!功能)(?<!肝功)(?<!肾功)(?<!生化)(?<!血气)(?<!凝血)(?<!电解质)(?<!血糖)(?<!化验)(?<!检验)"
"""Before 提示：, words of laboratory tests: what they show are results, not what a report concludes."""
CONCLUSION = rf"(?:检查|诊断|报告|影像|超声|影像学)?(?:结论|意见|{RESULTS}提示)|考虑|\b(?:conclusions?|interpretation|opinion|summary of findings)"
COLON = r"[ \t\u3000*]*[：:】\]]"
STATED = re.compile(
    rf"(?:{DIAGNOSIS}){COLON}|^[ \t\u3000\d.、(（)）【\[*#]*(?:{DIAGNOSIS})[ \t\u3000*]*$", re.IGNORECASE
)
CONCLUDED = re.compile(
    rf"(?:{DIAGNOSIS}|{CONCLUSION}){COLON}|^[ \t\u3000\d.、(（)）【\[*#]*(?:{DIAGNOSIS}|结论|conclusions?)[ \t\u3000*]*$",
    re.IGNORECASE,
)
EXAM = (
    r"CT|MRI?\b|PET|超声|B超|彩超|X线|X光|胸片|平片|造影|心电图|脑电图|肌电图|[胃肠膀胱支气管喉腹宫]镜|内镜|病理|核素|骨穿|穿刺|检查|检验"
    r"|化验|测定|监测|试验|血常规|尿常规|便常规|大便|血气|生化|肝功|肾功|凝血|电解质|标志物|所见|描述|表现|findings|technique|comparison"
    r"|indication|\bx-?ray|ultraso|scan|\bEKG|\bECG|echo|culture|endoscop|panel|urinalysis|radiograph|\bblood\b|\blabs?\b"
)
SAYING = "建议|复查|随访|进一步|结合|符合|考虑|可能|伴|改变|病变|占位|[炎癌瘤]|suggest|recommend|follow|correlat|further|consistent|likely|evidence"
DISEASE = re.compile(SAYING, re.IGNORECASE)
NEXT_REPORT = re.compile(
    rf"^(?![^：:\n]*(?:{SAYING}))[ \t\u3000]*(?:[（(]?\d{{1,2}}[)）.、．][ \t\u3000]*)?[^，。；：:\n]{{0,24}}(?:{EXAM})"
    r"[^，。；：:\n]{0,16}(?:[：:]|\n|$)|^[ \t]*[A-Z][A-Z0-9 /&(),._-]{2,60}:",
    re.IGNORECASE,
)
"""Where another report begins: a short line or label that names an examination and says nothing of a disease."""
BETWEEN = re.compile(r"[\W_]+")
"""What stands between the words of a name."""
LIST_ITEM = re.compile(r"^[ \t\u3000]*(?:([（(]?)(\d{1,2})([)）.、．])|[-•*])")
"""`1.`, `（2）`, `-` at the beginning of a line."""


class Concluded(NamedTuple):
    """A conclusion as far as it was read: whether it says something yet, its list's last number (as `(1)`: `()` and 1), and
    whether a blank line stands behind it."""

    filled: bool = False
    style: str = ""
    number: int = 0
    gap: bool = False


class Cut(NamedTuple):
    """Sections without the diagnosis. `counts`: what was cut out, by kind; `fault`: why it could not be, or empty."""

    sections: dict[Section, str]
    counts: Counter[str]
    fault: str = ""


def without_diagnosis(sections: Mapping[Section, str], must: Iterable[str], soft: Iterable[str] = ()) -> Cut:
    """The sections without impressions, stated diagnoses and labels.

    `must`: labels of which nothing may stay, or it is a fault. `soft`: others of the record, left where they are all that
    the complaint says. Kinds: impression (of a report), stated (`诊断：…` in a story), label."""
    counts: Counter[str] = Counter()
    clean = {}
    for section, text in sections.items():
        clean[section], cuts = without_impressions(text, section)
        counts += cuts
    for labels, strict in ((must, True), (soft, False)):
        for pattern in map(pattern_of, sorted(set(labels), key=lambda label: (-len(label), label))):
            for section, text in clean.items():
                rest, number = without_label(text, pattern)
                if number is None or (section is Section.COMPLAINT and not says_something(rest)):
                    if strict:
                        return Cut(clean, counts, _fault(section))
                elif number:
                    clean[section] = rest
                    counts["label"] += number
    kept = {section: text for section, text in clean.items() if says_something(text)}
    return Cut(kept, counts, "" if kept else "nothing-but-diagnosis")


def _fault(section: Section) -> str:
    return "diagnosis-in-complaint" if section is Section.COMPLAINT else "diagnosis-in-text"


def says_something(text: str) -> bool:
    """Whether there is a letter or digit in it."""
    return any(character.isalnum() for character in text)


def without_impressions(text: str, section: Section) -> tuple[str, Counter[str]]:
    """A section without what its reports conclude (tests), or without `诊断：…` in its story; histories are left alone."""
    tests = section in TESTS
    pattern = CONCLUDED if tests else STATED
    if section not in (*TESTS, Section.COMPLAINT, Section.PRESENT, Section.EXAM) or not pattern.search(_flat(text)):
        return text, Counter()
    kept: list[str] = []
    cuts = 0
    concluded: Concluded | None = None
    for unit in _units(text):
        found = pattern.search(unit.strip("\n"))
        if found:
            cuts += 1
            kept.append(_before(unit, found.start()))
            concluded = _after(unit.strip("\n")[found.end() :], Concluded())
        elif concluded and not _ends(unit, tests, concluded):
            concluded = _after(unit, concluded)
        else:
            concluded = None
            kept.append(unit)
    return "".join(kept).strip(), Counter({"impression" if tests else "stated": cuts})


def _flat(text: str) -> str:
    """The text with a marker's line end as its colon, so that one look tells whether there is any marker."""
    return text.replace("\n", ":")


def _units(text: str) -> Iterator[str]:
    return (match[0] for match in UNITS.finditer(text) if match[0])


def _after(unit: str, before: Concluded) -> Concluded:
    item = LIST_ITEM.match(unit)
    style, number = (item[1] + item[3], int(item[2])) if item and item[2] else (before.style, before.number)
    return Concluded(before.filled or says_something(unit), style, number, unit.isspace())


def _ends(unit: str, tests: bool, before: Concluded) -> bool:
    """Whether this unit, after a marker, is no longer the conclusion: another report, or a new paragraph, or story goes on."""
    item = LIST_ITEM.match(unit)
    goes_on = (
        item and item[2] and (item[1] + item[3], int(item[2])) == (before.style or item[1] + item[3], before.number + 1)
    )
    if not before.filled or unit.isspace() or (goes_on and (before.number or not tests)):
        return False
    if tests:
        return bool(NEXT_REPORT.search(unit)) or (before.gap and not DISEASE.search(unit))
    return not item


def _before(unit: str, at: int) -> str:
    """What stands before a marker, to the end of its last clause; the unit's line end stays."""
    before = unit[:at]
    last = max((match.end() for match in ENDS.finditer(before)), default=0)
    tail = "\n" if unit.endswith("\n") else ""
    kept = before[:last].rstrip("，, ")
    stop = ("。" if HAN.search(kept) else ". ") if len(kept) < last else ""
    return (kept + stop if says_something(kept) else "") + tail


@lru_cache(1024)
def pattern_of(label: str) -> re.Pattern[str]:
    """Finds a label in a folded text, however it is spaced; Latin letters only as whole words."""
    tokens = re.findall("[\u3400-\u9fff]|[^ \u3400-\u9fff]+", fold(label))
    body = " ?".join(map(re.escape, tokens))
    left = r"(?<![^\W_\u3400-\u9fff])" if tokens and not HAN.match(tokens[0]) else ""
    right = r"(?![^\W_\u3400-\u9fff])" if tokens and not HAN.match(tokens[-1]) else ""
    return re.compile(f"{left}{body}{right}" if tokens else r"(?!)")


@lru_cache(32)
def fold(text: str) -> str:
    """The text with width, case and punctuation folded away."""
    return BETWEEN.sub(" ", unicodedata.normalize("NFKC", text).lower())


def places(text: str) -> tuple[str, list[int]]:
    """The same a character at a time, and where each of its characters stands in the text."""
    characters: list[str] = []
    at: list[int] = []
    for place, character in enumerate(text):
        for folded in unicodedata.normalize("NFKC", character).lower():
            if folded.isalnum() or (characters and characters[-1] != " "):
                characters.append(folded if folded.isalnum() else " ")
                at.append(place)
    return "".join(characters), at


def holds(text: str, label: str) -> bool:
    """Whether a text says a label, however it is spaced and written."""
    return bool(pattern_of(label).search(fold(text)))


def without_label(text: str, pattern: re.Pattern[str]) -> tuple[str, int | None]:
    """The text without the clauses that say a label, and how many; None where a clause cannot be cut: it is too long."""
    number = 0
    while pattern.search(fold(text)):
        rest, cuts = _without_clauses(text, pattern)
        if not cuts:
            return text, None
        text, number = rest, number + cuts
    return text, number


def _without_clauses(text: str, pattern: re.Pattern[str]) -> tuple[str, int]:
    """The same in one way through the text: what is joined by the cuts may say the label anew. 0 where a clause is too long.

    A clause is looked for near by: in the last of what is kept and the first of what comes."""
    folded, at = places(text)
    kept: list[str] = []  # characters
    done = cuts = 0
    for match in pattern.finditer(folded):
        first, last = at[match.start()], at[match.end() - 1] + 1
        if first < done:
            # cut out with the one before
            continue
        kept += text[done:first]
        near = "".join(kept[-NEAR:]) + text[first : last + NEAR]
        place = min(len(kept), NEAR)
        start, end = _clause(near, place, place + last - first)
        if end - start > LONGEST_CLAUSE:
            return text, 0
        del kept[len(kept) - place + start :]
        done, cuts = first + end - place, cuts + 1
        while not kept and text[done : done + 1].isspace():
            done += 1
    return ("".join(kept) + text[done:]).strip(), cuts


def _clause(text: str, start: int, end: int) -> tuple[int, int]:
    """The clause round a place, with its number and the mark that is left over without it."""
    start = max((match.end() for match in ENDS.finditer(text, 0, start)), default=0)
    closing = ENDS.search(text, end)
    end = closing.start() if closing else len(text)
    if numbered := NUMBERED.search(text[:start]):
        start = numbered.start()
    mark = closing[0] if closing else ""
    if mark in ("，", ",", "；", ";"):
        return start, end + 1
    if start and text[start - 1] in "，,":
        return start - 1, end
    return (start, end + 1) if mark and mark != "\n" else (start, end)
