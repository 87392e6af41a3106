"""How features come about while a network is trained (Zeiler & Fergus 2014, Fig. 4).

For chosen units, the strongest response over the images at every checkpoint, projected to pixels; it jumps where
another image takes over. And for whole layers when their features settle, which the paper reads off the pictures, as a
number: the correlation of every unit's responses with those it has in the end. `settling` has the definitions.

Checkpoints are looked at one after the other, so that one network is in memory at a time. How each is looked at, a
`Looking` says: `convscope.stores.evolution` has one that keeps what it found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from convscope.data import Source, open_source
from convscope.errors import UsageError
from convscope.graph import Network, UnitLike
from convscope.methods.evolution.followed import FollowedFeatures
from convscope.methods.evolution.histories import FeatureHistory, LayerEvolution
from convscope.methods.evolution.looking import Afresh, Checkpoint, Looking, history_of, look_at_checkpoint
from convscope.methods.evolution.settling import settling
from convscope.progress import Progress
from convscope.settings import usual_settings


@usual_settings()
def evolution(
    checkpoints: Iterable[Checkpoint | tuple[int, Network | Callable[[], Network]]],
    source: Source | Any,
    *,
    layers: Sequence[str] | None = None,
    units: UnitLike | Sequence[UnitLike] | int = 6,
    sample: int = 1000,
    threshold: float = 0.9,
    seed: int = 0,
    looking: Looking | None = None,
    progress: Progress | None = None,
) -> FeatureHistory:
    """How the units of some layers came to respond to what they respond to, at the checkpoints of a training.

    Args:
        checkpoints: in the order of their epochs; pairs (epoch, network), or functions that give the network when its
            turn comes, so that only one is in memory.
        source: the images, as for `scan`; the paper takes the training images.
        layers: None for the rectified maps, if there are at most eight, else one for each stage.
        units: which units to project, or how many of each layer, drawn with `seed`.
        sample: images, evenly spread over the source, on which responses are compared; memory and disk take
            4 * sample bytes a unit and checkpoint.
        threshold: correlation from which features count as settled.
        looking: how each checkpoint is looked at; by default afresh.
        progress: called with images scanned, a stage for each checkpoint.

    Raises:
        UsageError: if there are fewer than two checkpoints, their epochs do not rise, or their networks differ in
            layers. UnknownLayer: for layers and units that do not exist.

    >>> from torch import nn
    >>> from convscope.data import Preprocess
    >>> make = lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    >>> nets = [Network.trace(make(), (3, 8, 8), preprocess=Preprocess(8, 8)) for _ in range(2)]
    >>> images = [np.random.default_rng(i).integers(0, 256, (8, 8, 3), dtype=np.uint8) for i in range(5)]
    >>> found = evolution([(1, nets[0]), (2, nets[1])], images, units=["1:3"])
    >>> found.units[0].pixels.shape, found.settled("1")
    (torch.Size([2, 3, 3, 3]), 2)
    """
    steps = _in_order(checkpoints)
    images = open_source(source)
    if sample < 2 or not 0 < threshold <= 1:
        raise UsageError(f"sample={sample} and threshold={threshold}: at least 2 images, and a correlation above 0")
    chosen, look = FollowedFeatures(layers, units, seed), looking or Afresh()
    found = [look_at_checkpoint(step, images, chosen, look, sample=sample, progress=progress) for step in steps]
    final = found[-1].responses
    by_layer = []
    for name in chosen.layers:
        tables = [one.responses[name] for one in found]
        known = [one.topk[name] for one in found]
        strongest, values, boxes = (np.stack(list(column)) for column in zip(*known, strict=True))
        by_layer.append(LayerEvolution(name, strongest, values, boxes, settling(tables)))
    histories = tuple(history_of(unit, [one.seen[unit] for one in found]) for unit in chosen.units)
    used = {int(i) for one in histories for i in one.images if i >= 0}
    return FeatureHistory(
        network=found[-1].name,
        source=images.describe(),
        epochs=tuple(step.epoch for step in steps),
        units=histories,
        layers=tuple(by_layer),
        sample=len(next(iter(final.values()))),
        threshold=threshold,
        names={i: images.name(i) for i in sorted(used)},
        depths=chosen.depths,
    )


def _in_order(
    checkpoints: Iterable[Checkpoint | tuple[int, Network | Callable[[], Network]]],
) -> tuple[Checkpoint, ...]:
    steps = tuple(one if isinstance(one, Checkpoint) else Checkpoint(*one) for one in checkpoints)
    epochs = [step.epoch for step in steps]
    if len(steps) < 2:
        raise UsageError(f"{len(steps)} checkpoint given: evolution compares at least two")
    if any(after <= before for before, after in pairwise(epochs)):
        raise UsageError(f"epochs {', '.join(map(str, epochs))} do not rise: give checkpoints in the order of training")
    return steps


__all__ = ["evolution"]
