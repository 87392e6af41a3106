"""From a checked program to torch's own: its operations are traced anew by torch.export, on tensors without memory.

So what torch builds (shapes, sizes in terms of the batch, guards) comes from the operations and not from the file, and
no private reader of torch's is in charge of text from it.
"""

from __future__ import annotations

import logging
import operator
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.export import Dim, ExportedProgram
from torch.fx import traceback

from convscope.errors import TraceError
from convscope.models.exported.fields import Refused, shown
from convscope.models.exported.program import ExportedGraph, Image, Ref, StoredInput
from convscope.models.exported.watching import ASSUMED_BATCH, Watched
from convscope.models.request import quiet

_NEVER = logging.CRITICAL + 1  # torch logs a traceback before it raises what we report


def replay(program: ExportedGraph, tensors: Mapping[str, Mapping[str, Tensor]]) -> ExportedProgram:
    """The exported program that the operations make, with these tensors.

    Raises:
        Refused: if the operations do not fit each other, or ask for more memory or time than a network on images does.
        TraceError: if the image is for a fixed batch above one.
    """
    image = program.image
    if image.batch not in (None, 1):
        raise TraceError(
            f"the program was exported for batches of exactly {image.batch}: export it with a dynamic batch dimension, "
            "or for batches of 1"
        )
    batch = ASSUMED_BATCH if image.batch is None else 1
    example = torch.zeros(1, dtype=image.dtype, device="cpu").expand(batch, *image.shape)  # of any size, and no memory
    module = _Replay(program, tensors)
    shapes = ({0: Dim.DYNAMIC},) if image.batch is None else None
    try:
        with warnings.catch_warnings(), torch.no_grad(), quiet("torch._subclasses.fake_tensor", level=_NEVER):
            warnings.simplefilter("ignore")  # torch warns of its own deprecations while it exports
            traced = torch.export.export(module, (example,), dynamic_shapes=shapes)
    except FAILURES as error:
        lines = [line for line in str(module.refusal or error).splitlines() if line.strip()]
        raise Refused(
            str(module.refusal)
            if module.refusal
            else f"its operations do not fit each other: {shown((lines or ['?'])[0])}"
        ) from error
    _check_modules(program, traced)
    return traced


FAILURES = (
    Refused,
    RuntimeError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    MemoryError,
)
"""What torch raises where operations are tried on tensors that do not fit them."""


class _Replay(nn.Module):
    """A module whose forward is the program's operations."""

    def __init__(self, program: ExportedGraph, tensors: Mapping[str, Mapping[str, Tensor]]) -> None:
        super().__init__()
        self.refusal: Refused | None = None
        self.graph_module = _graph_module(program, tensors)
        self.stored = sum(tensor.numel() for group in tensors.values() for tensor in group.values())

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """The program's outputs."""
        watched = Watched(self.graph_module, self.stored)
        try:
            with traceback.preserve_node_meta():
                return watched.run(image)
        except Refused as error:
            self.refusal = error
            raise


def _graph_module(program: ExportedGraph, tensors: Mapping[str, Mapping[str, Tensor]]) -> fx.GraphModule:
    """The operations as an FX graph, under names of ours: FX writes Python from a graph, and no name is the file's."""
    root, graph = nn.Module(), fx.Graph()
    nodes: list[fx.Node] = []
    for number, given in enumerate(program.inputs):
        if isinstance(given, Image):
            nodes.append(graph.placeholder("image"))
        else:
            root.register_buffer(f"tensor{number}", _stored(given, tensors))
            nodes.append(graph.get_attr(f"tensor{number}"))
    for operation in program.operations:
        picks: dict[Ref, fx.Node] = {}
        modules = {key: (path, "module") for key, path in operation.modules}
        args, kwargs = _resolved((operation.args, operation.kwargs), nodes, picks, graph, modules)
        node = graph.create_node("call_function", operation.operator.target, args, kwargs, f"value{len(nodes)}")
        node.meta["nn_module_stack"] = modules
        nodes.append(node)
    graph.output(tuple(_resolved(program.outputs, nodes, {}, graph, {})))
    return fx.GraphModule(root, graph)


def _stored(given: StoredInput, tensors: Mapping[str, Mapping[str, Tensor]]) -> Tensor:
    for group in ("weights", "constants"):
        if given.name in tensors[group]:
            return tensors[group][given.name]
    raise Refused(f"it has no tensor {shown(given.name)}, which its program uses")


def _resolved(tree: Any, nodes: list[fx.Node], picks: dict[Ref, fx.Node], graph: fx.Graph, modules: Any) -> Any:
    """The arguments with nodes for what they refer to; one of several results is picked by a node of its own."""
    if isinstance(tree, Ref):
        if tree.pick is None:
            return nodes[tree.maker]
        if tree not in picks:
            picks[tree] = graph.call_function(operator.getitem, (nodes[tree.maker], tree.pick))
            picks[tree].meta["nn_module_stack"] = dict(modules)
        return picks[tree]
    if isinstance(tree, list | tuple):
        return type(tree)(_resolved(item, nodes, picks, graph, modules) for item in tree)
    if isinstance(tree, dict):
        return {key: _resolved(item, nodes, picks, graph, modules) for key, item in tree.items()}
    return tree


def _check_modules(program: ExportedGraph, traced: ExportedProgram) -> None:
    """Refuse rather than call layers by other names, should a release of torch not carry modules through tracing."""
    wanted = {path for operation in program.operations for _, path in operation.modules}
    stacks = (node.meta.get("nn_module_stack") or {} for node in traced.graph.nodes)
    found = {path for stack in stacks for path, _ in stack.values()}
    if wanted and not found & wanted:
        raise Refused(f"torch {torch.__version__} does not pass on the names of its modules")
