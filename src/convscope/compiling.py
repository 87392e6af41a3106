"""Loops that Numba compiles: for what PyTorch would read its operands from memory several times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

Loop = TypeVar("Loop", bound=Callable[..., Any])

LINE = 16
"""Numbers in float32 that memory hands over together."""


def loop(function: Loop) -> Loop:
    """The function compiled when it is first called, for other threads to run beside it.

    What is compiled is kept for the next process, beside the module or in the user's cache, where one can be written.
    """
    compiled: Any
    try:
        compiled = numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    except RuntimeError:  # "no locator available": neither can be
        compiled = numba.njit(nogil=True, error_model="numpy")(function)
    return compiled


@intrinsic
def fetch(typing: Any, array: Any, index: Any) -> Any:
    """fetch(array, index), within a loop: ask memory for the line that holds array[index], which need not exist.

    Reading in order by one core is bound by how long memory takes to answer: 10 to 12 GB/s as it comes, 15 to 18 where
    it is asked some kilobytes ahead.
    """

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = builder.gep(context.make_array(signature.args[0])(context, builder, arguments[0]).data, arguments[1:])
        number, pointer = ir.IntType(32), ir.IntType(8).as_pointer()
        of = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [pointer], of)
        reading, keep, data = 0, 2, 1
        builder.call(prefetch, [builder.bitcast(address, pointer), *(number(i) for i in (reading, keep, data))])
        return context.get_dummy_value()

    return types.void(array, types.intp), code
