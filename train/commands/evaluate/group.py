"""`kgtools evaluate`: what models are asked, and what their answers are worth; a command of its own for each task."""

import click

from kgtools.tools import registry
from kgtools.tools.main import load_command
from kgtools.tools.terminal import say
from kgtools.train.commands.evaluate.all import evaluate_all
from kgtools.train.commands.evaluate.answer import answer
from kgtools.train.commands.evaluate.calibrate import calibrate
from kgtools.train.commands.evaluate.compare import compare
from kgtools.train.commands.evaluate.gain import gain
from kgtools.train.commands.evaluate.judge import judge
from kgtools.train.commands.evaluate.prompts import prompts
from kgtools.train.commands.evaluate.report import report
from kgtools.train.commands.evaluate.scores import task_command


class Tasks(click.Group):
    """The tasks of the entry points `kgtools.tasks`, beside the commands that score nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*registry.names("tasks"), *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in registry.names("tasks"):
            return super().get_command(ctx, name)
        from kgtools.train.evaluate.task import Task

        return load_command("tasks", name, Task, lambda task: task_command(name, task))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            ctx.fail(f"evaluate has no task {args[0]!r}; {registry.suggestion(args[0], known)}")
        return super().resolve_command(ctx, args)


@click.group(cls=Tasks, invoke_without_command=True)
@click.pass_context
def evaluate(ctx: click.Context) -> None:
    """Score a model's answers: exams, dialogues, facts of the graph; with intervals, and what could not be read."""
    if ctx.invoked_subcommand is None:
        say(ctx.get_help())


for command in (answer, calibrate, compare, evaluate_all, gain, judge, prompts, report):
    evaluate.add_command(command)
