"""`convscope layers`."""

from collections.abc import Callable
from pathlib import Path

import pytest

import convscope as cs


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
