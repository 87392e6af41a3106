"""Whether a collection is still what it was when a question was asked: what is told of half of each is told of none."""

from __future__ import annotations

from convscope.data.sources.base import Source
from convscope.errors import ImageError


def expect_unchanged(source: Source, fingerprint: str) -> None:
    """Raise ImageError where the collection has another fingerprint now; see each kind for what this notices.

    Of data sets of Python nothing is asked: they may give other images each time, on purpose.
    """
    if source.kind != "dataset" and source.fingerprint() != fingerprint:
        raise ImageError(
            f"the images were changed while they were looked at ({source.describe()}): leave them as they are, and run "
            "again, with another folder for what is kept"
        )


__all__ = ["expect_unchanged"]
