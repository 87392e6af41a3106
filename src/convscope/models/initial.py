"""Weights before any training, which depend on a seed alone."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

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


# -- random weights of a network that was made elsewhere --------------------------------------------------------------
@dataclass(frozen=True)
class Kept:
    """What random weights left: parameters and statistics by name; `numbers` is how many the parameters are."""

    names: tuple[str, ...] = ()
    numbers: int = 0
    buffers: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The same in words, "" where nothing was left."""
        parts = []
        if self.names:
            parts.append(f"{self.numbers:,} numbers of {_few(self.names)}, whose modules have no reset_parameters")
        if self.buffers:
            parts.append(f"{'and ' if parts else ''}the statistics {_few(self.buffers)}")
        return f"kept as they are: {'; '.join(parts)}" if parts else ""


def redrawn(module: nn.Module, *, seed: int = 0) -> Kept:
    """What random weights leave of a module's: each part draws its own by its `reset_parameters`, in place.

    In the order in which constructors do it: the children of a module in their order, then the module itself. What no
    part draws stays, which the result names. Statistics of normalisation are reset with its weights.
    """
    every = {name: one for name, one in module.named_parameters() if not is_lazy(one)}
    listed = {name: one for name, one in every.items() if _has_nan(one)}
    before = {name: one.detach().clone() for name, one in listed.items()}
    with torch.no_grad():
        for one in listed.values():
            one.fill_(torch.nan)  # what is still none afterwards, nobody drew
        with seeded(seed):
            for part in _children_first(module, set()):
                if (reset := _own_reset(part)) is not None:
                    reset()
        kept = {}
        for name, one in listed.items():
            left = one.isnan()
            if left.any():
                one.copy_(torch.where(left, before[name], one))
                kept[name] = int(left.sum())
    kept |= {name: one.numel() for name, one in every.items() if name not in listed}
    return Kept(tuple(kept), sum(kept.values()), tuple(_statistics(module)))


def _has_nan(tensor: Tensor) -> bool:
    return (tensor.is_floating_point() or tensor.is_complex()) and tensor.element_size() > 1


def _children_first(module: nn.Module, seen: set[int]) -> Iterator[nn.Module]:
    if id(module) not in seen:
        seen.add(id(module))
        for child in module.children():
            yield from _children_first(child, seen)
        yield module


def _own_reset(part: nn.Module) -> Callable[[], Any] | None:
    """A module's `reset_parameters`, where it has one that can be called without arguments."""
    reset = getattr(part, "reset_parameters", None)
    if not callable(reset):
        return None
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = inspect.signature(reset).parameters.values()
    return None if any(one.default is one.empty and one.kind not in several for one in needed) else reset


def _statistics(module: nn.Module) -> Iterator[str]:
    """The names of floating-point buffers that are saved with a network and that no part resets."""
    saved = module.state_dict(keep_vars=True).keys()
    for place, part in module.named_modules():
        for name, buffer in part.named_buffers(place, recurse=False):
            if name in saved and buffer.is_floating_point() and _own_reset(part) is None:
                yield name


def _few(names: tuple[str, ...], shown: int = 3) -> str:
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")


__all__ = ["Kept", "initialise", "redrawn", "seeded"]
