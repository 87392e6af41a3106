"""Networks in files, for `benchmarks.faults`: dictionaries, programs, trainings, checkpoints, weights."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._faults_answers import learn
from benchmarks._faults_materials import Kind, digest


def _attached(root: Path, folder: Path) -> str:
    """A network with the directions of a file."""
    import convscope as cs

    net = cs.load("zoo:tiny", directions=folder / "mine.safetensors")
    image = np.random.default_rng(0).normal(size=(1, *net.input_shape)).astype(np.float32)
    import torch

    return digest(net.fingerprint, *net.run(torch.from_numpy(image), [net.directions[0]]).values())


def _write_attached(root: Path, folder: Path) -> None:
    folder.mkdir()
    learn(root, root / "learnt").write(folder / "mine.safetensors")


def _traced(root: Path, folder: Path) -> str:
    """A network whose program is kept where the user's cache is."""
    import os

    import torch

    import convscope as cs
    from convscope.models.kept.folder import VARIABLE

    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(folder)
    try:
        net = cs.load("zoo:tiny", seed=3)
    finally:
        os.environ[VARIABLE] = before or "off"
    image = torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32)
    return digest(net.fingerprint, str(net.layers), *net.run(image, net.layers.names).values())


@cache
def _pictures() -> Any:
    from tests.training.shapes import shapes

    return shapes(12)


def _training(root: Path, folder: Path, *, stop: bool = False) -> str:
    from convscope.training import train
    from tests.training.shapes import small

    def told(log: Any) -> None:
        if stop:
            raise KeyboardInterrupt

    config = small(epochs=2, batch=6)
    found = train(config, _pictures(), folder, board=False, on_epoch=told)
    logs = [(log.epoch, log.loss, log.error, log.learning_rate) for log in found.history]
    return digest(*(part for item in found.module.state_dict().items() for part in item), logs)


def _stopped_training(root: Path, folder: Path) -> None:
    with suppress(KeyboardInterrupt):
        _training(root, folder, stop=True)


def _checkpoint(root: Path, folder: Path) -> None:
    import convscope as cs
    from convscope.models import ZFNET, build, save_weights

    small = ZFNET.scaled(input_size=64, width=0.05, outputs=3).with_widths({6: 8, 7: 8})
    said = {"architecture": small.to_json(), "classes": ["a", "b", "c"], "preprocess": cs.Preprocess(64, 64).to_json()}
    save_weights(folder / "epoch-0001.safetensors", build(small, init="pytorch", seed=1).state_dict(), said)


def _load_checkpoint(root: Path, folder: Path) -> str:
    import convscope as cs

    net = cs.load(f"file:{folder / 'epoch-0001.safetensors'}")
    return digest(net.fingerprint, net.classes, str(net.preprocess), str(net.layers))


def _weights(root: Path, folder: Path) -> None:
    import torch

    from convscope.models import save_weights
    from convscope.models.tiny import random_tiny

    folder.mkdir()
    torch.manual_seed(0)
    state = random_tiny().state_dict()
    save_weights(folder / "ours.safetensors", state)
    torch.save(state, folder / "torch.pth")
    np.savez(folder / "arrays.npz", **{name: tensor.numpy() for name, tensor in state.items()})


def _read_weights(root: Path, folder: Path) -> str:
    from convscope.models.weights import read_weights

    found = [read_weights(folder / name).state for name in ("ours.safetensors", "torch.pth", "arrays.npz")]
    return digest(*(part for state in found for name in sorted(state) for part in (name, state[name])))


def _program(root: Path, folder: Path) -> None:
    from convscope.models.tiny import random_tiny
    from tests.models.exported.making import save

    folder.mkdir()
    save(random_tiny(), folder / "net.pt2")


def _load_program(root: Path, folder: Path) -> str:
    import torch

    import convscope as cs

    net = cs.load(f"pt2:{folder / 'net.pt2'}")
    image = torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32)
    found = net.run(image, layers=[layer.name for layer in net.layers])
    return digest(*(part for item in found.items() for part in item))


KINDS: dict[str, Kind] = {
    "directions, attached": Kind(_write_attached, _attached, 2),
    "program that was traced before": Kind(_traced, _traced, 2),
    "training, gone on with": Kind(_stopped_training, _training, 2),
    "checkpoint": Kind(_checkpoint, _load_checkpoint, 2),
    "weights": Kind(_weights, _read_weights),
    "exported program": Kind(_program, _load_program, 2),
}
