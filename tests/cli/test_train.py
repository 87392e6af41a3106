"""`convscope train`, `evaluate` and `ablate` from end to end on small pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.errors import missing_extra
from convscope.training import read_log
from tests.training.shapes import CLASSES, shapes

Run = Callable[..., Any]

RECIPE = """
[network]
base = "zfnet"
input_size = 64
width = 0.05
[recipe]
epochs = 2
batch = 8
learning_rate = 0.02
schedule = "cosine"
init = "he"
std = 60
resize = 64
padding = 4
checkpoints = [1]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with parts for training and validation, and a recipe beside it."""
    root = tmp_path_factory.mktemp("pictures")
    for part, count in (("train", 32), ("val", 12)):
        source = shapes(count, seed=count)
        for row in range(count):
            place = root / part / CLASSES[source.label(row)] / f"{row}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.asarray(source.read(row))).save(place)
    (root / "quick.toml").write_text(RECIPE)
    return root


def test_trains_resumes_and_evaluates(folder: Path, tmp_path: Path, convscope: Run) -> None:
    run = tmp_path / "run"
    first = convscope("train", folder / "quick.toml", folder, "-o", run, "--json")
    assert first.code == 0, first.err
    assert list(first.document["checkpoints"]) == ["1", "2"]
    assert len(first.document["epochs"]) == len(read_log(run)) == 2
    assert "epoch 2/2: loss" in first.err
    assert "validated on 12 images" in first.err
    assert first.document["figure"] == str(run / "curves.png")
    assert (run / "curves.png").exists()
    again = convscope("train", folder / "quick.toml", folder, "-o", run)
    assert again.code == 0
    assert "training:" not in again.err  # nothing was left to do
    assert "decoding" not in again.err
    last = f"file:{run / 'checkpoints' / 'epoch-0002.safetensors'}"
    found = convscope("evaluate", last, folder / "val", "--json", "-o", tmp_path / "found")
    assert found.document["images"] == 12
    assert found.document["top1"] == pytest.approx(1 - read_log(run)[-1].val_error)  # pyright: ignore
    assert {path.name for path in (tmp_path / "found").iterdir()} == {"evaluation.json", "confusion.png"}
    both = convscope("evaluate", last, folder / "val", "--with", last, "--views", "10")
    assert "on 12 images, ten crops, 2 networks together" in both.out
    other = convscope("train", folder / "quick.toml", folder, "-o", run, "--set", "epochs=3")
    assert other.code == 5
    assert "epochs = 2, and 3 is asked for" in other.err


def test_what_is_not_installed_is_said(
    folder: Path, tmp_path: Path, convscope: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise missing_extra("matplotlib", "plot", purpose="draw figures")

    monkeypatch.setattr("convscope.figures.training.draw_curves", missing)
    monkeypatch.setattr("convscope.training.logs.find_spec", lambda name: None)
    run = tmp_path / "run"
    done = convscope("train", folder / "quick.toml", folder, "-o", run, "--set", "epochs=1", "--json")
    assert done.code == 0, done.err
    assert "no event files for TensorBoard: install 'convscope[tensorboard]'" in done.err
    assert "install 'convscope[plot]'" in done.err
    assert done.document["figure"] is None
    assert done.document["tensorboard"] is None
    assert not (run / "tensorboard").exists()
    assert (run / "log.csv").exists()


def test_settings_change_recipe_and_network(folder: Path, tmp_path: Path, convscope: Run) -> None:
    done = convscope(
        *("train", folder / "quick.toml", folder / "train", "--hold-out", "0.25", "-o", tmp_path / "run"),
        *("--set", "epochs=1", "--set", "without=[3, 4]", "--seed", "7", "--limit", "16", "--json"),
    )
    assert done.code == 0, done.err
    assert done.document["network"] == "8c7/2-16c5/2-16c3-208-208-4 from 64x64"
    assert len(done.document["epochs"]) == 1
    assert "validated on 8 of 32 images" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("train", "quick", "DATA"), 2, "no training 'quick'"),
        (("train", "CONFIG", "DATA", "--set", "epochs"), 2, "is no change: write it as epochs=5"),
        (("train", "CONFIG", "DATA", "--set", "epoch=5"), 2, "there is no 'epoch'"),
        (("train", "CONFIG", "DATA", "--val", "DATA", "--hold-out", "0.1"), 2, "give one of them"),
        (("train", "CONFIG", "DATA/train", "--hold-out", "2"), 2, "a share between 0 and 1"),
        (("train", "CONFIG", "DATA/train", "--set", "schedule=plateau"), 2, "there are no validation images"),
        (("train", "CONFIG", "nowhere"), 4, "nowhere"),
        (("ablate", "CONFIG", "DATA/train"), 2, "needs validation images"),
        (("ablate", "CONFIG", "DATA", "--variants", "no-8"), 2, "no variant 'no-8'"),
        (("ablate", "CONFIG", "DATA", "--seeds", "0"), 2, "at least 1"),
        (("ablate", "CONFIG", "DATA", "--set", "without=[7]"), 2, "its variants decide"),
        (("evaluate", "zoo:tiny", "DATA/val"), 0, "on 12 images"),
        (("evaluate", "zoo:squeezenet1_0", "DATA/val", "--match", "name", "--weights", "random"), 0, "on 12 images"),
    ],
)
def test_misuse_is_explained(
    folder: Path, tmp_path: Path, convscope: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    tokens = [word.replace("CONFIG", str(folder / "quick.toml")).replace("DATA", str(folder)) for word in arguments]
    done = convscope(*tokens, *(() if tokens[0] == "evaluate" else ("-o", tmp_path / "run")))
    assert done.code == code, done.err
    assert said in done.out + done.err


def test_ablates_resumes_and_enters_the_atlas(folder: Path, tmp_path: Path, convscope: Run) -> None:
    atlas = tmp_path / "atlas"
    made = convscope("atlas", "zoo:tiny", folder, "-o", atlas, "--layers", "relu1", "--limit", "3", "-q")
    assert made.code == 0, made.err
    tokens = ("ablate", folder / "quick.toml", folder, "-o", tmp_path / "table", "--variants", "base,no-3-4-6-7")
    done = convscope(*tokens, "--seeds", "2", "--set", "epochs=1", "--atlas", atlas, "--json")
    assert done.code == 0, done.err
    rows = done.document["rows"]
    assert [row["variant"] for row in rows] == ["base", "no layers 3, 4, 6, 7"]
    assert [row["val top-1 paper"] for row in rows] == [38.4, 71.3]
    assert all(row["seeds"] == 2 and row["val top-1 spread"] is not None for row in rows)
    assert (atlas / "experiments" / "ablation" / "table.png").exists()
    again = convscope(*tokens, "--seeds", "2", "--set", "epochs=1")
    assert "33.1 / 38.4 / 16.5" in again.out
    assert "training" not in again.err
