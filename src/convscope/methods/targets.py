"""What an answer follows of a network's output: classes by number or name, whole or in a region, or the most probable.

281             channel 281 of the output: of a vector the class, of a map the channel summed over all of it
tabby           the same by name
3@5,7           channel 3 of a map at row 5, column 7; 3@40 of a sequence at its step 40, of a detector at an anchor
3@0,0,8,8       channel 3 over the box y0,x0,y1,x1 of a map; 3@0,10 over steps 0 to 9
fc:281-282      a unit, or as here the difference of two logits
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import ShapeError, UsageError
from convscope.graph import Head, Network, Unit

Target = int | str | Sequence[int | str] | Tensor | None

NOTHING = "none"
"""The target that follows no class, for units alone."""

_UNIT = re.compile(r"^.+:\d+(-\d+)?(@\d+,\d+)?$")
_PLACE = re.compile(r"^(?P<what>.+)@(?P<at>\d+(?:,\d+)*)$")


@dataclass(frozen=True)
class Region:
    """A box of an output's positions: half-open, from `low` to `high` along each of its axes."""

    low: tuple[int, ...]
    high: tuple[int, ...]

    def __str__(self) -> str:
        """As a target spells it: one position, or the lows and then the highs."""
        one = all(b == a + 1 for a, b in zip(self.low, self.high, strict=True))
        return ",".join(map(str, self.low if one else (*self.low, *self.high)))

    @classmethod
    def parse(cls, text: str, positions: tuple[int, ...]) -> Region:
        """The region that numbers separated by commas spell; raises UsageError where an output has none such."""
        numbers = [int(part) for part in text.split(",")]
        axes = len(positions)
        low, high = tuple(numbers[:axes]), tuple(numbers[axes:] or [n + 1 for n in numbers])
        size = "x".join(map(str, positions))
        if not axes or len(numbers) not in (axes, 2 * axes):
            has = f"{axes} or {2 * axes} numbers say where in its {size} positions" if axes else "it has no positions"
            raise UsageError(f"'@{text}' is no place in the output: {has}")
        if any(not 0 <= a < b <= n for a, b, n in zip(low, high, positions, strict=True)):
            raise UsageError(f"'@{text}' is no place in the output, whose positions are {size}, counted from 0")
        return cls(low, high)

    @property
    def size(self) -> int:
        """How many positions it has."""
        return math.prod(b - a for a, b in zip(self.low, self.high, strict=True))

    @property
    def slices(self) -> tuple[slice, ...]:
        """The region of a tensor whose last dimensions are the positions."""
        return tuple(slice(a, b) for a, b in zip(self.low, self.high, strict=True))


@dataclass(frozen=True)
class Followed:
    """What is followed: channels (n, t) of each image, and where in the output, None for all of it, (t,)."""

    channels: NDArray[np.int64]
    regions: tuple[Region | None, ...]

    @property
    def placed(self) -> bool:
        """Whether anything is followed in a region alone."""
        return any(region is not None for region in self.regions)


def targets_of(net: Network, target: Target, answers: Tensor) -> Followed:
    """What is followed of each image, whose outputs are `answers` (n, channels, positions...)."""
    head, count = net.head, len(answers)
    if target is None:
        best = _most_probable(head, answers)
        return Followed(best[:, None].cpu().numpy(), (None,))
    if isinstance(target, Tensor):
        numbers = target.cpu().numpy().astype(np.int64)
        numbers = numbers[:, None] if numbers.ndim == 1 else numbers
        if numbers.ndim != 2 or len(numbers) != count or not numbers.size:
            raise ShapeError(f"targets have shape {tuple(target.shape)}; ({count},) or ({count}, t) is needed")
        for number in np.unique(numbers).tolist():
            class_number(net, number)
        return Followed(numbers, (None,) * numbers.shape[1])
    listed = [target] if isinstance(target, int | str) else list(target)
    found = [] if follows_nothing(net, target) else [target_of(net, one) for one in listed]
    if not found and not follows_nothing(net, target):
        raise UsageError(f"target={target!r} names no class; leave it out for the most probable, '{NOTHING}' for none")
    channels = np.array([channel for channel, _ in found], np.int64).reshape(1, -1)
    return Followed(np.tile(channels, (count, 1)), tuple(region for _, region in found))


def _most_probable(head: Head, answers: Tensor) -> Tensor:
    """The channel (n,) to follow where nobody says: the most probable class, or the only output."""
    if head.channels == 1:
        return torch.zeros(len(answers), dtype=torch.int64)
    if not head.positions:
        return answers[:, head.first :].argmax(1) + head.first
    return head.means(head.scores(answers))[:, head.first :].argmax(1) + head.first


def follows_nothing(net: Network, target: Target) -> bool:
    """Whether a target is that of units alone: "none", where that is no class."""
    if isinstance(target, Tensor | int) or NOTHING in (net.classes or ()):
        return False
    return target == NOTHING if isinstance(target, str) else target is not None and list(target) == [NOTHING]


def units_among(net: Network, target: Target) -> tuple[Target, tuple[Unit, ...]]:
    """A target without the units that are named in it, such as "classifier.1:281-282", and these.

    What is the name of a class is no unit. Where units alone are named, no class is followed ("none").

    Raises:
        UsageError: for a malformed unit. UnknownLayer: for one that does not exist.
    """
    listed = [target] if isinstance(target, int | str) else target
    if listed is None or isinstance(listed, Tensor):
        return target, ()
    classes = {name.casefold() for name in net.classes or ()}
    named = [one for one in listed if isinstance(one, str) and _UNIT.match(one) and one.casefold() not in classes]
    others = [one for one in listed if one not in named]
    if not named:
        return target, ()
    return others or NOTHING, tuple(net.unit(one) for one in named)


def head_for(net: Network, target: Target, *, units: bool) -> Head | None:
    """What the output means, for what is followed of it; None where nothing is.

    That is asked for as "none", or `units` are followed in a network whose output has no meaning.

    Raises:
        UsageError: where classes are followed and there are none.
    """
    if follows_nothing(net, target):
        return None
    try:
        return net.head
    except UsageError:
        if units and target is None:
            return None
        raise


def target_of(net: Network, target: int | str) -> tuple[int, Region | None]:
    """The channel of the output that a target names, and its place in it, None for all of it.

    Raises:
        UsageError: where there is no such class, or no such place.
    """
    place = _PLACE.match(target) if isinstance(target, str) else None
    if place is None or target in (net.classes or ()):
        return class_number(net, target), None
    return class_number(net, place["what"]), Region.parse(place["at"], net.head.positions)


def class_number(net: Network, target: int | str) -> int:
    """The channel of the output that a class given by number or name has."""
    return net.head.channel_of(target, net.classes, network=net.name)


__all__ = [
    "NOTHING",
    "Followed",
    "Region",
    "Target",
    "class_number",
    "follows_nothing",
    "head_for",
    "target_of",
    "targets_of",
    "units_among",
]
