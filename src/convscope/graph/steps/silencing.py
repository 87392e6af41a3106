"""A step some of whose units are silenced: whatever it makes, they are zero, and no signal goes back through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convscope.graph.boxes import Signal
from convscope.graph.changes import Change, Place, PushBase, gather
from convscope.graph.nouns import Span, Unit
from convscope.graph.options import PullOptions
from convscope.graph.steps.base import PullContext, Step
from convscope.graph.steps.registry import make_step, rule
from convscope.kernels.cutting import cut

_OFF = "silenced"


class SilencedOperation:
    """An operation, whose result is then zero where `silenced` is true."""

    def __init__(self, target: Callable[..., Any]) -> None:
        self.target = target
        self.__name__ = getattr(target, "_opname", getattr(target, "__name__", str(target)))

    def __repr__(self) -> str:
        return f"silenced {self.target}"

    def __call__(self, *args: Any, silenced: Tensor, **kwargs: Any) -> Tensor:
        """What the operation makes, whatever numbers it has where it is silenced."""
        return self.target(*args, **kwargs).masked_fill(silenced, 0)


@rule(SilencedOperation)
class Silenced(Step):
    """Another step, `inner`, whose units are zero where `off` (1, ...) is true, which may be one for all positions."""

    def __post_init__(self) -> None:
        super().__post_init__()
        assert isinstance(self.call.target, SilencedOperation)
        self.off: Tensor = self.call.kwargs[_OFF]
        kwargs = {name: one for name, one in self.call.kwargs.items() if name != _OFF}
        self._wrap(make_step(self.index, self.name, replace(self.call, target=self.call.target.target, kwargs=kwargs)))

    def _wrap(self, inner: Step) -> None:
        self.inner = inner
        self.op = inner.op
        self.linear = inner.linear  # pyright: ignore[reportAttributeAccessIssue]
        self.exact = inner.exact  # pyright: ignore[reportAttributeAccessIssue]

    @classmethod
    def around(cls, step: Step, off: Tensor) -> Silenced:
        """A step, silenced: also one that stands for others when signals are carried back."""
        if isinstance(step, Silenced):
            off, step = off | step.off, step.inner
        call = step.call
        made = cls(
            step.index,
            step.name,
            replace(call, target=SilencedOperation(call.target), kwargs=call.kwargs | {_OFF: off}),
        )
        made._wrap(step)
        return made

    def held(self, options: PullOptions) -> tuple[int, ...]:
        """As the step."""
        return self.inner.held(options)

    def run(self, inputs: Sequence[Tensor]) -> Tensor:
        """The step's output, silenced."""
        return self.inner.run(inputs).masked_fill(self.off, 0)

    def place(self, slot: int, axis: int) -> Span | None:
        """As the step: what is silenced is thought of as seen."""
        return self.inner.place(slot, axis)

    @property
    def reads_all(self) -> bool:
        """As the step."""
        return self.inner.reads_all

    # -- pull ---------------------------------------------------------------------------------------------------------
    def needs(self, options: PullOptions) -> tuple[int, ...]:
        """As the step."""
        return self.inner.needs(options)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """What units that are heard take back."""
        return self.inner.pull(self.heard(signal), context)

    def heard(self, signal: Signal) -> Signal:
        """A signal without what is at silenced units."""
        off, layout = self.off, self.call.result.layout
        if layout is not None and signal.origin is not None and self._by_position:
            rows = torch.zeros(len(signal.tensor), dtype=torch.long, device=off.device)
            off = cut(off.to(signal.tensor.dtype), rows, layout, signal.origin, signal.size(layout)) > 0
        return replace(signal, tensor=signal.tensor.masked_fill(off, 0), owned=True)

    @property
    def _by_position(self) -> bool:
        layout = self.call.result.layout
        return layout is not None and any(self.off.shape[dim] > 1 for dim in layout)

    # -- push ---------------------------------------------------------------------------------------------------------
    def operations(self) -> float:
        """As the step."""
        return self.inner.operations()

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """What changes of units that are heard."""
        found, off, layout = self.inner.push(changes, place, base), self.off, self.call.result.layout
        if layout is not None and place.origin is not None and self._by_position:
            off = gather(off, layout, np.zeros(len(found.tensor), np.int64), place)
        return Change(found.own().masked_fill_(off, 0), found.place, found.absolute)


def bare(step: Step) -> Step:
    """The step without what silences it."""
    return step.inner if isinstance(step, Silenced) else step


def silencing(steps: Sequence[Step], units: Mapping[int, Sequence[Unit]], device: torch.device) -> dict[int, Step]:
    """The steps of values, by number, with units of theirs silenced: whole maps, or the positions that units name."""
    made: dict[int, Step] = {}
    for index, chosen in units.items():
        step = steps[index - 1]
        value = step.call.result
        whole = all(unit.position is None for unit in chosen)
        sides = [1 if whole and dim in (value.layout or ()) else n for dim, n in enumerate(value.shape, 1)]
        off = torch.zeros(1, *sides, dtype=torch.bool, device="cpu")
        maps = off.movedim(value.channel_dim or 1, 1)
        for unit in chosen:
            maps[(slice(None), unit.channel, *(unit.position or ()))] = True
        made[index] = Silenced.around(step, off.to(device))
    return made


__all__ = ["Silenced", "SilencedOperation", "bare", "silencing"]
