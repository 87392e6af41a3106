"""Damage to every kind of file that is kept: mutated at random, then used as a user would.

Each kind says how it is made and what is asked of it. The answer on a damaged folder must be that on the whole one, or
an error that names what is damaged; never other numbers.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._faults_running import Try, emptied, judged
from tests.mutations import mutate

LAYERS = ["conv1", "fc"]


# -- what the answers are of ------------------------------------------------------------------------------------------
@cache
def _network() -> Any:
    import convscope as cs

    return cs.load("zoo:tiny")


@cache
def _images(root: Path) -> Any:
    import convscope as cs

    return cs.open_source(root / "images")


def write_materials(root: Path) -> None:
    """The images that everything is of."""
    from tests.cli.conftest import write_images

    write_images(root / "images", 12)


def digest(*parts: Any) -> str:
    """One line for arrays, tensors, bytes and values: equal where all of them are."""
    total = hashlib.sha256()
    for part in parts:
        if hasattr(part, "detach"):
            part = part.detach().cpu().float().numpy()
        if isinstance(part, np.ndarray):
            total.update(f"{part.dtype} {part.shape} ".encode() + np.ascontiguousarray(part).tobytes())
        else:
            total.update(part if isinstance(part, bytes) else repr(part).encode())
        total.update(b"\0")
    return total.hexdigest()


def _of_scan(found: Any) -> str:
    parts: list[Any] = [found.layers, found.failures, found.images, found.complete]
    for name in found.layers:
        table = found[name]
        parts += [table.values, table.images, table.positions]
        if table.statistics is not None:
            parts += [table.statistics.mean, table.statistics.active, table.statistics.histogram]
    return digest(*parts)


def tree(folder: Path) -> str:
    """One line for all files of a folder, those of other programs and half-written ones included."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return digest(*(part for path in files for part in (path.relative_to(folder).as_posix(), path.read_bytes())))


# -- kinds ------------------------------------------------------------------------------------------------------------
def _scan(root: Path, store: Path, **options: Any) -> Any:
    import convscope as cs

    return cs.scan(_network(), options.pop("source", _images(root)), layers=LAYERS, k=3, store=store, **options)


def _load_scan(root: Path, folder: Path) -> str:
    import convscope as cs

    return _of_scan(cs.Scan.load(folder))


def _make_part(root: Path, folder: Path) -> None:
    _scan(root, folder, shard=(0, 2))


def _scan_cached(root: Path, folder: Path) -> str:
    import convscope as cs

    return _of_scan(cs.scan(_network(), cs.cached(_images(root), folder), layers=LAYERS, k=3))


def _transfer(root: Path, folder: Path) -> str:
    import convscope as cs
    from convscope.generalisation import Learning, draw_folds, measure_transfer

    target = cs.open_target(str(root / "images"))
    folds = draw_folds(target, per_class=(3,), folds=1)
    learning = Learning(grid=(1.0,), parts=2)
    found = measure_transfer(_network(), target, layers=["fc"], folds=folds, learning=learning, store=folder)
    return digest(json.dumps(found.to_json(), sort_keys=True))


def _evolution(root: Path, folder: Path) -> str:
    import torch

    import convscope as cs
    from convscope.stores.evolution import evolution

    steps = []
    for epoch in (1, 2):
        torch.manual_seed(epoch)
        steps.append((epoch, cs.load("zoo:tiny", seed=epoch)))
    found = evolution(steps, _images(root), layers=["conv1"], units=2, sample=6, store=folder)
    return digest(json.dumps(found.to_json(), sort_keys=True))


def _occlusion(root: Path, folder: Path) -> str:
    import convscope as cs
    from convscope.stores.occlusion import occlude_source

    source = cs.open_source(str(root / "images"), limit=3)
    answers = occlude_source(_network(), source, size=16, stride=16, store=folder)
    parts: list[Any] = []
    for one in answers:
        found = one.found  # type: ignore[union-attr]  (all of these images can be read)
        parts += [one.index, one.name, found.targets, found.channels, str(found.units), str(found.grid)]
        for part in (found.covered, found.uncovered):
            parts += [value for _, value in sorted(vars(part).items())]
    return digest(*parts)


def _effects(root: Path, folder: Path) -> str:
    """Sums that are kept, and the answer beside them."""
    import convscope as cs

    found = cs.effects(_network(), _images(root), layers=["conv1"], store=folder, match="index", workers=1)
    return digest(found.to_json(), *(vars(found.layers[0])[name] for name in ("change", "error", "lost", "control")))


def _sanity(root: Path, folder: Path) -> str:
    """Parts that are kept, and the answer beside them."""
    import convscope as cs

    found = cs.sanity(_network(), _images(root), layers=["conv1"], units=2, each=2, seeds=1, side=8, store=folder)
    return digest(found.to_json(), found.layers[0].looked.deletion, found.layers[0].cascade.median)


def _learn(root: Path, folder: Path, progress: Any = None) -> Any:
    import convscope as cs

    how: dict[str, Any] = {"layer": "relu1", "n": 6, "active": 2, "updates": 20, "positions": 200, "batch": 2}
    return cs.directions(_network(), _images(root), store=folder, progress=progress, **how)


def _directions(root: Path, folder: Path) -> str:
    """Positions and dictionaries that are kept, and the answer beside them."""
    found = _learn(root, folder)
    made = found.dictionary
    return digest(found.to_json(), made.encoder, made.bias, made.decoder, made.offset)


def _stopped_directions(root: Path, folder: Path) -> None:
    """Of which some images' positions are kept."""
    from convscope.stores import directions

    def told(stage: str, done: int, total: int) -> None:
        if stage.startswith("positions") and done > 6:
            raise KeyboardInterrupt

    before, directions._EVERY = directions._EVERY, 0.0
    try:
        with suppress(KeyboardInterrupt):
            _learn(root, folder, told)
    finally:
        directions._EVERY = before


def _mistakes(root: Path, folder: Path) -> str:
    """Features and cases that are kept, and the answer beside them, with its page."""
    import convscope as cs

    how: dict[str, Any] = {"layers": ["block2.relu2"], "explain": 2, "most": 2, "size": 16, "stride": 16}
    found = cs.mistakes(_network(), _images(root), store=folder, match="index", workers=1, **how)
    page = sorted(path for path in folder.rglob("*") if path.suffix in (".webp", ".js", ".html"))
    return digest(found.to_json(), *(part for path in page for part in (path.name, path.read_bytes())))


def _attached(root: Path, folder: Path) -> str:
    """A network with the directions of a file."""
    import convscope as cs

    net = cs.load("zoo:tiny", directions=folder / "mine.safetensors")
    image = np.random.default_rng(0).normal(size=(1, *net.input_shape)).astype(np.float32)
    import torch

    return digest(net.fingerprint, *net.run(torch.from_numpy(image), [net.directions[0]]).values())


def _write_attached(root: Path, folder: Path) -> None:
    folder.mkdir()
    _learn(root, root / "learnt").write(folder / "mine.safetensors")


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


def _answers(root: Path, folder: Path) -> None:
    """Answers of several kinds, a folder each."""
    import convscope as cs
    from convscope.models.tiny import random_tiny

    net, images = _network(), cs.open_source(root / "images", limit=2)
    cs.check(net, images, module=random_tiny(), store=folder / "check", layers=["conv1", "fc"])
    cs.causes(net, images, "fc:1", layers=["conv1"], most=2, limit=1, store=folder / "causes")
    cs.deconv(net, images, ["conv1:3", "fc:1"], store=folder / "projections")
    cs.occlude(net, images, size=16, stride=16, store=folder / "occlusion")
    cs.invariance(net, images, transformations={"scale": (1.0, 1.5)}, layers=["fc"], store=folder / "invariance")
    cs.evaluate(net, _images(root), match="index", store=folder / "evaluation")
    _effects(root, folder / "effects")
    _sanity(root, folder / "sanity")
    _directions(root, folder / "directions")
    _mistakes(root, folder / "mistakes")
    for figure in folder.rglob("*.png"):  # which other programs look at; that one is gone is said by `Saved.missing`
        figure.unlink()


def _read_answers(root: Path, folder: Path) -> str:
    from tests.studies.forging import KEPT, said_by

    return digest(*(said_by(kind.load(folder / name)) for name, kind in sorted(KEPT.items())))


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


def _atlas(root: Path, folder: Path, *, stop: str | None = None) -> str:
    import convscope as cs

    def told(stage: str, done: int, total: int) -> None:
        if stage == stop:
            raise KeyboardInterrupt

    cs.build_atlas(_network(), _images(root), folder, layers=["fc"], k=2, progress=told)
    return tree(folder)


def _stopped_atlas(root: Path, folder: Path) -> None:
    with suppress(KeyboardInterrupt):
        _atlas(root, folder, stop="images")


def _read_atlas(root: Path, folder: Path) -> str:
    from convscope.atlas import Atlas

    opened = Atlas.open(folder)
    parts: list[Any] = [opened.classes, opened.manifest["units"]]
    for at in opened.layers:
        parts += [at.name, *(value for _, value in sorted(vars(opened.record(at.name)).items()))]
        for channel in range(at.layer.channels):
            unit = opened.unit(f"{at.name}:{channel}")
            parts += [unit.photos, unit.projections, unit.values, unit.images, *map(str, (unit.boxes, unit.dead))]
            parts += [opened.image(int(number)) for number in unit.images[:1]]
    return digest(*parts)


def _made_and_read(root: Path, folder: Path) -> str:
    """Pictures of the right size and another content are left by a build, and named when they are read."""
    _atlas(root, folder)
    return _read_atlas(root, folder)


@cache
def _whole_atlas(root: Path) -> Any:
    from convscope.atlas import Atlas

    place = root / "kinds" / "atlas, read" / "whole"
    if not place.exists():
        _atlas(root, place)
    return Atlas.open(place)


def _export(root: Path, folder: Path) -> str:
    from convscope.atlas.export import export_folder, plan_export

    export_folder(plan_export(_whole_atlas(root)), folder)
    return tree(folder)


def _stopped_export(root: Path, folder: Path) -> None:
    _export(root, folder)
    manifest = folder / "manifest.json"
    manifest.unlink()
    from convscope.atlas.export import _claim, plan_export

    rest, aside = sorted(path for path in folder.iterdir()), folder.with_name("aside")
    aside.mkdir()
    for path in rest:
        path.rename(aside / path.name)
    _claim(plan_export(_whole_atlas(root)), folder)
    for path in itertools.islice(rest, len(rest) - 1):
        (aside / path.name).rename(path)
    shutil.rmtree(aside)


@dataclass(frozen=True)
class Kind:
    """How a kind of stored file is made in a folder, and what is asked of it."""

    make: Callable[[Path, Path], Any]
    ask: Callable[[Path, Path], str]
    cost: int = 1
    """How much dearer a try is than others: fewer are made."""


KINDS: dict[str, Kind] = {
    "scan, read": Kind(_scan, _load_scan),
    "scan, same call again": Kind(_scan, lambda root, folder: _of_scan(_scan(root, folder))),
    "part of a scan, gone on with": Kind(_make_part, lambda root, folder: _of_scan(_scan(root, folder))),
    "decoded images": Kind(_scan_cached, _scan_cached),
    "features and scores": Kind(_transfer, _transfer),
    "checkpoints looked at": Kind(_evolution, _evolution, 2),
    "answers of an occlusion": Kind(_occlusion, _occlusion),
    "sums of effects": Kind(_effects, _effects),
    "parts of a sanity check": Kind(_sanity, _sanity),
    "positions and directions": Kind(_directions, _directions),
    "positions, gone on with": Kind(_stopped_directions, _directions),
    "directions, attached": Kind(_write_attached, _attached, 2),
    "mistakes and their page": Kind(_mistakes, _mistakes),
    "program that was traced before": Kind(_traced, _traced, 2),
    "answers, read": Kind(_answers, _read_answers),
    "training, gone on with": Kind(_stopped_training, _training, 2),
    "checkpoint": Kind(_checkpoint, _load_checkpoint, 2),
    "weights": Kind(_weights, _read_weights),
    "exported program": Kind(_program, _load_program, 2),
    "atlas, read": Kind(_atlas, _read_atlas),
    "atlas, same call again": Kind(_atlas, _made_and_read, 2),
    "atlas, gone on with": Kind(_stopped_atlas, _atlas, 2),
    "export, read": Kind(_export, _read_atlas),
    "export, gone on with": Kind(_stopped_export, _export),
}


@dataclass(frozen=True)
class Damaged:
    """A try for each number: a kind's folder is copied, damaged by the seed and the number, and asked."""

    root: Path
    kind: str
    seed: int

    @property
    def place(self) -> Path:
        """Where this kind's folders are."""
        return self.root / "kinds" / self.kind

    def prepare(self) -> None:
        """Make the folder, and keep the answer on it as it is."""
        kind, whole = KINDS[self.kind], self.place / "whole"
        self.place.mkdir(parents=True, exist_ok=True)
        if not whole.exists():
            kind.make(self.root, whole)
        shutil.copytree(whole, self.place / "first")
        (self.place / "answer").write_text(kind.ask(self.root, self.place / "first"))
        shutil.rmtree(self.place / "first")

    def __call__(self, number: int) -> Try:
        """The outcome of one try; number -1 prepares the others."""
        if number < 0:
            self.prepare()
            return Try("right")
        folder = emptied(self.place / f"try-{number}")
        shutil.copytree(self.place / "whole", folder, dirs_exist_ok=True)
        told = f"number {number}: {mutate(folder, self.seed * 1_000_003 + number)}"
        damaged = tree(folder)

        def asked() -> Try:
            if KINDS[self.kind].ask(self.root, folder) != (self.place / "answer").read_text():
                return Try("wrong", told)
            return Try("right" if tree(folder) == damaged else "made again")

        try:
            return judged(asked, told)
        finally:
            shutil.rmtree(folder)


def shares(total: int) -> Iterator[tuple[str, int]]:
    """How many tries each kind gets of so many."""
    weight = sum(1 / kind.cost for kind in KINDS.values())
    for name, kind in KINDS.items():
        yield name, max(1, round(total / kind.cost / weight))


__all__ = ["KINDS", "Damaged", "partial", "shares", "write_materials"]
