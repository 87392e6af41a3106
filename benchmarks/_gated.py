"""Families of networks with gates and global contexts: what has a field, and projections with gates held and exact.

For every family, random weights, in float64: how many convolutions on maps have a field, and how many lie
within a gate; then the projections of one unit each of a middle and a late layer and of the strongest class against the
unmodified module, with hooks on autograd's nodes (`_oracles`): with gates held against autograd that sends nothing into
a gate, with `gates="exact"` against autograd as it is, and the deconvnet's rule with gates held.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks._models import randomised, torchvision_models
from benchmarks._oracles import NodeOracle, relative_error, strongest
from benchmarks.harness import put_between
from convscope.graph import Layer, Network
from convscope.methods.deconv import deconv


@dataclass(frozen=True)
class Family:
    """One kind of gate: what it is, a network that has it, and for images of what side."""

    gate: str
    model: str
    make: Callable[[], nn.Module]
    size: int = 64


def _torchvision(name: str) -> Callable[[], nn.Module]:
    return lambda: getattr(torchvision_models(), name)(weights=None)


def _timm(name: str, **options: Any) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        torchvision_models()  # makes torchvision importable, which timm needs
        import timm

        return timm.create_model(name, pretrained=False, **options)

    return make


def _attending(layer: str) -> Callable[[], nn.Module]:
    return _timm("resnet18", block_args={"attn_layer": layer})


class Bottleneck(nn.Module):
    """A convolution weighed by BAM: one plus the sigmoid of a vector and of a dilated map, added."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        few = channels // 4
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.vector = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, few, 1), nn.ReLU(), nn.Conv2d(few, channels, 1)
        )
        self.map = nn.Sequential(
            nn.Conv2d(channels, few, 1), nn.Conv2d(few, few, 3, padding=4, dilation=4), nn.ReLU(), nn.Conv2d(few, 1, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.conv(x))
        return x + x * torch.sigmoid(self.vector(x) + self.map(x))


class Coordinates(nn.Module):
    """A convolution weighed by coordinate attention: a gate for each row, and one for each column."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.few = nn.Sequential(nn.Conv2d(channels, channels // 4, 1), nn.Hardswish())
        self.rows, self.columns = nn.Conv2d(channels // 4, channels, 1), nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.conv(x))
        both = torch.cat([x.mean(3, keepdim=True), x.mean(2, keepdim=True).transpose(2, 3)], 2)
        rows, columns = self.few(both).split(x.shape[2:], 2)
        return x * self.rows(rows).sigmoid() * self.columns(columns.transpose(2, 3)).sigmoid()


def _stacked(block: Callable[[int], nn.Module]) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        parts = [nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.ReLU()]
        parts += [block(16), nn.MaxPool2d(2), block(16), nn.MaxPool2d(2), block(16)]
        return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))

    return make


FAMILIES = (
    Family("squeeze-excite", "torchvision efficientnet_b0", _torchvision("efficientnet_b0")),
    Family("squeeze-excite", "torchvision regnet_y_400mf", _torchvision("regnet_y_400mf")),
    Family("squeeze-excite", "timm legacy_seresnet18", _timm("legacy_seresnet18")),
    Family("squeeze-excite, hard", "torchvision mobilenet_v3_small", _torchvision("mobilenet_v3_small")),
    Family("squeeze-excite, hard", "timm ghostnet_050", _timm("ghostnet_050")),
    Family("squeeze-excite, part of the channels", "timm rexnet_100", _timm("rexnet_100")),
    Family("effective squeeze-excite", "timm ese_vovnet19b_slim", _timm("ese_vovnet19b_slim")),
    Family("effective squeeze-excite", "timm resnet18 with ESE", _attending("ese")),
    Family("efficient channel attention", "timm ecaresnet26t", _timm("ecaresnet26t")),
    Family("circular channel attention", "timm resnet18 with CECA", _attending("ceca")),
    Family("channel and spatial (CBAM)", "timm resnet18 with CBAM", _attending("cbam")),
    Family("channel and spatial (light CBAM)", "timm resnet18 with LCBAM", _attending("lcbam")),
    Family("bottleneck attention (BAM)", "BAM by hand", _stacked(Bottleneck)),
    Family("coordinate attention", "coordinate attention by hand", _stacked(Coordinates)),
    Family("global context, added", "timm gcresnext26ts", _timm("gcresnext26ts")),
    Family("global context, a factor", "timm resnet18 with GC", _attending("gc")),
    Family("selective kernels", "timm skresnet18", _timm("skresnet18")),
    Family("split attention", "timm resnest14d", _timm("resnest14d")),
    Family("decoupled attention, local", "timm ghostnetv2_100", _timm("ghostnetv2_100")),
    Family("gate by GELU: no gate", "timm mambaout_femto", _timm("mambaout_femto")),
    Family("bilinear attention: no gate", "timm resnet18 with BAT", _attending("bat"), 224),
    Family("response normalisation: no gate", "timm convnextv2_atto", _timm("convnextv2_atto")),
)


@dataclass(frozen=True)
class Gated:
    """What one family came to.

    convolutions: of maps, outside gates; fields: how many of them have a field, and an exact one; within: convolutions
    within gates; gates: how many gates are held; held, exact, deconvnet: the largest relative L2 error of projections,
    by the gradient with gates held and as they are, and by the deconvnet's rule with gates held.
    """

    family: Family
    convolutions: int
    fields: int
    within: int
    gates: int
    held: float
    exact: float
    deconvnet: float

    @property
    def worst(self) -> float:
        """The largest error of all projections."""
        return max(self.held, self.exact, self.deconvnet)


def measure_gated(names: Sequence[str] = ()) -> list[Gated]:
    """What all families come to, or those of some networks."""
    found = []
    for family in FAMILIES:
        if not names or family.model in names:
            found.append(row := _measured(family))
            print(f"gated/{family.model}: {row.worst:.1e}, {row.fields} of {row.convolutions} fields", file=sys.stderr)
    return found


def _measured(family: Family) -> Gated:
    torch.manual_seed(0)
    module = randomised(family.make().eval()).double()
    net = Network.trace(copy.deepcopy(module), (3, family.size, family.size))
    image = torch.randn(1, 3, family.size, family.size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    on_maps = [x for x in net.layers if x.op == "conv2d" and x.spatial and (x.height, x.width) != (1, 1)]
    trunk = [x for x in on_maps if x.gates != "part"]
    within = [x for x in net.layers if x.op == "conv2d" and x.gates == "part"]
    layers = _hooked(module, image, trunk)
    ways = {
        "held": ({"rule": "gradient", "gates": "held"}, {"rectify": False, "hold": True}),
        "exact": ({"rule": "gradient", "gates": "exact"}, {"rectify": False, "hold": False}),
        "deconvnet": ({"rule": "deconvnet", "gates": "held"}, {"rectify": True, "hold": True}),
    }
    errors = {
        name: _error(net, NodeOracle(module, image, layers, **theirs), image, layers, ours)
        for name, (ours, theirs) in ways.items()
    }
    exact = sum(layer.field is not None and layer.field.exact for layer in trunk)
    gates = deconv(net, image, f"{net.output}:0", rule="gradient", gates="held").report.held.get("gate", 0)
    return Gated(family, len(trunk), exact, len(within), gates, **errors)


def _hooked(module: nn.Module, image: Tensor, trunk: Sequence[Layer]) -> list[str]:
    """The names of a middle and a late convolution that are one module's own output, called once."""
    calls: dict[str, list[tuple[int, ...]]] = {}

    def counter(name: str) -> Callable[..., None]:
        return lambda _module, _inputs, output: calls.setdefault(name, []).append(tuple(output.shape[1:]))

    parts = [(name, part) for name, part in module.named_modules() if isinstance(part, nn.Conv2d)]
    handles = [part.register_forward_hook(counter(name)) for name, part in parts]
    try:
        with torch.no_grad():
            module(image)
    finally:
        for handle in handles:
            handle.remove()
    usable = [layer.name for layer in trunk if calls.get(layer.name) == [layer.shape]]
    return [usable[len(usable) // 2], usable[-1]]


def _error(net: Network, oracle: NodeOracle, image: Tensor, layers: Sequence[str], options: dict[str, Any]) -> float:
    worst = 0.0
    for layer in (*layers, None):
        output = oracle.logits if layer is None else oracle.outputs[layer]
        index, expected = strongest(oracle, output)
        name = net.output if layer is None else layer
        unit = f"{name}:{index[0]}" + (f"@{index[1]},{index[2]}" if len(index) == 3 else "")
        worst = max(worst, relative_error(deconv(net, image, unit, **options).full()[0], expected))
    return worst


# -- the table --------------------------------------------------------------------------------------------------------
def table(rows: Sequence[Gated]) -> str:
    """The families in Markdown."""
    columns = ("gate", "network", "gates", "convolutions", "exact fields", "within gates", "held", "exact", "deconvnet")
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    for row in rows:
        fields = str(row.fields) if row.fields == row.convolutions else f"**{row.fields}**"
        errors = (_short(value) for value in (row.held, row.exact, row.deconvnet))
        cells = (row.family.gate, row.family.model, row.gates, row.convolutions, fields, row.within, *errors)
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _short(value: float) -> str:
    return "0" if value == 0 else f"{value:.0e}".replace("e-0", "e-")


def write(path: Path, rows: Sequence[Gated]) -> None:
    """Puts the table between its marks in a document."""
    whole = sum(row.fields == row.convolutions for row in rows)
    summary = (
        f"{len(rows)} networks. Worst error {max(row.worst for row in rows):.0e}; in {whole} of them every "
        f"convolution on a map has an exact field. Measured with torch {torch.__version__.partition('+')[0]}.\n"
    )
    put_between(path, "gated", f"{summary}\n{table(rows)}")
