"""The same network as it would be before training: what is found of a network has to fail with random weights."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from convscope.graph import Network
from convscope.graph.pulling import cone
from convscope.methods.randomising import CascadeStage, randomised, weighted


def untrained(net: Network, images: Tensor, *, seed: int, layers: Sequence[str] = ()) -> Network:
    """The network with the weights of all that its output, and layers beside it, are computed from drawn anew.

    They are normal with the variance 2 / fan-in (He et al. 2015), without bias, and the statistics of batch norms are
    those of the images (n, C, H, W), its input. It is the traced network's steps that get other weights, so wherever it
    came from, there is this control.
    """
    reached = {step.index for step in cone(net.steps, net.index_of(net.output))}
    made = net
    for name in (*(one for one in layers if net.index_of(one) not in reached), net.output):
        count = len(weighted(made, name))
        if count:
            made = randomised(made, name, CascadeStage("top", count, count), "drawn", images=images, seed=seed)
    return made


__all__ = ["untrained"]
