"""By how much a network prefers an answer to the true one: the difference of two logits, or the one logit there is."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from convscope.errors import UsageError
from convscope.graph import Head, Network, Unit

_ENDS = ("softmax", "log_softmax", "sigmoid", "hardsigmoid", "log_sigmoid")


@dataclass(frozen=True)
class Contrast:
    """An answer and the true one, as numbers that `Head.decide` gives, and the unit that speaks for the first.

    The unit is the difference of two logits; of a single class its one logit, where `sign` is -1 if the answer is that
    the class is not there: what then speaks for the answer is what takes away.
    """

    unit: Unit
    answer: int
    truth: int
    sign: int = 1

    @classmethod
    def of(cls, net: Network, answer: int, truth: int) -> Contrast:
        """The contrast of two answers of a network that chooses; raises UsageError as `logits_layer`."""
        layer = logits_layer(net)
        if net.head.kind == "binary":
            return cls(Unit(layer, 0), answer, truth, 1 if answer else -1)
        return cls(Unit(layer, answer, minus=truth), answer, truth)


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


def contrasts_of(head: Head, numbers: Tensor, answer: Tensor, truth: Tensor) -> Tensor:
    """By how much each of n outputs (n, k) prefers `answer` (n,) to `truth` (n,): differences of logits (n,), float64.

    Of probabilities the logarithms are taken first, which differ as the logits do.
    """
    exact = numbers.double()
    tiny = torch.finfo(torch.float64).tiny
    if head.kind == "binary":
        one = exact[:, 0]
        share = one.exp() if head.ending == "log_sigmoid" else one
        logit = (share.clamp(min=tiny).log() - (1 - share).clamp(min=tiny).log()) if head.ending else one
        return torch.where(answer == 1, logit, -logit)
    logits = exact.clamp(min=tiny).log() if head.ending == "softmax" else exact
    first, second = (logits.gather(1, which[:, None])[:, 0] for which in (answer, truth))
    return first - second


__all__ = ["Contrast", "contrasts_of", "logits_layer"]
