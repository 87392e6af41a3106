"""Loops that Numba compiles: for what PyTorch would read its operands from memory several times.

And what such a loop cannot be brought to do by itself: `fetch`, `nonzero` and `add_rows` are written as LLVM code. Its
vectors are of 16 numbers on every processor; one with narrower registers takes several of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

Loop = TypeVar("Loop", bound=Callable[..., Any])

LINE = 16
"""Numbers in float32 that memory hands over together, and that a vector holds."""

_SHORT, _NUMBER, _LONG = (ir.IntType(bits) for bits in (16, 32, 64))
_VECTOR, _NUMBERS = (ir.VectorType(kind, LINE) for kind in (ir.FloatType(), _NUMBER))


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


@intrinsic
def nonzero(typing: Any, x: Any, at: Any, first: Any, values: Any, names: Any, to: Any) -> Any:
    """nonzero(x, at, first, values, names, to), within a loop: how many of the 16 float32 numbers from x[at] are not
    zero. They are put into `values` from `to` on, and beside them, in `names` (int32), which they are, counted from
    `first`."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, values, names = (_memory(context, builder, signature, arguments, i) for i in (0, 3, 4))
        _, at, first, _, _, to = arguments
        numbers = builder.load(_as_vector(builder, builder.gep(source, [at])), align=4)
        chosen = builder.fcmp_unordered("!=", numbers, ir.Constant(_VECTOR, [0.0] * LINE))
        counted = builder.add(
            _everywhere(builder, builder.trunc(first, _NUMBER), _NUMBERS), ir.Constant(_NUMBERS, list(range(LINE)))
        )
        for kind, vector, memory in (("f32", numbers, values), ("i32", counted, names)):
            name = f"llvm.masked.compressstore.v{LINE}{kind}"
            of = ir.FunctionType(ir.VoidType(), [vector.type, memory.type, chosen.type])
            store = cgutils.get_or_insert_function(builder.module, of, name)
            builder.call(store, [vector, builder.gep(memory, [to]), chosen])
        count = builder.module.declare_intrinsic("llvm.ctpop", [_SHORT])
        return builder.zext(builder.call(count, [builder.bitcast(chosen, _SHORT)]), _LONG)

    return types.intp(x, types.intp, types.intp, values, names, types.intp), code


@intrinsic(prefer_literal=True)
def add_rows(
    typing: Any,
    values: Any,
    names: Any,
    start: Any,
    stop: Any,
    rows: Any,
    at: Any,
    out: Any,
    to: Any,
    shifts: Any,
    n: Any,
) -> Any:
    """add_rows(values, names, start, stop, rows, at, out, to, shifts, n), within a loop: add the sum of
    values[i] * row names[i], i from `start` to `stop`, to `out`.

    A row is n vectors of 16 float32 numbers, n a literal; row 0 begins at rows[at]. Vector j goes to
    out[to + shifts[j]]. The sum is made in registers.
    """
    count = n.literal_value

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        values, names, rows, out, shifts = (_memory(context, builder, signature, arguments, i) for i in (0, 1, 4, 6, 8))
        _, _, start, stop, _, at, _, to, _, _ = arguments
        starts = [builder.add(to, builder.load(builder.gep(shifts, [_LONG(j)]))) for j in range(count)]
        places = [_as_vector(builder, builder.gep(out, [place])) for place in starts]
        sums = [cgutils.alloca_once(builder, _VECTOR) for _ in range(count)]
        for place, total in zip(places, sums, strict=True):
            builder.store(builder.load(place, align=4), total)
        first = builder.gep(rows, [at])
        with cgutils.for_range_slice(builder, start, stop, _LONG(1)) as (i, _):
            factor = _everywhere(builder, builder.load(builder.gep(values, [i])), _VECTOR)
            number = builder.zext(builder.load(builder.gep(names, [i])), _LONG)
            row = _as_vector(builder, builder.gep(first, [builder.mul(number, _LONG(count * LINE))]))
            for j, total in enumerate(sums):
                part = builder.fmul(factor, builder.load(builder.gep(row, [_LONG(j)]), align=4), flags=("contract",))
                builder.store(builder.fadd(part, builder.load(total), flags=("contract",)), total)
        for place, total in zip(places, sums, strict=True):
            builder.store(builder.load(total), place, align=4)
        return context.get_dummy_value()

    positions = types.intp, types.intp
    return types.void(values, names, *positions, rows, types.intp, out, types.intp, shifts, n), code


def _memory(context: Any, builder: Any, signature: Any, arguments: Any, i: int) -> Any:
    """The memory of an argument that is an array."""
    return context.make_array(signature.args[i])(context, builder, arguments[i]).data


def _as_vector(builder: Any, pointer: Any) -> Any:
    return builder.bitcast(pointer, _VECTOR.as_pointer())


def _everywhere(builder: Any, number: Any, kind: Any) -> Any:
    """The vector that holds a number 16 times."""
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), number, _NUMBER(0))
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), ir.Constant(_NUMBERS, [0] * LINE))
