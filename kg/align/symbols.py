"""Letters whose case means something: elements, genes, antigens, acronyms; and a name in lower case but for these."""

import re

import polars as pl

WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏ]+")
"""A run of Latin letters: `CT` and `cell` in `CT/T-cell检查`."""
NUMERALS = {great: great + 16 for great in range(0x2160, 0x2170)}
"""Roman numerals as one character, which are numerals in both cases."""
ELEMENTS = frozenset(
    re.findall(
        "[a-z]+",
        "ac ag al am ar as at au ba be bh bi bk br ca cd ce cf cl cm cn co cr cs cu db ds dy er es eu fe fl fm fr ga gd ge he hf hg "
        "ho hs in ir kr la li lr lu lv mc md mg mn mo mt na nb nd ne nh ni no np og os pa pb pd pm po pr pt pu ra rb re rf rg rh rn "
        "ru sb sc se sg si sm sn sr ta tb tc te th ti tl tm ts xe yb zn zr",
    )
)
UNITS = frozenset(re.findall("[a-z]+", "mm ml dl kg ng pg ev hz mv ms"))
KNOWN = frozenset(re.findall("[a-z]+", "gnrh hbsag hbeag hbcag hcvag hcg mrna jo ku scl")) | {
    f"ig{letter}" for letter in "agmde"
}
"""Symbols that are one thing however they are written."""
PROPER = {"ph": "pH", "rh": "Rh"}
"""What the lower case of a symbol stands for, where its upper case is another thing."""
ENGLISH = frozenset(
    re.findall(
        "[a-z]+",
        "of the and or to by for with due not non an on from hip eye ear leg arm toe jaw lip rib gut low dry hot flu pox gas bed sun old "
        "new age use one two ten red wet men tic pus",
    )
)
OF_HEREDITY = re.compile("血型|表型|基因型|等位|纯合|杂合")
"""In a name that speaks of types of blood or genes each letter counts: `a血型`, `Aa基因型`."""
HEREDITARY = re.compile(r"([A-HJ-Za-hj-z])\1{1,3}|[CDEcde]{2,6}")
"""Genotypes and phenotypes: aa and AA, ccDEE; ii is a numeral."""
AGAINST = re.compile(r"抗[-· ]?$")
"""`抗-k`: behind it a letter is an antigen, K or k."""
ANTIGEN = re.compile(r"[-· ]?(?:抗[原体]|血型|表型)")
"""`k抗原`, `k-血型`: before it a letter is an antigen."""
NAMED = re.compile(r"(?:维|维生素|蛋白|补体|[α-ω])[-· ]?$")
"""What has letters for names, and no two of them the same one."""
LED = re.compile(r"(?:因子|肽|酶|素|苏丹黑|病毒|柯萨奇|[内外]斜|脂蛋|胶原|第|球菌型|方程)[-· ]?$")
"""`因子v`, `苏丹黑b`: behind these a letter is a number or a name, in either case."""
FOLLOWED = re.compile(
    r"[-· ]?(?:[0-9]|[线光超族型片肽管形征]|综合征|染色|细胞|淋巴|物质|因子|病毒|蛋白|二聚体|玫瑰花|转移酶|乙酰|反应)"
)
"""`x线`, `t细胞`, `c3`: before these a letter is a name, in either case."""
COUNTED = re.compile("[-· ]?[0-9]")
"""`il-2`: a symbol with a number behind it is no element."""
WAVE = re.compile("[-· ]?波")
"""`t波`, of an electrocardiogram."""
PLAIN_WAVES = "tpu"
"""Waves of an electrocardiogram of which there are not two, a great and a small one."""


def lower_each(names: pl.Series) -> pl.Series:
    """The names in lower case, but for symbols, which stay as they are, and Greek letters."""
    return pl.Series(names.name, [None if name is None else lower_case(name) for name in names.to_list()], pl.String)


def lower_case(name: str) -> str:
    """A name in lower case but for its symbols: `CT平扫` is `ct平扫`, `Co中毒` stays."""
    return WORD.sub(lambda word: _lower_word(name, word), name).translate(NUMERALS)


def _lower_word(name: str, word: re.Match[str]) -> str:
    """A word of this name in lower case where that loses nothing.

    Long words may be written in any of three ways, all small, all great or one great letter; a short one in the first two."""
    text = word.group()
    low = text.lower()
    uniform = text in (low, text.upper())
    if low in KNOWN or (low in ENGLISH and text in (low, low.title()) and not _beside_han(name, word)):
        return low
    if len(text) == 1:
        return low if _is_plain_letter(name, word) else text
    if HEREDITARY.fullmatch(text) or low in UNITS:
        return text
    if len(text) > 3:
        return low if uniform or text == low.title() else text
    if low in PROPER:
        return PROPER[low] if text == low else text
    counted = COUNTED.match(name, word.end())
    return low if uniform and (counted or low not in ELEMENTS) else text


def _beside_han(name: str, word: re.Match[str]) -> bool:
    return any("\u3400" <= char <= "\u9fff" for char in (name[: word.start()][-1:], name[word.end() :][:1]))


def _is_plain_letter(name: str, word: re.Match[str]) -> bool:
    """Whether a letter alone says the same in both cases: 维生素c, x线, c3; but not 抗-k, and not what nobody has listed."""
    before, start, end = name[max(0, word.start() - 4) : word.start()], word.start(), word.end()
    if OF_HEREDITY.search(name):
        return False
    if name[end : end + 1].isdigit() or NAMED.search(before):
        return True
    if before[-1:].isdigit() or ANTIGEN.match(name, end) or AGAINST.search(before):
        return False
    if WAVE.match(name, end):
        return name[start].lower() in PLAIN_WAVES
    return bool(LED.search(before) or FOLLOWED.match(name, end))
