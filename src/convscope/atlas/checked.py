"""What a check of the network found, noted in an atlas's manifest, and said by its page."""

from __future__ import annotations

from pathlib import Path

from convscope.atlas.manifest import Json, load
from convscope.atlas.web import printable, script
from convscope.files import write_bytes, write_json


def note_check(folder: Path, sentence: str, *, holds: bool) -> Json:
    """The manifest of an atlas, written again with the verdict of a check of its network.

    Raises:
        StoreError: if there is no atlas, or it cannot be written.
    """
    done = load(folder) | {"check": {"holds": holds, "sentence": printable(sentence)}}
    write_bytes(folder / "data" / "manifest.js", script("manifest", done), durable=True)
    write_json(folder / "manifest.json", done, durable=True)
    return done


__all__ = ["note_check"]
