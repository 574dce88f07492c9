"""Super-NaturalInstructions' task files, as MedS-Ins ships them: one JSON object a task, template, language and system's message.

The keys are those of MedS-Ins, in their order, and the `Split Type` of its guideline; `Source` names the licence behind each source,
for which they have no key. The examples stay empty, as theirs do: drawn from the instances, they would be in the few-shot prompt of
their own question."""

import orjson
import polars as pl

from kgtools.corpora.export.definitions import DEFINITIONS, PLAIN
from kgtools.corpora.export.format import (
    SINGLE,
    Format,
    Part,
    dialogue_faults,
    last,
    only,
    stem_of,
    system,
    without_system,
)

LANGUAGES = {"zh": "Chinese", "en": "English", "fr": "French", "ja": "Japanese", "ru": "Russian", "es": "Spanish"}
SPLITS = {"train": "Train", "validation": "Validation", "test": "Test"}
TEMPLATE = r"^([^@]+)@[^/]+/(.+)\.[a-z]+#\d+$"
"""`pack@version/template.lang#variant`."""


def prepare(rows: pl.DataFrame) -> pl.DataFrame:
    if "messages" not in rows.columns:
        return rows.with_columns(pl.lit("").alias("definition"), pl.lit("").alias("about"))
    zh, en = (pl.col("task").replace_strict(_by_task(lang), default=getattr(PLAIN, lang)) for lang in ("zh", "en"))
    plain = pl.when(pl.col("lang") == "zh").then(zh).otherwise(en)
    pack, template = (pl.col("template").str.extract(TEMPLATE, group) for group in (1, 2))
    return rows.with_columns(
        pl.when(system() == "").then(plain).otherwise(system()).alias("definition"),
        pl.concat_str(pack, template, separator="-").fill_null("").alias("about"),
    )


def _by_task(lang: str) -> dict[str, str]:
    return {task: getattr(each, lang) for task, each in DEFINITIONS.items()}


def faults(noun: str) -> dict[str, pl.Expr]:
    turns = without_system()
    blank = {
        "no-question": turns.list.first().struct.field("content").str.strip_chars() == "",
        "no-answer": last(turns).str.strip_chars() == "",
    }
    return only(noun, "records") or dialogue_faults(wanted=SINGLE) | blank


def columns(noun: str) -> dict[str, pl.Expr]:
    turns = without_system()
    return {"id": pl.col("id"), "input": turns.list.first().struct.field("content"), "output": last(turns)}


def stem(number: int, key: tuple[str, ...]) -> str:
    task, about, lang, _ = key
    return f"task{number}_{stem_of(*(word for word in (task, about, lang) if word))}"


def around(part: Part, split: str, origins: list[tuple[str, str]]) -> tuple[bytes, bytes]:
    """The task before its instances, and what ends it."""
    task, _, lang, definition = part.key
    language = [LANGUAGES.get(lang, lang)]
    of_task = DEFINITIONS.get(task, PLAIN)
    head = {
        "Contributors": ["kgtools"], "Source": [f"{source} ({license_})" for source, license_ in origins], "URL": [],
        "Categories": [of_task.category or task], "Definition": [definition],
        "Reasoning": [], "Input_language": language, "Output_language": language,
        "Instruction_language": [LANGUAGES["zh" if _has_han(definition) else "en"]],
        "Domains": ["Medicine"], "Split Type": SPLITS[split], "Positive Examples": [], "Negative Examples": [],
    }  # fmt: skip
    return orjson.dumps(head)[:-1] + b',"Instances":[\n', b"\n]}\n"


def _has_han(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


FORMAT = Format(
    title="super-ni: one JSON object a task, with Definition and Instances, as MedS-Ins has it",
    faults=faults,
    columns=columns,
    endings=("json",),
    prepare=prepare,
    part=("task", "about", "lang", "definition"),
    stem=stem,
    around=around,
    rows_in="Instances",
)
