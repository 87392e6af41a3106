"""Kernels both ways: by the compiled loop and in plain PyTorch."""

from collections.abc import Iterator

import pytest

from convscope import kernels
from convscope.kernels import State, machine


@pytest.fixture(params=["on", "off"])
def way(request: pytest.FixtureRequest) -> Iterator[State]:
    """The two ways that a kernel has; the compiled one skips where there is no Numba."""
    with kernels.switched(request.param):
        if kernels.state() != request.param:
            pytest.skip("Numba is not there to compile loops")
        yield request.param


@pytest.fixture
def compiled() -> Iterator[None]:
    """The compiled way; skips where there is no Numba."""
    with kernels.switched("on"):
        if kernels.state() != "on":
            pytest.skip("Numba is not there to compile loops")
        yield


@pytest.fixture(params=["avx512", "narrow"])
def vectors(request: pytest.FixtureRequest) -> Iterator[machine.VectorWidth]:
    """The two kinds of processor that a loop of its own is kept for."""
    with machine.pretend(vectors=request.param):
        yield request.param
