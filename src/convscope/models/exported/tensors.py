"""The tensors of a .pt2 file, made from raw bytes; those that are pickled are refused."""

from __future__ import annotations

import re
from math import prod
from typing import Any

import torch
from torch import Tensor

from convscope.models.exported.archive import Archive
from convscope.models.exported.fields import Refused, items, record, shown, tagged, text, truth, whole

DTYPES = {
    1: torch.uint8,
    2: torch.int8,
    3: torch.int16,
    4: torch.int32,
    5: torch.int64,
    6: torch.float16,
    7: torch.float32,
    8: torch.float64,
    12: torch.bool,
    13: torch.bfloat16,
}
"""torch's numbers for the types of elements; complex and 8-bit floating types are not used by networks on images."""

STRIDED = 7
"""torch's number for the one layout of memory that is read."""

_MOST_DIMENSIONS = 16
_MOST_SPREAD = 2**24
"""Elements of a tensor that repeats what it holds (an expanded one)."""

_CONFIGS = {
    "weights": "data/weights/model_weights_config.json",
    "constants": "data/constants/model_constants_config.json",
}
_FILES = {"weights": re.compile(r"weight_[0-9]{1,9}"), "constants": re.compile(r"tensor_[0-9]{1,9}")}


def read_tensors(archive: Archive) -> dict[str, dict[str, Tensor]]:
    """The tensors under "weights" and under "constants", by the names that the program uses.

    Tensors that share memory in the file share it here. All are on the CPU, whatever device they were saved from.
    """
    return {kind: _Reader(archive, kind).tensors() for kind in _CONFIGS}


class _Reader:
    def __init__(self, archive: Archive, kind: str) -> None:
        self.archive = archive
        self.kind = kind
        self.storages: dict[str, tuple[torch.dtype, Tensor]] = {}

    def tensors(self) -> dict[str, Tensor]:
        old = f"data/{self.kind}/model.pt"
        if old in self.archive:
            raise Refused(f"its {self.kind} are a pickle ({old}), as torch releases older than 2.9 wrote them")
        config = record(self.archive.json(_CONFIGS[self.kind]), _CONFIGS[self.kind], ("config",))
        entries = record(config["config"], _CONFIGS[self.kind])
        return {name: self._tensor(entry, f"the tensor {shown(name)}") for name, entry in entries.items()}

    def _tensor(self, entry: Any, where: str) -> Tensor:
        entry = record(entry, where, ("path_name", "use_pickle", "tensor_meta"))
        name = text(entry["path_name"], f"the entry of {where}")
        if truth(entry["use_pickle"], f"use_pickle of {where}") or not _FILES[self.kind].fullmatch(name):
            raise Refused(f"{where} ({shown(name)}) is a pickle, and reading it could run code")
        meta = record(entry["tensor_meta"], where, ("dtype", "sizes", "strides", "storage_offset", "layout"))
        if meta["layout"] != STRIDED:
            raise Refused(f"{where} is sparse or of another layout than a dense tensor")
        sizes, strides = sizes_of(meta["sizes"], where), sizes_of(meta["strides"], where)
        offset = sizes_of([meta["storage_offset"]], where)[0]
        storage = self._storage(name, dtype_of(meta["dtype"], where), where)
        _check_bounds(sizes, strides, offset, storage.numel(), where)
        return torch.as_strided(storage, sizes, strides, offset)

    def _storage(self, name: str, dtype: torch.dtype, where: str) -> Tensor:
        """All elements of an entry in a row, the same tensor for all that share it."""
        if name in self.storages:
            known, storage = self.storages[name]
            if known != dtype:
                raise Refused(f"{where} reads {shown(name)} as {dtype}, where another reads it as {known}")
            return storage
        content = self.archive.read(f"data/{self.kind}/{name}")
        if len(content) % dtype.itemsize:
            raise Refused(f"{where}: {len(content)} bytes are no whole number of elements of {dtype}")
        # A copy, as bytes cannot be written to; a bool other than 0 and 1 is none that torch could have meant.
        raw = (
            torch.frombuffer(bytearray(content), dtype=torch.uint8)
            if content
            else torch.empty(0, dtype=torch.uint8, device="cpu")
        )
        storage = raw.ne(0) if dtype == torch.bool else raw.view(dtype)
        self.storages[name] = (dtype, storage)
        return storage


def dtype_of(value: Any, where: str) -> torch.dtype:
    """The type of elements that a number stands for."""
    code = whole(value, f"the type of {where}")
    if code not in DTYPES:
        raise Refused(f"{where} has elements of type {code}: real numbers, whole ones and bool are read")
    return DTYPES[code]


def sizes_of(value: Any, where: str) -> tuple[int, ...]:
    """Sizes, strides or an offset, as numbers that are not negative."""
    found = items(value, f"the sizes of {where}", _MOST_DIMENSIONS)
    return tuple(
        whole(tagged(size, f"a size of {where}", ("as_int",))[1], f"a size of {where}", 0, 2**48) for size in found
    )


def _check_bounds(sizes: tuple[int, ...], strides: tuple[int, ...], offset: int, elements: int, where: str) -> None:
    """Every element of the view must lie in the storage, and no byte be spread to a gigabyte."""
    if len(sizes) != len(strides):
        raise Refused(f"{where} has {len(sizes)} sizes and {len(strides)} strides")
    if 0 in sizes:
        return
    last = offset + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
    if last >= elements:
        raise Refused(f"{where} has its last element at {last}, and its entry holds {elements} elements")
    if prod(sizes) > max(elements, _MOST_SPREAD):
        raise Refused(f"{where} has {prod(sizes)} elements, and its entry holds {elements}")
