"""Invariance: transformations against pixel loops, distances against the module itself, exact shifts."""

from __future__ import annotations

import itertools
import json
import math
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.data import Preprocess
from convscope.errors import UnknownLayer, UsageError
from convscope.graph import Network
from convscope.methods.intervals import tail
from convscope.methods.invariance.measuring import invariance, shift_error
from convscope.methods.invariance.transforms import TRANSFORMATIONS, Frame, transformation
from tests.graph import nets


@cache
def classifier() -> tuple[nn.Module, Network]:
    """A small module in float64 and its network."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = nn.Sequential(
            nn.Conv2d(3, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3), nn.ReLU(), nn.Flatten(),
            nn.Linear(8 * 25, 5),
        )  # fmt: skip
        module = nets.settled(module).requires_grad_(False)
    return module, Network.trace(module, (3, 16, 16), classes=[f"class {i}" for i in range(5)])


def bilinear(image: Tensor, y: float, x: float, *, outside: str) -> Tensor:
    """(C,) the colour between pixels, from the four around; the definition, one point at a time."""
    height, width = image.shape[1:]
    total = torch.zeros(image.shape[0], dtype=image.dtype)
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            weight = (1 - abs(y - row)) * (1 - abs(x - column))
            inside = 0 <= row < height and 0 <= column < width
            if inside or outside == "edge":
                total += weight * image[:, min(max(row, 0), height - 1), min(max(column, 0), width - 1)]
    return total


def sampled(image: Tensor, source: Any, *, outside: str = "mean") -> Tensor:
    """The image whose pixel at (y, x) from the centre is that at `source(y, x)` of the given one."""
    height, width = image.shape[1:]
    middle = ((height - 1) / 2, (width - 1) / 2)
    out = torch.empty_like(image)
    for row in range(height):
        for column in range(width):
            y, x = source(row - middle[0], column - middle[1])
            # A point beyond the edge is the edge's, whichever pixels are around it.
            point = (y + middle[0], x + middle[1])
            if outside == "edge":
                point = (min(max(point[0], 0), height - 1), min(max(point[1], 0), width - 1))
            out[:, row, column] = bilinear(image, *point, outside=outside)
    return out


@pytest.mark.parametrize("outside", ["mean", "edge"])
@pytest.mark.parametrize(
    ("name", "value", "source"),
    [
        ("vertical", 2.5, lambda y, x: (y - 2.5, x)),
        ("vertical", -3, lambda y, x: (y + 3, x)),
        ("horizontal", 4, lambda y, x: (y, x - 4)),
        ("scale", 1.7, lambda y, x: (y / 1.7, x / 1.7)),
        ("scale", 0.6, lambda y, x: (y / 0.6, x / 0.6)),
    ],
)
def test_pixels_come_from_where_the_definition_says(outside: Any, name: str, value: float, source: Any) -> None:
    images = torch.rand(2, 3, 9, 12, dtype=torch.float64)
    found = transformation(name).apply(images, value, Frame(outside))
    for image, got in zip(images, found, strict=True):
        assert torch.allclose(got, sampled(image, source, outside=outside), atol=1e-12)


@pytest.mark.parametrize("degrees", [30, -75, 90, 180, 270])
def test_turning_is_counter_clockwise_about_the_centre(degrees: float) -> None:
    image = torch.rand(1, 3, 9, 9, dtype=torch.float64)
    angle = math.radians(degrees)

    def source(y: float, x: float) -> tuple[float, float]:
        # In mathematical axes (up is positive) a point turned back by the angle.
        right, up = x, -y
        back = (right * math.cos(angle) + up * math.sin(angle), -right * math.sin(angle) + up * math.cos(angle))
        return -back[1], back[0]

    found = transformation("rotation").apply(image, degrees, Frame())
    assert torch.allclose(found[0], sampled(image[0], source), atol=1e-9)


def test_a_quarter_turn_puts_the_right_side_on_top() -> None:
    image = torch.tensor([[1.0, 2.0], [3.0, 4.0]])[None, None]
    turned = transformation("rotation").apply(image, 90, Frame())
    assert turned[0, 0].tolist() == [[2.0, 4.0], [1.0, 3.0]]


@pytest.mark.parametrize("name", list(TRANSFORMATIONS))
def test_the_identity_changes_no_bit(name: str) -> None:
    images = torch.randn(2, 3, 8, 10)
    known = transformation(name)
    assert torch.equal(known.apply(images, known.identity, Frame()), images)
    assert any(abs(v - known.identity) < 1e-9 for v in known.values)


def test_reflection_repeats_the_image_backwards() -> None:
    image = torch.arange(6.0, dtype=torch.float64).reshape(1, 1, 6, 1).expand(1, 1, 6, 6).contiguous()
    moved = transformation("vertical").apply(image, 2, Frame("reflect"))
    assert moved[0, 0, :, 0].tolist() == pytest.approx([2, 1, 0, 1, 2, 3])


def test_brightness_and_contrast_act_on_colours_and_clip() -> None:
    preprocess = Preprocess(4, 4, mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4))
    frame = Frame.of(preprocess)
    pixels = torch.randint(0, 256, (2, 3, 4, 4), dtype=torch.uint8)
    images = preprocess.normalise(pixels, dtype=torch.float64)
    colours = pixels.double() / 255
    mean, std = (torch.tensor(v, dtype=torch.float64).reshape(1, 3, 1, 1) for v in (preprocess.mean, preprocess.std))
    brighter = transformation("brightness").apply(images, 1.6, frame)
    assert torch.allclose(brighter * std + mean, (colours * 1.6).clamp(0, 1), atol=1e-12)
    flat = transformation("contrast").apply(images, 0, frame) * std + mean
    for i in range(2):
        assert torch.allclose(flat[i], colours[i].mean().expand(3, 4, 4), atol=1e-12)
    stronger = transformation("contrast").apply(images, 2, frame) * std + mean
    middle = colours.mean((1, 2, 3), keepdim=True)
    assert torch.allclose(stronger, (middle + 2 * (colours - middle)).clamp(0, 1), atol=1e-12)


def test_distances_and_probabilities_are_those_of_the_module() -> None:
    module, net = classifier()
    images = torch.randn(3, 3, 16, 16, dtype=torch.float64)
    found = invariance(
        net, images, transformations={"vertical": [0, 2, -5], "rotation": [0, 33]}, layers=["1", "4", "6"], batch=2
    )
    assert found.targets.tolist() == module(images).argmax(1).tolist()
    for curve in found.curves:
        for column, value in enumerate(curve.values.tolist()):
            moved = transformation(curve.transformation).apply(images, value, Frame())
            for i in range(3):
                for layer in ("1", "4", "6"):
                    until = module[: int(layer) + 1]  # type: ignore[index]
                    before, after = until(images[i : i + 1]).flatten(), until(moved[i : i + 1]).flatten()
                    distance = math.sqrt(sum(float(d) ** 2 for d in after - before))
                    length = math.sqrt(sum(float(d) ** 2 for d in before))
                    assert curve.distances[layer][i, column] == pytest.approx(distance, abs=1e-12)
                    assert curve.relative[layer][i, column] == pytest.approx(distance / length, abs=1e-12)
                logits = module(moved[i : i + 1])[0]
                probability = float(logits.exp()[found.targets[i]] / logits.exp().sum())
                assert curve.probabilities[i, column] == pytest.approx(probability, abs=1e-12)
                assert curve.labels[i, column] == int(logits.argmax())


def test_usual_layers_are_the_first_and_last_stage_and_the_output() -> None:
    _, net = classifier()
    found = invariance(net, torch.randn(1, 3, 16, 16, dtype=torch.float64), transformations={"scale": [1]})
    assert found.layers == (net.layers.stages()[0], net.layers.stages()[-1], "6")


def test_mean_spread_and_kept_by_hand() -> None:
    module, net = classifier()
    images = torch.randn(4, 3, 16, 16, dtype=torch.float64)
    target = torch.tensor([0, 1, 2, 3])
    curve = invariance(net, images, transformations={"vertical": [3, 6]}, target=target)["vertical"]
    mean, spread = curve.mean("6", normalised=False)
    table = curve.distances["6"]
    assert mean[1] == pytest.approx(sum(table[:, 1]) / 4)
    assert spread[1] == pytest.approx(math.sqrt(sum((v - mean[1]) ** 2 for v in table[:, 1]) / 3))
    assert curve.mean("probability")[0] == pytest.approx(curve.probabilities.mean(0))
    # The identity is not among the amounts, and the class is the one given, not the most probable one.
    right = [[int(curve.labels[i, c] == target[i]) for c in range(2)] for i in range(4)]
    assert curve.kept.tolist() == [sum(r[c] for r in right) / 4 for c in range(2)]
    assert module(images).argmax(1).tolist() != target.tolist()


def test_intervals_are_those_of_images_drawn_again() -> None:
    _, net = classifier()
    images = torch.randn(3, 3, 16, 16, dtype=torch.float64)
    curve = invariance(net, images, transformations={"vertical": [0, 3, 6]})["vertical"]
    for what, table in (("6", curve.relative["6"]), ("probability", curve.probabilities)):
        low, high = curve.interval(what, confidence=0.5, seed=1)
        # All 27 draws of three images, one by one; ends as far out as three images ask for.
        means = [table[list(drawn)].mean(0) for drawn in itertools.product(range(3), repeat=3)]
        wanted = np.quantile(means, [tail(3, 0.5), 1 - tail(3, 0.5)], axis=0, method="inverted_cdf")
        assert low == pytest.approx(wanted[0], abs=1e-9)
        assert high == pytest.approx(wanted[1], abs=1e-9)
    kept = curve.interval("kept", confidence=0.8)
    for share, *ends in zip(curve.kept, *kept, strict=True):
        # Wilson's: shares that are 1.2816 of their own deviations from the one that is seen; all of three is no 1 to 1.
        assert sorted(ends) == ends
        assert [abs(end - share) for end in ends if 0 < end < 1] == pytest.approx(
            [1.2815516 * math.sqrt(end * (1 - end) / 3) for end in ends if 0 < end < 1]
        )
    assert kept[0][0] == pytest.approx(3 / (3 + 1.2815516**2))
    assert curve.interval("6", seed=3)[0].tolist() == curve.interval("6", seed=3)[0].tolist()
    alone = invariance(net, images[:1], transformations={"vertical": [0, 3]})["vertical"].interval("6")
    assert np.isnan(alone).all()
    with pytest.raises(UnknownLayer, match="layer '7' was not compared"):
        curve.interval("7")


def test_one_image_has_no_spread_and_features_that_are_zero_no_relative_distance() -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 36, 3))
    nn.init.constant_(module[0].bias, -1e9)
    net = Network.trace(module, (3, 8, 8))
    curve = invariance(net, torch.rand(3, 8, 8), transformations={"vertical": [0, 1]}, layers=["1"])["vertical"]
    assert curve.mean("probability")[1].tolist() == [0, 0]
    assert curve.distances["1"].tolist() == [[0, 0]]
    assert np.isnan(curve.relative["1"]).all()


@pytest.mark.parametrize("cells", [(1, 0), (0, -1), (-1, 2), (2, 2)])
def test_a_shift_by_whole_strides_shifts_the_map_exactly(cells: tuple[int, int]) -> None:
    torch.manual_seed(1)
    module = nn.Sequential(
        nn.Conv2d(3, 4, 5, stride=2, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2, 1), nn.Conv2d(4, 6, 3, padding=1)
    ).double()
    net = Network.trace(module, (3, 48, 40))
    error, compared = shift_error(net, torch.randn(3, 48, 40, dtype=torch.float64), "3", cells=cells)
    assert compared > 4
    assert error < 1e-13


def test_the_shift_check_can_fail() -> None:
    """Features that depend on where they are do not shift."""

    class Placed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3, stride=2)
            self.register_buffer("ramp", torch.arange(11.0).reshape(1, 1, 11, 1))

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x) + self.ramp

    net = Network.trace(Placed(), (3, 24, 24))
    assert shift_error(net, torch.randn(3, 24, 24), "conv", cells=(1, 0))[0] < 1e-6
    assert shift_error(net, torch.randn(3, 24, 24), net.output, cells=(1, 0))[0] == pytest.approx(1, abs=1e-5)


def test_shifts_that_say_nothing_are_refused() -> None:
    _, net = classifier()
    image = torch.randn(3, 16, 16, dtype=torch.float64)
    with pytest.raises(UsageError, match="no one stride"):
        shift_error(net, image, "6", cells=(1, 0))
    with pytest.raises(UsageError, match="no unit sees only"):
        shift_error(net, image, "4", cells=(7, 0))


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"transformations": ["turning"]}, UsageError, "no transformation 'turning'"),
        ({"transformations": ["rotate"]}, UsageError, "did you mean 'rotation'"),
        ({"transformations": []}, UsageError, "at least one"),
        ({"transformations": {"scale": [0]}}, UsageError, "positive"),
        ({"layers": ["9"]}, UnknownLayer, "'9'"),
        ({"outside": "black"}, UsageError, "outside='black'"),
        ({"interpolation": "cubic"}, UsageError, "bicubic"),
        ({"batch": 0}, UsageError, "batch=0"),
        ({"target": [1, 2]}, UsageError, "2 were given"),
        ({"target": 7}, UsageError, "classes 0 to 4"),
    ],
)
def test_wrong_options_are_refused_with_what_to_do(options: dict[str, Any], error: type[Exception], said: str) -> None:
    _, net = classifier()
    with pytest.raises(error, match=said):
        invariance(net, torch.randn(2, 3, 16, 16, dtype=torch.float64), **options)


def test_what_was_not_done_is_said() -> None:
    _, net = classifier()
    found = invariance(net, torch.randn(3, 16, 16, dtype=torch.float64), transformations={"scale": [1, 1.5]})
    with pytest.raises(UsageError, match="there is scale"):
        found["rotation"]
    with pytest.raises(UnknownLayer, match="layer '0' was not compared"):
        found["scale"].mean("0")


def test_rows_json_and_progress() -> None:
    _, net = classifier()
    images = torch.randn(2, 3, 16, 16, dtype=torch.float64)
    said: list[tuple[str, int, int]] = []
    found = invariance(
        net, images, transformations={"scale": [1, 1.5], "blur": [1]}, layers=["1"],
        progress=lambda *now: said.append(now),
    )  # fmt: skip
    assert said == [("transform", 2, 6), ("transform", 4, 6), ("transform", 6, 6)]
    rows = list(found.rows())
    assert len(rows) == 6
    assert rows[3]["transformation"] == "scale"
    assert (rows[3]["value"], rows[3]["image"]) == (1.5, 1)
    assert rows[3]["distance 1"] == found["scale"].distances["1"][1, 1]
    stored = json.loads(json.dumps(found.to_json()))
    assert stored["curves"][1]["probabilities"] == found["blur"].probabilities.tolist()
