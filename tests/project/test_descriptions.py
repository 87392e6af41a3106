"""What a public name says of itself: an example, every argument, the shapes of arrays, where a question is from."""

import dataclasses
import inspect
import re
import sys
import typing
from collections.abc import Iterator
from typing import Any

import pytest

from convscope import errors
from tests.project.test_grammar import classes, functions
from tests.project.test_surface import given, hints, known_names, public

SOURCES = {
    "deconv": "section 2.1", "scan": "Fig. 2", "evolve": "Fig. 4", "invariance": "Fig. 5", "diagnose": "Fig. 6",
    "occlude": "Fig. 7", "correspond": "Table 1", "evaluate": "Table 2", "ablate": "Table 3",
    "transfer": "Tables 4 to 7", "train": "section 3", "sanity": "Adebayo et al. 2018", "directions": "Gao et al. 2024",
    "effects": "Benjamini & Yekutieli 2001", "paper": "the paper",
}  # fmt: skip
"""Where the questions are from that are not our own, or what they rest on."""

BASES = {"Answer": "docs/adding.md, which a test runs"}
"""Public classes that nothing gives as they are, and where one is made of them."""

SHAPE = re.compile(r"\((?:\d+|[A-Za-z_][\w ]*)(?: [+*x] [\w ]+)?,[^()]*\)")
"""As "(n, 4)", "(images,)" or "all arrays (n,)"."""


def said(one: Any) -> str:
    return inspect.getdoc(one) or ""


@pytest.mark.parametrize("name", sorted(functions()))
def test_every_argument_of_a_public_function_is_explained(name: str) -> None:
    text = said(functions()[name])
    arguments = inspect.signature(inspect.unwrap(functions()[name])).parameters
    assert [one for one in arguments if not re.search(rf"\b{one}\b", text)] == []


@pytest.mark.parametrize("name", sorted(functions()))
def test_the_errors_that_a_public_function_names_are_ours(name: str) -> None:
    told = said(functions()[name]).partition("Raise")[2].partition(">>>")[0]
    named = re.findall(r"\b([A-Z][a-z]+[A-Z]\w+)(?=[,: ])", told)
    assert named, f"{name} names no error"
    assert [one for one in named if not issubclass(getattr(errors, one, object), errors.ConvscopeError)] == []


def test_questions_that_are_not_our_own_say_where_they_are_from() -> None:
    assert {name: words for name, words in SOURCES.items() if words not in said(functions()[name])} == {}


def reached() -> set[type]:
    """The public classes that public functions give, and what these give."""
    found: set[type] = set()
    known = {one: name for name, one in public().items() if inspect.isclass(one)}
    left = [one for function in functions().values() for one in classes(hints(function)["return"]) if one in known]
    while left:
        kind = left.pop()
        if kind not in found:
            found.add(kind)
            items = getattr(kind, "__getitem__", None)
            more = (
                [hints(items)["return"]]
                if inspect.isfunction(items) and items.__module__.startswith("convscope")
                else []
            )
            more += [hint for where, hint in given(known[kind], kind) if "(" not in where or where.endswith("(return)")]
            left += [one for hint in more for one in classes(hint) if one in known]
    return found


def test_every_public_class_has_an_example_or_is_what_one_gives() -> None:
    """Those that a function gives are in its example; what somebody makes shows how."""
    given_by_functions = reached()
    assert len(given_by_functions) > 80
    without = {
        name
        for name, one in public().items()
        if inspect.isclass(one) and one not in given_by_functions and ">>> " not in said(one)
    }
    assert without == set(BASES)


def arrays() -> Iterator[tuple[str, str]]:
    """The fields of public dataclasses that hold arrays or tensors, and what is said of each."""
    for name, one in public().items():
        if inspect.isclass(one) and dataclasses.is_dataclass(one):
            scope = {**known_names(), **vars(sys.modules[one.__module__])}
            fields = inspect.getsource(one).split('"""', 2)[-1]
            general = "".join(re.findall(r"[^.;]*\barrays\b[^.;]*", said(one)))
            for field, hint in typing.get_type_hints(one, localns=scope).items():
                if re.search("ndarray|NDArray|Tensor", str(hint)) and not field.startswith("_"):
                    own = re.search(rf'^    {field}:[^\n]*\n    """(.*?)"""', fields, re.MULTILINE | re.DOTALL)
                    text = "\n\n".join(said(base) for base in one.__mro__ if base.__module__.startswith("convscope"))
                    told = re.findall(rf"\b{field}\b.{{0,160}}", text, flags=re.DOTALL)
                    yield f"{name}.{field}", own[1] if own else " ".join([general, *told])


def test_every_array_of_a_public_class_says_its_shape() -> None:
    found = dict(arrays())
    assert len(found) > 100
    assert [name for name, text in found.items() if not SHAPE.search(text)] == []


def test_arrays_are_numpys_but_for_what_is_computed_with() -> None:
    tensors = {
        name
        for name, one in public().items()
        if inspect.isclass(one) and dataclasses.is_dataclass(one)
        for field, hint in hints(one).items()
        if "Tensor" in str(hint) and not field.startswith("_")
    }
    assert tensors == {"ProjectedPixels", "UnitHistory", "Selection"}
