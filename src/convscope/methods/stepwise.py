"""A network run on one image step by step: it can be watched, stopped, and values changed on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from convscope.graph import Network, Unit
from convscope.graph.fusing import plan
from convscope.graph.running import Folding, as_map
from convscope.settings import usual_settings

Edit = Callable[[Tensor], Tensor]
"""What becomes of a value as soon as it is computed."""


@usual_settings()
def run_stepwise(
    net: Network,
    image: Tensor,
    wanted: set[int],
    *,
    edits: Mapping[int, Edit] | None = None,
    folding: Folding | None = None,
    advanced: Callable[[float], None] | None = None,
) -> dict[int, Tensor]:
    """The wanted values for one normalised image (1, C, H, W), by their numbers, as `Network.run_values` gives them.

    edits: what becomes of values, by number, as soon as they are there; what follows is computed from that. folding:
    the network's unless it is given.
    advanced: called after each step with the share that is done; what it raises ends the run.
    """
    changed = dict(edits or {})
    actions = plan(net.steps, frozenset(wanted | set(changed)), fold=(folding or net.folding) == "fold")
    alive: dict[int, Tensor] = {0: net.check_images(image)}
    with torch.no_grad():
        for number, action in enumerate(actions, 1):
            alive[action.index] = action.run([alive[i] for i in action.inputs])
            if action.index in changed:
                alive[action.index] = changed[action.index](alive[action.index])
            for spent in action.spent:
                del alive[spent]
            if advanced is not None:
                advanced(number / len(actions))
    return {index: alive[index] for index in wanted}


def silenced(net: Network, units: list[Unit]) -> dict[int, Edit]:
    """The edits that set units, of any layers, to zero: whole maps, or the positions that units name.

    >>> net = Network.trace(torch.nn.Conv2d(3, 2, 3), (3, 5, 5))
    >>> (edit,) = silenced(net, [net.unit(f"{net.output}:1")]).values()
    >>> edit(torch.ones(1, 2, 1, 1)).flatten().tolist()
    [1.0, 0.0]
    """
    by_value: dict[int, list[Unit]] = {}
    for unit in units:
        by_value.setdefault(net.index_of(unit.layer), []).append(unit.alone("single units are silenced"))

    def edit(index: int, chosen: list[Unit]) -> Edit:
        def change(value: Tensor) -> Tensor:
            out = value.clone()
            maps = as_map(net.values[index], out)
            for unit in chosen:
                maps[(slice(None), unit.channel, *(unit.position or ()))] = 0
            return out

        return change

    return {index: edit(index, chosen) for index, chosen in by_value.items()}


__all__ = ["Edit", "run_stepwise", "silenced"]
