"""pt2:FILE, a network that torch.export wrote to a file."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from pickle import UnpicklingError

import torch

from convscope.errors import UsageError, WeightsError
from convscope.models.request import Found, Request


def from_export(request: Request) -> Found:
    """The exported program of a .pt2 file, with the weights that are in it.

    A program is code, so load files of people you trust. Still, pickles that could run something while the file is
    read, and compiled libraries, are refused: torch.export writes neither for a plain network.
    """
    request.refuse_weights("the file itself holds them")
    path = Path(request.name).expanduser()
    if not path.is_file():
        raise UsageError(f"{request.spec}: there is no file '{path}'")
    try:
        _check_archive(path)
        program = torch.export.load(path)
    except (OSError, RuntimeError, ValueError, KeyError, zipfile.BadZipFile, UnpicklingError) as error:
        lines = str(error).splitlines()
        raise WeightsError(
            f"cannot read '{path}' as an exported program: {lines[0] if lines else type(error).__name__}; write it "
            "with torch.export.save (weights alone are given as weights='FILE')"
        ) from error
    return Found(program, None, None, "weights of the file")


def _check_archive(path: Path) -> None:
    """Raise WeightsError for an archive whose reading could run code before the program itself is looked at."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if library := next((name for name in names if name.endswith((".so", ".cubin", ".dll"))), None):
            raise WeightsError(
                f"'{path}' contains a compiled library ({library}): export the network with torch.export.save"
            )
        folders = {name.rpartition("/")[0] for name in names}
        pickled = [name for name in names if name.endswith(".pt")]
        for config in (name for name in names if name.endswith("_config.json")):
            entries = json.loads(archive.read(config)).get("config", {}).values()
            # torch reads these without its guard.
            used = {entry["path_name"] for entry in entries if entry.get("use_pickle")}
            pickled += [f"{folder}/{name}" for folder in folders for name in used if f"{folder}/{name}" in names]
        for name in pickled:
            try:
                torch.load(io.BytesIO(archive.read(name)), map_location="cpu", weights_only=True)
            except UnpicklingError as error:
                raise WeightsError(
                    f"'{path}' contains a pickle of more than tensors ({name}), and reading it could run code: export "
                    "the network again without it"
                ) from error
