"""From a module to an exported program, leaving the module as it was."""

from __future__ import annotations

import copy
import importlib
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram
from torch.fx import GraphModule, Interpreter, Node

from convscope.errors import ShapeError, TraceError
from convscope.graph.names import DROPPING, PASSED_ON
from convscope.graph.outside import caches_kept, variables_kept
from convscope.graph.refusals import refusal

log = logging.getLogger(__name__)


def _heaviside(x: Tensor, at_zero: Tensor) -> Tensor:
    return torch.where(x == 0, at_zero, (x > 0).to(at_zero.dtype))


_DECOMPOSED: dict[Any, Callable[..., Any]] = {torch.ops.aten.heaviside.default: _heaviside}
"""What PyTorch has no derivative of, by what has one."""


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """The module in eval mode for the time of the block; every submodule's mode is put back, also after an error."""
    modes = [(m, m.training) for m in module.modules()]
    try:
        module.eval()
        yield
    finally:
        for m, training in modes:
            m.training = training


def parameter_kind(module: nn.Module) -> tuple[torch.device, torch.dtype]:
    """The device and floating dtype of the module's first floating parameter or buffer; CPU float32 if it has none."""
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point():
            return tensor.device, tensor.dtype
    return torch.device("cpu"), torch.float32


def export_module(module: nn.Module, input_shape: tuple[int, int, int]) -> ExportedProgram:
    """The functional ATen program of `module` in eval mode, for any batch size if it allows that, else for one image.

    Raises:
        ShapeError: if `input_shape` is not (channels, height, width).
        TraceError: if torch.export cannot follow the model.
    """
    if len(input_shape) != 3 or not all(isinstance(n, int) and n > 0 for n in input_shape):
        raise ShapeError(f"input_shape={input_shape!r} is not (channels, height, width), three positive integers")
    device, dtype = parameter_kind(module)
    if any(tensor.is_inference() for tensor in (*module.parameters(), *module.buffers())):
        module = copy.deepcopy(module)  # torch.export takes no tensors that were made in inference mode
    with evaluating(module):
        try:
            return _export(module, torch.zeros(2, *input_shape, device=device, dtype=dtype), free=True)
        except _EXPORT_ERRORS as error:
            log.info("no free batch size for %s: %s", type(module).__name__, _first_lines(error))
        try:
            return _export(module, torch.zeros(1, *input_shape, device=device, dtype=dtype), free=False)
        except _EXPORT_ERRORS as error:
            raise TraceError(refusal(module) or _explain(module, input_shape, error)) from error


# torch.export passes on whatever the model's own forward raises while it is traced.
_EXPORT_ERRORS = (
    RuntimeError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    ImportError,
    OSError,
)


def _export(module: nn.Module, example: Tensor, *, free: bool) -> ExportedProgram:
    shapes = ({0: Dim.DYNAMIC},) if free else None
    with (
        warnings.catch_warnings(),
        torch.no_grad(),
        _state_kept(module),
        caches_kept(module),
        variables_kept(module),
        _quiet(),
        _writable(),
    ):
        warnings.simplefilter("ignore")  # torch warns of its own deprecations while it exports
        program = torch.export.export(module, (example,), dynamic_shapes=shapes)
        with _names_in_blocks(program), _dropping_told(program):
            return program.run_decompositions(_DECOMPOSED)


@contextmanager
def _state_kept(module: nn.Module) -> Iterator[None]:
    """What a forward pass would change (counters, caches, lists that it appends to) is put back, each object itself.

    torch.export puts attributes back as well, but lists and dicts as copies, which holders of the originals would miss.
    """
    buffers = {name: b.detach().clone() for name, b in module.named_buffers()}
    versions = {name: b._version for name, b in module.named_buffers()}
    attributes = [_contents(vars(m)) for m in module.modules()]
    try:
        yield
    finally:
        for put_back in attributes:
            put_back()
        with torch.no_grad():
            for name, buffer in module.named_buffers():
                if name in buffers and buffer._version != versions[name] and not torch.equal(buffer, buffers[name]):
                    buffer.copy_(buffers[name])


def _contents(container: dict[Any, Any] | list[Any] | set[Any]) -> Callable[[], None]:
    """A function that gives a container, and the containers in it, what they hold now."""
    items = container.values() if isinstance(container, dict) else container
    inner = [_contents(item) for item in items if isinstance(item, dict | list | set)]
    held = copy.copy(container)

    def put_back() -> None:
        for restore in inner:
            restore()
        if isinstance(container, list):
            container[:] = held
        else:
            container.clear()
            container.update(held)

    return put_back


@contextmanager
def _writable() -> Iterator[None]:
    """A block in which a forward pass may write what a module holds (lists, dicts, tensors), as from torch 2.13 on.

    Before, torch.export compared it with what was there, and refused the module or failed; it is put back here.
    """
    module, name = vars(importlib.import_module("torch.export._trace")), "_detect_attribute_assignment"
    if _TORCH >= (2, 13) or name not in module:
        yield
        return
    before = module[name]
    module[name] = lambda _: nullcontext()
    try:
        yield
    finally:
        module[name] = before


_TORCH = tuple(int(part) for part in torch.__version__.split(".")[:2])
_LOGGERS = ("torch._subclasses.fake_tensor", "torch.fx.experimental.symbolic_shapes")


@contextmanager
def _quiet() -> Iterator[None]:
    """A block in which torch says nothing of a failure but raises it: it would log tracebacks and print the graph."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.disabled for logger in loggers]
    with ExitStack() as put_back:
        for logger, disabled in zip(loggers, before, strict=True):
            put_back.callback(setattr, logger, "disabled", disabled)
            logger.disabled = True
        put_back.enter_context(_unprinted("torch.export._trace"))
        yield


@contextmanager
def _unprinted(name: str) -> Iterator[None]:
    """A block in which one module of torch prints nothing; who else prints, does."""
    module = vars(importlib.import_module(name))
    module["print"] = lambda *_, **__: None
    try:
        yield
    finally:
        module.pop("print", None)


@contextmanager
def _names_in_blocks(program: ExportedProgram) -> Iterator[None]:
    """A block in which what stands in a `with` of the module (autocast) is decomposed node by node.

    As a whole, its operations would all be taken for the module's own that the block stands in (torch 2.13).
    """
    inner = [m for m in program.graph_module.modules() if isinstance(m, GraphModule) and m is not program.graph_module]
    for block in inner:
        block.forward = partial(_node_by_node, block)
    try:
        yield
    finally:
        for block in inner:
            del block.forward


@contextmanager
def _dropping_told(program: ExportedProgram) -> Iterator[None]:
    """A block in which the nodes that a dropout passes on say which modules do so, in metadata that decomposing keeps.

    Decomposed, a dropout that drops nothing is a copy (torch 2.13) or nothing at all (2.14).
    """
    told: list[Node] = []
    for node in program.graph.nodes:
        if node.op == "call_function" and node.target in DROPPING and node.meta.get("nn_module_stack"):
            passed = node.args[0]
            while isinstance(passed, Node) and passed.target in DROPPING:
                passed = passed.args[0]
            if isinstance(passed, Node):
                passed.meta.setdefault("custom", {}).setdefault(PASSED_ON, []).append(node.meta["nn_module_stack"])
                told.append(passed)
    try:
        yield
    finally:
        for node in told:
            node.meta["custom"].pop(PASSED_ON, None)


def _node_by_node(block: GraphModule, *args: Any) -> Any:
    return Interpreter(block).run(*args)


def functional(program: ExportedProgram) -> ExportedProgram:
    """The same program in functional form; a program read from a file may still mutate its values."""
    with warnings.catch_warnings(), torch.no_grad(), _names_in_blocks(program), _dropping_told(program):
        warnings.simplefilter("ignore")
        return copy.copy(program).run_decompositions(_DECOMPOSED)


def _first_lines(error: BaseException, count: int = 3) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " | ".join(lines[:count]) or type(error).__name__


def _explain(module: nn.Module, input_shape: tuple[int, int, int], error: BaseException) -> str:
    first, *_, last = input_shape
    taken = next((part.in_channels for part in module.modules() if isinstance(part, nn.Conv2d)), None)
    if taken == last != first:
        return (
            f"{type(module).__name__} takes {taken} channels, and images of shape {tuple(input_shape)} have {first}: "
            f"input_shape= is (channels, height, width), here {(last, *input_shape[:2])}"
        )
    return (
        f"{type(module).__name__} cannot be exported for images of shape {tuple(input_shape)}. torch.export said: "
        f"{type(error).__name__}: {_first_lines(error)}. Check that the model runs on a tensor of shape (1, "
        f"{', '.join(map(str, input_shape))}); control flow that depends on pixel values, and calls out of PyTorch, "
        "must go; or export it yourself with torch.export and pass the program (Network.from_export, 'pt2:FILE')"
    )
