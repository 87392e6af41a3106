"""Atlases of which somebody edited what they say, and sealed them again: opened, read, verified, served, given on."""

from __future__ import annotations

import json
import os
import random
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks._faults_hostile import edit
from benchmarks._faults_running import BAD, Try, emptied, judged

_ASKED = ("/", "/data/manifest.js", "/data/network.js", "/data/experiments.js", "/data/results/curve.js",
          "/experiments/curve/curve.svg", "/experiments/curve/table.csv", "/pictures/00-fc/0.webp")  # fmt: skip


@dataclass(frozen=True)
class EditedAtlas:
    """A try for each number: one thing that an atlas says of itself is edited in one to three places, and its inventory
    made again; then it is used in every way."""

    root: Path
    seed: int

    def __call__(self, number: int) -> Try:
        """The outcome of one try; number -1 makes the atlas."""
        good, place = self.root / "good-atlas", self.root / f"atlas-{number}"
        if number < 0:
            return _make(self.root, good)
        draw, folder = random.Random(f"{self.seed} {number}"), place / "deep" / "er" / "atlas"
        emptied(place)
        shutil.copytree(good, folder)
        try:
            told = _edited(folder, draw, place / "mark")
            _seal(folder)
            return _used(folder, place, told)
        finally:
            shutil.rmtree(place)


def _make(root: Path, good: Path) -> Try:
    """A small atlas with results of another command, and with another atlas beside it."""
    from benchmarks._faults_materials import write_materials
    from benchmarks._faults_stored import KINDS
    from convscope.atlas import Atlas
    from tests.atlas.received import with_experiment

    write_materials(root)
    KINDS["atlas, read"].make(root, good)
    with_experiment(Atlas.open(good))
    return Try("right")


def _edited(folder: Path, draw: random.Random, mark: Path) -> str:
    """Edit the manifest, what an experiment says of itself, or a script of data; says what was done."""
    data = sorted(path for path in (folder / "data").rglob("*.js") if path.name != "manifest.js")
    about = folder / "experiments" / "curve" / "experiment.json"
    file, done = draw.choice([folder / "manifest.json", about, draw.choice(data)]), list[str]()
    whole = {"": _value(file)}
    for _ in range(draw.randint(1, 3)):
        inner = whole[""]
        done.append(edit(inner if isinstance(inner, dict | list) and inner else whole, draw, mark))
        whole.setdefault("", None)
    _write(file, whole[""])
    return f"{file.relative_to(folder)}: {'; '.join(done)}"


def _value(file: Path) -> Any:
    text = file.read_text("utf-8")
    return json.loads(text if file.suffix == ".json" else text.partition(",")[2].removesuffix(");\n"))


def _write(file: Path, value: Any) -> None:
    """A value as JSON, or as a script of data, with numbers that are none as well."""
    text = json.dumps(value, separators=(",", ":"))
    if file.suffix != ".json":
        address = file.as_posix().partition("/atlas/data/")[2].removesuffix(".js")
        text = f'__atlas("{address}",{text});\n'.replace("<", "\\u003c")
    file.write_text(text, "utf-8")


def _seal(folder: Path) -> None:
    """Let the inventory, and the manifest where it is one, fit what is in the folder now."""
    from convscope.atlas.inventory import Inventory, is_recorded, stamp_of

    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    made = Inventory({"all": {name: stamp_of(path.read_bytes()) for name, path in found.items() if is_recorded(name)}})
    (folder / "inventory.json").write_bytes(made.content)
    manifest = _value(folder / "manifest.json")
    if isinstance(manifest, dict):
        manifest["inventory"] = made.entry()
    for path in (folder / "manifest.json", folder / "data" / "manifest.js"):
        _write(path, manifest)


def _used(folder: Path, place: Path, told: str) -> Try:
    """The worst outcome of all uses; nothing may be written but what they are asked to write."""
    found = []
    for use in _uses(folder, place):
        found.append(judged(use, told))
        if found[-1].outcome in BAD:
            return found[-1]
    left = sorted(os.listdir(place))  # noqa: PTH208 (names)
    beside = sorted(os.listdir(folder.parent))  # noqa: PTH208
    if left != ["deep"] or not set(beside) <= {"atlas", "out", "out.zip", "out.html"}:
        return Try("escaped", f"{told}: {left} {beside}")
    return next((one for one in found if one.outcome == "named"), found[0])


def _uses(folder: Path, place: Path) -> Iterator[Callable[[], Try]]:
    """What a person does with an atlas."""
    import convscope as cs
    from benchmarks._faults_stored import KINDS
    from convscope.atlas.export import export_atlas
    from convscope.atlas.verifying import verify_atlas
    from convscope.server.app import application
    from tests.server.asking import ask

    out = folder.parent / "out"

    def read() -> Try:
        KINDS["atlas, read"].ask(place, folder)
        opened = cs.Atlas.open(folder)
        said = [repr(opened), opened.tables(), opened.remarks(), opened.caution, opened.tuned, opened._repr_html_()]
        return Try("right", str(len(said)))

    def verify() -> Try:
        return Try("named" if verify_atlas(folder) else "right")

    def serve() -> Try:
        served = application(folder)
        answers = [ask(served, path).status for path in _ASKED]
        return Try("right" if set(answers) <= {200, 404, 422} else "wrong", str(answers))

    def whole() -> Try:
        export_atlas(folder, out)
        return Try("right")

    def packed() -> Try:
        path = export_atlas(folder, out.with_suffix(".zip"), form="zip")
        with zipfile.ZipFile(path) as archive:
            strange = [name for name in archive.namelist() if ".." in name or not name.startswith("out/")]
        return Try("escaped", str(strange)) if strange else Try("right")

    def mailed() -> Try:
        export_atlas(folder, out.with_suffix(".html"), form="file", units=["fc:0"])
        return Try("right")

    yield from (read, verify, serve, whole, packed, mailed)


__all__ = ["EditedAtlas"]
