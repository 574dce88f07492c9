import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgtools.kg.audit import OURS, SEVERITIES, audits, fails, read_audit, run
from kgtools.kg.build.normalize import SEPARATOR
from kgtools.kg.graph import change
from kgtools.kg.ontology import ontology
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.tools.errors import CypherError, InputError, UsageError
from kgtools.tools.inputs.files import digest
from tests.kg.build.test_people import SYMPTOMS

FILES = sorted(OURS.rglob("*.cypher"))
NAMES = [file.stem for file in FILES]
Graph = Callable[..., FolderStore]
Rows = list[tuple[str, ...]]

FULL = [  # a disease with everything that a disease should have
    ("Disease", "感冒", "HAS_SYMPTOM", "头痛"),
    ("Disease", "感冒", "NEEDS_EXAMINATION", "血常规"),
    ("Disease", "感冒", "HAS_TREATMENT", "休息"),
    ("Disease", "感冒", "HAS_DRUG", "甲药"),
]
COLD, HEADACHE = "Disease:感冒", "Symptom:头痛"


def without(relation: str) -> Rows:
    return [row for row in FULL if row[2] != relation]


def many(count: int, others: int) -> Rows:
    """`count` diseases that share a treatment, and `others` with one of their own."""
    shared: Rows = [("Disease", f"d{number}", "HAS_TREATMENT", "药物治疗") for number in range(count)]
    return shared + [("Disease", f"e{number}", "HAS_TREATMENT", f"t{number}") for number in range(others)]


def value(head: str, attribute: str, text: str) -> str:
    """A value, as an audit of doubts names it."""
    return f"{attribute} {digest(SEPARATOR.join((head, attribute, text)))}"


CUT = "虚构病常见于寒冷干燥地区的冬季，发病突然，进展较为迅速，多累及患者的"
OTHER = "腹股沟疝是指腹腔内脏器突出。腹股沟疝多见于男性。"
RAW = {"digits_only_names", "residue_names", "suspicious_names"}
"""Audits of what cleaning refuses: it is there where cleaning was off."""

# for each audit: a graph, the rows that it must find there, and a graph on which it must find none
PLANTED: dict[str, tuple[Rows, list[list[Any]], Rows]] = {
    "alias_is_an_entity": (
        [*FULL, ("Disease", "伤风", "HAS_SYMPTOM", "头痛"), ("Disease", "感冒", "alias", "伤风")],
        [[COLD, "Disease:伤风"]],
        [*FULL, ("Disease", "感冒", "alias", "伤风"), ("Disease", "感冒", "alias", "头痛")],
    ),
    "contradictions": (
        [
            ("Disease", "痛风", "SHOULD_EAT", "豆腐"),
            ("Disease", "痛风", "SHOULD_AVOID", "豆腐"),
            ("Drug", "甲药", "INDICATED_FOR", "感冒"),
            ("Drug", "甲药", "CONTRAINDICATED_FOR", "感冒"),
        ],
        [["Disease:痛风", "Food:豆腐"], ["Drug:甲药", COLD]],  # head and tail: which relation comes first is by id
        [("Disease", "痛风", "SHOULD_EAT", "豆腐"), ("Disease", "感冒", "SHOULD_AVOID", "豆腐")],
    ),
    "counts_by_relation": (
        [*FULL, ("Disease", "感冒", "HAS_SYMPTOM", "发热"), ("Disease", "流感", "HAS_SYMPTOM", "发热")],
        [["HAS_SYMPTOM", 3, 2, 2], ["HAS_DRUG", 1, 1, 1], ["HAS_TREATMENT", 1, 1, 1], ["NEEDS_EXAMINATION", 1, 1, 1]],
        [],
    ),
    "counts_by_type": (
        [("Disease", "感冒", "HAS_SYMPTOM", "头痛"), ("Disease", "流感", "HAS_SYMPTOM", "头痛")],
        [["Disease", 2, 0], ["Symptom", 1, 0]],
        [],
    ),
    "coverage_matrix": (
        [("Disease", "感冒", "HAS_SYMPTOM", "头痛"), ("Disease", "感冒", "HAS_SYMPTOM", "发热")],
        [["Disease", "HAS_SYMPTOM", "tiny", 1, 2]],
        [],
    ),
    "degree_outliers": (many(100, 0), [["HAS_TREATMENT", "Treatment:药物治疗", 100, 100]], many(99, 0)),
    "digits_only_names": (
        [("Disease", "感冒", "HAS_DRUG", "21"), ("Disease", "感冒", "HAS_DRUG", "8-11"), ("Disease", "感冒", "HAS_DRUG", "Ⅲ")],
        [["Drug:21", ["tiny"]], ["Drug:8-11", ["tiny"]], ["Drug:Ⅲ", ["tiny"]]],
        [("Disease", "2型", "HAS_DRUG", "C14"), ("Disease", "A", "HAS_DRUG", "三七")],
    ),
    "disease_without_drug": (without("HAS_DRUG"), [[COLD, ["tiny"]]], [*without("HAS_DRUG"), ("Disease", "感冒", "RECOMMENDED_DRUG", "甲药")]),
    "disease_without_examination": (without("NEEDS_EXAMINATION"), [[COLD, ["tiny"]]], FULL),
    "disease_without_symptom": (without("HAS_SYMPTOM"), [[COLD, ["tiny"]]], FULL),
    "disease_without_treatment": (without("HAS_TREATMENT"), [[COLD, ["tiny"]]], FULL),
    "domain_range_violations": (
        [*FULL, ("Food", "姜", "HAS_SYMPTOM", "头痛"), ("Disease", "感冒", "HAS_DRUG", "姜", "Food")],
        [[COLD, "HAS_DRUG", "Food:姜", ["tiny"]], ["Food:姜", "HAS_SYMPTOM", HEADACHE, ["tiny"]]],
        FULL,
    ),
    "doubtful_types": (
        [
            ("Disease", "感冒", "BELONGS_TO_DEPARTMENT", "腹部损伤"),
            ("Disease", "流感", "BELONGS_TO_DEPARTMENT", "腹部损伤"),
            ("Disease", "腹部损伤", "HAS_SYMPTOM", "头痛"),
        ],
        [["Department:腹部损伤", "Disease", 2, ["tiny"], ["tiny"]]],
        [*FULL, ("Disease", "感冒", "BELONGS_TO_DEPARTMENT", "内科"), ("Disease", "感冒", "HAS_SYMPTOM", "内科")],
    ),
    "entities_in_several_sources": (FULL, [], FULL),  # one source alone; two are in the test below
    "isolated_entities": ([*FULL, ("Disease", "孤立", "cause", "不明")], [["Disease:孤立", ["tiny"]]], FULL),
    "long_names": (
        [("Disease", "长" * 41, "HAS_SYMPTOM", "头痛")],
        [["Disease:" + "长" * 41, 41, ["tiny"]]],
        [("Disease", "长" * 40, "HAS_DRUG", "长" * 41)],
    ),
    "missing_english": (FULL[:1], [["Disease", 1, 0, 1], ["Symptom", 1, 0, 1]], []),
    "names_in_several_types": (
        [*FULL, ("Disease", "头痛", "HAS_SYMPTOM", "头痛"), ("Drug", "头痛", "INDICATED_FOR", "感冒")],
        [["头痛", 3, "Disease", "Symptom"]],
        FULL,
    ),
    "one_way_complications": (
        [
            ("Disease", "流感", "HAS_COMPLICATION", "肺炎"),
            ("Disease", "流感", "HAS_COMPLICATION", "感冒"),
            ("Disease", "感冒", "HAS_COMPLICATION", "流感"),
        ],
        [["Disease:流感", "Disease:肺炎", ["tiny"]]],
        [("Disease", "感冒", "HAS_COMPLICATION", "感冒")],
    ),
    "other_subjects": (
        [*FULL, ("Disease", "腹股沟疝", "description", OTHER), ("Disease", "食管裂孔", "description", OTHER)],
        [["Disease:食管裂孔", value("Disease:食管裂孔", "description", OTHER), ["tiny"]]],
        [("Disease", "腹股沟疝", "description", OTHER), ("Disease", "食管裂孔", "cause", OTHER), ("Disease", "感冒", "description", "本病无症状。")],
    ),
    "person_names": (
        [("Disease", "感冒", "HAS_SYMPTOM", name) for name in (*SYMPTOMS, "岳晗", "官爵银")] + [("Disease", "流感", "HAS_SYMPTOM", "岳晗")],
        [["Symptom:岳晗", 2, ["tiny"]], ["Symptom:官爵银", 1, ["tiny"]]],
        [("Disease", "感冒", "HAS_SYMPTOM", name) for name in (*SYMPTOMS, "黄疸", "新生儿黄疸")],
    ),
    "residue_names": (
        [("Disease", "感冒", "HAS_SYMPTOM", "驻站医"), ("Disease", "流感", "HAS_SYMPTOM", "驻站医"), ("Disease", "无标题文档", "cause", "x")],
        [["Symptom:驻站医", 2], ["Disease:无标题文档", 0]],
        [*FULL, ("Disease", "感冒", "cause", "驻站医")],
    ),
    "same_name_at_both_ends": (
        [("Disease", "便秘", "HAS_SYMPTOM", "便秘")],
        [["Disease:便秘", "HAS_SYMPTOM", "Symptom:便秘", ["tiny"]]],
        [*FULL, ("Disease", "感冒", "HAS_COMPLICATION", "感冒")],
    ),
    "self_loops": (
        [*FULL, ("Disease", "感冒", "HAS_COMPLICATION", "感冒")],
        [[COLD, "HAS_COMPLICATION", ["tiny"]]],
        [("Disease", "便秘", "HAS_SYMPTOM", "便秘")],
    ),
    "suspicious_names": (
        [
            ("Disease", "感冒", "HAS_DRUG", "如何选药？"),
            ("Disease", "流感", "HAS_DRUG", "如何选药？"),
            ("Disease", "感冒", "HAS_DRUG", ">>"),
            ("Disease", "感冒", "HAS_SYMPTOM", "可以不治"),
            ("Disease", "感冒", "HAS_SYMPTOM", "热"),
        ],
        [
            ["Drug", "Drug:如何选药？", "a question or exclamation mark", 2, ["tiny"]],
            ["Drug", "Drug:>>", "words of a page or of a question", 1, ["tiny"]],
            ["Symptom", "Symptom:可以不治", "words of a sentence", 1, ["tiny"]],
            ["Symptom", "Symptom:热", "one character", 1, ["tiny"]],
        ],
        [*FULL, ("Disease", "2型糖尿病", "HAS_DRUG", "10%葡萄糖（注射用）"), ("Disease", "癌", "HAS_SYMPTOM", "体温升高至38℃")],
    ),
    "truncated_names": (
        [("Disease", "获得性免疫缺...", "HAS_SYMPTOM", "活动后…")],
        [["Disease:获得性免疫缺...", ["tiny"]], ["Symptom:活动后…", ["tiny"]]],
        [("Disease", "...感冒", "HAS_SYMPTOM", "头痛.")],
    ),
    "truncated_values": (
        [*FULL, ("Disease", "感冒", "cause", CUT), ("Disease", "感冒", "prevention", CUT + "咽喉。")],
        [[COLD, value(COLD, "cause", CUT), ["tiny"]]],
        [("Disease", "感冒", "cause", CUT + "咽喉。"), ("Disease", "感冒", "onset_age", "老年人多见的")],
    ),
    "unbalanced_brackets": (
        [("Disease", "甲(乙", "HAS_SYMPTOM", "丙）"), ("Disease", "甲(乙", "HAS_SYMPTOM", "（(丁)")],
        [["Disease:甲(乙", ["tiny"]], ["Symptom:丙）", ["tiny"]], ["Symptom:（(丁)", ["tiny"]]],
        [("Disease", "甲(乙)", "HAS_SYMPTOM", "丙（丁)"), ("Disease", "感冒", "HAS_SYMPTOM", "（甲(乙)）")],
    ),
}  # fmt: skip


def found(store: FolderStore, name: str) -> list[list[Any]]:
    (audit,) = audits(only=[name])
    return run(store, audit).rows


def test_there_are_audits_and_every_one_has_its_planted_rows() -> None:
    assert FILES
    assert set(PLANTED) == set(NAMES)


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_an_audit_says_what_it_asks_in_both_languages_how_bad_it_is_and_why(file: Path) -> None:
    audit = read_audit(file)

    assert re.fullmatch(r"[a-z_]+", audit.name)
    assert re.search("[一-鿿]", audit.title_zh)
    assert not re.search("[一-鿿]", audit.title)
    assert audit.severity in SEVERITIES
    assert audit.why.endswith((".", "FILE"))
    assert "ORDER BY" in audit.cypher


@pytest.mark.parametrize("name", NAMES)
def test_an_audit_runs_on_the_samples(sample_graph: FolderStore, name: str) -> None:
    (audit,) = audits(only=[name])

    finding = run(sample_graph, audit)

    assert finding.columns
    assert all(len(row) == len(finding.columns) for row in finding.rows)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "entities_in_several_sources"])
def test_an_audit_finds_what_was_planted_and_nothing_else(graph_of: Graph, name: str) -> None:
    planted, rows, _ = PLANTED[name]

    answer = found(graph_of(planted, raw=name in RAW), name)

    if name == "contradictions":
        answer = [[row[0], row[3]] for row in answer]
    assert answer == rows


@pytest.mark.parametrize("name", NAMES)
def test_an_audit_finds_nothing_where_nothing_is_wrong(graph_of: Graph, name: str) -> None:
    assert found(graph_of(PLANTED[name][2], raw=name in RAW), name) == []


def test_a_contradiction_is_found_once_with_both_relations_and_their_sources(graph_of: Graph) -> None:
    ((head, relation, contradicts, tail, sources, others),) = found(
        graph_of([("Disease", "痛风", "SHOULD_EAT", "豆腐"), ("Disease", "痛风", "SHOULD_AVOID", "豆腐")]),
        "contradictions",
    )

    assert {relation, contradicts} == {"SHOULD_EAT", "SHOULD_AVOID"}
    assert (head, tail, sources, others) == ("Disease:痛风", "Food:豆腐", ["tiny"], ["tiny"])


def test_entities_of_several_sources_are_counted_by_their_sources(
    graph_of: Graph, tables_of: Callable[..., Any]
) -> None:
    store = graph_of(FULL, source="a")
    change(
        store,
        lambda inputs: inputs.with_sources(
            [tables_of(FULL[:1], source="b"), tables_of([("Disease", "感冒", "cause", "x")], source="c")]
        ),
    )

    assert found(store, "entities_in_several_sources") == [
        ["Disease", ["a", "b", "c"], 1], ["Symptom", ["a", "b"], 1],
    ]  # fmt: skip


def test_a_degree_below_a_fiftieth_of_the_heads_is_no_outlier(graph_of: Graph) -> None:
    assert found(graph_of(many(100, 4900)), "degree_outliers") == []
    assert found(graph_of(many(100, 4899)), "degree_outliers") == [["HAS_TREATMENT", "Treatment:药物治疗", 100, 4999]]


def test_an_entity_with_an_english_name_is_not_missing_one(graph_of: Graph) -> None:
    store = graph_of(alone=[("Disease", "感冒", "cold"), ("Disease", "流感"), ("Symptom", "头痛", "headache")])

    assert found(store, "missing_english") == [["Disease", 2, 1, 1]]
    assert found(store, "counts_by_type") == [["Disease", 2, 1], ["Symptom", 1, 1]]


def test_the_samples_hold_the_dirt_that_was_planted_in_them(
    sample_graph: FolderStore, raw_sample_graph: FolderStore
) -> None:
    assert len(found(sample_graph, "contradictions")) == 3
    assert found(sample_graph, "residue_names") == []
    assert found(raw_sample_graph, "residue_names") == [
        ["Symptom:驻站医", 3],
        ["Symptom:Doc", 1],
        ["Symptom:毓卓", 1],
        ["Disease:无标题文档", 0],
    ]
    assert ["Disease:无标题文档", ["xywy"]] in found(raw_sample_graph, "isolated_entities")


OWN = """// title: Diseases called a cold
// title_zh: 名叫感冒的疾病
// severity: warning
// why: To see that it works.
MATCH (d:Disease) WHERE d.name = '感冒' RETURN d.id AS disease ORDER BY disease
"""


def own(folder: Path, text: str = OWN, name: str = "colds") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.cypher").write_text(text, encoding="utf-8")
    return folder


def test_audits_of_ones_own_come_with_ours(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    own(tmp_path / "deep")

    known = audits([tmp_path])

    assert [audit.name for audit in known] == sorted([*NAMES, "colds"])
    assert [audit.name for audit in audits([tmp_path], ["self_loops", "colds"])] == ["colds", "self_loops"]


@pytest.mark.parametrize("key", ["title", "title_zh", "severity", "why"])
def test_an_audit_without_a_line_of_its_header_is_refused_with_the_line_to_write(tmp_path: Path, key: str) -> None:
    own(tmp_path, re.sub(rf"// {key}: .*\n", "", OWN))

    with pytest.raises(InputError, match=rf"colds\.cypher:1: the header lacks {key}; write a line `// {key}: \.\.\.`"):
        audits([tmp_path])


def test_an_unknown_severity_is_refused(tmp_path: Path) -> None:
    own(tmp_path, OWN.replace("warning", "bad"))

    with pytest.raises(InputError, match="severity 'bad'; expected info, warning, error"):
        audits([tmp_path])


def test_an_audit_of_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"self_loops\.cypher: there is an audit of this name already; rename the file"
    ):
        audits([own(tmp_path, name="self_loops")])


def test_a_folder_without_audits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no \*\.cypher file"):
        audits([tmp_path])
    with pytest.raises(InputError, match="no such folder"):
        audits([tmp_path / "none"])


def test_an_audit_in_another_encoding_is_read_or_refused(tmp_path: Path) -> None:
    own(tmp_path)
    (tmp_path / "colds.cypher").write_bytes(OWN.encode("gb18030"))
    assert audits([tmp_path], ["colds"])[0].title_zh == "名叫感冒的疾病"

    (tmp_path / "colds.cypher").write_bytes(b"// title: \xff\xff\n")
    with pytest.raises(InputError, match=r"colds\.cypher:1: neither UTF-8 nor GB18030"):
        audits([tmp_path])


def test_an_unknown_audit_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"--only self_loop: no such audit; did you mean self_loops\?"):
        audits(only=["self_loop"])


def test_an_audit_that_the_store_refuses_is_named(tmp_path: Path, graph_of: Graph) -> None:
    own(tmp_path, OWN.replace("MATCH (d:Disease)", "MATCH (d:Disease"))
    (audit,) = audits([tmp_path], ["colds"])

    with pytest.raises(CypherError, match=r"^audit colds: "):
        run(graph_of(FULL), audit)


@pytest.mark.parametrize(
    ("severity", "fail_on", "expected"),
    [(s, f, s != "info" and f != "never" and (s == "error" or f == "warning")) for s in SEVERITIES for f in ("error", "warning", "never")],
)  # fmt: skip
def test_findings_fail_from_the_asked_severity_up(
    tmp_path: Path, graph_of: Graph, severity: str, fail_on: str, expected: bool
) -> None:
    own(tmp_path, OWN.replace("warning", severity))
    (audit,) = audits([tmp_path], ["colds"])

    assert fails([run(graph_of(FULL), audit)], fail_on) is expected
    assert not fails([run(graph_of(without("HAS_SYMPTOM")[:0]), audit)], fail_on)


def test_the_command_fails_with_1_on_findings_and_prints_them_all_the_same(
    kgtools: Callable[..., Any], sample_graph: FolderStore
) -> None:
    ran = kgtools("audit", "--graph", sample_graph.folder)

    assert ran.code == 1
    assert ran.err == "kgtools: findings of severity error or above (--fail-on error)\n"
    assert re.search(r"^ contradictions +error +3 +Triples that contradict each other$", ran.out, re.MULTILINE)
    assert "Food:香蕉" in ran.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--fail-on", "never"], 0),
        (["--only", "self_loops"], 0),
        (["--only", "self_loops", "--fail-on", "warning"], 1),
        (["--only", "residue_names", "--fail-on", "warning"], 0),
        (["--only", "contradictions"], 1),
        (["--only", "contradictions", "--fail-on", "never"], 0),
    ],
)
def test_the_exit_code_follows_the_findings(
    kgtools: Callable[..., Any], sample_graph: FolderStore, words: list[str], code: int
) -> None:
    assert kgtools("audit", "--graph", sample_graph.folder, *words).code == code


def test_json_gives_every_row_and_the_table_some_of_them(
    kgtools: Callable[..., Any], sample_graph: FolderStore
) -> None:
    words = ["audit", "--graph", sample_graph.folder, "--fail-on", "never"]

    told = kgtools(*words, "--format", "json").json
    table = kgtools(*words, "--examples", "2").out

    assert [finding["name"] for finding in told] == NAMES
    for finding in told:
        assert finding["count"] == len(finding["rows"])
        assert {"title", "title_zh", "severity", "why", "columns"} <= set(finding)
        assert re.search(rf"^ {finding['name']} +{finding['severity']} +{finding['count']:,} ", table, re.MULTILINE)
    (complications,) = [finding for finding in told if finding["name"] == "one_way_complications"]
    assert f"  ... {complications['count'] - 2:,} more rows; --format json gives all" in table


def test_every_signature_that_audits_know_is_one_of_the_ontology(graph_of: Graph) -> None:
    rows = [
        (head, f"h{number}", relation, f"t{number}", tail)
        for number, (head, relation, tail) in enumerate(signature.split("|") for signature in ontology().signatures())
    ]

    assert found(graph_of(rows), "domain_range_violations") == []
