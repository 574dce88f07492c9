"""How fast kgtools is, beside what one would use or write without it: `make bench`, or `python tests/bench/run.py`.

Each figure is the median of rounds (lowest and highest in brackets); what is compared runs in turns in one process, so
the ratios hold on a busy machine too. Answers are compared before they are timed. Nothing is left behind.
"""

import argparse
import signal
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

PARTS = {
    "load": "loading",
    "scale": "scaling",
    "neo4j": "serving",
    "generate": "generating",
    "tasks": "asking",
    "prefer": "preferring",
    "audit": "auditing",
    "deidentify": "deidentifying",
    "decontaminate": "decontaminating",
    "dedup": "deduplicating",
    "split": "splitting",
    "verify": "verifying",
    "metrics": "comparing",
}


def main() -> None:
    """Run the parts asked for and print their tables."""
    from graphs import DATA, find_graphs

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the public graphs (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each rival runs (default: %(default)s)")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part alone (repeatable)")
    asked = parser.parse_args()
    if asked.rounds < 1:
        parser.error("--rounds must be 1 or more")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the folder goes then too
    graphs = find_graphs(asked.data)
    with TemporaryDirectory(prefix="kgtools-bench-") as scratch:
        for part in asked.only or PARTS:
            place = Path(scratch) / part
            place.mkdir()
            import_module(PARTS[part]).bench(graphs, place, asked.rounds)


if __name__ == "__main__":  # the workers of generate import this file again and must not start it
    main()
