"""Answers do not depend on settings of the process: neither on torch's and NumPy's, nor on what it was started with."""

import hashlib
import json
import locale
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import convscope as cs
from convscope.errors import UsageError
from convscope.generalisation import Learning, draw_folds, extract, measure_transfer, open_target
from convscope.generalisation.scratch import from_scratch, scratch_recipe
from convscope.kernels.switch import switched
from convscope.live.bench import Bench
from convscope.methods.correspondence import comparing
from convscope.models.architecture import ALEXNET, ZFNET
from convscope.models.networks import build
from convscope.models.squeezenet import random_squeezenet
from convscope.models.tiny import random_tiny
from convscope.models.zoo import ZOO, zoo_entry
from convscope.settings import float32_by_default, usual_settings
from convscope.stores import evolution as keeping
from convscope.training.trainer import train
from tests.atlas.conftest import write_images
from tests.conftest import ROOT
from tests.generalisation import layouts
from tests.training.shapes import shapes, small

pytestmark = pytest.mark.usefixtures("always_traced")  # under each of the settings

Found = dict[str, str]
"""What an answer is made of, by name, as digests."""


# -- settings ---------------------------------------------------------------------------------------------------------
@contextmanager
def changed(read: Callable[[], Any], write: Callable[[Any], object], to: Any) -> Iterator[None]:
    """A setting changed within, and put back as it was read before."""
    before = read()
    write(to)
    try:
        yield
    finally:
        write(before)


def default_dtype(to: torch.dtype) -> AbstractContextManager[None]:
    return changed(torch.get_default_dtype, torch.set_default_dtype, to)


@contextmanager
def default_device(to: str) -> Iterator[None]:
    """Another default device; "meta", which has no numbers, stands for any accelerator."""
    torch.set_default_device(to)
    try:
        yield
    finally:
        torch.set_default_device(None)
        vars(torch._GLOBAL_DEVICE_CONTEXT).pop("device_context", None)  # torch 2.9 knows no device with None in it


@contextmanager
def matmul_precision(to: str) -> Iterator[None]:
    """bfloat16 or TF32 inside of multiplications: with "medium" processors that have bfloat16 use it too."""
    parts = torch.backends.mkldnn.matmul, torch.backends.cuda.matmul
    before = [part.fp32_precision for part in parts]
    with changed(torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, to):
        yield
    for part, precision in zip(parts, before, strict=True):
        part.fp32_precision = precision  # which PyTorch has put back under another name


@contextmanager
def convolution_precision() -> Iterator[None]:
    backend = torch.backends.mkldnn.conv
    with changed(lambda: backend.fp32_precision, lambda to: setattr(backend, "fp32_precision", to), "bf16"):
        yield


@contextmanager
def environment(**changes: str) -> Iterator[None]:
    """Environment variables changed within; the time zone follows."""
    before = dict(os.environ)
    os.environ.update(changes)
    time.tzset()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        time.tzset()


@contextmanager
def numpy_prints() -> Iterator[None]:
    with np.printoptions(precision=1, threshold=2, suppress=True, sign="+"):
        yield


def threads(to: int) -> AbstractContextManager[None]:
    return changed(torch.get_num_threads, torch.set_num_threads, to)


SETTINGS: dict[str, Callable[[Path], AbstractContextManager[Any]]] = {
    "default dtype float64": lambda _: default_dtype(torch.float64),
    "default dtype bfloat16": lambda _: default_dtype(torch.bfloat16),
    "default device": lambda _: default_device("meta"),
    "2 threads": lambda _: threads(2),
    "inference mode": lambda _: torch.inference_mode(),
    "no grad": lambda _: torch.no_grad(),
    "deterministic algorithms": lambda _: changed(
        torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms, True
    ),
    "matmul precision": lambda _: matmul_precision("medium"),
    "convolution precision": lambda _: convolution_precision(),
    "autocast": lambda _: torch.autocast("cpu", torch.bfloat16),
    "NumPy's errors": lambda _: np.errstate(all="raise"),
    "NumPy's prints": lambda _: numpy_prints(),
    "locale": lambda _: changed(
        lambda: locale.setlocale(locale.LC_ALL), lambda to: locale.setlocale(locale.LC_ALL, to), "C.UTF-8"
    ),
    "time zone": lambda _: environment(TZ="Pacific/Kiritimati"),
    "current folder": lambda folder: changed(Path.cwd, os.chdir, folder),
    "random state": lambda _: changed(
        torch.get_rng_state, torch.set_rng_state, torch.Generator().manual_seed(7).get_state()
    ),
}


TOGETHER: dict[str, tuple[str, ...]] = {
    "types and arithmetic": (
        "default dtype float64",
        "no grad",
        "deterministic algorithms",
        "matmul precision",
        "NumPy's errors",
        "NumPy's prints",
        "locale",
        "time zone",
        "current folder",
        "random state",
    ),
    "devices and modes": (
        "default dtype bfloat16",
        "default device",
        "inference mode",
        "convolution precision",
        "autocast",
    ),
    "threads": ("2 threads",),
}
"""Settings that stand beside each other: what none of them changes alone they are asked about at once."""


# -- answers ----------------------------------------------------------------------------------------------------------
class Odd(nn.Module):
    """What `zoo:tiny` has nothing of: constants, response normalisation, a gate, activations, steps without a rule."""

    def __init__(self) -> None:
        super().__init__()
        with torch.device("cpu"):
            self.first = nn.Conv2d(3, 8, 3, padding=1)
            self.second = nn.Conv2d(8, 12, 3, stride=2)
            self.last = nn.Linear(12, 5)
        draw = np.random.default_rng(0)
        for parameter in self.parameters():
            parameter.data = torch.from_numpy(draw.normal(0, 0.2, parameter.shape).astype(np.float32))

    def forward(self, x: Tensor) -> Tensor:
        x = F.local_response_norm(F.gelu(self.first(x * 0.7 + 0.1)), 3)
        x = F.max_pool2d(x, 3, 2).clamp(min=0).pow(1.5)
        x = F.hardswish(self.second(F.interpolate(x, scale_factor=2, mode="bilinear")))
        x = x * torch.sigmoid(x.mean((2, 3), keepdim=True))
        return self.last(x.cumsum(1).mean((2, 3))).softmax(1)


def digest(*parts: Any) -> str:
    """Of numbers with their types and shapes, and of plain values."""
    seen = hashlib.sha256()
    for part in parts:
        array = part.detach().cpu().numpy() if isinstance(part, Tensor) else part
        if isinstance(array, np.ndarray):
            seen.update(f"{array.dtype} {array.shape}".encode() + array.tobytes())
        else:
            seen.update(repr(array).encode())
    return seen.hexdigest()[:12]


def fields(answer: Any, *, prefix: str = "") -> Found:
    """A digest for each field of a dataclass, and of those in it."""
    found: Found = {}
    for name in answer.__dataclass_fields__:
        value = getattr(answer, name)
        if is_dataclass(value):
            found |= fields(value, prefix=f"{prefix}{name}.")
        else:
            plain = [asdict(v) if is_dataclass(v) else v for v in value] if isinstance(value, tuple) else value
            found[prefix + name] = digest(*_leaves(plain))
    return found


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def folder_of(place: Path) -> Found:
    """A digest for each file below a folder."""
    files = sorted(path for path in place.rglob("*") if path.is_file())
    return {path.relative_to(place).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in files}


class Made:
    """What answers are of: made anew for each setting, within it."""

    def __init__(self, photos: Path, target: Path) -> None:
        self.tiny = cs.load("zoo:tiny", classes=("cat", "dog", "sea lion"))
        self.odd = cs.Network.trace(Odd(), (3, 32, 32), name="odd", preprocess=cs.Preprocess(32, 32))
        self.both = (self.tiny, self.odd)
        self.epochs = [(epoch, cs.load("zoo:tiny", seed=epoch)) for epoch in (1, 2)]
        self.source = cs.open_source(photos)
        self.target = open_target(f"caltech101:{target}")
        self.preprocess = cs.Preprocess(32, 32)
        draw = np.random.default_rng(1)
        pixels = torch.from_numpy(draw.integers(0, 256, (3, 3, 32, 32), dtype=np.uint8))
        self.images = self.preprocess.normalise(pixels)


def networks(made: Made, _: Path) -> Found:
    found = {net.name: digest(net.fingerprint, str(net.dtype), *net.layers) for net in (made.tiny, made.odd)}
    for spec in ("zoo:zfnet-imagenette", "zoo:squeezenet1_1"):
        found[spec] = digest(cs.load(spec).fingerprint)
    for init in ("gaussian", "he", "pytorch"):
        for architecture in (ZFNET, ALEXNET):
            module = build(architecture.scaled(input_size=96, width=0.1, outputs=5), init=init, seed=3)
            found[f"{architecture.name} {init}"] = digest(*module.state_dict().values())
    found["squeezenet"] = digest(*random_squeezenet("1_0", outputs=5).state_dict().values())
    return found


def running(made: Made, _: Path) -> Found:
    return {
        f"{net.name} {layer}": digest(out)
        for net in (made.tiny, made.odd)
        for layer, out in net.run(made.images, net.layers.names).items()
    }


def scan(made: Made, folder: Path) -> Found:
    cs.scan(made.tiny, made.source, store=folder / "tiny")
    cs.scan(made.odd, made.source, store=folder / "odd")
    return folder_of(folder)


def scan_without_loops(made: Made, folder: Path) -> Found:
    with switched("off"):
        return scan(made, folder)


def atlas(made: Made, folder: Path) -> Found:
    cs.build_atlas(made.tiny, made.source, folder, layers=["relu1", "block2", "fc"])
    return folder_of(folder)


def deconv(made: Made, _: Path) -> Found:
    found: Found = {}
    for net in (made.tiny, made.odd):
        for layer in net.layers.names:
            for rule in ("deconvnet", "gradient", "guided"):
                p = cs.deconv(net, made.images, f"{layer}:1", rule=rule)  # type: ignore[arg-type]
                found[f"{net.name} {layer} {rule}"] = digest(p.pixels, p.boxes)
    return found


def occlude(made: Made, _: Path) -> Found:
    found: Found = {}
    for net in (made.tiny, made.odd):
        for method in ("incremental", "whole"):
            for fill in ("grey", "blur", "mean"):
                o = cs.occlude(
                    net, made.images, size=8, stride=6, fill=fill, method=method, units=[f"{net.layers.stages()[0]}:1"]
                ).found
                found |= fields(o, prefix=f"{net.name} {method} {fill} ")
                found[f"{net.name} {method} {fill} heat"] = digest(o.heat(), o.attribution())
    return found


def invariance(made: Made, _: Path) -> Found:
    ways = {"vertical": [-3, 0, 2], "scale": [1.0, 1.4], "rotation": [0, 25]}
    found: Found = {}
    for net in (made.tiny, made.odd):
        for curve in cs.invariance(net, made.images, transformations=ways).found.curves:
            found |= fields(curve, prefix=f"{net.name} {curve.transformation} ")
    return found


def correspondence(made: Made, _: Path) -> Found:
    boxes = np.array([[4, 4, 12, 12], [6, 8, 14, 16], [10, 2, 18, 10]])
    found: Found = {}
    for net in (made.tiny, made.odd):
        found |= fields(comparing.correspondence(net, made.images, {"eye": boxes}, draws=10), prefix=f"{net.name} ")
    return found


def evaluate(made: Made, _: Path) -> Found:
    return fields(cs.evaluate(made.tiny, made.source).found) | fields(
        cs.evaluate(made.tiny, made.source, views="ten").found, prefix="ten "
    )


def diagnose(made: Made, folder: Path) -> Found:
    return {net.name: digest(cs.diagnose(net, made.source).to_json()) for net in (made.tiny, made.odd)}


def features(made: Made, folder: Path) -> Found:
    for net, layers in ((made.tiny, ["relu1", "block2", "fc"]), (made.odd, made.odd.layers.stages())):
        extract(net, made.source, layers, store=folder)
    return folder_of(folder)


def transfer(made: Made, _: Path) -> Found:
    quick = Learning(grid=(1.0, 10.0), parts=2)
    folds = draw_folds(made.target, per_class=(4,), folds=1, test=4)
    return fields(measure_transfer(made.tiny, made.target, layers=["relu1", "fc"], folds=folds, learning=quick))


def scratch(made: Made, _: Path) -> Found:
    folds = draw_folds(made.target, per_class=(4,), folds=1, test=4)
    how = scratch_recipe({"epochs": 2, "batch": 6})
    return {
        str(i): digest(*_leaves(asdict(score)))
        for i, score in enumerate(from_scratch("zoo:tiny", made.target, folds, recipe=how))
    }


def training(made: Made, folder: Path) -> Found:
    done = train(small(epochs=1), shapes(60), folder, validation=shapes(20, seed=1), board=False)
    log = done.history[-1]
    weights = {name: digest(value) for name, value in done.module.state_dict().items()}
    return weights | {"log": digest(log.loss, log.error, log.val_loss, log.val_error)}


def evolve(made: Made, folder: Path) -> Found:
    found = keeping.evolution(made.epochs, made.source, layers=["relu1", "block2"], units=2, sample=10, store=folder)
    return folder_of(folder) | fields(found)


def overlap(made: Made, _: Path) -> Found:
    return fields(cs.overlap(made.source, made.source).found)


def causes(made: Made, _: Path) -> Found:
    return {net.name: digest(cs.causes(net, made.images, f"{net.output}:1", most=3).to_json()) for net in made.both}


def mistakes(made: Made, folder: Path) -> Found:
    how: dict[str, Any] = {"layers": ["block2"], "explain": 1, "most": 1, "size": 16, "stride": 16, "workers": 1}
    cs.mistakes(made.tiny, made.source, store=folder, **how)
    return folder_of(folder)


def tuning(made: Made, _: Path) -> Found:
    return {"tiny": digest(cs.tuning(made.tiny, made.source, layers=["relu1"], k=2).to_json())}


def effects(made: Made, folder: Path) -> Found:
    cs.effects(made.tiny, made.source, layers=["block2.relu2"], match="index", workers=1, store=folder)
    return folder_of(folder)


def sanity(made: Made, folder: Path) -> Found:
    cs.sanity(made.tiny, made.source, layers=["relu1"], units=2, each=2, seeds=1, side=8, store=folder)
    return folder_of(folder)


def check(made: Made, folder: Path) -> Found:
    cs.check(made.odd, module=Odd(), layers=made.odd.layers.stages()[:1], store=folder)  # on noise
    return folder_of(folder)


def directions(made: Made, folder: Path) -> Found:
    learnt: dict[str, Any] = {"layer": "relu1", "n": 3, "active": 1, "updates": 3, "positions": 60, "beside": []}
    cs.directions(made.tiny, made.source, store=folder, **learnt)
    return folder_of(folder)


def paper(made: Made, _: Path) -> Found:
    answer = cs.paper(made.tiny, made.source, claims=["aliasing"], seeds=1, workers=1)
    return {"tiny": digest(*_leaves([{k: v for k, v in row.items() if k != "seconds"} for row in answer.rows()]))}


def bench(made: Made, _: Path) -> Found:
    made_of = Bench(made.tiny, source=made.source)
    photo = made_of.put("tab", made_of.choose(0))["photo"]
    cover = {"at": [[9, 9]], "size": 8}
    asked: dict[str, dict[str, Any]] = {
        "look": {"cover": cover, "silenced": ["conv1:1"], "transform": {"name": "rotation", "amount": 5}},
        "project": {"unit": "fc:1"},
        "causes": {"unit": "fc:1"},
        "sweep": {"size": 16, "stride": 16},
        "curve": {"name": "scale", "amounts": [1.2]},
    }
    return {
        kind: digest(*made_of.answer("tab", {"kind": kind, "photo": photo, **said}, lambda _: None))
        for kind, said in asked.items()
    }


ANSWERS: dict[str, Callable[[Made, Path], Found]] = {
    one.__name__: one
    for one in (
        networks,
        running,
        scan,
        scan_without_loops,
        atlas,
        deconv,
        occlude,
        invariance,
        correspondence,
        evaluate,
        diagnose,
        features,
        transfer,
        scratch,
        training,
        evolve,
        overlap,
    )
}

NEWER: dict[str, Callable[[Made, Path], Found]] = {
    one.__name__: one for one in (causes, mistakes, tuning, effects, sanity, check, directions, paper, bench)
}
"""Asked about types and arithmetic alone: they compute by what the others do."""

STATED = {("threads", "training"): "gradients are summed in as many pieces as there are threads: docs/training.md"}


# -- the matrix -------------------------------------------------------------------------------------------------------
class Asking:
    """Answers under settings, each group of which has a network and images that were made under it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.photos = write_images(place / "photos")
        counts = {"BACKGROUND_Google": 8, "accordion": 8, "yin_yang": 8}
        self.target = layouts.caltech101(place / "caltech", counts)
        self.made: dict[tuple[str, ...], Made] = {}
        self.known: dict[str, Found] = {}

    def ask(self, settings: tuple[str, ...], answer: str) -> Found:
        """An answer under settings, or under none."""
        folder = Path(tempfile.mkdtemp(dir=self.place))
        with ExitStack() as stack:
            for setting in settings:
                stack.enter_context(SETTINGS[setting](folder))
            if settings not in self.made:
                self.made[settings] = Made(self.photos, self.target)
            return {**ANSWERS, **NEWER}[answer](self.made[settings], folder / "out")

    def usual(self, answer: str) -> Found:
        """An answer where nothing is set."""
        if answer not in self.known:
            self.known[answer] = self.ask((), answer)
        return self.known[answer]


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    return Asking(tmp_path_factory.mktemp("settings"))


@pytest.fixture(autouse=True)
def epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Atlases that begin at one time, so that their bytes can be compared."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


def differing(one: Found, other: Found) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def test_every_setting_is_asked_about() -> None:
    assert sorted(setting for group in TOGETHER.values() for setting in group) == sorted(SETTINGS)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("group", TOGETHER)
def test_answers_are_the_same_to_the_last_bit_whatever_is_set(asking: Asking, group: str, answer: str) -> None:
    if (group, answer) in STATED:
        pytest.skip(STATED[group, answer])
    usual = asking.usual(answer)
    assert usual
    found = differing(usual, asking.ask(TOGETHER[group], answer))
    if found:  # which of them it is
        alone = {setting: differing(usual, asking.ask((setting,), answer)) for setting in TOGETHER[group]}
        pytest.fail(f"{found} differ; by one setting alone: {alone}")


@pytest.mark.parametrize("answer", NEWER)
def test_newer_answers_do_not_depend_on_types_and_arithmetic(asking: Asking, answer: str) -> None:
    usual = asking.usual(answer)
    assert usual
    assert differing(usual, asking.ask(TOGETHER["types and arithmetic"], answer)) == []


def tell(photos: str, target: str, folder: str) -> None:
    """Some answers of this process as JSON, for the process that started it."""
    made = Made(Path(photos), Path(target))
    chosen = (networks, scan, atlas, deconv, occlude, features, evaluate)
    sys.stdout.write(json.dumps({one.__name__: one(made, Path(folder) / one.__name__) for one in chosen}))


STARTED = {
    "seed of hashes": {"PYTHONHASHSEED": "1234"},
    "ASCII locale and one thread": {
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "OMP_NUM_THREADS": "1",
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("setting", STARTED)
def test_answers_are_the_same_however_the_process_was_started(asking: Asking, setting: str, tmp_path: Path) -> None:
    places = ", ".join(repr(str(place)) for place in (asking.photos, asking.target, tmp_path / "out"))
    code = f"from tests.project.test_settings import tell; tell({places})"
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path} | STARTED[setting],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for answer, found in json.loads(done.stdout).items():
        assert differing(asking.usual(answer), found) == [], answer


# -- networks ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ZOO)
def test_weights_of_the_zoo_are_float32_whatever_the_default(name: str) -> None:
    with default_dtype(torch.float64), torch.device("meta"):
        module = zoo_entry(name).build(None, None, None)
    assert {tensor.dtype for tensor in module.parameters()} == {torch.float32}
    assert {b.dtype for b in module.buffers() if b.is_floating_point()} <= {torch.float32}


def test_random_networks_of_other_packages_are_the_same_whatever_the_default(torchvision: ModuleType) -> None:
    usual = cs.load("torchvision:squeezenet1_1", input_size=64)
    with default_dtype(torch.float64):
        other = cs.load("torchvision:squeezenet1_1", input_size=64)
        assert torch.get_default_dtype() == torch.float64
    assert (other.dtype, other.fingerprint) == (torch.float32, usual.fingerprint)


class Widened(nn.Module):
    """Makes numbers of its own, as many as there are images, whose dtype nobody names."""

    def forward(self, x: Tensor) -> Tensor:
        extra = torch.full((len(x), 1, 8, 8), 0.1) + torch.ones(len(x), 1, 8, 8)
        return torch.cat([x, extra, torch.linspace(0, 1, 8).expand(len(x), 1, 8, 8)], 1).relu()


def test_what_a_network_makes_has_the_dtype_it_was_traced_with() -> None:
    net, images = cs.Network.trace(Widened(), (3, 8, 8)), torch.rand(2, 3, 8, 8)
    usual, carried = net.run(images), cs.deconv(net, images, "relu:4")
    with default_dtype(torch.float64):
        found, again = net.run(images), cs.deconv(net, images, "relu:4")
    assert digest(*usual.values()) == digest(*found.values())
    assert digest(carried.pixels) == digest(again.pixels)


def test_a_module_made_in_inference_mode_is_traced_and_left_as_it_was() -> None:
    with torch.inference_mode():
        module = random_tiny()
        net = cs.Network.trace(module, (3, 32, 32))
    assert all(parameter.is_inference() for parameter in module.parameters())
    assert net.fingerprint == cs.Network.trace(random_tiny(), (3, 32, 32)).fingerprint
    assert cs.deconv(net, torch.rand(1, 3, 32, 32), "fc:0", rule="gradient").pixels.isfinite().all()


def test_a_release_that_forgets_its_usual_device_makes_tensors_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch 2.9's get_default_device, once set_default_device(None) was called."""

    def get_default_device() -> torch.device:
        raise AttributeError("'NoneType' object has no attribute 'device'")

    net = cs.Network.trace(random_tiny(), (3, 32, 32))
    monkeypatch.setattr(torch, "get_default_device", get_default_device)
    assert cs.deconv(net, torch.rand(1, 3, 32, 32), "fc:0").pixels.isfinite().all()


# -- putting aside and back -------------------------------------------------------------------------------------------
def state() -> tuple[Any, ...]:
    """All that `usual_settings` puts aside."""
    onednn = torch.backends.mkldnn
    return (
        torch.is_autocast_enabled("cpu"),
        torch.is_inference_mode_enabled(),
        torch.is_grad_enabled(),
        torch.empty(0).device,
        np.geterr(),
        torch.get_float32_matmul_precision(),
        torch.backends.fp32_precision,
        *(part.fp32_precision for part in (onednn, onednn.matmul, onednn.conv, torch.backends.cuda.matmul)),
    )


@pytest.mark.parametrize("setting", SETTINGS)
def test_settings_are_put_aside_and_back_after_an_error_too(setting: str, tmp_path: Path) -> None:
    usual = state()
    with SETTINGS[setting](tmp_path):
        before = state()
        with usual_settings():
            within = state()
        assert state() == before
        with pytest.raises(UsageError), usual_settings():
            raise UsageError("on purpose")
        assert state() == before
    assert state() == usual
    assert within[:5] == usual[:5]
    assert set(within[8:]) <= {"none", "ieee"}


def test_precision_stays_bound_to_the_wider_setting_it_came_from() -> None:
    with changed(lambda: "none", lambda to: setattr(torch.backends, "fp32_precision", to), "bf16"):
        with usual_settings():
            assert torch.backends.mkldnn.matmul.fp32_precision == "ieee"
        assert torch.backends.mkldnn.matmul.fp32_precision == "bf16"
        torch.backends.fp32_precision = "tf32"
        assert torch.backends.mkldnn.matmul.fp32_precision == "tf32"
    assert torch.backends.mkldnn.matmul.fp32_precision == "none"


def test_a_default_is_put_back_when_the_last_of_several_threads_is_done() -> None:
    with default_dtype(torch.float64):
        first, second = float32_by_default(), float32_by_default()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert torch.get_default_dtype() == torch.float32
        second.__exit__(None, None, None)
        assert torch.get_default_dtype() == torch.float64


def test_settings_hold_for_the_caller_between_the_items_of_a_stream() -> None:
    net, images = cs.load("zoo:tiny"), torch.rand(1, 3, 32, 32)
    usual = {name: digest(out) for name, out in net.stream(images, net.layers.names)}
    with torch.autocast("cpu", torch.bfloat16):
        found = {}
        for name, out in net.stream(images, net.layers.names):
            assert torch.is_autocast_enabled("cpu")
            found[name] = digest(out)
        for _ in net.stream(images, net.layers.names):  # one that is left halfway
            break
        assert torch.is_autocast_enabled("cpu")
    assert found == usual
