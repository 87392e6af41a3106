"""Figures of diagnoses: what is in them, and that they are drawn from the result alone."""

import numpy as np
import pytest
import torch
from torch import nn

pytest.importorskip("matplotlib")

from convscope.data import Preprocess
from convscope.errors import UsageError
from convscope.figures.diagnosis import draw, short_name
from convscope.figures.pictures import grid, shown
from convscope.figures.style import rendered
from convscope.graph import Network
from convscope.methods.diagnosis.diagnosis import LayerDiagnosis
from convscope.stores.diagnosis import diagnose

SIDE = 40


def network(kernel: int, stride: int, name: str) -> Network:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 9, kernel, stride), nn.ReLU(), nn.Conv2d(9, 5, 3), nn.ReLU())
    return Network.trace(layers, (3, SIDE, SIDE), preprocess=Preprocess(SIDE, SIDE), name=name)


@pytest.fixture(scope="module")
def found() -> list[LayerDiagnosis]:
    images = [np.random.default_rng(i).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8) for i in range(3)]
    return [diagnose(network(5, 2, "fine (random)"), images), diagnose(network(9, 4, "coarse"), images)]


def texts(drawn: object) -> list[str]:
    return [text.get_text() for axes in drawn.axes for text in (axes.title, *axes.texts)]  # type: ignore[attr-defined]


def test_networks_stand_side_by_side_with_scale_and_geometry(found: list[LayerDiagnosis]) -> None:
    drawn = draw(found)
    said = texts(drawn)
    assert "fine" in said
    assert "coarse" in said
    assert any(text.startswith("9 filters of 5x5, stride 2, one scale of") for text in said)
    assert len(drawn.axes) == 4 + 3
    assert rendered(drawn) == rendered(draw(found))


def test_filters_are_shown_on_one_scale(found: list[LayerDiagnosis]) -> None:
    weights = torch.from_numpy(found[0].filters.weights)
    sheet = np.asarray(draw(found).axes[0].images[0].get_array())
    strongest = int(np.unravel_index(int(weights.abs().argmax()), weights.shape)[0])
    assert sheet.min() == 1 or (sheet == 255).any()
    scale = float(weights.abs().max())
    alone = shown(weights.float(), scale=scale)
    assert np.abs(alone[strongest].astype(int) - 128).max() == 127
    weakest = int(weights.flatten(1).abs().amax(1).argmin())
    assert np.abs(alone[weakest].astype(int) - 128).max() < 127


@pytest.mark.parametrize("weight", [0.0, np.nan, np.inf])
def test_a_network_whose_weights_say_nothing_is_drawn(weight: float) -> None:
    blank = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    for parameter in blank.parameters():
        parameter.data.fill_(weight)
    drawn = draw([diagnose(Network.trace(blank, (3, SIDE, SIDE), preprocess=Preprocess(SIDE, SIDE)), None)])
    assert drawn.axes[2].lines[0].get_ydata().max() == 1e-3
    assert rendered(drawn)


def test_without_images_there_are_no_projections() -> None:
    drawn = draw([diagnose(network(5, 2, "weights alone"))])
    assert "no projections" in texts(drawn)
    assert drawn.get_figwidth() == 7


def test_labels_are_one_for_each_network(found: list[LayerDiagnosis]) -> None:
    assert "A" in texts(draw(found, labels=["A", "B"]))
    with pytest.raises(UsageError, match="1 labels for 2 networks"):
        draw(found, labels=["A"])


def test_none_and_too_many_are_refused(found: list[LayerDiagnosis]) -> None:
    with pytest.raises(UsageError, match="0 networks"):
        draw([])
    with pytest.raises(UsageError, match="8 networks"):
        draw(found * 4)


def test_names_are_cut_in_front() -> None:
    assert short_name("zoo:alexnet (random weights, seed 0)") == "zoo:alexnet"
    assert short_name("abcdefghij", most=6) == "...hij"


# -- pictures ---------------------------------------------------------------------------------------------------------
def test_grid_sets_pictures_in_rows_with_white_between() -> None:
    pictures = np.stack([np.full((1, 2, 3), value, np.uint8) for value in (1, 2, 3)])
    expected = [[1, 1, 255, 2, 2], [255] * 5, [3, 3, 255, 255, 255]]
    assert grid(pictures, columns=2)[..., 0].tolist() == expected
    assert grid(pictures[:1], columns=1, enlarge=2)[..., 0].tolist() == [[1] * 4] * 2


def test_other_numbers_of_channels_are_summed() -> None:
    signals = torch.tensor([[[[2.0]], [[-4.0]]]])
    assert shown(signals, scale=4.0)[0, 0, 0].tolist() == [64, 64, 64]
