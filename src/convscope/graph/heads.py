"""What an output means: which of its numbers belong to one another, and how they become scores. The one place.

An output is numbers for some channels at some positions: none for a vector of classes, rows and columns for a map,
steps or anchors for a sequence or a detector. Whatever was assumed of it, by `convscope.graph.meaning`, `Head.summary`
says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from convscope.errors import UsageError, nearest

Scores = Literal["auto", "softmax", "sigmoid", "none"]
HeadKind = Literal["classes", "binary", "labels", "values"]
_NEAR = 0.75  # of the letters of two classes: names of things are short and many
EndsIn = Literal["softmax", "log_softmax", "whole", "sigmoid", "log_sigmoid", ""]
"""What a network ends in; "whole" are numbers that sum to 1 without being a softmax."""


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
    kind: HeadKind
    ending: EndsIn
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
            return numbers if self.ending in ("softmax", "whole") else numbers.softmax(1)
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
                f"{network} has no class '{text}': its classes have no names, give a number below {self.channels}, "
                "or names for them (classes=)"
            )
        if self.kind == "binary" and len(classes) == 2 and text.casefold() == classes[0].casefold():
            raise UsageError(f"{network} has one output, for '{classes[1]}'; follow that: '{text}' is what is left")
        first = [one.partition(",")[0] for one in classes]
        raise UsageError(f"{network} has no class '{text}'{nearest(text, first, least=_NEAR)}")

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
        if self.kind == "classes" and self.ending == "whole":
            return f"{what}: taken as probabilities of classes that exclude each other, as they sum to 1"
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


__all__ = ["EndsIn", "Head", "HeadKind", "Output", "Scores"]
