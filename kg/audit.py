"""Audits: Cypher files that return the offending rows; none is a pass."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.kg.ontology import ontology
from kgtools.kg.stores import Store, as_frame
from kgtools.tools.errors import CypherError, InputError, UsageError
from kgtools.tools.inputs.files import read_text
from kgtools.tools.registry import suggestion

SEVERITIES = ("info", "warning", "error")
AT_ONCE = 4
"""Questions that a server has before it at the same time: each keeps one of its cores busy."""
OURS = Path(__file__).with_name("audits")
HEADER = re.compile(r"^// (\w+): (.+)$")
"""`// title: Self-loops`: a line at the top of an audit file."""


@dataclass(frozen=True)
class Audit:
    """One question to a graph: what is wrong (in both languages), how bad it is, why it matters."""

    name: str
    title: str
    title_zh: str
    severity: str
    why: str
    cypher: str
    why_zh: str = ""


@dataclass(frozen=True)
class Finding:
    """An audit's answer: the offending rows."""

    audit: Audit
    columns: list[str]
    rows: list[list[Any]]

    def to_frame(self) -> pl.DataFrame:
        """The rows as a frame."""
        return as_frame(self.columns, self.rows)


def audits(folders: Iterable[Path] = (), only: Iterable[str] = ()) -> list[Audit]:
    """Our audits and those in `folders`, by name; `only` some of them. Raises InputError, UsageError."""
    by_name: dict[str, Audit] = {}
    for folder in (OURS, *folders):
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder; --audits takes a folder of *.cypher files")
        files = sorted(folder.rglob("*.cypher"))
        if not files:
            raise InputError(f"{folder}: holds no *.cypher file")
        for file in files:
            if file.stem in by_name:
                raise InputError(f"{file}: there is an audit of this name already; rename the file")
            by_name[file.stem] = read_audit(file)
    for name in only:
        if name not in by_name:
            raise UsageError(f"--only {name}: no such audit; {suggestion(name, list(by_name))}")
    return [by_name[name] for name in sorted(by_name) if not only or name in set(only)]


def read_audit(file: Path) -> Audit:
    """An audit file: `// title: ...`, `// title_zh: ...`, `// severity: ...`, `// why: ...`, then one query.

    A line `// why_zh: ...` may say why in Chinese too."""
    text = read_text(file)
    header: dict[str, str] = {m[1]: m[2] for m in map(HEADER.match, text.splitlines()) if m}
    missing = [key for key in ("title", "title_zh", "severity", "why") if key not in header]
    if missing:
        raise InputError(
            f"{file}:1: the header lacks {', '.join(missing)}; write a line `// {missing[0]}: ...` for each"
        )
    if header["severity"] not in SEVERITIES:
        raise InputError(f"{file}: severity {header['severity']!r}; expected {', '.join(SEVERITIES)}")
    return Audit(
        file.stem,
        header["title"],
        header["title_zh"],
        header["severity"],
        header["why"],
        text,
        header.get("why_zh", ""),
    )


def run(store: Store, audit: Audit) -> Finding:
    """Ask one question. Raises CypherError that names the audit."""
    return next(run_all(store, [audit]))


def run_all(store: Store, audits: Iterable[Audit]) -> Iterator[Finding]:
    """Ask the questions, in this order; a server works on the next ones while an answer is read.

    Raises CypherError that names the audit."""
    asked = deque[tuple[Audit, list[str], Iterable[list[Any]]]]()
    for audit in audits:
        with _naming(audit):
            asked.append((audit, *store.query(audit.cypher, parameters(audit))))
        if len(asked) == AT_ONCE:
            yield _read(*asked.popleft())
    while asked:
        yield _read(*asked.popleft())


def _read(audit: Audit, columns: list[str], rows: Iterable[list[Any]]) -> Finding:
    with _naming(audit):
        return Finding(audit, columns, list(rows))


@contextmanager
def _naming(audit: Audit) -> Iterator[None]:
    try:
        yield
    except CypherError as error:
        raise CypherError(f"audit {audit.name}: {error}") from error


def parameters(audit: Audit) -> dict[str, list[str]]:
    """What of the ontology the audit's query asks for: `$residue`, `$signatures`."""
    words = {word for source in ontology().sources.values() for words in source.residue.values() for word in words}
    values = {"residue": sorted(words), "signatures": ontology().signatures()}
    return {key: value for key, value in values.items() if f"${key}" in audit.cypher}


def inline_parameters(audit: Audit) -> str:
    """The audit's query without its header, the ontology's words put in: what runs as it stands, in any store."""
    lines = [line for line in audit.cypher.splitlines() if not HEADER.match(line)]
    text = "\n".join(lines).strip()
    lists = {key: "[" + ", ".join(map(_quote, values)) + "]" for key, values in parameters(audit).items()}
    return re.sub(r"\$(\w+)", lambda match: lists.get(match[1], match[0]), text)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def fails(findings: Iterable[Finding], fail_on: str) -> bool:
    """Whether there is a finding at or above the severity `fail_on`; never for `never`."""
    if fail_on == "never":
        return False
    bad = SEVERITIES[SEVERITIES.index(fail_on) :]
    return any(finding.rows and finding.audit.severity in bad for finding in findings)
