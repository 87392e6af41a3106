"""Which layers to look at when nobody says: the last complete one of every map size."""

from __future__ import annotations

import math
from collections.abc import Sequence

from convscope.graph.nouns import Value
from convscope.graph.steps import Step
from convscope.graph.steps.joining import Cat
from convscope.graph.steps.pointwise import ClippedReLU, MaximumWithZero, Rectifier, ReLU, SmoothActivation, Sum

_COMPLETE = (ReLU, ClippedReLU, MaximumWithZero, Rectifier, SmoothActivation, Sum, Cat)


def stage_layers(steps: Sequence[Step], values: Sequence[Value], output: int) -> list[str]:
    """One layer name per map size, in execution order: where all paths meet and an activation or a merge ends it.

    A layer with as many channels as the output is left out where its size has another: it is the class map of a
    fully convolutional head. Where the output is a map itself, or a list, earlier maps may be used again up to the end,
    and maps may grow again: there it is the last layer of every size on the way down, and on the way up. A network
    without maps gives its output.
    """
    ending = [
        step
        for step in steps
        if values[step.index].addressable
        and values[step.index].layout is not None
        and min(values[step.index].size) > 1
        and _completes(step, values)
    ]
    if ending and len(values[output].shape) > 1:
        return [step.name for step in _down_and_up(ending, values)]
    narrow = _bottlenecks(steps, values)
    found: dict[tuple[int, int], list[Step]] = {}
    for step in ending:
        found.setdefault(values[step.index].size, []).append(step)
    classes = values[output].shape[0] if len(values[output].shape) == 1 else None
    chosen: list[Step] = []
    for candidates in found.values():
        complete = [s for s in candidates if s.index in narrow] or ([] if narrow & _indices(found) else candidates)
        features = [s for s in complete if values[s.index].shape[(values[s.index].channel_dim or 1) - 1] != classes]
        if features or complete:
            chosen.append((features or complete)[-1])
    if not chosen:
        return [step.name for step in steps if step.index == output and values[output].addressable]
    return [step.name for step in sorted(chosen, key=lambda s: s.index)]


def _down_and_up(ending: Sequence[Step], values: Sequence[Value]) -> list[Step]:
    """The last of every size until the smallest maps are left, and after."""
    areas = [math.prod(values[step.index].size) for step in ending]
    turn = len(areas) - areas[::-1].index(min(areas))
    last = [{values[step.index].size: step for step in part} for part in (ending[:turn], ending[turn:])]
    return sorted((step for part in last for step in part.values()), key=lambda step: step.index)


def _completes(step: Step, values: Sequence[Value]) -> bool:
    """Whether a step ends a piece of network: an activation, or paths that meet (adding a constant joins none)."""
    if isinstance(step, Sum):
        return sum(values[i].depends for i in step.inputs) > 1
    return isinstance(step, _COMPLETE)


def _indices(found: dict[tuple[int, int], list[Step]]) -> set[int]:
    return {step.index for candidates in found.values() for step in candidates}


def _bottlenecks(steps: Sequence[Step], values: Sequence[Value]) -> set[int]:
    """The values that every path from the image to the output passes: nothing older is used after they are made."""
    last_use: dict[int, int] = {}
    for step in steps:
        for i in step.inputs:
            if values[i].depends:
                last_use[i] = step.index
    busy_until, found = last_use.get(0, 0), set()
    for step in steps:
        if busy_until <= step.index and values[step.index].depends:
            found.add(step.index)
        busy_until = max(busy_until, last_use.get(step.index, 0))
    return found
