"""What a mistake is about: by how much a network prefers an answer to the true one, or a number is off.

Of classes that exclude each other it is the difference of two logits; of one class, or of one of several labels, its
logit; of a value, that value. What is answered is told by codes: of classes the channel; of one class and of labels
2 * channel + 1 that it is there and 2 * channel that it is not; of values 3 * channel that it is as near to the truth
as usual, 3 * channel + 1 that it is too high, 3 * channel + 2 that it is too low.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from convscope.errors import UsageError
from convscope.graph import Head, Network, Unit

_ENDS = ("softmax", "log_softmax", "sigmoid", "hardsigmoid", "log_sigmoid")
CODES = {"binary": 2, "labels": 2, "values": 3}
"""How many codes a channel has, where an answer is about each by itself."""
_HIGH, _LOW = 1, 2


@dataclass(frozen=True)
class Contrast:
    """An answer and the true one, by their codes, and the unit that speaks for the first.

    The unit is the difference of two logits; of one class, one of several labels, or a value it is that one number,
    where `sign` is -1 if the answer is that it is not there, or too low: what then speaks for the answer is what takes
    away. true, usual: of a value what it should be, and by how much it is off on average.
    """

    unit: Unit
    answer: int
    truth: int
    sign: int = 1
    true: float = 0.0
    usual: float = 0.0

    @classmethod
    def of(cls, net: Network, answer: int, truth: int, *, true: float = 0.0, usual: float = 0.0) -> Contrast:
        """The contrast of two answers of a network; raises UsageError as `logits_layer`."""
        layer, codes = logits_layer(net), CODES.get(net.head.kind)
        if codes is None:
            return cls(Unit(layer, answer, minus=truth), answer, truth)
        channel, code = divmod(answer, codes)
        against = code == (_LOW if codes == CODES["values"] else 0)
        return cls(Unit(layer, channel), answer, truth, -1 if against else 1, true, usual)

    def read(self, head: Head, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """The contrasts (n,), float64, and the codes of the answers (n,), of outputs (n, channels)."""
        first, second = (numbers.new_full((len(numbers),), n, dtype=torch.long) for n in (self.answer, self.truth))
        if head.kind not in CODES:
            return contrasts_of(head, numbers, first, second), head.decide(head.scores(numbers))[0]
        own = numbers[:, self.unit.channel : self.unit.channel + 1].double()
        if head.kind == "values":
            return self.sign * (own[:, 0] - self.true), self.answers(head, own[:, 0])
        return self.sign * logits_of(head, own)[:, 0], self.answers(head, logits_of(head, own)[:, 0])

    def answers(self, head: Head, values: Tensor) -> Tensor:
        """The codes of what values of the unit, of any shape, answer; not of classes that exclude each other."""
        codes = CODES[head.kind]
        if head.kind != "values":
            return codes * self.unit.channel + (values > 0).long()
        off = values - self.true
        far = off.abs() > self.usual
        return codes * self.unit.channel + far.long() * torch.where(off > 0, _HIGH, _LOW)

    def off(self, values: Tensor) -> Tensor:
        """The contrasts that values of the unit are."""
        return self.sign * (values - self.true)

    def __str__(self) -> str:
        about = f" for {self.true!r}, usually {self.usual!r} off" if self.usual else ""
        return f"{self.unit}, answered {self.answer} for {self.truth}{about}"


def logits_layer(net: Network) -> str:
    """The layer of the numbers that scores are made of: the output, or what goes into a softmax or sigmoid at its end.

    Raises:
        UsageError: where its units have no names.
    """
    number = net.program.output
    if net.head.ending:
        while net.steps[number - 1].op not in _ENDS and net.steps[number - 1].inputs:
            number = net.steps[number - 1].inputs[0]
        number = net.steps[number - 1].inputs[0]
    name = net.steps[number - 1].name if number else "image"
    if name not in {layer.name for layer in net.layers}:
        raise UsageError(
            f"the logits of {net.name}, '{name}', are no layer whose units have names, so nothing can be asked of "
            "them: name the last layer that has some as output="
        )
    return name


def logits_of(head: Head, numbers: Tensor) -> Tensor:
    """The logits, float64, of numbers that are about classes that are there or not, whatever the network ends in."""
    exact, tiny = numbers.double(), torch.finfo(torch.float64).tiny
    if not head.ending:
        return exact
    share = exact.exp() if head.ending == "log_sigmoid" else exact
    return share.clamp(min=tiny).log() - (1 - share).clamp(min=tiny).log()


def contrasts_of(head: Head, numbers: Tensor, answer: Tensor, truth: Tensor) -> Tensor:
    """By how much each of n outputs (n, k) prefers `answer` (n,) to `truth` (n,): differences of logits (n,), float64.

    Of probabilities the logarithms are taken first, which differ as the logits do. Of one class it is its logit.
    """
    if head.kind == "binary":
        logit = logits_of(head, numbers)[:, 0]
        return torch.where(answer == 1, logit, -logit)
    exact = numbers.double()
    logits = exact.clamp(min=torch.finfo(torch.float64).tiny).log() if head.ending == "softmax" else exact
    first, second = (logits.gather(1, which[:, None])[:, 0] for which in (answer, truth))
    return first - second


def names_of(head: Head, classes: Sequence[str] | None) -> tuple[str, ...]:
    """What answers are called, by their codes.

    >>> names_of(Head("", "", 1, (), 1, "values", ""), None), names_of(Head("", "", 2, (), 1, "labels", ""), ["a", "b"])
    (('close', 'too high', 'too low'), ('not a', 'a', 'not b', 'b'))
    """
    if head.kind == "binary":
        return head.label_name(0, classes), head.label_name(1, classes)
    names = [head.target_name(channel, classes) for channel in range(head.channels)]
    if head.kind == "labels":
        return tuple(said for name in names for said in (f"not {name}", name))
    if head.kind != "values":
        return tuple(names)
    called = [""] if len(names) == 1 and not classes else names
    return tuple(said for name in called for said in _of_value(name))


def _of_value(name: str) -> tuple[str, ...]:
    return tuple(f"{name} {said}".strip() for said in ("close", "too high", "too low"))


__all__ = ["CODES", "Contrast", "contrasts_of", "logits_layer", "logits_of", "names_of"]
