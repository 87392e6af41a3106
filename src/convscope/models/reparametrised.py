"""Weights that a file holds as what they are computed from, where that says what they are.

While it is pruned, or of weight norm, a layer has its weight in parts: `weight_orig` and `weight_mask`; `weight_g` and
`weight_v`, today `parametrizations.weight.original0` and `original1`. From these a weight is computed, by torch's own
formula, and the network needs no parts. What spectral norm and other parametrisations make of theirs depends on what no
file says (the axis, the maker's code): that is refused with what to type.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from convscope.models.stored import Stored, read_tensor

_PARAMETRISED = re.compile(r"((?:.*\.)?)parametrizations\.([^.]+)\.original(0?)")
_OF_OTHERS = re.compile(r"((?:.*\.)?parametrizations\.[^.]+\.)[1-9].*")
"""Numbers of further parametrisations of the same tensor, or of one that has its own."""
_LONGEST = 300  # characters of a name that is looked at


@dataclass(frozen=True)
class Computed:
    """A file's tensors with those in place that are computed from their parts; `said` tells which, in words."""

    stored: Mapping[str, Stored]
    said: str = ""


@dataclass(frozen=True)
class _Recipe:
    """How a tensor is computed: the paths of its two parts, and what is done with them."""

    parts: tuple[str, str]
    compute: Callable[[Tensor, Tensor], Tensor]
    kind: str


def computed(stored: Mapping[str, Stored], own: Container[str] = ()) -> Computed:
    """A file's tensors, by path, where parts of pruned weights and of weight norm have become the weights themselves.

    Each stands where its first part stood, and is computed when it is read. Parts whose shapes do not belong together
    stay as they are, and those that a network has itself, whose names are its `own`.
    """
    recipes = {
        name: recipe
        for name, recipe in _recipes(stored)
        if name not in stored and not any(tail in own for tail in _tails(recipe.parts[0]))
    }
    parts = {part: name for name, recipe in recipes.items() for part in recipe.parts}
    found: dict[str, Stored] = {}
    for path, one in stored.items():
        if path not in parts:
            found[path] = one
        elif parts[path] not in found:
            found[parts[path]] = _stored(recipes[parts[path]], stored)
    counts = Counter(recipe.kind for recipe in recipes.values())
    said = [f"{count} {kind.replace('#', '' if count == 1 else 's')}" for kind, count in sorted(counts.items())]
    return Computed(found, ", ".join(said))


def _tails(path: str) -> Iterator[str]:
    """A path, and what is left of it without its first parts."""
    parts = path.split(".")
    return (".".join(parts[at:]) for at in range(len(parts)))


def refused(stored: Mapping[str, Stored], prefix: str) -> str | None:
    """What to do about the first weight below a prefix that its parts do not determine; None where there is none."""
    for path in stored:
        if len(path) > _LONGEST or not path.startswith(prefix):
            continue
        found = _PARAMETRISED.fullmatch(path)
        if found is not None:
            name = found[1] + found[2]
            spectral = not found[3] and f"{path.removesuffix('original')}0._u" in stored
            removed = "parametrize.remove_parametrizations({}, '" + found[2] + "')"
            return _remedy(name.removeprefix(prefix), "parametrizations.spectral_norm" if spectral else "", removed)
        name = path.removesuffix("_orig")
        if name != path and f"{name}_u" in stored:
            return _remedy(name.removeprefix(prefix), "spectral_norm", "remove_spectral_norm({})")
    return None


def _remedy(name: str, spectral: str, removed: str) -> str:
    layer, _, weight = name.rpartition(".")
    place = f"net.get_submodule('{layer}')" if layer else "net"
    made = f"torch.nn.utils.{spectral}({place}, '{weight}')" if spectral else "the same parametrisations"
    return (
        f"{name} is parametrised{', by spectral norm' * bool(spectral)}, and is not determined by what is in the file: "
        f"give the network as it was trained, by a function of yours that does {made}; or, where it is at hand, do "
        f"torch.nn.utils.{removed.format(place)}, and save its state_dict() again"
    )


def _recipes(stored: Mapping[str, Stored]) -> Iterator[tuple[str, _Recipe]]:
    """The tensors that parts determine, by their path."""
    others = {found[1] for path in stored if (found := _OF_OTHERS.fullmatch(path[:_LONGEST]))}
    for path, one in stored.items():
        if len(path) > _LONGEST:
            continue
        if path.endswith("_orig"):
            name = path.removesuffix("_orig")
            mask = stored.get(f"{name}_mask")
            if mask is not None and mask.shape == one.shape and f"{name}_u" not in stored:
                yield name, _Recipe((path, f"{name}_mask"), _masked, "pruned weight# masked")
            continue
        first, second, name = path, "", ""
        if path.endswith("_g"):
            name = path.removesuffix("_g")
            second = f"{name}_v"
        elif (found := _PARAMETRISED.fullmatch(path)) is not None and found[3]:
            if path.removesuffix("original0") in others or f"{path[:-1]}2" in stored:
                continue
            name, second = found[1] + found[2], f"{path[:-1]}1"
        direction = stored.get(second)
        if direction is not None and _is_size(one.shape, direction.shape):
            yield name, _Recipe((first, second), _multiplied, "weight# multiplied out of weight norm")


def _is_size(size: tuple[int, ...], direction: tuple[int, ...]) -> bool:
    """Whether the first shape is that of weight norm's sizes of the second: one in all, or one along one axis."""
    if not size:
        return len(direction) > 0
    if len(size) != len(direction):
        return False
    return all(n in (1, m) for n, m in zip(size, direction, strict=True)) and sum(n > 1 for n in size) <= 1


def _stored(recipe: _Recipe, stored: Mapping[str, Stored]) -> Stored:
    """The tensor that a recipe makes, of the larger part's shape; what one of the parts cannot be had for stands."""
    first, second = (stored[path] for path in recipe.parts)
    whole = second if recipe.compute is _multiplied else first

    def read() -> Tensor:
        tensors = (read_tensor(one, path, "the file") for one, path in zip((first, second), recipe.parts, strict=True))
        return recipe.compute(*tensors)

    return replace(whole, read=read, problem=first.problem or second.problem)


def _masked(kept: Tensor, mask: Tensor) -> Tensor:
    """What torch.nn.utils.prune computes."""
    return mask.to(kept.dtype) * kept


def _multiplied(size: Tensor, direction: Tensor) -> Tensor:
    """What torch's weight norm computes: g v / |v|, the length taken of each slice along the axis that g has."""
    axis = next((axis for axis, count in enumerate(size.shape) if count > 1), None)
    if axis is None:  # one size in all, or along an axis of one, which is the same
        size, axis = size.reshape(()), -1
    return torch.ops.aten._weight_norm.default(direction, size, axis)


__all__ = ["Computed", "computed", "refused"]
