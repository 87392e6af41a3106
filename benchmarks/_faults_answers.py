"""What verbs keep in folders, for `benchmarks.faults`: how each is made, and one line for what is asked of it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks._faults_materials import Kind, digest, images, network

LAYERS = ["conv1", "fc"]


def _of_scan(found: Any) -> str:
    parts: list[Any] = [found.layers, found.failures, found.images, found.complete]
    for name in found.layers:
        table = found[name]
        parts += [table.values, table.images, table.positions]
        if table.statistics is not None:
            parts += [table.statistics.mean, table.statistics.active, table.statistics.histogram]
    return digest(*parts)


def _scan(root: Path, store: Path, **options: Any) -> Any:
    import convscope as cs

    return cs.scan(network(), options.pop("source", images(root)), layers=LAYERS, k=3, store=store, **options)


def _load_scan(root: Path, folder: Path) -> str:
    import convscope as cs

    return _of_scan(cs.Scan.load(folder))


def _make_part(root: Path, folder: Path) -> None:
    _scan(root, folder, shard=(0, 2))


def _scan_cached(root: Path, folder: Path) -> str:
    import convscope as cs

    return _of_scan(cs.scan(network(), cs.cached(images(root), folder), layers=LAYERS, k=3))


def _transfer(root: Path, folder: Path) -> str:
    import convscope as cs
    from convscope.generalisation import Learning, draw_folds, measure_transfer

    target = cs.open_target(str(root / "images"))
    folds = draw_folds(target, per_class=(3,), folds=1)
    learning = Learning(grid=(1.0,), parts=2)
    found = measure_transfer(network(), target, layers=["fc"], folds=folds, learning=learning, store=folder)
    return digest(json.dumps(found.to_json(), sort_keys=True))


def _evolution(root: Path, folder: Path) -> str:
    import torch

    import convscope as cs
    from convscope.stores.evolution import evolution

    steps = []
    for epoch in (1, 2):
        torch.manual_seed(epoch)
        steps.append((epoch, cs.load("zoo:tiny", seed=epoch)))
    found = evolution(steps, images(root), layers=["conv1"], units=2, sample=6, store=folder)
    return digest(json.dumps(found.to_json(), sort_keys=True))


def _occlusion(root: Path, folder: Path) -> str:
    import convscope as cs
    from convscope.stores.occlusion import occlude_source

    source = cs.open_source(str(root / "images"), limit=3)
    answers = occlude_source(network(), source, size=16, stride=16, store=folder)
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

    found = cs.effects(network(), images(root), layers=["conv1"], store=folder, match="index", workers=1)
    return digest(found.to_json(), *(vars(found.layers[0])[name] for name in ("change", "error", "lost", "control")))


def _sanity(root: Path, folder: Path) -> str:
    """Parts that are kept, and the answer beside them."""
    import convscope as cs

    found = cs.sanity(network(), images(root), layers=["conv1"], units=2, each=2, seeds=1, side=8, store=folder)
    return digest(found.to_json(), found.layers[0].looked.deletion, found.layers[0].cascade.median)


def learn(root: Path, folder: Path, progress: Any = None) -> Any:
    """Directions of a layer, learnt in a folder."""
    import convscope as cs

    how: dict[str, Any] = {"layer": "relu1", "n": 6, "active": 2, "updates": 20, "positions": 200, "batch": 2}
    return cs.directions(network(), images(root), store=folder, progress=progress, **how)


def _directions(root: Path, folder: Path) -> str:
    """Positions and dictionaries that are kept, and the answer beside them."""
    found = learn(root, folder)
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
            learn(root, folder, told)
    finally:
        directions._EVERY = before


def _mistakes(root: Path, folder: Path) -> str:
    """Features and cases that are kept, and the answer beside them, with its page."""
    import convscope as cs

    how: dict[str, Any] = {"layers": ["block2.relu2"], "explain": 2, "most": 2, "size": 16, "stride": 16}
    found = cs.mistakes(network(), images(root), store=folder, match="index", workers=1, **how)
    page = sorted(path for path in folder.rglob("*") if path.suffix in (".webp", ".js", ".html"))
    return digest(found.to_json(), *(part for path in page for part in (path.name, path.read_bytes())))


def _answers(root: Path, folder: Path) -> None:
    """Answers of several kinds, a folder each."""
    import convscope as cs
    from convscope.models.tiny import random_tiny

    net, few = network(), cs.open_source(root / "images", limit=2)
    cs.check(net, few, module=random_tiny(), store=folder / "check", layers=["conv1", "fc"])
    cs.causes(net, few, "fc:1", layers=["conv1"], most=2, limit=1, store=folder / "causes")
    cs.deconv(net, few, ["conv1:3", "fc:1"], store=folder / "projections")
    cs.occlude(net, few, size=16, stride=16, store=folder / "occlusion")
    cs.invariance(net, few, transformations={"scale": (1.0, 1.5)}, layers=["fc"], store=folder / "invariance")
    cs.evaluate(net, images(root), match="index", store=folder / "evaluation")
    _effects(root, folder / "effects")
    _sanity(root, folder / "sanity")
    _directions(root, folder / "directions")
    _mistakes(root, folder / "mistakes")
    for figure in folder.rglob("*.png"):  # which other programs look at; that one is gone is said by `Saved.missing`
        figure.unlink()


def _read_answers(root: Path, folder: Path) -> str:
    from tests.studies.forging import KEPT, said_by

    return digest(*(said_by(kind.load(folder / name)) for name, kind in sorted(KEPT.items())))


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
    "mistakes and their page": Kind(_mistakes, _mistakes),
    "answers, read": Kind(_answers, _read_answers),
}
