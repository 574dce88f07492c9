"""What of a text is its answer, and the form in which it is compared: width, case, script, numerals and markup do not count."""

import re
import unicodedata
from functools import cache

from kgtools.corpora.text.normalize import DIGITS, TENS, in_digits, simpler

_WORDS = "think|thinking|thought|thoughts|reasoning|reflection|scratchpad|analysis"
TAG = re.compile(
    rf"<(/?)(?:{_WORDS})>|\[(/?)think\]|◁(/?)think▷|<\|(begin|end)_of_thought\|>|<(/?)\|think\|>", re.IGNORECASE
)
"""Where reasoning begins or ends, as models mark it."""
ANSWER = re.compile(r"<(/?)answer>", re.IGNORECASE)
FINAL = "<|channel|>final<|message|>"

DROPPED = '“”„"「」『』《》〈〉【】\u200b\u200c\u200d\u2060\ufeff\u00ad'
OTHERS = {
    "—": ";",
    "–": "-",
    "‐": "-",
    "‑": "-",
    "−": "-",
    "‘": "'",
    "’": "'",
    "｡": "。",
    "·": "",
    "•": "\n",
    "|": ",",
    "＂": "",
    "｜": ",",
}
MARKUP = re.compile(
    r"\\boxed\b|\\(?:text|textbf|mathbf|mathrm|bf|rm)\b|\\[()\[\]]|~~[^~\n]{1,200}~~|</?[a-zA-Z]{1,10} ?/?>|[*`#$\"_]"
)
HAS_MARKUP = re.compile(r"[*`#$\"_\\~<]")
SPACES, BESIDE_HAN = re.compile(r"[ \t]+"), re.compile(r" (?:(?<=[^\x00-\x7f] )|(?=[^\x00-\x7f]))")
HYPHEN = re.compile(r"(?<=[A-Za-z])-(?=[A-Za-z0-9])")
NUMERAL = re.compile(f"[{''.join(DIGITS)}{''.join(TENS)}0-9]+")
HAS_TENS = re.compile(f"[{''.join(TENS)}]")
ROMAN = re.compile(r"(?<![A-Za-z])(?:IV|I{1,3}|V|iv|i{1,3}|v)(?=[型期度级])")
ASTRAL = "\U00010000"
HAS_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
FREQUENT = tuple(zip("，：；（）？！", ",:;()?!", strict=True))
"""Full-width signs that stand in most Chinese texts."""
HAS_ROMAN = re.compile("[iIvV][型期度级]")
ROMANS = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}


WORD = re.compile(r"[a-z']+")


class Text:
    """A folded text with its English words, which tell at once what need not be looked for."""

    __slots__ = ("read", "words")

    def __init__(self, read: str) -> None:
        self.read = read
        self.words = frozenset(WORD.findall(read))


def answer_in(text: str) -> str:
    """The text without its reasoning; what is in `<answer>` alone where there is that. Reasoning that is not finished takes
    all that follows."""
    if "<" not in text and "[" not in text and "◁" not in text:
        return text
    if FINAL in text:
        text = text.rpartition(FINAL)[2].partition("<|")[0]
    kept: list[str] = []
    depth, begin = 0, 0
    for tag in TAG.finditer(text):
        if "/" in (tag[1], tag[2], tag[3], tag[5]) or tag[4] in ("end", "END"):
            if depth == 0:  # the prompt opened it
                kept.clear()
            depth, begin = 0, tag.end()
        elif depth == 0:
            kept.append(text[begin : tag.start()])
            depth = 1
    if depth == 0:
        kept.append(text[begin:])
    text = "\n".join(kept) if len(kept) > 1 else "".join(kept)
    return _tagged(text) if "nswer>" in text or "NSWER>" in text else text


def _tagged(text: str) -> str:
    """What the last `<answer>` holds; the text itself where none does."""
    found, begin = "", -1
    for tag in ANSWER.finditer(text):
        if not tag[1]:
            begin = tag.end()
        elif begin >= 0:
            found = text[begin : tag.start()] if text[begin : tag.start()].strip() else found
            begin = -1
    if begin >= 0 and text[begin:].strip():
        found = text[begin:]
    return found or text


def plain(text: str) -> str:
    """A text as it is read, its case kept: full-width signs, traditional characters, numerals, markup and spaces as one form."""
    if not text.isascii():
        if HAS_TENS.search(text):
            text = NUMERAL.sub(_numeral, text)
        for sign, other in FREQUENT:
            text = text.replace(sign, other)
        text = _simpler(text)
        if not unicodedata.is_normalized("NFKC", text):
            text = _simpler(unicodedata.normalize("NFKC", text))
        if HAS_ROMAN.search(text):
            text = ROMAN.sub(_roman, text)
    elif "|" in text:
        text = text.replace("|", ",")
    if HAS_MARKUP.search(text):
        text = MARKUP.sub(_markup, text)
    if "-" in text:
        text = HYPHEN.sub(" ", text)
    if "\t" in text or "  " in text:
        text = SPACES.sub(" ", text)
    if " " in text and not text.isascii():
        text = BESIDE_HAN.sub("", text)
    return text


def fold(text: str) -> str:
    """As `plain`, in lower case: the form of names and of the texts in which they are looked for."""
    return plain(text).lower()


def _simpler(text: str) -> str:
    """A text with the common form of its signs, each looked up where it stands: `translate` looks up every character, which takes long."""
    odd, table = _signs()
    return text.translate(table) if HAS_ASTRAL.search(text) else odd.sub(lambda found: table[ord(found[0])], text)


@cache
def _signs() -> tuple[re.Pattern[str], dict[int, str]]:
    table = {one: other for one, other in simpler().items() if len(one) == 1}
    table |= {sign: str(value) for sign, value in DIGITS.items() if sign != "两"}
    table |= dict.fromkeys(DROPPED, "") | OTHERS
    table |= {chr(0xFEE0 + code): chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"|'} | {"\u3000": " "}
    every = "".join(sorted(sign for sign in table if sign < ASTRAL))  # with one beyond, re looks at them one by one
    return re.compile(f"[{re.escape(every)}]"), {ord(one): other for one, other in table.items()}


def _numeral(found: re.Match[str]) -> str:
    text = found[0]
    if not HAS_TENS.search(text) or len(text) > 12:
        return text
    return in_digits("".join(text)) if not any(sign.isdecimal() for sign in text) else text


def _roman(found: re.Match[str]) -> str:
    return ROMANS[found[0].lower()]


def _markup(found: re.Match[str]) -> str:
    sign = found[0]
    if sign == "\\boxed":
        return "\n答案:"
    return "\n" if sign[:3].lower() == "<br" or sign[:3].lower() in ("<p>", "</p", "<li") else ""
