"""Takes the pictures in `docs/images`: the audit report and the page of `kgtools show` of the sample graphs, and the report of the
evaluation that `docs/how-to/evaluate-report.md` makes; `make screenshots` runs it.

It needs Chromium or Google Chrome and a font with Chinese characters (Debian: apt-get install chromium fonts-noto-cjk)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from tests.docs.pages import blocks

ROOT = Path(__file__).parents[1]
SAMPLES, IMAGES = ROOT / "kg" / "samples", ROOT / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SOURCES = {"xywy": "xywy/*.json", "health39": "39health/*.csv", "cmekg": "cmekg/*.*"}
EVALUATION = ROOT / "docs" / "how-to" / "evaluate-report.md"
HEIGHTS = {"report": 1200, "show": 1250, "evaluate-report": 1180}
SKIPPED = "#holdings, #coverage, #degrees, #clinicalgpt-dialogue { display: none }"
"""Parts of the reports that would fill the picture with tables."""
LARGEST = 300_000


def kgtools(*words: object) -> None:
    """Run a command; its own output is nobody's concern here."""
    subprocess.run([Path(sys.executable).parent / "kgtools", *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def pages(folder: Path) -> dict[str, Path]:
    """The pages of the sample graphs: name of the picture -> file."""
    graph = folder / "graph"
    files = [word for name, pattern in SOURCES.items() for word in (name, *sorted(SAMPLES.glob(pattern)))]
    kgtools("load", *files, "--graph", graph)
    kgtools("names", "add", "kgtools", "--graph", graph)
    kgtools("audit", "--graph", graph, "--fail-on", "never", "--html", folder / "report.html")
    kgtools("show", "高血压", "--graph", graph, "--html", folder / "show.html")
    return {
        "report": folder / "report.html", "show": folder / "show.html", "evaluate-report": evaluation(folder / "evaluation"),
    }  # fmt: skip


def evaluation(folder: Path) -> Path:
    """The report that the commands of the how-to page write."""
    folder.mkdir()
    commands = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}
    for block in blocks(EVALUATION):
        if block.kind in ("sh", "python"):
            run = ["bash", "-ec", block.code] if block.kind == "sh" else [commands / "python", "-c", block.code]
            subprocess.run(run, cwd=folder, env=environment, check=True, capture_output=True)
    return folder / "report" / "report.html"


def take(browser: Browser, page: Path, picture: Path) -> None:
    """The top of a page as an English reader sees it, without SKIPPED."""
    context = browser.new_context(
        locale="en-US", viewport={"width": 1200, "height": HEIGHTS[picture.stem]}, offline=True, bypass_csp=True
    )
    tab = context.new_page()
    tab.goto(page.as_uri())
    tab.wait_for_timeout(3_000)  # plots are drawn
    tab.add_style_tag(content=SKIPPED)
    tab.screenshot(path=picture)
    context.close()
    if picture.stat().st_size > LARGEST:
        raise SystemExit(f"{picture}: {picture.stat().st_size:,} bytes, at most {LARGEST:,}")


def main() -> None:
    """All pictures, or SystemExit with what is missing."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    fonts = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False).stdout
    if browser is None or not fonts:
        raise SystemExit("needs Chromium and a Chinese font; on Debian: apt-get install chromium fonts-noto-cjk")
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for name, page in pages(Path(folder)).items():
            take(chromium, page, IMAGES / f"{name}.png")
        chromium.close()


if __name__ == "__main__":
    main()
