"""What each entry of a tensor sees of the image, where rows and columns are none of its dimensions.

Between two maps a network may unfold windows, put positions into one dimension, multiply matrices, or take windows for
a batch. No step of those has a geometry of rows and columns; entries have. Each bears four marks, which an operation
that merely moves entries moves as it does numbers, and of which all others give the largest of what they read. Where
rows and columns are back, so is the field.

What is not known here sees everything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from convscope.graph.dependence import reading
from convscope.graph.nouns import Value
from convscope.graph.steps import Step
from convscope.graph.steps.base import Call, fill, map_leaves

_MOST = 1 << 23  # entries of a tensor: 134 MB of marks

Marks = tuple[Tensor, Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class Entries:
    """What every entry of a value sees, of one image.

    marks: for rows, then columns, of the shape of the value (1, ...) each: the image's extent less the first pixel that
    is seen, and the last one and 1; 0 where none is. What two entries see together has the larger of their marks.
    exact: whether each sees just that; else it may see less.
    """

    marks: Marks
    exact: bool = True

    def everything(self, image: tuple[int, int]) -> bool:
        """Whether each entry may see all of an image of this size."""
        return all(bool((mark == extent).all()) for mark, extent in zip(self.marks, _twice(image), strict=True))


def of_positions(low: Sequence[Any], high: Sequence[Any], value: Value, image: tuple[int, int], exact: bool) -> Entries:
    """The entries of a map, of whose rows and columns the pixels that each sees, [low, high), are known."""
    assert value.layout is not None
    marks = []
    for first, last, extent, dim in zip(low, high, image, value.layout, strict=True):
        ends, starts = torch.as_tensor(last).float(), torch.as_tensor(first).float()
        seen = ends > starts
        for mark in (extent - starts, ends):
            shape = [1] * (len(value.shape) + 1)
            shape[dim] = len(mark)
            marks.append(torch.where(seen, mark, 0.0).view(shape).expand(1, *value.shape))
    return Entries((marks[0], marks[1], marks[2], marks[3]), exact)


def of_nothing(value: Value) -> Entries:
    """The entries of a value that sees nothing; one for all where its shape depends on how many images there are."""
    none = torch.zeros(())
    none = none.expand(1, *value.shape) if value.batched else none
    return Entries((none, none, none, none))


def to_positions(entries: Entries, value: Value, image: tuple[int, int]) -> list[tuple[Tensor, Tensor, bool]]:
    """For rows and for columns of a map: what each sees, [low, high), by any of its entries, and whether all of them
    see the same; low is `image`'s extent and high 0 where that is nothing."""
    assert value.layout is not None
    found = []
    for axis, dim in enumerate(value.layout):
        before, after = entries.marks[2 * axis : 2 * axis + 2]
        others = [d for d in range(before.dim()) if d != dim]
        largest = [mark.amax(others, keepdim=True) for mark in (before, after)]
        alike = all(bool((m == most).all()) for m, most in zip((before, after), largest, strict=True))
        found.append((image[axis] - largest[0].flatten().long(), largest[1].flatten().long(), alike))
    return found


def through(step: Step, inputs: Sequence[Entries]) -> Entries | None:
    """What the entries of a step's output see, through inputs of which that is known; None where the step's operation
    is none of those known here, or too large.
    """
    rule = reading(step)
    if rule is None or math.prod(one for one in step.call.result.shape if one > 0) > _MOST:
        return None
    try:
        before, after, left, right = (_carried(step.call, rule, [one.marks[at] for one in inputs]) for at in range(4))
    except (RuntimeError, ValueError, IndexError, TypeError, NotImplementedError):
        return None  # what an operation here does not take, in a form that is not foreseen
    if not _is(step.call.result, before):
        return None
    return Entries((before, after, left, right), all(one.exact for one in inputs))


def _is(value: Value, marks: Tensor) -> bool:
    """Whether marks are of a value's shape, as far as it is known."""
    shape = tuple(marks.shape)
    told = all(one in (-1, other) for one, other in zip(value.shape, shape[1:], strict=False))
    return len(shape) == len(value.shape) + 1 and told and (shape[0] == 1 or not value.batched)


def _carried(call: Call, rule: Callable[..., Any], marks: Sequence[Tensor]) -> Tensor:
    """One kind of marks through a call; constants see nothing."""
    args, kwargs = (fill(map_leaves(tree, _unseeing), marks, 1) for tree in (call.args, call.kwargs))
    out = rule(*args, **kwargs)
    return out[call.pick or 0] if isinstance(out, list | tuple) else out


def _unseeing(leaf: Any) -> Any:
    """A constant's marks; what chooses entries by their numbers stays."""
    if not isinstance(leaf, Tensor):
        return leaf
    return torch.zeros(leaf.shape) if leaf.is_floating_point() else leaf.cpu()


def _twice(image: tuple[int, int]) -> tuple[int, int, int, int]:
    return image[0], image[0], image[1], image[1]


__all__ = ["Entries", "of_nothing", "of_positions", "through", "to_positions"]
