"""A network whose units look each at a place of their own in the field, and tools that are right or wrong about it."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convscope.graph import Network, PullOptions
from convscope.methods.sanity.looking import Projecting

SIDE, TILES = 2, 5
UNITS = 6
IMAGES = 16


@cache
def planted() -> Network:
    """One convolution over fields of 10 x 10; unit u reads one tile of 2 x 2, off the centre, of one channel."""
    torch.manual_seed(0)
    conv = nn.Conv2d(3, UNITS, SIDE * TILES, stride=SIDE, bias=True)
    places = [(0, 3), (1, 0), (3, 4), (4, 1), (0, 0), (4, 4)]
    with torch.no_grad():
        conv.weight.zero_()
        conv.bias.fill_(0.1)
        for unit, (y, x) in enumerate(places):
            tile = (slice(SIDE * y, SIDE * (y + 1)), slice(SIDE * x, SIDE * (x + 1)))
            conv.weight[unit, unit % 3][tile] = torch.rand(SIDE, SIDE) + 0.5
    return Network.trace(nn.Sequential(conv, nn.ReLU()).double(), (3, 16, 16))


@cache
def untrained(seed: int) -> Network:
    """Four convolutions with random weights, the field 18 of 20 pixels: deep enough that pictures are alike."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for number in range(4):
        layers += [nn.Conv2d(3 if number == 0 else 8, 8, 3, padding=1), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if number == 1 else []
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
    return Network.trace(nn.Sequential(*layers).double(), (3, 20, 20))


def photos(size: int, *, seed: int = 0) -> Tensor:
    """Images of coarse and fine noise."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(IMAGES, 3, size // 2, size // 2, generator=generator, dtype=torch.float64)
    fine = torch.randn(IMAGES, 3, size, size, generator=generator, dtype=torch.float64)
    return coarse.repeat_interleave(2, 2).repeat_interleave(2, 3) + 0.3 * fine


class Permuted(Projecting):
    """A tool that gives each unit the picture of another."""

    def __call__(
        self,
        net: Network,
        images: Tensor,
        layer: str,
        image: NDArray[np.int64],
        channel: NDArray[np.int64],
        position: NDArray[np.int64],
    ) -> tuple[Tensor, Tensor]:
        other = (channel + 1) % net.layers[layer].channels
        return super().__call__(net, images, layer, image, other, position)


OPTIONS = PullOptions()
