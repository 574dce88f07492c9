"""cMedQA2 (and 1): questions, answers and candidates, tables that refer to each other by id."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal, NamedTuple

import polars as pl
from pydantic import Field

from kgtools.corpora.files.file import File
from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.files.place import Place
from kgtools.corpora.reader import Corpus, Example, FilePreview, PublishedFile, Reader, Turn
from kgtools.tools.config import Settings
from kgtools.tools.errors import InputError
from kgtools.tools.frames import digests

AT_ONCE, CHUNK, LONGEST = 50_000, 1 << 22, 1 << 20
"""Rows of a batch; bytes that are read at a time; characters of a line."""
ID, ANSWER, TEXT = "question_id", "ans_id", "content"
QUESTIONS, ANSWERS = (ID, TEXT), (ANSWER, ID, TEXT)
TRAIN, RANKED = (ID, "pos_ans_id", "neg_ans_id"), (ID, ANSWER, "label")
NEEDED = {QUESTIONS: "question.csv (question_id,content)", ANSWERS: "answer.csv (ans_id,question_id,content)"}
COLON = r"^\s*(?:[:：]\s*)+"
PLACE = {"file": pl.String, "line": pl.UInt32, "row": pl.UInt32}

Kind = tuple[str, ...]
"""The columns that tell a table."""


class CmedqaSettings(Settings):
    """What there is to choose."""

    answers: Literal["one", "all"] = Field(
        "one", description="one: an answer of each question, drawn by the seed; all: a record for each answer"
    )


class Candidates(NamedTuple):
    """`positives`: question and right answer, with their place. `splits`: question and the split it stands in."""

    positives: pl.DataFrame
    splits: pl.DataFrame


def read(corpus: Corpus, settings: CmedqaSettings) -> Iterator[Example]:
    """Each question of question.csv with its answers in answer.csv; its split is that of the candidates it stands in."""
    files: dict[Kind, list[File]] = {kind: [] for kind in (TRAIN, RANKED, ANSWERS, QUESTIONS)}
    for file in corpus.files:
        if kind := _kind(file, files):
            files[kind].append(file)
        else:
            corpus.refuse(file.place(), "unknown-file", "by its header neither questions nor answers nor candidates")
    if missing := [name for kind, name in NEEDED.items() if not files[kind]]:
        raise InputError(
            f"cmedqa2 lacks {' and '.join(missing)}: candidates hold ids without texts; "
            f"name the files, or the zip files they are in, with the others"
        )
    candidates = _candidates(corpus, [(file, kind) for kind in (TRAIN, RANKED) for file in files[kind]])
    questions = _questions(corpus, files[QUESTIONS], candidates.splits)
    answers = _answers(corpus, files[ANSWERS], questions)
    _check(corpus, candidates.positives, questions, answers)
    if settings.answers == "one":
        answers = _drawn(corpus, answers)
    yield from _examples(questions, answers)


def _kind(file: File, kinds: dict[Kind, list[File]]) -> Kind | None:
    header = _header(file)
    return next((kind for kind in kinds if set(kind) <= set(header)), None)


def _header(file: File) -> list[str]:
    with file.open() as raw:
        names = raw.readline(LONGEST).decode("utf-8-sig", "replace")
    return [name.strip(' "\r\n\t') for name in names.split(",")]


def _candidates(corpus: Corpus, files: list[tuple[File, Kind]]) -> Candidates:
    """A question in several splits stands in `splits` several times."""
    positives = [pl.DataFrame(schema={ID: pl.String, ANSWER: pl.String, **PLACE})]
    splits = [pl.DataFrame(schema={ID: pl.String, "split": pl.String})]
    for file, kind in files:
        split = word_in_path(file, SPLITS) or ("train" if kind == TRAIN else None)
        if split is None:
            corpus.refuse(file.place(), "unknown-split", "the name of candidates says train, dev or test")
            continue
        for links in _links(corpus, file, kind):
            right = links.filter(pl.col("label") == "1").select(positives[0].columns)
            positives.append(right.unique([ID, ANSWER], keep="first", maintain_order=True))
            splits.append(links.select(ID, split=pl.lit(split)).unique())
    right = pl.concat(positives).unique([ID, ANSWER], keep="first", maintain_order=True)
    return Candidates(right, pl.concat(splits).unique().sort(ID, "split"))


def _links(corpus: Corpus, file: File, kind: Kind) -> Iterator[pl.DataFrame]:
    """Question, answer and label (0 or 1) of the rows of candidates, some megabytes at a time; they are millions."""
    header = _header(file)
    cells = {
        name: pl.col("cells").list.get(header.index(column), null_on_oob=True).str.strip_chars(' "')
        for name, column in zip((ID, ANSWER, "label"), kind, strict=True)
    }
    if kind == TRAIN:
        cells["label"] = pl.lit("1")
    fault = (
        pl.when(pl.col("cells").list.len() != len(header))
        .then(pl.lit("wrong-width"))
        .when((pl.col(ID) == "") | (pl.col(ANSWER) == ""))
        .then(pl.lit("missing-field"))
        .when(~pl.col("label").is_in(["0", "1"]))
        .then(pl.lit("bad-label"))
    )
    for lines in _lines(file):
        rows = lines.select(
            pl.lit(file.name).alias("file"), "line", (pl.col("line") - 1).alias("row"), pl.col("text").str.split(",").alias("cells")
        ).with_columns(**cells).with_columns(fault=fault)  # fmt: skip
        for reason, wrong in rows.filter(pl.col("fault").is_not_null()).group_by("fault", maintain_order=True):
            _refuse(corpus, wrong, str(reason[0]), f"expected {','.join(header)}")
        yield rows.filter(pl.col("fault").is_null())


def _lines(file: File) -> Iterator[pl.DataFrame]:
    """`line` and `text` of what stands under the header, without blank lines."""
    number = 1
    with file.open() as raw:
        while chunk := raw.read(CHUNK):
            chunk += raw.readline(LONGEST)
            text = pl.Series("text", [chunk.decode("utf-8-sig", "replace").removesuffix("\n")])
            lines = text.str.split("\n").explode().to_frame().with_row_index("line", offset=number)
            number += lines.height
            stripped = lines.with_columns(pl.col("line").cast(pl.UInt32), pl.col("text").str.strip_chars(" \t\r"))
            yield stripped.filter((pl.col("line") > 1) & (pl.col("text") != ""))


def _table(corpus: Corpus, files: list[File], columns: Kind) -> pl.DataFrame:
    """The rows of these files with an id and a text, each id once, with their places."""
    schema = dict.fromkeys(columns, pl.String) | PLACE
    rows = _sound(corpus, files, columns)
    frames = [pl.DataFrame(schema=schema)]
    while batch := list(islice(rows, AT_ONCE)):
        frames.append(pl.DataFrame(batch, schema=schema, orient="row"))
    table = pl.concat(frames)
    first = table[columns[0]].is_first_distinct()
    _refuse(corpus, table.filter(~first), "id-given-twice", f"an earlier row has this {columns[0]}")
    return table.filter(first)


def _sound(corpus: Corpus, files: list[File], columns: Kind) -> Iterator[tuple[Any, ...]]:
    for file in files:
        for place, values in file.csv():
            texts = [values[column].strip() for column in columns]
            if not all(texts):
                corpus.refuse(place, "missing-field", f"{', '.join(columns)} must not be empty")
            elif any("\0" in text for text in texts):
                corpus.refuse(place, "nul", "a NUL in an id or the content")
            else:
                yield *texts, *place


def _questions(corpus: Corpus, files: list[File], splits: pl.DataFrame) -> pl.DataFrame:
    """The questions with their number and split."""
    questions = _table(corpus, files, QUESTIONS).with_row_index("number")
    torn = splits.filter(pl.col(ID).is_duplicated())
    _refuse(corpus, questions.join(torn, on=ID, how="semi"), "question-in-two-splits", "of candidates")
    whole = questions.join(torn, on=ID, how="anti").join(splits, on=ID, how="left")
    corpus.count("questions that stand in no candidates", whole["split"].null_count() if splits.height else 0)
    return whole


def _answers(corpus: Corpus, files: list[File], questions: pl.DataFrame) -> pl.DataFrame:
    """The answers of these questions, those of one together, without a colon at the beginning."""
    answers = _table(corpus, files, ANSWERS)
    bare = answers.with_columns(pl.col(TEXT).str.replace(COLON, ""))
    corpus.count("colons taken off the beginning of answers", bare.filter(bare[TEXT] != answers[TEXT]).height)
    empty = pl.col(TEXT) == ""
    _refuse(corpus, bare.filter(empty), "missing-field", "the answer is nothing but a colon")
    answers = bare.filter(~empty)
    _refuse(
        corpus,
        answers.join(questions, on=ID, how="anti"),
        "answer-without-question",
        "no question with this id was read",
    )
    _refuse(
        corpus, questions.join(answers, on=ID, how="anti"), "question-without-answer", "no answer to this id was read"
    )
    order = answers.with_row_index("at").join(questions.select(ID, "number"), on=ID)
    return order.sort("number", "at").drop("number", "at")


def _check(corpus: Corpus, positives: pl.DataFrame, questions: pl.DataFrame, answers: pl.DataFrame) -> None:
    """What candidates call right must be an answer to that question, in answer.csv."""
    asked, owner = pl.col(ID).is_in(questions[ID].implode()), pl.col("owner")
    owned = positives.join(answers.select(ANSWER, owner=ID), on=ANSWER, how="left")
    _refuse(corpus, owned.filter(~asked), "unknown-question", "candidates for a question that was not read")
    _refuse(
        corpus,
        owned.filter(asked & owner.is_null()),
        "unknown-answer",
        "candidates call an answer right that was not read",
    )
    _refuse(
        corpus,
        owned.filter(asked & (owner != pl.col(ID))),
        "answer-of-another-question",
        "candidates call it right for this one",
    )
    told_ = answers.join(positives, on=ID, how="semi").join(positives, on=[ID, ANSWER], how="anti")
    corpus.count("answers that the candidates do not call right", told_.height)


def _drawn(corpus: Corpus, answers: pl.DataFrame) -> pl.DataFrame:
    """One answer of each question: by a hash, so that neither the order nor the other questions matter."""
    ranks = digests(answers.select(pl.format(f"{corpus.seed}|{{}}|{{}}", ID, ANSWER)).to_series())
    drawn = answers.filter(ranks == answers.select(ID, rank=ranks).select(pl.col("rank").min().over(ID)).to_series())
    corpus.count("answers that were not drawn (--set answers=all)", answers.height - drawn.height)
    return drawn


def _examples(questions: pl.DataFrame, answers: pl.DataFrame) -> Iterator[Example]:
    asked = questions.select(ID, "split", question=TEXT)
    for part in answers.iter_slices(AT_ONCE):
        for row in part.join(asked, on=ID, how="left", maintain_order="left").iter_rows(named=True):
            place = Place(row["file"], row["line"], row["row"])
            turns = [Turn("user", row["question"]), Turn("assistant", row[TEXT])]
            meta = {ID: row[ID], ANSWER: row[ANSWER]}
            yield Example(place, turns, "qa", "zh", key=row[ID], split=row["split"], meta=meta)


def _refuse(corpus: Corpus, rows: pl.DataFrame, reason: str, detail: str) -> None:
    for file, line, row in rows.select(list(PLACE)).iter_rows():
        corpus.refuse(Place(file, line, row), reason, detail)


def fits(preview: FilePreview) -> str | None:
    if preview.layout != "csv":
        return None
    if preview.has(*ANSWERS):
        return "answers with ans_id, question_id and content, as cMedQA has them"
    if set(preview.columns) == set(QUESTIONS):
        return "questions with question_id and content, as cMedQA has them"
    if preview.has(*TRAIN) or preview.has(*RANKED):
        return "candidates of cMedQA; its question.csv and answer.csv hold the texts"
    return None


READER = Reader(
    title="cMedQA2, and cMedQA 1",
    license="LicenseRef-cmedqa2-noncommercial",
    license_note="its LICENSE is the GPL-3.0, its README says for non-commercial research: the stricter counts; cMedQA 1 has none",
    files="question.csv and answer.csv, and train_candidates.txt, dev_candidates.txt, test_candidates.txt; or their zip files",
    read=read,
    fits=fits,
    published=(
        *(PublishedFile(kind, (), "zh", (TEXT,), values=(ID, r"\d+")) for kind in (QUESTIONS, ANSWERS)),
        PublishedFile(TRAIN),
        PublishedFile(RANKED, ("cnt",)),
    ),
    together=True,
    settings=CmedqaSettings,
    private=True,
    url="https://github.com/zhangsheng93/cMedQA2",
)
