"""The atlas beside the bench: which of its pictures show a unit's nine best, and how strong units were there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas import Atlas


@dataclass(frozen=True, eq=False)
class Beside:
    """An atlas of the bench's network; paths are relative to the folder that it is served at.

    layers: what the page needs of each, by name. largest: the largest activation (channels,) of each unit by layer.
    """

    layers: dict[str, dict[str, Any]]
    sprite: str
    largest: dict[str, NDArray[np.float64]] = field(repr=False)

    @classmethod
    def of(cls, atlas: Atlas) -> Beside:
        """What is needed of an atlas."""
        layers = {
            layer.name: {"id": layer.id, "sprite": layer.entry["sprite"], "likeness": layer.likeness}
            for layer in atlas.layers
        }
        largest = {layer.name: np.asarray(atlas.record(layer.name).maximum, np.float64) for layer in atlas.layers}
        return cls(layers, str(atlas.manifest["paths"]["sprite"]), largest)

    def to_json(self) -> dict[str, Any]:
        """What the page is told."""
        return {"layers": self.layers, "sprite": self.sprite}


__all__ = ["Beside"]
