"""`convscope diagnose`."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import convscope as cs
from convscope.atlas.experiments import experiments
from convscope.stores.diagnosis import diagnose


def test_weights_alone(convscope: Callable, tmp_path: Path) -> None:
    done = convscope("diagnose", "zoo:tiny", "-o", tmp_path, "--json")
    assert done.code == 0, done.err
    (one,) = done.document["diagnoses"]
    expected = diagnose(cs.load("zoo:tiny"))
    assert one["verdict"] == expected.verdict
    assert one["rms"] == pytest.approx(expected.filters.rms.tolist())
    assert one["silent"] is None
    assert json.loads((tmp_path / "diagnosis.json").read_text()) == [one]
    with Image.open(tmp_path / "diagnosis.png") as picture:
        assert min(picture.size) > 100


@pytest.mark.usefixtures("undrawn")
def test_networks_side_by_side_on_images(convscope: Callable, images: Path, tmp_path: Path) -> None:
    command = (
        "diagnose",
        "zoo:tiny",
        images,
        "-o",
        tmp_path / "out",
        "-a",
        "zoo:tiny",
        "--labels",
        "A",
        "--labels",
        "B",
    )
    done = convscope(*command)
    assert done.code == 0, done.err
    table = [line.split() for line in done.out.splitlines()]
    assert table[0] == ["A", "B"]
    assert ["kernel", *[table[3][1]] * 2] == table[3]
    assert "(1) zoo:tiny" in done.out
    assert "(2) zoo:tiny" in done.out
    assert len(list(csv.DictReader((tmp_path / "out" / "table.csv").read_text().splitlines()))) == 2
    again = convscope(*command)
    assert again.out == done.out
    assert "scan: 7/7" in done.err
    assert "scan: 0/7" not in again.err


@pytest.mark.usefixtures("undrawn")
def test_seed_makes_the_weights_of_a_network_that_has_none(convscope: Callable, tmp_path: Path) -> None:
    rms = [
        convscope("diagnose", "zoo:tiny", "-o", tmp_path / str(i), "--json", "--seed", seed).document["diagnoses"][0][
            "rms"
        ]
        for i, seed in enumerate((0, 1))
    ]
    assert rms[0] != rms[1]
    assert rms[1] == pytest.approx(diagnose(cs.load("zoo:tiny", seed=1)).filters.rms.tolist())


def test_the_atlas_gets_an_entry(convscope: Callable, images: Path, tmp_path: Path) -> None:
    atlas = tmp_path / "atlas"
    cs.build_atlas(cs.load("zoo:tiny"), str(images), atlas, k=1)
    done = convscope("diagnose", "zoo:tiny", "-o", tmp_path / "out", "--atlas", atlas, "--name", "first-layer", "-q")
    assert done.code == 0, done.err
    (entry,) = experiments(atlas)
    assert (entry.name, entry.kind, entry.figures) == ("first-layer", "diagnosis", ("diagnosis.png",))
    assert (entry.drawn, entry.pictures) == ("lines", ("filters-0.webp",))
    assert entry.summary == diagnose(cs.load("zoo:tiny")).verdict


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("zoo:tiny", "zoo:alexnet"), 2, "'zoo:alexnet' names a network where images are expected"),
        (("zoo:tiny", "--labels", "A", "--labels", "B"), 2, "--labels is given 2 times for 1 networks"),
        (("zoo:tiny", "--first", "conv9"), 2, "layer 'conv9' is not in"),
        (("zoo:tiny", "--first", "relu1"), 2, "is no convolution"),
        (("zoo:tiny", "nowhere"), 4, "nowhere"),
        (("zoo:tiny", "--projections", "0"), 2, "--projections 0"),
        (("zoo:tinny",), 2, "did you mean 'tiny'"),
    ],
)
def test_bad_input_is_named(
    convscope: Callable, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = convscope("diagnose", *arguments, "-o", tmp_path)
    assert done.code == code, done.err
    assert message in done.err
