"""What the bench answers: the same as the public functions, for one photo, at once and part by part."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import convscope as cs
from convscope.atlas.render import display
from convscope.data import Preprocess, decode_for
from convscope.errors import ImageError, UsageError
from convscope.graph import Network
from convscope.live.bench import Bench
from convscope.live.engine import Left
from convscope.live.holding import TABS
from convscope.live.photos import Photo
from convscope.methods.causes import causes
from convscope.methods.deconv import deconv
from convscope.methods.effects.silencing import Silencer
from convscope.methods.inputs import images_for
from convscope.methods.invariance import invariance
from convscope.methods.invariance.transforms import Frame, transformation
from convscope.methods.occlusion import occlude
from convscope.methods.occlusion.covers import Cover
from convscope.methods.stepwise import run_stepwise, silenced
from tests.live.making import encoded, picture, tiny

LAYERS = ["1", "4"]


def own(bench: Bench, seed: int = 0, tab: str = "a") -> str:
    return bench.put(tab, bench.decode(encoded(picture(seed)), "own.png"))["photo"]


def asked(bench: Bench, kind: str, photo: str, *, tab: str = "a", **said: Any) -> list[dict[str, Any]]:
    return list(bench.answer(tab, {"kind": kind, "photo": photo, "layers": LAYERS, **said}, lambda _: None))


def look(bench: Bench, photo: str, **said: Any) -> dict[str, Any]:
    (found,) = asked(bench, "look", photo, **said)
    return found


def levels(unit: dict[str, Any]) -> np.ndarray:
    height, width, data = unit["map"]
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width)


def pixels_of(text: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB"))


def inputs(bench: Bench) -> torch.Tensor:
    return images_for(bench.net, picture(0))


# -- photos -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("moved", [(0, 0), (2, -5), (99, 99), (-99, -99)])
def test_a_photo_is_cropped_as_the_recipe_does(bench: Bench, moved: tuple[int, int]) -> None:
    photo = bench.decode(encoded(picture()), "own.png")
    recipe = bench.net.preprocess
    assert np.array_equal(photo.crop(moved), recipe.crop(decode_for(picture(), recipe), moved=moved))
    assert torch.equal(photo.inputs(bench.net), images_for(bench.net, picture()))
    assert photo.rooms == ((-2, 2), (-9, 9))


def test_what_is_shown_is_the_whole_photo_and_where_the_crop_lies(bench: Bench) -> None:
    told = bench.put("a", bench.decode(encoded(picture()), "own.png"))
    assert pixels_of(told["picture"]).shape[:2] == tuple(told["whole"]) == (28, 42)
    assert (told["size"], told["crop"]) == ([60, 90], [2, 9, 24, 24])


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"just text", '^a.jpg: not an image in a known format .it begins with the text "just text".$'),
        (b"\x00\x01\xff", "^a.jpg: not an image in a known format .it begins with the bytes 00 01 ff.$"),
        (b"\x89PNG\r\n\x1a\nno", "^a.jpg: not an image .*begins as PNG does, and its header cannot be read"),
        (b"", "^a.jpg: the file is empty$"),
        (encoded(np.zeros((1, 60000, 3), np.uint8)), "so long that it would be resized to 28x1680000"),
    ],
)
def test_what_is_no_photo_is_said(bench: Bench, payload: bytes, said: str) -> None:
    with pytest.raises(ImageError, match=said):
        bench.decode(payload, "a.jpg")


def test_a_photo_of_more_pixels_than_are_allowed_is_refused_before_it_is_decoded(bench: Bench) -> None:
    with pytest.raises(ImageError, match=r"^large.png: 60x90 pixels are more than the limit of 99: make it smaller$"):
        Photo.of(encoded(picture()), bench.net.preprocess, name="large.png", pixels=99)


def test_pages_hold_few_photos_and_the_oldest_pages_are_forgotten(bench: Bench) -> None:
    first = own(bench)
    for number in range(TABS):
        own(bench, tab=f"page {number}")
    with pytest.raises(UsageError, match="choose it again"):
        look(bench, first)
    kept = [own(bench, seed) for seed in range(4)]
    with pytest.raises(UsageError, match="choose it again"):
        look(bench, kept[0])
    look(bench, kept[1])


def test_images_of_the_collection_are_photos(bench: Bench) -> None:
    told = bench.put("a", bench.choose(2))
    assert told["number"] == 2
    with pytest.raises(UsageError, match="no image 3"):
        bench.choose(3)


# -- at a glance ------------------------------------------------------------------------------------------------------
def test_classes_and_strongest_units_are_those_of_a_run(bench: Bench) -> None:
    found, ran = look(bench, own(bench)), bench.net.run(inputs(bench), [*LAYERS, "7"])
    scores = ran["7"].softmax(1)[0]
    assert [one["channel"] for one in found["classes"]] == scores.argsort(descending=True).tolist()
    assert found["classes"][0]["score"] == pytest.approx(float(scores.max()), rel=1e-6)
    assert {one["name"] for one in found["classes"]} == set(bench.net.classes)
    for layer in found["layers"]:
        maps = ran[layer["name"]][0]
        assert [u["channel"] for u in layer["units"]] == maps.flatten(1).amax(1).argsort(descending=True)[:6].tolist()
        for unit in layer["units"]:
            one = maps[unit["channel"]]
            assert unit["value"] == pytest.approx(float(one.max()), rel=1e-6)
            assert one[tuple(unit["at"])] == one.max()
            assert np.array_equal(levels(unit), (one * (255 / one.max())).round().to(torch.uint8).numpy())


def test_what_changed_against_the_photo_before_is_told(bench: Bench) -> None:
    assert look(bench, own(bench, 0))["changed"] is None
    second = own(bench, 1)
    changed = look(bench, second)["changed"]
    before, now = (bench.net.run(images_for(bench.net, picture(seed)), ["7", "4"]) for seed in (0, 1))
    for one in changed["classes"]:
        assert one["before"] == pytest.approx(float(before["7"].softmax(1)[0, one["channel"]]), rel=1e-5)
        assert one["now"] == pytest.approx(float(now["7"].softmax(1)[0, one["channel"]]), rel=1e-5)
    rise = (now["4"] - before["4"]).abs()
    first = next(one for one in changed["units"] if one["unit"].startswith("4:"))
    largest = [one["4"][0].flatten(1).amax(1) for one in (before, now)]
    assert first["unit"] == f"4:{int((largest[1] - largest[0]).abs().argmax())}"
    assert rise.max() > 0
    assert look(bench, second)["changed"] == changed  # looked at again it is compared with the same


@pytest.mark.parametrize("fill", ["grey", "mean", "blur"])
def test_a_covered_square_is_as_occlude_has_it(bench: Bench, fill: str) -> None:
    photo, whole = (
        own(bench),
        occlude(bench.net, inputs(bench), size=6, stride=3, fill=fill, units=["4:2"]),
    )
    for row, column in ((0, 0), (3, 4), (6, 6)):
        cover = {"at": [[3 * row + 3, 3 * column + 3]], "size": 6, "fill": fill}
        found = look(bench, photo, cover=cover, followed=["4:2"], units={"4": [2]})
        target = int(whole.targets[0, 0])
        score = next(one["score"] for one in found["classes"] if one["channel"] == target)
        assert score == pytest.approx(float(whole.probability[0, row, column]), abs=1e-6)
        assert found["followed"][0]["value"] == pytest.approx(float(whole.covered.units[0, 0, row, column]), abs=1e-5)
        assert found["followed"][0]["before"] == pytest.approx(float(whole.uncovered.units[0, 0]), abs=1e-5)


def test_what_a_brush_covers_is_as_the_edited_image_run_again(bench: Bench) -> None:
    cover = {"at": [[4, 5], [6, 9], [9, 12]], "size": 5, "shape": "disc"}
    found = look(bench, own(bench), cover=cover, units={"1": [0], "4": [0]})
    rows, columns = np.ogrid[:24, :24]
    mask = np.zeros((24, 24), bool)
    for y, x in cover["at"]:
        mask |= (rows - y) ** 2 + (columns - x) ** 2 <= 2.5**2
    edited = inputs(bench).clone()
    edited[:, :, torch.from_numpy(mask)] = 0
    ran = bench.net.run(edited, ["1", "4", "7"])
    scores = ran["7"].softmax(1)[0]
    for one in found["classes"]:
        assert one["score"] == pytest.approx(float(scores[one["channel"]]), abs=1e-6)
    for layer in found["layers"]:
        assert layer["units"][0]["value"] == pytest.approx(float(ran[layer["name"]][0, 0].max()), abs=1e-5)


def test_covering_nothing_changes_nothing(bench: Bench) -> None:
    photo = own(bench)
    plain, covered = look(bench, photo), look(bench, photo, cover={"at": [], "size": 5})
    assert [c["score"] for c in covered["classes"]] == [c["score"] for c in plain["classes"]]
    outside = look(bench, photo, cover={"at": [[-50, -50]], "size": 5})
    assert [c["score"] for c in outside["classes"]] == [c["score"] for c in plain["classes"]]


def test_silenced_units_are_as_effects_has_them(bench: Bench) -> None:
    found = look(bench, own(bench), silenced=["4:1", "4:3"])
    silencer = Silencer(bench.net, "4")
    base = bench.net.run_values(inputs(bench), silencer.base | silencer.base_of_groups)
    layer = base[bench.net.index_of("4")].clone()
    layer[:, [1, 3]] = 0
    scores = silencer.outputs_of_groups(base, layer).softmax(1)[0]
    for one in found["classes"]:
        assert one["score"] == pytest.approx(float(scores[one["channel"]]), abs=1e-6)
    plain = bench.net.run(inputs(bench))["7"].softmax(1)[0]
    assert found["classes"][0]["before"] == pytest.approx(float(plain[found["classes"][0]["channel"]]), abs=1e-6)


def test_units_of_several_layers_are_silenced_together(bench: Bench) -> None:
    found = look(bench, own(bench), silenced=["1:0", "4:1@0,0"], units={"1": [0], "4": [1]})
    assert found["layers"][0]["units"][0]["value"] == 0
    kept = bench.net.run_values(inputs(bench), {bench.net.index_of("1")})[bench.net.index_of("1")].clone()
    kept[:, 0] = 0
    modules = {step.index: step for step in bench.net.steps}
    alive, at = {bench.net.index_of("1"): kept}, bench.net.index_of("4")
    for index in sorted(modules):
        if index > bench.net.index_of("1"):
            alive[index] = modules[index].run([alive[i] for i in modules[index].inputs])
            if index == at:
                alive[index][:, 1, 0, 0] = 0
    scores = alive[bench.net.program.output].softmax(1)[0]
    assert found["classes"][0]["score"] == pytest.approx(float(scores.max()), abs=1e-6)


def test_a_transformed_photo_is_as_invariance_has_it(bench: Bench) -> None:
    photo = own(bench)
    curve = invariance(bench.net, inputs(bench), transformations={"rotation": [40]}, layers=["4"])["rotation"]
    found = look(bench, photo, transform={"name": "rotation", "amount": 40})
    score = next(one["score"] for one in found["classes"] if one["channel"] == int(curve.targets[0]))
    assert score == pytest.approx(float(curve.probabilities[0, 0]), abs=1e-6)
    assert pixels_of(found["picture"]).shape == (24, 24, 3)


# -- a unit -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
@pytest.mark.parametrize("unit", ["4:2", "4:2@1,3", "7:1", "7:1-2"])
def test_a_projection_is_deconvs(bench: Bench, rule: Any, unit: str) -> None:
    (found,) = asked(bench, "project", own(bench), unit=unit, rule=rule)
    wanted = deconv(bench.net, inputs(bench), unit, rule=rule)
    assert found["unit"] == str(wanted.units[0])
    assert found["value"] == float(wanted.values[0])
    assert found["box"] == wanted.boxes[0].tolist()
    assert np.array_equal(pixels_of(found["projection"]), display(wanted.pixels)[0])
    assert found["name"] == ("dog" if unit == "7:1" else None)
    if unit.startswith("7"):
        assert found["map"] is None
    else:
        whole = bench.net.run(inputs(bench), layers=["4"])["4"][0, 2]
        np.testing.assert_allclose(levels(found["map"]), (255 * whole / whole.max()).numpy(), atol=0.501)


@pytest.mark.parametrize(("kind", "least"), [("project", 10), ("causes", 8)])
def test_what_a_unit_takes_is_left_between_any_of_its_steps(bench: Bench, kind: str, least: int) -> None:
    said = {"kind": kind, "photo": own(bench), "unit": "4:2"}
    shares: list[float] = []
    whole = list(bench.answer("a", said, shares.append))
    assert len(shares) >= least  # steps up to the layer, and down again
    assert shares == sorted(shares)
    assert shares[-1] == 1 or (kind == "causes" and 0.8 < shares[-1] < 1)
    for ends in range(len(shares)):
        left, told = Left(), list[float]()

        def advanced(share: float, told: list[float] = told, ends: int = ends, left: Left = left) -> None:
            told.append(share)
            if len(told) > ends:
                raise left

        with pytest.raises(Left):
            list(bench.answer("a", said, advanced))
        assert len(told) == ends + 1  # nothing was computed after it
    assert list(bench.answer("a", said, lambda _: None)) == whole


def test_causes_are_those_one_layer_down(bench: Bench) -> None:
    (found,) = asked(bench, "causes", own(bench), unit="4:2", layers=["1"])
    wanted = causes(bench.net, inputs(bench)[0], "4:2", ["1"], most=8)
    assert [node["unit"] for node in found["nodes"]] == [str(node.unit) for node in wanted.nodes[1:]]
    assert [node["amount"] for node in found["nodes"]] == [node.amount for node in wanted.nodes[1:]]
    at = wanted.nodes[1].unit.position
    assert found["nodes"][0]["box"] == bench.net.crops("1", np.array([at]))[0].tolist()
    with pytest.raises(UsageError, match="first layer"):
        asked(bench, "causes", own(bench), unit="0:2", layers=None)


# -- growing ----------------------------------------------------------------------------------------------------------
def test_a_sweep_grows_to_what_occlude_gives(bench: Bench) -> None:
    first, *rows = asked(bench, "sweep", own(bench), size=6, stride=4, fill="mean", followed=["4:1"])
    wanted = occlude(bench.net, inputs(bench), size=6, stride=4, fill="mean", units=["4:1"])
    assert tuple(first["grid"]["shape"]) == wanted.grid.shape
    assert first["target"]["channel"] == int(wanted.targets[0, 0])
    assert first["map"] == str(wanted.strongest[0])
    assert [row["row"] for row in rows] == list(range(wanted.grid.shape[0]))
    for name, of in (("probability", "probability"), ("activation", "activation")):
        grown = np.array([row[name] for row in rows])
        before, after = wanted.measured(of)
        np.testing.assert_allclose(grown, after[0], atol=1e-5)
        assert first["uncovered"][name][0] == pytest.approx(float(before[0]), abs=1e-5)
    assert np.array_equal(np.array([row["label"] for row in rows]), wanted.label[0])
    np.testing.assert_allclose([row["units"][0] for row in rows], wanted.covered.units[0, 0], atol=1e-5)


def test_a_curve_grows_to_what_invariance_gives(bench: Bench) -> None:
    amounts = [-8, -4, 0, 4, 8, 12]
    first, *parts = asked(bench, "curve", own(bench), name="vertical", amounts=amounts)
    wanted = invariance(bench.net, inputs(bench), transformations={"vertical": amounts}, layers=LAYERS)["vertical"]
    assert (first["amounts"], first["layers"], len(parts)) == (amounts, LAYERS, 2)
    for name, table in (("probability", wanted.probabilities), ("label", wanted.labels)):
        np.testing.assert_allclose([v for part in parts for v in part[name]], table[0], atol=1e-6)
    for layer in LAYERS:
        grown = [v for part in parts for v in part["relative"][layer]]
        np.testing.assert_allclose(grown, wanted.relative[layer][0], atol=1e-5)


# -- with units silenced ----------------------------------------------------------------------------------------------
SILENCED = ["1:0", "4:3"]


def with_edits(bench: Bench, image: torch.Tensor, layer: str = "7") -> torch.Tensor:
    """What a layer gives where the units are set to zero on the way."""
    net, index = bench.net, bench.net.index_of(layer)
    return run_stepwise(net, image, {index}, edits=silenced(net, [net.unit(one) for one in SILENCED]))[index]


def test_a_sweep_and_a_curve_are_of_the_network_with_units_silenced(bench: Bench) -> None:
    said = {"size": 6, "stride": 9, "followed": ["4:3", "4:1"], "silenced": SILENCED, "target": 1}
    first, *rows = asked(bench, "sweep", own(bench), **said)
    assert first["uncovered"]["probability"][0] == pytest.approx(
        float(with_edits(bench, inputs(bench)).softmax(1)[0, 1])
    )
    for row, column in ((0, 0), (2, 1), (1, 2)):
        image = Cover(((9 * row + 3, 9 * column + 3),), 6).over(bench.net, inputs(bench))
        expected = with_edits(bench, image).softmax(1)[0, 1]
        assert rows[row]["probability"][column] == pytest.approx(float(expected), abs=1e-5)
        assert rows[row]["units"][0][column] == 0
        kept = with_edits(bench, image, "4")[0, 1].sum()
        assert rows[row]["units"][1][column] == pytest.approx(float(kept), rel=1e-4)
    _, part = asked(bench, "curve", own(bench), name="vertical", amounts=[0, 4], silenced=SILENCED, target=1)
    image = transformation("vertical").apply(inputs(bench), 4, Frame.of(bench.net.preprocess))
    assert part["probability"][1] == pytest.approx(float(with_edits(bench, image).softmax(1)[0, 1]), abs=1e-5)
    plain, moved = with_edits(bench, inputs(bench), "4"), with_edits(bench, image, "4")
    assert part["relative"]["4"][1] == pytest.approx(float((moved - plain).norm() / plain.norm()), rel=1e-4)


def test_a_unit_is_shown_as_it_would_speak_among_what_is_silenced(bench: Bench) -> None:
    photo, quiet = own(bench), bench.net.silenced("1:0")
    (found,) = asked(bench, "project", photo, unit="4:3", silenced=SILENCED)
    wanted = deconv(quiet, inputs(bench), "4:3")
    assert found["value"] == pytest.approx(float(wanted.values[0])) != 0
    assert np.array_equal(pixels_of(found["projection"]), display(wanted.pixels)[0])
    (fed,) = asked(bench, "causes", photo, unit="4:3", layers=["1"], silenced=SILENCED)
    assert all(node["amount"] == 0 for node in fed["nodes"] if node["unit"].startswith("1:0@"))
    assert fed["value"] == pytest.approx(found["value"])


def test_a_square_is_pushed_through_what_is_silenced(bench: Bench) -> None:
    cover = {"at": [[9, 12]], "size": 5}
    found = look(bench, own(bench), cover=cover, silenced=SILENCED, units={"1": [0, 1], "4": [3]})
    image = Cover(((9, 12),), 5).over(bench.net, inputs(bench))
    scores = with_edits(bench, image).softmax(1)[0]
    for one in found["classes"]:
        assert one["score"] == pytest.approx(float(scores[one["channel"]]), abs=1e-6)
    assert [unit["value"] for unit in found["layers"][0]["units"]] == [
        0, pytest.approx(float(with_edits(bench, image, "1")[0, 1].max()), rel=1e-5)
    ]  # fmt: skip


# -- everything else --------------------------------------------------------------------------------------------------
def test_a_grey_network_takes_photos_in_colour() -> None:
    bench = Bench(tiny(1))
    photo = own(bench)
    found = look(bench, photo, cover={"at": [[9, 9]], "size": 8})
    assert len(found["classes"]) == 5
    (projected,) = asked(bench, "project", photo, unit="4:2")
    assert pixels_of(projected["projection"]).shape[2] == 3


def test_numbers_that_are_none_are_told_as_nothing() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 2))
    with torch.no_grad():
        module[0].bias.fill_(float("nan"))
    net = Network.trace(module, (3, 8, 8), preprocess=Preprocess(8, 8), classes=["a", "b"])
    made = Bench(net)
    kinds = (
        {"kind": "look", "followed": ["0:1"]},
        {"kind": "project", "unit": "0:1"},
        {"kind": "causes", "unit": "1:1"},
    )
    for seed in (0, 1):  # the second is compared with the first
        photo = own(made, seed)
        for said in kinds:
            for part in made.answer("a", {"photo": photo, **said}, lambda _: None):
                json.dumps(part, allow_nan=False)


def test_a_network_without_preprocessing_is_refused() -> None:
    net = cs.Network.trace(torch.nn.Conv2d(3, 4, 3), (3, 9, 9))
    with pytest.raises(UsageError, match="preprocess="):
        Bench(net)


def test_an_output_that_is_a_map_is_averaged() -> None:
    layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Conv2d(4, 3, 3))
    net = cs.Network.trace(layers, (3, 16, 16), preprocess=cs.Preprocess(16, 16), classes=("a", "b", "c"))
    bench = Bench(net)
    photo = own(bench)
    (found,) = bench.answer("a", {"kind": "look", "photo": photo}, lambda _: None)
    ran = net.run(images_for(net, picture(0)))[net.output].double().softmax(1)[0].flatten(1).mean(1)
    assert found["classes"][0]["score"] == pytest.approx(float(ran.max()), abs=1e-6)
    covered = list(
        bench.answer("a", {"kind": "look", "photo": photo, "cover": {"at": [[8, 8]], "size": 4}}, lambda _: None)
    )
    wanted = occlude(net, images_for(net, picture(0)), size=4, stride=2)
    score = next(c["score"] for c in covered[0]["classes"] if c["channel"] == int(wanted.targets[0, 0]))
    assert score == pytest.approx(float(wanted.probability[0, 3, 3]), abs=1e-6)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"kind": "nothing"}, "not a choice"),
        ({"kind": "look", "photo": "gone"}, "choose it again"),
        ({"kind": "look"}, "photo: a text"),
        ({"kind": "look", "layers": ["5x"]}, "5x"),
        ({"kind": "look", "layers": "1"}, "list of at most"),
        ({"kind": "look", "units": {"4": [99]}}, "from 0 to 7"),
        ({"kind": "look", "cover": {"at": [[1, 2]], "size": 0}}, "from 1 to 24"),
        ({"kind": "look", "cover": {"at": [[1, float("nan")]], "size": 3}}, "a number from"),
        ({"kind": "look", "cover": {"at": [[1, 2]] * 5000, "size": 3}}, "list of at most"),
        ({"kind": "look", "cover": {"at": [[1, 2]], "size": 3, "fill": "red"}}, "fill='red' is not a choice"),
        ({"kind": "look", "transform": {"name": "vertical", "amount": 1e9}}, "from -60 to 60"),
        ({"kind": "look", "transform": {"name": "sideways", "amount": 1}}, "no transformation"),
        ({"kind": "look", "silenced": ["4:99"]}, "4:99"),
        ({"kind": "look", "silenced": ["4:1-2"]}, "single units are silenced"),
        ({"kind": "look", "moved": [True, 0]}, "moved"),
        ({"kind": "project", "unit": "nonsense"}, "not a unit"),
        ({"kind": "project", "unit": "4:1", "rule": "magic"}, "rule='magic'"),
        ({"kind": "sweep", "size": 99}, "from 1 to 24"),
        ({"kind": "curve", "name": "vertical", "amounts": [999]}, "from -60 to 60"),
    ],
)
def test_what_makes_no_sense_is_refused(bench: Bench, said: dict[str, Any], told: str) -> None:
    photo = own(bench)
    with pytest.raises(UsageError, match=told):
        list(bench.answer("a", {"photo": photo, **said} if len(said) > 1 or said["kind"] != "look" else said, print))
