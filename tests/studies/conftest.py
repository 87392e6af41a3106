"""What studies are asked about: eight pictures in two classes, a table of their parts, two checkpoints."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import convscope as cs
from convscope.models.tiny import random_tiny
from convscope.models.weights import save_weights

PARTS = "image,part,y0,x0,y1,x1\neven/0.png,eye,5,5,15,15\nodd/1.png,eye,6,6,16,16\neven/2.png,eye,4,4,14,14\n"


def write_pictures(root: Path) -> Path:
    """The folder of the pictures; the table stands beside it as parts.csv, the checkpoints in run."""
    random = np.random.default_rng(0)
    for number in range(8):
        place = root / "images" / ("odd" if number % 2 else "even") / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(place)
    (root / "parts.csv").write_text(PARTS)
    for epoch in (1, 2):
        save_weights(root / "run" / f"epoch-{epoch:04}.safetensors", random_tiny(seed=epoch).state_dict())
    return root / "images"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    return write_pictures(tmp_path)


@pytest.fixture(scope="module")
def net() -> cs.Network:
    return cs.load("zoo:tiny")
