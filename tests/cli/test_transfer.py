"""`convscope transfer` and `convscope overlap`."""

import csv
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import convscope as cs
from tests.cli.conftest import write_images
from tests.generalisation import layouts

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
    result = cs.TransferScores.load(tmp_path / "out")
    row = result.row("relu1", "svm", 4)
    assert row is not None
    assert row.text() in done.out
    rows = list(csv.DictReader((tmp_path / "out/transfer.csv").read_text().splitlines()))
    assert float(rows[-1]["mean"]) == pytest.approx(result.rows()[-1].mean, abs=1e-6)
    assert {"layers.png", "sizes.png", "splits.json"} <= {path.name for path in (tmp_path / "out").iterdir()}


@pytest.mark.usefixtures("undrawn")
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
    kept = (tmp_path / "out/splits.json").read_bytes()
    refused = convscope(*command, "--background", "out", "--seed", 1)
    assert (tmp_path / "out/splits.json").read_bytes() == kept
    assert (refused.code, "holds the answer to another question (other " in refused.err) == (5, True)
    elsewhere = (tmp_path / "other" if one == tmp_path / "out" else one for one in command)
    assert convscope(*elsewhere, "--background", "out", "--seed", 1).code == 0
    others = json.loads((tmp_path / "other/splits.json").read_text())
    assert (splits["seed"], others["seed"]) == (0, 1)
    assert splits["folds"][0]["train"] != others["folds"][0]["train"]


@pytest.mark.usefixtures("undrawn")
def test_random_weights_and_scratch_are_compared_with(convscope: Callable, caltech: Path, tmp_path: Path) -> None:
    done = convscope(
        *("transfer", "zoo:tiny", f"caltech101:{caltech}", "-o", tmp_path / "out", "--json", "--per-class", 4),
        *("--folds", 1, "--c", "1,10", "--layers", "fc", "--classifiers", "svm", "--compare", "random,scratch"),
        *("--scratch-set", "epochs=1", "--scratch-size", 40),
    )
    assert done.code == 0, done.err
    assert [score["weights"] for score in done.document["scores"]] == ["own", "random", "scratch"]
    told = done.document["settings"]["scratch"]
    assert (told["epochs"], told["size"], told["schedule"]) == (1, 40, "cosine")


@pytest.mark.usefixtures("undrawn")
def test_a_network_of_random_weights_is_not_called_pretrained(
    convscope: Callable, caltech: Path, tmp_path: Path
) -> None:
    done = convscope(
        *("transfer", "zoo:tiny", f"caltech101:{caltech}", "-o", tmp_path / "out", "--per-class", 4, "--folds", 1),
        *("--c", "1", "--layers", "fc", "--classifiers", "softmax", "--weights", "random"),
    )
    assert done.code == 0, done.err
    assert "random weights, softmax on its best layer" in done.out
    assert "softmax, random weights" in done.out
    assert "own weights, softmax on" not in done.out
    again = convscope(
        *("transfer", "zoo:tiny", f"caltech101:{caltech}", "-o", tmp_path / "other", "--weights", "random"),
        *("--per-class", 4, "--folds", 1, "--layers", "fc", "--compare", "random"),
    )
    assert again.code != 0
    assert "weights are random already" in again.err


def test_caltech256_has_its_usual_sizes_a_curve_and_the_papers_numbers(convscope: Callable, tmp_path: Path) -> None:
    counts = {"001.ak47": 66, "002.american-flag": 63, "257.clutter": 5}
    root = layouts.caltech256(tmp_path / "images", counts)
    command = ("transfer", "zoo:tiny", f"caltech256:{root}", "-o", tmp_path / "out", "--layers", "relu1", "--c", "1")
    done = convscope(*command, "--folds", 2)
    assert done.code == 0, done.err
    lines = {line.split("  ")[0]: line for line in done.out.splitlines()}
    assert all(f"{size} a class" in done.out for size in (15, 30, 45, 60))
    assert lines["paper: pretrained, softmax"].split()[-3:] == ["74.2", "±", "0.3"]
    assert lines["paper: layer 7"].split()[-6:] == ["72.6", "±", "0.1", "71.7", "±", "0.2"]
    result = cs.TransferScores.load(tmp_path / "out")
    assert result.sizes == (15, 30, 45, 60)
    assert result.classes == ("001.ak47", "002.american-flag")
    assert {(s.per_class, s.train, s.test) for s in result.scores if s.fold == 0} == {
        (15, 30, 50), (30, 60, 50), (45, 90, 39), (60, 120, 9)
    }  # fmt: skip
    assert (tmp_path / "out/sizes.png").stat().st_size > 5000


@pytest.mark.slow
def test_killed_run_goes_on_from_its_last_score(convscope: Callable, caltech: Path, tmp_path: Path) -> None:
    command = ["transfer", "zoo:tiny", f"caltech101:{caltech}", "--per-class", "2,4", "--folds", "5", "--c", "1,10"]
    begun = subprocess.Popen(
        [sys.executable, "-m", "convscope", *command, "-o", str(tmp_path / "out")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    scores = tmp_path / "out/features/scores"
    until = time.monotonic() + 120
    while len(list(scores.glob("*.json"))) < 3 and begun.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    begun.kill()
    begun.wait()
    kept = {path.name: path.stat().st_mtime_ns for path in scores.glob("*.json")}
    done = convscope(*command, "-o", tmp_path / "out")
    assert done.code == 0, done.err
    after = {path.name: path.stat().st_mtime_ns for path in scores.glob("*.json")}
    assert 3 <= len(kept) < len(after) == 2 * 5 * 5 * 2
    assert {name: after[name] for name in kept} == kept  # not made again
    whole = convscope(*command, "-o", tmp_path / "whole")
    assert whole.code == 0, whole.err
    assert cs.TransferScores.load(tmp_path / "out").scores == cs.TransferScores.load(tmp_path / "whole").scores


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
    assert "nan" not in done.out  # classes that no image shows have no number of ours
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
        (["--compare", "scratch", "--scratch-set", "epoch=3"], "did you mean 'epochs'", 2),
        (["--compare", "scratch", "--scratch-set", "epochs"], "write it as epochs=5", 2),
        (["--compare", "scratch", "--scratch-set", "schedule=plateau"], "no validation images", 2),
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
    done = convscope("overlap", tmp_path, caltech / "101_ObjectCategories", "-o", tmp_path / "kept" / "overlap")
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1].startswith("1 of 2 images are of the 21 of")
    (row,) = csv.DictReader((tmp_path / "kept" / "overlap" / "pairs.csv").read_text().splitlines())
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
