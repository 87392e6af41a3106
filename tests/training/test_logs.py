"""TensorBoard's event files: each epoch's numbers can be read back, and without the package nothing is written."""

import os
from dataclasses import fields
from pathlib import Path

import pytest

from convscope.errors import StoreError
from convscope.progress import Progress
from convscope.training import EpochLog, read_log, train
from convscope.training.logs import BOARD, Board, board_installed
from tests.training.shapes import shapes, small


def scalars(folder: Path) -> dict[str, dict[int, float]]:
    """Values by step of every name in a folder's event files, as TensorBoard itself reads them."""
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = reading.EventAccumulator(str(folder))
    found.Reload()
    return {name: {one.step: one.value for one in found.Scalars(name)} for name in found.Tags()["scalars"]}


@pytest.mark.parametrize("text", ["epoch,loss\n1\n", "epoch,loss\n" + "1" * 200_000, "epoch\nnan\n"])
def test_a_log_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    head = ",".join(one.name for one in fields(EpochLog))
    (tmp_path / "log.csv").write_text(text.replace("epoch,loss", head))
    with pytest.raises(StoreError, match="is no log of a training"):
        read_log(tmp_path)
    (tmp_path / "log.csv").unlink()
    os.mkfifo(tmp_path / "log.csv")
    with pytest.raises(StoreError, match="no regular file"):
        read_log(tmp_path)


class Killed(Exception):
    """Ends a training as a signal would."""


def killed_after(images: int) -> Progress:
    def progress(stage: str, done: int, total: int) -> None:
        if stage == "training" and done >= images:
            raise Killed

    return progress


def test_every_epoch_is_in_the_event_files_also_of_a_training_that_was_killed(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    config, images, held = small(epochs=3, validate_every=2), shapes(60), shapes(20, seed=1)
    with pytest.raises(Killed):
        train(config, images, tmp_path, validation=held, progress=killed_after(100))
    done = train(config, images, tmp_path, validation=held)
    found = scalars(tmp_path / BOARD)
    for name, value in {
        "loss/training": lambda log: log.loss,
        "error/training": lambda log: log.error,
        "learning rate": lambda log: log.learning_rate,
        "filters at the limit": lambda log: log.limited,
        "images per second": lambda log: log.images_per_second,
    }.items():
        assert found[name] == {log.epoch: pytest.approx(value(log), rel=1e-6) for log in done.history}
    last = {log.epoch: log for log in done.history if log.val_error is not None}
    assert sorted(found["error/validation"]) == sorted(last) == [2, 3]
    for epoch, log in last.items():
        assert found["error/validation"][epoch] == pytest.approx(log.val_error, rel=1e-6)
        assert found["loss/validation"][epoch] == pytest.approx(log.val_loss, rel=1e-6)


def test_without_the_package_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convscope.training.logs.find_spec", lambda name: None)
    assert not board_installed()
    board = Board(tmp_path)
    board.write(EpochLog(1, 0.1, 1.0, 0.5, None, None, None, 0, 10.0, 1.0))
    board.close()
    assert list(tmp_path.iterdir()) == []
