"""The networks of the paper's architectures as modules of PyTorch, with initial weights."""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

import torch
from torch import Tensor, nn

from convscope.models.architecture import Architecture, Conv, ceil_size
from convscope.models.initial import initialise

Init = Literal["gaussian", "he", "pytorch", "empty"]
_DTYPE = torch.float32  # of weights, whatever the process makes by default


class MeanImage(nn.Module):
    """The input less an image of its size, `image`: what the mean of each pixel has beyond the mean of its colour.

    The paper subtracts the mean of each pixel over the training images. Preprocessing knows one mean for each colour,
    so the rest of it is a layer, which travels with the weights.
    """

    image: Tensor

    def __init__(self, channels: int, size: int) -> None:
        super().__init__()
        self.register_buffer("image", torch.zeros(channels, size, size, dtype=_DTYPE))

    def forward(self, x: Tensor) -> Tensor:
        """`x - image`, for x (n, channels, size, size)."""
        return x - self.image


class ConvNet(nn.Sequential):
    """The network of an `Architecture`: modules conv1, relu1, pool1, norm1, ..., flatten, fc6, relu6, drop6, ..., fc8.

    Takes (n, channels, input_size, input_size), gives logits (n, outputs).
    """

    def __init__(self, architecture: Architecture) -> None:
        modules: OrderedDict[str, nn.Module] = OrderedDict()
        channels, size = architecture.channels, architecture.input_size
        sizes = architecture.sizes()
        if architecture.mean_image:
            modules["mean"] = MeanImage(channels, size)
        for conv in architecture.convs:
            modules |= _conv_layer(architecture, conv, channels, size)
            channels, size = conv.maps, sizes[f"{'pool' if conv.pool else 'conv'}{conv.number}"]
        modules["flatten"] = nn.Flatten()
        width = channels * size * size
        for full in architecture.fulls:
            modules[f"fc{full.number}"] = nn.Linear(width, full.width, dtype=_DTYPE)
            modules[f"relu{full.number}"] = nn.ReLU()
            modules[f"drop{full.number}"] = nn.Dropout(architecture.dropout)
            width = full.width
        modules["fc8"] = nn.Linear(width, architecture.outputs, dtype=_DTYPE)
        super().__init__(modules)
        self.architecture = architecture


def _conv_layer(architecture: Architecture, conv: Conv, channels: int, size: int) -> OrderedDict[str, nn.Module]:
    number, modules = conv.number, OrderedDict[str, nn.Module]()
    reach = (ceil_size(size, conv.kernel, conv.stride, conv.padding) - 1) * conv.stride + conv.kernel
    overhang = reach - size - 2 * conv.padding
    if overhang > 0:
        modules[f"pad{number}"] = nn.ZeroPad2d((0, overhang, 0, overhang))
    modules[f"conv{number}"] = nn.Conv2d(
        channels, conv.maps, conv.kernel, conv.stride, padding=conv.padding, groups=conv.groups, dtype=_DTYPE
    )
    modules[f"relu{number}"] = nn.ReLU()
    rest: dict[str, nn.Module] = {}
    if conv.pool:
        rest[f"pool{number}"] = nn.MaxPool2d(3, 2, ceil_mode=True)
    if conv.norm and architecture.norm is not None:
        norm = architecture.norm
        rest[f"norm{number}"] = nn.LocalResponseNorm(norm.size, norm.alpha, norm.beta, norm.k)
    names = list(rest) if architecture.order == "pool-norm" else list(reversed(rest))
    modules.update((name, rest[name]) for name in names)
    return modules


def build(architecture: Architecture, *, init: Init = "gaussian", seed: int = 0) -> ConvNet:
    """The network of this architecture in training mode, with initial weights that depend on `seed` alone.

    Args:
        architecture: `ZFNET`, `ALEXNET`, one of `VARIANTS`, or a change of these.
        init: "gaussian", the paper's N(0, 0.01^2) with zero biases (its text reads "all weights initialised to 1e-2",
            which in the code it used is a standard deviation); "he", N(0, 2 / inputs) and zero biases, which narrow
            networks need (the last layer starts at N(0, 0.01^2)); "pytorch", each module's own default; "empty", no
            memory at all (meta device), for weights that are about to be assigned.
        seed: of the random numbers; the global generator is left as it was.

    >>> from convscope.models.architecture import ZFNET
    >>> sum(p.numel() for p in build(ZFNET, init="empty").parameters())
    62357608
    """
    with torch.device("meta"):
        net = ConvNet(architecture)
    if init == "empty":
        return net
    net.to_empty(device="cpu")
    for buffer in net.buffers():
        buffer.zero_()
    return initialise(net, init=init, seed=seed)


__all__ = ["ConvNet", "MeanImage", "build"]
