"""The strongest channels at each position, all others set to zero: how a sparse code with a fixed number is made."""

from __future__ import annotations

from torch import Tensor

from convscope.graph.steps.base import Call
from convscope.graph.steps.pointwise import Rectifying
from convscope.graph.steps.registry import rule


def strongest(x: Tensor, count: int, dim: int) -> Tensor:
    """What is positive and no smaller than the `count`-th largest entry along `dim`; zero everywhere else.

    Entries that are equal to it stay, too, so that no order of channels decides: there may be more than `count`.

    >>> import torch
    >>> strongest(torch.tensor([[3.0, -1.0, 2.0, 2.0, 1.0]]), 2, 1)
    tensor([[3., 0., 2., 2., 0.]])
    """
    entries = x.movedim(dim, -1)
    least = entries.topk(min(count, entries.shape[-1]), sorted=False).values.amin(-1, keepdim=True).movedim(-1, dim)
    # Asked this way round, what is no number stays what it is.
    return x.masked_fill(x < least, 0).relu()


@rule(strongest)
class Strongest(Rectifying):
    """A ReLU that lets the strongest channels through alone. To a signal it is a ReLU."""

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Over a dimension that is no position."""
        dim, rank = int(call.bind()[2]), len(call.sources[0].shape) + 1  # pyright: ignore[reportArgumentType]
        return len(call.inputs) == 1 and 0 < dim < rank and dim not in (call.sources[0].layout or ())

    def __post_init__(self) -> None:
        super().__post_init__()
        self.op = "topk"


__all__ = ["Strongest", "strongest"]
