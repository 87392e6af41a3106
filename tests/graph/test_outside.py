"""What a forward pass has outside of its module is as it was after tracing: caches of functions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from convscope.errors import TraceError
from convscope.graph import Network

SHAPE = (3, 10, 9)


@functools.cache
def ramp(height: int, width: int) -> Tensor:
    return torch.linspace(0, 1, height)[None, None, :, None].expand(1, 1, height, width)


@functools.lru_cache(maxsize=4)
def recent(height: int, width: int) -> tuple[Tensor, ...]:
    return (torch.linspace(0, 1, width)[None, None, None, :].expand(1, 1, height, width),)


class Anchors:
    """A class whose method keeps what it made."""

    @staticmethod
    @functools.lru_cache
    def of(height: int) -> Tensor:
        return torch.arange(height).float()[None, None, :, None]


class Positions(nn.Module):
    """A convolution whose map gets something of its size added; `through` says by which function."""

    def __init__(self, through: Callable[..., Any]) -> None:
        super().__init__()
        self.c = nn.Conv2d(3, 8, 3)
        self.through = through

    @functools.lru_cache  # noqa: B019 (what people write)
    def kept(self, height: int) -> Tensor:
        return torch.ones(1, 1, height, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.c(x)
        return y + self.through(y) + self.kept(y.shape[2])


class Failing(Positions):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) if super().forward(x).sum() > 0 else x


THROUGH: dict[str, tuple[Any, Callable[[Tensor], Tensor]]] = {
    "cache": (ramp, lambda y: ramp(y.shape[2], y.shape[3])),
    "lru_cache": (recent, lambda y: recent(y.shape[2], y.shape[3])[0]),
    "of a class": (Anchors.of, lambda y: Anchors.of(y.shape[2])),
}


@pytest.fixture(autouse=True)
def empty() -> None:
    for cached in (ramp, recent, Anchors.of, Positions.kept):
        cached.cache_clear()


@pytest.mark.parametrize("case", THROUGH)
def test_cached_functions_hold_nothing_of_the_tracing(case: str) -> None:
    cached, through = THROUGH[case]
    module = Positions(through).eval()
    image = torch.rand(1, *SHAPE)
    first = Network.trace(module, SHAPE)
    assert cached.cache_info().currsize == Positions.kept.cache_info().currsize == 0
    expected = module(image)
    assert type(expected) is Tensor
    second = Network.trace(Positions(through).eval(), SHAPE)
    assert type(Positions(through)(image)) is Tensor
    assert torch.allclose(first.run(image)[first.output], expected, atol=1e-6)
    assert second.output == first.output


@pytest.mark.parametrize("case", THROUGH)
def test_what_they_held_before_they_hold_after(case: str) -> None:
    cached, through = THROUGH[case]
    module = Positions(through).eval()
    image = torch.rand(1, *SHAPE)
    module(image[..., :8, :8])
    held, size = through(torch.zeros(1, 8, 6, 6)), cached.cache_info().currsize
    Network.trace(module, SHAPE)
    assert cached.cache_info().currsize == size
    hits = cached.cache_info().hits
    assert through(torch.zeros(1, 8, 6, 6)).data_ptr() == held.data_ptr()
    assert cached.cache_info().hits == hits + 1
    for height in range(5, 15):  # also where older entries give way to newer ones
        assert type(through(torch.zeros(1, 8, height, 6))) is Tensor


def test_a_cached_function_of_a_closure_is_found() -> None:
    @functools.lru_cache
    def local(height: int) -> Tensor:
        return torch.ones(1, 1, height, 1)

    class Closed(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + local(x.shape[2])

    Network.trace(Closed(), SHAPE)
    assert local.cache_info().currsize == 0


def test_they_are_put_back_after_a_failure_too() -> None:
    with pytest.raises(TraceError):
        Network.trace(Failing(lambda y: ramp(y.shape[2], y.shape[3])), SHAPE)
    assert ramp.cache_info().currsize == 0


_MADE: dict[str, dict[int, Tensor | tuple[Tensor, int]]] = {"ramps": {}, "other": {}}
_LISTED: list[Tensor] = []
_LAST: Tensor | None = None


class Beside(nn.Module):
    """A convolution, and ramps that are kept in a dictionary beside the class, in a list, a variable and the class."""

    of_class: dict[int, Tensor] = {}  # noqa: RUF012 (what people write)

    def __init__(self) -> None:
        super().__init__()
        self.c = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        global _LAST
        y, width = self.c(x), x.shape[3] - 2
        if width not in _MADE["ramps"]:
            _MADE["ramps"][width] = (torch.linspace(0, 1, width), width)
        if width not in self.of_class:
            self.of_class[width] = torch.ones(width)
        if not _LISTED:
            _LISTED.append(torch.zeros(width))
        if _LAST is None:
            _LAST = torch.full((width,), 2.0)
        ramp = _MADE["ramps"][width]
        assert isinstance(ramp, tuple)
        return (y + ramp[0] + self.of_class[width] + _LISTED[-1]) * _LAST


def test_variables_beside_the_module_hold_nothing_of_the_tracing() -> None:
    module, image = Beside().eval(), torch.rand(1, *SHAPE)
    kept = _MADE["other"][3] = torch.ones(3)
    net = Network.trace(module, SHAPE)
    assert (_MADE, _LISTED, _LAST, Beside.of_class) == ({"ramps": {}, "other": {3: kept}}, [], None, {})
    expected = module(image)
    assert type(expected) is Tensor
    assert torch.allclose(net.run(image)[net.output], expected, atol=1e-6)
    held = _MADE["ramps"][7]
    again = Network.trace(module, SHAPE)
    assert _MADE["ramps"][7] is held
    assert torch.allclose(again.run(image)[again.output], expected, atol=1e-6)
