"""Which classes an answer follows: given by number, by name, image by image, or the most probable."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import ShapeError, UsageError, nearest
from convscope.graph import Network

Target = int | str | Sequence[int | str] | Tensor | None


def targets_of(net: Network, target: Target, logits: Tensor) -> NDArray[np.int64]:
    """(n, t) class numbers."""
    count, classes = logits.shape
    if target is None:
        return logits.argmax(1, keepdim=True).cpu().numpy()
    if isinstance(target, Tensor):
        numbers = target.cpu().numpy().astype(np.int64)
        numbers = numbers[:, None] if numbers.ndim == 1 else numbers
        if numbers.ndim != 2 or len(numbers) != count:
            raise ShapeError(f"targets have shape {tuple(target.shape)}; ({count},) or ({count}, t) is needed")
    else:
        listed = [target] if isinstance(target, int | str) else list(target)
        numbers = np.tile([class_number(net, t, classes) for t in listed], (count, 1))
    if numbers.size == 0 or numbers.min() < 0 or numbers.max() >= classes:
        raise UsageError(f"{net.name} has classes 0 to {classes - 1}: {np.unique(numbers).tolist()} was asked for")
    return numbers


def class_number(net: Network, target: int | str, classes: int) -> int:
    """The number of a class given by number or name."""
    if isinstance(target, int):
        return target
    if target.isdigit():
        return int(target)
    names = [name.casefold() for name in net.classes or ()]
    if target.casefold() in names:
        return names.index(target.casefold())
    where = (
        f"{nearest(target, net.classes)}"
        if net.classes
        else f": its classes have no names, give a number below {classes}"
    )
    raise UsageError(f"{net.name} has no class '{target}'{where}")


__all__ = ["Target", "class_number", "targets_of"]
