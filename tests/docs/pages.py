"""A page of the documentation as blocks: what is run, what it prints, and the files that it needs.

    ```sh                       run by bash, in the order of the page, in one session
    ```python                   run by Python, each block by itself
    ```text                     what the block before it prints; `...` stands for whatever a line or a part of it says
    ```csv title="drugs.csv"    a file that is written before the next block runs

A comment in the line before a fence says more about it:

    <!-- not run: needs two GPUs -->   only looked at: its commands and options must exist
    <!-- exit code 1 -->               how the last command that failed must have ended
    <!-- output varies -->             printed on one machine once; not compared
    <!-- facts -->                     not output: what the graph then says, which another test compares

A page that has the line `<!-- needs neo4j -->` is run with a server in NEO4J_URI and its login.
"""

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(
    r'^(?:<!-- (?P<note>[^\n]*?) -->\n)?```(?P<kind>\w+)(?: title="(?P<title>[^"\n]+)")?\n(?P<code>.*?)^```$',
    re.MULTILINE | re.DOTALL,
)
NOTE = re.compile(r"not run: (?P<reason>.+)|exit code (?P<code>\d+)|output varies|facts")


@dataclass(frozen=True)
class Block:
    """One fenced block, with what the comment before it says."""

    kind: str
    title: str
    code: str
    note: str

    @property
    def reason(self) -> str:
        """Why it is not run; empty where it is."""
        return self.note.removeprefix("not run: ") if self.note.startswith("not run: ") else ""

    @property
    def exit_code(self) -> int:
        return int(self.note.removeprefix("exit code ")) if self.note.startswith("exit code ") else 0


def blocks(page: Path) -> list[Block]:
    """The blocks of a page that have a language, in their order."""
    text = page.read_text(encoding="utf-8")
    return [Block(m["kind"], m["title"] or "", m["code"], m["note"] or "") for m in FENCE.finditer(text)]


def pattern(shown: str) -> re.Pattern[str]:
    """What matches the output that a page shows, `...` standing for anything: a line of it for any number of lines."""
    lines = [
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line.rstrip()).replace(re.escape("..."), ".*?") + r"\n"
        for line in shown.splitlines()
    ]
    return re.compile("".join(lines))


def plain(printed: str) -> str:
    """Output as a page shows it: no blank lines around it, no spaces at the ends of lines."""
    return "\n".join(line.rstrip() for line in printed.strip("\n").splitlines()) + "\n"
