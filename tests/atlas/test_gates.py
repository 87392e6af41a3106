"""Atlases of networks with gates: they say what became of them, and show patches of the field that goes with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import convscope as cs
from convscope.atlas import Atlas, AtlasOptions, build_atlas
from convscope.data import Source
from convscope.errors import StoreError
from convscope.graph import Network


class Gated(nn.Module):
    """Two convolutions with squeeze-excite between them."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.reduce, self.expand = nn.Conv2d(3, 4, 5), nn.Conv2d(4, 2, 1), nn.Conv2d(2, 4, 1)
        self.last = nn.Conv2d(4, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x).relu()
        x = x * self.expand(self.reduce(x.mean((2, 3), keepdim=True)).relu()).sigmoid()
        return self.last(x).relu()


@pytest.fixture(scope="module")
def gated() -> Network:
    return Network.trace(Gated(), (3, 32, 32), name="gated", preprocess=cs.Preprocess(32, 32))


@pytest.mark.parametrize(
    ("asked", "gates", "side"),
    [({}, "held", 7), ({"gates": "exact"}, "exact", 32), ({"rule": "gradient"}, "exact", 32)],
    ids=["default", "exact", "gradient"],
)
def test_an_atlas_says_what_became_of_gates(
    gated: Network, source: Source, tmp_path: Path, asked: dict[str, Any], gates: str, side: int
) -> None:
    atlas = build_atlas(gated, source, tmp_path / "out", layers=["relu_2"], k=2, limit=4, **asked)
    assert atlas.manifest["options"]["gates"] == gates
    (entry,) = atlas.manifest["layers"]
    assert entry["gates"] == gates
    assert (entry["field"] or {"size": [32, 32]})["size"] == [side, side]
    again = Atlas.open(tmp_path / "out")
    assert again.layers[0].layer == gated.layer("relu_2", gates=gates)  # type: ignore[arg-type]
    y0, x0, y1, x1 = again.unit("relu_2:0").boxes[0]
    assert (y1 - y0, x1 - x0) == (side, side)


def test_another_treatment_of_gates_is_another_atlas(gated: Network, source: Source, tmp_path: Path) -> None:
    build_atlas(gated, source, tmp_path / "out", layers=["relu_2"], k=2, limit=2)
    with pytest.raises(StoreError, match="with other options: gates held, not exact"):
        build_atlas(gated, source, tmp_path / "out", layers=["relu_2"], k=2, limit=2, gates="exact")
    again = build_atlas(gated, source, tmp_path / "out", layers=["relu_2"], k=2, limit=2, gates="held")
    assert again.outcome == "unchanged"


def test_a_network_without_gates_has_no_such_option(net: Network, atlas: Atlas) -> None:
    assert not net.gated
    assert "gates" not in atlas.manifest["options"]
    assert "gates" not in AtlasOptions(("fc",)).to_json()
