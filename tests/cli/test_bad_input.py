"""Every mistake ends in one clear message on standard error and its exit code: never a traceback, never a result."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import convscope as cs
from convscope.models import save_weights

LAYER = "block1.relu2"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, with a few things that are not what they should be."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").write_text("only text\n")
    (tmp_path / "lines.txt").write_text("one\n\nthree\n")
    (tmp_path / "list.json").write_text("[1, 2]")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "odd.json").write_text('{"height": 32, "width": 32, "hight": 3}')
    save_weights(tmp_path / "other.safetensors", {"conv.weight": torch.zeros(3, 3, 3, 3)})
    (tmp_path / "broken.safetensors").write_bytes(b"no weights")
    (tmp_path / "nets_of_test.py").write_text(
        "import torch\n"
        "class Branching(torch.nn.Module):\n"
        "    def forward(self, x):\n"
        "        return x if x.sum() > 0 else -x\n"
        "def silu():\n"
        "    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.SiLU())\n"
    )
    return tmp_path


MODELS = {
    "no scheme": (["squeezenet1_1"], 2, "did you mean 'zoo:squeezenet1_1'?"),
    "unknown scheme": (["zooo:tiny"], 2, "did you mean 'zoo'?"),
    "unknown network": (["zoo:alexnat"], 2, "did you mean 'alexnet'"),
    "no module": (["py:no_such_module:net"], 2, "no Python module 'no_such_module'"),
    "no function": (["py:nets_of_test:sylu"], 2, "did you mean 'silu'?"),
    "no size": (["py:nets_of_test:silu"], 2, "--input-size"),
    "data-dependent": (["py:nets_of_test:Branching", "--input-size", "8"], 3, "torch.export"),
    "no program": (["pt2:nothing.pt2"], 2, "nothing.pt2"),
    "missing weights": (["zoo:tiny", "--weights", "nothing.safetensors"], 3, "nothing.safetensors"),
    "broken weights": (["zoo:tiny", "--weights", "broken.safetensors"], 3, "broken.safetensors"),
    "weights of another network": (["zoo:tiny", "--weights", "other.safetensors"], 3, "other.safetensors"),
    "untrained network": (["zoo:tiny", "--weights", "pretrained"], 3, "no trained weights"),
    "no size at all": (["zoo:tiny", "--input-size", "0"], 2, "--input-size 0 is no size"),
    "size in words": (["zoo:tiny", "--input-size", "big"], 2, "give 48 for a square or 32x64"),
    "no class file": (["zoo:tiny", "--classes", "nothing.txt"], 2, "--classes nothing.txt"),
    "empty class": (["zoo:tiny", "--classes", "lines.txt"], 2, "every line must name a class"),
    "no preprocessing": (["zoo:tiny", "--preprocess", "nothing.json"], 2, "--preprocess nothing.json"),
    "broken preprocessing": (["zoo:tiny", "--preprocess", "broken.json"], 2, "cannot be read as JSON"),
    "preprocessing of another kind": (["zoo:tiny", "--preprocess", "list.json"], 2, "no JSON object"),
    "misspelled preprocessing": (["zoo:tiny", "--preprocess", "odd.json"], 2, "did you mean 'height'?"),
    "no device": (["zoo:tiny", "--device", "gpu"], 2, "device 'gpu' cannot be used"),
}


@pytest.mark.parametrize(("tokens", "code", "message"), MODELS.values(), ids=MODELS.keys())
def test_models(convscope: Callable, here: Path, tokens: list[str], code: int, message: str) -> None:
    done = convscope("layers", *tokens)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("convscope: ")
    assert message in done.err
    assert len(done.err.splitlines()) == 1


def test_prints_of_a_model_do_not_mix_with_results(convscope: Callable, here: Path) -> None:
    (here / "loud_net_of_test.py").write_text(
        "import torch\ndef net():\n    print('making it')\n    return torch.nn.Conv2d(3, 4, 3)\n"
    )
    done = convscope("layers", "py:loud_net_of_test:net", "--input-size", "8", "--json")
    assert done.code == 0
    assert len(done.document["layers"]) == 1
    assert done.err == "making it\n"


UNITS = {
    "no unit": ("relu1", 2, "'relu1' is a layer of 16 units, and one is meant"),
    "unknown layer": ("block1.relu3:0", 2, "did you mean 'block1.relu"),
    "unknown channel": (f"{LAYER}:16", 2, "has 16 units, 0 to 15"),
    "outside the map": (f"{LAYER}:0@16,0", 2, "is 16 x 16"),
    "position in a vector": ("fc:0@0,0", 2, "is a vector"),
}


@pytest.mark.parametrize(("unit", "code", "message"), UNITS.values(), ids=UNITS.keys())
def test_units(convscope: Callable, here: Path, images: Path, unit: str, code: int, message: str) -> None:
    done = convscope("deconv", "zoo:tiny", images, "-u", unit, "-o", "out")
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert not Path("out").exists()


def test_smooth_activation_can_be_refused(convscope: Callable, here: Path, images: Path) -> None:
    (here / "fit.json").write_text('{"height": 16, "width": 16}')
    tokens = ("deconv", "py:nets_of_test:silu", images, "-u", "1:0", "-o", "out", "--preprocess", "fit.json")
    done = convscope(*tokens, "--smooth", "error")
    assert done.code == 2
    assert "silu" in done.err.lower()
    assert convscope(*tokens).code == 0


IMAGES = {
    "nothing there": ("nothing", 4, "no such file or folder: 'nothing'"),
    "nearly there": ("emptyy", 4, "did you mean 'empty'?"),
    "empty folder": ("empty", 4, "the folder is empty"),
    "unknown kind": ("fodler:empty", 4, "unknown kind of image source 'fodler'"),
    "no image": ("lines.txt", 4, "none of the 2 files listed"),
}


@pytest.mark.parametrize("command", ["scan", "atlas"])
@pytest.mark.parametrize(("images", "code", "message"), IMAGES.values(), ids=IMAGES.keys())
def test_images(convscope: Callable, here: Path, command: str, images: str, code: int, message: str) -> None:
    done = convscope(command, "zoo:tiny", images, "-o", "out")
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert not Path("out").exists()


OPTIONS = {
    "unknown layer": (["--layers", "relu1,block1.relu3"], 2, "layer 'block1.relu3' is not in zoo:tiny"),
    "no layer": (["--layers", ","], 2, "names none"),
    "nothing to keep": (["-k", "0"], 2, "k"),
    "no batch": (["--batch", "0"], 2, "batch"),
    "no worker": (["--workers", "0"], 2, "workers"),
}


@pytest.mark.parametrize("command", ["scan", "atlas"])
@pytest.mark.parametrize(("tokens", "code", "message"), OPTIONS.values(), ids=OPTIONS.keys())
def test_options(
    convscope: Callable, here: Path, images: Path, command: str, tokens: list[str], code: int, message: str
) -> None:
    done = convscope(command, "zoo:tiny", images, "-o", "out", *tokens)
    assert (done.code, done.out) == (code, "")
    assert message in done.err


@pytest.mark.parametrize("shard", ["2/2", "1", "0/0", "-1/2", "a/b"])
def test_shards(convscope: Callable, here: Path, images: Path, shard: str) -> None:
    done = convscope("scan", "zoo:tiny", images, "-o", "out", f"--shard={shard}")
    assert done.code == 2
    assert f"--shard '{shard}' is no shard" in done.err


def test_missing_package_names_the_extra(here: Path) -> None:
    code = (
        "import sys; sys.modules.update(skimage=None, sklearn=None)\n"
        "from convscope.cli import main\n"
        "sys.exit(main(['scan', 'zoo:tiny', 'samples:', '-o', 'out']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 6
    assert done.stderr.strip().endswith("install 'convscope[demo]'")


def test_as_a_process_of_its_own(here: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "convscope", "layers", "zoo:alexnat"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


def test_layer_of_the_tests_exists() -> None:
    assert LAYER in cs.load("zoo:tiny").layers
