"""What a network answers to images, from the values of a pass that computes other things too."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import UsageError
from convscope.graph import Network
from convscope.graph.heads import Head

MOST = 5
"""Answers that are told of an image, at most."""


def head_of(net: Network) -> Head | None:
    """What the output means; None where it has no meaning."""
    try:
        return net.head
    except UsageError:
        return None


def scores_of(net: Network, values: Mapping[int, Tensor]) -> NDArray[np.float64] | None:
    """The score (n, channels) of every class, of a map or sequence its mean over positions; None without a meaning."""
    head = head_of(net)
    if head is None:
        return None
    numbers = head.channels_first(values[net.program.output])
    scores = head.scores(numbers.double() if head.positions else numbers.float())
    return head.means(scores).double().cpu().numpy()


def ranked(head: Head, scores: NDArray[np.floating]) -> list[int]:
    """The channels of classes, that of the largest score (channels,) first."""
    order = np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")
    return [int(channel) for channel in order if channel >= head.first]


def told(head: Head) -> int:
    """How many answers there are to tell of an image: one for a single class, none of more than five plain numbers."""
    if head.kind == "values":
        return head.channels if head.channels <= MOST else 0
    return 1 if head.kind == "binary" else min(MOST, head.classes)


def answers(head: Head, scores: NDArray[np.floating]) -> list[tuple[int, float]]:
    """Labels, as `Head.label_name` names them, and their scores, of one image's scores (channels,).

    The most probable classes first; of a single class, which of the two it is; plain numbers in their order.
    """
    if head.kind == "binary":
        label, score = head.decide(torch.from_numpy(scores)[None])
        return [(int(label), float(score))]
    order = list(range(head.channels)) if head.kind == "values" else ranked(head, scores)
    return [(channel, float(scores[channel])) for channel in order[: told(head)]]


__all__ = ["MOST", "answers", "head_of", "ranked", "scores_of", "told"]
