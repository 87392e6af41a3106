"""Activations by behaviour: what a network's elementwise steps are for the pull, however they are spelled.

`x * (x > 0)`, `torch.where(x > 0, x, 0)`, `x.masked_fill(x < 0, 0)` and `max(x, zeros)` are ReLUs, and a deconvnet that
looks for the operation's name takes none of them for one. So from each value backwards the shortest run of elementwise
steps with one varying input that equals a known activation stands for that activation when signals are carried back.
The shortest, as a longer one would take in what comes before: `relu(batch_norm(x))` is a ReLU after a batch norm.

Running and pushing keep to the maker's own steps, and the derivative, where one is asked for, is that of the maker's
own operations too: the name decides the rule and nothing else.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from convscope.graph.elementwise import Candidate, ElementwiseRun, Runs, is_elementwise, scales_and_shifts
from convscope.graph.known import Known, recognise
from convscope.graph.nouns import Value
from convscope.graph.steps import Call, Slot, Step
from convscope.graph.steps.pointwise import ClippedReLU, Differentiated, Rectifier, ReLU, SmoothActivation
from convscope.graph.steps.silencing import Silenced, bare
from convscope.settings import usual_settings

_OWN_RULE = (ReLU, ClippedReLU, SmoothActivation)
_NAMED = {"sigmoid", "hardsigmoid", "tanh", "log_sigmoid"}
_CLASSES: Mapping[str, type[Step]] = {"rectifier": Rectifier, "smooth": SmoothActivation, "derivative": Differentiated}


@usual_settings()
def activations(
    steps: Sequence[Step], values: Sequence[Value], outputs: Collection[int], like: Tensor
) -> dict[int, Step]:
    """The steps that stand for others when signals are carried back, by the value they make.

    A known activation reads the value that its run starts from. A curve that is none known by name is the step itself,
    marked to be reported as such. `outputs` are what the model gives, which is read outside of any run; `like` is a
    tensor of the network's device and dtype.
    """
    silenced = {step.index: step.off for step in steps if isinstance(step, Silenced)}
    steps = [bare(step) for step in steps]
    # What is silenced is no inner value of a run, as what is read from outside is none.
    runs, told = Runs(steps, values, {*outputs, *silenced}, like), _ToldRuns()
    found: dict[int, Step] = {}
    for step in steps:
        stands = _stands_for(step, runs, values, told, found)
        if stands is not None:
            found[step.index] = stands
    return found | {i: Silenced.around(found[i], off) for i, off in silenced.items() if i in found}


def _stands_for(
    step: Step, runs: Runs, values: Sequence[Value], told: _ToldRuns, found: Mapping[int, Step]
) -> Step | None:
    """What a step is to the pull, where that is another than itself, after what was `found` for the steps before."""
    if not values[step.index].floating or any(one.complex for one in step.call.sources):
        return None
    if not is_elementwise(step, values):
        return None
    if _is_named(step):
        return _wider(step, runs, values, told) if isinstance(step, ClippedReLU) else None
    curved = False
    for candidate in runs.ending_at(step):
        known = told.of(candidate, values)
        if known is not None and _only_scaled(candidate, known, found):
            return None
        if known is not None:
            return _named(step, candidate, known, values)
        curved = True
    if curved and not scales_and_shifts(step):
        marked = copy.copy(step)
        marked.unnamed = True
        return marked
    return None


def _only_scaled(candidate: Candidate, known: Known, found: Mapping[int, Step]) -> bool:
    """Whether a run is an activation that has its name already, and scales that happen to cancel: they stay steps."""
    curved = [found.get(step.index, step) for step in candidate.members if not scales_and_shifts(step)]
    return len(curved) == 1 and curved[0].index != candidate.members[-1].index and curved[0].op == known.name


def _is_named(step: Step) -> bool:
    """Whether a step has an activation's own rule."""
    return isinstance(step, _OWN_RULE) or (isinstance(step, Differentiated) and step.op in _NAMED)


def _wider(step: Step, runs: Runs, values: Sequence[Value], told: _ToldRuns) -> Step | None:
    """The hard sigmoid that a clamp to 0 and 1 ends: the one activation whose last step is another by itself."""
    for candidate in runs.ending_at(step):
        *before, _ = candidate.members
        if not all(scales_and_shifts(other) for other in before):
            return None
        known = told.of(candidate, values)
        if known is not None and known.name == "hardsigmoid":
            return _named(step, candidate, known, values)
    return None


def _named(step: Step, candidate: Candidate, known: Known, values: Sequence[Value]) -> Step:
    run = _Named(candidate.run, known.name)
    call = Call(run, (Slot(0),), {}, (candidate.source,), (values[candidate.source],), values[step.index])
    return _CLASSES[known.kind](step.index, step.name, call)


class _Named:
    """A run under the name of the activation that it is."""

    def __init__(self, run: ElementwiseRun, name: str) -> None:
        self._run, self.__name__ = run, name

    def __call__(self, x: Tensor) -> Tensor:
        return self._run(x)


class _ToldRuns:
    """What runs are; of runs that are spelled alike, with the same constants, one is looked at."""

    def __init__(self) -> None:
        self._known: dict[bytes, Known | None] = {}

    def of(self, candidate: Candidate, values: Sequence[Value]) -> Known | None:
        """The activation that a run equals, or None."""
        run = candidate.run.moved(_in_float64)
        shape = _shape(run, values[candidate.source])
        key = _spelling(run, shape)
        if key not in self._known:
            self._known[key] = recognise(run, shape)
        return self._known[key]


def _in_float64(leaf: Any) -> Any:
    if isinstance(leaf, Tensor):
        return leaf.to("cpu", torch.float64 if leaf.is_floating_point() else None)
    if isinstance(leaf, torch.device):
        return torch.device("cpu")
    return torch.float64 if isinstance(leaf, torch.dtype) and leaf.is_floating_point else leaf


def _shape(run: ElementwiseRun, value: Value) -> tuple[int, ...]:
    """1 in each dimension of a value but those along which the run has constants of its own."""
    rank = len(value.shape)
    shape = [1] * rank
    for constant in run.constants:
        for back in range(1, min(constant.dim(), rank) + 1):
            shape[-back] = max(shape[-back], constant.shape[-back])
    return tuple(shape)


def _spelling(run: ElementwiseRun, shape: tuple[int, ...]) -> bytes:
    digest = hashlib.sha256(repr(shape).encode())

    def add(leaf: Any) -> Any:
        if isinstance(leaf, Tensor):
            digest.update(repr(tuple(leaf.shape)).encode() + leaf.contiguous().numpy().tobytes())
        return None if isinstance(leaf, Tensor) else leaf

    digest.update(repr(run.moved(add)).encode())
    return digest.digest()
