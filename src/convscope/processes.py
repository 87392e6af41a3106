"""Which of several processes started together this one is."""

import os

import torch


def launched() -> bool:
    """Whether torchrun, or something that sets the same environment, started this process as one of several."""
    return "RANK" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1


def rank() -> int:
    """The number of this process among those started together, 0 for one on its own."""
    return int(os.environ.get("RANK", "0"))


def local_device(kind: str) -> torch.device:
    """The device of a kind ("cpu", "cuda") that this process has to itself among those of its machine."""
    return torch.device(kind) if kind == "cpu" else torch.device(kind, int(os.environ.get("LOCAL_RANK", "0")))


__all__ = ["launched", "local_device", "rank"]
