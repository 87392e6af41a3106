"""Every block of code that documents show: it runs, with a small network for the one that it is about.

Blocks of Python that say what is printed are run as they stand, by `test_examples.py`.
"""

import json
import re
import shlex
import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import convscope as cs
from convscope.cli import main
from convscope.models import save_weights
from convscope.models.tiny import random_tiny
from tests.conftest import ROOT

ELSEWHERE = {
    "README.md": "test_examples.py, on images of the samples", "adding.md": "test_adding.py, as modules of the tree",
    "own-network.md": "test_own_network.py, as files that are written and called one after the other",
}  # fmt: skip
"""Whose blocks of Python other tests run."""

BLOCK = re.compile(r"^( *)(`{3,})(?P<kind>[^\n]*)\n(?P<code>.*?)^\1\2`*$", re.MULTILINE | re.DOTALL)

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
    (r"\(3, 224, 224\)", "(3, 16, 16)"), ('k=9, store="scan"', 'k=9, store="found"'),
    (r'store="occlusion", limit=12, target', 'store="covered", limit=2, size=16, stride=16, target'),
    (r'Occlusion\.load\("occlusion"\)', 'Occlusion.load("covered")'),
]  # fmt: skip
"""What of the blocks is made smaller, and named as the small network names it."""


def documents() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]


def fenced(page: Path) -> list[tuple[str, str]]:
    """The fenced blocks of a page, each with its kind; those that Sphinx lays out are none."""
    found = ((one["kind"].strip(), one["code"]) for one in BLOCK.finditer(page.read_text("utf-8")))
    return [(kind, code) for kind, code in found if not kind.startswith("{")]


def blocks(page: Path, kind: str = "python") -> list[str]:
    """The blocks of a page that no doctest runs."""
    return [code for found, code in fenced(page) if found == kind and ">>> " not in code]


def pages(kind: str = "python") -> list[Path]:
    """The documents that have such blocks, of Python those that no other test runs."""
    return [page for page in documents() if blocks(page, kind) and not (kind == "python" and page.name in ELSEWHERE)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the blocks name: photos of two classes, a scan, an atlas, checkpoints."""
    place, draw = tmp_path_factory.mktemp("world"), np.random.default_rng(0)
    for name in ("dog.jpg", *(f"photos/{kind}/{i}.png" for kind in ("cat", "dog") for i in range(3))):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw.integers(0, 256, (40, 40, 3), np.uint8)).save(place / name)
    net = cs.load("zoo:tiny")
    cs.scan(net, place / "photos", layers=["block1.relu2"], store=place / "scan")
    cs.build_atlas(net, place / "photos", place / "out", layers=["relu1"], k=2, tuning=False)
    shutil.copytree(place / "out", place / "atlas")
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


@pytest.mark.parametrize("page", pages("console"), ids=lambda page: page.name)
def test_console_blocks_run(page: Path, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world)
    for block in blocks(page, "console"):
        for line in re.findall(r"^\$ convscope (.*)$", block, flags=re.MULTILINE):
            for long, short in [*SMALLER, (r"-o atlas\b", f"-o {tmp_path}/made --layers relu1 -k 1 --limit 2")]:
                line = re.sub(long, short, line)
            assert main([*shlex.split(line, comments=True), "--quiet"]) == 0, line


@pytest.mark.slow
def test_the_command_lines_of_the_readme_run(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, kept in (("photos", "photos"), ("val", "photos"), ("dog.jpg", "dog.jpg")):
        Path(name).symlink_to(world / kept)
    Path("runs").mkdir()
    torch.save(random_tiny().state_dict(), "runs/best.pth")
    lines = re.findall(r"^    convscope (.*)$", (ROOT / "README.md").read_text("utf-8"), flags=re.MULTILINE)
    shorter = {
        "mistakes": "--match index --explain 1", "paper": "--claims invariance --seeds 0",
        "transfer": "--per-class 1 --folds 1", "atlas": "--layers relu1 -k 2", "occlude": "--size 16 --stride 16",
    }  # fmt: skip
    ran = []
    for line in lines:
        for long, short in [*SMALLER, ("zoo:zfnet-imagenette", "zoo:tiny"), (r"caltech101:\S+", "photos/")]:
            line = re.sub(long, short, line)
        command, *asked = shlex.split(line, comments=True)
        if command == "serve":  # until it is stopped: tests/cli/test_serve.py starts it
            continue
        assert main([command, *asked, *shorter.get(command, "").split(), "--quiet"]) == 0, line
        ran.append(command)
    assert len(ran) == len(lines) - 1 > 8


@pytest.mark.parametrize("page", pages("json"), ids=lambda page: page.name)
def test_json_blocks_are_what_is_done_to_images(page: Path) -> None:
    for block in blocks(page, "json"):
        said = json.loads(block)
        assert said.items() <= json.loads(json.dumps(cs.Preprocess.from_json(said).to_json())).items()


@pytest.mark.parametrize("page", pages("toml"), ids=lambda page: page.name)
def test_toml_blocks_are_trainings(page: Path, tmp_path: Path) -> None:
    for block in blocks(page, "toml"):
        (tmp_path / "mine.toml").write_text(block)
        recipe, said = cs.read_config(tmp_path / "mine.toml").recipe, tomllib.loads(block)["recipe"]
        assert {name: getattr(recipe, name) for name in said} == said


def test_every_block_of_every_document_is_of_a_kind_that_is_run() -> None:
    found = [(page.name, kind, code) for page in documents() for kind, code in fenced(page)]
    assert {kind for _, kind, _ in found} == {"python", "console", "json", "toml"}
    assert len(found) > 40
    assert {page.name for page in pages()} >= {"directions.md", "occlusion.md", "sanity.md", "usage.md"}
    for name, where in ELSEWHERE.items():
        assert (Path(__file__).parent / where.partition(",")[0]).is_file()
        assert any(name == page and kind == "python" and ">>> " not in code for page, kind, code in found)
    shown = [line for name, kind, code in found if kind == "console" for line in code.splitlines()]
    assert all(line.startswith("$ convscope ") for line in shown), "what a console shows is compared with nothing"
