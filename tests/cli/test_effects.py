"""`convscope effects`."""

from collections.abc import Callable
from pathlib import Path

import pytest

import convscope as cs


def test_the_effects_are_those_of_the_library(convscope: Callable, images: Path, tmp_path: Path) -> None:
    asked = ("-u", "block2.relu2:0", "--groups", "block2.relu2:18+block2.relu2:22", "--to", "zero", "--limit", 4)
    done = convscope("effects", "zoo:tiny", images, "-o", tmp_path / "out", *asked, "--json")
    assert done.code == 0
    (layer,) = done.document["layers"]
    units = ["block2.relu2:0", "block2.relu2:18 + block2.relu2:22"]
    assert [unit["unit"] for unit in layer["units"]] == units
    net = cs.load("zoo:tiny")
    found = cs.effects(net, str(images), units=units[0], groups=[["block2.relu2:18", "block2.relu2:22"]], limit=4)
    number, change = found["block2.relu2"].needed_by(0)[0]
    assert layer["units"][0]["needed_by"][0]["class"] == number
    assert layer["units"][0]["needed_by"][0]["change"] == pytest.approx(change, rel=1e-3)
    assert done.document["own"] == found.own == "answers"
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"effects.csv", "pairs.csv", "tested.csv", "parts"}


def test_layers_that_the_output_does_not_need_are_refused(convscope: Callable, images: Path, tmp_path: Path) -> None:
    done = convscope("effects", "zoo:tiny", images, "-o", tmp_path / "out", "--layers", "fc")
    assert done.code == 2
    assert "layer 'fc' is not one that the output 'fc' is computed from" in done.err
