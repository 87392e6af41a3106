"""What a network says of a photo at a glance: its classes, and in each layer the strongest units with their maps.

A part that is covered is pushed where that is quicker: only what it changes is computed again. What a photo gave is
kept for that.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from convscope.graph import Network, Unit
from convscope.graph.changes import Unedited
from convscope.graph.pushing import PushPlan, push_once
from convscope.graph.running import as_map
from convscope.methods.answering import head_of, ranked, scores_of
from convscope.methods.occlusion.covers import Cover
from convscope.methods.preparing import transformed
from convscope.methods.stepwise import run_stepwise
from convscope.settings import usual_settings

Advanced = Callable[[float], None]

CLASSES = 10
UNITS = 6
_WORTHWHILE = (
    4.0  # times fewer operations: one change is pushed by many small steps, which cost as much as three times more
)
_WIDEST = 112  # positions of a map that is shown; of a larger one the largest of each few


@dataclass(frozen=True)
class Doing:
    """What is done to a photo: it is transformed, then covered, and units are silenced."""

    transform: tuple[str, float] | None = None
    cover: Cover | None = None
    silenced: tuple[Unit, ...] = ()

    def silenced_beside(self, unit: Unit) -> tuple[Unit, ...]:
        """What is silenced but for a unit that is looked at: it is shown as it would speak."""
        return tuple(one for one in self.silenced if one.layer != unit.layer or one.channel not in unit.channels)

    @property
    def nothing(self) -> bool:
        """Whether it is looked at as it is."""
        return self == Doing()


Values = Mapping[int, Tensor]


@dataclass(frozen=True, eq=False)
class Base:
    """A photo's input (1, C, H, W), and what the network made of it: all that pushing asks for."""

    inputs: Tensor
    unedited: Unedited

    @property
    def bytes(self) -> int:
        """How much it holds."""
        return sum(one.numel() * one.element_size() for one in self.unedited.kept.values())


@dataclass(frozen=True)
class Looker:
    """Looks at the layers of `targets`, values by number, the output among them."""

    net: Network
    targets: frozenset[int]

    @classmethod
    def of(cls, net: Network, layers: Sequence[str], followed: Sequence[Unit] = ()) -> Looker:
        """The looker at layers, at the layers of units, and at the output."""
        names = [*layers, *(unit.layer for unit in followed)]
        return cls(net, frozenset({net.program.output, *map(net.index_of, names)}))

    @usual_settings()
    def base(self, inputs: Tensor, advanced: Advanced | None = None) -> Base:
        """What the network makes of an input."""
        everywhere = np.array([[0, 0, *self.net.input_shape[1:]]])
        wanted = PushPlan.of(self.net, everywhere, np.zeros(1, int), sorted(self.targets)).needed | self.targets
        inputs = self.net.check_images(inputs).contiguous(memory_format=torch.channels_last)
        return Base(inputs, Unedited(self.net.values, run_stepwise(self.net, inputs, wanted, advanced=advanced)))

    @usual_settings()
    def values(self, base: Base, doing: Doing, advanced: Advanced | None = None) -> Values:
        """The values of the targets, for what is done to the photo; the network is silenced already, or it is not."""
        if doing.transform is None and doing.cover is None:
            return {index: base.unedited.kept[index] for index in self.targets}
        inputs, cover = transformed(self.net, base.inputs, doing.transform), doing.cover
        if cover is not None:
            mask = cover.mask(self.net.input_shape[1:])
            over = torch.from_numpy(mask).to(inputs.device)
            difference = (cover.shown(self.net, inputs) - inputs) * over
            if doing.transform is None:
                pushed = self._push(base, mask, difference, advanced) if mask.any() else self.values(base, Doing())
                if pushed is not None:
                    return pushed
            inputs = inputs + difference
        return run_stepwise(self.net, inputs, set(self.targets), advanced=advanced)

    def _push(
        self, base: Base, mask: NDArray[np.bool_], difference: Tensor, advanced: Advanced | None
    ) -> Values | None:
        """By what changes alone; None where that gains nothing or cannot be done."""
        net = self.net
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        box = np.array([[rows[0], columns[0], rows[-1] + 1, columns[-1] + 1]])
        plan = PushPlan.of(net, box, np.zeros(1, int), sorted(self.targets))
        pushed, again = plan.operations()
        if not all(net.values[step.index].batched for step in plan.steps) or again < _WORTHWHILE * max(pushed, 1.0):
            return None

        found = push_once(plan, base.unedited, difference, self.targets, advanced)
        return {index: found.get(index, base.unedited.kept[index]) for index in self.targets}


# -- in words and numbers ---------------------------------------------------------------------------------------------
def scores_in(net: Network, values: Values) -> NDArray[np.float64] | None:
    """The score (channels,) of every class for the one image, as `scores_of` has them."""
    scores = scores_of(net, values)
    return None if scores is None else scores[0]


def logits_of(net: Network, values: Values) -> NDArray[np.float64] | None:
    """The number (channels,) that each class's score is made from, summed over the positions of a map or sequence."""
    head = head_of(net)
    if head is None:
        return None
    numbers = head.channels_first(values[net.program.output])[0].double()
    return numbers.reshape(len(numbers), -1).sum(1).cpu().numpy()


def classes_in(net: Network, values: Values, *, also: Sequence[int] = ()) -> list[dict[str, Any]]:
    """The strongest classes, and those of the channels `also`, strongest first."""
    head, scores, logits = head_of(net), scores_in(net, values), logits_of(net, values)
    if head is None or scores is None or logits is None:
        return []
    order = ranked(head, scores)
    chosen = dict.fromkeys([*order[:CLASSES], *(c for c in order if c in set(also))])
    return [
        {
            "channel": c,
            "name": head.target_name(c, net.classes),
            "score": _number(scores[c]),
            "logit": _number(logits[c]),
        }
        for c in chosen
    ]


def maxima(net: Network, layer: str, values: Values) -> tuple[Tensor, NDArray[np.float64]]:
    """A layer's maps (c, h, w) or vector (c,), and the largest of each unit, (c,)."""
    index = net.index_of(layer)
    maps = as_map(net.values[index], values[index])[0].float()
    flat = maps.flatten(1).amax(1) if maps.dim() > 1 else maps
    return maps, flat.double().cpu().numpy()


def layer_in(
    net: Network, layer: str, values: Values, *, shown: Sequence[int] | None, scale: NDArray[np.floating] | None
) -> dict[str, Any]:
    """The strongest units of a layer, or those `shown`, with their maps; by their share of a `scale` (c,) if given."""
    maps, largest = maxima(net, layer, values)
    chosen = list(shown or ())
    if shown is None:
        ranks = largest if scale is None else np.divide(largest, scale, out=np.zeros_like(largest), where=scale > 0)
        chosen = np.argsort(-np.nan_to_num(ranks, nan=-np.inf), kind="stable")[:UNITS].tolist()
    return {"name": layer, "units": [unit_in(maps, int(channel), largest) for channel in chosen]}


def unit_in(maps: Tensor, channel: int, largest: NDArray[np.floating]) -> dict[str, Any]:
    """A unit: its largest value, where that is, and its map as levels 0 to 255 of `top`, row by row in base64."""
    found: dict[str, Any] = {"channel": channel, "value": _number(largest[channel])}
    if maps.dim() == 1:
        return found
    one = maps[channel].nan_to_num()
    at = int(one.argmax())
    found["at"] = [at // one.shape[1], at % one.shape[1]]
    step = max(-(-side // _WIDEST) for side in one.shape)
    small = F.max_pool2d(one[None, None], step, ceil_mode=True)[0, 0] if step > 1 else one
    top = float(small.max())
    levels = (small.clamp_min(0) * (255 / top) if top > 0 else small * 0).round().to(torch.uint8).cpu().numpy()
    return found | {"map": [*levels.shape, base64.b64encode(levels.tobytes()).decode()], "top": top}


def finite(told: Any) -> Any:
    """What is told, as JSON can say it: numbers that are none, or infinite, as None.

    >>> finite({"value": float("nan"), "box": [1, float("inf")]})
    {'value': None, 'box': [1, None]}
    """
    if isinstance(told, float):
        return told if math.isfinite(told) else None
    if isinstance(told, dict):
        return {key: finite(value) for key, value in told.items()}
    return [finite(one) for one in told] if isinstance(told, list) else told


def _number(value: Any) -> float | None:
    number = float(value)
    return number if np.isfinite(number) else None


__all__ = [
    "CLASSES",
    "UNITS",
    "Base",
    "Doing",
    "Looker",
    "Values",
    "classes_in",
    "finite",
    "layer_in",
    "logits_of",
    "maxima",
    "scores_in",
    "unit_in",
]
