"""Transposed convolutions of signals that are mostly zero, against PyTorch's on all entries in float64."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.graph import Network
from convscope.graph.boxes import Signal, whole_origin
from convscope.graph.options import PullOptions
from convscope.graph.pulling import Context
from convscope.graph.sparse import SparseTranspose

# images, channels, few, map, kernel, stride: one and several blocks of channels (128) and of vectors (96 numbers), the
# last of each full or not; stretches (256 positions) of many images, of one, of parts of one.
SHAPES = [
    (3, 5, 3, (4, 6), (3, 2), (1, 2)),
    (2, 130, 20, (20, 17), (3, 3), (1, 1)),
    (300, 16, 1, (1, 1), (7, 7), (2, 2)),
    (2, 257, 7, (30, 11), (5, 5), (3, 3)),
    (40, 96, 3, (5, 5), (11, 11), (4, 4)),
    (2, 8, 4, (6, 6), (1, 1), (2, 3)),
    (1, 33, 17, (300, 2), (2, 3), (1, 1)),
    (5, 128, 32, (16, 16), (3, 3), (1, 1)),
    (3, 31, 16, (2, 100), (1, 6), (1, 1)),
]


def drawn(shape: tuple[int, ...], share: float) -> Tensor:
    """Signals, channels last, of which about a share is not zero."""
    return (torch.randn(shape) * (torch.rand(shape) < share)).contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 1.0])
@pytest.mark.parametrize(("n", "channels", "few", "size", "kernel", "stride"), SHAPES)
def test_what_is_not_zero_makes_the_whole_convolution(
    n: int,
    channels: int,
    few: int,
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    share: float,
) -> None:
    x, weight = drawn((n, channels, *size), share), torch.randn(channels, few, *kernel)
    expected = F.conv_transpose2d(x.double(), weight.double(), stride=stride)
    found = SparseTranspose(weight, stride)(x)
    assert found.shape == expected.shape
    assert found.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=2e-6 * (1 + expected.abs().max().item()))


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (16, 16), (23, 19)])
def test_an_image_s_bits_do_not_depend_on_the_others(size: tuple[int, int]) -> None:
    x, transpose = drawn((7, 150, *size), 0.2), SparseTranspose(torch.randn(150, 12, 3, 3), (2, 2))
    together = transpose(x)
    for i in range(7):
        assert torch.equal(transpose(x[i : i + 1]), together[i : i + 1])


def test_a_single_entry_gives_its_row_of_the_weight() -> None:
    x, weight = torch.zeros(1, 20, 2, 2).contiguous(memory_format=torch.channels_last), torch.randn(20, 4, 3, 3)
    x[0, 17, 1, 0] = 2
    expected = torch.zeros(1, 4, 5, 5)
    expected[0, :, 2:, :3] = 2 * weight[17]
    assert torch.equal(SparseTranspose(weight, (2, 2))(x), expected)


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_what_is_not_finite_stays_where_it_belongs(value: float) -> None:
    x = torch.zeros(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    x[0, 1, 3, 3] = value
    found = SparseTranspose(torch.ones(3, 20, 1, 1), (1, 1))(x)
    assert not found[0, :, 3, 3].isfinite().any()
    assert found.isfinite().sum() == found.numel() - 20


def test_it_pays_where_little_is_left() -> None:
    wide, narrow = SparseTranspose(torch.randn(64, 64, 3, 3), (1, 1)), SparseTranspose(torch.randn(64, 1, 1, 1), (1, 1))
    assert wide.pays(drawn((2, 64, 50, 50), 0.1))
    assert not wide.pays(drawn((2, 64, 50, 50), 0.8))
    assert not narrow.pays(drawn((2, 64, 50, 50), 0.1)), "fifteen in sixteen places of its vectors are empty"


@pytest.mark.parametrize("share", [0.05, 0.9])
def test_a_convolution_pulls_alike_either_way(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    net = Network.trace(nn.Conv2d(24, 40, 3, stride=2, padding=1), (24, 20, 20))
    signal, (step,) = drawn((3, 40, 10, 10), share), net.steps
    used: list[int] = []
    original = SparseTranspose.__call__

    def counting(self: SparseTranspose, signal: Tensor) -> Tensor:
        used.append(len(signal))
        return original(self, signal)

    monkeypatch.setattr(SparseTranspose, "__call__", counting)
    context = Context(PullOptions(), {}, net.values, torch.arange(3))
    found = step.pull(Signal(signal, whole_origin(3)), context)[0]
    double = net.to(dtype=torch.float64)
    expected = double.steps[0].pull(Signal(signal.double(), whole_origin(3)), context)[0]
    assert used == ([3] if share == 0.05 else []), "float64 and what is not mostly zero go PyTorch's way"
    torch.testing.assert_close(found.tensor.double(), expected.tensor, rtol=0, atol=1e-5)
    assert found.origin is not None
    assert (found.origin == expected.origin).all()
