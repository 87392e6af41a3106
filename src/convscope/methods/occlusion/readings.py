"""What is read of a network for every edited copy of an image: classes, the strongest map of a layer, units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import UsageError
from convscope.graph import Network, Unit
from convscope.graph.changes import Change, Place, Unedited, UneditedRows
from convscope.graph.nouns import Value
from convscope.graph.pushing import Reader
from convscope.methods.occlusion.answers import Answers
from convscope.methods.occlusion.sweep import Reading
from convscope.methods.targets import Followed, Target, head_for, targets_of
from convscope.shown import brief

Reduction = Literal["sum", "max"]


@brief
@dataclass(frozen=True)
class OcclusionResponses:
    """What was read from some images, or from every position of the square on them (`...` is n, or n, rows, columns).

    logits, probabilities: (n, t, ...) of the targets: the output's numbers, summed over a map or region of one, and
    their scores, averaged; the numbers again for values, which are no scores. labels: (n, ...) the most probable class
    (of a single class 1, or 0 where it is not), and confidences its probability; -1 and NaN where no output has a
    meaning. activations: (n, ...) of the chosen map. units: (n, u, ...) of the units asked for.
    """

    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    labels: NDArray[np.int64]
    confidences: NDArray[np.float32]
    activations: NDArray[np.float32]
    units: NDArray[np.float32]


@dataclass
class ReadingTable:
    """Room for what is read of m copies, as `OcclusionResponses` has it, on the device that computes: fetched once."""

    logits: Tensor
    probabilities: Tensor
    labels: Tensor
    confidences: Tensor
    activations: Tensor
    units: Tensor

    def responses(self, images: int, shape: tuple[int, ...]) -> OcclusionResponses:
        """The table as arrays over `images` and positions of `shape`."""

        def grid(tensor: Tensor) -> Any:
            wide = tensor.reshape(images, math.prod(shape), *tensor.shape[1:]).movedim(1, -1)
            return np.ascontiguousarray(wide.reshape(*wide.shape[:-1], *shape).cpu().numpy())

        return OcclusionResponses(**{name: grid(tensor) for name, tensor in vars(self).items()})


@dataclass
class Readout:
    """Which numbers are read of every copy, and those of the images as they are.

    followed: what of the output is; answers: how it is read, None in a network whose output means nothing. channels:
    (n,) the map of `layer` that is followed for each image.
    """

    net: Network
    followed: Followed
    answers: Answers | None
    layer: str
    channels: NDArray[np.int64]
    units: tuple[Unit, ...]
    reduce: Reduction
    kept: dict[int, Tensor]

    @classmethod
    def of(
        cls,
        net: Network,
        images: Tensor,
        *,
        target: Target,
        layer: str | None,
        strongest: Reduction,
        units: Sequence[Unit],
        reduce: Reduction,
    ) -> Readout:
        """The reader for some images: runs them once, for their strongest maps and most probable classes."""
        for name, value in (("strongest", strongest), ("reduce", reduce)):
            if value not in get_args(Reduction):
                raise UsageError(f"{name}={value!r} is not a choice; choose one of {', '.join(get_args(Reduction))}")
        head = head_for(net, target, units=bool(units))
        followed = net.layers[layer or (net.layers.stages() or (net.output,))[-1]].name
        wanted = {net.index_of(name) for name in (followed, *(u.layer for u in units))}
        kept = net.run_values(images, wanted if head is None else wanted | {net.program.output})
        channels = _strongest(kept[net.index_of(followed)], net.values[net.index_of(followed)], strongest)
        nothing = Followed(np.zeros((len(images), 0), np.int64), ())
        if head is None:
            return cls(net, nothing, None, followed, channels, tuple(units), reduce, kept)
        output = kept[net.program.output]
        targets = targets_of(net, target, head.channels_first(output))
        answers = Answers(net, head, targets, output)
        return cls(net, targets, answers, followed, channels, tuple(units), reduce, kept)

    @property
    def uncovered(self) -> OcclusionResponses:
        """What is read of the images as they are."""
        rows = np.arange(len(self.channels))
        table, base = self.table(len(rows)), Unedited(self.net.values, self.kept).rows(rows)
        for reading in self.readings(table, 1):
            place = whole_place(self.net.values[reading.value], len(rows))
            reading.read(rows, Change(self.kept[reading.value], place, True, fresh=False), base)
        return table.responses(len(rows), ())

    def table(self, count: int) -> ReadingTable:
        """An empty table for `count` copies."""
        number = torch.empty(count, dtype=torch.float32, device=self.net.device)
        targets, units = number.new_empty(count, len(self.followed.regions)), number.new_empty(count, len(self.units))
        labels = number.new_full((count,), -1, dtype=torch.int64)
        return ReadingTable(targets, targets.clone(), labels, number.fill_(torch.nan), number.clone(), units)

    def readings(self, table: ReadingTable, per_image: int) -> list[Reading]:
        """What fills a table whose row r is of image r // per_image."""
        followed, output = self.net.index_of(self.layer), self.net.program.output
        found = [] if self.answers is None else [Reading(output, self._classes(self.answers, table, per_image))]
        strongest = self._map(followed, table.activations, [self.channels], None, "sum", per_image)
        found.append(Reading(followed, strongest))
        for i, unit in enumerate(self.units):
            channels = [np.full(len(self.channels), channel) for channel in unit.channels]
            value = self.net.index_of(unit.layer)
            read = self._map(value, table.units[:, i], channels, unit.position, self.reduce, per_image)
            found.append(Reading(value, read))
        return found

    @staticmethod
    def _classes(answers: Answers, table: ReadingTable, per_image: int) -> Reader:
        def read(rows: NDArray[np.int64], change: Change, base: UneditedRows) -> None:
            found = answers.of(rows // per_image, change, base)
            at = torch.from_numpy(rows).to(table.labels.device)
            table.logits[at], table.probabilities[at] = found.numbers.float(), found.scores.float()
            table.labels[at], table.confidences[at] = found.labels, found.confidences.float()

        return read

    def _map(
        self,
        value: int,
        out: Tensor,
        channels: Sequence[NDArray[np.int64]],
        position: tuple[int, int] | None,
        reduce: Reduction,
        per_image: int,
    ) -> Reader:
        """Reads a channel of each image's map, or the first of two less the second."""

        def read(rows: NDArray[np.int64], change: Change, base: UneditedRows) -> None:
            chosen = [torch.from_numpy(one[rows // per_image]).to(change.tensor.device) for one in channels]
            maps, *less = (channel_maps(value, change, base, channel) for channel in chosen)
            maps = maps - less[0] if less else maps
            if maps.dim() == 1:
                found = maps
            elif position is not None:
                found = maps[:, position[0], position[1]]
            else:
                found = maps.double().sum((1, 2)) if reduce == "sum" else maps.amax((1, 2))
            out[torch.from_numpy(rows).to(out.device)] = found.float()

        return read


def channel_maps(number: int, change: Change, base: UneditedRows, channel: Tensor) -> Tensor:
    """Of each copy's new value, one channel: (m, h, w), or (m,) of a vector."""
    value, rows = base.values[number], torch.arange(len(channel), device=channel.device)
    dim = value.channel_dim or 1
    part = change.tensor.movedim(dim, 1)[rows, channel]
    if change.absolute:
        return part
    maps = base.value(number).movedim(dim, 1)[torch.from_numpy(base.image).to(channel.device), channel]
    (origin, (height, width)) = change.place.on_map()
    for row, (y, x) in enumerate(origin.tolist()):
        maps[row, y : y + height, x : x + width] += part[row]
    return maps


def whole_place(value: Value, count: int) -> Place:
    """The place of `count` whole values."""
    if value.layout is None:
        return Place(None, None)
    return Place(np.zeros((count, 2), np.int64), value.size)


def _strongest(maps: Tensor, value: Value, by: Reduction) -> NDArray[np.int64]:
    """(n,) the channel whose positions have the largest sum, or maximum."""
    flat = maps.movedim(value.channel_dim or 1, 1).flatten(2) if maps.dim() > 2 else maps[:, :, None]
    return (flat.sum(2) if by == "sum" else flat.amax(2)).argmax(1).cpu().numpy()


__all__ = [
    "Readout",
    "Reduction",
    "OcclusionResponses",
    "ReadingTable",
    "channel_maps",
    "whole_place",
]
