"""Gains: the paired difference by what was trained on, beside a control set, against figures worked by hand and a second bootstrap."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from kgtools.tools.main import run
from kgtools.train.evaluate import gain_plot
from tests.conftest import Ran
from tests.train.evaluate.conftest import item_row, put_answers, put_records

Command = Callable[..., Ran]
RIGHT, NONE = "发热", "不知道"


def asked(kind: str, number: int) -> dict[str, Any]:
    """A question of a kind: its fact was trained on, another of its entity was, it was held out, or it is of a control set."""
    item = {"form": "set", "about": [["肺炎"]], "answers": [["发热"]]}
    more = {"held": {"hold_out": "facts"}, "control": {"permuted": True}}.get(kind, {})
    return item_row(
        f"{kind}{number}?", item, id=f"{kind}{number}", group=f"{kind}{number}", facts=[f"{kind}{number}"], **more
    )


KINDS = ("trained", "seen", "held", "control")
QUESTIONS = [asked(kind, number) for kind in KINDS for number in range(20)]
BEFORE = {"trained": 4, "seen": 4, "held": 4, "control": 4}
AFTER = {"trained": 19, "seen": 4, "held": 7, "control": 6}
"""So many of 20 are right."""


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The scores of a model that answers so many questions of each kind rightly; made once, and no test changes them."""
    home = tmp_path_factory.mktemp("scored")
    records = put_records(home / "asked", QUESTIONS)
    taught = [
        {"messages": [{"role": "user", "content": "肺炎?"}], "facts": [f"trained{number}"]} for number in range(20)
    ]
    learnt = put_records(home / "taught", taught)
    known: dict[str, Path] = {}

    def score(name: str, right: dict[str, int], *words: str, count: int = 20) -> Path:
        key = repr((name, right, words, count))
        if key not in known:
            texts = {
                f"{kind}{number}": RIGHT if number < right[kind] else NONE for kind in KINDS for number in range(count)
            }
            folder = home / str(len(known))
            folder.mkdir()
            answers = put_answers(folder / "answers.jsonl", texts)
            more = words or ("--trained-on", str(learnt))
            ran = ("evaluate", "facts", records, answers, "--missing", "skip", "--out", folder / name, *more)
            assert run(list(map(str, ran))) == 0
            known[key] = folder / name
        return known[key]

    return score


@pytest.fixture
def gain(kgtools: Command, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """What comparing two folders of scores prints as JSON."""

    def compare(before: Path, after: Path) -> dict[str, Any]:
        ran = kgtools("evaluate", "gain", before, after, "--out", tmp_path / "gain", "--format", "json")
        assert ran.code == 0, ran.err
        found: dict[str, Any] = ran.json
        return found

    return compare


def cell(result: dict[str, Any], value: str, metric: str = "stated") -> dict[str, Any]:
    (found,) = [
        one for one in result["cells"] if (one["by"], one["value"], one["metric"]) == ("knowledge", value, metric)
    ]
    return found


def test_gains_stand_by_what_was_trained_on_and_beside_the_control(scored: Any, gain: Any) -> None:
    result = gain(scored("before", BEFORE), scored("after", AFTER))

    trained = cell(result, "trained on")
    assert (trained["n"], trained["before"], trained["after"]) == (20, 4 / 20, 19 / 20)
    assert trained["gain"] == pytest.approx(15 / 20)
    assert trained["over"] == pytest.approx(15 / 20 - 2 / 20)
    assert cell(result, "held out")["over"] == pytest.approx(3 / 20 - 2 / 20)
    assert cell(result, "permuted")["over"] is None
    assert cell(result, "trained on", "abstained")["gain"] == pytest.approx(-15 / 20)
    assert result["shown"] == {
        "went_in": "yes",
        "generalises_to_held_out": "not shown",
        "generalises_to_seen_entities": "not shown",
    }
    assert (result["prompts"], result["control"]) == (80, 20)


def test_to_do_worse_on_the_control_alone_is_no_gain(scored: Any, gain: Any) -> None:
    """Who knows what is true refuses what is wrong on purpose; that says nothing of facts that were held out."""
    result = gain(scored("before", BEFORE | {"control": 12}), scored("after", AFTER | {"held": 4, "control": 0}))

    assert cell(result, "held out")["over_low"] > 0
    assert result["shown"]["generalises_to_held_out"] == "not shown"


def test_the_interval_is_that_of_a_second_bootstrap(scored: Any, gain: Any) -> None:
    found = cell(gain(scored("before", BEFORE), scored("after", AFTER)), "trained on")

    changes = np.array([1.0] * 15 + [0.0] * 5)  # of each question: 15 came right, 4 were, 1 stays wrong
    generator = np.random.default_rng(1)
    means = np.array([generator.choice(changes, 20).mean() for _ in range(20_000)])
    low, high = np.quantile(means, (0.025, 0.975))
    assert (found["low"], found["high"]) == (
        pytest.approx(low, abs=0.051),
        pytest.approx(high, abs=0.051),
    )  # steps of 1 in 20


def test_the_interval_over_the_control_is_that_of_both_drawn_alone(scored: Any, gain: Any) -> None:
    found = cell(gain(scored("before", BEFORE), scored("after", AFTER)), "trained on")

    changes, control = np.array([1.0] * 15 + [0.0] * 5), np.array([1.0] * 2 + [0.0] * 18)
    generator = np.random.default_rng(2)
    means = np.array(
        [generator.choice(changes, 20).mean() - generator.choice(control, 20).mean() for _ in range(20_000)]
    )
    low, high = np.quantile(means, (0.025, 0.975))
    assert (found["over_low"], found["over_high"]) == (pytest.approx(low, abs=0.06), pytest.approx(high, abs=0.06))


def test_where_no_answer_changed_the_interval_is_not_a_point(scored: Any, gain: Any) -> None:
    found = cell(gain(scored("before", BEFORE), scored("after", AFTER)), "entity seen, fact not")

    assert (found["gain"], found["interval"]) == (0.0, "rule of three")
    assert found["high"] == pytest.approx(1 - 0.05 ** (1 / 20))  # that of 20 none changed is then 5 % likely
    assert found["low"] == -found["high"]


def test_the_same_scores_give_the_same_bytes(scored: Any, gain: Any, tmp_path: Path) -> None:
    before, after = scored("before", BEFORE), scored("after", AFTER)

    gain(before, after)
    first = [(tmp_path / "gain" / name).read_bytes() for name in ("gain.json", "run.json")]
    gain(before, after)

    assert [(tmp_path / "gain" / name).read_bytes() for name in ("gain.json", "run.json")] == first


def test_answers_to_other_prompts_are_not_compared(scored: Any, kgtools: Command, tmp_path: Path) -> None:
    ran = kgtools(
        "evaluate", "gain", scored("before", BEFORE, count=19), scored("after", AFTER), "--out", tmp_path / "gain"
    )

    assert ran.code == 2
    assert "after: 4 of its 80 answers are to prompts that" in ran.err


def test_a_run_that_does_not_say_what_was_trained_on_is_refused(scored: Any, kgtools: Command, tmp_path: Path) -> None:
    ran = kgtools(
        "evaluate", "gain", scored("before", BEFORE), scored("after", AFTER, "seed=1"), "--out", tmp_path / "gain"
    )

    assert ran.code == 2
    assert "after: does not say what was trained on; score it with --trained-on DIR" in ran.err


def test_scores_of_another_task_are_refused(scored: Any, kgtools: Command, tmp_path: Path) -> None:
    ran = kgtools("evaluate", "gain", tmp_path, scored("after", AFTER), "--out", tmp_path / "gain")

    assert ran.code == 2
    assert "is no folder that evaluate facts wrote" in ran.err


@pytest.mark.parametrize(("lang", "said"), [("en", "Knowledge went in: yes"), ("zh", "知识已学会：是")])
def test_the_picture_says_what_the_figures_do(
    lang: str, said: str, scored: Any, kgtools: Command, tmp_path: Path
) -> None:
    words = (
        "evaluate",
        "gain",
        scored("before", BEFORE),
        scored("after", AFTER),
        "--out",
        tmp_path / "gain",
        "--lang",
        lang,
    )

    for form in ("html", "svg", "png"):
        assert kgtools(*words, "--plot", tmp_path / f"gain.{form}").code == 0

    page, svg = ((tmp_path / f"gain.{form}").read_text(encoding="utf-8") for form in ("html", "svg"))
    assert said in page
    assert said in svg
    assert "+75.0" in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("http-equiv", "")
    assert "var(--" not in svg
    assert (tmp_path / "gain.png").read_bytes().startswith(b"\x89PNG")


def test_every_word_of_the_picture_is_there_in_both_languages() -> None:
    en, zh = (gain_plot._words()[lang] for lang in ("en", "zh"))

    assert en.keys() == zh.keys()
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in zh[key]) for key in zh if key not in ("colon", "stop"))


def test_a_plot_of_an_unknown_form_is_refused_before_anything_is_written(
    scored: Any, kgtools: Command, tmp_path: Path
) -> None:
    ran = kgtools(
        "evaluate",
        "gain",
        scored("before", BEFORE),
        scored("after", AFTER),
        "--out",
        tmp_path / "gain",
        "--plot",
        tmp_path / "gain.pdf",
    )

    assert ran.code == 2
    assert "a plot is written as .html, .svg, .png" in ran.err
    assert not (tmp_path / "gain").exists()


def test_gains_by_relation_are_kept(scored: Any, gain: Any, tmp_path: Path) -> None:
    gain(scored("before", BEFORE), scored("after", AFTER))

    cells = orjson.loads((tmp_path / "gain" / "gain.json").read_bytes())["cells"]
    of = {one["value"]: one for one in cells if one["by"] == "knowledge x relation"}
    assert of["trained on x symptom"]["gain"] == pytest.approx(15 / 20)
    assert of["trained on x symptom"]["over"] == pytest.approx(13 / 20)
