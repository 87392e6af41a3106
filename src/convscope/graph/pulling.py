"""The pull motion over the graph: from a signal at one value down to the image, box by box."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from convscope.graph.boxes import Signal, settle, unite, whole_origin
from convscope.graph.nouns import Value
from convscope.graph.options import PullOptions, Report
from convscope.graph.steps import Step
from convscope.kernels.cutting import cut


@dataclass
class Context:
    """What steps ask for while they pull: forward values of the images the projections belong to.

    `kept` holds forward values (b, ...) of b images; projection n belongs to row image[n]. `advanced` is called after
    each step with the share of them that is done; what it raises ends the work.
    """

    options: PullOptions
    kept: Mapping[int, Tensor]
    values: Sequence[Value]
    image: Tensor
    report: Report = field(default_factory=Report)
    advanced: Callable[[float], None] | None = None

    def forward(self, value: int) -> Tensor:
        """The value of every projection's image, whole; of one that is not batched, the value of the one image."""
        if not self.values[value].batched:
            return self.kept[value]
        return self.kept[value].index_select(0, self.image)

    def maps(self, value: int) -> tuple[Tensor, Tensor]:
        """The value of all images (b, ...), and which of them each projection is on (n,)."""
        return self.kept[value], self.image

    def forward_on(self, value: int, origin: np.ndarray, size: tuple[int, int], fill: float = 0.0) -> Tensor:
        """The value on a box per projection, `fill` beyond the map."""
        layout = self.values[value].layout
        if layout is None:
            return self.forward(value)
        return cut(self.kept[value], self.image, layout, origin, size, fill)


def cone(
    steps: Sequence[Step],
    target: int,
    standing: Mapping[int, Step] | None = None,
    options: PullOptions | None = None,
) -> list[Step]:
    """The steps that `target` is computed from, in execution order.

    standing: steps that stand for those which make the same value, such as an activation for what it is written with.
    options: those that signals go through, where gates may be held.
    """
    wanted, found = {target}, []
    for step in reversed(steps):
        if step.index in wanted:
            step = step if standing is None else standing.get(step.index, step)
            found.append(step)
            held = () if options is None else step.held(options)
            wanted.update(number for slot, number in enumerate(step.inputs) if slot not in held)
    return found[::-1]


def needed(steps: Sequence[Step], values: Sequence[Value], options: PullOptions) -> set[int]:
    """The values that pulling through `steps` will ask for."""
    wanted: set[int] = set()
    for step in steps:
        if step.call.result.depends:
            wanted.update(step.inputs[slot] for slot in step.needs(options))
    return wanted


def seed_signal(
    value: Value, channel: Tensor, position: np.ndarray | None, amount: Tensor, minus: Tensor | None = None
) -> Signal:
    """One-hot signals at a value: `amount` (n,) at `channel` (n,) and `position` (n, 2), all else zero.

    minus: (n,) the channel that is taken away in a difference of two, which has as much of the other sign; -1 for none.
    """
    count = len(channel)
    shape = [count, *value.shape]
    rows = torch.arange(count, device=amount.device)
    if value.layout is None or position is None:
        tensor = amount.new_zeros(shape)
        _put(tensor, rows, channel, amount, minus)
        return Signal(tensor, None if value.layout is None else whole_origin(count))
    for dim in value.layout:
        shape[dim] = 1
    tensor = amount.new_zeros(shape)
    _put(tensor.view(count, -1), rows, channel, amount, minus)
    if tensor.dim() == 4:
        # One position is both channels first and channels last; what is made from it follows its strides.
        tensor = tensor.contiguous(memory_format=torch.channels_last)
    return Signal(tensor, position.astype(np.int64), share=1 / value.shape[0])


def _put(tensor: Tensor, rows: Tensor, channel: Tensor, amount: Tensor, minus: Tensor | None) -> None:
    tensor[rows, channel] = amount
    if minus is not None:
        there = minus >= 0
        tensor[rows[there], minus[there]] = -amount[there]


def pull(steps: Sequence[Step], target: int, signal: Signal, context: Context) -> Signal:
    """The signal at the image (value 0) that `signal` at value `target` causes, through the steps of its cone."""
    pending: dict[int, Signal] = {target: settle(signal, context.values[target])}
    with torch.no_grad():
        for done, step in enumerate(reversed(steps), 1):
            arrived = pending.pop(step.index, None)
            if arrived is None or not step.call.result.depends:
                continue
            held = step.held(context.options)
            if step.call.held:
                kept = context.report.held if held else context.report.differentiated
                kept["gate"] += 1
            for slot, part in step.pull(arrived, context).items():
                if slot in held:
                    continue
                number = step.inputs[slot]
                value = context.values[number]
                if value.carries:
                    pending[number] = unite(pending.get(number), settle(part, value), value)
            if context.advanced is not None:
                context.advanced(done / len(steps))
    if 0 in pending:
        return pending[0]
    return Signal(
        signal.tensor.new_zeros(len(signal.tensor), *context.values[0].shape), whole_origin(len(signal.tensor))
    )
