"""A traced graph as data: its steps, what is known of their values, and its outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from convscope.graph.heads import Output
from convscope.graph.names import Origin
from convscope.graph.nouns import Value
from convscope.graph.steps import Step
from convscope.graph.steps.base import tensors_in


@dataclass(frozen=True)
class Tap:
    """Directions of a layer: `code` is their value, made by way of `linear` from the layer's, `source`.

    name: that of their layer. decoder (n, c), offset (c,): what they stand for in the layer's channels.
    """

    name: str
    source: int
    linear: int
    code: int
    decoder: Tensor
    offset: Tensor


@dataclass(frozen=True)
class Program:
    """The traced graph: value 0 is the image, step i makes value steps[i].index.

    random: the names of what draws random numbers whenever the network runs, or drew them while it was traced. taps:
    directions that are read off layers.
    """

    steps: tuple[Step, ...]
    values: tuple[Value, ...]
    origins: dict[int, Origin]
    aliases: dict[str, int]
    outputs: tuple[Output, ...]
    output: int
    input_shape: tuple[int, int, int]
    any_batch: bool
    dtype: torch.dtype
    random: tuple[str, ...] = ()
    taps: tuple[Tap, ...] = ()

    def constants(self) -> Iterator[Tensor]:
        """The weights, and whatever else is a tensor among the arguments of its operations."""
        for step in self.steps:
            yield from tensors_in((step.call.args, step.call.kwargs))

    def moved(
        self,
        move: Callable[[Tensor], Tensor],
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> Program:
        """The same graph with each of its tensors moved, once, and of that dtype and on that device from now on."""
        memo: dict[int, Tensor] = {}

        def once(leaf: Tensor | torch.dtype | torch.device) -> Tensor | torch.dtype | torch.device:
            # Operations that make tensors name a device and a dtype: theirs are the network's.
            if isinstance(leaf, torch.device):
                return leaf if device is None else torch.device(device)
            if isinstance(leaf, torch.dtype):
                return dtype if dtype is not None and leaf == self.dtype else leaf
            if id(leaf) not in memo:
                memo[id(leaf)] = move(leaf)
            return memo[id(leaf)]

        steps = tuple(step.moved(once) for step in self.steps)
        taps = tuple(replace(tap, decoder=move(tap.decoder), offset=move(tap.offset)) for tap in self.taps)
        return replace(self, steps=steps, taps=taps, dtype=dtype or self.dtype)


__all__ = ["Program", "Tap"]
