"""Correspondence: against a loop over images and masks, masks that stay off the parts, seeds, and a part that shows."""

from __future__ import annotations

import itertools
import json
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.errors import ShapeError, UnknownLayer, UsageError
from convscope.graph import Network
from convscope.methods.corrections import holm
from convscope.methods.correspondence import comparing
from convscope.methods.correspondence.comparing import PartAgreement, correspondence
from convscope.methods.correspondence.masks import aligned_masks, random_masks
from convscope.methods.untrained import untrained
from tests.graph import nets

BOXES = {
    "eye": np.array([[2, 3, 6, 8], [1, 1, 5, 5], [4, 4, 7, 9]]),
    "nose": np.array([[8, 5, 12, 9], [-1, -1, -1, -1], [9, 9, 13, 13]]),
}


@cache
def layers() -> tuple[nn.Sequential, Network]:
    """A small module in float64 with a vector at its end, and its network."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = nn.Sequential(
            nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(5, 7, 3), nn.ReLU(), nn.Flatten(),
            nn.Linear(7 * 36, 4),
        )  # fmt: skip
        nets.settled(module).requires_grad_(False)
    return module, Network.trace(module, (3, 16, 16))


def images(count: int = 3) -> Tensor:
    return torch.randn(count, 3, 16, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(5))


def signs(module: nn.Module, image: Tensor, box: np.ndarray, tolerance: float) -> list[int]:
    """The signs of x - x~ at a module's output, one feature at a time."""
    y0, x0, y1, x1 = box.tolist()
    covered = image.clone()
    covered[:, y0:y1, x0:x1] = 0
    before, after = module(image[None])[0].flatten().tolist(), module(covered[None])[0].flatten().tolist()
    least = tolerance * max(abs(v) for v in before)
    return [0 if abs(b - a) <= least else (1 if b > a else -1) for b, a in zip(before, after, strict=True)]


@pytest.mark.parametrize(
    ("layer", "method", "places"),
    [
        *((layer, "incremental", places) for layer in ("1", "4", "6") for places in (None, 1, 4)),
        *(("1", "whole", 4), ("4", "whole", None), ("6", "whole", 1)),
    ],
)
def test_sums_and_means_equal_the_loop(layer: str, method: Any, places: int | None) -> None:
    (module, net), batch = layers(), images()
    found = correspondence(net, batch, BOXES, layers=[layer], draws=7, seed=3, method=method, places=places, seeds=0)
    masks = random_masks(BOXES, (16, 16), draws=7, regions=None, generator=np.random.default_rng(3))
    until = nn.Sequential(*module[: int(layer) + 1])
    if places is not None and layer != "6":
        until.append(nn.AdaptiveMaxPool2d(places))
    for part, boxes in BOXES.items():
        shown = [i for i in range(3) if boxes[i, 0] >= 0]
        sets = []
        for chosen in (boxes, *masks[part]):
            each = {i: signs(until, batch[i], chosen[i], 1e-5) for i in shown}
            pairs = {
                (i, j): sum(a != b for a, b in zip(each[i], each[j], strict=True))
                for i, j in itertools.permutations(shown, 2)
            }
            sets.append((each, pairs))
        got, features = found[layer, part], len(sets[0][0][0])
        each, pairs = sets[0]
        assert (got.images, got.features) == (len(shown), features)
        assert got.total == sum(pairs.values())
        assert got.mean == pytest.approx(np.mean(list(pairs.values())) / features, abs=1e-12)
        assert got.changed == pytest.approx(np.mean([np.count_nonzero(s) for s in each.values()]) / features)
        either = sum(sum(bool(a or b) for a, b in zip(each[i], each[j], strict=True)) for i, j in pairs)
        assert got.among_changed == pytest.approx(sum(pairs.values()) / either)
        random = [np.mean(list(p.values())) / features for _, p in sets[1:]]
        assert got.random == pytest.approx(np.mean(random), abs=1e-12)
        assert got.random_deviation == pytest.approx(np.std(random, ddof=1), abs=1e-12)
        assert got.random_low == pytest.approx(np.percentile(random, 2.5))
        assert got.random_high == pytest.approx(np.percentile(random, 97.5))
        assert got.p == (1 + sum(r <= got.mean + 1e-12 for r in random)) / 8
        if len(shown) > 2:
            unordered = [pairs[i, j] / features for i, j in pairs if i < j]
            assert got.deviation == pytest.approx(np.std(unordered, ddof=1), abs=1e-12)
            assert got.low - 1e-12 <= got.mean <= got.high + 1e-12


def test_delta_of_three_images_by_hand() -> None:
    """A network that adds up columns: the change of each of its features is what the cover hides, with its sign."""
    pick = nn.Conv2d(1, 1, (2, 1), bias=False)
    nn.init.ones_(pick.weight)
    net = Network.trace(pick, (1, 2, 5))
    # Row 0 is covered by zero, so the signs of change are the signs of row 0; row 1 keeps features from being small.
    top = torch.tensor([[1.0, 1, 0, -1, 0], [1, 0, 0, 1, -1], [-1, 1, 0, 0, 0]])
    batch = torch.stack([torch.stack([row, torch.ones(5)])[None] for row in top])
    boxes = {"row": np.tile([0, 0, 1, 5], (3, 1))}
    found = correspondence(net, batch, boxes, layers=[net.output], draws=1).results[0]
    # The signs are those of test_agreement: 3, 2 and 4 features differ.
    assert found.total == 18
    assert found.mean == pytest.approx(9 / 3 / 5)
    assert found.changed == pytest.approx((3 + 3 + 2) / 3 / 5)
    assert found.among_changed == pytest.approx((3 + 2 + 4) / (4 + 3 + 4))
    assert found.deviation == pytest.approx(np.std([0.6, 0.4, 0.8], ddof=1))


def test_random_masks_have_the_parts_size_stay_in_the_object_and_off_the_parts() -> None:
    regions = np.array([[0, 0, 16, 16], [0, 0, 14, 12], [2, 3, 16, 16]])
    found = random_masks(BOXES, (16, 16), draws=300, regions=regions, generator=np.random.default_rng(0))
    for part, boxes in BOXES.items():
        for i, box in enumerate(boxes):
            masks = found[part][:, i]
            if box[0] < 0:
                assert (masks == -1).all()
                continue
            assert (masks[:, 2:] - masks[:, :2] == box[2:] - box[:2]).all()
            assert (masks[:, :2] >= regions[i, :2]).all()
            assert (masks[:, 2:] <= regions[i, 2:]).all()
            for other in BOXES.values():
                taken = np.zeros((16, 16), bool)
                if other[i, 0] >= 0:
                    y0, x0, y1, x1 = other[i]
                    taken[y0:y1, x0:x1] = True
                assert not any(taken[y0:y1, x0:x1].any() for y0, x0, y1, x1 in masks.tolist())
            assert len(np.unique(masks, axis=0)) > 20


def test_every_allowed_place_is_as_likely() -> None:
    boxes = {"part": np.array([[0, 0, 1, 2]])}
    found = random_masks(boxes, (2, 4), draws=4000, regions=None, generator=np.random.default_rng(0))["part"][:, 0]
    places, counts = np.unique(found[:, :2], axis=0, return_counts=True)
    assert places.tolist() == [[0, 2], [1, 0], [1, 1], [1, 2]]
    assert np.abs(counts / 4000 - 0.25).max() < 0.03


def test_where_no_place_is_free_the_least_of_the_parts_is_covered() -> None:
    boxes = {"part": np.array([[0, 0, 4, 5]])}
    found = random_masks(boxes, (4, 8), draws=20, regions=None, generator=np.random.default_rng(0))["part"][:, 0]
    assert (found == [0, 3, 4, 8]).all()  # columns 3 and 4 must be


def test_an_object_smaller_than_the_part_does_not_push_masks_out_of_the_image() -> None:
    boxes = {"part": np.array([[0, 0, 6, 6]])}
    found = random_masks(boxes, (8, 8), draws=5, regions=np.array([[6, 6, 8, 8]]), generator=np.random.default_rng(0))[
        "part"
    ][:, 0]
    assert (found == [2, 2, 8, 8]).all()


def test_one_seed_one_result_whatever_the_memory_and_workers() -> None:
    _, net = layers()
    found = [
        correspondence(net, images(), BOXES, draws=9, seed=1, memory=memory, workers=workers)
        for memory, workers in ((1 << 30, 1), (1 << 12, 1), (1 << 30, 2))
    ]
    assert found[0].results == found[1].results == found[2].results
    other = correspondence(net, images(), BOXES, draws=9, seed=2)
    assert other.results != found[0].results
    assert [r.mean for r in other.results] == [r.mean for r in found[0].results]  # the parts are the same


class Finder(nn.Module):
    """Features that stand for a bright mark wherever it is, and others that stand for what is around."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        marks = (x[:, :1] * self.scale - 5).relu().amax((2, 3))
        around = x[:, 1:].flatten(1)
        return torch.cat([marks.expand(-1, 200), around], 1)


def test_a_part_that_the_network_stands_for_is_told_from_random_masks() -> None:
    torch.manual_seed(2)
    batch, boxes = torch.randn(6, 3, 12, 12), []
    for i in range(6):
        y, x = (int(v) for v in torch.randint(0, 9, (2,)))
        batch[i, 0, y : y + 3, x : x + 3] = 9 + torch.rand(1)
        boxes.append([y, x, y + 3, x + 3])
    net = Network.trace(Finder(), (3, 12, 12))
    mark = correspondence(net, batch, {"mark": np.array(boxes)}, layers=[net.output], draws=99).results[0]
    assert mark.changed > mark.random_changed  # more changes, and yet it agrees better among what changes
    assert mark.among_changed < mark.random_among_changed
    assert mark.p_among_changed == 1 / 100


def test_a_part_whose_cover_changes_nothing_shows_nothing() -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU())
    nn.init.constant_(module[0].bias, -1e6)
    net = Network.trace(module, (3, 16, 16))
    for result in correspondence(net, images().float(), BOXES, layers=["1"], draws=5).results:
        assert (result.mean, result.changed, result.among_changed, result.total) == (0, 0, 0, 0)
        assert (result.p, result.p_among_changed) == (1, 1)


def test_usual_layers_are_the_stages_and_the_output() -> None:
    _, net = layers()
    found = correspondence(net, images(), BOXES, draws=2)
    assert found.layers == (*net.layers.stages(), net.output)
    assert found.parts == ("eye", "nose")
    with pytest.raises(UsageError, match="there is no result of layer '0' and part 'eye'"):
        found["0", "eye"]


@pytest.mark.parametrize(
    ("parts", "options", "error", "said"),
    [
        ({}, {}, UsageError, "at least one part"),
        (BOXES, {"seeds": -1}, UsageError, "seeds=-1"),
        (BOXES, {"draws": 0}, UsageError, "draws=0: give 1 or more"),
        (BOXES, {"places": 0}, UsageError, "places=0"),
        ({"eye": BOXES["eye"][:2]}, {}, ShapeError, r"one per image is needed, \(3, 4\)"),
        ({"eye": np.array([[0, 0, 2, 2], [-1] * 4, [-1] * 4])}, {}, UsageError, "'eye' is in 1 of the images"),
        ({"eye": BOXES["eye"] + [0, 0, 12, 0]}, {}, UsageError, "reach beyond images of 16x16"),
        ({"eye": BOXES["eye"][:, [2, 1, 0, 3]]}, {}, UsageError, "empty"),
        (BOXES, {"layers": ["conv"]}, UnknownLayer, "'conv'"),
        (BOXES, {"fill": "black"}, UsageError, "fill='black'"),
        (BOXES, {"method": "fast"}, UsageError, "method='fast'"),
    ],
)
def test_wrong_options_are_refused_with_what_to_do(
    parts: dict[str, Any], options: dict[str, Any], error: type[Exception], said: str
) -> None:
    _, net = layers()
    with pytest.raises(error, match=said):
        correspondence(net, images(), parts, **{"draws": 2, **options})


def test_rows_json_and_progress() -> None:
    _, net = layers()
    said: list[tuple[str, int, int]] = []
    found: PartAgreement = correspondence(
        net, images(), BOXES, layers=["1", "6"], draws=4, progress=lambda *now: said.append(now)
    )
    # In each of three images, for two parts: itself, four aligned masks and four of the paper's; three times without.
    assert said[-1] == ("cover", 144, 144)
    assert [done for _, done, _ in said] == sorted(done for _, done, _ in said)
    rows = list(found.rows())
    assert [(row["layer"], row["part"]) for row in rows] == [(a, b) for a in ("1", "6") for b in ("eye", "nose")]
    stored = json.loads(json.dumps(found.to_json()))
    assert stored["results"][0]["mean"] == found["1", "eye"].mean
    assert stored["draws"] == 4
    assert stored["tests"] == 8
    assert stored["floor"] == 1 / 5
    assert [one["seed"] for one in stored["untrained"]] == [0] * 4 + [1] * 4 + [2] * 4
    assert found["1", "eye"].untrained_p == np.median(
        [one.aligned_p for one in found.untrained if (one.layer, one.part) == ("1", "eye")]
    )


# -- masks at the same relative place ---------------------------------------------------------------------------------
def test_aligned_masks_lie_alike_within_the_objects_off_the_parts_and_as_far_apart_as_the_parts() -> None:
    regions = np.array([[0, 0, 32, 32], [2, 4, 30, 28], [-1] * 4, [8, 0, 28, 32]])
    boxes = {
        "eye": np.array([[4, 5, 8, 9], [6, 8, 9, 12], [3, 4, 7, 8], [10, 5, 13, 8]]),
        "nose": np.array([[16, 14, 20, 19], [-1] * 4, [17, 12, 21, 17], [18, 14, 22, 18]]),
    }
    made = aligned_masks(boxes, (32, 32), places=40, ways=3, regions=regions, generator=np.random.default_rng(0))
    whole = np.where(regions[:, :1] < 0, [0, 0, 32, 32], regions)
    for part, own in boxes.items():
        shown = [i for i in range(4) if own[i, 0] >= 0]
        middle = [((own[i, :2] + own[i, 2:]) / 2 - whole[i, :2]) / (whole[i, 2:] - whole[i, :2]) for i in shown]
        scatter = np.array(middle) - np.mean(middle, 0)
        masks = made[part].masks
        assert masks.shape == (len(masks), 3, 4, 4)
        assert 10 < len(masks) <= 40
        places = np.full((len(masks), 3, len(shown), len(scatter), 2), np.nan)
        for at, i in enumerate(range(4)):
            if i not in shown:
                assert (masks[:, :, i] == -1).all()
                continue
            at = shown.index(i)
            here, extent = masks[:, :, i], whole[i, 2:] - whole[i, :2]
            assert (here[..., 2:] - here[..., :2] == own[i, 2:] - own[i, :2]).all()
            farthest = (here[..., :2].max(1) - here[..., :2].min(1)).max(0)
            assert (np.abs(farthest - np.ptp(scatter, axis=0) * extent) <= 1).all()  # a pixel's rounding
            assert (here[..., :2] >= whole[i, :2]).all()
            assert (here[..., 2:] <= whole[i, 2:]).all()
            for y0, x0, y1, x1 in here.reshape(-1, 4).tolist():
                for other in boxes.values():
                    a, b, c, d = other[i].tolist()
                    assert other[i, 0] < 0 or y1 <= a or c <= y0 or x1 <= b or d <= x0
            relative = ((here[..., :2] + here[..., 2:]) / 2 - whole[i, :2]) / extent
            places[:, :, at] = relative[..., None, :] - scatter
        # Of some way of being moved in every image, one place is where all masks are, to a pixel's rounding.
        for row in places:
            options = [row[0, 0, m] for m in range(len(scatter))]
            pixel = 1.2 / (whole[shown, 2:] - whole[shown, :2]).min()
            assert any(
                all((np.abs(row[w, a] - u).max(-1) <= pixel).any() for w in range(3) for a in range(len(shown)))
                for u in options
            )


def test_how_many_places_share_nothing_is_counted() -> None:
    boxes = {"part": np.array([[0, 0, 4, 4], [0, 0, 4, 4]])}
    made = aligned_masks(boxes, (16, 16), places=500, ways=1, regions=None, generator=np.random.default_rng(0))["part"]
    assert made.disjoint == 15  # four by four, less its own
    none = {"part": np.array([[0, 0, 15, 15], [1, 1, 16, 16]])}
    empty = aligned_masks(none, (16, 16), places=9, ways=2, regions=None, generator=np.random.default_rng(0))["part"]
    assert (len(empty.masks), empty.disjoint) == (0, 0)


@pytest.mark.parametrize("layer", ["1", "6"])
def test_aligned_numbers_equal_the_loop(layer: str) -> None:
    (module, net), batch = layers(), images()
    found = correspondence(net, batch, BOXES, layers=[layer], draws=70, seed=3, seeds=0)
    sets = comparing._sets(net, BOXES, None, 70, 3, np.random.default_rng(3))
    until = nn.Sequential(*module[: int(layer) + 1])
    for part, given in sets.items():
        shares, among = [], []
        for rows in (np.zeros(len(given.shown), int), *given.aligned):
            each = [signs(until, batch[i], given.pool[row, i], 1e-5) for i, row in zip(given.shown, rows, strict=True)]
            differ = [sum(x != y for x, y in zip(a, b, strict=True)) for a, b in itertools.permutations(each, 2)]
            either = [sum(bool(x or y) for x, y in zip(a, b, strict=True)) for a, b in itertools.permutations(each, 2)]
            shares.append(np.mean(differ) / len(each[0]))
            among.append(sum(differ) / sum(either))
        got = found[layer, part]
        assert got.mean == pytest.approx(shares[0], abs=1e-12)
        assert got.aligned == pytest.approx(np.mean(shares[1:]), abs=1e-12)
        assert got.aligned_among_changed == pytest.approx(np.mean(among[1:]), abs=1e-12)
        assert got.aligned_low == pytest.approx(np.percentile(shares[1:], 2.5))
        rank, rank_among = ((1 + sum(v <= one[0] + 1e-12 for v in one[1:])) / 71 for one in (shares, among))
        n = got.disjoint
        assert got.aligned_p == (1 + n * rank) / (1 + n)
        assert got.aligned_p_among_changed == (1 + n * rank_among) / (1 + n)
        assert got.floor == (1 + n / 71) / (1 + n)
        assert got.low_among_changed is None or got.low_among_changed <= got.among_changed
        assert len({tuple(row) for row in given.aligned.tolist()}) > 20


class PlaceOnly(nn.Module):
    """Features that stand for where something is, whatever it is: every pixel by a sign of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.signs = nn.Parameter(torch.randn(1, 2, 24, 24, generator=torch.Generator().manual_seed(0)).sign())

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :2].abs() * self.signs


def test_parts_that_merely_lie_alike_are_not_known_whatever_the_papers_masks_say() -> None:
    """The confound: one place in all images, and a network that sees places alone."""
    net = Network.trace(PlaceOnly(), (3, 24, 24))
    batch = torch.rand(8, 3, 24, 24, generator=torch.Generator().manual_seed(1)) + 0.5
    found = correspondence(net, batch, {"part": np.tile([9, 9, 12, 12], (8, 1))}, draws=99, seeds=0).results[0]
    assert found.p == 1 / 100  # the paper's null says that the part is known
    assert found.p_among_changed == 1 / 100
    assert found.disjoint > 40
    assert found.aligned_p == 1  # every other place is as well known
    assert (found.verdict, found.verdict_among_changed) == ("no", "no")
    few = correspondence(net, batch, {"part": np.tile([9, 9, 12, 12], (8, 1))}, draws=9, seeds=0).results[0]
    assert few.verdict == "cannot tell", "the least rank among nine is 0.1"


class Matched(nn.Module):
    """Many features that stand for one pattern wherever it is, others for what is around; both with weights."""

    def __init__(self, pattern: Tensor) -> None:
        super().__init__()
        self.conv, self.fc, self.around = nn.Conv2d(3, 1, 3), nn.Linear(1, 150), nn.Conv2d(3, 1, 1, bias=False)
        with torch.no_grad():
            self.conv.weight.copy_(pattern[None])
            self.conv.bias.fill_(-0.7 * float((pattern**2).sum()))
            self.fc.weight.fill_(1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.fc(self.conv(x).relu().amax((2, 3))), self.around(x).flatten(1)], 1)


def planted() -> tuple[Tensor, Tensor, dict[str, np.ndarray]]:
    """A pattern, images of noise with it about the same place, and its boxes."""
    generator = torch.Generator().manual_seed(4)
    pattern, batch = torch.randn(3, 3, 3, generator=generator), torch.randn(9, 3, 24, 24, generator=generator)
    boxes = []
    for image in batch:
        y, x = (int(one) for one in torch.randint(9, 13, (2,), generator=generator))
        image[:, y : y + 3, x : x + 3] = pattern
        boxes.append([y, x, y + 3, x + 3])
    return pattern, batch, {"mark": np.array(boxes)}


def test_a_part_that_was_learned_is_known_and_with_random_weights_is_not() -> None:
    pattern, batch, boxes = planted()
    net = Network.trace(Matched(pattern), (3, 24, 24))
    found = correspondence(net, batch, boxes, layers=[net.output], counted="changed", draws=99)
    (mark,) = found.results
    assert (mark.verdict_among_changed, mark.aligned_p_among_changed) == ("yes", mark.floor)
    assert mark.floor == (1 + mark.disjoint / 100) / (1 + mark.disjoint), "the best of all, and no surer than by places"
    assert mark.untrained_p_among_changed is not None
    assert mark.untrained_p_among_changed > 0.05
    assert found.primary == net.output
    # The same network that nobody trained does not pass: it is its own control.
    random = correspondence(
        untrained(net, batch, seed=8), batch, boxes, layers=[net.output], counted="changed", draws=99, seeds=0
    )
    assert random.results[0].verdict_among_changed == "no"


def test_a_part_that_a_random_network_finds_as_well_is_no_finding() -> None:
    pattern, batch, boxes = planted()
    bright = batch.clone()
    for i, (y0, x0, y1, x1) in enumerate(boxes["mark"].tolist()):
        bright[i, :, y0:y1, x0:x1] = 30 * pattern  # what any filter meets
    net = Network.trace(Matched(30 * pattern), (3, 24, 24))
    (mark,) = correspondence(net, bright, boxes, layers=[net.output], counted="changed", draws=99).results
    assert mark.aligned_p_among_changed == mark.floor
    assert mark.verdict_among_changed == "untrained too"


def test_what_was_named_before_looking_is_corrected_by_itself() -> None:
    _, net = layers()
    found = correspondence(net, images(), BOXES, layers=["1", "4"], layer="1", counted="changed", draws=9, seeds=0)
    assert (found.primary, found.counted, found.tests) == ("1", "changed", 8)
    first = {key: found["1", key].aligned_p_among_changed for key in BOXES}
    assert [found["1", key].corrected_among_changed for key in BOXES] == holm([first[key] or 0.0 for key in BOXES])
    rest = [found["1", key].aligned_p for key in BOXES]
    for key in BOXES:
        rest += [found["4", key].aligned_p, found["4", key].aligned_p_among_changed]
    corrected = [found["1", key].corrected for key in BOXES]
    for key in BOXES:
        corrected += [found["4", key].corrected, found["4", key].corrected_among_changed]
    assert corrected == holm([one or 0.0 for one in rest])


def test_draws_are_many_for_each_test_and_a_layer_that_decides_is_compared_at() -> None:
    net = Network.trace(nn.Sequential(nn.Conv2d(1, 2, 1), nn.Flatten(), nn.Linear(2 * 16, 3)), (1, 4, 4))
    batch, boxes = torch.rand(2, 1, 4, 4), {"p": np.array([[0, 0, 1, 1], [0, 0, 1, 1]])}
    found = correspondence(net, batch, boxes, layers=[net.output], layer="0", seeds=0)
    assert (found.draws, found.layers, found.primary) == (1999, (net.output, "0"), "0")
    assert found.floor == 1 / 2000
