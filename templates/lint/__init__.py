"""Lint: all that is wrong with a pack, each with file, line and the way out; none is a pass."""

from pathlib import Path

from kgtools.templates.findings import Finding
from kgtools.templates.lint.claims import check_claims
from kgtools.templates.lint.declared import check_declared
from kgtools.templates.lint.grammar import check_grammar
from kgtools.templates.lint.relations import check_relations
from kgtools.templates.lint.texts import check_repeats, check_texts
from kgtools.templates.pack import read_pack


def lint(folder: Path) -> list[Finding]:
    """Every fault of the pack in a folder, those first that keep it from being read; what can be read is judged all the same."""
    pack, findings = read_pack(folder)
    if pack is None:
        return findings
    findings = [*findings, *check_declared(pack, {finding.file for finding in findings})]
    for template in pack.templates:
        findings += check_texts(template)
        findings += check_grammar(template)
    findings += check_repeats(pack)
    if not pack.info.verbatim:
        claims = [finding for template in pack.templates for finding in check_claims(template)]
        claimed = {(finding.file, finding.line) for finding in claims}
        said = [finding for template in pack.templates for finding in check_relations(template)]
        findings += claims + [finding for finding in said if (finding.file, finding.line) not in claimed]
    return findings
