"""What no name can be: rules that mend a name, and rules that refuse one, each with its reason.

They judge the text alone; what the rest of the graph says of a name is judged in `kg/build/doubts.py`."""

import html
from collections.abc import Callable, Iterable

import polars as pl

from kgtools.kg.build.name_patterns import (
    BREAK,
    BREAK_IN_HAN,
    CLASSIFIED,
    ENDED_LIST,
    ENTITY,
    HEADING,
    INVISIBLE,
    LINK_TEXT,
    LOST,
    MARKUP,
    MISSING,
    NAVIGATION,
    NO_NUMBERING,
    NOTHING,
    NUMBERING,
    ONLY_DIGITS,
    OTHER_FIELDS,
    QUESTION,
    QUOTED,
    RADICALS,
    SENTENCE_WORDS,
    SEPARATORS,
    SEVERAL,
    SHARE_FIRST,
    SHARE_TYPES,
    SPACE,
    TAG,
    VALUE,
)
from kgtools.kg.ontology import ontology

REFUSALS = {
    "missing-value": "a word for an empty cell (NaN, null, 暂无资料): refused",
    "no-letter": "a name without a letter: refused",
    "question": "a question or an exclamation: refused",
    "lost-character": "a sign stands where the file has lost a character (`?`, a private character): refused",
    "navigation": "words of the page (`>>`, 点击查看, a link): refused",
    "markup": "markup is left in the name: refused",
    "several-names": "several names in one (`；`, a separator twice): refused",
    "sentence": "a sentence, or a piece of one: refused",
    "value": "a value with its unit (`1-3个月`): refused",
    "general-word": "a word or heading that names nothing by itself (对症, 其他, 临床表现, the name of a type): refused",
}
REPAIRS = {
    "control-characters": "a name holds characters that nobody sees (BOM, NUL, zero-width space): removed",
    "markup-removed": "a name holds tags or entities of HTML: removed, or put as characters",
    "line-break": "a name holds a line break or a tab: joined",
    "outer-space": "a name begins or ends with white space: trimmed",
    "inner-space": "a name holds white space that is not one plain space (NBSP, several in a row): made one",
    "unicode-form": "a name is not in Unicode's form NFC, or has radicals in place of characters (⼼ for 心): put so",
    "list-number": "a name begins with the number of a list: removed",
    "outer-separator": "a name begins or ends with a separator, a bullet or a full stop: trimmed",
    "link-text": "the words of a link stand behind a name (`[详细]`): removed",
    "outer-quotes": "a name stands in quotation marks: taken out of them",
    "trailing-etc": "a name ends in 等: removed",
}

Mend = Callable[[pl.Expr], pl.Expr]


def strip_invisible(name: pl.Expr) -> pl.Expr:
    """The text without characters that nobody sees."""
    return name.str.replace_all(INVISIBLE, "")


def _part_paragraphs(name: pl.Expr) -> pl.Expr:
    """Paragraphs are several names."""
    return name.str.replace_all(r"(\S)[ \t]*\r?\n[ \t]*\r?\n\s*(\S)", "$1；$2")


def _join_lines(name: pl.Expr) -> pl.Expr:
    for _ in range(2):  # a character between two breaks belongs to both
        name = name.str.replace_all(BREAK_IN_HAN, "$1$2")
    return name.str.replace_all(BREAK, " ")


def _strip(name: pl.Expr) -> pl.Expr:
    return name.str.strip_chars()


def _unify_space(name: pl.Expr) -> pl.Expr:
    return name.str.replace_all(SPACE, " ")


def _compose(name: pl.Expr) -> pl.Expr:
    return name.str.normalize("NFC").str.replace_many(list(RADICALS), list(RADICALS.values()))


def _remove_markup(name: pl.Expr) -> pl.Expr:
    has_entity = name.str.contains(ENTITY)
    unescaped = pl.when(has_entity).then(name).map_elements(_unescape, pl.String, skip_nulls=True)
    return pl.coalesce(unescaped, name).str.replace_all(TAG, "")


def _unescape(text: str) -> str:
    """Twice, for `&amp;nbsp;` was escaped twice."""
    return html.unescape(html.unescape(text))


def _remove_link(name: pl.Expr) -> pl.Expr:
    return name.str.replace(rf"(\S){LINK_TEXT}", "$1")


def _remove_number(name: pl.Expr) -> pl.Expr:
    return pl.when(name.str.contains(NO_NUMBERING)).then(name).otherwise(name.str.replace(NUMBERING, "$1"))


def _remove_separators(name: pl.Expr) -> pl.Expr:
    ends = rf"(?:[{SEPARATORS}。·•*\s]+|(\p{{Han}}[)）]?)[-—－–_~|]+)$"
    led = name.str.replace(rf"^[{SEPARATORS}。·•●○■□◆◇★☆※►▶▪*\s]+", "").str.replace(r"^[.．]+(\p{Han})", "$1")
    trimmed = led.str.replace(ends, "$1").str.replace(r"(\p{Han}[)）]?)[.．]$", "$1").str.strip_chars()
    return pl.when(led.str.contains(ENDED_LIST)).then(led).otherwise(trimmed)


def _remove_quotes(name: pl.Expr) -> pl.Expr:
    return name.str.replace(QUOTED, "$1").str.strip_chars()


def _remove_etc(name: pl.Expr) -> pl.Expr:
    return name.str.replace(r"([^不均相平同中高低下上初优头减对劣次甲乙丙特超差何])等等?$", "$1").str.strip_chars()


HARMLESS: tuple[tuple[str, Mend], ...] = (
    ("control-characters", strip_invisible),
    ("outer-space", _strip),
    ("line-break", _join_lines),
    ("unicode-form", _compose),
    ("inner-space", _unify_space),
    ("outer-space", _strip),
)
"""What even a raw load mends: two names that look the same are the same."""
MENDS: tuple[tuple[str, Mend], ...] = (
    ("line-break", _part_paragraphs),
    *HARMLESS,
    ("markup-removed", _remove_markup),
    *HARMLESS,
    ("link-text", _remove_link),
    ("outer-quotes", _remove_quotes),
    ("list-number", _remove_number),
    ("outer-separator", _remove_separators),
    ("trailing-etc", _remove_etc),
)


def clean_name(name: pl.Expr) -> pl.Expr:
    """The name as it looks: without invisible characters, line breaks, outer and doubled white space, composed characters as
    one; nothing else is touched."""
    for _, mend in HARMLESS:
        name = mend(name)
    return name


def clean_words(names: Iterable[str]) -> list[str]:
    """The same of words that are no names of entities: columns, keys."""
    series = pl.Series("name", list(names), dtype=pl.String)
    return pl.DataFrame([series]).select(clean_name(pl.col("name"))).to_series().to_list()


def judge_names(names: pl.DataFrame, raw: bool = False) -> pl.DataFrame:
    """`type` and `name` of each row, with `clean` (the name mended), `rule` (the first rule that changed it) and
    `refused` (why it is no name); both null where there is nothing to say. `raw`: only HARMLESS mends, nothing is refused."""
    rows = names.select("type", "name", pl.col("name").alias("clean"), pl.lit(None, pl.String).alias("rule"))
    for rule, mend in HARMLESS if raw else MENDS:
        rows = rows.with_columns(mend(pl.col("clean")).alias("mended"))
        changed = pl.col("mended") != pl.col("clean")
        rows = rows.with_columns(
            pl.coalesce("rule", pl.when(changed).then(pl.lit(rule))).alias("rule"), pl.col("mended").alias("clean")
        )
    refused = pl.lit(None, pl.String) if raw else _refusal(pl.col("type"), pl.col("clean"))
    return rows.select("type", "name", "clean", "rule", refused.alias("refused"))


def is_missing(text: pl.Expr) -> pl.Expr:
    """Whether a text is a word for an empty cell: in a value as in a name."""
    return text.str.contains(MISSING)


def is_punctuation(text: pl.Expr) -> pl.Expr:
    """Whether a text is nothing but marks that tell nothing; + and - may be results."""
    return text.str.contains(r"^[?？。、，,;；:：!！…·./\\_*#~\s]+$")


def _refusal(type_: pl.Expr, name: pl.Expr) -> pl.Expr:
    """Why a name is none; null for one that may be one, and for an empty one."""
    bare = name.str.replace_all(r"[（(【\[][^（(【\[\]】)）]*[)）\]】]", "")
    commas = bare.str.replace_all(r"[\w\d][，,]\s?[\x00-\x7fⅠ-ⅻ]", "").str.count_matches(r"[，,]")
    length = name.str.len_chars()
    han = name.str.contains(r"\p{Han}")
    cut = name.str.contains(r"(?:\.\.\.|…)$")
    # One comma in a long name, or two in any, part clauses.
    clauses = ((commas >= 2) | ((commas >= 1) & (length >= 14))) & ~type_.is_in(CLASSIFIED)
    advises = (length >= pl.when(type_.is_in(CLASSIFIED)).then(24).otherwise(14)) & name.str.contains(SENTENCE_WORDS)
    sentence = (
        name.str.contains(
            r"^(?:的|可以|可能|并且|并可|以及|及其|而且|例如|包括|其中|如不|不要|切勿|请[勿在按遵])|的(?:患者|病人)$|。|\p{Han}\s*：\s*\S|\p{Han}:\s*\S{10}"
        )
        | (name.str.ends_with("的") & (type_ != "Product"))
        | (han & (clauses | advises | (length > 60)))
    )
    share = name.str.contains(SHARE_FIRST) & ~type_.is_in(SHARE_TYPES)
    closed = [name for name, kind in ontology().entities.items() if kind.closed]
    others = type_.is_in(closed) & name.str.contains(r"^其[他它]")
    first_question = name.str.contains(QUESTION) & ~(cut & ~name.str.contains("[?？!！]"))
    return (
        pl.when(name == "").then(None)
        .when(is_missing(name)).then(pl.lit("missing-value"))
        .when(name.str.contains(NAVIGATION)).then(pl.lit("navigation"))
        .when(~name.str.contains(r"\p{L}") & ~name.is_in(ONLY_DIGITS)).then(pl.lit("no-letter"))
        .when(first_question).then(pl.lit("question"))
        .when(name.str.contains(LOST)).then(pl.lit("lost-character"))
        .when(name.str.contains(MARKUP)).then(pl.lit("markup"))
        .when(name.is_in(ONLY_DIGITS)).then(None)
        .when(name.str.contains(VALUE) | name.str.contains(OTHER_FIELDS) | share).then(pl.lit("value"))
        .when(name.str.to_lowercase().is_in(_general_words()) | name.str.contains(HEADING) | others).then(pl.lit("general-word"))
        .when(sentence).then(pl.lit("sentence"))
        .when(bare.str.contains(SEVERAL) | name.str.contains(r"^\[\s*['\"]")).then(pl.lit("several-names"))
    )  # fmt: skip


def _general_words() -> list[str]:
    """NOTHING, and what the ontology calls its types and relations: a heading that was taken for a name."""
    words = ontology()
    types = (word for kind in words.entities.values() for word in (kind.zh, kind.en, kind.plural))
    relations = (word for relation in words.relations.values() for word in (relation.zh, relation.en))
    return sorted({word.lower() for word in (*NOTHING, *types, *relations)})
