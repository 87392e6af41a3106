"""`convscope occlude`, `invariance`, `correspond` and `annotate`, end to end on a small network."""

import asyncio
import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import convscope as cs
from convscope.atlas.experiments import experiments
from convscope.data import load_image
from convscope.data.parts import Part, format_parts

pytest.importorskip("matplotlib")

from convscope.figures import occlusion as occlusion_figure
from convscope.methods.correspondence.comparing import correspondence


@pytest.fixture
def few(images: Path) -> Path:
    """Two images of two classes; figures take a while."""
    for path in sorted(images.glob("*/*.png")):
        if path.name not in ("0.png", "1.png"):
            path.unlink()
    return images


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def batch_of(net: cs.Network, source: cs.Source) -> torch.Tensor:
    crops = [load_image(source, i, net.preprocess) for i in range(len(source))]
    return net.preprocess.normalise(torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2))


def test_occlude_writes_what_the_library_finds(convscope: Callable, few: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = convscope(
        *("occlude", "zoo:tiny", few, "-o", out, "--size", "12x8", "--stride", "8", "-u", "relu1:2"),
        *("--fill", "200", "-t", "3", "--json"),
    )
    assert done.code == 0, done.err
    net = cs.load("zoo:tiny")
    source = cs.open_source(str(few))
    expected = cs.occlude(
        net, batch_of(net, source), size=(12, 8), stride=8, fill=(200, 200, 200), target=3, units="relu1:2"
    ).found
    with np.load(out / "occlusion.npz") as stored:
        assert stored["probability"] == pytest.approx(expected.probability, abs=1e-6)
        assert stored["activation"] == pytest.approx(expected.activation, rel=1e-5, abs=1e-5)
        assert stored["attribution"] == pytest.approx(expected.attribution(), abs=1e-6)
        assert stored["boxes"].reshape(-1, 4).tolist() == expected.grid.boxes.tolist()
        assert stored["images"].tolist() == [source.name(i) for i in range(2)]
    rows = rows_of(out / "occlusion.csv")
    assert len(rows) == 2 * len(expected.grid.boxes)
    assert float(rows[0]["probability0"]) == pytest.approx(float(expected.probability[0, 0, 0]), abs=1e-6)
    assert float(rows[-1]["relu1:2"]) == pytest.approx(float(expected.covered.units[1, 0, -1, -1]), rel=1e-5)
    assert json.loads((out / "occlusion.json").read_text())["grid"]["size"] == [12, 8]
    said = done.document["images"]
    assert [one["image"] for one in said] == [source.name(i) for i in range(2)]
    drop = expected.uncovered.probabilities[:, 0] - expected.probability.reshape(2, -1).min(1)
    for one, most in zip(said, drop, strict=True):
        assert one["probability"] - one["least"] == pytest.approx(float(most), abs=1e-6)
        assert (out / one["figure"]).read_bytes()[:4] == b"\x89PNG"


@pytest.mark.usefixtures("undrawn")
def test_occlude_in_words_and_unreadable_images(convscope: Callable, few: Path, tmp_path: Path) -> None:
    (few / "odd" / "1.png").write_bytes(b"no image")
    done = convscope("occlude", "zoo:tiny", few, "-o", tmp_path / "out", "--stride", "16", "--limit", "1")
    assert done.code == 0
    assert "another class is on top at" in done.out
    out = tmp_path / "out"
    done = convscope("occlude", "zoo:tiny", few, "-o", out, "--stride", "16")
    assert done.code == 5
    assert "answers to another question (other images): choose another folder" in done.err
    out = tmp_path / "all"
    done = convscope("occlude", "zoo:tiny", few, "-o", out, "--stride", "16")
    assert "left out odd/1.png" in done.err
    assert [path.name for path in out.glob("0*.png")] == ["00000-even_0.png"]
    assert "occlude: " in done.err


@pytest.mark.usefixtures("undrawn")
def test_occlude_goes_on_where_it_was_stopped(
    convscope: Callable, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (images / "even" / "2.png").write_bytes(b"no image")
    asked = ("occlude", "zoo:tiny", images, "--stride", "24", "--json")
    whole = convscope(*asked, "-o", tmp_path / "whole")
    assert [one["image"] for one in whole.document["failures"]] == ["even/2.png"]
    assert json.loads((tmp_path / "whole" / "occlusion.json").read_text())["failures"] == whole.document["failures"]

    drawn, ends = occlusion_figure.draw, iter([False, False, True])

    def stopped(*given: Any, **more: Any) -> Any:
        if next(ends, False):
            raise KeyboardInterrupt
        return drawn(*given, **more)

    monkeypatch.setattr(occlusion_figure, "draw", stopped)
    out = tmp_path / "out"
    assert convscope(*asked, "-o", out).code == 130
    assert len(list(out.glob("*.png"))) == 2
    assert len(list((out / "parts").glob("*.npz"))) == 6
    again = convscope(*asked, "-o", out)
    assert again.code == 0
    assert "nothing is left to do" in again.err
    assert sorted(path.name for path in out.glob("*.png")) == sorted(
        path.name for path in (tmp_path / "whole").glob("*.png")
    )
    for file in ("occlusion.csv", "occlusion.json"):
        assert (out / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


@pytest.mark.usefixtures("undrawn")
def test_a_figure_that_is_not_as_it_was_written_is_drawn_again(convscope: Callable, few: Path, tmp_path: Path) -> None:
    asked = ("occlude", "zoo:tiny", few, "--stride", "24", "-q", "-o", tmp_path / "out")
    assert convscope(*asked).code == 0
    one, other = sorted((tmp_path / "out").glob("*.png"))
    one.write_bytes(b"")
    before = other.stat().st_mtime_ns
    assert convscope("verify", tmp_path / "out").code == 5
    assert convscope(*asked).code == 0
    assert (one.read_bytes(), other.stat().st_mtime_ns) == (b"picture", before)
    assert convscope("verify", tmp_path / "out").code == 0


@pytest.mark.usefixtures("undrawn")
def test_projections_of_other_images_come_from_a_scan(
    convscope: Callable, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert convscope("scan", "zoo:tiny", images, "-o", tmp_path / "scan", "-q").code == 0
    shown: list[int] = []
    drawn = occlusion_figure.draw

    def watched(found: Any, photos: Any, **more: Any) -> Any:
        shown.extend(len(photo.others) for photo in photos)
        return drawn(found, photos, **more)

    monkeypatch.setattr(occlusion_figure, "draw", watched)
    one = images / "even" / "0.png"
    out, asked = tmp_path / "out", ("--stride", "24", "-q")
    assert convscope("occlude", "zoo:tiny", one, "-o", out, *asked).code == 0
    scan = ("--scan", tmp_path / "scan")
    done = convscope("occlude", "zoo:tiny", one, "-o", out, *asked, *scan, "--scan-images", images)
    assert done.code == 0, done.err
    assert shown == [0, 6]  # the figure is drawn again with what is new in it, without the image itself
    assert convscope("occlude", "zoo:tiny", one, "-o", out, *asked, *scan, "--scan-images", images).code == 0
    assert len(shown) == 2
    wrong = convscope("occlude", "zoo:tiny", one, "-o", out, *asked, *scan)
    assert (wrong.code, "--scan-images names the collection" in wrong.err) == (2, True)


def test_results_go_into_an_atlas_of_the_same_network(convscope: Callable, few: Path, tmp_path: Path) -> None:
    atlas = tmp_path / "atlas"
    assert convscope("atlas", "zoo:tiny", few, "-o", atlas, "-q").code == 0
    out = tmp_path / "out"
    add = ("--atlas", atlas, "-q")
    assert convscope("occlude", "zoo:tiny", few, "-o", out, "--stride", "16", *add).code == 0
    assert convscope("invariance", "zoo:tiny", few, "-o", out, "-T", "scale=1:2:1", "--name", "big", *add).code == 0
    names = ("even/0.png", "odd/1.png")
    (tmp_path / "parts.csv").write_text(format_parts(Part(name, "eye", (10, 8, 18, 16)) for name in names))
    more = ("--parts", tmp_path / "parts.csv", "--draws", "3")
    assert convscope("correspond", "zoo:tiny", few, "-o", out, *more, *add).code == 0
    found = {one.name: one for one in experiments(atlas)}
    assert {name: one.kind for name, one in found.items()} == {
        "occlusion": "occlusion", "big": "invariance", "correspondence": "correspondence",
    }  # fmt: skip
    assert found["occlusion"].images == (0, 1)
    assert found["occlusion"].units
    assert all((atlas / "experiments" / one.name / file).is_file() for one in found.values() for file in one.figures)
    wrong = convscope("occlude", "zoo:tiny", few, "-o", out, *add, "--seed", "5", "--weights", "random")
    assert wrong.code == 2
    assert "is of another network" in wrong.err


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--size", "big"), 2, "--size 'big'"),
        (("--size", "4000"), 2, "larger than the image"),
        (("--stride", "0"), 2, "must be positive"),
        (("--fill", "300"), 2, "0 to 255"),
        (("--fill", "gray"), 2, "--fill gray"),
        (("--layer", "relu9"), 2, "relu9"),
        (("-u", "relu1:99"), 2, "relu1:99"),
        (("-t", "labels", "-t", "3"), 2, "not both"),
        (("-t", "dog"), 2, "dog"),
    ],
)
def test_occlude_refuses_what_makes_no_sense(
    convscope: Callable, few: Path, tmp_path: Path, options: tuple[str, ...], code: int, said: str
) -> None:
    done = convscope("occlude", "zoo:tiny", few / "even" / "0.png", "-o", tmp_path / "out", *options)
    assert done.code == code
    assert said in done.err
    assert not (tmp_path / "out").exists()


def test_no_image_is_misuse(convscope: Callable, tmp_path: Path) -> None:
    for command in ("occlude", "invariance"):
        done = convscope(command, "zoo:tiny", "-o", tmp_path / "out")
        assert (done.code, "no images" in done.err) == (2, True)


def test_labels_are_the_classes_that_are_followed(convscope: Callable, few: Path, tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("".join(f"{name}\n" for name in "abcdefg") + "odd\neven\nz\n")
    done = convscope(
        *("occlude", "zoo:tiny", few, "-o", tmp_path / "out", "--stride", "16", "-t", "labels", "--json"),
        *("--classes", tmp_path / "classes.txt"),
    )
    assert done.code == 0, done.err
    assert [one["class"] for one in done.document["images"]] == ["even", "odd"]


def test_invariance_writes_what_the_library_finds(convscope: Callable, images: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = convscope(
        *("invariance", "zoo:tiny", images, "-o", out, "-T", "vertical=-8:8:8", "-T", "rotation=0,45"),
        *("--layers", "relu1,fc", "--distance", "raw", "--json"),
    )
    assert done.code == 0, done.err
    net = cs.load("zoo:tiny")
    expected = cs.invariance(
        net, batch_of(net, cs.open_source(str(images))), layers=["relu1", "fc"],
        transformations={"vertical": [-8, 0, 8], "rotation": [0, 45]},
    ).found  # fmt: skip
    rows = rows_of(out / "invariance.csv")
    assert len(rows) == 7 * 5
    turned = [row for row in rows if row["transformation"] == "rotation" and row["value"] == "45.0"]
    assert [float(row["distance relu1"]) for row in turned] == pytest.approx(
        expected["rotation"].distances["relu1"][:, 1].tolist(), rel=1e-5
    )
    assert (out / "invariance.png").read_bytes()[:4] == b"\x89PNG"
    summary = done.document["summary"]
    assert [(row["transformation"], row["by"]) for row in summary][:3] == [("vertical", v) for v in (-8, 0, 8)]
    assert summary[1]["relative relu1"] == 0
    assert summary[1]["kept"] == 1


@pytest.mark.parametrize(
    "text", ["scale=1:2", "scale=1:2:0", "scale=2:1:0.1", "scale=a", "scale=", "scale=0:1:0.00001"]
)
def test_amounts_that_are_none_are_refused(convscope: Callable, images: Path, tmp_path: Path, text: str) -> None:
    done = convscope("invariance", "zoo:tiny", images, "-o", tmp_path / "out", "-T", text)
    assert done.code == 2
    assert "scale=1:1.8:0.1" in done.err


def parts(path: Path) -> None:
    """A part on all of four images of 40 x 40, another on two of them, and objects."""
    found = []
    for i in (0, 2, 4, 6):
        found += [Part(f"{i}.png", "eye", (10 + i, 8, 18 + i, 16)), Part(f"even/{i}.png", "object", (0, 0, 40, 30))]
    found += [Part(f"{i}.png", "nose", (20, 20, 26, 30)) for i in (0, 4)]
    path.write_text(format_parts(found))


@pytest.mark.usefixtures("undrawn")
def test_correspond_writes_what_the_library_finds(convscope: Callable, images: Path, tmp_path: Path) -> None:
    parts(tmp_path / "parts.csv")
    out = tmp_path / "out"
    asked = ("correspond", "zoo:tiny", images, "--parts", tmp_path / "parts.csv", "--draws", "6")
    asked = (*asked, "--layers", "relu1,fc", "--seed", "4", "--json")
    done = convscope(*asked, "-o", out)
    assert done.code == 0, done.err
    net = cs.load("zoo:tiny", seed=4)  # which decides the weights, too
    source = cs.open_source([str(images / "even" / f"{i}.png") for i in (0, 2, 4, 6)])
    place = net.preprocess.place(40, 40)
    scale, shift = place.height / 40, place.top
    eyes = np.array([[10 + i, 8, 18 + i, 16] for i in (0, 2, 4, 6)]) * scale - shift
    noses = np.full((4, 4), -1.0)
    noses[[0, 2]] = np.array([20, 20, 26, 30]) * scale - shift
    boxes = {"eye": whole(eyes), "nose": whole(noses)}
    regions = whole(np.tile(np.array([0, 0, 40, 30]) * scale - shift, (4, 1))).clip(0, net.input_shape[1])
    expected = correspondence(
        net, batch_of(net, source), boxes, layers=["relu1", "fc"], regions=regions, draws=6, seed=4
    )
    found = done.document["results"]
    assert [(row["layer"], row["part"], row["images"]) for row in found] == [
        (layer, part, n) for layer in ("relu1", "fc") for part, n in (("eye", 4), ("nose", 2))
    ]
    assert [row["total"] for row in found] == [result.total for result in expected.results]
    assert [row["random"] for row in found] == pytest.approx([result.random for result in expected.results])
    assert [row["part"] for row in rows_of(out / "correspondence.csv")] == ["eye", "nose"] * 2
    assert (out / "correspondence.png").is_file()
    again = convscope(*asked, "-o", out, "--workers", "1").document
    assert again["results"] == found
    reduced = convscope(*asked, "-o", tmp_path / "reduced", "--places", "2").document
    channels = net.layers["relu1"].channels
    assert [row["features"] for row in reduced["results"]][:2] == [4 * channels] * 2
    assert reduced["results"][2:] == found[2:]


def whole(boxes: np.ndarray) -> np.ndarray:
    """Whole pixels that boxes touch."""
    low, high = np.floor(boxes[:, :2] + 1e-6), np.ceil(boxes[:, 2:] - 1e-6)
    return np.concatenate([low, high], 1).astype(int)


@pytest.mark.parametrize(
    ("table", "code", "said"),
    [
        ("image,part,y0,x0,y1,x1\n0.png,eye,1,2,3\n", 2, "line 2: nothing in column x1"),
        ("image,part,y0,x0,y1,x1\n9.png,eye,1,2,3,4\n", 2, "'9.png' of the parts is not among the images"),
        ("image,part,y0,x0,y1,x1\n0.png,eye,1,2,3,94\n", 4, "reaches beyond the image of 40x40"),
        ("image,part,y0,x0,y1,x1\n0.png,eye,1,2,9,9\n", 2, "at least two"),
        ("image,part,y0,x0,y1,x1\n0.png,object,1,2,9,9\n", 2, "no part besides 'object'"),
    ],
)
def test_correspond_names_what_is_wrong_with_a_table(
    convscope: Callable, images: Path, tmp_path: Path, table: str, code: int, said: str
) -> None:
    (tmp_path / "parts.csv").write_text(table)
    done = convscope("correspond", "zoo:tiny", images, "--parts", tmp_path / "parts.csv", "-o", tmp_path / "out")
    assert done.code == code
    assert said in done.err


def test_annotate_listens_and_says_where(
    convscope: Callable, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uvicorn = pytest.importorskip("uvicorn")

    async def listen(*_: Any, **__: Any) -> None:
        pass

    monkeypatch.setattr(uvicorn.Server, "startup", listen)
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: asyncio.run(self.startup(sockets)))
    done = convscope("annotate", images, "-o", tmp_path / "parts.csv", "-p", "eye", "--port", "0", "--json")
    assert done.code == 0
    assert done.document["address"].startswith("http://127.0.0.1:")
    assert done.document["images"] == 7
    (tmp_path / "parts.csv").write_text("no,table\n")
    assert convscope("annotate", images, "-o", tmp_path / "parts.csv", "--port", "0").code == 2


@pytest.mark.usefixtures("undrawn")
def test_a_target_may_be_a_difference_of_logits(convscope: Callable, images: Path, tmp_path: Path) -> None:
    how = ("--size", 16, "--stride", 16, "--limit", 1)
    done = convscope("occlude", "zoo:tiny", images, "-o", tmp_path / "a", "-t", "fc:3-1", *how, "--json")
    same = convscope("occlude", "zoo:tiny", images, "-o", tmp_path / "b", "-t", "none", "-u", "fc:3-1", *how, "--json")
    assert done.code == same.code == 0
    assert done.document["images"][0]["unit"] == "fc:3-1"
    assert done.document["images"][0]["value"] == same.document["images"][0]["value"]


@pytest.mark.usefixtures("undrawn")
def test_parts_are_tested_against_boxes_elsewhere(convscope: Callable, images: Path, tmp_path: Path) -> None:
    names = [f"{path.parent.name}/{path.name}" for path in sorted(images.glob("*/*.png"))]
    parts = [Part(name, part, (2, 3, 12 + extra, 13)) for name in names for part, extra in (("eye", 0), ("object", 6))]
    table, out = tmp_path / "parts.csv", tmp_path / "out"
    table.write_text(format_parts(parts))
    asked = ("occlude", "zoo:tiny", images, "-o", out, "--size", "16", "--stride", "16", "--parts", table, "-t", "3")
    done = convscope(*asked, "--json")
    assert done.code == 0, done.err
    tests = {one["part"]: one for one in done.document["parts"]}
    assert set(tests) == {"eye", "object"}
    assert tests["eye"]["images"] == len(names)
    assert tests["eye"]["low"] <= tests["eye"]["difference"] <= tests["eye"]["high"]
    rows = rows_of(out / "occlusion-parts.csv")
    assert [(row["image"], row["part"]) for row in rows if row["part"] == "eye"] == [(name, "eye") for name in names]
    assert float(rows[0]["cost"]) - float(rows[0]["elsewhere"]) != 0
    again = convscope(*asked)
    assert "What covering parts takes of the probability of the class, beside as much elsewhere" in again.out
    answer = cs.Occlusion.load(out)
    assert answer.summary.startswith("eye: ")
    assert answer.parts is not None
    assert answer.parts.lines[0] in answer.summary
    # Another table is another question.
    table.write_text(format_parts(parts[:-2]))
    other = convscope(*asked)
    assert (other.code != 0, "another question (other parts" in other.err) == (True, True)


def test_parts_of_tensors_follow_the_classes_of_their_rows() -> None:
    net = cs.load("zoo:tiny")
    images = torch.randn(4, 3, 32, 32)
    parts = [Part(f"image {i}", "eye", (1, 1, 7, 8)) for i in (1, 3)]
    target = torch.tensor([0, 1, 2, 3])
    found = cs.occlude(net, images, size=16, stride=16, target=target, parts=parts)
    assert found.parts is not None
    before = net.run(images)[net.output].softmax(1)
    assert found.parts.tests[0].before == pytest.approx([float(before[1, 1]), float(before[3, 3])], abs=1e-5)
    assert found.parts.names == ("image 1", "image 3")
    # Of the first and the third of five images alone: their names stay.
    some = cs.occlude(
        net, torch.randn(5, 3, 32, 32), size=16, stride=16, limit=2, parts=[Part("image 0", "eye", (1, 1, 7, 8))]
    )
    assert some.parts is not None
    assert some.parts.names == ("image 0",)
