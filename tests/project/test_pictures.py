"""What pictures are searched among: occlusion against every tile covered in whole images, silent units, and halves."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks import pictures
from convscope.graph import Network
from convscope.methods.occlusion.occluders import blurred
from convscope.methods.sanity.looking import Projecting

SIDE = 26


@pytest.fixture(scope="module")
def net() -> Network:
    torch.manual_seed(2)
    layers = nn.Sequential(
        nn.Conv2d(3, 6, 5, stride=2), nn.ReLU(), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
    )
    return Network.trace(layers.double(), (3, SIDE, SIDE))


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.randn(3, 3, SIDE, SIDE, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def asked(channels: list[int]) -> dict[str, Any]:
    at = np.array([[0, 0], [4, 5], [9, 10]])  # two fields reach beyond the image
    return {"layer": "3", "image": np.arange(3), "channel": np.array(channels), "position": at}


@pytest.mark.parametrize("around", [0, 1])
def test_occlusion_is_what_whole_images_lose_tile_by_tile(net: Network, images: torch.Tensor, around: int) -> None:
    found, boxes = pictures.Occlusion(around)(net, images, **asked([1, 4, 6]))
    for n, (channel, (y, x)) in enumerate(zip((1, 4, 6), asked([0, 0, 0])["position"], strict=True)):
        y0, x0, y1, x1 = boxes[n].tolist()
        image = images[n]
        fills = [image.mean((1, 2), keepdim=True).expand_as(image)]
        fills.append(blurred(image[None], sigma=(max((y1 - y0) / 4, 1.0), max((x1 - x0) / 4, 1.0)))[0])
        own = net.run(image[None], layers=["3"])["3"][0, channel, y, x]
        for top in range(y0, y1, pictures.SIDE):
            for left in range(x0, x1, pictures.SIDE):
                low, high = max(top, 0, y0), min(top + pictures.SIDE, y1, SIDE)
                first, last = max(left, 0, x0), min(left + pictures.SIDE, x1, SIDE)
                if low >= high or first >= last:
                    continue
                reach = around * pictures.SIDE
                rows = slice(max(low - reach, y0, 0), min(high + reach, y1, SIDE))
                columns = slice(max(first - reach, x0, 0), min(last + reach, x1, SIDE))
                lost = 0.0
                for fill in fills:
                    covered = image.clone()
                    covered[:, rows, columns] = fill[:, rows, columns]
                    lost += float(own - net.run(covered[None], layers=["3"])["3"][0, channel, y, x]) / 2
                shown = float(found[n, :, low - y0 : high - y0, first - x0 : last - x0].sum())
                assert shown == pytest.approx(max(lost, 0.0), abs=1e-9), (n, top, left)


def test_gradient_times_input_is_summed_by_tile(net: Network, images: torch.Tensor) -> None:
    found, boxes = pictures.GradientTimesInput()(net, images, **asked([1, 4, 6]))
    y0, x0, y1, x1 = boxes[1].tolist()
    image = images[1].clone().requires_grad_()
    module = nn.Sequential(*(made.to(torch.float64) for made in layers_of(net)))
    value = module(image[None])[0, 4, 4, 5]
    value.backward()
    assert image.grad is not None
    given = image.grad * (images[1] - images[1].mean((1, 2), keepdim=True))
    tile = given[:, y0 : y0 + 4, x0 : x0 + 4].sum()
    assert float(found[1, :, :4, :4].sum()) == pytest.approx(max(float(tile), 0.0), abs=1e-9)
    assert (y1 - y0, x1 - x0) == tuple(found.shape[2:])


def layers_of(net: Network) -> list[nn.Module]:
    torch.manual_seed(2)
    return [nn.Conv2d(3, 6, 5, stride=2), nn.ReLU(), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU()]


def test_pictures_of_silent_units_are_of_others_that_respond_there(net: Network, images: torch.Tensor) -> None:
    seen: list[np.ndarray] = []

    def tool(_: Network, __: torch.Tensor, ___: str, image: np.ndarray, channel: np.ndarray, at: np.ndarray) -> Any:
        seen.append(channel)
        return Projecting()(net, images, "3", image, channel, at)

    maps = net.run(images, layers=["3"])["3"]
    places = asked([0, 0, 0])["position"]
    values = np.stack([maps[n, :, y, x].numpy() for n, (y, x) in enumerate(places)])
    silent, mine = values.argmin(1), values.argmax(1)
    assert (values.min(1) == 0).all()
    own = {(float(images[n].sum()), int(y), int(x)): int(mine[n]) for n, (y, x) in enumerate(places)}
    responding = pictures.Responding(tool, own)
    responding(net, images, **asked(silent.tolist()))
    assert all(values[n, one] > 0 and one != mine[n] for n, one in enumerate(seen[0]))
    responding(net, images, **asked(mine.tolist()))
    assert (seen[1] == mine).all()


def test_causes_and_contrast_lie_on_the_units_field(net: Network, images: torch.Tensor) -> None:
    maps = net.run(images, layers=["3"])["3"]
    strongest = [int(maps[n, :, y, x].argmax()) for n, (y, x) in enumerate(asked([0, 0, 0])["position"])]
    for tool in (pictures.Causes(), pictures.Contrast()):
        found, boxes = tool(net, images, **asked(strongest))
        assert tuple(found.shape[2:]) == tuple((boxes[0, 2:] - boxes[0, :2]).tolist())
        assert (found.abs().flatten(1).sum(1) > 0).all()
