"""What is asked on a device and on the CPU: every verb, every motion over networks of every kind, a training.

`python -m tests.devices.cases [pretended|cuda|cuda:1] [CASE...]` asks both, and prints a line of JSON for each case:
how far the answers are apart, what went between host and device, or the error.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

import convscope as cs
from convscope.generalisation import Learning
from convscope.live.bench import Bench
from convscope.models.tiny import random_tiny
from convscope.studies.kept import packed
from convscope.training import NetworkChoice
from tests.devices import pretended
from tests.graph import nets
from tests.studies.conftest import write_pictures
from tests.training.shapes import SIDE, shapes, small

Verb = Callable[[cs.Network, Path, Path, str], Any]


@cache
def tiny(device: str) -> cs.Network:
    """The network that verbs are asked about, on a device."""
    return cs.load("zoo:tiny").to(device)


def atlas(net: cs.Network, images: Path, out: Path, device: str) -> dict[str, Any]:
    """What an atlas keeps of its layers: the strongest, their projections' boxes, statistics, neighbours."""
    cs.build_atlas(net, images, out, layers=["relu1", "block2.relu2"], k=2, tile=32, thumb=32)
    found = cs.Atlas.open(out)
    return {layer.name: [layer.likeness, found.record(layer.name)] for layer in found.layers}


def training(net: cs.Network, images: Path, out: Path, device: str) -> dict[str, Any]:
    """What an epoch makes of the weights, and what it says."""
    answer = cs.train(small(epochs=1), shapes(40), out, validation=shapes(8, seed=1), device=device, workers=1)
    return {"answer": answer, "weights": load_file(answer.checkpoints[1])}


def scanned(net: cs.Network, images: Path, out: Path, device: str) -> dict[str, Any]:
    """The tables and statistics of a scan of all layers."""
    found = cs.scan(net, images, store=out, layers=[layer.name for layer in net.layers], k=3, workers=1)
    return {name: [found[name].topk, found[name].statistics] for name in found}


def of_tensors(net: cs.Network, images: Path, out: Path, device: str) -> dict[str, Any]:
    """Answers about images that are tensors of the device, pixels and normalised; and how they show themselves."""
    pixels = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))
    pixels = pixels.to(device)
    assert net.preprocess is not None
    x = net.preprocess.normalise(pixels)
    answers = {
        "pixels": cs.deconv(net, pixels, "relu1:2"),
        "one": cs.deconv(net, x[0], "block2.relu2:5@2,1", store=out),
        "difference": cs.deconv(net, x, "fc:1-3"),
        "occlude": cs.occlude(net, pixels, size=16, stride=8),
        "scan": cs.scan(net, pixels, layers=["relu1", "fc"], k=2)["relu1"].topk,
        "invariance": cs.invariance(net, x, transformations={"scale": (1.0, 1.2)}, layers=["fc"]),
        "causes": cs.causes(net, pixels, layers=["conv1"], most=2),
        "effects": cs.effects(net, pixels, layers=["block2.relu2"], workers=1),
        "diagnose": cs.diagnose(net, pixels, projections=2),
    }
    shown = {name: len(one._repr_html_()) > 0 for name, one in answers.items() if isinstance(one, cs.Answer)}
    return answers | {"shown": shown, "mean": net.preprocess.restore(x).float().mean().item()}


def chosen(net: cs.Network, images: Path, out: Path, device: str) -> dict[str, Any]:
    """Projections of what tensors of the device name: rows, units, positions, signals."""
    x = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(3)).to(device)
    numbers = [torch.tensor(one, device=device) for one in ([2, 0], [1, 3], [[1, 0], [3, 2]], [1.0, -2.0], [0, -1])]
    rows, channels, positions, signal, minus = numbers
    asked = [
        cs.Selection("block2.relu2", rows, channels, positions, signal, minus),
        cs.Selection("fc", rows, channels, None, "one"),
    ]
    found = cs.project_all(net, x, asked)
    return {"pixels": [one.pixels.cpu() for one in found], "full": [one.full().cpu() for one in found]}


def with_nan(net: cs.Network, images: Path, out: Path, device: str) -> dict[str, Any]:
    """What is reduced of maps some of which have positions without a number."""
    x = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(4))
    x[1, :, 5:8, 5:8] = torch.nan
    asked = {layer.name: asked_of(3) for layer in net.layers}
    return dict(net.reduce(x.to(device), asked))


def live(net: cs.Network, images: Path, out: Path, device: str) -> list[Any]:
    """What the bench answers to every kind of question; of pictures, which are levels of 255, their numbers alone."""
    bench = Bench(net, source=cs.open_source(images))
    first, second = (bench.put("page", bench.choose(number))["photo"] for number in (0, 1))
    cover = {"at": [[9, 9]], "size": 8}
    asked = [
        {"kind": "look", "photo": first},
        {"kind": "look", "followed": ["relu1:2", "fc:1"]},
        *({"kind": "look", "cover": {**cover, "fill": fill}} for fill in ("grey", "mean", "blur")),
        {"kind": "look", "cover": {**cover, "shape": "disc"}, "silenced": ["relu1:2"]},
        {"kind": "look", "transform": {"name": "rotation", "amount": 20}},
        {"kind": "project", "unit": "block2.relu2:3", "cover": cover},
        {"kind": "project", "unit": "fc:1-3", "rule": "guided"},
        {"kind": "causes", "unit": "fc:1"},
        {"kind": "sweep", "size": 16, "stride": 8, "followed": ["relu1:2"]},
        {"kind": "curve", "name": "scale", "amounts": [1, 1.5]},
    ]

    def plain(told: Any) -> Any:
        if isinstance(told, dict):
            return {key: plain(one) for key, one in told.items() if key not in ("map", "picture", "projection")}
        return [plain(one) for one in told] if isinstance(told, list) else told

    answers = [bench.answer("page", {"photo": second, **said}, lambda _: None) for said in asked]
    return [plain(part) for answer in answers for part in answer]


VERBS: dict[str, Verb] = {
    "trace": lambda net, images, out, device: [
        (layer.name, layer.op, layer.shape, str(layer.field))
        for layer in cs.Network.trace(random_tiny().to(device), (3, 32, 32)).layers
    ],
    "scan": scanned,
    "atlas": atlas,
    "deconv": lambda net, images, out, device: cs.deconv(
        net, images, ["block1.relu2:3", "block2.relu2:1", "fc:1"], store=out
    ),
    "deconv gradient": lambda net, images, out, device: cs.deconv(
        net, images, ["block2.relu2:3", "fc:1"], rule="gradient", limit=3, store=out
    ),
    "deconv guided": lambda net, images, out, device: cs.deconv(
        net, images, ["block2.relu2:3", "fc:1"], rule="guided", limit=3, store=out
    ),
    "occlude": lambda net, images, out, device: cs.occlude(
        net, images, size=16, stride=8, limit=2, target=[3, 1], units=["relu1:2", "fc:0"], store=out
    ),
    "invariance": lambda net, images, out, device: cs.invariance(
        net, images, transformations={"scale": (1.0, 1.5), "rotation": (0.0, 9.0), "vertical": (0.0, 2.0)}, limit=2,
        layers=["relu1", "block2", "fc"], store=out,
    ),
    "correspond": lambda net, images, out, device: cs.correspond(
        net, images, images.with_name("parts.csv"), draws=10, layers=["relu1"], store=out
    ),
    "causes": lambda net, images, out, device: cs.causes(
        net, images, ["relu1:2@3,4", "fc:1-3"], layers=["conv1"], most=2, limit=2, store=out
    ),
    "effects": lambda net, images, out, device: cs.effects(net, images, layers=["block2.relu2"], workers=1, store=out),
    "effects mean": lambda net, images, out, device: cs.effects(
        net, images, layers=["block1.relu2"], to="mean", workers=1, store=out
    ),
    "sanity": lambda net, images, out, device: cs.sanity(
        net, images, layers=["block1.relu2"], units=2, each=2, seeds=1, side=8, store=out
    ),
    "evolve": lambda net, images, out, device: cs.evolve(
        images.with_name("run"), images, model="zoo:tiny", layers=["relu1", "fc"], units=2, store=out,
        loading=lambda *args, **options: cs.load(*args, **options).to(device),
    ),
    "diagnose": lambda net, images, out, device: cs.diagnose(
        [net, net], images, projections=4, labels=["a", "b"], store=out
    ),
    "check": lambda net, images, out, device: cs.check(
        net, images, module=random_tiny(), layers=["relu1", "fc"], store=out
    ),
    "evaluate": lambda net, images, out, device: cs.evaluate(net, images, match="index", views="ten", store=out),
    "train": training,
    "ablate": lambda net, images, out, device: cs.ablate(
        replace(small(epochs=1), network=NetworkChoice(input_size=SIDE, width=0.1)), shapes(40), out,
        validation=shapes(8, seed=1), variants=["no-7"], seeds=1, device=device,
    ),
    "transfer": lambda net, images, out, device: cs.transfer(
        net, str(images), per_class=[1, 2], folds=2, layers=["relu1", "fc"], learning=Learning(grid=(1.0,)), store=out
    ),
    "directions": lambda net, images, out, device: cs.directions(
        net, images, store=out, layer="relu1", n=5, active=2, updates=5, positions=100, beside=[]
    ),
    "paper": lambda net, images, out, device: cs.paper(
        net, images, claims=["invariance", "aliasing", "map", "selectivity"], parts=images.with_name("parts.csv"),
        seeds=1, workers=1, store=out,
    ),
    "tuning": lambda net, images, out, device: cs.tuning(net, images, layers=["relu1", "fc"], k=3),
    "mistakes": lambda net, images, out, device: cs.mistakes(
        net, images, layers=["block2.relu2"], explain=1, most=2, size=16, stride=16, match="index"
    ),
    "tensors": of_tensors,
    "chosen": chosen,
    "nan": with_nan,
    "overlap": lambda net, images, out, device: cs.overlap(images, images, store=out),
    "bench": live,
}  # fmt: skip
"""What is asked with a network of 32 pixels and eight pictures, each answer or plain values."""


# -- the motions ------------------------------------------------------------------------------------------------------
def moves(name: str, device: str) -> dict[str, Any]:
    """What a network in float64 gives for images of noise: all layers, projections by every rule, an occlusion."""
    _, net, shape = nets.traced(name)
    net = net.to(device)
    images = torch.randn(2, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).to(device)
    found: dict[str, Any] = {
        "run": {k: v.cpu() for k, v in net.run(images, [layer.name for layer in net.layers]).items()}
    }
    spatial = [layer for layer in net.layers if layer.spatial]
    for rule in ("deconvnet", "gradient", "guided"):
        for layer in (spatial[0], spatial[-1]):
            found[f"{rule} {layer.name}"] = cs.deconv(net, images, f"{layer.name}:1", rule=rule).pixels.cpu()
    found["reduced"] = dict(net.reduce(images, {spatial[-1].name: asked_of(2)}))
    last = f"{spatial[-1].name}:0"
    found["occlude"] = cs.occlude(net, images, size=3, stride=2, units=[last])
    return found


def asked_of(count: int) -> Any:
    """All that can be asked of a layer in a scan."""
    from convscope.kernels.reduction import Asked

    return Asked(np.arange(count))


NETWORKS = tuple(nets.MAPS)


# -- comparing --------------------------------------------------------------------------------------------------------
_ASIDE = ("seconds", "images_per_second", "where", "collection")
"""Keys of what was measured with a clock, of which of several that are equal but for rounding is the worst, and of what
says the type of a tensor."""


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The numbers, texts and arrays in an answer, by what leads to them."""
    if isinstance(value, cs.Answer):
        plain, arrays = packed(value)
        value = {"plain": plain, "arrays": arrays}
    if isinstance(value, dict):
        for key, one in value.items():
            if not any(part in str(key) for part in _ASIDE):
                yield from leaves(one, f"{path}.{key}")
    elif hasattr(value, "_asdict"):
        yield from leaves(value._asdict(), path)
    elif isinstance(value, list | tuple):
        for at, one in enumerate(value):
            yield from leaves(one, f"{path}.{at}")
    elif isinstance(value, torch.Tensor):
        yield path, value.detach().cpu().numpy()
    elif is_dataclass(value) and not isinstance(value, type):
        yield from leaves({one.name: getattr(value, one.name) for one in fields(value)}, path)
    else:
        yield path, value


def apart(one: Any, other: Any) -> tuple[float, str]:
    """The largest difference of two answers, relative to what is largest in its array, and where it is."""
    mine, theirs = dict(leaves(one)), dict(leaves(other))
    if mine.keys() != theirs.keys():
        return math.inf, f"other parts: {sorted(mine.keys() ^ theirs.keys())[:6]}"
    worst, where = 0.0, ""
    for path, value in mine.items():
        difference = _difference(value, theirs[path])
        if difference > worst:
            worst, where = difference, path
    return worst, where


def _difference(one: Any, other: Any) -> float:
    if isinstance(one, np.ndarray) and one.dtype.kind == "f":
        a, b = one.astype(np.float64), np.asarray(other, np.float64)
        if a.shape != b.shape or (np.isnan(a) != np.isnan(b)).any():
            return math.inf
        a, b = np.nan_to_num(a), np.nan_to_num(b)
        return float(abs(a - b).max(initial=0) / max(1.0, abs(a).max(initial=0)))
    if isinstance(one, np.ndarray):
        return 0.0 if np.array_equal(one, other) else math.inf
    if isinstance(one, float) and isinstance(other, float):
        if math.isnan(one) or math.isnan(other):
            return 0.0 if math.isnan(one) and math.isnan(other) else math.inf
        return abs(one - other) / max(1.0, abs(one))
    return 0.0 if one == other else math.inf


def ask(name: str, device: str, images: Path, out: Path) -> Any:
    """The answer of a case on a device."""
    kind, _, rest = name.partition(":")
    if kind == "net":
        return moves(rest, device)
    return VERBS[name](tiny(device), images, out, device)


ALL = ("refused", *VERBS, *(f"net:{name}" for name in NETWORKS))
LONG = {
    "mistakes",
    "paper",
    "evolve",
    "ablate",
    "transfer",
    "sanity",
    "check",
    *(f"net:{name}" for name in NETWORKS if name != "gated"),
}
"""What takes most of the time."""


def refused(device: str) -> list[str]:
    """What a device that is not the CPU does not do, each by the error that it raises."""
    there, here = torch.arange(6.0, device=device).reshape(2, 3), torch.ones(2, 3)
    tries: dict[str, Callable[[], Any]] = {
        "numpy": there.numpy,
        "asarray": lambda: np.asarray(there),
        "mixed": lambda: there + here,
        "mixed cat": lambda: torch.cat([there, here]),
        "mixed weights": lambda: torch.nn.functional.linear(there, here),
        "generator": lambda: torch.randn(3, device=device, generator=torch.Generator()),
        "in place": lambda: here.add_(there),
    }
    found = []
    for name, attempt in tries.items():
        try:
            attempt()
        except (RuntimeError, TypeError):
            found.append(name)
    taken = there[torch.tensor([0]), torch.tensor([1])], there * torch.tensor(2.0), there.to("cpu") + here
    return found + [
        f"does {name}" for name, one in zip(("index", "scalar", "copy"), taken, strict=True) if one.sum() > 0
    ]


def compared(name: str, device: str, root: Path) -> dict[str, Any]:
    """What came of a case: the difference, the transfers, or the error with the way to it."""
    said: dict[str, Any] = {"case": name}
    began = time.perf_counter()
    folder = root / name.replace(":", "-").replace(" ", "-")
    if name == "refused":
        return said | {"refused": refused(device)}
    try:
        expected = ask(name, "cpu", root / "images", folder / "cpu")
        if not name.startswith("net:"):
            tiny(device)
        with pretended.counted() as transfers:
            found = ask(name, device, root / "images", folder / "device")
        said["apart"], said["where"] = apart(expected, found)
        said |= {"up": transfers.up, "down": transfers.down}
        said["most"] = [(*way, count) for way, count in transfers.most_common(8)]
    except Exception as error:  # noqa: BLE001  # whatever it is, it is told
        said["error"] = f"{type(error).__name__}: {error}"
        said["trace"] = [line.strip() for line in traceback.format_exc().splitlines() if "File" in line][-14:]
    return said | {"seconds": round(time.perf_counter() - began, 2)}


def main(device: str, names: list[str]) -> None:
    """Ask, and print."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", category=FutureWarning)
    torch.set_num_threads(1)
    sys.modules["matplotlib"] = None  # type: ignore[assignment]  # figures are drawn from what is compared
    if device == pretended.NAME:
        pretended.register()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_pictures(root)
        for name in names or ALL:
            sys.stdout.write(json.dumps(compared(name, device, root)) + "\n")


if __name__ == "__main__":
    main(*(sys.argv[1:2] or [pretended.NAME]), sys.argv[2:])
