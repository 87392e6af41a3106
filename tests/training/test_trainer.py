"""Trainings: they learn, they go on where they were killed to the same bits, and two processes are as good as one."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import convscope
from convscope.errors import StoreError, UsageError
from convscope.progress import Progress
from convscope.training import EpochLog, NetworkChoice, read_log, train
from tests.training.shapes import CLASSES, SIDE, same_weights, shapes, small, without_dropout

TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


class Killed(Exception):
    """Ends a training as a signal would."""


def killed_after(images: int) -> Progress:
    def progress(stage: str, done: int, total: int) -> None:
        if stage == "training" and done >= images:
            raise Killed

    return progress


def test_five_epochs_on_shapes_are_far_above_chance(tmp_path: Path) -> None:
    told: list[EpochLog] = []
    done = train(
        small(epochs=5), shapes(400), tmp_path, validation=shapes(120, seed=1), on_epoch=told.append, board=False
    )
    assert told == done.history == read_log(tmp_path)
    assert done.history[-1].val_error is not None
    assert done.history[-1].val_error < 0.4  # 0.75 by chance
    assert done.history[-1].loss < 0.7 * done.history[0].loss
    assert sorted(done.run.checkpoints()) == [1, 5]
    assert all(
        (weight.square().flatten(1).mean(1).sqrt() < 0.1001).all()
        for weight in done.module.state_dict().values()
        if weight.ndim == 4
    )


def tensors_of(path: Path) -> bytes:
    """A safetensors file after its header, which holds durations."""
    content = path.read_bytes()
    return content[8 + int.from_bytes(content[:8], "little") :]


def test_killed_and_resumed_is_the_same_to_the_last_bit(tmp_path: Path) -> None:
    config, images, held = small(), shapes(100), shapes(40, seed=1)
    undisturbed = train(config, images, tmp_path / "one", validation=held)
    for stop in (70, 160, 240):  # in the first epoch, which has 5 updates, then in the second and the third
        with pytest.raises(Killed):
            train(config, images, tmp_path / "two", validation=held, save_every=2, progress=killed_after(stop))
    resumed = train(config, images, tmp_path / "two", validation=held, save_every=2)
    assert same_weights(resumed.module, undisturbed.module)
    kept = [replace(log, images_per_second=0.0, seconds=0.0) for log in undisturbed.history]
    assert [replace(log, images_per_second=0.0, seconds=0.0) for log in resumed.history] == kept
    last = "checkpoints/epoch-0003.safetensors"
    assert tensors_of(tmp_path / "two" / last) == tensors_of(tmp_path / "one" / last)
    again = train(config, images, tmp_path / "two", validation=held)  # nothing is left to do
    assert same_weights(again.module, undisturbed.module)


def test_a_finished_training_says_so_without_looking_at_its_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, images, held = small(epochs=1), shapes(40), shapes(20, seed=1)
    first = train(config, images, tmp_path, validation=held)

    def no_images(*_: object, **__: object) -> None:
        raise AssertionError("the images of a finished training are decoded")

    monkeypatch.setattr("convscope.training.trainer.open_pictures", no_images)
    told: list[str] = []
    again = train(config, images, tmp_path, validation=held, progress=lambda stage, *_: told.append(stage))
    assert same_weights(again.module, first.module)
    assert again.history == first.history
    assert not again.module.training
    assert told == []


def test_a_training_killed_before_its_first_state_begins_again(tmp_path: Path) -> None:
    config, images = small(epochs=1), shapes(40)
    undisturbed = train(config, images, tmp_path / "one")
    with pytest.raises(Killed):
        train(config, images, tmp_path / "two", progress=killed_after(20))
    assert not (tmp_path / "two" / "state.safetensors").exists()
    assert same_weights(train(config, images, tmp_path / "two").module, undisturbed.module)


def test_dropout_is_at_work_and_follows_the_seed(tmp_path: Path) -> None:
    losses = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        done = train(small(epochs=1, seed=seed), shapes(40), tmp_path / name)
        losses.append(done.history[0].loss)
    assert losses[0] == losses[1] != losses[2]
    state = torch.get_rng_state()
    train(small(epochs=1), shapes(40), tmp_path / "d")
    assert torch.equal(torch.get_rng_state(), state)


def test_a_checkpoint_is_a_whole_network(tmp_path: Path) -> None:
    done = train(small(epochs=1, checkpoint_dtype="float16"), shapes(60), tmp_path)
    net = convscope.load(f"file:{done.run.checkpoint(1)}")
    assert net.classes == CLASSES
    assert net.preprocess == done.run.preprocess
    x = done.run.preprocess.normalise(torch.randint(0, 256, (2, 3, SIDE, SIDE), dtype=torch.uint8))
    with torch.no_grad():
        torch.testing.assert_close(net.run(x, [net.output])[net.output], done.module(x), rtol=0.01, atol=0.01)


def test_the_mean_image_is_subtracted_within_the_network(tmp_path: Path) -> None:
    images = shapes(40)
    done = train(small(epochs=1, padding=0), images, tmp_path)
    pixels = torch.stack([torch.from_numpy(images.read(row)) for row in range(40)]).permute(0, 3, 1, 2)  # pyright: ignore
    centred = done.module.get_submodule("mean")(done.run.preprocess.normalise(pixels))
    torch.testing.assert_close(centred.mean(0), torch.zeros(3, SIDE, SIDE), rtol=0, atol=1e-4)
    plain = train(small(epochs=1, mean="colour"), images, tmp_path / "colour")
    assert not hasattr(plain.module, "mean")
    assert plain.run.preprocess == replace(done.run.preprocess)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_first_update_is_the_one_written_out(tmp_path: Path, precision: str) -> None:
    config = replace(
        small(epochs=1, batch=8, momentum=0.0, renormalise=0.0, crops="centre", flips=False, precision=precision),
        network=NetworkChoice(input_size=SIDE, width=0.1, without=(6, 7)),  # so that there is no dropout
    )
    images = shapes(8)
    done = train(config, images, tmp_path)
    from convscope.models import build

    net = build(done.run.architecture, init="he", seed=0)
    net.get_submodule("mean").get_buffer("image").copy_(done.module.get_buffer("mean.image"))
    pixels = torch.stack([torch.from_numpy(images.read(row)) for row in range(8)]).permute(0, 3, 1, 2)  # pyright: ignore
    labels = torch.tensor([images.label(row) for row in range(8)])
    loss = torch.nn.functional.cross_entropy(net(done.run.preprocess.normalise(pixels)), labels)
    loss.backward()
    tolerance = 1e-4 if precision == "float32" else 0.05
    assert done.history[0].loss == pytest.approx(loss.item(), rel=tolerance)
    for name, parameter in net.named_parameters():
        decay = 5e-4 * parameter if parameter.ndim > 1 else 0
        expected = parameter - 0.02 * (parameter.grad + decay)
        moved = (expected - parameter).norm()
        assert (done.module.get_parameter(name) - expected).norm() <= 10 * tolerance * moved + 1e-7, name


def test_another_training_is_not_overwritten(tmp_path: Path) -> None:
    train(small(epochs=1), shapes(20), tmp_path / "run")
    with pytest.raises(StoreError, match="batch = 20, and 10 is asked for: choose another folder"):
        train(small(epochs=1, batch=10), shapes(20), tmp_path / "run")
    with pytest.raises(StoreError, match="training on other images"):
        train(small(epochs=1), shapes(24), tmp_path / "run")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    with pytest.raises(StoreError, match="is not empty and holds no training"):
        train(small(epochs=1), shapes(20), tmp_path / "full")


def test_a_damaged_state_is_an_error_of_ours(tmp_path: Path) -> None:
    train(small(epochs=1), shapes(20), tmp_path)
    (tmp_path / "state.safetensors").write_bytes(b"nothing")
    with pytest.raises(convscope.ConvscopeError, match="safetensors"):
        train(small(epochs=1), shapes(20), tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"format": 1}))
    with pytest.raises(StoreError, match="does not describe a training"):
        train(small(epochs=1), shapes(20), tmp_path)


def test_a_changed_preprocessing_is_not_trained_on_with(tmp_path: Path) -> None:
    train(small(epochs=1), shapes(20), tmp_path)
    before = (tmp_path / "run.json").read_text()
    said = json.loads(before)
    said["preprocess"]["mean"][0] += 0.25
    (tmp_path / "run.json").write_text(json.dumps(said))
    with pytest.raises(StoreError, match="its content is not what its checksum says"):
        train(small(epochs=2), shapes(20), tmp_path)
    said = json.loads(before)
    del said["sha256"]  # as written by an earlier version
    (tmp_path / "run.json").write_text(json.dumps(said))
    train(small(epochs=1), shapes(20), tmp_path)


def test_a_folder_that_is_removed_meanwhile_ends_the_training(tmp_path: Path) -> None:
    def remove(stage: str, done: int, total: int) -> None:
        if stage == "training":
            shutil.rmtree(tmp_path / "run", ignore_errors=True)

    with pytest.raises(StoreError, match=r"run\.json was removed while the training went on"):
        train(small(epochs=2), shapes(20), tmp_path / "run", progress=remove)
    assert not list((tmp_path).rglob("*.safetensors"))


def test_a_plateau_needs_validation_images(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are no validation images"):
        train(small(schedule="plateau"), shapes(20), tmp_path)
    assert not list(tmp_path.iterdir())


SCRIPT = """
    import sys
    import torch
    torch.set_num_threads(1)
    from convscope.training import train
    from tests.training.shapes import shapes, without_dropout
    train(without_dropout(), shapes(96), sys.argv[1], validation=shapes(30, seed=1), device="cpu")
"""


def test_two_processes_have_the_loss_curve_of_one(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    command = [sys.executable, *TORCHRUN, str(script), str(tmp_path / "two")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=root, check=False)
    assert done.returncode == 0, done.stderr
    train(without_dropout(), shapes(96), tmp_path / "one", validation=shapes(30, seed=1), device="cpu")
    one, two = read_log(tmp_path / "one"), read_log(tmp_path / "two")
    assert len(one) == 3
    for alone, shared in zip(one, two, strict=True):
        assert shared.loss == pytest.approx(alone.loss, abs=1e-4)
        assert shared.val_loss == pytest.approx(alone.val_loss, abs=1e-4)
        assert shared.val_error == alone.val_error


def test_a_device_that_is_not_there_is_refused_in_our_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="device 'gpu' cannot be used"):
        train(small(epochs=1), shapes(20), tmp_path, device="gpu")
