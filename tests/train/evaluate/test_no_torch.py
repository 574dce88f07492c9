"""Scoring needs no torch: it is installed without it, and its commands answer at once."""

import subprocess
import sys

IMPORT_ALL = """
import pkgutil, sys, importlib
for package in ("kgtools.train.evaluate", "kgtools.train.commands.evaluate"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        importlib.import_module(module.name)
print(*sorted(sys.modules))
"""


def test_no_module_of_the_evaluation_imports_torch_or_what_needs_it() -> None:
    done = subprocess.run([sys.executable, "-P", "-c", IMPORT_ALL], capture_output=True, text=True, check=True)

    found = set(done.stdout.split())
    assert "kgtools.train.evaluate.tasks.dialogue" in found
    assert not {"torch", "transformers", "altair", "rjieba", "nltk", "rouge_chinese"} & found
