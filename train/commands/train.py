"""The command that owns models: `kgtools train`, with a command of its own for each stage."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kgtools.tools.main import PluginGroup, load_command
from kgtools.tools.options import F, format_option, out_option
from kgtools.tools.terminal import say, tell
from kgtools.train.commands import changes, nproc_option, recipe_option, shorten, words_argument
from kgtools.train.commands.all import train_all
from kgtools.train.commands.answer import answer
from kgtools.train.commands.best_of_n import reject
from kgtools.train.commands.doctor import doctor
from kgtools.train.commands.merge_adapter import merge
from kgtools.train.commands.recipes import recipes

if TYPE_CHECKING:
    from kgtools.train.launch.job import Stage


def stage_command(name: str) -> click.Command:
    """The command of a stage, an entry point of `kgtools.stages`."""
    from kgtools.train.launch.job import Stage

    return load_command("stages", name, Stage, lambda stage: _stage(name, stage))


@click.group(cls=PluginGroup, plugins="stages", make=stage_command, invoke_without_command=True)
@click.pass_context
def train(ctx: click.Context) -> None:
    """Make a model of records: pre-training, fine-tuning, reward model, PPO; and what comes after."""
    if ctx.invoked_subcommand is None:
        say(ctx.get_help())


def cluster_options(command: F) -> F:
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
        with its recipe, metrics, rejects and run.json, is in --out. The same command resumes an interrupted run.

        \b
        Example:
          kgtools train {name} --recipe tiny {_example(stage)} --dry-run
        """,
    )
    @words_argument
    @recipe_option
    @out_option(f"./{name}", "Folder for the result.")
    @cluster_options
    @click.option("--dry-run", is_flag=True, help="Check everything and say what would be done.")
    @click.option("--fresh", is_flag=True, help="Replace what --out holds.")
    @click.option(
        "--weights-only",
        is_flag=True,
        help="Resume from a checkpoint of another number of processes; the optimizer starts again.",
    )
    @format_option("table", "json")
    def command(
        words: tuple[str, ...], name: str, out: Path, nproc: int | None, nnodes: int | None, node: int | None, rdzv: str | None,
        hostfile: Path | None, dry_run: bool, fresh: bool, weights_only: bool, style: str,
    ) -> None:  # fmt: skip
        from kgtools.train.commands.plan import print_plan
        from kgtools.train.commands.progress import show_metrics
        from kgtools.train.launch.processes import find_cluster
        from kgtools.train.launch.requirements import needs_stack
        from kgtools.train.launch.train import train as train_stage

        needs_stack()
        with show_metrics() as line:
            run = train_stage(
                stage, name, changes(words), out, lambda: find_cluster(nproc, nnodes, node, rdzv, hostfile), fresh=fresh,
                weights_only=weights_only, dry_run=dry_run, on_plan=lambda plan: print_plan(plan, style if dry_run else "talk"), on_metrics=line,
            )  # fmt: skip
        if run.manifest:
            _print_result(run.manifest, out, style)

    return command


def _print_result(done: dict[str, Any], out: Path, style: str) -> None:
    """What came of a run."""
    from kgtools.tools.output import print_json, print_table

    if style == "json":
        print_json(done)
        return
    print_table([str(done["command"]), ""], [(key, shorten(value)) for key, value in done["result"].items()])
    tell(
        f"the {done['result']['made']}, with recipe.yaml, metrics.jsonl, rejects.parquet and run.json, is in {out}",
    )


for command in (train_all, recipes, doctor, merge, answer, reject):
    train.add_command(command)
