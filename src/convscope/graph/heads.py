"""What an output means: which of its numbers belong to one another, and how they become scores. The one place.

An output is numbers for some channels at some positions: none for a vector of classes, rows and columns for a map,
steps or anchors for a sequence or a detector. A softmax or sigmoid that ends the network is used as it is. Where there
is none, one number is the logit of a class, and several are logits of classes that exclude each other, unless
`scores` says otherwise. Whatever was assumed, `Head.summary` says it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from convscope.errors import UsageError, nearest
from convscope.graph.nouns import Value
from convscope.graph.steps import Step
from convscope.graph.steps.structure import PERMUTATIONS, VIEWS, Cat

aten = torch.ops.aten

Scores = Literal["auto", "softmax", "sigmoid", "none"]
Kind = Literal["classes", "binary", "labels", "values"]
Ending = Literal["softmax", "log_softmax", "sigmoid", "log_sigmoid", ""]

_ENDINGS: Mapping[str, Ending] = {
    "softmax": "softmax",
    "log_softmax": "log_softmax",
    "sigmoid": "sigmoid",
    "hardsigmoid": "sigmoid",
    "log_sigmoid": "log_sigmoid",
}
_ALONE: Mapping[Ending, Ending] = {"softmax": "sigmoid", "log_softmax": "log_sigmoid"}
"""What numbers are, one by one, that do not make up a whole softmax."""
_PICKS = (aten.select.int, aten.slice.Tensor, aten.index_select.default)
_LAST = {"linear", "addmm", "mm", "matmul", "bmm", "layer_norm", "lstm", "gru", "rnn_tanh", "rnn_relu"}
_SECOND = {"conv1d", "convolution", "conv_transpose1d", "max_pool1d", "avg_pool1d", "adaptive_avg_pool1d"}


@dataclass(frozen=True)
class Output:
    """One of the tensors that a model returns: its place among them, as a path of keys and numbers, and its value."""

    name: str
    value: int


@dataclass(frozen=True)
class Head:
    """What an output means.

    name: of the output, "" of a model's only one; layer: what makes it. channels: how many numbers there are at each of
    the `positions` (() of a vector). kind: "classes" exclude each other; "binary", one class or not; "labels", each
    there or not; "values", no scores. ending: what the network ends in. first: the channel of class 0, above zero where
    other numbers (boxes) stand before the classes'.
    """

    name: str
    layer: str
    channels: int
    positions: tuple[int, ...]
    channel_dim: int
    kind: Kind
    ending: Ending
    first: int = 0
    chosen: str = ""
    asked: Scores = "auto"

    # -- numbers ------------------------------------------------------------------------------------------------------
    @property
    def plain(self) -> bool:
        """Whether it is a vector of scores of classes that exclude each other, the usual one."""
        return self.kind == "classes" and not self.positions and not self.first

    @property
    def probable(self) -> bool:
        """Whether its scores are probabilities."""
        return self.kind != "values"

    def channels_first(self, output: Tensor) -> Tensor:
        """The output (n, ...) as (n, channels, positions...)."""
        if not self.channel_dim:
            return output[:, None]
        moved = output.movedim(self.channel_dim, 1) if self.channel_dim != 1 else output
        return moved if self.positions else moved.flatten(1)

    def scores(self, numbers: Tensor) -> Tensor:
        """The scores of numbers (n, channels, positions...): probabilities, or the numbers themselves for values."""
        if self.kind == "values":
            return numbers
        if not self.first:
            return self._scored(numbers)
        return torch.cat([numbers[:, : self.first], self._scored(numbers[:, self.first :])], 1)

    def _scored(self, numbers: Tensor) -> Tensor:
        if self.kind == "classes":
            return numbers if self.ending == "softmax" else numbers.softmax(1)
        if self.ending == "log_sigmoid":
            return numbers.exp()
        return numbers if self.ending == "sigmoid" else numbers.sigmoid()

    def means(self, scores: Tensor) -> Tensor:
        """The mean (n, channels) of scores (n, channels, positions...) over positions, float64 where there are any."""
        return scores.double().flatten(2).mean(2) if self.positions else scores

    def decide(self, scores: Tensor) -> tuple[Tensor, Tensor]:
        """What is most probable (n,) for scores (n, channels), and its score (n,).

        A channel's number; 1 or 0 for a single class, which is or is not.
        """
        if self.kind == "binary":
            share = scores[:, 0]
            there = share > 0.5
            return there.long(), torch.where(there, share, 1 - share)
        best, at = (scores[:, self.first :] if self.first else scores).max(1)
        return at + self.first, best

    # -- names --------------------------------------------------------------------------------------------------------
    @property
    def classes(self) -> int:
        """How many classes there are: for a single one two, that it is and that it is not."""
        return 2 if self.kind == "binary" else self.channels - self.first

    def names(self, classes: Sequence[str] | None) -> tuple[str, ...] | None:
        """The names of its channels, those of its classes; None where names are not known or do not fit."""
        known = tuple(classes or ())
        if self.kind == "binary":
            return known[-1:] if len(known) in (1, 2) else None
        return known if len(known) == self.channels else None

    def target_name(self, channel: int, classes: Sequence[str] | None) -> str:
        """What a channel is called."""
        if self.kind == "binary":
            return self.label_name(1, classes)
        known, number = tuple(classes or ()), channel - self.first
        if 0 <= number < len(known) and len(known) == self.channels - self.first:
            return known[number]
        return f"{'output' if self.kind == 'values' or number < 0 else 'class'} {channel}"

    def label_name(self, label: int, classes: Sequence[str] | None) -> str:
        """What a decision is called, a number that `decide` gives."""
        if self.kind != "binary":
            return self.target_name(label, classes)
        known = tuple(classes or ())
        if len(known) == 2:
            return known[label]
        name = known[0] if len(known) == 1 else "class 1"
        return name if label else f"not {name}" if known else "class 0"

    def channel_of(self, target: int | str, classes: Sequence[str] | None, *, network: str) -> int:
        """The channel that a number, or the name of a class, stands for.

        Raises:
            UsageError: where there is none.
        """
        text = str(target).strip()
        if isinstance(target, int) or text.isdigit():
            if 0 <= int(text) < self.channels:
                return int(text)
            raise UsageError(self._range(network) + f": {text} was asked for")
        names = {self.target_name(i, classes).casefold(): i for i in reversed(range(self.channels))}
        if text.casefold() in names:
            return names[text.casefold()]
        if not classes:
            raise UsageError(
                f"{network} has no class '{text}': its classes have no names, give a number below {self.channels}"
            )
        if self.kind == "binary" and len(classes) == 2 and text.casefold() == classes[0].casefold():
            raise UsageError(f"{network} has one output, for '{classes[1]}'; follow that: '{text}' is what is left")
        raise UsageError(f"{network} has no class '{text}'{nearest(text, classes)}")

    def _range(self, network: str) -> str:
        if self.kind == "binary":
            return f"{network} has one output, number 0, the logit of class 1"
        what = "outputs" if self.kind == "values" else "classes"
        return f"{network} has {what} 0 to {self.channels - 1}"

    # -- words --------------------------------------------------------------------------------------------------------
    @property
    def score(self) -> str:
        """What a score is, in a word."""
        return "probability" if self.probable else "value"

    @property
    def summary(self) -> str:
        """What was taken for what, in a sentence."""
        where = f"output '{self.name}' ({self.chosen}); " if self.chosen else ""
        sizes = "x".join(map(str, self.positions))
        at = f" at each of {sizes} positions" if self.positions else ""
        return f"{where}{self._meaning(at)}{', as asked for' if self.asked != 'auto' else ''}"

    @property
    def remark(self) -> str:
        """The summary as a sentence, where it is not the usual: "" for the one vector of a classifier's scores."""
        if self.plain and not self.chosen:
            return ""
        return f"{self.summary[0].upper()}{self.summary[1:]}."

    def _meaning(self, at: str) -> str:
        count = self.channels - self.first
        what = "one output" if self.channels == 1 else f"{self.channels} outputs"
        what += at + (f", of them the last {count}" if self.first else "")
        if self.kind == "values":
            return f"{what}: taken as values, which are no scores of classes"
        if self.kind == "classes" and self.ending == "softmax":
            return f"{what}: the network's softmax is used as it is"
        if self.kind == "classes":
            logs = "log-probabilities" if self.ending else "logits"
            return f"{what}: taken as {logs} of classes that exclude each other (softmax)"
        of = "class 1" if self.kind == "binary" else "classes that do not exclude each other"
        if self.ending == "sigmoid":
            return f"{what}: taken as the {'probability' if self.kind == 'binary' else 'probabilities'} of {of}"
        if self.ending:
            return f"{what}: taken as the {'log-probability' if self.kind == 'binary' else 'log-probabilities'} of {of}"
        return f"{what}: taken as the {'logit' if self.kind == 'binary' else 'logits'} of {of} (sigmoid)"

    def to_json(self) -> dict[str, Any]:
        """It as numbers, strings and lists."""
        return {**vars(self), "positions": list(self.positions)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Head:
        """The head that `to_json` described."""
        return cls(**{**stored, "positions": tuple(stored["positions"])})


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
    steps: Sequence[Step],
    values: Sequence[Value],
    scores: Scores,
    classes: int | None,
    network: str,
) -> Head:
    """What an output means, by its shape, by what it ends in, and by what was asked for.

    Raises:
        UsageError: for an output that has no numbers for each image, or `scores` that contradict the network.
    """
    if scores not in get_args(Scores):
        raise UsageError(f"scores={scores!r} is not a choice; choose one of {', '.join(get_args(Scores))}")
    value = values[output.value]
    layer = steps[output.value - 1].name if output.value else "image"
    if not (value.batched and value.floating and value.depends):
        raise UsageError(
            f"the output of {network}, '{layer}', is not a floating-point tensor with a row for each image, so it has "
            "no scores; name another output or a layer (output=)"
        )
    dim = _channel_dim(output.value, steps, values, classes)
    channels = value.shape[dim - 1] if dim else 1
    positions = tuple(n for d, n in enumerate(value.shape, 1) if d != dim)
    if math.prod(positions) == 1:
        positions = ()
    ending, first = _ending(output.value, dim, steps, values)
    more = channels - (classes or channels)
    if not first and positions and more in (4, 5) and not ending:
        first = more  # boxes, and perhaps whether there is an object, before the classes
    kind = _kind(scores, ending, channels, first, layer=layer, network=network)
    if kind == "values":
        first = 0
    return Head(output.name, layer, channels, positions, dim, kind, ending, first, chosen, scores)


def _kind(scores: Scores, ending: Ending, channels: int, first: int, *, layer: str, network: str) -> Kind:
    soft, alone = ending in ("softmax", "log_softmax"), ending in ("sigmoid", "log_sigmoid")
    if (scores == "sigmoid" and soft) or (scores == "softmax" and alone):
        raise UsageError(
            f"scores='{scores}', but the output of {network}, '{layer}', ends in a {ending} already: leave scores out, "
            "or name the layer before it (output=)"
        )
    one: Kind = "binary" if channels == 1 else "labels"
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
    if not value.shape:
        return 0
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


def _ending(number: int, dim: int, steps: Sequence[Step], values: Sequence[Value]) -> tuple[Ending, int]:
    """What an output ends in, and from which channel on."""
    passed = list(_passed(number, steps))
    last = passed[-1]
    step = steps[last - 1] if last else None
    if isinstance(step, Cat):
        along = step.dim == (_features(last, steps, values) or dim)
        return _of_parts(step, steps, values) if along else _common(step, steps, values)
    ending = _ENDINGS.get(step.op, "") if step is not None else ""
    picked = any(steps[i - 1].call.target in _PICKS for i in passed[:-1])
    if step is not None and ending in ("softmax", "log_softmax"):
        over = int(step.call.bind()["dim"]) % (len(values[last].shape) + 1)
        if values[last].layout is not None and over != values[last].channel_dim:
            return "", 0
        if picked:  # some of a softmax's numbers: each is a probability, but they are no whole
            return _ALONE[ending], 0
    return ending, 0


def _of_parts(cat: Cat, steps: Sequence[Step], values: Sequence[Value]) -> tuple[Ending, int]:
    """What channels joined of several parts end in: the last part's, where only that ends in anything."""
    endings: list[Ending] = [_ending(i, values[i].channel_dim or cat.dim, steps, values)[0] for i in cat.inputs]
    if len(set(endings)) == 1:
        return _ALONE.get(endings[0], endings[0]), 0
    if not endings[-1]:
        return "", 0
    return endings[-1], values[cat.index].shape[cat.dim - 1] - values[cat.inputs[-1]].shape[cat.dim - 1]


def _common(cat: Cat, steps: Sequence[Step], values: Sequence[Value]) -> tuple[Ending, int]:
    """What positions joined of several parts, as those of a detector's scales, end in, where all end alike."""
    found = {_ending(i, _features(i, steps, values) or 1, steps, values) for i in cat.inputs}
    return found.pop() if len(found) == 1 else ("", 0)


def _passed(number: int, steps: Sequence[Step]) -> Iterator[int]:
    """A value, and what it is a rearrangement of."""
    yield number
    while number and steps[number - 1].call.target in (*VIEWS, *PERMUTATIONS, *_PICKS):
        number = steps[number - 1].inputs[0]
        yield number


__all__ = ["Head", "Kind", "Output", "Scores", "choose", "head_of"]
