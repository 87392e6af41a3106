"""oneDNN's private entries: used where they are what is expected, and not where a release has other ones."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.graph import Network
from convscope.kernels import machine, onednn
from convscope.kernels.onednn import Geometry, convolve, fused, linear

PROBES = (onednn._fuses, onednn._convolves, onednn._multiplies)


@pytest.fixture(autouse=True)
def probed_anew() -> Iterator[None]:
    for probe in PROBES:
        probe.cache_clear()
    yield
    for probe in PROBES:
        probe.cache_clear()


def drawn(*shape: int) -> Tensor:
    made = torch.randn(shape)
    return made.contiguous(memory_format=torch.channels_last) if made.dim() == 4 else made


@pytest.mark.parametrize("rectified", [False, True])
@pytest.mark.parametrize("with_sum", [False, True])
@pytest.mark.parametrize("parts", [(6,), (2, 4)])
def test_a_convolution_with_what_comes_after_it(parts: tuple[int, ...], with_sum: bool, rectified: bool) -> None:
    x, weight, bias, other = drawn(3, 6, 9, 7), drawn(8, 6, 3, 3), torch.randn(8), drawn(3, 8, 9, 7)
    geometry = Geometry(padding=(1, 1))
    expected = F.conv2d(x.double(), weight.double(), bias.double(), padding=1)
    expected = expected + other.double() if with_sum else expected
    expected = expected.relu() if rectified else expected
    weights = [w.contiguous(memory_format=torch.channels_last) for w in weight.split(parts, 1)]
    for dtype, tolerance in ((torch.float32, 1e-5), (torch.float64, 1e-12)):
        maps = [m.contiguous(memory_format=torch.channels_last).to(dtype) for m in x.split(parts, 1)]
        added = other.clone().to(dtype) if with_sum else None
        ours = [w.to(dtype) for w in weights]
        with torch.no_grad():
            found = fused(maps, ours, bias.to(dtype), geometry, added=added, rectified=rectified)
        assert found.dtype == dtype
        torch.testing.assert_close(found.double(), expected, rtol=tolerance, atol=tolerance)


def test_by_itself_and_fully_connected() -> None:
    x, weight, bias = drawn(2, 16, 9, 9), drawn(128, 16, 3, 3), torch.randn(128)
    geometry = Geometry((2, 2), (1, 1))
    with torch.no_grad():
        for some in (x, x[:, :, ::2], x.double()):
            found = convolve(some, weight.to(some.dtype), bias.to(some.dtype), geometry)
            expected = F.conv2d(some, weight.to(some.dtype), bias.to(some.dtype), 2, 1)
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
        rows, matrix = torch.randn(5, 30)[:, ::2], torch.randn(7, 15)
        vendors: tuple[machine.Vendor, ...] = ("amd", "other")
        for vendor in vendors:
            with machine.pretend(vendor=vendor):
                torch.testing.assert_close(linear(rows, matrix, None), rows @ matrix.T, rtol=1e-5, atol=1e-5)


def another_signature(*_: Any) -> Tensor:
    raise TypeError("_convolution_pointwise() takes 11 positional arguments but 10 were given")


def another_answer(x: Tensor, weight: Tensor, bias: Tensor | None, *_: Any) -> Tensor:
    return F.conv2d(x, weight, bias, padding=1) * 2


def not_here(*_: Any) -> Tensor:
    raise NotImplementedError("Could not run 'mkldnn::_convolution_pointwise' with arguments from the 'CPU' backend")


class NoSuchThing:
    """An operator library without any operator."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'_OpNamespace' 'mkldnn' object has no attribute '{name}'")


@pytest.mark.parametrize("entry", [another_signature, another_answer, not_here, None])
def test_another_release_s_entry_is_not_used(
    entry: Callable[..., Tensor] | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A network runs, and gives the same, whatever has become of the entries; it is said once."""
    module = nn.Sequential(
        nn.Conv2d(4, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(8 * 49, 5),
    ).eval()  # fmt: skip
    net, images = Network.trace(module, (4, 9, 9)), torch.randn(3, 4, 9, 9)
    entries: Any = NoSuchThing()
    if entry is not None:
        whole = SimpleNamespace(__call__=entry, binary=entry)
        entries = SimpleNamespace(_convolution_pointwise=_Entry(entry), _linear_pointwise=whole)
    monkeypatch.setattr(torch.ops, "mkldnn", entries)
    with caplog.at_level(logging.INFO, logger="convscope.kernels.onednn"), torch.no_grad():
        found = net.run(images)[net.output]
        again = net.run(images)[net.output]
        torch.testing.assert_close(found, module(images), rtol=1e-5, atol=1e-5)
    assert torch.equal(found, again)
    said = [record.getMessage() for record in caplog.records if "_convolution_pointwise" in record.getMessage()]
    assert len(said) == 1
    assert "it is not used" in said[0]


def test_sums_of_one_channel_are_left_to_pytorch_where_the_entry_refuses_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """As torch 2.9's does: it takes all other sums."""
    ours, taken = torch.ops.mkldnn._convolution_pointwise.binary, []

    def more_than_one(x: Tensor, added: Tensor, weight: Tensor, *others: Any) -> Tensor:
        if weight.shape[0] == 1:
            raise RuntimeError("could not create a memory")
        taken.append(weight.shape[0])
        return ours(x, added, weight, *others)

    monkeypatch.setattr(torch.ops.mkldnn._convolution_pointwise, "binary", more_than_one)
    for channels in (1, 5):
        x, weight, added = drawn(2, 3, 9, 7), drawn(channels, 3, 3, 3), drawn(2, channels, 9, 7)
        expected = F.conv2d(x, weight, None, padding=1) + added
        with torch.no_grad():
            found = fused([x], [weight], None, Geometry(padding=(1, 1)), added=added.clone())
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    assert taken[-1] == 5


class _Entry:
    """An operator with an overload."""

    def __init__(self, entry: Callable[..., Tensor]) -> None:
        self.entry = self.binary = entry

    def __call__(self, *arguments: Any) -> Tensor:
        return self.entry(*arguments)


def test_a_linear_entry_that_is_not_there_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.ops, "mkldnn", NoSuchThing())
    rows, matrix = torch.randn(5, 30), torch.randn(7, 30)
    with machine.pretend(vendor="amd"), torch.no_grad():
        torch.testing.assert_close(linear(rows, matrix, None), rows @ matrix.T, rtol=1e-5, atol=1e-5)
