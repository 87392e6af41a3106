"""What survives, against a literal loop over units and images; and units made by hand that are about one thing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from convscope.data import Preprocess
from convscope.graph import Network
from convscope.methods.scan import TopK
from convscope.methods.tuning import KINDS, LayerTuning, TuningCases
from convscope.methods.tuning.changes import looks
from convscope.methods.tuning.surveying import CroppedPhotos, served, survey

SIZE = 24


def network() -> Network:
    """A layer of units made by hand, then one of chance: red, an upright edge, a level edge, a grey blob."""
    torch.manual_seed(1)
    first = nn.Conv2d(3, 4, 5, bias=True)
    weight = torch.zeros(4, 3, 5, 5)
    weight[0, 0], weight[0, 1], weight[0, 2] = 1.0, -0.5, -0.5
    weight[1, :, :, :2], weight[1, :, :, 3:] = 1.0, -1.0
    weight[2, :, :2], weight[2, :, 3:] = 1.0, -1.0
    weight[3] = -0.2
    weight[3, :, 1:4, 1:4] = 0.5
    first.weight.data, first.bias.data = weight / 25, torch.zeros(4)
    layers = nn.Sequential(first, nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3), nn.ReLU())
    recipe = Preprocess(SIZE, SIZE, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    return Network.trace(layers.double(), (3, SIZE, SIZE), preprocess=recipe)


def photographs() -> np.ndarray:
    """Images (n, h, w, 3): noise, red on white, upright and level stripes, grey blobs."""
    generator = np.random.default_rng(0)
    images = generator.integers(100, 140, (12, SIZE, SIZE, 3)).astype(np.uint8)
    for at in range(3):
        images[at, 4 + at : 14 + at, 6:16] = (240, 20, 20)
        images[3 + at, :, 2 * at + 8 : 2 * at + 12] = 250
        images[6 + at, 2 * at + 8 : 2 * at + 12] = 250
        images[9 + at, 8 + at : 11 + at, 8:11] = 255
    return images


@pytest.fixture(scope="module")
def net() -> Network:
    return network()


@pytest.fixture(scope="module")
def tops(net: Network) -> dict[str, TopK]:
    images = torch.from_numpy(photographs()).permute(0, 3, 1, 2)
    found = net.run(net.preprocess.normalise(images, dtype=net.dtype), ["1", "4"])
    made = {}
    for name, output in found.items():
        values, at = output.flatten(2).max(2)
        best, image = values.T.sort(dim=1, descending=True, stable=True)
        place = at.T.gather(1, image)[:, :4]
        positions = torch.stack([place // output.shape[3], place % output.shape[3]], -1).int()
        made[name] = TopK(name, best[:, :4].float().numpy(), image[:, :4].numpy(), positions.numpy())
    return made


def literal(net: Network, layer: str, channel: int, image: int, position: np.ndarray) -> np.ndarray:
    """What survives of one unit on one image under every kind, one run after the other."""
    photo = torch.from_numpy(photographs()[image : image + 1]).permute(0, 3, 1, 2).float()

    def activation(pixels: torch.Tensor, y: int, x: int) -> float:
        output = net.run(net.preprocess.normalise(pixels.clone(), dtype=net.dtype), [layer])[layer]
        return float(output[0, channel, y, x])

    before, row = activation(photo, *position), np.full(len(KINDS), np.nan)
    one = net.layers[layer]
    for kind, variants in looks(one, (SIZE, SIZE), 3).items():
        shares = []
        for look in variants:
            (at,), (inside,) = look.places(position[None], (one.height, one.width))
            if inside:
                shares.append(max(activation(look.change.made(photo), *at), 0) / before)
        row[KINDS.index(kind)] = np.mean(shares) if shares else np.nan
    return row


def test_what_survives_is_that_of_a_literal_loop(net: Network, tops: dict[str, TopK]) -> None:
    pictures = photographs()
    found = {one.layer: one for one in survey(net, tops, CroppedPhotos(net.preprocess, pictures.__getitem__)).layers}
    for layer, top in tops.items():
        for channel in range(len(top.images)):
            rows = [
                literal(net, layer, channel, int(top.images[channel, rank]), top.positions[channel, rank])
                for rank in range(4)
                if top.values[channel, rank] > 0
            ]
            expected = np.mean(rows, axis=0) if rows else np.full(len(KINDS), np.nan)
            np.testing.assert_allclose(found[layer].kept[channel], expected, atol=1e-10)
            assert found[layer].cases[channel].max() == len(rows)


def test_units_made_by_hand_are_about_what_they_were_made_for(net: Network, tops: dict[str, TopK]) -> None:
    pictures = photographs()
    one = survey(net, {"1": tops["1"]}, CroppedPhotos(net.preprocess, pictures.__getitem__)).layers[0]
    kept = {kind: one.kept[:, column] for column, kind in enumerate(KINDS)}
    red, upright, level, blob = range(4)
    assert kept["grey"][red] < 0.2 < 0.9 < kept["grey"][[upright, level, blob]].min()
    assert kept["turned"][[upright, level]].max() < 0.5 < 0.8 < kept["turned"][[red, blob]].min()
    assert "keeps" in one.words(red, "grey")
    assert one.words(red, "grey").startswith("colour: keeps ")
    assert "grey" in one.stands_out(red)
    assert one.stands_out(red)["grey"] == -1


def test_images_are_chosen_so_that_every_unit_has_some_of_its_own() -> None:
    # Ten units on images of their own (3 each), and one on images that serve all.
    channel = np.repeat(np.arange(10), 4)
    rank = np.tile(np.arange(4), 10)
    image = np.where(rank == 0, 500, 10 * channel + rank)
    cases = TuningCases(channel, rank, image, np.zeros((40, 2), np.int64))
    assert served([cases], 100).tolist() == np.unique(image).tolist()
    few = served([cases], 11)
    assert len(few) == 11
    assert 500 in few
    assert np.bincount(channel[np.isin(image, few)], minlength=10).min() == 2


def test_intervals_hold_the_mean_and_need_three_images() -> None:
    generator = np.random.default_rng(3)
    channel, rank = np.repeat(np.arange(40), 9), np.tile(np.arange(9), 40)
    shares = generator.uniform(0.2, 0.8, (360, len(KINDS)))
    shares[channel == 7] = np.nan
    shares[(channel == 8) & (rank > 1)] = np.nan
    cases = TuningCases(channel, rank, rank, np.zeros((360, 2), np.int64))
    found = LayerTuning.of("conv", 41, cases, shares)
    alive = [unit for unit in range(41) if unit not in (7, 8, 40)]
    assert (found.low[alive] < found.kept[alive]).all()
    assert (found.kept[alive] < found.high[alive]).all()
    assert np.isnan(found.kept[[7, 40]]).all()
    assert not np.isnan(found.kept[8]).any()
    assert np.isnan(found.low[8]).all()


@pytest.mark.parametrize("images", [3, 4, 9])
def test_intervals_of_few_images_hold_as_often_as_they_say(images: int) -> None:
    units, generator = 200, np.random.default_rng(0)
    channel, rank = np.repeat(np.arange(units), images), np.tile(np.arange(images), units)
    cases = TuningCases(channel, rank, rank, np.zeros((len(rank), 2), np.int64))
    found = LayerTuning.of("conv", units, cases, generator.normal(0.5, 0.1, (len(rank), len(KINDS))))
    held = ((found.low < 0.5) & (found.high > 0.5)).mean()
    assert 0.93 < held < 0.98


@pytest.mark.parametrize(
    ("kept", "low", "high", "said"),
    [
        (0.1, 0.0, 0.2, -1),
        (0.8, 0.7, 0.9, 1),
        (0.1, 0.0, 0.6, None),  # the interval holds the median
        (0.8, 0.4, 0.9, None),
        (0.35, 0.3, 0.4, None),  # a quarter of the layer's units keep less
        (0.65, 0.6, 0.7, None),
    ],
)
def test_a_unit_differs_beyond_its_layers_quartile_with_all_of_its_interval(
    kept: float, low: float, high: float, said: int | None
) -> None:
    def table(value: float) -> np.ndarray:
        return np.full((1, len(KINDS)), value)

    quartiles = np.repeat([[0.3], [0.5], [0.7]], len(KINDS), 1)
    one = LayerTuning("conv", table(kept), table(low), table(high), np.full((1, len(KINDS)), 9), quartiles)
    assert one.stands_out(0) == ({} if said is None else dict.fromkeys(KINDS, said))
    near = kept + np.repeat([[0.05], [0.06], [0.07]], len(KINDS), 1)
    close = replace(one, low=table(kept - 0.01), high=table(kept + 0.01), quartiles=near)
    assert close.stands_out(0) == {}  # less than a tenth of an activation
