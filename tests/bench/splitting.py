"""A split of records that hang together by their facts: seconds for each 100,000 records at two sizes, and peak memory."""

from pathlib import Path

import numpy as np
from clock import command, print_aim, print_table
from graphs import Graphs

from kgtools.corpora.record import RECORDS
from kgtools.corpora.record_files import Sink

SIZES = (100_000, 800_000)
AT_ONCE = 50_000


def bench(_graphs: Graphs, scratch: Path, rounds: int) -> None:
    """Print the table: the least of the rounds at each size."""
    rows, each = [], []
    for size in SIZES:
        path = _write(size, scratch / f"{size}.parquet")
        runs = [command("split", str(path), "--out", str(scratch / f"out-{size}-{at}")) for at in range(rounds)]
        took, peak = min(seconds for seconds, _ in runs), max(peak for _, peak in runs)
        each.append(took / size * 100_000)
        rows.append((f"{size:,}", f"{took:.1f}", f"{each[-1]:.2f}", f"{peak:,}"))
    print_table(
        "SPLIT  records of 1 to 5 facts, all of which hang together", ("records", "s", "s for 100,000", "MB"), rows
    )
    print_aim(f"in proportion: {each[1] / each[0]:.2f} times as long for each record", each[1] <= 1.3 * each[0])


def _write(size: int, path: Path) -> Path:
    """Records whose facts are drawn among as many as there are records, so that most are shared."""
    chance = np.random.default_rng(5)
    with Sink(path, RECORDS) as sink:
        for at in range(0, size, AT_ONCE):
            counts = chance.integers(1, 6, AT_ONCE)
            drawn = np.split(chance.integers(0, size, int(counts.sum())), np.cumsum(counts)[:-1])
            names = [f"{number:020x}" for number in range(at, at + AT_ONCE)]
            talks = [[("user", f"{name}有什么症状？"), ("assistant", "头痛、发热。")] for name in names]
            sink.write(RECORDS.frame({
                "id": names, "task": ["qa"] * AT_ONCE, "lang": ["zh", "en"] * (AT_ONCE // 2),
                "messages": [[{"role": role, "content": content} for role, content in talk] for talk in talks],
                "answer": [None] * AT_ONCE, "facts": [[f"{fact:020x}" for fact in np.unique(mine)] for mine in drawn],
                "group": [f"g{group}" for group in chance.integers(0, size // 2, AT_ONCE)], "source": ["made"] * AT_ONCE,
                "template": [None] * AT_ONCE, "license": ["CC0-1.0"] * AT_ONCE, "split": [None] * AT_ONCE, "meta": ["{}"] * AT_ONCE,
            }))  # fmt: skip
    return path
