"""The `kgtools` command: a group that knows no command and finds them by entry point."""

import errno
import os
import sys
from typing import Any

import click

from tools import registry
from tools.errors import Findings, KgtoolsError, UsageError

DONE, FOUND, FAILED = 0, 1, 2


class CommandHost(click.Group):
    """Commands from the entry points `kgtools.commands`, imported one by one; a broken one says so and harms no other."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so
        return registry.names("commands")

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click calls it so
        if name not in registry.names("commands"):
            return None
        try:
            command = registry.find("commands", name)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a guest's module may raise anything while it is imported
            return _broken(name, error)
        return command if isinstance(command, click.Command) else _broken(name, TypeError("not a click command"))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in registry.names("commands") and not args[0].startswith("-"):
            ctx.fail(f"no command is called {args[0]!r}; {registry.suggestion(args[0], registry.names('commands'))}")
        return super().resolve_command(ctx, args)


def _broken(name: str, error: BaseException) -> click.Command:
    def fail(**_: Any) -> None:
        raise KgtoolsError(f"the command {name!r} cannot be loaded: {error}")

    return click.Command(
        name,
        callback=fail,
        short_help=f"(cannot be loaded: {type(error).__name__}: {error})",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"kgtools {version('kgtools')}")
        ctx.exit()


@click.group(cls=CommandHost, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
def cli() -> None:
    """Turn medical knowledge graphs into traceable, bilingual instruction data."""


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 findings, 2 wrong usage or an error."""
    sys.exit(run(args))


def run(args: list[str] | None = None) -> int:
    """Run the command line and give its exit code; talk goes to stderr."""
    stdout = sys.stdout
    try:
        _refuse_bytes(sys.argv[1:] if args is None else args)
        result = cli.main(args=args, prog_name="kgtools", standalone_mode=False)
        sys.stdout.flush()
    except Findings as found:
        return _say(str(found), FOUND)
    except KgtoolsError as error:
        return _say(f"error: {error}", FAILED)
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "kgtools"
        return _say(f"error: {error.format_message().rstrip('.')}; see {where} --help", FAILED)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _say("stopped; nothing was changed", 130)
    except BrokenPipeError:
        _drop_unwritten()
        return DONE
    except SystemExit:
        if sys.stdout is stdout:
            raise
        return DONE  # click put another stdout in its place, because the reader has gone
    except OSError as error:
        if error.errno not in FULL:
            raise
        _drop_unwritten()
        return _say(
            f"error: {error.filename or 'the output'}: {error.strerror}; free some space and run it again: what was there before is untouched",
            FAILED,
        )
    except BaseException as error:
        if (
            type(error).__name__ != "PanicException"
        ):  # how polars ends where a file is damaged in ways that it does not know
            raise
        return _say(
            f"error: a table cannot be read: {' '.join(str(error).split())[:200]}; was the download cut off?", FAILED
        )
    return result if isinstance(result, int) else DONE


def _refuse_bytes(args: list[str]) -> None:
    """No table can hold the name of a file that is no text. Raises UsageError."""
    for word in args:
        if not word.isprintable() and any("\ud800" <= character <= "\udfff" for character in word):
            raise UsageError(f"{word!r} is not text in {sys.getfilesystemencoding()}; rename the file")


FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


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
        click.echo(f"kgtools: {text}", err=True)
    return code


if __name__ == "__main__":
    main()
