"""A kill at any moment leaves the old graph or the new one, and nothing that is in the way of the next run."""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from tests.torture.kills import Files, Torture, Victims, Watched, Words, fewer, files


def graph_with(victim: Victims, folder: Path, **states: list[Words]) -> Watched:
    """A graph whose states are known, each by the commands that lead to it from the one before."""
    graph = Watched(folder)
    for state, commands in states.items():
        for words in commands:
            victim.done(words)
        graph.learn(state)
    return graph


def restored(saved: Path, folder: Path) -> Callable[[], None]:
    def restore() -> None:
        shutil.rmtree(folder)
        shutil.copytree(saved, folder)

    return restore


def test_a_killed_load_leaves_the_old_graph_or_the_new_one(victim: Victims, cut: dict[str, Path]) -> None:
    folder = victim.folder / "graph"
    a, b = (["load", "xywy", str(cut[name]), "--graph", str(folder)] for name in ("a.json", "b.json"))
    graph = graph_with(victim, folder, a=[a], b=[b])

    Torture(victim, {"a": a, "b": b}, graph.state, graph.settled, "before fsync").run()


def test_a_killed_first_load_leaves_no_graph_or_a_whole_one(victim: Victims, cut: dict[str, Path]) -> None:
    folder = victim.folder / "graph"
    load = ["load", "xywy", str(cut["a.json"]), "--graph", str(folder)]
    graph = graph_with(victim, folder, a=[load])
    shutil.rmtree(folder)

    torture = Torture(
        victim, {"a": load}, graph.state, graph.settled, "before fsync", {"none": lambda: shutil.rmtree(folder)}
    )
    torture.run(fewer(5))


def test_a_killed_unload_leaves_the_old_graph_or_the_new_one(victim: Victims, cut: dict[str, Path]) -> None:
    folder, saved = victim.folder / "graph", victim.folder / "saved"
    both = ["load", "xywy", str(cut["a.json"]), "health39", str(cut["disease.csv"]), "--graph", str(folder)]
    unload = ["unload", "health39", "--graph", str(folder)]
    graph = graph_with(victim, folder, both=[both])
    shutil.copytree(folder, saved)
    victim.done(unload)
    graph.learn("one")

    Torture(
        victim, {"one": unload}, graph.state, graph.settled, "before fsync", {"both": restored(saved, folder)}
    ).run()


def test_a_killed_align_leaves_the_old_graph_or_the_new_one(victim: Victims, cut: dict[str, Path]) -> None:
    folder = victim.folder / "graph"
    with cut["a.json"].open("a", encoding="utf-8") as file:
        for name in ("poems征", "POEMS征"):
            file.write(f'{{"name": "{name}", "symptom": ["乏力"]}}\n')
    load = ["load", "xywy", str(cut["a.json"]), "--graph", str(folder)]
    align, undo = ["align", "--graph", str(folder)], ["align", "--undo", "all", "--graph", str(folder)]
    graph = graph_with(victim, folder, united=[load, align], apart=[undo])
    assert graph.known["united"]["triples.parquet"] != graph.known["apart"]["triples.parquet"]

    Torture(victim, {"united": align, "apart": undo}, graph.state, graph.settled, "before fsync").run()


def test_a_killed_generate_leaves_files_that_are_whole_and_the_next_one_replaces_them(
    victim: Victims, cut: dict[str, Path]
) -> None:
    folder, out = victim.folder / "graph", victim.folder / "records"
    victim.done(["load", "xywy", str(cut["a.json"]), "--graph", str(folder)])
    commands = {
        seed: [
            "generate",
            "--graph",
            str(folder),
            "--out",
            str(out),
            "--seed",
            seed,
            "--pack",
            "clinicalgpt",
            "--lang",
            "zh",
        ]
        for seed in ("1", "2")
    }
    known: dict[str, Files] = {}
    for seed, words in commands.items():
        victim.done(words)
        known[seed] = files(out)

    def state() -> str:
        found = {name: hash_ for name, hash_ in files(out).items() if not name.startswith(".new-")}
        if "run.json" not in found:
            assert all(hash_ in (known["1"][name], known["2"][name]) for name, hash_ in found.items())
            return "between"
        (name,) = [name for name, wanted in known.items() if wanted == found]
        return name

    def settled(seed: str) -> None:
        assert files(out) == known[seed]
        assert {path.name for path in out.iterdir()} == set(known[seed])

    Torture(victim, commands, state, settled, "os.remove", between="between").run()


def test_a_ctrl_c_leaves_the_old_graph_or_the_new_one(victim: Victims, cut: dict[str, Path]) -> None:
    folder = victim.folder / "graph"
    a, b = (["load", "xywy", str(cut[name]), "--graph", str(folder)] for name in ("a.json", "b.json"))
    graph = graph_with(victim, folder, a=[a], b=[b])

    Torture(victim, {"a": a, "b": b}, graph.state, graph.settled, "os.mkdir", by=signal.SIGINT, share=1).run(fewer(3))
