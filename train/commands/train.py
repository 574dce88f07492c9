"""The command that owns models: `kgtools train`, with a command of its own for each stage."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.corpora.commands import F, format_option, out_option, seed_option
from kgtools.tools import registry
from kgtools.tools.errors import UsageError
from kgtools.tools.main import load_command
from kgtools.tools.options import allow_option, identified_option
from kgtools.tools.outputs.atomic import write_whole
from kgtools.tools.terminal import tell
from kgtools.train.commands import answer, changes, nproc_option, recipe_option, words_argument

if TYPE_CHECKING:
    from kgtools.train.launch.job import Stage


class Stages(click.Group):
    """The stages of the entry points `kgtools.stages`, beside the commands that train nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*registry.names("stages"), *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in registry.names("stages"):
            return super().get_command(ctx, name)
        from kgtools.train.launch.job import Stage

        return load_command("stages", name, Stage, lambda stage: _stage(name, stage))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            ctx.fail(f"train has no stage {args[0]!r}; {registry.suggestion(args[0], known)}")
        return super().resolve_command(ctx, args)


@click.group(cls=Stages)
def train() -> None:
    """Make a model of records: pre-training, fine-tuning, reward model, PPO; and what comes after."""


def place_options(command: F) -> F:
    """The options that say which processes there are."""
    for option in (
        click.option(
            "--hostfile",
            type=click.Path(path_type=Path),
            help="The nodes, `name slots=8` a line, as DeepSpeed has them.",
        ),
        click.option("--rdzv", metavar="HOST:PORT", help="Where the nodes meet: node 0 and a free port of it."),
        click.option("--node", type=int, help="Which of the nodes this is, from 0."),
        click.option("--nnodes", type=click.IntRange(1), help="So many machines; start the command on each."),
        nproc_option,
    ):
        command = option(command)
    return command


def _example(stage: "Stage") -> str:
    """What a first run of a stage is told: its data, of licences that must be allowed, and what it needs beside them."""
    data = "preferences" if stage.noun == "preferences" else "records"
    allowed = "'allow_license=[LicenseRef-39health-unstated,LicenseRef-xywy-noncommercial]'"
    return " ".join(filter(None, (stage.example, f"data={data}", allowed)))


def _stage(name: str, stage: "Stage") -> click.Command:
    """The command of a stage."""

    @click.command(
        name,
        help=f"""{stage.about}

        The recipe is one of those that `kgtools train recipes` lists or a file; key=value changes what it says. The result, a folder
        with its recipe, metrics, rejects and run.json, is in --out. A run that was broken off goes on where it was when the same
        command is given again.

        \b
        Example:
          kgtools train {name} --recipe tiny {_example(stage)} --dry-run
        """,
    )
    @words_argument
    @recipe_option
    @out_option(f"./{name}", "Folder for the result.")
    @place_options
    @click.option("--dry-run", is_flag=True, help="Check everything and say what would be done.")
    @click.option("--fresh", is_flag=True, help="Replace what --out holds.")
    @click.option(
        "--weights-only",
        is_flag=True,
        help="Go on from a checkpoint of so many other processes; the optimizer begins anew.",
    )
    @format_option("table", "json")
    def command(
        words: tuple[str, ...], name: str, out: Path, nproc: int | None, nnodes: int | None, node: int | None, rdzv: str | None,
        hostfile: Path | None, dry_run: bool, fresh: bool, weights_only: bool, style: str,
    ) -> None:  # fmt: skip
        from kgtools.train import recipe
        from kgtools.train.commands import output
        from kgtools.train.launch import processes
        from kgtools.train.launch.requirements import needs_stack
        from kgtools.train.launch.run import run

        needs_stack()
        settings = recipe.load(name, stage.name, stage.recipe, changes(words))
        place = processes.find_cluster(nproc, nnodes, node, rdzv, hostfile)
        with output.progress() as line:
            done = run(
                stage, settings, out, place, fresh=fresh, weights_only=weights_only, dry_run=dry_run,
                on_plan=lambda plan: output.print_plan(plan, place, style if dry_run else "talk"), on_metrics=line,
            )  # fmt: skip
        if done:
            output.print_done(done, out, style)

    return command


@train.command("all")
@click.option(
    "--recipe", "system", metavar="NAME", required=True, help="A system that has sft, reward, ppo and answer."
)
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
    """Go the whole way: fine-tuning, merge, reward model, PPO, answers; and show what each stage changed.

    At the end the base, the fine-tuned model and the one after PPO answer 128 questions of the train split and 128 of the test split.
    The tables have how many answers are those of the records (but for white space and a full stop at the end), the mean score
    of the reward model, how many answers end and their length; how many pairs of preferences the reward model tells apart, trained
    on and not; reward and KL of PPO. What is done is not done again.

    \b
    Example:
      kgtools train all --recipe tiny --records records --preferences preferences --allow-license LicenseRef-39health-unstated --allow-license LicenseRef-xywy-noncommercial --dry-run
    """  # noqa: E501
    from kgtools.train import pipeline
    from kgtools.train.commands import output
    from kgtools.train.launch import processes
    from kgtools.train.launch.requirements import needs_stack

    needs_stack()
    place = processes.find_cluster(nproc, None, None, None, None)
    given = pipeline.PipelineInputs(system, records, preferences, allow, seed, identified)
    if dry_run:
        output.print_plans(pipeline.dry_run(given, place), place, style)
        return
    with output.progress() as line:
        told = pipeline.train_all(given, out, place, lambda text: tell(text), line)
    output.print_effects(told, style)


@train.command("recipes")
@click.argument("action", type=click.Choice(["list", "show", "copy"]), default="list")
@click.argument("name", required=False)
@click.argument("stage", required=False)
@click.option("--out", "-o", type=click.Path(path_type=Path), help="File for copy.  [default: NAME-STAGE.yaml]")
@format_option("table", "json")
def recipes(action: str, name: str | None, stage: str | None, out: Path | None, style: str) -> None:
    """List the recipes that come with kgtools, show one or copy it.

    \b
    Example:
      kgtools train recipes show tiny sft
    """
    from kgtools.train import recipe
    from kgtools.train.commands import output

    if action == "list":
        output.print_recipes(recipe.systems(), recipe.papers(), style)
        return
    if name is None or stage is None:
        raise UsageError(f"recipes {action}: name a system and a stage, as `kgtools train recipes {action} tiny sft`")
    file = recipe.find(name, stage)
    if action == "show":
        output.print_recipe(file, style)
        return
    out = out or Path(f"{name.replace(':', '-')}-{stage}.yaml")
    if out.exists():
        raise UsageError(f"{out}: is there already; name another file with --out")
    write_whole(out, file.read_bytes())
    tell(f"{out}: a copy to change; --recipe {out} takes it")


for command in answer.COMMANDS:
    train.add_command(command)
