"""What is held out stands in no record for training: by facts, entities, relations, templates and the length of paths."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.record import APART
from kgtools.corpora.split.plan import make_plan
from kgtools.corpora.split.run import run as split
from kgtools.kg.stores import Store
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.facts import GraphView, view
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import RecordTables
from kgtools.templates.holdout.asked import HoldOut
from kgtools.templates.holdout.draw import HeldOut, hold_out
from kgtools.templates.holdout.proof import prove
from kgtools.templates.holdout.wordings import is_held, twins, word_for_training
from kgtools.templates.pack import Pack, find_pack
from kgtools.templates.preferences.known_names import KnownNames
from kgtools.templates.render import render
from kgtools.templates.select import select
from kgtools.templates.tasks.dialogue import Dialogue
from kgtools.templates.tasks.distractors import Distractors, Neighbours
from kgtools.templates.tasks.subject import Lexicon, Subject
from kgtools.tools.errors import Findings, UsageError

Graph = Callable[..., Store]
ASKED = HoldOut.of("facts=0.2,entities=0.1,relations=HAS_COMPLICATION,templates=0.1,hops=3-5")
WORDED = HoldOut.of("templates=0.3")
SEED = 3


@pytest.fixture(scope="module")
def packs() -> list[Pack]:
    return [find_pack("clinicalgpt"), find_pack("extended")]


@pytest.fixture(scope="module")
def store(named_graph: Path) -> FolderStore:
    return FolderStore(named_graph)


@pytest.fixture(scope="module")
def made(store: FolderStore, packs: list[Pack]) -> RecordTables:
    return generate(store, packs, ("zh", "en"), None, SEED, 12, task="qa,mcq,reverse,path,abstain", hold_out=ASKED)


@pytest.fixture(scope="module")
def graph_view(store: FolderStore) -> GraphView:
    return view(store)


@pytest.fixture(scope="module")
def held(graph_view: GraphView, packs: list[Pack]) -> HeldOut:
    return hold_out(graph_view, [template for pack in packs for template in pack.templates], ASKED, SEED)


def kinds(records: pl.DataFrame) -> pl.Series:
    return records["hold_out"].str.split(" + ")


def facts(records: pl.DataFrame) -> set[str]:
    return set(records["facts"].explode().drop_nulls())


@pytest.fixture(scope="module")
def training(made: RecordTables) -> pl.DataFrame:
    return made.records.filter(pl.col("hold_out").is_null())


def test_no_fact_of_what_is_held_out_by_facts_entities_or_relations_is_in_training(
    made: RecordTables, training: pl.DataFrame
) -> None:
    apart = made.records.filter(kinds(made.records).list.set_intersection(list(APART)).list.len() > 0)

    assert min(apart.height, training.height) > 1000
    assert facts(apart).isdisjoint(facts(training))


def test_each_kind_has_records_and_only_held_out_records_are_for_test(made: RecordTables) -> None:
    counted = dict(
        pl.DataFrame({"kind": kinds(made.records).explode().drop_nulls()}).group_by("kind").len().iter_rows()
    )

    assert set(counted) >= {"facts", "entities", "relations", "templates"}
    assert made.records.filter(pl.col("hold_out").is_not_null())["split"].unique().to_list() == ["test"]
    assert made.records.filter(pl.col("hold_out").is_null())["split"].null_count() == (
        made.records["hold_out"].null_count()
    )


def test_an_entity_that_is_held_out_is_neither_asked_about_nor_answered_nor_offered_in_training(
    training: pl.DataFrame, graph_view: GraphView, held: HeldOut
) -> None:
    entities = graph_view.entities.filter(pl.col("number").is_in(sorted(held.entities)))
    ids, names = set(entities["id"]), set(entities["name"]) | set(entities["name_en"].drop_nulls())

    for task, meta, answer in training.select("task", "meta", "answer").iter_rows():
        told = orjson.loads(meta)
        assert told["head"] not in ids
        if task == "mcq":
            assert names.isdisjoint(told["item"]["options"].values())
        elif task == "qa" and not any(sign in answer for sign in "。.\n"):  # a text may mention what it likes: `named`
            assert names.isdisjoint(answer.replace("、", ", ").split(", "))


def test_a_wording_that_is_held_out_asks_nothing_in_training(training: pl.DataFrame, held: HeldOut) -> None:
    assert held.variants
    for pack, name, number in held.variants:
        assert not training["template"].str.contains(rf"^{pack}@[^/]+/{name}\.(zh|en)#{number + 1}$").any()


@pytest.fixture(scope="module")
def worded(store: FolderStore, packs: list[Pack]) -> RecordTables:
    return generate(store, packs, ("zh", "en"), None, 9, 12, task="fewshot,dialogue", hold_out=WORDED)


def test_cases_and_turns_of_training_are_not_worded_as_what_is_held_out(
    worded: RecordTables, graph_view: GraphView, packs: list[Pack]
) -> None:
    templates = [template for pack in packs for template in pack.templates]
    held = hold_out(graph_view, templates, WORDED, 9)
    names = {lang: dict(zip(graph_view.entities["id"], graph_view.names(lang), strict=True)) for lang in ("zh", "en")}
    in_dialogues = {"examination", "treatment", "department", "food_to_eat", "food_to_avoid"}
    wordings = [
        (each, number) for each in templates for number in range(len(each.variants)) if is_held(each, number, held.variants)
    ]  # fmt: skip
    columns = worded.records.select("task", "lang", "template", "hold_out", "meta", "messages")
    said, found = 0, []
    for task, lang, mark, hold, meta, messages in columns.iter_rows():
        told, text = orjson.loads(meta), "\n".join(message["content"] for message in messages)
        heads = [each for id_ in (told["head"], *told.get("cases", ())) if (each := names[lang][id_])]
        for template, number in wordings:
            is_its = template.name in in_dialogues if task == "dialogue" else f"/{template.name}." in mark
            if template.lang == lang and is_its:
                asked, stated = render(template, template.variants[number], heads, [["\n"]] * len(heads))
                if any(each.partition("\n")[0] in text for each in (stated if task == "dialogue" else asked)):
                    said += hold is not None
                    found += [text] * (hold is None)

    assert worded.records.filter(pl.col("hold_out").is_null()).height > 1000
    assert said > 100
    assert not found, found[0]


def test_the_proof_finds_a_held_out_wording_in_the_text_of_another_template(
    worded: RecordTables, graph_view: GraphView, packs: list[Pack]
) -> None:
    templates = [template for pack in packs for template in pack.templates]
    held = hold_out(graph_view, templates, WORDED, 9)
    template, number = next(
        (each, number) for each in templates for number in range(len(each.variants))
        if each.name == "treatment" and (each.pack, each.name, number) in held.variants
    )  # fmt: skip
    (question,), _ = render(template, template.variants[number], ["糖尿病"], [["药物治疗"]])
    case = pl.lit(f"{question}\n", pl.String)
    user = pl.struct(role=pl.lit("user"), content=case).implode()
    at = int(worded.records["hold_out"].is_null().arg_max() or 0)
    rows = worded.records.with_row_index("at").with_columns(
        pl.when(pl.col("at") == at).then(pl.concat_list("messages", user)).otherwise("messages").alias("messages"),
        pl.when(pl.col("at") == at).then(pl.lit(template.lang)).otherwise("lang").alias("lang"),
    )

    assert prove(worded.records, graph_view, held, 0).kinds[0].shared == 0
    with pytest.raises(Findings, match="1 held-out templates would stand in records for training"):
        prove(rows, graph_view, held, 0)


def test_what_can_be_said_in_held_out_words_alone_is_held_out(graph_view: GraphView, packs: list[Pack]) -> None:
    every = [template for pack in packs for template in pack.templates]
    said = {
        name: next(each for each in every if each.name == name and each.lang == "zh")
        for name in ("symptom", "examination")
    }
    none_left = frozenset(("clinicalgpt", "examination", number) for number in range(9))

    assert word_for_training(said["examination"], 1, 5, none_left) == 1
    subjects = {
        relation: Subject(graph_view, select(graph_view, said[name], 0, 12), KnownNames(graph_view), Lexicon(graph_view), 0)
        for name, relation in (("symptom", "HAS_SYMPTOM"), ("examination", "NEEDS_EXAMINATION"))
    }  # fmt: skip
    wrong = Distractors(subjects["HAS_SYMPTOM"], Neighbours(graph_view), "random")
    rows = list(Dialogue(subjects, wrong, none_left).rows())

    assert len(rows) > 50
    assert all(row.is_worded_as_held for row in rows)
    assert not any(row.is_worded_as_held for row in Dialogue(subjects, wrong).rows())


def test_two_packs_that_ask_in_the_same_words_hold_them_out_together(graph_view: GraphView) -> None:
    templates = [each for name in ("clinicalgpt", "clinicalgpt-paper") for each in find_pack(name).templates]
    alike = twins(templates)
    for seed in range(5):
        held = hold_out(graph_view, templates, HoldOut.of("templates=0.3"), seed).variants

        assert held
        assert all(set(alike.get(each, [each])) <= held for each in held)


def test_a_relation_that_is_held_out_is_in_no_path_of_training(training: pl.DataFrame) -> None:
    assert not training["meta"].str.contains('"HAS_COMPLICATION"').any()


def test_both_languages_and_all_tasks_of_a_fact_are_on_one_side(made: RecordTables) -> None:
    rows = made.records.filter(
        ~kinds(made.records).list.eval(pl.element().is_in(["templates", "hops"])).list.any().fill_null(False)
    )
    sides = rows.select("facts", pl.col("hold_out").is_null().alias("free")).explode("facts").drop_nulls()

    assert sides.group_by("facts").agg(pl.col("free").n_unique())["free"].max() == 1


def test_what_would_hold_facts_of_both_sides_is_not_made_and_says_so(made: RecordTables) -> None:
    assert made.counts.hold_out is not None
    assert made.counts.hold_out["crossing"] > 0
    assert "crosses-hold-out" in set(made.coverage["reason"])


def test_the_proof_finds_a_crossing_that_is_planted(made: RecordTables, graph_view: GraphView, held: HeldOut) -> None:
    assert prove(made.records, graph_view, held, 0).free == made.records["hold_out"].null_count()
    for kind in APART:
        at = int(kinds(made.records).list.contains(kind).fill_null(False).arg_max() or 0)
        planted = made.records.with_row_index("at").with_columns(
            pl.when(pl.col("at") == at).then(None).otherwise("hold_out").alias("hold_out")
        )
        with pytest.raises(Findings, match="would stand in records for training; nothing was written"):
            prove(planted, graph_view, held, 0)


def test_paths_of_a_length_are_held_out_and_their_facts_may_be_learned(store: FolderStore, packs: list[Pack]) -> None:
    made = generate(store, packs, ("zh",), None, 0, 12, task="qa,path", hold_out=HoldOut.of("hops=2-3"))

    paths = made.records.filter(pl.col("task") == "path")
    assert paths["hold_out"].unique().to_list() == ["hops"]
    assert made.records.filter(pl.col("task") == "qa")["hold_out"].null_count() == made.records.height - paths.height
    assert made.counts.hold_out is not None
    assert made.counts.hold_out["shared_facts"] > 100


def test_preferences_for_training_name_nothing_that_is_held_out(
    store: FolderStore, packs: list[Pack], graph_view: GraphView
) -> None:
    asked = HoldOut.of("entities=0.1")
    made = generate(store, packs, ("zh",), None, SEED, 12, task="preference", hold_out=asked)
    held = hold_out(graph_view, [t for pack in packs for t in pack.templates if t.lang == "zh"], asked, SEED)

    names = set(graph_view.entities.filter(pl.col("number").is_in(sorted(held.entities)))["name"])
    wrong = [orjson.loads(meta)["wrong"] for meta in made.records.filter(pl.col("hold_out").is_null())["meta"]]
    assert len(wrong) > 500
    assert sum(not names.isdisjoint(each) for each in wrong) == 0
    assert made.records["hold_out"].drop_nulls().unique().to_list() == ["entities"]


def test_all_that_is_said_of_a_head_by_a_relation_is_held_out_together(
    graph: Graph, pack_folder: Callable[..., Path]
) -> None:
    said = [(f"Disease:病{n}", "HAS_SYMPTOM", f"Symptom:症{n}{m}") for n in range(300) for m in range(4)]
    made = generate(graph(said), [find_pack(str(pack_folder(en=None, missing={"en": "none"})))], ("zh",), None, 0, 12,
                    hold_out=HoldOut.of("facts=0.1"))  # fmt: skip

    assert made.records["hold_out"].len() == 300
    assert 15 < made.records["hold_out"].drop_nulls().len() < 50


def test_split_puts_what_is_held_out_into_test_and_parts_it_from_what_others_bring(
    made: RecordTables, tmp_path: Path
) -> None:
    foreign = made.records.filter(
        kinds(made.records).list.contains("facts").fill_null(False) & (pl.col("task") == "mcq")
    ).head(5)
    foreign = foreign.with_columns(
        pl.lit(None, pl.String).alias("hold_out"), pl.col("id") + "x", pl.lit(None, pl.String).alias("split")
    )
    (tmp_path / "records").mkdir()
    pl.concat([made.records, foreign]).write_parquet(tmp_path / "records" / "records.parquet")

    result = split(tmp_path / "records", tmp_path / "out", make_plan(None))

    done = pl.read_parquet(tmp_path / "out" / "records.parquet")
    gone = pl.read_parquet(tmp_path / "out" / "removed.parquet")
    held = done.filter(pl.col("hold_out").is_not_null())
    assert held.height == made.records.height - made.records["hold_out"].null_count()
    assert held["split"].unique().to_list() == ["test"]
    assert set(gone.filter(pl.col("reason") == "shares-held-out")["id"]) == set(foreign["id"])
    assert (result.crossing_facts, result.loose_facts > 100) == (0, True)
    loose = pl.col("hold_out").is_in(["templates", "hops", "templates + hops"]).fill_null(False)
    of_split = (
        done.filter(~loose).explode("facts").drop_nulls("facts").group_by("facts").agg(pl.col("split").n_unique())
    )
    assert of_split["split"].max() == 1


def test_a_run_without_hold_outs_holds_nothing_out(sample_run: Path) -> None:
    records = pl.read_parquet(sample_run / "records.parquet")

    assert records["hold_out"].null_count() == records.height


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fact=0.1", "did you mean facts"),
        ("facts=1", "a share is more than 0 and less than 1"),
        ("facts=ten", "a share is more than 0 and less than 1"),
        ("facts", "a share is more than 0 and less than 1"),
        ("facts=0.1,facts=0.2", "facts is named twice"),
        ("relations=HAS_SYMTOM", "is no relation or attribute; did you mean HAS_SYMPTOM"),
        ("relations=nonsense", "nonsense is no relation or attribute; did you mean"),
        ("", "name what is held out"),
        ("facts=0.1,,entities=0.1", "name what is held out"),
        ("hops=1", "so many triples of a path"),
        ("hops=5-4", "so many triples of a path"),
    ],
)
def test_what_cannot_be_held_out_is_refused_with_what_can(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        HoldOut.of(text)


def test_hops_without_paths_are_refused(store: FolderStore, packs: list[Pack]) -> None:
    with pytest.raises(UsageError, match="hops are of the task path"):
        generate(store, packs, ("zh",), 10, 0, 12, hold_out=HoldOut.of("hops=2"))


def test_what_was_asked_for_is_read_back_from_its_text() -> None:
    asked = replace(ASKED, relations=("HAS_COMPLICATION", "HAS_SYMPTOM"))

    assert HoldOut.of(str(asked)) == asked


def test_the_command_tells_what_it_held_out_and_the_same_bytes_with_two_workers(
    command: Callable[..., CompletedProcess[str]], named_graph: Path, tmp_path: Path
) -> None:
    words: list[Any] = ["generate", "--graph", named_graph, "--task", "qa,mcq", "--hold-out", "facts=0.1,templates=0.1"]
    one = command(*words, "--out", tmp_path / "one")
    two = command(*words, "--out", tmp_path / "two", "--workers", 2, env={"PYTHONHASHSEED": "7"})

    assert (one.returncode, two.returncode) == (0, 0)
    assert "left out, for they hold facts of both" in one.stdout + one.stderr
    settings = orjson.loads((tmp_path / "one" / "run.json").read_bytes())["settings"]
    assert settings["hold_out"] == "facts=0.1,templates=0.1"
    for name in ("records.parquet", "run.json", "coverage.parquet"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize(
    ("task", "lang", "text", "says"),
    [
        ("qa", "zh", "facts=1e-9", r"facts=1e-09: so small a share of [0-9,]+ answers draws none"),
        ("qa", "zh", "entities=1e-9", r"so small a share of [0-9,]+ entities draws none"),
        ("qa", "zh", "relations=MAY_LEAD_TO", "the graph has none; there are .*HAS_SYMPTOM"),
        ("qa", "en", "facts=0.1,relations=cause", "no template asks about it in these languages; there are .*cost"),
        (
            "qa,path",
            "zh",
            "hops=7",
            "hops=7: no path that is asked leads over so many triples; they lead over [2-5, ]+$",
        ),
        ("path", "zh", "hops=2-5", "all [0-9,]+ records are held out and none is for training"),
        ("path", "zh", "relations=icd10", "no record of these tasks is held out by it"),
    ],
)
def test_what_would_hold_out_nothing_or_all_is_refused(
    store: FolderStore, packs: list[Pack], task: str, lang: str, text: str, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        generate(store, packs, (lang,), None, 0, 12, task=task, hold_out=HoldOut.of(text))


def test_an_option_that_is_given_again_adds_to_it(
    command: Callable[..., CompletedProcess[str]], named_graph: Path, tmp_path: Path
) -> None:
    words: list[Any] = ["generate", "--graph", named_graph, "--lang", "zh", "--out", tmp_path / "out"]
    done = command(*words, "--hold-out", "facts=0.1", "--hold-out", "entities=0.05")
    twice = command(*words, "--hold-out", "facts=0.1", "--hold-out", "facts=0.2")

    assert done.returncode == 0
    settings = orjson.loads((tmp_path / "out" / "run.json").read_bytes())["settings"]
    assert settings["hold_out"] == "facts=0.1,entities=0.05"
    assert (twice.returncode, "facts is named twice" in twice.stderr) == (2, True)


WHOLE = HoldOut.of("facts=0.2,entities=0.05")


@pytest.fixture(scope="module")
def told(store: FolderStore, packs: list[Pack]) -> pl.DataFrame:
    """Records for training of the tasks that say more than facts: wrong names, options, texts, rows."""
    tasks = "qa,mcq,truefalse,cloze,list,compare,explain,cypher"
    made = generate(store, packs, ("zh",), None, SEED, 12, task=tasks, hold_out=WHOLE)
    return made.records.filter(pl.col("hold_out").is_null())


@pytest.fixture(scope="module")
def whole(graph_view: GraphView, packs: list[Pack]) -> HeldOut:
    return hold_out(graph_view, [t for pack in packs for t in pack.templates if t.lang == "zh"], WHOLE, SEED)


@pytest.fixture(scope="module")
def beside(graph_view: GraphView, whole: HeldOut) -> dict[str, set[str]]:
    """Of each entity all names of what is held out joins with it."""
    rows = graph_view.facts.filter((whole.bits > 0) & pl.col("tail").is_not_null()).select("head", "tail")
    both = pl.concat([rows, rows.select(pl.col("tail").alias("head"), pl.col("head").alias("tail"))])
    both = both.join(graph_view.called, left_on="tail", right_on="number")
    named = both.with_columns(graph_view.entities["id"].gather(both["head"]).alias("id")).group_by("id").agg("name")
    return {id_: set(names) for id_, names in named.iter_rows()}


def test_what_is_held_out_is_not_said_in_training_by_another_relation_or_turned_round(
    told: pl.DataFrame, graph_view: GraphView, whole: HeldOut
) -> None:
    learned = graph_view.facts["id"].is_in(sorted(facts(told)))

    assert learned.sum() > 1000
    assert set(graph_view.pairs.filter(learned).drop_nulls()).isdisjoint(whole.pairs)


def test_wrong_names_and_contrary_options_of_training_are_not_made_of_what_is_held_out(
    told: pl.DataFrame, beside: dict[str, set[str]]
) -> None:
    seen = 0
    for text in told.filter(pl.col("task").is_in(["mcq", "truefalse", "cloze", "list", "compare"]))["meta"]:
        meta = orjson.loads(text)
        wrong = {name for names in meta["item"].get("wrong", ()) for name in names}
        wrong |= {each["text"] for each in meta.get("distractors", ())}
        seen += bool(wrong)
        assert wrong.isdisjoint(beside.get(meta["head"], ())), meta["head"]
    assert seen > 300


def test_a_text_of_training_does_not_name_what_is_held_out_of_its_head(
    told: pl.DataFrame, beside: dict[str, set[str]], graph_view: GraphView
) -> None:
    is_text = pl.col("kind") == "attribute"
    values = graph_view.facts.filter(is_text & pl.col("id").is_in(sorted(facts(told))))
    heads = graph_view.entities["id"].gather(values["head"])

    assert values.height > 300
    for head, value in zip(heads, values["value"], strict=True):
        assert not [name for name in beside.get(head, ()) if len(name) > 1 and not name.isascii() and name in value]


def test_a_held_out_entity_is_in_no_wrong_names_options_or_rows_of_training(told: pl.DataFrame, whole: HeldOut) -> None:
    assert {"list", "cypher"} <= set(told["task"])
    for text in told["meta"]:
        meta = orjson.loads(text)
        item = meta.get("item", {})
        said = [*item.get("wrong", ()), list(item.get("options", {}).values()), *meta.get("rows", ())]
        flat = {str(name) for each in said for cell in each for name in (cell if isinstance(cell, list) else [cell])}
        assert flat.isdisjoint(whole.names)


@pytest.mark.parametrize("name", ["HAS_SYMPTOM", "NEEDS_EXAMINATION", "RELATED_DISEASE", "LISTED_DRUG"])
def test_a_relation_that_is_held_out_takes_no_other_along(graph_view: GraphView, packs: list[Pack], name: str) -> None:
    templates = [template for pack in packs for template in pack.templates]
    held = hold_out(graph_view, templates, HoldOut.of(f"relations={name}"), SEED)

    assert set(graph_view.facts.filter(held.bits > 0)["relation"]) == {name}
    assert (held.bits > 0).sum() == (graph_view.facts["relation"] == name).sum()


def test_the_proof_finds_the_same_pair_by_another_relation(graph: Graph) -> None:
    store = graph(
        [("Symptom:症一", "RELATED_SYMPTOM", "Symptom:症二"), ("Symptom:症二", "RELATED_SYMPTOM", "Symptom:症一")]
    )
    seen, asked = view(store), HoldOut.of("facts=0.5")
    one, other = seen.facts["id"]
    of_pair = pl.DataFrame(
        {"facts": [[one], [other]], "hold_out": ["facts", None], "template": "p@1/t.zh#1", "meta": "{}"}
    )
    held = replace(hold_out(seen, [], asked, 0), bits=pl.Series([1, 0], dtype=pl.UInt8))

    with pytest.raises(Findings, match="1 held-out facts would stand in records for training"):
        prove(of_pair, seen, held, 0)


def test_a_question_without_facts_that_is_held_out_by_its_wording_takes_no_other_along(
    store: FolderStore, packs: list[Pack]
) -> None:
    made = generate(store, packs, ("zh", "en"), None, 1, 12, task="abstain", hold_out=HoldOut.of("templates=0.2"))
    held, free = (made.records.filter(pl.col("hold_out").is_null() == each) for each in (False, True))

    assert held.height > 50
    assert set(held["group"]).isdisjoint(free["group"])
