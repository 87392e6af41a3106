"""Networks for benchmarks: random weights, seeded, in eval mode."""

from __future__ import annotations

import torch
from torch import nn

from convscope.models import networks

_SCHEMAS = torch.library.Library("torchvision", "FRAGMENT")


def torchvision_models() -> object:
    """torchvision.models, also beside a PyTorch whose build lacks torchvision's own operators."""
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            _SCHEMAS.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision

    return torchvision.models


def model(name: str) -> nn.Module:
    """A network by name: 'zfnet', 'alexnet-paper', or one of torchvision's."""
    torch.manual_seed(0)
    if name == "zfnet":
        made: nn.Module = networks.build(networks.ZFNET, init="pytorch")
    else:
        made = getattr(torchvision_models(), name)(weights=None)
    return made.eval()


def convolutional_model(name: str) -> tuple[nn.Module, list[str]]:
    """A network and the paths of its convolutions, in the order they are defined."""
    made = model(name)
    return made, [path for path, m in made.named_modules() if isinstance(m, nn.Conv2d)]


def channels_last(module: nn.Module) -> None:
    """Puts a module's weights in the memory format that is the faster one on these processors."""
    for parameter in module.parameters():
        if parameter.dim() == 4:  # Module.to(memory_format=...) would fail on those of five
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
