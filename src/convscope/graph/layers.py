"""A network's layers, looked up by number or name, and its units by theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, overload

from convscope.arguments import checked, item
from convscope.errors import UnknownLayer, UsageError, nearest
from convscope.graph.listing import rows_of, table_of
from convscope.graph.nouns import Layer, Unit, UnitLike
from convscope.shown import Shown
from convscope.tables import counted


class LayerList(Shown):
    """The addressable layers of a network in execution order, a table; looked up by number or by name."""

    def __init__(self, layers: Iterable[Layer], aliases: dict[str, str], stages: Sequence[str], model: str) -> None:
        self._layers = tuple(layers)
        self._by_name = {layer.name: layer for layer in self._layers}
        self._aliases = aliases
        self._stages = tuple(stages)
        self._model = model

    def __len__(self) -> int:
        return len(self._layers)

    @overload
    def __getitem__(self, key: str) -> Layer: ...
    @overload
    def __getitem__(self, key: int) -> Layer: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Layer, ...]: ...
    def __getitem__(self, key: str | int | slice) -> Layer | tuple[Layer, ...]:
        """The layer of a name (a container's name is that of its last layer), a number, or a slice of layers.

        Raises:
            UnknownLayer: if there is no layer of that name; the message names the nearest. NoSuchItem: of that number.
            WrongType: for what is neither.
        """
        if not isinstance(key, str):
            return item(self._layers, key, "layers") if not isinstance(key, slice) else self._layers[key]
        found = self._by_name.get(self._aliases.get(key, key))
        if found is None:
            close = nearest(key, (*self._by_name, *self._aliases))
            there = f"{counted(len(self), 'layer')}: net.layers lists them"
            raise UnknownLayer(f"layer '{key}' is not in {self._model}{close} ({there})")
        return found

    def __iter__(self) -> Iterator[Layer]:
        return iter(self._layers)

    def __contains__(self, key: object) -> bool:
        return key in self._by_name or key in self._aliases or key in self._layers

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all layers, in execution order."""
        return tuple(self._by_name)

    def rows(self) -> list[dict[str, Any]]:
        """One row a layer: name, op, channels, height, width, and size, stride and offset of its receptive field."""
        return rows_of(self._layers)

    @property
    def unseen(self) -> str | None:
        """The first layer whose stride is larger than its fields, and how many pixels none of its units sees."""
        for layer in self:
            if layer.field is not None and layer.field.regular and layer.field.unseen:
                share = f"{100 * layer.field.unseen:.0f} % of the pixels"
                return f"{layer.name}: its stride is larger than its fields: {share} are seen by none of its units"
        return None

    def __repr__(self) -> str:
        return table_of(self._layers).text()

    def stages(self) -> tuple[str, ...]:
        """The names of the layers to look at by default: the last complete one of each map size, in execution order."""
        return self._stages

    @checked
    def unit(self, unit: UnitLike) -> Unit:
        """The unit with its layer's full name, checked to exist.

        Raises:
            UsageError: if the text is not a unit.
            UnknownLayer: if the layer does not exist, or has no such channel or position.
        """
        if isinstance(unit, str) and unit in self and ":" not in unit:
            name, channels = self[unit].name, self[unit].channels
            which = f"{name}:0 to {name}:{channels - 1}" if channels > 1 else f"{name}:0"
            raise UsageError(f"'{unit}' is a layer of {counted(channels, 'unit')}, and one is meant: {which}")
        unit = Unit.of(unit)
        layer = self[unit.layer]
        if not all(0 <= channel < layer.channels for channel in unit.channels):
            raise UnknownLayer(
                f"unit '{unit}' does not exist: layer '{layer.name}' has {counted(layer.channels, 'unit')}, "
                f"0{f' to {layer.channels - 1}' if layer.channels > 1 else ''}"
            )
        if unit.channel == unit.minus:
            raise UsageError(f"unit '{unit}' is nothing: a unit minus itself")
        if unit.position is not None:
            if not layer.spatial:
                raise UnknownLayer(f"unit '{unit}' names a position, but layer '{layer.name}' is a vector")
            if not (0 <= unit.position[0] < layer.height and 0 <= unit.position[1] < layer.width):
                raise UnknownLayer(
                    f"unit '{unit}' does not exist: the map of layer '{layer.name}' is {layer.height} x {layer.width}"
                )
        return replace(unit, layer=layer.name)


__all__ = ["LayerList"]
