"""How far off are projections where an activation is spelled otherwise: ours, captum's and zennit's?

The network is a convolution and the activation, twice, then the mean over positions, in float64. The answer is the same
network with PyTorch's own function of the same values and the deconvnet's rule written out as its backward
(`_spellings.Spelling.ruled`). To captum and zennit the activation is what it is to them in a user's network: a module
of its own that computes it, and for one row `nn.ReLU`, which they look for.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from captum.attr import Deconvolution
from torch import Tensor, nn

from benchmarks._models import torchvision_models
from benchmarks._oracles import relative_error
from benchmarks._spellings import SPELLINGS, Spelling
from benchmarks.harness import put_between
from convscope.graph import Network
from convscope.methods.deconv import deconv

UNIT = 1
SHAPE = (3, 20, 20)


@dataclass(frozen=True)
class Spelled:
    """The relative L2 errors of one spelling; zennit's is None where it is not installed. report: what ours did."""

    spelling: Spelling
    ours: float
    captum: float
    zennit: float | None
    report: str


class Written(nn.Module):
    """A function as a module, as people write their own activations."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class Net(nn.Module):
    """Two convolutions, each with an activation, and the mean over positions."""

    def __init__(self, activation: Callable[[], nn.Module]) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.c, self.d = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 6, 3, 2)
        self.one, self.other = activation(), activation()
        self.double().eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.other(self.d(self.one(self.c(x)))).mean((2, 3))


def measure_spellings() -> list[Spelled]:
    """All spellings, after `nn.ReLU` itself."""
    image = torch.randn(1, *SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 2
    plain = Spelling("nn.ReLU()", "relu", "rectifier", F.relu, F.relu)
    return [_measure(plain, nn.ReLU, image)] + [_measure(s, lambda s=s: Written(s.written), image) for s in SPELLINGS]


def _measure(spelling: Spelling, activation: Callable[[], nn.Module], image: Tensor) -> Spelled:
    leaf = image.clone().requires_grad_()
    reference = Net(lambda: Written(spelling.ruled("deconvnet", "rectify")))
    (expected,) = torch.autograd.grad(reference(leaf)[0, UNIT], leaf)
    net = Network.trace(Net(activation), SHAPE)
    found = deconv(net, image, f"{net.output}:{UNIT}", signal="one")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = Deconvolution(Net(activation)).attribute(image.clone().requires_grad_(), target=UNIT)
    zennit = _zennit(Net(activation), image)
    return Spelled(
        spelling,
        relative_error(found.full(), expected),
        relative_error(theirs, expected),
        None if zennit is None else relative_error(zennit, expected),
        str(found.report),
    )


def _zennit(module: nn.Module, image: Tensor) -> Tensor | None:
    """zennit's deconvnet; None where it is not installed."""
    torchvision_models()  # makes torchvision importable, which zennit needs
    try:
        from zennit.attribution import Gradient
        from zennit.composites import DeconvNet
    except ImportError:
        return None
    attributing: Any = Gradient(model=module, composite=DeconvNet())
    with attributing as attribute:
        _, found = attribute(image.clone().requires_grad_(), torch.eye(6, dtype=image.dtype)[[UNIT]])
    return found


def table(rows: Sequence[Spelled]) -> str:
    """The errors in Markdown."""
    lines = ["| spelling | computes | ours | captum | zennit |", "|---|---|---|---|---|"]
    for row in rows:
        zennit = "not installed" if row.zennit is None else _theirs(row.zennit)
        text = row.spelling.text.replace("|", "\\|")
        lines.append(f"| `{text}` | {row.spelling.name} | {_short(row.ours)} | {_theirs(row.captum)} | {zennit} |")
    return "\n".join(lines) + "\n"


def _short(value: float) -> str:
    return "0" if value == 0 else f"{value:.0e}".replace("e-0", "e-")


def _theirs(value: float) -> str:
    return f"**{value:.1f}**" if value > 1e-4 else _short(value)


def write(path: Path, rows: Sequence[Spelled]) -> None:
    """Puts the table between its marks in a document."""
    wrong = [
        sum(e is None or e > 1e-4 for e in errors) for errors in zip(*((r.captum, r.zennit) for r in rows), strict=True)
    ]
    summary = (
        f"{len(rows)} spellings. Ours: worst error {max(r.ours for r in rows):.0e}. captum is off on {wrong[0]} of them"
        + (f", zennit on {wrong[1]}" if rows[0].zennit is not None else "")
        + f". Measured with torch {torch.__version__.partition('+')[0]}.\n"
    )
    put_between(path, "spellings", f"{summary}\n{table(rows)}")
