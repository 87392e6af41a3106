"""What decides an answer, kept beside it: a folder holds the answer to one question, and is refused to another one.

Asked again, the same question goes on from what is there and writes the same. How the work is shared, how far it is
and who is told decide nothing, and are no part of a question.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from convscope.data import Source
from convscope.data.unchanged import Moment
from convscope.errors import StoreError, UsageError
from convscope.graph import Network, Unit
from convscope.methods.inputs import recipe_of
from convscope.studies.pictures import SeenImages
from convscope.tables import apart


class Question(dict[str, Any]):
    """What was asked, as JSON values; `words` are those of what is kept as a digest alone, and decide nothing.

    source: the collection that it is asked of, where it is one: what it is from then on is expected to stay.
    """

    def __init__(
        self, asked: Mapping[str, Any], words: Mapping[str, str] | None = None, source: Source | None = None
    ) -> None:
        super().__init__(asked)
        self.words: dict[str, str] = dict(words or {})
        self._moment = None if source is None else Moment.of(source, self["images"])

    def expect_unchanged(self) -> None:
        """Raise ImageError where the images are others than when it was asked."""
        if self._moment is not None:
            self._moment.expect_unchanged()


def question(
    nets: Network | Sequence[Network] | None, images: Source | SeenImages | str | None, **options: Any
) -> Question:
    """What is asked of which networks and images, as JSON values; images given as tensors by a digest of them.

    >>> question(None, None, size=(4, 4), unit=Unit("conv", 3))
    {'images': None, 'size': [4, 4], 'unit': 'conv:3'}
    """
    asked = {**({} if nets is None else {"network": nets}), "images": images, **options}
    words = {"network": nets.name} if isinstance(nets, Network) else {}
    if isinstance(images, Source | SeenImages):
        words["images"] = images.describe()
    source = images if isinstance(images, Source) else None
    return Question(json.loads(json.dumps({name: _plain(value) for name, value in asked.items()})), words, source)


def refuse_another(folder: Path, asked: Question | None, there: Question | None) -> None:
    """Raise StoreError where a folder holds the answer to a question that is not the one asked."""
    if asked is None or there is None or asked == there:
        return
    words = {name: (there.words[name], asked.words[name]) for name in asked.words if name in there.words}
    raise StoreError(
        f"{folder} holds the answer to another question ({apart(there, asked, words)}): choose another folder, "
        "or delete this one first"
    )


def _plain(value: Any) -> Any:
    """A value as JSON has it: networks and images by what they are, arrays by their content."""
    if isinstance(value, Network):
        return _of_network(value)
    if isinstance(value, Source):
        return value.fingerprint()
    if isinstance(value, SeenImages):
        return value.collection
    if isinstance(value, Tensor | np.ndarray):
        array = np.ascontiguousarray(value.detach().cpu().numpy() if isinstance(value, Tensor) else value)
        return [str(array.dtype), list(array.shape), hashlib.sha256(array.tobytes()).hexdigest()]
    if isinstance(value, Unit | type):
        return str(value)
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return fspath(value) if isinstance(value, PathLike) else value


def _of_network(net: Network) -> dict[str, Any]:
    try:
        recipe = recipe_of(net)
    except UsageError:  # of images of other channels, which whoever needs it refuses
        recipe = None
    found = {"weights": net.fingerprint, "dtype": str(net.dtype), "output": net.meaning}
    return found | {"preprocess": None if recipe is None else recipe.to_json()}


__all__ = ["Question", "question", "refuse_another"]
