"""A small residual network with batch norm for 64-pixel images, and its training, in pieces that go on from each other.

    python -m benchmarks._residual npz:imagenette128.npz residual.safetensors
    convscope evaluate py:benchmarks._residual:network npz:imagenette128.npz#val --weights residual.safetensors

`docs/sanity.md` looks at it: batch norm and sums of paths are what the embedded networks do not have.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from convscope.data import Preprocess, Source, batches, open_source
from convscope.models import save_weights

SIZE, ROOM = 64, 8  # pixels of the input, and how much larger images are that it is cropped from
BATCH, RATE, MOMENTUM, DECAY = 64, 0.1, 0.9, 5e-4
PREPROCESS = Preprocess(SIZE, SIZE)


class Block(nn.Module):
    """Two convolutions of 3x3 with batch norm, added to the input, or to a convolution of 1x1 where shapes differ."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu2 = nn.ReLU()
        same = stride == 1 and inputs == outputs
        skip = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        self.skip: nn.Module = nn.Identity() if same else skip

    def forward(self, x: Tensor) -> Tensor:
        """The sum, rectified."""
        return self.relu2(self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x))))) + self.skip(x))


def network() -> tuple[nn.Module, Preprocess]:
    """The network with random weights, ten outputs, and what its images need."""
    stem = (nn.Conv2d(3, 24, 5, 2, padding=2, bias=False), nn.BatchNorm2d(24), nn.ReLU())
    blocks = (Block(24, 24, 1), Block(24, 48, 2), Block(48, 96, 2), Block(96, 96, 1))
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(96, 10)), PREPROCESS


def decoded(source: Source, side: int) -> tuple[Tensor, NDArray[np.int64]]:
    """All images of a source, uint8 (n, 3, side, side), and their classes."""
    found = [b for b in batches(source, Preprocess(side, side), size=256) if len(b)]
    return torch.cat([b.images.contiguous() for b in found]), np.concatenate([b.labels for b in found])


def crops(images: Tensor, generator: np.random.Generator) -> Tensor:
    """Each image cropped at a place of its own, and mirrored half of the time."""
    made = torch.empty(len(images), 3, SIZE, SIZE, dtype=torch.uint8)
    for at, image in enumerate(images):
        y, x = generator.integers(0, ROOM + 1, 2).tolist()
        crop = image[:, y : y + SIZE, x : x + SIZE]
        made[at] = crop.flip(2) if generator.random() < 0.5 else crop
    return made


def epoch_of(images: Tensor, labels: NDArray[np.int64], epoch: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of an epoch, the same whenever it is run."""
    generator = np.random.default_rng([seed, epoch])
    order = generator.permutation(len(images))
    for first in range(0, len(order) - BATCH + 1, BATCH):
        rows = order[first : first + BATCH]
        yield PREPROCESS.normalise(crops(images[rows], generator)), torch.from_numpy(labels[rows])


def train(source: Source, out: Path, *, epochs: int, minutes: float, seed: int) -> int:
    """Epochs that are done, when `minutes` are over or all of them are; what is kept beside `out` is gone on from."""
    torch.manual_seed(seed)
    net, beside = network()[0], out.with_suffix(".state.pt")
    net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimiser = torch.optim.SGD(net.parameters(), RATE, MOMENTUM, weight_decay=DECAY, nesterov=True)
    begun, done = time.monotonic(), 0
    if beside.exists():
        kept = torch.load(beside, weights_only=True)
        net.load_state_dict(kept["net"])
        optimiser.load_state_dict(kept["optimiser"])
        done = kept["epochs"]
    images, labels = decoded(source, SIZE + ROOM)
    steps = len(images) // BATCH
    for epoch in range(done, epochs):
        if time.monotonic() - begun > 60 * minutes:
            break
        started, total = time.monotonic(), 0.0
        for step, (x, y) in enumerate(epoch_of(images, labels, epoch, seed)):
            at = (epoch + step / steps) / epochs
            for group in optimiser.param_groups:  # a warm-up over the first epoch, then a cosine
                group["lr"] = RATE * min(1, epoch + (step + 1) / steps) * 0.5 * (1 + math.cos(math.pi * at))
            loss = F.cross_entropy(net(x.contiguous(memory_format=torch.channels_last)), y)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            total += loss.item()
        done = epoch + 1
        torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict(), "epochs": done}, beside)
        print(f"epoch {done}: loss {total / steps:.3f}, {time.monotonic() - started:.0f} s", flush=True)
    said = {"preprocess": PREPROCESS.to_json(), "classes": list(source.classes), "epochs": done}
    save_weights(out, net.state_dict(), said)
    return done


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains it, as far as the time allows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", help="a pack with a training part")
    parser.add_argument("out", type=Path, help="the file of weights; what training goes on from is kept beside it")
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="no epoch begins after so many")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    done = train(
        open_source(f"{asked.images}#train"), asked.out, epochs=asked.epochs, minutes=asked.minutes, seed=asked.seed
    )
    print(f"{done} of {asked.epochs} epochs: {asked.out}")


if __name__ == "__main__":
    main()
