"""A program as JSON without its weights, and back: each value looked at, operators by the list that `pt2:` has.

Tensors are written as the names that they have in the module. A program with others, which were computed from weights
while it was traced, is not described; nor is one whose steps are made in another way than from their calls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.graph.gates import replace_call
from convscope.graph.heads import Output
from convscope.graph.names import Origin
from convscope.graph.nouns import Value
from convscope.graph.program import Program
from convscope.graph.steps import BatchSize, Call, Slot, Step, make_step
from convscope.graph.steps.base import tensors_in
from convscope.models.exported.fields import Refused, items, number, record, shown, tagged, text, truth, whole
from convscope.models.exported.operators import resolve

_LRN = "local_response_norm"
_FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last, "kept": torch.preserve_format}
_DTYPES = {str(one).removeprefix("torch."): one for one in (
    torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.bfloat16, torch.float32,
    torch.float64, torch.bool,
)}  # fmt: skip
_MOST_STEPS = 20_000
_LARGEST = 2**31 - 1
_DEEPEST = 8


# -- writing ----------------------------------------------------------------------------------------------------------
def described(program: Program, module: nn.Module) -> dict[str, Any] | None:
    """The program as JSON values, its tensors by their names in the module; None where that cannot say all of it.

    What is written is read again and compared before it is given, so that what is kept is the program.
    """
    names = _named(module)
    try:
        written = {
            "input_shape": list(program.input_shape),
            "any_batch": program.any_batch,
            "dtype": _name(_DTYPES, program.dtype),
            "values": [_value_written(value) for value in program.values],
            "steps": [_step_written(step, program, names) for step in program.steps],
            "aliases": dict(program.aliases),
            "outputs": [[output.name, output.value] for output in program.outputs],
            "output": program.output,
        }
        again = rebuilt(written, module)
    except (_Unsaid, Refused):
        return None
    return written if not program.random and _same_programs(program, again) else None


class _Unsaid(Exception):
    """Something that a description cannot say."""


def _tensors(module: nn.Module) -> dict[str, Tensor]:
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


def _identity(tensor: Tensor) -> tuple[Any, ...]:
    """What tells a tensor from all others that share no memory with it in the same way."""
    return tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype, str(tensor.device)


def _memory(tensor: Tensor) -> tuple[Any, ...]:
    """What tensors have in common that are views of one another, whole and in order."""
    return tensor.data_ptr(), tensor.numel(), tensor.dtype, str(tensor.device)


def _named(module: nn.Module) -> dict[Any, str]:
    """The names of a module's tensors, by what tells them apart; and by their memory, where they lie there in order."""
    tensors = _tensors(module).items()
    found = {_memory(tensor): name for name, tensor in tensors if tensor.is_contiguous()}
    return {**found, **{_identity(tensor): name for name, tensor in tensors}}


def _name(known: Mapping[str, Any], value: Any) -> str:
    for name, one in known.items():
        if one == value:
            return name
    raise _Unsaid


def _value_written(value: Value) -> list[Any]:
    if value.complex:
        raise _Unsaid
    layout, at = value.layout, value.batch_at
    flags = [value.batched, value.depends, value.floating]
    return [list(value.shape), None if layout is None else list(layout), *flags, None if at is None else list(at)]


def _step_written(step: Step, program: Program, names: Mapping[Any, str]) -> dict[str, Any]:
    call = step.call
    if call.sources != tuple(program.values[i] for i in call.inputs) or call.result != program.values[step.index]:
        raise _Unsaid
    return {
        "name": step.name,
        "target": _target_written(call.target),
        "args": [_leaf_written(arg, names) for arg in call.args],
        "kwargs": {key: _leaf_written(arg, names) for key, arg in call.kwargs.items()},
        "inputs": list(call.inputs),
        "pick": call.pick,
        "held": list(call.held),
        "calls": [list(pair) for pair in program.origins[step.index].calls],
    }


def _target_written(target: Any) -> str:
    if target is F.local_response_norm:
        return _LRN
    if not isinstance(target, torch._ops.OpOverload):
        raise _Unsaid
    return f"torch.ops.{target}"


def _leaf_written(leaf: Any, names: Mapping[Any, str]) -> Any:
    if leaf is None or type(leaf) in (bool, int, str):
        return leaf
    if type(leaf) is float:
        return (
            leaf if math.isfinite(leaf) else {"float": {"inf": "Infinity", "-inf": "-Infinity"}.get(str(leaf), "NaN")}
        )
    if isinstance(leaf, Slot):
        return {"slot": leaf.number}
    if isinstance(leaf, BatchSize):
        return {"batch": [leaf.factor, leaf.offset]}
    if isinstance(leaf, Tensor):
        return _tensor_written(leaf, names)
    if isinstance(leaf, torch.dtype):
        return {"dtype": _name(_DTYPES, leaf)}
    if isinstance(leaf, torch.memory_format):
        return {"format": _name(_FORMATS, leaf)}
    if isinstance(leaf, torch.device) and leaf == torch.device("cpu"):
        return {"device": "cpu"}
    if leaf is torch.strided:
        return {"layout": "strided"}
    if isinstance(leaf, tuple):
        return {"tuple": [_leaf_written(one, names) for one in leaf]}
    if isinstance(leaf, list):
        return [_leaf_written(one, names) for one in leaf]
    raise _Unsaid


def _tensor_written(tensor: Tensor, names: Mapping[Any, str]) -> Any:
    """A tensor of the module, or a view of one, such as a factor for each channel that stands before two dimensions."""
    if tensor.numel() and (known := names.get(_identity(tensor))) is not None:
        return {"state": known}
    if tensor.numel() and tensor.is_contiguous() and (known := names.get(_memory(tensor))) is not None:
        return {"view": [known, list(tensor.shape)]}
    raise _Unsaid


def _same_programs(one: Program, other: Program) -> bool:
    """Whether two programs are the same, step by step, of the same tensors."""
    for name in ("values", "origins", "aliases", "outputs", "output", "input_shape", "any_batch", "dtype", "random"):
        if getattr(one, name) != getattr(other, name):
            return False
    return len(one.steps) == len(other.steps) and all(map(_same_steps, one.steps, other.steps))


def _same_steps(one: Step, other: Step) -> bool:
    mine, theirs = one.call, other.call
    told = ("target", "inputs", "sources", "result", "pick", "held")
    same = type(one) is type(other) and (one.index, one.name, one.op) == (other.index, other.name, other.op)
    if not same or any(getattr(mine, name) != getattr(theirs, name) for name in told):
        return False
    tensors = [[*tensors_in((call.args, call.kwargs))] for call in (mine, theirs)]
    if [_identity(tensor) for tensor in tensors[0]] != [_identity(tensor) for tensor in tensors[1]]:
        return False
    return _plain((mine.args, mine.kwargs)) == _plain((theirs.args, theirs.kwargs))


def _plain(tree: Any) -> Any:
    """Arguments with a mark for each tensor, and the types of lists and numbers beside them."""
    if isinstance(tree, Tensor):
        return "tensor"
    if isinstance(tree, list | tuple):
        return isinstance(tree, list), [_plain(one) for one in tree]
    if isinstance(tree, dict):
        return {key: _plain(one) for key, one in tree.items()}
    return type(tree), repr(tree)


# -- reading ----------------------------------------------------------------------------------------------------------
def rebuilt(written: Any, module: nn.Module) -> Program:
    """The program of a description, with the module's tensors.

    Raises:
        Refused: for anything that is not as `described` writes it for a network on images.
    """
    found = record(written, "the program", ("input_shape", "any_batch", "dtype", "values", "steps", "outputs"))
    state = {name: tensor.detach() for name, tensor in _tensors(module).items()}
    values = tuple(_value_read(value) for value in items(found["values"], "the values", _MOST_STEPS + 1))
    steps, origins = [], {}
    for index, step in enumerate(items(found["steps"], "the steps", _MOST_STEPS), 1):
        made, origins[index] = _step_read(index, record(step, "a step", _STEP), values, state)
        steps.append(made)
    if len(values) != len(steps) + 1:
        raise Refused(f"it has {len(values)} values for {len(steps)} steps")
    shape = _sizes(found["input_shape"], "the input's shape", 1)
    if len(shape) != 3 or values[0] != Value((shape[0], shape[1], shape[2]), (2, 3)):
        raise Refused("its image is no image")
    outputs = tuple(_output_read(one, len(steps)) for one in items(found["outputs"], "the outputs"))
    aliases = {
        text(name, "an alias"): whole(value, "an alias", 0, len(steps))
        for name, value in record(found.get("aliases"), "the aliases").items()
    }
    if not outputs or any(step.call.result != values[step.index] for step in steps):
        raise Refused("it has no outputs, or values of others")
    return Program(
        tuple(steps), values, origins, aliases, outputs, whole(found.get("output"), "the output", 1, len(steps)),
        (shape[0], shape[1], shape[2]), truth(found["any_batch"], "any_batch"),
        _of(_DTYPES, found["dtype"], "a dtype"),
    )  # fmt: skip


_STEP = ("name", "target", "args", "kwargs", "inputs", "pick", "held", "calls")


def _step_read(
    index: int, found: dict[str, Any], values: tuple[Value, ...], state: Mapping[str, Tensor]
) -> tuple[Step, Origin]:
    if index >= len(values):
        raise Refused("it has more steps than values")
    inputs = tuple(whole(i, "an input", 0, index - 1) for i in items(found["inputs"], "the inputs", 1024))
    held = tuple(whole(i, "a gate", 0, len(inputs) - 1) for i in items(found["held"], "the gates", 1024))

    def leaf(value: Any, deep: int = 0) -> Any:
        return _leaf_read(value, len(inputs), state, deep)

    kwargs = {text(key, "a keyword"): leaf(arg) for key, arg in record(found["kwargs"], "the keywords").items()}
    target = _target_read(found["target"])
    args = tuple(leaf(arg) for arg in items(found["args"], "the arguments", 1024))
    pick = None if found["pick"] is None else whole(found["pick"], "a result", 0, 1024)
    sources = tuple(values[i] for i in inputs)
    call = Call(target, args, kwargs, inputs, sources, values[index], pick)
    try:
        step = make_step(index, text(found["name"], "a name"), call)
        step = replace_call(step, held) if held else step
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RuntimeError) as error:
        raise Refused(f"its operation {shown(found['target'])} does not fit its arguments") from error
    calls = [tuple(text(part, "a module", 65536) if part else "" for part in items(pair, "a module", 2))
             for pair in items(found["calls"], "the modules", 256)]  # fmt: skip
    if any(len(pair) != 2 for pair in calls):
        raise Refused("a module has a name and a path")
    return step, Origin(tuple((pair[0], pair[1]) for pair in calls))


def _target_read(name: Any) -> Callable[..., Any]:
    if name == _LRN:
        return F.local_response_norm
    operator = resolve(text(name, "an operator"))
    if not isinstance(operator.target, torch._ops.OpOverload):
        raise Refused(f"{shown(name)} is no operator on tensors")
    return operator.target


def _leaf_read(value: Any, slots: int, state: Mapping[str, Tensor], deep: int) -> Any:
    if deep > _DEEPEST:
        raise Refused("its arguments are nested too deep")
    if value is None or type(value) is bool:
        return value
    if type(value) is int:
        return whole(value, "an argument", -(2**63), 2**63 - 1)
    if type(value) is float:
        return number(value, "an argument")
    if isinstance(value, str):
        return text(value, "an argument", 64)
    if isinstance(value, list):
        return [_leaf_read(one, slots, state, deep + 1) for one in items(value, "an argument", 65536)]
    kind, found = tagged(value, "an argument", _LEAVES)
    if kind == "slot":
        return Slot(whole(found, "a slot", 0, slots - 1))
    if kind == "batch":
        factor, offset = (whole(n, "a batch size", -_LARGEST, _LARGEST) for n in items(found, "a batch size", 2))
        return BatchSize(factor, offset)
    if kind == "state":
        return _state_read(found, state)
    if kind == "view":
        return _view_read(found, state)
    if kind == "tuple":
        return tuple(_leaf_read(one, slots, state, deep + 1) for one in items(found, "an argument", 65536))
    return _LEAVES[kind](found)


def _state_read(name: Any, state: Mapping[str, Tensor]) -> Tensor:
    if not isinstance(name, str) or name not in state:
        raise Refused(f"the module has no tensor {shown(name)}")
    return state[name]


def _view_read(found: Any, state: Mapping[str, Tensor]) -> Tensor:
    parts = items(found, "a view", 2)
    if len(parts) != 2:
        raise Refused("a view has a tensor and a shape")
    tensor, shape = _state_read(parts[0], state), _sizes(parts[1], "a shape", 1)
    if not tensor.is_contiguous() or math.prod(shape) != tensor.numel():
        raise Refused(f"{shown(parts[0])} has no view of shape {shown(shape)}")
    return tensor.view(shape)


def _of(known: Mapping[str, Any], value: Any, what: str) -> Any:
    if not isinstance(value, str) or value not in known:
        raise Refused(f"{shown(value)} is not {what}")
    return known[value]


_LEAVES: dict[str, Callable[[Any], Any]] = {
    "slot": lambda _: None,
    "batch": lambda _: None,
    "state": lambda _: None,
    "view": lambda _: None,
    "tuple": lambda _: None,
    "float": lambda value: number(value, "an argument"),
    "dtype": lambda value: _of(_DTYPES, value, "a dtype"),
    "format": lambda value: _of(_FORMATS, value, "a memory format"),
    "device": lambda value: _of({"cpu": torch.device("cpu")}, value, "a device"),
    "layout": lambda value: _of({"strided": torch.strided}, value, "a layout"),
}


def _value_read(value: Any) -> Value:
    parts = items(value, "a value", 6)
    if len(parts) != 6:
        raise Refused("a value has six parts")
    shape, layout, batched, depends, floating, at = parts
    sizes = _sizes(shape, "a shape", -1)
    rows = None if layout is None else tuple(
        whole(dim, "a layout", 1, len(sizes)) for dim in items(layout, "a layout", 2)
    )  # fmt: skip
    grows = None if at is None else tuple(whole(n, "a batch", -_LARGEST, _LARGEST) for n in items(at, "a batch", 3))
    if (rows is not None and (len(rows) != 2 or rows[0] == rows[1])) or (
        grows is not None and (len(grows) != 3 or not grows[1] or not 0 <= grows[0] <= len(sizes))
    ):
        raise Refused("a value has another layout than one of rows and columns")
    batched, depends, floating = (truth(one, "a value") for one in (batched, depends, floating))
    layout = None if rows is None else (rows[0], rows[1])
    return Value(sizes, layout, batched, depends, floating, None if grows is None else (grows[0], grows[1], grows[2]))


def _sizes(value: Any, what: str, low: int) -> tuple[int, ...]:
    return tuple(whole(side, what, low, _LARGEST) for side in items(value, what, 16))


def _output_read(value: Any, steps: int) -> Output:
    parts = items(value, "an output", 2)
    if len(parts) != 2:
        raise Refused("an output has a name and a value")
    return Output(text(parts[0], "an output") if parts[0] else "", whole(parts[1], "an output", 1, steps))


__all__ = ["described", "rebuilt"]
