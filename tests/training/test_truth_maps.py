"""Maps of values, judged by what is true at each position, against scikit-learn's measures on all positions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import convscope as cs
from convscope.data import Preprocess
from convscope.errors import ImageError, UsageError
from convscope.training import Judgement
from convscope.training.truth_maps import ValueMaps

metrics = pytest.importorskip("sklearn.metrics")

SIDE, COUNT = 12, 5
RECIPE = Preprocess(SIDE, SIDE, mean=(0.5,), std=(0.25,))


class Denoiser(nn.Module):
    """So many maps of one grey channel, perhaps of half its size."""

    def __init__(self, channels: int, step: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, channels, 3, padding=1, stride=step)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


def network(channels: int, step: int = 1) -> cs.Network:
    torch.manual_seed(channels)
    module = Denoiser(channels, step).eval()
    return cs.Network.trace(module, (1, SIDE, SIDE), name="denoiser", preprocess=RECIPE, scores="none")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for index in range(COUNT):
        Image.fromarray(rng.integers(0, 256, (SIDE, SIDE), np.uint8)).save(place / f"{index}.png")
    return place


def answers(net: cs.Network, photos: Path) -> np.ndarray:
    pixels = np.stack([np.asarray(Image.open(photos / f"{index}.png")) for index in range(COUNT)])
    x = torch.from_numpy((pixels[:, None] / 255 - 0.5) / 0.25).float()
    with torch.no_grad():
        return net.run(x)[net.output].double().numpy()


def expected(found: np.ndarray, truth: np.ndarray) -> tuple[list[float], list[float]]:
    """MAE and R2 of each channel, over the positions that are known."""
    errors, explained = [], []
    for channel in range(found.shape[1]):
        known = np.isfinite(truth[:, channel])
        pair = truth[:, channel][known], found[:, channel][known]
        errors.append(metrics.mean_absolute_error(*pair))
        explained.append(metrics.r2_score(*pair))
    return errors, explained


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("last", [False, True])
def test_maps_of_values_are_judged_at_every_position_that_is_known(
    photos: Path, tmp_path: Path, channels: int, last: bool
) -> None:
    net = network(channels)
    found = answers(net, photos)
    truth = found + np.random.default_rng(1).normal(1000, 0.3, found.shape)
    truth[1, :, 3:5] = np.nan
    for index in range(COUNT - 1):
        one = truth[index].transpose(1, 2, 0) if last else truth[index]
        np.save(tmp_path / f"{index}.npy", one[0] if channels == 1 and not last else one)
    judged = cs.evaluate(net, str(photos), truth=str(tmp_path)).found
    assert isinstance(judged, Judgement)
    errors, explained = expected(found[:-1], truth[:-1])
    assert judged["MAE"].value == pytest.approx(np.mean(errors), rel=1e-5)
    assert judged["R2"].value == pytest.approx(np.mean(explained), rel=1e-4)
    assert (judged.images, judged.unlabelled) == (COUNT - 1, 1)
    assert judged["MAE"].low < judged["MAE"].value < judged["MAE"].high
    assert [one.name for one in judged.each[:2]] == ([] if channels == 1 else ["MAE of output 0", "MAE of output 1"])
    if channels == 3:
        assert judged.each[1].value == pytest.approx(errors[1], rel=1e-5)


def test_an_array_and_pictures_in_grey_are_numbers_too(photos: Path, tmp_path: Path) -> None:
    net = network(1)
    found, deep = answers(net, photos), np.random.default_rng(2).integers(0, 65536, (COUNT, 1, SIDE, SIDE))
    for index, one in enumerate(deep):
        Image.fromarray(one[0].astype(np.uint16)).save(tmp_path / f"{index}.png")
    errors, _ = expected(found, deep.astype(float))
    for truth in (str(tmp_path), deep[:, 0]):
        judged: Any = cs.evaluate(net, str(photos), truth=truth).found
        assert judged["MAE"].value == pytest.approx(errors[0], rel=1e-6)


def test_numbers_that_lie_on_the_image_are_cut_as_it_is(photos: Path) -> None:
    net = network(1, step=2)
    found = answers(net, photos)
    truth = np.random.default_rng(3).normal(size=(COUNT, SIDE, SIDE))
    judged: Any = cs.evaluate(net, str(photos), truth=truth).found
    errors, _ = expected(found, truth[:, None, 1::2, 1::2])
    assert judged["MAE"].value == pytest.approx(errors[0], rel=1e-6)
    larger = Preprocess(4, 4, resize=8, mean=(0.5,), std=(0.25,))
    image = np.arange(16.0 * 16).reshape(16, 16)
    cut = ValueMaps(array=image[None]).read(0, (16, 16), larger, (1, 4, 4))
    assert cut[0].tolist() == image[5:13:2, 5:13:2].tolist()


def test_what_are_no_numbers_of_an_image_is_left_out_with_a_reason(photos: Path, tmp_path: Path) -> None:
    good = np.zeros((SIDE, SIDE))
    for index, one in enumerate([good, good[1:], np.array([{"a": 1}], object), good > 0]):
        np.save(tmp_path / f"{index}.npy", one)
    (tmp_path / "4.npy").write_bytes(b"\x93NUMPY\x01\x00")
    judged: Any = cs.evaluate(network(1), str(photos), truth=str(tmp_path)).found
    assert judged.images == 2
    reasons = [one.reason for one in judged.failures]
    assert "the shape (11, 12) lie neither on the output, 1 channels of 12x12, nor on the image" in reasons[0]
    assert "2.npy cannot be read as numbers: Object arrays cannot be loaded" in reasons[1]
    assert "4.npy cannot be read as numbers" in reasons[2]
    with pytest.raises(ImageError, match="lie neither"):
        ValueMaps(array=np.zeros((1, 3, 3))).read(0, (4, 4), RECIPE, (1, 2, 2))


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        (None, "taken as values.*give their true values as truth=, a folder with a file of numbers"),
        ({"0.png": [1.0]}, "give their true values as truth="),
        (np.zeros((0, SIDE, SIDE)), "truth= has no numbers of any image, such as '0.png'"),
    ],
)
def test_without_true_values_it_is_said_how_to_give_them(photos: Path, truth: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        cs.evaluate(network(1), str(photos), truth=truth)


def test_ten_crops_are_no_view_of_maps(photos: Path) -> None:
    with pytest.raises(UsageError, match="maps are judged on the centre crop"):
        cs.evaluate(network(1), str(photos), truth=np.zeros((COUNT, SIDE, SIDE)), views="ten")
