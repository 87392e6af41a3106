"""Names that no file can have, wherever a command takes a path: one message, never a traceback."""

from collections.abc import Callable
from pathlib import Path

import pytest

import convscope as cs
from convscope.models import save_weights
from convscope.models.tiny import random_tiny
from tests.cli.conftest import RECIPE, write_images

NAMES = {"too long": "x" * 300, "too deep": "a/" * 3000, "zero byte": "zero\0byte"}

PLACES: dict[str, tuple[str, ...]] = {
    "deconv out": ("deconv", "zoo:tiny", "IMAGES", "-u", "fc:0", "-o", "NAME"),
    "deconv images": ("deconv", "zoo:tiny", "NAME", "-u", "fc:0", "-o", "out"),
    "scan program": ("scan", "pt2:NAME", "IMAGES", "-o", "out"),
    "scan file": ("scan", "file:NAME", "IMAGES", "-o", "out"),
    "scan weights": ("scan", "zoo:tiny", "IMAGES", "-o", "out", "--weights", "NAME.pth"),
    "scan out": ("scan", "zoo:tiny", "IMAGES", "-o", "NAME"),
    "scan cache": ("scan", "zoo:tiny", "IMAGES", "-o", "out", "--cache", "NAME"),
    "scan classes": ("scan", "zoo:tiny", "IMAGES", "-o", "out", "--classes", "NAME"),
    "scan preprocess": ("scan", "zoo:tiny", "IMAGES", "-o", "out", "--preprocess", "NAME"),
    "merge in": ("merge", "NAME", "-o", "out"),
    "merge out": ("merge", "part", "-o", "NAME"),
    "occlude out": ("occlude", "zoo:tiny", "IMAGES", "-o", "NAME", "--limit", "1", "--size", "16", "--stride", "16"),
    "occlude scan": ("occlude", "zoo:tiny", "IMAGES", "-o", "out", "--scan", "NAME"),
    "invariance out": ("invariance", "zoo:tiny", "IMAGES", "-o", "NAME", "--limit", "1", "-T", "scale=1:1.2:0.2"),
    "correspond out": ("correspond", "zoo:tiny", "IMAGES", "-o", "NAME", "--parts", "parts.csv", "--draws", "5"),
    "correspond parts": ("correspond", "zoo:tiny", "IMAGES", "-o", "out", "--parts", "NAME", "--draws", "5"),
    "annotate images": ("annotate", "NAME", "-o", "parts.csv"),
    "annotate out": ("annotate", "IMAGES", "-o", "NAME"),
    "serve": ("serve", "NAME"),
    "overlap out": ("overlap", "IMAGES", "IMAGES", "-o", "NAME"),
    "evolve run": ("evolve", "NAME", "IMAGES", "-o", "out", "--model", "zoo:tiny"),
    "evolve out": ("evolve", "weights", "IMAGES", "-o", "NAME", "--model", "zoo:tiny", "--layers", "fc"),
    "diagnose out": ("diagnose", "zoo:tiny", "IMAGES", "-o", "NAME"),
    "train recipe": ("train", "NAME", "IMAGES", "-o", "out"),
    "train out": ("train", "quick.toml", "IMAGES", "-o", "NAME"),
    "train val": ("train", "quick.toml", "IMAGES", "-o", "out", "--validation", "NAME"),
    "evaluate out": ("evaluate", "zoo:tiny", "IMAGES", "-o", "NAME", "--match", "index"),
    "ablate out": ("ablate", "quick.toml", "IMAGES", "-o", "NAME", "--hold-out", "0.3"),
    "verify": ("verify", "NAME"),
    "atlas out": ("atlas", "zoo:tiny", "IMAGES", "-o", "NAME", "--layers", "fc"),
    "export atlas": ("atlas", "export", "NAME"),
    "export out": ("atlas", "export", "atlas", "-o", "NAME"),
    "export zip": ("atlas", "export", "atlas", "-o", "NAME", "--zip"),
    "attach": ("atlas", "attach", "atlas", "NAME"),
    "attach to": ("atlas", "attach", "NAME", "atlas"),
    "transfer out": ("transfer", "zoo:tiny", "IMAGES", "-o", "NAME", "--per-class", "1", "--folds", "1"),
    "effects out": ("effects", "zoo:tiny", "IMAGES", "-o", "NAME", "--layers", "fc"),
    "causes out": ("causes", "zoo:tiny", "IMAGES", "-o", "NAME", "-u", "fc:0", "--layers", "conv1", "--limit", "1"),
    "check out": ("check", "zoo:tiny", "IMAGES", "-o", "NAME", "--layers", "conv1"),
    "sanity out": ("sanity", "zoo:tiny", "IMAGES", "-o", "NAME", "--layers", "conv1", "--units", "1", "--seeds", "1"),
    "mistakes out": ("mistakes", "zoo:tiny", "IMAGES", "-o", "NAME", "--match", "index", "--explain", "0"),
    "directions out": ("directions", "zoo:tiny", "IMAGES", "--layer", "relu1", "-o", "NAME"),
    "directions store": (
        "directions", "zoo:tiny", "IMAGES", "--layer", "relu1", "-o", "d", "--store", "NAME", "--updates", "1",
    ),
    "directions held out": ("directions", "zoo:tiny", "IMAGES", "--layer", "relu1", "-o", "d", "--validation", "NAME"),
    "attach directions": ("deconv", "zoo:tiny", "IMAGES", "-u", "fc:0", "-o", "out", "--directions", "NAME"),
    "serve images": ("serve", "zoo:tiny", "--images", "NAME"),
    "serve model": ("serve", "atlas", "--model", "file:NAME"),
    "add to atlas": ("diagnose", "zoo:tiny", "IMAGES", "-o", "out", "--atlas", "NAME"),
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything but the name is right."""
    root = tmp_path_factory.mktemp("here")
    images = write_images(root / "images", 7)
    (root / "quick.toml").write_text(RECIPE)
    rows = "".join(f"even/{name}.png,eye,6,6,20,20\n" for name in (0, 2, 4))
    (root / "parts.csv").write_text("image,part,y0,x0,y1,x1\n" + rows)
    for epoch in (1, 2):
        save_weights(root / "weights" / f"epoch-{epoch}.safetensors", random_tiny().state_dict())
    net = cs.load("zoo:tiny")
    cs.scan(net, str(images), layers=["fc"], shard=(0, 2), store=root / "part")
    cs.build_atlas(net, str(images), root / "atlas", layers=["fc"], k=1)
    return root


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_a_name_that_no_file_can_have_is_said(
    convscope: Callable, made: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(made)
    for kind, name in NAMES.items():
        done = convscope(*(token.replace("IMAGES", "images").replace("NAME", name) for token in PLACES[place]))
        assert done.code in (2, 3, 4, 5), kind
        assert done.err.splitlines()[-1].startswith("convscope: "), kind
