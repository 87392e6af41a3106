"""How strongly sampled images excite every unit, and what the network answers: beyond what strongest responses tell.

One more pass, over images evenly spread through the collection. From it come samples of a unit's lower responses, how
alike units respond, and the strongest units of an image. What it finds is kept in a file until the atlas is complete.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.atlas.patches import Studio
from convscope.atlas.store import read_tensors, write_tensors
from convscope.atlas.web import numbers
from convscope.data import batches
from convscope.graph import Network
from convscope.graph.running import as_map
from convscope.methods.answering import answers, head_of, scores_of, told
from convscope.progress import Progress

SAMPLED = 512
"""Images looked at one by one, at most; all of a smaller collection."""
_MICRO = 16  # images that go through the network together: fixed, because the last bits depend on it (see scan_run)
BANDS = ((0.75, 0.95), (0.5, 0.75), (0.25, 0.5), (0.0, 0.25))
"""Shares of a unit's maximum that samples of lower responses are taken from."""
_SAMPLES = 4
STRONGEST = 6
"""Units of a layer that are said to respond to an image, at most."""


@dataclass(frozen=True, eq=False)
class ImageMaxima:
    """The strongest response of each unit to each of some images.

    images (n,) numbers in the source, ascending; by layer: values (n, C), and places (n, C) in the flattened map.
    labels and scores (n, up to 5): what the network answers, see `convscope.methods.answering`.
    """

    images: NDArray[np.int64]
    values: Mapping[str, NDArray[np.float32]]
    places: Mapping[str, NDArray[np.int32]]
    labels: NDArray[np.int32]
    scores: NDArray[np.float32]

    def part(self, layer: str, row: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Values (C,) and places (C,) of one image."""
        return self.values[layer][row], self.places[layer][row]

    def answers(self, row: int) -> list[tuple[int, float | None]]:
        """What the network answers to one image: labels and their scores, to four digits."""
        scores = numbers(np.array([f"{score:.4g}" for score in self.scores[row]], np.float64))
        return list(zip(self.labels[row].tolist(), scores, strict=True))


Profile = ImageMaxima
"""Of the sampled images, all together."""


def sampled(count: int, most: int = SAMPLED) -> NDArray[np.int64]:
    """Image numbers evenly spread over a collection of `count`.

    >>> sampled(10, 4).tolist(), sampled(3, 4).tolist()
    ([0, 2, 5, 7], [0, 1, 2])
    """
    kept = min(count, most)
    return np.arange(kept, dtype=np.int64) * count // max(kept, 1)


def responses(studio: Studio, layers: Sequence[str], images: NDArray[np.int64]) -> Iterator[ImageMaxima]:
    """The responses to images, some at a time; unreadable ones are left out. Their small versions are written too."""
    net, preprocess = studio.net, studio.preprocess
    head, wanted = head_of(net), {net.index_of(name) for name in layers}
    for batch in batches(studio.source, preprocess, indices=images, size=_MICRO) if len(images) else ():
        if not len(batch):
            continue
        # Filled up with copies: what is computed for an image depends on how many go together.
        fill = [*range(len(batch)), *[0] * (_MICRO - len(batch))]
        inputs = net.check_images(preprocess.normalise(batch.images[fill]).to(net.dtype))
        found = net.run_values(inputs, wanted | {net.program.output} if head is not None and told(head) else wanted)
        values, places = {}, {}
        for name in layers:
            index = net.index_of(name)
            flat = as_map(net.values[index], found[index])[: len(batch)].float()
            flat = flat.flatten(2) if flat.dim() > 2 else flat[..., None]
            best, at = torch.nan_to_num(flat, nan=-torch.inf).max(2)
            values[name], places[name] = best.cpu().numpy(), at.to(torch.int32).cpu().numpy()
        for number, photo in zip(batch.indices.tolist(), batch.images.permute(0, 2, 3, 1).numpy(), strict=True):
            studio.keep_small(number, photo)
        yield ImageMaxima(batch.indices, values, places, *_answers(net, found, len(batch)))


def _answers(net: Network, found: Mapping[int, Tensor], count: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Labels and scores (count, up to 5) of what the network answers to the first images of a pass."""
    head, scores = head_of(net), scores_of(net, found) if net.program.output in found else None
    if head is None or scores is None:
        return np.zeros((count, 0), np.int32), np.zeros((count, 0), np.float32)
    rows = np.array([answers(head, one) for one in scores[:count]])  # (count, up to 5, 2)
    return rows[..., 0].astype(np.int32), rows[..., 1].astype(np.float32)


def profile(studio: Studio, layers: Sequence[str], *, keep: Path, progress: Progress) -> Profile:
    """The profile of sampled images, from the file `keep` where it is there, and kept there otherwise."""
    if keep.exists():
        tensors, _ = read_tensors(keep)
        values, places = ({name: tensors[f"{of}.{i}"] for i, name in enumerate(layers)} for of in ("values", "places"))
        return Profile(tensors["images"], values, places, tensors["labels"], tensors["scores"])
    found = _profile(studio, layers, progress)
    tensors = {"images": found.images, "labels": found.labels, "scores": found.scores}
    for i, name in enumerate(layers):
        tensors |= {f"values.{i}": found.values[name], f"places.{i}": found.places[name]}
    write_tensors(keep, tensors, {"layers": list(layers)})
    return found


def _profile(studio: Studio, layers: Sequence[str], progress: Progress) -> Profile:
    chosen = sampled(len(studio.source), SAMPLED)
    parts: list[ImageMaxima] = []
    done = 0
    progress("profile", 0, len(chosen))
    for part in responses(studio, layers, chosen):
        parts.append(part)
        done += len(part.images)
        progress("profile", done, len(chosen))
    progress("profile", len(chosen), len(chosen))
    images = np.concatenate([part.images for part in parts]) if parts else np.zeros(0, np.int64)
    net = studio.net
    return Profile(
        images,
        {name: _joined([part.values[name] for part in parts], net, name, np.float32) for name in layers},
        {name: _joined([part.places[name] for part in parts], net, name, np.int32) for name in layers},
        np.concatenate([part.labels for part in parts]) if parts else np.zeros((0, 0), np.int32),
        np.concatenate([part.scores for part in parts]) if parts else np.zeros((0, 0), np.float32),
    )


def _joined(rows: Sequence[NDArray[Any]], net: Network, layer: str, kind: type) -> NDArray[Any]:
    return np.concatenate(rows) if rows else np.zeros((0, net.layers[layer].channels), kind)


@dataclass(frozen=True)
class Band:
    """Samples of a unit's responses between two values: rows of the profile, strongest first."""

    low: float
    high: float
    rows: tuple[int, ...]


def bands(values: NDArray[np.float32], maximum: float) -> list[Band]:
    """Samples of one unit's lower responses (n,), none for a unit that never responds.

    Each band holds at most four, evenly spread over the responses in it by rank.

    >>> [band.rows for band in bands(np.float32([8, 6, 3, 1, 0]), 8.0)]
    [(), (1,), (2,), (3,)]
    """
    if not np.isfinite(maximum) or maximum <= 0:
        return []
    order = np.lexsort((np.arange(len(values)), -values))
    found = []
    for low, high in BANDS:
        lowest, highest = low * maximum, high * maximum
        inside = order[(values[order] > lowest) & (values[order] <= highest)]
        picked = inside[sampled(len(inside), _SAMPLES)] if len(inside) else inside
        found.append(Band(lowest, highest, tuple(picked.tolist())))
    return found


def strongest_units(
    values: NDArray[np.float32], maximum: NDArray[np.float32], second: NDArray[np.float32]
) -> list[tuple[int, float]]:
    """The units (C,) that respond most to an image by share of their own maximum, with the share; at most six.

    Of units whose best image it is, in thousandths, those first whose `second` strongest response is the least share.

    >>> strongest_units(np.float32([1, 3, 0]), np.float32([2, 12, 1]), np.float32([1, 3, 0]))
    [(0, 0.5), (1, 0.25)]
    >>> [unit for unit, _ in strongest_units(np.float32([4, 2, 1]), np.float32([4, 2, 1]), np.float32([4, 1, 0.2]))]
    [2, 1, 0]
    """
    alive = np.isfinite(maximum) & (maximum > 0) & np.isfinite(values) & (values > 0)
    share = np.divide(values, maximum, out=np.zeros_like(values), where=alive)
    after = np.divide(np.fmax(second, 0), maximum, out=np.zeros_like(values), where=alive)
    best = share.round(3) >= 1
    order = np.lexsort((-share, np.where(best, after, 0), ~best))[:STRONGEST]
    return [(int(unit), float(share[unit])) for unit in order if share[unit] > 0]


__all__ = [
    "BANDS",
    "SAMPLED",
    "STRONGEST",
    "Band",
    "Profile",
    "ImageMaxima",
    "bands",
    "profile",
    "responses",
    "sampled",
    "strongest_units",
]
