"""What a run on the sample graphs writes, and what tiny graphs show of records and their lineage."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import networkx as nx
import orjson
import polars as pl
import pytest

from kgtools.corpora.record import RECORDS
from kgtools.kg.build.inputs import NamesMetadata
from kgtools.kg.build.normalize import SEPARATOR
from kgtools.kg.graph import change
from kgtools.kg.stores import Store
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.coverage.ledger import COVERAGE
from kgtools.templates.facts import view
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import RecordTables
from kgtools.templates.pack import Pack, find_pack, load_pack
from kgtools.templates.select import REASONS
from kgtools.tools.errors import InputError
from kgtools.tools.inputs.files import digest

Graph = Callable[..., Store]
Folder = Callable[..., Path]
Run = Callable[..., CompletedProcess[str]]
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
GOUT, PAIN = "Disease:痛风", "Symptom:关节痛"
ENGLISH = {GOUT: "gout", PAIN: "joint pain"}


@pytest.fixture(scope="module")
def records(sample_run: Path) -> pl.DataFrame:
    return pl.read_parquet(sample_run / "records.parquet")


@pytest.fixture(scope="module")
def coverage(sample_run: Path) -> pl.DataFrame:
    return pl.read_parquet(sample_run / "coverage.parquet")


@pytest.fixture(scope="module")
def manifest(sample_run: Path) -> dict[str, Any]:
    return json.loads((sample_run / "run.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def facts(named_graph: Path) -> dict[str, tuple[str, str, str]]:
    """Every triple and attribute value of the graph by its id, told from its tables without `templates`."""
    store = FolderStore(named_graph)
    found = {id_: said for id_, *said in store.triples().select("id", "head", "relation", "tail").iter_rows()}
    for head, text in store.entities().select("id", "attributes").iter_rows():
        for name, values in json.loads(text).items():
            found |= {digest(SEPARATOR.join((head, name, value))): [head, name, value] for value in values}
    return {id_: tuple(said) for id_, said in found.items()}


@pytest.fixture
def pack(pack_folder: Folder) -> Callable[..., Pack]:
    return lambda **info: load_pack(pack_folder(**info))


def run(store: Store, *packs: Pack, workers: int = 1) -> RecordTables:
    return generate(store, list(packs), ("zh", "en"), None, 0, 12, workers)


def replace_license(pack: Pack, license_: str) -> Pack:
    """The pack under another licence."""
    templates = tuple(replace(template, license=license_) for template in pack.templates)
    return replace(pack, info=pack.info.model_copy(update={"license": license_}), templates=templates)


def test_the_sample_makes_records_of_every_template_of_the_paper(records: pl.DataFrame) -> None:
    marks = set(records["template"].str.replace(r"#\d+$", ""))
    said_by_nobody = {"drug_symptom"}  # no source says that a drug treats a symptom

    assert {t.id for t in find_pack("clinicalgpt").templates if t.name not in said_by_nobody} <= marks


def test_every_fact_of_a_record_is_in_the_graph(records: pl.DataFrame, facts: dict[str, Any]) -> None:
    assert set(records["facts"].explode()) <= set(facts)
    assert records["facts"].list.len().min() == 1


def test_a_record_is_about_the_head_that_its_facts_share(records: pl.DataFrame, facts: dict[str, Any]) -> None:
    heads = records["meta"].str.json_path_match("$.head").to_list()

    strangers = [
        id_
        for id_, head, ids in zip(records["id"], heads, records["facts"].to_list(), strict=True)
        if not all(head in (facts[fact][0], facts[fact][2]) for fact in ids)
    ]
    assert strangers == []


def test_every_fact_stands_once_a_language_in_the_coverage(coverage: pl.DataFrame, facts: dict[str, Any]) -> None:
    rows = coverage.select("triple", "lang").rows()

    assert len(rows) == len(set(rows))
    assert set(rows) == {(fact, lang) for fact in facts for lang in ("zh", "en")}


def test_a_fact_has_records_or_a_reason_and_never_both(coverage: pl.DataFrame) -> None:
    neither = coverage.filter((pl.col("records") > 0) == pl.col("reason").is_not_null())

    assert neither.height == 0
    assert set(coverage["reason"].drop_nulls()) < set(REASONS) - {"exported"}


def test_the_coverage_counts_the_records_of_each_fact(records: pl.DataFrame, coverage: pl.DataFrame) -> None:
    told = dict(
        records.explode("facts")
        .group_by("facts", "lang")
        .len()
        .select(pl.concat_list("facts", "lang").list.join("|"), "len")
        .iter_rows()
    )
    counted = coverage.filter(pl.col("records") > 0).select(pl.concat_list("triple", "lang").list.join("|"), "records")

    assert dict(counted.iter_rows()) == told


def test_the_counts_of_the_manifest_are_those_of_the_tables(
    records: pl.DataFrame, coverage: pl.DataFrame, manifest: dict[str, Any]
) -> None:
    by_template = records.group_by(pl.col("template").str.replace(r"#\d+$", "")).len()
    by_reason = coverage.group_by("lang", pl.col("reason").fill_null("exported")).len()

    assert manifest["records"] == records.height
    assert manifest["by_template"] == dict(by_template.iter_rows())
    assert manifest["by_license"] == dict(records.group_by("license").len().iter_rows())
    assert manifest["triples"] == {
        lang: dict(by_reason.filter(lang=lang).select("reason", "len").iter_rows()) for lang in ("zh", "en")
    }


def test_the_manifest_has_the_hash_of_every_input_and_output(sample_run: Path, manifest: dict[str, Any]) -> None:
    samples = Path(__file__).parents[3] / "kg" / "samples"
    hashed = {file.name: sha256(file.read_bytes()).hexdigest() for file in samples.rglob("*") if file.is_file()}

    assert manifest["outputs"] == {
        file: sha256((sample_run / file).read_bytes()).hexdigest()
        for file in ("records.parquet", "records.jsonl", "coverage.parquet", "LICENSES.md")
    }
    assert manifest["inputs"]["xywy/medical.json"] == hashed["medical.json"]
    assert manifest["inputs"]["cmekg/treatment.json"] == hashed["treatment.json"]
    assert manifest["inputs"]["names/names"] == hashed["names.tsv"]
    assert len(manifest["inputs"]) == 1 + 1 + 8 + 1


def test_the_manifest_says_nothing_of_time_and_place(manifest: dict[str, Any]) -> None:
    assert set(manifest) == {
        "command",
        "settings",
        "versions",
        "inputs",
        "outputs",
        "records",
        "by_template",
        "by_license",
        "triples",
    }
    assert manifest["settings"] == {
        "task": "qa", "packs": {"clinicalgpt": "2.0.0", "extended": "2.0.1"}, "pack": ["clinicalgpt", "extended"],
        "lang": ["zh", "en"], "count": None, "seed": 0, "max_tails": 12,
        "drop": {"clinicalgpt": ["shop-list", "uninformative"], "extended": ["shop-list", "uninformative"]},
    }  # fmt: skip


def test_each_line_of_the_jsonl_is_id_language_messages_and_licence_of_the_parquet_row(
    sample_run: Path, records: pl.DataFrame
) -> None:
    lines = (sample_run / "records.jsonl").read_bytes().splitlines()

    assert [orjson.loads(line) for line in lines] == records.select("id", "lang", "messages", "license").to_dicts()


def test_each_record_is_a_question_and_an_answer(records: pl.DataFrame) -> None:
    for messages in records["messages"]:
        user, assistant = messages

        assert (user["role"], assistant["role"]) == ("user", "assistant")
        assert user["content"]
        assert assistant["content"]


def test_the_tables_are_of_their_schemas(records: pl.DataFrame, coverage: pl.DataFrame) -> None:
    assert RECORDS.check(records, "records").columns == records.columns
    assert COVERAGE.check(coverage, "coverage").columns == coverage.columns


def test_no_record_in_english_holds_chinese_and_every_one_in_chinese_does(records: pl.DataFrame) -> None:
    texts = records.select(
        "lang",
        text=pl.col("messages").list.eval(pl.element().struct.field("content")).list.join(" ") + pl.col("answer"),
    )

    assert {lang for lang, text in texts.iter_rows() if HAN.search(text)} == {"zh"}
    assert texts.filter(lang="en").height > 1000
    assert all(HAN.search(text) for text in texts.filter(lang="zh")["text"])


def test_the_ids_of_records_are_unique(records: pl.DataFrame) -> None:
    assert records["id"].n_unique() == records.height


def test_records_share_their_group_exactly_where_shared_facts_or_pairs_join_them(
    records: pl.DataFrame, named_graph: Path
) -> None:
    graph = view(FolderStore(named_graph))
    pairs = dict(zip(graph.facts["id"], graph.pairs, strict=True))
    joined = nx.Graph()
    for id_, facts in records.select("id", "facts").iter_rows():
        joined.add_edges_from((id_, fact) for fact in facts)
    joined.add_edges_from((fact, pair) for fact, pair in pairs.items() if pair is not None)
    ids, groups = set(records["id"]), dict(records.select("id", "group").iter_rows())

    components = [part & ids for part in nx.connected_components(joined) if part & ids]

    assert all(len({groups[id_] for id_ in part}) == 1 for part in components)
    assert records["group"].n_unique() == len(components) > 100


def test_a_record_names_every_source_and_licence_of_its_facts(
    records: pl.DataFrame, named_graph: Path, facts: dict[str, Any]
) -> None:
    store = FolderStore(named_graph)
    licenses = {name: source.license for name, source in store.metadata().sources.items()} | {"names": "Apache-2.0"}
    said_by = dict(store.triples().select("id", "sources").iter_rows())
    for head, text in store.entities().select("id", "attributes").iter_rows():
        for name, values in json.loads(text).items():
            for value, origins in values.items():
                said_by[digest(SEPARATOR.join((head, name, value)))] = [origin.split("/")[0] for origin in origins]
    named_by = dict(store.entities().select("id", "name_en_from").iter_rows())

    for lang, source, license_, ids in records.select("lang", "source", "license", "facts").iter_rows():
        wanted = {name for fact in ids for name in said_by[fact]}
        if lang == "en":
            wanted |= {named_by[end] for fact in ids for end in (facts[fact][0], facts[fact][2]) if end in named_by}

        assert set(source.split(" + ")) == wanted
        assert license_.split(" AND ") == sorted({licenses[name] for name in wanted} | {"Apache-2.0"})


def test_a_record_in_chinese_owes_nothing_to_the_table_of_names(graph: Graph, pack: Callable[..., Pack]) -> None:
    result = run(graph([(GOUT, "HAS_SYMPTOM", PAIN)], ENGLISH), replace_license(pack(), "MIT"))

    assert dict(result.records.select("lang", "license").iter_rows()) == {"zh": "MIT", "en": "CC0-1.0 AND MIT"}
    assert dict(result.records.select("lang", "source").iter_rows()) == {"zh": "one", "en": "one + names"}


def test_an_english_record_owes_both_tables_that_name_its_head_and_its_tail(
    graph: Graph, pack: Callable[..., Pack]
) -> None:
    store = graph([(GOUT, "HAS_SYMPTOM", PAIN)], {GOUT: "gout"})
    (first,) = store.inputs().names
    names = first.names.with_columns(zh=pl.lit("关节痛"), en=pl.lit("joint pain"), type=pl.lit("Symptom"))
    change(
        store,
        lambda inputs: inputs.with_names(
            type(first)("hpo", NamesMetadata(license="LicenseRef-HPO", sha256="1"), names)
        ),
    )

    (row,) = run(store, pack()).records.filter(lang="en").iter_rows(named=True)

    assert (row["source"], row["license"]) == ("one + hpo + names", "CC0-1.0 AND LicenseRef-HPO AND MIT")


def test_a_record_tells_its_lineage(graph: Graph, pack: Callable[..., Pack]) -> None:
    store = graph([(GOUT, "HAS_SYMPTOM", PAIN)], ENGLISH)
    result = run(store, pack())

    row = result.records.row(by_predicate=pl.col("lang") == "en", named=True)

    assert row["messages"] == [
        {"role": "user", "content": "What are the signs of gout?"},
        {"role": "assistant", "content": "These: joint pain."},
    ]
    assert row["facts"] == store.triples()["id"].to_list()
    assert (row["task"], row["answer"], row["split"]) == ("qa", "joint pain", None)
    assert row["template"] == "mine@2.1/symptom.en#1"
    assert json.loads(row["meta"]) == {"head": GOUT}


def test_of_two_heads_of_one_english_name_the_better_known_is_asked_about(
    graph: Graph, pack: Callable[..., Pack]
) -> None:
    said = [
        ("Disease:感冒", "HAS_SYMPTOM", PAIN),
        ("Disease:伤风", "HAS_SYMPTOM", PAIN),
        ("Disease:伤风", "icd10", "J00"),
    ]
    store = graph(said, {"Disease:感冒": "common cold", "Disease:伤风": "common cold", PAIN: "joint pain"})

    result = run(store, pack())

    english = result.records.filter(lang="en")
    assert [json.loads(meta)["head"] for meta in english["meta"]] == ["Disease:伤风"]
    assert result.counts.triples["en"] == {"exported": 1, "no-template": 1, "same-question": 1}


def test_a_variant_is_drawn_for_each_head_and_each_is_drawn(graph: Graph, pack: Callable[..., Pack]) -> None:
    text = "{% block user_N %}N{{ head }}？{% endblock %}{% block assistant_N %}N{{ tails | listed }}。{% endblock %}"
    store = graph([(f"Disease:病{n}", "HAS_SYMPTOM", PAIN) for n in range(60)])

    drawn = run(store, pack(zh="".join(text.replace("N", str(n)) for n in (1, 2, 3)))).records

    assert set(drawn["template"]) == {f"mine@2.1/symptom.zh#{n}" for n in (1, 2, 3)}
    for template, messages in drawn.select("template", "messages").iter_rows():
        assert messages[0]["content"][0] == messages[1]["content"][0] == template[-1]


def test_records_are_shuffled_over_their_templates(records: pl.DataFrame) -> None:
    first = records.head(100)["template"].str.replace(r"#\d+$", "")

    assert first.n_unique() > 20


def test_a_graph_of_no_triples_makes_no_records(graph: Graph, pack: Callable[..., Pack]) -> None:
    result = run(graph([]), pack())

    assert result.records.height == result.coverage.height == 0
    assert result.counts.to_dict() == {"records": 0, "by_template": {}, "by_license": {}, "triples": {}}


def test_the_licence_of_a_pack_is_that_of_its_records_too(graph: Graph, pack: Callable[..., Pack]) -> None:
    mine = replace_license(pack(), "LicenseRef-my-secret")

    result = run(graph([(GOUT, "HAS_SYMPTOM", PAIN)]), mine)

    assert result.records["license"].to_list() == ["LicenseRef-my-secret AND MIT"]
    assert result.counts.by_license == {"LicenseRef-my-secret AND MIT": 1}


def test_licences_stand_beside_the_records(sample_run: Path, records: pl.DataFrame) -> None:
    text = (sample_run / "LICENSES.md").read_text(encoding="utf-8")

    assert "`LicenseRef-xywy-noncommercial`: may NOT be passed on. " in text
    for license_, number in records.group_by("license").len().iter_rows():
        assert f"| {license_} | {number:,} |" in text
    for source in ("xywy", "health39", "cmekg", "names"):
        gave = records.filter(pl.col("source").str.split(" + ").list.contains(source)).height
        (row,) = (line for line in text.splitlines() if f"| {source} |" in line)
        assert f"| {gave:,} |" in row
    for pack_, version in (("clinicalgpt", "2.0.0"), ("extended", "2.0.1")):
        gave = records.filter(pl.col("template").str.starts_with(f"{pack_}@")).height
        assert f"| templates | {pack_} | {version} | Apache-2.0 | {gave:,} |" in text


def block(user: str, assistant: str) -> str:
    return f"{{% block user_1 %}}{user}{{% endblock %}}{{% block assistant_1 %}}{assistant}{{% endblock %}}"


@pytest.mark.parametrize(
    ("zh", "said"),
    [
        (
            block("有什么症状？", "症状有{{ tails | listed }}。"),
            "symptom.zh.j2: user_1: does not say head; see kgtools packs",
        ),
        (block("{{ head }}有什么症状？", "请就医。"), "symptom.zh.j2: assistant_1: does not say tails"),
        (
            block("{{ head }}？", "{% if head is quantity %}{{ tails | listed }}。{% endif %}"),
            "symptom.zh.j2: assistant_1: renders to nothing for '痛风'",
        ),
    ],
)
def test_a_template_that_asks_of_nothing_or_answers_nothing_makes_no_record(
    zh: str, said: str, graph: Graph, pack: Callable[..., Pack]
) -> None:
    store = graph([(GOUT, "HAS_SYMPTOM", PAIN)], ENGLISH)

    with pytest.raises(InputError, match=re.escape(said)):
        run(store, pack(zh=zh))


def test_several_processes_render_what_one_does(graph: Graph, pack: Callable[..., Pack]) -> None:
    store, mine = graph([(GOUT, "HAS_SYMPTOM", PAIN)], ENGLISH), pack()

    assert run(store, mine, workers=2).records.equals(run(store, mine).records)


def test_a_template_that_fails_in_another_process_says_where(
    command: Run, named_graph: Path, pack_folder: Folder, tmp_path: Path
) -> None:
    folder = pack_folder(
        zh="{% block user_1 %}{{ head }}{{ haed }}？{% endblock %}{% block assistant_1 %}{{ tails | listed }}。{% endblock %}"
    )

    done = command("generate", "--graph", named_graph, "--pack", folder, "--workers", 2, "--out", tmp_path / "out")

    assert done.returncode == 2
    assert "symptom.zh.j2: variant 1 cannot be rendered: 'haed' is undefined" in done.stderr


def test_what_a_run_prints_for_programs_are_its_counts(
    command: Run, named_graph: Path, manifest: dict[str, Any], tmp_path: Path
) -> None:
    done = command("generate", "--graph", named_graph, "--out", tmp_path / "out", "--format", "json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        key: manifest[key] for key in ("records", "by_template", "by_license", "triples")
    }


def test_examples_of_both_languages_are_shown_with_the_command_that_traces_them(
    command: Run, named_graph: Path, tmp_path: Path
) -> None:
    done = command("generate", "--graph", named_graph, "--out", tmp_path / "out", "--count", 50, "--show", 2)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n[zh] ") == done.stdout.count("\n[en] ") == 2
    assert len(re.findall(r"kgtools trace [0-9a-f]{20}\n", done.stdout)) == 4


def test_a_pack_that_is_named_twice_is_refused(command: Run, named_graph: Path, tmp_path: Path) -> None:
    done = command("generate", "--graph", named_graph, "--pack", "clinicalgpt,clinicalgpt", "--out", tmp_path / "out")

    assert done.returncode == 2
    assert "a pack is named twice" in done.stderr
    assert not (tmp_path / "out").exists()
