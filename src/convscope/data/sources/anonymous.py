"""A collection whose names say nothing: numbers, for images whose files are named after people."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.data.decoding import Payload
from convscope.data.sources.base import Source
from convscope.data.sources.select import Derived
from convscope.shown import brief


@brief
@dataclass(frozen=True, eq=False)
class Anonymous(Derived):
    """The images of a source, named by their numbers there; its place is not told either. Made by `anonymous`."""

    def __len__(self) -> int:
        return len(self.source)

    def name(self, index: int) -> str:
        """The image's number."""
        return f"image {index}"

    def label(self, index: int) -> int:
        """The class, or -1."""
        return self.source.label(index)

    def read(self, index: int) -> Payload:
        """The image."""
        return self.source.read(index)

    def fingerprint(self) -> str:
        """The fingerprint of the source, which tells nobody its names."""
        return self.source.fingerprint()

    def describe(self) -> str:
        """How many images and classes."""
        classes = f", {len(self.classes)} classes" if self.classes else ""
        return f"{len(self)} images without names{classes}"


def anonymous(source: Source) -> Anonymous:
    """The same images, named by their numbers: neither their names nor their place get into a result.

    >>> from convscope.data.sources.dataset import wrap_dataset
    >>> import numpy as np
    >>> anonymous(wrap_dataset([np.zeros((2, 2), np.uint8)])).name(0)
    'image 0'
    """
    return source if isinstance(source, Anonymous) else Anonymous(source)


__all__ = ["Anonymous", "anonymous"]
