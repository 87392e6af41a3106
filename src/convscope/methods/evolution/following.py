"""How features come about while a network is trained (Zeiler & Fergus 2014, Fig. 4).

For chosen units, the strongest response over the images at every checkpoint, projected to pixels; it jumps where
another image takes over. And for whole layers when their features settle, which the paper reads off the pictures, as a
number: the correlation of every unit's responses with those it has in the end. `settling` has the definitions.

Checkpoints are looked at one after the other, so that one network is in memory at a time. How each is looked at, a
`Looking` says: `convscope.stores.evolution` has one that keeps what it found.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.data import Source, open_source
from convscope.errors import UnknownLayer, UsageError
from convscope.graph import Network, Unit
from convscope.methods.deconv.strongest import project_from
from convscope.methods.evolution.settling import Responses, Settling, sampled, settling
from convscope.methods.scan.found import Scanned
from convscope.methods.scan.scanning import scan
from convscope.progress import Progress, silent
from convscope.settings import usual_settings

logger = logging.getLogger(__name__)

_LAYERS_AT_MOST = 8  # rectified layers that are all looked at by default; of more, one a stage


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

    def responses(self, epoch: int, net: Network, source: Source, layers: Sequence[str], sample: int) -> Responses:
        """The responses of all units of the layers to a sample of the images."""
        ...


class Afresh:
    """Looks at every checkpoint anew."""

    def scan(self, epoch: int, net: Network, source: Source, layers: Sequence[str], *, progress: Progress) -> Scanned:
        """The strongest response of every unit of the layers."""
        return scan(net, source, layers=layers, k=1, statistics="none", progress=progress)

    def responses(self, epoch: int, net: Network, source: Source, layers: Sequence[str], sample: int) -> Responses:
        """The responses of all units of the layers to a sample of the images."""
        return sampled(net, source, layers, sample)


@dataclass(frozen=True, eq=False)
class History:
    """A unit over e checkpoints.

    values: (e,) its strongest response, 0 where nothing excites it. images: (e,) the image that excites it most, -1
    where none does; positions: (e, 2) y, x there. pixels: (e, 3, h, w) its projection from there, zero where there is
    none; boxes: (e, 4) y0 x0 y1 x1.
    """

    unit: Unit
    values: NDArray[np.float32]
    images: NDArray[np.int64]
    positions: NDArray[np.int64]
    pixels: Tensor
    boxes: NDArray[np.int64]

    @property
    def jumps(self) -> NDArray[np.bool_]:
        """(e,) whether another image excites the unit most than at the checkpoint before; False for the first."""
        return np.concatenate([[False], self.images[1:] != self.images[:-1]])


@dataclass(frozen=True, eq=False)
class LayerEvolution:
    """A layer over e checkpoints.

    images: (e, c) the image that excites each of c units most, -1 where none does; values: (e, c) how much, 0 where
    none does. settling: when its features came to be what they are in the end.
    """

    layer: str
    images: NDArray[np.int64]
    values: NDArray[np.float32]
    settling: Settling

    @property
    def final_image(self) -> NDArray[np.float64]:
        """(e,) the share of units that the same image excites most as at the last checkpoint, of those it has then."""
        alive = self.images[-1] >= 0
        return (self.images == self.images[-1])[:, alive].mean(1) if alive.any() else np.ones(len(self.images))

    @property
    def jumped(self) -> NDArray[np.float64]:
        """(e,) the share of units that another image excites most than at the checkpoint before; NaN for the first."""
        return np.concatenate([[np.nan], (self.images[1:] != self.images[:-1]).mean(1)])

    @property
    def responding(self) -> NDArray[np.float64]:
        """(e,) the share of units that some image excites."""
        return (self.images >= 0).mean(1)


@dataclass(frozen=True, eq=False)
class FeatureHistory:
    """What evolution found at e checkpoints: epochs, a history for every chosen unit, and every layer as a whole.

    sample: the number of images that responses are compared on. threshold: the correlation from which features count
    as settled. names: by number in the source, of the images that some chosen unit's history holds.
    """

    network: str
    source: str
    epochs: tuple[int, ...]
    units: tuple[History, ...]
    layers: tuple[LayerEvolution, ...]
    sample: int
    threshold: float
    names: dict[int, str]

    def __getitem__(self, layer: str) -> LayerEvolution:
        """A layer by its name; raises UnknownLayer where it was not looked at."""
        for one in self.layers:
            if one.layer == layer:
                return one
        raise UnknownLayer(
            f"layer '{layer}' was not followed; these were: {', '.join(one.layer for one in self.layers)}"
        )

    def settled(self, layer: str) -> int:
        """The epoch of the first checkpoint from which on the layer's features are settled; the last at the latest."""
        return self.epochs[self[layer].settling.settled(self.threshold)]

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row a layer and checkpoint, for a table."""
        for one in self.layers:
            settled, median = self.settled(one.layer), one.settling.units(self.threshold)
            for i, epoch in enumerate(self.epochs):
                yield {
                    "layer": one.layer,
                    "epoch": epoch,
                    "like final": _number(one.settling.final[i]),
                    "like previous": _number(one.settling.previous[i]),
                    "chance": _number(one.settling.chance[i]),
                    "final image": float(one.final_image[i]),
                    "jumped": _number(one.jumped[i]),
                    "responding": float(one.responding[i]),
                    "units settled": float((median <= i).mean()) if len(median) else None,
                    "settled at": settled,
                }

    def to_json(self) -> dict[str, Any]:
        """Everything as numbers, strings and lists, but for the pixels."""
        return {
            "network": self.network,
            "source": self.source,
            "epochs": list(self.epochs),
            "sample": self.sample,
            "threshold": self.threshold,
            "layers": [
                {"name": one.layer, "settled at": self.settled(one.layer), "units": int(one.images.shape[1])}
                for one in self.layers
            ],
            "curves": list(self.rows()),
            "units": [
                {
                    "unit": str(one.unit),
                    "values": one.values.tolist(),
                    "images": one.images.tolist(),
                    "names": [self.names.get(int(image)) for image in one.images],
                    "positions": one.positions.tolist(),
                    "jumps": [e for e, jump in zip(self.epochs, one.jumps, strict=True) if jump],
                }
                for one in self.units
            ],
        }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


@usual_settings()
def evolution(
    checkpoints: Iterable[Checkpoint | tuple[int, Network | Callable[[], Network]]],
    source: Source | Any,
    *,
    layers: Sequence[str] | None = None,
    units: Sequence[str | Unit] | int = 6,
    sample: int = 1000,
    threshold: float = 0.9,
    seed: int = 0,
    looking: Looking | None = None,
    progress: Progress | None = None,
) -> FeatureHistory:
    """How the units of some layers came to respond to what they respond to, at the checkpoints of a training.

    Args:
        checkpoints: in the order of their epochs; pairs (epoch, network), or functions that give the network when its
            turn comes, so that only one is in memory.
        source: the images, as for `scan`; the paper takes the training images.
        layers: None for the rectified maps, if there are at most eight, else one for each stage.
        units: which units to project, or how many of each layer, drawn with `seed`.
        sample: images, evenly spread over the source, on which responses are compared; memory and disk take
            4 * sample bytes a unit and checkpoint.
        threshold: correlation from which features count as settled.
        looking: how each checkpoint is looked at; by default afresh.
        progress: called with images scanned, a stage for each checkpoint.

    Raises:
        UsageError: if there are fewer than two checkpoints, their epochs do not rise, or their networks differ in
            layers. UnknownLayer: for layers and units that do not exist.

    >>> from torch import nn
    >>> from convscope.data import Preprocess
    >>> make = lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    >>> nets = [Network.trace(make(), (3, 8, 8), preprocess=Preprocess(8, 8)) for _ in range(2)]
    >>> images = [np.random.default_rng(i).integers(0, 256, (8, 8, 3), dtype=np.uint8) for i in range(5)]
    >>> found = evolution([(1, nets[0]), (2, nets[1])], images, units=["1:3"])
    >>> found.units[0].pixels.shape, found.settled("1")
    (torch.Size([2, 3, 3, 3]), 2)
    """
    steps = _in_order(checkpoints)
    images = open_source(source)
    if sample < 2 or not 0 < threshold <= 1:
        raise UsageError(f"sample={sample} and threshold={threshold}: at least 2 images, and a correlation above 0")
    chosen = _Chosen()
    found = [_look(step, images, chosen, layers, units, sample, seed, looking or Afresh(), progress) for step in steps]
    final = found[-1].responses
    by_layer = []
    for name in chosen.layers:
        tables = [one.responses[name] for one in found]
        known = [one.topk[name] for one in found]
        by_layer.append(
            LayerEvolution(name, np.stack([k[0] for k in known]), np.stack([k[1] for k in known]), settling(tables))
        )
    histories = tuple(_history(unit, [one.seen[unit] for one in found]) for unit in chosen.units)
    used = {int(i) for one in histories for i in one.images if i >= 0}
    return FeatureHistory(
        network=found[-1].name,
        source=images.describe(),
        epochs=tuple(step.epoch for step in steps),
        units=histories,
        layers=tuple(by_layer),
        sample=len(next(iter(final.values()))),
        threshold=threshold,
        names={i: images.name(i) for i in sorted(used)},
    )


# -- one checkpoint ---------------------------------------------------------------------------------------------------
@dataclass
class _Chosen:
    """The layers and units that are followed, decided on at the first checkpoint."""

    layers: tuple[str, ...] = ()
    units: tuple[Unit, ...] = ()
    shapes: tuple[tuple[int, ...], ...] = ()

    def decide(self, net: Network, layers: Sequence[str] | None, units: Sequence[str | Unit] | int, seed: int) -> None:
        """Take the network's layers and units, or check that they are the same as before."""
        if not self.layers:
            asked = default_layers(net) if layers is None else [net.layers[name].name for name in layers]
            named = [] if isinstance(units, int) else [net.unit(u) for u in units]
            self.layers = tuple(dict.fromkeys([*asked, *(unit.layer for unit in named)]))
            if not self.layers:
                raise UsageError(f"{net.name} has no layer to follow: name some")
            self.units = tuple(Unit(u.layer, u.channel) for u in named)
            if isinstance(units, int):
                self.units = tuple(_drawn(net, self.layers, units, seed))
            self.shapes = tuple(net.layers[name].shape for name in self.layers)
        elif (shapes := tuple(net.layers[name].shape for name in self.layers)) != self.shapes:
            raise UsageError(
                f"{net.name} has layers of other shapes than the checkpoint before, {shapes} and not {self.shapes}: "
                "give checkpoints of one training"
            )


def _drawn(net: Network, layers: Sequence[str], count: int, seed: int) -> Iterator[Unit]:
    if count < 1:
        raise UsageError(f"units={count}: follow at least one of each layer")
    random = np.random.default_rng(seed)
    for layer in layers:
        channels = net.layers[layer].channels
        for channel in sorted(random.choice(channels, min(count, channels), replace=False).tolist()):
            yield Unit(layer, channel)


def default_layers(net: Network) -> tuple[str, ...]:
    """The rectified maps of a network if there are at most eight, else one layer for each stage."""
    rectified = tuple(layer.name for layer in net.layers if layer.op == "relu" and layer.spatial)
    return rectified if 0 < len(rectified) <= _LAYERS_AT_MOST else net.layers.stages()


@dataclass(frozen=True, eq=False)
class _Seen:
    """A unit at one checkpoint."""

    value: float
    image: int
    position: tuple[int, int]
    pixels: Tensor | None
    box: NDArray[np.int64] | None


@dataclass(frozen=True, eq=False)
class _Found:
    """What one checkpoint showed, without its network."""

    name: str
    topk: dict[str, tuple[NDArray[np.int64], NDArray[np.float32]]]
    responses: Responses
    seen: dict[Unit, _Seen]


def _look(
    step: Checkpoint,
    source: Source,
    chosen: _Chosen,
    layers: Sequence[str] | None,
    units: Sequence[str | Unit] | int,
    sample: int,
    seed: int,
    looking: Looking,
    progress: Progress | None,
) -> _Found:
    """What a checkpoint shows."""
    tell = progress or silent
    net = step.network()
    chosen.decide(net, layers, units, seed)
    stage = f"epoch {step.epoch}"

    def scanned(_: str, done: int, total: int) -> None:
        tell(stage, done, total)

    strongest = looking.scan(step.epoch, net, source, chosen.layers, progress=scanned)
    responses = looking.responses(step.epoch, net, source, chosen.layers, sample)
    topk, seen = {}, {}
    for layer in chosen.layers:
        table = strongest[layer].topk
        values, images = table.values[:, 0].numpy(), table.images[:, 0].numpy()
        excited = (values > 0) & (images >= 0)
        topk[layer] = (np.where(excited, images, -1), np.where(excited, values, 0).astype(np.float32))
        mine = [unit for unit in chosen.units if unit.layer == layer]
        seen |= _project(net, source, mine, topk[layer], table.positions[:, 0].numpy())
    return _Found(net.name, topk, responses, seen)


def _project(
    net: Network,
    source: Source,
    units: Sequence[Unit],
    topk: tuple[NDArray[np.int64], NDArray[np.float32]],
    positions: NDArray[np.int32],
) -> dict[Unit, _Seen]:
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
        seen[unit] = _Seen(value, image, places[unit], pixels, box)
    return seen


def _history(unit: Unit, seen: Sequence[_Seen]) -> History:
    shape = next((one.pixels.shape for one in seen if one.pixels is not None), (3, 1, 1))
    pixels = torch.stack(
        [torch.zeros(shape, dtype=torch.float32, device="cpu") if one.pixels is None else one.pixels for one in seen]
    )
    boxes = np.stack([np.zeros(4, np.int64) if one.box is None else one.box for one in seen])
    return History(
        unit,
        np.array([one.value for one in seen], np.float32),
        np.array([one.image for one in seen], np.int64),
        np.array([one.position for one in seen], np.int64),
        pixels,
        boxes,
    )


def _in_order(
    checkpoints: Iterable[Checkpoint | tuple[int, Network | Callable[[], Network]]],
) -> tuple[Checkpoint, ...]:
    steps = tuple(one if isinstance(one, Checkpoint) else Checkpoint(*one) for one in checkpoints)
    epochs = [step.epoch for step in steps]
    if len(steps) < 2:
        raise UsageError(f"{len(steps)} checkpoint given: evolution compares at least two")
    if any(after <= before for before, after in pairwise(epochs)):
        raise UsageError(f"epochs {', '.join(map(str, epochs))} do not rise: give checkpoints in the order of training")
    return steps


__all__ = [
    "Afresh",
    "Checkpoint",
    "FeatureHistory",
    "History",
    "LayerEvolution",
    "Looking",
    "default_layers",
    "evolution",
]
