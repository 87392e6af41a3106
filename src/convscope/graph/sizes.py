"""Sizes in an exported program: numbers, multiples of the batch, and those that pixels decide, which are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy
import torch

from convscope.errors import TraceError
from convscope.graph.steps import BatchSize

_TYPES = {torch.SymInt: int, torch.SymFloat: float, torch.SymBool: bool}


@dataclass(frozen=True)
class Batching:
    """How many images a program takes at once: one, or any number, which a symbol then stands for."""

    size: Any

    @property
    def any(self) -> bool:
        """Whether it takes any number of images."""
        return not isinstance(self.size, int)

    def counts(self, size: Any) -> bool:
        """Whether a length is that of the batch."""
        if not self.any:
            return not of_pixels(size) and int(size) == 1
        return not isinstance(size, int) and size.node.expr == self.size.node.expr

    def number(self, value: Any) -> Any:
        """A number, or how it depends on the batch size.

        Raises:
            TraceError: where it depends on what is in the images, or on the batch in another way than a linear one.
        """
        if isinstance(value, BatchSize) or not _symbolic(value):
            return value
        expr = sympy.sympify(value.node.expr)
        if not expr.free_symbols:
            return _TYPES[type(value)](expr)
        if of_pixels(value):
            raise TraceError(
                "the size of a tensor in the model depends on what is in the images (x[x > 0], torch.nonzero, "
                "int(x.sum())): write it for tensors of one size, with torch.where for x[mask]"
            )
        symbol = self.size.node.expr
        offset, factor = expr.subs(symbol, 0), sympy.diff(expr, symbol)
        if expr.free_symbols != {symbol} or not (offset.is_Integer and factor.is_Integer):
            raise TraceError(f"a size in the model depends on the batch in a way that is not linear: {expr}")
        return BatchSize(int(factor), int(offset))

    def within(self, tensor: Any) -> tuple[int, int, int] | None:
        """(dimension, factor, offset) of the dimension that grows with the batch; None where none does."""
        numbers = [self.number(length) for length in tensor.shape]
        found = [(dim, n.factor, n.offset) for dim, n in enumerate(numbers) if isinstance(n, BatchSize)]
        return next((at for at in found if at[1]), None)


def alike(a: Any, b: Any) -> bool:
    """Whether two values have one shape and dtype; sizes that pixels decide are alike where they are the same one."""
    return a.dtype == b.dtype and [_spelled(n) for n in a.shape] == [_spelled(n) for n in b.shape]


def of_pixels(value: Any) -> bool:
    """Whether a number depends on what is in the images, as the count of positive pixels does."""
    return _symbolic(value) and any(
        str(symbol).startswith(("u", "zuf")) for symbol in sympy.sympify(value.node.expr).free_symbols
    )


def _symbolic(value: Any) -> bool:
    return isinstance(value, torch.SymInt | torch.SymFloat | torch.SymBool)


def _spelled(size: Any) -> Any:
    return size if isinstance(size, int) else size.node.expr


__all__ = ["Batching", "alike", "of_pixels"]
