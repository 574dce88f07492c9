"""Medical knowledge graphs to traceable bilingual instruction data, and models trained on it.

    import kgtools

    graph = kgtools.open_graph("graph")
    graph.query("MATCH (d:Disease)-[:HAS_SYMPTOM]->(s {name: $name}) RETURN d.name AS disease", name="头痛")

Every name below does what the command of the same name does. It is imported when it is first asked for, so that
`import kgtools` costs nothing; what trains needs `pip install 'kgtools[train]'`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgtools.corpora.api import convert, decontaminate, dedup, deidentify, grade, merge, read, split
    from kgtools.kg.api import Graph, audit, load, open_graph
    from kgtools.templates.api import generate, retract, trace
    from kgtools.tools.errors import Findings, KgtoolsError
    from kgtools.train.api import answer, compare, dpo, evaluate, kto, ppo, pretrain, reward, rloo, sft, write_prompts

__all__ = [
    "Findings", "Graph", "KgtoolsError", "answer", "audit", "compare", "convert", "decontaminate", "dedup", "deidentify", "dpo", "evaluate",
    "generate", "grade", "kto", "load", "merge", "open_graph", "ppo", "pretrain", "read", "retract", "reward", "rloo", "sft", "split", "trace",
    "write_prompts",
]  # fmt: skip

_WHERE = {
    "kg": ("Graph", "audit", "load", "open_graph"),
    "templates": ("generate", "retract", "trace"),
    "corpora": ("convert", "decontaminate", "dedup", "deidentify", "grade", "merge", "read", "split"),
    "train": (
        "answer",
        "compare",
        "dpo",
        "evaluate",
        "kto",
        "ppo",
        "pretrain",
        "reward",
        "rloo",
        "sft",
        "write_prompts",
    ),
}
"""Folder -> the names of its `api`."""
_MODULES = {name: f"kgtools.{folder}.api" for folder, names in _WHERE.items() for name in names}
_MODULES |= {"Findings": "kgtools.tools.errors", "KgtoolsError": "kgtools.tools.errors"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'kgtools' has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
