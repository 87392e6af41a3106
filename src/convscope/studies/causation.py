"""What fed units, or an image's class, through chosen layers: one image by one, and what usually does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from convscope.arguments import checked, item
from convscope.atlas import Atlas
from convscope.atlas.experiments import IMAGES_LISTED
from convscope.data import Images
from convscope.errors import UsageError
from convscope.files import json_bytes, read_whole
from convscope.graph import Network, Unit, UnitLike, several
from convscope.methods import causes as tracing
from convscope.methods.causes import CauseGraph, Nodes
from convscope.progress import Progress, silent
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, finished, question
from convscope.studies.asking import atlas_of, expect_network
from convscope.studies.causes_shown import node_boxes, node_pictures, sheet, told, usual_told
from convscope.studies.kept import context
from convscope.studies.pictures import ReadImages, SeenImages, file_name, look_at
from convscope.tables import TextTable, columns_of, csv_of, without_nan

DRAWN = 24
"""Figures of an answer at most: those of its first graphs."""


@dataclass(eq=False, repr=False)
class Causes(Answer, Sequence[CauseGraph]):
    """What fed units on images: `graphs`, unit by unit of each image; `rows_of` (n,) which image each is on.

    boxes: of each graph the pixels that its nodes see from their places, (nodes, 4) y0 x0 y1 x1.
    """

    graphs: tuple[CauseGraph, ...]
    rows_of: tuple[int, ...]
    boxes: tuple[NDArray[np.int64], ...]
    seen: SeenImages
    nodes: Nodes
    net: Network | None = context()
    _pictures: ReadImages | None = context()

    def __len__(self) -> int:
        return len(self.graphs)

    @overload
    def __getitem__(self, number: int) -> CauseGraph: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[CauseGraph]: ...
    def __getitem__(self, number: int | slice) -> CauseGraph | Sequence[CauseGraph]:
        return item(self.graphs, number, "causes")

    @property
    def summary(self) -> str:
        """The first graphs in words: the strongest causes, and what they leave."""
        return "\n".join(self._in_words(number) for number in range(min(len(self), 9)))

    def _image(self, number: int) -> str:
        return self.seen.names[self.rows_of[number]]

    def _in_words(self, number: int) -> str:
        graph = self.graphs[number]
        layer, balance = graph.layers[0], graph.balances[0]
        strongest = ", ".join(f"{node.unit.channel} ({node.amount:+.3g})" for node in graph.of(layer)[:5]) or "none"
        left = f" (curved on the way: {graph.curved})" if graph.curved else ""
        return (
            f"{graph.unit} is {graph.value:.4g} on {self._image(number)}: {balance.parts:.4g} from {layer}, "
            f"{balance.by_other_ways:.4g} by other ways, {balance.biases:.4g} from biases, remainder "
            f"{balance.remainder:.1g}{left}; most from {strongest}"
        )

    def rows(self) -> list[Row]:
        """One row a cause: what it gives to the unit that is asked about; a unit without any has one row without."""
        return [row for number in range(len(self)) for row in self._rows(number)]

    def _rows(self, number: int) -> list[Row]:
        graph, image = self.graphs[number], self._image(number)
        said = {"image": image, "unit": str(graph.unit), "activation": graph.value}
        listed: list[Row] = [
            {**said, "layer": n.unit.layer, "cause": str(n.unit), "value": n.value, "amount": n.amount}
            for n in graph.nodes[1:]
        ]
        return listed or [{**said, "layer": graph.layers[0], "cause": None, "value": None, "amount": None}]

    def usual(self) -> list[dict[str, Any]]:
        """What usually feeds each unit: the mean amount of every cause over the images on which the unit is active.

        error: the standard error of the mean, None of one image. among: on how many images it is a node of the graph.
        """
        found: list[dict[str, Any]] = []
        for unit in dict.fromkeys(replace(graph.unit, position=None) for graph in self.graphs):
            mine = [g for g in self.graphs if replace(g.unit, position=None) == unit and g.value != 0]
            for layer in mine[0].layers if mine else ():
                found += _usual(unit, layer, [g for g in mine if layer in g.amounts])
        return found

    def to_json(self) -> dict[str, Any]:
        """Every graph with its image, and what usually feeds the units.

        Each node has its `box`; `pictures` is the file with a column for each node, of the first graphs.
        """
        graphs = [self._graph(n) for n in range(len(self))]
        failures = [{"image": failure.name, "reason": failure.reason} for failure in self.seen.failures]
        return without_nan({"nodes": self.nodes, "graphs": graphs, "usual": self.usual(), "failures": failures})

    def _graph(self, number: int) -> dict[str, Any]:
        found = self.graphs[number].to_json()
        for node, box in zip(found["nodes"], self.boxes[number].tolist(), strict=True):
            node["box"] = box
        drawn = {"pictures": self._sheet(number)} if number < DRAWN else {}
        return {"image": self._image(number), **drawn, **found}

    def _stem(self, number: int) -> str:
        """What files about a graph are called."""
        row = self.rows_of[number]
        image = file_name(self.seen.indices[row], self.seen.names[row])
        return f"{image}-{number - self.rows_of.index(row):02}-{_plain(self.graphs[number].unit)}"

    def _sheet(self, number: int) -> str:
        return f"nodes/{self._stem(number)}.webp"

    def tables(self) -> Sequence[TextTable]:
        """What the activations are made of at each layer, and, of several images, what usually feeds the units."""
        head = ("image", "unit", "layer", "amount", "from its units", "by other ways", "from biases", "remainder")
        made = [
            (self._image(n), str(g.unit), b.layer, *(f"{one:.5g}" for one in (b.amount, b.parts, b.by_other_ways,
             b.biases)),
             f"{b.remainder:.1g}")
            for n, g in enumerate(self.graphs) for b in g.balances
        ]  # fmt: skip
        tables = [columns_of(head, made, left=3)]
        if len(self.seen) > 1:
            usual = [
                (str(r["unit"]), str(r["cause"]), f"{r['mean']:.4g}", "" if r["error"] is None else f"{r['error']:.2g}",
                 f"{r['among']} of {r['images']}")
                for r in self.usual()
            ]  # fmt: skip
            head = ("unit", "cause", "mean amount", "error", "among the strongest")
            tables.append(columns_of(head, usual, title="What usually feeds them", left=2))
        return tables

    def remarks(self) -> list[str]:
        """The images that were left out."""
        return self.seen.remarks

    def files(self) -> Iterator[tuple[str, bytes]]:
        """The causes and what usually they are as CSV, everything as JSON, and pictures of the first graphs' nodes."""
        yield "causes.csv", csv_of(self.rows())
        yield "usual.csv", csv_of(self.usual())
        yield "causes.json", json_bytes(self.to_json())
        for number in range(min(len(self), DRAWN)):
            if (content := self._node_sheet(number)) is not None:
                yield self._sheet(number), content

    def _node_sheet(self, number: int) -> bytes | None:
        """The patches of a graph's nodes and what their units take; of a loaded answer what was saved with it."""
        if self.net is not None and self._pictures is not None:
            return sheet(node_pictures(self.net, self._pictures, self.rows_of[number], self.graphs[number]))
        path = None if self.saved is None else self.saved.folder / self._sheet(number)
        return read_whole(path) if path is not None and path.is_file() else None

    # -- figures ------------------------------------------------------------------------------------------------------
    @property
    def can_draw(self) -> bool:
        """Whether it was just made: figures show the photos."""
        return self.net is not None and self._pictures is not None

    def drawings(self) -> Mapping[str, Figure]:
        """The first graphs, each node with its patch and what the unit takes from it."""
        found = {}
        for number, graph in enumerate(self.graphs[:DRAWN]):
            name, caption = f"{self._stem(number)}.png", f"What fed {graph.unit} on {self._image(number)}."
            found[name] = Figure(caption, partial(self._draw, number))
        return found

    def _draw(self, number: int) -> bytes:
        from convscope.figures.causes import draw
        from convscope.figures.style import rendered

        if self.net is None or self._pictures is None:
            raise UsageError("an answer that was loaded has the figures that were saved with it, and draws no others")
        graph, row = self.graphs[number], self.rows_of[number]
        pictures = node_pictures(self.net, self._pictures, row, graph)
        return rendered(draw(graph, pictures, classes=self.net.classes if _is_class(self.net, graph) else None))

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """The causes and the figures; linked to the units that the atlas shows."""
        shown = {layer.name for layer in atlas.layers}
        units = [part for graph in self.graphs for node in graph.nodes for part in node.unit.parts]
        named = dict.fromkeys(str(replace(u, position=None)) for u in units if u.layer in shown)
        asked = list(dict.fromkeys(str(replace(graph.unit, position=None)) for graph in self.graphs))
        title = f"What fed {', '.join(asked[:3])}{' and others' if len(asked) > 3 else ''}"
        settings = {"asked": asked, "layers": list(self.graphs[0].layers), "nodes": self.nodes}
        images = self.seen.in_atlas(atlas)
        data, pictures = [], dict[str, bytes]()
        for number, graph in enumerate(self.graphs[:DRAWN]):
            file, content = f"nodes-{number}.webp", self._node_sheet(number)
            pictures |= {} if content is None else {file: content}
            image = images[self.rows_of[number]] if images else None
            shown_as = None if content is None else file
            data.append(told(graph, image, self._image(number), self.boxes[number], shown_as))
        # Of many images the pages of those lead here whose graphs are shown.
        drawn = dict.fromkeys(one["image"] for one in data if one["image"] is not None)
        return AtlasEntry(
            "causes", title, self.rows(), units=list(named), settings=settings,
            images=images if len(images) <= IMAGES_LISTED else list(drawn),
            data={"graphs": data, "usual": usual_told(self.usual())}, pictures=pictures,
        )  # fmt: skip


def _usual(unit: Unit, layer: str, graphs: Sequence[CauseGraph]) -> list[dict[str, Any]]:
    """The strongest causes by their mean amount, as many as a graph has at most."""
    table = np.stack([graph.amounts[layer] for graph in graphs])
    mean = table.mean(0)
    error = table.std(0, ddof=1) / np.sqrt(len(table)) if len(table) > 1 else None
    among = np.zeros(len(mean), np.int64)
    for graph in graphs:
        among[sorted({node.unit.channel for node in graph.of(layer)})] += 1
    most = max(len(graph.of(layer)) for graph in graphs)
    return [
        {
            "unit": str(unit),
            "cause": f"{layer}:{channel}",
            "mean": float(mean[channel]),
            "error": None if error is None else float(error[channel]),
            "among": int(among[channel]),
            "images": len(graphs),
        }
        for channel in np.argsort(-np.abs(mean), kind="stable")[:most].tolist()
        if mean[channel]
    ]


def _plain(unit: Unit) -> str:
    return "".join(c if c.isalnum() or c in "-._" else "_" for c in str(unit))


def _is_class(net: Network, graph: CauseGraph) -> bool:
    return graph.unit.layer == net.output and net.classes is not None


@checked
def causes(
    net: Network,
    images: Images,
    units: UnitLike | Sequence[UnitLike] = (),
    *,
    store: str | PathLike[str] | None = None,
    layers: Sequence[str] | None = None,
    most: int = 10,
    nodes: Nodes = "units",
    limit: int | None = None,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Causes:
    """What fed units on images: the units of earlier layers, by activation times the signal carried back.

    In a piecewise linear network what the units of a layer give, what passes round it, and the biases of the steps
    between add up to the activation, each computed by itself; elsewhere the remainder is told.

    Args:
        net: the network.
        images: images of any kind, see docs/grammar.md.
        units: the units, or differences of two, such as "classifier.1:281-282"; none for the most probable class of
            each image. Without a position a unit is where it is the strongest.
        store: a folder for the graphs, as figures, CSV and JSON.
        layers: those whose units are the causes, through one after the other; None: the last three stages below.
        most: how many units of each layer are followed.
        nodes: what stands for itself in a graph: "units" with all of their map, or "positions" of units.
        limit: at most so many images, evenly spread.
        atlas: an atlas of the same network that is to show the answer, under `name`.
        progress: called with the number of images done.

    Raises:
        UsageError: for layers that do not feed the units, or each other. UnknownLayer: for layers or units that do not
            exist. ImageError: where no image could be read. StoreError: where the folder holds the answer to
            another question, or cannot be written.

    >>> import torch
    >>> layers = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Conv2d(8, 4, 3))
    >>> answer = causes(Network.trace(layers, (3, 16, 16)), torch.rand(2, 3, 16, 16), "2:1", layers=["1"], most=2)
    >>> len(answer), [node.unit.layer for node in answer[0].nodes]
    (2, ['2', '1', '1'])
    """
    expect_network(net)
    shown = atlas_of(atlas, net)
    wanted = [net.unit(unit) for unit in several(units)]
    pictures = look_at(net, images, limit=limit)
    whole = question(net, pictures.seen, units=wanted, layers=layers, most=most, nodes=nodes)
    Causes.expect_place(store, whole)
    report, graphs, rows = progress or silent, [], []
    for row, image in enumerate(pictures.inputs):
        for unit in wanted or [_most_probable(net, image)]:
            graphs.append(tracing.causes(net, image, unit, layers, most=most, nodes=nodes))
            rows.append(row)
        report("causes", row + 1, len(pictures))
    boxes = tuple(node_boxes(net, graph) for graph in graphs)
    answer = Causes(tuple(graphs), tuple(rows), boxes, pictures.seen, nodes, net, pictures)
    return finished(answer, store=store, asked=whole, atlas=shown, name=name, progress=progress)


def _most_probable(net: Network, image: Any) -> Unit:
    """The logit of the most probable class."""
    head = net.head
    if head.positions or not net.listed_output:
        raise UsageError(f"{net.name} ends in no vector of classes: name units, such as '{net.layers[-1].name}:0'")
    answers = net.answers(image[None])
    return Unit(net.output, int(answers[0, head.first :].argmax()) + head.first)


__all__ = ["DRAWN", "Causes", "causes"]
