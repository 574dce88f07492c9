"""How a test reaches a Neo4j server, and how it empties one."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest
    from neo4j import Driver

IN_ENVIRONMENT = ("NEO4J_URI", "NEO4J_USERNAME", "NEO4J_PASSWORD", "NEO4J_DATABASE")


@dataclass(frozen=True)
class Login:
    """A server's address, a user of it and one of its databases."""

    uri: str
    username: str
    password: str = field(repr=False)
    database: str = "neo4j"

    @property
    def environment(self) -> dict[str, str]:
        """The four variables that kgtools reads."""
        return dict(zip(IN_ENVIRONMENT, (self.uri, self.username, self.password, self.database), strict=True))

    def use(self, monkeypatch: "pytest.MonkeyPatch") -> None:
        """Put it into the environment of this test."""
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)

    def driver(self) -> "Driver":
        """A driver, to be closed: `with login.driver() as driver`."""
        from neo4j import GraphDatabase

        return GraphDatabase.driver(self.uri, auth=(self.username, self.password))

    def ask(self, query: str, **parameters: object) -> list[dict[str, object]]:
        """The rows of one query, as the server has them: what a store wrote is looked at past the store."""
        with self.driver() as driver:
            rows, _, _ = driver.execute_query(query, parameters_=dict(parameters), database_=self.database)
        return [row.data() for row in rows]

    def is_empty(self) -> bool:
        """Whether there is nothing that `clear` would remove."""
        nodes = self.ask("MATCH (n) RETURN 1 LIMIT 1")
        return not (nodes or self.ask("SHOW CONSTRAINTS YIELD name") or self.ask(INDEXES))

    def clear(self) -> None:
        """Remove every node, relationship, constraint and index, in batches, so that a small heap will do."""
        with self.driver() as driver, driver.session(database=self.database) as session:
            for kind, listed in (("CONSTRAINT", "SHOW CONSTRAINTS YIELD name"), ("INDEX", INDEXES)):
                for row in session.run(listed).data():
                    name = row["name"].replace("`", "``")
                    session.run(f"DROP {kind} `{name}`").consume()
        self.delete()

    def delete(self) -> None:
        """Remove every node and relationship; with constraints and indexes the server keeps the plans of all that it was asked, and
        a graph that is loaded next takes a tenth of the time."""
        with self.driver() as driver, driver.session(database=self.database) as session:
            session.run("MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 10000 ROWS").consume()
            session.run("MATCH (n) CALL (n) { DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()


INDEXES = "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"
"""Every database comes with the two of type LOOKUP."""
