"""Which of a model's outputs is looked at, and what its numbers are: read off its shape, its end and what was asked.

A softmax or sigmoid that ends the network is used as it is, however it is spelled: a sigmoid is told by its curve, and
a softmax written out, the mean of several, or a probability beside what is left of it, by a look at numbers that sum to
1; what is made of probabilities alone (the mean of sigmoids, one that is clamped), by what it is whatever these are.
Where there is none, one number is the logit of a class, and several are logits of classes that exclude each other,
unless `scores` says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from convscope.arguments import expected
from convscope.errors import UsageError, nearest
from convscope.graph.heads import EndsIn, Head, HeadKind, Output, Scores
from convscope.graph.nouns import Value
from convscope.graph.steps import Step
from convscope.graph.steps.joining import Cat
from convscope.graph.steps.reshaping import PERMUTATIONS, VIEWS

aten = torch.ops.aten

_ENDINGS: Mapping[str, EndsIn] = {
    "softmax": "softmax",
    "log_softmax": "log_softmax",
    "sigmoid": "sigmoid",
    "hardsigmoid": "sigmoid",
    "log_sigmoid": "log_sigmoid",
}
_ALONE: Mapping[EndsIn, EndsIn] = {"softmax": "sigmoid", "whole": "sigmoid", "log_softmax": "log_sigmoid"}
"""What numbers are, one by one, that do not make up a whole softmax."""
_SHARES = {"softmax", "log_softmax", "sigmoid", "hardsigmoid", "exp"}
"""Steps that numbers which sum to 1 are made of."""
_MIXES = {
    *(
        "add",
        "sub",
        "rsub",
        "mul",
        "div",
        "neg",
        "reciprocal",
        "exp",
        "log",
        "where",
        "clamp",
        "clamp_min",
        "clamp_max",
    ),
    *("mean", "sum", "cat", "stack", "select", "slice", "reshape", "flatten", "permute", "transpose"),
    *("unsqueeze", "squeeze"),
}
"""Steps that make others of such numbers."""
_PROBABILITIES = {"softmax", "sigmoid", "hardsigmoid"}
_BLENDS = _MIXES | {"maximum", "minimum", "amax", "amin", "pow", "sqrt", "prod", "cumprod", "expand"}
"""Steps that make another probability of probabilities, where what they make is still one."""
_NEAR = 1e-4
_CASTS = (aten._to_copy.default, aten.to.dtype, aten.type_as.default)
_PICKS = (aten.select.int, aten.slice.Tensor, aten.index_select.default)
_LAST = {"linear", "addmm", "mm", "matmul", "bmm", "layer_norm", "lstm", "gru", "rnn_tanh", "rnn_relu"}
_SECOND = {"conv1d", "convolution", "conv_transpose1d", "max_pool1d", "avg_pool1d", "adaptive_avg_pool1d"}


@dataclass(frozen=True)
class Ends:
    """What an output's end is read off: the steps, and the values that they make; and, for the few ends that these do
    not tell, a tensor of their device and dtype, the steps that are activations by what they compute, and how a value
    is on an image."""

    steps: Sequence[Step]
    values: Sequence[Value]
    like: Tensor
    activations: Callable[[], Mapping[int, Step]]
    tried: Callable[[int], Tensor]


# -- which output -----------------------------------------------------------------------------------------------------
def choose(
    outputs: Sequence[Output],
    values: Sequence[Value],
    *,
    asked: str | int | None,
    classes: int | None,
    layers: Mapping[str, int],
    network: str,
) -> tuple[Output, str]:
    """The output that is looked at, and why that one ("" where there is no choice).

    asked: its name or place, or a layer's name. Else, of several, the last vector whose length is the number of
    `classes`; else the first vector, or the first output of a model without one.

    Raises:
        UsageError: where there is no such output.
    """
    if asked is not None:
        names = {output.name: output for output in outputs}
        if str(asked) in names:
            return names[str(asked)], "asked for"
        if isinstance(asked, int) or asked.isdigit():
            if 0 <= int(asked) < len(outputs):
                return outputs[int(asked)], "asked for"
        elif asked in layers:
            return Output(asked, layers[asked]), "asked for: a layer"
        listed = ", ".join(f"'{name}'" for name in names) if len(outputs) > 1 else "one alone"
        raise UsageError(
            f"{network} has no output '{asked}'{nearest(str(asked), (*names, *layers))} (its outputs: {listed}; a "
            "layer's name will do as well)"
        )
    if len(outputs) == 1:
        return outputs[0], ""
    vectors = [one for one in outputs if len(values[one.value].shape) == 1]
    fitting = [one for one in vectors if classes is not None and values[one.value].shape[0] == classes]
    if fitting:
        return fitting[-1], f"of {len(outputs)}, the last of {classes} numbers, one a class"
    return (vectors or list(outputs))[0], f"of {len(outputs)}, the first{' vector' if vectors else ''}"


# -- what it means ----------------------------------------------------------------------------------------------------
def head_of(
    output: Output,
    chosen: str,
    *,
    ends: Ends,
    scores: Scores,
    classes: int | None,
    network: str,
) -> Head:
    """What an output means, by its shape, by what it ends in, and by what was asked for.

    Raises:
        UsageError: for an output that has no numbers for each image, or `scores` that contradict the network.
    """
    expected("scores", scores, Scores)
    value = ends.values[output.value]
    layer = ends.steps[output.value - 1].name if output.value else "image"
    if not (value.batched and value.floating and value.depends):
        raise UsageError(
            f"the output of {network}, '{layer}', is not a floating-point tensor with a row for each image, so it has "
            "no scores; name another output or a layer (output=)"
        )
    dim = _channel_dim(output.value, ends.steps, ends.values, classes)
    channels = value.shape[dim - 1] if dim else 1
    positions = tuple(n for d, n in enumerate(value.shape, 1) if d != dim)
    if math.prod(positions) == 1:
        positions = ()
    ending, first = _ending(output.value, dim, ends)
    more = channels - (classes or channels)
    if not first and positions and more in (4, 5) and not ending:
        first = more  # boxes, and perhaps whether there is an object, before the classes
    kind = _kind(scores, ending, channels, first, layer=layer, network=network)
    if kind == "values":
        first = 0
    return Head(output.name, layer, channels, positions, dim, kind, ending, first, chosen, scores)


def _kind(scores: Scores, ending: EndsIn, channels: int, first: int, *, layer: str, network: str) -> HeadKind:
    soft, alone = ending in ("softmax", "log_softmax", "whole"), ending in ("sigmoid", "log_sigmoid")
    if (scores == "sigmoid" and soft) or (scores == "softmax" and alone):
        what = "sums to 1" if ending == "whole" else f"ends in a {ending}"
        raise UsageError(
            f"scores='{scores}', but the output of {network}, '{layer}', {what} already: leave scores out, or name the "
            "layer before it (output=)"
        )
    one: HeadKind = "binary" if channels == 1 else "labels"
    if scores == "none":
        return "values"
    if scores == "sigmoid" or alone:
        return one
    if scores == "softmax" or soft:
        return "classes"
    return one if channels == 1 or first else "classes"


def _channel_dim(number: int, steps: Sequence[Step], values: Sequence[Value], classes: int | None) -> int:
    """The dimension of an output that numbers channels; 0 where there is one number an image."""
    value = values[number]
    if value.channel_dim is not None:
        return value.channel_dim
    if not value.shape or (value.layout is not None and len(value.shape) == 2):
        return 0  # one number, an image or a position
    lengths = () if classes is None else (classes, classes + 4, classes + 5)
    fitting = [d for d, n in enumerate(value.shape, 1) if n in lengths]
    return _features(number, steps, values) or (fitting[0] if len(fitting) == 1 else len(value.shape))


def _features(number: int, steps: Sequence[Step], values: Sequence[Value]) -> int | None:
    """The dimension of a value that numbers features, told by the steps that made it."""
    value = values[number]
    if value.channel_dim is not None or not number:
        return value.channel_dim
    step, rank = steps[number - 1], len(value.shape) + 1
    if step.op in ("softmax", "log_softmax"):
        return int(step.call.bind()["dim"]) % rank
    if step.op in _LAST:
        return rank - 1
    if step.op in _SECOND:
        return 1
    for source in dict.fromkeys(step.inputs):
        below = _features(source, steps, values) if values[source].depends else None
        found = None if below is None else _carried(step, below, values[source], value)
        if found is not None:
            return found
    return None


def _carried(step: Step, dim: int, before: Value, after: Value) -> int | None:
    """Where a dimension of what a step reads is in what it makes."""
    if step.call.target in VIEWS:
        ahead = math.prod(before.shape[: dim - 1])
        kept = (
            d
            for d, length in enumerate(after.shape, 1)
            if length == before.shape[dim - 1] and math.prod(after.shape[: d - 1]) == ahead
        )
        return next(kept, None)
    if step.call.target in PERMUTATIONS:
        rank = len(before.shape) + 1
        marked = torch.empty_strided([2] * rank, list(range(rank)), device="meta")
        moved = step.call.target(*[marked if i == 0 else arg for i, arg in enumerate(step.call.args)])
        return moved.stride().index(dim)
    return dim if len(before.shape) == len(after.shape) else None


def _ending(number: int, dim: int, ends: Ends) -> tuple[EndsIn, int]:
    """What an output ends in, and from which channel on."""
    steps, values = ends.steps, ends.values
    passed = list(_passed(number, steps))
    last = passed[-1]
    step = steps[last - 1] if last else None
    picked = any(steps[i - 1].call.target in _PICKS for i in passed[:-1])
    along = _features(last, steps, values) or (dim if not picked else 0)
    if _is_whole(last, along, ends):
        return "sigmoid" if picked else "whole", 0
    if isinstance(step, Cat):
        return _of_parts(step, ends) if step.dim == (along or dim) else _common(step, ends)
    if step is not None and step.op in _MIXES:
        step = ends.activations().get(last, step)
    ending = _ENDINGS.get(step.op, "") if step is not None else ""
    if not ending and _is_probability(last, ends):
        return "sigmoid", 0
    if step is not None and ending in ("softmax", "log_softmax"):
        over = int(step.call.bind()["dim"]) % (len(values[last].shape) + 1)
        if values[last].layout is not None and over != values[last].channel_dim:
            return "", 0
        if picked:  # some of a softmax's numbers: each is a probability, but they are no whole
            return _ALONE[ending], 0
    return ending, 0


def _is_whole(number: int, dim: int, ends: Ends) -> bool:
    """Whether the numbers of a value are none below 0 and sum to 1 along a dimension, and are made to: tried only where
    what they are made of says so, as a network has to run for it."""
    shape = ends.values[number].shape
    if (
        not (dim and number and shape[dim - 1] > 1)
        or ends.steps[number - 1].op in _ENDINGS
        or not _shared(number, ends)
    ):
        return False
    numbers = ends.tried(number)
    near = _NEAR if numbers.dtype in (torch.float32, torch.float64) else 100 * _NEAR
    return bool((numbers > -near).all()) and bool(((numbers.double().sum(dim) - 1).abs() < near).all())


def _shared(number: int, ends: Ends) -> bool:
    """Whether a value is mixed of scores."""
    seen, open_ = set[int](), [number]
    while open_:
        at = open_.pop()
        if not at or at in seen:
            continue
        seen.add(at)
        step = ends.steps[at - 1]
        if step.op in _SHARES:
            return True
        if step.op in _MIXES or step.call.target in _CASTS:
            open_ += step.inputs
    return False


def _is_probability(number: int, ends: Ends) -> bool:
    """Whether a value is made of nothing but probabilities (the mean of two sigmoids, one that is clamped), and lies
    between 0 and 1 whatever these are."""
    if not number or ends.steps[number - 1].op not in _BLENDS:
        return False
    made: dict[int, Tensor] = {}
    blends, open_ = set[int](), [number]
    while open_:
        at = open_.pop()
        if not at or not ends.values[at].depends:
            return False
        if ends.activations().get(at, ends.steps[at - 1]).op in _PROBABILITIES:
            made[at] = _any_probabilities(ends.values[at].shape, len(made))
        elif ends.steps[at - 1].op in _BLENDS or ends.steps[at - 1].call.target in _CASTS:
            blends.add(at)
            open_ += [i for i in ends.steps[at - 1].inputs if i not in blends and i not in made]
        else:
            return False
    for at in sorted(blends):
        made[at] = ends.steps[at - 1].run([made[i].to(ends.like) for i in ends.steps[at - 1].inputs])
    return bool(((made[number] >= 0) & (made[number] <= 1)).all())


def _any_probabilities(shape: Sequence[int], seed: int) -> Tensor:
    """Numbers (n, ...) from 0 to 1: nothing but zeros, nothing but ones, either, and any."""
    drawn = torch.rand(4, *shape, generator=torch.Generator("cpu").manual_seed(seed), device="cpu")
    return torch.stack([torch.zeros_like(drawn[0]), torch.ones_like(drawn[0]), drawn[2].round(), drawn[3]])


def _of_parts(cat: Cat, ends: Ends) -> tuple[EndsIn, int]:
    """What channels joined of several parts end in: the last part's, where only that ends in anything."""
    values = ends.values
    endings: list[EndsIn] = [_ending(i, values[i].channel_dim or cat.dim, ends)[0] for i in cat.inputs]
    if len(set(endings)) == 1:
        return _ALONE.get(endings[0], endings[0]), 0
    if not endings[-1]:
        return "", 0
    return endings[-1], values[cat.index].shape[cat.dim - 1] - values[cat.inputs[-1]].shape[cat.dim - 1]


def _common(cat: Cat, ends: Ends) -> tuple[EndsIn, int]:
    """What positions joined of several parts, as those of a detector's scales, end in, where all end alike."""
    found = {_ending(i, _features(i, ends.steps, ends.values) or 1, ends) for i in cat.inputs}
    return found.pop() if len(found) == 1 else ("", 0)


def _passed(number: int, steps: Sequence[Step]) -> Iterator[int]:
    """A value, and what it is a rearrangement of, in whatever precision."""
    yield number
    while number and steps[number - 1].call.target in (*VIEWS, *PERMUTATIONS, *_PICKS, *_CASTS):
        number = steps[number - 1].inputs[0]
        yield number


__all__ = ["Ends", "choose", "head_of"]
