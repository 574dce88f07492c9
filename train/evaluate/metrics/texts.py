"""The scores of texts by what they have in common with their references, and the figures of a table of them."""

from collections.abc import Sequence
from functools import partial

import polars as pl
from pydantic import Field

from kgtools.train.evaluate.metric import Metric, divide, mean, rate
from kgtools.train.evaluate.metrics.figures import Several, Smoothing, bleu, gleu, rouge
from kgtools.train.evaluate.metrics.ngrams import BLEU, GLEU, ORDERS, Integers, count_overlaps
from kgtools.train.evaluate.metrics.tokens import Tokenizer, find_tokenizer
from kgtools.train.evaluate.statistics.intervals import Floats
from kgtools.train.evaluate.task import Answer, Sample, ScoreSettings

REFERENCES = "references"
"""Under which a record's `meta`, and what a prompt remembers, hold right answers beside the reference."""
ROUGES = ("rouge_1", "rouge_2", "rouge_l")
AT_ONCE = 10_000
"""Texts whose tokens are in memory together."""


class TextScores(ScoreSettings):
    """How texts are compared. Figures of other settings are other figures."""

    tokenize: Tokenizer = Field(
        "word",
        description="char: each character a token; jieba: Chinese words; word: English words and Chinese characters",
    )
    smoothing: Smoothing = Field(
        "none",
        description="of BLEU, where an order has no match: none: it is 0; method1: a tenth of a match, as nltk's",
    )
    references: Several = Field("best", description="ROUGE by the best of several references, or the mean over them")


def score_texts(given: Sequence[tuple[Sample, Answer]], settings: TextScores) -> pl.DataFrame:
    """The columns of `compare`; before them `state` (answered, empty, missing) and, as a number, `empty` (of the last two).

    The references of a sample are its reference and the texts that it was asked with under REFERENCES."""
    texts = [answer.text or "" for _, answer in given]
    references = [
        list(dict.fromkeys([sample.reference or "", *sample.asked.get(REFERENCES, ())])) for sample, _ in given
    ]
    states = [
        "missing" if answer.text is None else "answered" if answer.text.strip() else "empty" for _, answer in given
    ]
    about = pl.DataFrame({"state": pl.Series(states, dtype=pl.String)}).with_columns(
        (pl.col("state") != "answered").cast(pl.Float64).alias("empty")
    )
    return about.hstack(compare(texts, references, settings))


def compare(texts: Sequence[str], references: Sequence[Sequence[str]], settings: TextScores) -> pl.DataFrame:
    """A row for each text, which has one or more references: `bleu_1` to `bleu_4`, `gleu`, and F, precision and recall of the three ROUGE; and
    the counts that the figures of a corpus are sums of, columns BLEU and GLEU."""
    starts = range(0, len(texts), AT_ONCE)
    return pl.concat([_compare(texts[at : at + AT_ONCE], references[at : at + AT_ONCE], settings) for at in starts])


def _compare(texts: Sequence[str], references: Sequence[Sequence[str]], settings: TextScores) -> pl.DataFrame:
    cut = find_tokenizer(settings.tokenize)
    overlaps = count_overlaps([cut(text) for text in texts], [[cut(one) for one in some] for some in references])
    columns: dict[str, Floats | Integers] = {f"bleu_{n}": bleu(overlaps.bleu, n, settings.smoothing) for n in ORDERS}
    columns["gleu"] = gleu(overlaps.gleu)
    precision, recall, f = rouge(overlaps, settings.references)
    for at, name in enumerate(ROUGES):
        columns |= {name: f[:, at], f"{name}_precision": precision[:, at], f"{name}_recall": recall[:, at]}
    for table, names in ((overlaps.bleu, BLEU), (overlaps.gleu, GLEU)):
        columns |= {name: table[:, at] for at, name in enumerate(names)}
    return pl.DataFrame(columns)


def text_metrics(settings: TextScores, _: pl.DataFrame) -> list[Metric]:
    """Means over the answers, then the figures of the corpus as a whole; precision and recall among the details."""
    return [
        *(mean(f"bleu_{n}", f"bleu_{n}") for n in ORDERS),
        mean("gleu", "gleu"),
        *(mean(name, name) for name in ROUGES),
        *(mean(f"{name}_{part}", f"{name}_{part}", detail=True) for name in ROUGES for part in ("precision", "recall")),
        *(
            Metric(f"corpus_bleu_{n}", BLEU, partial(bleu, order=n, smoothing=settings.smoothing), detail=True)
            for n in ORDERS
        ),
        Metric("corpus_gleu", GLEU, gleu, detail=True),
        Metric("length_ratio", ("length", "closest"), _length_ratio, detail=True),
        rate("empty", "empty", better=False, detail=True),
    ]


def _length_ratio(sums: Floats) -> Floats:
    """Tokens of the answers per token of the references nearest in length."""
    return divide(sums[..., 0], sums[..., 1])
