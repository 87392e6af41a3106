"""Exported programs for the tests, written by torch and then changed by hand."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

Change = bytes | Callable[[bytes], bytes] | None


def save(module: nn.Module, path: Path, *, shape: tuple[int, ...] = (3, 32, 32), free: bool = True) -> Path:
    """The file that torch writes of a module in eval mode, for any batch size or for one image."""
    dtype = next((t.dtype for t in module.state_dict().values() if t.is_floating_point()), torch.float32)
    image = torch.zeros(2 if free else 1, *shape, dtype=dtype)
    shapes = ({0: torch.export.Dim.DYNAMIC},) if free else None
    program = torch.export.export(module.eval(), (image,), dynamic_shapes=shapes)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No complete tensor found in the group")  # parts of a tensor, meant here
        torch.export.save(program, path)
    return path


def rewrite(path: Path, changes: Mapping[str, Change], *, to: Path | None = None, compression: int = 0) -> Path:
    """The file with entries changed, left out (None) or added, named by what follows the archive's own folder."""
    with zipfile.ZipFile(path) as archive:
        entries = {info.filename: archive.read(info) for info in archive.infolist()}
    root = next(iter(entries)).partition("/")[0]
    for name, change in changes.items():
        full = f"{root}/{name}"
        new = change(entries[full]) if callable(change) else change
        if new is None:
            del entries[full]
        else:
            entries[full] = new
    target = to or path
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return target


def edited(edit: Callable[[Any], None]) -> Callable[[bytes], bytes]:
    """A change of an entry that is JSON: `edit` changes what is parsed of it."""

    def change(content: bytes) -> bytes:
        value = json.loads(content)
        edit(value)
        return json.dumps(value).encode()

    return change


def edit_program(path: Path, edit: Callable[[Any], None]) -> Path:
    """The file with its program's JSON changed."""
    return rewrite(path, {"models/model.json": edited(edit)})


def image_name(program: Any) -> str:
    """What a program's JSON calls the image."""
    specs = program["graph_module"]["signature"]["input_specs"]
    return next(s["user_input"]["arg"]["as_tensor"]["name"] for s in specs if "user_input" in s)


def node(target: str, *arguments: tuple[str, Any], returns: str | list[Any] = "made") -> dict[str, Any]:
    """One operation as torch writes it, of (name, argument) pairs; `dtype` is given by keyword."""
    return {
        "target": target,
        "inputs": [{"name": name, "arg": arg, "kind": 2 if name == "dtype" else 1} for name, arg in arguments],
        "outputs": [{"as_tensor": {"name": returns}}] if isinstance(returns, str) else returns,
        "metadata": {},
        "is_hop_single_tensor_return": None,
    }


def call(target: str, *arguments: tuple[str, Any], returns: str | list[Any] = "made") -> Callable[[Any], None]:
    """An edit that puts an operation before the others."""
    meta = {
        "dtype": 1,
        "sizes": [{"as_int": 16}],
        "requires_grad": False,
        "device": {"type": "cpu", "index": None},
        "strides": [{"as_int": 1}],
        "storage_offset": {"as_int": 0},
        "layout": 7,
    }

    def edit(program: Any) -> None:
        graph = program["graph_module"]["graph"]
        graph["nodes"].insert(0, node(target, *arguments, returns=returns))
        graph["tensor_values"]["made"] = meta

    return edit


def put_first(*nodes: dict[str, Any]) -> Callable[[Any], None]:
    """An edit that puts operations before the others; "IMAGE" among their arguments is the image's name."""

    def edit(program: Any) -> None:
        text = json.dumps(nodes).replace('"IMAGE"', json.dumps(image_name(program)))
        program["graph_module"]["graph"]["nodes"][:0] = json.loads(text)

    return edit
