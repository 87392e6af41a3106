"""One grammar: what docs/grammar.md says of names, types and defaults is so everywhere, on the command line too."""

import dataclasses
import importlib
import inspect
import re
import sys
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import convscope as cs
from convscope.cli.app import application
from convscope.cli.wording import options_of
from convscope.studies.answer import Answer
from tests.conftest import ROOT

NEEDED = inspect.Parameter.empty

OTHERWISE: dict[tuple[str, str], str] = {
    ("evolve", "threshold"): "float = 0.9",
    ("directions", "out"): "str | PathLike[str] | None = None",
    ("overlap", "threshold"): "float = 0.83",
    ("evolve", "units"): "UnitLike | Sequence[UnitLike] | int = 6",
    ("sanity", "units"): "UnitLike | Sequence[UnitLike] | int = 12",
    ("sanity", "seeds"): "int = 3",
    ("correspond", "seeds"): "int = 3",
    ("invariance", "seeds"): "int = 0",
    ("paper", "seeds"): "int = 3",
    ("paper", "parts"): "Sequence[Part] | str | PathLike[str] | None = None",
    ("paper", "run"): "str | PathLike[str] | None = None",
    ("occlude", "parts"): "Sequence[Part] | str | PathLike[str] | None = None",
    ("merge", "parts"): "Sequence[str | PathLike[str]]",
    ("evolve", "model"): "str | None = None",
    ("paper", "model"): "str | None = None",
    ("open_source", "spec"): "Any",
    ("open_target", "spec"): "Any",
    ("diagnose", "images"): "Images | None = None",
    ("check", "images"): "Images | None = None",
    ("bench", "images"): "Images | None = None",
    ("transfer", "images"): "TargetSet | Images",
    ("project_all", "images"): "Tensor",
    ("read_config", "spec"): "str | Path",
    ("transfer", "on_start"): "Callable[[Network, TargetSet, Sequence[Fold], Sequence[str]], None] | None = None",
}
"""What the page says in its last words: by function and argument, its type and default."""

PYTHON_ONLY = {"module", "progress", "options", "loading", "on_start", "on_epoch", "names", "nets", "net"}
"""Arguments that a command gives by itself."""

SPELLED = {"changes": "--set", "scratch_changes": "--scratch-set", "sets": "--voc-sets", "learning": "--classifiers"}
"""Options that are spelled otherwise, as is the habit of command lines."""

MODEL = {
    "weights", "input_size", "in_channels", "preprocess", "mean", "std", "resize", "range", "bands", "classes",
    "channels", "device", "dtype", "seed", "randomness", "output", "scores", "directions",
}  # fmt: skip
COMMON = {"json", "quiet", "debug", "max_pixels", "max_bytes", "root", "tile_size", "tile_stride", "anonymous"}
ALONE = {
    "diagnose": {"against"}, "evaluate": {"with_"}, "transfer": {"classifiers", "c", "scaling", "voc_sets"},
    "atlas": {"cache"},
}  # fmt: skip
"""Options without an argument of their name: further networks, and how classifiers learn."""

WRITTEN = {("sanity", "rules")}
"""Options that are several words with commas between them, where the argument is a tuple."""


def names() -> dict[str, Any]:
    """Every name that a type of the page may use."""
    found: dict[str, Any] = {}
    for function in functions().values():
        found |= vars(sys.modules[function.__module__])
    rooms = (
        "training.splits",
        "data",
        "graph.options",
        "generalisation.splits",
        "generalisation.datasets",
        "stores.scan",
    )
    for room in rooms:
        found |= vars(importlib.import_module(f"convscope.{room}"))
    return {**vars(typing), **found, **{name: getattr(cs, name) for name in cs.__all__}}


def functions() -> dict[str, Callable[..., Any]]:
    return {name: one for name in cs.__all__ if inspect.isfunction(one := getattr(cs, name))}


def table() -> dict[str, tuple[str, str]]:
    """Type and default of every argument on the page."""
    text = (ROOT / "docs" / "grammar.md").read_text("utf-8").partition("## Arguments")[2]
    row = re.compile(r"^\| `(?P<name>\w+)` \| `(?P<type>.*?)` \| (?:`(?P<default>.*?)`)? ?\| ", re.MULTILINE)
    return {m["name"]: (m["type"].replace("\\|", "|"), m["default"] or "") for m in row.finditer(text)}


def parameters() -> Iterator[tuple[str, inspect.Parameter]]:
    for name, function in functions().items():
        for parameter in inspect.signature(inspect.unwrap(function)).parameters.values():
            yield name, parameter


def test_the_table_is_read() -> None:
    found = table()
    assert found["layers"] == ("Sequence[str] | None", "None")
    assert found["net"] == ("Network", "")
    assert len(found) > 80


@pytest.mark.parametrize(("name", "parameter"), [pytest.param(n, p, id=f"{n}-{p.name}") for n, p in parameters()])
def test_an_argument_means_the_same_everywhere(name: str, parameter: inspect.Parameter) -> None:
    said = OTHERWISE.get((name, parameter.name))
    kind, _, default = said.partition(" = ") if said is not None else (None, "", "")
    if kind is None:
        assert parameter.name in table(), f"docs/grammar.md does not name {parameter.name}"
        kind, default = table()[parameter.name]
    function = inspect.unwrap(functions()[name])
    hint = typing.get_type_hints(function, localns=names())[parameter.name]
    wanted = eval(kind, names())
    without_none = {hint, hint | None} if parameter.default is NEEDED else {hint}
    assert wanted in without_none or str(wanted) in map(str, without_none), f"{name}({parameter.name}: {hint})"
    if parameter.default is not NEEDED:
        assert repr(parameter.default) == repr(eval(default, {})), f"{name}({parameter.name}={parameter.default!r})"


def test_every_argument_of_the_table_is_one() -> None:
    assert {p.name for _, p in parameters()} >= set(table())


def commands() -> dict[str, Callable[..., Any]]:
    made = {"atlas": cs.build_atlas}
    return {name: made.get(name) or functions()[name] for name in [*made, *functions()] if name in application}


@pytest.mark.parametrize("name", sorted(commands()))
def test_the_options_of_a_command_are_the_arguments_of_its_verb(name: str) -> None:
    command = application[name].default_command
    assert command is not None
    arguments = set(inspect.signature(inspect.unwrap(commands()[name])).parameters)
    signature = inspect.signature(command).parameters.values()
    positional = {p.name for p in signature if p.kind is not p.KEYWORD_ONLY}
    options = options_of(command)
    spelled = {argument: SPELLED[argument] for argument in arguments & set(SPELLED)}
    missing = {
        one for one in arguments - PYTHON_ONLY - positional - set(options) if spelled.get(one) not in options.values()
    }
    assert missing - {"images", "others", "model", "config", "run", "parts"} == set()
    more = set(options) - arguments - MODEL - COMMON - ALONE.get(name, set())
    assert {one for one in more if options[one] not in spelled.values()} == set()


def options(command: Callable[..., Any]) -> Iterator[tuple[str, Any, Any]]:
    """The options of a command, its own and those of its groups: name, default and type."""
    hints = typing.get_type_hints(command)
    for name, parameter in inspect.signature(command).parameters.items():
        kinds = [one for one in classes(hints[name]) if dataclasses.is_dataclass(one)]
        if kinds:
            types = typing.get_type_hints(kinds[0])
            yield from ((one.name, one.default, types[one.name]) for one in dataclasses.fields(kinds[0]))
        elif parameter.kind is parameter.KEYWORD_ONLY:
            yield name, parameter.default, hints[name]


def choices(hint: Any) -> set[str]:
    """The words that a type admits, where it names them."""
    words = {hint} if typing.get_origin(hint) is typing.Literal else set(typing.get_args(hint))
    return {word for one in words if typing.get_origin(one) is typing.Literal for word in typing.get_args(one)}


@pytest.mark.parametrize("name", sorted(commands()))
def test_an_option_has_the_default_and_the_choices_of_its_argument(name: str) -> None:
    """Or none, which leaves both to the verb; what is needed is told by the command itself."""
    command, verb = application[name].default_command, inspect.unwrap(commands()[name])
    assert command is not None
    arguments, hints = inspect.signature(verb).parameters, typing.get_type_hints(verb, localns=names())
    given = [(option, default, hint) for option, default, hint in options(command) if option in arguments]
    assert given or name == "verify"
    for option, default, hint in given:
        if default not in (None, NEEDED) and (name, option) not in WRITTEN:
            assert default == arguments[option].default, f"--{option} of {name}"
        if choices(hint):
            assert choices(hint) == choices(hints[option]), f"--{option} of {name}"


def answers() -> list[type[Any]]:
    return [one for name in cs.__all__ if inspect.isclass(one := getattr(cs, name)) and issubclass(one, Answer)]


@pytest.mark.parametrize("kind", answers(), ids=lambda one: one.__name__)
def test_every_answer_keeps_the_protocol(kind: type[Any]) -> None:
    for member in ("summary", "rows", "to_json", "figures", "save", "load", "_repr_html_"):
        assert hasattr(kind, member), f"{kind.__name__} has no {member}"
    assert kind.__repr__ is not object.__repr__
    assert not inspect.isabstract(kind) or kind is Answer


def test_each_verb_gives_an_answer() -> None:
    page = (ROOT / "docs" / "grammar.md").read_text("utf-8").partition("## Verbs")[2].partition("## Images")[0]
    rows = re.findall(r"^\| (`.*?`) \| .*? \| `(\w+)`", page, re.MULTILINE)
    assert len(rows) > 12
    for verbs, answer in rows:
        for verb in re.findall(r"`(\w+)`", verbs):
            hint = typing.get_type_hints(inspect.unwrap(functions()[verb]), localns=names())["return"]
            assert getattr(cs, answer) in {hint, *typing.get_args(hint)}


SECTIONS = re.compile(r"^\s*(Args|Raises):", re.MULTILINE)


@pytest.mark.parametrize("name", sorted(functions()))
def test_every_public_function_has_an_example_and_says_what_it_raises(name: str) -> None:
    said = inspect.getdoc(functions()[name]) or ""
    assert ">>> " in said, f"{name} has no example"
    assert "Raise" in said, f"{name} does not say what it raises"


def classes(hint: Any) -> Iterator[type]:
    """The classes that a type is made of."""
    for one in (typing.get_origin(hint), hint):
        if isinstance(one, type):
            yield one
    for part in typing.get_args(hint):
        yield from (found for one in (part if isinstance(part, list) else [part]) for found in classes(one))


@pytest.mark.parametrize("name", sorted(functions()))
def test_what_a_public_function_takes_and_gives_is_public(name: str) -> None:
    public = {getattr(cs, one) for one in cs.__all__ if inspect.isclass(getattr(cs, one))}
    hints = typing.get_type_hints(inspect.unwrap(functions()[name]), localns=names())
    found = {one for hint in hints.values() for one in classes(hint) if one.__module__.startswith("convscope")}
    assert found <= public
