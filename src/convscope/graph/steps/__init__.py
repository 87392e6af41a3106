"""One module a family of operations; importing this package registers all of their rules."""

from convscope.graph.steps import (
    conv,
    entries,
    joining,
    normalisation,
    pointwise,
    pool,
    rearranging,
    resampling,
    reshaping,
    silencing,
    slicing,
    strongest,
    unpooling,
    weighing,
)
from convscope.graph.steps.base import BatchSize, Call, Positionwise, PullContext, Slot, Step
from convscope.graph.steps.registry import make_step

__all__ = [
    "BatchSize",
    "Call",
    "Positionwise",
    "PullContext",
    "Slot",
    "Step",
    "conv",
    "entries",
    "joining",
    "make_step",
    "normalisation",
    "pointwise",
    "pool",
    "rearranging",
    "resampling",
    "reshaping",
    "silencing",
    "slicing",
    "strongest",
    "unpooling",
    "weighing",
]
