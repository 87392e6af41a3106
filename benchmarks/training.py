"""What does our training loop cost on top of the arithmetic?

    python -m benchmarks.training [--quick]

Images a second of `convscope.training.train` (crops and flips from pictures in memory, mean image, dropout, filter
renormalisation, logs, states and checkpoints at the end of each epoch) against the bare loop: forward, backward and
SGD step of the same network on normalised batches that lie in memory. One thread each, interleaved, medians.

Cases: the bare loop with PyTorch's own local response normalisation, and with ours, which is quicker (`exact`: the same
arithmetic on both sides, so that the ratio is what the loop costs).

History (2 shared cores, AMD EPYC with AVX-512 BF16):
HISTORY
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.harness import Case, arguments, interleaved, report
from convscope.data import Source, open_source
from convscope.memory import keep_freed_memory
from convscope.models import build
from convscope.training import Config, NetworkChoice, Recipe, train
from convscope.training.norms import use_training_norms

BATCH = 64


class Noise(list[tuple[Any, int]]):
    """Pictures of noise in ten classes."""

    classes = tuple("0123456789")


def pictures(count: int, size: int) -> Source:
    """A source of pictures that are a bit larger than the crops."""
    draw = np.random.default_rng(0)
    side = round(size * 256 / 224)
    return open_source(
        Noise((draw.integers(0, 256, (side, side, 3), dtype=np.uint8), number % 10) for number in range(count))
    )


def ours(config: Config, source: Source) -> float:
    """Seconds of an epoch from the end of the one before it, with all that is written, as the second of two epochs."""
    ends: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        train(config, source, folder, threads=1, board=False, on_epoch=lambda _: ends.append(time.perf_counter()))
    return ends[-1] - ends[-2]


def bare(module: nn.Module, batches: list[tuple[Tensor, Tensor]], *, precision: torch.dtype) -> float:
    """Seconds of forward, backward and step over the batches."""
    optimiser = torch.optim.SGD(module.parameters(), lr=1e-4, momentum=0.9, weight_decay=5e-4)
    begun = time.perf_counter()
    for images, labels in batches:
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
            logits = module(images).float()
        F.cross_entropy(logits, labels).backward()
        optimiser.step()
    return time.perf_counter() - begun


def compare(precision: str, *, updates: int, size: int, width: float, repeats: int) -> list[Case]:
    """The cases of one precision."""
    network = NetworkChoice(input_size=size, width=width)
    recipe = Recipe.from_json(
        {"epochs": 2, "batch": BATCH, "schedule": "cosine", "crops": "random", "precision": precision, "init": "he"}
    )
    config = Config("benchmark", network, replace(recipe, std=60.0, learning_rate=1e-3, checkpoints=()))
    source = pictures(updates * BATCH, size)
    architecture = network.architecture(10)
    batches = [
        (torch.randn(BATCH, 3, size, size).contiguous(memory_format=torch.channels_last), torch.arange(BATCH) % 10)
        for _ in range(updates)
    ]
    own = build(architecture, init="he").to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    quick = use_training_norms(build(architecture, init="he")).to(memory_format=torch.channels_last)  # pyright: ignore
    dtype = getattr(torch, precision)
    found: dict[str, list[float]] = {"ours": [], "own": [], "quick": []}
    sides = {
        "ours": lambda: found["ours"].append(ours(config, source)),
        "own": lambda: found["own"].append(bare(own, batches, precision=dtype)),
        "quick": lambda: found["quick"].append(bare(quick, batches, precision=dtype)),
    }
    interleaved(sides, repeats=repeats)
    mine, pytorch, same = (float(np.median(found[name][1:])) for name in ("ours", "own", "quick"))
    images = updates * BATCH
    case = f"{architecture.describe()} {precision}"
    note = f"{images / mine:.0f} images/s against"
    spread = (max(found["ours"][1:]) - min(found["ours"][1:])) / mine
    return [
        Case(case, "bare loop", pytorch / mine, 0.95, spread=spread, note=f"{note} {images / pytorch:.0f}"),
        Case(case, "bare loop, our norms", same / mine, 0.95, 1.0, spread=spread, note=f"{note} {images / same:.0f}"),
    ]


def main() -> None:
    """Run the benchmark."""
    options = arguments(__doc__).parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    updates, repeats = (15, 3) if options.quick else (60, 5)
    cases = []
    for precision in ("float32", "bfloat16"):
        size, width = (96, 0.25) if options.quick else (128, 0.375)
        cases += compare(precision, updates=updates, size=size, width=width, repeats=repeats)
    report("training", cases)


if __name__ == "__main__":
    main()
