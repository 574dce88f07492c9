"""What the training commands print, for people and for programs."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgtools.tools.inputs.safe_yaml import read_yaml
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import retell, say, tell
from kgtools.train.launch.failures import size_of
from kgtools.train.paper import WORDS, differences

if TYPE_CHECKING:
    from kgtools.train.launch.doctor import Check
    from kgtools.train.launch.prepare import Plan
    from kgtools.train.launch.processes import Cluster


def print_plan(plan: "Plan", place: "Cluster", style: str) -> None:
    """What will be trained on what: as a table or JSON on stdout, or (`talk`) in short on stderr."""
    facts = _facts(plan, place)
    if style == "json":
        print_json(facts)
    elif style == "table":
        recipe = {key: value for key, value in facts["recipe"].items() if key not in WORDS}
        print_table(["recipe", plan.recipe.title], sorted((key, _short(value)) for key, value in recipe.items()))
        facts["differs_from_paper"] = {
            key: f"{pair['recipe']} (paper {pair['paper']})" for key, pair in facts["differs_from_paper"].items()
        }
        facts["disk"] = f"{size_of(plan.disk['sum'])} needed, {size_of(plan.disk['free'])} free"
        print_table(["run", ""], [(key, _short(value)) for key, value in facts.items() if key != "recipe"])
    else:
        made = plan.token_counts["train"]
        cut = f", {sum(made.cut.values()):,} cut" if made.cut else ""
        learnt = f", {made.learnt:,} of them learnt" if made.learnt else ""  # none of a prompt is
        tell(
            f"{plan.job.stage}: {made.rows:,} rows, {made.tokens:,} tokens{learnt}{cut}; "
            f"{sum(plan.rejects.values()):,} refused{_reasons(plan.rejects)}\n"
            f"{_rows(plan)}"
            f"{plan.sizes['trained']:,} of {plan.sizes['parameters']:,} parameters trained, {place.world} processes, "
            f"{plan.recipe.batch_size} rows a step, {plan.job.steps:,} steps"
            + (f"; goes on after step {plan.job.done:,}" if plan.job.resume else ""),
        )


def print_plans(plans: "list[Plan]", place: "Cluster", style: str) -> None:
    """What the stages of a chain will be trained on."""
    if style == "json":
        print_json([_facts(plan, place) for plan in plans])
    else:
        for plan in plans:
            print_plan(plan, place, style)


def _facts(plan: "Plan", place: "Cluster") -> dict[str, Any]:
    recipe = plan.recipe
    return {
        "stage": plan.job.stage,
        "recipe": recipe.model_dump(mode="json"),
        "differs_from_paper": {key: {"recipe": own, "paper": told} for key, (own, told) in differences(recipe).items()},
        "base": plan.job.fingerprint,
        **plan.model_report.facts,
        "rows": {split: counts.to_dict() for split, counts in plan.token_counts.items()},
        "rejected": plan.rejects,
        "counts": {key: dict(sorted(counter.items())) for key, counter in plan.rows.counts.items()},
        "world_size": place.world,
        "global_batch": recipe.batch_size,
        "accumulation": recipe.batch_size // (recipe.micro_batch_size * place.world),
        "steps": plan.job.steps,
        "stop_tokens": [str(stop) for stop in plan.stops],
        **plan.sizes,
        "memory_of_a_device": plan.memory | {"sum": sum(plan.memory.values())},
        "disk": plan.disk,
    }


def _rows(plan: "Plan") -> str:
    """What is to be said of tokens whose rows were never trained, or are trained now."""
    found = plan.model_report
    left = [f"{token} ({why})" for token, why in found.untrained.items() if token not in found.trained]
    said = f"rows of tokens that are trained: {', '.join(found.trained)}\n" if found.trained else ""
    return said + (f"rows that were never trained and are left so: {', '.join(left)}\n" if left else "")


def _reasons(rejects: dict[str, int]) -> str:
    return f" ({', '.join(f'{reason} {number:,}' for reason, number in rejects.items())})" if rejects else ""


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(str(_short(inner)) for inner in value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value


@contextmanager
def progress() -> Iterator[Callable[[dict[str, Any]], None]]:
    """Shows lines of metrics as they come: one that is overwritten on a terminal, else each on a line of its own, on stderr."""
    live = sys.stderr.isatty()
    shown = False

    def show(line: dict[str, Any]) -> None:
        nonlocal shown
        text = progress_line(line)
        (retell if live else tell)(text)
        shown = True

    try:
        yield show
    finally:
        if live and shown:
            tell()


def progress_line(line: dict[str, Any]) -> str:
    """A line of metrics as people read it."""
    words = [f"step {line['step']:,}/{line['steps']:,}"]
    for key, value in line.items():
        if (
            key in ("loss", "eval_loss", "accuracy", "margin", "reward", "kl", "mean_token_accuracy")
            and value is not None
        ):
            words.append(f"{key.removeprefix('mean_').replace('_', ' ')} {value:.4g}")
    if line.get("tokens_per_second"):
        words.append(f"{line['tokens_per_second']:,.0f} tokens/s")
        words.append(f"MFU {line['mfu']:.1%}" if line.get("mfu") else "MFU not known here")
    if line.get("seconds_left"):
        minutes, seconds = divmod(round(line["seconds_left"]), 60)
        words.append(f"{minutes // 60}:{minutes % 60:02}:{seconds:02} left")
    return "  ".join(words)


def print_done(done: dict[str, Any], out: Path, style: str) -> None:
    """What came of a run."""
    if style == "json":
        print_json(done)
        return
    print_table([str(done["command"]), ""], [(key, _short(value)) for key, value in done["result"].items()])
    tell(
        f"the {done['result']['made']}, with recipe.yaml, metrics.jsonl, rejects.parquet and run.json, is in {out}",
    )


def print_recipes(systems: dict[str, list[str]], papers: dict[str, str], style: str) -> None:
    """The recipes that come with kgtools, and the papers that they follow."""
    if style == "json":
        print_json({name: {"stages": stages, "paper": papers[name]} for name, stages in systems.items()})
    else:
        rows = [(name, ", ".join(stages), papers[name]) for name, stages in systems.items()]
        print_table(["system", "stages", "paper"], rows)


def print_recipe(file: Path, style: str) -> None:
    """A recipe as it stands in its file."""
    text = file.read_text(encoding="utf-8")
    if style == "json":
        print_json(read_yaml(text, file)[0])
    else:
        say(text, nl=False)


def print_facts(title: str, facts: dict[str, Any], style: str) -> None:
    """What a command has to tell."""
    if style == "json":
        print_json(facts)
    else:
        print_table([title, ""], [(key, _short(value)) for key, value in facts.items()])


def print_checks(checks: "list[Check]", style: str) -> None:
    """What a machine has and what it lacks."""
    if style == "json":
        print_json([vars(check) for check in checks])
    else:
        print_table(
            ["", "found", "way out"], [(f"{check.state}: {check.what}", check.found, check.way_out) for check in checks]
        )


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Shows how much is done, on stderr where that is a terminal."""
    live = sys.stderr.isatty()

    def show(done: int, of: int) -> None:
        if live:
            retell(f"{done:,} of {of:,} {what}")

    try:
        yield show
    finally:
        if live:
            tell()


def print_effects(told: dict[str, Any], style: str) -> None:
    """What each stage of a chain changed: how the models answer, what the reward model tells apart, and what PPO did."""
    if style == "json":
        print_json(told)
        return
    print_table(
        ["model", "exact match, trained", "exact match, held out", "reward", "answers that end", "tokens an answer", "loss"],
        [
            (
                row["model"], _percent(row["match_trained"]), _percent(row["match_held_out"]), f"{row['reward']:+.3f}",
                f"{row['ended']:.0%}", f"{row['tokens']:.1f}", _short(row["loss"]),
            )
            for row in told["effects"]
        ],
    )  # fmt: skip
    pairs = [
        (name, told["reward_model"].get(f"judged_on_{split}"))
        for name, split in (("trained", "train"), ("held out", "validation"))
    ]
    print_table(
        ["reward model, pairs", "", "accuracy", "margin"],
        [
            (name, f"{row['pairs']:,.0f}", _percent(row["accuracy"]), f"{row['margin']:.2f}")
            for name, row in pairs
            if row
        ],
    )
    print_table(
        ["ppo", "first steps", "last steps"],
        [
            (key, f"{told['ppo'][f'first_{key}']:+.3f}", f"{told['ppo'][f'last_{key}']:+.3f}")
            for key in ("reward", "kl", "eos_rate")
        ],
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"
