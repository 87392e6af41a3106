"""From a .pt2 file to a program that torch can work with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from torch import Tensor
from torch.export import ExportedProgram

from convscope.models.exported.archive import Archive
from convscope.models.exported.program import StoredInput, parse_program
from convscope.models.exported.replaying import replay
from convscope.models.exported.tensors import read_tensors

_PROGRAM = "models/model.json"


def read_program(path: Path, *, change: Callable[[Tensor], Tensor] | None = None) -> ExportedProgram:
    """The program that torch.export.save wrote to a file, on the CPU; nothing that the file says is run.

    change: what becomes of each of its parameters.

    Raises:
        Refused: if the file is damaged, of another release of torch, or holds anything that could run code.
        TraceError: if the program takes another input than one batch of images.
        OSError: if the file cannot be read.
    """
    with Archive(path) as archive:
        program = parse_program(archive.json(_PROGRAM))
        tensors = read_tensors(archive)
    if change is not None:
        for given in program.inputs:
            if isinstance(given, StoredInput) and given.parameter and given.name in tensors["weights"]:
                tensors["weights"][given.name] = change(tensors["weights"][given.name])
    return replay(program, tensors)
