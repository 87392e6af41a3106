"""Loops compile also where nothing compiled can be kept."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

numba = pytest.importorskip("numba")
compiling = pytest.importorskip("convscope.kernels.loops.compiling")


def test_loops_compile_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    njit = numba.njit

    def keeps_nothing(**options: object) -> object:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return njit(**options)

    monkeypatch.setattr(compiling, "numba", SimpleNamespace(njit=keeps_nothing))

    @compiling.loop
    def doubled(values: np.ndarray) -> float:
        total = 0.0
        for value in values:
            total += 2 * value
        return total

    assert doubled(np.arange(4.0)) == 12


def test_code_of_ours_takes_pointers_that_have_no_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a later Numba will hand them over: every access says itself what it reads or writes."""
    from llvmlite import ir

    original, seen = compiling._memory, []

    def without_type(*arguments: Any) -> Any:
        memory = original(*arguments)
        memory.type = ir.PointerType()
        seen.append(memory)
        return memory

    monkeypatch.setattr(compiling, "_memory", without_type)
    fetch, nonzero, add_rows = compiling.fetch, compiling.nonzero, compiling.add_rows

    @numba.njit
    def listed(x: Any, values: Any, names: Any, rows: Any, shifts: Any, out: Any) -> int:
        fetch(x, 0)
        found = nonzero(x, 0, 0, values, names, 0)
        for n in range(len(shifts)):
            add_rows(values, names, 0, found, rows, 0, out, 0, shifts[: n + 1], n + 1)
        return found

    x = np.zeros(16, np.float32)
    x[[3, 7, 15]] = 1, -2, 0.5
    rows = np.arange(16 * 6 * 16, dtype=np.float32) % 7
    values, names, out = np.zeros(32, np.float32), np.zeros(32, np.int32), np.zeros(6 * 16, np.float32)
    assert listed(x, values, names, rows, np.arange(0, 96, 16), out) == 3
    assert seen
    assert names[:3].tolist() == [3, 7, 15]
    assert values[:3].tolist() == [1, -2, 0.5]
    expected = np.zeros(96)
    for n in range(1, 7):  # a row is n vectors, so that row i begins at 16 n i
        for value, name in zip(values[:3], names[:3], strict=True):
            expected[: 16 * n] += value * rows[16 * n * name : 16 * n * (name + 1)]
    np.testing.assert_array_equal(out, expected)
