"""A tiny network and photos, for benches."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import torch
from PIL import Image
from torch import nn

from convscope import Network
from convscope.data import Preprocess

CLASSES = ("cat", "dog", "cow", "hen", "<b>owl</b>")


@cache
def tiny(channels: int = 3) -> Network:
    """Two convolutions, a pool, five classes; 24 x 24 pixels, cropped out of 28."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        layers = nn.Sequential(
            nn.Conv2d(channels, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3), nn.ReLU(),
            nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 5),
        )  # fmt: skip
    with torch.no_grad():
        layers[7].weight.mul_(8)
    recipe = Preprocess(24, 24, resize=28, mean=(0.5,) * channels, std=(0.25,) * channels)
    return Network.trace(layers, (channels, 24, 24), name="tiny", preprocess=recipe, classes=CLASSES)


def picture(seed: int = 0, height: int = 60, width: int = 90) -> np.ndarray:
    """A smooth picture of colours, (height, width, 3)."""
    small = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()
