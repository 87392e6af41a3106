"""What each checkpoint showed is kept, and read again only where it is of the same network and images."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from convscope.data import Preprocess, open_source
from convscope.graph import Network
from convscope.stores.evolution import Keeping
from tests.mutations import mutate


@cache
def network() -> Network:
    torch.manual_seed(4)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    return Network.trace(layers, (3, 8, 8), preprocess=Preprocess(8, 8))


def pictures(count: int) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    return [random.integers(0, 256, (8, 8, 3), dtype=np.uint8) for _ in range(count)]


def test_kept_responses_are_read_again_and_those_of_another_network_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, source, keeping = network(), open_source(pictures(6)), Keeping(tmp_path)
    first = keeping.responses(1, net, source, ["1"], 6)
    other = network().to(dtype=torch.float64)  # another fingerprint
    different = keeping.responses(2, other, source, ["1"], 6)
    assert different["1"] == pytest.approx(first["1"], rel=1e-4)

    def forbidden(*_: object) -> None:
        raise AssertionError("the network was run")

    monkeypatch.setattr(Network, "stream", forbidden)
    assert np.array_equal(keeping.responses(1, net, source, ["1"], 6)["1"], first["1"])
    with pytest.raises(AssertionError, match="was run"):
        keeping.responses(1, other, source, ["1"], 6)
    (tmp_path / "epoch-0001" / "responses.safetensors").write_bytes(b"cut")
    with pytest.raises(AssertionError, match="was run"):
        keeping.responses(1, net, source, ["1"], 6)


@pytest.mark.parametrize("seed", range(30))
def test_kept_responses_that_were_damaged_are_sought_anew(tmp_path: Path, seed: int) -> None:
    net, source, keeping = network(), open_source(pictures(6)), Keeping(tmp_path)
    first = keeping.responses(1, net, source, ["0", "1"], 6)
    done = mutate(tmp_path, seed)
    again = keeping.responses(1, net, source, ["0", "1"], 6)
    assert all(np.array_equal(again[layer], first[layer]) for layer in ("0", "1")), done
