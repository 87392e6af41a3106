"""The one shape of kernels: which way is taken."""

import pytest

from convscope import kernels
from convscope.kernels import Kernel, State


def taken(limit: int) -> str:
    found = Kernel(accepts=lambda n: n < 5, compiled=lambda n: "compiled", plain=lambda n: "plain")
    return found(limit)


def test_what_is_accepted_goes_the_compiled_way(compiled: None) -> None:
    assert [taken(n) for n in (4, 5)] == ["compiled", "plain"]


def test_switched_off_everything_goes_the_plain_way() -> None:
    with kernels.switched("off"):
        assert taken(4) == "plain"


def test_arguments_go_by_name_too(way: State) -> None:
    kernel: Kernel[[int, int], int] = Kernel(
        accepts=lambda a, b: True, compiled=lambda a, b: a - b, plain=lambda a, b: a - b
    )
    assert kernel(b=1, a=3) == 2  # type: ignore[call-arg]


def test_a_kernel_cannot_be_changed() -> None:
    kernel = Kernel(accepts=lambda: True, compiled=lambda: 1, plain=lambda: 2)
    with pytest.raises(AttributeError):
        kernel.plain = lambda: 3  # type: ignore[misc]
