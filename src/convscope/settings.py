"""Settings of the process that change what PyTorch and NumPy compute, put aside while an answer is computed.

An answer depends on its network, its images and its options, never on what the program around it has set. What can be
named where it is used is named there: the dtype and the device of every new tensor. The rest is put aside by
`usual_settings`, around every public function that computes: autocast, inference mode and whether gradients are
recorded, lower precision inside of float32 products, the device of new tensors (for PyTorch's own code), and whether
NumPy raises where it usually warns.

The default dtype is put aside only by `float32_by_default`, while modules of other packages are made. It, and the
precision of products, are settings of the whole process: they are put back when the last of several threads is done.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Generic, Literal, TypeVar

import numpy as np
import torch

T = TypeVar("T")

Making = Literal["cpu", "as set"]

_AUTOCASTING = ("cpu", "cuda", "xpu", "mps")
_here = threading.local()


@contextmanager
def usual_settings(making: Making = "cpu") -> Iterator[None]:
    """A block, or as a decorator a function, that computes as in a process where nothing was set; all is put back.

    Within another such block nothing is done: what is asked for inside of it stays. `making`: new tensors whose device
    is not named are on the "cpu", or where the process has them ("as set"), which a module that is traced may rely on.

    >>> with torch.inference_mode(), usual_settings():
    ...     torch.is_inference_mode_enabled()
    False
    """
    if getattr(_here, "inside", False):
        yield
        return
    _here.inside = True
    try:
        with ExitStack() as put_aside:
            for change in _changes(making):
                put_aside.enter_context(change)
            yield
    finally:
        _here.inside = False


def each_in_usual_settings(make: Callable[[], Iterator[T]]) -> Iterator[T]:
    """The items of the iterator that `make` gives, each computed in `usual_settings`, which end before it is seen."""
    with usual_settings():
        items = make()
    try:
        while True:
            with usual_settings():
                try:
                    item = next(items)
                except StopIteration:
                    return
            yield item
    finally:
        close = getattr(items, "close", None)
        if close is not None:
            close()


def _changes(making: Making) -> Iterator[AbstractContextManager[Any]]:
    """What puts aside whatever is set otherwise; nothing where nothing is, which is nearly always."""
    for device in _AUTOCASTING:
        if torch.is_autocast_enabled(device):
            yield torch.autocast(device, enabled=False)
    if torch.is_inference_mode_enabled():
        yield torch.inference_mode(False)
    if not torch.is_grad_enabled():
        yield torch.enable_grad()
    if making == "cpu" and _default_device() != "cpu":
        yield torch.device("cpu")
    yield np.errstate(divide="warn", over="warn", under="ignore", invalid="warn")
    if _PRECISION.held or not all(one in _EXACT for one in _precisions()):
        yield _PRECISION.usual()


def _default_device() -> str:
    """The kind of device that tensors are made on."""
    try:
        return torch.get_default_device().type
    except AttributeError:  # torch 2.9, once it was told that there is to be none any more
        return "cpu"


# -- settings of all threads ------------------------------------------------------------------------------------------
class _Shared(Generic[T]):
    """A setting of the whole process, put aside from the first block that asks for it to the end of the last."""

    def __init__(self, read: Callable[[], T], write: Callable[[T], None], usual: T) -> None:
        self._read, self._write, self._usual = read, write, usual
        self._lock = threading.Lock()
        self._before = usual
        self._held = 0

    @property
    def held(self) -> bool:
        """Whether a block holds the setting: another that asks for it holds it longer."""
        return self._held > 0

    @contextmanager
    def usual(self) -> Iterator[None]:
        """A block in which the setting is the usual one."""
        with self._lock:
            if not self._held:
                self._before = self._read()
                self._write(self._usual)
            self._held += 1
        try:
            yield
        finally:
            with self._lock:
                self._held -= 1
                if not self._held:
                    self._write(self._before)


def _products() -> tuple[Any, ...]:
    """What keeps how float32 products are computed: on a CPU, and matrix products on CUDA.

    Not CUDA's convolutions: what PyTorch does there unless told otherwise is TF32, and who has turned it off has asked
    for more.
    """
    onednn = torch.backends.mkldnn
    return onednn.matmul, onednn.conv, onednn.rnn, torch.backends.cuda.matmul  # pyright: ignore[reportAttributeAccessIssue]


def _precisions() -> tuple[str, ...]:
    return tuple(product.fp32_precision for product in _products())


def _set_precisions(to: tuple[str, ...]) -> None:
    for product, precision in zip(_products(), to, strict=True):
        product.fp32_precision = "none"  # as a wider setting says: what was bound to that stays bound to it
        if product.fp32_precision != precision:
            product.fp32_precision = precision


_EXACT = ("none", "ieee")
_PRECISION = _Shared(_precisions, _set_precisions, ("ieee",) * 4)
_DTYPE = _Shared(torch.get_default_dtype, torch.set_default_dtype, torch.float32)


def float32_by_default() -> AbstractContextManager[None]:
    """A block in which new floating tensors are float32 where nobody says otherwise, for all threads; it is put back.

    For making modules of other packages, which name no dtype. Our own code does, and needs no such block.
    """
    return _DTYPE.usual()


__all__ = ["Making", "each_in_usual_settings", "float32_by_default", "usual_settings"]
