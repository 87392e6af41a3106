"""Causes as an atlas's pages and other programs show them: every node with its patch and what its unit takes there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas.render import GREY, Pixels, TileSize, crop_patch, display, enlarge, fit
from convscope.atlas.sprites import SpriteGrid, compose, encode
from convscope.atlas.web import short
from convscope.graph import Network, Unit
from convscope.methods.causes import CauseGraph
from convscope.methods.deconv import Selection, project_all
from convscope.studies.pictures import ReadImages

TILE = 80
"""Pixels of a node's picture, and of what its unit takes: a number of the page, too."""

NodePictures = list[tuple[Pixels, Pixels]]


def node_pictures(net: Network, pictures: ReadImages, row: int, graph: CauseGraph) -> NodePictures:
    """For every node its patch of the image and what its unit takes there, both (h, w, 3)."""
    found: dict[int, tuple[Pixels, Pixels]] = {}
    for layer in dict.fromkeys(node.unit.layer for node in graph.nodes):
        numbers = [n for n, node in enumerate(graph.nodes) if node.unit.layer == layer]
        units = [graph.nodes[n].unit for n in numbers]
        at = [unit.position for unit in units if unit.position is not None]
        less = [-1 if unit.minus is None else unit.minus for unit in units]
        asked = Selection(layer, [0] * len(units), [u.channel for u in units], np.array(at) if at else None, minus=less)
        (taken,) = project_all(net, pictures.inputs[row : row + 1], [asked])
        patches = [crop_patch(pictures.pixels[row], box, (GREY, GREY, GREY)) for box in taken.boxes.tolist()]
        found |= dict(zip(numbers, zip(patches, display(taken.pixels), strict=True), strict=True))
    return [found[n] for n in range(len(graph.nodes))]


def node_boxes(net: Network, graph: CauseGraph) -> NDArray[np.int64]:
    """(nodes, 4) y0 x0 y1 x1: the pixels that each node's unit sees from its place; they may reach beyond the image."""
    height, width = net.input_shape[1:]
    return np.array([_box(net, node.unit) or [0, 0, height, width] for node in graph.nodes], np.int64).reshape(-1, 4)


def _box(net: Network, unit: Unit) -> list[int] | None:
    if unit.position is None:
        return None
    return net.through([unit.layer]).crops(unit.layer, np.array([unit.position]))[0].tolist()


def sheet(pictures: NodePictures) -> bytes:
    """A WebP picture: a column for each node, its patch above what its unit takes there, each in a square of `TILE`."""
    rows = np.stack([squared(side, TILE) for kind in (0, 1) for side in (one[kind] for one in pictures)])
    return encode(
        compose(SpriteGrid.of(len(rows), (TILE, TILE), columns=len(pictures), panels=1), rows), lossless=False
    )


def squared(picture: Pixels, side: int) -> Pixels:
    """A picture in a square, as large as it fits, small ones by whole numbers; grey around it."""
    size = TileSize.of(picture.shape[:2], side)
    shown = enlarge(fit(picture, size.shape), size.enlarge)
    found = np.full((side, side, 3), GREY, np.uint8)
    top, left = ((side - length) // 2 for length in shown.shape[:2])
    found[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    return found


def told(graph: CauseGraph, image: int | None, name: str, boxes: NDArray[np.int64], file: str | None) -> dict[str, Any]:
    """A graph for an atlas's page, see the README of `convscope.atlas`."""
    return {
        "unit": str(graph.unit),
        "value": short(graph.value),
        "image": image,
        "name": name,
        "sheet": file,
        "layers": list(graph.layers),
        "curved": graph.curved,
        "balances": [
            {"layer": one.layer, "parts": short(one.parts), "others": short(one.by_other_ways),
             "biases": short(one.biases), "remainder": short(one.remainder)}
            for one in graph.balances
        ],
        "nodes": [
            {"unit": str(node.unit), "value": short(node.value), "amount": short(node.amount), "box": box}
            for node, box in zip(graph.nodes, boxes.tolist(), strict=True)
        ],
        "edges": [[edge.cause, edge.effect, short(edge.amount)] for edge in graph.edges],
    }  # fmt: skip


def usual_told(rows: Sequence[dict[str, Any]]) -> list[list[Any]]:
    """What usually feeds units, for an atlas's page: unit, cause, mean, error, on how many images, of how many."""
    return [
        [row["unit"], row["cause"], short(row["mean"]), None if row["error"] is None else short(row["error"]),
         row["among"], row["images"]]
        for row in rows
    ]  # fmt: skip


__all__ = ["TILE", "node_boxes", "node_pictures", "sheet", "squared", "told", "usual_told"]
