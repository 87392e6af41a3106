"""The operations of a program, tried on tensors without memory while somebody looks at how large things become.

A file can ask for a tensor of any size, or write a size as an expression that takes for ever to simplify. Nothing has
memory while a program is traced, so every result is looked at first, and what no network on images needs is refused.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Iterable
from typing import Any

import sympy
from torch import Tensor, fx

from convscope.models.exported.fields import Refused

ASSUMED_BATCH = 2
"""The number of images that sizes are looked at for."""

_MOST_ELEMENTS = 2**31  # 8 GB: 64 maps of 4096x4096 pixels of two images, which no network on images has
_MOST_CONSTANT = 2**26
_CONSTANT_STEPS = 16  # weights that are standardised in the program, in a chain of operations
_MOST_DIMENSIONS = 16
_MOST_PARTS = 4096
_LONGEST_EXPRESSION = 64
_HIGHEST_POWER = 4
_SECONDS = 300.0


class Watched(fx.Interpreter):
    """Runs the graph and looks at the size of every result before the next operation is tried."""

    def __init__(self, module: fx.GraphModule, stored: int) -> None:
        """`stored`: how many elements the file's tensors have, which constants may be computed from."""
        super().__init__(module)
        self.extra_traceback = False
        self.left = _MOST_CONSTANT + _CONSTANT_STEPS * stored
        self.deadline = time.monotonic() + _SECONDS
        self.varying: set[fx.Node] = set()
        self.batch: Any = None

    def run_node(self, n: fx.Node) -> Any:
        """The result of a node, refused if it is larger, or its size more involved, than a network's."""
        if time.monotonic() > self.deadline:
            raise Refused(f"its operations take longer than {_SECONDS:.0f} seconds to trace")
        if n.op == "call_function":
            self._check_parts(n)
        result = super().run_node(n)
        if n.op == "placeholder":
            size = result.shape[0]
            self.batch = None if isinstance(size, int) else size.node.expr
        if n.op == "placeholder" or any(source in self.varying for source in n.all_input_nodes):
            self.varying.add(n)
        if n.op in ("call_function", "placeholder") and n.target is not operator.getitem:
            self._check(result, counts=n not in self.varying)
        return result

    def _check_parts(self, n: fx.Node) -> None:
        """Refuse what would be cut into thousands of parts."""
        schema = getattr(n.target, "_schema", None)
        if schema is None or not any(str(result.type) == "List[Tensor]" for result in schema.returns):
            return
        for source in n.all_input_nodes:
            for size in getattr(self.env.get(source), "shape", ()):
                if isinstance(size, int) and size > _MOST_PARTS * 16:
                    raise Refused(f"it cuts a tensor of length {size} into parts")

    def _check(self, result: Any, *, counts: bool) -> None:
        if isinstance(result, list | tuple):
            if len(result) > _MOST_PARTS:
                raise Refused(f"an operation has {len(result)} results")
            for part in result:
                self._check(part, counts=counts)
        elif isinstance(result, Tensor):
            elements = self._elements(result.shape)
            if counts:
                self.left -= elements
                if self.left < 0:
                    raise Refused("what it computes from no image is larger than its weights would need")
        elif not isinstance(result, bool | float | type(None)):
            self._value(result)

    def _elements(self, shape: Iterable[Any]) -> int:
        sizes = [self._value(size) for size in shape]
        if len(sizes) > _MOST_DIMENSIONS:
            raise Refused(f"it makes a tensor of {len(sizes)} dimensions")
        elements = 1
        for size in sizes:
            elements *= max(size, 1)
        if elements > _MOST_ELEMENTS:
            raise Refused(f"it makes a tensor of {elements:,} elements for {ASSUMED_BATCH} images")
        return elements

    def _value(self, size: Any) -> int:
        """A size, at the batch that is assumed; it must be a number, or a short expression of the batch alone."""
        if isinstance(size, int):
            value = size
        else:
            expression = size.node.expr
            if expression == self.batch:
                return ASSUMED_BATCH
            value = self._evaluated(expression)
        if abs(value) > 2**62:
            raise Refused(f"it computes a size of {int(value).bit_length()} bits")
        return value

    def _evaluated(self, expression: Any) -> int:
        if not expression.free_symbols <= {self.batch}:
            raise Refused("it makes tensors whose sizes depend on what is in the image")
        powers = [abs(int(power.exp)) for power in expression.atoms(sympy.Pow) if power.exp.is_Integer]
        if expression.count_ops() > _LONGEST_EXPRESSION or any(power > _HIGHEST_POWER for power in powers):
            raise Refused("it computes with the batch size in a way that no network does")
        found = expression.subs(self.batch, ASSUMED_BATCH)
        return int(found) if found.is_number else 0
