"""How exact are projections on the networks that people use?

    python -m benchmarks.exactness [--quick] [--only NAME ...] [--table docs/exactness.md]

Torchvision and timm convolutional families with random weights at a small input size. For each a unit of an early, a
middle and a late layer, at its strongest position, and a class logit are projected by convscope and by an independent
oracle: the unmodified module, with hooks on the nodes that autograd recorded (benchmarks/_oracles.py). The figure is
|ours - oracle| / |oracle| in float32, the worst of the four; beside it captum's, whose deconvolution finds only the
ReLUs that are modules of their own and used once. Where float32 is worse than 1e-5 the case is repeated in float64: a
signal
that rounding moves across zero is rectified on one side and not on the other, and of two maxima that are equal up to
rounding either may win. Both sides therefore run forward channels last, with the same number of images.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks._models import channels_last, torchvision_models
from benchmarks._oracles import NodeOracle, relative_error
from benchmarks.harness import Case, arguments, report
from convscope.graph import Network, Unit
from convscope.methods.deconv import deconv

LIMIT = 1e-5
TORCHVISION = [
    "alexnet",
    "vgg11",
    "vgg16_bn",
    "resnet18",
    "resnet50",
    "resnext50_32x4d",
    "wide_resnet50_2",
    "squeezenet1_0",
    "squeezenet1_1",
    "densenet121",
    "googlenet",
    "inception_v3",
    "shufflenet_v2_x1_0",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "mnasnet0_5",
    "efficientnet_b0",
    "efficientnet_v2_s",
    "regnet_x_400mf",
    "regnet_y_400mf",
    "convnext_tiny",
]
TIMM = [
    "bat_resnext26ts",
    "botnet26t_256",
    "convmixer_768_32",
    "convnext_atto",
    "convnextv2_atto",
    "cspresnet50",
    "cspdarknet53",
    "darknet53",
    "densenet121",
    "dla34",
    "dla60_res2net",
    "dpn68",
    "eca_nfnet_l0",
    "eca_resnext26ts",
    "edgenext_xx_small",
    "efficientnet_lite0",
    "efficientvit_b0",
    "ese_vovnet19b_dw",
    "fastvit_t8",
    "fbnetc_100",
    "focalnet_tiny_srf",
    "gcresnext26ts",
    "gernet_s",
    "ghostnet_100",
    "ghostnetv2_100",
    "hardcorenas_a",
    "hgnet_tiny",
    "hgnetv2_b0",
    "hrnet_w18_small",
    "inception_next_tiny",
    "inception_resnet_v2",
    "inception_v4",
    "lambda_resnet26t",
    "lcnet_050",
    "legacy_seresnet18",
    "legacy_xception",
    "mixnet_s",
    "mobilenetv2_050",
    "mobilenetv3_small_050",
    "mobilenetv4_conv_small",
    "mobileone_s0",
    "mobilevit_xxs",
    "nf_resnet26",
    "nfnet_l0",
    "poolformer_s12",
    "regnetx_002",
    "regnety_002",
    "repghostnet_050",
    "repvgg_a0",
    "repvit_m0_9",
    "res2net50_26w_4s",
    "res2next50",
    "resnest14d",
    "resnetv2_50",
    "resnext26ts",
    "rexnet_100",
    "selecsls42b",
    "seresnext26t_32x4d",
    "skresnet18",
    "spnasnet_100",
    "starnet_s1",
    "tf_efficientnetv2_b0",
    "tinynet_e",
    "tresnet_m",
    "vovnet39a",
    "xception41",
    "pnasnet5large",
]
SIZES = {"inception_v3": 128, "inception_v4": 128, "inception_resnet_v2": 128, "legacy_xception": 96, "xception41": 96}
SIZES |= {"botnet26t_256": 256, "lambda_resnet26t": 128, "bat_resnext26ts": 256, "mobilevit_xxs": 128, "alexnet": 96}


@dataclass(frozen=True)
class Row:
    """The worst relative errors of one network's projections; `captum` is None where it failed."""

    library: str
    family: str
    ours: float
    double: float | None
    captum: float | None
    done: str
    layers: tuple[str, ...]


def build(library: str, name: str) -> nn.Module:
    """A network with random weights, in eval mode."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if library == "timm":
            torchvision_models()
            import timm

            return timm.create_model(name, pretrained=False).eval()
        extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        return getattr(torchvision_models(), name)(weights=None, **extra).eval()


def chosen_layers(net: Network, module: nn.Module) -> list[str]:
    """An early, a middle and a late layer that are modules with maps of several positions, channels first."""
    paths = {path for path, _ in module.named_modules()}
    maps = [
        layer.name
        for layer in net.layers
        if layer.name in paths and layer.spatial and net.values[net.index_of(layer.name)].channel_dim == 1
    ]
    wide = [name for name in maps if min(net.layers[name].shape[1:]) > 1] or maps
    return list(dict.fromkeys(wide[i] for i in (min(1, len(wide) - 1), len(wide) // 2, len(wide) - 1)))


def units(net: Network, oracle: NodeOracle, layers: list[str]) -> Iterator[tuple[Unit, Tensor]]:
    """The units to project, and the oracle's projections of them (C, H, W)."""
    for name in layers:
        output = oracle.outputs[name]
        strongest = output[0].flatten(1).amax(1)
        channel = int(strongest.sort(descending=True).indices[len(strongest) // 4])
        at = divmod(int(output[0, channel].flatten().argmax()), output.shape[3])
        yield Unit(name, channel, at), oracle.project(output, (channel, *at))
    logit = int(oracle.logits[0].argmax())
    yield Unit(net.output, logit), oracle.project(oracle.logits, (logit,))


def errors(module: nn.Module, net: Network, image: Tensor, layers: list[str]) -> tuple[float, str]:
    """The worst relative error of ours against the oracle, and what the projection of the logit did."""
    oracle = NodeOracle(module, image, layers)
    pair = image.repeat(2, 1, 1, 1)  # as the oracle has it: a convolution's rounding depends on the batch size
    worst, done = 0.0, ""
    for unit, expected in units(net, oracle, layers):
        found = deconv(net, pair, unit)
        worst, done = max(worst, relative_error(found.full()[0], expected)), str(found.report)
    return worst, done


def captum_error(module: nn.Module, net: Network, image: Tensor, layers: list[str]) -> float | None:
    """The worst relative error of captum's deconvolution times the activation; None where it cannot do it."""
    from captum.attr import Deconvolution, NeuronDeconvolution

    oracle, worst = NodeOracle(module, image, layers), 0.0
    for unit, expected in units(net, oracle, layers):
        pixels = image.clone().requires_grad_()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if unit.position is None:
                    found = Deconvolution(module).attribute(pixels, target=unit.channel)
                    value = oracle.logits[0, unit.channel]
                else:
                    at: Any = (unit.channel, *unit.position)
                    found = NeuronDeconvolution(module, module.get_submodule(unit.layer)).attribute(pixels, at)
                    value = oracle.outputs[unit.layer][(0, *at)]
        except (RuntimeError, AssertionError, AttributeError, TypeError, IndexError, ValueError):
            return None
        worst = max(worst, relative_error(found[0] * value.detach(), expected))
    return worst


def examine(library: str, name: str) -> Row:
    """One row of the table."""
    module = build(library, name)
    channels_last(module)
    size = SIZES.get(name, 64)
    image = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(1))
    image = image.contiguous(memory_format=torch.channels_last)
    net = Network.trace(module, (3, size, size), name=name)
    layers = chosen_layers(net, module)
    ours, done = errors(module, net, image, layers)
    theirs = captum_error(module, net, image, layers)
    double = None
    if ours > LIMIT:
        module = module.double()
        double, _ = errors(module, Network.trace(module, (3, size, size)), image.double(), layers)
    return Row(library, name, ours, double, theirs, done, tuple(layers))


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| library | network | ours | captum | what the projection of a logit did |", "|---|---|---|---|---|"]
    for row in rows:
        ours = f"{row.ours:.1e}" + (f" ({row.double:.1e} in float64)" if row.double is not None else "")
        lines.append(f"| {row.library} | {row.family} | {ours} | {_theirs(row.captum)} | {row.done} |")
    return "\n".join(lines)


def _theirs(error: float | None) -> str:
    if error is None:
        return "fails"
    return f"**{error:.2g}**" if error > 1e-3 else f"{error:.1e}"


def main() -> None:
    """Runs the benchmark."""
    parser = arguments(__doc__)
    parser.add_argument("--only", nargs="*", default=None, help="networks to look at")
    parser.add_argument("--table", type=Path, default=None, help="Markdown file whose table is to be replaced")
    options = parser.parse_args()
    names = [("torchvision", n) for n in TORCHVISION] + [("timm", n) for n in TIMM]
    if options.quick:
        names = [("torchvision", "alexnet"), ("torchvision", "googlenet"), ("timm", "regnety_002")]
    if options.only is not None:
        names = [(library, n) for library, n in names if n in options.only]
    rows = []
    for library, name in names:
        rows.append(examine(library, name))
        theirs = "fails" if rows[-1].captum is None else f"{rows[-1].captum:.1e}"
        print(f"{library:12s} {name:24s} ours {rows[-1].ours:.1e}  captum {theirs}", flush=True)
    if options.table is not None:
        head, _, _ = options.table.read_text().partition("| library |")
        options.table.write_text(head + table(rows) + "\n")
    cases = [
        Case(
            f"{r.library}/{r.family}",
            "captum",
            _ratio(r.captum, r.ours),
            max_difference=r.ours,
            note=str(r.double or ""),
        )
        for r in rows
    ]
    within = sum(r.ours <= LIMIT for r in rows)
    report("exactness", cases, families=len(rows), within=within, worst=max(r.ours for r in rows))


def _ratio(theirs: float | None, ours: float) -> float | None:
    return None if theirs is None or math.isinf(theirs) else theirs / max(ours, 1e-12)


if __name__ == "__main__":
    main()
