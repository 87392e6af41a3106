"""SqueezeNet 1.0 and 1.1 under torchvision's module names, with the padding of the original Caffe release.

Modules and parameters are named as in torchvision (features.3.squeeze, classifier.1), so weights of either origin fit.
Iandola et al. 2016, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters".
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from convscope.errors import UsageError
from convscope.models.initial import seeded

Version = Literal["1_0", "1_1"]

_DTYPE = torch.float32  # of weights, whatever the process makes by default

# Squeeze widths of the fire modules, whose two expansions are each four times as wide; 0 stands for a 3x3/2 max pool.
_FEATURES: dict[str, tuple[int, ...]] = {
    "1_0": (0, 16, 16, 32, 0, 32, 48, 48, 64, 0, 64),
    "1_1": (0, 16, 16, 0, 32, 32, 0, 48, 48, 64, 64),
}


class Fire(nn.Module):
    """Squeeze by 1x1 filters, expand by 1x1 and by 3x3 filters, concatenate: (n, c, h, w) to (n, 2 * expand, h, w)."""

    def __init__(self, channels: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeeze, 1, dtype=_DTYPE)
        self.squeeze_activation = nn.ReLU()
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1, dtype=_DTYPE)
        self.expand1x1_activation = nn.ReLU()
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1, dtype=_DTYPE)
        self.expand3x3_activation = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """The expanded maps, those of the 1x1 filters first."""
        x = self.squeeze_activation(self.squeeze(x))
        narrow = self.expand1x1_activation(self.expand1x1(x))
        wide = self.expand3x3_activation(self.expand3x3(x))
        return torch.cat([narrow, wide], 1)


class SqueezeNet(nn.Module):
    """SqueezeNet: (n, 3, h, w) to logits (n, outputs), which are means of a rectified class map and so never negative.

    Args:
        version: "1_0", with 96 7x7/2 first-layer filters, or "1_1", with 64 3x3/2 and earlier pools.
        outputs: number of classes.
        head_padding: zero padding of the 1x1 class convolution: 1 as in SqueezeNet 1.0's Caffe release, 0 as in 1.1's
            and in torchvision.
        dropout: before the class convolution.
        in_channels: of the input.

    >>> sum(p.numel() for p in SqueezeNet("1_1").parameters())
    1235496
    """

    def __init__(
        self,
        version: Version,
        *,
        outputs: int = 1000,
        head_padding: int = 0,
        dropout: float = 0.5,
        in_channels: int = 3,
    ) -> None:
        super().__init__()
        if version not in _FEATURES:
            raise UsageError(f"SqueezeNet version '{version}' asked for: there are {' and '.join(_FEATURES)}")
        channels, kernel = (96, 7) if version == "1_0" else (64, 3)
        layers: list[nn.Module] = [nn.Conv2d(in_channels, channels, kernel, stride=2, dtype=_DTYPE), nn.ReLU()]
        for squeeze in _FEATURES[version]:
            if squeeze == 0:
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
            else:
                layers.append(Fire(channels, squeeze, 4 * squeeze))
                channels = 8 * squeeze
        self.features = nn.Sequential(*layers)
        head = nn.Conv2d(channels, outputs, 1, padding=head_padding, dtype=_DTYPE)
        self.classifier = nn.Sequential(nn.Dropout(dropout), head, nn.ReLU(), nn.AdaptiveAvgPool2d(1))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, outputs)."""
        return torch.flatten(self.classifier(self.features(x)), 1)


def random_squeezenet(
    version: Version, *, outputs: int = 1000, head_padding: int = 0, seed: int = 0, in_channels: int = 3
) -> SqueezeNet:
    """A SqueezeNet with random weights (He et al. 2015) that depend on `seed` alone."""
    with seeded(seed), torch.device("cpu"):
        net = SqueezeNet(version, outputs=outputs, head_padding=head_padding, in_channels=in_channels)
        for module in net.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
    return net
