"""The files of an evaluation: predictions, and the mistakes as a collection that opens again."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torch import nn

import convscope as cs
from convscope import studies
from convscope.atlas.experiments import experiments
from convscope.atlas.web import read_script
from convscope.data import load_image, open_source
from tests.data.making import encoded
from tests.data.sources.test_tar import write as write_tar
from tests.graph import headed
from tests.graph.headed import SHAPE, made


@pytest.fixture(scope="module")
def net() -> cs.Network:
    return cs.load("zoo:tiny", classes=["cat, tabby", "dog", "ant"])


def pixels(row: int) -> np.ndarray:
    return np.random.default_rng(row).integers(0, 256, (40, 40, 3)).astype(np.uint8)


NAMES = ("cat, tabby", "dog", "ant", "dog", "dog", "ant")


def collection(kind: str, folder: Path) -> object:
    """The same six pictures with the same classes, in some kind of collection."""
    folder.mkdir()
    if kind == "folder":
        for row, name in enumerate(NAMES):
            (folder / name).mkdir(exist_ok=True)
            Image.fromarray(pixels(row)).save(folder / name / f"{row}.png")
        return folder
    if kind == "list":
        for row in range(6):
            Image.fromarray(pixels(row)).save(folder / f"{row}.png")
        with (folder / "l.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("path", "class"), *((f"{row}.png", name) for row, name in enumerate(NAMES))])
        return folder / "l.csv"
    if kind == "tar":
        members = {f"{row}.png": encoded(pixels(row), "PNG") for row in range(6)}
        members |= {f"{row}.cls": name.encode() for row, name in enumerate(NAMES)}
        return write_tar(folder / "a.tar", members)

    return Items()


class Items:
    """A dataset as torch knows them."""

    classes = ("ant", "cat, tabby", "dog")

    def __len__(self) -> int:
        return len(NAMES)

    def __getitem__(self, row: int) -> tuple[np.ndarray, int]:
        return pixels(row), self.classes.index(NAMES[row])


@pytest.mark.parametrize("kind", ["folder", "list", "tar", "dataset"])
def test_predictions_and_mistakes_are_written_and_open_again(tmp_path: Path, net: cs.Network, kind: str) -> None:
    images = collection(kind, tmp_path / "images")
    found = studies.evaluate(net, images, store=tmp_path / "out")
    source = open_source(images)
    with (tmp_path / "out" / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["image", "label", "prediction", "probability", "rank"]
    assert [row["image"] for row in rows] == [source.name(index) for index in range(6)]
    assert [row["label"] for row in rows] == [source.classes[source.label(index)] for index in range(6)]
    right = [row for row in rows if row["label"] == row["prediction"]]
    assert {row["rank"] for row in right} <= {"1"}
    assert len(right) / 6 == pytest.approx(found.found.top1)
    wrong = [index for index, row in enumerate(rows) if row["label"] != row["prediction"]]
    assert 0 < len(wrong) < 6

    again = open_source(f"list:{tmp_path / 'out' / 'misclassified.csv'}")
    assert [again.classes[again.label(place)] for place in range(len(again))] == [rows[at]["label"] for at in wrong]
    for place, index in enumerate(wrong):
        assert np.array_equal(load_image(again, place), load_image(source, index))
    assert studies.evaluate(net, again).found.top1 == 0


def test_mistakes_of_a_part_of_a_collection_are_its_own(tmp_path: Path, net: cs.Network) -> None:
    images = collection("folder", tmp_path / "images")
    studies.evaluate(net, images, limit=3, store=tmp_path / "out")
    again = open_source(tmp_path / "out" / "misclassified.csv")
    part = open_source(images, limit=3)
    assert {Path(again.name(place)).name for place in range(len(again))} <= {
        Path(part.name(index)).name for index in range(3)
    }


def test_an_order_that_was_not_asked_for_is_remarked(tmp_path: Path) -> None:
    found = studies.evaluate(cs.load("zoo:tiny", classes=3), collection("folder", tmp_path / "images"))
    (said,) = found.remarks()
    assert said == ("outputs are matched with classes by their order: output 0 is ant, 1 is cat, tabby, 2 is dog")


def test_an_atlas_shows_the_mistakes_with_their_images(tmp_path: Path, net: cs.Network) -> None:
    images = open_source(collection("folder", tmp_path / "images"))
    atlas = cs.build_atlas(net, images, tmp_path / "atlas", layers=["relu1"], k=1, tuning=False)
    found = studies.evaluate(net, images, atlas=atlas)
    told = found.found.predictions
    wrong = told.images[told.mistakes].tolist()
    (one,) = experiments(atlas.path)
    assert (one.name, one.kind, list(one.images)) == ("evaluation", "evaluation", wrong)
    data = read_script(atlas.path / "data" / "experiments" / "evaluation.js")
    assert data["matrix"]["counts"] == found.found.confusion.tolist()
    assert data["wrong"] == sum(pair["count"] for pair in data["pairs"]) == len(wrong)
    assert sorted(image for pair in data["pairs"] for image in pair["images"]) == wrong
    sure = [mistake["sure"] for mistake in data["surest"]]
    assert (
        sure
        == sorted(sure, reverse=True)
        == pytest.approx(sorted(told.probabilities[told.mistakes], reverse=True), rel=1e-5)
    )
    assert [chart["title"] for chart in data["charts"]] == ["How often it is right"]  # too few for more
    with pytest.raises(cs.errors.UsageError, match="of another network"):
        studies.evaluate(cs.load("zoo:tiny", classes=3, seed=1), images, match="index", atlas=atlas)


# -- answers that are no choice among classes -------------------------------------------------------------------------


def traced(module: nn.Module, **options: Any) -> cs.Network:
    recipe = cs.Preprocess(SHAPE[1], SHAPE[2], mean=0.5, std=0.25).for_channels(SHAPE[0])
    return cs.Network.trace(made(module), SHAPE, preprocess=recipe, **options)


def table_in(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("ones", [["dog"], ["ant", "dog"]])
def test_one_logit_has_predictions_and_mistakes_too(tmp_path: Path, ones: list[str]) -> None:
    folder = tmp_path / "images"
    for row in range(6):
        place = folder / ("ant", "dog")[row % 2] / f"{row}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels(row)).save(place)
    found = studies.evaluate(traced(headed.OneLogit(), classes=ones), folder, store=tmp_path / "out")
    scored = found.found.scored
    rows = table_in(tmp_path / "out", "predictions.csv")
    source = open_source(folder)
    assert [row["label"] for row in rows] == [source.classes[source.label(index)] for index in range(6)]
    for row, (score,) in zip(rows, scored.scores.tolist(), strict=True):
        assert row["prediction"] == ("dog" if score > 0.5 else "ant")
        assert float(row["probability"]) == pytest.approx(max(score, 1 - score), abs=1e-6)
        assert row["rank"] == ("1" if row["prediction"] == row["label"] else "2")
    wrong = [row["image"] for row in rows if row["rank"] == "2"]
    again = open_source(f"list:{tmp_path / 'out' / 'misclassified.csv'}")
    assert [again.path(place).relative_to(folder).as_posix() for place in range(len(again))] == wrong
    loaded = studies.Evaluation.load(tmp_path / "out")
    assert loaded.found.scored.scores.tolist() == scored.scores.tolist()


def test_labels_and_values_have_predictions(tmp_path: Path) -> None:
    images = open_source(collection("folder", tmp_path / "images"))
    truth = np.random.default_rng(0).integers(0, 2, (6, 3))
    studies.evaluate(
        traced(headed.Ending("sigmoid", 3), classes=["wet", "dry", "odd"]), images, truth=truth, store=tmp_path / "a"
    )
    rows = table_in(tmp_path / "a", "predictions.csv")
    assert list(rows[0]) == ["image", "label", "prediction", "wet", "dry", "odd"]
    for row, own in zip(rows, truth, strict=True):
        assert row["label"] == "; ".join(name for name, there in zip(["wet", "dry", "odd"], own, strict=True) if there)
        assert row["prediction"] == "; ".join(name for name in ("wet", "dry", "odd") if float(row[name]) > 0.5)
    wrong = [row["image"] for row in rows if row["label"] != row["prediction"]]
    assert [row["image"].rpartition("/")[2] for row in table_in(tmp_path / "a", "misclassified.csv")] == [
        name.rpartition("/")[2] for name in wrong
    ]
    studies.evaluate(
        traced(headed.Ending("sigmoid", 3), scores="none"), images, truth=truth * 2.5, store=tmp_path / "b"
    )
    (row, *_) = table_in(tmp_path / "b", "predictions.csv")
    assert [float(cell) for cell in list(row.values())[4:]] == (truth[0] * 2.5).tolist()
    assert not (tmp_path / "b" / "misclassified.csv").exists()
