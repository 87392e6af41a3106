"""The names of ImageNet's 1,000 classes, from whichever installed package carries them.

They are read as data: none of these packages is imported, so a torchvision that does not fit the installed torch is as
good a source as any.
"""

from __future__ import annotations

import ast
import importlib.util
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

COUNT = 1000


@cache
def imagenet_classes() -> tuple[str, ...] | None:
    """The names of the 1,000 classes in the usual order, that of their WordNet numbers; None if no package has them.

    Sources, in order of preference: imagenet-classes, torchvision, timm. They differ in wording, not in order.
    """
    for package, relative, read in _SOURCES:
        root = package_folder(package)
        if root is None or not (root / relative).is_file():
            continue
        names = read(root / relative)
        if len(names) == COUNT:
            return names
    return None


def package_folder(package: str) -> Path | None:
    """Where an installed package lies, found without importing it; None if it is not installed.

    >>> package_folder("no_such_package") is None
    True
    """
    spec = importlib.util.find_spec(package)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def _from_json(path: Path) -> tuple[str, ...]:
    return tuple(json.loads(path.read_text(encoding="utf-8")))


def _from_torchvision(path: Path) -> tuple[str, ...]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_IMAGENET_CATEGORIES":
            return tuple(ast.literal_eval(node.value))
    return ()


def _from_timm(path: Path) -> tuple[str, ...]:
    lines = (path.parent / "imagenet_synset_to_lemma.txt").read_text(encoding="utf-8").splitlines()
    lemmas = dict(line.split("\t", 1) for line in lines if "\t" in line)
    numbers = path.read_text(encoding="utf-8").split()
    return tuple(lemmas.get(number, number).split(",")[0] for number in numbers)


_SOURCES: tuple[tuple[str, str, Callable[[Path], tuple[str, ...]]], ...] = (
    ("imagenet_classes", "imagenet1k_clean_names.json", _from_json),
    ("torchvision", "models/_meta.py", _from_torchvision),
    ("timm", "data/_info/imagenet_synsets.txt", _from_timm),
)
