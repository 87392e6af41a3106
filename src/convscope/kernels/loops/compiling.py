"""How loops are compiled, and what Numba cannot be brought to do by itself: `fetch`, `nonzero` and `add_rows`.

These are written as LLVM code. Its vectors are of 16 numbers on every processor; one with narrower registers takes
several of them. Pointers are LLVM's own, without a type: each access says what it reads or writes.

This is the one module that imports Numba and llvmlite, and the loops beside it, and what compiles a
plain function, alone import it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

import numba
from llvmlite import ir
from numba.core import cgutils, event, types
from numba.extending import intrinsic

logger = logging.getLogger(__name__)

Loop = TypeVar("Loop", bound=Callable[..., Any])

LINE = 16
"""Numbers in float32 that memory hands over together, and that a vector holds."""

MOST_ROWS = 6
"""Vectors that a row of `add_rows` has at most: so many sums, and what is added to them, are held in registers."""

_POINTER, _FLOAT = ir.PointerType(), ir.FloatType()
_SHORT, _NUMBER, _LONG = (ir.IntType(bits) for bits in (16, 32, 64))
_VECTOR, _NUMBERS = (ir.VectorType(kind, LINE) for kind in (_FLOAT, _NUMBER))


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


class _Telling(event.Listener):
    """Says, once, that loops are being compiled, which takes seconds; those of others, and kept ones, are none."""

    def on_start(self, event: Any) -> None:
        if event.data["dispatcher"].py_func.__module__.startswith("convscope."):
            _tell()

    def on_end(self, event: Any) -> None:
        pass


@cache
def _tell() -> None:
    logger.info("compiling loops for this processor, once on a machine: this takes some seconds")


event.register("numba:compile", _Telling())


@intrinsic
def fetch(typing: Any, array: Any, index: Any) -> Any:
    """fetch(array, index), within a loop: ask memory for the line that holds array[index] (float32), which need not
    exist.

    Reading in order by one core is bound by how long memory takes to answer: 10 to 12 GB/s as it comes, 15 to 18 where
    it is asked some kilobytes ahead.
    """

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = _at(builder, _memory(context, builder, signature, arguments, 0), _FLOAT, arguments[1])
        of = ir.FunctionType(ir.VoidType(), [_POINTER, _NUMBER, _NUMBER, _NUMBER])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [_POINTER], of)
        reading, keep, data = 0, 2, 1
        builder.call(prefetch, [address, *(_NUMBER(i) for i in (reading, keep, data))])
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
        numbers = builder.load(_at(builder, source, _FLOAT, at), align=4, typ=_VECTOR)
        chosen = builder.fcmp_unordered("!=", numbers, ir.Constant(_VECTOR, [0.0] * LINE))
        counted = builder.add(
            _everywhere(builder, builder.trunc(first, _NUMBER), _NUMBERS), ir.Constant(_NUMBERS, list(range(LINE)))
        )
        for name, kind, vector, memory in (("f32", _FLOAT, numbers, values), ("i32", _NUMBER, counted, names)):
            of = ir.FunctionType(ir.VoidType(), [vector.type, _POINTER, chosen.type])
            store = cgutils.get_or_insert_function(builder.module, of, f"llvm.masked.compressstore.v{LINE}{name}")
            builder.call(store, [vector, _at(builder, memory, kind, to), chosen])
        count = builder.module.declare_intrinsic("llvm.ctpop", [_SHORT])
        return builder.zext(builder.call(count, [builder.bitcast(chosen, _SHORT)]), _LONG)

    return types.intp(x, types.intp, types.intp, values, names, types.intp), code


@intrinsic
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

    A row is n vectors of 16 float32 numbers, n from 1 to MOST_ROWS; row 0 begins at rows[at]. Vector j goes to
    out[to + shifts[j]]. The sum is made in registers: for each n there is code of its own.
    """

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        values, names, rows, out, shifts = (_memory(context, builder, signature, arguments, i) for i in (0, 1, 4, 6, 8))
        _, _, start, stop, _, at, _, to, _, n = arguments
        first, done = _at(builder, rows, _FLOAT, at), builder.append_basic_block("done")
        choice = builder.switch(n, done)
        for count in range(1, MOST_ROWS + 1):
            block = builder.append_basic_block(f"rows_of_{count}")
            choice.add_case(_LONG(count), block)
            with builder.goto_block(block):
                starts = [builder.add(to, _read(builder, shifts, _LONG, _LONG(j))) for j in range(count)]
                places = [_at(builder, out, _FLOAT, place) for place in starts]
                _add_in_registers(builder, values, names, (start, stop), first, places)
                builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    positions = types.intp, types.intp
    return types.void(values, names, *positions, rows, types.intp, out, types.intp, shifts, types.intp), code


def _add_in_registers(
    builder: Any, values: Any, names: Any, span: tuple[Any, Any], rows: Any, places: Sequence[Any]
) -> None:
    """Code that adds the sum of values[i] * row names[i], i in the span, to one vector at each of the places."""
    count = len(places)
    sums = [cgutils.alloca_once(builder, _VECTOR) for _ in range(count)]
    for place, total in zip(places, sums, strict=True):
        builder.store(builder.load(place, align=4, typ=_VECTOR), total)
    with cgutils.for_range_slice(builder, *span, _LONG(1)) as (i, _):
        factor = _everywhere(builder, _read(builder, values, _FLOAT, i), _VECTOR)
        number = builder.zext(_read(builder, names, _NUMBER, i), _LONG)
        row = _at(builder, rows, _FLOAT, builder.mul(number, _LONG(count * LINE)))
        for j, total in enumerate(sums):
            weights = builder.load(_at(builder, row, _VECTOR, _LONG(j)), align=4, typ=_VECTOR)
            part = builder.fmul(factor, weights, flags=("contract",))
            builder.store(builder.fadd(part, builder.load(total, typ=_VECTOR), flags=("contract",)), total)
    for place, total in zip(places, sums, strict=True):
        builder.store(builder.load(total, typ=_VECTOR), place, align=4)


def _memory(context: Any, builder: Any, signature: Any, arguments: Any, i: int) -> Any:
    """The memory of an argument that is an array."""
    return context.make_array(signature.args[i])(context, builder, arguments[i]).data


def _at(builder: Any, memory: Any, kind: Any, index: Any) -> Any:
    """The address of an entry of memory that holds entries of a kind."""
    address = builder.gep(memory, [index], source_etype=kind)
    address.type = _POINTER  # it takes over that of `memory`, which is a typed pointer where Numba still makes them
    return address


def _read(builder: Any, memory: Any, kind: Any, index: Any) -> Any:
    """One entry of memory that holds entries of a kind."""
    return builder.load(_at(builder, memory, kind, index), typ=kind)


def _everywhere(builder: Any, number: Any, kind: Any) -> Any:
    """The vector that holds a number 16 times."""
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), number, _NUMBER(0))
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), ir.Constant(_NUMBERS, [0] * LINE))
