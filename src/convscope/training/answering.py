"""What networks answer to the labelled images of a collection: decoded ahead, cut into views, scored by their head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from convscope.data import Failure, Preprocess, Source, load_pixels
from convscope.data.ahead import in_one_piece, made_ahead
from convscope.errors import ImageError
from convscope.graph import Network
from convscope.settings import usual_settings
from convscope.training.pictures import Pixels
from convscope.training.views import Viewer

_PIECE = 32  # images that are decoded and run together
_AT_ONCE = 64  # views that are run together


@usual_settings()
def scores_of(net: Network, viewer: Viewer, images: Sequence[Pixels]) -> Tensor:
    """The scores of what the output is about (n, c), float64 on the CPU, averaged over each image's views.

    Of an output with positions: the mean over them of classes that exclude each other, the largest of labels that do
    not, as one anchor that shows a thing is enough. Channels that stand before the classes are left out.
    """
    head, found = net.head, []
    for part in _views(net, viewer, images):
        scores = head.scores(net.answers(part).double())
        if head.positions and head.kind == "classes":
            scores = head.means(scores)
        elif head.positions:
            scores = scores.flatten(2).amax(2)
        found.append(scores[:, head.first :] if head.first else scores)
    return torch.cat(found).view(len(images), len(viewer), -1).mean(1).cpu()


@usual_settings()
def maps_of(net: Network, viewer: Viewer, images: Sequence[Pixels]) -> Tensor:
    """The scores (n, c, h, w) of an output that is a map, float64 on the CPU, of one view an image."""
    scored = (net.head.scores(net.answers(part).double()).cpu() for part in _views(net, viewer, images))
    return torch.cat(list(scored))


def _views(net: Network, viewer: Viewer, images: Sequence[Pixels]) -> Iterator[Tensor]:
    crops = torch.cat([viewer.cut(image) for image in images]).to(net.device)
    yield from viewer.preprocess.normalise(crops, dtype=net.dtype).split(_AT_ONCE)


def decoded(
    source: Source, rows: Sequence[int], threads: int, recipes: Sequence[Preprocess]
) -> Iterator[list[tuple[int, list[Pixels] | Failure]]]:
    """Pieces of the rows' images, decoded ahead for each recipe, each with its row."""

    def make(piece: Sequence[int]) -> list[tuple[int, list[Pixels] | Failure]]:
        return [(index, _read(source, index, recipes)) for index in piece]

    pieces = (rows[start : start + _PIECE] for start in range(0, len(rows), _PIECE))
    return made_ahead(pieces, in_one_piece(make), threads=max(1, threads), ahead=2 * threads)


def _read(source: Source, index: int, recipes: Sequence[Preprocess]) -> list[Pixels] | Failure:
    found: dict[Any, Pixels] = {}
    try:
        for recipe in recipes:  # networks that want the same pixels share them
            key = recipe.channels, recipe.range, tuple(recipe.mean_colour)
            if key not in found:
                found[key] = load_pixels(source, index, recipe)
        return [found[recipe.channels, recipe.range, tuple(recipe.mean_colour)] for recipe in recipes]
    except ImageError as error:
        return Failure(index, source.name(index), str(error))


__all__ = ["decoded", "maps_of", "scores_of"]
