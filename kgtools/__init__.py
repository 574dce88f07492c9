"""Medical knowledge graphs to traceable bilingual instruction data, and models trained on it.

    import kgtools

    graph = kgtools.open_graph("graph")
    graph.query("MATCH (d:Disease)-[:HAS_SYMPTOM]->(s {name: $name}) RETURN d.name AS disease", name="头痛")

Every name below does what the command of the same name does. It is imported when it is first asked for, so that
`import kgtools` costs nothing; what trains needs `pip install 'kgtools[train]'`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgtools.kg.api import Graph, audit, load, open_graph
    from kgtools.tools.errors import Findings, KgtoolsError

_WHERE = {
    "kgtools.kg.api": ("Graph", "audit", "load", "open_graph"),
    "kgtools.tools.errors": ("Findings", "KgtoolsError"),
}
_MODULES = {name: module for module, names in _WHERE.items() for name in names}

__all__ = ["Findings", "Graph", "KgtoolsError", "audit", "load", "open_graph"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'kgtools' has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
