"""`convscope layers`."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image

import convscope as cs
from convscope import models


def test_table_has_a_line_a_layer_with_its_receptive_field(convscope: Callable) -> None:
    done = convscope("layers", "zoo:tiny")
    assert (done.code, done.err) == (0, "")
    net = cs.load("zoo:tiny")
    lines = {line.split()[0]: line for line in done.out.splitlines() if line.strip()}
    assert set(net.layers.names) <= set(lines)
    for layer in net.layers:
        line = lines[layer.name].split()
        assert line[1:4] == [layer.op, "x".join(map(str, layer.shape)), str(layer.channels)]
        if layer.field is None:
            assert "whole image" in lines[layer.name]
        else:
            assert line[4].lstrip("~") in (str(layer.field.size[0]), "{},{}".format(*layer.field.size))
    marked = {name for name, line in lines.items() if line.endswith("*")}
    assert marked == set(net.layers.stages())


def test_json_says_the_same(convscope: Callable) -> None:
    done = convscope("layers", "zoo:tiny", "--json")
    net = cs.load("zoo:tiny")
    document = done.document
    assert document["input_shape"] == list(net.input_shape)
    assert document["fingerprint"] == net.fingerprint
    assert [layer["name"] for layer in document["layers"]] == list(net.layers.names)
    first, field = document["layers"][0], net.layers[0].field
    assert field is not None
    assert first["field"] == {
        "size": list(field.size),
        "stride": list(field.stride),
        "offset": list(field.offset),
        "regular": True,
    }
    assert document["layers"][-1]["field"] is None


def test_seed_decides_random_weights(convscope: Callable) -> None:
    prints = [convscope("layers", "zoo:tiny", "--json", "--seed", seed).document["fingerprint"] for seed in (0, 0, 1)]
    assert prints[0] == prints[1] != prints[2]


def test_input_size_changes_shapes(convscope: Callable) -> None:
    done = convscope("layers", "zoo:tiny", "--json", "--input-size", "48x64")
    assert done.document["input_shape"] == [3, 48, 64]
    assert done.document["layers"][0]["shape"][1:] == [48, 64]


# A file of weights instead of a network


def written(path: Path, value: object) -> Path:
    torch.save(value, path)
    return path


def test_a_file_of_weights_is_described_with_the_network_that_fits(convscope: Callable, tmp_path: Path) -> None:
    state = models.TinyNet(outputs=7).state_dict()
    path = written(
        tmp_path / "best.pth",
        {
            "model": {f"module.{name}": tensor for name, tensor in state.items()},
            "model_ema": state,
            "optimizer": {"state": {0: {"exp_avg": torch.zeros(16, 3, 3, 3)}}},
            "epoch": 3,
            "args": argparse.Namespace(lr=0.1),
        },
    )
    done = convscope("layers", path)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == f"{path}: a checkpoint of torch.save"
    (model,) = [line.split() for line in lines if line.startswith("#model ")]
    count, numbers = len(state), sum(tensor.numel() for tensor in state.values())
    assert model[1:5] == [str(count), f"{numbers:,}", "weights", "module"]
    assert model[5:] == ["module.conv1.weight", "16x3x3x3", "module.fc.weight", "7x32"]
    assert any(line.startswith("#model_ema ") and "an average" in line for line in lines)
    assert any(line.startswith("#optimizer ") and "an optimiser's numbers" in line for line in lines)
    assert "besides: epoch: 3, args: argparse.Namespace" in done.out
    command = next(line for line in lines if "zoo:tiny" in line).split()
    assert command[1:] == ["layers", "zoo:tiny", "--weights", f"{path}#model.module", "--classes", "7"]
    again = convscope(*command[1:])  # what is advised works
    assert again.code == 0, again.err
    assert "weights from best.pth#model.module" in again.out
    document = convscope("layers", path, "--json").document
    assert document["fits"] == [{"model": "zoo:tiny", "key": "model.module", "outputs": 7}]
    assert (document["axes"], document["channels"]) == (2, 3)


def test_single_numbers_of_a_file_are_no_weights(convscope: Callable, tmp_path: Path) -> None:
    state = {"0.weight": torch.zeros(4, 1, 3, 3), "0.bias": torch.zeros(4)}
    flat = written(tmp_path / "flat.pth", state)
    assert "besides" not in convscope("layers", flat).out
    found = convscope("layers", written(tmp_path / "a.pth", {"net": state, "acc": torch.tensor(0.9375), "epoch": 3}))
    assert [line.split()[0] for line in found.out.splitlines() if "weights  " in line] == ["#net"]
    assert "besides: epoch: 3, acc: 0.9375" in found.out
    only = convscope("layers", written(tmp_path / "b.pth", {"acc": torch.tensor(0.5)}))
    assert "no tensors by names, so no weights" in only.out


def test_a_file_that_fits_nothing_known_says_how_to_name_a_network(convscope: Callable, tmp_path: Path) -> None:
    path = written(tmp_path / "a.pth", {"conv.weight": torch.zeros(4, 1, 3, 3), "fc.weight": torch.zeros(2, 4)})
    done = convscope("layers", path)
    assert done.code == 0, done.err
    assert "no network of the zoo or of torchvision fits" in done.out
    assert (
        f"convscope layers py:nets:net --weights {path} --input-size 224  # a guess: put the side of your images"
        in done.out
    )
    assert "--preprocess imagenet, --preprocess unit (0 to 1), or --mean 0.1307 --std 0.3081" in done.out
    assert convscope("layers", path, "--json").document["channels"] == 1


@pytest.mark.parametrize(("positions", "side"), [(49, 56), (50, 56), (51, 56), (48, None)])
def test_the_size_is_that_of_embedded_positions_where_there_are_some(
    convscope: Callable, tmp_path: Path, positions: int, side: int | None
) -> None:
    state = {"patch_embed.proj.weight": torch.zeros(4, 3, 8, 8), "pos_embed": torch.zeros(1, positions, 4)}
    done = convscope("layers", written(tmp_path / "a.pth", {**state, "head.weight": torch.zeros(2, 4)}))
    assert (f"--input-size {side}\n" if side else "--input-size 224  # a guess") in done.out


def test_weights_in_parts_are_said_with_what_comes_of_them(convscope: Callable, tmp_path: Path) -> None:
    parts = {"conv.weight_orig": torch.ones(4, 1, 3, 3), "conv.weight_mask": torch.zeros(4, 1, 3, 3)}
    other = {"fc.parametrizations.weight.original": torch.ones(2, 4)}
    done = convscope("layers", written(tmp_path / "a.pth", {**parts, **other}))
    assert "in parts, and computed from them: 1 pruned weight masked" in done.out
    assert "fc.weight is parametrised, and is not determined by what is in the file: give the network" in done.out


def test_a_network_of_torchvision_is_found_by_its_file(
    convscope: Callable, tmp_path: Path, torchvision: ModuleType
) -> None:
    state = torchvision.models.resnet18(num_classes=5).state_dict()
    path = written(tmp_path / "a.pth", {"state_dict": {f"backbone.{name}": tensor for name, tensor in state.items()}})
    document = convscope("layers", path, "--json").document
    assert [fit["model"] for fit in document["fits"]] == ["torchvision:resnet18"]
    assert document["fits"][0]["key"] == "state_dict.backbone"


def test_files_of_other_kinds_say_so(convscope: Callable, tmp_path: Path) -> None:
    signal = written(tmp_path / "signal.pth", {"conv.weight": torch.zeros(4, 2, 5)})
    assert "its first convolution is one-dimensional" in convscope("layers", signal).out
    whole = written(tmp_path / "whole.pth", {"model": torch.nn.Linear(2, 2), "epoch": 1})
    said = convscope("layers", whole).out
    assert "a whole module under model: torch.nn.modules.linear.Linear, which is not read" in said
    assert "save the model's state_dict()" in said
    torch.save(torch.nn.Linear(2, 2), bare := tmp_path / "bare.pth")
    said = convscope("layers", bare).out
    assert "a whole module: torch.nn.modules.linear.Linear, which is not read" in said
    assert "_parameters" not in said
    assert "dictionary" not in said  # no table of nothing
    (tmp_path / "page.pth").write_text("<html></html>")
    done = convscope("layers", tmp_path / "page.pth")
    assert done.code == 3
    assert "is a web page" in done.err


def test_weights_of_ours_say_which_network_they_are_for(convscope: Callable, tmp_path: Path) -> None:
    small = models.ZFNET.scaled(input_size=64, width=0.05, outputs=3)
    path = tmp_path / "final.safetensors"
    models.save_weights(path, models.build(small).state_dict(), {"architecture": small.to_json()})
    assert f"convscope layers file:{path}" in convscope("layers", path).out


def test_a_file_that_is_no_network_is_pointed_to_its_description(convscope: Callable, tmp_path: Path) -> None:
    path = written(tmp_path / "best.pth", {"conv.weight": torch.zeros(4, 1, 3, 3)})
    done = convscope("deconv", path, "x.jpg", "-u", "conv:0", "-o", tmp_path / "out")
    assert done.code == 2
    assert f"`convscope layers {path}` says what is in it" in done.err
    assert "give the file as --weights" in done.err


NETS = """
import torch.nn.functional as F
from torch import nn


class Random(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return F.dropout(self.conv(x)).mean((2, 3))


def sparse():
    return nn.Sequential(nn.Conv2d(3, 4, 2, stride=4), nn.ReLU())
"""


def test_a_random_network_is_refused_in_the_words_of_the_command(
    convscope: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nets_left_on.py").write_text(NETS)
    monkeypatch.syspath_prepend(str(tmp_path))
    done = convscope("layers", "py:nets_left_on:Random", "--input-size", 16)
    assert done.code == 3
    assert "gives another answer each time" in done.err
    assert "with --randomness allow" in " ".join(done.err.split())
    assert convscope("layers", "py:nets_left_on:Random", "--input-size", 16, "--randomness", "allow").code == 0


def test_pixels_that_a_first_layer_steps_over_are_said(
    convscope: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nets_sparse.py").write_text(NETS)
    monkeypatch.syspath_prepend(str(tmp_path))
    done = convscope("layers", "py:nets_sparse:sparse", "--input-size", 16)
    said = "0: its stride is larger than its fields: 75 % of the pixels are seen by none of its units"
    assert said in " ".join(done.out.split())
    assert "larger than its fields" not in convscope("layers", "zoo:tiny").out


def test_a_file_that_is_not_there_is_named(convscope: Callable, tmp_path: Path) -> None:
    done = convscope("layers", tmp_path / "gone.pth")
    assert done.code == 2
    assert f"there is no file '{tmp_path / 'gone.pth'}'" in done.err


GATED = """
from torch import nn
from torch.nn.functional import interpolate


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.reduce, self.expand = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 1), nn.Conv2d(2, 4, 1)
        self.up, self.last = nn.ConvTranspose2d(4, 4, 2, 2), nn.Conv2d(4, 3, 3)

    def forward(self, x):
        x = self.first(x)
        x = x * self.expand(self.reduce(x.mean((2, 3), keepdim=True)).relu()).sigmoid()
        x = self.last(self.up(x).relu())
        return x.rot90(1, (2, 3))
"""


def test_the_listing_says_what_is_exact_what_a_bound_and_where_gates_are_held(
    convscope: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gated_net_of_test.py").write_text(GATED)
    monkeypatch.syspath_prepend(tmp_path)
    done = convscope("layers", "py:gated_net_of_test:Gated", "--input-size", "16")
    assert (done.code, done.err) == (0, "")
    lines = {line.split()[0]: " ".join(line.split()[4:]) for line in done.out.splitlines() if line.strip()}
    assert lines["first"] == "3 1 0 exact"
    assert lines["reduce"] == "whole image (gate) exact (gate)"
    assert lines["mul"].removesuffix(" *") == "3 1 0 exact, gates held"
    assert lines["last"] == "~4 ~0.5 ~-0.5 bound, gates held"
    assert lines["rot90"].removesuffix(" *") == "whole image bound, gates held"
    rows = convscope("layers", "py:gated_net_of_test:Gated", "--input-size", "16", "--json").document["layers"]
    found = {row["name"]: row for row in rows}
    assert (found["last"]["exact"], found["last"]["gates"], found["last"]["field"]["regular"]) == (True, "held", False)
    assert not found["rot90"]["exact"]
    assert (found["expand"]["gates"], found["first"]["gates"]) == ("part", "none")


def test_gates_are_a_rule_s_option_of_deconv(
    convscope: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gated_net_of_test.py").write_text(GATED)
    monkeypatch.syspath_prepend(tmp_path)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)).save(tmp_path / "photo.png")
    (tmp_path / "fit.json").write_text(json.dumps(cs.Preprocess(16, 16).to_json()))
    asked = ("deconv", "py:gated_net_of_test:Gated", tmp_path / "photo.png", "-u", "mul:1@5,5")
    sizes = {}
    for n, options in enumerate(
        ((), ("--gates", "exact"), ("--rule", "gradient"), ("--rule", "gradient", "--gates", "held"))
    ):
        done = convscope(*asked, "-o", tmp_path / str(n), "--preprocess", tmp_path / "fit.json", "--json", *options)
        assert done.code == 0, done.err
        (one,) = done.document["projections"]
        sizes[options] = one["box"][2] - one["box"][0]
        assert ("gate held constant" in one["report"]) == (sizes[options] == 3)
    assert list(sizes.values()) == [3, 16, 16, 3]


SIZELESS = """
from torch import nn


def net():
    return nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU())
"""


def test_listing_layers_asks_for_no_more_than_a_size(
    convscope: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sizeless.py").write_text(SIZELESS)
    monkeypatch.syspath_prepend(tmp_path)
    done = convscope("layers", "py:sizeless:net")
    assert done.code == 2
    assert "does not say how large its images are: give --input-size, such as --input-size 224 (and, where" in done.err
    assert convscope("layers", "py:sizeless:net", "--input-size", 8).code == 0
    # A file that is not there, but one of nearly its name.
    written(tmp_path / "best.pth", {"0.weight": torch.zeros(1, 1, 3, 3), "0.bias": torch.zeros(1)})
    lost = convscope("layers", "py:sizeless:net", "--input-size", 8, "--weights", tmp_path / "bset.pth")
    assert lost.code == 3
    assert "bset.pth' does not exist; did you mean 'best.pth'?" in lost.err
    other = convscope("layers", "py:sizeless:net", "--input-size", 8, "--weights", tmp_path / "unlike.pth")
    assert "unlike.pth' does not exist: give a file ending in .safetensors" in other.err
