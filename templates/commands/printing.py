"""What `kgtools packs` prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import say, tell

if TYPE_CHECKING:
    from kgtools.templates.diversity import Diversity
    from kgtools.templates.findings import Finding
    from kgtools.templates.pack import Pack
    from kgtools.templates.preview import Preview


def print_packs(packs: "list[Pack]", style: str) -> None:
    """A row a pack."""
    rows = [
        {"pack": p.info.name, "version": p.info.version, "templates": len(p.info.templates), "variants": sum(len(t.variants) for t in p.templates),
         "license": p.info.license, "title": p.info.title}
        for p in packs
    ]  # fmt: skip
    if style == "json":
        print_json(rows)
        return
    print_table(["pack", "version", "templates", "variants", "licence", "title"], [list(row.values()) for row in rows])


def print_pack(told: dict[str, Any], style: str) -> None:
    """A pack with what its templates ask and where its paths lead."""
    if style == "json":
        print_json(told)
        return
    say(f"{told['pack']} {told['version']}: {told['title']}")
    say(f"licence: {told['license']}" + ("; the words of others, kept as they are" if told["verbatim"] else ""))
    say(f"source: {told['source']}\n" if told["source"] else "")
    rows = [
        [each["template"], each["head"], each["attribute"] or each["relations"], each["tail"], _counts(each["variants"]), _reasons(each["missing"])]
        for each in told["templates"]
    ]  # fmt: skip
    print_table(["template", "head", "relations or attribute", "tail", "variants", "missing"], rows)
    if told["paths"]:
        paths = [[each["path"], each["hops"], each["templates"], each["leads"]] for each in told["paths"]]
        print_table(["path", "hops", "templates", "leads"], paths)


def _counts(variants: dict[str, int]) -> str:
    return ", ".join(f"{lang} {count}" for lang, count in variants.items())


def _reasons(missing: dict[str, str]) -> str:
    return "; ".join(f"{lang}: {why}" for lang, why in missing.items())


def print_template(told: dict[str, Any], style: str) -> None:
    """A template with its texts as they are written."""
    if style == "json":
        print_json(told)
        return
    say(f"{told['pack']}@{told['version']}/{told['template']}")
    asked = told["attribute"] or "|".join(told["relations"])
    say(f"({told['head']})-[{asked}]->({told['tail'] or 'value'}){', one value only' if told['single'] else ''}")
    for lang, why in told["missing"].items():
        say(f"no {lang}: {why}")
    for each in told["texts"]:
        say(f"\n{each['lang']}#{each['variant']}  {each['file']}:{each['line']}")
        say(f"  {each['user'].strip()}\n  {each['assistant'].strip()}")


def print_findings(findings: "dict[str, list[Finding]]", style: str) -> None:
    """What lint found in packs."""
    every = [finding for each in findings.values() for finding in each]
    if style == "json":
        print_json([finding.to_dict() for finding in every])
        return
    print_table(["pack", "faults"], [[name, len(each)] for name, each in findings.items()])
    for finding in every:
        say(str(finding))


def print_preview(preview: "Preview", style: str, out: Path | None) -> None:
    """The renderings as a table or JSON, or as a page for people."""
    from kgtools.templates.preview.page import page
    from kgtools.tools.errors import UsageError
    from kgtools.tools.inputs.files import to_json
    from kgtools.tools.outputs.atomic import write_file

    if style == "table" and out is not None:
        raise UsageError("--out needs --format html or json")
    rows = [row.to_dict() for row in preview.rows]
    if style == "html":
        text = page(preview)
        if out is None:
            say(text, nl=False)
        else:
            write_file(out, text.encode(), "--out")
    elif style == "json" and out is not None:
        write_file(out, to_json(rows), "--out")
    elif style == "json":
        print_json(rows)
    else:
        shown = [
            [row.name, row.what, lang, f"{Path(text.file).name}:{text.line}", text.user, text.assistant]
            for row in preview.rows
            for lang, text in row.texts.items()
        ]
        print_table(["template", "what", "lang", "where", "question", "answer"], shown)
        if silent := sorted({row.name for row in preview.rows if not row.texts}):
            say(f"nothing to show of {', '.join(silent)}")
    if out is not None:
        say(f"The preview is in {out}.")


def print_diversity(diversity: "Diversity", style: str) -> None:
    """What each set of records measures, and which are monotonous."""
    if style == "json":
        print_json(diversity.to_dict())
        return
    print_table([each.replace("_", " ") for each in diversity.columns], [list(row.values()) for row in diversity.rows])
    none = "No set of records is monotonous." if diversity.rows else "There are no records."
    say("\n".join(["monotonous:", *diversity.verdicts]) if diversity.verdicts else none)
    if diversity.note:
        tell(diversity.note)
