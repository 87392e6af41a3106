"""A certificate as an answer: of a spelling with its module, in an atlas of its own network alone, with what failed."""

from pathlib import Path

import pytest
import torch
from torch import nn

import convscope as cs
from convscope.errors import UsageError
from convscope.models.tiny import random_tiny


def test_a_spelling_is_checked_against_its_own_module() -> None:
    found = cs.check("zoo:tiny", layers=["fc"])
    assert found.holds
    assert {row["evidence"]: row["verdict"] for row in found.rows()}["outputs"] == "holds"
    with pytest.raises(UsageError, match="is loaded with its module: leave module= out"):
        cs.check("zoo:tiny", module=random_tiny())


def test_weights_that_changed_since_it_was_traced_fail_it(net: cs.Network, tmp_path: Path) -> None:
    found = cs.check(net, module=random_tiny(seed=1), layers=["fc"], store=tmp_path)
    assert not found.holds
    assert found.summary.startswith("zoo:tiny (random weights, seed 0) fails its check: outputs (")
    loaded = cs.Check.load(tmp_path)
    assert (loaded.summary, loaded.found) == (found.summary, found.found)
    assert "fails: outputs against the module's" in loaded.text()


def test_a_module_with_outputs_of_another_size_is_refused(net: cs.Network) -> None:
    module = random_tiny()
    module.fc = nn.Linear(module.fc.in_features, 3)
    with pytest.raises(UsageError, match=r"on the images of zoo:tiny .*it gives \(1, 3\), and the network \(1, "):
        cs.check(net, module=module, layers=["fc"])


def test_numbers_that_are_none_are_no_json_numbers(net: cs.Network) -> None:
    module = random_tiny()
    nn.init.constant_(module.fc.bias, float("nan"))
    found = cs.check(net, module=module, layers=["fc"])
    assert not found.holds
    told = {one["name"]: one for one in found.to_json()["evidence"]}
    assert (told["outputs"]["verdict"], told["outputs"]["worst"]) == ("fails", None)


def test_a_module_is_no_network() -> None:
    with pytest.raises(UsageError, match="a module is traced first"):
        cs.check(random_tiny())  # type: ignore[arg-type]


def test_an_atlas_of_another_network_is_refused(net: cs.Network, images: Path, tmp_path: Path) -> None:
    cs.build_atlas(net, str(images), tmp_path / "atlas", k=1, layers=["conv1"])
    other = cs.Network.trace(nn.Conv2d(3, 2, 3), (3, 8, 8))
    with pytest.raises(UsageError, match="is of another network"):
        cs.check(other, torch.randn(1, 3, 8, 8), atlas=tmp_path / "atlas")
