"""What an atlas says of what its units are tuned to: as the study says, read back, left out, made again, damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import convscope as cs
from convscope.atlas.tunings import read_tuning
from convscope.atlas.web import read_script
from convscope.errors import StoreError


@pytest.fixture(scope="module")
def photos() -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    return [generator.integers(0, 256, (40, 40, 3), np.uint8) for _ in range(5)]


@pytest.fixture(scope="module")
def atlas(photos: list[np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> cs.Atlas:
    return cs.build_atlas(
        cs.load("zoo:tiny"), photos, tmp_path_factory.mktemp("tuned") / "atlas", layers=["relu1", "fc"]
    )


def test_an_atlas_says_what_the_study_says(atlas: cs.Atlas, photos: list[np.ndarray]) -> None:
    found = cs.tuning(cs.load("zoo:tiny"), photos, layers=["relu1", "fc"])
    for layer in ("relu1", "fc"):
        told = atlas.tuning(layer)
        assert told is not None
        for name in ("kept", "low", "high", "quartiles"):
            np.testing.assert_allclose(getattr(told, name), getattr(found[layer], name), atol=6e-4)
        np.testing.assert_array_equal(told.cases, found[layer].cases)
        said = read_script(atlas.path / "data" / "tuning" / f"{atlas.layer(layer).id}.js")
        for channel, out in enumerate(said["out"]):
            kinds = {said["kinds"][abs(number) - 1]["name"]: np.sign(number) for number in out}
            assert kinds == found[layer].stands_out(channel)
    assert (found["relu1"].kept[:, 0] > 0).any()


@pytest.mark.slow
def test_a_lost_script_is_made_again_with_the_same_bytes(atlas: cs.Atlas, photos: list[np.ndarray]) -> None:
    path = atlas.path / "data" / "tuning" / "00-relu1.js"
    before = path.read_bytes()
    path.unlink()
    again = cs.build_atlas(cs.load("zoo:tiny"), photos, atlas.path, layers=["relu1", "fc"])
    assert again.outcome == "continued"
    assert path.read_bytes() == before


def test_it_is_left_out_where_it_is_not_wanted(photos: list[np.ndarray], tmp_path: Path) -> None:
    made = cs.build_atlas(cs.load("zoo:tiny"), photos[:2], tmp_path / "plain", layers=["relu1"], k=2, tuning=False)
    assert made.tuning("relu1") is None
    assert not (made.path / "data" / "tuning").exists()
    assert "tuning" not in made.manifest["paths"]


@pytest.mark.parametrize("key", ["kinds", "kept", "quartiles"])
def test_what_is_no_tuning_is_refused(atlas: cs.Atlas, key: str) -> None:
    said = read_script(atlas.path / "data" / "tuning" / "01-fc.js")
    said[key] = said[key][:-1] if key == "kinds" else [["no number"]]
    with pytest.raises(StoreError, match="make the atlas again"):
        read_tuning("fc", said)


def test_an_atlas_says_how_many_units_stand_out(atlas: cs.Atlas, photos: list[np.ndarray]) -> None:
    tables = [atlas.tuning(layer.name) for layer in atlas.layers]
    minded = [table.stands_out(u) for table in tables if table is not None for u in range(len(table.kept))]
    said = atlas.tuned
    assert said is not None
    start = f"tuning: {sum(map(bool, minded))} of {len(minded)} units mind a change more or less than their layer does"
    assert said.startswith(start)
    colour = sum("grey" in one for one in minded)
    assert (f"colour {colour}" in said) == bool(colour)


def test_an_atlas_without_tuning_says_nothing_of_it(atlas: cs.Atlas) -> None:
    paths = {name: path for name, path in atlas.manifest["paths"].items() if name != "tuning"}
    assert cs.Atlas(atlas.path, {**atlas.manifest, "paths": paths}, atlas.inventory).tuned is None
