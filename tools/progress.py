"""What goes on, on stderr: a spinner where somebody sits at a terminal, and what everybody should know."""

from collections.abc import Iterator
from contextlib import contextmanager

from kgtools.tools.terminal import shown


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show `what` with a spinner while the block runs."""
    import sys

    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(shown(what))):
        yield


def tell(text: str) -> None:
    """Say something that the user should know, and go on."""
    import sys

    print(f"kgtools: {text}", file=sys.stderr)
