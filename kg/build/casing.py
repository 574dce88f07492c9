"""English names as they stand in the middle of a sentence, told name by name: `Lung Cancer` is `lung cancer`, `Osahs` is OSAHS,
`Alzheimer disease` stays."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

from kgtools.tools.config import Settings, load_yaml

WORD = re.compile(r"[A-Za-zÀ-ÿ]+(?:['’][A-Za-z]+)*['’]?")
"""A word with its apostrophes: `Crohn's`, `mother's`."""
ROMAN = re.compile(r"(?i)(?:i{1,3}|iv|vi{0,3}|ix|xi{0,3}|xiv|xv)(?:[a-d])?")
"""A Roman numeral, with a letter behind it or without: `ii`, `IVa`."""
COUNTED = re.compile(
    r"(?i)(?:type|types|stage|grade|class|factor|factors|angiotensin|level|phase|group|mps|mucopolysaccharidosis|nerve|bipolar|part|"
    r"degree|hyperlipoproteinemia|chapter)$"
)
"""Words before a Roman numeral or a letter: `type II`, `factor V`."""
LETTERED = re.compile(
    r"(?i)(?:type|types|stage|grade|class|factor|group|vitamin|hepatitis|influenza|protein|immunoglobulin|virus|strain|subtype|"
    r"complex|streptococcus|porphyrin|hemoglobin|coenzyme|cyclosporin|encephalitis|strep|form|category|antigen|toxin)$"
)
"""Words before a single letter: `vitamin K`, `hepatitis B`."""
NOUNS_OF_EPONYMS = re.compile(
    r"(?i)(?:anomaly|aneurysm|body|bodies|canal|contracture|cyst|deformity|disease|duct|encephalopathy|esophagus|fracture|"
    r"gangrene|gland|law|lesion|lines?|lymphoma|maneuver|melanoma|node|nodes|nodule|palsy|phenomenon|procedure|reaction|reflex|"
    r"ring|sarcoma|scale|score|sign|spots?|syndrome|test|thyroiditis|tumou?r|triad|ulcer)$"
)
"""What is called after people: the `disease` of Crohn, the `fracture` of Colles."""
ORDINARY_END = re.compile(
    r"(?:ic|al|ous|ive|ar|ary|ory|oid|itis|osis|oses|oma|omas|emia|uria|pathy|algia|ectomy|tion|sion|ism|ia|ing|ed|ity|ness|ment|less|ful|ent|ant|ine|ate|ase|ose|ile|"
    r"able|ible|gen|cele|lysis|plasia|trophy|cyte|phil|philic|genic|logy|scopy|stomy|graphy|rrhea|rrhage|sthesia|phobia|mania|oid|ular|ure|age|ance|ence|en|y)$"
)
"""Ends of ordinary words, which names seldom have: `gastritis`, `chronic`, `bleeding`."""
NAMES_END = re.compile(r".*(?:ar|en|[^cit]y)")
"""Ends that ordinary words have, and names too: Malabar, Arden, Jolly."""
LONGEST_ABBREVIATION = 5
"""Letters of an abbreviation at most that nobody listed."""
LONGEST_COMPOUND = 60
"""Letters on either side of a word that may hang on it."""
LONGEST_LISTED = 7
"""Letters of a name in upper case that may be one abbreviation; ENALAPRIL is a word."""


LONGEST_GENE = 4
"""Letters of the name of a gene or enzyme before its number: JAK2, CYP2D6."""
GREEK = frozenset(("beta", "zeta", "iota"))
PARTICLES = frozenset(("non", "anti", "pre", "post", "de", "del", "di", "von", "van", "la", "le"))
IN_COMPOUNDS = frozenset(("like", "type", "virus", "cell", "body", "based", "free", "test", "stain"))
"""Ordinary words that hang on a proper name: Parkinson-like."""


class English(Settings):
    """`english/words.yaml`: words whose case is not that of an ordinary word."""

    proper: str
    genera: str
    abbreviations: str
    common: str
    either: str
    small: str
    words: str
    phrases: tuple[str, ...]


class WordLists(NamedTuple):
    """The words of `English` by their lower case; `phrases`: what finds each, and how it is written."""

    proper: dict[str, str]
    abbreviations: dict[str, str]
    common: frozenset[str]
    either: frozenset[str]
    small: frozenset[str]
    words: frozenset[str]
    phrases: tuple[tuple[re.Pattern[str], str], ...]


@cache
def _words() -> WordLists:
    lists = load_yaml(Path(__file__).parents[1] / "english" / "words.yaml", English)
    return WordLists(
        {word.lower(): word for word in (*lists.proper.split(), *lists.genera.split())},
        {word.lower(): word for word in lists.abbreviations.split()},
        frozenset(word.lower() for word in lists.common.split()),
        frozenset(lists.either.split()),
        frozenset(lists.small.split()),
        frozenset(lists.words.split()),
        tuple((re.compile(rf"(?i)\b{re.escape(phrase)}\b"), phrase) for phrase in lists.phrases),
    )


def to_sentence_case(name: str) -> str:
    """The name with the case that it has in the middle of a sentence."""
    letters = [char for char in name if char.isalpha()]
    long = len(letters) > (LONGEST_ABBREVIATION if " " in name.strip() else LONGEST_LISTED)
    all_capitals = long and all(char.isupper() for char in letters)
    words = list(WORD.finditer(name))
    begins = [word[0] for word in words if word[0][0].isupper() or not name.endswith("-", 0, word.start())]
    titled = _is_title_case(begins)  # Enteric-coated Capsules are
    parts, end = [], 0
    for number, word in enumerate(words):
        parts.append(name[end : word.start()])
        context = WordContext(
            word=word[0],
            before=words[number - 1][0] if number else "",
            after=words[number + 1][0] if number + 1 < len(words) else "",
            left=name[word.start() - 1 : word.start()] if word.start() else "",
            right=name[word.end() : word.end() + 1],
            first=number == 0,
            alone=len(words) == 1,
            among_names=any(part.lower() in _words().proper for part in _compound(name, word)),
        )
        parts.append(_recase_word(context, all_capitals, titled))
        end = word.end()
    text = "".join([*parts, name[end:]])
    for phrase, written in _words().phrases:
        text = phrase.sub(written, text)
    return text


def _compound(name: str, word: re.Match[str]) -> list[str]:
    """The other words that hang on a word by hyphens."""
    before = re.search(r"(?<![^\s(,/])[^\s(,/]*$", name[max(0, word.start() - LONGEST_COMPOUND) : word.start()])
    after = re.match(r"[^\s),/]*", name[word.end() : word.end() + LONGEST_COMPOUND])
    return WORD.findall((before[0] if before else "") + "-" + (after[0] if after else ""))


def recase(names: pl.Series) -> pl.Series:
    """`to_sentence_case` of each name; null stays null."""
    recased = {name: to_sentence_case(name) for name in names.unique().drop_nulls()}
    return names.replace_strict(recased, return_dtype=pl.String) if recased else names


class WordContext(NamedTuple):
    """A word of a name, the words before and after it, and the characters right beside it. `among_names`: a proper name hangs
    on it by hyphens, as on Lemli in Smith-Lemli-Opitz."""

    word: str
    before: str
    after: str
    left: str
    right: str
    first: bool
    alone: bool
    among_names: bool

    @property
    def beside_digit(self) -> bool:
        return any(char.isdigit() for char in self.left + self.right)


def _is_title_case(words: list[str]) -> bool:
    """Whether every word begins in upper case, so that none tells by it that it is a proper name."""
    plain = [word for word in words if len(word) > 1 and word.lower() not in _words().small]
    return len(plain) > 1 and all(word[0].isupper() for word in plain)


def _recase_word(context: WordContext, all_capitals: bool, titled: bool) -> str:
    """A word as it stands in the middle of a sentence."""
    words, word, lower = _words(), context.word, context.word.lower()
    if len(word) == 1:
        return _recase_letter(context)
    ordinary = lower in words.common or (lower in words.words and not context.alone)
    if lower in words.abbreviations and (word.isupper() or (word[0].isupper() and not ordinary)):
        return words.abbreviations[lower]
    if lower in words.proper and (word[0].isupper() or all_capitals):
        plain = lower in words.either and not NOUNS_OF_EPONYMS.search(context.after)
        plain = plain and (context.after.lower() not in words.proper or lower in PARTICLES)
        return lower if plain and not context.among_names else words.proper[lower]
    if context.among_names and lower in words.proper:
        return words.proper[lower]
    counted = COUNTED.search(context.before) and lower not in words.small
    if ROMAN.fullmatch(word) and (counted or (word[0].isupper() and context.beside_digit) or word.isupper()):
        return word[:-1].upper() + word[-1] if lower[-1] in "abcd" and word[-1].islower() else word.upper()
    if any(char.isupper() for char in word[1:]) and not all_capitals:  # mRNA, IgA, CT, McLeod
        return word
    if not word[0].isupper() and not all_capitals:
        return word
    if (
        context.right.isdigit()
        and len(word) <= LONGEST_GENE
        and lower not in words.common | GREEK
        and not COUNTED.search(word)
    ):
        return word.upper()
    listed = lower in words.common | words.small | IN_COMPOUNDS | PARTICLES
    if context.among_names and not listed and not ORDINARY_END.search(lower):
        return word.capitalize()
    if not set("aeiouy") & set(lower) and len(word) <= LONGEST_ABBREVIATION and word.isascii():
        return word.upper()
    stem = re.sub(r"['’]s?$", "", lower)
    if stem != lower and lower not in words.common and stem not in words.common:
        return stem.capitalize() + word[len(stem) :].lower()
    return word if not all_capitals and _may_be_an_eponym(context, titled) else lower


def _recase_letter(context: WordContext) -> str:
    """A single letter: a type or a vitamin in upper case, an article in lower case."""
    word = context.word
    if LETTERED.search(context.before) or (
        context.left.isdigit() and context.right.isdigit() and context.before[:1].isupper()
    ):
        return word.upper()
    if (
        word in "Aa"
        and context.after
        and not context.beside_digit
        and context.right not in "-–"
        and context.left not in "-–"
    ):
        return "a"
    return word


def _may_be_an_eponym(context: WordContext, titled: bool) -> bool:
    """Whether a word that nobody listed is a name: in upper case among words in lower case, or before a noun that eponyms
    have, and without the end of an ordinary word."""
    lower = context.word.lower()
    if lower in _words().common or lower in _words().small:
        return False
    meant = not context.first and not titled and context.left in " -"
    if ORDINARY_END.search(lower) and not (meant and NAMES_END.fullmatch(lower)):
        return False
    if not context.first:
        return not titled
    return bool(NOUNS_OF_EPONYMS.search(context.after)) and not context.alone
