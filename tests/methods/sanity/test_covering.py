"""Areas of deletion and insertion, against covering whole images and running the whole network."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from convscope.graph import Network
from convscope.graph.focusing import Focus
from convscope.methods.sanity import covering
from convscope.methods.sanity.covering import FILLS, LEVELS, areas, filled
from convscope.methods.sanity.orders import Tiles


@cache
def network() -> Network:
    torch.manual_seed(0)
    layers = nn.Sequential(
        nn.Conv2d(2, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(5, 4, 3, padding=1), nn.ReLU()
    )
    return Network.trace(layers.double(), (2, 16, 18))


@pytest.mark.parametrize(("position", "entries"), [((0, 0), 1), ((3, 8), 1 << 22)])
def test_areas_are_those_of_whole_covered_images(
    position: tuple[int, int], entries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(covering, "_ENTRIES", entries)
    net, generator = network(), np.random.default_rng(1)
    image, other = torch.randn(2, 2, 16, 18, dtype=torch.float64)
    at, channel, plan = np.array([position]), 2, Focus.of(net, "4", gain=0)
    field = net.crops("4", at)[0].numpy()
    tiles = Tiles.of(field, plan.origins(at)[0], plan.size, (16, 18), 2)
    ranks = np.stack([tiles.drawn(generator) for _ in range(3)])
    fills = filled(image, other, (int(field[2] - field[0]), int(field[3] - field[1])))
    pixels = plan.cut(torch.cat([image[None], fills]), np.arange(4), np.repeat(at, 4, 0))
    found = areas(plan, pixels[0], pixels[1:], ranks, at[0], channel, 1.7)
    whole = Tiles.of(field, np.zeros(2, np.int64), (16, 18), (16, 18), 2)
    origin = plan.origins(at)[0]
    for f in range(len(FILLS)):
        for o in range(3):
            falls, rises = [], []
            for level in range(LEVELS + 1):
                first = round(level * whole.count / LEVELS)
                for curve, covered in ((falls, range(first)), (rises, range(first, whole.count))):
                    edited = image.clone()
                    for y in range(16):
                        for x in range(18):
                            rank = -1 if whole.number[y, x] < 0 else ranks[o, y - origin[0], x - origin[1]]
                            if rank in covered:
                                edited[:, y, x] = fills[f, :, y, x]
                    curve.append(float(net.run(edited[None], ["4"])["4"][0, channel, position[0], position[1]]))
            for curve, area in ((falls, found.deletion[f, o]), (rises, found.insertion[f, o])):
                expected = sum((a + b) / 2 for a, b in itertools.pairwise(curve)) / LEVELS / 1.7
                assert area == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_what_covers_is_the_mean_a_blur_and_another_image() -> None:
    image, other = torch.randn(2, 3, 12, 12, dtype=torch.float64)
    mean, blur, third = filled(image, other, (8, 8))
    torch.testing.assert_close(mean, image.mean((1, 2), keepdim=True).expand_as(image))
    assert torch.equal(third, other)
    assert blur.std() < 0.5 * image.std()
    torch.testing.assert_close(blur.mean((1, 2)), image.mean((1, 2)), atol=0.15, rtol=0)
