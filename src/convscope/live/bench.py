"""The bench itself: photos of the pages that are open, and the answers to what they ask, part by part.

Nothing here knows of threads or of HTTP. An answer is an iterator: each part is worth showing, and between parts, and
wherever `advanced` is called, the work can be left.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.atlas.classes import logit_layers
from convscope.atlas.render import display, scale_of
from convscope.data import Source
from convscope.errors import UsageError
from convscope.graph import Network, Unit
from convscope.live import asking
from convscope.live.asking import Said
from convscope.live.holding import Glance, Holdings, Tab
from convscope.live.looking import (
    Advanced,
    Base,
    Doing,
    Looker,
    Values,
    classes_in,
    finite,
    layer_in,
    maxima,
    scores_in,
    unit_in,
)
from convscope.live.photos import ALLOWED, Moved, Photo, png, small
from convscope.live.published import Beside
from convscope.live.repeating import script_of
from convscope.methods.answering import head_of
from convscope.methods.causes import cause_layers, causes
from convscope.methods.deconv import project_watched
from convscope.methods.inputs import expect_network, recipe_of
from convscope.methods.invariance import invariance
from convscope.methods.invariance.transforms import TRANSFORMATIONS, transformation
from convscope.methods.occlusion import OccluderGrid
from convscope.methods.occlusion.occluders import covering, square_for
from convscope.methods.occlusion.readings import Readout
from convscope.methods.occlusion.sweep import Sweep
from convscope.methods.preparing import transformed
from convscope.settings import each_in_usual_settings
from convscope.studies.pictures import shown_pixels

Part = dict[str, Any]

_AT_ONCE = 4  # amounts of a transformation
_MOST = 8  # causes of a unit
_LISTED = 3  # units of a layer that changed most
_QUIET = 4  # networks with units silenced that are kept
_SHELF = 60  # images of the collection that are named at a time


class Bench:
    """A network, and everything that a page can ask of it.

    source: the collection whose images can be chosen. beside: the atlas whose units are shown beside. spec: what loads
    the network, for scripts.
    """

    def __init__(
        self, net: Network, *, spec: str | None = None, source: Source | None = None, beside: Beside | None = None
    ) -> None:
        expect_network(net)
        if recipe_of(net) is None:
            raise UsageError(
                f"{net.name} has no preprocessing, which photos need: give one with preprocess=, or mean= and std="
            )
        self.net, self.spec, self.source, self.beside = net, spec, source, beside
        self._held = Holdings()
        self._silenced: OrderedDict[tuple[Unit, ...], Network] = OrderedDict()

    # -- photos -------------------------------------------------------------------------------------------------------
    def decode(self, payload: bytes, name: str) -> Photo:
        """An own photo. Raises ImageError where it cannot be read."""
        ALLOWED.admit(len(payload))
        recipe = recipe_of(self.net)
        assert recipe is not None
        return Photo.of(payload, recipe, name=name)

    def choose(self, number: int) -> Photo:
        """An image of the collection. Raises UsageError where there is none, ImageError where it cannot be read."""
        if self.source is None or not 0 <= number < len(self.source):
            count = 0 if self.source is None else len(self.source)
            raise UsageError(f"there is no image {number}: the collection has {count}")
        return Photo.in_collection(self.net, self.source, number)

    def images(self, first: int, text: str) -> Part:
        """Names of the collection's images from a number on, of those whose names hold a text; where more begin.

        Raises UsageError where there is no collection.
        """
        if self.source is None:
            raise UsageError("no collection was given")
        wanted, found = text[:200].casefold(), list[Part]()
        for number in range(first, len(self.source)):
            if wanted in self.source.name(number).casefold():
                if len(found) == _SHELF:
                    return {"images": found, "next": number}
                found.append({"number": number, "name": self.source.name(number)})
        return {"images": found, "next": None}

    def thumb(self, number: int) -> bytes | None:
        """A small picture of an image of the collection, as JPEG; None where there is no such image.

        Raises ImageError where it cannot be read.
        """
        if self.source is None or not 0 <= number < len(self.source):
            return None
        return small(self.source, number)

    def put(self, tab: str, photo: Photo) -> Part:
        """Hold a photo for a page: what the page is told of it, its key among that."""
        return {"photo": self._held.put(tab, photo), **photo.shown()}

    def forget(self, tab: str) -> None:
        """Let go of everything that was held for a page: it is closed."""
        self._held.forget(tab)

    def _photo(self, tab: str, said: Said) -> tuple[Tab, str, Photo]:
        return self._held.photo(tab, asking.text(said, "photo"))

    # -- questions ----------------------------------------------------------------------------------------------------
    def answer(self, tab: str, said: Said, advanced: Advanced) -> Iterator[Part]:
        """The answer to what a page asks, part by part; `advanced` is called in between, and ends it by raising.

        Raises what is wrong with the question as UsageError, or one of its kinds.
        """
        kinds: dict[str, Callable[[str, Said, Advanced], Iterator[Part]]] = {
            "look": self._look,
            "project": self._project,
            "causes": self._causes,
            "sweep": self._sweep,
            "curve": self._curve,
            "python": self._python,
        }
        make = kinds[asking.choice(said, "kind", tuple(kinds))]
        return map(finite, each_in_usual_settings(lambda: make(tab, said, advanced)))

    def about(self) -> Part:
        """What a page is told of the network, before any photo."""
        net, head, shown = self.net, head_of(self.net), self._usual
        return {
            "network": net.name,
            "spec": self.spec,
            "input": list(net.input_shape),
            "recipe": str(recipe_of(net)),
            "output": net.output,
            "outputListed": bool(net.listed_output),
            "broken": net.broken,
            "score": "" if head is None else head.score,
            "meaning": net.meaning,
            "layers": [
                {"name": one.name, "op": one.op, "channels": one.channels, "height": one.height, "width": one.width,
                 "spatial": one.spatial} for one in net.layers
            ],
            "shown": shown,
            "logits": {"layers": logit_layers(net) if self._logits else [], "names": self._logits},
            "grey": _grey(net),
            "square": square_for(net.input_shape[1:], None, None)[0][0],
            "transformations": [
                {"name": t.name, "unit": t.unit, "identity": t.identity, "values": list(t.values)}
                for t in TRANSFORMATIONS.values()
            ],
            "limits": {"bytes": ALLOWED.file_bytes, "pixels": ALLOWED.pixels},
            "collection": None if self.source is None else {"count": len(self.source), "said": self.source.describe()},
            "atlas": None if self.beside is None else self.beside.to_json(),
        }  # fmt: skip

    @cached_property
    def _logits(self) -> list[str]:
        """What the output's channels are called; nothing where that is not known."""
        head = head_of(self.net)
        return list((head and head.names(self.net.classes)) or ())

    @property
    def _usual(self) -> list[str]:
        """The layers that are shown where nobody says: the atlas's, or the stages."""
        if self.beside is not None:
            return list(self.beside.layers)[: asking.MOST_LAYERS]
        stages = [name for name in self.net.layers.stages() if name != self.net.output]
        return stages[-asking.MOST_LAYERS :] or [self.net.layers[-1].name]

    # -- at a glance --------------------------------------------------------------------------------------------------
    def _look(self, tab: str, said: Said, advanced: Advanced) -> Iterator[Part]:
        """Classes and strongest units of the photo, and of what is done to it; what changed."""
        net, (held, key, photo) = self.net, self._photo(tab, said)
        names = asking.layers(net, said, self._usual)
        followed, shown = asking.units(net, said, "followed"), asking.channels(net, said)
        doing, moved = asking.doing(net, said), asking.moved(said)
        looker = Looker.of(net, names, followed)
        base = self._base(key, photo, moved, looker, advanced)
        plain = looker.values(base, Doing())
        heard, known = looker, base
        if doing.silenced:
            heard = Looker.of(self._without(doing.silenced), names, followed)
            if doing.transform is None:
                known = self._base(key, photo, moved, heard, advanced, doing.silenced)
        values = heard.values(known, doing, advanced)
        order = asking.choice(said, "by", ("activation", "atlas"))
        scales = {} if self.beside is None or order == "activation" else self.beside.largest
        found: Part = {
            "classes": self._classes(values, plain, doing),
            "layers": [layer_in(net, name, values, shown=shown.get(name), scale=scales.get(name)) for name in names],
            "followed": [self._followed(unit, values, plain) for unit in followed],
        }
        if doing.transform is not None:
            found["picture"] = png(shown_pixels(net, transformed(net, base.inputs, doing.transform))[0])
        if doing.nothing:
            found["changed"] = self._changed(held, f"{key} {moved}", photo.name, names, values)
        yield found

    def _classes(self, values: Values, plain: Values, doing: Doing) -> list[Part]:
        before = None if doing.nothing else scores_in(self.net, plain)
        also = () if before is None else np.argsort(-before, kind="stable")[:3].tolist()
        found = classes_in(self.net, values, also=also)
        for one in found if before is not None else ():
            one["before"] = float(before[one["channel"]])  # pyright: ignore[reportOptionalSubscript]
        return found

    def _followed(self, unit: Unit, values: Values, plain: Values) -> Part:
        """A unit's activation: at its position, or summed over its map, as `occlude` has it."""
        return {"unit": str(unit), "value": self._activation(unit, values), "before": self._activation(unit, plain)}

    def _activation(self, unit: Unit, values: Values) -> float:
        maps, _ = maxima(self.net, unit.layer, values)
        first, *less = (maps[channel] for channel in unit.channels)
        one = first - less[0] if less else first
        return float(one if one.dim() == 0 else one[unit.position] if unit.position is not None else one.double().sum())

    def _changed(self, held: Tab, key: str, name: str, layers: list[str], values: Values) -> Part | None:
        """What is other than for the photo before, of classes and of units."""
        largest = {layer: maxima(self.net, layer, values)[1] for layer in layers}
        now = Glance(key, name, scores_in(self.net, values), largest)
        if held.now is not None and held.now.photo != key:
            held.before = held.now
        held.now, before = now, held.before
        if before is None:
            return None
        head, classes = head_of(self.net), list[Part]()
        if head is not None and now.scores is not None and before.scores is not None:
            order = np.argsort(-np.abs(now.scores - before.scores), kind="stable")[: 2 * _LISTED]
            classes = [
                {"channel": int(c), "name": head.target_name(int(c), self.net.classes),
                 "before": float(before.scores[c]), "now": float(now.scores[c])} for c in order
            ]  # fmt: skip
        units = []
        for layer in layers:
            if layer not in before.largest:
                continue
            one, other = largest[layer], before.largest[layer]
            order = np.argsort(-np.nan_to_num(np.abs(one - other)), kind="stable")[:_LISTED]
            units += [{"unit": f"{layer}:{c}", "before": float(other[c]), "now": float(one[c])} for c in order.tolist()]
        return {"name": before.name, "classes": classes, "units": units}

    def _base(
        self, key: str, photo: Photo, moved: Moved, looker: Looker, advanced: Advanced, silenced: tuple[Unit, ...] = ()
    ) -> Base:
        """What the network, with units silenced, made of a photo, kept for a few of them."""
        known = (key, moved, looker.targets, silenced)
        return self._held.base(known, lambda: looker.base(photo.inputs(self.net, moved), advanced))

    def _without(self, silenced: tuple[Unit, ...]) -> Network:
        """The network with units silenced; the last few are kept."""
        if not silenced:
            return self.net
        found = self._silenced.pop(silenced, None) or self.net.silenced(silenced)
        self._silenced[silenced] = found
        while len(self._silenced) > _QUIET:
            self._silenced.popitem(last=False)
        return found

    def _inputs(self, tab: str, said: Said) -> tuple[Tensor, Photo]:
        """The input (1, C, H, W) of the photo as it is transformed and covered."""
        _, _, photo = self._photo(tab, said)
        doing = asking.doing(self.net, said)
        inputs = transformed(
            self.net, self.net.check_images(photo.inputs(self.net, asking.moved(said))), doing.transform
        )
        if doing.cover is not None:
            inputs = doing.cover.over(self.net, inputs)
        return inputs, photo

    # -- a unit -------------------------------------------------------------------------------------------------------
    def _project(self, tab: str, said: Said, advanced: Advanced) -> Iterator[Part]:
        """What a unit takes from the photo."""
        unit = self.net.unit(asking.text(said, "unit"))
        net = self._without(asking.doing(self.net, said).silenced_beside(unit))
        inputs, _ = self._inputs(tab, said)
        found, value = project_watched(net, inputs, unit, options=asking.pulling(said), advanced=advanced)
        maps, largest = maxima(net, unit.layer, {net.index_of(unit.layer): value})
        shown = found.pixels
        yield {
            "unit": str(found.units[0]),
            "value": float(found.values[0]),
            "box": found.boxes[0].tolist(),
            "projection": png(display(shown)[0]),
            "scale": float(scale_of(shown)[0]),
            "report": str(found.report),
            "name": self._name(unit),
            "map": None if unit.minus is not None or maps.dim() == 1 else unit_in(maps, unit.channel, largest),
        }

    def _name(self, unit: Unit) -> str | None:
        """What a unit of the output is called."""
        head = head_of(self.net)
        if head is None or unit.layer != self.net.output or unit.minus is not None:
            return None
        return head.target_name(unit.channel, self.net.classes)

    def _causes(self, tab: str, said: Said, advanced: Advanced) -> Iterator[Part]:
        """What fed a unit, one layer down."""
        unit = self.net.unit(asking.text(said, "unit"))
        net = self._without(asking.doing(self.net, said).silenced_beside(unit))
        inputs, _ = self._inputs(tab, said)
        below = asking.layers(net, said, ()) or list(cause_layers(self.net, unit)[:1])
        graph = causes(net, inputs[0], unit, below[:1], most=_MOST, advanced=advanced)
        nodes = []
        for node in graph.nodes[1:]:
            at = node.unit.position
            box = None if at is None else net.crops(node.unit.layer, np.array([at]))[0].tolist()
            nodes.append({"unit": str(node.unit), "value": node.value, "amount": node.amount, "box": box})
        yield {
            "unit": str(graph.unit),
            "value": graph.value,
            "layer": graph.layers[0],
            "nodes": nodes,
            "balance": graph.balances[0].to_json(),
            "curved": graph.curved,
        }

    # -- growing ------------------------------------------------------------------------------------------------------
    def _sweep(self, tab: str, said: Said, advanced: Advanced) -> Iterator[Part]:
        """The whole sweep of a square, row by row, as `occlude` has it (Fig. 7)."""
        net = self._without(asking.doing(self.net, said).silenced)
        inputs, _ = self._inputs(tab, {**said, "cover": None})
        image = net.input_shape[1:]
        size, stride = square_for(
            image,
            asking.whole_number(said, "size", 1, min(image)) if said.get("size") is not None else None,
            asking.whole_number(said, "stride", 1, min(image)) if said.get("stride") is not None else None,
        )
        grid, units = OccluderGrid(image, size, stride), asking.units(net, said, "followed")
        target = None if said.get("target") is None else asking.whole_number(said, "target", 0, 1 << 30)
        head = head_of(net)
        followed = "none" if head is None else target
        reader = Readout.of(net, inputs, target=followed, layer=None, strongest="sum", units=units, reduce="sum")
        fill = covering(inputs, asking.choice(said, "fill", asking.FILLS), grid=grid, preprocess=recipe_of(net))
        uncovered, channel = reader.uncovered, reader.followed.channels[:, :1].reshape(-1).tolist()
        yield {
            "grid": grid.to_json(),
            "target": None if head is None else {"channel": channel[0],
                                                 "name": head.target_name(channel[0], net.classes)},
            "map": f"{reader.layer}:{int(reader.channels[0])}",
            "uncovered": _responses(uncovered, 0),
        }  # fmt: skip
        columns = grid.shape[1]
        for row in range(grid.shape[0]):
            boxes = grid.boxes[row * columns : (row + 1) * columns]
            table = reader.table(columns)
            readings = reader.readings(table, columns)
            Sweep(net, inputs, fill, boxes, readings, progress=lambda *_: advanced(0.0)).run()
            found = table.responses(1, (columns,))
            yield {"row": row, "label": found.labels[0].tolist(), **_responses(found, 0)}

    def _curve(self, tab: str, said: Said, advanced: Advanced) -> Iterator[Part]:
        """How classes and features change with every amount of a transformation (Fig. 5)."""
        net, (name, amounts) = self._without(asking.doing(self.net, said).silenced), asking.amounts(said)
        inputs, _ = self._inputs(tab, {**said, "cover": None, "transform": None})
        names = asking.layers(net, said, self._usual)
        chosen, known = list(dict.fromkeys([names[0], names[-1]])), transformation(name)
        target = None if said.get("target") is None else asking.whole_number(said, "target", 0, 1 << 30)
        head = head_of(net)
        yield {"name": name, "unit": known.unit, "identity": known.identity, "amounts": list(amounts), "layers": chosen}
        for first in range(0, len(amounts), _AT_ONCE):
            some = amounts[first : first + _AT_ONCE]
            advanced(first / len(amounts))
            found = invariance(
                net, inputs, transformations={name: some}, layers=chosen, target="none" if head is None else target,
                units=() if head is not None else f"{chosen[-1]}:0", batch=_AT_ONCE,
            )  # fmt: skip
            curve = found[name]
            yield {
                "values": list(some),
                "probability": _plain(curve.probabilities[0]),
                "label": curve.labels[0].tolist(),
                "relative": {layer: _plain(curve.relative[layer][0]) for layer in chosen},
                "target": int(found.targets[0]),
                "targetName": "" if head is None else head.target_name(int(found.targets[0]), net.classes),
            }

    def _python(self, tab: str, said: Said, advanced: Advanced) -> Iterator[Part]:
        """The program that repeats what was asked."""
        _, _, photo = self._photo(tab, said)
        advanced(0.0)
        yield {"python": script_of(self.net, self.spec, self.source, photo, said, usual=self._usual)}


def _grey(net: Network) -> list[int]:
    """The mean colour, as it is shown."""
    recipe = recipe_of(net)
    assert recipe is not None
    return recipe.shown(recipe.mean_colour[None, None])[0, 0].tolist()


def _plain(values: NDArray[np.floating]) -> list[float | None]:
    return [float(one) if np.isfinite(one) else None for one in np.asarray(values).reshape(-1)]


def _responses(found: Any, image: int) -> Part:
    """What was read of an image, or of positions on it."""
    return {
        "probability": _plain(found.probabilities[image, 0]) if found.probabilities.shape[1] else None,
        "activation": _plain(found.activations[image]),
        "units": [_plain(one) for one in found.units[image]],
    }


__all__ = ["Bench", "Part"]
