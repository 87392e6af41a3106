"""Trainings in files: what a file may say, and that nothing absurd in it gets further than the reading."""

from pathlib import Path

import pytest

from convscope.errors import UsageError
from convscope.training.config import Config, read_config

FAULTS = {
    "a width beyond numbers": "[network]\nwidth = 1e308",
    "an endless width": "[network]\nwidth = inf",
    "no width": "[network]\nwidth = nan",
    "an input beyond memory": "[network]\ninput_size = 1000000000000",
    "a layer beyond memory": "[network]\nwidths = { 6 = 1000000000000 }",
    "a layer without size": "[network]\nwidths = { 6 = inf }",
    "a batch beyond memory": "[recipe]\nbatch = 1000000000000",
    "a batch that is no whole number": "[recipe]\nbatch = 1e12",
    "endless epochs": "[recipe]\nepochs = 1000000000000",
    "a rate that is no number": "[recipe]\nlearning_rate = nan",
    "an endless rate": "[recipe]\nlearning_rate = inf",
    "a size that is no number": '[recipe]\nresize = "large"',
    "a size beyond memory": "[recipe]\nresize = 1000000000000",
    "a seed beyond generators": "[recipe]\nseed = 100000000000000000000",
    "epochs beyond all": "[recipe]\ncheckpoints = [1000000000000]",
    "deep": "name = " + "[" * 100_000,
    "a number of many digits": "[recipe]\nbatch = " + "9" * 5000,
}


@pytest.mark.parametrize("text", FAULTS.values(), ids=FAULTS)
def test_absurd_files_are_errors(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(UsageError, match=r"training 'a'|recipe|network|width|architecture"):
        read_config(tmp_path / "a.toml").network.architecture(10)


@pytest.mark.parametrize("name", ["x" * 300, "zero\0byte", "~nobody-of-this-name/x.toml"])
def test_names_that_no_file_can_have(name: str) -> None:
    with pytest.raises(UsageError, match="no training"):
        read_config(name)


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[network]\nwidth = 0.5\n[recipe]\nepochs = 3\nresize = 256\n")
    found = read_config(tmp_path / "a.toml")
    assert (found.name, found.network.width, found.recipe.epochs, found.recipe.resize) == ("a", 0.5, 3, 256)
    assert Config.from_json(found.to_json()) == found
