"""A residual network for 32x32 images that traces and runs in milliseconds: the one of the tests and the examples.

It has one of everything common: convolution without bias, batch normalisation, ReLU, an overlapping max pool, a
residual addition with and without a projection, global average pooling, a fully connected layer.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from convscope.models.initial import seeded

_DTYPE = torch.float32  # of weights, whatever the process makes by default


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut: (n, c, h, w) to (n, maps, h / stride, w / stride), rounded up."""

    def __init__(self, channels: int, maps: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, maps, 3, stride, padding=1, bias=False, dtype=_DTYPE)
        self.bn1 = nn.BatchNorm2d(maps, dtype=_DTYPE)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(maps, maps, 3, padding=1, bias=False, dtype=_DTYPE)
        self.bn2 = nn.BatchNorm2d(maps, dtype=_DTYPE)
        self.relu2 = nn.ReLU()
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels != maps:
            parts = OrderedDict[str, nn.Module](
                conv=nn.Conv2d(channels, maps, 1, stride, bias=False, dtype=_DTYPE),
                bn=nn.BatchNorm2d(maps, dtype=_DTYPE),
            )
            self.shortcut = nn.Sequential(parts)

    def forward(self, x: Tensor) -> Tensor:
        """The rectified sum of both paths."""
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        return self.relu2(y + self.shortcut(x))


class TinyNet(nn.Sequential):
    """The network conv1 (16 maps), bn1, relu1, pool1, block1 (16), block2 (32), gap, flatten, fc.

    Takes (n, in_channels, h, w), gives logits (n, outputs).

    >>> import torch
    >>> TinyNet()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, *, outputs: int = 10, in_channels: int = 3) -> None:
        parts = OrderedDict[str, nn.Module](
            conv1=nn.Conv2d(in_channels, 16, 3, padding=1, bias=False, dtype=_DTYPE),
            bn1=nn.BatchNorm2d(16, dtype=_DTYPE),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(3, 2, padding=1),
            block1=Block(16, 16, 1),
            block2=Block(16, 32, 2),
            gap=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            fc=nn.Linear(32, outputs, dtype=_DTYPE),
        )
        super().__init__(parts)


def random_tiny(*, outputs: int = 10, seed: int = 0, in_channels: int = 3) -> TinyNet:
    """A `TinyNet` in evaluation mode whose weights and batch statistics are random and depend on `seed` alone.

    The statistics differ from their defaults (mean 0, variance 1) so that batch normalisation is no identity in tests.
    """
    with seeded(seed), torch.device("cpu"):
        net = TinyNet(outputs=outputs, in_channels=in_channels)
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.weight, 1.0, 0.1)
                nn.init.normal_(module.bias, 0.0, 0.1)
                module.get_buffer("running_mean").normal_(0.0, 0.1)
                module.get_buffer("running_var").uniform_(0.5, 1.5)
    return net.eval()
