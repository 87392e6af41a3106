"""A device that is not the CPU, on any machine: its memory is the CPU's, which PyTorch holds apart.

PyTorch leaves one kind of device to others, and lets it be made in Python. A tensor on it is a wrapper that only says
its shape, its strides and its device; what it holds is a CPU tensor that nobody else sees. Every operation is run on
what is held, and its results are wrapped again. So what raises on CUDA raises here: tensors of two devices in one
operation, `.numpy()`, a generator of another device, a compiled loop that wants the memory of a tensor. What goes
between the devices is counted, as waiting for it is what costs time on a real one.

A process has one such device, from `register` to its end: tests that use it run in a process of their own.
"""

from __future__ import annotations

import sys
import types
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils import backend_registration
from torch.utils._mode_utils import no_dispatch
from torch.utils._pytree import tree_map

NAME = "pretended"
aten = torch.ops.aten


class Transfers(Counter[tuple[str, str]]):
    """How often tensors went "up" (to the device) or "down" (to the host), by the line of convscope that asked."""

    @property
    def up(self) -> int:
        """Copies from the host to the device."""
        return sum(count for (way, _), count in self.items() if way == "up")

    @property
    def down(self) -> int:
        """Copies from the device to the host, and numbers that Python asks for: each waits for the device."""
        return sum(count for (way, _), count in self.items() if way == "down")


_counts: list[Transfers] = []


@contextmanager
def counted() -> Iterator[Transfers]:
    """What goes between host and device in the block, by whichever thread."""
    found = Transfers()
    _counts.append(found)
    try:
        yield found
    finally:
        _counts.remove(found)


def _count(way: str) -> None:
    if not _counts:
        return
    frame = sys._getframe(1)
    while frame is not None and "/convscope/" not in frame.f_code.co_filename:
        frame = frame.f_back
    at = f"{frame.f_code.co_filename.rpartition('/convscope/')[2]}:{frame.f_lineno}" if frame else "elsewhere"
    for found in _counts:
        found[way, at] += 1


class Held(Tensor):
    """A tensor of the device. `held` is what it holds, on the CPU."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> Held:
        """The wrapper of a CPU tensor: of its shape, strides and dtype."""
        made = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls, held.size(), strides=held.stride(), storage_offset=held.storage_offset(), dtype=held.dtype,
            layout=held.layout, device=torch.device(NAME, 0), requires_grad=False,
        )  # fmt: skip
        made.held = held
        return made

    __torch_function__ = torch._C._disabled_torch_function_impl  # a tensor like any other, no subclass to be kept

    def __repr__(self, **_: Any) -> str:
        """What it holds, and where."""
        return f"{NAME}({self.held!r})"

    def __format__(self, spec: str) -> str:
        """A number as a number."""
        return format(self.item(), spec) if self.dim() == 0 else repr(self)

    @property
    def data(self) -> Tensor:
        """The same memory, without a history."""
        return self.detach()

    @data.setter
    def data(self, new: Held) -> None:
        Tensor.data.__set__(self, new)  # type: ignore[attr-defined]
        self.held = new.held

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        """A copy with a memory of its own, a parameter if this is one."""
        made = Held(self.held.detach().clone())
        copied = torch.nn.Parameter(made, self.requires_grad) if isinstance(self, torch.nn.Parameter) else made
        memo[id(self)] = copied.requires_grad_(self.requires_grad)
        return copied

    def tolist(self) -> Any:
        """The numbers; PyTorch's own knows no wrappers."""
        return self.cpu().tolist()

    def numpy(self, *, force: bool = False) -> Any:
        """Raises, as on CUDA, unless forced."""
        if force:
            return self.detach().cpu().numpy()
        raise TypeError(f"can't convert {NAME}:0 device type tensor to numpy. Use Tensor.cpu() first")

    def untyped_storage(self) -> torch.UntypedStorage:
        """What it holds its numbers in, to tell whether two tensors share it."""
        return self.held.untyped_storage()

    def data_ptr(self) -> int:
        """Raises: nothing on the host reads the memory of a device."""
        raise RuntimeError(f"the memory of a tensor on {NAME}:0 was asked for")

    @classmethod
    def __torch_dispatch__(
        cls, operation: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """The operation's results, computed on what its operands hold."""
        return run(operation, args, kwargs or {})


# Operations in which a real device takes a tensor of the host: copies, and indices.
_BETWEEN = {"copy_", "_to_copy", "_copy_from", "_copy_from_and_resize"}
_INDEXED = {"index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index"}
_ASKING = {"_local_scalar_dense", "item", "equal", "nonzero", "masked_select", "unique_dim", "_unique2"}


def run(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What an operation gives for tensors of the device and of the host, as a real device would give it."""
    name = operation._schema.name.partition("::")[2]
    if name in _BETWEEN:
        return _between(operation, name, args, kwargs)
    if kwargs.get("device") is not None and torch.device(kwargs["device"]).type == "cpu":
        return _unwrapped_result(operation, args, kwargs)
    _check(operation, name, args, kwargs)
    if name in _ASKING or (name in _INDEXED and any(_is_mask(leaf) for leaf in _tensors(args[1]))):
        _count("down")  # how large the result is depends on numbers of the device
    for leaf in _tensors(args[1]) if name in _INDEXED else ():
        if not isinstance(leaf, Held):
            _count("up")
    own = _inner(args), _inner(kwargs)
    if "device" in own[1]:
        own[1]["device"] = torch.device("cpu")
    if own[1].get("pin_memory"):
        own[1]["pin_memory"] = False
    with torch.inference_mode(False):  # what is held is not looked after: the wrappers are
        found = operation(*own[0], **own[1])
    if torch.Tag.inplace_view in operation.tags:  # which changes strides: those that the wrapper says as well
        with no_dispatch():
            operation(*args, **kwargs)
    with torch.inference_mode(torch.is_inference_mode_enabled() and not _of_a_usual_tensor(operation, args)):
        return _wrapped(found, args, kwargs)


def _of_a_usual_tensor(operation: Any, args: tuple[Any, ...]) -> bool:
    """Whether the result is a view of a tensor that was not made in inference mode: then nor is it."""
    of = next((leaf for leaf in args if isinstance(leaf, Held)), None)
    return of is not None and not of.is_inference() and any(one.alias_info for one in operation._schema.returns)


def _inner(tree: Any) -> Any:
    return tree_map(lambda leaf: leaf.held if isinstance(leaf, Held) else leaf, tree)


def _wrapped(found: Any, args: Any, kwargs: Any) -> Any:
    """The results, each that is one of the operands the operand itself."""
    known: dict[int, Tensor] = {}
    tree_map(lambda leaf: known.setdefault(id(leaf.held), leaf) if isinstance(leaf, Held) else None, (args, kwargs))

    def wrap(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor) or isinstance(leaf, Held):
            return leaf
        mine = known.get(id(leaf))
        if mine is None:
            return Held(leaf)
        if mine.shape != leaf.shape or mine.stride() != leaf.stride():
            raise RuntimeError(f"a tensor of the {NAME} device cannot be resized: {mine.shape} to {leaf.shape}")
        return mine

    return tree_map(wrap, found)


def _unwrapped_result(operation: Any, args: Any, kwargs: Any) -> Any:
    """What is asked for on the host of tensors of the device (zeros_like with device=): of their shapes alone."""
    return operation(*_inner(args), **_inner(kwargs))


def _check(operation: Any, name: str, args: Any, kwargs: Any) -> None:
    """Raises for operands that a real device would not take."""
    wanted = "indices" if name in _INDEXED else None
    pointwise = torch.Tag.pointwise in operation.tags or name in {"fill_", "masked_fill", "masked_fill_", "where"}
    named = zip([argument.name for argument in operation._schema.arguments], args, strict=False)
    for role, value in [*named, *kwargs.items()]:
        if role == "generator" and value is not None and value.device.type != NAME:
            raise RuntimeError(f"Expected a '{NAME}' device type for generator but found '{value.device.type}'")
        for leaf in _tensors(value):
            if isinstance(leaf, Held) or role == wanted or (leaf.dim() == 0 and (pointwise or name in _INDEXED)):
                continue
            raise RuntimeError(
                f"Expected all tensors to be on the same device, but found {NAME}:0 and {leaf.device} in {name}"
            )


def _is_mask(leaf: Tensor) -> bool:
    return isinstance(leaf, Held) and leaf.dtype in (torch.bool, torch.uint8)


def _tensors(tree: Any) -> Iterator[Tensor]:
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, list | tuple):
        for item in tree:
            yield from _tensors(item)


def _between(operation: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A copy, which may go from one device to the other."""
    if name == "_to_copy":
        device = kwargs.get("device")
        to = torch.device(NAME) if device is None else torch.device(device)
        (source,) = args
        asked = {key: value for key, value in kwargs.items() if key not in ("device", "pin_memory", "non_blocking")}
        if isinstance(source, Held) and to.type == "cpu":
            _count("down")
        elif not isinstance(source, Held):
            _count("up")
        found = operation(_inner(source), **asked)
        return Held(found) if to.type == NAME else found
    if name in ("_copy_from", "_copy_from_and_resize"):
        source, target = args[0], args[1]
    else:
        target, source = args[0], args[1]
    if isinstance(target, Held) != isinstance(source, Held):
        _count("up" if isinstance(target, Held) else "down")
    _inner(target).copy_(_inner(source))
    return target


# -- what makes tensors -----------------------------------------------------------------------------------------------
_LEFT_OUT = ("sparse", "quantized", "cudnn", "mkldnn", "nested", "from_file", "_make_dep_token", "_test")


def _factories() -> Iterator[tuple[str, Any]]:
    """The operations that make a tensor of no other: their names, and they themselves.

    Each is registered, `arange` as well as `empty`: PyTorch's own would make an empty tensor and resize it, and the
    size of a wrapper is that with which it was made.
    """
    for full in torch._C._dispatch_get_all_op_names():
        space, _, rest = full.partition("::")
        if space != "aten" or any(part in rest for part in _LEFT_OUT):
            continue
        name, _, overload = rest.partition(".")
        operation = getattr(getattr(aten, name, None), overload or "default", None)
        if operation is None:
            continue
        takes, gives = operation._schema.arguments, operation._schema.returns
        if any("Tensor" in str(one.type) for one in takes) or not any(one.name == "device" for one in takes):
            continue
        if len(gives) == 1 and "Tensor" in str(gives[0].type):
            yield rest, operation


def _made(operation: Any) -> Callable[..., Tensor]:
    def make(*args: Any, **kwargs: Any) -> Tensor:
        if (generator := kwargs.get("generator")) is not None:
            raise RuntimeError(f"Expected a '{NAME}' device type for generator but found '{generator.device.type}'")
        kwargs["device"] = torch.device("cpu")
        kwargs.pop("pin_memory", None)
        return Held(operation(*args, **kwargs))

    return make


def _copy_from(source: Tensor, target: Tensor, non_blocking: bool = False) -> Tensor:
    """What `torch.tensor(numbers, device=...)` calls, past every wrapper's own rule."""
    return _between(aten._copy_from.default, "_copy_from", (source, target), {})


def _copied(source: Tensor, **kwargs: Any) -> Tensor:
    return _between(aten._to_copy.default, "_to_copy", (source,), kwargs)


def _module() -> types.ModuleType:
    """What `torch.NAME` is: the functions that PyTorch asks of a device."""
    module = types.ModuleType(f"torch.{NAME}")
    state = torch.zeros(1, dtype=torch.uint8)
    answers: dict[str, Any] = {
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "set_device": lambda device: None,
        "_is_in_bad_fork": lambda: False,
        "_lazy_init": lambda: None,
        "synchronize": lambda device=None: None,
        "manual_seed": lambda seed: None,  # what draws on it draws the CPU's numbers
        "manual_seed_all": lambda seed: None,
        "get_rng_state": lambda device=NAME: state,
        "set_rng_state": lambda new, device=NAME: None,
        "get_amp_supported_dtype": lambda: [torch.float16, torch.bfloat16],
    }
    for name, answer in answers.items():
        setattr(module, name, answer)
    return module


POSSIBLE = hasattr(backend_registration, "_setup_privateuseone_for_python_backend")
"""Whether devices can be made in Python, as from torch 2.10 on."""
_registered: list[torch.library.Library] = []


def register() -> torch.device:
    """The device, made at the first call. Nothing may have been carried back in the process before."""
    if not _registered:
        backend_registration._setup_privateuseone_for_python_backend(NAME, backend_module=_module())
        library = torch.library.Library("aten", "IMPL")
        for name, operation in _factories():
            library.impl(name, _made(operation), "PrivateUse1")
        library.impl("_copy_from", _copy_from, "PrivateUse1")
        casting = torch.library.Library("_", "IMPL")
        casting.fallback(torch.library.fallthrough_kernel, "AutocastPrivateUse1")  # nothing is cast there
        _registered.extend((library, casting))  # what is registered lives as long as these do
    return torch.device(NAME, 0)
