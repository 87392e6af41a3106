"""One checkpoint of a training looked at: the strongest response of each unit, and projections of those followed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.data import Source
from convscope.graph import Network, Unit
from convscope.methods.deconv.strongest import project_from
from convscope.methods.evolution.followed import FollowedFeatures
from convscope.methods.evolution.histories import UnitHistory
from convscope.methods.evolution.settling import SampleResponses, sampled
from convscope.methods.scan.found import Scanned
from convscope.methods.scan.scanning import scan
from convscope.progress import Progress, silent


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A network as it was after an epoch of its training: the network, or what gives it when it is needed."""

    epoch: int
    net: Network | Callable[[], Network]

    def network(self) -> Network:
        """The network, loaded if it was not yet."""
        return self.net if isinstance(self.net, Network) else self.net()


class Looking(Protocol):
    """How a checkpoint is looked at: the strongest responses of its units, and their responses to a sample."""

    def scan(self, epoch: int, net: Network, source: Source, layers: Sequence[str], *, progress: Progress) -> Scanned:
        """The strongest response of every unit of the layers."""
        ...

    def responses(
        self, epoch: int, net: Network, source: Source, layers: Sequence[str], sample: int
    ) -> SampleResponses:
        """The responses of all units of the layers to a sample of the images."""
        ...


class Afresh:
    """Looks at every checkpoint anew."""

    def scan(self, epoch: int, net: Network, source: Source, layers: Sequence[str], *, progress: Progress) -> Scanned:
        """The strongest response of every unit of the layers."""
        return scan(net, source, layers=layers, k=1, statistics="none", progress=progress)

    def responses(
        self, epoch: int, net: Network, source: Source, layers: Sequence[str], sample: int
    ) -> SampleResponses:
        """The responses of all units of the layers to a sample of the images."""
        return sampled(net, source, layers, sample)


@dataclass(frozen=True, eq=False)
class SeenUnit:
    """A unit at one checkpoint."""

    value: float
    image: int
    position: tuple[int, int]
    pixels: Tensor | None
    box: NDArray[np.int64] | None


@dataclass(frozen=True, eq=False)
class CheckpointFound:
    """What one checkpoint showed, without its network."""

    name: str
    topk: dict[str, tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int32]]]
    responses: SampleResponses
    seen: dict[Unit, SeenUnit]


def look_at_checkpoint(
    step: Checkpoint,
    source: Source,
    followed: FollowedFeatures,
    looking: Looking,
    *,
    sample: int,
    progress: Progress | None,
) -> CheckpointFound:
    """What a checkpoint shows of what is followed."""
    tell, net = progress or silent, step.network()
    followed.decide(net)
    stage = f"epoch {step.epoch}"

    def scanned(_: str, done: int, total: int) -> None:
        tell(stage, done, total)

    strongest = looking.scan(step.epoch, net, source, followed.layers, progress=scanned)
    responses = looking.responses(step.epoch, net, source, followed.layers, sample)
    topk, seen = {}, {}
    for layer in followed.layers:
        table = strongest[layer].topk
        values, images = table.values[:, 0], table.images[:, 0]
        excited = (values > 0) & (images >= 0)
        places = table.positions[:, 0]
        boxes = np.asarray(net.crops(layer, np.where(excited[:, None], places, 0).astype(np.int64))).astype(np.int32)
        topk[layer] = (np.where(excited, images, -1), np.where(excited, values, 0).astype(np.float32), boxes)
        mine = [unit for unit in followed.units if unit.layer == layer]
        seen |= _project(net, source, mine, topk[layer][:2], places)
    return CheckpointFound(net.name, topk, responses, seen)


def _project(
    net: Network,
    source: Source,
    units: Sequence[Unit],
    topk: tuple[NDArray[np.int64], NDArray[np.float32]],
    positions: NDArray[np.int32],
) -> dict[Unit, SeenUnit]:
    """Units of one layer, each with the projection of its strongest response."""
    images, values = topk
    excited = [unit for unit in units if images[unit.channel] >= 0]
    places = {unit: (int(positions[unit.channel, 0]), int(positions[unit.channel, 1])) for unit in units}
    spatial = bool(units) and net.layers[units[0].layer].spatial
    asked = [Unit(u.layer, u.channel, places[u] if spatial else None) for u in excited]
    made = project_from(net, source, asked, [int(images[u.channel]) for u in excited]) if asked else None
    rows = {} if made is None else {(u.layer, u.channel): i for i, u in enumerate(made.units)}
    seen = {}
    for unit in units:
        row, value, image = rows.get((unit.layer, unit.channel)), float(values[unit.channel]), int(images[unit.channel])
        pixels = None if made is None or row is None else made.pixels[row]
        box = None if made is None or row is None else made.boxes[row].numpy()
        seen[unit] = SeenUnit(value, image, places[unit], pixels, box)
    return seen


def history_of(unit: Unit, seen: Sequence[SeenUnit]) -> UnitHistory:
    """A unit's history, from what was seen of it at each checkpoint."""
    shape = next((one.pixels.shape for one in seen if one.pixels is not None), (3, 1, 1))
    pixels = torch.stack(
        [torch.zeros(shape, dtype=torch.float32, device="cpu") if one.pixels is None else one.pixels for one in seen]
    )
    boxes = np.stack([np.zeros(4, np.int64) if one.box is None else one.box for one in seen])
    return UnitHistory(
        unit,
        np.array([one.value for one in seen], np.float32),
        np.array([one.image for one in seen], np.int64),
        np.array([one.position for one in seen], np.int64),
        pixels,
        boxes,
    )


__all__ = ["Afresh", "Checkpoint", "CheckpointFound", "Looking", "history_of", "look_at_checkpoint"]
