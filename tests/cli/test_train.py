"""`convscope train`, and `evaluate` on what it made, from end to end on small pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convscope.errors import missing_extra
from convscope.training import read_log

Run = Callable[..., Any]


def test_trains_resumes_and_evaluates(trainable: Path, tmp_path: Path, convscope: Run) -> None:
    run = tmp_path / "run"
    first = convscope("train", trainable / "quick.toml", trainable, "-o", run, "--json")
    assert first.code == 0, first.err
    assert list(first.document["checkpoints"]) == ["1", "2"]
    assert len(first.document["epochs"]) == len(read_log(run)) == 2
    assert "epoch 2/2: loss" in first.err
    assert "validated on 12 images" in first.err
    assert first.document["figures"] == [str(run / "curves.png")]
    assert first.document["checkpoints"]["2"] == "checkpoints/epoch-0002.safetensors"
    assert (run / "curves.png").exists()
    again = convscope("train", trainable / "quick.toml", trainable, "-o", run)
    assert again.code == 0
    assert "training:" not in again.err  # nothing was left to do
    assert "decoding" not in again.err
    last = f"file:{run / 'checkpoints' / 'epoch-0002.safetensors'}"
    found = convscope("evaluate", last, trainable / "val", "--json", "-o", tmp_path / "found")
    assert found.document["images"] == 12
    assert found.document["top1"] == pytest.approx(1 - read_log(run)[-1].val_error)  # pyright: ignore
    names = {"evaluation.json", "confusion.png", "evaluation.safetensors", "predictions.csv", "misclassified.csv"}
    assert {path.name for path in (tmp_path / "found").iterdir()} == names
    both = convscope("evaluate", last, trainable / "val", "--with", last, "--views", "ten")
    assert "on 12 images, ten crops, 2 networks together" in both.out
    other = convscope("train", trainable / "quick.toml", trainable, "-o", run, "--set", "epochs=3")
    assert other.code == 5
    assert "epochs = 2, and 3 is asked for" in other.err


def test_what_is_not_installed_is_said(
    trainable: Path, tmp_path: Path, convscope: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise missing_extra("matplotlib", "plot", purpose="draw figures")

    monkeypatch.setattr("convscope.figures.training.draw_curves", missing)
    monkeypatch.setattr("convscope.training.logs.find_spec", lambda name: None)
    run = tmp_path / "run"
    done = convscope("train", trainable / "quick.toml", trainable, "-o", run, "--set", "epochs=1", "--json")
    assert done.code == 0, done.err
    assert "no event files for TensorBoard: install 'convscope[tensorboard]'" in done.err
    assert "install 'convscope[plot]'" in done.err
    assert done.document["figures"] == []
    assert done.document["tensorboard"] is None
    assert not (run / "tensorboard").exists()
    assert (run / "log.csv").exists()


def test_settings_change_recipe_and_network(trainable: Path, tmp_path: Path, convscope: Run) -> None:
    done = convscope(
        *("train", trainable / "quick.toml", trainable / "train", "--hold-out", "0.25", "-o", tmp_path / "run"),
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
        (("train", "CONFIG", "DATA", "--validation", "DATA", "--hold-out", "0.1"), 2, "give one of them"),
        (("train", "CONFIG", "DATA/train", "--hold-out", "2"), 2, "a share between 0 and 1"),
        (("train", "CONFIG", "DATA/train", "--set", "schedule=plateau"), 2, "there are no validation images"),
        (("train", "CONFIG", "nowhere"), 4, "nowhere"),
        (("evaluate", "zoo:tiny", "DATA/val"), 2, "--match index takes the classes as the first 4 outputs"),
        (("evaluate", "zoo:tiny", "DATA/val", "--match", "index"), 0, "on 12 images"),
    ],
)
def test_misuse_is_explained(
    trainable: Path, tmp_path: Path, convscope: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    tokens = [
        word.replace("CONFIG", str(trainable / "quick.toml")).replace("DATA", str(trainable)) for word in arguments
    ]
    done = convscope(*tokens, *(() if tokens[0] == "evaluate" else ("-o", tmp_path / "run")))
    assert done.code == code, done.err
    assert said in done.out + done.err
