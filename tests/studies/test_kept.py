"""An answer as one file: fields of every kind come back as they were, and what does not fit is named."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import StoreError
from convscope.graph import Unit
from convscope.stores.sealing import seal, unseal
from convscope.studies import Verification
from convscope.studies.kept import context, packed, unpacked


def nested(times: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(times):
        found = [found]
    return found


DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "uint64", "float16", "float32", "float64"]


@dataclass(frozen=True)
class Point:
    """What stands in other dataclasses."""

    place: tuple[int, int]
    unit: Unit
    value: float = 0.0
    of: NDArray[np.float32] | None = None


@dataclass(eq=False)
class Everything:
    """A field of every kind that answers have."""

    name: str
    kind: Literal["one", "two"]
    count: int
    share: float
    exact: bool
    nothing: str | None
    numbers: tuple[float, ...]
    path: Path
    points: tuple[Point, ...]
    by_name: dict[str, NDArray[np.uint8]]
    by_number: dict[int, str]
    pictures: Mapping[str, tuple[NDArray[np.uint8], ...]]
    array: NDArray[Any]
    tensor: Tensor
    pair: tuple[str, str | None]
    settings: dict[str, Any] = field(default_factory=dict)
    made_with: object = context()


def everything(**changes: Any) -> Everything:
    point = Point((1, 2), Unit("relu1", 3, (4, 5)), math.nan, np.array([0.5, -0.0], np.float32))
    values: dict[str, Any] = {
        "name": 'näme "quoted"\n', "kind": "two", "count": 2**62, "share": 0.1, "exact": True, "nothing": None,
        "numbers": (math.nan, math.inf, -math.inf, 1e-300, -0.0), "path": Path("a/b.png"),
        "points": (point, Point((0, 0), Unit("fc", 0))), "by_name": {"relu1": np.arange(6, dtype=np.uint8)},
        "by_number": {3: "three"}, "pictures": {"scale": (np.zeros((2, 2, 3), np.uint8), np.ones((1, 1, 3), np.uint8))},
        "array": np.arange(3), "tensor": torch.rand(2, 3), "pair": ("a", None),
        "settings": {"sigma": 0.5, "places": None, "nested": {"nan": math.nan, "list": [1, "a"]}},
        "made_with": object(),
    }  # fmt: skip
    return Everything(**values | changes)


def again(value: Any) -> Any:
    """What comes back of a dataclass from the bytes of a file."""
    plain, arrays = packed(value)
    stored, said = unseal(seal(arrays, {"values": plain}))
    return unpacked(type(value), said["values"], stored)


def test_every_kind_of_field_comes_back() -> None:
    given = everything()
    found = again(given)
    for name in ("name", "kind", "count", "share", "exact", "nothing", "path", "by_number", "pair"):
        assert getattr(found, name) == getattr(given, name)
        assert type(getattr(found, name)) is type(getattr(given, name))
    assert repr(found.numbers) == repr(given.numbers)
    assert repr(found.settings) == repr(given.settings)  # in its order, too
    first, second = found.points
    assert (first.place, first.unit) == ((1, 2), Unit("relu1", 3, (4, 5)))
    assert math.isnan(first.value)
    assert first.of.tobytes() == given.points[0].of.tobytes()
    assert (second, second.of) == (Point((0, 0), Unit("fc", 0)), None)
    assert found.by_name["relu1"].tolist() == [0, 1, 2, 3, 4, 5]
    assert [one.shape for one in found.pictures["scale"]] == [(2, 2, 3), (1, 1, 3)]
    assert torch.equal(found.tensor, given.tensor)
    assert found.made_with is None


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_of_every_dtype_come_back_to_the_bit(dtype: str, shape: tuple[int, ...]) -> None:
    given = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    found = again(everything(array=given)).array
    assert (found.dtype, found.shape, found.tobytes()) == (given.dtype, given.shape, given.tobytes())


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.bool]
)
def test_tensors_of_every_dtype_come_back_to_the_bit(dtype: torch.dtype) -> None:
    given = torch.tensor([[0.0, 1.0], [-2.5, 3.140625]]).to(dtype)
    found = again(everything(tensor=given)).tensor
    assert found.dtype == dtype
    assert torch.equal(found, given)


def test_arrays_that_are_no_block_of_memory_come_back() -> None:
    given = np.arange(24.0).reshape(4, 6)[::2, ::-3].T
    assert again(everything(array=given)).array.tolist() == given.tolist()
    turned = torch.arange(24.0).reshape(4, 6).T
    assert torch.equal(again(everything(tensor=turned)).tensor, turned)


@pytest.mark.parametrize("name", ["array", "tensor", "number", "$array", "$$number", "$items", "a.b", "", "settings"])
def test_a_layer_may_have_any_name(name: str) -> None:
    given = everything(by_name={name: np.arange(2, dtype=np.uint8)}, settings={name: 1}, pictures={name: ()})
    found = again(given)
    assert {key: value.tolist() for key, value in found.by_name.items()} == {name: [0, 1]}
    assert found.settings == {name: 1}
    assert found.pictures == {name: ()}


def test_two_arrays_never_share_a_name() -> None:
    given = everything(by_name={"a": np.zeros(1, np.uint8), "a.0": np.ones(1, np.uint8)}, pictures={})
    given.pictures = {"a": (np.full(1, 2, np.uint8),), "a.0": (np.full(1, 3, np.uint8),)}
    given.settings = {"b.c": np.full(1, 4), "b": {"c": np.full(1, 5)}}
    found = again(given)
    assert [found.by_name[key].tolist() for key in ("a", "a.0")] == [[0], [1]]
    assert [found.pictures[key][0].tolist() for key in ("a", "a.0")] == [[2], [3]]
    assert (found.settings["b.c"].tolist(), found.settings["b"]["c"].tolist()) == ([4], [5])


def test_layers_keep_their_order() -> None:
    names = ["relu2", "relu10", "array", "$items", "conv1"]
    found = again(everything(by_name={name: np.zeros(1, np.uint8) for name in names}, by_number={2: "b", 10: "a"}))
    assert list(found.by_name) == names
    assert list(found.by_number.items()) == [(2, "b"), (10, "a")]


def test_numbers_of_numpy_become_plain_ones() -> None:
    found = again(everything(settings={"half": np.float32(0.5), "many": np.int64(7), "yes": np.bool_(True)}))
    assert found.settings == {"half": 0.5, "many": 7, "yes": True}
    assert [type(value) for value in found.settings.values()] == [float, int, bool]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": None}, "None is no str"),
        ({"count": "many"}, "many"),
        ({"points": [{"place": [1, 2]}]}, "unit"),
        ({"points": [{"place": [1, 2], "unit": "nothing"}]}, "nothing"),
        ({"kind": "three"}, "three"),
        ({"array": 3}, "array"),
        ({"tensor": None}, "None is no Tensor"),
    ],
)
def test_what_does_not_fit_the_class_is_named(change: dict[str, Any], said: str) -> None:
    plain, arrays = packed(everything())
    with pytest.raises(ValueError, match=f"does not hold a Everything of this version.*{said}"):
        unpacked(Everything, plain | change, arrays)


def test_a_missing_field_and_a_missing_array_are_named() -> None:
    plain, arrays = packed(everything())
    with pytest.raises(ValueError, match="share"):
        unpacked(Everything, {key: value for key, value in plain.items() if key != "share"}, arrays)
    del arrays["array"]
    with pytest.raises(ValueError, match="'array'"):
        unpacked(Everything, plain, arrays)


@pytest.mark.parametrize(
    "plain",
    [
        {"folder": nested(900), "held": [], "findings": []},
        {"folder": "x", "held": [5], "findings": []},
        {"folder": "x", "held": 5, "findings": {"$items": [[[], 1]]}},
        {"folder": "x", "held": {"$tensor": "odd", "kind": "bfloat16"}, "findings": []},
        {"folder": "x", "held": [{"path": "a", "what": {"$array": ["odd"]}}], "findings": []},
    ],
)
def test_values_of_any_other_shape_are_refused(plain: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="does not hold a Verification of this version"):
        unpacked(Verification, plain, {"odd": np.zeros((3, 3), np.uint8)})


@pytest.mark.parametrize("said", [{}, {"figures": [1, {}]}, {"figures": {"a": 5}}, {"figures": "abc"}])
def test_an_answer_that_does_not_say_its_figures_is_refused(tmp_path: Path, said: dict[str, Any]) -> None:
    values = {"folder": "x", "held": [], "findings": []}
    about = {
        "format": "convscope answer",
        "schema": 1,
        "answer": "Verification",
        "values": values,
        "files": 5,
        "question": 5,
        **said,
    }
    (tmp_path / "verification.safetensors").write_bytes(seal({}, about))
    with pytest.raises(StoreError, match="which figures it has"):
        Verification.load(tmp_path)
    Verification("x", (), ()).save(tmp_path)  # whose files were said to be 5
    assert Verification.load(tmp_path).folder == "x"


def test_a_pipe_in_the_place_of_an_answer_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "verification.safetensors")
    with pytest.raises(StoreError, match="no regular file"):
        Verification.load(tmp_path)
