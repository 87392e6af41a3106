"""Every foreseen error becomes a message and its exit code; no other error is hidden."""

import errno
import sqlite3

import pytest
import torch

from convscope.cli.failures import foreseen
from convscope.errors import (
    ConvscopeError,
    ImageError,
    MissingExtra,
    ShapeError,
    SourceError,
    StoreError,
    TraceError,
    UnknownLayer,
    UsageError,
    WeightsError,
)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ConvscopeError, 1),
        (UsageError, 2),
        (UnknownLayer, 2),
        (ShapeError, 2),
        (TraceError, 3),
        (WeightsError, 3),
        (SourceError, 4),
        (ImageError, 4),
        (StoreError, 5),
        (MissingExtra, 6),
    ],
)
def test_our_errors_keep_message_and_code(kind: type[ConvscopeError], code: int) -> None:
    failure = foreseen(kind("what, and what to do"))
    assert failure is not None
    assert (failure.message, failure.exit_code) == ("what, and what to do", code)


def safetensors_error() -> Exception:
    from safetensors import SafetensorError

    return SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "out/layers.safetensors"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        sqlite3.OperationalError("database or disk is full"),
        safetensors_error(),
    ],
)
def test_full_disk_is_said_and_loses_nothing(error: Exception) -> None:
    failure = foreseen(error)
    assert failure is not None
    assert failure.exit_code == 5
    assert failure.message.startswith("no space left on the disk")
    assert "run the same command again" in failure.message


def test_full_disk_names_the_file_if_it_is_known() -> None:
    failure = foreseen(OSError(errno.ENOSPC, "No space left on device", "out/index.html"))
    assert failure is not None
    assert "out/index.html" in failure.message


def test_refused_file_is_named() -> None:
    failure = foreseen(PermissionError(errno.EACCES, "Permission denied", "/out"))
    assert failure is not None
    assert (failure.message, failure.exit_code) == ("no permission for /out: Permission denied", 5)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.\nmore"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_device_out_of_memory_says_what_to_change(error: Exception) -> None:
    failure = foreseen(error)
    assert failure is not None
    assert "--batch" in failure.message
    assert "\n" not in failure.message


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a bug"),
        OSError(errno.EIO, "Input/output error", "x"),
        sqlite3.OperationalError("no such table: units"),
        MemoryError(),
    ],
)
def test_other_errors_are_not_foreseen(error: Exception) -> None:
    assert foreseen(error) is None
