"""`convscope layers`: what a network consists of."""

from typing import TYPE_CHECKING

from convscope.cli.options import Common, Model, ModelOptions, load_network

if TYPE_CHECKING:
    from convscope.cli.terminal import Terminal
    from convscope.models.contents import FileContents


_TRAINED_ON = """what looks at images needs to know what was done to those it was trained on, too:
    --preprocess imagenet, --preprocess unit (0 to 1), or --mean 0.1307 --std 0.3081 with your numbers"""


def layers(model: Model, /, *, options: ModelOptions = ModelOptions(), common: Common = Common()) -> None:
    """List the layers of a network: name, operation, shape, units, receptive field; or what a file holds.

    A layer name here is what `--layers` of other commands takes, and the first half of a unit (`features.8:174`).
    Layers marked `*` are the ones that a scan takes when none are named. The receptive field of the unit at position p
    is the box of input pixels from `p * stride + offset`, `size` pixels long; with two numbers, height comes first.

    Each field is said to be `exact`, or a `bound`: marked with `~` where boxes differ from unit to unit, so that the
    size is the largest (each unit's own is exact), and without where an operation below has
    no rule. `gates held` says that gates, such as squeeze-excite, count as constants; `(gate)` that a layer is a part
    of one.

        convscope layers zoo:alexnet
        convscope layers torchvision:resnet18 --input-size 192x256
        convscope layers py:mypackage.nets:small --weights small.safetensors --json

    A file instead of a network is described: its dictionaries of tensors, what else it holds, whether a network of the
    zoo or of torchvision fits, and how to name one for it.

        convscope layers runs/best.pth
    """
    from convscope.graph.listing import table_of
    from convscope.models.contents import describe_file, is_weights_file

    if is_weights_file(model):
        _say_contents(describe_file(model), common.terminal())
        return
    net = load_network(model, options)
    terminal = common.terminal()
    terminal.result(net.to_json())
    listed = table_of(net.layers, net.layers.stages())
    terminal.table(listed.head, listed.rows, right=(3,))
    terminal.say()
    taken = "* taken by a scan when no layers are named"
    for line in filter(None, (net.summary, net.meaning, taken, net.layers.unseen)):
        terminal.say(line)


def _say_contents(found: "FileContents", terminal: "Terminal") -> None:
    """What a file of weights holds, and how a network for it is named."""
    terminal.result(found.to_json())
    terminal.say(f"{found.path}: {found.kind}")
    if found.parts:
        terminal.table(found.table().head, found.table().rows, right=(1, 2))
    for place, name in found.modules.items():
        terminal.say(f"a whole module{f' under {place}' if place else ''}: {name}, which is not read")
    if found.values:
        terminal.say("besides: " + ", ".join(f"{key}: {text}" for key, text in found.values.items()))
    for said in filter(None, (found.computed and f"in parts, and computed from them: {found.computed}", found.refused)):
        terminal.say(said)
    for line in _ways(found):
        terminal.say(line)


def _ways(found: "FileContents") -> list[str]:
    """How a network for the file is named."""
    if not found.parts:
        return ["no tensors by names, so no weights: save the model's state_dict()"]
    if found.axes in (1, 3):
        kind = "one-dimensional" if found.axes == 1 else "three-dimensional"
        return [f"its first convolution is {kind}: networks on images are two-dimensional (see docs/usage.md, Signals)"]
    known = [fit for fit in found.fits if fit.model.startswith("file:")]
    if known:
        return [f"it says which network it is for:\n    convscope layers {known[0].model}"]
    ways = [
        f"    convscope layers {fit.model} --weights {found.path}{f'#{fit.key}' if fit.key else ''}"
        + (f" --classes {fit.outputs}" if fit.outputs else "")
        for fit in found.fits
    ]
    if ways:
        return ["fits, by all names and shapes:", *ways, _TRAINED_ON]
    return [
        "no network of the zoo or of torchvision fits. Name yours by a function that makes it (docs/own-network.md):",
        "    def net(): return Net()  # your module, say in nets.py; its weights come from the file",
        f"    convscope layers py:nets:net --weights {found.path} --input-size {found.side or 224}"
        + ("" if found.side else "  # a guess: put the side of your images"),
        _TRAINED_ON,
    ]
