"""A small folder of images, and the command line run in place."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.cli import main
from tests.training.shapes import CLASSES, shapes


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:  # what a test looks into
        return json.loads(self.out)


@pytest.fixture
def convscope(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs a command line in this process."""

    def run(*tokens: object) -> Outcome:
        capsys.readouterr()
        code = main([str(token) for token in tokens])
        return Outcome(code, *capsys.readouterr())

    return run


def write_images(folder: Path, count: int, *, seed: int = 0, size: int = 40) -> Path:
    """A folder of noise in two classes."""
    random = np.random.default_rng(seed)
    for number in range(count):
        place = folder / ("odd" if number % 2 else "even") / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (size, size, 3), dtype=np.uint8)).save(place)
    return folder


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Seven small images in two classes."""
    return write_images(tmp_path / "images", 7)


RECIPE = """
[network]
base = "zfnet"
input_size = 64
width = 0.05
[recipe]
epochs = 2
batch = 8
learning_rate = 0.02
schedule = "cosine"
init = "he"
std = 60
resize = 64
padding = 4
checkpoints = [1]
"""


@pytest.fixture(scope="module")
def trainable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with parts for training and validation, and a recipe beside it."""
    root = tmp_path_factory.mktemp("pictures")
    for part, count in (("train", 32), ("val", 12)):
        source = shapes(count, seed=count)
        for row in range(count):
            place = root / part / CLASSES[source.label(row)] / f"{row}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.asarray(source.read(row))).save(place)
    (root / "quick.toml").write_text(RECIPE)
    return root
