"""Changes carried on boxes against running the edited images, at every place of an edit on small networks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks._fields import OPERATIONS, SHAPE, Operation
from convscope.graph import Network
from convscope.graph.changes import Change, Unedited, UneditedRows, whole
from convscope.graph.extents import extents, reached
from convscope.graph.nouns import Span
from convscope.graph.pushing import PushPlan, Tile
from tests.graph import nets

PUSHED = [name for name in nets.MAPS if name != "windows"]


def every_box(height: int, width: int, sizes: list[tuple[int, int]]) -> NDArray[np.int64]:
    """All boxes (n, 4) of some sizes at all places, those that were clipped at the far borders too."""
    found = [
        (y, x, min(y + h, height), min(x + w, width))
        for h, w in sizes
        for y, x in itertools.product(range(height), range(width))
    ]
    return np.unique(np.asarray(found), axis=0)


def edited(images: Tensor, owner: NDArray[np.int64], boxes: NDArray[np.int64], covers: Tensor) -> Tensor:
    """The copies themselves, written out."""
    copies = images[torch.from_numpy(owner)].clone()
    for n, (i, (y0, x0, y1, x1)) in enumerate(zip(owner.tolist(), boxes.tolist(), strict=True)):
        copies[n, :, y0:y1, x0:x1] = covers[i, :, y0:y1, x0:x1]
    return copies


def push_all(
    net: Network, images: Tensor, boxes: NDArray[np.int64], covers: Tensor, *, tiles: int = 1
) -> tuple[dict[int, Tensor], PushPlan]:
    """The new whole value of every layer, of every image with every box replaced; and the plan it was done by."""
    owner = np.repeat(np.arange(len(images)), len(boxes))
    targets = [net.index_of(name) for name in net.layers.names]
    plan = PushPlan.of(net, np.tile(boxes, (len(images), 1)), owner, targets)
    kept = net.run_values(images, plan.needed | set(targets))
    found = {i: kept[i][torch.from_numpy(owner)].clone().fill_(torch.nan) for i in targets}

    def reader(index: int):
        def read(rows: NDArray[np.int64], change: Change, base: UneditedRows) -> None:
            found[index][torch.from_numpy(rows)] = whole(change, net.values[index], base.value(index), base.image)

        return read

    for rows in np.array_split(np.arange(len(owner)), tiles):
        Tile(plan, Unedited(net.values, kept), rows).push(covers - images, {i: reader(i) for i in targets})
    return found, plan


@pytest.mark.parametrize("name", PUSHED)
def test_every_layer_is_that_of_the_edited_image_wherever_the_edit_is(name: str) -> None:
    module, net, shape = nets.traced(name)
    images, covers = torch.randn(2, 2, *shape, dtype=torch.float64)
    boxes = every_box(*shape[1:], [(1, 1), (3, 2), (4, 5)])
    found, _ = push_all(net, images, boxes, covers, tiles=3)
    owner = np.repeat(np.arange(2), len(boxes))
    copies = edited(images, owner, np.tile(boxes, (2, 1)), covers)
    expected = net.run_values(copies, set(found))
    for index, value in found.items():
        torch.testing.assert_close(value, expected[index], atol=1e-12, rtol=0, msg=net.steps[index - 1].name)
    torch.testing.assert_close(found[net.index_of(net.output)], module(copies), atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    "name", ["flip", "roll", "wide reflection padding", "circular padding", "index of rows", "pixel shuffle", "einsum",
             "depth to space by views", "matmul over flat positions", "assignment to channels", "stack and sum",
             "transposed, dilated as far as strided", "bilinear", "largest channel", "GLU"],
)  # fmt: skip
def test_edits_are_followed_through_what_moves_repeats_or_mixes(name: str) -> None:
    module = Operation(OPERATIONS[name])
    net, (images, covers) = Network.trace(module, SHAPE), torch.randn(2, 1, *SHAPE, dtype=torch.float64)
    boxes = every_box(*SHAPE[1:], [(1, 1), (3, 2)])
    found, _ = push_all(net, images, boxes, covers)
    copies = edited(images, np.zeros(len(boxes), np.int64), boxes, covers)
    torch.testing.assert_close(found[net.index_of(net.output)], module(copies), atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    "larger",
    [
        nn.ZeroPad2d((0, 1, 2, 1)),
        nn.ZeroPad2d((1, -1, -1, 2)),
        nn.ConstantPad2d(1, 0.5),
        nn.Conv2d(2, 2, 1, padding=1),
        nn.ConvTranspose2d(2, 2, 2, 3, output_padding=2),
        nn.Sequential(nn.ZeroPad2d(1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 2, 3, padding=1)),
    ],
)
def test_a_map_that_changes_everywhere_is_followed_into_a_larger_one(larger: nn.Module) -> None:
    module = nn.Sequential(nn.Conv2d(2, 2, 5, padding=2), nn.ReLU(), nn.Conv2d(2, 2, 5, padding=2), larger).double()
    net, (images, covers) = Network.trace(module, (2, 6, 7)), torch.randn(2, 1, 2, 6, 7, dtype=torch.float64)
    boxes = every_box(6, 7, [(3, 3), (6, 7)])
    found, _ = push_all(net, images, boxes, covers)
    copies = edited(images, np.zeros(len(boxes), np.int64), boxes, covers)
    torch.testing.assert_close(found[net.index_of(net.output)], module(copies), atol=1e-12, rtol=0)


class TruthValues(nn.Module):
    """What is said of entries, and what linear steps make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        said = x > 0
        some = (said & (x < 0.4)).any(1, keepdim=True) | said[:, :1]
        counted = said.sum(1, keepdim=True).to(x.dtype)
        return self.last(x * said + 0.5 * said + counted * some + torch.cat([said, ~said], 1)[:, 2:6])


def test_truth_values_turn_and_are_no_differences() -> None:
    torch.manual_seed(0)
    module = TruthValues().double()
    net = Network.trace(module, (2, 8, 8))
    images, covers = torch.randn(2, 2, 2, 8, 8, dtype=torch.float64)
    boxes = every_box(8, 8, [(3, 3)])
    found, _ = push_all(net, images, boxes, covers)
    copies = edited(images, np.repeat(np.arange(2), len(boxes)), np.tile(boxes, (2, 1)), covers)
    torch.testing.assert_close(found[net.index_of(net.output)], module(copies), atol=1e-12, rtol=0)


@pytest.mark.parametrize("name", PUSHED)
def test_the_compiled_loops_of_float32_find_what_float64_finds(name: str) -> None:
    """ReLU and max pooling go another way in float32 than in the test above."""
    _, precise, shape = nets.traced(name)
    images, covers = torch.randn(2, 2, *shape, dtype=torch.float64)
    boxes = every_box(*shape[1:], [(1, 1), (3, 2), (4, 5)])
    exact, _ = push_all(precise, images, boxes, covers)
    net = precise.to(dtype=torch.float32)
    found, _ = push_all(net, images.float(), boxes, covers.float(), tiles=3)
    for index, value in found.items():
        assert value.dtype == torch.float32
        bound = 2e-5 * max(1.0, exact[index].abs().max().item())
        torch.testing.assert_close(value.double(), exact[index], atol=bound, rtol=0, msg=net.steps[index - 1].name)


@pytest.mark.parametrize("name", PUSHED)
def test_most_of_the_boxes_are_parts_of_the_maps(name: str) -> None:
    """Guards the test above: it would also pass if every change were carried on whole maps."""
    _, net, shape = nets.traced(name)
    boxes = every_box(*shape[1:], [(1, 1)])
    plan = PushPlan.of(net, boxes, np.zeros(len(boxes), np.int64), [net.program.output])
    maps = [i for i in plan.extents if net.values[i].layout is not None]
    parts = np.stack([(plan.extents[i].size < np.asarray(net.values[i].size)).any(1) for i in maps])
    # Squeeze-and-excitation reads its whole map: from there on nothing is a part.
    assert parts.mean() > (0.1 if name == "gated" else 0.5)


def changed_boxes(
    net: Network, images: Tensor, boxes: NDArray[np.int64], covers: Tensor
) -> dict[int, tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]]:
    """For every map of the network the positions that really change (n, h, w), and the boxes that are said to."""
    found = extents(net.steps, net.values, boxes)
    wanted = {i for i in found if net.values[i].layout is not None}
    base = net.run_values(images, wanted)
    copies = net.run_values(edited(images, np.zeros(len(boxes), np.int64), boxes, covers), wanted)
    result = {}
    for index in wanted:
        other = next(d for d in range(1, 4) if d not in (net.values[index].layout or ()))
        changed = (copies[index] != base[index]).any(other).numpy()
        result[index] = (changed, found[index].low, found[index].high)
    return result


@pytest.mark.parametrize("name", [n for n in PUSHED if n != "shuffled"])
def test_nothing_changes_outside_the_boxes(name: str) -> None:
    _, net, shape = nets.traced(name)
    images, covers = torch.randn(2, 1, *shape, dtype=torch.float64)
    for changed, low, high in changed_boxes(net, images, every_box(*shape[1:], [(2, 2)]), covers).values():
        for mask, (y0, x0), (y1, x1) in zip(changed, low, high, strict=True):
            mask[y0:y1, x0:x1] = False
            assert not mask.any()


@pytest.mark.parametrize("name", ["plain", "strided", "dilated", "grouped", "overlapping", "residual", "branching"])
def test_boxes_are_no_larger_than_what_changes(name: str) -> None:
    """Positive weights and an edit that only adds: nothing can hide it, so the box is the smallest around it."""
    module, shape = nets.make(name)
    for parameter in module.parameters():
        parameter.data.abs_()
    net = Network.trace(module, shape)
    images = torch.rand(1, *shape, dtype=torch.float64)
    compared = 0
    for changed, low, high in changed_boxes(net, images, every_box(*shape[1:], [(2, 3)]), images + 10).values():
        for mask, first, last in zip(changed, low, high, strict=True):
            at = np.argwhere(mask)
            if len(at):  # an edit that no window reads is given one position
                assert at.min(0).tolist() == first.tolist()
                assert (at.max(0) + 1).tolist() == last.tolist()
                compared += 1
    assert compared > 50


def test_an_edit_that_changes_nothing_leaves_everything_as_it_was() -> None:
    module, shape = nets.make("residual")
    net = Network.trace(module, shape)
    images = torch.randn(1, *shape, dtype=torch.float64)
    found, _ = push_all(net, images, every_box(*shape[1:], [(3, 3)]), images.clone())
    expected = net.run_values(images, set(found))
    for index, value in found.items():
        torch.testing.assert_close(value, expected[index].expand_as(value), atol=1e-14, rtol=0)


def test_vectors_after_maps_are_those_of_the_edited_image() -> None:
    torch.manual_seed(1)
    module = nets.settled(nets.Classifier())
    net = Network.trace(module, (2, 8, 8))
    images, covers = torch.randn(2, 1, 2, 8, 8, dtype=torch.float64)
    boxes = every_box(8, 8, [(2, 3)])
    found, _ = push_all(net, images, boxes, covers)
    copies = edited(images, np.zeros(len(boxes), np.int64), boxes, covers)
    torch.testing.assert_close(found[net.program.output], module(copies), atol=1e-12, rtol=0)


class PooledHead(nn.Module):
    """Local response normalisation, then a global mean written in one of the ways that people write it."""

    def __init__(self, pooling: nn.Module) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, padding=1)
        self.norm = nn.LocalResponseNorm(3)
        self.pooling = pooling
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.pooling(self.norm(self.conv(x).relu())).flatten(1))


@pytest.mark.parametrize(
    "pooling",
    [
        nn.AdaptiveAvgPool2d(1),
        nn.AvgPool2d(7),
        nets.Lambda(lambda x: x.mean((2, 3))),
        nets.Lambda(lambda x: x.sum((-1, -2), keepdim=True)),
        nets.Lambda(lambda x: x.amax((2, 3))),
        nn.AdaptiveMaxPool2d(1),
    ],
    ids=["adaptive", "average", "mean", "sum", "amax", "adaptive max"],
)
def test_global_pools_see_the_change_alone(pooling: nn.Module) -> None:
    module = nets.settled(PooledHead(pooling))
    net = Network.trace(module, (2, 7, 7))
    images, covers = torch.randn(2, 1, 2, 7, 7, dtype=torch.float64)
    boxes = every_box(7, 7, [(2, 2)])
    found, _ = push_all(net, images, boxes, covers)
    copies = edited(images, np.zeros(len(boxes), np.int64), boxes, covers)
    torch.testing.assert_close(found[net.program.output], module(copies), atol=1e-12, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_other_dtypes_are_kept(dtype: torch.dtype) -> None:
    module, shape = nets.make("plain")
    net = Network.trace(module.to(dtype), shape)
    images, covers = torch.randn(2, 1, *shape).to(dtype)
    boxes = every_box(*shape[1:], [(2, 2)])
    found, _ = push_all(net, images, boxes, covers)
    expected = module(edited(images, np.zeros(len(boxes), np.int64), boxes, covers))
    assert found[net.program.output].dtype == dtype
    bound = 1e-6 if dtype == torch.float32 else 0.1
    torch.testing.assert_close(found[net.program.output], expected, atol=bound, rtol=0)


def test_the_cost_is_counted_on_boxes() -> None:
    """One 3x3 convolution of 2 to 4 channels, no padding, on 10x10: an edit of a corner pixel changes 1 of 64."""
    net = Network.trace(nn.Sequential(nn.Conv2d(2, 4, 3)), (2, 10, 10))
    plan = PushPlan.of(net, np.array([[0, 0, 1, 1]]), np.zeros(1, np.int64), [1])
    assert plan.operations() == (2 * 4 * 2 * 9, 64 * 2 * 4 * 2 * 9)
    inner = PushPlan.of(net, np.array([[4, 4, 5, 5]]), np.zeros(1, np.int64), [1])
    assert inner.operations()[0] == 9 * 2 * 4 * 2 * 9


def test_work_stops_where_the_caller_says_so() -> None:
    module, shape = nets.make("residual")
    net = Network.trace(module, shape)
    images = torch.randn(1, *shape, dtype=torch.float64)
    boxes = every_box(*shape[1:], [(2, 2)])
    plan = PushPlan.of(net, boxes, np.zeros(len(boxes), np.int64), [net.program.output])
    shared = Unedited(net.values, net.run_values(images, plan.needed))
    shares: list[float] = []
    tile = Tile(plan, shared, np.arange(len(boxes)))
    tile.push(torch.ones_like(images), {}, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)

    def enough(share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        tile.push(torch.ones_like(images), {}, enough)


# -- geometry ---------------------------------------------------------------------------------------------------------
def test_reached_positions_by_hand() -> None:
    """Windows of 3 every 2 from -1 on: p reads 2p - 1, 2p, 2p + 1. Input 3 is read by 1 and 2, input 2 by 1 alone."""
    span = Span.regular(4, 2, -1, 3)
    first, last = reached(span, np.array([3, 2, 0]), np.array([4, 3, 8]))
    assert first.tolist() == [1, 1, 0]
    assert last.tolist() == [3, 2, 4]


def test_what_no_window_reads_has_one_position() -> None:
    """Windows of 1 every 3 read 0, 3, 6: an edit of input 1 or of the last input 8 is seen nowhere."""
    span = Span.regular(3, 3, 0, 1)
    first, last = reached(span, np.array([1, 8]), np.array([2, 9]))
    assert (last - first).tolist() == [1, 1]
    assert first.max() <= 2
