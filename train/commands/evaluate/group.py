"""`kgtools evaluate`: what models are asked, and what their answers are worth; a command of its own for each task."""

import click

from kgtools.tools.main import PluginGroup, load_command
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


def scores_command(name: str) -> click.Command:
    """The command that scores answers of a task, an entry point of `kgtools.tasks`."""
    from kgtools.train.evaluate.task import Task

    return load_command("tasks", name, Task, lambda task: task_command(name, task))


@click.group(cls=PluginGroup, plugins="tasks", make=scores_command, invoke_without_command=True)
@click.pass_context
def evaluate(ctx: click.Context) -> None:
    """Score a model's answers: exams, dialogues, facts of the graph; with intervals, and what could not be read."""
    if ctx.invoked_subcommand is None:
        say(ctx.get_help())


for command in (answer, calibrate, compare, evaluate_all, gain, judge, prompts, report):
    evaluate.add_command(command)
