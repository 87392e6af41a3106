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
