"""What trackers of experiments are given is what stands in the metrics, and nobody is told who was not asked."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from kgtools.tools import registry
from kgtools.tools.errors import KgtoolsError, MissingExtraError, UsageError
from kgtools.train.launch.processes import Cluster
from kgtools.train.launch.requirements import QUIET, needs_packages
from kgtools.train.launch.run import run
from kgtools.train.launch.tracking import numbers, report, settings
from tests.train.conftest import GOOD, metrics, question, recipe, records, reply, stage_words, train

LINE = {"step": 3, "loss": 0.5, "mfu": None, "good": True, "nan": float("nan"), "seconds": {"update": 2.0}}


def scalars(place: Path) -> dict[tuple[str, int], float]:
    """What TensorBoard shows of a folder: (key, step) -> number, the last one where there are several."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(place), size_guidance={"scalars": 0}).Reload()
    return {(key, event.step): event.value for key in found.Tags()["scalars"] for event in found.Scalars(key)}


@pytest.fixture(scope="module")
def reported(models, tmp_path_factory):
    """Runs of two stages that report to TensorBoard."""
    home = tmp_path_factory.mktemp("reported")
    seen = records(home / "seen", [question(n) + reply(GOOD) for n in range(300, 308)], split="validation")
    more = ("steps=4", "log_every=1", "report_to=tensorboard", "--nproc", 1)
    train("sft", *stage_words(models, home / "sft", *more, f"data={seen}"))
    train("ppo", *stage_words(models, home / "ppo", *more, f"reward={models / 'reward'}", "max_new_tokens=4"))
    return home


@pytest.mark.parametrize("stage", ["sft", "ppo"])
def test_tensorboard_shows_each_number_of_the_metrics_at_its_step(reported, stage):
    lines = metrics(reported / stage)
    wanted = {(key, line["step"]): value for line in lines for key, value in numbers(line).items()}

    assert scalars(reported / stage / "tensorboard") == pytest.approx(wanted, rel=1e-6)
    assert {"sft": ("eval_loss", 4), "ppo": ("seconds/update", 4)}[stage] in wanted


def test_of_lines_that_come_again_after_a_kill_tensorboard_shows_the_later(tmp_path):
    own = recipe(report_to="tensorboard")
    for done, steps in ((0, range(1, 7)), (4, range(5, 9))):
        with report(own, "sft", tmp_path, done, lambda _: None) as show:
            for step in steps:
                show({"step": step, "loss": done + step / 10})

    found = {step: value for (key, step), value in scalars(tmp_path / "tensorboard").items() if key == "loss"}
    assert found == pytest.approx({1: 0.1, 2: 0.2, 3: 0.3, 4: 0.4, 5: 4.5, 6: 4.6, 7: 4.7, 8: 4.8})


class Config(dict):
    def update(self, values, **_):
        super().update(values)


class Package(SimpleNamespace):
    """What accelerate calls of wandb, swanlab and trackio alike."""

    def __init__(self):
        super().__init__(config=Config(), began=None, disabled=None, lines=[], ended=0)

    def init(self, **how):
        self.began, self.disabled = how, os.environ.get("WANDB_DISABLED")
        return self

    def log(self, values, step):
        self.lines.append((step, values))

    def finish(self):
        self.ended += 1


@pytest.fixture
def package(monkeypatch, request):
    made = Package()
    monkeypatch.setitem(sys.modules, request.param, made)
    for name in ("WANDB_DIR", "SWANLAB_LOG_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRACKIO_DIR", "mine")
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    return request.param, made


FOLDERS = {"wandb": ("dir", "out"), "swanlab": ("logdir", "out/swanlab"), "trackio": (None, None)}


@pytest.mark.parametrize("package", FOLDERS, indirect=True)
def test_a_tracker_is_given_settings_and_lines_and_is_ended(package, tmp_path):
    name, made = package
    shown = []

    with report(recipe(report_to=name), "sft", tmp_path / "out", 0, shown.append) as show:
        show(LINE)

    key, place = FOLDERS[name]
    assert made.began["project"] == "kgtools"
    assert key is None or made.began[key] == str(tmp_path / place)
    assert made.config["learning_rate"] == 1e-3
    assert made.lines == [(3, {"loss": 0.5, "seconds/update": 2.0})]
    assert (shown, made.ended) == ([LINE], 1)
    assert os.environ["TRACKIO_DIR"] == "mine"


@pytest.mark.parametrize("package", FOLDERS, indirect=True)
def test_only_the_tracker_that_was_asked_is_let_speak(package, tmp_path):
    name, made = package

    with report(recipe(report_to=name), "sft", tmp_path, 0, lambda _: None):
        pass

    assert made.disabled == (None if name == "wandb" else "true")
    assert {key: os.environ.get(key) for key in QUIET if key != "WANDB_DISABLED"} == {
        key: value for key, value in QUIET.items() if key != "WANDB_DISABLED"
    }


@pytest.mark.parametrize("package", ["wandb"], indirect=True)
def test_a_tracker_that_fails_on_the_way_is_told_of_and_the_others_go_on(package, tmp_path, capsys):
    _, made = package
    made.log = lambda *_, **__: 1 / 0

    with report(recipe(report_to=["wandb", "tensorboard"]), "sft", tmp_path, 0, lambda _: None) as show:
        for step in (1, 2):
            show({"step": step, "loss": 0.5})

    assert capsys.readouterr().err.count("report_to=wandb: failed and is left out from here on: division by zero") == 1
    assert {step for key, step in scalars(tmp_path / "tensorboard") if key == "loss"} == {1, 2}


@pytest.mark.parametrize("package", ["wandb"], indirect=True)
def test_a_tracker_that_cannot_begin_refuses_the_run(package, tmp_path):
    _, made = package

    def init(**_):
        raise RuntimeError("no API key\nmore")

    made.init = init
    with (
        pytest.raises(KgtoolsError, match="it cannot start: no API key; `wandb login`, or WANDB_MODE=offline"),
        report(recipe(report_to="wandb"), "sft", tmp_path, 0, lambda _: None),
    ):
        pass


@pytest.mark.parametrize("name", ["tensorboard", "wandb", "swanlab", "trackio"])
def test_a_tracker_that_is_not_installed_is_told_with_what_installs_it(name, monkeypatch):
    monkeypatch.setattr("kgtools.train.launch.requirements.find_spec", lambda _: None)

    with pytest.raises(MissingExtraError, match=f"pip install {name}"):
        needs_packages(recipe(report_to=[name]))


def test_of_several_nodes_the_first_reports(monkeypatch, tmp_path):
    monkeypatch.setattr("kgtools.train.launch.requirements.find_spec", lambda name: None if name == "wandb" else name)

    def check(_):
        raise UsageError("it went on")

    stage = replace(registry.find("stages", "sft"), check=check)
    for node, word in ((0, "pip install wandb"), (1, "it went on")):
        with pytest.raises(KgtoolsError, match=word):
            run(stage, recipe(report_to="wandb"), tmp_path, Cluster(1, 2, node, "host:1"))


@pytest.mark.parametrize("none", ["none", None, []])
def test_nobody_is_told_unless_one_is_named(none):
    assert recipe(report_to=none).report_to == recipe().report_to == ()


def test_of_places_a_tracker_is_told_the_names_alone(tmp_path):
    (tmp_path / "base").mkdir()

    told = settings(recipe(model=str(tmp_path / "base"), data=[tmp_path / "talks"], adapter=tmp_path / "first"), "sft")

    assert (told["model"], told["data"], told["adapter"], told["lora.r"]) == ("base", '["talks"]', "first", 8)
    assert str(tmp_path.parent) not in str(told)
    assert "title" not in told
