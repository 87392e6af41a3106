"""`convscope layers`: what a network consists of."""

from typing import TYPE_CHECKING

from convscope.cli.options import Common, Model, ModelOptions, load_network

if TYPE_CHECKING:
    from convscope.graph import Field, Layer, Network


def layers(model: Model, /, *, options: ModelOptions | None = None, common: Common | None = None) -> None:
    """List the layers of a network: name, operation, shape, units, receptive field.

    A layer name here is what `--layers` of other commands takes, and the first half of a unit (`features.8:174`).
    Layers marked `*` are the ones that a scan takes when none are named. The receptive field of the unit at position p
    is the box of input pixels from `p * stride + offset`, `size` pixels long; with two numbers, height comes first. A
    `~` says that the boxes of the layer differ: stride and offset are then averages, and the size is the largest.

        convscope layers zoo:alexnet
        convscope layers torchvision:resnet18 --input-size 192x256
        convscope layers py:mypackage.nets:small --weights small.safetensors --json
    """
    common = common or Common()
    net = load_network(model, options)
    terminal = common.terminal()
    stages = set(net.layers.stages())
    terminal.result(_document(net, stages))
    terminal.table(
        ("layer", "op", "shape", "units", "size", "stride", "offset", ""),
        [_row(layer, marked=layer.name in stages) for layer in net.layers],
        right=(3,),
    )
    terminal.say()
    terminal.say(
        f"{net.name}: {len(net.layers)} layers, input {'x'.join(map(str, net.input_shape))}, output {net.output}"
    )
    terminal.say("* taken by a scan when no layers are named")


def _row(layer: "Layer", *, marked: bool) -> tuple[str, ...]:
    shape = "x".join(map(str, layer.shape))
    mark = "*" if marked else ""
    if layer.field is None:
        return layer.name, layer.op, shape, str(layer.channels), "whole image", "", "", mark
    size, stride, offset = (_pair(pair) for pair in (layer.field.size, layer.field.stride, layer.field.offset))
    about = "" if layer.field.regular else "~"
    return layer.name, layer.op, shape, str(layer.channels), about + size, about + stride, about + offset, mark


def _pair(values: tuple[float, float]) -> str:
    """A (y, x) pair, as one number where both are equal.

    >>> _pair((11, 11)), _pair((4.0, 2.5))
    ('11', '4,2.5')
    """
    y, x = (f"{value:g}" for value in values)
    return y if y == x else f"{y},{x}"


def _document(net: "Network", stages: set[str]) -> dict[str, object]:
    return {
        "name": net.name,
        "input_shape": list(net.input_shape),
        "output": net.output,
        "fingerprint": net.fingerprint,
        "layers": [
            {
                "name": layer.name,
                "op": layer.op,
                "shape": list(layer.shape),
                "units": layer.channels,
                "field": _field(layer.field),
                "stage": layer.name in stages,
            }
            for layer in net.layers
        ],
    }


def _field(field: "Field | None") -> dict[str, object] | None:
    """A receptive field as lists of (y, x), or None for the whole image."""
    if field is None:
        return None
    return {
        "size": list(field.size),
        "stride": list(field.stride),
        "offset": list(field.offset),
        "regular": field.regular,
    }
