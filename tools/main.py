"""The `kgtools` command: a group that knows no command and finds them by entry point."""

import errno
import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from kgtools.tools import registry
from kgtools.tools.errors import Findings, KgtoolsError, UsageError
from kgtools.tools.outputs.signals import PLACED, Stopped, last_words, stoppable
from kgtools.tools.terminal import say, shown, tell

DONE, FOUND, FAILED, STOPPED = 0, 1, 2, 130
"""Exit codes; 130 is what shells have for Ctrl-C."""
SEARCHES = (50_000, 20, 20)
"""When Python searches for cycles: not after each 700 new objects, for a short command makes hundreds of thousands by importing."""
COMPLETE = "_KGTOOLS_COMPLETE"
"""The variable by which a shell asks for completions, as click names it."""


class CommandHost(click.Group):
    """Commands from the entry points `kgtools.commands`, imported one by one; a broken one says so and harms no other."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:  # which is how a shell asks for completions
            say(ctx.get_help())
            ctx.exit(DONE)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so
        return registry.names("commands")

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click calls it so
        if name not in registry.names("commands"):
            return None
        return load_command("commands", name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in registry.names("commands") and not args[0].startswith("-"):
            ctx.fail(f"no command is called {args[0]!r}; {registry.suggestion(args[0], registry.names('commands'))}")
        return super().resolve_command(ctx, args)


class PluginGroup(click.Group):
    """Commands made of what stands in a group of entry points, beside its own. `plugins`: the group (`stages`), in the plural of what
    it holds; `make`: a command of one of its names."""

    def __init__(self, *args: Any, plugins: str, make: Callable[[str], click.Command], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.plugins, self.make = plugins, make

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*registry.names(self.plugins), *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return self.make(name) if name in registry.names(self.plugins) else super().get_command(ctx, name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            noun = self.plugins.removesuffix("s")
            ctx.fail(f"{self.name} has no {noun} {args[0]!r}; {registry.suggestion(args[0], known)}")
        return super().resolve_command(ctx, args)


def load_command(
    group: str, name: str, kind: type = click.Command, make: Callable[[Any], click.Command] = lambda found: found
) -> click.Command:
    """What `make` makes of the thing of this name in a group; where it cannot be loaded, a command that says so."""
    try:
        return make(registry.find(group, name, kind))
    except UsageError as error:
        why = str(error)

    def fail(**_: Any) -> None:
        raise KgtoolsError(why)

    return click.Command(
        name,
        callback=fail,
        short_help=shown(f"(cannot be loaded: {why.partition(' cannot be loaded: ')[2] or why})"),
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        say(f"kgtools {version('kgtools')}")
        ctx.exit()


@click.group(cls=CommandHost, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
def cli() -> None:
    """Turn medical knowledge graphs into traceable, bilingual instruction data."""


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 findings, 2 wrong usage or an error."""
    gc.set_threshold(*SEARCHES)
    sys.exit(run(args))


def run(args: list[str] | None = None) -> int:
    """Run the command line and give its exit code; talk goes to stderr."""
    _make_printable()
    with stoppable():
        try:
            return _run(sys.argv[1:] if args is None else args)
        except Stopped as stopped:
            _drop_unwritten()
            return _say(last_words(), stopped.code)


def _run(args: list[str]) -> int:
    stdout = sys.stdout
    try:
        _refuse_bytes(args)
        result = cli.main(args=args, prog_name="kgtools", standalone_mode=False)
        sys.stdout.flush()
    except Findings as found:
        return _say(str(found), FOUND)
    except KgtoolsError as error:
        return _say(f"error: {error}", FAILED)
    except click.exceptions.NoArgsIsHelpError as error:  # a group without a command: its help is what was asked for
        say(error.format_message())
        return DONE
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "kgtools"
        return _say(f"error: {error.format_message().rstrip('.')}; see {where} --help", FAILED)
    except (click.exceptions.Abort, KeyboardInterrupt) as error:
        if isinstance(error.__cause__, EOFError):  # which click takes for a user who has gone
            return _say("error: a file ends before its end; was the download cut off?", FAILED)
        return _say(last_words(), STOPPED)
    except BrokenPipeError:
        _drop_unwritten()
        return DONE
    except SystemExit as ended:
        # click has answered a shell, and ends so
        if COMPLETE in os.environ:
            return int(ended.code or DONE)
        if sys.stdout is stdout:  # nothing of ours ends so
            return _say(f"error: a plug-in ended the program (exit {ended.code}) before its work was done", FAILED)
        # click put another stdout in its place, because the reader has gone
        return DONE
    except OSError as error:
        if error.errno not in (*FULL, *BARRED):
            raise
        _drop_unwritten()
        return _say(f"error: {error.filename or 'the output'}: {error.strerror}; {_way_out(error)}", FAILED)
    except BaseException as error:
        if (
            type(error).__name__ != "PanicException"
        ):  # how polars ends where a file is damaged in ways that it does not know
            raise
        return _say(
            f"error: a table cannot be read: {' '.join(str(error).split())[:200]}; was the download cut off?", FAILED
        )
    return result if isinstance(result, int) else DONE


def _make_printable() -> None:
    """What stdout and stderr cannot show becomes a question mark, for printing must not fail what is done; what programs read is
    written as bytes. A stream that is closed is written to nowhere."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - as long as the process
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace" if name == "stdout" else "backslashreplace")


def _way_out(error: OSError) -> str:
    if error.errno not in FULL:
        return "name another place"
    if PLACED:
        return f"free some space and run it again; {PLACED[0]} was written before that and stays"
    return "free some space and run it again: what was there before is untouched"


def _refuse_bytes(args: list[str]) -> None:
    """No table can hold the name of a file that is no text. Raises UsageError."""
    for word in args:
        if not word.isprintable() and any("\ud800" <= character <= "\udfff" for character in word):
            raise UsageError(f"{word!r} is not text in {sys.getfilesystemencoding()}; rename the file")


FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
BARRED = {errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP, errno.ENXIO, errno.EIO, errno.ESTALE}
"""What is the place's fault, not ours."""


def _drop_unwritten() -> None:
    """Send what stdout still holds and cannot write to nowhere, or Python would try again as it ends, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _say(text: str, code: int) -> int:
    if text:
        first, *more = text.split("\n")
        tell("\n".join([f"kgtools: {first}", *(line if line.startswith("  ") else f"  {line}" for line in more)]))
    return code


if __name__ == "__main__":
    main()
