"""`convscope check`: the certificate, and exit code 3 where a network fails it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import convscope as cs
from convscope.atlas.experiments import experiments
from convscope.graph.steps.pointwise import ReLU


def test_a_network_that_holds(convscope: Callable, images: Path, tmp_path: Path) -> None:
    atlas = tmp_path / "atlas"
    cs.build_atlas(cs.load("zoo:tiny"), str(images), atlas, k=1, layers=["conv1"])
    command = ("check", "zoo:tiny", images, "-l", "relu1,fc", "-o", tmp_path / "out", "--atlas", atlas)
    done = convscope(*command)
    assert done.code == 0, done.err
    last = done.out.strip().splitlines()[-1]
    assert last.startswith(
        "zoo:tiny (random weights, seed 0) holds its check on 2 images: randomness, outputs, layers,"
    )
    assert "rectified, called so: " in done.out
    assert "check: 11/11" in done.err
    told = json.loads((tmp_path / "out" / "certificate.json").read_text())
    assert (told["holds"], told["sentence"], told["images"]) == (True, last, ["even/0.png", "even/6.png"])
    assert (tmp_path / "out" / "certificate.txt").read_text().startswith(last)
    # In the atlas: an entry, and the sentence in the manifest; and the atlas is as whole as before.
    (entry,) = experiments(atlas)
    assert (entry.kind, entry.figures, entry.drawn, entry.summary) == ("check", ("check.png",), "rows", last)
    opened = cs.Atlas.open(atlas)
    assert opened.manifest["check"] == {"holds": True, "sentence": last}
    assert cs.verify(atlas).intact


def test_a_network_that_fails_ends_with_3(convscope: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ReLU, "pull", lambda step, signal, context: {0: signal})
    done = convscope("check", "zoo:tiny", "--layers", "fc", "--json", "-o", tmp_path)
    assert done.code == 3
    assert "zoo:tiny (random weights, seed 0) fails its check: " in done.err
    assert done.document["holds"] is False
    assert {one["name"] for one in done.document["evidence"] if one["verdict"] == "fails"} == {
        *("gradients", "deconvnet", "gradient", "guided"),
    }
    assert "fails: projections by deconvnet against autograd" in (tmp_path / "certificate.txt").read_text()


RANDOM = """
import torch
from torch import nn
from torch.nn import functional as F


class Drawing(nn.Module):
    def __init__(self, drop):
        super().__init__()
        self.conv, self.drop = nn.Conv2d(1, 4, 3), drop

    def forward(self, x):
        x = self.conv(x)
        return F.dropout(x, 0.5) if self.drop else x + torch.randn(x.shape)


def dropping():
    return Drawing(True)


def noisy():
    return Drawing(False)
"""


@pytest.fixture
def drawing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The module of two networks that draw random numbers."""
    (tmp_path / "drawing_nets.py").write_text(RANDOM)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    return "py:drawing_nets"


@pytest.mark.parametrize(("made", "step"), [("dropping", "native_dropout"), ("noisy", "randn")])
def test_a_random_network_gets_its_certificate(convscope: Callable, drawing: str, made: str, step: str) -> None:
    done = convscope("check", f"{drawing}:{made}", "--input-size", 8, "-o", "out")
    assert done.code == 3
    assert f"fails its check: random: numbers are drawn at '{step}'" in done.err
    written = Path("out/certificate.txt").read_text()
    assert f"randomness: fails: random: numbers are drawn at '{step}'" in written
    kinds = {one["name"]: one["verdict"] for one in json.loads(Path("out/certificate.json").read_text())["evidence"]}
    assert kinds.pop("randomness") == "fails"
    assert list(kinds) == [
        *(
            "outputs",
            "layers",
            "precision",
            "images",
            "gradients",
            "deconvnet",
            "gradient",
            "guided",
            "covering",
            "fields",
        ),
    ]
    assert set(kinds.values()) == {"not tried"}
    assert "outputs: not tried: outputs against the module's, in double precision (answers differ" in written


def test_elsewhere_it_is_refused_with_what_turns_it_off(convscope: Callable, drawing: str) -> None:
    dropping, noisy = (convscope("layers", f"{drawing}:{made}", "--input-size", 8) for made in ("dropping", "noisy"))
    assert (dropping.code, noisy.code) == (3, 3)
    assert "F.dropout(x, p, training=self.training)" in dropping.err
    assert "dropout" not in noisy.err
    assert "Draw in training alone (if self.training), or" in noisy.err
    assert "--randomness allow" in noisy.err
    assert "--in-channels" not in dropping.err + noisy.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("zoo:tiny", "--layers", "conv9"), 2, "layer 'conv9' is not in"),
        (("zoo:tiny", "nowhere"), 4, "nowhere"),
        (("zoo:tinny",), 2, "did you mean 'tiny'"),
    ],
)
def test_bad_input_is_named(convscope: Callable, arguments: tuple[str, ...], code: int, message: str) -> None:
    done = convscope("check", *arguments)
    assert done.code == code, done.err
    assert message in done.err
