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
