"""Entity types, relations and attributes, and how each source's fields map onto them: `ontology.yaml` as a model."""

import re
from collections.abc import Iterable
from functools import cache
from math import inf
from pathlib import Path
from typing import Literal, Self

from pydantic import field_validator, model_validator

from kgtools.tools.config import Settings, load_yaml
from kgtools.tools.licenses.check import LicenseText
from kgtools.tools.registry import suggestion

Kind = Literal["relation", "alias", "attribute", "class"]


class EntityType(Settings):
    """The words for an entity type. `closed`: it has few members, which other types must not have."""

    zh: str
    en: str
    plural: str
    closed: bool = False


class Relation(Settings):
    """The words, signature and inverse of a relation; `contradicts` names the relation that must not hold as well.

    `listing`: what a site's shop lists or its users like, which is no medicine and is not taught as such."""

    zh: str
    en: str
    domain: tuple[str, ...]
    range: tuple[str, ...]
    inverse: str
    symmetric: bool = False
    contradicts: str | None = None
    listing: bool = False


class Attribute(Settings):
    """The words for an attribute. `unit`: of a value that is a quantity (percent, day, yuan); another is misplaced, and so is a
    number under `least` that is not 0, or over `most`: a cure rate of 0.0001 % is an incidence."""

    zh: str
    en: str
    unit: Literal["percent", "day", "yuan"] | None = None
    least: float = 0.0
    most: float = inf

    def holds(self, unit: str, low: float, high: float) -> bool:
        """Whether a quantity may be a value of the attribute."""
        return unit == self.unit and low <= self.most and not 0 < high < self.least


class Wording(Settings):
    """Words, in each language a regular expression, and the relations and attributes that say what they say."""

    zh: str
    en: str
    of: tuple[str, ...]

    @field_validator("zh", "en")
    @classmethod
    def _pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return value


class Field(Settings):
    """What a field of a source says: a relation, an attribute, an alias, or the class of its head."""

    relation: str | None = None
    attribute: str | None = None
    alias: bool = False
    class_: bool = False
    head: str | None = None
    tail: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _class(cls, values: object) -> object:
        if not isinstance(values, dict):
            return values
        return {("class_" if key == "class" else key): value for key, value in values.items()}

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        if sum((self.relation is not None, self.attribute is not None, self.alias, self.class_)) != 1:
            raise ValueError("give exactly one of relation, attribute, alias: true, class: true")
        return self

    @property
    def kind(self) -> Kind:
        """What the field says."""
        return "relation" if self.relation else "attribute" if self.attribute else "alias" if self.alias else "class"

    @property
    def target(self) -> str:
        """The relation or attribute that the field maps onto."""
        return self.relation or self.attribute or self.kind


class SourceInfo(Settings):
    """What is known of a source before a file is read: title, licence, residue words by type, its fields."""

    title: str
    license: LicenseText
    license_note: str = ""
    residue: dict[str, tuple[str, ...]] = {}
    classes: dict[str, tuple[str, ...]] = {}
    fields: dict[str, Field] = {}


class Ontology(Settings):
    """The whole of `ontology.yaml`, its names checked against each other."""

    version: int
    entities: dict[str, EntityType]
    relations: dict[str, Relation]
    attributes: dict[str, Attribute]
    claims: dict[str, Wording] = {}
    roles: dict[str, Wording] = {}
    verbs: dict[str, Wording] = {}
    sources: dict[str, SourceInfo] = {}

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        faults: list[str] = []
        for name, relation in self.relations.items():
            faults += _find_unknown(f"relations.{name}", (*relation.domain, *relation.range), self.entities)
            faults += _find_unknown(f"relations.{name}", (relation.contradicts,), self.relations)
        ways = {each.inverse for each in self.relations.values()} | set(self.relations)
        for part, wordings in (("claims", self.claims), ("roles", self.roles), ("verbs", self.verbs)):
            for name, wording in wordings.items():
                faults += _find_unknown(f"{part}.{name}", wording.of, ways | set(self.attributes))
        for name, source in self.sources.items():
            faults += self._source_faults(name, source)
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def check_source(self, name: str, source: SourceInfo) -> None:
        """Raises ValueError with every type, relation and attribute that a source names and that does not exist."""
        faults = self._source_faults(name, source)
        if faults:
            raise ValueError("; ".join(faults))

    def _source_faults(self, name: str, source: SourceInfo) -> list[str]:
        faults = _find_unknown(f"sources.{name}", (*source.residue, *source.classes), self.entities)
        for key, field in source.fields.items():
            where = f"sources.{name}.fields.{key}"
            faults += _find_unknown(where, (field.head, field.tail), self.entities)
            faults += _find_unknown(where, (field.relation,), self.relations)
            faults += _find_unknown(where, (field.attribute,), self.attributes)
        return faults

    def signatures(self) -> list[str]:
        """Every allowed `Head|RELATION|Tail`."""
        return [f"{h}|{name}|{t}" for name, r in self.relations.items() for h in r.domain for t in r.range]

    def tail_type(self, field: Field) -> str | None:
        """The entity type of what a field's relation points to."""
        return field.tail or (self.relations[field.relation].range[0] if field.relation else None)


def _find_unknown(where: str, used: Iterable[str | None], defined: Iterable[str]) -> list[str]:
    names = list(defined)
    return [
        f"{where}: {name!r} is not in the ontology; {suggestion(name, names)}"
        for name in used
        if name is not None and name not in names
    ]


@cache
def ontology() -> Ontology:
    """The ontology that comes with kgtools."""
    return load_yaml(Path(__file__).with_name("ontology.yaml"), Ontology)
