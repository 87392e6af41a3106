"""Which units a unit is computed from and which are computed from it, by weight.

Between two layers that an atlas shows lie steps that keep channels apart (rectification, pooling, batch norm), steps
that put channels side by side, and one step with weights. Only the last joins units; the others are looked through.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.graph import Network
from convscope.graph.steps import Step
from convscope.graph.steps.conv import Conv2d, Linear
from convscope.graph.steps.joining import Cat
from convscope.graph.steps.normalisation import BatchNorm, LocalResponseNorm
from convscope.graph.steps.pointwise import (
    ClippedReLU,
    Differentiated,
    MaximumWithZero,
    Rectifier,
    ReLU,
    SmoothActivation,
)
from convscope.graph.steps.pool import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d
from convscope.graph.steps.resampling import Upsample
from convscope.graph.steps.reshaping import Reshape

_KEEPS = (
    *(ReLU, ClippedReLU, MaximumWithZero, Rectifier, SmoothActivation, Differentiated, BatchNorm, LocalResponseNorm),
    *(MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, AdaptiveMaxPool2d, Upsample),
)
STRONGEST = 8
_CLOSEST = "The closest units: those with the largest part in what the direction stands for in its layer."

Joint = tuple[str, int, float]
"""A layer's name, a channel of it, and the strength of the weight with its sign."""


@dataclass(frozen=True)
class ChannelRun:
    """`count` channels of a value from `first`, which are the channels of `source` from `start`."""

    source: int
    start: int
    first: int
    count: int


@dataclass(frozen=True)
class Connections:
    """The strongest joints of each unit of a layer, and what was compared, in words; no words where nothing was."""

    incoming: tuple[tuple[Joint, ...], ...]
    outgoing: tuple[tuple[Joint, ...], ...]
    incoming_note: str
    outgoing_note: str


class Wiring:
    """The weighted steps of a network between the layers that are shown."""

    def __init__(self, net: Network, shown: Sequence[str]) -> None:
        self.net = net
        self.steps = {step.index: net.activations.get(step.index, step) for step in net.steps}
        self.shown = {net.index_of(name): net.layers[name].name for name in shown}

    def of(self, layer: str) -> Connections:
        """The connections of a shown layer."""
        index = self.net.index_of(layer)
        count = self.net.layers[layer].channels
        incoming, inward = self._incoming(index, count)
        outgoing, outward = self._outgoing(index, count)
        return Connections(incoming, outgoing, inward, outward)

    # -- looking through ----------------------------------------------------------------------------------------------
    def channels(self, index: int) -> int:
        """How many channels a value has."""
        value = self.net.values[index]
        return value.shape[(value.channel_dim or 1) - 1]

    def behind(self, index: int) -> list[ChannelRun] | None:
        """Whose channels a value's are, one step back; None where the step makes channels of its own."""
        step = self.steps.get(index)
        if step is None or not step.inputs:
            return None
        count = self.channels(index)
        if isinstance(step, _KEEPS) or (isinstance(step, Reshape) and self.channels(step.inputs[0]) == count):
            return [ChannelRun(step.inputs[0], 0, 0, count)]
        if isinstance(step, Cat) and len(step.call.bind()["tensors"]) == len(step.inputs):
            sizes = [self.channels(source) for source in step.inputs]
            if sum(sizes) == count:
                starts = np.cumsum([0, *sizes[:-1]]).tolist()
                return [ChannelRun(i, 0, at, n) for i, at, n in zip(step.inputs, starts, sizes, strict=True)]
        return None

    def producers(self, index: int, *, stop: bool) -> Iterator[ChannelRun]:
        """The values that made a value's channels; with `stop`, looking no further back than shown layers."""
        runs = None if stop and index in self.shown else self.behind(index)
        if runs is None:
            yield ChannelRun(index, 0, 0, self.channels(index))
            return
        for run in runs:
            for deeper in self.producers(run.source, stop=stop):
                yield ChannelRun(deeper.source, deeper.start, run.first + deeper.first, deeper.count)

    def named(self, index: int) -> list[ChannelRun]:
        """The layers to name a value's channels by: shown ones where there are, otherwise the value's own."""
        return [
            run if run.source in self.shown else ChannelRun(index, run.first, run.first, run.count)
            for run in self.producers(index, stop=True)
        ]

    def name(self, index: int) -> str:
        """What a value is called."""
        return "image" if index == 0 else self.steps[index].name

    # -- joining ------------------------------------------------------------------------------------------------------
    def _incoming(self, index: int, count: int) -> tuple[tuple[tuple[Joint, ...], ...], str]:
        for tap in self.net.program.taps:
            if tap.code == index:
                matrix = tap.decoder.detach().float().cpu().numpy()
                names = self._labels(self.named(tap.source), matrix.shape[1])
                return tuple(_strongest(row, names) for row in matrix), _CLOSEST
        joints: list[tuple[Joint, ...]] = [()] * count
        through: list[str] = []
        for run in self.producers(index, stop=False):
            step = self.steps.get(run.source)
            matrix = None if step is None else strengths(step, self.channels(step.inputs[0]) if step.inputs else 0)
            if step is None or matrix is None:
                continue
            through.append(step.name)
            names = self._labels(self.named(step.inputs[0]), matrix.shape[1])
            for channel in range(run.count):
                joints[run.first + channel] = _strongest(matrix[run.start + channel], names)
        return tuple(joints), _words(through)

    def _outgoing(self, index: int, count: int) -> tuple[tuple[tuple[Joint, ...], ...], str]:
        found: list[list[Joint]] = [[] for _ in range(count)]
        through: list[str] = []
        for step in self.net.steps:
            if not isinstance(step, Conv2d | Linear):
                continue
            runs = [run for run in self.named(step.inputs[0]) if run.source == index]
            matrix = strengths(step, self.channels(step.inputs[0])) if runs else None
            if matrix is None:
                continue
            through.append(step.name)
            names = self._labels(self._onward(step.index), matrix.shape[0])
            for run in runs:
                for channel in range(run.count):
                    found[run.start + channel] += _strongest(matrix[:, run.first + channel], names)
        strongest = (tuple(sorted(joints, key=lambda joint: -abs(joint[2]))[:STRONGEST]) for joints in found)
        return tuple(strongest), _words(through)

    def _onward(self, index: int) -> list[ChannelRun]:
        """The shown layer that a weighted step's channels become; the step's own layer where there is none."""
        for shown in self.shown:
            runs = [run for run in self.producers(shown, stop=False) if run.source == index]
            if runs:
                return [ChannelRun(shown, run.first, run.start, run.count) for run in runs]
        return [ChannelRun(index, 0, 0, self.channels(index))]

    def _labels(self, runs: Sequence[ChannelRun], count: int) -> list[tuple[str, int]]:
        labels = [("", 0)] * count
        for run in runs:
            for channel in range(run.count):
                if run.first + channel < count:
                    labels[run.first + channel] = (self.name(run.source), run.start + channel)
        return labels


def strengths(step: Step, inputs: int) -> NDArray[np.float32] | None:
    """How strongly each input channel (columns) enters each output channel (rows) of a convolution or linear step.

    The Euclidean norm of the weights between the two, with the sign of their sum; zero between groups. Where a linear
    step reads a flattened map, the weights of all positions of a channel count together. None for other steps.
    """
    if not isinstance(step, Conv2d | Linear):
        return None
    weight = step.weight.detach().float().cpu().numpy()
    groups = getattr(step, "groups", 1)
    flat = weight.reshape(weight.shape[0], weight.shape[1], -1)
    if isinstance(step, Linear):
        flat = weight[:, :, None]
    with np.errstate(over="ignore", invalid="ignore"):  # of weights whose squares are no numbers there is no strength
        signed = np.where(flat.sum(2) < 0, -1, 1) * np.sqrt(np.square(flat).sum(2))
    if groups == 1:
        return signed.astype(np.float32)
    each = weight.shape[0] // groups
    wide = np.zeros((weight.shape[0], inputs), np.float32)
    for group in range(groups):
        columns = slice(group * weight.shape[1], (group + 1) * weight.shape[1])
        wide[group * each : (group + 1) * each, columns] = signed[group * each : (group + 1) * each]
    return wide


def _strongest(row: NDArray[np.float32], names: Sequence[tuple[str, int]]) -> tuple[Joint, ...]:
    known = np.where(np.isfinite(row), row, 0)  # a weight that is no number joins nothing
    order = np.argsort(-np.abs(known), kind="stable")[:STRONGEST]
    return tuple((*names[at], float(known[at])) for at in order.tolist() if known[at] != 0 and names[at][0])


def _words(steps: Sequence[str]) -> str:
    if not steps:
        return ""
    listed = ", ".join(dict.fromkeys(steps))
    return f"By the weights of {listed}: the Euclidean norm of those between two units, with the sign of their sum."


__all__ = ["Connections", "Joint", "Wiring", "strengths"]
