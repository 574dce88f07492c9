"""The scores of texts by what they have in common with their references, and the figures of a table of them."""

from collections.abc import Sequence
from functools import partial

import polars as pl
from pydantic import Field

from kgtools.train.evaluate.metric import Metric, divide, mean, rate
from kgtools.train.evaluate.metrics.figures import Several, Smoothing, bleu, gleu, rouge
from kgtools.train.evaluate.metrics.ngrams import BLEU, GLEU, ORDERS, count_overlaps
from kgtools.train.evaluate.metrics.tokens import Tokenizer, find_tokenizer
from kgtools.train.evaluate.statistics.intervals import Floats
from kgtools.train.evaluate.task import Answer, Sample, ScoreSettings

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
    """`state` (answered, empty, missing), as numbers `empty` (of the last two), `bleu_1` to `bleu_4`, `gleu`, and F, precision and recall of the
    three ROUGE; and the counts that the figures of the whole corpus are sums of, columns BLEU and GLEU.

    The references of a sample are its reference and the texts that it was asked with as `references`."""
    parts = [_score(given[start : start + AT_ONCE], settings) for start in range(0, len(given), AT_ONCE)]
    return pl.concat(parts) if parts else _score([], settings)


def _score(given: Sequence[tuple[Sample, Answer]], settings: TextScores) -> pl.DataFrame:
    tokenize = find_tokenizer(settings.tokenize)
    texts = [tokenize(answer.text or "") for _, answer in given]
    overlaps = count_overlaps(texts, [[tokenize(one) for one in references(sample)] for sample, _ in given])
    states = [
        "missing" if answer.text is None else "answered" if tokens else "empty"
        for (_, answer), tokens in zip(given, texts, strict=True)
    ]
    columns: dict[str, Floats] = {f"bleu_{n}": bleu(overlaps.bleu, n, settings.smoothing) for n in ORDERS}
    columns["gleu"] = gleu(overlaps.gleu)
    precision, recall, f = rouge(overlaps, settings.references)
    for place, name in enumerate(ROUGES):
        columns |= {name: f[:, place], f"{name}_precision": precision[:, place], f"{name}_recall": recall[:, place]}
    counts = {
        name: table[:, place]
        for table, names in ((overlaps.bleu, BLEU), (overlaps.gleu, GLEU))
        for place, name in enumerate(names)
    }
    frame = pl.DataFrame({"state": pl.Series(states, dtype=pl.String)})
    return frame.with_columns((pl.col("state") != "answered").cast(pl.Float64).alias("empty")).hstack(
        pl.DataFrame(columns | counts)
    )


def references(sample: Sample) -> list[str]:
    """What a sample might have been answered with, each text once."""
    return list(dict.fromkeys([sample.reference or "", *sample.asked.get("references", ())]))


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
