"""A network's input made by hand: images cropped elsewhere, moved, turned or blurred, with parts of them covered."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from convscope.arguments import checked
from convscope.data import Images, allowance_of, decode_for
from convscope.errors import UsageError
from convscope.graph import Network
from convscope.methods.inputs import (
    AT_ONCE,
    are_planes,
    collection,
    expect_network,
    images_for,
    input_of,
    preprocess_of,
    recipe_of,
)
from convscope.methods.invariance.transforms import Frame, transformation
from convscope.methods.occlusion.covers import Cover


@checked
def prepare(
    net: Network,
    images: Images,
    *,
    indices: Sequence[int] | None = None,
    moved: tuple[int, int] = (0, 0),
    transform: tuple[str, float] | None = None,
    cover: Cover | None = None,
) -> Tensor:
    """The network's input (n, C, H, W), on its device, that verbs take in place of images: these, changed by hand.

    Args:
        net: the network.
        images: of any kind; what is the network's input already is not cropped again.
        indices: which of them, by their numbers; None: all.
        moved: pixels that the crop is moved, down and right, in the resized image; as far as there is one.
        transform: one of the transformations of `invariance`, and by how much: ("rotation", 18.0).
        cover: what then covers parts of them.

    Raises:
        UsageError: for a number without an image, more than 1024 of them, a crop to be moved of what is cropped
            already, or no such transformation. And what opening images raises.

    >>> import numpy as np, torch
    >>> from convscope import Cover, Preprocess
    >>> net = Network.trace(torch.nn.Conv2d(3, 2, 3), (3, 8, 8), preprocess=Preprocess(8, 8))
    >>> prepare(net, np.full((9, 12, 3), 255, np.uint8), moved=(0, 1), cover=Cover(((4, 4),), 2))[0, 0, 3, 2:6] > 0
    tensor([ True, False, False,  True])
    """
    expect_network(net)
    batch = _taken(net, images, moved) if are_planes(images) else _cropped(net, images, indices, moved)
    if are_planes(images) and indices is not None:
        batch = batch[_checked(indices, len(batch))]
    changed = transformed(net, batch, transform)
    return changed if cover is None else cover.over(net, changed)


def _taken(net: Network, images: Images, moved: tuple[int, int]) -> Tensor:
    """Tensors, and arrays laid out as these."""
    if moved != (0, 0):
        raise UsageError(f"moved={moved}: tensors are cropped already: give pictures, arrays (H, W, C), or paths")
    return images_for(net, images)


def _cropped(net: Network, images: Images, indices: Sequence[int] | None, moved: tuple[int, int]) -> Tensor:
    """The crops of images that are files, or pixels."""
    source = collection(images, channels=net.input_shape[0])
    chosen = range(len(source)) if indices is None else _checked(indices, len(source))
    if len(chosen) > AT_ONCE:
        raise UsageError(
            f"{len(chosen)} images are more than the {AT_ONCE} that are taken together: take some (indices=)"
        )
    recipe, most = preprocess_of(net, source), allowance_of(source).pixels
    pixels = (decode_for(source.read(i), recipe, max_pixels=most) for i in chosen)
    return input_of(net, [recipe.crop(one, moved=moved) for one in pixels])


def _checked(indices: Sequence[int], count: int) -> list[int]:
    if not len(indices) or not all(0 <= one < count for one in indices):
        raise UsageError(f"indices={list(indices)}: numbers from 0 to {count - 1} are needed")
    return list(indices)


def transformed(net: Network, inputs: Tensor, transform: tuple[str, float] | None) -> Tensor:
    """Inputs (n, C, H, W) moved, scaled, turned ... by an amount, as `invariance` does it."""
    if transform is None:
        return inputs
    return transformation(transform[0]).apply(inputs, transform[1], Frame.of(recipe_of(net)))


__all__ = ["prepare", "transformed"]
