"""Python that documents show without what it prints: it runs, with a small network for the one that it is about."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import convscope as cs
from convscope.models import save_weights
from convscope.models.tiny import random_tiny
from tests.conftest import ROOT

ELSEWHERE = {"README.md", "adding.md", "own-network.md", "usage.md"}
"""Whose blocks other tests run; those of the last are run by none yet."""

SMALLER = [
    (r'"features\.12\.cat~sae"', '"block1.relu2~sae"'),
    (r'"features\.(12|4)\.cat"', '"block1.relu2"'), (r"features\.8", "relu1"),
    (r'"features\.4"', '"block1.relu2"'), (r"features\.7\.cat:12", "relu1:2"), (r":174", ":1"), (r'"relu5"', '"relu1"'),
    (r'"relu1", "relu1"', '"relu1"'), ("n=512, active=16", "n=6, active=2, updates=5"),
    ("units=12", "units=2, seeds=1"),
    (r'"npz:imagenette128\.npz#train"', '"photos/", model="zoo:tiny"'), ("units=6", "units=1"),
    (r'"runs/zfnet", "photos/", store', '"runs/zfnet", "photos/", model="zoo:tiny", units=1, layers=["relu1"], store'),
    ("size=48, stride=8", "size=16, stride=16"), ("FOLDER", "scan"), ("zoo:squeezenet1_1", "zoo:tiny"),
    (r'"caltech101:caltech-101", store="transfer", compare=\["random"\]', '"photos/", per_class=[1], folds=1'),
    (r'"photos/", store="invariance"', '"photos/", transformations=["vertical=0,1"], store="invariance"'),
    (r"00000-dog\.png", "00000-cat_0.png"), (r"\(224, 224, resize=256\)", "(16, 16)"),
    ('parts="dogs.csv", store="report"', 'claims=["invariance"], seeds=0, store="report"'),
    (r"\(3, 224, 224\)", "(3, 16, 16)"), ("limit=12, target", "limit=2, size=16, stride=16, target"),
]  # fmt: skip
"""What of the blocks is made smaller, and named as the small network names it."""


def blocks(page: Path) -> list[str]:
    """The blocks of a page that no doctest runs."""
    found = re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [block for block in found if ">>> " not in block]


def pages() -> list[Path]:
    return [page for page in sorted(ROOT.glob("docs/*.md")) if page.name not in ELSEWHERE and blocks(page)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the blocks name: photos of two classes, a scan, an atlas, checkpoints."""
    place, draw = tmp_path_factory.mktemp("world"), np.random.default_rng(0)
    for name in ("dog.jpg", *(f"photos/{kind}/{i}.png" for kind in ("cat", "dog") for i in range(3))):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw.integers(0, 256, (40, 40, 3), np.uint8)).save(place / name)
    net = cs.load("zoo:tiny")
    cs.scan(net, place / "photos", layers=["block1.relu2"], store=place / "scan")
    for name in ("out", "atlas"):
        cs.build_atlas(net, place / "photos", place / name, layers=["relu1"], k=2, tuning=False)
    for epoch in (1, 2):
        save_weights(place / "runs" / "zfnet" / f"epoch-{epoch:04}.safetensors", random_tiny(seed=epoch).state_dict())
    return place


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_python_blocks_run(page: Path, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world)
    names = ["cat", "dog", *map(str, range(8))]
    net = cs.load("zoo:tiny", classes=names)
    small = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10))
    source = cs.open_source("photos")
    room: dict[str, Any] = {
        "cs": cs, "net": net, "torch": torch, "module": small, "names": names, "source": source,
        "images": torch.randn(2, 3, *((16, 16) if page.name == "usage.md" else (32, 32))),
    }  # fmt: skip
    for number, block in enumerate(blocks(page)):
        for long, short in SMALLER:
            block = re.sub(long, short, block)
        exec(compile(block, f"{page.name}, block {number}", "exec"), room)
        if room["net"] is not net:  # the one that a page traces is for that alone
            room |= {"net": net, "images": torch.randn(2, 3, 32, 32)}


def test_there_are_blocks_to_run() -> None:
    assert {page.name for page in pages()} >= {"directions.md", "occlusion.md", "sanity.md"}
