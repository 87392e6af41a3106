"""Parts of answers that do not fit each other are told, by patterns that every class with arrays has."""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from convscope.graph import Report, Unit
from convscope.methods.deconv import ProjectedPixels
from convscope.methods.diagnosis.spectrum import FrequencyCoverage
from convscope.methods.invariance.measuring import Curve, InvarianceCurves
from convscope.studies.shapes import PATTERNS, expect_fitting
from tests.studies.test_round_trips import KINDS


def projected(**changes: Any) -> ProjectedPixels:
    units = (Unit("conv1", 1, (0, 0)), Unit("conv1", 2, (0, 1)))
    boxes, images = torch.tensor([[0, 0, 3, 3], [0, 1, 3, 4]]), torch.tensor([0, 2])
    found = ProjectedPixels("conv1", torch.zeros(2, 1, 3, 3), boxes, units, images, torch.ones(2), (8, 8), Report())
    return replace(found, **{"photos": np.zeros((3, 8, 8, 3), np.uint8), **changes})


def curves(**changes: Any) -> InvarianceCurves:
    table, numbers = np.zeros((2, 3)), np.zeros(2, np.int64)
    curve = Curve("scale", "", np.zeros(3), 1.0, {"a": table}, {"a": table}, table, table.astype(int), numbers, numbers)
    return InvarianceCurves("net", ("a",), (replace(curve, **changes),), numbers, "mean", "bilinear")


def coverage(**changes: Any) -> FrequencyCoverage:
    whole = FrequencyCoverage(np.zeros((4, 3)), np.zeros(4), np.zeros(4), np.zeros(5), np.zeros(6), np.ones(4, bool))
    return replace(whole, **changes)


@pytest.mark.parametrize("whole", [projected(), projected(photos=None), curves(), coverage(), [projected()], "text"])
def test_what_fits_is_left_alone(whole: Any) -> None:
    expect_fitting(whole)


@pytest.mark.parametrize(
    ("edited", "said"),
    [
        (projected(boxes=torch.zeros(3, 4)), r"boxes has 3x4 numbers, and n is 2 \(pixels\)"),
        (projected(boxes=torch.zeros(2, 3)), r"boxes has 2x3 numbers, and 4 is 4 \(always\)"),
        (projected(values=torch.ones(2, 1)), "values has 2 dimensions, not 1"),
        (projected(images=torch.tensor([0, 3])), "images has the number 3, of 3 that there are"),
        (coverage(edges=np.zeros(5)), r"edges has 5 numbers, and b\+1 is 6 \(profile\)"),
        (curves(relative={"b": np.zeros((2, 3))}), r"curves\.\*\.relative is of other layers than it has"),
        (curves(own=np.zeros(3, np.int64)), r"own has 3 numbers, and n is 2 \(targets\)"),
        ({"one": [coverage(live=np.ones(3, bool))]}, r"live has 3 numbers, and n is 4"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(edited: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        expect_fitting(edited)


BY_OTHERS = ("Filters", "EnsembleMembers", "InvarianceCurves", "OcclusionResponses")
"""Classes whose arrays stand in the pattern of the class that holds them."""


def classes(kind: Any, found: set[type]) -> set[type]:
    """The dataclasses that a type leads to."""
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind not in found:
        found.add(kind)
        kept = {one.name for one in dataclasses.fields(kind) if one.metadata.get("kept", True)}
        for name, hint in typing.get_type_hints(kind).items():
            if name in kept:
                classes(hint, found)
    for part in typing.get_args(kind):
        classes(part, found)
    return found


def test_every_class_with_arrays_has_a_pattern_whose_paths_are_fields() -> None:
    known: set[type] = set()
    for kind in set(KINDS.values()):
        classes(kind, known)
    for kind in known:
        kept = {one.name for one in dataclasses.fields(kind) if one.metadata.get("kept", True)}
        hints = {name: str(hint) for name, hint in typing.get_type_hints(kind).items() if name in kept}
        first = {text.strip().partition(":")[0].split(".")[0] for text in PATTERNS.get(kind.__name__, "").split(";")}
        assert first - {""} <= set(hints), kind
        arrays = {name for name, hint in hints.items() if "ndarray" in hint or "torch.Tensor" in hint}
        assert arrays <= first or kind.__name__ in BY_OTHERS, kind
