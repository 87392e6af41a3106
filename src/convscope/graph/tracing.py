"""From a module, or an exported program, to a program of steps; what only tracing needs is imported here.

torch.export and what it brings (sympy among it) take longer to import than PyTorch itself. `Network` comes here when it
traces, and not before: a network whose program is known already does not wait for them.
"""

from __future__ import annotations

from torch import nn
from torch.export import ExportedProgram

from convscope.graph.export import export_module, functional
from convscope.graph.lower import lower
from convscope.graph.mixing import refuse_mixing
from convscope.graph.outside import python_draws
from convscope.graph.program import Program
from convscope.graph.randomness import Randomness, refuse


def traced(module: nn.Module, input_shape: tuple[int, int, int], name: str, randomness: Randomness) -> Program:
    """The program that a module is for images of a shape (channels, height, width); its tensors are the module's.

    Raises:
        What `Network.trace` raises of the module, under that name.
    """
    with python_draws() as drawn:
        exported = export_module(module, input_shape)
    program = lower(exported)
    refuse(randomness, name, program, drawn)
    refuse_mixing(name, program)
    return program


def exported(program: ExportedProgram, name: str, randomness: Randomness) -> Program:
    """The program that an exported one is.

    Raises:
        What `Network.from_export` raises of the program, under that name.
    """
    lowered = lower(functional(program))
    refuse(randomness, name, lowered, ())
    refuse_mixing(name, lowered)
    return lowered


__all__ = ["exported", "traced"]
