"""Small networks, each with one trait that makes tracing or geometry hard."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.graph import Network


class Lambda(nn.Module):
    """A function of one tensor as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def plain() -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3), nn.ReLU())


def strided() -> nn.Module:
    """Strides that leave rows and columns of the image unread at the far side."""
    return nn.Sequential(nn.Conv2d(2, 4, 3, stride=2), nn.ReLU(), nn.Conv2d(4, 3, (3, 2), stride=(1, 2), padding=1))


def dilated() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, dilation=2, padding=2), nn.ReLU(), nn.MaxPool2d(2, 1, dilation=2), nn.Conv2d(4, 3, 2)
    )


def grouped() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, groups=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(4, 4, (1, 3), groups=4),
        nn.ReLU(),
        nn.AvgPool2d(2),
    )


def ceil_mode() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 3, 3),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False),
    )


def overlapping() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, 1), nn.Conv2d(3, 3, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(3, 1, 1),
    )  # fmt: skip


def upsampling() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2), nn.Conv2d(4, 3, 3, padding=1)
    )


def bilinear() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Upsample(size=(10, 12), mode="bilinear", align_corners=False),
        nn.Conv2d(4, 3, 3),
    )


def transposed() -> nn.Module:
    """A kernel smaller than the stride: some positions see nothing at all."""
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(4, 3, 2, stride=3, padding=1, output_padding=1),
        nn.ReLU(),
        nn.Conv2d(3, 3, 2),
    )


def padded() -> nn.Module:
    return nn.Sequential(
        nn.ZeroPad2d((2, 1, 0, 3)), nn.Conv2d(2, 3, 3, stride=2), nn.ReLU(), nn.ZeroPad2d((-1, 0, 1, -1))
    )


class Residual(nn.Module):
    """A residual block whose shortcut is strided, then one whose ReLU is shared by two calls."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(2, 4, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.shortcut = nn.Conv2d(2, 4, 1, stride=2)
        self.conv3 = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(self.relu(self.bn1(self.conv1(x))))
        y = self.relu(y + self.shortcut(x))
        return self.relu(y + self.conv3(y))


class Branching(nn.Module):
    """Inception-like: paths of several reaches that are joined, one value read by all."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 3, stride=2, padding=1)
        self.one = nn.Conv2d(4, 2, 1)
        self.three = nn.Conv2d(4, 2, 3, padding=1)
        self.wide = nn.Conv2d(4, 2, (1, 5), padding=(0, 2))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(x))
        pooled = F.max_pool2d(x, 3, 1, 1)
        return torch.cat([self.one(x).relu(), self.three(x).clamp(min=0), self.wide(x).relu_(), pooled, x], 1)


class UNet(nn.Module):
    """Paths of unequal stride that meet after upsampling."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(2, 3, 3, padding=1)
        self.deep = nn.Conv2d(3, 4, 3, padding=1)
        self.up = nn.ConvTranspose2d(4, 3, 2, stride=2)
        self.head = nn.Conv2d(6, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        skip = F.relu(self.down(x))
        deep = F.relu(self.deep(F.max_pool2d(skip, 2)))
        return self.head(torch.cat([skip, self.up(deep)], 1))


class Gated(nn.Module):
    """Squeeze-and-excitation, then spatial attention (CBAM)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, padding=1)
        self.squeeze = nn.Conv2d(4, 2, 1)
        self.excite = nn.Conv2d(2, 4, 1)
        self.spatial = nn.Conv2d(2, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv(x))
        gate = torch.sigmoid(self.excite(F.relu(self.squeeze(x.mean((2, 3), keepdim=True)))))
        x = x * gate
        summary = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)
        return x * torch.sigmoid(self.spatial(summary))


class ChannelsLast(nn.Module):
    """ConvNeXt-like: linear layers and layer norm on (n, h, w, c)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 2, stride=2)
        self.depthwise = nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.norm = nn.LayerNorm(4)
        self.wide = nn.Linear(4, 8)
        self.narrow = nn.Linear(8, 4)
        self.scale = nn.Parameter(torch.rand(4) + 0.5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.depthwise(x).permute(0, 2, 3, 1)
        y = self.narrow(F.gelu(self.wide(self.norm(y)))) * self.scale
        return x + y.permute(0, 3, 1, 2)


class Shuffled(nn.Module):
    """ShuffleNet-like: halves, channel shuffle by reshape and transpose, slices with a step."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 3, padding=1)
        self.right = nn.Conv2d(2, 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(x))
        a, b = x.chunk(2, 1)
        x = torch.cat([a, F.relu(self.right(b))], 1)
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        return x[:, ::2, 1:, ::2] - 0.5 * x[:, 1::2, :-1, ::2]


class Weighed(nn.Module):
    """Products and a quotient with constants that are others at each position, from either side."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.head = nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(3, 3, 3)
        self.mask = nn.Parameter(torch.randn(1, 3, 7, 8))
        self.register_buffer("window", torch.rand(7, 8) + 0.5)
        self.register_buffer("rows", torch.rand(1, 1, 5, 1) + 0.5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mask * F.relu(self.stem(x)) / self.window
        return F.relu(self.head(x)) * self.rows


class Windows(nn.Module):
    """Swin-like: windows folded into the batch, attention within them, unfolded again."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 3, padding=1)
        self.qkv = nn.Linear(4, 12)
        self.out = nn.Conv2d(4, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(x))
        b, c, h, w = x.shape
        windows = x.view(b, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 3, 5, 1).reshape(-1, 4, c)
        q, k, v = self.qkv(windows).chunk(3, -1)
        mixed = F.relu((q @ k.transpose(1, 2)).softmax(-1) @ v)
        mixed = mixed.view(b, h // 2, w // 2, 2, 2, c).permute(0, 5, 1, 3, 2, 4).reshape(b, c, h, w)
        return self.out(x + mixed)


class ClassToken(nn.Module):
    """A learned token repeated for every image: a constant whose shape depends on the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(2, 4, 4, stride=4)
        self.token = nn.Parameter(torch.randn(1, 1, 4))
        self.position = nn.Parameter(torch.randn(1, 4, 2, 2))
        self.mix = nn.Linear(5, 5)
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.patch(x)) + self.position
        x = torch.cat([self.token.expand(len(x), -1, -1), x.flatten(2).transpose(1, 2)], 1)
        x = F.relu(self.mix(x.transpose(1, 2)))
        return self.head(x[:, :, 0])


class Standardised(nn.Module):
    """Weights standardised in forward, as in NFNet and BiT: computed, but constant."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, padding=1)
        self.gain = nn.Parameter(torch.rand(4, 1, 1, 1) + 0.5)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.conv.weight
        mean, var = weight.mean((1, 2, 3), keepdim=True), weight.var((1, 2, 3), keepdim=True)
        weight = self.gain * (weight - mean) * torch.rsqrt(var + 1e-6)
        return F.relu(F.conv2d(x, weight, self.conv.bias, padding=1))


class Classifier(nn.Module):
    """Convolutions, flatten, fully connected layers with dropout: vectors after maps."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(nn.Dropout(), nn.Linear(4 * 3 * 3, 6), nn.ReLU(inplace=True), nn.Linear(6, 5))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.features(x), 1))


#: Networks whose last layer is a map, with the (height, width) of the image to trace them for.
MAPS: dict[str, tuple[Callable[[], nn.Module], tuple[int, int]]] = {
    "plain": (plain, (9, 8)),
    "strided": (strided, (10, 9)),
    "dilated": (dilated, (8, 9)),
    "grouped": (grouped, (7, 9)),
    "ceil_mode": (ceil_mode, (10, 11)),
    "overlapping": (overlapping, (8, 9)),
    "upsampling": (upsampling, (8, 7)),
    "bilinear": (bilinear, (9, 8)),
    "transposed": (transposed, (7, 8)),
    "padded": (padded, (8, 7)),
    "residual": (Residual, (9, 8)),
    "branching": (Branching, (9, 10)),
    "unet": (UNet, (8, 6)),
    "gated": (Gated, (6, 7)),
    "channels_last": (ChannelsLast, (8, 10)),
    "shuffled": (Shuffled, (6, 8)),
    "weighed": (Weighed, (7, 8)),
    "windows": (Windows, (4, 6)),
    "standardised": (Standardised, (6, 5)),
}


def make(name: str, *, seed: int = 0) -> tuple[nn.Module, tuple[int, int, int]]:
    """A network of MAPS in float64 and eval mode, with batch norm statistics that do something; and its input shape."""
    torch.manual_seed(seed)
    build, size = MAPS[name]
    return settled(build()), (2, *size)


@cache
def traced(name: str) -> tuple[nn.Module, Network, tuple[int, int, int]]:
    """Such a network, traced once for all tests: none may change the module's weights."""
    module, shape = make(name)
    return module, Network.trace(module, shape), shape


def settled(module: nn.Module) -> nn.Module:
    """The module in float64 and eval mode; batch norms get random statistics, factors and shifts."""
    for m in module.modules():
        if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.running_mean is not None and m.running_var is not None:
            m.running_mean.normal_(0, 0.1)
            m.running_var.uniform_(0.5, 1.5)
            if m.affine:
                nn.init.uniform_(m.weight, 0.5, 1.5)
                nn.init.normal_(m.bias, 0, 0.1)
    return module.double().eval()
