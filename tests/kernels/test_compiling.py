"""Loops compile also where nothing compiled can be kept."""

from types import SimpleNamespace

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
