"""`convscope layers`: what a network consists of."""

from typing import TYPE_CHECKING

from convscope.cli.options import Common, Model, ModelOptions, load_network

if TYPE_CHECKING:
    from convscope.graph import Field, Network


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
    from convscope.graph.listing import table_of

    terminal = common.terminal()
    stages = set(net.layers.stages())
    terminal.result(_document(net, stages))
    listed = table_of(net.layers)
    marks = ("*" if layer.name in stages else "" for layer in net.layers)
    rows = [(*row, mark) for row, mark in zip(listed.rows, marks, strict=True)]
    terminal.table((*listed.head, ""), rows, right=(3,))
    terminal.say()
    terminal.say(net.summary)
    terminal.say("* taken by a scan when no layers are named")
    for layer in net.layers:
        if layer.field is not None and layer.field.regular and layer.field.unseen:
            share = f"{100 * layer.field.unseen:.0f} % of the pixels"
            terminal.say(f"{layer.name}: its stride is larger than its fields: {share} are seen by none of its units")
            break


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
