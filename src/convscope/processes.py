"""Which of several processes started together this one is, and what it computes on."""

import os

import torch

from convscope.errors import UsageError


def launched() -> bool:
    """Whether torchrun, or something that sets the same environment, started this process as one of several."""
    return "RANK" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1


def rank() -> int:
    """The number of this process among those started together, 0 for one on its own."""
    return int(os.environ.get("RANK", "0"))


def local_device(kind: str) -> torch.device:
    """The device of a kind ("cpu", "cuda") that this process has to itself among those of its machine."""
    return torch.device(kind) if kind == "cpu" else torch.device(kind, int(os.environ.get("LOCAL_RANK", "0")))


def usable_device(device: str | torch.device) -> torch.device:
    """The device, which is there.

    Raises:
        UsageError: for none that this machine, or its PyTorch, has.

    >>> usable_device("gpu")
    Traceback (most recent call last):
    convscope.errors.UsageError: device 'gpu' cannot be used: ...; 'cpu' always can
    """
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError) as error:
        first = (str(error).splitlines() or [""])[0]
        raise UsageError(f"device '{device}' cannot be used: {first}; 'cpu' always can") from error


__all__ = ["launched", "local_device", "rank", "usable_device"]
