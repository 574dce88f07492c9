"""Builds the site of the documentation into `site/`: English at its root, Chinese under `zh/`; `make docs` runs it.

A page `x.zh.md` is the Chinese of `x.md`; where there is none, the Chinese site shows the English page. A link to a file
outside of `docs/` is a link to a copy of it. Broken links, links to missing headings and anything that a page would load
from another host end it with 1.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
DOCS, SITE, STAGE = ROOT / "docs", ROOT / "site", ROOT / "build" / "docs"
LANGUAGES = {"en": "English", "zh": "中文"}
CONFIG = ROOT / "mkdocs.yml"

# The order of the sections and, within one, of the pages; a page that is not named here follows by its name.
SECTIONS = {
    "": ("Start", "开始", ["index", "tutorial"]),
    "how-to": (
        "How to",
        "操作指南",
        [
            "build-graph",
            "neo4j",
            "own-table",
            "add-source",
            "inspect",
            "align",
            "generate",
            "own-pack",
            "read",
            "deidentify",
            "mix",
            "grade",
            "evaluate",
            "evaluate-exams",
            "evaluate-text",
            "evaluate-facts",
            "evaluate-diagnosis",
            "evaluate-meds-bench",
            "evaluate-judges",
            "evaluate-compare",
            "evaluate-report",
            "train-gpu",
            "multi-node",
            "shell-completion",
        ],
    ),
    "reference": ("Reference", "参考", ["cli", "python", "formats", "recipes", "errors"]),
    "explanation": ("Explanation", "原理", ["graph", "lineage", "ppo", "reproducibility"]),
    "project": ("The project", "项目", ["benchmarks", "log", "contributing", "changelog", "decisions/index"]),
}
OUTSIDE = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "README.md": "index.md",
    "README.zh.md": "index.md",
}

FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1[`~]*\s*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]+`")
BREAK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])")  # would show as a space
LINK = re.compile(r"(?<=\]\()[^()\s]+(?=\))")  # [text](this)
SWITCH = re.compile(r"^\[(?:English|中文)\]\([^)]*\)\n+", re.MULTILINE)  # the site has its own
FILE_NAME = re.compile(r"^(`{3,})(\w+) +([^=`\n]+)$", re.MULTILINE)  # ```yaml mapping.yaml
CONSOLE = re.compile(r"^(`{3,})console(?=.*\n(?!\$ ))", re.MULTILINE)  # without a prompt it is all shell
LOADS = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*>|@import[^;]+;|url\([^)]+\)")
ELSEWHERE = re.compile(r"""(?:src|href)=["']?(?:https?:)?//|@import.*//|url\(["']?(?:https?:)?//""")


@dataclass(frozen=True)
class Page:
    """A page of the site in one language: where it stands in it, and the file that it is made of."""

    path: str
    file: Path

    @property
    def title(self) -> str:
        heading = re.search(r"^# (.+)$", FENCE.sub("", self.file.read_text(encoding="utf-8")), re.MULTILINE)
        if heading is None:
            raise SystemExit(f"{self.file.relative_to(ROOT)} has no heading; begin it with '# Title'")
        return heading[1].replace("`", "")


def pages(lang: str) -> list[Page]:
    """All pages of the site in a language, those of `docs/` and the two of the root, by path."""
    found = [Page(target, ROOT / name) for name, target in OUTSIDE.items() if target != "index.md"]
    for file in sorted(DOCS.rglob("*.md")):
        if not file.name.endswith(".zh.md"):
            chinese = file.with_suffix(".zh.md")
            path = file.relative_to(DOCS).as_posix()
            found.append(Page(path, chinese if lang == "zh" and chinese.exists() else file))
    return sorted(found, key=lambda page: page.path)


def links(text: str) -> Iterator[str]:
    """The targets of a page's links and pictures, without those in code."""
    yield from LINK.findall(CODE.sub("", FENCE.sub("", text)))


def rewrite(text: str, file: Path, path: str, assets: set[Path]) -> str:
    """A page's text with its links as they are in the site; files outside of `docs/` that it links to go into `assets`."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(FILE_NAME.sub(r'\1\2 title="\3"', CONSOLE.sub(r"\1sh", match[0])))
        return f"\0{len(kept) - 1}\0"

    def target(match: re.Match[str]) -> str:
        link, _, anchor = match[0].partition("#")
        if not link or re.match(r"[a-z][a-z0-9+.-]*:", link):
            return match[0]
        place = (file.parent / link).resolve()
        if not place.exists():
            raise SystemExit(f"{file.relative_to(ROOT)}: links to {link}, which does not exist")
        inside = place.relative_to(ROOT).as_posix()
        if inside in OUTSIDE:
            moved = OUTSIDE[inside]
        elif place.is_relative_to(DOCS):
            moved = place.relative_to(DOCS).as_posix().replace(".zh.md", ".md")
        elif place.is_file():
            moved = f"files/{inside}"
            assets.add(place)
        else:
            raise SystemExit(
                f"{file.relative_to(ROOT)}: links to the folder {link}; link to a file, or name it as code"
            )
        up = "../" * (len(PurePosixPath(path).parts) - 1)
        return up + moved + (f"#{anchor}" if anchor else "")

    text = CODE.sub(keep, FENCE.sub(keep, SWITCH.sub("", text, count=1)))
    text = LINK.sub(target, BREAK.sub("", text))
    while "\0" in text:
        text = re.sub(r"\0(\d+)\0", lambda match: kept[int(match[1])], text)
    return text


def navigation(lang: str, found: list[Page]) -> str:
    """The site's table of contents as YAML."""
    lines = ["nav:"]
    parts: dict[str, list[Page]] = {section: [] for section in SECTIONS}
    named = {
        name: section for section, (_, _, order) in SECTIONS.items() for name in order if section in ("", "project")
    }
    for page in found:
        name, folder = page.path.removesuffix(".md"), page.path.partition("/")[0]
        parts[folder if folder in SECTIONS else named.get(name, "project" if "/" in name else "how-to")].append(page)
    for section, members in parts.items():
        english, chinese, order = SECTIONS[section]

        def place(page: Page, section: str = section, order: list[str] = order) -> tuple[int, str]:
            name = page.path.removesuffix(".md")
            name = name.removeprefix(f"{section}/")
            return (order.index(name) if name in order else len(order), page.path)

        indent = "    "
        if members:
            lines.append(f"  - {chinese if lang == 'zh' else english}:")
        decisions = False
        for page in sorted(members, key=place):
            inner = page.path.startswith("decisions/")
            if inner and not decisions:
                lines.append(f"{indent}- {'决策记录' if lang == 'zh' else 'Decisions'}:")
                decisions = True
            title = page.title.replace('"', '\\"')
            lines.append(f'{indent}{"  " if inner else ""}- "{title}": {page.path}')
    return "\n".join(lines) + "\n"


def stage(lang: str) -> Path:
    """A folder with the pages of a language, their pictures and the configuration that builds them."""
    folder = STAGE / lang
    shutil.rmtree(folder, ignore_errors=True)
    found, assets = pages(lang), set[Path]()
    for page in found:
        copy = folder / "docs" / page.path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(rewrite(page.file.read_text(encoding="utf-8"), page.file, page.path, assets), encoding="utf-8")
    for file in [*DOCS.rglob("*.png"), *DOCS.rglob("*.svg")]:
        copy = folder / "docs" / file.relative_to(DOCS)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    for file in assets:
        copy = folder / "docs" / "files" / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    text = CONFIG.read_text(encoding="utf-8").replace("font: false", f"language: {lang}\n  font: false")
    text = text.replace("ENGLISH", "./" if lang == "en" else "../").replace(
        "CHINESE", "./zh/" if lang == "en" else "./"
    )
    (folder / "mkdocs.yml").write_text(text + navigation(lang, found), encoding="utf-8")
    return folder


def foreign(site: Path) -> list[str]:
    """What the pages of a site would load from another host, one line each."""
    return [
        f"{file.relative_to(site)}: {tag}"
        for file in [*site.rglob("*.html"), *site.rglob("*.css")]
        for tag in LOADS.findall(file.read_text(encoding="utf-8"))
        if ELSEWHERE.search(tag) and "canonical" not in tag
    ]


def build() -> None:
    """Both languages into `site/`, or SystemExit with what is wrong."""
    built = {}
    for lang in LANGUAGES:
        folder = stage(lang)
        command = [
            Path(sys.executable).parent / "zensical",
            "build",
            "--clean",
            "--strict",
            "-f",
            folder / "mkdocs.yml",
        ]
        if subprocess.run(command, cwd=folder, check=False).returncode:
            raise SystemExit(f"the site in {LANGUAGES[lang]} was not built; its pages are in {folder}")
        built[lang] = folder / "site"
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.copytree(built["en"], SITE)
    shutil.copytree(built["zh"], SITE / "zh")
    if loaded := foreign(SITE):
        raise SystemExit("pages load from another host:\n" + "\n".join(loaded))
    print(f"the site is in {SITE.name}/: {len(list(SITE.rglob('*.html')))} pages")


if __name__ == "__main__":
    build()
