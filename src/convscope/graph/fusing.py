"""Plans for running: which steps, in which order, what is freed when, and what is computed in one go.

Batch norm after a convolution that nothing else reads is folded into the convolution's weights, a sum with another map
and a ReLU after either are computed along with it, and any other sum or ReLU overwrites a map it reads where that map
is spent. Maps that are concatenated for a narrow convolution alone go through it one by one, each with its slice of the
weights. All change no result by more than rounding. Values that are asked for are computed as such, so what a layer
gives is that layer's output whatever else is asked for; where they are not kept, a ReLU may overwrite them once they
have been seen. Where they are read for a reduction, more of what comes next is done by the way (`Then`), while they are
in the cache; `running` does it. Maps that are concatenated only to be read, or read and pooled, need not be: they are
read, and pooled, in parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from convscope.graph.folding import foldable, folded
from convscope.graph.steps import Step
from convscope.graph.steps.conv import Conv2d, Linear
from convscope.graph.steps.joining import Cat
from convscope.graph.steps.normalisation import BatchNorm
from convscope.graph.steps.pointwise import Cast, ReLU, Sum
from convscope.graph.steps.pool import MaxPool2d
from convscope.kernels import onednn
from convscope.kernels.pooling import MaxPooling
from convscope.kernels.reduction import Following

_FRESH = (Conv2d, BatchNorm, Linear, Sum, ReLU)  # steps whose result is memory of its own


@dataclass(frozen=True, eq=False)
class Then:
    """Steps that one after the other overwrite a value, as in `Following`: the values that they make, and what is
    added.

    The last may be a pooling, which makes a value of its own.
    """

    made: tuple[int, ...]
    factor: Tensor | None = None
    shift: Tensor | None = None
    other: int | None = None
    rectify: bool = False
    pooling: MaxPooling | None = None

    def following(self, alive: Mapping[int, Tensor]) -> Following:
        """The same with the map that is added."""
        other = None if self.other is None else alive[self.other]
        return Following(self.factor, self.shift, other, self.rectify, self.pooling)

    def results(self, value: Tensor | None, pooled: Tensor | None) -> dict[int, Tensor]:
        """What the steps have made, where it has been done to a value; None for one that there was only in parts."""
        over = self.made if pooled is None else self.made[:-1]
        found = {} if value is None else dict.fromkeys(over, value)
        return found if pooled is None else found | {self.made[-1]: pooled}


@dataclass(frozen=True)
class Action:
    """One entry of a plan: `run` on the `inputs` makes value `index`; the values `spent` are of no use after it.

    then: what could be done to the value while it is read, in place of the actions that make it later.
    parted: whether the value is its inputs side by side, in channels, and pooled next or not used at all.
    """

    index: int
    inputs: tuple[int, ...]
    run: Callable[[Sequence[Tensor]], Tensor]
    spent: tuple[int, ...]
    then: Then | None = None
    parted: bool = False


def plan(steps: Sequence[Step], wanted: frozenset[int], *, fold: bool, keep: bool = True) -> list[Action]:
    """The actions that make the `wanted` values from value 0, the image; not to `keep` them is to spend them
    as well."""
    chosen = _cone(steps, wanted)
    actions = [Action(s.index, s.inputs, s.run, ()) for s in chosen]
    if fold:
        actions = _folded(chosen, wanted, keep=keep)
        actions = actions if keep else [_followed(a, actions, chosen, wanted) for a in actions]
    return _spending(actions, wanted if keep else frozenset())


def _cone(steps: Sequence[Step], wanted: frozenset[int]) -> list[Step]:
    needed, found = set(wanted), []
    for step in reversed(steps):
        if step.index in needed:
            needed.update(step.inputs)
            found.append(step)
    return found[::-1]


def _folded(steps: Sequence[Step], wanted: frozenset[int], *, keep: bool) -> list[Action]:
    """The actions with concatenation, convolution, batch norm, sum and ReLU as one, and other sums and ReLUs in place,
    where nobody will miss what is between."""
    readers: dict[int, int] = {}
    for step in steps:
        for i in step.inputs:
            readers[i] = readers.get(i, 0) + 1
    once = {i for i, count in readers.items() if count == 1}
    alone = once - wanted
    by_index = {step.index: step for step in steps}
    fresh: set[int] = set()
    actions: dict[int, Action] = {}
    for step in steps:
        below = by_index.get(step.inputs[0]) if step.inputs else None
        run, inputs = step.run, step.inputs
        if isinstance(step, Conv2d):
            run = Convolution(step)
            if isinstance(below, Cat) and below.index in alone and (parts := _parts(below, step)):
                run, inputs = Convolution(step, parts=parts), actions.pop(below.index).inputs
        elif isinstance(step, BatchNorm) and below is not None and below.index in alone and foldable(below, step):
            made = actions.pop(below.index)
            assert isinstance(made.run, Convolution)
            run, inputs = made.run.with_norm(step), made.inputs
        elif isinstance(step, ReLU) and below is not None and below.index in (alone if keep else once):
            made = actions[below.index].run
            if isinstance(made, Convolution) and below.index in alone:
                inputs, run = actions.pop(below.index).inputs, made.rectified()
            elif below.index in fresh:
                run = _relu_in_place
        elif isinstance(step, Sum) and step.plain and (slot := _summand(step, alone & fresh)) is not None:
            run, inputs = partial(_add_in_place, slot), step.inputs
            made = actions[step.inputs[slot]].run
            if isinstance(made, Convolution) and made.open:
                inputs = (*actions.pop(step.inputs[slot]).inputs, step.inputs[1 - slot])
                run = made.with_sum()
        if isinstance(step, _FRESH):
            fresh.add(step.index)
        actions[step.index] = Action(step.index, inputs, run, ())
    return list(actions.values())


def _followed(action: Action, actions: Sequence[Action], steps: Sequence[Step], wanted: frozenset[int]) -> Action:
    """The action with what could be done to its value next, and whether it could be left in parts for that."""
    then = _then(action, actions, steps, wanted)
    (step,) = (step for step in steps if step.index == action.index)
    pooled = then is not None and then.pooling is not None and len(then.made) == 1
    unread = not any(action.index in step.inputs for step in steps)
    parted = isinstance(step, Cat) and step.parts is not None and (pooled or unread)
    return replace(action, then=then, parted=parted)


def _then(action: Action, actions: Sequence[Action], steps: Sequence[Step], wanted: frozenset[int]) -> Then | None:
    """What follows a wanted value that one step alone reads: batch norm, sum, ReLU and max pooling, in this order, as
    far as nobody asks for what is between."""
    if action.index not in wanted:
        return None
    by_index = {step.index: step for step in steps}
    ours = isinstance(by_index[action.index], _FRESH)
    mixed = any(isinstance(step, Cast) for step in steps)  # with autocast, a map and its norm are of two dtypes
    plain = {a.index for a in actions if a.inputs == by_index[a.index].inputs}
    found = Then(())
    last = action.index
    while last == action.index or last not in wanted:
        readers = [step for step in steps if last in step.inputs]
        if len(readers) != 1 or readers[0].index not in plain or readers[0].inputs.count(last) != 1:
            break
        step = readers[0]
        if isinstance(step, MaxPool2d) and step.pooling.common:
            return replace(found, made=(*found.made, step.index), pooling=step.pooling)
        if not ours or found.rectify:
            break
        if isinstance(step, BatchNorm) and not found.made and not mixed:
            factor = step.scale.flatten()
            bound = step.call.bind()
            shift = -bound["running_mean"] * factor
            found = replace(found, factor=factor, shift=shift if bound["bias"] is None else shift + bound["bias"])
        elif isinstance(step, Sum) and step.plain and found.other is None and min(step.inputs) < action.index:
            found = replace(found, other=min(step.inputs))
        elif isinstance(step, ReLU):
            found = replace(found, rectify=True)
        else:
            break
        last = step.index
        found = replace(found, made=(*found.made, last))
    return found if found.made else None


def _summand(step: Step, spent: set[int]) -> int | None:
    """The operand of a sum that may be overwritten: the one that is computed last, whose map is warmest."""
    return max(
        (slot for slot, i in enumerate(step.inputs) if i in spent), key=lambda slot: step.inputs[slot], default=None
    )


def _add_in_place(slot: int, inputs: Sequence[Tensor]) -> Tensor:
    mine, other = inputs[slot], inputs[1 - slot]
    return mine.add_(other) if mine.dtype == other.dtype else mine + other


def _relu_in_place(inputs: Sequence[Tensor]) -> Tensor:
    return inputs[0].relu_()


def _parts(cat: Cat, conv: Conv2d) -> tuple[int, ...] | None:
    """The channels of each map that is concatenated, where going through the convolution one by one is less to read and
    write: the sums of its outputs against the maps."""
    channels = cat.parts
    narrow = channels is not None and 2 * conv.weight.shape[0] * (len(channels) - 1) <= conv.weight.shape[1]
    return channels if narrow and conv.groups == 1 and onednn.fuses(conv.weight, conv.geometry) else None


class Convolution:
    """A convolution that is run, on a CPU in float32 by oneDNN, with the sum and the ReLU after it if there are any.

    oneDNN adds to what it computes, and rectifies it, before it writes it: sums and ReLUs by themselves would read and
    write the map again. `conv2d` would also take a matrix product for small batches and 1x1 kernels, which is slower
    (see `onednn.convolve`). Weights are left as they are: in oneDNN's own order they would take their memory again and
    gain a few per cent, more only for a few images and many weights.

    parts: channels of the inputs that together are what is convolved, where they come one by one.
    """

    def __init__(self, conv: Conv2d, *, parts: tuple[int, ...] = (), total: bool = False, relu: bool = False) -> None:
        self._conv, self._parts, self._total, self._relu = conv, parts, total, relu
        self._bias: Tensor | None = conv.call.bind()["bias"]
        self._geometry = conv.geometry
        weights = conv.weight.split(parts, dim=1) if parts else (conv.weight,)
        self._weights = [w.contiguous(memory_format=torch.channels_last) if parts else w for w in weights]

    @property
    def open(self) -> bool:
        """Whether its output may still be added to: nothing is done to it yet."""
        return not (self._total or self._relu)

    def with_norm(self, norm: BatchNorm) -> Convolution:
        """The same with a batch norm's factor and shift in its weights."""
        return Convolution(folded(self._conv, norm), parts=self._parts)

    def with_sum(self) -> Convolution:
        """The same, added to a map of the output's shape: a last input."""
        return Convolution(self._conv, parts=self._parts, total=True)

    def rectified(self) -> Convolution:
        """The same with a ReLU after it."""
        return Convolution(self._conv, parts=self._parts, total=self._total, relu=True)

    def __call__(self, inputs: Sequence[Tensor]) -> Tensor:
        """The output for the inputs (n, c, h, w): what is convolved, and what is added to it."""
        maps, more = inputs[: len(self._weights)], inputs[len(self._weights) :]
        added = more[0] if more else None
        return onednn.fused(maps, self._weights, self._bias, self._geometry, added=added, rectified=self._relu)


def _spending(actions: Sequence[Action], wanted: frozenset[int]) -> list[Action]:
    """The actions with what each spends: seen from the end, the first time a value is read is its last use."""
    seen, found = set(wanted), []
    for action in reversed(actions):
        spent = tuple(i for i in dict.fromkeys(action.inputs) if i not in seen)
        seen.update(spent)
        found.append(replace(action, spent=spent))
    return found[::-1]
