"""Changes on boxes: what an edit of some pixels makes of a value, held only where it makes anything.

A change belongs to n edited copies of a few images. On a part of the map it holds what is *added* to the value of the
unedited image (of truth values, which ones turn); on the whole map, and for vectors, it is absolute: the new value
itself, which then runs forward like any other. Boxes never reach beyond the map, and all boxes of one change have one
size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from convscope.graph.nouns import Value
from convscope.kernels import views
from convscope.kernels.views import add_into, empty_map


@dataclass(frozen=True)
class Place:
    """Where n boxes of one `size` lie: their first (y, x) in `origin` (n, 2); both None for a tensor that is no map."""

    origin: np.ndarray | None
    size: tuple[int, int] | None

    def is_whole(self, value: Value) -> bool:
        """Whether the boxes are all there is of the value."""
        return self.size is None or value.layout is None or self.size == value.size

    def on_map(self) -> tuple[np.ndarray, tuple[int, int]]:
        """Origin and size of boxes that are known to lie on a map."""
        if self.origin is None or self.size is None:
            raise ValueError("a vector has no boxes")
        return self.origin, self.size


@dataclass
class Change:
    """`tensor` (n, ...) on boxes at `place`: absolute, or to be added to the unedited value.

    `fresh` says that nobody else holds the tensor, so that the next step may work in place.
    """

    tensor: Tensor
    place: Place
    absolute: bool
    fresh: bool = True

    def own(self) -> Tensor:
        """The tensor, a copy of it if somebody else holds it as well."""
        return self.tensor if self.fresh else self.tensor.clone()


class PushBase(Protocol):
    """What a step may ask for while it pushes: values of the unedited images, for each of the n edited copies."""

    image: np.ndarray

    @property
    def values(self) -> Sequence[Value]:
        """What is known of every value."""
        ...

    def value(self, index: int) -> Tensor:
        """A value of the unedited images, (b, ...)."""
        ...

    def derived(self, index: int, name: str, make: Callable[[Tensor], Tensor]) -> Tensor:
        """A tensor made from an unedited value, once for all copies."""
        ...


@dataclass
class Unedited:
    """Values of the unedited images by index, and what was derived from them; shared by all workers."""

    values: Sequence[Value]
    kept: Mapping[int, Tensor]
    made: dict[tuple[int, str], Tensor] = field(default_factory=dict)

    def rows(self, image: np.ndarray) -> UneditedRows:
        """The same for copies of the images of these numbers."""
        return UneditedRows(self, image)


@dataclass
class UneditedRows:
    """`PushBase` of n edited copies: copy i is of image `image[i]`."""

    shared: Unedited
    image: np.ndarray

    @property
    def values(self) -> Sequence[Value]:
        """What is known of every value."""
        return self.shared.values

    def value(self, index: int) -> Tensor:
        """A value of the unedited images, (b, ...)."""
        return self.shared.kept[index]

    def derived(self, index: int, name: str, make: Callable[[Tensor], Tensor]) -> Tensor:
        """A tensor made from an unedited value; made by whoever asks first."""
        known = self.shared.made.get((index, name))
        if known is None:
            known = self.shared.made.setdefault((index, name), make(self.shared.kept[index]))
        return known


@dataclass(frozen=True)
class Below:
    """What kernels ask of a value of the unedited images: see `kernels.edits.KnownValue`."""

    base: PushBase
    number: int

    @property
    def maps(self) -> Tensor:
        """The value, (b, ...)."""
        return self.base.value(self.number)

    @property
    def image(self) -> np.ndarray:
        """Which image each copy is an edit of, (n,)."""
        return self.base.image

    def derived(self, name: str, make: Callable[[Tensor], Tensor]) -> Tensor:
        """A tensor made from the value, once for all copies."""
        return self.base.derived(self.number, name, make)


# -- boxes of the unedited maps ---------------------------------------------------------------------------------------
def gather(base: Tensor, layout: tuple[int, int], image: np.ndarray, place: Place) -> Tensor:
    """Copies (n, ...) of the boxes at a place of the maps that each copy is an edit of."""
    return views.gather(base, layout, image, *place.on_map())


# -- changes ----------------------------------------------------------------------------------------------------------
def widen(change: Change, layout: tuple[int, int], place: Place) -> Tensor:
    """The change on other boxes, each at the same distance from its old one: zero where it had none."""
    (origin, size), (old, old_size) = place.on_map(), change.place.on_map()
    at = old[0] - origin[0]
    if size == old_size and not at.any():
        return change.tensor
    shape = list(change.tensor.shape)
    shape[layout[0]], shape[layout[1]] = size
    out = empty_map(change.tensor, shape).zero_()
    add_into(out, change.tensor, layout, at)
    return out


def add(tensor: Tensor, other: Tensor, sign: int = 1) -> None:
    """Adds to a tensor, in place; of truth values those turn that are said to."""
    if tensor.dtype == torch.bool:
        tensor.logical_xor_(other)
    else:
        tensor.add_(other, alpha=sign)


def is_signed(change: Change) -> bool:
    """Whether what is added can be less than nothing, as linear steps ask."""
    return change.tensor.dtype not in (torch.bool, torch.uint8)


def add_base(change: Change, value: Value, base: Tensor, image: np.ndarray, sign: int = 1) -> Change:
    """The change made absolute (sign 1), or an absolute one made a difference (sign -1)."""
    tensor = change.own()
    if value.layout is None or change.place.is_whole(value):
        add(tensor, expanded(base, image), sign)
    else:
        for where, view in views.views(base, value.layout, image, *change.place.on_map()):
            add(tensor[where], view, sign)
    return Change(tensor, change.place, sign > 0)


def whole(change: Change, value: Value, base: Tensor, image: np.ndarray) -> Tensor:
    """The new value on the whole map, (n, ...)."""
    if change.absolute:
        return change.tensor
    if change.place.is_whole(value):
        return add_base(change, value, base, image).tensor
    layout, (origin, size) = value.layout or (2, 3), change.place.on_map()
    out = empty_map(base, [len(image), *base.shape[1:]])
    out.copy_(expanded(base, image))
    for n, (y, x) in enumerate(origin.tolist()):
        sample = out[n].narrow(layout[0] - 1, y, size[0]).narrow(layout[1] - 1, x, size[1])
        add(sample, change.tensor[n])
    return out


def expanded(base: Tensor, image: np.ndarray) -> Tensor:
    """The unedited value of every copy, (n, ...), without copying it where all are of one image."""
    first = int(image[0])
    if (image == first).all():
        return base[first : first + 1].expand(len(image), *base.shape[1:])
    return base[image]


def whole_inputs(inputs: Sequence[int], changes: Mapping[int, Change], base: PushBase) -> list[Tensor]:
    """The values that a step reads, whole and new, by slot."""
    found = []
    for slot, number in enumerate(inputs):
        below = base.value(number)
        if slot in changes:
            found.append(whole(changes[slot], base.values[number], below, base.image))
        else:
            found.append(expanded(below, base.image))
    return found
