"""How much records of one set (a template or task in a language) differ in their words, and which sets are monotonous.

What is measured: how evenly variants are used (Pielou's evenness), how questions begin, distinct-1 and distinct-2 (Li et al. 2016)
and self-BLEU (Zhu et al. 2018, by sacrebleu), all but the first on a sample that the seed draws: of every set as many texts, for
both measures depend on their number."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.record import RECORDS
from kgtools.corpora.record_files import scan
from kgtools.tools.errors import UsageError
from kgtools.tools.frames import numbers, shuffle_keys

OPENING = {"zh": 4, "en": 3}
"""Characters, or words, with which a question begins."""
COMPARED = 20
"""Texts of a sample of which each is compared with all others: self-BLEU takes the square of them."""
FEWEST = 20
"""Records of a set on which anything is said: fewer may be alike by chance."""
UNEVEN = 0.5
"""Evenness below which one variant does nearly all: of two variants one then has more than 89 % of the records."""
SAME_OPENING = 0.6
"""From here on one beginning has more of a task's questions than two that are used alike have. Of people's own questions the
commonest has 1 to 3 % (huatuo, cmd)."""
SAME_TEXT = {True: 0.5, False: 0.8}
"""Self-BLEU from which on texts are nearly one text: of a whole task (True), and of one template. Questions and answers of people
have 0.12 to 0.28 (huatuo, cmd), templates with two wordings up to 0.72, for their names differ."""
NOTE = "self-BLEU is left out: it needs pip install 'kgtools[diversity]'"
ALL = "all"


@dataclass(frozen=True)
class Diversity:
    """`rows`: a set each, in the names of COLUMNS; `verdicts`: what is monotonous, and why; `note`: what could not be measured."""

    rows: list[dict[str, Any]]
    verdicts: list[str]
    note: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `rows`."""
        return COLUMNS

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return {"sets": self.rows, "monotonous": self.verdicts}


COLUMNS = (
    "task", "lang", "template", "records", "variants", "evenness", "openings", "commonest_opening", "distinct_1", "distinct_2",
    "self_bleu",
)  # fmt: skip


def measure(source: Path, sample: int, seed: int) -> Diversity:
    """The sets of a folder of records, those of each task and language together first. Raises InputError, UsageError."""
    rows, schema = scan(source)
    if schema is not RECORDS:
        raise UsageError(f"{source}: holds preferences; name a folder of records")
    table = _with_texts(rows, seed)
    bleu = _bleu()
    found = []
    for keys in (["task", "lang"], ["task", "lang", "template"]):
        for names, part in table.partition_by(keys, as_dict=True, maintain_order=True).items():
            task, lang, template = (*map(str, names), ALL)[:3]
            found.append(_measure(task, lang, template, part, sample, bleu))
    found.sort(key=lambda row: (row["task"], row["lang"], row["template"] != ALL, row["template"]))
    verdicts = [verdict for row in found for verdict in _judge(row)]
    return Diversity(found, verdicts, "" if bleu else NOTE)


def _with_texts(rows: pl.LazyFrame, seed: int) -> pl.DataFrame:
    """`task`, `lang`, `template` (of a corpus its source), `variant` (with the task's own wording, where it has some), `head`,
    `user` and `assistant` of each record, shuffled."""
    said = {
        role: pl.col("messages")
        .list.filter(pl.element().struct.field("role") == role)
        .list.first()
        .struct.field("content")
        for role in ("user", "assistant")
    }
    parts, wording = pl.col("template").str.split_exact("#", 1), pl.col("meta").str.json_path_match("$.wording")
    table = rows.select(
        "task", "lang", pl.coalesce(parts.struct.field("field_0"), "source").alias("template"),
        pl.concat_str(parts.struct.field("field_1"), wording.fill_null("")).alias("variant"),
        pl.col("meta").str.json_path_match("$.head").alias("head"),
        said["user"].fill_null("").alias("user"), said["assistant"].fill_null("").alias("assistant"),
        shuffle_keys(numbers(pl.col("id")), seed % 2**63).alias("key"), "id",
    ).collect()  # fmt: skip
    return table.sort("key", "id").drop("key", "id")


def _measure(task: str, lang: str, template: str, part: pl.DataFrame, sample: int, bleu: Any) -> dict[str, Any]:
    variants = part.group_by("template", "variant").len()
    named = part["variant"].is_not_null().any()
    drawn = part.head(sample)
    names = [(head or "").partition(":")[2] for head in drawn["head"]]
    openings = Counter(_opening(text, name, lang) for text, name in zip(drawn["user"], names, strict=True))
    texts = [tokens(f"{user}\n{assistant}", lang) for user, assistant in drawn.select("user", "assistant").iter_rows()]
    values = (
        task, lang, template, part.height, variants.height if named else None, _evenness(variants["len"].to_list()), len(openings),
        _round(max(openings.values()) / drawn.height), _distinct(texts, 1), _distinct(texts, 2), self_bleu(texts[:COMPARED], bleu),
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def _round(value: float) -> float:
    return round(value, 3)


def _evenness(counts: Sequence[int]) -> float | None:
    """1 where each variant is used as often, near 0 where one is nearly always used; None of a single one."""
    if len(counts) < 2:
        return None
    shares = [count / sum(counts) for count in counts]
    return _round(-sum(share * log(share) for share in shares) / log(len(counts)))


def tokens(text: str, lang: str) -> list[str]:
    """Words in small letters; of Chinese the characters."""
    return [sign for sign in text.casefold() if not sign.isspace()] if lang == "zh" else text.casefold().split()


def _opening(text: str, name: str, lang: str) -> str:
    """How a text begins, without the name that it is about."""
    bare = text.replace(name, "○") if name else text
    return (
        "".join(tokens(bare, lang)[: OPENING["zh"]]) if lang == "zh" else " ".join(tokens(bare, lang)[: OPENING["en"]])
    )


def _distinct(texts: Sequence[list[str]], n: int) -> float | None:
    """The share of n-grams that are not said again."""
    grams = [gram for text in texts for gram in (text if n == 1 else pairwise(text))]
    return _round(len(set(grams)) / len(grams)) if grams else None


def _bleu() -> Any:
    """sacrebleu's BLEU-4 of texts that are tokens already; None where it is not installed."""
    try:
        from sacrebleu.metrics.bleu import BLEU
    except ImportError:
        return None
    return BLEU(tokenize="none", effective_order=True, force=True)


def self_bleu(texts: Sequence[list[str]], bleu: Any) -> float | None:
    """The mean BLEU of each text against all others, 0 to 1: near 1 where each could be put together of pieces of the others."""
    if bleu is None or len(texts) < 2:
        return None
    lines = [" ".join(text) for text in texts]
    scores = [bleu.sentence_score(line, [*lines[:at], *lines[at + 1 :]]).score for at, line in enumerate(lines)]
    return _round(sum(scores) / len(scores) / 100)


def _judge(row: dict[str, Any]) -> Iterator[str]:
    """What makes a set monotonous, in words, with the way out."""
    whole = row["template"] == ALL
    name = f"{row['task']}, {row['lang']}, {row['template']}"
    if row["records"] < FEWEST:
        return
    if not whole and row["variants"] == 1:
        yield f"{name}: {row['records']:,} records in one wording; give the template more variants"
    if row["evenness"] is not None and row["evenness"] < UNEVEN and not whole:
        yield f"{name}: one variant has nearly all of {row['records']:,} records (evenness {row['evenness']}); even them out"
    if whole and row["commonest_opening"] >= SAME_OPENING:
        yield f"{name}: {row['commonest_opening']:.0%} of the questions begin alike; let variants begin otherwise"
    if row["self_bleu"] is not None and row["self_bleu"] >= SAME_TEXT[whole]:
        yield f"{name}: the texts repeat each other (self-BLEU {row['self_bleu']}, from {SAME_TEXT[whole]} on); phrase variants further apart"
