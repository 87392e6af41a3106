"""Is every convolutional family of torchvision and timm traced exactly, at its smallest member?

    python -m benchmarks.architectures [--quick] [--only PART] [--all] [--minutes M] [--out FOLDER]

A family is what a name has before its first digit or underscore (resnet, mobilenetv, convnext), its smallest member the
one with the fewest weights. Each network is made with random weights in float64 and looked at in a process of its own,
with limits of time and memory: its outputs against the module's, three projections by the gradient's rule against
autograd over the module, and the fields of three units against where that gradient is not zero. One line of JSON for
each network is added to a file in the folder (benchmarks/results); a run goes on where the last one stopped.

`--all` takes every network instead of one of each family, `--quick` eight families spread over the list.

Ratio: the share of networks that are exact in all three; the target is 0.99. Each other is listed with its cause.
"""

from __future__ import annotations

import json
import multiprocessing
import re
import resource
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks._models import torchvision_models
from benchmarks.harness import Case, arguments, report
from convscope.errors import ConvscopeError
from convscope.graph import Network
from convscope.methods.deconv import project

SECONDS, BYTES = 120, 6 << 30  # of one network
SIZES = (64, 96, 128, 224)  # of its image: the first that the module runs on, unless it says its own
EXACT = 1e-8  # differences in float64, relative to the largest value


# -- which ------------------------------------------------------------------------------------------------------------
def families(names: list[str]) -> dict[str, list[str]]:
    """Names by family."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(re.split(r"[\d_]", name)[0] or name, []).append(name)
    return found


def made(library: str, name: str) -> nn.Module:
    """The module, with random weights."""
    if library == "torchvision":
        return torchvision_models().get_model(name, weights=None)
    import timm

    return timm.create_model(name, pretrained=False)


def weights(library: str, name: str) -> int:
    """How many weights a network has, which is made without memory; very many where it cannot be."""
    try:
        with torch.device("meta"):
            return sum(p.numel() for p in made(library, name).parameters())
    except Exception:  # noqa: BLE001  # another member of the family then stands for it
        return 1 << 62


def chosen(*, every: bool) -> Iterator[tuple[str, str]]:
    """The networks to look at, as (library, name)."""
    torchvision = torchvision_models()
    import timm

    lists = {"torchvision": torchvision.list_models(module=torchvision), "timm": timm.list_models()}
    for library, names in lists.items():
        for members in families(names).values():
            yield from (
                (library, name) for name in (members if every else [min(members, key=lambda n: weights(library, n))])
            )


# -- one --------------------------------------------------------------------------------------------------------------
def looked_at(library: str, name: str) -> dict[str, Any]:
    """What came of one network: how far outputs and projections are apart, and pixels beyond fields."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    module = made(library, name).eval().double()
    if not any(isinstance(part, nn.Conv2d) for part in module.modules()):
        return {"cause": "no convolution"}
    shape = _shape(module)
    if shape is None:
        return {"cause": "the module runs on none of the sizes tried"}
    began = time.monotonic()
    net = Network.trace(module, shape, copy=False)
    found: dict[str, Any] = {"side": shape[1], "steps": len(net.steps), "trace": round(time.monotonic() - began, 2)}
    x = torch.randn(1, *shape, dtype=torch.float64)
    with torch.no_grad():
        expected = _tensor(module(x))
    found["outputs"] = _apart(expected, net.run_values(x, {net.program.output})[net.program.output])
    found |= _projections(net, module, x)
    return found


def _shape(module: nn.Module) -> tuple[int, int, int] | None:
    own = getattr(module, "pretrained_cfg", {}) or {}
    channels, *own_size = own.get("input_size", (3, 224, 224))
    fixed = [max(own_size)] if own.get("fixed_input_size") else []
    for side in (*fixed, *SIZES, max(own_size)):
        try:
            with torch.no_grad():
                module(torch.zeros(2, channels, side, side, dtype=torch.float64))
        except Exception:  # noqa: BLE001  # a larger one may do
            continue
        return channels, side, side
    return None


def _tensor(output: Any) -> Tensor:
    if isinstance(output, Tensor):
        return output
    return _tensor(next(iter(output.values() if isinstance(output, dict) else output)))


def _apart(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max() / one.abs().max().clamp_min(1e-300))


def _projections(net: Network, module: nn.Module, x: Tensor) -> dict[str, Any]:
    """Three layers' units: the gradient by our rule against autograd, and against the field."""
    spatial = [layer for layer in net.layers if layer.spatial and layer.name in dict(module.named_modules())]
    worst, beyond, units = 0.0, 0, 0
    for layer in [spatial[i] for i in np.unique(np.linspace(0, len(spatial) - 1, 3).astype(int))] if spatial else ():
        at = np.array([[layer.height // 2, layer.width // 2]])
        heard: list[Tensor] = []
        part = module.get_submodule(layer.name)
        handle = part.register_forward_hook(lambda _module, _inputs, output, heard=heard: heard.append(_tensor(output)))
        leaf = x.clone().requires_grad_()
        module(leaf)
        handle.remove()
        value = heard[0] if heard[0].dim() == 4 else heard[0][None]
        if value.shape[1] != layer.channels or value.shape[2:] != (layer.height, layer.width):
            continue  # channels last, or called twice
        (gradient,) = torch.autograd.grad(value[0, 0, at[0, 0], at[0, 1]], leaf)
        mine = project(net, x, layer.name, image=[0], channel=[0], position=at, rule="gradient", signal="one")
        worst = max(worst, _apart(gradient, mine.full()))
        y0, x0, y1, x1 = net.boxes(layer.name, at, gates="exact")[0].clamp(min=0).tolist()
        outside = gradient.abs().sum(1)[0]
        outside[y0:y1, x0:x1] = 0
        beyond += int((outside > 0).sum())
        units += 1
    return {"projections": worst, "beyond": beyond, "units": units}


# -- apart ------------------------------------------------------------------------------------------------------------
def _within(limits: Connection, library: str, name: str) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (BYTES, BYTES))
    try:
        found = looked_at(library, name)
    except ConvscopeError as error:
        found = {"cause": f"refused: {str(error)[:300]}"}
    except MemoryError:
        found = {"cause": "more memory than its limit"}
    except Exception as error:  # noqa: BLE001  # whatever it is, it is a cause
        found = {"cause": f"{type(error).__name__}: {str(error)[:300]}"}
    limits.send(found)


def apart(library: str, name: str) -> dict[str, Any]:
    """What came of one network in a process forked for it."""
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=_within, args=(theirs, library, name))
    began = time.monotonic()
    process.start()
    theirs.close()
    try:
        found = ours.recv() if ours.poll(SECONDS) else {"cause": f"more than {SECONDS} seconds"}
    except EOFError:
        process.join(5)
        found = {"cause": f"its process ended with {process.exitcode}"}
    process.kill()
    process.join()
    return {"library": library, "network": name, **found, "seconds": round(time.monotonic() - began, 1)}


def is_exact(found: dict[str, Any]) -> bool:
    """Whether outputs, projections and fields are as they should be."""
    return max(found.get("outputs", 1.0), found.get("projections", 1.0)) <= EXACT and not found.get("beyond", 1)


def main() -> None:
    """Look at what has not been looked at, and report."""
    parser = arguments(__doc__)
    parser.add_argument("--all", action="store_true", dest="every")
    parser.add_argument("--only", default="", help="networks whose name has this part")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("results"))
    asked = parser.parse_args()
    asked.out.mkdir(exist_ok=True)
    file = asked.out / "architectures.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    known = {(one["library"], one["network"]): one for one in map(json.loads, lines)}
    wanted = [one for one in chosen(every=asked.every) if asked.only in one[1]]
    if asked.quick:
        wanted = [wanted[i] for i in np.linspace(0, len(wanted) - 1, 8).astype(int)]
    end = time.monotonic() + 60 * asked.minutes
    for library, name in wanted:
        if (library, name) in known or time.monotonic() > end:
            continue
        known[library, name] = apart(library, name)
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(known[library, name] | {"torch": torch.__version__}) + "\n")
    seen = [known[one] for one in wanted if one in known]
    looked = [one for one in seen if one.get("cause") != "no convolution"]
    good = sum(map(is_exact, looked))
    cases = [
        Case(f"{one['library']}:{one['network']}", "its module", 0.0, note=str(one.get("cause") or one)[:90])
        for one in looked
        if not is_exact(one)
    ]
    whole = Case(f"{len(looked)} of {len(wanted)} networks", "their modules", good / max(len(looked), 1), target=0.99)
    report("architectures", [whole, *cases], networks=len(looked), exact=good)


if __name__ == "__main__":
    main()
