"""One word, one thing: no two classes of the package have one name, nor two types that are other than each other, nor
two functions that the reference shows."""

import ast
import importlib
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import convscope as cs
from tests.conftest import ROOT

SOURCE = ROOT / "src" / "convscope"

ALLOWED = {
    "Part": "of an image, as the public has it; and what the live bench sends, piece by piece, known to it alone",
    "Pixels": "arrays of pixels: of uint8 where they are drawn, of any type where they are kept",
}
"""Names of two types, and why that is well."""

BELOW = {
    "ablate": {"training.ablation"}, "causes": {"methods.causes.tracing"}, "deconv": {"methods.deconv.units"},
    "diagnose": {"methods.diagnosis.diagnosis", "stores.diagnosis"}, "evaluate": {"training.evaluation"},
    "evolution": {"methods.evolution.following", "stores.evolution"}, "invariance": {"methods.invariance.measuring"},
    "occlude": {"methods.occlusion.occlusion"}, "overlap": {"generalisation.duplicates"},
    "scan": {"methods.scan.scanning", "stores.scan"}, "train": {"training.trainer"},
}  # fmt: skip
"""Where a verb's question is answered below the public function of its name: one question, through the rooms."""


def named(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The classes of a module, wherever they stand, and the types that it gives a name to: each with what it is."""
    for node in statements(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name, f"class at line {node.lineno}"
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, what = node.targets[0].id, ast.unparse(node.value)
            if is_type(name) and not what.startswith("Annotated["):  # a command's option is called as its argument
                yield name, what


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    """All statements in one, however deep: without expressions, which are most of a tree."""
    for field in ("body", "orelse", "finalbody", "handlers"):
        for one in getattr(node, field, ()):
            if isinstance(one, ast.stmt):
                yield one
            yield from statements(one)


def is_type(name: str) -> bool:
    """Whether a name is spelled as those of types are: Layer and _Layer, neither LAYER nor layer."""
    bare = name.strip("_")
    return bare[:1].isupper() and "_" not in bare and (not bare.isupper() or len(bare) == 1)


def twice(modules: dict[str, ast.Module]) -> dict[str, list[str]]:
    """The names that stand for several things, and where."""
    places: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for module, tree in modules.items():
        for name, what in named(tree):
            places[name][what if not what.startswith("class") else f"{module}, {what}"].append(module)
    typing = {name for name, things in places.items() if all(what.startswith("TypeVar(") for what in things)}
    return {
        name: sorted({module for found in things.values() for module in found})
        for name, things in places.items()
        if len(things) > 1 and name not in typing
    }


def test_names_of_several_things_are_found() -> None:
    one = ast.parse("class Grid: ...\nclass _Seen:\n    class Inner: ...\nPlace = int\nSame = dict[str, int]\nT = 3")
    other = ast.parse("class Grid: ...\nclass _Seen: ...\nclass Place: ...\nclass Seen: ...\nSame = dict[str, int]")
    third = ast.parse("def f():\n    class Inner: ...\nOption = Annotated[int, 3]\nclass Option: ...")
    assert set(twice({"one": one, "other": other, "third": third})) == {"Grid", "_Seen", "Inner", "Place"}


def test_no_name_stands_for_two_things() -> None:
    modules = {str(path.relative_to(SOURCE)): ast.parse(path.read_text("utf-8")) for path in python_files()}
    assert len(modules) > 300
    found = twice(modules)
    assert {name: places for name, places in found.items() if name not in ALLOWED} == {}
    assert set(found) == set(ALLOWED), "a name that is allowed twice stands for one thing now"


def python_files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def functions(modules: dict[str, Any]) -> dict[str, set[str]]:
    """The functions that modules give, by the names they are imported by: each with where it stands."""
    found: dict[str, set[str]] = defaultdict(set)
    for module in modules.values():
        for name in getattr(module, "__all__", [one for one in vars(module) if not one.startswith("_")]):
            one = getattr(module, name)
            if inspect.isfunction(one) and one.__module__.startswith("convscope"):
                found[name].add(f"{one.__module__}.{one.__qualname__}")
    return found


def test_no_function_of_the_reference_has_the_name_of_another() -> None:
    pages = "".join(page.read_text("utf-8") for page in sorted((ROOT / "docs" / "api").glob("*.md")))
    shown = re.findall(r"automodule:: (\S+)", pages)
    rooms = {path.parent.relative_to(SOURCE.parent) for path in SOURCE.glob("methods/*/__init__.py")}
    rooms |= {path.parent.relative_to(SOURCE.parent) for path in SOURCE.glob("*/__init__.py")}
    listed = {*shown, *(".".join(room.parts) for room in rooms if room.name != "cli")}
    found = functions({name: importlib.import_module(name) for name in listed})
    assert len(found) > 200
    verbs = {name: inspect.unwrap(one) for name in cs.__all__ if inspect.isfunction(one := getattr(cs, name))}
    public = {name: {f"{one.__module__}.{name}"} for name, one in verbs.items()}
    below = {name: {f"convscope.{place}.{name}" for place in places} for name, places in BELOW.items()}
    known = {name: public.get(name, set()) | below.get(name, set()) for name in {*public, *below}}
    assert {
        name: places for name, places in found.items() if len(places) > 1 and not places <= known.get(name, set())
    } == {}
