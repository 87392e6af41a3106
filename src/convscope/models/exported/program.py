"""A program as its file describes it: inputs, operations, outputs, each part checked and nothing of it run.

Of torch's description only this is read: the names of inputs and what they stand for, the size of the image, the
operations with their arguments, the modules they stand in, and which values are put out. The rest (shapes of what is
between, expressions, ranges, guards, trees of arguments) torch works out anew when the program is traced, so no text of
it is ever interpreted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import torch

from convscope.errors import TraceError
from convscope.models.exported.archive import RELEASES
from convscope.models.exported.arguments import (
    KINDS,
    MOST_ARGUMENTS,
    Ref,
    flat_results,
    known_value,
    module_stack,
    name_given,
    read_argument,
    read_arguments,
    result_names,
)
from convscope.models.exported.fields import Refused, items, record, shown, tagged, text, whole
from convscope.models.exported.operators import CHECKS, WITHOUT_GRADIENT, Operator, resolve
from convscope.models.exported.tensors import STRIDED, dtype_of

SCHEMA = (8, range(14, 21))
"""The versions of programs that are read, major and minor: those of archive.RELEASES."""

_MOST_OPERATIONS = 100_000
_DEEPEST = 8
_BATCH = re.compile(r"s[0-9]{1,9}|Symbol\('s[0-9]{1,9}'(, (positive|integer|nonnegative)=True){0,3}\)")


@dataclass(frozen=True)
class Operation:
    """One call: `modules` are those it stands in, from the outermost, each a (call key, path) pair."""

    operator: Operator
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    modules: tuple[tuple[str, str], ...]
    results: int = 1


@dataclass(frozen=True)
class StoredInput:
    """An input that is a tensor of the file, by its name, and whether it is a parameter: something that was learned."""

    name: str
    parameter: bool = False


@dataclass(frozen=True)
class Image:
    """The input that is the image: its (channels, height, width), its type, and the batch size, None if it is free."""

    batch: int | None
    shape: tuple[int, int, int]
    dtype: torch.dtype


@dataclass
class ExportedGraph:
    """Inputs and operations in order, numbered from 0 through both: a Ref's maker is such a number."""

    inputs: list[StoredInput | Image] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    outputs: list[Ref] = field(default_factory=list)

    @property
    def image(self) -> Image:
        """The image among the inputs."""
        return next(given for given in self.inputs if isinstance(given, Image))


def parse_program(description: Any) -> ExportedGraph:
    """The program that a model's JSON describes.

    Raises:
        Refused: if it is of another version, or holds anything that a network on images does not.
        TraceError: if it takes another input than one batch of images.
    """
    found = record(description, "the program", ("graph_module", "schema_version"))
    version = record(found["schema_version"], "schema_version", ("major", "minor"))
    major, minor = (whole(version[part], f"the {part} version") for part in ("major", "minor"))
    if major != SCHEMA[0] or minor not in SCHEMA[1]:
        raise Refused(f"its program is of version {major}.{minor}, and those of {RELEASES} are read (8.14 to 8.20)")
    module = record(found["graph_module"], "graph_module", ("graph", "signature"))
    return _Parser(module).program


class _Parser:
    def __init__(self, module: dict[str, Any]) -> None:
        self.program = ExportedGraph()
        self.graph = record(module["graph"], "graph", ("inputs", "outputs", "nodes", "tensor_values"))
        self.signature = record(module["signature"], "signature", ("input_specs", "output_specs"))
        names: dict[str, Any] = {}
        self._inputs(names)
        self._operations(self.graph, names, 0)
        self._outputs(names)

    # -- inputs -------------------------------------------------------------------------------------------------------
    def _inputs(self, names: dict[str, Any]) -> None:
        specs = items(self.signature["input_specs"], "input_specs")
        if len(items(self.graph["inputs"], "the inputs")) != len(specs):
            raise Refused(f"it has {len(self.graph['inputs'])} inputs and describes {len(specs)}")
        images = 0
        for spec in specs:
            kind, found = tagged(spec, "an input", (*_STORED, "user_input", "constant_input"))
            if kind in _STORED:
                found = record(found, "an input", ("arg", _STORED[kind]))
                name = text(found[_STORED[kind]], "the name of a tensor")
                given: StoredInput | Image = StoredInput(name, kind == "parameter")
                arg = record(found["arg"], "an input", ("name",))
            elif kind == "user_input":
                arg_kind, arg = tagged(record(found, "an input", ("arg",))["arg"], "an input", KINDS)
                if arg_kind != "as_tensor":
                    continue  # a flag that tracing has fixed: no operation refers to it
                images += 1
                given = self._image(record(arg, "an input", ("name",))["name"]) if images == 1 else StoredInput("")
            else:
                continue
            names[text(arg["name"], "the name of an input")] = Ref(len(self.program.inputs))
            self.program.inputs.append(given)
        if images != 1:
            raise TraceError(f"the model takes {images} tensor inputs; convscope looks at models of one image batch")

    def _image(self, name: Any) -> Image:
        where = f"the input {shown(name)}"
        values = record(self.graph["tensor_values"], "tensor_values")
        meta = record(values.get(text(name, "the name of an input")), where, ("sizes", "dtype", "layout"))
        if meta["layout"] != STRIDED:
            raise Refused(f"{where} is sparse or of another layout than a dense tensor")
        sizes = items(meta["sizes"], f"the sizes of {where}")
        if len(sizes) != 4:
            raise TraceError(
                f"the model's input has {len(sizes)} dimensions; images are (batch, channels, height, width)"
            )
        batch, *shape = (_size(size, where) for size in sizes)
        if None in shape:
            raise TraceError(
                f"{where} was exported for images of any size: export it for one, with a dynamic batch dimension alone"
            )
        channels, height, width = (int(side) for side in shape if side is not None)
        return Image(batch, (channels, height, width), dtype_of(meta["dtype"], where))

    # -- operations ---------------------------------------------------------------------------------------------------
    def _operations(self, graph: dict[str, Any], names: dict[str, Any], depth: int) -> None:
        """Add a graph's operations; what they make gets its name among `names`."""
        for node in items(graph["nodes"], "the operations", _MOST_OPERATIONS):
            node = record(node, "an operation", ("target", "inputs", "outputs", "metadata"))
            target = text(node["target"], "the operator of an operation")
            if target in CHECKS:
                continue
            if target == WITHOUT_GRADIENT:
                self._inline(node, names, depth)
                continue
            self._operation(node, resolve(target), names)
            if len(self.program.operations) > _MOST_OPERATIONS:
                raise Refused(f"it has more than {_MOST_OPERATIONS:,} operations")

    def _operation(self, node: dict[str, Any], operator: Operator, names: dict[str, Any]) -> None:
        args, kwargs = read_arguments(node, operator, names)
        made = len(self.program.inputs) + len(self.program.operations)
        results = result_names(node, operator)
        stack = module_stack(node["metadata"])
        self.program.operations.append(Operation(operator, args, kwargs, stack, len(results)))
        for at, name in enumerate(results):
            if name is not None and name in names:
                raise Refused(f"it makes the value {shown(name)} twice")
            if name is not None:
                names[name] = Ref(made, None if operator.returns in ("one", "number") else at)

    def _inline(self, node: dict[str, Any], names: dict[str, Any], depth: int) -> None:
        """Add the operations of a block run without gradients, as if they stood outside: that changes no value."""
        if depth >= _DEEPEST:
            raise Refused(f"it nests blocks without gradients more than {_DEEPEST} deep")
        inputs = items(node["inputs"], "the inputs of a block", MOST_ARGUMENTS)
        given = [record(given, "an input of a block", ("arg",))["arg"] for given in inputs]
        if len(given) < 2:
            raise Refused("a block without gradients has no graph")
        _, block = tagged(given[1], "the graph of a block", ("as_graph",))
        graph = record(record(block, "a block", ("graph",))["graph"], "a block", ("inputs", "outputs", "nodes"))
        values = [read_argument(value, names) for value in given[2:]]
        inputs = items(graph["inputs"], "the inputs of a block")
        if len(inputs) != len(values):
            raise Refused(f"a block of {len(inputs)} inputs is given {len(values)}")
        inner = dict(zip((name_given(found, "an input of a block") for found in inputs), values, strict=True))
        self._operations(graph, inner, depth + 1)
        outputs = [read_argument(value, inner) for value in items(graph["outputs"], "the outputs of a block")]
        results = [name_given(result, "a result of a block") for result in flat_results(node["outputs"])]
        if len(results) != len(outputs):
            raise Refused(f"a block of {len(outputs)} outputs has {len(results)} results")
        names.update(zip(results, outputs, strict=True))

    # -- outputs ------------------------------------------------------------------------------------------------------
    def _outputs(self, names: dict[str, Any]) -> None:
        for spec in items(self.signature["output_specs"], "output_specs"):
            kind, found = tagged(spec, "an output", _OUTPUTS)
            if kind != "user_output":
                continue  # a buffer's new value: the network is in eval mode
            arg_kind, arg = tagged(record(found, "an output", ("arg",))["arg"], "an output", KINDS)
            if arg_kind == "as_tensor":
                self.program.outputs.append(known_value(arg, names))


_STORED = {"parameter": "parameter_name", "buffer": "buffer_name", "tensor_constant": "tensor_constant_name"}
_OUTPUTS = ("user_output", "buffer_mutation")


def _size(value: Any, where: str) -> int | None:
    """A size of the image, None for one that is free."""
    kind, found = tagged(value, f"a size of {where}", ("as_int", "as_expr"))
    if kind == "as_int":
        return whole(found, f"a size of {where}", 1, 2**24)
    written = record(found, f"a size of {where}", ("expr_str",))["expr_str"]
    if not isinstance(written, str) or not _BATCH.fullmatch(written):
        raise Refused(f"the batch size of {where} is written as {shown(written)}, and must be one free symbol")
    return None
