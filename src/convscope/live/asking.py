"""What a page may ask, read from JSON: every number bounded, every name checked, and what is wrong said."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from convscope.errors import UsageError, nearest
from convscope.graph import Network, Unit
from convscope.graph.options import PullOptions
from convscope.live.looking import Doing
from convscope.live.photos import Moved
from convscope.methods.invariance.transforms import TRANSFORMATIONS, transformation
from convscope.methods.occlusion.covers import Cover

Said = Mapping[str, Any]
T = TypeVar("T")

MOST_LAYERS, MOST_UNITS, MOST_STAMPS, MOST_AMOUNTS = 16, 64, 4096, 200
FILLS = ("grey", "mean", "blur")
SHAPES = ("square", "disc")
RULES = ("deconvnet", "guided", "gradient")
_FAR = 1 << 20


def number(said: Said, name: str, low: float, high: float) -> float:
    """A finite number of the question, from `low` to `high`."""
    found: Any = said.get(name)
    plain = isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < math.inf
    if not plain or not low <= found <= high:
        raise UsageError(f"{name}={str(found)[:40]!r}: a number from {low:g} to {high:g} is needed")
    return float(found)


def whole_number(said: Said, name: str, low: int, high: int) -> int:
    """A whole number of the question."""
    found = number(said, name, low, high)
    if found != int(found):
        raise UsageError(f"{name}={found:g}: a whole number is needed")
    return int(found)


def choice(said: Said, name: str, known: Sequence[str]) -> Any:
    """One of the words `known`, by default the first."""
    found = said.get(name, known[0])
    if found not in known:
        raise UsageError(f"{name}={str(found)[:40]!r} is not a choice{nearest(str(found)[:40], known)}")
    return found


def listed(said: Said, name: str, most: int) -> list[Any]:
    """A list of the question, of at most so many; empty where it is not there."""
    found = said.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or len(found) > most:
        raise UsageError(f"{name}: a list of at most {most} is needed")
    return found


def text(said: Said, name: str, most: int = 300) -> str:
    """A text of the question."""
    found = said.get(name)
    if not isinstance(found, str) or not found or len(found) > most:
        raise UsageError(f"{name}: a text of at most {most} characters is needed")
    return found


def moved(said: Said) -> Moved:
    """Where the crop is moved to, down and right."""
    found = listed(said, "moved", 2)
    if not found:
        return 0, 0
    down, right = (whole_number({"moved": one}, "moved", -_FAR, _FAR) for one in (found * 2)[:2])
    return down, right


def layers(net: Network, said: Said, usual: Sequence[str]) -> list[str]:
    """The layers that are looked at."""
    names = listed(said, "layers", MOST_LAYERS) or list(usual)
    return list(dict.fromkeys(net.layers[str(name)].name for name in names))


def units(net: Network, said: Said, name: str) -> tuple[Unit, ...]:
    """Units of the question."""
    return tuple(dict.fromkeys(net.unit(str(one)) for one in listed(said, name, MOST_UNITS)))


def channels(net: Network, said: Said) -> dict[str, list[int]]:
    """Which units of layers are shown, where that is said: `units`, channels by layer."""
    found = said.get("units")
    if found is None:
        return {}
    if not isinstance(found, dict) or len(found) > MOST_LAYERS:
        raise UsageError("units: an object of channels by layer is needed")
    checked: dict[str, list[int]] = {}
    for layer in found:
        chosen = listed(found, layer, MOST_UNITS)
        known = net.layers[str(layer)]
        most = known.channels - 1
        checked[known.name] = [whole_number({"channel": one}, "channel", 0, most) for one in chosen]
    return checked


def doing(net: Network, said: Said) -> Doing:
    """What is done to the photo."""
    transform, cover = said.get("transform"), said.get("cover")
    return Doing(
        None if transform is None else _transform(_object(transform, "transform")),
        None if cover is None else _cover(_object(cover, "cover"), net.input_shape[1:]),
        units(net, said, "silenced"),
    )


def _object(found: Any, name: str) -> Said:
    if not isinstance(found, dict):
        raise UsageError(f"{name}: an object is needed")
    return found


def _transform(said: Said) -> tuple[str, float]:
    name = text(said, "name")
    return name, number(said, "amount", *_range(transformation(name).values))


def _range(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def _cover(said: Said, image: tuple[int, int]) -> Cover:
    at: list[tuple[float, float]] = []
    for one in listed(said, "at", MOST_STAMPS):
        if not isinstance(one, list) or len(one) != 2:
            raise UsageError("cover: places are pairs y, x")
        y, x = (number({"place": part}, "place", -_FAR, _FAR) for part in one)
        at.append((y, x))
    return Cover(
        tuple(at), whole_number(said, "size", 1, max(image)), choice(said, "fill", FILLS), choice(said, "shape", SHAPES)
    )


def pulling(said: Said) -> PullOptions:
    """How a signal goes back."""
    return PullOptions(rule=choice(said, "rule", RULES))


def amounts(said: Said) -> tuple[str, tuple[float, ...]]:
    """A transformation and its amounts, by default the usual ones."""
    name = choice(said, "name", tuple(TRANSFORMATIONS))
    usual = transformation(name).values
    given = listed(said, "amounts", MOST_AMOUNTS)
    return name, tuple(number({"amount": one}, "amount", *_range(usual)) for one in given) or usual


__all__ = [
    "FILLS",
    "RULES",
    "SHAPES",
    "Said",
    "amounts",
    "channels",
    "choice",
    "doing",
    "layers",
    "listed",
    "moved",
    "number",
    "pulling",
    "text",
    "units",
    "whole_number",
]
