"""Cypher as text: patterns over the schema of a graph, names as literals, and what of the schema a query needs."""

import re
from dataclasses import dataclass
from random import Random

from kgtools.kg.ontology import ontology
from kgtools.templates.pack import TemplateInfo

VARIABLES = {
    "Disease": "d", "Symptom": "s", "Examination": "e", "Treatment": "t", "Drug": "drug", "Product": "p", "Food": "f",
    "Department": "dept", "BodyPart": "part",
}  # fmt: skip
"""What an entity of a type is called in a query."""
PARAMETER = re.compile(r"\$([a-z]+)")
ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
MORE = 2
"""Relations of a schema excerpt beside those of the query."""


@dataclass(frozen=True)
class Query:
    """A query with parameters, their values, and its columns. What is executed takes the values as parameters."""

    text: str
    values: dict[str, str]

    @property
    def shown(self) -> str:
        """The query as it is taught, with literals in place of parameters."""
        return PARAMETER.sub(lambda found: literal(self.values[found[1]]), self.text)


def literal(text: str) -> str:
    """A text as a literal of Cypher, in single quotes: `'Crohn\\'s disease'`."""
    return "'" + "".join(ESCAPES.get(sign, sign) for sign in text) + "'"


@dataclass(frozen=True)
class Pattern:
    """What a template asks as a pattern: from its head over relations to its tail. `arrow`: `>`, `<`, or nothing for both."""

    head: str
    relations: tuple[str, ...]
    tail: str
    arrow: str

    @classmethod
    def of(cls, info: TemplateInfo) -> "Pattern | None":
        """The pattern of a template; None of an attribute, and where it reads relations in different directions."""
        known = ontology().relations
        inverses = {relation.inverse: name for name, relation in known.items()}
        if info.tail is None or not info.relations:
            return None
        forward = {name for name in info.relations if name in known}
        backward = {inverses[name] for name in info.relations if name not in known}
        both = {name for name in forward if known[name].symmetric} | (forward & backward)
        ways = {"" if name in both else ">" if name in forward else "<" for name in forward | backward}
        return cls(info.head, tuple(sorted(forward | backward)), info.tail, ways.pop()) if len(ways) == 1 else None

    @property
    def is_plain(self) -> bool:
        """Whether it is one relation in its own direction."""
        return self.arrow == ">" and len(self.relations) == 1

    def __str__(self) -> str:
        return f"{'<' * (self.arrow == '<')}-[:{'|'.join(self.relations)}]-{'>' * (self.arrow == '>')}"

    def turned(self) -> "Pattern":
        """The same, read from its tail."""
        return Pattern(self.tail, self.relations, self.head, {"<": ">", ">": "<", "": ""}[self.arrow])


def column_of(type_: str) -> str:
    """What a column with names of a type is called: `BodyPart` is `body_part`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type_).lower()


def variables(head: str, tail: str) -> tuple[str, str]:
    """The variables of two types, different ones."""
    one, other = VARIABLES[head], VARIABLES[tail]
    return one, other if one != other else "other"


def name_of(variable: str, lang: str) -> str:
    """What is shown of an entity: in English its Chinese name where it has no other."""
    return f"{variable}.name" if lang == "zh" else f"coalesce({variable}.name_en, {variable}.name)"


def key_of(lang: str) -> str:
    """The property by which a question names an entity."""
    return "name" if lang == "zh" else "name_en"


def excerpt(patterns: list[Pattern], attribute: tuple[str, str] | None, draw: Random) -> str:
    """What of the schema a query needs, with some other relations of the same type, drawn; sorted."""
    known = ontology().relations
    directed = [each.turned() if each.arrow == "<" else each for each in patterns]
    needed = {(name, each.head, each.tail) for each in directed for name in each.relations}
    head = attribute[0] if attribute else patterns[0].head
    others = [
        (name, head, relation.range[0])
        for name, relation in known.items()
        if head in relation.domain and name not in {each[0] for each in needed}
    ]
    lines = {f"(:{begin})-[:{name}]->(:{end})" for name, begin, end in needed}
    lines |= {f"(:{begin})-[:{name}]->(:{end})" for name, begin, end in draw.sample(others, min(MORE, len(others)))}
    return "\n".join([*sorted(lines), *([f"{attribute[0]}.{attribute[1]}: LIST<STRING>"] if attribute else [])])
