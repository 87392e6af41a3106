"""The paper's claims on networks: what is said of each, what is missing, what goes on after it was stopped."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import convscope as cs
from convscope.data import Preprocess, wrap_dataset
from convscope.data.parts import Part
from convscope.errors import StoreError, UsageError, WrongType
from convscope.methods.occlusion import PartCost
from convscope.methods.paper.judging import MeasuredClaim
from convscope.methods.paper.table import CLAIMS
from convscope.studies import claims_by_figures, reporting
from convscope.studies.claims import AskedReport, ToldClaim
from convscope.training import NetworkChoice
from tests.studies.conftest import write_pictures
from tests.training.shapes import SIDE, shapes, small


def coloured(count: int = 10) -> Any:
    """Noisy images of 12 pixels, red ones and green ones in turn."""
    random, items = np.random.default_rng(0), []
    for number in range(2 * count):
        image = random.integers(0, 60, (12, 12, 3))
        image[1:6, 1:6, number % 2] += 150
        items.append((image.astype(np.uint8), number % 2))
    return wrap_dataset(items, classes=["red", "green"])


def knowing() -> cs.Network:
    """A network whose first units nearly tell no red from green, and whose last do nothing else."""
    first, last = nn.Conv2d(3, 16, 1), nn.Conv2d(16, 2, 1, bias=False)
    with torch.no_grad():
        first.weight.zero_()
        first.bias.zero_()
        first.weight[:, :2, 0, 0] = 1.0
        first.weight[8:, 0, 0, 0] = 1.2
        first.weight[8:, 1, 0, 0] = 0.8
        last.weight.zero_()
        last.weight[0, 8:] = 1.0
        last.weight[0, :8] = -1.0
        last.weight[1] = -last.weight[0]
        answer = nn.Linear(72, 2)
        answer.bias.zero_()
        answer.weight.copy_(torch.eye(2).repeat_interleave(36, 1))
    layers = nn.Sequential(first, nn.ReLU(), nn.MaxPool2d(2), last, nn.ReLU(), nn.Flatten(), answer)
    return cs.Network.trace(
        layers, (3, 12, 12), preprocess=Preprocess(12, 12, mean=(0.0,) * 3, std=(1.0,) * 3), classes=["red", "green"]
    )


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """No figures, which take most of the time, but where a test is about them."""
    if "slow" not in request.keywords and "stopped" not in request.node.name:
        monkeypatch.setattr(AskedReport, "drawn_by", lambda *_: {})


@pytest.fixture(scope="module")
def red_and_green() -> cs.Paper:
    """What is told of the network that knows colours, and of random weights beside."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AskedReport, "drawn_by", lambda *_: {})
        return cs.paper(knowing(), coloured(), claims=["dead", "aliasing", "selectivity"], seeds=3)


def test_a_network_that_knows_classes_late_agrees_and_random_weights_do_not(red_and_green: cs.Paper) -> None:
    found = red_and_green["selectivity"]
    assert found.verdict == "agrees"
    assert found.passed < 2
    assert found.told is not None
    early, late = found.told.details
    assert late.value > 0.6
    assert early.value < 0.2
    assert found.told.measured.value == pytest.approx(late.value - early.value)
    assert len(found.told.random) == 3


def test_what_any_architecture_of_the_kind_shows_is_said_to_be_no_finding(red_and_green: cs.Paper) -> None:
    assert red_and_green["aliasing"].verdict == "agrees, and so does a random network"
    assert red_and_green["aliasing"].told.measured == MeasuredClaim(0.0, 0.0, 0.0, 16)  # stride 1 folds nothing


def test_few_filters_leave_an_interval_that_holds_the_margin(red_and_green: cs.Paper) -> None:
    found = red_and_green["dead"]
    assert found.verdict == "cannot tell"
    assert found.why == "the interval holds the margin"
    assert found.told.measured.value == 0
    assert found.told.measured.high == pytest.approx(0.1936, abs=1e-4)  # Wilson's, of 0 of 16


def test_the_first_layer_of_a_large_stride_is_expected_to_fold() -> None:
    layers = nn.Sequential(nn.Conv2d(3, 16, 5, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear(400, 2))
    net = cs.Network.trace(layers, (3, 24, 24), preprocess=Preprocess(24, 24))
    found = cs.paper(net, coloured(3), claims=["aliasing"], seeds=1)["aliasing"]
    assert found.told.direction == "above"
    assert found.verdict == "agrees, and so does a random network"
    assert "stride 4" in found.told.note


def test_classes_of_too_few_images_are_counted_and_nothing_is_drawn_of_them() -> None:
    found = cs.paper(knowing(), coloured(5), claims=["selectivity"], seeds=1)["selectivity"]
    assert (found.verdict, found.why) == ("cannot tell", "0 of 2 classes have 8 images or more, and it takes two")
    assert found.told is not None
    assert (found.told.figure, found.told.details, found.told.random) == (None, (), ())


def test_what_is_missing_is_named_with_what_it_takes() -> None:
    asked = ["evolution", "class", "map", "correspondence", "ensembles", "depth", "transfer", "selectivity"]
    photos = [np.full((12, 12, 3), value, np.uint8) for value in (10, 100)]
    found = cs.paper(knowing(), photos, claims=asked, seeds=0)
    assert {one.verdict for one in found.claims} == {"needs"}
    assert [one.claim for one in found.claims] == [
        "evolution", "class", "map", "correspondence", "ensembles", "depth", "transfer", "selectivity"
    ]  # fmt: skip
    inputs = ("run", "parts", "parts", "parts", "ensemble", "ablation", "target_set", "labelled")
    for one, name in zip(found.claims, inputs, strict=True):
        assert f"{name}=" in one.why
    assert len(found.remarks()) == 8
    assert "8 need something that is not there" in found.summary


def test_parts_whose_images_are_not_there_need_these() -> None:
    elsewhere = [Part("dog.jpg", "object", (1, 1, 6, 6)), Part("dog.jpg", "middle", (2, 2, 5, 5))]
    found = cs.paper(knowing(), coloured(4), claims=["class", "correspondence"], parts=elsewhere, seeds=0)
    for one in found.claims:
        assert one.verdict == "needs"
        assert one.why.startswith(
            "it takes the images that the parts are on (part_images=): image 'dog.jpg' of the parts"
        )


def test_one_claim_does_what_several_do() -> None:
    photos = [np.full((12, 12, 3), 10, np.uint8)]
    one = cs.paper(knowing(), photos, claims=["depth"], seeds=0)
    assert one.summary.startswith("1 claim of the paper on ")
    assert one.summary.endswith("1 needs something that is not there: depth (Table 3).")
    both = cs.paper(knowing(), photos, claims=["depth", "class"], seeds=0)
    assert "2 need something that is not there" in both.summary


def test_two_networks_together_are_held_against_each_alone() -> None:
    images = coloured(60)
    found = cs.paper(knowing(), images, claims=["ensembles"], ensemble=[knowing()], seeds=1)["ensembles"]
    assert found.told.measured.value == 0
    assert found.told.measured.count == 120
    assert [one.value for one in found.told.details] == [1.0, 1.0]  # red and green is all there is to know
    assert found.verdict == "cannot tell"


def test_what_a_verb_refuses_of_a_network_is_said_and_the_rest_goes_on() -> None:
    layers = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(1600, 2))
    net = cs.Network.trace(layers, (3, 12, 12), preprocess=Preprocess(12, 12))
    found = cs.paper(net, coloured(8), claims=["aliasing", "selectivity"], seeds=0)
    assert found["selectivity"].verdict == "cannot tell"
    assert "maps of one size only" in found["selectivity"].why
    assert [row[-3] for row in found.tables()[0].rows] == ["16 filters", "-"]
    assert found["aliasing"].verdict == "agrees"  # nothing stands beside it


def boxed(box: tuple[int, int, int, int], count: int = 8) -> list[Part]:
    """An object in every image, and its middle as a part of it."""
    parts = []
    for number in range(count):
        parts += [Part(f"image {number}", "object", box), Part(f"image {number}", "middle", (2, 2, 5, 5))]
    return parts


def test_the_class_and_the_strongest_map_are_held_against_as_much_elsewhere() -> None:
    net, parts = knowing(), boxed((1, 1, 6, 6))
    found = cs.paper(net, coloured(), claims=["class", "map"], parts=parts, seeds=1)
    covered = cs.occlude(net, coloured(), parts=parts, limit=None, size=4, stride=12)
    assert covered.parts is not None
    (test,) = [one for one in covered.parts.tests if one.part == "object"]
    told = found["class"].told
    assert told.measured.value == pytest.approx((test.cost - test.elsewhere).sum() / test.before.sum())
    assert told.measured.count == len(test.images) == 8
    assert "covered: object" in told.looked
    assert found["map"].verdict == "agrees, and so does a random network"  # nothing else is bright in these images
    assert found["map"].told.measured.value > 0.1


def test_where_objects_leave_no_room_their_parts_are_covered() -> None:
    found = cs.paper(knowing(), coloured(), claims=["map"], parts=boxed((0, 0, 12, 12)), seeds=0)["map"]
    assert "too few objects" in found.told.note
    assert found.told.measured.count == 8
    (part,) = [one for one in found.told.details if one.name == "middle"]
    assert found.told.measured.value == pytest.approx(part.value)


# -- kept -------------------------------------------------------------------------------------------------------------
class Stopped(BaseException):
    """What stops a report, as a kill would."""


def stopping(measure: Callable[..., ToldClaim]) -> Callable[..., ToldClaim]:
    def stop(asked: Any) -> ToldClaim:
        raise Stopped

    return stop


def test_a_report_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask: dict[str, Any] = {"claims": ["aliasing", "selectivity"], "seeds": 1, "store": tmp_path / "out"}
    whole = cs.paper(knowing(), coloured(), **{**ask, "store": tmp_path / "whole"})
    real = dict(reporting.MEASURING)
    monkeypatch.setitem(reporting.MEASURING, "selectivity", stopping(real["selectivity"]))
    with pytest.raises(Stopped):
        cs.paper(knowing(), coloured(), **ask)
    assert not (tmp_path / "out" / "index.html").exists()
    assert len(list((tmp_path / "out" / "parts").iterdir())) == 1
    monkeypatch.setitem(reporting.MEASURING, "selectivity", real["selectivity"])
    monkeypatch.setitem(reporting.MEASURING, "aliasing", stopping(real["aliasing"]))  # it is not measured again
    told: list[tuple[str, int, int]] = []
    found = cs.paper(knowing(), coloured(), **ask, progress=lambda *one: told.append(one))
    assert [one for one in told if one[0] == "claims"] == [("claims", done, 2) for done in range(3)]
    timeless = [[{**row, "seconds": 0} for row in one.rows()] for one in (found, whole)]
    assert timeless[0] == timeless[1]
    again = cs.Paper.load(tmp_path / "out")
    assert again.rows() == found.rows()
    assert {name: one.draw() for name, one in again.figures().items()} == {
        name: one.draw() for name, one in found.figures().items()
    }


def test_a_damaged_part_is_measured_again(tmp_path: Path) -> None:
    ask: dict[str, Any] = {"claims": ["aliasing"], "seeds": 1, "store": tmp_path}
    first = cs.paper(knowing(), coloured(), **ask)
    (part,) = (tmp_path / "parts").iterdir()
    content = bytearray(part.read_bytes())
    content[-1] ^= 1
    part.write_bytes(content)
    assert cs.paper(knowing(), coloured(), **ask)["aliasing"].told.measured == first["aliasing"].told.measured


def test_more_inputs_go_on_and_other_images_are_refused(tmp_path: Path) -> None:
    photos = [np.full((12, 12, 3), value, np.uint8) for value in (10, 100)]
    ask: dict[str, Any] = {"claims": ["aliasing", "selectivity"], "seeds": 0, "store": tmp_path}
    assert cs.paper(knowing(), photos, **ask)["selectivity"].verdict == "needs"
    assert cs.paper(knowing(), photos, labelled=coloured(), **ask)["selectivity"].verdict == "agrees"
    with pytest.raises(StoreError, match="another question"):
        cs.paper(knowing(), photos[:1], **ask)


def test_options_that_make_no_sense_are_refused_before_anything_is_measured() -> None:
    photos = [np.full((12, 12, 3), 10, np.uint8)]
    with pytest.raises(UsageError, match="inwariance"):
        cs.paper(knowing(), photos, claims=["inwariance"])
    with pytest.raises(UsageError, match="give the table of these as parts="):
        cs.paper(knowing(), photos, part_images=photos)
    with pytest.raises(UsageError, match="0 or more"):
        cs.paper(knowing(), photos, seeds=-1)
    with pytest.raises(WrongType):
        cs.paper(knowing(), photos, seeds=1.5)
    with pytest.raises(UsageError, match="'depth' was not tested"):
        cs.paper(knowing(), photos, claims=["aliasing"], seeds=0)["depth"]


def test_a_network_without_preprocessing_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    net = cs.Network.trace(nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU()), (3, 12, 12))
    with pytest.raises(UsageError, match="brings no preprocessing"):
        cs.paper(net, coloured(4), claims=["dead"], seeds=0, store=tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_a_network_that_ends_in_a_map_has_no_last_vector_whose_way_could_be_shorter() -> None:
    layers = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 2, 1))
    net = cs.Network.trace(layers, (3, 12, 12), preprocess=Preprocess(12, 12))
    found = cs.paper(net, coloured(4), claims=["invariance"], seeds=1)["invariance"]
    assert found.verdict == "cannot tell"
    assert "ends in a map of 6x6" in found.why


@pytest.mark.slow
def test_every_claim_is_measured_where_all_that_it_takes_is_there(tmp_path: Path) -> None:
    images, net = write_pictures(tmp_path), cs.load("zoo:tiny", classes=["even", "odd", *"abcdefgh"])
    config = replace(small(epochs=1), network=NetworkChoice(input_size=SIDE, width=0.1))
    rows = ["base", "no-3-4", "no-6-7", "no-3-4-6-7"]
    cs.ablate(config, shapes(40), tmp_path / "table3", validation=shapes(8, seed=1), variants=rows, seeds=2)
    found = cs.paper(
        net, images, store=tmp_path / "report", parts=tmp_path / "parts.csv", run=tmp_path / "run", model="zoo:tiny",
        ablation=tmp_path / "table3", target_set=shapes(240), labelled=images,
        ensemble=[cs.load("zoo:tiny", seed=1, classes=["even", "odd", *"abcdefgh"])], seeds=1,
    )  # fmt: skip
    assert [one.claim for one in found.claims] == [one.name for one in CLAIMS]
    told = {one.claim: one.told for one in found.claims if one.told is not None}
    assert set(told) == {one.claim for one in found.claims}  # nothing is missing
    measured = {name for name, one in told.items() if np.isfinite(one.measured.value)}
    assert set(told) - measured <= {"correspondence", "selectivity"}  # three pictures of a part, four of a class
    assert {name: one.measured.count for name, one in told.items()} == {
        "projections": 8, "evolution": 2, "invariance": 8, "dead": 16, "aliasing": 16, "class": 3, "map": 3,
        "correspondence": 0, "ensembles": 8, "depth": 2, "transfer": 3, "selectivity": 0,
    }  # fmt: skip
    assert all(len(told[name].random) == 1 for name in ("projections", "invariance", "dead", "map", "transfer"))
    page = (tmp_path / "report" / "index.html").read_text("utf-8")
    assert all(f'<section id="{one.name}"' in page for one in CLAIMS)
    assert "index.html" not in {path.name for path in cs.Paper.load(tmp_path / "report").kept.figures.values()}


def test_what_covering_takes_of_nothing_is_no_number() -> None:
    """Of a network without weights, say: every probability is the same, and every activation is zero."""
    none, boxes = np.zeros(2), np.zeros((2, 4), np.int64)
    one = PartCost(
        "eye", np.arange(2), 0, boxes, boxes[:, None], none, none, none, None, None, None, None, None, "cannot tell"
    )
    assert np.isnan(claims_by_figures._gain(one))
