"""What is printed of a run before it begins."""

from typing import TYPE_CHECKING

from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import tell
from kgtools.train.commands import shorten
from kgtools.train.launch.failures import size_of
from kgtools.train.paper import WORDS

if TYPE_CHECKING:
    from kgtools.train.launch.plan import Plan


def print_plan(plan: "Plan", style: str) -> None:
    """What will be trained on what: as a table or JSON on stdout, or (`talk`) in short on stderr."""
    facts = plan.to_dict()
    if style == "json":
        print_json(facts)
    elif style == "table":
        recipe = {key: value for key, value in facts["recipe"].items() if key not in WORDS}
        print_table(["recipe", plan.recipe.title], sorted((key, shorten(value)) for key, value in recipe.items()))
        facts["differs_from_paper"] = {
            key: f"{pair['recipe']} (paper {pair['paper']})" for key, pair in facts["differs_from_paper"].items()
        }
        facts["disk"] = f"{size_of(plan.disk.total)} needed, {size_of(plan.disk.free or 0)} free"
        print_table(["run", ""], [(key, shorten(value)) for key, value in facts.items() if key != "recipe"])
    else:
        counts = plan.token_counts["train"]
        cut = f", {sum(counts.cut.values()):,} cut" if counts.cut else ""
        learnt = f", {counts.learnt:,} of them learnt" if counts.learnt else ""  # none of a prompt is
        tell(
            f"{plan.job.stage}: {counts.rows:,} rows, {counts.tokens:,} tokens{learnt}{cut}; "
            f"{sum(plan.rejects.values()):,} refused{_reasons(plan.rejects)}\n"
            f"{_token_rows(plan)}"
            f"{plan.sizes['trained']:,} of {plan.sizes['parameters']:,} parameters trained, {plan.cluster.world} processes, "
            f"{plan.recipe.batch_size} rows a step, {plan.job.steps:,} steps"
            + (f"; goes on after step {plan.job.done:,}" if plan.job.resume else ""),
        )


def print_plans(plans: "list[Plan]", style: str) -> None:
    """What the stages of a chain will be trained on."""
    if style == "json":
        print_json([plan.to_dict() for plan in plans])
    else:
        for plan in plans:
            print_plan(plan, style)


def _token_rows(plan: "Plan") -> str:
    """What is to be said of tokens whose rows were never trained, or are trained now."""
    report = plan.model_report
    left = [f"{token} ({why})" for token, why in report.untrained.items() if token not in report.trained]
    trained = f"rows of tokens that are trained: {', '.join(report.trained)}\n" if report.trained else ""
    return trained + (f"rows that were never trained and are left so: {', '.join(left)}\n" if left else "")


def _reasons(rejects: dict[str, int]) -> str:
    return f" ({', '.join(f'{reason} {number:,}' for reason, number in rejects.items())})" if rejects else ""
