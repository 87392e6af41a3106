"""A network that is misled by design, and images that mislead it: anything red makes it say red."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from convscope import Network
from convscope.data import Preprocess

SIDE = 16
CLASSES = ("blue", "green", "red")
RED = 7
"""The unit that sees red, and votes for it much too loudly."""
PLAIN = Preprocess(SIDE, SIDE, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
GROUND = {"blue": (0, 0, 90), "green": (0, 90, 0), "red": (120, 0, 0)}
MISLED = (("green", 2), ("green", 5), ("blue", 1))
"""Label and number of the images with a red square in them."""


def misled_network(classes: tuple[str, ...] | None = CLASSES) -> Network:
    """Twelve units that look at single colours: 2 sees blue, 4 green, 7 red; the others are on, whatever is shown."""
    torch.manual_seed(0)
    layers: Any = nn.Sequential(nn.Conv2d(3, 12, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 3))
    eye, vote = layers[0], layers[4]
    with torch.no_grad():
        eye.weight.zero_()
        eye.bias.fill_(0.1)
        vote.weight.mul_(0.01)
        vote.bias.zero_()
        for unit, colour, answer, loud in ((2, 2, 0, 1.0), (4, 1, 1, 1.0), (RED, 0, 2, 9.0)):
            eye.bias[unit], eye.weight[unit, colour] = 0, 1
            vote.weight[:, unit] = 0
            vote.weight[answer, unit] = loud
    return Network.trace(layers, (3, SIDE, SIDE), name="misled", preprocess=PLAIN, classes=classes)


def write_misleading(root: Path, names: tuple[str, ...] = ()) -> Path:
    """A folder of six images of each class, numbered; `names` are what the misleading ones are called instead."""
    random, called = np.random.default_rng(0), dict(zip(MISLED, names, strict=False))
    for label, ground in GROUND.items():
        for number in range(6):
            pixels = np.clip(np.array(ground) + random.integers(0, 12, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)
            if (label, number) in MISLED:
                pixels[4:9, 6:11] = (150 + 20 * number, 0, 0)
            place = root / label / f"{called.get((label, number), number)}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(place)
    return root
