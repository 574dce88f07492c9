"""How fast answers are compared with what was to be said: all our text metrics beside nltk and rouge-chinese called answer by answer.

Both get the same tokens, and the figures are the same to 1e-9 before anything is timed. nltk gets its four BLEU in one call, which is how it is
fastest."""

import random
import warnings
from pathlib import Path

import numpy as np
import orjson
from clock import in_turns, print_aim, print_table, seconds
from graphs import Graphs
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from nltk.translate.gleu_score import sentence_gleu
from numpy.typing import NDArray

from kgtools.train.evaluate.metrics.figures import bleu, gleu, rouge
from kgtools.train.evaluate.metrics.ngrams import count_overlaps
from kgtools.train.evaluate.metrics.texts import TextScores, score_texts
from kgtools.train.evaluate.metrics.tokens import TOKENIZERS, Tokenizer, find_tokenizer
from kgtools.train.evaluate.task import Answer, Sample

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its patterns are no raw strings
    from rouge_chinese import Rouge

MANY, SIDE_BY_SIDE, AIM, NEAR = 100_000, 5_000, 3, 1e-9
WEIGHTS = [(1.0,), (1 / 2, 1 / 2), (1 / 3, 1 / 3, 1 / 3), (1 / 4, 1 / 4, 1 / 4, 1 / 4)]
SMOOTH = SmoothingFunction().method1
PROSE = ("desc", "cause", "prevent")

Table = NDArray[np.float64]
Pairs = list[tuple[str, str]]


def bench(graphs: Graphs, _scratch: Path, rounds: int) -> None:
    """Print the tables."""
    pairs = _pairs(graphs, MANY)
    compared = [_compare(name, pairs[:SIDE_BY_SIDE], rounds) for name in TOKENIZERS]
    title = f"METRICS  {SIDE_BY_SIDE:,} answers, seconds: BLEU-1 to BLEU-4, GLEU, ROUGE-1, ROUGE-2 and ROUGE-L"
    heads = ("tokens by", "of each pair", "ours", "nltk and rouge-chinese", "ratio", "differ by at most")
    print_table(title, heads, [row for _, row in compared])
    given = [(_sample(reference), Answer(0, text)) for text, reference in pairs]
    whole = [(name, f"{_score_all(given, name):.1f}") for name in TOKENIZERS]
    print_table(f"METRICS  {MANY:,} answers cut and scored", ("tokens by", "seconds"), whole)
    least = min(ratio for ratio, _ in compared)
    print_aim(f"{AIM} times as fast as nltk and rouge-chinese; the least is {least:.1f}", least >= AIM)


def _compare(name: Tokenizer, pairs: Pairs, rounds: int) -> tuple[float, tuple[object, ...]]:
    """The ratio, and a row of the table."""
    cut = find_tokenizer(name)
    texts, references = ([cut(pair[side]) for pair in pairs] for side in (0, 1))
    worst = float(np.abs(_ours(texts, references) - _theirs(texts, references)).max())
    assert worst <= NEAR, f"{name}: figures differ by {worst}"
    ours, theirs = in_turns(rounds, lambda: _ours(texts, references), lambda: _theirs(texts, references))
    lengths = ", ".join(f"{sum(map(len, some)) / len(some):.0f}" for some in (texts, references))
    return (theirs / ours).median, (name, lengths, ours, theirs, theirs / ours, f"{worst:.0e}")


def _score_all(given: list[tuple[Sample, Answer]], name: Tokenizer) -> float:
    return seconds(lambda: score_texts(given, TextScores(tokenize=name)))


def _pairs(graphs: Graphs, count: int) -> Pairs:
    """Answers and what was to be said: some sentences of what xywy writes of a disease; of them a part, and some of another disease."""
    rows = [orjson.loads(line) for file in graphs.files["xywy"] for line in file.read_bytes().splitlines()]
    prose = ["".join(str(row.get(key) or "") for key in PROSE).split("。") for row in rows]
    sentences = [[f"{one.strip()}。" for one in some if one.strip()][:12] for some in prose]
    sentences = [some for some in sentences if some]
    generator = random.Random("answers")
    found = []
    for _ in range(count):
        mine, other = generator.choice(sentences), generator.choice(sentences)
        said = generator.sample(mine, min(len(mine), generator.randint(1, 3)))
        again = [one for one in said if generator.random() < 0.3]
        found.append(("".join([*again, *other[: generator.randint(1, 3)]])[:200], "".join(said)[:200]))
    return found


def _sample(reference: str) -> Sample:
    return Sample("", "", "", "zh", "", "", (), (), reference, {})


def _ours(texts: list[list[str]], references: list[list[str]]) -> Table:
    """(answers, 14): the figures of `_theirs`."""
    counts = count_overlaps(texts, [[one] for one in references])
    bleus = [bleu(counts.bleu, order, "method1") for order in (1, 2, 3, 4)]
    precision, recall, f = rouge(counts)
    return np.column_stack([*bleus, gleu(counts.gleu), f, precision, recall])


def _theirs(texts: list[list[str]], references: list[list[str]]) -> Table:
    compare = Rouge()
    rows = []
    for text, reference in zip(texts, references, strict=True):
        (found,) = compare.get_scores(" ".join(text), " ".join(reference))
        rouges = [found[name][part] for part in "fpr" for name in ("rouge-1", "rouge-2", "rouge-l")]
        bleus = sentence_bleu([reference], text, WEIGHTS, SMOOTH)
        rows.append([*bleus, sentence_gleu([reference], text), *rouges])
    return np.array(rows)
