"""Paths: what is shown is of one thing alone, each step is a triple, no step can be skipped, and answers are all that is known."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from kgtools.corpora.verify.item import item_of
from kgtools.kg.stores import Store
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.generate.make import generate
from kgtools.templates.lint import lint
from kgtools.templates.pack import Pack, find_pack, load_pack
from kgtools.templates.tasks.ask import ItemOptions
from kgtools.tools.errors import UsageError

Graph = Callable[..., Store]
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def store(named_graph: Path) -> FolderStore:
    return FolderStore(named_graph)


@pytest.fixture(scope="module")
def rows(store: FolderStore) -> Rows:
    packs = [find_pack("clinicalgpt"), find_pack("extended")]
    return read(generate(store, packs, ("zh", "en"), None, 0, 12, task="path").records)


def read(records: Any) -> Rows:
    return [
        row | {"item": item_of(row["meta"], ""), "meta": orjson.loads(row["meta"])}
        for row in records.iter_rows(named=True)
    ]


def linked_names(store: FolderStore) -> tuple[set[tuple[str, str, str]], dict[str, set[str]]]:
    """Every triple by names, and by name the ids of what any triple links with it."""
    names = dict(store.entities().select("id", "name").iter_rows())
    english = {id_: en for id_, en in store.entities().select("id", "name_en").iter_rows() if en}
    triples, links = set(), dict[str, set[str]]()
    for head, relation, tail in store.triples().select("head", "relation", "tail").iter_rows():
        for of in (names, english):
            if head in of and tail in of:
                triples.add((of[head], relation, of[tail]))
        for one, other in ((head, tail), (tail, head)):
            for of in (names, english):
                if one in of:
                    links.setdefault(of[one], set()).add(other)
    return triples, links


def test_every_step_is_a_triple_and_they_hang_together(rows: Rows, store: FolderStore) -> None:
    triples, _ = linked_names(store)

    assert len(rows) > 500
    for row in rows:
        steps = [step for step in row["item"].steps if step.relation.isupper()]
        assert not [step for step in steps if (step.head[0], step.relation, step.tail[0]) not in triples]
        seen = {*steps[0].head, *steps[0].tail}
        for step in steps[1:]:
            assert seen & {*step.head, *step.tail}
            seen |= {*step.head, *step.tail}


def test_what_is_shown_is_of_one_head_alone(rows: Rows, store: FolderStore) -> None:
    _, links = linked_names(store)
    hops = [row["meta"]["hops"] for row in rows]

    for row, count in zip(rows, hops, strict=True):
        nodes, shown = row["item"].about[-(count - 1) :], row["item"].about[: -(count - 1)]
        alone = set.intersection(*(links[names[0]] for names in shown))
        assert len({id_ for id_ in alone if id_.startswith("Disease:")}) <= 1 or count == 2
        assert not any(name.casefold() in each[0].casefold() for name in nodes[0] for each in shown)
        assert all(names[0].casefold() in row["messages"][0]["content"].casefold() for names in shown)
        assert len({names[0] for names in (*nodes, *shown)}) == len(nodes) + len(shown)


def test_no_answer_is_linked_with_what_is_shown(rows: Rows, store: FolderStore) -> None:
    entities = dict(store.entities().select("id", "name").iter_rows())
    links: dict[str, set[str]] = {}
    for head, tail in store.triples().select("head", "tail").iter_rows():
        links.setdefault(entities[head], set()).add(entities[tail])
        links.setdefault(entities[tail], set()).add(entities[head])
    lists = [
        row
        for row in rows
        if row["lang"] == "zh" and row["meta"]["form"] == "list" and row["item"].steps[-1].relation.isupper()
    ]

    assert lists
    for row in lists:
        shown = {names[0] for names in row["item"].about[: -(row["meta"]["hops"] - 1)]}
        for names in row["item"].answers:
            assert names[0] not in shown
            assert not links[names[0]] & shown


def test_each_form_is_graded_by_its_item(rows: Rows) -> None:
    forms = {row["meta"]["form"]: row["item"].form for row in rows}

    assert forms == {"list": "set", "mcq": "choice", "truefalse": "boolean"}
    for row in rows:
        question, item = row["messages"][0]["content"], row["item"]
        if item.form == "choice":
            assert all(f"{letter}. {text}" in question for letter, text in item.options.items())
        if item.form == "boolean" and item.right == "false":
            wrong = row["meta"]["distractors"][0]["text"].rstrip("。")
            assert wrong.casefold() in question.casefold()
        if item.form == "set":
            assert ("、" if row["lang"] == "zh" else ", ").join(names[0] for names in item.answers) == row["answer"]


SAYS = {
    "symptom": ("Disease", "Symptom", "HAS_SYMPTOM", "{{ head }}的症状"),
    "complication": ("Disease", "Disease", "HAS_COMPLICATION", "{{ head }}的并发症"),
    "drug": ("Disease", "Drug", "HAS_DRUG", "{{ head }}的用药"),
}


@pytest.fixture
def pack(tmp_path: Path) -> Callable[..., Path]:
    """A pack of three templates in Chinese, with these paths."""

    def make(**paths: list[str]) -> Path:
        folder = tmp_path / f"pack{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        templates = {
            name: {"head": head, "tail": tail, "relations": [relation], "missing": {"en": "a test"}}
            for name, (head, tail, relation, _) in SAYS.items()
        }
        about = {
            "name": "mine",
            "version": "1",
            "license": "CC0-1.0",
            "title": "t",
            "templates": templates,
            "paths": paths,
        }
        (folder / "pack.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), encoding="utf-8")
        for name, (_, _, _, words) in SAYS.items():
            text = f"{{% block user_1 %}}{words}有哪些？{{% endblock %}}{{% block assistant_1 %}}{words}有{{{{ tails | listed }}}}。{{% endblock %}}"
            (folder / f"{name}.zh.j2").write_text(text, encoding="utf-8")
        return folder

    return make


FEVER = [
    ("Disease:流感", "HAS_SYMPTOM", "Symptom:发热"),
    ("Disease:流感", "HAS_SYMPTOM", "Symptom:咽痛"),
    ("Disease:肺炎", "HAS_SYMPTOM", "Symptom:发热"),
]
LUNG = [("Disease:流感", "HAS_COMPLICATION", "Disease:心肌炎"), ("Disease:心肌炎", "HAS_DRUG", "Drug:辅酶")]


def ask(store: Store, pack: Pack, hops: str = "2-5") -> Rows:
    rows = []
    for seed in range(6):  # so that each form comes up
        rows += read(
            generate(store, [pack], ("zh",), None, seed, 12, task="path", items=ItemOptions(hops=hops)).records
        )
    return rows


def test_a_way_leads_over_what_is_not_named(graph: Graph, pack: Callable[..., Path]) -> None:
    rows = ask(graph([*FEVER, *LUNG]), load_pack(pack(chain=["symptom", "complication", "drug"])))

    (asked,) = {
        row["messages"][0]["content"].replace("推理题：", "").replace("请据此回答：", "")
        for row in rows
        if row["meta"]["form"] == "list"
    }
    assert asked == "疾病甲的症状有咽痛、发热。疾病甲的并发症有疾病乙。疾病乙的用药有哪些？"
    assert {row["answer"] for row in rows if row["meta"]["form"] == "list"} == {"辅酶"}
    assert all(len(row["facts"]) == 4 for row in rows if row["meta"]["form"] == "list")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("Disease:肺炎", "HAS_SYMPTOM", "Symptom:咽痛"), "another disease has what is shown"),
        (("Disease:流感", "HAS_COMPLICATION", "Disease:肺炎"), "two complications"),
        (("Disease:流感", "HAS_DRUG", "Drug:辅酶"), "a shortcut from the first disease"),
        (("Symptom:咽痛", "HAS_DRUG", "Drug:辅酶"), "a shortcut from what is shown"),
    ],
)
def test_no_question_is_asked_where_the_way_is_not_the_only_one(
    graph: Graph, pack: Callable[..., Path], more: tuple[str, str, str], why: str
) -> None:
    rows = ask(graph([*FEVER, *LUNG, more]), load_pack(pack(chain=["symptom", "complication", "drug"])))

    assert not [row for row in rows if row["meta"]["head"] == "Disease:心肌炎"], why


def test_a_way_that_comes_back_is_none(graph: Graph, pack: Callable[..., Path]) -> None:
    said = [
        *FEVER,
        ("Disease:流感", "HAS_COMPLICATION", "Disease:心肌炎"),
        ("Disease:心肌炎", "HAS_COMPLICATION", "Disease:流感"),
    ]

    assert not ask(graph(said), load_pack(pack(chain=["symptom", "complication", "complication"])))


def test_only_so_many_hops_are_made_as_are_asked_for(graph: Graph, pack: Callable[..., Path]) -> None:
    folder = load_pack(pack(two=["symptom", "complication"], three=["symptom", "complication", "drug"]))
    store = graph([*FEVER, *LUNG])

    assert {row["meta"]["hops"] for row in ask(store, folder)} == {2, 3}
    assert {row["meta"]["path"] for row in ask(store, folder, "3")} == {"mine/three"}
    with pytest.raises(UsageError, match="there is no such path; there are mine/three, mine/two"):
        ask(store, folder, "4-5")
    for wrong in ("1", "2-9", "3-2", "x"):
        with pytest.raises(UsageError, match="from 2 to 5"):
            ask(store, folder, wrong)


def test_a_path_over_a_pack_that_is_not_there_says_which_to_name(graph: Graph, pack: Callable[..., Path]) -> None:
    folder = load_pack(pack(chain=["symptom", "extended/drug"]))

    with pytest.raises(UsageError, match="goes over templates of extended; name all: --pack mine,extended"):
        ask(graph(FEVER), folder)


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        (["symptom"], "goes over 1 template; 2 to 5 make a path"),
        (["symptom"] * 6, "goes over 6 templates"),
        (["symptom", "drugs"], "mine has no template 'drugs'; did you mean drug"),
        (["symptom", "nowhere/drug"], "there is no pack 'nowhere'"),
        (["symptom", "drug", "symptom"], "symptom asks about a Disease, but the path has come to a Drug"),
        (["symptom", "extended/drug_diseases"], "drug_diseases asks about a Drug, but the path has come to a Disease"),
        (["extended/cure_rate", "symptom"], "cure_rate asks about an attribute, from which no path leads on"),
    ],
)
def test_lint_finds_a_path_that_does_not_lead_on(pack: Callable[..., Path], steps: list[str], fault: str) -> None:
    faults = [str(each) for each in lint(pack(chain=steps)) if "path chain" in each.what]

    assert any(fault in each for each in faults), faults


def test_a_path_that_leads_on_is_no_fault(pack: Callable[..., Path]) -> None:
    folder = pack(one=["symptom", "complication", "drug"], two=["complication", "extended/department"])

    assert not [each for each in lint(folder) if "path" in each.what]


def test_a_question_over_two_packs_is_under_the_licences_of_both(graph: Graph, pack: Callable[..., Path]) -> None:
    folder = load_pack(pack(chain=["clinicalgpt/symptom", "complication"]))
    packs = [find_pack("clinicalgpt"), folder]

    records = generate(graph([*FEVER, *LUNG]), packs, ("zh",), None, 0, 12, task="path").records
    mine = records.filter(records["template"].str.starts_with("mine@"))

    assert set(mine["license"]) == {"Apache-2.0 AND CC0-1.0 AND MIT"}
