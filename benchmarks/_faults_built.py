"""Atlases and their exports, for `benchmarks.faults`: how each is made, and one line for what is asked of it."""

from __future__ import annotations

import itertools
import shutil
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks._faults_materials import Kind, digest, images, network, tree


def _atlas(root: Path, folder: Path, *, stop: str | None = None) -> str:
    import convscope as cs

    def told(stage: str, done: int, total: int) -> None:
        if stage == stop:
            raise KeyboardInterrupt

    cs.build_atlas(network(), images(root), folder, layers=["fc"], k=2, progress=told)
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


KINDS: dict[str, Kind] = {
    "atlas, read": Kind(_atlas, _read_atlas),
    "atlas, same call again": Kind(_atlas, _made_and_read, 2),
    "atlas, gone on with": Kind(_stopped_atlas, _atlas, 2),
    "export, read": Kind(_export, _read_atlas),
    "export, gone on with": Kind(_stopped_export, _export),
}
