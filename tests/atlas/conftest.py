"""A tiny network, a tiny collection with labels and one bad image, and the atlas of both."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import convscope as cs
from convscope.atlas import Atlas, build_atlas
from convscope.data import Source, open_source
from convscope.graph import Network
from convscope.models.tiny import random_tiny

LAYERS = ("relu1", "block2", "fc")
CLASSES = ("cat", "dog", "sea lion")


@pytest.fixture(scope="session")
def net() -> Network:
    """`TinyNet` on 32x32 images; its second unit of relu1 is dead."""
    module = random_tiny()
    with torch.no_grad():
        module.bn1.weight[1] = 0
        module.bn1.bias[1] = -1
    classes = [f"thing {i}" for i in range(10)]
    return Network.trace(module, (3, 32, 32), name="tiny", preprocess=cs.Preprocess(32, 32), classes=classes)


def write_images(folder: Path, *, count: int = 14, seed: int = 0) -> Path:
    """`count` random 32x32 PNG images in folders of their classes, and one file that is no image."""
    noise = np.random.default_rng(seed)
    for i in range(count):
        place = folder / CLASSES[i % 3]
        place.mkdir(parents=True, exist_ok=True)
        coarse = noise.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((32, 32), Image.Resampling.BICUBIC).save(place / f"{i}.png")
    (folder / "cat" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    return folder


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 14 images in three classes, and a broken one."""
    return write_images(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="session")
def source(photos: Path) -> Source:
    """The images of `photos`."""
    return open_source(photos)


@pytest.fixture
def epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Atlases that begin at one time, so that their bytes can be compared."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


@pytest.fixture(scope="session")
def atlas(net: Network, source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Atlas]:
    """The atlas of `net` and `source`, made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        yield build_atlas(net, source, tmp_path_factory.mktemp("atlas") / "out", layers=LAYERS, k=4)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
