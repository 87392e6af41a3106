"""What this machine is good at: every choice between two exact ways that depends on the processor or on its threads.

A choice stands here with the measurement that made it, and nowhere else: a step or a kernel asks by the choice's name.
What is known of the machine can be set, for tests and for equal bytes on different machines: by the call `pretend`, or
for a whole process by CONVSCOPE_MACHINE, such as CONVSCOPE_MACHINE="threads=1,vendor=other,vectors=narrow".
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

import torch

from convscope.errors import UsageError

Vendor = Literal["amd", "other"]
VectorWidth = Literal["avx512", "narrow"]

VARIABLE = "CONVSCOPE_MACHINE"
_CHOICES: dict[str, tuple[str, ...]] = {"vendor": get_args(Vendor), "vectors": get_args(VectorWidth)}
_FEW_THREADS = 2

_pretended: dict[str, str] = {}


# -- what is known ----------------------------------------------------------------------------------------------------
def threads() -> int:
    """Threads that PyTorch shares an operation of the calling thread out over."""
    said = _said("threads")
    return torch.get_num_threads() if said is None else int(said)


def vendor() -> Vendor:
    """Who made the processor, as far as it matters."""
    return cast(Vendor, _said("vendor") or _vendor())


def vectors() -> VectorWidth:
    """The vector instructions: "avx512", or narrower ones."""
    return cast(VectorWidth, _said("vectors") or _vectors())


@contextmanager
def pretend(
    *, threads: int | None = None, vendor: Vendor | None = None, vectors: VectorWidth | None = None
) -> Iterator[None]:
    """Within it, for all threads, the machine is taken to be this one; what is not given stays as it is known."""
    given = {"threads": threads, "vendor": vendor, "vectors": vectors}
    before = dict(_pretended)
    _pretended.update(_checked({name: str(value) for name, value in given.items() if value is not None}, "pretend()"))
    try:
        yield
    finally:
        _pretended.clear()
        _pretended.update(before)


# -- what is chosen by it ---------------------------------------------------------------------------------------------
def loops_win() -> bool:
    """Whether one compiled loop, which one thread runs, is faster than PyTorch's operations, which threads share.

    Up to two threads. On one thread PyTorch takes 1.7 to 2.6 times as long for max pooling, 1.5 for response
    normalisation, 1.8 for unpooling; on two 0.98 to 1.46, 0.95 to 1.04 and 1.41 (benchmarks/kernels.py on two cores of
    an AMD EPYC); it takes 12 times as long to cut boxes of 3 x 3 on one thread, 1.1 for 17 x 17, and 20 to 22 times for
    what silenced units do to rectified sums, on one thread or two. With three it would be ahead in what it shares, by
    these ratios; no processor with more has been measured. Most callers are workers of one thread, for which it does
    not matter.
    """
    return threads() <= _FEW_THREADS


def linear_by_onednn() -> bool:
    """Whether oneDNN multiplies by a fully connected layer's weight faster than the BLAS of `F.linear`, which is MKL.

    On AMD processors, where MKL reaches half of its rate: AlexNet's occlusion took 1/2.05 against 1/2.85 of whole
    re-inference's time without. On an Intel one MKL made 166 GFLOP/s a core and oneDNN 153 (benchmarks/occlusion.py).
    """
    return vendor() == "amd"


def lists_by_vectors() -> bool:
    """Whether entries that are not zero are listed by vector instructions that put some numbers of 16 side by side.

    With AVX-512 that is one instruction for 16 numbers: one number after the other takes a transposed convolution 1.1
    to 1.9 times as long where 5 to 12 % of a signal are not zero, 1.0 to 1.2 at 45 %. Without, LLVM makes 119
    instructions and 29 branches of it, and a loop without branches that looks at one number after the other is the
    faster one: with code for AVX2, on the same processor, it takes 0.73 to 0.90 of the time at 5 to 12 %, 0.57 to 0.81
    at 45 %. Either way it pays up to the same share: at 45 % it was 1.04 to 1.34 times as fast as oneDNN with AVX-512,
    1.35 to 2.0 with AVX2 (benchmarks/kernels.py, job "listing", which says how to have code for AVX2).
    """
    return vectors() == "avx512"


# -- how it is known --------------------------------------------------------------------------------------------------
def _said(name: str) -> str | None:
    """What was set, by the call or by the environment."""
    text = os.environ.get(VARIABLE)
    return _pretended.get(name) or (_parsed(text).get(name) if text else None)


@cache
def _parsed(text: str) -> dict[str, str]:
    parts = [part.partition("=") for part in text.replace(" ", "").split(",") if part]
    return _checked({name: value for name, _, value in parts}, VARIABLE)


def _checked(said: dict[str, str], where: str) -> dict[str, str]:
    for name, value in said.items():
        known = value.isdigit() and int(value) > 0 if name == "threads" else value in _CHOICES.get(name, ())
        if not known:
            choices = "; ".join(f"{key}={' or '.join(values)}" for key, values in _CHOICES.items())
            raise UsageError(f"{where} says {name}={value}, which is not known: there is threads=1 or more; {choices}")
    return said


@cache
def _vendor() -> Vendor:
    try:
        said = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        said = platform.processor()  # Windows names the maker here
    return "amd" if "AuthenticAMD" in said else "other"


@cache
def _vectors() -> VectorWidth:
    return "avx512" if torch.backends.cpu.get_cpu_capability().startswith("AVX512") else "narrow"


__all__ = ["linear_by_onednn", "lists_by_vectors", "loops_win", "pretend", "threads", "vectors", "vendor"]
