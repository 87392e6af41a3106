"""The one shape that every kernel has: what it accepts, a compiled loop, and the same answer in plain PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, ParamSpec, TypeVar

from convscope.kernels.switch import state

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")


@dataclass(frozen=True)
class Kernel(Generic[Arguments, Returned]):
    """A function that has two ways to the same answer; who calls it does not know which was taken.

    accepts: whether the compiled loop can take these arguments, and is the faster way. compiled, plain: the two ways;
    equal up to rounding, float32's for the loop, and the plain one's is that of its arguments' dtype.
    """

    accepts: Callable[Arguments, bool]
    compiled: Callable[Arguments, Returned]
    plain: Callable[Arguments, Returned]

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Returned:
        """The answer, by the compiled loop where it is to be had."""
        if self.accepts(*args, **kwargs) and state() == "on":
            return self.compiled(*args, **kwargs)
        return self.plain(*args, **kwargs)


__all__ = ["Kernel"]
