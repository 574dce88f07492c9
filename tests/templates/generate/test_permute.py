"""The control set: the same questions, the answers those of other heads, marked so that nothing learns them by mistake."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import orjson
import polars as pl
import pytest

from kgtools.kg.stores import Store
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.facts import GraphView, view
from kgtools.templates.generate.permute import permute_answers
from kgtools.templates.pack import find_pack
from kgtools.templates.select import select

NAMES = ("HAS_DRUG", "INDICATED_FOR", "HAS_COMPLICATION", "RELATED_DISEASE")
Run = Callable[..., CompletedProcess[str]]
ALLOWED = ["LicenseRef-xywy-noncommercial", "LicenseRef-39health-unstated", "LicenseRef-cmekg-unstated"]


@pytest.fixture(scope="module")
def before(named_graph: Path) -> GraphView:
    return view(FolderStore(named_graph))


@pytest.fixture(scope="module")
def permuted(before: GraphView) -> tuple[GraphView, dict[str, int]]:
    return permute_answers(before, 0)


def test_each_head_keeps_how_many_it_has_and_each_tail_how_often_it_is_one(
    before: GraphView, permuted: tuple[GraphView, dict[str, int]]
) -> None:
    after = permuted[0]
    for column in ("head", "tail", "value"):
        one, two = (
            Counter(graph.facts.filter(pl.col("reason").is_null()).select("relation", column).iter_rows())
            for graph in (before, after)
        )
        assert one == two


def test_tails_keep_their_type_and_facts_their_id(
    before: GraphView, permuted: tuple[GraphView, dict[str, int]]
) -> None:
    types = before.entities["type"]
    one, two = (types.gather(graph.facts["tail"]) for graph in (before, permuted[0]))

    assert one.equals(two)
    assert before.facts["id"].equals(permuted[0].facts["id"])


def test_the_questions_and_how_many_answers_each_has_stay(
    before: GraphView, permuted: tuple[GraphView, dict[str, int]]
) -> None:
    templates = [each for name in ("clinicalgpt", "extended") for each in find_pack(name).templates]
    one, two = (
        {
            (template.id, head): (name, len(tails), partial)
            for template in templates
            for head, name, tails, partial in select(graph, template, 0, 12)
            .groups.select("head", "name", "tails", "partial")
            .iter_rows()
        }
        for graph in (before, permuted[0])
    )

    assert len(one) > 4000
    assert one == two
    assert permuted[1]["twice"] == 0


def test_what_two_relations_say_of_two_entities_they_say_together_again(graph: Callable[..., Store]) -> None:
    drugs = [(f"Disease:病{n}", "HAS_DRUG", f"Drug:药{n}") for n in range(30)]
    both = [(f"Drug:药{n}", "INDICATED_FOR", f"Disease:病{n}") for n in range(12)]
    mirrored = [(f"Disease:病{n}", "HAS_COMPLICATION", f"Disease:病{n + 1}") for n in range(0, 20, 2)]
    mirrored += [(f"Disease:病{n + 1}", "RELATED_DISEASE", f"Disease:病{n}") for n in range(0, 20, 2)]
    before = view(graph([*drugs, *both, *mirrored]))

    after, counts = permute_answers(before, 1)

    assert counts == {"facts": 62, "still_true": 0, "twice": 0}
    assert after.facts["head"].equals(before.facts["head"])
    pairs = {
        name: set(after.facts.filter(pl.col("relation") == name).select("head", "tail").iter_rows()) for name in NAMES
    }
    assert {(tail, head) for head, tail in pairs["INDICATED_FOR"]} <= pairs["HAS_DRUG"]
    assert {(tail, head) for head, tail in pairs["RELATED_DISEASE"]} == pairs["HAS_COMPLICATION"]


def test_what_an_answer_says_once_it_says_once_again(graph: Callable[..., Store]) -> None:
    said = [
        (f"Disease:病{n}", "NEEDS_EXAMINATION", f"Examination:查{n}{end}") for n in range(9) for end in ("", "检查")
    ]
    said += [(f"Disease:病{n}", "NEEDS_EXAMINATION", f"Examination:图{n}") for n in range(9)]
    before = view(graph(said))

    after, counts = permute_answers(before, 0)

    assert counts == {"facts": 27, "still_true": 0, "twice": 0}
    for _, tails in after.facts.select("head", "tail").group_by("head").agg("tail").iter_rows():
        assert len({after.entities["name"][tail].removesuffix("检查") for tail in tails}) == 2


def test_nearly_no_answer_is_true_and_those_that_are_are_counted(
    before: GraphView, permuted: tuple[GraphView, dict[str, int]]
) -> None:
    after, counts = permuted
    asked = pl.col("reason").is_null() & pl.col("tail").is_not_null()
    ends = before.facts.select("head", "tail").drop_nulls()
    linked = set(ends.iter_rows()) | set(ends.select("tail", "head").iter_rows())
    pairs = list(after.facts.filter(asked).select("head", "tail").iter_rows())

    wrong = sum(pair in linked for pair in pairs)
    assert wrong <= counts["still_true"] < 0.09 * counts["facts"]
    assert len(pairs) > 1000


def test_hardly_a_head_has_one_tail_twice(before: GraphView, permuted: tuple[GraphView, dict[str, int]]) -> None:
    def twice(graph: GraphView) -> int:
        return int(graph.facts.drop_nulls("tail").select("relation", "head", "tail").is_duplicated().sum())

    assert twice(before) == 0
    assert twice(permuted[0]) < 0.01 * permuted[1]["facts"]


def test_a_seed_permutes_alike_and_another_otherwise(
    before: GraphView, permuted: tuple[GraphView, dict[str, int]]
) -> None:
    assert permute_answers(before, 0)[0].facts.equals(permuted[0].facts)
    assert not permute_answers(before, 1)[0].facts.equals(permuted[0].facts)


def test_every_record_says_that_it_is_permuted_and_leaves_only_where_that_is_named(
    command: Run, named_graph: Path, sample_run: Path, tmp_path: Path
) -> None:
    done = command("generate", "--graph", named_graph, "--permute", "--out", tmp_path / "control")
    assert done.returncode == 0, done.stderr
    control, true = (pl.read_parquet(folder / "records.parquet") for folder in (tmp_path / "control", sample_run))

    heads = {orjson.loads(meta)["head"] for meta in true["meta"]} & {
        orjson.loads(meta)["head"] for meta in control["meta"]
    }
    assert len(heads) > 500
    assert all(orjson.loads(meta)["permuted"] is True for meta in control["meta"])
    assert not true["meta"].str.contains("permuted").any()
    allow = [word for each in ALLOWED for word in ("--allow-license", each)]
    convert = ["convert", tmp_path / "control", "--format", "alpaca", "--out", tmp_path / "alpaca", *allow]
    refused = command(*convert)
    assert refused.returncode == 1
    assert "LicenseRef-kgtools-permuted" in refused.stderr
    assert "wrong on purpose" in refused.stderr
    assert command(*convert, "--allow-license", "LicenseRef-kgtools-permuted").returncode == 0
    traced = command("trace", control["id"][0], "--records", tmp_path / "control", "--graph", named_graph)
    assert "permuted: the answers are wrong on purpose" in traced.stdout + traced.stderr


def test_a_control_set_that_could_not_be_exported_is_not_made(command: Run, named_graph: Path, tmp_path: Path) -> None:
    refused = command(
        "generate", "--graph", named_graph, "--permute", "--export", "alpaca", "--out", tmp_path / "control"
    )

    assert refused.returncode == 2
    assert "--allow-license LicenseRef-kgtools-permuted" in refused.stderr
    assert not (tmp_path / "control").exists()
