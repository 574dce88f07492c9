"""What stands beside the weights of an adapter."""

from pathlib import Path

import orjson
import pytest

from kgtools.train.models.adapters import CONFIG, settle


@pytest.mark.parametrize("names", [["q_proj", "dense", "k_proj"], ["k_proj", "q_proj", "dense"]])
def test_the_configuration_of_an_adapter_is_the_same_bytes_in_whatever_order_peft_wrote_its_sets(
    tmp_path: Path, names: list[str]
) -> None:
    config = tmp_path / CONFIG
    config.write_bytes(
        orjson.dumps({"target_modules": names, "r": 8, "base_model_name_or_path": "/somewhere", "order": [3, 1]})
    )

    settle(config, "../base")

    told = orjson.loads(config.read_bytes())
    assert told == {
        "base_model_name_or_path": "../base",
        "order": [3, 1],
        "r": 8,
        "target_modules": ["dense", "k_proj", "q_proj"],
    }
    assert list(told) == sorted(told)


def test_a_folder_without_an_adapter_gets_no_configuration(tmp_path: Path) -> None:
    settle(tmp_path / CONFIG, "../base")

    assert not list(tmp_path.iterdir())
