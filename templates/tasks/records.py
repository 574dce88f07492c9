"""Items as records: worded, with what grading needs in their `meta`; and the names that a wrong answer may say."""

from typing import Annotated, Any

import orjson
import polars as pl

from kgtools.kg.ontology import ontology
from kgtools.templates.facts import GraphView
from kgtools.templates.pack import Template
from kgtools.templates.select import Selection
from kgtools.templates.tasks.comparisons import COMPARED
from kgtools.templates.tasks.distractors import CONTRARY, HARDNESS
from kgtools.templates.tasks.path import once
from kgtools.templates.tasks.subject import Lexicon, sources_of
from kgtools.templates.tasks.wording import word, wordings
from kgtools.tools.frames import Schema, digests
from kgtools.tools.licenses.check import all_of

ITEM_NAMES = Schema(
    "names", {"name": pl.String, "type": pl.String, "license": pl.String}, required=("name", "type", "license")
)
"""Every name, in both languages, of the entities of a type that answers may name: what is said wrongly is found among them."""
ItemNames = Annotated[pl.DataFrame, ITEM_NAMES]


def with_words(task: str, selection: Selection, texts: tuple[list[str], list[str]], truths: list[str]) -> pl.DataFrame:
    """The groups with `user` and `assistant`, and `meta` complete. `texts`: question and statement of each; `truths`: the statement
    of what is true, or nothing."""
    template, groups = selection.template, selection.groups
    lang, known = template.lang, ontology().entities[template.info.head]
    forms = groups.select("options", "is_true", "form" if "form" in groups.columns else pl.lit("").alias("form"))
    count = len(wordings(task, lang))
    variants = ((pl.Series(groups["key"]) // len(template.variants)) % count).to_list()
    if task == "path":
        labels = groups["name"].to_list()
        texts = tuple([once(text, label) for text, label in zip(each, labels, strict=True)] for each in texts)  # type: ignore[assignment]
        truths = [once(text, label) for text, label in zip(truths, labels, strict=True)]
    letters = [answer if options else "" for answer, options in groups.select("answer", "options").iter_rows()]
    right = groups["right"].to_list()
    hidden = groups["hidden"].to_list()
    asked = [own[0] if task == "cypher" and own else text for text, own in zip(texts[0], hidden, strict=True)]
    rows: dict[str, list[Any]] = {
        "question": asked, "statement": texts[1], "truth": truths, "options": groups["options"].to_list(), "right": right,
        "letters": letters, "type": [known.zh if lang == "zh" else known.en] * groups.height,
        "count": [str(len(each)) for each in right], "several": [len(each) > 1 for each in letters],
        "is_true": groups["is_true"].to_list(), "before": groups["before"].to_list(), "hidden": hidden,
        "form": [form or _form(options, is_true) for options, is_true, form in forms.iter_rows()],
        "sought": [_sought(template)] * groups.height,
    }  # fmt: skip
    compared = [each or [""] * len(COMPARED) for each in groups["compared"].to_list()]
    rows |= {name: [each[place] for each in compared] for place, name in enumerate(COMPARED)}
    users, assistants = word(task, lang, variants, rows)
    if task == "compare":
        asked = [user.partition("\n")[0] for user in users]
    about = zip(groups["id"].to_list(), asked, variants, groups["meta"].to_list(), strict=True)
    meta = [
        f'{{"head":{_json(head)},"question":{_json(question)},"wording":{_json(f"{task}.{lang}#{variant + 1}")},{rest[1:]}'
        for head, question, variant, rest in about
    ]
    texts_and_meta = {"user": users, "assistant": assistants, "meta": meta}
    return groups.with_columns(pl.Series(name, column, pl.String) for name, column in texts_and_meta.items())


def _form(options: list[str], is_true: bool | None) -> str:
    return "mcq" if options else "list" if is_true is None else "truefalse"


def _sought(template: Template) -> str:
    """What the answers of a template are: `symptoms`, `cure rate`."""
    known, info = ontology(), template.info
    if info.attribute:
        label = known.attributes[info.attribute]
        return label.zh if template.lang == "zh" else label.en
    tail = known.entities[info.tail or info.head]
    return tail.zh if template.lang == "zh" else tail.plural


def _json(text: str) -> str:
    return orjson.dumps(text).decode()


def unlinked_group(groups: pl.DataFrame, relation: str, why: str) -> pl.Series:
    """What keeps together the records of one question that no fact ties, in both languages. `why`: none does."""
    return digests(groups.select(pl.concat_str(pl.lit(why), "id", pl.lit(relation), separator="\x1f")).to_series())


def count_distractors(records: pl.LazyFrame) -> dict[str, dict[str, int]]:
    """Language -> whose answers the wrong options of questions with options are -> options."""
    about = pl.col("meta").str.json_decode(pl.Struct({"distractors": pl.List(pl.Struct({"from": pl.String}))}))
    options = records.filter(pl.col("task") == "mcq").select("lang", option=about.struct.field("distractors"))
    counted = (
        options.explode("option")
        .group_by("lang", pl.col("option").struct.field("from"))
        .len()
        .collect(engine="streaming")
    )
    found: dict[str, dict[str, int]] = {}
    for lang, where, number in counted.sort("lang").iter_rows():
        found.setdefault(lang, {})[where] = number
    order = (*HARDNESS, CONTRARY)
    return {lang: {where: counts[where] for where in order if where in counts} for lang, counts in found.items()}


def list_names(view: GraphView, types: set[str]) -> ItemNames:
    """The names of all entities of these types of which a source says anything, each with the licences of those that name it."""
    lexicon, masks = Lexicon(view), dict(sources_of(view).iter_rows())
    licenses: dict[int, str] = {}
    rows = []
    for number, type_ in view.entities.select("number", "type").iter_rows():
        if type_ in types and number in masks:
            mask = masks[number] | lexicon.mask(number)
            if mask not in licenses:
                licenses[mask] = all_of(sorted({each for bit, (_, each) in view.licenses.items() if mask & bit}))
            rows += [(name, type_, licenses[mask]) for name in lexicon.names(number, "zh")]
    return ITEM_NAMES.frame(sorted(set(rows)))
