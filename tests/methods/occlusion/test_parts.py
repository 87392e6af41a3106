"""Covering a part against boxes elsewhere: places, costs by a loop in float64, signs by hand, planted networks."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.errors import ShapeError, UsageError
from convscope.graph import Network
from convscope.methods.occlusion.parts import elsewhere, flipped, part_costs
from tests.graph import nets


@pytest.mark.parametrize("box", [[2, 3, 8, 9], [0, 20, 5, 30], [10, 11, 20, 22]])
def test_boxes_elsewhere_are_all_that_the_definition_admits(box: list[int]) -> None:
    found = elsewhere(np.array(box), (32, 40), generator=np.random.default_rng(0), most=10**6)
    y0, x0, y1, x1 = box
    h, w = y1 - y0, x1 - x0
    own = ((y0 + h / 2 - 16) ** 2 + (x0 + w / 2 - 20) ** 2) ** 0.5
    wanted = []
    for y, x in itertools.product(range(32 - h + 1), range(40 - w + 1)):
        away = ((y + h / 2 - 16) ** 2 + (x + w / 2 - 20) ** 2) ** 0.5
        touches = y < y1 and y0 < y + h and x < x1 and x0 < x + w
        if not touches and abs(away - own) <= max(0.1 * own, 1):
            wanted.append([y, x, y + h, x + w])
    assert found.tolist() == wanted
    some = elsewhere(np.array(box), (32, 40), generator=np.random.default_rng(0))
    assert len(some) == min(16, len(wanted))
    assert all(one in wanted for one in some.tolist())


def test_costs_equal_the_loop_and_images_without_room_are_counted() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(5 * 100, 4)
    )
    module = nets.settled(module).requires_grad_(False)
    net = Network.trace(module, (3, 20, 20))
    images = torch.randn(3, 3, 20, 20, dtype=torch.float64)
    parts = {
        "eye": np.array([[2, 3, 6, 8], [8, 8, 12, 12], [4, 12, 8, 17]]),  # the second in the middle: no room
        "ear": np.array([[-1] * 4, [0, 0, 3, 3], [1, 1, 4, 4]]),
    }
    target = torch.tensor([1, 0, 3])
    for fill, value in (("grey", 0.0), ((2.0,), 2.0)):
        found = part_costs(net, images, parts, target=target, fill=fill)
        assert [(one.part, one.images.tolist(), one.without) for one in found] == [
            ("eye", [0, 2], 1),
            ("ear", [1, 2], 0),
        ]
        for one in found:
            for row, image in enumerate(one.images.tolist()):
                costs = []
                for box in (one.boxes[row], *one.others[row]):
                    if box[0] < 0:
                        continue
                    y0, x0, y1, x1 = box.tolist()
                    covered = images[image].clone()
                    covered[:, y0:y1, x0:x1] = value
                    both = module(torch.stack([images[image], covered])).softmax(1)[:, target[image]]
                    costs.append(float(both[0] - both[1]))
                assert one.boxes[row].tolist() == parts[one.part][image].tolist()
                assert one.cost[row] == pytest.approx(costs[0], abs=1e-6)
                assert one.elsewhere[row] == pytest.approx(np.mean(costs[1:]), abs=1e-6)
            assert one.difference == pytest.approx(np.mean(one.cost - one.elsewhere))
            assert one.verdict == "cannot tell"
    again = part_costs(net, images, parts, target=target, method="whole")
    assert again[0].cost == pytest.approx(part_costs(net, images, parts, target=target)[0].cost, abs=1e-6)


def test_signs_are_flipped_by_hand() -> None:
    # Of the eight choices of signs of 3, 1 and -1 (sum 3) those that give 3 or more: +++ is 3, ++- is 5, +-- is 3.
    assert flipped(np.array([3.0, 1.0, -1.0])) == 3 / 8
    assert flipped(np.zeros(4)) == 1
    many = np.linspace(0.5, 1, 20)
    assert flipped(many) == 1 / 10000
    assert flipped(-many) > 0.99


class Bright(nn.Module):
    """A class that is there where anything is bright, more in the middle of the image; others that are not."""

    def __init__(self) -> None:
        super().__init__()
        y, x = torch.meshgrid(torch.arange(24.0), torch.arange(24.0), indexing="ij")
        self.middle = nn.Parameter(torch.exp(-((y - 11.5) ** 2 + (x - 11.5) ** 2) / 120))

    def forward(self, x: Tensor) -> Tensor:
        seen = (x[:, 0] * self.middle).sum((1, 2)) / 20
        return torch.stack([seen, torch.zeros_like(seen)], 1)


def planted(bright: str) -> tuple[Tensor, dict[str, np.ndarray]]:
    """Images whose part (or nothing) is brighter than the rest, and boxes of the part not far from the middle."""
    generator = torch.Generator().manual_seed(1)
    images, boxes = 0.3 * torch.rand(9, 1, 24, 24, generator=generator), []
    for image in images:
        y, x = (int(one) for one in torch.randint(4, 7, (2,), generator=generator))
        boxes.append([y, x, y + 4, x + 4])
        if bright == "part":
            image[:, y : y + 4, x : x + 4] += 1
    return images, {"face": np.array(boxes)}


@pytest.mark.parametrize(("bright", "verdict"), [("part", "more"), ("nothing", "no more")])
def test_a_part_that_matters_costs_more_and_a_place_that_matters_does_not(bright: str, verdict: Any) -> None:
    net = Network.trace(Bright(), (1, 24, 24))
    images, boxes = planted(bright)
    (face,) = part_costs(net, images, boxes, target=0)
    assert face.verdict == verdict
    assert face.low is not None
    assert face.high is not None
    assert (face.low > 0) == (verdict == "more")
    assert face.without == 0
    few = part_costs(net, images[:5], {"face": boxes["face"][:5]}, target=0)[0]
    assert few.verdict == "cannot tell"


def test_a_unit_or_a_map_is_followed_where_no_class_is() -> None:
    net = Network.trace(nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU()), (1, 12, 12))
    images, boxes = torch.rand(2, 1, 12, 12), {"p": np.array([[0, 0, 3, 3], [1, 0, 4, 3]])}
    (unit,) = part_costs(net, images, boxes, target="none", units=[net.unit("1:1")])
    whole = net.run(images, ["1"])["1"][:, 1].sum((1, 2)).detach().numpy()
    assert unit.before == pytest.approx(whole, rel=1e-5)


@pytest.mark.parametrize(
    ("parts", "error", "said"),
    [({}, UsageError, "no part to cover"), ({"p": np.zeros((3, 4), np.int64)}, ShapeError, r"\(2, 4\) is needed")],
)
def test_parts_that_do_not_fit_are_refused(parts: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        part_costs(Network.trace(Bright(), (1, 24, 24)), torch.rand(2, 1, 24, 24), parts)
