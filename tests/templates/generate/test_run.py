"""The settings of a run, and the run that comes of them again: kgtools.templates.generate.run."""

import orjson
import pytest

from kgtools.templates.generate.run import Run, StoredSettings
from kgtools.templates.pack import find_pack
from kgtools.templates.tasks.ask import ItemOptions
from kgtools.templates.tasks.draw import Sample
from kgtools.tools.inputs.files import to_json

PACKS = tuple(map(find_pack, ("extended", "clinicalgpt", "clinicalgpt-paper")))
DEFAULT = Run(PACKS, ("zh", "en"), "qa", 0, 12, None, Sample(), ItemOptions())


@pytest.mark.parametrize(
    "run",
    [
        DEFAULT,
        Run(PACKS, ("en",), "mcq=0.5,path=0.5", -3, 4, "partial-list,shop-list", Sample(9, 3, 2), ItemOptions(5, "random", 5, "2-3")),
        Run(PACKS[1:], ("zh",), "preference", 1, 1, "none", Sample(0), ItemOptions()),
    ],
    ids=["default", "items", "preferences"],
)  # fmt: skip
def test_a_run_comes_again_of_what_run_json_has(run: Run) -> None:
    stored = StoredSettings.model_validate(orjson.loads(to_json(run.settings())))

    again = Run.of(stored, [next(pack for pack in PACKS if pack.info.name == name) for name in stored.pack_names])

    assert again.settings() == run.settings()
    assert [pack.info.name for pack in again.packs] == [pack.info.name for pack in run.packs]
    assert (again.langs, again.seed, again.sample, again.items) == (run.langs, run.seed, run.sample, run.items)


def test_an_older_run_json_names_its_packs_in_no_order_so_they_come_by_name() -> None:
    settings = {name: value for name, value in DEFAULT.settings().items() if name != "pack"}

    assert StoredSettings.model_validate(settings).pack_names == ("clinicalgpt", "clinicalgpt-paper", "extended")
