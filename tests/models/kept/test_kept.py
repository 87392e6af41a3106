"""Programs in the user's cache: served only where nothing has changed, the same to the bit, and never trusted."""

import functools
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import convscope as cs
from convscope.graph import tracing
from convscope.models import tiny
from convscope.models.kept.describing import described, rebuilt
from convscope.models.kept.folder import folder, recalled
from convscope.models.kept.naming import program_name
from convscope.models.tiny import random_tiny
from tests.graph import nets


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONVSCOPE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "programs"


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the networks that are traced from now on."""
    entry()  # which traces the small network once
    found, real = [], tracing.traced

    def traced(module: nn.Module, shape: Any, name: str, randomness: Any) -> Any:
        found.append(name)
        return real(module, shape, name, randomness)

    monkeypatch.setattr(tracing, "traced", traced)
    return found


def same(one: cs.Network, other: cs.Network) -> None:
    assert one.to_json() == other.to_json()  # the fingerprint of steps and weights among it
    assert [(type(step), step.name, step.call.held) for step in one.steps] == [
        (type(step), step.name, step.call.held) for step in other.steps
    ]
    assert one.values == other.values
    assert one.head == other.head
    x = torch.randn(2, *one.input_shape)
    layers = [layer.name for layer in one.layers]
    mine, theirs = one.run(x, layers), other.run(x, layers)
    assert all(torch.equal(mine[name], theirs[name]) for name in layers)
    unit = f"{layers[len(layers) // 2]}:1"
    assert torch.equal(cs.deconv(one, x, unit).pixels, cs.deconv(other, x, unit).pixels)


def test_the_second_load_is_not_traced_and_the_same_to_the_bit(cache: Path, traces: list[str]) -> None:
    first, second = cs.load("zoo:tiny"), cs.load("zoo:tiny")
    assert len(traces) == 1
    assert len(list(cache.glob("*.json"))) == 1
    same(first, second)
    os.environ["CONVSCOPE_CACHE"] = "off"
    same(cs.load("zoo:tiny"), second)
    assert len(traces) == 2


def test_weights_are_those_of_the_module_whatever_was_kept(cache: Path, traces: list[str]) -> None:
    cs.load("zoo:tiny")
    found = cs.load("zoo:tiny", seed=3)
    assert len(traces) == 1
    same(found, cs.Network.trace(random_tiny(seed=3), (3, 32, 32), name=found.name, preprocess=found.preprocess))
    assert not any(b"bias" in path.read_bytes() and path.stat().st_size > 60_000 for path in cache.iterdir())


@pytest.mark.parametrize(
    "spec",
    ["torchvision:squeezenet1_1", pytest.param("torchvision:shufflenet_v2_x0_5", marks=pytest.mark.slow)],
)
def test_networks_of_torchvision_are_kept(spec: str, cache: Path, traces: list[str], torchvision: Any) -> None:
    found = [cs.load(spec, input_size=64) for _ in range(2)]
    assert len(traces) == 1
    same(*found)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "mobilenetv3_small_050", "regnety_002"])
def test_networks_of_timm_are_kept(name: str, cache: Path, traces: list[str], timm: Any) -> None:
    found = [cs.load(f"timm:{name}", input_size=64) for _ in range(2)]
    assert len(traces) == 1
    same(*found)


# -- what has changed -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "asked", [{"input_size": 40}, {"in_channels": 1, "mean": 0.5, "std": 0.5}, {"classes": 4}, {"randomness": "allow"}]
)
def test_what_is_asked_for_otherwise_is_traced(asked: dict[str, Any], cache: Path, traces: list[str]) -> None:
    cs.load("zoo:tiny")
    cs.load("zoo:tiny", **asked)
    assert len(traces) == 2


def test_another_torch_is_traced_for(cache: Path, traces: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    cs.load("zoo:tiny")
    monkeypatch.setattr(torch, "__version__", "2.99.0")
    cs.load("zoo:tiny")
    monkeypatch.setattr(torch.version, "git_version", "0" * 40)
    cs.load("zoo:tiny")
    torch.use_deterministic_algorithms(True)
    try:
        cs.load("zoo:tiny")
    finally:
        torch.use_deterministic_algorithms(False)
    assert len(traces) == 4


def test_a_method_that_was_replaced_counts(cache: Path, traces: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    before = cs.load("zoo:tiny")

    def forward(self: tiny.Block, x: Tensor) -> Tensor:
        return self.relu2(self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x))))))

    monkeypatch.setattr(tiny.Block, "forward", forward)
    after = cs.load("zoo:tiny")
    assert len(traces) == 2
    assert len(after.steps) < len(before.steps)


def patched(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """Changes in this process something that the small network's code reads, by itself or through what it calls."""
    if change == "a function that it names":
        monkeypatch.setattr(tiny, "helped", lambda x: x.relu())
    elif change == "a function that this names":
        monkeypatch.setattr(tiny, "inner", lambda x: x.abs())
    elif change == "a constant":
        monkeypatch.setattr(tiny, "TIMES", 3)
    elif change == "a constant of its class":
        monkeypatch.setattr(tiny.Block, "flag", False)
    elif change == "a property":
        monkeypatch.setattr(tiny.Block, "asked", property(lambda self: False))
    elif change == "a closure":
        monkeypatch.setattr(tiny.Block, "forward", closed(2))
    elif change == "a default":
        monkeypatch.setattr(tiny.Block.forward, "__defaults__", (2,))
    else:
        monkeypatch.setattr(nn.functional, "softsign", lambda x: x.sigmoid())


def closed(times: int) -> Callable[..., Tensor]:
    """A forward pass that depends on what it encloses, and on a default."""

    def forward(self: Any, x: Tensor, more: int = 1) -> Tensor:
        for _ in range(times * more):
            x = tiny.helped(x)  # type: ignore[attr-defined]
        x = nn.functional.softsign(self.conv1(x)) * tiny.TIMES  # type: ignore[attr-defined]
        return x.tanh() if self.flag and self.asked else x

    forward.__module__ = tiny.__name__
    return forward


@pytest.mark.parametrize(
    "change",
    ["a function that it names", "a function that this names", "a constant", "a constant of its class", "a property",
     "a closure", "a default", "a function of PyTorch"],
)  # fmt: skip
def test_what_was_changed_in_this_process_counts(
    change: str, cache: Path, traces: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def helped(x: Tensor) -> Tensor:
        return tiny.inner(x)  # type: ignore[attr-defined]

    helped.__module__ = tiny.__name__
    for name, value in {"inner": torch.sin, "helped": helped, "TIMES": 2}.items():
        monkeypatch.setattr(tiny, name, value, raising=False)
    for name, value in {"flag": True, "asked": property(lambda self: True), "forward": closed(1)}.items():
        monkeypatch.setattr(tiny.Block, name, value, raising=False)
    cs.load("zoo:tiny")
    cs.load("zoo:tiny")
    assert len(traces) == 1
    patched(monkeypatch, change)
    found = cs.load("zoo:tiny")
    assert len(traces) == 2
    same(found, cs.load("zoo:tiny"))
    assert len(traces) == 2


@pytest.mark.slow
def test_a_function_of_torchvision_that_was_replaced_counts(
    cache: Path, traces: list[str], torchvision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision.models import shufflenetv2

    before = cs.load("torchvision:shufflenet_v2_x0_5", input_size=64)
    monkeypatch.setattr(shufflenetv2, "channel_shuffle", lambda x, groups: x)
    after = cs.load("torchvision:shufflenet_v2_x0_5", input_size=64)
    assert len(traces) == 2
    assert len(after.steps) < len(before.steps)


@pytest.mark.parametrize("path", ["__init__.py", "settings.py", "graph/steps/pool.py", "data/preprocess.py"])
def test_our_own_files_count(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = program_name(random_tiny(), "convscope", {})
    copied = tmp_path / "convscope"
    shutil.copytree(Path(cs.__file__).parent, copied, ignore=shutil.ignore_patterns("page", "__pycache__"))
    monkeypatch.setattr(cs, "__file__", str(copied / "__init__.py"))
    assert program_name(random_tiny(), "convscope", {}) == usual
    with (copied / path).open("a") as file:
        file.write("\n")
    assert program_name(random_tiny(), "convscope", {}) != usual


def test_versions_count(monkeypatch: pytest.MonkeyPatch, torchvision: Any) -> None:
    module = torchvision.models.squeezenet1_1(weights=None)
    names = [program_name(module, "torchvision", {})]
    for package in (cs, torchvision):
        monkeypatch.setattr(package, "__version__", "99")
        names.append(program_name(module, "torchvision", {}))
    assert None not in names
    assert len(set(names)) == 3


PACKAGE = "kept_networks"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of networks that can be written to."""
    root = tmp_path / PACKAGE
    root.mkdir()
    (root / "__init__.py").write_text("from torch import nn\nclass Net(nn.Sequential):\n    pass\n")
    (root / "other.py").write_text("SIZE = 3\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield root
    sys.modules.pop(PACKAGE, None)


def test_a_changed_file_of_the_package_counts_also_of_the_same_size_and_time(package: Path) -> None:
    import kept_networks  # type: ignore[import-not-found]

    module = kept_networks.Net(nn.Conv2d(3, 4, 3), nn.ReLU())
    name = program_name(module, PACKAGE, {})
    assert name is not None
    assert program_name(module, PACKAGE, {}) == name
    status = (package / "other.py").stat()
    (package / "other.py").write_text("SIZE = 5\n")
    os.utime(package / "other.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert program_name(module, PACKAGE, {}) != name
    (package / "other.py").write_text("SIZE = 3\n")
    assert program_name(module, PACKAGE, {}) == name
    (package / "third.py").write_text("")
    assert program_name(module, PACKAGE, {}) != name


def test_all_that_a_module_holds_counts() -> None:
    def name(change: Callable[[nn.Module], Any] = lambda module: None) -> str | None:
        module = random_tiny()
        change(module)
        return program_name(module, "convscope", {})

    usual = name()
    assert name() == usual
    changes: list[Callable[[Any], Any]] = [
        lambda m: setattr(m.conv1, "stride", (2, 2)),
        lambda m: setattr(m.bn1, "eps", 1e-3),
        lambda m: setattr(m.conv1, "padding_mode", "circular"),
        lambda m: setattr(m, "flag", True),
        lambda m: setattr(m, "fc", nn.Linear(32, 11)),
        lambda m: setattr(m, "relu1", nn.ReLU6()),
        lambda m: m.double(),
        lambda m: m.to(memory_format=torch.channels_last),
        lambda m: setattr(m.block1.conv2, "weight", m.block1.conv1.weight),
        lambda m: m.conv1.register_parameter("bias", nn.Parameter(torch.zeros(16))),
    ]
    names = [name(change) for change in changes]
    assert None not in names
    assert len({usual, *names}) == len(changes) + 1


def test_a_function_that_a_module_holds_counts_with_what_it_encloses() -> None:
    def name(times: int) -> str | None:
        def activation(x: Tensor, more: int = 1) -> Tensor:
            return x * times * more

        activation.__module__ = tiny.__name__
        module = random_tiny()
        module.activation = activation  # type: ignore[assignment]
        return program_name(module, "convscope", {})

    assert name(1) == name(1) is not None
    assert name(1) != name(2)


def test_what_comes_from_elsewhere_has_no_name() -> None:
    class Own(nn.ReLU):
        pass

    module = random_tiny()
    module.relu1 = Own()
    assert program_name(module, "convscope", {}) is None
    module = random_tiny()
    module.relu1.held = object()
    assert program_name(module, "convscope", {}) is None
    module = random_tiny()
    module.relu1.forward = lambda x: x  # type: ignore[method-assign]
    assert program_name(module, "convscope", {}) is None


def test_networks_of_the_callers_own_are_traced_each_time(cache: Path, traces: list[str]) -> None:
    for _ in range(2):
        cs.load("py:convscope.models.tiny:random_tiny", input_size=32, preprocess="unit")
    assert len(traces) == 2
    assert not cache.exists()


# -- what cannot be said ----------------------------------------------------------------------------------------------
class Standardised(nn.Module):
    """A convolution whose weight is computed from the weights."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 3, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x, self.weight - self.weight.mean((1, 2, 3), keepdim=True))


def test_a_program_with_numbers_made_of_weights_is_not_said() -> None:
    module = Standardised().eval()
    assert described(tracing.traced(module, (3, 8, 8), "net", "refuse"), module) is None


class Scaled(nn.Module):
    """A factor for each channel, as ConvNeXt has: a parameter, viewed so that it broadcasts."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.factor = nn.Conv2d(3, 4, 3), nn.Parameter(torch.rand(4))

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x) * self.factor.reshape(1, -1, 1, 1)


def test_a_view_of_a_tensor_is_said_by_its_shape() -> None:
    module = Scaled().eval()
    program = tracing.traced(module, (3, 8, 8), "net", "refuse")
    written = described(program, module)
    assert written is not None
    again = rebuilt(json.loads(json.dumps(written)), module)
    mine, theirs = (found.steps[-1].call.args[1] for found in (program, again))
    assert theirs.shape == (1, 4, 1, 1)
    assert theirs.data_ptr() == mine.data_ptr() == module.factor.data_ptr()


@pytest.mark.parametrize("name", ["gated", "channels_last", "unet", "padded"])
def test_a_program_that_is_said_comes_back_whole(name: str) -> None:
    module, shape = nets.make(name)
    program = tracing.traced(module, shape, name, "refuse")
    written = described(program, module)
    assert written is not None
    again = rebuilt(json.loads(json.dumps(written)), module)
    assert [(type(a), a.name, a.call.op) for a in program.steps] == [(type(b), b.name, b.call.op) for b in again.steps]
    assert (program.values, program.origins, program.aliases) == (again.values, again.origins, again.aliases)


# -- damage and malice ------------------------------------------------------------------------------------------------
@functools.cache
def entry() -> tuple[str, bytes]:
    """The name and the content of what is kept of the small network; made once."""
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVSCOPE_CACHE", place)
        cs.load("zoo:tiny")
        (path,) = Path(place, "programs").glob("*.json")
        return path.name, path.read_bytes()


def kept(cache: Path) -> Path:
    name, content = entry()
    cache.mkdir(parents=True)
    (cache / name).write_bytes(content)
    (cache / name).chmod(0o600)
    return cache / name


def sealed(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "a bit": lambda path: path.write_bytes(path.read_bytes().replace(b"relu", b"relv", 1)),
    "half of it": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "nothing in it": lambda path: path.write_bytes(b""),
    "no JSON": lambda path: path.write_bytes(sealed(b"{nothing")),
    "another value": lambda path: path.write_bytes(sealed(b"[1, 2]")),
    "nested": lambda path: path.write_bytes(sealed(b"[" * 100_000)),
    "too large": lambda path: path.write_bytes(sealed(b" " * 5_000_000)),
    "others may write": lambda path: path.chmod(0o666),
    "a link": lambda path: (path.rename(path.with_name("else")), path.symlink_to(path.with_name("else"))),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_damaged_or_foreign_is_passed_over_and_made_again(damage: str, cache: Path, traces: list[str]) -> None:
    path = kept(cache)
    content = path.read_bytes()
    DAMAGE[damage](path)
    net = cs.load("zoo:tiny")
    assert len(traces) == 1
    assert path.read_bytes() == content
    assert not path.is_symlink()
    cs.load("zoo:tiny")
    assert len(traces) == 1
    assert len(net.steps) > 20


def test_a_folder_in_the_way_is_passed_over(cache: Path, traces: list[str]) -> None:
    path = kept(cache)
    path.unlink()
    path.mkdir()
    cs.load("zoo:tiny")
    assert len(traces) == 1


def first(found: dict[str, Any], **changed: Any) -> dict[str, Any]:
    found["steps"][0] |= changed
    return found


HOSTILE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a function of Python": lambda found: first(found, target="os.system", args=["touch MARK"]),
    "a function of torch": lambda found: first(found, target="torch.load", args=["MARK"]),
    "an operator on files": lambda found: first(
        found, target="torch.ops.aten.from_file.default", args=["MARK", True, 9]
    ),
    "an operator past memory": lambda found: first(
        found, target="torch.ops.aten.as_strided.default", args=[{"slot": 0}, [9], [9]]
    ),
    "arithmetic": lambda found: first(found, target="_operator.add"),
    "a tensor that is not there": lambda found: first(found, args=[{"slot": 0}, {"state": "no.such"}]),
    "a list for a tensor": lambda found: first(found, args=[{"slot": 0}, {"state": ["no.such"]}]),
    "an attribute for a tensor": lambda found: first(found, args=[{"slot": 0}, {"state": "__class__"}]),
    "a view of a tensor that is not there": lambda found: first(found, args=[{"slot": 0}, {"view": ["no.such", [1]]}]),
    "a view of another size": lambda found: first(found, args=[{"slot": 0}, {"view": ["conv1.weight", [10**9]]}]),
    "a view without a shape": lambda found: first(found, args=[{"slot": 0}, {"view": ["conv1.weight"]}]),
    "a slot that is not there": lambda found: first(found, args=[{"slot": 7}]),
    "a later value": lambda found: first(found, inputs=[1]),
    "a value before the image": lambda found: first(found, inputs=[-1]),
    "another kind of argument": lambda found: first(found, args=[{"code": "import os"}]),
    "a gate that is not there": lambda found: first(found, held=[3]),
    "no arguments": lambda found: first(found, args=[]),
    "deep arguments": lambda found: first(found, args=[[[[[[[[[[[[1]]]]]]]]]]]]),
    "large numbers": lambda found: first(found, args=[2**70]),
    "a name that a terminal obeys": lambda found: first(found, name="\x1b[2J"),
    "an output that is not there": lambda found: found | {"outputs": [["", 999]]},
    "no outputs": lambda found: found | {"outputs": []},
    "another image": lambda found: found | {"input_shape": [3, 16, 16]},
    "a shape of text": lambda found: found | {"values": [["3, 32, 32", None, True, True, True, None]]},
    "fewer values": lambda found: found | {"values": found["values"][:-1]},
    "another dtype": lambda found: found | {"dtype": "complex64"},
    "an alias of nothing": lambda found: found | {"aliases": {"x": -1}},
    "no steps": lambda found: {key: value for key, value in found.items() if key != "steps"},
}


@pytest.fixture(scope="module")
def written() -> tuple[nn.Module, str]:
    module = random_tiny()
    found = described(tracing.traced(module, (3, 32, 32), "tiny", "refuse"), module)
    assert found is not None
    return module, json.dumps(found)


@pytest.mark.parametrize("malice", HOSTILE)
def test_what_is_hostile_is_passed_over(
    malice: str, written: tuple[nn.Module, str], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, content = written
    monkeypatch.chdir(tmp_path)
    cache.mkdir(parents=True)
    found = HOSTILE[malice](json.loads(content))
    text = json.dumps(found).replace("MARK", str(tmp_path / "mark"))
    (cache / "name.json").write_bytes(sealed(text.encode()))
    assert recalled("name", module) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache"]
    (cache / "name.json").write_bytes(sealed(content.encode()))
    assert recalled("name", module) is not None


# -- where ------------------------------------------------------------------------------------------------------------
def test_nothing_is_kept_or_looked_for_where_it_is_off(
    cache: Path, traces: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(cache)
    monkeypatch.setenv("CONVSCOPE_CACHE", "off")
    cs.load("zoo:tiny")
    assert len(traces) == 1
    assert folder() is None


def test_where_nothing_can_be_written_nothing_is_kept(
    tmp_path: Path, traces: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CONVSCOPE_CACHE", str(tmp_path / "file"))
    for _ in range(2):
        cs.load("zoo:tiny")
    assert len(traces) == 2


def test_the_folder_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONVSCOPE_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "convscope" / "programs"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert folder() == tmp_path / "home" / ".cache" / "convscope" / "programs"


def test_the_oldest_make_room(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convscope.models.kept.folder._MOST_FILES", 2)
    for size in (32, 36, 40):
        cs.load("zoo:tiny", input_size=size)
    assert len(list(cache.glob("*.json"))) == 2
    assert not list(cache.glob(".*"))
