"""Directions attached to a network: two steps more, and the way through them.

A *tap* reads a layer and goes nowhere: what was there before is as it was, and `layer~name` is a layer among the others
whose units can be run, placed, pulled, pushed and focused like any. Where it matters what directions *do*, the network
is *spliced*: what follows the layer reads what the directions make of it plus the *rest*, which is what they leave of
the layer. The rest does not change with a code that is set to something else, and the sum is the layer itself, so that
the network's answers are what they were, but for rounding, until somebody interferes with a direction.

    layer -> L~name.conv2d -> L~name.code -> L~name (the same, which may be set) -> L~name.made --+
      |                          +-> L~name.told -> L~name.rest = layer - told -------------------+-> L~name.sum -> ...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convscope.errors import UsageError
from convscope.graph.dictionary import Dictionary
from convscope.graph.names import Origin
from convscope.graph.nouns import Value
from convscope.graph.program import Program, Tap
from convscope.graph.steps import Call, Slot, Step, make_step
from convscope.graph.steps.strongest import strongest
from convscope.kernels.order import laid_out

aten = torch.ops.aten


@dataclass
class _Writing:
    """A program written anew: steps copied one by one from another, with more between them.

    number: the value that whoever reads an old one reads now. place: where the old value itself is.
    """

    old: Program

    def __post_init__(self) -> None:
        self.steps, self.values = list[Step](), [self.old.values[0]]
        self.origins = dict[int, Origin]()
        self.number, self.place = {0: 0}, {0: 0}

    def copy(self, step: Step) -> None:
        """A step of the old program."""
        index = len(self.values)
        call = replace(step.call, inputs=tuple(self.number[i] for i in step.inputs))
        self.steps.append(type(step)(index, step.name, call))
        self.values.append(self.old.values[step.index])
        if step.index in self.old.origins:
            self.origins[index] = self.old.origins[step.index]
        self.number[step.index] = self.place[step.index] = index

    def add(self, name: str, target: Callable[..., Any], inputs: Sequence[int], *more: Any, value: Value) -> int:
        """The number of the value that a step of our own makes: `target` of inputs, and of `more` arguments."""
        index, sources = len(self.values), tuple(self.values[i] for i in inputs)
        slots = tuple(Slot(n) for n in range(len(inputs)))
        self.steps.append(make_step(index, name, Call(target, (*slots, *more), {}, tuple(inputs), sources, value)))
        self.values.append(value)
        self.origins[index] = Origin(((name, name),))
        return index

    def result(self, taps: Sequence[Tap]) -> Program:
        """The new program; outputs are what stands for the old ones now."""
        return replace(
            self.old,
            steps=tuple(self.steps),
            values=tuple(self.values),
            origins=self.origins,
            aliases={name: self.place[value] for name, value in self.old.aliases.items()},
            outputs=tuple(replace(one, value=self.number[one.value]) for one in self.old.outputs),
            output=self.number[self.old.output],
            taps=tuple(taps),
        )

    def moved(self, tap: Tap) -> Tap:
        """An old tap, at its new place."""
        source, linear, code = (self.place[i] for i in (tap.source, tap.linear, tap.code))
        return replace(tap, source=source, linear=linear, code=code)


# -- taps -------------------------------------------------------------------------------------------------------------
def tapped(program: Program, dictionary: Dictionary, source: int, device: torch.device) -> Program:
    """The program with a layer of directions that reads value `source`, right after it."""
    writing, taps = _Writing(program), list[Tap]()
    for step in program.steps:
        writing.copy(step)
        if step.index == source:
            taps.append(_tap(writing, dictionary, source, device))
    return writing.result([*map(writing.moved, program.taps), *taps])


def untapped(program: Program) -> Program:
    """The program without its directions."""
    writing, ours = _Writing(program), {i for tap in program.taps for i in (tap.linear, tap.code)}
    for step in program.steps:
        if step.index not in ours:
            writing.copy(step)
    return writing.result(())


def _tap(writing: _Writing, dictionary: Dictionary, old: int, device: torch.device) -> Tap:
    source, name, dtype = writing.place[old], dictionary.full_name, writing.old.dtype
    value = _wide(writing.values[source], len(dictionary))

    def held(array: np.ndarray) -> Tensor:
        return laid_out(torch.from_numpy(array.copy()).to(device, dtype))

    target, weight = _linear(value, held(dictionary.encoder))
    bare = dictionary.kind == "pca"
    linear = writing.add(
        name if bare else f"{name}.conv2d", target, [source], weight, held(dictionary.bias), value=value
    )
    code = linear
    if not bare and dictionary.active is None:
        code = writing.add(name, aten.relu.default, [linear], value=value)
    elif not bare:
        code = writing.add(name, strongest, [linear], dictionary.active, value.channel_dim, value=value)
    return Tap(name, source, linear, code, held(dictionary.decoder), held(dictionary.offset))


def _wide(value: Value, channels: int) -> Value:
    """A value with other channels."""
    shape = list(value.shape)
    shape[(value.channel_dim or 1) - 1] = channels
    return replace(value, shape=tuple(shape))


def _linear(value: Value, weight: Tensor) -> tuple[Callable[..., Any], Tensor]:
    """The operation that is a matrix (out, in) at each position, and its weight."""
    if value.channel_dim == len(value.shape):
        return aten.linear.default, weight
    return aten.conv2d.default, laid_out(weight[:, :, None, None])


def fits(value: Value) -> bool:
    """Whether a value's channels are what a matrix goes over: the first dimension of a map, or the last of any."""
    return value.addressable and (value.channel_dim == len(value.shape) or value.layout == (2, 3))


# -- splicing ---------------------------------------------------------------------------------------------------------
def spliced(program: Program, names: Sequence[str]) -> Program:
    """The program in which what follows the layers of these directions is computed from them, and from the rest."""
    writing, taps = _Writing(program), list[Tap]()
    by_code = {tap.code: tap for tap in program.taps if tap.name in names}
    for step in program.steps:
        tap = by_code.get(step.index)
        if tap is None:
            writing.copy(step)
            continue
        writing.copy(replace_name(step, f"{tap.name}.code" if tap.code != tap.linear else f"{tap.name}.conv2d"))
        taps.append(_splice(writing, tap))
    others = [writing.moved(tap) for tap in program.taps if tap.name not in names]
    return writing.result([*others, *taps])


def replace_name(step: Step, name: str) -> Step:
    """The step under another name."""
    return type(step)(step.index, name, step.call)


def _splice(writing: _Writing, tap: Tap) -> Tap:
    """What is computed from the directions, from here on read in the layer's place."""
    code, layer = writing.place[tap.code], writing.number[tap.source]
    value, wide = writing.values[layer], writing.values[code]
    target, weight = _linear(value, laid_out(tap.decoder.T))
    told = writing.add(f"{tap.name}.told", target, [code], weight, tap.offset, value=value)
    rest = writing.add(f"{tap.name}.rest", aten.sub.Tensor, [layer, told], value=value)
    own = writing.add(tap.name, aten._to_copy.default, [code], value=wide)
    made = writing.add(f"{tap.name}.made", target, [own], weight, tap.offset, value=value)
    writing.number[tap.source] = writing.add(f"{tap.name}.sum", aten.add.Tensor, [rest, made], value=value)
    found = writing.moved(tap)
    return replace(found, code=own)


def taps_for(program: Program, layers: Sequence[str]) -> list[str]:
    """Those of the layers that are directions.

    Raises:
        UsageError: where two are of one layer.
    """
    found = [tap for tap in program.taps if tap.name in layers]
    if len({tap.source for tap in found}) < len(found):
        raise UsageError(
            f"{' and '.join(tap.name for tap in found)} are directions of one layer, and what follows it is "
            "computed from one set or the other: ask for them one after the other"
        )
    return [tap.name for tap in found]


__all__ = ["fits", "spliced", "tapped", "taps_for", "untapped"]
