"""py:package.module:factory, a network of one's own."""

from __future__ import annotations

import copy
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from convscope.data import Preprocess
from convscope.errors import UsageError, nearest
from convscope.models.from_torchvision import is_unfit, unfit
from convscope.models.initial import seeded
from convscope.models.request import RANDOM, FoundModel, ModelRequest, drawn_again, file_label, from_metadata
from convscope.models.weights import load_into


def from_python(request: ModelRequest) -> FoundModel:
    """The module that a Python function makes, called without arguments; it may give (module, Preprocess) as well.

    With random weights a copy of it, whose parts draw theirs again, see `initial.redrawn`.

    The name may also stand for a module that exists already. The current folder is searched first, as with `python -m`.
    This imports and runs the code that is named; what that code raises is passed on as it is.
    """
    path, _, name = request.name.partition(":")
    if not path or not name:
        raise UsageError(f"'{request.spec}' must name a module and a function: py:package.module:factory")
    with _current_folder_first(), seeded(request.seed), _torchvision_named(request):
        made = _attribute(_import(path, request), name, request)
        if not isinstance(made, nn.Module | tuple) and callable(made):
            made = _called(made, name, request)
    module, preprocess = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    if not isinstance(module, nn.Module) or not isinstance(preprocess, Preprocess | None):
        raise UsageError(
            f"{request.spec} gave {_kind(made)}: a torch.nn.Module is needed, or a pair (torch.nn.Module, "
            "convscope.Preprocess)"
        )
    weights = request.read_file()
    if weights is None and request.weights != RANDOM:
        request.refuse_weights("the function decides on them; give a file, 'random', or nothing")
        return FoundModel(module, preprocess, None, f"weights of the function, seed {request.seed}", shared=True)
    module = copy.deepcopy(module)  # others may hold it
    if weights is None:
        return FoundModel(module, preprocess, None, drawn_again(module, request))
    taken = load_into(module, weights)
    said, classes = from_metadata(weights)
    return FoundModel(module, said or preprocess, classes, file_label(weights, taken))


def _called(factory: Callable[..., Any], name: str, request: ModelRequest) -> Any:
    """What a function gives; raises UsageError where it cannot be called without arguments."""
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):  # of what Python cannot look into
        parameters = ()
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [one.name for one in parameters if one.default is one.empty and one.kind not in several]
    if needed:
        given = ", ".join(f"{one}=..." for one in needed)
        raise UsageError(
            f"{request.spec} takes {', '.join(needed)}, and is called without arguments: name a function that gives "
            f"them, as `def net(): return {name}({given})`"
        )
    return factory()


def _import(path: str, request: ModelRequest) -> ModuleType:
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        # Only where the named module itself is missing; what it imports is the user's own matter.
        if error.name is None or not (path == error.name or path.startswith(error.name + ".")):
            raise
        raise UsageError(
            f"{request.spec}: there is no Python module '{error.name}' in {Path.cwd()} or among the installed packages"
            + (f"; did you mean 'py:{request.name.replace('.py:', ':')}'?" if path.endswith(".py") else "")
        ) from error


def _attribute(module: ModuleType, name: str, request: ModelRequest) -> Any:
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            known = [known for known in dir(found) if not known.startswith("_")]
            raise UsageError(f"{request.spec}: '{module.__name__}' has no '{name}'{nearest(part, known)}")
        found = getattr(found, part)
    return found


def _kind(value: Any) -> str:
    if isinstance(value, tuple):
        return f"a tuple of {', '.join(type(item).__name__ for item in value) or 'nothing'}"
    return f"the class {value.__name__}" if inspect.isclass(value) else f"a {type(value).__name__}"


@contextmanager
def _torchvision_named(request: ModelRequest) -> Iterator[None]:
    """A block whose own import of a torchvision that does not fit torch ends in one line, not in torch's insides."""
    try:
        yield
    except (RuntimeError, OSError, AttributeError, ImportError) as error:
        if not is_unfit(error):
            raise
        raise unfit(f"make {request.spec}, whose code imports it", error) from error


@contextmanager
def _current_folder_first() -> Iterator[None]:
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(folder)
