"""`convscope transfer` and `convscope overlap`."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import convscope as cs
from tests.cli.conftest import write_images
from tests.transfer import layouts

QUICK = ("--per-class", "2,4", "--folds", 2, "--c", "1,10", "--layers", "relu1,fc")


@pytest.fixture(scope="module")
def caltech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return layouts.caltech101(tmp_path_factory.mktemp("caltech"), {"BACKGROUND_Google": 7, "accordion": 7, "lamp": 7})


def test_tables_files_and_figures_say_the_same(convscope: Callable, caltech: Path, tmp_path: Path) -> None:
    done = convscope("transfer", "zoo:tiny", f"caltech101:{caltech}", "-o", tmp_path / "out", *QUICK)
    assert done.code == 0, done.err
    assert "Accuracy by images a class" in done.out
    assert "Accuracy by layer, 4 images a class" in done.out
    assert done.out.splitlines()[-1] == f"16 scores: {tmp_path / 'out'}"
    assert "features: 21/21" in done.err
    assert "classifiers: 16/16" in done.err
    result = cs.TransferResult.load(tmp_path / "out")
    row = result.row("relu1", "svm", 4)
    assert row is not None
    assert row.text() in done.out
    rows = list(csv.DictReader((tmp_path / "out/transfer.csv").read_text().splitlines()))
    assert float(rows[-1]["mean"]) == pytest.approx(result.rows()[-1].mean, abs=1e-6)
    assert {"layers.png", "sizes.png", "splits.json"} <= {path.name for path in (tmp_path / "out").iterdir()}


def test_json_is_one_document_and_features_are_kept(convscope: Callable, caltech: Path, tmp_path: Path) -> None:
    command = ("transfer", "zoo:tiny", f"caltech101:{caltech}", "-o", tmp_path / "out", "--json", "--layers", "fc")
    command += ("--per-class", 3, "--folds", 1, "--c", "1")
    first = convscope(*command, "--background", "out")
    assert first.code == 0, first.err
    assert first.document["classes"] == ["accordion", "lamp"]
    again = convscope(*command, "--background", "out")
    assert again.document == first.document
    assert "features" not in again.err
    splits = json.loads((tmp_path / "out/splits.json").read_text())
    convscope(*command, "--background", "out", "--seed", 1)
    others = json.loads((tmp_path / "out/splits.json").read_text())
    assert (splits["seed"], others["seed"]) == (0, 1)
    assert splits["folds"][0]["train"] != others["folds"][0]["train"]


def test_random_weights_and_scratch_are_compared_with(convscope: Callable, caltech: Path, tmp_path: Path) -> None:
    done = convscope(
        *("transfer", "zoo:tiny", f"caltech101:{caltech}", "-o", tmp_path / "out", "--json", "--per-class", 4),
        *("--folds", 1, "--c", "1,10", "--layers", "fc", "--classifiers", "svm", "--compare", "random,scratch"),
        *("--epochs", 1),
    )
    assert done.code == 0, done.err
    assert [score["weights"] for score in done.document["scores"]] == ["pretrained", "random", "scratch"]


def test_voc_has_a_row_a_class(convscope: Callable, tmp_path: Path) -> None:
    images = {f"2008_{i:06}": ("train" if i % 2 else "val", [(("dog", "cat")[i // 2 % 2], 9, 0)]) for i in range(16)}
    root = layouts.voc2012(tmp_path / "voc", images)
    done = convscope(
        "transfer", "zoo:tiny", f"voc2012:{root}", "-o", tmp_path / "out", "--layers", "relu1", "--c", "1,10"
    )
    assert done.code == 0, done.err
    assert "Average precision by class" in done.out
    lines = {line.split()[0]: line for line in done.out.splitlines() if line.strip()}
    assert lines["sheep"].split()[-1] == "83.6"  # the paper's
    assert "nan" in lines["sheep"]
    assert lines["mean"].split()[-1] == "79.0"


def test_result_is_added_to_an_atlas(convscope: Callable, caltech: Path, tmp_path: Path) -> None:
    photos = write_images(tmp_path / "photos", 4)
    assert convscope("atlas", "zoo:tiny", photos, "-o", tmp_path / "atlas", "--layers", "conv1").code == 0
    command = ("transfer", "zoo:tiny", f"caltech101:{caltech}", "-o", tmp_path / "out", "--layers", "relu1,fc")
    command += ("--per-class", "2,4", "--folds", 1, "--c", "1", "--classifiers", "softmax")
    assert convscope(*command, "--atlas", tmp_path / "atlas").code == 0
    said = json.loads((tmp_path / "atlas/experiments/transfer/experiment.json").read_text())
    assert said["kind"] == "transfer"
    assert said["figures"] == ["layers.png", "sizes.png"]
    assert "Best:" in said["summary"]


@pytest.mark.parametrize(
    ("more", "words", "code"),
    [
        (["--per-class", "9"], "9 a class to learn from leave none", 4),
        (["--per-class", "x"], "--per-class 'x': give numbers", 2),
        (["--per-class", "0"], "numbers above 0", 2),
        (["--classifiers", "knn"], "choose from softmax, svm", 2),
        (["--compare", "other"], "choose from random, scratch", 2),
        (["--per-class", "2", "--layers", "conv9"], "did you mean", 2),
    ],
)
def test_bad_requests_are_named(
    convscope: Callable, caltech: Path, tmp_path: Path, more: list[str], words: str, code: int
) -> None:
    done = convscope("transfer", "zoo:tiny", f"caltech101:{caltech}", "-o", tmp_path / "out", *more)
    assert (done.code, words in done.err) == (code, True), done.err


def test_missing_target_set_says_where_to_get_it(convscope: Callable, tmp_path: Path) -> None:
    done = convscope("transfer", "zoo:tiny", f"caltech256:{tmp_path}", "-o", tmp_path / "out")
    assert done.code == 4
    assert "256_ObjectCategories" in done.err
    assert "https://data.caltech.edu" in done.err


def test_overlap_lists_pairs_and_saves_them(convscope: Callable, caltech: Path, tmp_path: Path) -> None:
    shutil.copy(caltech / "101_ObjectCategories/lamp/image_0003.jpg", tmp_path / "stolen.jpg")
    layouts.picture(tmp_path / "own.jpg", seed=999, tint=1)
    done = convscope("overlap", tmp_path, caltech / "101_ObjectCategories", "-o", tmp_path / "list.csv")
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1].startswith("1 of 2 images are of the 21 of")
    (row,) = csv.DictReader((tmp_path / "list.csv").read_text().splitlines())
    assert (row["name_a"], row["name_b"]) == ("stolen.jpg", "lamp/image_0003.jpg")
    assert float(row["correlation"]) > 0.99
    asked = convscope("overlap", tmp_path, caltech / "101_ObjectCategories", "--json")
    assert [pair["name_a"] for pair in asked.document["pairs"]] == ["stolen.jpg"]


def test_overlap_within_one_collection(convscope: Callable, tmp_path: Path) -> None:
    layouts.picture(tmp_path / "a" / "one.jpg", seed=1)
    layouts.picture(tmp_path / "a" / "two.jpg", seed=2)
    shutil.copy(tmp_path / "a/one.jpg", tmp_path / "a/three.jpg")
    done = convscope("overlap", tmp_path / "a")
    assert done.out.splitlines()[-1] == "1 of 3 images are again in the same collection (1 pairs)"
    assert convscope("overlap", tmp_path / "a", "--threshold", 7).code == 2
