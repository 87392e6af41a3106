"""Whoever is given something can name it: what public functions, answers and their attributes are of is public."""

import ast
import inspect
import sys
import textwrap
import typing
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from typing import Any

import pytest

import convscope as cs
from tests.project.test_grammar import classes, names

OF_METHODS = {"program", "steps", "values", "activations", "cone", "replaced", "reduce"}
"""What of a network methods are made of, as its docstring says: what they give is in `graph` and `kernels`, documented
there, and may change in any release."""


known_names = cache(names)


def public() -> dict[str, Any]:
    """Public functions and classes by name."""
    found = {name: getattr(cs, name) for name in cs.__all__}
    return {name: one for name, one in found.items() if inspect.isclass(one) or inspect.isfunction(one)}


def hints(what: Any) -> dict[str, Any]:
    """What something is annotated with; types that its module has for type checkers alone are found as well."""
    inner = inspect.unwrap(what) if inspect.isfunction(what) else what
    return typing.get_type_hints(inner, localns={**known_names(), **vars(sys.modules[inner.__module__])})


def own(kind: type) -> Iterator[type]:
    """A class and what it is made of, as far as it is ours."""
    return (one for one in kind.__mro__ if one.__module__.startswith("convscope"))


def members(kind: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The public methods and properties of a class, but for what makes it."""
    for base in own(kind):
        for name, one in vars(base).items():
            function = {property: "fget", cached_property: "func"}.get(type(one))
            made = getattr(one, function) if function else one
            if not name.startswith("_") and inspect.isfunction(made):
                yield name, made


def made_by(kind: type) -> Iterator[tuple[str, Any]]:
    """The public methods of a class that make things of its kind, and what they give: who calls them is the verb."""
    for base in own(kind):
        for name, one in vars(base).items():
            if not name.startswith("_") and isinstance(one, classmethod | staticmethod):
                yield name, hints(one.__func__)["return"]


def assigned(kind: type) -> Iterator[tuple[str, Any]]:
    """The public attributes that `__init__` gives, as it annotates them, or those of its arguments that they are."""
    for base in own(kind):
        written = vars(base).get("__init__")
        if not inspect.isfunction(written) or written.__code__.co_filename.startswith("<"):
            continue
        said, scope = hints(written), {**known_names(), **vars(sys.modules[base.__module__])}
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(written)))):
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if isinstance(target, ast.Attribute) and not target.attr.startswith("_"):
                if isinstance(node, ast.AnnAssign):
                    yield target.attr, eval(ast.unparse(node.annotation), scope)
                elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in said:
                    yield target.attr, said[node.value.id]


def given(name: str, one: Any) -> Iterator[tuple[str, Any]]:
    """What a public function or class takes and gives: where, and of which type."""
    if inspect.isfunction(one):
        yield from ((f"{name}({argument})", hint) for argument, hint in hints(one).items())
        return
    fields = {field: hint for field, hint in hints(one).items() if not field.startswith("_")}
    yield from ((f"{name}.{field}", hint) for field, hint in [*fields.items(), *assigned(one), *made_by(one)])
    for member, function in members(one):
        yield from ((f"{name}.{member}({argument})", hint) for argument, hint in hints(function).items())


def test_what_is_public_takes_and_gives_what_is_public() -> None:
    known = {one for one in public().values() if inspect.isclass(one)}
    strange = {
        where: found.__name__
        for name, one in public().items()
        for where, hint in given(name, one)
        if not (name == "Network" and where.partition(".")[2].partition("(")[0] in OF_METHODS)
        for found in classes(hint)
        if found.__module__.startswith("convscope") and found not in known
    }
    assert strange == {}


def test_what_of_a_network_methods_are_made_of_is_named_where_it_is_described() -> None:
    said = inspect.getdoc(cs.Network) or ""
    assert {name for name in OF_METHODS if f"`{name}`" in said} == OF_METHODS
    found = {
        one
        for where, hint in given("Network", cs.Network)
        if where.partition(".")[2].partition("(")[0] in OF_METHODS
        for one in classes(hint)
        if one.__module__.startswith("convscope")
    } - {one for one in public().values() if inspect.isclass(one)}
    assert len(found) > 3
    assert {one.__module__.split(".")[1] for one in found} == {"graph", "kernels"}
    assert not any(one.__name__.startswith("_") for one in found)


class _Hidden:
    __module__ = "convscope.hidden"


class _Giving:
    """Each way to be given something that has no public name."""

    __module__ = "convscope.hidden"
    field: "dict[str, tuple[_Hidden, ...]]"

    def __init__(self, kept: "list[_Hidden]") -> None:
        self.kept = kept
        self.other: _Hidden | None = None

    @property
    def asked(self) -> "_Hidden":
        return self.kept[0]

    @cached_property
    def found(self) -> "_Hidden":
        return self.kept[0]

    def taken(self, one: "_Hidden") -> int:
        return 0

    @classmethod
    def made(cls, kept: "list[_Hidden]") -> "_Hidden":
        return kept[0]


def test_every_way_of_being_given_something_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "convscope.hidden", sys.modules[__name__])
    found = {where for where, hint in given("G", _Giving) if _Hidden in set(classes(hint))}
    assert found == {"G.field", "G.kept", "G.other", "G.asked(return)", "G.found(return)", "G.taken(one)", "G.made"}
