"""What goes on, on stderr, and only where somebody sits at a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from tools.terminal import shown


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
