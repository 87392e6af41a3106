"""`convscope invariance`."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from convscope.studies import Invariance


def test_curves_of_a_folder_are_written_and_summed_up(convscope: Callable, images: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = convscope("invariance", "zoo:tiny", images, "-o", out, "-T", "scale=1:1.4:0.2", "--limit", "3", "--json")
    assert done.code == 0, done.err
    assert {row["by"] for row in done.document["summary"]} == {1.0, 1.2, 1.4}
    assert done.document["summary"][0]["kept"] == 1.0  # scaled by 1: nothing changes
    names = {"invariance.csv", "invariance.json", "invariance.png", "invariance.safetensors", "means.csv"}
    assert {path.name for path in out.iterdir()} == names
    rows = list(csv.DictReader((out / "invariance.csv").read_text().splitlines()))
    assert len({row["image"] for row in rows}) == 3
    assert json.loads((out / "invariance.json").read_text())["images"] == done.document["images"]


@pytest.mark.usefixtures("undrawn")
def test_random_weights_stand_beside(convscope: Callable, images: Path, tmp_path: Path) -> None:
    asked = ("invariance", "zoo:tiny", images, "-o", tmp_path, "-T", "scale=1,1.3", "--limit", "3", "--seeds", "2")
    done = convscope(*asked, "--layers", "relu1,fc")
    assert done.code == 0, done.err
    assert "in brackets the mean with random weights, of 2 seeds" in done.err
    assert "of their length, with random weights by" in Invariance.load(tmp_path).summary
    rows = list(csv.DictReader((tmp_path / "means.csv").read_text().splitlines()))
    assert [row["what"] for row in rows[::2]] == ["relu1", "fc", "probability", "kept"]
    for row in rows:
        assert float(row["low"]) <= float(row["mean"]) <= float(row["high"])
        assert float(row["untrained low"]) <= float(row["untrained"]) <= float(row["untrained high"])
    assert rows[1]["untrained"] != rows[1]["mean"]


@pytest.mark.usefixtures("undrawn")
def test_an_images_own_class_is_followed(convscope: Callable, images: Path, tmp_path: Path) -> None:
    asked = ("invariance", "zoo:tiny", images, "-o", tmp_path, "-T", "rotation=0,30", "--classes", "2", "-q")
    done = convscope(*asked, "-t", "labels")
    assert done.code == 2  # the network's classes have no names
    assert "has no class 'even'" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-T", "scale=2:1:0.5"), "give amounts as scale=1:1.8:0.1"),
        (("-T", "wobble"), "wobble"),
        (("--layers", "relu9"), "relu9"),
        (("-t", "labels", "-t", "1"), "--target labels: give either"),
    ],
)
def test_what_makes_no_sense_is_named(
    convscope: Callable, images: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = convscope("invariance", "zoo:tiny", images, "-o", tmp_path, *arguments)
    assert done.code == 2
    assert said in done.err
