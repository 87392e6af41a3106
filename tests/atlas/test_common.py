"""What units of two atlases are matched by."""

import base64
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import convscope as cs
from convscope.atlas.common import COMMON, index, layer_responses, levels
from convscope.atlas.export import export_atlas
from convscope.atlas.web import read_script
from convscope.graph import Network


def codes(said: dict[str, object]) -> np.ndarray:
    found = np.frombuffer(base64.b64decode(str(said["codes"])), np.uint8)
    return found.reshape(-1, int(str(said["images"]))).astype(np.float64)


def test_correlations_of_bytes_are_those_of_responses() -> None:
    values = np.random.default_rng(0).normal(size=(100, 30)).astype(np.float32) ** 3
    exact = np.corrcoef(values.T)
    assert np.abs(np.corrcoef(levels(values)) - exact).max() < 0.01


def test_what_is_no_number_is_the_units_least_and_units_that_never_vary_are_zero() -> None:
    values = np.array([[1, 7, np.nan], [3, 7, np.nan], [-np.inf, 7, np.nan]], np.float32)
    assert levels(values).tolist() == [[0, 255, 0], [0, 0, 0], [0, 0, 0]]
    assert levels(np.zeros((0, 2))).shape == (2, 0)


def test_many_images_are_thinned_evenly_and_named() -> None:
    images = np.arange(0, 1000, 2)
    said = layer_responses("00-conv", np.stack([images, -images], axis=1).astype(np.float32), images)
    assert codes(said).shape == (2, COMMON)
    assert (np.diff(codes(said)[0]) >= 0).all()
    photos = [np.full((4, 4, 3), value, np.uint8) for value in range(5)]
    source = cs.open_source(photos)
    assert index(source, np.array([0, 3])) == {"images": [0, 3], "names": [source.name(0), source.name(3)]}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, list[np.ndarray], Path]:
    net = Network.trace(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), (3, 8, 8), preprocess=cs.Preprocess(8, 8))
    photos = [np.random.default_rng(i).integers(0, 256, (8, 8, 3), np.uint8) for i in range(7)]
    folder = tmp_path_factory.mktemp("built")
    atlas = cs.build_atlas(net, photos, folder / "atlas", layers=["1"], k=2, tuning=False)
    return net, photos, atlas.path


def test_an_atlas_keeps_the_strongest_response_of_each_unit_in_each_image(
    built: tuple[Network, list[np.ndarray], Path],
) -> None:
    net, photos, folder = built
    said = read_script(folder / "data" / "responses" / "00-1.js")
    batch = cs.Preprocess(8, 8).normalise(torch.from_numpy(np.stack(photos)).permute(0, 3, 1, 2))
    exact = net.run(batch, ["1"])["1"].amax((2, 3)).numpy()
    assert np.array_equal(codes(said), levels(exact))
    assert read_script(folder / "data" / "responses" / "index.js")["images"] == list(range(7))


def test_an_export_of_layers_takes_them_along(built: tuple[Network, list[np.ndarray], Path], tmp_path: Path) -> None:
    atlas = cs.Atlas.open(built[2])
    export_atlas(atlas, tmp_path / "part", layers=["1"])
    assert (tmp_path / "part" / "data" / "responses" / "00-1.js").is_file()
    export_atlas(atlas, tmp_path / "unit", units=["1:0"])
    assert not (tmp_path / "unit" / "data" / "responses").exists()
