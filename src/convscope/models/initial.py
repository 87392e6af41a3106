"""Weights before any training, which depend on a seed alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TypeVar

import torch
from torch import nn

from convscope.errors import UsageError

ModuleT = TypeVar("ModuleT", bound=nn.Module)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """A block in which PyTorch's global CPU generator starts from `seed`; afterwards it is where it was before."""
    if not -(2**63) <= seed < 2**64:
        raise UsageError(f"seed={str(seed)[:24]}: give a whole number of at most 64 bits")
    with torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed: that would reseed the accelerators too, and nothing would put them back.
        torch.default_generator.manual_seed(seed)
        yield


def initialise(net: ModuleT, *, init: Literal["gaussian", "he", "pytorch"] = "gaussian", seed: int = 0) -> ModuleT:
    """The same network, its convolutions and linear layers set to initial weights in place; see `build` for `init`."""
    if init == "pytorch":
        with seeded(seed):
            for module in net.modules():
                if isinstance(module, nn.Conv2d | nn.Linear):
                    module.reset_parameters()
        return net
    generator = torch.Generator("cpu").manual_seed(seed)
    layers = [module for module in net.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    with torch.no_grad():
        for module in layers:
            narrow = init == "he" and module is not layers[-1]
            std = math.sqrt(2 / module.weight[0].numel()) if narrow else 0.01
            module.weight.normal_(0, std, generator=generator)
            if module.bias is not None:
                module.bias.zero_()
    return net


__all__ = ["initialise", "seeded"]
