"""Which layers and units are followed through a training: decided at its first checkpoint, checked at the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from convscope.arguments import at_least
from convscope.errors import UsageError
from convscope.graph import Network, Unit, UnitLike, several

_LAYERS_AT_MOST = 8  # rectified layers that are all looked at by default; of more, one a stage


@dataclass
class FollowedFeatures:
    """What was asked for (`asked`, `wanted`: layers, and units or how many of each layer), and what is followed.

    depths: where each layer stands in the network.
    """

    asked: Sequence[str] | None
    wanted: UnitLike | Sequence[UnitLike] | int
    seed: int
    layers: tuple[str, ...] = ()
    units: tuple[Unit, ...] = ()
    shapes: tuple[tuple[int, ...], ...] = ()
    depths: tuple[int, ...] = ()

    def decide(self, net: Network) -> None:
        """Take the network's layers and units, or check that they are the same as before."""
        if not self.layers:
            asked = followed_layers(net) if self.asked is None else [net.layers[name].name for name in self.asked]
            named = (
                []
                if isinstance(self.wanted, int)
                else [net.unit(unit).alone("single units are followed") for unit in several(self.wanted)]
            )
            self.layers = tuple(dict.fromkeys([*asked, *(unit.layer for unit in named)]))
            if not self.layers:
                raise UsageError(f"{net.name} has no layer to follow: name some")
            self.units = tuple(Unit(unit.layer, unit.channel) for unit in named)
            if isinstance(self.wanted, int):
                self.units = tuple(_drawn(net, self.layers, self.wanted, self.seed))
            self.shapes = tuple(net.layers[name].shape for name in self.layers)
            self.depths = tuple(net.index_of(name) for name in self.layers)
        elif (shapes := tuple(net.layers[name].shape for name in self.layers)) != self.shapes:
            raise UsageError(
                f"{net.name} has layers of other shapes than the checkpoint before, {shapes} and not {self.shapes}: "
                "give checkpoints of one training"
            )


def _drawn(net: Network, layers: Sequence[str], count: int, seed: int) -> Iterator[Unit]:
    at_least(1, units=count)
    random = np.random.default_rng(seed)
    for layer in layers:
        channels = net.layers[layer].channels
        for channel in sorted(random.choice(channels, min(count, channels), replace=False).tolist()):
            yield Unit(layer, channel)


def followed_layers(net: Network) -> tuple[str, ...]:
    """The rectified maps of a network if there are at most eight, else one layer for each stage."""
    rectified = tuple(layer.name for layer in net.layers if layer.op == "relu" and layer.spatial)
    return rectified if 0 < len(rectified) <= _LAYERS_AT_MOST else net.layers.stages()


__all__ = ["FollowedFeatures", "followed_layers"]
