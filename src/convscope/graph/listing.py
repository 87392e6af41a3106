"""A network's layers as a table: in Python, in a notebook, and on the command line alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from convscope.graph.nouns import Field, Layer
from convscope.tables import TextTable

_HEAD = ("layer", "op", "shape", "units", "size", "stride", "offset", "field")


def rows_of(layers: Iterable[Layer]) -> list[dict[str, Any]]:
    """One row a layer: name, op, channels, height and width (None for vectors), and its receptive field.

    exact: whether fields are exact or bounds; gates: whether gates were held on the way, see `Layer`.
    """
    return [
        {
            "name": layer.name,
            "op": layer.op,
            "channels": layer.channels,
            "height": layer.height if layer.spatial else None,
            "width": layer.width if layer.spatial else None,
            "size": None if layer.field is None else layer.field.size,
            "stride": None if layer.field is None else layer.field.stride,
            "offset": None if layer.field is None else layer.field.offset,
            "exact": layer.exact,
            "gates": layer.gates,
        }
        for layer in layers
    ]


def documents_of(layers: Iterable[Layer], stages: Sequence[str]) -> list[dict[str, Any]]:
    """The layers as JSON values; `stages` are those that are looked at by default."""
    return [
        {
            "name": layer.name,
            "op": layer.op,
            "shape": list(layer.shape),
            "units": layer.channels,
            "field": None if layer.field is None else _document(layer.field),
            "exact": layer.exact,
            "gates": layer.gates,
            "stage": layer.name in stages,
        }
        for layer in layers
    ]


def _document(field: Field) -> dict[str, Any]:
    pairs = {name: list(getattr(field, name)) for name in ("size", "stride", "offset")}
    return {**pairs, "regular": field.regular}


def table_of(layers: Iterable[Layer], marked: Sequence[str] = ()) -> TextTable:
    """The table for people: sizes, strides and offsets of receptive fields in input pixels; some layers with a star.

    Of two numbers the first is the height. `~` stands for fields that differ from unit to unit, the largest of which is
    a bound of the others.
    """
    if not marked:
        return TextTable("", _HEAD, tuple(map(_cells, layers)), left=3)
    rows = ((*_cells(layer), "*" if layer.name in marked else "") for layer in layers)
    return TextTable("", (*_HEAD, ""), tuple(rows), left=3)


def _cells(layer: Layer) -> tuple[str, ...]:
    shape = "x".join(map(str, layer.shape))
    size, stride, offset = field_cells(layer.field)
    seen = f"{size} (gate)" if layer.field is None and layer.gates == "part" else size
    return layer.name, layer.op, shape, str(layer.channels), seen, stride, offset, certainty(layer)


def certainty(layer: Layer) -> str:
    """Whether what is said of a layer's field is exact or a bound, and what is taken for constant.

    >>> certainty(Layer("conv", "conv2d", 8, 5, 5, True, Field((1, 1), (0, 0), (3, 3)), gates="held"))
    'exact, gates held'
    """
    regular = layer.field is None or layer.field.regular
    said = "exact" if layer.exact and regular else "bound"
    return said + {"held": ", gates held", "part": " (gate)"}.get(layer.gates, "")


def field_cells(field: Field | None) -> tuple[str, str, str]:
    """Size, stride and offset of a receptive field in words."""
    if field is None:
        return "whole image", "", ""
    about = "" if field.regular else "~"
    size, stride, offset = (f"{about}{_pair(pair)}" for pair in (field.size, field.stride, field.offset))
    return size, stride, offset


def _pair(values: tuple[float, float]) -> str:
    """A (y, x) pair, as one number where both are equal.

    >>> _pair((11, 11)), _pair((4.0, 2.5))
    ('11', '4,2.5')
    """
    y, x = (f"{value:g}" for value in values)
    return y if y == x else f"{y},{x}"


__all__ = ["certainty", "documents_of", "field_cells", "rows_of", "table_of"]
