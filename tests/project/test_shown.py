"""What is printed: one line, without arrays and addresses."""

import inspect
import typing
from dataclasses import is_dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

import convscope as cs
from convscope.data.sources.select import Subset
from convscope.shown import LINE
from tests.project.test_grammar import names

PLAIN = {"Layer", "Field", "Unit", "Part", "PullOptions", "Report", "Preprocess", "Recipe", "Config", "Balance",
         "CauseEdge", "TestedPair", "Compared", "Failure", "EpochLog", "Learning", "Architecture", "CascadeStage",
         "Clipping", "Conv", "DamagedFile", "DiagnosisLimits", "DuplicatePair", "Finding", "FoldScore", "Full", "Head",
         "MeanScore", "Measure", "NetworkChoice", "Norm", "OccluderGrid", "Placement", "Region", "ScannedLayer",
         "SoundFile", "Stamp", "TileSize"}  # fmt: skip
"""Small values, which are printed as Python makes them again."""


def kinds() -> dict[str, type]:
    return {name: one for name in cs.__all__ if inspect.isclass(one := getattr(cs, name)) and is_dataclass(one)}


@pytest.mark.parametrize("name", sorted(kinds()))
def test_what_may_hold_arrays_is_not_printed_whole(name: str) -> None:
    kind = kinds()[name]
    if name not in PLAIN:
        written = Path(kind.__repr__.__code__.co_filename).name
        assert written != "dataclasses.py", f"{name} prints its fields: make it brief (convscope.shown)"
        return
    for field, hint in typing.get_type_hints(kind, localns=names()).items():
        assert not any(word in str(hint) for word in ("ndarray", "Tensor", "Callable", "object at")), (name, field)


def test_answers_parts_and_collections_are_printed_as_one_line(tmp_path: Path) -> None:
    net, source = cs.load("zoo:tiny"), cs.open_source("samples:")
    found = cs.scan(net, source, layers=["relu1"], k=2, limit=4)
    shown = cs.deconv(net, source, "relu1:1", limit=1)
    (tmp_path / "list.txt").write_text("")
    several = [
        found, found["relu1"], found["relu1"].topk, found["relu1"].statistics, shown, shown.found,
        *shown.figures().values(), shown.save(tmp_path / "out"), source, Subset(source, np.arange(3)),
        cs.cached(source, tmp_path / "cache"), cs.open_source("samples:", naming="numbered"),
        cs.Selection("relu1", np.zeros(400, np.int64), torch.arange(400)), cs.check(net, layers=["fc"]).found,
    ]  # fmt: skip
    for one in several:
        text = repr(one)
        assert text.startswith(f"<{type(one).__name__}"), text
        assert len(text) <= LINE, text
        assert " at 0x" not in text
        assert text.isprintable()
    assert repr(source) == "<SampleSource: 289 samples of 16 photos of scikit-image and scikit-learn>"
    assert repr(found["relu1"].topk).startswith("<TopK: layer 'relu1', values ndarray (16, 2)")
