"""Files made to run code, to write elsewhere or to be believed: each would leave a mark if it could.

The builders are those of the tests: pickles in every dress, exported programs edited by hand. Here they are combined
and edited at random; the hostile files that the tests make by hand are counted by running those tests.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load as parse
from safetensors.numpy import save

from benchmarks._faults_running import Try, emptied, judged

HAND_MADE = (
    "tests/project/test_hostile_files.py", "tests/models/exported", "tests/models/test_unpickling.py",
    "tests/atlas/test_received.py", "tests/data/test_npz.py", "tests/models/kept", "tests/models/test_dictionaries.py",
    "tests/studies/test_vouched.py",
)  # fmt: skip
"""Tests with hostile files that are made by hand."""


def _values(mark: Path) -> list[Any]:
    """What a value of an exported program is replaced by."""
    deep: Any = 0
    for _ in range(300):
        deep = [deep]
    run = f"__import__('os').mkdir({str(mark)!r})"
    numbers = [-1, 0, 1 << 40, 10**30, 1e308, float("nan"), 3.5]
    texts = ["", run, "a" * 20_000, "../../../evil", "/etc/passwd", "torch.ops.aten.save", "a\0b", "builtins.eval"]
    return [None, True, [], {}, deep, {"as_expr": {"expr_str": run, "hint": None}}, *numbers, *texts]


def edit(program: Any, draw: random.Random, mark: Path) -> str:
    """Replace, remove or repeat one value somewhere in a program, or in other JSON; says what was done."""
    place, path = program, []
    while isinstance(place, dict | list) and place:
        key = draw.choice(list(place) if isinstance(place, dict) else range(len(place)))
        path.append(key)
        if not isinstance(place[key], dict | list) or not place[key] or draw.random() < 0.12:
            break
        place = place[key]
    key, kind = path[-1], draw.choice(("replace", "replace", "replace", "remove", "repeat"))
    if kind == "replace":
        place[key] = draw.choice(_values(mark))
    elif kind == "remove" or not isinstance(place, list):
        del place[key]
    else:
        place.append(place[key])
    return f"{kind} {path}"


@dataclass(frozen=True)
class EditedProgram:
    """A try for each number: a good exported program, edited in one to three places, is loaded."""

    root: Path
    seed: int

    def __call__(self, number: int) -> Try:
        """The outcome of one try; number -1 writes the good program, and has loops compiled that all of them need."""
        from convscope.models.tiny import random_tiny
        from tests.models.exported.making import edited, rewrite, save

        good, folder = self.root / "good.pt2", self.root / f"program-{number}"
        if number < 0:
            save(random_tiny(), good)
            return _use(f"pt2:{good}", self.root, "")
        draw, done = random.Random(f"{self.seed} {number}"), []
        emptied(folder)

        def change(program: Any) -> None:
            done.extend(edit(program, draw, folder / "mark") for _ in range(draw.randint(1, 3)))

        try:
            rewrite(good, {"models/model.json": edited(change)}, to=folder / "net.pt2")
            return _use(f"pt2:{folder / 'net.pt2'}", folder, "; ".join(done))
        finally:
            shutil.rmtree(folder)


@dataclass(frozen=True)
class EditedKept:
    """A try for each number: what is kept of a traced network is edited in one to three places, and its checksum made
    again; then the network is loaded, and asked."""

    root: Path
    seed: int

    def __call__(self, number: int) -> Try:
        """The outcome of one try; number -1 makes what is kept."""
        from convscope.models.kept.folder import VARIABLE

        good, folder = self.root / "kept", self.root / f"kept-{number}"
        if number < 0:
            os.environ[VARIABLE] = str(good)
            return _use("zoo:tiny", self.root, "")
        draw, (file,) = random.Random(f"{self.seed} {number}"), (good / "programs").iterdir()
        program = json.loads(file.read_bytes().partition(b"\n")[2])
        done = "; ".join(edit(program, draw, folder / "mark") for _ in range(draw.randint(1, 3)))
        content = json.dumps(program).encode()
        place = emptied(folder) / "programs" / file.name
        place.parent.mkdir()
        place.write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        os.environ[VARIABLE] = str(folder)
        try:
            return _use("zoo:tiny", folder, done)
        finally:
            os.environ[VARIABLE] = "off"
            shutil.rmtree(folder)


@dataclass(frozen=True)
class EditedDirections:
    """A try for each number: what a file of directions says, or one of its arrays, is edited, and its checksum made
    again; then they are attached to the network, and asked."""

    root: Path
    seed: int

    def __call__(self, number: int) -> Try:
        """The outcome of one try; number -1 writes the good file."""
        from convscope.models import dictionaries
        from convscope.stores.sealing import header_of
        from tests.studies.forging import ARRAYS, ODD

        good, folder = self.root / "directions.safetensors", self.root / f"directions-{number}"
        if number < 0:
            return _write_directions(good)
        draw, content = random.Random(f"{self.seed} {number}"), good.read_bytes()
        about = json.loads(json.loads(header_of(content))["__metadata__"]["convscope"])
        arrays = parse(content)
        for _ in range(draw.randint(1, 2)):
            name = draw.choice([*about, *dictionaries.ARRAYS])
            if name in about:
                about[name] = draw.choice([*ODD, "conv1", "block2.relu2", "../evil", "fc", "a\0b", 10**300])
            elif draw.random() < 0.3:
                arrays[name] = (arrays[name] * draw.choice([1e38, float("nan"), 0.0])).astype(np.float32)
            else:
                arrays[name] = np.ascontiguousarray(ARRAYS[draw.choice(sorted(ARRAYS))](arrays[name]))
        said = {name: about.get(name) for name in ("name", "layer", "kind", "active", "network")}
        about["sha256"] = dictionaries._digest(arrays, said)
        (emptied(folder) / "d.safetensors").write_bytes(save(arrays, {"convscope": json.dumps(about)}))
        try:
            return _use("zoo:tiny", folder, str(said), directions=folder / "d.safetensors")
        finally:
            shutil.rmtree(folder)


def _write_directions(path: Path) -> Try:
    import convscope as cs
    from convscope.graph import Dictionary
    from convscope.models.dictionaries import write_dictionary

    net, draw = cs.load("zoo:tiny"), np.random.default_rng(0)
    shape = (5, net.layers["relu1"].channels)
    encoder, decoder = (draw.normal(size=shape).astype(np.float32) for _ in range(2))
    zeros = np.zeros(5, np.float32), np.zeros(shape[1], np.float32)
    made = Dictionary("d", "relu1", "sae", encoder, zeros[0], decoder, zeros[1], 2, net.plain_fingerprint)
    write_dictionary(path, made)
    return Try("right")


@dataclass(frozen=True)
class EditedAnswer:
    """A try for each number: one thing in a kept answer is edited, and its checksum made again; then it is used."""

    root: Path
    seed: int

    def __call__(self, number: int) -> Try:
        """The outcome of one try; number -1 makes the answers."""
        from benchmarks._faults_materials import write_materials
        from benchmarks._faults_stored import KINDS
        from tests.studies.forging import KEPT, forged, use

        whole, folder = self.root / "answers", self.root / f"answer-{number}"
        if number < 0:
            write_materials(self.root)
            KINDS["answers, read"].make(self.root, whole)
            return Try("right")
        draw = random.Random(f"{self.seed} {number}")
        name = draw.choice(sorted(KEPT))
        shutil.copytree(whole / name, emptied(folder), dirs_exist_ok=True)
        file = folder / f"{name}.safetensors"
        content, told = forged(file.read_bytes(), draw)
        file.write_bytes(content)
        try:
            return judged(lambda: Try("named" if use(KEPT[name], folder, draw=True) == "named" else "right"), told)
        finally:
            shutil.rmtree(folder)


@dataclass(frozen=True)
class HostileWeights:
    """A try for each number: a pickle that would leave a mark, under the endings of weights, is loaded."""

    root: Path

    def __call__(self, number: int) -> Try:
        """The outcome of one try."""
        import torch

        from tests.project.test_hostile_files import SAVERS, SUFFIXES, Trap

        savers = list(SAVERS)
        folder = emptied(self.root / f"weights-{number}")
        path = folder / f"weights{SUFFIXES[number % len(SUFFIXES)]}"
        saver = savers[number // len(SUFFIXES) % len(savers)]
        try:
            SAVERS[saver]({"state_dict": {"w": torch.zeros(1), "x": Trap(folder / "mark")}}, path)
            return _use(f"file:{path}", folder, saver)
        finally:
            shutil.rmtree(folder)


def weights_tries() -> int:
    """How many tries of `HostileWeights` there are."""
    from tests.project.test_hostile_files import SAVERS, SUFFIXES

    return len(SAVERS) * len(SUFFIXES)


def _use(spec: str, folder: Path, done: str, **how: Any) -> Try:
    """How loading and asking ends: a network that answers, or an error that says why; nothing else may be in the
    folder afterwards."""
    import torch

    import convscope as cs

    def once() -> Try:
        net = cs.load(spec, **how)
        last = net.layers[-1].name if not net.directions else net.directions[0]
        images = torch.linspace(-1, 1, math.prod(net.input_shape)).reshape(1, *net.input_shape)
        net.run(images, [last])
        cs.deconv(net, images, f"{last}:0")
        return Try("right")

    before = sorted(os.listdir(folder))  # noqa: PTH208 (names)
    outcome = judged(once, done)
    if sorted(os.listdir(folder)) != before and done:  # noqa: PTH208
        return Try("escaped", done)
    return outcome


def hand_made(root: Path, numbers: Sequence[int]) -> Iterator[list[Try]]:
    """The outcomes of the tests with hostile files that are made by hand, file by file of `HAND_MADE`."""
    report = root / "hostile.xml"
    for number in numbers:
        run = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", f"--junitxml={report}"]
        subprocess.run([*run, HAND_MADE[number]], capture_output=True, check=False, timeout=900)
        yield list(_outcomes(report))
        report.unlink()


def _outcomes(report: Path) -> Iterator[Try]:
    for case in ElementTree.parse(report).iter("testcase"):
        if case.find("skipped") is None:
            failed = case.find("failure") is not None or case.find("error") is not None
            name = f"{case.get('classname')}.{case.get('name')}"
            yield Try("escaped", name) if failed else Try("named", name)


__all__ = [
    "HAND_MADE", "EditedAnswer", "EditedDirections", "EditedKept", "EditedProgram", "HostileWeights", "edit",
    "hand_made", "weights_tries",
]  # fmt: skip
