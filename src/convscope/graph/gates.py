"""Which operands are gates: factors and summands that weigh a map by what the map itself is, and may be held constant.

A gate is the one factor of a product that ends in a sigmoid, hard sigmoid or softmax, local or global (squeeze-excite,
CBAM, coordinate attention, SKNet). Where both factors end so, or neither does, there is none; nor where it is made of
the other factor alone, entry by entry: `x * sigmoid(x)` is an activation. A context is the one summand that is global,
and made by a layer of its own (the global context of GCNet). A global summand that is a mere statistic of the map is
none: `x - x.mean((2, 3))`, in an instance norm written by hand, is a normalisation, which would be wrong by half if its
mean were held and its deviation were not.

Being global is carried from reductions on: a value is global when no dimension of it counts positions of the image any
more. That an operation has no rule for its geometry says nothing about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from convscope.graph.nouns import Value
from convscope.graph.steps import Positionwise, Slot, Step
from convscope.graph.steps.conv import Conv2d, ConvTranspose2d, Linear
from convscope.graph.steps.pointwise import Differentiated, Product, Sum
from convscope.graph.steps.reshaping import PERMUTATIONS, VIEWS, permutation

aten = torch.ops.aten

ENDS = ("sigmoid", "hardsigmoid", "softmax")
_PASSED_ON = (
    *("reshape", "flatten", "permute", "transpose", "movedim", "squeeze", "unsqueeze", "expand", "expand_as", "t"),
    *("slice", "select", "unbind", "index", "index_select", "repeat", "tile", "repeat_interleave", "roll", "flip"),
    *("to", "to_copy", "type_as", "pixel_shuffle", "pixel_unshuffle", "rearrange", "channel_shuffle"),
)
_REDUCTIONS = (
    *("mean", "sum", "amax", "amin", "max", "min", "var", "std", "logsumexp", "linalg_vector_norm", "norm", "prod"),
    *("median", "var_mean", "std_mean"),
)
_ALIKE = ("softmax", "log_softmax", "group_norm", "instance_norm", "layer_norm", "cumsum", "sort")
_WEIGHTED = (Conv2d, ConvTranspose2d, Linear)

Spread = frozenset[int] | None
"""The dimensions of a value that count positions; None where that is not known."""


def with_gates(steps: Sequence[Step], values: Sequence[Value]) -> tuple[Step, ...]:
    """The steps, each knowing which of its operands are gates (`Call.held`)."""
    by_value = {step.index: step for step in steps}
    spreads = _spreads(steps, values)
    contexts = _made_by_layers(steps, spreads)
    found = []
    for step in steps:
        held = _gate(step, by_value, values) or _context(step, spreads, contexts, values)
        found.append(replace_call(step, held) if held else step)
    return tuple(found)


def replace_call(step: Step, held: tuple[int, ...]) -> Step:
    """The step with `held` operands."""
    return type(step)(step.index, step.name, replace(step.call, held=held))


# -- products ---------------------------------------------------------------------------------------------------------
def _gate(step: Step, by_value: Mapping[int, Step], values: Sequence[Value]) -> tuple[int, ...]:
    """The slot of the one factor of a product that ends in a gate's function."""
    factors = _factors(step)
    ends = [slot for slot in factors if _gate_function(step.inputs[slot], by_value, values)]
    if len(factors) != 2 or len(ends) != 1:
        return ()
    other = step.inputs[factors[0] if ends[0] == factors[1] else factors[1]]
    function = _gate_function(step.inputs[ends[0]], by_value, values)
    return () if function is None or _of_itself(function, other, by_value) else tuple(ends)


def _of_itself(step: Step, other: int, by_value: Mapping[int, Step]) -> bool:
    """Whether a factor is made of the other one alone, entry by entry: `x * sigmoid(x)` is an activation, no gate."""
    below: Step | None = step
    while below is not None and len(below.inputs) == 1 and isinstance(below, Sum | Product | Differentiated):
        if below.inputs[0] == other:
            return True
        below = by_value.get(below.inputs[0])
    return False


def _factors(step: Step) -> list[int]:
    """The slots of a product's factors."""
    if step.call.target is aten.mul.Tensor:
        arguments = step.call.args[:2]
    elif step.call.target is aten.addcmul.default:
        arguments = step.call.args[1:3]
    else:
        return []
    return [a.number for a in dict.fromkeys(arguments) if isinstance(a, Slot)]


def _gate_function(value: int, by_value: Mapping[int, Step], values: Sequence[Value]) -> Step | None:
    """The gate's function that gave a value, moved about, repeated or resampled since; None if none did."""
    step = by_value.get(value)
    while step is not None and values[step.index].depends:
        if step.op in ENDS:
            return step
        if step.op not in _PASSED_ON and not step.op.startswith("upsample"):
            return None
        step = by_value.get(step.inputs[0])
    return None


# -- sums -------------------------------------------------------------------------------------------------------------
def _context(step: Step, spreads: Sequence[Spread], contexts: set[int], values: Sequence[Value]) -> tuple[int, ...]:
    """The slot of the one summand that is global and made by a layer, where the other is a map."""
    if not isinstance(step, Sum) or len(step.inputs) != 2 or not all(values[i].depends for i in step.inputs):
        return ()
    is_global = [spreads[i] is not None and not spreads[i] for i in step.inputs]
    found = [slot for slot, number in enumerate(step.inputs) if is_global[slot] and number in contexts]
    return tuple(found) if sum(is_global) == 1 else ()


def _made_by_layers(steps: Sequence[Step], spreads: Sequence[Spread]) -> set[int]:
    """The global values that a layer with weights lies before, since they are global."""
    found: set[int] = set()
    for step in steps:
        if spreads[step.index] is not None and not spreads[step.index]:
            pooled = [i for i in step.inputs if spreads[i] is not None and not spreads[i]]
            if pooled and (isinstance(step, _WEIGHTED) or found.intersection(pooled)):
                found.add(step.index)
    return found


# -- what is global ---------------------------------------------------------------------------------------------------
def _spreads(steps: Sequence[Step], values: Sequence[Value]) -> list[Spread]:
    """For every value the dimensions that count positions."""
    found: list[Spread] = [_longer(values[0], frozenset(values[0].layout or ()))]
    for step in steps:
        below = [found[i] for i in step.inputs if values[i].depends]
        known = values[step.index].batched and bool(below) and all(spread is not None for spread in below)
        made = _spread_of(step, found) if known else None
        found.append(None if made is None else _longer(values[step.index], made))
    return found


def _longer(value: Value, dims: frozenset[int]) -> frozenset[int]:
    """The dimensions that are longer than one."""
    return frozenset(d for d in dims if value.shape[d - 1] > 1)


def _spread_of(step: Step, found: Sequence[Spread]) -> Spread:
    """The dimensions of a step's output that count positions, those of its inputs being known."""
    call = step.call
    spreads = [
        (found[i] or frozenset()) if source.depends else frozenset[int]()
        for i, source in zip(step.inputs, call.sources, strict=True)
    ]
    first, rank = spreads[0], len(call.sources[0].shape) + 1
    if call.target in PERMUTATIONS:
        return frozenset(new for new, old in enumerate(permutation(call)) if old in first)
    if call.target in VIEWS:
        return _regrouped(call.sources[0].shape, first, call.result.shape)
    if step.op in _REDUCTIONS:
        return _reduced(step, first, rank)
    if step.op == "select":
        dim = int(call.bind()["dim"]) % rank
        return None if dim in first else frozenset(d - (d > dim) for d in first)
    if step.op in ("matmul", "bmm"):
        return _multiplied(step, spreads)
    if isinstance(step, Linear):
        return first - {rank - 1}
    if step.op in ("cat", "stack"):
        return _joined(step, spreads)
    if step.op == "slice" and any(call.result.shape[d - 1] == 1 for d in first):
        return None
    if isinstance(step, Positionwise) or step.op in (*_ALIKE, "expand", "expand_as"):
        return _broadcast(step, spreads)
    over_positions = bool(first & set(call.sources[0].layout or ()))
    if call.result.layout is not None and call.sources[0].layout is not None and len(step.inputs) == 1:
        return frozenset(call.result.layout) if over_positions else frozenset()
    return None


def _broadcast(step: Step, spreads: Sequence[frozenset[int]]) -> frozenset[int]:
    rank = len(step.call.result.shape)
    found: set[int] = set()
    for source, spread in zip(step.call.sources, spreads, strict=True):
        found.update(d + rank - len(source.shape) for d in spread)
    return frozenset(found)


def _reduced(step: Step, spread: frozenset[int], rank: int) -> Spread:
    bound = step.call.bind()
    dims = bound.get("dim")
    if dims is None or dims == []:
        return frozenset() if len(step.call.result.shape) < rank - 1 else None
    gone = {int(d) % rank for d in (dims if isinstance(dims, list | tuple) else [dims])}
    if len(step.call.result.shape) == rank - 1:
        return spread - gone
    return frozenset(d - sum(g < d for g in gone) for d in spread - gone)


def _joined(step: Step, spreads: Sequence[frozenset[int]]) -> frozenset[int]:
    together = frozenset[int]().union(*spreads)
    if step.op == "cat":
        return together
    dim = int(step.call.bind().get("dim", 0)) % (len(step.call.result.shape) + 1)
    return frozenset(d + (d >= dim) for d in together)


def _multiplied(step: Step, spreads: Sequence[frozenset[int]]) -> Spread:
    """Of a matrix product: what is summed over is gone."""
    operands, sources, found = step.call.args[:2], step.call.sources, set[int]()
    ranks = [len(sources[o.number].shape) + 1 if isinstance(o, Slot) else o.dim() for o in operands]
    if min(ranks) < 2 or max(ranks) != len(step.call.result.shape) + 1:
        return None
    for at, operand in enumerate(operands):
        if isinstance(operand, Slot):
            moved = {d + max(ranks) - ranks[at] for d in spreads[operand.number]}
            found |= moved - {max(ranks) - 1 - at}
    return frozenset(found)


def _regrouped(old: tuple[int, ...], spread: frozenset[int], new: tuple[int, ...]) -> frozenset[int]:
    """The dimensions, after a reshape, of every group of dimensions that held positions."""
    found: set[int] = set()
    i = j = 0
    while i < len(old) or j < len(new):
        group_old, group_new = [i], [j]
        a, b = (old[i] if i < len(old) else 1), (new[j] if j < len(new) else 1)
        i, j = i + 1, j + 1
        while a != b:
            if a < b and i < len(old):
                a, i, group_old = a * old[i], i + 1, [*group_old, i]
            elif j < len(new):
                b, j, group_new = b * new[j], j + 1, [*group_new, j]
            else:
                break
        if any(d + 1 in spread for d in group_old):
            found.update(d + 1 for d in group_new if d < len(new))
    return frozenset(found)
