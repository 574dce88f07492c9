"""Two small graphs, in any store, and a Neo4j server as it is: no query is rewritten on its way, nothing but the graph is in it."""

from collections.abc import Iterable
from types import TracebackType
from typing import Any, NamedTuple, Self

from kgtools.kg.build.inputs import Inputs, SourceMetadata, SourceTables
from kgtools.kg.build.normalize import clean
from kgtools.kg.graph import change
from kgtools.kg.ontology import SourceInfo
from kgtools.kg.source import Collector
from kgtools.kg.stores import open_store
from tests.conftest import fields
from tests.neo4j.login import Login

Row = tuple[str, ...]
TIMEOUT_S = 30.0


class Source(NamedTuple):
    """What a source says: rows (head type, head, field, tail[, tail type]), and entities (type, name[, English name])."""

    name: str
    rows: tuple[Row, ...]
    entities: tuple[Row, ...] = ()


KNOWN = (
    Source(
        "tiny",
        (
            ("Disease", "病甲", "HAS_SYMPTOM", "咳嗽"),
            ("Disease", "病甲", "HAS_SYMPTOM", "发热"),
            ("Disease", "病甲", "HAS_DRUG", "药一"),
            ("Disease", "病甲", "HAS_DRUG", "药二"),
            ("Disease", "病乙", "HAS_SYMPTOM", "咳嗽"),
            ("Disease", "病乙", "HAS_COMPLICATION", "病甲"),
            ("Disease", "病丙", "HAS_DRUG", "药一"),
            ("Disease", "病丁", "HAS_COMPLICATION", "病甲"),
        ),
    ),
)
"""Seven entities besides 病丙 and 病丁, none with an English name, an alias or a cycle."""

QUOTED, TICKED, SMILE, PERCENT, BACKSLASH = "O'Brien 综合征", 'say "病" `now`', "头痛😀", "50%_病", "C:\\病\\n"
AWKWARD = (
    Source(
        "alpha",
        (
            ("Disease", "病甲", "HAS_SYMPTOM", "咳嗽"),
            ("Disease", "病甲", "HAS_SYMPTOM", "发热"),
            ("Disease", "病甲", "HAS_SYMPTOM", "fever%"),
            ("Disease", "病甲", "RELATED_SYMPTOM", "咳嗽"),
            ("Disease", "病甲", "HAS_DRUG", "药一"),
            ("Disease", "病甲", "HAS_DRUG", "药二"),
            ("Disease", "病甲", "RECOMMENDED_DRUG", "药一"),
            ("Disease", "病甲", "BELONGS_TO_DEPARTMENT", "内科"),
            ("Disease", "病甲", "HAS_COMPLICATION", "病乙"),
            ("Disease", "病乙", "HAS_COMPLICATION", "病丙"),
            ("Disease", "病丙", "HAS_COMPLICATION", "病甲"),
            ("Disease", "病乙", "HAS_COMPLICATION", "自环病"),
            ("Disease", "自环病", "HAS_COMPLICATION", "自环病"),
            ("Disease", "自环病", "MAY_LEAD_TO", "自环病"),
            ("Disease", "病乙", "HAS_SYMPTOM", "咳嗽"),
            ("Disease", "病乙", "HAS_SYMPTOM", "a_b"),
            ("Disease", "病乙", "MAY_LEAD_TO", "病甲"),
            ("Disease", "病丙", "HAS_DRUG", "药一"),
            ("Disease", "病丙", "MAY_LEAD_TO", QUOTED),
            ("Disease", QUOTED, "HAS_SYMPTOM", "12"),
            ("Disease", QUOTED, "HAS_DRUG", "naïve Café"),
            ("Disease", QUOTED, "HAS_COMPLICATION", TICKED),
            ("Disease", TICKED, "HAS_COMPLICATION", QUOTED),
            ("Disease", TICKED, "HAS_SYMPTOM", "发热"),
            ("Disease", "病甲", "SHOULD_EAT", "苹果"),
            ("Disease", "病甲", "SHOULD_AVOID", "苹果"),
            ("Disease", "病甲", "SHOULD_EAT", "🍎"),
            ("Disease", "病乙", "SHOULD_AVOID", "True"),
            ("Disease", SMILE, "AFFECTS_BODY_PART", "头"),
            ("Disease", SMILE, "BELONGS_TO_DEPARTMENT", "内科"),
            ("Disease", "病甲", "alias", "甲病"),
            ("Disease", "病甲", "alias", "First"),
            ("Disease", "病乙", "alias", "O'B"),
            ("Drug", "药一", "alias", "One"),
            ("Drug", "药一", "dosage", "一日三次"),
            ("Disease", "病甲", "cause", "受凉"),
        ),
        (
            ("Disease", "病甲", "Disease A"),
            ("Disease", QUOTED, "O'Brien syndrome"),
            ("Disease", PERCENT, "50%_disease"),
            ("Symptom", "咳嗽", "cough"),
            ("Symptom", "12", "twelve"),
            ("Drug", "药一", "drug one"),
            ("Disease", "孤病"),
            ("Food", "孤食", "lone food"),
        ),
    ),
    Source(
        "beta",
        (
            ("Disease", "病甲", "HAS_SYMPTOM", "咳嗽"),
            ("Disease", "病甲", "HAS_DRUG", "药一"),
            ("Disease", "病甲", "HAS_DRUG", "-3.5"),
            ("Disease", "病甲", "BELONGS_TO_DEPARTMENT", "儿科"),
            ("Disease", "病甲", "AFFECTS_BODY_PART", "肺"),
            ("Disease", PERCENT, "HAS_SYMPTOM", "fever%"),
            ("Disease", PERCENT, "HAS_SYMPTOM", "a_b"),
            ("Disease", PERCENT, "HAS_DRUG", "药二"),
            ("Disease", PERCENT, "BELONGS_TO_DEPARTMENT", "儿科"),
            ("Disease", BACKSLASH, "HAS_COMPLICATION", PERCENT),
            ("Disease", BACKSLASH, "HAS_SYMPTOM", "咳嗽"),
            ("Symptom", "咳嗽", "RELATED_SYMPTOM", "发热"),
            ("Symptom", "发热", "RELATED_SYMPTOM", "咳嗽"),
            ("Symptom", "咳嗽", "AFFECTS_BODY_PART", "肺"),
            ("Symptom", "发热", "HAS_DRUG", "药二"),
            ("Symptom", "fever%", "MAY_LEAD_TO", "病甲"),
            ("Symptom", "咳嗽", "BELONGS_TO_DEPARTMENT", "内科"),
            ("Drug", "药一", "INTERACTS_WITH", "药二"),
            ("Drug", "药二", "INTERACTS_WITH", "药一"),
            ("Drug", "药二", "INTERACTS_WITH", "药二"),
            ("Drug", "药一", "INTERACTS_WITH", "-3.5"),
            ("Drug", "药一", "INDICATED_FOR", "病甲"),
            ("Drug", "药一", "CONTRAINDICATED_FOR", "病丙"),
            ("Drug", "药二", "INDICATED_FOR", "病丙", "Disease"),
            ("Drug", "药二", "HAS_ADVERSE_REACTION", "发热"),
            ("Drug", "naïve Café", "HAS_ADVERSE_REACTION", "12"),
            ("Department", "儿科", "PART_OF_DEPARTMENT", "内科"),
            ("Department", "内科", "PART_OF_DEPARTMENT", "内科"),
            ("Disease", SMILE, "SHOULD_EAT", "🍎"),
            ("Disease", BACKSLASH, "SHOULD_AVOID", "🍎"),
            ("Disease", "病丙", "DIFFERENTIAL_DIAGNOSIS", "病乙"),
            ("Disease", "病乙", "DIFFERENTIAL_DIAGNOSIS", "病丙"),
            ("Disease", "病乙", "SHOULD_EAT", "苹果"),
            ("Disease", "病甲", "alias", "甲病"),
            ("Drug", "naïve Café", "alias", "NAÏVE café"),
        ),
        (("Disease", "病乙", "Disease B"), ("Drug", "naïve Café", "Naive coffee"), ("BodyPart", "肺", "lung")),
    ),
)
"""Quotes, backticks, an emoji, a wildcard and a backslash in names; self loops, cycles, parallel triples, two sources, two entities
without a triple, names that are numbers or a truth value; English names and aliases for some."""


def fill(url: str, graph: Iterable[Source]) -> None:
    """Make the graph of these sources at the URL, names as they are."""
    tables = [_tables(source) for source in graph]
    assert change(open_store(url), lambda _: Inputs().with_sources(tables)).agrees


def _tables(source: Source) -> SourceTables:
    collect = Collector()
    collect.start("tiny.txt")
    for line, (head_type, head, field, tail, *tail_type) in enumerate(source.rows, start=1):
        collect.mention(head_type, head, "name", line)
        collect.say(field, head_type, head, [tail], line, *tail_type)
    for line, (type_, name, *english) in enumerate(source.entities, start=len(source.rows) + 1):
        collect.mention(type_, name, "name", line, *english)
    collect.finish()
    info = SourceInfo(title="Tiny", license="CC0-1.0", fields=fields())
    cleaned = clean(collect.reading(source.name, info), raw=True)
    metadata = SourceMetadata(title="Tiny", license="CC0-1.0", files={}, raw=True)
    return SourceTables(source.name, metadata, cleaned.named, cleaned.facts, cleaned.rejects)


class Neo4j:
    """A graph in a Neo4j database, asked past our store; `with`: it closes its connection."""

    def __init__(self, login: Login) -> None:
        from neo4j import READ_ACCESS, GraphDatabase

        self._driver = GraphDatabase.driver(
            login.uri, auth=(login.username, login.password), notifications_min_severity="OFF"
        )
        self._session = self._driver.session(database=login.database, default_access_mode=READ_ACCESS)

    def query(self, cypher: str, params: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
        """Column names and rows, values as kgtools gives them. Raises Neo4jError."""
        from neo4j import Query

        result = self._session.run(Query(cypher, timeout=TIMEOUT_S), params)
        return list(result.keys()), [[plain(value) for value in record.values()] for record in result]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()
        self._driver.close()


def serve(login: Login, graph: Iterable[Source]) -> Neo4j:
    """Make the graph in an empty database whose login is in the environment; what kgtools keeps beside it is taken away."""
    fill(login.uri, graph)
    return alone(login)


def alone(login: Login) -> Neo4j:
    """The graph that is in the database, when what kgtools keeps beside it is taken away."""
    login.ask("MATCH (n:__Kgtools) DETACH DELETE n")
    return Neo4j(login)


def plain(value: Any) -> Any:
    """Nodes and relationships as their properties, a path as the list of these, in its order."""
    from neo4j.graph import Entity, Path

    if isinstance(value, Path):
        parts = [part for pair in zip(value.nodes, value.relationships, strict=False) for part in pair]
        return [plain(part) for part in (*parts, value.end_node)]
    if isinstance(value, Entity | dict):
        return {key: plain(item) for key, item in sorted(value.items())}
    return [plain(item) for item in value] if isinstance(value, list) else value
