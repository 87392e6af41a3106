"""Changes of images, and where a unit is after them: by symmetric networks, which must find again what they saw."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from convscope.graph import Network
from convscope.graph.nouns import Field, Layer
from convscope.methods.tuning.changes import KINDS, ImageChange, arrangement, looks


def symmetric(padding: int, stride: int, size: int) -> Network:
    """A network whose kernels are the same mirrored and turned: a changed image has the same values elsewhere."""
    torch.manual_seed(0)
    layers = nn.Sequential(
        nn.Conv2d(3, 4, size, stride=stride, padding=padding), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.MaxPool2d(2)
    ).double()
    for layer in (layers[0], layers[2]):
        weight = layer.weight.data
        weight = weight + weight.flip(3)
        weight = weight + weight.flip(2)
        layer.weight.data = weight + weight.transpose(2, 3)
    return Network.trace(layers, (3, 33, 33))


@pytest.mark.parametrize(("padding", "stride", "size"), [(0, 2, 3), (1, 2, 3), (2, 3, 5), (0, 3, 3)])
@pytest.mark.parametrize("kind", ["mirrored", "turned"])
def test_what_a_unit_saw_is_where_the_look_says(kind: str, padding: int, stride: int, size: int) -> None:
    net = symmetric(padding, stride, size)
    layer = net.layers["3"]
    images = torch.rand(2, 3, 33, 33, dtype=torch.float64)
    before = net.run(images, ["3"])["3"]
    every = np.stack(np.meshgrid(range(layer.height), range(layer.width), indexing="ij"), -1).reshape(-1, 2)
    for look in looks(layer, (33, 33), 3)[kind]:
        after = net.run(look.change.made(images), ["3"])["3"]
        at, inside = look.places(every, (layer.height, layer.width))
        # Where the content was moved as well, fields at the border see repeated pixels instead of the padding.
        begin = every * layer.field.stride[0] + layer.field.offset[0]
        inner = inside & ((begin >= 2) & (begin + layer.field.size[0] <= 31)).all(1)
        assert inner.any()
        seen, found = before[:, :, every[inner, 0], every[inner, 1]], after[:, :, at[inner, 0], at[inner, 1]]
        torch.testing.assert_close(found, seen, rtol=0, atol=1e-12)
        assert (seen.std((0, 2)) > 1e-3).any()


def test_colour_is_taken_and_turned_in_images_of_three_channels_alone() -> None:
    layer = Layer("conv", "conv2d", 8, 4, 4, True, Field((4, 4), (0, 0), (16, 16)))
    image = torch.tensor([200.0, 100.0, 0.0]).reshape(1, 3, 1, 1).expand(1, 3, 8, 8)
    grey = ImageChange("grey").made(image)
    torch.testing.assert_close(grey, torch.full((1, 3, 8, 8), 0.299 * 200 + 0.587 * 100))
    turned = [ImageChange("hue", thirds).made(image)[0, :, 0, 0].tolist() for thirds in (1, 2)]
    assert turned == [[0.0, 200.0, 100.0], [100.0, 0.0, 200.0]]
    assert list(looks(layer, (16, 16), 3)) == list(KINDS)
    assert list(looks(layer, (16, 16), 1)) == [kind for kind in KINDS if kind not in ("grey", "hue")]
    assert "turned" not in looks(layer, (16, 24), 3)


def test_how_much_is_changed_goes_with_the_field() -> None:
    layer = Layer("conv", "conv2d", 8, 4, 4, True, Field((4, 4), (0, 0), (256, 256)))
    found = {kind: [look.change for look in variants] for kind, variants in looks(layer, (512, 512), 3).items()}
    assert [one.amount for one in found["hue"]] == [1, 2]  # both ways round
    assert [one.amount for one in found["blurred"]] == [256 // 64]
    assert [one.amount for one in found["shuffled"]] == [256 // 4]
    assert [one.shift for one in found["moved"]] == [(256 // 8, 0), (0, 256 // 8)]
    assert [one.amount for one in found["turned"]] == [1, 3]


def test_squares_are_shuffled_within_their_block_and_keep_every_pixel() -> None:
    at = arrangement((34, 35), 2)
    assert sorted(at.flatten().tolist()) == list(range(34 * 35))
    rows, columns = at // 35, at % 35
    assert (rows[:32] // 8 == np.arange(32)[:, None] // 8).all()
    assert (columns[:, :32] // 8 == np.arange(32) // 8).all()
    assert (at[34:] == np.arange(34 * 35).reshape(34, 35)[34:]).all()
    # Whole squares: within one, neighbours stay neighbours.
    assert (np.diff(at.reshape(34, 35)[:2, :2], axis=1) == 1).all()
    assert (at[:8, :8] != np.arange(34 * 35).reshape(34, 35)[:8, :8]).any()


def test_moved_content_is_where_the_pixels_say() -> None:
    image = torch.arange(12.0).reshape(1, 1, 3, 4)
    assert ImageChange("moved", 1, (1, 0)).made(image)[0, 0].tolist() == [[0, 1, 2, 3], [0, 1, 2, 3], [4, 5, 6, 7]]
    assert ImageChange("moved", 1, (0, 1)).made(image)[0, 0, 1].tolist() == [4, 4, 5, 6]
