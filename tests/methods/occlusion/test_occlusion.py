"""Occlusion against the loop that it stands for, against captum, and in what it says about itself."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.errors import ShapeError, UnknownLayer, UsageError
from convscope.graph import Network
from convscope.methods.occlusion.occlusion import occlude
from tests.graph import nets


class Small(nn.Module):
    """A classifier with residuals and a global pool, for images of any size."""

    def __init__(self, classes: int = 5) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.block = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.deep = nn.Conv2d(8, 12, 3, stride=2, padding=1)
        self.head = nn.Linear(12, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x).relu()
        x = x + self.block(x)
        return self.head(self.deep(x).relu().mean((2, 3)))


class Excited(Small):
    """The same behind a squeeze-and-excitation gate: whole maps from there on."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x).relu()
        x = x * torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True)))
        return self.head(self.deep(x + self.block(x)).relu().mean((2, 3)))


@cache
def small(kind: type[nn.Module] = Small) -> tuple[nn.Module, Network]:
    """A module and its network, in float64, its logits spread so that probabilities differ."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = nets.settled(kind()).requires_grad_(False)
    module.head.weight.data *= 6.0  # type: ignore[union-attr]
    return module, Network.trace(module, (3, 17, 19), classes=[f"class {i}" for i in range(5)])


def brute(module: nn.Module, image: Tensor, boxes: np.ndarray, cover: Tensor) -> Tensor:
    """The logits (p, classes) of the image with each box covered, one by one."""
    rows = []
    for y0, x0, y1, x1 in boxes.tolist():
        copy = image.clone()
        copy[:, y0:y1, x0:x1] = cover[:, y0:y1, x0:x1]
        with torch.no_grad():
            rows.append(module(copy[None])[0])
    return torch.stack(rows)


@pytest.mark.parametrize("kind", [Small, Excited])
@pytest.mark.parametrize(
    ("method", "size", "stride"),
    [
        *(("incremental", *grid) for grid in [(5, 4), (3, 1), ((2, 7), (3, 2)), (1, 6), (17, 1)]),
        *(("whole", *grid) for grid in [(5, 4), ((2, 7), (3, 2))]),
    ],
)
def test_every_position_equals_the_loop(kind: type[nn.Module], method: Any, size: Any, stride: Any) -> None:
    module, net = small(kind)
    images = torch.randn(2, 3, 17, 19, dtype=torch.float64)
    found = occlude(net, images, size=size, stride=stride, method=method, units=["stem:3", "deep:1@2,2"])
    assert found.method.startswith(method)
    for i, image in enumerate(images):
        logits = brute(module, image, found.grid.boxes, torch.zeros_like(image)).reshape(*found.grid.shape, 5)
        base = module(image[None])[0].detach()
        assert found.targets[i, 0] == base.argmax()
        probability = logits.softmax(-1)
        np.testing.assert_allclose(found.probability[i], probability[..., int(base.argmax())], atol=1e-5)
        np.testing.assert_allclose(found.covered.logits[i, 0], logits[..., int(base.argmax())], atol=1e-5)
        np.testing.assert_array_equal(found.label[i], logits.argmax(-1))
        np.testing.assert_allclose(found.covered.confidences[i], probability.amax(-1), atol=1e-5)
        np.testing.assert_array_equal(found.changed[i], logits.argmax(-1) != base.argmax())


def test_the_strongest_map_is_followed_from_the_same_pass() -> None:
    """Fig. 7b: the map with the largest sum in the uncovered image, summed, for every position."""
    _, net = small()
    images = torch.randn(2, 3, 17, 19, dtype=torch.float64)
    found = occlude(net, images, size=4, stride=5, layer="stem.relu" if "stem.relu" in net.layers else "relu")
    layer = found.layer
    for i, image in enumerate(images):
        sums = net.run(image[None], [layer])[layer][0].sum((1, 2))
        assert found.channels[i] == sums.argmax()
        assert found.strongest[i].channel == sums.argmax()
        assert found.uncovered.activations[i] == pytest.approx(sums.max().item(), rel=1e-6)
        for n, (y0, x0, y1, x1) in enumerate(found.grid.boxes.tolist()):
            copy = image.clone()
            copy[:, y0:y1, x0:x1] = 0
            expected = net.run(copy[None], [layer])[layer][0, found.channels[i]].sum()
            assert found.activation[i].flat[n] == pytest.approx(expected.item(), abs=1e-4)


@pytest.mark.parametrize("reduce", ["sum", "max"])
def test_units_are_followed_at_their_position_or_over_their_map(reduce: Any) -> None:
    _, net = small()
    image = torch.randn(3, 17, 19, dtype=torch.float64)
    units = ["stem:2", "block.0:1@3,4", "head:3", "stem:2-5", "head:3-1", "block.0:1-0@3,4"]
    found = occlude(net, image, size=6, stride=6, units=units, reduce=reduce)
    assert [str(u) for u in found.units] == units
    copy = image.clone()
    y0, x0, y1, x1 = found.grid.boxes[4].tolist()
    copy[:, y0:y1, x0:x1] = 0
    out = net.run(copy[None], ["stem", "block.0", "head"])
    maps = out["stem"][0, 2]
    reduced, head = (torch.sum if reduce == "sum" else torch.max), out["head"][0]
    expected = [reduced(maps), out["block.0"][0, 1, 3, 4], head[3]]
    expected += [reduced(maps - out["stem"][0, 5]), head[3] - head[1]]
    expected += [out["block.0"][0, 1, 3, 4] - out["block.0"][0, 0, 3, 4]]
    np.testing.assert_allclose(found.covered.units[0].reshape(6, -1)[:, 4], expected, atol=1e-5)
    before, after = found.measured(1)
    assert before.shape == (1,)
    assert after.shape == (1, *found.grid.shape)


@pytest.mark.parametrize("perturbations", [1, 7])
def test_attribution_equals_captum(perturbations: int) -> None:
    """Non-square image, squares clipped at the right and bottom edge."""
    captum = pytest.importorskip("captum.attr")
    module, net = small()
    images = torch.randn(2, 3, 17, 19, dtype=torch.float64)
    found = occlude(net, images, size=5, stride=4, target=[1, 3])
    for i, target in enumerate((1, 3)):
        theirs = captum.Occlusion(module).attribute(
            images,
            target=target,
            sliding_window_shapes=(3, 5, 5),
            strides=(3, 4, 4),
            baselines=0.0,
            perturbations_per_eval=perturbations,
        )
        for channel in range(3):
            ours = found.attribution("logit", target=i)
            np.testing.assert_allclose(ours, theirs[:, channel].detach(), atol=1e-6)


def test_covering_with_the_image_itself_changes_nothing() -> None:
    _, net = small()
    images = torch.randn(2, 3, 17, 19, dtype=torch.float64)
    found = occlude(net, images, size=5, stride=5, fill=images)
    assert np.ptp(found.probability, axis=(1, 2)).max() < 1e-7
    assert np.abs(found.attribution("activation")).max() < 1e-4
    assert not found.changed.any()


def test_fills_are_what_the_network_sees() -> None:
    module, net = small()
    image = torch.randn(3, 17, 19, dtype=torch.float64)
    for fill, cover in (
        ("mean", image.mean((1, 2), keepdim=True).expand_as(image)),
        ((0.5, -0.5, 2.0), torch.tensor([0.5, -0.5, 2.0], dtype=torch.float64).reshape(3, 1, 1).expand_as(image)),
    ):
        found = occlude(net, image, size=5, stride=4, fill=fill)
        logits = brute(module, image, found.grid.boxes, cover)
        np.testing.assert_allclose(found.covered.logits[0, 0].ravel(), logits[:, found.targets[0, 0]], atol=1e-5)


def test_targets_by_number_name_and_image() -> None:
    _, net = small()
    images = torch.randn(2, 3, 17, 19, dtype=torch.float64)
    assert occlude(net, images, size=9, stride=9, target=3).targets.tolist() == [[3], [3]]
    assert occlude(net, images, size=9, stride=9, target=["Class 1", 4]).targets.tolist() == [[1, 4], [1, 4]]
    assert occlude(net, images, size=9, stride=9, target="2").targets.tolist() == [[2], [2]]
    assert occlude(net, images, size=9, stride=9, target=torch.tensor([0, 4])).targets.tolist() == [[0], [4]]
    both = occlude(net, images, size=9, stride=9, target=torch.tensor([[0, 1], [4, 2]]))
    assert both.targets.tolist() == [[0, 1], [4, 2]]
    np.testing.assert_allclose(both.covered.probabilities.sum(1) <= 1 + 1e-6, True)


def test_a_network_that_ends_in_softmax_gives_its_probabilities() -> None:
    module, net = small()
    ending = Network.trace(nn.Sequential(module, nn.Softmax(1)), (3, 17, 19))
    image = torch.randn(3, 17, 19, dtype=torch.float64)
    plain, soft = (occlude(n, image, size=5, stride=6) for n in (net, ending))
    np.testing.assert_allclose(soft.probability, plain.probability, atol=1e-6)


def test_results_do_not_depend_on_workers_tiles_or_batches() -> None:
    _, net = small()
    images = torch.randn(3, 3, 17, 19, dtype=torch.float64)
    one = occlude(net, images, size=4, stride=2, workers=1)
    two = occlude(net, images, size=4, stride=2, workers=2)
    scarce = occlude(net, images, size=4, stride=2, workers=2, memory=1 << 16)
    for other in (two, scarce):
        np.testing.assert_allclose(other.covered.logits, one.covered.logits, atol=1e-6)
        np.testing.assert_array_equal(other.label, one.label)
    before = torch.get_num_threads()
    occlude(net, images, size=4, stride=2, workers=2)
    assert torch.get_num_threads() == before


def test_progress_counts_positions_once_and_never_falls() -> None:
    _, net = small()
    said: list[tuple[str, int, int]] = []
    images = torch.randn(2, 3, 17, 19, dtype=torch.float64)
    found = occlude(net, images, size=4, stride=3, workers=2, progress=lambda *report: said.append(report))
    total = 2 * len(found.grid.boxes)
    assert said[-1] == ("occlude", total, total)
    assert [done for _, done, _ in said] == sorted(done for _, done, _ in said)


# -- when nothing is gained -------------------------------------------------------------------------------------------
def test_a_network_that_looks_everywhere_at_once_is_run_again_and_says_so() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 20), nn.ReLU(), nn.Linear(20, 4)).eval()
    net = Network.trace(module, (3, 8, 8))
    image = torch.randn(3, 8, 8)
    found = occlude(net, image, size=3, stride=2)
    assert found.method.startswith("whole")
    assert "reaches nearly everything" in found.method
    logits = brute(module, image, found.grid.boxes, torch.zeros_like(image))
    np.testing.assert_allclose(found.covered.logits[0, 0].ravel(), logits[:, found.targets[0, 0]], atol=1e-5)


def test_a_network_that_folds_positions_into_its_batch_is_run_again() -> None:
    module = nets.settled(nn.Sequential(nets.Windows(), nn.Flatten(), nn.Linear(3 * 4 * 6, 4)))
    net = Network.trace(module, (2, 4, 6))
    image = torch.randn(2, 4, 6, dtype=torch.float64)
    found = occlude(net, image, size=2, stride=1)
    assert found.method.startswith("whole")
    logits = brute(module, image, found.grid.boxes, torch.zeros_like(image))
    np.testing.assert_allclose(found.covered.logits[0, 0].ravel(), logits[:, found.targets[0, 0]], atol=1e-5)
    with pytest.raises(UsageError, match="incremental"):
        occlude(net, image, size=2, stride=1, method="incremental")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"size": 18}, UsageError, "larger than the image"),
        ({"size": (2, 3, 4)}, UsageError, "height and width"),
        ({"stride": 0}, UsageError, "positive"),
        ({"target": 5}, UsageError, "classes 0 to 4"),
        ({"target": "class 9"}, UsageError, "did you mean"),
        ({"target": torch.zeros(3)}, ShapeError, r"\(3,\)"),
        ({"layer": "stam"}, UnknownLayer, "stem"),
        ({"units": "stem:99"}, UnknownLayer, "99"),
        ({"method": "fast"}, UsageError, "fast"),
        ({"strongest": "mean"}, UsageError, "mean"),
        ({"fill": "black"}, UsageError, "black"),
    ],
)
def test_wrong_options_are_refused_with_what_to_do(options: dict[str, Any], error: type[Exception], said: str) -> None:
    _, net = small()
    with pytest.raises(error, match=said):
        occlude(net, torch.randn(2, 3, 17, 19), **({"size": 4, "stride": 4} | options))


def test_wrong_measures_are_refused() -> None:
    _, net = small()
    found = occlude(net, torch.randn(1, 3, 17, 19), size=9, stride=9)
    with pytest.raises(UsageError, match="loss"):
        found.attribution("loss")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="unit 0"):
        found.attribution(0)
    with pytest.raises(UsageError, match="target 1"):
        found.heat(target=1)


# -- what is written --------------------------------------------------------------------------------------------------
def test_rows_and_json_hold_every_position() -> None:
    _, net = small()
    found = occlude(net, torch.randn(2, 3, 17, 19), size=9, stride=8, target=[0, 1], units="stem:2")
    rows = list(found.rows())
    assert len(rows) == 2 * len(found.grid.boxes)
    last = rows[-1]
    assert [last[k] for k in ("image", "y0", "x0", "y1", "x1")] == [1, *found.grid.boxes[-1].tolist()]
    assert last["probability1"] == found.covered.probabilities[1, 1, -1, -1]
    assert last["stem:2"] == found.covered.units[1, 0, -1, -1]
    document = json.loads(json.dumps(found.to_json()))
    assert document["grid"]["shape"] == list(found.grid.shape)
    np.testing.assert_allclose(document["covered"]["activations"], found.activation)
