"""Public doors look at what they are given: each argument of another kind is refused by its name, in our own words."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch

import convscope as cs
from convscope.arguments import fits, words
from convscope.errors import UsageError, WrongType


@pytest.fixture(scope="module")
def net() -> cs.Network:
    layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(144, 5))
    return cs.Network.trace(layers, (3, 8, 8))


def functions() -> dict[str, Callable[..., Any]]:
    return {name: one for name in cs.__all__ if inspect.isfunction(one := getattr(cs, name))}


class Strange:
    """What no argument takes."""


@pytest.mark.parametrize("name", sorted(functions()))
def test_every_argument_of_every_public_function_is_refused_by_its_name_where_it_is_of_another_kind(name: str) -> None:
    function = functions()[name]
    needed = {
        p.name: Strange()
        for p in inspect.signature(function).parameters.values()
        if p.default is inspect.Parameter.empty
    }
    looked_at = set()
    for parameter in inspect.signature(function).parameters.values():
        if "Any" in str(parameter.annotation) or "Images" in str(parameter.annotation):
            continue  # whatever opens as a collection; those that cannot are refused there
        if parameter.name in needed:
            with pytest.raises(UsageError):
                function(**needed)
        else:
            with pytest.raises(WrongType) as raised:
                function(**{parameter.name: Strange(), **valid(function)})
            assert str(raised.value).startswith(f"{parameter.name}=<Strange>: give "), name
        looked_at.add(parameter.name)
    assert looked_at or name == "open_source"


def valid(function: Callable[..., Any]) -> dict[str, Any]:
    """Arguments that a function cannot do without, of the right kinds, looked at before anything is done with them."""
    kinds: dict[str, Any] = {
        "net": None, "nets": None, "model": "zoo:tiny", "images": "samples:", "units": "a:0", "parts": [], "run": "x",
        "config": "x", "store": "x", "out": "x", "spec": "zoo:tiny", "path": "x", "folder": "x", "selections": [],
        "source": cs.open_source("samples:"), "layer": "a",
    }  # fmt: skip
    kinds |= {"images": X} if function is cs.project_all else {}
    signature = inspect.signature(function).parameters.values()
    return {p.name: kinds[p.name] for p in signature if p.default is inspect.Parameter.empty}


REFUSED: list[tuple[str, Callable[[cs.Network], Any], str]] = [
    ("a fraction", lambda n: cs.occlude(n, X, size=8.0), r"size=8\.0: give a whole number, two whole numbers or None"),
    ("three of two", lambda n: cs.occlude(n, X, size=(4, 4, 4)), "size=.*two whole numbers .* not a tuple of 3"),
    ("text for a number", lambda n: cs.scan(n, "samples:", k="9"), "k='9': give a whole number, not text"),
    ("one for a list", lambda n: cs.scan(n, "samples:", layers="0"), r"layers='0': .* such as \['0'\]"),
    ("one for a mapping", lambda n: cs.invariance(n, X, transformations="rotation"), r"such as \['rotation'\]"),
    ("a mapping of numbers", lambda n: cs.invariance(n, X, transformations={"scale": 2}), "a mapping of names"),
    ("an unknown choice", lambda n: cs.invariance(n, X, distance="rel"), "'rel' is not a choice; .*mean 'relative'"),
    ("a module", lambda n: cs.transfer(torch.nn.Flatten(), "samples:"), r"model=<Flatten>: .*Network.trace\("),
    ("a size for a shape", lambda n: cs.Network.trace(torch.nn.Flatten(), 28), "input_shape=28: give three whole"),
    ("text for a list", lambda n: cs.Network.trace(torch.nn.Flatten(), (3, 8, 8), classes="cat"), "classes='cat'"),
    ("a name for layers", lambda n: n.run(X, "0"), r"layers='0': give a list"),
    ("a number for a unit", lambda n: n.unit(3), "unit=3: give a Unit, text or text with a whole number"),
    ("a number for a device", lambda n: n.to(3), "device=3: give"),
    ("a dtype for a device", lambda n: n.to(torch.float64),
     r"^device=torch.float64: give .* not a torch.dtype; write to\(dtype=torch.float64\)$"),
    ("a number for a folder", lambda n: cs.Occlusion.load(3), "folder=3: give a path"),
    ("an argument that is none", lambda n: cs.occlude(n, X, sise=3), r"occlude\(\) has no argument 'sise'; .*'size'"),
    ("one too many", lambda n: cs.occlude(n, X, 8),
     r"^occlude\(\) takes net and images by place and all else by name, and 8 is one too many: write occlude\(net, "
     r"images, size=8\) \(or stride=, target=, confidence=\)$"),
    ("a layer too many", lambda n: cs.scan(n, "samples:", "0"), r"write scan\(net, images, layers=\['0'\]\)$"),
    ("a folder too many", lambda n: cs.occlude(n, X, "out"), r"write occlude\(net, images, store='out'\)"),
    ("an array too many", lambda n: cs.deconv(n, X, "0:1", np.zeros(3)), r"<ndarray> is one too many: write deconv"),
    ("a rule too many", lambda n: cs.deconv(n, X, "0:1", "gradient"),
     r"takes net, images and units by place .* write deconv\(net, images, units, rule='gradient'\)"),
    ("too many of a method", lambda n: n.to("cpu", torch.float32), r"^to\(\) takes device by .* write to\(device, d"),
    ("too few", lambda n: cs.occlude(n), r"occlude\(\) missing a required argument: 'images'"),
]  # fmt: skip
X = torch.zeros(1, 3, 8, 8)


@pytest.mark.parametrize(("call", "said"), [pytest.param(call, said, id=name) for name, call, said in REFUSED])
def test_what_is_of_another_kind_is_refused_in_words(net: cs.Network, call: Callable[..., Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        call(net)


TAKEN_TOGETHER: dict[str, dict[str, Any]] = {
    "deconv": {"units": "0:1"}, "invariance": {}, "scan": {}, "effects": {"layers": ["0"]},
    "directions": {"layer": "0"}, "tuning": {}, "build_atlas": {},
}  # fmt: skip


def test_taking_no_images_together_is_refused_in_the_same_words_by_every_verb(tmp_path: Path) -> None:
    torch.manual_seed(0)
    layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(144, 5))
    net = cs.Network.trace(layers, (3, 8, 8), preprocess="unit")
    pictures = [np.full((8, 8, 3), value, np.uint8) for value in range(4)]
    verbs = {name for name, one in functions().items() if "batch" in inspect.signature(one).parameters}
    assert verbs == set(TAKEN_TOGETHER)
    for name, more in TAKEN_TOGETHER.items():
        with pytest.raises(UsageError, match=r"^batch=0: give 1 or more$"):
            getattr(cs, name)(net, pictures, batch=0, **more, **({"out": tmp_path} if name == "build_atlas" else {}))


def test_other_kinds_are_type_errors_too_as_is_the_habit_of_python(net: cs.Network) -> None:
    with pytest.raises(TypeError):
        cs.occlude(net, X, size=8.0)


def test_a_message_never_prints_an_array(net: cs.Network) -> None:
    with pytest.raises(WrongType, match=r"size=<ndarray>: .* not an? ndarray"):
        cs.occlude(net, X, size=np.zeros(1000))
    with pytest.raises(WrongType) as raised:
        cs.occlude(net, X, size=list(range(10000)))
    assert len(str(raised.value)) < 200


def test_numbers_of_numpy_are_numbers(net: cs.Network) -> None:
    given, usual = (cs.occlude(net, X, size=kind(4), stride=kind(4)) for kind in (np.int64, int))
    assert given.found.grid == usual.found.grid
    assert type(given.found.grid.size[0]) is int


FITTING: list[tuple[Any, Any, bool]] = [
    (3, int, True), (True, int, False), (np.int32(3), int, True), (3.0, int, False), (3, float, True),
    ([1, 2], tuple[int, int], True), ((1, 2, 3), tuple[int, int], False), ((), tuple[int, ...], True),
    ("ab", Sequence[str], False), (["a"], Sequence[str], True), ([1], Sequence[str], False),
    ({"a"}, Sequence[str], True),
    (np.arange(3), Sequence[int], True), (torch.arange(3), Sequence[int], True), (range(3), Sequence[int], True),
    (iter("ab"), Iterable[str], True), (iter("ab"), Sequence[str], False), ({"a": 1}, Mapping[str, int], True),
    ({"a": "b"}, Mapping[str, int], False), ("a", Literal["a", "b"], True), ("c", Literal["a", "b"], False),
    (Path("a"), str | PathLike[str], True), (print, Callable[..., Any], True), (3, Callable[..., Any], False),
    (None, int | None, True), (object(), Any, True),
]  # fmt: skip


@pytest.mark.parametrize(("value", "kind", "fit"), FITTING)
def test_annotations_admit_what_they_say(value: Any, kind: Any, fit: bool) -> None:
    assert fits(value, kind) is fit


def test_annotations_in_words() -> None:
    assert words(Sequence[str] | None) == "a list of names or None"
    assert words(Mapping[str, Any] | None) == "a mapping or None"
    assert words(Literal["a", "b"] | torch.Tensor) == "'a', 'b' or a torch.Tensor"
