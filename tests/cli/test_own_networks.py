"""Networks by what they answer, from the command line and in Python alike: scanned, occluded, evaluated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torch import nn

import convscope as cs
from convscope.data import Preprocess
from convscope.errors import UsageError
from tests.graph import headed

RECIPE = Preprocess(*headed.SHAPE[1:], mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
COUNT = 6


def _with_recipe(module: nn.Module) -> tuple[nn.Module, Preprocess]:
    return headed.made(module), RECIPE


def one_logit() -> tuple[nn.Module, Preprocess]:
    return _with_recipe(headed.OneLogit())


def segmenter() -> tuple[nn.Module, Preprocess]:
    return _with_recipe(headed.UNet())


def two_heads() -> tuple[nn.Module, Preprocess]:
    return _with_recipe(headed.TwoHeads())


def detector() -> tuple[nn.Module, Preprocess]:
    return _with_recipe(headed.Detector())


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos of two classes, masks of three for them, a table of values and one of labels, names of three classes."""
    place, rng = tmp_path_factory.mktemp("room"), np.random.default_rng(5)
    names = []
    for index in range(COUNT):
        kind = ("no", "yes")[index % 2]
        for folder, pixels in (
            (place / "photos" / kind, rng.integers(0, 256, (*headed.SHAPE[1:], 3))),
            (place / "masks" / kind, rng.integers(0, 3, headed.SHAPE[1:])),
        ):
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index}.png")
        names.append(f"{kind}/{index}.png")
    _table(place / "values.csv", names, [f"v{i}" for i in range(12)], rng.normal(size=(COUNT, 12)).round(3))
    _table(place / "labels.csv", names, ["cat", "dog", "owl"], rng.integers(0, 2, (COUNT, 3)))
    (place / "names.txt").write_text("cat\ndog\nowl\n")
    return place


def _table(path: Path, names: list[str], columns: list[str], numbers: np.ndarray) -> None:
    lines = [",".join(["image", *columns])]
    lines += [",".join([name, *map(str, row)]) for name, row in zip(names, numbers.tolist(), strict=True)]
    path.write_text("\n".join(lines) + "\n")


@dataclass(frozen=True)
class Asked:
    """How a network is asked: what it means, what is followed, what is true, and by which measure it is judged."""

    meaning: str
    measure: str
    target: str
    output: str | None = None
    scores: Any = "auto"
    truth: str | None = None
    named: bool = False

    def options(self, room: Path) -> list[str]:
        """As the command line has it."""
        given = {"--output": self.output, "--classes": str(room / "names.txt") if self.named else None}
        given |= {"--scores": None if self.scores == "auto" else self.scores}
        return [part for name, value in given.items() if value is not None for part in (name, value)]

    def load(self, name: str) -> cs.Network:
        """As Python has it."""
        classes = ["cat", "dog", "owl"] if self.named else None
        return cs.load(f"py:{__name__}:{name}", output=self.output, scores=self.scores, classes=classes)


CASES: dict[str, tuple[str, Asked]] = {
    "one logit": ("one_logit", Asked("one output: taken as the logit of class 1 (sigmoid)", "AUROC", "0")),
    "segmenter": (
        "segmenter",
        Asked(
            "3 outputs at each of 16x18 positions: taken as logits of classes that exclude each other (softmax)",
            "mean IoU",
            "owl@2,3,9,11",
            truth="masks",
            named=True,
        ),
    ),
    "two heads": (
        "two_heads", Asked("12 outputs: taken as values", "MAE", "7", "embedding", "none", "values.csv")
    ),
    "detector": (
        "detector",
        Asked(
            "7 outputs at each of 88 positions, of them the last 3", "mean average precision", "dog@0,20", "0",
            truth="labels.csv", named=True,
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_command_line_and_python_say_the_same_of_a_network(
    case: str, convscope: Callable, room: Path, tmp_path: Path
) -> None:
    name, asked = CASES[case]
    spec, photos, options = f"py:{__name__}:{name}", str(room / "photos"), asked.options(room)
    net = asked.load(name)

    layer = net.layers.names[0]
    done = convscope("scan", spec, photos, "-o", tmp_path / "scan", "--layers", layer, *options)
    assert done.code == 0, done.err
    kept, top = cs.Scan.load(tmp_path / "scan")[layer], cs.scan(net, photos, layers=[layer])[layer]
    assert np.array_equal(kept.values, top.values)
    assert np.array_equal(kept.images, top.images)

    square = ("--size", "8", "--stride", "8", "--limit", "1", "-t", asked.target)
    done = convscope("occlude", spec, photos, "-o", tmp_path / "out", "--json", *square, *options)
    assert done.code == 0, done.err
    covered = cs.occlude(net, photos, size=8, stride=8, limit=1, target=asked.target)
    assert [row["least"] for row in done.document["images"]] == [row["least"] for row in covered.rows()]
    assert asked.meaning in covered.summary.replace("One", "one").replace("Output", "output")
    assert asked.meaning in done.err

    truth = None if asked.truth is None else str(room / asked.truth)
    judged = ["evaluate", spec, photos, "--json", *options, *([] if truth is None else ["--truth", truth])]
    done = convscope(*judged, "-o", tmp_path / "judged")
    assert done.code == 0, done.err
    found = cs.evaluate(net, photos, truth=truth)
    assert done.document["measures"] == found.rows()
    assert isinstance(found.found, cs.Judgement)
    assert found.found[asked.measure].value is not None
    assert found.images == COUNT


def test_an_image_s_own_class_is_the_one_or_is_refused(room: Path) -> None:
    photos = str(room / "photos")
    for names in (["no", "yes"], None):
        net = cs.load(f"py:{__name__}:one_logit", classes=names)
        found = cs.occlude(net, str(room / "photos" / "yes"), size=9, stride=9, limit=1, target=0)
        with pytest.raises(
            UsageError, match=r"has one output, that of '(yes|class 1)', and no/0.png is of 'no': leave"
        ):
            cs.occlude(net, photos, size=9, stride=9, limit=2, target="labels")
        assert found.rows()[0]["class"] == ("class 1" if names is None else "yes")
    images = cs.open_source([(np.zeros((16, 18, 3), np.uint8), 1)])
    assert cs.occlude(net, images, size=9, stride=9, target="labels").rows()[0]["class"] == "class 1"
