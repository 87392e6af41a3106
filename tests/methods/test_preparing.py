"""Images as a person changes them, as a network's input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import convscope as cs
from convscope.errors import UsageError


@pytest.fixture(scope="module")
def net() -> cs.Network:
    recipe = cs.Preprocess(8, 8, resize=10, mean=(0.5,) * 3, std=(0.25,) * 3)
    return cs.Network.trace(nn.Conv2d(3, 2, 3), (3, 8, 8), preprocess=recipe)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    room = tmp_path_factory.mktemp("photos")
    for n in range(3):
        pixels = np.random.default_rng(n).integers(0, 256, (12, 15, 3), np.uint8)
        Image.fromarray(pixels).save(room / f"{n}.png")
    return room


def test_the_crop_is_moved_in_the_resized_image_as_far_as_there_is_one(net: cs.Network, folder: Path) -> None:
    recipe = net.preprocess
    whole = recipe.normalise(
        torch.from_numpy(recipe.resized(np.asarray(Image.open(folder / "1.png")))).permute(2, 0, 1)
    )
    plain, moved, far = (cs.prepare(net, folder / "1.png", moved=by) for by in ((0, 0), (1, -2), (50, -50)))
    assert torch.equal(plain[0], whole[:, 1:9, 2:10])
    assert torch.equal(moved[0], whole[:, 2:10, 0:8])
    assert torch.equal(far[0], whole[:, 2:10, 0:8])
    assert torch.equal(cs.prepare(net, folder, indices=[1, 1], moved=(1, -2)), moved.expand(2, -1, -1, -1))


def test_what_is_turned_is_covered_afterwards(net: cs.Network, folder: Path) -> None:
    cover = cs.Cover(((4, 4),), 2)
    found = cs.prepare(net, folder / "0.png", transform=("rotation", 180.0), cover=cover)[0]
    turned = cs.prepare(net, folder / "0.png").flip(2, 3)[0]
    turned[:, 3:5, 3:5] = 0
    assert torch.allclose(found, turned, atol=1e-5)
    inputs = cs.prepare(net, folder, indices=[2])
    assert torch.equal(cs.prepare(net, inputs, cover=cover), cs.prepare(net, folder, indices=[2], cover=cover))


def test_what_cannot_be_is_said(net: cs.Network, folder: Path) -> None:
    with pytest.raises(UsageError, match="cropped already"):
        cs.prepare(net, torch.zeros(1, 3, 8, 8), moved=(1, 0))
    with pytest.raises(UsageError, match="from 0 to 2"):
        cs.prepare(net, folder, indices=[3])
    with pytest.raises(UsageError, match="square, disc"):
        cs.Cover(((4, 4),), 2, shape="round")  # pyright: ignore[reportArgumentType]
    with pytest.raises(UsageError, match="size=0"):
        cs.Cover(((4, 4),), 0)
