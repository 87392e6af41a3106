"""The small residual network that the docs look at: it trains in pieces that make what one run makes."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from benchmarks import _residual
from convscope.data import open_source, wrap_dataset
from convscope.models import load


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr(_residual, "BATCH", 4)
    random = np.random.default_rng(0)
    items = [(random.integers(0, 256, (72, 72, 3), dtype=np.uint8), i) for i in range(10)]
    return wrap_dataset(items, classes=list("abcdefghij"))


def test_pieces_make_what_one_run_makes(source: object, tmp_path: Path) -> None:
    opened = open_source(source)
    whole, pieces = tmp_path / "whole.safetensors", tmp_path / "pieces.safetensors"
    assert _residual.train(opened, whole, epochs=2, minutes=1e9, seed=0) == 2
    assert _residual.train(opened, pieces, epochs=2, minutes=0, seed=0) == 0
    seconds = iter((0.0, 0.0, 0.0, 0.0, 1e9))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_residual, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
        assert _residual.train(opened, pieces, epochs=2, minutes=1, seed=0) == 1
    assert _residual.train(opened, pieces, epochs=2, minutes=1e9, seed=0) == 2
    nets = [load("py:benchmarks._residual:network", weights=str(path)) for path in (whole, pieces)]
    image = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    first, second = (net.run(image, [net.output])[net.output] for net in nets)
    assert torch.equal(first, second)
    assert nets[0].classes == tuple("abcdefghij")
