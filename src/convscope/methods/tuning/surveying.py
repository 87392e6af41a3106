"""What units of several layers are tuned to, over the images of a collection that excite them most."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.data import Preprocess
from convscope.graph import Network
from convscope.methods.scan import TopK
from convscope.methods.tuning.changes import KINDS
from convscope.methods.tuning.measuring import TuningCases, kept_of
from convscope.methods.tuning.summing import LayerTuning
from convscope.methods.workers import Workers
from convscope.progress import Progress, silent

MOST = 512
"""Images that are changed, at most: each is run some fifteen times."""

_TOGETHER = 16  # images that go through the network together: always as many, because the last bits depend on it


@dataclass(frozen=True, eq=False)
class Survey:
    """What was found of layers, and on how many images."""

    layers: tuple[LayerTuning, ...]
    images: int


@dataclass(frozen=True, eq=False)
class CroppedPhotos:
    """The images that are changed: `photo` gives the crop (H, W, C), 0 to 255, of the one with a number, cut out as
    `preprocess` says."""

    preprocess: Preprocess
    photo: Callable[[int], NDArray[Any]]


def survey(
    net: Network,
    tops: Mapping[str, TopK],
    photos: CroppedPhotos,
    *,
    team: Workers | None = None,
    most: int = MOST,
    confidence: float = 0.95,
    seed: int = 0,
    progress: Progress = silent,
) -> Survey:
    """What survives of units' activations, on the images that excite them most.

    tops: the strongest responses of each layer. team: shares the work. most: images that are changed at most, see
    `served`. confidence: of the intervals, which are drawn with `seed`. progress: called with images done, as "tuning".
    """
    every = {layer: TuningCases.of(top) for layer, top in tops.items()}
    images = served(list(every.values()), most)
    cases = {layer: one.at(np.isin(one.image, images)) for layer, one in every.items()}
    shares = {layer: np.full((len(one), len(KINDS)), np.nan) for layer, one in cases.items()}
    done, lock = 0, threading.Lock()

    def look(numbers: NDArray[np.int64]) -> None:
        nonlocal done
        some = [photos.photo(int(number)) for number in numbers]
        # Filled up with copies of the first.
        filled = np.stack([*some, *[some[0]] * (_TOGETHER - len(some))])
        pixels = torch.from_numpy(filled).permute(0, 3, 1, 2).to(net.device, torch.float32)
        found = kept_of(
            net,
            pixels,
            numbers,
            cases,
            normalised=lambda batch: photos.preprocess.normalise(batch.clone(), dtype=net.dtype),
        )
        with lock:
            for layer, (rows, kept) in found.items():
                shares[layer][rows] = kept
            done += len(numbers)
            progress("tuning", done, len(images))

    progress("tuning", 0, len(images))
    (team or Workers.none()).map(look, [images[at : at + _TOGETHER] for at in range(0, len(images), _TOGETHER)])
    summed = [
        LayerTuning.of(layer, len(top.images), cases[layer], shares[layer], confidence=confidence, seed=seed)
        for layer, top in tops.items()
    ]
    return Survey(tuple(summed), len(images))


def served(cases: Sequence[TuningCases], most: int) -> NDArray[np.int64]:
    """At most so many images, ascending, on which as many units as can be have a case each, then two, and so on.

    All of them where there are no more. Images that serve most units come first, of equal ones the first.
    """
    image = np.concatenate([one.image for one in cases])
    images, at = np.unique(image, return_inverse=True)
    if len(images) <= most:
        return images
    firsts = np.cumsum([0, *(int(one.channel.max(initial=-1)) + 1 for one in cases)])
    unit = np.concatenate([one.channel + first for one, first in zip(cases, firsts[:-1], strict=True)])
    chosen, has, wanted = np.zeros(len(images), np.bool_), np.zeros(firsts[-1], np.int64), 1
    while chosen.sum() < most:
        scores = np.bincount(at[(has < wanted)[unit]], minlength=len(images))
        scores[chosen] = 0
        best = int(scores.argmax())
        if not scores[best]:
            wanted += 1
            continue
        chosen[best] = True
        has += np.bincount(unit[at == best], minlength=len(has))
    return images[chosen]


__all__ = ["MOST", "CroppedPhotos", "Survey", "served", "survey"]
