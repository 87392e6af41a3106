"""pt2:FILE, a network that torch.export wrote to a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from convscope.errors import UsageError, WeightsError
from convscope.files import home_expanded, kind_of
from convscope.models.exported.archive import RELEASES
from convscope.models.exported.fields import Refused
from convscope.models.request import RANDOM, FoundModel, ModelRequest, random_label

if TYPE_CHECKING:
    from torch.export import ExportedProgram


def from_export(request: ModelRequest) -> FoundModel:
    """The exported program of a .pt2 file, with the weights that are in it.

    No code of the file is run: the archive is read by a reader of our own, weights are raw bytes, operators are those
    of networks on images and no others (models/exported/README.md). Anything else is refused.

    A program has no modules that could draw weights. Random ones are its own, moved about within each tensor: what was
    learned is gone, and every tensor has the values it had. Batch norms have no statistics then, as untrained ones.

    Raises:
        UsageError: if there is no such file, or weights are asked for.
        WeightsError: if the file is damaged, of another release of torch, or holds what could run code.
        TraceError: if the program takes another input than one batch of images.
    """
    request.refuse_weights("the file itself holds them; 'random' can be asked for")
    path = home_expanded(request.name)
    if kind_of(path) != "file":
        raise UsageError(f"{request.spec}: there is no file '{path}'")
    from convscope.models.exported.reading import read_program

    try:
        if request.weights == RANDOM:
            program, label = _random(path, request.seed)
            return FoundModel(program, None, None, label)
        return FoundModel(read_program(path), None, None, "weights of the file")
    except (Refused, OSError) as error:
        raise WeightsError(f"cannot read '{path}' as an exported program: {error}; {_REMEDY}") from error


@dataclass
class _Permuted:
    """Moves the numbers of tensors about, each within itself, and counts them; shared ones stay shared."""

    generator: torch.Generator
    made: dict[tuple[Any, ...], Tensor] = field(default_factory=dict)
    alike: int = 0

    def __call__(self, tensor: Tensor) -> Tensor:
        key = (tensor.data_ptr(), *tensor.shape, *tensor.stride())
        if key not in self.made:
            flat = tensor.flatten()
            self.alike += bool((flat == flat[:1]).all())  # which no order changes
            self.made[key] = flat[torch.randperm(len(flat), generator=self.generator)].reshape(tensor.shape)
        return self.made[key]


def _random(path: Path, seed: int) -> tuple[ExportedProgram, str]:
    """The program of a file with its parameters permuted and batch norms without statistics, and how they are named."""
    from convscope.models.exported.reading import read_program

    moved = _Permuted(torch.Generator("cpu").manual_seed(seed))
    program, norms = read_program(path, change=moved), 0
    for mean, variance in _statistics(program):
        program.state_dict[mean] = torch.zeros_like(program.state_dict[mean])
        program.state_dict[variance] = torch.ones_like(program.state_dict[variance])
        norms += 1
    said = f"{random_label(seed)}: {len(moved.made)} tensors of the file permuted within each"
    said += f", {moved.alike} of which have one value" if moved.alike else ""
    return program, said + (f"; statistics of {norms} batch norms reset" if norms else "")


def _statistics(program: ExportedProgram) -> Iterator[tuple[str, str]]:
    """The names of the means and variances that batch norms of a program have kept."""
    held = program.graph_signature.inputs_to_buffers
    for node in program.graph.nodes:
        if node.op == "call_function" and "batch_norm" in str(node.target):
            names = [held.get(getattr(one, "name", "")) for one in node.args[3:5]]
            if len(names) == 2 and all(name in program.state_dict for name in names):
                yield names[0], names[1]  # type: ignore[misc]


_REMEDY = (
    f"write it again with torch.export.save of {RELEASES}, or give the module itself by py:package.module:factory "
    "(weights alone are given as weights='FILE')"
)
