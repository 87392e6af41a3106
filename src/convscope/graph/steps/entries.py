"""Steps that treat positions alike and alone, and are no more than that: by entries, or along channels.

PyTorch tags what makes each entry from the same entries of what it reads (`torch.Tag.pointwise`): sign, floor,
comparisons, shrinkage, logarithms, some hundred of them. What works along a dimension that is no position (a sort, a
running sum) treats positions alone as well. The operations that matter most have rules of their own; the others have
these, so that none of them loses track of positions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

from convscope.graph.boxes import Signal
from convscope.graph.options import PullOptions, Report
from convscope.graph.steps.base import Call, Positionwise, PullContext, Slot, constants_fit
from convscope.graph.steps.registry import rule

aten = torch.ops.aten

#: Operations on entries that PyTorch does not tag as such.
_UNTAGGED = {
    aten.__and__.Tensor,
    aten.__and__.Scalar,
    aten.__or__.Tensor,
    aten.__or__.Scalar,
    aten._to_copy.default,
    aten.to.dtype,
    aten.type_as.default,
    aten.where.ScalarOther,
    aten.where.ScalarSelf,
    aten.where.Scalar,
    aten.masked_fill.Tensor,
    aten.special_ndtr.default,
    aten.special_expit.default,
    aten.special_expm1.default,
    aten.special_log1p.default,
    aten.special_erf.default,
    aten.special_erfc.default,
    aten.log_sigmoid.default,
    aten.bucketize.Tensor,
}


def on_entries(call: Call) -> bool:
    """Whether each entry of a call's result is made from the same entries of its inputs, and nothing random."""
    if call.target is aten.index_put.default:
        return _writes_one_number(call)
    tags = getattr(call.target, "tags", ())
    random = torch.Tag.nondeterministic_seeded in tags
    return call.target in _UNTAGGED or (torch.Tag.pointwise in tags and not random)


def _writes_one_number(call: Call) -> bool:
    """Whether an index_put is `x[mask] = number`."""
    bound = call.bind()
    where, new = bound["indices"], bound["values"]
    mask = len(where) == 1 and isinstance(where[0], Slot) and call.sources[where[0].number]
    alike = bool(mask) and not mask.floating and mask.shape == call.result.shape
    return alike and isinstance(new, Tensor) and new.numel() == 1 and not bound.get("accumulate", False)


@rule(OpOverload)
class Entrywise(Positionwise):
    """An operation on entries that has no rule of its own: its derivative, position by position."""

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Of maps of one orientation, and constants that are alike at every position."""
        return on_entries(call) and constants_fit(call)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """By the derivative, and counted."""
        self.note(context.report)
        return super().pull(signal, context)

    def note(self, report: Report) -> None:
        """It is a derivative."""
        (report.unnamed if self.unnamed else report.differentiated)[self.op] += 1


@rule(aten.detach.default)
class Detached(Positionwise):
    """What a network's maker has taken for a constant beside a way that signals go: the rest of a straight-through
    estimator, `x + (round(x) - x).detach()`."""

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Always."""
        return True

    def needs(self, options: PullOptions) -> tuple[int, ...]:
        """Nothing."""
        return ()

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """Nothing goes back, as in autograd."""
        context.report.held[self.op] += 1
        return {}


class _Alone(Positionwise):
    """An operation whose result at a position is made from its inputs there: its derivative, position by position."""

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Of maps that lie alike, as their result does, but for dimensions that are no positions."""
        source, result = call.sources[0], call.result
        if source.layout is None or result.layout is None or source.size != result.size:
            return False
        alike = all((v.layout, len(v.shape)) == (source.layout, len(source.shape)) for v in call.sources)
        return alike and not cls.along(call) & {0, *source.layout} and _constants_have_no_positions(call)

    @classmethod
    def along(cls, call: Call) -> set[int]:
        """The dimensions that it works along."""
        return _dims(call, call.bind()["dim"])

    @property
    def focuses(self) -> bool:
        """It does: it runs on the boxes."""
        return True

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """By the derivative, and counted."""
        context.report.differentiated[self.op] += 1
        return super().pull(signal, context)


@rule(
    aten.aminmax.default,
    aten.all.dim,
    aten.any.dim,
    aten.argmax.default,
    aten.argmin.default,
    aten.argsort.default,
    aten.argsort.stable,
    aten.cosine_similarity.default,
    aten.cummax.default,
    aten.cummin.default,
    aten.cumprod.default,
    aten.cumsum.default,
    aten.gather.default,
    aten.index_add.default,
    aten.index_fill.int_Scalar,
    aten.kthvalue.default,
    aten.logcumsumexp.default,
    aten.median.dim,
    aten.nanmedian.dim,
    aten.prod.dim_int,
    aten.quantile.default,
    aten.quantile.scalar,
    aten.scatter.src,
    aten.scatter.value,
    aten.scatter_add.default,
    aten.sort.default,
    aten.sort.stable,
    aten.std_mean.correction,
    aten.take_along_dim.default,
    aten.topk.default,
    aten.var_mean.correction,
)
class AlongChannels(_Alone):
    """A sort, the largest few, a running sum ... along a dimension that is no position."""


@rule(aten.rms_norm.default)
class RmsNorm(_Alone):
    """Division by the root of the mean square over dimensions that are no positions."""

    @classmethod
    def along(cls, call: Call) -> set[int]:
        """The last ones."""
        rank = len(call.sources[0].shape) + 1
        return set(range(rank - len(call.bind()["normalized_shape"]), rank))


@rule(aten.embedding.default)
class Lookup(_Alone):
    """Rows of a table by their numbers, as a quantiser's code book is read."""

    @classmethod
    def along(cls, call: Call) -> set[int]:
        """None: the rows' entries are a dimension of their own."""
        return set()


def _dims(call: Call, dims: Any) -> set[int]:
    rank = len(call.sources[0].shape) + 1
    given = range(rank) if dims is None else [dims] if isinstance(dims, int) else dims
    return {int(dim) % rank for dim in given}


def _constants_have_no_positions(call: Call) -> bool:
    """Whether the constants among the arguments are alike at every position of the first input."""
    rank, layout = len(call.sources[0].shape) + 1, call.sources[0].layout or ()
    tensors = [a for a in (*call.args, *call.kwargs.values()) if isinstance(a, Tensor)]
    return all(tensor.dim() < rank or all(tensor.shape[dim] == 1 for dim in layout) for tensor in tensors)


__all__ = ["AlongChannels", "Detached", "Entrywise", "Lookup", "RmsNorm", "on_entries"]
