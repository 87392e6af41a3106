"""Operations that receptive fields pass through, and what they are by the gradient: its support, position by position.

Every operation stands between two convolutions with random weights. What a position sees is where the gradient of a
random mixture of its channels is not zero; nothing of convscope takes part.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

SHAPE = (2, 8, 10)
_MIX = torch.linspace(-1, 1, 20).reshape(5, 4)


class Operation(nn.Module):
    """A convolution to four channels, the operation, and a convolution of what it gives."""

    def __init__(self, operation: Callable[[Tensor], Tensor] | nn.Module) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Conv2d(SHAPE[0], 4, 3, padding=1).double()
        self.operation = operation
        with torch.no_grad():
            channels = operation(self.first(torch.rand(1, *SHAPE, dtype=torch.float64))).shape[1]
        self.last = nn.Conv2d(channels, 3, (3, 2), padding=(1, 0))
        self.double().eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.operation(self.first(x)))


class ChannelsLastDoor(nn.Module):
    """A network of images (height, width, channels), which permutes them first."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.inner = nn.Sequential(nn.Conv2d(SHAPE[0], 4, 3, padding=1, stride=2), nn.Conv2d(4, 3, 2)).double().eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x.permute(0, 3, 1, 2))


class Skipping(nn.Module):
    """A U-Net of one level."""

    def __init__(self) -> None:
        super().__init__()
        self.deep = nn.Conv2d(4, 4, 3, padding=1)
        self.up = nn.ConvTranspose2d(4, 4, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.up(self.deep(F.avg_pool2d(x, 2)))], 1)


def _space_to_depth(x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    return x.view(n, c, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4).reshape(n, 4 * c, h // 2, w // 2)


def _depth_to_space(x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    return x.view(n, 2, 2, c // 4, h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, c // 4, 2 * h, 2 * w)


def _shuffle(x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    return x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


def _channels_last(x: Tensor) -> Tensor:
    return F.layer_norm(x.permute(0, 2, 3, 1), (4,)).permute(0, 3, 1, 2)


def _focus(x: Tensor) -> Tensor:
    return torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1)


def _conv(*args: int, **kwargs: object) -> nn.Module:
    torch.manual_seed(1)
    return nn.Conv2d(4, 4, *args, **kwargs).double()  # type: ignore[arg-type]


def _transposed(*args: int, **kwargs: object) -> nn.Module:
    torch.manual_seed(1)
    return nn.ConvTranspose2d(4, 4, *args, **kwargs).double()  # type: ignore[arg-type]


OPERATIONS: dict[str, Callable[[Tensor], Tensor] | nn.Module] = {
    "constant padding": lambda x: F.pad(x, (1, 2, 1, 0)),
    "reflection padding": lambda x: F.pad(x, (1,) * 4, mode="reflect"),
    "wide reflection padding": lambda x: F.pad(x, (3, 1, 0, 2), mode="reflect"),
    "replication padding": lambda x: F.pad(x, (2, 1, 1, 2), mode="replicate"),
    "circular padding": lambda x: F.pad(x, (1,) * 4, mode="circular"),
    "nn.ReflectionPad2d": nn.ReflectionPad2d((1, 2, 2, 0)),
    "nn.ReplicationPad2d": nn.ReplicationPad2d(1),
    "nn.CircularPad2d": nn.CircularPad2d((1, 0, 2, 1)),
    "padding_mode=reflect": _conv(3, padding=1, padding_mode="reflect"),
    "padding_mode=replicate": _conv(3, padding=2, padding_mode="replicate"),
    "padding_mode=circular": _conv(3, padding=1, padding_mode="circular"),
    "pixel shuffle": lambda x: F.pixel_shuffle(x, 2),
    "pixel unshuffle": lambda x: F.pixel_unshuffle(x, 2),
    "space to depth by views": _space_to_depth,
    "depth to space by views": _depth_to_space,
    "focus": _focus,
    "channel shuffle": lambda x: F.channel_shuffle(x, 2),
    "channel shuffle by views": _shuffle,
    "index of channels": lambda x: x[:, [2, 0, 1]],
    "index of rows": lambda x: x[:, :, [0, 3, 1, 6, 2]],
    "index_select": lambda x: torch.index_select(x, 3, torch.tensor([7, 2, 3, 9, 0])),
    "flip": lambda x: x.flip(2, 3),
    "roll": lambda x: x.roll((2, -1), (2, 3)),
    "roll of channels": lambda x: x.roll(1, 1),
    "unfold": lambda x: F.unfold(x, 3, padding=1, dilation=1).view(-1, 36, 8, 10),
    "dilated unfold": lambda x: F.unfold(x, 2, dilation=3).view(-1, 16, 5, 7),
    "Tensor.unfold": lambda x: x.unfold(2, 2, 2).unfold(3, 2, 2).permute(0, 1, 4, 5, 2, 3).reshape(-1, 16, 4, 5),
    "repeat": lambda x: x.repeat(1, 2, 1, 1),
    "channels repeated by expand": lambda x: x.view(-1, 4, 1, 8, 10).expand(-1, 4, 3, 8, 10).reshape(-1, 12, 8, 10),
    "repeat_interleave": lambda x: x.repeat_interleave(2, 3),
    "GLU": lambda x: F.glu(x, 1),
    "normalize over channels": lambda x: F.normalize(x, dim=1),
    "largest channel": lambda x: torch.cat([x, x.max(1, keepdim=True)[0], x.std(1, keepdim=True)], 1),
    "einsum": lambda x: torch.einsum("bchw,dc->bdhw", x, _MIX.to(x)),
    "matmul over flat positions": lambda x: (_MIX.to(x) @ x.flatten(2)).view(-1, 5, 8, 10),
    "matmul channels last": lambda x: (x.permute(0, 2, 3, 1) @ _MIX.to(x).T).permute(0, 3, 1, 2),
    "linear over tokens": lambda x: (
        F.linear(x.flatten(2).transpose(1, 2), _MIX.to(x)).transpose(1, 2).view(-1, 5, 8, 10)
    ),
    "channels last": _channels_last,
    "stack and sum": lambda x: torch.stack([x, x * 2], 1).sum(1),
    "assignment to channels": lambda x: torch.slice_scatter(x, x[:, :2] * x[:, 2:], 1, 1, 3),
    "slices with steps": lambda x: x[:, :, 1::2, ::3],
    "dilated convolution": _conv(3, dilation=2, padding=1),
    "dilated transposed convolution": _transposed(3, stride=2, dilation=3, padding=2),
    "transposed convolution of a wide stride": _transposed(2, stride=3, padding=1),
    "transposed, dilated as far as strided": _transposed(3, stride=2, dilation=2, padding=1),
    "U-Net": Skipping().double(),
    "adaptive pooling": nn.AdaptiveAvgPool2d((6, 4)),
    "nearest": lambda x: F.interpolate(x, scale_factor=(2, 3)),
    "bilinear": lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
    "bilinear, made smaller": lambda x: F.interpolate(x, (1, 3), mode="bilinear"),
    "bilinear, antialiased": lambda x: F.interpolate(x, (3, 4), mode="bilinear", antialias=True),
    "average pooling with padding": nn.AvgPool2d(3, 2, 1, ceil_mode=True),
}


def _windows(x: Tensor) -> Tensor:
    """Each window of 4 x 5 as one place, and back."""
    n = x.shape[0]
    tokens = x.view(n, 4, 2, 4, 2, 5).permute(0, 2, 4, 3, 5, 1).reshape(n * 4, 20, 4)
    mixed = torch.softmax(tokens @ tokens.transpose(1, 2), -1) @ tokens
    return mixed.view(n, 2, 2, 4, 5, 4).permute(0, 5, 1, 3, 2, 4).reshape(n, 4, 8, 10)


def _locally(x: Tensor) -> Tensor:
    """Attention of every position to the nine around it."""
    keys = F.unfold(x, 3, padding=1).view(-1, 4, 9, 80)
    weights = (x.flatten(2)[:, :, None] * keys).sum(1, keepdim=True).softmax(2)
    return (weights * keys).sum(2).view(-1, 4, 8, 10)


def _columns_as_images(x: Tensor) -> Tensor:
    lines = x.permute(0, 3, 1, 2).reshape(-1, 4, 8)
    return F.conv1d(lines, _KERNEL.to(x)[..., 0], padding=1).view(-1, 10, 5, 8).permute(0, 2, 3, 1)


_KERNEL = torch.linspace(-1, 1, 180).reshape(5, 4, 3, 3)
FOLLOWED: dict[str, Callable[[Tensor], Tensor]] = {
    "unfold, a product, a view": lambda x: (_KERNEL.to(x).flatten(1) @ F.unfold(x, 3, padding=1)).view(-1, 5, 8, 10),
    "unfold, a product, fold": lambda x: F.fold(_KERNEL.to(x).flatten(1) @ F.unfold(x, 3, stride=(1, 2)), (6, 4), 1),
    "unfold, weights": lambda x: (F.unfold(x, 3, padding=1).view(-1, 4, 9, 8, 10) * _KERNEL[0, 0].view(9, 1, 1)).sum(2),
    "unfold, the largest": lambda x: F.unfold(x, 2, stride=2).view(-1, 4, 4, 4, 5).logsumexp(2),
    "unfold and fold": lambda x: F.fold(F.unfold(x, 4, stride=2, padding=1), (8, 10), 4, stride=2, padding=1),
    "Tensor.unfold, einsum": lambda x: torch.einsum(
        "nchwij,dcij->ndhw", x.unfold(2, 3, 1).unfold(3, 3, 1), _KERNEL.to(x)
    ),
    "Tensor.unfold, mean": lambda x: x.unfold(2, 3, 2).unfold(3, 2, 2).mean((-1, -2)),
    "Tensor.unfold, two sums": lambda x: x.unfold(2, 2, 2).unfold(3, 2, 2).sum(-1).sum(-1),
    "baddbmm": lambda x: torch.baddbmm(x.new_zeros(1, 1, 1), _MIX.to(x).expand(x.shape[0], -1, -1), x.flatten(2)).view(
        -1, 5, 8, 10
    ),
    "tensordot": lambda x: torch.ops.aten.tensordot(_MIX.to(x), x, [1], [1]).permute(1, 0, 2, 3),
    "average over channels by pooling": lambda x: F.avg_pool3d(x[:, None], (3, 1, 1), 1, (1, 0, 0))[:, 0],
    "pooling of three dimensions": lambda x: F.avg_pool3d(x, (1, 2, 3)),
    "convolution of three dimensions": lambda x: F.conv3d(x[:, :, None], _KERNEL.to(x)[:, :, None], padding=(0, 1, 1))[
        :, :, 0
    ],
    "convolution of columns": _columns_as_images,
    "sum of a stack of maps": lambda x: torch.stack(x.chunk(2, 1)).mean(0),
    "attention in windows": _windows,
    "attention to neighbours": _locally,
    "running sum": lambda x: x.cumsum(3),
}
"""Operations on tensors that are no maps, through which entries are followed one by one."""


def support(module: nn.Module, images: Tensor, out: Callable[[Tensor], Tensor] = lambda x: x) -> np.ndarray:
    """For every position (h, w, 4) of the module's map the hull y0 x0 y1 x1 of the pixels with a gradient; 0 0 0 0 for
    none. images: (1, C, H, W), from which `out` makes what the module takes."""
    leaf = images.clone().requires_grad_()
    made = module(out(leaf))[0]
    weights = torch.rand(len(made), generator=torch.Generator().manual_seed(0)).to(made) + 0.5
    made = (made * weights[:, None, None]).sum(0)
    found = np.zeros((*made.shape, 4), np.int64)
    for y, x in np.ndindex(*made.shape):
        (gradient,) = torch.autograd.grad(
            made[y, x], leaf, retain_graph=True, allow_unused=True, materialize_grads=True
        )
        ys, xs = np.nonzero(gradient[0].abs().sum(0).numpy())
        if len(ys):
            found[y, x] = ys.min(), xs.min(), ys.max() + 1, xs.max() + 1
    return found
