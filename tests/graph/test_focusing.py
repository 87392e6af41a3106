"""One position on the boxes that it reads, against running whole edited images, at every position of small networks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convscope.errors import ShapeError
from convscope.graph import Network
from convscope.graph.focusing import Along, Focus
from tests.graph import nets
from tests.graph.test_random_networks import RandomNetwork


def every_position(net: Network, layer: str) -> NDArray[np.int64]:
    found = net.layers[layer]
    return np.asarray(list(itertools.product(range(found.height), range(found.width))), np.int64)


def some_positions(net: Network, layer: str) -> NDArray[np.int64]:
    """The corners, and a few between."""
    found = net.layers[layer]
    rows, columns = ({0, 1, count // 2, count - 1} for count in (found.height, found.width))
    every = itertools.product(sorted(rows), sorted(columns))
    return np.asarray([(y, x) for y, x in every if y < found.height and x < found.width], np.int64)


def literal(net: Network, layer: str, copies: Tensor, at: NDArray[np.int64]) -> Tensor:
    """All units at a position of each copy: by running the whole network."""
    maps = net.run(copies, [layer])[layer]
    rows = [one[:, y, x] if one.dim() == 3 else one for one, (y, x) in zip(maps, at.tolist(), strict=True)]
    return torch.stack(rows)


def focused(net: Network, layer: str, copies: Tensor, at: NDArray[np.int64], *, gain: float = 0.0) -> Tensor:
    plan = Focus.of(net, layer, gain=gain)
    return plan.read(plan.cut(copies, np.arange(len(copies)), at), at)


def check(net: Network, *, seed: int = 0) -> None:
    """Every layer at corners and between, each position for an image of its own."""
    torch.manual_seed(seed)
    for layer in net.layers.names:
        at = some_positions(net, layer)
        copies = torch.randn(len(at), *net.input_shape, dtype=torch.float64)
        found, expected = focused(net, layer, copies, at), literal(net, layer, copies, at)
        torch.testing.assert_close(found, expected, atol=1e-12, rtol=1e-12, msg=layer)


LOCAL = ("plain", "dilated", "grouped", "ceil_mode", "overlapping", "padded", "residual", "branching", "channels_last",
         "shuffled")  # fmt: skip


@pytest.mark.parametrize("name", LOCAL)
def test_positions_of_every_layer_are_those_of_the_whole_image(name: str) -> None:
    """On images of twice the usual size, where boxes are parts of them."""
    module, (channels, height, width) = nets.make(name)
    net = Network.trace(module, (channels, 2 * height, 2 * width))
    sizes = [Focus.of(net, layer, gain=0).size for layer in net.layers.names]
    assert all(size[0] < 2 * height and size[1] < 2 * width for size in sizes)
    check(net)


@pytest.mark.parametrize("name", ["unet", "gated", "windows"])
def test_steps_without_a_rule_for_boxes_run_whole(name: str) -> None:
    module, shape = nets.make(name)
    check(Network.trace(module, shape))


def test_constants_of_places_are_cut_to_the_boxes() -> None:
    _, net, _ = nets.traced("weighed")
    assert Focus.of(net, "mul", gain=0).size == (3, 3)
    check(net)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_operations_meet(seed: int) -> None:
    shape = (2, 11, 13)
    check(Network.trace(RandomNetwork(seed, shape).double().eval(), shape), seed=seed)


def test_what_is_beyond_the_image_does_not_count() -> None:
    """Boxes reach beyond the image, and what callers leave there is no pixel."""
    module, shape = nets.make("overlapping")
    net = Network.trace(module, shape)
    plan, at = Focus.of(net, "2", gain=0), every_position(net, "2")
    images = torch.randn(len(at), *shape, dtype=torch.float64)
    pixels = plan.cut(images, np.arange(len(at)), at)
    origin = plan.origins(at)
    dirty = pixels.clone()
    for n, (y, x) in enumerate(origin.tolist()):
        inside = torch.zeros(plan.size, dtype=torch.bool)
        inside[max(0, -y) : max(0, shape[1] - y), max(0, -x) : max(0, shape[2] - x)] = True
        dirty[n, :, ~inside] = 1e6
    assert not torch.equal(dirty, pixels)
    torch.testing.assert_close(plan.read(dirty, at), plan.read(pixels, at), atol=0, rtol=0)


def test_padding_never_wins_a_maximum() -> None:
    net = Network.trace(nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.MaxPool2d(3, 1, 1)).double(), (1, 6, 6))
    images = torch.full((36, 1, 6, 6), -1.0, dtype=torch.float64) * net.steps[0].weight.sign().item()
    at = every_position(net, "1")
    assert (literal(net, "1", images, at) < 0).all()
    torch.testing.assert_close(focused(net, "1", images, at), literal(net, "1", images, at))


def test_boxes_shrink_to_what_the_position_reads() -> None:
    convolutions = [nn.Conv2d(3 if i == 0 else 4, 4, 3, padding=1) for i in range(5)]
    net = Network.trace(nn.Sequential(*convolutions).double(), (3, 64, 64))
    plan = Focus.of(net, "1", gain=0)
    assert plan.size == (5, 5)
    assert plan.origins(np.array([[0, 0], [10, 63]])).tolist() == [[-2, -2], [8, 61]]
    weights = [step.weight.numel() for step in plan.steps]
    assert plan.operations() == (2.0 * (9 * weights[0] + weights[1]), 2.0 * 4096 * sum(weights))
    assert Focus.of(net, "1").boxed
    assert Focus.of(net, "4").size == (11, 11)


def test_whole_maps_where_boxes_promise_little() -> None:
    """A field as large as the image, a vector, a network that is exported for one image at a time."""
    net = Network.trace(nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(3, 3, 5, padding=2)).double(), (2, 9, 9))
    plan = Focus.of(net, "1")
    boxes, whole = plan.operations()
    assert whole / boxes > 1
    plan = Focus.of(net, "1", gain=1.01 * whole / boxes)
    assert Focus.of(net, "1", gain=whole / boxes).boxed
    assert not plan.boxed
    assert plan.size == (9, 9)
    at = every_position(net, "1")
    copies = torch.randn(len(at), 2, 9, 9, dtype=torch.float64)
    torch.testing.assert_close(focused(net, "1", copies, at, gain=99), literal(net, "1", copies, at))
    flat = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(147, 5)).double()
    vector = Network.trace(flat, (2, 9, 9))
    assert not Focus.of(vector, "2").boxed
    torch.testing.assert_close(focused(vector, "2", copies, at, gain=4), vector.run(copies)["2"])


def test_rows_go_in_parts_that_fit_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    module, shape = nets.make("branching")
    net = Network.trace(module, shape)
    at = every_position(net, net.output)
    copies = torch.randn(len(at), *shape, dtype=torch.float64)
    whole = focused(net, net.output, copies, at)
    monkeypatch.setattr("convscope.graph.focusing._BYTES", 20_000)
    assert 1 <= Focus.of(net, net.output, gain=0).together() < len(at) // 2
    torch.testing.assert_close(focused(net, net.output, copies, at), whole, atol=1e-12, rtol=0)


def test_boxes_of_another_size_are_refused() -> None:
    module, shape = nets.make("plain")
    plan = Focus.of(Network.trace(module, shape), "1", gain=0)
    with pytest.raises(ShapeError, match="cut them at `origins`"):
        plan.read(torch.zeros(2, 2, 9, 9, dtype=torch.float64), np.zeros((2, 2), np.int64))


def test_paths_that_do_not_move_alike_take_all_of_the_axis() -> None:
    assert Along(2, -1, 3).union(Along(2, 1, 4), 20) == Along(2, -1, 6)
    assert Along(2, -1, 3).union(Along(1, 0, 3), 20) == Along(0, 0, 20)
    assert Along(2, -1, 3).through(2, -1, 3) == Along(4, -3, 7)
    assert Along(2, -1, 20).within(20) == Along(0, 0, 20)
