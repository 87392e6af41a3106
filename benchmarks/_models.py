"""Networks for benchmarks: random weights, seeded, in eval mode."""

from __future__ import annotations

import importlib
from types import ModuleType

import torch
from torch import nn

from benchmarks._torchvision import torchvision_module
from convscope.models import ZFNET, build


def torchvision_models() -> ModuleType:
    """torchvision.models, also beside a PyTorch whose build lacks torchvision's own operators."""
    torchvision_module()
    return importlib.import_module("torchvision.models")


def model(name: str) -> nn.Module:
    """A network by name: 'zfnet', 'alexnet-paper', or one of torchvision's."""
    torch.manual_seed(0)
    if name == "zfnet":
        made: nn.Module = build(ZFNET, init="pytorch")
    else:
        made = getattr(torchvision_models(), name)(weights=None)
    return made.eval()


def resnet18() -> nn.Module:
    """torchvision's, for commands that load a network by `py:`."""
    return model("resnet18")


def convolutional_model(name: str) -> tuple[nn.Module, list[str]]:
    """A network and the paths of its convolutions, in the order they are defined."""
    made = model(name)
    return made, [path for path, m in made.named_modules() if isinstance(m, nn.Conv2d)]


def channels_last(module: nn.Module) -> None:
    """Puts a module's weights in the memory format that is the faster one on these processors."""
    for parameter in module.parameters():
        if parameter.dim() == 4:  # Module.to(memory_format=...) would fail on those of five
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)


def randomised(model: nn.Module, *, seed: int = 0) -> nn.Module:
    """The model with random batch norm statistics, and random numbers for every parameter that is one constant."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in (*model.named_parameters(), *model.named_buffers()):
            if not tensor.is_floating_point() or tensor.numel() == 0:
                continue
            constant = isinstance(tensor, nn.Parameter) and bool((tensor == tensor.flatten()[0]).all())
            if name.endswith("running_mean") or (constant and name.endswith("bias")):
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.1)
            elif name.endswith("running_var") or constant:
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
    return model
