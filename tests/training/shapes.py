"""Pictures of four kinds of shapes on noise: quick to learn, and not at a glance of their mean colour."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.data import Source, open_source
from convscope.training import Config, NetworkChoice, Recipe

CLASSES = ("square", "disc", "cross", "stripes")
SIDE = 64


class Shapes(list[tuple[NDArray[np.uint8], int]]):
    """A dataset as torch knows them: items of image and class, and names of classes."""

    classes = CLASSES


def shapes(count: int, *, seed: int = 0, side: int = SIDE) -> Source:
    """So many pictures, the classes in turn."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    made = Shapes()
    for number in range(count):
        kind = number % len(CLASSES)
        cy, cx = draw.integers(side * 3 // 8, side * 5 // 8, 2)
        size = int(draw.integers(side // 6, side // 3))
        masks = (
            (abs(y - cy) < size) & (abs(x - cx) < size),
            (y - cy) ** 2 + (x - cx) ** 2 < size**2,
            (abs(y - cy) < 4) | (abs(x - cx) < 4),
            ((y - cy) + (x - cx)) % 12 < 6,
        )
        image = draw.integers(0, 80, (side, side, 3))
        image[masks[kind]] = image[masks[kind]] // 2 + draw.integers(100, 170, 3)
        made.append((image.astype(np.uint8), kind))
    return open_source(made)


def small(**changes: object) -> Config:
    """A training that takes a second: a ZFNet of a tenth of the width, in 3 epochs unless they are changed."""
    recipe = {
        "epochs": 3,
        "batch": 20,
        "learning_rate": 0.02,
        "schedule": "cosine",
        "init": "he",
        "std": 60.0,
        "resize": SIDE,
        "padding": 4,
        "crops": "random",
        "checkpoints": (1,),
    }
    network = NetworkChoice(input_size=SIDE, width=0.1, widths={6: 64, 7: 64})
    return Config("small", network, Recipe.from_json(recipe | changes))


def without_dropout() -> Config:
    """A training whose batches may be divided among processes: dropout would draw other numbers in each."""
    config = small(batch=16)
    return replace(config, network=replace(config.network, without=(6, 7), widths={}))


def same_weights(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    """Whether two modules have the same bits."""
    mine, theirs = one.state_dict(), other.state_dict()
    return list(mine) == list(theirs) and all(torch.equal(mine[name], theirs[name]) for name in mine)
