"""Is one module traced exactly: its outputs, three units' gradients, and the units' fields; against autograd."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks._families import tensors
from benchmarks._models import randomised
from convscope.graph import Layer, Network
from convscope.methods.deconv import deconv, project

SIZES = (64, 96, 128, 224, 256)  # the first that the module runs on, unless it says its own
WORTH_ASKING = 1e-8  # of differences: whether rounding alone makes as much
DEPTHS = (0.1, 0.5, 0.95)  # of the units that are projected


def examined(module: nn.Module, config: Mapping[str, Any]) -> dict[str, Any]:
    """How far outputs and projections are apart, relative to the largest, and how many pixels are beyond the fields.

    config: what timm says of the network's input.
    """
    module = randomised(module.eval().double())
    shape, why = _shape(module, config)
    if shape is None:
        return {"cause": f"the module itself runs on no size tried: {why}"}
    began = time.monotonic()
    net = Network.trace(module, shape, copy=False)
    found: dict[str, Any] = {"side": shape[1], "steps": len(net.steps), "trace": round(time.monotonic() - began, 2)}
    x = torch.randn(2, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = list(tensors(module(x)))
    places = [output.value for output in net.program.outputs]
    values = net.run_values(x, set(places))
    mine = [values[place] for place in places]
    if (theirs := [tuple(t.shape) for t in expected]) != (ours := [tuple(t.shape) for t in mine]):
        return found | {"cause": f"the module gives {theirs}, the network {ours}"}
    found["outputs"] = max(map(_apart, expected, mine))
    found |= _projections(net, module, x)
    if max(found["outputs"], found["projections"]) > WORTH_ASKING:
        found["itself"] = _from_itself(module, x)
    return found


def _from_itself(module: nn.Module, x: Tensor) -> float:
    """How far outputs and the strongest answer's gradient are from themselves on images of another last bit, which lie
    channels last: what rounding is to this network."""
    made = []
    for images in (x, (x * (1 + 2.3e-16)).contiguous(memory_format=torch.channels_last)):
        leaf = images.detach().requires_grad_()
        answer = next(tensors(module(leaf)))
        (gradient,) = torch.autograd.grad(answer[0].max(), leaf)
        made.append((answer.detach(), gradient))
    return max(_apart(*pair) for pair in zip(*made, strict=True))


def _shape(module: nn.Module, config: Mapping[str, Any]) -> tuple[tuple[int, int, int] | None, str]:
    """The smallest shape of those tried that the module runs on, or why it did not on its own."""
    channels, *own = config.get("input_size", (3, 224, 224))
    why = ""
    for side in [max(own)] if config.get("fixed_input_size") else sorted({*SIZES, max(own)}):
        try:
            with torch.no_grad():
                module(torch.zeros(2, channels, side, side, dtype=torch.float64))
        except Exception as error:  # noqa: BLE001  # a larger one may do
            why = f"{type(error).__name__}: {str(error).partition(chr(10))[0][:300]}"
            continue
        return (channels, side, side), ""
    return None, why


def _apart(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max() / one.abs().max().clamp_min(1e-300))


def _projections(net: Network, module: nn.Module, x: Tensor) -> dict[str, Any]:
    """Three layers' units and a class: the gradient by our rule against autograd, and against the field."""
    layers = _layers(net, module, x)
    leaf = x.clone().requires_grad_()
    answers, heard = _heard(module, layers, leaf)
    worst, beyond, tight, units = 0.0, 0, 0, []
    if len(answers) == 1 and answers[0].dim() == 2 and net.output in net.layers:
        strongest = int(answers[0][0].argmax())
        (gradient,) = torch.autograd.grad(answers[0][0, strongest], leaf, retain_graph=True)
        mine = deconv(net, x[:1], f"{net.output}:{strongest}", rule="gradient", signal="one")
        worst, units = _apart(gradient[:1], mine.full()), [net.output]
    for layer in layers:
        y, column = layer.height // 2, layer.width // 2
        channel = int(heard[layer.name][0, :, y, column].abs().argmax())
        (gradient,) = torch.autograd.grad(heard[layer.name][0, channel, y, column], leaf, retain_graph=True)
        at = np.array([[y, column]])
        mine = project(net, x, layer.name, image=[0], channel=[channel], position=at, rule="gradient", signal="one")
        worst = max(worst, _apart(gradient[:1], mine.full()))
        box = np.asarray(net.boxes(layer.name, at, gates="exact")[0]).clip(0, [*x.shape[2:], *x.shape[2:]])
        support = _support(gradient[0])
        beyond += int(not (support[:2] >= box[:2]).all() or not (support[2:] <= box[2:]).all())
        tight += int((support == box).all())
        units.append(layer.name)
    return {"projections": worst, "units": units, "fields": len(layers), "beyond": beyond, "tight": tight}


def _heard(module: nn.Module, layers: list[Layer], images: Tensor) -> tuple[list[Tensor], dict[str, Tensor]]:
    """What a module answers, and what its layers give on the way.

    Of each a copy: what is rectified in place is not the layer's own output any more.
    """
    found: dict[str, Tensor] = {}

    def hear(name: str, output: Any) -> None:
        found[name] = output.clone()

    handles = [
        module.get_submodule(layer.name).register_forward_hook(
            lambda _module, _inputs, output, name=layer.name: hear(name, output)
        )
        for layer in layers
    ]
    answers = list(tensors(module(images)))
    for handle in handles:
        handle.remove()
    return answers, found


def _layers(net: Network, module: nn.Module, x: Tensor) -> list[Layer]:
    """A layer at each depth, of those that are maps of modules called once, channels first.

    Maps as wide or high as they have channels are left out: their shape does not say that channels are first.
    """
    calls: Counter[str] = Counter()
    shapes: dict[str, tuple[int, ...]] = {}

    def count(name: str, output: Any) -> None:
        calls[name] += 1
        if isinstance(output, Tensor):
            shapes[name] = tuple(output.shape)

    handles = [
        part.register_forward_hook(lambda _module, _inputs, output, name=name: count(name, output))
        for name, part in module.named_modules()
        if name
    ]
    with torch.no_grad():
        module(x)
    for handle in handles:
        handle.remove()
    usable = [
        layer
        for layer in net.layers
        if layer.spatial
        and calls[layer.name] == 1
        and shapes.get(layer.name) == (len(x), *layer.shape)
        and layer.channels not in layer.shape[1:]
    ]
    return [usable[i] for i in dict.fromkeys(int(depth * (len(usable) - 1)) for depth in DEPTHS)] if usable else []


def _support(gradient: Tensor) -> np.ndarray:
    """The box (y0, x0, y1, x1) where a gradient (c, h, w) is not zero; without height and width where it is nowhere."""
    there = gradient.abs().sum(0) > 0
    rows, columns = there.any(1).nonzero()[:, 0], there.any(0).nonzero()[:, 0]
    if not len(rows):
        return np.array([1 << 30, 1 << 30, 0, 0])
    return np.array([int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1])
