"""A small atlas with everything in it that a page must bear: hostile names, dead units, units with names, extras."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from convscope import Network, build_atlas
from convscope.atlas import Atlas
from convscope.data import Preprocess

HOSTILE = (
    "<script>window.hacked=1</script>",
    "quote\" onerror='window.hacked=1' x=\"",
    "\u202eright-to-left \u05e9\u05dc\u05d5\u05dd",
    "long " + "x" * 500,
    "</script><img src=x onerror=window.hacked=1>",
    "line\u2028separator & ampersand; {braces} `ticks`",
)
SIZE = 48
UNITS = 130  # more than two contact sheets, so that the grid has something to scroll


class Photos:
    """A source of `count` generated photos: smooth colours, seeded by their number."""

    kind = "made"

    def __init__(self, count: int = 24) -> None:
        self.count = count
        self.classes = (*HOSTILE[:4], "plain")

    def __len__(self) -> int:
        return self.count

    def name(self, index: int) -> str:
        """Some names are hostile."""
        return f"folder/{index}-{HOSTILE[index % len(HOSTILE)]}.jpg" if index < len(HOSTILE) else f"folder/{index}.jpg"

    def label(self, index: int) -> int:
        """In turn."""
        return index % len(self.classes)

    def read(self, index: int) -> NDArray[np.uint8]:
        """A random 6 x 6 picture, enlarged."""
        small = np.random.default_rng(index).integers(0, 256, (6, 6, 3), np.uint8)
        return small.repeat(SIZE // 6, axis=0).repeat(SIZE // 6, axis=1)

    def fingerprint(self) -> str:
        """Of the count: everything else follows from it."""
        return f"{self.count:064x}"

    def describe(self) -> str:
        """For people."""
        return f"{self.count} made images, {HOSTILE[0]}"


def small_network(seed: int = 0) -> Network:
    """Two convolutions and a classifier; unit 3 of the second layer is dead."""
    torch.manual_seed(seed)
    module = nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, UNITS, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(UNITS, 5),
    )
    with torch.no_grad():
        for parameter in (module[3].weight, module[3].bias):
            parameter[3] = -1.0 if parameter.dim() == 1 else 0.0
    preprocess = Preprocess(SIZE, SIZE, scale=1 / 255, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
    classes = (*HOSTILE[:4], "plain")
    return Network.trace(module, (3, SIZE, SIZE), name=f"small {HOSTILE[4]}", preprocess=preprocess, classes=classes)


def make_atlas(folder: Path, seed: int = 0) -> Atlas:
    """The atlas of the small network in `folder`."""
    net = small_network(seed)
    return build_atlas(net, Photos(), folder, layers=["1", "4", net.output], workers=1)
