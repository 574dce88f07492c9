"""`kgtools train all`: fine-tuning, reward model, PPO and answers by one command."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.tools.options import (
    allow_option,
    complete_words,
    format_option,
    identified_option,
    out_option,
    seed_option,
)
from kgtools.tools.terminal import tell
from kgtools.train.commands import nproc_option, shorten, systems

if TYPE_CHECKING:
    from kgtools.train.pipeline import PipelineResult


@click.command("all")
@click.option(
    "--recipe", "system", metavar="NAME", required=True, shell_complete=complete_words(systems),
    help="A system that has sft, reward, ppo and answer.",
)  # fmt: skip
@click.option("--records", type=click.Path(path_type=Path), required=True, help="Records to fine-tune on and to ask.")
@click.option(
    "--preferences", type=click.Path(path_type=Path), required=True, multiple=True,
    help="Preferences for the reward model; several folders by naming it several times.",
)  # fmt: skip
@allow_option
@identified_option
@seed_option
@click.option(
    "--dry-run",
    is_flag=True,
    help="Check what fine-tuning and the reward model are made of, and say what would be done.",
)
@out_option("./trained", "Folder for all stages.")
@nproc_option
@format_option("table", "json")
def train_all(
    system: str, records: Path, preferences: tuple[Path, ...], allow: tuple[str, ...], identified: bool, seed: int,
    dry_run: bool, out: Path, nproc: int | None, style: str,
) -> None:  # fmt: skip
    """Run the full pipeline (fine-tuning, merge, reward model, PPO, answers) and show what each stage changed.

    At the end the base, the fine-tuned model and the one after PPO answer 128 questions of the train split and 128 of the test split.
    The tables have how many answers are those of the records (but for white space and a full stop at the end), the mean score
    of the reward model, how many answers end and their length; how many pairs of preferences the reward model tells apart, trained
    on and not; reward and KL of PPO. Finished stages are not run again.

    \b
    Example:
      kgtools train all --recipe tiny --records records --preferences preferences --allow-license LicenseRef-39health-unstated --allow-license LicenseRef-xywy-noncommercial --dry-run
    """  # noqa: E501
    from kgtools.train import pipeline
    from kgtools.train.commands.plan import print_plans
    from kgtools.train.commands.progress import show_count, show_metrics
    from kgtools.train.launch.processes import find_cluster
    from kgtools.train.launch.requirements import needs_stack

    needs_stack()
    cluster = find_cluster(nproc, None, None, None, None)
    inputs = pipeline.PipelineInputs(system, records, preferences, allow, seed, identified)
    if dry_run:
        print_plans(pipeline.dry_run(inputs, cluster), style)
        return
    with show_metrics() as line, show_count("answers") as count:
        result = pipeline.train_all(inputs, out, cluster, tell, line, count)
    _print_result(result, style)


def _print_result(result: "PipelineResult", style: str) -> None:
    """What each stage of a chain changed: how the models answer, what the reward model tells apart, and what PPO did."""
    from kgtools.tools.output import print_json, print_table

    if style == "json":
        print_json(result.to_dict())
        return
    print_table(
        ["model", "exact match, trained", "exact match, held out", "reward", "answers that end", "tokens an answer", "loss"],
        [
            (
                effect.model, _percent(effect.match_trained), _percent(effect.match_held_out), f"{effect.reward:+.3f}",
                f"{effect.ended:.0%}", f"{effect.tokens:.1f}", shorten(effect.loss),
            )
            for effect in result.effects
        ],
    )  # fmt: skip
    pairs = [
        (name, result.reward_model.get(f"judged_on_{split}"))
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
            (key, f"{result.ppo[f'first_{key}']:+.3f}", f"{result.ppo[f'last_{key}']:+.3f}")
            for key in ("reward", "kl", "eos_rate")
        ],
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"
