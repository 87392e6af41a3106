"""An atlas built by several processes is the one that a single process builds."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def contents(folder: Path) -> dict[str, bytes]:
    """All files by name, but for the two that say when the atlas was made."""
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return {name: data for name, data in files.items() if name not in ("manifest.json", "data/manifest.js")}


def build(images: Path, out: Path, *launcher: str) -> str:
    command = [sys.executable, *launcher, "-m", "convscope", "atlas", "zoo:tiny", str(images), "-o", str(out)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return done.stdout


@pytest.mark.slow
def test_two_processes_build_the_same_atlas_and_find_it_complete(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    generator = np.random.default_rng(0)
    for i in range(40):
        Image.fromarray(generator.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(images / f"{i:02d}.png")
    build(images, tmp_path / "one")
    said = build(images, tmp_path / "two", *TORCHRUN)
    assert said.count("index.html") == 1  # the first process alone reports
    assert contents(tmp_path / "two") == contents(tmp_path / "one")
    build(images, tmp_path / "two", *TORCHRUN)
    assert contents(tmp_path / "two") == contents(tmp_path / "one")
