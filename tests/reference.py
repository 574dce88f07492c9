"""Writes what is generated in `docs/reference`: commands from their own help, tables from schemas, models and lists of the code.

`make docs` runs it; a test compares. With `--check` nothing is written: it ends with 1 and names the pages that are not as it
would write them. What a column, key or reason means stands in `docs/reference/meanings.yaml`."""

import inspect
import re
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click
import polars as pl
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import kgtools
from kgtools.corpora.decontaminate.find import CONTAMINATION
from kgtools.corpora.decontaminate.rules import RULES
from kgtools.corpora.dedup.run import FOUND
from kgtools.corpora.deidentify.batch import LOG
from kgtools.corpora.deidentify.classes import LABELS
from kgtools.corpora.deidentify.policy import load_policy
from kgtools.corpora.deidentify.policy import names as policies
from kgtools.corpora.export.convert import DROPS
from kgtools.corpora.mix import recipe as mix
from kgtools.corpora.reader import REJECTS as READ_REJECTS
from kgtools.corpora.record import PREFERENCES, RECORDS, REMOVED
from kgtools.corpora.split import plan
from kgtools.corpora.split.assign import REASONS as SPLIT_REASONS
from kgtools.corpora.verify.run import SCORES
from kgtools.kg.build.normalize import RULES as LOAD_RULES
from kgtools.kg.ontology import ontology
from kgtools.kg.tables import ENTITIES, FACTS, LEDGER, NAMED, NAMES, TRIPLES
from kgtools.kg.tables import REJECTS as LOAD_REJECTS
from kgtools.templates.coverage.ledger import COVERAGE
from kgtools.templates.retract.changes import CHANGES
from kgtools.templates.select import REASONS as COVERAGE_REASONS
from kgtools.templates.tasks.records import ITEM_NAMES
from kgtools.tools import registry
from kgtools.tools.frames import Schema
from kgtools.train import recipe as training
from kgtools.train.data.rows import REJECTS as TRAIN_REJECTS
from kgtools.train.evaluate.judge.tables import VERDICTS
from kgtools.train.evaluate.score import SAMPLES
from kgtools.train.evaluate.server.answers import ANSWERS as SERVER_ANSWERS
from kgtools.train.evaluate.server.answers import FAILURES
from kgtools.train.inference.answer import ANSWERS, Answer
from kgtools.train.inference.best_of_n import Reject

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
MEANINGS: dict[str, Any] = yaml.safe_load((REFERENCE / "meanings.yaml").read_text(encoding="utf-8"))
MACHINE = 2**31
"""A bound from here on is one of the machine, and says nothing to a reader."""
BLOCK = re.compile(r"(<!-- make docs: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)

GROUPS = {
    "Graphs": ("load", "unload", "names", "align", "verify"),
    "Questions to a graph": ("stats", "schema", "query", "audit", "show", "diff", "export"),
    "Records from a graph": ("generate", "coverage", "trace", "retract", "packs"),
    "Corpora": ("read", "deidentify", "dedup", "decontaminate", "split", "merge", "convert", "grade"),
    "Training": ("train",),
    "Evaluation": ("evaluate",),
}
"""Our commands by what they are for; any other comes under OTHERS."""
OTHERS = "Further commands"

TABLES: dict[str, Schema] = {
    "entities": ENTITIES, "triples": TRIPLES, "ledger": LEDGER, "source-entities": NAMED, "source-facts": FACTS,
    "source-rejects": LOAD_REJECTS, "names": NAMES, "records": RECORDS, "preferences": PREFERENCES, "coverage": COVERAGE,
    "changes": CHANGES, "item-names": ITEM_NAMES,
    "read-rejects": READ_REJECTS, "removed": REMOVED, "duplicates": FOUND, "contamination": CONTAMINATION, "deidentified": LOG,
    "export-rejects": DROPS, "train-rejects": TRAIN_REJECTS, "answers": ANSWERS, "scores": SCORES,
    "evaluated": SAMPLES, "verdicts": VERDICTS, "server-answers": SERVER_ANSWERS, "server-failures": FAILURES,
}  # fmt: skip
MIX: dict[str, type[BaseModel]] = {
    "mix": mix.MixRecipe, "mix-source": mix.Ingredient, "mix-filter": mix.Filters, "mix-deidentify": mix.Deidentify,
    "mix-dedup": mix.Dedup, "mix-decontaminate": mix.Decontaminate, "plan": plan.SplitPlan, "plan-rule": plan.Rule,
}  # fmt: skip


def commands(name: str, command: click.Command) -> list[tuple[str, click.Command]]:
    """A command with its name, or those of a group."""
    if not isinstance(command, click.Group):
        return [(name, command)]
    context = click.Context(command, info_name=name)
    found = [(key, command.get_command(context, key)) for key in command.list_commands(context)]
    return [(f"{name} {key}", each) for key, each in found if each is not None]


def command_reference() -> str:
    """A table of contents, and the help of every command under a heading of its own."""
    known = registry.names("commands")
    grouped = {name for names in GROUPS.values() for name in names}
    groups = {**GROUPS, OTHERS: tuple(name for name in known if name not in grouped)}
    contents, blocks = [], []
    for group, names in groups.items():
        found = [each for name in names if name in known for each in commands(name, registry.find("commands", name))]
        if not found:
            continue
        blocks.append(f"## {group}\n")
        links = ", ".join(f"[{title}](#kgtools-{title.replace(' ', '-')})" for title, _ in found)
        contents.append(f"- **{group}**: {links}\n")
        for title, each in found:
            context = click.Context(
                each,
                info_name=f"kgtools {title}",
                max_content_width=100,
                terminal_width=100,
                help_option_names=["-h", "--help"],
            )
            blocks.append(f"### kgtools {title}\n\n```text\n{each.get_help(context)}\n```\n")
    return "".join(contents) + "\n" + "\n".join(blocks)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    cells = [list(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([lines[0], f"|{' --- |' * len(cells[0])}", *lines[1:]]) + "\n"


def meanings(section: str, name: str, expected: Iterable[str]) -> dict[str, str]:
    """What the names of a section mean, in their order. Raises KeyError where `meanings.yaml` does not have just these."""
    found: dict[str, str] = MEANINGS[section][name.replace("-", " ")]
    wanted = list(expected)
    if wrong := set(found) ^ set(wanted):
        raise KeyError(
            f"docs/reference/meanings.yaml, {section}, {name}: missing or unknown: {', '.join(sorted(wrong))}"
        )
    return {key: found[key] for key in wanted}


def column_kind(kind: Any) -> str:
    """What a column holds, as polars calls it."""
    if isinstance(kind, pl.List):
        return f"list of {column_kind(kind.inner)}"
    if isinstance(kind, pl.Struct):
        return "{" + ", ".join(field.name for field in kind.fields) + "}"
    return str(kind)


def columns(name: str) -> str:
    """The columns of a table."""
    schema = TABLES[name]
    told = meanings("columns", name, schema.columns)
    rows = [
        (f"`{key}`", column_kind(kind), "" if key in schema.required else "yes", told[key])
        for key, kind in schema.columns.items()
    ]
    return table(("column", "type", "may be null", "meaning"), rows)


def kind_of(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    """A type as a reader of YAML knows it, with its bounds."""
    origin, inner = get_origin(annotation), get_args(annotation)
    flat = [each for bound in metadata for each in (bound.metadata if isinstance(bound, FieldInfo) else [bound])]
    bounds = [
        f"{sign} {limit:g}"
        for bound in flat
        for name, sign in (("gt", ">"), ("ge", "≥"), ("lt", "<"), ("le", "≤"))
        if (limit := getattr(bound, name, None)) is not None and abs(limit) < MACHINE
    ]
    if origin is Annotated:
        return kind_of(inner[0], inner[1:])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (Union, types.UnionType):
        parts = [kind_of(part, metadata if len(inner) == 2 else ()) for part in inner if part is not type(None)]
        return " or ".join(dict.fromkeys([*parts, *(["null"] if type(None) in inner else [])]))
    if origin is tuple:
        return f"list of {kind_of(inner[0])}"
    if origin is dict or annotation is dict:
        return "mapping"
    names = {str: "text", int: "integer", float: "number", bool: "`true` or `false`", Path: "path", Any: "anything"}
    plain = names.get(annotation) or (
        "mapping" if isinstance(annotation, type) and issubclass(annotation, BaseModel) else ""
    )
    plain = plain or getattr(annotation, "__name__", str(annotation)).lower()
    return f"{plain} {', '.join(bounds)}".strip()


def default_of(field: FieldInfo) -> str:
    """What a key is where nobody says it."""
    value = field.default
    if field.is_required() or value is PydanticUndefined:
        return "required"
    if isinstance(value, BaseModel):
        return "see below"
    if isinstance(value, Enum):
        value = value.value
    if value is None or value in ("", (), {}):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The keys of a model; those of adapters as `lora.r`."""
    found: dict[str, FieldInfo] = {}
    for name, field in model.model_fields.items():
        if field.annotation is training.Lora:
            found |= {f"{name}.{key}": inner for key, inner in training.Lora.model_fields.items()}
        else:
            found[name] = field
    return found


def key_table(fields: Mapping[str, FieldInfo], told: Mapping[str, str]) -> str:
    """The keys of a recipe."""
    rows = [
        (f"`{name}`", kind_of(field.annotation, field.metadata), default_of(field), told[name])
        for name, field in fields.items()
    ]
    return table(("key", "type", "default", "meaning"), rows)


def stage_keys(name: str) -> str:
    """The keys that a stage has beside those of all, or with another default."""
    model, parent = stages()[name]
    inherited = fields_of(parent)
    own = {key: field for key, field in fields_of(model).items() if key not in inherited}
    other = {
        key: field
        for key, field in fields_of(model).items()
        if key in inherited and default_of(field) != default_of(inherited[key]) and key not in MEANINGS["keys"][name]
    }
    again = {
        key: field for key, field in fields_of(model).items() if key in MEANINGS["keys"][name] and key in inherited
    }
    told = {
        key: text
        for part in ("common", "train", "answer")
        for key, text in MEANINGS["keys"][part].items()
        if key in other
    }
    return key_table(own | again | other, told | meanings("keys", name, [*own, *again]))


def stages() -> dict[str, tuple[type[BaseModel], type[BaseModel]]]:
    """Each use of a model with its settings and those that they extend."""
    found: dict[str, tuple[type[BaseModel], type[BaseModel]]] = {
        name: (registry.find("stages", name).recipe, training.Recipe)
        for name in ("pretrain", "sft", "reward", "dpo", "kto", "rloo", "ppo")
    }
    return found | {"answer": (Answer, training.ModelSettings), "reject": (Reject, Answer)}


def common_keys() -> str:
    fields = fields_of(training.ModelSettings)
    return key_table(fields, meanings("keys", "common", fields))


def train_keys() -> str:
    above = fields_of(training.ModelSettings)
    fields = {key: field for key, field in fields_of(training.Recipe).items() if key not in above}
    return key_table(fields, meanings("keys", "train", fields))


def mix_keys(name: str) -> str:
    fields = fields_of(MIX[name])
    return key_table(fields, meanings("keys", name, fields))


def training_recipes() -> str:
    """The recipes that come with kgtools."""
    cited, rows = training.papers(), []
    for system, names in training.systems().items():
        for name in names:
            values = yaml.safe_load((training.HERE / system / f"{name}.yaml").read_text(encoding="utf-8"))
            stage, _, variant = name.partition(".")
            called = f"{system}:{variant}" if variant else system
            rows.append((f"`{called}`", stage, values["title"], values["model"], cited[system]))
    return table(("recipe", "stage", "what it is", "model", "paper"), rows)


def mix_recipes() -> str:
    rows = []
    for name in mix.names():
        recipe = mix.load_recipe(name, {})
        rows.append((f"`{name}`", recipe.title, ", ".join(f"`{source}`" for source in recipe.sources), recipe.paper))
    return table(("recipe", "what it is", "sources", "paper"), rows)


def split_plans() -> str:
    found = [(name, plan.load_plan(name)) for name in plan.names()]
    return table(("plan", "what it is", "paper"), [(f"`{name}`", each.title, each.paper) for name, each in found])


def policy_table() -> str:
    found = {name: load_policy(name) for name in policies()}
    titles = "".join(f"- `{name}`: {policy.title}\n" for name, policy in found.items())
    rows = [(f"`{kind}`", *(policy.classes[kind] for policy in found.values())) for kind in LABELS]
    actions = table(("action", "what is done"), [(f"`{name}`", text) for name, text in MEANINGS["actions"].items()])
    return f"{titles}\n{actions}\n{table(('class', *(f'`{name}`' for name in found)), rows)}"


def reasons(name: str, expected: Iterable[str] | None = None) -> str:
    """A group of reasons with what each means."""
    known = MEANINGS["reasons"][name]
    told = meanings("reasons", name, known if expected is None else expected)
    return table(("reason", "meaning"), [(f"`{reason}`", text) for reason, text in told.items()])


def load_reasons() -> str:
    """The rules of loading say themselves what they mean; those that change a value come last."""
    rows = sorted(LOAD_RULES.items(), key=lambda rule: (not rule[1].endswith(("refused", "aside")), rule[0]))
    return table(("reason", "meaning"), [(f"`{name}`", text[0].upper() + text[1:] + ".") for name, text in rows])


def python_api() -> str:
    """Every public name with its signature and docstring, graphs first."""
    order = {
        name: at
        for at, name in enumerate(("open_graph", "Graph", "load", "audit", "generate", "trace", "retract", "read"))
    }
    parts = []
    for name in sorted(kgtools.__all__, key=lambda name: (order.get(name, len(order)), name)):
        value = getattr(kgtools, name)
        if not isinstance(value, type):
            parts.append(f"## {name}\n\n{signature(name, value)}\n\n{doc(value)}\n")
            continue
        parts.append(f"## {name}\n\n{doc(value)}\n")
        for key, method in vars(value).items():
            if not key.startswith("_") and callable(method):
                parts.append(f"### {name}.{key}\n\n{signature(key, method)}\n\n{doc(method)}\n")
    return "\n" + "\n".join(parts)


def signature(name: str, function: Callable[..., Any]) -> str:
    """How a function is called, a parameter a line where one line is too long."""
    given = inspect.signature(function)
    parameters: list[str] = []
    for parameter in given.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not any(each.startswith("*") for each in parameters):
            parameters.append("*")
        if parameter.name != "self":
            parameters.append(_shorten(str(parameter)))
    gives = (
        ""
        if given.return_annotation in (None, inspect.Signature.empty)
        else f" -> {_type_name(given.return_annotation)}"
    )
    line = f"{name}({', '.join(parameters)}){gives}"
    if len(line) > 100:
        line = f"{name}(\n" + "".join(f"    {each},\n" for each in parameters) + f"){gives}"
    return f"```text\n{line}\n```"


def _type_name(annotation: Any) -> str:
    return _shorten(inspect.formatannotation(annotation).strip("'"))


def _shorten(text: str) -> str:
    """Without modules before names, and without what is another at each run."""
    text = re.sub(r"<([\w.]+) object at 0x[0-9a-f]+>", r"\1()", text)
    text = re.sub(r"<function .*? at 0x[0-9a-f]+>", "...", text)
    return re.sub(r"\b(?:[a-z_]+\.)+([A-Z]\w*)", r"\1", text)


def doc(value: Any) -> str:
    return inspect.getdoc(value) or ""


def entity_types() -> str:
    rows = [(f"`{name}`", each.en, each.zh) for name, each in ontology().entities.items()]
    return table(("type", "English", "Chinese"), rows)


def relation_table() -> str:
    rows = [
        (f"`{name}`", each.en, each.zh, f"{', '.join(each.domain)} -> {', '.join(each.range)}", f"`{each.inverse}`")
        for name, each in ontology().relations.items()
    ]
    return table(("relation", "English", "Chinese", "from -> to", "read backwards"), rows)


def attribute_table() -> str:
    rows = [(f"`{name}`", each.en, each.zh, each.unit or "") for name, each in ontology().attributes.items()]
    return table(("attribute", "English", "Chinese", "unit"), rows)


def reader_table() -> str:
    rows = [(f"`{name}`", each.title, each.files, each.license) for name, each in registry.every("readers")]
    return table(("reader", "corpus", "files", "licence of the corpus' own files"), rows)


BLOCKS: dict[str, Callable[[], str]] = {
    "entity-types": entity_types,
    "relations": relation_table,
    "attributes": attribute_table,
    "readers": reader_table,
    "api": python_api,
    "commands": command_reference,
    "common-keys": common_keys,
    "train-keys": train_keys,
    "training-recipes": training_recipes,
    "mix-recipes": mix_recipes,
    "split-plans": split_plans,
    "policies": policy_table,
    "load-reasons": load_reasons,
    "coverage-reasons": lambda: reasons("coverage", COVERAGE_REASONS),
    "read-reasons": lambda: reasons("read"),
    "filter-reasons": lambda: reasons("filter"),
    "dedup-reasons": lambda: reasons("dedup"),
    "decontaminate-reasons": lambda: reasons("decontaminate", RULES),
    "split-reasons": lambda: reasons("split", SPLIT_REASONS),
    "convert-reasons": lambda: reasons("convert"),
    "train-reasons": lambda: reasons("train"),
}


def block(name: str) -> str:
    """What stands between the marks of this name."""
    kind, _, rest = name.partition(":")
    makers = {"columns": columns, "stage": stage_keys, "keys": mix_keys}
    return makers[kind](rest) if rest else BLOCKS[name]()


def written(text: str) -> str:
    """A page with what is generated in its place."""
    return BLOCK.sub(lambda match: f"{match[1]}\n{block(match[2])}\n{match[3]}", text)


def main() -> None:
    texts = {file: file.read_text(encoding="utf-8") for file in sorted(REFERENCE.glob("*.md"))}
    stale = {file: text for file, old in texts.items() if (text := written(old)) != old}
    if "--check" in sys.argv[1:]:
        sys.exit("\n".join(f"{file.relative_to(ROOT)} is stale; run: make docs" for file in stale) or 0)
    for file, text in stale.items():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
